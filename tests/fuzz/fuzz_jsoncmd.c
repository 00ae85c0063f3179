/* SPDX-License-Identifier: BSD-3-Clause */
/** @file fuzz_jsoncmd.c  Commands as JSON: any line */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "jsoncmd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = malloc(size + 1);
	struct jsoncmd cmd;
	const char *err;

	if (!line)
		return 0;

	memcpy(line, data, size);
	line[size] = '\0';
	err = jsoncmd_parse(&cmd, line);

	/* A command that is accepted has all that it needs. */
	if (!err && cmd.type == JSONCMD_NONE)
		abort();
	if (!err && cmd.type == JSONCMD_CALL && !cmd.uri)
		abort();
	if (!err && cmd.type == JSONCMD_DTMF && !cmd.digits)
		abort();
	if (!err && cmd.code && (cmd.code < 400 || cmd.code > 699))
		abort();

	jsoncmd_reset(&cmd);
	free(line);
	return 0;
}
