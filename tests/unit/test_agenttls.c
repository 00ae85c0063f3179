/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_agenttls.c  SIP over TLS, as an agent uses it */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "agent/impl.h"
#include "base/re_compat.h"
#include "rig.h"
#include "siptlsbed.h"

Suite *ua_suite_agenttls(void);

enum { EXPIRES_S = 60 };

static struct siptlsbed bed;

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


/* The call ends by the one connection that there is. */
static void hang_up(void)
{
	API(ua_call_hangup(a.call, 0, NULL));
	siptlsbed_reply(&bed, siptlsbed_request(&bed, "BYE"), "200 OK", "",
			NULL);
	(void)rig_expect(&a, UA_EVENT_CLOSED);
	ck_assert_uint_eq(1, bed.nconn);
	nothing_in_clear();
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
	const struct sip_msg *invite;
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
	(void)siptlsbed_request(&bed, "ACK");
	ck_assert_ptr_eq(&bed.connv[0], bed.from);
	hang_up();
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
	hang_up();
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


Suite *ua_suite_agenttls(void)
{
	Suite *s = suite_create("agenttls");
	TCase *tc = tcase_create("siptls");

	tcase_set_timeout(tc, RIG_TEST_S);
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
	suite_add_tcase(s, tc);

	return s;
}
