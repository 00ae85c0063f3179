/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_offer.c  Offer and answer for one audio stream */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/wr.h"
#include "sdp/offer.h"

#include "../vectors/sdp_wire.h"
#include "oom.h"

Suite *ua_suite_offer(void);

#define HEAD                                                                  \
	"v=0\r\no=- 9 1 IN IP4 10.2.0.2\r\ns=-\r\nc=IN IP4 10.2.0.2\r\n"      \
	"t=0 0\r\n"

enum { OPUS, G722, PCMA, PCMU, L16, NCODEC };

static const struct ua_offer_codec codecs[NCODEC] = {
	[OPUS] = { "opus", 48000, 2, UA_SDP_PT_NONE, "useinbandfec=1" },
	[G722] = { "G722", 8000, 1, 9, NULL },
	[PCMA] = { "PCMA", 8000, 1, 8, NULL },
	[PCMU] = { "PCMU", 8000, 1, 0, NULL },
	[L16] = { "L16", 16000, 1, UA_SDP_PT_NONE, NULL },
};

static struct ua_sdp_error error;
static char out[8192];


static void fill(uint8_t *buf, size_t len, void *arg)
{
	(void)arg;
	memset(buf, 0xff, len);
}

static const struct ua_rand rnd = { fill, NULL };


static void conf_init(struct ua_offer_conf *conf)
{
	ua_offer_conf_default(conf);
	conf->codecv = codecs;
	conf->codecc = NCODEC;
	conf->rand = &rnd;
}


static struct ua_offer *alloc(void)
{
	struct ua_offer_conf conf;
	struct ua_offer *offer = NULL;

	conf_init(&conf);
	ck_assert_int_eq(0, ua_offer_alloc(&offer, &conf));
	return offer;
}


/* A machine that has two codecs only, so that texts stay short. */
static struct ua_offer *alloc_two(bool own_order)
{
	struct ua_offer_conf conf;
	struct ua_offer *offer = NULL;

	conf_init(&conf);
	conf.codecv = &codecs[PCMA];
	conf.codecc = 2;
	conf.own_order = own_order;
	ck_assert_int_eq(0, ua_offer_alloc(&offer, &conf));
	return offer;
}


static struct ua_offer_local local_at(uint16_t port)
{
	struct ua_offer_local local;
	int err;

	ua_offer_local_default(&local);
	err = ua_addr_set(&local.rtp, "10.1.0.2", port);
	ck_assert_int_eq(0, err);
	return local;
}


static int offer_err(struct ua_offer *offer,
		     const struct ua_offer_local *local)
{
	struct ua_wr wr;
	int err;

	ua_wr_init(&wr, out, sizeof(out) - 1);
	err = ua_offer_local_offer(offer, local, &wr);
	out[wr.pos] = '\0';
	return err;
}


static int answer_err(struct ua_offer *offer,
		      const struct ua_offer_local *local)
{
	struct ua_wr wr;
	int err;

	ua_wr_init(&wr, out, sizeof(out) - 1);
	err = ua_offer_local_answer(offer, local, &wr);
	out[wr.pos] = '\0';
	return err;
}


static int remote_offer(struct ua_offer *offer, const char *text)
{
	memset(&error, 0, sizeof(error));
	return ua_offer_remote_offer(offer, (const uint8_t *)text,
				     strlen(text), &error);
}


static int remote_answer(struct ua_offer *offer, const char *text)
{
	memset(&error, 0, sizeof(error));
	return ua_offer_remote_answer(offer, (const uint8_t *)text,
				      strlen(text), &error);
}


static void send_offer(struct ua_offer *offer, enum ua_sdp_dir dir)
{
	struct ua_offer_local local = local_at(40000);

	local.dir = dir;
	ck_assert_int_eq(0, offer_err(offer, &local));
}


static void send_answer(struct ua_offer *offer, enum ua_sdp_dir dir)
{
	struct ua_offer_local local = local_at(40000);

	local.dir = dir;
	ck_assert_int_eq(0, answer_err(offer, &local));
}


static void take_offer(struct ua_offer *offer, const char *text)
{
	ck_assert_msg(!remote_offer(offer, text), "%s", error.text);
}


static void take_answer(struct ua_offer *offer, const char *text)
{
	ck_assert_msg(!remote_answer(offer, text), "%s", error.text);
}


static void assert_has(const char *part)
{
	ck_assert_msg(strstr(out, part) != NULL, "'%s' not in\n%s", part, out);
}


static void assert_hasnt(const char *part)
{
	ck_assert_msg(strstr(out, part) == NULL, "'%s' in\n%s", part, out);
}


static unsigned mlines(void)
{
	unsigned n = 0;
	const char *p = out;

	while ((p = strstr(p, "\r\nm=")) != NULL) {
		++n;
		++p;
	}

	return n;
}


static void assert_addr(const char *expect, const struct ua_addr *addr)
{
	char buf[UA_ADDR_LEN];

	ck_assert_str_eq(expect, ua_addr_str(addr, buf));
}


static int recv_codec(const struct ua_offer_result *res, uint8_t pt)
{
	size_t i;

	for (i = 0; i < res->recvc; i++) {
		if (res->recvv[i].pt == pt)
			return res->recvv[i].codec;
	}

	return -99;
}


START_TEST(first_offer_lists_all_that_we_can_do)
{
	struct ua_offer *offer = alloc();

	send_offer(offer, UA_SDP_SENDRECV);
	ck_assert_str_eq(
		out,
		"v=0\r\no=- 4611686018427387903 1 IN IP4 10.1.0.2\r\ns=-\r\n"
		"c=IN IP4 10.1.0.2\r\nt=0 0\r\n"
		"m=audio 40000 RTP/AVP 96 9 8 0 97 98 101 99\r\n"
		"a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\n"
		"a=rtpmap:9 G722/8000\r\na=rtpmap:8 PCMA/8000\r\n"
		"a=rtpmap:0 PCMU/8000\r\na=rtpmap:97 L16/16000\r\n"
		"a=rtpmap:98 telephone-event/48000\r\na=fmtp:98 0-15\r\n"
		"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
		"a=rtpmap:99 telephone-event/16000\r\na=fmtp:99 0-15\r\n"
		"a=ptime:20\r\na=sendrecv\r\na=rtcp-mux\r\n");
	ck_assert_int_eq(UA_OFFER_LOCAL, ua_offer_state(offer));
	ck_assert_ptr_null(ua_offer_result(offer));
	ck_assert_ptr_null(ua_offer_pending(offer));
	mem_deref(offer);
}
END_TEST


START_TEST(answer_is_agreed)
{
	struct ua_offer *offer = alloc();
	const struct ua_offer_result *res;

	send_offer(offer, UA_SDP_SENDRECV);
	take_answer(offer, HEAD "m=audio 41000 RTP/AVP 8 101\r\n"
				"a=rtpmap:101 telephone-event/8000\r\n"
				"a=ptime:30\r\n");

	res = ua_offer_result(offer);
	ck_assert_int_eq(UA_OFFER_STABLE, ua_offer_state(offer));
	ck_assert(res->active);
	ck_assert_uint_eq(PCMA, res->codec);
	ck_assert_uint_eq(8, res->send_pt);
	ck_assert_int_eq(101, res->telev_pt);
	ck_assert_uint_eq(8000, res->telev_hz);
	ck_assert_uint_eq(30, res->ptime);
	ck_assert_int_eq(UA_SDP_SENDRECV, res->dir);
	ck_assert(!res->mux);
	ck_assert(!res->hold);
	ck_assert(!res->remote.ice);
	assert_addr("10.2.0.2:41000", &res->remote.rtp);
	assert_addr("10.2.0.2:41001", &res->remote.rtcp);

	/* Whatever was offered may arrive. */
	ck_assert_int_eq(OPUS, recv_codec(res, 96));
	ck_assert_int_eq(PCMU, recv_codec(res, 0));
	ck_assert_int_eq(UA_OFFER_TELEV, recv_codec(res, 101));
	mem_deref(offer);
}
END_TEST


