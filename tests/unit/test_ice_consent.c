/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_ice_consent.c  Paths that die, and peers that want no more */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "stun/stun.h"
#include "icenet.h"

Suite *ua_suite_ice_consent(void);

#define HOST "192.168.1.1:4000"
#define PEER "192.168.1.9:9000"
#define HOST0 "198.18.0.1:4000"
#define HOST0B "198.18.0.3:4000"
#define HOST1 "198.18.0.2:4000"
#define RELAY0 "198.51.100.7:60000"

enum { MIN_MS = 60000 };

static struct icenet *net;


static void setup(void)
{
	net = icenet_alloc(1);
}


static void teardown(void)
{
	icenet_free(net);
}


static struct ua_ice *ice0(void)
{
	return net->agentv[0].ice;
}


static void forget_events(void)
{
	net->agentv[0].nev = 0;
	net->agentv[1].nev = 0;
}


static uint64_t when(unsigned agent, enum ua_ice_event_type type)
{
	const struct ua_ice_event *ev = icenet_event(net, agent, type);

	ck_assert_ptr_nonnull(ev);
	return ev->since_ms;
}


/* A call over one path, of a given delay each way */
static void two_hosts(uint32_t delay_ms)
{
	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, delay_ms);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 0);
	icenet_meet(net);
	icenet_run(net, 3000);
	ck_assert_int_eq(0, icenet_nominated(net, 0));
}


/* Interfaces: 0 and 1 the hosts, 2 a relay of agent 0; direct is selected */
static void direct_and_relay(uint32_t direct_ms, uint32_t relay_ms)
{
	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, direct_ms);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 0);
	(void)icenet_relay(net, 0, 0, 1, RELAY0, relay_ms);
	icenet_meet(net);
	icenet_talk(net, 4000);
	ck_assert_int_eq(0, icenet_nominated(net, 0));
	ck_assert_int_eq(0, icenet_nominated(net, 1));
}


/* One host, controlling, and a peer played by the test: nominated */
static void call_with_peer(void)
{
	static const char *const addrv[] = { PEER, NULL };

	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer(net, NULL, addrv));
	ck_assert_int_eq(0, icenet_peer_answer(net, icenet_last(net, PEER), 0,
					       NULL, NULL));
	icenet_run(net, 10);
	ck_assert(icenet_last(net, PEER)->nominate);
	ck_assert_int_eq(0, icenet_peer_answer(net, icenet_last(net, PEER), 0,
					       NULL, NULL));
	ck_assert_int_eq(0, icenet_nominated(net, 0));
}


/* The peer answers every request of ours until some time */
static void peer_answers_until(uint64_t end)
{
	const struct net_sent *done = icenet_last(net, PEER);

	while (net->now < end) {
		icenet_run(net, 10);
		if (icenet_last(net, PEER) == done)
			continue;

		done = icenet_last(net, PEER);
		ck_assert_int_eq(0,
				 icenet_peer_answer(net, done, 0, NULL, NULL));
	}
}


static bool has_media(void)
{
	struct ua_path path;

	return !ua_ice_media(ice0(), 0, 1, &path);
}


/* Each is a new request: a lost one is not sent again (RFC 7675, 5.1) */
START_TEST(consent_every_4_to_6_s)
{
	unsigned gaps[3] = { 0, 0, 0 };
	uint64_t last = 0;
	uint8_t tid[12];
	unsigned i, n = 0;
	unsigned from;

	two_hosts(10);
	from = net->nsent;
	icenet_run(net, 10 * MIN_MS);

	for (i = from; i < net->nsent; i++) {
		const struct net_sent *s = &net->sentv[i];

		if (s->agent || s->cls != UA_STUN_REQUEST)
			continue;

		if (last) {
			ck_assert_uint_ge(s->at - last, 4000);
			ck_assert_uint_le(s->at - last, 6000);
			ck_assert(memcmp(tid, s->tid, sizeof(tid)));
			++gaps[(s->at - last - 4000) * 3 / 2001];
		}

		last = s->at;
		memcpy(tid, s->tid, sizeof(tid));
		++n;
	}

	ck_assert_uint_ge(n, 100);
	ck_assert_uint_le(n, 150);

	/* Spread, so that calls that began together do not stay together */
	for (i = 0; i < 3; i++)
		ck_assert_uint_ge(gaps[i], 20);

	ck_assert_uint_eq(0, icenet_count(net, 0, UA_ICE_EVENT_SUSPECT));
}
END_TEST


