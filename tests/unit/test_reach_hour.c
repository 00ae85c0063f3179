/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_reach_hour.c  A phone behind a NAT misses no call */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reach/lifetime.h"
#include "reach/pinger.h"
#include <ua/sim.h>

enum {
	HOP_US = 10000,
	FIRST_MS = 60000, /* Calls count from here                      */
	HOUR_MS = 3600000,
	TAIL_MS = 32000,      /* The last call has its time                 */
	EXPIRES_MS = 3600000, /* Of the registration                        */
	TXNS = 64,
	CALLS = 4096,
	BUDGET = 45 /* Messages of an hour                        */
};

Suite *ua_suite_reach_hour(void);

/** What is on the wire */
enum what {
	REGISTER = 1,
	OPTIONS,
	CRLF,
	PROBE,   /* From the second socket to the registrar ...    */
	PASSED,  /* ... to the flow ...                            */
	OUR_200, /* ... its answer to the registrar                */
	ANSWER,  /* To the request with that id                    */
	INVITE,
	RINGING
};

struct packet {
	uint8_t what;
	uint32_t id;
	struct ua_addr mapped;
};

/** What a run is about */
struct plan {
	uint32_t timeout_ms; /* Of the NAT                            */
	enum ua_simdep mapping, filter;
	enum ua_simports ports;
	bool inbound_refresh;
	enum ua_keepalive mode;
	uint32_t hint_s;
	uint32_t loss;    /* Of 10000                                  */
	uint32_t call_ms; /* Mean time between calls                  */
	bool talk;        /* They are answered; else only noted: nothing of
			     what is measured depends on them         */
	bool deaf;        /* The registrar answers no OPTIONS         */
	bool itself;      /* ... answers probes by itself             */
	uint64_t seed;
};

struct world;

struct txn {
	struct world *w;
	struct ua_simtimer tmr;
	enum what what;
	bool spare;
	uint32_t id; /* 0: free                                      */
	uint64_t start_ms;
	uint64_t idle_ms; /* Of the flow before it                    */
	unsigned sent;
};

struct call {
	struct world *w;
	struct ua_simtimer tmr;
	struct ua_addr to;
	uint64_t at_ms;
	unsigned sent;
	bool rung;
};

struct world {
	struct plan plan;
	struct ua_simnet *net;
	struct ua_simnat *nat;

	/* The phone */
	struct ua_simhost *host;
	struct ua_simsock *flow, *second, *spare;
	struct ua_pinger pinger;
	struct ua_lifetime lt;
	struct ua_simtimer tmr, again;
	struct ua_addr seen; /* As the server sees us               */
	uint64_t used_ms;
	struct txn txnv[TXNS];
	uint32_t last_id;
	unsigned pings, probes, spares;
	unsigned hour; /* Of all these, in the first one           */
	unsigned lost, deaths, learnt;
	bool driving;

	/* The registrar */
	struct ua_simsock *server;
	struct ua_addr binding;
	struct ua_addr prober;
	bool dead;
	bool hides; /* Probes get lost                            */

	/* Callers */
	struct ua_simtimer next;
	struct call callv[CALLS];
	unsigned ncall;
	uint64_t until_ms;
};

static const uint32_t timeouts[] = { 15, 16, 20,  25,  30,  45,
				     60, 90, 120, 180, 300, 600 };

enum { NTIMEOUT = sizeof(timeouts) / sizeof(timeouts[0]) };


static uint64_t now_ms(const struct world *w)
{
	return ua_simnet_now_ms(w->net);
}


static void start(struct world *w, struct ua_simtimer *tmr, uint64_t at_ms,
		  void (*h)(void *arg), void *arg)
{
	ck_assert_int_eq(
		0, ua_simtimer_start(tmr, w->net, at_ms * UA_SIM_MS, h, arg));
}


static void send_from(struct ua_simsock *sock, const struct ua_addr *to,
		      enum what what, uint32_t id,
		      const struct ua_addr *mapped)
{
	struct packet packet;

	memset(&packet, 0, sizeof(packet));
	packet.what = (uint8_t)what;
	packet.id = id;
	if (mapped)
		packet.mapped = *mapped;

	ck_assert_int_eq(0, ua_simsock_send(sock, to, (uint8_t *)&packet,
					    sizeof(packet)));
}


/* ---- The registrar ---- */

