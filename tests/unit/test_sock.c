/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_sock.c  Sockets on the loopback: ports, bytes and ICMP */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "net/sock.h"
#include "oom.h"

enum { GIVE_UP_MS = 5000 };

static struct ua_sock *rx, *tx;
static struct ua_addr any_port;
static struct tmr tmr;
static int nrecv, nerr, want;
static size_t last_len;
static uint8_t last[UA_DGRAM_MAX];
static struct ua_addr last_src, last_dst;
static int last_err;

Suite *ua_suite_sock(void);


static void on_recv(const struct ua_addr *src, uint8_t *buf, size_t len,
		    void *arg)
{
	ck_assert_ptr_eq(&nrecv, arg);
	last_src = *src;
	last_len = len;
	memcpy(last, buf, len);

	if (++nrecv == want)
		re_cancel();
}


static void on_error(int err, const struct ua_addr *dst, void *arg)
{
	(void)arg;
	last_err = err;
	last_dst = *dst;

	if (++nerr == want)
		re_cancel();
}


static void on_give_up(void *arg)
{
	(void)arg;
	re_cancel();
}


/* Run the loop until n handlers were called */
static void run(int n)
{
	want = n;
	tmr_start(&tmr, GIVE_UP_MS, on_give_up, NULL);
	ck_assert_int_eq(0, re_main(NULL));
	tmr_cancel(&tmr);
}


static void setup(void)
{
	ck_assert_int_eq(0, libre_init());
	tmr_init(&tmr);
	nrecv = nerr = last_err = 0;

	ck_assert_int_eq(0, ua_addr_set(&any_port, "127.0.0.1", 0));
	ck_assert_int_eq(
		0, ua_sock_open(&rx, &any_port, on_recv, on_error, &nrecv));
	ck_assert_int_eq(
		0, ua_sock_open(&tx, &any_port, on_recv, on_error, &nrecv));
}


static void teardown(void)
{
	rx = mem_deref(rx);
	tx = mem_deref(tx);
	libre_close();
}


static int send_str(const struct ua_addr *dst, const char *str)
{
	return ua_sock_send(tx, dst, (const uint8_t *)str, strlen(str));
}


START_TEST(free_port_is_told)
{
	ck_assert_uint_ne(0, ua_sock_local(rx)->port);
	ck_assert(ua_addr_ip_eq(&any_port, ua_sock_local(rx)));
	ck_assert(!ua_addr_eq(ua_sock_local(rx), ua_sock_local(tx)));
}
END_TEST


START_TEST(wildcard_and_strange_addresses_are_refused)
{
	static const char *const ips[] = { "0.0.0.0", "::", "224.0.0.1",
					   "ff02::1" };
	struct ua_sock *sock = NULL;
	struct ua_addr addr;
	size_t i;

	for (i = 0; i < sizeof(ips) / sizeof(ips[0]); i++) {
		ck_assert_int_eq(0, ua_addr_set(&addr, ips[i], 0));
		ck_assert_int_eq(EINVAL,
				 ua_sock_open(&sock, &addr, NULL, NULL, NULL));
	}

	ck_assert_int_eq(0, ua_addr_set(&addr, "192.0.2.254", 0));
	ck_assert_int_eq(EADDRNOTAVAIL,
			 ua_sock_open(&sock, &addr, NULL, NULL, NULL));
	ck_assert_ptr_null(sock);
}
END_TEST


START_TEST(taken_port_is_told)
{
	struct ua_sock *sock = NULL;

	ck_assert_int_eq(EADDRINUSE, ua_sock_open(&sock, ua_sock_local(rx),
						  NULL, NULL, NULL));
}
END_TEST


START_TEST(datagram_arrives_with_its_source)
{
	ck_assert_int_eq(0, send_str(ua_sock_local(rx), "hello"));
	run(1);

	ck_assert_int_eq(1, nrecv);
	ck_assert_uint_eq(5, last_len);
	ck_assert_mem_eq("hello", last, 5);
	ck_assert(ua_addr_eq(ua_sock_local(tx), &last_src));
}
END_TEST


START_TEST(burst_arrives_whole_and_in_order)
{
	uint8_t i;

	for (i = 0; i < 50; i++)
		ck_assert_int_eq(0,
				 ua_sock_send(tx, ua_sock_local(rx), &i, 1));
	run(50);

	ck_assert_int_eq(50, nrecv);
	ck_assert_uint_eq(49, last[0]);
}
END_TEST


START_TEST(largest_datagram_fits_and_a_larger_one_is_dropped)
{
	static uint8_t big[UA_DGRAM_MAX + 1];

	memset(big, 0x5a, sizeof(big));
	ck_assert_int_eq(
		0, ua_sock_send(tx, ua_sock_local(rx), big, UA_DGRAM_MAX + 1));
	ck_assert_int_eq(
		0, ua_sock_send(tx, ua_sock_local(rx), big, UA_DGRAM_MAX));
	ck_assert_int_eq(0, send_str(ua_sock_local(rx), "end"));
	run(2);

	ck_assert_int_eq(2, nrecv);
	ck_assert_uint_eq(3, last_len);
}
END_TEST


static void on_recv_free(const struct ua_addr *src, uint8_t *buf, size_t len,
			 void *arg)
{
	(void)src;
	(void)buf;
	(void)len;
	(void)arg;
	++nrecv;
	rx = mem_deref(rx);
	tmr_start(&tmr, 20, on_give_up, NULL);
}


