/* SPDX-License-Identifier: BSD-3-Clause */
/** @file oom.h  Run a scenario with every single allocation failing in turn */
#ifndef UA_TEST_OOM_H
#define UA_TEST_OOM_H

#include <stdbool.h>


/** Let n more allocations of this thread succeed, then fail; -1: no limit */
void ua_oom_limit(long n);


/** Allocations of this process that are not freed; 0 where not counted */
long ua_oom_live(void);


/** False under a sanitizer, which owns malloc: scenarios then run once */
bool ua_oom_works(void);


/**
 * Run a scenario with 0, 1, 2 ... allocations allowed until it succeeds.
 *
 * @param scenario  Returns 0 when all went well, ENOMEM when memory ran out
 *                  (anything else fails the test), and frees all it made
 * @param arg       Passed on
 *
 * Fails the running test when the scenario leaks, or reports another error.
 */
void ua_oom_walk(int (*scenario)(void *arg), void *arg);

#endif
