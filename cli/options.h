/* SPDX-License-Identifier: BSD-3-Clause */
/** @file options.h  The one table of options, and the values they got */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum {
	OPT_VALUES_MAX = 8, /**< Of a repeatable option          */
	OPT_ERR_MAX = 1024  /**< Room that an error text needs   */
};

/** Exit statuses; uaphone(1) has the table */
enum {
	EXIT_OK = 0,
	EXIT_REFUSED = 1,
	EXIT_NO_ANSWER = 2,
	EXIT_AUTH = 3,
	EXIT_MEDIA = 4,
	EXIT_USAGE = 64,
	EXIT_UNAVAILABLE = 69,
	EXIT_CONFIG = 78,
	EXIT_INTERRUPTED = 130
};

enum opt_id {
	OPT_AOR,
	OPT_USER,
	OPT_PASSWORD_FILE,
	OPT_PASSWORD_COMMAND,
	OPT_REGISTRAR,
	OPT_PROXY,
	OPT_TRANSPORT,
	OPT_REGISTER_EXPIRES,
	OPT_NO_REGISTER,
	OPT_TLS_CA,
	OPT_TLS_CERT,
	OPT_TLS_KEY,
	OPT_LOCAL,
	OPT_INTERFACE,
	OPT_IP4,
	OPT_IP6,
	OPT_DNS,
	OPT_KEEPALIVE,
	OPT_KEEPALIVE_INTERVAL,
	OPT_NO_KEEPALIVE_LEARN,
	OPT_ICE,
	OPT_ICE_MISMATCH,
	OPT_TURN,
	OPT_TURN_USER,
	OPT_TURN_PASSWORD_FILE,
	OPT_TURN_CREDENTIALS,
	OPT_STUN,
	OPT_CODEC,
	OPT_SRTP,
	OPT_SOURCE,
	OPT_SINK,
	OPT_PTIME,
	OPT_DTMF,
	OPT_RECORD,
	OPT_ANSWER,
	OPT_ECHO,
	OPT_REJECT,
	OPT_COUNT,
	OPT_DURATION,
	OPT_TIMEOUT,
	OPT_JSON,
	OPT_VERBOSE,
	OPT_TRACE,
	OPT_PCAP,
	OPT_QUIET,
	OPT_CONFIG,
	OPT_HELP,
	OPT_VERSION,
	OPT_N
};

/** What a value must look like */
enum opt_kind {
	OPT_FLAG,    /**< Given or not; yes or no in the file        */
	OPT_COUNTED, /**< A flag that may be given several times     */
	OPT_TEXT,
	OPT_INT,     /**< min to max                                  */
	OPT_SECONDS, /**< min to max, fractions too                  */
	OPT_CHOICE,  /**< One of words, split by '|'                 */
	OPT_ADDR,    /**< ADDR[:PORT]                                */
	OPT_SIP_URI,
	OPT_STUN_URI,
	OPT_TURN_URI,
	OPT_CRED_SPEC,
	OPT_CODEC_LIST,
	OPT_SOURCE_SPEC,
	OPT_SINK_SPEC,
	OPT_DIGITS,
	OPT_FILE /**< Checked by who opens it                        */
};

enum opt_section {
	OPT_SEC_ACCOUNT,
	OPT_SEC_NETWORK,
	OPT_SEC_NAT,
	OPT_SEC_MEDIA,
	OPT_SEC_LISTEN,
	OPT_SEC_RUN,
	OPT_SEC_N
};

/** Flags of an option */
enum {
	OPT_REPEAT = 1 << 0,    /**< Every value counts, not the last    */
	OPT_BARE = 1 << 1,      /**< The value may be left out           */
	OPT_ARGV_ONLY = 1 << 2, /**< Not in the file                    */
	OPT_LATER = 1 << 3      /**< Known, but not in this version      */
};

