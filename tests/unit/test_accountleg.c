/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_accountleg.c  Accounts with two flows, against registrars by
 * the letter */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/accountcore.h"
#include "base/clock.h"
#include "dnsbed.h"
#include "hostbed.h"
#include "oom.h"
#include "rig.h"

Suite *ua_suite_accountleg(void);

enum {
	EXPIRES_S = 600,
	TIMEOUT_S = 30,
	SOON_MS = 1500,   /* in which something must come        */
	NOTHING_MS = 150, /* in which something must not come    */
	DEAD_MS = 12000,  /* A ping's interval and the patience  */
	SILENT_MS = UA_ACCOUNT_SILENT_MS,
	SLACK_MS = 1500
};

#define URN "urn:uuid:00112233-4455-4677-8899-aabbccddeeff"
#define GRUU "sip:alice@reg.test;gr=" URN
#define OUTBOUND "Require: outbound\r\n"
#define SDP                                                                   \
	"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"    \
	"t=0 0\r\nm=audio 9 RTP/AVP 8\r\n"

/** A server, by UDP and TCP of the same port */
struct server {
	struct sipbed_peer peer;
	struct tcp_sock *ts;
	struct tcp_conn *tc; /* The last one that came       */
	unsigned conns;
	bool deaf; /* It answers no OPTIONS        */
};

static struct rig a;
static struct server one, two;
static struct ua_account *alice;
static char srv[2][64];
static struct dnsbed_row rows[12];
static size_t nrow;


static void row(const char *name, uint16_t type, const char *value)
{
	rows[nrow++] = (struct dnsbed_row){ name, type, value };
	rows[nrow] = (struct dnsbed_row){ .name = NULL };
}


static void on_stream(struct mbuf *mb, void *arg)
{
	struct server *server = arg;
	struct sipbed_peer *peer = &server->peer;

	while (mbuf_get_left(mb) > 4 && peer->n < SIPBED_MSGS) {
		struct sip_msg *msg;

		if (sip_msg_decode(&msg, mb))
			break;
		mb->pos += msg->clen.l ? pl_u32(&msg->clen) : 0;
		peer->msgv[peer->n++] = msg;
	}
}


static void on_connection(const struct sa *from, void *arg)
{
	struct server *server = arg;

	(void)from;
	/* It stands for another host: that has memory. */
	ua_oom_limit(-1);
	++server->conns;
	mem_deref(server->tc);
	ck_assert_int_eq(0, tcp_accept(&server->tc, server->ts, NULL,
				       on_stream, NULL, server));
}


static void server_open(struct server *server)
{
	memset(server, 0, sizeof(*server));
	do {
		sipbed_close(&server->peer);
		sipbed_open(&server->peer);
	} while (tcp_listen(&server->ts, &server->peer.local, on_connection,
			    server));
}


static void server_close(struct server *server)
{
	server->tc = mem_deref(server->tc);
	server->ts = mem_deref(server->ts);
	sipbed_close(&server->peer);
}


static uint16_t port(const struct server *server)
{
	return sa_port(&server->peer.local);
}


/* Two servers of a name, in this order; second NULL: one */
static void servers(const char *name, const struct server *first,
		    const struct server *second)
{
	(void)snprintf(srv[0], sizeof(srv[0]), "1 0 %u host.test",
		       port(first));
	row(name, DNS_TYPE_SRV, srv[0]);
	if (!second)
		return;

	(void)snprintf(srv[1], sizeof(srv[1]), "2 0 %u host.test",
		       port(second));
	row(name, DNS_TYPE_SRV, srv[1]);
}


static void setup(void)
{
	struct ua_agent_conf conf;

	memset(&a, 0, sizeof(a));
	alice = NULL;
	nrow = 0;
	row("host.test", DNS_TYPE_A, "127.0.0.1");

	dnsbed_open();
	dnsbed.rows = rows;
	rig_conf(&conf);
	conf.ice = UA_ICE_OFF;
	conf.dns = *ua_sock_local(dnsbed.sock);
	conf.instance = URN;
	rig_open(&a, &conf);
	server_open(&one);
	server_open(&two);
}


static void teardown(void)
{
	if (a.agent)
		rig_close(&a);
	server_close(&one);
	server_close(&two);
	dnsbed_close();
}


static struct ua_account_conf new_conf(void)
{
	struct ua_account_conf conf;

	ua_account_conf_default(&conf);
	conf.aor = "sip:alice@reg.test";
	conf.password = "wonderland";
	conf.expires_s = EXPIRES_S;
	conf.keepalive = UA_KEEPALIVE_OFF;

	return conf;
}


static void add(const struct ua_account_conf *conf)
{
	int err;

	API(err = ua_account_add(&alice, a.agent, conf, a.errstr));
	ck_assert_msg(!err, "no account: %s", a.errstr);
}


static void reply(struct server *server, const struct sip_msg *req,
		  const char *line, const char *headers, const char *sdp)
{
	struct mbuf *mb;

	if (req->via.tp == SIP_TRANSP_UDP) {
		sipbed_reply(&server->peer, req, line, "srv", headers, sdp);
		return;
	}

	mb = mbuf_alloc(2048);
	ck_assert_ptr_nonnull(mb);
	ck_assert_int_eq(
		0, mbuf_printf(mb,
			       "SIP/2.0 %s\r\nVia: %r\r\nFrom: %r\r\n"
			       "To: %r;tag=srv\r\nCall-ID: %r\r\n"
			       "CSeq: %u %r\r\n%sContent-Length: 0\r\n\r\n",
			       line, &req->via.val, &req->from.val,
			       &req->to.val, &req->callid, req->cseq.num,
			       &req->cseq.met, headers));
	mb->pos = 0;
	ck_assert_int_eq(0, tcp_send(server->tc, mb));
	mem_deref(mb);
}


/* The next request of this kind; those of other kinds are passed over, and
 * OPTIONS answered. */
