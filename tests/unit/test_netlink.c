/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_netlink.c  Which of the kernel's messages count */

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "net/netlink.h"

Suite *ua_suite_netlink(void);

enum { ROOM = 512 };

static uint8_t packet[ROOM];
static size_t used;


static void setup(void)
{
	memset(packet, 0, sizeof(packet));
	used = 0;
}


/* Append a message; its header is returned where it lies. */
static uint8_t *message(uint16_t type, const void *body, size_t len)
{
	const struct nlmsghdr hdr = {
		.nlmsg_len = (uint32_t)(sizeof(hdr) + len),
		.nlmsg_type = type,
	};
	uint8_t *at = packet + used;

	ck_assert_uint_le(used + NLMSG_ALIGN(hdr.nlmsg_len), ROOM);
	memcpy(at, &hdr, sizeof(hdr));
	if (len)
		memcpy(at + sizeof(hdr), body, len);
	used += NLMSG_ALIGN(hdr.nlmsg_len);

	return at;
}


static void address(uint16_t type)
{
	const struct ifaddrmsg ifa = { .ifa_family = AF_INET };

	(void)message(type, &ifa, sizeof(ifa));
}


static void route(uint8_t table, uint8_t kind, uint32_t flags)
{
	const struct rtmsg rtm = { .rtm_family = AF_INET,
				   .rtm_table = table,
				   .rtm_type = kind,
				   .rtm_flags = flags };

	(void)message(RTM_NEWROUTE, &rtm, sizeof(rtm));
}


/* A link with one attribute */
static uint8_t *link_with(uint16_t attr)
{
	struct {
		struct ifinfomsg ifi;
		struct rtattr rta;
		uint8_t value[4];
	} body;

	memset(&body, 0, sizeof(body));
	body.rta.rta_len = sizeof(body.rta) + 3;
	body.rta.rta_type = attr;

	return message(RTM_NEWLINK, &body, sizeof(body));
}


static unsigned parse(void)
{
	unsigned what = 99;

	ck_assert_int_eq(0, ua_netlink_parse(&what, packet, used));

	return what;
}


static void is_malformed(size_t len)
{
	unsigned what = 99;

	ck_assert_int_eq(EBADMSG, ua_netlink_parse(&what, packet, len));
	ck_assert_uint_eq(99, what);
}


START_TEST(each_kind_is_told)
{
	ck_assert_uint_eq(0, parse());

	address(RTM_NEWADDR);
	ck_assert_uint_eq(UA_NETLINK_ADDR, parse());

	setup();
	address(RTM_DELADDR);
	ck_assert_uint_eq(UA_NETLINK_ADDR, parse());

	route(RT_TABLE_MAIN, RTN_UNICAST, 0);
	ck_assert_uint_eq(UA_NETLINK_ADDR | UA_NETLINK_ROUTE, parse());

	(void)link_with(IFLA_MTU);
	ck_assert_uint_eq(UA_NETLINK_ADDR | UA_NETLINK_ROUTE | UA_NETLINK_LINK,
			  parse());

	setup();
	(void)message(NLMSG_OVERRUN, NULL, 0);
	ck_assert_uint_eq(UA_NETLINK_LOST, parse());
}
END_TEST


START_TEST(what_changes_nothing_is_left_out)
{
	(void)link_with(IFLA_WIRELESS);
	route(RT_TABLE_LOCAL, RTN_LOCAL, 0);
	route(RT_TABLE_MAIN, RTN_BROADCAST, 0);
	route(RT_TABLE_MAIN, RTN_ANYCAST, 0);
	route(RT_TABLE_MAIN, RTN_MULTICAST, 0);
	route(RT_TABLE_MAIN, RTN_UNICAST, RTM_F_CLONED);
	(void)message(RTM_NEWNEIGH, NULL, 0);
	(void)message(NLMSG_NOOP, NULL, 0);
	(void)message(NLMSG_DONE, "x", 1);
	ck_assert_uint_eq(0, parse());

	/* A route that leads nowhere takes a way all the same. */
	route(RT_TABLE_MAIN, RTN_UNREACHABLE, 0);
	ck_assert_uint_eq(UA_NETLINK_ROUTE, parse());
}
END_TEST


START_TEST(every_cut_is_malformed_or_ends_a_message)
{
	unsigned what;
	size_t link_end;
	size_t len;

	(void)link_with(IFLA_MTU);
	link_end = used;
	route(RT_TABLE_MAIN, RTN_UNICAST, 0);

	for (len = 1; len < used; len++) {
		if (len == link_end)
			ck_assert_int_eq(0,
					 ua_netlink_parse(&what, packet, len));
		else
			is_malformed(len);
	}
}
END_TEST


START_TEST(lengths_that_lie_are_malformed)
{
	static const uint32_t lens[] = { 0, 1, 15, 16, 31, 4096, 0xffffffff };
	uint8_t *at = link_with(IFLA_MTU);

	memcpy(at, &lens[_i], sizeof(lens[_i]));
	is_malformed(used);
}
END_TEST


START_TEST(attribute_lengths_that_lie_are_malformed)
{
	static const uint16_t lens[] = { 0, 3, 9, 0xffff };
	uint8_t *at = link_with(IFLA_MTU);

	memcpy(at + sizeof(struct nlmsghdr) + sizeof(struct ifinfomsg),
	       &lens[_i], sizeof(lens[_i]));
	is_malformed(used);
}
END_TEST


START_TEST(packet_need_not_be_aligned)
{
	uint8_t odd[ROOM + 1];
	unsigned what;

	(void)link_with(IFLA_MTU);
	memcpy(odd + 1, packet, used);
	ck_assert_int_eq(0, ua_netlink_parse(&what, odd + 1, used));
	ck_assert_uint_eq(UA_NETLINK_LINK, what);
}
END_TEST


Suite *ua_suite_netlink(void)
{
	Suite *s = suite_create("netlink");
	TCase *tc = tcase_create("netlink");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, each_kind_is_told);
	tcase_add_test(tc, what_changes_nothing_is_left_out);
	tcase_add_test(tc, every_cut_is_malformed_or_ends_a_message);
	tcase_add_loop_test(tc, lengths_that_lie_are_malformed, 0, 7);
	tcase_add_loop_test(tc, attribute_lengths_that_lie_are_malformed, 0,
			    4);
	tcase_add_test(tc, packet_need_not_be_aligned);
	suite_add_tcase(s, tc);

	return s;
}