static bool lose_next_answer(struct icenet *n, unsigned agent,
			     struct ua_dgram *dg, void *arg)
{
	unsigned *left = arg;

	(void)n;
	(void)dg;
	if (!agent || !*left)
		return true;

	--*left;
	return false;
}


/* Only what agent 1 sends is lost, so the next is an answer or a check. */
START_TEST(one_lost_answer_is_not_death)
{
	unsigned left = 1;
	unsigned sent;

	two_hosts(10);
	forget_events();
	net->pass = lose_next_answer;
	net->pass_arg = &left;
	sent = net->nsent;
	icenet_run(net, 20000);

	ck_assert_uint_eq(0, left);
	ck_assert_uint_eq(1,
			  icenet_count(net, 0, UA_ICE_EVENT_SUSPECT) +
				  icenet_count(net, 1, UA_ICE_EVENT_SUSPECT));
	ck_assert_uint_eq(
		1, icenet_count(net, 0, UA_ICE_EVENT_RECOVERED) +
			   icenet_count(net, 1, UA_ICE_EVENT_RECOVERED));
	ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_NEED_RESTART));
	ck_assert_ptr_null(icenet_event(net, 1, UA_ICE_EVENT_NEED_RESTART));
	ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_MEDIA_PATH));
	ck_assert(icenet_same_pair(net, 0, 1));

	/* 8 to 10 requests of consent, as many answers, and one round */
	ck_assert_uint_le(net->nsent - sent, 2 * 10 + 4);
}
END_TEST


/* Requests of ours, and requests of the peer, are no consent. */
START_TEST(consent_counts_from_last_answer)
{
	const struct net_req req = { .from = PEER };
	uint64_t t;
	uint64_t end;

	call_with_peer();
	peer_answers_until(net->now + 20000);
	forget_events();

	/* The last one, then none, though the peer goes on to ask */
	t = net->now;
	while (icenet_last(net, PEER)->at <= t)
		icenet_run(net, 10);
	ck_assert_int_eq(0, icenet_peer_answer(net, icenet_last(net, PEER), 0,
					       NULL, NULL));
	t = net->now;

	for (end = t + 29990; net->now < end; icenet_run(net, 10)) {
		if (!(net->now % 5000))
			(void)icenet_peer_request(net, 0, &req);

		ck_assert(has_media());
	}

	ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_CONSENT_LOST));
	icenet_run(net, 10);
	ck_assert(!has_media());
	ck_assert_uint_eq(t + 30000, when(0, UA_ICE_EVENT_CONSENT_LOST));
	ck_assert_uint_eq(1, icenet_count(net, 0, UA_ICE_EVENT_SUSPECT));

	/* When it is noticed, after half of the time, and in the end */
	ck_assert_uint_eq(3, icenet_count(net, 0, UA_ICE_EVENT_NEED_RESTART));
}
END_TEST


/*
 * The same credentials must not be used again on that 5-tuple: a new session,
 * or a restart, is needed (RFC 7675, 5.1).
 */
START_TEST(lost_consent_needs_new_credentials)
{
	const struct net_req req = { .from = PEER };
	unsigned sent;
	unsigned i;

	call_with_peer();
	icenet_run(net, 31000);
	ck_assert(!has_media());

	sent = icenet_requests(net, 0, PEER);
	for (i = 0; i < 5; i++) {
		(void)icenet_peer_request(net, 0, &req);
		icenet_run(net, 1000);
		if (icenet_requests(net, 0, PEER) > sent)
			(void)icenet_peer_answer(net, icenet_last(net, PEER),
						 0, NULL, NULL);
	}

	ck_assert(!has_media());
	ck_assert_uint_eq(sent, icenet_requests(net, 0, PEER));
}
END_TEST


/* Its answers take longer than the time between two requests */
START_TEST(consent_of_a_slow_path_ends_as_well)
{
	uint64_t t;

	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 900);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 0);
	icenet_meet(net);
	icenet_run(net, MIN_MS);
	ck_assert_int_eq(0, icenet_nominated(net, 0));
	ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_SUSPECT));

	t = net->now;
	icenet_cut(net, 0, 1, true);
	icenet_run(net, 12000);
	ck_assert_ptr_nonnull(icenet_event(net, 0, UA_ICE_EVENT_SUSPECT));
	icenet_run(net, t + 32000 - net->now);
	ck_assert_ptr_nonnull(icenet_event(net, 0, UA_ICE_EVENT_CONSENT_LOST));
	ck_assert(!has_media());
}
END_TEST


