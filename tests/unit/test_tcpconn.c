/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_tcpconn.c  Connections to servers, plain and with TLS */

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/addr.h"
#include "net/tcpconn.h"
#include "oom.h"
#include "rig.h"
#include "tlsbed.h"

Suite *ua_suite_tcpconn(void);

enum {
	MSG_LEN = 1000,
	MSGS_MAX = 24000, /* More than the kernel keeps of a connection */
	GOT_MAX = MSG_LEN * (MSGS_MAX + 16)
};

/* A server that takes one connection, and the client's end of it */
struct fix {
	struct tcp_sock *ts;
	struct tcp_conn *tc;
	struct sa local;
	struct tlsbed bed; /* ctx NULL: no TLS */
	struct ua_tlstrust *trust;
	struct ua_tcpconn *conn;
	unsigned nready;
	unsigned nclosed;
	int err;
	char why[UA_TLSCLIENT_WHY_MAX];
	uint8_t *got; /* By the server */
	size_t ngot;
	char heard[64]; /* By the client */
	size_t nheard;
	size_t want;
	bool free_on_ready;
	bool free_on_recv;
};


static void srv_recv(struct mbuf *mb, void *arg)
{
	struct fix *f = arg;
	uint8_t buf[2048];
	struct mbuf *out;
	int n;

	if (!f->bed.ctx) {
		ck_assert_uint_le(f->ngot + mbuf_get_left(mb), GOT_MAX);
		memcpy(f->got + f->ngot, mbuf_buf(mb), mbuf_get_left(mb));
		f->ngot += mbuf_get_left(mb);
		return;
	}

	(void)BIO_write(f->bed.in, mbuf_buf(mb), (int)mbuf_get_left(mb));
	(void)SSL_do_handshake(f->bed.ssl);
	while ((n = SSL_read(f->bed.ssl, buf, sizeof(buf))) > 0) {
		memcpy(f->got + f->ngot, buf, (size_t)n);
		f->ngot += (size_t)n;
	}

	out = mbuf_alloc(2048);
	while ((n = BIO_read(f->bed.out, out->buf, (int)out->size)) > 0) {
		out->pos = 0;
		out->end = (size_t)n;
		(void)tcp_send(f->tc, out);
	}
	mem_deref(out);
}


static void srv_close(int err, void *arg)
{
	struct fix *f = arg;

	(void)err;
	f->tc = mem_deref(f->tc);
}


static void srv_conn(const struct sa *peer, void *arg)
{
	struct fix *f = arg;

	(void)peer;
	ck_assert_int_eq(
		0, tcp_accept(&f->tc, f->ts, NULL, srv_recv, srv_close, f));
}


static void on_ready(void *arg)
{
	struct fix *f = arg;

	++f->nready;
	if (f->free_on_ready)
		f->conn = mem_deref(f->conn);
}


static void on_recv(const uint8_t *buf, size_t len, void *arg)
{
	struct fix *f = arg;

	ck_assert_uint_le(f->nheard + len, sizeof(f->heard));
	memcpy(f->heard + f->nheard, buf, len);
	f->nheard += len;
	if (f->free_on_recv)
		f->conn = mem_deref(f->conn);
}


static void on_closed(int err, const char *why, void *arg)
{
	struct fix *f = arg;

	++f->nclosed;
	f->err = err;
	str_ncpy(f->why, why, sizeof(f->why));
	f->conn = mem_deref(f->conn);
}


static struct ua_tcpconn_conf conf_of(struct fix *f)
{
	struct ua_tcpconn_conf conf = { .trust = f->trust,
					.host = "turn.test",
					.handlers = { .ready = on_ready,
						      .recv = on_recv,
						      .closed = on_closed,
						      .arg = f } };

	ck_assert_int_eq(0, ua_addr_set(&conf.local, "127.0.0.1", 0));
	ua_addr_from_sa(&conf.remote, &f->local);
	return conf;
}


static void setup(struct fix *f, bool tls, const struct tlsbed_how *how)
{
	struct sa any;

	memset(f, 0, sizeof(*f));
	f->got = malloc(GOT_MAX);
	ck_assert_ptr_nonnull(f->got);
	ck_assert_int_eq(0, libre_init());
	ck_assert_int_eq(0, sa_set_str(&any, "127.0.0.1", 0));
	ck_assert_int_eq(0, tcp_listen(&f->ts, &any, srv_conn, f));
	ck_assert_int_eq(0, tcp_local_get(f->ts, &f->local));
	if (tls) {
		struct ua_tlscreds *creds;

		tlsbed_open(&f->bed, how);
		creds = tlsbed_creds(f->bed.ca, NULL, NULL);
		ck_assert_int_eq(0, ua_tlsclient_trust(&f->trust, creds));
		mem_deref(creds);
	}
}


static void open_conn(struct fix *f)
{
	const struct ua_tcpconn_conf conf = conf_of(f);

	ck_assert_int_eq(0, ua_tcpconn_open(&f->conn, &conf));
	ck_assert(!ua_tcpconn_ready(f->conn));
	ck_assert_uint_ne(0, ua_tcpconn_local(f->conn)->port);
	ck_assert(ua_addr_eq(&conf.remote, ua_tcpconn_remote(f->conn)));
}


