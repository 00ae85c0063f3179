/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simstun.c  A STUN server: it tells who asks how he looks */

#include <errno.h>

#include "base/wr.h"
#include "simbox.h"

enum { ANSWER = 256 };

struct ua_simstun {
	struct le le;
	struct ua_simsock *sock;
	bool dead;
};


static void stun_destructor(void *arg)
{
	struct ua_simstun *stun = arg;

	list_unlink(&stun->le);
	mem_deref(stun->sock);
}


void ua_simstun_answer(struct ua_simsock *sock, const struct ua_stun *msg,
		       const struct ua_addr *src)
{
	uint8_t buf[ANSWER];
	struct ua_wr wr;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_SUCCESS, UA_STUN_BINDING, msg->tid);
	ua_stun_put_addr(&wr, UA_STUN_XOR_MAPPED_ADDRESS, src);
	if (!ua_stun_end(&wr, NULL, 0, true))
		(void)ua_simsock_send(sock, src, buf, wr.pos);
}


static void recv_handler(const struct ua_addr *src, const uint8_t *buf,
			 size_t len, void *arg)
{
	struct ua_simstun *stun = arg;
	struct ua_stun msg;

	if (stun->dead || ua_stun_decode(&msg, buf, len) ||
	    msg.method != UA_STUN_BINDING || msg.cls != UA_STUN_REQUEST)
		return;

	ua_simstun_answer(stun->sock, &msg, src);
}


int ua_simstun_alloc(struct ua_simstun **stunp, struct ua_simhost *host,
		     const struct ua_addr *addr)
{
	struct ua_simstun *stun = mem_zalloc(sizeof(*stun), stun_destructor);
	struct ua_addr a = *addr;
	int err;

	if (!stun)
		return ENOMEM;

	if (!a.port)
		a.port = UA_SIM_STUN_PORT;

	err = ua_simsock_alloc(&stun->sock, host, &a, recv_handler, stun);
	if (err) {
		mem_deref(stun);
		return err;
	}

	list_append(&host->net->boxl, &stun->le, stun);

	*stunp = stun;
	return 0;
}


void ua_simstun_dead(struct ua_simstun *stun, bool dead)
{
	stun->dead = dead;
}
