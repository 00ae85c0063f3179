/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_accounttarget.c  Servers of an account: those that fail, and
 * those it is sent to */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "hostbed.h"
#include "legbed.h"

Suite *ua_suite_accounttarget(void);


static bool shunned(const struct server *server, uint64_t in_ms)
{
	struct ua_addr addr;

	ua_addr_from_sa(&addr, &server->peer.local);
	return ua_shun_is(&a.agent->env.shun, ua_clock_ms() + in_ms, &addr,
			  UA_TP_UDP);
}


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

	first_of_two(&conf);
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


Suite *ua_suite_accounttarget(void)
{
	Suite *s = suite_create("accounttarget");
	TCase *tr = tcase_create("redirects");
	TCase *ts = tcase_create("servers");

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

	return s;
}
