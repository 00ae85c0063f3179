/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_simhostile.c  A simulated relay that means no good */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "simlatchbed.h"

Suite *ua_suite_simhostile(void);


static void hostile_make(struct simlatchbed *bed, enum ua_simmalice malice)
{
	struct ua_simlatch_conf conf;

	ua_simlatch_conf_default(&conf, UA_SIM_MEDIAPROXY);
	conf.malice = malice;
	ck_assert_int_eq(0, ua_addr_decode(&conf.victim, "203.0.113.3:4000"));
	simlatchbed_conf(bed, &conf);
	simlatchbed_offer(bed, BED_CALLER, simlatchbed_private[0]);
	simlatchbed_answer(bed, BED_CALLEE, simlatchbed_private[1]);
	simlatchbed_check(bed, BED_CALLER, 0);
	simlatchbed_check(bed, BED_CALLEE, 1);
}


START_TEST(silent_relay_answers_to_nobody)
{
	struct simlatchbed bed;

	hostile_make(&bed, UA_SIM_SILENT);
	simlatchbed_talk(&bed);
	ck_assert(!simlatchbed_passes(&bed, BED_CALLER, 0));
	ck_assert_uint_eq(0, bed.heardv[BED_CALLER].n);
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(redirecting_relay_sends_to_a_victim_and_back)
{
	struct simlatchbed bed;
	unsigned i;

	hostile_make(&bed, UA_SIM_REDIRECT);
	memset(bed.heardv, 0, sizeof(bed.heardv));
	for (i = 0; i < 30; i++)
		simlatchbed_media(&bed, BED_CALLER, 0);
	ck_assert_uint_ge(bed.heardv[BED_STRANGER].n, 3);
	ck_assert_uint_ge(bed.heardv[BED_CALLER].n, 3);
	ck_assert_uint_eq(30, bed.heardv[BED_STRANGER].n +
				      bed.heardv[BED_CALLER].n +
				      bed.heardv[BED_CALLEE].n);
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(replaying_relay_sends_more_than_it_gets)
{
	struct simlatchbed bed;
	unsigned i;

	hostile_make(&bed, UA_SIM_REPLAY);
	memset(bed.heardv, 0, sizeof(bed.heardv));
	for (i = 0; i < 50; i++)
		simlatchbed_talk(&bed);
	ck_assert_uint_gt(bed.heardv[BED_CALLER].n + bed.heardv[BED_CALLEE].n,
			  105);
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(flood_has_a_bound)
{
	struct simlatchbed bed;
	unsigned i;

	hostile_make(&bed, UA_SIM_FLOOD);
	for (i = 0; i < 200; i++)
		simlatchbed_media(&bed, BED_CALLER, 0);
	ck_assert_uint_ge(bed.heardv[BED_CALLER].n, 300);
	ck_assert_uint_le(bed.heardv[BED_CALLER].n, 402);
	ck_assert_uint_ge(bed.heardv[BED_CALLER].stun, 100);
	ua_simnet_free(bed.net);
}
END_TEST


Suite *ua_suite_simhostile(void)
{
	Suite *suite = suite_create("simhostile");
	TCase *tc = tcase_create("simhostile");

	tcase_add_test(tc, silent_relay_answers_to_nobody);
	tcase_add_test(tc, redirecting_relay_sends_to_a_victim_and_back);
	tcase_add_test(tc, replaying_relay_sends_more_than_it_gets);
	tcase_add_test(tc, flood_has_a_bound);
	suite_add_tcase(suite, tc);

	return suite;
}