static const struct sip_msg *next(struct server *server, const char *met,
				  uint32_t ms)
{
	const uint64_t end_ms = ua_clock_ms() + ms;
	const struct sip_msg *msg;
	uint64_t now_ms;

	for (;;) {
		now_ms = ua_clock_ms();
		msg = sipbed_next(&server->peer,
				  now_ms < end_ms ? (uint32_t)(end_ms - now_ms)
						  : 0);
		if (!msg || (msg->req && !pl_strcmp(&msg->met, met)))
			return msg;
		if (!server->deaf && msg->req &&
		    !pl_strcmp(&msg->met, "OPTIONS"))
			reply(server, msg, "200 OK", "", NULL);
	}
}


static const struct sip_msg *request(struct server *server, const char *met)
{
	const struct sip_msg *msg = next(server, met, SOON_MS);

	ck_assert_msg(msg != NULL, "no %s came to server %s", met,
		      server == &one ? "one" : "two");

	return msg;
}


static void nothing(struct server *server, const char *met)
{
	ck_assert_msg(!next(server, met, NOTHING_MS), "a %s came", met);
}


/* Grant what a REGISTER asks for; params of the Contact begin with ';'. */
static void grant(struct server *server, const struct sip_msg *msg,
		  const char *params, const char *headers)
{
	char all[1024];

	(void)re_snprintf(all, sizeof(all), "Contact: %s%s;expires=%u\r\n%s",
			  siptext_hdr(msg, "Contact"), params, EXPIRES_S,
			  headers);
	reply(server, msg, "200 OK", all, NULL);
}


static void has_reg_id(const struct sip_msg *msg, unsigned reg_id)
{
	const char *contact = siptext_hdr(msg, "Contact");
	char want[32];

	(void)snprintf(want, sizeof(want), ";reg-id=%u", reg_id);
	ck_assert_msg(strstr(contact, want) != NULL, "%s", contact);
	ck_assert_msg(strstr(contact, ";+sip.instance=\"<" URN ">\"") != NULL,
		      "%s", contact);
	ck_assert_str_ne("0", siptext_hdr(msg, "Expires"));
}


static void is_goodbye(const struct sip_msg *msg)
{
	ck_assert_str_eq("0", siptext_hdr(msg, "Expires"));
}


/* The account registers by both servers. */
static void two_flows(const struct ua_account_conf *conf, const char *params,
		      const char *headers)
{
	const struct sip_msg *msg;

	servers(conf->tp_set ? "_sip._tcp.reg.test" : "_sip._udp.reg.test",
		&one, &two);
	add(conf);
	msg = request(&one, "REGISTER");
	has_reg_id(msg, 1);
	grant(&one, msg, params, headers);
	ck_assert_uint_eq(1,
			  rig_expect(&a, UA_EVENT_REGISTERED)->ev.reg.reg_id);
	msg = request(&two, "REGISTER");
	has_reg_id(msg, 2);
	grant(&two, msg, params, headers);
	ck_assert_uint_eq(2,
			  rig_expect(&a, UA_EVENT_REGISTERED)->ev.reg.reg_id);
}


static void one_flow(const struct ua_account_conf *conf, const char *params,
		     const char *headers)
{
	servers("_sip._udp.reg.test", &one, NULL);
	add(conf);
	grant(&one, request(&one, "REGISTER"), params, headers);
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
}


/* The account calls; the INVITE must come to this server. */
static const struct sip_msg *invite(struct server *server)
{
	struct ua_call_conf conf;
	int err;

	ua_call_conf_default(&conf);
	API(err = ua_call_connect(&a.call, a.agent, alice, "bob", &conf,
				  a.errstr));
	ck_assert_msg(!err, "no call: %s", a.errstr);

	return request(server, "INVITE");
}


static bool names(const char *text, const struct server *server)
{
	char addr[32];

	(void)re_snprintf(addr, sizeof(addr), "%J", &server->peer.local);
	return strstr(text, addr) != NULL;
}


static bool shunned(const struct server *server, uint64_t in_ms)
{
	struct ua_addr addr;

	ua_addr_from_sa(&addr, &server->peer.local);
	return ua_shun_is(&a.agent->env.shun, ua_clock_ms() + in_ms, &addr,
			  UA_TP_UDP);
}


/* ---------------------------- two flows ---------------------------- */


START_TEST(outbound_registers_by_a_second_server)
{
	struct ua_account_conf conf = new_conf();

	two_flows(&conf, "", OUTBOUND);
	ck_assert(ua_account_registered(alice));
	nothing(&one, "REGISTER");
	nothing(&two, "REGISTER");

	/* Both leave in the end, and that is told once. */
	API(ua_agent_stop(a.agent));
	is_goodbye(request(&one, "REGISTER"));
	reply(&one, one.peer.msgv[one.peer.read - 1], "200 OK", "", NULL);
	is_goodbye(request(&two, "REGISTER"));
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_UNREGISTERED));
	reply(&two, two.peer.msgv[two.peer.read - 1], "200 OK", "", NULL);
	(void)rig_expect(&a, UA_EVENT_UNREGISTERED);
	ck_assert_int_eq(0, ua_run(a.agent));
	ck_assert_uint_eq(1, rig_count(&a, UA_EVENT_UNREGISTERED));
}
END_TEST


START_TEST(without_outbound_there_is_one_flow)
{
	struct ua_account_conf conf = new_conf();

	servers("_sip._udp.reg.test", &one, &two);
	add(&conf);
	grant(&one, request(&one, "REGISTER"), "", "Supported: outbound\r\n");
	ck_assert(!rig_expect(&a, UA_EVENT_REGISTERED)->ev.reg.outbound);
	nothing(&two, "REGISTER");
}
END_TEST


START_TEST(one_server_gets_one_flow)
{
	struct ua_account_conf conf = new_conf();

	one_flow(&conf, "", OUTBOUND);
	nothing(&one, "REGISTER");
}
END_TEST


