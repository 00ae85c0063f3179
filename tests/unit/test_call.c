/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_call.c  Calls between two agents, and with a peer by the letter
 */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/impl.h"
#include "oom.h"
#include "rig.h"

Suite *ua_suite_call(void);

enum { TONE_A = 700, TONE_B = 440, TALK_MS = 300 };

static struct rig a, b;


static const char *file(const char *name)
{
	static char buf[4][128];
	static unsigned i;

	i = (i + 1) % 4;
	(void)snprintf(buf[i], sizeof(buf[i]), "file:%s/%s", rig_dir(), name);

	return buf[i];
}


static const char *path(const char *name)
{
	return file(name) + strlen("file:");
}


static void open_both(void)
{
	rig_open(&a, NULL);
	rig_open(&b, NULL);
}


static void close_both(void)
{
	rig_close(&a);
	rig_close(&b);
}


/* ------------------------------ events ----------------------------- */


START_TEST(events_come_in_the_order_of_the_contract)
{
	const struct rig_event *e;
	struct ua_ice_info info;

	open_both();
	rig_call(&a, &b, NULL, NULL);
	rig_answer(&a, &b, NULL, NULL);
	rig_talk(&a, &b, 100);
	ck_assert_int_eq(0, ua_call_path(a.call, &info));
	ck_assert_int_eq(UA_CAND_HOST, info.local.type);
	ck_assert(!info.relay);
	rig_bye(&a, &b);

	ck_assert_uint_lt(rig_at(&a, UA_EVENT_ICE_GATHERED),
			  rig_at(&a, UA_EVENT_CALLING));
	ck_assert_uint_lt(rig_at(&a, UA_EVENT_CALLING),
			  rig_at(&a, UA_EVENT_PROGRESS));
	ck_assert_uint_lt(rig_at(&a, UA_EVENT_PROGRESS),
			  rig_at(&a, UA_EVENT_ANSWERED));
	ck_assert_uint_lt(rig_at(&a, UA_EVENT_ICE_REMOTE),
			  rig_at(&a, UA_EVENT_ICE_CONNECTED));
	ck_assert_uint_lt(rig_at(&a, UA_EVENT_ICE_CONNECTED),
			  rig_at(&a, UA_EVENT_MEDIA_SENT));
	ck_assert_uint_lt(rig_at(&a, UA_EVENT_ANSWERED),
			  rig_at(&a, UA_EVENT_MEDIA_HEARD));
	ck_assert_uint_eq(a.n - 1, rig_at(&a, UA_EVENT_CLOSED));

	ck_assert_uint_eq(0, rig_at(&b, UA_EVENT_INCOMING));
	ck_assert_uint_lt(rig_at(&b, UA_EVENT_ICE_GATHERED),
			  rig_at(&b, UA_EVENT_ANSWERED));
	ck_assert_uint_eq(b.n - 1, rig_at(&b, UA_EVENT_CLOSED));

	e = rig_find(&a, UA_EVENT_PROGRESS);
	ck_assert_uint_eq(180, e->ev.code);
	ck_assert(!e->ev.early_media);
	ck_assert_uint_eq(200, rig_find(&a, UA_EVENT_ANSWERED)->ev.code);

	e = rig_find(&a, UA_EVENT_CLOSED);
	ck_assert_int_eq(UA_BY_LOCAL, e->ev.by);
	ck_assert_double_gt(e->ev.duration_s, 0.05);
	ck_assert_int_eq(UA_BY_REMOTE, rig_find(&b, UA_EVENT_CLOSED)->ev.by);

	/* One of each but for the path, which may improve. */
	ck_assert_uint_eq(1, rig_count(&a, UA_EVENT_CALLING));
	ck_assert_uint_eq(1, rig_count(&a, UA_EVENT_ANSWERED));
	ck_assert_uint_eq(1, rig_count(&a, UA_EVENT_MEDIA_SENT));
	ck_assert_uint_eq(1, rig_count(&a, UA_EVENT_MEDIA_HEARD));
	ck_assert_uint_eq(1, rig_count(&a, UA_EVENT_CLOSED));
	ck_assert_uint_eq(1, rig_count(&b, UA_EVENT_INCOMING));
	ck_assert_uint_eq(1, rig_count(&b, UA_EVENT_CLOSED));
	close_both();
}
END_TEST


static bool is_nominated(void *arg)
{
	const struct rig *rig = arg;
	size_t i;

	for (i = 0; i < rig->n; i++) {
		if (rig->evv[i].ev.type == UA_EVENT_ICE_CONNECTED &&
		    rig->evv[i].ev.ice.nominated)
			return true;
	}

	return false;
}


START_TEST(path_is_nominated_at_both_ends)
{
	open_both();
	rig_call(&a, &b, NULL, NULL);
	rig_answer(&a, &b, NULL, NULL);
	rig_wait(is_nominated, &a);
	rig_wait(is_nominated, &b);
	rig_bye(&b, &a);
	close_both();
}
END_TEST


START_TEST(call_can_be_asked_about_itself)
{
	struct ua_call_stats stats;
	struct ua_ice_info info;

	open_both();
	ck_assert_ptr_null(ua_call_next(a.agent, NULL));
	rig_call(&a, &b, NULL, NULL);

	ck_assert_ptr_eq(a.call, ua_call_next(a.agent, NULL));
	ck_assert_ptr_null(ua_call_next(a.agent, a.call));
	ck_assert_ptr_eq(a.call,
			 ua_call_find(a.agent, ua_call_number(a.call)));
	ck_assert_ptr_null(ua_call_find(a.agent, 77));
	ck_assert(!ua_call_incoming(a.call));
	ck_assert(ua_call_incoming(b.call));
	ck_assert_ptr_null(ua_call_account(a.call));
	ck_assert_str_eq(rig_uri(&b, NULL), ua_call_peer(a.call));
	ck_assert_str_eq(rig_uri(&a, NULL), ua_call_peer(b.call));
	ck_assert_ptr_nonnull(strstr(ua_call_local_uri(a.call), "127.0.0.1"));
	ck_assert_str_eq(ua_call_id(a.call), ua_call_id(b.call));
	ck_assert_int_eq(UA_CALL_RINGING, ua_call_state(b.call));
	ck_assert_int_eq(ENOTCONN, ua_call_path(a.call, &info));
	ua_call_stats(a.call, &stats);
	ck_assert_ptr_null(stats.codec);

	rig_answer(&a, &b, NULL, NULL);
	ck_assert_int_eq(UA_CALL_UP, ua_call_state(a.call));
	ck_assert_int_eq(UA_CALL_UP, ua_call_state(b.call));
	ua_call_stats(a.call, &stats);
	ck_assert_ptr_nonnull(stats.codec);
	rig_bye(&a, &b);
	ck_assert_ptr_null(ua_call_next(a.agent, NULL));
	close_both();
}
END_TEST