/** A row of the table */
struct opt {
	const char *name; /**< Without dashes; also its name in the file */
	const char *arg;  /**< Metavariable, NULL: takes no value        */
	enum opt_kind kind;
	enum opt_section section;
	unsigned flags;
	char letter; /**< 0: none; a one-letter name has no long form  */
	double min;
	double max;
	const char *words; /**< OPT_CHOICE: those of this version      */
	const char *later; /**< OPT_CHOICE: those of later ones        */
	const char *def;   /**< NULL: none                             */
	const char *bare;  /**< Value if left out                      */
	const char *help;
};

/** Where a value comes from; a higher one wins */
enum opt_origin {
	OPT_DEFAULT = 0,
	OPT_FROM_FILE,
	OPT_FROM_ENV,
	OPT_FROM_ARGV
};

/** The values of one option; strings are owned */
struct optval {
	char *value[OPT_VALUES_MAX];
	unsigned n;
	enum opt_origin origin;
	unsigned line; /**< OPT_FROM_FILE */
};

/** A value for each option; zero is an empty set */
struct optset {
	struct optval val[OPT_N];
	const char *file; /**< Borrowed; names the file in errors      */
};

/** What stood on the command line beside options; borrowed from argv */
struct operands {
	const char *word[2]; /**< Command and its argument             */
	unsigned n;
};


/** The row of an option */
const struct opt *opt_row(enum opt_id id);

/** Heading of a section */
const char *opt_section_name(enum opt_section section);

/** The id of a long name or one-letter name, OPT_N: there is none */
enum opt_id opt_find(const char *name);


/** Index of a word in "a|b|c", -1: not one of them; words may be NULL */
int opt_word(const char *words, const char *word);


/**
 * Check a value against a row.
 *
 * @param err  OPT_ERR_MAX bytes; says what was expected
 *
 * @return true if it may be set
 */
bool opt_check(const struct opt *opt, const char *value, char *err);


/**
 * Set a value after checking it.
 *
 * A value of lower origin than the present one is checked and dropped; one of
 * a higher origin replaces all; one of the same is added (OPT_REPEAT) or
 * replaces.
 *
 * @param line  Of the file, 0 otherwise
 * @param err   OPT_ERR_MAX bytes; one line naming the value
 *
 * @return 0, EXIT_USAGE or EXIT_CONFIG, as the origin tells
 */
int optset_add(struct optset *set, enum opt_id id, const char *value,
	       enum opt_origin origin, unsigned line, char *err);


/**
 * Read the command line.
 *
 * @param ops  Words that are no options
 * @param err  OPT_ERR_MAX bytes; one line
 *
 * @return 0 or EXIT_USAGE
 */
int optset_argv(struct optset *set, int argc, char *const *argv,
		struct operands *ops, char *err);


/** Lay a file section's values over a set: they beat the file, no more */
int optset_overlay(struct optset *set, const struct optset *over);

/** Forget the values of one option */
void optset_clear(struct optset *set, enum opt_id id);

/** Free the values */
void optset_reset(struct optset *set);


/** Last value given, else the default, else NULL; borrowed */
const char *optset_str(const struct optset *set, enum opt_id id);

/** As a number; 0 if there is none */
double optset_num(const struct optset *set, enum opt_id id);
bool optset_flag(const struct optset *set, enum opt_id id);

/** Given by anybody: not the default */
bool optset_given(const struct optset *set, enum opt_id id);

/** Index of the chosen word in the row's words; -1: none */
int optset_choice(const struct optset *set, enum opt_id id);


/** "default", "command line", "environment", "/etc/x:7"; returns buf */
const char *optset_origin(const struct optset *set, enum opt_id id, char *buf,
			  size_t size);


/**
 * Which given value does a text of the library complain about?
 *
 * @return Id whose value stands in the text, OPT_N: none
 */
enum opt_id optset_blame(const struct optset *set, const char *text);


/** Print --help */
void help_print(FILE *out);

/** Print the option section of the man page */
void help_man(FILE *out);

/** Print completion for bash */
void help_bash(FILE *out);

#endif
