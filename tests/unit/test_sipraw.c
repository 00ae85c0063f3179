/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_sipraw.c  Answers to what cannot be read */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/sipraw.h"
#include "oom.h"

Suite *ua_suite_sipraw(void);

#define REST                                                                  \
	"From: <sip:a@b>;tag=1\r\nTo: <sip:c@d;tag=0>\r\nCall-ID: x\r\n"      \
	"CSeq: 1 OPTIONS\r\n"
#define VIA "Via: SIP/2.0/UDP h;branch=z9hG4bKx\r\n"


/* The answer as a string, "" if there is none; and its port */
static const char *answer(const char *text, size_t len, uint16_t *port)
{
	static char str[8192];
	struct mbuf *mb = mbuf_alloc(len);
	struct mbuf *out = mbuf_alloc(16);
	struct sa src, dst;
	int err;

	ck_assert_ptr_nonnull(mb);
	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(0, sa_set_str(&src, "192.0.2.9", 4242));
	ck_assert_int_eq(0, mbuf_write_mem(mb, (const uint8_t *)text, len));
	mb->pos = 0;

	str[0] = '\0';
	err = ua_sipraw_refuse(out, mb, &src, &dst);
	if (!err) {
		ck_assert_uint_lt(out->end, sizeof(str));
		memcpy(str, out->buf, out->end);
		str[out->end] = '\0';
		ck_assert(sa_cmp(&src, &dst, SA_ADDR));
		if (port)
			*port = sa_port(&dst);
	}
	else {
		ck_assert_int_eq(EBADMSG, err);
	}

	ck_assert_uint_eq(0, mb->pos);
	mem_deref(out);
	mem_deref(mb);

	return str;
}


START_TEST(answer_repeats_what_names_the_request)
{
	static const char text[] =
		"OPTIONS  sip:c@d SIP/2.0\r\n"
		"v: SIP / 2.0 /\r\n UDP h;branch=z9hG4bKx , SIP/2.0/TCP i\r\n"
		"vIA : SIP/2.0/TCP j\r\nSubject: hello\r\n"
		"f: <sip:a@b>;tag=1\r\nt:sip:c@d\r\nI: x\r\ncseq: 1 "
		"OPTIONS\r\n"
		"\r\nVia: body\r\n";
	static const char head[] =
		"SIP/2.0 400 Bad Request\r\n"
		"Via: SIP / 2.0 /\r\n UDP h;branch=z9hG4bKx "
		";received=192.0.2.9, SIP/2.0/TCP i\r\n"
		"Via: SIP/2.0/TCP j\r\n"
		"To: sip:c@d;tag=";
	static const char tail[] = "\r\n"
				   "From: <sip:a@b>;tag=1\r\n"
				   "Call-ID: x\r\n"
				   "CSeq: 1 OPTIONS\r\n"
				   "Content-Length: 0\r\n\r\n";
	const char *str = answer(text, strlen(text), NULL);
	char first[1024];

	ck_assert_uint_eq(strlen(head) + 8 + strlen(tail), strlen(str));
	ck_assert_int_eq(0, strncmp(head, str, strlen(head)));
	ck_assert_str_eq(tail, str + strlen(head) + 8);

	/* Sent again it is the same answer, another request's is not. */
	(void)snprintf(first, sizeof(first), "%s", str);
	ck_assert_str_eq(first, answer(text, strlen(text), NULL));
	ck_assert_str_ne(first, answer(text, strlen(text) - 1, NULL));
}
END_TEST


static const struct {
	const char *text;
	const char *line; /* that must be in the answer; NULL: no answer */
} cases[] = {
	{ "OPTIONS sip:x SIP/7.0\r\n" VIA REST "\r\n",
	  "SIP/2.0 505 Version Not Supported\r\n" },
	{ "OPTIONS sip:x SIP/2.0 \r\n" VIA REST "\r\n",
	  "SIP/2.0 400 Bad Request\r\n" },
	{ "OPTIONS sip:x y SIP/2.0\r\n" VIA REST "\r\n",
	  "SIP/2.0 400 Bad Request\r\n" },
	/* no line that ends the headers */
	{ "OPTIONS sip:x SIP/2.0\r\n" VIA REST, "\r\nCSeq: 1 OPTIONS\r\n" },
	/* a tag of the URI is none of To */
	{ "OPTIONS sip:x SIP/2.0\r\n" VIA REST,
	  "\r\nTo: <sip:c@d;tag=0>;tag" },
	{ "OPTIONS sip:x SIP/2.0\r\n" VIA "To: <sip:c@d>;tag=2\r\n" REST,
	  "\r\nTo: <sip:c@d>;tag=2\r\n" },
	{ "OPTIONS sip:x SIP/2.0\nVia: SIP/2.0/UDP h;rport;x\n" REST,
	  "\r\nVia: SIP/2.0/UDP h;rport=4242;received=192.0.2.9;x\r\n" },
	/* no request, or none that is answered */
	{ "", NULL },
	{ "\r\n\r\n", NULL },
	{ "GET / HTTP/1.1\r\n" VIA REST "\r\n", NULL },
	{ "SIP/2.0 200 OK\r\n" VIA REST "\r\n", NULL },
	{ "SIP/2.0 200 SIP/2.0\r\n" VIA REST "\r\n", NULL },
	{ "ACK sip:x  SIP/2.0\r\n" VIA REST "\r\n", NULL },
	/* what an answer needs is not there */
	{ "OPTIONS sip:x SIP/7.0\r\n" REST "\r\n", NULL },
	{ "OPTIONS sip:x SIP/7.0\r\n" VIA "\r\n" REST, NULL },
	{ "OPTIONS sip:x SIP/7.0\r\nVia: h\r\n" REST "\r\n", NULL },
	{ "OPTIONS sip:x SIP/7.0\r\n" VIA
	  "From: a\r\nTo: b\r\nCall-ID: \r\nCSeq: 1 x\r\n\r\n",
	  NULL },
};


