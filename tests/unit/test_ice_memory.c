/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_ice_memory.c  Memory that runs out in the middle of a call */

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/re_compat.h"
#include "stun/stun.h"
#include "icenet.h"
#include "oom.h"

Suite *ua_suite_ice_memory(void);

enum { BASES = 2, WALK_MAX = 2000, STEP_MS = 5, RELAYED = 1 };

/*
 * Two agents and nothing else: no check of libcheck may allocate while memory
 * is short.  Base 0 of agent 0 is a host, base 1 a relay; agent 1 has one.
 */
struct world {
	uint64_t now;
	struct ua_ice *icev[2];
	struct ua_addr addrv[2][BASES];
	bool cut; /* Nothing passes by base 0 of agent 0           */
};

static struct icenet *net;


static void setup(void)
{
	net = icenet_alloc(1);
}


static void teardown(void)
{
	icenet_free(net);
}


static void deliver(struct world *w, unsigned from, const struct ua_dgram *dg)
{
	struct ua_path path = { .remote = dg->path.local };
	uint16_t base;
	int err;

	for (base = 0; base < BASES; base++) {
		if (ua_addr_eq(&w->addrv[!from][base], &dg->path.remote))
			break;
	}

	if (base == BASES || (w->cut && !(from ? base : dg->path.base)))
		return;

	path.base = base;
	path.local = w->addrv[!from][base];

	/* Without memory it is lost, as if on the way. */
	err = ua_ice_input(w->icev[!from], w->now, &path, dg->buf, dg->len);
	(void)err;
}


static void pass(struct world *w, uint64_t ms)
{
	const uint64_t end = w->now + ms;
	static struct ua_dgram dg;
	struct ua_ice_event ev;
	unsigned a;

	for (; w->now < end; w->now += STEP_MS) {
		for (a = 0; a < 2; a++) {
			ua_ice_tick(w->icev[a], w->now);
			while (ua_ice_output(w->icev[a], w->now, &dg))
				deliver(w, a, &dg);
			while (ua_ice_event(w->icev[a], &ev))
				;
		}
	}
}


static int tell(struct world *w, unsigned to)
{
	const struct ua_ice *from = w->icev[!to];
	const uint16_t gen = ua_ice_gen(w->icev[to]);
	const struct ua_ice_peer peer = { .gen = gen,
					  .ice2 = true,
					  .renom = true };
	struct ua_ice_cand cand;
	size_t i;
	int err;

	err = ua_ice_remote_set(w->icev[to], w->now, ua_ice_ufrag(from),
				ua_ice_pwd(from), &peer);
	for (i = 0; !err && !ua_ice_local(from, i, &cand); i++) {
		cand.gen = gen;
		err = ua_ice_remote_cand(w->icev[to], w->now, &cand);
	}

	return err ? err : ua_ice_remote_end(w->icev[to], w->now);
}


static void close_call(struct world *w)
{
	ua_ice_free(w->icev[0]);
	ua_ice_free(w->icev[1]);
}


/* A call, made while there is memory */
static void open_call(struct world *w, bool cut)
{
	uint16_t base;
	unsigned a;

	memset(w, 0, sizeof(*w));
	w->now = 1000;
	w->cut = cut;
	w->addrv[0][0] = icenet_addr("198.18.0.1:4000");
	w->addrv[0][1] = icenet_addr("198.51.100.7:60000");
	w->addrv[1][0] = icenet_addr("198.18.0.2:4000");

	for (a = 0; a < 2; a++) {
		/* Its time begins anew. */
		ua_pacer_init(&net->pacerv[a]);
		ck_assert_int_eq(
			0, ua_ice_alloc(&w->icev[a], &net->agentv[a].conf));
		ck_assert_int_eq(0,
				 ua_ice_base_add(w->icev[a], w->now, 0, 1,
						 UA_ICE_HOST, &w->addrv[a][0],
						 0, &base));
	}

	ck_assert_int_eq(0, ua_ice_base_add(w->icev[0], w->now, 0, 1,
					    UA_ICE_RELAY, &w->addrv[0][1], 0,
					    &base));
	for (a = 0; a < 2; a++)
		(void)ua_ice_gathered(w->icev[a], w->now);
	for (a = 0; a < 2; a++)
		ck_assert_int_eq(0, tell(w, a));

	pass(w, 3000);
}


static bool has_media(const struct world *w, uint16_t base)
{
	struct ua_path path;
	unsigned a;

	for (a = 0; a < 2; a++) {
		if (ua_ice_media(w->icev[a], 0, 1, &path))
			return false;
		if (!a && path.base != base)
			return false;
	}

	return true;
}


/*
 * Open a call, do something with 0, 1, 2 ... allocations allowed until there
 * was enough, and see what has become of the call each time.
 */
static void walk(bool cut, int deed(struct world *w),
		 void check(struct world *w, int err))
{
	bool enough = false;
	long n;

	for (n = -1; n < WALK_MAX && !enough; n++) {
		const long before = ua_oom_live();
		struct world w;
		void *p = NULL;
		int err;

		open_call(&w, cut);

		/* The first run pays for what libraries keep for ever. */
		if (n >= 0 && ua_oom_works())
			ua_oom_limit(n);
		err = deed(&w);
		if (n >= 0)
			p = malloc(1);
		ua_oom_limit(-1);
		enough = p;
		free(p);

		ck_assert_msg(!err || err == ENOMEM,
			      "error %d when allocation %ld fails", err, n);
		check(&w, err);
		close_call(&w);
		ck_assert_msg(n < 0 || ua_oom_live() == before,
			      "%ld leak when allocation %ld fails",
			      ua_oom_live() - before, n);
	}

	ck_assert(enough);
}


