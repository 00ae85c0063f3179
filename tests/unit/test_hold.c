/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_hold.c  We hold and resume, and so does the peer */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "call/callcore.h"
#include "call/flowcore.h"
#include "rtp/rtpalive.h"
#include "middle.h"
#include "oldpeer.h"
#include "oom.h"
#include "rig.h"

Suite *ua_suite_hold(void);

enum {
	QUIET_MS = 200,
	LOST_S = 30,
	RTCP_MS =
		15000 /* RFC 3550, 6.2: 7.5 s to the next one, or twice that */
};

static struct rig a, b;
static struct middle m;
static struct oldpeer old;


static void up(void)
{
	middle_call(&m, &a, &b);
}


static void down(void)
{
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_CLOSED));
	ck_assert_uint_eq(0, rig_count(&b, UA_EVENT_CLOSED));
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_ICE_FAILED));
	middle_close(&m);
	rig_close(&a);
	rig_close(&b);
}


static void hold(struct rig *rig)
{
	API(ck_assert_int_eq(0, ua_call_hold(rig->call)));
}


static void resume(struct rig *rig)
{
	API(ck_assert_int_eq(0, ua_call_resume(rig->call)));
}


/* The next event of a hold, in the one or the other way */
static const struct rig_event *told(struct rig *rig, enum ua_event_type type,
				    bool remote)
{
	const struct rig_event *e = rig_expect(rig, type);

	ck_assert_int_eq(remote, e->ev.remote);

	return e;
}


static void sound_goes_on(void)
{
	struct ua_call_stats as, bs;
	double s;

	ua_call_stats(a.call, &as);
	ua_call_stats(b.call, &bs);
	s = as.heard_s > bs.heard_s ? as.heard_s : bs.heard_s;
	rig_talk(&a, &b, (unsigned)(s * 1e3) + 200);
}


/* Nothing is sent, and nothing heard, by either. */
static void nothing_is_said(void)
{
	struct ua_call_stats as[2], bs[2];

	/* What is on its way, and in the buffers */
	rig_linger(QUIET_MS);
	ua_call_stats(a.call, &as[0]);
	ua_call_stats(b.call, &bs[0]);
	rig_linger(QUIET_MS);
	ua_call_stats(a.call, &as[1]);
	ua_call_stats(b.call, &bs[1]);
	ck_assert_uint_eq(as[0].tx_packets, as[1].tx_packets);
	ck_assert_uint_eq(bs[0].tx_packets, bs[1].tx_packets);
	ck_assert_double_eq(as[0].heard_s, as[1].heard_s);
	ck_assert_double_eq(bs[0].heard_s, bs[1].heard_s);
}


/* The rest of a line of the nth of such messages */
static const char *line(const char *what, unsigned n, const char *start)
{
	static char buf[4][128];
	static unsigned i;
	const char *text = middle_text(&m, what, n);
	const char *at = text ? strstr(text, start) : NULL;

	i = (i + 1) % 4;
	ck_assert_msg(at != NULL, "no %s in %s %u", start, what, n);
	(void)snprintf(buf[i], sizeof(buf[i]), "%.*s", (int)strcspn(at, "\r"),
		       at);

	return buf[i];
}


static void ck_has(const char *what, unsigned n, const char *part)
{
	const char *text = middle_text(&m, what, n);

	ck_assert_msg(text && strstr(text, part), "no %s in %s %u:\n%s", part,
		      what, n, text ? text : "");
}


/* Rule 3 of a relay: it knows us by these. */
static void is_where_it_was(const char *first, const char *what, unsigned n)
{
	ck_assert_str_eq(line(first, 0, "c=IN"), line(what, n, "c=IN"));
	ck_assert_int_eq(0, strncmp(line(first, 0, "m=audio"),
				    line(what, n, "m=audio"),
				    strlen("m=audio 12345")));
	ck_assert_str_eq(line(first, 0, "a=ice-ufrag"),
			 line(what, n, "a=ice-ufrag"));
	ck_assert_str_eq(line(first, 0, "a=ice-pwd"),
			 line(what, n, "a=ice-pwd"));
}


