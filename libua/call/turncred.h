/* SPDX-License-Identifier: BSD-3-Clause */
/** @file turncred.h  User and password at a TURN server, where they are kept
 */
#ifndef UA_TURNCRED_H
#define UA_TURNCRED_H

#include <ua/types.h>

struct ua_turncred;

/**
 * They are there, or not.
 *
 * Called by the loop, never from inside a call of this file, once.
 *
 * @param err       0: done
 * @param why       In words, with the name of file or command (borrowed)
 * @param user      Borrowed, wiped afterwards
 * @param password  Likewise
 */
typedef void(ua_turncred_h)(int err, const char *why, const char *user,
			    const char *password, void *arg);


/**
 * Can they be got from there?  "file:PATH" or "command:CMD", see
 * struct ua_server_conf.
 */
bool ua_turncred_check(const char *source);


/**
 * Get them: the first two lines of a file, or of what a command prints (see
 * ua_cmdrun_start()).
 *
 * @param tcp     Set on success; mem_deref() cancels, and kills the command
 * @param source  As ua_turncred_check() accepts it; borrowed until the end
 *
 * @retval 0       Handler will be called
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_turncred_get(struct ua_turncred **tcp, const char *source,
			     ua_turncred_h *h, void *arg);

#endif
