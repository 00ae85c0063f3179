/* SPDX-License-Identifier: BSD-3-Clause */
/** @file siptlsbed.c  A SIP server by TLS on loopback, by the letter */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "siptlsbed.h"

enum { TLS_HANDSHAKE = 0x16, PORT_TRIES = 32 };


static void flush(struct siptlsbed_conn *conn)
{
	uint8_t buf[4096];
	int n;

	while (conn->tc && (n = BIO_read(conn->out, buf, sizeof(buf))) > 0) {
		struct mbuf mb = { .buf = buf,
				   .size = (size_t)n,
				   .end = (size_t)n };

		(void)tcp_send(conn->tc, &mb);
	}
}


static void conn_close(struct siptlsbed_conn *conn)
{
	conn->tc = mem_deref(conn->tc);
	SSL_free(conn->ssl);
	conn->ssl = NULL;
	conn->mb = mem_deref(conn->mb);
}


static void text_send(struct siptlsbed_conn *conn, const char *text)
{
	struct mbuf *mb = mbuf_alloc(128);

	(void)mbuf_write_str(mb, text);
	mb->pos = 0;
	ck_assert_int_eq(0, tcp_send(conn->tc, mb));
	mem_deref(mb);
}


void siptlsbed_drop(struct siptlsbed_conn *conn)
{
	(void)SSL_shutdown(conn->ssl);
	flush(conn);
	conn_close(conn);
}


/* True: one more is in the list. */
static bool message_take(struct siptlsbed_conn *conn)
{
	struct siptlsbed *bed = conn->bed;
	struct mbuf *mb = mbuf_alloc(conn->mb->end);
	struct sip_msg *msg;
	size_t len;

	(void)mbuf_write_mem(mb, conn->mb->buf, conn->mb->end);
	mb->pos = 0;
	if (sip_msg_decode(&msg, mb)) {
		mem_deref(mb);
		return false;
	}

	len = pl_u32(&msg->clen);
	if (mbuf_get_left(mb) < len || bed->n >= SIPBED_MSGS) {
		mem_deref(msg);
		mem_deref(mb);
		return false;
	}

	len += mb->pos;
	mb->end = len;
	bed->fromv[bed->n] = conn;
	bed->msgv[bed->n++] = msg;
	mem_deref(mb);

	memmove(conn->mb->buf, conn->mb->buf + len, conn->mb->end - len);
	conn->mb->pos = conn->mb->end -= len;

	return conn->mb->end != 0;
}


static void read_all(struct siptlsbed_conn *conn)
{
	uint8_t buf[4096];
	int n;

	if (!conn->up) {
		const char *sni;

		if (SSL_do_handshake(conn->ssl) != 1)
			return;

		conn->up = true;
		conn->resumed = SSL_session_reused(conn->ssl);
		conn->certified = SSL_get0_peer_certificate(conn->ssl) != NULL;
		sni = SSL_get_servername(conn->ssl, TLSEXT_NAMETYPE_host_name);
		str_ncpy(conn->sni, sni ? sni : "", sizeof(conn->sni));
	}

	while ((n = SSL_read(conn->ssl, buf, sizeof(buf))) > 0)
		(void)mbuf_write_mem(conn->mb, buf, (size_t)n);

	while (conn->mb->end && message_take(conn))
		;
}


static void recv_handler(struct mbuf *mb, void *arg)
{
	struct siptlsbed_conn *conn = arg;

	if (conn->bed->plain) {
		text_send(conn, conn->bed->plain);
		return;
	}

	if (conn->bed->hang_up) {
		conn_close(conn);
		return;
	}

	if (!conn->up && *mbuf_buf(mb) != TLS_HANDSHAKE &&
	    !BIO_number_written(conn->in))
		conn->clear = true;

	(void)BIO_write(conn->in, mbuf_buf(mb), (int)mbuf_get_left(mb));
	read_all(conn);
	flush(conn);
}


static void close_handler(int err, void *arg)
{
	(void)err;
	conn_close(arg);
}


