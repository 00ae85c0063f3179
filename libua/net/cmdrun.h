/* SPDX-License-Identifier: BSD-3-Clause */
/** @file cmdrun.h  Run a command for what it prints, without waiting for it */
#ifndef UA_CMDRUN_H
#define UA_CMDRUN_H

#include <ua/types.h>

struct ua_cmdrun;

enum {
	UA_CMDRUN_MS = 5000,  /**< Killed if it takes longer      */
	UA_CMDRUN_MAX = 4096, /**< Most that it may print [bytes] */
	UA_CMDRUN_ARGS = 32   /**< Most words of a command        */
};

/**
 * The command has ended.
 *
 * Called by the loop, never from inside a call of this file, once; may free
 * the run.
 *
 * @param err   0          out is what it printed
 *              ENOENT     And others of exec: it could not be run
 *              EPROTO     It failed: see why
 *              EMSGSIZE   It printed more than UA_CMDRUN_MAX
 *              ETIMEDOUT  It took more than UA_CMDRUN_MS, and was killed
 * @param why   In words (borrowed), "" if err is 0
 * @param out   What it printed (borrowed; wiped afterwards)
 * @param arg   As given
 */
typedef void(ua_cmdrun_h)(int err, const char *why, const char *out,
			  size_t len, void *arg);


/**
 * Run a command.  No shell is between: words end at blanks, '...' and "..."
 * keep theirs; whoever wants a shell runs one.  Its standard input is empty,
 * its standard error is ours.
 *
 * @param runp  Set on success; mem_deref() kills the command
 * @param cmd   "pass show turn", "/bin/sh -c '...'"
 * @param h     Called when it has ended
 * @param arg   Of the handler
 *
 * @retval 0       Running
 * @retval EINVAL  No word, too many, or a quote that does not end
 * @retval ENOENT  And others of exec: it cannot be run
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_cmdrun_start(struct ua_cmdrun **runp, const char *cmd,
			     ua_cmdrun_h *h, void *arg);

#endif
