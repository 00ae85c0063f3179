/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_resolver.c  Names by hosts file and by a name server of ours */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/re_compat.h"
#include "base/addr.h"
#include "base/random.h"
#include "net/resolver.h"
#include "dnsbed.h"
#include "oom.h"

enum {
	ANY = UA_TP_BIT(UA_TP_UDP) | UA_TP_BIT(UA_TP_TCP),
	GIVE_UP_MS = 8000,
	SHORT_MS = 100 /* deadline where nothing answers */
};

static struct ua_resolver *res;
static struct ua_query *query;
static struct tmr tmr;
static char hosts_path[] = "/tmp/ua-hosts-XXXXXX";
static char resolv_path[] = "/tmp/ua-resolv-XXXXXX";

/* What the handler was told */
static struct {
	int called;
	int err;
	char text[512];
	struct ua_target targetv[UA_TARGET_MAX];
	size_t n;
	bool free_resolver;
} got;

Suite *ua_suite_resolver(void);


static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(0, fclose(f));
}


static void on_found(int err, const char *text,
		     const struct ua_target *targetv, size_t n, void *arg)
{
	ua_oom_limit(-1);
	ck_assert_ptr_eq(&got, arg);
	ck_assert_ptr_null(query);
	ck_assert(!text == !err);
	ck_assert(!n == !!err);

	++got.called;
	got.err = err;
	got.n = n;
	if (n)
		memcpy(got.targetv, targetv, n * sizeof(targetv[0]));
	str_ncpy(got.text, text ? text : "", sizeof(got.text));

	if (got.free_resolver)
		res = mem_deref(res);
	re_cancel();
}


static void on_give_up(void *arg)
{
	(void)arg;
	re_cancel();
}


static void run(uint32_t ms)
{
	tmr_start(&tmr, ms, on_give_up, NULL);
	ck_assert_int_eq(0, re_main(NULL));
	tmr_cancel(&tmr);
}


static void resolver_make(uint32_t deadline_ms, bool system)
{
	struct ua_resolver_conf conf;

	ua_resolver_conf_default(&conf);
	conf.hosts_path = hosts_path;
	conf.resolv_path = resolv_path;
	if (deadline_ms)
		conf.deadline_ms = deadline_ms;
	if (!system)
		conf.dnsv[0] = *ua_sock_local(dnsbed.sock);

	mem_deref(res);
	ck_assert_int_eq(0, ua_resolver_alloc(&res, &conf));
}


static void setup(void)
{
	int fd;

	ck_assert_int_eq(0, libre_init());
	memset(&got, 0, sizeof(got));
	tmr_init(&tmr);

	fd = mkstemp(hosts_path);
	ck_assert_int_ge(fd, 0);
	(void)close(fd);
	fd = mkstemp(resolv_path);
	ck_assert_int_ge(fd, 0);
	(void)close(fd);

	dnsbed_open();
	resolver_make(0, false);
}


static void teardown(void)
{
	query = mem_deref(query);
	res = mem_deref(res);
	dnsbed_close();
	libre_close();

	(void)unlink(hosts_path);
	(void)unlink(resolv_path);
	memset(hosts_path + strlen(hosts_path) - 6, 'X', 6);
	memset(resolv_path + strlen(resolv_path) - 6, 'X', 6);
}


static int ask_start(const char *host, uint16_t port, int tps)
{
	const struct ua_locate_conf conf = { .host = host,
					     .port = port,
					     .tps = (uint8_t)tps,
					     .ip4 = true,
					     .ip6 = true };

	return ua_resolver_query(&query, res, &conf, on_found, &got);
}


/* Ask and wait for the answer */
static int ask(const char *host, uint16_t port, int tps)
{
	got.called = 0;
	ck_assert_int_eq(0, ask_start(host, port, tps));
	ck_assert_int_eq(0, got.called);
	run(GIVE_UP_MS);
	ck_assert_int_eq(1, got.called);

	return got.err;
}