/* ------------------------------ media ------------------------------ */


START_TEST(both_hear_the_other)
{
	struct ua_call_stats stats;

	open_both();
	rig_call(&a, &b, "tone:700", file("a.wav"));
	rig_answer(&a, &b, "tone:440", file("b.wav"));
	rig_talk(&a, &b, TALK_MS);

	ua_call_stats(a.call, &stats);
	ck_assert_uint_ge(stats.tx_packets, TALK_MS / 20);
	ck_assert_uint_ge(stats.rx_packets, TALK_MS / 20);
	ck_assert_uint_eq(0, stats.rx_lost);
	ck_assert_double_gt(stats.mos, 3.5);
	rig_bye(&a, &b);

	ck_assert_double_ge(rig_tone_s(path("a.wav"), TONE_B),
			    TALK_MS / 1e3 - 0.2);
	ck_assert_double_ge(rig_tone_s(path("b.wav"), TONE_A),
			    TALK_MS / 1e3 - 0.2);
	ck_assert_double_eq(0, rig_tone_s(path("a.wav"), TONE_A));
	close_both();
}
END_TEST


START_TEST(every_codec_carries_a_tone)
{
	size_t n;
	const struct ua_codec *const *table = ua_codec_table(&n);
	const struct rig_event *e;
	struct ua_agent_conf conf;
	char name[48];

	if ((size_t)_i >= n)
		return;

	rig_conf(&conf);
	conf.codecs = &table[_i];
	conf.ncodec = 1;
	rig_open(&a, &conf);
	rig_open(&b, NULL);
	rig_call(&a, &b, "tone:700", NULL);
	rig_answer(&a, &b, NULL, file("b.wav"));
	rig_talk(&a, &b, TALK_MS);
	rig_bye(&a, &b);

	(void)snprintf(name, sizeof(name), "%s/%u", table[_i]->name,
		       table[_i]->clock_hz);
	e = rig_find(&b, UA_EVENT_MEDIA_HEARD);
	ck_assert_str_eq(name, e->ev.codec);
	ck_assert_double_ge(rig_tone_s(path("b.wav"), TONE_A),
			    TALK_MS / 1e3 - 0.2);
	close_both();
}
END_TEST


START_TEST(what_the_caller_likes_best_is_spoken)
{
	const struct ua_codec *forth[2] = { ua_codec_find("pcmu"),
					    ua_codec_find("pcma") };
	const struct ua_codec *back[2] = { forth[1], forth[0] };
	struct ua_agent_conf conf;

	rig_conf(&conf);
	conf.ncodec = 2;
	conf.codecs = forth;
	rig_open(&a, &conf);
	conf.codecs = back;
	rig_open(&b, &conf);

	rig_call(&a, &b, NULL, NULL);
	rig_answer(&a, &b, NULL, NULL);
	ck_assert_str_eq("pcmu/8000",
			 rig_expect(&a, UA_EVENT_MEDIA_HEARD)->codec);
	ck_assert_str_eq("pcmu/8000",
			 rig_expect(&b, UA_EVENT_MEDIA_HEARD)->codec);
	rig_bye(&a, &b);
	close_both();
}
END_TEST


START_TEST(without_a_common_codec_it_is_refused)
{
	const struct ua_codec *pcmu = ua_codec_find("pcmu");
	const struct ua_codec *pcma = ua_codec_find("pcma");
	struct ua_agent_conf conf;
	struct ua_call_conf cconf;
	const struct rig_event *e;

	rig_conf(&conf);
	conf.ncodec = 1;
	conf.codecs = &pcmu;
	rig_open(&a, &conf);
	conf.codecs = &pcma;
	rig_open(&b, &conf);

	ua_call_conf_default(&cconf);
	API(ck_assert_int_eq(0, ua_call_connect(NULL, a.agent, NULL,
						rig_uri(&b, NULL), &cconf,
						NULL)));
	e = rig_expect(&a, UA_EVENT_CLOSED);
	ck_assert_uint_eq(488, e->ev.code);
	ck_assert_int_eq(UA_BY_REMOTE, e->ev.by);
	ck_assert_uint_eq(0, b.n);
	close_both();
}
END_TEST


static bool three_digits(void *arg)
{
	return rig_count(arg, UA_EVENT_DTMF) == 3;
}


static void check_digits(struct rig *rig, const char *digits)
{
	rig_wait(three_digits, rig);
	rig->read = 0;
	for (; *digits; digits++)
		ck_assert_int_eq(*digits,
				 rig_expect(rig, UA_EVENT_DTMF)->ev.digit);
}