/* _i: who called holds, or who was called */
START_TEST(hold_silences_both_and_resume_brings_sound_back)
{
	struct rig *us = _i ? &b : &a;
	struct rig *them = _i ? &a : &b;
	const char *offer = _i ? "b INVITE" : "a INVITE";
	const char *answer = _i ? "a 200 INVITE" : "b 200 INVITE";
	const char *first = _i ? "b 200 INVITE" : "a INVITE";
	const char *theirs = _i ? "a INVITE" : "b 200 INVITE";
	const unsigned n = _i ? 0 : 1;
	struct ua_ice_info before, after;
	struct ua_call_stats stats;

	up();
	ck_assert_int_eq(0, ua_call_path(us->call, &before));
	hold(us);
	(void)told(us, UA_EVENT_HOLD, false);
	(void)told(them, UA_EVENT_HOLD, true);
	ck_assert(ua_call_held(us->call, false));
	ck_assert(!ua_call_held(us->call, true));
	ck_assert(ua_call_held(them->call, true));
	ck_assert(!ua_call_held(them->call, false));
	ck_has(offer, n, "a=sendonly");
	ck_has(answer, n, "a=recvonly");
	is_where_it_was(first, offer, n);
	is_where_it_was(theirs, answer, n);
	ck_assert(!us->call->flow->expects);
	ck_assert(!them->call->flow->expects);
	nothing_is_said();

	resume(us);
	(void)told(us, UA_EVENT_RESUMED, false);
	(void)told(them, UA_EVENT_RESUMED, true);
	ck_assert(!ua_call_held(us->call, false));
	ck_assert(!ua_call_held(them->call, true));
	ck_has(offer, n + 1, "a=sendrecv");
	ck_has(answer, n + 1, "a=sendrecv");
	is_where_it_was(first, offer, n + 1);
	ck_assert(us->call->flow->expects);
	ck_assert(them->call->flow->expects);
	sound_goes_on();

	ck_assert_int_eq(0, ua_call_path(us->call, &after));
	ck_assert(ua_addr_eq(&before.local.addr, &after.local.addr));
	ck_assert(ua_addr_eq(&before.remote.addr, &after.remote.addr));
	ck_assert_uint_eq(0, rig_count(us, UA_EVENT_ICE_RESTART));
	ck_assert_uint_eq(1, rig_count(us, UA_EVENT_HOLD));
	ck_assert_uint_eq(1, rig_count(us, UA_EVENT_RESUMED));

	/* The pause was no loss. */
	ua_call_stats(us->call, &stats);
	ck_assert_uint_eq(0, stats.rx_lost);
	down();
}
END_TEST


START_TEST(hold_out_of_place_is_refused)
{
	rig_open(&a, NULL);
	rig_open(&b, NULL);
	rig_call(&a, &b, NULL, NULL);
	ck_assert_int_eq(EPROTO, ua_call_hold(a.call));
	ck_assert_int_eq(EPROTO, ua_call_resume(b.call));
	rig_answer(&a, &b, NULL, NULL);
	ck_assert_int_eq(EALREADY, ua_call_resume(a.call));
	hold(&a);
	ck_assert_int_eq(EALREADY, ua_call_hold(a.call));
	(void)told(&a, UA_EVENT_HOLD, false);
	ck_assert_int_eq(EALREADY, ua_call_hold(a.call));
	API(ua_call_hangup(a.call, 0, NULL));
	ck_assert_int_eq(EPROTO, ua_call_resume(a.call));
	rig_close(&a);
	rig_close(&b);
}
END_TEST


