/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sock.c  One UDP socket on one concrete local address */

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <time.h>
#include <netinet/in.h>
#include <linux/errqueue.h>

#include "base/re_compat.h"
#include "base/addr.h"
#include "net/sock.h"

enum {
	PAIR_TRIES = 32, /* a busy host has every second pair free, at least */
	BATCH = 16,      /* datagrams per wake-up, so that others get a turn */
	REFUSAL_MAX = 8  /* of refusals that wait to be told                 */
};

/* A datagram that the network refused */
struct refusal {
	int err;
	struct ua_addr dst;
};

/* libre's udp_sock is not used: it allocates for each datagram it reads. */
struct ua_sock {
	struct ua_addr local;
	int fd;
	struct ua_fd ufd;
	struct tmr tmr; /* tells the refusals */
	struct refusal refusalv[REFUSAL_MAX];
	size_t nrefusal;
	ua_sock_recv_h *rh;
	ua_sock_error_h *eh;
	void *arg;
};


static void sock_destructor(void *data)
{
	struct ua_sock *sock = data;

	tmr_cancel(&sock->tmr);
	ua_fd_close(&sock->ufd);
	if (sock->fd >= 0)
		(void)close(sock->fd);
}


static void refusal_add(struct ua_sock *sock, int err,
			const struct ua_addr *dst)
{
	struct refusal *r;

	/* More than that in one turn of the loop say nothing new. */
	if (sock->nrefusal == REFUSAL_MAX)
		return;

	r = &sock->refusalv[sock->nrefusal++];
	r->err = err;
	if (dst)
		r->dst = *dst;
	else
		memset(&r->dst, 0, sizeof(r->dst));
}


static void on_refusals(void *arg)
{
	struct ua_sock *sock = mem_ref(arg);
	struct refusal refusalv[REFUSAL_MAX];
	const size_t n = sock->nrefusal;
	size_t i;

	memcpy(refusalv, sock->refusalv, sizeof(refusalv));
	sock->nrefusal = 0;

	/* The handler may free the socket: then ours is the last reference. */
	for (i = 0; i < n && sock->eh && mem_nrefs(sock) > 1; i++)
		sock->eh(refusalv[i].err, &refusalv[i].dst, sock->arg);

	mem_deref(sock);
}


/* The address family of the control message that carries an ICMP error */
static bool is_icmp(const struct cmsghdr *cmsg)
{
	return (cmsg->cmsg_level == IPPROTO_IP &&
		cmsg->cmsg_type == IP_RECVERR) ||
	       (cmsg->cmsg_level == IPPROTO_IPV6 &&
		cmsg->cmsg_type == IPV6_RECVERR);
}


