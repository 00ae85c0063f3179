/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_turnans.c  What a TURN server answers, right and wrong */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "turnbed.h"

Suite *ua_suite_turnans(void);


/* _i: codes after which this server is of no use */
static const uint16_t fatal[] = { 400, 403, 405, 420, 440, 441,
				  442, 486, 508, 600, 699 };

START_TEST(refused_allocate_uses_the_other_server)
{
	struct turnbed f;

	turnbed_setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, turnbed_challenge(&f, 401, "n"));
	turnbed_take_signed(&f, UA_STUN_ALLOCATE);
	turnbed_error(&f, fatal[_i]);
	turnbed_dead(&f, fatal[_i],
		     fatal[_i] == 403 || fatal[_i] == 441 ? EACCES : EPROTO);

	turnbed_run(&f, 3600000);
	ck_assert_uint_eq(0, f.nsend);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(server_error_is_tried_again_twice)
{
	struct turnbed f;
	int i;

	turnbed_setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));

	for (i = 0; i < 3; i++) {
		turnbed_take(&f, UA_STUN_ALLOCATE);
		turnbed_error(&f, 500);
		turnbed_quiet(&f);
		if (i == 2)
			break;

		ck_assert_uint_eq(f.now_ms + 1000, ua_turn_deadline(f.turn));
		f.now_ms += 1000;
		ua_turn_tick(f.turn, f.now_ms);
	}

	turnbed_dead(&f, 500, EPROTO);
	turnbed_teardown(&f);
}
END_TEST


static void redirect(struct turnbed *f, const char *to)
{
	const struct ua_addr a = turnbed_addr(to);

	turnbed_error_begin(f, 300);
	ua_stun_put_addr(&f->wr, UA_STUN_ALTERNATE_SERVER, &a);
	ck_assert_int_eq(0, turnbed_finish(f));
}


