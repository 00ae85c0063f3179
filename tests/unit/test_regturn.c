/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_regturn.c  A crowd that registers at once */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/addr.h"
#include "base/clock.h"
#include "oom.h"
#include "sip/regline.h"
#include "sip/regturn.h"
#include "sipbed.h"

Suite *ua_suite_regturn(void);

enum { LINES = 200, GOT = 2 * LINES, PATIENCE_MS = 3000 };

/** A registrar that keeps what it got, and answers when it is told to */
struct registrar {
	struct sipbed_peer peer;
	struct sip_msg *msgv[GOT];
	size_t n;
	bool answers; /* At once */
};

static struct ua_endpoint *ep;
static struct registrar regv[2];
static struct ua_regline *linev[LINES];
static size_t registered;
static size_t gone;


static void answer(struct registrar *reg, const struct sip_msg *msg)
{
	sipbed_reply(&reg->peer, msg, "200 OK", "s", "Expires: 300\r\n", NULL);
}


static void on_datagram(const struct sa *src, struct mbuf *mb, void *arg)
{
	struct registrar *reg = arg;

	reg->peer.from = *src;
	ck_assert_uint_lt(reg->n, GOT);
	ck_assert_int_eq(0, sip_msg_decode(&reg->msgv[reg->n], mb));
	if (reg->answers)
		answer(reg, reg->msgv[reg->n]);
	++reg->n;
}


static void on_event(struct ua_regline *line, const struct ua_reg_event *ev,
		     const struct ua_addr *local, void *arg)
{
	(void)line;
	(void)local;
	(void)arg;

	if (ev->type == UA_REG_REGISTERED)
		++registered;
	else if (ev->type == UA_REG_UNREGISTERED)
		++gone;
}


static void registrar_open(struct registrar *reg, bool answers)
{
	reg->answers = answers;
	ck_assert_int_eq(0, sa_set_str(&reg->peer.local, "127.0.0.1", 0));
	ck_assert_int_eq(0, udp_listen(&reg->peer.us, &reg->peer.local,
				       on_datagram, reg));
	ck_assert_int_eq(0, udp_local_get(reg->peer.us, &reg->peer.local));
}


static void registrar_close(struct registrar *reg)
{
	size_t i;

	for (i = 0; i < reg->n; i++)
		mem_deref(reg->msgv[i]);
	mem_deref(reg->peer.us);
}


/* Its guard looks at the socket by then, and has made room for a crowd: an
   answer comes after the guard's own knock. */
static void wait_for_guard(void)
{
	struct sipbed_peer peer;

	sipbed_open(&peer);
	sipbed_send(&peer, ua_endpoint_local(ep),
		    "OPTIONS sip:%J SIP/2.0\r\n"
		    "Via: SIP/2.0/UDP %J;branch=z9hG4bKknock;rport\r\n"
		    "From: <sip:bob@example.com>;tag=bob\r\n"
		    "To: <sip:alice@example.com>\r\n"
		    "Call-ID: knock\r\n"
		    "CSeq: 1 OPTIONS\r\n"
		    "Max-Forwards: 70\r\n"
		    "Content-Length: 0\r\n\r\n",
		    &peer.local, &peer.local);
	ck_assert_ptr_nonnull(sipbed_next(&peer, PATIENCE_MS));
	sipbed_close(&peer);
}


static void setup(void)
{
	const struct ua_endpoint_conf conf = sipbed_conf();

	memset(regv, 0, sizeof(regv));
	memset(linev, 0, sizeof(linev));
	registered = gone = 0;
	ck_assert_int_eq(0, ua_endpoint_alloc(&ep, &conf));
	registrar_open(&regv[0], true);
	registrar_open(&regv[1], true);
	wait_for_guard();
}


static void lines_free(void)
{
	size_t i;

	for (i = 0; i < LINES; i++)
		linev[i] = mem_deref(linev[i]);
}


static void teardown(void)
{
	lines_free();
	ep = mem_deref(ep);
	registrar_close(&regv[0]);
	registrar_close(&regv[1]);
}


static struct ua_hop hop_of(const struct registrar *reg)
{
	struct ua_hop hop = { .tp = UA_TP_UDP };

	ua_addr_from_sa(&hop.addr, &reg->peer.local);

	return hop;
}


static void line_start(size_t i, const struct registrar *reg)
{
	struct ua_regline_conf conf = {
		.registrar = "sip:example.com",
		.h = on_event,
		.hop = hop_of(reg),
	};
	char contact[UA_ENDPOINT_URI_MAX];
	char aor[64];

	(void)snprintf(aor, sizeof(aor), "sip:%zu@example.com", i);
	ck_assert_int_eq(0, ua_endpoint_contact(ep, contact, "u", UA_TP_UDP));
	conf.aor = aor;
	conf.contact = contact;
	ck_assert_int_eq(0, ua_regline_alloc(&linev[i], ep, &conf));
}


