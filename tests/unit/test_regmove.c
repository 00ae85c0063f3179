/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_regmove.c  A registration that moves to another address */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/reg.h"
#include "regbed.h"

Suite *ua_suite_regmove(void);

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
	struct sip_msg *msg = regbed_sent(&bed);

	c->n = 0;
	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_CONTACT, contact_note, c);

	return msg;
}


static void accept_as(const struct sip_msg *req, const char *contact)
{
	char hdr[128];

	(void)snprintf(hdr, sizeof(hdr), "Contact: <%s>;expires=300\n",
		       contact);
	regbed_tell(&bed, req, "200 OK", hdr);
}


START_TEST(moved_binding_takes_the_old_one_with_it)
{
	struct contacts c;
	struct sip_msg *req;
	char stale[128];
	uint32_t cseq;

	(void)regbed_registered(&bed, REGBED_OURS);
	cseq = 1;
	(void)snprintf(stale, sizeof(stale), "<%s>;expires=0",
		       bed.conf.contact);

	ck_assert_int_eq(0, ua_reg_move(bed.reg, NEW));
	regbed_quiet(&bed);
	ua_reg_restart(bed.reg, bed.now);
	req = sent_contacts(&c);
	ck_assert_uint_eq(2, c.n);
	ck_assert_str_eq("<" NEW ">;expires=300;x=1", c.text[0]);
	ck_assert_str_eq(stale, c.text[1]);
	ck_assert_uint_gt(req->cseq.num, cseq);

	/* A challenge asks for both again. */
	regbed_tell(&bed, req, "401 Unauthorized",
		    "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\n");
	mem_deref(req);
	req = sent_contacts(&c);
	ck_assert_uint_eq(2, c.n);
	accept_as(req, NEW);
	mem_deref(req);
	(void)regbed_event(&bed, UA_REG_REGISTERED);
	regbed_state(&bed, UA_REG_BOUND);

	/* Agreed: the old one is not spoken of again. */
	ua_reg_start(bed.reg, bed.now);
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
	(void)regbed_registered(&bed, REGBED_OURS);
	(void)snprintf(home, sizeof(home), "<%s>;expires=300;x=1",
		       bed.conf.contact);
	ck_assert_int_eq(0, ua_reg_move(bed.reg, NEW));
	ua_reg_restart(bed.reg, bed.now);
	mem_deref(regbed_sent(&bed));
	ck_assert_int_eq(0, ua_reg_move(bed.reg, bed.conf.contact));
	ck_assert_int_eq(0, ua_reg_move(bed.reg, bed.conf.contact));
	ua_reg_restart(bed.reg, bed.now);
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

	(void)regbed_registered(&bed, REGBED_OURS);
	for (i = 0; i < 2 * UA_REG_STALE; i++) {
		(void)snprintf(contact, sizeof(contact),
			       "sip:alice@192.0.2.%d:4060", 100 + i);
		ck_assert_int_eq(0, ua_reg_move(bed.reg, contact));
	}
	ua_reg_restart(bed.reg, bed.now);
	mem_deref(sent_contacts(&c));
	ck_assert_uint_eq(1 + UA_REG_STALE, c.n);
	ck_assert_str_eq("<sip:alice@192.0.2.107:4060>;expires=300;x=1",
			 c.text[0]);
	ck_assert_str_eq("<sip:alice@192.0.2.106:4060>;expires=0",
			 c.text[UA_REG_STALE]);

	ck_assert_int_eq(EINVAL, ua_reg_move(bed.reg, "no uri"));
}
END_TEST


START_TEST(registrar_that_refuses_two_contacts_gets_one)
{
	struct contacts c;
	struct sip_msg *req;

	(void)regbed_registered(&bed, REGBED_OURS);
	ck_assert_int_eq(0, ua_reg_move(bed.reg, NEW));
	ua_reg_restart(bed.reg, bed.now);
	req = regbed_sent(&bed);
	regbed_tell(&bed, req, "400 One Contact", "");
	mem_deref(req);
	req = sent_contacts(&c);
	ck_assert_uint_eq(1, c.n);
	ck_assert_str_eq("<" NEW ">;expires=300;x=1", c.text[0]);
	accept_as(req, NEW);
	mem_deref(req);
	(void)regbed_event(&bed, UA_REG_REGISTERED);
}
END_TEST


