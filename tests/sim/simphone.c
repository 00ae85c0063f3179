/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simphone.c  A phone: an ICE agent with its sockets and relays */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "stun/stun.h"
#include "simphonecore.h"

enum {
	/* A description waits this long for what servers say */
	PATIENCE_MS = 100
};


static uint64_t now_ms(const struct ua_simphone *phone)
{
	return phone->net->now_us / UA_SIM_MS;
}


static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}


static void phone_destructor(void *arg)
{
	struct ua_simphone *phone = arg;
	size_t i;

	list_unlink(&phone->le);
	ua_simtimer_cancel(&phone->tmr);
	ua_simtimer_cancel(&phone->media);
	ua_simtimer_cancel(&phone->patience);
	ua_simgather_free(phone);
	for (i = 0; i < phone->nhost; i++)
		mem_deref(phone->hostv[i].sock);
	ua_ice_free(phone->ice);
}


void ua_simphone_conf_default(struct ua_simphone_conf *conf)
{
	memset(conf, 0, sizeof(*conf));
	conf->ncomp = 1;
	conf->media_ms = 20;
}


static void log_handler(enum ua_level level, const char *obj, const char *line,
			void *arg)
{
	const struct ua_simphone *phone = arg;
	char text[400];

	(void)level;
	if (!phone->net->trace)
		return;

	(void)snprintf(text, sizeof(text), "log     %s %s: %s", phone->name,
		       obj, line);
	phone->net->trace(phone->net->now_us, text, phone->net->trace_arg);
}


int ua_simphone_alloc(struct ua_simphone **phonep, struct ua_simhost *host,
		      const struct ua_simphone_conf *conf,
		      const struct ua_simphone_handlers *handlers)
{
	struct ua_simphone *phone;
	struct ua_ice_conf ice;
	int err;

	phone = mem_zalloc(sizeof(*phone), phone_destructor);
	if (!phone)
		return ENOMEM;

	phone->net = host->net;
	phone->host = host;
	phone->conf = *conf;
	if (handlers)
		phone->handlers = *handlers;
	str_ncpy(phone->name, conf->name, sizeof(phone->name));
	ua_pacer_init(&phone->pacer);
	ua_simwatch_init(&phone->watch, phone->net, phone->handlers.fault,
			 phone->handlers.arg);
	phone->stat.first_us = UA_NEVER;
	phone->stat.last_us = UA_NEVER;
	phone->quiet_us = UA_SIM_S;

	/* Text is made only where it is read. */
	if (phone->net->trace) {
		phone->log.h = log_handler;
		phone->log.arg = phone;
		phone->log.level = UA_LOG_TRACE;
	}

	ua_ice_conf_default(&ice);
	ice.rand = &phone->net->rand;
	ice.pacer = &phone->pacer;
	ice.log = phone->log.h ? &phone->log : NULL;
	ice.ncomp = conf->ncomp;
	ice.controlling = conf->controlling;
	ice.rfc_strict = conf->rfc_strict;
	ice.renom = conf->renom;
	err = ua_ice_alloc(&phone->ice, &ice);
	if (err) {
		mem_deref(phone);
		return err;
	}

	list_append(&phone->net->boxl, &phone->le, phone);

	*phonep = phone;
	return 0;
}


int ua_simphone_send(struct ua_simleg *leg, const struct ua_addr *dst,
		     const uint8_t *buf, size_t len)
{
	struct ua_simrelayed *relay = leg->relay;
	struct ua_dgram dg;
	int err;

	if (!relay)
		return ua_simsock_send(leg->sock, dst, buf, len);

	if (!relay->turn)
		return ENOTCONN;

	err = ua_turn_send(relay->turn, now_ms(leg->phone), dst, buf, len,
			   &dg);
	if (err)
		return err;

	return ua_simsock_send(relay->host->sock, &dg.path.remote, dg.buf,
			       dg.len);
}


static void ice_output(struct ua_simphone *phone, const struct ua_dgram *dg)
{
	struct ua_simleg *leg = ua_simroam_leg(phone, dg->path.base);
	struct ua_path media;
	const bool on = leg && !ua_ice_media(phone->ice, 0,
					     (uint16_t)leg->comp, &media);
	int err;

	ua_simwatch_output(&phone->watch, dg, on ? &media : NULL);
	err = leg ? ua_simphone_send(leg, &dg->path.remote, dg->buf, dg->len)
		  : ENOTCONN;
	if (err)
		ua_ice_send_error(phone->ice, now_ms(phone), dg, err);
}


