/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_account.c  Accounts, against a registrar by the letter */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "oom.h"
#include "accountbed.h"

Suite *ua_suite_account(void);


static void challenge(const struct sip_msg *msg)
{
	reply(msg, "401 Unauthorized",
	      "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\","
	      " algorithm=MD5, qop=\"auth\"\r\n");
}


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
	TCase *tl = tcase_create("calls");

	tcase_set_timeout(tc, RIG_TEST_S);
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

	tcase_set_timeout(tl, RIG_TEST_S);
	tcase_add_test(tl, call_of_an_account_waits_for_its_server);
	tcase_add_test(tl, call_answers_the_challenge_of_its_proxy);
	tcase_add_test(tl,
		       call_for_an_account_is_its_and_strangers_are_not_here);
	suite_add_tcase(s, tl);

	return s;
}
