/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_endpoint.c  What an endpoint answers, on loopback */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/sipmsg.h"
#include "sip/endpoint.h"
#include <ua/log.h>
#include "sip/session.h"
#include "oom.h"
#include "sipbed.h"

Suite *ua_suite_endpoint(void);

#define SDP "v=0\r\nm=audio 4000 RTP/AVP 8\r\n"

static struct ua_endpoint *ep;
static struct sipbed_peer peer;
static struct ua_session *calls[4];
static size_t ncall;
static unsigned branch;


static void no_event(struct ua_session *sess, const struct ua_invite_event *ev,
		     void *arg)
{
	(void)sess;
	(void)ev;
	(void)arg;
}


static uint16_t invite_handler(struct sip_msg *msg, void *arg)
{
	const struct ua_session_conf conf = {
		.aor = "sip:alice@example.com",
		.contact = "sip:alice@127.0.0.1",
		.h = no_event,
	};
	(void)arg;

	if (ua_session_incoming(&calls[ncall], ep, &conf, msg))
		return 400;

	++ncall;
	return 0;
}


static bool user_handler(const struct pl *user, void *arg)
{
	(void)arg;

	return !pl_strcmp(user, "alice");
}


static int options_handler(struct mbuf *mb, void *arg)
{
	(void)arg;

	return mbuf_write_str(mb, SDP);
}


static void setup(void)
{
	struct ua_endpoint_conf conf = sipbed_conf();

	conf.max_calls = 2;
	conf.invite_h = invite_handler;
	conf.user_h = user_handler;
	conf.options_h = options_handler;
	ncall = 0;
	branch = 0;
	ck_assert_int_eq(0, ua_endpoint_alloc(&ep, &conf));
	sipbed_open(&peer);
}


static void teardown(void)
{
	while (ncall)
		mem_deref(calls[--ncall]);
	ep = mem_deref(ep);
	sipbed_close(&peer);
}


/* A request to alice; headers come on top of those that it must have. */
static void request(const char *met, const char *headers, const char *body)
{
	++branch;
	sipbed_send(&peer, ua_endpoint_local(ep),
		    "%s sip:alice@127.0.0.1 SIP/2.0\r\n"
		    "Via: SIP/2.0/UDP %J;branch=z9hG4bK%u;rport\r\n"
		    "From: <sip:bob@example.com>;tag=bob\r\n"
		    "To: <sip:alice@example.com>\r\n"
		    "Call-ID: call-%u\r\n"
		    "CSeq: 1 %s\r\n"
		    "Contact: <sip:bob@%J>\r\n"
		    "Max-Forwards: 70\r\n"
		    "%s"
		    "Content-Length: %zu\r\n\r\n%s",
		    met, &peer.local, branch, branch, met, &peer.local,
		    headers, strlen(body), body);
}


static void still_alive(void)
{
	request("OPTIONS", "", "");
	(void)sipbed_answer(&peer, 200);
}


START_TEST(udp_and_tcp_have_the_same_port)
{
	struct ua_endpoint_conf conf = sipbed_conf();
	struct ua_endpoint *other = NULL;
	struct tcp_sock *ts = NULL;
	struct sa sa;

	ck_assert_uint_ne(0, ua_endpoint_local(ep)->port);
	ua_addr_to_sa(&sa, ua_endpoint_local(ep));
	ck_assert_int_eq(EADDRINUSE, tcp_listen(&ts, &sa, NULL, NULL));

	conf.local = *ua_endpoint_local(ep);
	ck_assert_int_eq(EADDRINUSE, ua_endpoint_alloc(&other, &conf));
	ck_assert_ptr_null(other);
}
END_TEST


START_TEST(address_must_be_one_of_this_machine)
{
	struct ua_endpoint_conf conf = sipbed_conf();
	struct ua_endpoint *other = NULL;

	memset(&conf.local, 0, sizeof(conf.local));
	ck_assert_int_eq(EINVAL, ua_endpoint_alloc(&other, &conf));
	ck_assert_int_eq(0, ua_addr_set(&conf.local, "0.0.0.0", 0));
	ck_assert_int_eq(EINVAL, ua_endpoint_alloc(&other, &conf));
	ck_assert_int_eq(0, ua_addr_set(&conf.local, "192.0.2.1", 0));
	ck_assert_int_eq(EADDRNOTAVAIL, ua_endpoint_alloc(&other, &conf));
	ck_assert_ptr_null(other);
}
END_TEST


