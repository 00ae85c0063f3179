/* SPDX-License-Identifier: BSD-3-Clause */
/** @file turnsrv.c  A small TURN server on loopback, by UDP, TCP and TLS */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/wr.h"
#include "turnsrv.h"

/* Who asks, and how to answer */
struct ask {
	struct turnsrv *srv;
	struct turnsrv_conn *conn; /* NULL: by UDP */
	struct sa src;
	struct ua_stun msg;
	uint8_t key[16];
	uint8_t buf[2048];
	struct ua_wr wr;
};


unsigned turnsrv_live(const struct turnsrv *srv)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < TURNSRV_ALLOCS; i++)
		n += srv->allocv[i].us != NULL;

	return n;
}


static void to_client(struct turnsrv *srv, struct turnsrv_conn *conn,
		      const struct sa *dst, const uint8_t *buf, size_t len)
{
	struct mbuf *mb = mbuf_alloc(4096);
	int n;

	ck_assert_ptr_nonnull(mb);
	if (conn && conn->tls.ctx) {
		ck_assert_int_eq((int)len,
				 SSL_write(conn->tls.ssl, buf, (int)len));
		while ((n = BIO_read(conn->tls.out, mb->buf, (int)mb->size)) >
		       0) {
			mb->pos = 0;
			mb->end = (size_t)n;
			(void)tcp_send(conn->tc, mb);
		}
		mem_deref(mb);
		return;
	}

	ck_assert_int_eq(0, mbuf_write_mem(mb, buf, len));
	mb->pos = 0;
	if (conn)
		(void)tcp_send(conn->tc, mb);
	else
		(void)udp_send(srv->us, dst, mb);
	mem_deref(mb);
}


static struct turnsrv_alloc *alloc_of(struct turnsrv *srv,
				      const struct turnsrv_conn *conn,
				      const struct sa *src)
{
	size_t i;

	for (i = 0; i < TURNSRV_ALLOCS; i++) {
		struct turnsrv_alloc *a = &srv->allocv[i];

		if (a->us && a->conn == conn &&
		    (conn || sa_cmp(&a->client, src, SA_ALL)))
			return a;
	}

	return NULL;
}


static void alloc_free(struct turnsrv_alloc *a)
{
	a->us = mem_deref(a->us);
	memset(a, 0, sizeof(*a));
}


/* From a peer: by its channel, or as an indication */
static void relay_recv(const struct sa *src, struct mbuf *mb, void *arg)
{
	static const uint8_t tid[UA_STUN_TID_LEN];
	struct turnsrv_alloc *a = arg;
	uint8_t buf[4096] = { 0 };
	const size_t len = mbuf_get_left(mb);
	struct ua_addr peer;
	struct ua_wr wr;
	size_t i;

	for (i = 0; i < TURNSRV_CHANS; i++) {
		if (!a->numberv[i] || !sa_cmp(&a->peerv[i], src, SA_ALL))
			continue;

		buf[0] = (uint8_t)(a->numberv[i] >> 8);
		buf[1] = (uint8_t)a->numberv[i];
		buf[2] = (uint8_t)(len >> 8);
		buf[3] = (uint8_t)len;
		memcpy(buf + 4, mbuf_buf(mb), len);
		to_client(a->srv, a->conn, &a->client, buf,
			  a->conn ? 4 + (len + 3) / 4 * 4 : 4 + len);
		return;
	}

	ua_addr_from_sa(&peer, src);
	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_INDICATION, UA_STUN_DATA, tid);
	ua_stun_put_addr(&wr, UA_STUN_XOR_PEER_ADDRESS, &peer);
	ua_stun_put(&wr, UA_STUN_DATA_ATTR, mbuf_buf(mb), len);
	ck_assert_int_eq(0, ua_stun_end(&wr, NULL, 0, false));
	to_client(a->srv, a->conn, &a->client, buf, wr.pos);
}


static void to_peer(struct turnsrv_alloc *a, const struct sa *dst,
		    const uint8_t *buf, size_t len)
{
	struct mbuf *mb = mbuf_alloc(len + 1);

	ck_assert_ptr_nonnull(mb);
	ck_assert_int_eq(0, mbuf_write_mem(mb, buf, len));
	mb->pos = 0;
	(void)udp_send(a->us, dst, mb);
	mem_deref(mb);
	++a->srv->ndata;
}


static void begin(struct ask *ask, enum ua_stun_class cls)
{
	ua_wr_init(&ask->wr, ask->buf, sizeof(ask->buf));
	ua_stun_begin(&ask->wr, cls, ask->msg.method, ask->msg.tid);
}


