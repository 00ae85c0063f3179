/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_netmon.c  When a change of the network is told */

#include <check.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/netmon.h"
#include "oom.h"
#include "sipbed.h"

Suite *ua_suite_netmon(void);

enum { PATIENCE_MS = 3000 };

/** What the watch was told, and what it sees */
static struct {
	struct ua_iflist host;
	int err; /* Of a look */
	unsigned looks;
	unsigned changes;
	unsigned routes;
	struct ua_iflist old;
	struct ua_iflist now;
} seen;

static struct ua_netmon *nm;


static int look_fed(struct ua_iflist *list, void *arg)
{
	ck_assert_ptr_eq(&seen, arg);
	++seen.looks;
	if (!seen.err)
		*list = seen.host;

	return seen.err;
}


static int look_real(struct ua_iflist *list, void *arg)
{
	const struct ua_iflist_conf conf = { .ip4 = true, .ip6 = true };

	(void)arg;
	++seen.looks;

	return ua_iflist_get(list, &conf);
}


static void on_changed(const struct ua_iflist *old,
		       const struct ua_iflist *now, void *arg)
{
	ck_assert_ptr_eq(&seen, arg);
	ck_assert(!ua_iflist_eq(old, now));
	++seen.changes;
	seen.old = *old;
	seen.now = *now;
}


static void on_routes(void *arg)
{
	ck_assert_ptr_eq(&seen, arg);
	++seen.routes;
}


static struct ua_netmon_conf fed(void)
{
	const struct ua_netmon_conf conf = { .look = look_fed,
					     .changed = on_changed,
					     .routes = on_routes,
					     .arg = &seen,
					     .poll = true };

	return conf;
}


static void setup(void)
{
	memset(&seen, 0, sizeof(seen));
	nm = NULL;
}


static void teardown(void)
{
	nm = mem_deref(nm);
}


static void host_add(const char *ip, uint32_t ifindex, enum ua_ifcost cost)
{
	struct ua_ifaddr *ifa = &seen.host.v[seen.host.n++];

	memset(ifa, 0, sizeof(*ifa));
	ck_assert_int_eq(0, ua_addr_set(&ifa->addr, ip, 0));
	ifa->ifindex = ifindex;
	ifa->cost = cost;
}


static bool looked(void *arg)
{
	return seen.looks >= *(unsigned *)arg;
}


/* Let it look once more. */
static void kick(void)
{
	unsigned want = seen.looks + 1;

	ua_netmon_kick(nm);
	ck_assert_uint_eq(want, seen.looks + 1);
	ck_assert(sipbed_run(looked, &want, PATIENCE_MS));
}


static void start(void)
{
	const struct ua_netmon_conf conf = fed();

	ck_assert_int_eq(0, ua_netmon_alloc(&nm, &conf));
	ck_assert_uint_eq(1, seen.looks);
}


START_TEST(look_waits_for_calm_but_not_for_ever)
{
	const uint64_t first = 1000000;
	uint64_t last, due = UA_NEVER;

	ck_assert_uint_eq(first + 100, ua_netmon_due(first, first));
	ck_assert_uint_eq(first + 150, ua_netmon_due(first, first + 50));

	/* One message each 40 ms: nothing ever falls due by itself. */
	for (last = first; last < due; last += 40)
		due = ua_netmon_due(first, last);
	ck_assert_uint_eq(first + 500, due);
}
END_TEST


START_TEST(only_a_difference_is_told)
{
	host_add("192.0.2.1", 2, UA_IFCOST_WIRED);
	host_add("192.0.2.2", 3, UA_IFCOST_WIFI);
	start();
	ck_assert_uint_eq(2, ua_netmon_list(nm)->n);
	kick();
	ck_assert_uint_eq(0, seen.changes);
	ck_assert_uint_eq(1, seen.routes);

	/* 0: gone; 1: another cost; 2: a default route; 3: it moved; 4: the
	   order alone */
	switch (_i) {

	case 0:
		seen.host.n = 1;
		break;

	case 1:
		seen.host.v[1].cost = UA_IFCOST_VPN;
		break;

	case 2:
		seen.host.v[1].deflt = true;
		break;

	case 3:
		seen.host.v[1].ifindex = 9;
		break;

	default:
		seen.host.n = 0;
		host_add("192.0.2.2", 3, UA_IFCOST_WIFI);
		host_add("192.0.2.1", 2, UA_IFCOST_WIRED);
		break;
	}

	kick();
	ck_assert_uint_eq(_i < 4, seen.changes);
	kick();
	ck_assert_uint_eq(_i < 4, seen.changes);
	if (_i == 0) {
		ck_assert_uint_eq(2, seen.old.n);
		ck_assert_uint_eq(1, seen.now.n);
		ck_assert(ua_iflist_eq(&seen.now, ua_netmon_list(nm)));
	}
}
END_TEST