/* A second flow that is refused takes nothing away from the first. */
START_TEST(refused_second_flow_leaves_the_first)
{
	struct ua_account_conf conf = new_conf();

	servers("_sip._udp.reg.test", &one, &two);
	add(&conf);
	grant(&one, request(&one, "REGISTER"), "", OUTBOUND);
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
	reply(&two, request(&two, "REGISTER"), "403 Not Here", "", NULL);
	ck_assert_uint_eq(403,
			  rig_expect(&a, UA_EVENT_REGISTER_FAILED)->ev.code);
	ck_assert(ua_account_registered(alice));
	(void)invite(&one);
}
END_TEST


/* Without outbound it is the binding of one and the same Contact. */
START_TEST(second_server_without_outbound_is_left)
{
	struct ua_account_conf conf = new_conf();
	const struct sip_msg *msg;

	servers("_sip._udp.reg.test", &one, &two);
	add(&conf);
	grant(&one, request(&one, "REGISTER"), "", OUTBOUND);
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
	msg = request(&two, "REGISTER");
	if (_i) {
		reply(&two, msg, "439 First Hop Lacks Outbound Support", "",
		      NULL);
		msg = request(&two, "REGISTER");
	}
	grant(&two, msg, "", "");
	nothing(&two, "REGISTER");
	ck_assert_uint_eq(1, rig_count(&a, UA_EVENT_REGISTERED));
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_REGISTER_FAILED));
	ck_assert(ua_account_registered(alice));
	(void)invite(&one);

	/* Its goodbye would take the other one away. */
	API(ua_agent_stop(a.agent));
	is_goodbye(request(&one, "REGISTER"));
	nothing(&two, "REGISTER");
}
END_TEST


static void other_takes_calls(struct server *lives)
{
	const struct sip_msg *msg = invite(lives);

	reply(lives, msg, "486 Busy Here", "", NULL);
	ck_assert_uint_eq(486, rig_expect(&a, UA_EVENT_CLOSED)->ev.code);
}


START_TEST(flow_that_falls_silent_is_made_anew_alone)
{
	struct ua_account_conf conf = new_conf();
	struct server *dies = _i ? &two : &one;
	struct server *lives = _i ? &one : &two;
	const struct rig_event *e;
	const struct sip_msg *msg;
	unsigned i;

	conf.keepalive = UA_KEEPALIVE_OPTIONS;
	conf.keepalive_s = 1;
	two_flows(&conf, "", OUTBOUND);

	/* It is pinged, and in doubt asked by a REGISTER. */
	dies->deaf = true;
	for (i = 0; !rig_count(&a, UA_EVENT_FLOW_LOST) && i < DEAD_MS;
	     i += 100)
		(void)next(lives, "SILENCE", 100);
	e = rig_expect(&a, UA_EVENT_FLOW_LOST);
	ck_assert_msg(names(e->reason, dies), "%s", e->reason);
	ck_assert(ua_account_registered(alice));
	other_takes_calls(lives);

	dies->deaf = false;
	dies->peer.read = dies->peer.n;
	msg = next(dies, "REGISTER", 4000);
	ck_assert_ptr_nonnull(msg);
	has_reg_id(msg, _i ? 2 : 1);
	grant(dies, msg, "", OUTBOUND);
	for (;;) {
		e = rig_expect(&a, UA_EVENT_REGISTERED);
		if (e->ev.reg.reg_id == (_i ? 2u : 1u))
			break;
	}
	ck_assert_uint_eq(1, rig_count(&a, UA_EVENT_FLOW_LOST));
}
END_TEST


START_TEST(connection_that_is_closed_is_made_anew_alone)
{
	struct ua_account_conf conf = new_conf();
	struct server *dies = _i ? &two : &one;
	struct server *lives = _i ? &one : &two;
	const struct sip_msg *msg;
	const struct rig_event *e;

	conf.keepalive = UA_KEEPALIVE_AUTO;
	conf.tp_set = true;
	conf.tp = UA_TP_TCP;
	two_flows(&conf, "", OUTBOUND);
	ck_assert_uint_eq(1, one.conns);
	ck_assert_uint_eq(1, two.conns);

	dies->tc = mem_deref(dies->tc);
	e = rig_expect(&a, UA_EVENT_FLOW_LOST);
	ck_assert_msg(names(e->reason, dies), "%s", e->reason);
	ck_assert(ua_account_registered(alice));
	msg = invite(lives);
	ck_assert_int_eq(SIP_TRANSP_TCP, msg->via.tp);

	msg = request(dies, "REGISTER");
	has_reg_id(msg, _i ? 2 : 1);
	grant(dies, msg, "", OUTBOUND);
	e = rig_expect(&a, UA_EVENT_REGISTERED);
	ck_assert_uint_eq(_i ? 2 : 1, e->ev.reg.reg_id);
	ck_assert_uint_eq(2, dies->conns);
	ck_assert_uint_eq(1, lives->conns);
	nothing(lives, "REGISTER");
}
END_TEST


/* -- whose name has another meaning */

static void look(void)
{
	API(ua_accountcore_look(alice));
}


static bool has_looked(void *arg)
{
	(void)arg;
	return alice->query == NULL && !tmr_isrunning(&alice->retry);
}


START_TEST(second_server_that_is_none_any_more_is_left)
{
	struct ua_account_conf conf = new_conf();
	struct dnsbed_row left[3];

	servers("_sip._udp.reg.test", &one, &two);
	add(&conf);
	grant(&one, request(&one, "REGISTER"), "", OUTBOUND);
	reply(&two, request(&two, "REGISTER"), "403 No More", "", NULL);
	(void)rig_expect(&a, UA_EVENT_REGISTER_FAILED);

	/* Two bindings by one and the same flow would ring twice. */
	left[0] = rows[0];
	left[1] = rows[1];
	left[2] = (struct dnsbed_row){ .name = NULL };
	dnsbed.rows = left;
	ua_resolver_reload(a.agent->resolver);
	look();
	rig_wait(has_looked, NULL);
	nothing(&one, "REGISTER");
	nothing(&two, "REGISTER");
	ck_assert(ua_account_registered(alice));
	ck_assert_ptr_null(alice->legv[1].line);
}
END_TEST


