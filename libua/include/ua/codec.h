/* SPDX-License-Identifier: BSD-3-Clause */
/** @file codec.h  What a speech codec is: one const table each */
#ifndef UA_CODEC_H
#define UA_CODEC_H

#include <ua/types.h>

enum {
	UA_CODEC_PTIME_MAX = 120, /**< Longest packet handled [ms]          */
	UA_CODEC_SRATE_MAX = 48000, /**< Highest sample rate [Hz]           */
	UA_CODEC_NSAMP_MAX = UA_CODEC_SRATE_MAX / 1000 * UA_CODEC_PTIME_MAX,
	UA_CODEC_LEN_MAX = 1400 /**< Longest payload that is made [bytes]   */
};

struct ua_codec;
struct ua_enc; /**< State of an encoder, each codec's own */
struct ua_dec; /**< State of a decoder, each codec's own  */

/**
 * A codec.  PCM is mono, 16 bit, in the machine's byte order; what a stereo
 * payload carries is mixed down.  Nothing here may block, print, or keep
 * state outside of what was allocated.
 *
 * enc_alloc, enc_free, dec_alloc and dec_free are NULL when there is no
 * state; encode and decode then get NULL for it.
 */
struct ua_codec {
	const char *name;     /**< Encoding name in lower case, "opus"    */
	const char *sdp_name; /**< The same as registered, "PCMA": some
				   phones look at the case                */
	uint32_t clock_hz;    /**< RTP clock rate, as in SDP              */
	uint32_t srate_hz;    /**< Sample rate of its PCM                 */
	uint8_t channels;     /**< As in SDP; the PCM is mono all the same */
	int8_t pt;            /**< Static payload type (RFC 3551), or -1  */
	uint8_t ptime_min;    /**< Shortest packet it makes [ms]          */
	uint8_t ptime_max;    /**< Longest packet it makes [ms]           */
	uint8_t ie;           /**< Equipment impairment (ITU-T G.113)     */
	uint8_t bpl;          /**< Packet-loss robustness (ITU-T G.113)   */
	const char *fmtp;     /**< What we say of our decoder, or NULL    */

	/**
	 * @param encp   Set on success; freed by enc_free
	 * @param codec  This table
	 * @param fmtp   What the peer says of its decoder, or NULL
	 *               (borrowed); parameters not understood are ignored
	 *
	 * @retval 0       Done
	 * @retval ENOMEM  Try later
	 */
	int (*enc_alloc)(struct ua_enc **encp, const struct ua_codec *codec,
			 const char *fmtp);
	void (*enc_free)(struct ua_enc *enc); /**< NULL is no error */

	/**
	 * @param dec  As enc_alloc; the sizes of a decoder do not depend on
	 *             the peer
	 */
	int (*dec_alloc)(struct ua_dec **decp, const struct ua_codec *codec);
	void (*dec_free)(struct ua_dec *dec); /**< NULL is no error */

	/**
	 * Encode one packet.
	 *
	 * @param buf    Payload
	 * @param len    In: room, out: used [bytes]
	 * @param nsamp  ptime_min to ptime_max, a multiple of ptime_min
	 *
	 * @retval 0       Done
	 * @retval EINVAL  Not such a number of samples: programming error
	 * @retval ENOSPC  No room: give UA_CODEC_LEN_MAX, or a shorter packet
	 */
	int (*encode)(struct ua_enc *enc, uint8_t *buf, size_t *len,
		      const int16_t *pcm, size_t nsamp);

	/**
	 * Decode one payload.
	 *
	 * @param pcm    Samples
	 * @param nsamp  In: room, out: used [samples]
	 *
	 * @retval 0        Done
	 * @retval EBADMSG  Malformed: conceal instead; state unchanged
	 * @retval ENOSPC   No room: drop it, a packet that long is not ours
	 */
	int (*decode)(struct ua_dec *dec, int16_t *pcm, size_t *nsamp,
		      const uint8_t *buf, size_t len);

	/**
	 * Conceal a lost packet; NULL: the media engine does it on PCM.
	 *
	 * @param nsamp  Wanted, a multiple of 2.5 ms
	 *
	 * @retval 0      Done, all nsamp set
	 * @retval errno  Could not: the engine conceals
	 */
	int (*plc)(struct ua_dec *dec, int16_t *pcm, size_t nsamp);

	/**
	 * Recover a lost packet from the one behind it (in-band FEC); NULL: no
	 * such thing.  Called instead of plc when that one is there already.
	 *
	 * @param buf  The packet behind the lost one; decoded as usual later
	 *
	 * @retval 0      Done, all nsamp set
	 * @retval errno  Could not: use plc
	 */
	int (*fec)(struct ua_dec *dec, int16_t *pcm, size_t nsamp,
		   const uint8_t *buf, size_t len);

	/** Loss as the peer reports it [percent], so that FEC is worth it;
	    NULL: it does not care */
	void (*loss)(struct ua_enc *enc, unsigned percent);

	/**
	 * Samples of a payload without decoding it.
	 *
	 * @return Samples at srate_hz, 0: malformed
	 */
	size_t (*nsamp)(const uint8_t *buf, size_t len);
};


/**
 * The codecs that this build has, best first: opus, g722, pcma, pcmu,
 * l16/16000, l16/8000.
 *
 * Part of the codec library, not of libua: libua takes any table.
 *
 * @param n  Set to their number
 *
 * @return Static array
 */
const struct ua_codec *const *ua_codec_table(size_t *n);


/**
 * Find a codec by what a user types.
 *
 * @param name  "opus", "pcma", "l16/16000", "opus/48000/2"; any case.
 *              Without a rate the first of that name
 *
 * @return Static table; NULL: this build has no such codec
 */
const struct ua_codec *ua_codec_find(const char *name);

#endif