START_TEST(contact_shows_address_port_and_transport)
{
	char buf[UA_ENDPOINT_URI_MAX], want[UA_ENDPOINT_URI_MAX];
	char user[UA_ENDPOINT_URI_MAX];

	(void)re_snprintf(want, sizeof(want),
			  "sip:alice@127.0.0.1:%u;transport=tcp",
			  ua_endpoint_local(ep)->port);
	ck_assert_int_eq(0, ua_endpoint_contact(ep, buf, "alice", UA_TP_TCP));
	ck_assert_str_eq(want, buf);

	(void)re_snprintf(want, sizeof(want), "sip:127.0.0.1:%u",
			  ua_endpoint_local(ep)->port);
	ck_assert_int_eq(0, ua_endpoint_contact(ep, buf, NULL, UA_TP_UDP));
	ck_assert_str_eq(want, buf);

	memset(user, 'a', sizeof(user));
	user[sizeof(user) - 1] = '\0';
	ck_assert_int_eq(ENOSPC,
			 ua_endpoint_contact(ep, buf, user, UA_TP_UDP));
}
END_TEST


START_TEST(options_tells_what_we_can)
{
	const struct sip_msg *msg;
	struct pl sdp;

	request("OPTIONS", "Accept: application/sdp\r\n", "");
	msg = sipbed_answer(&peer, 200);
	ck_assert_str_eq("INVITE", siptext_hdr(msg, "Allow"));
	ck_assert_uint_eq(6, sip_msg_hdr_count(msg, SIP_HDR_ALLOW));
	ck_assert_str_eq("trickle-ice", siptext_hdr(msg, "Supported"));
	ck_assert_str_eq("application/sdp", siptext_hdr(msg, "Accept"));
	ck_assert_str_eq("test", siptext_hdr(msg, "Server"));
	ck_assert_uint_gt(msg->to.tag.l, 0);
	sdp = ua_sipmsg_sdp(msg);
	ck_assert_int_eq(0, pl_strcmp(&sdp, SDP));
}
END_TEST


/* A registrar wants to know whether a NAT lets it in, and no more. */
START_TEST(ping_of_a_server_is_answered_without_a_body)
{
	const struct sip_msg *msg;

	request("OPTIONS", "", "");
	msg = sipbed_answer(&peer, 200);
	ck_assert_uint_eq(0, mbuf_get_left(msg->mb));

	request("NOTIFY", "Event: keep-alive\r\n", "");
	msg = sipbed_answer(&peer, 200);
	ck_assert_uint_eq(0, mbuf_get_left(msg->mb));

	request("NOTIFY", "Event: presence\r\n", "");
	(void)sipbed_answer(&peer, 405);
}
END_TEST


START_TEST(answer_shows_where_the_request_came_from)
{
	const struct sip_msg *msg;
	struct ua_addr mapped, mine;

	request("OPTIONS", "", "");
	msg = sipbed_answer(&peer, 200);
	ua_sipmsg_mapped(msg, &mapped);
	ua_addr_from_sa(&mine, &peer.local);
	ck_assert(ua_addr_eq(&mapped, &mine));
}
END_TEST


struct refusal {
	const char *met;
	const char *headers;
	const char *body;
	uint16_t code;
	const char *hdr; /* that must be in the answer */
	const char *val;
};