/* The one that served until its flow died */
START_TEST(flow_to_a_former_server_is_followed_by_one_to_the_present)
{
	struct ua_account_conf conf = new_conf();
	const struct sip_msg *msg;

	conf.tp_set = true;
	conf.tp = UA_TP_TCP;
	conf.keepalive = UA_KEEPALIVE_AUTO;
	servers("_sip._tcp.reg.test", &one, NULL);
	add(&conf);
	grant(&one, request(&one, "REGISTER"), "", "");
	(void)rig_expect(&a, UA_EVENT_REGISTERED);

	(void)snprintf(srv[0], sizeof(srv[0]), "1 0 %u host.test", port(&two));
	ua_resolver_reload(a.agent->resolver);
	look();
	rig_wait(has_looked, NULL);
	nothing(&two, "REGISTER");
	ck_assert(ua_account_registered(alice));

	one.tc = mem_deref(one.tc);
	(void)rig_expect(&a, UA_EVENT_FLOW_LOST);
	msg = request(&two, "REGISTER");
	grant(&two, msg, "", "");
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
	nothing(&one, "REGISTER");
}
END_TEST


/* ------------------------------ calls ------------------------------ */


static void invite_at(const struct ua_addr *to, struct server *server,
		      const char *branch, unsigned cseq)
{
	sipbed_send(&server->peer, to,
		    "INVITE sip:alice@%j SIP/2.0\r\n"
		    "Via: SIP/2.0/UDP %J;branch=z9hG4bK%s\r\n"
		    "From: <sip:bob@reg.test>;tag=bob\r\n"
		    "To: <sip:alice@reg.test>\r\n"
		    "Call-ID: call@reg.test\r\n"
		    "CSeq: %u INVITE\r\n"
		    "Max-Forwards: 70\r\n"
		    "Contact: <sip:bob@%J>\r\n"
		    "Content-Type: application/sdp\r\n"
		    "Content-Length: %zu\r\n\r\n%s",
		    &server->peer.local, &server->peer.local, branch, cseq,
		    &server->peer.local, strlen(SDP), SDP);
}


static void invite_us(struct server *server, const char *branch, unsigned cseq)
{
	invite_at(ua_agent_local(a.agent), server, branch, cseq);
}


/* The next final answer */
static const struct sip_msg *answer(struct server *server)
{
	const struct sip_msg *msg;

	do {
		msg = sipbed_next(&server->peer, SOON_MS);
		ck_assert_msg(msg != NULL, "no answer");
	} while (msg->req || msg->scode < 200);

	return msg;
}


static void pick_up(void)
{
	struct ua_call_conf conf;
	int err;

	ua_call_conf_default(&conf);
	API(err = ua_call_answer(a.call, &conf, a.errstr));
	ck_assert_msg(!err, "no answer: %s", a.errstr);
}


START_TEST(call_by_either_flow_rings_once)
{
	struct ua_account_conf conf = new_conf();
	struct server *first = _i ? &two : &one;
	struct server *second = _i ? &one : &two;

	two_flows(&conf, "", OUTBOUND);
	invite_us(first, "1", 7);
	(void)rig_expect(&a, UA_EVENT_INCOMING);

	/* A copy by the other one (RFC 3261, 8.2.2.2) */
	invite_us(second, "2", 7);
	ck_assert_uint_eq(482, answer(second)->scode);
	ck_assert_uint_eq(1, rig_count(&a, UA_EVENT_INCOMING));

	pick_up();
	ck_assert_uint_eq(200, answer(first)->scode);
	invite_us(second, "3", 7);
	ck_assert_uint_eq(482, answer(second)->scode);

	/* One that is later is no copy. */
	invite_us(second, "4", 8);
	rig_linger(20);
	ck_assert_uint_eq(2, rig_count(&a, UA_EVENT_INCOMING));
}
END_TEST


/* Another address of the host is all that leads anywhere now. */
static int other_address(const struct ua_env *env, struct ua_iflist *list)
{
	(void)env;
	list->n = 1;
	memset(list->v, 0, sizeof(list->v[0]));
	list->v[0].ifindex = 2;
	str_ncpy(list->v[0].ifname, "eth2", sizeof(list->v[0].ifname));

	return ua_addr_set(&list->v[0].addr, "127.0.0.2", 0);
}


/* The flows of two families, say, end at different addresses of ours. */
START_TEST(call_at_either_address_rings_once)
{
	struct ua_account_conf conf = new_conf();
	struct ua_env *env = &a.agent->env;
	struct ua_endpoint *ep;
	struct ua_addr to;

	one_flow(&conf, "", OUTBOUND);
	ua_addr_from_sa(&to, &one.peer.local);
	env->addresses = other_address;
	ck_assert_int_eq(0, env->endpoint(env, &to, NULL, &ep));
	env->addresses = NULL;
	ck_assert(!ua_addr_eq(ua_endpoint_local(ep), ua_agent_local(a.agent)));

	invite_us(&one, "1", 7);
	(void)rig_expect(&a, UA_EVENT_INCOMING);
	invite_at(ua_endpoint_local(ep), &two, "2", 7);
	ck_assert_uint_eq(482, answer(&two)->scode);
	pick_up();
	ck_assert_uint_eq(200, answer(&one)->scode);
	invite_at(ua_endpoint_local(ep), &two, "3", 7);
	ck_assert_uint_eq(482, answer(&two)->scode);
	ck_assert_uint_eq(1, rig_count(&a, UA_EVENT_INCOMING));
}
END_TEST