START_TEST(digits_go_both_ways)
{
	char many[66];

	open_both();
	rig_call(&a, &b, NULL, NULL);
	ck_assert_int_eq(EPROTO, ua_call_dtmf(a.call, "1"));
	rig_answer(&a, &b, NULL, NULL);
	rig_talk(&a, &b, 20);

	memset(many, '1', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	API(ck_assert_int_eq(ENOSPC, ua_call_dtmf(a.call, many)));
	API(ck_assert_int_eq(EINVAL, ua_call_dtmf(a.call, "12x")));
	API(ck_assert_int_eq(0, ua_call_dtmf(a.call, "1*D")));
	API(ck_assert_int_eq(0, ua_call_dtmf(b.call, "#00")));
	check_digits(&a, "#00");
	check_digits(&b, "1*D");
	rig_bye(&a, &b);
	close_both();
}
END_TEST


START_TEST(muted_call_sends_silence)
{
	open_both();
	rig_call(&a, &b, "tone:700", NULL);
	API(ua_call_mute(a.call, true));
	rig_answer(&a, &b, "tone:440", file("b.wav"));
	rig_talk(&a, &b, TALK_MS);
	rig_bye(&a, &b);
	ck_assert_double_ge(rig_file_s(path("b.wav")), TALK_MS / 1e3);
	ck_assert_double_eq(0, rig_tone_s(path("b.wav"), TONE_A));
	close_both();
}
END_TEST


START_TEST(call_is_heard_again_after_mute)
{
	open_both();
	rig_call(&a, &b, "tone:700", NULL);
	API(ua_call_mute(a.call, true));
	rig_answer(&a, &b, NULL, file("b.wav"));
	API(ua_call_mute(a.call, false));
	rig_talk(&a, &b, TALK_MS);
	rig_bye(&a, &b);
	ck_assert_double_ge(rig_tone_s(path("b.wav"), TONE_A), 0.1);
	close_both();
}
END_TEST


START_TEST(recording_has_both_sides)
{
	struct ua_call_conf conf;
	char rec[128];

	open_both();
	str_ncpy(rec, path("rec%d.wav"), sizeof(rec));
	rig_call(&a, &b, "tone:700", NULL);
	ua_call_conf_default(&conf);
	conf.source = "tone:440";
	conf.record = rec;
	API(ck_assert_int_eq(0, ua_call_answer(b.call, &conf, b.errstr)));
	(void)rig_expect(&a, UA_EVENT_ANSWERED);
	rig_talk(&a, &b, TALK_MS);
	rig_bye(&a, &b);

	/* Each is half of the energy, about. */
	ck_assert_double_ge(rig_file_s(path("rec1.wav")), TALK_MS / 1e3);
	ck_assert_double_lt(rig_tone_s(path("rec1.wav"), 1000), 0.01);
	close_both();
}
END_TEST


/* ------------------------------ policies --------------------------- */


START_TEST(one_side_without_ice_is_enough_for_none)
{
	struct ua_agent_conf conf;
	struct ua_ice_info info;

	/* 0: the caller, 1: the callee, 2: both */
	rig_conf(&conf);
	conf.ice = _i == 1 ? UA_ICE_FULL : UA_ICE_OFF;
	rig_open(&a, &conf);
	conf.ice = _i == 0 ? UA_ICE_FULL : UA_ICE_OFF;
	rig_open(&b, &conf);

	rig_call(&a, &b, "tone:700", NULL);
	rig_answer(&a, &b, "tone:440", file("b.wav"));
	rig_talk(&a, &b, TALK_MS);
	ck_assert_int_eq(0, ua_call_path(a.call, &info));
	ck_assert(ua_addr_is_loopback(&info.remote.addr));
	rig_bye(&b, &a);

	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_ICE_CONNECTED));
	ck_assert_uint_eq(0, rig_count(&b, UA_EVENT_ICE_CONNECTED));
	ck_assert_uint_eq(_i == 1, rig_count(&a, UA_EVENT_ICE_GATHERED));
	ck_assert_double_ge(rig_tone_s(path("b.wav"), TONE_A),
			    TALK_MS / 1e3 - 0.2);
	close_both();
}
END_TEST


START_TEST(no_more_calls_than_allowed)
{
	struct ua_agent_conf conf;
	struct ua_call_conf cconf;
	const struct rig_event *e;
	struct ua_call *first;

	rig_conf(&conf);
	rig_open(&a, &conf);
	conf.max_calls = 1;
	rig_open(&b, &conf);
	ua_call_conf_default(&cconf);

	rig_call(&a, &b, NULL, NULL);
	first = a.call;
	API(ck_assert_int_eq(EMFILE, ua_call_connect(NULL, b.agent, NULL,
						     rig_uri(&a, NULL), &cconf,
						     b.errstr)));
	ck_assert_str_eq("1 calls are up: no more is allowed", b.errstr);

	API(ck_assert_int_eq(0, ua_call_connect(NULL, a.agent, NULL,
						rig_uri(&b, NULL), &cconf,
						NULL)));
	e = rig_expect(&a, UA_EVENT_CLOSED);
	ck_assert_uint_eq(486, e->ev.code);
	ck_assert_uint_eq(2, e->number);
	ck_assert_uint_eq(1, rig_count(&b, UA_EVENT_INCOMING));

	a.call = first;
	rig_bye(&a, &b);
	close_both();
}
END_TEST


/* ------------------------------ ends ------------------------------- */


START_TEST(either_side_may_hang_up)
{
	struct rig *from = _i ? &b : &a;
	struct rig *to = _i ? &a : &b;

	open_both();
	rig_call(&a, &b, NULL, NULL);
	rig_answer(&a, &b, NULL, NULL);
	rig_bye(from, to);
	ck_assert_int_eq(UA_BY_LOCAL, rig_find(from, UA_EVENT_CLOSED)->ev.by);
	ck_assert_int_eq(UA_BY_REMOTE, rig_find(to, UA_EVENT_CLOSED)->ev.by);
	close_both();
}
END_TEST


static enum ua_event_type hangup_at;
static unsigned hangups;


static void hangup_hook(struct rig *rig, const struct ua_event *ev)
{
	struct ua_call_conf conf;

	if (ev->type == hangup_at) {
		++hangups;
		API(ua_call_hangup(ev->call, 0, NULL));
		API(ua_call_hangup(ev->call, 0, NULL));
	}
	else if (ev->type == UA_EVENT_INCOMING) {
		ua_call_conf_default(&conf);
		API(ck_assert_int_eq(
			0, ua_call_answer(ev->call, &conf, rig->errstr)));
	}
}


static const struct {
	bool callee;
	enum ua_event_type type;
	bool unheard; /* The other side never knew of the call */
} at[] = {
	{ false, UA_EVENT_ICE_GATHERED, true },
	{ false, UA_EVENT_CALLING, true },
	{ false, UA_EVENT_PROGRESS, false },
	{ false, UA_EVENT_ANSWERED, false },
	{ false, UA_EVENT_ICE_REMOTE, false },
	{ false, UA_EVENT_ICE_CONNECTED, false },
	{ false, UA_EVENT_MEDIA_SENT, false },
	{ false, UA_EVENT_MEDIA_HEARD, false },
	{ true, UA_EVENT_INCOMING, false },
	{ true, UA_EVENT_ICE_GATHERED, false },
	{ true, UA_EVENT_ANSWERED, false },
	{ true, UA_EVENT_ICE_CONNECTED, false },
	{ true, UA_EVENT_MEDIA_SENT, false },
	{ true, UA_EVENT_MEDIA_HEARD, false },
};


