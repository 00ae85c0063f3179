/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_calltrickle.c  Late candidates of a call, in INFO and offers */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/wr.h"
#include "call/callcore.h"
#include "middle.h"
#include "oom.h"
#include "rig.h"
#include "stun/stun.h"

Suite *ua_suite_calltrickle(void);

#define LATE "198.51.100.9 4711 typ srflx"
#define FOREIGN "203.0.113.5"

static struct rig a, b;
static struct middle m;
static struct sipbed_peer server;
static bool lively; /* The server answers */


/* A STUN server that sees everybody at the same address, when it answers */
static void server_recv(const struct sa *src, struct mbuf *mb, void *arg)
{
	const struct ua_addr mapped = { .af = UA_AF_IP4,
					.port = 4711,
					.ip = { 198, 51, 100, 9 } };
	uint8_t buf[128];
	struct mbuf reply = { .buf = buf };
	struct ua_stun msg;
	struct ua_wr wr;
	(void)arg;

	if (!lively || ua_stun_decode(&msg, mbuf_buf(mb), mbuf_get_left(mb)))
		return;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_SUCCESS, UA_STUN_BINDING, msg.tid);
	ua_stun_put_addr(&wr, UA_STUN_XOR_MAPPED_ADDRESS, &mapped);
	ck_assert_int_eq(0, ua_stun_end(&wr, NULL, 0, true));
	reply.size = reply.end = wr.pos;
	ck_assert_int_eq(0, udp_send(server.us, src, &reply));
}


/* Whose server does not answer yet: 1: a's, 2: b's, 3: both */
static void open_slow(unsigned whose)
{
	struct ua_agent_conf conf;
	char uri[64];

	ck_assert_int_eq(0, libre_init());
	lively = false;
	sipbed_open(&server);
	udp_handler_set(server.us, server_recv, &server);
	(void)re_snprintf(uri, sizeof(uri), "stun:%J", &server.local);
	rig_conf(&conf);
	/* Hooks cut candidates away and leave c=, which is no relay. */
	conf.ice_mismatch = UA_ICE_MISMATCH_OFF;
	conf.stun[0].uri = whose & 1 ? uri : NULL;
	rig_open(&a, &conf);
	conf.stun[0].uri = whose & 2 ? uri : NULL;
	rig_open(&b, &conf);
	middle_open(&m, &a, &b);
}


static void close_all(void)
{
	middle_close(&m);
	rig_close(&a);
	rig_close(&b);
	sipbed_close(&server);
}


static void dial(void)
{
	struct ua_call_conf conf;
	int err;

	ua_call_conf_default(&conf);
	conf.source = "tone:700";
	API(err = ua_call_connect(&a.call, a.agent, NULL, middle_uri(&m),
				  &conf, a.errstr));
	ck_assert_msg(!err, "no call: %s", a.errstr);
	(void)rig_expect(&b, UA_EVENT_INCOMING);
}


static size_t place(const char *what)
{
	size_t i;

	for (i = 0; i < m.n; i++) {
		if (!strcmp(m.msgv[i].what, what))
			return i;
	}

	ck_abort_msg("no %s", what);
	return 0;
}


static void has(const char *text, const char *part)
{
	ck_assert_ptr_nonnull(text);
	ck_assert_msg(strstr(text, part) != NULL, "no %s in\n%s", part, text);
}


static void hasnt(const char *text, const char *part)
{
	ck_assert_ptr_nonnull(text);
	ck_assert_msg(!strstr(text, part), "%s in\n%s", part, text);
}


/* Has the peer's candidate with this address been told of? */
static struct ua_addr wanted;
static unsigned seen;


static void look(struct rig *rig, const struct ua_event *ev)
{
	size_t i;
	(void)rig;

	if (ev->type != UA_EVENT_ICE_REMOTE)
		return;

	for (i = 0; i < ev->ncand; i++)
		seen += ua_addr_ip_eq(&wanted, &ev->cands[i].addr);
}


static void look_for(struct rig *rig, const char *ip)
{
	seen = 0;
	ck_assert_int_eq(0, ua_addr_set(&wanted, ip, 0));
	rig->hook = look;
}


static bool is_seen(void *arg)
{
	(void)arg;
	return seen > 0;
}


