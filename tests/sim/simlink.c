/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simlink.c  What a link does to a packet: delay, loss, copies */

#include <string.h>

#include "simcore.h"

enum {
	IP4_UDP = 20 + 8, /* Headers [bytes]                               */
	IP6_UDP = 40 + 8,
	STEP_US = 20000,
	STEPS_KNOWN = 8 /* Times the mean length of a burst */
};


void ua_simlink_default(struct ua_simlink *link, uint32_t delay_us)
{
	memset(link, 0, sizeof(*link));
	link->delay_us = delay_us;
	link->queue_ms = 300;
	link->mtu = 1500;
}


/*
 * Gilbert and Elliott: in a burst everything is lost.  It goes by time, in
 * steps of a media packet: what is sent seldom must not wait for hours until
 * a burst ends.
 */
static bool is_lost(struct ua_simnet *net, struct ua_simway *way,
		    uint64_t at_us)
{
	const struct ua_simlink *conf = &way->conf;
	uint64_t steps;

	if (!conf->loss)
		return false;

	if (conf->burst < 2 || conf->loss >= 10000)
		return ua_simrand_chance(&net->links, conf->loss);

	steps = (at_us - way->step_us) / STEP_US;
	way->step_us += steps * STEP_US;

	/* After so long the state says nothing any more. */
	if (steps > STEPS_KNOWN * conf->burst) {
		way->bad = ua_simrand_chance(&net->links, conf->loss);
		return way->bad;
	}

	for (; steps; steps--) {
		if (way->bad)
			way->bad = ua_simrand_below(&net->links,
						    conf->burst) != 0;
		else
			way->bad = ua_simrand_below(
					   &net->links,
					   (uint64_t)conf->burst *
						   (10000 - conf->loss)) <
				   conf->loss;
	}

	return way->bad;
}


static uint64_t jitter(struct ua_simnet *net, const struct ua_simlink *conf)
{
	const int64_t late = (int64_t)conf->delay_us +
			     ua_simrand_normal(&net->links, conf->jitter_us);

	return late > 0 ? (uint64_t)late : 0;
}


const char *ua_simlink_pass(struct ua_simnet *net, struct ua_simway *way,
			    const struct ua_simpacket *packet, uint64_t *at_us,
			    bool *twin)
{
	const struct ua_simlink *conf = &way->conf;
	const size_t size =
		packet->len +
		(size_t)(packet->dst.af == UA_AF_IP6 ? IP6_UDP : IP4_UDP);
	uint64_t at = *at_us;

	if (size > conf->mtu)
		return "larger than the link's MTU";

	if (is_lost(net, way, at))
		return "lost";

	if (conf->rate_kbps) {
		const uint64_t start = at > way->busy_us ? at : way->busy_us;

		if (start - at > conf->queue_ms * UA_SIM_MS)
			return "queue is full";

		way->busy_us = start + size * 8000 / conf->rate_kbps;
		at = way->busy_us;
	}

	at += conf->jitter_us ? jitter(net, conf) : conf->delay_us;

	if (ua_simrand_chance(&net->links, conf->reorder)) {
		at += conf->reorder_us;
	}
	else if (conf->jitter_us) {
		/* Jitter alone does not change their order. */
		if (at < way->last_us)
			at = way->last_us;
		way->last_us = at;
	}

	if (ua_simrand_chance(&net->links, conf->dup))
		*twin = true;

	*at_us = at;
	return NULL;
}
