/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_siptls.c  SIP by TLS: to whom it speaks, and what it says else
 */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <openssl/err.h>

#include "agent/impl.h"
#include "base/re_compat.h"
#include "base/tlscreds.h"
#include "sip/outreq.h"
#include "sip/siptls.h"
#include "oom.h"
#include "rig.h"
#include "siptlsbed.h"

Suite *ua_suite_siptls(void);

enum {
	EXPIRES_S = 60,
	ERR_PLACES = 16, /* OpenSSL's ERR_NUM_ERRORS            */
	QUICK_MS = 3000  /* Far from the 32 s of a transaction */
};

/* A server, and an endpoint that asks it */
static struct siptlsbed bed;
static struct ua_endpoint *ep;
static struct ua_outreq *req;
static uint16_t answer; /* Status, 0: none yet     */
static int failure;     /* What came instead of it */

/* ----------------------------- endpoint ---------------------------- */


static struct ua_endpoint *endpoint_open(const char *host,
					 struct ua_tlscreds *creds)
{
	struct ua_endpoint_conf conf = sipbed_conf();
	struct ua_endpoint *made;

	conf.tls_host = host;
	conf.creds = creds;
	ck_assert_int_eq(0, ua_endpoint_alloc(&made, &conf));
	mem_deref(creds);

	return made;
}


static void open_all(const struct tlsbed_how *how, const char *host)
{
	/* As an agent does: libre writes to stderr what is told anyway. */
	dbg_init(DBG_ERR, 0);
	siptlsbed_open(&bed, how);
	ep = endpoint_open(host, tlsbed_creds(bed.tls.ca, NULL, NULL));
	req = NULL;
}


static void close_all(void)
{
	req = mem_deref(req);
	ep = mem_deref(ep);
	siptlsbed_close(&bed);
}


static void on_answer(int err, struct sip_msg *msg, void *arg)
{
	(void)arg;

	failure = err;
	answer = msg ? msg->scode : 0;
	if (err || answer >= 200)
		req = mem_deref(req);
}


static int ask_uri(const char *uri, const char *hop)
{
	static unsigned cseq;
	struct ua_outreq_conf conf = {
		.met = "OPTIONS", .uri = uri, .hop = hop, .force = true
	};
	int err;

	ua_addr_from_sa(&conf.flow.addr, &bed.local);
	conf.flow.tp = UA_TP_TLS;
	conf.mb = mbuf_alloc(512);
	ck_assert_int_eq(0, mbuf_printf(conf.mb,
					"From: <sip:a@b>;tag=a\r\n"
					"To: <sip:a@b>\r\n"
					"Call-ID: c\r\n"
					"CSeq: %u OPTIONS\r\n"
					"Max-Forwards: 70\r\n"
					"Content-Length: 0\r\n\r\n",
					++cseq));
	conf.mb->pos = 0;
	answer = 0;
	failure = 0;
	err = ua_outreq_send(&req, ep, &conf, on_answer, NULL);
	mem_deref(conf.mb);

	return err;
}


static bool is_over(void *arg)
{
	(void)arg;
	return failure || answer >= 200;
}


static bool is_over_or_asked(void *arg)
{
	return is_over(arg) || bed.n > bed.read;
}


/* The server answers, if it is told anything; the end comes soon. */
static void ask(void)
{
	ck_assert_int_eq(0, ask_uri("sip:b", "sip:b"));
	ck_assert(sipbed_run(is_over_or_asked, NULL, QUICK_MS));
	if (is_over(NULL))
		return;

	siptlsbed_reply(&bed, siptlsbed_request(&bed, "OPTIONS"), "200 OK", "",
			NULL);
	ck_assert(sipbed_run(is_over, NULL, QUICK_MS));
}


static const char *why(void)
{
	static char buf[512];
	const char *words = ua_endpoint_why(ep, failure, buf, sizeof(buf));

	return words ? words : "";
}


/* clang-format off */
static const struct {
	struct tlsbed_how how;
	const char *host;
} good[] = {
	{ { 0 },                                    "turn.test" },
	{ { 0 },                                    "TURN.test" },
	{ { 0 },                                    "127.0.0.1" },
	{ { .san = "DNS:*.turn.test" },             "sip.turn.test" },
	{ { .san = "DNS:other.test,DNS:turn.test" },"turn.test" },
	{ { .san = "URI:sip:turn.test" },           "turn.test" },
	{ { .san = "URI:SIP:other.test,URI:sip:Turn.Test" }, "turn.test" },
	{ { .san = "URI:https://a.test,DNS:turn.test" },     "turn.test" },
	{ { .san = "IP:::1" },                      "::1" },
	{ { .eku = "serverAuth,clientAuth" },       "turn.test" },
	{ { .max_version = TLS1_2_VERSION },        "turn.test" },
};

