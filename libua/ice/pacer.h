/* SPDX-License-Identifier: BSD-3-Clause */
/** @file pacer.h  Slots for checks, shared by many agents */
#ifndef UA_PACER_H
#define UA_PACER_H

#include <ua/ice.h>

/** Who asks */
enum ua_pacer_lane {
	UA_PACER_ORDINARY = 0, /**< Checks in the order of the list       */
	UA_PACER_URGENT        /**< Triggered checks and nominations: they
				    find holes in a long queue             */
};


/**
 * Reserve the first free slot.  A reservation and not a poll: a thousand
 * agents do not wake up for one slot.
 *
 * @param from_ms  Not before this; not before now_ms either
 *
 * @return Time of the slot [ms]; it is the caller's
 */
uint64_t ua_pacer_reserve(struct ua_pacer *pacer, uint64_t now_ms,
			  uint64_t from_ms, enum ua_pacer_lane lane);


/** Give back a slot of ua_pacer_reserve() that will not be used */
void ua_pacer_release(struct ua_pacer *pacer, uint64_t slot_ms);

#endif
