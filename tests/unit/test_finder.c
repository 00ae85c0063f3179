/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_finder.c  Looking up servers, in a time of our own */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/re_compat.h"
#include "net/finder.h"
#include "net/nslist.h"
#include "net/question.h"
#include "oom.h"

enum {
	ANY = UA_TP_BIT(UA_TP_UDP) | UA_TP_BIT(UA_TP_TCP),
	SENT_MAX = 64,
	DEADLINE = 3000,
	SHORT_S = 60 /* time to live, unless a row says another one */
};
#define UDP UA_TP_UDP
#define TCP UA_TP_TCP

/* A record that the servers know; of an alias the type counts not */
struct row {
	const char *name;
	enum ua_rrtype type;
	uint16_t order;
	uint16_t port;
	enum ua_tp tp;
	const char *value;
	bool alias;
};

/* A question that is on its way */
struct sent {
	struct ua_finder_out out;
	uint64_t at_ms;
	bool done;
};

/* libcheck's own want memory even where nothing is wrong. */
#define MUST(what)                                                            \
	do {                                                                  \
		if (!(what))                                                  \
			ck_abort_msg("%s", #what);                            \
	} while (0)

static struct ua_finder *f;
static struct ua_finding *finding;
static const struct row *zone;
static uint32_t ttl_s;
static uint64_t now_ms;
static struct sent sentv[SENT_MAX];
static size_t nsent;
static struct ua_finder_event ev;
static int dummy;

Suite *ua_suite_finder(void);


static void fill(uint8_t *buf, size_t len, void *arg)
{
	(void)arg;
	memset(buf, 0, len);
}


static const struct ua_rand fixed = { .fill = fill };

static const struct row empty[] = { { .name = NULL } };


static void servers(size_t n, uint8_t net)
{
	struct ua_addr addrv[UA_NSLIST_MAX];
	size_t i;

	for (i = 0; i < n; i++) {
		MUST(!ua_addr_set(&addrv[i], "192.0.2.0", 53));
		addrv[i].ip[2] = net;
		addrv[i].ip[3] = (uint8_t)(i + 1);
	}

	ua_finder_network(f, now_ms, addrv, n);
}


static int finder_make(void)
{
	const struct ua_finder_conf conf = { .rand = &fixed,
					     .deadline_ms = DEADLINE };

	return ua_finder_alloc(&f, &conf);
}


static void setup(void)
{
	now_ms = 1000;
	zone = empty;
	ttl_s = SHORT_S;
	nsent = 0;
	ck_assert_int_eq(0, finder_make());
	servers(1, 2);
}


static void teardown(void)
{
	finding = mem_deref(finding);
	f = mem_deref(f);
}


/* Take what is to be sent */
static void pump(void)
{
	while (ua_finder_output(f, &sentv[nsent].out)) {
		sentv[nsent].at_ms = now_ms;
		sentv[nsent].done = false;
		MUST(++nsent < SENT_MAX);
	}
}


/* Let time pass, deadline by deadline */
static void until(uint64_t at_ms)
{
	uint64_t next_ms;

	pump();
	while ((next_ms = ua_finder_deadline(f)) <= at_ms) {
		MUST(next_ms > now_ms);
		now_ms = next_ms;
		ua_finder_tick(f, now_ms);
		pump();
	}
	now_ms = at_ms;
}


static int start_as(const struct ua_locate_conf *conf)
{
	const int err = ua_finder_ask(&finding, f, now_ms, conf, &dummy);

	if (!err)
		pump();

	return err;
}


static int start(const char *host, uint16_t port, int tps)
{
	const struct ua_locate_conf conf = {
		.host = host, .port = port, .tps = (uint8_t)tps, .ip4 = true
	};

	return start_as(&conf);
}


static bool ended(void)
{
	if (!ua_finder_event(f, &ev))
		return false;

	MUST(ev.arg == &dummy);
	MUST(!ev.text[0] == !ev.err);
	MUST(!ev.n == !!ev.err);
	finding = NULL;

	return true;
}


static void is_ended(int err)
{
	ck_assert_msg(ended(), "it goes on");
	ck_assert_msg(ev.err == err, "%d instead of %d: %s", ev.err, err,
		      ev.text);
}


static void row_take(struct ua_dnsans *ans, const struct row *row)
{
	struct ua_rr *rr = &ans->rrv[ans->n++];

	rr->order = row->order;
	rr->port = row->port;
	rr->tp = row->tp;
	if (row->type == UA_RR_A || row->type == UA_RR_AAAA)
		MUST(!ua_addr_set(&rr->addr, row->value, 0));
	else
		(void)snprintf(rr->name, sizeof(rr->name), "%s", row->value);
}


/* What the zone says of a question */
static void zone_ask(struct ua_dnsans *ans, const struct ua_finder_out *out)
{
	const struct row *row;

	memset(ans, 0, sizeof(*ans));
	ans->ttl_s = ttl_s;

	for (row = zone; row->name; row++) {

		if (strcmp(row->name, out->name))
			continue;

		if (row->alias)
			(void)snprintf(ans->alias, sizeof(ans->alias), "%s",
				       row->value);
		else if (row->type == out->type)
			row_take(ans, row);
	}

	if (!ans->n && !ans->alias[0])
		ans->err = ENOENT;
}


static void answer(size_t i)
{
	static struct ua_dnsans ans;

	MUST(i < nsent);
	zone_ask(&ans, &sentv[i].out);
	sentv[i].done = true;
	ua_finder_answer(f, now_ms, sentv[i].out.id, &ans);
	pump();
}


/* A server says that it cannot, or will not */
static void refuse(size_t i)
{
	static struct ua_dnsans ans;

	ans.err = EPROTO;
	sentv[i].done = true;
	ua_finder_answer(f, now_ms, sentv[i].out.id, &ans);
	pump();
}


static void answer_all(void)
{
	size_t i;

	for (i = 0; i < nsent; i++) {
		if (!sentv[i].done)
			answer(i);
	}
}


/* Place of the question for it that was sent last; it must be there */
static size_t sent_of(const char *name, enum ua_rrtype type)
{
	size_t i;

	for (i = nsent; i > 0; i--) {
		if (sentv[i - 1].out.type == type &&
		    !strcmp(sentv[i - 1].out.name, name))
			return i - 1;
	}

	ck_abort_msg("nobody asked for %s", name);
	return 0;
}


static void is_target(size_t i, enum ua_tp tp, const char *addr)
{
	char buf[UA_ADDR_LEN];

	ck_assert_uint_lt(i, ev.n);
	ck_assert_str_eq(addr, ua_addr_str(&ev.targetv[i].addr, buf));
	ck_assert_int_eq(tp, ev.targetv[i].tp);
}


static void text_has(const char *word)
{
	ck_assert_msg(strstr(ev.text, word) != NULL, "no \"%s\" in: %s", word,
		      ev.text);
}


static const struct row full[] = {
	{ "example.com", UA_RR_NAPTR, 1, 0, TCP, "_sip._tcp.example.com",
	  false },
	{ "example.com", UA_RR_NAPTR, 2, 0, UDP, "_sip._udp.example.com",
	  false },
	{ "_sip._tcp.example.com", UA_RR_SRV, 1, 5070, UDP, "a.example",
	  false },
	{ "_sip._tcp.example.com", UA_RR_SRV, 2, 5071, UDP, "b.example",
	  false },
	{ "_sip._udp.example.com", UA_RR_SRV, 1, 5080, UDP, "b.example",
	  false },
	{ "a.example", UA_RR_A, 0, 0, UDP, "c.example", true },
	{ "c.example", UA_RR_A, 0, 0, UDP, "192.0.2.1", false },
	{ "b.example", UA_RR_A, 0, 0, UDP, "192.0.2.2", false },
	{ "example.com", UA_RR_A, 0, 0, UDP, "192.0.2.9", false },
	{ .name = NULL }
};


/* The turn'th of those that wait; returns how many there are */
static unsigned pending(unsigned turn, size_t *at)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < nsent; i++) {
		if (!sentv[i].done && n++ == turn)
			*at = i;
	}

	return n;
}