static const struct {
	struct tlsbed_how how;
	const char *host;
	const char *says;
} bad[] = {
	{ { .expired = true },      "turn.test", "has expired" },
	{ { .early = true },        "turn.test", "is not valid yet" },
	{ { .other_name = true },   "turn.test", "is for other.test, not for turn.test" },
	{ { .san = "" },            "turn.test", "names no host" },
	{ { .stranger = true },     "turn.test", "the issuer of its certificate is unknown" },
	{ { .own = true },          "turn.test", "is signed by itself alone" },
	{ { .eku = "clientAuth" },  "turn.test", "is not one for servers" },
	{ { 0 },                    "127.0.0.2", "is for turn.test, not for 127.0.0.2" },
	{ { .san = "DNS:127.0.0.1" }, "127.0.0.1", "not for 127.0.0.1" },
	{ { .san = "DNS:*.turn.test" }, "turn.test", "not for turn.test" },
	{ { .san = "DNS:*.turn.test" }, "a.b.turn.test", "not for a.b.turn.test" },
	{ { .san = "DNS:s*.turn.test" }, "sip.turn.test", "not for sip.turn.test" },
	{ { .san = "URI:sip:alice@turn.test" }, "turn.test", "not for turn.test" },
	{ { .san = "URI:sips:turn.test" }, "turn.test", "not for turn.test" },
	{ { .san = "URI:sip:*.turn.test" }, "sip.turn.test", "not for sip.turn.test" },
	{ { .san = "URI:sip:other.test,DNS:turn.test" }, "turn.test", "not for turn.test" },
	{ { .max_version = TLS1_1_VERSION }, "turn.test", "speaks no TLS from 1.2 on" },
	{ { .max_version = TLS1_VERSION }, "turn.test", "speaks no TLS from 1.2 on" },
};
/* clang-format on */


START_TEST(certificate_of_the_host_is_taken)
{
	open_all(&good[_i].how, good[_i].host);
	ask();
	ck_assert_msg(answer == 200, "%s", why());
	ck_assert_str_eq("", why());
	ck_assert_str_eq(good[_i].host, ua_endpoint_tls_host(ep));

	/* A name is told, an address is not (RFC 6066, 3). */
	ck_assert_str_eq(good[_i].host[0] == '1' || good[_i].host[0] == ':'
				 ? ""
				 : good[_i].host,
			 bed.connv[0].sni);
	ck_assert(!bed.connv[0].certified);
	close_all();
}
END_TEST


START_TEST(other_certificates_are_refused_at_once_and_by_name)
{
	char want[160];

	open_all(&bad[_i].how, bad[_i].host);
	ask();
	ck_assert_int_eq(EPROTO, failure);
	ck_assert_uint_eq(0, bed.n);
	ck_assert_msg(strstr(why(), bad[_i].says), "%s", why());
	(void)snprintf(want, sizeof(want), "TLS to %s: it", bad[_i].host);
	if (strncmp(bad[_i].says, "the issuer", 10))
		ck_assert_msg(!strncmp(why(), want, strlen(want)), "%s",
			      why());
	close_all();
}
END_TEST


START_TEST(system_does_not_know_our_authority)
{
	const struct tlsbed_how how = { 0 };

	open_all(&how, "turn.test");
	mem_deref(ep);
	ep = endpoint_open("turn.test", tlsbed_creds(NULL, NULL, NULL));
	ask();
	ck_assert_int_eq(EPROTO, failure);
	ck_assert_ptr_nonnull(strstr(why(), "issuer"));
	close_all();
}
END_TEST


START_TEST(all_that_waited_fail_together_and_the_next_tries_anew)
{
	const struct tlsbed_how how = { .expired = true };
	struct ua_outreq *first;

	open_all(&how, "turn.test");
	ck_assert_int_eq(0, ask_uri("sip:b", "sip:b"));
	first = req;
	ck_assert_int_eq(0, ask_uri("sip:b", "sip:b"));
	ck_assert(sipbed_run(is_over, NULL, QUICK_MS));
	ck_assert_uint_eq(1, bed.nconn);
	mem_deref(first);

	ask();
	ck_assert_int_eq(EPROTO, failure);
	ck_assert_uint_eq(2, bed.nconn);
	close_all();
}
END_TEST


START_TEST(server_without_tls_is_told_apart)
{
	const struct tlsbed_how how = { 0 };

	open_all(&how, "turn.test");
	bed.plain = "SIP/2.0 400 Bad Request\r\n\r\n";
	ask();
	ck_assert_int_eq(EPROTO, failure);
	ck_assert_str_eq("TLS to turn.test: it does not speak TLS", why());
	close_all();
}
END_TEST


START_TEST(server_that_hangs_up_in_the_handshake_is_told)
{
	const struct tlsbed_how how = { 0 };

	open_all(&how, "turn.test");
	ck_assert_int_eq(0, ask_uri("sip:b", "sip:b"));
	bed.hang_up = true;
	ck_assert(sipbed_run(is_over, NULL, QUICK_MS));
	ck_assert_str_eq("TLS to turn.test: it closed the connection in the"
			 " handshake",
			 why());
	close_all();
}
END_TEST


