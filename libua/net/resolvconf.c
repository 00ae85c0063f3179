/* SPDX-License-Identifier: BSD-3-Clause */
/** @file resolvconf.c  Name servers in the text of /etc/resolv.conf */

#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "net/resolvconf.h"

enum { PORT = 53 };


/* A zone is given by name there, "fe80::1%eth0", or by number. */
static int server_decode(struct ua_addr *addr, char *ip)
{
	char *zone = strchr(ip, '%');
	unsigned scope;
	int err;

	scope = zone ? if_nametoindex(zone + 1) : 0;
	if (!scope)
		return ua_addr_set(addr, ip, PORT);

	*zone = '\0';
	err = ua_addr_set(addr, ip, PORT);
	if (!err)
		addr->scope = scope;

	return err;
}


size_t ua_resolvconf_servers(const char *text, struct ua_addr *addrv,
			     size_t max)
{
	char ip[UA_ADDR_LEN];
	const char *line = text;
	size_t n = 0;

	while (line && *line && n < max) {

		if (sscanf(line, "nameserver%*[ \t]%63[^ \t\r\n#;]", ip) ==
			    1 &&
		    !server_decode(&addrv[n], ip))
			++n;

		line = strchr(line, '\n');
		if (line)
			++line;
	}

	return n;
}