/* RFC 6337, 5.3; _i: who held last, or first, resumes first */
START_TEST(both_hold_and_both_must_resume)
{
	struct rig *first = _i ? &a : &b;
	struct rig *last = _i ? &b : &a;

	up();
	hold(&a);
	(void)told(&a, UA_EVENT_HOLD, false);
	(void)told(&b, UA_EVENT_HOLD, true);
	middle_wait(&m, "a ACK", 2);
	hold(&b);
	(void)told(&b, UA_EVENT_HOLD, false);
	(void)told(&a, UA_EVENT_HOLD, true);
	ck_has("b INVITE", 0, "a=sendonly");
	ck_has("a 200 INVITE", 0, "a=inactive");
	ck_assert(ua_call_held(a.call, true) && ua_call_held(a.call, false));
	nothing_is_said();

	resume(first);
	(void)told(first, UA_EVENT_RESUMED, false);
	(void)told(last, UA_EVENT_RESUMED, true);
	ck_has(_i ? "b 200 INVITE" : "a 200 INVITE", _i ? 2 : 1, "a=sendonly");
	ck_assert(ua_call_held(first->call, true));
	nothing_is_said();

	resume(last);
	(void)told(last, UA_EVENT_RESUMED, false);
	(void)told(first, UA_EVENT_RESUMED, true);
	ck_assert(!ua_call_held(a.call, true) && !ua_call_held(a.call, false));
	sound_goes_on();
	down();
}
END_TEST


static const char *refusal; /* Of the next re-INVITE of a */


static bool refuse_once(struct middle *mid, const char *what, char *text,
			size_t size)
{
	(void)size;

	if (strcmp(what, "a INVITE") || !refusal)
		return true;

	middle_reply(mid, what, text, refusal);
	refusal = NULL;

	return false;
}


static const struct {
	const char *line;
	uint16_t code;
} refusals[] = {
	{ "488 Not Acceptable Here", 488 },
	{ "500 Server Error", 500 },
	{ "603 Decline", 603 },
};


START_TEST(refused_hold_is_told_and_all_is_as_before)
{
	const struct rig_event *e;

	up();
	m.hook = refuse_once;
	refusal = refusals[_i].line;
	hold(&a);
	e = told(&a, UA_EVENT_RESUMED, false);
	ck_assert_uint_eq(refusals[_i].code, e->ev.code);
	ck_assert_str_eq(refusals[_i].line + 4, e->reason);
	ck_assert(!ua_call_held(a.call, false));
	ck_assert(a.call->flow->expects);
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_HOLD));
	sound_goes_on();
	ck_assert_uint_eq(2, middle_count(&m, "a INVITE"));

	/* It may be asked for again, and so may its end. */
	hold(&a);
	(void)told(&a, UA_EVENT_HOLD, false);
	nothing_is_said();
	refusal = refusals[_i].line;
	resume(&a);
	e = told(&a, UA_EVENT_HOLD, false);
	ck_assert_uint_eq(refusals[_i].code, e->ev.code);
	ck_assert(ua_call_held(a.call, false));
	nothing_is_said();
	ck_assert_uint_eq(0, rig_count(&b, UA_EVENT_RESUMED));
	resume(&a);
	e = told(&a, UA_EVENT_RESUMED, false);
	ck_assert_uint_eq(0, e->ev.code);
	sound_goes_on();
	down();
}
END_TEST


START_TEST(hold_that_meets_a_491_is_tried_again)
{
	up();
	m.hook = refuse_once;
	refusal = "491 Request Pending";
	hold(&a);
	(void)told(&a, UA_EVENT_HOLD, false);
	(void)told(&b, UA_EVENT_HOLD, true);
	ck_assert_uint_eq(3, middle_count(&m, "a INVITE"));
	ck_has("a INVITE", 2, "a=sendonly");
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_RESUMED));
	nothing_is_said();
	down();
}
END_TEST


START_TEST(holds_that_cross_hold_both)
{
	up();
	hold(&a);
	hold(&b);
	middle_wait(&m, "a 491 INVITE", 1);
	(void)rig_expect(&a, UA_EVENT_HOLD);
	(void)rig_expect(&a, UA_EVENT_HOLD);
	(void)rig_expect(&b, UA_EVENT_HOLD);
	(void)rig_expect(&b, UA_EVENT_HOLD);
	ck_assert(ua_call_held(a.call, true) && ua_call_held(a.call, false));
	ck_assert(ua_call_held(b.call, true) && ua_call_held(b.call, false));
	nothing_is_said();
	down();
}
END_TEST


