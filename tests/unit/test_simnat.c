/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_simnat.c  Simulated NATs behave as their names say */

#include <check.h>
#include <errno.h>
#include <string.h>

#include <ua/sim.h>

enum {
	OUTSIDE = 3, /* Sockets: two ports of one host, one of another    */
	HOP_US = 1000
};

Suite *ua_suite_simnat(void);

struct heard {
	unsigned n;
	struct ua_addr from;
	uint8_t byte;
};

/** A host behind a NAT, and who is outside */
struct bed {
	struct ua_simnet *net;
	struct ua_simnat *nat;
	struct ua_simhost *host; /* The last one made                     */
	struct ua_simsock *sock;
	struct ua_simsock *outv[OUTSIDE];
	struct heard in;
	struct heard out[OUTSIDE];
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

	ck_assert_uint_eq(1, len);
	heard->n++;
	heard->from = *src;
	heard->byte = buf[0];
}


static void send_to(struct ua_simsock *sock, const struct ua_addr *dst)
{
	const uint8_t byte = 'x';

	ck_assert_int_eq(0, ua_simsock_send(sock, dst, &byte, 1));
}


static void run(struct bed *bed, uint64_t ms)
{
	ua_simnet_run(bed->net, ua_simnet_now(bed->net) + ms * UA_SIM_MS);
}


static struct ua_simsock *host_make(struct bed *bed, struct ua_simlan *lan,
				    const char *name, const char *addr,
				    struct heard *heard)
{
	struct ua_addr a = addr_of(addr);
	struct ua_simlink link;
	struct ua_simsock *sock;
	struct ua_simif *ifc;

	ua_simlink_default(&link, HOP_US);
	ck_assert_int_eq(0, ua_simhost_alloc(&bed->host, bed->net, name));
	ck_assert_int_eq(0,
			 ua_simif_alloc(&ifc, bed->host, "eth0", lan, &link));
	ck_assert_int_eq(0, ua_simif_addr(ifc, &a));
	ck_assert_int_eq(
		0, ua_simsock_alloc(&sock, bed->host, &a, on_recv, heard));

	return sock;
}


static void bed_make(struct bed *bed, const struct ua_simnat_conf *conf)
{
	const struct ua_addr pool = addr_of("198.51.100.1");
	struct ua_addr second = addr_of("192.0.2.1:2000");
	struct ua_simlink link;

	memset(bed, 0, sizeof(*bed));
	ck_assert_int_eq(0, ua_simnet_alloc(&bed->net, 7));
	ua_simlink_default(&link, HOP_US);
	ck_assert_int_eq(0, ua_simnat_alloc(&bed->nat, bed->net, "nat",
					    ua_simnet_core(bed->net), conf,
					    &link));
	ck_assert_int_eq(0, ua_simnat_addr(bed->nat, &pool));

	bed->sock = host_make(bed, ua_simnat_lan(bed->nat), "in",
			      "192.168.0.2:5000", &bed->in);
	bed->outv[0] = host_make(bed, ua_simnet_core(bed->net), "one",
				 "192.0.2.1:1000", &bed->out[0]);
	ck_assert_int_eq(0, ua_simsock_alloc(&bed->outv[1], bed->host, &second,
					     on_recv, &bed->out[1]));
	bed->outv[2] = host_make(bed, ua_simnet_core(bed->net), "two",
				 "192.0.2.2:1000", &bed->out[2]);
}


static const struct ua_addr *out_addr(const struct bed *bed, unsigned i)
{
	return ua_simsock_addr(bed->outv[i]);
}


/* RFC 5780, 4.3: to one address, to its other port, to another address */
START_TEST(mapping_depends_on_what_it_should)
{
	struct ua_simnat_conf conf;
	struct bed bed;
	unsigned i;

	ua_simnat_conf_default(&conf);
	conf.mapping = (enum ua_simdep)(_i % 3);
	conf.filter = (enum ua_simdep)(_i / 3 % 3);
	conf.ports = (enum ua_simports)(_i / 9);
	bed_make(&bed, &conf);

	for (i = 0; i < OUTSIDE; i++)
		send_to(bed.sock, out_addr(&bed, i));
	run(&bed, 100);

	for (i = 0; i < OUTSIDE; i++)
		ck_assert_uint_eq(1, bed.out[i].n);

	ck_assert_int_eq(conf.mapping != UA_SIM_APD,
			 ua_addr_eq(&bed.out[0].from, &bed.out[1].from));
	ck_assert_int_eq(conf.mapping == UA_SIM_EI,
			 ua_addr_eq(&bed.out[0].from, &bed.out[2].from));

	ua_simnet_free(bed.net);
}
END_TEST


