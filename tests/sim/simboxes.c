/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simboxes.c  Proxies of a random call, and the relays they reserve */

#include <stdio.h>
#include <string.h>

#include "simscene.h"

enum {
	FIRST = 30, /* Last byte of their addresses                       */
	VICTIM = 66,
	PORT = 50000,
	LONG_S = 100, /* Longer than a relay waits for media              */
	LONG_MEDIA_MS = 100,
	RING_S = 85
};

static const char *const names[] = { "relay-1", "relay-2" };


static struct ua_addr addr_of(unsigned last)
{
	struct ua_addr addr;
	char str[UA_ADDR_LEN];

	(void)snprintf(str, sizeof(str), "192.0.2.%u", last);
	if (ua_addr_set(&addr, str, 0))
		memset(&addr, 0, sizeof(addr));

	return addr;
}


static uint64_t below(struct ua_simrand *r, uint64_t n)
{
	return ua_simrand_below(r, n);
}


static bool one_in(struct ua_simrand *r, uint64_t n)
{
	return !ua_simrand_below(r, n);
}


static void box_plan(struct ua_simrand *r, struct ua_simbox *box)
{
	box->kind = one_in(r, 4) ? UA_SIM_RTPENGINE : UA_SIM_MEDIAPROXY;
	box->listing = (enum ua_simlisting)below(r, UA_SIM_NLISTING);
	box->engaged = below(r, 2);
	box->access_us =
		1000 + (uint32_t)below(r, one_in(r, 3) ? 80000 : 10000);
	box->rtp_only = one_in(r, 12);
	if (one_in(r, 6))
		box->malice =
			(enum ua_simmalice)(1 + below(r, UA_SIM_NMALICE - 1));
}


/* What a relay does by time takes time. */
static void time_plan(struct ua_simrand *r, struct ua_simplan *plan)
{
	uint64_t more_us;
	size_t i;

	/* ICE that began with the offer would have given up by then. */
	if (one_in(r, 24)) {
		plan->call.ring_us = (RING_S + below(r, 25)) * UA_SIM_S;
		plan->call.late = true;
	}

	if (!one_in(r, 12))
		return;

	more_us = (LONG_S + below(r, 60)) * UA_SIM_S;
	plan->media_ms = LONG_MEDIA_MS;
	plan->talk_us += more_us;
	if (!plan->nfault)
		return;

	/* What goes wrong goes wrong late, or lasts long. */
	if (plan->faultv[0].kind == UA_SIM_FAULT_HOLD)
		plan->faultv[0].last_us += more_us;
	for (i = plan->faultv[0].kind == UA_SIM_FAULT_HOLD; i < plan->nfault;
	     i++)
		plan->faultv[i].after_us += more_us;
}


void ua_simboxes_count(struct ua_simrand *r, struct ua_simplan *plan)
{
	size_t i;

	for (i = 0; i < UA_SIM_WHO; i++)
		plan->shyv[i] = one_in(r, 3);

	if (!one_in(r, 3))
		return;

	plan->nbox = one_in(r, 4) ? UA_SIM_PROXIES : 1;

	/* Who has TURN of his own seldom needs them. */
	if (one_in(r, 2))
		return;

	for (i = 0; i < UA_SIM_WHO; i++)
		plan->seatv[i].turn = false;
}


void ua_simboxes_plan(struct ua_simrand *r, struct ua_simplan *plan)
{
	size_t i;

	if (!plan->nbox)
		return;

	plan->unroutable = below(r, 2);
	for (i = 0; i < plan->nbox; i++)
		box_plan(r, &plan->boxv[i]);

	time_plan(r, plan);
}


void ua_simboxes_print(const struct ua_simplan *plan, FILE *f)
{
	static const char *const kinds[] = { "MediaProxy", "rtpengine" };
	static const char *const listings[] = { "not listed", "low priority",
						"high priority" };
	static const char *const malices[] = { "", ", answers to nobody",
					       ", redirects", ", replays",
					       ", floods" };
	size_t i;

	for (i = 0; i < plan->nbox; i++) {
		const struct ua_simbox *box = &plan->boxv[i];

		(void)fprintf(
			f, "  proxy's relay: %s, %s, %u ms away%s%s%s%s\n",
			kinds[box->kind],
			box->kind == UA_SIM_RTPENGINE ? "listed behind"
						      : listings[box->listing],
			box->access_us / 1000,
			box->engaged ? ", leaves answers to updates be" : "",
			box->rtp_only ? ", no STUN" : "", malices[box->malice],
			i && plan->unroutable ? ", private to the first" : "");
	}

	for (i = 0; i < UA_SIM_WHO && plan->nbox; i++) {
		if (plan->shyv[i])
			(void)fprintf(f, "  c= of %s is its own address\n",
				      i ? "bob" : "alice");
	}
}


bool ua_simboxes_are_hostile(const struct ua_simplan *plan)
{
	size_t i;

	for (i = 0; i < plan->nbox; i++) {
		if (plan->boxv[i].malice)
			return true;
	}

	return false;
}


bool ua_simboxes_has(const struct ua_addr *addr)
{
	const struct ua_addr first = addr_of(FIRST);
	const struct ua_addr last = addr_of(FIRST + UA_SIM_PROXIES - 1);

	return ua_addr_ip_eq(addr, &first) || ua_addr_ip_eq(addr, &last);
}


int ua_simboxes_make(struct ua_simscene *scene)
{
	const struct ua_simplan *plan = scene->plan;
	struct ua_simlatch_conf conf;
	struct ua_simhost *host;
	struct ua_addr addr;
	unsigned i;
	int err = 0;

	for (i = 0; i < plan->nbox && !err; i++) {
		const struct ua_simbox *box = &plan->boxv[i];

		ua_simlatch_conf_default(&conf, box->kind);
		conf.malice = box->malice;
		conf.rtp_only = box->rtp_only;
		conf.unroutable = plan->unroutable;
		conf.victim = addr_of(VICTIM);
		conf.victim.port = PORT;
		if (plan->nbox > 1)
			conf.kin = addr_of(FIRST + !i);

		addr = addr_of(FIRST + i);
		addr.port = PORT;
		err = ua_simworld_server(scene, names[i], FIRST + i,
					 box->access_us, &host);
		if (!err)
			err = ua_simlatch_alloc(&scene->latchv[i], host, &addr,
						&conf);
	}

	return err;
}


void ua_simboxes_conf(const struct ua_simscene *scene,
		      struct ua_simcall_conf *conf)
{
	const struct ua_simplan *plan = scene->plan;
	size_t i;

	conf->nproxy = plan->nbox;
	for (i = 0; i < plan->nbox; i++) {
		conf->proxyv[i].latch = scene->latchv[i];
		conf->proxyv[i].listing = plan->boxv[i].listing;
		conf->proxyv[i].engaged = plan->boxv[i].engaged;
	}
}
