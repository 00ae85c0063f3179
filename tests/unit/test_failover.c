/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_failover.c  Calls whose first server does not take them */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/impl.h"
#include "base/clock.h"
#include "call/failover.h"
#include "dnsbed.h"
#include "oom.h"
#include "rig.h"

Suite *ua_suite_failover(void);

enum {
	TIMEOUT_S = 20,
	PATIENCE_MS = UA_FAILOVER_SILENT_MS + 2000,
	NOTHING_MS = 200 /* in which something must not come */
};

#define ANSWER                                                                \
	"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"    \
	"t=0 0\r\nm=audio 9 RTP/AVP 8\r\n"

static struct rig a, b;
static struct sipbed_peer one, two;
static char srv[2][64];
static struct dnsbed_row rows[8];
static size_t nrow;
static unsigned calls; /* made so far */


static void row(const char *name, uint16_t type, const char *value)
{
	rows[nrow++] = (struct dnsbed_row){ name, type, value };
	rows[nrow] = (struct dnsbed_row){ .name = NULL };
}


static uint16_t port(const struct sipbed_peer *peer)
{
	return sa_port(&peer->local);
}


/* Two servers of a name, in this order */
static void servers(const char *name, uint16_t first, uint16_t second)
{
	(void)snprintf(srv[0], sizeof(srv[0]), "1 0 %u one.test", first);
	(void)snprintf(srv[1], sizeof(srv[1]), "2 0 %u two.test", second);
	row(name, DNS_TYPE_SRV, srv[0]);
	row(name, DNS_TYPE_SRV, srv[1]);
}


static void open_a(enum ua_ice_policy ice)
{
	struct ua_agent_conf conf;

	rig_conf(&conf);
	conf.ice = ice;
	conf.dns = *ua_sock_local(dnsbed.sock);
	rig_open(&a, &conf);
}


static void setup(void)
{
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	nrow = 0;
	calls = 0;
	row("one.test", DNS_TYPE_A, "127.0.0.1");
	row("two.test", DNS_TYPE_A, "127.0.0.1");

	dnsbed_open();
	dnsbed.rows = rows;
	open_a(UA_ICE_OFF);

	sipbed_open(&one);
	sipbed_open(&two);
}


static void teardown(void)
{
	if (a.agent)
		rig_close(&a);
	if (b.agent)
		rig_close(&b);
	sipbed_close(&one);
	sipbed_close(&two);
	dnsbed_close();
}


static void call(const char *uri)
{
	struct ua_call_conf conf;
	int err;

	ua_call_conf_default(&conf);
	API(err = ua_call_connect(&a.call, a.agent, NULL, uri, &conf,
				  a.errstr));
	ck_assert_msg(!err, "no call: %s", a.errstr);
	++calls;
}


/* The next INVITE of a peer, however often the last one was sent again */
static const struct sip_msg *invite(struct sipbed_peer *peer, uint32_t ms)
{
	const struct sip_msg *msg = sipbed_next(peer, ms);

	ck_assert_msg(msg && msg->req && !pl_strcmp(&msg->met, "INVITE"),
		      "no INVITE came");
	return msg;
}


/* The next message that is none of the INVITE sent again */
static const struct sip_msg *past_invite(struct sipbed_peer *peer,
					 const char *met)
{
	const struct sip_msg *msg;

	do {
		msg = sipbed_next(peer, 2000);
		ck_assert_msg(msg && msg->req, "no %s came", met);
	} while (!pl_strcmp(&msg->met, "INVITE"));
	ck_assert_msg(!pl_strcmp(&msg->met, met), "%.*s instead of %s",
		      (int)msg->met.l, msg->met.p, met);

	return msg;
}


static void nothing_but_invites(struct sipbed_peer *peer)
{
	const struct sip_msg *msg;

	while ((msg = sipbed_next(peer, NOTHING_MS)))
		ck_assert_msg(msg->req && !pl_strcmp(&msg->met, "INVITE"),
			      "something came");
}


