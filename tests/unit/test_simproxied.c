/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_simproxied.c  Whole phones call each other through proxies */

#include <check.h>
#include <string.h>

#include <ua/sim.h>

Suite *ua_suite_simproxied(void);

/** What is between two phones, each at home behind a NAT */
struct plan {
	struct ua_simlatch_conf latch;
	enum ua_simlisting listing;
	unsigned nproxy;
	bool direct;
	uint64_t ring_us;
};

struct bed {
	struct ua_simnet *net;
	struct ua_simlatch *latchv[UA_SIM_PROXIES];
	struct ua_simnat *natv[2];
	struct ua_simphone *phonev[2];
	struct ua_simcall *call;
	unsigned faults;
	struct ua_addr nominated; /* The remote one, by the caller        */
};


static struct ua_addr addr_of(const char *str)
{
	struct ua_addr addr;

	ck_assert_int_eq(0, ua_addr_decode(&addr, str));
	return addr;
}


static void on_fault(unsigned rule, const char *text, void *arg)
{
	struct bed *bed = arg;

	(void)rule;
	(void)text;
	bed->faults++;
}


static void on_ice(const struct ua_ice_event *ev, void *arg)
{
	struct bed *bed = arg;

	if (ev->type == UA_ICE_EVENT_NOMINATED && ev->comp == 1)
		bed->nominated = ev->remote.addr;
}


static struct ua_simhost *host_make(struct bed *bed, const char *name,
				    struct ua_simlan *lan, const char *addr)
{
	const struct ua_addr a = addr_of(addr);
	struct ua_simlink link;
	struct ua_simhost *host;
	struct ua_simif *ifc;

	ua_simlink_default(&link, 5000);
	ck_assert_int_eq(0, ua_simhost_alloc(&host, bed->net, name));
	ck_assert_int_eq(0, ua_simif_alloc(&ifc, host, "eth0", lan, &link));
	ck_assert_int_eq(0, ua_simif_addr(ifc, &a));

	return host;
}


static void phone_make(struct bed *bed, unsigned i, const struct plan *plan)
{
	static const char *const outside[] = { "198.51.100.1",
					       "198.51.100.2" };
	static const char *const inside[] = { "192.168.0.2", "192.168.1.2" };
	const struct ua_addr addr = addr_of(outside[i]);
	const struct ua_simphone_handlers handlers = {
		.ice = i ? NULL : on_ice,
		.fault = on_fault,
		.arg = bed,
	};
	struct ua_simphone_conf conf;
	struct ua_simnat_conf nat;
	struct ua_simlink link;
	struct ua_simhost *host;

	ua_simlink_default(&link, 10000);
	ua_simnat_conf_default(&nat);
	nat.mapping = plan->direct ? UA_SIM_EI : UA_SIM_APD;
	nat.filter = UA_SIM_APD;
	ck_assert_int_eq(0, ua_simnat_alloc(&bed->natv[i], bed->net, "nat",
					    ua_simnet_core(bed->net), &nat,
					    &link));
	ck_assert_int_eq(0, ua_simnat_addr(bed->natv[i], &addr));
	host = host_make(bed, "phone", ua_simnat_lan(bed->natv[i]), inside[i]);

	ua_simphone_conf_default(&conf);
	conf.name = i ? "bob" : "alice";
	conf.controlling = !i;
	conf.nserver = 1;
	conf.serverv[0].addr = addr_of("192.0.2.10:3478");
	ck_assert_int_eq(
		0, ua_simphone_alloc(&bed->phonev[i], host, &conf, &handlers));
}


static void plan_make(struct plan *plan)
{
	memset(plan, 0, sizeof(*plan));
	ua_simlatch_conf_default(&plan->latch, UA_SIM_MEDIAPROXY);
	plan->listing = UA_SIM_LOW;
	plan->nproxy = 1;
}