static void finish(struct ask *ask)
{
	const bool sign = ask->msg.integrity != 0;

	ck_assert_int_eq(0, ua_stun_end(&ask->wr, sign ? ask->key : NULL,
					sizeof(ask->key), true));
	to_client(ask->srv, ask->conn, &ask->src, ask->buf, ask->wr.pos);
}


static void refuse(struct ask *ask, uint16_t code)
{
	begin(ask, UA_STUN_ERROR);
	ua_stun_put_error(&ask->wr, code, "because");
	finish(ask);
}


static void challenge(struct ask *ask, uint16_t code)
{
	begin(ask, UA_STUN_ERROR);
	ua_stun_put_error(&ask->wr, code, "because");
	ua_stun_put(&ask->wr, UA_STUN_REALM, TURNSRV_REALM,
		    strlen(TURNSRV_REALM));
	ua_stun_put(&ask->wr, UA_STUN_NONCE, "nonce", 5);
	ck_assert_int_eq(0, ua_stun_end(&ask->wr, NULL, 0, false));
	to_client(ask->srv, ask->conn, &ask->src, ask->buf, ask->wr.pos);
}


static void allocate(struct ask *ask)
{
	const struct ua_addr ip6 = { .af = UA_AF_IP6,
				     .port = 5000,
				     .ip = { 0x20, 0x01, 0xd,
					     0xb8, [15] = 1 } };
	struct turnsrv *srv = ask->srv;
	struct turnsrv_alloc *a = NULL;
	struct ua_addr relayed, mapped;
	struct sa any;
	size_t i;
	const bool only6 = ua_stun_attr(
		&ask->msg, UA_STUN_REQUESTED_ADDRESS_FAMILY, NULL);

	srv->ip6only += only6;
	if (alloc_of(srv, ask->conn, &ask->src)) {
		refuse(ask, 437);
		return;
	}

	if (srv->room && turnsrv_live(srv) >= srv->room) {
		refuse(ask, 486);
		return;
	}

	for (i = 0; !a && i < TURNSRV_ALLOCS; i++)
		a = srv->allocv[i].us ? NULL : &srv->allocv[i];
	ck_assert_ptr_nonnull(a);

	a->srv = srv;
	a->conn = ask->conn;
	a->client = ask->src;
	ck_assert_int_eq(0, sa_set_str(&any, "127.0.0.1", 0));
	ck_assert_int_eq(0, udp_listen(&a->us, &any, relay_recv, a));
	ck_assert_int_eq(0, udp_local_get(a->us, &a->relayed));

	ua_addr_from_sa(&relayed, &a->relayed);
	ua_addr_from_sa(&mapped, &ask->src);
	begin(ask, UA_STUN_SUCCESS);
	if (!only6)
		ua_stun_put_addr(&ask->wr, UA_STUN_XOR_RELAYED_ADDRESS,
				 &relayed);
	if (only6 ||
	    (srv->ip6 &&
	     ua_stun_attr(&ask->msg, UA_STUN_ADDITIONAL_ADDRESS_FAMILY, NULL)))
		ua_stun_put_addr(&ask->wr, UA_STUN_XOR_RELAYED_ADDRESS, &ip6);
	ua_stun_put_addr(&ask->wr, UA_STUN_XOR_MAPPED_ADDRESS, &mapped);
	ua_stun_put_u32(&ask->wr, UA_STUN_LIFETIME, srv->lifetime_s);
	finish(ask);
}


static void refresh(struct ask *ask)
{
	struct turnsrv_alloc *a = alloc_of(ask->srv, ask->conn, &ask->src);
	uint32_t lifetime_s = 1;

	if (!a) {
		refuse(ask, 437);
		return;
	}

	ck_assert_int_eq(
		0, ua_stun_u32(&ask->msg, UA_STUN_LIFETIME, &lifetime_s));
	begin(ask, UA_STUN_SUCCESS);
	ua_stun_put_u32(&ask->wr, UA_STUN_LIFETIME,
			lifetime_s ? ask->srv->lifetime_s : 0);
	finish(ask);
	if (!lifetime_s) {
		++ask->srv->nfreed;
		alloc_free(a);
	}
}


static void bind_channel(struct ask *ask, struct turnsrv_alloc *a)
{
	struct ua_addr peer;
	uint32_t number;
	size_t i = 0;

	ck_assert_int_eq(
		0, ua_stun_u32(&ask->msg, UA_STUN_CHANNEL_NUMBER, &number));
	ck_assert_int_eq(
		0, ua_stun_addr(&ask->msg, UA_STUN_XOR_PEER_ADDRESS, &peer));
	while (a->numberv[i] && a->numberv[i] != number >> 16)
		++i;
	ck_assert_uint_lt(i, TURNSRV_CHANS);
	a->numberv[i] = (uint16_t)(number >> 16);
	ua_addr_to_sa(&a->peerv[i], &peer);
	begin(ask, UA_STUN_SUCCESS);
	finish(ask);
}