START_TEST(answer_uses_the_numbers_of_the_offer)
{
	struct ua_offer *offer = alloc();
	const struct ua_offer_result *res;

	take_offer(offer, HEAD "m=audio 41000 RTP/AVP 0 111 126 110\r\n"
			       "a=rtpmap:111 OPUS/48000/2\r\n"
			       "a=fmtp:111 minptime=10;useinbandfec=1\r\n"
			       "a=rtpmap:126 telephone-event/8000\r\n"
			       "a=rtpmap:110 telephone-event/48000\r\n");
	ck_assert_ptr_nonnull(ua_offer_pending(offer));
	ck_assert_ptr_null(ua_offer_result(offer));
	send_answer(offer, UA_SDP_SENDRECV);

	assert_has("m=audio 40000 RTP/AVP 0 111 126 110\r\n");
	assert_has("a=rtpmap:111 opus/48000/2\r\n");
	assert_has("a=rtpmap:126 telephone-event/8000\r\n");
	assert_hasnt("G722");
	assert_hasnt("rtcp-mux");

	/* The offerer's order counts. */
	res = ua_offer_result(offer);
	ck_assert_uint_eq(PCMU, res->codec);
	ck_assert_int_eq(126, res->telev_pt);
	ck_assert_uint_eq(4, res->recvc);
	ck_assert_int_eq(OPUS, recv_codec(res, 111));
	ck_assert_ptr_null(ua_offer_pending(offer));
	mem_deref(offer);
}
END_TEST


START_TEST(own_order_counts_when_asked)
{
	struct ua_offer *offer = alloc_two(true);

	take_offer(offer, HEAD "m=audio 41000 RTP/AVP 0 8\r\n");
	send_answer(offer, UA_SDP_SENDRECV);
	assert_has("m=audio 40000 RTP/AVP 8 0\r\n");
	ck_assert_uint_eq(0, ua_offer_result(offer)->codec);
	ck_assert_uint_eq(8, ua_offer_result(offer)->send_pt);
	mem_deref(offer);
}
END_TEST


START_TEST(numbers_of_the_offer_are_remembered)
{
	struct ua_offer *offer = alloc();

	take_offer(offer, HEAD "m=audio 41000 RTP/AVP 111 96 97\r\n"
			       "a=rtpmap:111 opus/48000/2\r\n"
			       "a=rtpmap:96 speex/16000\r\n"
			       "a=rtpmap:97 iLBC/8000\r\n");
	send_answer(offer, UA_SDP_SENDRECV);
	send_offer(offer, UA_SDP_SENDRECV);

	/* Opus keeps 111; L16 gets none of those that meant other things. */
	assert_has("a=rtpmap:111 opus/48000/2\r\n");
	assert_has("a=rtpmap:98 L16/16000\r\n");
	assert_hasnt(":96 ");
	assert_hasnt(":97 ");
	mem_deref(offer);
}
END_TEST


START_TEST(two_sides_may_number_differently)
{
	struct ua_offer *offer = alloc();
	const struct ua_offer_result *res;

	send_offer(offer, UA_SDP_SENDRECV);
	take_answer(offer, HEAD "m=audio 41000 RTP/AVP 120 121\r\n"
				"a=rtpmap:120 opus/48000/2\r\n"
				"a=rtpmap:121 telephone-event/48000\r\n");
	res = ua_offer_result(offer);
	ck_assert_uint_eq(OPUS, res->codec);
	ck_assert_uint_eq(120, res->send_pt);
	ck_assert_int_eq(121, res->telev_pt);
	ck_assert_int_eq(OPUS, recv_codec(res, 96));
	/* Peers that send with their own number are understood, too. */
	ck_assert_int_eq(OPUS, recv_codec(res, 120));

	/* Ours do not change because of it. */
	send_offer(offer, UA_SDP_SENDRECV);
	assert_has("a=rtpmap:96 opus/48000/2\r\n");

	/* A number of the answer that means something else here stays so. */
	take_answer(offer, HEAD "m=audio 41000 RTP/AVP 97\r\n"
				"a=rtpmap:97 opus/48000/2\r\n");
	res = ua_offer_result(offer);
	ck_assert_uint_eq(97, res->send_pt);
	ck_assert_int_eq(L16, recv_codec(res, 97));
	mem_deref(offer);
}
END_TEST


START_TEST(renumbering_by_the_peer_is_followed)
{
	struct ua_offer *offer = alloc();

	send_offer(offer, UA_SDP_SENDRECV);
	take_answer(offer, HEAD "m=audio 41000 RTP/AVP 96\r\n"
				"a=rtpmap:96 opus/48000/2\r\n");

	/* 96 was our Opus; their L16 has it now, and Opus another one. */
	take_offer(offer, HEAD "m=audio 41000 RTP/AVP 107 96\r\n"
			       "a=rtpmap:107 opus/48000/2\r\n"
			       "a=rtpmap:96 L16/16000\r\n");
	send_answer(offer, UA_SDP_SENDRECV);
	assert_has("a=rtpmap:107 opus/48000/2\r\n");
	assert_has("a=rtpmap:96 L16/16000\r\n");
	ck_assert_int_eq(L16, recv_codec(ua_offer_result(offer), 96));

	send_offer(offer, UA_SDP_SENDRECV);
	assert_has("a=rtpmap:107 opus/48000/2\r\n");
	assert_has("a=rtpmap:96 L16/16000\r\n");
	mem_deref(offer);
}
END_TEST


START_TEST(opus_without_channels_is_opus)
{
	struct ua_offer *offer = alloc();

	take_offer(offer, HEAD "m=audio 41000 RTP/AVP 96\r\n"
			       "a=rtpmap:96 opus/48000\r\n"
			       "a=fmtp:96 maxplaybackrate=16000\r\n");
	send_answer(offer, UA_SDP_SENDRECV);
	assert_has("a=rtpmap:96 opus/48000/2\r\n");
	ck_assert_str_eq("maxplaybackrate=16000",
			 ua_offer_result(offer)->fmtp);
	mem_deref(offer);
}
END_TEST


START_TEST(telephone_event_of_another_clock_is_better_than_none)
{
	struct ua_offer *offer = alloc();

	take_offer(offer, HEAD "m=audio 41000 RTP/AVP 96 101\r\n"
			       "a=rtpmap:96 opus/48000/2\r\n"
			       "a=rtpmap:101 telephone-event/8000\r\n");
	send_answer(offer, UA_SDP_SENDRECV);
	assert_has("m=audio 40000 RTP/AVP 96 101\r\n");
	ck_assert_int_eq(101, ua_offer_result(offer)->telev_pt);
	ck_assert_uint_eq(8000, ua_offer_result(offer)->telev_hz);
	mem_deref(offer);
}
END_TEST


START_TEST(types_that_look_like_rtcp_are_left_out_with_mux)
{
	struct ua_offer *offer = alloc();

	take_offer(offer, HEAD "m=audio 41000 RTP/AVP 72 0\r\n"
			       "a=rtpmap:72 opus/48000/2\r\na=rtcp-mux\r\n");
	send_answer(offer, UA_SDP_SENDRECV);
	assert_has("m=audio 40000 RTP/AVP 0\r\n");
	ck_assert_uint_eq(PCMU, ua_offer_result(offer)->codec);
	mem_deref(offer);
}
END_TEST


START_TEST(same_text_has_the_same_version)
{
	struct ua_offer *offer = alloc_two(false);
	struct ua_offer_local local = local_at(40000);
	char first[sizeof(out)];

	send_offer(offer, UA_SDP_SENDRECV);
	strcpy(first, out);

	/* The request is sent again with credentials. */
	send_offer(offer, UA_SDP_SENDRECV);
	ck_assert_str_eq(first, out);

	take_answer(offer, HEAD "m=audio 41000 RTP/AVP 0 8 101\r\n"
				"a=rtpmap:101 telephone-event/8000\r\n");
	send_offer(offer, UA_SDP_SENDRECV);
	ck_assert_str_eq(first, out);

	local.dir = UA_SDP_SENDONLY;
	ck_assert_int_eq(0, offer_err(offer, &local));
	assert_has(" 2 IN IP4 10.1.0.2\r\n");
	assert_has("a=sendonly\r\n");
	ck_assert_int_eq(0, offer_err(offer, &local));
	assert_has(" 2 IN IP4 10.1.0.2\r\n");

	/* Back again is a change, too; and o= keeps its address. */
	local = local_at(40002);
	ck_assert_int_eq(0, ua_addr_set(&local.rtp, "10.1.0.3", 40002));
	ck_assert_int_eq(0, offer_err(offer, &local));
	assert_has(" 3 IN IP4 10.1.0.2\r\n");
	assert_has("c=IN IP4 10.1.0.3\r\n");
	mem_deref(offer);
}
END_TEST


START_TEST(answer_and_later_offer_share_the_versions)
{
	struct ua_offer *offer = alloc_two(false);

	take_offer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\n");
	send_answer(offer, UA_SDP_SENDRECV);
	assert_has(" 1 IN IP4 10.1.0.2\r\n");

	take_offer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\n");
	send_answer(offer, UA_SDP_SENDRECV);
	assert_has(" 1 IN IP4 10.1.0.2\r\n");

	send_offer(offer, UA_SDP_SENDRECV);
	assert_has(" 2 IN IP4 10.1.0.2\r\n");
	mem_deref(offer);
}
END_TEST

