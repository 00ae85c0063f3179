/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_simport.c  The simulated relay of a proxy learns its sides */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "simlatchbed.h"

Suite *ua_suite_simport(void);


static void rtpengine_make(struct simlatchbed *bed)
{
	struct ua_simlatch_conf conf;

	ua_simlatch_conf_default(&conf, UA_SIM_RTPENGINE);
	simlatchbed_conf(bed, &conf);
	simlatchbed_offer(bed, BED_CALLER, "203.0.113.1:4000");
	simlatchbed_answer(bed, BED_CALLEE, "203.0.113.2:4000");
}


START_TEST(first_packet_latches_a_side)
{
	struct simlatchbed bed;

	simlatchbed_make(&bed);
	simlatchbed_talk(&bed);
	ck_assert_uint_eq(1, bed.heardv[BED_CALLER].n);
	ck_assert_uint_eq(0, bed.heardv[BED_CALLEE].n);

	ck_assert(simlatchbed_passes(&bed, BED_CALLER, 0));
	ck_assert_uint_eq(1, ua_simlatch_stat(bed.latch)->sources);
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(another_source_is_dropped)
{
	struct simlatchbed bed;

	simlatchbed_make(&bed);
	simlatchbed_talk(&bed);
	ck_assert(!simlatchbed_passes(&bed, BED_STRANGER, 0));
	ck_assert_uint_eq(2, ua_simlatch_stat(bed.latch)->sources);
	ck_assert_uint_eq(0, bed.heardv[BED_STRANGER].refused);
	ua_simnet_free(bed.net);
}
END_TEST


/* Not when the side appears, but with the next packet of the other one */
START_TEST(stun_waits_for_the_next_packet)
{
	struct simlatchbed bed;

	simlatchbed_make(&bed);
	simlatchbed_check(&bed, BED_CALLER, 0);
	simlatchbed_check(&bed, BED_CALLER, 0);
	simlatchbed_check(&bed, BED_CALLEE, 1);
	ck_assert_uint_eq(0, bed.heardv[BED_CALLEE].n);
	ck_assert_uint_eq(1, bed.heardv[BED_CALLER].n);

	simlatchbed_check(&bed, BED_CALLER, 0);
	ck_assert_uint_eq(3, bed.heardv[BED_CALLEE].n);
	ck_assert_uint_eq(3, bed.heardv[BED_CALLEE].stun);
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(media_that_frees_the_queue_is_lost_and_a_check_doubled)
{
	struct simlatchbed bed;

	simlatchbed_make(&bed);
	simlatchbed_check(&bed, BED_CALLER, 0);
	simlatchbed_check(&bed, BED_CALLER, 0);
	simlatchbed_media(&bed, BED_CALLEE, 1);
	simlatchbed_media(&bed, BED_CALLER, 0);
	ck_assert_uint_eq(3, bed.heardv[BED_CALLEE].n);
	ck_assert_uint_eq(3, bed.heardv[BED_CALLEE].stun);

	ck_assert(simlatchbed_passes(&bed, BED_CALLER, 0));
	ck_assert_uint_eq(3, bed.heardv[BED_CALLEE].stun);
	ua_simnet_free(bed.net);
}
END_TEST


/* RTP's port, and never that of RTCP */
START_TEST(public_address_is_sent_to_at_once)
{
	struct ua_simlatch_conf conf;
	struct simlatchbed bed;

	ua_simlatch_conf_default(&conf, UA_SIM_MEDIAPROXY);
	simlatchbed_conf(&bed, &conf);
	simlatchbed_offer(&bed, BED_CALLER, "203.0.113.1:4000");
	simlatchbed_answer(&bed, BED_CALLEE, "203.0.113.2:4000");
	bed.rtcp = _i;
	ck_assert_int_eq(!_i, simlatchbed_passes(&bed, BED_CALLEE, 1));
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(each_component_has_a_latch_of_its_own)
{
	struct simlatchbed bed;

	simlatchbed_make(&bed);
	simlatchbed_talk(&bed);
	ck_assert(simlatchbed_passes(&bed, BED_CALLER, 0));

	bed.rtcp = true;
	ck_assert(!simlatchbed_passes(&bed, BED_CALLER, 0));
	ck_assert(simlatchbed_passes(&bed, BED_CALLEE, 1));
	ck_assert(simlatchbed_passes(&bed, BED_CALLER, 0));
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(rtp_only_relay_drops_checks)
{
	struct ua_simlatch_conf conf;
	struct simlatchbed bed;

	ua_simlatch_conf_default(&conf, UA_SIM_MEDIAPROXY);
	conf.rtp_only = true;
	simlatchbed_conf(&bed, &conf);
	simlatchbed_offer(&bed, BED_CALLER, simlatchbed_private[0]);
	simlatchbed_answer(&bed, BED_CALLEE, simlatchbed_private[1]);
	simlatchbed_check(&bed, BED_CALLEE, 1);
	simlatchbed_check(&bed, BED_CALLER, 0);
	ck_assert_uint_eq(0, bed.heardv[BED_CALLEE].n);
	simlatchbed_media(&bed, BED_CALLEE, 1);
	ck_assert(simlatchbed_passes(&bed, BED_CALLER, 0));
	ua_simnet_free(bed.net);
}
END_TEST


/* Strangers' packets are passed on; whom it sends to is open for 3 s. */
START_TEST(rtpengine_learns_for_three_seconds)
{
	struct simlatchbed bed;

	rtpengine_make(&bed);
	ck_assert(simlatchbed_passes(&bed, BED_CALLER, 0));
	ck_assert(simlatchbed_passes(&bed, BED_CALLEE, 1));
	ck_assert(simlatchbed_passes(&bed, BED_STRANGER, 0));
	bed.heardv[BED_STRANGER].n = 0;
	simlatchbed_media(&bed, BED_CALLEE, 1);
	ck_assert_uint_eq(1, bed.heardv[BED_STRANGER].n);

	simlatchbed_media(&bed, BED_CALLER, 0);
	simlatchbed_run_s(&bed, 4);
	ck_assert(simlatchbed_passes(&bed, BED_STRANGER, 0));
	ck_assert(simlatchbed_passes(&bed, BED_CALLEE, 1));
	ua_simnet_free(bed.net);
}
END_TEST


Suite *ua_suite_simport(void)
{
	Suite *suite = suite_create("simport");
	TCase *tc = tcase_create("simport");

	tcase_add_test(tc, first_packet_latches_a_side);
	tcase_add_test(tc, another_source_is_dropped);
	tcase_add_test(tc, stun_waits_for_the_next_packet);
	tcase_add_test(tc,
		       media_that_frees_the_queue_is_lost_and_a_check_doubled);
	tcase_add_loop_test(tc, public_address_is_sent_to_at_once, 0, 2);
	tcase_add_test(tc, each_component_has_a_latch_of_its_own);
	tcase_add_test(tc, rtp_only_relay_drops_checks);
	tcase_add_test(tc, rtpengine_learns_for_three_seconds);
	suite_add_tcase(suite, tc);

	return suite;
}
