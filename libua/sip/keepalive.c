/* SPDX-License-Identifier: BSD-3-Clause */
/** @file keepalive.c  Keeps a flow open, and notices when it is dead */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/re_compat.h"
#include "base/clock.h"
#include "base/random.h"
#include <ua/log.h>
#include "dialog/dialog.h"
#include "dialog/sipmsg.h"
#include "sip/epcore.h"
#include "sip/keepalive.h"
#include "sip/outreq.h"
#include "sip/wake.h"

enum {
	JITTER_PCT = 10, /* accounts must not ping in step               */
	AGAIN_MS = 2000  /* a dead flow is pinged on, but not in a storm */
};

struct ua_keepalive_flow {
	struct ua_endpoint *ep;
	struct ua_dialog *half; /* From, To, Call-ID; CSeq counts on */
	char *uri;
	char *contact;
	struct ua_hop hop;
	uint32_t interval_ms;
	uint32_t dead_ms;
	struct ua_outreq *req;
	struct sip_msg *last; /* last answer: knows the connection */
	struct tmr tmr;
	uint64_t sent_ms;
	uint64_t next_at; /* next ping                         */
	uint64_t dead_at; /* of the one in flight              */
	uint64_t lost_ms; /* when it was declared dead, 0: not */
	ua_keepalive_h *h;
	void *arg;
};


static void destructor(void *arg)
{
	struct ua_keepalive_flow *ka = arg;

	tmr_cancel(&ka->tmr);
	mem_deref(ka->req);
	mem_deref(ka->last);
	mem_deref(ka->half);
	mem_deref(ka->uri);
	mem_deref(ka->contact);
}


static void wake_handler(void *arg);


static void arm(struct ua_keepalive_flow *ka)
{
	const uint64_t at =
		ka->next_at < ka->dead_at ? ka->next_at : ka->dead_at;

	ua_wake_at(&ka->tmr, at, wake_handler, ka);
}


static uint32_t next_ms(const struct ua_keepalive_flow *ka)
{
	const uint32_t ms = ka->interval_ms;

	/* Never later than asked for: a NAT does not wait. */
	return ua_random_range(ka->ep->rand, ms - ms * JITTER_PCT / 100, ms);
}


/*
 * libre finds a connection by its peer and would go on using one that is
 * dead: shut it down, so that the next request opens another.  Where libre
 * does not show its descriptor the kernel's own patience counts.
 */
static void conn_shut(struct ua_keepalive_flow *ka)
{
	struct tcp_conn *tc = ka->last ? sip_msg_tcpconn(ka->last) : NULL;
	const int fd = tc ? ua_tcp_fd(tc) : -1;

	if (fd >= 0)
		(void)shutdown(fd, SHUT_RDWR);
	ka->last = mem_deref(ka->last);
}


static void tell(struct ua_keepalive_flow *ka,
		 const struct ua_keepalive_event *ev)
{
	ka->h(ka, ev, ka->arg);
}


static void on_lost(struct ua_keepalive_flow *ka, int err)
{
	struct ua_keepalive_event ev = {
		.type = UA_KEEPALIVE_LOST,
		.err = err,
		.next_ms = AGAIN_MS,
	};

	const uint64_t now_ms = ua_clock_ms();
	const bool news = !ka->lost_ms;

	ka->req = mem_deref(ka->req);
	ka->dead_at = UA_NEVER;
	ka->next_at = now_ms + AGAIN_MS;
	conn_shut(ka);
	arm(ka);

	if (news) {
		ka->lost_ms = now_ms;
		tell(ka, &ev);
	}
}


static void on_answer(struct ua_keepalive_flow *ka, struct sip_msg *msg)
{
	const uint64_t now_ms = ua_clock_ms();
	struct ua_keepalive_event ev = {
		.type = UA_KEEPALIVE_ANSWERED,
		.code = msg->scode,
		.rtt_ms = (uint32_t)(now_ms - ka->sent_ms),
		.next_ms = next_ms(ka),
	};

	ua_sipmsg_mapped(msg, &ev.mapped);

	mem_deref(ka->last);
	ka->last = ka->hop.tp == UA_TP_UDP ? NULL : mem_ref(msg);
	ka->dead_at = UA_NEVER;
	ka->next_at = now_ms + ev.next_ms;
	arm(ka);

	if (ka->lost_ms) {
		ev.type = UA_KEEPALIVE_RESTORED;
		ev.after_ms = now_ms - ka->lost_ms;
		ka->lost_ms = 0;
	}

	tell(ka, &ev);
}


