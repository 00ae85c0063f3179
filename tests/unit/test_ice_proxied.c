/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_ice_proxied.c  A proxy's relay: how it is checked and answered
 *
 * The rules are those for a phone behind MediaProxy or rtpengine; what the
 * relay does is in icenet_latch.c.
 */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "stun/stun.h"
#include "icenet.h"

Suite *ua_suite_ice_proxied(void);

#define HOST0 "198.18.0.1:4000"
#define HOST1 "198.18.0.2:4000"
#define TURN0 "198.51.100.7:60000"
#define LEG0 "198.51.100.9:50000" /* What agent 0 sends to   */
#define LEG1 "198.51.100.9:50002"

/* What the module of MediaProxy writes */
enum { PRIO_LOW = 16777215 };
#define PRIO_HIGH 2197815295U

static struct icenet *net;


static void setup(void)
{
	net = icenet_alloc(1);
	net->signal_ms = 100;
}


static void teardown(void)
{
	icenet_free(net);
}


static struct ua_ice *ice0(void)
{
	return net->agentv[0].ice;
}


static bool is(const struct ua_addr *addr, const char *str)
{
	const struct ua_addr want = icenet_addr(str);

	return ua_addr_eq(addr, &want);
}


/* Pair of agent 0 that it sends from an address to its leg */
static void pair_from(const char *local, struct ua_ice_pair *pair)
{
	size_t i;

	for (i = 0; !ua_ice_pair(ice0(), i, pair); i++) {
		if (is(&pair->local.addr, local) &&
		    is(&pair->remote.addr, LEG0))
			return;
	}

	ck_abort_msg("no pair from %s", local);
}


/* Two hosts between which nothing passes, and a relay */
static void two_hosts(void)
{
	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 10);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 10);
	icenet_cut(net, 0, 1, true);
	(void)icenet_latch(net, LEG0, LEG1);
}


/* Agent 0 and a peer that is played by the test, with agent 0's relay */
static void host_and_peer(const char *const *addrv)
{
	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 10);
	(void)icenet_latch(net, LEG0, LEG1);
	ck_assert_int_eq(0, icenet_peer(net, NULL, addrv));
	ck_assert_int_eq(0, icenet_latched(net, 0, 0, PRIO_LOW));
}


/* A datagram that looks like STUN, or not, comes to a leg of the relay */
static void to_leg(unsigned side, const char *from, enum net_kind kind,
		   uint8_t mark)
{
	struct net_packet p = { .to = NET_LATCH - (int)side,
				.kind = kind,
				.remote = icenet_addr(from),
				.len = 1 };

	p.buf[0] = mark;
	icenet_latch_arrive(net, &p);
}


/* Marks of what is under way to an interface, and forgets it */
static unsigned under_way(int to, uint8_t *markv)
{
	unsigned n = 0;
	unsigned i;

	for (i = 0; i < net->nflight; i++) {
		ck_assert_int_eq(to, net->flightv[i].to);
		markv[n++] = net->flightv[i].buf[0];
	}

	net->nflight = 0;
	return n;
}


/* The double against what was seen of the real one */
START_TEST(relay_of_the_test_behaves_as_the_real_one)
{
	uint8_t m[8];

	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 0);
	(void)icenet_host(net, 1, 0, 1, HOST1, NET_NO_NAT, 0);
	(void)icenet_latch(net, LEG0, LEG1);

	/* Three checks of alice; bob's first one comes through at once. */
	to_leg(0, HOST0, NET_STUN, 1);
	to_leg(0, HOST0, NET_MEDIA, 9);
	to_leg(0, HOST0, NET_STUN, 2);
	to_leg(0, HOST0, NET_STUN, 3);
	ck_assert_uint_eq(0, under_way(1, m));
	to_leg(1, HOST1, NET_STUN, 4);
	ck_assert_uint_eq(1, under_way(0, m));
	ck_assert_uint_eq(4, m[0]);

	/* With alice's next packet all four reach bob, in order. */
	to_leg(0, HOST0, NET_STUN, 5);
	ck_assert_uint_eq(4, under_way(1, m));
	ck_assert_int_eq(0, memcmp(m, "\1\2\3\5", 4));

	/* A stranger, also from another port of the host, is dropped. */
	to_leg(0, "198.18.0.1:4002", NET_STUN, 6);
	ck_assert_uint_eq(0, under_way(1, m));
	ck_assert_uint_eq(1, net->latchv[0].nstranger);

	/* Media that finds a queue is lost, the last check goes twice. */
	memset(net->latchv, 0, sizeof(net->latchv));
	net->nlatch = 0;
	(void)icenet_latch(net, LEG0, LEG1);
	to_leg(0, HOST0, NET_STUN, 1);
	to_leg(0, HOST0, NET_STUN, 2);
	to_leg(1, HOST1, NET_MEDIA, 3);
	ck_assert_uint_eq(1, under_way(0, m));
	to_leg(0, HOST0, NET_MEDIA, 4);
	ck_assert_uint_eq(3, under_way(1, m));
	ck_assert_int_eq(0, memcmp(m, "\1\2\2", 3));
	to_leg(0, HOST0, NET_MEDIA, 5);
	ck_assert_uint_eq(1, under_way(1, m));
	ck_assert_uint_eq(5, m[0]);

	/* A side that sent no media in time closes it. */
	net->latchv[0].closes_ms = net->now + 1;
	net->latchv[0].legv[1].media = false;
	net->now += 2;
	to_leg(0, HOST0, NET_MEDIA, 6);
	ck_assert_uint_eq(1, net->latchv[0].nicmp);
}
END_TEST


