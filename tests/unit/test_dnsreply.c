/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_dnsreply.c  What is believed of a name server's reply */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "net/dnsreply.h"

static struct list ansl, authl;
static struct dnshdr hdr;
static struct ua_dnsans ans;

Suite *ua_suite_dnsreply(void);


static void setup(void)
{
	list_init(&ansl);
	list_init(&authl);
	memset(&hdr, 0, sizeof(hdr));
}


static void flush(struct list *rrl)
{
	struct dnsrr *rr;

	while ((rr = list_ledata(list_head(rrl)))) {
		list_unlink(&rr->le);
		mem_deref(rr);
	}
}


static void teardown(void)
{
	flush(&ansl);
	flush(&authl);
}


static char *copy(const char *str)
{
	char *p = NULL;

	ck_assert_int_eq(0, str_dup(&p, str));
	return p;
}


static struct dnsrr *add(struct list *rrl, const char *name, uint16_t type,
			 int64_t ttl)
{
	struct dnsrr *rr = dns_rr_alloc();

	ck_assert_ptr_nonnull(rr);
	rr->name = copy(name);
	rr->type = type;
	rr->dnsclass = DNS_CLASS_IN;
	rr->ttl = ttl;
	list_append(rrl, &rr->le, rr);

	return rr;
}


static void decode(const char *name, enum ua_rrtype type)
{
	ua_dnsreply_decode(&ans, &hdr, &ansl, &authl, name, type);
}


static void naptr(const char *flags, const char *service, const char *regexp,
		  const char *replace)
{
	struct dnsrr *rr = add(&ansl, "a.example", DNS_TYPE_NAPTR, 60);

	rr->rdata.naptr.order = 7;
	rr->rdata.naptr.pref = 8;
	rr->rdata.naptr.flags = copy(flags);
	rr->rdata.naptr.services = copy(service);
	rr->rdata.naptr.regexp = copy(regexp);
	rr->rdata.naptr.replace = copy(replace);
}


START_TEST(shortest_ttl_on_the_way_counts)
{
	struct dnsrr *rr;

	add(&ansl, "a.example", DNS_TYPE_CNAME, 30)->rdata.cname.cname =
		copy("b.example");
	rr = add(&ansl, "B.example", DNS_TYPE_A, 60);
	rr->rdata.a.addr = 0xc0000201;

	decode("A.example", UA_RR_A);
	ck_assert_int_eq(0, ans.err);
	ck_assert_uint_eq(1, ans.n);
	ck_assert_uint_eq(192, ans.rrv[0].addr.ip[0]);
	ck_assert_uint_eq(30, ans.ttl_s);
}
END_TEST


START_TEST(alias_without_its_records_is_to_be_asked_for)
{
	add(&ansl, "a.example", DNS_TYPE_CNAME, 30)->rdata.cname.cname =
		copy("b.example");

	decode("a.example", UA_RR_SRV);
	ck_assert_int_eq(0, ans.err);
	ck_assert_uint_eq(0, ans.n);
	ck_assert_str_eq("b.example", ans.alias);

	/* Unless there is no such name: of b.example that is said. */
	hdr.rcode = DNS_RCODE_NAME_ERR;
	decode("a.example", UA_RR_SRV);
	ck_assert_int_eq(ENOENT, ans.err);
}
END_TEST


START_TEST(alias_that_is_no_name_is_not_followed)
{
	add(&ansl, "a.example", DNS_TYPE_CNAME, 30)->rdata.cname.cname =
		copy("b\n.example");

	decode("a.example", UA_RR_A);
	ck_assert_int_eq(ENOENT, ans.err);
	ck_assert_str_eq("", ans.alias);
}
END_TEST


/* { TTL of the SOA, its minimum, what counts } (RFC 2308, 5) */
static const uint32_t negatives[][3] = {
	{ 100, 200, 100 },
	{ 200, 100, 100 },
	{ 99999, 99999, UA_DNSCACHE_NEG_MAX },
};


