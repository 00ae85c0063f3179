/* SPDX-License-Identifier: BSD-3-Clause */
/** @file iflist.c  Local addresses that are fit for calls, best first */

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/re_compat.h"
#include "base/addr.h"
#include "net/iflist.h"

/* Of a table in /proc; routers have long ones */
enum { TEXT_MAX = 65536 };

/* Names that tell what an interface is, where the kernel does not */
/* clang-format off */
static const struct {
	const char *prefix;
	enum ua_ifcost cost;
} names[] = {
	{ "wl",     UA_IFCOST_WIFI },
	{ "ww",     UA_IFCOST_CELLULAR },
	{ "rmnet",  UA_IFCOST_CELLULAR },
	{ "ccmni",  UA_IFCOST_CELLULAR },
	{ "tun",    UA_IFCOST_VPN },
	{ "tap",    UA_IFCOST_VPN },
	{ "wg",     UA_IFCOST_VPN },
	{ "ppp",    UA_IFCOST_VPN },
	{ "ipsec",  UA_IFCOST_VPN },
	{ "vti",    UA_IFCOST_VPN },
	{ "docker", UA_IFCOST_BRIDGE },
	{ "virbr",  UA_IFCOST_BRIDGE },
	{ "lxcbr",  UA_IFCOST_BRIDGE },
	{ "lxdbr",  UA_IFCOST_BRIDGE },
	{ "br-",    UA_IFCOST_BRIDGE },
	{ "vmnet",  UA_IFCOST_BRIDGE },
	{ "vboxnet", UA_IFCOST_BRIDGE },
};

/* The same by the kernel's DEVTYPE, which has the first word */
static const struct {
	const char *devtype;
	enum ua_ifcost cost;
} devtypes[] = {
	{ "wlan",      UA_IFCOST_WIFI },
	{ "wwan",      UA_IFCOST_CELLULAR },
	{ "wireguard", UA_IFCOST_VPN },
	{ "ppp",       UA_IFCOST_VPN },
	{ "bridge",    UA_IFCOST_BRIDGE },
};
/* clang-format on */

/* Address states of the kernel (linux/if_addr.h) that count here */
enum {
	IFA_TEMPORARY = 0x01,
	IFA_DADFAILED = 0x08,
	IFA_DEPRECATED = 0x20,
	IFA_TENTATIVE = 0x40
};

/* Route flags of the kernel (linux/route.h) */
enum { ROUTE_UP = 0x0001, ROUTE_REJECT = 0x0200 };


enum ua_ifcost ua_iflist_cost(const char *ifname, const char *devtype,
			      bool wireless, uint32_t flags)
{
	size_t i;

	for (i = 0; i < sizeof(devtypes) / sizeof(devtypes[0]); i++) {
		if (!strcmp(devtype, devtypes[i].devtype))
			return devtypes[i].cost;
	}

	if (wireless)
		return UA_IFCOST_WIFI;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strncmp(ifname, names[i].prefix, strlen(names[i].prefix)))
			return names[i].cost;
	}

	return flags & UA_IFRAW_PTP ? UA_IFCOST_VPN : UA_IFCOST_WIRED;
}


static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end && end[1] ? end + 1 : NULL;
}


static bool hex_decode(uint8_t *bin, size_t len, const char *hex)
{
	unsigned v;
	size_t i;

	for (i = 0; i < len; i++) {
		if (sscanf(hex + 2 * i, "%2x", &v) != 1)
			return false;
		bin[i] = (uint8_t)v;
	}

	return true;
}


