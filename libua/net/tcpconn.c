/* SPDX-License-Identifier: BSD-3-Clause */
/** @file tcpconn.c  One TCP connection to a server, with TLS if wanted */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "base/re_compat.h"
#include "base/addr.h"
#include "net/tcpconn.h"

enum {
	READ_SIZE = 4096,
	READS = 8,         /* Per wake-up, so that others get a turn */
	TLS_OVERHEAD = 256 /* Of one message, at most                */
};

struct ua_tcpconn {
	struct ua_addr local;
	struct ua_addr remote;
	struct ua_tcpconn_handlers handlers;
	struct ua_tlstrust *trust;
	struct ua_tlsclient *tls; /* NULL: none, or TCP is not there yet */
	char host[256];
	struct ua_fd ufd;
	struct tmr tmr; /* Gives up, or tells the end */
	int fd;
	bool connected; /* TCP alone                  */
	bool ready;
	int err; /* Why it is over */
	char why[UA_TLSCLIENT_WHY_MAX];
	uint8_t *queue; /* NULL: nothing waits */
	size_t pos;
	size_t end;
};

static void on_fd(int flags, void *arg);


static void conn_destructor(void *arg)
{
	struct ua_tcpconn *conn = arg;

	tmr_cancel(&conn->tmr);
	ua_fd_close(&conn->ufd);
	if (conn->fd >= 0)
		(void)close(conn->fd);
	mem_deref(conn->tls);
	mem_deref(conn->trust);
	mem_deref(conn->queue);
}


/* The end, told by the loop */
static void on_end(void *arg)
{
	struct ua_tcpconn *conn = arg;

	if (conn->handlers.closed)
		conn->handlers.closed(conn->err, conn->why,
				      conn->handlers.arg);
}


static void end(struct ua_tcpconn *conn, int err, const char *why)
{
	if (conn->err)
		return;

	conn->err = err;
	conn->ready = false;
	str_ncpy(conn->why, why, sizeof(conn->why));
	ua_fd_close(&conn->ufd);
	tmr_start(&conn->tmr, 0, on_end, conn);
}


static void on_late(void *arg)
{
	struct ua_tcpconn *conn = arg;

	end(conn, ETIMEDOUT,
	    conn->connected ? "no TLS within 5 s" : "not reached within 5 s");
}


static void watch(struct ua_tcpconn *conn)
{
	const int flags =
		!conn->connected || conn->queue ? FD_READ | FD_WRITE : FD_READ;
	const int err = ua_fd_listen(&conn->ufd, conn->fd, flags, on_fd, conn);

	if (err)
		end(conn, err, strerror(err));
}


/* Returns how much the kernel took; a hard error ends the connection. */
static size_t kernel_send(struct ua_tcpconn *conn, const uint8_t *buf,
			  size_t len)
{
	const ssize_t n =
		send(conn->fd, buf, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n >= 0)
		return (size_t)n;

	if (errno != EAGAIN && errno != EINTR)
		end(conn, errno, strerror(errno));

	return 0;
}


static size_t queued(const struct ua_tcpconn *conn)
{
	return conn->end - conn->pos;
}


static void queue_flush(struct ua_tcpconn *conn)
{
	if (!conn->queue)
		return;

	conn->pos += kernel_send(conn, conn->queue + conn->pos, queued(conn));
	if (queued(conn) || conn->err)
		return;

	/* It was an exception, and memory is for those who are in need. */
	conn->queue = mem_deref(conn->queue);
	conn->pos = conn->end = 0;
	watch(conn);
}


static int queue_add(struct ua_tcpconn *conn, const uint8_t *buf, size_t len)
{
	if (!conn->queue) {
		conn->queue = mem_alloc(UA_TCPCONN_QUEUE, NULL);
		if (!conn->queue)
			return ENOMEM;
		watch(conn);
	}

	if (len > UA_TCPCONN_QUEUE - conn->end) {
		memmove(conn->queue, conn->queue + conn->pos, queued(conn));
		conn->end -= conn->pos;
		conn->pos = 0;
	}

	if (len > UA_TCPCONN_QUEUE - conn->end)
		return EAGAIN;

	memcpy(conn->queue + conn->end, buf, len);
	conn->end += len;
	return 0;
}


