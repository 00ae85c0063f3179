/* SPDX-License-Identifier: BSD-3-Clause */
/** @file invfork.c  What one INVITE became with several peers */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/invfork.h"


struct ua_invcore_fork *ua_invfork_find(struct ua_invite *inv,
					const struct sip_msg *msg)
{
	size_t i;

	for (i = 0; i < inv->forkc; i++) {
		if (ua_dialog_is_peer(inv->forkv[i].dlg, msg))
			return &inv->forkv[i];
	}

	return NULL;
}


void ua_invfork_reset(struct ua_invcore_fork *fork)
{
	mem_deref(fork->dlg);
	mem_deref(fork->ack);
	mem_deref(fork->info.body);
	memset(fork, 0, sizeof(*fork));
}


void ua_invfork_forget(struct ua_invite *inv)
{
	size_t i;

	for (i = 0; i < inv->forkc; i++)
		ua_invfork_reset(&inv->forkv[i]);
	inv->forkc = 0;
	inv->main = 0;
}


/* A place for a new fork: an empty one, or that of an early dialog. */
static struct ua_invcore_fork *fork_place(struct ua_invite *inv, bool steal)
{
	size_t i;

	if (inv->forkc < UA_INVITE_FORKS)
		return &inv->forkv[inv->forkc++];

	for (i = 0; steal && i < inv->forkc; i++) {
		if (!inv->forkv[i].ack && i != inv->main) {
			ua_invfork_reset(&inv->forkv[i]);
			return &inv->forkv[i];
		}
	}

	return NULL;
}


struct ua_invcore_fork *ua_invfork_take(struct ua_invite *inv,
					const struct sip_msg *msg, int *err)
{
	struct ua_invcore_fork *fork = ua_invfork_find(inv, msg);
	struct ua_dialog *dlg;

	*err = 0;

	/* Only the 2xx's route set and target count (13.2.2.4). */
	if (fork && msg->scode < 200)
		return fork;

	*err = ua_dialog_fork(&dlg, inv->half, msg);
	if (*err)
		return NULL;

	if (!fork)
		fork = fork_place(inv, msg->scode >= 200);
	if (!fork) {
		mem_deref(dlg);
		return NULL;
	}

	if (fork->dlg)
		ua_dialog_succeed(dlg, fork->dlg);

	mem_deref(fork->dlg);
	fork->dlg = dlg;

	return fork;
}
