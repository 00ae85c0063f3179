/* SPDX-License-Identifier: BSD-3-Clause */
/** @file re_compat.h  The one place that includes libre, whatever its age */
#ifndef UA_RE_COMPAT_H
#define UA_RE_COMPAT_H

#include <errno.h>

/*
 * libre 1.1.0's headers do not compile alone: they want to be told what the
 * C library has.  Newer ones know; the macros do no harm there.
 */
#ifndef HAVE_INTTYPES_H
#define HAVE_INTTYPES_H 1
#endif
#ifndef HAVE_STDBOOL_H
#define HAVE_STDBOOL_H 1
#endif
#ifndef HAVE_INET6
#define HAVE_INET6 1
#endif
#ifndef USE_OPENSSL
#define USE_OPENSSL 1
#endif

/* libre's own headers are not written for our warnings. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#include <re.h>
#ifndef DEBUG_MODULE
#define DEBUG_MODULE "ua"
#define DEBUG_LEVEL 0
#endif
#include <re_dbg.h>
#pragma GCC diagnostic pop

/*
 * configure takes this from pkg-config: no header of libre tells it.
 * Without configure (lint, fuzz builds) the oldest one is assumed.
 */
#ifndef LIBRE_VERSION_NUM
#define LIBRE_VERSION_NUM 10100
#endif

/* 3.6.0: fd_listen() hands out an object instead of using the fd as key. */
struct ua_fd {
#if LIBRE_VERSION_NUM >= 30600
	struct re_fhs *fhs;
#else
	int fd;
	bool on;
#endif
};

static inline int ua_fd_listen(struct ua_fd *ufd, int fd, int flags, fd_h *h,
			       void *arg)
{
#if LIBRE_VERSION_NUM >= 30600
	return fd_listen(&ufd->fhs, fd, flags, h, arg);
#else
	const int err = fd_listen(fd, flags, h, arg);

	ufd->fd = fd;
	ufd->on = !err;
	return err;
#endif
}


static inline void ua_fd_close(struct ua_fd *ufd)
{
#if LIBRE_VERSION_NUM >= 30600
	ufd->fhs = fd_close(ufd->fhs);
#else
	if (ufd->on)
		fd_close(ufd->fd);
	ufd->on = false;
#endif
}


/* 4.0.0: udp_sock_fd() lost its address family. */
static inline int ua_udp_fd(const struct udp_sock *us, int af)
{
#if LIBRE_VERSION_NUM >= 40000
	(void)af;
	return (int)udp_sock_fd(us);
#else
	return udp_sock_fd(us, af);
#endif
}

/* 2.2.2: tcp_conn_fd() is gone, so -1: the connection hides its descriptor. */
static inline int ua_tcp_fd(const struct tcp_conn *tc)
{
#if LIBRE_VERSION_NUM >= 20202
	(void)tc;
	return -1;
#else
	return tcp_conn_fd(tc);
#endif
}

/* 2.4.0: libre has a cache of its own, which nobody could tell to reload. */
static inline int ua_dnsc_alloc(struct dnsc **dnscp, const struct sa *srvv,
				uint32_t srvc)
{
	const int err = dnsc_alloc(dnscp, NULL, srvv, srvc);

#if LIBRE_VERSION_NUM >= 20400
	if (!err)
		dnsc_cache_max(*dnscp, 0);
#endif
	return err;
}

/*
 * 3.12.0: a request that is cancelled before its first provisional response
 * is forgotten: no CANCEL follows, and its handler is never called.  false:
 * not yet, cancel again when such a response comes (RFC 3261, 9.1).
 */
static inline bool ua_sip_cancel(struct sip_request *req)
{
#if LIBRE_VERSION_NUM >= 31200
	if (!sip_request_provrecv(req))
		return false;
#endif
	sip_request_cancel(req);
	return true;
}

/*
 * 2.9.0: tls_openssl_context() is gone.  tls_set_verify_server(), which is
 * there instead, checks no host when the next hop is a numeric address, as all
 * of ours are.  But OpenSSL tells of each context that is made: here libre
 * makes it.  The table of who is told keeps an empty row, some 50 bytes, for
 * each time.
 */
#if LIBRE_VERSION_NUM >= 20900
#include <pthread.h>
#include <openssl/ssl.h>

static inline void ua_tls_born(void *ctx, void *ptr, CRYPTO_EX_DATA *ad,
			       int idx, long thread, void *ctxp)
{
	(void)ptr;
	(void)ad;
	(void)idx;

	/* Another thread makes one too: ctxp may point nowhere by now. */
	if (thread == (long)pthread_self())
		*(SSL_CTX **)ctxp = ctx;
}


static inline int ua_tls_alloc(struct tls **tlsp, struct ssl_ctx_st **ctxp)
{
	struct ssl_ctx_st *ctx = NULL;
	const int idx = SSL_CTX_get_ex_new_index((long)pthread_self(), &ctx,
						 ua_tls_born, NULL, NULL);
	int err;

	if (idx < 0)
		return ENOMEM;

	err = tls_alloc(tlsp, TLS_METHOD_TLS, NULL, NULL);
	(void)CRYPTO_free_ex_index(CRYPTO_EX_INDEX_SSL_CTX, idx);
	if (!err && !ctx) {
		*tlsp = (struct tls *)mem_deref(*tlsp);
		err = ENOMEM;
	}

	*ctxp = ctx;
	return err;
}
#else
static inline int ua_tls_alloc(struct tls **tlsp, struct ssl_ctx_st **ctxp)
{
	const int err = tls_alloc(tlsp, TLS_METHOD_SSLV23, NULL, NULL);

	if (!err)
		*ctxp = tls_openssl_context(*tlsp);
	return err;
}
#endif

/* 3.9.0: ARRAY_SIZE() is RE_ARRAY_SIZE() alone. */
#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) RE_ARRAY_SIZE(a)
#endif

#endif