/* One order of arrival, and what it led to; then on to the next order */
static bool order_run(unsigned choicev[SENT_MAX])
{
	unsigned countv[SENT_MAX];
	unsigned depth = 0;
	size_t at = 0;

	ck_assert_int_eq(0, start("example.com", 0, ANY));
	while (!ended()) {
		countv[depth] = pending(choicev[depth], &at);
		ck_assert_uint_lt(choicev[depth++], countv[depth - 1]);
		++now_ms;
		answer(at);
	}

	while (depth-- > 0) {
		if (++choicev[depth] < countv[depth])
			return true;
		choicev[depth] = 0;
	}

	return false;
}


START_TEST(every_order_of_answers_leads_to_the_same_targets)
{
	unsigned choicev[SENT_MAX] = { 0 };
	unsigned n = 0;
	bool more;

	zone = full;
	do {
		nsent = 0;
		servers(1, 2);
		more = order_run(choicev);
		ck_assert_int_eq(0, ev.err);
		ck_assert_uint_eq(3, ev.n);
		is_target(0, TCP, "192.0.2.1:5070");
		is_target(1, TCP, "192.0.2.2:5071");
		is_target(2, UDP, "192.0.2.2:5080");
		++n;
	} while (more);

	ck_assert_uint_gt(n, 100);
}
END_TEST