static void ask_for_consent(void)
{
	const struct net_sent *last = icenet_last(net, PEER);

	while (icenet_last(net, PEER) == last)
		icenet_run(net, 10);
}


START_TEST(authenticated_403_revokes)
{
	call_with_peer();
	ask_for_consent();
	ck_assert(has_media());
	forget_events();
	ck_assert_int_eq(0, icenet_peer_answer(net, icenet_last(net, PEER),
					       403, NULL, NULL));
	ck_assert(!has_media());
	ck_assert_uint_eq(net->now, when(0, UA_ICE_EVENT_CONSENT_LOST));
	ck_assert_str_eq("consent of the peer ended",
			 icenet_event(net, 0, UA_ICE_EVENT_CONSENT_LOST)->why);
	ck_assert_ptr_nonnull(icenet_event(net, 0, UA_ICE_EVENT_NEED_RESTART));
}
END_TEST


/* Anybody can send a 403, or make the system report an error. */
START_TEST(forged_403_or_icmp_is_a_round_of_checks)
{
	const struct ua_addr peer = icenet_addr(PEER);
	const struct net_sent *sent;
	uint8_t buf[100];
	unsigned n;

	call_with_peer();
	ask_for_consent();
	sent = icenet_last(net, PEER);

	if (_i == 0) {
		struct net_sent old = *sent;

		/* The right transaction, a wrong key: no integrity */
		memset(buf, 0, sizeof(buf));
		buf[0] = 0x01;
		buf[1] = 0x11;
		buf[3] = 8;
		memcpy(buf + 4, "\x21\x12\xa4\x42", 4);
		memcpy(buf + 8, old.tid, sizeof(old.tid));
		memcpy(buf + 20, "\x00\x09\x00\x04\x00\x00\x04\x03", 8);
		ck_assert_int_eq(EACCES,
				 icenet_inject(net, 0, &peer, buf, 28));
		ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_SUSPECT));
	}
	else {
		net->agentv[0].send_err = ECONNREFUSED;
		ask_for_consent();
		net->agentv[0].send_err = 0;
		ck_assert_ptr_nonnull(
			icenet_event(net, 0, UA_ICE_EVENT_SUSPECT));
	}

	ck_assert(has_media());
	n = icenet_requests(net, 0, PEER);
	peer_answers_until(net->now + 3000);
	ck_assert_uint_le(icenet_requests(net, 0, PEER), n + 2);
	ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_CONSENT_LOST));
	ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_NEED_RESTART));
	ck_assert(has_media());
}
END_TEST


/* _i: when in the life of a keepalive the path is cut */
START_TEST(dead_path_moves_to_spare)
{
	uint64_t cut_ms;
	unsigned a;

	direct_and_relay(10, 20);
	icenet_run(net, (uint64_t)_i * 250);
	forget_events();
	icenet_count_media(net);
	cut_ms = net->now;
	icenet_cut(net, 0, 1, true);
	icenet_run(net, 5000);

	for (a = 0; a < 2; a++) {
		ck_assert_uint_le(when(a, UA_ICE_EVENT_SUSPECT),
				  cut_ms + 1200);
		ck_assert_uint_le(icenet_gap(net, a), 1000 + 1000);
		ck_assert_uint_eq(1,
				  icenet_count(net, a, UA_ICE_EVENT_SUSPECT));
	}

	/* Who is first asks for it: the other one follows the nomination. */
	ck_assert(icenet_event(net, 0, UA_ICE_EVENT_NEED_RESTART) ||
		  icenet_event(net, 1, UA_ICE_EVENT_NEED_RESTART));
	ck_assert(icenet_same_pair(net, 0, 1));
	ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_CONSENT_LOST));
}
END_TEST


/* One way only: the end that hears nothing moves, the other one follows. */
START_TEST(path_dead_one_way_moves_to_spare)
{
	unsigned a;

	direct_and_relay(10, 20);
	forget_events();
	icenet_count_media(net);
	net->cut[_i][!_i] = true;
	icenet_run(net, 12000);

	for (a = 0; a < 2; a++)
		ck_assert_uint_le(icenet_gap(net, a), 3000);

	icenet_count_media(net);
	icenet_run(net, 5000);
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert(icenet_same_pair(net, 0, 1));
}
END_TEST


/*
 * Ends that settled on different pairs stay so (some engines do): what works
 * all the time is looked at now and then, not without end.
 */
