/* SPDX-License-Identifier: BSD-3-Clause */
/** @file regans.c  What a 2xx to a REGISTER gives us */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/binding.h"
#include "dialog/dialog.h"
#include "dialog/reg.h"
#include "dialog/regans.h"
#include "dialog/regparam.h"
#include "dialog/sipmsg.h"

enum {
	ROUTE_MAX = 2048 /* a Service-Route of usual length many times over */
};

/** A Service-Route as it is put together */
struct route {
	struct mbuf *mb;
	size_t n;
	int err; /* EBADMSG: not to be used */
};


void ua_regans_reset(struct ua_regans *ans)
{
	mem_deref(ans->pub_gruu);
	mem_deref(ans->temp_gruu);
	mem_deref(ans->route);
	memset(ans, 0, sizeof(*ans));
}


/* A backslash is of a quoted string, never of a URI. */
static int gruu_decode(char **strp, const struct pl *uri)
{
	if (!uri->l || pl_strchr(uri, '\\') || !ua_sipmsg_uri_ok(uri))
		return 0;

	return pl_strdup(strp, uri);
}


static bool text_ok(const struct pl *pl)
{
	size_t i;

	for (i = 0; i < pl->l; i++) {
		if ((uint8_t)pl->p[i] < 0x20 || pl->p[i] == 0x7f)
			return false;
	}

	return true;
}


static bool route_handler(const struct sip_hdr *hdr, const struct sip_msg *msg,
			  void *arg)
{
	struct route *route = arg;
	struct sip_addr addr;
	(void)msg;

	/* A route set with a gap leads elsewhere: all of it, or none. */
	if (sip_addr_decode(&addr, &hdr->val) ||
	    !ua_sipmsg_uri_ok(&addr.auri) || !text_ok(&hdr->val) ||
	    !pl_strchr(&hdr->val, '<') || route->n == UA_DIALOG_ROUTES ||
	    route->mb->pos + hdr->val.l > ROUTE_MAX) {
		route->err = EBADMSG;
		return true;
	}

	route->err = mbuf_printf(route->mb, "%s%r", route->n++ ? ", " : "",
				 &hdr->val);

	return route->err != 0;
}


static int route_decode(char **strp, const struct sip_msg *msg)
{
	struct route route = { .n = 0 };

	if (!sip_msg_hdr(msg, SIP_HDR_SERVICE_ROUTE))
		return 0;

	route.mb = mbuf_alloc(256);
	if (!route.mb)
		return ENOMEM;

	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_SERVICE_ROUTE,
				route_handler, &route);
	if (!route.err) {
		route.mb->pos = 0;
		route.err = mbuf_strdup(route.mb, strp, route.mb->end);
	}
	mem_deref(route.mb);

	return route.err == EBADMSG ? 0 : route.err;
}


static uint32_t flow_timer(const struct sip_msg *msg)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_FLOW_TIMER);
	uint32_t s;

	if (!hdr || !ua_regparam_delta(&hdr->val, &s) || !s)
		return 0;

	if (s < UA_REG_FLOW_MIN_S)
		return UA_REG_FLOW_MIN_S;

	return s < UA_REG_FLOW_MAX_S ? s : UA_REG_FLOW_MAX_S;
}


int ua_regans_decode(struct ua_regans *ans, const struct ua_binding *bind,
		     const struct sip_msg *msg)
{
	struct ua_regans fresh = {
		.outbound = ua_sipmsg_lists(msg, "Require", "outbound", NULL),
		.flow_timer_s = flow_timer(msg),
	};
	int err;

	err = gruu_decode(&fresh.pub_gruu, &bind->pub_gruu);
	if (!err)
		err = gruu_decode(&fresh.temp_gruu, &bind->temp_gruu);
	if (!err)
		err = route_decode(&fresh.route, msg);

	if (err) {
		ua_regans_reset(&fresh);
		return err;
	}

	ua_regans_reset(ans);
	*ans = fresh;

	return 0;
}


uint32_t ua_regans_retry_after(const struct sip_msg *msg)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_RETRY_AFTER);
	struct pl digits;
	uint32_t s;

	if (!hdr)
		return 0;

	digits = hdr->val;
	for (digits.l = 0; digits.l < hdr->val.l; ++digits.l) {
		if (strchr(" \t;(", digits.p[digits.l]))
			break;
	}

	if (!ua_regparam_delta(&digits, &s))
		return 0;

	return s < UA_REG_RETRY_AFTER_MAX_S ? s : UA_REG_RETRY_AFTER_MAX_S;
}
