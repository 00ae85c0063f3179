/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_regans.c  What a 2xx to a REGISTER gives: outbound, GRUU, routes
 */

#include <check.h>
#include <errno.h>

#include "regbed.h"

Suite *ua_suite_regans(void);

#define PUB "sip:alice@example.com;gr=" REGBED_URN
#define TEMP "sip:tgruu.7hatz6cn-098shfyq193=ajfux8fyg7ajqqe7@example.com;gr"
#define OUR_INSTANCE ";+sip.instance=\"<" REGBED_URN ">\";reg-id=1"
#define GRUUS                                                                 \
	"Contact: <" REGBED_CONTACT ">;expires=120;pub-gruu=\"" PUB "\""      \
	";temp-gruu=\"" TEMP "\"" OUR_INSTANCE "\n"
#define OUTBOUND "Require: outbound\n"


/* Supported has these, and nothing else. */
static void check_supported(const struct sip_msg *req, bool gruu,
			    bool outbound)
{
	const enum sip_hdrid id = SIP_HDR_SUPPORTED;

	ck_assert(sip_msg_hdr_has_value(req, id, "path"));
	ck_assert(gruu == sip_msg_hdr_has_value(req, id, "gruu"));
	ck_assert(outbound == sip_msg_hdr_has_value(req, id, "outbound"));
	ck_assert_uint_eq(1U + gruu + outbound, sip_msg_hdr_count(req, id));
}


START_TEST(register_asks_for_a_flow_and_a_gruu)
{
	struct sip_msg *req = regbed_sent(&bed);

	ck_assert_str_eq("<" REGBED_CONTACT ">;expires=300" OUR_INSTANCE,
			 siptext_hdr(req, "Contact"));
	check_supported(req, true, true);
	mem_deref(req);
}
END_TEST


START_TEST(register_without_a_flow_asks_for_none)
{
	struct sip_msg *req;

	bed.conf.reg_id = 0;
	regbed_begin(&bed);
	req = regbed_sent(&bed);
	ck_assert_str_eq("<" REGBED_CONTACT ">;expires=300;+sip.instance="
			 "\"<" REGBED_URN ">\"",
			 siptext_hdr(req, "Contact"));
	check_supported(req, true, false);
	mem_deref(req);

	bed.conf.instance = NULL;
	regbed_begin(&bed);
	req = regbed_sent(&bed);
	ck_assert_str_eq("<" REGBED_CONTACT ">;expires=300",
			 siptext_hdr(req, "Contact"));
	check_supported(req, false, false);
	mem_deref(req);
}
END_TEST


/* _i: instances that are none; the last is a flow without one */
START_TEST(instance_that_is_no_urn_is_einval)
{
	static const char *const instances[] = {
		"",
		"urn:",
		"f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
		"<" REGBED_URN ">",
		"urn:uuid:a b",
		"urn:uuid:a\"",
		"urn:uuid:a\r\nX: y",
		NULL,
	};
	struct ua_reg *reg = NULL;

	bed.conf.instance = instances[_i];
	ck_assert_int_eq(EINVAL, ua_reg_alloc(&reg, &bed.conf));
	ck_assert_ptr_null(reg);
}
END_TEST


START_TEST(outbound_is_told_if_the_registrar_requires_it)
{
	struct ua_reg_event ev;

	ev = regbed_bind(&bed, REGBED_OURS "Require: path, outbound\n"
					   "Flow-Timer: 120\n");
	ck_assert(ev.outbound);
	ck_assert_uint_eq(120, ev.flow_timer_s);

	ua_reg_start(bed.reg, bed.now);
	ev = regbed_bind(&bed, REGBED_OURS "Supported: outbound\n");
	ck_assert(!ev.outbound);
	ck_assert_uint_eq(0, ev.flow_timer_s);

	/* Who did not ask has no flow that would be kept. */
	bed.conf.reg_id = 0;
	regbed_begin(&bed);
	ck_assert(!regbed_bind(&bed, REGBED_OURS OUTBOUND).outbound);
}
END_TEST


struct timer {
	const char *header;
	uint32_t s;
};


static const struct timer timers[] = {
	{ "Flow-Timer: 0\n", 0 },
	{ "Flow-Timer: abc\n", 0 },
	{ "Flow-Timer: -5\n", 0 },
	{ "Flow-Timer:\n", 0 },
	{ "Flow-Timer: 1\n", UA_REG_FLOW_MIN_S },
	{ "Flow-Timer: 25\n", 25 },
	{ "Flow-Timer: 3601\n", UA_REG_FLOW_MAX_S },
	{ "Flow-Timer: 4294967296\n", UA_REG_FLOW_MAX_S },
};