static void response_handler(int err, struct sip_msg *msg, void *arg)
{
	struct ua_keepalive_flow *ka = arg;

	if (!err && msg->scode < 200)
		return;

	ka->req = mem_deref(ka->req);

	if (err)
		on_lost(ka, err);
	else
		on_answer(ka, msg);
}


static int ping_encode(struct ua_keepalive_flow *ka, struct mbuf *mb)
{
	int err;

	err = mbuf_write_str(mb, "Max-Forwards: 70\r\n");
	if (!err)
		err = ua_dialog_encode(ka->half, mb, "OPTIONS",
				       ua_dialog_cseq_next(ka->half));
	if (!err)
		err = mbuf_printf(mb,
				  "Contact: <%s>\r\n"
				  "Accept: application/sdp\r\n",
				  ka->contact);
	if (!err && ka->ep->software)
		err = mbuf_printf(mb, "User-Agent: %s\r\n", ka->ep->software);
	if (!err)
		err = mbuf_write_str(mb, "Content-Length: 0\r\n\r\n");

	mb->pos = 0;

	return err;
}


static int ping(struct ua_keepalive_flow *ka)
{
	struct ua_outreq_conf conf = {
		.met = "OPTIONS",
		.uri = ka->uri,
		.hop = ka->uri,
		.flow = ka->hop,
		.force = true,
	};
	int err;

	conf.mb = mbuf_alloc(512);
	if (!conf.mb)
		return ENOMEM;

	err = ping_encode(ka, conf.mb);
	if (!err)
		err = ua_outreq_send(&ka->req, ka->ep, &conf, response_handler,
				     ka);
	mem_deref(conf.mb);

	return err;
}


static void wake_handler(void *arg)
{
	struct ua_keepalive_flow *ka = arg;
	const uint64_t now_ms = ua_clock_ms();
	int err;

	if (ka->dead_at <= now_ms) {
		on_lost(ka, ETIMEDOUT);
		return;
	}

	if (ka->next_at > now_ms) {
		arm(ka);
		return;
	}

	ka->next_at = UA_NEVER;
	ka->sent_ms = now_ms;
	ka->dead_at = now_ms + ka->dead_ms;
	arm(ka);

	err = ping(ka);
	if (err)
		on_lost(ka, err);
}


int ua_keepalive_alloc(struct ua_keepalive_flow **kap, struct ua_endpoint *ep,
		       const struct ua_keepalive_conf *conf)
{
	struct ua_keepalive_flow *ka;
	struct pl contact;
	int err;

	pl_set_str(&contact, conf->contact);
	if (!conf->hop.addr.af || !ua_sipmsg_uri_ok(&contact))
		return EINVAL;

	ka = mem_zalloc(sizeof(*ka), destructor);
	if (!ka)
		return ENOMEM;

	tmr_init(&ka->tmr);
	ka->ep = ep;
	ka->hop = conf->hop;
	ka->h = conf->h;
	ka->arg = conf->arg;
	ka->interval_ms = 1000 * (conf->interval_s ? conf->interval_s
						   : UA_KEEPALIVE_INTERVAL_S);
	ka->dead_ms = conf->dead_ms ? conf->dead_ms : UA_KEEPALIVE_DEAD_MS;
	ka->dead_at = UA_NEVER;

	err = ua_dialog_alloc(&ka->half, ep->rand, conf->aor, conf->uri, NULL);
	if (!err)
		err = str_dup(&ka->uri, conf->uri);
	if (!err)
		err = str_dup(&ka->contact, conf->contact);
	if (err) {
		mem_deref(ka);
		return err;
	}

	ka->next_at = ua_clock_ms() + next_ms(ka);
	arm(ka);
	*kap = ka;

	return 0;
}


void ua_keepalive_now(struct ua_keepalive_flow *ka)
{
	/* One in flight is answered, or declared dead, soon enough. */
	if (ka->dead_at != UA_NEVER)
		return;

	ka->next_at = ua_clock_ms();
	arm(ka);
}
