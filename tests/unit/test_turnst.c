/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_turnst.c  The life of a TURN allocation: refreshed, lost, closed
 */

#include <errno.h>

#include "turnbed.h"

Suite *ua_suite_turnst(void);


START_TEST(mismatch_on_allocate_is_reclaimed)
{
	struct turnbed f;
	uint32_t v = 1;

	turnbed_setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, turnbed_challenge(&f, 401, "n"));
	turnbed_take_signed(&f, UA_STUN_ALLOCATE);
	turnbed_error(&f, 437);

	turnbed_take_signed(&f, UA_STUN_REFRESH);
	ck_assert_int_eq(0, ua_stun_u32(&f.msg, UA_STUN_LIFETIME, &v));
	ck_assert_uint_eq(0, v);
	ck_assert_int_eq(0, turnbed_challenge(&f, 438, "m"));
	turnbed_take_signed(&f, UA_STUN_REFRESH);
	turnbed_grant(&f);

	/* It may take the server a moment. */
	turnbed_no_event(&f);
	turnbed_quiet(&f);
	ck_assert_uint_eq(f.now_ms + 1000, ua_turn_deadline(f.turn));
	f.now_ms += 1000;
	ua_turn_tick(f.turn, f.now_ms);
	turnbed_take_signed(&f, UA_STUN_ALLOCATE);
	turnbed_grant(&f);
	turnbed_event(&f, UA_TURN_READY);
	turnbed_teardown(&f);
}
END_TEST


/* _i: what the server says to Refresh 0; 0: success, but 437 again */
START_TEST(five_tuple_that_cannot_be_reclaimed_wants_a_new_socket)
{
	static const uint16_t codes[] = { 0, 437, 441, 403 };
	struct turnbed f;
	int n;

	turnbed_setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));

	for (n = 1;; n++) {
		turnbed_take(&f, UA_STUN_ALLOCATE);
		turnbed_error(&f, 437);
		if (ua_turn_event(f.turn, &f.ev))
			break;

		turnbed_take(&f, UA_STUN_REFRESH);
		if (codes[_i])
			turnbed_error(&f, codes[_i]);
		else
			turnbed_grant(&f);
		if (ua_turn_event(f.turn, &f.ev))
			break;

		f.now_ms = ua_turn_deadline(f.turn);
		ua_turn_tick(f.turn, f.now_ms);
	}

	ck_assert_int_eq(_i < 2 ? 4 : 1, n);
	ck_assert_int_eq(UA_TURN_DEAD, f.ev.type);
	ck_assert_uint_eq(437, f.ev.code);
	turnbed_quiet(&f);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(refresh_comes_a_minute_early)
{
	uint64_t wait;
	struct turnbed f;
	int i;

	turnbed_setup_ready(&f);

	for (i = 0; i < 50; i++) {
		wait = ua_turn_deadline(f.turn) - f.now_ms;
		ck_assert_uint_ge(wait, 525000);
		ck_assert_uint_le(wait, 540000);
		f.now_ms += wait;
		ua_turn_tick(f.turn, f.now_ms);
		turnbed_take_signed(&f, UA_STUN_REFRESH);
		turnbed_grant(&f);
	}

	/* The server shortens it. */
	f.now_ms = ua_turn_deadline(f.turn);
	ua_turn_tick(f.turn, f.now_ms);
	turnbed_take_signed(&f, UA_STUN_REFRESH);
	f.lifetime_s = 60;
	turnbed_grant(&f);
	ck_assert_uint_eq(f.now_ms + 30000, ua_turn_deadline(f.turn));
	turnbed_teardown(&f);
}
END_TEST