/* Their offer is on its way when we want to hold: both meet. */
START_TEST(hold_that_crosses_an_offer_is_not_lost)
{
	up();
	ck_assert_int_eq(0, ua_callsig_offer(b.call));
	hold(&a);
	(void)told(&a, UA_EVENT_HOLD, false);
	(void)told(&b, UA_EVENT_HOLD, true);
	nothing_is_said();
	resume(&a);
	(void)told(&a, UA_EVENT_RESUMED, false);
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


static unsigned last_invite(void)
{
	return middle_count(&m, "a INVITE") - 1;
}


START_TEST(hold_while_ice_restarts_comes_after_it)
{
	up();
	m.hook = slow_answer;
	ua_reoffer_restart(a.call, "path is dead");
	middle_wait(&m, "b 200 INVITE", 2);
	hold(&a);
	(void)told(&a, UA_EVENT_HOLD, false);
	ck_assert_uint_eq(1, rig_count(&a, UA_EVENT_ICE_RESTART));
	ck_has("a INVITE", 1, "a=sendrecv");
	ck_has("a INVITE", last_invite(), "a=sendonly");
	ck_assert_str_ne(line("a INVITE", 0, "a=ice-ufrag"),
			 line("a INVITE", 1, "a=ice-ufrag"));
	ck_assert_str_eq(line("a INVITE", 1, "a=ice-ufrag"),
			 line("a INVITE", last_invite(), "a=ice-ufrag"));
	ck_assert_str_eq(line("a INVITE", 0, "c=IN"),
			 line("a INVITE", last_invite(), "c=IN"));
	nothing_is_said();
	resume(&a);
	(void)told(&a, UA_EVENT_RESUMED, false);
	sound_goes_on();
	down();
}
END_TEST


/* ... and the one behind the other is not lost, either. */
START_TEST(restart_that_waits_for_a_hold_is_on_hold)
{
	up();
	ua_reoffer_restart(a.call, "path is dead");
	hold(&a);
	(void)told(&a, UA_EVENT_HOLD, false);
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_ICE_RESTART));
	ck_has("a INVITE", 1, "a=sendonly");
	(void)rig_expect(&b, UA_EVENT_ICE_RESTART);
	ck_has("a INVITE", 2, "a=sendonly");
	ck_assert_str_ne(line("a INVITE", 1, "a=ice-ufrag"),
			 line("a INVITE", 2, "a=ice-ufrag"));
	middle_wait(&m, "a ACK", 3);
	nothing_is_said();
	ck_assert_uint_eq(1, rig_count(&a, UA_EVENT_HOLD));
	resume(&a);
	(void)told(&a, UA_EVENT_RESUMED, false);
	sound_goes_on();
	down();
}
END_TEST


/* _i: of who holds, or of who is held */
START_TEST(restart_on_hold_stays_on_hold)
{
	struct rig *us = _i ? &b : &a;

	up();
	hold(&a);
	(void)told(&a, UA_EVENT_HOLD, false);
	middle_wait(&m, "a ACK", 2);
	rig_may_offer(us);
	ua_reoffer_restart(us->call, "network changed");
	(void)rig_expect(&a, UA_EVENT_ICE_RESTART);
	(void)rig_expect(&b, UA_EVENT_ICE_RESTART);
	middle_wait(&m, "a ACK", _i ? 2 : 3);
	if (_i) {
		middle_wait(&m, "a 200 INVITE", 1);
		ck_has("a 200 INVITE", 0, "a=sendonly");
	}
	else {
		ck_has("a INVITE", 2, "a=sendonly");
	}
	nothing_is_said();
	ck_assert_uint_eq(1, rig_count(&a, UA_EVENT_HOLD));
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_RESUMED));
	resume(&a);
	(void)told(&a, UA_EVENT_RESUMED, false);
	sound_goes_on();
	down();
}
END_TEST


