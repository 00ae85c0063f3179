/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_account.c  Accounts, against a registrar by the letter */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/impl.h"
#include "hostbed.h"
#include "oom.h"
#include "rig.h"

Suite *ua_suite_account(void);

enum {
	EXPIRES_S = 60,
	MAPPED_PORT = 40404,
	DEAD_MS = 9000 /* A ping's interval and the patience with it */
};

#define MAPPED_IP "192.0.2.9"

static struct rig a;
static struct sipbed_peer server;
static struct ua_account *alice;
static char aor[64];
static char domain[32];


static void open_all(void)
{
	rig_open(&a, NULL);
	sipbed_open(&server);
	(void)re_snprintf(domain, sizeof(domain), "%J", &server.local);
	(void)snprintf(aor, sizeof(aor), "sip:alice@%s", domain);
	alice = NULL;
}


static void close_all(void)
{
	rig_close(&a);
	sipbed_close(&server);
}


static struct ua_account_conf new_conf(void)
{
	struct ua_account_conf conf;

	ua_account_conf_default(&conf);
	conf.aor = aor;
	conf.password = "wonderland";
	conf.keepalive = UA_KEEPALIVE_OFF;

	return conf;
}


static void add(const struct ua_account_conf *conf)
{
	int err;

	API(err = ua_account_add(&alice, a.agent, conf, a.errstr));
	ck_assert_msg(!err, "no account: %s", a.errstr);
}


/* Answer as a server behind which we sit behind a NAT. */
static void reply(const struct sip_msg *msg, const char *line,
		  const char *headers)
{
	sipbed_send(&server, ua_agent_local(a.agent),
		    "SIP/2.0 %s\r\n"
		    "Via: SIP/2.0/UDP %r;branch=%r;received=" MAPPED_IP
		    ";rport=%u\r\n"
		    "From: %r\r\n"
		    "To: %r;tag=server\r\n"
		    "Call-ID: %r\r\n"
		    "CSeq: %u %r\r\n"
		    "%s"
		    "Content-Length: 0\r\n\r\n",
		    line, &msg->via.sentby, &msg->via.branch, MAPPED_PORT,
		    &msg->from.val, &msg->to.val, &msg->callid, msg->cseq.num,
		    &msg->cseq.met, headers ? headers : "");
}


/* Grant what a REGISTER asks for. */
static void grant(const struct sip_msg *msg, uint32_t expires_s)
{
	const char *asked = siptext_hdr(msg, "Contact");
	char contact[256];

	(void)re_snprintf(contact, sizeof(contact),
			  "Contact: %b>;expires=%u\r\n", asked,
			  strcspn(asked, ">"), expires_s);
	reply(msg, "200 OK", expires_s ? contact : NULL);
}


static void challenge(const struct sip_msg *msg)
{
	reply(msg, "401 Unauthorized",
	      "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\","
	      " algorithm=MD5, qop=\"auth\"\r\n");
}


static void register_once(const struct ua_account_conf *conf)
{
	add(conf);
	grant(sipbed_request(&server, "REGISTER"), EXPIRES_S);
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
}


/* ------------------------------ conf ------------------------------- */


static void no_aor(struct ua_account_conf *conf)
{
	conf->aor = NULL;
}


static void no_user(struct ua_account_conf *conf)
{
	conf->aor = "sip:example.com";
}


static void sips_by_udp(struct ua_account_conf *conf)
{
	conf->aor = "sips:alice@example.com";
	conf->tp_set = true;
	conf->tp = UA_TP_UDP;
}


static void bad_registrar(struct ua_account_conf *conf)
{
	conf->registrar = "sip:";
}


static void sips_registrar(struct ua_account_conf *conf)
{
	conf->registrar = "sips:127.0.0.1";
}


static void large_port(struct ua_account_conf *conf)
{
	conf->aor = "sip:alice@127.0.0.1:70000";
}


static void no_port(struct ua_account_conf *conf)
{
	conf->registrar = "sip:127.0.0.1:5060x";
}


static void zero_port(struct ua_account_conf *conf)
{
	conf->proxy = "sip:127.0.0.1:0";
}


static void no_host(struct ua_account_conf *conf)
{
	conf->registrar = "sip:127.0.0.256";
}


static void no_transport(struct ua_account_conf *conf)
{
	conf->proxy = "sip:127.0.0.1;transport=sctp";
}


static void bad_proxy(struct ua_account_conf *conf)
{
	conf->proxy = "sips:127.0.0.1";
}


static void short_expires(struct ua_account_conf *conf)
{
	conf->expires_s = 19;
}


static void long_expires(struct ua_account_conf *conf)
{
	conf->expires_s = 86401;
}


static void long_keepalive(struct ua_account_conf *conf)
{
	conf->keepalive_s = 3601;
}


