/* SPDX-License-Identifier: BSD-3-Clause */
/** @file invmove.c  A session goes on with another Contact */

#include <errno.h>

#include "base/re_compat.h"
#include "dialog/invcore.h"
#include "dialog/invinfo.h"
#include "dialog/invmove.h"
#include "dialog/invuac.h"
#include "dialog/sipmsg.h"


/* The re-INVITE has failed, the session has not. */
static int modify_over(struct ua_invite *inv)
{
	const struct ua_invite_event ev = {
		.type = UA_INVITE_MODIFIED,
		.code = 408,
	};

	ua_invcore_req_reset(&inv->req);
	inv->glare_at = UA_NEVER;

	return inv->state == UA_INVITE_UP ? ua_invcore_event(inv, &ev, NULL)
					  : 0;
}


static int invite_over(struct ua_invite *inv, uint64_t now_ms)
{
	if (inv->glare_at != UA_NEVER)
		return modify_over(inv);

	if (!inv->req.active)
		return 0;

	if (inv->req.inside)
		return modify_over(inv);

	ua_invuac_failed(inv, now_ms, inv->req.id, ENETDOWN);

	return 0;
}


static void infos_over(struct ua_invite *inv)
{
	size_t i;

	for (i = 0; i < inv->forkc; i++) {
		if (inv->forkv[i].info.active)
			ua_invinfo_failed(inv, inv->forkv[i].info.id,
					  ENETDOWN);
	}
}


/* Whether or not it was heard: a peer that waits for it waits for long. */
static int byes_again(struct ua_invite *inv)
{
	struct ua_dialog *dlgv[UA_INVCORE_BYES];
	size_t n = 0;
	size_t i;
	int err = 0;

	for (i = 0; i < UA_INVCORE_BYES; i++) {
		if (!inv->byev[i].dlg)
			continue;

		dlgv[n++] = inv->byev[i].dlg;
		inv->byev[i].dlg = NULL;
	}

	for (i = 0; i < n; i++) {
		if (!err)
			err = ua_invuac_bye(inv, dlgv[i]);
		mem_deref(dlgv[i]);
	}

	return err;
}


int ua_invmove_to(struct ua_invite *inv, uint64_t now_ms, const char *contact)
{
	struct pl pl;
	char *copy;
	int err;

	pl_set_str(&pl, contact);
	if (!ua_sipmsg_uri_ok(&pl))
		return EINVAL;

	err = str_dup(&copy, contact);
	if (err)
		return err;

	mem_deref(inv->contact);
	inv->contact = copy;

	infos_over(inv);
	err = byes_again(inv);
	if (!err)
		err = invite_over(inv, now_ms);
	if (err)
		ua_invcore_broken(inv, now_ms, err);

	return 0;
}


const char *ua_invmove_contact(const struct ua_invite *inv)
{
	return inv->contact;
}


const char *ua_invmove_hop(const struct ua_invite *inv)
{
	const struct ua_dialog *dlg = ua_invcore_dialog(inv);

	return dlg ? ua_dialog_hop(dlg) : NULL;
}
