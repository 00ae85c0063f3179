/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_iflist.c  Which local addresses are taken, and their order */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "net/iflist.h"

enum { UP = UA_IFRAW_UP, DEFLT = UA_IFRAW_UP | UA_IFRAW_DEFAULT };

static const struct ua_iflist_conf both = { .ip4 = true, .ip6 = true };

static struct ua_ifraw rawv[16];
static size_t nraw;
static struct ua_iflist list;

Suite *ua_suite_iflist(void);


static void setup(void)
{
	memset(rawv, 0, sizeof(rawv));
	memset(&list, 0, sizeof(list));
	nraw = 0;
}


static struct ua_ifraw *add(const char *ifname, uint32_t ifindex,
			    const char *ip, uint8_t plen, uint32_t flags)
{
	struct ua_ifraw *raw = &rawv[nraw++];

	ck_assert_int_eq(0, ua_addr_set(&raw->addr, ip, 0));
	strcpy(raw->ifname, ifname);
	raw->ifindex = ifindex;
	raw->plen = plen;
	raw->flags = flags;
	raw->cost = ua_iflist_cost(ifname, "", false, flags);

	return raw;
}


static int choose(const struct ua_iflist_conf *conf)
{
	return ua_iflist_choose(&list, rawv, nraw, conf);
}


static void is_at(size_t i, const char *ip)
{
	char buf[UA_ADDR_LEN];

	ck_assert_uint_lt(i, list.n);
	ck_assert_str_eq(ip, ua_addr_ip_str(&list.v[i].addr, buf));
}


START_TEST(loopback_counts_only_alone_or_named)
{
	const char *const names[] = { "lo" };
	const struct ua_iflist_conf named = {
		.ifacev = names, .ifacec = 1, .ip4 = true, .ip6 = true
	};

	(void)add("lo", 1, "127.0.0.1", 8, UP | UA_IFRAW_LOOPBACK);
	ck_assert_int_eq(0, choose(&both));
	is_at(0, "127.0.0.1");

	(void)add("eth0", 2, "192.0.2.1", 24, DEFLT);
	ck_assert_int_eq(0, choose(&both));
	ck_assert_uint_eq(1, list.n);
	is_at(0, "192.0.2.1");

	ck_assert_int_eq(0, choose(&named));
	ck_assert_uint_eq(1, list.n);
	is_at(0, "127.0.0.1");
}
END_TEST


START_TEST(unusable_addresses_are_skipped)
{
	(void)add("eth0", 2, "192.0.2.1", 24, 0);
	(void)add("eth1", 3, "2001:db8::1", 64, UP | UA_IFRAW_TENTATIVE);
	(void)add("eth1", 3, "2001:db8::2", 64, UP | UA_IFRAW_DEPRECATED);
	ck_assert_int_eq(ENODEV, choose(&both));

	(void)add("eth1", 3, "2001:db8::3", 64, UP);
	ck_assert_int_eq(0, choose(&both));
	ck_assert_uint_eq(1, list.n);
	is_at(0, "2001:db8::3");
}
END_TEST


START_TEST(linklocal_must_be_asked_for)
{
	const struct ua_iflist_conf asked = { .ip4 = true,
					      .ip6 = true,
					      .linklocal = true };

	add("eth0", 2, "fe80::1", 64, UP)->addr.scope = 2;
	(void)add("eth0", 2, "169.254.1.1", 16, UP);
	ck_assert_int_eq(ENODEV, choose(&both));

	ck_assert_int_eq(0, choose(&asked));
	ck_assert_uint_eq(2, list.n);
	ck_assert_uint_eq(2, list.v[0].addr.scope);
}
END_TEST


START_TEST(temporary_address_hides_its_prefix_only)
{
	(void)add("eth0", 2, "2001:db8:0:1::1", 64, UP);
	(void)add("eth0", 2, "2001:db8:0:1:aaaa::", 64,
		  UP | UA_IFRAW_TEMPORARY);
	(void)add("eth0", 2, "2001:db8:0:2::1", 64, UP);
	(void)add("eth1", 3, "2001:db8:0:1::3", 64, UP);

	ck_assert_int_eq(0, choose(&both));
	ck_assert_uint_eq(3, list.n);
	is_at(0, "2001:db8:0:1:aaaa::");
	is_at(1, "2001:db8:0:2::1");
	is_at(2, "2001:db8:0:1::3");
}
END_TEST


