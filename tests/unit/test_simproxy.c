/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_simproxy.c  A simulated proxy rewrites descriptions */

#include <check.h>
#include <string.h>

#include "simcallcore.h"
#include "simlatchbed.h"

Suite *ua_suite_simproxy(void);

/** A relay, and the proxy that asks it */
struct proxybed {
	struct simlatchbed bed;
	struct ua_simproxy proxy;
	struct ua_simstate state;
};


static void setup(struct proxybed *p, enum ua_simlatch_kind kind,
		  enum ua_simlisting listing)
{
	struct ua_simlatch_conf conf;

	memset(p, 0, sizeof(*p));
	ua_simlatch_conf_default(&conf, kind);
	simlatchbed_conf(&p->bed, &conf);
	p->proxy.latch = p->bed.latch;
	p->proxy.listing = listing;
}


static void teardown(struct proxybed *p)
{
	ua_simnet_free(p->bed.net);
}


static struct ua_addr addr_of(const char *str)
{
	struct ua_addr addr;

	ck_assert_int_eq(0, ua_addr_decode(&addr, str));
	return addr;
}


/* With host candidates at c= and a=rtcp */
static void describe(struct ua_simdesc *desc, const char *dflt, unsigned ncomp)
{
	unsigned i;

	memset(desc, 0, sizeof(*desc));
	desc->dflt = addr_of(dflt);
	desc->rtcp = desc->dflt;
	desc->rtcp.port = (uint16_t)(desc->dflt.port + ncomp - 1);
	desc->candc = ncomp;
	for (i = 0; i < ncomp; i++) {
		desc->candv[i].comp = (uint16_t)(i + 1);
		desc->candv[i].addr = i ? desc->rtcp : desc->dflt;
	}
}


static void pass(struct proxybed *p, bool callee, bool answer,
		 struct ua_simdesc *desc)
{
	const struct ua_simpassage passage = {
		.call = BED_CALL,
		.callee = callee,
		.answer = answer,
		.state = &p->state,
	};

	ua_simproxy_pass(&p->proxy, &passage, desc);
}


static bool is(const struct ua_addr *addr, const char *str)
{
	const struct ua_addr want = addr_of(str);

	return ua_addr_eq(addr, &want);
}


/* The caller's ports first, the callee's are in the offer. */
START_TEST(default_destination_becomes_the_relay)
{
	struct ua_simdesc desc;
	struct proxybed p;

	setup(&p, UA_SIM_MEDIAPROXY, UA_SIM_UNLISTED);
	describe(&desc, "10.1.0.2:40000", 2);
	pass(&p, false, false, &desc);
	ck_assert(is(&desc.dflt, "192.0.2.30:50002"));
	ck_assert(is(&desc.rtcp, "192.0.2.30:50003"));
	ck_assert_uint_eq(2, desc.candc);

	describe(&desc, "10.2.0.2:41000", 1);
	pass(&p, true, true, &desc);
	ck_assert(is(&desc.dflt, "192.0.2.30:50000"));
	ck_assert_uint_eq(1, desc.candc);
	teardown(&p);
}
END_TEST


START_TEST(candidates_stand_in_front)
{
	static const uint32_t prios[] = { 16777215, 2197815295 };
	const unsigned ncomp = 1 + (_i & 1);
	struct ua_simdesc desc;
	struct proxybed p;

	setup(&p, UA_SIM_MEDIAPROXY, _i / 2 ? UA_SIM_HIGH : UA_SIM_LOW);
	describe(&desc, "10.1.0.2:40000", ncomp);
	pass(&p, false, false, &desc);
	ck_assert_uint_eq(2 * ncomp, desc.candc);
	ck_assert_str_eq("R1e0200c0", desc.candv[0].foundation);
	ck_assert_uint_eq(1, desc.candv[0].comp);
	ck_assert_uint_eq(prios[_i / 2], desc.candv[0].prio);
	ck_assert_int_eq(UA_ICE_RELAY, desc.candv[0].type);
	ck_assert_int_eq(UA_AF_NONE, desc.candv[0].raddr.af);
	ck_assert(ua_addr_eq(&desc.dflt, &desc.candv[0].addr));
	if (ncomp == 2) {
		ck_assert_uint_eq(prios[_i / 2] - 1, desc.candv[1].prio);
		ck_assert(ua_addr_eq(&desc.rtcp, &desc.candv[1].addr));
	}

	ck_assert(is(&desc.candv[ncomp].addr, "10.1.0.2:40000"));
	teardown(&p);
}
END_TEST


/* A trickle offer may have none. */
START_TEST(nothing_is_listed_beside_no_candidates)
{
	struct ua_simdesc desc;
	struct proxybed p;

	setup(&p, UA_SIM_MEDIAPROXY, UA_SIM_HIGH);
	describe(&desc, "10.1.0.2:40000", 1);
	desc.candc = 0;
	pass(&p, false, false, &desc);
	ck_assert(is(&desc.dflt, "192.0.2.30:50002"));
	ck_assert_uint_eq(0, desc.candc);
	teardown(&p);
}
END_TEST