static void lines_start(size_t first, size_t end, const struct registrar *reg)
{
	for (; first < end; first++)
		line_start(first, reg);
}


/* Whose REGISTER it is */
static size_t line_of(const struct sip_msg *msg)
{
	return pl_u32(&msg->from.uri.user);
}


static bool all_registered(void *arg)
{
	return registered >= *(const size_t *)arg;
}


static void expect_registered(size_t want)
{
	ck_assert_msg(sipbed_run(all_registered, &want, PATIENCE_MS),
		      "%zu of %zu are registered", registered, want);
	ck_assert_uint_eq(want, registered);
}


static bool has_got(void *arg)
{
	const size_t *want = arg;

	return regv[0].n >= *want;
}


static void expect_got(size_t want, uint32_t ms)
{
	ck_assert_msg(sipbed_run(has_got, &want, ms), "%zu of %zu came",
		      regv[0].n, want);
	ck_assert_uint_eq(want, regv[0].n);
}


static void expect_none(void)
{
	const size_t n = regv[0].n;

	/* Nothing comes in this time. */
	(void)sipbed_run(NULL, NULL, 50);
	ck_assert_uint_eq(n, regv[0].n);
}


START_TEST(crowd_registers_in_order_and_nothing_is_lost)
{
	size_t i;

	lines_start(0, LINES, &regv[0]);
	expect_registered(LINES);
	expect_none();
	ck_assert_uint_eq(LINES, regv[0].n);
	for (i = 0; i < LINES; i++)
		ck_assert_uint_eq(i, line_of(regv[0].msgv[i]));

	/* The machine woke up. */
	for (i = 0; i < LINES; i++)
		ua_regline_restart(linev[i]);
	ck_assert_uint_eq(UA_REGTURN_MAX, ua_endpoint_busy(ep));
	expect_registered(2 * LINES);
	ck_assert_uint_eq(2 * LINES, regv[0].n);
	for (i = 0; i < LINES; i++)
		ck_assert_uint_eq(i, line_of(regv[0].msgv[LINES + i]));
}
END_TEST


START_TEST(who_has_room_is_sent_at_once_and_the_next_by_an_answer)
{
	size_t i;

	regv[0].answers = false;
	for (i = 0; i < UA_REGTURN_MAX; i++) {
		line_start(i, &regv[0]);
		/* Before the loop runs */
		ck_assert_uint_eq(i + 1, ua_endpoint_busy(ep));
	}

	lines_start(UA_REGTURN_MAX, UA_REGTURN_MAX + 3, &regv[0]);
	ck_assert_uint_eq(UA_REGTURN_MAX, ua_endpoint_busy(ep));
	expect_got(UA_REGTURN_MAX, PATIENCE_MS);
	expect_none();
	ck_assert_uint_eq(0, ua_regline_silent_ms(linev[UA_REGTURN_MAX]));

	answer(&regv[0], regv[0].msgv[5]);
	expect_got(UA_REGTURN_MAX + 1, 300);
	ck_assert_uint_eq(UA_REGTURN_MAX,
			  line_of(regv[0].msgv[UA_REGTURN_MAX]));
	expect_none();
	ck_assert_uint_ge(ua_regline_silent_ms(linev[UA_REGTURN_MAX]), 40);

	/* One that goes makes room as well. */
	linev[7] = mem_deref(linev[7]);
	expect_got(UA_REGTURN_MAX + 2, 300);
	ck_assert_uint_eq(UA_REGTURN_MAX + 1,
			  line_of(regv[0].msgv[UA_REGTURN_MAX + 1]));
}
END_TEST


START_TEST(one_that_must_ask_again_keeps_its_turn)
{
	const struct sip_msg *msg;
	size_t i;

	regv[0].answers = false;
	lines_start(0, UA_REGTURN_MAX + 1, &regv[0]);
	expect_got(UA_REGTURN_MAX, PATIENCE_MS);
	sipbed_reply(&regv[0].peer, regv[0].msgv[0], "423 Too Brief", "s",
		     "Min-Expires: 600\r\n", NULL);
	expect_got(UA_REGTURN_MAX + 1, 300);
	ck_assert_uint_eq(0, line_of(regv[0].msgv[UA_REGTURN_MAX]));
	expect_none();

	msg = regv[0].msgv[UA_REGTURN_MAX];
	answer(&regv[0], msg);
	expect_got(UA_REGTURN_MAX + 2, 300);
	i = line_of(regv[0].msgv[UA_REGTURN_MAX + 1]);
	ck_assert_uint_eq(UA_REGTURN_MAX, i);
}
END_TEST