START_TEST(plain_host_costs_one_round_trip)
{
	zone = full + 6;
	ck_assert_int_eq(0, start("b.example", 0, ANY));
	ck_assert_uint_eq(4, nsent);
	answer_all();
	ck_assert_uint_eq(4, nsent);
	is_ended(0);
	is_target(0, UDP, "192.0.2.2:5060");
}
END_TEST


START_TEST(silent_server_is_followed_by_the_next_and_remembered)
{
	const uint64_t began_ms = now_ms;

	servers(3, 2);
	zone = full;
	ck_assert_int_eq(0, start("b.example", 5060, ANY));
	ck_assert_uint_eq(1, nsent);
	ck_assert_uint_eq(1, sentv[0].out.server.ip[3]);

	until(began_ms + UA_QUESTION_NEXT_MS);
	ck_assert_uint_eq(2, nsent);
	ck_assert_uint_eq(2, sentv[1].out.server.ip[3]);
	answer(1);
	is_ended(0);

	/* What the silent one says now is not wanted any more. */
	ck_assert(!ua_finder_wants(f, sentv[0].out.id));

	ck_assert_int_eq(0, start("c.example", 5060, ANY));
	ck_assert_uint_eq(2, sentv[2].out.server.ip[3]);
	answer(2);
	is_ended(0);
	ck_assert_uint_eq(3, nsent);

	now_ms += UA_NSLIST_BACK_MS;
	ck_assert_int_eq(0, start("d.example", 5060, ANY));
	ck_assert_uint_eq(1, sentv[3].out.server.ip[3]);
}
END_TEST


START_TEST(server_that_refuses_is_followed_at_once)
{
	const uint64_t began_ms = now_ms;

	servers(2, 2);
	zone = full;
	ck_assert_int_eq(0, start("b.example", 5060, ANY));
	refuse(0);
	ck_assert_uint_eq(2, nsent);
	ck_assert_uint_eq(began_ms, sentv[1].at_ms);
	answer(1);
	is_ended(0);
}
END_TEST


START_TEST(refusal_of_all_is_told_with_the_record)
{
	servers(2, 2);
	ck_assert_int_eq(0, start("b.example", 5060, ANY));
	refuse(0);
	refuse(1);
	is_ended(EPROTO);
	text_has("b.example");
	text_has("for A b.example");
	text_has("192.0.2.1:53");
}
END_TEST


START_TEST(silence_ends_by_the_deadline)
{
	const uint64_t began_ms = now_ms;

	servers(2, 2);
	ck_assert_int_eq(0, start("b.example", 5060, ANY));
	until(began_ms + DEADLINE - 1);
	ck_assert(!ended());
	until(began_ms + DEADLINE);
	is_ended(ETIMEDOUT);
	text_has("for A b.example");
	text_has("3000 ms");
	ck_assert(!ua_finder_wants(f, sentv[0].out.id));
	ck_assert(!ua_finder_busy(f));
	ck_assert_uint_eq(UA_NEVER, ua_finder_deadline(f));

	/* And what was not answered is asked again. */
	nsent = 0;
	zone = full;
	ck_assert_int_eq(0, start("b.example", 5060, ANY));
	answer_all();
	is_ended(0);
}
END_TEST