/* Neither side sends sound: silence is no sign, but consent is. */
START_TEST(path_that_dies_on_hold_is_looked_for_anew)
{
	struct ua_flow *flow;
	size_t i;

	up();
	hold(&a);
	(void)told(&a, UA_EVENT_HOLD, false);
	nothing_is_said();
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_ICE_RESTART));
	flow = b.call->flow;
	for (i = 0; i < flow->nhost; i++)
		flow->hosts[i].sock = mem_deref(flow->hosts[i].sock);
	while (!rig_count(&a, UA_EVENT_ICE_RESTART))
		rig_linger(100);
	ck_assert_str_eq("consent lost",
			 rig_expect(&a, UA_EVENT_ICE_RESTART)->reason);
	middle_wait(&m, "a INVITE", 3);
	ck_has("a INVITE", 2, "a=sendonly");
	middle_close(&m);
	rig_close(&a);
	rig_close(&b);
}
END_TEST


START_TEST(newest_wish_wins)
{
	up();

	/* Its offer is out: it is undone by the next one. */
	hold(&a);
	resume(&a);
	(void)told(&a, UA_EVENT_HOLD, false);
	(void)told(&a, UA_EVENT_RESUMED, false);
	ck_has("a INVITE", 1, "a=sendonly");
	ck_has("a INVITE", 2, "a=sendrecv");
	ck_assert_uint_eq(3, middle_count(&m, "a INVITE"));
	sound_goes_on();

	/* It is what is wanted again when the answer comes. */
	hold(&a);
	resume(&a);
	hold(&a);
	(void)told(&a, UA_EVENT_HOLD, false);
	nothing_is_said();
	ck_assert_uint_eq(4, middle_count(&m, "a INVITE"));
	resume(&a);
	(void)told(&a, UA_EVENT_RESUMED, false);
	ck_assert_uint_eq(5, middle_count(&m, "a INVITE"));

	/* Another offer is out: nobody ever hears of it. */
	ck_assert_int_eq(0, ua_callsig_offer(a.call));
	hold(&a);
	resume(&a);
	(void)told(&a, UA_EVENT_RESUMED, false);
	sound_goes_on();
	ck_assert_uint_eq(6, middle_count(&m, "a INVITE"));
	ck_has("a INVITE", 5, "a=sendrecv");
	ck_assert_uint_eq(2, rig_count(&b, UA_EVENT_HOLD));
	down();
}
END_TEST


/* Refused when it is not wanted any more: there is nothing to complain of. */
START_TEST(refusal_of_a_wish_of_before_is_no_error)
{
	const struct rig_event *e;

	up();
	m.hook = refuse_once;
	refusal = "488 No";
	hold(&a);
	resume(&a);
	e = told(&a, UA_EVENT_RESUMED, false);
	ck_assert_uint_eq(0, e->ev.code);
	sound_goes_on();
	ck_assert_uint_eq(2, middle_count(&m, "a INVITE"));
	down();
}
END_TEST


/* Offers of other reasons keep the hold, and so do answers. */
START_TEST(other_offers_stay_on_hold)
{
	up();
	hold(&a);
	(void)told(&a, UA_EVENT_HOLD, false);
	middle_wait(&m, "a ACK", 2);
	rig_may_offer(&a);
	ck_assert_int_eq(0, ua_callsig_offer(a.call));
	middle_wait(&m, "a ACK", 3);
	ck_has("a INVITE", 2, "a=sendonly");
	rig_may_offer(&b);

	/* Theirs says that it may hear and be heard. */
	ck_assert_int_eq(0, ua_callsig_offer(b.call));
	middle_wait(&m, "b ACK", 1);
	ck_has("b INVITE", 0, "a=sendrecv");
	ck_has("a 200 INVITE", 0, "a=sendonly");
	is_where_it_was("a INVITE", "a 200 INVITE", 0);
	nothing_is_said();
	ck_assert_uint_eq(1, rig_count(&a, UA_EVENT_HOLD));
	ck_assert_uint_eq(1, rig_count(&b, UA_EVENT_HOLD));
	ck_assert_uint_eq(0, rig_count(&b, UA_EVENT_RESUMED));
	down();
}
END_TEST