static void is_target(size_t i, enum ua_tp tp, const char *addr)
{
	char buf[UA_ADDR_LEN];

	ck_assert_uint_lt(i, got.n);
	ck_assert_str_eq(addr, ua_addr_str(&got.targetv[i].addr, buf));
	ck_assert_int_eq(tp, got.targetv[i].tp);
}


/* Loopback addresses: those are reached on every host that runs this. */
static const struct dnsbed_row zone[] = {
	{ "example.com", DNS_TYPE_NAPTR,
	  "90 50 s SIP+D2T _sip._tcp.example.com" },
	{ "example.com", DNS_TYPE_NAPTR, "50 50 u E2U+sip _bad.example.com" },
	{ "example.com", DNS_TYPE_NAPTR,
	  "99 50 S sip+d2u _sip._udp.example.com" },
	{ "_sip._tcp.example.com", DNS_TYPE_SRV, "10 0 5070 a.example.com" },
	{ "_sip._udp.example.com", DNS_TYPE_SRV, "10 0 5080 b.example.com" },
	{ "_sip._udp.example.com", DNS_TYPE_SRV, "20 0 5081 alias.example" },
	{ "a.example.com", DNS_TYPE_A, "127.0.0.1" },
	{ "b.example.com", DNS_TYPE_A, "127.0.0.2" },
	{ "alias.example", DNS_TYPE_CNAME, "a.example.com" },
	{ "plain.example", DNS_TYPE_A, "127.0.0.3" },
	{ "odd.example", DNS_TYPE_A, "0.0.0.0" },
	{ "odd.example", DNS_TYPE_A, "224.0.0.1" },
	{ "loop.example", DNS_TYPE_CNAME, "pool.example" },
	{ "pool.example", DNS_TYPE_CNAME, "loop.example" },
	{ .name = NULL }
};


START_TEST(numeric_address_comes_back_later_without_a_server)
{
	resolver_make(0, true);
	ck_assert_int_eq(0, ask("127.0.0.9", 0, ANY));
	ck_assert_uint_eq(1, got.n);
	is_target(0, UA_TP_UDP, "127.0.0.9:5060");
}
END_TEST


START_TEST(naptr_srv_and_alias_lead_to_targets)
{
	dnsbed.rows = zone;
	ck_assert_int_eq(0, ask("Example.COM.", 0, ANY));
	ck_assert_uint_eq(3, got.n);
	is_target(0, UA_TP_TCP, "127.0.0.1:5070");
	is_target(1, UA_TP_UDP, "127.0.0.2:5080");
	is_target(2, UA_TP_UDP, "127.0.0.1:5081");
}
END_TEST


START_TEST(plain_host_takes_the_default_port)
{
	dnsbed.rows = zone;
	ck_assert_int_eq(0, ask("plain.example", 0, ANY));
	ck_assert_uint_eq(1, got.n);
	is_target(0, UA_TP_UDP, "127.0.0.3:5060");
}
END_TEST


START_TEST(second_question_is_answered_by_the_cache)
{
	size_t n;

	dnsbed.rows = zone;
	ck_assert_int_eq(0, ask("plain.example", 5062, ANY));
	n = dnsbed.nquery;
	ck_assert_uint_eq(2, n);

	ck_assert_int_eq(0, ask("PLAIN.example", 5063, ANY));
	ck_assert_uint_eq(n, dnsbed.nquery);
	is_target(0, UA_TP_UDP, "127.0.0.3:5063");

	ua_resolver_reload(res);
	ck_assert_int_eq(0, ask("plain.example", 5063, ANY));
	ck_assert_uint_eq(n + 2, dnsbed.nquery);
}
END_TEST


START_TEST(unknown_name_is_enoent_and_remembered)
{
	size_t n;

	dnsbed.rcode = DNS_RCODE_NAME_ERR;
	ck_assert_int_eq(ENOENT, ask("missing.example", 5060, ANY));
	ck_assert_ptr_nonnull(strstr(got.text, "missing.example"));

	n = dnsbed.nquery;
	ck_assert_int_eq(ENOENT, ask("missing.example", 5060, ANY));
	ck_assert_uint_eq(n, dnsbed.nquery);
}
END_TEST