START_TEST(peer_that_sends_another_way_is_no_endless_doubt)
{
	static const char *const addrv[] = { PEER, "192.168.1.9:9002", NULL };
	const struct ua_path path = { .base = 0,
				      .remote = icenet_addr(addrv[1]) };
	const struct net_sent *done[2] = { NULL, NULL };
	unsigned i, k, sent;

	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer(net, NULL, addrv));
	icenet_run(net, 25);
	for (k = 0; k < 2; k++)
		(void)icenet_peer_answer(net, icenet_last(net, addrv[k]), 0,
					 NULL, NULL);

	icenet_run(net, 70);
	ck_assert(icenet_last(net, PEER)->nominate);
	sent = net->nsent;

	for (i = 0; i < 60 * 50; i++) {
		for (k = 0; k < 2; k++) {
			const struct net_sent *last =
				icenet_last(net, addrv[k]);

			if (last != done[k])
				(void)icenet_peer_answer(net, last, 0, NULL,
							 NULL);
			done[k] = last;
		}

		ck_assert(ua_ice_accepts(ice0(), 0, 1, &path));
		ua_ice_heard(ice0(), net->now, &path);
		icenet_pump(net, 0);
		icenet_run(net, 20);
	}

	ck_assert_int_eq(0, icenet_nominated(net, 0));
	ck_assert_uint_le(icenet_count(net, 0, UA_ICE_EVENT_SUSPECT), 12);
	ck_assert_uint_le(net->nsent - sent, 60);
	ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_NEED_RESTART));
}
END_TEST


/* The best of the spares died, too: media takes the one that answers. */
START_TEST(spare_that_answers_is_taken)
{
	const struct ua_ice_event *ev;

	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 30);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 0);
	(void)icenet_host_cost(net, 0, 0, 1, HOST0B, NET_NO_NAT, 15, 1);
	(void)icenet_relay(net, 0, 0, 1, RELAY0, 40);
	icenet_meet(net);
	icenet_talk(net, 4000);
	ck_assert_int_eq(0, icenet_nominated(net, 0));

	forget_events();
	icenet_count_media(net);
	icenet_cut(net, 0, 1, true);
	icenet_cut(net, 2, 1, true);
	icenet_run(net, 6000);

	ck_assert_uint_le(icenet_gap(net, 0), 2200);
	ck_assert_uint_le(icenet_gap(net, 1), 2200);
	ev = icenet_event(net, 0, UA_ICE_EVENT_MEDIA_PATH);
	ck_assert_ptr_nonnull(ev);
	ck_assert_uint_eq(1, ev->relays);
	ck_assert(icenet_same_pair(net, 0, 1));
}
END_TEST


/*
 * Only the controlled end had its doubts, and they are over: the pair that
 * both agreed on is in force again, as the peer never left it.
 */
START_TEST(controlled_end_comes_back_to_the_agreed_path)
{
	const struct ua_ice_event *ev;

	direct_and_relay(10, 20);
	net->mediav[0].expects = false;
	net->mediav[1].expects = false;
	forget_events();
	net->cut[1][0] = true;
	ua_ice_silent(net->agentv[1].ice, net->now, 0);
	icenet_pump(net, 1);
	icenet_run(net, 700);
	net->cut[1][0] = false;
	ev = icenet_event(net, 1, UA_ICE_EVENT_MEDIA_PATH);
	ck_assert_ptr_nonnull(ev);
	ck_assert_uint_eq(1, ev->relays);

	icenet_run(net, 8000);
	ck_assert(icenet_same_pair(net, 0, 1));
	ck_assert_int_eq(0, icenet_nominated(net, 1));
	icenet_count_media(net);
	icenet_run(net, 5000);
	ck_assert_uint_eq(0, icenet_lost(net));
}
END_TEST


/* The router reboots: all is down, then the relay is there again, alone. */
START_TEST(all_paths_down_for_a_while)
{
	unsigned a;

	direct_and_relay(10, 20);
	forget_events();
	icenet_cut(net, 0, 1, true);
	icenet_cut(net, 2, 1, true);
	icenet_run(net, 6000);
	icenet_cut(net, 2, 1, false);
	icenet_count_media(net);
	icenet_run(net, 3000);

	for (a = 0; a < 2; a++)
		ck_assert_uint_le(icenet_gap(net, a), 2000);

	icenet_count_media(net);
	icenet_run(net, 3000);
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert(icenet_same_pair(net, 0, 1));
}
END_TEST


