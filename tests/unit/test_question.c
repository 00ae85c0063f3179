/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_question.c  A question goes from server to server */

#include <check.h>
#include <errno.h>

#include "net/question.h"

Suite *ua_suite_question(void);

enum { NEXT = UA_QUESTION_NEXT_MS, END = 3000 };

static struct ua_question q;
static uint32_t next_id;


static void ask(size_t n)
{
	struct ua_addr addrv[UA_NSLIST_MAX];
	size_t i;

	for (i = 0; i < n; i++) {
		ck_assert_int_eq(0, ua_addr_set(&addrv[i], "192.0.2.0", 53));
		addrv[i].ip[3] = (uint8_t)(i + 1);
	}

	next_id = 1;
	ua_question_init(&q, 0, "a.example", UA_RR_A, addrv, n, END);
}


/* The next one goes to this server; returns its number */
static uint32_t sent(uint8_t server, bool tcp)
{
	const struct ua_question_try *try = ua_question_output(&q, &next_id);

	ck_assert_ptr_nonnull(try);
	ck_assert_uint_eq(server, try->server.ip[3]);
	ck_assert_int_eq(tcp, try->tcp);
	ck_assert_ptr_eq(try, ua_question_find(&q, try->id));

	return try->id;
}


static void nothing_sent(void)
{
	ck_assert_ptr_null(ua_question_output(&q, &next_id));
}


START_TEST(silent_servers_are_followed_by_the_next)
{
	ask(3);
	(void)sent(1, false);
	nothing_sent();

	ck_assert_uint_eq(NEXT, ua_question_deadline(&q));
	ck_assert(ua_question_tick(&q, NEXT - 1));
	nothing_sent();
	ck_assert(ua_question_tick(&q, NEXT));
	(void)sent(2, false);
	ck_assert(ua_question_tick(&q, 2 * NEXT));
	(void)sent(3, false);

	ck_assert_uint_eq(END, ua_question_deadline(&q));
	ck_assert(ua_question_tick(&q, END - 1));
	nothing_sent();
	ck_assert(!ua_question_tick(&q, END));
}
END_TEST


START_TEST(whoever_answers_first_is_believed)
{
	uint32_t first;

	ask(2);
	first = sent(1, false);
	ck_assert(ua_question_tick(&q, NEXT));
	ck_assert_int_eq(0, ua_question_answer(&q, NEXT + 1, sent(2, false),
					       _i ? ENOENT : 0));
	ck_assert_ptr_nonnull(ua_question_find(&q, first));
}
END_TEST


START_TEST(one_that_does_not_help_is_followed_at_once)
{
	uint32_t id;

	ask(3);
	id = sent(1, false);
	ck_assert_int_eq(EINPROGRESS, ua_question_answer(&q, 5, id, EPROTO));
	ck_assert_ptr_null(ua_question_find(&q, id));
	id = sent(2, false);

	/* The third has its time from now on. */
	ck_assert_uint_eq(5 + NEXT, ua_question_deadline(&q));
	ck_assert_int_eq(EINPROGRESS, ua_question_answer(&q, 6, id, ENONET));
	id = sent(3, false);
	ck_assert_uint_eq(END, ua_question_deadline(&q));

	/* That a server refused says more than that one was not reached. */
	ck_assert_int_eq(EPROTO, ua_question_answer(&q, 7, id, ENONET));
	nothing_sent();
}
END_TEST


START_TEST(last_refusal_waits_for_those_who_are_silent)
{
	uint32_t first;

	ask(2);
	first = sent(1, false);
	ck_assert(ua_question_tick(&q, NEXT));
	ck_assert_int_eq(
		EINPROGRESS,
		ua_question_answer(&q, NEXT + 1, sent(2, false), EPROTO));
	ck_assert_int_eq(0, ua_question_answer(&q, NEXT + 2, first, 0));
}
END_TEST


START_TEST(answer_that_was_cut_off_is_fetched_by_tcp)
{
	uint32_t id;

	ask(2);
	id = sent(1, false);
	ua_question_cut(&q, id);
	ck_assert_int_eq(EINPROGRESS, ua_question_answer(&q, 1, id, 0));

	id = sent(1, true);
	ua_question_cut(&q, 12345);
	nothing_sent();
	ck_assert_int_eq(EINPROGRESS, ua_question_answer(&q, 2, id, ENONET));
	(void)sent(2, false);
}
END_TEST


START_TEST(numbers_are_never_zero)
{
	ask(2);
	next_id = UINT32_MAX;
	ck_assert_uint_eq(UINT32_MAX, sent(1, false));
	ck_assert_uint_eq(1, next_id);
	ck_assert_ptr_null(ua_question_find(&q, 0));
}
END_TEST


Suite *ua_suite_question(void)
{
	Suite *s = suite_create("question");
	TCase *tc = tcase_create("question");

	tcase_add_test(tc, silent_servers_are_followed_by_the_next);
	tcase_add_loop_test(tc, whoever_answers_first_is_believed, 0, 2);
	tcase_add_test(tc, one_that_does_not_help_is_followed_at_once);
	tcase_add_test(tc, last_refusal_waits_for_those_who_are_silent);
	tcase_add_test(tc, answer_that_was_cut_off_is_fetched_by_tcp);
	tcase_add_test(tc, numbers_are_never_zero);
	suite_add_tcase(s, tc);

	return s;
}