START_TEST(offer_leaves_within_100)
{
	const char *invite;
	double t;

	open_slow(1);
	t = ua_agent_time(a.agent);
	dial();
	t = ua_agent_time(a.agent) - t;
	ck_assert_double_ge(t, (UA_FLOW_GATHER_MS - 5) / 1e3);
	ck_assert_double_lt(t, UA_FLOW_GATHER_MS * 2 / 1e3);

	invite = middle_text(&m, "a INVITE", 0);
	has(invite, "typ host\r\n");
	has(invite, "a=ice-options:ice2 trickle");
	has(invite, "a=mid:0\r\n");
	has(invite, "Supported: trickle-ice\r\n");
	has(invite, "Recv-Info: trickle-ice\r\n");
	hasnt(invite, "end-of-candidates");
	hasnt(invite, LATE);
	close_all();
}
END_TEST


START_TEST(complete_offer_says_so)
{
	open_slow(0);
	dial();
	rig_answer(&a, &b, NULL, NULL);
	has(middle_text(&m, "a INVITE", 0), "a=end-of-candidates\r\n");
	has(middle_text(&m, "b 200 INVITE", 0), "a=end-of-candidates\r\n");
	rig_talk(&a, &b, 100);
	ck_assert_uint_eq(0, middle_count(&m, "a INFO"));
	ck_assert_uint_eq(0, middle_count(&m, "b INFO"));
	close_all();
}
END_TEST


START_TEST(caller_trickles_while_it_rings)
{
	const char *info;

	open_slow(1);
	look_for(&b, "198.51.100.9");
	dial();
	(void)rig_expect(&a, UA_EVENT_PROGRESS);
	ck_assert_uint_eq(0, middle_count(&m, "a INFO"));
	lively = true;
	middle_wait(&m, "b 200 INFO", 1);

	info = middle_text(&m, "a INFO", 0);
	has(info, "Info-Package: trickle-ice\r\n");
	has(info, "m=audio 9 RTP/AVP 0\r\na=ice-ufrag:");
	has(info, "a=mid:0\r\na=candidate:");
	has(info, "typ host\r\n");
	has(info, LATE);

	/* Both components' servers answer by and by: then it is over. */
	rig_linger(200);
	info = middle_text(&m, "a INFO", middle_count(&m, "a INFO") - 1);
	has(info, "a=end-of-candidates\r\n");

	/* Kept, and used as soon as it is answered; no offer was needed. */
	ck_assert_uint_eq(0, seen);
	rig_answer(&a, &b, NULL, NULL);
	rig_wait(is_seen, NULL);
	rig_talk(&a, &b, 100);
	ck_assert_uint_eq(1, middle_count(&m, "a INVITE"));
	ck_assert_uint_eq(0, middle_count(&m, "b INVITE"));
	close_all();
}
END_TEST


START_TEST(callee_trickles_after_its_answer)
{
	struct ua_call_conf conf;
	double t;

	open_slow(2);
	look_for(&a, "198.51.100.9");
	dial();

	/* It does not wait for what can follow. */
	ua_call_conf_default(&conf);
	conf.source = "tone:440";
	t = ua_agent_time(b.agent);
	API(ck_assert_int_eq(0, ua_call_answer(b.call, &conf, b.errstr)));
	(void)rig_expect(&b, UA_EVENT_ANSWERED);
	t = ua_agent_time(b.agent) - t;
	ck_assert_double_lt(t, 0.05);
	(void)rig_expect(&a, UA_EVENT_ANSWERED);
	hasnt(middle_text(&m, "b 200 INVITE", 0), LATE);
	has(middle_text(&m, "b 200 INVITE", 0), "Recv-Info: trickle-ice\r\n");
	lively = true;
	middle_wait(&m, "a 200 INFO", 1);
	has(middle_text(&m, "b INFO", 0), LATE);
	ck_assert_uint_gt(place("b INFO"), place("b 200 INVITE"));
	rig_wait(is_seen, NULL);
	rig_talk(&a, &b, 100);
	ck_assert_uint_eq(0, middle_count(&m, "b INVITE"));
	close_all();
}
END_TEST


static bool overtake(struct middle *mid, const char *what, char *text,
		     size_t size)
{
	(void)size;

	/* a knows of no dialog: neither 180 nor 200 has come. */
	if (!strcmp(what, "b 180 INVITE"))
		return false;
	if (!strcmp(what, "b 200 INVITE")) {
		lively = true;
		return middle_count(mid, what) > 1;
	}
	if (!strcmp(what, "b INFO") && middle_count(mid, what) == 1) {
		middle_reply(mid, what, text, "481 No Such Call");
		return false;
	}

	return true;
}