START_TEST(answer_is_as_the_request_deserves)
{
	const char *str = answer(cases[_i].text, strlen(cases[_i].text), NULL);

	if (cases[_i].line)
		ck_assert_msg(strstr(str, cases[_i].line) != NULL, "%s", str);
	else
		ck_assert_str_eq("", str);
}
END_TEST


static const struct {
	const char *via;
	uint16_t port; /* 0: no answer */
} ports[] = {
	{ "SIP/2.0/UDP h", 5060 },
	{ "SIP/2.0/UDP h:5080;branch=x", 5080 },
	{ "SIP/2.0/UDP [2001:db8::9]:5081 ;branch=x", 5081 },
	{ "SIP/2.0/UDP [2001:db8::9]", 5060 },
	{ "SIP/2.0/UDP h:5080;rport", 4242 },
	{ "SIP/2.0/UDP h:5080;rport;branch=x", 4242 },
	/* the second one is another's */
	{ "SIP/2.0/UDP h:5080, SIP/2.0/UDP i:5082;rport", 5080 },
	{ "SIP/2.0/UDP h:5080;maddr=224.2.0.1", 5080 },
	{ "SIP/2.0/UDP h:0", 0 },
	{ "SIP/2.0/UDP h:70000", 0 },
};


START_TEST(answer_goes_where_via_says)
{
	char text[512];
	uint16_t port = 0;

	(void)snprintf(text, sizeof(text),
		       "OPTIONS sip:x SIP/7.0\r\nVia: %s\r\n" REST "\r\n",
		       ports[_i].via);
	ck_assert_int_eq(ports[_i].port != 0,
			 *answer(text, strlen(text), &port) != '\0');
	ck_assert_uint_eq(ports[_i].port, port);
}
END_TEST


START_TEST(nul_ends_no_answer_early)
{
	static const char text[] = "OPTIONS sip:x SIP/7.0\r\n" VIA
				   "From: a\0b\r\nTo: c\r\nCall-ID: x\r\n"
				   "CSeq: 1 OPTIONS\r\n\r\n";

	ck_assert_str_eq("", answer(text, sizeof(text) - 1, NULL));
}
END_TEST


/* However much is sent, the answer is hardly more. */
START_TEST(answer_is_no_larger_than_the_request_and_a_bit)
{
	static char text[60000] = "OPTIONS sip:x SIP/7.0\r\n" REST;
	const char *str;
	size_t i;

	for (i = 0; i < 200; i++)
		strcat(text, VIA);

	str = answer(text, strlen(text), NULL);
	ck_assert_uint_gt(strlen(str), 1000);
	ck_assert_uint_lt(strlen(str), strlen(text));
}
END_TEST


static int refuse(void *arg)
{
	static const char text[] =
		"OPTIONS sip:x SIP/7.0\r\n" VIA VIA VIA REST "\r\n";
	struct mbuf *mb = mbuf_alloc(sizeof(text));
	struct mbuf *out = mbuf_alloc(16);
	struct sa src, dst;
	int err = ENOMEM;
	(void)arg;

	(void)sa_set_str(&src, "192.0.2.9", 4242);
	if (mb && out && !mbuf_write_str(mb, text)) {
		mb->pos = 0;
		err = ua_sipraw_refuse(out, mb, &src, &dst);
	}

	mem_deref(out);
	mem_deref(mb);

	return err;
}


START_TEST(no_memory_is_enomem_and_no_leak)
{
	ua_oom_walk(refuse, NULL);
}
END_TEST


Suite *ua_suite_sipraw(void)
{
	Suite *s = suite_create("sipraw");
	TCase *tc = tcase_create("sipraw");

	tcase_add_test(tc, answer_repeats_what_names_the_request);
	tcase_add_loop_test(tc, answer_is_as_the_request_deserves, 0,
			    sizeof(cases) / sizeof(cases[0]));
	tcase_add_loop_test(tc, answer_goes_where_via_says, 0,
			    sizeof(ports) / sizeof(ports[0]));
	tcase_add_test(tc, nul_ends_no_answer_early);
	tcase_add_test(tc, answer_is_no_larger_than_the_request_and_a_bit);
	tcase_add_test(tc, no_memory_is_enomem_and_no_leak);
	suite_add_tcase(s, tc);

	return s;
}
