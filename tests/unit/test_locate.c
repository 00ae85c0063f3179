/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_locate.c  The rules of RFC 3263 on zones of a few records */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net/locate.h"

enum { ANY = UA_TP_BIT(UA_TP_UDP) | UA_TP_BIT(UA_TP_TCP) };
#define UDP UA_TP_UDP
#define TCP UA_TP_TCP
#define TLS UA_TP_TLS

/* A record; rows of one name and type stand together */
struct row {
	const char *name;
	enum ua_rrtype type;
	uint16_t order;
	uint16_t pref;
	uint16_t port;
	enum ua_tp tp;
	const char *value;
};

static const struct row *zone;
static const char *silent; /* name that is never answered, or NULL */
static int silence;        /* what is said about it                */
static size_t nasked;
static uint64_t drawn; /* every random number */

static struct ua_located res;

Suite *ua_suite_locate(void);


static void fill(uint8_t *buf, size_t len, void *arg)
{
	(void)arg;
	memset(buf, 0, len);
	memcpy(buf, &drawn, len < sizeof(drawn) ? len : sizeof(drawn));
}


static const struct ua_rand fixed = { .fill = fill };


static int on_locate(const char *name, enum ua_rrtype type,
		     const struct ua_rr **rrv, size_t *n, void *arg)
{
	static struct ua_rr found[UA_DNS_RR_MAX];
	const struct row *row;

	(void)arg;
	++nasked;
	*n = 0;

	if (silent && !strcmp(silent, name))
		return silence;

	for (row = zone; row->name; row++) {
		struct ua_rr *rr = &found[*n];

		if (row->type != type || strcmp(row->name, name))
			continue;

		memset(rr, 0, sizeof(*rr));
		rr->order = row->order;
		rr->pref = row->pref;
		rr->port = row->port;
		rr->tp = row->tp;
		if (type == UA_RR_A || type == UA_RR_AAAA)
			ck_assert_int_eq(
				0, ua_addr_set(&rr->addr, row->value, 0));
		else
			strcpy(rr->name, row->value);
		++*n;
	}

	*rrv = found;
	return *n ? 0 : ENOENT;
}


static void setup(void)
{
	static const struct row empty[] = { { .name = NULL } };

	zone = empty;
	silent = NULL;
	silence = EINPROGRESS;
	nasked = 0;
	drawn = 0;
}


static int locate(const char *host, uint16_t port, enum ua_service service,
		  int tps)
{
	const struct ua_locate_conf conf = { .host = host,
					     .port = port,
					     .service = service,
					     .tps = (uint8_t)tps,
					     .ip4 = true,
					     .ip6 = true };

	ck_assert_int_eq(0, ua_locate_check(&conf));
	return ua_locate(&res, &conf, &fixed, on_locate, NULL);
}


static void is_target(size_t i, int tp, const char *addr)
{
	char buf[UA_ADDR_LEN];

	ck_assert_uint_lt(i, res.n);
	ck_assert_str_eq(addr, ua_addr_str(&res.targetv[i].addr, buf));
	ck_assert_int_eq(tp, (int)res.targetv[i].tp);
}


static const struct {
	const char *host;
	uint16_t port;
	enum ua_service service;
	int tps;
	int tp;
	const char *target;
} numeric[] = {
	{ "192.0.2.1", 0, UA_SERVICE_SIP, ANY, UDP, "192.0.2.1:5060" },
	{ "192.0.2.1", 5070, UA_SERVICE_SIP, ANY, UDP, "192.0.2.1:5070" },
	{ "192.0.2.1", 0, UA_SERVICE_SIP, 2, TCP, "192.0.2.1:5060" },
	{ "192.0.2.1", 0, UA_SERVICE_SIP, 4, TLS, "192.0.2.1:5061" },
	{ "[2001:db8::1]", 0, UA_SERVICE_SIP, 1, UDP, "[2001:db8::1]:5060" },
	{ "2001:db8::1", 0, UA_SERVICE_STUN, 1, UDP, "[2001:db8::1]:3478" },
	{ "192.0.2.1", 0, UA_SERVICE_TURN, 4, TLS, "192.0.2.1:5349" },
};


START_TEST(numeric_address_needs_no_question)
{
	ck_assert_int_eq(0, locate(numeric[_i].host, numeric[_i].port,
				   numeric[_i].service, numeric[_i].tps));
	ck_assert_uint_eq(1, res.n);
	is_target(0, numeric[_i].tp, numeric[_i].target);
	ck_assert_uint_eq(0, nasked);
}
END_TEST


