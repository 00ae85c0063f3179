/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_regline.c  Registering at a registrar that plays by the letter
 */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/addr.h"
#include "sip/regline.h"
#include "mutebed.h"

Suite *ua_suite_regline(void);

#define URN "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"

static struct ua_endpoint *ep;
static struct ua_regline *line;
static struct sipbed_peer peer;
static struct ua_reg_event last;
static struct ua_addr last_local;
static size_t n;
static bool drop;


static void event_handler(struct ua_regline *l, const struct ua_reg_event *ev,
			  const struct ua_addr *local, void *arg)
{
	ck_assert_ptr_eq(l, line);
	ck_assert_ptr_eq(&peer, arg);
	last = *ev;
	last_local = *local;
	++n;
	if (drop)
		line = mem_deref(line);
}


static void setup(void)
{
	const struct ua_endpoint_conf conf = sipbed_conf();

	n = 0;
	drop = false;
	ck_assert_int_eq(0, ua_endpoint_alloc(&ep, &conf));
	sipbed_open(&peer);
}


static void teardown(void)
{
	line = mem_deref(line);
	ep = mem_deref(ep);
	sipbed_close(&peer);
}


static void start(enum ua_tp tp)
{
	struct ua_regline_conf conf = {
		.registrar = "sip:example.com",
		.aor = "sip:alice@example.com",
		.cred = { .user = "alice", .password = "wonder" },
		.instance = URN,
		.reg_id = 1,
		.h = event_handler,
		.arg = &peer,
	};
	char contact[UA_ENDPOINT_URI_MAX];

	ck_assert_int_eq(0, ua_endpoint_contact(ep, contact, "alice", tp));
	conf.contact = contact;
	conf.hop.tp = tp;
	ua_addr_from_sa(&conf.hop.addr, &peer.local);
	ck_assert_int_eq(0, ua_regline_alloc(&line, ep, &conf));
}


static bool told(void *arg)
{
	return n >= *(size_t *)arg;
}


static void expect(size_t count, enum ua_reg_ev type)
{
	ck_assert_msg(sipbed_run(told, &count, 2000), "no event %zu", count);
	ck_assert_uint_eq(count, n);
	ck_assert_int_eq(type, last.type);
}


#define CHALLENGE                                                             \
	"WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\", "   \
	"algorithm=SHA-256\r\n"


START_TEST(registers_refreshes_and_leaves)
{
	const struct sip_msg *req;
	struct ua_addr mine;

	start(UA_TP_UDP);
	req = sipbed_request(&peer, "REGISTER");
	sipbed_reply(&peer, req, "401 Unauthorized", "s", CHALLENGE, NULL);
	req = sipbed_request(&peer, "REGISTER");
	ck_assert_ptr_nonnull(sip_msg_hdr(req, SIP_HDR_AUTHORIZATION));
	ck_assert_uint_eq(0, n);
	sipbed_reply(&peer, req, "200 OK", "s", "Expires: 100\r\n", NULL);
	expect(1, UA_REG_REGISTERED);
	ck_assert_uint_eq(100, last.expires_s);
	ck_assert(ua_addr_eq(&last_local, ua_endpoint_local(ep)));
	ck_assert_int_eq(0, ua_addr_set(&mine, "127.0.0.9",
					ua_endpoint_local(ep)->port));
	ck_assert(ua_addr_ip_eq(&last.mapped, &mine));

	ua_regline_refresh(line);
	req = sipbed_request(&peer, "REGISTER");
	sipbed_reply(&peer, req, "200 OK", "s", "Expires: 100\r\n", NULL);
	expect(2, UA_REG_REGISTERED);

	ua_regline_stop(line);
	req = sipbed_request(&peer, "REGISTER");
	ck_assert_str_eq("0", siptext_hdr(req, "Expires"));
	sipbed_reply(&peer, req, "200 OK", "s", "", NULL);
	expect(3, UA_REG_UNREGISTERED);
	ck_assert_uint_eq(0, ua_endpoint_busy(ep));
}
END_TEST


START_TEST(wrong_password_ends_after_one_retry)
{
	const struct sip_msg *req;

	start(UA_TP_UDP);
	req = sipbed_request(&peer, "REGISTER");
	sipbed_reply(&peer, req, "401 Unauthorized", "s", CHALLENGE, NULL);
	req = sipbed_request(&peer, "REGISTER");
	sipbed_reply(&peer, req, "401 Unauthorized", "s", CHALLENGE, NULL);
	expect(1, UA_REG_FAILED);
	ck_assert_int_eq(EACCES, last.err);
	ck_assert_int_eq(UA_REG_IDLE, ua_regline_state(line));
	ck_assert_ptr_null(sipbed_next(&peer, 100));
}
END_TEST