static void bed_make(struct bed *bed, const struct plan *plan)
{
	static const char *const addrs[] = { "192.0.2.30:50000",
					     "192.0.2.31:50000" };
	const struct ua_addr stun_addr = addr_of("192.0.2.10");
	struct ua_simcall_conf conf;
	struct ua_simstun *stun;
	unsigned i;

	memset(bed, 0, sizeof(*bed));
	ck_assert_int_eq(0, ua_simnet_alloc(&bed->net, 1));
	ck_assert_int_eq(0,
			 ua_simstun_alloc(&stun,
					  host_make(bed, "stun",
						    ua_simnet_core(bed->net),
						    "192.0.2.10"),
					  &stun_addr));
	for (i = 0; i < 2; i++)
		phone_make(bed, i, plan);

	ua_simcall_conf_default(&conf);
	conf.ring_us = plan->ring_us;
	conf.late = true;
	conf.nproxy = plan->nproxy;
	for (i = 0; i < plan->nproxy; i++) {
		struct ua_simlatch_conf latch = plan->latch;
		const struct ua_addr addr = addr_of(addrs[i]);

		latch.kin = addr_of(addrs[!i]);
		ck_assert_int_eq(0, ua_simlatch_alloc(
					    &bed->latchv[i],
					    host_make(bed, "relay",
						      ua_simnet_core(bed->net),
						      addrs[i]),
					    &addr, &latch));
		conf.proxyv[i].latch = bed->latchv[i];
		conf.proxyv[i].listing = plan->listing;
	}

	ck_assert_int_eq(0, ua_simcall_alloc(&bed->call, bed->phonev[0],
					     bed->phonev[1], &conf));
	ck_assert_int_eq(0, ua_simcall_start(bed->call));
}


static void run(struct bed *bed, uint64_t s)
{
	ua_simnet_run(bed->net, ua_simnet_now(bed->net) + s * UA_SIM_S);
}


static uint64_t heard(const struct bed *bed, unsigned i)
{
	return ua_simphone_stat(bed->phonev[i])->heard;
}


static void check_talk(struct bed *bed)
{
	const uint64_t before[] = { heard(bed, 0), heard(bed, 1) };

	run(bed, 1);
	ck_assert_uint_ge(heard(bed, 0), before[0] + 45);
	ck_assert_uint_ge(heard(bed, 1), before[1] + 45);
	ck_assert_uint_eq(0, bed->faults);
}


static bool is_relayed(const struct bed *bed)
{
	const struct ua_addr relay[] = { addr_of("192.0.2.30:1"),
					 addr_of("192.0.2.31:1") };

	return ua_addr_ip_eq(&bed->nominated, &relay[0]) ||
	       ua_addr_ip_eq(&bed->nominated, &relay[1]);
}


/* Not listed, low, high; rtpengine */
START_TEST(relay_carries_the_call)
{
	struct plan plan;
	struct bed bed;

	plan_make(&plan);
	plan.listing = (enum ua_simlisting)(_i % UA_SIM_NLISTING);
	if (_i == UA_SIM_NLISTING)
		ua_simlatch_conf_default(&plan.latch, UA_SIM_RTPENGINE);
	bed_make(&bed, &plan);
	run(&bed, 5);
	check_talk(&bed);
	ck_assert(is_relayed(&bed));

	run(&bed, 200);
	check_talk(&bed);
	ck_assert_uint_eq(1, ua_simlatch_stat(bed.latchv[0])->sources);
	ck_assert_uint_eq(0, ua_simlatch_stat(bed.latchv[0])->lapsed);
	ck_assert_uint_eq(0, ua_simphone_stat(bed.phonev[0])->restarts);
	ua_simnet_free(bed.net);
}
END_TEST


