/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sesscore.c  A session as its endpoint sees it */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/clock.h"
#include <ua/log.h>
#include "sip/epcore.h"
#include "sip/outreq.h"
#include "sip/sesscore.h"
#include "sip/wake.h"

/* RFC 3261, 17.2.1 */
enum { TRYING_MS = 200 };

/** A request in flight */
struct flight {
	struct le le;
	struct ua_sesscore *core;
	struct ua_outreq *req;
	uint32_t id;
	bool invite;
};


static void flight_destructor(void *arg)
{
	struct flight *fl = arg;

	list_unlink(&fl->le);
	mem_deref(fl->req);
}


static void destructor(void *arg)
{
	struct ua_sesscore *core = arg;

	tmr_cancel(&core->tmr);
	tmr_cancel(&core->trying);
	list_unlink(&core->le);
	list_flush(&core->reql);
	mem_deref(core->st);
	mem_deref(core->st_msg);
	mem_deref(core->ok_mb);
	mem_deref(core->ok_msg);
	mem_deref(core->offer);
	mem_deref(core->inv);
}


static void wake_handler(void *arg);


/*
 * Tell the owner, then see what is left to do.  Only from the loop: inside an
 * owner's call its events wait for the timer.
 */
static void pump(struct ua_sesscore *core)
{
	struct ua_invite_event ev;

	mem_ref(core);

	ua_sesscore_flush(core);

	while (core->ep && ua_invite_event(core->inv, &ev)) {
		if (core->sess)
			core->h(core->sess, &ev, core->arg);
		mem_deref(ev.msg);
	}

	if (core->ep) {
		ua_sesscore_flush(core);

		if (!core->sess && ua_invite_done(core->inv)) {
			list_unlink(&core->le);
			mem_deref(core);
		}
	}

	mem_deref(core);
}


static void response_handler(int err, struct sip_msg *msg, void *arg)
{
	struct flight *fl = arg;
	struct ua_sesscore *core = fl->core;
	const uint64_t now_ms = ua_clock_ms();
	const uint32_t id = fl->id;

	mem_ref(core);

	if (err) {
		mem_deref(fl);
		ua_invite_failed(core->inv, now_ms, id, err);
	}
	else {
		if (msg->scode >= 200)
			mem_deref(fl);

		/* An answer of another dialog than the one asked ends it */
		if (ua_invite_response(core->inv, now_ms, msg) &&
		    msg->scode >= 200)
			ua_invite_failed(core->inv, now_ms, id, EPROTO);
	}

	pump(core);
	mem_deref(core);
}


static int request_send(struct ua_sesscore *core,
			const struct ua_invite_out *out)
{
	const enum ua_invite_state state = ua_invite_state(core->inv);
	const bool invite = !strcmp(out->met, "INVITE");
	const bool first = invite && (state == UA_INVITE_IDLE ||
				      state == UA_INVITE_CALLING ||
				      state == UA_INVITE_EARLY);
	const struct ua_outreq_conf conf = {
		.met = out->met,
		.uri = out->uri,
		.hop = out->hop,
		.flow = core->hop,
		.force = first,
		.mb = out->mb,
	};
	struct flight *fl;
	int err;

	if (out->type == UA_INVITE_ACK)
		return ua_outreq_ack(core->ep, &conf);

	fl = mem_zalloc(sizeof(*fl), flight_destructor);
	if (!fl)
		return ENOMEM;

	fl->core = core;
	fl->id = out->id;
	fl->invite = invite;

	err = ua_outreq_send(&fl->req, core->ep, &conf, response_handler, fl);
	if (err)
		mem_deref(fl);
	else
		list_append(&core->reql, &fl->le, fl);

	return err;
}


static void request_cancel(struct ua_sesscore *core)
{
	struct le *le;

	for (le = list_head(&core->reql); le; le = le->next) {
		struct flight *fl = le->data;

		if (fl->invite)
			ua_outreq_cancel(fl->req);
	}
}