/*
 * Rule 1: a check through the relay that comes to another base of ours, as
 * its address stands in our description, gets no answer: the relay would
 * latch our TURN server.
 */
START_TEST(check_by_relay_to_another_base_has_no_answer)
{
	const struct net_req req = { .from = LEG0 };
	struct ua_ice_pair pair;
	unsigned relay;
	size_t i;

	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 10);
	relay = icenet_relay(net, 0, 0, 1, TURN0, 10);
	(void)icenet_latch(net, LEG0, LEG1);
	ck_assert_int_eq(0, icenet_peer(net, NULL, NULL));
	ck_assert_int_eq(0, icenet_latched(net, 0, 0, PRIO_LOW));
	icenet_run(net, 100);

	ck_assert_int_eq(EACCES, icenet_peer_request(net, relay, &req));
	ck_assert_int_eq(0, icenet_peer_request(net, 0, &req));
	icenet_run(net, 60000);

	for (i = 0; i < net->nsent; i++)
		ck_assert(!is(&net->sentv[i].to, LEG0) || !net->sentv[i].base);

	for (i = 0; !ua_ice_pair(ice0(), i, &pair); i++)
		ck_assert(!is(&pair.local.addr, TURN0));
}
END_TEST


/*
 * Rule 1: the peer's check was quicker than the answer that lists its relay,
 * or it passed for the peer's own (_i).  From then on it is a relay of one
 * base.
 */
START_TEST(late_description_claims_the_relay)
{
	const struct net_req req = { .from = LEG0 };
	struct ua_ice_pair pair;
	unsigned relay;
	uint64_t t;

	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 10);
	relay = icenet_relay(net, 0, 0, 1, TURN0, 10);
	(void)icenet_latch(net, LEG0, LEG1);
	ck_assert_int_eq(0, icenet_peer(net, NULL, NULL));
	if (_i)
		ck_assert_int_eq(0, icenet_peer_cand(net, LEG0, UA_ICE_RELAY,
						     PRIO_LOW));
	ck_assert_int_eq(0, icenet_peer_request(net, relay, &req));
	ck_assert_int_eq(0, icenet_peer_request(net, 0, &req));
	icenet_run(net, 1000);
	t = net->now;
	ck_assert_int_eq(0, icenet_latched(net, 0, 0, PRIO_LOW));
	icenet_run(net, 3000);

	pair_from(TURN0, &pair);
	ck_assert_str_eq("FAILED", pair.state);
	ck_assert_str_eq("relay of the proxy has another base", pair.reason);
	ck_assert(pair.remote.latched);
	ck_assert_uint_eq(0, pair.remote.via);
	ck_assert_int_eq(UA_ICE_RELAY, pair.remote.type);

	pair_from(HOST0, &pair);
	ck_assert_str_eq("PROGRESS", pair.state);
	ck_assert_uint_ge(icenet_latch_sends(net, 0, 0, t), 4);
	ck_assert_int_eq(EACCES, icenet_peer_request(net, relay, &req));
}
END_TEST


