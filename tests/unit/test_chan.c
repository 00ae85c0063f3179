/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_chan.c  TURN channels, and data with and without them */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "turnbed.h"

Suite *ua_suite_chan(void);


START_TEST(data_goes_by_indication_until_a_channel_is_bound)
{
	struct ua_addr peer = turnbed_addr(TURNBED_PEER);
	struct ua_addr got;
	struct ua_stun msg;
	const uint8_t *p;
	uint16_t number;
	struct turnbed f;
	size_t len;

	turnbed_setup_ready(&f);
	turnbed_send_to(&f, TURNBED_PEER, 7, ENOENT);
	turnbed_permitted(&f, TURNBED_PEER);
	number = turnbed_channel_ask(&f, TURNBED_PEER);

	turnbed_send_to(&f, TURNBED_PEER, 7, 0);
	ck_assert_int_eq(0, ua_stun_decode(&msg, f.out.buf, f.out.len));
	ck_assert_uint_eq(UA_STUN_INDICATION, msg.cls);
	ck_assert_uint_eq(UA_STUN_SEND, msg.method);
	ck_assert_int_eq(0,
			 ua_stun_addr(&msg, UA_STUN_XOR_PEER_ADDRESS, &got));
	ck_assert(ua_addr_eq(&peer, &got));
	p = ua_stun_attr(&msg, UA_STUN_DATA_ATTR, &len);
	ck_assert_uint_eq(7, len);
	ck_assert_mem_eq("payload", p, len);
	ck_assert(ua_addr_eq(&f.server, &f.out.path.remote));

	turnbed_grant(&f);
	turnbed_event_peer(&f, UA_TURN_CHANNEL, TURNBED_PEER);
	turnbed_send_to(&f, TURNBED_PEER, 7, 0);
	ck_assert_uint_eq(4 + 7, f.out.len);
	ck_assert_uint_eq(number,
			  (unsigned)(f.out.buf[0] << 8 | f.out.buf[1]));
	ck_assert_uint_eq(7, (unsigned)(f.out.buf[2] << 8 | f.out.buf[3]));
	ck_assert_mem_eq("payload", f.out.buf + 4, 7);

	/* Another port of that IP has the permission, not the channel. */
	turnbed_send_to(&f, "198.51.100.7:7001", 7, 0);
	ck_assert_uint_eq(0, f.out.buf[0]);

	turnbed_send_to(&f, TURNBED_PEER, UA_DGRAM_MAX - 4, 0);
	turnbed_send_to(&f, TURNBED_PEER, UA_DGRAM_MAX - 3, EMSGSIZE);
	turnbed_send_to(&f, "198.51.100.7:7001",
			UA_DGRAM_MAX - UA_TURN_OVERHEAD, 0);
	turnbed_send_to(&f, "198.51.100.7:7001", UA_DGRAM_MAX - 20, EMSGSIZE);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(payload_comes_out_in_place)
{
	const struct ua_addr peer = turnbed_addr(TURNBED_PEER);
	const struct ua_addr stranger = turnbed_addr("198.51.100.8:7000");
	uint8_t ch[] = { 0, 0, 0, 5, 'h', 'e', 'l', 'l', 'o', 0, 0, 0 };
	uint16_t number;
	struct turnbed f;

	turnbed_setup_ready(&f);
	number = turnbed_channel_ask(&f, TURNBED_PEER);
	turnbed_grant(&f);
	turnbed_event_peer(&f, UA_TURN_PERMITTED, "198.51.100.7:0");
	turnbed_event_peer(&f, UA_TURN_CHANNEL, TURNBED_PEER);

	f.msg.method = UA_STUN_DATA;
	turnbed_begin(&f, UA_STUN_INDICATION);
	ua_stun_put_addr(&f.wr, UA_STUN_XOR_PEER_ADDRESS, &peer);
	ua_stun_put(&f.wr, UA_STUN_DATA_ATTR, "abc", 3);
	f.msg.integrity = 0;
	ck_assert_int_eq(0, turnbed_finish(&f));
	ck_assert_uint_eq(3, f.data.len);
	ck_assert_mem_eq("abc", f.data.buf, 3);
	ck_assert(f.data.buf > f.buf && f.data.buf < f.buf + f.wr.pos);
	ck_assert(ua_addr_eq(&peer, &f.data.peer));

	ch[0] = (uint8_t)(number >> 8);
	ch[1] = (uint8_t)number;
	ck_assert_int_eq(0, turnbed_input_from(&f, &f.server, ch, sizeof(ch)));
	ck_assert_uint_eq(5, f.data.len);
	ck_assert_ptr_eq(ch + 4, f.data.buf);
	ck_assert(ua_addr_eq(&peer, &f.data.peer));

	/* too short, of nobody, from elsewhere, from a stranger */
	ck_assert_int_eq(EBADMSG, turnbed_input_from(&f, &f.server, ch, 8));
	ck_assert_int_eq(EBADMSG, turnbed_input_from(&f, &f.server, ch, 3));
	ch[1] ^= 1;
	ck_assert_int_eq(EACCES,
			 turnbed_input_from(&f, &f.server, ch, sizeof(ch)));
	ch[1] ^= 1;
	ck_assert_int_eq(ENOENT,
			 turnbed_input_from(&f, &peer, ch, sizeof(ch)));
	ck_assert_uint_eq(0, f.data.len);
	turnbed_begin(&f, UA_STUN_INDICATION);
	ua_stun_put_addr(&f.wr, UA_STUN_XOR_PEER_ADDRESS, &stranger);
	ua_stun_put(&f.wr, UA_STUN_DATA_ATTR, "abc", 3);
	ck_assert_int_eq(EACCES, turnbed_finish(&f));
	ck_assert_uint_eq(0, f.data.len);

	/* no peer, no data; but news of ICMP are no error */
	turnbed_begin(&f, UA_STUN_INDICATION);
	ua_stun_put(&f.wr, UA_STUN_DATA_ATTR, "abc", 3);
	ck_assert_int_eq(EBADMSG, turnbed_finish(&f));
	turnbed_begin(&f, UA_STUN_INDICATION);
	ua_stun_put_addr(&f.wr, UA_STUN_XOR_PEER_ADDRESS, &peer);
	ck_assert_int_eq(EBADMSG, turnbed_finish(&f));
	turnbed_begin(&f, UA_STUN_INDICATION);
	ua_stun_put_addr(&f.wr, UA_STUN_XOR_PEER_ADDRESS, &peer);
	ua_stun_put_u32(&f.wr, 0x8004, 0x0303);
	ck_assert_int_eq(0, turnbed_finish(&f));
	ck_assert_uint_eq(0, f.data.len);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(channel_refresh_renews_permission)
{
	struct turnbed f;

	turnbed_setup_ready(&f);
	(void)turnbed_channel_ask(&f, TURNBED_PEER);
	turnbed_grant(&f);
	turnbed_event(&f, UA_TURN_PERMITTED);
	turnbed_event(&f, UA_TURN_CHANNEL);

	turnbed_run(&f, 660000);
	ck_assert_uint_eq(2, f.nmethod[UA_STUN_CHANNEL_BIND]);
	ck_assert_uint_eq(0, f.nmethod[UA_STUN_CREATE_PERMISSION]);
	turnbed_no_event(&f);
	turnbed_send_to(&f, TURNBED_PEER, 7, 0);
	ck_assert_uint_eq(11, f.out.len);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(channel_number_survives_a_lost_answer)
{
	const struct ua_addr peer = turnbed_addr(TURNBED_PEER);
	uint16_t number;
	uint32_t v = 0;
	struct turnbed f;

	turnbed_setup_ready(&f);
	number = turnbed_channel_ask(&f, TURNBED_PEER);

	/* The server has bound it, the answers are lost: 39.5 s. */
	f.deaf = true;
	turnbed_run(&f, 39500);
	f.deaf = false;
	turnbed_run(&f, 1000);
	turnbed_send_to(&f, TURNBED_PEER, 7, 0);
	ck_assert_uint_eq(0, f.out.buf[0]);
	ck_assert_int_eq(EAGAIN, ua_turn_channel(f.turn, f.now_ms, &peer));

	turnbed_run(&f, UA_CHAN_COOL_MS);
	while (ua_turn_event(f.turn, &f.ev))
		ck_assert_int_eq(UA_TURN_PERMITTED, f.ev.type);

	ck_assert_uint_eq(number, turnbed_channel_ask(&f, TURNBED_PEER));
	ck_assert_int_eq(0, ua_stun_u32(&f.msg, UA_STUN_CHANNEL_NUMBER, &v));
	turnbed_grant(&f);
	turnbed_event_peer(&f, UA_TURN_CHANNEL, TURNBED_PEER);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(forgotten_channel_keeps_its_number)
{
	const struct ua_addr peer = turnbed_addr(TURNBED_PEER);
	uint16_t number;
	struct turnbed f;

	turnbed_setup_ready(&f);
	number = turnbed_channel_ask(&f, TURNBED_PEER);
	turnbed_grant(&f);
	ua_turn_forget(f.turn, f.now_ms, &peer);
	turnbed_run(&f, 400000);
	ck_assert_uint_eq(0, f.nmethod[UA_STUN_CHANNEL_BIND]);
	ck_assert_uint_eq(number, turnbed_channel_ask(&f, TURNBED_PEER));
	turnbed_teardown(&f);
}
END_TEST


START_TEST(channel_slots_go_to_others_after_15_min)
{
	struct ua_addr peer = turnbed_addr("198.51.100.0:9");
	uint16_t first;
	struct turnbed f;
	char str[32];
	int i;

	turnbed_setup_ready(&f);
	first = turnbed_channel_ask(&f, "198.51.100.0:9");
	turnbed_grant(&f);

	for (i = 1; i < UA_CHAN_MAX; i++) {
		(void)snprintf(str, sizeof(str), "198.51.100.%d:9", i);
		ck_assert_uint_eq(first + (unsigned)i,
				  turnbed_channel_ask(&f, str));
		turnbed_grant(&f);
	}

	ua_turn_forget(f.turn, f.now_ms, &peer);
	peer = turnbed_addr("198.51.100.99:9");
	ck_assert_int_eq(ENOSPC, ua_turn_channel(f.turn, f.now_ms, &peer));
	turnbed_run(&f, UA_CHAN_REUSE_MS);
	while (ua_turn_event(f.turn, &f.ev))
		;

	/* A new peer never gets an old number. */
	ck_assert_uint_eq(first + UA_CHAN_MAX,
			  turnbed_channel_ask(&f, "198.51.100.99:9"));
	turnbed_teardown(&f);
}
END_TEST


START_TEST(channel_refused_for_the_peer_denies_it)
{
	struct turnbed f;

	turnbed_setup_ready(&f);
	(void)turnbed_channel_ask(&f, TURNBED_PEER);
	turnbed_error(&f, 403);
	turnbed_event_peer(&f, UA_TURN_DENIED, "198.51.100.7:0");
	ck_assert_uint_eq(403, f.ev.code);
	turnbed_no_event(&f);
	turnbed_send_to(&f, TURNBED_PEER, 7, EACCES);

	/* nobody else is touched */
	turnbed_permitted(&f, "198.51.100.8:1");
	turnbed_teardown(&f);
}
END_TEST


START_TEST(stale_nonce_hits_all_requests_under_way)
{
	const struct ua_addr a = turnbed_addr("198.51.100.1:1");
	uint8_t tids[2][UA_STUN_TID_LEN];
	struct turnbed f;

	turnbed_setup_ready(&f);
	ck_assert_int_eq(0, ua_turn_permit(f.turn, f.now_ms, &a));
	f.now_ms += 20;
	ua_turn_tick(f.turn, f.now_ms);
	turnbed_take_signed(&f, UA_STUN_CREATE_PERMISSION);
	memcpy(tids[0], f.msg.tid, sizeof(tids[0]));
	(void)turnbed_channel_ask(&f, TURNBED_PEER);
	memcpy(tids[1], f.msg.tid, sizeof(tids[1]));

	ck_assert_int_eq(0, turnbed_challenge(&f, 438, "new"));
	turnbed_take_signed(&f, UA_STUN_CHANNEL_BIND);
	ck_assert_mem_ne(tids[1], f.msg.tid, sizeof(tids[1]));
	turnbed_grant(&f);
	turnbed_event(&f, UA_TURN_PERMITTED);
	turnbed_event(&f, UA_TURN_CHANNEL);

	f.msg.method = UA_STUN_CREATE_PERMISSION;
	f.msg.tid = tids[0];
	ck_assert_int_eq(0, turnbed_challenge(&f, 438, "new"));
	turnbed_take_signed(&f, UA_STUN_CREATE_PERMISSION);
	turnbed_grant(&f);
	turnbed_event(&f, UA_TURN_PERMITTED);
	turnbed_quiet(&f);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(refused_channel_move_changes_nothing)
{
	const uint8_t from = (uint8_t)(1 + _i / UA_CHAN_NEVENT);
	struct ua_chan chan = { .state = from, .number = 7, .tell = true };
	const struct ua_chan before = chan;

	if (ua_chan_step(&chan, (enum ua_chan_ev)(_i % UA_CHAN_NEVENT)) ==
	    EPROTO)
		ck_assert_mem_eq(&before, &chan, sizeof(chan));
	else
		ck_assert_uint_ne(UA_CHAN_NONE, chan.state);
}
END_TEST


Suite *ua_suite_chan(void)
{
	Suite *s = suite_create("chan");
	TCase *tc = tcase_create("chan");

	tcase_add_test(tc, data_goes_by_indication_until_a_channel_is_bound);
	tcase_add_test(tc, payload_comes_out_in_place);
	tcase_add_test(tc, channel_refresh_renews_permission);
	tcase_add_test(tc, channel_number_survives_a_lost_answer);
	tcase_add_test(tc, forgotten_channel_keeps_its_number);
	tcase_add_test(tc, channel_slots_go_to_others_after_15_min);
	tcase_add_test(tc, channel_refused_for_the_peer_denies_it);
	tcase_add_test(tc, stale_nonce_hits_all_requests_under_way);
	tcase_add_loop_test(tc, refused_channel_move_changes_nothing, 0,
			    (UA_CHAN_NSTATE - 1) * UA_CHAN_NEVENT);
	suite_add_tcase(s, tc);

	return s;
}
