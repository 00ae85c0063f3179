/* SPDX-License-Identifier: BSD-3-Clause */
/** @file hosts.c  Names in the text of /etc/hosts */

#include <string.h>
#include <strings.h>

#include "net/hosts.h"

#define BLANK " \t\r\f\v"
#define WORD_END BLANK "#\n"


static bool has_name(const char *p, const char *name)
{
	const size_t want = strlen(name);
	size_t len;

	for (;;) {
		p += strspn(p, BLANK);
		len = strcspn(p, WORD_END);
		if (!len)
			return false;

		if (len == want && !strncasecmp(p, name, len))
			return true;

		p += len;
	}
}


size_t ua_hosts_find(const char *text, const char *name, enum ua_af af,
		     struct ua_addr *addrv, size_t max)
{
	char ip[UA_ADDR_LEN];
	struct ua_addr addr;
	const char *p = text;
	size_t n = 0;
	size_t len;

	while (*p && n < max) {

		p += strspn(p, BLANK);
		len = strcspn(p, WORD_END);

		if (len && len < sizeof(ip)) {
			memcpy(ip, p, len);
			ip[len] = '\0';

			if (!ua_addr_set(&addr, ip, 0) && addr.af == af &&
			    has_name(p + len, name))
				addrv[n++] = addr;
		}

		p += strcspn(p, "\n");
		p += *p == '\n';
	}

	return n;
}