/* clang-format off */
static const struct refusal refusals[] = {
	{ "JUMP",     "", "", 501, "Allow", "INVITE" },
	{ "UPDATE",   "", "", 405, "Allow", "INVITE" },
	{ "REGISTER", "", "", 405, "Allow", "INVITE" },
	{ "BYE",      "", "", 481, NULL, NULL },
	{ "CANCEL",   "", "", 481, NULL, NULL },
	{ "INFO",     "Info-Package: trickle-ice\r\n", "", 481, NULL, NULL },
	{ "INVITE",   "Require: 100rel, x\r\n", "", 420, "Unsupported", "100rel" },
	{ "INVITE",   "Require: trickle-ice, x\r\n", "", 420, "Unsupported", "x" },
	{ "OPTIONS",  "Require: teleport\r\n", "", 420, "Unsupported", "teleport" },
	{ "INVITE",   "Content-Type: text/plain\r\n", "hi", 415, "Accept", "application/sdp" },
	{ "INVITE",   "Content-Type: application/sdp\r\n"
		      "Content-Encoding: gzip\r\n", "hi", 415, "Accept-Encoding", "identity" },
	{ "INVITE",   "Contact: *\r\nTo: <sip:x@y>\r\n", "", 400, NULL, NULL },
	{ "OPTIONS",  "CSeq: 2 OPTIONS\r\n", "", 400, NULL, NULL },
	{ "OPTIONS",  "Max-Forwards: 71\r\n", "", 400, NULL, NULL },
	{ "OPTIONS",  "Call-ID: other\r\n", "", 400, NULL, NULL },
};
/* clang-format on */


START_TEST(request_is_refused_by_the_rules)
{
	const struct refusal *r = &refusals[_i];
	const struct sip_msg *msg;

	request(r->met, r->headers, r->body);
	msg = sipbed_answer(&peer, r->code);
	if (r->hdr)
		ck_assert_str_eq(r->val, siptext_hdr(msg, r->hdr));
	ck_assert_uint_eq(0, ncall);
	still_alive();
}
END_TEST


#define VIA "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx;rport\r\n"
#define FROM "From: <sip:bob@example.com>;tag=b\r\n"
#define TO "To: <sip:alice@example.com>\r\n"
#define ID "Call-ID: x\r\n"