static bool rewrite(struct middle *mid, const char *what, char *text,
		    size_t size)
{
	char port[32];
	const char *at = strstr(text, "m=audio ");

	if (!at || middle_count(mid, what) < 2)
		return true;

	(void)snprintf(port, sizeof(port), "%.*s",
		       (int)(8 + strspn(at + 8, "0123456789")), at);
	ck_assert(middle_edit(text, size, "c=IN IP4 127.0.0.1",
			      "c=IN IP4 192.0.2.1", false));
	ck_assert(middle_edit(text, size, port, "m=audio 50004", false));

	return true;
}


/* Rule 10 of relays: what a proxy writes there does not move media. */
START_TEST(rewritten_hold_moves_no_media)
{
	struct ua_ice_info before[2], after[2];

	up();
	ck_assert_int_eq(0, ua_call_path(a.call, &before[0]));
	ck_assert_int_eq(0, ua_call_path(b.call, &before[1]));
	m.hook = rewrite;
	hold(&a);
	(void)told(&a, UA_EVENT_HOLD, false);
	nothing_is_said();
	resume(&a);
	(void)told(&a, UA_EVENT_RESUMED, false);
	sound_goes_on();
	ck_assert_int_eq(0, ua_call_path(a.call, &after[0]));
	ck_assert_int_eq(0, ua_call_path(b.call, &after[1]));
	ck_assert(ua_addr_eq(&before[0].remote.addr, &after[0].remote.addr));
	ck_assert(ua_addr_eq(&before[1].remote.addr, &after[1].remote.addr));
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_ICE_RESTART));
	down();
}
END_TEST


/* Asked for without memory it is told as soon as there is some. */
START_TEST(without_memory_hold_comes_later)
{
	bool whole = false;
	int err;
	long n;

	if (!ua_oom_works())
		return;

	rig_open(&a, NULL);
	rig_open(&b, NULL);
	rig_call(&a, &b, NULL, NULL);
	rig_answer(&a, &b, NULL, NULL);
	rig_talk(&a, &b, 100);
	rig_linger(20);
	for (n = 0; !whole; n++) {
		ck_assert_int_lt(n, 500);
		a.n = a.read = b.n = b.read = 0;
		rig_enter();
		ua_oom_limit(n);
		err = ua_call_hold(a.call);
		ua_oom_limit(-1);
		rig_leave();
		ck_assert_int_eq(0, err);
		whole = a.call->updating;
		ck_assert_int_ne(whole, tmr_isrunning(&a.call->hold.tmr));
		ck_assert_int_eq(whole ? UA_OFFER_LOCAL : UA_OFFER_STABLE,
				 ua_offer_state(a.call->offer));

		/* Not to wait for the timer each time */
		API(ua_hold_pump(a.call));
		(void)told(&a, UA_EVENT_HOLD, false);
		(void)told(&b, UA_EVENT_HOLD, true);
		resume(&a);
		(void)told(&a, UA_EVENT_RESUMED, false);
		(void)told(&b, UA_EVENT_RESUMED, true);
	}

	ck_assert_int_gt(n, 10);
	rig_close(&a);
	rig_close(&b);
}
END_TEST


/* -------------------------- a peer of old -------------------------- */


static bool is_spoken_to(void *arg)
{
	return old.sound > *(unsigned *)arg;
}


static void sound_comes(void)
{
	unsigned n = old.sound + 5;

	rig_wait(is_spoken_to, &n);
}


static bool has_packet(void *arg)
{
	return *(unsigned *)arg > 0;
}


static unsigned seq_of(const uint8_t *pkt)
{
	return (unsigned)pkt[2] << 8 | pkt[3];
}


/*
 * Rule 6 of relays, RFC 6263: RTCP goes on, and the port of RTP sees a packet
 * soon, one that nobody plays.  _i: we hold; it holds by sendonly; by inactive
 */
