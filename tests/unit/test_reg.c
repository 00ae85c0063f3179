/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_reg.c  A registration, in virtual time */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/reg.h"
#include "regbed.h"

Suite *ua_suite_reg(void);

#define OURS "Contact: <sip:alice@192.0.2.1:5060>;expires=120\n"
#define CHALLENGE                                                             \
	"WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\n"

static uint8_t seed;
static const struct ua_rand rnd = { .fill = siptext_fill, .arg = &seed };
static struct ua_reg *reg;
static uint64_t now;

static const struct ua_reg_conf conf = {
	.registrar = "sip:example.com",
	.aor = "sip:alice@example.com",
	.contact = "sip:alice@192.0.2.1:5060",
	.params = ";x=1",
	.software = "test",
	.cred = { .user = "alice", .password = "wonder" },
	.expires_s = 300,
	.rand = &rnd,
};


static void setup(void)
{
	seed = 5;
	now = 50000;
	ck_assert_int_eq(0, ua_reg_alloc(&reg, &conf));
}


static void teardown(void)
{
	reg = mem_deref(reg);
}


static struct sip_msg *sent(void)
{
	struct ua_reg_out out;

	ck_assert_msg(ua_reg_output(reg, now, &out), "no REGISTER");

	return regbed_message(&out);
}


static void expect_nothing(void)
{
	struct ua_reg_out out;
	struct ua_reg_event ev;

	ck_assert(!ua_reg_output(reg, now, &out));
	ck_assert(!ua_reg_event(reg, &ev));
}


static void expect_state(enum ua_reg_state state)
{
	ck_assert_str_eq(ua_reg_state_name(state),
			 ua_reg_state_name(ua_reg_state(reg)));
}


static struct ua_reg_event expect_event(enum ua_reg_ev type)
{
	struct ua_reg_event ev;

	ck_assert_msg(ua_reg_event(reg, &ev), "no event %d", type);
	ck_assert_int_eq(type, ev.type);

	return ev;
}


static void answer(const struct sip_msg *req, const char *line,
		   const char *headers)
{
	struct sip_msg *msg = regbed_text(req, line, headers);

	ua_reg_response(reg, now, msg);
	mem_deref(msg);
}


/* Start, and answer what goes out; the event that it gives. */
static struct ua_reg_event registered(const char *headers)
{
	struct sip_msg *req;

	ua_reg_start(reg, now);
	req = sent();
	now += 21;
	answer(req, "200 OK", headers);
	mem_deref(req);

	return expect_event(UA_REG_REGISTERED);
}


static void wait_for_deadline(void)
{
	const uint64_t at = ua_reg_deadline(reg);

	ck_assert_uint_ne(UA_NEVER, at);
	ck_assert_uint_gt(at, now);
	now = at - 1;
	ua_reg_tick(reg, now);
	expect_nothing();
	now = at;
	ua_reg_tick(reg, now);
}


START_TEST(register_has_what_it_must)
{
	struct sip_msg *req;

	ua_reg_start(reg, now);
	req = sent();
	ck_assert_int_eq(0, pl_strcmp(&req->ruri, "sip:example.com"));
	ck_assert_int_eq(0, pl_strcmp(&req->to.auri, "sip:alice@example.com"));
	ck_assert_int_eq(0,
			 pl_strcmp(&req->from.auri, "sip:alice@example.com"));
	ck_assert_uint_eq(0, req->to.tag.l);
	ck_assert_str_eq("<sip:alice@192.0.2.1:5060>;expires=300;x=1",
			 siptext_hdr(req, "Contact"));
	ck_assert_str_eq("300", siptext_hdr(req, "Expires"));
	ck_assert_str_eq("test", siptext_hdr(req, "User-Agent"));
	expect_state(UA_REG_TRYING);
	expect_nothing();
	mem_deref(req);
}
END_TEST


START_TEST(success_tells_expiry_rtt_and_mapped_address)
{
	const struct ua_reg_event ev = registered(OURS);
	char addr[UA_ADDR_LEN];

	ck_assert_uint_eq(120, ev.expires_s);
	ck_assert_uint_eq(21, ev.rtt_ms);
	ck_assert_str_eq("198.51.100.2:41000", ua_addr_str(&ev.mapped, addr));
	expect_state(UA_REG_BOUND);
}
END_TEST