/* Rule 1: never from a relay of ours, nor from another component's base */
START_TEST(via_is_a_host_base_of_the_component)
{
	struct ua_ice_cand cand = { .foundation = "R200007f",
				    .comp = 1,
				    .type = UA_ICE_RELAY,
				    .prio = PRIO_LOW,
				    .latched = true };

	net->agentv[0].conf.ncomp = 2;
	cand.addr = icenet_addr(LEG0);
	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 10);
	(void)icenet_relay(net, 0, 0, 1, TURN0, 10);
	(void)icenet_host(net, 0, 0, 2, "198.18.0.1:4001", NET_NO_NAT, 10);
	ck_assert_int_eq(0, icenet_peer(net, NULL, NULL));

	cand.via = 1;
	ck_assert_int_eq(EINVAL, ua_ice_remote_cand(ice0(), net->now, &cand));
	cand.via = 2;
	ck_assert_int_eq(EINVAL, ua_ice_remote_cand(ice0(), net->now, &cand));
	cand.via = UA_ICE_BASES;
	ck_assert_int_eq(EINVAL, ua_ice_remote_cand(ice0(), net->now, &cand));
	icenet_run(net, 5000);
	ck_assert_uint_eq(0, icenet_requests(net, 0, LEG0));

	/* A base that comes later: it is not before it is there. */
	cand.via = 3;
	ck_assert_int_eq(0, ua_ice_remote_cand(ice0(), net->now, &cand));
	icenet_run(net, 5000);
	ck_assert_uint_eq(0, icenet_requests(net, 0, LEG0));
	(void)icenet_relay(net, 0, 0, 1, "198.51.100.7:60002", 10);
	icenet_run(net, 5000);
	ck_assert_uint_eq(0, icenet_requests(net, 0, LEG0));

	cand.via = 0;
	cand.addr = icenet_addr(LEG1);
	ck_assert_int_eq(0, ua_ice_remote_cand(ice0(), net->now, &cand));
	icenet_run(net, 5000);
	ck_assert_uint_ge(icenet_requests(net, 0, LEG1), 5);
}
END_TEST


/* Rule 1: a number that is given again is another socket's */
START_TEST(base_that_went_takes_its_latch_along)
{
	unsigned i;

	host_and_peer(NULL);
	icenet_run(net, 1000);
	ck_assert_uint_ge(icenet_latch_sends(net, 0, 0, 0), 2);
	icenet_down(net, 0);
	i = net->nsent;

	/* Until the first number comes round */
	do {
		char addr[32];

		(void)re_snprintf(addr, sizeof(addr), "198.18.1.%u:4000",
				  net->nif);
		(void)icenet_host(net, 0, 0, 1, addr, NET_NO_NAT, 10);
	} while (net->ifv[net->nif - 1].base);

	icenet_pump(net, 0);
	icenet_run(net, 10000);
	for (; i < net->nsent; i++)
		ck_assert(!is(&net->sentv[i].to, LEG0));
}
END_TEST


/* Ports of RTP and RTCP and of each stream latch by themselves (R200007f). */
START_TEST(each_port_of_the_relay_is_opened_at_once)
{
	struct ua_ice_cand cand = { .foundation = "R200007f",
				    .type = UA_ICE_RELAY,
				    .prio = PRIO_LOW,
				    .latched = true };
	const uint64_t t = net->now;
	unsigned s, c, i, n = 0;

	net->agentv[0].conf.ncomp = 2;
	net->agentv[0].conf.nstream = 2;
	for (s = 0; s < 2; s++) {
		for (c = 1; c <= 2; c++) {
			char addr[32];

			(void)re_snprintf(addr, sizeof(addr),
					  "198.18.0.1:40%u%u", s, c);
			(void)icenet_host(net, 0, (uint16_t)s, (uint16_t)c,
					  addr, NET_NO_NAT, 10);
		}
	}

	ck_assert_int_eq(
		0, ua_ice_remote_set(ice0(), net->now, "peer", NET_PEER_PWD,
				     &(struct ua_ice_peer){ .ice2 = true }));
	for (i = 0; i < 4; i++) {
		cand.stream = (uint16_t)(i / 2);
		cand.comp = (uint16_t)(i % 2 + 1);
		cand.via = (uint16_t)i;
		cand.addr = icenet_addr(LEG0);
		cand.addr.port = (uint16_t)(50000 + 4 * (i / 2) + i % 2);
		ck_assert_int_eq(0,
				 ua_ice_remote_cand(ice0(), net->now, &cand));
	}
	(void)ua_ice_gathered(ice0(), net->now);
	(void)ua_ice_remote_end(ice0(), net->now);
	icenet_pump(net, 0);
	icenet_run(net, 80);

	for (i = 0; i < net->nsent; i++)
		n |= 1U << (net->sentv[i].to.port - 50000);
	ck_assert_uint_eq(0x33, n);
	ck_assert_uint_le(net->now, t + 80);

	/* And none waits for another's success. */
	icenet_run(net, 10000);
	for (i = 0; i < 4; i++) {
		char addr[32];

		(void)re_snprintf(addr, sizeof(addr), "198.51.100.9:%u",
				  50000 + 4 * (i / 2) + i % 2);
		ck_assert_uint_ge(icenet_requests(net, 0, addr), 18);
	}
}
END_TEST