/* clang-format off */
static const struct {
	void (*spoil)(struct ua_account_conf *conf);
	const char *named;
	const char *expected;
} bad[] = {
	{ no_aor,         "aor ",                      "sip:user@host" },
	{ no_user,        "sip:example.com",           "sip:user@host" },
	{ sips_by_udp,    "transport udp",             "tls expected with sips:" },
	{ bad_registrar,  "registrar sip:",            "sip:user@host" },
	{ sips_registrar, "registrar sips:127.0.0.1",  "a sips: aor" },
	{ bad_proxy,      "proxy sips:127.0.0.1",      "transport=tls" },
	{ large_port,     "port '70000'",              "1 to 65535" },
	{ no_port,        "registrar sip:127.0.0.1:5060x: port '5060x'",
						       "1 to 65535" },
	{ zero_port,      "proxy sip:127.0.0.1:0: port '0'", "1 to 65535" },
	{ no_host,        "host '127.0.0.256'",        "numeric address" },
	{ no_transport,   "transport 'sctp'",          "udp, tcp or tls" },
	{ short_expires,  "register-expires 19",       "20 to 86400" },
	{ long_expires,   "register-expires 86401",    "20 to 86400" },
	{ long_keepalive, "keepalive-interval 3601",   "1 to 3600" },
};
/* clang-format on */


START_TEST(bad_value_is_named_with_what_was_expected)
{
	struct ua_account_conf conf;

	open_all();
	conf = new_conf();
	bad[_i].spoil(&conf);
	API(ck_assert_int_eq(
		EINVAL, ua_account_add(&alice, a.agent, &conf, a.errstr)));
	ck_assert_ptr_null(alice);
	ck_assert_ptr_null(ua_account_next(a.agent, NULL));
	ck_assert_msg(strstr(a.errstr, bad[_i].named) != NULL, "%s", a.errstr);
	ck_assert_msg(strstr(a.errstr, bad[_i].expected) != NULL, "%s",
		      a.errstr);
	API(ck_assert_int_eq(EINVAL,
			     ua_account_add(NULL, a.agent, &conf, NULL)));
	close_all();
}
END_TEST


/* --------------------------- registration -------------------------- */


START_TEST(registration_tells_how_the_server_sees_us)
{
	struct ua_account_conf conf;
	const struct sip_msg *msg;
	const struct rig_event *e;
	struct ua_addr mapped;
	struct ua_addr to;

	open_all();
	conf = new_conf();
	conf.expires_s = 300;
	add(&conf);
	ck_assert_str_eq(aor, ua_account_aor(alice));
	ck_assert(!ua_account_registered(alice));

	msg = sipbed_request(&server, "REGISTER");
	ck_assert_str_eq("300", siptext_hdr(msg, "Expires"));
	ck_assert_ptr_nonnull(
		strstr(siptext_hdr(msg, "Contact"), "sip:alice@127.0.0.1:"));
	grant(msg, EXPIRES_S);

	e = rig_expect(&a, UA_EVENT_REGISTERED);
	ck_assert_ptr_eq(alice, e->ev.account);
	ck_assert(ua_account_registered(alice));
	ck_assert_int_eq(0, ua_addr_set(&mapped, MAPPED_IP, MAPPED_PORT));
	ck_assert(ua_addr_eq(&mapped, &e->ev.reg.mapped));
	ua_addr_from_sa(&to, &server.local);
	ck_assert(ua_addr_eq(&to, &e->ev.reg.server));
	ck_assert(ua_addr_eq(ua_agent_local(a.agent), &e->ev.reg.local));
	ck_assert_int_eq(UA_TP_UDP, e->ev.reg.tp);
	ck_assert_uint_eq(EXPIRES_S, e->ev.reg.expires_s);
	ck_assert_double_ge(e->ev.reg.rtt_ms, 0);
	close_all();
}
END_TEST


START_TEST(challenge_is_answered_once)
{
	struct ua_account_conf conf;
	const struct sip_msg *msg;
	const struct rig_event *e;

	open_all();
	conf = new_conf();
	add(&conf);
	challenge(sipbed_request(&server, "REGISTER"));
	msg = sipbed_request(&server, "REGISTER");
	ck_assert_ptr_nonnull(strstr(siptext_hdr(msg, "Authorization"),
				     "username=\"alice\""));
	challenge(msg);

	/* The password is wrong: no third try, now or later. */
	e = rig_expect(&a, UA_EVENT_REGISTER_FAILED);
	ck_assert_uint_eq(401, e->ev.code);
	ck_assert_uint_gt(strlen(e->reason), 0);
	ck_assert(!ua_account_registered(alice));
	ck_assert_ptr_null(sipbed_next(&server, 1200));
	ck_assert_uint_eq(1, rig_count(&a, UA_EVENT_REGISTER_FAILED));
	close_all();
}
END_TEST


START_TEST(right_password_registers)
{
	struct ua_account_conf conf;
	const struct sip_msg *msg;

	open_all();
	conf = new_conf();
	conf.user = "alice-auth";
	add(&conf);
	challenge(sipbed_request(&server, "REGISTER"));
	msg = sipbed_request(&server, "REGISTER");
	ck_assert_ptr_nonnull(strstr(siptext_hdr(msg, "Authorization"),
				     "username=\"alice-auth\""));
	grant(msg, EXPIRES_S);
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_REGISTER_FAILED));
	close_all();
}
END_TEST


START_TEST(refusal_is_told_with_its_words)
{
	struct ua_account_conf conf;
	const struct rig_event *e;

	open_all();
	conf = new_conf();
	add(&conf);
	reply(sipbed_request(&server, "REGISTER"), "403 Not You", NULL);
	e = rig_expect(&a, UA_EVENT_REGISTER_FAILED);
	ck_assert_uint_eq(403, e->ev.code);
	ck_assert_str_eq("Not You", e->reason);
	close_all();
}
END_TEST


