/* SPDX-License-Identifier: BSD-3-Clause */
/** @file regans.h  What a 2xx to a REGISTER gives us */
#ifndef UA_REGANS_H
#define UA_REGANS_H

#include <ua/types.h>

struct sip_msg;
struct ua_binding;

/** Starts as all zero, a value inside its owner */
struct ua_regans {
	char *pub_gruu;  /**< NULL: none */
	char *temp_gruu; /**< NULL: none */
	char *route;     /**< Of Service-Route, NULL: none */
	bool outbound;   /**< Told by Require */
	uint32_t flow_timer_s;
};


/**
 * Take an answer in the place of the one before.
 *
 * @param bind  Ours, as ua_binding_find() found it there
 *
 * @retval ENOMEM  The one before stays
 */
UA_CHECK int ua_regans_decode(struct ua_regans *ans,
			      const struct ua_binding *bind,
			      const struct sip_msg *msg);

/** Free all that it has */
void ua_regans_reset(struct ua_regans *ans);


/**
 * Retry-After, no more than UA_REG_RETRY_AFTER_MAX_S; a comment or parameters
 * behind do no harm.
 *
 * @return [s], 0: there is none, it is no number, or it says so
 */
uint32_t ua_regans_retry_after(const struct sip_msg *msg);

#endif