START_TEST(restart_forgets_what_is_in_flight)
{
	struct sip_msg *first, *second;

	ua_reg_start(bed.reg, bed.now);
	first = regbed_sent(&bed);
	ua_reg_restart(bed.reg, bed.now);
	second = regbed_sent(&bed);
	ck_assert_uint_gt(second->cseq.num, first->cseq.num);
	regbed_tell(&bed, first, "403 Forbidden", "");
	regbed_quiet(&bed);
	regbed_tell(&bed, second, "200 OK", REGBED_OURS);
	(void)regbed_event(&bed, UA_REG_REGISTERED);
	mem_deref(first);
	mem_deref(second);
}
END_TEST


START_TEST(wrong_password_is_wrong_elsewhere_too)
{
	struct sip_msg *req;
	int i;

	ua_reg_start(bed.reg, bed.now);
	for (i = 0; i < 2; i++) {
		req = regbed_sent(&bed);
		regbed_tell(&bed, req, "401 Unauthorized",
			    "WWW-Authenticate: Digest realm=\"r\","
			    " nonce=\"n\"\n");
		mem_deref(req);
	}
	ck_assert_int_eq(EACCES, regbed_event(&bed, UA_REG_FAILED).err);

	ck_assert_int_eq(0, ua_reg_move(bed.reg, NEW));
	ua_reg_restart(bed.reg, bed.now);
	regbed_quiet(&bed);
	ua_reg_start(bed.reg, bed.now);
	mem_deref(regbed_sent(&bed));
}
END_TEST


/* In flight, bound, waiting to try again, refreshing, with an event unread */
START_TEST(hold_is_silence_until_it_starts_again)
{
	struct sip_msg *req = NULL;

	if (_i == 0 || _i == 2 || _i == 4) {
		ua_reg_start(bed.reg, bed.now);
		req = regbed_sent(&bed);
	}
	else {
		(void)regbed_registered(&bed, REGBED_OURS);
	}
	if (_i == 2)
		ua_reg_failed(bed.reg, bed.now, ETIMEDOUT);
	if (_i == 2)
		(void)regbed_event(&bed, UA_REG_FAILED);
	if (_i == 3)
		ua_reg_start(bed.reg, bed.now);
	if (_i == 4)
		regbed_tell(&bed, req, "200 OK", REGBED_OURS);

	ua_reg_hold(bed.reg);
	regbed_state(&bed, UA_REG_IDLE);
	ck_assert_uint_eq(UA_NEVER, ua_reg_deadline(bed.reg));
	regbed_quiet(&bed);
	ua_reg_failed(bed.reg, bed.now, ENETUNREACH);
	bed.now += 3600000;
	ua_reg_tick(bed.reg, bed.now);
	regbed_quiet(&bed);
	mem_deref(req);

	ua_reg_restart(bed.reg, bed.now);
	req = regbed_sent(&bed);
	regbed_tell(&bed, req, "200 OK", REGBED_OURS);
	mem_deref(req);
	(void)regbed_event(&bed, UA_REG_REGISTERED);
	regbed_state(&bed, UA_REG_BOUND);
}
END_TEST


/* A goodbye is not held. */
START_TEST(hold_does_not_stop_a_goodbye)
{
	(void)regbed_registered(&bed, REGBED_OURS);
	ua_reg_stop(bed.reg, bed.now);
	ua_reg_hold(bed.reg);
	regbed_state(&bed, UA_REG_LEAVING);
	mem_deref(regbed_sent(&bed));
}
END_TEST


static int move_story(void *arg)
{
	struct ua_reg *r = NULL;
	struct ua_reg_out out;
	int err;

	(void)arg;
	bed.seed = 5;
	err = ua_reg_alloc(&r, &bed.conf);
	if (err)
		return err;

	err = ua_reg_move(r, NEW);
	ua_reg_restart(r, bed.now);
	if (ua_reg_output(r, bed.now, &out)) {
		regbed_drop(&out);
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


Suite *ua_suite_regmove(void)
{
	Suite *s = suite_create("regmove");
	TCase *tc = tcase_create("reg");

	tcase_add_checked_fixture(tc, regbed_plain_setup, regbed_teardown);
	tcase_add_test(tc, moved_binding_takes_the_old_one_with_it);
	tcase_add_test(tc, way_back_removes_what_is_between_alone);
	tcase_add_test(tc, many_moves_are_remembered_up_to_a_number);
	tcase_add_test(tc, registrar_that_refuses_two_contacts_gets_one);
	tcase_add_test(tc, restart_forgets_what_is_in_flight);
	tcase_add_test(tc, wrong_password_is_wrong_elsewhere_too);
	tcase_add_loop_test(tc, hold_is_silence_until_it_starts_again, 0, 5);
	tcase_add_test(tc, hold_does_not_stop_a_goodbye);
	tcase_add_test(tc, move_without_memory_changes_nothing);
	suite_add_tcase(s, tc);

	return s;
}
