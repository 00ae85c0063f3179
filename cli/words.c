/* SPDX-License-Identifier: BSD-3-Clause */
/** @file words.c  What a user types */

#include <stdlib.h>
#include <string.h>

#include "act.h"
#include "words.h"


/* A word; do_it returns what was wrong, NULL: nothing */
struct word {
	const char *name;
	const char *usage;
	const char *help;
	const char *(*do_it)(struct phone *phone, const char *arg);
};


/* "", or the number of a call; false: neither */
static bool call_number(const char *arg, unsigned *number)
{
	char *end;

	*number = 0;
	if (!*arg)
		return true;

	*number = (unsigned)strtoul(arg, &end, 10);
	return *arg >= '1' && *arg <= '9' && !*end;
}


static const char *do_call(struct phone *phone, const char *arg)
{
	unsigned number;

	return *arg ? act_call(phone, arg, NULL, &number) : "call whom?";
}


static const char *do_answer(struct phone *phone, const char *arg)
{
	unsigned number;

	return call_number(arg, &number) ? act_answer(phone, number)
					 : "expected the number of a call";
}


static const char *do_bye(struct phone *phone, const char *arg)
{
	unsigned number;

	return call_number(arg, &number) ? act_hangup(phone, number)
					 : "expected the number of a call";
}


static const char *do_hold(struct phone *phone, const char *arg)
{
	unsigned number;

	return call_number(arg, &number) ? act_hold(phone, number, true)
					 : "expected the number of a call";
}


static const char *do_resume(struct phone *phone, const char *arg)
{
	unsigned number;

	return call_number(arg, &number) ? act_hold(phone, number, false)
					 : "expected the number of a call";
}


static const char *do_dtmf(struct phone *phone, const char *arg)
{
	return act_dtmf(phone, 0, arg);
}


static const char *do_mute(struct phone *phone, const char *arg)
{
	if (!*arg || !strcmp(arg, "on"))
		return act_mute(phone, 0, true);

	return !strcmp(arg, "off") ? act_mute(phone, 0, false)
				   : "expected on or off";
}


static const char *do_accounts(struct phone *phone, const char *arg)
{
	unsigned i;

	(void)arg;
	for (i = 0; i < phone->naccts; ++i) {
		const struct ua_account *account = phone->acct[i].account;

		ui_note(&phone->ui, "%s %s", ua_account_aor(account),
			ua_account_registered(account) ? "registered"
						       : "not registered");
	}

	return phone->naccts ? NULL : "no accounts";
}


static const char *do_calls(struct phone *phone, const char *arg)
{
	const struct ua_call *call = NULL;
	bool any = false;

	(void)arg;
	while ((call = ua_call_next(phone->agent, call))) {
		char peer[256];

		any = true;
		ui_note(&phone->ui, "call %u %s %s, %s%s%s",
			ua_call_number(call),
			ua_call_incoming(call) ? "from" : "to",
			ui_safe(peer, sizeof(peer), ua_call_peer(call), false),
			ua_call_state_name(ua_call_state(call)),
			ua_call_held(call, false) ? ", on hold by us" : "",
			ua_call_held(call, true)
				? ", on hold by the other side"
				: "");
	}

	return any ? NULL : "no calls";
}


static const char *do_stats(struct phone *phone, const char *arg)
{
	unsigned number;

	return call_number(arg, &number) ? act_stats(phone, number)
					 : "expected the number of a call";
}


static const char *do_path(struct phone *phone, const char *arg)
{
	struct ua_event ev = { .type = UA_EVENT_ICE_CONNECTED };
	const char *err;
	unsigned number;

	if (!call_number(arg, &number))
		return "expected the number of a call";

	err = act_path(phone, number, &ev.ice);
	if (err)
		return err;

	ev.call = act_find(phone, number);
	phone->ui.ops->event(&phone->ui, &ev);
	return NULL;
}