START_TEST(two_queries_share_one_question)
{
	struct ua_query *other;
	const struct ua_locate_conf conf = {
		.host = "plain.example", .port = 1, .tps = 1, .ip4 = true
	};

	dnsbed.rows = zone;
	ck_assert_int_eq(
		0, ua_resolver_query(&other, res, &conf, on_found, &got));
	ck_assert_int_eq(
		0, ua_resolver_query(&query, res, &conf, on_found, &got));
	mem_deref(other);
	run(GIVE_UP_MS);

	ck_assert_int_eq(1, got.called);
	ck_assert_uint_eq(1, dnsbed.nquery);
}
END_TEST


START_TEST(refusal_of_the_server_is_told)
{
	dnsbed.rcode = DNS_RCODE_REFUSED;
	ck_assert_int_eq(EPROTO, ask("plain.example", 5060, ANY));
	ck_assert_ptr_nonnull(strstr(got.text, "127.0.0.1"));
}
END_TEST


START_TEST(silent_server_ends_by_the_deadline)
{
	resolver_make(SHORT_MS, false);
	dnsbed.silent = true;
	ck_assert_int_eq(ETIMEDOUT, ask("plain.example", 0, ANY));
	ck_assert_ptr_nonnull(strstr(got.text, "127.0.0.1"));

	/* And what was not answered is asked again. */
	dnsbed.silent = false;
	dnsbed.rows = zone;
	ck_assert_int_eq(0, ask("plain.example", 0, ANY));
}
END_TEST


/* Home routers do this to the types that they do not know. */
START_TEST(swallowed_srv_and_naptr_do_not_hide_the_address)
{
	resolver_make(SHORT_MS, false);
	dnsbed.rows = zone;
	dnsbed.silent_type = DNS_TYPE_SRV;
	ck_assert_int_eq(0, ask_start("plain.example", 0, ANY));

	/* Timers fire in their order, however late: before the deadline. */
	run(SHORT_MS - 5);
	ck_assert_int_eq(1, got.called);
	ck_assert_int_eq(0, got.err);
	is_target(0, UA_TP_UDP, "127.0.0.3:5060");
}
END_TEST


START_TEST(swallowed_aaaa_does_not_hide_the_address)
{
	resolver_make(SHORT_MS, false);
	dnsbed.rows = zone;
	dnsbed.silent_type = DNS_TYPE_AAAA;
	ck_assert_int_eq(0, ask("plain.example", 5060, ANY));
	is_target(0, UA_TP_UDP, "127.0.0.3:5060");
}
END_TEST


START_TEST(no_server_is_told_at_once)
{
	resolver_make(0, true);
	ck_assert_int_eq(ENONET, ask("plain.example", 0, ANY));
	ck_assert_ptr_nonnull(strstr(got.text, "no name server"));
}
END_TEST


START_TEST(server_list_is_read_when_it_changes)
{
	resolver_make(0, true);
	ck_assert_int_eq(ENONET, ask("plain.example", 5060, ANY));

	/* Nobody serves port 53 here: that it tries is what is seen. */
	put(resolv_path, "nameserver 127.255.255.254\n");
	resolver_make(SHORT_MS, true);
	ck_assert_int_eq(ETIMEDOUT, ask("plain.example", 5060, ANY));
	ck_assert_ptr_nonnull(strstr(got.text, "127.255.255.254"));

	put(resolv_path, "# none any more\n");
	ck_assert_int_eq(ENONET, ask("plain.example", 5060, ANY));
}
END_TEST


START_TEST(records_of_other_names_are_not_believed)
{
	dnsbed.rows = zone;
	dnsbed.wrong_name = true;
	ck_assert_int_eq(ENOENT, ask("plain.example", 5060, ANY));
}
END_TEST


START_TEST(impossible_addresses_are_not_believed)
{
	dnsbed.rows = zone;
	ck_assert_int_eq(ENOENT, ask("odd.example", 5060, ANY));
}
END_TEST


