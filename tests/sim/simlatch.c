/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simlatch.c  A proxy's relay: what descriptions do to its sessions
 *
 * It knows a side by c= and m= of its description, never by ufrag or source.
 * An offer with another address gets new ports for both sides, the old ones
 * live until an answer passes.  An answer with another address keeps them,
 * and the old source of its side is locked out.
 */

#include <errno.h>
#include <string.h>

#include "simlatchcore.h"

enum { STREAM_S = 90, RTPENGINE_S = 60, HOLD_S = 7200 };


static void session_close(struct ua_simsession *s)
{
	s->live = mem_deref(s->live);
	s->next = mem_deref(s->next);
	s->used = false;
}


static void latch_destructor(void *arg)
{
	struct ua_simlatch *latch = arg;
	size_t i;

	list_unlink(&latch->le);
	for (i = 0; i < UA_SIM_SESSIONS; i++)
		session_close(&latch->sessionv[i]);
	mem_deref(latch->hostile);
}


void ua_simlatch_conf_default(struct ua_simlatch_conf *conf,
			      enum ua_simlatch_kind kind)
{
	memset(conf, 0, sizeof(*conf));
	conf->kind = kind;
	conf->stream_s = kind == UA_SIM_MEDIAPROXY ? STREAM_S : RTPENGINE_S;
	conf->hold_s = HOLD_S;
}


int ua_simlatch_alloc(struct ua_simlatch **latchp, struct ua_simhost *host,
		      const struct ua_addr *addr,
		      const struct ua_simlatch_conf *conf)
{
	struct ua_simlatch *latch;
	unsigned i, k;
	int err;

	latch = mem_zalloc(sizeof(*latch), latch_destructor);
	if (!latch)
		return ENOMEM;

	latch->host = host;
	latch->addr = *addr;
	latch->conf = *conf;
	for (i = 0; i < UA_SIM_SIDES; i++) {
		for (k = 0; k < UA_SIM_COMPS; k++)
			latch->stat.heard_us[i][k] = UA_NEVER;
	}


	err = conf->malice ? ua_simhostile_alloc(&latch->hostile) : 0;
	if (err) {
		mem_deref(latch);
		return err;
	}

	ua_simhost_refuse(host);
	list_append(&host->net->boxl, &latch->le, latch);

	*latchp = latch;
	return 0;
}


bool ua_simlatch_is_kin(const struct ua_simlatch *latch,
			const struct ua_addr *addr)
{
	return latch->conf.kin.af && ua_addr_ip_eq(&latch->conf.kin, addr);
}


void ua_simlatch_over(struct ua_simstream *stream)
{
	struct ua_simsession *s = stream->session;

	if (s->live == stream)
		s->live = NULL;
	if (s->next == stream)
		s->next = NULL;
	mem_deref(stream);
	s->used = s->live || s->next;
}


static struct ua_simsession *session_find(struct ua_simlatch *latch,
					  uint32_t call)
{
	size_t i;

	for (i = 0; i < UA_SIM_SESSIONS; i++) {
		if (latch->sessionv[i].used && latch->sessionv[i].call == call)
			return &latch->sessionv[i];
	}

	return NULL;
}


static struct ua_simsession *session_make(struct ua_simlatch *latch,
					  uint32_t call)
{
	struct ua_simsession *s;
	size_t i;

	for (i = 0; i < UA_SIM_SESSIONS && latch->sessionv[i].used; i++)
		;
	if (i == UA_SIM_SESSIONS)
		return NULL;

	s = &latch->sessionv[i];
	memset(s, 0, sizeof(*s));
	s->latch = latch;
	s->call = call;

	return s;
}


static bool is_changed(const struct ua_simstream *stream,
		       const struct ua_simask *ask)
{
	const struct ua_addr *told = &stream->toldv[ask->callee];

	return told->af && !ua_addr_eq(told, &ask->told);
}


static void side_moved(struct ua_simstream *stream, unsigned side)
{
	unsigned k;

	for (k = 0; k < UA_SIM_COMPS; k++) {
		ua_simport_moved(&stream->portv[side][k]);
		stream->kernelv[k].on = false;
	}

	ua_simstream_rearm(stream);
}


static int on_offer(struct ua_simsession *s, const struct ua_simask *ask)
{
	struct ua_simstream *stream = s->next ? s->next : s->live;
	int err;

	/* rtpengine has its ports for the whole of the call. */
	if (stream && s->latch->conf.kind == UA_SIM_RTPENGINE) {
		if (is_changed(stream, ask))
			side_moved(stream, ask->callee);
	}
	else if (!stream || is_changed(stream, ask)) {
		err = ua_simstream_alloc(&stream, s);
		if (err)
			return err;

		/* One that was refused leads nowhere. */
		mem_deref(s->next);
		s->next = stream;
		s->used = true;
	}

	stream->toldv[ask->callee] = ask->told;
	stream->rtcpv[ask->callee] = ask->rtcp;
	ua_simstream_hold(stream, ask->hold);

	return 0;
}


static int on_answer(struct ua_simsession *s, const struct ua_simask *ask)
{
	struct ua_simstream *stream;
	int err;

	/* What it belongs to is over: it gets ports that lead nowhere. */
	if (!s->next && !s->live) {
		err = ua_simstream_alloc(&s->next, s);
		if (err)
			return err;

		s->used = true;
	}

	if (s->next) {
		mem_deref(s->live);
		s->live = s->next;
		s->next = NULL;
	}

	stream = s->live;
	if (is_changed(stream, ask))
		side_moved(stream, ask->callee);

	stream->toldv[ask->callee] = ask->told;
	stream->rtcpv[ask->callee] = ask->rtcp;
	if (stream->answered_us == UA_NEVER)
		stream->answered_us = s->latch->host->net->now_us;
	ua_simstream_hold(stream, ask->hold);
	ua_simstream_rearm(stream);

	return 0;
}


int ua_simlatch_update(struct ua_simlatch *latch, const struct ua_simask *ask,
		       struct ua_addr relayv[static 2])
{
	struct ua_simsession *s = session_find(latch, ask->call);
	const struct ua_simstream *stream;
	unsigned k;
	int err;

	if (latch->dead)
		return ECONNREFUSED;

	if (!s)
		s = session_make(latch, ask->call);
	if (!s)
		return ENOSPC;

	err = ask->answer ? on_answer(s, ask) : on_offer(s, ask);
	if (err)
		return err;

	/* Who reads this description sends to the port of its own side. */
	stream = s->next ? s->next : s->live;
	for (k = 0; k < UA_SIM_COMPS; k++)
		relayv[k] =
			*ua_simsock_addr(stream->portv[!ask->callee][k].sock);

	return 0;
}


void ua_simlatch_remove(struct ua_simlatch *latch, uint32_t call)
{
	struct ua_simsession *s = session_find(latch, call);

	if (s)
		session_close(s);
}


void ua_simlatch_dead(struct ua_simlatch *latch)
{
	size_t i;

	latch->dead = true;
	latch->host->refuses = false;
	for (i = 0; i < UA_SIM_SESSIONS; i++)
		session_close(&latch->sessionv[i]);
}


const struct ua_simlatch_stat *
ua_simlatch_stat(const struct ua_simlatch *latch)
{
	return &latch->stat;
}


unsigned ua_simlatch_sessions(const struct ua_simlatch *latch)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < UA_SIM_SESSIONS; i++)
		n += latch->sessionv[i].used;

	return n;
}
