/* SPDX-License-Identifier: BSD-3-Clause */
/** @file addr.c  IP addresses as plain values */

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/addr.h"


static size_t ip_len(const struct ua_addr *addr)
{
	if (addr->af == UA_AF_IP4)
		return 4;

	return addr->af == UA_AF_IP6 ? 16 : 0;
}


static int scope_decode(uint32_t *scope, const char *str)
{
	char *end;
	unsigned long n;

	if (*str < '0' || *str > '9')
		return EINVAL;

	errno = 0;
	n = strtoul(str, &end, 10);
	if (errno || *end || n > UINT32_MAX)
		return EINVAL;

	*scope = (uint32_t)n;
	return 0;
}


int ua_addr_set(struct ua_addr *addr, const char *ip, uint16_t port)
{
	struct ua_addr a = { .port = port };
	char host[INET6_ADDRSTRLEN];
	const char *zone = strchr(ip, '%');
	const size_t len = zone ? (size_t)(zone - ip) : strlen(ip);

	if (len >= sizeof(host))
		return EINVAL;

	memcpy(host, ip, len);
	host[len] = '\0';

	if (!zone && inet_pton(AF_INET, host, a.ip) == 1) {
		a.af = UA_AF_IP4;
	}
	else if (inet_pton(AF_INET6, host, a.ip) == 1) {
		a.af = UA_AF_IP6;
		if (zone && scope_decode(&a.scope, zone + 1))
			return EINVAL;
	}
	else {
		return EINVAL;
	}

	*addr = a;
	return 0;
}


static int port_decode(uint16_t *port, const char *str)
{
	unsigned n = 0;

	if (!*str)
		return EINVAL;

	for (; *str; ++str) {
		if (*str < '0' || *str > '9')
			return EINVAL;

		n = n * 10 + (unsigned)(*str - '0');
		if (n > UINT16_MAX)
			return EINVAL;
	}

	*port = (uint16_t)n;
	return 0;
}


int ua_addr_decode(struct ua_addr *addr, const char *str)
{
	char host[UA_ADDR_LEN];
	const char *colon = strchr(str, ':');
	const char *end = str + strlen(str);
	const char *ip = str;
	uint16_t port = 0;

	if (*str == '[') {
		ip = str + 1;
		end = strchr(str, ']');
		if (!end)
			return EINVAL;
		if (end[1] && (end[1] != ':' || port_decode(&port, end + 2)))
			return EINVAL;
	}
	else if (colon && !strchr(colon + 1, ':')) {
		end = colon;
		if (port_decode(&port, colon + 1))
			return EINVAL;
	}

	if ((size_t)(end - ip) >= sizeof(host))
		return EINVAL;

	memcpy(host, ip, (size_t)(end - ip));
	host[end - ip] = '\0';

	return ua_addr_set(addr, host, port);
}


const char *ua_addr_ip_str(const struct ua_addr *addr, char buf[UA_ADDR_LEN])
{
	const int af = addr->af == UA_AF_IP6 ? AF_INET6 : AF_INET;
	char zone[16];

	if (!ip_len(addr)) {
		strcpy(buf, "none");
		return buf;
	}

	if (!inet_ntop(af, addr->ip, buf, UA_ADDR_LEN))
		buf[0] = '\0';

	if (addr->af == UA_AF_IP6 && addr->scope) {
		(void)snprintf(zone, sizeof(zone), "%%%u", addr->scope);
		strcat(buf, zone);
	}

	return buf;
}


const char *ua_addr_str(const struct ua_addr *addr, char buf[UA_ADDR_LEN])
{
	char ip[UA_ADDR_LEN];

	(void)ua_addr_ip_str(addr, ip);
	(void)snprintf(buf, UA_ADDR_LEN,
		       addr->af == UA_AF_IP6 ? "[%.54s]:%u" : "%.54s:%u", ip,
		       addr->port);
	return buf;
}


bool ua_addr_ip_eq(const struct ua_addr *a, const struct ua_addr *b)
{
	return a->af == b->af && a->scope == b->scope &&
	       !memcmp(a->ip, b->ip, ip_len(a));
}


bool ua_addr_eq(const struct ua_addr *a, const struct ua_addr *b)
{
	return ua_addr_ip_eq(a, b) && a->port == b->port;
}


bool ua_addr_is_any(const struct ua_addr *addr)
{
	static const uint8_t zero[16];

	return !memcmp(addr->ip, zero, ip_len(addr));
}


bool ua_addr_is_loopback(const struct ua_addr *addr)
{
	static const uint8_t one[16] = { [15] = 1 };

	if (addr->af == UA_AF_IP4)
		return addr->ip[0] == 127;

	return addr->af == UA_AF_IP6 && !memcmp(addr->ip, one, sizeof(one));
}


bool ua_addr_is_linklocal(const struct ua_addr *addr)
{
	const uint8_t *ip = addr->ip;

	if (addr->af == UA_AF_IP4)
		return ip[0] == 169 && ip[1] == 254;

	return addr->af == UA_AF_IP6 && ip[0] == 0xfe &&
	       (ip[1] & 0xc0) == 0x80;
}


bool ua_addr_is_multicast(const struct ua_addr *addr)
{
	if (addr->af == UA_AF_IP4)
		return (addr->ip[0] & 0xf0) == 0xe0;

	return addr->af == UA_AF_IP6 && addr->ip[0] == 0xff;
}


bool ua_addr_is_private(const struct ua_addr *addr)
{
	const uint8_t *ip = addr->ip;

	if (ua_addr_is_linklocal(addr))
		return true;

	if (addr->af == UA_AF_IP6)
		return (ip[0] & 0xfe) == 0xfc;

	return addr->af == UA_AF_IP4 &&
	       (ip[0] == 10 || (ip[0] == 172 && (ip[1] & 0xf0) == 16) ||
		(ip[0] == 192 && ip[1] == 168) ||
		(ip[0] == 100 && (ip[1] & 0xc0) == 64));
}


void ua_addr_from_sa(struct ua_addr *addr, const struct sa *sa)
{
	memset(addr, 0, sizeof(*addr));

	switch (sa_af(sa)) {

	case AF_INET:
		addr->af = UA_AF_IP4;
		memcpy(addr->ip, &sa->u.in.sin_addr, 4);
		break;

	case AF_INET6:
		addr->af = UA_AF_IP6;
		memcpy(addr->ip, &sa->u.in6.sin6_addr, 16);
		if (ua_addr_is_linklocal(addr))
			addr->scope = sa->u.in6.sin6_scope_id;
		break;

	default:
		return;
	}

	addr->port = sa_port(sa);
}


void ua_addr_to_sa(struct sa *sa, const struct ua_addr *addr)
{
	uint32_t ip4;

	switch (addr->af) {

	case UA_AF_IP4:
		memcpy(&ip4, addr->ip, 4);
		sa_set_in(sa, ntohl(ip4), addr->port);
		break;

	case UA_AF_IP6:
		sa_set_in6(sa, addr->ip, addr->port);
		sa->u.in6.sin6_scope_id = addr->scope;
		break;

	default:
		sa_init(sa, AF_UNSPEC);
		break;
	}
}
