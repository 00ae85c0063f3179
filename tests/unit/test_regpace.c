/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_regpace.c  How often a REGISTER goes, whatever the registrar
 * does
 */

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "dialog/regpace.h"
#include "regbed.h"

Suite *ua_suite_regpace(void);

enum { MINUTE_MS = 60000, HOUR_MS = 3600000, SENT_MAX = 4096 };

static uint64_t sentv[SENT_MAX];
static size_t nsent;
static const char *place;


static void setup(void)
{
	nsent = 0;
	place = REGBED_CONTACT;
	regbed_setup();
}


/* No minute, wherever it begins, has more than is promised. */
static void check_rate(void)
{
	size_t i;

	for (i = UA_REG_RATE_MAX; i < nsent; i++)
		ck_assert_uint_gt(sentv[i] - sentv[i - UA_REG_RATE_MAX],
				  MINUTE_MS);
}


static void note_sent(void)
{
	ck_assert_uint_lt(nsent, SENT_MAX);
	sentv[nsent++] = bed.now;
}


START_TEST(limiter_lets_a_burst_through_and_then_one_at_a_time)
{
	struct ua_regpace pace = { .full_ms = 0 };

	for (bed.now = 7; bed.now < HOUR_MS; bed.now += 10) {
		while (ua_regpace_take(&pace, bed.now))
			note_sent();
		ck_assert_uint_gt(ua_regpace_at(&pace), bed.now);
		ck_assert_uint_le(ua_regpace_at(&pace),
				  bed.now + UA_REG_RATE_MS);
		if (nsent == UA_REG_BURST)
			ck_assert_uint_lt(bed.now, 7 + UA_REG_RATE_MS);
	}

	check_rate();
	ck_assert_uint_ge(nsent, HOUR_MS / UA_REG_RATE_MS);

	/* A rest gives the burst back, and not more. */
	bed.now += HOUR_MS;
	nsent = 0;
	while (ua_regpace_take(&pace, bed.now))
		++nsent;
	ck_assert_uint_eq(UA_REG_BURST, nsent);
}
END_TEST


/** What a registrar may do to make us talk */
enum deed {
	STALE,      /* a new nonce, again and again             */
	REALMS,     /* another realm, again and again           */
	BOTH,       /* a proxy's challenge with the registrar's */
	REFUSED,    /* the same challenge: wrong password       */
	BRIEF,      /* 423 that always wants more               */
	ONE_SECOND, /* bound for a second                       */
	NO_TIME,    /* bound for none                           */
	NOT_OURS,
	BUSY,      /* 503, Retry-After: 0 */
	ELSEWHERE, /* a redirect that is new */
	ITSELF,    /* ... and one that is not */
	PROXY,
	FLOW_FAILED,
	NO_OUTBOUND,
	BAD_CONTACTS, /* 400: are there old ones? */
	SILENT,
	BOUND,
	NDEED
};


static void headers_of(char *buf, size_t size, enum deed deed, unsigned n)
{
	/* clang-format off */
	static const char *const formats[NDEED] = {
		[STALE] = "WWW-Authenticate: Digest realm=\"r\", "
			  "nonce=\"%u\", stale=true\n",
		[REALMS] = "WWW-Authenticate: Digest realm=\"r%u\", "
			   "nonce=\"n\"\n",
		[BOTH] = "WWW-Authenticate: Digest realm=\"r%u\", "
			 "nonce=\"n\"\nProxy-Authenticate: Digest "
			 "realm=\"p\", nonce=\"n\", stale=true\n",
		[REFUSED] = "WWW-Authenticate: Digest realm=\"r\", "
			    "nonce=\"n%u\"\n",
		[BRIEF] = "Min-Expires: 1%04u\n",
		[ONE_SECOND] = "Contact: <" REGBED_CONTACT ">;expires=1;x=%u\n",
		[NO_TIME] = "Contact: <" REGBED_CONTACT ">;expires=0;x=%u\n",
		[NOT_OURS] = "Contact: <sip:alice@203.0.113.1:%u>\n",
		[BUSY] = "Retry-After: 0\nX-N: %u\n",
		[ELSEWHERE] = "Contact: <sip:reg%u.test>\n",
		[ITSELF] = "Contact: <sip:example.com;x=%u>\n",
		[PROXY] = "Contact: <sip:proxy%u.test>\n",
		[FLOW_FAILED] = "X-N: %u\n",
		[NO_OUTBOUND] = "X-N: %u\n",
		[BAD_CONTACTS] = "X-N: %u\n",
		[SILENT] = "X-N: %u\n",
		[BOUND] = REGBED_OURS "Require: outbound\nX-N: %u\n",
	};
	/* clang-format on */

	(void)re_snprintf(buf, size, formats[deed], n);
}


