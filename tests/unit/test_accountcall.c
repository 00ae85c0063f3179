/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_accountcall.c  Calls of an account: by which flow, with which
 * Contact and Route */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "legbed.h"

Suite *ua_suite_accountcall(void);


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


Suite *ua_suite_accountcall(void)
{
	Suite *s = suite_create("accountcall");
	TCase *tl = tcase_create("calls");

	tcase_set_timeout(tl, TIMEOUT_S);
	tcase_add_checked_fixture(tl, setup, teardown);
	tcase_add_loop_test(tl, call_by_either_flow_rings_once, 0, 2);
	tcase_add_test(tl, call_at_either_address_rings_once);
	tcase_add_loop_test(tl, gruu_is_the_contact_of_calls, 0, 2);
	tcase_add_loop_test(tl, without_a_gruu_outbound_is_told_by_ob, 0, 2);
	tcase_add_test(tl, call_on_the_second_flow_has_its_gruu);
	tcase_add_loop_test(tl, service_route_is_behind_the_proxy, 0, 2);
	suite_add_tcase(s, tl);

	return s;
}