START_TEST(gruu_route_and_flow_of_the_answer_are_told)
{
	const struct sip_msg *req;
	char hdrs[512], contact[256];

	start(UA_TP_UDP);
	req = sipbed_request(&peer, "REGISTER");
	ck_assert_ptr_nonnull(strstr(siptext_hdr(req, "Contact"),
				     ";+sip.instance=\"<" URN ">\";reg-id=1"));
	ck_assert_ptr_null(ua_regline_gruu(line, false));
	str_ncpy(contact, siptext_hdr(req, "Contact"), sizeof(contact));
	(void)re_snprintf(hdrs, sizeof(hdrs),
			  "Contact: %s;pub-gruu=\"sip:a@example.com;gr=1\""
			  ";temp-gruu=\"sip:t@example.com;gr\"\r\n"
			  "Service-Route: <sip:p.example.com;lr>\r\n"
			  "Require: outbound\r\nFlow-Timer: 40\r\n",
			  contact);
	sipbed_reply(&peer, req, "200 OK", "s", hdrs, NULL);
	expect(1, UA_REG_REGISTERED);
	ck_assert(last.outbound);
	ck_assert_uint_eq(40, last.flow_timer_s);
	ck_assert_str_eq("sip:a@example.com;gr=1",
			 ua_regline_gruu(line, false));
	ck_assert_str_eq("sip:t@example.com;gr", ua_regline_gruu(line, true));
	ck_assert_str_eq("<sip:p.example.com;lr>",
			 ua_regline_service_route(line));
}
END_TEST


START_TEST(redirect_is_told_and_followed_by_the_owner)
{
	const struct sip_msg *req;
	char contact[UA_ENDPOINT_URI_MAX];
	struct ua_hop hop = { .tp = UA_TP_UDP };

	start(UA_TP_UDP);
	req = sipbed_request(&peer, "REGISTER");
	sipbed_reply(&peer, req, "302 Moved", "s",
		     "Contact: <sip:lost.example.net>\r\n", NULL);
	expect(1, UA_REG_REDIRECTED);
	ck_assert_str_eq("sip:lost.example.net", last.target);
	ua_regline_failed(line, ENOENT);
	ck_assert_uint_eq(1, n);
	expect(2, UA_REG_FAILED);
	expect(3, UA_REG_REDIRECTED);
	ck_assert_str_eq("sip:example.com", ua_regline_hop(line));

	/* The look-up found the same way again. */
	ua_regline_restart(line);
	req = sipbed_request(&peer, "REGISTER");
	ck_assert(!pl_strcmp(&req->ruri, "sip:example.com"));
	sipbed_reply(&peer, req, "302 Moved", "s",
		     "Contact: <sip:reg2.example.net>\r\n", NULL);
	expect(4, UA_REG_REDIRECTED);
	ua_addr_from_sa(&hop.addr, &peer.local);
	ck_assert_int_eq(0,
			 ua_endpoint_contact(ep, contact, "alice", UA_TP_UDP));
	ck_assert_int_eq(0, ua_regline_move(line, ep, &hop, contact));
	req = sipbed_request(&peer, "REGISTER");
	ck_assert(!pl_strcmp(&req->ruri, "sip:reg2.example.net"));
	sipbed_reply(&peer, req, "200 OK", "s", "Expires: 100\r\n", NULL);
	expect(5, UA_REG_REGISTERED);
}
END_TEST


START_TEST(refused_connection_is_told_and_tried_again)
{
	start(UA_TP_TCP);
	ck_assert_uint_eq(0, n);
	expect(1, UA_REG_FAILED);
	ck_assert_int_eq(ECONNREFUSED, last.err);
	ck_assert_uint_le(last.retry_ms, 1250);
	ck_assert_int_eq(UA_REG_WAITING, ua_regline_state(line));
	expect(2, UA_REG_FAILED);
}
END_TEST


START_TEST(owner_may_drop_the_line_in_its_event)
{
	const struct sip_msg *req;
	size_t one = 1;

	drop = true;
	start(UA_TP_UDP);
	req = sipbed_request(&peer, "REGISTER");
	sipbed_reply(&peer, req, "200 OK", "s", "", NULL);
	ck_assert(sipbed_run(told, &one, 2000));
	ck_assert_ptr_null(line);
	ck_assert_ptr_null(sipbed_next(&peer, 50));
}
END_TEST


START_TEST(dropped_line_is_silent)
{
	start(UA_TP_UDP);
	(void)sipbed_request(&peer, "REGISTER");
	line = mem_deref(line);
	sipbed_reply(&peer, peer.msgv[0], "200 OK", "s", "", NULL);
	ck_assert_ptr_null(sipbed_next(&peer, 50));
	ck_assert_uint_eq(0, n);
}
END_TEST


