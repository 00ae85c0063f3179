/* SPDX-License-Identifier: BSD-3-Clause */
/** @file cmd_call.c  uaphone call URI: register, call, talk, hang up */

#include <string.h>

#include "phone.h"


static const double timeout_s = 60;


static double timeout(const struct phone *phone)
{
	const double sec = optset_num(phone->set, OPT_TIMEOUT);

	return sec > 0 ? sec : timeout_s;
}


/* End with the verdict of the call; what the user can mend gets words. */
static void conclude(struct phone *phone, const struct leg *leg, int status)
{
	const struct closed *closed = &leg->closed;
	const char *why = *closed->why      ? closed->why
			  : *closed->reason ? closed->reason
					    : "no answer at all";

	if (status == EXIT_UNAVAILABLE)
		phone_fail(phone, status,
			   "%s%s%s, expected somebody who can be reached",
			   strstr(why, phone->operand) ? "" : phone->operand,
			   strstr(why, phone->operand) ? "" : ": ", why);
	else if (status == EXIT_CONFIG)
		phone_fail(phone, status,
			   "'%s': the server asks for a password, expected "
			   "--aor, and --password-file, --password-command or "
			   "UAPHONE_PASSWORD",
			   phone->operand);
	else
		phone_end(phone, status);
}


/* A call that nobody answered, or a registrar that does not */
static void on_timeout(int id, void *arg)
{
	struct phone *phone = arg;
	struct ua_call *call = ua_call_find(phone->agent, phone->number);
	struct leg *leg = call ? phone_leg(phone, call) : NULL;

	(void)id;
	if (!leg) {
		phone_fail(phone, EXIT_UNAVAILABLE,
			   "%s: not registered in %g s, expected a registrar "
			   "that answers",
			   ua_account_aor(phone_account(phone)),
			   timeout(phone));
	}
	else if (!leg->answered) {
		leg->timed_out = true;
		conclude(phone, leg, verdict_leg(leg));
	}
}


static void dial(struct phone *phone)
{
	struct ua_call_conf conf;
	struct ua_call *call;
	char errstr[UA_ERRSTR_MAX] = "";
	int err;

	phone_call_conf(phone, &conf);
	err = ua_call_connect(&call, phone->agent, phone_account(phone),
			      phone->operand, &conf, errstr);
	if (err) {
		phone_value_error(phone, err, errstr);
		return;
	}

	phone->number = ua_call_number(call);
	if (!phone_leg(phone, call))
		phone_fail(phone, EXIT_UNAVAILABLE, "out of memory");
}


static void on_start(struct phone *phone)
{
	/* Until the call has ended, all that can end us is an interruption. */
	phone->status = EXIT_INTERRUPTED;

	if (ua_agent_timer(phone->agent, PHONE_TIMER_TIMEOUT,
			   (uint64_t)(timeout(phone) * 1000), on_timeout,
			   phone)) {
		phone_fail(phone, EXIT_UNAVAILABLE, "out of memory");
		return;
	}

	if (!phone->naccts || !phone->acct[0].registers)
		dial(phone);
}


static void on_registered(struct phone *phone,
			  const struct phone_account *acct)
{
	(void)acct;
	if (!phone->ending)
		dial(phone);
}


/* We are busy. */
static void on_incoming(struct phone *phone, struct ua_call *call)
{
	struct leg *leg = phone_leg(phone, call);

	if (leg)
		leg->surplus = true;

	ua_call_hangup(call, 486, NULL);
}


static void on_closed(struct phone *phone, const struct leg *leg, int status)
{
	if (leg->number != phone->number)
		return;

	conclude(phone, leg, status);
}


/* The library knows the rest; this never belongs into one. */
static bool is_uri(const char *uri)
{
	const char *p;

	for (p = uri; *p; ++p) {
		if ((unsigned char)*p <= ' ' || strchr("<>\"\x7f", *p))
			return false;
	}

	return *uri;
}


int cmd_call(struct phone *phone)
{
	static const struct phone_ops ops = {
		.start = on_start,
		.registered = on_registered,
		.register_failed = phone_register_error,
		.incoming = on_incoming,
		.closed = on_closed,
		.first_only = true,
		.probes_sound = true,
	};

	phone->ops = &ops;
	if (is_uri(phone->operand))
		return phone_run(phone);

	return phone_refuse(phone, EXIT_USAGE,
			    "call: '%s': expected a URI such as "
			    "sip:bob@example.com",
			    phone->operand);
}