START_TEST(alternate_server_is_followed)
{
	const struct ua_addr old = turnbed_addr("192.0.2.1:3478");
	struct turnbed f;

	turnbed_setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, turnbed_challenge(&f, 401, "n"));
	turnbed_take_signed(&f, UA_STUN_ALLOCATE);
	redirect(&f, "192.0.2.2:3479");

	f.server = turnbed_addr("192.0.2.2:3479");
	ck_assert(ua_addr_eq(&f.server, ua_turn_server(f.turn)));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	ck_assert_uint_eq(0, f.msg.integrity);

	/* The old one is nobody now. */
	turnbed_granted_put(&f);
	ck_assert_int_eq(0, ua_stun_end(&f.wr, NULL, 0, false));
	ck_assert_int_eq(ENOENT,
			 turnbed_input_from(&f, &old, f.buf, f.wr.pos));

	ck_assert_int_eq(0, turnbed_challenge(&f, 401, "o"));
	turnbed_take_signed(&f, UA_STUN_ALLOCATE);
	turnbed_grant(&f);
	turnbed_event(&f, UA_TURN_READY);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(alternate_server_loop_ends)
{
	struct turnbed f;

	turnbed_setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	redirect(&f, "192.0.2.2:3478");
	f.server = turnbed_addr("192.0.2.2:3478");
	turnbed_take(&f, UA_STUN_ALLOCATE);
	redirect(&f, "192.0.2.1:3478");
	turnbed_dead(&f, 300, EPROTO);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(alternate_servers_are_three_at_most)
{
	char to[32];
	struct turnbed f;
	int i;

	turnbed_setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));

	for (i = 0; i < 4; i++) {
		turnbed_take(&f, UA_STUN_ALLOCATE);
		(void)snprintf(to, sizeof(to), "192.0.2.%d:3478", i + 10);
		redirect(&f, to);
		f.server = turnbed_addr(to);
	}

	turnbed_dead(&f, 300, EPROTO);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(alternate_server_of_the_other_family_is_refused)
{
	struct turnbed f;

	turnbed_setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	redirect(&f, "[2001:db8::2]:3478");
	turnbed_dead(&f, 300, EPROTO);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(answers_from_elsewhere_are_ignored)
{
	const struct ua_addr other = turnbed_addr("192.0.2.1:3479");
	const struct ua_addr host = turnbed_addr("192.0.2.9:3478");
	struct turnbed f;

	turnbed_setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	turnbed_granted_put(&f);
	ck_assert_int_eq(0, ua_stun_end(&f.wr, NULL, 0, false));
	ck_assert_int_eq(ENOENT,
			 turnbed_input_from(&f, &other, f.buf, f.wr.pos));
	ck_assert_int_eq(ENOENT,
			 turnbed_input_from(&f, &host, f.buf, f.wr.pos));
	turnbed_no_event(&f);
	ck_assert_int_eq(0,
			 turnbed_input_from(&f, &f.server, f.buf, f.wr.pos));
	turnbed_event(&f, UA_TURN_READY);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(answers_to_others_are_left_alone)
{
	static const uint8_t rtp[] = { 0x80, 0, 0, 1 };
	struct turnbed f;

	turnbed_setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);

	/* the id of nobody's request; the right id, but another method */
	f.dg.buf[8] ^= 1;
	turnbed_granted_put(&f);
	ck_assert_int_eq(ENOENT, turnbed_finish(&f));
	f.dg.buf[8] ^= 1;
	f.msg.method = UA_STUN_BINDING;
	turnbed_granted_put(&f);
	ck_assert_int_eq(ENOENT, turnbed_finish(&f));
	ck_assert_int_eq(ENOENT,
			 turnbed_input_from(&f, &f.server, rtp, sizeof(rtp)));
	ck_assert_int_eq(ENOENT, turnbed_input_from(&f, &f.server, rtp, 0));
	turnbed_no_event(&f);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(forged_answers_are_refused)
{
	struct turnbed f;

	turnbed_setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	ck_assert_int_eq(0, turnbed_challenge(&f, 401, "n"));
	turnbed_take_signed(&f, UA_STUN_ALLOCATE);

	turnbed_granted_put(&f);
	ck_assert_int_eq(0, ua_stun_end(&f.wr, NULL, 0, true));
	ck_assert_int_eq(EACCES,
			 turnbed_input_from(&f, &f.server, f.buf, f.wr.pos));

	f.key[0] ^= 1;
	turnbed_granted_put(&f);
	ck_assert_int_eq(EACCES, turnbed_finish(&f));
	turnbed_error_begin(&f, 486);
	ck_assert_int_eq(EACCES, turnbed_finish(&f));
	f.key[0] ^= 1;

	turnbed_no_event(&f);
	turnbed_grant(&f);
	turnbed_event(&f, UA_TURN_READY);
	turnbed_teardown(&f);
}
END_TEST


START_TEST(useless_grants_are_refused)
{
	static const char *const relayed[] = { "0.0.0.0:5000", "192.0.2.1:0",
					       "224.0.0.1:5000", NULL, NULL };
	struct ua_addr a;
	struct turnbed f;

	turnbed_setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	turnbed_begin(&f, UA_STUN_SUCCESS);
	if (relayed[_i]) {
		a = turnbed_addr(relayed[_i]);
		ua_stun_put_addr(&f.wr, UA_STUN_XOR_RELAYED_ADDRESS, &a);
	}
	else if (_i == 4) {
		a = turnbed_addr("192.0.2.1:5000");
		ua_stun_put_addr(&f.wr, UA_STUN_XOR_RELAYED_ADDRESS, &a);
		ua_stun_put_u32(&f.wr, UA_STUN_LIFETIME, 0);
	}
	ck_assert_int_eq(EBADMSG, turnbed_finish(&f));
	turnbed_no_event(&f);

	turnbed_grant(&f);
	turnbed_event(&f, UA_TURN_READY);
	turnbed_teardown(&f);
}
END_TEST


static void every_cut(struct turnbed *f)
{
	uint8_t *copy;
	size_t len;

	for (len = 1; len < f->wr.pos; len++) {
		copy = malloc(len);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, f->buf, len);
		ck_assert_int_ne(0,
				 turnbed_input_from(f, &f->server, copy, len));
		ck_assert_uint_eq(0, f->data.len);
		free(copy);
	}

	turnbed_no_event(f);
	turnbed_quiet(f);
}


START_TEST(every_truncation_of_every_message)
{
	const struct ua_addr peer = turnbed_addr("198.51.100.7:7000");
	struct turnbed f;

	turnbed_setup(&f);
	ck_assert_int_eq(0, ua_turn_start(f.turn, f.now_ms));
	turnbed_take(&f, UA_STUN_ALLOCATE);
	turnbed_granted_put(&f);
	ck_assert_int_eq(0, ua_stun_end(&f.wr, NULL, 0, true));
	every_cut(&f);
	turnbed_error_begin(&f, 401);
	ua_stun_put(&f.wr, UA_STUN_REALM, TURNBED_REALM,
		    strlen(TURNBED_REALM));
	ua_stun_put(&f.wr, UA_STUN_NONCE, "n", 1);
	ck_assert_int_eq(0, ua_stun_end(&f.wr, NULL, 0, true));
	every_cut(&f);
	turnbed_grant(&f);
	turnbed_event(&f, UA_TURN_READY);

	turnbed_permitted(&f, "198.51.100.7:7000");
	f.msg.method = UA_STUN_DATA;
	turnbed_begin(&f, UA_STUN_INDICATION);
	ua_stun_put_addr(&f.wr, UA_STUN_XOR_PEER_ADDRESS, &peer);
	ua_stun_put(&f.wr, UA_STUN_DATA_ATTR, "abc", 3);
	ck_assert_int_eq(0, ua_stun_end(&f.wr, NULL, 0, false));
	every_cut(&f);
	turnbed_teardown(&f);
}
END_TEST


Suite *ua_suite_turnans(void)
{
	Suite *s = suite_create("turnans");
	TCase *tc = tcase_create("turnans");

	tcase_add_loop_test(tc, refused_allocate_uses_the_other_server, 0,
			    (int)(sizeof(fatal) / sizeof(fatal[0])));
	tcase_add_test(tc, server_error_is_tried_again_twice);
	tcase_add_test(tc, alternate_server_is_followed);
	tcase_add_test(tc, alternate_server_loop_ends);
	tcase_add_test(tc, alternate_servers_are_three_at_most);
	tcase_add_test(tc, alternate_server_of_the_other_family_is_refused);
	tcase_add_test(tc, answers_from_elsewhere_are_ignored);
	tcase_add_test(tc, answers_to_others_are_left_alone);
	tcase_add_test(tc, forged_answers_are_refused);
	tcase_add_loop_test(tc, useless_grants_are_refused, 0, 5);
	tcase_add_test(tc, every_truncation_of_every_message);
	suite_add_tcase(s, tc);

	return s;
}
