/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simstream.c  A stream through a proxy's relay, and when it ends
 *
 * MediaProxy wants media of each side within 90 s of the offer, ringing
 * included, or of the end of a hold; a hold may last 2 h.  Once both have sent
 * media the kernel does the rest: 60 s, 30 s after a packet of one side, 120 s
 * after packets of both; when that is over the stream is, too.
 *
 * rtpengine wants a packet each 60 s once there is an answer.
 */

#include <errno.h>

#include "simlatchcore.h"

enum {
	/* The kernel's UDP timeout, that of a UDP stream, and the rule's */
	ONE_S = 30,
	BOTH_S = 120,
	FIRST_S = 60,

	OFFER_S = 3600,  /* rtpengine: without an answer                  */
	SILENT_S = 3600, /* rtpengine: on hold                            */

	/* Who uses a path asks for consent each 6 s at most */
	USED_S = 8,
	FOUND_S = 20 /* A better one may be found and this one left      */
};


static uint64_t now_of(const struct ua_simstream *stream)
{
	return stream->latch->host->net->now_us;
}


static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}


static void stream_destructor(void *arg)
{
	struct ua_simstream *stream = arg;
	unsigned i, k;

	ua_simtimer_cancel(&stream->tmr);
	for (i = 0; i < UA_SIM_SIDES; i++) {
		for (k = 0; k < UA_SIM_COMPS; k++)
			ua_simport_close(&stream->portv[i][k]);
	}
}


/* rtpengine: the last packet counts, whatever it was. */
static uint64_t idle_at(const struct ua_simstream *stream)
{
	uint64_t last_us = stream->begun_us;
	unsigned i, k;

	if (stream->answered_us == UA_NEVER)
		return last_us + OFFER_S * UA_SIM_S;

	for (i = 0; i < UA_SIM_SIDES; i++) {
		for (k = 0; k < UA_SIM_COMPS; k++) {
			const uint64_t us = stream->portv[i][k].heard_us;

			if (us != UA_NEVER && us > last_us)
				last_us = us;
		}
	}

	return last_us + (stream->held_us != UA_NEVER
				  ? SILENT_S
				  : stream->latch->conf.stream_s) *
				 UA_SIM_S;
}


/* MediaProxy: each side's first media, then the kernel's rule. */
static uint64_t ends_at(const struct ua_simstream *stream)
{
	const struct ua_simlatch_conf *conf = &stream->latch->conf;
	uint64_t at = UA_NEVER;
	unsigned i;

	if (conf->kind == UA_SIM_RTPENGINE)
		return idle_at(stream);

	if (stream->held_us != UA_NEVER)
		at = stream->held_us + conf->hold_s * UA_SIM_S;

	for (i = 0; i < UA_SIM_SIDES && stream->held_us == UA_NEVER; i++) {
		const struct ua_simport *port = &stream->portv[i][0];

		if (!port->media)
			at = earlier(at, port->since_us +
						 conf->stream_s * UA_SIM_S);
	}

	return stream->kernelv[0].on ? earlier(at, stream->kernelv[0].end_us)
				     : at;
}


/* RTCP of which one side sent nothing: both sides are forgotten, once. */
static uint64_t forget_at(const struct ua_simstream *stream)
{
	return stream->forgotten
		       ? UA_NEVER
		       : stream->begun_us +
				 stream->latch->conf.stream_s * UA_SIM_S;
}


static void forget_rtcp(struct ua_simstream *stream)
{
	struct ua_simport *a = &stream->portv[0][1];
	struct ua_simport *b = &stream->portv[1][1];

	stream->forgotten = true;
	if (a->media && b->media)
		return;

	ua_simport_forget(a);
	ua_simport_forget(b);
	stream->kernelv[1].on = false;
}


