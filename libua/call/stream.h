/* SPDX-License-Identifier: BSD-3-Clause */
/** @file stream.h  An m= line at work: sound to packets and back */
#ifndef UA_STREAM_H
#define UA_STREAM_H

#include <ua/call.h>
#include "call/env.h"
#include "net/demux.h"
#include "sdp/offer.h"

struct ua_codec;
struct ua_stream;

enum {
	UA_STREAM_DIGITS = 64, /**< DTMF digits that may wait              */
	UA_STREAM_DIGIT_MS = 100, /**< Of a digit */
	UA_STREAM_GAP_MS = 100, /**< Between two                             */
	UA_STREAM_PAUSE_MS = 1000 /**< Of a comma */
};

/** All from the loop, never from inside a function of this file */
struct ua_stream_handlers {
	/** Send one packet: component 1 RTP, 2 RTCP */
	void (*send)(unsigned comp, const uint8_t *buf, size_t len, void *arg);

	/** The first packet went out */
	void (*sent)(void *arg);

	/** The first sound came in, with this codec */
	void (*heard)(const struct ua_codec *codec, void *arg);
	void (*digit)(char digit, void *arg);
	void *arg;
};


/**
 * Open the sound of a call.
 *
 * @param streamp   Set on success; mem_deref() it: files are whole then
 * @param conf      SPECs, borrowed for the call
 * @param number    Of the call
 * @param handlers  Copied
 * @param errstr    UA_ERRSTR_MAX bytes, or NULL
 *
 * @retval 0       Done; nothing moves before ua_stream_run()
 * @retval EINVAL  A SPEC or file is wrong, see errstr
 * @retval ENODEV  No such device, see errstr
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_stream_alloc(struct ua_stream **streamp, struct ua_env *env,
			     const struct ua_call_conf *conf, unsigned number,
			     const struct ua_codec *codec,
			     const struct ua_stream_handlers *handlers,
			     char *errstr);


/**
 * Take what was agreed: codec, payload types, direction.
 *
 * @retval ENOMEM  Nothing changed: end the call
 */
UA_CHECK int ua_stream_set(struct ua_stream *stream,
			   const struct ua_offer_result *result);


/**
 * There is a path of a component (1: RTP, 2: RTCP), or another one: a packet
 * goes there soon, be it on hold.  Each ua_stream_set() says so too.
 */
void ua_stream_path(struct ua_stream *stream, unsigned comp);

/** We hold: nothing of the source is sent, nothing that comes is played; RTCP
    and what keeps the path alive go on */
void ua_stream_hold(struct ua_stream *stream, bool on);

/** Media has a way: start the clock with a frame right now */
void ua_stream_run(struct ua_stream *stream);

/** The wall clock was set: the next frame is due now */
void ua_stream_rearm(struct ua_stream *stream);

/** Answered: from now on the source is sent */
void ua_stream_talk(struct ua_stream *stream);

/** No more packets: an RTCP BYE goes out, files are closed */
void ua_stream_stop(struct ua_stream *stream);


/** A packet came on a path that is fine */
void ua_stream_packet(struct ua_stream *stream, enum ua_demux kind,
		      const uint8_t *buf, size_t len);

/** As ua_call_dtmf() */
UA_CHECK int ua_stream_dtmf(struct ua_stream *stream, const char *digits);

void ua_stream_mute(struct ua_stream *stream, bool on);
void ua_stream_stats(const struct ua_stream *stream,
		     struct ua_call_stats *stats);

#endif
