/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_sdpfrag.c  Bodies of trickle ICE: ours, the RFC's and others' */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/wr.h"
#include "sdp/sdpfrag.h"

#include "oom.h"

Suite *ua_suite_sdpfrag(void);

#define CRED "a=ice-pwd:asd88fgpdd777uzjYhagZg\r\na=ice-ufrag:8hhY\r\n"
#define MLINE "m=audio 9 RTP/AVP 0\r\n"
#define CAND(ip) "a=candidate:1 1 UDP 2130706431 " ip " 5010 typ host\r\n"

/* RFC 8840, figure 7 */
static const char rfc[] = CRED MLINE
	"a=mid:1\r\n"
	"a=candidate:1 1 UDP 2130706432 2001:db8:a0b:12f0::1 5000 "
	"typ host\r\n"
	"a=candidate:1 2 UDP 2130706432 2001:db8:a0b:12f0::1 5001 "
	"typ host\r\n"
	"a=candidate:1 1 UDP 2130706431 192.0.2.1 5010 typ host\r\n"
	"a=candidate:2 1 UDP 1694498815 192.0.2.3 5010 typ srflx "
	"raddr 192.0.2.1 rport 8998\r\n"
	"a=end-of-candidates\r\n" MLINE "a=mid:2\r\n"
	"a=candidate:1 1 UDP 2130706431 192.0.2.1 6010 typ host\r\n"
	"a=candidate:1 2 UDP 2130706431 192.0.2.1 6011 typ host\r\n";

static struct ua_sdp_facts facts;


static int decode_err(const char *text, const char *mid)
{
	return ua_sdpfrag_decode(&facts, (const uint8_t *)text, strlen(text),
				 mid);
}


static void decode(const char *text, const char *mid)
{
	memset(&facts, 0, sizeof(facts));
	ck_assert_int_eq(0, decode_err(text, mid));
}


static void assert_addr(const char *expect, size_t i)
{
	char buf[UA_ADDR_LEN];

	ck_assert_uint_lt(i, facts.candc);
	ck_assert_str_eq(expect, ua_addr_str(&facts.candv[i].addr, buf));
}


START_TEST(example_of_the_rfc_is_read)
{
	decode(rfc, "1");
	ck_assert(facts.ice);
	ck_assert_str_eq("8hhY", facts.ufrag);
	ck_assert_str_eq("asd88fgpdd777uzjYhagZg", facts.pwd);
	ck_assert_uint_eq(4, facts.candc);
	assert_addr("[2001:db8:a0b:12f0::1]:5000", 0);
	assert_addr("192.0.2.3:5010", 3);
	ck_assert(facts.end);
	ck_assert_uint_eq(0, facts.cand_bad);
	ua_sdpfacts_reset(&facts);
}
END_TEST


START_TEST(other_lines_are_not_ours)
{
	decode(rfc, "2");
	ck_assert_uint_eq(2, facts.candc);
	assert_addr("192.0.2.1:6011", 1);
	ck_assert(!facts.end);
	ua_sdpfacts_reset(&facts);

	/* None is: the credentials alone are left. */
	decode(rfc, "3");
	ck_assert_uint_eq(0, facts.candc);
	ck_assert(!facts.end);
	ua_sdpfacts_reset(&facts);

	/* Without a mid of ours there is only one line: all is its. */
	decode(rfc, NULL);
	ck_assert_uint_eq(6, facts.candc);
	ua_sdpfacts_reset(&facts);
}
END_TEST


/* What other implementations send, and how many candidates it has */
static const struct {
	const char *text;
	size_t candc;
	bool ufrag, pwd, end;
} forms[] = {
	/* Everything at the level of the media, as we do */
	{ MLINE CRED "a=mid:0\r\n" CAND("192.0.2.1"), 1, true, true, false },
	/* No m-line, with and without a=mid */
	{ CRED "a=mid:0\r\n" CAND("192.0.2.1"), 1, true, true, false },
	{ CRED CAND("192.0.2.1"), 1, true, true, false },
	/* No password, as browsers know the candidate's ufrag only */
	{ "a=ice-ufrag:8hhY\r\n" MLINE "a=mid:0\r\n" CAND("192.0.2.1"), 1,
	  true, false, false },
	/* No credentials at all */
	{ MLINE "a=mid:0\r\n" CAND("192.0.2.1"), 1, false, false, false },
	/* No mid; bare line feeds; no line end at last */
	{ "a=ice-ufrag:8hhY\nm=audio 9 RTP/AVP 0\n"
	  "a=candidate:1 1 UDP 1 192.0.2.1 5 typ host",
	  1, true, false, false },
	/* An m-line for each candidate */
	{ CRED MLINE "a=mid:0\r\n" CAND("192.0.2.1") MLINE
	  "a=mid:0\r\n" CAND("192.0.2.2"),
	  2, true, true, false },
	/* An m-line that would not do in a description; names in capitals */
	{ "A=ice-ufrag:8hhY\r\na=Ice-Ufrag:8hhY\r\nm=video\r\n"
	  "a=MID:0\r\n" CAND("192.0.2.1"),
	  1, true, false, false },
	/* A whole description */
	{ "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"
	  "m=audio 4 RTP/AVP 0 8\r\nc=IN IP4 192.0.2.1\r\na=mid:0\r\n" CRED
		  CAND("192.0.2.1"),
	  1, true, true, false },
	/* The end alone, of all and of the line */
	{ CRED "a=end-of-candidates\r\n", 0, true, true, true },
	{ CRED MLINE "a=mid:0\r\na=end-of-candidates\r\n", 0, true, true,
	  true },
	/* Nothing new: the dialog is confirmed by it */
	{ CRED, 0, true, true, false },
	/* Junk spares the rest */
	{ "junk\r\n" CRED "=\r\na\r\na=\r\n" MLINE "a=mid:0\r\n"
	  "a=candidate:junk\r\na=candidate:\r\n" CAND("192.0.2.1"),
	  1, true, true, false },
};