static void relay_wish(struct ua_simphone *phone,
		       const struct ua_ice_event *ev)
{
	struct ua_simleg *leg = ua_simroam_leg(phone, ev->base);
	int err;

	if (!leg || !leg->relay || !leg->relay->turn)
		return;

	if (ev->type == UA_ICE_EVENT_CHANNEL) {
		(void)ua_turn_channel(leg->relay->turn, now_ms(phone),
				      &ev->addr);
		return;
	}

	err = ua_turn_permit(leg->relay->turn, now_ms(phone), &ev->addr);
	if (err)
		ua_ice_verdict(phone->ice, now_ms(phone), ev->base, &ev->addr,
			       err);
}


static void note_event(struct ua_simphone *phone,
		       const struct ua_ice_event *ev)
{
	static const char *const names[] = {
		"nothing",     "permit",    "role",      "valid",
		"media path",  "nominated", "channel",   "no path yet",
		"failed",      "suspect",   "recovered", "need restart",
		"consent lost"
	};
	char local[UA_ADDR_LEN], remote[UA_ADDR_LEN];
	const size_t n = sizeof(names) / sizeof(names[0]);

	ua_simnet_note(phone->net, "ice     %s: %s %s %s -> %s %s%s%s",
		       phone->name,
		       (size_t)ev->type < n ? names[ev->type] : "event",
		       ua_ice_type_name(ev->local.type),
		       ua_addr_str(&ev->path.local, local),
		       ua_ice_type_name(ev->remote.type),
		       ua_addr_str(&ev->path.remote, remote),
		       ev->why ? ": " : "", ev->why ? ev->why : "");
}


static void ice_event(struct ua_simphone *phone, const struct ua_ice_event *ev)
{
	if (ev->type == UA_ICE_EVENT_PERMIT ||
	    ev->type == UA_ICE_EVENT_CHANNEL) {
		relay_wish(phone, ev);
		return;
	}

	note_event(phone, ev);
	ua_simroam_event(phone, ev);
	if (phone->handlers.ice)
		phone->handlers.ice(ev, phone->handlers.arg);
}


/* What an event leads to may be output again, and the other way round. */
static void ice_pump(struct ua_simphone *phone)
{
	struct ua_ice_event ev;
	struct ua_dgram dg;
	bool more = true;

	while (phone->ice && more) {
		more = false;
		while (ua_ice_output(phone->ice, now_ms(phone), &dg))
			ice_output(phone, &dg);

		while (phone->ice && ua_ice_event(phone->ice, &ev)) {
			more = true;
			ice_event(phone, &ev);
		}
	}
}


/* A number that changes with the candidates */
uint64_t ua_simphone_cands(const struct ua_simphone *phone)
{
	struct ua_ice_cand c;
	uint64_t h = 0;
	size_t i, k;

	for (i = 0; !ua_ice_local(phone->ice, i, &c); i++) {
		h = h * 31 + c.type * 65536U + c.addr.port;
		for (k = 0; k < sizeof(c.addr.ip); k++)
			h = h * 31 + c.addr.ip[k];
	}

	return h;
}


static void tell(struct ua_simphone *phone)
{
	uint64_t cands;

	if (!phone->gathered) {
		phone->gathered = true;
		ua_simtimer_cancel(&phone->patience);
		if (phone->handlers.gathered)
			phone->handlers.gathered(phone->handlers.arg);
		if (phone->call.gathered)
			phone->call.gathered(phone->call.arg);
		return;
	}

	if (!phone->told || !phone->ice)
		return;

	cands = ua_simphone_cands(phone);
	if (cands == phone->told &&
	    (!phone->conf.trickle || phone->told_end || !phone->complete))
		return;

	phone->told = cands;
	phone->told_end = phone->complete;
	if (phone->handlers.late)
		phone->handlers.late(phone->handlers.arg);
	if (phone->call.late)
		phone->call.late(phone->call.arg);
}


static void on_patience(void *arg)
{
	struct ua_simphone *phone = arg;

	if (!phone->gathered)
		tell(phone);
	ua_simphone_pump(phone);
}