START_TEST(server_that_is_not_there_is_named)
{
	struct ua_account_conf conf;
	const struct rig_event *e;
	char to[64];

	/* Nothing listens on TCP there. */
	open_all();
	conf = new_conf();
	conf.tp_set = true;
	conf.tp = UA_TP_TCP;
	add(&conf);
	e = rig_expect(&a, UA_EVENT_REGISTER_FAILED);
	ck_assert_uint_eq(0, e->ev.code);
	(void)snprintf(to, sizeof(to), "tcp:%s", domain);
	ck_assert_msg(strstr(e->reason, to) != NULL, "%s", e->reason);
	close_all();
}
END_TEST


START_TEST(stop_unregisters)
{
	struct ua_account_conf conf;
	const struct sip_msg *msg;

	open_all();
	conf = new_conf();
	register_once(&conf);
	API(ua_agent_stop(a.agent));
	msg = sipbed_request(&server, "REGISTER");
	ck_assert_str_eq("0", siptext_hdr(msg, "Expires"));
	grant(msg, 0);
	(void)rig_expect(&a, UA_EVENT_UNREGISTERED);
	ck_assert(!ua_account_registered(alice));

	/* That was all there was to do. */
	ck_assert_int_eq(0, ua_run(a.agent));
	ck_assert_double_lt(ua_agent_time(a.agent), 1);
	close_all();
}
END_TEST


START_TEST(second_stop_does_not_wait_for_the_server)
{
	struct ua_account_conf conf;

	open_all();
	conf = new_conf();
	register_once(&conf);
	API(ua_agent_stop(a.agent));
	(void)sipbed_request(&server, "REGISTER");
	API(ua_agent_stop(a.agent));
	ck_assert_int_eq(0, ua_run(a.agent));
	ck_assert_double_lt(ua_agent_time(a.agent), 1);
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_UNREGISTERED));
	close_all();
}
END_TEST


START_TEST(removed_account_unregisters_and_says_no_more)
{
	struct ua_account_conf conf;
	const struct sip_msg *msg;

	open_all();
	conf = new_conf();
	register_once(&conf);
	API(ua_account_remove(alice));
	ck_assert_ptr_null(ua_account_next(a.agent, NULL));

	/* 0: answered; 1: the agent stops; 2: the agent goes first */
	msg = sipbed_request(&server, "REGISTER");
	ck_assert_str_eq("0", siptext_hdr(msg, "Expires"));
	if (_i < 2) {
		if (_i)
			API(ua_agent_stop(a.agent));
		grant(msg, 0);
		rig_linger(20);
		if (_i)
			ck_assert_int_eq(0, ua_run(a.agent));
		ck_assert_double_lt(ua_agent_time(a.agent), 1);
	}
	ck_assert_uint_eq(1, a.n);
	close_all();
}
END_TEST


START_TEST(account_without_registration_says_nothing)
{
	struct ua_account_conf conf;

	open_all();
	conf = new_conf();
	conf.reg = false;
	add(&conf);
	ck_assert_ptr_null(sipbed_next(&server, 20));
	ck_assert(!ua_account_registered(alice));
	API(ua_account_remove(alice));
	ck_assert_uint_eq(0, a.n);
	close_all();
}
END_TEST


START_TEST(proxy_gets_the_registration_and_its_route)
{
	struct ua_account_conf conf;
	const struct sip_msg *msg;
	char proxy[64];

	open_all();
	(void)snprintf(proxy, sizeof(proxy), "sip:%s", domain);
	conf = new_conf();
	conf.aor = "sip:alice@example.com";
	conf.proxy = proxy;
	add(&conf);
	msg = sipbed_request(&server, "REGISTER");
	ck_assert_int_eq(0, pl_strcmp(&msg->ruri, "sip:example.com"));
	(void)snprintf(proxy, sizeof(proxy), "<sip:%s;lr>", domain);
	ck_assert_str_eq(proxy, siptext_hdr(msg, "Route"));
	grant(msg, EXPIRES_S);
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
	close_all();
}
END_TEST


START_TEST(accounts_can_be_walked)
{
	struct ua_account_conf conf;
	struct ua_account *first;

	open_all();
	conf = new_conf();
	conf.reg = false;
	add(&conf);
	first = alice;
	conf.aor = "sip:bob@127.0.0.1";
	add(&conf);
	ck_assert_ptr_eq(first, ua_account_next(a.agent, NULL));
	ck_assert_ptr_eq(alice, ua_account_next(a.agent, first));
	ck_assert_ptr_null(ua_account_next(a.agent, alice));
	close_all();
}
END_TEST


static int add_scenario(void *arg)
{
	struct ua_account_conf conf = new_conf();
	struct ua_account *acc;
	int err;

	(void)arg;

	conf.name = "Alice";
	conf.proxy = "sip:127.0.0.1";
	err = ua_account_add(&acc, a.agent, &conf, NULL);
	if (!err)
		ua_account_remove(acc);

	return err;
}