START_TEST(silent_path_is_kept_alive_on_both_ports)
{
	unsigned sound;
	unsigned seq;

	oldpeer_open(&old, &a);
	oldpeer_up(&old, NULL);
	sound_comes();
	ck_assert_uint_eq(0, old.empty);
	if (_i) {
		oldpeer_invite(&old, oldpeer_sdp(&old, NULL,
						 _i > 1 ? "a=inactive\r\n"
							: "a=sendonly\r\n"));
		(void)told(&a, UA_EVENT_HOLD, true);
	}
	else {
		hold(&a);
		oldpeer_accept(&old,
			       oldpeer_sdp(&old, NULL, "a=recvonly\r\n"));
		(void)told(&a, UA_EVENT_HOLD, false);
		ck_assert_ptr_nonnull(strstr(old.sdp, "a=sendonly"));
	}
	rig_linger(20);
	sound = old.sound;
	seq = seq_of(old.voice);
	old.rtcp = 0;

	rig_wait(has_packet, &old.empty);
	ck_assert_uint_eq(0x80, old.last[0]);
	ck_assert_uint_eq(127, old.last[1]);
	ck_assert_uint_eq((uint16_t)(seq + 1), seq_of(old.last));
	ck_assert_mem_eq(old.voice + 8, old.last + 8, 4);
	ck_assert(sipbed_run(has_packet, &old.rtcp, RTCP_MS));

	/* And no more so soon */
	rig_linger(500);
	ck_assert_uint_eq(1, old.empty);
	ck_assert_uint_eq(sound, old.sound);
	oldpeer_close(&old);
}
END_TEST


/* RFC 3264, 8.4: neither RTP nor RTCP; but a NAT and a relay need something */
START_TEST(zero_address_is_a_hold_and_its_end)
{
	unsigned sound;

	oldpeer_open(&old, &a);
	oldpeer_up(&old, NULL);
	sound_comes();
	oldpeer_invite(&old, oldpeer_sdp(&old, "0.0.0.0", NULL));
	(void)told(&a, UA_EVENT_HOLD, true);
	ck_assert_ptr_nonnull(strstr(old.sdp, "c=IN IP4 127.0.0.1"));
	ck_assert_ptr_nonnull(strstr(old.sdp, "a=recvonly"));
	rig_linger(20);
	sound = old.sound;
	old.rtcp = 0;
	rig_linger(UA_RTPALIVE_SOON_MS - 200);
	ck_assert_uint_eq(0, old.rtcp + old.empty);

	/* Where it was before */
	rig_wait(has_packet, &old.empty);
	ck_assert(sipbed_run(has_packet, &old.rtcp, RTCP_MS));
	ck_assert_uint_eq(sound, old.sound);

	oldpeer_invite(&old, oldpeer_sdp(&old, NULL, NULL));
	(void)told(&a, UA_EVENT_RESUMED, true);
	sound_comes();
	oldpeer_close(&old);
}
END_TEST


/* A call that begins so: there is no place where the peer was before. */
START_TEST(call_may_begin_with_a_zero_address)
{
	oldpeer_open(&old, &a);
	oldpeer_up(&old, "0.0.0.0");
	ck_assert(rig_find(&a, UA_EVENT_HOLD)->ev.remote);
	ck_assert(ua_call_held(a.call, true));
	rig_linger(UA_RTPALIVE_SOON_MS + 500);
	ck_assert_uint_eq(0, old.sound + old.empty + old.rtcp);
	oldpeer_invite(&old, oldpeer_sdp(&old, NULL, NULL));
	(void)told(&a, UA_EVENT_RESUMED, true);
	sound_comes();
	oldpeer_close(&old);
}
END_TEST


