/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_event.c  Every event, candidate and state has its name */

#include <check.h>
#include <ctype.h>
#include <string.h>

#include <ua/call.h>
#include <ua/event.h>

Suite *ua_suite_event(void);


/* A script asks for these: lower case, one word, no two alike. */
START_TEST(every_event_has_a_name_of_its_own)
{
	const char *names[UA_EVENT_CLOSED + 1];
	const char *c;
	int i, j;

	for (i = 0; i <= UA_EVENT_CLOSED; i++) {
		names[i] = ua_event_name((enum ua_event_type)i);
		ck_assert_ptr_nonnull(names[i]);
		ck_assert_uint_gt(strlen(names[i]), 0);

		for (c = names[i]; *c; c++)
			ck_assert(islower((unsigned char)*c) || *c == '_');

		for (j = 0; j < i; j++)
			ck_assert_str_ne(names[j], names[i]);
	}

	ck_assert_str_eq("?", ua_event_name(UA_EVENT_CLOSED + 1));
	ck_assert_str_eq("?", ua_event_name((enum ua_event_type) - 1));
	ck_assert_str_eq("ice_connected",
			 ua_event_name(UA_EVENT_ICE_CONNECTED));
	ck_assert_str_eq("register_failed",
			 ua_event_name(UA_EVENT_REGISTER_FAILED));
}
END_TEST


START_TEST(candidates_are_named_as_in_sdp)
{
	ck_assert_str_eq("host", ua_event_cand_name(UA_CAND_HOST));
	ck_assert_str_eq("srflx", ua_event_cand_name(UA_CAND_SRFLX));
	ck_assert_str_eq("prflx", ua_event_cand_name(UA_CAND_PRFLX));
	ck_assert_str_eq("relay", ua_event_cand_name(UA_CAND_RELAY));
	ck_assert_str_eq("?", ua_event_cand_name(UA_CAND_RELAY + 1));
}
END_TEST


START_TEST(origins_and_transports_are_named)
{
	ck_assert_str_eq("peer", ua_event_origin_name(UA_ORIGIN_PEER));
	ck_assert_str_eq("proxy", ua_event_origin_name(UA_ORIGIN_PROXY));
	ck_assert_str_eq("implicit", ua_event_origin_name(UA_ORIGIN_IMPLICIT));
	ck_assert_str_eq("?", ua_event_origin_name(UA_ORIGIN_IMPLICIT + 1));

	ck_assert_str_eq("udp", ua_tp_name(UA_TP_UDP));
	ck_assert_str_eq("tcp", ua_tp_name(UA_TP_TCP));
	ck_assert_str_eq("tls", ua_tp_name(UA_TP_TLS));
}
END_TEST


START_TEST(every_state_of_a_call_has_a_name_of_its_own)
{
	int i;

	for (i = 1; i <= UA_CALL_CLOSED; i++)
		ck_assert_str_ne(
			ua_call_state_name((enum ua_call_state)i),
			ua_call_state_name((enum ua_call_state)(i - 1)));

	ck_assert_str_eq("?", ua_call_state_name(UA_CALL_CLOSED + 1));
}
END_TEST


Suite *ua_suite_event(void)
{
	Suite *s = suite_create("event");
	TCase *tc = tcase_create("names");

	tcase_add_test(tc, every_event_has_a_name_of_its_own);
	tcase_add_test(tc, candidates_are_named_as_in_sdp);
	tcase_add_test(tc, origins_and_transports_are_named);
	tcase_add_test(tc, every_state_of_a_call_has_a_name_of_its_own);
	suite_add_tcase(s, tc);

	return s;
}