/* The handshake is over, and the request is on the wire. */
START_TEST(rubbish_instead_of_an_answer_is_told_at_once)
{
	const struct tlsbed_how how = { 0 };

	open_all(&how, "turn.test");
	ck_assert_int_eq(0, ask_uri("sip:b", "sip:b"));
	(void)siptlsbed_request(&bed, "OPTIONS");
	siptlsbed_clear(&bed, "SIP/2.0 200 OK\r\n\r\n");
	ck_assert(sipbed_run(is_over, NULL, QUICK_MS));
	ck_assert_int_eq(EPROTO, failure);
	ck_assert_str_ne("", why());
	close_all();
}
END_TEST


/* _i: TLS 1.2, where the handshake fails; 1.3, where it is over by then */
START_TEST(missing_certificate_of_ours_is_told_at_once)
{
	const struct tlsbed_how how = { .ask = true,
					.max_version = _i ? TLS1_3_VERSION
							  : TLS1_2_VERSION };

	open_all(&how, "turn.test");
	ask();
	ck_assert_int_eq(EPROTO, failure);
	ck_assert_msg(strstr(why(), "wants a certificate of us"), "%s", why());
	ck_assert_uint_eq(0, bed.n);
	close_all();
}
END_TEST


START_TEST(certificate_of_ours_is_shown_to_who_asks)
{
	const struct tlsbed_how how = { .ask = true };
	char cert[128], key[128];

	open_all(&how, "turn.test");
	tlsbed_issue(&bed.tls, cert, key);
	mem_deref(ep);
	ep = endpoint_open("turn.test", tlsbed_creds(bed.tls.ca, cert, key));
	(void)remove(cert);
	(void)remove(key);
	ask();
	ck_assert_msg(answer == 200, "%s", why());
	ck_assert(bed.connv[0].certified);
	close_all();
}
END_TEST


/* _i: by TLS 1.2, by 1.3 */
START_TEST(next_connection_resumes_the_session)
{
	const struct tlsbed_how how = { .max_version = _i ? TLS1_3_VERSION
							  : TLS1_2_VERSION };
	size_t i;

	open_all(&how, "turn.test");
	for (i = 0; i < 3; i++) {
		ask();
		ck_assert_msg(answer == 200, "%s", why());
		ck_assert_uint_eq(i + 1, bed.nconn);
		ck_assert_int_eq(i > 0, bed.connv[i].resumed);
		siptlsbed_drop(&bed.connv[i]);
		(void)sipbed_run(NULL, NULL, 20);
	}
	close_all();
}
END_TEST


START_TEST(connection_is_used_again)
{
	const struct tlsbed_how how = { 0 };

	open_all(&how, "turn.test");
	ask();
	ask();
	ck_assert_uint_eq(200, answer);
	ck_assert_uint_eq(1, bed.nconn);
	close_all();
}
END_TEST


/* It was there, so it may have been dead without anybody knowing. */
START_TEST(request_on_a_connection_that_ends_goes_on_another)
{
	const struct tlsbed_how how = { 0 };

	open_all(&how, "turn.test");
	ask();
	ck_assert_uint_eq(200, answer);
	ck_assert_int_eq(0, ask_uri("sip:b", "sip:b"));
	(void)siptlsbed_request(&bed, "OPTIONS");
	siptlsbed_drop(&bed.connv[0]);
	ck_assert(sipbed_run(is_over_or_asked, NULL, QUICK_MS));
	siptlsbed_reply(&bed, siptlsbed_request(&bed, "OPTIONS"), "200 OK", "",
			NULL);
	ck_assert(sipbed_run(is_over, NULL, QUICK_MS));
	ck_assert_uint_eq(200, answer);
	ck_assert_uint_eq(2, bed.nconn);
	close_all();
}
END_TEST


/* The server's address is the same: the certificate would not be. */
START_TEST(two_hosts_at_one_address_are_two_connections)
{
	const struct tlsbed_how how = {
		.san = "DNS:turn.test,DNS:other.test"
	};
	struct ua_endpoint *other, *first;

	open_all(&how, "turn.test");
	other = endpoint_open("other.test",
			      tlsbed_creds(bed.tls.ca, NULL, NULL));
	ask();
	ck_assert_uint_eq(200, answer);
	first = ep;
	ep = other;
	ask();
	ck_assert_uint_eq(200, answer);
	ck_assert_uint_eq(2, bed.nconn);
	ck_assert_str_eq("turn.test", bed.connv[0].sni);
	ck_assert_str_eq("other.test", bed.connv[1].sni);
	ck_assert(!bed.connv[1].resumed);
	mem_deref(first);
	close_all();
}
END_TEST


