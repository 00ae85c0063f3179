/* SPDX-License-Identifier: BSD-3-Clause */
/** @file fuzz_conf.c  The configuration file: any bytes */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* What was taken must be valid: it is checked once more. */
static void check(const struct optset *set)
{
	char err[OPT_ERR_MAX];
	unsigned i, k;

	for (i = 0; i < OPT_N; ++i) {
		for (k = 0; k < set->val[i].n; ++k) {
			if (!opt_check(opt_row((enum opt_id)i),
				       set->val[i].value[k], err))
				abort();
		}
	}
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf conf = { .file = "fuzz" };
	char err[OPT_ERR_MAX] = "";
	FILE *in;
	unsigned i;
	int status;

	if (!size)
		return 0;

	in = fmemopen((void *)(uintptr_t)data, size, "r");
	if (!in)
		return 0;

	status = conf_read(&conf, in, err);
	(void)fclose(in);

	if (status && strncmp(err, "fuzz:", 5))
		abort();

	check(&conf.base);
	for (i = 0; i < conf.naccts; ++i)
		check(&conf.acct[i].set);

	conf_reset(&conf);
	return 0;
}
