/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_agent.c  Making, running, threading and ending agents */

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "oom.h"
#include "rig.h"

Suite *ua_suite_agent(void);

enum { TIMER_A = 1, TIMER_B = 2 };

static struct rig a, b;


/* ------------------------------ conf ------------------------------- */


static void two_families(struct ua_agent_conf *conf)
{
	conf->ip4 = false;
	conf->ip6 = false;
}


static void no_codec(struct ua_agent_conf *conf)
{
	conf->ncodec = 0;
}


static void many_codecs(struct ua_agent_conf *conf)
{
	conf->ncodec = UA_CODEC_MAX + 1;
}


static void odd_ptime(struct ua_agent_conf *conf)
{
	conf->ptime_ms = 25;
}


static void long_ptime(struct ua_agent_conf *conf)
{
	conf->ptime_ms = 70;
}


static void bad_stun(struct ua_agent_conf *conf)
{
	conf->stun[0].uri = "stun:example.com";
	conf->stun[1].uri = "http://example.com";
}


static void bad_turn(struct ua_agent_conf *conf)
{
	conf->turn[0].uri = "turn:example.com";
}


static void bad_iface(struct ua_agent_conf *conf)
{
	conf->ifaces[0] = "nosuchif9";
}


static void foreign_local(struct ua_agent_conf *conf)
{
	ck_assert_int_eq(0, ua_addr_set(&conf->local, "192.0.2.77", 0));
}


/* clang-format off */
static const struct {
	void (*spoil)(struct ua_agent_conf *conf);
	int err;
	const char *named;
	const char *expected;
} bad[] = {
	{ two_families,  EINVAL,        "IPv4",               "needed" },
	{ no_codec,      EINVAL,        "0 codecs",           "1 to 16" },
	{ many_codecs,   EINVAL,        "17 codecs",          "1 to 16" },
	{ odd_ptime,     EINVAL,        "ptime 25",           "expected" },
	{ long_ptime,    EINVAL,        "ptime 70",           "expected" },
	{ bad_stun,      EINVAL,        "http://example.com", "stun:host" },
	{ bad_turn,      EINVAL,        "turn:example.com",   "a user" },
	{ bad_iface,     ENODEV,        "nosuchif9",          "none" },
	{ foreign_local, EADDRNOTAVAIL, "192.0.2.77",
				"not an address of this machine" },
};
/* clang-format on */


START_TEST(bad_value_is_named_with_what_was_expected)
{
	struct ua_agent_conf conf;

	rig_conf(&conf);
	bad[_i].spoil(&conf);

	ck_assert_int_eq(bad[_i].err, rig_try(&a, &conf));
	ck_assert_ptr_null(a.agent);
	ck_assert_msg(strstr(a.errstr, bad[_i].named) != NULL, "%s", a.errstr);
	ck_assert_msg(strstr(a.errstr, bad[_i].expected) != NULL, "%s",
		      a.errstr);

	/* Words are not needed, and one thread's error is another's. */
	ck_assert_int_eq(bad[_i].err, ua_agent_alloc(&a.agent, &conf, NULL));
	ck_assert_int_eq(bad[_i].err,
			 ua_agent_thread(&a.agent, &conf, a.errstr));
	ck_assert_msg(strstr(a.errstr, bad[_i].named) != NULL, "%s", a.errstr);
}
END_TEST


START_TEST(default_is_good_but_for_codecs)
{
	struct ua_agent_conf conf;

	ua_agent_conf_default(&conf);
	ck_assert_uint_eq(20, conf.ptime_ms);
	ck_assert_uint_eq(64, conf.max_calls);
	ck_assert(conf.ip4 && conf.ip6);
	ck_assert_int_eq(UA_ICE_FULL, conf.ice);
	ck_assert_str_eq("0.1.0", ua_version());
}
END_TEST