/* clang-format off */
static const struct {
	const char *text;
	uint16_t code; /* 0: dropped */
} torture[] = {
	/* what a request must have */
	{ "OPTIONS sip:alice@x SIP/2.0\r\n" VIA TO ID "CSeq: 1 OPTIONS\r\n\r\n", 400 },
	{ "OPTIONS sip:alice@x SIP/2.0\r\n" VIA FROM ID "CSeq: 1 OPTIONS\r\n\r\n", 400 },
	{ "OPTIONS sip:alice@x SIP/2.0\r\n" VIA FROM TO "CSeq: 1 OPTIONS\r\n\r\n", 400 },
	{ "OPTIONS sip:alice@x SIP/2.0\r\n" VIA FROM TO ID "\r\n", 400 },
	{ "OPTIONS sip:alice@x SIP/2.0\r\n" FROM TO ID "CSeq: 1 OPTIONS\r\n\r\n", 0 },
	/* RFC 4475, 3.1.2.1: the method of CSeq is another */
	{ "OPTIONS sip:alice@x SIP/2.0\r\n" VIA FROM TO ID "CSeq: 1 INVITE\r\n\r\n", 400 },
	/* 3.1.2.4: numbers that overflow */
	{ "OPTIONS sip:alice@x SIP/2.0\r\n" VIA FROM TO ID "CSeq: 36893488147419103232 OPTIONS\r\n\r\n", 400 },
	{ "OPTIONS sip:alice@x SIP/2.0\r\n" VIA FROM TO ID "CSeq: 2147483648 OPTIONS\r\n\r\n", 400 },
	/* 3.1.2.2: body shorter than told; 3.1.2.3: negative */
	{ "OPTIONS sip:alice@x SIP/2.0\r\n" VIA FROM TO ID "CSeq: 1 OPTIONS\r\nContent-Length: 9999\r\n\r\nv=0", 400 },
	{ "OPTIONS sip:alice@x SIP/2.0\r\n" VIA FROM TO ID "CSeq: 1 OPTIONS\r\nContent-Length: -999\r\n\r\n", 400 },
	/* 3.1.2.8: Request-URI in brackets; 3.3.3: scheme nobody knows */
	{ "OPTIONS <sip:alice@x> SIP/2.0\r\n" VIA FROM TO ID "CSeq: 1 OPTIONS\r\n\r\n", 400 },
	{ "OPTIONS nobodyknows:alice SIP/2.0\r\n" VIA FROM TO ID "CSeq: 1 OPTIONS\r\n\r\n", 416 },
	/* 3.3.11: no more hops are needed, we are there */
	{ "OPTIONS sip:alice@x SIP/2.0\r\n" VIA FROM TO ID "CSeq: 1 OPTIONS\r\nMax-Forwards: 0\r\n\r\n", 200 },
	{ "OPTIONS sip:alice@x SIP/2.0\r\n" VIA FROM TO ID "CSeq: 1 OPTIONS\r\nMax-Forwards: 300\r\n\r\n", 400 },
	/* 3.1.1.1 in spirit: compact forms, folding, odd spaces */
	{ "OPTIONS sip:alice@x SIP/2.0\r\nv:SIP  / 2.0\r\n /UDP 127.0.0.1;branch=z9hG4bKx;rport\r\nf: sip:b@x;tag=1\r\nt :\r\n <sip:alice@x>\r\ni:  x\r\nCSeq: 1\r\n   OPTIONS\r\nl: 0\r\n\r\n", 200 },
	/* nobody there */
	{ "OPTIONS sip:zoe@x SIP/2.0\r\n" VIA FROM TO ID "CSeq: 1 OPTIONS\r\n\r\n", 404 },
	{ "INVITE sip:zoe@x SIP/2.0\r\n" VIA FROM TO ID "CSeq: 1 INVITE\r\n\r\n", 404 },
	/* no Contact */
	{ "INVITE sip:alice@x SIP/2.0\r\n" VIA FROM TO ID "CSeq: 1 INVITE\r\n\r\n", 400 },
	/* an ACK is never answered, nor is an answer */
	{ "ACK sip:alice@x SIP/2.0\r\n" VIA FROM TO ID "CSeq: 1 ACK\r\n\r\n", 0 },
	{ "ACK sip:alice@x SIP/2.0\r\n" VIA "\r\n", 0 },
	{ "SIP/2.0 200 OK\r\n" VIA FROM TO ID "CSeq: 1 INVITE\r\n\r\n", 0 },
	{ "SIP/2.0 999 OK\r\n" VIA FROM "\r\n", 0 },
	/* a dialog that is none */
	{ "INVITE sip:alice@x SIP/2.0\r\n" VIA FROM "To: <sip:alice@x>;tag=9\r\n" ID "CSeq: 1 INVITE\r\n\r\n", 481 },
	{ "NOTIFY sip:alice@x SIP/2.0\r\n" VIA FROM "To: <sip:alice@x>;tag=9\r\n" ID "CSeq: 1 NOTIFY\r\n\r\n", 481 },
};
/* clang-format on */


START_TEST(odd_messages_are_answered_or_dropped)
{
	sipbed_send(&peer, ua_endpoint_local(ep), "%s", torture[_i].text);
	if (torture[_i].code)
		(void)sipbed_answer(&peer, torture[_i].code);

	ck_assert_uint_eq(0, ncall);
	still_alive();
}
END_TEST


static const struct {
	const char *data;
	size_t len;
} junk[] = {
	{ "\r\n\r\n", 4 },
	{ "\0", 1 },
	{ "hello, world", 12 },
	{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27 },
	{ "OPTIONS sip:alice@x SIP/2.0\r\nno colon\r\n\r\n", 41 },
	{ "OPTIONS sip:alice@x SIP/7.0\r\n\r\n", 31 },
	/* a STUN Binding request: libre would answer it */
	{ "\0\1\0\0\x21\x12\xa4\x42"
	  "123456789012",
	  20 },
};

static size_t logged;


static void log_handler(enum ua_level level, const char *obj, const char *text,
			void *arg)
{
	(void)obj;
	(void)text;
	(void)arg;
	if (level == UA_LOG_WARN)
		++logged;
}


static void answer_handler(const struct sa *src, struct mbuf *mb, void *arg)
{
	(void)src;
	(void)mb;
	*(bool *)arg = true;
}