/* _i: 0: 437 to Refresh; 1: 400 to ChannelBind and 437 to Refresh */
START_TEST(mismatch_on_refresh_means_lost)
{
	const struct ua_addr peer = turnbed_addr(TURNBED_PEER);
	struct turnbed f;

	turnbed_setup_ready(&f);
	turnbed_permitted(&f, TURNBED_PEER);

	if (_i) {
		(void)turnbed_channel_ask(&f, TURNBED_PEER);
		turnbed_error(&f, 400);
		turnbed_no_event(&f);
	}
	else {
		f.now_ms = ua_turn_deadline(f.turn);
		f.now_ms += 600000;
		ua_turn_tick(f.turn, f.now_ms);
	}

	turnbed_take_signed(&f, UA_STUN_REFRESH);
	turnbed_error(&f, 437);
	turnbed_event(&f, UA_TURN_LOST);
	turnbed_no_event(&f);
	ck_assert_uint_eq(UA_AF_NONE, ua_turn_relayed(f.turn)->af);
	turnbed_send_to(&f, TURNBED_PEER, 7, ENOTCONN);
	ck_assert_int_eq(ENOTCONN, ua_turn_channel(f.turn, f.now_ms, &peer));

	/* At once, with what is known of realm and nonce. */
	turnbed_take_signed(&f, UA_STUN_ALLOCATE);
	turnbed_grant(&f);
	turnbed_event(&f, UA_TURN_READY);
	turnbed_take_signed(&f, UA_STUN_CREATE_PERMISSION);
	turnbed_grant(&f);
	turnbed_event_peer(&f, UA_TURN_PERMITTED, "198.51.100.7:0");
	turnbed_quiet(&f);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(mismatch_on_permission_means_lost)
{
	const struct ua_addr peer = turnbed_addr(TURNBED_PEER);
	struct turnbed f;

	turnbed_setup_ready(&f);
	ck_assert_int_eq(0, ua_turn_permit(f.turn, f.now_ms, &peer));
	f.now_ms += 20;
	ua_turn_tick(f.turn, f.now_ms);
	turnbed_take_signed(&f, UA_STUN_CREATE_PERMISSION);
	turnbed_error(&f, 437);
	turnbed_event(&f, UA_TURN_LOST);
	turnbed_take_signed(&f, UA_STUN_ALLOCATE);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(lost_relay_is_asked_for_after_0_1_4_16_s)
{
	static const uint64_t pause[] = { 0, 1000, 4000, 16000 };
	struct turnbed f;
	size_t i;

	turnbed_setup_ready(&f);
	f.now_ms = ua_turn_deadline(f.turn);
	ua_turn_tick(f.turn, f.now_ms);
	turnbed_take_signed(&f, UA_STUN_REFRESH);
	turnbed_error(&f, 437);
	turnbed_event(&f, UA_TURN_LOST);

	f.deaf = true;
	for (i = 0; i < 4; i++) {
		if (pause[i]) {
			turnbed_quiet(&f);
			ck_assert_uint_eq(f.now_ms + pause[i],
					  ua_turn_deadline(f.turn));
			f.now_ms += pause[i] - 1;
			ua_turn_tick(f.turn, f.now_ms);
			turnbed_quiet(&f);
			++f.now_ms;
			ua_turn_tick(f.turn, f.now_ms);
		}
		else {
			turnbed_take_signed(&f, UA_STUN_ALLOCATE);
		}

		turnbed_no_event(&f);
		turnbed_run(&f, 7500);
	}

	turnbed_dead(&f, 0, ETIMEDOUT);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(refresh_without_answer_means_lost)
{
	struct turnbed f;

	turnbed_setup_ready(&f);
	f.deaf = true;
	turnbed_run(&f, 600000);
	ck_assert_uint_eq(7, f.nmethod[UA_STUN_REFRESH]);
	turnbed_event(&f, UA_TURN_LOST);
	f.deaf = false;
	turnbed_run(&f, 30000);
	turnbed_event(&f, UA_TURN_READY);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(quota_ends_a_ready_relay_too)
{
	struct turnbed f;

	turnbed_setup_ready(&f);
	f.now_ms = ua_turn_deadline(f.turn);
	ua_turn_tick(f.turn, f.now_ms);
	turnbed_take_signed(&f, UA_STUN_REFRESH);
	turnbed_error(&f, 486);
	turnbed_dead(&f, 486, EPROTO);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(server_restart_in_call)
{
	struct turnbed f;
	int i;

	turnbed_setup_ready(&f);

	/* Killed: every packet of media brings an ICMP. */
	for (i = 0; i < 24; i++) {
		ua_turn_error(f.turn, f.now_ms, ECONNREFUSED);
		turnbed_no_event(&f);
		if (!i)
			turnbed_take_signed(&f, UA_STUN_REFRESH);
		f.now_ms += 20;
	}

	f.now_ms += 20;
	ua_turn_tick(f.turn, f.now_ms);
	turnbed_take_signed(&f, UA_STUN_REFRESH);
	ua_turn_error(f.turn, f.now_ms, ECONNREFUSED);
	ua_turn_error(f.turn, f.now_ms, ECONNREFUSED);
	turnbed_event(&f, UA_TURN_LOST);
	ck_assert_uint_le(f.now_ms, TURNBED_T0 + 1000);

	/* Back within the pauses, without memory of us */
	f.deaf = true;
	turnbed_run(&f, 4000);
	f.deaf = false;
	while (!ua_turn_output(f.turn, f.now_ms, &f.dg)) {
		f.now_ms = ua_turn_deadline(f.turn);
		ua_turn_tick(f.turn, f.now_ms);
	}
	ck_assert_int_eq(0, ua_stun_decode(&f.msg, f.dg.buf, f.dg.len));
	ck_assert_int_eq(0, turnbed_challenge(&f, 401, "fresh"));
	turnbed_take_signed(&f, UA_STUN_ALLOCATE);
	turnbed_grant(&f);
	turnbed_event(&f, UA_TURN_READY);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(one_icmp_is_only_a_question)
{
	struct turnbed f;

	turnbed_setup_ready(&f);
	ua_turn_error(f.turn, f.now_ms, EHOSTUNREACH);
	turnbed_take_signed(&f, UA_STUN_REFRESH);
	turnbed_grant(&f);
	turnbed_no_event(&f);
	turnbed_quiet(&f);
	turnbed_teardown(&f);
}
END_TEST


static void refresh_is_zero(const struct turnbed *f)
{
	uint32_t v = 1;

	ck_assert_int_eq(0, ua_stun_u32(&f->msg, UA_STUN_LIFETIME, &v));
	ck_assert_uint_eq(0, v);
}


static void closed(struct turnbed *f)
{
	turnbed_event(f, UA_TURN_CLOSED);
	turnbed_no_event(f);
	turnbed_quiet(f);
	ck_assert_uint_eq(UA_NEVER, ua_turn_deadline(f->turn));
}


/* _i: 0 success, 437 or 403 are as good, 438 first */
START_TEST(dealloc_outlives_the_call)
{
	static const uint16_t codes[] = { 0, 437, 403, 438 };
	const struct ua_addr peer = turnbed_addr(TURNBED_PEER);
	struct turnbed f;

	turnbed_setup_ready(&f);
	turnbed_permitted(&f, TURNBED_PEER);
	ua_turn_close(f.turn, f.now_ms);
	ua_turn_close(f.turn, f.now_ms);
	turnbed_take_signed(&f, UA_STUN_REFRESH);
	refresh_is_zero(&f);
	turnbed_quiet(&f);
	turnbed_no_event(&f);
	ck_assert_int_eq(ENOTCONN, ua_turn_permit(f.turn, f.now_ms, &peer));

	if (codes[_i] == 438) {
		ck_assert_int_eq(0, turnbed_challenge(&f, 438, "new"));
		turnbed_take_signed(&f, UA_STUN_REFRESH);
		refresh_is_zero(&f);
		turnbed_grant(&f);
	}
	else if (codes[_i]) {
		turnbed_error(&f, codes[_i]);
	}
	else {
		turnbed_grant(&f);
	}

	closed(&f);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(close_takes_three_sends_and_5_s_at_most)
{
	struct turnbed f;

	turnbed_setup_ready(&f);
	ua_turn_close(f.turn, f.now_ms);
	f.deaf = true;
	turnbed_run(&f, 5000);
	ck_assert_uint_eq(3, f.nmethod[UA_STUN_REFRESH]);
	closed(&f);
	turnbed_teardown(&f);

	/* a nonce that is always stale */
	turnbed_setup_ready(&f);
	ua_turn_close(f.turn, f.now_ms);
	f.error = 438;
	turnbed_run(&f, 5000);
	ck_assert_uint_eq(2, f.nmethod[UA_STUN_REFRESH]);
	closed(&f);
	turnbed_teardown(&f);

	/* challenged late, then silence */
	turnbed_setup_ready(&f);
	ua_turn_close(f.turn, f.now_ms);
	f.now_ms += 3000;
	ua_turn_tick(f.turn, f.now_ms);
	turnbed_take_signed(&f, UA_STUN_REFRESH);
	ck_assert_int_eq(0, turnbed_challenge(&f, 438, "new"));
	f.deaf = true;
	turnbed_run(&f, 2000);
	closed(&f);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(close_while_allocating_frees_what_may_be_there)
{
	struct turnbed f;

	turnbed_setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, turnbed_challenge(&f, 401, "n"));
	turnbed_take_signed(&f, UA_STUN_ALLOCATE);
	ua_turn_close(f.turn, f.now_ms);

	/* the late answer is nobody's now */
	turnbed_granted_put(&f);
	ck_assert_int_eq(ENOENT, turnbed_finish(&f));

	turnbed_take_signed(&f, UA_STUN_REFRESH);
	refresh_is_zero(&f);
	turnbed_grant(&f);
	closed(&f);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(close_of_an_idle_or_dead_client_is_immediate)
{
	struct turnbed f;

	/* A server that never answered is not waited for either. */
	turnbed_setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	ua_turn_close(f.turn, f.now_ms);
	closed(&f);
	turnbed_teardown(&f);

	turnbed_setup(&f);
	ua_turn_close(f.turn, f.now_ms);
	closed(&f);
	turnbed_teardown(&f);

	turnbed_setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	turnbed_error(&f, 486);
	ua_turn_close(f.turn, f.now_ms);
	closed(&f);
	turnbed_teardown(&f);
}
END_TEST


Suite *ua_suite_turnst(void)
{
	Suite *s = suite_create("turnst");
	TCase *tc = tcase_create("turnst");

	tcase_add_test(tc, mismatch_on_allocate_is_reclaimed);
	tcase_add_loop_test(
		tc, five_tuple_that_cannot_be_reclaimed_wants_a_new_socket, 0,
		4);
	tcase_add_test(tc, refresh_comes_a_minute_early);
	tcase_add_loop_test(tc, mismatch_on_refresh_means_lost, 0, 2);
	tcase_add_test(tc, mismatch_on_permission_means_lost);
	tcase_add_test(tc, lost_relay_is_asked_for_after_0_1_4_16_s);
	tcase_add_test(tc, refresh_without_answer_means_lost);
	tcase_add_test(tc, quota_ends_a_ready_relay_too);
	tcase_add_test(tc, server_restart_in_call);
	tcase_add_test(tc, one_icmp_is_only_a_question);
	tcase_add_loop_test(tc, dealloc_outlives_the_call, 0, 4);
	tcase_add_test(tc, close_takes_three_sends_and_5_s_at_most);
	tcase_add_test(tc, close_while_allocating_frees_what_may_be_there);
	tcase_add_test(tc, close_of_an_idle_or_dead_client_is_immediate);
	suite_add_tcase(s, tc);

	return s;
}
