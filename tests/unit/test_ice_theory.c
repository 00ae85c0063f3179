/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_ice_theory.c  Every pair of NAT kinds comes out as theory says
 */

#include <check.h>
#include <stdio.h>

#include "icenet.h"

Suite *ua_suite_ice_theory(void);

/** O no NAT; FC EIM/EIF; AR EIM/ADF; PR EIM/APDF; SY APDM; BL no UDP */
enum kind { O = 0, FC, AR, PR, SY, BL, NKIND };

enum { D = 0, R = 2 };

enum { RANDOM_NETS = 300 };

/* clang-format off */
static const int theory[NKIND][NKIND] = {
	/*        O  FC AR PR SY BL */
	[O]  = { D, D, D, D, D, R },
	[FC] = { D, D, D, D, D, R },
	[AR] = { D, D, D, D, D, R },
	[PR] = { D, D, D, D, R, R },
	[SY] = { D, D, D, R, R, R },
	[BL] = { R, R, R, R, R, R },
};
/* clang-format on */

struct cell {
	enum kind a, b;
	bool by_map;        /* How the NATs key their filters           */
	enum net_filter sy; /* Filter of the symmetric kind             */
	unsigned late_ms;   /* Agent 0 hears the description later      */
	unsigned loss_pct;
	uint64_t seed;
};


static void side(struct icenet *net, unsigned agent, enum kind kind,
		 const struct cell *c)
{
	static const enum net_filter filter[NKIND] = {
		[FC] = NET_EIF, [AR] = NET_ADF, [PR] = NET_APDF, [BL] = NET_EIF
	};
	const char *outside = agent ? "203.0.113.2:0" : "203.0.113.1:0";
	int nat = NET_NO_NAT;
	unsigned i;

	if (kind != O) {
		nat = icenet_nat(net, kind == SY ? NET_APDM : NET_EIM,
				 kind == SY ? c->sy : filter[kind], outside);
		net->natv[nat].by_map = c->by_map;
		net->natv[nat].blocked = kind == BL;
	}

	i = icenet_host(
		net, agent, 0, 1,
		kind == O ? (agent ? "198.18.0.2:4000" : "198.18.0.1:4000")
			  : (agent ? "192.168.2.2:4000" : "192.168.1.2:4000"),
		nat, 10);
	icenet_srflx(net, i);
	(void)icenet_relay(net, agent, 0, 1,
			   agent ? "198.51.100.7:60001" : "198.51.100.7:60000",
			   15);
}


static struct icenet *run(const struct cell *c)
{
	struct icenet *net = icenet_alloc(c->seed);
	unsigned a;

	net->loss_pct = c->loss_pct;
	side(net, 0, c->a, c);
	side(net, 1, c->b, c);

	for (a = 0; a < 2; a++)
		(void)ua_ice_gathered(net->agentv[a].ice, net->now);

	ck_assert_int_eq(0, icenet_tell(net, 0));
	icenet_pump(net, 1);
	icenet_run(net, c->late_ms);
	ck_assert_int_eq(0, icenet_tell(net, 1));
	icenet_run(net, 12000);

	return net;
}


static void expect(const struct cell *c, const char *what)
{
	struct icenet *net = run(c);
	unsigned a;

	for (a = 0; a < 2; a++) {
		const int relays = icenet_nominated(net, a);

		ck_assert_msg(relays >= 0, "%s: %d x %d: agent %u has no pair",
			      what, c->a, c->b, a);
		if (!c->loss_pct)
			ck_assert_msg((relays > 0) == (theory[c->a][c->b] > 0),
				      "%s: %d x %d: agent %u has %d relays",
				      what, c->a, c->b, a, relays);
	}

	ck_assert_msg(icenet_same_pair(net, 0, 1), "%s: %d x %d: ends differ",
		      what, c->a, c->b);
	icenet_free(net);
}


START_TEST(every_pair_of_nats_connects_as_theory_says)
{
	const struct cell c = { .a = (enum kind)(_i / NKIND),
				.b = (enum kind)(_i % NKIND),
				.sy = NET_APDF,
				.seed = 1 };

	expect(&c, "filter by endpoint");
}
END_TEST


START_TEST(filters_keyed_by_mapping_change_nothing)
{
	const struct cell c = { .a = (enum kind)(_i / NKIND),
				.b = (enum kind)(_i % NKIND),
				.sy = NET_APDF,
				.by_map = true,
				.seed = 2 };

	expect(&c, "filter by mapping");
}
END_TEST


/* SY that filters weakly lets checks in, but answers from another port */
START_TEST(weak_filters_of_symmetric_nats_change_nothing)
{
	const enum kind other = (enum kind)(_i / 2);
	const struct cell c = { .a = SY,
				.b = other,
				.sy = _i % 2 ? NET_EIF : NET_ADF,
				.seed = 3 };
	struct icenet *net;
	unsigned a;

	/* With EIF, PR's checks come through: direct may do then. */
	net = run(&c);
	for (a = 0; a < 2; a++)
		ck_assert_int_ge(icenet_nominated(net, a), 0);

	if (theory[SY][other] == D || other == SY)
		ck_assert_int_eq(theory[SY][other] > 0,
				 icenet_nominated(net, 0) > 0);

	ck_assert(icenet_same_pair(net, 0, 1));
	icenet_free(net);
}
END_TEST


