/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simtalk.c  What phones tell each other: descriptions and media */

#include <errno.h>
#include <string.h>

#include "simphonecore.h"

enum { RTP_LEN = 32 };


static uint64_t now_ms(const struct ua_simphone *phone)
{
	return phone->net->now_us / UA_SIM_MS;
}


/* What stands in c= and m=: chosen once, then kept (RFC 8445, 5.1.4) */
static void choose_default(struct ua_simphone *phone)
{
	size_t i;

	for (i = 0; i < phone->nhost && !phone->dflt.af; i++) {
		const struct ua_simleg *leg = &phone->hostv[i];

		if (leg->comp == 1)
			phone->dflt = leg->mapped.af ? leg->mapped : leg->addr;
	}
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


/* Our leg that stands in c= and m=; the kernel would route there by it */
static uint16_t via_of(const struct ua_simphone *phone)
{
	size_t i;

	for (i = 0; i < phone->nhost; i++) {
		const struct ua_simleg *leg = &phone->hostv[i];

		if (leg->comp == 1 &&
		    (ua_addr_eq(&leg->mapped, &phone->dflt) ||
		     ua_addr_eq(&leg->addr, &phone->dflt)))
			return leg->base;
	}

	return 0;
}


/* A relay that its owner did not list like this: the proxy has put it in */
static bool is_latched(const struct ua_ice_cand *c)
{
	return c->type == UA_ICE_RELAY && !c->raddr.af &&
	       c->foundation[0] == 'R';
}


static int cand_add(struct ua_simphone *phone, const struct ua_ice_cand *c)
{
	struct ua_ice_cand cand = *c;
	int err;

	cand.gen = ua_ice_gen(phone->ice);
	if (is_latched(c)) {
		cand.latched = true;
		cand.via = via_of(phone);
	}

	err = ua_ice_remote_cand(phone->ice, now_ms(phone), &cand);
	if (err && err != ENOMEM)
		ua_simnet_note(phone->net,
			       "phone   %s: a candidate is skipped (%d)",
			       phone->name, err);

	return err == ENOMEM ? err : 0;
}


/* c= that is no candidate: a proxy's relay that it did not list */
static int implicit_add(struct ua_simphone *phone,
			const struct ua_simdesc *desc)
{
	struct ua_ice_cand c;
	size_t i;

	for (i = 0; i < desc->candc; i++) {
		if (ua_addr_eq(&desc->candv[i].addr, &desc->dflt))
			return 0;
	}

	if (!desc->dflt.af || !desc->proxied)
		return 0;

	memset(&c, 0, sizeof(c));
	str_ncpy(c.foundation, "R0", sizeof(c.foundation));
	c.comp = 1;
	c.type = UA_ICE_RELAY;
	c.prio = 1;
	c.addr = desc->dflt;

	return cand_add(phone, &c);
}


static int cands_add(struct ua_simphone *phone, const struct ua_simdesc *desc)
{
	size_t i;
	int err = 0;

	for (i = 0; i < desc->candc && !err; i++)
		err = cand_add(phone, &desc->candv[i]);
	if (!err)
		err = implicit_add(phone, desc);

	if (!err && desc->end)
		(void)ua_ice_remote_end(phone->ice, now_ms(phone));

	return err;
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
		err = ua_ice_restart(phone->ice, now_ms(phone), &peer.gen);

		/* What the peer found broken may be on this side. */
		ua_simgather_ask(phone);
		ua_simgather_probe(phone);
		if (!err)
			err = ua_ice_remote_set(phone->ice, now_ms(phone),
						desc->ufrag, desc->pwd, &peer);
	}

	if (err && err != EALREADY)
		return err;

	phone->has_remote = true;
	err = cands_add(phone, desc);
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

	err = cands_add(phone, desc);
	ua_simphone_pump(phone);

	return err;
}


static void on_media(void *arg)
{
	struct ua_simphone *phone = arg;
	uint8_t rtp[RTP_LEN] = { 0x80, 0 };
	struct ua_simleg *leg;
	struct ua_path path;

	if (!ua_ice_media(phone->ice, 0, 1, &path)) {
		rtp[2] = (uint8_t)(phone->seq >> 8);
		rtp[3] = (uint8_t)phone->seq++;
		ua_simwatch_media(&phone->watch, &path);
		leg = ua_simroam_leg(phone, path.base);
		if (leg && !ua_simphone_send(leg, &path.remote, rtp, RTP_LEN))
			phone->stat.sent++;
	}

	ua_simroam_doubt(phone);
	ua_simphone_media(phone, true);
}


void ua_simphone_media(struct ua_simphone *phone, bool on)
{
	const uint64_t at_us =
		phone->net->now_us + phone->conf.media_ms * UA_SIM_MS;

	if (!on || phone->closing)
		ua_simtimer_cancel(&phone->media);
	else if (ua_simtimer_start(&phone->media, phone->net, at_us, on_media,
				   phone))
		ua_simwatch_fault(&phone->watch, UA_SIM_RULE_MEMORY,
				  "no memory for a timer");
}