/* Nobody is answered, and libre says nothing on stderr. */
START_TEST(junk_is_logged_and_dropped)
{
	const struct ua_log log = { .h = log_handler, .level = UA_LOG_WARN };
	struct ua_endpoint_conf conf = sipbed_conf();
	struct udp_sock *us = NULL;
	struct mbuf *mb = mbuf_alloc(64);
	bool answered = false;
	struct sa sa;

	mem_deref(ep);
	logged = 0;
	conf.log = &log;
	ck_assert_int_eq(0, ua_endpoint_alloc(&ep, &conf));
	still_alive();

	ck_assert_int_eq(0, sa_set_str(&sa, "127.0.0.1", 0));
	ck_assert_int_eq(0, udp_listen(&us, &sa, answer_handler, &answered));
	ua_addr_to_sa(&sa, ua_endpoint_local(ep));
	ck_assert_int_eq(0, mbuf_write_mem(mb, (const uint8_t *)junk[_i].data,
					   junk[_i].len));
	mb->pos = 0;
	ck_assert_int_eq(0, udp_send(us, &sa, mb));
	still_alive();
	ck_assert(!answered);
	ck_assert_uint_eq(junk[_i].len > 4, logged);
	mem_deref(mb);
	mem_deref(us);
}
END_TEST


static int open_and_close(void *arg)
{
	struct ua_endpoint *other = NULL;
	int err;

	err = ua_endpoint_alloc(&other, arg);
	mem_deref(other);

	/* libre makes other errors of it, as getaddrinfo() told it so */
	return err ? ENOMEM : 0;
}


START_TEST(no_memory_is_enomem_and_no_leak)
{
	struct ua_endpoint_conf conf = sipbed_conf();

	ua_oom_walk(open_and_close, &conf);
}
END_TEST


START_TEST(same_request_by_another_way_is_482)
{
	request("INVITE", "", "");
	(void)sipbed_answer(&peer, 100);
	--branch;
	sipbed_send(&peer, ua_endpoint_local(ep),
		    "INVITE sip:alice@127.0.0.1 SIP/2.0\r\n"
		    "Via: SIP/2.0/UDP %J;branch=z9hG4bKother;rport\r\n"
		    "From: <sip:bob@example.com>;tag=bob\r\n"
		    "To: <sip:alice@example.com>\r\n"
		    "Call-ID: call-1\r\n"
		    "CSeq: 1 INVITE\r\n"
		    "Contact: <sip:bob@%J>\r\n\r\n",
		    &peer.local, &peer.local);
	(void)sipbed_answer(&peer, 482);
	ck_assert_uint_eq(1, ncall);
}
END_TEST


START_TEST(invite_sent_again_is_one_call)
{
	request("INVITE", "", "");
	(void)sipbed_answer(&peer, 100);
	--branch;
	request("INVITE", "", "");
	(void)sipbed_answer(&peer, 100);
	ck_assert_uint_eq(1, ncall);
}
END_TEST


START_TEST(more_calls_than_allowed_are_486)
{
	request("INVITE", "", "");
	(void)sipbed_answer(&peer, 100);
	request("INVITE", "", "");
	(void)sipbed_answer(&peer, 100);
	request("INVITE", "", "");
	(void)sipbed_answer(&peer, 486);
	ck_assert_uint_eq(2, ncall);
	ck_assert_uint_eq(2, ua_endpoint_busy(ep));
}
END_TEST


START_TEST(cancel_reaches_the_call)
{
	request("INVITE", "", "");
	(void)sipbed_answer(&peer, 100);
	--branch;
	sipbed_send(&peer, ua_endpoint_local(ep),
		    "CANCEL sip:alice@127.0.0.1 SIP/2.0\r\n"
		    "Via: SIP/2.0/UDP %J;branch=z9hG4bK1;rport\r\n"
		    "From: <sip:bob@example.com>;tag=bob\r\n"
		    "To: <sip:alice@example.com>\r\n"
		    "Call-ID: call-1\r\n"
		    "CSeq: 1 CANCEL\r\n\r\n",
		    &peer.local);
	(void)sipbed_answer(&peer, 200);
	(void)sipbed_answer(&peer, 487);
	ck_assert_int_eq(UA_INVITE_CLOSED, ua_session_state(calls[0]));
}
END_TEST