START_TEST(gruu_is_the_contact_of_calls)
{
	struct ua_account_conf conf = new_conf();
	const struct sip_msg *msg;

	one_flow(&conf,
		 ";pub-gruu=\"" GRUU "\";temp-gruu=\"sip:t8@reg.test;gr\"",
		 _i ? OUTBOUND : "");
	ck_assert_str_eq(GRUU, alice->legv[0].gruu);
	msg = invite(&one);
	ck_assert_str_eq("<" GRUU ">", siptext_hdr(msg, "Contact"));
	reply(&one, msg, "486 Busy Here", "", NULL);
	(void)rig_expect(&a, UA_EVENT_CLOSED);

	invite_us(&one, "1", 7);
	(void)rig_expect(&a, UA_EVENT_INCOMING);
	pick_up();
	msg = answer(&one);
	ck_assert_uint_eq(200, msg->scode);
	ck_assert_str_eq("<" GRUU ">", siptext_hdr(msg, "Contact"));
}
END_TEST


START_TEST(without_a_gruu_outbound_is_told_by_ob)
{
	struct ua_account_conf conf = new_conf();
	const struct sip_msg *msg;
	const char *contact;

	one_flow(&conf, "", _i ? OUTBOUND : "");
	contact = siptext_hdr(invite(&one), "Contact");
	ck_assert_msg(!strstr(contact, ";ob") == !_i, "%s", contact);
	if (_i)
		ck_assert_msg(strstr(contact, ";ob>") != NULL, "%s", contact);
	reply(&one, one.peer.msgv[one.peer.read - 1], "486 Busy Here", "",
	      NULL);
	(void)rig_expect(&a, UA_EVENT_CLOSED);

	invite_us(&one, "1", 7);
	(void)rig_expect(&a, UA_EVENT_INCOMING);
	pick_up();
	msg = answer(&one);
	contact = siptext_hdr(msg, "Contact");
	ck_assert_msg(!strstr(contact, ";ob>") == !_i, "%s", contact);
}
END_TEST


/* Each flow has its own. */
START_TEST(call_on_the_second_flow_has_its_gruu)
{
	struct ua_account_conf conf = new_conf();
	const struct sip_msg *msg;

	conf.tp_set = true;
	conf.tp = UA_TP_TCP;
	conf.keepalive = UA_KEEPALIVE_AUTO;
	servers("_sip._tcp.reg.test", &one, &two);
	add(&conf);
	grant(&one, request(&one, "REGISTER"), "", OUTBOUND);
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
	grant(&two, request(&two, "REGISTER"), ";pub-gruu=\"" GRUU "\"",
	      OUTBOUND "Service-Route: <sip:edge2.test;lr>\r\n");
	(void)rig_expect(&a, UA_EVENT_REGISTERED);

	one.tc = mem_deref(one.tc);
	(void)rig_expect(&a, UA_EVENT_FLOW_LOST);
	msg = invite(&two);
	ck_assert_str_eq("<" GRUU ">", siptext_hdr(msg, "Contact"));
	ck_assert_str_eq("<sip:edge2.test;lr>", siptext_hdr(msg, "Route"));
}
END_TEST


static bool add_route(const struct sip_hdr *hdr, const struct sip_msg *msg,
		      void *arg)
{
	char *all = arg;
	const size_t len = strlen(all);

	(void)msg;
	(void)re_snprintf(all + len, 512 - len, "%s%r", len ? "," : "",
			  &hdr->val);
	return false;
}


START_TEST(service_route_is_behind_the_proxy)
{
	struct ua_account_conf conf = new_conf();
	char proxy[64], want[256], got[512] = "";
	const struct sip_msg *msg;

	(void)snprintf(proxy, sizeof(proxy), "sip:127.0.0.1:%u", port(&one));
	if (_i)
		conf.proxy = proxy;
	else
		servers("_sip._udp.reg.test", &one, NULL);
	add(&conf);
	grant(&one, request(&one, "REGISTER"), "",
	      "Service-Route: <sip:s1.reg.test;lr>,"
	      " \"x, y\" <sip:s2.reg.test;lr;p=1>\r\n"
	      "Service-Route: <sip:s3.reg.test;lr>\r\n");
	(void)rig_expect(&a, UA_EVENT_REGISTERED);

	msg = invite(&one);
	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_ROUTE, add_route, got);
	(void)snprintf(want, sizeof(want),
		       "%s%s%s<sip:s1.reg.test;lr>,"
		       "\"x, y\" <sip:s2.reg.test;lr;p=1>,"
		       "<sip:s3.reg.test;lr>",
		       _i ? "<" : "", _i ? proxy : "", _i ? ";lr>," : "");
	ck_assert_str_eq(want, got);
	ck_assert_int_eq(0, pl_strcmp(&msg->ruri, "sip:bob@reg.test"));
}
END_TEST


/* ---------------------------- redirects ---------------------------- */


/* From one to two, by a name */
static const struct sip_msg *redirect(const struct sip_msg *msg,
				      const char *target)
{
	char contact[128];

	(void)snprintf(contact, sizeof(contact), "Contact: <%s>\r\n", target);
	reply(&one, msg, "302 Moved", contact, NULL);

	return msg;
}


/* The registrar is one, and may send to two. */
static void add_between(const struct ua_account_conf *conf)
{
	servers("_sip._udp.reg.test", &one, NULL);
	(void)snprintf(srv[1], sizeof(srv[1]), "1 0 %u host.test", port(&two));
	row("_sip._udp.other.test", DNS_TYPE_SRV, srv[1]);
	add(conf);
}


static void is_led(const struct ua_account_conf *conf)
{
	add_between(conf);
	redirect(request(&one, "REGISTER"), "sip:other.test");
}


