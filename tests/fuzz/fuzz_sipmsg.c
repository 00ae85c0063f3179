/* SPDX-License-Identifier: BSD-3-Clause */
/** @file fuzz_sipmsg.c  One message, into all that take messages */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/invite.h"
#include "dialog/reg.h"
#include "dialog/sipmsg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the counting randomness below makes of our first request */
#define TAG "9d159d159d159d15"
#define CALLID "9d159d159d159d159d159d159d159d15"
#define CSEQ "7886"

static uint8_t counter;


/* The same in each run: Call-ID and tags in the corpus are those of here. */
static void fill(uint8_t *buf, size_t len, void *arg)
{
	size_t i;
	(void)arg;

	for (i = 0; i < len; i++)
		buf[i] = ++counter;
}


static const struct ua_rand rnd = { .fill = fill };

static const struct ua_invite_conf conf = {
	.aor = "sip:alice@example.com",
	.contact = "sip:alice@192.0.2.1",
	.cred = { .user = "alice", .password = "wonder" },
	.trickle = true,
	.rand = &rnd,
};


static struct sip_msg *decode(const void *data, size_t size)
{
	struct mbuf *mb = mbuf_alloc(size + 1);
	struct sip_msg *msg = NULL;

	if (!mb)
		return NULL;

	(void)mbuf_write_mem(mb, data, size);
	mb->pos = 0;
	if (sip_msg_decode(&msg, mb))
		msg = NULL;
	mem_deref(mb);

	return msg;
}


static void drain(struct ua_invite *inv)
{
	struct ua_invite_out out;
	struct ua_invite_event ev;

	while (ua_invite_output(inv, &out))
		ua_invite_out_free(&out);
	while (ua_invite_event(inv, &ev))
		mem_deref(ev.msg);
}


static void feed(struct ua_invite *inv, uint64_t now, struct sip_msg *msg)
{
	if (msg->req)
		(void)ua_invite_request(inv, now, msg);
	else
		(void)ua_invite_response(inv, now, msg);
	drain(inv);
}


static void live_and_die(struct ua_invite *inv, uint64_t now)
{
	int i;

	(void)!ua_invite_accept(inv, now, "v=0", 3);
	(void)!ua_invite_ack(inv, now, "v=0", 3);
	(void)!ua_invite_info(inv, now, 0, "a=x", 3);
	drain(inv);
	ua_invite_hangup(inv, now, NULL);

	for (i = 0; i < 64 && ua_invite_deadline(inv) != UA_NEVER; i++) {
		if (ua_invite_deadline(inv) > now)
			now = ua_invite_deadline(inv);
		ua_invite_tick(inv, now);
		drain(inv);
	}
}


static void caller(struct sip_msg *msg, const char *answer)
{
	struct ua_invite *inv;
	struct sip_msg *ok;

	counter = 0;
	if (ua_invite_alloc(&inv, &conf))
		return;

	(void)!ua_invite_connect(inv, 1000, "sip:bob@example.com", "v=0", 3);
	drain(inv);

	if (answer) {
		ok = decode(answer, strlen(answer));
		if (ok)
			feed(inv, 1000, ok);
		mem_deref(ok);
		(void)!ua_invite_info(inv, 1000, 0, "a=x", 3);
		drain(inv);
	}

	feed(inv, 1000, msg);
	live_and_die(inv, 1000);
	mem_deref(inv);
}


static void callee(struct sip_msg *msg)
{
	struct ua_invite *inv;

	if (ua_invite_alloc(&inv, &conf))
		return;

	if (!ua_invite_accept_call(inv, 1000, msg)) {
		drain(inv);
		(void)!ua_invite_progress(inv, 1000, 180, NULL, NULL, 0);
		feed(inv, 1000, msg);
		live_and_die(inv, 1000);
	}

	mem_deref(inv);
}


static void registrar(struct sip_msg *msg)
{
	const struct ua_reg_conf rconf = {
		.registrar = "sip:example.com",
		.aor = "sip:alice@example.com",
		.contact = "sip:alice@192.0.2.1",
		.cred = { .user = "alice", .password = "wonder" },
		.rand = &rnd,
	};
	struct ua_reg_event ev;
	struct ua_reg_out out;
	struct ua_reg *reg;
	int i;

	counter = 0;
	if (ua_reg_alloc(&reg, &rconf))
		return;

	ua_reg_start(reg, 1000);
	for (i = 0; i < 3 && ua_reg_output(reg, 1000, &out); i++) {
		mem_deref(out.uri);
		mem_deref(out.hop);
		mem_deref(out.mb);
		ua_reg_response(reg, 1000, msg);
	}

	(void)ua_reg_event(reg, &ev);
	mem_deref(reg);
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Our dialog, as an answer of its peer makes it. */
	static const char ok[] =
		"SIP/2.0 200 OK\r\n"
		"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n"
		"From: <sip:alice@example.com>;tag=" TAG "\r\n"
		"To: <sip:bob@example.com>;tag=bob\r\n"
		"Call-ID: " CALLID "\r\n"
		"CSeq: " CSEQ " INVITE\r\n"
		"Recv-Info: trickle-ice\r\n"
		"Contact: <sip:bob@192.0.2.2>\r\n\r\n";
	struct sip_msg *msg = decode(data, size);
	struct ua_sipmsg_fault fault;
	struct ua_addr mapped;
	char text[32];
	uint32_t v;

	if (!msg)
		return 0;

	if (ua_sipmsg_check(msg, &fault))
		goto out;

	ua_sipmsg_mapped(msg, &mapped);
	ua_sipmsg_text(text, sizeof(text), &msg->reason);
	(void)ua_sipmsg_number(msg, SIP_HDR_RETRY_AFTER, &v);
	ua_sipmsg_refuse_method(msg, &fault);

	caller(msg, NULL);
	caller(msg, ok);
	if (msg->req)
		callee(msg);
	else
		registrar(msg);

out:
	mem_deref(msg);

	return 0;
}
