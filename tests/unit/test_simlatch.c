/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_simlatch.c  The simulated relay of a proxy, and descriptions */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "simlatchbed.h"

Suite *ua_suite_simlatch(void);


static void rtpengine_make(struct simlatchbed *bed)
{
	struct ua_simlatch_conf conf;

	ua_simlatch_conf_default(&conf, UA_SIM_RTPENGINE);
	simlatchbed_conf(bed, &conf);
	simlatchbed_offer(bed, BED_CALLER, "203.0.113.1:4000");
	simlatchbed_answer(bed, BED_CALLEE, "203.0.113.2:4000");
}


START_TEST(changed_answer_locks_the_old_source_out)
{
	struct ua_addr relay;
	struct simlatchbed bed;

	simlatchbed_make(&bed);
	simlatchbed_talk(&bed);
	relay = bed.relayv[0][0];
	simlatchbed_answer(&bed, BED_CALLEE, "10.0.0.9:9");
	ck_assert(ua_addr_eq(&relay, &bed.relayv[0][0]));

	/* What comes for it still goes where it was. */
	ck_assert(simlatchbed_passes(&bed, BED_CALLER, 0));
	ck_assert(!simlatchbed_passes(&bed, BED_CALLEE, 1));
	ck_assert(simlatchbed_passes(&bed, BED_STRANGER, 1));
	bed.heardv[BED_STRANGER].n = 0;
	simlatchbed_media(&bed, BED_CALLER, 0);
	ck_assert_uint_eq(1, bed.heardv[BED_STRANGER].n);
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(same_offer_keeps_ports_and_latches)
{
	struct ua_addr relay;
	struct simlatchbed bed;

	simlatchbed_make(&bed);
	simlatchbed_talk(&bed);
	relay = bed.relayv[1][0];
	simlatchbed_offer(&bed, BED_CALLER, simlatchbed_private[0]);
	ck_assert(ua_addr_eq(&relay, &bed.relayv[1][0]));
	ck_assert(!simlatchbed_passes(&bed, BED_STRANGER, 0));
	ck_assert(simlatchbed_passes(&bed, BED_CALLER, 0));
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(old_ports_live_until_the_answer_to_a_changed_offer)
{
	struct ua_addr old[2];
	struct simlatchbed bed;

	simlatchbed_make(&bed);
	simlatchbed_talk(&bed);
	old[0] = bed.relayv[0][0];
	old[1] = bed.relayv[1][0];
	simlatchbed_offer(&bed, BED_CALLER, "10.0.0.1:9");
	ck_assert(!ua_addr_eq(&old[1], &bed.relayv[1][0]));
	ck_assert(simlatchbed_passes(&bed, BED_CALLER, 0));

	simlatchbed_answer(&bed, BED_CALLEE, simlatchbed_private[1]);
	ck_assert(!ua_addr_eq(&old[0], &bed.relayv[0][0]));
	simlatchbed_media_to(&bed, BED_CALLER, &old[0]);
	ck_assert_uint_eq(1, bed.heardv[BED_CALLER].refused);

	/* Nobody is known at the new ones. */
	ck_assert(!simlatchbed_passes(&bed, BED_STRANGER, 0));
	ck_assert(!simlatchbed_passes(&bed, BED_CALLER, 0));
	ck_assert_uint_eq(1, ua_simlatch_sessions(bed.latch));
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(refused_offer_leaves_the_old_ports_to_the_next_one)
{
	struct ua_addr refused;
	struct simlatchbed bed;

	simlatchbed_make(&bed);
	simlatchbed_talk(&bed);
	simlatchbed_offer(&bed, BED_CALLER, "10.0.0.1:9");
	refused = bed.relayv[1][0];
	ck_assert(simlatchbed_passes(&bed, BED_CALLER, 0));

	/* With the old address it is a changed one again. */
	simlatchbed_offer(&bed, BED_CALLER, simlatchbed_private[0]);
	ck_assert(!ua_addr_eq(&refused, &bed.relayv[1][0]));
	simlatchbed_media_to(&bed, BED_CALLEE, &refused);
	ck_assert_uint_eq(1, bed.heardv[BED_CALLEE].refused);
	ck_assert(simlatchbed_passes(&bed, BED_CALLER, 0));
	ua_simnet_free(bed.net);
}
END_TEST


/* The answer's port is new and leads nowhere; the same addresses again
   heal it. */
START_TEST(ringing_too_long_ends_the_session)
{
	struct ua_simlatch_conf conf;
	struct simlatchbed bed;

	ua_simlatch_conf_default(&conf, UA_SIM_MEDIAPROXY);
	simlatchbed_conf(&bed, &conf);
	simlatchbed_offer(&bed, BED_CALLER, simlatchbed_private[0]);
	simlatchbed_run_s(&bed, 91);
	simlatchbed_answer(&bed, BED_CALLEE, simlatchbed_private[1]);
	simlatchbed_media(&bed, BED_CALLEE, 1);
	ck_assert_uint_eq(1, bed.heardv[BED_CALLEE].refused);
	ck_assert(!simlatchbed_passes(&bed, BED_CALLER, 0));
	ck_assert_uint_eq(0, bed.heardv[BED_CALLER].refused);

	simlatchbed_offer(&bed, BED_CALLER, simlatchbed_private[0]);
	simlatchbed_answer(&bed, BED_CALLEE, simlatchbed_private[1]);
	ck_assert(simlatchbed_passes(&bed, BED_CALLEE, 1));
	ck_assert(simlatchbed_passes(&bed, BED_CALLER, 0));
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(end_of_the_call_closes_the_ports)
{
	struct simlatchbed bed;

	simlatchbed_make(&bed);
	simlatchbed_talk(&bed);
	ua_simlatch_remove(bed.latch, BED_CALL);
	simlatchbed_talk(&bed);
	ck_assert_uint_eq(1, bed.heardv[BED_CALLER].refused);
	ck_assert_uint_eq(1, bed.heardv[BED_CALLEE].refused);
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(dead_relay_is_silent)
{
	const struct ua_simask ask = { .call = BED_CALL + 1 };
	struct ua_addr relayv[2];
	struct simlatchbed bed;

	simlatchbed_make(&bed);
	simlatchbed_talk(&bed);
	ua_simlatch_dead(bed.latch);
	ck_assert(!simlatchbed_passes(&bed, BED_CALLER, 0));
	ck_assert_uint_eq(0, bed.heardv[BED_CALLER].refused);
	ck_assert_int_eq(ECONNREFUSED,
			 ua_simlatch_update(bed.latch, &ask, relayv));
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(rtpengine_keeps_its_ports)
{
	struct ua_addr relay;
	struct simlatchbed bed;

	rtpengine_make(&bed);
	simlatchbed_talk(&bed);
	simlatchbed_run_s(&bed, 4);
	relay = bed.relayv[0][0];
	simlatchbed_offer(&bed, BED_CALLEE, "203.0.113.3:4000");
	ck_assert(ua_addr_eq(&relay, &bed.relayv[0][0]));
	simlatchbed_media(&bed, BED_CALLER, 0);
	ck_assert_uint_eq(1, bed.heardv[BED_STRANGER].n);
	ua_simnet_free(bed.net);
}
END_TEST


Suite *ua_suite_simlatch(void)
{
	Suite *suite = suite_create("simlatch");
	TCase *tc = tcase_create("simlatch");

	tcase_add_test(tc, changed_answer_locks_the_old_source_out);
	tcase_add_test(tc, same_offer_keeps_ports_and_latches);
	tcase_add_test(tc, old_ports_live_until_the_answer_to_a_changed_offer);
	tcase_add_test(tc, refused_offer_leaves_the_old_ports_to_the_next_one);
	tcase_add_test(tc, ringing_too_long_ends_the_session);
	tcase_add_test(tc, end_of_the_call_closes_the_ports);
	tcase_add_test(tc, dead_relay_is_silent);
	tcase_add_test(tc, rtpengine_keeps_its_ports);
	suite_add_tcase(suite, tc);

	return suite;
}