START_TEST(handler_may_end_the_call_it_is_told_about)
{
	struct ua_call_conf conf;

	open_both();
	hangups = 0;
	hangup_at = at[_i].type;
	a.hook = hangup_hook;
	b.hook = hangup_hook;

	/* Only one of them may meet its event. */
	ua_call_conf_default(&conf);
	if (at[_i].callee && at[_i].type != UA_EVENT_INCOMING)
		a.hook = NULL;
	API(ck_assert_int_eq(0,
			     ua_call_connect(&a.call, a.agent, NULL,
					     rig_uri(&b, NULL), &conf, NULL)));
	(void)rig_expect(&a, UA_EVENT_CLOSED);
	if (at[_i].unheard)
		rig_linger(20);
	if (rig_count(&b, UA_EVENT_INCOMING))
		(void)rig_expect(&b, UA_EVENT_CLOSED);
	else
		ck_assert(at[_i].unheard);

	ck_assert_uint_ge(hangups, 1);
	ck_assert_uint_eq(1, rig_count(&a, UA_EVENT_CLOSED));
	ck_assert_uint_le(rig_count(&b, UA_EVENT_CLOSED), 1);
	close_both();
}
END_TEST


static struct ua_call *other;


static void other_hook(struct rig *rig, const struct ua_event *ev)
{
	(void)rig;

	if (ev->type == UA_EVENT_MEDIA_HEARD && other && ev->call != other) {
		API(ua_call_hangup(other, 0, NULL));
		other = NULL;
	}
}


static bool two_closed(void *arg)
{
	return rig_count(arg, UA_EVENT_CLOSED) == 2;
}


START_TEST(handler_may_end_another_call)
{
	struct ua_call *first;

	open_both();
	rig_call(&a, &b, NULL, NULL);
	rig_answer(&a, &b, NULL, NULL);
	first = other = a.call;
	a.hook = other_hook;

	rig_call(&a, &b, NULL, NULL);
	rig_answer(&a, &b, NULL, NULL);
	ck_assert_ptr_ne(first, a.call);
	ck_assert_uint_eq(1, rig_expect(&a, UA_EVENT_CLOSED)->number);
	ck_assert_int_eq(UA_CALL_UP, ua_call_state(a.call));
	API(ua_call_hangup(a.call, 0, NULL));
	rig_wait(two_closed, &a);
	rig_wait(two_closed, &b);
	close_both();
}
END_TEST


START_TEST(call_is_refused_with_the_code_asked_for)
{
	const uint16_t code = _i ? 486 : 0;
	const struct rig_event *e;

	open_both();
	rig_call(&a, &b, NULL, NULL);
	API(ua_call_hangup(b.call, code, NULL));
	e = rig_expect(&a, UA_EVENT_CLOSED);
	ck_assert_uint_eq(code ? code : 603, e->ev.code);
	ck_assert_int_eq(UA_BY_REMOTE, e->ev.by);
	ck_assert_str_eq(code ? "Busy Here" : "Decline", e->ev.reason);
	ck_assert_double_eq(0, e->ev.duration_s);
	e = rig_expect(&b, UA_EVENT_CLOSED);
	ck_assert_int_eq(UA_BY_LOCAL, e->ev.by);
	close_both();
}
END_TEST


START_TEST(caller_cancels_while_it_rings)
{
	open_both();
	rig_call(&a, &b, NULL, NULL);
	(void)rig_expect(&a, UA_EVENT_PROGRESS);
	rig_bye(&a, &b);
	ck_assert_int_eq(UA_BY_LOCAL, rig_find(&a, UA_EVENT_CLOSED)->ev.by);
	ck_assert_int_eq(UA_BY_REMOTE, rig_find(&b, UA_EVENT_CLOSED)->ev.by);
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_ANSWERED));
	close_both();
}
END_TEST


START_TEST(call_ended_before_its_invite_is_never_heard_of)
{
	struct ua_call_conf conf;

	open_both();
	ua_call_conf_default(&conf);
	API(ck_assert_int_eq(0,
			     ua_call_connect(&a.call, a.agent, NULL,
					     rig_uri(&b, NULL), &conf, NULL)));
	ck_assert_int_eq(UA_CALL_RESOLVING, ua_call_state(a.call));
	API(ua_call_hangup(a.call, 0, NULL));
	ck_assert_int_eq(UA_BY_LOCAL, rig_expect(&a, UA_EVENT_CLOSED)->ev.by);
	rig_linger(20);
	ck_assert_uint_eq(1, a.n);
	ck_assert_uint_eq(0, b.n);
	close_both();
}
END_TEST


START_TEST(call_is_answered_long_after_candidates_were_gathered)
{
	open_both();
	rig_call(&a, &b, NULL, NULL);
	(void)rig_expect(&b, UA_EVENT_ICE_GATHERED);
	rig_linger(150);
	rig_answer(&a, &b, NULL, NULL);
	rig_talk(&a, &b, 100);
	rig_bye(&a, &b);
	close_both();
}
END_TEST


START_TEST(nobody_there_ends_it_with_words)
{
	struct ua_call_conf conf;
	const struct rig_event *e;
	char uri[128];

	open_both();
	(void)snprintf(uri, sizeof(uri), "%s;transport=tcp",
		       rig_uri(&b, NULL));
	rig_close(&b);

	ua_call_conf_default(&conf);
	API(ck_assert_int_eq(
		0, ua_call_connect(&a.call, a.agent, NULL, uri, &conf, NULL)));
	e = rig_expect(&a, UA_EVENT_CLOSED);
	ck_assert_int_eq(UA_BY_ERROR, e->ev.by);
	ck_assert_uint_eq(0, e->ev.code);
	ck_assert_ptr_nonnull(strstr(e->reason, "unreachable"));
	rig_close(&a);
}
END_TEST


