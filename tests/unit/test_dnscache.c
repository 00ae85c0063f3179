/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_dnscache.c  Answers are kept as long as they may be */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/re_compat.h"
#include "net/dnscache.h"
#include "oom.h"

Suite *ua_suite_dnscache(void);

static struct ua_dnscache *cache;


static void setup(void)
{
	ck_assert_int_eq(0, ua_dnscache_alloc(&cache));
}


static void teardown(void)
{
	cache = mem_deref(cache);
}


static int put(uint64_t now_ms, const char *name, int err, uint32_t ttl_s)
{
	static struct ua_dnsans ans;

	memset(&ans, 0, sizeof(ans));
	ans.err = err;
	ans.ttl_s = ttl_s;
	ans.n = err ? 0 : 2;
	ans.rrv[1].port = 77;

	return ua_dnscache_put(cache, now_ms, name, UA_RR_A, &ans);
}


static const struct ua_dnsans *get(uint64_t now_ms, const char *name)
{
	return ua_dnscache_get(cache, now_ms, name, UA_RR_A);
}


START_TEST(answer_lives_for_its_ttl)
{
	ck_assert_ptr_null(get(0, "a.example"));
	ck_assert_int_eq(0, put(1000, "a.example", 0, 60));

	ck_assert_ptr_nonnull(get(60999, "A.Example"));
	ck_assert_uint_eq(2, get(60999, "a.example")->n);
	ck_assert_uint_eq(77, get(60999, "a.example")->rrv[1].port);
	ck_assert_ptr_null(get(61000, "a.example"));
}
END_TEST


START_TEST(types_are_apart)
{
	ck_assert_int_eq(0, put(0, "a.example", 0, 60));
	ck_assert_ptr_null(ua_dnscache_get(cache, 0, "a.example", UA_RR_AAAA));
}
END_TEST


/* { err, ttl told, ttl kept } */
static const uint32_t bounds[][3] = {
	{ 0, 0, UA_DNSCACHE_TTL_MIN },
	{ 0, 999999, UA_DNSCACHE_TTL_MAX },
	{ ENOENT, 0, UA_DNSCACHE_TTL_MIN },
	{ ENOENT, 999999, UA_DNSCACHE_NEG_MAX },
};


START_TEST(ttl_is_bounded)
{
	const uint32_t *b = bounds[_i];

	ck_assert_int_eq(0, put(0, "a.example", (int)b[0], b[1]));
	ck_assert_ptr_nonnull(get(b[2] * 1000ULL - 1, "a.example"));
	ck_assert_ptr_null(get(b[2] * 1000ULL, "a.example"));
}
END_TEST


START_TEST(new_answer_replaces_the_old)
{
	ck_assert_int_eq(0, put(0, "a.example", ENOENT, 60));
	ck_assert_int_eq(0, put(0, "A.EXAMPLE", 0, 60));
	ck_assert_int_eq(0, get(0, "a.example")->err);
}
END_TEST


START_TEST(full_cache_drops_what_ends_first)
{
	char name[32];
	int i;

	for (i = 0; i < UA_DNSCACHE_MAX; i++) {
		(void)snprintf(name, sizeof(name), "h%d.example", i);
		ck_assert_int_eq(0, put(0, name, 0, i == 7 ? 10 : 60));
	}

	ck_assert_int_eq(0, put(0, "one-more.example", 0, 60));
	ck_assert_ptr_null(get(0, "h7.example"));
	ck_assert_ptr_nonnull(get(0, "h0.example"));
	ck_assert_ptr_nonnull(get(0, "one-more.example"));
}
END_TEST


START_TEST(flush_forgets_all)
{
	ck_assert_int_eq(0, put(0, "a.example", 0, 60));
	ua_dnscache_flush(cache);
	ck_assert_ptr_null(get(0, "a.example"));
}
END_TEST


static int fill(void *arg)
{
	struct ua_dnscache *saved = cache;
	int err;

	(void)arg;
	err = ua_dnscache_alloc(&cache);
	if (!err) {
		err = put(0, "a.example", 0, 60);
		mem_deref(cache);
	}

	cache = saved;
	return err;
}


START_TEST(no_memory_leaks_nothing)
{
	ua_oom_walk(fill, NULL);
}
END_TEST


Suite *ua_suite_dnscache(void)
{
	Suite *s = suite_create("dnscache");
	TCase *tc = tcase_create("dnscache");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, answer_lives_for_its_ttl);
	tcase_add_test(tc, types_are_apart);
	tcase_add_loop_test(tc, ttl_is_bounded, 0, 4);
	tcase_add_test(tc, new_answer_replaces_the_old);
	tcase_add_test(tc, full_cache_drops_what_ends_first);
	tcase_add_test(tc, flush_forgets_all);
	tcase_add_test(tc, no_memory_leaks_nothing);
	suite_add_tcase(s, tc);

	return s;
}
