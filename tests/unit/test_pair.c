/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_pair.c  States and priorities of candidate pairs */

#include <check.h>
#include <errno.h>

#include "ice/pair.h"

Suite *ua_suite_pair(void);


/* Rule 9 for a phone behind a proxy's relay */
START_TEST(pair_priority_is_64_bit)
{
	/* A proxy's relay is above 2^31 - 1, so that 2 * MAX has 33 bits. */
	const uint32_t g = 2197815295;
	const uint32_t d = 2130706431;
	const uint64_t want = ((uint64_t)d << 32) + 2 * (uint64_t)g + 1;

	ck_assert(ua_pair_prio(g, d) == want);
	ck_assert(ua_pair_prio(d, g) == want - 1);
	ck_assert(ua_pair_prio(g, d - 1) < ua_pair_prio(g, d));
	ck_assert(ua_pair_prio(g - 1, d) < ua_pair_prio(g, d));
	ck_assert(ua_pair_prio(g - 1, d) != ua_pair_prio(d, g));
}
END_TEST


/* Rule 9: 2^32 (2^32 - 1) + 2 (2^32 - 1) has 65 bits: the only one */
START_TEST(highest_priorities_do_not_wrap)
{
	const uint32_t max = UINT32_MAX;

	ck_assert(ua_pair_prio(max, max) == UINT64_MAX);
	ck_assert(ua_pair_prio(max, max - 1) == UINT64_MAX);
	ck_assert(ua_pair_prio(max - 1, max) == UINT64_MAX - 1);
	ck_assert(ua_pair_prio(max - 1, max - 1) == UINT64_MAX - 3);
	ck_assert(ua_pair_prio(max, 0) == (uint64_t)max * 2 + 1);
	ck_assert(ua_pair_prio(0, max) == (uint64_t)max * 2);
	ck_assert(ua_pair_prio(0, 0) == 0);
}
END_TEST


START_TEST(answer_to_a_superseded_check_still_counts)
{
	struct ua_pair pair = { .state = UA_PAIR_PROGRESS };

	ck_assert_int_eq(0, ua_pair_step(&pair, UA_PAIR_TRIGGER));
	ck_assert_int_eq(UA_PAIR_WAITING, pair.state);

	ck_assert_int_eq(0, ua_pair_step(&pair, UA_PAIR_SUCCESS));
	ck_assert_int_eq(UA_PAIR_SUCCEEDED, pair.state);
	ck_assert(pair.valid);
}
END_TEST


START_TEST(failed_pair_is_no_path)
{
	struct ua_pair pair = { .state = UA_PAIR_SUCCEEDED,
				.valid = true,
				.nominated = true };

	ck_assert_int_eq(0, ua_pair_step(&pair, UA_PAIR_EXPIRE));
	ck_assert_int_eq(UA_PAIR_FAILED, pair.state);
	ck_assert(!pair.valid);
	ck_assert(!pair.nominated);
}
END_TEST


/* _i walks every (state, event): a refused move must leave no trace. */
START_TEST(refused_move_changes_nothing)
{
	const uint8_t from = (uint8_t)(1 + _i / UA_PAIR_NEVENT);
	const enum ua_pair_event ev =
		(enum ua_pair_event)(_i % UA_PAIR_NEVENT);
	struct ua_pair pair = { .state = from, .nominated = true };

	if (ua_pair_step(&pair, ev) == EPROTO) {
		ck_assert_int_eq(from, pair.state);
		ck_assert(pair.nominated);
	}
	else {
		ck_assert_int_ne(UA_PAIR_NONE, pair.state);
	}
}
END_TEST


START_TEST(every_name_is_there)
{
	int i;

	for (i = 0; i < UA_PAIR_NSTATE; i++)
		ck_assert_ptr_nonnull(
			ua_pair_state_name((enum ua_pair_state)i));
	for (i = 0; i < UA_PAIR_NEVENT; i++)
		ck_assert_ptr_nonnull(
			ua_pair_event_name((enum ua_pair_event)i));
	for (i = 0; i < UA_PAIR_NREASON; i++)
		ck_assert_ptr_nonnull(
			ua_pair_reason_name((enum ua_pair_reason)i));
}
END_TEST


Suite *ua_suite_pair(void)
{
	Suite *s = suite_create("pair");
	TCase *tc = tcase_create("pair");

	tcase_add_test(tc, pair_priority_is_64_bit);
	tcase_add_test(tc, highest_priorities_do_not_wrap);
	tcase_add_test(tc, answer_to_a_superseded_check_still_counts);
	tcase_add_test(tc, failed_pair_is_no_path);
	tcase_add_loop_test(tc, refused_move_changes_nothing, 0,
			    (UA_PAIR_NSTATE - 1) * UA_PAIR_NEVENT);
	tcase_add_test(tc, every_name_is_there);
	suite_add_tcase(s, tc);

	return s;
}