/* clang-format off */
static const struct {
	const char *uri;
	const char *source;
	const char *sink;
	const char *named;
} wrong[] = {
	{ "",                    NULL,          NULL,      "sip:user@host" },
	{ "sips:",               NULL,          NULL,      "sip:user@host" },
	{ "sips:b@127.0.0.1;transport=udp", NULL, NULL,    "udp, tcp or tls" },
	{ "TEL:+123",            NULL,          NULL,      "sip:user@host" },
	{ "sip:b@127.0.0.1;transport=sctp", NULL, NULL,    "udp, tcp or tls" },
	{ "sip:127.0.0.1",       "bell",        NULL,      "bell" },
	{ "sip:127.0.0.1",       "file:/nosuch/f.wav", NULL, "/nosuch/f.wav" },
	{ "sip:127.0.0.1",       NULL,          "tone:1",  "tone:1" },
};
/* clang-format on */


START_TEST(bad_argument_of_a_call_is_named)
{
	struct ua_call_conf conf;

	rig_open(&a, NULL);
	ua_call_conf_default(&conf);
	conf.source = wrong[_i].source;
	conf.sink = wrong[_i].sink;
	API(ck_assert_int_eq(EINVAL,
			     ua_call_connect(&a.call, a.agent, NULL,
					     wrong[_i].uri, &conf, a.errstr)));
	ck_assert_ptr_null(a.call);
	ck_assert_ptr_null(ua_call_next(a.agent, NULL));
	ck_assert_msg(strstr(a.errstr, wrong[_i].named) != NULL, "%s",
		      a.errstr);
	rig_linger(5);
	ck_assert_uint_eq(0, a.n);
	rig_close(&a);
}
END_TEST


START_TEST(bad_answer_leaves_it_ringing)
{
	struct ua_call_conf conf;

	open_both();
	rig_call(&a, &b, NULL, NULL);
	ua_call_conf_default(&conf);
	API(ck_assert_int_eq(EPROTO, ua_call_answer(a.call, &conf, NULL)));

	conf.source = "bell";
	API(ck_assert_int_eq(EINVAL, ua_call_answer(b.call, &conf, b.errstr)));
	ck_assert_ptr_nonnull(strstr(b.errstr, "bell"));
	ck_assert_int_eq(UA_CALL_RINGING, ua_call_state(b.call));

	rig_answer(&a, &b, NULL, NULL);
	API(ck_assert_int_eq(EPROTO, ua_call_answer(b.call, &conf, NULL)));
	rig_bye(&a, &b);
	close_both();
}
END_TEST


START_TEST(stopping_agent_hangs_up_and_takes_no_more)
{
	struct ua_call_conf conf;

	open_both();
	rig_call(&a, &b, NULL, NULL);
	rig_answer(&a, &b, NULL, NULL);
	API(ua_agent_stop(a.agent));
	ua_call_conf_default(&conf);
	API(ck_assert_int_eq(EPROTO,
			     ua_call_connect(NULL, a.agent, NULL,
					     rig_uri(&b, NULL), &conf, NULL)));

	/* Both are on this loop. */
	ck_assert_int_eq(0, ua_run(a.agent));
	ck_assert_double_lt(ua_agent_time(a.agent), UA_STOP_MS / 1e3);
	ck_assert_int_eq(UA_BY_LOCAL, rig_expect(&a, UA_EVENT_CLOSED)->ev.by);
	ck_assert_int_eq(UA_BY_REMOTE, rig_expect(&b, UA_EVENT_CLOSED)->ev.by);
	close_both();
}
END_TEST


START_TEST(stopping_agent_ends_calls_that_have_not_begun)
{
	struct ua_call_conf conf;

	open_both();
	rig_call(&a, &b, NULL, NULL);
	ua_call_conf_default(&conf);
	API(ck_assert_int_eq(0,
			     ua_call_connect(NULL, b.agent, NULL,
					     rig_uri(&a, NULL), &conf, NULL)));
	API(ck_assert_int_eq(0,
			     ua_call_connect(NULL, b.agent, NULL,
					     rig_uri(&a, NULL), &conf, NULL)));
	API(ua_agent_stop(b.agent));
	ck_assert_int_eq(0, ua_run(b.agent));
	ck_assert_uint_eq(3, rig_count(&b, UA_EVENT_CLOSED));
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_INCOMING));
	close_both();
}
END_TEST


START_TEST(freeing_an_agent_frees_its_calls)
{
	open_both();
	rig_call(&a, &b, NULL, file("a.wav"));
	rig_answer(&a, &b, NULL, file("b.wav"));
	rig_talk(&a, &b, 60);
	rig_close(&a);
	rig_close(&b);
	ck_assert_double_ge(rig_file_s(path("a.wav")), 0.05);
	ck_assert_double_ge(rig_file_s(path("b.wav")), 0.05);
}
END_TEST


static int connect_scenario(void *arg)
{
	struct ua_call_conf conf;
	struct ua_call *call;
	struct ua_agent *agent = arg;
	int err;

	ua_call_conf_default(&conf);
	conf.source = "tone:700";
	err = ua_call_connect(&call, agent, NULL, "sip:bob@127.0.0.1:9", &conf,
			      NULL);
	if (!err)
		mem_deref(call);

	/* libre's word for a getaddrinfo() that has no memory */
	return err == EADDRNOTAVAIL ? ENOMEM : err;
}


START_TEST(without_memory_no_call_and_no_leak)
{
	struct ua_agent_conf conf;
	struct ua_agent *agent;

	/* No handler: what is refused leaves no event either. */
	rig_conf(&conf);
	ck_assert_int_eq(0, ua_agent_alloc(&agent, &conf, NULL));
	ua_oom_walk(connect_scenario, agent);
	ua_agent_free(agent);
}
END_TEST


/* --------------------- a peer by the letter ------------------------ */


static struct sipbed_peer peer;
static struct udp_sock *media_sock;
static struct sa media_addr;
static unsigned packets; /* RTP that came to the peer */
static unsigned cseq;


static void rtp_recv(const struct sa *src, struct mbuf *mb, void *arg)
{
	(void)src;
	(void)arg;

	packets += mbuf_get_left(mb) >= 12;
}


static void peer_open(void)
{
	rig_open(&a, NULL);
	sipbed_open(&peer);
	cseq = 0;
	packets = 0;
	ck_assert_int_eq(0, sa_set_str(&media_addr, "127.0.0.1", 0));
	ck_assert_int_eq(0,
			 udp_listen(&media_sock, &media_addr, rtp_recv, NULL));
	ck_assert_int_eq(0, udp_local_get(media_sock, &media_addr));
}


