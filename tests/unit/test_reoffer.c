/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_reoffer.c  Restarts of ICE in a call, and what may go wrong */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "call/callcore.h"
#include "middle.h"
#include "oom.h"
#include "rig.h"

Suite *ua_suite_reoffer(void);

static struct rig a, b;
static struct middle m;


static void up(void)
{
	middle_call(&m, &a, &b);
}


static void down(void)
{
	middle_close(&m);
	rig_close(&a);
	rig_close(&b);
}


/* Sound goes on both ways from now on. */
static void sound_goes_on(void)
{
	struct ua_call_stats as, bs;
	double s;

	ck_assert_ptr_nonnull(a.call);
	ck_assert_ptr_nonnull(b.call);
	ua_call_stats(a.call, &as);
	ua_call_stats(b.call, &bs);
	s = as.heard_s > bs.heard_s ? as.heard_s : bs.heard_s;
	rig_talk(&a, &b, (unsigned)(s * 1e3) + 200);
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_CLOSED));
	ck_assert_uint_eq(0, rig_count(&b, UA_EVENT_CLOSED));
}


static const char *ufrag(const char *what, unsigned n)
{
	static char buf[4][64];
	static unsigned i;
	const char *text = middle_text(&m, what, n);
	const char *at = text ? strstr(text, "a=ice-ufrag:") : NULL;

	i = (i + 1) % 4;
	ck_assert_msg(at != NULL, "no ICE in %s %u", what, n);
	at += strlen("a=ice-ufrag:");
	(void)snprintf(buf[i], sizeof(buf[i]), "%.*s", (int)strcspn(at, "\r"),
		       at);

	return buf[i];
}


static bool is_settled(void *arg)
{
	const struct rig *rig = arg;

	return !rig->call->restart.wanted && !rig->call->restart.out &&
	       !rig->call->restart.tries && !rig->call->updating;
}


START_TEST(restart_of_the_caller_keeps_the_sound)
{
	const struct rig_event *e;

	up();
	ua_reoffer_restart(a.call, "path answers no more");
	e = rig_expect(&a, UA_EVENT_ICE_RESTART);
	ck_assert_str_eq("consent lost", e->reason);
	e = rig_expect(&b, UA_EVENT_ICE_RESTART);
	ck_assert_str_eq("asked", e->reason);
	middle_wait(&m, "a ACK", 2);
	ck_assert_str_ne(ufrag("a INVITE", 0), ufrag("a INVITE", 1));
	ck_assert_str_ne(ufrag("b 200 INVITE", 0), ufrag("b 200 INVITE", 1));
	rig_wait(is_settled, &a);
	sound_goes_on();
	ck_assert_uint_eq(2, middle_count(&m, "a INVITE"));
	ck_assert_uint_eq(0, middle_count(&m, "b INVITE"));
	down();
}
END_TEST


/* The callee leaves the first word to the caller, unless only it can know. */
START_TEST(restart_of_the_callee_waits_for_the_caller)
{
	double t;

	up();
	t = ua_agent_time(a.agent);
	ua_reoffer_restart(b.call, _i ? "network changed" : "path is dead");
	ck_assert_str_eq(_i ? "address changed" : "path is dead",
			 rig_expect(&b, UA_EVENT_ICE_RESTART)->reason);
	t = ua_agent_time(a.agent) - t;
	if (_i)
		ck_assert_double_lt(t, 0.3);
	else
		ck_assert_double_ge(t, UA_CALL_UPDATE_MS / 1e3 - 0.01);
	middle_wait(&m, "a 200 INVITE", 1);
	rig_wait(is_settled, &b);
	sound_goes_on();
	down();
}
END_TEST


START_TEST(both_notice_and_one_offer_is_enough)
{
	up();
	ua_reoffer_restart(a.call, "path is dead");
	ua_reoffer_restart(b.call, "path is dead");
	middle_wait(&m, "a ACK", 2);
	rig_wait(is_settled, &a);
	rig_linger(UA_CALL_UPDATE_MS + 200);
	rig_wait(is_settled, &b);
	ck_assert_uint_eq(0, middle_count(&m, "b INVITE"));
	sound_goes_on();
	down();
}
END_TEST


static const char *line; /* Answer to the next re-INVITE of a */


static bool refuse_once(struct middle *mid, const char *what, char *text,
			size_t size)
{
	(void)size;

	if (strcmp(what, "a INVITE") || !line)
		return true;

	middle_reply(mid, what, text, line);
	line = NULL;

	return false;
}


static const char *const lines[] = {
	"488 Not Acceptable Here",
	"491 Request Pending",
	"500 Server Error",
	"603 Decline",
};


