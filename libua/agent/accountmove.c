/* SPDX-License-Identifier: BSD-3-Clause */
/** @file accountmove.c  An account goes to another network */

#include <errno.h>
#include <string.h>

#include "agent/accountcore.h"
#include "call/incoming.h"


/* The best way there is: by the present target, else by another one. */
static int find_way(const struct ua_account *acc, size_t *target,
		    struct ua_endpoint **epp)
{
	const struct ua_leg *leg = &acc->legv[0];
	int err = ENETUNREACH;
	size_t i;

	for (i = 0; i < acc->ntarget; i++) {
		const size_t k = (leg->target + i) % acc->ntarget;

		err = ua_accounttarget_endpoint(leg, k, epp);
		if (!err) {
			*target = k;
			break;
		}
	}

	return err;
}


/*
 * Nothing that the server or a NAT knew of us counts any more.  A second flow
 * comes back with the first: its binding is replaced by its reg-id.
 */
static void start_over(struct ua_account *acc, size_t target,
		       struct ua_endpoint *ep)
{
	size_t i;
	int err;

	tmr_cancel(&acc->again);
	acc->offline = false;
	for (i = 1; i < UA_ACCOUNT_LEGS; i++)
		ua_accountleg_drop(&acc->legv[i]);

	err = ua_accountleg_use(&acc->legv[0], target, ep);
	if (err) {
		ua_log(&acc->agent->log, UA_LOG_WARN, "account",
		       "%s: not registered anew: %m", acc->aor, err);
		acc->legv[0].registered = false;
		acc->led = true;
		ua_accountcore_look(acc);
		return;
	}

	/* There may have been no way when it was looked up. */
	if (acc->err) {
		acc->err = 0;
		tmr_cancel(&acc->retry);
		ua_dial_ready(&acc->agent->env, acc);
	}
}


bool ua_accountmove_is_astray(const struct ua_account *acc)
{
	const struct ua_leg *leg = &acc->legv[0];
	struct ua_endpoint *ep;
	size_t target;

	if (!acc->ntarget || acc->stopping)
		return false;

	if (find_way(acc, &target, &ep))
		return !acc->offline;

	return acc->offline || ep != leg->ep || target != leg->target;
}


/* Its own way is the same: see whether it still works. */
static void look_again(struct ua_leg *leg)
{
	if (leg->flow && leg->acc->conf.keepalive != UA_KEEPALIVE_OFF)
		ua_sipflow_now(leg->flow);
	else if (leg->line)
		ua_regline_refresh(leg->line);
}


void ua_accountmove_network(struct ua_account *acc)
{
	struct ua_leg *leg = &acc->legv[0];
	struct ua_endpoint *ep;
	size_t target;
	int err;

	if (acc->stopping)
		return;

	acc->moved = true;

	/* One that is asked now may be out of reach. */
	if (!acc->ntarget || acc->query) {
		ua_accountcore_look(acc);
		if (!acc->ntarget)
			return;
	}

	err = find_way(acc, &target, &ep);
	if (err == ENOMEM || err == EMFILE || err == ENFILE) {
		/* Not the network's fault, and no change of it will tell. */
		acc->led = true;
		ua_accountcore_retry(acc);
		return;
	}
	if (err) {
		ua_accountcore_offline(acc, err);
		return;
	}

	if (leg->registered && !acc->offline && ep == leg->ep &&
	    target == leg->target)
		look_again(leg);
	else
		start_over(acc, target, ep);
}


void ua_accountmove_woke(struct ua_account *acc)
{
	if (acc->stopping)
		return;

	if (!acc->ntarget || !acc->legv[0].ep) {
		ua_accountcore_look(acc);
		return;
	}

	/* Whether its address is still there is found out next. */
	if (!acc->offline)
		start_over(acc, acc->legv[0].target, acc->legv[0].ep);
}
