/* SPDX-License-Identifier: BSD-3-Clause */
/** @file bench_reach.c  What it costs to be reachable: accounts of a process
 *
 * Without arguments: heap of registered accounts that are idle, with a
 * registrar in the same process that grants everything.  With the address of
 * a registrar and a number of accounts: how fast they get registered; the
 * script `reach` reads that.  Nothing is asserted.
 */

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ua/ua.h>
#include "base/clock.h"
#include "base/re_compat.h"
#include "benchreg.h"

enum {
	ACCOUNTS = 200,
	QUIET_MS = 6000, /* Transactions of SIP are forgotten            */
	WAIT_MS = 60000,
	TARGET_KIB = 16 /* of an account, from the design                */
};

/** One agent, and how many of its accounts are registered */
struct side {
	struct ua_agent *agent;
	unsigned registered;
	unsigned failed;
	unsigned want;
};

/** A registrar: an address that grants everything */
struct registrar {
	struct udp_sock *us;
	struct sa local;
};


static void die(const char *what, int err)
{
	(void)fprintf(stderr, "bench_reach: %s: %s\n", what, strerror(err));
	exit(1);
}


static double wall_s(void)
{
	return (double)ua_clock_us() / 1e6;
}


static double heap(void)
{
	return (double)mallinfo2().uordblks;
}


/* ------------------------------ agent ------------------------------ */


static void on_event(const struct ua_event *ev, void *arg)
{
	struct side *side = arg;

	if (ev->type == UA_EVENT_REGISTER_FAILED)
		++side->failed;

	if (ev->type == UA_EVENT_REGISTERED &&
	    ++side->registered == side->want)
		re_cancel();
}


static void on_late(void *arg)
{
	bool *late = arg;

	*late = true;
	re_cancel();
}


/* Run until all accounts are registered; without any: for a time. */
static void run(struct side *side, unsigned want, uint64_t ms)
{
	bool late = false;
	struct tmr tmr;

	tmr_init(&tmr);
	tmr_start(&tmr, ms, on_late, &late);
	side->want = want;
	if (!want || side->registered < want)
		(void)re_main(NULL);
	tmr_cancel(&tmr);

	if (want && late)
		die("accounts do not get registered", ETIMEDOUT);
}


static void side_open(struct side *side)
{
	static const struct ua_codec *codec;
	struct ua_agent_conf conf;
	char errstr[UA_ERRSTR_MAX];

	codec = ua_codec_find("pcma");
	memset(side, 0, sizeof(*side));
	ua_agent_conf_default(&conf);
	conf.ifaces[0] = "lo";
	conf.ip6 = false;
	conf.codecs = &codec;
	conf.ncodec = 1;
	conf.event_h = on_event;
	conf.arg = side;
	if (ua_agent_alloc(&side->agent, &conf, errstr))
		die(errstr, EINVAL);
}


static void account_add(struct side *side, unsigned number, const char *server,
			enum ua_keepalive keepalive)
{
	struct ua_account_conf conf;
	char errstr[UA_ERRSTR_MAX];
	char aor[96];

	ua_account_conf_default(&conf);
	(void)re_snprintf(aor, sizeof(aor), "sip:user%u@%s", number, server);
	conf.aor = aor;
	conf.password = "secret";
	conf.keepalive = keepalive;
	if (ua_account_add(NULL, side->agent, &conf, errstr))
		die(errstr, EINVAL);
}


/* ------------------------------ rate ------------------------------- */


/* Prints the time from the first account added to the last one registered [s],
   and how often one of them failed. */
static void bench_rate(const char *server, unsigned n)
{
	struct side side;
	double at;
	unsigned i;

	side_open(&side);
	/* The socket is there, and what looks at its datagrams. */
	run(&side, 0, 50);

	at = wall_s();
	for (i = 0; i < n; i++)
		account_add(&side, i, server, UA_KEEPALIVE_OFF);
	run(&side, n, WAIT_MS);
	at = wall_s() - at;

	(void)printf("rate %u %.6f %u\n", n, at, side.failed);
	ua_agent_free(side.agent);
}


/* ----------------------------- memory ------------------------------ */


static void registrar_open(struct registrar *reg)
{
	if (sa_set_str(&reg->local, "127.0.0.1", 0) ||
	    udp_listen(&reg->us, &reg->local, benchreg_recv, &reg->us) ||
	    udp_local_get(reg->us, &reg->local))
		die("registrar", errno);
}


/*
 * A flow is our address and the server's: with one registrar all accounts
 * share it, with a registrar each they share nothing but the agent.
 */
static void bench_heap(struct registrar *regv, size_t nreg,
		       enum ua_keepalive keepalive, const char *name)
{
	struct side side;
	char server[64];
	double used;
	unsigned i;

	side_open(&side);
	run(&side, 0, 50);
	used = heap();
	for (i = 0; i < ACCOUNTS; i++) {
		(void)re_snprintf(server, sizeof(server), "%J",
				  &regv[i % nreg].local);
		account_add(&side, i, server, keepalive);
	}
	run(&side, ACCOUNTS, WAIT_MS);
	run(&side, 0, QUIET_MS);
	used = (heap() - used) / ACCOUNTS / 1024;

	(void)printf("reach  heap of an idle account, %-24s %5.1f KiB; "
		     "target %d KiB (%.2f)\n",
		     name, used, TARGET_KIB, used / TARGET_KIB);

	ua_agent_free(side.agent);
}


static void bench_heaps(void)
{
	static struct registrar regv[ACCOUNTS];
	struct side first;
	size_t i;

	/* The loop of the process belongs to an agent. */
	side_open(&first);
	for (i = 0; i < ACCOUNTS; i++)
		registrar_open(&regv[i]);

	bench_heap(regv, 1, UA_KEEPALIVE_OFF, "one flow, no pings:");
	bench_heap(regv, 1, UA_KEEPALIVE_AUTO, "one flow:");
	bench_heap(regv, ACCOUNTS, UA_KEEPALIVE_OFF, "own flow, no pings:");
	bench_heap(regv, ACCOUNTS, UA_KEEPALIVE_AUTO, "own flow:");

	for (i = 0; i < ACCOUNTS; i++)
		mem_deref(regv[i].us);
	ua_agent_free(first.agent);
}


int main(int argc, char *argv[])
{
	unsigned long n;
	char *end;

	if (argc == 1) {
		bench_heaps();
		return 0;
	}

	n = argc == 3 ? strtoul(argv[2], &end, 10) : 0;
	if (!n || *end || n > 100000) {
		(void)fprintf(stderr,
			      "usage: bench_reach [SERVER ACCOUNTS]\n");
		return 64;
	}

	bench_rate(argv[1], (unsigned)n);

	return 0;
}
