/* SPDX-License-Identifier: BSD-3-Clause */
/** @file fuzz_ice.c  Two ICE agents in the hands of a stranger
 *
 * The input is a list of deeds: time goes on or jumps, packets arrive, are
 * changed, doubled or lost, candidates and requests with the right keys come
 * from anywhere, bases come and go, generations begin and are given up.  After
 * each deed the agents must be sane: media goes where a check succeeded and
 * consent is young, deadlines are ahead, and what is sent is bounded.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/wr.h"
#include "ice/iceagent.h"

enum {
	AGENTS = 2,
	FLIGHT = 32,
	OUTPUTS_MAX = 400,

	CONSENT_MAX_MS = 30000, /* RFC 7675, 5.1 */

	/* All of a process are 5 ms apart, all that is sent again are more */
	BURST = 600,
	APART_MS = 2,
	STEPS = 400
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct flight {
	unsigned to;
	struct ua_path path;
	size_t len;
	uint8_t buf[800];
};

struct world {
	const uint8_t *p;
	size_t left;
	uint64_t now;
	uint64_t began;
	unsigned nrequest;
	uint32_t seed;
	struct ua_rand rand;
	struct ua_pacer pacer;
	struct ua_ice *icev[AGENTS];
	unsigned nflight;
	struct flight flightv[FLIGHT];
};


/* Whatever a stranger does, the answer is an errno of the contract */
static void told(int err)
{
	assert(err >= 0 && err < 256);
}


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


/* Few addresses, so that things meet; some odd ones */
static struct ua_addr address(struct world *w)
{
	static const uint8_t netv[8][4] = {
		{ 192, 168, 1, 0 },  { 10, 0, 0, 0 },   { 198, 18, 0, 0 },
		{ 203, 0, 113, 0 },  { 224, 0, 0, 0 },  { 127, 0, 0, 0 },
		{ 198, 51, 100, 0 }, { 169, 254, 0, 0 }
	};
	struct ua_addr addr = { .af = UA_AF_IP4 };
	const uint8_t v = u8(w);

	memcpy(addr.ip, netv[v & 7], 4);
	addr.ip[3] = (uint8_t)(1 + (v >> 3 & 3));
	addr.port = (uint16_t)(4000 + (v >> 5));

	if (v == 0xff) {
		addr.af = UA_AF_IP6;
		addr.ip[0] = 0xfe;
		addr.ip[1] = 0x80;
		addr.scope = u8(w) & 3;
	}

	return addr;
}


static void check_pair(const struct ua_ice *ice, const struct ua_pair *p)
{
	assert(p->state > UA_PAIR_NONE && p->state < UA_PAIR_NSTATE);
	assert(p->base < ice->nbase);
	assert(p->remote < ice->remotes.n);
	assert(p->local < ice->locals.n);
	assert(p->txn.active || p->state != UA_PAIR_PROGRESS || ice->retired);
	assert(!p->txn.active || p->state == UA_PAIR_PROGRESS || p->valid);
	assert(!p->due || p->state == UA_PAIR_PROGRESS || p->valid);
	assert(p->valid == (p->state == UA_PAIR_SUCCEEDED));
	assert(!p->nominated || p->valid);
	assert((p->reason != UA_PAIR_OK) == (p->state == UA_PAIR_FAILED));
	assert(!p->trigger || p->state == UA_PAIR_WAITING);
	assert(!p->valid || p->valid_ms != UA_NEVER);
	assert(p->txn.sends <= UA_PAIR_SENDS);
	assert(ice->basev[p->base].up || p->state == UA_PAIR_FAILED);
}