static void on_server(const struct ua_addr *src, const uint8_t *buf,
		      size_t len, void *arg)
{
	struct world *w = arg;
	struct packet packet;

	ck_assert_uint_eq(sizeof(packet), len);
	memcpy(&packet, buf, sizeof(packet));
	if (w->dead)
		return;

	switch (packet.what) {

	case REGISTER:
		w->binding = *src;
		send_from(w->server, src, ANSWER, packet.id, src);
		break;

	case OPTIONS:
		if (!w->plan.deaf)
			send_from(w->server, src, ANSWER, packet.id, src);
		break;

	case PROBE:
		w->prober = *src;
		if (w->plan.itself || !w->binding.af)
			send_from(w->server, src, ANSWER, packet.id, src);
		else if (!w->hides)
			send_from(w->server, &w->binding, PASSED, packet.id,
				  NULL);
		break;

	case OUR_200:
		send_from(w->server, &w->prober, ANSWER, packet.id, NULL);
		break;

	default:
		break;
	}
}


/* ---- Callers ---- */

static void on_invite(void *arg)
{
	/* RFC 3261, 17.1.1.2 */
	static const uint32_t atv[] = { 0, 500, 1500, 3500, 7500, 15500 };
	struct call *call = arg;
	struct world *w = call->w;
	const uint32_t id = (uint32_t)(call - w->callv);

	if (call->rung)
		return;

	if (call->to.af && !w->dead)
		send_from(w->server, &call->to, INVITE, id, NULL);
	if (++call->sent < sizeof(atv) / sizeof(atv[0]))
		start(w, &call->tmr, call->at_ms + atv[call->sent], on_invite,
		      call);
}


static void on_next_call(void *arg)
{
	struct world *w = arg;
	struct call *call = &w->callv[w->ncall];
	const uint64_t now = now_ms(w);

	if (now + TAIL_MS > w->until_ms || w->ncall == CALLS)
		return;

	++w->ncall;
	call->w = w;
	call->at_ms = now;
	call->to = w->binding;
	on_invite(call);

	start(w, &w->next,
	      now + 1 + ua_simnet_draw(w->net, 2ULL * w->plan.call_ms),
	      on_next_call, w);
}


/* Calls that did not ring, of those that began in that time */
static unsigned missed(const struct world *w, uint64_t from_ms, uint64_t to_ms)
{
	unsigned i, n = 0;

	for (i = 0; i < w->ncall; i++) {
		if (w->callv[i].at_ms >= from_ms &&
		    w->callv[i].at_ms < to_ms && !w->callv[i].rung)
			++n;
	}

	return n;
}


/* ---- The phone ---- */

static void drive(struct world *w);


static void on_tmr(void *arg)
{
	struct world *w = arg;

	ua_pinger_tick(&w->pinger, now_ms(w));
	ua_lifetime_tick(&w->lt, now_ms(w));
	drive(w);
}


static void flow_send(struct world *w, enum what what, uint32_t id)
{
	w->used_ms = now_ms(w);
	send_from(w->flow, ua_simsock_addr(w->server), what, id, NULL);
	ua_pinger_tx(&w->pinger, now_ms(w));
	ua_lifetime_tx(&w->lt, now_ms(w));
}


static void txn_send(struct txn *t)
{
	struct world *w = t->w;

	if (t->spare)
		send_from(w->spare, ua_simsock_addr(w->server), t->what, t->id,
			  NULL);
	else if (t->what == PROBE)
		send_from(w->second, ua_simsock_addr(w->server), t->what,
			  t->id, NULL);
	else
		flow_send(w, t->what, t->id);
}


static void txn_ends(struct txn *t)
{
	struct world *w = t->w;

	t->id = 0;
	if (t->spare && w->spare)
		ua_lifetime_spare(&w->lt, now_ms(w), NULL);
	else if (t->what == PROBE)
		ua_lifetime_probed(&w->lt, now_ms(w), ETIMEDOUT);
}


static void register_now(struct world *w);


/* RFC 3261, 17.1.2.2 */
static void on_txn(void *arg)
{
	struct txn *t = arg;
	struct world *w = t->w;
	uint64_t at = now_ms(w);
	uint64_t step = 500;
	unsigned i;

	if (at >= t->start_ms + 32000) {
		txn_ends(t);
		if (t->what == REGISTER && !t->spare)
			register_now(w);
		drive(w);
		return;
	}

	txn_send(t);
	for (i = 0; i < t->sent && step < 4000; i++)
		step *= 2;
	++t->sent;

	start(w, &t->tmr,
	      at + step < t->start_ms + 32000 ? at + step
					      : t->start_ms + 32000,
	      on_txn, t);
	drive(w);
}


