/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simplan.c  From a seed to a random internet and a call in it */

#include <string.h>

#include "simscene.h"

static const char *const places[] = {
	"open",      "full cone", "address restricted", "port restricted",
	"symmetric", "blocked"
};


static uint64_t below(struct ua_simrand *r, uint64_t n)
{
	return ua_simrand_below(r, n);
}


static void nat_make(struct ua_simrand *r, struct ua_simseat *seat)
{
	struct ua_simnat_conf *nat = &seat->nat;

	ua_simnat_conf_default(nat);
	nat->ports = (enum ua_simports)below(r, 3);
	nat->filter_by_map = below(r, 2);
	nat->hairpin = (enum ua_simhairpin)below(r, 3);
	nat->inbound_refresh = below(r, 2);
	seat->npool = below(r, 4) ? 1 : 1 + (unsigned)below(r, UA_SIM_POOL);

	switch (seat->place) {

	case UA_SIM_FC:
		nat->filter = UA_SIM_EI;
		break;

	case UA_SIM_AR:
		nat->filter = UA_SIM_AD;
		break;

	case UA_SIM_PR:
		nat->filter = UA_SIM_APD;
		nat->firewall = !below(r, 4);
		break;

	case UA_SIM_SY:
		nat->mapping = UA_SIM_APD;
		nat->filter = (enum ua_simdep)below(r, 3);
		break;

	case UA_SIM_BL:
		nat->filter = UA_SIM_APD;
		nat->udp = below(r, 3) ? UA_SIM_UDP_STUN : UA_SIM_UDP_NONE;
		break;

	default:
		break;
	}
}


static void link_make(struct ua_simrand *r, const struct ua_simplan *plan,
		      struct ua_simlink *link, uint32_t delay_us)
{
	ua_simlink_default(link, delay_us);
	if (below(r, 2))
		link->jitter_us = (uint32_t)below(r, delay_us / 5 + 1);
	if (!below(r, 4))
		link->rate_kbps = 500 + (uint32_t)below(r, 20000);
	if (!below(r, 8))
		link->mtu = 1280;
	if (!below(r, 4)) {
		link->dup = (uint32_t)below(r, 500);
		link->reorder = (uint32_t)below(r, 500);
		link->reorder_us = (uint32_t)below(r, 30000);
	}

	if (!plan->lossy)
		return;

	link->loss = (uint32_t)below(r, 800);
	link->burst = below(r, 2) ? 1 : 3 + (uint32_t)below(r, 6);
}


static void seat_make(struct ua_simrand *r, const struct ua_simplan *plan,
		      struct ua_simseat *seat)
{
	seat->place = (enum ua_simplace)below(r, UA_SIM_NPLACE);
	seat->stun = below(r, 8) != 0;
	seat->turn = below(r, 3) != 0;
	seat->access_us = 1000 + (uint32_t)below(r, 60000);
	nat_make(r, seat);
	seat->stun_open = seat->nat.udp == UA_SIM_UDP_STUN;
	link_make(r, plan, &seat->up, seat->access_us);
	link_make(r, plan, &seat->down, seat->access_us);
}


void ua_simplan_make(struct ua_simplan *plan, uint64_t seed)
{
	struct ua_simrand r;
	size_t i;

	memset(plan, 0, sizeof(*plan));
	plan->seed = seed;
	ua_simrand_seed(&r, seed * 2 + 1);
	plan->lossy = !below(&r, 3);
	for (i = 0; i < UA_SIM_WHO; i++)
		seat_make(&r, plan, &plan->seatv[i]);

	ua_simcall_conf_default(&plan->call);
	plan->call.delay_min_us = below(&r, 100) * UA_SIM_MS;
	plan->call.delay_max_us =
		plan->call.delay_min_us +
		below(&r, below(&r, 8) ? 200 : 5000) * UA_SIM_MS;
	plan->call.reorder = below(&r, 2);
	plan->call.ring_us = below(&r, 4) ? below(&r, 2) * UA_SIM_S
					  : below(&r, 20) * UA_SIM_S;
	plan->media_ms = 20;
	plan->talk_us = (plan->lossy ? 20 : 10) * UA_SIM_S;
}


static const char *dep(enum ua_simdep d)
{
	static const char *const names[] = { "EI", "AD", "APD" };

	return names[d];
}


static void seat_print(const struct ua_simseat *seat, FILE *f)
{
	(void)fprintf(f, "%s", places[seat->place]);
	if (seat->place != UA_SIM_O)
		(void)fprintf(f,
			      " (%s mapping %s, filter %s by %s, ports %d, "
			      "pool %u, hairpin %d, UDP %d)",
			      seat->nat.firewall ? "firewall" : "NAT",
			      dep(seat->nat.mapping), dep(seat->nat.filter),
			      seat->nat.filter_by_map ? "mapping" : "endpoint",
			      seat->nat.ports, seat->npool, seat->nat.hairpin,
			      seat->nat.udp);
	(void)fprintf(f, ", %u us, loss %u/%u of 10000%s%s\n", seat->access_us,
		      seat->up.loss, seat->down.loss,
		      seat->stun ? ", STUN" : "", seat->turn ? ", TURN" : "");
}


void ua_simplan_print(const struct ua_simplan *plan, FILE *f)
{
	static const char *const ways[] = { "none", "relayed", "direct" };

	(void)fprintf(f,
		      "seed %llu\n  caller: ", (unsigned long long)plan->seed);
	seat_print(&plan->seatv[0], f);
	(void)fprintf(f, "  callee: ");
	seat_print(&plan->seatv[1], f);
	(void)fprintf(f, "  signalling %u to %u ms%s, rings %u ms; way: %s\n",
		      (unsigned)(plan->call.delay_min_us / UA_SIM_MS),
		      (unsigned)(plan->call.delay_max_us / UA_SIM_MS),
		      plan->call.reorder ? " in any order" : "",
		      (unsigned)(plan->call.ring_us / UA_SIM_MS),
		      ways[ua_simoracle_way(plan)]);
}