START_TEST(one_usable_address_per_prefix)
{
	const uint32_t temporary = UP | UA_IFRAW_TEMPORARY;

	(void)add("eth0", 2, "2001:db8::7", 64,
		  temporary | UA_IFRAW_TENTATIVE);
	(void)add("eth0", 2, "2001:db8::1", 64, UP);
	(void)add("eth0", 2, "2001:db8::2", 64, temporary);
	(void)add("eth0", 2, "2001:db8::3", 64,
		  temporary | UA_IFRAW_DEPRECATED);

	/* The old temporary one, which is about to be deprecated */
	(void)add("eth0", 2, "2001:db8::4", 64, temporary);

	/* By DHCP and by hand */
	(void)add("eth0", 2, "2001:db8:1::1", 64, UP);
	(void)add("eth0", 2, "2001:db8:1::2", 64, UP);

	ck_assert_int_eq(0, choose(&both));
	ck_assert_uint_eq(2, list.n);
	is_at(0, "2001:db8::2");
	is_at(1, "2001:db8:1::1");
}
END_TEST


/* With a default route through the tunnel, too: a direct way is better. */
START_TEST(vpn_and_bridges_go_last)
{
	(void)add("docker0", 5, "172.17.0.1", 16, UP);
	(void)add("tun0", 4, "10.8.0.2", 24, DEFLT | UA_IFRAW_PTP);
	(void)add("wlan0", 3, "192.168.7.7", 24, UP);
	ck_assert_int_eq(0, choose(&both));
	ck_assert_uint_eq(3, list.n);
	is_at(0, "192.168.7.7");
	is_at(1, "10.8.0.2");
	is_at(2, "172.17.0.1");

	/* Alone each is taken. */
	setup();
	(void)add("tun0", 4, "10.8.0.2", 24, DEFLT | UA_IFRAW_PTP);
	ck_assert_int_eq(0, choose(&both));
	ck_assert_uint_eq(1, list.n);
	is_at(0, "10.8.0.2");

	setup();
	(void)add("docker0", 5, "172.17.0.1", 16, UP);
	ck_assert_int_eq(0, choose(&both));
	ck_assert_uint_eq(1, list.n);
	is_at(0, "172.17.0.1");
}
END_TEST


/* RFC 8421, 4: broken IPv6 costs one place, not all of its own. */
START_TEST(families_take_turns)
{
	(void)add("eth0", 2, "2001:db8:0:1::1", 64, DEFLT);
	(void)add("eth0", 2, "2001:db8:0:2::1", 64, DEFLT);
	(void)add("eth0", 2, "2001:db8:0:3::1", 64, DEFLT);
	(void)add("eth0", 2, "192.0.2.1", 24, DEFLT);
	ck_assert_int_eq(0, choose(&both));
	ck_assert_uint_eq(4, list.n);
	is_at(1, "192.0.2.1");
}
END_TEST


START_TEST(lists_compare_by_what_matters)
{
	struct ua_iflist other;

	(void)add("eth0", 2, "2001:db8::1", 64, DEFLT);
	(void)add("eth0", 2, "192.0.2.1", 24, DEFLT);
	ck_assert_int_eq(0, choose(&both));
	other = list;
	ck_assert(ua_iflist_eq(&list, &other));

	other.v[0] = list.v[1];
	other.v[1] = list.v[0];
	ck_assert(ua_iflist_eq(&list, &other));
	ck_assert_ptr_eq(&other.v[0], ua_iflist_find(&other, &list.v[1].addr));

	other.n = 1;
	ck_assert(!ua_iflist_eq(&list, &other));
	ck_assert_ptr_null(ua_iflist_find(&other, &list.v[0].addr));

	other = list;
	other.v[1].deflt = false;
	ck_assert(!ua_iflist_eq(&list, &other));
}
END_TEST


START_TEST(deprecated_temporary_address_hides_nothing)
{
	(void)add("eth0", 2, "2001:db8::1", 64, UP);
	(void)add("eth0", 2, "2001:db8::2", 64,
		  UP | UA_IFRAW_TEMPORARY | UA_IFRAW_DEPRECATED);

	ck_assert_int_eq(0, choose(&both));
	ck_assert_uint_eq(1, list.n);
	is_at(0, "2001:db8::1");
}
END_TEST


