/* SPDX-License-Identifier: BSD-3-Clause */
/** @file icenet_call.c  What a call does with its agents: signalling, media */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "icenet.h"

enum { PACKET_MS = 20, SILENT_MS = 1000 };


static struct ua_ice *ice_of(const struct icenet *net, unsigned agent)
{
	return net->agentv[agent].ice;
}


void icenet_describe(const struct icenet *net, unsigned agent,
		     struct net_desc *desc)
{
	const struct ua_ice *ice = ice_of(net, agent);

	memset(desc, 0, sizeof(*desc));
	(void)snprintf(desc->ufrag, sizeof(desc->ufrag), "%s",
		       ua_ice_ufrag(ice));
	(void)snprintf(desc->pwd, sizeof(desc->pwd), "%s", ua_ice_pwd(ice));
	desc->peer.ice2 = true;
	desc->peer.renom = net->agentv[agent].conf.renom;

	while (!ua_ice_local(ice, desc->ncand, &desc->candv[desc->ncand]))
		++desc->ncand;
}


int icenet_take(struct icenet *net, unsigned agent,
		const struct net_desc *desc, uint16_t gen)
{
	struct ua_ice *ice = ice_of(net, agent);
	struct ua_ice_peer peer = desc->peer;
	unsigned i;
	int err;

	peer.gen = gen;
	err = ua_ice_remote_set(ice, net->now, desc->ufrag, desc->pwd, &peer);

	for (i = 0; i < desc->ncand && !err; i++) {
		struct ua_ice_cand cand = desc->candv[i];

		cand.gen = gen;
		err = ua_ice_remote_cand(ice, net->now, &cand);
	}

	return err ? err : ua_ice_remote_end(ice, net->now);
}


int icenet_tell_peer(struct icenet *net, unsigned from,
		     const struct ua_ice_peer *peer, bool end)
{
	const struct ua_ice *ice = ice_of(net, from);
	struct ua_ice *to = ice_of(net, !from);
	struct ua_ice_cand cand;
	size_t i;
	int err;

	err = ua_ice_remote_set(to, net->now, ua_ice_ufrag(ice),
				ua_ice_pwd(ice), peer);
	if (err)
		return err;

	for (i = 0; !ua_ice_local(ice, i, &cand); i++) {
		err = ua_ice_remote_cand(to, net->now, &cand);
		if (err)
			return err;
	}

	return end ? ua_ice_remote_end(to, net->now) : 0;
}


int icenet_tell(struct icenet *net, unsigned from)
{
	struct net_desc desc;

	icenet_describe(net, from, &desc);
	return icenet_take(net, !from, &desc, 0);
}


uint16_t icenet_restart(struct icenet *net, unsigned agent)
{
	uint16_t gen = 0;

	ck_assert_int_eq(0,
			 ua_ice_restart(ice_of(net, agent), net->now, &gen));
	ck_assert_uint_eq(gen, ua_ice_gen(ice_of(net, agent)));
	ck_assert(ua_ice_restarting(ice_of(net, agent)));
	(void)ua_ice_gathered(ice_of(net, agent), net->now);
	icenet_pump(net, agent);

	return gen;
}


/* Those that are new of the same description, as trickle or an update has */
static void take_late(struct icenet *net, unsigned agent,
		      const struct net_desc *desc)
{
	struct ua_ice *ice = ice_of(net, agent);
	unsigned i;

	for (i = 0; i < desc->ncand; i++) {
		struct ua_ice_cand cand = desc->candv[i];
		int err;

		cand.gen = ua_ice_gen(ice);
		err = ua_ice_remote_cand(ice, net->now, &cand);
		ck_assert(!err || err == ENOSPC);
	}

	(void)ua_ice_remote_end(ice, net->now);
	icenet_pump(net, agent);
}


static struct net_signal *send_signal(struct icenet *net,
				      enum net_signal_kind kind, unsigned to,
				      uint16_t gen)
{
	struct net_signal *s = &net->signalv[net->nsignal];

	ck_assert_uint_lt(net->nsignal, NET_SIGNALS);
	++net->nsignal;
	memset(s, 0, sizeof(*s));
	s->at = net->now + net->signal_ms;
	s->kind = kind;
	s->to = to;
	s->gen = gen;

	return s;
}


void icenet_offer(struct icenet *net, unsigned from)
{
	struct net_signal *s = send_signal(net, NET_OFFER, !from,
					   ua_ice_gen(ice_of(net, from)));

	icenet_describe(net, from, &s->desc);
	net->agentv[from].offering = true;
}


void icenet_restart_call(struct icenet *net, unsigned agent)
{
	(void)icenet_restart(net, agent);
	icenet_offer(net, agent);
}


/* An offer with other credentials is a restart (RFC 8445, 9) */
static void take_offer(struct icenet *net, const struct net_signal *s)
{
	struct net_agent *a = &net->agentv[s->to];
	struct net_signal *answer;

	/* 488, or 491 for both that offered at once */
	if (a->refuses || a->offering) {
		(void)send_signal(net, NET_REFUSAL, !s->to, s->gen);
		return;
	}

	if (a->no_ice) {
		(void)send_signal(net, NET_ANSWER, !s->to, s->gen);
		return;
	}

	if (!ua_ice_knows(a->ice, s->desc.ufrag, s->desc.pwd)) {
		(void)icenet_restart(net, s->to);
		a->told =
			icenet_take(net, s->to, &s->desc, ua_ice_gen(a->ice));
		icenet_pump(net, s->to);
	}

	answer = send_signal(net, NET_ANSWER, !s->to, s->gen);
	icenet_describe(net, s->to, &answer->desc);
}


