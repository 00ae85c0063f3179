/* SPDX-License-Identifier: BSD-3-Clause */
/** @file act.h  What a user or a program can ask of the phone */
#ifndef CLI_ACT_H
#define CLI_ACT_H

#include "phone.h"

/*
 * Each returns NULL when it was done, or words that say why not: borrowed,
 * good until the next of them.  A number of 0 means the newest call.
 */

/** @param aor  Which account, NULL: the first */
const char *act_call(struct phone *phone, const char *uri, const char *aor,
		     unsigned *number);
const char *act_answer(struct phone *phone, unsigned number);
const char *act_reject(struct phone *phone, unsigned number, unsigned code);
const char *act_hangup(struct phone *phone, unsigned number);
const char *act_dtmf(struct phone *phone, unsigned number, const char *digits);
const char *act_mute(struct phone *phone, unsigned number, bool on);

/** Events tell when the other side has agreed, or refused */
const char *act_hold(struct phone *phone, unsigned number, bool on);

/** Who holds it: "none", "local", "remote", "both" */
const char *act_held(const struct ua_call *call);

/** Shows the event stats */
const char *act_stats(struct phone *phone, unsigned number);
const char *act_path(struct phone *phone, unsigned number,
		     struct ua_ice_info *ice);

/** The call with a number, or the newest; NULL: there is none */
struct ua_call *act_find(const struct phone *phone, unsigned number);

#endif
