/* SPDX-License-Identifier: BSD-3-Clause */
/** @file conf.h  The configuration file, and what the library makes of it */
#ifndef CLI_CONF_H
#define CLI_CONF_H

#include <stdio.h>

#include <ua/account.h>
#include <ua/agent.h>

#include "options.h"

enum {
	CONF_ACCOUNTS_MAX = 8, /**< Sections [account NAME]           */
	CONF_NAME_MAX = 48,    /**< Length of such a NAME             */
	CONF_SECRET_MAX = 256  /**< Length of a password              */
};

/** A section of the file, laid under the command line */
struct conf_account {
	char name[CONF_NAME_MAX]; /**< "": the options outside sections */
	struct optset set;
};

/** All that was configured; zero is a good start */
struct conf {
	struct optset base; /**< Command line over environment over file */
	struct conf_account acct[CONF_ACCOUNTS_MAX];
	unsigned naccts;
	char file[512]; /**< "": there is none                           */
	const char *env_password; /**< $UAPHONE_PASSWORD, borrowed       */
};

/** What an agent borrows while it is made; wiped by conf_agent_reset() */
struct conf_agent {
	struct ua_agent_conf agent;
	const struct ua_codec *codecs[UA_CODEC_MAX];
	char secret[CONF_SECRET_MAX];
	char state[512]; /**< Folder of what is remembered             */
};


/**
 * Read a file into what the command line has set already.
 *
 * @param err  OPT_ERR_MAX bytes: one line with file and line
 *
 * @return 0, EXIT_CONFIG, or EXIT_UNAVAILABLE when memory is out
 */
int conf_read(struct conf *conf, FILE *in, char *err);


/**
 * Find and read the file: --config, or the one of XDG.  No file is no error
 * unless it was asked for.
 *
 * @return As conf_read()
 */
int conf_load(struct conf *conf, char *err);


/** Free the values */
void conf_reset(struct conf *conf);


/**
 * Number of accounts: the one of the command line, or else all of the file.
 */
unsigned conf_naccts(const struct conf *conf);

/** Values of the i-th of them; borrowed */
const struct optset *conf_account_set(const struct conf *conf, unsigned i);


/**
 * Fill an account's conf.
 *
 * @param conf    Set; borrows from set and secret
 * @param secret  CONF_SECRET_MAX bytes: wipe them when the account is made
 *
 * @return 0, EXIT_USAGE or EXIT_CONFIG with a line in err
 */
int conf_account_fill(const struct conf *conf, const struct optset *set,
		      struct ua_account_conf *account, char *secret,
		      char *err);


/**
 * Fill an agent's conf from the base values.
 *
 * @return As conf_account_fill()
 */
int conf_agent_fill(const struct conf *conf, struct conf_agent *agent,
		    char *err);

/** Wipe the passwords */
void conf_agent_reset(struct conf_agent *agent);


/**
 * Status of a value that only the library, or the file system, could judge.
 *
 * @param text  What was wrong
 * @param err   OPT_ERR_MAX bytes: text, with the origin of the value
 *
 * @return EXIT_CONFIG when the value stands in the file, else EXIT_USAGE
 */
int conf_blame(const struct optset *set, const char *text, char *err);

#endif