/* What is offered, what we want, what is answered, and whether we are held. */
static const struct {
	const char *offered;
	enum ua_sdp_dir want;
	const char *answered;
	bool hold;
} dirs[] = {
	{ "sendrecv", UA_SDP_SENDRECV, "sendrecv", false },
	{ "sendrecv", UA_SDP_SENDONLY, "sendonly", false },
	{ "sendrecv", UA_SDP_RECVONLY, "recvonly", false },
	{ "sendrecv", UA_SDP_INACTIVE, "inactive", false },
	{ "sendonly", UA_SDP_SENDRECV, "recvonly", true },
	{ "sendonly", UA_SDP_SENDONLY, "inactive", true },
	{ "sendonly", UA_SDP_RECVONLY, "recvonly", true },
	{ "sendonly", UA_SDP_INACTIVE, "inactive", true },
	{ "recvonly", UA_SDP_SENDRECV, "sendonly", false },
	{ "recvonly", UA_SDP_SENDONLY, "sendonly", false },
	{ "recvonly", UA_SDP_RECVONLY, "inactive", false },
	{ "recvonly", UA_SDP_INACTIVE, "inactive", false },
	{ "inactive", UA_SDP_SENDRECV, "inactive", true },
	{ "inactive", UA_SDP_SENDONLY, "inactive", true },
	{ "inactive", UA_SDP_RECVONLY, "inactive", true },
	{ "inactive", UA_SDP_INACTIVE, "inactive", true },
};


START_TEST(direction_is_answered_by_the_table)
{
	struct ua_offer *offer = alloc_two(false);
	const struct ua_offer_result *res;
	char text[512];
	char line[32];

	sprintf(text, HEAD "m=audio 41000 RTP/AVP 8\r\na=%s\r\n",
		dirs[_i].offered);
	take_offer(offer, text);
	send_answer(offer, dirs[_i].want);

	sprintf(line, "a=%s\r\n", dirs[_i].answered);
	assert_has(line);
	res = ua_offer_result(offer);
	ck_assert_str_eq(dirs[_i].answered, ua_sdp_dir_name(res->dir));
	ck_assert_int_eq(dirs[_i].hold, res->hold);
	mem_deref(offer);
}
END_TEST


/* The same table from the other end: they answer what we offered. */
START_TEST(direction_of_an_answer_limits_ours)
{
	static const char *const names[] = { "inactive", "sendonly",
					     "recvonly", "sendrecv" };
	const enum ua_sdp_dir ours = (enum ua_sdp_dir)(_i / 4);
	const enum ua_sdp_dir theirs = (enum ua_sdp_dir)(_i % 4);
	struct ua_offer *offer = alloc_two(false);
	char text[512];

	send_offer(offer, ours);
	sprintf(text, HEAD "m=audio 41000 RTP/AVP 8\r\na=%s\r\n",
		names[theirs]);
	take_answer(offer, text);
	ck_assert_int_eq(ours & ua_sdp_dir_turn(theirs),
			 ua_offer_result(offer)->dir);
	mem_deref(offer);
}
END_TEST


START_TEST(old_hold_by_zero_address_stops_sending)
{
	struct ua_offer *offer = alloc_two(false);
	const struct ua_offer_result *res;

	take_offer(offer, "v=0\r\no=- 1 1 IN IP4 10.2.0.2\r\ns=-\r\n"
			  "c=IN IP4 0.0.0.0\r\nt=0 0\r\n"
			  "m=audio 41000 RTP/AVP 8\r\n");
	send_answer(offer, UA_SDP_SENDRECV);
	assert_has("a=recvonly\r\n");
	res = ua_offer_result(offer);
	ck_assert(res->hold);
	ck_assert_int_eq(UA_SDP_RECVONLY, res->dir);
	ck_assert_int_eq(UA_SDPFACTS_ANY, res->remote.dest);

	/* And resume */
	take_offer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\n");
	send_answer(offer, UA_SDP_SENDRECV);
	ck_assert(!ua_offer_result(offer)->hold);
	ck_assert_int_eq(UA_SDP_SENDRECV, ua_offer_result(offer)->dir);
	mem_deref(offer);
}
END_TEST


#define ZERO                                                                  \
	"v=0\r\no=- 9 1 IN IP4 10.2.0.2\r\ns=-\r\nc=IN IP4 0.0.0.0\r\n"       \
	"t=0 0\r\n"

/*
 * The old way to hold, beside any direction, in offers and in answers to what
 * we want: it takes from the direction that we may send.
 */
static const struct {
	const char *offered;
	enum ua_sdp_dir want;
	enum ua_sdp_dir dir;
} zeros[] = {
	{ "sendrecv", UA_SDP_SENDRECV, UA_SDP_RECVONLY },
	{ "sendrecv", UA_SDP_SENDONLY, UA_SDP_INACTIVE },
	{ "sendonly", UA_SDP_SENDRECV, UA_SDP_RECVONLY },
	{ "sendonly", UA_SDP_SENDONLY, UA_SDP_INACTIVE },
	{ "recvonly", UA_SDP_SENDRECV, UA_SDP_INACTIVE },
	{ "recvonly", UA_SDP_SENDONLY, UA_SDP_INACTIVE },
	{ "inactive", UA_SDP_SENDRECV, UA_SDP_INACTIVE },
	{ "inactive", UA_SDP_SENDONLY, UA_SDP_INACTIVE },
};


START_TEST(zero_address_is_a_hold_in_any_direction)
{
	struct ua_offer *offer = alloc_two(false);
	const struct ua_offer_result *res;
	char text[512];
	char line[32];

	sprintf(text, ZERO "m=audio 41000 RTP/AVP 8\r\na=%s\r\n",
		zeros[_i].offered);
	take_offer(offer, text);
	send_answer(offer, zeros[_i].want);
	sprintf(line, "a=%s\r\n", ua_sdp_dir_name(zeros[_i].dir));
	assert_has(line);
	assert_has("c=IN IP4 10.1.0.2\r\n");
	res = ua_offer_result(offer);
	ck_assert_int_eq(zeros[_i].dir, res->dir);
	ck_assert(res->hold);

	send_offer(offer, zeros[_i].want);
	take_answer(offer, text);
	res = ua_offer_result(offer);
	ck_assert_int_eq(zeros[_i].dir, res->dir);
	ck_assert(res->hold);
	mem_deref(offer);
}
END_TEST


/* RFC 3264, 8.4; c= and m= are what a relay knows us by (its rule 3). */
START_TEST(our_hold_is_by_direction_alone)
{
	struct ua_offer *offer = alloc_two(false);
	char before[sizeof(out)];
	char *at;

	send_offer(offer, UA_SDP_SENDRECV);
	strcpy(before, out);
	take_answer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\n");
	send_offer(offer, UA_SDP_SENDONLY);
	assert_has("a=sendonly\r\n");
	assert_has("c=IN IP4 10.1.0.2\r\n");
	assert_has("m=audio 40000 ");
	take_answer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\na=recvonly\r\n");
	ck_assert_int_eq(UA_SDP_SENDONLY, ua_offer_result(offer)->dir);
	ck_assert(!ua_offer_result(offer)->hold);

	/* An offer of somebody who knows of no directions: it stays held. */
	take_offer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\n");
	send_answer(offer, UA_SDP_SENDONLY);
	assert_has("a=sendonly\r\n");
	assert_has("c=IN IP4 10.1.0.2\r\n");
	assert_has("m=audio 40000 ");

	/* The same as ever but for the version. */
	send_offer(offer, UA_SDP_SENDRECV);
	at = strstr(out, " 4 IN IP4");
	ck_assert_ptr_nonnull(at);
	at[1] = '1';
	ck_assert_str_eq(before, out);
	mem_deref(offer);
}
END_TEST