static void indication(struct ask *ask)
{
	struct turnsrv_alloc *a = alloc_of(ask->srv, ask->conn, &ask->src);
	struct ua_addr peer;
	const uint8_t *data;
	struct sa dst;
	size_t len;

	data = ua_stun_attr(&ask->msg, UA_STUN_DATA_ATTR, &len);
	if (!a || !data ||
	    ua_stun_addr(&ask->msg, UA_STUN_XOR_PEER_ADDRESS, &peer))
		return;

	ua_addr_to_sa(&dst, &peer);
	to_peer(a, &dst, data, len);
}


static bool is_fine(struct ask *ask)
{
	struct turnsrv *srv = ask->srv;

	if (!ask->msg.integrity) {
		srv->nplain += ask->msg.method == UA_STUN_ALLOCATE;
		challenge(ask, 401);
		return false;
	}

	ck_assert_int_eq(0, ua_stun_key(ask->key, TURNSRV_USER, TURNSRV_REALM,
					srv->password));
	if (ua_stun_check(&ask->msg, ask->key, sizeof(ask->key))) {
		challenge(ask, 401);
		return false;
	}

	if (srv->nonce_is_old && ask->msg.method == UA_STUN_ALLOCATE) {
		srv->nonce_is_old = false;
		challenge(ask, 438);
		return false;
	}

	return true;
}


static void request(struct ask *ask)
{
	struct turnsrv *srv = ask->srv;
	struct turnsrv_alloc *a;

	srv->nalloc += ask->msg.method == UA_STUN_ALLOCATE;
	*(ask->conn ? &srv->ntcp : &srv->nudp) += 1;
	if (!is_fine(ask))
		return;

	if (ask->msg.method == UA_STUN_ALLOCATE && srv->code) {
		refuse(ask, srv->code);
		if (srv->code_max && !--srv->code_max)
			srv->code = 0;
		return;
	}

	a = alloc_of(srv, ask->conn, &ask->src);
	if (ask->msg.method == UA_STUN_ALLOCATE) {
		allocate(ask);
	}
	else if (ask->msg.method == UA_STUN_REFRESH) {
		refresh(ask);
	}
	else if (!a) {
		refuse(ask, 437);
	}
	else if (ask->msg.method == UA_STUN_CHANNEL_BIND) {
		bind_channel(ask, a);
	}
	else {
		begin(ask, UA_STUN_SUCCESS);
		finish(ask);
	}
}


static void channel_data(struct turnsrv *srv, struct turnsrv_conn *conn,
			 const struct sa *src, const uint8_t *buf, size_t len)
{
	struct turnsrv_alloc *a = alloc_of(srv, conn, src);
	const size_t n = (size_t)buf[2] << 8 | buf[3];
	size_t i;

	ck_assert_uint_le(4 + n, len);
	for (i = 0; a && i < TURNSRV_CHANS; i++) {
		if (a->numberv[i] == (buf[0] << 8 | buf[1]))
			to_peer(a, &a->peerv[i], buf + 4, n);
	}
}


static void message(struct turnsrv *srv, struct turnsrv_conn *conn,
		    const struct sa *src, const uint8_t *buf, size_t len)
{
	struct ask ask = { .srv = srv, .conn = conn, .src = *src };

	if (len > 4 && (buf[0] & 0xf0) == 0x40)
		channel_data(srv, conn, src, buf, len);
	else if (ua_stun_decode(&ask.msg, buf, len))
		return;
	else if (ask.msg.cls == UA_STUN_INDICATION)
		indication(&ask);
	else
		request(&ask);
}


static void udp_recv(const struct sa *src, struct mbuf *mb, void *arg)
{
	struct turnsrv *srv = arg;

	if (!srv->deaf)
		message(srv, NULL, src, mbuf_buf(mb), mbuf_get_left(mb));
}


static void conn_destructor(void *arg)
{
	struct turnsrv_conn *conn = arg;
	size_t i;

	list_unlink(&conn->le);
	for (i = 0; i < TURNSRV_ALLOCS; i++) {
		if (conn->srv->allocv[i].us &&
		    conn->srv->allocv[i].conn == conn)
			alloc_free(&conn->srv->allocv[i]);
	}
	SSL_free(conn->tls.ssl);
	mem_deref(conn->tc);
}