START_TEST(flow_timer_is_kept_within_bounds)
{
	char headers[256];

	(void)re_snprintf(headers, sizeof(headers), REGBED_OURS OUTBOUND "%s",
			  timers[_i].header);
	ck_assert_uint_eq(timers[_i].s,
			  regbed_bind(&bed, headers).flow_timer_s);
}
END_TEST


START_TEST(gruus_are_those_of_our_binding)
{
	(void)regbed_bind(&bed, "Contact: <sip:alice@203.0.113.4>;expires=9"
				";pub-gruu=\"sip:x@example.com;gr=x\""
				";+sip.instance=\"<urn:uuid:x>\"\n" GRUUS);
	ck_assert_str_eq(PUB, ua_reg_gruu(bed.reg, false));
	ck_assert_str_eq(TEMP, ua_reg_gruu(bed.reg, true));
}
END_TEST


START_TEST(gruu_of_another_phone_is_not_ours)
{
	(void)regbed_bind(&bed, "Contact: <sip:alice@203.0.113.4>;expires=9"
				";pub-gruu=\"" PUB
				"\";+sip.instance=\"<urn:uuid:x>\", "
				"<" REGBED_CONTACT ">;expires=100\n");
	ck_assert_ptr_null(ua_reg_gruu(bed.reg, false));
	ck_assert_ptr_null(ua_reg_gruu(bed.reg, true));
}
END_TEST


/* _i: values that are no SIP URI, or would break a header */
START_TEST(gruu_that_is_no_sip_uri_is_none)
{
	static const char *const values[] = {
		"\"\"",
		"\"tel:+15551234\"",
		"\"urn:uuid:x\"",
		"\"<" PUB ">\"",
		"\"sip:a\\\"b@example.com\"",
		"\"sip:a\\b@example.com\"",
		"\"sip:a b@example.com\"",
		"\"sip:a@example.com",
	};
	char headers[512];

	(void)re_snprintf(headers, sizeof(headers),
			  "Contact: <" REGBED_CONTACT ">;expires=120"
			  ";pub-gruu=%s\n",
			  values[_i]);
	(void)regbed_bind(&bed, headers);
	ck_assert_ptr_null(ua_reg_gruu(bed.reg, false));
}
END_TEST


START_TEST(each_answer_replaces_the_gruus)
{
	(void)regbed_bind(&bed, GRUUS);
	ua_reg_start(bed.reg, bed.now);

	/* A refusal takes none away (RFC 5627, 4.2). */
	regbed_reply(&bed, "503 Busy", "");
	(void)regbed_event(&bed, UA_REG_FAILED);
	ck_assert_str_eq(PUB, ua_reg_gruu(bed.reg, false));

	regbed_wait(&bed);
	(void)regbed_bind(&bed, REGBED_OURS);
	ck_assert_ptr_null(ua_reg_gruu(bed.reg, false));
	ck_assert_ptr_null(ua_reg_gruu(bed.reg, true));
}
END_TEST


START_TEST(gruus_end_with_the_binding)
{
	(void)regbed_bind(&bed, GRUUS);
	ua_reg_start(bed.reg, bed.now);
	mem_deref(regbed_sent(&bed));
	bed.now += 119999;
	ua_reg_tick(bed.reg, bed.now);
	ck_assert_ptr_nonnull(ua_reg_gruu(bed.reg, true));
	regbed_wait(&bed);
	ck_assert_ptr_null(ua_reg_gruu(bed.reg, true));
	ck_assert_ptr_null(ua_reg_gruu(bed.reg, false));
}
END_TEST


START_TEST(gruus_end_when_we_leave)
{
	(void)regbed_bind(&bed, GRUUS);
	ua_reg_stop(bed.reg, bed.now);
	regbed_reply(&bed, "200 OK", "");
	(void)regbed_event(&bed, UA_REG_UNREGISTERED);
	ck_assert_ptr_null(ua_reg_gruu(bed.reg, false));
}
END_TEST


START_TEST(temporary_gruu_is_refreshed_while_a_transaction_fits)
{
	struct ua_reg_event ev;
	int i;

	for (i = 0; i < 30; i++) {
		ev = regbed_bind(&bed, GRUUS);
		ck_assert_uint_le(ev.retry_ms, 120000 - 32000);
		ck_assert_uint_ge(ev.retry_ms, 70000);
		regbed_wait(&bed);

		ev = regbed_bind(&bed, "Contact: <" REGBED_CONTACT ">"
				       ";expires=60;temp-gruu=\"" TEMP "\"\n");
		ck_assert_uint_le(ev.retry_ms, 30000);
		ck_assert_uint_ge(ev.retry_ms, 24000);
		regbed_wait(&bed);
	}
}
END_TEST


