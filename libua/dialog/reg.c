/* SPDX-License-Identifier: BSD-3-Clause */
/** @file reg.c  A registration (RFC 3261, 10) */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include <ua/log.h>
#include "dialog/binding.h"
#include "dialog/dialog.h"
#include "dialog/reg.h"
#include "dialog/regans.h"
#include "dialog/regcontact.h"
#include "dialog/regmsg.h"
#include "dialog/regpace.h"
#include "dialog/regredir.h"
#include "dialog/sipmsg.h"

enum {
	LONGER_MAX = 3 /* 423s of one request: each may ask for more */
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
	char *aor;
	char *software;
	struct ua_regcontact contact;
	struct ua_digest *digest;
	struct ua_dialog *half; /* all REGISTERs share a Call-ID (10.2) */
	const struct ua_rand *rand;
	const struct ua_log *log;
	uint32_t refresh_s;
	bool routed; /* by an outbound proxy */

	enum ua_reg_state state;
	struct ua_digest_round round;
	struct ua_regpace pace;
	struct ua_regans ans;
	uint32_t ask_s;   /* expiry to ask for                        */
	uint32_t longerc; /* 423s of this request                     */
	bool send;        /* output has a REGISTER                    */
	bool flight;      /* one waits for its answer                 */
	bool leave;       /* unregister when it has come              */
	bool again;       /* refresh when it has come                 */
	bool quit;        /* given up: the password is wrong ...      */
	bool outbound;    /* the last 2xx says so                     */
	bool reflow;      /* a 430 was answered by a REGISTER at once */
	uint64_t sent_ms;
	uint64_t until_ms; /* the binding, if nobody removes it       */
	uint64_t next_at;  /* refresh, retry, end of a look-up        */
	uint64_t leave_at; /* no more patience with the goodbye       */

