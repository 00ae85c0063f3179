/* SPDX-License-Identifier: BSD-3-Clause */
/** @file legbed.h  An account with a name of two servers, which go by the
 * letter */
#ifndef UA_TEST_LEGBED_H
#define UA_TEST_LEGBED_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "agent/accountcore.h"
#include "base/clock.h"
#include "dnsbed.h"
#include "oom.h"
#include "rig.h"

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


static inline void row(const char *name, uint16_t type, const char *value)
{
	rows[nrow++] = (struct dnsbed_row){ name, type, value };
	rows[nrow] = (struct dnsbed_row){ .name = NULL };
}


static inline void on_stream(struct mbuf *mb, void *arg)
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


static inline void on_connection(const struct sa *from, void *arg)
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


static inline void server_open(struct server *server)
{
	memset(server, 0, sizeof(*server));
	do {
		sipbed_close(&server->peer);
		sipbed_open(&server->peer);
	} while (tcp_listen(&server->ts, &server->peer.local, on_connection,
			    server));
}


static inline void server_close(struct server *server)
{
	server->tc = mem_deref(server->tc);
	server->ts = mem_deref(server->ts);
	sipbed_close(&server->peer);
}


static inline uint16_t port(const struct server *server)
{
	return sa_port(&server->peer.local);
}


/* Two servers of a name, in this order; second NULL: one */
static inline void servers(const char *name, const struct server *first,
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


static inline void setup(void)
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


static inline void teardown(void)
{
	if (a.agent)
		rig_close(&a);
	server_close(&one);
	server_close(&two);
	dnsbed_close();
}


static inline struct ua_account_conf new_conf(void)
{
	struct ua_account_conf conf;

	ua_account_conf_default(&conf);
	conf.aor = "sip:alice@reg.test";
	conf.password = "wonderland";
	conf.expires_s = EXPIRES_S;
	conf.keepalive = UA_KEEPALIVE_OFF;

	return conf;
}


static inline void add(const struct ua_account_conf *conf)
{
	int err;

	API(err = ua_account_add(&alice, a.agent, conf, a.errstr));
	ck_assert_msg(!err, "no account: %s", a.errstr);
}


static inline void reply(struct server *server, const struct sip_msg *req,
			 const char *line, const char *headers,
			 const char *sdp)
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
static inline const struct sip_msg *next(struct server *server,
					 const char *met, uint32_t ms)
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


static inline const struct sip_msg *request(struct server *server,
					    const char *met)
{
	const struct sip_msg *msg = next(server, met, SOON_MS);

	ck_assert_msg(msg != NULL, "no %s came to server %s", met,
		      server == &one ? "one" : "two");

	return msg;
}


static inline void nothing(struct server *server, const char *met)
{
	ck_assert_msg(!next(server, met, NOTHING_MS), "a %s came", met);
}


/* Grant what a REGISTER asks for; params of the Contact begin with ';'. */
static inline void grant(struct server *server, const struct sip_msg *msg,
			 const char *params, const char *headers)
{
	char all[1024];

	(void)re_snprintf(all, sizeof(all), "Contact: %s%s;expires=%u\r\n%s",
			  siptext_hdr(msg, "Contact"), params, EXPIRES_S,
			  headers);
	reply(server, msg, "200 OK", all, NULL);
}


static inline void has_reg_id(const struct sip_msg *msg, unsigned reg_id)
{
	const char *contact = siptext_hdr(msg, "Contact");
	char want[32];

	(void)snprintf(want, sizeof(want), ";reg-id=%u", reg_id);
	ck_assert_msg(strstr(contact, want) != NULL, "%s", contact);
	ck_assert_msg(strstr(contact, ";+sip.instance=\"<" URN ">\"") != NULL,
		      "%s", contact);
	ck_assert_str_ne("0", siptext_hdr(msg, "Expires"));
}


/* The account registers by the first of two servers, with outbound. */
static inline void first_of_two(const struct ua_account_conf *conf)
{
	servers("_sip._udp.reg.test", &one, &two);
	add(conf);
	grant(&one, request(&one, "REGISTER"), "", OUTBOUND);
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
}


/* The account registers by both servers. */
static inline void two_flows(const struct ua_account_conf *conf,
			     const char *params, const char *headers)
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


static inline void one_flow(const struct ua_account_conf *conf,
			    const char *params, const char *headers)
{
	servers("_sip._udp.reg.test", &one, NULL);
	add(conf);
	grant(&one, request(&one, "REGISTER"), params, headers);
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
}


/* The account calls; the INVITE must come to this server. */
static inline const struct sip_msg *invite(struct server *server)
{
	struct ua_call_conf conf;
	int err;

	ua_call_conf_default(&conf);
	API(err = ua_call_connect(&a.call, a.agent, alice, "bob", &conf,
				  a.errstr));
	ck_assert_msg(!err, "no call: %s", a.errstr);

	return request(server, "INVITE");
}


static inline bool names(const char *text, const struct server *server)
{
	char addr[32];

	(void)re_snprintf(addr, sizeof(addr), "%J", &server->peer.local);
	return strstr(text, addr) != NULL;
}

#endif
