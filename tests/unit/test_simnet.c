/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_simnet.c  Clock, timers and links of the simulated net */

#include <check.h>
#include <errno.h>
#include <string.h>

#include <ua/sim.h>

Suite *ua_suite_simnet(void);

enum { PACKETS = 20000, SENT = 256 };

/** Two hosts in one LAN, and the link between them */
struct bed {
	struct ua_simnet *net;
	struct ua_simif *ifv[2];
	struct ua_simsock *sockv[2];
	unsigned n;
	uint64_t last_us;
	uint8_t last;
	unsigned back; /* Came before one that was sent earlier          */
	unsigned run;  /* Of losses, now                                 */
	unsigned runs; /* How many there were                            */
};

struct order {
	struct ua_simtimer tmr;
	char *next;
	char name;
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
	struct bed *bed = arg;

	(void)src;
	ck_assert_uint_ge(len, 1);
	bed->n++;
	bed->back += (int8_t)(buf[0] - bed->last) < 0;
	bed->last = buf[0];
	bed->last_us = ua_simnet_now(bed->net);
}


static void bed_make(struct bed *bed, uint64_t seed,
		     const struct ua_simlink *up)
{
	static const char *const addrs[] = { "10.0.0.1:1000",
					     "10.0.0.2:1000" };
	struct ua_simlink link;
	struct ua_simhost *host;
	unsigned i;

	memset(bed, 0, sizeof(*bed));
	ua_simlink_default(&link, 1000);
	ck_assert_int_eq(0, ua_simnet_alloc(&bed->net, seed));

	for (i = 0; i < 2; i++) {
		const struct ua_addr addr = addr_of(addrs[i]);

		ck_assert_int_eq(0, ua_simhost_alloc(&host, bed->net, "h"));
		ck_assert_int_eq(0, ua_simif_alloc(&bed->ifv[i], host, "e",
						   ua_simnet_core(bed->net),
						   &link));
		ck_assert_int_eq(0, ua_simif_addr(bed->ifv[i], &addr));
		ck_assert_int_eq(0, ua_simsock_alloc(&bed->sockv[i], host,
						     &addr, on_recv, bed));
	}

	ua_simif_link(bed->ifv[0], up, NULL);
}


/* So many packets, 20 ms apart */
static void send_many(struct bed *bed, unsigned n)
{
	const struct ua_addr *dst = ua_simsock_addr(bed->sockv[1]);
	unsigned i, before;
	uint8_t byte;

	for (i = 0; i < n; i++) {
		byte = (uint8_t)i;
		before = bed->n;
		ck_assert_int_eq(
			0, ua_simsock_send(bed->sockv[0], dst, &byte, 1));
		ua_simnet_run(bed->net,
			      ua_simnet_now(bed->net) + 20 * UA_SIM_MS);
		if (bed->n != before)
			bed->run = 0;
		else if (!bed->run++)
			bed->runs++;
	}
}


static void on_time(void *arg)
{
	struct order *order = arg;

	*order->next = order->name;
}


static void on_name(void *arg)
{
	char *str = arg;

	str[strlen(str)] = '!';
}


START_TEST(timers_fire_in_order_and_can_be_moved)
{
	struct ua_simnet *net;
	struct ua_simtimer a = { 0 }, b = { 0 }, c = { 0 };
	char str[8] = "";

	ck_assert_int_eq(0, ua_simnet_alloc(&net, 1));
	ck_assert_int_eq(0, ua_simtimer_start(&a, net, 300, on_name, str));
	ck_assert_int_eq(0, ua_simtimer_start(&b, net, 100, on_name, str));
	ck_assert_int_eq(0, ua_simtimer_start(&c, net, 200, on_name, str));
	ck_assert_int_eq(0, ua_simtimer_start(&a, net, 150, on_name, str));
	ua_simtimer_cancel(&c);

	ua_simnet_run(net, 120);
	ck_assert_str_eq("!", str);
	ck_assert_uint_eq(120, ua_simnet_now(net));
	ua_simnet_run(net, 1000);
	ck_assert_str_eq("!!", str);

	/* What is over is due at once. */
	ck_assert_int_eq(0, ua_simtimer_start(&c, net, 5, on_name, str));
	ua_simnet_run(net, 1000);
	ck_assert_str_eq("!!!", str);

	/* One that still runs does not outlive its net. */
	ck_assert_int_eq(0, ua_simtimer_start(&c, net, 5000, on_name, str));
	ua_simnet_free(net);
	ua_simtimer_cancel(&c);
}
END_TEST


