/* SPDX-License-Identifier: BSD-3-Clause */
/** @file fuzz_reg.c  A registration in the hands of a hostile registrar
 *
 * The input is a list of deeds: answers with any status and any header lines,
 * silence, time that goes on or jumps, and an owner that starts, moves, stops,
 * follows redirects or does not.  After each deed the machine must be sane: no
 * minute has more REGISTERs than is promised, deadlines are ahead, what is
 * waited for comes, and what it tells can be used as it is.
 */

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/reg.h"
#include "dialog/sipmsg.h"

enum {
	ROUNDS_MAX = 64, /* of a driver before time goes on */
	SENT_MAX = 4 * UA_REG_RATE_MAX,
	MINUTE_MS = 60000
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	const uint8_t *p;
	size_t left;
	uint64_t now;
	uint32_t seed;
	struct ua_rand rand;
	struct ua_reg *reg;
	struct sip_msg *req;      /* the last REGISTER */
	uint64_t sentv[SENT_MAX]; /* the last ones */
	size_t nsent;
	uint8_t place; /* of the Contact */
	bool follow;   /* redirects, at once */
};


static uint8_t u8(struct world *w)
{
	if (!w->left)
		return 0;

	--w->left;
	return *w->p++;
}


static void fill(uint8_t *buf, size_t len, void *arg)
{
	struct world *w = arg;

	while (len--) {
		w->seed = w->seed * 1664525 + 1013904223;
		*buf++ = (uint8_t)(w->seed >> 24);
	}
}


static struct sip_msg *decode(struct mbuf *mb)
{
	struct sip_msg *msg = NULL;

	mb->pos = 0;
	if (sip_msg_decode(&msg, mb))
		msg = NULL;

	return msg;
}


static void check_uri(const char *uri)
{
	struct pl pl;

	pl_set_str(&pl, uri);
	assert(ua_sipmsg_uri_ok(&pl));
}


static void check_text(const char *text)
{
	for (; *text; ++text)
		assert((uint8_t)*text >= 0x20 && *text != 0x7f);
}


/* No minute has more than is promised. */
static void check_rate(struct world *w)
{
	if (w->nsent == SENT_MAX) {
		--w->nsent;
		memmove(w->sentv, w->sentv + 1, w->nsent * sizeof(*w->sentv));
	}

	assert(w->nsent < UA_REG_RATE_MAX ||
	       w->now - w->sentv[w->nsent - UA_REG_RATE_MAX] > MINUTE_MS);
	w->sentv[w->nsent++] = w->now;
}


/* What it sends is a REGISTER, and there are not too many of them. */
static void check_sent(struct world *w, const struct ua_reg_out *out)
{
	struct mbuf *mb = mbuf_alloc(2048);
	const enum ua_reg_state state = ua_reg_state(w->reg);
	const struct sip_hdr *contact;

	check_rate(w);
	assert(state == UA_REG_TRYING || state == UA_REG_REFRESHING ||
	       state == UA_REG_LEAVING);
	check_uri(out->uri);
	check_uri(out->hop);

	if (!mb)
		abort();
	(void)mbuf_printf(mb,
			  "REGISTER %s SIP/2.0\r\n"
			  "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n%b",
			  out->uri, out->mb->buf, out->mb->end);
	mem_deref(w->req);
	w->req = decode(mb);
	mem_deref(mb);
	assert(w->req && !ua_sipmsg_check(w->req, &(struct ua_sipmsg_fault){
							  .code = 0 }));
	contact = sip_msg_hdr(w->req, SIP_HDR_CONTACT);
	assert(contact && contact->val.p[0] == '<');
	assert((state == UA_REG_LEAVING) == !pl_strcmp(&w->req->expires, "0"));
}


static void check_event(const struct ua_reg_event *ev)
{
	check_text(ev->reason);

	switch (ev->type) {

	case UA_REG_REGISTERED:
		assert(ev->expires_s && ev->expires_s <= UA_REG_EXPIRES_MAX_S);
		assert(!ev->flow_timer_s ||
		       (ev->flow_timer_s >= UA_REG_FLOW_MIN_S &&
			ev->flow_timer_s <= UA_REG_FLOW_MAX_S));
		assert(ev->retry_ms != UA_NEVER);
		break;

	case UA_REG_FAILED:
		assert(ev->code || ev->err);
		assert(ev->retry_ms == UA_NEVER ||
		       ev->retry_ms <= 1000U * UA_REG_RETRY_AFTER_MAX_S);
		break;

	case UA_REG_REDIRECTED:
		check_uri(ev->target);
		break;

	default:
		assert(ev->type == UA_REG_UNREGISTERED);
		break;
	}
}


static void check_machine(const struct ua_reg *reg)
{
	const enum ua_reg_state state = ua_reg_state(reg);
	const char *text;

	assert(state > UA_REG_NONE && state < UA_REG_NSTATE);
	check_uri(ua_reg_hop(reg));

	text = ua_reg_gruu(reg, false);
	if (text)
		check_uri(text);
	text = ua_reg_gruu(reg, true);
	if (text)
		check_uri(text);
	text = ua_reg_service_route(reg);
	if (text)
		check_text(text);

	/* Who has something to do knows when. */
	if (state == UA_REG_BOUND || state == UA_REG_WAITING ||
	    state == UA_REG_LEAVING)
		assert(ua_reg_deadline(reg) != UA_NEVER);
}