/* RFC 3263, 4.2: with a port there is no SRV, even with 5060 */
START_TEST(port_asks_for_addresses_only)
{
	static const struct row rows[] = {
		{ "example.com", UA_RR_A, 0, 0, 0, UDP, "192.0.2.1" },
		{ "example.com", UA_RR_AAAA, 0, 0, 0, UDP, "2001:db8::1" },
		{ "_sip._udp.example.com", UA_RR_SRV, 0, 0, 7, UDP, "bad" },
		{ .name = NULL }
	};

	zone = rows;
	ck_assert_int_eq(0, locate("example.com", 5060, UA_SERVICE_SIP, ANY));
	ck_assert_uint_eq(2, res.n);
	is_target(0, UDP, "[2001:db8::1]:5060");
	is_target(1, UDP, "192.0.2.1:5060");
	ck_assert_uint_eq(2, nasked);
}
END_TEST


/* The example of RFC 3263, 4.1, with the transports that we want */
static const struct row rfc3263[] = {
	{ "example.com", UA_RR_NAPTR, 100, 50, 0, UDP,
	  "_sip._udp.example.com" },
	{ "example.com", UA_RR_NAPTR, 50, 50, 0, TLS,
	  "_sips._tcp.example.com" },
	{ "example.com", UA_RR_NAPTR, 90, 50, 0, TCP,
	  "_sip._tcp.example.com" },
	{ "_sip._tcp.example.com", UA_RR_SRV, 0, 1, 5060, UDP,
	  "server1.example.com" },
	{ "_sip._udp.example.com", UA_RR_SRV, 0, 2, 5062, UDP,
	  "server2.example.com" },
	{ "_sips._tcp.example.com", UA_RR_SRV, 0, 2, 5061, UDP,
	  "server2.example.com" },
	{ "server1.example.com", UA_RR_A, 0, 0, 0, UDP, "192.0.2.1" },
	{ "server2.example.com", UA_RR_A, 0, 0, 0, UDP, "192.0.2.2" },
	{ "example.com", UA_RR_A, 0, 0, 0, UDP, "192.0.2.9" },
	{ .name = NULL }
};


START_TEST(naptr_orders_the_transports)
{
	zone = rfc3263;
	ck_assert_int_eq(0, locate("example.com", 0, UA_SERVICE_SIP, ANY));
	ck_assert_uint_eq(2, res.n);
	is_target(0, TCP, "192.0.2.1:5060");
	is_target(1, UDP, "192.0.2.2:5062");

	ck_assert_int_eq(0, locate("example.com", 0, UA_SERVICE_SIP, 7));
	ck_assert_uint_eq(3, res.n);
	is_target(0, TLS, "192.0.2.2:5061");
}
END_TEST


START_TEST(one_transport_skips_naptr)
{
	zone = rfc3263;
	silent = "example.com";
	ck_assert_int_eq(0, locate("example.com", 0, UA_SERVICE_SIP, 1));
	ck_assert_uint_eq(1, res.n);
	is_target(0, UDP, "192.0.2.2:5062");
}
END_TEST


START_TEST(without_naptr_every_srv_counts_udp_first)
{
	zone = rfc3263 + 3;
	ck_assert_int_eq(0, locate("example.com", 0, UA_SERVICE_SIP, ANY));
	ck_assert_uint_eq(2, res.n);
	is_target(0, UDP, "192.0.2.2:5062");
	is_target(1, TCP, "192.0.2.1:5060");
}
END_TEST


START_TEST(without_srv_the_host_has_the_default_port)
{
	zone = rfc3263 + 6;
	ck_assert_int_eq(0, locate("example.com", 0, UA_SERVICE_SIP, ANY));
	ck_assert_uint_eq(1, res.n);
	is_target(0, UDP, "192.0.2.9:5060");

	ck_assert_int_eq(0, locate("example.com", 0, UA_SERVICE_TURN, 1));
	is_target(0, UDP, "192.0.2.9:3478");
}
END_TEST


/* The order of RFC 3263 must not depend on which answer is faster. */
START_TEST(nothing_is_decided_before_what_comes_first_is_known)
{
	static const char *const names[] = { "example.com",
					     "_sip._udp.example.com",
					     "_sip._tcp.example.com" };
	static const struct row *const zones[] = { rfc3263, rfc3263 + 3,
						   rfc3263 + 6 };

	zone = zones[_i];
	silent = names[_i];
	ck_assert_int_eq(EINPROGRESS,
			 locate("example.com", 0, UA_SERVICE_SIP, ANY));

	/* But everything that may be needed was asked for by then. */
	ck_assert_uint_ge(nasked, 5);

	silence = ENOENT;
	ck_assert_int_eq(
		0, locate("example.com", 0, UA_SERVICE_SIP, _i ? ANY : 1));
}
END_TEST