START_TEST(network_that_goes_wholly_is_an_empty_list)
{
	host_add("192.0.2.1", 2, UA_IFCOST_WIRED);
	start();
	seen.err = _i ? ENODEV : ENOENT;
	kick();
	ck_assert_uint_eq(1, seen.changes);
	ck_assert_uint_eq(0, seen.now.n);

	seen.err = 0;
	kick();
	ck_assert_uint_eq(2, seen.changes);
	ck_assert_uint_eq(1, seen.now.n);
}
END_TEST


START_TEST(failed_look_changes_nothing)
{
	host_add("192.0.2.1", 2, UA_IFCOST_WIRED);
	start();
	seen.err = EMFILE;
	kick();
	kick();
	ck_assert_uint_eq(0, seen.changes);
	ck_assert_uint_eq(0, seen.routes);
	ck_assert_uint_eq(1, ua_netmon_list(nm)->n);
}
END_TEST


START_TEST(host_without_a_network_can_be_watched)
{
	seen.err = ENODEV;
	start();
	ck_assert_uint_eq(0, ua_netmon_list(nm)->n);

	seen.err = 0;
	host_add("192.0.2.1", 2, UA_IFCOST_WIRED);
	kick();
	ck_assert_uint_eq(1, seen.changes);
}
END_TEST


/* An assertion of libcheck's needs memory too. */
static int look_quietly(struct ua_iflist *list, void *arg)
{
	(void)list;
	(void)arg;

	return ENODEV;
}


static int alloc_scenario(void *arg)
{
	struct ua_netmon_conf conf = fed();
	struct ua_netmon *mon;
	int err;

	(void)arg;

	conf.look = look_quietly;
	conf.poll = false;
	err = ua_netmon_alloc(&mon, &conf);
	if (!err)
		mem_deref(mon);

	return err;
}


START_TEST(without_memory_nothing_leaks)
{
	/* What libre keeps of its loop for good is none of our business. */
	ck_assert_int_eq(0, alloc_scenario(NULL));
	ua_oom_walk(alloc_scenario, NULL);
}
END_TEST


/* ------------------------- the real kernel ------------------------- */


static bool sh(const char *cmd)
{
	char line[256];

	(void)snprintf(line, sizeof(line), "%s >/dev/null 2>&1", cmd);

	return system(line) == 0;
}


/* A network of our own, for as long as this process lives. */
static bool own_network(void)
{
	const char *mode = getenv("CK_FORK");

	if ((mode && !strcmp(mode, "no")) || unshare(CLONE_NEWNET) ||
	    !sh("ip link set lo up") ||
	    !sh("ip link add v0 type veth peer name v1")) {
		(void)fprintf(stderr, "SKIPPED: netmon, no network namespace:"
				      " needs root, ip(8) and CK_FORK\n");
		return false;
	}

	return true;
}


static bool changed(void *arg)
{
	return seen.changes >= *(unsigned *)arg;
}


/* One change follows a command, and no second one; in time. */
static void changes_by(const char *cmd)
{
	unsigned want = seen.changes + 1;
	const uint64_t start_ms = ua_clock_ms();

	ck_assert_msg(sh(cmd), "%s", cmd);
	ck_assert_msg(sipbed_run(changed, &want, PATIENCE_MS),
		      "not told of: %s", cmd);
	ck_assert_uint_lt(ua_clock_ms() - start_ms, 1000);
	(void)sipbed_run(NULL, NULL, 2 * UA_NETMON_CALM_MS);
	ck_assert_uint_eq(want, seen.changes);
}


static bool has(const char *ip)
{
	struct ua_addr addr;

	ck_assert_int_eq(0, ua_addr_set(&addr, ip, 0));

	return ua_iflist_find(&seen.now, &addr) != NULL;
}


START_TEST(real_network_is_followed)
{
	struct ua_netmon_conf conf = fed();
	unsigned want;

	if (!own_network())
		return;

	conf.look = look_real;
	conf.poll = false;
	ck_assert_int_eq(0, ua_netmon_alloc(&nm, &conf));
	ck_assert_uint_eq(1, ua_netmon_list(nm)->v[0].addr.ip[15] |
				     ua_netmon_list(nm)->v[0].addr.ip[3]);

	/* A dozen messages, one change */
	changes_by("ip addr add 192.0.2.1/24 dev v0; ip link set v1 up;"
		   " ip link set v0 up");
	ck_assert(has("192.0.2.1") && !has("127.0.0.1"));

	changes_by("ip route add default via 192.0.2.9");
	ck_assert(seen.now.v[0].deflt);

	changes_by("ip addr add 2001:db8::1/64 dev v0 nodad");
	ck_assert(has("192.0.2.1") && has("2001:db8::1"));

	/* A route that is not the default one */
	want = seen.changes;
	ck_assert(sh("ip route add 198.51.100.0/24 via 192.0.2.8"));
	(void)sipbed_run(NULL, NULL, 4 * UA_NETMON_CALM_MS);
	ck_assert_uint_eq(want, seen.changes);
	ck_assert_uint_ge(seen.routes, 1);

	changes_by("ip addr del 192.0.2.1/24 dev v0");
	ck_assert(!has("192.0.2.1") && has("2001:db8::1"));

	changes_by("ip link set v0 down");
	ck_assert(has("127.0.0.1"));
}
END_TEST