/* Times of agent 0's requests to its leg: no gap above max_ms up to end */
static unsigned steady(uint64_t from, uint64_t end, uint64_t max_ms)
{
	uint64_t last = from;
	unsigned i, n = 0;

	for (i = 0; i < net->nsent; i++) {
		const struct net_sent *s = &net->sentv[i];

		if (s->agent || s->cls != UA_STUN_REQUEST ||
		    !is(&s->to, LEG0) || s->at < from || s->at > end)
			continue;

		ck_assert_uint_le(s->at - last, max_ms);
		last = s->at;
		++n;
	}

	ck_assert_uint_le(end - last, max_ms);
	return n;
}


/*
 * Rule 2: each half second, not after ever longer waits, and no failure
 * before ICE as a whole ends.  No request is sent more than seven times.
 */
START_TEST(relay_is_checked_each_half_second_until_the_end)
{
	const uint64_t t = net->now;
	struct ua_ice_pair pair;
	unsigned i, k, n;

	two_hosts();
	icenet_meet_proxied(net, PRIO_LOW);
	net->latchv[0].deaf = true;
	icenet_run(net, 39000);

	ck_assert_int_ge(icenet_pair(net, 0, 0, LEG0, &pair), 0);
	ck_assert_str_eq("PROGRESS", pair.state);
	ck_assert_uint_ge(steady(t + 20, t + 39000, 520), 75);
	ck_assert_uint_le(icenet_latch_sends(net, 0, 0, 0), 80);

	for (i = 0; i < net->nsent; i++) {
		for (k = 0, n = 0; k < net->nsent; k++)
			n += !memcmp(net->sentv[i].tid, net->sentv[k].tid,
				     sizeof(net->sentv[i].tid));
		ck_assert_uint_le(n, 7);
	}

	/* The end is not put off by it, and has a reason. */
	ck_assert_ptr_null(icenet_event(net, 0, UA_ICE_EVENT_FAILED));
	icenet_run(net, 600);
	ck_assert_ptr_nonnull(icenet_event(net, 0, UA_ICE_EVENT_FAILED));
	ck_assert_int_ge(icenet_pair(net, 0, 0, LEG0, &pair), 0);
	ck_assert_str_eq("FAILED", pair.state);
	ck_assert_str_eq("no answer", pair.reason);
	i = icenet_latch_sends(net, 0, 0, 0);
	icenet_run(net, 120000);
	ck_assert_uint_eq(i, icenet_latch_sends(net, 0, 0, 0));
	ck_assert_uint_eq(UA_NEVER, ua_ice_deadline(ice0()));
}
END_TEST


/*
 * Rule 2: the peer comes to the relay, its lowest pair, at 37 s, or after we
 * have given up (_i): its check revives ours.
 */
START_TEST(peer_that_comes_late_is_waited_for)
{
	static const uint64_t lateness[] = { 4000, 37000, 60000 };
	const uint64_t late_ms = lateness[_i];
	unsigned a;

	two_hosts();
	for (a = 0; a < 2; a++)
		(void)ua_ice_gathered(net->agentv[a].ice, net->now);
	icenet_proxied(net, 0, 0, PRIO_LOW);
	icenet_run(net, late_ms);
	ck_assert(!icenet_event(net, 0, UA_ICE_EVENT_FAILED) == (_i < 2));
	ck_assert_uint_ge(net->latchv[0].legv[1].nqueue, 8);

	icenet_proxied(net, 1, 0, PRIO_LOW);
	icenet_talk(net, 2000);
	for (a = 0; a < 2; a++) {
		ck_assert_int_eq(1, icenet_nominated(net, a));
		ck_assert_uint_le(icenet_event(net, a, UA_ICE_EVENT_PAIR_VALID)
					  ->since_ms,
				  net->now - 2000 + 1000);
	}

	icenet_count_media(net);
	icenet_run(net, 20000);
	ck_assert_uint_eq(0, icenet_lost(net));
	ck_assert(icenet_same_pair(net, 0, 1));
	ck_assert_uint_eq(0, net->latchv[0].nstranger);
}
END_TEST


