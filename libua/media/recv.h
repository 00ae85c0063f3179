/* SPDX-License-Identifier: BSD-3-Clause */
/** @file recv.h  From RTP packets to samples */
#ifndef UA_RECV_H
#define UA_RECV_H

#include <ua/codec.h>
#include "rtp/jitter.h"
#include "rtp/rtpstat.h"

enum {
	UA_RECV_NFMT = 20,  /**< Payload types of a call               */
	UA_RECV_NEVENT = 16 /**< Events that wait; more push out old ones */
};

struct ua_recv;

/** A payload type that the answer allows */
struct ua_recv_fmt {
	uint8_t pt;
	const struct ua_codec *codec; /**< NULL: telephone-event; borrowed */
	uint32_t clock_hz;            /**< RTP clock                       */
};

struct ua_recv_conf {
	struct ua_recv_fmt fmts[UA_RECV_NFMT];
	size_t nfmt;
	uint32_t srate_hz; /**< Of the samples wanted                     */
	uint16_t min_ms;   /**< As struct ua_jitter_conf                  */
	uint16_t max_ms;
};

/** What a frame of samples is made of */
enum ua_recv_kind {
	UA_RECV_SILENCE = 0, /**< Nothing comes                           */
	UA_RECV_CONCEALED,   /**< Something was lost                      */
	UA_RECV_HEARD        /**< What the peer sent                      */
};

enum ua_recv_event_type {
	UA_RECV_EVENT_HEARD = 1, /**< codec: first sound, once            */
	UA_RECV_EVENT_DTMF,      /**< digit                               */
	UA_RECV_EVENT_CODEC,     /**< codec: the peer changed to it       */
	UA_RECV_EVENT_SSRC       /**< ssrc: another source                */
};

struct ua_recv_event {
	enum ua_recv_event_type type;
	const struct ua_codec *codec;
	char digit;
	uint32_t ssrc;
};

struct ua_recv_stats {
	uint64_t packets; /**< All that were allowed                */
	uint64_t bytes;   /**< Payload of them                      */
	uint64_t lost;    /**< Did not come                         */
	uint64_t late;    /**< Came after their turn                */
	uint64_t unknown; /**< Payload type not agreed              */
	double jitter_ms;
	double delay_ms;    /**< Of the jitter buffer                 */
	double heard_s;     /**< Sound that came and was played       */
	double loud_s;      /**< Of it what is not silence            */
	double concealed_s; /**< Made up for what was lost, or late   */
	const struct ua_codec *codec; /**< Last heard; NULL: none yet     */
};


/** 20 to 200 ms, no format */
void ua_recv_conf_default(struct ua_recv_conf *conf);


/**
 * @param recvp  Set on success; ended by mem_deref()
 * @param conf   Copied
 *
 * @retval 0       Done
 * @retval EINVAL  No such rate, or bad bounds
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_recv_alloc(struct ua_recv **recvp,
			   const struct ua_recv_conf *conf);


/** A new answer: other formats; what waits is still played if it can be */
void ua_recv_set(struct ua_recv *recv, const struct ua_recv_fmt *fmts,
		 size_t nfmt);


/**
 * Take an RTP packet (after SRTP).
 *
 * Another SSRC is believed when the one before has been silent for 200 ms, or
 * when two packets of it follow each other.
 *
 * @retval 0        Taken, or of no use: too late, twice, another source
 * @retval EBADMSG  Malformed: drop it; unchanged
 * @retval ENOENT   Payload type not agreed: counted, drop it
 * @retval ENOMEM   Lost: it will be concealed
 */
int ua_recv_packet(struct ua_recv *recv, uint64_t now_ms, const uint8_t *buf,
		   size_t len);


/**
 * Make the next samples.  Its caller's beat is the beat of playing.
 *
 * @param pcm    All nsamp are set, to silence where there is nothing
 * @param nsamp  Any number, usually one frame of the sink
 *
 * @return What they are
 */
enum ua_recv_kind ua_recv_frame(struct ua_recv *recv, uint64_t now_ms,
				int16_t *pcm, size_t nsamp);


/** Next event; false: none */
bool ua_recv_event(struct ua_recv *recv, struct ua_recv_event *ev);

/** For RTCP, which moves its report counters on */
struct ua_rtpstat *ua_recv_rtpstat(struct ua_recv *recv);

void ua_recv_stats(const struct ua_recv *recv, struct ua_recv_stats *stats);


/**
 * Quality so far as the E-model judges it, with loss, codec and delay.
 *
 * @param rtt_ms  Round trip, 0: not known
 *
 * @return 1.0 to 4.5, 0: nothing heard
 */
double ua_recv_mos(const struct ua_recv *recv, double rtt_ms);

#endif