START_TEST(soa_tells_how_long_a_no_lasts)
{
	struct dnsrr *rr;

	hdr.rcode = DNS_RCODE_NAME_ERR;
	decode("a.example", UA_RR_A);
	ck_assert_int_eq(ENOENT, ans.err);
	ck_assert_uint_eq(0, ans.ttl_s);

	rr = add(&authl, "example", DNS_TYPE_SOA, negatives[_i][0]);
	rr->rdata.soa.mname = copy("ns");
	rr->rdata.soa.rname = copy("host");
	rr->rdata.soa.ttlmin = negatives[_i][1];
	decode("a.example", UA_RR_A);
	ck_assert_uint_eq(negatives[_i][2], ans.ttl_s);
}
END_TEST


START_TEST(failure_of_the_server_is_no_answer)
{
	add(&ansl, "a.example", DNS_TYPE_A, 60)->rdata.a.addr = 0xc0000201;
	hdr.rcode = DNS_RCODE_SRV_FAIL;
	decode("a.example", UA_RR_A);
	ck_assert_int_eq(EPROTO, ans.err);
	ck_assert_uint_eq(0, ans.n);
}
END_TEST


START_TEST(other_classes_and_types_do_not_count)
{
	add(&ansl, "a.example", DNS_TYPE_A, 60)->dnsclass = 3;
	add(&ansl, "a.example", DNS_TYPE_TXT, 60)->rdata.txt.data = copy("x");
	decode("a.example", UA_RR_A);
	ck_assert_int_eq(ENOENT, ans.err);
}
END_TEST


START_TEST(records_are_bounded)
{
	int i;

	for (i = 0; i < UA_DNS_RR_MAX + 5; i++)
		add(&ansl, "a.example", DNS_TYPE_A, 60)->rdata.a.addr =
			0xc0000200 + (uint32_t)i;

	decode("a.example", UA_RR_A);
	ck_assert_uint_eq(UA_DNS_RR_MAX, ans.n);
}
END_TEST


/* RFC 3263, 4.1: flag "s", no expression, a service that is spoken here */
START_TEST(only_naptr_that_lead_to_srv_are_taken)
{
	naptr("u", "SIP+D2U", "", "_sip._udp.example");
	naptr("s", "SIP+D2U", "!a!b!", "_sip._udp.example");
	naptr("s", "SIP+D2U", "", "");
	naptr("s", "SIP+D2S", "", "_sip._sctp.example");
	naptr("s", "E2U+sip", "", "_sip._udp.example");
	naptr("S", "sips+d2t", "", "_sips._tcp.example");

	decode("a.example", UA_RR_NAPTR);
	ck_assert_int_eq(0, ans.err);
	ck_assert_uint_eq(1, ans.n);
	ck_assert_int_eq(UA_TP_TLS, ans.rrv[0].tp);
	ck_assert_uint_eq(7, ans.rrv[0].order);
	ck_assert_uint_eq(8, ans.rrv[0].pref);
	ck_assert_str_eq("_sips._tcp.example", ans.rrv[0].name);
}
END_TEST


START_TEST(srv_target_is_a_name_or_the_root)
{
	static const char *const targets[] = { "b.example", "", "b example",
					       "192.0.2.1" };
	size_t i;

	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		add(&ansl, "a.example", DNS_TYPE_SRV, 60)->rdata.srv.target =
			copy(targets[i]);

	decode("a.example", UA_RR_SRV);
	ck_assert_uint_eq(2, ans.n);
	ck_assert_str_eq("b.example", ans.rrv[0].name);
	ck_assert_str_eq("", ans.rrv[1].name);
}
END_TEST


Suite *ua_suite_dnsreply(void)
{
	Suite *s = suite_create("dnsreply");
	TCase *tc = tcase_create("dnsreply");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, shortest_ttl_on_the_way_counts);
	tcase_add_test(tc, alias_without_its_records_is_to_be_asked_for);
	tcase_add_test(tc, alias_that_is_no_name_is_not_followed);
	tcase_add_loop_test(tc, soa_tells_how_long_a_no_lasts, 0, 3);
	tcase_add_test(tc, failure_of_the_server_is_no_answer);
	tcase_add_test(tc, other_classes_and_types_do_not_count);
	tcase_add_test(tc, records_are_bounded);
	tcase_add_test(tc, only_naptr_that_lead_to_srv_are_taken);
	tcase_add_test(tc, srv_target_is_a_name_or_the_root);
	suite_add_tcase(s, tc);

	return s;
}