/* RFC 3261, 8.1.2: identical but for the branch of its Via */
static void is_repeated(const struct sip_msg *first,
			const struct sip_msg *second)
{
	ck_assert_int_eq(0, pl_cmp(&first->callid, &second->callid));
	ck_assert_int_eq(0, pl_cmp(&first->from.val, &second->from.val));
	ck_assert_uint_eq(first->cseq.num, second->cseq.num);
	ck_assert_int_eq(0, pl_cmp(&first->uri.host, &second->uri.host));
	ck_assert(!second->to.tag.l);
	ck_assert_int_ne(0, pl_cmp(&first->via.branch, &second->via.branch));
}


static void contact_reply(struct sipbed_peer *peer, const struct sip_msg *req,
			  const char *line, const char *tag, const char *sdp)
{
	char contact[64];

	(void)re_snprintf(contact, sizeof(contact), "Contact: <sip:x@%J>\r\n",
			  &peer->local);
	sipbed_reply(peer, req, line, tag, contact, sdp);
}


/* The call is up with this peer: it hears the ACK and, in the end, a BYE. */
static void is_up_with(struct sipbed_peer *peer)
{
	(void)rig_expect(&a, UA_EVENT_ANSWERED);
	(void)past_invite(peer, "ACK");
	ck_assert_uint_eq(calls, rig_count(&a, UA_EVENT_CALLING));
}


static void hangs_up_at(struct sipbed_peer *peer)
{
	const struct sip_msg *bye;

	API(ua_call_hangup(a.call, 0, NULL));
	bye = past_invite(peer, "BYE");
	sipbed_reply(peer, bye, "200 OK", "", "", NULL);
	(void)rig_expect(&a, UA_EVENT_CLOSED);
}


static bool shunned(const struct sipbed_peer *peer, uint64_t in_ms)
{
	struct ua_addr addr;

	ua_addr_from_sa(&addr, &peer->local);
	return ua_shun_is(&a.agent->env.shun, ua_clock_ms() + in_ms, &addr,
			  UA_TP_UDP);
}


START_TEST(server_that_says_503_is_followed_by_the_next)
{
	const struct sip_msg *first, *second;

	servers("_sip._udp.call.test", port(&one), port(&two));
	call("sip:bob@call.test");
	first = invite(&one, 2000);
	sipbed_reply(&one, first, "503 Service Unavailable", "t1",
		     "Retry-After: 120 (busy)\r\n", NULL);

	second = invite(&two, 2000);
	is_repeated(first, second);
	(void)past_invite(&one, "ACK");
	contact_reply(&two, second, "200 OK", "t2", ANSWER);
	is_up_with(&two);
	hangs_up_at(&two);
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_PROGRESS));

	/* Its Retry-After is obeyed, and the next call goes elsewhere. */
	ck_assert(shunned(&one, 110000));
	ck_assert(!shunned(&one, 120000));
	ck_assert(!shunned(&two, 0));
	call("sip:bob@call.test");
	contact_reply(&two, invite(&two, 2000), "200 OK", "t3", ANSWER);
	is_up_with(&two);
	nothing_but_invites(&one);
	ck_assert_uint_eq(one.n, one.read);
	hangs_up_at(&two);
}
END_TEST


START_TEST(answers_that_come_late_are_ended)
{
	const struct sip_msg *first, *second, *bye;

	servers("_sip._udp.call.test", port(&one), port(&two));
	call("sip:bob@call.test");
	first = invite(&one, 2000);
	second = invite(&two, PATIENCE_MS);
	ck_assert(shunned(&one, 0));
	is_repeated(first, second);

	/* It rings there, which is no news, and is told to stop. */
	contact_reply(&one, first, "180 Ringing", "t1", NULL);
	(void)past_invite(&one, "CANCEL");
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_PROGRESS));

	contact_reply(&two, second, "180 Ringing", "t2", NULL);
	(void)rig_expect(&a, UA_EVENT_PROGRESS);
	contact_reply(&two, second, "200 OK", "t2", ANSWER);
	is_up_with(&two);

	/* Picked up there before the CANCEL: it is ended. */
	contact_reply(&one, first, "200 OK", "t1", ANSWER);
	(void)past_invite(&one, "ACK");
	bye = past_invite(&one, "BYE");
	sipbed_reply(&one, bye, "200 OK", "", "", NULL);

	/* And each 2xx that is sent again gets its own ACK again. */
	contact_reply(&two, second, "200 OK", "t2", ANSWER);
	(void)past_invite(&two, "ACK");
	contact_reply(&one, first, "200 OK", "t1", ANSWER);
	(void)past_invite(&one, "ACK");
	nothing_but_invites(&two);
	nothing_but_invites(&one);
	ck_assert_int_eq(UA_CALL_UP, ua_call_state(a.call));
	hangs_up_at(&two);
}
END_TEST