START_TEST(srv_with_root_as_target_means_no_service)
{
	static const struct row rows[] = {
		{ "_sip._udp.example.com", UA_RR_SRV, 0, 0, 5060, UDP, "" },
		{ "example.com", UA_RR_A, 0, 0, 0, UDP, "192.0.2.9" },
		{ .name = NULL }
	};

	zone = rows;
	ck_assert_int_eq(ENOENT,
			 locate("example.com", 0, UA_SERVICE_SIP, ANY));
}
END_TEST


static const struct row weighted[] = {
	{ "_sip._udp.example.com", UA_RR_SRV, 20, 0, 4, UDP, "a" },
	{ "_sip._udp.example.com", UA_RR_SRV, 10, 30, 1, UDP, "a" },
	{ "_sip._udp.example.com", UA_RR_SRV, 10, 0, 3, UDP, "a" },
	{ "_sip._udp.example.com", UA_RR_SRV, 10, 70, 2, UDP, "a" },
	{ "a", UA_RR_A, 0, 0, 0, UDP, "192.0.2.1" },
	{ .name = NULL }
};

/* What is drawn of 0..100, and the port that is first then (RFC 2782) */
static const struct {
	uint64_t drawn;
	uint16_t port;
} draws[] = { { 0, 3 }, { 1, 1 }, { 30, 1 }, { 31, 2 }, { 100, 2 } };


START_TEST(srv_goes_by_priority_then_weight)
{
	zone = weighted;
	drawn = draws[_i].drawn;
	ck_assert_int_eq(0, locate("example.com", 0, UA_SERVICE_SIP, 1));
	ck_assert_uint_eq(4, res.n);
	ck_assert_uint_eq(draws[_i].port, res.targetv[0].addr.port);
	ck_assert_uint_eq(4, res.targetv[3].addr.port);
}
END_TEST


START_TEST(failure_is_told_and_timeout_is_stronger)
{
	silent = "example.com";

	silence = EPROTO;
	ck_assert_int_eq(EPROTO,
			 locate("example.com", 5060, UA_SERVICE_SIP, ANY));
	silence = ETIMEDOUT;
	ck_assert_int_eq(ETIMEDOUT,
			 locate("example.com", 0, UA_SERVICE_SIP, ANY));
}
END_TEST


START_TEST(failed_naptr_does_not_stop_the_rest)
{
	zone = rfc3263 + 3;
	silent = "example.com";
	silence = EPROTO;
	ck_assert_int_eq(0, locate("example.com", 0, UA_SERVICE_SIP, ANY));
	ck_assert_uint_eq(2, res.n);
}
END_TEST


START_TEST(unwanted_family_is_not_asked_for)
{
	static const struct row rows[] = { { "a.example", UA_RR_AAAA, 0, 0, 0,
					     UDP, "2001:db8::1" },
					   { .name = NULL } };
	const struct ua_locate_conf conf = {
		.host = "a.example", .port = 1, .tps = 1, .ip4 = true
	};
	const struct ua_locate_conf six = {
		.host = "2001:db8::1", .port = 1, .tps = 1, .ip4 = true
	};

	zone = rows;
	ck_assert_int_eq(ENOENT,
			 ua_locate(&res, &conf, &fixed, on_locate, NULL));
	ck_assert_uint_eq(1, nasked);
	ck_assert_int_eq(ENOENT,
			 ua_locate(&res, &six, &fixed, on_locate, NULL));
}
END_TEST


/* 16 NAPTR that lead to 16 SRV each would be 512 questions for addresses. */
START_TEST(zone_that_fans_out_is_bounded)
{
	static struct row rows[UA_DNS_RR_MAX * 2 + 1];
	static char names[UA_DNS_RR_MAX][16];
	int i;

	for (i = 0; i < UA_DNS_RR_MAX; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "h%d.example", i);
		rows[i] = (struct row){ "example.com", UA_RR_NAPTR, 0, 0, 0,
					UDP,           "x.example" };
		rows[UA_DNS_RR_MAX + i] =
			(struct row){ "x.example", UA_RR_SRV, 0,       0,
				      1,           UDP,       names[i] };
	}

	zone = rows;
	ck_assert_int_eq(ENOENT,
			 locate("example.com", 0, UA_SERVICE_SIP, ANY));
	ck_assert_uint_le(nasked, UA_LOCATE_MAX + 8);
}
END_TEST


