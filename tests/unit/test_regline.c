/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_regline.c  Registering at a registrar that plays by the letter
 */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "sip/regline.h"
#include "sipbed.h"

Suite *ua_suite_regline(void);

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


Suite *ua_suite_regline(void)
{
	Suite *s = suite_create("regline");
	TCase *tc = tcase_create("regline");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, registers_refreshes_and_leaves);
	tcase_add_test(tc, wrong_password_ends_after_one_retry);
	tcase_add_test(tc, refused_connection_is_told_and_tried_again);
	tcase_add_test(tc, owner_may_drop_the_line_in_its_event);
	tcase_add_test(tc, dropped_line_is_silent);
	suite_add_tcase(s, tc);

	return s;
}
