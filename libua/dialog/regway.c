/* SPDX-License-Identifier: BSD-3-Clause */
/** @file regway.c  The way of a REGISTER: its URI, its route, redirects */

#include <errno.h>

#include "base/re_compat.h"
#include "dialog/dialog.h"
#include "dialog/regway.h"
#include "dialog/sipmsg.h"


/*
 * To of a REGISTER is the address of record, its Request-URI the registrar
 * (RFC 3261, 10.2): the half dialog has the one, we keep the other.
 */
int ua_regway_init(struct ua_regway *way, const struct ua_reg_conf *conf)
{
	struct pl registrar;
	int err;

	pl_set_str(&registrar, conf->registrar);
	if (!ua_sipmsg_uri_ok(&registrar))
		return EINVAL;

	way->rand = conf->rand;
	way->routed = NULL != conf->route;

	err = str_dup(&way->registrar, conf->registrar);
	if (!err)
		err = str_dup(&way->aor, conf->aor);
	if (!err)
		err = ua_dialog_alloc(&way->half, conf->rand, conf->aor,
				      conf->aor, conf->route);

	return err;
}


void ua_regway_reset(struct ua_regway *way)
{
	ua_regredir_reset(&way->redir);
	way->registrar = mem_deref(way->registrar);
	way->aor = mem_deref(way->aor);
	way->half = mem_deref(way->half);
	way->target = mem_deref(way->target);
	way->detour = mem_deref(way->detour);
}


const char *ua_regway_uri(const struct ua_regway *way)
{
	return way->target ? way->target : way->registrar;
}


struct ua_dialog *ua_regway_half(const struct ua_regway *way)
{
	return way->detour ? way->detour : way->half;
}


const char *ua_regway_hop(const struct ua_regway *way)
{
	return way->detour || way->routed ? ua_dialog_hop(ua_regway_half(way))
					  : ua_regway_uri(way);
}


bool ua_regway_is_redirected(const struct ua_regway *way)
{
	return way->target || way->detour;
}


static int turn_to_proxy(struct ua_regway *way, const char *proxy)
{
	struct ua_dialog *detour;
	int err;

	/* Another route is another dialog, and another Call-ID, which a
	   redirected request may have (RFC 3261, 8.1.3.4). */
	err = ua_dialog_alloc(&detour, way->rand, way->aor, way->aor, proxy);
	if (err)
		return err;

	mem_deref(way->detour);
	way->detour = detour;

	return 0;
}


static int turn_to_registrar(struct ua_regway *way, const char *registrar)
{
	char *uri;
	int err;

	err = str_dup(&uri, registrar);
	if (err)
		return err;

	/* A proxy that redirects speaks of a way without it. */
	mem_deref(way->target);
	way->target = uri;
	way->detour = mem_deref(way->detour);

	return 0;
}


int ua_regway_turn(struct ua_regway *way, const struct sip_msg *msg,
		   char *reason, size_t size)
{
	/* Not the route: what it leads to is redirected, not the proxy. */
	const char *asked =
		way->detour ? ua_dialog_hop(way->detour) : ua_regway_uri(way);
	char target[UA_REG_TARGET_MAX];
	const char *why = NULL;
	int err;

	err = ua_regredir_next(&way->redir, msg, asked, target, &why);
	if (!err)
		err = msg->scode == 305 ? turn_to_proxy(way, target)
					: turn_to_registrar(way, target);
	if (err && why)
		(void)re_snprintf(reason, size, "%s%s%s", why,
				  target[0] ? ": " : "", target);

	return err;
}


void ua_regway_arrive(struct ua_regway *way)
{
	ua_regredir_reset(&way->redir);
}


void ua_regway_home(struct ua_regway *way)
{
	if (ua_regway_is_redirected(way))
		way->astray = true;

	way->lookup = false;
	way->target = mem_deref(way->target);
	way->detour = mem_deref(way->detour);
	ua_regredir_reset(&way->redir);
}