START_TEST(refresh_goes_before_the_expiry)
{
	struct sip_msg *req;

	(void)registered(OURS);
	ck_assert_uint_ge(ua_reg_deadline(reg), now + 90000);
	ck_assert_uint_le(ua_reg_deadline(reg), now + 108000);
	wait_for_deadline();
	req = sent();
	expect_state(UA_REG_REFRESHING);
	answer(req, "200 OK", OURS);
	(void)expect_event(UA_REG_REGISTERED);
	expect_state(UA_REG_BOUND);
	mem_deref(req);
}
END_TEST


START_TEST(refreshes_share_a_callid_and_count_up)
{
	struct sip_msg *first, *second;

	ua_reg_start(reg, now);
	first = sent();
	answer(first, "200 OK", OURS);
	(void)expect_event(UA_REG_REGISTERED);
	ua_reg_start(reg, now);
	second = sent();
	ck_assert_int_eq(0, pl_cmp(&first->callid, &second->callid));
	ck_assert_uint_eq(first->cseq.num + 1, second->cseq.num);
	mem_deref(first);
	mem_deref(second);
}
END_TEST


START_TEST(expiry_of_another_phone_is_not_ours)
{
	ck_assert_uint_eq(60,
			  registered("Contact: <sip:alice@192.0.2.9:5060>"
				     ";expires=3600, <sip:alice@192.0.2.1>"
				     ";q=0.5;expires=60, <sip:alice@192.0.2.3>"
				     ";expires=1800\n")
				  .expires_s);
}
END_TEST


START_TEST(single_binding_that_was_rewritten_is_ours)
{
	ck_assert_uint_eq(70, registered("Contact: <sip:alice@198.51.100.2:"
					 "41000>;expires=70\n")
				      .expires_s);
}
END_TEST


START_TEST(expires_header_counts_without_a_parameter)
{
	ck_assert_uint_eq(80, registered("Expires: 80\nContact: "
					 "<sip:alice@192.0.2.1>\n")
				      .expires_s);
}
END_TEST


START_TEST(without_any_expiry_the_one_asked_for_counts)
{
	ck_assert_uint_eq(300, registered("").expires_s);
}
END_TEST


START_TEST(no_binding_is_a_failure)
{
	struct sip_msg *req;

	ua_reg_start(reg, now);
	req = sent();
	answer(req, "200 OK",
	       "Contact: <sip:alice@192.0.2.1:5060>;expires=0\n");
	ck_assert_int_eq(EPROTO, expect_event(UA_REG_FAILED).err);
	mem_deref(req);
}
END_TEST


START_TEST(challenge_is_answered)
{
	struct sip_msg *req, *again;

	ua_reg_start(reg, now);
	req = sent();
	answer(req, "401 Unauthorized", CHALLENGE);
	again = sent();
	ck_assert_uint_eq(req->cseq.num + 1, again->cseq.num);
	ck_assert_ptr_nonnull(sip_msg_hdr(again, SIP_HDR_AUTHORIZATION));
	expect_nothing();
	answer(again, "200 OK", OURS);
	(void)expect_event(UA_REG_REGISTERED);
	mem_deref(again);
	mem_deref(req);
}
END_TEST


START_TEST(wrong_password_is_tried_once_and_never_again)
{
	struct sip_msg *req, *again;
	struct ua_reg_event ev;

	ua_reg_start(reg, now);
	req = sent();
	answer(req, "401 Unauthorized", CHALLENGE);
	again = sent();
	answer(again, "401 Unauthorized", CHALLENGE);
	ev = expect_event(UA_REG_FAILED);
	ck_assert_uint_eq(401, ev.code);
	ck_assert_int_eq(EACCES, ev.err);
	ck_assert_uint_eq(UA_NEVER, ev.retry_ms);
	ck_assert_uint_eq(UA_NEVER, ua_reg_deadline(reg));
	expect_state(UA_REG_IDLE);
	mem_deref(again);
	mem_deref(req);
}
END_TEST


