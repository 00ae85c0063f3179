/* SPDX-License-Identifier: BSD-3-Clause */
/** @file findtext.c  Why a server was not found, in one line for its user */

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/re_compat.h"
#include "net/findtext.h"

/* Where the words go */
struct out {
	char *text;
	size_t size;
	const struct ua_findtext_conf *conf;
};


static const char *host(const struct out *out)
{
	return out->conf->locate->host;
}


static const char *family(const struct out *out)
{
	const struct ua_locate_conf *locate = out->conf->locate;

	if (locate->ip4 && locate->ip6)
		return "";

	return locate->ip4 ? "IPv4 " : "IPv6 ";
}


/* The first of the list, as the user wrote it */
static const char *server(const struct out *out, char buf[UA_ADDR_LEN])
{
	return ua_addr_str(&out->conf->servers->addrv[0], buf);
}


/* " for SRV _sip._udp.example.com", or nothing if it is the host's own */
static const char *record(const struct out *out, char *buf, size_t size)
{
	const struct ua_locate_fault *fault = out->conf->fault;

	buf[0] = '\0';
	if (fault->what == UA_LOCATE_LOOKUP)
		(void)re_snprintf(buf, size, " for %s %s",
				  dns_rr_typename((uint16_t)fault->type),
				  fault->owner);

	return buf;
}


static void nowhere_print(const struct out *out)
{
	const struct ua_locate_fault *fault = out->conf->fault;

	switch (fault->what) {

	case UA_LOCATE_NO_SERVICE:
		(void)re_snprintf(out->text, out->size,
				  "%s: its SRV record %s says that there is"
				  " no such service (target \".\")",
				  host(out), fault->owner);
		break;

	case UA_LOCATE_NO_PORT:
		(void)re_snprintf(out->text, out->size,
				  "%s: its SRV record %s points to port 0 of"
				  " %s",
				  host(out), fault->owner, fault->target);
		break;

	case UA_LOCATE_NO_ADDRESS:
		(void)re_snprintf(out->text, out->size,
				  "%s: its SRV record %s points to %s, which"
				  " has no %saddress",
				  host(out), fault->owner, fault->target,
				  family(out));
		break;

	case UA_LOCATE_NO_SRV:
		(void)re_snprintf(out->text, out->size,
				  "%s: its NAPTR record points to %s, which"
				  " has no SRV record, and it has no"
				  " %saddress",
				  host(out), fault->target, family(out));
		break;

	default:
		(void)re_snprintf(out->text, out->size,
				  "%s: no such host, or it has no %saddress",
				  host(out), family(out));
		break;
	}
}


static void lookup_print(const struct out *out, int err)
{
	char buf[UA_ADDR_LEN], rec[UA_DNS_NAME_LEN + 16];

	(void)record(out, rec, sizeof(rec));

	switch (err) {

	case ELOOP:
		(void)re_snprintf(out->text, out->size,
				  "%s: its aliases (CNAME) lead nowhere, or"
				  " in a circle",
				  out->conf->fault->owner);
		break;

	case ENONET:
		(void)re_snprintf(out->text, out->size,
				  "%s: name server %s cannot be reached",
				  host(out), server(out, buf));
		break;

	case ETIMEDOUT:
		(void)re_snprintf(out->text, out->size,
				  "%s: no answer from name server %s in %u ms"
				  "%s",
				  host(out), server(out, buf), out->conf->ms,
				  rec);
		break;

	case EPROTO:
		(void)re_snprintf(out->text, out->size,
				  "%s: name server %s failed to look it up%s",
				  host(out), server(out, buf), rec);
		break;

	default:
		(void)re_snprintf(out->text, out->size, "%s: %m", host(out),
				  err);
		break;
	}
}


void ua_findtext_print(char *text, size_t size, int err,
		       const struct ua_findtext_conf *conf)
{
	const struct out out = { .text = text, .size = size, .conf = conf };

	text[0] = '\0';
	if (!err)
		return;

	if (err == ENOENT)
		nowhere_print(&out);
	else if (err == ENONET && !conf->servers->n)
		(void)re_snprintf(text, size,
				  "%s: no name server is configured",
				  conf->locate->host);
	else
		lookup_print(&out, err);
}
