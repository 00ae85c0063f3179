/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_simcall.c  Whole phones call each other in the simulated net */

#include <check.h>
#include <string.h>

#include <ua/sim.h>

Suite *ua_suite_simcall(void);

/** Two phones, each at home behind a NAT, and their servers */
struct bed {
	struct ua_simnet *net;
	struct ua_simturn *turn;
	struct ua_simnat *natv[2];
	struct ua_simif *ifv[2];
	struct ua_simphone *phonev[2];
	struct ua_simcall *call;
	unsigned faults;
	unsigned relays; /* In what was nominated last                    */
	unsigned nominated;
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

	if (ev->type != UA_ICE_EVENT_NOMINATED)
		return;

	bed->relays = ev->relays;
	bed->nominated++;
}


static void turn_make(struct bed *bed)
{
	const struct ua_addr addr = addr_of("192.0.2.20");
	struct ua_simturn_conf conf;
	struct ua_simlink link;
	struct ua_simhost *host;
	struct ua_simif *ifc;

	ua_simlink_default(&link, 5000);
	ua_simturn_conf_default(&conf);
	ck_assert_int_eq(0, ua_simhost_alloc(&host, bed->net, "turn"));
	ck_assert_int_eq(0, ua_simif_alloc(&ifc, host, "eth0",
					   ua_simnet_core(bed->net), &link));
	ck_assert_int_eq(0, ua_simif_addr(ifc, &addr));
	ck_assert_int_eq(0, ua_simturn_alloc(&bed->turn, host, &addr, &addr,
					     NULL, &conf));
}


static void phone_make(struct bed *bed, unsigned i, enum ua_simdep mapping)
{
	static const char *const outside[] = { "198.51.100.1",
					       "198.51.100.2" };
	static const char *const inside[] = { "192.168.0.2", "192.168.1.2" };
	const struct ua_simphone_handlers handlers = {
		.ice = on_ice,
		.fault = on_fault,
		.arg = bed,
	};
	struct ua_addr addr = addr_of(outside[i]);
	struct ua_simphone_conf conf;
	struct ua_simnat_conf nat;
	struct ua_simlink link;
	struct ua_simhost *host;

	ua_simlink_default(&link, 10000);
	ua_simnat_conf_default(&nat);
	nat.mapping = mapping;
	nat.filter = UA_SIM_APD;
	ck_assert_int_eq(0, ua_simnat_alloc(&bed->natv[i], bed->net, "nat",
					    ua_simnet_core(bed->net), &nat,
					    &link));
	ck_assert_int_eq(0, ua_simnat_addr(bed->natv[i], &addr));

	addr = addr_of(inside[i]);
	ck_assert_int_eq(0, ua_simhost_alloc(&host, bed->net, "phone"));
	ck_assert_int_eq(0,
			 ua_simif_alloc(&bed->ifv[i], host, "eth0",
					ua_simnat_lan(bed->natv[i]), &link));
	ck_assert_int_eq(0, ua_simif_addr(bed->ifv[i], &addr));

	ua_simphone_conf_default(&conf);
	conf.name = i ? "bob" : "alice";
	conf.controlling = !i;
	conf.nserver = 1;
	conf.serverv[0].addr = addr_of("192.0.2.20:3478");
	conf.serverv[0].turn = true;
	conf.serverv[0].user = "u";
	conf.serverv[0].password = "p";
	ck_assert_int_eq(
		0, ua_simphone_alloc(&bed->phonev[i], host, &conf, &handlers));
}


static void bed_make(struct bed *bed, uint64_t seed, enum ua_simdep mapping)
{
	struct ua_simcall_conf conf;
	unsigned i;

	memset(bed, 0, sizeof(*bed));
	ck_assert_int_eq(0, ua_simnet_alloc(&bed->net, seed));
	turn_make(bed);
	for (i = 0; i < 2; i++)
		phone_make(bed, i, mapping);

	ua_simcall_conf_default(&conf);
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
}