START_TEST(lost_answer_of_a_target_leaves_the_others)
{
	zone = full;
	ck_assert_int_eq(0, start("example.com", 0, 1 << TCP));
	answer(sent_of("_sip._tcp.example.com", UA_RR_SRV));
	answer(sent_of("b.example", UA_RR_A));
	until(now_ms + DEADLINE);
	is_ended(0);
	ck_assert_uint_eq(1, ev.n);
	is_target(0, TCP, "192.0.2.2:5071");
}
END_TEST


/* Home routers swallow the types that they do not know. */
START_TEST(swallowed_srv_and_naptr_count_as_no_before_the_deadline)
{
	const uint64_t began_ms = now_ms;

	zone = full;
	ck_assert_int_eq(0, start("b.example", 0, ANY));
	answer(sent_of("b.example", UA_RR_A));
	until(began_ms + DEADLINE * 6 / 10 - 1);
	ck_assert(!ended());
	until(began_ms + DEADLINE * 6 / 10);
	is_ended(0);
	is_target(0, UDP, "192.0.2.2:5060");
}
END_TEST


START_TEST(who_comes_late_has_the_whole_time)
{
	struct ua_finding *first;

	ck_assert_int_eq(0, start("b.example", 5060, ANY));
	first = finding;
	until(now_ms + DEADLINE - 10);
	ck_assert_int_eq(0, start("b.example", 5070, ANY));
	ck_assert_uint_eq(1, nsent);
	mem_deref(first);

	/* The question's time is over, not that of who came to it. */
	until(now_ms + 10);
	ck_assert_uint_eq(2, nsent);
	zone = full;
	answer(1);
	is_ended(0);
	is_target(0, UDP, "192.0.2.2:5070");
}
END_TEST


static const struct {
	struct row rows[3];
	const char *words[3];
} nowhere[] = {
	{ { { "_sip._udp.x.example", UA_RR_SRV, 0, 5060, UDP, "", false } },
	  { "_sip._udp.x.example", "\".\"", "no such service" } },
	{ { { "_sip._udp.x.example", UA_RR_SRV, 0, 0, UDP, "b.example",
	      false } },
	  { "_sip._udp.x.example", "port 0", "b.example" } },
	{ { { "_sip._udp.x.example", UA_RR_SRV, 0, 5060, UDP, "b.example",
	      false } },
	  { "_sip._udp.x.example", "points to b.example",
	    "no IPv4 address" } },
	{ { { "x.example", UA_RR_NAPTR, 0, 0, UDP, "_sip._udp.y.example",
	      false } },
	  { "x.example: its NAPTR", "_sip._udp.y.example", "no SRV record" } },
	{ { { "x.example", UA_RR_A, 0, 0, UDP, "y.example", true },
	    { "y.example", UA_RR_A, 0, 0, UDP, "x.example", true } },
	  { "x.example", "CNAME", "circle" } },
	{ { { "_sip._udp.x.example", UA_RR_SRV, 0, 5060, UDP, "b.example",
	      false },
	    { "b.example", UA_RR_A, 0, 0, UDP, "b.example", true } },
	  { "b.example", "CNAME", "circle" } },
	{ { { .name = NULL } }, { "x.example", "no such host", "IPv4" } },
};


START_TEST(record_that_points_nowhere_is_named)
{
	size_t i;

	zone = nowhere[_i].rows;
	ck_assert_int_eq(0, start("x.example", 0, ANY));
	answer_all();
	is_ended(ENOENT);
	for (i = 0; i < 3; i++)
		text_has(nowhere[_i].words[i]);
}
END_TEST