/* Rule 2: what waited comes in one burst, old and doubled: all is answered. */
START_TEST(old_and_doubled_checks_are_answered)
{
	unsigned i, asked, n = 0;

	two_hosts();
	(void)ua_ice_gathered(net->agentv[0].ice, net->now);
	(void)ua_ice_gathered(net->agentv[1].ice, net->now);
	icenet_proxied(net, 0, 0, PRIO_LOW);
	icenet_run(net, 6000);
	asked = net->latchv[0].legv[1].nqueue;
	ck_assert_uint_ge(asked, 12);
	icenet_proxied(net, 1, 0, PRIO_LOW);
	icenet_run(net, 300);

	for (i = 0; i < net->nsent; i++)
		n += net->sentv[i].agent == 1 &&
		     net->sentv[i].cls == UA_STUN_SUCCESS;
	ck_assert_uint_ge(n, asked);
	ck_assert_int_eq(1, icenet_nominated(net, 0));

	/* Of the burst one check was bred, not one each. */
	ck_assert_uint_le(icenet_latch_sends(net, 1, 0, 0), n + 6);
}
END_TEST


/* Rule 2: media that finds a queue is lost, the last check comes twice */
START_TEST(first_media_may_be_lost_in_the_relay)
{
	two_hosts();
	(void)ua_ice_gathered(net->agentv[0].ice, net->now);
	(void)ua_ice_gathered(net->agentv[1].ice, net->now);
	icenet_proxied(net, 0, 0, PRIO_LOW);
	icenet_run(net, 1700);
	icenet_proxied(net, 1, 0, PRIO_LOW);

	/* Agent 0 hears of agent 1; before its next check it sends media. */
	while (!net->latchv[0].legv[1].src.af)
		icenet_run(net, 1);
	to_leg(0, HOST0, NET_MEDIA, 0);
	ck_assert_uint_eq(0, net->latchv[0].legv[1].nqueue);
	icenet_talk(net, 2000);
	ck_assert_int_eq(1, icenet_nominated(net, 0));
	ck_assert_int_eq(1, icenet_nominated(net, 1));
}
END_TEST


/* Rule 2: of whichever of our sends, of this request or of the one before */
START_TEST(answer_to_any_retransmission_counts)
{
	struct net_sent first;
	unsigned i;

	host_and_peer(NULL);
	icenet_run(net, 100);
	first = *icenet_last(net, LEG0);
	icenet_run(net, _i ? 1500 : 1000);

	/* 3 sends to a peer that is not heard, then another request */
	ck_assert_int_eq(!_i, !memcmp(icenet_last(net, LEG0)->tid, first.tid,
				      sizeof(first.tid)));
	for (i = 0; i < 2; i++)
		ck_assert_int_eq(
			i ? ENOENT : 0,
			icenet_peer_answer(net, &first, 0, NULL, LEG1));
	ck_assert_int_eq(0,
			 ua_ice_media(ice0(), 0, 1, &(struct ua_path){ 0 }));

	/* Sent again, it tells no round trip (Karn). */
	ck_assert_uint_eq(
		0, icenet_event(net, 0, UA_ICE_EVENT_PAIR_VALID)->rtt_ms);
}
END_TEST


/* Agent 0 and n addresses of strangers, and its relay */
static void strangers(unsigned n)
{
	static char strv[UA_ICE_REMOTES][32];
	const char *addrv[UA_ICE_REMOTES + 1];
	unsigned i;

	for (i = 0; i < n; i++) {
		(void)re_snprintf(strv[i], sizeof(strv[i]),
				  "203.0.113.%u:5000", i + 1);
		addrv[i] = strv[i];
	}
	addrv[n] = NULL;
	host_and_peer(addrv);
}


/*
 * A description may name a stranger's address, latched or not: 300 checks.
 * Who has sent his part is not given up, and goes on when the peer is heard.
 */