START_TEST(prefix_need_not_end_at_a_byte)
{
	(void)add("eth0", 2, "2001:db8:0:10::1", 60, UP);
	(void)add("eth0", 2, "2001:db8:0:1f::2", 60, UP | UA_IFRAW_TEMPORARY);
	(void)add("eth0", 2, "2001:db8:0:20::3", 60, UP);

	ck_assert_int_eq(0, choose(&both));
	ck_assert_uint_eq(2, list.n);
	is_at(0, "2001:db8:0:1f::2");
	is_at(1, "2001:db8:0:20::3");
}
END_TEST


START_TEST(order_is_cost_then_default_then_families_in_turn)
{
	size_t i;

	(void)add("docker0", 9, "172.17.0.1", 16, UP);
	(void)add("wg0", 8, "10.8.0.2", 24, UP | UA_IFRAW_PTP);
	(void)add("wwan0", 7, "100.64.0.9", 24, UP);
	(void)add("wlan0", 5, "192.168.7.7", 24, DEFLT);
	(void)add("eth1", 4, "192.0.2.2", 24, UP);
	(void)add("eth1", 4, "2001:db8:2::2", 64, UP);
	(void)add("eth0", 3, "192.0.2.1", 24, DEFLT);
	(void)add("eth0", 3, "2001:db8:1::1", 64, DEFLT);

	ck_assert_int_eq(0, choose(&both));
	ck_assert_uint_eq(8, list.n);
	is_at(0, "2001:db8:1::1");
	is_at(1, "192.0.2.1");
	is_at(2, "2001:db8:2::2");
	is_at(3, "192.0.2.2");
	is_at(4, "192.168.7.7");
	is_at(5, "100.64.0.9");
	is_at(6, "10.8.0.2");
	is_at(7, "172.17.0.1");

	/* RFC 8445, 5.1.2.1: unique, and falling */
	for (i = 1; i < list.n; i++)
		ck_assert_uint_lt(ua_iflist_pref(&list.v[i]),
				  ua_iflist_pref(&list.v[i - 1]));
	ck_assert_uint_eq(65535, ua_iflist_pref(&list.v[0]));
	ck_assert_uint_eq(65535 - 4 * 256, ua_iflist_pref(&list.v[7]));
}
END_TEST


START_TEST(bridge_with_a_default_route_is_a_wire)
{
	(void)add("br-lan", 2, "192.0.2.1", 24, DEFLT);
	ck_assert_int_eq(0, choose(&both));
	ck_assert_int_eq(UA_IFCOST_WIRED, list.v[0].cost);
	ck_assert(list.v[0].deflt);
}
END_TEST


START_TEST(families_and_names_filter)
{
	const char *const names[] = { "eth1", "wlan0" };
	struct ua_iflist_conf conf = { .ifacev = names,
				       .ifacec = 2,
				       .ip4 = true };

	(void)add("eth0", 2, "192.0.2.1", 24, DEFLT);
	(void)add("eth1", 3, "192.0.2.2", 24, UP);
	(void)add("eth1", 3, "2001:db8::2", 64, UP);

	ck_assert_int_eq(0, choose(&conf));
	ck_assert_uint_eq(1, list.n);
	is_at(0, "192.0.2.2");

	conf.ip4 = false;
	ck_assert_int_eq(ENODEV, choose(&conf));
	ck_assert_uint_eq(1, list.n);
}
END_TEST


START_TEST(more_addresses_than_room_keep_the_best)
{
	static struct ua_ifraw many[UA_IFADDR_MAX + 8];
	size_t i;

	for (i = 0; i < UA_IFADDR_MAX + 8; i++) {
		setup();
		many[i] = *add("eth0", 2, "192.0.2.1", 24, UP);
		many[i].addr.ip[3] = (uint8_t)i;
	}
	many[UA_IFADDR_MAX + 7].flags |= UA_IFRAW_DEFAULT;

	ck_assert_int_eq(
		0, ua_iflist_choose(&list, many, UA_IFADDR_MAX + 8, &both));
	ck_assert_uint_eq(UA_IFADDR_MAX, list.n);
	ck_assert_uint_eq(UA_IFADDR_MAX + 7, list.v[0].addr.ip[3]);
}
END_TEST