static void on_deadline(void *arg)
{
	struct ua_simphone *phone = arg;

	if (phone->ice)
		ua_ice_tick(phone->ice, now_ms(phone));

	phone->ticked = true;
	ua_simphone_pump(phone);
}


static void rearm(struct ua_simphone *phone, uint64_t at)
{
	uint64_t at_us;

	/* Only after a tick it must be later. */
	if (phone->ticked)
		ua_simwatch_deadline(&phone->watch, now_ms(phone), at);
	phone->ticked = false;

	if (at == UA_NEVER) {
		ua_simtimer_cancel(&phone->tmr);
		return;
	}

	at_us = at * UA_SIM_MS;
	if (at_us < phone->net->now_us)
		at_us = phone->net->now_us;

	if (ua_simtimer_start(&phone->tmr, phone->net, at_us, on_deadline,
			      phone))
		ua_simwatch_fault(&phone->watch, UA_SIM_RULE_MEMORY,
				  "no memory for a timer");
}


void ua_simphone_pump(struct ua_simphone *phone)
{
	uint64_t at = ua_simgather_pump(phone);
	uint64_t due;

	if (!phone->closing) {
		ice_pump(phone);

		if (phone->begun && !phone->complete &&
		    ua_simgather_done(phone)) {
			phone->complete = true;
			(void)ua_ice_gathered(phone->ice, now_ms(phone));
			tell(phone);
			ice_pump(phone);
		}
		else if (phone->gathered) {
			tell(phone);
		}

		due = earlier(ua_simbeside_pump(phone), ua_simroam_due(phone));

		/* ICE's wishes are new output of the relays. */
		at = earlier(ua_simgather_pump(phone), due);
	}

	if (phone->ice)
		at = earlier(at, ua_ice_deadline(phone->ice));

	ua_simroam_part(phone);
	rearm(phone, at);
}


/* An answer of an older generation comes again: it is nobody's any more. */
static void replay(struct ua_simphone *phone)
{
	struct ua_simstale *stale = &phone->stale;
	const uint64_t before = ua_simwatch_state(phone->ice);

	if (!stale->len || stale->gen == ua_ice_gen(phone->ice) ||
	    ua_ice_restarting(phone->ice))
		return;

	if (!ua_ice_input(phone->ice, now_ms(phone), &stale->path, stale->buf,
			  stale->len) ||
	    before != ua_simwatch_state(phone->ice))
		ua_simwatch_fault(&phone->watch, UA_SIM_RULE_TRACE,
				  "an answer of an old generation is taken");

	stale->len = 0;
}


static void keep(struct ua_simphone *phone, const struct ua_path *path,
		 const uint8_t *buf, size_t len)
{
	struct ua_simstale *stale = &phone->stale;

	/* Success answers to Binding requests (RFC 8489, 5) */
	if (stale->len || len > sizeof(stale->buf) || len < 2 ||
	    buf[0] != 0x01 || buf[1] != 0x01)
		return;

	stale->gen = ua_ice_gen(phone->ice);
	stale->path = *path;
	stale->len = len;
	memcpy(stale->buf, buf, len);
}


static void stun_input(struct ua_simleg *leg, const struct ua_path *path,
		       const uint8_t *buf, size_t len)
{
	struct ua_simphone *phone = leg->phone;
	const bool again = ua_simwatch_input(&phone->watch, path, buf, len);
	const uint64_t before = again ? ua_simwatch_state(phone->ice) : 0;

	if (!ua_ice_input(phone->ice, now_ms(phone), path, buf, len))
		ua_simwatch_taken(&phone->watch, path, buf, len);

	if (again && before != ua_simwatch_state(phone->ice))
		ua_simwatch_fault(&phone->watch, UA_SIM_RULE_TRACE,
				  "an answer's second copy changed something");

	keep(phone, path, buf, len);
	replay(phone);
}


static void heard(struct ua_simphone *phone)
{
	struct ua_simphone_stat *stat = &phone->stat;
	const uint64_t now_us = phone->net->now_us;

	phone->listen_us = now_us;
	stat->heard++;
	if (stat->first_us == UA_NEVER)
		stat->first_us = now_us;
	else if (now_us - stat->last_us > stat->gap_us)
		stat->gap_us = now_us - stat->last_us;
	stat->last_us = now_us;
}


