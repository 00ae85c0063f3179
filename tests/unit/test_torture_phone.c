/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_torture_phone.c  Torture messages, as a phone answers them */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "torturebed.h"

Suite *ua_suite_torture_phone(void);


static void octets_insert(struct octets *o, size_t pos, const char *str)
{
	const size_t len = strlen(str);

	ck_assert_uint_le(pos, o->len);
	ck_assert_uint_lt(o->len + len, sizeof(o->buf));
	memmove(o->buf + pos + len, o->buf + pos, o->len - pos);
	memcpy(o->buf + pos, str, len);
	o->len += len;
}


static void octets_replace(struct octets *o, const char *old, const char *new)
{
	size_t i;

	ck_assert_uint_eq(strlen(old), strlen(new));
	for (i = 0; i + strlen(old) <= o->len; i++) {
		if (!memcmp(o->buf + i, old, strlen(old))) {
			memcpy(o->buf + i, new, strlen(new));
			return;
		}
	}

	ck_abort_msg("no \"%s\"", old);
}


static void peer_send(const struct octets *o)
{
	struct mbuf *mb = mbuf_alloc(o->len);
	struct sa dst;

	ck_assert_int_eq(0, mbuf_write_mem(mb, o->buf, o->len));
	mb->pos = 0;
	ua_addr_to_sa(&dst, ua_endpoint_local(ep));
	ck_assert_int_eq(0, udp_send(peer.us, &dst, mb));
	mem_deref(mb);
}


static bool peer_got(void *arg)
{
	const struct raw_peer *p = arg;

	return p->n > p->read;
}


static const char *peer_next(void)
{
	ck_assert_msg(sipbed_run(peer_got, &peer, 2000), "no answer came");

	return peer.gotv[peer.read++];
}


static void options_send(const char *callid)
{
	struct octets o;

	o.len = (size_t)re_snprintf(
		(char *)o.buf, sizeof(o.buf),
		"OPTIONS sip:user@127.0.0.1 SIP/2.0\r\n"
		"Via: SIP/2.0/UDP %J;branch=z9hG4bK-%s;rport\r\n"
		"From: <sip:x@example.com>;tag=x\r\n"
		"To: <sip:user@example.com>\r\n"
		"Call-ID: %s\r\n"
		"CSeq: 1 OPTIONS\r\n\r\n",
		&peer.local, callid, callid);
	peer_send(&o);
}


/* libre has handled its own datagrams once this one is answered. */
static void open_door(void)
{
	options_send("door");
	ck_assert_ptr_nonnull(strstr(peer_next(), "Call-ID: door\r\n"));
}


/*
 * Answers go to the port that Via names, 5060 mostly, which is not ours.  So
 * ";rport" is put behind sent-by of the first Via (RFC 3581): these are the
 * only octets which are not the RFC's.
 */
static void want_rport(struct octets *o)
{
	static const char *const names[] = { "\nVia", "\nv" };
	size_t i, n, pos;

	for (pos = 0; pos < o->len; pos++) {
		for (i = 0; i < 2; i++) {
			n = strlen(names[i]);
			if (pos + n < o->len &&
			    !memcmp(o->buf + pos, names[i], n) &&
			    strchr(" :", (char)o->buf[pos + n]))
				goto found;
		}
	}
	ck_abort_msg("no Via");

found:
	/* the word behind that of the transport */
	while (!strchr("UT", (char)o->buf[pos]) || o->buf[pos] == '\0')
		++pos;
	while (!strchr(" \r", (char)o->buf[pos]))
		++pos;
	while (strchr(" \r\n", (char)o->buf[pos]))
		++pos;
	while (!strchr("; \r", (char)o->buf[pos]))
		++pos;

	octets_insert(o, pos, ";rport");
}


/* The next answer; how often it is sent again is libre's business */
static void answer_check(uint16_t code)
{
	char line[16];

	(void)snprintf(line, sizeof(line), "SIP/2.0 %u ", code);
	ck_assert_msg(!strncmp(peer_next(), line, strlen(line)),
		      "%s expected, got %s", line, peer.gotv[peer.read - 1]);
}


static void nothing_else_check(uint16_t code)
{
	char line[16];
	const char *got;

	(void)snprintf(line, sizeof(line), "SIP/2.0 %u ", code);
	options_send("alive");
	for (;;) {
		got = peer_next();
		if (strstr(got, "Call-ID: alive\r\n"))
			break;

		ck_assert_msg(code && !strncmp(got, line, strlen(line)), "%s",
			      got);
	}

	ck_assert(!strncmp(got, "SIP/2.0 200 ", 12));
}


