/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simfault.c  What goes wrong in the middle of a call */

#include "simscene.h"

enum { NOTICE_MS = 50 }; /* Until a phone knows of its new address */


const char *ua_simfault_name(enum ua_simfault_kind kind)
{
	static const char *const names[] = {
		"NAT reboot",
		"NAT renumbering",
		"cut of the link",
		"new address",
		"new network",
		"death of TURN",
		"restart of TURN",
		"death of STUN",
		"restart of ICE",
		"two restarts of ICE",
		"hold",
		"updated offer",
		"end of all direct ways",
		"death of a proxy's relay",
	};

	return names[kind];
}


static void on_link_up(struct ua_simactor *actor, bool up)
{
	ua_simif_up(actor->nat ? ua_simnat_if(actor->nat) : actor->ifc, up);
	ua_simnet_note(actor->scene->net, "fault   link of %s is %s",
		       actor->name, up ? "up" : "down");
}


static void renumber(struct ua_simactor *actor)
{
	struct ua_simnet *net = actor->scene->net;
	struct ua_addr addr;

	if (!actor->nat)
		return;

	/* In a carrier's LAN another address is one of that LAN. */
	if (actor->scene->seatv[actor - actor->scene->actorv].has_cgn) {
		if (ua_addr_set(&addr, "100.64.9.9", 0))
			return;
	}
	else if (ua_addr_set(&addr, "198.51.100.99", 0)) {
		return;
	}

	addr.ip[3] = (uint8_t)(addr.ip[3] + ua_simnet_draw(net, 90));
	if (ua_simnat_renumber(actor->nat, &addr))
		ua_simnet_note(net, "fault   address is taken");
}


static void network(struct ua_simactor *actor, int err)
{
	struct ua_simnet *net = actor->scene->net;

	if (err)
		ua_simnet_note(net, "fault   not done (%d)", err);

	ua_simnet_run(net, ua_simnet_now(net) + NOTICE_MS * UA_SIM_MS);
	ua_simphone_network(actor->phone);
}


/* Only what comes from servers or goes there passes. */
static bool is_barred(const struct ua_addr *src, const struct ua_addr *dst,
		      void *arg)
{
	(void)arg;

	return !ua_simworld_is_server(src) && !ua_simworld_is_server(dst);
}


void ua_simfault_happen(struct ua_simscene *scene,
			const struct ua_simfault *fault)
{
	struct ua_simactor *actor = &scene->actorv[fault->who];
	struct ua_simnet *net = scene->net;

	ua_simnet_note(net, "fault   %s, %s", ua_simfault_name(fault->kind),
		       actor->name);

	switch (fault->kind) {

	case UA_SIM_FAULT_REBOOT:
		if (actor->nat)
			ua_simnat_reboot(actor->nat);
		scene->disturbed = true;
		break;

	case UA_SIM_FAULT_RENUMBER:
		renumber(actor);
		scene->disturbed = true;
		break;

	case UA_SIM_FAULT_CUT:
		on_link_up(actor, false);
		ua_simnet_run(net, ua_simnet_now(net) + fault->last_us);
		on_link_up(actor, true);
		scene->disturbed = true;
		break;

	case UA_SIM_FAULT_ADDRESS:
		network(actor, ua_simworld_readdress(actor));
		scene->disturbed = true;
		break;

	case UA_SIM_FAULT_MOVE:
		network(actor, ua_simworld_move(actor));
		scene->disturbed = true;
		break;

	case UA_SIM_FAULT_TURN_DIES:
		ua_simturn_dead(scene->turn, true);
		scene->no_turn = true;
		scene->disturbed = true;
		break;

	case UA_SIM_FAULT_TURN_RESTARTS:
		ua_simturn_restart(scene->turn);
		scene->disturbed = true;
		break;

	case UA_SIM_FAULT_STUN_DIES:
		ua_simstun_dead(scene->stun, true);
		scene->no_stun = true;
		break;

	case UA_SIM_FAULT_RESTART:
		ua_simcall_restart(scene->call, fault->who);
		break;

	case UA_SIM_FAULT_COLLIDE:
		ua_simcall_restart(scene->call, false);
		ua_simcall_restart(scene->call, true);
		break;

	case UA_SIM_FAULT_HOLD:
		ua_simcall_hold(scene->call, fault->who, true);
		ua_simnet_run(net, ua_simnet_now(net) + fault->last_us);
		ua_simcall_hold(scene->call, fault->who, false);
		break;

	case UA_SIM_FAULT_UPDATE:
		ua_simcall_update(scene->call, fault->who);
		break;

	case UA_SIM_FAULT_WALL:
		ua_simnet_wall(net, is_barred, NULL);
		scene->walled = true;
		scene->disturbed = true;
		break;

	case UA_SIM_FAULT_BOX_DIES:
		if (scene->latchv[0])
			ua_simlatch_dead(scene->latchv[0]);
		scene->no_box = true;
		break;

	default:
		break;
	}

	scene->fault_us = ua_simnet_now(net);
}
