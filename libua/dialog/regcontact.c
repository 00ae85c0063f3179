/* SPDX-License-Identifier: BSD-3-Clause */
/** @file regcontact.c  Contacts that a REGISTER binds and unbinds */

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/re_compat.h"
#include "dialog/regcontact.h"
#include "dialog/sipmsg.h"


static bool uri_ok(const char *uri)
{
	struct pl pl;

	pl_set_str(&pl, uri);

	return ua_sipmsg_uri_ok(&pl);
}


/* It stands between "< and >". */
static bool instance_ok(const char *urn)
{
	size_t i;

	for (i = 0; urn[i]; i++) {
		const uint8_t c = (uint8_t)urn[i];

		if (c <= 0x20 || c >= 0x7f || strchr("<>\"\\", c))
			return false;
	}

	return i <= UA_SIPMSG_STR_MAX && i > 4 && !strncasecmp(urn, "urn:", 4);
}


static int dup(char **dst, const char *src)
{
	return src ? str_dup(dst, src) : 0;
}


int ua_regcontact_init(struct ua_regcontact *rc,
		       const struct ua_reg_conf *conf)
{
	int err;

	if (!uri_ok(conf->contact) ||
	    (conf->instance && !instance_ok(conf->instance)) ||
	    (conf->reg_id && !conf->instance))
		return EINVAL;

	rc->reg_id = conf->reg_id;

	err = str_dup(&rc->uri, conf->contact);
	if (!err)
		err = dup(&rc->params, conf->params);
	if (!err)
		err = dup(&rc->instance, conf->instance);

	return err;
}


static void stale_drop(struct ua_regcontact *rc, size_t i)
{
	mem_deref(rc->stalev[i]);
	--rc->nstale;
	memmove(&rc->stalev[i], &rc->stalev[i + 1],
		(rc->nstale - i) * sizeof(rc->stalev[0]));
}


void ua_regcontact_forget(struct ua_regcontact *rc)
{
	while (rc->nstale)
		stale_drop(rc, rc->nstale - 1);
}


void ua_regcontact_reset(struct ua_regcontact *rc)
{
	ua_regcontact_forget(rc);
	rc->uri = mem_deref(rc->uri);
	rc->params = mem_deref(rc->params);
	rc->instance = mem_deref(rc->instance);
}


int ua_regcontact_move(struct ua_regcontact *rc, const char *uri)
{
	char *copy;
	size_t i;
	int err;

	if (!strcmp(uri, rc->uri))
		return 0;

	if (!uri_ok(uri))
		return EINVAL;

	err = str_dup(&copy, uri);
	if (err)
		return err;

	/* Back where we were before: that one is not to be removed. */
	for (i = 0; i < rc->nstale; i++) {
		if (!strcmp(rc->stalev[i], uri)) {
			stale_drop(rc, i);
			break;
		}
	}

	/* The oldest one expires by itself. */
	if (rc->nstale == UA_REG_STALE)
		stale_drop(rc, 0);

	rc->stalev[rc->nstale++] = rc->uri;
	rc->uri = copy;

	return 0;
}


/* The new binding first: some registrars look at one alone. */
int ua_regcontact_encode(const struct ua_regcontact *rc, struct mbuf *mb,
			 uint32_t expires_s, bool stale)
{
	size_t i;
	int err;

	err = mbuf_printf(mb, "Contact: <%s>;expires=%u", rc->uri, expires_s);
	if (!err && rc->instance)
		err = mbuf_printf(mb, ";+sip.instance=\"<%s>\"", rc->instance);
	if (!err && rc->reg_id)
		err = mbuf_printf(mb, ";reg-id=%u", rc->reg_id);
	if (!err)
		err = mbuf_printf(mb, "%s\r\n", rc->params ? rc->params : "");

	for (i = 0; i < rc->nstale && stale && !err; i++)
		err = mbuf_printf(mb, "Contact: <%s>;expires=0\r\n",
				  rc->stalev[i]);

	if (!err)
		err = mbuf_printf(mb, "Supported: path%s%s\r\n",
				  rc->instance ? ", gruu" : "",
				  rc->reg_id ? ", outbound" : "");

	return err;
}