/* RFC 5780, 4.4: who may answer to what was sent to the first one */
START_TEST(filter_lets_in_whom_it_should)
{
	struct ua_simnat_conf conf;
	struct ua_addr mapped;
	struct bed bed;
	unsigned i;

	ua_simnat_conf_default(&conf);
	conf.mapping = (enum ua_simdep)(_i % 3);
	conf.filter = (enum ua_simdep)(_i / 3 % 3);
	conf.filter_by_map = _i / 9;
	bed_make(&bed, &conf);

	send_to(bed.sock, out_addr(&bed, 0));
	run(&bed, 100);
	mapped = bed.out[0].from;

	for (i = 0; i < OUTSIDE; i++) {
		bed.in.n = 0;
		send_to(bed.outv[i], &mapped);
		run(&bed, 100);
		ck_assert_uint_eq(i == 0 || conf.filter == UA_SIM_EI ||
					  (i == 1 && conf.filter == UA_SIM_AD),
				  bed.in.n);
	}

	ua_simnet_free(bed.net);
}
END_TEST


/* By endpoint a contact of one mapping opens the others, too. */
START_TEST(filter_is_keyed_by_endpoint_or_mapping)
{
	struct ua_simnat_conf conf;
	struct ua_addr mapped;
	struct bed bed;

	ua_simnat_conf_default(&conf);
	conf.mapping = UA_SIM_APD;
	conf.filter = UA_SIM_APD;
	conf.filter_by_map = _i;
	bed_make(&bed, &conf);

	send_to(bed.sock, out_addr(&bed, 0));
	send_to(bed.sock, out_addr(&bed, 2));
	run(&bed, 100);
	mapped = bed.out[0].from;

	send_to(bed.outv[2], &mapped);
	run(&bed, 100);
	ck_assert_uint_eq(!_i, bed.in.n);

	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(ports_are_given_as_said)
{
	struct ua_simnat_conf conf;
	struct bed bed;

	ua_simnat_conf_default(&conf);
	conf.mapping = UA_SIM_APD;
	conf.ports = (enum ua_simports)_i;
	bed_make(&bed, &conf);

	send_to(bed.sock, out_addr(&bed, 0));
	send_to(bed.sock, out_addr(&bed, 1));
	run(&bed, 100);

	if (_i == UA_SIM_PRESERVING)
		ck_assert_uint_eq(5000, bed.out[0].from.port);
	if (_i == UA_SIM_RANDOM)
		ck_assert_uint_ne(bed.out[0].from.port + 1,
				  bed.out[1].from.port);
	else
		ck_assert_uint_eq(bed.out[0].from.port + 1,
				  bed.out[1].from.port);

	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(mapping_lives_30_s_and_120_s_when_answered)
{
	struct ua_simnat_conf conf;
	struct bed bed;

	ua_simnat_conf_default(&conf);
	bed_make(&bed, &conf);

	send_to(bed.sock, out_addr(&bed, 0));
	run(&bed, 29000);
	ck_assert_uint_eq(1, ua_simnat_maps(bed.nat));
	run(&bed, 2000);
	ck_assert_uint_eq(0, ua_simnat_maps(bed.nat));

	send_to(bed.sock, out_addr(&bed, 0));
	run(&bed, 100);
	send_to(bed.outv[0], &bed.out[0].from);
	run(&bed, 119000);
	ck_assert_uint_eq(1, ua_simnat_maps(bed.nat));
	run(&bed, 2000);
	ck_assert_uint_eq(0, ua_simnat_maps(bed.nat));

	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(inbound_refreshes_only_where_it_may)
{
	struct ua_simnat_conf conf;
	struct bed bed;
	unsigned i;

	ua_simnat_conf_default(&conf);
	conf.inbound_refresh = _i;
	bed_make(&bed, &conf);

	send_to(bed.sock, out_addr(&bed, 0));
	run(&bed, 100);
	for (i = 0; i < 5; i++) {
		send_to(bed.outv[0], &bed.out[0].from);
		run(&bed, 50000);
	}

	ck_assert_uint_eq(_i ? 1 : 0, ua_simnat_maps(bed.nat));
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(hairpin_is_none_external_or_internal)
{
	struct ua_simnat_conf conf;
	struct ua_simsock *sock;
	struct heard heard = { 0 };
	struct bed bed;

	ua_simnat_conf_default(&conf);
	conf.hairpin = (enum ua_simhairpin)_i;
	bed_make(&bed, &conf);
	sock = host_make(&bed, ua_simnat_lan(bed.nat), "near",
			 "192.168.0.3:6000", &heard);

	send_to(bed.sock, out_addr(&bed, 0));
	run(&bed, 100);
	send_to(sock, &bed.out[0].from);
	run(&bed, 100);

	ck_assert_uint_eq(_i != UA_SIM_HAIRPIN_NONE, bed.in.n);
	if (_i == UA_SIM_HAIRPIN_INTERNAL)
		ck_assert(ua_addr_eq(&bed.in.from, ua_simsock_addr(sock)));
	if (_i == UA_SIM_HAIRPIN_EXTERNAL)
		ck_assert_uint_eq(198, bed.in.from.ip[0]);

	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(pool_is_paired_or_not)
{
	const struct ua_addr pool[] = { addr_of("198.51.100.2"),
					addr_of("198.51.100.3"),
					addr_of("198.51.100.4") };
	struct ua_simnat_conf conf;
	struct bed bed;
	unsigned changes = 0;
	unsigned i;

	ua_simnat_conf_default(&conf);
	conf.mapping = UA_SIM_APD;
	conf.paired = _i;
	conf.new_ms = 5000;
	bed_make(&bed, &conf);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(0, ua_simnat_addr(bed.nat, &pool[i]));
	ck_assert_int_eq(ENOSPC, ua_simnat_addr(bed.nat, &pool[0]));

	/* One mapping stays alive, the others are made anew each time. */
	for (i = 0; i < 20; i++) {
		send_to(bed.sock, out_addr(&bed, 0));
		run(&bed, 3000);
		send_to(bed.sock, out_addr(&bed, 0));
		run(&bed, 3000);
		send_to(bed.sock, out_addr(&bed, 1));
		run(&bed, 100);
		changes += !ua_addr_ip_eq(&bed.out[0].from, &bed.out[1].from);
	}

	ck_assert_int_eq(_i, changes == 0);
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(reboot_forgets_and_renumbering_moves)
{
	const struct ua_addr other = addr_of("198.51.100.77");
	struct ua_simnat_conf conf;
	struct ua_addr old;
	struct bed bed;

	ua_simnat_conf_default(&conf);
	bed_make(&bed, &conf);

	send_to(bed.sock, out_addr(&bed, 0));
	run(&bed, 100);
	ua_simnat_reboot(bed.nat);
	send_to(bed.outv[0], &bed.out[0].from);
	run(&bed, 100);
	ck_assert_uint_eq(0, bed.in.n);

	old = bed.out[0].from;
	ck_assert_int_eq(0, ua_simnat_renumber(bed.nat, &other));
	send_to(bed.sock, out_addr(&bed, 0));
	run(&bed, 100);
	ck_assert(ua_addr_ip_eq(&other, &bed.out[0].from));
	ck_assert(!ua_addr_ip_eq(&old, &bed.out[0].from));

	send_to(bed.outv[0], &bed.out[0].from);
	run(&bed, 100);
	ck_assert_uint_eq(1, bed.in.n);

	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(full_nat_makes_no_more_mappings)
{
	struct ua_simnat_conf conf;
	struct bed bed;

	ua_simnat_conf_default(&conf);
	conf.mapping = UA_SIM_APD;
	conf.max_maps = 2;
	bed_make(&bed, &conf);

	send_to(bed.sock, out_addr(&bed, 0));
	send_to(bed.sock, out_addr(&bed, 1));
	send_to(bed.sock, out_addr(&bed, 2));
	run(&bed, 100);
	ck_assert_uint_eq(1, bed.out[1].n);
	ck_assert_uint_eq(0, bed.out[2].n);

	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(udp_is_blocked_or_to_3478_only)
{
	struct ua_simnat_conf conf;
	struct ua_simsock *stun;
	struct heard heard = { 0 };
	struct bed bed;

	ua_simnat_conf_default(&conf);
	conf.udp = _i ? UA_SIM_UDP_STUN : UA_SIM_UDP_NONE;
	bed_make(&bed, &conf);
	stun = host_make(&bed, ua_simnet_core(bed.net), "stun",
			 "192.0.2.3:3478", &heard);

	send_to(bed.sock, out_addr(&bed, 0));
	send_to(bed.sock, ua_simsock_addr(stun));
	run(&bed, 100);
	ck_assert_uint_eq(0, bed.out[0].n);
	ck_assert_uint_eq(_i != 0, heard.n);

	if (_i) {
		send_to(stun, &heard.from);
		run(&bed, 100);
		ck_assert_uint_eq(1, bed.in.n);
	}

	ua_simnet_free(bed.net);
}
END_TEST


/* A firewall, and IPv6 behind a NAT: addresses stay, strangers do not. */
START_TEST(firewall_keeps_addresses_and_filters)
{
	struct ua_simnat_conf conf;
	struct ua_simsock *in, *out, *stranger;
	struct heard heard_in = { 0 };
	struct heard heard_out = { 0 };
	struct heard unused = { 0 };
	struct bed bed;

	ua_simnat_conf_default(&conf);
	conf.filter = UA_SIM_APD;
	conf.firewall = !_i;
	bed_make(&bed, &conf);
	in = host_make(&bed, ua_simnat_lan(bed.nat), "behind",
		       _i ? "[2001:db8::2]:5000" : "203.0.113.2:5000",
		       &heard_in);
	out = host_make(&bed, ua_simnet_core(bed.net), "outside",
			_i ? "[2001:db8:1::1]:1000" : "192.0.2.9:1000",
			&heard_out);
	stranger = host_make(&bed, ua_simnet_core(bed.net), "stranger",
			     _i ? "[2001:db8:1::2]:1000" : "192.0.2.8:1000",
			     &unused);

	send_to(in, ua_simsock_addr(out));
	run(&bed, 100);
	ck_assert_uint_eq(1, heard_out.n);
	ck_assert(ua_addr_eq(&heard_out.from, ua_simsock_addr(in)));

	send_to(stranger, ua_simsock_addr(in));
	run(&bed, 100);
	ck_assert_uint_eq(0, heard_in.n);

	send_to(out, ua_simsock_addr(in));
	run(&bed, 100);
	ck_assert_uint_eq(1, heard_in.n);

	ua_simnet_free(bed.net);
}
END_TEST


/* The mapping of a chain depends on what either box's depends on. */
START_TEST(chain_of_two_nats_translates_twice)
{
	const struct ua_addr addr = addr_of("100.64.0.2");
	struct ua_simnat_conf conf;
	struct ua_simnat *home;
	struct ua_simsock *sock;
	struct ua_simlink link;
	struct heard heard = { 0 };
	struct bed bed;

	ua_simnat_conf_default(&conf);
	bed_make(&bed, &conf);
	conf.mapping = UA_SIM_APD;
	ua_simlink_default(&link, HOP_US);
	ck_assert_int_eq(0, ua_simnat_alloc(&home, bed.net, "home",
					    ua_simnat_lan(bed.nat), &conf,
					    &link));
	ck_assert_int_eq(0, ua_simnat_addr(home, &addr));
	sock = host_make(&bed, ua_simnat_lan(home), "far", "10.0.0.2:5000",
			 &heard);

	send_to(sock, out_addr(&bed, 0));
	send_to(sock, out_addr(&bed, 1));
	run(&bed, 100);
	ck_assert_uint_eq(198, bed.out[0].from.ip[0]);
	ck_assert_uint_ne(bed.out[0].from.port, bed.out[1].from.port);

	send_to(bed.outv[0], &bed.out[0].from);
	run(&bed, 100);
	ck_assert_uint_eq(1, heard.n);
	ck_assert(ua_addr_eq(&heard.from, out_addr(&bed, 0)));

	ua_simnet_free(bed.net);
}
END_TEST


Suite *ua_suite_simnat(void)
{
	Suite *suite = suite_create("simnat");
	TCase *tc = tcase_create("simnat");

	tcase_add_loop_test(tc, mapping_depends_on_what_it_should, 0, 27);
	tcase_add_loop_test(tc, filter_lets_in_whom_it_should, 0, 18);
	tcase_add_loop_test(tc, filter_is_keyed_by_endpoint_or_mapping, 0, 2);
	tcase_add_loop_test(tc, ports_are_given_as_said, 0, 3);
	tcase_add_test(tc, mapping_lives_30_s_and_120_s_when_answered);
	tcase_add_loop_test(tc, inbound_refreshes_only_where_it_may, 0, 2);
	tcase_add_loop_test(tc, hairpin_is_none_external_or_internal, 0, 3);
	tcase_add_loop_test(tc, pool_is_paired_or_not, 0, 2);
	tcase_add_test(tc, reboot_forgets_and_renumbering_moves);
	tcase_add_test(tc, full_nat_makes_no_more_mappings);
	tcase_add_loop_test(tc, udp_is_blocked_or_to_3478_only, 0, 2);
	tcase_add_loop_test(tc, firewall_keeps_addresses_and_filters, 0, 2);
	tcase_add_test(tc, chain_of_two_nats_translates_twice);
	suite_add_tcase(suite, tc);

	return suite;
}