static void cancel_handler(void *arg)
{
	struct ua_sesscore *core = arg;

	ua_invite_cancelled(core->inv, ua_clock_ms());
	pump(core);
}


/* The machine took an INVITE: from now on it may be cancelled. */
static int trans_open(struct ua_sesscore *core, struct sip_msg *msg)
{
	mem_deref(core->st);
	core->st = NULL;
	mem_deref(core->st_msg);
	core->st_msg = mem_ref(msg);

	return sip_strans_alloc(&core->st, core->ep->sip, msg, cancel_handler,
				core);
}


static void ok_keep(struct ua_sesscore *core, struct sip_msg *msg,
		    struct mbuf *mb)
{
	mem_deref(core->ok_mb);
	mem_deref(core->ok_msg);
	core->ok_mb = mem_ref(mb);
	core->ok_msg = mem_ref(msg);
}


/* It says no more than that: what was to be said did not come in time. */
static void on_trying(void *arg)
{
	struct ua_sesscore *core = arg;
	int err;

	if (!core->st || !core->ep)
		return;

	err = sip_treplyf(&core->st, NULL, core->ep->sip, core->st_msg, false,
			  100, "Trying", NULL);
	if (err)
		ua_log(core->ep->log, UA_LOG_WARN, "sip", "no 100: %m", err);
}


static int respond(struct ua_sesscore *core, const struct ua_invite_out *out)
{
	struct sip_msg *msg = out->msg;
	struct sip_strans **stp = NULL;
	const bool invite = !pl_strcmp(&msg->met, "INVITE");
	struct mbuf *mb = NULL;
	int err = 0;

	/*
	 * A phone rings at once, and a 100 before that would end the copies
	 * of the INVITE by which a 180 that got lost is sent again (RFC 3261,
	 * 17.2.1).
	 */
	if (invite && out->code == 100) {
		tmr_start(&core->trying, TRYING_MS, on_trying, core);
		return trans_open(core, msg);
	}

	if (invite)
		tmr_cancel(&core->trying);
	if (core->st && core->st_msg == msg)
		stp = &core->st;

	if (!err && out->mb)
		err = sip_treplyf(stp, &mb, core->ep->sip, msg,
				  invite && out->code > 100, out->code,
				  out->reason, "%b", out->mb->buf,
				  out->mb->end);
	else if (!err)
		err = sip_treplyf(stp, &mb, core->ep->sip, msg, false,
				  out->code, out->reason, NULL);

	if (!err && invite && out->code / 100 == 2)
		ok_keep(core, msg, mb);

	mem_deref(mb);

	return err;
}


/* 2xx again: over TCP too, for a proxy may have taken UDP (13.3.1.4). */
static int resend(struct ua_sesscore *core)
{
	const struct sip_msg *msg = core->ok_msg;
	struct sa dst;
	struct pl pl;

	if (!core->ok_mb)
		return 0;

	sip_reply_addr(&dst, msg,
		       !msg_param_exists(&msg->via.params, "rport", &pl));
	core->ok_mb->pos = 0;

	return sip_send(core->ep->sip, msg->sock, msg->tp, &dst, core->ok_mb);
}


static int act(struct ua_sesscore *core, const struct ua_invite_out *out)
{
	switch (out->type) {

	case UA_INVITE_REQUEST:
	case UA_INVITE_ACK:
		return request_send(core, out);

	case UA_INVITE_CANCEL:
		request_cancel(core);
		return 0;

	case UA_INVITE_RESPOND:
		return respond(core, out);

	case UA_INVITE_RESEND:
		return resend(core);
	}

	return EINVAL;
}


void ua_sesscore_flush(struct ua_sesscore *core)
{
	struct ua_invite_out out;
	uint64_t at;
	int err;

	while (core->ep && ua_invite_output(core->inv, &out)) {

		err = act(core, &out);
		if (err)
			ua_log(core->ep->log, UA_LOG_WARN, "session",
			       "not sent: %m", err);
		if (err && out.type == UA_INVITE_REQUEST)
			ua_invite_failed(core->inv, ua_clock_ms(), out.id,
					 err);

		ua_invite_out_free(&out);
	}

	if (!core->ep)
		return;

	/* Events, and an owner who has gone, wake the loop at once. */
	at = ua_invite_deadline(core->inv);
	if (ua_invite_pending(core->inv) || (!core->sess && !core->left))
		at = 0;

	ua_wake_at(&core->tmr, at, wake_handler, core);
}


