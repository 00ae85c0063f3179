/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simtalk.c  What phones tell each other: descriptions and media */

#include <errno.h>
#include <string.h>

#include "simphonecore.h"

enum {
	RTP_LEN = 32,
	RTCP_EACH = 250, /* Packets of media                              */
	KEEP_S = 20      /* Less than the 30 s that a kernel's rule lives */
};


static uint64_t now_ms(const struct ua_simphone *phone)
{
	return phone->net->now_us / UA_SIM_MS;
}


/* What stands in c=, m= and a=rtcp: chosen once, then kept.  The other side's
   proxy may know no IPv6. */
static void choose(const struct ua_simphone *phone, unsigned comp, int af,
		   struct ua_addr *dflt, const struct ua_simleg **dflt_leg)
{
	size_t i;

	for (i = 0; i < phone->nhost && !dflt->af; i++) {
		const struct ua_simleg *leg = &phone->hostv[i];

		if (leg->comp != comp || leg->addr.af != af)
			continue;

		*dflt = leg->mapped.af && !phone->conf.shy ? leg->mapped
							   : leg->addr;
		*dflt_leg = leg;
	}
}


static void choose_default(struct ua_simphone *phone)
{
	choose(phone, 1, UA_AF_IP4, &phone->dflt, &phone->dflt_leg);
	choose(phone, 1, UA_AF_IP6, &phone->dflt, &phone->dflt_leg);
	if (phone->conf.ncomp == 1)
		return;

	choose(phone, 2, UA_AF_IP4, &phone->rtcp, &phone->rtcp_leg);
	choose(phone, 2, UA_AF_IP6, &phone->rtcp, &phone->rtcp_leg);
}


void ua_simphone_describe(struct ua_simphone *phone, struct ua_simdesc *desc)
{
	choose_default(phone);
	memset(desc, 0, offsetof(struct ua_simdesc, candv));
	str_ncpy(desc->ufrag, ua_ice_ufrag(phone->ice), sizeof(desc->ufrag));
	str_ncpy(desc->pwd, ua_ice_pwd(phone->ice), sizeof(desc->pwd));
	desc->peer.pacing_ms = UA_ICE_TA_MS;
	desc->peer.ice2 = true;
	desc->peer.renom = phone->conf.renom;
	desc->dflt = phone->dflt;
	desc->rtcp = phone->conf.ncomp == 1 ? phone->dflt : phone->rtcp;
	desc->family = false;
	desc->hold = phone->held;
	desc->updated = false;
	desc->trickle = phone->conf.trickle;
	desc->end = !desc->trickle || phone->complete;
	desc->candc = 0;

	while (desc->candc < UA_SIM_CANDS &&
	       !ua_ice_local(phone->ice, desc->candc,
			     &desc->candv[desc->candc]))
		desc->candc++;

	phone->told = ua_simphone_cands(phone);
	phone->told_end = desc->end;
}


static int cands_add(struct ua_simphone *phone, const struct ua_simdesc *desc,
		     bool whole)
{
	const int err = ua_simorigin_add(phone, desc, whole);

	if (!err && desc->end)
		(void)ua_ice_remote_end(phone->ice, now_ms(phone));

	return err;
}


/* Does c= say where the peer itself is? */
static bool is_own(const struct ua_simdesc *desc)
{
	size_t i;

	for (i = 0; i < desc->candc; i++) {
		if (desc->candv[i].type != UA_ICE_RELAY &&
		    ua_addr_eq(&desc->candv[i].addr, &desc->dflt))
			return true;
	}

	return false;
}


int ua_simphone_remote(struct ua_simphone *phone,
		       const struct ua_simdesc *desc)
{
	struct ua_ice_peer peer = desc->peer;
	int err;

	if (!phone->ice)
		return ENOTCONN;

	peer.gen = ua_ice_gen(phone->ice);
	err = ua_ice_remote_set(phone->ice, now_ms(phone), desc->ufrag,
				desc->pwd, &peer);
	if (err == EALREADY &&
	    !ua_ice_knows(phone->ice, desc->ufrag, desc->pwd)) {
		ua_simroam_answers(phone);
		err = ua_ice_restart(phone->ice, now_ms(phone), &peer.gen);
		phone->born_us = phone->net->now_us;

		/* What the peer found broken may be on this side. */
		ua_simgather_ask(phone);
		ua_simgather_probe(phone);
		if (!err)
			err = ua_ice_remote_set(phone->ice, now_ms(phone),
						desc->ufrag, desc->pwd, &peer);
	}

	if (err && err != EALREADY)
		return err;

	if (!err) {
		phone->remote_us = phone->net->now_us;
		phone->expired = false;
		ua_simbeside_reset(phone);
	}

	phone->has_remote = true;
	ua_simbeside_remote(phone, desc);

	/* What passed the proxy untouched says nothing of its relay. */
	if (!is_own(desc))
		ua_simwatch_told(&phone->watch, &desc->dflt, !err);
	err = cands_add(phone, desc, true);
	ua_simphone_pump(phone);

	return err;
}