/* It comes back by itself: a lift, a handover of the radio */
START_TEST(short_fault_is_survived_without_spare)
{
	unsigned a;

	two_hosts(10);
	icenet_talk(net, 2000);
	forget_events();
	icenet_cut(net, 0, 1, true);
	icenet_run(net, 8000);
	for (a = 0; a < 2; a++) {
		ck_assert_ptr_nonnull(
			icenet_event(net, a, UA_ICE_EVENT_SUSPECT));
		ck_assert_ptr_nonnull(
			icenet_event(net, a, UA_ICE_EVENT_NEED_RESTART));
		ck_assert_ptr_null(
			icenet_event(net, a, UA_ICE_EVENT_RECOVERED));
	}

	/* Nobody stopped sending. */
	ck_assert_uint_eq(0, net->mediav[0].nunsent);
	icenet_cut(net, 0, 1, false);
	icenet_run(net, 2500);
	for (a = 0; a < 2; a++)
		ck_assert_ptr_nonnull(
			icenet_event(net, a, UA_ICE_EVENT_RECOVERED));
}
END_TEST


/* On hold nobody tells ICE that media is missing: consent alone judges. */
START_TEST(silence_on_hold_is_no_suspicion)
{
	unsigned sent;

	direct_and_relay(10, 20);
	net->mediav[0].on = false;
	net->mediav[1].on = false;
	net->mediav[0].expects = false;
	net->mediav[1].expects = false;
	icenet_run(net, 100);
	forget_events();
	sent = icenet_requests(net, 0, HOST1);
	icenet_run(net, MIN_MS);

	/* Consent each 4 to 6 s, and the spare each 25 s */
	ck_assert_uint_le(icenet_requests(net, 0, HOST1) - sent, 15 + 3);
	ck_assert_uint_eq(0, icenet_count(net, 0, UA_ICE_EVENT_SUSPECT));
	ck_assert_uint_eq(0, icenet_count(net, 1, UA_ICE_EVENT_SUSPECT));

	/* It dies meanwhile: noticed by the next keepalive */
	icenet_cut(net, 0, 1, true);
	icenet_run(net, 10500);
	ck_assert_ptr_nonnull(icenet_event(net, 0, UA_ICE_EVENT_SUSPECT));
	ck_assert(icenet_same_pair(net, 0, 1));
	net->mediav[0].on = true;
	net->mediav[1].on = true;
	icenet_count_media(net);
	icenet_run(net, 2000);
	ck_assert_uint_eq(0, icenet_lost(net));
}
END_TEST


/* A jump of the clock with nothing in between: agents see the end of it */
static void suspend(uint64_t ms)
{
	net->now += ms;
	net->nflight = 0;
	net->mediav[0].next_ms = net->now;
	net->mediav[1].next_ms = net->now;
	net->mediav[0].silent_ms = net->now + 1000;
	net->mediav[1].silent_ms = net->now + 1000;
}


START_TEST(suspend_ten_minutes_in_call)
{
	const unsigned a = 0;
	uint64_t woken_ms;

	direct_and_relay(10, 20);
	icenet_run(net, (uint64_t)_i * 700);
	forget_events();
	suspend(10 * MIN_MS);
	woken_ms = net->now;
	icenet_count_media(net);
	icenet_run(net, 500);

	/* One round before any judgement; no media before its answer */
	ck_assert_ptr_null(icenet_event(net, a, UA_ICE_EVENT_CONSENT_LOST));
	ck_assert_ptr_null(icenet_event(net, a, UA_ICE_EVENT_NEED_RESTART));
	ck_assert_uint_eq(woken_ms, when(a, UA_ICE_EVENT_SUSPECT));
	ck_assert_uint_le(when(a, UA_ICE_EVENT_RECOVERED), woken_ms + 150);
	ck_assert_uint_ge(net->mediav[a].nunsent, 1);
	ck_assert_uint_le(net->mediav[a].nunsent, 10);
	ck_assert_uint_le(icenet_gap(net, a), 200);

	icenet_count_media(net);
	icenet_run(net, 5000);
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert(icenet_same_pair(net, 0, 1));
}
END_TEST


/* The line was cut before the lid was closed: still a round of checks first */
START_TEST(suspend_with_a_dead_path)
{
	uint64_t woken_ms;

	two_hosts(10);
	icenet_talk(net, 2000);
	icenet_cut(net, 0, 1, true);
	icenet_run(net, 2500);
	icenet_cut(net, 0, 1, false);
	forget_events();
	suspend(10 * MIN_MS);
	woken_ms = net->now;
	icenet_run(net, 1000);
	ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_CONSENT_LOST));
	ck_assert_uint_le(when(0, UA_ICE_EVENT_RECOVERED), woken_ms + 200);
	icenet_count_media(net);
	icenet_run(net, 5000);
	ck_assert_uint_eq(0, icenet_lost(net));
}
END_TEST