void ua_iflist_parse_inet6(struct ua_ifraw *rawv, size_t n, const char *text)
{
	const char *line;
	uint8_t ip[16];
	char hex[33];
	unsigned ifindex, plen, flags;
	size_t i;

	for (line = text; line; line = next_line(line)) {

		if (sscanf(line, "%32[0-9a-f] %x %x %*x %x", hex, &ifindex,
			   &plen, &flags) != 4 ||
		    strlen(hex) != 32 || plen > 128 ||
		    !hex_decode(ip, sizeof(ip), hex))
			continue;

		for (i = 0; i < n; i++) {

			if (rawv[i].addr.af != UA_AF_IP6 ||
			    rawv[i].ifindex != ifindex ||
			    memcmp(rawv[i].addr.ip, ip, sizeof(ip)) != 0)
				continue;

			rawv[i].plen = (uint8_t)plen;
			if (flags & (IFA_TENTATIVE | IFA_DADFAILED))
				rawv[i].flags |= UA_IFRAW_TENTATIVE;
			if (flags & IFA_DEPRECATED)
				rawv[i].flags |= UA_IFRAW_DEPRECATED;
			if (flags & IFA_TEMPORARY)
				rawv[i].flags |= UA_IFRAW_TEMPORARY;
		}
	}
}


static void default_mark(struct ua_ifraw *rawv, size_t n, enum ua_af af,
			 const char *ifname)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (rawv[i].addr.af == af && !strcmp(rawv[i].ifname, ifname))
			rawv[i].flags |= UA_IFRAW_DEFAULT;
	}
}


void ua_iflist_parse_route4(struct ua_ifraw *rawv, size_t n, const char *text)
{
	char ifname[UA_IFNAME_LEN];
	unsigned dst, flags, mask;
	const char *line;

	for (line = text; line; line = next_line(line)) {

		/* Iface Destination Gateway Flags RefCnt Use Metric Mask */
		if (sscanf(line, "%15s %x %*x %x %*d %*d %*d %x", ifname, &dst,
			   &flags, &mask) != 4)
			continue;

		if (!dst && !mask && flags & ROUTE_UP &&
		    !(flags & ROUTE_REJECT))
			default_mark(rawv, n, UA_AF_IP4, ifname);
	}
}


void ua_iflist_parse_route6(struct ua_ifraw *rawv, size_t n, const char *text)
{
	char ifname[UA_IFNAME_LEN], dst[33];
	unsigned plen, flags;
	const char *line;

	for (line = text; line; line = next_line(line)) {

		/* dst plen src plen gateway metric refs use flags iface */
		if (sscanf(line, "%32s %x %*s %*x %*s %*x %*x %*x %x %15s",
			   dst, &plen, &flags, ifname) != 4)
			continue;

		if (!plen && strspn(dst, "0") == 32 && flags & ROUTE_UP &&
		    !(flags & ROUTE_REJECT))
			default_mark(rawv, n, UA_AF_IP6, ifname);
	}
}


static bool is_named(const struct ua_ifraw *raw,
		     const struct ua_iflist_conf *conf)
{
	size_t i;

	for (i = 0; i < conf->ifacec; i++) {
		if (!strcmp(raw->ifname, conf->ifacev[i]))
			return true;
	}

	return false;
}


static bool prefix_eq(const struct ua_ifraw *a, const struct ua_ifraw *b)
{
	const unsigned whole = a->plen / 8, rest = a->plen % 8;

	if (a->plen != b->plen || a->plen > 128)
		return false;

	if (memcmp(a->addr.ip, b->addr.ip, whole) != 0)
		return false;

	return !rest ||
	       (a->addr.ip[whole] ^ b->addr.ip[whole]) >> (8 - rest) == 0;
}


static bool is_usable(const struct ua_ifraw *raw)
{
	return raw->flags & UA_IFRAW_UP &&
	       !(raw->flags & (UA_IFRAW_TENTATIVE | UA_IFRAW_DEPRECATED));
}


/*
 * Is there a better address of the same prefix: a temporary one (RFC 8981,
 * 3.1), or one that the kernel, which puts the newest first, names before?
 */
static bool is_hidden(const struct ua_ifraw *rawv, size_t n,
		      const struct ua_ifraw *raw)
{
	const uint32_t temporary = raw->flags & UA_IFRAW_TEMPORARY;
	size_t i;

	if (raw->addr.af != UA_AF_IP6)
		return false;

	for (i = 0; i < n; i++) {
		const uint32_t other = rawv[i].flags & UA_IFRAW_TEMPORARY;

		if (rawv[i].addr.af == UA_AF_IP6 && &rawv[i] != raw &&
		    rawv[i].ifindex == raw->ifindex && is_usable(&rawv[i]) &&
		    prefix_eq(&rawv[i], raw) &&
		    (other > temporary ||
		     (other == temporary && &rawv[i] < raw)))
			return true;
	}

	return false;
}