START_TEST(sips_goes_by_tls_and_says_so)
{
	const struct tlsbed_how how = { 0 };
	const struct sip_msg *msg;

	open_all(&how, "turn.test");
	ck_assert_int_eq(0, ask_uri("sips:bob@b", "sips:b"));
	msg = siptlsbed_request(&bed, "OPTIONS");
	ck_assert_int_eq(0, pl_strcmp(&msg->ruri, "sips:bob@b"));
	ck_assert_ptr_nonnull(strstr(siptext_hdr(msg, "Via"), "SIP/2.0/TLS "));
	close_all();
}
END_TEST


/* A handshake that comes in, by hand: it is refused at its first message. */
static void on_refused(int err, void *arg)
{
	(void)err;
	*(bool *)arg = true;
}


static void on_bytes(struct mbuf *mb, void *arg)
{
	/* An alert, fatal: access denied (RFC 8446, 6) */
	static const uint8_t alert[] = { 21, 3, 3, 0, 2, 2, 49 };

	ck_assert_uint_eq(sizeof(alert), mbuf_get_left(mb));
	ck_assert_mem_eq(alert, mbuf_buf(mb), sizeof(alert));
	*((bool *)arg + 1) = true;
}


static bool is_true(void *arg)
{
	return *(bool *)arg;
}


START_TEST(nobody_is_served)
{
	const struct tlsbed_how how = { 0 };
	char cert[128], key[128];
	bool over[2] = { false, false };
	struct tcp_conn *tc;
	struct sa dst;
	uint8_t buf[1024];
	struct mbuf mb = { .buf = buf, .size = sizeof(buf) };
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(ctx);
	int n;

	open_all(&how, "turn.test");
	tlsbed_issue(&bed.tls, cert, key);
	mem_deref(ep);
	ep = endpoint_open("turn.test", tlsbed_creds(bed.tls.ca, cert, key));
	(void)remove(cert);
	(void)remove(key);

	/* The first message of a client */
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	(void)SSL_connect(ssl);
	n = BIO_read(SSL_get_wbio(ssl), buf, sizeof(buf));
	ck_assert_int_gt(n, 0);
	mb.end = (size_t)n;

	ua_addr_to_sa(&dst, ua_endpoint_local(ep));
	ck_assert_int_eq(
		0, tcp_connect(&tc, &dst, NULL, on_bytes, on_refused, over));
	(void)sipbed_run(NULL, NULL, 10);
	ck_assert_int_eq(0, tcp_send(tc, &mb));
	ck_assert(sipbed_run(is_true, over, QUICK_MS));
	ck_assert(over[1]);
	mem_deref(tc);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	close_all();
}
END_TEST


/* ------------------------------ agent ------------------------------ */

#define ANSWER                                                                \
	"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"    \
	"t=0 0\r\nm=audio 40000 RTP/AVP 8\r\n"

static struct rig a;
static struct ua_account *alice;
static char aor[64];


/* _i of several tests: whether the address is sips: */
static void agent_open(const struct tlsbed_how *how, const char *scheme,
		       const char *host)
{
	struct ua_agent_conf conf;

	siptlsbed_open(&bed, how);
	rig_conf(&conf);
	conf.tls_ca = bed.tls.ca;
	conf.ice = UA_ICE_OFF;
	rig_open(&a, &conf);
	(void)re_snprintf(aor, sizeof(aor), "%s:alice@%s:%u", scheme, host,
			  sa_port(&bed.local));
}


static void agent_close(void)
{
	rig_close(&a);
	siptlsbed_close(&bed);
}


static void account_add(bool set, enum ua_tp tp)
{
	struct ua_account_conf conf;
	int err;

	ua_account_conf_default(&conf);
	conf.aor = aor;
	conf.keepalive = UA_KEEPALIVE_OFF;
	conf.tp_set = set;
	conf.tp = tp;
	API(err = ua_account_add(&alice, a.agent, &conf, a.errstr));
	ck_assert_msg(!err, "%s", a.errstr);
}


static const struct sip_msg *registered(void)
{
	const struct sip_msg *msg = siptlsbed_request(&bed, "REGISTER");
	const char *asked = siptext_hdr(msg, "Contact");
	char contact[256];

	(void)re_snprintf(contact, sizeof(contact),
			  "Contact: %b>;expires=%u\r\n", asked,
			  strcspn(asked, ">"), EXPIRES_S);
	siptlsbed_reply(&bed, msg, "200 OK", contact, NULL);
	ck_assert_int_eq(UA_TP_TLS,
			 rig_expect(&a, UA_EVENT_REGISTERED)->ev.reg.tp);

	return msg;
}


/* Nothing was said to the same port by UDP, nor by TCP in clear. */
static void nothing_in_clear(void)
{
	size_t i;

	ck_assert_uint_eq(0, bed.udp.n);
	for (i = 0; i < bed.nconn; i++)
		ck_assert(!bed.connv[i].clear);
}