START_TEST(same_target_is_listed_once)
{
	static const struct row rows[] = {
		{ "a.example", UA_RR_A, 0, 0, 0, UDP, "192.0.2.1" },
		{ "a.example", UA_RR_A, 0, 0, 0, UDP, "192.0.2.1" },
		{ .name = NULL }
	};

	zone = rows;
	ck_assert_int_eq(0, locate("a.example", 5060, UA_SERVICE_SIP, 1));
	ck_assert_uint_eq(1, res.n);
}
END_TEST


static void is_fault(enum ua_locate_what what, enum ua_rrtype type,
		     const char *owner, const char *target)
{
	ck_assert_uint_eq(0, res.n);
	ck_assert_int_eq(what, res.fault.what);
	ck_assert_int_eq(type, res.fault.type);
	ck_assert_str_eq(owner, res.fault.owner);
	ck_assert_str_eq(target, res.fault.target);
}


#define SRV_NAME "_sip._udp.example.com"

static const struct {
	struct row rows[3];
	enum ua_locate_what what;
	enum ua_rrtype type;
	const char *owner;
	const char *target;
} nowhere[] = {
	{ { { .name = NULL } }, UA_LOCATE_HOST, 0, "", "" },
	{ { { SRV_NAME, UA_RR_SRV, 0, 0, 5060, UDP, "" } },
	  UA_LOCATE_NO_SERVICE,
	  UA_RR_SRV,
	  SRV_NAME,
	  "" },
	{ { { SRV_NAME, UA_RR_SRV, 0, 0, 0, UDP, "a.example" } },
	  UA_LOCATE_NO_PORT,
	  UA_RR_SRV,
	  SRV_NAME,
	  "a.example" },
	{ { { SRV_NAME, UA_RR_SRV, 0, 0, 5060, UDP, "a.example" } },
	  UA_LOCATE_NO_ADDRESS,
	  UA_RR_SRV,
	  SRV_NAME,
	  "a.example" },
	{ { { "example.com", UA_RR_NAPTR, 0, 0, 0, UDP, "x.example" } },
	  UA_LOCATE_NO_SRV,
	  UA_RR_NAPTR,
	  "example.com",
	  "x.example" },
	/* Of two faults the one of the better record */
	{ { { SRV_NAME, UA_RR_SRV, 20, 0, 5060, UDP, "a.example" },
	    { SRV_NAME, UA_RR_SRV, 10, 0, 0, UDP, "b.example" } },
	  UA_LOCATE_NO_PORT,
	  UA_RR_SRV,
	  SRV_NAME,
	  "b.example" },
};


START_TEST(record_that_points_nowhere_is_named)
{
	zone = nowhere[_i].rows;
	ck_assert_int_eq(ENOENT,
			 locate("example.com", 0, UA_SERVICE_SIP, ANY));
	is_fault(nowhere[_i].what, nowhere[_i].type, nowhere[_i].owner,
		 nowhere[_i].target);
}
END_TEST


START_TEST(record_that_was_not_found_out_is_named)
{
	static const struct row rows[] = {
		{ SRV_NAME, UA_RR_SRV, 1, 0, 5060, UDP, "" },
		{ SRV_NAME, UA_RR_SRV, 2, 0, 5060, UDP, "a.example" },
		{ .name = NULL }
	};

	zone = rows;
	silent = "a.example";
	silence = ETIMEDOUT;
	ck_assert_int_eq(ETIMEDOUT,
			 locate("example.com", 0, UA_SERVICE_SIP, 1));
	is_fault(UA_LOCATE_LOOKUP, UA_RR_AAAA, "a.example", "");
}
END_TEST


START_TEST(srv_that_points_nowhere_does_not_hide_the_others)
{
	static const struct row rows[] = {
		{ SRV_NAME, UA_RR_SRV, 1, 0, 5060, UDP, "" },
		{ SRV_NAME, UA_RR_SRV, 2, 0, 0, UDP, "a.example" },
		{ SRV_NAME, UA_RR_SRV, 3, 0, 5060, UDP, "b.example" },
		{ SRV_NAME, UA_RR_SRV, 4, 0, 5064, UDP, "a.example" },
		{ "a.example", UA_RR_A, 0, 0, 0, UDP, "192.0.2.1" },
		{ .name = NULL }
	};

	zone = rows;
	ck_assert_int_eq(0, locate("example.com", 0, UA_SERVICE_SIP, 1));
	ck_assert_uint_eq(1, res.n);
	is_target(0, UDP, "192.0.2.1:5064");
}
END_TEST


