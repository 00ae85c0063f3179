/* SPDX-License-Identifier: BSD-3-Clause */
/** @file optcheck.c  What a value of each kind must look like */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <ua/types.h>

#include "options.h"


enum { DIGITS_MAX = 64 /* As many as a call queues */ };


static bool starts(const char *str, const char *prefix)
{
	return !strncmp(str, prefix, strlen(prefix));
}


int opt_word(const char *words, const char *word)
{
	const size_t len = strlen(word);
	const char *p = words;
	int i;

	for (i = 0; p && *p; ++i) {
		const size_t n = strcspn(p, "|");

		if (n == len && !strncmp(p, word, len))
			return i;

		p += n + (p[n] == '|');
	}

	return -1;
}


/* "udp|tcp" as "udp or tcp", "a|b|c" as "a, b or c" */
static void expect_words(char *err, const char *words)
{
	size_t len = 0;
	const char *p;

	for (p = words; *p && len + 8 < OPT_ERR_MAX; ++p) {
		const char *sep = strchr(p + 1, '|') ? ", " : " or ";

		if (*p == '|')
			len += (size_t)snprintf(err + len, OPT_ERR_MAX - len,
						"%s", sep);
		else
			err[len++] = *p;
	}

	err[len] = '\0';
}


static bool number(const char *str, bool whole, double *num)
{
	char *end;

	if (!isdigit((unsigned char)*str) || strlen(str) > 15)
		return false;

	if (strspn(str, whole ? "0123456789" : "0123456789.") != strlen(str))
		return false;

	*num = strtod(str, &end);
	return !*end;
}


static bool check_number(const struct opt *opt, const char *value, char *err)
{
	const bool whole = opt->kind != OPT_SECONDS;
	double num;

	snprintf(err, OPT_ERR_MAX, "expected %s from %g to %.0f",
		 whole ? "a whole number" : "seconds", opt->min, opt->max);

	return number(value, whole, &num) && num >= opt->min &&
	       num <= opt->max;
}


static bool check_choice(const struct opt *opt, const char *value, char *err)
{
	char words[OPT_ERR_MAX];

	expect_words(words, opt->words);
	snprintf(err, OPT_ERR_MAX, "%sexpected %.400s",
		 opt_word(opt->later, value) >= 0 ? "not in this version, "
						  : "",
		 words);

	return opt_word(opt->words, value) >= 0;
}


static bool check_flag(const char *value, char *err)
{
	snprintf(err, OPT_ERR_MAX, "expected yes or no");
	return opt_word("yes|no|true|false|on|off|1|0", value) >= 0;
}


/* Does an address stand in front of the last colon? */
static bool has_port(const char *value)
{
	const char *colon = strrchr(value, ':');
	const bool ip6 = *value == '[';
	char ip[UA_ADDR_LEN];
	struct ua_addr addr;

	if (!colon)
		return false;

	if (ip6 && colon[-1] != ']')
		return false;

	snprintf(ip, sizeof(ip), "%.*s", (int)(colon - value - 2 * ip6),
		 value + ip6);

	return !ua_addr_set(&addr, ip, 0) &&
	       addr.af == (ip6 ? UA_AF_IP6 : UA_AF_IP4);
}


static bool check_addr(const char *value, char *err)
{
	struct ua_addr addr;

	if (has_port(value))
		snprintf(err, OPT_ERR_MAX, "expected a port from 1 to 65535");
	else
		snprintf(err, OPT_ERR_MAX,
			 "expected a numeric address such as 192.0.2.1, "
			 "192.0.2.1:5060 or [2001:db8::1]:5060");

	return !ua_addr_set(&addr, value, 0) || !ua_addr_decode(&addr, value);
}


static bool printable(const char *str)
{
	for (; *str; ++str) {
		if ((unsigned char)*str <= ' ' || *str == 0x7f)
			return false;
	}

	return true;
}


static bool check_sip_uri(const char *value, char *err)
{
	const size_t scheme = starts(value, "sip:")    ? 4
			      : starts(value, "sips:") ? 5
						       : 0;

	snprintf(err, OPT_ERR_MAX,
		 "expected a SIP URI such as sip:alice@example.com");

	return scheme && value[scheme] && printable(value);
}