static const struct tlsbed_how local_names = { .san = "DNS:localhost,"
						      "IP:127.0.0.1" };


/* _i: transport=tls, sips: */
START_TEST(account_registers_by_tls)
{
	const struct sip_msg *msg;
	const char *contact;

	agent_open(&local_names, _i ? "sips" : "sip", "localhost");
	account_add(!_i, UA_TP_TLS);
	msg = registered();
	contact = siptext_hdr(msg, "Contact");
	if (_i) {
		ck_assert_ptr_nonnull(
			strstr(contact, "<sips:alice@127.0.0.1:"));
		ck_assert_ptr_null(strstr(contact, "transport="));
		ck_assert_int_eq(0, pl_strcmp(&msg->uri.scheme, "sips"));
		ck_assert_ptr_nonnull(
			strstr(siptext_hdr(msg, "To"), "<sips:alice@"));
	}
	else {
		ck_assert_ptr_nonnull(
			strstr(contact, "<sip:alice@127.0.0.1:"));
		ck_assert_ptr_nonnull(strstr(contact, ";transport=tls>"));
	}
	ck_assert_str_eq("localhost", bed.connv[0].sni);
	nothing_in_clear();
	agent_close();
}
END_TEST


START_TEST(registrar_that_is_another_is_told_in_words)
{
	const struct tlsbed_how how = { .expired = true,
					.san = "DNS:localhost" };
	const struct rig_event *e;

	agent_open(&how, "sips", "localhost");
	account_add(false, UA_TP_UDP);
	e = rig_expect(&a, UA_EVENT_REGISTER_FAILED);
	ck_assert_str_eq("TLS to localhost: its certificate has expired",
			 e->ev.reason);
	nothing_in_clear();
	agent_close();
}
END_TEST


/* _i: of an account, of nobody */
START_TEST(call_that_fails_for_tls_says_why)
{
	const struct tlsbed_how how = { .stranger = true,
					.san = "DNS:localhost" };
	struct ua_call_conf conf;
	const struct rig_event *e;

	agent_open(&how, "sips", "localhost");
	if (!_i)
		account_add(false, UA_TP_UDP);
	ua_call_conf_default(&conf);
	API(ck_assert_int_eq(0, ua_call_connect(&a.call, a.agent,
						_i ? NULL : alice, aor, &conf,
						a.errstr)));
	e = rig_expect(&a, UA_EVENT_CLOSED);
	ck_assert_str_eq("TLS to localhost: the issuer of its certificate is"
			 " unknown",
			 e->ev.why);
	ck_assert_str_eq(e->ev.why, e->ev.reason);
	ck_assert_int_eq(UA_BY_ERROR, e->ev.by);
	nothing_in_clear();
	agent_close();
}
END_TEST


/* _i: transport=tls, sips: */
START_TEST(call_goes_by_the_connection_of_the_account)
{
	const struct sip_msg *msg, *invite;
	struct ua_call_conf conf;
	char headers[160];

	agent_open(&local_names, _i ? "sips" : "sip", "localhost");
	account_add(!_i, UA_TP_TLS);
	(void)registered();

	ua_call_conf_default(&conf);
	API(ck_assert_int_eq(0,
			     ua_call_connect(&a.call, a.agent, alice,
					     _i ? "sips:bob@localhost" : "bob",
					     &conf, a.errstr)));
	invite = siptlsbed_request(&bed, "INVITE");
	ck_assert_ptr_nonnull(strstr(siptext_hdr(invite, "Contact"),
				     _i ? "<sips:alice@" : ";transport=tls>"));

	/* A Contact that leads elsewhere, and in clear: what began by TLS
	   goes on by TLS. */
	(void)re_snprintf(headers, sizeof(headers), "Contact: <%s:bob@%J>\r\n",
			  _i ? "sips" : "sip", &bed.udp.local);
	siptlsbed_reply(&bed, invite, "200 OK", headers, ANSWER);
	(void)rig_expect(&a, UA_EVENT_ANSWERED);
	msg = siptlsbed_request(&bed, "ACK");
	ck_assert_ptr_eq(&bed.connv[0], bed.from);
	API(ua_call_hangup(a.call, 0, NULL));
	msg = siptlsbed_request(&bed, "BYE");
	siptlsbed_reply(&bed, msg, "200 OK", "", NULL);
	(void)rig_expect(&a, UA_EVENT_CLOSED);
	ck_assert_uint_eq(1, bed.nconn);
	nothing_in_clear();
	agent_close();
}
END_TEST


