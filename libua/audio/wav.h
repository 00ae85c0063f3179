/* SPDX-License-Identifier: BSD-3-Clause */
/** @file wav.h  What is in a WAV file */
#ifndef UA_WAV_H
#define UA_WAV_H

#include <ua/types.h>

enum { UA_WAV_HDR = 44 /**< Header that we write [bytes] */ };

/** Format of its samples */
enum ua_wav_format {
	UA_WAV_PCM = 1,
	UA_WAV_FLOAT = 3,
	UA_WAV_ALAW = 6,
	UA_WAV_ULAW = 7
};

struct ua_wav {
	enum ua_wav_format format;
	uint16_t channels; /**< 1 to 8                            */
	uint16_t bits;     /**< Of a sample: 8, 16, 24, 32        */
	uint32_t srate_hz; /**< 4000 to 192000                    */
	size_t data;       /**< Where the samples begin [bytes]   */
	size_t nsamp;      /**< Samples per channel               */
};


/**
 * Read the header of a file that is in memory.  A length of the samples that
 * is longer than the file, as of a writer that was killed, is cut.
 *
 * @param wav  Set on success only
 * @param why  Set to what is wrong with it (static text) on EBADMSG
 *
 * @retval 0        Done
 * @retval EBADMSG  Not a WAV file, or of a kind that is not read: tell the
 *                  user why
 */
UA_CHECK int ua_wav_decode(struct ua_wav *wav, const char **why,
			   const uint8_t *buf, size_t len);


/**
 * Samples as 16 bit, all channels mixed into one.
 *
 * @param buf  The file, as it was decoded
 * @param pcm  wav->nsamp samples
 */
void ua_wav_mono(const struct ua_wav *wav, const uint8_t *buf, int16_t *pcm);


/** Header of a mono file of 16 bit samples */
void ua_wav_encode(uint8_t buf[UA_WAV_HDR], uint32_t srate_hz, uint32_t nsamp);

#endif