/* Old pair and consent, no half state; and it is tried again. */
START_TEST(restart_glare_or_refusal_rolls_back)
{
	up();
	line = lines[_i];
	m.hook = refuse_once;
	ua_reoffer_restart(a.call, "path is dead");
	middle_wait(&m, "a INVITE", 2);
	sound_goes_on();
	ck_assert_uint_eq(0, rig_count(&b, UA_EVENT_ICE_RESTART));

	/* A 491 is tried with the same offer (RFC 3261, 14.1), others anew. */
	middle_wait(&m, "b 200 INVITE", 2);
	if (_i == 1)
		ck_assert_str_eq(ufrag("a INVITE", 1), ufrag("a INVITE", 2));
	else
		ck_assert_str_ne(ufrag("a INVITE", 1), ufrag("a INVITE", 2));
	rig_wait(is_settled, &a);
	sound_goes_on();
	down();
}
END_TEST


/* Both urgent: two offers cross, the callee's next one comes first. */
START_TEST(crossing_restarts_end_in_one)
{
	up();
	ua_reoffer_restart(a.call, "network changed");
	ua_reoffer_restart(b.call, "network changed");
	middle_wait(&m, "a 491 INVITE", 1);
	middle_wait(&m, "b 491 INVITE", 1);
	middle_wait(&m, "b ACK", 2);
	rig_wait(is_settled, &b);
	rig_wait(is_settled, &a);
	sound_goes_on();
	down();
}
END_TEST


static const char *const ice_names[] = {
	"a=ice-",
	"a=candidate",
	"a=end-of",
	"a=remote-cand",
};


static void cut_lines(char *text, const char *start)
{
	char *at;

	while ((at = strstr(text, start)) != NULL) {
		char *end = strstr(at, "\r\n");

		ck_assert_ptr_nonnull(end);
		memmove(at, end + 2, strlen(end + 2) + 1);
	}
}


static bool without_ice(struct middle *mid, const char *what, char *text,
			size_t size)
{
	size_t i;
	(void)size;

	if (!strcmp(what, "b 200 INVITE") && middle_count(mid, what) > 1) {
		for (i = 0; i < 4; i++)
			cut_lines(text, ice_names[i]);
	}

	return true;
}


START_TEST(restart_answered_without_ice_keeps_the_pair)
{
	struct ua_ice_info before, after;

	up();
	ck_assert_int_eq(0, ua_call_path(a.call, &before));
	m.hook = without_ice;
	ua_reoffer_restart(a.call, "path is dead");
	middle_wait(&m, "a ACK", 2);
	rig_linger(100);
	ck_assert_int_eq(0, ua_call_path(a.call, &after));
	ck_assert(ua_addr_eq(&before.local.addr, &after.local.addr));
	ck_assert(ua_addr_eq(&before.remote.addr, &after.remote.addr));
	sound_goes_on();

	/* It would end like that again: it is not asked for. */
	rig_linger(1200);
	ck_assert_uint_eq(2, middle_count(&m, "a INVITE"));
	sound_goes_on();
	down();
}
END_TEST


static bool rewrite(struct middle *mid, const char *what, char *text,
		    size_t size)
{
	char port[32];
	const char *at = strstr(text, "m=audio ");

	if (strcmp(what, "b 200 INVITE") || middle_count(mid, what) < 2)
		return true;

	ck_assert_ptr_nonnull(at);
	(void)snprintf(port, sizeof(port), "%.*s",
		       (int)(8 + strspn(at + 8, "0123456789")), at);
	ck_assert(middle_edit(text, size, "c=IN IP4 127.0.0.1",
			      "c=IN IP4 192.0.2.1", false));
	ck_assert(middle_edit(text, size, port, "m=audio 50000", false));

	return true;
}


/* A proxy puts its relay into the answer: ICE has a pair, media stays. */
START_TEST(proxy_rewrites_after_conclusion)
{
	struct ua_ice_info before, after;

	up();
	ck_assert_int_eq(0, ua_call_path(a.call, &before));
	m.hook = rewrite;
	if (_i)
		ua_reoffer_restart(a.call, "path is dead");
	else
		ck_assert_int_eq(0, ua_callsig_offer(a.call));
	middle_wait(&m, "a ACK", 2);
	rig_wait(is_settled, &a);
	ck_assert_int_eq(0, ua_call_path(a.call, &after));
	ck_assert(ua_addr_eq(&before.remote.addr, &after.remote.addr));
	sound_goes_on();
	down();
}
END_TEST


