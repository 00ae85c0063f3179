/* SPDX-License-Identifier: BSD-3-Clause */
/** @file reg.c  A registration (RFC 3261, 10) */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/random.h"
#include <ua/log.h>
#include "dialog/binding.h"
#include "dialog/dialog.h"
#include "dialog/reg.h"
#include "dialog/sipmsg.h"

enum {
	REFRESH_MIN_PCT = 75, /* of the expiry: two REGISTERs that nobody */
	REFRESH_MAX_PCT = 90, /* answers fit into the rest of 300 s       */
	JITTER_PCT = 25,      /* phones must not come back all at once    */
	RETRY_AFTER_MAX_S = 3600
};

enum move {
	MOVE_SEND = 0, /* a REGISTER goes out         */
	MOVE_BIND,     /* it was accepted             */
	MOVE_FAIL,     /* it was not, we try again    */
	MOVE_QUIT,     /* it was not, we give up      */
	MOVE_LEAVE,    /* REGISTER with expiry 0 goes */
	MOVE_GONE,     /* and was answered            */
	MOVE_HOLD,     /* there is no network         */
	NMOVE
};

struct ua_reg {
	char *registrar;
	char *contact;
	char *stale[UA_REG_STALE]; /* Contacts that may still be bound */
	size_t nstale;
	char *params;
	char *software;
	struct ua_digest *digest;
	struct ua_dialog *half; /* all REGISTERs share a Call-ID (10.2) */
	const struct ua_rand *rand;
	const struct ua_log *log;
	uint32_t refresh_s;
	bool routed; /* by an outbound proxy */

	enum ua_reg_state state;
	struct ua_digest_round round;
	uint32_t ask_s; /* expiry to ask for                   */
	uint32_t failc; /* failures in a row                   */
	bool send;      /* output has a REGISTER               */
	bool flight;    /* one waits for its answer            */
	bool leave;     /* unregister when it has come         */
	bool again;     /* refresh when it has come            */
	bool quit;      /* given up: the password is wrong ... */
	uint64_t sent_ms;
	uint64_t next_at;  /* refresh or retry                    */
	uint64_t leave_at; /* no more patience with the goodbye   */

	struct ua_reg_event ev;
	bool ev_ready;
};

/* clang-format off */
enum {
	N = UA_REG_NONE,  I = UA_REG_IDLE,       T = UA_REG_TRYING,
	B = UA_REG_BOUND, R = UA_REG_REFRESHING, W = UA_REG_WAITING,
	L = UA_REG_LEAVING
};

/* Every move; 0 is a refused one. */
static const uint8_t moves[UA_REG_NSTATE][NMOVE] = {
	/*                      SEND BIND FAIL QUIT LEAVE GONE HOLD */
	[UA_REG_IDLE]       = { T,   0,   0,   0,   0,    I,   I },
	[UA_REG_TRYING]     = { T,   B,   W,   I,   L,    I,   I },
	[UA_REG_BOUND]      = { R,   0,   0,   0,   L,    I,   I },
	[UA_REG_REFRESHING] = { R,   B,   W,   I,   L,    I,   I },
	[UA_REG_WAITING]    = { T,   0,   0,   0,   L,    I,   I },
	[UA_REG_LEAVING]    = { T,   0,   0,   0,   L,    I,   0 },
};

static const char *const state_names[UA_REG_NSTATE] = {
	[UA_REG_NONE]       = "NONE",
	[UA_REG_IDLE]       = "IDLE",
	[UA_REG_TRYING]     = "TRYING",
	[UA_REG_BOUND]      = "BOUND",
	[UA_REG_REFRESHING] = "REFRESHING",
	[UA_REG_WAITING]    = "WAITING",
	[UA_REG_LEAVING]    = "LEAVING",
};

static const char *const move_names[NMOVE] = {
	[MOVE_SEND]  = "SEND",
	[MOVE_BIND]  = "BIND",
	[MOVE_FAIL]  = "FAIL",
	[MOVE_QUIT]  = "QUIT",
	[MOVE_LEAVE] = "LEAVE",
	[MOVE_GONE]  = "GONE",
	[MOVE_HOLD]  = "HOLD",
};
/* clang-format on */


