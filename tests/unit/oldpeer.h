/* SPDX-License-Identifier: BSD-3-Clause */
/** @file oldpeer.h  A phone of old, by the letter: no ICE, no rtcp-mux */
#ifndef UA_TEST_OLDPEER_H
#define UA_TEST_OLDPEER_H

#include "rig.h"

enum { OLDPEER_SDP = 1024, OLDPEER_PKT = 64 };

/** Calls an agent; its ports of media count what comes */
struct oldpeer {
	struct sipbed_peer sip;
	struct rig *rig;
	struct udp_sock *media[2]; /* RTP, RTCP */
	struct sa addr[2];
	struct sa from; /* Of the last RTP */
	unsigned sound; /* RTP that has a payload       */
	unsigned empty; /* ... that has none            */
	unsigned rtcp;
	uint8_t last[OLDPEER_PKT];  /* Begin of the last empty one */
	uint8_t voice[OLDPEER_PKT]; /* ... of the last sound     */
	unsigned cseq;
	char tag[64];          /* The agent's */
	char sdp[OLDPEER_SDP]; /* The agent's last one */
};


/** Opens the agent too */
void oldpeer_open(struct oldpeer *peer, struct rig *rig);
void oldpeer_close(struct oldpeer *peer);

/** Its description; c= and direction lines, NULL: the usual ones; static */
const char *oldpeer_sdp(const struct oldpeer *peer, const char *addr,
			const char *lines);

/** A request of it; sdp NULL: none */
void oldpeer_request(struct oldpeer *peer, const char *met, unsigned cseq,
		     const char *sdp);

/** INVITE, its 200 and ACK; the agent's description is kept */
void oldpeer_invite(struct oldpeer *peer, const char *sdp);

/** It calls, and is answered with a tone; addr as in oldpeer_sdp() */
void oldpeer_up(struct oldpeer *peer, const char *addr);

/** A re-INVITE of the agent is answered; NULL: refused with 488 */
void oldpeer_accept(struct oldpeer *peer, const char *sdp);

/** Send some RTP to where the agent sends from; false: not known yet */
void oldpeer_say(struct oldpeer *peer, unsigned n);

#endif
