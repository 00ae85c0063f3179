/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_accountmove.c  Accounts whose host is elsewhere now */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "hostbed.h"
#include "oom.h"
#include "accountbed.h"

Suite *ua_suite_accountmove(void);


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


Suite *ua_suite_accountmove(void)
{
	Suite *s = suite_create("accountmove");
	TCase *tn = tcase_create("network");

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

	return s;
}