START_TEST(longer_expiry_is_asked_for_when_wanted)
{
	struct sip_msg *req, *again;

	ua_reg_start(reg, now);
	req = sent();
	answer(req, "423 Interval Too Brief", "Min-Expires: 600\n");
	again = sent();
	ck_assert_str_eq("600", siptext_hdr(again, "Expires"));
	answer(again, "423 Interval Too Brief", "Min-Expires: 600\n");
	ck_assert_uint_eq(423, expect_event(UA_REG_FAILED).code);
	mem_deref(again);
	mem_deref(req);
}
END_TEST


/* _i: values of Min-Expires that lead nowhere */
START_TEST(senseless_min_expires_is_a_failure)
{
	static const char *const headers[] = {
		"",
		"Min-Expires: 60\n",
		"Min-Expires: 4000000\n",
		"Min-Expires: soon\n",
	};
	struct sip_msg *req;

	ua_reg_start(reg, now);
	req = sent();
	answer(req, "423 Interval Too Brief", headers[_i]);
	ck_assert_uint_eq(423, expect_event(UA_REG_FAILED).code);
	mem_deref(req);
}
END_TEST


START_TEST(silence_is_retried_soon_then_later_at_most_a_minute)
{
	uint64_t wait = 0;
	int i;

	ua_reg_start(reg, now);
	for (i = 0; i < 12; i++) {
		mem_deref(sent());
		ua_reg_failed(reg, now, ETIMEDOUT);
		wait = expect_event(UA_REG_FAILED).retry_ms;
		if (!i)
			ck_assert_uint_le(wait, 1250);
		ck_assert_uint_le(wait, 75000);
		wait_for_deadline();
	}

	ck_assert_uint_ge(wait, 45000);
}
END_TEST


START_TEST(success_shortens_the_wait_again)
{
	int i;

	ua_reg_start(reg, now);
	for (i = 0; i < 6; i++) {
		mem_deref(sent());
		ua_reg_failed(reg, now, ETIMEDOUT);
		(void)expect_event(UA_REG_FAILED);
		wait_for_deadline();
	}

	ua_reg_failed(reg, now, ETIMEDOUT);
	(void)registered(OURS);
	ua_reg_start(reg, now);
	mem_deref(sent());
	ua_reg_failed(reg, now, ETIMEDOUT);
	ck_assert_uint_le(expect_event(UA_REG_FAILED).retry_ms, 1250);
}
END_TEST


START_TEST(refusal_on_purpose_waits_long)
{
	struct sip_msg *req;
	struct ua_reg_event ev;

	ua_reg_start(reg, now);
	req = sent();
	answer(req, "403 Forbidden", "");
	ev = expect_event(UA_REG_FAILED);
	ck_assert_uint_eq(403, ev.code);
	ck_assert_str_eq("Forbidden", ev.reason);
	ck_assert_uint_ge(ev.retry_ms, 45000);
	expect_state(UA_REG_WAITING);
	mem_deref(req);
}
END_TEST


START_TEST(retry_after_is_believed)
{
	struct sip_msg *req;

	ua_reg_start(reg, now);
	req = sent();
	answer(req, "503 Busy", "Retry-After: 7 (soon)\n");
	ck_assert_uint_eq(7000, expect_event(UA_REG_FAILED).retry_ms);
	mem_deref(req);
}
END_TEST


START_TEST(stop_unregisters)
{
	struct sip_msg *req;

	(void)registered(OURS);
	ua_reg_stop(reg, now);
	req = sent();
	ck_assert_str_eq("0", siptext_hdr(req, "Expires"));
	ck_assert_str_eq("<sip:alice@192.0.2.1:5060>;expires=0;x=1",
			 siptext_hdr(req, "Contact"));
	answer(req, "200 OK", "");
	(void)expect_event(UA_REG_UNREGISTERED);
	expect_state(UA_REG_IDLE);
	ck_assert_uint_eq(UA_NEVER, ua_reg_deadline(reg));
	mem_deref(req);
}
END_TEST


START_TEST(stop_that_nobody_answers_ends)
{
	(void)registered(OURS);
	ua_reg_stop(reg, now);
	mem_deref(sent());
	ck_assert_uint_eq(now + UA_REG_BYE_MS, ua_reg_deadline(reg));
	wait_for_deadline();
	(void)expect_event(UA_REG_UNREGISTERED);
	expect_state(UA_REG_IDLE);
}
END_TEST


