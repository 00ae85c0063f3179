/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simhostile.c  A proxy's relay that means no good
 *
 * It answers to nobody, or sends what comes somewhere else, or sends it again
 * later, or floods whoever talks to it with forgeries.
 */

#include <errno.h>
#include <string.h>

#include "base/wr.h"
#include "stun/stun.h"
#include "simlatchcore.h"

enum {
	REPLAYS = 16,
	FLOOD = 400, /* Forgeries in all                                  */
	AT_ONCE = 3,
	FORGED = 128,
	TID_AT = 8 /* RFC 8489, 5                                         */
};

struct kept {
	size_t len; /* 0: none                                            */
	uint8_t buf[UA_SIM_PAYLOAD];
};

struct ua_simhostile {
	struct kept keptv[REPLAYS];
	unsigned flood;
};


int ua_simhostile_alloc(struct ua_simhostile **hostilep)
{
	*hostilep = mem_zalloc(sizeof(**hostilep), NULL);

	return *hostilep ? 0 : ENOMEM;
}


static uint64_t draw(const struct ua_simport *port, uint64_t n)
{
	return ua_simnet_draw(port->stream->latch->host->net, n);
}


/* To somebody who has nothing to do with it, or back to who sent it. */
static bool redirect(struct ua_simport *port, const struct ua_addr *src,
		     const uint8_t *buf, size_t len)
{
	const struct ua_addr *victim = &port->stream->latch->conf.victim;
	struct ua_simport *to = &port->stream->portv[!port->side][port->comp];

	switch (draw(port, 3)) {

	case 0:
		(void)ua_simsock_send(to->sock, victim, buf, len);
		return true;

	case 1:
		(void)ua_simsock_send(port->sock, src, buf, len);
		return true;

	default:
		return false;
	}
}


/* What came once comes again, to whom it was sent or to who sent it. */
static void replay(struct ua_simhostile *hostile, struct ua_simport *port,
		   const uint8_t *buf, size_t len)
{
	struct kept *kept = &hostile->keptv[draw(port, REPLAYS)];
	struct ua_simport *to =
		&port->stream->portv[draw(port, UA_SIM_SIDES)][port->comp];

	if (kept->len && !draw(port, 4))
		ua_simport_send(to, kept->buf, kept->len);

	if (kept->len && draw(port, 4))
		return;

	kept->len = len;
	memcpy(kept->buf, buf, len);
}


static size_t forge(struct ua_simport *port, uint8_t buf[static FORGED],
		    const uint8_t *in, size_t len)
{
	const struct ua_addr *victim = &port->stream->latch->conf.victim;
	const bool answer = draw(port, 2);
	uint8_t tid[UA_STUN_TID_LEN];
	struct ua_wr wr;
	size_t i;

	if (!draw(port, 3)) {
		memset(buf, 0, FORGED);
		buf[0] = 0x80;
		return FORGED / 2;
	}

	/* An answer has the transaction of what was asked. */
	for (i = 0; i < sizeof(tid); i++)
		tid[i] = (uint8_t)draw(port, 256);
	if (answer && ua_stun_is(in, len))
		memcpy(tid, in + TID_AT, sizeof(tid));

	ua_wr_init(&wr, buf, FORGED);
	ua_stun_begin(&wr, answer ? UA_STUN_SUCCESS : UA_STUN_REQUEST,
		      UA_STUN_BINDING, tid);
	ua_stun_put_addr(&wr, UA_STUN_XOR_MAPPED_ADDRESS, victim);

	return ua_stun_end(&wr, tid, sizeof(tid), true) ? 0 : wr.pos;
}


static void flood(struct ua_simhostile *hostile, struct ua_simport *port,
		  const struct ua_addr *src, const uint8_t *in, size_t len)
{
	uint8_t buf[FORGED];
	unsigned i;
	size_t n;

	for (i = 0; i < AT_ONCE && hostile->flood < FLOOD; i++) {
		hostile->flood++;
		n = forge(port, buf, in, len);
		if (n)
			(void)ua_simsock_send(port->sock, src, buf, n);
	}
}


bool ua_simhostile_takes(struct ua_simport *port, const struct ua_addr *src,
			 const uint8_t *buf, size_t len)
{
	struct ua_simlatch *latch = port->stream->latch;

	switch (latch->conf.malice) {

	case UA_SIM_SILENT:
		return true;

	case UA_SIM_REDIRECT:
		return redirect(port, src, buf, len);

	case UA_SIM_REPLAY:
		replay(latch->hostile, port, buf, len);
		return false;

	case UA_SIM_FLOOD:
		/* Two of them would never stop. */
		if (!ua_simlatch_is_kin(latch, src))
			flood(latch->hostile, port, src, buf, len);
		return false;

	default:
		return false;
	}
}
