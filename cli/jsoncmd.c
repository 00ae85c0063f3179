/* SPDX-License-Identifier: BSD-3-Clause */
/** @file jsoncmd.c  What commands do, and their answers */

#include "act.h"
#include "json.h"
#include "jsoncmd.h"


static const char later[] = "not in this version";


static json_t *list_accounts(const struct phone *phone)
{
	json_t *arr = json_array();
	unsigned i;

	for (i = 0; i < phone->naccts; ++i) {
		const struct ua_account *account = phone->acct[i].account;

		json_array_append_new(
			arr, json_pack("{s:o, s:b}", "aor",
				       json_text(ua_account_aor(account)),
				       "registered",
				       (int)ua_account_registered(account)));
	}

	return arr;
}


static json_t *list_calls(const struct phone *phone)
{
	json_t *arr = json_array();
	const struct ua_call *call = NULL;

	while ((call = ua_call_next(phone->agent, call))) {
		json_array_append_new(
			arr, json_pack("{s:i, s:o, s:s, s:b, s:s}", "call",
				       (int)ua_call_number(call), "peer",
				       json_text(ua_call_peer(call)), "state",
				       ua_call_state_name(ua_call_state(call)),
				       "incoming", (int)ua_call_incoming(call),
				       "hold", act_held(call)));
	}

	return arr;
}


/* Does a command; what it found goes into the reply */
static const char *perform(struct phone *phone, const struct jsoncmd *cmd,
			   json_t *reply)
{
	struct ua_ice_info ice;
	const char *err;
	unsigned number = 0;

	switch (cmd->type) {

	case JSONCMD_CALL:
		err = act_call(phone, cmd->uri, cmd->aor, &number);
		if (!err)
			json_object_set_new(reply, "call",
					    json_integer(number));
		return err;

	case JSONCMD_ANSWER:
		return act_answer(phone, cmd->call);

	case JSONCMD_REJECT:
		return act_reject(phone, cmd->call, cmd->code);

	case JSONCMD_HANGUP:
		return act_hangup(phone, cmd->call);

	case JSONCMD_DTMF:
		return act_dtmf(phone, cmd->call, cmd->digits);

	case JSONCMD_MUTE:
		return act_mute(phone, cmd->call, cmd->on);

	case JSONCMD_HOLD:
		return act_hold(phone, cmd->call, true);

	case JSONCMD_RESUME:
		return act_hold(phone, cmd->call, false);

	case JSONCMD_ACCOUNTS:
		json_object_set_new(reply, "accounts", list_accounts(phone));
		return NULL;

	case JSONCMD_CALLS:
		json_object_set_new(reply, "calls", list_calls(phone));
		return NULL;

	case JSONCMD_STATS:
		return act_stats(phone, cmd->call);

	case JSONCMD_PATH:
		err = act_path(phone, cmd->call, &ice);
		if (!err)
			json_object_set_new(reply, "ice", json_ice(&ice));
		return err;

	case JSONCMD_QUIT:
		return NULL;

	case JSONCMD_WHY:
	case JSONCMD_NONE:
		break;
	}

	return later;
}


void jsoncmd_line(struct phone *phone, const char *line, bool too_long)
{
	struct jsoncmd cmd;
	const char *err = jsoncmd_parse(&cmd, line);
	json_t *reply = json_line(&phone->ui, "reply");

	if (too_long)
		err = "line too long";

	if (cmd.id)
		json_object_set(reply, "id", cmd.id);

	if (!err)
		err = perform(phone, &cmd, reply);

	json_object_set_new(reply, "ok", json_boolean(!err));
	if (err)
		json_object_set_new(reply, "error", json_text(err));

	json_put(&phone->ui, reply);
	if (cmd.type == JSONCMD_QUIT && !err)
		phone_quit(phone);

	jsoncmd_reset(&cmd);
}
