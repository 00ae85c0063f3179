/* SPDX-License-Identifier: BSD-3-Clause */
/** @file embed_sim.c  A test of one's own in the simulated internet
 *
 * Two phones behind NATs call each other; then the NAT of one is rebooted.
 * Seconds of virtual time take milliseconds, and the same seed gives the same
 * call each time.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <ua/sim.h>


enum { SEED = 1, ACCESS_US = 15000 };

struct test {
	struct ua_simnet *net;
	struct ua_simnat *natv[2];
	struct ua_simphone *phonev[2];
	struct ua_simcall *call;
};


static struct ua_addr addr_of(const char *ip, uint16_t port)
{
	struct ua_addr addr;

	if (ua_addr_set(&addr, ip, port))
		memset(&addr, 0, sizeof(addr));

	return addr;
}


/* A server that tells phones how they look from outside */
static int stun_make(struct test *test)
{
	const struct ua_addr addr = addr_of("192.0.2.1", 0);
	struct ua_simlink link;
	struct ua_simstun *stun;
	struct ua_simhost *host;
	struct ua_simif *ifc;
	int err;

	ua_simlink_default(&link, 1000);
	err = ua_simhost_alloc(&host, test->net, "stun");
	if (!err)
		err = ua_simif_alloc(&ifc, host, "eth0",
				     ua_simnet_core(test->net), &link);
	if (!err)
		err = ua_simif_addr(ifc, &addr);
	if (!err)
		err = ua_simstun_alloc(&stun, host, &addr);

	return err;
}


static void on_ice(const struct ua_ice_event *ev, void *arg)
{
	char addr[UA_ADDR_LEN];

	if (ev->type == UA_ICE_EVENT_NOMINATED)
		printf("%s sends to %s, relays: %u\n", (const char *)arg,
		       ua_addr_str(&ev->path.remote, addr), ev->relays);
}


/* Home i: a port-restricted NAT, and a phone behind it */
static int home_make(struct test *test, unsigned i)
{
	static char names[2][8] = { "alice", "bob" };
	const struct ua_addr outside =
		addr_of(i ? "198.51.100.2" : "198.51.100.1", 0);
	const struct ua_addr inside =
		addr_of(i ? "192.168.2.5" : "192.168.1.5", 0);
	const struct ua_simphone_handlers handlers = {
		.ice = on_ice,
		.arg = names[i],
	};
	struct ua_simphone_conf phone;
	struct ua_simnat_conf nat;
	struct ua_simlink link;
	struct ua_simhost *host;
	struct ua_simif *ifc;
	int err;

	ua_simlink_default(&link, ACCESS_US);
	ua_simnat_conf_default(&nat);
	nat.filter = UA_SIM_APD;
	err = ua_simnat_alloc(&test->natv[i], test->net, "home",
			      ua_simnet_core(test->net), &nat, &link);
	if (!err)
		err = ua_simnat_addr(test->natv[i], &outside);
	if (!err)
		err = ua_simhost_alloc(&host, test->net, names[i]);
	if (!err)
		err = ua_simif_alloc(&ifc, host, "eth0",
				     ua_simnat_lan(test->natv[i]), &link);
	if (!err)
		err = ua_simif_addr(ifc, &inside);
	if (err)
		return err;

	ua_simphone_conf_default(&phone);
	phone.name = names[i];
	phone.controlling = !i;
	phone.serverv[phone.nserver++].addr =
		addr_of("192.0.2.1", UA_SIM_STUN_PORT);

	return ua_simphone_alloc(&test->phonev[i], host, &phone, &handlers);
}


static int call_make(struct test *test)
{
	struct ua_simcall_conf conf;
	int err;

	ua_simcall_conf_default(&conf);
	err = ua_simcall_alloc(&test->call, test->phonev[0], test->phonev[1],
			       &conf);

	return err ? err : ua_simcall_start(test->call);
}


/* So much virtual time; how many packets bob heard in it */
static uint64_t talk(struct test *test, uint64_t s)
{
	const struct ua_simphone_stat *stat =
		ua_simphone_stat(test->phonev[1]);
	const uint64_t before = stat->heard;

	ua_simnet_run(test->net, ua_simnet_now(test->net) + s * UA_SIM_S);
	return stat->heard - before;
}


int main(void)
{
	struct test test = { 0 };
	uint64_t first, again;
	unsigned i;
	int err;

	err = ua_simnet_alloc(&test.net, SEED);
	if (err)
		return 1;

	err = stun_make(&test);
	for (i = 0; i < 2 && !err; i++)
		err = home_make(&test, i);
	if (!err)
		err = call_make(&test);
	if (err) {
		ua_simnet_free(test.net);
		return 1;
	}

	first = talk(&test, 10);
	ua_simnat_reboot(test.natv[0]);
	again = talk(&test, 10);
	printf("bob heard %" PRIu64 " packets, %" PRIu64
	       " more since the reboot\n",
	       first, again);

	ua_simcall_end(test.call);
	ua_simnet_run(test.net, ua_simnet_now(test.net) + 10 * UA_SIM_S);
	ua_simnet_free(test.net);

	return first > 400 && again > 350 ? 0 : 1;
}