/* It is the answer of nobody: the call goes on ringing at the other one. */
START_TEST(late_answer_of_the_first_is_none_of_the_second)
{
	const struct sip_msg *first, *second;

	servers("_sip._udp.call.test", port(&one), port(&two));
	call("sip:bob@call.test");
	first = invite(&one, 2000);
	second = invite(&two, PATIENCE_MS);

	contact_reply(&one, first, "200 OK", "t1", ANSWER);
	(void)past_invite(&one, "ACK");
	(void)past_invite(&one, "BYE");
	contact_reply(&one, first, "200 OK", "t1", ANSWER);
	(void)past_invite(&one, "ACK");
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_ANSWERED));

	contact_reply(&two, second, "200 OK", "t2", ANSWER);
	is_up_with(&two);
	hangs_up_at(&two);
}
END_TEST


START_TEST(server_that_says_100_is_waited_for)
{
	const struct sip_msg *first;

	servers("_sip._udp.call.test", port(&one), port(&two));
	call("sip:bob@call.test");
	first = invite(&one, 2000);
	sipbed_reply(&one, first, "100 Trying", "", "", NULL);
	ck_assert_ptr_null(sipbed_next(&two, PATIENCE_MS));
	contact_reply(&one, first, "200 OK", "t1", ANSWER);
	is_up_with(&one);
	ck_assert(!shunned(&one, 0));
	hangs_up_at(&one);
}
END_TEST


/* Nobody listens for TCP at the first one. */
START_TEST(refused_connection_is_followed_by_the_next)
{
	rig_open(&b, NULL);
	servers("_sip._tcp.call.test", port(&one),
		ua_agent_local(b.agent)->port);
	call("sip:bob@call.test;transport=tcp");
	(void)rig_expect(&b, UA_EVENT_INCOMING);
	rig_answer(&a, &b, NULL, NULL);
	ck_assert_uint_eq(0, one.n);
	rig_bye(&a, &b);
}
END_TEST


START_TEST(next_server_may_have_another_transport)
{
	const struct sip_msg *second;

	row("call.test", DNS_TYPE_NAPTR, "1 0 s SIP+D2T _sip._tcp.call.test");
	row("call.test", DNS_TYPE_NAPTR, "2 0 s SIP+D2U _sip._udp.call.test");
	servers("_sip._tcp.call.test", port(&one), port(&one));
	rows[nrow - 1].name = "_sip._udp.call.test";
	(void)snprintf(srv[1], sizeof(srv[1]), "1 0 %u two.test", port(&two));

	call("sip:bob@call.test");
	second = invite(&two, 2000);
	ck_assert_int_eq(SIP_TRANSP_UDP, second->via.tp);
	contact_reply(&two, second, "200 OK", "t2", ANSWER);
	is_up_with(&two);
	ck_assert_uint_eq(0, one.n);
	hangs_up_at(&two);
}
END_TEST


/* Takes connections, and throws them away when something comes */
struct slammer {
	struct tcp_sock *ts;
	struct tcp_conn *conn;
	unsigned n;
};


static void on_slam(struct mbuf *mb, void *arg)
{
	struct slammer *slammer = arg;

	(void)mb;
	++slammer->n;
	slammer->conn = mem_deref(slammer->conn);
}


static void on_slammer(const struct sa *peer, void *arg)
{
	struct slammer *slammer = arg;

	(void)peer;
	mem_deref(slammer->conn);
	ck_assert_int_eq(0, tcp_accept(&slammer->conn, slammer->ts, NULL,
				       on_slam, NULL, slammer));
}