/* RFC 8839, 4.4.1.2.2: who controls names the pair, but not in a restart. */
START_TEST(updated_offer_names_the_remote_candidate)
{
	struct ua_ice_info path;
	char named[64];
	char addr[UA_ADDR_LEN];

	up();
	ck_assert_int_eq(0, ua_call_path(a.call, &path));
	ck_assert_ptr_null(
		strstr(middle_text(&m, "a INVITE", 0), "a=remote-candidates"));
	ck_assert_int_eq(0, ua_callsig_offer(a.call));
	middle_wait(&m, "a ACK", 2);
	(void)snprintf(named, sizeof(named), "a=remote-candidates:1 %s %u\r\n",
		       ua_addr_ip_str(&path.remote.addr, addr),
		       path.remote.addr.port);
	ck_assert_ptr_nonnull(strstr(middle_text(&m, "a INVITE", 1), named));
	ck_assert_ptr_null(strstr(middle_text(&m, "b 200 INVITE", 1),
				  "a=remote-candidates"));

	/* Who is controlled names none. */
	rig_may_offer(&b);
	ck_assert_int_eq(0, ua_callsig_offer(b.call));
	middle_wait(&m, "b ACK", 1);
	ck_assert_ptr_null(
		strstr(middle_text(&m, "b INVITE", 0), "a=remote-candidates"));

	ua_reoffer_restart(a.call, "path is dead");
	middle_wait(&m, "a ACK", 3);
	ck_assert_ptr_null(
		strstr(middle_text(&m, "a INVITE", 2), "a=remote-candidates"));
	rig_wait(is_settled, &a);
	sound_goes_on();
	down();
}
END_TEST


static bool of_old(struct middle *mid, const char *what, char *text,
		   size_t size)
{
	if (what[0] == 'b' && *(const int *)mid->arg)
		(void)middle_edit(text, size, "a=ice-options:ice2 ",
				  "a=ice-options:", false);
	if (!strcmp(what, "b 200 INVITE") && middle_count(mid, what) == 1)
		(void)middle_edit(text, size, "c=IN IP4 127.0.0.1",
				  "c=IN IP4 192.0.2.1", false);

	return true;
}


/* A peer of RFC 5245 waits for it when the default is not what was chosen. */
START_TEST(peer_of_old_is_told_which_path_was_chosen)
{
	struct ua_call_conf conf;
	int old = _i;

	rig_open(&a, NULL);
	rig_open(&b, NULL);
	middle_open(&m, &a, &b);
	m.hook = of_old;
	m.arg = &old;
	ua_call_conf_default(&conf);
	API(ck_assert_int_eq(0, ua_call_connect(&a.call, a.agent, NULL,
						middle_uri(&m), &conf,
						a.errstr)));
	(void)rig_expect(&b, UA_EVENT_INCOMING);
	rig_answer(&a, &b, NULL, NULL);
	if (old) {
		middle_wait(&m, "a ACK", 2);
		ck_assert_ptr_nonnull(strstr(middle_text(&m, "a INVITE", 1),
					     "a=remote-candidates:1 127"));
	}
	sound_goes_on();
	ck_assert_uint_eq(old ? 2 : 1, middle_count(&m, "a INVITE"));
	ck_assert_uint_eq(0, middle_count(&m, "b INVITE"));
	down();
}
END_TEST


static bool spoil(struct middle *mid, const char *what, char *text,
		  size_t size)
{
	const int *how = mid->arg;

	if (!strcmp(what, "a INVITE") && middle_count(mid, what) == 2 && !*how)
		ck_assert(
			middle_edit(text, size, "\r\nv=0", "\r\nx=0", false));
	if (!strcmp(what, "b 200 INVITE") && middle_count(mid, what) == 2 &&
	    *how)
		ck_assert(
			middle_edit(text, size, "\r\nv=0", "\r\nx=0", false));

	return true;
}


/* Broken on the way there (488), and on the way back */
START_TEST(broken_restart_leaves_the_call_up)
{
	int how = _i;

	up();
	m.hook = spoil;
	m.arg = &how;
	ua_reoffer_restart(a.call, "path is dead");
	middle_wait(&m, "a ACK", 2);
	ck_assert_uint_eq(!how, middle_count(&m, "b 488 INVITE"));
	sound_goes_on();

	/* The next one is not broken. */
	middle_wait(&m, "b 200 INVITE", how ? 3 : 2);
	rig_wait(is_settled, &a);
	sound_goes_on();
	down();
}
END_TEST


static bool slow_answer(struct middle *mid, const char *what, char *text,
			size_t size)
{
	(void)text;
	(void)size;

	/* It comes again after T1. */
	return strcmp(what, "b 200 INVITE") || middle_count(mid, what) != 2;
}


/* Asked for again while the first one is under way: the last one counts. */
START_TEST(answer_of_an_old_generation_is_dropped)
{
	up();
	m.hook = slow_answer;
	ua_reoffer_restart(a.call, "path is dead");
	middle_wait(&m, "b 200 INVITE", 2);
	ua_reoffer_restart(a.call, "network changed");
	ck_assert(a.call->restart.wanted);

	/* The answer of the first comes late, the second goes all the same. */
	middle_wait(&m, "b 200 INVITE", 4);
	ck_assert_str_ne(ufrag("a INVITE", 1),
			 ufrag("a INVITE", middle_count(&m, "a INVITE") - 1));
	rig_wait(is_settled, &a);
	rig_wait(is_settled, &b);
	ck_assert_uint_eq(2, rig_count(&a, UA_EVENT_ICE_RESTART));
	sound_goes_on();
	down();
}
END_TEST


