/* SPDX-License-Identifier: BSD-3-Clause */
/** @file benchreg.h  A registrar that costs as little as it can */
#ifndef UA_BENCH_BENCHREG_H
#define UA_BENCH_BENCHREG_H

#include "base/re_compat.h"


/** Grants every REGISTER, answers all else with 200; arg: its socket */
static inline void benchreg_recv(const struct sa *src, struct mbuf *mb,
				 void *arg)
{
	struct udp_sock **us = arg;
	struct mbuf *out = mbuf_alloc(1024);
	struct sip_msg *msg = NULL;
	const struct sip_hdr *contact;

	if (out && !sip_msg_decode(&msg, mb) && msg->req) {
		contact = sip_msg_hdr(msg, SIP_HDR_CONTACT);
		(void)mbuf_printf(out,
				  "SIP/2.0 200 OK\r\nVia: %r\r\nFrom: %r\r\n"
				  "To: %r;tag=x\r\nCall-ID: %r\r\n"
				  "CSeq: %u %r\r\nContact: %r\r\n"
				  "Content-Length: 0\r\n\r\n",
				  &msg->via.val, &msg->from.val, &msg->to.val,
				  &msg->callid, msg->cseq.num, &msg->cseq.met,
				  contact ? &contact->val : NULL);
		out->pos = 0;
		(void)udp_send(*us, src, out);
	}

	mem_deref(msg);
	mem_deref(out);
}

#endif