START_TEST(loop_of_aliases_ends)
{
	dnsbed.rows = zone;
	ck_assert_int_eq(ENOENT, ask("loop.example", 5060, ANY));
}
END_TEST


START_TEST(hosts_file_overrules_the_server)
{
	dnsbed.rows = zone;
	put(hosts_path, "127.0.0.7 example.com\n::1 example.com\n");
	ck_assert_int_eq(0, ask("example.com", 0, ANY));
	ck_assert_uint_eq(2, got.n);
	ck_assert_uint_eq(0, dnsbed.nquery);

	put(hosts_path, "127.0.0.77 example.com # changed\n");
	ck_assert_int_eq(0, ask("example.com", 0, ANY));
	ck_assert_uint_eq(1, got.n);
	is_target(0, UA_TP_UDP, "127.0.0.77:5060");

	put(hosts_path, "");
	ck_assert_int_eq(0, ask("example.com", 0, ANY));
	is_target(0, UA_TP_TCP, "127.0.0.1:5070");
}
END_TEST


START_TEST(hosts_file_serves_targets_of_srv)
{
	dnsbed.rows = zone;
	put(hosts_path, "127.0.0.8 a.example.com\n");
	ck_assert_int_eq(0, ask("example.com", 0, 1 << UA_TP_TCP));
	ck_assert_uint_eq(1, got.n);
	is_target(0, UA_TP_TCP, "127.0.0.8:5070");
}
END_TEST


START_TEST(localhost_is_never_asked_for)
{
	const struct ua_locate_conf conf = {
		.host = "sip.LocalHost", .port = 7, .tps = 1, .ip4 = true
	};

	resolver_make(0, true);
	ck_assert_int_eq(
		0, ua_resolver_query(&query, res, &conf, on_found, &got));
	run(GIVE_UP_MS);
	ck_assert_int_eq(0, got.err);
	ck_assert_uint_eq(1, got.n);
	is_target(0, UA_TP_UDP, "127.0.0.1:7");
}
END_TEST


/* 192.0.2.0/24 may have a route or not, but 255.255.255.255 is refused. */
START_TEST(unreachable_targets_come_last)
{
	put(hosts_path, "255.255.255.255 two.example\n"
			"127.0.0.1 two.example\n");
	ck_assert_int_eq(0, ask("two.example", 5060, ANY));
	ck_assert_uint_eq(2, got.n);
	is_target(0, UA_TP_UDP, "127.0.0.1:5060");
	is_target(1, UA_TP_UDP, "255.255.255.255:5060");
}
END_TEST


START_TEST(cancelled_query_is_never_answered)
{
	dnsbed.rows = zone;
	ck_assert_int_eq(0, ask_start("plain.example", 0, ANY));
	query = mem_deref(query);
	run(50);
	ck_assert_int_eq(0, got.called);
}
END_TEST


START_TEST(freed_resolver_answers_nobody)
{
	dnsbed.rows = zone;
	ck_assert_int_eq(0, ask_start("plain.example", 0, ANY));
	run(1);
	res = mem_deref(res);
	if (!got.called) {
		run(50);
		ck_assert_int_eq(0, got.called);
		ck_assert_ptr_nonnull(query);
	}
}
END_TEST


START_TEST(handler_may_free_the_resolver)
{
	dnsbed.rows = zone;
	got.free_resolver = true;
	ck_assert_int_eq(0, ask("plain.example", 0, ANY));
	ck_assert_ptr_null(res);
}
END_TEST


START_TEST(bad_host_is_refused_at_once)
{
	ck_assert_int_eq(EINVAL, ask_start("not a name", 0, ANY));
	ck_assert_int_eq(EINVAL, ask_start("plain.example", 0, 0));
	ck_assert_ptr_null(query);
}
END_TEST


