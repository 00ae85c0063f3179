/* SPDX-License-Identifier: BSD-3-Clause */
/** @file jsonparse.c  From a line to a command; nothing is done yet */

#include <stdint.h>
#include <string.h>

#include "jsoncmd.h"


/* What a command may, or must, carry */
enum { CALL = 1, URI = 2, AOR = 4, DIGITS = 8, CODE = 16, ON = 32 };

/* clang-format off */
static const struct {
	const char *name;
	enum jsoncmd_type type;
	unsigned must;
	unsigned may;
} commands[] = {
	{ "call",     JSONCMD_CALL,     URI,    AOR },
	{ "answer",   JSONCMD_ANSWER,   0,      CALL },
	{ "reject",   JSONCMD_REJECT,   0,      CALL | CODE },
	{ "hangup",   JSONCMD_HANGUP,   0,      CALL },
	{ "dtmf",     JSONCMD_DTMF,     DIGITS, CALL },
	{ "mute",     JSONCMD_MUTE,     ON,     CALL },
	{ "accounts", JSONCMD_ACCOUNTS, 0,      0 },
	{ "calls",    JSONCMD_CALLS,    0,      0 },
	{ "stats",    JSONCMD_STATS,    0,      CALL },
	{ "path",     JSONCMD_PATH,     0,      CALL },
	{ "quit",     JSONCMD_QUIT,     0,      0 },
	{ "hold",     JSONCMD_HOLD,     0,      CALL },
	{ "resume",   JSONCMD_RESUME,   0,      CALL },
	{ "why",      JSONCMD_WHY,      0,      CALL },
};
/* clang-format on */


/* A string of the object into *textp; absent is fine */
static bool get_text(const struct jsoncmd *cmd, const char *key,
		     const char **textp)
{
	const json_t *val = json_object_get(cmd->root, key);

	if (!val)
		return true;

	*textp = json_string_value(val);
	return *textp && **textp;
}


static bool get_number(const struct jsoncmd *cmd, const char *key,
		       json_int_t min, json_int_t max, unsigned *num)
{
	const json_t *val = json_object_get(cmd->root, key);

	if (!val)
		return true;

	if (!json_is_integer(val) || json_integer_value(val) < min ||
	    json_integer_value(val) > max)
		return false;

	*num = (unsigned)json_integer_value(val);
	return true;
}


static bool get_bool(const struct jsoncmd *cmd, const char *key, bool *on)
{
	const json_t *val = json_object_get(cmd->root, key);

	if (val && !json_is_boolean(val))
		return false;

	*on = json_is_true(val);
	return true;
}


static const char *parse_keys(struct jsoncmd *cmd, unsigned must, unsigned may)
{
	const unsigned keys = must | may;

	if (keys & CALL && !get_number(cmd, "call", 1, INT32_MAX, &cmd->call))
		return "expected \"call\" as a whole number from 1";

	if (keys & URI && !get_text(cmd, "uri", &cmd->uri))
		return "expected \"uri\" as text";

	if (keys & AOR && !get_text(cmd, "aor", &cmd->aor))
		return "expected \"aor\" as text";

	if (keys & DIGITS && !get_text(cmd, "digits", &cmd->digits))
		return "expected \"digits\" as text";

	if (keys & CODE && !get_number(cmd, "code", 400, 699, &cmd->code))
		return "expected \"code\" from 400 to 699";

	if (keys & ON && !get_bool(cmd, "on", &cmd->on))
		return "expected \"on\" as true or false";

	if (must & URI && !cmd->uri)
		return "expected \"uri\"";

	if (must & DIGITS && !cmd->digits)
		return "expected \"digits\"";

	if (must & ON && !json_object_get(cmd->root, "on"))
		return "expected \"on\"";

	return NULL;
}


const char *jsoncmd_parse(struct jsoncmd *cmd, const char *line)
{
	const char *name;
	size_t i;

	memset(cmd, 0, sizeof(*cmd));
	cmd->root = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(cmd->root))
		return "expected a JSON object";

	cmd->id = json_object_get(cmd->root, "id");
	name = json_string_value(json_object_get(cmd->root, "cmd"));
	if (!name)
		return "expected \"cmd\" as text";

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); ++i) {
		if (strcmp(name, commands[i].name))
			continue;

		cmd->type = commands[i].type;
		return parse_keys(cmd, commands[i].must, commands[i].may);
	}

	return "unknown command";
}


void jsoncmd_reset(struct jsoncmd *cmd)
{
	json_decref(cmd->root);
	memset(cmd, 0, sizeof(*cmd));
}
