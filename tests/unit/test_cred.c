/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_cred.c  Long-term credentials: challenges and answers */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/re_compat.h"
#include "oom.h"
#include "turnbed.h"

Suite *ua_suite_cred(void);


START_TEST(wrong_password_asks_once)
{
	struct turnbed f;

	turnbed_setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, turnbed_challenge(&f, 401, "n"));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, turnbed_challenge(&f, 401, "m"));
	turnbed_dead(&f, 401, EACCES);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(no_credentials_no_second_request)
{
	struct ua_turn_conf conf = turnbed_conf_default();
	struct turnbed f;

	conf.user = NULL;
	turnbed_setup_conf(&f, &conf);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, turnbed_challenge(&f, 401, "n"));
	turnbed_dead(&f, 401, EACCES);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(stale_nonce_forever_ends)
{
	struct turnbed f;
	int i;

	turnbed_setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, turnbed_challenge(&f, 401, "n"));

	for (i = 0; i < 4; i++) {
		turnbed_take(&f, UA_STUN_ALLOCATE);
		ck_assert_int_eq(0, turnbed_challenge(&f, 438, "n"));
	}

	turnbed_dead(&f, 438, EPROTO);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(stale_nonce_once_an_hour_is_survived)
{
	char nonce[32];
	struct turnbed f;
	int hour;

	turnbed_setup_ready(&f);

	for (hour = 0; hour < 24; hour++) {
		f.now_ms = ua_turn_deadline(f.turn);
		ua_turn_tick(f.turn, f.now_ms);
		turnbed_take_signed(&f, UA_STUN_REFRESH);
		(void)snprintf(nonce, sizeof(nonce), "hour-%d", hour);
		ck_assert_int_eq(0, turnbed_challenge(&f, 438, nonce));
		turnbed_take_signed(&f, UA_STUN_REFRESH);
		turnbed_grant(&f);
		turnbed_run(&f, 3600000 - 600000);
		turnbed_no_event(&f);
	}

	turnbed_teardown(&f);
}
END_TEST


START_TEST(bid_down_is_ignored)
{
	struct turnbed f;

	turnbed_setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(EBADMSG,
			 turnbed_challenge(&f, 401, "obMatJos2gAAAxyz"));
	ck_assert_int_eq(EBADMSG,
			 turnbed_challenge(&f, 401, "obMatJos2wAAAxyz"));
	turnbed_quiet(&f);

	/* user name anonymity alone, and no feature at all */
	ck_assert_int_eq(0, turnbed_challenge(&f, 401, "obMatJos2QAAAxyz"));
	turnbed_take_signed(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, turnbed_challenge(&f, 438, "obMatJos2AAAAxyz"));
	turnbed_take_signed(&f, UA_STUN_ALLOCATE);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(longest_credentials_work)
{
	struct ua_turn_conf conf = turnbed_conf_default();
	char user[UA_CRED_USER_MAX + 2];
	char realm[UA_CRED_REALM_MAX + 1];
	uint8_t key[16];
	struct turnbed f;
	int i;

	memset(user, 'u', sizeof(user));
	memset(realm, 'r', sizeof(realm));
	user[UA_CRED_USER_MAX] = '\0';
	realm[UA_CRED_REALM_MAX] = '\0';
	conf.user = user;
	turnbed_setup_conf(&f, &conf);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);

	turnbed_error_begin(&f, 401);
	ua_stun_put(&f.wr, UA_STUN_REALM, realm, UA_CRED_REALM_MAX);
	ua_stun_put(&f.wr, UA_STUN_NONCE, "n", 1);
	ck_assert_int_eq(0, turnbed_finish(&f));
	ck_assert_int_eq(0, ua_stun_key(key, user, realm, TURNBED_PASSWORD));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, ua_stun_check(&f.msg, key, sizeof(key)));

	/* One byte more is no challenge; all at their longest do not fit. */
	memcpy(f.key, key, sizeof(key));
	turnbed_begin(&f, UA_STUN_ERROR);
	ua_stun_put_error(&f.wr, 438, "x");
	ua_stun_put(&f.wr, UA_STUN_NONCE, realm, UA_CRED_NONCE_MAX + 1);
	ck_assert_int_eq(EBADMSG, turnbed_finish(&f));
	turnbed_begin(&f, UA_STUN_ERROR);
	ua_stun_put_error(&f.wr, 438, "x");
	ua_stun_put(&f.wr, UA_STUN_NONCE, realm, UA_CRED_NONCE_MAX);
	ck_assert_int_eq(0, turnbed_finish(&f));
	turnbed_dead(&f, 438, EMSGSIZE);
	turnbed_teardown(&f);

	user[UA_CRED_USER_MAX] = 'u';
	user[UA_CRED_USER_MAX + 1] = '\0';
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(EINVAL, ua_turn_alloc(&f.turn, &conf));
		conf.user = TURNBED_USER;
		conf.password = NULL;
	}
}
END_TEST