START_TEST(without_memory_no_account_and_no_leak)
{
	open_all();
	ua_oom_walk(add_scenario, NULL);
	ck_assert_ptr_null(ua_account_next(a.agent, NULL));
	close_all();
}
END_TEST


/* ---------------------------- keepalive ---------------------------- */


START_TEST(keepalive_is_told_when_it_is_answered)
{
	struct ua_account_conf conf;
	const struct rig_event *e;

	/* 0: by OPTIONS, 1: by REGISTER */
	open_all();
	conf = new_conf();
	conf.keepalive = _i ? UA_KEEPALIVE_REGISTER : UA_KEEPALIVE_AUTO;
	conf.keepalive_s = 1;
	register_once(&conf);

	if (_i)
		grant(sipbed_request(&server, "REGISTER"), EXPIRES_S);
	else
		reply(sipbed_request(&server, "OPTIONS"), "200 OK", NULL);

	e = rig_expect(&a, UA_EVENT_KEEPALIVE);
	ck_assert_ptr_eq(alice, e->ev.account);
	ck_assert_str_eq(_i ? "register" : "options", e->ev.keepalive.method);
	ck_assert_uint_eq(MAPPED_PORT, e->ev.keepalive.mapped.port);
	ck_assert_uint_eq(1, e->ev.keepalive.interval_s);
	ck_assert_uint_eq(1, rig_count(&a, UA_EVENT_REGISTERED));
	close_all();
}
END_TEST


/* Skip what is sent again until a request of another kind comes. */
static const struct sip_msg *other_request(const char *met)
{
	const struct sip_msg *msg;

	for (;;) {
		msg = sipbed_next(&server, DEAD_MS);
		ck_assert_msg(msg != NULL, "no %s came", met);
		if (!pl_strcmp(&msg->met, met))
			return msg;
	}
}


/* Answer what comes until an OPTIONS does: that one, unanswered */
static const struct sip_msg *grant_until_options(void)
{
	const struct sip_msg *msg;

	for (;;) {
		msg = sipbed_next(&server, DEAD_MS);
		ck_assert_ptr_nonnull(msg);
		if (!pl_strcmp(&msg->met, "OPTIONS"))
			return msg;
		grant(msg, EXPIRES_S);
	}
}


START_TEST(flow_of_a_silent_server_is_lost_and_comes_back)
{
	struct ua_account_conf conf;
	const struct rig_event *e;
	double t;

	open_all();
	conf = new_conf();
	conf.keepalive = UA_KEEPALIVE_OPTIONS;
	conf.keepalive_s = 1;
	register_once(&conf);
	reply(grant_until_options(), "200 OK", NULL);
	(void)rig_expect(&a, UA_EVENT_KEEPALIVE);
	t = ua_agent_time(a.agent);

	/* In doubt a REGISTER goes, too; then the flow is told of. */
	(void)other_request("REGISTER");
	ck_assert(ua_account_registered(alice));
	e = rig_expect(&a, UA_EVENT_FLOW_LOST);
	ck_assert_double_lt(e->ev.t_s - t, DEAD_MS / 1e3);
	ck_assert_msg(strstr(e->reason, domain) != NULL, "%s", e->reason);
	ck_assert(!ua_account_registered(alice));

	/* A new registration is tried at once. */
	server.read = server.n;
	grant(other_request("REGISTER"), EXPIRES_S);
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
	(void)rig_expect(&a, UA_EVENT_FLOW_RESTORED);
	ck_assert(ua_account_registered(alice));
	close_all();
}
END_TEST


START_TEST(server_that_ignores_options_is_not_taken_for_dead)
{
	struct ua_account_conf conf;

	open_all();
	conf = new_conf();
	conf.keepalive = UA_KEEPALIVE_AUTO;
	conf.keepalive_s = 1;
	register_once(&conf);
	(void)grant_until_options();
	grant(other_request("REGISTER"), EXPIRES_S);
	(void)rig_expect(&a, UA_EVENT_KEEPALIVE);

	/* From now on what holds the binding asks for no answer. */
	server.read = server.n;
	ck_assert_ptr_null(sipbed_next(&server, 2500));
	ck_assert_uint_ge(server.crlfs, 1);
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_FLOW_LOST));
	ck_assert(ua_account_registered(alice));
	close_all();
}
END_TEST


/* -------------------------- another place -------------------------- */


/* Let the agent see that the host is another one. */
static void look(void)
{
	hostbed_look(&a);
}


static void open_at_1(void)
{
	open_all();
	HOST(1);
	look();
	rig_linger(5);
	ck_assert_uint_le(rig_count(&a, UA_EVENT_NETWORK), 1);
	a.n = a.read = 0;
}


/* Grant a REGISTER from wherever it came; its Contacts */
static const struct sip_msg *granted(struct sipbed_peer *peer)
{
	const struct sip_msg *msg = sipbed_request(peer, "REGISTER");
	const char *asked = siptext_hdr(msg, "Contact");
	char contact[256];

	(void)re_snprintf(contact, sizeof(contact),
			  "Contact: %b>;expires=%u\r\n", asked,
			  strcspn(asked, ">"), EXPIRES_S);
	sipbed_reply(peer, msg, "200 OK", "s", contact, NULL);

	return msg;
}


static void register_at_1(const struct ua_account_conf *conf)
{
	add(conf);
	(void)granted(&server);
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
}


