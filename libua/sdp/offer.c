/* SPDX-License-Identifier: BSD-3-Clause */
/** @file offer.c  Offer and answer: whose turn it is, and the versions */

#include <errno.h>
#include <string.h>

#include <ua/log.h>

#include "base/re_compat.h"
#include "base/wr.h"
#include "sdp/draft.h"
#include "sdp/nego.h"
#include "sdp/offer.h"

enum event {
	EV_LOCAL_OFFER,
	EV_REMOTE_OFFER,
	EV_LOCAL_ANSWER,
	EV_REMOTE_ANSWER,
	EV_ROLLBACK,
	NEVENT
};

struct ua_offer {
	struct ua_offer_caps caps;
	const struct ua_log *log; /* Borrowed */
	enum ua_offer_state state;
	uint64_t id;           /* In o=, for ever                     */
	uint64_t version;      /* Of body                             */
	struct ua_addr origin; /* In o=, for ever                     */
	char *body;            /* Last text that we wrote, or NULL    */
	size_t body_len;
	struct ua_nego *cur;  /* Agreed, or NULL; shared with clones */
	struct ua_nego *next; /* Pending, or NULL; shared, too       */
};

#define S UA_OFFER_STABLE
#define L UA_OFFER_LOCAL
#define R UA_OFFER_REMOTE

/*
 * Every move; 0 is a refused one.  LOCAL takes another local offer: the
 * request with the first one was refused for a reason that is not its SDP
 * (digest, glare) and is sent again.
 */
/* clang-format off */
static const uint8_t moves[UA_OFFER_NSTATE][NEVENT] = {
	/*                    offer:     answer:
	 *                    LOCAL REM. LOCAL REM. ROLLBACK */
	[UA_OFFER_STABLE] = { L,    R,   0,    0,   0 },
	[UA_OFFER_LOCAL]  = { L,    0,   0,    S,   S },
	[UA_OFFER_REMOTE] = { 0,    0,   S,    0,   S },
};
/* clang-format on */

#undef S
#undef L
#undef R

static const char *const state_names[UA_OFFER_NSTATE] = {
	[UA_OFFER_STABLE] = "STABLE",
	[UA_OFFER_LOCAL] = "LOCAL",
	[UA_OFFER_REMOTE] = "REMOTE",
};

static const char *const event_names[NEVENT] = {
	[EV_LOCAL_OFFER] = "LOCAL_OFFER",
	[EV_REMOTE_OFFER] = "REMOTE_OFFER",
	[EV_LOCAL_ANSWER] = "LOCAL_ANSWER",
	[EV_REMOTE_ANSWER] = "REMOTE_ANSWER",
	[EV_ROLLBACK] = "ROLLBACK",
};


static void destructor(void *arg)
{
	struct ua_offer *offer = arg;

	mem_deref(offer->next);
	mem_deref(offer->cur);
	mem_deref(offer->body);
}


static bool may(const struct ua_offer *offer, enum event ev)
{
	return moves[offer->state][ev] != 0;
}


/* The only writer of offer->state; the caller has asked may(). */
static void step(struct ua_offer *offer, enum event ev)
{
	const enum ua_offer_state to =
		(enum ua_offer_state)moves[offer->state][ev];

	ua_log(offer->log, UA_LOG_DEBUG, "offer", "%s -> %s (%s)",
	       state_names[offer->state], state_names[to], event_names[ev]);
	offer->state = to;
}


/* The round becomes what is agreed. */
static void agree(struct ua_offer *offer, struct ua_nego *nego)
{
	mem_deref(offer->cur);
	offer->cur = nego;
	offer->next = mem_deref(offer->next);
}


void ua_offer_conf_default(struct ua_offer_conf *conf)
{
	memset(conf, 0, sizeof(*conf));
	conf->telev = true;
	conf->mux = true;
	conf->ptime = 20;
}


void ua_offer_local_default(struct ua_offer_local *local)
{
	memset(local, 0, sizeof(*local));
	local->dir = UA_SDP_SENDRECV;
}