static void check_agent(const struct ua_ice *ice)
{
	const unsigned n = (unsigned)ice->conf.nstream * ice->conf.ncomp;
	unsigned i;

	assert(ice->nbase <= UA_ICE_BASES);
	assert(ice->locals.n <= UA_ICE_LOCALS);
	assert(ice->remotes.n <= UA_ICE_REMOTES);
	assert(ice->list.n <= ice->list.max);
	assert(ice->nreply <= UA_ICE_REPLY_MAX);
	assert(ice->nearly <= UA_ICE_EARLY_MAX);
	assert(ice->list.story.n <= UA_STORY_MAX);

	/* Two generations at most, of the same bases */
	if (ice->old) {
		assert(!ice->retired && !ice->old->old);
		assert(ice->old->nbase == ice->nbase);
		assert(ice->old->gen < ice->gen);
		check_agent(ice->old);
	}

	for (i = 0; i < ice->list.n; i++)
		check_pair(ice, &ice->list.v[i]);

	for (i = 0; i < n; i++) {
		const struct ua_comp *c = &ice->compv[i];

		assert(!ice->retired || (!c->txn.active && !c->due));
		assert(c->needed || c->media == UA_PAIR_NIL);

		/* One that only answers has no path to speak of. */
		if (ice->retired)
			continue;

		assert(c->media == UA_PAIR_NIL || ice->list.v[c->media].valid);
		assert(c->asking == UA_PAIR_NIL || c->txn.active);
		assert(c->asking == UA_PAIR_NIL || ice->controlling);
		assert(c->selected == UA_PAIR_NIL ||
		       ice->list.v[c->selected].nominated);
		assert(c->selected == UA_PAIR_NIL ||
		       c->media == (c->asking != UA_PAIR_NIL ? c->asking
							     : c->selected));
		assert(c->media != UA_PAIR_NIL || c->keep_ms == UA_NEVER);
		assert(c->suspect_ms == UA_NEVER || c->media != UA_PAIR_NIL);
	}
}


static const struct ua_pair *pair_of(const struct ua_ice *ice,
				     const struct ua_path *path)
{
	uint16_t i;

	for (i = 0; i < ice->list.n; i++) {
		const struct ua_pair *p = &ice->list.v[i];

		if (p->valid && p->base == path->base &&
		    ua_addr_ip_eq(&ice->remotes.v[p->remote].addr,
				  &path->remote) &&
		    ice->remotes.v[p->remote].addr.port == path->remote.port)
			return p;
	}

	return NULL;
}


/* Media goes where a check succeeded, and the peer answered not long ago */
static void check_media(const struct world *w, const struct ua_ice *ice)
{
	struct ua_path path;
	uint16_t s, c;

	for (s = 0; s < ice->conf.nstream; s++) {
		for (c = 1; c <= ice->conf.ncomp; c++) {
			const struct ua_pair *p;

			if (ua_ice_media(ice, s, c, &path))
				continue;

			path.remote.scope = 0;
			p = pair_of(ice, &path);
			if (!p && ice->old)
				p = pair_of(ice->old, &path);
			assert(p);
			assert(ice->basev[path.base].up);
			assert(w->now < p->fresh_ms + CONSENT_MAX_MS);
		}
	}
}


static void keep(struct world *w, unsigned from, const struct ua_dgram *dg)
{
	const struct ua_ice *to = w->icev[!from];
	struct flight *f;
	uint16_t i;

	assert(dg->len && dg->len <= sizeof(f->buf));
	assert(dg->path.base < w->icev[from]->nbase);

	if (w->nflight == FLIGHT) {
		memmove(w->flightv, w->flightv + 1,
			(FLIGHT - 1) * sizeof(*w->flightv));
		--w->nflight;
	}

	f = &w->flightv[w->nflight++];
	f->to = !from;
	f->path.base = 0;
	f->path.remote = dg->path.local;
	for (i = 0; i < to->nbase; i++) {
		if (to->basev[i].up &&
		    ua_addr_eq(&to->basev[i].addr, &dg->path.remote))
			f->path.base = i;
	}

	/* Checks, not answers */
	w->nrequest += !(dg->buf[0] & 1);
	f->len = dg->len;
	memcpy(f->buf, dg->buf, dg->len);
}


static void pump(struct world *w)
{
	struct ua_ice_event ev;
	struct ua_dgram dg;
	unsigned a;
	unsigned n = 0;

	for (a = 0; a < AGENTS; a++) {
		while (ua_ice_output(w->icev[a], w->now, &dg)) {
			assert(++n < OUTPUTS_MAX);
			keep(w, a, &dg);
		}

		while (ua_ice_event(w->icev[a], &ev)) {
			assert(++n < OUTPUTS_MAX);
			assert(ev.type != UA_ICE_EVENT_NONE);
		}

		check_agent(w->icev[a]);
	}

	assert(w->nrequest < BURST + (w->now - w->began) / APART_MS);
}


static void tick(struct world *w)
{
	unsigned i;

	for (i = 0; i < AGENTS; i++) {
		ua_ice_tick(w->icev[i], w->now);

		/* What ended may begin a check, which goes out in a moment. */
		if (ua_ice_deadline(w->icev[i]) <= w->now)
			ua_ice_tick(w->icev[i], w->now);
		check_agent(w->icev[i]);
		check_media(w, w->icev[i]);
	}

	/* Whatever was due has been done. */
	pump(w);
	for (i = 0; i < AGENTS; i++)
		assert(ua_ice_deadline(w->icev[i]) > w->now);
}