const char *ua_reg_state_name(enum ua_reg_state state)
{
	return state < UA_REG_NSTATE ? state_names[state] : "?";
}


/* The only writer of reg->state. */
static int step(struct ua_reg *reg, enum move mv)
{
	const enum ua_reg_state to = (enum ua_reg_state)moves[reg->state][mv];

	if (to == UA_REG_NONE)
		return EPROTO;

	if (to != reg->state)
		ua_log(reg->log, UA_LOG_DEBUG, "reg", "%s -> %s (%s)",
		       state_names[reg->state], state_names[to],
		       move_names[mv]);

	reg->state = to;
	return 0;
}


static void stale_drop(struct ua_reg *reg, size_t i)
{
	mem_deref(reg->stale[i]);
	--reg->nstale;
	memmove(&reg->stale[i], &reg->stale[i + 1],
		(reg->nstale - i) * sizeof(reg->stale[0]));
}


static void stale_flush(struct ua_reg *reg)
{
	while (reg->nstale)
		stale_drop(reg, reg->nstale - 1);
}


static void destructor(void *arg)
{
	struct ua_reg *reg = arg;

	stale_flush(reg);
	mem_deref(reg->registrar);
	mem_deref(reg->contact);
	mem_deref(reg->params);
	mem_deref(reg->software);
	mem_deref(reg->digest);
	mem_deref(reg->half);
}


static int dup(char **dst, const char *src)
{
	return src ? str_dup(dst, src) : 0;
}


/*
 * To of a REGISTER is the address of record, its Request-URI the registrar
 * (RFC 3261, 10.2): the half dialog has the one, we keep the other.
 */
int ua_reg_alloc(struct ua_reg **regp, const struct ua_reg_conf *conf)
{
	struct ua_reg *reg;
	struct pl registrar, contact;
	int err;

	pl_set_str(&registrar, conf->registrar);
	pl_set_str(&contact, conf->contact);
	if (!ua_sipmsg_uri_ok(&registrar) || !ua_sipmsg_uri_ok(&contact))
		return EINVAL;

	reg = mem_zalloc(sizeof(*reg), destructor);
	if (!reg)
		return ENOMEM;

	reg->state = UA_REG_IDLE;
	reg->rand = conf->rand;
	reg->log = conf->log;
	reg->ask_s = conf->expires_s ? conf->expires_s : UA_REG_EXPIRES_S;
	reg->refresh_s = conf->refresh_s;
	reg->routed = NULL != conf->route;
	reg->next_at = UA_NEVER;
	reg->leave_at = UA_NEVER;

	err = dup(&reg->registrar, conf->registrar);
	if (!err)
		err = dup(&reg->contact, conf->contact);
	if (!err)
		err = dup(&reg->params, conf->params);
	if (!err)
		err = dup(&reg->software, conf->software);
	if (!err)
		err = ua_digest_alloc(&reg->digest, &conf->cred, conf->rand);
	if (!err)
		err = ua_dialog_alloc(&reg->half, conf->rand, conf->aor,
				      conf->aor, conf->route);

	if (err)
		mem_deref(reg);
	else
		*regp = reg;

	return err;
}


static void send_now(struct ua_reg *reg, enum move mv)
{
	if (step(reg, mv))
		return;

	reg->send = true;
	reg->flight = true;
	reg->again = false;
	reg->quit = false;
	reg->next_at = UA_NEVER;
	memset(&reg->round, 0, sizeof(reg->round));
}


void ua_reg_start(struct ua_reg *reg, uint64_t now_ms)
{
	(void)now_ms;

	reg->leave = false;
	reg->leave_at = UA_NEVER;

	/* One at a time: the next one goes when this one is answered. */
	if (reg->flight) {
		reg->again = true;
		return;
	}

	send_now(reg, MOVE_SEND);
}


void ua_reg_restart(struct ua_reg *reg, uint64_t now_ms)
{
	if (reg->quit)
		return;

	reg->flight = false;
	ua_reg_start(reg, now_ms);
}