START_TEST(answer_that_was_cut_off_is_fetched_by_tcp)
{
	/* Somebody else may have the port: TCP has its own. */
	while (!dnsbed_listen()) {
		dnsbed_close();
		dnsbed_open();
		resolver_make(0, false);
	}

	dnsbed.rows = zone;
	dnsbed.cut = true;
	ck_assert_int_eq(0, ask("plain.example", 5060, 1 << UA_TP_UDP));
	ck_assert_ptr_nonnull(dnsbed.conn);
	is_target(0, UA_TP_UDP, "127.0.0.3:5060");
}
END_TEST


static void on_nothing(const struct ua_addr *src, uint8_t *buf, size_t len,
		       void *arg)
{
	(void)src;
	(void)buf;
	(void)len;
	++*(unsigned *)arg;
}


START_TEST(silent_server_costs_little_and_is_asked_last_then)
{
	struct ua_resolver_conf conf;
	struct ua_sock *deaf;
	struct ua_addr local;
	unsigned heard = 0;

	ck_assert_int_eq(0, ua_addr_set(&local, "127.0.0.1", 0));
	ck_assert_int_eq(
		0, ua_sock_open(&deaf, &local, on_nothing, NULL, &heard));

	ua_resolver_conf_default(&conf);
	conf.hosts_path = hosts_path;
	conf.dnsv[0] = *ua_sock_local(deaf);
	conf.dnsv[1] = *ua_sock_local(dnsbed.sock);
	mem_deref(res);
	ck_assert_int_eq(0, ua_resolver_alloc(&res, &conf));

	dnsbed.rows = zone;
	ck_assert_int_eq(0, ask("plain.example", 5060, 1 << UA_TP_UDP));
	ck_assert_uint_ge(heard, 1);

	heard = 0;
	ck_assert_int_eq(0, ask("b.example.com", 5060, 1 << UA_TP_UDP));
	ck_assert_uint_eq(0, heard);
	is_target(0, UA_TP_UDP, "127.0.0.2:5060");
	mem_deref(deaf);
}
END_TEST


/* libre alone would ask again after half a second. */
START_TEST(changed_network_asks_anew_at_once)
{
	dnsbed.rows = zone;
	dnsbed.silent = true;
	got.called = 0;
	ck_assert_int_eq(0, ask_start("plain.example", 5060, ANY));
	run(50);
	ck_assert_int_eq(0, got.called);
	ck_assert_uint_eq(2, dnsbed.nquery);

	dnsbed.silent = false;
	ua_resolver_reload(res);
	run(300);
	ck_assert_int_eq(1, got.called);
	ck_assert_int_eq(0, got.err);
	ck_assert_uint_eq(4, dnsbed.nquery);
}
END_TEST


/* Nobody tells that it is written: a network comes first, then the list. */
START_TEST(server_list_that_changes_under_a_query_is_read)
{
	put(resolv_path, "nameserver 127.255.255.254\n");
	resolver_make(600, true);
	got.called = 0;
	ck_assert_int_eq(0, ask_start("plain.example", 5060, ANY));
	run(10);
	put(resolv_path, "# none any more\n");
	run(GIVE_UP_MS);
	ck_assert_int_eq(1, got.called);
	ck_assert_int_eq(ENONET, got.err);
	ck_assert_ptr_nonnull(strstr(got.text, "no name server"));
}
END_TEST


static const struct dnsbed_row bad_zone[] = {
	{ "_sip._udp.root.example", DNS_TYPE_SRV, "0 0 5060 ." },
	{ "_sip._udp.port.example", DNS_TYPE_SRV, "0 0 0 a.example.com" },
	{ "_sip._udp.gone.example", DNS_TYPE_SRV, "0 0 5060 gone.example" },
	{ .name = NULL }
};

/* Host, and words of what is told */
static const char *const bad_words[][3] = {
	{ "root.example", "_sip._udp.root.example", "no such service" },
	{ "port.example", "_sip._udp.port.example", "port 0" },
	{ "gone.example", "_sip._udp.gone.example", "which has no address" },
};


