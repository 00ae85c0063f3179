/* SPDX-License-Identifier: BSD-3-Clause */
/** @file fuzz_demux.c  First bytes, and the texts that the host is read by */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/demux.h"
#include "net/hosts.h"
#include "net/iflist.h"
#include "net/locate.h"
#include "net/resolvconf.h"

enum { ROOM = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void require(int ok)
{
	if (!ok)
		abort();
}


/* The class of a datagram and its first bytes must agree (RFC 7983, 7). */
static void demux(const uint8_t *data, size_t size)
{
	switch (ua_demux_class(data, size)) {

	case UA_DEMUX_UNKNOWN:
		break;

	case UA_DEMUX_STUN:
		require(data[0] <= 3);
		break;

	case UA_DEMUX_DTLS:
		require(data[0] >= 20 && data[0] <= 63);
		break;

	case UA_DEMUX_CHANNEL:
		require(data[0] >= 64 && data[0] <= 79);
		break;

	case UA_DEMUX_RTP:
		require(data[0] >> 6 == 2 && (data[1] < 192 || data[1] > 223));
		break;

	case UA_DEMUX_RTCP:
		require(data[0] >> 6 == 2 && data[1] >= 192 && data[1] <= 223);
		break;
	}
}


static void interfaces(const char *text)
{
	static const struct ua_iflist_conf conf = { .ip4 = true, .ip6 = true };
	struct ua_ifraw rawv[3];
	struct ua_iflist list;

	memset(rawv, 0, sizeof(rawv));
	require(!ua_addr_set(&rawv[0].addr, "192.0.2.1", 0));
	require(!ua_addr_set(&rawv[1].addr, "2001:db8::1", 0));
	require(!ua_addr_set(&rawv[2].addr, "2001:db8::2", 0));
	memcpy(rawv[0].ifname, "eth0", 4);
	memcpy(rawv[1].ifname, "eth0", 4);
	memcpy(rawv[2].ifname, "eth1", 4);
	rawv[0].ifindex = rawv[1].ifindex = 2;
	rawv[2].ifindex = 3;
	rawv[0].flags = rawv[1].flags = rawv[2].flags = UA_IFRAW_UP;

	ua_iflist_parse_inet6(rawv, 3, text);
	ua_iflist_parse_route4(rawv, 3, text);
	ua_iflist_parse_route6(rawv, 3, text);

	/* IPv4 has no state that could take it away. */
	require(!ua_iflist_choose(&list, rawv, 3, &conf));
	require(list.n >= 1 && list.n <= 3);
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ua_addr addrv[ROOM];
	char *text;
	size_t i, n;

	demux(data, size);

	text = malloc(size + 1);
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';

	n = ua_hosts_find(text, "example.com", UA_AF_IP4, addrv, ROOM);
	require(n <= ROOM);
	for (i = 0; i < n; i++)
		require(addrv[i].af == UA_AF_IP4 && !addrv[i].port);

	n = ua_resolvconf_servers(text, addrv, ROOM);
	require(n <= ROOM);
	for (i = 0; i < n; i++)
		require(addrv[i].af != UA_AF_NONE && addrv[i].port == 53);

	interfaces(text);
	require(!ua_locate_is_name(text) || strlen(text) < UA_DNS_NAME_LEN);

	free(text);
	return 0;
}