START_TEST(stop_while_registering_undoes_it)
{
	struct sip_msg *req, *bye;

	ua_reg_start(reg, now);
	req = sent();
	ua_reg_stop(reg, now);
	expect_nothing();
	answer(req, "200 OK", OURS);
	bye = sent();
	ck_assert_str_eq("0", siptext_hdr(bye, "Expires"));
	answer(bye, "200 OK", "");
	(void)expect_event(UA_REG_UNREGISTERED);
	mem_deref(bye);
	mem_deref(req);
}
END_TEST


START_TEST(stop_before_anything_is_told_at_once)
{
	ua_reg_stop(reg, now);
	(void)expect_event(UA_REG_UNREGISTERED);
}
END_TEST


START_TEST(start_while_leaving_comes_back)
{
	struct sip_msg *bye, *req;

	(void)registered(OURS);
	ua_reg_stop(reg, now);
	bye = sent();
	ua_reg_start(reg, now);
	expect_nothing();
	answer(bye, "200 OK", "");
	req = sent();
	ck_assert_str_eq("300", siptext_hdr(req, "Expires"));
	answer(req, "200 OK", OURS);
	(void)expect_event(UA_REG_REGISTERED);
	mem_deref(req);
	mem_deref(bye);
}
END_TEST


START_TEST(second_start_waits_for_the_first)
{
	struct sip_msg *req;

	ua_reg_start(reg, now);
	req = sent();
	ua_reg_start(reg, now);
	expect_nothing();
	answer(req, "200 OK", OURS);
	(void)expect_event(UA_REG_REGISTERED);
	ua_reg_tick(reg, now);
	mem_deref(req);
	mem_deref(sent());
}
END_TEST


START_TEST(keepalive_by_register_refreshes_often)
{
	struct ua_reg_conf often = conf;

	often.refresh_s = 20;
	mem_deref(reg);
	ck_assert_int_eq(0, ua_reg_alloc(&reg, &often));
	(void)registered(OURS);
	ck_assert_uint_eq(now + 20000, ua_reg_deadline(reg));
}
END_TEST


START_TEST(stranger_s_answer_is_ignored)
{
	struct sip_msg *req, *msg;

	ua_reg_start(reg, now);
	req = sent();
	msg = siptext("SIP/2.0 200 OK\n"
		      "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKr\n"
		      "From: %r\nTo: %r\nCall-ID: other\n"
		      "CSeq: %u REGISTER\n\n",
		      &req->from.val, &req->to.val, req->cseq.num);
	ua_reg_response(reg, now, msg);
	expect_nothing();
	expect_state(UA_REG_TRYING);
	mem_deref(msg);
	mem_deref(req);
}
END_TEST


START_TEST(outbound_proxy_is_the_route_and_the_hop)
{
	struct ua_reg_conf via = conf;
	struct ua_reg_out out;

	via.route = "sip:proxy.example.com:5070";
	mem_deref(reg);
	ck_assert_int_eq(0, ua_reg_alloc(&reg, &via));
	ua_reg_start(reg, now);
	ck_assert(ua_reg_output(reg, now, &out));
	ck_assert_str_eq("sip:example.com", out.uri);
	ck_assert_str_eq("sip:proxy.example.com:5070;lr", out.hop);
	mem_deref(out.uri);
	mem_deref(out.hop);
	mem_deref(out.mb);
}
END_TEST


START_TEST(bad_uris_are_einval)
{
	struct ua_reg_conf bad = conf;
	struct ua_reg *r = NULL;

	bad.registrar = "example.com";
	ck_assert_int_eq(EINVAL, ua_reg_alloc(&r, &bad));
	bad = conf;
	bad.aor = "alice";
	ck_assert_int_eq(EINVAL, ua_reg_alloc(&r, &bad));
	bad = conf;
	bad.contact = "<sip:alice@192.0.2.1>";
	ck_assert_int_eq(EINVAL, ua_reg_alloc(&r, &bad));
	ck_assert_ptr_null(r);
}
END_TEST