START_TEST(dead_server_does_not_hold_those_of_another)
{
	regv[0].answers = false;
	lines_start(0, LINES / 2, &regv[0]);
	lines_start(LINES / 2, LINES, &regv[1]);
	expect_registered(LINES / 2);
	ck_assert_uint_eq(LINES / 2, regv[1].n);
}
END_TEST


/* The last copies have left at 3.5 s, the next ones would at 7.5 s. */
START_TEST(silence_holds_the_others_for_four_seconds)
{
	const uint64_t start_ms = ua_clock_ms();
	size_t want = LINES - UA_REGTURN_MAX;
	uint64_t ms;

	regv[0].answers = false;
	lines_start(0, LINES, &regv[0]);
	/* Nobody is answered in this time. */
	(void)sipbed_run(NULL, NULL, UA_REGTURN_SILENT_MS - 300);
	ck_assert_uint_eq(0, registered);
	regv[0].answers = true;
	ck_assert(sipbed_run(all_registered, &want, 1000));
	ms = ua_clock_ms() - start_ms;
	ck_assert_uint_ge(ms, UA_REGTURN_SILENT_MS);
	ck_assert_uint_lt(ms, UA_REGTURN_SILENT_MS + 1000);
}
END_TEST


START_TEST(goodbye_waits_for_nobody)
{
	regv[0].answers = true;
	line_start(0, &regv[0]);
	expect_registered(1);

	regv[0].answers = false;
	lines_start(1, UA_REGTURN_MAX + 3, &regv[0]);
	expect_got(1 + UA_REGTURN_MAX, PATIENCE_MS);
	ua_regline_stop(linev[0]);
	expect_got(2 + UA_REGTURN_MAX, 300);
	ck_assert_uint_eq(0, line_of(regv[0].msgv[1 + UA_REGTURN_MAX]));
	ck_assert_str_eq(
		"0", siptext_hdr(regv[0].msgv[1 + UA_REGTURN_MAX], "Expires"));
}
END_TEST


/* Whoever waits may think better of it. */
START_TEST(one_that_waits_can_go)
{
	const struct ua_hop other = hop_of(&regv[1]);
	const size_t first = UA_REGTURN_MAX;
	char contact[UA_ENDPOINT_URI_MAX];

	regv[0].answers = false;
	lines_start(0, first + 5, &regv[0]);
	expect_got(first, PATIENCE_MS);

	/* No network, gone, another server, away */
	ua_regline_hold(linev[first]);
	linev[first + 1] = mem_deref(linev[first + 1]);
	ck_assert_int_eq(0, ua_endpoint_contact(ep, contact, "u", UA_TP_UDP));
	ck_assert_int_eq(
		0, ua_regline_move(linev[first + 2], ep, &other, contact));
	ua_regline_stop(linev[first + 3]);
	expect_registered(1);
	ck_assert_uint_eq(1, regv[1].n);
	ck_assert_uint_eq(first + 2, line_of(regv[1].msgv[0]));
	ck_assert_uint_eq(first + 1, regv[0].n);
	ck_assert_uint_eq(first + 3, line_of(regv[0].msgv[first]));

	/* The only one that is left waits still. */
	answer(&regv[0], regv[0].msgv[0]);
	expect_got(first + 2, 300);
	ck_assert_uint_eq(first + 4, line_of(regv[0].msgv[first + 1]));
}
END_TEST


static void on_turn(void *arg)
{
	++*(unsigned *)arg;
}


START_TEST(without_memory_nobody_waits)
{
	const struct ua_hop hop = hop_of(&regv[0]);
	struct ua_regturn turn;
	unsigned turns = 0;
	bool mine;

	if (!ua_oom_works())
		return;

	ua_regturn_init(&turn, on_turn, &turns);
	ua_oom_limit(0);
	mine = ua_regturn_take(&turn, ep, &hop);
	ua_oom_limit(-1);
	ck_assert(mine);
	ck_assert(!ua_regturn_waits(&turn));
	ua_regturn_leave(&turn);

	/* Nobody is called, then or later. */
	(void)sipbed_run(NULL, NULL, 20);
	ck_assert_uint_eq(0, turns);
}
END_TEST


Suite *ua_suite_regturn(void)
{
	Suite *s = suite_create("regturn");
	TCase *tc = tcase_create("regturn");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 20);
	tcase_add_test(tc, crowd_registers_in_order_and_nothing_is_lost);
	tcase_add_test(tc,
		       who_has_room_is_sent_at_once_and_the_next_by_an_answer);
	tcase_add_test(tc, one_that_must_ask_again_keeps_its_turn);
	tcase_add_test(tc, dead_server_does_not_hold_those_of_another);
	tcase_add_test(tc, silence_holds_the_others_for_four_seconds);
	tcase_add_test(tc, goodbye_waits_for_nobody);
	tcase_add_test(tc, one_that_waits_can_go);
	tcase_add_test(tc, without_memory_nobody_waits);
	suite_add_tcase(s, tc);

	return s;
}