/* Its offers and answers know of no directions; our hold stays. */
START_TEST(peer_without_directions_stays_held)
{
	struct ua_call_stats stats;
	unsigned sound;
	double s;

	oldpeer_open(&old, &a);
	oldpeer_up(&old, NULL);
	sound_comes();
	hold(&a);
	oldpeer_accept(&old, oldpeer_sdp(&old, NULL, NULL));
	(void)told(&a, UA_EVENT_HOLD, false);
	oldpeer_invite(&old, oldpeer_sdp(&old, NULL, NULL));
	ck_assert_ptr_nonnull(strstr(old.sdp, "a=sendonly"));

	/* Asked for an offer, it is one of who holds (RFC 6337, 5.3). */
	oldpeer_request(&old, "INVITE", ++old.cseq, NULL);
	while (!strstr(old.sdp, "a=candidate:")) {
		const struct sip_msg *msg = sipbed_next(&old.sip, RIG_MS);

		ck_assert_ptr_nonnull(msg);
		if (!msg->req && msg->scode == 200)
			break;
	}
	oldpeer_request(&old, "ACK", old.cseq, oldpeer_sdp(&old, NULL, NULL));
	rig_linger(50);

	/* It talks on: that is not played. */
	sound = old.sound;
	ua_call_stats(a.call, &stats);
	s = stats.heard_s;
	oldpeer_say(&old, 20);
	rig_linger(500);
	ua_call_stats(a.call, &stats);
	ck_assert_uint_ge(stats.rx_packets, 20);
	ck_assert_double_eq_tol(s, stats.heard_s, 0.03);
	ck_assert_uint_eq(sound, old.sound);
	ck_assert_uint_eq(1, rig_count(&a, UA_EVENT_HOLD));

	resume(&a);
	oldpeer_accept(&old, oldpeer_sdp(&old, NULL, NULL));
	(void)told(&a, UA_EVENT_RESUMED, false);
	ck_assert_ptr_nonnull(strstr(old.sdp, "a=sendrecv"));
	sound_comes();
	oldpeer_close(&old);
}
END_TEST


/* RFC 3264, 8: it answers, but not so that it is of use. */
START_TEST(hold_that_is_badly_answered_is_told)
{
	const struct rig_event *e;

	oldpeer_open(&old, &a);
	oldpeer_up(&old, NULL);
	sound_comes();
	hold(&a);
	oldpeer_accept(&old, _i ? "nonsense\r\n" : NULL);
	e = told(&a, UA_EVENT_RESUMED, false);
	ck_assert_uint_eq(_i ? 200 : 488, e->ev.code);
	ck_assert_uint_gt(strlen(e->reason), 0);
	sound_comes();
	oldpeer_close(&old);
}
END_TEST


Suite *ua_suite_hold(void)
{
	Suite *s = suite_create("hold");
	TCase *tc = tcase_create("both");

	tcase_set_timeout(tc, RIG_TEST_S);
	tcase_add_loop_test(
		tc, hold_silences_both_and_resume_brings_sound_back, 0, 2);
	tcase_add_test(tc, hold_out_of_place_is_refused);
	tcase_add_loop_test(tc, both_hold_and_both_must_resume, 0, 2);
	tcase_add_loop_test(tc, refused_hold_is_told_and_all_is_as_before, 0,
			    sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_test(tc, hold_that_meets_a_491_is_tried_again);
	tcase_add_test(tc, holds_that_cross_hold_both);
	tcase_add_test(tc, hold_that_crosses_an_offer_is_not_lost);
	tcase_add_test(tc, hold_while_ice_restarts_comes_after_it);
	tcase_add_test(tc, restart_that_waits_for_a_hold_is_on_hold);
	tcase_add_loop_test(tc, restart_on_hold_stays_on_hold, 0, 2);
	tcase_add_test(tc, newest_wish_wins);
	tcase_add_test(tc, refusal_of_a_wish_of_before_is_no_error);
	tcase_add_test(tc, other_offers_stay_on_hold);
	tcase_add_test(tc, rewritten_hold_moves_no_media);
	tcase_add_test(tc, without_memory_hold_comes_later);
	suite_add_tcase(s, tc);

	tc = tcase_create("lost");
	tcase_set_timeout(tc, LOST_S);
	tcase_add_test(tc, path_that_dies_on_hold_is_looked_for_anew);
	suite_add_tcase(s, tc);

	tc = tcase_create("old");
	tcase_set_timeout(tc, LOST_S);
	tcase_add_loop_test(tc, silent_path_is_kept_alive_on_both_ports, 0, 3);
	tcase_add_test(tc, zero_address_is_a_hold_and_its_end);
	tcase_add_test(tc, call_may_begin_with_a_zero_address);
	tcase_add_test(tc, peer_without_directions_stays_held);
	tcase_add_loop_test(tc, hold_that_is_badly_answered_is_told, 0, 2);
	suite_add_tcase(s, tc);

	return s;
}