int ua_reg_move(struct ua_reg *reg, const char *contact)
{
	struct pl pl;
	char *copy;
	size_t i;
	int err;

	if (!strcmp(contact, reg->contact))
		return 0;

	pl_set_str(&pl, contact);
	if (!ua_sipmsg_uri_ok(&pl))
		return EINVAL;

	err = str_dup(&copy, contact);
	if (err)
		return err;

	/* Back where we were before: that one is not to be removed. */
	for (i = 0; i < reg->nstale; i++) {
		if (!strcmp(reg->stale[i], contact)) {
			stale_drop(reg, i);
			break;
		}
	}

	/* The oldest one expires by itself. */
	if (reg->nstale == UA_REG_STALE)
		stale_drop(reg, 0);

	reg->stale[reg->nstale++] = reg->contact;
	reg->contact = copy;

	return 0;
}


void ua_reg_hold(struct ua_reg *reg)
{
	if (step(reg, MOVE_HOLD))
		return;

	reg->send = false;
	reg->flight = false;
	reg->again = false;
	reg->leave = false;
	reg->ev_ready = false;
	reg->next_at = UA_NEVER;
	reg->leave_at = UA_NEVER;
}


static void tell(struct ua_reg *reg, const struct ua_reg_event *ev)
{
	reg->ev = *ev;
	reg->ev_ready = true;
}


static void gone(struct ua_reg *reg)
{
	const struct ua_reg_event ev = { .type = UA_REG_UNREGISTERED,
					 .retry_ms = UA_NEVER };

	if (step(reg, MOVE_GONE))
		return;

	reg->leave_at = UA_NEVER;
	reg->next_at = UA_NEVER;

	/* Asked to come back meanwhile. */
	if (reg->again)
		send_now(reg, MOVE_SEND);
	else
		tell(reg, &ev);
}


void ua_reg_stop(struct ua_reg *reg, uint64_t now_ms)
{
	if (reg->leave || reg->state == UA_REG_LEAVING)
		return;

	reg->next_at = UA_NEVER;

	/* Whether or not the last one was heard, a goodbye cannot harm. */
	switch (reg->state) {

	case UA_REG_TRYING:
	case UA_REG_REFRESHING:
		reg->leave = true;
		reg->leave_at = now_ms + UA_REG_BYE_MS;
		break;

	case UA_REG_BOUND:
		send_now(reg, MOVE_LEAVE);
		reg->leave_at = now_ms + UA_REG_BYE_MS;
		break;

	default:
		gone(reg);
		break;
	}
}


static uint32_t jitter(const struct ua_reg *reg, uint32_t ms)
{
	return ua_random_range(reg->rand, ms - ms * JITTER_PCT / 100,
			       ms + ms * JITTER_PCT / 100);
}


static uint64_t backoff(struct ua_reg *reg)
{
	uint32_t ms = UA_REG_BACKOFF_MS;
	uint32_t n;

	for (n = reg->failc; n && ms < UA_REG_BACKOFF_MAX_MS; n--)
		ms *= 2;

	++reg->failc;
	if (ms > UA_REG_BACKOFF_MAX_MS)
		ms = UA_REG_BACKOFF_MAX_MS;

	return jitter(reg, ms);
}


/*
 * Try again, later.  An answer that says no on purpose is not asked again
 * before the longest wait, one that says when is believed.
 */
static uint64_t retry_after(struct ua_reg *reg, const struct sip_msg *msg)
{
	uint32_t s;

	if (msg && ua_sipmsg_number(msg, SIP_HDR_RETRY_AFTER, &s) && s) {
		if (s > RETRY_AFTER_MAX_S)
			s = RETRY_AFTER_MAX_S;
		return 1000ULL * s;
	}

	if (msg && msg->scode != 408 && msg->scode != 480 &&
	    msg->scode / 100 != 5)
		return jitter(reg, UA_REG_BACKOFF_MAX_MS);

	return backoff(reg);
}


