/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simlatchbed.c  A proxy's relay of the simulated net, and who sends to
 * it
 */

#include <check.h>
#include <string.h>

#include "base/wr.h"
#include "stun/stun.h"
#include "simlatchbed.h"

const char *const simlatchbed_private[2] = { "10.0.0.1:4000",
					     "10.0.0.2:4000" };


static struct ua_addr addr_of(const char *str)
{
	struct ua_addr addr;

	ck_assert_int_eq(0, ua_addr_decode(&addr, str));
	return addr;
}


static void on_recv(const struct ua_addr *src, const uint8_t *buf, size_t len,
		    void *arg)
{
	struct heard *heard = arg;

	(void)src;
	heard->n++;
	heard->stun += ua_stun_is(buf, len);
}


static void on_refused(const struct ua_addr *dst, void *arg)
{
	struct heard *heard = arg;

	(void)dst;
	heard->refused++;
}


static struct ua_simhost *host_make(struct simlatchbed *bed, const char *name,
				    const char *addr)
{
	const struct ua_addr a = addr_of(addr);
	struct ua_simlink link;
	struct ua_simhost *host;
	struct ua_simif *ifc;

	ua_simlink_default(&link, 1000);
	ck_assert_int_eq(0, ua_simhost_alloc(&host, bed->net, name));
	ck_assert_int_eq(0, ua_simif_alloc(&ifc, host, "eth0",
					   ua_simnet_core(bed->net), &link));
	ck_assert_int_eq(0, ua_simif_addr(ifc, &a));

	return host;
}


/* A description of a side passes: what the other one is told */
void simlatchbed_pass(struct simlatchbed *bed, unsigned side, bool answer,
		      const char *told, bool hold)
{
	const struct ua_simask ask = {
		.call = BED_CALL,
		.callee = side == BED_CALLEE,
		.answer = answer,
		.hold = hold,
		.told = addr_of(told),
		.rtcp = addr_of(told),
	};

	ck_assert_int_eq(
		0, ua_simlatch_update(bed->latch, &ask, bed->relayv[!side]));
}


void simlatchbed_offer(struct simlatchbed *bed, unsigned side,
		       const char *told)
{
	simlatchbed_pass(bed, side, false, told, false);
}


void simlatchbed_answer(struct simlatchbed *bed, unsigned side,
			const char *told)
{
	simlatchbed_pass(bed, side, true, told, false);
}


void simlatchbed_conf(struct simlatchbed *bed,
		      const struct ua_simlatch_conf *conf)
{
	static const char *const addrs[] = { "203.0.113.1:4000",
					     "203.0.113.2:4000",
					     "203.0.113.3:4000" };
	const struct ua_addr addr = addr_of("192.0.2.30:50000");
	struct ua_simhost *host;
	unsigned i;

	memset(bed, 0, sizeof(*bed));
	ck_assert_int_eq(0, ua_simnet_alloc(&bed->net, 1));
	host = host_make(bed, "latch", "192.0.2.30");
	ck_assert_int_eq(0, ua_simlatch_alloc(&bed->latch, host, &addr, conf));

	for (i = 0; i < BED_HOSTS; i++) {
		const struct ua_addr a = addr_of(addrs[i]);

		host = host_make(bed, "h", addrs[i]);
		ck_assert_int_eq(0,
				 ua_simsock_alloc(&bed->sockv[i], host, &a,
						  on_recv, &bed->heardv[i]));
		ua_simsock_refused(bed->sockv[i], on_refused);
	}
}


/* What both say of themselves is private: nobody is sent to at once. */
void simlatchbed_make(struct simlatchbed *bed)
{
	struct ua_simlatch_conf conf;

	ua_simlatch_conf_default(&conf, UA_SIM_MEDIAPROXY);
	simlatchbed_conf(bed, &conf);
	simlatchbed_offer(bed, BED_CALLER, simlatchbed_private[0]);
	simlatchbed_answer(bed, BED_CALLEE, simlatchbed_private[1]);
	ck_assert(!ua_addr_eq(&bed->relayv[0][0], &bed->relayv[1][0]));
}


static void run(struct simlatchbed *bed)
{
	ua_simnet_run(bed->net, ua_simnet_now(bed->net) + 100 * UA_SIM_MS);
}


void simlatchbed_run_s(struct simlatchbed *bed, uint64_t s)
{
	ua_simnet_run(bed->net, ua_simnet_now(bed->net) + s * UA_SIM_S);
}


void simlatchbed_media_to(struct simlatchbed *bed, unsigned who,
			  const struct ua_addr *dst)
{
	static const uint8_t rtp[12] = { 0x80 };

	ck_assert_int_eq(
		0, ua_simsock_send(bed->sockv[who], dst, rtp, sizeof(rtp)));
	run(bed);
}


void simlatchbed_media(struct simlatchbed *bed, unsigned who, unsigned side)
{
	simlatchbed_media_to(bed, who, &bed->relayv[side][bed->rtcp]);
}


void simlatchbed_check(struct simlatchbed *bed, unsigned who, unsigned side)
{
	uint8_t buf[64];
	struct ua_wr wr;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_REQUEST, UA_STUN_BINDING,
		      (const uint8_t *)"123456789012");
	ck_assert_int_eq(0, ua_stun_end(&wr, NULL, 0, true));
	ck_assert_int_eq(0, ua_simsock_send(bed->sockv[who],
					    &bed->relayv[side][bed->rtcp], buf,
					    wr.pos));
	run(bed);
}


void simlatchbed_talk(struct simlatchbed *bed)
{
	simlatchbed_media(bed, BED_CALLER, 0);
	simlatchbed_media(bed, BED_CALLEE, 1);
}


/* Does a packet of one side come to the other one now? */
bool simlatchbed_passes(struct simlatchbed *bed, unsigned who, unsigned side)
{
	const unsigned before = bed->heardv[!side].n;

	simlatchbed_media(bed, who, side);
	return bed->heardv[!side].n == before + 1;
}