START_TEST(credentials_are_not_printed)
{
	char str[512];
	struct turnbed f;

	turnbed_setup_ready(&f);
	ck_assert_int_gt(
		re_snprintf(str, sizeof(str), "%H", ua_turn_print, f.turn), 0);
	ck_assert_ptr_nonnull(strstr(str, "READY"));
	ck_assert_ptr_nonnull(strstr(str, "192.0.2.1:50000"));
	ck_assert_ptr_nonnull(strstr(str, "password=(hidden)"));
	ck_assert_ptr_null(strstr(str, TURNBED_PASSWORD "\""));
	ck_assert_ptr_null(strstr(str, "=" TURNBED_PASSWORD));
	ck_assert_ptr_null(strstr(str, "=" TURNBED_USER " "));
	turnbed_teardown(&f);
}
END_TEST


/* -- What is known before --------------------------------------------------
 */

static void setup_known(struct turnbed *f, const char *nonce)
{
	struct ua_turn_conf conf = turnbed_conf_default();
	struct ua_challenge known = { .realm = TURNBED_REALM };

	known.nonce_len = strlen(nonce);
	memcpy(known.nonce, nonce, known.nonce_len);
	conf.known = &known;
	turnbed_setup_conf(f, &conf);
	(void)snprintf(f->nonce, sizeof(f->nonce), "%s", nonce);
}


START_TEST(known_challenge_saves_a_round_trip)
{
	const struct ua_challenge *asked;
	struct turnbed f;

	setup_known(&f, "old");
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take_signed(&f, UA_STUN_ALLOCATE);
	turnbed_grant(&f);
	turnbed_event(&f, UA_TURN_READY);

	/* ... and may serve the next one. */
	asked = ua_turn_challenge(f.turn);
	ck_assert_ptr_nonnull(asked);
	ck_assert_str_eq(TURNBED_REALM, asked->realm);
	ck_assert_uint_eq(3, asked->nonce_len);
	ck_assert_mem_eq("old", asked->nonce, 3);
	turnbed_teardown(&f);
}
END_TEST


/* _i: 438, or 401, which an old nonce may get as well */
START_TEST(known_challenge_that_is_stale_costs_nothing)
{
	struct turnbed f;

	setup_known(&f, "old");
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take_signed(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, turnbed_challenge(&f, _i ? 438 : 401, "new"));
	turnbed_take_signed(&f, UA_STUN_ALLOCATE);
	turnbed_grant(&f);
	turnbed_event(&f, UA_TURN_READY);
	ck_assert_mem_eq("new", ua_turn_challenge(f.turn)->nonce, 3);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(known_challenge_does_not_outlive_a_redirection)
{
	const struct ua_addr other = turnbed_addr("192.0.2.2:3478");
	struct turnbed f;

	setup_known(&f, "old");
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take_signed(&f, UA_STUN_ALLOCATE);
	turnbed_error_begin(&f, 300);
	ua_stun_put_addr(&f.wr, UA_STUN_ALTERNATE_SERVER, &other);
	ck_assert_int_eq(0, turnbed_finish(&f));
	f.server = other;
	ck_assert_ptr_null(ua_turn_challenge(f.turn));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	ck_assert_uint_eq(0, f.msg.integrity);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(known_challenge_without_credentials_is_left_alone)
{
	struct ua_turn_conf conf = turnbed_conf_default();
	struct ua_challenge known = { .realm = TURNBED_REALM };
	struct turnbed f;

	conf.user = NULL;
	conf.known = &known;
	turnbed_setup_conf(&f, &conf);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	ck_assert_uint_eq(0, f.msg.integrity);
	turnbed_teardown(&f);
}
END_TEST


static int known_and_free(void *arg)
{
	struct ua_turn *turn;
	const int err = ua_turn_alloc(&turn, arg);

	if (!err)
		mem_deref(turn);

	return err;
}


START_TEST(no_memory_for_a_known_challenge)
{
	struct ua_turn_conf conf = turnbed_conf_default();
	struct ua_challenge known = { .realm = TURNBED_REALM };

	turnbed_rand.fill = turnbed_fill;
	conf.known = &known;
	ua_oom_walk(known_and_free, &conf);
}
END_TEST


Suite *ua_suite_cred(void)
{
	Suite *s = suite_create("cred");
	TCase *tc = tcase_create("cred");

	tcase_add_test(tc, wrong_password_asks_once);
	tcase_add_test(tc, no_credentials_no_second_request);
	tcase_add_test(tc, stale_nonce_forever_ends);
	tcase_add_test(tc, stale_nonce_once_an_hour_is_survived);
	tcase_add_test(tc, bid_down_is_ignored);
	tcase_add_test(tc, longest_credentials_work);
	tcase_add_test(tc, credentials_are_not_printed);
	tcase_add_test(tc, known_challenge_saves_a_round_trip);
	tcase_add_loop_test(tc, known_challenge_that_is_stale_costs_nothing, 0,
			    2);
	tcase_add_test(tc, known_challenge_does_not_outlive_a_redirection);
	tcase_add_test(tc, known_challenge_without_credentials_is_left_alone);
	tcase_add_test(tc, no_memory_for_a_known_challenge);
	suite_add_tcase(s, tc);

	return s;
}
