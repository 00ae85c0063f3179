/* SPDX-License-Identifier: BSD-3-Clause */
/** @file accounttarget.c  The servers of an account, and who has which */

#include "agent/accountcore.h"
#include "base/clock.h"
#include "call/target.h"


bool ua_accounttarget_used(const struct ua_account *acc,
			   const struct ua_leg *but,
			   const struct ua_target *target)
{
	size_t i;

	for (i = 0; i < UA_ACCOUNT_LEGS; i++) {
		const struct ua_leg *leg = &acc->legv[i];

		if (leg != but && leg->line &&
		    ua_addr_eq(&leg->hop.addr, &target->addr))
			return true;
	}

	return false;
}


bool ua_accounttarget_is(const struct ua_leg *leg, size_t target)
{
	const struct ua_target *to = &leg->acc->targets[target];

	return leg->hop.tp == to->tp && ua_addr_eq(&leg->hop.addr, &to->addr);
}


size_t ua_accounttarget_best(const struct ua_leg *leg)
{
	const struct ua_account *acc = leg->acc;
	const struct ua_shun *shun = &acc->agent->env.shun;
	const uint64_t now_ms = ua_clock_ms();
	size_t i;

	for (i = 0; i < acc->ntarget; i++) {
		const struct ua_target *to = &acc->targets[i];

		if (!ua_shun_is(shun, now_ms, &to->addr, to->tp) &&
		    !ua_accounttarget_used(acc, leg, to))
			return i;
	}

	return leg->target < acc->ntarget ? leg->target : 0;
}


int ua_accounttarget_endpoint(const struct ua_leg *leg, size_t target,
			      struct ua_endpoint **epp)
{
	const struct ua_account *acc = leg->acc;
	const struct ua_target *to = &acc->targets[target];
	struct ua_env *env = &acc->agent->env;
	char host[UA_DNS_NAME_LEN];

	return env->again(
		env, &to->addr,
		ua_target_tls_host(host,
				   acc->redirect ? acc->redirect : acc->server,
				   to->tp),
		leg->ep, epp);
}


static bool find_target(struct ua_leg *leg)
{
	const struct ua_account *acc = leg->acc;
	size_t i;

	for (i = 0; i < acc->ntarget; i++) {
		if (ua_accounttarget_is(leg, i)) {
			leg->target = i;
			return true;
		}
	}

	return false;
}


void ua_accounttarget_found(struct ua_account *acc)
{
	struct ua_leg *leg;
	size_t i, target;
	bool led;

	for (i = 0; i < UA_ACCOUNT_LEGS; i++) {
		leg = &acc->legv[i];
		led = acc->led && !i;
		if (led)
			acc->led = false;
		if (!leg->ep || (find_target(leg) && !led))
			continue;

		/* A name that means others now is no reason to leave one
		   that serves; the registrar itself is. */
		leg->target = 0;
		if (leg->registered && !led)
			continue;

		/* Two flows to one server are one. */
		target = ua_accounttarget_best(leg);
		if (i &&
		    ua_accounttarget_used(acc, leg, &acc->targets[target])) {
			ua_accountleg_drop(leg);
			continue;
		}

		if (!ua_accountleg_start(leg, target))
			continue;

		acc->led = acc->led || !i;
		ua_accountcore_retry(acc);
	}
}
