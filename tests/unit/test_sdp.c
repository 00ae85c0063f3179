/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_sdp.c  Session description: parser and writer */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/wr.h"
#include "sdp/sdp.h"
#include "sdp/sdpfacts.h"

#include "../vectors/sdp_wire.h"
#include "oom.h"

Suite *ua_suite_sdp(void);

#define HEAD "v=0\r\no=- 1 1 IN IP4 10.1.0.2\r\ns=-\r\nt=0 0\r\n"
#define CONN "c=IN IP4 10.1.0.2\r\n"
#define AUDIO "m=audio 40000 RTP/AVP 0\r\n"

enum { NWIRE = sizeof(sdp_wires) / sizeof(sdp_wires[0]) };

static struct ua_sdp_error error;


static int decode_err(struct ua_sdp **sdpp, const char *text)
{
	return ua_sdp_decode(sdpp, (const uint8_t *)text, strlen(text),
			     &error);
}


static struct ua_sdp *decode(const char *text)
{
	struct ua_sdp *sdp = NULL;

	ck_assert_msg(!decode_err(&sdp, text), "line %u: %s", error.line,
		      error.text);
	return sdp;
}


static void encode(const struct ua_sdp *sdp, char *buf, size_t size)
{
	struct ua_wr wr;

	ua_wr_init(&wr, buf, size - 1);
	ck_assert_int_eq(0, ua_sdp_encode(sdp, &wr));
	buf[wr.pos] = '\0';
}


static const struct ua_sdp_media *audio_of(const struct ua_sdp *sdp)
{
	size_t i;

	for (i = 0; i < sdp->mediac; i++) {
		if (!strcmp(sdp->mediav[i].type, "audio"))
			return &sdp->mediav[i];
	}

	ck_abort_msg("no audio");
	return NULL;
}


static void assert_addr(const char *expect, const struct ua_addr *addr)
{
	char buf[UA_ADDR_LEN];

	if (!expect)
		ck_assert_int_eq(UA_AF_NONE, addr->af);
	else
		ck_assert_str_eq(expect, ua_addr_str(addr, buf));
}


START_TEST(wire_text_costs_nothing_but_its_own_faults)
{
	const struct sdp_wire *wire = &sdp_wires[_i];
	struct ua_sdp *sdp = decode(wire->text);
	const struct ua_sdp_media *media = audio_of(sdp);
	struct ua_sdp_facts facts = { 0 };

	ck_assert_uint_eq(wire->mediac, sdp->mediac);
	ck_assert_uint_eq(wire->candc, media->candc);
	ck_assert_uint_eq(wire->cand_bad, media->cand_bad);

	ck_assert_int_eq(
		0, ua_sdpfacts_read(&facts, sdp, media, media->rtcp_mux));
	ck_assert_int_eq(wire->ice, facts.ice);
	ck_assert_str_eq(ua_sdpfacts_dest_name(wire->dest),
			 ua_sdpfacts_dest_name(facts.dest));
	assert_addr(wire->rtp, &facts.rtp);
	assert_addr(wire->rtcp, &facts.rtcp);

	ua_sdpfacts_reset(&facts);
	mem_deref(sdp);
}
END_TEST