/* RFC 7064, 3.1 and RFC 7065, 3.1: the host is not after a "//" */
static bool check_host(const char *host)
{
	return *host && *host != '/' && *host != '?' && printable(host);
}


static bool check_stun(const char *value, char *err)
{
	snprintf(err, OPT_ERR_MAX, "expected stun:HOST or stun:HOST:PORT");

	return starts(value, "stun:") && check_host(value + 5) &&
	       !strchr(value, '?');
}


static bool check_turn(const char *value, char *err)
{
	const bool secure = starts(value, "turns:");
	const char *query = strchr(value, '?');

	snprintf(err, OPT_ERR_MAX,
		 "expected turn:HOST[:PORT], which may end in ?transport=udp "
		 "or ?transport=tcp, or turns:HOST[:PORT]");

	if (!secure && !starts(value, "turn:"))
		return false;

	if (query && strcmp(query, "?transport=tcp") &&
	    (secure || strcmp(query, "?transport=udp")))
		return false;

	return check_host(value + (secure ? 6 : 5));
}


static bool check_credentials(const char *value, char *err)
{
	snprintf(err, OPT_ERR_MAX, "expected file:PATH or command:CMD");

	return (starts(value, "file:") && value[5]) ||
	       (starts(value, "command:") && value[8]);
}


static bool check_codecs(const char *value, char *err)
{
	bool word = false;

	snprintf(err, OPT_ERR_MAX,
		 "expected names in lower case such as opus,pcma,l16/16000");

	for (; *value; ++value) {
		const bool sep = *value == ',';

		if (sep && !word)
			return false;

		if (!sep && !islower((unsigned char)*value) &&
		    !isdigit((unsigned char)*value) && *value != '/' &&
		    *value != '-')
			return false;

		word = !sep;
	}

	return word;
}


static bool check_tone(const char *hz)
{
	double num;

	return number(hz, false, &num) && num >= 20 && num <= 20000;
}


static bool check_spec(const char *value, bool source, char *err)
{
	snprintf(err, OPT_ERR_MAX,
		 source ? "expected alsa[:DEV], file:F.wav, tone:HZ "
			  "(20 to 20000), silence, null or echo"
			: "expected alsa[:DEV], file:F.wav, null or echo");

	if (opt_word("alsa|null|echo", value) >= 0)
		return true;

	if (starts(value, "alsa:") || starts(value, "file:"))
		return value[5];

	return source && (!strcmp(value, "silence") ||
			  (starts(value, "tone:") && check_tone(value + 5)));
}


static bool check_digits(const char *value, char *err)
{
	snprintf(err, OPT_ERR_MAX,
		 "expected up to %d of 0-9, *, #, A-D and comma", DIGITS_MAX);

	return *value && strlen(value) <= DIGITS_MAX &&
	       strspn(value, "0123456789*#ABCDabcd,") == strlen(value);
}


static bool check_text(const struct opt *opt, const char *value, char *err)
{
	snprintf(err, OPT_ERR_MAX, "expected %s",
		 opt->kind == OPT_FILE ? "the name of a file" : opt->arg);

	return *value;
}


bool opt_check(const struct opt *opt, const char *value, char *err)
{
	switch (opt->kind) {

	case OPT_FLAG:
		return check_flag(value, err);

	case OPT_COUNTED:
	case OPT_INT:
	case OPT_SECONDS:
		return check_number(opt, value, err);

	case OPT_CHOICE:
		return check_choice(opt, value, err);

	case OPT_ADDR:
		return check_addr(value, err);

	case OPT_SIP_URI:
		return check_sip_uri(value, err);

	case OPT_STUN_URI:
		return check_stun(value, err);

	case OPT_TURN_URI:
		return check_turn(value, err);

	case OPT_CRED_SPEC:
		return check_credentials(value, err);

	case OPT_CODEC_LIST:
		return check_codecs(value, err);

	case OPT_SOURCE_SPEC:
		return check_spec(value, true, err);

	case OPT_SINK_SPEC:
		return check_spec(value, false, err);

	case OPT_DIGITS:
		return check_digits(value, err);

	case OPT_TEXT:
	case OPT_FILE:
		return check_text(opt, value, err);
	}

	return false;
}


int optset_choice(const struct optset *set, enum opt_id id)
{
	const char *value = optset_str(set, id);

	return value ? opt_word(opt_row(id)->words, value) : -1;
}