/* RFC 6337, 5.3: who resumes first gets no sound before the other does. */
START_TEST(both_hold_and_both_must_resume)
{
	struct ua_offer *offer = alloc_two(false);

	send_offer(offer, UA_SDP_SENDRECV);
	take_answer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\n");
	take_offer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\na=sendonly\r\n");
	send_answer(offer, UA_SDP_SENDRECV);
	assert_has("a=recvonly\r\n");

	send_offer(offer, UA_SDP_SENDONLY);
	take_answer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\na=inactive\r\n");
	ck_assert_int_eq(UA_SDP_INACTIVE, ua_offer_result(offer)->dir);
	ck_assert(ua_offer_result(offer)->hold);

	if (_i) {
		take_offer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\n");
		send_answer(offer, UA_SDP_SENDONLY);
		assert_has("a=sendonly\r\n");
		ck_assert(!ua_offer_result(offer)->hold);
		send_offer(offer, UA_SDP_SENDRECV);
		take_answer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\n");
	}
	else {
		send_offer(offer, UA_SDP_SENDRECV);
		take_answer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\n"
					"a=sendonly\r\n");
		ck_assert_int_eq(UA_SDP_RECVONLY, ua_offer_result(offer)->dir);
		ck_assert(ua_offer_result(offer)->hold);
		take_offer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\n");
		send_answer(offer, UA_SDP_SENDRECV);
		assert_has("a=sendrecv\r\n");
	}

	ck_assert_int_eq(UA_SDP_SENDRECV, ua_offer_result(offer)->dir);
	ck_assert(!ua_offer_result(offer)->hold);
	mem_deref(offer);
}
END_TEST


/* RFC 6263, 4.6: of what is no media */
START_TEST(spare_type_is_known_to_neither_side)
{
	struct ua_offer *offer = alloc();
	char text[2048];
	int n;
	int i;
	int pt;

	send_offer(offer, UA_SDP_SENDRECV);
	take_answer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\n");
	ck_assert_int_eq(127, ua_offer_result(offer)->keep_pt);

	/* What of it they name, though we do not know what it is, is not. */
	take_offer(offer, HEAD "m=audio 41000 RTP/AVP 8 127 125\r\n"
			       "a=rtpmap:127 x-new/8000\r\n"
			       "a=rtpmap:125 L16/16000\r\n");
	send_answer(offer, UA_SDP_SENDRECV);
	ck_assert_int_eq(126, ua_offer_result(offer)->keep_pt);
	send_offer(offer, UA_SDP_SENDRECV);
	take_answer(offer, HEAD "m=audio 41000 RTP/AVP 8 126\r\n"
				"a=rtpmap:126 L16/16000\r\n");
	ck_assert_int_eq(124, ua_offer_result(offer)->keep_pt);

	/* Nothing that looks like RTCP when all of the others are taken */
	for (pt = 127; pt >= 96; pt -= 16) {
		n = sprintf(text, HEAD "m=audio 41000 RTP/AVP 8");
		for (i = 0; i < 16; i++)
			n += sprintf(text + n, " %d", pt - i);
		(void)sprintf(text + n, "\r\n");
		take_offer(offer, text);
		send_answer(offer, UA_SDP_SENDRECV);
	}
	ck_assert_int_eq(63, ua_offer_result(offer)->keep_pt);
	mem_deref(offer);
}
END_TEST


START_TEST(zero_address_with_ice_is_no_hold)
{
	struct ua_offer *offer = alloc_two(false);

	take_offer(offer,
		   "v=0\r\no=- 1 1 IN IP4 10.2.0.2\r\ns=-\r\n"
		   "c=IN IP4 0.0.0.0\r\nt=0 0\r\n"
		   "m=audio 9 RTP/AVP 8\r\n" CRED "a=ice-options:trickle\r\n");
	send_answer(offer, UA_SDP_SENDRECV);
	assert_has("a=sendrecv\r\n");
	ck_assert(!ua_offer_result(offer)->hold);
	ck_assert(ua_offer_result(offer)->remote.trickle);
	mem_deref(offer);
}
END_TEST


START_TEST(other_lines_are_refused_in_good_form)
{
	struct ua_offer *offer = alloc_two(false);
	struct ua_sdp *sdp = NULL;
	size_t i;

	take_offer(offer,
		   "v=0\r\no=- 1 1 IN IP4 10.2.0.2\r\ns=-\r\n"
		   "c=IN IP4 10.2.0.2\r\nt=7 8\r\n"
		   "a=group:BUNDLE v a1 d a2\r\n"
		   "m=video 5000 UDP/TLS/RTP/SAVPF 98 99\r\na=mid:v\r\n"
		   "a=rtpmap:98 VP8/90000\r\n"
		   "m=audio 5002 RTP/AVPF 8\r\na=mid:a1\r\n"
		   "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
		   "a=mid:d\r\nm=audio 5004 RTP/AVP 8\r\na=mid:a2\r\n"
		   "m=message 0 TCP/MSRP *\r\n");
	send_answer(offer, UA_SDP_SENDRECV);

	ck_assert_uint_eq(5, mlines());
	assert_has("t=7 8\r\n");
	assert_has("m=video 0 UDP/TLS/RTP/SAVPF 98 99\r\na=mid:v\r\n");
	assert_has("m=audio 40000 RTP/AVPF 8\r\na=mid:a1\r\n");
	assert_has("m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"
		   "a=mid:d\r\n");
	assert_has("m=audio 0 RTP/AVP 8\r\na=mid:a2\r\n");
	assert_has("m=message 0 TCP/MSRP *\r\n");
	assert_hasnt("BUNDLE");
	ck_assert_uint_eq(1, ua_offer_result(offer)->mline);

	ck_assert_int_eq(
		0, ua_sdp_decode(&sdp, (uint8_t *)out, strlen(out), &error));
	ck_assert_uint_eq(0, sdp->warnc);
	for (i = 0; i < sdp->mediac; i++)
		ck_assert_uint_eq(i == 1 ? 40000 : 0, sdp->mediav[i].port);
	mem_deref(sdp);

	/* Our own offer has them all, too. */
	send_offer(offer, UA_SDP_SENDRECV);
	ck_assert_uint_eq(5, mlines());
	assert_has("m=video 0 UDP/TLS/RTP/SAVPF 98 99\r\n");
	assert_has("m=audio 40000 RTP/AVPF 8 0 101\r\na=mid:a1\r\n");
	mem_deref(offer);
}
END_TEST


START_TEST(count_of_lines_never_shrinks)
{
	struct ua_offer *offer = alloc_two(false);

	take_offer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\n"
			       "m=video 5000 RTP/AVP 31\r\n"
			       "m=image 5002 udptl t38\r\n");
	send_answer(offer, UA_SDP_SENDRECV);
	ck_assert_uint_eq(3, mlines());

	/* A peer that forgets lines gets an answer to what it offers. */
	take_offer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\n");
	send_answer(offer, UA_SDP_SENDRECV);
	ck_assert_uint_eq(1, mlines());

	send_offer(offer, UA_SDP_SENDRECV);
	ck_assert_uint_eq(3, mlines());
	assert_has("m=image 0 udptl t38\r\n");
	mem_deref(offer);
}
END_TEST


START_TEST(audio_stays_on_its_line_while_it_can)
{
	struct ua_offer *offer = alloc_two(false);

	take_offer(offer, HEAD "m=audio 0 RTP/AVP 8\r\n"
			       "m=audio 41002 RTP/AVP 8\r\n");
	send_answer(offer, UA_SDP_SENDRECV);
	ck_assert_uint_eq(1, ua_offer_result(offer)->mline);

	take_offer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\n"
			       "m=audio 41002 RTP/AVP 8\r\n");
	send_answer(offer, UA_SDP_SENDRECV);
	ck_assert_uint_eq(1, ua_offer_result(offer)->mline);
	assert_has("m=audio 0 RTP/AVP 8\r\nm=audio 40000 ");

	take_offer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\n"
			       "m=audio 0 RTP/AVP 8\r\n");
	send_answer(offer, UA_SDP_SENDRECV);
	ck_assert_uint_eq(0, ua_offer_result(offer)->mline);
	mem_deref(offer);
}
END_TEST


START_TEST(audio_can_be_closed_and_opened_again)
{
	struct ua_offer *offer = alloc_two(false);

	take_offer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\na=mid:x\r\n");
	send_answer(offer, UA_SDP_SENDRECV);

	take_offer(offer, HEAD "m=audio 0 RTP/AVP 8\r\na=mid:x\r\n");
	send_answer(offer, UA_SDP_SENDRECV);
	assert_has("m=audio 0 RTP/AVP 8\r\na=mid:x\r\n");
	assert_hasnt("sendrecv");
	ck_assert(!ua_offer_result(offer)->active);

	send_offer(offer, UA_SDP_SENDRECV);
	ck_assert_uint_eq(1, mlines());
	assert_has("m=audio 40000 RTP/AVP 8 0 101\r\n");
	take_answer(offer, HEAD "m=audio 0 RTP/AVP 8\r\n");
	ck_assert(!ua_offer_result(offer)->active);
	mem_deref(offer);
}
END_TEST