START_TEST(round_trip_keeps_all)
{
	struct ua_sdp *sdp = decode(sdp_wires[_i].text);
	struct ua_sdp *again;
	char first[8192];
	char second[8192];
	size_t i;

	encode(sdp, first, sizeof(first));
	again = decode(first);
	encode(again, second, sizeof(second));
	ck_assert_str_eq(first, second);

	ck_assert_uint_eq(sdp->mediac, again->mediac);
	ck_assert_uint_eq(sdp->attrc, again->attrc);
	for (i = 0; i < sdp->mediac; i++) {
		const struct ua_sdp_media *a = &sdp->mediav[i];
		const struct ua_sdp_media *b = &again->mediav[i];

		ck_assert_str_eq(a->type, b->type);
		ck_assert_str_eq(a->proto, b->proto);
		ck_assert_uint_eq(a->port, b->port);
		ck_assert_uint_eq(a->fmtc, b->fmtc);
		ck_assert_uint_eq(a->candc, b->candc);
		ck_assert_uint_eq(a->attrc, b->attrc);
		ck_assert_uint_eq(a->ptime, b->ptime);
		ck_assert_int_eq(a->dir, b->dir);
		ck_assert_int_eq(a->rtcp_mux, b->rtcp_mux);
		ck_assert_int_eq(a->conn.kind, b->conn.kind);
		ck_assert_pstr_eq(a->mid, b->mid);
		ck_assert_pstr_eq(a->ice.ufrag, b->ice.ufrag);
	}

	mem_deref(again);
	mem_deref(sdp);
}
END_TEST


/* Cut anywhere: either it is still a description, or it is refused. */
START_TEST(every_truncation_is_read_or_refused)
{
	const char *text = sdp_wires[_i].text;
	const size_t len = strlen(text);
	size_t n;

	for (n = 0; n <= len; n++) {
		struct ua_sdp *sdp = NULL;
		/* Of the very length, so that a sanitizer sees the end */
		uint8_t *cut = malloc(n ? n : 1);
		int err;

		memcpy(cut, text, n);
		err = ua_sdp_decode(&sdp, cut, n, NULL);
		ck_assert(err == 0 || err == EBADMSG);
		ck_assert((err == 0) == (sdp != NULL));
		mem_deref(sdp);
		free(cut);
	}
}
END_TEST


START_TEST(every_flipped_bit_is_read_or_refused)
{
	const char *text = sdp_wires[_i].text;
	const size_t len = strlen(text);
	char *buf = malloc(len);
	char out[16384];
	size_t bit;

	memcpy(buf, text, len);
	for (bit = 0; bit < len * 8; bit++) {
		struct ua_sdp *sdp = NULL;
		int err;

		buf[bit / 8] = (char)(buf[bit / 8] ^ 1 << bit % 8);
		err = ua_sdp_decode(&sdp, (uint8_t *)buf, len, NULL);
		ck_assert(err == 0 || err == EBADMSG);
		if (!err)
			encode(sdp, out, sizeof(out));

		mem_deref(sdp);
		buf[bit / 8] = (char)(buf[bit / 8] ^ 1 << bit % 8);
	}

	free(buf);
}
END_TEST

/* Text, line at fault, and what the error must name. */
static const struct {
	const char *text;
	unsigned line;
	const char *names;
} bad[] = {
	{ "", 0, "v=" },
	{ "v=1\r\n", 1, "v=" },
	{ "o=- 1 1 IN IP4 10.0.0.1\r\n", 0, "v=" },
	{ "\r\nv=0\r\n", 0, "v=" },
	{ "v=0\r\nnonsense\r\n", 2, "letter" },
	{ "v=0\r\ns\r\n", 2, "letter" },
	{ "v=0\r\n =x\r\n", 2, "letter" },
	{ HEAD "m=audio\r\n", 5, "m=" },
	{ HEAD "m=audio 1 \r\n", 5, "m=" },
	{ HEAD "m=audio x RTP/AVP 0\r\n", 5, "m=" },
	{ HEAD "m=audio 65536 RTP/AVP 0\r\n", 5, "m=" },
	{ HEAD "m=audio -1 RTP/AVP 0\r\n", 5, "m=" },
	{ HEAD "m=audio 1 RTP/AVP\r\n", 5, "format" },
	{ HEAD AUDIO AUDIO AUDIO AUDIO AUDIO AUDIO AUDIO AUDIO AUDIO AUDIO
		  AUDIO AUDIO AUDIO AUDIO AUDIO AUDIO AUDIO,
	  21, "16" },
};