static const char *do_codecs(struct phone *phone, const char *arg)
{
	(void)arg;
	list_codecs(&phone->ui);
	return NULL;
}


static const char *do_devices(struct phone *phone, const char *arg)
{
	(void)arg;
	list_devices(&phone->ui);
	return NULL;
}


static const char *do_quit(struct phone *phone, const char *arg)
{
	(void)arg;
	phone_quit(phone);
	return NULL;
}


static const char *do_help(struct phone *phone, const char *arg);


/* clang-format off */
static const struct word words[] = {
	{ "call",     " URI",      "call somebody",               do_call },
	{ "answer",   " [CALL]",   "answer; a does too",          do_answer },
	{ "bye",      " [CALL]",   "end or refuse; b does too",   do_bye },
	{ "hold",     " [CALL]",   "a pause; h does too",         do_hold },
	{ "resume",   " [CALL]",   "end of the pause",            do_resume },
	{ "dtmf",     " DIGITS",   "send; digits alone do too",   do_dtmf },
	{ "mute",     " [on|off]", "say nothing",                 do_mute },
	{ "accounts", "",          "who we are",                  do_accounts },
	{ "calls",    "",          "what goes on",                do_calls },
	{ "stats",    " [CALL]",   "packets and sound of a call", do_stats },
	{ "path",     " [CALL]",   "the way its voice takes",     do_path },
	{ "codecs",   "",          "what we can speak",           do_codecs },
	{ "devices",  "",          "where sound can come from",   do_devices },
	{ "help",     "",          "this list",                   do_help },
	{ "quit",     "",          "end calls and leave",         do_quit },
};
/* clang-format on */

enum { NWORDS = sizeof(words) / sizeof(words[0]) };


static const char *do_help(struct phone *phone, const char *arg)
{
	unsigned i;

	(void)arg;
	for (i = 0; i < NWORDS; ++i) {
		char text[64];

		snprintf(text, sizeof(text), "%s%s", words[i].name,
			 words[i].usage);
		ui_note(&phone->ui, "%-20s %s", text, words[i].help);
	}

	return NULL;
}


/* The word that begins so, if it is the only one; *many: several do */
static const struct word *find_word(const char *name, size_t len, bool *many)
{
	const struct word *found = NULL;
	unsigned i;

	*many = false;
	for (i = 0; i < NWORDS; ++i) {
		if (strncmp(words[i].name, name, len))
			continue;

		if (!words[i].name[len])
			return &words[i];

		*many = found;
		found = &words[i];
	}

	return *many ? NULL : found;
}


static bool is_up(const struct phone *phone)
{
	const struct ua_call *call = act_find(phone, 0);

	return call && ua_call_state(call) == UA_CALL_UP;
}


static const char *perform(struct phone *phone, const char *line)
{
	size_t len = strcspn(line, " \t");
	const char *arg = line + len + strspn(line + len, " \t");
	const struct word *word;
	bool many;

	if (!strcmp(line, "a"))
		return do_answer(phone, "");

	if (!strcmp(line, "b"))
		return do_bye(phone, "");

	if (!strcmp(line, "h") && is_up(phone))
		return do_hold(phone, "");

	if (strspn(line, "0123456789*#") == strlen(line))
		return is_up(phone) ? do_dtmf(phone, line)
				    : "no call is up for digits";

	word = find_word(line, len, &many);
	if (!word)
		return many ? "several words begin so, see help"
			    : "unknown word, see help";

	return word->do_it(phone, arg);
}


void words_line(struct phone *phone, const char *line)
{
	char copy[1024];
	const char *err;
	size_t len;

	line += strspn(line, " \t");
	snprintf(copy, sizeof(copy), "%s", line);
	len = strlen(copy);
	while (len && strchr(" \t\r", copy[len - 1]))
		copy[--len] = '\0';

	if (!len)
		return;

	err = perform(phone, copy);
	if (err)
		ui_note(&phone->ui, "%s", err);
}
