/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_verdict.c  The exit status that a call deserves */

#include <check.h>

#include "options.h"
#include "verdict.h"

Suite *ua_suite_verdict(void);


/* clang-format off */
static const struct {
	const char *what;
	int status;
	struct leg leg;
} calls[] = {
	{ "heard and ended by us", EXIT_OK,
	  { .answered = true, .heard = true,
	    .closed = { .by = UA_BY_LOCAL, .code = 200, .duration_s = 5 } } },
	{ "heard and ended by them", EXIT_OK,
	  { .answered = true, .heard = true,
	    .closed = { .by = UA_BY_REMOTE, .code = 200, .duration_s = 0.2 } } },
	{ "nothing heard in two seconds", EXIT_MEDIA,
	  { .answered = true,
	    .closed = { .by = UA_BY_LOCAL, .code = 200, .duration_s = 2 } } },
	{ "nothing heard, but there was no time to", EXIT_OK,
	  { .answered = true,
	    .closed = { .by = UA_BY_REMOTE, .code = 200, .duration_s = 1 } } },
	{ "no path in a short call", EXIT_MEDIA,
	  { .answered = true, .ice_failed = true,
	    .closed = { .by = UA_BY_REMOTE, .code = 200, .duration_s = 1 } } },
	{ "heard, then the path was lost", EXIT_MEDIA,
	  { .answered = true, .heard = true, .ice_failed = true,
	    .closed = { .by = UA_BY_ERROR, .code = 0, .duration_s = 9 } } },
	{ "refused", EXIT_REFUSED,
	  { .alive = true, .closed = { .by = UA_BY_REMOTE, .code = 486 } } },
	{ "refused by a timeout of theirs", EXIT_REFUSED,
	  { .alive = true, .closed = { .by = UA_BY_REMOTE, .code = 408 } } },
	{ "wrong password", EXIT_AUTH,
	  { .password = true, .closed = { .by = UA_BY_REMOTE, .code = 407 } } },
	{ "no password", EXIT_CONFIG,
	  { .closed = { .by = UA_BY_REMOTE, .code = 401 } } },
	{ "rang and nobody came", EXIT_NO_ANSWER,
	  { .alive = true, .timed_out = true } },
	{ "not a sound of life", EXIT_UNAVAILABLE,
	  { .timed_out = true } },
	{ "name not found", EXIT_UNAVAILABLE,
	  { .closed = { .by = UA_BY_ERROR, .code = 0 } } },
	{ "the transaction timed out", EXIT_UNAVAILABLE,
	  { .closed = { .by = UA_BY_ERROR, .code = 408 } } },
	{ "timed out behind a server that lives", EXIT_NO_ANSWER,
	  { .alive = true, .closed = { .by = UA_BY_ERROR, .code = 408 } } },
	{ "no common codec", EXIT_REFUSED,
	  { .alive = true, .closed = { .by = UA_BY_ERROR, .code = 488 } } },
	{ "hung up before the answer", EXIT_NO_ANSWER,
	  { .alive = true, .closed = { .by = UA_BY_LOCAL, .code = 487 } } },
	{ "incoming, refused as was the plan", EXIT_OK,
	  { .incoming = true, .asked = true,
	    .closed = { .by = UA_BY_LOCAL, .code = 486 } } },
	{ "incoming, given up by them", EXIT_NO_ANSWER,
	  { .incoming = true,
	    .closed = { .by = UA_BY_REMOTE, .code = 487 } } },
	{ "incoming, nothing heard", EXIT_MEDIA,
	  { .incoming = true, .answered = true,
	    .closed = { .by = UA_BY_REMOTE, .code = 200, .duration_s = 3 } } },
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
