/* SPDX-License-Identifier: BSD-3-Clause */
/** @file hostrr.c  Records of names that this host knows itself */

#include <string.h>
#include <strings.h>

#include "net/hostrr.h"
#include "net/hosts.h"


static bool is_localhost(const char *name)
{
	const size_t len = strlen(name);

	return !strcasecmp(name, "localhost") ||
	       (len > 10 && !strcasecmp(name + len - 10, ".localhost"));
}


static size_t find(const char *text, const char *name, enum ua_af af,
		   struct ua_addr addrv[UA_DNS_RR_MAX])
{
	size_t n;

	n = ua_hosts_find(text, name, af, addrv, UA_DNS_RR_MAX);
	if (n || !is_localhost(name))
		return n;

	if (ua_addr_set(&addrv[0], af == UA_AF_IP4 ? "127.0.0.1" : "::1", 0))
		return 0;

	return 1;
}


/* "_sip._udp.example.com": the name that it is about is the third label's. */
static const char *service_host(const char *name, enum ua_rrtype type)
{
	const char *p = name;
	int i;

	if (type != UA_RR_SRV)
		return name;

	for (i = 0; i < 2 && *p == '_'; i++) {
		p = strchr(p, '.');
		if (!p)
			return name;
		++p;
	}

	return p;
}


bool ua_hostrr_find(const char *text, const char *name, enum ua_rrtype type,
		    struct ua_rr rrv[UA_DNS_RR_MAX], size_t *n)
{
	struct ua_addr addrv[UA_DNS_RR_MAX];
	size_t i;

	name = service_host(name, type);
	if (!find(text, name, UA_AF_IP4, addrv) &&
	    !find(text, name, UA_AF_IP6, addrv))
		return false;

	*n = 0;
	if (type != UA_RR_A && type != UA_RR_AAAA)
		return true;

	*n = find(text, name, type == UA_RR_A ? UA_AF_IP4 : UA_AF_IP6, addrv);
	for (i = 0; i < *n; i++) {
		memset(&rrv[i], 0, sizeof(rrv[i]));
		rrv[i].addr = addrv[i];
	}

	return true;
}
