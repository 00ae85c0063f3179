/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_perm.c  TURN permissions */

#include <errno.h>
#include <stdio.h>

#include "turnbed.h"

Suite *ua_suite_perm(void);


static size_t peers_of(const struct turnbed *f)
{
	const uint8_t *p;
	size_t n = 0;

	for (p = ua_stun_attr(&f->msg, UA_STUN_XOR_PEER_ADDRESS, NULL); p;
	     p = ua_stun_attr_next(&f->msg, p, NULL))
		n++;

	return n;
}


START_TEST(permissions_are_batched_before_checks)
{
	struct ua_addr peer;
	char str[32];
	struct turnbed f;
	int i;

	turnbed_setup(&f);

	/* 20 remotes of 9 IP addresses, known before there is a relay */
	for (i = 0; i < 20; i++) {
		(void)snprintf(str, sizeof(str), "198.51.100.%d:%d", i % 9 + 1,
			       5000 + i);
		peer = turnbed_addr(str);
		ck_assert_int_eq(0, ua_turn_permit(f.turn, f.now_ms, &peer));
	}

	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, turnbed_challenge(&f, 401, "n"));
	turnbed_take_signed(&f, UA_STUN_ALLOCATE);
	turnbed_grant(&f);
	turnbed_event(&f, UA_TURN_READY);

	/* A check may follow at once. */
	turnbed_send_to(&f, "198.51.100.3:5002", 20, 0);

	turnbed_take_signed(&f, UA_STUN_CREATE_PERMISSION);
	ck_assert_uint_eq(8, peers_of(&f));
	turnbed_grant(&f);
	turnbed_take_signed(&f, UA_STUN_CREATE_PERMISSION);
	ck_assert_uint_eq(1, peers_of(&f));
	turnbed_quiet(&f);
	turnbed_grant(&f);

	for (i = 0; i < 9; i++)
		turnbed_event(&f, UA_TURN_PERMITTED);
	turnbed_no_event(&f);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(late_permissions_go_together_after_20_ms)
{
	const struct ua_addr a = turnbed_addr("198.51.100.1:1");
	const struct ua_addr b = turnbed_addr("198.51.100.2:1");
	struct turnbed f;

	turnbed_setup_ready(&f);
	ck_assert_int_eq(0, ua_turn_permit(f.turn, f.now_ms, &a));
	turnbed_quiet(&f);
	f.now_ms += 15;
	ck_assert_int_eq(0, ua_turn_permit(f.turn, f.now_ms, &b));
	ck_assert_uint_eq(f.now_ms + 5, ua_turn_deadline(f.turn));
	f.now_ms += 5;
	ua_turn_tick(f.turn, f.now_ms);
	turnbed_take_signed(&f, UA_STUN_CREATE_PERMISSION);
	ck_assert_uint_eq(2, peers_of(&f));
	turnbed_grant(&f);
	turnbed_event_peer(&f, UA_TURN_PERMITTED, "198.51.100.1:0");
	turnbed_event_peer(&f, UA_TURN_PERMITTED, "198.51.100.2:0");
	turnbed_quiet(&f);

	/* Asked again, it is there already. */
	ck_assert_int_eq(0, ua_turn_permit(f.turn, f.now_ms, &a));
	turnbed_run(&f, 1000);
	ck_assert_uint_eq(0, f.nsend);
	turnbed_no_event(&f);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(batch_with_a_403_is_split)
{
	const struct ua_addr bad = turnbed_addr("198.51.100.5:0");
	struct ua_addr peer;
	char str[32];
	struct turnbed f;
	size_t n = 0;
	int i;

	turnbed_setup_ready(&f);

	for (i = 1; i <= 8; i++) {
		(void)snprintf(str, sizeof(str), "198.51.100.%d:9", i);
		peer = turnbed_addr(str);
		ck_assert_int_eq(0, ua_turn_permit(f.turn, f.now_ms, &peer));
	}

	turnbed_take_signed(&f, UA_STUN_CREATE_PERMISSION);
	ck_assert_uint_eq(8, peers_of(&f));
	turnbed_error(&f, 403);
	turnbed_no_event(&f);

	for (i = 0; i < 8; i++) {
		turnbed_take_signed(&f, UA_STUN_CREATE_PERMISSION);
		ck_assert_uint_eq(1, peers_of(&f));
		ck_assert_int_eq(
			0,
			ua_stun_addr(&f.msg, UA_STUN_XOR_PEER_ADDRESS, &peer));
		if (ua_addr_eq(&peer, &bad))
			turnbed_error(&f, 403);
		else
			turnbed_grant(&f);
	}

	turnbed_quiet(&f);
	while (ua_turn_event(f.turn, &f.ev)) {
		n++;
		if (!ua_addr_eq(&f.ev.peer, &bad)) {
			ck_assert_int_eq(UA_TURN_PERMITTED, f.ev.type);
			continue;
		}

		ck_assert_int_eq(UA_TURN_DENIED, f.ev.type);
		ck_assert_uint_eq(403, f.ev.code);
		ck_assert_int_eq(EACCES, f.ev.err);
	}
	ck_assert_uint_eq(8, n);

	turnbed_send_to(&f, "198.51.100.5:9", 4, EACCES);
	turnbed_send_to(&f, "198.51.100.6:9", 4, 0);
	ck_assert_int_eq(EACCES, ua_turn_permit(f.turn, f.now_ms, &bad));

	/* Seven are renewed, in one request; the eighth is not. */
	turnbed_run(&f, 250000);
	ck_assert_uint_eq(1, f.nmethod[UA_STUN_CREATE_PERMISSION]);
	ck_assert_uint_eq(7, peers_of(&f));
	turnbed_teardown(&f);
}
END_TEST


START_TEST(late_permission_comes_by_retransmission)
{
	const struct ua_addr peer = turnbed_addr("198.51.100.5:9");
	struct turnbed f;

	turnbed_setup_ready(&f);
	ck_assert_int_eq(0, ua_turn_permit(f.turn, f.now_ms, &peer));
	f.now_ms += 20;
	ua_turn_tick(f.turn, f.now_ms);
	turnbed_take_signed(&f, UA_STUN_CREATE_PERMISSION);
	f.now_ms += 500;
	ua_turn_tick(f.turn, f.now_ms);
	turnbed_take_signed(&f, UA_STUN_CREATE_PERMISSION);
	turnbed_grant(&f);
	turnbed_event_peer(&f, UA_TURN_PERMITTED, "198.51.100.5:0");
	turnbed_teardown(&f);
}
END_TEST


START_TEST(permissions_are_renewed_each_240_s_until_forgotten)
{
	const struct ua_addr peer = turnbed_addr("198.51.100.5:9");
	struct turnbed f;

	turnbed_setup_ready(&f);
	turnbed_permitted(&f, "198.51.100.5:9");
	f.nmethod[UA_STUN_CREATE_PERMISSION] = 0;
	turnbed_run(&f, 660000);
	ck_assert_uint_eq(2, f.nmethod[UA_STUN_CREATE_PERMISSION]);

	ua_turn_forget(f.turn, f.now_ms, &peer);
	turnbed_run(&f, 660000);
	ck_assert_uint_eq(2, f.nmethod[UA_STUN_CREATE_PERMISSION]);
	turnbed_send_to(&f, "198.51.100.5:9", 4, ENOENT);
	turnbed_no_event(&f);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(permissions_are_bounded)
{
	struct ua_addr peer = turnbed_addr("198.51.100.0:9");
	struct turnbed f;
	int i;

	turnbed_setup_ready(&f);

	for (i = 0; i < UA_PERM_MAX; i++) {
		peer.ip[3] = (uint8_t)i;
		ck_assert_int_eq(0, ua_turn_permit(f.turn, f.now_ms, &peer));
	}

	peer.ip[3] = 200;
	ck_assert_int_eq(ENOSPC, ua_turn_permit(f.turn, f.now_ms, &peer));
	turnbed_run(&f, 1000);
	ck_assert_uint_eq(4, f.nmethod[UA_STUN_CREATE_PERMISSION]);

	peer.ip[3] = 3;
	ua_turn_forget(f.turn, f.now_ms, &peer);
	peer.ip[3] = 200;
	ck_assert_int_eq(0, ua_turn_permit(f.turn, f.now_ms, &peer));
	turnbed_teardown(&f);
}
END_TEST


START_TEST(silent_permission_is_denied_and_refresh_tells)
{
	const struct ua_addr peer = turnbed_addr("198.51.100.5:9");
	struct turnbed f;

	turnbed_setup_ready(&f);
	ck_assert_int_eq(0, ua_turn_permit(f.turn, f.now_ms, &peer));
	f.deaf = true;
	turnbed_run(&f, 20 + 39500);
	ck_assert_uint_eq(7, f.nmethod[UA_STUN_CREATE_PERMISSION]);
	turnbed_event_peer(&f, UA_TURN_DENIED, "198.51.100.5:0");
	ck_assert_uint_eq(0, f.ev.code);
	ck_assert_int_eq(ETIMEDOUT, f.ev.err);
	ck_assert_uint_eq(1, f.nmethod[UA_STUN_REFRESH]);

	/* It was the path: ask again. */
	f.deaf = false;
	ck_assert_int_eq(0, ua_turn_permit(f.turn, f.now_ms, &peer));
	turnbed_run(&f, 1000);
	turnbed_event_peer(&f, UA_TURN_PERMITTED, "198.51.100.5:0");
	turnbed_no_event(&f);
	turnbed_teardown(&f);
}
END_TEST


/* _i walks every (state, event): a refused move must leave no trace. */
START_TEST(refused_permission_move_changes_nothing)
{
	const uint8_t from = (uint8_t)(1 + _i / UA_PERM_NEVENT);
	struct ua_perm perm = { .state = from, .code = 7, .granted = true };
	const struct ua_perm before = perm;

	if (ua_perm_step(&perm, (enum ua_perm_ev)(_i % UA_PERM_NEVENT)) ==
	    EPROTO)
		ck_assert_mem_eq(&before, &perm, sizeof(perm));
	else
		ck_assert_uint_ne(UA_PERM_NONE, perm.state);
}
END_TEST


Suite *ua_suite_perm(void)
{
	Suite *s = suite_create("perm");
	TCase *tc = tcase_create("perm");

	tcase_add_test(tc, permissions_are_batched_before_checks);
	tcase_add_test(tc, late_permissions_go_together_after_20_ms);
	tcase_add_test(tc, batch_with_a_403_is_split);
	tcase_add_test(tc, late_permission_comes_by_retransmission);
	tcase_add_test(tc, permissions_are_renewed_each_240_s_until_forgotten);
	tcase_add_test(tc, permissions_are_bounded);
	tcase_add_test(tc, silent_permission_is_denied_and_refresh_tells);
	tcase_add_loop_test(tc, refused_permission_move_changes_nothing, 0,
			    (UA_PERM_NSTATE - 1) * UA_PERM_NEVENT);
	suite_add_tcase(s, tc);

	return s;
}