START_TEST(port_is_the_one_asked_for_and_taken_once)
{
	struct ua_agent_conf conf;
	char port[16];

	rig_open(&a, NULL);
	ck_assert(ua_addr_is_loopback(ua_agent_local(a.agent)));
	ck_assert_uint_ne(0, ua_agent_local(a.agent)->port);

	rig_conf(&conf);
	conf.local = *ua_agent_local(a.agent);
	ck_assert_int_eq(EADDRINUSE, rig_try(&b, &conf));
	(void)snprintf(port, sizeof(port), ":%u: ", conf.local.port);
	ck_assert_msg(strstr(b.errstr, port) != NULL, "%s", b.errstr);
	ck_assert_msg(strstr(b.errstr, "taken") != NULL, "%s", b.errstr);

	/* Only the port, whatever the address */
	conf.local.af = UA_AF_NONE;
	ck_assert_int_eq(EADDRINUSE, rig_try(&b, &conf));

	rig_close(&a);
	rig_open(&b, &conf);
	ck_assert_uint_eq(conf.local.port, ua_agent_local(b.agent)->port);
	rig_close(&b);
}
END_TEST


START_TEST(strings_are_copied)
{
	char iface[] = "lo";
	char uri[] = "stun:127.0.0.1:9";
	char name[] = "name/1";
	struct ua_agent_conf conf;

	rig_conf(&conf);
	conf.ifaces[0] = iface;
	conf.stun[0].uri = uri;
	conf.user_agent = name;
	rig_open(&a, &conf);
	memset(iface, 'x', sizeof(iface) - 1);
	memset(uri, 'x', sizeof(uri) - 1);
	memset(name, 'x', sizeof(name) - 1);
	memset(&conf, 0xff, sizeof(conf));

	/* A call opens sockets on the interface and asks the server. */
	rig_open(&b, NULL);
	rig_call(&a, &b, NULL, NULL);
	rig_close(&a);
	rig_close(&b);
}
END_TEST


static int alloc_scenario(void *arg)
{
	struct ua_agent *agent;
	struct ua_agent_conf conf;
	int err;

	(void)arg;

	rig_conf(&conf);
	conf.stun[0].uri = "stun:127.0.0.1:9";
	err = ua_agent_alloc(&agent, &conf, NULL);
	if (!err)
		ua_agent_free(agent);

	/* libre's word for a getaddrinfo() that has no memory */
	return err == EADDRNOTAVAIL ? ENOMEM : err;
}


START_TEST(without_memory_nothing_leaks)
{
	ua_oom_walk(alloc_scenario, NULL);
}
END_TEST


/* ---------------------------- the loop ----------------------------- */


static char order[16];


static void note_timer(int id, void *arg)
{
	struct rig *rig = arg;
	const char c = (char)('A' + id - TIMER_A);

	strncat(order, &c, 1);
	if (id == TIMER_A && strlen(order) < 3)
		ck_assert_int_eq(
			0, ua_agent_timer(rig->agent, id, 1, note_timer, rig));
	if (strlen(order) == 4)
		ua_agent_stop(rig->agent);
}


START_TEST(timers_run_once_and_may_start_themselves_again)
{
	rig_open(&a, NULL);
	order[0] = '\0';

	/* The second start of a number replaces the first. */
	API(ck_assert_int_eq(
		0, ua_agent_timer(a.agent, TIMER_B, 0, note_timer, &a)));
	API(ck_assert_int_eq(
		0, ua_agent_timer(a.agent, TIMER_B, 60, note_timer, &a)));
	API(ck_assert_int_eq(
		0, ua_agent_timer(a.agent, TIMER_A, 0, note_timer, &a)));

	ck_assert_int_eq(0, ua_run(a.agent));
	ck_assert_str_eq("AAAB", order);
	rig_close(&a);
}
END_TEST


START_TEST(stopped_timer_does_not_run)
{
	rig_open(&a, NULL);
	order[0] = '\0';
	ck_assert_int_eq(0,
			 ua_agent_timer(a.agent, TIMER_B, 1, note_timer, &a));
	ua_agent_timer_stop(a.agent, TIMER_B);
	ua_agent_timer_stop(a.agent, TIMER_A);
	rig_linger(20);
	ck_assert_str_eq("", order);

	/* One that waits when the agent goes does not run either. */
	ck_assert_int_eq(0,
			 ua_agent_timer(a.agent, TIMER_B, 1, note_timer, &a));
	rig_close(&a);
	rig_linger(20);
	ck_assert_str_eq("", order);
}
END_TEST


struct watched {
	struct rig *rig;
	int fd;
	unsigned runs;
};


static void on_readable(void *arg)
{
	struct watched *w = arg;
	uint64_t n;

	ck_assert_int_eq(sizeof(n), read(w->fd, &n, sizeof(n)));
	++w->runs;
	ua_agent_unwatch(w->rig->agent, w->fd);
	ua_agent_stop(w->rig->agent);
}


