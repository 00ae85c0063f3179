/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_turn.c  TURN client: allocations, against a scripted server */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "oom.h"
#include "turnbed.h"

Suite *ua_suite_turn(void);


START_TEST(allocation_takes_two_round_trips)
{
	const struct ua_addr relayed = turnbed_addr("192.0.2.1:50000");
	const struct ua_addr mapped = turnbed_addr("203.0.113.5:40000");
	struct turnbed f;
	uint32_t v;

	turnbed_setup(&f);
	turnbed_quiet(&f);
	ck_assert_uint_eq(UA_NEVER, ua_turn_deadline(f.turn));
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	ck_assert_int_eq(EALREADY, ua_turn_start(f.turn, f.now_ms));

	turnbed_take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0,
			 ua_stun_u32(&f.msg, UA_STUN_REQUESTED_TRANSPORT, &v));
	ck_assert_uint_eq(17U << 24, v);
	ck_assert_ptr_null(ua_stun_attr(&f.msg, UA_STUN_USERNAME, NULL));
	ck_assert_int_eq(0, turnbed_challenge(&f, 401, "n"));

	turnbed_take_signed(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, ua_stun_u32(&f.msg, UA_STUN_LIFETIME, &v));
	ck_assert_uint_eq(UA_TURN_LIFETIME_S, v);
	turnbed_quiet(&f);
	turnbed_grant(&f);

	turnbed_event(&f, UA_TURN_READY);
	ck_assert(ua_addr_eq(&relayed, &f.ev.relayed));
	ck_assert(ua_addr_eq(&mapped, &f.ev.mapped));
	ck_assert_uint_eq(UA_AF_NONE, f.ev.relayed6.af);
	ck_assert_uint_eq(600, f.ev.lifetime_s);
	ck_assert(ua_addr_eq(&relayed, ua_turn_relayed(f.turn)));
	ck_assert(ua_addr_eq(&mapped, ua_turn_mapped(f.turn)));
	turnbed_teardown(&f);
}
END_TEST


START_TEST(server_without_authentication_is_used)
{
	struct turnbed f;

	turnbed_setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	turnbed_grant(&f);
	turnbed_event(&f, UA_TURN_READY);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(allocate_gives_up_after_four_sends)
{
	static const uint64_t at[] = { 0, 500, 1500, 3500 };
	uint8_t tid[UA_STUN_TID_LEN];
	struct turnbed f;
	size_t i;

	turnbed_setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));

	for (i = 0; i < 4; i++) {
		ck_assert_uint_eq(TURNBED_T0 + at[i], f.now_ms);
		turnbed_take(&f, UA_STUN_ALLOCATE);
		if (i)
			ck_assert_mem_eq(tid, f.msg.tid, sizeof(tid));
		memcpy(tid, f.msg.tid, sizeof(tid));
		turnbed_quiet(&f);

		f.now_ms = ua_turn_deadline(f.turn) - 1;
		ua_turn_tick(f.turn, f.now_ms);
		turnbed_quiet(&f);
		turnbed_no_event(&f);
		++f.now_ms;
		ua_turn_tick(f.turn, f.now_ms);
	}

	ck_assert_uint_eq(TURNBED_T0 + 7500, f.now_ms);
	turnbed_dead(&f, 0, ETIMEDOUT);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(allocate_retransmission_keeps_its_id)
{
	uint8_t first[UA_DGRAM_MAX];
	struct turnbed f;
	size_t len;

	turnbed_setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, turnbed_challenge(&f, 401, "n"));
	turnbed_take_signed(&f, UA_STUN_ALLOCATE);
	len = f.dg.len;
	memcpy(first, f.dg.buf, len);

	f.now_ms += 500;
	ua_turn_tick(f.turn, f.now_ms);
	turnbed_take_signed(&f, UA_STUN_ALLOCATE);
	ck_assert_uint_eq(len, f.dg.len);
	ck_assert_mem_eq(first, f.dg.buf, len);
	turnbed_grant(&f);
	turnbed_event(&f, UA_TURN_READY);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(two_families_in_one_request)
{
	const struct ua_addr ip4 = turnbed_addr("192.0.2.1:50000");
	const struct ua_addr ip6 = turnbed_addr("[2001:db8::1]:50001");
	struct ua_turn_conf conf = turnbed_conf_default();
	struct turnbed f;
	uint32_t v = 0;

	conf.family = UA_TURN_BOTH;
	turnbed_setup_conf(&f, &conf);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(
		0, ua_stun_u32(&f.msg, UA_STUN_ADDITIONAL_ADDRESS_FAMILY, &v));
	ck_assert_uint_eq(2U << 24, v);

	if (_i == 0) { /* both */
		turnbed_granted_put(&f);
		ua_stun_put_addr(&f.wr, UA_STUN_XOR_RELAYED_ADDRESS, &ip6);
		ck_assert_int_eq(0, turnbed_finish(&f));
	}
	else if (_i == 1) { /* attribute ignored */
		turnbed_grant(&f);
	}
	else { /* attribute, or family, not known */
		turnbed_error(&f, _i == 2 ? 440 : 420);
		turnbed_take(&f, UA_STUN_ALLOCATE);
		ck_assert_ptr_null(ua_stun_attr(
			&f.msg, UA_STUN_ADDITIONAL_ADDRESS_FAMILY, NULL));
		turnbed_grant(&f);
	}

	turnbed_event(&f, UA_TURN_READY);
	ck_assert(ua_addr_eq(&ip4, &f.ev.relayed));
	ck_assert_uint_eq(_i ? UA_AF_NONE : UA_AF_IP6, f.ev.relayed6.af);
	if (!_i)
		ck_assert(ua_addr_eq(&ip6, ua_turn_relayed6(f.turn)));

	ck_assert_int_eq(_i ? EAFNOSUPPORT : 0,
			 ua_turn_permit(f.turn, f.now_ms, &ip6));
	turnbed_teardown(&f);
}
END_TEST


