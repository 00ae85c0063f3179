/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_dialog.c  State of a dialog */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/dialog.h"
#include "oom.h"
#include "siptext.h"

Suite *ua_suite_dialog(void);

static uint8_t seed;
static const struct ua_rand rnd = { .fill = siptext_fill, .arg = &seed };
static struct ua_dialog *half, *dlg;


static void setup(void)
{
	seed = 9;
	dlg = NULL;
	ck_assert_int_eq(0, ua_dialog_alloc(&half, &rnd,
					    "\"A\" <sip:alice@example.com>",
					    "sip:bob@example.com", NULL));
}


static void teardown(void)
{
	dlg = mem_deref(dlg);
	half = mem_deref(half);
}


/* A request of the dialog as its peer sees it. */
static struct sip_msg *encoded(const struct ua_dialog *d, const char *met,
			       uint32_t cseq)
{
	struct mbuf *mb = mbuf_alloc(512);
	struct sip_msg *msg;

	ck_assert_int_eq(0, ua_dialog_encode(d, mb, met, cseq));
	msg = siptext("%s %s SIP/2.0\r\n"
		      "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKe\r\n%b\r\n",
		      met, ua_dialog_uri(d), mb->buf, mb->end);
	mem_deref(mb);

	return msg;
}


/* An answer to the first request of half. */
static struct sip_msg *answer(const char *tag, const char *headers)
{
	struct sip_msg *req = encoded(half, "INVITE", 1);
	struct sip_msg *msg;

	msg = siptext("SIP/2.0 200 OK\r\n"
		      "Via: %r\r\nFrom: %r\r\nTo: %r%s%s\r\nCall-ID: %r\r\n"
		      "CSeq: 1 INVITE\r\n%s\r\n",
		      &req->via.val, &req->from.val, &req->to.val,
		      *tag ? ";tag=" : "", tag, &req->callid, headers);
	mem_deref(req);

	return msg;
}


static void fork_with(const char *headers)
{
	struct sip_msg *msg = answer("bob", headers);

	ck_assert_int_eq(0, ua_dialog_fork(&dlg, half, msg));
	mem_deref(msg);
}


/* Routes of a request of dlg, joined by spaces. */
static bool join(const struct sip_hdr *hdr, const struct sip_msg *msg,
		 void *arg)
{
	char *str = arg;
	const size_t used = strlen(str);
	(void)msg;

	(void)re_snprintf(str + used, 512 - used, "%s%r", used ? " " : "",
			  &hdr->val);
	return false;
}


static const char *routes(void)
{
	static char str[512];
	struct sip_msg *msg = encoded(dlg, "BYE", 2);

	str[0] = '\0';
	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_ROUTE, join, str);
	mem_deref(msg);

	return str;
}


START_TEST(half_a_dialog_has_no_peer_tag)
{
	struct sip_msg *msg = encoded(half, "INVITE", 7);

	ck_assert_uint_eq(0, msg->to.tag.l);
	ck_assert_uint_eq(16, msg->from.tag.l);
	ck_assert_uint_eq(7, msg->cseq.num);
	ck_assert(ua_dialog_owner(half));
	ck_assert_str_eq("sip:bob@example.com", ua_dialog_hop(half));
	mem_deref(msg);
}
END_TEST


START_TEST(tags_and_callids_differ_each_time)
{
	struct ua_dialog *other;

	ck_assert_int_eq(
		0, ua_dialog_alloc(&other, &rnd, "sip:a@b", "sip:c@d", NULL));
	ck_assert_str_ne(ua_dialog_callid(half), ua_dialog_callid(other));
	mem_deref(other);
}
END_TEST


START_TEST(contact_of_the_answer_is_the_target)
{
	fork_with("Contact: <sip:bob@198.51.100.7:5062;ob>\r\n");
	ck_assert_str_eq("sip:bob@198.51.100.7:5062;ob", ua_dialog_uri(dlg));
	ck_assert_str_eq("sip:bob@198.51.100.7:5062;ob", ua_dialog_hop(dlg));
	ck_assert_str_eq("", routes());
}
END_TEST


START_TEST(answer_without_contact_keeps_the_target)
{
	fork_with("");
	ck_assert_str_eq("sip:bob@example.com", ua_dialog_uri(dlg));
}
END_TEST


START_TEST(answer_without_tag_is_no_dialog)
{
	struct sip_msg *msg = answer("", "");

	ck_assert_int_eq(EBADMSG, ua_dialog_fork(&dlg, half, msg));
	ck_assert_ptr_null(dlg);
	mem_deref(msg);
}
END_TEST