START_TEST(phones_talk_direct_or_by_relay)
{
	struct bed bed;

	bed_make(&bed, 1, _i ? UA_SIM_APD : UA_SIM_EI);
	run(&bed, 5);
	ck_assert_uint_ne(UA_NEVER, ua_simcall_answered(bed.call));
	check_talk(&bed);
	ck_assert_uint_eq(2, bed.nominated);
	ck_assert_int_eq(_i, bed.relays != 0);
	ck_assert_uint_eq(0, bed.faults);
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(phones_rest_and_release_after_the_call)
{
	struct bed bed;

	bed_make(&bed, 2, UA_SIM_APD);
	run(&bed, 5);
	ck_assert_uint_eq(2, ua_simturn_allocations(bed.turn));
	ck_assert(!ua_simphone_rests(bed.phonev[0]));

	ua_simcall_end(bed.call);
	run(&bed, 6);
	ck_assert_uint_eq(0, ua_simturn_allocations(bed.turn));
	ck_assert(ua_simphone_rests(bed.phonev[0]));
	ck_assert(ua_simphone_rests(bed.phonev[1]));
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(restarts_that_collide_both_happen)
{
	struct bed bed;

	bed_make(&bed, 3, UA_SIM_EI);
	run(&bed, 5);
	ua_simcall_restart(bed.call, false);
	ua_simcall_restart(bed.call, true);
	run(&bed, 8);
	ck_assert_uint_ne(UA_NEVER, ua_simcall_settled(bed.call));
	ck_assert_uint_ge(bed.nominated, 4);
	check_talk(&bed);
	ck_assert_uint_eq(0, bed.faults);
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(call_survives_its_nat)
{
	const struct ua_addr other = addr_of("198.51.100.9");
	struct bed bed;

	bed_make(&bed, 4, UA_SIM_EI);
	run(&bed, 5);
	if (_i)
		ck_assert_int_eq(0, ua_simnat_renumber(bed.natv[0], &other));
	else
		ua_simnat_reboot(bed.natv[1]);
	run(&bed, 10);
	check_talk(&bed);
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(call_survives_a_new_address)
{
	const struct ua_addr old = addr_of("192.168.0.2");
	const struct ua_addr other = addr_of("192.168.0.3");
	struct bed bed;

	bed_make(&bed, 5, UA_SIM_EI);
	run(&bed, 5);
	ck_assert_int_eq(0, ua_simif_addr(bed.ifv[0], &other));
	ua_simif_addr_del(bed.ifv[0], &old);
	ua_simphone_network(bed.phonev[0]);
	run(&bed, 5);
	check_talk(&bed);
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(same_seed_is_the_same_call)
{
	struct ua_simnet_stat stat[2];
	struct bed bed;
	unsigned i;

	for (i = 0; i < 2; i++) {
		bed_make(&bed, 6, UA_SIM_EI);
		run(&bed, 10);
		ua_simnet_stat(bed.net, &stat[i]);
		ua_simnet_free(bed.net);
	}

	ck_assert_uint_eq(stat[0].hash, stat[1].hash);
	ck_assert_uint_eq(stat[0].packets, stat[1].packets);
}
END_TEST


Suite *ua_suite_simcall(void)
{
	Suite *suite = suite_create("simcall");
	TCase *tc = tcase_create("simcall");

	tcase_add_loop_test(tc, phones_talk_direct_or_by_relay, 0, 2);
	tcase_add_test(tc, phones_rest_and_release_after_the_call);
	tcase_add_test(tc, restarts_that_collide_both_happen);
	tcase_add_loop_test(tc, call_survives_its_nat, 0, 2);
	tcase_add_test(tc, call_survives_a_new_address);
	tcase_add_test(tc, same_seed_is_the_same_call);
	suite_add_tcase(suite, tc);

	return suite;
}