static bool is_fit(const struct ua_ifraw *rawv, size_t n,
		   const struct ua_ifraw *raw,
		   const struct ua_iflist_conf *conf, bool loopback)
{
	if (raw->addr.af == UA_AF_IP4
		    ? !conf->ip4
		    : raw->addr.af != UA_AF_IP6 || !conf->ip6)
		return false;

	if (!is_usable(raw) || ua_addr_is_any(&raw->addr))
		return false;

	if (conf->ifacec) {
		if (!is_named(raw, conf))
			return false;
	}
	else if (!(raw->flags & UA_IFRAW_LOOPBACK) == loopback) {
		return false;
	}

	if (ua_addr_is_linklocal(&raw->addr) && !conf->linklocal)
		return false;

	return !is_hidden(rawv, n, raw);
}


/* A bridge that leads somewhere is a wire like others. */
static enum ua_ifcost cost_of(const struct ua_ifraw *raw)
{
	if (raw->cost == UA_IFCOST_BRIDGE && raw->flags & UA_IFRAW_DEFAULT)
		return UA_IFCOST_WIRED;

	return raw->cost;
}


/* The best one left of a family and group; the kernel's order breaks ties. */
static const struct ua_ifraw *pick(const struct ua_ifraw *const *fitv,
				   size_t n, const bool *taken,
				   enum ua_ifcost cost, enum ua_af af)
{
	const struct ua_ifraw *best = NULL;
	size_t i;

	for (i = 0; i < n; i++) {

		if (taken[i] || fitv[i]->addr.af != af ||
		    cost_of(fitv[i]) != cost)
			continue;

		if (!best || (fitv[i]->flags & UA_IFRAW_DEFAULT) >
				     (best->flags & UA_IFRAW_DEFAULT))
			best = fitv[i];
	}

	return best;
}


static void list_add(struct ua_iflist *list, const struct ua_ifraw *raw,
		     enum ua_ifcost cost, uint8_t index)
{
	struct ua_ifaddr *ifa = &list->v[list->n++];

	memset(ifa, 0, sizeof(*ifa));
	ifa->addr = raw->addr;
	ifa->addr.port = 0;
	memcpy(ifa->ifname, raw->ifname, sizeof(ifa->ifname));
	ifa->ifindex = raw->ifindex;
	ifa->cost = cost;
	ifa->index = index;
	ifa->deflt = (raw->flags & UA_IFRAW_DEFAULT) != 0;
}


/* One group: families alternate, IPv6 first (RFC 8421, 4) */
static void group_add(struct ua_iflist *list,
		      const struct ua_ifraw *const *fitv, size_t n,
		      bool *taken, enum ua_ifcost cost)
{
	enum ua_af af = UA_AF_IP6;
	const struct ua_ifraw *raw;
	uint8_t index = 0;
	size_t i;

	while (list->n < UA_IFADDR_MAX) {

		raw = pick(fitv, n, taken, cost, af);
		af = af == UA_AF_IP6 ? UA_AF_IP4 : UA_AF_IP6;
		if (!raw)
			raw = pick(fitv, n, taken, cost, af);
		if (!raw)
			return;

		for (i = 0; fitv[i] != raw; i++)
			;
		taken[i] = true;
		list_add(list, raw, cost, index++);
	}
}


