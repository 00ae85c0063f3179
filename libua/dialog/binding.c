/* SPDX-License-Identifier: BSD-3-Clause */
/** @file binding.c  Our own binding among those of an address of record */

#include <string.h>

#include "base/re_compat.h"
#include "dialog/binding.h"
#include "dialog/regparam.h"
#include "dialog/sipmsg.h"

enum {
	/* How sure it is that a binding is ours */
	STRANGER = 0,
	MAPPED = 1,
	PLACE = 2,
	INSTANCE = 4,

	MALFORMED_S = 3600 /* counts for what is no number (20.10) */
};

/** A search for our own binding */
struct search {
	const struct ua_binding_key *key;
	struct ua_binding *bind;
	struct uri uri;        /* of our Contact */
	struct ua_addr mapped; /* where our request came from */
	unsigned best;
};


static uint16_t port_of(const struct uri *uri)
{
	if (uri->port)
		return uri->port;

	return pl_strcasecmp(&uri->scheme, "sips") ? SIP_PORT : SIP_PORT_TLS;
}


/* The address of a URI, none if it is a name. */
static void addr_of(struct ua_addr *addr, const struct uri *uri)
{
	char host[UA_ADDR_LEN];

	memset(addr, 0, sizeof(*addr));
	if (pl_strcpy(&uri->host, host, sizeof(host)) ||
	    ua_addr_set(addr, host, port_of(uri)))
		addr->af = UA_AF_NONE;
}


static bool same_addr(const struct uri *uri, const struct ua_addr *addr)
{
	struct ua_addr a;

	addr_of(&a, uri);

	return a.af && ua_addr_eq(&a, addr);
}


static bool same_place(const struct uri *a, const struct uri *b)
{
	struct ua_addr addr;

	if (port_of(a) != port_of(b))
		return false;

	addr_of(&addr, b);

	return addr.af ? same_addr(a, &addr) : !pl_casecmp(&a->host, &b->host);
}


/* The URN in "<urn:uuid:...>"; case does not tell UUIDs apart. */
static bool same_instance(struct pl val, const char *instance)
{
	if (val.l < 2 || val.p[0] != '<' || val.p[val.l - 1] != '>')
		return false;

	++val.p;
	val.l -= 2;

	return !pl_strcasecmp(&val, instance);
}


static unsigned likeness(const struct search *s, const struct sip_addr *addr)
{
	const struct ua_binding_key *key = s->key;
	unsigned how = STRANGER;
	struct pl val;
	uint32_t id;

	if (key->instance &&
	    ua_regparam_get(&addr->params, "+sip.instance", &val)) {

		if (!same_instance(val, key->instance))
			return STRANGER;

		/* Another flow of ours is another binding (RFC 5626, 6). */
		if (key->reg_id &&
		    ua_regparam_get(&addr->params, "reg-id", &val) &&
		    (!ua_regparam_delta(&val, &id) || id != key->reg_id))
			return STRANGER;

		how = INSTANCE;
	}

	if (pl_cmp(&addr->uri.user, &s->uri.user))
		return how;

	if (same_place(&addr->uri, &s->uri))
		how |= PLACE;
	else if (s->mapped.af && same_addr(&addr->uri, &s->mapped))
		how |= MAPPED;

	return how;
}


static uint32_t seconds(const struct ua_binding_key *key, const struct pl *val)
{
	uint32_t s;

	if (!ua_regparam_delta(val, &s))
		s = key->asked_s < MALFORMED_S ? key->asked_s : MALFORMED_S;

	return s < key->max_s ? s : key->max_s;
}


/* What counts where the Contact itself does not tell (10.2.4). */
static uint32_t default_s(const struct ua_binding_key *key,
			  const struct sip_msg *msg)
{
	return msg->expires.p ? seconds(key, &msg->expires) : key->asked_s;
}


static void take(struct search *s, const struct sip_addr *addr,
		 const struct sip_msg *msg)
{
	struct ua_binding *bind = s->bind;
	struct pl val;

	bind->ours = true;
	bind->uri = addr->auri;
	bind->pub_gruu = pl_null;
	bind->temp_gruu = pl_null;
	bind->expires_s = ua_regparam_get(&addr->params, "expires", &val)
				  ? seconds(s->key, &val)
				  : default_s(s->key, msg);

	if (ua_regparam_get(&addr->params, "pub-gruu", &val))
		bind->pub_gruu = val;
	if (ua_regparam_get(&addr->params, "temp-gruu", &val))
		bind->temp_gruu = val;
}


static bool contact_handler(const struct sip_hdr *hdr,
			    const struct sip_msg *msg, void *arg)
{
	struct search *s = arg;
	struct sip_addr addr;
	unsigned how;

	if (sip_addr_decode(&addr, &hdr->val))
		return false;

	if (!s->bind->listed)
		s->bind->uri = addr.auri;
	s->bind->listed = true;

	how = likeness(s, &addr);
	if (how > s->best) {
		s->best = how;
		take(s, &addr, msg);
	}

	return false;
}


void ua_binding_find(struct ua_binding *bind, const struct ua_binding_key *key,
		     const struct sip_msg *msg)
{
	struct search s = { .key = key, .bind = bind };
	struct pl pl;

	memset(bind, 0, sizeof(*bind));
	pl_set_str(&pl, key->contact);
	if (!uri_decode(&s.uri, &pl)) {
		ua_sipmsg_mapped(msg, &s.mapped);
		(void)sip_msg_hdr_apply(msg, true, SIP_HDR_CONTACT,
					contact_handler, &s);
	}

	if (!bind->listed)
		bind->expires_s = default_s(key, msg);
}