static void take_answer(struct icenet *net, const struct net_signal *s)
{
	struct net_agent *a = &net->agentv[s->to];

	a->offering = false;
	if (s->kind == NET_REFUSAL || !s->desc.ncand)
		ua_ice_rollback(a->ice, net->now);
	else if (!ua_ice_knows(a->ice, s->desc.ufrag, s->desc.pwd))
		a->told = icenet_take(net, s->to, &s->desc, s->gen);
	else
		take_late(net, s->to, &s->desc);

	icenet_pump(net, s->to);
}


static void signal_arrive(struct icenet *net, unsigned index)
{
	const struct net_signal s = net->signalv[index];

	--net->nsignal;
	memmove(&net->signalv[index], &net->signalv[index + 1],
		(net->nsignal - index) * sizeof(s));

	if (s.kind == NET_OFFER)
		take_offer(net, &s);
	else
		take_answer(net, &s);
}


void icenet_count_media(struct icenet *net)
{
	unsigned a;

	for (a = 0; a < 2; a++) {
		struct net_media *m = &net->mediav[a];

		m->nsent = 0;
		m->nunsent = 0;
		m->nlost = 0;
		m->ncome = 0;
		m->nrefused = 0;
		m->gap_ms = 0;
		m->heard_ms = net->now;
	}
}


void icenet_talk(struct icenet *net, uint64_t ms)
{
	unsigned a;

	for (a = 0; a < 2; a++) {
		struct net_media *m = &net->mediav[a];

		m->on = true;
		m->expects = true;
		m->next_ms = net->now;
		m->silent_ms = net->now + SILENT_MS;
	}

	icenet_count_media(net);
	icenet_run(net, ms);
}


uint64_t icenet_gap(const struct icenet *net, unsigned agent)
{
	const struct net_media *m = &net->mediav[agent];
	const uint64_t gap_ms = net->now - m->heard_ms;

	return gap_ms > m->gap_ms ? gap_ms : m->gap_ms;
}


unsigned icenet_lost(const struct icenet *net)
{
	unsigned n = 0;
	unsigned a;

	for (a = 0; a < 2; a++)
		n += net->mediav[a].nlost + net->mediav[a].nunsent +
		     net->mediav[a].nrefused;

	return n;
}


static void media_send(struct icenet *net, unsigned agent)
{
	struct net_media *m = &net->mediav[agent];
	struct net_packet *p;
	struct ua_path path;
	int i;

	m->next_ms = net->now + PACKET_MS;
	if (ua_ice_media(ice_of(net, agent), 0, 1, &path)) {
		++m->nunsent;
		return;
	}

	++m->nsent;
	i = icenet_if_of(net, agent, path.base);
	ck_assert_int_ge(i, 0);
	p = icenet_carry(net, (unsigned)i, &path.remote);
	if (p)
		p->kind = NET_MEDIA;
	else
		++m->nlost;
}


void icenet_media_arrive(struct icenet *net, const struct net_packet *p)
{
	const struct net_if *ifc = &net->ifv[p->to];
	struct net_media *m = &net->mediav[ifc->agent];
	struct ua_ice *ice = ice_of(net, ifc->agent);
	const struct ua_path path = { .base = ifc->base,
				      .local = ifc->addr,
				      .remote = p->remote };

	if (!ua_ice_accepts(ice, ifc->stream, ifc->comp, &path)) {
		++m->nrefused;
		return;
	}

	++m->ncome;
	if (net->now - m->heard_ms > m->gap_ms)
		m->gap_ms = net->now - m->heard_ms;
	m->heard_ms = net->now;
	m->silent_ms = net->now + SILENT_MS;
	m->path = path;
	ua_ice_heard(ice, net->now, &path);
	icenet_pump(net, ifc->agent);
}


static void media_tick(struct icenet *net, unsigned agent)
{
	struct net_media *m = &net->mediav[agent];

	if (m->on && net->now >= m->next_ms)
		media_send(net, agent);

	if (m->expects && net->now >= m->silent_ms) {
		m->silent_ms = net->now + SILENT_MS;
		ua_ice_silent(ice_of(net, agent), net->now, 0);
		icenet_pump(net, agent);
	}
}


uint64_t icenet_call_deadline(const struct icenet *net)
{
	uint64_t at = UA_NEVER;
	unsigned i;

	for (i = 0; i < net->nsignal; i++) {
		if (net->signalv[i].at < at)
			at = net->signalv[i].at;
	}

	for (i = 0; i < 2; i++) {
		const struct net_media *m = &net->mediav[i];

		if (m->on && m->next_ms < at)
			at = m->next_ms;
		if (m->expects && m->silent_ms < at)
			at = m->silent_ms;
	}

	return at;
}


void icenet_call_tick(struct icenet *net)
{
	unsigned i;

	for (i = 0; i < net->nsignal; i++) {
		if (net->signalv[i].at <= net->now) {
			signal_arrive(net, i);
			return;
		}
	}

	for (i = 0; i < 2; i++)
		media_tick(net, i);
}