int ua_iflist_choose(struct ua_iflist *list, const struct ua_ifraw *rawv,
		     size_t n, const struct ua_iflist_conf *conf)
{
	const struct ua_ifraw *fitv[UA_IFRAW_MAX];
	bool taken[UA_IFRAW_MAX] = { false };
	struct ua_iflist found = { .n = 0 };
	bool loopback = false;
	size_t nfit = 0;
	size_t i;
	int cost;

	if (n > UA_IFRAW_MAX)
		n = UA_IFRAW_MAX;

	/* The second round takes the loopback, if there was nothing else. */
	do {
		for (i = 0; i < n; i++) {
			if (is_fit(rawv, n, &rawv[i], conf, loopback))
				fitv[nfit++] = &rawv[i];
		}
		loopback = !loopback;
	} while (!nfit && loopback && !conf->ifacec);

	for (cost = UA_IFCOST_WIRED; cost <= UA_IFCOST_BRIDGE; cost++)
		group_add(&found, fitv, nfit, taken, (enum ua_ifcost)cost);

	if (!found.n)
		return ENODEV;

	*list = found;
	return 0;
}


const struct ua_ifaddr *ua_iflist_find(const struct ua_iflist *list,
				       const struct ua_addr *addr)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (ua_addr_ip_eq(&list->v[i].addr, addr))
			return &list->v[i];
	}

	return NULL;
}


bool ua_iflist_eq(const struct ua_iflist *a, const struct ua_iflist *b)
{
	const struct ua_ifaddr *other;
	size_t i;

	if (a->n != b->n)
		return false;

	for (i = 0; i < a->n; i++) {
		other = ua_iflist_find(b, &a->v[i].addr);
		if (!other || other->ifindex != a->v[i].ifindex ||
		    other->cost != a->v[i].cost ||
		    other->deflt != a->v[i].deflt)
			return false;
	}

	return true;
}


uint16_t ua_iflist_pref(const struct ua_ifaddr *ifa)
{
	return (uint16_t)(65535 - 256 * (int)ifa->cost - ifa->index);
}


/* A small file as text; what does not fit or does not exist is left out */
static void text_read(char *text, size_t size, const char *path)
{
	FILE *f = fopen(path, "re");
	size_t n = 0;

	if (f) {
		n = fread(text, 1, size - 1, f);
		(void)fclose(f);
	}

	text[n] = '\0';
}


static void devtype_read(char devtype[UA_IFNAME_LEN], const char *ifname)
{
	char path[64], text[512];
	const char *p;

	(void)snprintf(path, sizeof(path), "/sys/class/net/%s/uevent", ifname);
	text_read(text, sizeof(text), path);

	devtype[0] = '\0';
	p = strstr(text, "DEVTYPE=");
	if (p)
		(void)sscanf(p, "DEVTYPE=%15s", devtype);
}


static enum ua_ifcost cost_read(const char *ifname, uint32_t flags)
{
	char path[64], devtype[UA_IFNAME_LEN];
	bool wireless, tunnel;

	devtype_read(devtype, ifname);

	(void)snprintf(path, sizeof(path), "/sys/class/net/%s/wireless",
		       ifname);
	wireless = access(path, F_OK) == 0;

	(void)snprintf(path, sizeof(path), "/sys/class/net/%s/tun_flags",
		       ifname);
	tunnel = access(path, F_OK) == 0;

	if (tunnel && !devtype[0])
		return UA_IFCOST_VPN;

	return ua_iflist_cost(ifname, devtype, wireless, flags);
}


static uint8_t plen_of(const struct sockaddr *mask)
{
	struct ua_addr addr;
	struct sa sa;
	unsigned n = 0;
	size_t i;

	if (!mask || sa_set_sa(&sa, mask))
		return 0;

	ua_addr_from_sa(&addr, &sa);
	for (i = 0; i < sizeof(addr.ip); i++)
		n += (unsigned)__builtin_popcount(addr.ip[i]);

	return (uint8_t)n;
}