int ua_offer_alloc(struct ua_offer **offerp, const struct ua_offer_conf *conf)
{
	struct ua_offer *offer;
	int err;

	if (!conf->rand)
		return EINVAL;

	offer = mem_zalloc(sizeof(*offer), destructor);
	if (!offer)
		return ENOMEM;

	err = ua_offercaps_init(&offer->caps, conf);
	if (err)
		goto out;

	/* Both stay far from the sign of 64 bits (RFC 3264, 5). */
	conf->rand->fill((uint8_t *)&offer->id, sizeof(offer->id),
			 conf->rand->arg);
	offer->id >>= 2;
	offer->version = 1;
	offer->log = conf->log;
	offer->state = UA_OFFER_STABLE;
	*offerp = offer;

out:
	if (err)
		mem_deref(offer);

	return err;
}


int ua_offer_clone(struct ua_offer **offerp, const struct ua_offer *from)
{
	struct ua_offer *offer = mem_zalloc(sizeof(*offer), destructor);

	if (!offer)
		return ENOMEM;

	*offer = *from;
	offer->body = mem_ref(from->body);
	offer->cur = mem_ref(from->cur);
	offer->next = mem_ref(from->next);
	*offerp = offer;
	return 0;
}


static bool is_last(const struct ua_offer *offer, const uint8_t *text,
		    size_t len)
{
	return offer->body && len == offer->body_len &&
	       !memcmp(text, offer->body, len);
}


/*
 * Write our text and remember it.  It has the version of the last one if it
 * is that very text, and the next version if not.
 */
static int write_body(struct ua_offer *offer, const struct ua_nego *nego,
		      const struct ua_offer_local *local, bool answer,
		      struct ua_wr *wr)
{
	const size_t start = wr->pos;
	struct ua_draft draft = {
		.caps = &offer->caps,
		.nego = nego,
		.local = local,
		.origin = offer->body ? &offer->origin : &local->rtp,
		.id = offer->id,
		.version = offer->version,
		.answer = answer,
	};
	char *body;
	int err;

	err = ua_draft_encode(&draft, wr);
	if (err)
		return err;

	if (is_last(offer, wr->buf + start, wr->pos - start))
		return 0;

	if (offer->body) {
		wr->pos = start;
		++draft.version;
		err = ua_draft_encode(&draft, wr);
		if (err)
			return err;
	}

	body = mem_alloc(wr->pos - start, NULL);
	if (!body)
		return ENOMEM;

	memcpy(body, wr->buf + start, wr->pos - start);
	if (!offer->body)
		offer->origin = local->rtp;

	mem_deref(offer->body);
	offer->body = body;
	offer->body_len = wr->pos - start;
	offer->version = draft.version;
	return 0;
}


int ua_offer_local_offer(struct ua_offer *offer,
			 const struct ua_offer_local *local, struct ua_wr *wr)
{
	struct ua_nego *nego;
	int err;

	if (!may(offer, EV_LOCAL_OFFER))
		return EPROTO;

	nego = ua_nego_alloc(offer->cur);
	if (!nego)
		return ENOMEM;

	err = ua_nego_offer(nego, &offer->caps, local->dir);
	if (err)
		goto out;

	if (local->ufrag && ua_sdptext_has(local->options, "trickle"))
		ua_nego_mid(nego);

	err = write_body(offer, nego, local, false, wr);
	if (err)
		goto out;

	mem_deref(offer->next);
	offer->next = mem_ref(nego);
	step(offer, EV_LOCAL_OFFER);

out:
	mem_deref(nego);
	return err;
}


int ua_offer_local_answer(struct ua_offer *offer,
			  const struct ua_offer_local *local, struct ua_wr *wr)
{
	struct ua_nego *nego;
	int err;

	if (!may(offer, EV_LOCAL_ANSWER))
		return EPROTO;

	nego = ua_nego_alloc(offer->next);
	if (!nego)
		return ENOMEM;

	ua_nego_answer(nego, local->dir);
	err = write_body(offer, nego, local, true, wr);
	if (err)
		goto out;

	agree(offer, mem_ref(nego));
	step(offer, EV_LOCAL_ANSWER);

out:
	mem_deref(nego);
	return err;
}