/* Time goes on to the next deadline, or by a little */
static void pass_time(struct world *w, unsigned a)
{
	const uint64_t at = ua_ice_deadline(w->icev[a]);
	const uint8_t ms = u8(w);

	if (ms & 1 && at != UA_NEVER && at > w->now)
		w->now = at;
	else
		w->now += ms;

	tick(w);
}


/* The machine slept, or was busy */
static void jump(struct world *w)
{
	w->now += (uint64_t)u8(w) << (u8(w) & 15);
	tick(w);
}


static void arrive(struct world *w, uint8_t how)
{
	struct flight f;

	if (!w->nflight)
		return;

	f = w->flightv[0];
	if (!(how & 1)) {
		memmove(w->flightv, w->flightv + 1,
			(w->nflight - 1) * sizeof(*w->flightv));
		--w->nflight;
	}

	if (how & 2)
		f.buf[u8(w) * 3U % f.len] ^= u8(w);
	if (how & 4)
		f.path.remote = address(w);
	if (how & 8)
		f.path.base = u8(w) & 7;
	if (how & 16)
		f.len = f.len * u8(w) / 256;

	told(ua_ice_input(w->icev[f.to], w->now, &f.path, f.buf, f.len));
}


/* What is sent arrives, and time goes on as it should, for up to 4 s */
static void honest(struct world *w)
{
	const uint64_t end = w->now + 16U * u8(w);
	unsigned n = 0;

	while (w->now < end && n++ < STEPS) {
		uint64_t at = end;
		unsigned i;

		for (i = FLIGHT; i-- && w->nflight;) {
			arrive(w, 0);
			pump(w);
		}

		for (i = 0; i < AGENTS; i++) {
			const uint64_t t = ua_ice_deadline(w->icev[i]);

			if (t < at)
				at = t;
		}

		if (w->nflight && at > w->now + 10)
			at = w->now + 10;
		if (at > w->now)
			w->now = at;
		tick(w);
	}
}


static uint16_t gen_of(struct world *w, const struct ua_ice *ice, bool other)
{
	return other ? u8(w) & 3 : ua_ice_gen(ice);
}


static void remote_cand(struct world *w, struct ua_ice *ice)
{
	struct ua_ice_cand cand = { .foundation = "x" };
	const uint8_t v = u8(w);

	cand.foundation[0] = (char)('a' + (v & 3));
	cand.type = (enum ua_ice_type)(v >> 2 & 3);
	cand.comp = 1 + (v >> 4 & 1);
	cand.stream = v >> 5 & 1;
	cand.prio = (uint32_t)u8(w) << 24 | u8(w);
	cand.addr = address(w);
	cand.gen = gen_of(w, ice, v >> 6 & 1);
	cand.latched = v >> 7;
	cand.via = cand.latched ? u8(w) & 7 : 0;
	told(ua_ice_remote_cand(ice, w->now, &cand));
}


static void request(struct world *w, unsigned a, bool nomination)
{
	const uint8_t v = u8(w);
	const struct ua_ice *ice =
		v & 128 && w->icev[a]->old ? w->icev[a]->old : w->icev[a];
	const struct ua_path path = { .base = v & 3, .remote = address(w) };
	uint8_t tid[UA_STUN_TID_LEN];
	uint8_t buf[800];
	char user[64];
	struct ua_wr wr;

	fill(tid, sizeof(tid), w);
	(void)re_snprintf(user, sizeof(user), "%s:%s", ice->ufrag,
			  v & 4         ? "fork"
			  : ice->rufrag ? ice->rufrag
					: w->icev[!a]->ufrag);

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_REQUEST, UA_STUN_BINDING, tid);
	ua_stun_put(&wr, UA_STUN_USERNAME, user, strlen(user));
	ua_stun_put_u32(&wr, UA_STUN_PRIORITY, u8(w) * 0x01010101U);
	ua_stun_put_u64(
		&wr, v & 8 ? UA_STUN_ICE_CONTROLLING : UA_STUN_ICE_CONTROLLED,
		v & 16 ? UINT64_MAX : 1);
	if (v & 32)
		ua_stun_put(&wr, UA_STUN_USE_CANDIDATE, NULL, 0);
	if (nomination)
		ua_stun_put_u32(&wr, UA_STUN_NOMINATION, u8(w));
	if (v & 64)
		ua_stun_put(&wr, (uint16_t)(u8(w) << 8 | u8(w)), NULL, 0);
	if (ua_stun_end(&wr, (const uint8_t *)ice->pwd, strlen(ice->pwd),
			true))
		return;

	told(ua_ice_input(w->icev[a], w->now, &path, buf, wr.pos));
}