static void request(struct world *w, enum what what, bool spare)
{
	struct txn *t = w->txnv;

	while (t < &w->txnv[TXNS] && t->id)
		++t;
	ck_assert(t < &w->txnv[TXNS]);

	t->w = w;
	t->what = what;
	t->spare = spare;
	t->id = ++w->last_id;
	t->start_ms = now_ms(w);
	t->idle_ms = now_ms(w) - w->used_ms;
	t->sent = 0;
	on_txn(t);
}


static void on_again(void *arg)
{
	register_now(arg);
}


static void register_now(struct world *w)
{
	unsigned i;

	start(w, &w->again, now_ms(w) + EXPIRES_MS / 2, on_again, w);
	for (i = 0; i < TXNS; i++) {
		if (w->txnv[i].id && w->txnv[i].what == REGISTER)
			return;
	}

	request(w, REGISTER, false);
}


static void answered(struct world *w, const struct txn *t,
		     const struct ua_addr *mapped)
{
	const bool is_new = w->seen.af && !ua_addr_eq(&w->seen, mapped);

	if (is_new) {
		++w->deaths;
		ua_lifetime_died(&w->lt, now_ms(w), t->idle_ms);
	}

	w->seen = *mapped;
	ua_lifetime_answered(&w->lt, now_ms(w),
			     mapped->port == ua_simsock_addr(w->flow)->port);
	if (is_new && t->what != REGISTER)
		register_now(w);
}


static void on_answer(struct world *w, const struct packet *packet)
{
	struct txn *t;
	struct txn was;

	for (t = w->txnv; t < &w->txnv[TXNS]; t++) {
		if (t->id == packet->id)
			break;
	}
	if (!packet->id || t == &w->txnv[TXNS])
		return;

	was = *t;
	t->id = 0;
	ua_simtimer_cancel(&t->tmr);

	if (was.spare) {
		ua_lifetime_spare(&w->lt, now_ms(w), &packet->mapped);
	}
	else if (was.what == PROBE) {
		ua_lifetime_probed(&w->lt, now_ms(w), 0);
	}
	else {
		ua_pinger_answer(&w->pinger, now_ms(w),
				 was.what == OPTIONS ? UA_PING_OPTIONS
						     : UA_PING_REGISTER,
				 200, &packet->mapped);
		answered(w, &was, &packet->mapped);
	}
}


static void on_call(struct world *w, const struct packet *packet)
{
	w->callv[packet->id].rung = true;
	ua_simtimer_cancel(&w->callv[packet->id].tmr);
	if (!w->plan.talk)
		return;

	ua_pinger_rx(&w->pinger, now_ms(w));
	ua_lifetime_rx(&w->lt, now_ms(w));
	flow_send(w, RINGING, packet->id);
}


static void on_flow(const struct ua_addr *src, const uint8_t *buf, size_t len,
		    void *arg)
{
	struct world *w = arg;
	struct packet packet;

	(void)src;
	ck_assert_uint_eq(sizeof(packet), len);
	memcpy(&packet, buf, sizeof(packet));

	if (packet.what == INVITE) {
		on_call(w, &packet);
		drive(w);
		return;
	}

	ua_pinger_rx(&w->pinger, now_ms(w));
	ua_lifetime_rx(&w->lt, now_ms(w));
	if (packet.what == PASSED) {
		ua_lifetime_arrived(&w->lt, now_ms(w));
		flow_send(w, OUR_200, packet.id);
	}
	else {
		on_answer(w, &packet);
	}
	drive(w);
}


static void on_other(const struct ua_addr *src, const uint8_t *buf, size_t len,
		     void *arg)
{
	struct world *w = arg;
	struct packet packet;

	(void)src;
	ck_assert_uint_eq(sizeof(packet), len);
	memcpy(&packet, buf, sizeof(packet));
	on_answer(w, &packet);
	drive(w);
}


static struct ua_simsock *open_sock(struct world *w, ua_simsock_h *h)
{
	struct ua_simsock *sock;
	struct ua_addr any;

	ck_assert_int_eq(0, ua_addr_decode(&any, "192.168.0.2:0"));
	ck_assert_int_eq(0, ua_simsock_alloc(&sock, w->host, &any, h, w));
	return sock;
}


