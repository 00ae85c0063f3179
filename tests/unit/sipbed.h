/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sipbed.h  A loop, and a peer that speaks SIP by the letter */
#ifndef UA_TEST_SIPBED_H
#define UA_TEST_SIPBED_H

#include "base/addr.h"
#include "sip/endpoint.h"
#include "siptext.h"

enum { SIPBED_MSGS = 32 };

/** A UDP socket on loopback that keeps what it got */
struct sipbed_peer {
	struct udp_sock *us;
	struct sa local;
	struct sa from; /**< Source of the last message */
	struct sip_msg *msgv[SIPBED_MSGS];
	size_t n;     /**< Messages got            */
	size_t read;  /**< ... and looked at       */
	size_t crlfs; /**< Double CRLFs           */
};

/** A condition to wait for */
struct sipbed_wait {
	struct tmr tick;
	struct tmr end;
	bool (*done)(void *arg);
	void *arg;
	bool late;
};


static inline void sipbed_tick(void *arg)
{
	struct sipbed_wait *w = arg;

	if (w->done && w->done(w->arg))
		re_cancel();
	else
		tmr_start(&w->tick, 1, sipbed_tick, w);
}


static inline void sipbed_end(void *arg)
{
	struct sipbed_wait *w = arg;

	w->late = true;
	re_cancel();
}


/** Run the loop until done() or for ms; false: it was the time */
static inline bool sipbed_run(bool (*done)(void *arg), void *arg, uint32_t ms)
{
	struct sipbed_wait w;

	memset(&w, 0, sizeof(w));
	tmr_init(&w.tick);
	tmr_init(&w.end);
	w.done = done;
	w.arg = arg;

	tmr_start(&w.end, ms, sipbed_end, &w);
	tmr_start(&w.tick, 0, sipbed_tick, &w);
	(void)re_main(NULL);
	tmr_cancel(&w.end);
	tmr_cancel(&w.tick);

	return !w.late;
}


static inline void sipbed_recv(const struct sa *src, struct mbuf *mb,
			       void *arg)
{
	struct sipbed_peer *peer = arg;

	peer->from = *src;
	if (mbuf_get_left(mb) == 4) {
		++peer->crlfs;
		return;
	}
	if (peer->n < SIPBED_MSGS && !sip_msg_decode(&peer->msgv[peer->n], mb))
		++peer->n;
}


static inline void sipbed_open(struct sipbed_peer *peer)
{
	memset(peer, 0, sizeof(*peer));
	ck_assert_int_eq(0, sa_set_str(&peer->local, "127.0.0.1", 0));
	ck_assert_int_eq(
		0, udp_listen(&peer->us, &peer->local, sipbed_recv, peer));
	ck_assert_int_eq(0, udp_local_get(peer->us, &peer->local));
}


static inline void sipbed_close(struct sipbed_peer *peer)
{
	size_t i;

	for (i = 0; i < peer->n; i++)
		mem_deref(peer->msgv[i]);
	mem_deref(peer->us);
	memset(peer, 0, sizeof(*peer));
}


static inline void sipbed_send(struct sipbed_peer *peer,
			       const struct ua_addr *to, const char *fmt, ...)
{
	struct mbuf *mb = mbuf_alloc(4096);
	struct sa dst;
	va_list ap;

	va_start(ap, fmt);
	ck_assert_int_eq(0, mbuf_vprintf(mb, fmt, ap));
	va_end(ap);

	mb->pos = 0;
	ua_addr_to_sa(&dst, to);
	ck_assert_int_eq(0, udp_send(peer->us, &dst, mb));
	mem_deref(mb);
}


static inline bool sipbed_got(void *arg)
{
	const struct sipbed_peer *peer = arg;

	return peer->n > peer->read;
}


/** Next message; NULL: none within ms */
static inline const struct sip_msg *sipbed_next(struct sipbed_peer *peer,
						uint32_t ms)
{
	if (!sipbed_run(sipbed_got, peer, ms))
		return NULL;

	return peer->msgv[peer->read++];
}


/** Next message is an answer with this code */
static inline const struct sip_msg *sipbed_answer(struct sipbed_peer *peer,
						  uint16_t code)
{
	const struct sip_msg *msg = sipbed_next(peer, 2000);

	ck_assert_msg(msg != NULL, "no %u came", code);
	ck_assert_msg(!msg->req, "%u expected", code);
	ck_assert_uint_eq(code, msg->scode);

	return msg;
}


/** Next message is a request of this method */
static inline const struct sip_msg *sipbed_request(struct sipbed_peer *peer,
						   const char *met)
{
	const struct sip_msg *msg = sipbed_next(peer, 2000);

	ck_assert_msg(msg && msg->req && !pl_strcmp(&msg->met, met),
		      "no %s came", met);

	return msg;
}


/** Answer a request; headers are CRLF-ended lines */
static inline void sipbed_reply(struct sipbed_peer *peer,
				const struct sip_msg *req, const char *line,
				const char *tag, const char *headers,
				const char *sdp)
{
	struct ua_addr to;

	ua_addr_from_sa(&to, &peer->from);
	sipbed_send(peer, &to,
		    "SIP/2.0 %s\r\n"
		    "Via: %r;received=127.0.0.9\r\n"
		    "From: %r\r\n"
		    "To: %r%s%s\r\n"
		    "Call-ID: %r\r\n"
		    "CSeq: %u %r\r\n"
		    "%s%s"
		    "Content-Length: %zu\r\n\r\n%s",
		    line, &req->via.val, &req->from.val, &req->to.val,
		    req->to.tag.l ? "" : ";tag=", req->to.tag.l ? "" : tag,
		    &req->callid, req->cseq.num, &req->cseq.met, headers,
		    sdp ? "Content-Type: application/sdp\r\n" : "",
		    sdp ? strlen(sdp) : 0, sdp ? sdp : "");
}


/** Configuration of an endpoint on loopback with any port */
static inline struct ua_endpoint_conf sipbed_conf(void)
{
	struct ua_endpoint_conf conf;

	ua_endpoint_conf_default(&conf);
	conf.software = "test";
	ck_assert_int_eq(0, ua_addr_set(&conf.local, "127.0.0.1", 0));

	return conf;
}

#endif