/* First offers that must be refused, with a word that the reason names. */
static const struct {
	const char *text;
	int err;
	uint16_t warning;
	const char *names;
} refused[] = {
	{ HEAD "m=audio 4 RTP/AVP 18 97\r\na=rtpmap:97 iLBC/8000\r\n", ENOTSUP,
	  305, "G729/8000 iLBC/8000" },
	{ HEAD "m=audio 4 RTP/AVP 18\r\n", ENOTSUP, 305, "PCMU/8000" },
	{ HEAD "m=audio 4 RTP/AVP 101\r\n"
	       "a=rtpmap:101 telephone-event/8000\r\n",
	  ENOTSUP, 305, "telephone-event" },
	{ HEAD "m=video 4 RTP/AVP 31\r\n", ENOTSUP, 304, "m=audio" },
	{ HEAD, ENOTSUP, 304, "m=audio" },
	{ HEAD "m=audio 0 RTP/AVP 8\r\n", ENOTSUP, 304, "port" },
	{ HEAD "m=audio 4 RTP/SAVP 8\r\n", ENOTSUP, 302, "RTP/SAVP" },
	{ HEAD "m=audio 4 UDP/TLS/RTP/SAVPF 8\r\n", ENOTSUP, 302, "SAVPF" },
	{ HEAD "m=audio 4 udptl t38\r\n", ENOTSUP, 302, "udptl" },
	{ "hello", EBADMSG, 399, "v=0" },
	{ HEAD "m=audio 400000 RTP/AVP 8\r\n", EBADMSG, 399, "port" },
};


START_TEST(refusal_says_what_could_not_be_done)
{
	struct ua_offer *offer = alloc_two(false);

	ck_assert_int_eq(refused[_i].err,
			 remote_offer(offer, refused[_i].text));
	ck_assert_uint_eq(refused[_i].warning, error.warning);
	ck_assert_msg(strstr(error.text, refused[_i].names) != NULL, "%s",
		      error.text);
	ck_assert_int_eq(UA_OFFER_STABLE, ua_offer_state(offer));
	ck_assert_ptr_null(ua_offer_result(offer));
	mem_deref(offer);
}
END_TEST


START_TEST(bad_reoffer_leaves_all_as_it_was)
{
	struct ua_offer *offer = alloc_two(false);
	struct ua_offer_result before;
	char first[sizeof(out)];

	take_offer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\n" CRED);
	send_answer(offer, UA_SDP_SENDRECV);
	send_offer(offer, UA_SDP_SENDRECV);
	strcpy(first, out);
	ck_assert_int_eq(0, ua_offer_rollback(offer));
	before = *ua_offer_result(offer);

	/* Port 0 closes the audio of a session; that one is no error here. */
	if (refused[_i].warning == 304 && strstr(refused[_i].names, "port"))
		goto out;

	ck_assert_int_eq(refused[_i].err,
			 remote_offer(offer, refused[_i].text));
	ck_assert_int_eq(UA_OFFER_STABLE, ua_offer_state(offer));
	ck_assert_mem_eq(&before, ua_offer_result(offer), sizeof(before));

	/* The next offer is the same text, so not even a version was lost. */
	send_offer(offer, UA_SDP_SENDRECV);
	ck_assert_str_eq(first, out);

out:
	mem_deref(offer);
}
END_TEST


START_TEST(rollback_forgets_a_remote_offer)
{
	struct ua_offer *offer = alloc_two(false);

	take_offer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\n");
	send_answer(offer, UA_SDP_SENDRECV);

	take_offer(offer, HEAD "m=audio 42000 RTP/AVP 0\r\n"
			       "m=video 5 RTP/AVP 31\r\n");
	ck_assert_uint_eq(0, ua_offer_pending(offer)->send_pt);
	ck_assert_uint_eq(8, ua_offer_result(offer)->send_pt);
	ck_assert_int_eq(0, ua_offer_rollback(offer));
	ck_assert_ptr_null(ua_offer_pending(offer));
	assert_addr("10.2.0.2:41000", &ua_offer_result(offer)->remote.rtp);

	send_offer(offer, UA_SDP_SENDRECV);
	ck_assert_uint_eq(1, mlines());
	mem_deref(offer);
}
END_TEST


START_TEST(rollback_forgets_a_local_offer_but_not_its_version)
{
	struct ua_offer *offer = alloc_two(false);

	send_offer(offer, UA_SDP_SENDRECV);
	take_answer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\n");
	send_offer(offer, UA_SDP_SENDONLY);
	assert_has(" 2 IN IP4 10.1.0.2\r\n");
	ck_assert_int_eq(0, ua_offer_rollback(offer));
	ck_assert_int_eq(UA_SDP_SENDRECV, ua_offer_result(offer)->dir);

	/* Version 2 was on the wire: another text must not have it. */
	send_offer(offer, UA_SDP_SENDRECV);
	assert_has(" 3 IN IP4 10.1.0.2\r\n");
	mem_deref(offer);
}
END_TEST


START_TEST(moves_out_of_turn_are_refused)
{
	struct ua_offer *offer = alloc_two(false);
	struct ua_offer_local local = local_at(40000);
	const char *text = HEAD "m=audio 41000 RTP/AVP 8\r\n";

	/* Nothing is pending. */
	ck_assert_int_eq(EPROTO, remote_answer(offer, text));
	ck_assert_int_eq(EPROTO, answer_err(offer, &local));
	ck_assert_int_eq(EPROTO, ua_offer_rollback(offer));
	ck_assert_str_eq("STABLE", ua_offer_state_name(UA_OFFER_STABLE));

	/* Ours is out: glare. */
	ck_assert_int_eq(0, offer_err(offer, &local));
	ck_assert_int_eq(EPROTO, remote_offer(offer, text));
	ck_assert_int_eq(EPROTO, answer_err(offer, &local));
	ck_assert_int_eq(UA_OFFER_LOCAL, ua_offer_state(offer));
	take_answer(offer, text);

	/* The 200 repeats the answer of a 183, with the port closed. */
	ck_assert_int_eq(EPROTO,
			 remote_answer(offer, HEAD "m=audio 0 RTP/AVP 8\r\n"));
	ck_assert(ua_offer_result(offer)->active);

	/* Theirs is in. */
	take_offer(offer, text);
	ck_assert_int_eq(EPROTO, remote_offer(offer, text));
	ck_assert_int_eq(EPROTO, remote_answer(offer, text));
	ck_assert_int_eq(EPROTO, offer_err(offer, &local));
	ck_assert_int_eq(UA_OFFER_REMOTE, ua_offer_state(offer));
	mem_deref(offer);
}
END_TEST

/* Answers to our offer of PCMA and PCMU that are none. */
static const struct {
	const char *text;
	int err;
} bad_answers[] = {
	{ HEAD, EBADMSG },
	{ HEAD "m=video 41000 RTP/AVP 8\r\n", EBADMSG },
	{ HEAD "m=audio 41000 RTP/AVP 18\r\n", ENOTSUP },
	{ HEAD "m=audio 41000 RTP/SAVP 8\r\n", ENOTSUP },
	{ "", EBADMSG },
};


START_TEST(bad_answer_leaves_the_offer_open)
{
	struct ua_offer *offer = alloc_two(false);

	send_offer(offer, UA_SDP_SENDRECV);
	ck_assert_int_eq(bad_answers[_i].err,
			 remote_answer(offer, bad_answers[_i].text));
	ck_assert_uint_gt(strlen(error.text), 0);
	ck_assert_int_eq(UA_OFFER_LOCAL, ua_offer_state(offer));

	take_answer(offer, HEAD "m=audio 41000 RTP/AVP 0\r\n");
	ck_assert_uint_eq(0, ua_offer_result(offer)->send_pt);
	mem_deref(offer);
}
END_TEST


START_TEST(refused_audio_in_an_answer_is_told)
{
	struct ua_offer *offer = alloc_two(false);

	send_offer(offer, UA_SDP_SENDRECV);
	take_answer(offer, HEAD "m=audio 0 RTP/AVP\r\n");
	ck_assert_ptr_nonnull(ua_offer_result(offer));
	ck_assert(!ua_offer_result(offer)->active);
	mem_deref(offer);
}
END_TEST


/* Two machines, each other's peer: A offers, B answers. */
static void exchange(struct ua_offer *a, const struct ua_offer_local *la,
		     struct ua_offer *b, const struct ua_offer_local *lb)
{
	ck_assert_int_eq(0, offer_err(a, la));
	take_offer(b, out);
	ck_assert_int_eq(0, answer_err(b, lb));
	take_answer(a, out);
}