static void counted(struct world *w, unsigned *n)
{
	++*n;
	if (now_ms(w) < HOUR_MS)
		++w->hour;
}


static bool ping_one(struct world *w)
{
	const enum ua_ping ping = ua_pinger_output(&w->pinger, now_ms(w));

	if (ping == UA_PING_NONE)
		return false;

	counted(w, &w->pings);
	ua_lifetime_count(&w->lt);

	switch (ping) {

	case UA_PING_OPTIONS:
		request(w, OPTIONS, false);
		break;

	case UA_PING_REGISTER:
		register_now(w);
		break;

	default:
		flow_send(w, CRLF, 0);
		break;
	}

	return true;
}


static bool event_one(struct world *w)
{
	struct ua_pinger_event ev;

	if (!ua_pinger_event(&w->pinger, &ev))
		return false;

	switch (ev.type) {

	case UA_PINGER_LOST:
		++w->lost;
		ua_lifetime_lost(&w->lt);
		break;

	case UA_PINGER_RESTORED:
		register_now(w);
		break;

	default:
		break;
	}

	return true;
}


static void spare_close(struct world *w)
{
	unsigned i;

	ck_assert_ptr_nonnull(w->spare);
	ua_simsock_close(w->spare);
	w->spare = NULL;
	for (i = 0; i < TXNS; i++) {
		if (w->txnv[i].id && w->txnv[i].spare) {
			w->txnv[i].id = 0;
			ua_simtimer_cancel(&w->txnv[i].tmr);
		}
	}
}


static bool act_one(struct world *w)
{
	switch (ua_lifetime_output(&w->lt)) {

	case UA_LIFETIME_ACT_NONE:
		return false;

	case UA_LIFETIME_ACT_PROBE:
		counted(w, &w->probes);
		request(w, PROBE, false);
		break;

	case UA_LIFETIME_ACT_OPEN:
		ck_assert_ptr_null(w->spare);
		w->spare = open_sock(w, on_other);
		counted(w, &w->spares);
		request(w, OPTIONS, true);
		break;

	case UA_LIFETIME_ACT_AGAIN:
		ck_assert_ptr_nonnull(w->spare);
		counted(w, &w->spares);
		request(w, OPTIONS, true);
		break;

	case UA_LIFETIME_ACT_CLOSE:
		spare_close(w);
		break;

	case UA_LIFETIME_ACT_PING:
		ua_pinger_kick(&w->pinger, now_ms(w));
		break;

	case UA_LIFETIME_ACT_LEARNT:
		++w->learnt;
		break;
	}

	return true;
}


static void tune(struct world *w)
{
	ua_pinger_interval(&w->pinger, now_ms(w),
			   ua_lifetime_interval_ms(&w->lt));
	ua_pinger_hold(&w->pinger, ua_lifetime_hold(&w->lt));
}


static void drive(struct world *w)
{
	uint64_t at;

	if (w->driving)
		return;

	w->driving = true;
	do {
		tune(w);
	} while (ping_one(w) || event_one(w) || act_one(w));
	w->driving = false;

	at = ua_pinger_deadline(&w->pinger);
	if (ua_lifetime_deadline(&w->lt) < at)
		at = ua_lifetime_deadline(&w->lt);

	ua_simtimer_cancel(&w->tmr);
	if (at == UA_NEVER)
		return;

	/* The deadlines never stand still. */
	start(w, &w->tmr, at > now_ms(w) ? at : now_ms(w) + 1, on_tmr, w);
}


/* ---- The world ---- */

static struct ua_simhost *make_host(struct world *w, struct ua_simlan *lan,
				    const char *name, const char *addr,
				    uint32_t loss)
{
	struct ua_simlink link;
	struct ua_simhost *host;
	struct ua_simif *ifc;
	struct ua_addr a;

	ck_assert_int_eq(0, ua_addr_decode(&a, addr));
	ua_simlink_default(&link, HOP_US);
	link.loss = loss;
	ck_assert_int_eq(0, ua_simhost_alloc(&host, w->net, name));
	ck_assert_int_eq(0, ua_simif_alloc(&ifc, host, "eth0", lan, &link));
	ck_assert_int_eq(0, ua_simif_addr(ifc, &a));

	return host;
}


