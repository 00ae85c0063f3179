/* SPDX-License-Identifier: BSD-3-Clause */
/** @file binding.c  Our own binding among those of an address of record */

#include "base/re_compat.h"
#include "dialog/binding.h"
#include "dialog/sipmsg.h"

/** What a search for our own binding found */
struct binding {
	struct uri uri; /* of our Contact */
	uint32_t n;     /* bindings in the answer                    */
	bool ours;
	bool told; /* it has an expiry of its own               */
	uint32_t expires_s;
};


static bool same_place(const struct uri *a, const struct uri *b)
{
	return !pl_cmp(&a->user, &b->user) &&
	       !pl_casecmp(&a->host, &b->host) &&
	       (a->port ? a->port : SIP_PORT) ==
		       (b->port ? b->port : SIP_PORT);
}


static bool binding_handler(const struct sip_hdr *hdr,
			    const struct sip_msg *msg, void *arg)
{
	struct binding *bind = arg;
	struct sip_addr addr;
	struct pl val;
	bool ours;
	(void)msg;

	if (sip_addr_decode(&addr, &hdr->val))
		return false;

	++bind->n;
	ours = same_place(&addr.uri, &bind->uri);
	if (bind->n > 1 && !ours)
		return false;

	/* A single one that is written differently is ours all the same. */
	bind->ours = ours;
	bind->told = !msg_param_decode(&addr.params, "expires", &val) &&
		     ua_sipmsg_u32(&val, &bind->expires_s);

	return ours;
}


uint32_t ua_binding_expires(const char *contact, uint32_t asked_s,
			    const struct sip_msg *msg)
{
	struct binding bind = { .n = 0 };
	uint32_t expires;
	struct pl pl;

	pl_set_str(&pl, contact);
	if (uri_decode(&bind.uri, &pl))
		return asked_s;

	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_CONTACT, binding_handler,
				&bind);

	if ((bind.ours || bind.n == 1) && bind.told)
		return bind.expires_s;

	if (msg->expires.p && ua_sipmsg_u32(&msg->expires, &expires))
		return expires;

	return asked_s;
}