START_TEST(two_machines_agree)
{
	struct ua_offer *a = alloc();
	struct ua_offer *b = alloc();
	struct ua_offer_local la = local_at(40000);
	struct ua_offer_local lb = local_at(41000);
	const struct ua_offer_result *ra;
	const struct ua_offer_result *rb;
	int i;

	for (i = 0; i < 4; i++) {
		if (i % 2)
			exchange(b, &lb, a, &la);
		else
			exchange(a, &la, b, &lb);

		ra = ua_offer_result(a);
		rb = ua_offer_result(b);
		ck_assert_uint_eq(OPUS, ra->codec);
		ck_assert_uint_eq(OPUS, rb->codec);
		ck_assert_int_eq(OPUS, recv_codec(ra, rb->send_pt));
		ck_assert_int_eq(OPUS, recv_codec(rb, ra->send_pt));
		ck_assert_uint_eq(48000, ra->telev_hz);
		ck_assert(ra->mux && rb->mux);
		ck_assert(ua_addr_eq(&ra->remote.rtp, &ra->remote.rtcp));
		assert_addr("10.1.0.2:41000", &ra->remote.rtp);
		assert_addr("10.1.0.2:40000", &rb->remote.rtp);
	}

	/* Offer, answer, offer the other way round: all the same texts. */
	assert_has(" 1 IN IP4");
	mem_deref(a);
	mem_deref(b);
}
END_TEST


START_TEST(invite_without_offer_is_the_same_machine)
{
	struct ua_offer *offer = alloc_two(false);

	/* We offer in the 200; the answer comes in the ACK. */
	send_offer(offer, UA_SDP_SENDRECV);
	take_answer(offer, HEAD "m=audio 41000 RTP/AVP 0\r\n");
	ck_assert(ua_offer_result(offer)->active);

	/* A later one, from held to heard */
	send_offer(offer, UA_SDP_SENDRECV);
	take_answer(offer, HEAD "m=audio 41000 RTP/AVP 0\r\na=sendonly\r\n");
	ck_assert(ua_offer_result(offer)->hold);
	mem_deref(offer);
}
END_TEST


static struct ua_offer_local ice_local(struct ua_sdp_cand cands[2])
{
	struct ua_offer_local local = local_at(40000);
	char a[] = "1 1 UDP 2130706431 10.1.0.2 40000 typ host";
	char b[] = "1 2 UDP 2130706430 10.1.0.2 40001 typ host";
	const char *why;

	ck_assert_int_eq(0, ua_sdpcand_decode(&cands[0], a, &why));
	ck_assert_int_eq(0, ua_sdpcand_decode(&cands[1], b, &why));
	ck_assert_int_eq(0, ua_addr_set(&local.rtcp, "10.1.0.2", 40001));
	local.ufrag = "Loc4";
	local.pwd = "AAAABBBBCCCCDDDDEEEEFF";
	local.options = "ice2";
	local.pacing = 20;
	local.candv = cands;
	local.candc = 2;
	return local;
}


START_TEST(ice_is_offered_with_all_it_takes)
{
	struct ua_offer *offer = alloc_two(false);
	struct ua_sdp_cand cands[2];
	struct ua_offer_local local = ice_local(cands);

	local.end = true;
	local.remc = 1;
	local.remv[0].comp = 1;
	local.remv[0].addr = local.rtp;
	ck_assert_int_eq(0, offer_err(offer, &local));
	assert_has("t=0 0\r\na=ice-pacing:20\r\na=ice-options:ice2\r\nm=");
	assert_has("a=rtcp:40001\r\na=rtcp-mux\r\n"
		   "a=ice-ufrag:Loc4\r\na=ice-pwd:AAAABBBBCCCCDDDDEEEEFF\r\n"
		   "a=candidate:1 1 UDP 2130706431 10.1.0.2 40000 typ host\r\n"
		   "a=candidate:1 2 UDP 2130706430 10.1.0.2 40001 typ host\r\n"
		   "a=remote-candidates:1 10.1.0.2 40000\r\n"
		   "a=end-of-candidates\r\n");
	mem_deref(offer);
}
END_TEST


/* RFC 8840, 4.1.1: what is trickled names the m-line by a=mid. */
START_TEST(trickle_is_offered_with_a_mid_that_stays)
{
	struct ua_offer *offer = alloc_two(false);
	struct ua_sdp_cand cands[2];
	struct ua_offer_local local = ice_local(cands);

	ck_assert_ptr_null(ua_offer_mid(offer));
	local.options = "ice2 trickle renomination";
	ck_assert_int_eq(0, offer_err(offer, &local));
	assert_has("a=ice-options:ice2 trickle renomination\r\n");
	assert_has("a=mid:0\r\n");
	ck_assert_str_eq("0", ua_offer_mid(offer));

	take_answer(offer, HEAD "a=ice-options:trickle ice2 renomination x\r\n"
				"m=audio 41000 RTP/AVP 8\r\na=mid:0\r\n" CRED);
	ck_assert(ua_offer_result(offer)->remote.trickle);
	ck_assert(ua_offer_result(offer)->remote.renom);
	ck_assert(ua_offer_result(offer)->remote.ice2);

	/* It stays, and is not given twice. */
	ck_assert_int_eq(0, offer_err(offer, &local));
	assert_has("a=mid:0\r\n");
	ck_assert_int_eq(0, ua_offer_rollback(offer));

	/* The peer names it in its offer: that is the name then. */
	take_offer(offer,
		   HEAD "m=audio 41000 RTP/AVP 8\r\na=mid:sound\r\n" CRED);
	ck_assert_int_eq(0, answer_err(offer, &local));
	assert_has("a=mid:sound\r\n");
	ck_assert_str_eq("sound", ua_offer_mid(offer));
	mem_deref(offer);
}
END_TEST


START_TEST(mid_of_ours_is_no_other_lines_one)
{
	struct ua_offer *offer = alloc_two(false);
	struct ua_sdp_cand cands[2];
	struct ua_offer_local local = ice_local(cands);

	local.options = "trickle";
	take_offer(offer, HEAD "m=video 5 RTP/AVP 31\r\na=mid:0\r\n"
			       "m=audio 41000 RTP/AVP 8\r\n" CRED);
	ck_assert_int_eq(0, answer_err(offer, &local));
	ck_assert_ptr_null(ua_offer_mid(offer));
	ck_assert_int_eq(0, offer_err(offer, &local));
	ck_assert_str_eq("1", ua_offer_mid(offer));
	mem_deref(offer);
}
END_TEST


/* RFC 8445, 9: either of them alone makes another generation. */
START_TEST(one_changed_credential_is_a_restart)
{
	static const struct {
		const char *ice;
		bool restart;
	} v[] = {
		{ CRED, false },
		{ "a=ice-ufrag:Qf7h\r\n"
		  "a=ice-pwd:0123456789012345678901\r\n",
		  true },
		{ "a=ice-ufrag:new1\r\n"
		  "a=ice-pwd:k3Jd8sPq0ZxLm2Nv5TbYw1\r\n",
		  true },
		{ "", false },
	};
	struct ua_offer *offer = alloc_two(false);
	struct ua_sdp_cand cands[2];
	struct ua_offer_local local = ice_local(cands);
	char text[1024];
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		take_offer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\n" CRED);
		ck_assert_int_eq(0, answer_err(offer, &local));
		(void)snprintf(text, sizeof(text),
			       HEAD "%sm=audio 41000 RTP/AVP 8\r\n", v[i].ice);
		take_offer(offer, text);
		ck_assert_int_eq(v[i].restart,
				 ua_offer_pending(offer)->ice_restart);
		ck_assert_int_eq(0, ua_offer_rollback(offer));
	}

	mem_deref(offer);
}
END_TEST