static void wake_handler(void *arg)
{
	struct ua_sesscore *core = arg;
	const uint64_t now_ms = ua_clock_ms();

	if (!core->sess && !core->left) {
		core->left = true;
		ua_invite_hangup(core->inv, now_ms, NULL);
	}

	ua_invite_tick(core->inv, now_ms);
	pump(core);
}


void ua_sesscore_orphan(struct ua_sesscore *core)
{
	core->sess = NULL;

	if (core->ep)
		tmr_start(&core->tmr, 0, wake_handler, core);
}


int ua_sesscore_alloc(struct ua_sesscore **corep, struct ua_endpoint *ep,
		      const struct ua_session_conf *conf)
{
	const struct ua_invite_conf iconf = {
		.aor = conf->aor,
		.contact = conf->contact,
		.route = conf->route,
		.service_route = conf->service_route,
		.headers = conf->headers,
		.software = ep->software,
		.cred = conf->cred,
		.known = conf->known,
		.ring_ms = conf->ring_ms,
		.trickle = conf->trickle,
		.rand = ep->rand,
		.log = ep->log,
	};
	struct ua_sesscore *core;
	int err;

	core = mem_zalloc(sizeof(*core), destructor);
	if (!core)
		return ENOMEM;

	tmr_init(&core->tmr);
	tmr_init(&core->trying);
	core->ep = ep;
	core->hop = conf->hop;
	core->h = conf->h;
	core->arg = conf->arg;

	err = ua_invite_alloc(&core->inv, &iconf);
	if (err)
		mem_deref(core);
	else
		*corep = core;

	return err;
}


bool ua_sesscore_request(struct ua_endpoint *ep, struct sip_msg *msg)
{
	struct le *le;

	for (le = list_head(&ep->sessionl); le; le = le->next) {
		struct ua_sesscore *core = le->data;

		if (!ua_invite_request(core->inv, ua_clock_ms(), msg)) {
			pump(core);
			return true;
		}
	}

	return false;
}


void ua_sesscore_response(struct ua_endpoint *ep, struct sip_msg *msg)
{
	struct le *le;

	for (le = list_head(&ep->sessionl); le; le = le->next) {
		struct ua_sesscore *core = le->data;

		if (ua_invite_knows(core->inv, msg) &&
		    !ua_invite_response(core->inv, ua_clock_ms(), msg)) {
			pump(core);
			return;
		}
	}

	for (le = list_head(&ep->sessionl); le; le = le->next) {
		struct ua_sesscore *core = le->data;

		if (!ua_invite_response(core->inv, ua_clock_ms(), msg)) {
			pump(core);
			return;
		}
	}
}


void ua_sesscore_count(const struct ua_endpoint *ep, uint32_t *calls,
		       uint32_t *all)
{
	const struct le *le;

	*calls = *all = 0;

	for (le = list_head(&ep->sessionl); le; le = le->next) {
		const struct ua_sesscore *core = le->data;

		++*all;
		if (ua_invite_state(core->inv) != UA_INVITE_CLOSED)
			++*calls;
	}
}


void ua_sesscore_rearm(struct ua_endpoint *ep)
{
	struct le *le;

	for (le = list_head(&ep->sessionl); le; le = le->next)
		ua_sesscore_flush(le->data);
}


void ua_sesscore_close(struct ua_endpoint *ep)
{
	struct le *le;

	while ((le = list_head(&ep->sessionl))) {
		struct ua_sesscore *core = le->data;

		list_unlink(le);
		tmr_cancel(&core->tmr);
		list_flush(&core->reql);
		core->st = mem_deref(core->st);
		core->ep = NULL;
		mem_deref(core);
	}
}