static void peer_close(void)
{
	media_sock = mem_deref(media_sock);
	sipbed_close(&peer);
	rig_close(&a);
}


/* An SDP of a phone of old; what is NULL is usual */
static const char *sdp_text(const char *codecs, const char *more)
{
	static char buf[512];

	(void)re_snprintf(buf, sizeof(buf),
			  "v=0\r\n"
			  "o=- 1 %u IN IP4 127.0.0.1\r\n"
			  "s=-\r\n"
			  "c=IN IP4 127.0.0.1\r\n"
			  "t=0 0\r\n"
			  "m=audio %u RTP/AVP %s\r\n"
			  "%s",
			  cseq + 1, sa_port(&media_addr),
			  codecs ? codecs : "8", more ? more : "");
	return buf;
}


/* An INVITE; with a tag of theirs it is one inside the dialog. */
static void peer_request(const char *met, unsigned seq, const char *totag,
			 const char *sdp)
{
	sipbed_send(&peer, ua_agent_local(a.agent),
		    "%s %s SIP/2.0\r\n"
		    "Via: SIP/2.0/UDP %J;branch=z9hG4bKx%s%u;rport\r\n"
		    "Max-Forwards: 70\r\n"
		    "From: <sip:peer@127.0.0.1>;tag=peer\r\n"
		    "To: <sip:a@127.0.0.1>%s%s\r\n"
		    "Call-ID: by-the-letter\r\n"
		    "CSeq: %u %s\r\n"
		    "Contact: <sip:peer@%J>\r\n"
		    "%s"
		    "Content-Length: %zu\r\n\r\n%s",
		    met, rig_uri(&a, NULL), &peer.local, met, seq,
		    totag ? ";tag=" : "", totag ? totag : "", seq, met,
		    &peer.local,
		    sdp ? "Content-Type: application/sdp\r\n" : "",
		    sdp ? strlen(sdp) : 0, sdp ? sdp : "");
}


/* The final answer to the INVITE of cseq, in the middle of whatever */
static const struct sip_msg *peer_final(void)
{
	const struct sip_msg *msg;

	for (;;) {
		msg = sipbed_next(&peer, RIG_MS);
		ck_assert_msg(msg != NULL, "no final answer");
		if (!msg->req && msg->scode >= 200)
			return msg;
	}
}


static const char *tag_of(const struct sip_msg *msg)
{
	static char tag[64];

	ck_assert_int_eq(0, pl_strcpy(&msg->to.tag, tag, sizeof(tag)));

	return tag;
}


static bool body_has(const struct sip_msg *msg, const char *text)
{
	struct pl body = { .p = (const char *)mbuf_buf(msg->mb),
			   .l = mbuf_get_left(msg->mb) };
	char buf[4096];

	ck_assert_int_eq(0, pl_strcpy(&body, buf, sizeof(buf)));

	return strstr(buf, text) != NULL;
}


/* The peer calls and the agent answers; the tag is the agent's. */
static const char *peer_up(const char *sdp)
{
	struct ua_call_conf conf;
	const struct sip_msg *msg;
	const char *tag;

	peer_request("INVITE", ++cseq, NULL, sdp);
	(void)rig_expect(&a, UA_EVENT_INCOMING);
	ua_call_conf_default(&conf);
	conf.source = "tone:700";
	API(ck_assert_int_eq(0, ua_call_answer(a.call, &conf, a.errstr)));
	(void)rig_expect(&a, UA_EVENT_ANSWERED);
	msg = peer_final();
	ck_assert_uint_eq(200, msg->scode);
	tag = tag_of(msg);

	return tag;
}


static bool more_packets(void *arg)
{
	return packets > *(unsigned *)arg;
}


/* Sound still comes. */
static void media_flows(void)
{
	unsigned n = packets + 5;

	rig_wait(more_packets, &n);
}


static const char *const broken[] = {
	"hello\r\n",
	"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio x y\r\n",
	"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n",
};


START_TEST(broken_offer_is_refused_with_a_warning)
{
	const struct sip_msg *msg;

	peer_open();
	peer_request("INVITE", ++cseq, NULL, broken[_i]);
	msg = peer_final();
	ck_assert_uint_eq(488, msg->scode);
	ck_assert_ptr_nonnull(
		strstr(siptext_hdr(msg, "Warning"), "399 libua \""));
	ck_assert_uint_gt(strlen(siptext_hdr(msg, "Warning")),
			  strlen("399 libua \"\""));
	rig_linger(10);
	ck_assert_uint_eq(0, a.n);
	peer_close();
}
END_TEST


START_TEST(bad_new_offer_leaves_the_call_as_it_was)
{
	const struct sip_msg *msg;
	const char *tag;

	peer_open();
	tag = peer_up(sdp_text(NULL, NULL));
	peer_request("ACK", cseq, tag, NULL);
	media_flows();

	peer_request("INVITE", ++cseq, tag, broken[_i]);
	msg = peer_final();
	ck_assert_uint_eq(488, msg->scode);
	ck_assert_ptr_nonnull(
		strstr(siptext_hdr(msg, "Warning"), "399 libua \""));
	peer_request("ACK", cseq, tag, NULL);
	media_flows();
	ck_assert_int_eq(UA_CALL_UP, ua_call_state(a.call));

	/* A good one is taken after it. */
	peer_request("INVITE", ++cseq, tag, sdp_text(NULL, NULL));
	ck_assert_uint_eq(200, peer_final()->scode);
	peer_request("ACK", cseq, tag, NULL);
	media_flows();

	peer_request("BYE", ++cseq, tag, NULL);
	ck_assert_uint_eq(200, peer_final()->scode);
	ck_assert_int_eq(UA_BY_REMOTE, rig_expect(&a, UA_EVENT_CLOSED)->ev.by);
	peer_close();
}
END_TEST