/* Knuth's MMIX generator: the same numbers in every run */
static void seeded_fill(uint8_t *buf, size_t len, void *arg)
{
	uint64_t *state = arg;
	size_t i;

	for (i = 0; i < len; i++) {
		*state = *state * 6364136223846793005ULL +
			 1442695040888963407ULL;
		buf[i] = (uint8_t)(*state >> 56);
	}
}


/*
 * RFC 2782's way of drawing: of sum + 1 numbers, weight w has w, and the one
 * that is 0 belongs to the record without a weight.
 */
START_TEST(srv_is_drawn_as_often_as_its_weight_says)
{
	static const struct row rows[] = {
		{ SRV_NAME, UA_RR_SRV, 1, 10, 1, UDP, "a" },
		{ SRV_NAME, UA_RR_SRV, 1, 0, 2, UDP, "a" },
		{ SRV_NAME, UA_RR_SRV, 1, 60, 3, UDP, "a" },
		{ SRV_NAME, UA_RR_SRV, 1, 30, 4, UDP, "a" },
		{ "a", UA_RR_A, 0, 0, 0, UDP, "192.0.2.1" },
		{ .name = NULL }
	};
	static const double shares[] = { 10 / 101.0, 1 / 101.0, 60 / 101.0,
					 30 / 101.0 };
	const struct ua_locate_conf conf = { .host = "example.com",
					     .tps = 1,
					     .ip4 = true };
	uint64_t state = 1;
	const struct ua_rand rand = { .fill = seeded_fill, .arg = &state };
	unsigned firstv[4] = { 0 }, second = 0;
	const unsigned runs = 10000;
	double chi2 = 0;
	unsigned i;

	zone = rows;
	for (i = 0; i < runs; i++) {
		ck_assert_int_eq(
			0, ua_locate(&res, &conf, &rand, on_locate, NULL));
		ck_assert_uint_eq(4, res.n);
		++firstv[res.targetv[0].addr.port - 1];
		if (res.targetv[0].addr.port == 3)
			second += res.targetv[1].addr.port == 4;
	}

	for (i = 0; i < 4; i++) {
		const double want = shares[i] * runs;
		const double off = firstv[i] - want;

		chi2 += off * off / want;
	}

	/* Three degrees of freedom: one run in a thousand is above 16.3. */
	ck_assert_msg(chi2 < 16.3, "chi2 %f: %u %u %u %u", chi2, firstv[0],
		      firstv[1], firstv[2], firstv[3]);

	/* With the heavy one gone it is 30 of 41 for the next. */
	ck_assert_uint_gt(second, firstv[2] * 30 / 41 - 200);
	ck_assert_uint_lt(second, firstv[2] * 30 / 41 + 200);
}
END_TEST


START_TEST(records_without_weight_are_all_drawn)
{
	static const struct row rows[] = {
		{ SRV_NAME, UA_RR_SRV, 1, 0, 1, UDP, "a" },
		{ SRV_NAME, UA_RR_SRV, 1, 0, 2, UDP, "a" },
		{ "a", UA_RR_A, 0, 0, 0, UDP, "192.0.2.1" },
		{ .name = NULL }
	};

	zone = rows;
	ck_assert_int_eq(0, locate("example.com", 0, UA_SERVICE_SIP, 1));
	ck_assert_uint_eq(2, res.n);
}
END_TEST


static const struct {
	bool ip4;
	bool ip6;
	const char *first;
	const char *second; /* NULL: one target */
} families[] = {
	{ true, true, "[2001:db8::1]:5062", "192.0.2.1:5062" },
	{ true, false, "192.0.2.1:5062", NULL },
	{ false, true, "[2001:db8::1]:5062", NULL },
};