START_TEST(redirect_is_followed_and_registers_there)
{
	struct ua_account_conf conf = new_conf();
	const struct sip_msg *msg;

	/* 0: the first REGISTER; 1: a refresh */
	add_between(&conf);
	msg = request(&one, "REGISTER");
	if (_i) {
		grant(&one, msg, "", "");
		(void)rig_expect(&a, UA_EVENT_REGISTERED);
		API(ua_account_again(alice));
		msg = request(&one, "REGISTER");
	}
	redirect(msg, "sip:other.test");

	msg = request(&two, "REGISTER");
	ck_assert_int_eq(0, pl_strcmp(&msg->ruri, "sip:other.test"));
	ck_assert_ptr_nonnull(
		strstr(siptext_hdr(msg, "To"), "sip:alice@reg.test"));
	grant(&two, msg, "", "");
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
	ck_assert(ua_account_registered(alice));
	(void)invite(&two);
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_REGISTER_FAILED));
	ck_assert(!shunned(&one, 0));
}
END_TEST


START_TEST(redirect_to_nowhere_is_told_and_tried_at_home_again)
{
	struct ua_account_conf conf = new_conf();
	const struct rig_event *e;
	const struct sip_msg *msg;

	servers("_sip._udp.reg.test", &one, NULL);
	add(&conf);
	redirect(request(&one, "REGISTER"), "sip:nowhere.test");
	e = rig_expect(&a, UA_EVENT_REGISTER_FAILED);
	ck_assert_uint_eq(0, e->ev.code);
	ck_assert_msg(strstr(e->reason, "sip:nowhere.test") != NULL, "%s",
		      e->reason);

	/* Nobody at home is to blame. */
	ck_assert(!shunned(&one, 0));
	msg = next(&one, "REGISTER", 4000);
	ck_assert_ptr_nonnull(msg);
	ck_assert_int_eq(0, pl_strcmp(&msg->ruri, "sip:reg.test"));
	grant(&one, msg, "", "");
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
	ck_assert_uint_eq(1, rig_count(&a, UA_EVENT_REGISTER_FAILED));
}
END_TEST


START_TEST(server_that_we_were_sent_to_and_that_fails_is_left_for_home)
{
	struct ua_account_conf conf = new_conf();
	const struct rig_event *e;
	const struct sip_msg *msg;

	is_led(&conf);
	reply(&two, request(&two, "REGISTER"), "503 Full", "", NULL);
	e = rig_expect(&a, UA_EVENT_REGISTER_FAILED);
	ck_assert_uint_eq(503, e->ev.code);

	msg = next(&one, "REGISTER", 4000);
	ck_assert_ptr_nonnull(msg);
	ck_assert_int_eq(0, pl_strcmp(&msg->ruri, "sip:reg.test"));
	grant(&one, msg, "", "");
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
	(void)invite(&one);
}
END_TEST


START_TEST(redirect_to_itself_is_a_failure)
{
	struct ua_account_conf conf = new_conf();
	const struct rig_event *e;

	servers("_sip._udp.reg.test", &one, NULL);
	add(&conf);
	redirect(request(&one, "REGISTER"), "sip:reg.test");
	e = rig_expect(&a, UA_EVENT_REGISTER_FAILED);
	ck_assert_msg(strstr(e->reason, "redirects to itself") != NULL, "%s",
		      e->reason);
	nothing(&one, "REGISTER");
}
END_TEST


/* The first flow is where it was. */
START_TEST(redirect_of_the_second_flow_moves_nobody)
{
	struct ua_account_conf conf = new_conf();
	const struct sip_msg *msg;

	servers("_sip._udp.reg.test", &one, &two);
	add(&conf);
	grant(&one, request(&one, "REGISTER"), "", OUTBOUND);
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
	msg = request(&two, "REGISTER");
	reply(&two, msg, "302 Moved", "Contact: <sip:nowhere.test>\r\n", NULL);
	(void)rig_expect(&a, UA_EVENT_REGISTER_FAILED);
	ck_assert(ua_account_registered(alice));
	ck_assert_ptr_null(alice->redirect);
	nothing(&one, "REGISTER");
	(void)invite(&one);
}
END_TEST


/* What it was led to there may not be the one to ask here. */
START_TEST(redirect_is_forgotten_without_a_network)
{
	struct ua_account_conf conf = new_conf();
	const struct sip_msg *msg;

	HOST(1);
	hostbed_look(&a);
	is_led(&conf);
	grant(&two, request(&two, "REGISTER"), "", "");
	(void)rig_expect(&a, UA_EVENT_REGISTERED);

	host.n = 0;
	hostbed_look(&a);
	(void)rig_expect(&a, UA_EVENT_REGISTER_FAILED);
	nothing(&two, "REGISTER");

	/* 0: the same place; 1: another */
	if (_i)
		HOST(2);
	else
		HOST(1);
	hostbed_look(&a);
	msg = request(&one, "REGISTER");
	ck_assert_int_eq(0, pl_strcmp(&msg->ruri, "sip:reg.test"));
	grant(&one, msg, "", "");
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
	ck_assert(ua_account_registered(alice));
	nothing(&two, "REGISTER");
	(void)invite(&one);
}
END_TEST


/* ------------------------- servers that fail ----------------------- */


START_TEST(server_that_says_503_is_left_at_once)
{
	struct ua_account_conf conf = new_conf();
	const struct rig_event *e;

	servers("_sip._udp.reg.test", &one, &two);
	add(&conf);
	reply(&one, request(&one, "REGISTER"), "503 Full",
	      "Retry-After: 120\r\n", NULL);
	grant(&two, request(&two, "REGISTER"), "", "");
	e = rig_expect(&a, UA_EVENT_REGISTERED);
	ck_assert_uint_eq(port(&two), e->ev.reg.server.port);
	ck_assert_double_lt(e->ev.t_s, SOON_MS / 1e3);
	ck_assert(shunned(&one, 115000));
	ck_assert(!shunned(&one, 121000));
	nothing(&one, "REGISTER");
	(void)invite(&two);
}
END_TEST


