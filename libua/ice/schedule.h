/* SPDX-License-Identifier: BSD-3-Clause */
/** @file schedule.h  All that happens because time passes */
#ifndef UA_SCHEDULE_H
#define UA_SCHEDULE_H

#include "ice/iceagent.h"


/** Do what is due: retransmissions, checks, keepalives, nominations */
void ua_schedule_run(struct ua_ice *ice, uint64_t now_ms);


/** When ua_schedule_run() has something to do */
uint64_t ua_schedule_deadline(const struct ua_ice *ice);


/** The first authentic packet of the peer came: be patient with it */
void ua_schedule_heard(struct ua_ice *ice, uint64_t now_ms);

#endif