START_TEST(ice_of_the_peer_is_handed_over)
{
	struct ua_offer *offer = alloc_two(false);
	struct ua_sdp_cand cands[2];
	struct ua_offer_local local = ice_local(cands);
	const struct ua_offer_result *res;

	take_offer(offer, HEAD
		   "a=ice-pacing:40\r\na=ice-options:ice2\r\n"
		   "m=audio 41000 RTP/AVP 8\r\na=rtcp:41005\r\n"
		   "a=rtcp-mux\r\n" CRED
		   "a=candidate:1 1 UDP 2130706431 10.2.0.2 41000 typ host\r\n"
		   "a=candidate:9 1 UDP zero\r\n"
		   "a=remote-candidates:1 10.1.0.2 40000\r\n");

	/* ICE begins before the answer is written. */
	res = ua_offer_pending(offer);
	ck_assert(res->remote.ice);
	ck_assert(res->remote.ice2);
	ck_assert(!res->remote.lite);
	ck_assert_str_eq("Qf7h", res->remote.ufrag);
	ck_assert_str_eq("k3Jd8sPq0ZxLm2Nv5TbYw1", res->remote.pwd);
	ck_assert_uint_eq(40, res->remote.pacing);
	ck_assert_uint_eq(1, res->remote.candc);
	ck_assert_uint_eq(1, res->remote.cand_bad);
	ck_assert_uint_eq(1, res->remote.remc);
	ck_assert_int_eq(UA_SDPFACTS_MATCH, res->remote.dest);
	ck_assert_int_eq(0, res->remote.dest_cand);

	/* With mux a=rtcp is what a proxy left there. */
	ck_assert(res->mux);
	ck_assert(res->remote.rtcp_odd);
	assert_addr("10.2.0.2:41000", &res->remote.rtcp);
	ck_assert_int_eq(0, res->remote.rtcp_cand);
	ck_assert(!res->ice_restart);

	ck_assert_int_eq(0, answer_err(offer, &local));
	assert_has("a=rtcp-mux\r\na=ice-ufrag:Loc4\r\n");
	assert_hasnt("a=rtcp:");
	assert_hasnt("remote-candidates");

	/* One port, one component (RFC 5761, 5.1.3) */
	assert_has("a=candidate:1 1 UDP");
	assert_hasnt("a=candidate:1 2 UDP");

	/* Other credentials are a restart. */
	take_offer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\n"
			       "a=ice-ufrag:new1\r\n"
			       "a=ice-pwd:0123456789012345678901\r\n");
	ck_assert(ua_offer_pending(offer)->ice_restart);
	mem_deref(offer);
}
END_TEST


START_TEST(without_ice_in_the_offer_there_is_none_in_the_answer)
{
	struct ua_offer *offer = alloc_two(false);
	struct ua_sdp_cand cands[2];
	struct ua_offer_local local = ice_local(cands);

	take_offer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\n");
	ck_assert_int_eq(0, answer_err(offer, &local));
	assert_hasnt("ice");
	assert_hasnt("candidate");
	mem_deref(offer);
}
END_TEST


START_TEST(mismatch_is_answered_alone)
{
	struct ua_offer *offer = alloc_two(false);
	struct ua_sdp_cand cands[2];
	struct ua_offer_local local = ice_local(cands);

	take_offer(
		offer, HEAD
		"m=audio 50000 RTP/AVP 8\r\n" CRED
		"a=candidate:1 1 UDP 2130706431 10.2.0.2 41000 typ host\r\n");
	ck_assert_int_eq(UA_SDPFACTS_OTHER,
			 ua_offer_pending(offer)->remote.dest);
	ck_assert_int_eq(-1, ua_offer_pending(offer)->remote.dest_cand);
	local.mismatch = true;
	ck_assert_int_eq(0, answer_err(offer, &local));
	assert_has("a=ice-mismatch\r\n");
	assert_hasnt("ufrag");
	assert_hasnt("candidate");
	mem_deref(offer);
}
END_TEST


START_TEST(mismatch_of_the_peer_is_told)
{
	struct ua_offer *offer = alloc_two(false);

	send_offer(offer, UA_SDP_SENDRECV);
	take_answer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\n"
				"a=ice-mismatch\r\n");
	ck_assert(ua_offer_result(offer)->remote.mismatch);
	ck_assert(!ua_offer_result(offer)->remote.ice);
	mem_deref(offer);
}
END_TEST


START_TEST(rtcp_is_told_where_it_does_not_follow)
{
	struct ua_offer *offer = alloc_two(false);
	struct ua_offer_local local = local_at(40000);

	ck_assert_int_eq(0, ua_addr_set(&local.rtcp, "10.1.0.2", 40001));
	ck_assert_int_eq(0, offer_err(offer, &local));
	assert_hasnt("a=rtcp:");

	local.rtcp.port = 40007;
	ck_assert_int_eq(0, offer_err(offer, &local));
	assert_has("a=rtcp:40007\r\n");

	ck_assert_int_eq(0, ua_addr_set(&local.rtcp, "2001:db8::1", 40001));
	ck_assert_int_eq(0, offer_err(offer, &local));
	assert_has("a=rtcp:40001 IN IP6 2001:db8::1\r\n");
	mem_deref(offer);
}
END_TEST


START_TEST(no_address_yet_is_zero_and_port_nine)
{
	struct ua_offer *offer = alloc_two(false);
	struct ua_offer_local local;

	ua_offer_local_default(&local);
	local.ufrag = "Loc4";
	local.pwd = "AAAABBBBCCCCDDDDEEEEFF";
	local.options = "ice2 trickle";
	ck_assert_int_eq(0, offer_err(offer, &local));
	assert_has("c=IN IP4 0.0.0.0\r\n");
	assert_has("m=audio 9 RTP/AVP 8 0 101\r\n");
	mem_deref(offer);
}
END_TEST


START_TEST(ptime_of_the_peer_is_used_within_reason)
{
	static const struct {
		const char *lines;
		unsigned ptime;
	} rows[] = {
		{ "", 20 },
		{ "a=ptime:30\r\n", 30 },
		{ "a=ptime:0\r\n", 20 },
		{ "a=ptime:x\r\n", 20 },
		{ "a=ptime:4294967295\r\n", 20 },
		{ "a=maxptime:10\r\n", 10 },
		{ "a=ptime:60\r\na=maxptime:40\r\n", 40 },
	};
	struct ua_offer *offer = alloc_two(false);
	char text[512];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sprintf(text, HEAD "m=audio 41000 RTP/AVP 8\r\n%s",
			rows[i].lines);
		take_offer(offer, text);
		send_answer(offer, UA_SDP_SENDRECV);
		ck_assert_uint_eq(rows[i].ptime,
				  ua_offer_result(offer)->ptime);
	}

	mem_deref(offer);
}
END_TEST


START_TEST(fork_gives_each_branch_its_answer)
{
	struct ua_offer *a = alloc_two(false);
	struct ua_offer *b = NULL;

	send_offer(a, UA_SDP_SENDRECV);
	ck_assert_int_eq(0, ua_offer_clone(&b, a));
	take_answer(a, HEAD "m=audio 41000 RTP/AVP 8\r\n" CRED
			    "a=candidate:1 1 UDP 1 10.2.0.2 5 typ host\r\n");
	take_answer(b, HEAD "m=audio 42000 RTP/AVP 0\r\n");
	ck_assert_uint_eq(8, ua_offer_result(a)->send_pt);
	ck_assert_uint_eq(0, ua_offer_result(b)->send_pt);

	/* Both go on alone, also when the first is gone. */
	mem_deref(a);
	send_offer(b, UA_SDP_INACTIVE);
	assert_has(" 2 IN IP4");
	assert_addr("10.2.0.2:42000", &ua_offer_result(b)->remote.rtp);
	mem_deref(b);
}
END_TEST


START_TEST(wire_texts_are_answered)
{
	const struct sdp_wire *wire = &sdp_wires[_i];
	struct ua_offer *offer = alloc();
	const struct ua_offer_result *res;

	take_offer(offer, wire->text);
	send_answer(offer, UA_SDP_SENDRECV);
	ck_assert_uint_eq(wire->mediac, mlines());
	res = ua_offer_result(offer);
	ck_assert(res->active);
	ck_assert_int_eq(wire->dest, res->remote.dest);
	ck_assert_int_eq(wire->ice, res->remote.ice);
	ck_assert_uint_gt(res->recvc, 0);
	mem_deref(offer);
}
END_TEST


START_TEST(broken_address_costs_the_address_alone)
{
	struct ua_offer *offer = alloc();
	const struct ua_offer_result *res;

	send_offer(offer, UA_SDP_SENDRECV);
	take_answer(
		offer,
		"v=0\r\no=- 1 1 IN IP6 2001:db8::2\r\ns=-\r\n"
		"c=IN IP6 None\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n" CRED
		"a=candidate:1 1 UDP 9 2001:db8::2 40000 typ host\r\n");
	res = ua_offer_result(offer);
	ck_assert(res->active);
	ck_assert_int_eq(UA_SDP_SENDRECV, res->dir);
	ck_assert_int_eq(UA_SDPFACTS_BROKEN, res->remote.dest);
	ck_assert_int_eq(UA_AF_NONE, res->remote.rtp.af);
	ck_assert_uint_eq(1, res->remote.candc);
	mem_deref(offer);
}
END_TEST