START_TEST(service_route_keeps_its_order)
{
	(void)regbed_bind(&bed, REGBED_OURS
			  "Service-Route: <sip:p1.example.com;lr>,"
			  " <sip:p2.example.com;lr>;x=\"y, z\"\n"
			  "Service-Route: \"P, 3\" <sip:p3.example.com;lr>\n");
	ck_assert_str_eq("<sip:p1.example.com;lr>, <sip:p2.example.com;lr>"
			 ";x=\"y, z\", \"P, 3\" <sip:p3.example.com;lr>",
			 ua_reg_service_route(bed.reg));
}
END_TEST


START_TEST(each_answer_replaces_the_service_route)
{
	(void)regbed_bind(&bed,
			  REGBED_OURS "Service-Route: <sip:p1.test;lr>\n");
	ua_reg_start(bed.reg, bed.now);
	(void)regbed_bind(&bed,
			  REGBED_OURS "Service-Route: <sip:p2.test;lr>\n");
	ck_assert_str_eq("<sip:p2.test;lr>", ua_reg_service_route(bed.reg));
	ua_reg_start(bed.reg, bed.now);
	(void)regbed_bind(&bed, REGBED_OURS);
	ck_assert_ptr_null(ua_reg_service_route(bed.reg));
}
END_TEST


START_TEST(service_route_is_dropped_when_refused_and_kept_in_silence)
{
	(void)regbed_bind(&bed,
			  REGBED_OURS "Service-Route: <sip:p1.test;lr>\n");
	ua_reg_start(bed.reg, bed.now);
	mem_deref(regbed_sent(&bed));
	ua_reg_failed(bed.reg, bed.now, ETIMEDOUT);
	(void)regbed_event(&bed, UA_REG_FAILED);
	ck_assert_ptr_nonnull(ua_reg_service_route(bed.reg));

	regbed_wait(&bed);
	regbed_reply(&bed, "403 Forbidden", "");
	(void)regbed_event(&bed, UA_REG_FAILED);
	ck_assert_ptr_null(ua_reg_service_route(bed.reg));
}
END_TEST


/* _i: routes of which one is broken: all of it leads nowhere */
START_TEST(broken_service_route_is_none)
{
	static const char *const values[] = {
		"",
		"<>",
		"sip:p1.test;lr",
		"<sip:p1.test;lr>, <tel:1>",
		"<sip:p1.test;lr>, nonsense",
	};
	char headers[256];

	(void)re_snprintf(headers, sizeof(headers),
			  REGBED_OURS "Service-Route: %s\n", values[_i]);
	(void)regbed_bind(&bed, headers);
	ck_assert_ptr_null(ua_reg_service_route(bed.reg));
}
END_TEST


/* _i: 16 are as many as a dialog takes, 17 are too many; and too long */
START_TEST(service_route_is_bounded)
{
	char headers[3500] = REGBED_OURS;
	size_t n = strlen(headers);
	int i;

	for (i = 0; i < (_i == 2 ? 16 : 16 + _i); i++)
		n += (size_t)re_snprintf(
			headers + n, sizeof(headers) - n,
			"Service-Route: <sip:p%d%s.test;lr>\n", i,
			_i == 2 ? "-with-a-name-that-is-longer-than-any-one-"
				  "would-give-to-a-proxy-even-if-he-could-"
				  "and-so-the-sum-is-more-than-is-taken-here"
				: "");

	(void)regbed_bind(&bed, headers);
	if (_i == 0)
		ck_assert_ptr_nonnull(ua_reg_service_route(bed.reg));
	else
		ck_assert_ptr_null(ua_reg_service_route(bed.reg));
}
END_TEST


START_TEST(proxy_without_outbound_gets_none_from_then_on)
{
	struct sip_msg *req;
	int i;

	regbed_reply(&bed, "439 First Hop Lacks Outbound Support", "");
	for (i = 0; i < 2; i++) {
		req = regbed_sent(&bed);
		ck_assert_str_eq("<" REGBED_CONTACT ">;expires=300"
				 ";+sip.instance=\"<" REGBED_URN ">\"",
				 siptext_hdr(req, "Contact"));
		check_supported(req, true, false);
		regbed_answer(&bed, req, "200 OK", REGBED_OURS OUTBOUND);
		ck_assert(!regbed_event(&bed, UA_REG_REGISTERED).outbound);
		ua_reg_start(bed.reg, bed.now);
	}

	/* It was not asked for, and refused all the same. */
	regbed_reply(&bed, "439 First Hop Lacks Outbound Support", "");
	ck_assert_uint_eq(439, regbed_event(&bed, UA_REG_FAILED).code);
}
END_TEST


