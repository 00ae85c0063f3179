/* SPDX-License-Identifier: BSD-3-Clause */
/** @file log.c  One line to the application's handler */

#include "base/re_compat.h"
#include <ua/log.h>

enum { LINE_MAX_LEN = 1024 };


void ua_vlog(const struct ua_log *log, enum ua_level level, const char *obj,
	     const char *fmt, va_list ap)
{
	char line[LINE_MAX_LEN];

	if (!log || !log->h || level > log->level)
		return;

	/* A line that is too long is cut: -1 then, but the text is there. */
	(void)re_vsnprintf(line, sizeof(line), fmt, ap);
	log->h(level, obj, line, log->arg);
}


void ua_log(const struct ua_log *log, enum ua_level level, const char *obj,
	    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ua_vlog(log, level, obj, fmt, ap);
	va_end(ap);
}