START_TEST(offers_that_lead_to_nothing_become_rare_and_end)
{
	double t;

	up();
	m.hook = refuse_once;
	line = lines[0];
	ua_reoffer_restart(a.call, "path is dead");
	middle_wait(&m, "a INVITE", 2);
	t = ua_agent_time(a.agent);
	line = lines[0];
	middle_wait(&m, "a INVITE", 3);
	t = ua_agent_time(a.agent) - t;
	ck_assert_double_ge(t, 0.9);

	rig_linger(50);

	/* The last one: then it is given up, until the network changes. */
	line = lines[0];
	a.call->restart.tries = 7;
	a.call->restart.last_ms = 0;
	ua_reoffer_rearm(a.call);
	middle_wait(&m, "a INVITE", 4);
	rig_linger(50);
	ck_assert(!a.call->restart.wanted);
	ua_reoffer_restart(a.call, "path is dead");
	ck_assert(!a.call->restart.wanted);
	ua_reoffer_restart(a.call, "network changed");
	rig_wait(is_settled, &a);
	sound_goes_on();
	down();
}
END_TEST


/* An offer is made whole, or nothing is pending. */
START_TEST(without_memory_no_offer_and_no_half_state)
{
	int err = ENOMEM;
	long n;

	up();
	for (n = 0; err && ua_oom_works(); n++) {
		ua_oom_limit(n);
		err = ua_flow_restart(a.call->flow);
		if (!err) {
			err = ua_callsig_offer(a.call);
			if (err)
				ua_flow_rollback(a.call->flow);
		}
		ua_oom_limit(-1);
		if (!err)
			break;

		ck_assert_int_eq(ENOMEM, err);
		ck_assert_int_lt(n, 500);
		ck_assert(!a.call->updating);
		ck_assert_int_eq(UA_OFFER_STABLE,
				 ua_offer_state(a.call->offer));
		ck_assert(ua_session_can_modify(a.call->sess));
	}

	down();
}
END_TEST


START_TEST(restart_out_of_place_is_nothing)
{
	struct ua_call_conf conf;

	rig_open(&a, NULL);
	rig_open(&b, NULL);
	middle_open(&m, &a, &b);
	ua_call_conf_default(&conf);
	API(ck_assert_int_eq(0, ua_call_connect(&a.call, a.agent, NULL,
						middle_uri(&m), &conf,
						a.errstr)));
	(void)rig_expect(&b, UA_EVENT_INCOMING);
	ua_reoffer_restart(a.call, "path is dead");
	ua_reoffer_restart(b.call, "path is dead");
	ck_assert(!a.call->restart.wanted);
	ck_assert(!b.call->restart.wanted);
	rig_answer(&a, &b, NULL, NULL);

	/* Hung up while it waits: no offer goes out any more. */
	ua_reoffer_restart(b.call, "path is dead");
	rig_bye(&b, &a);
	ck_assert_uint_eq(0, middle_count(&m, "b INVITE"));
	down();
}
END_TEST


Suite *ua_suite_reoffer(void)
{
	Suite *s = suite_create("reoffer");
	TCase *tc = tcase_create("restart");

	tcase_set_timeout(tc, RIG_TEST_S);
	tcase_add_test(tc, restart_of_the_caller_keeps_the_sound);
	tcase_add_loop_test(tc, restart_of_the_callee_waits_for_the_caller, 0,
			    2);
	tcase_add_test(tc, both_notice_and_one_offer_is_enough);
	tcase_add_loop_test(tc, restart_glare_or_refusal_rolls_back, 0,
			    sizeof(lines) / sizeof(lines[0]));
	tcase_add_test(tc, crossing_restarts_end_in_one);
	tcase_add_test(tc, restart_answered_without_ice_keeps_the_pair);
	tcase_add_loop_test(tc, proxy_rewrites_after_conclusion, 0, 2);
	tcase_add_test(tc, updated_offer_names_the_remote_candidate);
	tcase_add_loop_test(tc, peer_of_old_is_told_which_path_was_chosen, 0,
			    2);
	tcase_add_loop_test(tc, broken_restart_leaves_the_call_up, 0, 2);
	tcase_add_test(tc, answer_of_an_old_generation_is_dropped);
	tcase_add_test(tc, offers_that_lead_to_nothing_become_rare_and_end);
	tcase_add_test(tc, without_memory_no_offer_and_no_half_state);
	tcase_add_test(tc, restart_out_of_place_is_nothing);
	suite_add_tcase(s, tc);

	return s;
}
