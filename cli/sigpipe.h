/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sigpipe.h  Ctrl-C and its like, on the agent's loop */
#ifndef CLI_SIGPIPE_H
#define CLI_SIGPIPE_H

#include <ua/agent.h>


/**
 * Watch SIGINT, SIGTERM and SIGHUP: the first calls the handler on the loop,
 * the second ends the process at once with EXIT_INTERRUPTED.
 *
 * @return 0, or an errno
 */
int sigpipe_open(struct ua_agent *agent, void (*h)(void *arg), void *arg);

/** Stop watching; a signal ends the process from now on */
void sigpipe_close(struct ua_agent *agent);

#endif