static const struct {
	const char *ifname;
	const char *devtype;
	bool wireless;
	uint32_t flags;
	enum ua_ifcost cost;
} kinds[] = {
	{ "eth0", "", false, 0, UA_IFCOST_WIRED },
	{ "enp3s0", "", false, 0, UA_IFCOST_WIRED },
	{ "eth0", "wlan", false, 0, UA_IFCOST_WIFI },
	{ "mlan0", "", true, 0, UA_IFCOST_WIFI },
	{ "wlp2s0", "", false, 0, UA_IFCOST_WIFI },
	{ "wwp0s20", "", false, 0, UA_IFCOST_CELLULAR },
	{ "usb0", "wwan", false, 0, UA_IFCOST_CELLULAR },
	{ "tun0", "", false, 0, UA_IFCOST_VPN },
	{ "office", "wireguard", false, 0, UA_IFCOST_VPN },
	{ "sit1", "", false, UA_IFRAW_PTP, UA_IFCOST_VPN },
	{ "docker0", "bridge", false, 0, UA_IFCOST_BRIDGE },
	{ "virbr0", "", false, 0, UA_IFCOST_BRIDGE },
};


START_TEST(kind_of_interface_sets_its_cost)
{
	ck_assert_int_eq(kinds[_i].cost,
			 ua_iflist_cost(kinds[_i].ifname, kinds[_i].devtype,
					kinds[_i].wireless, kinds[_i].flags));
}
END_TEST


START_TEST(inet6_text_sets_states)
{
	const char *text =
		"20010db8000000000000000000000001 02 40 00 80     eth0\n"
		"garbage\n"
		"20010db8000000000000000000000002 02 40 00 01     eth0\n"
		"20010db8000000000000000000000003 02 38 00 20     eth0\n"
		"20010db8000000000000000000000004 02 40 00 c0     eth0\n"
		"20010db8000000000000000000000005 03 40 00 20     eth1\n"
		"20010db80000000000000000000000 02 40 00 20     eth0\n";
	char ip[] = "2001:db8::0";
	int i;

	for (i = 1; i <= 5; i++) {
		ip[10] = (char)('0' + i);
		(void)add("eth0", 2, ip, 0, UP);
	}

	ua_iflist_parse_inet6(rawv, nraw, text);
	ck_assert_uint_eq(UP, rawv[0].flags);
	ck_assert_uint_eq(UP | UA_IFRAW_TEMPORARY, rawv[1].flags);
	ck_assert_uint_eq(UP | UA_IFRAW_DEPRECATED, rawv[2].flags);
	ck_assert_uint_eq(UP | UA_IFRAW_TENTATIVE, rawv[3].flags);
	ck_assert_uint_eq(UP, rawv[4].flags);
	ck_assert_uint_eq(64, rawv[0].plen);
	ck_assert_uint_eq(56, rawv[2].plen);
}
END_TEST


START_TEST(route_texts_mark_default_interfaces)
{
	const char *text4 =
		"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\t"
		"Mask\t\tMTU\tWindow\tIRTT\n"
		"eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
		"eth1\t00000000\t00000000\t0201\t0\t0\t0\t00000000\t0\t0\t0\n"
		"eth2\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
		"eth3\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0\n";
	const char *text6 =
		"00000000000000000000000000000000 00 "
		"00000000000000000000000000000000 00 "
		"fe800000000000000000000000000001 00000400 00000002 00000000 "
		"00000003     eth1\n"
		"00000000000000000000000000000000 00 "
		"00000000000000000000000000000000 00 "
		"00000000000000000000000000000000 ffffffff 00000001 00000000 "
		"00200200     eth0\n";

	(void)add("eth0", 2, "192.0.2.1", 24, UP);
	(void)add("eth0", 2, "2001:db8::1", 64, UP);
	(void)add("eth1", 3, "192.0.2.2", 24, UP);
	(void)add("eth1", 3, "2001:db8::2", 64, UP);
	(void)add("eth2", 4, "192.0.2.3", 24, UP);
	(void)add("eth3", 5, "192.0.2.4", 24, UP);

	ua_iflist_parse_route4(rawv, nraw, text4);
	ua_iflist_parse_route6(rawv, nraw, text6);

	ck_assert_uint_eq(DEFLT, rawv[0].flags);
	ck_assert_uint_eq(UP, rawv[1].flags);
	ck_assert_uint_eq(UP, rawv[2].flags);
	ck_assert_uint_eq(DEFLT, rawv[3].flags);
	ck_assert_uint_eq(UP, rawv[4].flags);
	ck_assert_uint_eq(UP, rawv[5].flags);
}
END_TEST


