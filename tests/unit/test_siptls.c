/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_siptls.c  SIP over TLS, an endpoint and a server */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <openssl/err.h>

#include "base/re_compat.h"
#include "base/tlscreds.h"
#include "sip/outreq.h"
#include "sip/siptls.h"
#include "oom.h"
#include "rig.h"
#include "siptlsbed.h"

Suite *ua_suite_siptls(void);

enum { ERR_PLACES = 16 /* OpenSSL's ERR_NUM_ERRORS */ };

enum { QUICK_MS = 3000 /* Far from the 32 s of a transaction */ };

static struct siptlsbed bed;

/* It asks the server */
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
	tcase_add_test(tc, no_memory_for_it);
	suite_add_tcase(s, tc);

	return s;
}
