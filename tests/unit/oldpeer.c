/* SPDX-License-Identifier: BSD-3-Clause */
/** @file oldpeer.c  A phone of old, by the letter: no ICE, no rtcp-mux */

#include <string.h>

#include "oldpeer.h"

enum { HDR = 12 };


static void rtp_recv(const struct sa *src, struct mbuf *mb, void *arg)
{
	struct oldpeer *peer = arg;
	const size_t len = mbuf_get_left(mb);
	uint8_t *to = len > HDR ? peer->voice : peer->last;

	ck_assert_uint_ge(len, HDR);
	peer->from = *src;
	peer->sound += len > HDR;
	peer->empty += len == HDR;
	memcpy(to, mbuf_buf(mb), len < OLDPEER_PKT ? len : OLDPEER_PKT);
}


static void rtcp_recv(const struct sa *src, struct mbuf *mb, void *arg)
{
	struct oldpeer *peer = arg;

	(void)src;
	peer->rtcp += mbuf_get_left(mb) >= 8;
}


void oldpeer_open(struct oldpeer *peer, struct rig *rig)
{
	udp_recv_h *const handlers[2] = { rtp_recv, rtcp_recv };
	unsigned i;

	memset(peer, 0, sizeof(*peer));
	peer->rig = rig;
	rig_open(rig, NULL);
	sipbed_open(&peer->sip);
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(0,
				 sa_set_str(&peer->addr[i], "127.0.0.1", 0));
		ck_assert_int_eq(0, udp_listen(&peer->media[i], &peer->addr[i],
					       handlers[i], peer));
		ck_assert_int_eq(
			0, udp_local_get(peer->media[i], &peer->addr[i]));
	}
}


void oldpeer_close(struct oldpeer *peer)
{
	mem_deref(peer->media[0]);
	mem_deref(peer->media[1]);
	sipbed_close(&peer->sip);
	rig_close(peer->rig);
}


const char *oldpeer_sdp(const struct oldpeer *peer, const char *addr,
			const char *lines)
{
	static char buf[OLDPEER_SDP];

	(void)re_snprintf(buf, sizeof(buf),
			  "v=0\r\n"
			  "o=- 1 %u IN IP4 127.0.0.1\r\n"
			  "s=-\r\n"
			  "c=IN IP4 %s\r\n"
			  "t=0 0\r\n"
			  "m=audio %u RTP/AVP 8\r\n"
			  "a=rtcp:%u\r\n"
			  "%s",
			  peer->cseq + 1, addr ? addr : "127.0.0.1",
			  sa_port(&peer->addr[0]), sa_port(&peer->addr[1]),
			  lines ? lines : "");
	return buf;
}


void oldpeer_request(struct oldpeer *peer, const char *met, unsigned cseq,
		     const char *sdp)
{
	sipbed_send(&peer->sip, ua_agent_local(peer->rig->agent),
		    "%s %s SIP/2.0\r\n"
		    "Via: SIP/2.0/UDP %J;branch=z9hG4bKx%s%u;rport\r\n"
		    "Max-Forwards: 70\r\n"
		    "From: <sip:old@127.0.0.1>;tag=old\r\n"
		    "To: <sip:a@127.0.0.1>%s%s\r\n"
		    "Call-ID: of-old\r\n"
		    "CSeq: %u %s\r\n"
		    "Contact: <sip:old@%J>\r\n"
		    "%s"
		    "Content-Length: %zu\r\n\r\n%s",
		    met, rig_uri(peer->rig, NULL), &peer->sip.local, met, cseq,
		    peer->tag[0] ? ";tag=" : "", peer->tag, cseq, met,
		    &peer->sip.local,
		    sdp ? "Content-Type: application/sdp\r\n" : "",
		    sdp ? strlen(sdp) : 0, sdp ? sdp : "");
}


static void keep_sdp(struct oldpeer *peer, const struct sip_msg *msg)
{
	const size_t len = mbuf_get_left(msg->mb);

	ck_assert_uint_lt(len, sizeof(peer->sdp));
	memcpy(peer->sdp, mbuf_buf(msg->mb), len);
	peer->sdp[len] = '\0';
}


/* The final answer, in the middle of whatever */
static void final(struct oldpeer *peer)
{
	const struct sip_msg *msg;

	do {
		msg = sipbed_next(&peer->sip, RIG_MS);
		ck_assert_msg(msg != NULL, "no final answer");
	} while (msg->req || msg->scode < 200);

	ck_assert_uint_eq(200, msg->scode);
	ck_assert_int_eq(
		0, pl_strcpy(&msg->to.tag, peer->tag, sizeof(peer->tag)));
	keep_sdp(peer, msg);
}


void oldpeer_invite(struct oldpeer *peer, const char *sdp)
{
	oldpeer_request(peer, "INVITE", ++peer->cseq, sdp);
	final(peer);
	oldpeer_request(peer, "ACK", peer->cseq, NULL);
}


void oldpeer_up(struct oldpeer *peer, const char *addr)
{
	struct ua_call_conf conf;

	oldpeer_request(peer, "INVITE", ++peer->cseq,
			oldpeer_sdp(peer, addr, NULL));
	(void)rig_expect(peer->rig, UA_EVENT_INCOMING);
	ua_call_conf_default(&conf);
	conf.source = "tone:700";
	API(ck_assert_int_eq(
		0, ua_call_answer(peer->rig->call, &conf, peer->rig->errstr)));
	(void)rig_expect(peer->rig, UA_EVENT_ANSWERED);
	final(peer);
	oldpeer_request(peer, "ACK", peer->cseq, NULL);
}


void oldpeer_accept(struct oldpeer *peer, const char *sdp)
{
	const struct sip_msg *msg;
	char contact[64];

	do {
		msg = sipbed_next(&peer->sip, RIG_MS);
		ck_assert_msg(msg != NULL, "no re-INVITE");
	} while (!msg->req || pl_strcmp(&msg->met, "INVITE"));

	keep_sdp(peer, msg);
	(void)re_snprintf(contact, sizeof(contact), "Contact: <sip:%J>\r\n",
			  &peer->sip.local);
	sipbed_reply(&peer->sip, msg, sdp ? "200 OK" : "488 No", "old",
		     contact, sdp);
}


void oldpeer_say(struct oldpeer *peer, unsigned n)
{
	static uint16_t seq;
	uint8_t pkt[HDR + 160] = { 0x80, 8 };

	while (n--) {
		struct mbuf *mb = mbuf_alloc(sizeof(pkt));

		ck_assert_ptr_nonnull(mb);
		++seq;
		pkt[2] = (uint8_t)(seq >> 8);
		pkt[3] = (uint8_t)seq;
		pkt[6] = (uint8_t)(seq * 160 >> 8);
		pkt[7] = (uint8_t)(seq * 160);
		ck_assert_int_eq(0, mbuf_write_mem(mb, pkt, sizeof(pkt)));
		mb->pos = 0;
		ck_assert_int_eq(0, udp_send(peer->media[0], &peer->from, mb));
		mem_deref(mb);
	}
}