START_TEST(phone_answers_by_the_rfc)
{
	const struct row *row = &rows[_i];
	struct octets o;

	open_door();
	octets_read(&o, row->file);
	want_rport(&o);
	peer_send(&o);
	if (row->answer)
		answer_check(row->answer);

	nothing_else_check(row->answer);
	ck_assert_uint_eq(row->call, ncall);
	ck_assert_uint_eq(row->call, ua_endpoint_busy(ep));
}
END_TEST


/* RFC 3261, 8.2.6.2: who sent it finds it again */
START_TEST(answer_names_its_request)
{
	static const char *const hdrs[] = {
		"Call-ID: badvers.31417@c.example.com\r\n",
		"CSeq: 1 OPTIONS\r\n",
		"From: A. Bell <sip:a.g.bell@example.com>;tag=qweoiqpe\r\n",
		"To: T. Watson <sip:t.watson@example.org>;tag=",
		"Via: SIP/7.0/UDP c.example.com;rport="
	};
	struct octets o;
	const char *got;
	size_t i;

	open_door();
	octets_read(&o, "rfc4475/badvers.dat");
	want_rport(&o);
	peer_send(&o);
	got = peer_next();
	for (i = 0; i < sizeof(hdrs) / sizeof(hdrs[0]); i++)
		ck_assert_msg(strstr(got, hdrs[i]) != NULL, "%s", got);
}
END_TEST


/* Two of them are two, and no call is taken for another's. */
START_TEST(requests_without_an_identifier_are_told_apart)
{
	struct octets o;

	open_door();
	octets_read(&o, "rfc4475/badbranch.dat");
	want_rport(&o);
	peer_send(&o);
	ck_assert_ptr_nonnull(strstr(peer_next(), "Call-ID: badbranch."));
	octets_replace(&o, "Call-ID: badbranch.", "Call-ID: another10.");
	peer_send(&o);
	ck_assert_ptr_nonnull(strstr(peer_next(), "Call-ID: another10."));
}
END_TEST


/** What becomes of a message once its one fault is mended */
static const struct {
	const char *file;
	const char *old; /* NULL: put to the end */
	const char *new;
	uint16_t answer;
	bool call;
} mended[] = {
	{ "rfc5118/ipv6-in-sdp.dat", "Length: 268", "Length: 251", 100, true },
	{ "rfc4475/baddn.dat", NULL, "\r\n", 200, false },
	{ "rfc4475/lwsruri.dat", "; lr", ";;lr", 481, false },
	{ "rfc4475/badvers.dat", "SIP/7.0", "SIP/2.0", 0, false },
	{ "rfc4475/quotbal.dat", "\"Mr. J.", "Mr. J. ", 100, true },
	{ "rfc4475/sdp01.dat", "text/nobodyKnowsThis", "text/*,application/*",
	  100, true },
	{ "rfc4475/ncl.dat", "-999", " 152", 100, true },
	{ "rfc4475/mcl01.dat", "Content-Length: 5", "Xontent-Length: 5", 200,
	  false },
	{ "rfc4475/invut.dat", "application/unknownformat",
	  "application/sdp;o=nformat", 100, true },
	{ "rfc4475/badbranch.dat", "z9hG4bK", "z9hG4bJ", 200, false },
	{ "rfc4475/wsinv.dat", "tag ", "tug ", 100, true },
	{ "rfc5118/ipv6-bad.dat", "sip:2001:db8::10 ", "sip:20010db80:10 ",
	  405, false },
};


/* So it was that fault, and nothing else, which was refused. */
START_TEST(mended_message_is_taken)
{
	struct octets o;

	open_door();
	octets_read(&o, mended[_i].file);
	if (mended[_i].old)
		octets_replace(&o, mended[_i].old, mended[_i].new);
	else
		octets_insert(&o, o.len, mended[_i].new);
	want_rport(&o);
	peer_send(&o);
	if (mended[_i].answer)
		answer_check(mended[_i].answer);

	ck_assert_uint_eq(mended[_i].call, ncall);
}
END_TEST


/** Answers whose numbers libre makes smaller than they are */
static const char *const codes[] = {
	"4294967301", "4294967496", "65736", "0200", "20", "99", "700",
};


START_TEST(overlarge_status_is_no_other_status)
{
	struct ua_sipmsg_fault fault;
	struct sip_msg *msg;

	msg = siptext_try("SIP/2.0 200 OK\n"
			  "Via: SIP/2.0/UDP h;branch=z9hG4bKx\n"
			  "From: <sip:a@b>;tag=1\nTo: <sip:c@d>\n"
			  "Call-ID: x\nCSeq: 1 INVITE\n\n");
	ck_assert_ptr_nonnull(msg);
	ck_assert_int_eq(0, ua_sipmsg_check(msg, &fault));
	mem_deref(msg);

	msg = siptext("SIP/2.0 %s OK\n"
		      "Via: SIP/2.0/UDP h;branch=z9hG4bKx\n"
		      "From: <sip:a@b>;tag=1\nTo: <sip:c@d>\n"
		      "Call-ID: x\nCSeq: 1 INVITE\n\n",
		      codes[_i]);
	ck_assert_int_eq(EBADMSG, ua_sipmsg_check(msg, &fault));
	mem_deref(msg);
}
END_TEST