START_TEST(refusal_names_line_and_field)
{
	struct ua_sdp *sdp = NULL;

	memset(&error, 0, sizeof(error));
	ck_assert_int_eq(EBADMSG, decode_err(&sdp, bad[_i].text));
	ck_assert_ptr_null(sdp);
	ck_assert_uint_eq(bad[_i].line, error.line);
	ck_assert_msg(strstr(error.text, bad[_i].names) != NULL, "%s",
		      error.text);
	ck_assert_uint_ge(error.warning, 300);
}
END_TEST


START_TEST(refusal_can_stand_between_quotes)
{
	struct ua_sdp *sdp = NULL;

	ck_assert_int_eq(EBADMSG,
			 decode_err(&sdp, "v=0\r\nsay \"\\x\x01\xff\"\r\n"));
	ck_assert_ptr_null(strpbrk(error.text, "\"\\\x01\xff"));
}
END_TEST


START_TEST(zero_byte_and_too_much_text_are_refused)
{
	static const uint8_t zero[] = "v=0\r\ns=a\0b\r\n";
	struct ua_sdp *sdp = NULL;
	uint8_t *big = malloc(UA_SDP_LEN_MAX + 1);
	size_t i;

	ck_assert_int_eq(EBADMSG,
			 ua_sdp_decode(&sdp, zero, sizeof(zero) - 1, &error));
	memcpy(big, "v=0\ns=", 6);
	for (i = 6; i < UA_SDP_LEN_MAX + 1; i++)
		big[i] = 'x';

	ck_assert_int_eq(EBADMSG,
			 ua_sdp_decode(&sdp, big, UA_SDP_LEN_MAX + 1, &error));
	ck_assert_int_eq(0, ua_sdp_decode(&sdp, big, UA_SDP_LEN_MAX, &error));
	mem_deref(sdp);
	free(big);
}
END_TEST


START_TEST(session_is_read)
{
	struct ua_sdp *sdp =
		decode("v=0\r\no=alice 7 8 IN IP6 2001:db8::1\r\n"
		       "s=A call\r\n" CONN "t=1 2\r\na=tool:x\r\na=flag\r\n");

	ck_assert_str_eq("alice", sdp->origin.user);
	ck_assert_str_eq("7", sdp->origin.id);
	ck_assert_str_eq("8", sdp->origin.version);
	ck_assert_int_eq(UA_SDPCONN_ADDR, sdp->origin.conn.kind);
	ck_assert_str_eq("A call", sdp->name);
	ck_assert_str_eq("1 2", sdp->timing);
	ck_assert_uint_eq(0, sdp->mediac);
	ck_assert_str_eq("x", ua_sdp_attr(sdp, NULL, "tool")->value);
	ck_assert_ptr_null(ua_sdp_attr(sdp, NULL, "flag")->value);
	ck_assert_ptr_null(ua_sdp_attr(sdp, NULL, "nothing"));
	ck_assert_uint_eq(0, sdp->warnc);
	mem_deref(sdp);
}
END_TEST


START_TEST(formats_have_names_by_map_or_by_number)
{
	struct ua_sdp *sdp = decode(
		HEAD CONN "m=audio 4 RTP/AVP 0 9 96 97 98 18 200 x\r\n"
			  "a=fmtp:96 maxplaybackrate=16000; stereo=0\r\n"
			  "a=rtpmap:96 opus/48000/2\r\n"
			  "a=rtpmap:97 L16/16000\r\n"
			  "a=rtpmap:98 broken\r\na=rtpmap:99 lost/8000\r\n");
	const struct ua_sdp_media *media = &sdp->mediav[0];

	ck_assert_uint_eq(8, media->fmtc);
	ck_assert_str_eq("PCMU", media->fmtv[0].name);
	ck_assert_uint_eq(8000, media->fmtv[0].clock_hz);
	ck_assert_str_eq("G722", media->fmtv[1].name);
	ck_assert_uint_eq(8000, media->fmtv[1].clock_hz);
	ck_assert_str_eq("opus", media->fmtv[2].name);
	ck_assert_uint_eq(48000, media->fmtv[2].clock_hz);
	ck_assert_uint_eq(2, media->fmtv[2].channels);
	ck_assert_str_eq("maxplaybackrate=16000; stereo=0",
			 media->fmtv[2].fmtp);
	ck_assert_uint_eq(1, media->fmtv[3].channels);
	ck_assert_ptr_null(media->fmtv[4].name);
	ck_assert_str_eq("G729", media->fmtv[5].name);
	ck_assert_int_eq(UA_SDP_PT_NONE, media->fmtv[6].pt);
	ck_assert_int_eq(UA_SDP_PT_NONE, media->fmtv[7].pt);
	ck_assert_uint_eq(1, sdp->warnc);
	mem_deref(sdp);
}
END_TEST