/* The network that it wakes up in has no way: it says so in time. */
START_TEST(suspend_and_wake_elsewhere)
{
	uint64_t woken_ms;

	two_hosts(10);
	icenet_talk(net, 2000);
	forget_events();
	suspend(10 * MIN_MS);
	icenet_cut(net, 0, 1, true);
	woken_ms = net->now;
	icenet_count_media(net);
	icenet_run(net, 5000);
	ck_assert_uint_ge(when(0, UA_ICE_EVENT_NEED_RESTART), woken_ms + 500);
	ck_assert_uint_le(when(0, UA_ICE_EVENT_NEED_RESTART), woken_ms + 2000);

	/* Nothing was sent to where nobody may be any more. */
	ck_assert_uint_eq(0, net->mediav[0].nsent);
}
END_TEST


/* Answers to what went out before media moved say nothing of the new path */
START_TEST(answer_of_the_path_before_is_not_of_this_one)
{
	static const char *const addrv[] = { PEER, "192.168.1.9:9002", NULL };
	const struct ua_ice_peer peer = { .ice2 = true, .renom = true };
	struct net_req req = { .from = PEER,
			       .controlling = true,
			       .tie_breaker = UINT64_MAX,
			       .nominate = true,
			       .nomination = 1 };
	struct net_sent asked;
	const struct net_sent *last;

	net->agentv[0].conf.controlling = false;
	(void)icenet_host(net, 0, 0, 1, HOST, NET_NO_NAT, 5);
	ck_assert_int_eq(0, icenet_peer(net, &peer, addrv));
	icenet_run(net, 50);
	(void)icenet_peer_answer(net, icenet_last(net, PEER), 0, NULL, NULL);
	(void)icenet_peer_answer(net, icenet_last(net, addrv[1]), 0, NULL,
				 NULL);
	(void)icenet_peer_request(net, 0, &req);
	ck_assert_int_eq(0, icenet_nominated(net, 0));

	/* Consent is asked for; then the peer takes the other path. */
	last = icenet_last(net, PEER);
	while (icenet_last(net, PEER) == last)
		icenet_run(net, 10);
	asked = *icenet_last(net, PEER);
	req.from = addrv[1];
	req.nomination = 2;
	(void)icenet_peer_request(net, 0, &req);
	forget_events();

	if (!_i)
		(void)icenet_peer_answer(net, &asked, 0, NULL, NULL);
	icenet_run(net, 1000);
	ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_SUSPECT));
}
END_TEST


Suite *ua_suite_ice_consent(void)
{
	Suite *s = suite_create("ice_consent");
	TCase *tc = tcase_create("consent");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, consent_every_4_to_6_s);
	tcase_add_test(tc, one_lost_answer_is_not_death);
	tcase_add_test(tc, consent_counts_from_last_answer);
	tcase_add_test(tc, lost_consent_needs_new_credentials);
	tcase_add_test(tc, consent_of_a_slow_path_ends_as_well);
	tcase_add_test(tc, authenticated_403_revokes);
	tcase_add_loop_test(tc, forged_403_or_icmp_is_a_round_of_checks, 0, 2);
	tcase_add_loop_test(tc, dead_path_moves_to_spare, 0, 24);
	tcase_add_loop_test(tc, path_dead_one_way_moves_to_spare, 0, 2);
	tcase_add_test(tc, peer_that_sends_another_way_is_no_endless_doubt);
	tcase_add_test(tc, spare_that_answers_is_taken);
	tcase_add_test(tc, controlled_end_comes_back_to_the_agreed_path);
	tcase_add_test(tc, all_paths_down_for_a_while);
	tcase_add_test(tc, short_fault_is_survived_without_spare);
	tcase_add_test(tc, silence_on_hold_is_no_suspicion);
	tcase_add_loop_test(tc, suspend_ten_minutes_in_call, 0, 8);
	tcase_add_test(tc, suspend_with_a_dead_path);
	tcase_add_test(tc, suspend_and_wake_elsewhere);
	tcase_add_loop_test(tc, answer_of_the_path_before_is_not_of_this_one,
			    0, 2);
	suite_add_tcase(s, tc);

	return s;
}
