/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_jump.c  Clocks that are set, and machines that sleep */

#include <check.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "agent/jump.h"
#include "rig.h"

Suite *ua_suite_jump(void);
int gettimeofday(struct timeval *restrict tv, void *restrict tz);
int clock_gettime(clockid_t id, struct timespec *ts);

/* Seconds by which the wall clock is wrong; libre 1.1.0 reads it here. */
static long wrong_s;

/* Seconds that the machine slept; both clocks count them. */
static long slept_s;

static struct rig a;
static struct rig b;


int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	struct timespec ts;
	(void)tz;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec + wrong_s + slept_s;
	tv->tv_usec = ts.tv_nsec / 1000;

	return 0;
}


int clock_gettime(clockid_t id, struct timespec *ts)
{
	const int err = (int)syscall(SYS_clock_gettime, id, ts);

	if (!err && id == CLOCK_BOOTTIME)
		ts->tv_sec += slept_s;

	return err;
}


START_TEST(small_steps_and_slewing_do_not_count)
{
	struct ua_jump jump = { .fd = -1 };
	uint64_t wall = 1000000;
	uint64_t now = 5000;
	unsigned i;

	(void)ua_jump_step(&jump, wall, now);

	for (i = 0; i < 100; i++) {
		wall += 1500;
		now += 1000;
		ck_assert_int_eq(0, ua_jump_step(&jump, wall, now));
	}

	ck_assert_int_eq(0, ua_jump_step(&jump, wall + 1999, now));
}
END_TEST


START_TEST(steps_are_told_with_their_sign_and_once)
{
	struct ua_jump jump = { .fd = -1 };

	(void)ua_jump_step(&jump, 10000000, 1000);
	ck_assert_int_eq(-3600000, ua_jump_step(&jump, 6401000, 2000));
	ck_assert_int_eq(0, ua_jump_step(&jump, 6402000, 3000));
	ck_assert_int_eq(86400000, ua_jump_step(&jump, 92803000, 4000));
	ck_assert_int_eq(0, ua_jump_step(&jump, 92804000, 5000));
}
END_TEST


START_TEST(sleep_is_a_look_that_comes_late)
{
	struct ua_jump jump = { .fd = -1 };
	uint64_t now = 90000000;
	unsigned i;

	/* The loop may not have run for long when it begins. */
	ck_assert_uint_eq(0, ua_jump_slept(&jump, now));

	for (i = 0; i < 100; i++) {
		now += 1000 + i * 19;
		ck_assert_uint_eq(0, ua_jump_slept(&jump, now));
	}

	now += UA_JUMP_LOOK_MS + UA_JUMP_MIN_MS - 1;
	ck_assert_uint_eq(0, ua_jump_slept(&jump, now));
	now += UA_JUMP_LOOK_MS + UA_JUMP_MIN_MS;
	ck_assert_uint_eq(UA_JUMP_MIN_MS, ua_jump_slept(&jump, now));
	now += 601000;
	ck_assert_uint_eq(600000, ua_jump_slept(&jump, now));
	now += 1000;
	ck_assert_uint_eq(0, ua_jump_slept(&jump, now));
}
END_TEST


/* A sleep alone moves both clocks: they do not part. */
START_TEST(sleep_is_no_step)
{
	struct ua_jump jump = { .fd = -1 };

	(void)ua_jump_step(&jump, 10000000, 1000);
	ck_assert_int_eq(0, ua_jump_step(&jump, 10601000, 602000));
}
END_TEST


static struct sipbed_peer server;


/* Grant the next REGISTER that is newer, for an hour; what else comes, or
   comes again, is not answered. */
static const struct sip_msg *grant(uint32_t cseq)
{
	const struct sip_msg *msg;

	do {
		msg = sipbed_next(&server, RIG_MS);
		ck_assert_msg(msg != NULL, "no REGISTER came");
	} while (pl_strcmp(&msg->met, "REGISTER") || msg->cseq.num <= cseq);

	sipbed_reply(&server, msg, "200 OK", "s", "Expires: 3600\r\n", NULL);

	return msg;
}


/*
 * Ten minutes: the registration is good for longer, but the NAT has forgotten
 * us.  0: bound; 1: a REGISTER was in flight; 2: with a keepalive, which is
 * no reason to say that the flow was lost
 */
START_TEST(registration_is_renewed_when_the_machine_wakes_up)
{
	const struct sip_msg *first;
	struct ua_account_conf conf;
	char aor[64];
	double t;

	rig_open(&a, NULL);
	sipbed_open(&server);
	(void)re_snprintf(aor, sizeof(aor), "sip:alice@%J", &server.local);
	ua_account_conf_default(&conf);
	conf.aor = aor;
	conf.keepalive = _i == 2 ? UA_KEEPALIVE_OPTIONS : UA_KEEPALIVE_OFF;
	API(ck_assert_int_eq(0,
			     ua_account_add(NULL, a.agent, &conf, a.errstr)));
	if (_i == 1) {
		first = sipbed_request(&server, "REGISTER");
	}
	else {
		first = grant(0);
		(void)rig_expect(&a, UA_EVENT_REGISTERED);
	}

	/* The watch has looked once: before that no sleep is seen. */
	rig_linger(UA_JUMP_LOOK_MS + 100);
	server.read = server.n;
	t = ua_agent_time(a.agent);
	slept_s += 600;

	(void)grant(first->cseq.num);
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
	ck_assert_double_lt(ua_agent_time(a.agent) - t, 602);
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_FLOW_LOST));
	if (_i != 1)
		ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_REGISTER_FAILED));
	rig_close(&a);
	sipbed_close(&server);
}
END_TEST


static bool heard_more(void *arg)
{
	const uint64_t *want = arg;
	struct ua_call_stats stats;

	ua_call_stats(b.call, &stats);

	return stats.rx_packets > *want;
}


/* Sound stops for a second or so, until the watch looks, not for an hour. */
START_TEST(call_goes_on_when_the_clock_is_set)
{
	static const long steps[] = { -3600, 3600 };
	struct ua_call_stats stats;
	uint64_t want;

	rig_open(&a, NULL);
	rig_open(&b, NULL);
	rig_call(&a, &b, "tone:500", NULL);
	rig_answer(&a, &b, "silence", NULL);
	rig_talk(&a, &b, 100);

	wrong_s += steps[_i];
	ua_call_stats(b.call, &stats);
	want = stats.rx_packets + 20;
	rig_wait(heard_more, &want);

	rig_bye(&a, &b);
	rig_close(&a);
	rig_close(&b);
}
END_TEST


Suite *ua_suite_jump(void)
{
	Suite *s = suite_create("jump");
	TCase *tc = tcase_create("jump");

	tcase_set_timeout(tc, RIG_TEST_S);
	tcase_add_test(tc, small_steps_and_slewing_do_not_count);
	tcase_add_test(tc, steps_are_told_with_their_sign_and_once);
	tcase_add_test(tc, sleep_is_a_look_that_comes_late);
	tcase_add_test(tc, sleep_is_no_step);
	tcase_add_loop_test(
		tc, registration_is_renewed_when_the_machine_wakes_up, 0, 3);
	tcase_add_loop_test(tc, call_goes_on_when_the_clock_is_set, 0, 2);
	suite_add_tcase(s, tc);

	return s;
}