static void fail(struct ua_reg *reg, uint64_t now_ms,
		 const struct sip_msg *msg, int err)
{
	struct ua_reg_event ev = { .type = UA_REG_FAILED, .err = err };
	const bool quit = err == EACCES || err == ENOENT || err == ENOTSUP;

	if (reg->leave || reg->state == UA_REG_LEAVING) {
		reg->leave = false;
		gone(reg);
		return;
	}

	/* The same password again would only lock the account. */
	ev.retry_ms = quit ? UA_NEVER : retry_after(reg, msg);
	if (step(reg, quit ? MOVE_QUIT : MOVE_FAIL))
		return;
	reg->quit = quit;

	if (msg) {
		ev.code = msg->scode;
		ua_sipmsg_text(ev.reason, sizeof(ev.reason), &msg->reason);
	}
	else {
		str_ncpy(ev.reason,
			 err == ETIMEDOUT ? "No Answer" : "Transport Error",
			 sizeof(ev.reason));
	}

	reg->next_at = quit ? UA_NEVER : now_ms + ev.retry_ms;
	if (reg->again && !quit)
		reg->next_at = now_ms;
	reg->again = false;

	tell(reg, &ev);
}


void ua_reg_failed(struct ua_reg *reg, uint64_t now_ms, int err)
{
	if (!reg->flight)
		return;

	reg->flight = false;
	fail(reg, now_ms, NULL, err);
}


static uint64_t refresh_ms(const struct ua_reg *reg, uint32_t expires_s)
{
	uint32_t s = expires_s;
	uint64_t ms;

	if (s > UA_REG_EXPIRES_MAX_S)
		s = UA_REG_EXPIRES_MAX_S;

	ms = 10ULL * s *
	     ua_random_range(reg->rand, REFRESH_MIN_PCT, REFRESH_MAX_PCT);

	if (reg->refresh_s && ms > 1000ULL * reg->refresh_s)
		ms = 1000ULL * reg->refresh_s;

	return ms < 1000 ? 1000 : ms;
}


static void bound(struct ua_reg *reg, uint64_t now_ms,
		  const struct sip_msg *msg)
{
	struct ua_reg_event ev = {
		.type = UA_REG_REGISTERED,
		.code = msg->scode,
		.rtt_ms = (uint32_t)(now_ms - reg->sent_ms),
		.expires_s = ua_binding_expires(reg->contact, reg->ask_s, msg),
	};

	ua_digest_info(reg->digest, msg);

	if (reg->state == UA_REG_LEAVING) {
		gone(reg);
		return;
	}

	/* Accepted, but no binding: somebody else removed it at once. */
	if (!ev.expires_s) {
		fail(reg, now_ms, msg, EPROTO);
		return;
	}

	if (step(reg, MOVE_BIND))
		return;

	reg->failc = 0;
	stale_flush(reg);
	ua_sipmsg_mapped(msg, &ev.mapped);
	ua_sipmsg_text(ev.reason, sizeof(ev.reason), &msg->reason);
	ev.retry_ms = refresh_ms(reg, ev.expires_s);

	if (reg->leave) {
		reg->leave = false;
		send_now(reg, MOVE_LEAVE);
		return;
	}

	reg->next_at = reg->again ? now_ms : now_ms + ev.retry_ms;
	reg->again = false;
	tell(reg, &ev);
}


/* 423 (RFC 3261, 10.2.8); true: asked again with what it wants. */
static bool longer(struct ua_reg *reg, const struct sip_msg *msg)
{
	uint32_t min;

	if (!ua_sipmsg_number(msg, SIP_HDR_MIN_EXPIRES, &min) ||
	    min <= reg->ask_s || min > UA_REG_EXPIRES_MAX_S)
		return false;

	reg->ask_s = min;
	reg->send = true;
	reg->flight = true;

	return true;
}


/*
 * A registrar may not like two Contacts, or not know the old one: the new one
 * alone is what counts.  True: asked again.
 */
static bool alone(struct ua_reg *reg, const struct sip_msg *msg)
{
	if (!reg->nstale || msg->scode == 408 || msg->scode == 480 ||
	    msg->scode / 100 != 4)
		return false;

	stale_flush(reg);
	reg->send = true;
	reg->flight = true;

	return true;
}