START_TEST(media_inherits_from_the_session)
{
	struct ua_sdp *sdp =
		decode(HEAD CONN "a=inactive\r\n" CRED
				 "a=ice-options:ice2 trickle\r\n" AUDIO
				 "m=audio 2 RTP/AVP 0\r\nc=IN IP4 10.9.9.9\r\n"
				 "a=recvonly\r\na=ice-ufrag:mine\r\n"
				 "a=ice-pwd:0123456789012345678901\r\n");
	const struct ua_sdp_media *a = &sdp->mediav[0];
	const struct ua_sdp_media *b = &sdp->mediav[1];

	ck_assert_int_eq(UA_SDP_INACTIVE, a->dir);
	ck_assert_str_eq("Qf7h", a->ice.ufrag);
	ck_assert(ua_sdp_has_ice(a));
	assert_addr("10.1.0.2:0", &a->conn.addr);

	ck_assert_int_eq(UA_SDP_RECVONLY, b->dir);
	ck_assert_str_eq("mine", b->ice.ufrag);
	ck_assert_str_eq("0123456789012345678901", b->ice.pwd);
	ck_assert(ua_sdptext_has(b->ice.options, "trickle"));
	ck_assert(ua_sdptext_has(b->ice.options, "ice2"));
	ck_assert(!ua_sdptext_has(b->ice.options, "ice"));
	assert_addr("10.9.9.9:0", &b->conn.addr);
	mem_deref(sdp);
}
END_TEST


START_TEST(ice_attributes_are_read)
{
	struct ua_sdp *sdp =
		decode(HEAD CONN "a=ice-lite\r\na=ice-pacing:20\r\n" AUDIO CRED
				 "a=ice-mismatch\r\na=end-of-candidates\r\n"
				 "a=remote-candidates:1 192.0.2.3 45664 "
				 "2 192.0.2.3 45665\r\n");
	const struct ua_sdp_media *media = &sdp->mediav[0];

	ck_assert(sdp->ice_lite);
	ck_assert_uint_eq(20, sdp->ice_pacing);
	ck_assert(media->ice_mismatch);
	ck_assert(media->ice.end);
	ck_assert_uint_eq(2, media->remc);
	assert_addr("192.0.2.3:45665", &media->remv[1].addr);
	ck_assert_uint_eq(0, sdp->warnc);
	mem_deref(sdp);
}
END_TEST


START_TEST(keys_of_later_issues_are_kept_raw)
{
	struct ua_sdp *sdp = decode(
		HEAD CONN "a=setup:actpass\r\n" AUDIO
			  "a=crypto:1 AES_CM_128_HMAC_SHA1_80 "
			  "inline:abc\r\na=fingerprint:sha-256 AB:CD\r\n");
	const struct ua_sdp_media *media = &sdp->mediav[0];

	ck_assert_str_eq("1 AES_CM_128_HMAC_SHA1_80 inline:abc",
			 ua_sdp_attr(sdp, media, "crypto")->value);
	ck_assert_str_eq("sha-256 AB:CD",
			 ua_sdp_attr(sdp, media, "fingerprint")->value);
	ck_assert_str_eq("actpass", ua_sdp_attr(sdp, media, "setup")->value);
	mem_deref(sdp);
}
END_TEST