static void make_nat(struct world *w)
{
	struct ua_simnat_conf conf;
	struct ua_simlink link;
	struct ua_addr pool;

	ua_simnat_conf_default(&conf);
	conf.mapping = w->plan.mapping;
	conf.filter = w->plan.filter;
	conf.ports = w->plan.ports;
	conf.inbound_refresh = w->plan.inbound_refresh;
	conf.answered_ms = w->plan.timeout_ms;
	conf.new_ms = w->plan.timeout_ms < 30000 ? w->plan.timeout_ms : 30000;

	ua_simlink_default(&link, HOP_US);
	ck_assert_int_eq(0, ua_simnat_alloc(&w->nat, w->net, "nat",
					    ua_simnet_core(w->net), &conf,
					    &link));
	ck_assert_int_eq(0, ua_addr_decode(&pool, "198.51.100.1:0"));
	ck_assert_int_eq(0, ua_simnat_addr(w->nat, &pool));
}


static void make_phone(struct world *w)
{
	const struct ua_pinger_conf pinger = {
		.tp = UA_TP_UDP,
		.mode = w->plan.mode,
		.rand = ua_simnet_rand(w->net),
	};
	const struct ua_lifetime_conf life = {
		.off = w->plan.mode == UA_KEEPALIVE_OFF,
		.learnt_s = w->plan.hint_s,
	};

	w->flow = open_sock(w, on_flow);
	w->second = open_sock(w, on_other);
	ua_pinger_init(&w->pinger, &pinger, now_ms(w));
	ua_lifetime_init(&w->lt, &life);
	register_now(w);
	drive(w);
}


static struct world *world_make(const struct plan *plan)
{
	struct world *w = calloc(1, sizeof(*w));
	struct ua_simhost *host;
	struct ua_addr a;

	ck_assert_ptr_nonnull(w);
	w->plan = *plan;
	ck_assert_int_eq(0, ua_simnet_alloc(&w->net, plan->seed));
	make_nat(w);
	w->host = make_host(w, ua_simnat_lan(w->nat), "phone", "192.168.0.2:0",
			    plan->loss);
	host = make_host(w, ua_simnet_core(w->net), "registrar", "192.0.2.1:0",
			 0);
	ck_assert_int_eq(0, ua_addr_decode(&a, "192.0.2.1:5060"));
	ck_assert_int_eq(0,
			 ua_simsock_alloc(&w->server, host, &a, on_server, w));
	w->until_ms = UA_NEVER - TAIL_MS;
	ua_simnet_run(w->net, UA_SIM_S);
	make_phone(w);
	if (plan->call_ms)
		start(w, &w->next, FIRST_MS, on_next_call, w);

	return w;
}


static void world_free(struct world *w)
{
	ua_simnet_free(w->net);
	free(w);
}


static void run_to(struct world *w, uint64_t ms)
{
	ua_simnet_run(w->net, ms * UA_SIM_MS);
}


static struct world *hour(const struct plan *plan)
{
	struct world *w = world_make(plan);

	w->until_ms = HOUR_MS;
	run_to(w, HOUR_MS);
	return w;
}


static void tell(const struct world *w)
{
	static const char *const dep[] = { "EI", "AD", "APD" };
	static const char *const ports[] = { "kept", "next", "random" };
	const struct plan *p = &w->plan;

	if (!getenv("REACH_TABLE"))
		return;

	printf("%3u s %3s/%-3s %-6s%s%s good %3u s, %2u pings %2u probes"
	       " %2u spares = %3u, %4u calls, %u missed, %u deaths, %s\n",
	       p->timeout_ms / 1000, dep[p->mapping], dep[p->filter],
	       ports[p->ports], p->inbound_refresh ? " refresh" : "",
	       p->talk ? " talk" : "", ua_lifetime_good_s(&w->lt), w->pings,
	       w->probes, w->spares, w->hour, w->ncall, missed(w, 0, UA_NEVER),
	       w->deaths, ua_lifetime_words(&w->lt));
}


/* Of mapping, filtering and ports; of ports, with the rest as it is worst; of
   these with both ways to be refreshed */
enum { KINDS = 27, FEW = 3, TALKS = 6 };


static struct plan plan_of(int i, int kind)
{
	const struct plan plan = {
		.timeout_ms = 1000 * timeouts[i],
		.mapping = (enum ua_simdep)(kind % 3),
		.filter = (enum ua_simdep)(kind / 3 % 3),
		.ports = (enum ua_simports)(kind / 9 % 3),
		.inbound_refresh = kind / 27 % 2,
		.mode = UA_KEEPALIVE_AUTO,
		.call_ms = 2000,
		.seed = (uint64_t)(1000 * i + kind),
	};

