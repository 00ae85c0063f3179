/* SPDX-License-Identifier: BSD-3-Clause */
/** @file bindres.h  Answers to our Binding requests (RFC 8445, 7.2.5) */
#ifndef UA_BINDRES_H
#define UA_BINDRES_H

#include "ice/iceagent.h"


/** See ua_ice_input() */
UA_CHECK int ua_bindres_input(struct ua_ice *ice, uint64_t now_ms,
			      const struct ua_path *path,
			      const struct ua_stun *msg);

#endif