START_TEST(late_answer_changes_nothing)
{
	const struct cell c = { .a = (enum kind)(_i / NKIND),
				.b = (enum kind)(_i % NKIND),
				.sy = NET_APDF,
				.late_ms = 2500,
				.seed = 4 };

	expect(&c, "late answer");
}
END_TEST


START_TEST(lost_packets_cost_time_not_the_path)
{
	const struct cell c = { .a = (enum kind)(_i / NKIND % NKIND),
				.b = (enum kind)(_i % NKIND),
				.sy = NET_APDF,
				.loss_pct = 10,
				.seed = 100 + (uint64_t)_i };

	expect(&c, "10 % loss");
}
END_TEST


static unsigned draw(struct icenet *net, unsigned n)
{
	uint32_t v;

	net->rand.fill((uint8_t *)&v, sizeof(v), net->rand.arg);
	return v % n;
}


/* A side of random NAT, addresses, delay; a relay always */
static void random_side(struct icenet *net, unsigned agent, unsigned ncomp)
{
	const unsigned hosts = 1 + draw(net, 3);
	const uint32_t delay_ms = 1 + draw(net, 100);
	const bool outside = !draw(net, 4);
	const bool blocked = !outside && !draw(net, 6);
	int nat = NET_NO_NAT;
	unsigned h, c, i;

	if (!outside) {
		nat = icenet_nat(net, (enum net_mapping)draw(net, 2),
				 (enum net_filter)draw(net, 3),
				 agent ? "203.0.113.2:0" : "203.0.113.1:0");
		net->natv[nat].by_map = draw(net, 2);
		net->natv[nat].blocked = blocked;
	}

	for (c = 1; c <= ncomp; c++) {
		for (h = 0; h < hosts; h++) {
			char addr[UA_ADDR_LEN];

			(void)snprintf(addr, sizeof(addr), "%s.%u.%u:%u",
				       outside ? "198.18" : "192.168",
				       agent + 1, h + 1, 4000 + c);
			i = icenet_host(net, agent, 0, (uint16_t)c, addr, nat,
					delay_ms);
			icenet_srflx(net, i);
		}

		i = icenet_relay(net, agent, 0, (uint16_t)c,
				 agent ? (c == 1 ? "198.51.100.7:60001"
						 : "198.51.100.7:60003")
				       : (c == 1 ? "198.51.100.8:60000"
						 : "198.51.100.8:60002"),
				 delay_ms + draw(net, 30));
	}
}


/* Whatever the network, there is a relay: they connect, and agree */
START_TEST(random_networks_connect)
{
	struct icenet *net = icenet_alloc(1000 + (uint64_t)_i);
	const unsigned ncomp = 1 + draw(net, 2);
	const bool conflict = !draw(net, 5);
	unsigned a, c, first;

	net->loss_pct = draw(net, 3) ? 0 : 1 + draw(net, 15);
	for (a = 0; a < 2; a++) {
		net->agentv[a].conf.ncomp = (uint16_t)ncomp;
		if (conflict)
			net->agentv[a].conf.controlling = _i & 1;
	}

	random_side(net, 0, ncomp);
	random_side(net, 1, ncomp);

	for (a = 0; a < 2; a++)
		(void)ua_ice_gathered(net->agentv[a].ice, net->now);

	first = draw(net, 2);
	ck_assert_int_eq(0, icenet_tell(net, first));
	icenet_pump(net, !first);
	icenet_run(net, draw(net, 3000));
	ck_assert_int_eq(0, icenet_tell(net, !first));
	icenet_pump(net, first);
	icenet_run(net, 25000);

	for (c = 1; c <= ncomp; c++)
		ck_assert_msg(icenet_same_pair(net, 0, (uint16_t)c),
			      "seed %d, component %u: ends differ", _i, c);

	for (a = 0; a < 2; a++) {
		ck_assert_int_ge(icenet_nominated(net, a), 0);
		ck_assert_ptr_null(icenet_event(net, a, UA_ICE_EVENT_FAILED));
	}

	ck_assert(ua_ice_controlling(net->agentv[0].ice) !=
		  ua_ice_controlling(net->agentv[1].ice));
	icenet_free(net);
}
END_TEST


Suite *ua_suite_ice_theory(void)
{
	Suite *s = suite_create("ice_theory");
	TCase *tc = tcase_create("theory");

	tcase_add_loop_test(tc, every_pair_of_nats_connects_as_theory_says, 0,
			    NKIND * NKIND);
	tcase_add_loop_test(tc, filters_keyed_by_mapping_change_nothing, 0,
			    NKIND * NKIND);
	tcase_add_loop_test(tc, weak_filters_of_symmetric_nats_change_nothing,
			    0, 2 * NKIND);
	tcase_add_loop_test(tc, late_answer_changes_nothing, 0, NKIND * NKIND);
	tcase_add_loop_test(tc, lost_packets_cost_time_not_the_path, 0,
			    4 * NKIND * NKIND);
	tcase_add_loop_test(tc, random_networks_connect, 0, RANDOM_NETS);
	suite_add_tcase(s, tc);

	return s;
}
