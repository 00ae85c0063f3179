/* SPDX-License-Identifier: BSD-3-Clause */
/** @file act.c  What a user or a program can ask of the phone */

#include <errno.h>
#include <string.h>

#include "act.h"


static const char no_call[] = "no such call";


struct ua_call *act_find(const struct phone *phone, unsigned number)
{
	struct ua_call *call = NULL, *newest = NULL;

	if (number)
		return ua_call_find(phone->agent, number);

	while ((call = ua_call_next(phone->agent, call))) {
		if (!newest || ua_call_number(call) > ua_call_number(newest))
			newest = call;
	}

	return newest;
}


/* Words of the library if it has some, else the error's own */
static const char *explain(struct phone *phone, int err, const char *errstr)
{
	snprintf(phone->answer, sizeof(phone->answer), "%s",
		 *errstr ? errstr : strerror(err));

	return phone->answer;
}


static struct ua_account *find_account(const struct phone *phone,
				       const char *aor)
{
	unsigned i;

	for (i = 0; i < phone->naccts; ++i) {
		struct ua_account *account = phone->acct[i].account;

		if (!strcmp(ua_account_aor(account), aor))
			return account;
	}

	return NULL;
}


const char *act_call(struct phone *phone, const char *uri, const char *aor,
		     unsigned *number)
{
	struct ua_account *account = phone_account(phone);
	struct ua_call_conf conf;
	struct ua_call *call;
	char errstr[UA_ERRSTR_MAX] = "";
	int err;

	if (aor) {
		account = find_account(phone, aor);
		if (!account)
			return "no such account";
	}

	phone_call_conf(phone, &conf);
	err = ua_call_connect(&call, phone->agent, account, uri, &conf,
			      errstr);
	if (err)
		return explain(phone, err, errstr);

	*number = ua_call_number(call);
	return NULL;
}


const char *act_answer(struct phone *phone, unsigned number)
{
	struct ua_call *call = act_find(phone, number);
	struct ua_call_conf conf;
	char errstr[UA_ERRSTR_MAX] = "";
	int err;

	if (!call)
		return no_call;

	phone_call_conf(phone, &conf);
	err = ua_call_answer(call, &conf, errstr);
	if (err == EPROTO)
		return "this call does not ring here";

	return err ? explain(phone, err, errstr) : NULL;
}


const char *act_reject(struct phone *phone, unsigned number, unsigned code)
{
	struct ua_call *call = act_find(phone, number);
	struct leg *leg;

	if (!call)
		return no_call;

	if (!ua_call_incoming(call) || ua_call_state(call) >= UA_CALL_UP)
		return "this call does not ring here";

	leg = phone_leg(phone, call);
	if (leg)
		leg->asked = true;

	ua_call_hangup(call, (uint16_t)code, NULL);
	return NULL;
}


const char *act_hangup(struct phone *phone, unsigned number)
{
	struct ua_call *call = act_find(phone, number);

	if (!call)
		return no_call;

	ua_call_hangup(call, 0, NULL);
	return NULL;
}


const char *act_dtmf(struct phone *phone, unsigned number, const char *digits)
{
	struct ua_call *call = act_find(phone, number);

	if (!call)
		return no_call;

	switch (ua_call_dtmf(call, digits)) {

	case 0:
		return NULL;

	case EINVAL:
		return "expected digits 0-9, *, #, A-D and comma";

	case ENOTSUP:
		return "the other side takes no digits";

	case EPROTO:
		return "the call is not up";

	case ENOSPC:
		return "too many digits wait";

	default:
		return "out of memory";
	}
}


const char *act_mute(struct phone *phone, unsigned number, bool on)
{
	struct ua_call *call = act_find(phone, number);

	if (!call)
		return no_call;

	ua_call_mute(call, on);
	return NULL;
}


const char *act_hold(struct phone *phone, unsigned number, bool on)
{
	struct ua_call *call = act_find(phone, number);

	if (!call)
		return no_call;

	switch (on ? ua_call_hold(call) : ua_call_resume(call)) {

	case 0:
		return NULL;

	case EALREADY:
		return on ? "this call is on hold by us already"
			  : "this call is not on hold by us";

	default:
		return "the call is not up";
	}
}


const char *act_held(const struct ua_call *call)
{
	const bool remote = ua_call_held(call, true);

	if (ua_call_held(call, false))
		return remote ? "both" : "local";

	return remote ? "remote" : "none";
}


const char *act_stats(struct phone *phone, unsigned number)
{
	struct ua_call *call = act_find(phone, number);
	struct leg *leg = call ? phone_leg(phone, call) : NULL;

	if (!leg)
		return no_call;

	phone_leg_stats(leg, call);
	phone->ui.ops->stats(&phone->ui, leg);
	return NULL;
}


const char *act_path(struct phone *phone, unsigned number,
		     struct ua_ice_info *ice)
{
	struct ua_call *call = act_find(phone, number);

	if (!call)
		return no_call;

	return ua_call_path(call, ice) ? "no path yet" : NULL;
}