/* _i: of an account that is sip:, that is sips: */
START_TEST(sips_makes_the_route_of_a_proxy_sips_too)
{
	const struct sip_msg *msg;
	struct ua_account_conf conf;
	struct ua_call_conf call;
	char proxy[64];

	agent_open(&local_names, "sips", "nowhere.test");
	(void)re_snprintf(proxy, sizeof(proxy), "sip:localhost:%u",
			  sa_port(&bed.local));
	ua_account_conf_default(&conf);
	conf.aor = _i ? "sips:alice@nowhere.test" : "sip:alice@nowhere.test";
	conf.proxy = proxy;
	conf.tp_set = true;
	conf.tp = UA_TP_TLS;
	conf.keepalive = UA_KEEPALIVE_OFF;
	API(ck_assert_int_eq(
		0, ua_account_add(&alice, a.agent, &conf, a.errstr)));
	msg = registered();
	ck_assert_ptr_nonnull(
		strstr(siptext_hdr(msg, "Route"),
		       _i ? "<sips:localhost" : "<sip:localhost"));
	ck_assert_str_eq("localhost", bed.connv[0].sni);

	ua_call_conf_default(&call);
	API(ck_assert_int_eq(0, ua_call_connect(&a.call, a.agent, alice,
						"sips:bob@nowhere.test", &call,
						a.errstr)));
	msg = siptlsbed_request(&bed, "INVITE");
	ck_assert_ptr_nonnull(
		strstr(siptext_hdr(msg, "Route"), "<sips:localhost"));
	ck_assert_ptr_nonnull(
		strstr(siptext_hdr(msg, "Contact"), "<sips:alice@"));
	nothing_in_clear();
	agent_close();
}
END_TEST


/* _i: by sip:, by sips: */
START_TEST(call_comes_on_the_connection_of_the_account)
{
	const struct sip_msg *msg;
	const char *scheme = _i ? "sips" : "sip";
	struct ua_call_conf call;

	ua_call_conf_default(&call);
	agent_open(&local_names, scheme, "localhost");
	account_add(!_i, UA_TP_TLS);
	(void)registered();
	siptlsbed_send(&bed,
		       "INVITE %s:alice@127.0.0.1 SIP/2.0\r\n"
		       "Via: SIP/2.0/TLS 192.0.2.1;branch=z9hG4bKin;rport\r\n"
		       "From: <%s:bob@b>;tag=bob\r\n"
		       "To: <%s>\r\n"
		       "Call-ID: in\r\n"
		       "CSeq: 1 INVITE\r\n"
		       "Contact: <%s:bob@192.0.2.1>\r\n"
		       "Record-Route: <%s:192.0.2.7;lr>\r\n"
		       "Max-Forwards: 70\r\n"
		       "Content-Type: application/sdp\r\n"
		       "Content-Length: %zu\r\n\r\n" ANSWER,
		       scheme, scheme, aor, scheme, scheme, strlen(ANSWER));
	(void)rig_expect(&a, UA_EVENT_INCOMING);
	API(ck_assert_int_eq(0, ua_call_answer(a.call, &call, a.errstr)));
	do
		msg = siptlsbed_next(&bed, 2000);
	while (msg && msg->scode != 200);
	ck_assert_ptr_nonnull(msg);
	ck_assert_ptr_nonnull(strstr(siptext_hdr(msg, "Contact"),
				     _i ? "<sips:alice@" : ";transport=tls>"));
	siptlsbed_send(&bed,
		       "ACK %s:alice@127.0.0.1 SIP/2.0\r\n"
		       "Via: SIP/2.0/TLS 192.0.2.1;branch=z9hG4bKack;rport\r\n"
		       "From: <%s:bob@b>;tag=bob\r\n"
		       "To: %r\r\n"
		       "Call-ID: in\r\n"
		       "CSeq: 1 ACK\r\n"
		       "Max-Forwards: 70\r\n"
		       "Content-Length: 0\r\n\r\n",
		       scheme, scheme, &msg->to.val);

	/* Its Contact is nowhere: the connection is the way back. */
	API(ua_call_hangup(a.call, 0, NULL));
	msg = siptlsbed_request(&bed, "BYE");
	siptlsbed_reply(&bed, msg, "200 OK", "", NULL);
	(void)rig_expect(&a, UA_EVENT_CLOSED);
	ck_assert_uint_eq(1, bed.nconn);
	nothing_in_clear();
	agent_close();
}
END_TEST


START_TEST(sips_is_not_called_by_an_account_without_tls)
{
	struct ua_call_conf conf;

	agent_open(&local_names, "sip", "127.0.0.1");
	account_add(true, UA_TP_UDP);
	(void)sipbed_request(&bed.udp, "REGISTER");
	ua_call_conf_default(&conf);
	API(ck_assert_int_eq(EPROTONOSUPPORT,
			     ua_call_connect(&a.call, a.agent, alice,
					     "sips:bob@localhost", &conf,
					     a.errstr)));
	ck_assert_ptr_nonnull(strstr(a.errstr, "needs TLS"));
	rig_linger(50);
	while (bed.udp.read < bed.udp.n)
		(void)sipbed_request(&bed.udp, "REGISTER");
	agent_close();
}
END_TEST


