/* SPDX-License-Identifier: BSD-3-Clause */
/** @file pinged.c  What a server sends to keep a NAT awake is answered */

#include <errno.h>

#include "base/re_compat.h"
#include <ua/log.h>
#include "dialog/sipmsg.h"
#include "sip/epcore.h"
#include "sip/pinged.h"


void ua_pinged_crlf(struct ua_endpoint *ep, const struct sa *peer)
{
	struct mbuf *mb = mbuf_alloc(2);
	int err;

	if (!mb)
		return;

	err = mbuf_write_str(mb, "\r\n");
	mb->pos = 0;
	if (!err)
		err = sip_send(ep->sip, NULL, SIP_TRANSP_UDP, peer, mb);
	if (err)
		ua_log(ep->log, UA_LOG_DEBUG, "sip", "no pong to %J: %m", peer,
		       err);
	mem_deref(mb);
}


/*
 * The body tells what we can do, for who asks what we accept; a server that
 * wants to know whether a NAT still lets it in does not, and gets the cheapest
 * answer there is: no body, and no transaction that keeps it for 32 s
 * (RFC 3261, 8.2.7).
 */
int ua_pinged_options(struct ua_endpoint *ep, const struct sip_msg *msg)
{
	const bool asks = sip_msg_hdr(msg, SIP_HDR_ACCEPT) != NULL;
	struct mbuf *mb;
	int err = 0;

	mb = mbuf_alloc(512);
	if (!mb)
		return ENOMEM;

	if (asks && ep->options_h)
		err = ep->options_h(mb, ep->arg);

	/* RFC 3261, 11.2 */
	if (!err)
		err = sip_replyf(
			ep->sip, msg, 200, "OK",
			"Allow: " UA_SIPMSG_ALLOW "\r\n"
			"Accept: application/sdp\r\n"
			"Accept-Encoding: identity\r\n"
			"%s%s"
			"Content-Length: %zu\r\n\r\n%b",
			ep->trickle ? "Supported: " UA_SIPMSG_TRICKLE "\r\n"
				    : "",
			mb->end ? "Content-Type: application/sdp\r\n" : "",
			mb->end, mb->buf, mb->end);
	mem_deref(mb);

	return err;
}


/*
 * Registrars keep bindings alive by a NOTIFY that no subscription asked for.
 * RFC 6665 would have it refused with 481, and then some forget the phone.
 */
static bool is_keepalive(const struct sip_msg *msg)
{
	return !pl_strcmp(&msg->met, "NOTIFY") && !msg->to.tag.l &&
	       sip_msg_hdr_has_value(msg, SIP_HDR_EVENT, "keep-alive");
}


bool ua_pinged_notify(struct ua_endpoint *ep, const struct sip_msg *msg)
{
	int err;

	if (!is_keepalive(msg))
		return false;

	err = sip_replyf(ep->sip, msg, 200, "OK", "Content-Length: 0\r\n\r\n");

	if (err)
		ua_log(ep->log, UA_LOG_WARN, "sip", "200 to %J not sent: %m",
		       &msg->src, err);

	return true;
}