	struct ua_regredir redir;
	char *target;             /* redirected there: Request-URI    */
	struct ua_dialog *detour; /* redirected to a proxy (305)      */
	bool lookup;              /* the owner looks for ua_reg_hop() */
	bool astray;              /* ... and has to, before the next  */

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
	[UA_REG_IDLE]       = { T,   0,   W,   0,   0,    I,   I },
	[UA_REG_TRYING]     = { T,   B,   W,   I,   L,    I,   I },
	[UA_REG_BOUND]      = { R,   0,   0,   0,   L,    I,   I },
	[UA_REG_REFRESHING] = { R,   B,   W,   I,   L,    I,   I },
	[UA_REG_WAITING]    = { T,   0,   W,   0,   L,    I,   I },
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


static void destructor(void *arg)
{
	struct ua_reg *reg = arg;

	ua_regcontact_reset(&reg->contact);
	ua_regredir_reset(&reg->redir);
	ua_regans_reset(&reg->ans);
	mem_deref(reg->registrar);
	mem_deref(reg->aor);
	mem_deref(reg->software);
	mem_deref(reg->digest);
	mem_deref(reg->half);
	mem_deref(reg->target);
	mem_deref(reg->detour);
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
	struct pl registrar;
	int err;

	pl_set_str(&registrar, conf->registrar);
	if (!ua_sipmsg_uri_ok(&registrar))
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

	err = ua_regcontact_init(&reg->contact, conf);
	if (!err)
		err = dup(&reg->registrar, conf->registrar);
	if (!err)
		err = dup(&reg->aor, conf->aor);
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


/* The dialog that our REGISTERs are of, its Call-ID and route */
static struct ua_dialog *half_of(const struct ua_reg *reg)
{
	return reg->detour ? reg->detour : reg->half;
}


static const char *uri_of(const struct ua_reg *reg)
{
	return reg->target ? reg->target : reg->registrar;
}


const char *ua_reg_hop(const struct ua_reg *reg)
{
	return reg->detour || reg->routed ? ua_dialog_hop(half_of(reg))
					  : uri_of(reg);
}


/* What a redirect is compared with: the proxy knows of one registrar. */
static const char *uri_asked(const struct ua_reg *reg)
{
	return reg->detour ? ua_dialog_hop(reg->detour) : uri_of(reg);
}


/* Back to the registrar that we were told of; the way there is another. */
static void go_home(struct ua_reg *reg)
{
	if (reg->target || reg->detour)
		reg->astray = true;

	reg->target = mem_deref(reg->target);
	reg->detour = mem_deref(reg->detour);
	ua_regredir_reset(&reg->redir);
}


static void send_now(struct ua_reg *reg, enum move mv)
{
	if (step(reg, mv))
		return;

	reg->send = true;
	reg->flight = true;
	reg->again = false;
	reg->quit = false;
	reg->lookup = false;
	reg->astray = false;
	reg->longerc = 0;
	reg->next_at = UA_NEVER;
	memset(&reg->round, 0, sizeof(reg->round));
}


static void tell(struct ua_reg *reg, const struct ua_reg_event *ev)
{
	reg->ev = *ev;
	reg->ev_ready = true;
}


/* Ask the owner to find the way to the next hop. */
static void ask_way(struct ua_reg *reg, uint64_t now_ms, uint16_t code)
{
	struct ua_reg_event ev = { .type = UA_REG_REDIRECTED, .code = code };

	reg->lookup = true;
	reg->astray = false;
	reg->next_at = now_ms + UA_REG_LOOKUP_MS;
	ev.retry_ms = UA_REG_LOOKUP_MS;
	str_ncpy(ev.target, ua_reg_hop(reg), sizeof(ev.target));
	str_ncpy(ev.reason, code ? ua_sipmsg_reason(code) : "Back",
		 sizeof(ev.reason));
	tell(reg, &ev);
}


void ua_reg_start(struct ua_reg *reg, uint64_t now_ms)
{
	reg->leave = false;
	reg->leave_at = UA_NEVER;

	/* One at a time: the next one goes when this one is answered. */
	if (reg->flight)
		reg->again = true;
	else if (reg->astray)
		ask_way(reg, now_ms, 0);
	else if (!reg->lookup)
		send_now(reg, MOVE_SEND);
}


void ua_reg_restart(struct ua_reg *reg, uint64_t now_ms)
{
	if (reg->quit)
		return;

	reg->flight = false;
	reg->lookup = false;
	reg->astray = false;
	ua_reg_start(reg, now_ms);
}


int ua_reg_move(struct ua_reg *reg, const char *contact)
{
	return ua_regcontact_move(&reg->contact, contact);
}


void ua_reg_hold(struct ua_reg *reg)
{
	if (step(reg, MOVE_HOLD))
		return;

	go_home(reg);
	ua_regans_reset(&reg->ans);
	reg->send = false;
	reg->flight = false;
	reg->again = false;
	reg->leave = false;
	reg->lookup = false;
	reg->astray = false;
	reg->ev_ready = false;
	reg->next_at = UA_NEVER;
	reg->leave_at = UA_NEVER;
}


static void gone(struct ua_reg *reg)
{
	const struct ua_reg_event ev = { .type = UA_REG_UNREGISTERED,
					 .retry_ms = UA_NEVER };

	if (step(reg, MOVE_GONE))
		return;

	ua_regans_reset(&reg->ans);
	reg->until_ms = 0;
	reg->send = false;
	reg->lookup = false;
	reg->leave_at = UA_NEVER;
	reg->next_at = UA_NEVER;

	/* Asked to come back meanwhile. */
	if (reg->again)
		send_now(reg, MOVE_SEND);
	else
		tell(reg, &ev);
}


static void say_goodbye(struct ua_reg *reg, uint64_t now_ms)
{
	send_now(reg, MOVE_LEAVE);
	reg->leave_at = now_ms + UA_REG_BYE_MS;
}


/* ... at the server that we have a way to */
static bool may_be_bound(const struct ua_reg *reg, uint64_t now_ms)
{
	if (reg->state == UA_REG_IDLE || reg->lookup || reg->astray)
		return false;

	return reg->state != UA_REG_WAITING || now_ms < reg->until_ms;
}


void ua_reg_stop(struct ua_reg *reg, uint64_t now_ms)
{
	if (reg->leave || reg->state == UA_REG_LEAVING)
		return;

	reg->next_at = UA_NEVER;

	/* Whether or not the last one was heard, a goodbye cannot harm. */
	if (reg->flight && !reg->send) {
		reg->leave = true;
		reg->leave_at = now_ms + UA_REG_BYE_MS;
	}
	else if (may_be_bound(reg, now_ms)) {
		say_goodbye(reg, now_ms);
	}
	else {
		gone(reg);
	}
}


/* It says no on purpose: it is not asked again soon. */
static bool is_final(const struct sip_msg *msg)
{
	return msg && msg->scode != 408 && msg->scode != 480 &&
	       msg->scode != 430 && msg->scode / 100 != 5;
}


/* Try again, later; an answer that says when is believed. */
static uint64_t retry_ms(struct ua_reg *reg, const struct sip_msg *msg)
{
	const uint32_t s = msg ? ua_regans_retry_after(msg) : 0;
	const uint64_t ms = ua_regpace_retry(&reg->pace, reg->rand,
					     is_final(msg), reg->outbound);

	/* No endpoint should see it (RFC 5626, 11.5); where one does, its
	   flow is broken, and the REGISTER that mends it need not wait. */
	if (msg && msg->scode == 430 && !reg->reflow) {
		reg->reflow = true;
		return 0;
	}

	return s ? 1000ULL * s : ms;
}


static void reason_set(struct ua_reg_event *ev, const struct sip_msg *msg)
{
	if (msg)
		ua_sipmsg_text(ev->reason, sizeof(ev->reason), &msg->reason);
	else
		str_ncpy(ev->reason,
			 ev->err == ETIMEDOUT ? "No Answer"
			 : ev->err == ENOMEM  ? "No Memory"
					      : "Transport Error",
			 sizeof(ev->reason));
}


/* The reason of the event, where there is one, is better than the answer's. */
static void fail_as(struct ua_reg *reg, uint64_t now_ms,
		    const struct sip_msg *msg, struct ua_reg_event *ev)
{
	const int err = ev->err;
	const bool quit = err == EACCES || err == ENOENT || err == ENOTSUP;

	if (reg->leave || reg->state == UA_REG_LEAVING) {
		reg->leave = false;
		gone(reg);
		return;
	}

	/* The same password again would only lock the account. */
	ev->type = UA_REG_FAILED;
	ev->retry_ms = quit ? UA_NEVER : retry_ms(reg, msg);
	if (step(reg, quit ? MOVE_QUIT : MOVE_FAIL))
		return;

	reg->quit = quit;
	reg->lookup = false;
	go_home(reg);

	/* Refused: the way that was promised is not ours (RFC 3608, 6.1). */
	if (msg || now_ms >= reg->until_ms)
		reg->ans.route = mem_deref(reg->ans.route);
	if (now_ms >= reg->until_ms)
		ua_regans_reset(&reg->ans);

	if (msg)
		ev->code = msg->scode;
	if (!ev->reason[0])
		reason_set(ev, msg);

	if (reg->again && !quit)
		ev->retry_ms = 0;
	reg->next_at = quit ? UA_NEVER : now_ms + ev->retry_ms;
	reg->again = false;

	tell(reg, ev);
}


static void fail(struct ua_reg *reg, uint64_t now_ms,
		 const struct sip_msg *msg, int err)
{
	struct ua_reg_event ev = { .err = err };

	fail_as(reg, now_ms, msg, &ev);
}


void ua_reg_failed(struct ua_reg *reg, uint64_t now_ms, int err)
{
	struct ua_reg_event ev = { .err = err };

	if (reg->lookup) {
		(void)re_snprintf(ev.reason, sizeof(ev.reason),
				  "no way to %s (%m)", ua_reg_hop(reg), err);
	}
	else if (!reg->flight) {
		return;
	}

	reg->flight = false;
	reg->send = false;
	fail_as(reg, now_ms, NULL, &ev);
}


static uint64_t refresh_ms(const struct ua_reg *reg, uint32_t expires_s)
{
	const uint64_t ms = ua_regpace_refresh(reg->rand, expires_s,
					       reg->ans.temp_gruu != NULL);

	return reg->refresh_s && ms > 1000ULL * reg->refresh_s
		       ? 1000ULL * reg->refresh_s
		       : ms;
}


/* Accepted, and still there is no binding of ours. */
static void unbound(struct ua_reg *reg, uint64_t now_ms,
		    const struct sip_msg *msg, const struct ua_binding *bind)
{
	struct ua_reg_event ev = { .err = EPROTO };

	if (bind->listed && !bind->ours)
		(void)re_snprintf(ev.reason, sizeof(ev.reason),
				  "the registrar's answer does not have our "
				  "Contact: %s",
				  reg->contact.uri);
	else
		str_ncpy(ev.reason, "the registrar grants no time: expires 0",
			 sizeof(ev.reason));

	reg->until_ms = 0;
	fail_as(reg, now_ms, msg, &ev);
}


static void bound(struct ua_reg *reg, uint64_t now_ms,
		  const struct sip_msg *msg)
{
	const struct ua_binding_key key = {
		.contact = reg->contact.uri,
		.instance = reg->contact.instance,
		.reg_id = reg->contact.reg_id,
		.asked_s = reg->ask_s,
		.max_s = UA_REG_EXPIRES_MAX_S,
	};
	struct ua_reg_event ev = {
		.type = UA_REG_REGISTERED,
		.code = msg->scode,
		.rtt_ms = (uint32_t)(now_ms - reg->sent_ms),
	};
	struct ua_binding bind;
	int err;

	ua_digest_info(reg->digest, msg);

	if (reg->state == UA_REG_LEAVING) {
		gone(reg);
		return;
	}

	ua_binding_find(&bind, &key, msg);
	if (!bind.expires_s) {
		unbound(reg, now_ms, msg, &bind);
		return;
	}

	reg->until_ms = reg->sent_ms + 1000ULL * bind.expires_s;
	err = ua_regans_decode(&reg->ans, &bind, msg);
	if (err) {
		fail(reg, now_ms, NULL, err);
		return;
	}

	if (step(reg, MOVE_BIND))
		return;

	reg->pace.failc = 0;
	reg->reflow = false;
	reg->outbound = reg->ans.outbound && reg->contact.reg_id;
	ua_regredir_reset(&reg->redir);
	ua_regcontact_forget(&reg->contact);

	if (reg->leave) {
		reg->leave = false;
		say_goodbye(reg, now_ms);
		return;
	}

	ev.expires_s = bind.expires_s;
	ev.outbound = reg->outbound;
	ev.flow_timer_s = reg->ans.flow_timer_s;
	ev.retry_ms = refresh_ms(reg, ev.expires_s);
	ua_sipmsg_mapped(msg, &ev.mapped);
	reason_set(&ev, msg);

	reg->next_at = reg->again ? now_ms : now_ms + ev.retry_ms;
	reg->again = false;
	tell(reg, &ev);
}


static bool resend(struct ua_reg *reg)
{
	reg->send = true;
	reg->flight = true;

	return true;
}


/* 423 (RFC 3261, 10.2.8); true: asked again with what it wants. */
static bool longer(struct ua_reg *reg, const struct sip_msg *msg)
{
	uint32_t min;

	if (msg->scode != 423 || reg->state == UA_REG_LEAVING ||
	    reg->longerc == LONGER_MAX ||
	    !ua_sipmsg_number(msg, SIP_HDR_MIN_EXPIRES, &min) ||
	    min <= reg->ask_s || min > UA_REG_EXPIRES_MAX_S)
		return false;

	++reg->longerc;
	reg->ask_s = min;

	return resend(reg);
}


/*
 * The registrar does outbound, and the proxy before it does not: without it,
 * and for good, as nothing says when that proxy has learnt it (RFC 5626,
 * 4.2.1).
 */
static bool inbound(struct ua_reg *reg, const struct sip_msg *msg)
{
	if (msg->scode != 439 || !reg->contact.reg_id)
		return false;

	reg->contact.reg_id = 0;
	reg->outbound = false;

	return resend(reg);
}


/*
 * A registrar may not like two Contacts, or not know the old one: the new one
 * alone is what counts.  True: asked again.
 */
static bool alone(struct ua_reg *reg, const struct sip_msg *msg)
{
	if (!reg->contact.nstale || !is_final(msg) || msg->scode / 100 != 4)
		return false;

	ua_regcontact_forget(&reg->contact);

	return resend(reg);
}


/* Where a redirect leads: another Request-URI, or a proxy (21.3.4). */
static int turn_to(struct ua_reg *reg, const char *target, bool proxy)
{
	struct ua_dialog *detour;
	char *uri;
	int err;

	if (proxy) {
		err = ua_dialog_alloc(&detour, reg->rand, reg->aor, reg->aor,
				      target);
		if (err)
			return err;

		mem_deref(reg->detour);
		reg->detour = detour;
		return 0;
	}

	err = str_dup(&uri, target);
	if (err)
		return err;

	/* A proxy that redirects speaks of what is without it. */
	mem_deref(reg->target);
	reg->target = uri;
	reg->detour = mem_deref(reg->detour);

	return 0;
}


static void redirect(struct ua_reg *reg, uint64_t now_ms,
		     const struct sip_msg *msg)
{
	struct ua_reg_event ev = { .type = UA_REG_FAILED };
	char target[UA_REG_TARGET_MAX];
	const char *why = NULL;

	if (reg->leave || reg->state == UA_REG_LEAVING) {
		fail(reg, now_ms, msg, 0);
		return;
	}

	ev.err = ua_regredir_next(&reg->redir, msg, uri_asked(reg), target,
				  &why);
	if (!ev.err)
		ev.err = turn_to(reg, target, msg->scode == 305);
	if (ev.err) {
		if (why)
			(void)re_snprintf(ev.reason, sizeof(ev.reason),
					  "%s%s%s", why, target[0] ? ": " : "",
					  target);
		fail_as(reg, now_ms, ev.err == ENOMEM ? NULL : msg, &ev);
		return;
	}

	if (step(reg, MOVE_FAIL))
		return;

	reg->again = false;
	ask_way(reg, now_ms, msg->scode);
}


void ua_reg_response(struct ua_reg *reg, uint64_t now_ms,
		     const struct sip_msg *msg)
{
	int err = 0;

	if (!reg->flight || reg->send || msg->scode < 200 ||
	    !ua_dialog_is_response(half_of(reg), msg) ||
	    msg->cseq.num != ua_dialog_cseq(half_of(reg)))
		return;

	reg->flight = false;

	if (msg->scode < 300) {
		bound(reg, now_ms, msg);
		return;
	}

	if (ua_regredir_is(msg)) {
		redirect(reg, now_ms, msg);
		return;
	}

	if (msg->scode == 401 || msg->scode == 407) {
		err = ua_digest_challenge(reg->digest, &reg->round, msg);
		if (!err) {
			(void)resend(reg);
			return;
		}
	}

	if (!err && (longer(reg, msg) || inbound(reg, msg) || alone(reg, msg)))
		return;

	fail(reg, now_ms, msg, err);
}


static int encode(struct ua_reg *reg, struct ua_reg_out *out)
{
	const struct ua_regmsg rm = {
		.registrar = uri_of(reg),
		.half = half_of(reg),
		.digest = reg->digest,
		.contact = &reg->contact,
		/* One flow has one binding: the new one replaces the old. */
		.stale = !reg->outbound,
		.expires_s = reg->state == UA_REG_LEAVING ? 0 : reg->ask_s,
		.software = reg->software,
	};
	int err;

	err = str_dup(&out->uri, rm.registrar);
	if (!err)
		err = str_dup(&out->hop, ua_reg_hop(reg));
	if (!err)
		err = ua_regmsg_encode(&rm, &out->mb);

	return err;
}


bool ua_reg_output(struct ua_reg *reg, uint64_t now_ms, struct ua_reg_out *out)
{
	int err;

	if (!reg->send || !ua_regpace_take(&reg->pace, now_ms))
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
	uint64_t at = reg->send ? ua_regpace_at(&reg->pace) : UA_NEVER;

	if (reg->next_at < at)
		at = reg->next_at;

	return reg->leave_at < at ? reg->leave_at : at;
}


/* The owner has not gone on: where we were sent is no way for us. */
static void next(struct ua_reg *reg, uint64_t now_ms)
{
	reg->next_at = UA_NEVER;

	if (reg->lookup && (reg->target || reg->detour))
		ua_reg_failed(reg, now_ms, ETIMEDOUT);
	else if (reg->astray)
		ask_way(reg, now_ms, 0);
	else
		send_now(reg, MOVE_SEND);
}


void ua_reg_tick(struct ua_reg *reg, uint64_t now_ms)
{
	if (reg->until_ms && reg->until_ms <= now_ms) {
		reg->until_ms = 0;
		ua_regans_reset(&reg->ans);
	}

	if (reg->next_at <= now_ms)
		next(reg, now_ms);

	if (reg->leave_at <= now_ms) {
		reg->leave = false;
		reg->flight = false;
		gone(reg);
	}
}


const char *ua_reg_gruu(const struct ua_reg *reg, bool temporary)
{
	return temporary ? reg->ans.temp_gruu : reg->ans.pub_gruu;
}


const char *ua_reg_service_route(const struct ua_reg *reg)
{
	return reg->ans.route;
}


const struct ua_digest *ua_reg_digest(const struct ua_reg *reg)
{
	return reg->digest;
}


enum ua_reg_state ua_reg_state(const struct ua_reg *reg)
{
	return reg->state;
}