START_TEST(info_that_overtakes_the_answer_is_sent_again)
{
	open_slow(2);
	m.hook = overtake;
	look_for(&a, "198.51.100.9");
	dial();
	rig_answer(&a, &b, "tone:440", NULL);
	middle_wait(&m, "a 200 INFO", 1);
	ck_assert_uint_ge(middle_count(&m, "b INFO"), 2);
	ck_assert_uint_gt(place("a 200 INFO"), place("a ACK"));
	rig_wait(is_seen, NULL);
	ck_assert(!b.call->trickles[0].failed);
	close_all();
}
END_TEST


static bool lose_all_200(struct middle *mid, const char *what, char *text,
			 size_t size)
{
	(void)mid;
	(void)text;
	(void)size;

	return strcmp(what, "b 200 INFO") != 0;
}


static bool two_infos(void *arg)
{
	(void)arg;
	return middle_count(&m, "a INFO") >= 2;
}


/* RFC 8840, 10.9: one at a time; the next one says what came meanwhile. */
START_TEST(one_info_is_under_way_at_a_time)
{
	open_slow(1);
	m.hook = lose_all_200;
	dial();
	lively = true;
	rig_wait(two_infos, NULL);

	/* The second is the first once more (RFC 3261, 17.1.2.2). */
	ck_assert_str_eq(middle_text(&m, "a INFO", 0),
			 middle_text(&m, "a INFO", 1));
	close_all();
}
END_TEST


static const char *const refusals[] = {
	"405 Method Not Allowed",  "469 Bad Info Package",
	"481 Call Does Not Exist", "489 Bad Event",
	"408 Request Timeout",
};
static const char *refusal;


static bool refuse_info(struct middle *mid, const char *what, char *text,
			size_t size)
{
	(void)size;

	if (strcmp(what, "a INFO"))
		return true;

	middle_reply(mid, what, text, refusal);

	return false;
}


START_TEST(refused_info_ends_trickling_and_nothing_else)
{
	refusal = refusals[_i];
	open_slow(1);
	m.hook = refuse_info;
	dial();
	rig_answer(&a, &b, NULL, NULL);
	lively = true;
	middle_wait(&m, "a INFO", 1);
	rig_talk(&a, &b, 200);
	ck_assert_uint_eq(1, middle_count(&m, "a INFO"));

	/* There is a path: an offer would mend nothing. */
	ck_assert_uint_eq(1, middle_count(&m, "a INVITE"));
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_CLOSED));
	close_all();
}
END_TEST


static void cut_lines(char *text, const char *start)
{
	char *at;

	while ((at = strstr(text, start)) != NULL) {
		char *end = strstr(at, "\r\n");

		ck_assert_ptr_nonnull(end);
		memmove(at, end + 2, strlen(end + 2) + 1);
	}
}


static bool swallow_info(struct middle *mid, const char *what, char *text,
			 size_t size)
{
	(void)size;

	/* Nobody knows of the other's candidates at first. */
	if (strstr(what, "INVITE") && middle_count(mid, what) == 1)
		cut_lines(text, "a=candidate:");

	return strcmp(what, "a INFO") != 0;
}


/* Somebody on the way drops what it does not know: an offer tells it. */
START_TEST(info_without_an_answer_does_not_cost_the_path)
{
	open_slow(1);
	m.hook = swallow_info;
	dial();
	rig_answer(&a, &b, "tone:440", NULL);
	lively = true;
	middle_wait(&m, "a INFO", 1);
	middle_wait(&m, "b 200 INVITE", 2);
	has(middle_text(&m, "a INVITE", 1), LATE);
	rig_talk(&a, &b, 100);
	ck_assert(a.call->trickles[0].failed);
	close_all();
}
END_TEST


/* What is taken out of b's messages so that it does not trickle */
static const char *const strips[][2] = {
	{ "Recv-Info: trickle-ice\r\n", "" },
	{ "a=ice-options:ice2 trickle", "a=ice-options:ice2" },
};


static bool strip(struct middle *mid, const char *what, char *text,
		  size_t size)
{
	const char *const *s = strips[*(const int *)mid->arg];

	if (what[0] == 'b')
		(void)middle_edit(text, size, s[0], s[1], true);

	return true;
}


START_TEST(peer_without_trickle_gets_no_info)
{
	int i = _i;

	open_slow(1);
	m.hook = strip;
	m.arg = &i;
	dial();
	rig_answer(&a, &b, NULL, NULL);
	lively = true;
	rig_talk(&a, &b, 300);
	ck_assert_uint_eq(0, middle_count(&m, "a INFO"));
	ck_assert_uint_eq(1, middle_count(&m, "a INVITE"));
	close_all();
}
END_TEST