START_TEST(connection_that_breaks_is_followed_by_the_next)
{
	struct slammer slammer = { .n = 0 };
	struct sa local;

	ck_assert_int_eq(0, sa_set_str(&local, "127.0.0.1", 0));
	ck_assert_int_eq(
		0, tcp_listen(&slammer.ts, &local, on_slammer, &slammer));
	ck_assert_int_eq(0, tcp_sock_local_get(slammer.ts, &local));

	rig_open(&b, NULL);
	servers("_sip._tcp.call.test", sa_port(&local),
		ua_agent_local(b.agent)->port);
	call("sip:bob@call.test;transport=tcp");
	(void)rig_expect(&b, UA_EVENT_INCOMING);
	ck_assert_uint_ge(slammer.n, 1);
	rig_answer(&a, &b, NULL, NULL);
	rig_bye(&a, &b);
	mem_deref(slammer.conn);
	mem_deref(slammer.ts);
}
END_TEST


START_TEST(last_server_decides_how_it_ends)
{
	const struct rig_event *e;

	servers("_sip._udp.call.test", port(&one), port(&two));
	call("sip:bob@call.test");
	sipbed_reply(&one, invite(&one, 2000), "503 Full", "t1", "", NULL);
	sipbed_reply(&two, invite(&two, 2000), "503 Full too", "t2", "", NULL);
	e = rig_expect(&a, UA_EVENT_CLOSED);
	ck_assert_uint_eq(503, e->ev.code);
	ck_assert_str_eq("Full too", e->reason);
	ck_assert(shunned(&one, UA_SHUN_MS - 5000));
	ck_assert(shunned(&two, UA_SHUN_MS - 5000));

	/* Both are bad: they are tried all the same, in their order. */
	call("sip:bob@call.test");
	(void)past_invite(&one, "ACK");
	contact_reply(&one, invite(&one, 2000), "200 OK", "t3", ANSWER);
	is_up_with(&one);
	ck_assert(!shunned(&one, 0));
	hangs_up_at(&one);
}
END_TEST


START_TEST(refusal_of_the_callee_is_no_failure_of_the_server)
{
	servers("_sip._udp.call.test", port(&one), port(&two));
	call("sip:bob@call.test");
	sipbed_reply(&one, invite(&one, 2000), "486 Busy Here", "t1", "",
		     NULL);
	ck_assert_uint_eq(486, rig_expect(&a, UA_EVENT_CLOSED)->ev.code);
	ck_assert_ptr_null(sipbed_next(&two, NOTHING_MS));
	ck_assert(!shunned(&one, 0));
}
END_TEST


/* Somebody's phone rang: it must not ring again by another way. */
START_TEST(refusal_after_ringing_ends_the_call)
{
	const struct sip_msg *first;

	servers("_sip._udp.call.test", port(&one), port(&two));
	call("sip:bob@call.test");
	first = invite(&one, 2000);
	contact_reply(&one, first, "180 Ringing", "t1", NULL);
	(void)rig_expect(&a, UA_EVENT_PROGRESS);
	sipbed_reply(&one, first, "503 Gone", "t1", "", NULL);
	ck_assert_uint_eq(503, rig_expect(&a, UA_EVENT_CLOSED)->ev.code);
	ck_assert_ptr_null(sipbed_next(&two, NOTHING_MS));
}
END_TEST


START_TEST(call_that_was_hung_up_tries_nobody_else)
{
	const struct sip_msg *first;

	servers("_sip._udp.call.test", port(&one), port(&two));
	call("sip:bob@call.test");
	first = invite(&one, 2000);
	API(ua_call_hangup(a.call, 0, NULL));
	sipbed_reply(&one, first, "503 Gone", "t1", "", NULL);
	(void)rig_expect(&a, UA_EVENT_CLOSED);
	ck_assert_ptr_null(sipbed_next(&two, NOTHING_MS));
	ck_assert(!shunned(&one, 0));
}
END_TEST


START_TEST(one_server_alone_ends_the_call_as_ever)
{
	row("_sip._udp.call.test", DNS_TYPE_SRV, srv[0]);
	(void)snprintf(srv[0], sizeof(srv[0]), "1 0 %u one.test", port(&one));
	call("sip:bob@call.test");
	sipbed_reply(&one, invite(&one, 2000), "503 Full", "t1", "", NULL);
	ck_assert_uint_eq(503, rig_expect(&a, UA_EVENT_CLOSED)->ev.code);
	ck_assert(shunned(&one, 0));
}
END_TEST


/* The loopback, and then another address beside it */
static unsigned char second;


