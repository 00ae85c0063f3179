/* SPDX-License-Identifier: BSD-3-Clause */
/** @file rtpstat.h  What one RTP source sent and what of it came */
#ifndef UA_RTPSTAT_H
#define UA_RTPSTAT_H

#include <ua/types.h>

/** Reception of one source (RFC 3550, A.1, A.3, A.8); a value in its owner */
struct ua_rtpstat {
	bool started; /**< A packet has come                       */
	uint32_t ssrc;
	uint32_t clock_hz; /**< RTP clock of the codec                  */
	uint32_t base_seq; /**< First one                               */
	uint32_t cycles;   /**< Wraps of seq, shifted by 16             */
	uint16_t max_seq;  /**< Highest one                             */
	uint32_t bad_seq;  /**< The one that a restarted source sends next */
	uint64_t packets;  /**< Received in all, of all sources         */
	uint64_t bytes;    /**< Payload of them                         */
	uint64_t lost_before; /**< By the sources before this one         */
	uint32_t received;    /**< Of this source                          */
	uint32_t expected_prior; /**< At the last report                  */
	uint32_t received_prior; /**< At the last report                  */
	bool timed;       /**< transit is set                          */
	uint32_t transit; /**< Arrival - time stamp [RTP clock]        */
	double jitter;    /**< Interarrival jitter [RTP clock]         */
};


/**
 * Count one packet.  A new SSRC begins anew; sums over the sources are kept.
 *
 * @param now_ms    When it came
 * @param clock_hz  RTP clock of its payload type
 * @param seq, ts   As it says
 * @param len       Payload [bytes]
 *
 * @retval true   Belongs to its source
 * @retval false  Sequence number far off: not counted, unless the next one
 *                follows it (RFC 3550, A.1)
 */
bool ua_rtpstat_input(struct ua_rtpstat *st, uint64_t now_ms,
		      uint32_t clock_hz, uint32_t ssrc, uint16_t seq,
		      uint32_t ts, size_t len);

/** Packets that should have come and did not; duplicates may hide some */
uint64_t ua_rtpstat_lost(const struct ua_rtpstat *st);

/** Jitter [ms] */
double ua_rtpstat_jitter_ms(const struct ua_rtpstat *st);

/** Highest sequence number with its wraps, for a report */
uint32_t ua_rtpstat_extmax(const struct ua_rtpstat *st);

/** Loss since the last call of this [1/256] (RFC 3550, A.3) */
uint8_t ua_rtpstat_fraction(struct ua_rtpstat *st);


/**
 * Quality as a listener would judge it: a short form of the E-model
 * (ITU-T G.107) with delay, codec and loss.
 *
 * @param delay_ms  One way, mouth to ear
 * @param loss      Lost or late, 0 to 1
 * @param ie, bpl   Of the codec (ITU-T G.113)
 *
 * @return 1.0 to 4.5
 */
double ua_rtpstat_mos(double delay_ms, double loss, unsigned ie, unsigned bpl);

#endif