/* A value in a text, from behind its name to the end of the line */
static const char *value(const char *text, const char *name)
{
	static char buf[4][300];
	static unsigned i;
	const char *at = strstr(text, name);

	i = (i + 1) % 4;
	ck_assert_msg(at != NULL, "no %s in\n%s", name, text);
	at += strlen(name);
	(void)snprintf(buf[i], sizeof(buf[i]), "%.*s", (int)strcspn(at, "\r"),
		       at);

	return buf[i];
}


/* An INFO of b to a, made by who stands between them */
static void info_of_b(const char *answer, unsigned seq, const char *ufrag,
		      const char *pwd)
{
	char text[2048];
	char body[512];

	(void)snprintf(body, sizeof(body),
		       "m=audio 9 RTP/AVP 0\r\n%s%s%s%s%s%s"
		       "a=mid:0\r\n"
		       "a=candidate:9 1 UDP 100 " FOREIGN " 4000 typ host\r\n",
		       ufrag ? "a=ice-ufrag:" : "", ufrag ? ufrag : "",
		       ufrag ? "\r\n" : "", pwd ? "a=ice-pwd:" : "",
		       pwd ? pwd : "", pwd ? "\r\n" : "");
	(void)re_snprintf(text, sizeof(text),
			  "INFO sip:%J SIP/2.0\r\n"
			  "Via: SIP/2.0/UDP %J;branch=z9hG4bKmid%u;rport\r\n"
			  "From: %s\r\nTo: %s\r\nCall-ID: %s\r\n"
			  "CSeq: %u INFO\r\n"
			  "Info-Package: trickle-ice\r\n"
			  "Content-Type: application/trickle-ice-sdpfrag\r\n"
			  "Content-Length: %zu\r\n\r\n%s",
			  &m.endv[0], &m.local, seq, value(answer, "To: "),
			  value(answer, "From: "), value(answer, "Call-ID: "),
			  seq, strlen(body), body);
	middle_send(&m, 0, text);
}


static bool info_first(struct middle *mid, const char *what, char *text,
		       size_t size)
{
	(void)size;

	if (strcmp(what, "b 200 INVITE") || middle_count(mid, what) != 1)
		return true;

	/* It is sent again: by then the INFO has overtaken it. */
	info_of_b(text, 1, value(text, "a=ice-ufrag:"),
		  value(text, "a=ice-pwd:"));

	return false;
}


START_TEST(candidate_before_description)
{
	open_slow(0);
	look_for(&a, FOREIGN);
	m.hook = info_first;
	dial();
	(void)rig_expect(&a, UA_EVENT_PROGRESS);
	rig_answer(&a, &b, NULL, NULL);
	middle_wait(&m, "a ACK", 1);
	ck_assert_uint_lt(place("a 200 INFO"), place("a ACK"));
	rig_wait(is_seen, NULL);
	rig_talk(&a, &b, 100);
	close_all();
}
END_TEST


START_TEST(candidates_of_no_description_are_dropped)
{
	const char *answer;

	open_slow(0);
	look_for(&a, FOREIGN);
	dial();
	rig_answer(&a, &b, NULL, NULL);
	rig_talk(&a, &b, 100);
	answer = middle_text(&m, "b 200 INVITE", 0);

	/* Another ufrag, another password */
	info_of_b(answer, 1, "0ld0", NULL);
	info_of_b(answer, 2, value(answer, "a=ice-ufrag:"),
		  "0123456789012345678901");
	middle_wait(&m, "a 200 INFO", 2);
	rig_linger(50);
	ck_assert_uint_eq(0, seen);

	/* No password, and nothing at all: that is the present one. */
	info_of_b(answer, 3, _i ? NULL : value(answer, "a=ice-ufrag:"), NULL);
	rig_wait(is_seen, NULL);
	info_of_b(answer, 4, NULL, NULL);
	middle_wait(&m, "a 200 INFO", 4);
	rig_linger(20);
	ck_assert_uint_eq(1, seen);
	rig_talk(&a, &b, 200);
	close_all();
}
END_TEST


