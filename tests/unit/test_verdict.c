/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_verdict.c  The exit status that a call deserves */

#include <check.h>

#include "options.h"
#include "verdict.h"

Suite *ua_suite_verdict(void);


/* clang-format off */
static const struct {
	const char *what;
	struct leg leg;
	int status;
} calls[] = {
	{ "heard and ended by us",
	  { .answered = true, .heard = true,
	    .closed = { UA_BY_LOCAL, 200, .duration_s = 5 } }, EXIT_OK },
	{ "heard and ended by them",
	  { .answered = true, .heard = true,
	    .closed = { UA_BY_REMOTE, 200, .duration_s = 0.2 } }, EXIT_OK },
	{ "nothing heard in two seconds",
	  { .answered = true,
	    .closed = { UA_BY_LOCAL, 200, .duration_s = 2 } }, EXIT_MEDIA },
	{ "nothing heard, but there was no time to",
	  { .answered = true,
	    .closed = { UA_BY_REMOTE, 200, .duration_s = 1 } }, EXIT_OK },
	{ "no path in a short call",
	  { .answered = true, .ice_failed = true,
	    .closed = { UA_BY_REMOTE, 200, .duration_s = 1 } }, EXIT_MEDIA },
	{ "heard, then the path was lost",
	  { .answered = true, .heard = true, .ice_failed = true,
	    .closed = { UA_BY_ERROR, 0, .duration_s = 9 } }, EXIT_MEDIA },
	{ "refused",
	  { .alive = true, .closed = { UA_BY_REMOTE, 486 } }, EXIT_REFUSED },
	{ "refused by a timeout of theirs",
	  { .alive = true, .closed = { UA_BY_REMOTE, 408 } }, EXIT_REFUSED },
	{ "wrong password",
	  { .password = true, .closed = { UA_BY_REMOTE, 407 } }, EXIT_AUTH },
	{ "no password",
	  { .closed = { UA_BY_REMOTE, 401 } }, EXIT_CONFIG },
	{ "rang and nobody came",
	  { .alive = true, .timed_out = true }, EXIT_NO_ANSWER },
	{ "not a sound of life",
	  { .timed_out = true }, EXIT_UNAVAILABLE },
	{ "name not found",
	  { .closed = { UA_BY_ERROR, 0 } }, EXIT_UNAVAILABLE },
	{ "the transaction timed out",
	  { .closed = { UA_BY_ERROR, 408 } }, EXIT_UNAVAILABLE },
	{ "timed out behind a server that lives",
	  { .alive = true, .closed = { UA_BY_ERROR, 408 } }, EXIT_NO_ANSWER },
	{ "no common codec",
	  { .alive = true, .closed = { UA_BY_ERROR, 488 } }, EXIT_REFUSED },
	{ "hung up before the answer",
	  { .alive = true, .closed = { UA_BY_LOCAL, 487 } }, EXIT_NO_ANSWER },
	{ "incoming, refused as was the plan",
	  { .incoming = true, .asked = true,
	    .closed = { UA_BY_LOCAL, 486 } }, EXIT_OK },
	{ "incoming, given up by them",
	  { .incoming = true,
	    .closed = { UA_BY_REMOTE, 487 } }, EXIT_NO_ANSWER },
	{ "incoming, nothing heard",
	  { .incoming = true, .answered = true,
	    .closed = { UA_BY_REMOTE, 200, .duration_s = 3 } }, EXIT_MEDIA },
};

static const struct {
	unsigned code;
	bool password;
	int status;
} registrations[] = {
	{ 401, true,  EXIT_AUTH },
	{ 407, true,  EXIT_AUTH },
	{ 401, false, EXIT_CONFIG },
	{ 403, true,  EXIT_AUTH },
	{ 403, false, EXIT_AUTH },
	{ 404, true,  EXIT_AUTH },
	{ 0,   true,  EXIT_UNAVAILABLE },
	{ 408, true,  EXIT_UNAVAILABLE },
	{ 503, false, EXIT_UNAVAILABLE },
};
/* clang-format on */


START_TEST(a_call_has_its_status)
{
	ck_assert_msg(verdict_leg(&calls[_i].leg) == calls[_i].status,
		      "%s: %d", calls[_i].what, verdict_leg(&calls[_i].leg));
}
END_TEST


START_TEST(a_failed_registration_has_its_status)
{
	ck_assert_int_eq(registrations[_i].status,
			 verdict_register(registrations[_i].code,
					  registrations[_i].password));
}
END_TEST


Suite *ua_suite_verdict(void)
{
	Suite *s = suite_create("verdict");
	TCase *tc = tcase_create("verdict");

	tcase_add_loop_test(tc, a_call_has_its_status, 0,
			    sizeof(calls) / sizeof(calls[0]));
	tcase_add_loop_test(tc, a_failed_registration_has_its_status, 0,
			    sizeof(registrations) / sizeof(registrations[0]));
	suite_add_tcase(s, tc);
	return s;
}
