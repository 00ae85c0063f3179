/* SPDX-License-Identifier: BSD-3-Clause */
/** @file conns.c  The connections that messages came on */

#include <sys/socket.h>

#include "base/addr.h"
#include "sip/conns.h"


/* NULL: there is none, or it is closed */
static struct tcp_conn *conn_of(const struct sip_msg *msg)
{
	return msg ? sip_msg_tcpconn(msg) : NULL;
}


static bool is_to(const struct sip_msg *msg, const struct ua_addr *peer)
{
	struct ua_addr addr;

	ua_addr_from_sa(&addr, &msg->src);

	return !peer || ua_addr_eq(&addr, peer);
}


void ua_conns_note(struct ua_conns *conns, const struct sip_msg *msg)
{
	struct tcp_conn *tc = conn_of(msg);
	unsigned place = conns->next;
	unsigned i;

	if (!tc)
		return;

	for (i = 0; i < UA_CONNS_MAX; i++) {
		if (conn_of(conns->msgv[i]) == tc)
			return;

		if (!conn_of(conns->msgv[i]))
			place = i;
	}

	if (place == conns->next)
		conns->next = (conns->next + 1) % UA_CONNS_MAX;

	mem_deref(conns->msgv[place]);
	conns->msgv[place] = mem_ref((void *)msg);
}


bool ua_conns_has(const struct ua_conns *conns, const struct ua_addr *peer)
{
	unsigned i;

	for (i = 0; i < UA_CONNS_MAX; i++) {
		if (conn_of(conns->msgv[i]) && is_to(conns->msgv[i], peer))
			return true;
	}

	return false;
}


void ua_conns_shut(struct ua_conns *conns, const struct ua_addr *peer)
{
	unsigned i;

	for (i = 0; i < UA_CONNS_MAX; i++) {
		struct tcp_conn *tc = conn_of(conns->msgv[i]);
		const int fd = tc ? ua_tcp_fd(tc) : -1;

		if (fd < 0 || !is_to(conns->msgv[i], peer))
			continue;

		(void)shutdown(fd, SHUT_RDWR);
		conns->msgv[i] = mem_deref(conns->msgv[i]);
	}
}


void ua_conns_break(struct ua_conns *conns, struct sip_msg *msg)
{
	struct ua_addr peer;

	if (!conn_of(msg))
		return;

	/* libre goes on behind the end, or takes what is left for nothing. */
	msg->mb->end = msg->mb->size;

	ua_addr_from_sa(&peer, &msg->src);
	ua_conns_shut(conns, &peer);
}


void ua_conns_flush(struct ua_conns *conns)
{
	unsigned i;

	for (i = 0; i < UA_CONNS_MAX; i++)
		conns->msgv[i] = mem_deref(conns->msgv[i]);
}
