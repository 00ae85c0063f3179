/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_simlatch.c  The simulated relay of a proxy learns its sides */

#include <check.h>
#include <errno.h>
#include <string.h>

#include <ua/sim.h>

#include "base/wr.h"
#include "stun/stun.h"

Suite *ua_suite_simlatch(void);

enum { CALL = 77, HOSTS = 3 };

struct heard {
	unsigned n;
	unsigned stun;
};

struct bed {
	struct ua_simnet *net;
	struct ua_simlatch *latch;
	struct ua_simsock *sockv[HOSTS]; /* Caller, callee, stranger      */
	struct heard heardv[HOSTS];
	struct ua_addr relayv[2]; /* Where caller and callee send to      */
};


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


static struct ua_simhost *host_make(struct bed *bed, const char *name,
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


/* What both say of themselves is private: nobody is sent to at once. */
static void bed_make(struct bed *bed)
{
	static const char *const addrs[] = { "203.0.113.1:4000",
					     "203.0.113.2:4000",
					     "203.0.113.3:4000" };
	const struct ua_addr told[] = { addr_of("10.0.0.1:4000"),
					addr_of("10.0.0.2:4000") };
	const struct ua_addr addr = addr_of("192.0.2.30:50000");
	struct ua_simhost *host;
	unsigned i;

	memset(bed, 0, sizeof(*bed));
	ck_assert_int_eq(0, ua_simnet_alloc(&bed->net, 1));
	host = host_make(bed, "latch", "192.0.2.30");
	ck_assert_int_eq(0, ua_simlatch_alloc(&bed->latch, host, &addr));

	for (i = 0; i < HOSTS; i++) {
		const struct ua_addr a = addr_of(addrs[i]);

		host = host_make(bed, "h", addrs[i]);
		ck_assert_int_eq(0,
				 ua_simsock_alloc(&bed->sockv[i], host, &a,
						  on_recv, &bed->heardv[i]));
	}

	ck_assert_int_eq(0, ua_simlatch_update(bed->latch, CALL, false, false,
					       &told[0], &bed->relayv[1]));
	ck_assert_int_eq(0, ua_simlatch_update(bed->latch, CALL, true, true,
					       &told[1], &bed->relayv[0]));
	ck_assert(!ua_addr_eq(&bed->relayv[0], &bed->relayv[1]));
}


static void run(struct bed *bed)
{
	ua_simnet_run(bed->net, ua_simnet_now(bed->net) + 100 * UA_SIM_MS);
}


static void media(struct bed *bed, unsigned who, unsigned side)
{
	static const uint8_t rtp[12] = { 0x80 };

	ck_assert_int_eq(0,
			 ua_simsock_send(bed->sockv[who], &bed->relayv[side],
					 rtp, sizeof(rtp)));
	run(bed);
}


static void check(struct bed *bed, unsigned who, unsigned side)
{
	uint8_t buf[64];
	struct ua_wr wr;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, UA_STUN_REQUEST, UA_STUN_BINDING,
		      (const uint8_t *)"123456789012");
	ck_assert_int_eq(0, ua_stun_end(&wr, NULL, 0, true));
	ck_assert_int_eq(0, ua_simsock_send(bed->sockv[who],
					    &bed->relayv[side], buf, wr.pos));
	run(bed);
}