/* Candidates of another generation leave no trace. */
static void offer_stale(struct ua_simphone *phone,
			const struct ua_simdesc *desc)
{
	const uint64_t before = ua_simwatch_state(phone->ice);
	struct ua_ice_cand cand;

	if (!desc->candc)
		return;

	cand = desc->candv[0];
	cand.gen = (uint16_t)(ua_ice_gen(phone->ice) - 1);
	if (!ua_ice_remote_cand(phone->ice, now_ms(phone), &cand) ||
	    before != ua_simwatch_state(phone->ice))
		ua_simwatch_fault(&phone->watch, UA_SIM_RULE_TRACE,
				  "an old generation's candidate is taken");
}


int ua_simphone_trickle(struct ua_simphone *phone,
			const struct ua_simdesc *desc)
{
	int err;

	if (!phone->ice || !phone->has_remote)
		return ENOTCONN;

	if (!ua_ice_knows(phone->ice, desc->ufrag, desc->pwd)) {
		offer_stale(phone, desc);
		return ESTALE;
	}

	err = cands_add(phone, desc, false);
	ua_simphone_pump(phone);

	return err;
}


static void send_media(struct ua_simphone *phone, const struct ua_path *path)
{
	uint8_t rtp[RTP_LEN] = { 0x80, 0 };
	struct ua_simleg *leg = ua_simroam_leg(phone, path->base);

	rtp[2] = (uint8_t)(phone->seq >> 8);
	rtp[3] = (uint8_t)phone->seq++;
	if (leg && !ua_simphone_send(leg, &path->remote, rtp, RTP_LEN))
		phone->stat.sent++;
}


static void talk(struct ua_simphone *phone)
{
	struct ua_path path;

	if (!ua_ice_media(phone->ice, 0, 1, &path)) {
		ua_simwatch_media(&phone->watch, &path);
		send_media(phone, &path);
	}
	else if (ua_simbeside_path(phone, &path)) {
		ua_simwatch_beside(&phone->watch, &path.remote);
		send_media(phone, &path);
	}

	/* RTCP, now and then */
	if (phone->conf.ncomp == 2 && phone->seq % RTCP_EACH == 1 &&
	    !ua_ice_media(phone->ice, 0, 2, &path)) {
		ua_simwatch_media(&phone->watch, &path);
		send_media(phone, &path);
	}
}


/* A proxy's relay that carries the call wants media, on hold, too. */
static void keep(struct ua_simphone *phone)
{
	struct ua_path path;

	if (phone->net->now_us < phone->keep_us + KEEP_S * UA_SIM_S ||
	    ua_ice_media(phone->ice, 0, 1, &path) ||
	    !ua_simorigin_is_proxied(phone, &path.remote))
		return;

	phone->keep_us = phone->net->now_us;
	ua_simwatch_media(&phone->watch, &path);
	send_media(phone, &path);
}


static void on_media(void *arg)
{
	struct ua_simphone *phone = arg;

	if (phone->held)
		keep(phone);
	else
		talk(phone);

	ua_simroam_doubt(phone);
	ua_simphone_media(phone, true);
}


void ua_simphone_hold(struct ua_simphone *phone, bool hold)
{
	phone->held = hold;
	phone->keep_us = 0;

	/* What was not to come is not missing. */
	phone->listen_us = phone->net->now_us;
}


void ua_simphone_media(struct ua_simphone *phone, bool on)
{
	const uint64_t at_us =
		phone->net->now_us + phone->conf.media_ms * UA_SIM_MS;

	if (on && !phone->talks) {
		phone->talks = true;
		phone->talk_us = phone->net->now_us;
		ua_simwatch_talks(&phone->watch);
		ua_simphone_pump(phone);
	}

	if (!on || phone->closing)
		ua_simtimer_cancel(&phone->media);
	else if (ua_simtimer_start(&phone->media, phone->net, at_us, on_media,
				   phone))
		ua_simwatch_fault(&phone->watch, UA_SIM_RULE_MEMORY,
				  "no memory for a timer");
}
