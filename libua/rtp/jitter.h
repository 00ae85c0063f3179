/* SPDX-License-Identifier: BSD-3-Clause */
/** @file jitter.h  Jitter buffer: packets in as they come, out as they play */
#ifndef UA_JITTER_H
#define UA_JITTER_H

#include <ua/types.h>

enum {
	UA_JITTER_NPKT = 64,       /**< Packets that wait at most           */
	UA_JITTER_NBYTE = 48 << 10 /**< Payload that waits at most [bytes]  */
};

struct ua_jitter;

struct ua_jitter_conf {
	uint32_t clock_hz; /**< RTP clock                                 */
	uint16_t min_ms;   /**< Delay in a quiet network: at most this, or
				one pull interval when that is longer    */
	uint16_t max_ms;   /**< Delay that jitter may cost at most        */
};

/** One packet of sound */
struct ua_jitter_pkt {
	uint8_t pt;
	bool marker;
	uint16_t seq;
	uint32_t ts;
	uint32_t dur;       /**< Of its sound [RTP clock], not 0          */
	const uint8_t *buf; /**< Payload                                  */
	size_t len;         /**< Of it [bytes], up to UA_DGRAM_MAX        */
};

/** What is to be played next */
enum ua_jitter_kind {
	UA_JITTER_EMPTY = 0, /**< Nothing (yet, or for long): silence     */
	UA_JITTER_FRAME,     /**< Decode pkt                              */
	UA_JITTER_LOST       /**< Conceal dur                             */
};

struct ua_jitter_out {
	enum ua_jitter_kind kind;
	uint32_t dur; /**< Of it [RTP clock]; 0 for EMPTY before the start */
	bool drop;    /**< FRAME: decode, but blend it into the next one:
			   the buffer gets shorter                         */
	struct ua_jitter_pkt pkt; /**< FRAME: payload is borrowed until the
				       next call with this buffer         */
};

struct ua_jitter_stats {
	uint32_t late;     /**< Came after their turn                     */
	uint32_t dup;      /**< Came twice                                */
	uint32_t overflow; /**< Thrown away to make room                  */
	uint32_t grown;    /**< Frames that were inserted                 */
	uint32_t shrunk;   /**< Frames that were left out                 */
	uint32_t restarts; /**< Time stamps jumped                        */
	double delay_ms;   /**< Mean wait of the packets played lately    */
};


/** 8000 Hz, 20 ms, 200 ms */
void ua_jitter_conf_default(struct ua_jitter_conf *conf);


/**
 * @param jbp   Set on success; ended by mem_deref()
 * @param conf  Copied
 *
 * @retval 0       Done
 * @retval EINVAL  No clock, or min_ms above max_ms
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_jitter_alloc(struct ua_jitter **jbp,
			     const struct ua_jitter_conf *conf);


/** Begin anew with the next packet: another source, or another clock */
void ua_jitter_reset(struct ua_jitter *jb, uint32_t clock_hz);


/**
 * Put a packet in.
 *
 * @param now_ms  When it came
 * @param pkt     Copied
 *
 * @retval 0         It waits for its turn
 * @retval EINVAL    dur 0 or len too large: programming error
 * @retval EALREADY  Came before: nothing to do
 * @retval ETIME     Its turn has passed: counted, nothing to do
 * @retval ENOMEM    Lost: it will be concealed
 */
int ua_jitter_put(struct ua_jitter *jb, uint64_t now_ms,
		  const struct ua_jitter_pkt *pkt);


/**
 * Take what is to be played next, in the order of the time stamps.
 *
 * Call it as often as the player needs sound: each call but EMPTY before the
 * start moves on by out->dur.
 *
 * @param now_ms  Now
 * @param quiet   What was played last was quiet: a good moment to drop or
 *                insert some
 * @param out     Set
 */
void ua_jitter_get(struct ua_jitter *jb, uint64_t now_ms, bool quiet,
		   struct ua_jitter_out *out);


/**
 * The packet that follows directly on a LOST that was just taken, for FEC.
 *
 * @retval false  It is not there
 */
bool ua_jitter_peek(const struct ua_jitter *jb, struct ua_jitter_pkt *pkt);

void ua_jitter_stats(const struct ua_jitter *jb,
		     struct ua_jitter_stats *stats);

#endif
