/* SPDX-License-Identifier: BSD-3-Clause */
/** @file netmon.c  Tells when this host's network is another one */

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "base/re_compat.h"
#include "base/clock.h"
#include "net/netlink.h"
#include "net/netmon.h"
#include <ua/log.h>

enum {
	PACKET_MAX = 32768, /* the kernel sends no larger ones            */
	PACKETS = 64        /* at once, then others of the loop have a turn */
};

struct ua_netmon {
	struct ua_netmon_conf conf;
	struct ua_iflist list;
	struct ua_fd ufd;
	int fd; /* -1: look each now and then */
	struct tmr tmr;
	unsigned what; /* since the last look */
	uint64_t first_ms;
	uint64_t epoch; /* Another one after each message */
};


static void destructor(void *arg)
{
	struct ua_netmon *nm = arg;

	tmr_cancel(&nm->tmr);
	if (nm->fd < 0)
		return;

	ua_fd_close(&nm->ufd);
	(void)close(nm->fd);
}


uint64_t ua_netmon_due(uint64_t first_ms, uint64_t last_ms)
{
	const uint64_t calm = last_ms + UA_NETMON_CALM_MS;
	const uint64_t max = first_ms + UA_NETMON_MAX_MS;

	return calm < max ? calm : max;
}


/* Sees the host; an empty list is a host without a network. */
static int look(const struct ua_netmon *nm, struct ua_iflist *list)
{
	int err;

	memset(list, 0, sizeof(*list));
	err = nm->conf.look(list, nm->conf.arg);
	if (err != ENODEV && err != ENOENT)
		return err;

	list->n = 0;
	return 0;
}


static void on_due(void *arg);


static void arm(struct ua_netmon *nm)
{
	if (nm->fd < 0)
		tmr_start(&nm->tmr, UA_NETMON_POLL_MS, on_due, nm);
}


static void on_due(void *arg)
{
	struct ua_netmon *nm = arg;
	const unsigned what = nm->what;
	struct ua_iflist old;
	struct ua_iflist now;
	int err;

	nm->what = 0;
	arm(nm);

	err = look(nm, &now);
	if (err) {
		ua_log(nm->conf.log, UA_LOG_WARN, "net",
		       "addresses are not told: %m", err);
		tmr_start(&nm->tmr, UA_NETMON_POLL_MS, on_due, nm);
		return;
	}

	if (!ua_iflist_eq(&nm->list, &now)) {
		old = nm->list;
		nm->list = now;
		nm->conf.changed(&old, &now, nm->conf.arg);
	}
	else if (nm->conf.routes &&
		 (what & ~(unsigned)UA_NETLINK_ADDR || nm->fd < 0)) {
		nm->conf.routes(nm->conf.arg);
	}
}


static void note(struct ua_netmon *nm, unsigned what)
{
	const uint64_t now_ms = ua_clock_ms();
	uint64_t at;

	if (!what)
		return;

	if (!nm->what)
		nm->first_ms = now_ms;
	nm->what |= what;
	++nm->epoch;

	at = ua_netmon_due(nm->first_ms, now_ms);
	tmr_start(&nm->tmr, at > now_ms ? at - now_ms : 0, on_due, nm);
}


/* One packet; what it says, or what its loss means. */
static int packet_read(struct ua_netmon *nm, unsigned *whatp)
{
	uint8_t buf[PACKET_MAX];
	struct sockaddr_nl src;
	struct iovec iov = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct msghdr msg = { .msg_name = &src,
			      .msg_namelen = sizeof(src),
			      .msg_iov = &iov,
			      .msg_iovlen = 1 };
	ssize_t n;

	*whatp = 0;
	memset(&src, 0, sizeof(src));
	n = recvmsg(nm->fd, &msg, MSG_DONTWAIT);
	if (n < 0) {
		/* Too many came while we did something else. */
		if (errno == ENOBUFS)
			*whatp = UA_NETLINK_LOST;
		return errno == ENOBUFS ? 0 : errno;
	}

	/* Nobody but the kernel is believed. */
	if (src.nl_pid)
		return 0;

	if (msg.msg_flags & MSG_TRUNC ||
	    ua_netlink_parse(whatp, buf, (size_t)n))
		*whatp = UA_NETLINK_LOST;

	return 0;
}


static void poll_instead(struct ua_netmon *nm, int err)
{
	ua_log(nm->conf.log, UA_LOG_WARN, "net",
	       "the kernel does not tell of changes (%m): looking each %d s",
	       err, UA_NETMON_POLL_MS / 1000);
	tmr_start(&nm->tmr, UA_NETMON_POLL_MS, on_due, nm);
}


static void on_readable(int flags, void *arg)
{
	struct ua_netmon *nm = arg;
	unsigned all = 0;
	unsigned what;
	int err = 0;
	int i;

	(void)flags;

	for (i = 0; i < PACKETS && !err; i++) {
		err = packet_read(nm, &what);
		all |= what;
	}

	if (err && err != EAGAIN && err != EINTR) {
		ua_fd_close(&nm->ufd);
		(void)close(nm->fd);
		nm->fd = -1;
		poll_instead(nm, err);
		return;
	}

	note(nm, all);
}


static int open_socket(struct ua_netmon *nm)
{
	struct sockaddr_nl sa = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR |
			     RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
			     RTMGRP_IPV6_ROUTE,
	};
	int err = 0;

	if (nm->conf.poll)
		return ENOTSUP;

	nm->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_ROUTE);
	if (nm->fd < 0)
		return errno;

	if (bind(nm->fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		err = errno;
	if (!err)
		err = ua_fd_listen(&nm->ufd, nm->fd, FD_READ, on_readable, nm);
	if (err) {
		(void)close(nm->fd);
		nm->fd = -1;
	}

	return err;
}


int ua_netmon_alloc(struct ua_netmon **nmp, const struct ua_netmon_conf *conf)
{
	struct ua_netmon *nm;
	int err;

	nm = mem_zalloc(sizeof(*nm), destructor);
	if (!nm)
		return ENOMEM;

	tmr_init(&nm->tmr);
	nm->conf = *conf;
	nm->fd = -1;

	/* First the ear, then the eye: nothing is missed between them. */
	err = open_socket(nm);
	if (err == ENOMEM)
		goto out;
	if (err)
		poll_instead(nm, err);

	err = look(nm, &nm->list);
	if (err && err != ENOMEM) {
		note(nm, UA_NETLINK_LOST);
		err = 0;
	}

out:
	if (err)
		mem_deref(nm);
	else
		*nmp = nm;

	return err;
}


void ua_netmon_kick(struct ua_netmon *nm)
{
	nm->what |= UA_NETLINK_LOST;
	++nm->epoch;
	tmr_start(&nm->tmr, 0, on_due, nm);
}


bool ua_netmon_calm(const struct ua_netmon *nm, uint64_t *epoch)
{
	struct pollfd pfd = { .fd = nm->fd, .events = POLLIN };

	/* A message of the kernel's is there before who caused it goes on. */
	if (nm->fd < 0 || nm->what || poll(&pfd, 1, 0) != 0)
		return false;

	*epoch = nm->epoch;
	return true;
}


const struct ua_iflist *ua_netmon_list(const struct ua_netmon *nm)
{
	return &nm->list;
}