static bool is_from(const char *ip)
{
	char from[64];

	(void)re_snprintf(from, sizeof(from), "%j", &server.from);

	return !strcmp(from, ip);
}


static bool has_contact(const struct sip_msg *msg, const char *ip,
			const char *rest)
{
	char want[64];
	const struct sip_hdr *hdr;
	struct le *le;
	struct pl pl;

	(void)snprintf(want, sizeof(want), "<sip:alice@%s:", ip);
	pl_set_str(&pl, want);

	for (le = msg->hdrl.head; le; le = le->next) {
		hdr = le->data;
		if (hdr->id == SIP_HDR_CONTACT && hdr->val.l > pl.l &&
		    !memcmp(hdr->val.p, pl.p, pl.l) &&
		    memmem(hdr->val.p, hdr->val.l, rest, strlen(rest)))
			return true;
	}

	return false;
}


START_TEST(address_that_goes_takes_the_binding_along)
{
	struct ua_account_conf conf;
	const struct sip_msg *msg;
	const struct rig_event *e;
	double t;

	open_at_1();
	conf = new_conf();
	register_at_1(&conf);

	/* 0: gone; 1: another one leads there, the old one still is */
	if (_i)
		HOST(2, 1);
	else
		HOST(2);
	t = ua_agent_time(a.agent);
	look();
	e = rig_expect(&a, UA_EVENT_NETWORK);
	ck_assert_uint_eq(_i ? 2 : 1, e->ev.naddr);
	ck_assert_msg(strstr(e->reason, "came 127.0.0.2 (eth2)") != NULL, "%s",
		      e->reason);
	ck_assert(!strstr(e->reason, "gone 127.0.0.1") == (_i != 0));
	if (_i) {
		/* The kernel's way is the old one: it stays. */
		(void)granted(&server);
		ck_assert(is_from("127.0.0.1"));
		close_all();
		return;
	}

	ck_assert(!ua_account_registered(alice));
	msg = granted(&server);
	ck_assert(is_from("127.0.0.2"));
	ck_assert(has_contact(msg, "127.0.0.2", ";expires=300"));
	ck_assert(has_contact(msg, "127.0.0.1", ";expires=0"));
	e = rig_expect(&a, UA_EVENT_REGISTERED);
	ck_assert_double_lt(e->ev.t_s - t, 1);
	ck_assert(ua_account_registered(alice));
	ck_assert_int_eq(127, e->ev.reg.local.ip[0]);
	ck_assert_int_eq(2, e->ev.reg.local.ip[3]);
	close_all();
}
END_TEST


START_TEST(account_made_without_a_network_finds_it_later)
{
	struct ua_account_conf conf;
	struct ua_call_conf cconf;

	open_at_1();
	host.n = 0;
	look();
	(void)rig_expect(&a, UA_EVENT_NETWORK);
	conf = new_conf();
	add(&conf);
	(void)rig_expect(&a, UA_EVENT_REGISTER_FAILED);

	/* Awake or not, there is still none. */
	API(ua_accountmove_woke(alice));
	(void)rig_expect(&a, UA_EVENT_REGISTER_FAILED);

	HOST(2);
	look();
	(void)granted(&server);
	ck_assert(is_from("127.0.0.2"));
	(void)rig_expect(&a, UA_EVENT_REGISTERED);

	/* It calls from there, too. */
	ua_call_conf_default(&cconf);
	API(ck_assert_int_eq(0, ua_call_connect(&a.call, a.agent, alice, "bob",
						&cconf, a.errstr)));
	(void)sipbed_request(&server, "INVITE");
	ck_assert(is_from("127.0.0.2"));
	close_all();
}
END_TEST


/* The same addresses, but another one of them leads to the server. */
START_TEST(way_that_changes_alone_moves_the_binding)
{
	struct ua_account_conf conf;
	const struct sip_msg *msg;

	open_at_1();
	HOST(2, 3);
	look();
	(void)rig_expect(&a, UA_EVENT_NETWORK);
	conf = new_conf();
	register_at_1(&conf);
	ck_assert(is_from("127.0.0.2"));

	HOST(3, 2);
	look();
	msg = granted(&server);
	ck_assert(is_from("127.0.0.3"));
	ck_assert(has_contact(msg, "127.0.0.2", ";expires=0"));
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
	ck_assert_uint_eq(1, rig_count(&a, UA_EVENT_NETWORK));

	/* Another look finds nothing more to do. */
	look();
	ck_assert_ptr_null(sipbed_next(&server, 50));
	close_all();
}
END_TEST


/* A new address of the same interface (RFC 8981) is no reason to move. */
START_TEST(address_in_use_is_kept_until_it_is_removed)
{
	struct ua_account_conf conf;

	open_at_1();
	HOST(2);
	look();
	(void)rig_expect(&a, UA_EVENT_NETWORK);
	conf = new_conf();
	register_at_1(&conf);

	HOST(3, 2);
	host.v[1].ifindex = host.v[0].ifindex = 7;
	look();
	(void)granted(&server);
	ck_assert(is_from("127.0.0.2"));

	HOST(3);
	host.v[0].ifindex = 7;
	look();
	(void)granted(&server);
	ck_assert(is_from("127.0.0.3"));
	close_all();
}
END_TEST


