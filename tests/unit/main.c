/* SPDX-License-Identifier: BSD-3-Clause */
/** @file main.c  Runs the unit tests: all suites, or those named */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/re_compat.h"

#define SUITE(name) Suite *ua_suite_##name(void);
#include "suites.def"
#undef SUITE

static const struct {
	const char *name;
	Suite *(*make)(void);
} suites[] = {
#define SUITE(name) { #name, ua_suite_##name },
#include "suites.def"
#undef SUITE
};


static int wanted(const char *name, int argc, char *const argv[])
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(name, argv[i]))
			return 1;
	}

	return argc < 2;
}


int main(int argc, char *argv[])
{
	SRunner *runner = srunner_create(NULL);
	size_t i;
	int failed;
	int run = 0;

	for (i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		if (!wanted(suites[i].name, argc, argv))
			continue;

		srunner_add_suite(runner, suites[i].make());
		run++;
	}

	/* Before it, newer ones have no loop. */
	if (libre_init())
		return EXIT_FAILURE;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);

	/* A name that fits nothing must not look like success. */
	return !failed && run ? EXIT_SUCCESS : EXIT_FAILURE;
}
