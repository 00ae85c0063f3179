/* SPDX-License-Identifier: BSD-3-Clause */
/** @file restart.h  Two generations of an agent (RFC 8445, 9) */
#ifndef UA_RESTART_H
#define UA_RESTART_H

#include "ice/iceagent.h"

enum {
	UA_RESTART_LINGER_MS = 3000 /**< Checks of before are answered    */
};


/** Is the old generation the one whose path a component's media takes? */
bool ua_restart_uses_old(const struct ua_ice *ice, uint16_t stream,
			 uint16_t comp);


/** Retire the old generation when the new one has its paths, then free it */
void ua_restart_run(struct ua_ice *ice, uint64_t now_ms);


/** When ua_restart_run() has something to do */
uint64_t ua_restart_deadline(const struct ua_ice *ice);

#endif