	return plan;
}


/* Whether and how the port changes, with address and port dependent mapping
   and filtering */
static struct plan plan_few(int i)
{
	return plan_of(i / FEW, i % FEW * 9 + 8);
}


/* One call a second, at random moments */
START_TEST(no_call_is_missed_behind_any_nat)
{
	struct plan plan;
	struct world *w;
	int kind;

	for (kind = 0; kind < KINDS; kind++) {
		plan = plan_of(_i, kind);
		w = hour(&plan);
		tell(w);
		ck_assert_uint_ge(w->ncall, 1500);
		ck_assert_uint_eq(0, missed(w, 0, UA_NEVER));
		if (plan.timeout_ms >= 180000)
			ck_assert_uint_le(w->hour, BUDGET);
		world_free(w);
	}
}
END_TEST


/* Not at round numbers only: what is proved ends just below the timeout. */
START_TEST(no_call_is_missed_at_any_timeout)
{
	struct plan plan = plan_of(0, _i);
	struct world *w;
	unsigned i;

	for (i = 0; i < 24; i++) {
		plan.seed = (uint64_t)(100 * i + (unsigned)_i);
		plan.timeout_ms =
			15000 + (uint32_t)(plan.seed * 7919 % 140000);
		w = hour(&plan);
		tell(w);
		ck_assert_uint_eq(0, missed(w, 0, UA_NEVER));
		world_free(w);
	}
}
END_TEST


/* Less often, but answered: they disturb what is measured. */
START_TEST(answered_calls_do_not_mislead)
{
	struct plan plan = plan_of(_i / TALKS, _i % TALKS * 9 + 8);
	struct world *w;
	unsigned i;

	plan.talk = true;
	for (i = 0; i < 6; i++) {
		plan.call_ms = 10000U << i;
		plan.seed += 100000;
		w = hour(&plan);
		tell(w);
		ck_assert_uint_eq(0, missed(w, 0, UA_NEVER));
		if (plan.timeout_ms > 31000)
			ck_assert_uint_ge(ua_lifetime_good_s(&w->lt), 14);
		ck_assert_uint_lt(1000 * ua_lifetime_good_s(&w->lt),
				  plan.timeout_ms);
		world_free(w);
	}
}
END_TEST


/* What the other tests count is no accident. */
START_TEST(without_keepalive_calls_are_missed)
{
	struct plan plan = plan_few(_i);
	struct world *w;

	plan.mode = UA_KEEPALIVE_OFF;
	w = hour(&plan);
	tell(w);
	ck_assert_uint_eq(0, w->hour);
	ck_assert_uint_ge(missed(w, 0, UA_NEVER), w->ncall / 4);
	world_free(w);
}
END_TEST


/* Nor does the budget come from a NAT that needs no keepalive. */
START_TEST(learning_is_what_saves)
{
	struct plan plan = plan_of(9, _i * 9 + 8);
	struct world *w = hour(&plan);
	const unsigned safe = HOUR_MS / 12600;

	ck_assert_uint_eq(UA_LIFETIME_DONE, ua_lifetime_state(&w->lt));
	ck_assert_uint_eq(UA_LIFETIME_TRY_S, ua_lifetime_good_s(&w->lt));
	ck_assert_uint_ge(ua_lifetime_interval_ms(&w->lt), 119000);
	ck_assert_uint_eq(w->pings + w->probes + w->spares, w->hour);

	/* The first ones go to registrations, too. */
	ck_assert_uint_ge(ua_lifetime_saved(&w->lt, HOUR_MS) + w->hour + 3,
			  safe);
	ck_assert_uint_le(ua_lifetime_saved(&w->lt, HOUR_MS) + w->hour, safe);
	world_free(w);
}
END_TEST


/* It was learnt behind a NAT that forgot later than this one does. */
START_TEST(wrong_hint_costs_no_call)
{
	struct plan plan = plan_few(_i);
	struct world *w;

	plan.hint_s = 126;
	w = hour(&plan);
	tell(w);
	ck_assert_uint_eq(0, missed(w, 0, UA_NEVER));
	world_free(w);
}
END_TEST