/* Names of one address: each has its own connection and certificate. */
START_TEST(accounts_at_two_names_of_one_server_share_nothing)
{
	agent_open(&local_names, "sips", "localhost");
	account_add(false, UA_TP_UDP);
	(void)registered();
	(void)re_snprintf(aor, sizeof(aor), "sips:alice@127.0.0.1:%u",
			  sa_port(&bed.local));
	account_add(false, UA_TP_UDP);
	(void)registered();
	ck_assert_uint_eq(2, bed.nconn);
	ck_assert_str_eq("localhost", bed.connv[0].sni);
	ck_assert_str_eq("", bed.connv[1].sni);
	ck_assert_uint_eq(3, list_count(&a.agent->endpoints));

	/* The first address that is told is not one of TLS. */
	ck_assert_ptr_null(ua_endpoint_tls_host(ua_site_first(a.agent)));
	agent_close();
}
END_TEST


START_TEST(endpoint_of_an_account_goes_when_that_is_gone)
{
	const struct sip_msg *msg;

	agent_open(&local_names, "sips", "localhost");
	account_add(false, UA_TP_UDP);
	(void)registered();
	ck_assert(!ua_site_sweep(a.agent));
	ck_assert_uint_eq(2, list_count(&a.agent->endpoints));

	API(ua_account_remove(alice));
	ck_assert(tmr_isrunning(&a.agent->sweep));
	msg = siptlsbed_request(&bed, "REGISTER");
	ck_assert(ua_site_sweep(a.agent));
	siptlsbed_reply(&bed, msg, "200 OK", "", NULL);
	rig_linger(20);
	ck_assert(!ua_site_sweep(a.agent));
	ck_assert_uint_eq(1, list_count(&a.agent->endpoints));
	agent_close();
}
END_TEST


/* Whoever was called once leaves no endpoint behind. */
START_TEST(endpoint_of_a_host_that_nobody_needs_is_closed)
{
	const struct sip_msg *msg;
	struct ua_call_conf conf;

	agent_open(&local_names, "sips", "localhost");
	ua_call_conf_default(&conf);
	API(ck_assert_int_eq(0, ua_call_connect(&a.call, a.agent, NULL, aor,
						&conf, a.errstr)));
	msg = siptlsbed_request(&bed, "INVITE");
	ck_assert_uint_eq(2, list_count(&a.agent->endpoints));
	ck_assert(ua_site_sweep(a.agent));
	ck_assert_uint_eq(2, list_count(&a.agent->endpoints));
	siptlsbed_reply(&bed, msg, "486 Busy Here", "", NULL);
	(void)rig_expect(&a, UA_EVENT_CLOSED);
	rig_linger(20);
	ck_assert(!ua_site_sweep(a.agent));
	ck_assert_uint_eq(1, list_count(&a.agent->endpoints));
	agent_close();
}
END_TEST


/* clang-format off */
static const struct {
	const char *ca, *cert, *key;
	const char *named;
} settings[] = {
	{ "/nowhere/a", NULL, NULL,         "tls-ca /nowhere/a" },
	{ NULL, "/nowhere/b", NULL,         "tls-cert /nowhere/b" },
	{ NULL, NULL, "/nowhere/c",         "tls-cert expected" },
};
/* clang-format on */


START_TEST(bad_file_is_told_when_the_agent_is_made)
{
	struct ua_agent_conf conf;

	rig_conf(&conf);
	conf.tls_ca = settings[_i].ca;
	conf.tls_cert = settings[_i].cert;
	conf.tls_key = settings[_i].key;
	ck_assert_int_eq(EINVAL, rig_try(&a, &conf));
	ck_assert_msg(strstr(a.errstr, settings[_i].named), "%s", a.errstr);
}
END_TEST


/* ------------------------------ files ------------------------------ */


/* clang-format off */
static const struct {
	struct ua_tlscreds_conf conf;
	const char *named;
} files[] = {
	{ { .ca_file = "/nowhere/ca.pem" },    "(No such file or directory)" },
	{ { .ca_file = "/nowhere/ca.pem" },    "tls-ca /nowhere/ca.pem" },
	{ { .ca_file = "/dev/null" },          "tls-ca /dev/null" },
	{ { .cert_file = "/nowhere/c.pem" },   "tls-cert /nowhere/c.pem" },
	{ { .key_file = "/nowhere/k.pem" },    "tls-cert expected" },
};
/* clang-format on */


START_TEST(bad_file_is_named)
{
	char words[UA_TLSCREDS_WHY_MAX] = "";
	struct ua_tlscreds *creds;

	ck_assert_int_eq(EINVAL,
			 ua_tlscreds_alloc(&creds, &files[_i].conf, words));
	ck_assert_msg(strstr(words, files[_i].named), "%s", words);
	ck_assert_int_eq(EINVAL,
			 ua_tlscreds_alloc(&creds, &files[_i].conf, NULL));
}
END_TEST


