/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simrelay.c  Allocations of the simulated TURN server (RFC 8656) */

#include <errno.h>
#include <string.h>

#include "base/wr.h"
#include "simbox.h"

enum { PERMISSION_S = 300, CHANNEL_S = 600, CHANNEL_HDR = 4 };


static void allocation_destructor(void *arg)
{
	struct ua_simallocation *alloc = arg;

	list_unlink(&alloc->le);
	mem_deref(alloc->sock);
	mem_deref(alloc->sock6);
}


static uint64_t after(const struct ua_simallocation *alloc, uint32_t s)
{
	return alloc->turn->host->net->now_us + s * UA_SIM_S;
}


static bool is_over(const struct ua_simallocation *alloc, uint64_t end_us)
{
	return end_us <= alloc->turn->host->net->now_us;
}


struct ua_simallocation *ua_simrelay_find(struct ua_simturn *turn,
					  const struct ua_addr *client)
{
	struct le *le = turn->allocl.head;

	while (le) {
		struct ua_simallocation *alloc = le->data;

		le = le->next;
		if (is_over(alloc, alloc->end_us))
			mem_deref(alloc);
		else if (client && ua_addr_eq(&alloc->client, client))
			return alloc;
	}

	return NULL;
}


static bool is_permitted(const struct ua_simallocation *alloc,
			 const struct ua_addr *peer)
{
	size_t i;

	for (i = 0; i < alloc->nperm; i++) {
		if (ua_addr_ip_eq(&alloc->permv[i].addr, peer))
			return !is_over(alloc, alloc->permv[i].end_us);
	}

	return false;
}


static const struct ua_simchannel *
channel_to(const struct ua_simallocation *alloc, const struct ua_addr *peer)
{
	size_t i;

	for (i = 0; i < alloc->nchannel; i++) {
		const struct ua_simchannel *c = &alloc->channelv[i];

		if (ua_addr_eq(&c->addr, peer))
			return is_over(alloc, c->end_us) ? NULL : c;
	}

	return NULL;
}


/* What a peer sent goes to the client. */
static void relay_handler(const struct ua_addr *src, const uint8_t *buf,
			  size_t len, void *arg)
{
	struct ua_simallocation *alloc = arg;
	struct ua_simturn *turn = alloc->turn;
	const struct ua_simchannel *channel;
	uint8_t out[UA_SIM_PAYLOAD];
	uint8_t tid[UA_STUN_TID_LEN];
	struct ua_wr wr;

	if (turn->dead || is_over(alloc, alloc->end_us) ||
	    !is_permitted(alloc, src))
		return;

	ua_wr_init(&wr, out, sizeof(out));
	channel = channel_to(alloc, src);
	if (channel) {
		ua_wr_u16(&wr, channel->number);
		ua_wr_u16(&wr, (uint16_t)len);
		ua_wr_mem(&wr, buf, len);
		if (wr.err)
			return;
	}
	else {
		turn->host->net->rand.fill(tid, sizeof(tid),
					   turn->host->net->rand.arg);
		ua_stun_begin(&wr, UA_STUN_INDICATION, UA_STUN_DATA, tid);
		ua_stun_put_addr(&wr, UA_STUN_XOR_PEER_ADDRESS, src);
		ua_stun_put(&wr, UA_STUN_DATA_ATTR, buf, len);
		if (ua_stun_end(&wr, NULL, 0, false))
			return;
	}

	(void)ua_simsock_send(alloc->via, &alloc->client, out, wr.pos);
}


int ua_simrelay_alloc(struct ua_simallocation **allocp,
		      struct ua_simturn *turn, const struct ua_addr *client,
		      bool ip4, bool ip6)
{
	struct ua_simallocation *alloc;
	int err = 0;

	alloc = mem_zalloc(sizeof(*alloc), allocation_destructor);
	if (!alloc)
		return ENOMEM;

	alloc->turn = turn;
	alloc->client = *client;

	if (ip4)
		err = ua_simsock_alloc(&alloc->sock, turn->host, &turn->relay,
				       relay_handler, alloc);
	if (!err && ip6)
		err = ua_simsock_alloc(&alloc->sock6, turn->host,
				       &turn->relay6, relay_handler, alloc);
	if (err) {
		mem_deref(alloc);
		return err;
	}

	list_append(&turn->allocl, &alloc->le, alloc);

	*allocp = alloc;
	return 0;
}


int ua_simrelay_permit(struct ua_simallocation *alloc,
		       const struct ua_addr *peer)
{
	struct ua_simperm *p;
	size_t i;

	for (i = 0; i < alloc->nperm; i++) {
		if (ua_addr_ip_eq(&alloc->permv[i].addr, peer))
			break;
	}

	if (i == UA_SIM_PERMS)
		return ENOSPC;

	p = &alloc->permv[i];
	p->addr = *peer;
	p->addr.port = 0;
	p->end_us = after(alloc, PERMISSION_S);
	if (i == alloc->nperm)
		alloc->nperm++;

	return 0;
}


int ua_simrelay_bind(struct ua_simallocation *alloc, uint16_t number,
		     const struct ua_addr *peer)
{
	struct ua_simchannel *c;
	size_t i;

	/* One number, one peer, as long as it lives (RFC 8656, 12.2). */
	for (i = 0; i < alloc->nchannel; i++) {
		c = &alloc->channelv[i];
		if (is_over(alloc, c->end_us)) {
			*c = alloc->channelv[--alloc->nchannel];
			--i;
			continue;
		}

		if ((c->number == number) != ua_addr_eq(&c->addr, peer))
			return EINVAL;
		if (c->number == number)
			break;
	}

	if (i == UA_SIM_CHANNELS)
		return ENOSPC;

	c = &alloc->channelv[i];
	c->addr = *peer;
	c->number = number;
	c->end_us = after(alloc, CHANNEL_S);
	if (i == alloc->nchannel)
		alloc->nchannel++;

	return ua_simrelay_permit(alloc, peer);
}


bool ua_simrelay_has(const struct ua_simallocation *alloc,
		     const struct ua_addr *peer)
{
	return peer->af == UA_AF_IP6 ? alloc->sock6 != NULL
				     : alloc->sock != NULL;
}


static void to_peer(struct ua_simallocation *alloc, const struct ua_addr *peer,
		    const uint8_t *buf, size_t len)
{
	if (ua_simrelay_has(alloc, peer) && is_permitted(alloc, peer))
		(void)ua_simsock_send(peer->af == UA_AF_IP6 ? alloc->sock6
							    : alloc->sock,
				      peer, buf, len);
}


void ua_simrelay_send(struct ua_simallocation *alloc,
		      const struct ua_stun *msg)
{
	struct ua_addr peer;
	const uint8_t *data;
	size_t len;

	data = ua_stun_attr(msg, UA_STUN_DATA_ATTR, &len);
	if (data && !ua_stun_addr(msg, UA_STUN_XOR_PEER_ADDRESS, &peer))
		to_peer(alloc, &peer, data, len);
}


void ua_simrelay_channel(struct ua_simallocation *alloc, const uint8_t *buf,
			 size_t len)
{
	const unsigned number = (unsigned)buf[0] << 8 | buf[1];
	const size_t n = (size_t)buf[2] << 8 | buf[3];
	size_t i;

	if (CHANNEL_HDR + n > len)
		return;

	for (i = 0; i < alloc->nchannel; i++) {
		const struct ua_simchannel *c = &alloc->channelv[i];

		if (c->number == number && !is_over(alloc, c->end_us)) {
			to_peer(alloc, &c->addr, buf + CHANNEL_HDR, n);
			return;
		}
	}
}