START_TEST(handler_may_free_the_socket)
{
	ua_sock_handlers(rx, on_recv_free, NULL, NULL);
	ck_assert_int_eq(0, send_str(ua_sock_local(rx), "1"));
	ck_assert_int_eq(0, send_str(ua_sock_local(rx), "2"));
	run(2);

	ck_assert_int_eq(1, nrecv);
	ck_assert_ptr_null(rx);
}
END_TEST


/* An address on which nobody listens: refused by ICMP, on the loopback */
static struct ua_addr closed_port(void)
{
	struct ua_addr addr = *ua_sock_local(rx);

	rx = mem_deref(rx);
	return addr;
}


START_TEST(refused_datagram_is_told_with_its_destination)
{
	const struct ua_addr dst = closed_port();

	ck_assert_int_eq(0, send_str(&dst, "x"));
	ck_assert_int_eq(0, nerr);
	run(1);

	ck_assert_int_eq(1, nerr);
	ck_assert_int_eq(ECONNREFUSED, last_err);
	ck_assert(ua_addr_eq(&dst, &last_dst));
}
END_TEST


START_TEST(refusal_does_not_spoil_a_send_to_another)
{
	struct ua_sock *good;
	const struct ua_addr dst = closed_port();

	ck_assert_int_eq(
		0, ua_sock_open(&good, &any_port, on_recv, NULL, &nrecv));

	ck_assert_int_eq(0, send_str(&dst, "x"));
	ck_assert_int_eq(0, send_str(ua_sock_local(good), "good"));
	run(1);
	if (!nrecv || !nerr)
		run(1);

	ck_assert_int_eq(1, nrecv);
	ck_assert_int_eq(1, nerr);
	ck_assert_mem_eq("good", last, 4);
	mem_deref(good);
}
END_TEST


START_TEST(send_refuses_what_cannot_go)
{
	struct ua_addr dst;

	ck_assert_int_eq(0, ua_addr_set(&dst, "::1", 9));
	ck_assert_int_eq(EINVAL, send_str(&dst, "x"));
	ck_assert_int_eq(EINVAL, send_str(&any_port, "x"));
}
END_TEST


START_TEST(pair_is_even_and_odd)
{
	struct ua_sock *rtp = NULL, *rtcp = NULL, *third = NULL;
	struct ua_sock *fourth = NULL;
	struct ua_addr odd;

	ck_assert_int_eq(0, ua_sock_open_pair(&rtp, &rtcp, &any_port));
	ck_assert_uint_eq(0, ua_sock_local(rtp)->port & 1);
	ck_assert_uint_eq(ua_sock_local(rtp)->port + 1,
			  ua_sock_local(rtcp)->port);

	ck_assert_int_eq(EADDRINUSE, ua_sock_open_pair(&third, &fourth,
						       ua_sock_local(rtp)));

	odd = *ua_sock_local(rtcp);
	ck_assert_int_eq(EINVAL, ua_sock_open_pair(&third, &fourth, &odd));

	/* With the lower port free and the upper one taken: neither */
	odd = *ua_sock_local(rtp);
	rtp = mem_deref(rtp);
	ck_assert_int_eq(EADDRINUSE, ua_sock_open_pair(&third, &fourth, &odd));
	ck_assert_ptr_null(third);
	mem_deref(rtcp);
}
END_TEST


START_TEST(dscp_is_set_on_the_socket)
{
	ck_assert_int_eq(0, ua_sock_dscp_set(tx, UA_DSCP_MEDIA));
	ck_assert_int_eq(EINVAL, ua_sock_dscp_set(tx, 64));
}
END_TEST


static int open_and_close(void *arg)
{
	struct ua_sock *sock;
	int err;

	(void)arg;
	err = ua_sock_open(&sock, &any_port, NULL, NULL, NULL);
	if (!err)
		mem_deref(sock);

	/* The C library's address parser names it so. */
	return err == EADDRNOTAVAIL ? ENOMEM : err;
}


START_TEST(no_memory_leaks_nothing)
{
	ua_oom_walk(open_and_close, NULL);
}
END_TEST


Suite *ua_suite_sock(void)
{
	Suite *s = suite_create("sock");
	TCase *tc = tcase_create("sock");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 20);
	tcase_add_test(tc, free_port_is_told);
	tcase_add_test(tc, wildcard_and_strange_addresses_are_refused);
	tcase_add_test(tc, taken_port_is_told);
	tcase_add_test(tc, datagram_arrives_with_its_source);
	tcase_add_test(tc, burst_arrives_whole_and_in_order);
	tcase_add_test(tc, largest_datagram_fits_and_a_larger_one_is_dropped);
	tcase_add_test(tc, handler_may_free_the_socket);
	tcase_add_test(tc, refused_datagram_is_told_with_its_destination);
	tcase_add_test(tc, refusal_does_not_spoil_a_send_to_another);
	tcase_add_test(tc, send_refuses_what_cannot_go);
	tcase_add_test(tc, pair_is_even_and_odd);
	tcase_add_test(tc, dscp_is_set_on_the_socket);
	tcase_add_test(tc, no_memory_leaks_nothing);
	suite_add_tcase(s, tc);

	return s;
}
