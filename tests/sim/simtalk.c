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
	const struct ua_simleg *leg = phone->nhost ? &phone->hostv[0] : NULL;

	if (phone->dflt.af || !leg)
		return;

	phone->dflt = leg->mapped.af ? leg->mapped : leg->addr;
}


void ua_simphone_describe(struct ua_simphone *phone, struct ua_simdesc *desc)
{
	choose_default(phone);
	memset(desc, 0, offsetof(struct ua_simdesc, candv));
	str_ncpy(desc->ufrag, ua_ice_ufrag(phone->ice), sizeof(desc->ufrag));
	str_ncpy(desc->pwd, ua_ice_pwd(phone->ice), sizeof(desc->pwd));
	desc->peer.pacing_ms = UA_ICE_TA_MS;
	desc->peer.ice2 = true;
	desc->dflt = phone->dflt;
	desc->end = true;
	desc->candc = 0;

	while (desc->candc < UA_SIM_CANDS &&
	       !ua_ice_local(phone->ice, desc->candc,
			     &desc->candv[desc->candc]))
		desc->candc++;

	phone->ntold = desc->candc;
}


int ua_simphone_remote(struct ua_simphone *phone,
		       const struct ua_simdesc *desc)
{
	size_t i;
	int err;

	if (!phone->ice)
		return ENOTCONN;

	err = ua_ice_remote_set(phone->ice, now_ms(phone), desc->ufrag,
				desc->pwd, &desc->peer);
	if (err && err != EALREADY)
		return err;

	for (i = 0; i < desc->candc; i++) {
		err = ua_ice_remote_cand(phone->ice, now_ms(phone),
					 &desc->candv[i]);
		if (err == ENOMEM)
			return err;
	}

	if (desc->end)
		(void)ua_ice_remote_end(phone->ice, now_ms(phone));

	ua_simphone_pump(phone);
	return 0;
}


static struct ua_simleg *leg_of(struct ua_simphone *phone, uint16_t base)
{
	size_t i, k;

	for (i = 0; i < phone->nhost; i++) {
		if (phone->hostv[i].base == base)
			return &phone->hostv[i];
	}

	for (i = 0; i < phone->nrelay; i++) {
		for (k = 0; k < 2; k++) {
			if (phone->relayv[i].legv[k].comp &&
			    phone->relayv[i].legv[k].base == base)
				return &phone->relayv[i].legv[k];
		}
	}

	return NULL;
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
		leg = leg_of(phone, path.base);
		if (leg && !ua_simleg_send(leg, &path.remote, rtp, RTP_LEN))
			phone->stat.sent++;
	}

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