START_TEST(print_tells_what_is_agreed_but_no_secrets)
{
	struct ua_offer *offer = alloc();
	char text[256];

	take_offer(offer, HEAD "m=audio 41000 RTP/AVP 111\r\n" CRED
			       "a=rtpmap:111 opus/48000/2\r\n");
	(void)re_snprintf(text, sizeof(text), "%H", ua_offer_print, offer);
	ck_assert_str_eq("REMOTE version 1", text);

	send_answer(offer, UA_SDP_SENDRECV);
	(void)re_snprintf(text, sizeof(text), "%H", ua_offer_print, offer);
	ck_assert_str_eq("STABLE version 1, opus/48000 as 111, sendrecv, to "
			 "10.2.0.2:41000 (other), ice",
			 text);
	mem_deref(offer);
}
END_TEST


START_TEST(bad_configuration_is_refused)
{
	struct ua_offer_conf conf;
	struct ua_offer *offer = NULL;
	struct ua_offer_codec bad = codecs[0];

	conf_init(&conf);
	conf.codecc = 0;
	ck_assert_int_eq(EINVAL, ua_offer_alloc(&offer, &conf));
	conf.codecc = UA_OFFER_CODEC_MAX + 1;
	ck_assert_int_eq(EINVAL, ua_offer_alloc(&offer, &conf));
	conf_init(&conf);
	conf.rand = NULL;
	ck_assert_int_eq(EINVAL, ua_offer_alloc(&offer, &conf));
	conf_init(&conf);
	bad.name = NULL;
	conf.codecv = &bad;
	conf.codecc = 1;
	ck_assert_int_eq(EINVAL, ua_offer_alloc(&offer, &conf));
	ck_assert_ptr_null(offer);
}
END_TEST


START_TEST(too_small_a_buffer_changes_nothing)
{
	struct ua_offer *offer = alloc_two(false);
	struct ua_offer_local local = local_at(40000);
	char small[100];
	struct ua_wr wr;

	ua_wr_init(&wr, small, sizeof(small));
	ck_assert_int_eq(ENOSPC, ua_offer_local_offer(offer, &local, &wr));
	ck_assert_int_eq(UA_OFFER_STABLE, ua_offer_state(offer));

	take_offer(offer, HEAD "m=audio 41000 RTP/AVP 8\r\n");
	ua_wr_init(&wr, small, sizeof(small));
	ck_assert_int_eq(ENOSPC, ua_offer_local_answer(offer, &local, &wr));
	ck_assert_int_eq(UA_OFFER_REMOTE, ua_offer_state(offer));
	send_answer(offer, UA_SDP_SENDRECV);
	assert_has(" 1 IN IP4");
	mem_deref(offer);
}
END_TEST


/* libcheck's asserts allocate, so a scenario prepares outside and has none. */
struct scenario {
	const char *text;
	struct ua_offer_local local;
};


static int whole_call(void *arg)
{
	const struct scenario *sc = arg;
	const uint8_t *text = (const uint8_t *)sc->text;
	const size_t len = strlen(sc->text);
	struct ua_offer_conf conf;
	struct ua_offer *a = NULL;
	struct ua_offer *b = NULL;
	struct ua_wr wr;
	int err;

	conf_init(&conf);
	ua_wr_init(&wr, out, sizeof(out));

	err = ua_offer_alloc(&a, &conf);
	if (err)
		goto out;
	err = ua_offer_remote_offer(a, text, len, NULL);
	if (err)
		goto out;
	err = ua_offer_local_answer(a, &sc->local, &wr);
	if (err)
		goto out;
	wr.pos = 0;
	err = ua_offer_local_offer(a, &sc->local, &wr);
	if (err)
		goto out;
	err = ua_offer_clone(&b, a);
	if (err)
		goto out;
	err = ua_offer_remote_answer(b, text, len, NULL);
	if (err)
		goto out;
	err = ua_offer_rollback(a);

out:
	mem_deref(b);
	mem_deref(a);
	return err;
}


START_TEST(no_memory_leaves_nothing_behind)
{
	struct ua_sdp_cand cands[2];
	struct scenario sc = { sdp_wires[6].text, ice_local(cands) };

	ua_oom_walk(whole_call, &sc);
}
END_TEST


Suite *ua_suite_offer(void)
{
	const int nrefused = sizeof(refused) / sizeof(refused[0]);
	const int nwire = sizeof(sdp_wires) / sizeof(sdp_wires[0]);
	Suite *s = suite_create("offer");
	TCase *tc = tcase_create("formats");

	tcase_add_test(tc, first_offer_lists_all_that_we_can_do);
	tcase_add_test(tc, answer_is_agreed);
	tcase_add_test(tc, answer_uses_the_numbers_of_the_offer);
	tcase_add_test(tc, own_order_counts_when_asked);
	tcase_add_test(tc, numbers_of_the_offer_are_remembered);
	tcase_add_test(tc, two_sides_may_number_differently);
	tcase_add_test(tc, renumbering_by_the_peer_is_followed);
	tcase_add_test(tc, opus_without_channels_is_opus);
	tcase_add_test(tc,
		       telephone_event_of_another_clock_is_better_than_none);
	tcase_add_test(tc, types_that_look_like_rtcp_are_left_out_with_mux);
	tcase_add_test(tc, ptime_of_the_peer_is_used_within_reason);
	suite_add_tcase(s, tc);

	tc = tcase_create("session");
	tcase_add_test(tc, same_text_has_the_same_version);
	tcase_add_test(tc, answer_and_later_offer_share_the_versions);
	tcase_add_loop_test(tc, direction_is_answered_by_the_table, 0,
			    sizeof(dirs) / sizeof(dirs[0]));
	tcase_add_loop_test(tc, direction_of_an_answer_limits_ours, 0, 16);
	tcase_add_test(tc, old_hold_by_zero_address_stops_sending);
	tcase_add_loop_test(tc, zero_address_is_a_hold_in_any_direction, 0,
			    sizeof(zeros) / sizeof(zeros[0]));
	tcase_add_test(tc, our_hold_is_by_direction_alone);
	tcase_add_loop_test(tc, both_hold_and_both_must_resume, 0, 2);
	tcase_add_test(tc, spare_type_is_known_to_neither_side);
	tcase_add_test(tc, zero_address_with_ice_is_no_hold);
	tcase_add_test(tc, other_lines_are_refused_in_good_form);
	tcase_add_test(tc, count_of_lines_never_shrinks);
	tcase_add_test(tc, audio_stays_on_its_line_while_it_can);
	tcase_add_test(tc, audio_can_be_closed_and_opened_again);
	tcase_add_test(tc, two_machines_agree);
	tcase_add_test(tc, print_tells_what_is_agreed_but_no_secrets);
	tcase_add_test(tc, invite_without_offer_is_the_same_machine);
	tcase_add_test(tc, fork_gives_each_branch_its_answer);
	tcase_add_loop_test(tc, wire_texts_are_answered, 0, nwire);
	suite_add_tcase(s, tc);

	tc = tcase_create("refusal");
	tcase_add_loop_test(tc, refusal_says_what_could_not_be_done, 0,
			    nrefused);
	tcase_add_loop_test(tc, bad_reoffer_leaves_all_as_it_was, 0, nrefused);
	tcase_add_test(tc, rollback_forgets_a_remote_offer);
	tcase_add_test(tc, rollback_forgets_a_local_offer_but_not_its_version);
	tcase_add_test(tc, moves_out_of_turn_are_refused);
	tcase_add_loop_test(tc, bad_answer_leaves_the_offer_open, 0,
			    sizeof(bad_answers) / sizeof(bad_answers[0]));
	tcase_add_test(tc, refused_audio_in_an_answer_is_told);
	tcase_add_test(tc, bad_configuration_is_refused);
	tcase_add_test(tc, too_small_a_buffer_changes_nothing);
	tcase_add_test(tc, no_memory_leaves_nothing_behind);
	suite_add_tcase(s, tc);

	tc = tcase_create("addresses");
	tcase_add_test(tc, ice_is_offered_with_all_it_takes);
	tcase_add_test(tc, trickle_is_offered_with_a_mid_that_stays);
	tcase_add_test(tc, mid_of_ours_is_no_other_lines_one);
	tcase_add_test(tc, one_changed_credential_is_a_restart);
	tcase_add_test(tc, ice_of_the_peer_is_handed_over);
	tcase_add_test(tc,
		       without_ice_in_the_offer_there_is_none_in_the_answer);
	tcase_add_test(tc, mismatch_is_answered_alone);
	tcase_add_test(tc, mismatch_of_the_peer_is_told);
	tcase_add_test(tc, rtcp_is_told_where_it_does_not_follow);
	tcase_add_test(tc, no_address_yet_is_zero_and_port_nine);
	tcase_add_test(tc, broken_address_costs_the_address_alone);
	suite_add_tcase(s, tc);
	return s;
}
