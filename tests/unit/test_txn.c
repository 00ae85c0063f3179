/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_txn.c  Retransmission of STUN requests, in virtual time */

#include <check.h>
#include <string.h>

#include "stun/txn.h"

Suite *ua_suite_txn(void);


static void fill(uint8_t *buf, size_t len, void *arg)
{
	uint8_t *seed = arg;

	memset(buf, ++*seed, len);
}


static uint8_t seed;
static const struct ua_rand rnd = { .fill = fill, .arg = &seed };


/* RFC 8489, 6.2.1: 0, 500, 1500 ... 31500, and failure at 39500 */
START_TEST(seven_sends_then_timeout)
{
	static const uint64_t at[] = {
		0, 500, 1500, 3500, 7500, 15500, 31500
	};
	struct ua_txn txn = { .active = false };
	uint8_t tid[UA_STUN_TID_LEN];
	size_t i;

	ua_txn_start(&txn, &rnd, 1000, UA_TXN_RTO_MS, UA_TXN_SENDS,
		     UA_TXN_RM * UA_TXN_RTO_MS);
	memcpy(tid, txn.tid, sizeof(tid));

	for (i = 0; i < UA_TXN_SENDS; i++) {
		ck_assert_uint_eq(1000 + at[i], ua_txn_deadline(&txn));
		if (at[i])
			ck_assert_int_eq(UA_TXN_WAIT,
					 ua_txn_tick(&txn, 999 + at[i]));
		ck_assert_int_eq(UA_TXN_SEND, ua_txn_tick(&txn, 1000 + at[i]));
		ck_assert_int_eq(UA_TXN_WAIT, ua_txn_tick(&txn, 1000 + at[i]));
		ck_assert_mem_eq(tid, txn.tid, sizeof(tid));
	}

	ck_assert_uint_eq(40500, ua_txn_deadline(&txn));
	ck_assert_int_eq(UA_TXN_TIMEOUT, ua_txn_tick(&txn, 40500));
	ck_assert(!txn.active);
	ck_assert_uint_eq(UA_NEVER, ua_txn_deadline(&txn));
	ck_assert_int_eq(UA_TXN_WAIT, ua_txn_tick(&txn, 99999));
}
END_TEST


START_TEST(reliable_transport_sends_once)
{
	struct ua_txn txn;

	ua_txn_start(&txn, &rnd, 0, UA_TXN_RTO_MS, 1, UA_TXN_RELIABLE_MS);
	ck_assert_int_eq(UA_TXN_SEND, ua_txn_tick(&txn, 0));
	ck_assert_uint_eq(UA_TXN_RELIABLE_MS, ua_txn_deadline(&txn));
	ck_assert_int_eq(UA_TXN_TIMEOUT,
			 ua_txn_tick(&txn, UA_TXN_RELIABLE_MS));
}
END_TEST


START_TEST(a_stall_makes_no_burst)
{
	struct ua_txn txn;

	ua_txn_start(&txn, &rnd, 0, 500, 7, 8000);
	ck_assert_int_eq(UA_TXN_SEND, ua_txn_tick(&txn, 0));
	ck_assert_int_eq(UA_TXN_SEND, ua_txn_tick(&txn, 600000));
	ck_assert_int_eq(UA_TXN_WAIT, ua_txn_tick(&txn, 600000));
	ck_assert_uint_eq(601000, ua_txn_deadline(&txn));
}
END_TEST


START_TEST(start_in_the_future_waits)
{
	struct ua_txn txn;

	ua_txn_start(&txn, &rnd, 5000, 500, 7, 8000);
	ck_assert_int_eq(UA_TXN_WAIT, ua_txn_tick(&txn, 4999));
	ck_assert_int_eq(UA_TXN_SEND, ua_txn_tick(&txn, 5003));
	ck_assert_uint_eq(5003, txn.first_ms);
	ck_assert_uint_eq(5503, ua_txn_deadline(&txn));
}
END_TEST


START_TEST(only_an_answer_with_its_id_matches)
{
	struct ua_txn txn;
	uint8_t tid[UA_STUN_TID_LEN];
	struct ua_stun msg = { .cls = UA_STUN_SUCCESS, .tid = tid };

	ua_txn_start(&txn, &rnd, 0, 500, 7, 8000);
	memcpy(tid, txn.tid, sizeof(tid));
	ck_assert(ua_txn_match(&txn, &msg));
	msg.cls = UA_STUN_ERROR;
	ck_assert(ua_txn_match(&txn, &msg));
	msg.cls = UA_STUN_REQUEST;
	ck_assert(!ua_txn_match(&txn, &msg));
	msg.cls = UA_STUN_INDICATION;
	ck_assert(!ua_txn_match(&txn, &msg));

	msg.cls = UA_STUN_SUCCESS;
	tid[11] ^= 1;
	ck_assert(!ua_txn_match(&txn, &msg));
	tid[11] ^= 1;
	ua_txn_stop(&txn);
	ck_assert(!ua_txn_match(&txn, &msg));

	/* a new one has a new id */
	ua_txn_start(&txn, &rnd, 0, 500, 7, 8000);
	ck_assert(!ua_txn_match(&txn, &msg));
}
END_TEST


START_TEST(endless_doubling_does_not_wrap)
{
	struct ua_txn txn;
	uint64_t at = 0;
	uint64_t next;
	int i;

	ua_txn_start(&txn, &rnd, 0, 500, UINT8_MAX, 500);
	for (i = 0; i < UINT8_MAX - 1; i++) {
		ck_assert_int_eq(UA_TXN_SEND, ua_txn_tick(&txn, at));
		next = ua_txn_deadline(&txn);
		ck_assert_uint_ge(next, at + 500);
		at = next;
	}
}
END_TEST


Suite *ua_suite_txn(void)
{
	Suite *s = suite_create("txn");
	TCase *tc = tcase_create("txn");

	tcase_add_test(tc, seven_sends_then_timeout);
	tcase_add_test(tc, reliable_transport_sends_once);
	tcase_add_test(tc, a_stall_makes_no_burst);
	tcase_add_test(tc, start_in_the_future_waits);
	tcase_add_test(tc, only_an_answer_with_its_id_matches);
	tcase_add_test(tc, endless_doubling_does_not_wrap);
	suite_add_tcase(s, tc);

	return s;
}