START_TEST(silent_server_is_left_after_a_while)
{
	struct ua_account_conf conf = new_conf();
	const struct sip_msg *msg;
	const struct rig_event *e;
	uint64_t start_ms;

	servers("_sip._udp.reg.test", &one, &two);
	add(&conf);
	(void)request(&one, "REGISTER");
	start_ms = ua_clock_ms();
	msg = next(&two, "REGISTER", SILENT_MS + SLACK_MS);
	ck_assert_ptr_nonnull(msg);
	ck_assert_uint_ge(ua_clock_ms() - start_ms, SILENT_MS - 500);
	grant(&two, msg, "", "");
	e = rig_expect(&a, UA_EVENT_REGISTER_FAILED);
	ck_assert_msg(names(e->reason, &one), "%s", e->reason);
	e = rig_expect(&a, UA_EVENT_REGISTERED);
	ck_assert_uint_eq(port(&two), e->ev.reg.server.port);
	ck_assert(shunned(&one, 0));
}
END_TEST


/* A connection that is made and then says nothing, after one that was closed
 */
START_TEST(server_that_closes_and_then_is_silent_is_left_too)
{
	struct ua_account_conf conf = new_conf();
	const struct sip_msg *msg;

	conf.tp_set = true;
	conf.tp = UA_TP_TCP;
	conf.keepalive = UA_KEEPALIVE_AUTO;
	servers("_sip._tcp.reg.test", &one, &two);
	add(&conf);
	grant(&one, request(&one, "REGISTER"), "", "");
	(void)rig_expect(&a, UA_EVENT_REGISTERED);

	one.tc = mem_deref(one.tc);
	(void)rig_expect(&a, UA_EVENT_FLOW_LOST);
	(void)request(&one, "REGISTER");
	msg = next(&two, "REGISTER", SILENT_MS + SLACK_MS);
	ck_assert_ptr_nonnull(msg);
	grant(&two, msg, "", "");
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
}
END_TEST


START_TEST(server_is_avoided_for_a_while_and_used_again)
{
	struct ua_account_conf conf = new_conf();
	const struct sip_msg *msg;

	servers("_sip._udp.reg.test", &one, &two);
	add(&conf);
	reply(&one, request(&one, "REGISTER"), "503 Full",
	      "Retry-After: 2\r\n", NULL);
	grant(&two, request(&two, "REGISTER"), "", "");
	(void)rig_expect(&a, UA_EVENT_REGISTERED);

	/* The second one fails too, within that: still not the first */
	API(ua_account_again(alice));
	reply(&two, request(&two, "REGISTER"), "503 Full too",
	      "Retry-After: 3\r\n", NULL);
	(void)rig_expect(&a, UA_EVENT_REGISTER_FAILED);
	nothing(&one, "REGISTER");

	/* When its time has come it is tried, and whoever takes us is left in
	 * peace. */
	msg = next(&two, "REGISTER", 5000);
	ck_assert_ptr_nonnull(msg);
	reply(&two, msg, "503 Full too", "Retry-After: 30\r\n", NULL);
	grant(&one, request(&one, "REGISTER"), "", "");
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
	ck_assert(!shunned(&one, 0));
	(void)invite(&one);
}
END_TEST


START_TEST(answer_without_our_contact_is_a_failure)
{
	struct ua_account_conf conf = new_conf();
	const struct rig_event *e;

	/* 0: another one's; 1: none at all, of a registrar that lists none */
	servers("_sip._udp.reg.test", &one, &two);
	add(&conf);
	reply(&one, request(&one, "REGISTER"), "200 OK",
	      _i ? "" : "Contact: <sip:alice@192.0.2.77>;expires=60\r\n",
	      NULL);
	if (_i) {
		(void)rig_expect(&a, UA_EVENT_REGISTERED);
		return;
	}

	e = rig_expect(&a, UA_EVENT_REGISTER_FAILED);
	ck_assert_msg(strstr(e->reason, "does not have our Contact") != NULL,
		      "%s", e->reason);
	ck_assert(!ua_account_registered(alice));
	ck_assert(!shunned(&one, 0));
	nothing(&two, "REGISTER");
}
END_TEST


/* ------------------------------ memory ----------------------------- */


static bool registered_by_both(void *arg)
{
	(void)arg;
	return alice && alice->legv[0].registered && alice->legv[1].registered;
}


/* Whatever came: it is granted. */
static void serve(struct server *server)
{
	const struct sip_msg *msg;

	while (server->peer.read < server->peer.n) {
		msg = server->peer.msgv[server->peer.read++];
		if (msg->req && !pl_strcmp(&msg->met, "REGISTER"))
			grant(server, msg, ";pub-gruu=\"" GRUU "\"",
			      OUTBOUND "Service-Route: <sip:s;lr>\r\n");
		if (server->peer.n == SIPBED_MSGS) {
			while (server->peer.n)
				mem_deref(server->peer.msgv[--server->peer.n]);
			server->peer.read = 0;
		}
	}
}


static bool served(void *arg)
{
	serve(&one);
	serve(&two);

	return registered_by_both(arg);
}


/* Each may take the seconds after which it is tried again. */
enum { OOM_MS = 20, OOM_STEPS = 8, OOM_STRIDE = 7 };


/* From the n-th allocation on there is no memory for a moment. */
static void poor_moment(int n)
{
	ua_oom_limit((long)n * OOM_STRIDE);
	rig_linger(OOM_MS);
	ua_oom_limit(-1);
}


static bool first_registered(void *arg)
{
	(void)arg;
	serve(&one);
	serve(&two);

	return alice->legv[0].registered;
}


/* With the first flow's next REGISTER the second flow comes back. */
static void is_made_good_for(void)
{
	ck_assert_msg(sipbed_run(first_registered, NULL, 8000),
		      "not registered");
	API(ua_account_again(alice));
	ck_assert_msg(sipbed_run(served, NULL, 8000),
		      "not registered by both");
	(void)invite(&one);
}