/* Each adds its own; or c= leads through both */
START_TEST(relays_in_a_chain_carry_the_call)
{
	struct plan plan;
	struct bed bed;

	plan_make(&plan);
	plan.nproxy = 2;
	plan.listing = _i ? UA_SIM_HIGH : UA_SIM_UNLISTED;
	plan.latch.unroutable = _i == 2;
	bed_make(&bed, &plan);
	run(&bed, 5);
	check_talk(&bed);
	ck_assert(is_relayed(&bed));
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(relay_that_is_not_needed_ends)
{
	struct plan plan;
	struct bed bed;

	plan_make(&plan);
	plan.direct = true;
	bed_make(&bed, &plan);
	run(&bed, 5);
	check_talk(&bed);
	ck_assert(!is_relayed(&bed));
	ck_assert_uint_eq(1, ua_simlatch_sessions(bed.latchv[0]));

	run(&bed, 90);
	check_talk(&bed);
	ck_assert_uint_eq(0, ua_simlatch_sessions(bed.latchv[0]));
	ck_assert_uint_eq(0, ua_simlatch_stat(bed.latchv[0])->cut);
	ua_simnet_free(bed.net);
}
END_TEST


static bool bars_phones(const struct ua_addr *src, const struct ua_addr *dst,
			void *arg)
{
	const struct ua_addr relay = addr_of("192.0.2.30:1");
	const struct ua_addr stun = addr_of("192.0.2.10:1");

	(void)arg;
	return !ua_addr_ip_eq(src, &relay) && !ua_addr_ip_eq(dst, &relay) &&
	       !ua_addr_ip_eq(src, &stun) && !ua_addr_ip_eq(dst, &stun);
}


/* It had ended long before: the restart's offer reserves it anew. */
START_TEST(direct_way_that_ends_late_is_replaced_by_the_relay)
{
	struct plan plan;
	struct bed bed;

	plan_make(&plan);
	plan.direct = true;
	plan.listing = (enum ua_simlisting)_i;
	bed_make(&bed, &plan);
	run(&bed, 120);
	ck_assert_uint_eq(0, ua_simlatch_sessions(bed.latchv[0]));

	ua_simnet_wall(bed.net, bars_phones, NULL);
	run(&bed, 8);
	check_talk(&bed);
	ck_assert(is_relayed(&bed));
	ck_assert_uint_eq(1, ua_simlatch_sessions(bed.latchv[0]));
	ua_simnet_free(bed.net);
}
END_TEST


/* Its latch is dead for ever: only another m= port helps. */
START_TEST(nat_that_forgets_under_a_relay_is_survived)
{
	struct plan plan;
	struct bed bed;

	plan_make(&plan);
	bed_make(&bed, &plan);
	run(&bed, 5);
	ua_simnat_reboot(bed.natv[_i]);
	run(&bed, 8);
	check_talk(&bed);
	ck_assert(is_relayed(&bed));
	ua_simnet_free(bed.net);
}
END_TEST


/* Hold is longer than what the relay, and the kernel, wait for media. */
START_TEST(relay_outlives_a_hold)
{
	struct plan plan;
	struct bed bed;
	uint64_t before;

	plan_make(&plan);
	bed_make(&bed, &plan);
	run(&bed, 5);
	ua_simcall_hold(bed.call, _i, true);
	run(&bed, 1);
	before = heard(&bed, 0);
	run(&bed, 300);
	ck_assert_uint_lt(heard(&bed, 0) - before, 20);
	ck_assert_uint_eq(0, ua_simlatch_stat(bed.latchv[0])->lapsed);

	ua_simcall_hold(bed.call, _i, false);
	run(&bed, 1);
	check_talk(&bed);
	ck_assert_uint_eq(0, ua_simphone_stat(bed.phonev[0])->restarts);
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(relay_that_ended_while_it_rang_is_asked_for_again)
{
	struct plan plan;
	struct bed bed;

	plan_make(&plan);
	plan.ring_us = 100 * UA_SIM_S;
	bed_make(&bed, &plan);
	run(&bed, 99);
	ck_assert_uint_eq(1, ua_simlatch_stat(bed.latchv[0])->lapsed);
	run(&bed, 8);
	check_talk(&bed);
	ck_assert(is_relayed(&bed));
	ua_simnet_free(bed.net);
}
END_TEST


/* No pair is ever valid: media goes by c=, as without ICE. */
START_TEST(relay_without_stun_carries_the_call)
{
	struct plan plan;
	struct bed bed;

	plan_make(&plan);
	plan.latch.rtp_only = true;
	plan.listing = (enum ua_simlisting)_i;
	bed_make(&bed, &plan);
	run(&bed, 4);
	check_talk(&bed);
	ck_assert_int_eq(UA_AF_NONE, bed.nominated.af);

	run(&bed, 120);
	check_talk(&bed);
	ck_assert_uint_eq(0, ua_simphone_stat(bed.phonev[0])->restarts);
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(silent_relay_gets_media_for_a_bounded_time)
{
	uint64_t before;
	struct plan plan;
	struct bed bed;

	plan_make(&plan);
	plan.latch.malice = UA_SIM_SILENT;
	bed_make(&bed, &plan);
	run(&bed, 120);
	before = ua_simphone_stat(bed.phonev[0])->sent;
	ck_assert_uint_ge(before, 10);
	ck_assert_uint_le(before, 41 * 50);
	run(&bed, 120);
	ck_assert_uint_eq(before, ua_simphone_stat(bed.phonev[0])->sent);
	ck_assert_uint_eq(0, bed.faults);
	ua_simnet_free(bed.net);
}
END_TEST


/* Whatever it does, the direct way is found and stays. */
START_TEST(hostile_relay_does_not_cost_the_direct_way)
{
	struct plan plan;
	struct bed bed;

	plan_make(&plan);
	plan.direct = true;
	plan.listing = UA_SIM_HIGH;
	plan.latch.malice = (enum ua_simmalice)_i;
	plan.latch.victim = addr_of("192.0.2.66:5000");
	bed_make(&bed, &plan);
	run(&bed, 5);
	check_talk(&bed);
	ck_assert(!is_relayed(&bed));
	run(&bed, 60);
	check_talk(&bed);
	ck_assert_uint_eq(0, ua_simphone_stat(bed.phonev[0])->restarts);
	ua_simnet_free(bed.net);
}
END_TEST


/* Its answer is rewritten to ports that mean nothing, or not. */
START_TEST(updated_offer_moves_nothing)
{
	struct ua_addr before;
	struct plan plan;
	struct bed bed;

	plan_make(&plan);
	plan.direct = _i;
	bed_make(&bed, &plan);
	run(&bed, 5);
	before = bed.nominated;
	ua_simcall_update(bed.call, false);
	run(&bed, 2);
	check_talk(&bed);
	run(&bed, 100);
	check_talk(&bed);
	ck_assert(ua_addr_eq(&before, &bed.nominated));
	ck_assert_uint_eq(0, ua_simphone_stat(bed.phonev[0])->restarts);
	ua_simnet_free(bed.net);
}
END_TEST


Suite *ua_suite_simproxied(void)
{
	Suite *suite = suite_create("simproxied");
	TCase *tc = tcase_create("simproxied");

	tcase_add_loop_test(tc, relay_carries_the_call, 0,
			    UA_SIM_NLISTING + 1);
	tcase_add_loop_test(tc, relays_in_a_chain_carry_the_call, 0, 3);
	tcase_add_test(tc, relay_that_is_not_needed_ends);
	tcase_add_loop_test(tc,
			    direct_way_that_ends_late_is_replaced_by_the_relay,
			    0, UA_SIM_NLISTING);
	tcase_add_loop_test(tc, nat_that_forgets_under_a_relay_is_survived, 0,
			    2);
	tcase_add_loop_test(tc, relay_outlives_a_hold, 0, 2);
	tcase_add_test(tc, relay_that_ended_while_it_rang_is_asked_for_again);
	tcase_add_loop_test(tc, relay_without_stun_carries_the_call, 0,
			    UA_SIM_NLISTING);
	tcase_add_test(tc, silent_relay_gets_media_for_a_bounded_time);
	tcase_add_loop_test(tc, hostile_relay_does_not_cost_the_direct_way,
			    UA_SIM_SILENT, UA_SIM_NMALICE);
	tcase_add_loop_test(tc, updated_offer_moves_nothing, 0, 2);
	suite_add_tcase(suite, tc);

	return suite;
}