/* coturn says so of a family that it has not. */
START_TEST(family_that_is_any_address_is_not_there)
{
	const struct ua_addr any = turnbed_addr("[::]:0");
	struct ua_turn_conf conf = turnbed_conf_default();
	struct turnbed f;

	conf.family = UA_TURN_BOTH;
	turnbed_setup_conf(&f, &conf);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	turnbed_granted_put(&f);
	ua_stun_put_addr(&f.wr, UA_STUN_XOR_RELAYED_ADDRESS, &any);
	ck_assert_int_eq(0, turnbed_finish(&f));
	turnbed_event(&f, UA_TURN_READY);
	ck_assert_uint_eq(UA_AF_IP4, f.ev.relayed.af);
	ck_assert_uint_eq(UA_AF_NONE, f.ev.relayed6.af);
	ck_assert_int_eq(UA_TURN_BOTH, ua_turn_family(f.turn));
	turnbed_teardown(&f);
}
END_TEST


/* A server that cannot do the default is asked for the other (18.9). */
START_TEST(server_of_ipv6_alone_gives_that)
{
	struct ua_turn_conf conf = turnbed_conf_default();
	struct turnbed f;
	uint32_t v = 0;

	conf.family = UA_TURN_BOTH;
	turnbed_setup_conf(&f, &conf);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	turnbed_error(&f, 440);
	turnbed_take(&f, UA_STUN_ALLOCATE);
	turnbed_error(&f, 440);
	turnbed_take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(
		0, ua_stun_u32(&f.msg, UA_STUN_REQUESTED_ADDRESS_FAMILY, &v));
	ck_assert_uint_eq(2U << 24, v);
	turnbed_error(&f, 440);
	turnbed_dead(&f, 440, EPROTO);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(ipv6_relay_is_asked_for)
{
	struct ua_turn_conf conf = turnbed_conf_default();
	struct turnbed f;
	uint32_t v = 0;

	conf.family = UA_TURN_IP6;
	turnbed_setup_conf(&f, &conf);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(
		0, ua_stun_u32(&f.msg, UA_STUN_REQUESTED_ADDRESS_FAMILY, &v));
	ck_assert_uint_eq(2U << 24, v);
	turnbed_error(&f, 440);
	turnbed_dead(&f, 440, EPROTO);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(unreachable_server_ends_gathering_early)
{
	struct turnbed f;

	turnbed_setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	ua_turn_error(f.turn, f.now_ms, EPERM);
	ua_turn_error(f.turn, f.now_ms, EAGAIN);
	ua_turn_error(f.turn, f.now_ms, ECONNREFUSED);
	turnbed_no_event(&f);
	f.now_ms += 500;
	ua_turn_tick(f.turn, f.now_ms);
	turnbed_take(&f, UA_STUN_ALLOCATE);
	ua_turn_error(f.turn, f.now_ms, ECONNREFUSED);
	turnbed_dead(&f, 0, ECONNREFUSED);
	ua_turn_error(f.turn, f.now_ms, ECONNREFUSED);
	turnbed_no_event(&f);
	turnbed_teardown(&f);
}
END_TEST


/* -- Over TCP and TLS ----------------------------------------------------- */

static void setup_stream(struct turnbed *f)
{
	struct ua_turn_conf conf = turnbed_conf_default();

	conf.stream = true;
	turnbed_setup_conf(f, &conf);
}


START_TEST(stream_sends_once_and_waits_8_s)
{
	struct turnbed f;

	setup_stream(&f);
	ck_assert(!ua_turn_wants(f.turn));
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	ck_assert(ua_turn_wants(f.turn));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	ck_assert(!ua_turn_wants(f.turn));

	ck_assert_uint_eq(TURNBED_T0 + 8000, ua_turn_deadline(f.turn));
	f.now_ms = TURNBED_T0 + 7999;
	ua_turn_tick(f.turn, f.now_ms);
	turnbed_quiet(&f);
	turnbed_no_event(&f);
	++f.now_ms;
	ua_turn_tick(f.turn, f.now_ms);
	turnbed_dead(&f, 0, ETIMEDOUT);
	turnbed_teardown(&f);
}
END_TEST


/* _i: bytes of payload */
START_TEST(channel_data_is_padded_in_a_stream_alone)
{
	const size_t len = 1 + (size_t)_i;
	static const uint8_t zeros[3];
	struct turnbed f;
	uint16_t number;

	setup_stream(&f);
	turnbed_ready(&f);
	number = turnbed_channel_ask(&f, TURNBED_PEER);
	turnbed_grant(&f);
	turnbed_send_to(&f, TURNBED_PEER, len, 0);
	ck_assert_uint_eq(4 + (len + 3) / 4 * 4, f.out.len);
	ck_assert_uint_eq(number, (unsigned)f.out.buf[0] << 8 | f.out.buf[1]);
	ck_assert_uint_eq(len, (unsigned)f.out.buf[2] << 8 | f.out.buf[3]);
	ck_assert_mem_eq(zeros, f.out.buf + 4 + len, f.out.len - 4 - len);
	turnbed_teardown(&f);

	turnbed_setup_ready(&f);
	(void)turnbed_channel_ask(&f, TURNBED_PEER);
	turnbed_grant(&f);
	turnbed_send_to(&f, TURNBED_PEER, len, 0);
	ck_assert_uint_eq(4 + len, f.out.len);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(connection_that_does_not_come_ends_it)
{
	struct turnbed f;

	setup_stream(&f);
	ua_turn_broken(f.turn, f.now_ms, ECONNREFUSED);
	turnbed_no_event(&f);

	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	ua_turn_broken(f.turn, f.now_ms, ECONNREFUSED);
	turnbed_dead(&f, 0, ECONNREFUSED);
	ua_turn_broken(f.turn, f.now_ms, ECONNREFUSED);
	turnbed_no_event(&f);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(connection_that_breaks_is_lost_and_asked_for_again)
{
	struct turnbed f;

	setup_stream(&f);
	turnbed_ready(&f);
	ua_turn_broken(f.turn, f.now_ms, ECONNRESET);
	turnbed_event(&f, UA_TURN_LOST);
	ck_assert(ua_turn_wants(f.turn));

	/* The next connection is refused: not before a second is over. */
	turnbed_take_signed(&f, UA_STUN_ALLOCATE);
	ua_turn_broken(f.turn, f.now_ms, ECONNREFUSED);
	turnbed_no_event(&f);
	turnbed_quiet(&f);
	ck_assert_uint_eq(f.now_ms + 1000, ua_turn_deadline(f.turn));

	/* Nobody tries now, so nothing breaks. */
	ua_turn_broken(f.turn, f.now_ms, ECONNREFUSED);
	ck_assert_uint_eq(f.now_ms + 1000, ua_turn_deadline(f.turn));

	f.now_ms += 1000;
	ua_turn_tick(f.turn, f.now_ms);
	turnbed_take_signed(&f, UA_STUN_ALLOCATE);
	turnbed_grant(&f);
	turnbed_event(&f, UA_TURN_READY);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(connection_that_breaks_in_the_goodbye_ends_it)
{
	struct turnbed f;

	setup_stream(&f);
	turnbed_ready(&f);
	ua_turn_close(f.turn, f.now_ms);
	turnbed_take_signed(&f, UA_STUN_REFRESH);
	ua_turn_broken(f.turn, f.now_ms, ECONNRESET);
	turnbed_event(&f, UA_TURN_CLOSED);
	turnbed_quiet(&f);
	turnbed_teardown(&f);
}
END_TEST


/* -- What it knows of its server ------------------------------------------ */

START_TEST(least_round_trip_is_kept)
{
	struct turnbed f;

	turnbed_setup(&f);
	ck_assert(!ua_turn_heard(f.turn));
	ck_assert_uint_eq(UINT32_MAX, ua_turn_rtt_ms(f.turn));
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);

	f.now_ms += 70;
	ck_assert_int_eq(0, turnbed_challenge(&f, 401, "n"));
	ck_assert(ua_turn_heard(f.turn));
	ck_assert_uint_eq(70, ua_turn_rtt_ms(f.turn));

	turnbed_take_signed(&f, UA_STUN_ALLOCATE);
	f.now_ms += 30;
	turnbed_grant(&f);
	ck_assert_uint_eq(30, ua_turn_rtt_ms(f.turn));
	turnbed_teardown(&f);
}
END_TEST


START_TEST(answer_to_one_of_two_sends_measures_nothing)
{
	struct turnbed f;

	turnbed_setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	f.now_ms += 500;
	ua_turn_tick(f.turn, f.now_ms);
	turnbed_take(&f, UA_STUN_ALLOCATE);
	f.now_ms += 1;
	ck_assert_int_eq(0, turnbed_challenge(&f, 401, "n"));
	ck_assert_uint_eq(UINT32_MAX, ua_turn_rtt_ms(f.turn));
	turnbed_teardown(&f);
}
END_TEST


static int alloc_and_free(void *arg)
{
	const struct ua_turn_conf *conf = arg;
	struct ua_turn *turn;
	const int err = ua_turn_alloc(&turn, conf);

	if (!err)
		mem_deref(turn);

	return err;
}


START_TEST(no_memory_for_a_client)
{
	struct ua_turn_conf conf = turnbed_conf_default();

	turnbed_rand.fill = turnbed_fill;
	ua_oom_walk(alloc_and_free, &conf);
}
END_TEST


/* Memory runs out in the middle, and comes back: nothing hangs. */
START_TEST(no_memory_for_a_while_is_a_lost_packet)
{
	struct turnbed f;
	bool sent;
	int err;

	if (!ua_oom_works())
		return;

	turnbed_setup_ready(&f);
	f.now_ms = ua_turn_deadline(f.turn);
	ua_turn_tick(f.turn, f.now_ms);
	ua_oom_limit(0);
	sent = ua_turn_output(f.turn, f.now_ms, &f.dg);
	ua_oom_limit(-1);
	ck_assert(!sent);

	f.now_ms += 500;
	ua_turn_tick(f.turn, f.now_ms);
	turnbed_take_signed(&f, UA_STUN_REFRESH);
	turnbed_granted_put(&f);
	ck_assert_int_eq(0, ua_stun_end(&f.wr, f.key, sizeof(f.key), true));
	ua_oom_limit(0);
	err = turnbed_input_from(&f, &f.server, f.buf, f.wr.pos);
	ua_oom_limit(-1);
	ck_assert_int_eq(ENOMEM, err);
	ck_assert_int_eq(0,
			 turnbed_input_from(&f, &f.server, f.buf, f.wr.pos));
	turnbed_no_event(&f);
	turnbed_teardown(&f);
}
END_TEST


Suite *ua_suite_turn(void)
{
	Suite *s = suite_create("turn");
	TCase *tc = tcase_create("turn");

	tcase_add_test(tc, allocation_takes_two_round_trips);
	tcase_add_test(tc, server_without_authentication_is_used);
	tcase_add_test(tc, allocate_gives_up_after_four_sends);
	tcase_add_test(tc, allocate_retransmission_keeps_its_id);
	tcase_add_loop_test(tc, two_families_in_one_request, 0, 4);
	tcase_add_test(tc, family_that_is_any_address_is_not_there);
	tcase_add_test(tc, server_of_ipv6_alone_gives_that);
	tcase_add_test(tc, ipv6_relay_is_asked_for);
	tcase_add_test(tc, unreachable_server_ends_gathering_early);
	tcase_add_test(tc, stream_sends_once_and_waits_8_s);
	tcase_add_loop_test(tc, channel_data_is_padded_in_a_stream_alone, 0,
			    5);
	tcase_add_test(tc, connection_that_does_not_come_ends_it);
	tcase_add_test(tc, connection_that_breaks_is_lost_and_asked_for_again);
	tcase_add_test(tc, connection_that_breaks_in_the_goodbye_ends_it);
	tcase_add_test(tc, least_round_trip_is_kept);
	tcase_add_test(tc, answer_to_one_of_two_sends_measures_nothing);
	tcase_add_test(tc, no_memory_for_a_client);
	tcase_add_test(tc, no_memory_for_a_while_is_a_lost_packet);
	suite_add_tcase(s, tc);

	return s;
}