static int restart(struct world *w)
{
	return ua_ice_restart(w->icev[0], w->now, NULL);
}


/* Nothing has changed, or all is as after a restart. */
static void restart_is_whole(struct world *w, int err)
{
	char was[32];

	ck_assert_int_eq(!err, ua_ice_restarting(w->icev[0]));
	ck_assert_uint_eq(err ? 0 : 1, ua_ice_gen(w->icev[0]));
	ck_assert_int_eq(!!err,
			 ua_ice_knows(w->icev[0], ua_ice_ufrag(w->icev[1]),
				      ua_ice_pwd(w->icev[1])));
	ck_assert(has_media(w, 0));
	(void)re_snprintf(was, sizeof(was), "%s", ua_ice_ufrag(w->icev[0]));

	/* Back, which takes no memory at all */
	ua_oom_limit(0);
	ua_ice_rollback(w->icev[0], w->now);
	ua_oom_limit(-1);
	ck_assert_int_eq(!!err, !strcmp(was, ua_ice_ufrag(w->icev[0])));
	ck_assert_uint_eq(0, ua_ice_gen(w->icev[0]));
	pass(w, 10000);
	ck_assert(has_media(w, 0));
}


START_TEST(restart_without_memory_changes_nothing)
{
	walk(false, restart, restart_is_whole);
}
END_TEST


static int restart_both(struct world *w)
{
	unsigned a;
	int err = 0;

	for (a = 0; a < 2 && !err; a++)
		err = ua_ice_restart(w->icev[a], w->now, NULL);
	for (a = 0; a < 2 && !err; a++)
		err = tell(w, a);
	if (!err)
		pass(w, 300);

	return err;
}


/* The old path carries on; a second try makes it good. */
static void media_survives(struct world *w, int err)
{
	unsigned a;

	ck_assert(has_media(w, 0));

	for (a = 0; err && a < 2; a++)
		ua_ice_rollback(w->icev[a], w->now);

	pass(w, 2000);
	ck_assert(has_media(w, 0));
	if (err)
		ck_assert_int_eq(0, restart_both(w));

	pass(w, 6000);
	ck_assert(has_media(w, 0));
	for (a = 0; a < 2; a++)
		ck_assert(!ua_ice_restarting(w->icev[a]));
}


START_TEST(new_generation_without_memory)
{
	walk(false, restart_both, media_survives);
}
END_TEST


/* A restart, done and then without memory taken back */
static int restart_again(struct world *w)
{
	int err = ua_ice_restart(w->icev[0], w->now, NULL);

	pass(w, 100);
	if (!err)
		err = ua_ice_restart(w->icev[0], w->now, NULL);

	pass(w, 100);
	ua_ice_rollback(w->icev[0], w->now);

	return err;
}


static void is_first_generation(struct world *w, int err)
{
	(void)err;
	ck_assert(!ua_ice_restarting(w->icev[0]));
	ck_assert_uint_eq(0, ua_ice_gen(w->icev[0]));
	ck_assert(ua_ice_knows(w->icev[0], ua_ice_ufrag(w->icev[1]),
			       ua_ice_pwd(w->icev[1])));
	pass(w, 10000);
	ck_assert(has_media(w, 0));
}


START_TEST(restart_during_restart_without_memory)
{
	walk(false, restart_again, is_first_generation);
}
END_TEST


/* Keepalives of both, and a suspicion with its round */
static int consent_round(struct world *w)
{
	pass(w, 3000);
	ua_ice_silent(w->icev[0], w->now, 0);
	pass(w, 100);

	return 0;
}


static void media_goes_on(struct world *w, int err)
{
	(void)err;
	ck_assert(has_media(w, 0));
	pass(w, 15000);
	ck_assert(has_media(w, 0));
}


START_TEST(consent_without_memory)
{
	walk(false, consent_round, media_goes_on);
}
END_TEST


/* The direct path opens; checks and nominations may have to be sent again */
static int open_direct(struct world *w)
{
	w->cut = false;
	pass(w, 1500);

	return 0;
}


static void direct_is_taken(struct world *w, int err)
{
	(void)err;
	pass(w, 40000);
	ck_assert(has_media(w, 0));
}


START_TEST(takeover_without_memory)
{
	struct world w;

	open_call(&w, true);
	ck_assert(has_media(&w, RELAYED));
	close_call(&w);
	walk(true, open_direct, direct_is_taken);
}
END_TEST


/* The direct path dies with no memory for the story of it, nor for checks. */
static int kill_direct(struct world *w)
{
	w->cut = true;
	ua_ice_silent(w->icev[0], w->now, 0);
	ua_ice_silent(w->icev[1], w->now, 0);
	pass(w, 1000);

	return 0;
}


static void relay_is_taken(struct world *w, int err)
{
	struct ua_ice_story e;
	uint64_t at = 0;
	size_t i;

	(void)err;
	pass(w, 15000);
	ck_assert(has_media(w, RELAYED));
	for (i = 0; !ua_ice_story(w->icev[0], i, &e); i++) {
		ck_assert_uint_ge(e.at_ms, at);
		at = e.at_ms;
	}
}


START_TEST(dead_path_without_memory)
{
	walk(false, kill_direct, relay_is_taken);
}
END_TEST


Suite *ua_suite_ice_memory(void)
{
	Suite *s = suite_create("ice_memory");
	TCase *tc = tcase_create("memory");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, restart_without_memory_changes_nothing);
	tcase_add_test(tc, new_generation_without_memory);
	tcase_add_test(tc, restart_during_restart_without_memory);
	tcase_add_test(tc, consent_without_memory);
	tcase_add_test(tc, takeover_without_memory);
	tcase_add_test(tc, dead_path_without_memory);
	suite_add_tcase(s, tc);

	return s;
}