/** A stream: what was read of it, and whether it ended */
struct stream {
	char text[FILE_MAX];
	size_t len;
	bool closed;
};


static void stream_recv(struct mbuf *mb, void *arg)
{
	struct stream *s = arg;
	const size_t n = mbuf_get_left(mb);

	ck_assert_uint_lt(s->len + n, sizeof(s->text));
	memcpy(s->text + s->len, mbuf_buf(mb), n);
	s->len += n;
	s->text[s->len] = '\0';
}


static void stream_estab(void *arg)
{
	(void)arg;
}


static void stream_close(int err, void *arg)
{
	(void)err;
	((struct stream *)arg)->closed = true;
}


static bool stream_done(void *arg)
{
	const struct stream *s = arg;

	return s->closed || strstr(s->text, "Call-ID: behind\r\n");
}


static const struct {
	const char *file;
	const char *answer; /* that comes first                            */
	const char *body;   /* what libre takes for it; NULL: there is one */
} streams[] = {
	{ "rfc4475/ncl.dat", "SIP/2.0 400 ", "" },
	{ "rfc4475/mcl01.dat", "SIP/2.0 400 ", "There" },
	{ "rfc4475/mismatch02.dat", "SIP/2.0 501 ", NULL },
	{ "rfc4475/zeromf.dat", "SIP/2.0 200 ", NULL },
};

#define BEHIND                                                                \
	"INVITE sip:user@127.0.0.1 SIP/2.0\r\n"                               \
	"Via: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK-behind\r\n"                \
	"From: <sip:x@example.com>;tag=x\r\n"                                 \
	"To: <sip:user@example.com>\r\n"                                      \
	"Call-ID: behind\r\nCSeq: 1 INVITE\r\n"                               \
	"Contact: <sip:x@127.0.0.1>\r\nContent-Length: 0\r\n\r\n"


/* Behind the message, or in the body whose length nobody knows */
static void hide(struct octets *o, const char *body)
{
	size_t pos = o->len;

	if (body) {
		for (pos = 4; memcmp(o->buf + pos - 4, "\r\n\r\n", 4); pos++)
			ck_assert_uint_lt(pos, o->len);

		octets_insert(o, pos, body);
		pos += strlen(body);
	}

	octets_insert(o, pos, BEHIND);
}


/*
 * RFC 4475, 3.1.2.3 and 3.3.9: no call is made of a body, whatever stands in
 * it; where messages end, the connection and what comes on it stay.
 */
START_TEST(connection_ends_where_a_message_does_not)
{
	const bool ends = streams[_i].body != NULL;
	struct mbuf *mb = mbuf_alloc(FILE_MAX);
	struct stream s = { .len = 0 };
	struct tcp_conn *tc = NULL;
	struct octets o;
	struct sa sa;

	octets_read(&o, streams[_i].file);
	hide(&o, streams[_i].body);
	ua_addr_to_sa(&sa, ua_endpoint_local(ep));
	ck_assert_int_eq(0, tcp_connect(&tc, &sa, stream_estab, stream_recv,
					stream_close, &s));
	ck_assert_int_eq(0, mbuf_write_mem(mb, o.buf, o.len));
	mb->pos = 0;
	ck_assert_int_eq(0, tcp_send(tc, mb));

	ck_assert(sipbed_run(stream_done, &s, 2000));
	ck_assert(!strncmp(s.text, streams[_i].answer, 12));
	ck_assert(s.closed == ends);
	ck_assert_uint_eq(!ends, ncall);
	mem_deref(mb);
	mem_deref(tc);
}
END_TEST


Suite *ua_suite_torture_phone(void)
{
	Suite *s = suite_create("torture_phone");
	TCase *tc = tcase_create("message");

	tcase_add_loop_test(tc, overlarge_status_is_no_other_status, 0,
			    sizeof(codes) / sizeof(codes[0]));
	suite_add_tcase(s, tc);

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, phone_answers_by_the_rfc, 0, ROWS);
	tcase_add_test(tc, answer_names_its_request);
	tcase_add_test(tc, requests_without_an_identifier_are_told_apart);
	tcase_add_loop_test(tc, mended_message_is_taken, 0,
			    sizeof(mended) / sizeof(mended[0]));
	tcase_add_loop_test(tc, connection_ends_where_a_message_does_not, 0,
			    sizeof(streams) / sizeof(streams[0]));
	suite_add_tcase(s, tc);

	return s;
}