START_TEST(forms_that_others_send_are_read)
{
	decode(forms[_i].text, "0");
	ck_assert_uint_eq(forms[_i].candc, facts.candc);
	ck_assert_str_eq(forms[_i].ufrag ? "8hhY" : "", facts.ufrag);
	ck_assert_uint_eq(forms[_i].pwd, facts.pwd[0] != '\0');
	ck_assert_uint_eq(forms[_i].ufrag && forms[_i].pwd, facts.ice);
	ck_assert_uint_eq(forms[_i].end, facts.end);
	if (facts.candc)
		assert_addr(_i == 5 ? "192.0.2.1:5" : "192.0.2.1:5010", 0);
	ua_sdpfacts_reset(&facts);
}
END_TEST


START_TEST(names_and_bad_lines_are_counted_or_kept)
{
	decode(MLINE CRED "a=mid:0\r\n"
			  "a=candidate:1 1 UDP 1 f00.local 5 typ host\r\n"
			  "a=candidate:1 1 UDP 1 192.0.2.1 5 typ odd\r\n"
			  "a=candidate:1 1 TCP 1 192.0.2.1 9 typ host "
			  "tcptype active\r\n" CAND("192.0.2.1"),
	       "0");
	ck_assert_uint_eq(3, facts.candc);
	ck_assert_uint_eq(1, facts.cand_bad);
	ck_assert_str_eq("f00.local", facts.candv[0].name);
	ck_assert_int_eq(UA_AF_NONE, facts.candv[0].addr.af);
	ck_assert(!ua_sdpcand_is_udp(&facts.candv[1]));
	assert_addr("192.0.2.1:5010", 2);
	ua_sdpfacts_reset(&facts);
}
END_TEST


static const char *const useless[] = {
	"",
	"hello",
	MLINE,
	MLINE "a=mid:0\r\n",
	"a=ice-ufrag:abc\r\n",
	"a=candidate:1 1 UDP 1 192.0.2.1 0 typ host\r\n",
};


START_TEST(what_tells_nothing_is_refused)
{
	memset(&facts, 0x55, sizeof(facts));
	ck_assert_int_eq(EBADMSG, decode_err(useless[_i], "0"));
	ck_assert_uint_eq(0x5555555555555555, facts.candc);
}
END_TEST


START_TEST(too_much_text_and_zero_bytes_are_refused)
{
	static char text[UA_SDP_LEN_MAX + 2];

	memset(text, ' ', sizeof(text) - 1);
	memcpy(text, CRED, sizeof(CRED) - 1);
	ck_assert_int_eq(EBADMSG, decode_err(text, NULL));
	ck_assert_int_eq(EBADMSG,
			 ua_sdpfrag_decode(&facts, (const uint8_t *)CRED,
					   sizeof(CRED), NULL));
}
END_TEST


START_TEST(limits_hold_and_lose_only_the_excess)
{
	static char text[UA_SDP_LEN_MAX];
	size_t n = (size_t)sprintf(text, CRED);
	int i;

	/* More m-lines than a description may have */
	for (i = 0; i < 20; i++)
		n += (size_t)sprintf(text + n,
				     MLINE "a=mid:0\r\n"
					   "a=candidate:1 1 UDP 7 10.0.0.%d 5 "
					   "typ host\r\n",
				     i);
	decode(text, "0");
	ck_assert_uint_eq(UA_SDP_MEDIA_MAX, facts.candc);
	ua_sdpfacts_reset(&facts);

	for (n = (size_t)sprintf(text, CRED), i = 0; i < 70; i++)
		n += (size_t)sprintf(text + n,
				     "%sa=candidate:1 1 UDP 7 10.0.0.%d 5 typ "
				     "host\r\n",
				     i % 35 ? "" : MLINE "a=mid:0\r\n", i);
	decode(text, "0");
	ck_assert_uint_eq(UA_SDP_CAND_MAX, facts.candc);
	ck_assert_uint_eq(6, facts.cand_bad);
	ua_sdpfacts_reset(&facts);
}
END_TEST