static int host_addresses(const struct ua_env *env, struct ua_iflist *list)
{
	static const char *const ips[] = { "127.0.0.1", "127.0.0.2" };
	size_t i;

	(void)env;
	memset(list, 0, sizeof(*list));
	list->n = 1U + second;
	for (i = 0; i < list->n; i++) {
		ck_assert_int_eq(0, ua_addr_set(&list->v[i].addr, ips[i], 0));
		(void)snprintf(list->v[i].ifname, sizeof(list->v[i].ifname),
			       "eth%u", (unsigned)i);
		list->v[i].ifindex = (uint32_t)i + 1;
		list->v[i].index = (uint8_t)i;
		list->v[i].deflt = true;
	}

	return 0;
}


static void network_changes(void)
{
	API(ua_netmon_kick(a.agent->netmon));
	(void)rig_expect(&a, UA_EVENT_NETWORK);
}


START_TEST(changed_network_forgets_what_failed)
{
	servers("_sip._udp.call.test", port(&one), port(&two));
	call("sip:bob@call.test");
	sipbed_reply(&one, invite(&one, 2000), "503 Full", "t1", "", NULL);
	sipbed_reply(&two, invite(&two, 2000), "603 No", "t2", "", NULL);
	(void)rig_expect(&a, UA_EVENT_CLOSED);
	ck_assert(shunned(&one, 0));

	second = 0;
	a.agent->env.addresses = host_addresses;
	network_changes();
	ck_assert(!shunned(&one, 0));
}
END_TEST


/* The offer is made anew, and its candidates are those of the same flow. */
START_TEST(call_with_ice_goes_on_at_the_next_server)
{
	rig_close(&a);
	open_a(UA_ICE_FULL);
	rig_open(&b, NULL);
	servers("_sip._udp.call.test", port(&one),
		ua_agent_local(b.agent)->port);
	call("sip:bob@call.test");
	sipbed_reply(&one, invite(&one, 2000), "503 Full", "t1", "", NULL);
	(void)rig_expect(&b, UA_EVENT_INCOMING);
	rig_answer(&a, &b, NULL, NULL);
	rig_talk(&a, &b, 100);
	rig_bye(&a, &b);
}
END_TEST


static void forget(struct sipbed_peer *peer)
{
	while (peer->n)
		mem_deref(peer->msgv[--peer->n]);
	peer->read = 0;
}


static bool nobody_calls(void *arg)
{
	(void)arg;
	return !ua_call_next(a.agent, NULL) || sipbed_got(&two);
}


/* The first server fails with so much memory left; true: it was enough. */
static bool fails_with(long n)
{
	const struct ua_invite_event ev = { .type = UA_INVITE_ENDED,
					    .by = UA_BY_REMOTE,
					    .code = 503 };
	const struct sip_msg *first, *next;

	ua_shun_flush(&a.agent->env.shun);
	a.n = a.read = 0;
	call("sip:bob@call.test");
	do {
		first = sipbed_next(&one, 2000);
		ck_assert_ptr_nonnull(first);
	} while (pl_strcmp(&first->met, "INVITE"));

	ua_oom_limit(n);
	(void)ua_failover_ended(a.call, &ev);
	ua_oom_limit(-1);

	/* What was left is told that nobody wants it any more. */
	sipbed_reply(&one, first, "486 Busy Here", "t1", "", NULL);
	rig_wait(nobody_calls, NULL);
	next = sipbed_got(&two) ? sipbed_next(&two, 1000) : NULL;
	if (next) {
		sipbed_reply(&two, next, "486 Busy Here", "t2", "", NULL);
		(void)rig_expect(&a, UA_EVENT_CLOSED);
	}
	forget(&one);
	forget(&two);
	ck_assert_ptr_null(ua_call_next(a.agent, NULL));

	return next != NULL;
}


START_TEST(without_memory_for_another_try_the_call_ends)
{
	long n = 0;

	if (!ua_oom_works())
		return;

	servers("_sip._udp.call.test", port(&one), port(&two));
	while (!fails_with(n))
		ck_assert_int_lt(++n, 200);
	ck_assert_int_gt(n, 10);
}
END_TEST


/* What is to be told: the record, and what is wrong with it */
static const struct {
	const char *value;
	const char *words;
} nowhere[] = {
	{ "1 0 5060 .", "no such service" },
	{ "1 0 0 one.test", "points to port 0 of one.test" },
	{ "1 0 5060 none.test", "points to none.test, which has no IPv4" },
};