START_TEST(chain_of_aliases_is_followed)
{
	static const struct row rows[] = {
		{ "a.example", UA_RR_A, 0, 0, UDP, "b.example", true },
		{ "b.example", UA_RR_A, 0, 0, UDP, "c.example", true },
		{ "c.example", UA_RR_A, 0, 0, UDP, "192.0.2.3", false },
		{ .name = NULL }
	};

	zone = rows;
	ck_assert_int_eq(0, start("a.example", 5060, ANY));
	answer_all();
	ck_assert_uint_eq(3, nsent);
	is_ended(0);
	is_target(0, UDP, "192.0.2.3:5060");
}
END_TEST


/* The parts of one query come one after the other, and fit together. */
START_TEST(time_to_live_of_zero_lasts_for_the_query)
{
	zone = full;
	ttl_s = 0;
	ck_assert_int_eq(0, start("example.com", 0, 1 << TCP));
	answer(sent_of("_sip._tcp.example.com", UA_RR_SRV));
	until(now_ms + DEADLINE / 2);
	answer(sent_of("a.example", UA_RR_A));
	until(now_ms + DEADLINE / 4);
	answer(sent_of("c.example", UA_RR_A));
	answer(sent_of("b.example", UA_RR_A));
	is_ended(0);
	ck_assert_uint_eq(2, ev.n);

	/* But no longer than that. */
	now_ms += UA_DNSCACHE_TTL_MIN * 1000;
	nsent = 0;
	ck_assert_int_eq(0, start("b.example", 5060, ANY));
	ck_assert_uint_eq(1, nsent);
}
END_TEST


START_TEST(what_is_known_is_not_asked_again)
{
	zone = full;
	ck_assert_int_eq(0, start("example.com", 0, ANY));
	answer_all();
	is_ended(0);

	nsent = 0;
	ck_assert_int_eq(0, start("Example.COM.", 0, ANY));
	is_ended(0);
	ck_assert_uint_eq(3, ev.n);
	ck_assert_uint_eq(0, nsent);

	now_ms += SHORT_S * 1000;
	ck_assert_int_eq(0, start("example.com", 0, ANY));
	ck_assert_uint_gt(nsent, 0);
}
END_TEST


START_TEST(two_who_ask_share_one_question)
{
	struct ua_finding *first;

	zone = full;
	ck_assert_int_eq(0, start("b.example", 5060, ANY));
	first = finding;
	ck_assert_int_eq(0, start("b.example", 5070, ANY));
	ck_assert_uint_eq(1, nsent);
	answer(0);
	is_ended(0);
	is_target(0, UDP, "192.0.2.2:5060");
	is_ended(0);
	is_target(0, UDP, "192.0.2.2:5070");
	(void)first;
}
END_TEST


START_TEST(cancelled_finding_tells_nothing)
{
	zone = full;
	ck_assert_int_eq(0, start("b.example", 5060, ANY));
	finding = mem_deref(finding);
	ck_assert(!ua_finder_busy(f));
	answer(0);
	ck_assert(!ended());

	/* Cancelled when it has ended already, but nobody was told. */
	ck_assert_int_eq(0, start("b.example", 5060, ANY));
	finding = mem_deref(finding);
	ck_assert(!ended());
}
END_TEST


START_TEST(families_are_filtered_and_ordered)
{
	static const struct row rows[] = {
		{ "a.example", UA_RR_A, 0, 0, UDP, "192.0.2.1", false },
		{ "a.example", UA_RR_AAAA, 0, 0, UDP, "2001:db8::1", false },
		{ .name = NULL }
	};
	const struct ua_locate_conf conf = { .host = "a.example",
					     .port = 5060,
					     .tps = 1,
					     .ip4 = _i != 1,
					     .ip6 = _i != 0 };

	zone = rows;
	ck_assert_int_eq(0, start_as(&conf));
	ck_assert_uint_eq(_i == 2 ? 2 : 1, nsent);
	answer_all();
	is_ended(0);
	ck_assert_uint_eq(nsent, ev.n);
	is_target(0, UDP, _i ? "[2001:db8::1]:5060" : "192.0.2.1:5060");
	if (_i == 2)
		is_target(1, UDP, "192.0.2.1:5060");
}
END_TEST