/* ---------------------------- elsewhere ---------------------------- */


#define NEW "sip:alice@198.51.100.7:4060"

/** Contacts of a REGISTER, in their order */
struct contacts {
	char text[8][96];
	size_t n;
};


static bool contact_note(const struct sip_hdr *hdr, const struct sip_msg *msg,
			 void *arg)
{
	struct contacts *c = arg;

	(void)msg;
	ck_assert_uint_lt(c->n, 8);
	ck_assert_int_eq(
		0, pl_strcpy(&hdr->val, c->text[c->n++], sizeof(*c->text)));

	return false;
}


/* The REGISTER that goes out, and its Contacts */
static struct sip_msg *sent_contacts(struct contacts *c)
{
	struct sip_msg *msg = sent();

	c->n = 0;
	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_CONTACT, contact_note, c);

	return msg;
}


static void accept_as(const struct sip_msg *req, const char *contact)
{
	char hdr[128];

	(void)snprintf(hdr, sizeof(hdr), "Contact: <%s>;expires=300\n",
		       contact);
	answer(req, "200 OK", hdr);
}


START_TEST(moved_binding_takes_the_old_one_with_it)
{
	struct contacts c;
	struct sip_msg *req;
	char stale[128];
	uint32_t cseq;

	(void)registered(OURS);
	cseq = 1;
	(void)snprintf(stale, sizeof(stale), "<%s>;expires=0", conf.contact);

	ck_assert_int_eq(0, ua_reg_move(reg, NEW));
	expect_nothing();
	ua_reg_restart(reg, now);
	req = sent_contacts(&c);
	ck_assert_uint_eq(2, c.n);
	ck_assert_str_eq("<" NEW ">;expires=300;x=1", c.text[0]);
	ck_assert_str_eq(stale, c.text[1]);
	ck_assert_uint_gt(req->cseq.num, cseq);

	/* A challenge asks for both again. */
	answer(req, "401 Unauthorized",
	       "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\n");
	mem_deref(req);
	req = sent_contacts(&c);
	ck_assert_uint_eq(2, c.n);
	accept_as(req, NEW);
	mem_deref(req);
	(void)expect_event(UA_REG_REGISTERED);
	expect_state(UA_REG_BOUND);

	/* Agreed: the old one is not spoken of again. */
	ua_reg_start(reg, now);
	req = sent_contacts(&c);
	ck_assert_uint_eq(1, c.n);
	mem_deref(req);
}
END_TEST


START_TEST(way_back_removes_what_is_between_alone)
{
	struct contacts c;
	struct sip_msg *req;
	char home[128];

	/* Nobody answers at the second place. */
	(void)registered(OURS);
	(void)snprintf(home, sizeof(home), "<%s>;expires=300;x=1",
		       conf.contact);
	ck_assert_int_eq(0, ua_reg_move(reg, NEW));
	ua_reg_restart(reg, now);
	mem_deref(sent());
	ck_assert_int_eq(0, ua_reg_move(reg, conf.contact));
	ck_assert_int_eq(0, ua_reg_move(reg, conf.contact));
	ua_reg_restart(reg, now);
	req = sent_contacts(&c);
	ck_assert_uint_eq(2, c.n);
	ck_assert_str_eq(home, c.text[0]);
	ck_assert_str_eq("<" NEW ">;expires=0", c.text[1]);
	mem_deref(req);
}
END_TEST


START_TEST(many_moves_are_remembered_up_to_a_number)
{
	struct contacts c;
	char contact[64];
	int i;

	(void)registered(OURS);
	for (i = 0; i < 2 * UA_REG_STALE; i++) {
		(void)snprintf(contact, sizeof(contact),
			       "sip:alice@192.0.2.%d:4060", 100 + i);
		ck_assert_int_eq(0, ua_reg_move(reg, contact));
	}
	ua_reg_restart(reg, now);
	mem_deref(sent_contacts(&c));
	ck_assert_uint_eq(1 + UA_REG_STALE, c.n);
	ck_assert_str_eq("<sip:alice@192.0.2.107:4060>;expires=300;x=1",
			 c.text[0]);
	ck_assert_str_eq("<sip:alice@192.0.2.106:4060>;expires=0",
			 c.text[UA_REG_STALE]);

	ck_assert_int_eq(EINVAL, ua_reg_move(reg, "no uri"));
}
END_TEST