static const char *const lines[NDEED] = {
	[STALE] = "401 Unauthorized",
	[REALMS] = "401 Unauthorized",
	[BOTH] = "407 Proxy Authentication Required",
	[REFUSED] = "401 Unauthorized",
	[BRIEF] = "423 Interval Too Brief",
	[ONE_SECOND] = "200 OK",
	[NO_TIME] = "200 OK",
	[NOT_OURS] = "200 OK",
	[BUSY] = "503 Busy",
	[ELSEWHERE] = "302 Moved Temporarily",
	[ITSELF] = "301 Moved Permanently",
	[PROXY] = "305 Use Proxy",
	[FLOW_FAILED] = "430 Flow Failed",
	[NO_OUTBOUND] = "439 First Hop Lacks Outbound Support",
	[BAD_CONTACTS] = "400 Bad Request",
	[BOUND] = "200 OK",
};


static void deal(enum deed deed, unsigned n)
{
	struct sip_msg *req = regbed_output(&bed);
	char headers[512];

	if (!req)
		return;

	note_sent();
	++bed.now;
	if (deed == SILENT) {
		ua_reg_failed(bed.reg, bed.now, ETIMEDOUT);
		mem_deref(req);
		return;
	}

	headers_of(headers, sizeof(headers), deed, n);
	regbed_answer(&bed, req, lines[deed], headers);
}


/* An owner without patience */
static void serve_events(void)
{
	struct ua_reg_event ev;

	while (ua_reg_event(bed.reg, &ev)) {
		if (ev.type == UA_REG_REDIRECTED)
			ua_reg_restart(bed.reg, bed.now);
		else if (ev.retry_ms == UA_NEVER)
			ua_reg_start(bed.reg, bed.now);
	}
}


/* All that is due is done, then on to what is due next. */
static void pass(enum deed deed, unsigned n)
{
	unsigned i;

	for (i = 0; i < 100; i++) {
		deal(deed, n + i);
		serve_events();
		ua_reg_tick(bed.reg, bed.now);
		if (ua_reg_deadline(bed.reg) > bed.now)
			break;
	}

	ck_assert_uint_lt(i, 100);
	ck_assert_uint_ne(UA_NEVER, ua_reg_deadline(bed.reg));
	bed.now = ua_reg_deadline(bed.reg);
	ua_reg_tick(bed.reg, bed.now);
}


/* _i: the deed that is done for an hour */
START_TEST(registrar_that_says_the_same_for_ever_is_no_storm)
{
	const uint64_t end = bed.now + HOUR_MS;
	unsigned n = 0;

	while (bed.now < end)
		pass((enum deed)_i, n += 100);

	check_rate();
	ck_assert_uint_ge(nsent, 3);
	ck_assert_uint_le(nsent, UA_REG_BURST + HOUR_MS / UA_REG_RATE_MS + 2);
}
END_TEST


static void move_to(const char *contact)
{
	ck_assert_int_eq(0, ua_reg_move(bed.reg, contact));

	/* Another place allows one more. */
	if (strcmp(place, contact) && nsent)
		--nsent;
	place = contact;
}


/* _i: seeds of a registrar that does it all */
START_TEST(registrar_that_says_anything_is_no_storm)
{
	const uint64_t end = bed.now + HOUR_MS;
	uint32_t dice = 1 + (uint32_t)_i;
	unsigned n = 0;

	while (bed.now < end) {
		dice = dice * 1664525 + 1013904223;
		pass((enum deed)((dice >> 16) % NDEED), n += 100);
		if (dice >> 30 == 3)
			move_to(dice & 0x100000 ? "sip:a@192.0.2.8"
						: REGBED_CONTACT);
		if (dice >> 28 == 3)
			ua_reg_restart(bed.reg, bed.now);
	}

	check_rate();
}
END_TEST


START_TEST(impatient_owner_is_no_storm)
{
	const uint64_t end = bed.now + 10 * MINUTE_MS;

	while (bed.now < end) {
		ua_reg_restart(bed.reg, bed.now);
		deal(BOUND, 0);
		serve_events();
		bed.now += 50;
	}

	check_rate();
	ck_assert_uint_ge(nsent, 10 * MINUTE_MS / UA_REG_RATE_MS);
}
END_TEST


START_TEST(what_the_limiter_holds_goes_at_the_deadline)
{
	int i;

	for (i = 0; i < UA_REG_BURST; i++) {
		ua_reg_restart(bed.reg, bed.now);
		mem_deref(regbed_sent(&bed));
	}

	ua_reg_restart(bed.reg, bed.now);
	regbed_quiet(&bed);
	ck_assert_uint_eq(bed.now + UA_REG_RATE_MS, ua_reg_deadline(bed.reg));
	bed.now += UA_REG_RATE_MS - 1;
	ua_reg_tick(bed.reg, bed.now);
	regbed_quiet(&bed);
	regbed_wait(&bed);
	(void)regbed_bind(&bed, REGBED_OURS);
}
END_TEST


