/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_turnenv.c  What calls know of TURN servers together */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "call/turnenv.h"
#include "oom.h"

Suite *ua_suite_turnenv(void);

static struct ua_agent_conf conf;


static void setup(struct ua_env *env)
{
	memset(env, 0, sizeof(*env));
	memset(&conf, 0, sizeof(conf));
	env->conf = &conf;
	ck_assert_int_eq(0, ua_turnenv_alloc(env));
}


static void teardown(struct ua_env *env)
{
	mem_deref(env->turn);
}


static struct ua_addr server(unsigned n)
{
	const struct ua_addr addr = { .af = UA_AF_IP4,
				      .port = 3478,
				      .ip = { 192, 0, 2, (uint8_t)n } };

	return addr;
}


static void learn(struct ua_env *env, unsigned n)
{
	struct ua_challenge asked = { .nonce_len = 1,
				      .nonce = { (uint8_t)n } };
	const struct ua_addr addr = server(n);

	(void)snprintf(asked.realm, sizeof(asked.realm), "realm-%u", n);
	ua_turnenv_learn(env, &addr, &asked);
}


static bool knows(const struct ua_env *env, unsigned n)
{
	const struct ua_addr addr = server(n);
	const struct ua_challenge *known = ua_turnenv_known(env, &addr);

	if (known)
		ck_assert_uint_eq(n, known->nonce[0]);
	return known != NULL;
}


START_TEST(challenge_of_each_server_is_kept)
{
	struct ua_env env;

	setup(&env);
	ck_assert(!knows(&env, 1));
	learn(&env, 1);
	learn(&env, 2);
	ck_assert(knows(&env, 1));
	ck_assert(knows(&env, 2));
	ck_assert(!knows(&env, 3));
	teardown(&env);
}
END_TEST


START_TEST(oldest_server_is_forgotten)
{
	struct ua_env env;
	unsigned n;

	setup(&env);
	for (n = 1; n <= UA_TURNENV_SERVERS; n++)
		learn(&env, n);
	learn(&env, 1);
	learn(&env, n);
	ck_assert(knows(&env, 1));
	ck_assert(!knows(&env, 2));
	ck_assert(knows(&env, n));
	teardown(&env);
}
END_TEST


START_TEST(full_server_is_left_alone_for_a_minute)
{
	const struct ua_addr a = server(1);
	const struct ua_addr b = server(2);
	struct ua_env env;

	setup(&env);
	ck_assert(ua_turnenv_usable(&env, 1000, &a));
	ua_turnenv_full(&env, 1000, &a);
	ck_assert(!ua_turnenv_usable(&env, 1000, &a));
	ck_assert(!ua_turnenv_usable(&env, 60999, &a));
	ck_assert(ua_turnenv_usable(&env, 61000, &a));
	ck_assert(ua_turnenv_usable(&env, 1000, &b));
	teardown(&env);
}
END_TEST


START_TEST(server_of_one_family_is_remembered)
{
	const struct ua_addr a = server(1);
	const struct ua_addr b = server(2);
	struct ua_env env;

	setup(&env);
	ck_assert_int_eq(UA_TURN_BOTH, ua_turnenv_family(&env, &a));
	ua_turnenv_single(&env, &a, UA_TURN_IP4);
	ck_assert_int_eq(UA_TURN_IP4, ua_turnenv_family(&env, &a));
	ck_assert_int_eq(UA_TURN_BOTH, ua_turnenv_family(&env, &b));
	teardown(&env);
}
END_TEST


START_TEST(system_authorities_are_loaded_when_needed)
{
	struct ua_tlstrust *trust, *again;
	struct ua_env env;

	setup(&env);
	ck_assert_int_eq(0, ua_turnenv_trust(&env, &trust));
	ck_assert_int_eq(0, ua_turnenv_trust(&env, &again));
	ck_assert_ptr_eq(trust, again);
	teardown(&env);
	mem_deref(env.creds);
}
END_TEST


static int alloc_and_free(void *arg)
{
	struct ua_env *env = arg;
	const int err = ua_turnenv_alloc(env);

	if (!err)
		env->turn = mem_deref(env->turn);

	return err;
}


START_TEST(no_memory_for_it)
{
	struct ua_env env;

	memset(&env, 0, sizeof(env));
	memset(&conf, 0, sizeof(conf));
	env.conf = &conf;
	ua_oom_walk(alloc_and_free, &env);
}
END_TEST


Suite *ua_suite_turnenv(void)
{
	Suite *s = suite_create("turnenv");
	TCase *tc = tcase_create("turnenv");

	tcase_add_test(tc, challenge_of_each_server_is_kept);
	tcase_add_test(tc, oldest_server_is_forgotten);
	tcase_add_test(tc, full_server_is_left_alone_for_a_minute);
	tcase_add_test(tc, server_of_one_family_is_remembered);
	tcase_add_test(tc, system_authorities_are_loaded_when_needed);
	tcase_add_test(tc, no_memory_for_it);
	suite_add_tcase(s, tc);

	return s;
}
