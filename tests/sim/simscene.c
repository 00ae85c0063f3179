/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simscene.c  A plan comes to life: net, phones, a call, its end */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "simalloc.h"
#include "simscene.h"

static struct ua_addr addr_of(const char *str)
{
	struct ua_addr addr;

	if (ua_addr_set(&addr, str, 0))
		memset(&addr, 0, sizeof(addr));

	return addr;
}


void ua_simscene_breach(struct ua_simscene *scene, unsigned rule,
			const char *who, const char *fmt, ...)
{
	struct ua_simbreach *b;
	va_list ap;

	if (scene->nbreach == UA_SIM_BREACHES)
		return;

	b = &scene->breachv[scene->nbreach++];
	b->rule = rule;
	b->who = who;
	va_start(ap, fmt);
	(void)vsnprintf(b->text, sizeof(b->text), fmt, ap);
	va_end(ap);

	b->at_us = scene->net ? ua_simnet_now(scene->net) : scene->end_us;
	b->mask = scene->net ? ua_simmask_why(scene, rule, b->text) : NULL;
	scene->nmasked += b->mask != NULL;

	if (scene->net)
		ua_simnet_note(scene->net, "BREACH  rule %u: %s: %s", rule,
			       who, b->text);
}


static void on_fault(unsigned rule, const char *text, void *arg)
{
	struct ua_simactor *actor = arg;

	ua_simscene_breach(actor->scene, rule, actor->name, "%s", text);
}


static void on_ice(const struct ua_ice_event *ev, void *arg)
{
	struct ua_simactor *actor = arg;
	const uint64_t now_us = ua_simnet_now(actor->scene->net);

	if (ev->comp != 1)
		return;

	ua_simboxjudge_event(actor, ev);

	if (ev->type == UA_ICE_EVENT_MEDIA_PATH ||
	    ev->type == UA_ICE_EVENT_NOMINATED)
		actor->changed_us = now_us;

	if (ev->type == UA_ICE_EVENT_MEDIA_PATH && actor->path_us == UA_NEVER)
		actor->path_us = now_us;

	if (ev->type != UA_ICE_EVENT_NOMINATED)
		return;

	if (actor->nominated_us == UA_NEVER)
		actor->nominated_us = now_us;

	/* Not what ICE thinks of it, but what it is */
	if (actor->relayed_us == UA_NEVER &&
	    (ua_simworld_is_relay(&ev->local.addr) ||
	     ua_simworld_is_relay(&ev->remote.addr)))
		actor->relayed_us = now_us;
}


static int phone_make(struct ua_simscene *scene, unsigned i)
{
	struct ua_simactor *actor = &scene->actorv[i];
	const struct ua_simseat *seat = &scene->seatv[i];
	struct ua_simserver *server;
	const struct ua_simphone_handlers handlers = {
		.ice = on_ice,
		.fault = on_fault,
		.arg = actor,
	};
	struct ua_simphone_conf conf;

	ua_simphone_conf_default(&conf);
	conf.name = actor->name;
	conf.controlling = !i;
	conf.media_ms = scene->plan->media_ms;
	conf.ncomp = scene->plan->ncomp;
	conf.trickle = scene->plan->trickle;
	conf.renom = scene->plan->renomv[i];
	conf.rfc_strict = scene->plan->strict;
	conf.shy = scene->plan->shyv[i];

	if (seat->turn && scene->plan->dead_turn) {
		server = &conf.serverv[conf.nserver++];
		server->addr = addr_of("192.0.2.99");
		server->addr.port = UA_SIM_STUN_PORT;
		server->turn = true;
		server->user = "u";
		server->password = "p";
	}

	if (seat->turn) {
		server = &conf.serverv[conf.nserver++];
		server->addr = addr_of(seat->ip4 ? "192.0.2.20"
						 : "2001:db8:ffff::14");
		server->addr.port = UA_SIM_STUN_PORT;
		server->turn = true;
		server->user = "u";
		server->password = "p";
	}

	if (seat->stun) {
		server = &conf.serverv[conf.nserver++];
		server->addr = addr_of("192.0.2.10");
		server->addr.port = UA_SIM_STUN_PORT;
	}

	return ua_simphone_alloc(&actor->phone, actor->host, &conf, &handlers);
}


static int build(struct ua_simscene *scene)
{
	struct ua_simcall_conf conf = scene->plan->call;
	unsigned i;
	int err = ua_simworld_make(scene);

	for (i = 0; i < UA_SIM_WHO && !err; i++)
		err = phone_make(scene, i);
	if (err)
		return err;

	ua_simboxes_conf(scene, &conf);
	err = ua_simcall_alloc(&scene->call, scene->actorv[0].phone,
			       scene->actorv[1].phone, &conf);
	if (!err)
		err = ua_simcall_start(scene->call);

	return err;
}


static void play(struct ua_simscene *scene)
{
	const struct ua_simplan *plan = scene->plan;
	struct ua_simnet *net = scene->net;
	const uint64_t latest = plan->call.ring_us +
				2 * plan->call.delay_max_us + 15 * UA_SIM_S;
	uint64_t at = 0;
	size_t i;

	while (ua_simcall_answered(scene->call) == UA_NEVER && at < latest) {
		at += 100 * UA_SIM_MS;
		ua_simnet_run(net, at);
	}

	for (i = 0; i < plan->nfault; i++) {
		ua_simnet_run(net, at + plan->faultv[i].after_us);
		ua_simfault_happen(scene, &plan->faultv[i]);
	}

	ua_simnet_run(net, at + plan->talk_us);
	ua_simjudge_call(scene);

	ua_simcall_end(scene->call);
	ua_simnet_run(net, ua_simnet_now(net) + 6 * UA_SIM_S);
	ua_simjudge_release(scene);
	ua_simnet_run(net, ua_simnet_now(net) + 54 * UA_SIM_S);
	ua_simjudge_rest(scene);
}


int ua_simscene_play(struct ua_simscene *scene, const struct ua_simplan *plan,
		     ua_simtrace_h *trace, void *arg)
{
	size_t before;
	int err;

	memset(scene, 0, sizeof(*scene));
	scene->plan = plan;
	memcpy(scene->seatv, plan->seatv, sizeof(scene->seatv));
	scene->blocks = ua_simalloc_blocks();
	before = ua_simalloc_bytes();
	(void)ua_simalloc_peak();
	err = ua_simnet_alloc(&scene->net, plan->seed);
	if (err)
		return err;

	ua_simnet_trace(scene->net, trace, arg);
	err = build(scene);
	if (!err)
		play(scene);

	ua_simnet_stat(scene->net, &scene->stat);
	scene->end_us = ua_simnet_now(scene->net);
	scene->peak = ua_simalloc_peak() - before;
	ua_simnet_free(scene->net);
	scene->net = NULL;
	ua_simjudge_memory(scene);

	return err;
}
