/* SPDX-License-Identifier: BSD-3-Clause */
/** @file verdict.c  What became of a call, and the exit status it deserves */

#include "options.h"
#include "verdict.h"


/*
 * A call of less talk than this says nothing about its media: the first sound
 * may need a DNS answer, a dozen checks and a jitter buffer.  A bit below 2 s,
 * so that `--duration 2' is judged.
 */
static const double silence_s = 1.9;


static bool is_challenge(unsigned code)
{
	return code == 401 || code == 407;
}


static int verdict_auth(bool password)
{
	return password ? EXIT_AUTH : EXIT_CONFIG;
}


/* The call never came up, and it was not ours to answer */
static int verdict_unanswered(const struct leg *leg)
{
	const struct closed *closed = &leg->closed;

	if (leg->timed_out)
		return leg->alive ? EXIT_NO_ANSWER : EXIT_UNAVAILABLE;

	if (is_challenge(closed->code))
		return verdict_auth(leg->password);

	if (closed->by == UA_BY_REMOTE)
		return EXIT_REFUSED;

	if (closed->by == UA_BY_LOCAL)
		return EXIT_NO_ANSWER;

	if (!leg->alive)
		return EXIT_UNAVAILABLE;

	if (!closed->code || closed->code == 408)
		return EXIT_NO_ANSWER;

	return EXIT_REFUSED;
}


int verdict_leg(const struct leg *leg)
{
	const struct closed *closed = &leg->closed;

	if (!leg->answered && leg->incoming)
		return leg->asked ? EXIT_OK : EXIT_NO_ANSWER;

	if (!leg->answered)
		return verdict_unanswered(leg);

	if (closed->by == UA_BY_ERROR)
		return EXIT_MEDIA;

	if (leg->heard)
		return EXIT_OK;

	if (leg->ice_failed || closed->duration_s >= silence_s)
		return EXIT_MEDIA;

	return EXIT_OK;
}


int verdict_register(unsigned code, bool password)
{
	if (!code || code == 408 || code == 503)
		return EXIT_UNAVAILABLE;

	return is_challenge(code) ? verdict_auth(password) : EXIT_AUTH;
}
