/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_invrepeat.c  One INVITE at one server after the other */

#include "invbed.h"
#include "oom.h"

Suite *ua_suite_invrepeat(void);

static struct ua_invite *again;


static void setup_two(void)
{
	setup();
	ck_assert_int_eq(0, ua_invite_alloc(&again, &conf));
}


static void teardown_two(void)
{
	again = mem_deref(again);
	teardown();
}


/* From now on the helpers speak of the other one. */
static void swap(void)
{
	struct ua_invite *was = inv;

	inv = again;
	again = was;
}


START_TEST(repeated_invite_is_the_same_request)
{
	struct sip_msg *first = calling(OFFER), *second;

	ck_assert_int_eq(0, ua_invite_repeat(again, inv));
	swap();
	second = calling(OFFER);

	ck_assert_int_eq(0, pl_cmp(&first->callid, &second->callid));
	ck_assert_int_eq(0, pl_cmp(&first->from.val, &second->from.val));
	ck_assert_int_eq(0, pl_cmp(&first->to.val, &second->to.val));
	ck_assert_uint_eq(first->cseq.num, second->cseq.num);
	ck_assert_str_eq(ua_invite_callid(inv), ua_invite_callid(again));
	mem_deref(first);
	mem_deref(second);
}
END_TEST


START_TEST(repeated_invite_outlives_the_first)
{
	mem_deref(calling(OFFER));
	ck_assert_int_eq(0, ua_invite_repeat(again, inv));
	swap();
	again = mem_deref(again);
	mem_deref(up());
}
END_TEST


START_TEST(only_what_has_not_called_repeats_what_has)
{
	ck_assert_int_eq(EPROTO, ua_invite_repeat(again, inv));
	mem_deref(calling(OFFER));
	ck_assert_int_eq(EPROTO, ua_invite_repeat(inv, inv));
	ck_assert_int_eq(0, ua_invite_repeat(again, inv));
	ck_assert_int_eq(0, ua_invite_repeat(again, inv));
}
END_TEST


/* Both would take it; the one that it belongs to knows it. */
START_TEST(answer_is_known_by_the_session_that_has_its_dialog)
{
	struct sip_msg *first = calling(OFFER), *msg;

	ck_assert_int_eq(0, ua_invite_repeat(again, inv));
	swap();
	mem_deref(calling(OFFER));
	swap();

	msg = make_answer(first, "200 OK", "bob", BOB, ANSWER);
	ck_assert(!ua_invite_knows(inv, msg));
	ck_assert(!ua_invite_knows(again, msg));
	ck_assert_int_eq(0, ua_invite_response(inv, now, msg));
	ck_assert(ua_invite_knows(inv, msg));
	ck_assert(!ua_invite_knows(again, msg));
	mem_deref(msg);
	mem_deref(first);
}
END_TEST


static const struct {
	const char *header;
	uint32_t retry_s;
} retries[] = {
	{ "", 0 },
	{ "Retry-After: 120\r\n", 120 },
	{ "Retry-After: 18000;duration=3600\r\n", 18000 },
	{ "Retry-After: 7 (in a meeting)\r\n", 7 },
	{ "Retry-After: soon\r\n", 0 },
	{ "Retry-After: 99999999999\r\n", 0 },
};


START_TEST(retry_after_is_told)
{
	struct sip_msg *req = calling(OFFER);
	struct ua_invite_event ev;

	ck_assert_int_eq(0, answered_with(req, "503 Full", "bob",
					  retries[_i].header, NULL));
	ev = expect_event(UA_INVITE_ENDED);
	ck_assert_uint_eq(503, ev.code);
	ck_assert_uint_eq(retries[_i].retry_s, ev.retry_s);
	mem_deref(req);
}
END_TEST


/* The first one, which is there, has all it needs. */
static int story(void *arg)
{
	struct ua_invite *second = NULL;
	int err;

	err = ua_invite_alloc(&second, &conf);
	if (!err)
		err = ua_invite_repeat(second, arg);
	if (!err)
		err = ua_invite_connect(second, now, "sip:bob@example.com",
					OFFER, strlen(OFFER));
	mem_deref(second);

	return err;
}


START_TEST(no_memory_leaks_nothing)
{
	mem_deref(calling(OFFER));
	ua_oom_walk(story, inv);
}
END_TEST


Suite *ua_suite_invrepeat(void)
{
	Suite *s = suite_create("invrepeat");
	TCase *tc = tcase_create("invrepeat");

	tcase_add_checked_fixture(tc, setup_two, teardown_two);
	tcase_add_test(tc, repeated_invite_is_the_same_request);
	tcase_add_test(tc, repeated_invite_outlives_the_first);
	tcase_add_test(tc, only_what_has_not_called_repeats_what_has);
	tcase_add_test(tc, answer_is_known_by_the_session_that_has_its_dialog);
	tcase_add_loop_test(tc, retry_after_is_told, 0,
			    sizeof(retries) / sizeof(retries[0]));
	tcase_add_test(tc, no_memory_leaks_nothing);
	suite_add_tcase(s, tc);

	return s;
}
