/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simplan.c  From a seed to a random internet and a call in it */

#include <string.h>

#include "simscene.h"

static const char *const places[] = {
	"open",      "full cone", "address restricted", "port restricted",
	"symmetric", "blocked"
};
static const char *const together[] = { "apart", "in one LAN",
					"behind one carrier's NAT" };
static const char *const hopes[] = { "none", "perhaps", "sure" };


static uint64_t below(struct ua_simrand *r, uint64_t n)
{
	return ua_simrand_below(r, n);
}


static bool one_in(struct ua_simrand *r, uint64_t n)
{
	return !ua_simrand_below(r, n);
}


static void nat_make(struct ua_simrand *r, struct ua_simnat_conf *nat,
		     enum ua_simplace place)
{
	ua_simnat_conf_default(nat);
	nat->ports = (enum ua_simports)below(r, 3);
	nat->filter_by_map = below(r, 2);
	nat->hairpin = (enum ua_simhairpin)below(r, 3);
	nat->inbound_refresh = below(r, 2);
	nat->paired = !one_in(r, 8);

	switch (place) {

	case UA_SIM_FC:
		nat->filter = UA_SIM_EI;
		break;

	case UA_SIM_AR:
		nat->filter = UA_SIM_AD;
		break;

	case UA_SIM_PR:
		nat->filter = UA_SIM_APD;
		break;

	case UA_SIM_SY:
		nat->mapping = one_in(r, 3) ? UA_SIM_AD : UA_SIM_APD;
		nat->filter = (enum ua_simdep)below(r, 3);
		break;

	case UA_SIM_BL:
		nat->filter = UA_SIM_APD;
		nat->udp = one_in(r, 3) ? UA_SIM_UDP_NONE : UA_SIM_UDP_STUN;
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
	if (one_in(r, 4))
		link->rate_kbps = 500 + (uint32_t)below(r, 20000);
	if (one_in(r, 8))
		link->mtu = 1280;
	if (one_in(r, 4)) {
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
	seat->stun = !one_in(r, 8);
	seat->turn = !one_in(r, 3);
	seat->ip4 = true;
	seat->ip6 = one_in(r, 4);
	if (seat->ip6 && one_in(r, 4))
		seat->ip4 = false;

	seat->access_us = 1000 + (uint32_t)below(r, 60000);
	seat->npool = one_in(r, 4) ? 1 + (unsigned)below(r, UA_SIM_POOL) : 1;
	nat_make(r, &seat->nat, seat->place);
	seat->nat.firewall = seat->place == UA_SIM_PR && one_in(r, 4);

	seat->has_cgn =
		seat->place != UA_SIM_O && !seat->nat.firewall && one_in(r, 5);
	nat_make(r, &seat->cgn,
		 (enum ua_simplace)(UA_SIM_FC + below(r, UA_SIM_SY)));
	link_make(r, plan, &seat->up, seat->access_us);
	link_make(r, plan, &seat->down, seat->access_us);
}


/* Two phones share a box: then it is the box of both. */
static void share(struct ua_simrand *r, struct ua_simplan *plan)
{
	struct ua_simseat *a = &plan->seatv[0];
	struct ua_simseat *b = &plan->seatv[1];
	unsigned i;

	if (!one_in(r, 5) || a->place == UA_SIM_O || a->nat.firewall)
		return;

	if (below(r, 2)) {
		plan->together = UA_SIM_ONE_LAN;
		b->place = a->place;
		b->nat = a->nat;
		b->npool = a->npool;
		b->has_cgn = a->has_cgn;
		b->cgn = a->cgn;
		b->access_us = a->access_us;
		b->up = a->up;
		b->down = a->down;
		return;
	}

	if (b->place == UA_SIM_O || b->nat.firewall)
		return;

	plan->together = UA_SIM_ONE_CGN;
	b->cgn = a->cgn;
	for (i = 0; i < UA_SIM_WHO; i++)
		plan->seatv[i].has_cgn = true;
}


static void fault_make(struct ua_simrand *r, const struct ua_simplan *plan,
		       struct ua_simfault *fault)
{
	fault->kind = (enum ua_simfault_kind)below(r, UA_SIM_NFAULT);
	fault->who = (unsigned)below(r, UA_SIM_WHO);
	fault->after_us = below(r, 8000) * UA_SIM_MS;
	fault->last_us = (200 + below(r, 6000)) * UA_SIM_MS;

	/* Who shares a box does not move it away. */
	if (plan->together != UA_SIM_APART &&
	    (fault->kind == UA_SIM_FAULT_MOVE ||
	     fault->kind == UA_SIM_FAULT_RENUMBER ||
	     fault->kind == UA_SIM_FAULT_WALL))
		fault->kind = UA_SIM_FAULT_REBOOT;
}


static void faults_make(struct ua_simrand *r, struct ua_simplan *plan)
{
	size_t i;

	if (!one_in(r, 3))
		return;

	plan->nfault = 1 + below(r, one_in(r, 3) ? UA_SIM_FAULTS : 1);
	for (i = 0; i < plan->nfault; i++) {
		fault_make(r, plan, &plan->faultv[i]);
		if (i)
			plan->faultv[i].after_us +=
				plan->faultv[i - 1].after_us +
				plan->faultv[i - 1].last_us;
	}
}


static void call_make(struct ua_simrand *r, struct ua_simplan *plan)
{
	struct ua_simcall_conf *call = &plan->call;

	ua_simcall_conf_default(call);
	call->delay_min_us = below(r, 100) * UA_SIM_MS;
	call->delay_max_us = call->delay_min_us +
			     below(r, one_in(r, 8) ? 5000 : 200) * UA_SIM_MS;
	if (one_in(r, 50))
		call->delay_max_us += 5 * UA_SIM_S;
	call->reorder = below(r, 2);
	call->ring_us = below(r, one_in(r, 4) ? 20 : 2) * UA_SIM_S;
	call->late = below(r, 2);
	call->refuse = one_in(r, 4) ? 5000 : 0;
}


static uint64_t talk_time(const struct ua_simplan *plan)
{
	uint64_t us = 8 * UA_SIM_S + 2 * plan->call.delay_max_us;
	const struct ua_simfault *last;

	if (plan->lossy)
		us += 20 * UA_SIM_S;
	if (plan->trickle || plan->call.delay_max_us > UA_SIM_S)
		us += 15 * UA_SIM_S;

	if (plan->nfault) {
		last = &plan->faultv[plan->nfault - 1];
		us += last->after_us + last->last_us + 15 * UA_SIM_S +
		      4 * plan->call.delay_max_us;
	}

	return us;
}


void ua_simplan_make(struct ua_simplan *plan, uint64_t seed)
{
	struct ua_simrand r;
	size_t i;

	memset(plan, 0, sizeof(*plan));
	plan->seed = seed;
	ua_simrand_seed(&r, seed * 2 + 1);
	plan->lossy = one_in(&r, 3);
	for (i = 0; i < UA_SIM_WHO; i++) {
		seat_make(&r, plan, &plan->seatv[i]);
		plan->renomv[i] = below(&r, 2);
	}

	seat_make(&r, plan, &plan->move);
	plan->move.stun = true;
	ua_simboxes_count(&r, plan);
	share(&r, plan);
	for (i = 0; i < UA_SIM_WHO; i++) {
		seat_make(&r, plan, &plan->extrav[i]);
		/* A TURN server that is known by IPv4 tells how it looks. */
		plan->extrav[i].stun =
			plan->seatv[i].stun ||
			(plan->seatv[i].turn && plan->seatv[i].ip4);
		plan->extrav[i].turn = false;
		plan->secondv[i] =
			one_in(&r, 8) && plan->together == UA_SIM_APART;
	}

	plan->dead_turn = one_in(&r, 10);
	call_make(&r, plan);
	plan->trickle = one_in(&r, 3);
	plan->strict = one_in(&r, 16);
	plan->ncomp = one_in(&r, 8) ? 2 : 1;
	plan->ip6_relay = below(&r, 2);
	ua_simturn_conf_default(&plan->turn);
	plan->turn.nonce_ms = one_in(&r, 4) ? 7000 : 600000;
	plan->turn.deny_private = below(&r, 2);
	plan->turn.ignore_additional = one_in(&r, 4);
	if (one_in(&r, 20))
		plan->turn.capacity = 1;
	plan->media_ms = 20;
	faults_make(&r, plan);
	plan->talk_us = talk_time(plan);
	ua_simboxes_plan(&r, plan);
}


static void nat_print(const struct ua_simnat_conf *nat, FILE *f)
{
	static const char *const deps[] = { "EI", "AD", "APD" };
	static const char *const ports[] = { "preserving", "sequential",
					     "random" };
	static const char *const pins[] = { "none", "external", "internal" };
	static const char *const udp[] = { "", ", no UDP", ", UDP to 3478" };

	(void)fprintf(f,
		      "%s mapping %s, filter %s by %s, ports %s, "
		      "hairpin %s%s%s",
		      nat->firewall ? "firewall" : "NAT", deps[nat->mapping],
		      deps[nat->filter],
		      nat->filter_by_map ? "mapping" : "endpoint",
		      ports[nat->ports], pins[nat->hairpin], udp[nat->udp],
		      nat->paired ? "" : ", not paired");
}


static void seat_print(const struct ua_simseat *seat, FILE *f)
{
	(void)fprintf(f, "%s", places[seat->place]);
	if (seat->place != UA_SIM_O) {
		(void)fprintf(f, " (");
		nat_print(&seat->nat, f);
		(void)fprintf(f, ", pool %u)", seat->npool);
	}

	if (seat->has_cgn) {
		(void)fprintf(f, "\n    behind ");
		nat_print(&seat->cgn, f);
	}

	(void)fprintf(f, "\n    %s%s%s%s, %u ms, loss %.1f and %.1f %%\n",
		      seat->ip4 ? "IPv4 " : "", seat->ip6 ? "IPv6 " : "",
		      seat->stun ? "STUN " : "", seat->turn ? "TURN" : "",
		      seat->access_us / 1000, seat->up.loss / 100.0,
		      seat->down.loss / 100.0);
}


void ua_simplan_print(const struct ua_simplan *plan, FILE *f)
{
	const struct ua_simcall_conf *call = &plan->call;
	const struct ua_simseat *a = &plan->seatv[0];
	const struct ua_simseat *b = &plan->seatv[1];
	size_t i;

	(void)fprintf(f, "seed %llu: %s, direct %s, any %s\n",
		      (unsigned long long)plan->seed, together[plan->together],
		      hopes[ua_simoracle_direct(plan, a, b)],
		      hopes[ua_simoracle_any(plan, a, b)]);
	(void)fprintf(f, "  alice: ");
	seat_print(a, f);
	if (plan->secondv[0]) {
		(void)fprintf(f, "    and ");
		seat_print(&plan->extrav[0], f);
	}
	(void)fprintf(f, "  bob: ");
	seat_print(b, f);
	if (plan->secondv[1]) {
		(void)fprintf(f, "    and ");
		seat_print(&plan->extrav[1], f);
	}
	(void)fprintf(f,
		      "  signalling %u to %u ms%s, rings %u s%s, %s%s%s%s%s"
		      "%u components, talks %u s\n",
		      (unsigned)(call->delay_min_us / UA_SIM_MS),
		      (unsigned)(call->delay_max_us / UA_SIM_MS),
		      call->reorder ? " in any order" : "",
		      (unsigned)(call->ring_us / UA_SIM_S),
		      call->late ? " without ICE" : "",
		      plan->trickle ? "trickle, " : "",
		      plan->renomv[0] ? "alice renominates, " : "",
		      plan->renomv[1] ? "bob renominates, " : "",
		      plan->strict ? "strict, " : "",
		      call->refuse ? "refuses, " : "", plan->ncomp,
		      (unsigned)(plan->talk_us / UA_SIM_S));
	if (plan->dead_turn)
		(void)fprintf(f, "  a TURN server that is not there\n");
	ua_simboxes_print(plan, f);

	for (i = 0; i < plan->nfault; i++)
		(void)fprintf(
			f, "  %s, %s, %.3f s after the answer (%.1f s)\n",
			ua_simfault_name(plan->faultv[i].kind),
			plan->faultv[i].who ? "bob" : "alice",
			(double)plan->faultv[i].after_us / (double)UA_SIM_S,
			(double)plan->faultv[i].last_us / (double)UA_SIM_S);
}