START_TEST(network_that_goes_is_told_and_its_return_is_used_at_once)
{
	struct ua_account_conf conf;
	const struct rig_event *e;

	open_at_1();
	conf = new_conf();
	conf.keepalive = _i ? UA_KEEPALIVE_OPTIONS : UA_KEEPALIVE_OFF;
	conf.keepalive_s = 1;
	register_at_1(&conf);

	host.n = 0;
	look();
	e = rig_expect(&a, UA_EVENT_NETWORK);
	ck_assert_uint_eq(0, e->ev.naddr);
	e = rig_expect(&a, UA_EVENT_REGISTER_FAILED);
	ck_assert_uint_eq(0, e->ev.code);
	ck_assert_msg(strstr(e->reason, "no network") != NULL, "%s",
		      e->reason);
	ck_assert(!ua_account_registered(alice));

	/* Nothing is tried, and nothing told, until then. */
	ck_assert_ptr_null(sipbed_next(&server, 1300));
	look();
	rig_linger(5);
	ck_assert_uint_eq(1, rig_count(&a, UA_EVENT_REGISTER_FAILED));
	ck_assert_uint_eq(1, rig_count(&a, UA_EVENT_NETWORK));
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_FLOW_LOST));

	/* 0: the same place; 1: another */
	if (_i)
		HOST(3);
	else
		HOST(1);
	look();
	(void)granted(&server);
	ck_assert(is_from(_i ? "127.0.0.3" : "127.0.0.1"));
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
	if (_i)
		(void)sipbed_request(&server, "OPTIONS");
	close_all();
}
END_TEST


START_TEST(request_in_flight_from_a_dead_address_is_sent_anew)
{
	struct ua_account_conf conf;
	const struct sip_msg *first, *second;

	open_at_1();
	conf = new_conf();
	add(&conf);
	first = sipbed_request(&server, "REGISTER");
	HOST(2);
	look();
	second = granted(&server);
	ck_assert(is_from("127.0.0.2"));
	ck_assert_int_eq(0, pl_cmp(&first->callid, &second->callid));
	ck_assert_uint_gt(second->cseq.num, first->cseq.num);
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_REGISTER_FAILED));
	close_all();
}
END_TEST


START_TEST(way_there_and_back_leaves_no_endpoint_behind)
{
	struct ua_account_conf conf;
	struct ua_endpoint *ep;
	unsigned i;

	open_at_1();
	conf = new_conf();
	register_at_1(&conf);

	for (i = 0; i < 3; i++) {
		if (i % 2)
			HOST(1);
		else
			HOST(2);
		look();
		(void)granted(&server);
		(void)rig_expect(&a, UA_EVENT_REGISTERED);
	}

	/* The first one is not used any more, and is not there. */
	ck_assert_uint_eq(2, list_count(&a.agent->endpoints));
	ck_assert(!ua_site_sweep(a.agent));
	ck_assert_uint_eq(1, list_count(&a.agent->endpoints));
	ck_assert_uint_eq(2, ua_agent_local(a.agent)->ip[3]);

	/* The last one is never closed. */
	host.n = 0;
	ck_assert(ua_site_sweep(a.agent));
	ck_assert_uint_eq(1, list_count(&a.agent->endpoints));
	HOST(2);
	ck_assert_int_eq(0, a.agent->env.endpoint(&a.agent->env,
						  ua_agent_local(a.agent),
						  NULL, &ep));
	close_all();
}
END_TEST


/* A server that is behind a dead address is asked for at another one. */
START_TEST(failed_lookup_is_tried_again_in_another_network)
{
	struct ua_account_conf conf;
	struct ua_agent_conf aconf;

	sipbed_open(&server);
	rig_conf(&aconf);
	ck_assert_int_eq(0, ua_addr_set(&aconf.dns, "127.0.0.1", 9));
	rig_open(&a, &aconf);
	HOST(1);
	a.agent->env.addresses = hostbed_addresses;
	conf = new_conf();
	conf.aor = "sip:alice@nowhere.invalid";
	add(&conf);
	(void)rig_expect(&a, UA_EVENT_REGISTER_FAILED);

	HOST(2);
	look();
	(void)rig_expect(&a, UA_EVENT_REGISTER_FAILED);
	close_all();
}
END_TEST


/* Its name may mean another server there; but it is asked for once. */
START_TEST(server_that_fails_elsewhere_is_looked_up_anew)
{
	struct ua_account_conf conf;

	open_at_1();
	conf = new_conf();
	conf.tp_set = true;
	conf.tp = UA_TP_TCP;
	add(&conf);
	(void)rig_expect(&a, UA_EVENT_REGISTER_FAILED);

	HOST(2);
	look();
	(void)rig_expect(&a, UA_EVENT_NETWORK);
	(void)rig_expect(&a, UA_EVENT_REGISTER_FAILED);
	(void)rig_expect(&a, UA_EVENT_REGISTER_FAILED);
	ck_assert_double_lt(ua_agent_time(a.agent), 0.7);
	rig_linger(500);
	ck_assert_uint_eq(3, rig_count(&a, UA_EVENT_REGISTER_FAILED));
	close_all();
}
END_TEST


