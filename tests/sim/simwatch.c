/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simwatch.c  What a phone may not do, seen from its sockets alone */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "stun/stun.h"
#include "simcore.h"
#include "simwatch.h"

enum {
	TID_LIFE_MS = 40000,
	SENDS = 7,      /* Of one request (RFC 8489, 6.2.1)              */
	CONSENT_S = 30, /* RFC 7675, 5.1 */
	UNHEARD = 300,  /* Checks before a word of the peer              */
	SPINS = 8,      /* Deadlines at one and the same time            */

	/* Media to c=: not before, no longer if nobody answers, if he did */
	WINDOW_MS = 1500,
	UNANSWERED_MS = 10100,
	ANSWERED_MS = 30100,

	/* In all, without a word; what is apart by more is no stream */
	IN_ALL_MS = 41000,
	APART_MS = 1000
};


void ua_simwatch_init(struct ua_simwatch *watch, struct ua_simnet *net,
		      void (*fault)(unsigned, const char *, void *), void *arg)
{
	memset(watch, 0, sizeof(*watch));
	watch->net = net;
	watch->fault = fault;
	watch->arg = arg;
	watch->check_ms = UA_NEVER;
	watch->spin_ms = UA_NEVER;
	watch->talk_us = UA_NEVER;
	watch->beside_us = UA_NEVER;
	watch->heard_us = UA_NEVER;
}


void ua_simwatch_fault(struct ua_simwatch *watch, enum ua_simrule rule,
		       const char *fmt, ...)
{
	char text[UA_SIM_WORDS];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);

	if (watch->fault)
		watch->fault(rule, text, watch->arg);
}


static uint64_t key_of(const struct ua_stun *msg)
{
	uint64_t key;

	memcpy(&key, msg->tid + 4, sizeof(key));
	return key ? key : 1;
}


/* Those of long ago are of no use: a transaction lasts 40 s at most. */
static void forget_tids(struct ua_simwatch *watch)
{
	const uint64_t now_ms = watch->net->now_us / UA_SIM_MS;
	struct ua_simtid oldv[UA_SIM_TIDS];
	uint64_t life_ms = TID_LIFE_MS;
	size_t i, k;

	memcpy(oldv, watch->tidv, sizeof(oldv));

	do {
		memset(watch->tidv, 0, sizeof(watch->tidv));
		watch->ntid = 0;

		for (i = 0; i < UA_SIM_TIDS; i++) {
			if (!oldv[i].key || now_ms > oldv[i].at_ms + life_ms)
				continue;

			for (k = oldv[i].key % UA_SIM_TIDS; watch->tidv[k].key;
			     k = (k + 1) % UA_SIM_TIDS)
				;

			watch->tidv[k] = oldv[i];
			watch->ntid++;
		}

		life_ms /= 2;
	} while (watch->ntid > UA_SIM_TIDS / 2 && life_ms);
}


/* A place of a transaction, made if need be */
static struct ua_simtid *tid_of(struct ua_simwatch *watch,
				const struct ua_stun *msg, bool own, bool make)
{
	const uint64_t key = key_of(msg) + own;
	size_t i = key % UA_SIM_TIDS;
	struct ua_simtid *t;

	if (make && watch->ntid > UA_SIM_TIDS * 3 / 4)
		forget_tids(watch);

	for (;; i = (i + 1) % UA_SIM_TIDS) {
		t = &watch->tidv[i];
		if (t->key == key && t->own == own) {
			t->at_ms = watch->net->now_us / UA_SIM_MS;
			return t;
		}
		if (!t->key)
			break;
	}

	if (!make)
		return NULL;

	t->at_ms = watch->net->now_us / UA_SIM_MS;
	t->key = key;
	t->own = own;
	watch->ntid++;

	return t;
}


static struct ua_simvalid *valid_of(struct ua_simwatch *watch,
				    const struct ua_path *path)
{
	size_t i;

	for (i = 0; i < watch->nvalid; i++) {
		if (watch->validv[i].base == path->base &&
		    ua_addr_eq(&watch->validv[i].addr, &path->remote))
			return &watch->validv[i];
	}

	return NULL;
}


/* Consent is asked for where media goes, or has gone before a restart. */
static bool is_consent(struct ua_simwatch *watch, const struct ua_path *path,
		       const struct ua_path *media)
{
	struct ua_simvalid *v = valid_of(watch, path);

	if (!v)
		return false;

	if (media && media->base == path->base &&
	    ua_addr_eq(&media->remote, &path->remote))
		v->media = true;

	return v->media;
}


