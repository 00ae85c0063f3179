/* SPDX-License-Identifier: BSD-3-Clause */
/** @file consent.h  Does the path of media still work, and may it be used?
 * (RFC 7675, RFC 8445, 11)
 */
#ifndef UA_CONSENT_H
#define UA_CONSENT_H

#include "ice/iceagent.h"

enum {
	UA_CONSENT_OLD_MS = 15000, /**< Half of it is gone: tell          */
	UA_CONSENT_MS = 30000      /**< It ends (RFC 7675, 5.1)           */
};


/** Media has another path: ask for its consent by and by */
void ua_consent_start(struct ua_ice *ice, uint64_t now_ms,
		      struct ua_comp *comp);


/** Media has no path any more */
void ua_consent_stop(struct ua_comp *comp);


/**
 * Something says that media's path does not work: check it, and what could
 * take its place.
 *
 * @param hurry  Media is missing: few checks, and a judgement within a second
 * @param why    Static
 */
void ua_consent_suspect(struct ua_ice *ice, uint64_t now_ms,
			struct ua_comp *comp, bool hurry, const char *why);


/** A pair that worked was checked again, and has answered */
void ua_consent_answered(struct ua_ice *ice, uint64_t now_ms, uint16_t pair);


/** It has not, or it refused with a code */
void ua_consent_failed(struct ua_ice *ice, uint64_t now_ms, uint16_t pair,
		       uint16_t code);


/** Ask for consent, check spares, judge suspects */
void ua_consent_run(struct ua_ice *ice, uint64_t now_ms);


/** When ua_consent_run() has something to do */
uint64_t ua_consent_deadline(const struct ua_ice *ice);

#endif
