/* SPDX-License-Identifier: BSD-3-Clause */
/** @file bench_ice.c  What ICE costs: virtual time, processor, memory
 *
 * Prints one line a measure, with its bound or ratio where there is one.
 * Time on the line is virtual; only the processor's is real.
 */

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/re_compat.h"
#include "base/random.h"
#include "ice/iceagent.h"
#include "ice/pacer.h"

enum { FLIGHT = 4096, DELAY_MS = 20, CALLS = 200, DEAD = 4, AGENTS = 1000 };

struct flight {
	uint64_t at;
	unsigned to;
	uint16_t from; /* Bases */
	uint16_t base;
	size_t len;
	uint8_t buf[400];
};

/* A pair of agents on a line of DELAY_MS, nothing else */
struct call {
	struct ua_ice *icev[2];
	uint64_t valid_ms[2];
	uint64_t nominated_ms[2];
	unsigned nsent;
};

static struct ua_pacer pacerv[2];
static struct flight flightv[FLIGHT];


static double cpu_s(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}


static struct ua_addr addr_of(unsigned agent, unsigned host)
{
	return (struct ua_addr){ .af = UA_AF_IP4,
				 .port = 4000,
				 .ip = { 198, 18, (uint8_t)agent,
					 (uint8_t)(1 + host) } };
}


static void must(int err)
{
	if (err) {
		(void)fprintf(stderr, "bench_ice: %s\n", strerror(err));
		exit(1);
	}
}


static void call_alloc(struct call *call, unsigned bases)
{
	struct ua_ice_conf conf;
	uint16_t base;
	unsigned a, i;

	memset(call, 0, sizeof(*call));
	for (a = 0; a < 2; a++) {
		ua_ice_conf_default(&conf);
		conf.rand = &ua_random_system;
		conf.pacer = &pacerv[a];
		conf.controlling = !a;
		must(ua_ice_alloc(&call->icev[a], &conf));

		for (i = 0; i < bases; i++) {
			const struct ua_addr addr = addr_of(a, i);

			must(ua_ice_base_add(call->icev[a], 0, 0, 1,
					     UA_ICE_HOST, &addr, 0, &base));
		}

		(void)ua_ice_gathered(call->icev[a], 0);
	}
}


/* dead candidates of each side come before the one that works */
static void call_describe(struct call *call, unsigned dead)
{
	const struct ua_ice_peer peer = { .ice2 = true };
	struct ua_ice_cand cand;
	unsigned a, i;

	for (a = 0; a < 2; a++) {
		must(ua_ice_remote_set(call->icev[!a], 0,
				       ua_ice_ufrag(call->icev[a]),
				       ua_ice_pwd(call->icev[a]), &peer));

		for (i = 0; !ua_ice_local(call->icev[a], i, &cand); i++)
			must(ua_ice_remote_cand(call->icev[!a], 0, &cand));

		for (i = 0; i < dead; i++) {
			cand.addr = addr_of(a, 100 + i);
			cand.prio = UINT32_MAX - i;
			must(ua_ice_remote_cand(call->icev[!a], 0, &cand));
		}

		(void)ua_ice_remote_end(call->icev[!a], 0);
	}
}


static void drain(struct call *call, unsigned a, uint64_t now_ms, size_t *n)
{
	static struct ua_dgram dg;
	struct ua_ice_event ev;

	while (ua_ice_output(call->icev[a], now_ms, &dg)) {
		struct flight *f = &flightv[(*n)++];

		++call->nsent;
		if (*n > FLIGHT)
			exit(1);

		f->at = now_ms + DELAY_MS;
		f->to = dg.path.remote.ip[3] < 100 ? !a : 2;
		f->from = dg.path.base;
		f->base = (uint16_t)(dg.path.remote.ip[3] - 1);
		f->len = dg.len;
		memcpy(f->buf, dg.buf, dg.len);
	}

	while (ua_ice_event(call->icev[a], &ev)) {
		if (ev.type == UA_ICE_EVENT_PAIR_VALID && !call->valid_ms[a])
			call->valid_ms[a] = now_ms;
		if (ev.type == UA_ICE_EVENT_NOMINATED)
			call->nominated_ms[a] = now_ms;
	}
}