static bool is_used(const struct ua_simstream *stream)
{
	const uint64_t now_us = now_of(stream);
	unsigned i;

	for (i = 0; i < UA_SIM_SIDES; i++) {
		const struct ua_simport *port = &stream->portv[i][0];

		if (port->stun_us == UA_NEVER ||
		    port->stun_us + USED_S * UA_SIM_S < now_us)
			return false;
	}

	return stream->answered_us != UA_NEVER &&
	       stream->answered_us + FOUND_S * UA_SIM_S < now_us;
}


static void on_time(void *arg)
{
	struct ua_simstream *stream = arg;
	struct ua_simlatch *latch = stream->latch;
	const uint64_t now_us = now_of(stream);

	if (forget_at(stream) <= now_us)
		forget_rtcp(stream);

	if (ends_at(stream) > now_us) {
		ua_simstream_rearm(stream);
		return;
	}

	latch->stat.lapsed++;
	if (is_used(stream))
		latch->stat.cut++;

	ua_simnet_note(latch->host->net, "relay   %s: a stream is over%s",
		       latch->host->name,
		       is_used(stream) ? ", and was in use" : "");
	ua_simlatch_over(stream);
}


void ua_simstream_rearm(struct ua_simstream *stream)
{
	const uint64_t at = earlier(ends_at(stream), forget_at(stream));

	if (at == UA_NEVER ||
	    ua_simtimer_start(&stream->tmr, stream->latch->host->net, at,
			      on_time, stream))
		ua_simtimer_cancel(&stream->tmr);
}


void ua_simstream_heard(struct ua_simstream *stream, struct ua_simport *port,
			bool stun)
{
	struct ua_simkernel *kernel = &stream->kernelv[port->comp];
	const uint64_t now_us = now_of(stream);

	port->heard_us = now_us;
	if (stun)
		port->stun_us = now_us;
	else
		port->media = true;

	if (kernel->on) {
		const uint64_t life_s =
			kernel->seenv[!port->side] ? BOTH_S : ONE_S;
		const bool sooner =
			now_us + life_s * UA_SIM_S < kernel->end_us;

		kernel->seenv[port->side] = true;
		kernel->end_us = now_us + life_s * UA_SIM_S;
		if (sooner)
			ua_simstream_rearm(stream);
	}
	else if (!stun && stream->portv[!port->side][port->comp].media) {
		kernel->on = true;
		kernel->seenv[0] = kernel->seenv[1] = false;
		kernel->end_us = now_us + FIRST_S * UA_SIM_S;
		ua_simstream_rearm(stream);
	}
}


void ua_simstream_hold(struct ua_simstream *stream, bool hold)
{
	const uint64_t now_us = now_of(stream);
	unsigned i;

	if (hold == (stream->held_us != UA_NEVER))
		return;

	stream->held_us = hold ? now_us : UA_NEVER;
	for (i = 0; i < UA_SIM_SIDES && !hold; i++) {
		if (!stream->portv[i][0].media)
			stream->portv[i][0].since_us = now_us;
	}

	ua_simstream_rearm(stream);
}


int ua_simstream_alloc(struct ua_simstream **streamp,
		       struct ua_simsession *session)
{
	struct ua_simlatch *latch = session->latch;
	struct ua_simstream *stream;
	unsigned i, k;
	int err = 0;

	stream = mem_zalloc(sizeof(*stream), stream_destructor);
	if (!stream)
		return ENOMEM;

	stream->latch = latch;
	stream->session = session;
	stream->begun_us = latch->host->net->now_us;
	stream->held_us = UA_NEVER;
	stream->answered_us = UA_NEVER;
	for (i = 0; i < UA_SIM_SIDES; i++) {
		for (k = 0; k < UA_SIM_COMPS && !err; k++) {
			err = ua_simport_open(&stream->portv[i][k], stream, i,
					      k, &latch->addr);
			++latch->addr.port;
		}
	}

	if (err) {
		mem_deref(stream);
		return err;
	}

	ua_simstream_rearm(stream);

	*streamp = stream;
	return 0;
}