START_TEST(this_host_has_a_loopback)
{
	const char *const lo[] = { "lo" };
	const char *const none[] = { "no-such-if" };
	struct ua_iflist_conf conf = { .ifacev = lo,
				       .ifacec = 1,
				       .ip4 = true };

	ck_assert_int_eq(0, ua_iflist_get(&list, &conf));
	is_at(0, "127.0.0.1");
	ck_assert_str_eq("lo", list.v[0].ifname);
	ck_assert_uint_ne(0, list.v[0].ifindex);

	conf.ifacev = none;
	ck_assert_int_eq(ENOENT, ua_iflist_get(&list, &conf));
	ck_assert_int_eq(0, ua_iflist_get(&list, &both));
}
END_TEST


START_TEST(address_knows_its_interface)
{
	struct ua_addr addr;
	uint32_t lo;

	ck_assert_int_eq(0, ua_addr_set(&addr, "127.0.0.1", 5060));
	lo = ua_iflist_index(&addr);
	ck_assert_uint_ne(0, lo);

	/* The kernel takes all of them. */
	ck_assert_int_eq(0, ua_addr_set(&addr, "127.0.0.77", 0));
	ck_assert_uint_eq(lo, ua_iflist_index(&addr));

	ck_assert_int_eq(0, ua_addr_set(&addr, "192.0.2.77", 0));
	ck_assert_uint_eq(0, ua_iflist_index(&addr));
}
END_TEST


START_TEST(source_of_a_loopback_address_is_loopback)
{
	struct ua_addr dst, local;
	char buf[UA_ADDR_LEN];

	ck_assert_int_eq(0, ua_addr_set(&dst, "127.0.0.2", 0));
	ck_assert_int_eq(0, ua_iflist_source(&dst, &local));
	ck_assert_str_eq("127.0.0.1:0", ua_addr_str(&local, buf));

	memset(&dst, 0, sizeof(dst));
	ck_assert_int_eq(EINVAL, ua_iflist_source(&dst, &local));
}
END_TEST


Suite *ua_suite_iflist(void)
{
	Suite *s = suite_create("iflist");
	TCase *tc = tcase_create("iflist");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, loopback_counts_only_alone_or_named);
	tcase_add_test(tc, unusable_addresses_are_skipped);
	tcase_add_test(tc, linklocal_must_be_asked_for);
	tcase_add_test(tc, temporary_address_hides_its_prefix_only);
	tcase_add_test(tc, one_usable_address_per_prefix);
	tcase_add_test(tc, vpn_and_bridges_go_last);
	tcase_add_test(tc, families_take_turns);
	tcase_add_test(tc, lists_compare_by_what_matters);
	tcase_add_test(tc, deprecated_temporary_address_hides_nothing);
	tcase_add_test(tc, prefix_need_not_end_at_a_byte);
	tcase_add_test(tc, order_is_cost_then_default_then_families_in_turn);
	tcase_add_test(tc, bridge_with_a_default_route_is_a_wire);
	tcase_add_test(tc, families_and_names_filter);
	tcase_add_test(tc, more_addresses_than_room_keep_the_best);
	tcase_add_loop_test(tc, kind_of_interface_sets_its_cost, 0,
			    sizeof(kinds) / sizeof(kinds[0]));
	tcase_add_test(tc, inet6_text_sets_states);
	tcase_add_test(tc, route_texts_mark_default_interfaces);
	tcase_add_test(tc, this_host_has_a_loopback);
	tcase_add_test(tc, address_knows_its_interface);
	tcase_add_test(tc, source_of_a_loopback_address_is_loopback);
	suite_add_tcase(s, tc);

	return s;
}