START_TEST(registrar_that_refuses_two_contacts_gets_one)
{
	struct contacts c;
	struct sip_msg *req;

	(void)registered(OURS);
	ck_assert_int_eq(0, ua_reg_move(reg, NEW));
	ua_reg_restart(reg, now);
	req = sent();
	answer(req, "400 One Contact", "");
	mem_deref(req);
	req = sent_contacts(&c);
	ck_assert_uint_eq(1, c.n);
	ck_assert_str_eq("<" NEW ">;expires=300;x=1", c.text[0]);
	accept_as(req, NEW);
	mem_deref(req);
	(void)expect_event(UA_REG_REGISTERED);
}
END_TEST


START_TEST(restart_forgets_what_is_in_flight)
{
	struct sip_msg *first, *second;

	ua_reg_start(reg, now);
	first = sent();
	ua_reg_restart(reg, now);
	second = sent();
	ck_assert_uint_gt(second->cseq.num, first->cseq.num);
	answer(first, "403 Forbidden", "");
	expect_nothing();
	answer(second, "200 OK", OURS);
	(void)expect_event(UA_REG_REGISTERED);
	mem_deref(first);
	mem_deref(second);
}
END_TEST


START_TEST(wrong_password_is_wrong_elsewhere_too)
{
	struct sip_msg *req;
	int i;

	ua_reg_start(reg, now);
	for (i = 0; i < 2; i++) {
		req = sent();
		answer(req, "401 Unauthorized",
		       "WWW-Authenticate: Digest realm=\"r\","
		       " nonce=\"n\"\n");
		mem_deref(req);
	}
	ck_assert_int_eq(EACCES, expect_event(UA_REG_FAILED).err);

	ck_assert_int_eq(0, ua_reg_move(reg, NEW));
	ua_reg_restart(reg, now);
	expect_nothing();
	ua_reg_start(reg, now);
	mem_deref(sent());
}
END_TEST


/* In flight, bound, waiting to try again, refreshing, with an event unread */
START_TEST(hold_is_silence_until_it_starts_again)
{
	struct sip_msg *req = NULL;

	if (_i == 0 || _i == 2 || _i == 4) {
		ua_reg_start(reg, now);
		req = sent();
	}
	else {
		(void)registered(OURS);
	}
	if (_i == 2)
		ua_reg_failed(reg, now, ETIMEDOUT);
	if (_i == 2)
		(void)expect_event(UA_REG_FAILED);
	if (_i == 3)
		ua_reg_start(reg, now);
	if (_i == 4)
		answer(req, "200 OK", OURS);

	ua_reg_hold(reg);
	expect_state(UA_REG_IDLE);
	ck_assert_uint_eq(UA_NEVER, ua_reg_deadline(reg));
	expect_nothing();
	ua_reg_failed(reg, now, ENETUNREACH);
	now += 3600000;
	ua_reg_tick(reg, now);
	expect_nothing();
	mem_deref(req);

	ua_reg_restart(reg, now);
	req = sent();
	answer(req, "200 OK", OURS);
	mem_deref(req);
	(void)expect_event(UA_REG_REGISTERED);
	expect_state(UA_REG_BOUND);
}
END_TEST


/* A goodbye is not held. */
START_TEST(hold_does_not_stop_a_goodbye)
{
	(void)registered(OURS);
	ua_reg_stop(reg, now);
	ua_reg_hold(reg);
	expect_state(UA_REG_LEAVING);
	mem_deref(sent());
}
END_TEST


static int move_story(void *arg)
{
	struct ua_reg *r = NULL;
	struct ua_reg_out out;
	int err;

	(void)arg;
	seed = 5;
	err = ua_reg_alloc(&r, &conf);
	if (err)
		return err;

	err = ua_reg_move(r, NEW);
	ua_reg_restart(r, now);
	if (ua_reg_output(r, now, &out)) {
		mem_deref(out.uri);
		mem_deref(out.hop);
		mem_deref(out.mb);
	}
	else {
		err = ENOMEM;
	}
	mem_deref(r);

	return err;
}


