/* SPDX-License-Identifier: BSD-3-Clause */
/** @file embed_ice.c  ICE alone: two agents find a path through memory
 *
 * No socket, no clock and no loop: <ua/ice.h> and types.h are all that is
 * used.  What one agent sends is fed to the other after 10 ms of a time that
 * this program makes up.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <ua/ice.h>


enum { FLIGHT_MAX = 32, DELAY_MS = 10, END_MS = 10000 };

/* An agent and the one address that it has */
struct side {
	const char *name;
	struct ua_ice *ice;
	struct ua_pacer pacer;
	struct ua_addr addr;
	uint16_t base;
	bool nominated;
};

/* Datagrams on their way, oldest first: the delay is the same for all */
struct net {
	struct {
		uint64_t at_ms;
		struct side *to;
		struct ua_dgram dg;
	} v[FLIGHT_MAX];
	unsigned first;
	unsigned n;
};


static void fill(uint8_t *buf, size_t len, void *arg)
{
	(void)arg;
	if (getrandom(buf, len, 0) != (ssize_t)len)
		abort();
}


static const struct ua_rand randomness = { .fill = fill };


static int side_init(struct side *side, const char *name, const char *ip,
		     bool controlling)
{
	struct ua_ice_conf conf;
	int err;

	side->name = name;
	err = ua_addr_set(&side->addr, ip, 40000);
	if (err)
		return err;

	ua_pacer_init(&side->pacer);
	ua_ice_conf_default(&conf);
	conf.rand = &randomness;
	conf.pacer = &side->pacer;
	conf.controlling = controlling;

	err = ua_ice_alloc(&side->ice, &conf);
	if (!err)
		err = ua_ice_base_add(side->ice, 0, 0, 1, UA_ICE_HOST,
				      &side->addr, 0, &side->base);
	if (!err)
		err = ua_ice_gathered(side->ice, 0);

	return err;
}


/* What an offer or an answer would carry: credentials and candidates */
static int describe(const struct side *from, struct side *to)
{
	const struct ua_ice_peer peer = { .ice2 = true };
	struct ua_ice_cand cand;
	size_t i;
	int err;

	err = ua_ice_remote_set(to->ice, 0, ua_ice_ufrag(from->ice),
				ua_ice_pwd(from->ice), &peer);
	if (err)
		return err;

	for (i = 0; !ua_ice_local(from->ice, i, &cand); ++i) {
		char addr[UA_ADDR_LEN];

		printf("%s has %s %s\n", from->name,
		       ua_ice_type_name(cand.type),
		       ua_addr_str(&cand.addr, addr));

		err = ua_ice_remote_cand(to->ice, 0, &cand);
		if (err)
			return err;
	}

	return ua_ice_remote_end(to->ice, 0);
}


static void side_event(struct side *side, uint64_t now_ms,
		       const struct ua_ice_event *ev)
{
	char local[UA_ADDR_LEN], remote[UA_ADDR_LEN];

	if (ev->type != UA_ICE_EVENT_MEDIA_PATH &&
	    ev->type != UA_ICE_EVENT_NOMINATED)
		return;

	side->nominated = ev->type == UA_ICE_EVENT_NOMINATED;
	printf("%4llu ms: %s %s %s -> %s\n", (unsigned long long)now_ms,
	       side->name, side->nominated ? "nominated" : "may send",
	       ua_addr_str(&ev->path.local, local),
	       ua_addr_str(&ev->path.remote, remote));
}


/* After every call that takes the time: drain datagrams, then events */
static void side_pump(struct side *side, struct side *peer, struct net *net,
		      uint64_t now_ms)
{
	struct ua_ice_event ev;
	struct ua_dgram dg;

	while (ua_ice_output(side->ice, now_ms, &dg)) {
		const unsigned i = (net->first + net->n) % FLIGHT_MAX;

		/* A full network loses it, and nobody else is out there. */
		if (net->n == FLIGHT_MAX ||
		    !ua_addr_eq(&dg.path.remote, &peer->addr))
			continue;

		net->v[i].at_ms = now_ms + DELAY_MS;
		net->v[i].to = peer;
		net->v[i].dg = dg;
		++net->n;
	}

	while (ua_ice_event(side->ice, &ev))
		side_event(side, now_ms, &ev);
}


/* Hand over what has arrived by now */
static int deliver(struct side *a, struct side *b, struct net *net,
		   uint64_t now_ms)
{
	while (net->n && net->v[net->first].at_ms <= now_ms) {
		struct side *to = net->v[net->first].to;
		struct side *from = to == a ? b : a;
		const struct ua_dgram *dg = &net->v[net->first].dg;
		const struct ua_path path = { .base = to->base,
					      .local = to->addr,
					      .remote = from->addr };
		const int err =
			ua_ice_input(to->ice, now_ms, &path, dg->buf, dg->len);

		/* What is not for it is dropped, as from any socket. */
		if (err == ENOMEM)
			return err;

		net->first = (net->first + 1) % FLIGHT_MAX;
		--net->n;
		side_pump(to, from, net, now_ms);
	}

	return 0;
}


static uint64_t earliest(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}


/* Time jumps to whatever happens next. */
static int run(struct side *a, struct side *b, struct net *net)
{
	uint64_t now_ms = 0;
	int err = 0;

	side_pump(a, b, net, now_ms);
	side_pump(b, a, net, now_ms);
	while (!err && now_ms < END_MS && !(a->nominated && b->nominated)) {
		uint64_t next = earliest(ua_ice_deadline(a->ice),
					 ua_ice_deadline(b->ice));

		if (net->n)
			next = earliest(next, net->v[net->first].at_ms);

		if (next > now_ms)
			now_ms = next;

		err = deliver(a, b, net, now_ms);
		ua_ice_tick(a->ice, now_ms);
		side_pump(a, b, net, now_ms);
		ua_ice_tick(b->ice, now_ms);
		side_pump(b, a, net, now_ms);
	}

	return err;
}


int main(void)
{
	static struct net net;
	static struct side a, b;
	int err;

	err = side_init(&a, "alice", "192.0.2.1", true);
	if (!err)
		err = side_init(&b, "bob", "198.51.100.2", false);
	if (!err)
		err = describe(&a, &b);
	if (!err)
		err = describe(&b, &a);
	if (!err)
		err = run(&a, &b, &net);
	if (err)
		fprintf(stderr, "error: %s\n", strerror(err));

	ua_ice_free(a.ice);
	ua_ice_free(b.ice);

	return err || !a.nominated || !b.nominated;
}