START_TEST(descriptor_wakes_its_handler_until_unwatched)
{
	const uint64_t one = 1;
	struct watched w = { .rig = &a };

	rig_open(&a, NULL);
	w.fd = eventfd(0, EFD_NONBLOCK);
	ck_assert_int_eq(0, ua_agent_watch(a.agent, w.fd, on_readable, &w));
	ck_assert_int_eq(sizeof(one), write(w.fd, &one, sizeof(one)));
	ck_assert_int_eq(0, ua_run(a.agent));
	ck_assert_uint_eq(1, w.runs);

	ck_assert_int_eq(sizeof(one), write(w.fd, &one, sizeof(one)));
	rig_linger(10);
	ck_assert_uint_eq(1, w.runs);
	rig_close(&a);
	(void)close(w.fd);
}
END_TEST


START_TEST(eight_descriptors_are_watched_not_nine)
{
	struct watched w = { .rig = &a };
	int fds[9];
	int i;

	rig_open(&a, NULL);
	for (i = 0; i < 9; i++) {
		fds[i] = eventfd(0, EFD_NONBLOCK);
		ck_assert_int_eq(
			i < 8 ? 0 : EMFILE,
			ua_agent_watch(a.agent, fds[i], on_readable, &w));
	}

	ua_agent_unwatch(a.agent, fds[3]);
	ck_assert_int_eq(0, ua_agent_watch(a.agent, fds[8], on_readable, &w));
	rig_close(&a);

	for (i = 0; i < 9; i++)
		(void)close(fds[i]);
}
END_TEST


START_TEST(time_counts_from_its_making)
{
	double t;

	rig_open(&a, NULL);
	t = ua_agent_time(a.agent);
	ck_assert_double_ge(t, 0);
	rig_linger(10);
	ck_assert_double_ge(ua_agent_time(a.agent), t + 0.009);
	ck_assert_double_lt(ua_agent_time(a.agent), RIG_TEST_S);
	rig_close(&a);
}
END_TEST


static void note_post(void *arg)
{
	unsigned *runs = arg;

	ck_assert_uint_eq(0, *runs % 2);
	*runs += 2;
	if (*runs == 6)
		ua_agent_stop(a.agent);
}


START_TEST(posted_functions_run_on_the_loop)
{
	unsigned runs = 0;
	int i;

	rig_open(&a, NULL);
	for (i = 0; i < 3; i++)
		API(ck_assert_int_eq(0, ua_post(a.agent, note_post, &runs)));
	ck_assert_uint_eq(0, runs);
	ck_assert_int_eq(0, ua_run(a.agent));
	ck_assert_uint_eq(6, runs);

	ck_assert_int_eq(EPIPE, ua_post(a.agent, note_post, &runs));
	rig_close(&a);
}
END_TEST


START_TEST(what_was_posted_runs_though_the_agent_stops)
{
	unsigned runs = 0;

	rig_open(&a, NULL);
	ck_assert_int_eq(0, ua_post(a.agent, note_post, &runs));
	ck_assert_int_eq(0, ua_post(a.agent, note_post, &runs));
	ua_agent_stop(a.agent);
	ck_assert_int_eq(EPIPE, ua_post(a.agent, note_post, &runs));
	ck_assert_int_eq(0, ua_run(a.agent));
	ck_assert_uint_eq(4, runs);
	rig_close(&a);
}
END_TEST


/* What never ran is not lost memory (seen by the sanitizer). */
START_TEST(what_was_posted_to_a_dying_agent_is_freed)
{
	unsigned runs = 0;

	rig_open(&a, NULL);
	ck_assert_int_eq(0, ua_post(a.agent, note_post, &runs));
	rig_close(&a);
	ck_assert_uint_eq(0, runs);
}
END_TEST


START_TEST(loop_without_work_ends_at_once_when_stopped)
{
	rig_open(&a, NULL);
	ua_agent_stop(a.agent);
	ck_assert_int_eq(0, ua_run(a.agent));
	ck_assert_int_eq(0, ua_run(a.agent));
	ck_assert_double_lt(ua_agent_time(a.agent), 1);
	rig_close(&a);
}
END_TEST


static void stop_one(int id, void *arg)
{
	struct rig *rig = arg;

	(void)id;
	ua_agent_stop(rig->agent);
}