/* Read one entry of the kernel's queue of errors; false: it is empty. */
static bool refusal_read(struct ua_sock *sock)
{
	union {
		struct cmsghdr align;
		uint8_t buf[512];
	} ctl;
	struct sock_extended_err ee;
	struct ua_addr dst;
	struct cmsghdr *cmsg;
	struct msghdr msg;
	struct iovec iov;
	uint8_t payload[1];
	struct sa sa;

	sa_init(&sa, AF_UNSPEC);
	memset(&msg, 0, sizeof(msg));
	iov.iov_base = payload;
	iov.iov_len = sizeof(payload);
	msg.msg_name = &sa.u;
	msg.msg_namelen = sizeof(sa.u);
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = ctl.buf;
	msg.msg_controllen = sizeof(ctl.buf);

	if (recvmsg(sock->fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return false;

	for (cmsg = CMSG_FIRSTHDR(&msg); cmsg;
	     cmsg = CMSG_NXTHDR(&msg, cmsg)) {

		if (!is_icmp(cmsg))
			continue;

		memcpy(&ee, CMSG_DATA(cmsg), sizeof(ee));

		/* What the kernel itself refused was told by send already. */
		if (ee.ee_origin != SO_EE_ORIGIN_ICMP &&
		    ee.ee_origin != SO_EE_ORIGIN_ICMP6)
			continue;

		sa.len = msg.msg_namelen;
		ua_addr_from_sa(&dst, &sa);
		refusal_add(sock, (int)ee.ee_errno, &dst);
	}

	return true;
}


/*
 * Empty the queue of errors: it must not stay filled, because it keeps the
 * socket readable for the loop.  Returns whether there was any.
 */
static bool refusals_collect(struct ua_sock *sock)
{
	bool any = false;

	while (refusal_read(sock))
		any = true;

	if (sock->nrefusal && !tmr_isrunning(&sock->tmr))
		tmr_start(&sock->tmr, 0, on_refusals, sock);

	return any;
}


/* The socket's error as the kernel keeps it: a hint that the queue is full,
 * or, without a queue, all that there is to tell. */
static void error_input(struct ua_sock *sock, int err)
{
	if (refusals_collect(sock))
		return;

	refusal_add(sock, err, NULL);
	if (!tmr_isrunning(&sock->tmr))
		tmr_start(&sock->tmr, 0, on_refusals, sock);
}


static void dgram_input(struct ua_sock *sock, const struct sa *src,
			uint8_t *buf, size_t len)
{
	struct ua_addr addr;

	if (len > UA_DGRAM_MAX || !sock->rh)
		return;

	ua_addr_from_sa(&addr, src);
	sock->rh(&addr, buf, len, sock->arg);
}


/* All that is there already, up to a limit: a turn of the loop each would be
 * dearer. */
static void read_some(struct ua_sock *sock)
{
	uint8_t buf[UA_DGRAM_MAX + 1]; /* A longer one is seen to be longer */
	struct sa src;
	ssize_t n;
	int i;

	/* The handler may free the socket: then ours is the last reference. */
	for (i = 0; i < BATCH && mem_nrefs(sock) > 1; i++) {

		sa_init(&src, AF_UNSPEC);
		src.len = sizeof(src.u);
		n = recvfrom(sock->fd, buf, sizeof(buf), MSG_DONTWAIT,
			     &src.u.sa, &src.len);
		if (n >= 0) {
			dgram_input(sock, &src, buf, (size_t)n);
			continue;
		}

		if (errno == EINTR)
			continue;
		if (errno == EAGAIN)
			break;

		error_input(sock, errno);
	}
}


static void on_fd(int flags, void *arg)
{
	struct ua_sock *sock = mem_ref(arg);

	read_some(sock);
	if (flags & FD_EXCEPT)
		(void)refusals_collect(sock);
	mem_deref(sock);
}


/* So that ICMP errors come, with the address that they are about */
static void recverr_set(struct ua_sock *sock)
{
	const int on = 1;

	if (sock->local.af == UA_AF_IP6)
		(void)setsockopt(sock->fd, IPPROTO_IPV6, IPV6_RECVERR, &on,
				 sizeof(on));
	else
		(void)setsockopt(sock->fd, IPPROTO_IP, IP_RECVERR, &on,
				 sizeof(on));
}


static int sock_bind(struct ua_sock *sock, const struct ua_addr *local)
{
	const int on = 1;
	struct sa sa;

	ua_addr_to_sa(&sa, local);
	sock->fd = socket(sa_af(&sa),
			  SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (sock->fd < 0)
		return errno;

	if (local->af == UA_AF_IP6)
		(void)setsockopt(sock->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on,
				 sizeof(on));

	if (bind(sock->fd, &sa.u.sa, sa.len))
		return errno;

	sa.len = sizeof(sa.u);
	if (getsockname(sock->fd, &sa.u.sa, &sa.len))
		return errno;

	ua_addr_from_sa(&sock->local, &sa);
	return 0;
}


int ua_sock_open(struct ua_sock **sockp, const struct ua_addr *local,
		 ua_sock_recv_h *rh, ua_sock_error_h *eh, void *arg)
{
	struct ua_sock *sock;
	int err;

	if (ua_addr_is_any(local) || ua_addr_is_multicast(local))
		return EINVAL;

	sock = mem_zalloc(sizeof(*sock), sock_destructor);
	if (!sock)
		return ENOMEM;

	sock->fd = -1;
	tmr_init(&sock->tmr);
	ua_sock_handlers(sock, rh, eh, arg);

	err = sock_bind(sock, local);
	if (err)
		goto out;

	recverr_set(sock);
	err = ua_fd_listen(&sock->ufd, sock->fd, FD_READ, on_fd, sock);

out:
	if (err)
		mem_deref(sock);
	else
		*sockp = sock;

	return err;
}


/* One try at a pair: rtp on addr's port or a free one, rtcp above it */
static int pair_try(struct ua_sock **rtpp, struct ua_sock **rtcpp,
		    const struct ua_addr *local)
{
	struct ua_sock *rtp = NULL;
	struct ua_addr addr;
	int err;

	err = ua_sock_open(&rtp, local, NULL, NULL, NULL);
	if (err)
		return err;

	addr = rtp->local;
	if (addr.port & 1) {
		err = EADDRINUSE;
		goto out;
	}

	++addr.port;
	err = ua_sock_open(rtcpp, &addr, NULL, NULL, NULL);
	if (err)
		goto out;

	*rtpp = mem_ref(rtp);

out:
	mem_deref(rtp);
	return err;
}


int ua_sock_open_pair(struct ua_sock **rtpp, struct ua_sock **rtcpp,
		      const struct ua_addr *local)
{
	int err = EADDRINUSE;
	int i;

	if (local->port & 1)
		return EINVAL;

	if (local->port)
		return pair_try(rtpp, rtcpp, local);

	for (i = 0; i < PAIR_TRIES && err == EADDRINUSE; i++)
		err = pair_try(rtpp, rtcpp, local);

	return err;
}


void ua_sock_handlers(struct ua_sock *sock, ua_sock_recv_h *rh,
		      ua_sock_error_h *eh, void *arg)
{
	sock->rh = rh;
	sock->eh = eh;
	sock->arg = arg;
}


static int send_once(struct ua_sock *sock, const struct sa *dst,
		     const uint8_t *buf, size_t len)
{
	const ssize_t n =
		sendto(sock->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL,
		       &dst->u.sa, dst->len);

	return n < 0 ? errno : 0;
}


int ua_sock_send(struct ua_sock *sock, const struct ua_addr *dst,
		 const uint8_t *buf, size_t len)
{
	struct sa sa;
	int err;

	if (dst->af != sock->local.af || !dst->port)
		return EINVAL;

	ua_addr_to_sa(&sa, dst);
	err = send_once(sock, &sa, buf, len);

	/*
	 * A socket that hears of ICMP errors reports them by its next send,
	 * whatever the destination of that one is, and does not send.
	 */
	if (err && err != EAGAIN && refusals_collect(sock))
		err = send_once(sock, &sa, buf, len);

	return err;
}


const struct ua_addr *ua_sock_local(const struct ua_sock *sock)
{
	return &sock->local;
}


int ua_sock_device_set(struct ua_sock *sock, const char *ifname)
{
	return setsockopt(sock->fd, SOL_SOCKET, SO_BINDTODEVICE, ifname,
			  (socklen_t)strlen(ifname))
		       ? errno
		       : 0;
}


int ua_sock_dscp_set(struct ua_sock *sock, uint8_t dscp)
{
	const int tos = dscp << 2; /* the two bits below are ECN's */

	if (dscp > 63)
		return EINVAL;

	if (setsockopt(sock->fd,
		       sock->local.af == UA_AF_IP6 ? IPPROTO_IPV6 : IPPROTO_IP,
		       sock->local.af == UA_AF_IP6 ? IPV6_TCLASS : IP_TOS,
		       &tos, sizeof(tos)))
		return errno;

	return 0;
}