START_TEST(first_packet_latches_a_side)
{
	struct bed bed;

	bed_make(&bed);
	media(&bed, 0, 0);
	media(&bed, 1, 1);
	ck_assert_uint_eq(1, bed.heardv[0].n);
	ck_assert_uint_eq(0, bed.heardv[1].n);

	media(&bed, 0, 0);
	ck_assert_uint_eq(1, bed.heardv[1].n);
	ck_assert_uint_eq(1, ua_simlatch_sources(bed.latch));
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(another_source_is_dropped)
{
	struct bed bed;

	bed_make(&bed);
	media(&bed, 0, 0);
	media(&bed, 1, 1);
	media(&bed, 2, 0);
	ck_assert_uint_eq(0, bed.heardv[1].n);
	ck_assert_uint_eq(2, ua_simlatch_sources(bed.latch));
	ua_simnet_free(bed.net);
}
END_TEST


/* Not when the side appears, but with the next packet of the other one */
START_TEST(stun_waits_for_the_next_packet)
{
	struct bed bed;

	bed_make(&bed);
	check(&bed, 0, 0);
	check(&bed, 0, 0);
	check(&bed, 1, 1);
	ck_assert_uint_eq(0, bed.heardv[1].n);
	ck_assert_uint_eq(1, bed.heardv[0].n);

	check(&bed, 0, 0);
	ck_assert_uint_eq(3, bed.heardv[1].n);
	ck_assert_uint_eq(3, bed.heardv[1].stun);
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(media_that_frees_the_queue_is_lost)
{
	struct bed bed;

	bed_make(&bed);
	check(&bed, 0, 0);
	media(&bed, 1, 1);
	media(&bed, 0, 0);
	ck_assert_uint_eq(1, bed.heardv[1].n);
	ck_assert_uint_eq(1, bed.heardv[1].stun);

	media(&bed, 0, 0);
	ck_assert_uint_eq(2, bed.heardv[1].n);
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(public_address_is_sent_to_at_once)
{
	const struct ua_addr told = addr_of("203.0.113.1:4000");
	struct ua_addr relay;
	struct bed bed;

	bed_make(&bed);
	ua_simlatch_remove(bed.latch, CALL);
	ck_assert_int_eq(0, ua_simlatch_update(bed.latch, CALL, false, false,
					       &told, &bed.relayv[1]));
	ck_assert_int_eq(0, ua_simlatch_update(bed.latch, CALL, true, true,
					       &told, &relay));
	media(&bed, 1, 1);
	ck_assert_uint_eq(1, bed.heardv[0].n);
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(changed_answer_locks_the_old_source_out)
{
	const struct ua_addr told = addr_of("10.0.0.9:9");
	struct ua_addr relay;
	struct bed bed;

	bed_make(&bed);
	media(&bed, 0, 0);
	media(&bed, 1, 1);
	ck_assert_int_eq(0, ua_simlatch_update(bed.latch, CALL, true, true,
					       &told, &relay));
	ck_assert(ua_addr_eq(&relay, &bed.relayv[0]));

	bed.heardv[0].n = 0;
	media(&bed, 1, 1);
	ck_assert_uint_eq(0, bed.heardv[0].n);
	media(&bed, 2, 1);
	ck_assert_uint_eq(1, bed.heardv[0].n);
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(changed_offer_gets_new_ports)
{
	const struct ua_addr same = addr_of("10.0.0.1:4000");
	const struct ua_addr other = addr_of("10.0.0.1:9");
	struct ua_addr relay;
	struct bed bed;

	bed_make(&bed);
	ck_assert_int_eq(0, ua_simlatch_update(bed.latch, CALL, false, false,
					       &same, &relay));
	ck_assert(ua_addr_eq(&relay, &bed.relayv[1]));
	ck_assert_int_eq(0, ua_simlatch_update(bed.latch, CALL, false, false,
					       &other, &relay));
	ck_assert(!ua_addr_eq(&relay, &bed.relayv[1]));
	ua_simnet_free(bed.net);
}
END_TEST


/* Each side must send media within 90 s. */
START_TEST(side_without_media_ends_the_session)
{
	struct bed bed;

	bed_make(&bed);
	check(&bed, 0, 0);
	media(&bed, 1, 1);
	ua_simnet_run(bed.net, 91 * UA_SIM_S);
	bed.heardv[0].n = 0;
	media(&bed, 1, 1);
	ck_assert_uint_eq(0, bed.heardv[0].n);

	/* The callee without an offer before it has no session. */
	ck_assert_int_eq(ENOENT,
			 ua_simlatch_update(bed.latch, CALL + 1, true, true,
					    &bed.relayv[0], &bed.relayv[1]));
	ua_simnet_free(bed.net);
}
END_TEST


Suite *ua_suite_simlatch(void)
{
	Suite *suite = suite_create("simlatch");
	TCase *tc = tcase_create("simlatch");

	tcase_add_test(tc, first_packet_latches_a_side);
	tcase_add_test(tc, another_source_is_dropped);
	tcase_add_test(tc, stun_waits_for_the_next_packet);
	tcase_add_test(tc, media_that_frees_the_queue_is_lost);
	tcase_add_test(tc, public_address_is_sent_to_at_once);
	tcase_add_test(tc, changed_answer_locks_the_old_source_out);
	tcase_add_test(tc, changed_offer_gets_new_ports);
	tcase_add_test(tc, side_without_media_ends_the_session);
	suite_add_tcase(suite, tc);

	return suite;
}
