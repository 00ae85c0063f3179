/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_sipself.c  A flow that asks for itself */

#include <check.h>
#include <string.h>

#include "base/clock.h"
#include "sipflowbed.h"

Suite *ua_suite_sipself(void);


static bool self_is_due(void *arg)
{
	return ua_clock_ms() >= *(const uint64_t *)arg + self_ms;
}


/* From then on a ping goes to ourselves. */
static void wait_for_self(void)
{
	uint64_t now_ms = ua_clock_ms();

	ck_assert(sipbed_run(self_is_due, &now_ms, 2000));
}


/* It still answers pings; but a call would not come in. */
START_TEST(registrar_that_forgot_us_is_noticed)
{
	const struct ua_addr none = { .af = UA_AF_NONE };
	const struct sip_msg *req;
	unsigned i;

	self_ms = 1;
	start_peer();
	ua_sipflow_registered(ka, &none, false, 0, NULL);
	wait_for_self();
	for (i = 0; i < 4; i++) {
		ua_sipflow_now(ka);
		do {
			req = sipbed_request(&peer, "OPTIONS");
		} while (i && !pl_cmp(&req->via.branch, &branch));
		branch = req->via.branch;

		/* Three times; then it is known to answer by itself. */
		ck_assert_int_eq(0, pl_strcmp(&req->ruri,
					      i < 3 ? "sip:alice@example.com"
						    : "sip:example.com"));
		sipbed_reply(&peer, req, "404 Not Found", "s", "", NULL);
		/* What is asked for is asked for before. */
		expect(i + 1, UA_SIPFLOW_ANSWERED);
		ck_assert_uint_eq(i < 3 ? i + 1 : 3, registers);
		wait_for_self();
	}
}
END_TEST


START_TEST(request_to_ourselves_that_comes_in_is_well)
{
	const struct ua_addr none = { .af = UA_AF_NONE };
	const struct sip_msg *req;

	self_ms = 1;
	start_peer();
	ua_sipflow_registered(ka, &none, false, 0, NULL);
	wait_for_self();
	ua_sipflow_now(ka);
	req = sipbed_request(&peer, "OPTIONS");
	pass_on(req);
	sipbed_reply(&peer, req, "200 OK", "s", "", NULL);
	expect(1, UA_SIPFLOW_ANSWERED);
	/* Nor does it come a little later. */
	(void)sipbed_run(NULL, NULL, 20);
	ck_assert_uint_eq(0, registers);
}
END_TEST


#define CHALLENGE                                                             \
	"Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\", "               \
	"qop=\"auth\"\r\n"


static void self_is_due_at_once(void)
{
	self_ms = 1;
	start_registered();
	wait_for_self();
	ua_sipflow_now(ka);
}


/* The next OPTIONS that is no copy of the last one */
static const struct sip_msg *next_options(void)
{
	const struct sip_msg *req;

	do {
		req = sipbed_request(&peer, "OPTIONS");
	} while (branch.p && !pl_cmp(&req->via.branch, &branch));
	branch = req->via.branch;

	return req;
}


static const struct sip_msg *proof_of_us(void)
{
	const struct sip_msg *req = next_options();

	ck_assert_int_eq(0, pl_strcmp(&req->ruri, "sip:alice@example.com"));
	ck_assert_ptr_nonnull(
		strstr(siptext_hdr(req, "Proxy-Authorization"), "alice"));

	return req;
}


START_TEST(challenged_request_to_ourselves_comes_in)
{
	const struct sip_msg *req;

	self_is_due_at_once();
	sipbed_reply(&peer, next_options(), "407 Who", "s", CHALLENGE, NULL);

	/* The server has answered the ping by that. */
	expect(1, UA_SIPFLOW_ANSWERED);
	ck_assert_uint_eq(407, last.code);
	req = proof_of_us();
	pass_on(req);
	sipbed_reply(&peer, req, "200 OK", "s", "", NULL);
	(void)sipbed_run(NULL, NULL, DEAD_MS);
	ck_assert_uint_eq(0, registers);
	ck_assert_uint_eq(1, n);
}
END_TEST


/* It is passed to where we were before, and nobody says so. */
START_TEST(challenged_request_that_vanishes_registers_anew)
{
	unsigned i;

	self_is_due_at_once();
	for (i = 0; i < 4; i++) {
		const struct sip_msg *req = next_options();

		/* Three times; then it is known to pass nothing. */
		ck_assert_int_eq(0, pl_strcmp(&req->ruri,
					      i < 3 ? "sip:alice@example.com"
						    : "sip:example.com"));
		sipbed_reply(&peer, req, "407 Who", "s", CHALLENGE, NULL);
		expect(i + 1, UA_SIPFLOW_ANSWERED);
		ck_assert_uint_eq(i < 3 ? i : 3, registers);
		if (i < 3)
			(void)proof_of_us();
		(void)sipbed_run(NULL, NULL, DEAD_MS);
		ck_assert_uint_eq(i < 3 ? i + 1 : 3, registers);
		ua_sipflow_now(ka);
	}

	/* Nor is it taken for one that does not answer OPTIONS. */
	ck_assert_uint_eq(0, learnts);
}
END_TEST


/* A NAT that has forgotten us: the first answer tells. */
START_TEST(challenge_that_sees_us_elsewhere_registers_anew)
{
	const struct sip_msg *req;

	self_is_due_at_once();
	req = next_options();
	sipbed_send(&peer, ua_endpoint_local(ep),
		    "SIP/2.0 407 Who\r\n"
		    "Via: SIP/2.0/UDP %r;branch=%r;received=127.0.0.9"
		    ";rport=4711\r\n"
		    "From: %r\r\nTo: %r;tag=s\r\nCall-ID: %r\r\n"
		    "CSeq: %u OPTIONS\r\n" CHALLENGE
		    "Content-Length: 0\r\n\r\n",
		    &req->via.sentby, &req->via.branch, &req->from.val,
		    &req->to.val, &req->callid, req->cseq.num);
	expect(1, UA_SIPFLOW_ANSWERED);
	ck_assert_uint_eq(4711, last.mapped.port);
	ck_assert_uint_eq(1, registers);
	ck_assert_ptr_null(sipbed_next(&peer, DEAD_MS));
	ck_assert_uint_eq(1, registers);
}
END_TEST


Suite *ua_suite_sipself(void)
{
	Suite *s = suite_create("sipself");
	TCase *tc = tcase_create("sipflow");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 20);
	tcase_add_test(tc, registrar_that_forgot_us_is_noticed);
	tcase_add_test(tc, request_to_ourselves_that_comes_in_is_well);
	tcase_add_test(tc, challenged_request_to_ourselves_comes_in);
	tcase_add_test(tc, challenged_request_that_vanishes_registers_anew);
	tcase_add_test(tc, challenge_that_sees_us_elsewhere_registers_anew);
	suite_add_tcase(s, tc);

	return s;
}