START_TEST(stranger_is_not_stormed)
{
	const struct net_req req = { .from = "203.0.113.1:5000" };
	struct ua_ice_pair pair;
	uint64_t t;

	(void)icenet_host(net, 0, 0, 1, "198.18.0.3:4000", NET_NO_NAT, 10);
	strangers(47);
	icenet_run(net, 35000);
	ck_assert_uint_le(icenet_requests(net, 0, NULL), 300);
	ck_assert_uint_ge(icenet_requests(net, 0, NULL), 280);
	pair_from("198.18.0.3:4000", &pair);
	ck_assert_str_eq("PROGRESS", pair.state);

	t = net->now;
	ck_assert_int_eq(0, icenet_peer_request(net, 1, &req));
	icenet_run(net, 2000);
	ck_assert_uint_ge(icenet_latch_sends(net, 0, 0, t), 4);
}
END_TEST


/*
 * Rule 2: others, of each family and class, leave the relay its part of the
 * 300: it is checked to the end.
 */
START_TEST(relay_has_its_part_of_the_checks)
{
	const char *const hostv[] = { "203.0.113.1:5000", "203.0.113.1:5002",
				      "[2001:db8::1]:5000",
				      "[2001:db8::1]:5002", NULL };
	const char *const relayv[] = { "203.0.113.2:5000", "203.0.113.2:5002",
				       "[2001:db8::2]:5000",
				       "[2001:db8::2]:5002" };
	const uint64_t t = net->now;
	unsigned i;

	(void)icenet_host(net, 0, 0, 1, HOST0, NET_NO_NAT, 10);
	(void)icenet_host(net, 0, 0, 1, "[2001:db8::9]:4000", NET_NO_NAT, 10);
	(void)icenet_latch(net, LEG0, LEG1);
	ck_assert_int_eq(0, icenet_peer(net, NULL, hostv));
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(0, icenet_peer_cand(net, relayv[i],
						     UA_ICE_RELAY, 9 - i));
	ck_assert_int_eq(0, icenet_latched(net, 0, 0, PRIO_LOW));
	icenet_run(net, 60000);
	ck_assert_uint_le(icenet_requests(net, 0, NULL), 300);
	ck_assert_uint_ge(steady(t, t + 39400, 620), 70);
	ck_assert_uint_ge(icenet_requests(net, 0, hostv[0]), 15);
}
END_TEST


/* Rule 7: also one that had failed, for whatever reason, before it lost */
START_TEST(failed_relay_that_lost_is_not_revived)
{
	const char *const addrv[] = { HOST1, NULL };
	const struct net_req req = { .from = LEG0 };
	const struct net_sent *s;

	host_and_peer(addrv);
	icenet_run(net, 100);
	ck_assert_int_eq(0, icenet_peer_answer(net, icenet_last(net, LEG0),
					       400, NULL, NULL));
	ck_assert_int_eq(0, icenet_peer_answer(net, icenet_last(net, HOST1), 0,
					       NULL, NULL));
	icenet_run(net, 100);
	s = icenet_last(net, HOST1);
	ck_assert(s->nominate);
	ck_assert_int_eq(0, icenet_peer_answer(net, s, 0, NULL, NULL));
	ck_assert_int_eq(0, icenet_nominated(net, 0));

	ck_assert_int_eq(0, icenet_peer_request(net, 0, &req));
	icenet_run(net, 3500);
	ck_assert_int_eq(EACCES, icenet_peer_request(net, 0, &req));
	ck_assert_uint_eq(1, icenet_requests(net, 0, LEG0));
}
END_TEST


/* Rule 8: its mapped address is the relay's other leg, and no error */
START_TEST(mapped_address_is_the_other_leg)
{
	const struct ua_ice_event *ev;
	struct ua_ice_pair pair;

	two_hosts();
	icenet_meet_proxied(net, _i ? PRIO_HIGH : PRIO_LOW);
	icenet_run(net, 3000);

	ev = icenet_event(net, 0, UA_ICE_EVENT_PAIR_VALID);
	ck_assert_ptr_nonnull(ev);
	ck_assert_uint_eq(1, ev->relays);
	ck_assert(is(&ev->local.addr, LEG1));
	ck_assert(is(&ev->local.raddr, HOST0));
	ck_assert_int_eq(UA_ICE_PRFLX, ev->local.type);
	ck_assert(ev->remote.latched);
	ck_assert_uint_eq(0, ev->remote.via);

	/* Of the rank of a relay, so that no direct one goes behind it */
	ck_assert_uint_lt(ev->local.prio, 1U << 24);
	ck_assert_int_ge(icenet_pair(net, 0, 0, LEG0, &pair), 0);
	ck_assert(pair.valid);
	ck_assert(is(&pair.local.addr, LEG1));
	ck_assert_int_eq(1, icenet_nominated(net, 0));
	ck_assert(icenet_same_pair(net, 0, 1));
}
END_TEST


