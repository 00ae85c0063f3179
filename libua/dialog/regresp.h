/* SPDX-License-Identifier: BSD-3-Clause */
/** @file regresp.h  Answers to a REGISTER */
#ifndef UA_REGRESP_H
#define UA_REGRESP_H

#include <ua/types.h>

struct sip_msg;
struct ua_reg;


/** Take a final answer to the REGISTER that was in flight */
void ua_regresp_take(struct ua_reg *reg, uint64_t now_ms,
		     const struct sip_msg *msg);

#endif
