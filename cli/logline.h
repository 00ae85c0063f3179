/* SPDX-License-Identifier: BSD-3-Clause */
/** @file logline.h  The library's log on standard error */
#ifndef CLI_LOGLINE_H
#define CLI_LOGLINE_H

#include <ua/log.h>

#include "options.h"
#include "ui.h"

/** Which lines are shown; lives as long as the agent */
struct logline {
	enum ua_level level; /**< Of everything                         */
	unsigned trace;      /**< Bits of --trace                       */
	struct ui *ui;       /**< Borrowed, for its prompt              */
};


/** As -v, --quiet and --trace tell */
void logline_init(struct logline *ll, struct ui *ui, const struct optset *set);

/** The conf of the agent's log; borrows ll */
void logline_conf(struct ua_log *log, struct logline *ll);

#endif