/* A restart is another agent, with a count of its own. */
static void note_user(struct ua_simwatch *watch, const struct ua_stun *msg)
{
	uint64_t h = 1;
	size_t i, len;
	const uint8_t *user = ua_stun_attr(msg, UA_STUN_USERNAME, &len);

	for (i = 0; user && i < len; i++)
		h = h * 31 + user[i];

	if (h == watch->user)
		return;

	watch->user = h;
	watch->checks = 0;
}


static void request_out(struct ua_simwatch *watch, const struct ua_stun *msg,
			const struct ua_dgram *dg, const struct ua_path *media)
{
	struct ua_simtid *t = tid_of(watch, msg, true, true);
	const uint64_t now_ms = watch->net->now_us / UA_SIM_MS;
	const bool consent = is_consent(watch, &dg->path, media);
	char addr[UA_ADDR_LEN];

	if (++t->sends > SENDS)
		ua_simwatch_fault(watch, UA_SIM_RULE_STORM,
				  "request to %s is sent %u times",
				  ua_addr_str(&dg->path.remote, addr),
				  t->sends);

	note_user(watch, msg);
	if (++watch->checks > UNHEARD && !watch->heard)
		ua_simwatch_fault(watch, UA_SIM_RULE_STORM,
				  "%llu checks before a word of the peer",
				  (unsigned long long)watch->checks);

	t->addr = dg->path.remote;
	t->base = dg->path.base;
	if (t->sends > 1 || consent ||
	    ua_stun_attr(msg, UA_STUN_USE_CANDIDATE, NULL))
		return;

	if (watch->check_ms != UA_NEVER &&
	    now_ms - watch->check_ms < UA_PACER_STEP_MS)
		ua_simwatch_fault(
			watch, UA_SIM_RULE_STORM, "checks %llu ms apart",
			(unsigned long long)(now_ms - watch->check_ms));

	watch->check_ms = now_ms;
}


void ua_simwatch_output(struct ua_simwatch *watch, const struct ua_dgram *dg,
			const struct ua_path *media)
{
	struct ua_simtid *t;
	struct ua_stun msg;

	if (ua_stun_decode(&msg, dg->buf, dg->len)) {
		ua_simwatch_fault(watch, UA_SIM_RULE_STORM,
				  "what is sent is not STUN");
		return;
	}

	if (msg.cls == UA_STUN_REQUEST) {
		request_out(watch, &msg, dg, media);
	}
	else if (msg.cls == UA_STUN_SUCCESS || msg.cls == UA_STUN_ERROR) {
		t = tid_of(watch, &msg, false, false);
		if (!t || ++t->answers > t->sends)
			ua_simwatch_fault(watch, UA_SIM_RULE_STORM,
					  "more answers than requests");
	}
}


bool ua_simwatch_input(struct ua_simwatch *watch, const struct ua_path *path,
		       const uint8_t *buf, size_t len)
{
	struct ua_simtid *t;
	struct ua_stun msg;

	(void)path;
	if (ua_stun_decode(&msg, buf, len))
		return false;

	if (msg.cls == UA_STUN_REQUEST) {
		t = tid_of(watch, &msg, false, true);
		if (t->sends < UINT8_MAX)
			++t->sends;
		return false;
	}

	if (msg.cls != UA_STUN_SUCCESS && msg.cls != UA_STUN_ERROR)
		return false;

	t = tid_of(watch, &msg, true, false);

	return t && t->answers;
}


void ua_simwatch_taken(struct ua_simwatch *watch, const struct ua_path *path,
		       const uint8_t *buf, size_t len)
{
	struct ua_simvalid *v;
	struct ua_simtid *t;
	struct ua_stun msg;

	if (ua_stun_decode(&msg, buf, len))
		return;

	watch->heard = true;
	if (msg.cls != UA_STUN_SUCCESS && msg.cls != UA_STUN_ERROR)
		return;

	/* Forgeries do not count, nor what was led astray. */
	t = tid_of(watch, &msg, true, false);
	if (!t || t->base != path->base ||
	    !ua_addr_eq(&t->addr, &path->remote))
		return;

	if (t->answers < UINT8_MAX)
		++t->answers;
	if (msg.cls != UA_STUN_SUCCESS)
		return;

	v = valid_of(watch, path);
	if (!v) {
		if (watch->nvalid == UA_SIM_VALID)
			return;
		v = &watch->validv[watch->nvalid++];
		v->base = path->base;
		v->addr = path->remote;
	}

	v->at_us = watch->net->now_us;
}