START_TEST(every_truncation_is_read_or_refused)
{
	char text[sizeof(rfc)];
	size_t i;

	for (i = 0; i < sizeof(rfc) - 1; i++) {
		char *exact = mem_alloc(i + 1, NULL);

		memcpy(exact, rfc, i);
		memset(&facts, 0, sizeof(facts));
		if (!ua_sdpfrag_decode(&facts, (uint8_t *)exact, i, "1"))
			ua_sdpfacts_reset(&facts);
		mem_deref(exact);
	}

	for (i = 0; i < 8 * (sizeof(rfc) - 1); i++) {
		memcpy(text, rfc, sizeof(rfc));
		text[i / 8] = (char)(text[i / 8] ^ 1 << i % 8);
		memset(&facts, 0, sizeof(facts));
		if (!decode_err(text, "1"))
			ua_sdpfacts_reset(&facts);
	}
}
END_TEST


static struct ua_sdp_frag ours(struct ua_sdp_cand *cand)
{
	struct ua_sdp_frag frag = {
		.ufrag = "Loc4",
		.pwd = "AAAABBBBCCCCDDDDEEEEFF",
		.mid = "0",
		.candv = cand,
		.candc = 1,
	};

	memset(cand, 0, sizeof(*cand));
	cand->comp = 1;
	cand->type = UA_SDPCAND_HOST;
	cand->prio = 2130706431;
	strcpy(cand->foundation, "1");
	strcpy(cand->transport, "UDP");
	ck_assert_int_eq(0, ua_addr_set(&cand->addr, "10.1.0.2", 40000));
	return frag;
}


START_TEST(ours_is_written_in_the_order_of_the_rfc)
{
	struct ua_sdp_cand cand;
	struct ua_sdp_frag frag = ours(&cand);
	char buf[512];
	struct ua_wr wr;

	frag.end = true;
	frag.mux = true;
	ua_wr_init(&wr, buf, sizeof(buf) - 1);
	ck_assert_int_eq(0, ua_sdpfrag_encode(&frag, &wr));
	buf[wr.pos] = '\0';
	ck_assert_str_eq(
		"m=audio 9 RTP/AVP 0\r\n"
		"a=ice-ufrag:Loc4\r\n"
		"a=ice-pwd:AAAABBBBCCCCDDDDEEEEFF\r\n"
		"a=rtcp-mux\r\n"
		"a=mid:0\r\n"
		"a=candidate:1 1 UDP 2130706431 10.1.0.2 40000 typ host\r\n"
		"a=end-of-candidates\r\n",
		buf);

	decode(buf, "0");
	ck_assert_str_eq("Loc4", facts.ufrag);
	ck_assert_uint_eq(1, facts.candc);
	assert_addr("10.1.0.2:40000", 0);
	ck_assert(facts.end);
	ua_sdpfacts_reset(&facts);
}
END_TEST


START_TEST(what_cannot_be_written_is_told)
{
	struct ua_sdp_cand cand;
	struct ua_sdp_frag frag = ours(&cand);
	char buf[512];
	struct ua_wr wr;
	size_t i;

	ua_wr_init(&wr, buf, sizeof(buf));
	frag.pwd = NULL;
	ck_assert_int_eq(EINVAL, ua_sdpfrag_encode(&frag, &wr));

	frag = ours(&cand);
	frag.mid = "0\r\na=x";
	ua_wr_init(&wr, buf, sizeof(buf));
	ck_assert_int_eq(EINVAL, ua_sdpfrag_encode(&frag, &wr));

	frag = ours(&cand);
	for (i = 0; i < 100; i++) {
		ua_wr_init(&wr, buf, i);
		ck_assert_int_eq(ENOSPC, ua_sdpfrag_encode(&frag, &wr));
	}
}
END_TEST


static int decode_once(void *arg)
{
	int err;
	(void)arg;

	memset(&facts, 0, sizeof(facts));
	err = decode_err(rfc, "1");
	if (!err)
		ua_sdpfacts_reset(&facts);

	return err;
}


START_TEST(no_memory_leaves_nothing_behind)
{
	ua_oom_walk(decode_once, NULL);
}
END_TEST


Suite *ua_suite_sdpfrag(void)
{
	Suite *s = suite_create("sdpfrag");
	TCase *tc = tcase_create("read");

	tcase_add_test(tc, example_of_the_rfc_is_read);
	tcase_add_test(tc, other_lines_are_not_ours);
	tcase_add_loop_test(tc, forms_that_others_send_are_read, 0,
			    sizeof(forms) / sizeof(forms[0]));
	tcase_add_test(tc, names_and_bad_lines_are_counted_or_kept);
	tcase_add_loop_test(tc, what_tells_nothing_is_refused, 0,
			    sizeof(useless) / sizeof(useless[0]));
	tcase_add_test(tc, too_much_text_and_zero_bytes_are_refused);
	tcase_add_test(tc, limits_hold_and_lose_only_the_excess);
	tcase_add_test(tc, every_truncation_is_read_or_refused);
	tcase_add_test(tc, no_memory_leaves_nothing_behind);
	suite_add_tcase(s, tc);

	tc = tcase_create("write");
	tcase_add_test(tc, ours_is_written_in_the_order_of_the_rfc);
	tcase_add_test(tc, what_cannot_be_written_is_told);
	suite_add_tcase(s, tc);

	return s;
}