START_TEST(move_without_memory_changes_nothing)
{
	ua_oom_walk(move_story, NULL);
}
END_TEST


static int story(void *arg)
{
	struct ua_reg *r = NULL;
	struct ua_reg_out out;
	struct ua_reg_event ev;
	int err;

	seed = 5;
	err = ua_reg_alloc(&r, &conf);
	if (err)
		return err;

	ua_reg_start(r, now);
	if (ua_reg_output(r, now, &out)) {
		mem_deref(out.uri);
		mem_deref(out.hop);
		mem_deref(out.mb);
		ua_reg_response(r, now, arg);
	}

	while (ua_reg_event(r, &ev)) {
		if (ev.type == UA_REG_FAILED)
			err = ev.err;
	}

	mem_deref(r);

	return err;
}


START_TEST(no_memory_is_a_failure_and_no_leak)
{
	struct sip_msg *req, *msg;

	mem_deref(reg);
	seed = 5;
	ck_assert_int_eq(0, ua_reg_alloc(&reg, &conf));
	ua_reg_start(reg, now);
	req = sent();
	msg = regbed_text(req, "200 OK", OURS);
	ua_oom_walk(story, msg);
	mem_deref(msg);
	mem_deref(req);
}
END_TEST


Suite *ua_suite_reg(void)
{
	Suite *s = suite_create("reg");
	TCase *tc = tcase_create("reg");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, register_has_what_it_must);
	tcase_add_test(tc, success_tells_expiry_rtt_and_mapped_address);
	tcase_add_test(tc, refresh_goes_before_the_expiry);
	tcase_add_test(tc, refreshes_share_a_callid_and_count_up);
	tcase_add_test(tc, expiry_of_another_phone_is_not_ours);
	tcase_add_test(tc, single_binding_that_was_rewritten_is_ours);
	tcase_add_test(tc, expires_header_counts_without_a_parameter);
	tcase_add_test(tc, without_any_expiry_the_one_asked_for_counts);
	tcase_add_test(tc, no_binding_is_a_failure);
	tcase_add_test(tc, challenge_is_answered);
	tcase_add_test(tc, wrong_password_is_tried_once_and_never_again);
	tcase_add_test(tc, longer_expiry_is_asked_for_when_wanted);
	tcase_add_loop_test(tc, senseless_min_expires_is_a_failure, 0, 4);
	tcase_add_test(tc,
		       silence_is_retried_soon_then_later_at_most_a_minute);
	tcase_add_test(tc, success_shortens_the_wait_again);
	tcase_add_test(tc, refusal_on_purpose_waits_long);
	tcase_add_test(tc, retry_after_is_believed);
	tcase_add_test(tc, stop_unregisters);
	tcase_add_test(tc, stop_that_nobody_answers_ends);
	tcase_add_test(tc, stop_while_registering_undoes_it);
	tcase_add_test(tc, stop_before_anything_is_told_at_once);
	tcase_add_test(tc, start_while_leaving_comes_back);
	tcase_add_test(tc, second_start_waits_for_the_first);
	tcase_add_test(tc, keepalive_by_register_refreshes_often);
	tcase_add_test(tc, stranger_s_answer_is_ignored);
	tcase_add_test(tc, outbound_proxy_is_the_route_and_the_hop);
	tcase_add_test(tc, bad_uris_are_einval);
	tcase_add_test(tc, moved_binding_takes_the_old_one_with_it);
	tcase_add_test(tc, way_back_removes_what_is_between_alone);
	tcase_add_test(tc, many_moves_are_remembered_up_to_a_number);
	tcase_add_test(tc, registrar_that_refuses_two_contacts_gets_one);
	tcase_add_test(tc, restart_forgets_what_is_in_flight);
	tcase_add_test(tc, wrong_password_is_wrong_elsewhere_too);
	tcase_add_loop_test(tc, hold_is_silence_until_it_starts_again, 0, 5);
	tcase_add_test(tc, hold_does_not_stop_a_goodbye);
	tcase_add_test(tc, move_without_memory_changes_nothing);
	tcase_add_test(tc, no_memory_is_a_failure_and_no_leak);
	suite_add_tcase(s, tc);

	return s;
}
