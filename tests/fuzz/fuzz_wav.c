/* SPDX-License-Identifier: BSD-3-Clause */
/** @file fuzz_wav.c  Any bytes as a WAV file: nothing but samples comes out */

#include <stdlib.h>

#include "audio/wav.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ua_wav wav;
	const char *why = NULL;
	int16_t *pcm;

	if (ua_wav_decode(&wav, &why, data, size)) {
		if (!why || !*why)
			abort();
		return 0;
	}

	/* No sample without a byte of its own */
	if (!wav.nsamp || wav.nsamp > size || wav.data >= size)
		abort();

	pcm = malloc(wav.nsamp * sizeof(*pcm));
	if (pcm)
		ua_wav_mono(&wav, data, pcm);

	free(pcm);
	return 0;
}
