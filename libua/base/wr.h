/* SPDX-License-Identifier: BSD-3-Clause */
/** @file wr.h  Write cursor: the first error sticks, so one look at the end */
#ifndef UA_WR_H
#define UA_WR_H

#include <ua/types.h>

struct ua_wr {
	uint8_t *buf; /**< Borrowed                                */
	size_t size;  /**< Of buf [bytes]                          */
	size_t pos;   /**< Written so far [bytes]                  */
	int err;      /**< First error: ENOSPC, EINVAL (bad format) */
};


void ua_wr_init(struct ua_wr *wr, void *buf, size_t size);
void ua_wr_u8(struct ua_wr *wr, uint8_t v);
void ua_wr_u16(struct ua_wr *wr, uint16_t v); /**< Network byte order */
void ua_wr_u32(struct ua_wr *wr, uint32_t v); /**< Network byte order */
void ua_wr_mem(struct ua_wr *wr, const void *p, size_t len);
void ua_wr_str(struct ua_wr *wr, const char *str);

/** Formatted by libre's rules (%H, %r, ...); the final zero is not counted */
void ua_wr_fmt(struct ua_wr *wr, const char *fmt, ...);

#endif