START_TEST(peer_holds_and_resumes)
{
	const struct rig_event *e;
	const struct sip_msg *msg;
	const char *tag;
	unsigned n;

	peer_open();
	tag = peer_up(sdp_text(NULL, NULL));
	peer_request("ACK", cseq, tag, NULL);
	media_flows();

	peer_request("INVITE", ++cseq, tag,
		     sdp_text(NULL, _i ? "a=inactive\r\n" : "a=sendonly\r\n"));
	msg = peer_final();
	ck_assert_uint_eq(200, msg->scode);
	ck_assert(body_has(msg, _i ? "a=inactive" : "a=recvonly"));
	peer_request("ACK", cseq, tag, NULL);
	e = rig_expect(&a, UA_EVENT_HOLD);
	ck_assert(e->ev.remote);

	/* Nobody listens: nothing is sent. */
	rig_linger(10);
	n = packets;
	rig_linger(80);
	ck_assert_uint_le(packets, n + 1);

	peer_request("INVITE", ++cseq, tag, sdp_text(NULL, NULL));
	ck_assert_uint_eq(200, peer_final()->scode);
	peer_request("ACK", cseq, tag, NULL);
	e = rig_expect(&a, UA_EVENT_RESUMED);
	ck_assert(e->ev.remote);
	media_flows();
	ck_assert_uint_eq(1, rig_count(&a, UA_EVENT_HOLD));
	ck_assert_uint_eq(1, rig_count(&a, UA_EVENT_RESUMED));
	peer_close();
}
END_TEST


START_TEST(invite_without_an_offer_gets_one_in_the_200)
{
	const struct sip_msg *msg;
	struct ua_call_conf conf;
	const char *tag;

	peer_open();
	peer_request("INVITE", ++cseq, NULL, NULL);
	(void)rig_expect(&a, UA_EVENT_INCOMING);
	ua_call_conf_default(&conf);
	API(ck_assert_int_eq(0, ua_call_answer(a.call, &conf, a.errstr)));
	msg = peer_final();
	ck_assert_uint_eq(200, msg->scode);
	ck_assert(body_has(msg, "m=audio"));
	ck_assert(body_has(msg, "a=ice-ufrag:"));
	ck_assert(body_has(msg, "a=rtpmap:8 PCMA/8000"));
	tag = tag_of(msg);

	/* 0: the answer comes in the ACK; 1: none does */
	peer_request("ACK", cseq, tag, _i ? NULL : sdp_text(NULL, NULL));
	if (_i) {
		(void)sipbed_request(&peer, "BYE");
		ck_assert_int_eq(UA_CALL_ENDING, ua_call_state(a.call));
	}
	else {
		media_flows();
	}
	peer_close();
}
END_TEST


START_TEST(new_offer_is_asked_for_and_answered_in_the_ack)
{
	const struct sip_msg *msg;
	const char *tag;

	peer_open();
	tag = peer_up(sdp_text(NULL, NULL));
	peer_request("ACK", cseq, tag, NULL);
	media_flows();

	peer_request("INVITE", ++cseq, tag, NULL);
	msg = peer_final();
	ck_assert_uint_eq(200, msg->scode);
	ck_assert(body_has(msg, "m=audio"));
	peer_request("ACK", cseq, tag, sdp_text(NULL, NULL));
	media_flows();
	ck_assert_int_eq(UA_CALL_UP, ua_call_state(a.call));
	peer_close();
}
END_TEST


START_TEST(hangup_before_the_ack_opens_no_sound)
{
	struct ua_call_conf conf;
	const struct sip_msg *msg;
	struct ua_call_stats stats;
	const char *tag;

	peer_open();
	peer_request("INVITE", ++cseq, NULL, NULL);
	(void)rig_expect(&a, UA_EVENT_INCOMING);
	ua_call_conf_default(&conf);
	conf.source = "tone:700";
	API(ck_assert_int_eq(0, ua_call_answer(a.call, &conf, a.errstr)));
	msg = peer_final();
	tag = tag_of(msg);
	API(ua_call_hangup(a.call, 0, NULL));
	peer_request("ACK", cseq, tag, sdp_text(NULL, NULL));
	msg = sipbed_request(&peer, "BYE");
	rig_linger(40);
	ua_call_stats(a.call, &stats);
	ck_assert_uint_eq(0, packets);
	ck_assert_uint_eq(0, stats.tx_packets);
	sipbed_reply(&peer, msg, "200 OK", "x", "", NULL);
	(void)rig_expect(&a, UA_EVENT_CLOSED);
	peer_close();
}
END_TEST


/* What answers may be far from what was offered. */
START_TEST(answer_without_sound_ends_the_call)
{
	static const char *const answers[] = {
		NULL,
		"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n"
		"c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 0 RTP/AVP 8\r\n",
		"nonsense\r\n",
	};
	char contact[64];
	char uri[64];
	struct ua_call_conf conf;
	const struct rig_event *e;
	const struct sip_msg *msg;

	peer_open();
	(void)re_snprintf(uri, sizeof(uri), "sip:peer@%J", &peer.local);
	(void)re_snprintf(contact, sizeof(contact), "Contact: <sip:%J>\r\n",
			  &peer.local);
	ua_call_conf_default(&conf);
	API(ck_assert_int_eq(0, ua_call_connect(&a.call, a.agent, NULL, uri,
						&conf, a.errstr)));
	msg = sipbed_request(&peer, "INVITE");
	ck_assert(body_has(msg, "a=candidate:"));
	sipbed_reply(&peer, msg, "200 OK", "t", contact, answers[_i]);
	(void)sipbed_request(&peer, "ACK");
	msg = sipbed_request(&peer, "BYE");
	sipbed_reply(&peer, msg, "200 OK", "t", "", NULL);

	e = rig_expect(&a, UA_EVENT_CLOSED);
	ck_assert_int_eq(UA_BY_ERROR, e->ev.by);
	ck_assert_uint_gt(strlen(e->why), 0);
	peer_close();
}
END_TEST