START_TEST(flow_replaces_the_old_contact_by_itself)
{
	struct sip_msg *req;

	(void)regbed_bind(&bed, REGBED_OURS OUTBOUND);
	ck_assert_int_eq(0, ua_reg_move(bed.reg, "sip:alice@192.0.2.7"));
	ua_reg_restart(bed.reg, bed.now);
	req = regbed_sent(&bed);
	ck_assert_uint_eq(1, sip_msg_hdr_count(req, SIP_HDR_CONTACT));
	mem_deref(req);
}
END_TEST


START_TEST(goodbye_names_our_binding_alone)
{
	struct sip_msg *req;

	(void)regbed_bind(&bed, GRUUS OUTBOUND
			  "Contact: <sip:alice@203.0.113.4>;expires=9\n");
	ua_reg_stop(bed.reg, bed.now);
	req = regbed_sent(&bed);
	ck_assert_uint_eq(1, sip_msg_hdr_count(req, SIP_HDR_CONTACT));
	ck_assert_str_eq("<" REGBED_CONTACT ">;expires=0" OUR_INSTANCE,
			 siptext_hdr(req, "Contact"));
	mem_deref(req);
}
END_TEST


START_TEST(answer_without_our_contact_is_a_failure)
{
	struct ua_reg_event ev;

	regbed_reply(&bed, "200 OK",
		     "Contact: <sip:alice@203.0.113.4>;expires=900, "
		     "<sip:alice@203.0.113.5>;expires=900\n");
	ev = regbed_event(&bed, UA_REG_FAILED);
	ck_assert_str_eq("the registrar's answer does not have our "
			 "Contact: " REGBED_CONTACT,
			 ev.reason);
	ck_assert_int_eq(EPROTO, ev.err);
	ck_assert_uint_ge(ev.retry_ms, 45000);
	regbed_state(&bed, UA_REG_WAITING);
}
END_TEST


START_TEST(registrar_that_rewrites_the_contact_is_understood)
{
	ck_assert_uint_eq(
		95, regbed_bind(&bed, "Contact: <sip:alice@203.0.113.4:9>"
				      ";expires=900, <sip:alice@203.0.113.5:"
				      "1024;x=y>;expires=95" OUR_INSTANCE "\n")
			    .expires_s);
}
END_TEST


static int all_is_there(struct regbed *b)
{
	const int err = regbed_tried_again(b);

	if (!err &&
	    (!ua_reg_gruu(b->reg, false) || !ua_reg_gruu(b->reg, true) ||
	     !ua_reg_service_route(b->reg)))
		return EPROTO;

	return err;
}


START_TEST(without_memory_it_is_tried_again)
{
	regbed_oom("200 OK", GRUUS "Service-Route: <sip:p.test;lr>\n",
		   all_is_there);
}
END_TEST


Suite *ua_suite_regans(void)
{
	Suite *s = suite_create("regans");
	TCase *tc = tcase_create("regans");

	tcase_add_checked_fixture(tc, regbed_setup, regbed_teardown);
	tcase_add_test(tc, register_asks_for_a_flow_and_a_gruu);
	tcase_add_test(tc, register_without_a_flow_asks_for_none);
	tcase_add_loop_test(tc, instance_that_is_no_urn_is_einval, 0, 8);
	tcase_add_test(tc, outbound_is_told_if_the_registrar_requires_it);
	tcase_add_loop_test(tc, flow_timer_is_kept_within_bounds, 0,
			    (int)(sizeof(timers) / sizeof(*timers)));
	tcase_add_test(tc, gruus_are_those_of_our_binding);
	tcase_add_test(tc, gruu_of_another_phone_is_not_ours);
	tcase_add_loop_test(tc, gruu_that_is_no_sip_uri_is_none, 0, 8);
	tcase_add_test(tc, each_answer_replaces_the_gruus);
	tcase_add_test(tc, gruus_end_with_the_binding);
	tcase_add_test(tc, gruus_end_when_we_leave);
	tcase_add_test(tc,
		       temporary_gruu_is_refreshed_while_a_transaction_fits);
	tcase_add_test(tc, service_route_keeps_its_order);
	tcase_add_test(tc, each_answer_replaces_the_service_route);
	tcase_add_test(
		tc, service_route_is_dropped_when_refused_and_kept_in_silence);
	tcase_add_loop_test(tc, broken_service_route_is_none, 0, 5);
	tcase_add_loop_test(tc, service_route_is_bounded, 0, 3);
	tcase_add_test(tc, proxy_without_outbound_gets_none_from_then_on);
	tcase_add_test(tc, flow_replaces_the_old_contact_by_itself);
	tcase_add_test(tc, goodbye_names_our_binding_alone);
	tcase_add_test(tc, answer_without_our_contact_is_a_failure);
	tcase_add_test(tc, registrar_that_rewrites_the_contact_is_understood);
	tcase_add_test(tc, without_memory_it_is_tried_again);
	suite_add_tcase(s, tc);

	return s;
}