void ua_simwatch_media(struct ua_simwatch *watch, const struct ua_path *path)
{
	const struct ua_simvalid *v = NULL;
	char addr[UA_ADDR_LEN];

	if (watch->last < watch->nvalid) {
		v = &watch->validv[watch->last];
		if (v->base != path->base ||
		    !ua_addr_eq(&v->addr, &path->remote))
			v = NULL;
	}

	if (!v) {
		v = valid_of(watch, path);
		if (v)
			watch->last = (size_t)(v - watch->validv);
	}

	if (!v)
		ua_simwatch_fault(watch, UA_SIM_RULE_MEDIA,
				  "media from base %u to %s, never validated",
				  path->base,
				  ua_addr_str(&path->remote, addr));
	else if (watch->net->now_us > v->at_us + CONSENT_S * UA_SIM_S)
		ua_simwatch_fault(
			watch, UA_SIM_RULE_MEDIA,
			"media to %s, last consent %llu ms ago",
			ua_addr_str(&path->remote, addr),
			(unsigned long long)((watch->net->now_us - v->at_us) /
					     UA_SIM_MS));
}


void ua_simwatch_told(struct ua_simwatch *watch, const struct ua_addr *dflt,
		      bool fresh)
{
	if (!fresh && ua_addr_eq(&watch->told, dflt))
		return;

	watch->told = *dflt;
	watch->told_us = watch->net->now_us;
	watch->beside_us = UA_NEVER;
	watch->heard_us = UA_NEVER;
}


void ua_simwatch_talks(struct ua_simwatch *watch)
{
	watch->talk_us = watch->net->now_us;
}


void ua_simwatch_heard(struct ua_simwatch *watch, const struct ua_addr *src)
{
	if (!ua_addr_eq(&watch->told, src))
		return;

	watch->heard_us = watch->net->now_us;
	watch->unheard_us = 0;
}


/* When media to c= has to end */
static uint64_t window_end(const struct ua_simwatch *watch)
{
	const uint64_t end_us = watch->beside_us + UNANSWERED_MS * UA_SIM_MS;
	const uint64_t heard_us =
		watch->heard_us == UA_NEVER
			? 0
			: watch->heard_us + ANSWERED_MS * UA_SIM_MS;

	return heard_us > end_us ? heard_us : end_us;
}


void ua_simwatch_beside(struct ua_simwatch *watch, const struct ua_addr *dst)
{
	const uint64_t now_us = watch->net->now_us;
	const uint64_t since_us = watch->talk_us > watch->told_us
					  ? watch->talk_us
					  : watch->told_us;
	char addr[UA_ADDR_LEN];

	if (watch->beside_us == UA_NEVER)
		watch->beside_us = now_us;
	if (now_us - watch->last_us < APART_MS * UA_SIM_MS)
		watch->unheard_us += now_us - watch->last_us;
	watch->last_us = now_us;

	if (!ua_addr_eq(&watch->told, dst))
		ua_simwatch_fault(watch, UA_SIM_RULE_WINDOW,
				  "media to %s, which is not c=",
				  ua_addr_str(dst, addr));
	else if (watch->heard_us == UA_NEVER &&
		 now_us < since_us + WINDOW_MS * UA_SIM_MS)
		ua_simwatch_fault(
			watch, UA_SIM_RULE_WINDOW, "media to c= after %llu ms",
			(unsigned long long)((now_us - since_us) / UA_SIM_MS));
	else if (watch->unheard_us > IN_ALL_MS * UA_SIM_MS)
		ua_simwatch_fault(watch, UA_SIM_RULE_WINDOW,
				  "media to c= for too long in all");
	else if (now_us > window_end(watch))
		ua_simwatch_fault(
			watch, UA_SIM_RULE_WINDOW,
			"media to c= for %llu ms without consent",
			(unsigned long long)((now_us - watch->beside_us) /
					     UA_SIM_MS));
}


void ua_simwatch_deadline(struct ua_simwatch *watch, uint64_t now_ms,
			  uint64_t at_ms)
{
	if (at_ms > now_ms || watch->spin_ms != now_ms) {
		watch->spin_ms = now_ms;
		watch->spins = 0;
		return;
	}

	if (++watch->spins == SPINS)
		ua_simwatch_fault(watch, UA_SIM_RULE_REST,
				  "deadline %llu does not advance",
				  (unsigned long long)at_ms);
}


uint64_t ua_simwatch_state(const struct ua_ice *ice)
{
	uint64_t h = 1;
	struct ua_ice_pair pair;
	struct ua_path path;
	const char *p;
	size_t i;

	for (i = 0; !ua_ice_pair(ice, i, &pair); i++) {
		for (p = pair.state; *p; p++)
			h = h * 31 + (uint8_t)*p;

		h = h * 31 + pair.local.addr.port;
		h = h * 31 + pair.remote.addr.port;
		h = h * 31 + pair.prio;
		h = h * 31 + pair.valid * 2U + pair.nominated;
	}

	if (!ua_ice_media(ice, 0, 1, &path))
		h = h * 31 + path.base * 65536U + path.remote.port;

	return h;
}
