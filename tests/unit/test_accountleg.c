/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_accountleg.c  Accounts with two flows, against registrars by the
 * letter */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "oom.h"
#include "legbed.h"

Suite *ua_suite_accountleg(void);


static void is_goodbye(const struct sip_msg *msg)
{
	ck_assert_str_eq("0", siptext_hdr(msg, "Expires"));
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

	first_of_two(&conf);
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

	first_of_two(&conf);
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
