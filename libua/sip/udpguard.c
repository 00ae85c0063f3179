/* SPDX-License-Identifier: BSD-3-Clause */
/** @file udpguard.c  Looks at datagrams before libre does */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/re_compat.h"
#include "base/random.h"
#include "sip/udpguard.h"

enum {
	SECRET_LEN = 22, /* 132 bits: nobody else can knock like this */
	LAYER = 0,

	/* Of datagrams that wait; usual are 208 KiB, some 140 answers, while a
	   loop that looks up a thousand accounts is away for longer.  The
	   kernel gives what its administrator allows. */
	ROOM = 1024 * 1024
};

struct ua_udpguard {
	struct udp_helper *uh; /* NULL: has not opened yet */
	char secret[SECRET_LEN + 1];
	ua_udpguard_h *h;
	ua_udpguard_seen_h *seen_h;
	void *arg;
};


static void destructor(void *arg)
{
	struct ua_udpguard *guard = arg;

	mem_deref(guard->uh);
}


static bool seen(struct ua_udpguard *guard, enum ua_udpguard_kind kind,
		 const struct sa *peer, const struct mbuf *mb)
{
	return guard->seen_h(kind, peer, mb, guard->arg);
}


static bool send_handler(int *err, struct sa *dst, struct mbuf *mb, void *arg)
{
	(void)err;
	(void)seen(arg, UA_UDPGUARD_TX, dst, mb);

	return false;
}


static bool is_crlf(const struct mbuf *mb)
{
	return mbuf_get_left(mb) == 4 && !memcmp(mbuf_buf(mb), "\r\n\r\n", 4);
}


/* true: it ends here */
static bool recv_handler(struct sa *src, struct mbuf *mb, void *arg)
{
	struct ua_udpguard *guard = arg;
	const size_t pos = mb->pos;
	struct sip_msg *msg = NULL;
	int err;

	/* Servers keep a NAT awake by CRLFs or zeros. */
	if (mbuf_get_left(mb) <= 4) {
		(void)seen(guard,
			   is_crlf(mb) ? UA_UDPGUARD_CRLF : UA_UDPGUARD_EMPTY,
			   src, mb);
		return true;
	}

	/* RFC 7983: STUN begins with 0 to 3, SIP with a letter. */
	if (mb->buf[pos] <= 3) {
		if (!seen(guard, UA_UDPGUARD_STUN, src, mb))
			guard->h(src, "STUN", NULL, guard->arg);
		return true;
	}

	err = sip_msg_decode(&msg, mb);
	mem_deref(msg);
	mb->pos = pos;

	if (!err)
		(void)seen(guard, UA_UDPGUARD_SIP, src, mb);
	else if (err != ENOMEM)
		guard->h(src, "no SIP", mb, guard->arg);

	return err != 0;
}


static int knock(const struct ua_udpguard *guard, struct sip *sip,
		 const struct sa *local)
{
	struct mbuf *mb = mbuf_alloc(512);
	int err;

	if (!mb)
		return ENOMEM;

	err = mbuf_printf(mb,
			  "OPTIONS sip:%J SIP/2.0\r\n"
			  "Via: SIP/2.0/UDP %J;branch=z9hG4bK%s\r\n"
			  "Max-Forwards: 0\r\n"
			  "From: <sip:%J>;tag=%s\r\n"
			  "To: <sip:%J>\r\n"
			  "Call-ID: %s\r\n"
			  "CSeq: 1 OPTIONS\r\n"
			  "Content-Length: 0\r\n\r\n",
			  local, local, guard->secret, local, guard->secret,
			  local, guard->secret);
	mb->pos = 0;
	if (!err)
		err = sip_send(sip, NULL, SIP_TRANSP_UDP, local, mb);

	mem_deref(mb);

	return err;
}


int ua_udpguard_alloc(struct ua_udpguard **guardp, struct sip *sip,
		      const struct ua_rand *rand, const struct sa *local,
		      ua_udpguard_h *h, ua_udpguard_seen_h *seen_h, void *arg)
{
	struct ua_udpguard *guard;
	int err;

	guard = mem_zalloc(sizeof(*guard), destructor);
	if (!guard)
		return ENOMEM;

	guard->h = h;
	guard->seen_h = seen_h;
	guard->arg = arg;
	ua_random_str(rand, guard->secret, SECRET_LEN);

	err = knock(guard, sip, local);
	if (err)
		mem_deref(guard);
	else
		*guardp = guard;

	return err;
}


static void room_make(const struct udp_sock *us)
{
	socklen_t len = sizeof(int);
	int now = 0;

	/* The kernel counts twice what it is asked for, its own share. */
	if (!getsockopt(udp_sock_fd(us, AF_UNSPEC), SOL_SOCKET, SO_RCVBUF,
			&now, &len) &&
	    now < 2 * ROOM)
		(void)udp_sockbuf_set((struct udp_sock *)us, ROOM);
}


bool ua_udpguard_knock(struct ua_udpguard *guard, const struct sip_msg *msg)
{
	if (guard->uh || msg->tp != SIP_TRANSP_UDP ||
	    pl_strcmp(&msg->callid, guard->secret))
		return false;

	room_make(msg->sock);

	/* Without memory for it the phone works as well, only less quietly. */
	(void)udp_register_helper(&guard->uh, msg->sock, LAYER, send_handler,
				  recv_handler, guard);

	return true;
}
