/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simscene.c  A plan comes to life: net, phones, a call, its end */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "simscene.h"

enum { SERVER_US = 5000 };

static const char *const names[] = { "alice", "bob" };


static struct ua_addr addr_of(const char *str)
{
	struct ua_addr addr;

	if (ua_addr_set(&addr, str, 0))
		memset(&addr, 0, sizeof(addr));

	return addr;
}


static struct ua_addr addr_fmt(const char *fmt, unsigned a, unsigned b)
{
	char str[UA_ADDR_LEN];

	(void)snprintf(str, sizeof(str), fmt, a, b);
	return addr_of(str);
}


void ua_simscene_breach(struct ua_simscene *scene, unsigned rule,
			const char *who, const char *fmt, ...)
{
	struct ua_simbreach *b;
	va_list ap;

	if (scene->nbreach == UA_SIM_FAULTS)
		return;

	b = &scene->breachv[scene->nbreach++];
	b->rule = rule;
	b->who = who;
	b->at_us = ua_simnet_now(scene->net);
	va_start(ap, fmt);
	(void)vsnprintf(b->text, sizeof(b->text), fmt, ap);
	va_end(ap);

	ua_simnet_note(scene->net, "BREACH  rule %u: %s: %s", rule, who,
		       b->text);
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

	if (ev->type == UA_ICE_EVENT_MEDIA_PATH && ev->comp == 1 &&
	    actor->path_us == UA_NEVER)
		actor->path_us = now_us;

	if (ev->type != UA_ICE_EVENT_NOMINATED || ev->comp != 1)
		return;

	actor->nominated_us = now_us;
	actor->relays = ev->relays;
	if (ev->relays && actor->relayed_us == UA_NEVER)
		actor->relayed_us = now_us;
}


static int server_make(struct ua_simscene *scene, const char *name,
		       const struct ua_addr *addr, struct ua_simhost **hostp)
{
	struct ua_simlink link;
	struct ua_simif *ifc;
	int err;

	ua_simlink_default(&link, SERVER_US);
	err = ua_simhost_alloc(hostp, scene->net, name);
	if (!err)
		err = ua_simif_alloc(&ifc, *hostp, "eth0",
				     ua_simnet_core(scene->net), &link);
	if (!err)
		err = ua_simif_addr(ifc, addr);

	return err;
}


static int servers_make(struct ua_simscene *scene)
{
	const struct ua_addr stun = addr_of("192.0.2.10");
	const struct ua_addr turn = addr_of("192.0.2.20");
	struct ua_simturn_conf conf;
	struct ua_simhost *host;
	int err;

	err = server_make(scene, "stun", &stun, &host);
	if (!err)
		err = ua_simstun_alloc(&scene->stun, host, &stun);
	if (!err)
		err = server_make(scene, "turn", &turn, &host);
	if (err)
		return err;

	ua_simturn_conf_default(&conf);
	return ua_simturn_alloc(&scene->turn, host, &turn, &turn, NULL, &conf);
}


/* The LAN that a phone is in, behind what its seat says */
static int lan_make(struct ua_simactor *actor, const struct ua_simseat *seat,
		    unsigned i, struct ua_simlan **lanp)
{
	struct ua_simnet *net = actor->scene->net;
	struct ua_addr addr;
	unsigned k;
	int err;

	*lanp = ua_simnet_core(net);
	if (seat->place == UA_SIM_O)
		return 0;

	err = ua_simnat_alloc(&actor->nat, net, i ? "nat-b" : "nat-a", *lanp,
			      &seat->nat, &seat->up);
	if (err)
		return err;

	ua_simif_link(ua_simnat_if(actor->nat), &seat->up, &seat->down);
	for (k = 0; k < seat->npool && !err; k++) {
		addr = addr_fmt("198.51.%u.%u", 100 + i, 10 + k);
		err = ua_simnat_addr(actor->nat, &addr);
	}

	*lanp = ua_simnat_lan(actor->nat);
	return err;
}


static int actor_make(struct ua_simscene *scene, unsigned i)
{
	struct ua_simactor *actor = &scene->actorv[i];
	const struct ua_simseat *seat = &scene->plan->seatv[i];
	const bool is_public = seat->place == UA_SIM_O || seat->nat.firewall;
	struct ua_simlink link;
	struct ua_simlan *lan;
	struct ua_addr addr;
	int err;

	actor->scene = scene;
	actor->name = names[i];
	actor->nominated_us = UA_NEVER;
	actor->path_us = UA_NEVER;
	actor->relayed_us = UA_NEVER;

	err = lan_make(actor, seat, i, &lan);
	if (!err)
		err = ua_simhost_alloc(&actor->host, scene->net, actor->name);
	if (err)
		return err;

	ua_simlink_default(&link, 500);
	err = ua_simif_alloc(&actor->ifc, actor->host, "eth0", lan, &link);
	if (err)
		return err;

	if (seat->place == UA_SIM_O)
		ua_simif_link(actor->ifc, &seat->up, &seat->down);

	addr = is_public ? addr_fmt("203.0.113.%u", 10 + i, 0)
			 : addr_fmt("192.168.%u.%u", i, 2);
	return ua_simif_addr(actor->ifc, &addr);
}


static int phone_make(struct ua_simscene *scene, unsigned i)
{
	struct ua_simactor *actor = &scene->actorv[i];
	const struct ua_simseat *seat = &scene->plan->seatv[i];
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

	if (seat->turn) {
		conf.serverv[conf.nserver].addr = addr_of("192.0.2.20");
		conf.serverv[conf.nserver].addr.port = UA_SIM_STUN_PORT;
		conf.serverv[conf.nserver].turn = true;
		conf.serverv[conf.nserver].user = "u";
		conf.serverv[conf.nserver++].password = "p";
	}

	if (seat->stun) {
		conf.serverv[conf.nserver].addr = addr_of("192.0.2.10");
		conf.serverv[conf.nserver++].addr.port = UA_SIM_STUN_PORT;
	}

	return ua_simphone_alloc(&actor->phone, actor->host, &conf, &handlers);
}


static int build(struct ua_simscene *scene)
{
	unsigned i;
	int err = servers_make(scene);

	for (i = 0; i < UA_SIM_WHO && !err; i++) {
		err = actor_make(scene, i);
		if (!err)
			err = phone_make(scene, i);
	}

	if (!err)
		err = ua_simcall_alloc(&scene->call, scene->actorv[0].phone,
				       scene->actorv[1].phone,
				       &scene->plan->call);
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

	while (ua_simcall_answered(scene->call) == UA_NEVER && at < latest) {
		at += 100 * UA_SIM_MS;
		ua_simnet_run(net, at);
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
	int err;

	memset(scene, 0, sizeof(*scene));
	scene->plan = plan;
	err = ua_simnet_alloc(&scene->net, plan->seed);
	if (err)
		return err;

	ua_simnet_trace(scene->net, trace, arg);
	err = build(scene);
	if (!err)
		play(scene);

	ua_simnet_stat(scene->net, &scene->stat);
	ua_simnet_free(scene->net);
	scene->net = NULL;

	return err;
}