/* Whole messages of what came; all lengths are small here */
static void frames(struct turnsrv_conn *conn)
{
	struct sa src;
	size_t n;

	ck_assert_int_eq(0, tcp_conn_peer_get(conn->tc, &src));
	while (conn->len >= 4) {
		n = (size_t)conn->buf[2] << 8 | conn->buf[3];
		n = (conn->buf[0] & 0xf0) == 0x40 ? 4 + (n + 3) / 4 * 4
						  : 20 + n;
		if (n > conn->len)
			break;

		message(conn->srv, conn, &src, conn->buf, n);
		memmove(conn->buf, conn->buf + n, conn->len - n);
		conn->len -= n;
	}
}


static void tls_flush(struct turnsrv_conn *conn)
{
	struct mbuf *mb = mbuf_alloc(8192);
	int n;

	ck_assert_ptr_nonnull(mb);
	while ((n = BIO_read(conn->tls.out, mb->buf, (int)mb->size)) > 0) {
		mb->pos = 0;
		mb->end = (size_t)n;
		(void)tcp_send(conn->tc, mb);
	}
	mem_deref(mb);
}


static void tcp_recv(struct mbuf *mb, void *arg)
{
	struct turnsrv_conn *conn = arg;
	const size_t room = sizeof(conn->buf) - conn->len;
	int n;

	if (!conn->tls.ctx) {
		ck_assert_uint_le(mbuf_get_left(mb), room);
		memcpy(conn->buf + conn->len, mbuf_buf(mb), mbuf_get_left(mb));
		conn->len += mbuf_get_left(mb);
		frames(conn);
		return;
	}

	(void)BIO_write(conn->tls.in, mbuf_buf(mb), (int)mbuf_get_left(mb));
	(void)SSL_do_handshake(conn->tls.ssl);
	tls_flush(conn);
	while ((n = SSL_read(conn->tls.ssl, conn->buf + conn->len,
			     (int)(sizeof(conn->buf) - conn->len))) > 0) {
		conn->len += (size_t)n;
		frames(conn);
	}
}


static void tcp_close(int err, void *arg)
{
	(void)err;
	mem_deref(arg);
}


static void on_conn(const struct sa *peer, void *arg)
{
	struct turnsrv *srv = arg;
	struct turnsrv_conn *conn;

	(void)peer;
	conn = mem_zalloc(sizeof(*conn), conn_destructor);
	ck_assert_ptr_nonnull(conn);
	conn->srv = srv;
	if (srv->tls) {
		conn->tls.ctx = srv->tls->ctx;
		tlsbed_accept(&conn->tls);
	}
	ck_assert_int_eq(0, tcp_accept(&conn->tc, srv->ts, NULL, tcp_recv,
				       tcp_close, conn));
	list_append(&srv->conns, &conn->le, conn);
	++srv->nconn;
}


void turnsrv_open(struct turnsrv *srv)
{
	struct sa any;
	int i;

	memset(srv, 0, sizeof(*srv));
	srv->lifetime_s = 600;
	srv->password = TURNSRV_PASSWORD;
	ck_assert_int_eq(0, libre_init());

	/* A free port of TCP may be taken at UDP. */
	for (i = 0; !srv->us && i < 20; i++) {
		srv->ts = mem_deref(srv->ts);
		ck_assert_int_eq(0, sa_set_str(&any, "127.0.0.1", 0));
		ck_assert_int_eq(0, tcp_listen(&srv->ts, &any, on_conn, srv));
		ck_assert_int_eq(0, tcp_local_get(srv->ts, &srv->local));
		(void)udp_listen(&srv->us, &srv->local, udp_recv, srv);
	}

	ck_assert_ptr_nonnull(srv->us);
}


void turnsrv_kill(struct turnsrv *srv)
{
	size_t i;

	list_flush(&srv->conns);
	for (i = 0; i < TURNSRV_ALLOCS; i++)
		alloc_free(&srv->allocv[i]);
}


void turnsrv_close(struct turnsrv *srv)
{
	turnsrv_kill(srv);
	srv->us = mem_deref(srv->us);
	srv->ts = mem_deref(srv->ts);
}


const char *turnsrv_uri(const struct turnsrv *srv, const char *scheme,
			const char *query)
{
	static char bufs[4][96];
	static unsigned next;
	char *buf = bufs[next++ % 4];

	(void)re_snprintf(buf, sizeof(bufs[0]), "%s:%J%s", scheme, &srv->local,
			  query);
	return buf;
}