START_TEST(two_agents_end_one_after_the_other)
{
	rig_open(&a, NULL);
	rig_open(&b, NULL);
	ck_assert_int_eq(0, ua_agent_timer(a.agent, TIMER_A, 1, stop_one, &a));
	ck_assert_int_eq(0,
			 ua_agent_timer(b.agent, TIMER_A, 40, stop_one, &b));

	ck_assert_int_eq(0, ua_run(a.agent));
	ck_assert_double_lt(ua_agent_time(b.agent), 0.04);
	rig_close(&a);
	ck_assert_int_eq(0, ua_run(b.agent));
	rig_close(&b);
}
END_TEST


static unsigned events_after;


static void free_hook(struct rig *rig, const struct ua_event *ev)
{
	(void)ev;

	/* Others wait behind this one: none of them may come. */
	++events_after;
	API(ua_agent_free(rig->agent));
	rig->agent = NULL;
}


static bool agent_is_gone(void *arg)
{
	const struct rig *rig = arg;

	return !rig->agent;
}


START_TEST(handler_may_free_its_agent)
{
	struct ua_call_conf conf;

	rig_open(&a, NULL);
	rig_open(&b, NULL);
	a.hook = free_hook;
	events_after = 0;
	ua_call_conf_default(&conf);
	API(ck_assert_int_eq(0, ua_call_connect(NULL, a.agent, NULL,
						rig_uri(&b, NULL), &conf,
						a.errstr)));
	rig_wait(agent_is_gone, &a);
	rig_linger(20);
	ck_assert_uint_eq(1, events_after);
	rig_close(&b);
}
END_TEST


START_TEST(freeing_nothing_is_no_error)
{
	ua_agent_free(NULL);
}
END_TEST


/* ---------------------------- threads ------------------------------ */


static atomic_uint posted;
static pthread_t loop_thread;


static void note_thread(void *arg)
{
	(void)arg;
	loop_thread = pthread_self();
	atomic_fetch_add(&posted, 1);
}


static void *post_many(void *arg)
{
	int i;

	for (i = 0; i < 50; i++)
		ck_assert_int_eq(0, ua_post(arg, note_thread, NULL));

	return NULL;
}


static void open_thread(struct rig *rig)
{
	struct ua_agent_conf conf;
	int err;

	memset(rig, 0, sizeof(*rig));
	rig_conf(&conf);
	rig_handler(rig, &conf);
	err = ua_agent_thread(&rig->agent, &conf, rig->errstr);
	ck_assert_msg(!err, "%s", rig->errstr);
}


/* Dispatch until an event of a type has come. */
static const struct rig_event *dispatch_until(struct rig *rig,
					      enum ua_event_type type)
{
	struct pollfd pfd = { .fd = ua_agent_fd(rig->agent),
			      .events = POLLIN };
	const struct rig_event *e;

	for (;;) {
		e = rig_find(rig, type);
		if (e)
			return e;

		ck_assert_msg(poll(&pfd, 1, RIG_MS) == 1, "no %s came",
			      ua_event_name(type));
		ua_dispatch(rig->agent);
	}
}


START_TEST(any_thread_may_post)
{
	pthread_t threads[2];
	size_t i;

	atomic_store(&posted, 0);
	open_thread(&a);
	ck_assert_int_ge(ua_agent_fd(a.agent), 0);

	for (i = 0; i < 2; i++)
		ck_assert_int_eq(0, pthread_create(&threads[i], NULL,
						   post_many, a.agent));
	for (i = 0; i < 2; i++)
		ck_assert_int_eq(0, pthread_join(threads[i], NULL));

	/* Free ends the loop only when what was posted has run. */
	rig_close(&a);
	ck_assert_uint_eq(100, atomic_load(&posted));
	ck_assert(!pthread_equal(loop_thread, pthread_self()));
}
END_TEST


static char uri_of_b[128];
static int connect_err;


static void post_connect(void *arg)
{
	struct rig *rig = arg;
	struct ua_call_conf conf;

	ua_call_conf_default(&conf);
	connect_err =
		ua_call_connect(NULL, rig->agent, NULL, uri_of_b, &conf, NULL);
}


static void post_answer(void *arg)
{
	struct rig *rig = arg;
	struct ua_call_conf conf;

	ua_call_conf_default(&conf);
	connect_err = ua_call_answer(ua_call_find(rig->agent, 1), &conf, NULL);
}