static uint32_t prio_seen;


static bool see_prio(struct icenet *n, unsigned agent, struct ua_dgram *dg,
		     void *arg)
{
	struct ua_stun msg;

	(void)n;
	(void)arg;
	ck_assert_int_eq(0, ua_stun_decode(&msg, dg->buf, dg->len));
	if (!agent && msg.cls == UA_STUN_REQUEST && is(&dg->path.remote, LEG0))
		ck_assert_int_eq(
			0, ua_stun_u32(&msg, UA_STUN_PRIORITY, &prio_seen));

	return true;
}


/*
 * Rule 8: only one description was rewritten, so the peer learns the relay
 * from our check: as one of its rank, unless the RFC is wanted to the letter.
 */
START_TEST(check_through_the_relay_has_the_rank_of_one)
{
	net->agentv[0].conf.rfc_strict = _i;
	net->pass = see_prio;
	two_hosts();
	icenet_meet_proxied(net, PRIO_LOW);
	icenet_run(net, 1000);
	if (_i)
		ck_assert_uint_ge(prio_seen, 110U << 24);
	else
		ck_assert_uint_lt(prio_seen, 1U << 24);
}
END_TEST


/* And what the peer learns from such a check is no direct path. */
START_TEST(prflx_of_the_rank_of_a_relay_is_one)
{
	const struct net_req req = { .from = "203.0.113.9:5000",
				     .prio = _i ? 1U << 24 : PRIO_LOW };
	const struct net_sent *s;

	host_and_peer(NULL);
	icenet_run(net, 1000);
	ck_assert_int_eq(0, icenet_peer_request(net, 0, &req));
	icenet_run(net, 100);
	s = icenet_last(net, req.from);
	ck_assert_ptr_nonnull(s);
	ck_assert_int_eq(0, icenet_peer_answer(net, s, 0, NULL, NULL));
	ck_assert_uint_eq(
		!_i, icenet_event(net, 0, UA_ICE_EVENT_PAIR_VALID)->relays);
}
END_TEST


/*
 * Rule 9: priorities of all 32 bits.  _i: 0 is the lowest, of a c= that was
 * rewritten; both roles.  The order does not depend on it.
 */
START_TEST(all_32_bits_of_a_priority_are_taken)
{
	static const uint32_t priov[] = { 0, 1, PRIO_LOW, PRIO_HIGH,
					  UINT32_MAX };
	const uint32_t prio = priov[_i / 2];
	struct ua_ice_pair pair;
	struct ua_ice_cand own;
	uint64_t g, d;
	unsigned i, n;

	net->agentv[0].conf.controlling = !(_i % 2);
	net->agentv[1].conf.controlling = _i % 2;
	two_hosts();
	icenet_meet_proxied(net, prio);
	ck_assert_int_eq(0, ua_ice_local(ice0(), 0, &own));
	ck_assert_int_ge(icenet_pair(net, 0, 0, LEG0, &pair), 0);
	ck_assert_uint_eq(prio, pair.remote.prio);

	g = _i % 2 ? prio : own.prio;
	d = _i % 2 ? own.prio : prio;
	ck_assert(pair.prio ==
		  ((g < d ? g : d) << 32) + 2 * (g > d ? g : d) + (g > d));

	icenet_run(net, 3000);
	for (i = 0, n = 0; i < net->nsent && n < 2; i++)
		n += !net->sentv[i].agent;
	ck_assert(is(&net->sentv[i - 1].to, LEG0));
	ck_assert_int_eq(1, icenet_nominated(net, 0));
	ck_assert_int_eq(1, icenet_nominated(net, 1));
}
END_TEST