/* Families stand together behind each SRV: the order of SRV is above. */
START_TEST(srv_target_has_the_families_that_are_wanted)
{
	static const struct row rows[] = {
		{ SRV_NAME, UA_RR_SRV, 1, 0, 5062, UDP, "a" },
		{ SRV_NAME, UA_RR_SRV, 2, 0, 5063, UDP, "a" },
		{ "a", UA_RR_A, 0, 0, 0, UDP, "192.0.2.1" },
		{ "a", UA_RR_AAAA, 0, 0, 0, UDP, "2001:db8::1" },
		{ .name = NULL }
	};
	const struct ua_locate_conf conf = { .host = "example.com",
					     .tps = 1,
					     .ip4 = families[_i].ip4,
					     .ip6 = families[_i].ip6 };

	zone = rows;
	ck_assert_int_eq(0, ua_locate(&res, &conf, &fixed, on_locate, NULL));
	ck_assert_uint_eq(families[_i].second ? 4 : 2, res.n);
	is_target(0, UDP, families[_i].first);
	if (families[_i].second)
		is_target(1, UDP, families[_i].second);
	ck_assert_uint_eq(5063, res.targetv[res.n - 1].addr.port);
}
END_TEST


#define L63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *host;
	bool good;
} hosts[] = {
	{ "example.com", true },
	{ "example.com.", true },
	{ "localhost", true },
	{ "a-b_c.1.example", true },
	{ L63 ".example", true },
	{ "a" L63 ".example", false },
	{ L63 "." L63 "." L63 "." L63, false },
	{ "", false },
	{ ".", false },
	{ "a..b", false },
	{ ".a", false },
	{ "a b", false },
	{ "a\nb", false },
	{ "b\xc3\xbc"
	  "cher.example",
	  false },
	{ "192.0.2.256", false },
	{ "192.0.2", false },
	{ "0.0.0.0", false },
	{ "[2001:db8::1", false },
	{ "::", false },
};


START_TEST(host_is_checked)
{
	const struct ua_locate_conf conf = { .host = hosts[_i].host,
					     .tps = 1,
					     .ip4 = true };

	ck_assert_int_eq(hosts[_i].good ? 0 : EINVAL, ua_locate_check(&conf));
}
END_TEST


START_TEST(impossible_wishes_are_refused)
{
	struct ua_locate_conf conf = { .host = "a.example", .tps = 1 };

	ck_assert_int_eq(EINVAL, ua_locate_check(&conf));
	conf.ip6 = true;
	ck_assert_int_eq(0, ua_locate_check(&conf));
	conf.tps = 0;
	ck_assert_int_eq(EINVAL, ua_locate_check(&conf));
	conf.tps = 8;
	ck_assert_int_eq(EINVAL, ua_locate_check(&conf));
}
END_TEST


Suite *ua_suite_locate(void)
{
	Suite *s = suite_create("locate");
	TCase *tc = tcase_create("locate");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, numeric_address_needs_no_question, 0,
			    sizeof(numeric) / sizeof(numeric[0]));
	tcase_add_test(tc, port_asks_for_addresses_only);
	tcase_add_test(tc, naptr_orders_the_transports);
	tcase_add_test(tc, one_transport_skips_naptr);
	tcase_add_test(tc, without_naptr_every_srv_counts_udp_first);
	tcase_add_test(tc, without_srv_the_host_has_the_default_port);
	tcase_add_loop_test(
		tc, nothing_is_decided_before_what_comes_first_is_known, 0, 3);
	tcase_add_test(tc, srv_with_root_as_target_means_no_service);
	tcase_add_loop_test(tc, srv_goes_by_priority_then_weight, 0,
			    sizeof(draws) / sizeof(draws[0]));
	tcase_add_test(tc, failure_is_told_and_timeout_is_stronger);
	tcase_add_test(tc, failed_naptr_does_not_stop_the_rest);
	tcase_add_test(tc, unwanted_family_is_not_asked_for);
	tcase_add_test(tc, zone_that_fans_out_is_bounded);
	tcase_add_test(tc, same_target_is_listed_once);
	tcase_add_loop_test(tc, record_that_points_nowhere_is_named, 0,
			    sizeof(nowhere) / sizeof(nowhere[0]));
	tcase_add_test(tc, record_that_was_not_found_out_is_named);
	tcase_add_test(tc, srv_that_points_nowhere_does_not_hide_the_others);
	tcase_add_test(tc, srv_is_drawn_as_often_as_its_weight_says);
	tcase_add_test(tc, records_without_weight_are_all_drawn);
	tcase_add_loop_test(tc, srv_target_has_the_families_that_are_wanted, 0,
			    sizeof(families) / sizeof(families[0]));
	tcase_add_loop_test(tc, host_is_checked, 0,
			    sizeof(hosts) / sizeof(hosts[0]));
	tcase_add_test(tc, impossible_wishes_are_refused);
	suite_add_tcase(s, tc);

	return s;
}