/* A server that is silent to OPTIONS is pinged by CRLF and REGISTER. */
START_TEST(deaf_registrar_costs_no_call)
{
	struct plan plan = plan_few(_i);
	struct world *w;

	plan.deaf = true;
	w = hour(&plan);
	tell(w);
	ck_assert_uint_eq(0, w->lost);
	ck_assert_int_eq(UA_PING_CRLF, ua_pinger_method(&w->pinger));
	ck_assert_uint_eq(0, missed(w, 0, UA_NEVER));
	world_free(w);
}
END_TEST


START_TEST(registrar_that_answers_probes_leaves_us_safe)
{
	struct plan plan = plan_few(_i);
	struct world *w;

	plan.itself = true;
	w = hour(&plan);
	tell(w);
	ck_assert_uint_eq(0, missed(w, 0, UA_NEVER));
	ck_assert_int_eq(UA_LIFETIME_BLIND, ua_lifetime_state(&w->lt));
	ck_assert_uint_eq(UA_LIFETIME_SAFE_S, ua_lifetime_good_s(&w->lt));
	ck_assert_uint_eq(UA_LIFETIME_ASKS, w->probes);
	ck_assert_uint_eq(0, w->spares);
	world_free(w);
}
END_TEST


/*
 * Each packet of the phone's link, both ways.  A probe that is lost with its
 * retransmissions, as one of 140 is, leaves the flow exposed for 3 s; and with
 * a NAT of 15 s a ping at 14 s may lose two.
 */
START_TEST(loss_of_a_tenth_costs_hardly_a_call)
{
	struct plan plan = plan_few(_i);
	struct world *w;
	unsigned n;

	plan.loss = 1000;
	w = hour(&plan);
	n = missed(w, 0, UA_NEVER);
	tell(w);
	ck_assert_uint_le(n, w->ncall / 100);
	world_free(w);
}
END_TEST


static bool keeps_port(const struct world *w)
{
	return w->plan.ports == UA_SIM_PRESERVING;
}


/* It is not told: the next ping shows it, an interval later at most. */
START_TEST(nat_restart_is_noticed_by_the_next_ping)
{
	struct plan plan = plan_few(_i);
	const uint64_t at = 1800000 + (uint64_t)_i * 777;
	struct world *w = world_make(&plan);
	uint64_t back;

	w->until_ms = HOUR_MS;
	run_to(w, at);
	back = at + ua_lifetime_interval_ms(&w->lt) + 1000;
	ua_simnat_reboot(w->nat);
	run_to(w, HOUR_MS);
	tell(w);
	ck_assert_uint_eq(0, missed(w, 0, at - TAIL_MS));
	ck_assert_uint_eq(0, missed(w, back, UA_NEVER));
	if (plan.timeout_ms < 30000)
		ck_assert_uint_eq(0, missed(w, at + 30000, UA_NEVER));
	if (keeps_port(w) && plan.timeout_ms < 30000)
		ck_assert_uint_eq(0, missed(w, at + 10000, UA_NEVER));
	ck_assert_uint_le(w->deaths, !keeps_port(w));
	world_free(w);
}
END_TEST


/* The link to it went down and came back, which the machine is told of. */
START_TEST(nat_restart_that_is_told_costs_a_second)
{
	struct plan plan = plan_few(_i);
	const uint64_t at = 1800000 + (uint64_t)_i * 777;
	struct world *w = world_make(&plan);

	w->until_ms = HOUR_MS;
	run_to(w, at);
	ua_simnat_reboot(w->nat);
	ua_pinger_kick(&w->pinger, at);
	drive(w);
	run_to(w, HOUR_MS);
	tell(w);
	ck_assert_uint_eq(0, missed(w, 0, at - TAIL_MS));
	ck_assert_uint_eq(0, missed(w, at + 1000, UA_NEVER));
	world_free(w);
}
END_TEST


/* After a day of it what was learnt is what it was. */
START_TEST(nat_restart_is_forgotten)
{
	struct plan plan = plan_of(11, _i * 9 + 8);
	struct world *w;

	plan.call_ms = 0;
	w = world_make(&plan);
	run_to(w, 1800000 + (uint64_t)_i * 1777);
	ua_simnat_reboot(w->nat);
	run_to(w, 4 * HOUR_MS);
	ck_assert_uint_eq(UA_LIFETIME_TRY_S, ua_lifetime_good_s(&w->lt));
	ck_assert_int_eq(UA_LIFETIME_DONE, ua_lifetime_state(&w->lt));
	world_free(w);
}
END_TEST