START_TEST(key_must_be_that_of_the_certificate)
{
	const struct tlsbed_how how = { 0 };
	char cert[128], key[128], cert2[128], key2[128];
	char words[UA_TLSCREDS_WHY_MAX] = "";
	struct ua_tlscreds_conf conf;
	struct ua_tlscreds *creds;
	struct tlsbed tls;

	tlsbed_open(&tls, &how);
	tlsbed_issue(&tls, cert, key);
	tlsbed_issue(&tls, cert2, key2);
	memset(&conf, 0, sizeof(conf));
	conf.cert_file = cert;
	conf.key_file = key2;
	ck_assert_int_eq(EINVAL, ua_tlscreds_alloc(&creds, &conf, words));
	ck_assert_msg(strstr(words, "tls-key") && strstr(words, key2), "%s",
		      words);

	/* Not in the certificate's file either */
	conf.key_file = NULL;
	ck_assert_int_eq(EINVAL, ua_tlscreds_alloc(&creds, &conf, words));
	(void)remove(cert);
	(void)remove(key);
	(void)remove(cert2);
	(void)remove(key2);
	tlsbed_close(&tls);
}
END_TEST


static int alloc_and_free(void *arg)
{
	struct ua_siptls *tls;
	const int err = ua_siptls_alloc(&tls, arg, "turn.test", NULL);

	if (!err)
		mem_deref(tls);

	return err;
}


START_TEST(no_memory_for_it)
{
	struct ua_tlscreds *creds = tlsbed_creds(NULL, NULL, NULL);

	int i;

	/* What OpenSSL makes once is made before: room for the words of each
	   place in its ring of errors, too. */
	for (i = 0; i < ERR_PLACES; i++)
		ERR_raise_data(ERR_LIB_USER, 1, "words");
	ERR_clear_error();
	ck_assert_int_eq(0, alloc_and_free(creds));
	ua_oom_walk(alloc_and_free, creds);
	mem_deref(creds);
}
END_TEST


Suite *ua_suite_siptls(void)
{
	Suite *s = suite_create("siptls");
	TCase *tc = tcase_create("siptls");

	tcase_set_timeout(tc, RIG_TEST_S);
	tcase_add_loop_test(tc, certificate_of_the_host_is_taken, 0,
			    (int)(sizeof(good) / sizeof(good[0])));
	tcase_add_loop_test(tc,
			    other_certificates_are_refused_at_once_and_by_name,
			    0, (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(tc, system_does_not_know_our_authority);
	tcase_add_test(tc,
		       all_that_waited_fail_together_and_the_next_tries_anew);
	tcase_add_test(tc, server_without_tls_is_told_apart);
	tcase_add_test(tc, server_that_hangs_up_in_the_handshake_is_told);
	tcase_add_test(tc, rubbish_instead_of_an_answer_is_told_at_once);
	tcase_add_loop_test(tc, missing_certificate_of_ours_is_told_at_once, 0,
			    2);
	tcase_add_test(tc, certificate_of_ours_is_shown_to_who_asks);
	tcase_add_loop_test(tc, next_connection_resumes_the_session, 0, 2);
	tcase_add_test(tc, connection_is_used_again);
	tcase_add_test(tc, request_on_a_connection_that_ends_goes_on_another);
	tcase_add_test(tc, two_hosts_at_one_address_are_two_connections);
	tcase_add_test(tc, sips_goes_by_tls_and_says_so);
	tcase_add_test(tc, nobody_is_served);
	tcase_add_loop_test(tc, account_registers_by_tls, 0, 2);
	tcase_add_test(tc, registrar_that_is_another_is_told_in_words);
	tcase_add_loop_test(tc, call_that_fails_for_tls_says_why, 0, 2);
	tcase_add_loop_test(tc, call_goes_by_the_connection_of_the_account, 0,
			    2);
	tcase_add_loop_test(tc, call_comes_on_the_connection_of_the_account, 0,
			    2);
	tcase_add_loop_test(tc, sips_makes_the_route_of_a_proxy_sips_too, 0,
			    2);
	tcase_add_test(tc, sips_is_not_called_by_an_account_without_tls);
	tcase_add_test(tc, accounts_at_two_names_of_one_server_share_nothing);
	tcase_add_test(tc, endpoint_of_an_account_goes_when_that_is_gone);
	tcase_add_test(tc, endpoint_of_a_host_that_nobody_needs_is_closed);
	tcase_add_loop_test(tc, bad_file_is_told_when_the_agent_is_made, 0,
			    (int)(sizeof(settings) / sizeof(settings[0])));
	tcase_add_loop_test(tc, bad_file_is_named, 0,
			    (int)(sizeof(files) / sizeof(files[0])));
	tcase_add_test(tc, key_must_be_that_of_the_certificate);
	tcase_add_test(tc, no_memory_for_it);
	suite_add_tcase(s, tc);

	return s;
}
