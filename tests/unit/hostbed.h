/* SPDX-License-Identifier: BSD-3-Clause */
/** @file hostbed.h  A host whose addresses come and go, all of loopback */
#ifndef UA_TEST_HOSTBED_H
#define UA_TEST_HOSTBED_H

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/impl.h"
#include "rig.h"

/** What an agent believes to have: the host of a suite */
static struct ua_iflist host;


/** To be struct ua_env's */
static inline int hostbed_addresses(const struct ua_env *env,
				    struct ua_iflist *list)
{
	(void)env;

	if (!host.n)
		return ENODEV;

	*list = host;
	return 0;
}


/** 127.0.0.N, each on an interface of its own; 0 ends the list */
static inline void hostbed_is(const unsigned char *lastv)
{
	memset(&host, 0, sizeof(host));

	for (; *lastv; lastv++) {
		struct ua_ifaddr *ifa = &host.v[host.n];
		char ip[16];

		(void)snprintf(ip, sizeof(ip), "127.0.0.%u", *lastv);
		ck_assert_int_eq(0, ua_addr_set(&ifa->addr, ip, 0));
		ifa->ifindex = *lastv;
		ifa->index = (uint8_t)host.n++;
		ifa->deflt = true;
		(void)snprintf(ifa->ifname, sizeof(ifa->ifname), "eth%u",
			       *lastv);
	}
}


/** HOST(2, 1): it has 127.0.0.2 and, second best, 127.0.0.1 */
#define HOST(...)                                                             \
	do {                                                                  \
		static const unsigned char lastv[] = { __VA_ARGS__, 0 };      \
		hostbed_is(lastv);                                            \
	} while (0)


/** The agent is on that host, and looks for what changed there */
static inline void hostbed_look(const struct rig *rig)
{
	rig->agent->env.addresses = hostbed_addresses;
	API(ua_netmon_kick(rig->agent->netmon));
}

#endif
