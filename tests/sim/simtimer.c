/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simtimer.c  Timers of the simulated net */

#include "simcore.h"


int ua_simtimer_start(struct ua_simtimer *tmr, struct ua_simnet *net,
		      uint64_t at_us, void (*h)(void *arg), void *arg)
{
	struct ua_simitem item = {
		.at_us = at_us > net->now_us ? at_us : net->now_us,
		.tmr = tmr,
	};

	ua_simtimer_cancel(tmr);
	tmr->net = net;
	tmr->h = h;
	tmr->arg = arg;

	return ua_simheap_push(&net->heap, &item);
}


void ua_simtimer_cancel(struct ua_simtimer *tmr)
{
	if (tmr->place)
		ua_simheap_drop(&tmr->net->heap, tmr->place);
}