/* An answer of the peer to whatever pair, with whatever code */
static void answer(struct world *w, unsigned a)
{
	const uint8_t v = u8(w);
	const struct ua_ice *ice =
		v & 64 && w->icev[a]->old ? w->icev[a]->old : w->icev[a];
	const struct ua_addr mapped = address(w);
	struct ua_path path = { .base = 0 };
	const struct ua_pair *p;
	uint8_t buf[800];
	struct ua_wr wr;

	if (!ice->list.n || !ice->rpwd)
		return;

	p = &ice->list.v[u8(w) % ice->list.n];
	path.base = p->base;
	path.remote = v & 1 ? address(w) : ice->remotes.v[p->remote].addr;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, v & 2 ? UA_STUN_ERROR : UA_STUN_SUCCESS,
		      UA_STUN_BINDING,
		      v & 4   ? p->past.tid
		      : v & 8 ? ice->compv->txn.tid
			      : p->txn.tid);
	if (v & 2)
		ua_stun_put_error(&wr, v & 16 ? 487 : v & 32 ? 403 : 400, "");
	else if (mapped.af)
		ua_stun_put_addr(&wr, UA_STUN_XOR_MAPPED_ADDRESS, &mapped);
	if (ua_stun_end(&wr, (const uint8_t *)ice->rpwd, strlen(ice->rpwd),
			true))
		return;

	told(ua_ice_input(w->icev[a], w->now, &path, buf, wr.pos));
}


static void base(struct world *w, struct ua_ice *ice)
{
	const uint8_t v = u8(w);
	const struct ua_addr addr = address(w);
	uint16_t index;

	if (v & 64)
		told(ua_ice_local_srflx(ice, w->now, v & 7, &addr, &addr));
	else
		told(ua_ice_base_add(ice, w->now, v >> 1 & 1, 1 + (v & 1),
				     v & 4 ? UA_ICE_RELAY : UA_ICE_HOST, &addr,
				     v >> 3 & 3, &index));
}


static void describe(struct world *w, unsigned a)
{
	const uint8_t v = u8(w);
	const struct ua_ice_peer peer = { .gen = gen_of(w, w->icev[a], v & 32),
					  .pacing_ms = v & 15,
					  .lite = v == 255,
					  .renom = v & 16,
					  .ice2 = v & 64,
					  .rtcp_mux = v & 128 };

	told(ua_ice_remote_set(w->icev[a], w->now, w->icev[!a]->ufrag,
			       w->icev[!a]->pwd, &peer));
}


/* Both restart, or one of them, and all that they have is told */
static void exchange(struct world *w)
{
	const uint8_t v = u8(w);
	unsigned a;

	for (a = 0; a < AGENTS; a++) {
		if (v >> a & 1)
			told(ua_ice_restart(w->icev[a], w->now, NULL));
		(void)ua_ice_gathered(w->icev[a], w->now);
	}

	for (a = 0; a < AGENTS; a++) {
		const struct ua_ice *from = w->icev[!a];
		struct ua_ice *to = w->icev[a];
		const struct ua_ice_peer peer = { .gen = ua_ice_gen(to),
						  .renom = v & 4,
						  .ice2 = !(v & 8) };
		struct ua_ice_cand cand;
		size_t i;

		told(ua_ice_remote_set(to, w->now, from->ufrag, from->pwd,
				       &peer));
		for (i = 0; !ua_ice_local(from, i, &cand); i++) {
			cand.gen = ua_ice_gen(to);
			told(ua_ice_remote_cand(to, w->now, &cand));
		}

		if (!(v & 16))
			(void)ua_ice_remote_end(to, w->now);
	}
}


/* What is the next to be sent cannot be */
static void send_error(struct world *w, struct ua_ice *ice)
{
	struct ua_dgram dg;

	if (ua_ice_output(ice, w->now, &dg))
		ua_ice_send_error(ice, w->now, &dg, 1 + (u8(w) & 127));
}


static void stranger(struct world *w, struct ua_ice *ice)
{
	const struct ua_path path = { .remote = address(w) };
	const size_t n = w->left < 64 ? w->left : 64;

	told(ua_ice_input(ice, w->now, &path, w->p, n));
}