void ua_reg_response(struct ua_reg *reg, uint64_t now_ms,
		     const struct sip_msg *msg)
{
	int err = 0;

	if (!reg->flight || msg->scode < 200 ||
	    !ua_dialog_is_response(reg->half, msg) ||
	    msg->cseq.num != ua_dialog_cseq(reg->half))
		return;

	reg->flight = false;

	if (msg->scode < 300) {
		bound(reg, now_ms, msg);
		return;
	}

	if (msg->scode == 401 || msg->scode == 407) {
		err = ua_digest_challenge(reg->digest, &reg->round, msg);
		if (!err) {
			reg->send = true;
			reg->flight = true;
			return;
		}
	}

	if (msg->scode == 423 && longer(reg, msg))
		return;

	if (!err && alone(reg, msg))
		return;

	fail(reg, now_ms, msg, err);
}


/* The new binding first: some registrars look at one alone. */
static int contacts_encode(const struct ua_reg *reg, struct mbuf *mb,
			   uint32_t expires_s)
{
	size_t i;
	int err;

	err = mbuf_printf(mb, "Contact: <%s>;expires=%u%s\r\n", reg->contact,
			  expires_s, reg->params ? reg->params : "");

	for (i = 0; i < reg->nstale && !err; i++)
		err = mbuf_printf(mb, "Contact: <%s>;expires=0\r\n",
				  reg->stale[i]);

	return err;
}


static int encode(struct ua_reg *reg, struct ua_reg_out *out)
{
	const bool leaving = reg->state == UA_REG_LEAVING;
	const uint32_t cseq = ua_dialog_cseq_next(reg->half);
	int err;

	err = str_dup(&out->uri, reg->registrar);
	if (!err)
		err = str_dup(&out->hop, reg->routed ? ua_dialog_hop(reg->half)
						     : reg->registrar);
	if (err)
		return err;

	out->mb = mbuf_alloc(1024);
	if (!out->mb)
		return ENOMEM;

	err = mbuf_write_str(out->mb, "Max-Forwards: 70\r\n");
	if (!err)
		err = ua_dialog_encode(reg->half, out->mb, "REGISTER", cseq);
	if (!err)
		err = contacts_encode(reg, out->mb, leaving ? 0 : reg->ask_s);
	if (!err)
		err = mbuf_printf(out->mb,
				  "Expires: %u\r\n"
				  "Allow: " UA_SIPMSG_ALLOW "\r\n",
				  leaving ? 0 : reg->ask_s);
	if (!err && reg->software)
		err = mbuf_printf(out->mb, "User-Agent: %s\r\n",
				  reg->software);
	if (!err)
		err = ua_digest_encode(reg->digest, out->mb, "REGISTER",
				       reg->registrar);
	if (!err)
		err = mbuf_write_str(out->mb, "Content-Length: 0\r\n\r\n");

	out->mb->pos = 0;

	return err;
}


bool ua_reg_output(struct ua_reg *reg, uint64_t now_ms, struct ua_reg_out *out)
{
	int err;

	if (!reg->send)
		return false;

	reg->send = false;
	reg->sent_ms = now_ms;
	memset(out, 0, sizeof(*out));

	err = encode(reg, out);
	if (!err)
		return true;

	mem_deref(out->uri);
	mem_deref(out->hop);
	mem_deref(out->mb);
	ua_reg_failed(reg, now_ms, err);

	return false;
}


bool ua_reg_event(struct ua_reg *reg, struct ua_reg_event *ev)
{
	if (!reg->ev_ready)
		return false;

	*ev = reg->ev;
	reg->ev_ready = false;

	return true;
}


bool ua_reg_pending(const struct ua_reg *reg)
{
	return reg->ev_ready;
}


uint64_t ua_reg_deadline(const struct ua_reg *reg)
{
	return reg->next_at < reg->leave_at ? reg->next_at : reg->leave_at;
}


void ua_reg_tick(struct ua_reg *reg, uint64_t now_ms)
{
	if (reg->next_at <= now_ms) {
		reg->next_at = UA_NEVER;
		send_now(reg, MOVE_SEND);
	}

	if (reg->leave_at <= now_ms) {
		reg->leave = false;
		reg->flight = false;
		gone(reg);
	}
}


const struct ua_digest *ua_reg_digest(const struct ua_reg *reg)
{
	return reg->digest;
}


enum ua_reg_state ua_reg_state(const struct ua_reg *reg)
{
	return reg->state;
}