static bool calm(void *arg)
{
	return ua_netmon_calm(nm, arg);
}


/* What was seen before must not be used, though the loop has not run. */
static void unsettles(const char *cmd)
{
	uint64_t before, after;

	ck_assert(ua_netmon_calm(nm, &before));
	ck_assert_msg(sh(cmd), "%s", cmd);
	ck_assert_msg(!ua_netmon_calm(nm, &after), "still calm after %s", cmd);

	/* Nor does it calm down in this time. */
	(void)sipbed_run(NULL, NULL, UA_NETMON_CALM_MS / 2);
	ck_assert(!ua_netmon_calm(nm, &after));
	ck_assert_msg(sipbed_run(calm, &after, PATIENCE_MS), "never after %s",
		      cmd);
	ck_assert_uint_ne(before, after);
}


/* The kernel tells this up to a second later. */
static bool links_work(void *arg)
{
	(void)arg;
	return sh("ip link show v0 | grep -q 'state UP' &&"
		  " ip link show v1 | grep -q 'state UP'");
}


START_TEST(change_is_known_before_the_loop_runs)
{
	struct ua_netmon_conf conf = fed();
	uint64_t before, after;

	if (!own_network())
		return;

	conf.look = look_real;
	conf.poll = false;
	/* No addresses but ours, whose checks would come to an end later */
	ck_assert(sh("for i in v0 v1; do ip link set $i addrgenmode none;"
		     " ip link set $i up; done"));
	ck_assert_int_eq(0, ua_netmon_alloc(&nm, &conf));
	ck_assert(sipbed_run(links_work, NULL, PATIENCE_MS));
	ck_assert(sipbed_run(calm, &before, PATIENCE_MS));

	/* Nothing happens in this time. */
	(void)sipbed_run(NULL, NULL, UA_NETMON_CALM_MS);
	ck_assert(ua_netmon_calm(nm, &after));
	ck_assert_uint_eq(before, after);

	unsettles("ip addr add 192.0.2.1/24 dev v0");
	unsettles("ip route add 198.51.100.0/24 via 192.0.2.8");
	unsettles("ip route del 198.51.100.0/24 via 192.0.2.8");
	unsettles("ip addr change 192.0.2.1/24 dev v0 preferred_lft 0");
	unsettles("ip addr add 2001:db8::1/64 dev v0 nodad");
	unsettles("ip addr del 192.0.2.1/24 dev v0");
	unsettles("ip link set v1 down");

	ua_netmon_kick(nm);
	ck_assert(!ua_netmon_calm(nm, &after));
}
END_TEST


START_TEST(without_messages_it_is_never_calm)
{
	uint64_t epoch;

	start();
	ck_assert(!ua_netmon_calm(nm, &epoch));
}
END_TEST


/* More than the socket holds: what was lost does not matter. */
START_TEST(flood_of_messages_is_survived)
{
	struct ua_netmon_conf conf = fed();
	unsigned want = 1;
	int i;

	if (!own_network())
		return;

	conf.look = look_real;
	conf.poll = false;
	ck_assert(sh("ip link set v0 up; ip link set v1 up"));
	ck_assert_int_eq(0, ua_netmon_alloc(&nm, &conf));
	ck_assert(sh("for i in $(seq 2000); do"
		     " echo addr add 10.0.0.1/24 dev v0;"
		     " echo addr del 10.0.0.1/24 dev v0; done | ip -batch -"));
	ck_assert(sh("ip addr add 192.0.2.1/24 dev v0"));
	for (i = 0; i < 3 && !has("192.0.2.1"); i++, want++)
		ck_assert(sipbed_run(changed, &want, PATIENCE_MS));
	ck_assert(has("192.0.2.1"));
}
END_TEST


Suite *ua_suite_netmon(void)
{
	Suite *s = suite_create("netmon");
	TCase *tc = tcase_create("fed");
	TCase *tk = tcase_create("kernel");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, look_waits_for_calm_but_not_for_ever);
	tcase_add_loop_test(tc, only_a_difference_is_told, 0, 5);
	tcase_add_loop_test(tc, network_that_goes_wholly_is_an_empty_list, 0,
			    2);
	tcase_add_test(tc, failed_look_changes_nothing);
	tcase_add_test(tc, host_without_a_network_can_be_watched);
	tcase_add_test(tc, without_memory_nothing_leaks);
	tcase_add_test(tc, without_messages_it_is_never_calm);
	suite_add_tcase(s, tc);

	tcase_set_timeout(tk, 20);
	tcase_add_checked_fixture(tk, setup, teardown);
	tcase_add_test(tk, real_network_is_followed);
	tcase_add_test(tk, change_is_known_before_the_loop_runs);
	tcase_add_test(tk, flood_of_messages_is_survived);
	suite_add_tcase(s, tk);

	return s;
}