static int raw_send(struct ua_tcpconn *conn, const uint8_t *buf, size_t len)
{
	size_t n = 0;
	int err;

	if (!conn->queue)
		n = kernel_send(conn, buf, len);

	if (conn->err)
		return ENOTCONN;
	if (n == len)
		return 0;

	err = queue_add(conn, buf + n, len - n);

	/* Half a message spoils all that would follow. */
	if (err && n)
		end(conn, err, strerror(err));

	return err;
}


/* What TLS wants sent */
static int tls_flush(struct ua_tcpconn *conn)
{
	uint8_t buf[READ_SIZE];
	size_t n;
	int err;

	while ((n = ua_tlsclient_output(conn->tls, buf, sizeof(buf))) != 0) {
		err = raw_send(conn, buf, n);
		if (err) {
			end(conn, err, strerror(err));
			return err;
		}
	}

	return 0;
}


static void made_ready(struct ua_tcpconn *conn)
{
	tmr_cancel(&conn->tmr);
	conn->ready = true;
	if (conn->handlers.ready)
		conn->handlers.ready(conn->handlers.arg);
}


/* A handler may have freed it: then ours is the last reference. */
static bool alive(const struct ua_tcpconn *conn)
{
	return mem_nrefs(conn) > 1 && !conn->err;
}


static void deliver(struct ua_tcpconn *conn, const uint8_t *buf, size_t len)
{
	if (conn->handlers.recv)
		conn->handlers.recv(buf, len, conn->handlers.arg);
}


static void tls_ended(struct ua_tcpconn *conn, int err)
{
	const char *why = ua_tlsclient_why(conn->tls);

	/* It wants to know why we leave. */
	(void)tls_flush(conn);
	end(conn, err, *why ? why : strerror(err));
}


static void tls_input(struct ua_tcpconn *conn, const uint8_t *buf, size_t len)
{
	uint8_t plain[READ_SIZE];
	size_t n;
	int err;

	err = ua_tlsclient_input(conn->tls, buf, len);
	if (err) {
		tls_ended(conn, err);
		return;
	}

	if (tls_flush(conn))
		return;

	if (!conn->ready && ua_tlsclient_ready(conn->tls))
		made_ready(conn);

	while (alive(conn)) {
		err = ua_tlsclient_read(conn->tls, plain, sizeof(plain), &n);
		if (err) {
			tls_ended(conn, err);
			return;
		}

		if (!n)
			return;
		deliver(conn, plain, n);
	}
}


static void read_some(struct ua_tcpconn *conn)
{
	uint8_t buf[READ_SIZE];
	ssize_t n;
	int i;

	for (i = 0; i < READS && alive(conn); i++) {
		n = recv(conn->fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (!n) {
			end(conn, ECONNRESET, "closed by the server");
			return;
		}

		if (n < 0) {
			if (errno != EAGAIN && errno != EINTR)
				end(conn, errno, strerror(errno));
			return;
		}

		if (conn->tls)
			tls_input(conn, buf, (size_t)n);
		else
			deliver(conn, buf, (size_t)n);
	}
}


static void connected(struct ua_tcpconn *conn)
{
	socklen_t len = sizeof(int);
	int err = 0;

	if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &err, &len))
		err = errno;
	if (err) {
		end(conn, err, strerror(err));
		return;
	}

	conn->connected = true;
	watch(conn);
	if (conn->err)
		return;

	if (!conn->trust) {
		made_ready(conn);
		return;
	}

	err = ua_tlsclient_alloc(&conn->tls, conn->trust, conn->host);
	if (err)
		end(conn, err, strerror(err));
	else
		(void)tls_flush(conn);
}