START_TEST(another_network_need_not_wait)
{
	char contact[64];
	int i;

	for (i = 0; i < 3 * UA_REG_BURST; i++) {
		(void)re_snprintf(contact, sizeof(contact),
				  "sip:alice@192.0.2.%d:4060", 10 + i);
		ck_assert_int_eq(0, ua_reg_move(bed.reg, contact));
		ua_reg_restart(bed.reg, bed.now);
		mem_deref(regbed_sent(&bed));
	}

	/* The same place allows no more than was left. */
	for (i = 0; i < UA_REG_BURST - 1; i++) {
		ck_assert_int_eq(0, ua_reg_move(bed.reg, contact));
		ua_reg_restart(bed.reg, bed.now);
		mem_deref(regbed_sent(&bed));
	}
	ua_reg_restart(bed.reg, bed.now);
	regbed_quiet(&bed);
}
END_TEST


START_TEST(goodbye_goes_even_after_a_storm)
{
	const uint64_t start = bed.now;
	struct sip_msg *req;
	int i;

	for (i = 0; i < UA_REG_BURST; i++) {
		ua_reg_restart(bed.reg, bed.now);
		(void)regbed_bind(&bed, REGBED_OURS);
	}

	ua_reg_stop(bed.reg, bed.now);
	regbed_quiet(&bed);
	regbed_wait(&bed);
	ck_assert_uint_lt(bed.now, start + UA_REG_BYE_MS);
	req = regbed_sent(&bed);
	ck_assert_str_eq("0", siptext_hdr(req, "Expires"));
	regbed_answer(&bed, req, "200 OK", "");
	(void)regbed_event(&bed, UA_REG_UNREGISTERED);
}
END_TEST


/* _i: expiries that are short [s] */
START_TEST(short_expiry_is_refreshed_in_time_or_at_the_rate)
{
	static const uint32_t expiries[] = { 1, 2, 3, 5, 10 };
	char headers[128];
	uint64_t at;
	int i;

	(void)re_snprintf(headers, sizeof(headers),
			  "Contact: <" REGBED_CONTACT ">;expires=%u\n",
			  expiries[_i]);
	for (i = 0; i < 30; i++) {
		at = bed.now;
		ck_assert_uint_eq(expiries[_i],
				  regbed_bind(&bed, headers).expires_s);
		while (ua_reg_state(bed.reg) == UA_REG_BOUND)
			regbed_wait(&bed);
		ck_assert_uint_ge(bed.now, at + UA_REG_RATE_MS);
		if (expiries[_i] >= 5)
			ck_assert_uint_lt(bed.now, at + 1000 * expiries[_i]);
	}
}
END_TEST


START_TEST(phones_are_not_in_step)
{
	uint64_t first = 0;
	int i, same = 0;

	for (i = 0; i < 20; i++) {
		bed.seed = (uint8_t)(3 * i);
		regbed_begin(&bed);
		(void)regbed_bind(&bed, REGBED_OURS);
		if (!i)
			first = ua_reg_deadline(bed.reg);
		else
			same += first == ua_reg_deadline(bed.reg);
	}

	ck_assert_int_le(same, 3);
}
END_TEST


struct later {
	const char *line;
	const char *header;
	uint64_t ms; /* 0: our own patience */
};


/* clang-format off */
static const struct later laters[] = {
	{ "503 Busy",      "Retry-After: 7\n",                  7000 },
	{ "500 Oops",      "Retry-After: 7\n",                  7000 },
	{ "404 Not Found", "Retry-After: 8\n",                  8000 },
	{ "486 Busy Here", "Retry-After: 9\n",                  9000 },
	{ "600 Busy",      "Retry-After: 10\n",                 10000 },
	{ "403 Forbidden", "Retry-After: 11\n",                 11000 },
	{ "503 Busy",      "Retry-After: 12 (at lunch)\n",      12000 },
	{ "503 Busy",      "Retry-After: 13;duration=3600\n",   13000 },
	{ "503 Busy",      "Retry-After: 14 (x) ;duration=1\n", 14000 },
	{ "503 Busy",      "Retry-After: 3601\n",               3600000 },
	{ "503 Busy",      "Retry-After: 4294967296\n",         3600000 },
	{ "503 Busy",      "Retry-After: 0\n",                  0 },
	{ "503 Busy",      "Retry-After: -1\n",                 0 },
	{ "503 Busy",      "Retry-After: soon\n",               0 },
	{ "503 Busy",      "Retry-After:\n",                    0 },
};
/* clang-format on */


