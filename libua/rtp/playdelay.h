/* SPDX-License-Identifier: BSD-3-Clause */
/** @file playdelay.h  How long a jitter buffer lets packets wait */
#ifndef UA_PLAYDELAY_H
#define UA_PLAYDELAY_H

#include <ua/types.h>

enum { UA_PLAYDELAY_NNEED = 256 /**< Packets looked back: 5 s of 20 ms */ };

/**
 * The player pulls; a packet's slack is the time from its arrival to the pull
 * that takes it, negative if it came too late.  Whatever the cause (network,
 * the other clock, our own scheduling), sound is whole while slack is above
 * zero.  Inserting a frame adds its length to all slack to come, leaving one
 * out takes it away; their sum is the shift, and need = shift - slack is what
 * a packet wants the shift to be, whenever that was measured.  Of the last
 * packets one in fifty may be disappointed.
 *
 * A value in its owner; ua_playdelay_init() sets it up.
 */
struct ua_playdelay {
	double min_ms;   /**< Not shrunk below                     */
	double max_ms;   /**< Not grown above                      */
	double mean_ms;  /**< Mean slack of late                   */
	double start_ms; /**< Delay to begin with                  */
	double shift;    /**< See above [ms]                       */
	double want;     /**< What all but the worst need [ms]     */
	double best;     /**< Least need seen [ms]                 */
	float need[UA_PLAYDELAY_NNEED]; /**< Ring of them [ms]           */
	unsigned nneed;      /**< Used of it                           */
	unsigned at;         /**< Next to be written                   */
	unsigned stale;      /**< Packets since want was measured      */
	uint64_t changed_ms; /**< Last change, or the start            */
	uint64_t shrunk_ms;  /**< Last time it shrank, 0: not yet, or its
				  price is paid                        */
	uint64_t wish_ms;    /**< Since when it should shrink, 0: not  */
	uint32_t hold_ms;    /**< Between two shrinkings               */
};


/** @param min_ms, max_ms  Bounds of the delay */
void ua_playdelay_init(struct ua_playdelay *pd, double min_ms, double max_ms);

/** Another time base: forget the needs, but not how uneven they were */
void ua_playdelay_restart(struct ua_playdelay *pd);

/** Playing begins; the first packet waited for slack_ms */
void ua_playdelay_begin(struct ua_playdelay *pd, uint64_t now_ms,
			double slack_ms);

/** A packet was played after slack_ms */
void ua_playdelay_played(struct ua_playdelay *pd, double slack_ms);

/** A packet came by_ms after its turn */
void ua_playdelay_late(struct ua_playdelay *pd, double by_ms);

/** How much is missing so that most packets are in time [ms]; 0: nothing */
double ua_playdelay_lack(const struct ua_playdelay *pd);

/** Would ms more still be within bounds? */
bool ua_playdelay_may_grow(const struct ua_playdelay *pd, double ms);

/** ms were inserted */
void ua_playdelay_grown(struct ua_playdelay *pd, uint64_t now_ms, double ms);

/**
 * Should ms be left out now?
 *
 * @param quiet  Nobody would hear it
 */
bool ua_playdelay_excess(struct ua_playdelay *pd, uint64_t now_ms, double ms,
			 bool quiet);

/** ms were left out */
void ua_playdelay_shrunk(struct ua_playdelay *pd, uint64_t now_ms, double ms);

#endif