START_TEST(flood_is_not_answered_for_ever)
{
	size_t n = 0;
	int i;

	for (i = 0; i < 200; i++)
		request("OPTIONS", "", "");

	while (sipbed_next(&peer, 200))
		++n;

	/* a second may end in between: two budgets at most */
	ck_assert_uint_ge(n, SIPBED_MSGS);
	ck_assert_uint_le(n, 128);
}
END_TEST


static bool fin(void *arg)
{
	return *(bool *)arg;
}


static void tcp_recv(struct mbuf *mb, void *arg)
{
	static char text[2048];

	(void)mbuf_read_str(mb, text, mbuf_get_left(mb));
	if (strstr(text, "SIP/2.0 200 OK"))
		*(bool *)arg = true;
}


static void tcp_estab(void *arg)
{
	(void)arg;
}


static void tcp_close(int err, void *arg)
{
	(void)err;
	(void)arg;
}


START_TEST(tcp_is_answered_on_its_connection)
{
	static const char text[] =
		"\r\n\r\nOPTIONS sip:alice@x SIP/2.0\r\n"
		"Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKx\r\n" FROM TO ID
		"CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
	struct mbuf *mb = mbuf_alloc(512);
	struct tcp_conn *tc = NULL;
	bool answered = false;
	struct sa sa;

	ua_addr_to_sa(&sa, ua_endpoint_local(ep));
	ck_assert_int_eq(0, tcp_connect(&tc, &sa, tcp_estab, tcp_recv,
					tcp_close, &answered));
	ck_assert_int_eq(0, mbuf_write_str(mb, text));
	mb->pos = 0;
	ck_assert_int_eq(0, tcp_send(tc, mb));
	ck_assert(sipbed_run(fin, &answered, 2000));
	mem_deref(mb);
	mem_deref(tc);
}
END_TEST


static size_t traced;


static void trace_handler(bool tx, enum ua_tp tp, const struct ua_addr *src,
			  const struct ua_addr *dst, const uint8_t *buf,
			  size_t len, void *arg)
{
	const struct ua_addr *me = ua_endpoint_local(ep);
	(void)arg;

	ck_assert_int_eq(UA_TP_UDP, tp);
	ck_assert(ua_addr_eq(me, tx ? src : dst));
	ck_assert_uint_gt(len, 10);
	ck_assert_int_eq(0, memcmp(buf, tx ? "SIP/2.0 " : "OPTIONS ", 8));
	++traced;
}


START_TEST(every_message_is_traced)
{
	struct ua_endpoint_conf conf = sipbed_conf();

	mem_deref(ep);
	traced = 0;
	conf.trace_h = trace_handler;
	ck_assert_int_eq(0, ua_endpoint_alloc(&ep, &conf));
	still_alive();
	ck_assert_uint_eq(2, traced);
}
END_TEST


Suite *ua_suite_endpoint(void)
{
	Suite *s = suite_create("endpoint");
	TCase *tc = tcase_create("endpoint");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, udp_and_tcp_have_the_same_port);
	tcase_add_test(tc, address_must_be_one_of_this_machine);
	tcase_add_test(tc, contact_shows_address_port_and_transport);
	tcase_add_test(tc, options_tells_what_we_can);
	tcase_add_test(tc, ping_of_a_server_is_answered_without_a_body);
	tcase_add_test(tc, answer_shows_where_the_request_came_from);
	tcase_add_loop_test(tc, request_is_refused_by_the_rules, 0,
			    sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_loop_test(tc, odd_messages_are_answered_or_dropped, 0,
			    sizeof(torture) / sizeof(torture[0]));
	tcase_add_loop_test(tc, junk_is_logged_and_dropped, 0,
			    sizeof(junk) / sizeof(junk[0]));
	tcase_add_test(tc, no_memory_is_enomem_and_no_leak);
	tcase_add_test(tc, same_request_by_another_way_is_482);
	tcase_add_test(tc, invite_sent_again_is_one_call);
	tcase_add_test(tc, more_calls_than_allowed_are_486);
	tcase_add_test(tc, cancel_reaches_the_call);
	tcase_add_test(tc, flood_is_not_answered_for_ever);
	tcase_add_test(tc, tcp_is_answered_on_its_connection);
	tcase_add_test(tc, every_message_is_traced);
	suite_add_tcase(s, tc);

	return s;
}
