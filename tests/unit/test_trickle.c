/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_trickle.c  What is told and kept of trickle ICE, by the clock */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "call/trickle.h"

#include "oom.h"

Suite *ua_suite_trickle(void);

enum { START_MS = 1000000 };

#define BODY "a=ice-ufrag:8hhY\r\n"

static struct ua_trickle t;
static struct ua_offer_local local;
static struct ua_sdp_cand candv[6];


static void setup(void)
{
	memset(&t, 0, sizeof(t));
	memset(candv, 0, sizeof(candv));
	ua_offer_local_default(&local);
	local.candv = candv;
}


static void teardown(void)
{
	ua_trickle_reset(&t);
}


static void add(unsigned comp)
{
	candv[local.candc].comp = (uint16_t)comp;
	candv[local.candc].addr.af = UA_AF_IP4;
	candv[local.candc].addr.port = (uint16_t)(4000 + local.candc);
	local.candc++;
}


START_TEST(what_was_told_is_no_news)
{
	ck_assert(!ua_trickle_has_news(&t, &local));
	add(1);
	add(2);
	ck_assert(ua_trickle_has_news(&t, &local));
	ua_trickle_told(&t, &local);
	ck_assert(!ua_trickle_has_news(&t, &local));

	add(1);
	ck_assert(ua_trickle_has_news(&t, &local));
	ua_trickle_told(&t, &local);

	local.end = true;
	ck_assert(ua_trickle_has_news(&t, &local));
	ua_trickle_told(&t, &local);
	ck_assert(!ua_trickle_has_news(&t, &local));

	t.owed = true;
	ck_assert(ua_trickle_has_news(&t, &local));
}
END_TEST


/* A relay that was lost and another one make as many as before. */
START_TEST(another_candidate_in_its_place_is_news)
{
	add(1);
	add(1);
	ua_trickle_told(&t, &local);
	candv[1].addr.port = 5000;
	ck_assert(ua_trickle_has_news(&t, &local));

	/* Their order is not */
	ua_trickle_told(&t, &local);
	candv[0].addr.port = 5000;
	candv[1].addr.port = 4000;
	ck_assert(!ua_trickle_has_news(&t, &local));

	local.candc = 0;
	ck_assert(!ua_trickle_has_news(&t, &local));
}
END_TEST


/* rtcp-mux takes candidates away: one that is added is news all the same. */
START_TEST(fewer_of_one_component_hide_none_of_the_other)
{
	add(1);
	add(2);
	add(2);
	ua_trickle_told(&t, &local);

	local.candc = 0;
	add(1);
	ck_assert(!ua_trickle_has_news(&t, &local));
	add(1);
	ck_assert(ua_trickle_has_news(&t, &local));
}
END_TEST


/* An INFO overtakes the answer: it is kept for 5 s, then it is forgotten. */
START_TEST(candidate_before_description)
{
	static const struct {
		uint64_t ms;
		bool ages, there;
	} v[] = {
		{ 0, true, true },
		{ UA_TRICKLE_KEEP_MS, true, true },
		{ UA_TRICKLE_KEEP_MS + 1, true, false },
		{ 3600000, false, true },
	};
	struct mbuf *mb;
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		ck_assert_ptr_null(ua_trickle_kept(&t, START_MS));
		ck_assert_int_eq(0, ua_trickle_keep(&t, START_MS, BODY,
						    strlen(BODY), v[i].ages));
		mb = ua_trickle_kept(&t, START_MS + v[i].ms);
		ck_assert_int_eq(v[i].there, mb != NULL);
		if (mb) {
			ck_assert_uint_eq(strlen(BODY), mb->end);
			ck_assert_mem_eq(BODY, mb->buf, mb->end);
		}
		mem_deref(mb);
	}
}
END_TEST


START_TEST(newer_one_takes_the_place_of_the_older)
{
	struct mbuf *mb;

	ck_assert_int_eq(0, ua_trickle_keep(&t, START_MS, "old", 3, false));
	ck_assert_int_eq(0, ua_trickle_keep(&t, START_MS + 5000, BODY,
					    strlen(BODY), true));
	mb = ua_trickle_kept(&t, START_MS + 10000);
	ck_assert_ptr_nonnull(mb);
	ck_assert_uint_eq(strlen(BODY), mb->end);
	mem_deref(mb);
	ck_assert_ptr_null(ua_trickle_kept(&t, START_MS));
}
END_TEST


static int keep_once(void *arg)
{
	int err;
	(void)arg;

	err = ua_trickle_keep(&t, START_MS, BODY, strlen(BODY), true);
	ua_trickle_reset(&t);

	return err;
}


START_TEST(without_memory_nothing_is_kept)
{
	ua_oom_walk(keep_once, NULL);
}
END_TEST


Suite *ua_suite_trickle(void)
{
	Suite *s = suite_create("trickle");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_was_told_is_no_news);
	tcase_add_test(tc, another_candidate_in_its_place_is_news);
	tcase_add_test(tc, fewer_of_one_component_hide_none_of_the_other);
	tcase_add_test(tc, candidate_before_description);
	tcase_add_test(tc, newer_one_takes_the_place_of_the_older);
	tcase_add_test(tc, without_memory_nothing_is_kept);
	suite_add_tcase(s, tc);

	return s;
}