START_TEST(loose_routes_are_reversed_for_who_called)
{
	fork_with("Contact: <sip:bob@far>\r\n"
		  "Record-Route: <sip:p3;lr>, <sip:p2;lr>\r\n"
		  "Record-Route: <sip:p1:5070;lr;x=1>\r\n");
	ck_assert_str_eq("<sip:p1:5070;lr;x=1> <sip:p2;lr> <sip:p3;lr>",
			 routes());
	ck_assert_str_eq("sip:bob@far", ua_dialog_uri(dlg));
	ck_assert_str_eq("sip:p1:5070;lr;x=1", ua_dialog_hop(dlg));
}
END_TEST


/* RFC 3261, 12.2.1.1 */
START_TEST(strict_router_becomes_the_request_uri)
{
	fork_with("Contact: <sip:bob@far>\r\n"
		  "Record-Route: <sip:p2;lr>, <sip:p1>\r\n");
	ck_assert_str_eq("<sip:p2;lr> <sip:bob@far>", routes());
	ck_assert_str_eq("sip:p1", ua_dialog_uri(dlg));
	ck_assert_str_eq("sip:p1", ua_dialog_hop(dlg));
}
END_TEST


START_TEST(too_many_routes_are_refused)
{
	char headers[1024] = "Record-Route: <sip:p;lr>";
	struct sip_msg *msg;
	int i;

	for (i = 0; i < UA_DIALOG_ROUTES; i++)
		strcat(headers, ", <sip:p;lr>");
	strcat(headers, "\r\n");

	msg = answer("bob", headers);
	ck_assert_int_eq(EBADMSG, ua_dialog_fork(&dlg, half, msg));
	mem_deref(msg);
}
END_TEST


/* The first one is where requests go, and may be their Request-URI. */
START_TEST(first_route_has_to_be_a_uri)
{
	static const char *const routes_bad[] = {
		"<sip:p1;l <sip:p2>", "<sip:p 1;lr>",      "<sip:p\"1;lr>",
		"<tel:1;lr>",         "<sip:p;lr=\r\n x>", "p1",
	};
	struct sip_msg *msg;
	char headers[128];

	(void)re_snprintf(headers, sizeof(headers), "Record-Route: %s\r\n",
			  routes_bad[_i]);
	msg = answer("bob", headers);
	ck_assert_int_eq(EBADMSG, ua_dialog_fork(&dlg, half, msg));
	mem_deref(msg);
}
END_TEST


START_TEST(outbound_proxy_is_loose_even_if_not_written_so)
{
	mem_deref(half);
	ck_assert_int_eq(0, ua_dialog_alloc(&half, &rnd, "sip:a@b",
					    "sip:bob@example.com",
					    "sip:proxy:5070;transport=tcp"));
	ck_assert_str_eq("sip:proxy:5070;transport=tcp;lr",
			 ua_dialog_hop(half));
	ck_assert_str_eq("sip:bob@example.com", ua_dialog_uri(half));
}
END_TEST


static struct sip_msg *request(const char *totag, const char *fromtag,
			       uint32_t cseq, const char *headers)
{
	return siptext("INVITE sip:alice@192.0.2.1 SIP/2.0\r\n"
		       "Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKq\r\n"
		       "From: <sip:bob@example.com>%s%s\r\n"
		       "To: <sip:alice@example.com>%s%s\r\n"
		       "Call-ID: cid\r\nCSeq: %u INVITE\r\n"
		       "Contact: <sip:bob@192.0.2.2>\r\n%s\r\n",
		       *fromtag ? ";tag=" : "", fromtag, *totag ? ";tag=" : "",
		       totag, cseq, headers);
}


static void accept_request(const char *fromtag, const char *headers,
			   char *ourtag)
{
	struct sip_msg *msg = request("", fromtag, 10, headers);

	ck_assert_int_eq(0, ua_dialog_accept(&dlg, msg));
	(void)re_snprintf(ourtag, 32, "%016llx", msg->tag);
	mem_deref(msg);
}


START_TEST(callee_matches_by_both_tags)
{
	char tag[32];
	struct sip_msg *msg;

	accept_request("bob", "", tag);
	msg = request(tag, "bob", 11, "");
	ck_assert(ua_dialog_is_request(dlg, msg));
	mem_deref(msg);
	msg = request(tag, "carol", 11, "");
	ck_assert(!ua_dialog_is_request(dlg, msg));
	mem_deref(msg);
	msg = request("other", "bob", 11, "");
	ck_assert(!ua_dialog_is_request(dlg, msg));
	mem_deref(msg);
	ck_assert(!ua_dialog_owner(dlg));
}
END_TEST


/* RFC 2543's phones sent none: that is a tag too (RFC 3261, 12.1.1). */
START_TEST(missing_from_tag_is_a_tag)
{
	char tag[32];
	struct sip_msg *msg;

	accept_request("", "", tag);
	msg = request(tag, "", 11, "");
	ck_assert(ua_dialog_is_request(dlg, msg));
	mem_deref(msg);
	msg = request(tag, "bob", 11, "");
	ck_assert(!ua_dialog_is_request(dlg, msg));
	mem_deref(msg);
}
END_TEST