/* Its answer says "c=IN IP6 None". */
START_TEST(offer_with_ipv6_passes_untouched)
{
	struct ua_simdesc desc;
	struct proxybed p;

	setup(&p, UA_SIM_MEDIAPROXY, UA_SIM_LOW);
	describe(&desc, "[2001:db8::2]:40000", 1);
	pass(&p, false, false, &desc);
	ck_assert(is(&desc.dflt, "[2001:db8::2]:40000"));
	ck_assert_uint_eq(1, desc.candc);

	describe(&desc, "[2001:db8::3]:41000", 1);
	pass(&p, true, true, &desc);
	ck_assert_int_eq(UA_AF_NONE, desc.dflt.af);
	ck_assert_uint_eq(1, desc.candc);
	ck_assert_uint_eq(0, ua_simlatch_sessions(p.bed.latch));
	teardown(&p);
}
END_TEST


/* "c=IN IP6 192.0.2.30", which works */
START_TEST(answer_with_ipv6_to_ipv4_gets_the_relay)
{
	struct ua_simdesc desc;
	struct proxybed p;

	setup(&p, UA_SIM_MEDIAPROXY, UA_SIM_LOW);
	describe(&desc, "10.1.0.2:40000", 1);
	pass(&p, false, false, &desc);
	describe(&desc, "[2001:db8::3]:41000", 1);
	pass(&p, true, true, &desc);
	ck_assert(is(&desc.dflt, "192.0.2.30:50000"));
	ck_assert(desc.family);
	ck_assert_uint_eq(2, desc.candc);
	teardown(&p);
}
END_TEST


/* The offer is; its answer, where the proxy follows the dialog */
START_TEST(updated_offer_is_left_alone)
{
	struct ua_simdesc desc;
	struct proxybed p;

	setup(&p, UA_SIM_MEDIAPROXY, UA_SIM_LOW);
	p.proxy.engaged = _i;
	describe(&desc, "10.1.0.2:40000", 1);
	pass(&p, false, false, &desc);
	describe(&desc, "10.2.0.2:41000", 1);
	pass(&p, true, true, &desc);

	describe(&desc, "10.1.0.2:40000", 1);
	desc.updated = true;
	pass(&p, false, false, &desc);
	ck_assert(is(&desc.dflt, "10.1.0.2:40000"));
	ck_assert_uint_eq(1, desc.candc);

	describe(&desc, "10.2.0.2:41000", 1);
	pass(&p, true, true, &desc);
	ck_assert(is(&desc.dflt, _i ? "10.2.0.2:41000" : "192.0.2.30:50000"));
	teardown(&p);
}
END_TEST


START_TEST(dead_relay_s_proxy_touches_nothing)
{
	struct ua_simdesc desc;
	struct proxybed p;

	setup(&p, UA_SIM_MEDIAPROXY, UA_SIM_LOW);
	ua_simlatch_dead(p.bed.latch);
	describe(&desc, "10.1.0.2:40000", 1);
	pass(&p, false, false, &desc);
	ck_assert(is(&desc.dflt, "10.1.0.2:40000"));
	ck_assert_uint_eq(1, desc.candc);
	teardown(&p);
}
END_TEST


/* ICE=force-relay: behind the others, both components at any rate */
START_TEST(rtpengine_changes_nothing_but_candidates)
{
	struct ua_simdesc desc;
	struct proxybed p;

	setup(&p, UA_SIM_RTPENGINE, UA_SIM_UNLISTED);
	describe(&desc, "10.1.0.2:40000", 1);
	pass(&p, false, false, &desc);
	ck_assert(is(&desc.dflt, "10.1.0.2:40000"));
	ck_assert_uint_eq(3, desc.candc);
	ck_assert(is(&desc.candv[1].addr, "192.0.2.30:50002"));
	ck_assert(is(&desc.candv[1].raddr, "192.0.2.30:50002"));
	ck_assert_uint_eq(16777215, desc.candv[1].prio);
	ck_assert_uint_eq(2, desc.candv[2].comp);
	ck_assert_uint_eq(16777214, desc.candv[2].prio);
	teardown(&p);
}
END_TEST


Suite *ua_suite_simproxy(void)
{
	Suite *suite = suite_create("simproxy");
	TCase *tc = tcase_create("simproxy");

	tcase_add_test(tc, default_destination_becomes_the_relay);
	tcase_add_loop_test(tc, candidates_stand_in_front, 0, 4);
	tcase_add_test(tc, nothing_is_listed_beside_no_candidates);
	tcase_add_test(tc, offer_with_ipv6_passes_untouched);
	tcase_add_test(tc, answer_with_ipv6_to_ipv4_gets_the_relay);
	tcase_add_loop_test(tc, updated_offer_is_left_alone, 0, 2);
	tcase_add_test(tc, dead_relay_s_proxy_touches_nothing);
	tcase_add_test(tc, rtpengine_changes_nothing_but_candidates);
	suite_add_tcase(suite, tc);

	return suite;
}