START_TEST(equal_times_go_by_order_of_start)
{
	struct order v[3] = { { .name = 'a' },
			      { .name = 'b' },
			      { .name = 'c' } };
	struct ua_simnet *net;
	char last = 0;
	unsigned i;

	ck_assert_int_eq(0, ua_simnet_alloc(&net, 1));
	for (i = 0; i < 3; i++) {
		v[i].next = &last;
		ck_assert_int_eq(0, ua_simtimer_start(&v[i].tmr, net, 10,
						      on_time, &v[i]));
	}

	ua_simnet_run(net, 10);
	ck_assert_int_eq('c', last);
	ua_simnet_free(net);
}
END_TEST


START_TEST(packet_takes_both_delays)
{
	struct ua_simlink link;
	struct bed bed;

	ua_simlink_default(&link, 7000);
	bed_make(&bed, 1, &link);
	send_many(&bed, 1);
	ck_assert_uint_eq(1, bed.n);
	ck_assert_uint_eq(8000, bed.last_us);
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(loss_is_as_much_and_as_long_as_said)
{
	struct ua_simlink link;
	struct bed bed;
	unsigned lost, mean10;

	ua_simlink_default(&link, 1000);
	link.loss = 500;
	link.burst = _i ? 8 : 1;
	bed_make(&bed, 3, &link);
	send_many(&bed, PACKETS);

	lost = PACKETS - bed.n;
	ck_assert_uint_gt(lost, PACKETS / 30);
	ck_assert_uint_lt(lost, PACKETS / 12);

	mean10 = 10 * lost / bed.runs;
	ck_assert_uint_gt(mean10, _i ? 60 : 9);
	ck_assert_uint_lt(mean10, _i ? 105 : 13);
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(burst_of_a_quiet_link_ends_by_time)
{
	struct ua_simlink link;
	struct bed bed;
	unsigned i;

	/* One packet a second never meets the same burst for long. */
	ua_simlink_default(&link, 1000);
	link.loss = 1000;
	link.burst = 5;
	bed_make(&bed, 5, &link);
	for (i = 0; i < 500; i++) {
		send_many(&bed, 1);
		ua_simnet_run(bed.net, ua_simnet_now(bed.net) + UA_SIM_S);
	}

	ck_assert_uint_le(500 - bed.n, 2 * bed.runs);
	ck_assert_uint_lt(bed.n, 500);
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(jitter_alone_keeps_the_order)
{
	struct ua_simlink link;
	struct bed bed;

	ua_simlink_default(&link, 100000);
	link.jitter_us = _i ? 2000 : 40000;
	if (_i) {
		link.reorder = 1000;
		link.reorder_us = 60000;
	}

	bed_make(&bed, 9, &link);
	send_many(&bed, SENT);
	ua_simnet_run(bed.net, ua_simnet_now(bed.net) + UA_SIM_S);
	ck_assert_uint_eq(SENT, bed.n);
	ck_assert_int_eq(_i, bed.back != 0);
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(some_packets_come_twice)
{
	struct ua_simlink link;
	struct bed bed;

	ua_simlink_default(&link, 1000);
	link.dup = 1000;
	bed_make(&bed, 4, &link);
	send_many(&bed, SENT);
	ck_assert_uint_gt(bed.n, SENT + SENT / 20);
	ck_assert_uint_lt(bed.n, SENT + SENT / 5);
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(queue_and_mtu_have_ends)
{
	static const uint8_t big[1400];
	struct ua_simlink link;
	struct ua_simnet_stat stat;
	struct bed bed;
	unsigned i;

	ua_simlink_default(&link, 1000);
	link.rate_kbps = 100;
	bed_make(&bed, 4, &link);

	/* 114 ms each: the fourth would wait for 342 ms. */
	for (i = 0; i < 10; i++)
		ck_assert_int_eq(0,
				 ua_simsock_send(bed.sockv[0],
						 ua_simsock_addr(bed.sockv[1]),
						 big, sizeof(big)));
	ua_simnet_run(bed.net, 5 * UA_SIM_S);
	ck_assert_uint_eq(3, bed.n);

	link.rate_kbps = 0;
	link.mtu = 1280;
	ua_simif_link(bed.ifv[0], &link, NULL);
	ck_assert_int_eq(0, ua_simsock_send(bed.sockv[0],
					    ua_simsock_addr(bed.sockv[1]), big,
					    sizeof(big)));
	ua_simnet_run(bed.net, 6 * UA_SIM_S);
	ck_assert_uint_eq(3, bed.n);
	ua_simnet_stat(bed.net, &stat);
	ck_assert_uint_eq(8, stat.dropped);
	ck_assert_uint_eq(11, stat.packets);

	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(cut_link_and_lost_address_pass_nothing)
{
	struct ua_addr addr = addr_of("10.0.0.1");
	struct ua_simlink link;
	struct bed bed;
	uint8_t byte = 0;

	ua_simlink_default(&link, 1000);
	bed_make(&bed, 4, &link);
	ua_simif_up(bed.ifv[1], false);
	send_many(&bed, 1);
	ck_assert_uint_eq(0, bed.n);

	ua_simif_up(bed.ifv[1], true);
	send_many(&bed, 1);
	ck_assert_uint_eq(1, bed.n);

	ua_simif_addr_del(bed.ifv[0], &addr);
	ck_assert_int_eq(EADDRNOTAVAIL,
			 ua_simsock_send(bed.sockv[0],
					 ua_simsock_addr(bed.sockv[1]), &byte,
					 1));
	ua_simnet_free(bed.net);
}
END_TEST


START_TEST(same_seed_is_the_same_net)
{
	struct ua_simnet_stat a, b, c;
	struct ua_simlink link;
	struct bed bed;
	unsigned i;

	ua_simlink_default(&link, 1000);
	link.loss = 1000;
	link.jitter_us = 500;

	for (i = 0; i < 3; i++) {
		bed_make(&bed, i == 2 ? 12 : 11, &link);
		send_many(&bed, SENT);
		ua_simnet_stat(bed.net, i == 0 ? &a : i == 1 ? &b : &c);
		ua_simnet_free(bed.net);
	}

	ck_assert_uint_eq(a.hash, b.hash);
	ck_assert_uint_eq(a.events, b.events);
	ck_assert_uint_ne(a.hash, c.hash);
}
END_TEST


Suite *ua_suite_simnet(void)
{
	Suite *suite = suite_create("simnet");
	TCase *tc = tcase_create("simnet");

	tcase_add_test(tc, timers_fire_in_order_and_can_be_moved);
	tcase_add_test(tc, equal_times_go_by_order_of_start);
	tcase_add_test(tc, packet_takes_both_delays);
	tcase_add_loop_test(tc, loss_is_as_much_and_as_long_as_said, 0, 2);
	tcase_add_test(tc, burst_of_a_quiet_link_ends_by_time);
	tcase_add_loop_test(tc, jitter_alone_keeps_the_order, 0, 2);
	tcase_add_test(tc, some_packets_come_twice);
	tcase_add_test(tc, queue_and_mtu_have_ends);
	tcase_add_test(tc, cut_link_and_lost_address_pass_nothing);
	tcase_add_test(tc, same_seed_is_the_same_net);
	suite_add_tcase(suite, tc);

	return suite;
}