/* What fails for want of memory is tried again, and nothing is lost. */
START_TEST(move_without_memory_is_made_good_for)
{
	struct ua_account_conf conf;
	const struct sip_msg *msg;
	unsigned i;

	open_at_1();
	conf = new_conf();
	register_at_1(&conf);

	/* With each success a message comes, of which the server keeps few. */
	for (i = 0; i < (ua_oom_works() ? SIPBED_MSGS - 8 : 4); i++) {
		if (i % 2)
			HOST(1);
		else
			HOST(2);
		ua_oom_limit((long)i);
		ua_accountmove_network(alice);
		ua_oom_limit(-1);
		server.read = server.n;
		rig_linger(2);
	}

	/* Now there is enough of it. */
	HOST(3);
	look();
	do {
		/* So many moves at once are too many: its pace holds it. */
		ck_assert_ptr_nonnull(sipbed_next(&server, 4000));
		--server.read;
		msg = granted(&server);
	} while (!has_contact(msg, "127.0.0.3", ";expires=300"));
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
	close_all();
}
END_TEST


/* ------------------------ another mapping -------------------------- */


static void reply_as(const struct sip_msg *msg, uint16_t port)
{
	sipbed_send(&server, ua_agent_local(a.agent),
		    "SIP/2.0 200 OK\r\n"
		    "Via: SIP/2.0/UDP %r;branch=%r;received=" MAPPED_IP
		    ";rport=%u\r\n"
		    "From: %r\r\n"
		    "To: %r;tag=server\r\n"
		    "Call-ID: %r\r\n"
		    "CSeq: %u %r\r\n"
		    "Content-Length: 0\r\n\r\n",
		    &msg->via.sentby, &msg->via.branch, port, &msg->from.val,
		    &msg->to.val, &msg->callid, msg->cseq.num, &msg->cseq.met);
}


START_TEST(other_mapping_in_a_keepalive_registers_anew_once)
{
	struct ua_account_conf conf;
	const struct sip_msg *msg;
	unsigned registers = 0;
	unsigned pings = 0;

	open_all();
	conf = new_conf();
	conf.keepalive = UA_KEEPALIVE_OPTIONS;
	conf.keepalive_s = 1;
	register_once(&conf);

	/* OPTIONS are seen at another port than REGISTER, always. */
	while (pings < 3) {
		msg = sipbed_next(&server, DEAD_MS);
		ck_assert_ptr_nonnull(msg);
		if (!pl_strcmp(&msg->met, "OPTIONS")) {
			++pings;
			reply_as(msg, MAPPED_PORT + 1);
		}
		else {
			++registers;
			grant(msg, EXPIRES_S);
		}
	}
	ck_assert_uint_eq(1, registers);
	close_all();
}
END_TEST


/* A NAT that gives all calls new ports at once must not make a storm. */
START_TEST(moved_media_registers_each_2_s_at_most)
{
	struct ua_account_conf conf;
	struct ua_env *env;
	double t;
	int i;

	open_all();
	conf = new_conf();
	register_once(&conf);
	env = &a.agent->env;
	t = ua_agent_time(a.agent);
	for (i = 0; i < 10; i++)
		API(env->moved(env));
	grant(sipbed_request(&server, "REGISTER"), EXPIRES_S);
	ck_assert_double_lt(ua_agent_time(a.agent) - t, 0.5);

	for (i = 0; i < 10; i++)
		API(env->moved(env));
	ck_assert_ptr_null(sipbed_next(&server, 1000));
	grant(sipbed_request(&server, "REGISTER"), EXPIRES_S);
	ck_assert_double_gt(ua_agent_time(a.agent) - t, 1.9);
	ck_assert_ptr_null(sipbed_next(&server, 500));
	close_all();
}
END_TEST


/* ------------------------------ calls ------------------------------ */


START_TEST(call_of_an_account_waits_for_its_server)
{
	struct ua_account_conf conf;
	struct ua_call_conf cconf;
	const struct sip_msg *msg;
	char uri[64];

	/* Called at once: where the server is has yet to be found out. */
	open_all();
	conf = new_conf();
	conf.reg = false;
	conf.name = "Alice";
	add(&conf);
	ua_call_conf_default(&cconf);
	API(ck_assert_int_eq(0, ua_call_connect(&a.call, a.agent, alice, "bob",
						&cconf, a.errstr)));
	ck_assert_ptr_eq(alice, ua_call_account(a.call));

	msg = sipbed_request(&server, "INVITE");
	ck_assert_int_eq(0, pl_strcpy(&msg->ruri, uri, sizeof(uri)));
	ck_assert_msg(!strncmp(uri, "sip:bob@127.0.0.1", 17), "%s", uri);
	ck_assert_int_eq(0, pl_strcmp(&msg->from.dname, "Alice"));
	ck_assert_int_eq(0, pl_strcmp(&msg->from.uri.user, "alice"));
	reply(msg, "404 Not Found", NULL);
	(void)sipbed_request(&server, "ACK");
	ck_assert_uint_eq(404, rig_expect(&a, UA_EVENT_CLOSED)->ev.code);
	close_all();
}
END_TEST


