/* SPDX-License-Identifier: BSD-3-Clause */
/** @file findtext.h  Why a server was not found, in one line for its user */
#ifndef UA_FINDTEXT_H
#define UA_FINDTEXT_H

#include "net/locate.h"
#include "net/nslist.h"

/** What the line is made of; all borrowed */
struct ua_findtext_conf {
	const struct ua_locate_conf *locate;
	const struct ua_locate_fault *fault;
	const struct ua_nslist *servers;
	uint32_t ms; /**< How long it was waited for */
};


/**
 * Print it: it names the host, and the record that is to blame.
 *
 * @param text  Set, "" if err is 0
 * @param size  Of text [bytes]; what is longer is cut off
 * @param err   As ua_locate() returned it
 */
void ua_findtext_print(char *text, size_t size, int err,
		       const struct ua_findtext_conf *conf);

#endif