START_TEST(answers_of_the_old_network_are_not_taken)
{
	static const struct row other[] = { { "b.example", UA_RR_A, 0, 0, UDP,
					      "198.51.100.2", false },
					    { .name = NULL } };

	zone = full;
	ck_assert_int_eq(0, start("b.example", 5060, ANY));
	now_ms += 100;
	servers(1, 77);
	pump();
	ck_assert_uint_eq(2, nsent);
	ck_assert_uint_eq(77, sentv[1].out.server.ip[2]);

	ck_assert(!ua_finder_wants(f, sentv[0].out.id));
	answer(0);
	ck_assert(!ended());

	zone = other;
	answer(1);
	is_ended(0);
	is_target(0, UDP, "198.51.100.2:5060");
}
END_TEST


START_TEST(what_was_known_is_forgotten_with_the_network)
{
	zone = full;
	ck_assert_int_eq(0, start("b.example", 5060, ANY));
	answer(0);
	is_ended(0);
	servers(1, 2);
	ck_assert_int_eq(0, start("b.example", 5060, ANY));
	ck_assert_uint_eq(2, nsent);
}
END_TEST


START_TEST(new_network_gives_the_whole_time_again_but_not_for_ever)
{
	const uint64_t began_ms = now_ms;
	unsigned changes = 0;

	ck_assert_int_eq(0, start("b.example", 5060, ANY));
	until(now_ms + DEADLINE - 1);
	servers(1, 3);
	until(now_ms + DEADLINE - 1);
	ck_assert(!ended());

	while (!ended()) {
		ck_assert_uint_lt(++changes, 10);
		servers(1, 4);
		until(now_ms + DEADLINE / 2);
	}
	ck_assert_int_eq(ETIMEDOUT, ev.err);
	ck_assert_uint_le(now_ms, began_ms + 3 * DEADLINE + DEADLINE / 2);
}
END_TEST


/* The address comes first, then the list of name servers is written. */
START_TEST(new_network_may_tell_its_servers_later)
{
	zone = full;
	ck_assert_int_eq(0, start("b.example", 5060, ANY));
	servers(0, 0);
	until(now_ms + 500);
	ck_assert(!ended());
	ck_assert_uint_eq(1, nsent);

	servers(1, 77);
	pump();
	ck_assert_uint_eq(2, nsent);
	answer(1);
	is_ended(0);
}
END_TEST


START_TEST(network_without_servers_is_told_in_the_end)
{
	ck_assert_int_eq(0, start("b.example", 5060, ANY));
	servers(0, 0);
	until(now_ms + DEADLINE);
	is_ended(ENONET);
	text_has("no name server is configured");

	/* Who asks when it is known has not to wait. */
	ck_assert_int_eq(0, start("b.example", 5060, ANY));
	is_ended(ENONET);
}
END_TEST


START_TEST(answer_that_was_cut_off_is_fetched_by_tcp)
{
	zone = full;
	ck_assert_int_eq(0, start("b.example", 5060, ANY));
	ua_finder_cut(f, sentv[0].out.id);
	pump();
	ck_assert_uint_eq(2, nsent);
	ck_assert(sentv[1].out.tcp && !sentv[0].out.tcp);
	ck_assert(!ua_finder_wants(f, sentv[0].out.id));
	answer(1);
	is_ended(0);
}
END_TEST


/* Four questions fail; none is sent again before there is hope. */
START_TEST(question_that_cannot_be_sent_is_not_tried_in_a_circle)
{
	size_t i;

	ck_assert_int_eq(0, start("b.example", 0, ANY));
	ck_assert_uint_eq(4, nsent);
	for (i = 0; i < nsent; i++) {
		ua_finder_failed(f, now_ms, sentv[i].out.id, EHOSTUNREACH);
		pump();
		ck_assert_uint_eq(4, nsent);
	}
	is_ended(ENONET);
	text_has("192.0.2.1:53 cannot be reached");

	ck_assert_int_eq(0, start("b.example", 0, ANY));
	is_ended(ENONET);
	until(now_ms + 1000);
	zone = full;
	ck_assert_int_eq(0, start("b.example", 0, ANY));
	ck_assert_uint_eq(8, nsent);
	answer_all();
	is_ended(0);
}
END_TEST