START_TEST(line_moves_to_another_endpoint)
{
	struct ua_endpoint_conf conf = sipbed_conf();
	struct ua_endpoint *other;
	char contact[UA_ENDPOINT_URI_MAX];
	const struct sip_msg *first, *second;
	struct ua_hop hop = { .tp = UA_TP_UDP };
	struct ua_addr from;

	ck_assert_int_eq(0, ua_addr_set(&conf.local, "127.0.0.2", 0));
	ck_assert_int_eq(0, ua_endpoint_alloc(&other, &conf));
	ck_assert_int_eq(
		0, ua_endpoint_contact(other, contact, "alice", UA_TP_UDP));
	ua_addr_from_sa(&hop.addr, &peer.local);

	/* In flight, and the endpoint that it left from goes. */
	start(UA_TP_UDP);
	first = sipbed_request(&peer, "REGISTER");
	ck_assert_int_eq(EINVAL, ua_regline_move(line, other, &hop, "x"));
	ck_assert_int_eq(0, ua_regline_move(line, other, &hop, contact));
	ck_assert_uint_eq(0, ua_endpoint_busy(ep));
	ep = mem_deref(ep);

	second = sipbed_request(&peer, "REGISTER");
	ua_addr_from_sa(&from, &peer.from);
	ck_assert(ua_addr_eq(ua_endpoint_local(other), &from));
	ck_assert_int_eq(0, pl_cmp(&first->callid, &second->callid));
	sipbed_reply(&peer, second, "200 OK", "s", "Expires: 100\r\n", NULL);
	expect(1, UA_REG_REGISTERED);
	ck_assert(ua_addr_eq(ua_endpoint_local(other), &last_local));

	line = mem_deref(line);
	mem_deref(other);
}
END_TEST


START_TEST(held_line_begins_nothing_until_it_restarts)
{
	const struct sip_msg *first, *req;

	start(UA_TP_UDP);
	first = sipbed_request(&peer, "REGISTER");
	ua_regline_hold(line);

	/* libre's transaction may go on, nobody listens to its answer. */
	while ((req = sipbed_next(&peer, 700)) != NULL && peer.n < 3)
		ck_assert_uint_eq(first->cseq.num, req->cseq.num);
	sipbed_reply(&peer, first, "200 OK", "s", "", NULL);

	/* Nothing is told in this time. */
	(void)sipbed_run(NULL, NULL, 20);
	ck_assert_uint_eq(0, n);

	ua_regline_restart(line);
	req = sipbed_request(&peer, "REGISTER");
	ck_assert_uint_gt(req->cseq.num, first->cseq.num);
	sipbed_reply(&peer, req, "200 OK", "s", "Expires: 100\r\n", NULL);
	expect(1, UA_REG_REGISTERED);
}
END_TEST


/* A refresh takes the connection there is; a restart does not trust it. */
START_TEST(restart_opens_another_connection)
{
	struct mutebed stream;

	mutebed_open(&stream, "Expires: 100\r\n");
	peer.local = stream.local;
	start(UA_TP_TCP);
	expect(1, UA_REG_REGISTERED);
	ua_regline_refresh(line);
	expect(2, UA_REG_REGISTERED);
	ck_assert_uint_eq(1, stream.accepted);

	ua_regline_restart(line);
	ua_regline_restart(line);
	expect(3, UA_REG_REGISTERED);
	ck_assert_uint_eq(1, stream.closed);
	ck_assert_uint_eq(2, stream.accepted);

	/* A goodbye does not wait for that. */
	ua_regline_restart(line);
	ua_regline_stop(line);
	line = mem_deref(line);
	mutebed_close(&stream);
}
END_TEST


Suite *ua_suite_regline(void)
{
	Suite *s = suite_create("regline");
	TCase *tc = tcase_create("regline");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, registers_refreshes_and_leaves);
	tcase_add_test(tc, wrong_password_ends_after_one_retry);
	tcase_add_test(tc, gruu_route_and_flow_of_the_answer_are_told);
	tcase_add_test(tc, redirect_is_told_and_followed_by_the_owner);
	tcase_add_test(tc, refused_connection_is_told_and_tried_again);
	tcase_add_test(tc, owner_may_drop_the_line_in_its_event);
	tcase_add_test(tc, dropped_line_is_silent);
	tcase_add_test(tc, line_moves_to_another_endpoint);
	tcase_add_test(tc, held_line_begins_nothing_until_it_restarts);
	tcase_add_test(tc, restart_opens_another_connection);
	suite_add_tcase(s, tc);

	return s;
}