/* What a driver does after each call */
static void pump(struct world *w)
{
	struct ua_reg_out out;
	struct ua_reg_event ev;
	unsigned n = 0;

	do {
		while (ua_reg_output(w->reg, w->now, &out)) {
			assert(++n < ROUNDS_MAX);
			check_sent(w, &out);
			mem_deref(out.uri);
			mem_deref(out.hop);
			mem_deref(out.mb);
		}

		while (ua_reg_event(w->reg, &ev)) {
			assert(++n < ROUNDS_MAX);
			check_event(&ev);
			if (ev.type == UA_REG_REDIRECTED && w->follow)
				ua_reg_restart(w->reg, w->now);
		}

		check_machine(w->reg);
		if (ua_reg_deadline(w->reg) > w->now)
			return;

		assert(++n < ROUNDS_MAX);
		ua_reg_tick(w->reg, w->now);
	} while (true);
}


static uint16_t status(struct world *w)
{
	static const uint16_t codes[] = {
		200, 200, 200, 401, 407, 423, 301, 302, 305, 307, 300,
		400, 403, 404, 408, 430, 439, 480, 486, 500, 503, 600,
	};
	const uint8_t v = u8(w);

	if (v < sizeof(codes) / sizeof(*codes))
		return codes[v];

	return (uint16_t)(100 + 4 * (v & 0x7f) + (v >> 7));
}


/*
 * An answer to the last REGISTER, with header lines out of the input: as from
 * behind a NAT, or with a Via that the input may have.
 */
static void answer(struct world *w, bool nat)
{
	static const char via[] = "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx"
				  ";received=198.51.100.2;rport=41000\r\n";
	const uint16_t code = status(w);
	size_t len = u8(w);
	struct mbuf *mb = mbuf_alloc(1024);
	struct sip_msg *msg;

	if (!mb)
		abort();

	len = len < w->left ? len : w->left;
	if (w->req) {
		(void)mbuf_printf(mb,
				  "SIP/2.0 %u Answer\r\n%s"
				  "From: %r\r\nTo: %r;tag=t\r\n"
				  "Call-ID: %r\r\nCSeq: %u REGISTER\r\n",
				  code, nat ? via : "", &w->req->from.val,
				  &w->req->to.val, &w->req->callid,
				  w->req->cseq.num);
		(void)mbuf_write_mem(mb, w->p, len);
		(void)mbuf_write_str(mb, "\r\n\r\n");
	}
	w->p += len;
	w->left -= len;

	msg = w->req ? decode(mb) : NULL;
	mem_deref(mb);
	if (!msg)
		return;

	ua_reg_response(w->reg, w->now, msg);
	mem_deref(msg);
}


static void pass_time(struct world *w)
{
	const uint64_t at = ua_reg_deadline(w->reg);

	if (at != UA_NEVER && at > w->now)
		w->now = at;
	else
		++w->now;

	ua_reg_tick(w->reg, w->now);
}


static void move(struct world *w)
{
	static const char *const contacts[] = {
		"sip:alice@192.0.2.1",
		"sip:alice@192.0.2.2:5070;transport=tcp",
		"sip:alice@[2001:db8::1]",
		"no uri",
	};
	const uint8_t v = u8(w) & 3;
	const int err = ua_reg_move(w->reg, contacts[v]);

	assert(err == (v == 3 ? EINVAL : 0));

	/* Another place allows one more. */
	if (!err && v != w->place && w->nsent)
		--w->nsent;
	if (!err)
		w->place = v;
}


static void deed(struct world *w)
{
	const uint8_t v = u8(w);

	switch (v & 15) {

	case 0:
	case 1:
	case 2:
	case 3:
		answer(w, !(v & 16));
		break;
	case 4:
	case 5:
	case 6:
		pass_time(w);
		break;
	case 7:
		w->now += (uint64_t)u8(w) << (u8(w) & 15);
		ua_reg_tick(w->reg, w->now);
		break;
	case 8:
		ua_reg_failed(w->reg, w->now, 1 + (u8(w) & 127));
		break;
	case 9:
		ua_reg_start(w->reg, w->now);
		break;
	case 10:
		ua_reg_restart(w->reg, w->now);
		break;
	case 11:
		move(w);
		break;
	case 12:
		ua_reg_stop(w->reg, w->now);
		break;
	case 13:
		ua_reg_hold(w->reg);
		break;
	case 14:
		w->follow = !w->follow;
		break;
	default:
		++w->now;
		break;
	}

	/* A driver may do several things before it looks. */
	if (!(v & 128))
		pump(w);
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w = { .p = data, .left = size, .now = 1000 };
	struct ua_reg_conf conf = {
		.registrar = "sip:example.com",
		.aor = "sip:alice@example.com",
		.contact = "sip:alice@192.0.2.1",
		.cred = { .user = "alice", .password = "wonder" },
		.rand = &w.rand,
	};
	uint8_t v;

	w.rand.fill = fill;
	w.rand.arg = &w;

	v = u8(&w);
	if (v & 1)
		conf.instance = "urn:uuid:1";
	if ((v & 3) == 3)
		conf.reg_id = 1;
	if (v & 4)
		conf.route = "sip:proxy.example.com";
	if (v & 8)
		conf.refresh_s = 20;
	if (v & 16)
		conf.registrar = "sips:example.com";
	if (v & 32)
		conf.expires_s = 10;
	w.follow = v & 64;

	if (ua_reg_alloc(&w.reg, &conf))
		abort();

	ua_reg_start(w.reg, w.now);
	pump(&w);
	while (w.left)
		deed(&w);
	pump(&w);

	mem_deref(w.req);
	mem_deref(w.reg);

	return 0;
}