START_TEST(callee_keeps_the_order_of_routes)
{
	char tag[32];

	accept_request("bob",
		       "Record-Route: <sip:p1;lr>\r\n"
		       "Record-Route: <sip:p2;lr>\r\n",
		       tag);
	ck_assert_str_eq("<sip:p1;lr> <sip:p2;lr>", routes());
	ck_assert_str_eq("sip:p1;lr", ua_dialog_hop(dlg));
}
END_TEST


START_TEST(cseq_has_to_grow)
{
	static const struct {
		uint32_t cseq;
		int err;
	} steps[] = { { 10, EPROTO }, { 9, EPROTO },    { 11, 0 },
		      { 11, EPROTO }, { 4711, 0 },      { 4710, EPROTO },
		      { 0, EPROTO },  { 0x7fffffff, 0 } };
	char tag[32];
	struct sip_msg *msg;
	size_t i;

	accept_request("bob", "", tag);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		msg = request(tag, "bob", steps[i].cseq, "");
		ck_assert_int_eq(steps[i].err, ua_dialog_order(dlg, msg));
		mem_deref(msg);
	}
}
END_TEST


START_TEST(target_moves_with_a_usable_contact_only)
{
	struct sip_msg *msg;

	fork_with("Contact: <sip:bob@one>\r\n");
	msg = answer("bob", "Contact: <sip:bob@two>\r\n");
	ck_assert_int_eq(0, ua_dialog_refresh(dlg, msg));
	ck_assert_str_eq("sip:bob@two", ua_dialog_uri(dlg));
	mem_deref(msg);
	msg = answer("bob", "Contact: *\r\n");
	ck_assert_int_eq(0, ua_dialog_refresh(dlg, msg));
	ck_assert_str_eq("sip:bob@two", ua_dialog_uri(dlg));
	mem_deref(msg);
}
END_TEST


/* _i: From, To, route: one of them is wrong */
START_TEST(bad_addresses_are_einval)
{
	static const char *const bad[][3] = {
		{ "alice", "sip:b@c", NULL },
		{ "\"A\r\nX: y\" <sip:a@b>", "sip:b@c", NULL },
		{ "<mailto:a@b>", "sip:b@c", NULL },
		{ "sip:a@b", "b@c", NULL },
		{ "sip:a@b", "<sip:b@c>", NULL },
		{ "sip:a@b", "sip:b@c", "proxy" },
	};
	struct ua_dialog *d = NULL;

	ck_assert_int_eq(EINVAL, ua_dialog_alloc(&d, &rnd, bad[_i][0],
						 bad[_i][1], bad[_i][2]));
	ck_assert_ptr_null(d);
}
END_TEST


static int story(void *arg)
{
	struct ua_dialog *h = NULL, *d = NULL;
	int err;

	err = ua_dialog_alloc(&h, &rnd, "sip:a@b", "sip:b@c", "sip:proxy");
	if (!err)
		err = ua_dialog_fork(&d, h, arg);
	if (!err)
		err = ua_dialog_refresh(d, arg);
	mem_deref(d);
	mem_deref(h);

	return err;
}


START_TEST(no_memory_is_enomem_and_no_leak)
{
	struct sip_msg *msg = answer("bob", "Contact: <sip:b@x>\r\n"
					    "Record-Route: <sip:p;lr>\r\n");

	ua_oom_walk(story, msg);
	mem_deref(msg);
}
END_TEST


Suite *ua_suite_dialog(void)
{
	Suite *s = suite_create("dialog");
	TCase *tc = tcase_create("dialog");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, half_a_dialog_has_no_peer_tag);
	tcase_add_test(tc, tags_and_callids_differ_each_time);
	tcase_add_test(tc, contact_of_the_answer_is_the_target);
	tcase_add_test(tc, answer_without_contact_keeps_the_target);
	tcase_add_test(tc, answer_without_tag_is_no_dialog);
	tcase_add_test(tc, loose_routes_are_reversed_for_who_called);
	tcase_add_test(tc, strict_router_becomes_the_request_uri);
	tcase_add_test(tc, too_many_routes_are_refused);
	tcase_add_loop_test(tc, first_route_has_to_be_a_uri, 0, 6);
	tcase_add_test(tc, outbound_proxy_is_loose_even_if_not_written_so);
	tcase_add_test(tc, callee_matches_by_both_tags);
	tcase_add_test(tc, missing_from_tag_is_a_tag);
	tcase_add_test(tc, callee_keeps_the_order_of_routes);
	tcase_add_test(tc, cseq_has_to_grow);
	tcase_add_test(tc, target_moves_with_a_usable_contact_only);
	tcase_add_loop_test(tc, bad_addresses_are_einval, 0, 6);
	tcase_add_test(tc, no_memory_is_enomem_and_no_leak);
	suite_add_tcase(s, tc);

	return s;
}
