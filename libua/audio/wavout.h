/* SPDX-License-Identifier: BSD-3-Clause */
/** @file wavout.h  A WAV file that is written while a call lasts */
#ifndef UA_WAVOUT_H
#define UA_WAVOUT_H

#include <ua/types.h>

struct ua_wavout;


/**
 * Could a file of that name be written?  Nothing is written.
 *
 * @param errstr  As ua_wavin_open()
 *
 * @retval 0       It could
 * @retval EINVAL  It could not: tell the user errstr
 */
UA_CHECK int ua_wavout_check(const char *path, char *errstr);


/**
 * Begin a mono file of 16 bit; an old one of that name is replaced.
 *
 * @param outp    Set on success; mem_deref() writes what is left
 * @param errstr  As ua_wavin_open()
 *
 * @retval 0       Done
 * @retval EINVAL  Cannot be written: tell the user errstr
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_wavout_alloc(struct ua_wavout **outp, const char *path,
			     uint32_t srate_hz, char *errstr);


/**
 * Add samples.  Each 200 ms they go to the file, the header with them: a
 * program that is killed leaves a file that can be played.
 *
 * @retval 0       Done
 * @retval ENOSPC  The disk is full: what is not written yet and all later
 *                 ones are dropped, told once
 * @retval EIO     The file cannot be written, or is as long as a WAV file can
 *                 be: likewise
 */
int ua_wavout_write(struct ua_wavout *out, const int16_t *pcm, size_t nsamp);

#endif