static void teardown(struct fix *f)
{
	mem_deref(f->conn);
	mem_deref(f->tc);
	mem_deref(f->ts);
	mem_deref(f->trust);
	if (f->bed.authority)
		tlsbed_close(&f->bed);
	free(f->got);
}


static bool is_ready(void *arg)
{
	return ((struct fix *)arg)->nready > 0;
}


static bool is_closed(void *arg)
{
	return ((struct fix *)arg)->nclosed > 0;
}


static bool has_got(void *arg)
{
	const struct fix *f = arg;

	return f->ngot >= f->want;
}


static bool has_heard(void *arg)
{
	const struct fix *f = arg;

	return f->nheard >= f->want;
}


static bool is_accepted(void *arg)
{
	return ((struct fix *)arg)->tc != NULL;
}


static void srv_say(struct fix *f, const char *str)
{
	struct mbuf *mb = mbuf_alloc(1024);
	int n;

	if (f->bed.ctx) {
		ck_assert_int_gt(SSL_write(f->bed.ssl, str, (int)strlen(str)),
				 0);
		n = BIO_read(f->bed.out, mb->buf, (int)mb->size);
		ck_assert_int_gt(n, 0);
		mb->end = (size_t)n;
	}
	else {
		ck_assert_int_eq(0, mbuf_write_str(mb, str));
		mb->pos = 0;
	}

	ck_assert_int_eq(0, tcp_send(f->tc, mb));
	mem_deref(mb);
}


/* _i: plain, and with TLS */
START_TEST(bytes_go_both_ways)
{
	const struct tlsbed_how how = { 0 };
	struct fix f;
	char kind[80];

	setup(&f, _i, &how);
	open_conn(&f);
	ck_assert_int_eq(
		ENOTCONN,
		ua_tcpconn_send(f.conn, (const uint8_t *)"x", 1, false));
	rig_wait(is_ready, &f);
	ck_assert_uint_eq(1, f.nready);
	ck_assert(ua_tcpconn_ready(f.conn));
	ck_assert_int_eq(0,
			 strncmp(_i ? "TLSv1." : "TCP",
				 ua_tcpconn_kind(f.conn, kind, sizeof(kind)),
				 _i ? 6 : 4));

	ck_assert_int_eq(0, ua_tcpconn_send(f.conn, (const uint8_t *)"hello",
					    5, false));
	f.want = 5;
	rig_wait(has_got, &f);
	ck_assert_mem_eq("hello", f.got, 5);

	srv_say(&f, "there");
	rig_wait(has_heard, &f);
	ck_assert_mem_eq("there", f.heard, 5);

	f.tc = mem_deref(f.tc);
	rig_wait(is_closed, &f);
	ck_assert_int_eq(ECONNRESET, f.err);
	ck_assert_str_eq("closed by the server", f.why);
	teardown(&f);
}
END_TEST


START_TEST(refused_connection_is_told)
{
	struct fix f;

	setup(&f, false, NULL);
	f.ts = mem_deref(f.ts);
	open_conn(&f);
	rig_wait(is_closed, &f);
	ck_assert_int_eq(ECONNREFUSED, f.err);
	ck_assert_uint_eq(0, f.nready);
	teardown(&f);
}
END_TEST


START_TEST(certificate_that_is_refused_is_told_in_words)
{
	const struct tlsbed_how how = { .expired = true };
	struct fix f;

	setup(&f, true, &how);
	open_conn(&f);
	rig_wait(is_closed, &f);
	ck_assert_int_eq(EACCES, f.err);
	ck_assert_str_eq("its certificate has expired", f.why);
	ck_assert_uint_eq(0, f.nready);
	teardown(&f);
}
END_TEST


START_TEST(server_that_speaks_no_tls_is_told)
{
	const struct tlsbed_how how = { 0 };
	struct fix f;

	setup(&f, true, &how);
	open_conn(&f);
	rig_wait(is_accepted, &f);
	SSL_CTX_free(f.bed.ctx);
	f.bed.ctx = NULL;
	srv_say(&f, "220 hello\r\n");
	rig_wait(is_closed, &f);
	ck_assert_int_eq(EPROTO, f.err);
	ck_assert_str_eq("it does not speak TLS", f.why);
	teardown(&f);
}
END_TEST


/* _i: plain, and with TLS */
START_TEST(handlers_may_free_it)
{
	const struct tlsbed_how how = { 0 };
	struct fix f;

	setup(&f, _i, &how);
	f.free_on_ready = true;
	open_conn(&f);
	rig_wait(is_ready, &f);
	ck_assert_ptr_null(f.conn);
	rig_linger(20);
	teardown(&f);

	setup(&f, _i, &how);
	f.free_on_recv = true;
	open_conn(&f);
	rig_wait(is_ready, &f);

	/* TLS 1.3 is ready here sooner than there. */
	rig_linger(20);
	srv_say(&f, "bye");
	f.want = 3;
	rig_wait(has_heard, &f);
	ck_assert_ptr_null(f.conn);
	rig_linger(20);
	ck_assert_uint_eq(0, f.nclosed);
	teardown(&f);
}
END_TEST


