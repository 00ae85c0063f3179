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
	struct ua_env *env = &acc->agent->env;
	int err = ENETUNREACH;
	size_t i;

	for (i = 0; i < acc->ntarget; i++) {
		const size_t k = (acc->target + i) % acc->ntarget;

		err = env->again(env, &acc->targets[k].addr, acc->ep, epp);
		if (!err) {
			*target = k;
			break;
		}
	}

	return err;
}


/* Nothing that the server or a NAT knew of us counts any more. */
static void start_over(struct ua_account *acc, struct ua_endpoint *ep)
{
	int err;

	tmr_cancel(&acc->again);
	acc->registered = false;
	acc->offline = false;

	err = ua_accountcore_use(acc, ep);
	if (err) {
		ua_log(&acc->agent->log, UA_LOG_WARN, "account",
		       "%s: not registered anew: %m", acc->aor, err);
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
	struct ua_endpoint *ep;
	size_t target;

	if (!acc->ntarget || acc->stopping)
		return false;

	if (find_way(acc, &target, &ep))
		return !acc->offline;

	return acc->offline || ep != acc->ep || target != acc->target;
}


void ua_accountmove_network(struct ua_account *acc)
{
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
		ua_accountcore_retry(acc);
		return;
	}
	if (err) {
		ua_accountcore_offline(acc, err);
		return;
	}

	if (acc->registered && !acc->offline && ep == acc->ep &&
	    target == acc->target) {
		/* Its own way is the same: see whether it still works. */
		if (acc->ka)
			ua_keepalive_now(acc->ka);
		else if (acc->line)
			ua_regline_refresh(acc->line);
		return;
	}

	acc->target = target;
	start_over(acc, ep);
}


void ua_accountmove_woke(struct ua_account *acc)
{
	if (acc->stopping)
		return;

	if (!acc->ntarget || !acc->ep) {
		ua_accountcore_look(acc);
		return;
	}

	/* Whether its address is still there is found out next. */
	if (!acc->offline)
		start_over(acc, acc->ep);
}