START_TEST(hosts_file_overrules_the_servers)
{
	zone = full;
	ua_finder_hosts(f, "192.0.2.77 example.com\n");
	ck_assert_int_eq(0, start("example.com", 0, ANY));
	ck_assert_uint_eq(0, nsent);
	is_ended(0);
	ck_assert_uint_eq(1, ev.n);
	is_target(0, UDP, "192.0.2.77:5060");
}
END_TEST


START_TEST(bad_host_is_refused)
{
	ck_assert_int_eq(EINVAL, start("no name", 0, ANY));
	ck_assert_int_eq(EINVAL, start("a.example", 0, 0));
	ck_assert(!ua_finder_busy(f));
}
END_TEST


START_TEST(freed_finder_leaves_who_asked_alone)
{
	ck_assert_int_eq(0, start("b.example", 5060, ANY));
	f = mem_deref(f);
	ck_assert_ptr_nonnull(finding);
}
END_TEST


/* From the first allocation to the last answer */
static int whole_story(void *arg)
{
	struct ua_finder *saved = f;
	int err;

	(void)arg;
	nsent = 0;
	err = finder_make();
	if (err)
		goto out;

	servers(2, 2);
	err = start("example.com", 0, ANY);
	if (!err) {
		answer_all();
		until(now_ms + DEADLINE);
		MUST(ended());
		err = ev.err;

		/* A target whose address did not fit is left out. */
		if (!err && ev.n < 3)
			err = ENOMEM;
	}
	f = mem_deref(f);

out:
	f = saved;
	return err;
}


START_TEST(no_memory_leaks_nothing_and_is_told)
{
	zone = full;
	ua_oom_walk(whole_story, NULL);
}
END_TEST


Suite *ua_suite_finder(void)
{
	Suite *s = suite_create("finder");
	TCase *tc = tcase_create("finder");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, every_order_of_answers_leads_to_the_same_targets);
	tcase_add_test(tc, plain_host_costs_one_round_trip);
	tcase_add_test(tc,
		       silent_server_is_followed_by_the_next_and_remembered);
	tcase_add_test(tc, server_that_refuses_is_followed_at_once);
	tcase_add_test(tc, refusal_of_all_is_told_with_the_record);
	tcase_add_test(tc, silence_ends_by_the_deadline);
	tcase_add_test(tc, lost_answer_of_a_target_leaves_the_others);
	tcase_add_test(
		tc, swallowed_srv_and_naptr_count_as_no_before_the_deadline);
	tcase_add_test(tc, who_comes_late_has_the_whole_time);
	tcase_add_loop_test(tc, record_that_points_nowhere_is_named, 0,
			    sizeof(nowhere) / sizeof(nowhere[0]));
	tcase_add_test(tc, chain_of_aliases_is_followed);
	tcase_add_test(tc, time_to_live_of_zero_lasts_for_the_query);
	tcase_add_test(tc, what_is_known_is_not_asked_again);
	tcase_add_test(tc, two_who_ask_share_one_question);
	tcase_add_test(tc, cancelled_finding_tells_nothing);
	tcase_add_loop_test(tc, families_are_filtered_and_ordered, 0, 3);
	tcase_add_test(tc, answers_of_the_old_network_are_not_taken);
	tcase_add_test(tc, what_was_known_is_forgotten_with_the_network);
	tcase_add_test(
		tc, new_network_gives_the_whole_time_again_but_not_for_ever);
	tcase_add_test(tc, new_network_may_tell_its_servers_later);
	tcase_add_test(tc, network_without_servers_is_told_in_the_end);
	tcase_add_test(tc, answer_that_was_cut_off_is_fetched_by_tcp);
	tcase_add_test(tc,
		       question_that_cannot_be_sent_is_not_tried_in_a_circle);
	tcase_add_test(tc, hosts_file_overrules_the_servers);
	tcase_add_test(tc, bad_host_is_refused);
	tcase_add_test(tc, freed_finder_leaves_who_asked_alone);
	tcase_add_test(tc, no_memory_leaks_nothing_and_is_told);
	suite_add_tcase(s, tc);

	return s;
}