/* Nobody is told: a test's own handler has no memory either. */
static void nobody_listens(void)
{
	a.agent->evq.h = NULL;
}


START_TEST(account_that_begins_without_memory_registers_later)
{
	struct ua_account_conf conf = new_conf();
	int err;

	if (!ua_oom_works())
		return;

	nobody_listens();
	servers("_sip._udp.reg.test", &one, &two);
	ua_oom_limit((long)_i * OOM_STRIDE);
	dnsbed.oom = _i;
	err = ua_account_add(&alice, a.agent, &conf, NULL);
	if (!err)
		poor_moment(_i);
	ua_oom_limit(-1);
	dnsbed.oom = -1;
	if (err) {
		ck_assert_int_eq(ENOMEM, err);
		add(&conf);
	}
	is_made_good_for();
}
END_TEST


START_TEST(answer_that_is_read_without_memory_is_made_good_for)
{
	struct ua_account_conf conf = new_conf();
	const struct sip_msg *msg;

	if (!ua_oom_works())
		return;

	nobody_listens();
	servers("_sip._udp.reg.test", &one, &two);
	add(&conf);
	msg = request(&one, "REGISTER");
	grant(&one, msg, ";pub-gruu=\"" GRUU "\"",
	      OUTBOUND "Service-Route: <sip:s;lr>\r\n");
	poor_moment(_i);
	is_made_good_for();
}
END_TEST


START_TEST(flow_that_dies_without_memory_is_made_anew)
{
	struct ua_account_conf conf = new_conf();

	if (!ua_oom_works())
		return;

	conf.tp_set = true;
	conf.tp = UA_TP_TCP;
	conf.keepalive = UA_KEEPALIVE_AUTO;
	two_flows(&conf, "", OUTBOUND);
	nobody_listens();
	one.tc = mem_deref(one.tc);
	poor_moment(_i);
	is_made_good_for();
}
END_TEST


Suite *ua_suite_accountleg(void)
{
	Suite *s = suite_create("accountleg");
	TCase *tf = tcase_create("flows");
	TCase *tl = tcase_create("calls");
	TCase *tr = tcase_create("redirects");
	TCase *ts = tcase_create("servers");
	TCase *tm = tcase_create("memory");

	tcase_set_timeout(tf, TIMEOUT_S);
	tcase_add_checked_fixture(tf, setup, teardown);
	tcase_add_test(tf, outbound_registers_by_a_second_server);
	tcase_add_test(tf, without_outbound_there_is_one_flow);
	tcase_add_test(tf, one_server_gets_one_flow);
	tcase_add_test(tf, refused_second_flow_leaves_the_first);
	tcase_add_loop_test(tf, second_server_without_outbound_is_left, 0, 2);
	tcase_add_loop_test(tf, flow_that_falls_silent_is_made_anew_alone, 0,
			    2);
	tcase_add_loop_test(tf, connection_that_is_closed_is_made_anew_alone,
			    0, 2);
	tcase_add_test(tf, second_server_that_is_none_any_more_is_left);
	tcase_add_test(
		tf, flow_to_a_former_server_is_followed_by_one_to_the_present);
	suite_add_tcase(s, tf);

	tcase_set_timeout(tl, TIMEOUT_S);
	tcase_add_checked_fixture(tl, setup, teardown);
	tcase_add_loop_test(tl, call_by_either_flow_rings_once, 0, 2);
	tcase_add_test(tl, call_at_either_address_rings_once);
	tcase_add_loop_test(tl, gruu_is_the_contact_of_calls, 0, 2);
	tcase_add_loop_test(tl, without_a_gruu_outbound_is_told_by_ob, 0, 2);
	tcase_add_test(tl, call_on_the_second_flow_has_its_gruu);
	tcase_add_loop_test(tl, service_route_is_behind_the_proxy, 0, 2);
	suite_add_tcase(s, tl);

	tcase_set_timeout(tr, TIMEOUT_S);
	tcase_add_checked_fixture(tr, setup, teardown);
	tcase_add_loop_test(tr, redirect_is_followed_and_registers_there, 0,
			    2);
	tcase_add_test(tr,
		       redirect_to_nowhere_is_told_and_tried_at_home_again);
	tcase_add_test(
		tr,
		server_that_we_were_sent_to_and_that_fails_is_left_for_home);
	tcase_add_test(tr, redirect_to_itself_is_a_failure);
	tcase_add_test(tr, redirect_of_the_second_flow_moves_nobody);
	tcase_add_loop_test(tr, redirect_is_forgotten_without_a_network, 0, 2);
	suite_add_tcase(s, tr);

	tcase_set_timeout(ts, TIMEOUT_S);
	tcase_add_checked_fixture(ts, setup, teardown);
	tcase_add_test(ts, server_that_says_503_is_left_at_once);
	tcase_add_test(ts, silent_server_is_left_after_a_while);
	tcase_add_test(ts, server_that_closes_and_then_is_silent_is_left_too);
	tcase_add_test(ts, server_is_avoided_for_a_while_and_used_again);
	tcase_add_loop_test(ts, answer_without_our_contact_is_a_failure, 0, 2);
	suite_add_tcase(s, ts);

	tcase_set_timeout(tm, TIMEOUT_S);
	tcase_add_checked_fixture(tm, setup, teardown);
	tcase_add_loop_test(tm,
			    account_that_begins_without_memory_registers_later,
			    0, OOM_STEPS);
	tcase_add_loop_test(
		tm, answer_that_is_read_without_memory_is_made_good_for, 0,
		OOM_STEPS);
	tcase_add_loop_test(tm, flow_that_dies_without_memory_is_made_anew, 0,
			    OOM_STEPS);
	suite_add_tcase(s, tm);

	return s;
}