static void conn_handler(const struct sa *peer, void *arg)
{
	struct siptlsbed *bed = arg;
	struct siptlsbed_conn *conn = &bed->connv[bed->nconn];
	(void)peer;

	ck_assert_uint_lt(bed->nconn, SIPTLSBED_CONNS);
	++bed->nconn;
	conn->bed = bed;
	conn->mb = mbuf_alloc(1024);
	conn->ssl = SSL_new(bed->tls.ctx);
	conn->in = BIO_new(BIO_s_mem());
	conn->out = BIO_new(BIO_s_mem());
	SSL_set_bio(conn->ssl, conn->in, conn->out);
	SSL_set_accept_state(conn->ssl);
	ck_assert_int_eq(0, tcp_accept(&conn->tc, bed->ts, NULL, recv_handler,
				       close_handler, conn));
}


void siptlsbed_open(struct siptlsbed *bed, const struct tlsbed_how *how)
{
	int i, err = EADDRINUSE;

	memset(bed, 0, sizeof(*bed));
	tlsbed_open(&bed->tls, how);

	/* A port that UDP gave may be somebody else's with TCP. */
	for (i = 0; i < PORT_TRIES && err == EADDRINUSE; i++) {
		if (i)
			sipbed_close(&bed->udp);
		sipbed_open(&bed->udp);
		bed->local = bed->udp.local;
		err = tcp_listen(&bed->ts, &bed->local, conn_handler, bed);
	}

	ck_assert_int_eq(0, err);
}


void siptlsbed_close(struct siptlsbed *bed)
{
	size_t i;

	for (i = 0; i < bed->nconn; i++)
		conn_close(&bed->connv[i]);
	for (i = 0; i < bed->n; i++)
		mem_deref(bed->msgv[i]);

	mem_deref(bed->ts);
	sipbed_close(&bed->udp);
	tlsbed_close(&bed->tls);
	memset(bed, 0, sizeof(*bed));
}


static bool has_come(void *arg)
{
	const struct siptlsbed *bed = arg;

	return bed->n > bed->read;
}


const struct sip_msg *siptlsbed_next(struct siptlsbed *bed, uint32_t ms)
{
	if (!sipbed_run(has_come, bed, ms))
		return NULL;

	bed->from = bed->fromv[bed->read];
	return bed->msgv[bed->read++];
}


const struct sip_msg *siptlsbed_request(struct siptlsbed *bed, const char *met)
{
	const struct sip_msg *msg = siptlsbed_next(bed, 2000);

	ck_assert_msg(msg && msg->req && !pl_strcmp(&msg->met, met),
		      "no %s came", met);

	return msg;
}


void siptlsbed_send(struct siptlsbed *bed, const char *fmt, ...)
{
	struct mbuf *mb = mbuf_alloc(4096);
	va_list ap;

	va_start(ap, fmt);
	ck_assert_int_eq(0, mbuf_vprintf(mb, fmt, ap));
	va_end(ap);
	ck_assert_int_eq((int)mb->end,
			 SSL_write(bed->from->ssl, mb->buf, (int)mb->end));
	mem_deref(mb);
	flush(bed->from);
}


void siptlsbed_clear(struct siptlsbed *bed, const char *text)
{
	text_send(bed->from, text);
}


void siptlsbed_reply(struct siptlsbed *bed, const struct sip_msg *req,
		     const char *line, const char *headers, const char *sdp)
{
	siptlsbed_send(bed,
		       "SIP/2.0 %s\r\n"
		       "Via: %r\r\n"
		       "From: %r\r\n"
		       "To: %r%s\r\n"
		       "Call-ID: %r\r\n"
		       "CSeq: %u %r\r\n"
		       "%s%s"
		       "Content-Length: %zu\r\n\r\n%s",
		       line, &req->via.val, &req->from.val, &req->to.val,
		       req->to.tag.l ? "" : ";tag=server", &req->callid,
		       req->cseq.num, &req->cseq.met, headers,
		       sdp ? "Content-Type: application/sdp\r\n" : "",
		       sdp ? strlen(sdp) : 0, sdp ? sdp : "");
}