/* Its bindings are gone.  Dead flows are pinged each half minute. */
START_TEST(registrar_that_was_dead_is_found_again)
{
	struct plan plan = plan_few(_i);
	const uint64_t at = 1200000 + (uint64_t)_i * 777;
	struct world *w = world_make(&plan);

	w->until_ms = HOUR_MS;
	run_to(w, at);
	w->dead = true;
	run_to(w, at + ua_lifetime_interval_ms(&w->lt) + UA_PINGER_DEAD_MS +
			  UA_LIFETIME_PROBE_MS);
	ck_assert_uint_eq(1, w->lost);
	run_to(w, at + 300000);
	memset(&w->binding, 0, sizeof(w->binding));
	w->dead = false;
	run_to(w, HOUR_MS);
	tell(w);
	ck_assert_uint_eq(1, w->lost);
	ck_assert_uint_eq(0, missed(w, 0, at - TAIL_MS));
	ck_assert_uint_eq(0, missed(w, at + 300000 + 31000, UA_NEVER));
	world_free(w);
}
END_TEST


/* A probe that was lost on its way is no proof, but costs no call. */
START_TEST(probes_that_get_lost_shorten_at_most)
{
	struct plan plan = plan_of(9, _i * 9 + 8);
	struct world *w = world_make(&plan);

	w->until_ms = HOUR_MS;
	run_to(w, 120000);
	w->hides = true;
	run_to(w, HOUR_MS);
	tell(w);
	ck_assert_uint_eq(0, missed(w, 0, UA_NEVER));
	ck_assert_uint_le(ua_lifetime_good_s(&w->lt), 60);
	ck_assert_int_eq(UA_LIFETIME_DONE, ua_lifetime_state(&w->lt));
	world_free(w);
}
END_TEST


/* What was learnt is checked each hour, which costs no call either. */
START_TEST(day_is_as_good_as_an_hour)
{
	struct plan plan = plan_few(_i);
	struct world *w;

	plan.call_ms = 20000;
	w = world_make(&plan);
	w->until_ms = 24ULL * HOUR_MS;
	run_to(w, w->until_ms);
	tell(w);
	ck_assert_uint_ge(w->ncall, 2000);
	ck_assert_uint_eq(0, missed(w, 0, UA_NEVER));
	ck_assert_uint_ge(w->learnt, plan.timeout_ms > 20000 ? 23 : 1);
	ck_assert_uint_eq(0, w->lost);
	if (plan.timeout_ms >= 180000)
		ck_assert_uint_le(w->pings + w->probes + w->spares,
				  24 * BUDGET);
	world_free(w);
}
END_TEST


Suite *ua_suite_reach_hour(void)
{
	Suite *s = suite_create("reach_hour");
	TCase *tc = tcase_create("hour");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, no_call_is_missed_behind_any_nat, 0, NTIMEOUT);
	tcase_add_loop_test(tc, no_call_is_missed_at_any_timeout, 0, KINDS);
	tcase_add_loop_test(tc, answered_calls_do_not_mislead, 0,
			    NTIMEOUT * TALKS);
	tcase_add_loop_test(tc, without_keepalive_calls_are_missed, 0,
			    NTIMEOUT * FEW);
	tcase_add_loop_test(tc, learning_is_what_saves, 0, FEW);
	tcase_add_loop_test(tc, wrong_hint_costs_no_call, 0, NTIMEOUT * FEW);
	tcase_add_loop_test(tc, deaf_registrar_costs_no_call, 0,
			    NTIMEOUT * FEW);
	tcase_add_loop_test(tc, registrar_that_answers_probes_leaves_us_safe,
			    0, NTIMEOUT * FEW);
	tcase_add_loop_test(tc, loss_of_a_tenth_costs_hardly_a_call, 0,
			    NTIMEOUT * FEW);
	tcase_add_loop_test(tc, nat_restart_is_noticed_by_the_next_ping, 0,
			    NTIMEOUT * FEW);
	tcase_add_loop_test(tc, nat_restart_that_is_told_costs_a_second, 0,
			    NTIMEOUT * FEW);
	tcase_add_loop_test(tc, nat_restart_is_forgotten, 0, FEW);
	tcase_add_loop_test(tc, registrar_that_was_dead_is_found_again, 0,
			    NTIMEOUT * FEW);
	tcase_add_loop_test(tc, probes_that_get_lost_shorten_at_most, 0, FEW);
	tcase_add_loop_test(tc, day_is_as_good_as_an_hour, 0, NTIMEOUT * FEW);
	suite_add_tcase(s, tc);

	return s;
}