START_TEST(call_answers_the_challenge_of_its_proxy)
{
	struct ua_account_conf conf;
	struct ua_call_conf cconf;
	const struct sip_msg *msg;

	open_all();
	conf = new_conf();
	conf.reg = false;
	add(&conf);
	ua_call_conf_default(&cconf);
	API(ck_assert_int_eq(0, ua_call_connect(&a.call, a.agent, alice, "bob",
						&cconf, a.errstr)));
	msg = sipbed_request(&server, "INVITE");
	reply(msg, "407 Proxy Authentication Required",
	      "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n");
	(void)sipbed_request(&server, "ACK");
	msg = sipbed_request(&server, "INVITE");
	ck_assert_ptr_nonnull(strstr(siptext_hdr(msg, "Proxy-Authorization"),
				     "username=\"alice\""));
	reply(msg, "486 Busy Here", NULL);
	ck_assert_uint_eq(486, rig_expect(&a, UA_EVENT_CLOSED)->ev.code);
	close_all();
}
END_TEST


START_TEST(call_for_an_account_is_its_and_strangers_are_not_here)
{
	struct ua_account_conf conf;
	struct ua_call_conf cconf;
	struct rig b;

	open_all();
	rig_open(&b, NULL);
	conf = new_conf();
	conf.reg = false;
	add(&conf);
	rig_linger(5);
	ua_call_conf_default(&cconf);

	API(ck_assert_int_eq(0, ua_call_connect(&b.call, b.agent, NULL,
						rig_uri(&a, "mallory"), &cconf,
						b.errstr)));
	ck_assert_uint_eq(404, rig_expect(&b, UA_EVENT_CLOSED)->ev.code);

	API(ck_assert_int_eq(0, ua_call_connect(&b.call, b.agent, NULL,
						rig_uri(&a, "alice"), &cconf,
						b.errstr)));
	(void)rig_expect(&a, UA_EVENT_INCOMING);
	ck_assert_ptr_eq(alice, ua_call_account(a.call));

	/* The call goes on without its account. */
	API(ua_account_remove(alice));
	rig_answer(&b, &a, NULL, NULL);
	rig_talk(&a, &b, 40);
	rig_bye(&a, &b);
	rig_close(&b);
	close_all();
}
END_TEST


Suite *ua_suite_account(void)
{
	Suite *s = suite_create("account");
	TCase *tc = tcase_create("registration");
	TCase *tk = tcase_create("keepalive");
	TCase *tn = tcase_create("network");
	TCase *tl = tcase_create("calls");

	tcase_set_timeout(tc, RIG_TEST_S);
	tcase_add_loop_test(tc, bad_value_is_named_with_what_was_expected, 0,
			    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, registration_tells_how_the_server_sees_us);
	tcase_add_test(tc, challenge_is_answered_once);
	tcase_add_test(tc, right_password_registers);
	tcase_add_test(tc, refusal_is_told_with_its_words);
	tcase_add_test(tc, server_that_is_not_there_is_named);
	tcase_add_test(tc, stop_unregisters);
	tcase_add_test(tc, second_stop_does_not_wait_for_the_server);
	tcase_add_loop_test(tc, removed_account_unregisters_and_says_no_more,
			    0, 3);
	tcase_add_test(tc, account_without_registration_says_nothing);
	tcase_add_test(tc, proxy_gets_the_registration_and_its_route);
	tcase_add_test(tc, accounts_can_be_walked);
	tcase_add_test(tc, without_memory_no_account_and_no_leak);
	suite_add_tcase(s, tc);

	tcase_set_timeout(tk, 2 * RIG_TEST_S);
	tcase_add_loop_test(tk, keepalive_is_told_when_it_is_answered, 0, 2);
	tcase_add_test(tk, flow_of_a_silent_server_is_lost_and_comes_back);
	tcase_add_test(tk, server_that_ignores_options_is_not_taken_for_dead);
	suite_add_tcase(s, tk);

	tcase_set_timeout(tn, 2 * RIG_TEST_S);
	tcase_add_loop_test(tn, address_that_goes_takes_the_binding_along, 0,
			    2);
	tcase_add_test(tn, account_made_without_a_network_finds_it_later);
	tcase_add_test(tn, way_that_changes_alone_moves_the_binding);
	tcase_add_test(tn, address_in_use_is_kept_until_it_is_removed);
	tcase_add_loop_test(
		tn, network_that_goes_is_told_and_its_return_is_used_at_once,
		0, 2);
	tcase_add_test(tn, request_in_flight_from_a_dead_address_is_sent_anew);
	tcase_add_test(tn, way_there_and_back_leaves_no_endpoint_behind);
	tcase_add_test(tn, failed_lookup_is_tried_again_in_another_network);
	tcase_add_test(tn, server_that_fails_elsewhere_is_looked_up_anew);
	tcase_add_test(tn, move_without_memory_is_made_good_for);
	tcase_add_test(tn, other_mapping_in_a_keepalive_registers_anew_once);
	tcase_add_test(tn, moved_media_registers_each_2_s_at_most);
	suite_add_tcase(s, tn);

	tcase_set_timeout(tl, RIG_TEST_S);
	tcase_add_test(tl, call_of_an_account_waits_for_its_server);
	tcase_add_test(tl, call_answers_the_challenge_of_its_proxy);
	tcase_add_test(tl,
		       call_for_an_account_is_its_and_strangers_are_not_here);
	suite_add_tcase(s, tl);

	return s;
}