/* Malformed ones are refused one by one, the relay's stays. */
START_TEST(bad_relay_candidate_spares_the_rest)
{
	struct ua_ice_cand cand = { .comp = 1,
				    .type = UA_ICE_RELAY,
				    .prio = PRIO_LOW,
				    .latched = true };
	static const struct {
		const char *addr;
		int err;
	} bad[] = { { "0.0.0.0:50000", EADDRNOTAVAIL },
		    { "224.0.0.9:50000", EADDRNOTAVAIL },
		    { "255.255.255.255:50000", EADDRNOTAVAIL },
		    { "198.51.100.9:0", EADDRNOTAVAIL },
		    { "127.0.0.2:50000", EADDRNOTAVAIL },
		    { HOST0, EADDRNOTAVAIL } };
	unsigned i;

	two_hosts();
	icenet_meet_proxied(net, PRIO_LOW);
	cand.addr = icenet_addr("198.51.100.9:50004");
	ck_assert_int_eq(EINVAL, ua_ice_remote_cand(ice0(), net->now, &cand));
	memset(cand.foundation, 'R', sizeof(cand.foundation));
	ck_assert_int_eq(EINVAL, ua_ice_remote_cand(ice0(), net->now, &cand));
	memset(cand.foundation, 0, sizeof(cand.foundation));
	cand.foundation[0] = 'R';
	cand.comp = 3;
	ck_assert_int_eq(EINVAL, ua_ice_remote_cand(ice0(), net->now, &cand));
	cand.comp = 1;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		cand.addr = icenet_addr(bad[i].addr);
		ck_assert_int_eq(bad[i].err,
				 ua_ice_remote_cand(ice0(), net->now, &cand));
	}

	icenet_run(net, 3000);
	ck_assert_int_eq(1, icenet_nominated(net, 0));
	ck_assert_int_eq(1, icenet_nominated(net, 1));
}
END_TEST


/* When a window for media without ICE may begin, and that it need not */
START_TEST(both_sets_known_is_told)
{
	const uint64_t t = net->now;

	two_hosts();
	ck_assert_uint_eq(UA_NEVER, ua_ice_known_ms(ice0()));
	icenet_run(net, 500);
	icenet_meet_proxied(net, PRIO_LOW);
	ck_assert_uint_eq(t + 500, ua_ice_known_ms(ice0()));
	ck_assert_uint_eq(UA_NEVER, ua_ice_connect_ms(ice0()));
	icenet_run(net, 1500);
	ck_assert_uint_eq(t + 500, ua_ice_known_ms(ice0()));
	ck_assert_uint_le(ua_ice_connect_ms(ice0()), 1000);

	/* Of the generation of now; media has its old path meanwhile. */
	(void)icenet_restart(net, 0);
	ck_assert_uint_eq(UA_NEVER, ua_ice_known_ms(ice0()));
	ck_assert_int_eq(0,
			 ua_ice_media(ice0(), 0, 1, &(struct ua_path){ 0 }));
}
END_TEST


Suite *ua_suite_ice_proxied(void)
{
	Suite *s = suite_create("ice_proxied");
	TCase *tc = tcase_create("proxied");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, relay_of_the_test_behaves_as_the_real_one);
	tcase_add_test(tc, check_by_relay_to_another_base_has_no_answer);
	tcase_add_loop_test(tc, late_description_claims_the_relay, 0, 2);
	tcase_add_test(tc, via_is_a_host_base_of_the_component);
	tcase_add_test(tc, base_that_went_takes_its_latch_along);
	tcase_add_test(tc, each_port_of_the_relay_is_opened_at_once);
	tcase_add_test(tc, relay_is_checked_each_half_second_until_the_end);
	tcase_add_loop_test(tc, peer_that_comes_late_is_waited_for, 0, 3);
	tcase_add_test(tc, old_and_doubled_checks_are_answered);
	tcase_add_test(tc, first_media_may_be_lost_in_the_relay);
	tcase_add_loop_test(tc, answer_to_any_retransmission_counts, 0, 2);
	tcase_add_test(tc, stranger_is_not_stormed);
	tcase_add_test(tc, relay_has_its_part_of_the_checks);
	tcase_add_test(tc, failed_relay_that_lost_is_not_revived);
	tcase_add_loop_test(tc, mapped_address_is_the_other_leg, 0, 2);
	tcase_add_loop_test(tc, check_through_the_relay_has_the_rank_of_one, 0,
			    2);
	tcase_add_loop_test(tc, prflx_of_the_rank_of_a_relay_is_one, 0, 2);
	tcase_add_loop_test(tc, all_32_bits_of_a_priority_are_taken, 0, 10);
	tcase_add_test(tc, bad_relay_candidate_spares_the_rest);
	tcase_add_test(tc, both_sets_known_is_told);
	suite_add_tcase(s, tc);

	return s;
}
