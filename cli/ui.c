/* SPDX-License-Identifier: BSD-3-Clause */
/** @file ui.c  What both renderers need */

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "ui.h"


double ui_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);

	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}


bool ui_may_colour(FILE *out)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (no && *no)
		return false;

	if (!term || !*term || (term[0] == 'd' && term[1] == 'u'))
		return false;

	return isatty(fileno(out));
}


/* C0 and C1 controls; the latter are C2 80 to C2 9F in UTF-8 */
static bool is_control(const unsigned char *p)
{
	if (*p < ' ' || *p == 0x7f)
		return true;

	return *p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0;
}


const char *ui_safe(char *buf, size_t size, const char *text, bool lines)
{
	const unsigned char *p = (const unsigned char *)(text ? text : "");
	size_t len = 0;

	for (; *p && len + 1 < size; ++p) {
		const bool keep = lines && (*p == '\n' || *p == '\t');

		if (lines && *p == '\r' && p[1] == '\n')
			continue;

		if (!keep && is_control(p)) {
			buf[len++] = '?';
			p += *p == 0xc2;
		}
		else {
			buf[len++] = (char)*p;
		}
	}

	buf[len] = '\0';
	return buf;
}