START_TEST(first_warning_tells_what_was_passed_over)
{
	struct ua_sdp *sdp =
		decode(HEAD CONN AUDIO "a=candidate:1 1 UDP x\r\na=rtcp:\r\n");

	ck_assert_uint_eq(2, sdp->warnc);
	ck_assert_uint_eq(7, sdp->warn.line);
	ck_assert_ptr_nonnull(strstr(sdp->warn.text, "priority"));
	mem_deref(sdp);
}
END_TEST


START_TEST(limits_hold_and_lose_only_the_excess)
{
	static char text[UA_SDP_LEN_MAX];
	struct ua_sdp *sdp;
	size_t n = (size_t)sprintf(text, HEAD CONN "m=audio 4 RTP/AVP");
	int i;

	for (i = 0; i < 40; i++)
		n += (size_t)sprintf(text + n, " %d", i);
	n += (size_t)sprintf(text + n, "\r\n");
	for (i = 0; i < 70; i++)
		n += (size_t)sprintf(text + n,
				     "a=candidate:1 1 UDP %d 10.0.0.1 5 typ "
				     "host\r\n",
				     i);
	for (i = 0; i < 40; i++)
		n += (size_t)sprintf(text + n, "a=x%d\r\n", i);
	sprintf(text + n, "a=ptime:30\r\n");

	sdp = decode(text);
	ck_assert_uint_eq(UA_SDP_FMT_MAX, sdp->mediav[0].fmtc);
	ck_assert_uint_eq(UA_SDP_CAND_MAX, sdp->mediav[0].candc);
	ck_assert_uint_eq(6, sdp->mediav[0].cand_bad);
	ck_assert_uint_eq(UA_SDP_ATTR_MAX, sdp->mediav[0].attrc);
	ck_assert_uint_eq(30, sdp->mediav[0].ptime);
	mem_deref(sdp);
}
END_TEST


START_TEST(text_is_written_in_the_order_of_the_rfc)
{
	static const char expect[] =
		"v=0\r\no=- 1 1 IN IP4 10.1.0.2\r\ns=-\r\nc=IN IP4 "
		"10.1.0.2\r\n"
		"t=0 0\r\na=ice-options:ice2\r\na=tool:x\r\n"
		"m=audio 40000 RTP/AVP 96\r\na=mid:0\r\n"
		"a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\n"
		"a=ptime:20\r\na=maxptime:60\r\na=sendonly\r\n"
		"a=rtcp:40001\r\na=rtcp-mux\r\na=ice-options:ice2\r\n" CRED
		"a=candidate:1 1 UDP 1 10.1.0.2 40000 typ host\r\n"
		"a=remote-candidates:1 10.0.0.1 5 2 10.0.0.1 6\r\n"
		"a=end-of-candidates\r\na=label:1\r\n";
	struct ua_sdp *sdp =
		decode("v=0\no=- 1 1 IN IP4 10.1.0.2\na=tool:x\nt=0 0\ns=\n"
		       "c=IN IP4 10.1.0.2\na=sendonly\na=ice-options:ice2\n"
		       "m=audio 40000 RTP/AVP 96\na=label:1\n"
		       "a=end-of-candidates\n"
		       "a=candidate:1 1 UDP 1 10.1.0.2 40000 typ host\n"
		       "a=remote-candidates:1 10.0.0.1 5 2 10.0.0.1 6\n"
		       "a=rtcp-mux\na=rtcp:40001\na=fmtp:96 useinbandfec=1\n"
		       "a=maxptime:60\na=ptime:20\n" CRED
		       "a=rtpmap:96 opus/48000/2\na=mid:0\n");
	char out[2048];

	encode(sdp, out, sizeof(out));
	ck_assert_str_eq(expect, out);
	mem_deref(sdp);
}
END_TEST