START_TEST(record_that_points_nowhere_is_told_to_the_user)
{
	const struct rig_event *e;

	row("_sip._udp.call.test", DNS_TYPE_SRV, nowhere[_i].value);
	call("sip:bob@call.test");
	e = rig_expect(&a, UA_EVENT_CLOSED);
	ck_assert_int_eq(UA_BY_ERROR, e->ev.by);
	ck_assert_msg(strstr(e->why, "_sip._udp.call.test") != NULL, "%s",
		      e->why);
	ck_assert_msg(strstr(e->why, nowhere[_i].words) != NULL, "%s", e->why);
}
END_TEST


static const struct {
	const char *uri;
	const char *words;
} bad[] = {
	{ "sip:bob@call.test:70000", "port '70000': 1 to 65535" },
	{ "sip:bob@call.test:0", "port '0'" },
	{ "bob@call.test:5060x", "port '5060x'" },
	{ "sip:bob@256.0.0.1", "host '256.0.0.1'" },
	{ "sip:bob@call.test;transport=sctp", "transport 'sctp'" },
};


START_TEST(uri_that_leads_nowhere_is_refused_at_once)
{
	struct ua_call_conf conf;

	ua_call_conf_default(&conf);
	API(ck_assert_int_eq(EINVAL,
			     ua_call_connect(&a.call, a.agent, NULL,
					     bad[_i].uri, &conf, a.errstr)));
	ck_assert_msg(strstr(a.errstr, bad[_i].words) != NULL, "%s", a.errstr);
	ck_assert_uint_eq(0, dnsbed.nquery);
}
END_TEST


static bool name_is_asked_for(void *arg)
{
	(void)arg;
	return dnsbed.nquery > 0;
}


/* The name server is silent until the network has changed. */
START_TEST(name_that_is_looked_up_meanwhile_is_asked_for_anew)
{
	size_t n;

	servers("_sip._udp.call.test", port(&one), port(&two));
	dnsbed.silent = true;
	call("sip:bob@call.test");
	rig_wait(name_is_asked_for, NULL);
	n = dnsbed.nquery;

	dnsbed.silent = false;
	second = 1;
	a.agent->env.addresses = host_addresses;
	network_changes();

	/* libre alone would have sent it again half a second later. */
	contact_reply(&one, invite(&one, 400), "200 OK", "t1", ANSWER);
	ck_assert_uint_gt(dnsbed.nquery, n);
	is_up_with(&one);
	hangs_up_at(&one);
}
END_TEST


Suite *ua_suite_failover(void)
{
	Suite *s = suite_create("failover");
	TCase *tc = tcase_create("failover");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, TIMEOUT_S);
	tcase_add_test(tc, server_that_says_503_is_followed_by_the_next);
	tcase_add_test(tc, answers_that_come_late_are_ended);
	tcase_add_test(tc, late_answer_of_the_first_is_none_of_the_second);
	tcase_add_test(tc, server_that_says_100_is_waited_for);
	tcase_add_test(tc, refused_connection_is_followed_by_the_next);
	tcase_add_test(tc, next_server_may_have_another_transport);
	tcase_add_test(tc, connection_that_breaks_is_followed_by_the_next);
	tcase_add_test(tc, call_with_ice_goes_on_at_the_next_server);
	tcase_add_test(tc, without_memory_for_another_try_the_call_ends);
	tcase_add_test(tc, last_server_decides_how_it_ends);
	tcase_add_test(tc, refusal_of_the_callee_is_no_failure_of_the_server);
	tcase_add_test(tc, refusal_after_ringing_ends_the_call);
	tcase_add_test(tc, call_that_was_hung_up_tries_nobody_else);
	tcase_add_test(tc, one_server_alone_ends_the_call_as_ever);
	tcase_add_loop_test(tc, record_that_points_nowhere_is_told_to_the_user,
			    0, sizeof(nowhere) / sizeof(nowhere[0]));
	tcase_add_loop_test(tc, uri_that_leads_nowhere_is_refused_at_once, 0,
			    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, changed_network_forgets_what_failed);
	tcase_add_test(tc, name_that_is_looked_up_meanwhile_is_asked_for_anew);
	suite_add_tcase(s, tc);

	return s;
}