static void call_run(struct call *call, uint64_t end_ms)
{
	size_t n = 0;
	size_t i;
	uint64_t now;
	unsigned a;
	int err;

	for (a = 0; a < 2; a++)
		drain(call, a, 0, &n);

	for (now = 0; now < end_ms; now++) {
		for (i = 0; i < n;) {
			const struct flight f = flightv[i];
			const struct ua_path path = { .base = f.base,
						      .remote = addr_of(
							      !f.to, f.from) };

			if (f.at > now) {
				++i;
				continue;
			}

			flightv[i] = flightv[--n];
			if (f.to == 2)
				continue;

			/* Answers to what is settled already are nobody's. */
			err = ua_ice_input(call->icev[f.to], now, &path, f.buf,
					   f.len);
			must(err == ENOENT ? 0 : err);
			drain(call, f.to, now, &n);
		}

		for (a = 0; a < 2; a++) {
			if (ua_ice_deadline(call->icev[a]) > now)
				continue;

			ua_ice_tick(call->icev[a], now);
			drain(call, a, now, &n);
		}
	}
}


static void call_free(struct call *call)
{
	ua_ice_free(call->icev[0]);
	ua_ice_free(call->icev[1]);
}


static void setup_time(unsigned dead)
{
	const unsigned rtt = 2 * DELAY_MS;
	const unsigned bound = rtt + dead * UA_ICE_TA_MS + UA_ICE_TA_MS;
	struct call call;
	uint64_t valid_ms;
	unsigned a;

	for (a = 0; a < 2; a++)
		ua_pacer_init(&pacerv[a]);

	call_alloc(&call, 1);
	call_describe(&call, dead);
	call_run(&call, 3000);

	valid_ms = call.valid_ms[0] > call.valid_ms[1] ? call.valid_ms[0]
						       : call.valid_ms[1];
	(void)printf("ice  place %u, round trip %u: valid %u ms (bound %u, "
		     "%.2f), nominated %u ms, %u datagrams\n",
		     dead + 1, rtt, (unsigned)valid_ms, bound,
		     (double)valid_ms / bound, (unsigned)call.nominated_ms[1],
		     call.nsent);
	call_free(&call);
}


static void processor(void)
{
	static struct call call;
	unsigned datagrams = 0;
	double start, took;
	unsigned i;

	start = cpu_s();
	for (i = 0; i < CALLS; i++) {
		ua_pacer_init(&pacerv[0]);
		ua_pacer_init(&pacerv[1]);
		call_alloc(&call, 2);
		call_describe(&call, DEAD);
		call_run(&call, 2000);
		datagrams += call.nsent;
		call_free(&call);
	}
	took = cpu_s() - start;

	(void)printf("ice  processor: %.0f us a call (both ends), %.1f us a "
		     "datagram; 10 calls a second use %.1f %% of a core\n",
		     took / CALLS * 1e6, took / datagrams * 1e6,
		     took / CALLS * 10 * 100 / 2);
}


static size_t heap(void)
{
	return mallinfo2().uordblks;
}


/* Of one agent that has run for a while: all that it has allocated */
static size_t heap_of(unsigned bases, unsigned dead, uint64_t run_ms)
{
	static struct call call;
	size_t used = heap();

	call_alloc(&call, bases);
	call_describe(&call, dead);
	call_run(&call, run_ms);
	used = (heap() - used) / 2;
	call_free(&call);

	return used;
}


static void memory(void)
{
	const size_t usual = heap_of(2, 1, 2000);
	const size_t full =
		heap_of(UA_ICE_BASES, UA_ICE_REMOTES - UA_ICE_BASES, 2000);

	(void)printf("ice  memory: %zu bytes usual, target 4096 (%.2f); %zu "
		     "full, target 24576 (%.2f) (pair %zu, candidate %zu, "
		     "agent %zu)\n",
		     usual, (double)usual / 4096, full, (double)full / 24576,
		     sizeof(struct ua_pair), sizeof(struct ua_cand),
		     sizeof(struct ua_ice));
}


/* A thousand agents that begin at once share one pace */
static void shared_pace(void)
{
	static struct ua_pacer pacer;
	uint64_t last = 0;
	double start, took;
	unsigned i;

	ua_pacer_init(&pacer);
	start = cpu_s();
	for (i = 0; i < AGENTS; i++)
		last = ua_pacer_reserve(&pacer, 0, 0, UA_PACER_ORDINARY);
	took = cpu_s() - start;

	(void)printf("ice  pacer: %u agents at once have their first checks "
		     "within %u ms (bound %u); %.2f us a slot\n",
		     AGENTS, (unsigned)last,
		     AGENTS * UA_PACER_STEP_MS * 4 / 3 + UA_PACER_STEP_MS,
		     took / AGENTS * 1e6);
}


int main(void)
{
	setup_time(0);
	setup_time(1);
	setup_time(DEAD);
	processor();
	memory();
	shared_pace();

	return 0;
}