static void media_input(struct ua_simleg *leg, const struct ua_path *path)
{
	struct ua_simphone *phone = leg->phone;
	struct ua_path media;

	ua_simwatch_heard(&phone->watch, &path->remote);
	if (!ua_ice_accepts(phone->ice, 0, (uint16_t)leg->comp, path)) {
		if (ua_simbeside_accepts(phone, leg, &path->remote))
			heard(phone);
		else
			phone->stat.refused++;
		return;
	}

	ua_ice_heard(phone->ice, now_ms(phone), path);

	/* Media where it is not expected makes ICE look into it. */
	if (ua_ice_restarting(phone->ice) ||
	    ua_ice_media(phone->ice, 0, (uint16_t)leg->comp, &media) ||
	    media.base != path->base ||
	    !ua_addr_eq(&media.remote, &path->remote))
		ua_simphone_pump(phone);

	if (leg->comp == 1)
		heard(phone);
}


void ua_simphone_recv(struct ua_simleg *leg, const struct ua_addr *src,
		      const uint8_t *buf, size_t len)
{
	struct ua_simphone *phone = leg->phone;
	const struct ua_path path = { .base = leg->base,
				      .local = leg->addr,
				      .remote = *src };

	if (!phone->ice || phone->closing || !len || !leg->comp)
		return;

	if (buf[0] >= 0x80)
		media_input(leg, &path);
	else
		stun_input(leg, &path, buf, len);
}


void ua_simphone_input(const struct ua_addr *src, const uint8_t *buf,
		       size_t len, void *arg)
{
	struct ua_simleg *leg = arg;
	const bool media = len && (buf[0] & 0xc0) == 0x80;

	if (media || !ua_simgather_input(leg, src, buf, len))
		ua_simphone_recv(leg, src, buf, len);

	/* Media moves no machine: nothing is to be pumped. */
	if (!media)
		ua_simphone_pump(leg->phone);
}


/* It may be forged: the path is asked, a second apart. */
void ua_simphone_refused(const struct ua_addr *dst, void *arg)
{
	const struct ua_simleg *leg = arg;
	struct ua_simphone *phone = leg->phone;
	struct ua_path path;

	if (!phone->ice || phone->closing || !leg->comp ||
	    phone->net->now_us < phone->icmp_us + UA_SIM_S ||
	    ua_ice_media(phone->ice, 0, (uint16_t)leg->comp, &path) ||
	    path.base != leg->base || !ua_addr_eq(&path.remote, dst))
		return;

	phone->icmp_us = phone->net->now_us;
	ua_ice_silent(phone->ice, now_ms(phone), 0);
	ua_simphone_pump(phone);
}


int ua_simphone_gather(struct ua_simphone *phone)
{
	int err = ua_simroam_open(phone);

	phone->begun = true;
	phone->born_us = phone->net->now_us;
	if (!err)
		err = ua_simgather_more(phone);
	if (!err)
		err = ua_simtimer_start(
			&phone->patience, phone->net,
			phone->net->now_us +
				(phone->conf.trickle ? 0 : PATIENCE_MS) *
					UA_SIM_MS,
			on_patience, phone);
	if (err)
		return err;

	/* Never inside this call: the owner may not be ready for it. */
	return ua_simtimer_start(&phone->tmr, phone->net, phone->net->now_us,
				 on_deadline, phone);
}


void ua_simphone_hangup(struct ua_simphone *phone)
{
	if (phone->closing)
		return;

	phone->closing = true;
	ua_simtimer_cancel(&phone->media);
	ua_simtimer_cancel(&phone->patience);
	ua_ice_free(phone->ice);
	phone->ice = NULL;
	ua_simgather_close(phone);
	ua_simphone_pump(phone);
}


bool ua_simphone_rests(const struct ua_simphone *phone)
{
	return !phone->tmr.place && !phone->media.place &&
	       !phone->patience.place && ua_simgather_gone(phone);
}


struct ua_ice *ua_simphone_ice(struct ua_simphone *phone)
{
	return phone->ice;
}


const struct ua_simphone_stat *
ua_simphone_stat(const struct ua_simphone *phone)
{
	return &phone->stat;
}
