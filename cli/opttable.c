/* SPDX-License-Identifier: BSD-3-Clause */
/** @file opttable.c  Every option of the phone, once */

#include <string.h>

#include "options.h"


/*
 * --help, the man page, the file's parser and bash completion are all made
 * from these rows.
 */
/* clang-format off */
static const struct opt table[OPT_N] = {
[OPT_AOR] = { "aor", "URI", OPT_SIP_URI, OPT_SEC_ACCOUNT,
	.help = "address of record, sip:alice@example.com" },
[OPT_USER] = { "user", "NAME", OPT_TEXT, OPT_SEC_ACCOUNT,
	.help = "user of the authentication, if not the one of --aor" },
[OPT_PASSWORD_FILE] = { "password-file", "F", OPT_FILE, OPT_SEC_ACCOUNT,
	.help = "file whose first line is the password" },
[OPT_PASSWORD_COMMAND] = { "password-command", "C", OPT_TEXT, OPT_SEC_ACCOUNT,
	.help = "shell command that prints the password; "
		"UAPHONE_PASSWORD in the environment does too" },
[OPT_REGISTRAR] = { "registrar", "URI", OPT_SIP_URI, OPT_SEC_ACCOUNT,
	.help = "registrar, if not the domain of --aor" },
[OPT_PROXY] = { "proxy", "URI", OPT_SIP_URI, OPT_SEC_ACCOUNT,
	.help = "outbound proxy, if not the registrar" },
[OPT_TRANSPORT] = { "transport", "T", OPT_CHOICE, OPT_SEC_ACCOUNT,
	.words = "udp|tcp|tls",
	.help = "transport, if not the one that URIs and DNS tell" },
[OPT_REGISTER_EXPIRES] = { "register-expires", "SEC", OPT_INT,
	OPT_SEC_ACCOUNT, .min = 20, .max = 86400, .def = "300",
	.help = "lifetime to ask for" },
[OPT_NO_REGISTER] = { "no-register", NULL, OPT_FLAG, OPT_SEC_ACCOUNT,
	.help = "use the account without registering it" },
[OPT_TLS_CA] = { "tls-ca", "F", OPT_FILE, OPT_SEC_ACCOUNT,
	.help = "certificates that are trusted of servers, and no others, in "
		"a PEM file; the system's if not given" },
[OPT_TLS_CERT] = { "tls-cert", "F", OPT_FILE, OPT_SEC_ACCOUNT,
	.help = "certificate of ours, for servers that ask for one, in a PEM "
		"file, its issuers behind it" },
[OPT_TLS_KEY] = { "tls-key", "F", OPT_FILE, OPT_SEC_ACCOUNT,
	.help = "its key, without a passphrase; in the file of --tls-cert if "
		"not given" },

[OPT_LOCAL] = { "local", "ADDR[:PORT]", OPT_ADDR, OPT_SEC_NETWORK,
	.help = "local address of the signalling" },
[OPT_INTERFACE] = { "interface", "NAME", OPT_TEXT, OPT_SEC_NETWORK,
	OPT_REPEAT,
	.help = "use this network interface only; loopback is used when it "
		"is named here or by --local, or when there is nothing else" },
[OPT_IP4] = { "4", NULL, OPT_FLAG, OPT_SEC_NETWORK, .letter = '4',
	.help = "use IPv4 only" },
[OPT_IP6] = { "6", NULL, OPT_FLAG, OPT_SEC_NETWORK, .letter = '6',
	.help = "use IPv6 only" },
[OPT_DNS] = { "dns", "ADDR", OPT_ADDR, OPT_SEC_NETWORK,
	.help = "name server, if not the system's" },

[OPT_KEEPALIVE] = { "keepalive", "HOW", OPT_CHOICE, OPT_SEC_NAT,
	.words = "auto|options|register|crlf|off", .def = "auto",
	.help = "how the NAT's binding of the signalling is kept" },
[OPT_KEEPALIVE_INTERVAL] = { "keepalive-interval", "SEC", OPT_INT,
	OPT_SEC_NAT, .min = 5, .max = 3600,
	.help = "seconds between two keepalives, if not the method's own" },
[OPT_NO_KEEPALIVE_LEARN] = { "no-keepalive-learn", NULL, OPT_FLAG,
	OPT_SEC_NAT,
	.help = "do not learn how long the NAT bears silence" },
[OPT_ICE] = { "ice", "HOW", OPT_CHOICE, OPT_SEC_NAT,
	.words = "full|relay-only|off", .def = "full",
	.help = "how media finds its path" },
[OPT_ICE_MISMATCH] = { "ice-mismatch", "HOW", OPT_CHOICE, OPT_SEC_NAT,
	.words = "implicit|rfc|off", .def = "implicit",
	.help = "what an address in c= is that is no candidate: a proxy's "
		"relay, the end of ICE, or nothing" },
[OPT_TURN] = { "turn", "URI", OPT_TURN_URI, OPT_SEC_NAT, OPT_REPEAT,
	.help = "TURN server: turn:HOST[:PORT], by UDP, or by TCP and TLS "
		"where that is silent; ?transport=udp or ?transport=tcp "
		"behind it: by this alone; turns:HOST[:PORT]: by TLS" },
[OPT_TURN_USER] = { "turn-user", "NAME", OPT_TEXT, OPT_SEC_NAT,
	.help = "user at the TURN servers" },
[OPT_TURN_PASSWORD_FILE] = { "turn-password-file", "F", OPT_FILE,
	OPT_SEC_NAT,
	.help = "file whose first line is the password there" },
[OPT_TURN_CREDENTIALS] = { "turn-credentials", "SPEC", OPT_CRED_SPEC,
	OPT_SEC_NAT,
	.help = "instead of these two: file:PATH or command:CMD, whose first "
		"line is the user and whose second is the password; read for "
		"each call, the command without a shell" },
[OPT_STUN] = { "stun", "URI", OPT_STUN_URI, OPT_SEC_NAT,
	.help = "STUN server, stun:HOST[:PORT], for ICE candidates only" },

[OPT_CODEC] = { "codec", "LIST", OPT_CODEC_LIST, OPT_SEC_MEDIA,
	.help = "codecs, best first: opus,pcma,l16/16000; "
		"`uaphone codecs' lists them" },
[OPT_SRTP] = { "srtp", "HOW", OPT_TEXT, OPT_SEC_MEDIA, .flags = OPT_LATER },
[OPT_SOURCE] = { "source", "SPEC", OPT_SOURCE_SPEC, OPT_SEC_MEDIA,
	.def = "alsa",
	.help = "what is said: alsa[:DEV], file:F.wav, tone:HZ, silence, "
		"null or echo; a %d in a file's name becomes the call's "
		"number" },
[OPT_SINK] = { "sink", "SPEC", OPT_SINK_SPEC, OPT_SEC_MEDIA,
	.def = "alsa",
	.help = "where sound goes: alsa[:DEV], file:F.wav, null or echo" },
[OPT_PTIME] = { "ptime", "MS", OPT_CHOICE, OPT_SEC_MEDIA,
	.words = "10|20|30|40|50|60", .def = "20",
	.help = "milliseconds of sound in a packet" },
[OPT_DTMF] = { "dtmf", "DIGITS", OPT_DIGITS, OPT_SEC_MEDIA,
	.help = "digits to send when the call is up; a comma is a second" },
[OPT_RECORD] = { "record", "F.wav", OPT_TEXT, OPT_SEC_MEDIA,
	.help = "record both sides" },

[OPT_ANSWER] = { "answer", "SEC", OPT_SECONDS, OPT_SEC_LISTEN, OPT_BARE,
	.min = 0, .max = 3600, .bare = "0",
	.help = "answer by itself, at once or after SEC" },
[OPT_ECHO] = { "echo", NULL, OPT_FLAG, OPT_SEC_LISTEN,
	.help = "answer, and say what is heard" },
[OPT_REJECT] = { "reject", "CODE", OPT_INT, OPT_SEC_LISTEN,
	.min = 400, .max = 699,
	.help = "refuse every call with this status" },
[OPT_COUNT] = { "count", "N", OPT_INT, OPT_SEC_LISTEN,
	.min = 1, .max = 1000000,
	.help = "end after N calls" },

[OPT_DURATION] = { "duration", "SEC", OPT_SECONDS, OPT_SEC_RUN,
	.min = 0.1, .max = 864000,
	.help = "hang up after this much talk" },
[OPT_TIMEOUT] = { "timeout", "SEC", OPT_SECONDS, OPT_SEC_RUN,
	.min = 0.1, .max = 864000,
	.help = "give up when `call' is not answered in this time (60 if not "
		"given), or when nobody calls `listen'" },
[OPT_JSON] = { "json", NULL, OPT_FLAG, OPT_SEC_RUN,
	.help = "events as JSON on standard output, commands as JSON on "
		"standard input" },
[OPT_VERBOSE] = { "v", NULL, OPT_COUNTED, OPT_SEC_RUN, .letter = 'v',
	.min = 0, .max = 3,
	.help = "log more on standard error; up to three times" },
[OPT_TRACE] = { "trace", "WHAT", OPT_CHOICE, OPT_SEC_RUN, OPT_REPEAT,
	.words = "sip|ice|rtp|all",
	.help = "log every message of this part" },
[OPT_PCAP] = { "pcap", "F", OPT_FILE, OPT_SEC_RUN, .flags = OPT_LATER },
[OPT_QUIET] = { "quiet", NULL, OPT_FLAG, OPT_SEC_RUN,
	.help = "say nothing but errors" },
[OPT_CONFIG] = { "config", "F", OPT_FILE, OPT_SEC_RUN, OPT_ARGV_ONLY,
	.help = "configuration file, if not uaphone/config below "
		"XDG_CONFIG_HOME" },
[OPT_HELP] = { "help", "FORM", OPT_CHOICE, OPT_SEC_RUN,
	OPT_ARGV_ONLY | OPT_BARE, .words = "text|man|bash", .bare = "text",
	.help = "print this; FORM is text, man or bash" },
[OPT_VERSION] = { "version", NULL, OPT_FLAG, OPT_SEC_RUN, OPT_ARGV_ONLY,
	.help = "print the version" },
};

static const char *const sections[OPT_SEC_N] = {
	[OPT_SEC_ACCOUNT] = "Account",
	[OPT_SEC_NETWORK] = "Network",
	[OPT_SEC_NAT]     = "NAT",
	[OPT_SEC_MEDIA]   = "Media",
	[OPT_SEC_LISTEN]  = "Incoming calls",
	[OPT_SEC_RUN]     = "Run",
};
/* clang-format on */


const struct opt *opt_row(enum opt_id id)
{
	return &table[id];
}


const char *opt_section_name(enum opt_section section)
{
	return sections[section];
}


enum opt_id opt_find(const char *name)
{
	unsigned i;

	for (i = 0; i < OPT_N; ++i) {
		if (!strcmp(table[i].name, name))
			return (enum opt_id)i;
	}

	return OPT_N;
}
