/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simalloc.h  How much memory is in use, now and at most */
#ifndef UA_SIMALLOC_H
#define UA_SIMALLOC_H

#include <stdbool.h>
#include <stddef.h>

/** Is it counted?  Not under a sanitizer, which owns malloc */
bool ua_simalloc_works(void);

/** Blocks and bytes in use */
size_t ua_simalloc_blocks(void);
size_t ua_simalloc_bytes(void);

/** Most bytes in use since the last call of this */
size_t ua_simalloc_peak(void);

#endif