/* The loop does not run, so the server reads nothing: the kernel's buffers
 * fill up, then our queue.  _i: plain, and with TLS */
START_TEST(slow_network_drops_media_but_no_byte_of_what_was_taken)
{
	const struct tlsbed_how how = { 0 };
	static uint8_t msg[MSG_LEN];
	unsigned nsent = 0;
	unsigned nbig = 0;
	struct fix f;
	size_t i;
	int err = 0;

	setup(&f, _i, &how);
	open_conn(&f);
	rig_wait(is_ready, &f);

	while (!err && nsent < MSGS_MAX) {
		memset(msg, (int)(nsent & 0xff), sizeof(msg));
		err = ua_tcpconn_send(f.conn, msg, sizeof(msg), true);
		nsent += !err;
	}

	ck_assert_int_eq(EAGAIN, err);

	/* Requests have some room of their own. */
	while (!ua_tcpconn_send(f.conn, msg, sizeof(msg), false))
		++nbig;
	ck_assert_uint_ge(nbig, 3);
	ck_assert_uint_le(nbig, 6);

	f.want = (nsent + nbig) * sizeof(msg);
	rig_wait(has_got, &f);
	ck_assert_uint_eq(f.want, f.ngot);
	for (i = 0; i < nsent; i++)
		ck_assert_uint_eq(i & 0xff, f.got[i * sizeof(msg)]);

	/* And it goes on as before. */
	ck_assert_int_eq(0, ua_tcpconn_send(f.conn, msg, 5, true));
	f.want += 5;
	rig_wait(has_got, &f);
	teardown(&f);
}
END_TEST


START_TEST(connection_that_is_gone_raises_no_signal)
{
	struct fix f;
	int i;

	setup(&f, false, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	open_conn(&f);
	rig_wait(is_ready, &f);
	rig_wait(is_accepted, &f);
	f.tc = mem_deref(f.tc);
	for (i = 0; i < 3; i++)
		(void)!ua_tcpconn_send(f.conn, (const uint8_t *)"x", 1, true);
	rig_wait(is_closed, &f);
	ck_assert_uint_eq(1, f.nclosed);
	teardown(&f);
}
END_TEST


START_TEST(bad_addresses_are_refused)
{
	struct ua_tcpconn_conf conf;
	struct ua_tcpconn *conn;
	struct fix f;

	setup(&f, false, NULL);
	conf = conf_of(&f);
	conf.remote.port = 0;
	ck_assert_int_eq(EINVAL, ua_tcpconn_open(&conn, &conf));
	conf = conf_of(&f);
	conf.local.af = UA_AF_NONE;
	ck_assert_int_eq(EINVAL, ua_tcpconn_open(&conn, &conf));
	conf = conf_of(&f);
	ck_assert_int_eq(0, ua_addr_set(&conf.local, "::1", 0));
	ck_assert_int_eq(EINVAL, ua_tcpconn_open(&conn, &conf));
	conf = conf_of(&f);
	ck_assert_int_eq(0, ua_addr_set(&conf.local, "192.0.2.1", 0));
	ck_assert_int_eq(EADDRNOTAVAIL, ua_tcpconn_open(&conn, &conf));
	teardown(&f);
}
END_TEST


static int open_and_free(void *arg)
{
	const struct ua_tcpconn_conf *conf = arg;
	struct ua_tcpconn *conn;
	const int err = ua_tcpconn_open(&conn, conf);

	if (!err)
		mem_deref(conn);

	return err;
}


START_TEST(no_memory_for_a_connection)
{
	struct ua_tcpconn_conf conf;
	struct fix f;

	setup(&f, false, NULL);
	conf = conf_of(&f);
	ua_oom_walk(open_and_free, &conf);
	teardown(&f);
}
END_TEST


Suite *ua_suite_tcpconn(void)
{
	Suite *s = suite_create("tcpconn");
	TCase *tc = tcase_create("tcpconn");

	tcase_set_timeout(tc, RIG_TEST_S);
	tcase_add_loop_test(tc, bytes_go_both_ways, 0, 2);
	tcase_add_test(tc, refused_connection_is_told);
	tcase_add_test(tc, certificate_that_is_refused_is_told_in_words);
	tcase_add_test(tc, server_that_speaks_no_tls_is_told);
	tcase_add_loop_test(tc, handlers_may_free_it, 0, 2);
	tcase_add_loop_test(
		tc, slow_network_drops_media_but_no_byte_of_what_was_taken, 0,
		2);
	tcase_add_test(tc, connection_that_is_gone_raises_no_signal);
	tcase_add_test(tc, bad_addresses_are_refused);
	tcase_add_test(tc, no_memory_for_a_connection);
	suite_add_tcase(s, tc);

	return s;
}