START_TEST(record_that_points_nowhere_is_named)
{
	dnsbed.rows = bad_zone;
	ck_assert_int_eq(ENOENT, ask(bad_words[_i][0], 0, ANY));
	ck_assert_ptr_nonnull(strstr(got.text, bad_words[_i][1]));
	ck_assert_ptr_nonnull(strstr(got.text, bad_words[_i][2]));
}
END_TEST


static int make_and_ask(void *arg)
{
	struct ua_resolver *saved = res;
	struct ua_resolver_conf conf;
	int err;

	(void)arg;
	ua_resolver_conf_default(&conf);
	conf.hosts_path = hosts_path;
	conf.resolv_path = resolv_path;

	err = ua_resolver_alloc(&res, &conf);
	if (!err) {
		err = ask_start("plain.example", 0, ANY);
		query = mem_deref(query);
		mem_deref(res);
	}

	res = saved;
	return err;
}


START_TEST(no_memory_leaks_nothing)
{
	ua_oom_walk(make_and_ask, NULL);
}
END_TEST


/* Memory fails anywhere on the way of the questions, then of the answers. */
START_TEST(query_ends_even_without_memory)
{
	int err;

	dnsbed.rows = zone;
	dnsbed.oom = _i;
	resolver_make(SHORT_MS, false);

	ua_oom_limit(_i);
	err = ask_start("plain.example", 0, ANY);
	if (!err) {
		tmr_start(&tmr, GIVE_UP_MS, on_give_up, NULL);
		(void)re_main(NULL);
		tmr_cancel(&tmr);
	}
	ua_oom_limit(-1);

	ck_assert(err ? err == ENOMEM : got.called == 1);
}
END_TEST


Suite *ua_suite_resolver(void)
{
	Suite *s = suite_create("resolver");
	TCase *tc = tcase_create("resolver");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 20);
	tcase_add_test(tc, numeric_address_comes_back_later_without_a_server);
	tcase_add_test(tc, naptr_srv_and_alias_lead_to_targets);
	tcase_add_test(tc, plain_host_takes_the_default_port);
	tcase_add_test(tc, second_question_is_answered_by_the_cache);
	tcase_add_test(tc, unknown_name_is_enoent_and_remembered);
	tcase_add_test(tc, two_queries_share_one_question);
	tcase_add_test(tc, refusal_of_the_server_is_told);
	tcase_add_test(tc, silent_server_ends_by_the_deadline);
	tcase_add_test(tc, swallowed_srv_and_naptr_do_not_hide_the_address);
	tcase_add_test(tc, swallowed_aaaa_does_not_hide_the_address);
	tcase_add_test(tc, no_server_is_told_at_once);
	tcase_add_test(tc, server_list_is_read_when_it_changes);
	tcase_add_test(tc, records_of_other_names_are_not_believed);
	tcase_add_test(tc, impossible_addresses_are_not_believed);
	tcase_add_test(tc, loop_of_aliases_ends);
	tcase_add_test(tc, hosts_file_overrules_the_server);
	tcase_add_test(tc, hosts_file_serves_targets_of_srv);
	tcase_add_test(tc, localhost_is_never_asked_for);
	tcase_add_test(tc, unreachable_targets_come_last);
	tcase_add_test(tc, cancelled_query_is_never_answered);
	tcase_add_test(tc, freed_resolver_answers_nobody);
	tcase_add_test(tc, handler_may_free_the_resolver);
	tcase_add_test(tc, bad_host_is_refused_at_once);
	tcase_add_test(tc, answer_that_was_cut_off_is_fetched_by_tcp);
	tcase_add_test(tc, silent_server_costs_little_and_is_asked_last_then);
	tcase_add_test(tc, changed_network_asks_anew_at_once);
	tcase_add_test(tc, server_list_that_changes_under_a_query_is_read);
	tcase_add_loop_test(tc, record_that_points_nowhere_is_named, 0, 3);
	tcase_add_test(tc, no_memory_leaks_nothing);
	tcase_add_loop_test(tc, query_ends_even_without_memory, 0, 60);
	suite_add_tcase(s, tc);

	return s;
}