static void on_fd(int flags, void *arg)
{
	struct ua_tcpconn *conn = mem_ref(arg);

	if (!conn->connected)
		connected(conn);
	else if (flags & FD_WRITE)
		queue_flush(conn);

	if (alive(conn) && conn->connected && (flags & ~FD_WRITE))
		read_some(conn);

	mem_deref(conn);
}


static int sock_open(struct ua_tcpconn *conn)
{
	const int on = 1;
	struct sa sa;

	ua_addr_to_sa(&sa, &conn->local);
	conn->fd =
		socket(sa_af(&sa), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		       IPPROTO_TCP);
	if (conn->fd < 0 || bind(conn->fd, &sa.u.sa, sa.len))
		return errno;

	/* Voice cannot wait for a full segment. */
	if (setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		return errno;

	ua_addr_to_sa(&sa, &conn->remote);
	if (connect(conn->fd, &sa.u.sa, sa.len) && errno != EINPROGRESS)
		return errno;

	sa.len = sizeof(sa.u);
	if (getsockname(conn->fd, &sa.u.sa, &sa.len))
		return errno;

	ua_addr_from_sa(&conn->local, &sa);
	return 0;
}


int ua_tcpconn_open(struct ua_tcpconn **connp,
		    const struct ua_tcpconn_conf *conf)
{
	struct ua_tcpconn *conn;
	int err;

	if (ua_addr_is_any(&conf->local) || !conf->remote.port ||
	    conf->local.af != conf->remote.af ||
	    (conf->trust &&
	     (!conf->host || strlen(conf->host) >= sizeof(conn->host))))
		return EINVAL;

	conn = mem_zalloc(sizeof(*conn), conn_destructor);
	if (!conn)
		return ENOMEM;

	tmr_init(&conn->tmr);
	conn->fd = -1;
	conn->local = conf->local;
	conn->remote = conf->remote;
	conn->handlers = conf->handlers;
	conn->trust = mem_ref(conf->trust);
	if (conf->host)
		str_ncpy(conn->host, conf->host, sizeof(conn->host));

	err = sock_open(conn);
	if (!err)
		err = ua_fd_listen(&conn->ufd, conn->fd, FD_READ | FD_WRITE,
				   on_fd, conn);
	if (err) {
		mem_deref(conn);
		return err;
	}

	tmr_start(&conn->tmr, UA_TCPCONN_OPEN_MS, on_late, conn);
	*connp = conn;
	return 0;
}


bool ua_tcpconn_ready(const struct ua_tcpconn *conn)
{
	return conn->ready;
}


int ua_tcpconn_send(struct ua_tcpconn *conn, const uint8_t *buf, size_t len,
		    bool media)
{
	const size_t reserve = media ? UA_TCPCONN_RESERVE : 0;
	int err;

	if (!conn->ready)
		return ENOTCONN;

	if (queued(conn) + len + TLS_OVERHEAD + reserve > UA_TCPCONN_QUEUE)
		return EAGAIN;

	if (!conn->tls)
		return raw_send(conn, buf, len);

	err = ua_tlsclient_write(conn->tls, buf, len);
	if (err) {
		tls_ended(conn, err);
		return ENOTCONN;
	}

	return tls_flush(conn) ? ENOTCONN : 0;
}


const struct ua_addr *ua_tcpconn_local(const struct ua_tcpconn *conn)
{
	return &conn->local;
}


const struct ua_addr *ua_tcpconn_remote(const struct ua_tcpconn *conn)
{
	return &conn->remote;
}


const char *ua_tcpconn_kind(const struct ua_tcpconn *conn, char *buf,
			    size_t size)
{
	if (conn->tls)
		(void)re_snprintf(buf, size, "%s %s",
				  ua_tlsclient_version(conn->tls),
				  ua_tlsclient_cipher(conn->tls));
	else
		(void)re_snprintf(buf, size, "TCP");

	return buf;
}
