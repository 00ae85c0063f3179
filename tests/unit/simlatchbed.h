/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simlatchbed.h  A proxy's relay of the simulated net, and who sends to
 * it
 */
#ifndef UA_SIMLATCHBED_H
#define UA_SIMLATCHBED_H

#include <ua/sim.h>

enum {
	BED_CALL = 77,
	BED_CALLER = 0,
	BED_CALLEE = 1,
	BED_STRANGER = 2,
	BED_HOSTS = 3
};

struct heard {
	unsigned n;
	unsigned stun;
	unsigned refused; /**< ICMP                                       */
};

struct simlatchbed {
	struct ua_simnet *net;
	struct ua_simlatch *latch;
	struct ua_simsock *sockv[BED_HOSTS];
	struct heard heardv[BED_HOSTS];
	struct ua_addr relayv[2][2]; /**< Where caller and callee send to:
					RTP, RTCP                         */
	bool rtcp;                   /**< That is sent from now on        */
};

/** Addresses that caller and callee say they have */
extern const char *const simlatchbed_private[2];


/** A relay, three hosts in the open, no call yet */
void simlatchbed_conf(struct simlatchbed *bed,
		      const struct ua_simlatch_conf *conf);

/** MediaProxy's, with a call: what both say of themselves is private */
void simlatchbed_make(struct simlatchbed *bed);

/** A description of a side passes: where the other one sends to changes */
void simlatchbed_pass(struct simlatchbed *bed, unsigned side, bool answer,
		      const char *told, bool hold);
void simlatchbed_offer(struct simlatchbed *bed, unsigned side,
		       const char *told);
void simlatchbed_answer(struct simlatchbed *bed, unsigned side,
			const char *told);

void simlatchbed_run_s(struct simlatchbed *bed, uint64_t s);

/** A packet of a host to the port of a side; then it has arrived */
void simlatchbed_media_to(struct simlatchbed *bed, unsigned who,
			  const struct ua_addr *dst);
void simlatchbed_media(struct simlatchbed *bed, unsigned who, unsigned side);
void simlatchbed_check(struct simlatchbed *bed, unsigned who, unsigned side);

/** Media of both */
void simlatchbed_talk(struct simlatchbed *bed);

/** Does a packet to the port of a side come to the other one now? */
bool simlatchbed_passes(struct simlatchbed *bed, unsigned who, unsigned side);

#endif