START_TEST(retry_after_is_obeyed_within_an_hour)
{
	const struct later *l = &laters[_i];
	struct ua_reg_event ev;

	regbed_reply(&bed, l->line, l->header);
	ev = regbed_event(&bed, UA_REG_FAILED);
	if (l->ms) {
		ck_assert_uint_eq(l->ms, ev.retry_ms);
		ck_assert_uint_eq(bed.now + l->ms, ua_reg_deadline(bed.reg));
	}
	else {
		ck_assert_uint_ge(ev.retry_ms, 750);
		ck_assert_uint_le(ev.retry_ms, 1250);
	}
}
END_TEST


START_TEST(failed_flow_is_tried_at_once_once)
{
	struct ua_reg_event ev;

	(void)regbed_bind(&bed, REGBED_OURS);
	regbed_wait(&bed);
	regbed_reply(&bed, "430 Flow Failed", "");
	ev = regbed_event(&bed, UA_REG_FAILED);
	ck_assert_uint_eq(430, ev.code);
	ck_assert_uint_eq(0, ev.retry_ms);
	regbed_wait(&bed);
	regbed_reply(&bed, "430 Flow Failed", "");
	ev = regbed_event(&bed, UA_REG_FAILED);
	ck_assert_uint_ge(ev.retry_ms, 1000);

	/* A success makes it new. */
	regbed_wait(&bed);
	(void)regbed_bind(&bed, REGBED_OURS);
	regbed_wait(&bed);
	regbed_reply(&bed, "430 Flow Failed", "");
	ck_assert_uint_eq(0, regbed_event(&bed, UA_REG_FAILED).retry_ms);
}
END_TEST


/* RFC 5626, 4.5 would let it be unreachable for half an hour. */
START_TEST(outbound_flow_is_recovered_as_soon_as_any)
{
	struct ua_reg_event ev;
	uint64_t ms = 1000;
	int i;

	(void)regbed_bind(&bed, REGBED_OURS "Require: outbound\n");
	regbed_wait(&bed);
	for (i = 0; i < 10; i++) {
		mem_deref(regbed_sent(&bed));
		ua_reg_failed(bed.reg, bed.now, ETIMEDOUT);
		ev = regbed_event(&bed, UA_REG_FAILED);
		ck_assert_uint_le(ev.retry_ms, ms * 5 / 4);
		ck_assert_uint_ge(ev.retry_ms, ms * 3 / 4);
		ms = ms < 30000 ? 2 * ms : 60000;
		while (ua_reg_state(bed.reg) == UA_REG_WAITING)
			regbed_wait(&bed);
	}
}
END_TEST


START_TEST(interval_that_is_always_too_brief_is_a_failure)
{
	int i;

	for (i = 0; i < 3; i++) {
		char header[32];

		(void)re_snprintf(header, sizeof(header), "Min-Expires: %d\n",
				  400 + i);
		regbed_reply(&bed, "423 Interval Too Brief", header);
	}
	regbed_reply(&bed, "423 Interval Too Brief", "Min-Expires: 500\n");
	ck_assert_uint_eq(423, regbed_event(&bed, UA_REG_FAILED).code);
}
END_TEST


Suite *ua_suite_regpace(void)
{
	Suite *s = suite_create("regpace");
	TCase *tc = tcase_create("regpace");

	tcase_add_checked_fixture(tc, setup, regbed_teardown);
	tcase_add_test(tc,
		       limiter_lets_a_burst_through_and_then_one_at_a_time);
	tcase_add_loop_test(tc,
			    registrar_that_says_the_same_for_ever_is_no_storm,
			    0, NDEED);
	tcase_add_loop_test(tc, registrar_that_says_anything_is_no_storm, 0,
			    20);
	tcase_add_test(tc, impatient_owner_is_no_storm);
	tcase_add_test(tc, what_the_limiter_holds_goes_at_the_deadline);
	tcase_add_test(tc, another_network_need_not_wait);
	tcase_add_test(tc, goodbye_goes_even_after_a_storm);
	tcase_add_loop_test(
		tc, short_expiry_is_refreshed_in_time_or_at_the_rate, 0, 5);
	tcase_add_test(tc, phones_are_not_in_step);
	tcase_add_loop_test(tc, retry_after_is_obeyed_within_an_hour, 0,
			    (int)(sizeof(laters) / sizeof(*laters)));
	tcase_add_test(tc, failed_flow_is_tried_at_once_once);
	tcase_add_test(tc, outbound_flow_is_recovered_as_soon_as_any);
	tcase_add_test(tc, interval_that_is_always_too_brief_is_a_failure);
	suite_add_tcase(s, tc);

	return s;
}