static void late_deed(struct world *w, unsigned a)
{
	struct ua_ice *ice = w->icev[a];

	switch (u8(w) & 7) {

	case 0:
		told(ua_ice_restart(ice, w->now, NULL));
		break;
	case 1:
		ua_ice_rollback(ice, w->now);
		break;
	case 2:
		ua_ice_silent(ice, w->now, u8(w) & 1);
		break;
	case 3:
		jump(w);
		break;
	case 4:
		request(w, a, true);
		break;
	case 5:
		exchange(w);
		break;
	case 6:
		send_error(w, ice);
		break;
	default:
		stranger(w, ice);
		break;
	}
}


static void look(struct world *w, struct ua_ice *ice)
{
	static char buf[65536];
	struct ua_path path = { .base = u8(w), .remote = address(w) };
	struct ua_ice_cand local, remote;
	struct ua_ice_pair pair;
	struct ua_ice_story entry;
	uint64_t at_ms = 0;
	uint32_t rtt_ms;
	uint16_t c;
	size_t i;

	(void)re_snprintf(buf, sizeof(buf), "%H", ua_ice_print, ice);
	if (ua_ice_accepts(ice, path.base & 1, 1, &path))
		ua_ice_heard(ice, w->now, &path);

	for (i = 0; !ua_ice_local(ice, i, &local); i++)
		assert(local.type != UA_ICE_PRFLX);
	for (i = 0; !ua_ice_pair(ice, i, &pair); i++)
		assert(pair.state && pair.reason);

	for (i = 0; !ua_ice_story(ice, i, &entry); i++) {
		assert(entry.what && entry.reason && entry.at_ms >= at_ms);
		at_ms = entry.at_ms;
	}

	for (c = 0; c < 4; c++) {
		if (!ua_ice_media(ice, 0, c, &path))
			assert(ua_ice_accepts(ice, 0, c, &path) &&
			       !ua_ice_selected(ice, 0, c, &local, &remote,
						&rtt_ms));
	}
}


static void deed(struct world *w)
{
	const uint8_t v = u8(w);
	const unsigned a = v & 1;
	struct ua_ice *ice = w->icev[a];
	struct ua_addr addr;

	switch (v >> 1 & 15) {

	case 0:
	case 1:
		pass_time(w, a);
		break;
	case 2:
		arrive(w, 0);
		break;
	case 3:
		honest(w);
		break;
	case 4:
		arrive(w, u8(w));
		break;
	case 5:
		remote_cand(w, ice);
		break;
	case 6:
		request(w, a, false);
		break;
	case 7:
		answer(w, a);
		break;
	case 8:
		base(w, ice);
		break;
	case 9:
		describe(w, a);
		break;
	case 10:
		(void)ua_ice_remote_end(ice, w->now);
		break;
	case 11:
		(void)ua_ice_gathered(ice, w->now);
		break;
	case 12:
		addr = address(w);
		ua_ice_verdict(ice, w->now, u8(w) & 7, &addr, v >> 5 & 1);
		break;
	case 13:
		if (v & 32)
			told(ua_ice_base_down(ice, w->now, u8(w) & 7, 1));
		else if (v & 64)
			told(ua_ice_comp_drop(ice, w->now, u8(w) & 1,
					      1 + (v >> 7)));
		break;
	case 14:
		look(w, ice);
		break;
	default:
		late_deed(w, a);
		break;
	}

	check_agent(w->icev[0]);
	check_agent(w->icev[1]);
	if (!(v & 128))
		pump(w);
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world w;
	struct ua_ice_conf conf;
	unsigned a;
	uint8_t v;

	memset(&w, 0, sizeof(w));
	w.p = data;
	w.left = size;
	w.now = 1000;
	w.began = w.now;
	w.rand.fill = fill;
	w.rand.arg = &w;
	ua_pacer_init(&w.pacer);
	v = u8(&w);

	for (a = 0; a < AGENTS; a++) {
		ua_ice_conf_default(&conf);
		conf.rand = &w.rand;
		conf.pacer = &w.pacer;
		conf.nstream = 1 + (v & 1);
		conf.ncomp = 1 + (v >> 1 & 1);
		conf.max_pairs = v & 4 ? 3 : UA_ICE_PAIRS;
		conf.controlling = v & 8 ? !a : v >> 4 & 1;
		conf.rfc_strict = v & 32;
		conf.tie_breaker = v & 64 ? 5 : 0;
		if (ua_ice_alloc(&w.icev[a], &conf))
			abort();
	}

	while (w.left)
		deed(&w);

	ua_ice_free(w.icev[0]);
	ua_ice_free(w.icev[1]);

	return 0;
}