START_TEST(early_media_is_told_of_and_heard)
{
	char contact[64];
	char uri[64];
	struct ua_call_conf conf;
	const struct rig_event *e;
	const struct sip_msg *msg;

	peer_open();
	(void)re_snprintf(uri, sizeof(uri), "sip:peer@%J", &peer.local);
	(void)re_snprintf(contact, sizeof(contact), "Contact: <sip:%J>\r\n",
			  &peer.local);
	ua_call_conf_default(&conf);
	conf.source = "tone:700";
	API(ck_assert_int_eq(0, ua_call_connect(&a.call, a.agent, NULL, uri,
						&conf, a.errstr)));
	msg = sipbed_request(&peer, "INVITE");
	sipbed_reply(&peer, msg, "183 Session Progress", "t", contact,
		     sdp_text(NULL, NULL));
	e = rig_expect(&a, UA_EVENT_PROGRESS);
	ck_assert_uint_eq(183, e->ev.code);
	ck_assert(e->ev.early_media);

	/* Nothing of ours before we are answered */
	rig_linger(50);
	ck_assert_uint_eq(0, packets);

	sipbed_reply(&peer, msg, "200 OK", "t", contact, sdp_text(NULL, NULL));
	(void)rig_expect(&a, UA_EVENT_ANSWERED);
	media_flows();
	peer_close();
}
END_TEST


/*
 * a ---INVITE---> fork t1: 183 with an answer that leads to nowhere
 *          '----> fork t2: 200 with its own answer
 */
START_TEST(fork_that_picks_up_is_the_one_that_is_heard)
{
	static const char early[] = "v=0\r\n"
				    "o=- 7 7 IN IP4 127.0.0.1\r\n"
				    "s=-\r\n"
				    "c=IN IP4 127.0.0.1\r\n"
				    "t=0 0\r\n"
				    "m=audio 9 RTP/AVP 0\r\n";
	char contact[64];
	char uri[64];
	struct ua_call_conf conf;
	const struct sip_msg *msg;

	peer_open();
	(void)re_snprintf(uri, sizeof(uri), "sip:peer@%J", &peer.local);
	(void)re_snprintf(contact, sizeof(contact), "Contact: <sip:%J>\r\n",
			  &peer.local);
	ua_call_conf_default(&conf);
	conf.source = "tone:700";
	API(ck_assert_int_eq(0, ua_call_connect(&a.call, a.agent, NULL, uri,
						&conf, a.errstr)));
	msg = sipbed_request(&peer, "INVITE");
	sipbed_reply(&peer, msg, "183 Session Progress", "t1", contact, early);
	(void)rig_expect(&a, UA_EVENT_PROGRESS);

	/* Another one that rings with an answer does not take over yet. */
	sipbed_reply(&peer, msg, "183 Session Progress", "t2", contact,
		     sdp_text(NULL, NULL));
	(void)rig_expect(&a, UA_EVENT_PROGRESS);
	ck_assert_uint_eq(0, packets);

	sipbed_reply(&peer, msg, "200 OK", "t2", contact,
		     sdp_text(NULL, NULL));
	(void)rig_expect(&a, UA_EVENT_ANSWERED);
	media_flows();
	peer_close();
}
END_TEST


/* ------------------------------------------------------------------- */


static TCase *new_case(Suite *s, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, RIG_TEST_S);
	suite_add_tcase(s, tc);

	return tc;
}


static void add_talk(Suite *s)
{
	TCase *tc = new_case(s, "talk");

	tcase_add_test(tc, events_come_in_the_order_of_the_contract);
	tcase_add_test(tc, path_is_nominated_at_both_ends);
	tcase_add_test(tc, call_can_be_asked_about_itself);
	tcase_add_test(tc, both_hear_the_other);
	tcase_add_loop_test(tc, every_codec_carries_a_tone, 0, 6);
	tcase_add_test(tc, what_the_caller_likes_best_is_spoken);
	tcase_add_test(tc, without_a_common_codec_it_is_refused);
	tcase_add_test(tc, digits_go_both_ways);
	tcase_add_test(tc, muted_call_sends_silence);
	tcase_add_test(tc, call_is_heard_again_after_mute);
	tcase_add_test(tc, recording_has_both_sides);
	tcase_add_loop_test(tc, one_side_without_ice_is_enough_for_none, 0, 3);
	tcase_add_test(tc, no_more_calls_than_allowed);
}


static void add_ends(Suite *s)
{
	TCase *tc = new_case(s, "ends");

	tcase_add_loop_test(tc, either_side_may_hang_up, 0, 2);
	tcase_add_loop_test(tc, handler_may_end_the_call_it_is_told_about, 0,
			    sizeof(at) / sizeof(at[0]));
	tcase_add_test(tc, handler_may_end_another_call);
	tcase_add_loop_test(tc, call_is_refused_with_the_code_asked_for, 0, 2);
	tcase_add_test(tc, caller_cancels_while_it_rings);
	tcase_add_test(tc, call_ended_before_its_invite_is_never_heard_of);
	tcase_add_test(tc,
		       call_is_answered_long_after_candidates_were_gathered);
	tcase_add_test(tc, nobody_there_ends_it_with_words);
	tcase_add_loop_test(tc, bad_argument_of_a_call_is_named, 0,
			    sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(tc, bad_answer_leaves_it_ringing);
	tcase_add_test(tc, stopping_agent_hangs_up_and_takes_no_more);
	tcase_add_test(tc, stopping_agent_ends_calls_that_have_not_begun);
	tcase_add_test(tc, freeing_an_agent_frees_its_calls);
	tcase_add_test(tc, without_memory_no_call_and_no_leak);
}


static void add_letter(Suite *s)
{
	TCase *tc = new_case(s, "letter");

	tcase_add_loop_test(tc, broken_offer_is_refused_with_a_warning, 0,
			    sizeof(broken) / sizeof(broken[0]));
	tcase_add_loop_test(tc, bad_new_offer_leaves_the_call_as_it_was, 0,
			    sizeof(broken) / sizeof(broken[0]));
	tcase_add_loop_test(tc, peer_holds_and_resumes, 0, 2);
	tcase_add_loop_test(tc, invite_without_an_offer_gets_one_in_the_200, 0,
			    2);
	tcase_add_test(tc, new_offer_is_asked_for_and_answered_in_the_ack);
	tcase_add_test(tc, hangup_before_the_ack_opens_no_sound);
	tcase_add_loop_test(tc, answer_without_sound_ends_the_call, 0, 3);
	tcase_add_test(tc, early_media_is_told_of_and_heard);
	tcase_add_test(tc, fork_that_picks_up_is_the_one_that_is_heard);
}


Suite *ua_suite_call(void)
{
	Suite *s = suite_create("call");

	add_talk(s);
	add_ends(s);
	add_letter(s);

	return s;
}
