/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_siplearn.c  A flow that measures how long it may be silent */

#include <check.h>
#include <string.h>

#include "base/clock.h"
#include "sipflowbed.h"

Suite *ua_suite_siplearn(void);

enum { SLOW_MS = 30 };


/* What the flow's machine waits for has come, as far as it knows. */
static void skip(void)
{
	struct ua_lifetime *life = &ka->flow->life;
	const uint64_t now_ms = ua_clock_ms();
	const uint64_t ms = life->at_ms - now_ms;

	ck_assert_uint_ne(UA_NEVER, life->at_ms);
	life->tx_ms -= ms;
	life->base_ms -= ms;
	life->at_ms = now_ms;
	ua_sipflowcore_wake(ka->flow);
}


/* A request to ourselves from the second socket, whose address it leaves in
 * peer.from */
static const struct sip_msg *probe_comes(void)
{
	const struct sip_msg *req = sipbed_request(&peer, "OPTIONS");

	ck_assert_int_eq(0, pl_strcmp(&req->ruri, "sip:alice@example.com"));
	ck_assert_uint_ne(ua_endpoint_local(ep)->port, sa_port(&peer.from));

	return req;
}


/* The server passes it on, and the answer, after a while. */
static void probe_passes(void)
{
	const struct sip_msg *req = probe_comes();
	const struct sa second = peer.from;

	(void)sipbed_run(NULL, NULL, SLOW_MS);
	pass_on(req);
	peer.from = second;
	sipbed_reply(&peer, req, "200 OK", "s", "", NULL);
}


static bool in_gap(void *arg)
{
	(void)arg;
	return ua_lifetime_state(&ka->flow->life) == UA_LIFETIME_GAP &&
	       !ka->flow->probe;
}


/* It knows that such requests come in, and measures a silence. */
static void begin_to_learn(void)
{
	learn = true;
	start_registered();
	skip();
	probe_passes();
	ck_assert(sipbed_run(in_gap, NULL, 2000));
	ck_assert_uint_eq(0, n);
}


/* Each tells how long it took, and the silence that comes next. */
START_TEST(probe_that_comes_in_is_told_with_the_next_silence)
{
	static const uint32_t nextv[] = { 31, 41, 51 };
	size_t i;

	begin_to_learn();
	for (i = 0; i < ARRAY_SIZE(nextv); i++) {
		skip();
		probe_passes();
		expect(i + 1, UA_SIPFLOW_ANSWERED);
		ck_assert(last.probe);
		ck_assert_uint_eq(200, last.code);
		ck_assert_uint_ge(last.rtt_ms, SLOW_MS);
		ck_assert_uint_lt(last.rtt_ms, 2000);
		ck_assert_str_eq("learning", last.learning);
		ck_assert_uint_eq(ua_endpoint_local(ep)->port,
				  last.mapped.port);

		/* Then it is probed, or pinged 3 s later. */
		ck_assert_uint_le(last.interval_ms,
				  nextv[i] * 1000 + UA_LIFETIME_PROBE_MS);
		ck_assert_uint_gt(last.interval_ms, nextv[i] * 1000);
	}
	ck_assert_uint_eq(i, probes);
	ck_assert_uint_eq(0, registers);
}
END_TEST


static bool has_learnt(void *arg)
{
	(void)arg;
	return learnts == 1;
}


/* 0: the server answers in our place; 1: it knows no binding of ours */
START_TEST(probe_that_does_not_come_in_is_not_told)
{
	const struct sip_msg *req;
	unsigned i;

	begin_to_learn();
	for (i = 0; i < 2; i++) {
		ck_assert_uint_eq(0, learnts);
		skip();
		req = probe_comes();
		sipbed_reply(&peer, req, _i ? "404 Not Found" : "200 OK", "s",
			     "", NULL);

		/* The flow is asked at once what became of it. */
		req = sipbed_request(&peer, "OPTIONS");
		ck_assert_int_eq(0, pl_strcmp(&req->ruri, "sip:example.com"));
		sipbed_reply(&peer, req, "200 OK", "s", "", NULL);
		expect(i + 1, UA_SIPFLOW_ANSWERED);
		ck_assert(!last.probe);
		ck_assert_uint_eq(_i ? i + 1 : 0, registers);
	}

	/* 21 s and 17 s were too long: what is known then is told at once. */
	ck_assert(sipbed_run(has_learnt, NULL, 2000));
	ck_assert_uint_eq(0, probes);
}
END_TEST


Suite *ua_suite_siplearn(void)
{
	Suite *s = suite_create("siplearn");
	TCase *tc = tcase_create("sipflow");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 20);
	tcase_add_test(tc, probe_that_comes_in_is_told_with_the_next_silence);
	tcase_add_loop_test(tc, probe_that_does_not_come_in_is_not_told, 0, 2);
	suite_add_tcase(s, tc);

	return s;
}