static bool raw_read(struct ua_ifraw *raw, const struct ifaddrs *ifa)
{
	struct sa sa;

	if (!ifa->ifa_addr || sa_set_sa(&sa, ifa->ifa_addr) ||
	    strlen(ifa->ifa_name) >= sizeof(raw->ifname))
		return false;

	memset(raw, 0, sizeof(*raw));
	ua_addr_from_sa(&raw->addr, &sa);
	memcpy(raw->ifname, ifa->ifa_name, strlen(ifa->ifa_name));
	raw->ifindex = if_nametoindex(ifa->ifa_name);
	raw->plen = plen_of(ifa->ifa_netmask);

	if (ifa->ifa_flags & IFF_UP && ifa->ifa_flags & IFF_RUNNING)
		raw->flags |= UA_IFRAW_UP;
	if (ifa->ifa_flags & IFF_LOOPBACK)
		raw->flags |= UA_IFRAW_LOOPBACK;
	if (ifa->ifa_flags & IFF_POINTOPOINT)
		raw->flags |= UA_IFRAW_PTP;

	raw->cost = cost_read(raw->ifname, raw->flags);

	/* It went away meanwhile. */
	return raw->ifindex != 0;
}


int ua_iflist_get(struct ua_iflist *list, const struct ua_iflist_conf *conf)
{
	struct ua_ifraw *rawv;
	struct ifaddrs *ifap = NULL, *ifa;
	char *text;
	size_t n = 0;
	size_t i;
	int err;

	for (i = 0; i < conf->ifacec; i++) {
		if (!if_nametoindex(conf->ifacev[i]))
			return ENOENT;
	}

	rawv = mem_zalloc(UA_IFRAW_MAX * sizeof(*rawv), NULL);
	text = mem_zalloc(TEXT_MAX, NULL);
	if (!rawv || !text) {
		err = ENOMEM;
		goto out;
	}

	if (getifaddrs(&ifap) < 0) {
		err = errno;
		goto out;
	}

	for (ifa = ifap; ifa && n < UA_IFRAW_MAX; ifa = ifa->ifa_next) {
		if (raw_read(&rawv[n], ifa))
			++n;
	}

	text_read(text, TEXT_MAX, "/proc/net/if_inet6");
	ua_iflist_parse_inet6(rawv, n, text);
	text_read(text, TEXT_MAX, "/proc/net/route");
	ua_iflist_parse_route4(rawv, n, text);
	text_read(text, TEXT_MAX, "/proc/net/ipv6_route");
	ua_iflist_parse_route6(rawv, n, text);

	err = ua_iflist_choose(list, rawv, n, conf);

out:
	if (ifap)
		freeifaddrs(ifap);
	mem_deref(text);
	mem_deref(rawv);

	return err;
}


uint32_t ua_iflist_index(const struct ua_addr *addr)
{
	const unsigned up = IFF_UP | IFF_RUNNING;
	struct ifaddrs *ifap, *ifa;
	uint32_t ifindex = 0;
	struct ua_addr own;
	struct sa sa;

	if (getifaddrs(&ifap) < 0)
		return 0;

	for (ifa = ifap; ifa && !ifindex; ifa = ifa->ifa_next) {

		if (!ifa->ifa_addr || sa_set_sa(&sa, ifa->ifa_addr) ||
		    (ifa->ifa_flags & up) != up)
			continue;

		/* All of 127/8 is there, though one address is told. */
		ua_addr_from_sa(&own, &sa);
		if (ua_addr_ip_eq(&own, addr) ||
		    (own.af == addr->af && ua_addr_is_loopback(&own) &&
		     ua_addr_is_loopback(addr)))
			ifindex = if_nametoindex(ifa->ifa_name);
	}

	freeifaddrs(ifap);

	return ifindex;
}


int ua_iflist_source(const struct ua_addr *dst, struct ua_addr *local)
{
	struct sa sa;
	int err = 0;
	int fd;

	if (ua_addr_is_any(dst))
		return EINVAL;

	ua_addr_to_sa(&sa, dst);
	if (!dst->port)
		sa_set_port(&sa, 9); /* discard: the kernel wants one */

	fd = socket(sa_af(&sa), SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;

	if (connect(fd, &sa.u.sa, sa.len) < 0) {
		err = errno;
		goto out;
	}

	sa.len = sizeof(sa.u);
	if (getsockname(fd, &sa.u.sa, &sa.len) < 0) {
		err = errno;
		goto out;
	}

	ua_addr_from_sa(local, &sa);
	local->port = 0;

out:
	(void)close(fd);
	return err;
}