int ua_offer_remote_offer(struct ua_offer *offer, const uint8_t *buf,
			  size_t len, struct ua_sdp_error *why)
{
	struct ua_nego *nego = NULL;
	struct ua_sdp *sdp = NULL;
	int err;

	if (!may(offer, EV_REMOTE_OFFER))
		return EPROTO;

	err = ua_sdp_decode(&sdp, buf, len, why);
	if (err)
		goto out;

	nego = ua_nego_alloc(offer->cur);
	if (!nego) {
		err = ENOMEM;
		goto out;
	}

	err = ua_nego_remote_offer(nego, &offer->caps, sdp, why);
	if (err)
		goto out;

	offer->next = mem_ref(nego);
	step(offer, EV_REMOTE_OFFER);

out:
	mem_deref(nego);
	mem_deref(sdp);
	return err;
}


int ua_offer_remote_answer(struct ua_offer *offer, const uint8_t *buf,
			   size_t len, struct ua_sdp_error *why)
{
	struct ua_nego *nego = NULL;
	struct ua_sdp *sdp = NULL;
	int err;

	if (!may(offer, EV_REMOTE_ANSWER))
		return EPROTO;

	err = ua_sdp_decode(&sdp, buf, len, why);
	if (err)
		goto out;

	nego = ua_nego_alloc(offer->next);
	if (!nego) {
		err = ENOMEM;
		goto out;
	}

	err = ua_nego_remote_answer(nego, &offer->caps, sdp, why);
	if (err)
		goto out;

	agree(offer, mem_ref(nego));
	step(offer, EV_REMOTE_ANSWER);

out:
	mem_deref(nego);
	mem_deref(sdp);
	return err;
}


int ua_offer_rollback(struct ua_offer *offer)
{
	if (!may(offer, EV_ROLLBACK))
		return EPROTO;

	offer->next = mem_deref(offer->next);
	step(offer, EV_ROLLBACK);
	return 0;
}


enum ua_offer_state ua_offer_state(const struct ua_offer *offer)
{
	return offer->state;
}


const struct ua_offer_result *ua_offer_result(const struct ua_offer *offer)
{
	return offer->cur ? &offer->cur->result : NULL;
}


const struct ua_offer_result *ua_offer_pending(const struct ua_offer *offer)
{
	return offer->state == UA_OFFER_REMOTE ? &offer->next->result : NULL;
}


const char *ua_offer_mid(const struct ua_offer *offer)
{
	const struct ua_nego *nego = offer->next ? offer->next : offer->cur;

	if (!nego || nego->active == UA_NEGO_NO_LINE ||
	    !*nego->linev[nego->active].mid)
		return NULL;

	return nego->linev[nego->active].mid;
}


const char *ua_offer_state_name(enum ua_offer_state state)
{
	return state >= UA_OFFER_STABLE && state < UA_OFFER_NSTATE
		       ? state_names[state]
		       : "?";
}


int ua_offer_print(struct re_printf *pf, const struct ua_offer *offer)
{
	const struct ua_offer_result *res = ua_offer_result(offer);
	char addr[UA_ADDR_LEN];
	int err;

	err = re_hprintf(pf, "%s version %llu",
			 ua_offer_state_name(offer->state), offer->version);
	if (err || !res)
		return err;

	if (!res->active)
		return re_hprintf(pf, ", no audio");

	return re_hprintf(
		pf, ", %s/%u as %u, %s, to %s (%s)%s%s",
		offer->caps.fmtv[res->codec].name,
		offer->caps.fmtv[res->codec].clock_hz, res->send_pt,
		ua_sdp_dir_name(res->dir), ua_addr_str(&res->remote.rtp, addr),
		ua_sdpfacts_dest_name(res->remote.dest),
		res->mux ? ", mux" : "", res->remote.ice ? ", ice" : "");
}