static void post_hangup(void *arg)
{
	struct rig *rig = arg;

	ua_call_hangup(ua_call_find(rig->agent, 1), 0, NULL);
}


START_TEST(two_threads_call_each_other)
{
	open_thread(&a);
	open_thread(&b);
	str_ncpy(uri_of_b, rig_uri(&b, NULL), sizeof(uri_of_b));

	ck_assert_int_eq(0, ua_post(a.agent, post_connect, &a));
	(void)dispatch_until(&b, UA_EVENT_INCOMING);
	ck_assert_int_eq(0, ua_post(b.agent, post_answer, &b));
	(void)dispatch_until(&a, UA_EVENT_MEDIA_HEARD);
	(void)dispatch_until(&b, UA_EVENT_MEDIA_HEARD);
	ck_assert_int_eq(0, ua_post(a.agent, post_hangup, &a));
	(void)dispatch_until(&a, UA_EVENT_CLOSED);
	(void)dispatch_until(&b, UA_EVENT_CLOSED);

	ck_assert_int_eq(0, connect_err);
	rig_close(&a);
	rig_close(&b);
}
END_TEST


/* It may end by itself while its owner still holds it. */
START_TEST(stopped_thread_waits_for_its_owner)
{
	open_thread(&a);
	open_thread(&b);
	str_ncpy(uri_of_b, rig_uri(&b, NULL), sizeof(uri_of_b));
	ck_assert_int_eq(0, ua_post(a.agent, post_connect, &a));
	(void)dispatch_until(&b, UA_EVENT_INCOMING);

	ua_agent_stop(a.agent);
	(void)dispatch_until(&a, UA_EVENT_CLOSED);
	(void)dispatch_until(&b, UA_EVENT_CLOSED);
	ua_agent_stop(b.agent);

	while (!ua_post(b.agent, note_thread, NULL))
		;
	ua_dispatch(b.agent);
	ua_agent_stop(b.agent);
	rig_close(&b);
	rig_close(&a);
}
END_TEST


START_TEST(agent_without_a_thread_has_no_descriptor)
{
	rig_open(&a, NULL);
	ck_assert_int_eq(-1, ua_agent_fd(a.agent));
	ua_dispatch(a.agent);
	rig_close(&a);
}
END_TEST


Suite *ua_suite_agent(void)
{
	Suite *s = suite_create("agent");
	TCase *tc = tcase_create("conf");
	TCase *tl = tcase_create("loop");
	TCase *tt = tcase_create("thread");

	tcase_set_timeout(tc, RIG_TEST_S);
	tcase_add_loop_test(tc, bad_value_is_named_with_what_was_expected, 0,
			    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, default_is_good_but_for_codecs);
	tcase_add_test(tc, port_is_the_one_asked_for_and_taken_once);
	tcase_add_test(tc, strings_are_copied);
	tcase_add_test(tc, without_memory_nothing_leaks);
	tcase_add_test(tc, handler_may_free_its_agent);
	tcase_add_test(tc, freeing_nothing_is_no_error);
	suite_add_tcase(s, tc);

	tcase_set_timeout(tl, RIG_TEST_S);
	tcase_add_test(tl, timers_run_once_and_may_start_themselves_again);
	tcase_add_test(tl, stopped_timer_does_not_run);
	tcase_add_test(tl, descriptor_wakes_its_handler_until_unwatched);
	tcase_add_test(tl, eight_descriptors_are_watched_not_nine);
	tcase_add_test(tl, time_counts_from_its_making);
	tcase_add_test(tl, posted_functions_run_on_the_loop);
	tcase_add_test(tl, what_was_posted_runs_though_the_agent_stops);
	tcase_add_test(tl, what_was_posted_to_a_dying_agent_is_freed);
	tcase_add_test(tl, loop_without_work_ends_at_once_when_stopped);
	tcase_add_test(tl, two_agents_end_one_after_the_other);
	suite_add_tcase(s, tl);

	tcase_set_timeout(tt, RIG_TEST_S);
	tcase_add_test(tt, any_thread_may_post);
	tcase_add_test(tt, two_threads_call_each_other);
	tcase_add_test(tt, stopped_thread_waits_for_its_owner);
	tcase_add_test(tt, agent_without_a_thread_has_no_descriptor);
	suite_add_tcase(s, tt);

	return s;
}