/* Without memory candidates are lost, and nothing else. */
START_TEST(without_memory_an_info_changes_nothing)
{
	static const char *const ips[] = { "203.0.113.4", FOREIGN };
	struct ua_invite_event ev = { .type = UA_INVITE_INFO };
	char body[2][128];
	size_t i;
	long n;

	for (i = 0; i < 2; i++)
		(void)snprintf(body[i], sizeof(body[i]),
			       "m=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
			       "a=candidate:9 1 UDP 9 %s 4000 typ host\r\n",
			       ips[i]);

	open_slow(0);
	look_for(&a, FOREIGN);
	dial();
	rig_answer(&a, &b, "tone:440", NULL);
	rig_talk(&a, &b, 50);

	ev.sdp = body[0];
	ev.len = strlen(body[0]);
	for (n = 0; n < 40 && ua_oom_works(); n++) {
		ua_oom_limit(n);
		ua_calltrickle_came(a.call, &ev);
		ua_oom_limit(-1);
	}

	rig_talk(&a, &b, 200);
	ev.sdp = body[1];
	ua_calltrickle_came(a.call, &ev);
	rig_wait(is_seen, NULL);
	ck_assert_uint_eq(0, rig_count(&a, UA_EVENT_CLOSED));
	close_all();
}
END_TEST


/* ------------------- a peer that answers early --------------------- */


#define PEER_SDP                                                              \
	"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"    \
	"t=0 0\r\na=ice-options:ice2%s\r\n"                                   \
	"m=audio 9 RTP/AVP 8\r\na=mid:0\r\na=rtcp-mux\r\n"                    \
	"a=ice-ufrag:peer\r\na=ice-pwd:0123456789012345678901\r\n"


/*
 * RFC 8840, 4.3.2: the 183 is unreliable, an INFO with nothing new in it
 * tells the peer that it came.
 */
START_TEST(early_answer_is_confirmed_by_an_info)
{
	struct sipbed_peer peer;
	struct ua_call_conf conf;
	const struct sip_msg *invite;
	const struct sip_msg *info;
	struct ua_addr addr;
	char uri[64];
	char sdp[512];

	rig_open(&a, NULL);
	sipbed_open(&peer);
	(void)re_snprintf(uri, sizeof(uri), "sip:peer@%J", &peer.local);
	ua_call_conf_default(&conf);
	API(ck_assert_int_eq(0, ua_call_connect(&a.call, a.agent, NULL, uri,
						&conf, a.errstr)));
	invite = sipbed_request(&peer, "INVITE");
	ua_addr_from_sa(&addr, &peer.local);
	(void)snprintf(sdp, sizeof(sdp), PEER_SDP, _i ? " trickle" : "");
	(void)re_snprintf(uri, sizeof(uri),
			  "Contact: <sip:peer@%J>\r\n"
			  "Recv-Info: trickle-ice\r\n",
			  &peer.local);
	sipbed_reply(&peer, invite, "183 Progress", "t", uri, sdp);
	(void)rig_expect(&a, UA_EVENT_PROGRESS);

	if (_i) {
		info = sipbed_request(&peer, "INFO");
		ck_assert_str_eq("trickle-ice",
				 siptext_hdr(info, "Info-Package"));
		sipbed_reply(&peer, info, "200 OK", "t", "", NULL);
	}

	/* Once is enough; without trickle in the answer there is none. */
	ck_assert_ptr_null(sipbed_next(&peer, 100));
	sipbed_close(&peer);
	rig_close(&a);
}
END_TEST


Suite *ua_suite_calltrickle(void)
{
	Suite *s = suite_create("calltrickle");
	TCase *tc = tcase_create("ours");

	tcase_set_timeout(tc, RIG_TEST_S);
	tcase_add_test(tc, offer_leaves_within_100);
	tcase_add_test(tc, complete_offer_says_so);
	tcase_add_test(tc, caller_trickles_while_it_rings);
	tcase_add_test(tc, callee_trickles_after_its_answer);
	tcase_add_test(tc, info_that_overtakes_the_answer_is_sent_again);
	tcase_add_test(tc, one_info_is_under_way_at_a_time);
	tcase_add_loop_test(tc, refused_info_ends_trickling_and_nothing_else,
			    0, sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_test(tc, info_without_an_answer_does_not_cost_the_path);
	tcase_add_loop_test(tc, peer_without_trickle_gets_no_info, 0, 2);
	tcase_add_loop_test(tc, early_answer_is_confirmed_by_an_info, 0, 2);
	suite_add_tcase(s, tc);

	tc = tcase_create("theirs");
	tcase_set_timeout(tc, RIG_TEST_S);
	tcase_add_test(tc, candidate_before_description);
	tcase_add_test(tc, without_memory_an_info_changes_nothing);
	tcase_add_loop_test(tc, candidates_of_no_description_are_dropped, 0,
			    2);
	suite_add_tcase(s, tc);

	return s;
}
