/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_simstream.c  The simulated relay of a proxy ends by time */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "simlatchbed.h"

Suite *ua_suite_simstream(void);


static void rtpengine_make(struct simlatchbed *bed)
{
	struct ua_simlatch_conf conf;

	ua_simlatch_conf_default(&conf, UA_SIM_RTPENGINE);
	simlatchbed_conf(bed, &conf);
	simlatchbed_offer(bed, BED_CALLER, "203.0.113.1:4000");
	simlatchbed_answer(bed, BED_CALLEE, "203.0.113.2:4000");
}


/* STUN does not count, and the other one's media does not help. */
START_TEST(side_without_media_ends_the_session)
{
	struct simlatchbed bed;

	simlatchbed_make(&bed);
	simlatchbed_check(&bed, BED_CALLER, 0);
	simlatchbed_run_s(&bed, 88);
	ck_assert(simlatchbed_passes(&bed, BED_CALLEE, 1));
	simlatchbed_check(&bed, BED_CALLER, 0);
	simlatchbed_check(&bed, BED_CALLEE, 1);
	simlatchbed_run_s(&bed, 2);
	ck_assert(!simlatchbed_passes(&bed, BED_CALLEE, 1));
	ck_assert_uint_eq(1, bed.heardv[BED_CALLEE].refused);
	ck_assert_uint_eq(1, ua_simlatch_stat(bed.latch)->lapsed);
	ck_assert_uint_eq(1, ua_simlatch_stat(bed.latch)->cut);
	ck_assert_uint_eq(0, ua_simlatch_sessions(bed.latch));
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(hold_lasts_for_two_hours)
{
	struct simlatchbed bed;

	simlatchbed_make(&bed);
	simlatchbed_pass(&bed, BED_CALLER, false, simlatchbed_private[0],
			 true);
	simlatchbed_pass(&bed, BED_CALLEE, true, simlatchbed_private[1], true);
	simlatchbed_run_s(&bed, 7100);
	ck_assert_uint_eq(1, ua_simlatch_sessions(bed.latch));

	if (_i) {
		/* Resumed: who was not heard has 90 s again. */
		simlatchbed_offer(&bed, BED_CALLER, simlatchbed_private[0]);
		simlatchbed_answer(&bed, BED_CALLEE, simlatchbed_private[1]);
		simlatchbed_run_s(&bed, 89);
		ck_assert_uint_eq(1, ua_simlatch_sessions(bed.latch));
		simlatchbed_run_s(&bed, 2);
	}
	else {
		simlatchbed_run_s(&bed, 101);
	}

	ck_assert_uint_eq(0, ua_simlatch_sessions(bed.latch));
	ua_simnet_free(bed.net);
}
END_TEST


/* 60 s, 30 s after a packet of one side, 120 s after one of each; on hold,
   too */
START_TEST(kernel_s_rule_ends_the_session)
{
	static const unsigned lives[] = { 60, 30, 120 };
	struct simlatchbed bed;

	simlatchbed_make(&bed);
	simlatchbed_pass(&bed, BED_CALLER, false, simlatchbed_private[0],
			 _i & 1);
	simlatchbed_pass(&bed, BED_CALLEE, true, simlatchbed_private[1],
			 _i & 1);
	simlatchbed_talk(&bed);
	if (_i / 2 > 0)
		simlatchbed_check(&bed, BED_CALLER, 0);
	if (_i / 2 > 1)
		simlatchbed_check(&bed, BED_CALLEE, 1);
	simlatchbed_run_s(&bed, lives[_i / 2] - 1);
	ck_assert_uint_eq(1, ua_simlatch_sessions(bed.latch));
	simlatchbed_run_s(&bed, 2);
	ck_assert_uint_eq(0, ua_simlatch_sessions(bed.latch));
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(silent_rtcp_is_forgotten_once)
{
	struct simlatchbed bed;
	unsigned i;

	simlatchbed_make(&bed);
	simlatchbed_talk(&bed);
	bed.rtcp = true;
	simlatchbed_check(&bed, BED_CALLER, 0);
	simlatchbed_check(&bed, BED_CALLEE, 1);
	ck_assert(!simlatchbed_passes(&bed, BED_STRANGER, 0));

	for (i = 0; i < 5; i++) {
		bed.rtcp = false;
		simlatchbed_talk(&bed);
		simlatchbed_run_s(&bed, 20);
	}

	/* The next one who comes is taken, and stays. */
	bed.rtcp = true;
	simlatchbed_check(&bed, BED_STRANGER, 0);
	simlatchbed_check(&bed, BED_CALLEE, 1);
	ck_assert(!simlatchbed_passes(&bed, BED_CALLER, 0));
	simlatchbed_media(&bed, BED_STRANGER, 0);
	ck_assert(simlatchbed_passes(&bed, BED_STRANGER, 0));
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(rtpengine_ends_without_packets)
{
	struct simlatchbed bed;

	rtpengine_make(&bed);
	simlatchbed_run_s(&bed, 50);
	simlatchbed_check(&bed, BED_CALLER, 0);
	simlatchbed_run_s(&bed, 59);
	ck_assert_uint_eq(1, ua_simlatch_sessions(bed.latch));
	simlatchbed_run_s(&bed, 2);
	ck_assert_uint_eq(0, ua_simlatch_sessions(bed.latch));
	ua_simnet_free(bed.net);
}
END_TEST


Suite *ua_suite_simstream(void)
{
	Suite *suite = suite_create("simstream");
	TCase *tc = tcase_create("simstream");

	tcase_add_test(tc, side_without_media_ends_the_session);
	tcase_add_loop_test(tc, hold_lasts_for_two_hours, 0, 2);
	tcase_add_loop_test(tc, kernel_s_rule_ends_the_session, 0, 6);
	tcase_add_test(tc, silent_rtcp_is_forgotten_once);
	tcase_add_test(tc, rtpengine_ends_without_packets);
	suite_add_tcase(suite, tc);

	return suite;
}