START_TEST(line_end_in_a_string_is_never_written)
{
	struct ua_sdp *sdp = ua_sdp_alloc();
	char out[512];
	struct ua_wr wr;

	sdp->name = "x\r\na=evil";
	ua_wr_init(&wr, out, sizeof(out));
	ck_assert_int_eq(EINVAL, ua_sdp_encode(sdp, &wr));
	mem_deref(sdp);
}
END_TEST


START_TEST(too_small_a_buffer_is_told)
{
	struct ua_sdp *sdp = decode(sdp_wires[2].text);
	char out[8192];
	struct ua_wr wr;
	size_t need;
	size_t n;

	encode(sdp, out, sizeof(out));
	need = strlen(out);
	for (n = 0; n < need; n++) {
		ua_wr_init(&wr, out, n);
		ck_assert_int_eq(ENOSPC, ua_sdp_encode(sdp, &wr));
	}

	mem_deref(sdp);
}
END_TEST


START_TEST(direction_turns_around)
{
	ck_assert_int_eq(UA_SDP_RECVONLY, ua_sdp_dir_turn(UA_SDP_SENDONLY));
	ck_assert_int_eq(UA_SDP_SENDONLY, ua_sdp_dir_turn(UA_SDP_RECVONLY));
	ck_assert_int_eq(UA_SDP_SENDRECV, ua_sdp_dir_turn(UA_SDP_SENDRECV));
	ck_assert_int_eq(UA_SDP_INACTIVE, ua_sdp_dir_turn(UA_SDP_INACTIVE));
	ck_assert_str_eq("recvonly", ua_sdp_dir_name(UA_SDP_RECVONLY));
}
END_TEST


static int decode_once(void *arg)
{
	const char *text = arg;
	struct ua_sdp *sdp = NULL;
	int err =
		ua_sdp_decode(&sdp, (const uint8_t *)text, strlen(text), NULL);

	mem_deref(sdp);
	return err;
}


START_TEST(no_memory_leaves_nothing_behind)
{
	static char text[4096];

	strcpy(text, sdp_wires[_i].text);
	ua_oom_walk(decode_once, text);
}
END_TEST


Suite *ua_suite_sdp(void)
{
	Suite *s = suite_create("sdp");
	TCase *tc = tcase_create("read");

	tcase_add_loop_test(tc, wire_text_costs_nothing_but_its_own_faults, 0,
			    NWIRE);
	tcase_add_loop_test(tc, every_truncation_is_read_or_refused, 0, NWIRE);
	tcase_add_loop_test(tc, every_flipped_bit_is_read_or_refused, 0,
			    NWIRE);
	tcase_add_loop_test(tc, refusal_names_line_and_field, 0,
			    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, refusal_can_stand_between_quotes);
	tcase_add_test(tc, zero_byte_and_too_much_text_are_refused);
	tcase_add_test(tc, session_is_read);
	tcase_add_test(tc, formats_have_names_by_map_or_by_number);
	tcase_add_test(tc, media_inherits_from_the_session);
	tcase_add_test(tc, ice_attributes_are_read);
	tcase_add_test(tc, keys_of_later_issues_are_kept_raw);
	tcase_add_test(tc, first_warning_tells_what_was_passed_over);
	tcase_add_test(tc, limits_hold_and_lose_only_the_excess);
	tcase_add_loop_test(tc, no_memory_leaves_nothing_behind, 0, NWIRE);
	suite_add_tcase(s, tc);

	tc = tcase_create("write");
	tcase_add_loop_test(tc, round_trip_keeps_all, 0, NWIRE);
	tcase_add_test(tc, text_is_written_in_the_order_of_the_rfc);
	tcase_add_test(tc, line_end_in_a_string_is_never_written);
	tcase_add_test(tc, too_small_a_buffer_is_told);
	tcase_add_test(tc, direction_turns_around);
	suite_add_tcase(s, tc);
	return s;
}
