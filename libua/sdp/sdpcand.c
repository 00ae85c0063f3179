/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sdpcand.c  ICE candidates in SDP */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/wr.h"
#include "sdp/sdpcand.h"
#include "sdp/sdptext.h"

static const char *const type_names[UA_SDPCAND_NTYPE] = {
	[UA_SDPCAND_HOST] = "host",
	[UA_SDPCAND_SRFLX] = "srflx",
	[UA_SDPCAND_PRFLX] = "prflx",
	[UA_SDPCAND_RELAY] = "relay",
};

static const char *const tcp_names[UA_SDPCAND_NTCP] = {
	[UA_SDPCAND_TCP_NONE] = "",
	[UA_SDPCAND_TCP_ACTIVE] = "active",
	[UA_SDPCAND_TCP_PASSIVE] = "passive",
	[UA_SDPCAND_TCP_SO] = "so",
};


static int name_index(uint8_t *v, const char *const *namev, uint8_t namec,
		      const char *word)
{
	uint8_t i;

	for (i = 0; i < namec; i++) {
		if (ua_sdptext_same(namev[i], word)) {
			*v = i;
			return 0;
		}
	}

	return EBADMSG;
}


/* A foundation may hold any visible character: it is only ever compared. */
static int foundation_decode(struct ua_sdp_cand *cand, const char *word)
{
	if (!word || !*word)
		return EBADMSG;

	return ua_sdptext_copy(cand->foundation, sizeof(cand->foundation),
			       word);
}


static int comp_decode(uint16_t *comp, const char *word)
{
	uint16_t n;

	if (!word || ua_sdptext_u16(&n, word) || !n || n > UA_SDPCAND_COMP_MAX)
		return EBADMSG;

	*comp = n;
	return 0;
}


static int addr_decode(struct ua_sdp_cand *cand, const char *word)
{
	if (!word)
		return EBADMSG;

	if (!ua_sdptext_addr(&cand->addr, word))
		return 0;

	if (!ua_sdptext_is_name(word))
		return EBADMSG;

	return ua_sdptext_copy(cand->name, sizeof(cand->name), word);
}


/*
 * Name and value by turns.  raddr and rport come first by the grammar, but
 * there is no harm in them elsewhere; both are of use for a human only.
 */
static void extensions_decode(struct ua_sdp_cand *cand, char *pos)
{
	const char *name;
	const char *value;
	uint16_t port = 0;

	while ((name = ua_sdptext_word(&pos)) != NULL) {
		value = ua_sdptext_word(&pos);
		if (!value)
			break;

		if (ua_sdptext_same(name, "raddr")) {
			(void)ua_sdptext_addr(&cand->raddr, value);
		}
		else if (ua_sdptext_same(name, "rport")) {
			(void)ua_sdptext_u16(&port, value);
		}
		else if (ua_sdptext_same(name, "tcptype")) {
			(void)name_index(&cand->tcptype, tcp_names,
					 UA_SDPCAND_NTCP, value);
		}
	}

	if (cand->raddr.af != UA_AF_NONE)
		cand->raddr.port = port;
}


int ua_sdpcand_decode(struct ua_sdp_cand *cand, char *value, const char **why)
{
	struct ua_sdp_cand c;
	const char *word;
	uint16_t port;

	memset(&c, 0, sizeof(c));

	*why = "foundation of 1 to 32 characters expected";
	if (foundation_decode(&c, ua_sdptext_word(&value)))
		return EBADMSG;

	*why = "component from 1 to 256 expected";
	if (comp_decode(&c.comp, ua_sdptext_word(&value)))
		return EBADMSG;

	*why = "transport expected";
	word = ua_sdptext_word(&value);
	if (!word || ua_sdptext_copy(c.transport, sizeof(c.transport), word))
		return EBADMSG;

	*why = "priority of 32 bits expected";
	word = ua_sdptext_word(&value);
	if (!word || ua_sdptext_u32(&c.prio, word))
		return EBADMSG;

	*why = "IP address or host name expected";
	if (addr_decode(&c, ua_sdptext_word(&value)))
		return EBADMSG;

	*why = "port from 1 to 65535 expected";
	word = ua_sdptext_word(&value);
	if (!word || ua_sdptext_u16(&port, word) ||
	    (!port && ua_sdpcand_is_udp(&c)))
		return EBADMSG;

	*why = "typ host, srflx, prflx or relay expected";
	if (!ua_sdptext_same(ua_sdptext_word(&value), "typ") ||
	    name_index(&c.type, type_names, UA_SDPCAND_NTYPE,
		       ua_sdptext_word(&value)))
		return EBADMSG;

	c.addr.port = port;
	extensions_decode(&c, value);

	*why = NULL;
	*cand = c;
	return 0;
}


void ua_sdpcand_encode(struct ua_wr *wr, const struct ua_sdp_cand *cand)
{
	char ip[UA_ADDR_LEN];
	struct ua_addr addr = cand->addr;

	/* A zone means nothing to others. */
	addr.scope = 0;
	ua_wr_fmt(wr, "%s %u %s %u %s %u typ %s", cand->foundation, cand->comp,
		  cand->transport, cand->prio,
		  addr.af == UA_AF_NONE ? cand->name
					: ua_addr_ip_str(&addr, ip),
		  addr.port, ua_sdpcand_type_name(cand->type));

	if (cand->raddr.af != UA_AF_NONE) {
		addr = cand->raddr;
		addr.scope = 0;
		ua_wr_fmt(wr, " raddr %s rport %u", ua_addr_ip_str(&addr, ip),
			  addr.port);
	}

	if (cand->tcptype != UA_SDPCAND_TCP_NONE &&
	    cand->tcptype < UA_SDPCAND_NTCP)
		ua_wr_fmt(wr, " tcptype %s", tcp_names[cand->tcptype]);
}


bool ua_sdpcand_is_udp(const struct ua_sdp_cand *cand)
{
	return ua_sdptext_same(cand->transport, "udp");
}


int ua_sdpcand_remote(struct ua_sdp_remcand *rem, char **pos)
{
	const char *comp = ua_sdptext_word(pos);
	const char *ip = ua_sdptext_word(pos);
	const char *port = ua_sdptext_word(pos);
	struct ua_sdp_remcand r;

	if (!comp)
		return ENODATA;

	if (!port || comp_decode(&r.comp, comp) ||
	    ua_sdptext_addr(&r.addr, ip) || ua_sdptext_u16(&r.addr.port, port))
		return EBADMSG;

	*rem = r;
	return 0;
}


const char *ua_sdpcand_type_name(enum ua_sdpcand_type type)
{
	return (unsigned)type < UA_SDPCAND_NTYPE ? type_names[type] : "host";
}


/* FNV-1a */
uint32_t ua_sdpcand_hash(const struct ua_sdp_cand *cand)
{
	char buf[UA_ADDR_LEN + 8];
	uint32_t h = 0x811c9dc5;
	const char *p;

	(void)re_snprintf(buf, sizeof(buf), "%u%u", cand->comp, cand->type);
	for (p = buf; *p; p++)
		h = (h ^ (uint8_t)*p) * 0x01000193;

	(void)ua_addr_str(&cand->addr, buf);
	for (p = buf; *p; p++)
		h = (h ^ (uint8_t)*p) * 0x01000193;

	return h;
}
