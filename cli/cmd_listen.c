/* SPDX-License-Identifier: BSD-3-Clause */
/** @file cmd_listen.c  uaphone listen: wait for calls */

#include <errno.h>

#include "phone.h"


static void answer(struct phone *phone, struct ua_call *call)
{
	struct ua_call_conf conf;
	char errstr[UA_ERRSTR_MAX] = "";
	int err;

	phone_call_conf(phone, &conf);
	err = ua_call_answer(call, &conf, errstr);
	if (!err || err == EPROTO)
		return;

	/* Without its sound no other call would fare better. */
	ua_call_hangup(call, 480, NULL);
	phone_value_error(phone, err, errstr);
}


static void on_answer(int id, void *arg)
{
	struct phone *phone = arg;
	const unsigned number =
		(unsigned)(id - PHONE_TIMER_CALLS) / PHONE_NTIMER;
	struct ua_call *call = ua_call_find(phone->agent, number);

	if (call)
		answer(phone, call);
}


static void answer_later(struct phone *phone, struct ua_call *call, double sec)
{
	const int id = phone_timer_id(ua_call_number(call), PHONE_ANSWER);

	if (ua_agent_timer(phone->agent, id, (uint64_t)(sec * 1000), on_answer,
			   phone))
		phone_fail(phone, EXIT_UNAVAILABLE, "out of memory");
}


void phone_incoming(struct phone *phone, struct ua_call *call)
{
	const struct optset *set = phone->set;
	const double sec = optset_num(set, OPT_ANSWER);
	struct leg *leg = phone_leg(phone, call);

	if (phone->ending || !leg)
		return;

	if (optset_given(set, OPT_REJECT)) {
		leg->asked = true;
		ua_call_hangup(call, (uint16_t)optset_num(set, OPT_REJECT),
			       NULL);
	}
	else if (!optset_given(set, OPT_ANSWER) &&
		 !optset_given(set, OPT_ECHO)) {
		if (phone->input && phone->ui.ops == &ui_tty)
			ui_note(&phone->ui, "a answers, b refuses");
	}
	else if (sec > 0) {
		answer_later(phone, call, sec);
	}
	else {
		answer(phone, call);
	}
}


/* Calls that last and calls that are over, without refused surplus */
static unsigned total(const struct phone *phone)
{
	const struct leg *leg;
	unsigned n = phone->ncalls;

	for (leg = phone->legs; leg; leg = leg->next)
		n += !leg->surplus;

	return n;
}


static void on_incoming(struct phone *phone, struct ua_call *call)
{
	const unsigned count = (unsigned)optset_num(phone->set, OPT_COUNT);
	struct leg *leg = phone_leg(phone, call);

	ua_agent_timer_stop(phone->agent, PHONE_TIMER_TIMEOUT);
	if (count && leg && total(phone) > count) {
		leg->surplus = true;
		ua_call_hangup(call, 486, NULL);
		return;
	}

	phone_incoming(phone, call);
}


static void on_closed(struct phone *phone, const struct leg *leg, int status)
{
	const unsigned count = (unsigned)optset_num(phone->set, OPT_COUNT);

	(void)leg;
	(void)status;
	if (!phone->decided)
		phone->status = phone->worst_status;

	if (count && phone->ncalls >= count)
		phone_end(phone, phone->worst_status);
}


/* Nobody called; nobody could if no account is registered. */
static void on_timeout(int id, void *arg)
{
	struct phone *phone = arg;
	const struct phone_account *acct;
	unsigned i;

	(void)id;
	for (i = 0; i < phone->naccts; ++i) {
		acct = &phone->acct[i];
		if (!acct->registers || acct->ok)
			break;
	}

	if (i == phone->naccts && i)
		phone_fail(phone, EXIT_UNAVAILABLE,
			   "%s: not registered in %s s, expected a registrar "
			   "that answers",
			   ua_account_aor(phone->acct[0].account),
			   optset_str(phone->set, OPT_TIMEOUT));
	else
		phone_end(phone, EXIT_NO_ANSWER);
}


void phone_start(struct phone *phone)
{
	unsigned i;

	for (i = 0; i < phone->naccts; ++i) {
		if (phone->acct[i].registers)
			return;
	}

	phone->ui.ops->listening(&phone->ui, ua_agent_local(phone->agent));
}


static void on_start(struct phone *phone)
{
	const double sec = optset_num(phone->set, OPT_TIMEOUT);

	phone_start(phone);
	if (sec > 0 &&
	    ua_agent_timer(phone->agent, PHONE_TIMER_TIMEOUT,
			   (uint64_t)(sec * 1000), on_timeout, phone))
		phone_fail(phone, EXIT_UNAVAILABLE, "out of memory");
}


/* Nobody can reach us when no account is left. */
static void on_register_failed(struct phone *phone,
			       const struct phone_account *acct,
			       const struct ua_event *ev)
{
	unsigned i;

	for (i = 0; i < phone->naccts; ++i) {
		if (!phone->acct[i].tried || phone->acct[i].ok)
			return;
	}

	phone_register_error(phone, acct, ev);
}


int cmd_listen(struct phone *phone)
{
	const struct phone_ops ops = {
		.start = on_start,
		.register_failed = on_register_failed,
		.incoming = on_incoming,
		.closed = on_closed,
		.probes_sound = optset_given(phone->set, OPT_ANSWER),
	};

	phone->ops = &ops;
	phone->ui.numbers = true;
	return phone_run(phone);
}
