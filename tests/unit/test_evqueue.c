/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_evqueue.c  Events wait, in order, as copies */

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>

#include "agent/evqueue.h"
#include "oom.h"
#include "sipbed.h"

Suite *ua_suite_evqueue(void);

enum { MANY = 500, DEADLINE_MS = 5000 };

static struct ua_evqueue q;
static unsigned seen;
static unsigned more;
static uint64_t last_ms;
static pthread_t handler_thread;


static void push(uint64_t ms)
{
	struct ua_event ev = { .type = UA_EVENT_PROGRESS, .ms = ms };

	ck_assert_int_eq(0, ua_evqueue_push(&q, &ev, NULL, NULL));
}


/* Events are numbered by their ms. */
static void handler(const struct ua_event *ev, void *arg)
{
	ck_assert_ptr_eq(&q, arg);
	ck_assert_uint_eq(last_ms + 1, ev->ms);
	last_ms = ev->ms;
	handler_thread = pthread_self();
	++seen;

	if (more) {
		--more;
		push(last_ms + 1);
	}
}


static bool all_seen(void *arg)
{
	return seen >= *(unsigned *)arg;
}


static void run_until(unsigned n)
{
	ck_assert(sipbed_run(all_seen, &n, DEADLINE_MS));
	ck_assert_uint_eq(n, seen);
}


static void open_queue(bool threaded)
{
	ck_assert_int_eq(0, libre_init());
	seen = 0;
	more = 0;
	last_ms = 0;
	ck_assert_int_eq(0, ua_evqueue_init(&q, NULL, threaded, handler, &q));
}


static void close_queue(void)
{
	ua_evqueue_close(&q);
	libre_close();
}


START_TEST(events_come_from_the_loop_in_their_order)
{
	open_queue(false);
	ck_assert(!ua_evqueue_busy(&q));

	push(1);
	push(2);
	push(3);
	ck_assert_uint_eq(0, seen);
	ck_assert(ua_evqueue_busy(&q));

	run_until(3);
	ck_assert(!ua_evqueue_busy(&q));
	close_queue();
}
END_TEST


START_TEST(handler_may_push_more)
{
	open_queue(false);
	more = 4;
	push(1);
	run_until(5);
	close_queue();
}
END_TEST


static void copy_handler(const struct ua_event *ev, void *arg)
{
	(void)arg;

	ck_assert_str_eq("reason", ev->reason);
	ck_assert_str_eq("why", ev->why);
	ck_assert_str_eq("opus/48000", ev->codec);
	ck_assert_str_eq("options", ev->keepalive.method);
	ck_assert_uint_eq(2, ev->ncand);
	ck_assert_uint_eq(7, ev->cands[0].priority);
	ck_assert_uint_eq(8, ev->cands[1].priority);
	ck_assert_int_eq(UA_CAND_RELAY, ev->cands[1].type);
	++seen;
}


START_TEST(copies_survive_what_they_were_made_of)
{
	struct ua_cand_info cands[2] = {
		{ .priority = 7 }, { .type = UA_CAND_RELAY, .priority = 8 }
	};
	char reason[] = "reason";
	char why[] = "why";
	char codec[] = "opus/48000";
	char method[] = "options";
	struct ua_event ev = { .type = UA_EVENT_PROGRESS,
			       .reason = reason,
			       .why = why,
			       .codec = codec,
			       .cands = cands,
			       .ncand = 2,
			       .keepalive.method = method };

	open_queue(false);
	q.h = copy_handler;
	ck_assert_int_eq(0, ua_evqueue_push(&q, &ev, NULL, NULL));

	memset(reason, 'x', sizeof(reason));
	memset(why, 'x', sizeof(why));
	memset(codec, 'x', sizeof(codec));
	memset(method, 'x', sizeof(method));
	memset(cands, 0xff, sizeof(cands));
	memset(&ev, 0xff, sizeof(ev));

	run_until(1);
	close_queue();
}
END_TEST


START_TEST(call_and_account_live_until_it_is_delivered)
{
	const struct ua_event ev = { .type = UA_EVENT_CLOSED, .ms = 1 };
	void *call = mem_zalloc(8, NULL);
	void *account = mem_zalloc(8, NULL);

	open_queue(false);
	ck_assert_int_eq(0, ua_evqueue_push(&q, &ev, call, account));
	ck_assert_uint_eq(2, mem_nrefs(call));
	ck_assert_uint_eq(2, mem_nrefs(account));

	run_until(1);
	ck_assert_uint_eq(1, mem_nrefs(call));
	ck_assert_uint_eq(1, mem_nrefs(account));

	mem_deref(call);
	mem_deref(account);
	close_queue();
}
END_TEST


START_TEST(closing_drops_what_waits)
{
	void *call = mem_zalloc(8, NULL);
	const struct ua_event ev = { .type = UA_EVENT_CLOSED, .ms = 1 };

	open_queue(false);
	ck_assert_int_eq(0, ua_evqueue_push(&q, &ev, call, NULL));
	close_queue();

	ck_assert_uint_eq(0, seen);
	ck_assert_uint_eq(1, mem_nrefs(call));
	mem_deref(call);
}
END_TEST


START_TEST(nobody_has_to_listen)
{
	const struct ua_event ev = { .type = UA_EVENT_CLOSED };

	open_queue(false);
	q.h = NULL;
	ck_assert_int_eq(0, ua_evqueue_push(&q, &ev, NULL, NULL));
	(void)sipbed_run(NULL, NULL, 5);
	ck_assert(!ua_evqueue_busy(&q));
	close_queue();
}
END_TEST


/* The dispatching thread: polls and dispatches until all are seen. */
static void *dispatcher(void *arg)
{
	struct pollfd pfd = { .fd = q.fd, .events = POLLIN };

	while (last_ms < MANY) {
		if (poll(&pfd, 1, DEADLINE_MS) != 1)
			return arg;
		ua_evqueue_dispatch(&q);
	}

	return NULL;
}


static void *call_of_many;
static unsigned pushed;
static struct tmr tmr;


static void push_some(void *arg)
{
	struct ua_event ev = { .type = UA_EVENT_PROGRESS };
	unsigned i;

	for (i = 0; i < 7 && pushed < MANY; i++) {
		ev.ms = ++pushed;
		ck_assert_int_eq(0,
				 ua_evqueue_push(&q, &ev, call_of_many, NULL));
	}

	if (pushed < MANY)
		tmr_start(&tmr, 0, push_some, arg);
}


static bool all_handed_over(void *arg)
{
	(void)arg;

	return pushed == MANY && !ua_evqueue_busy(&q);
}


START_TEST(another_thread_gets_them_in_order)
{
	pthread_t thread;
	void *late;

	open_queue(true);
	ck_assert_int_ge(q.fd, 0);
	pushed = 0;
	call_of_many = mem_zalloc(8, NULL);
	tmr_init(&tmr);
	tmr_start(&tmr, 0, push_some, NULL);

	ck_assert_int_eq(0, pthread_create(&thread, NULL, dispatcher, &q));
	ck_assert(sipbed_run(all_handed_over, NULL, DEADLINE_MS));
	ck_assert_int_eq(0, pthread_join(thread, &late));
	ck_assert_ptr_null(late);
	ck_assert_uint_eq(MANY, seen);
	ck_assert(!pthread_equal(handler_thread, pthread_self()));

	/* The loop alone drops references: the counts are not atomic. */
	close_queue();
	ck_assert_uint_eq(1, mem_nrefs(call_of_many));
	mem_deref(call_of_many);
}
END_TEST


START_TEST(descriptor_is_readable_only_while_something_waits)
{
	struct pollfd pfd;

	open_queue(true);
	pfd = (struct pollfd){ .fd = q.fd, .events = POLLIN };
	ck_assert_int_eq(0, poll(&pfd, 1, 0));
	ua_evqueue_dispatch(&q);

	push(1);
	ck_assert_int_eq(0, poll(&pfd, 1, 0));
	(void)sipbed_run(NULL, NULL, 5);
	ck_assert_int_eq(1, poll(&pfd, 1, 0));
	ck_assert_uint_eq(0, seen);

	ua_evqueue_dispatch(&q);
	ck_assert_uint_eq(1, seen);
	ck_assert_int_eq(0, poll(&pfd, 1, 0));
	close_queue();
}
END_TEST


static int push_scenario(void *arg)
{
	const struct ua_cand_info cand = { .priority = 7 };
	const struct ua_event ev = { .type = UA_EVENT_PROGRESS,
				     .reason = "reason",
				     .cands = &cand,
				     .ncand = 1 };
	void *call = arg;
	int err;

	/* No ck_assert here: it allocates too. */
	err = ua_evqueue_push(&q, &ev, call, NULL);
	if (mem_nrefs(call) != (err ? 1 : 2))
		err = EPROTO;

	tmr_cancel(&q.tmr);
	list_flush(&q.pending);

	return err;
}


START_TEST(without_memory_an_event_is_lost_and_nothing_else)
{
	void *call = mem_zalloc(8, NULL);

	open_queue(false);
	ua_oom_walk(push_scenario, call);
	close_queue();
	mem_deref(call);
}
END_TEST


Suite *ua_suite_evqueue(void)
{
	Suite *s = suite_create("evqueue");
	TCase *tc = tcase_create("loop");
	TCase *tt = tcase_create("thread");

	tcase_add_test(tc, events_come_from_the_loop_in_their_order);
	tcase_add_test(tc, handler_may_push_more);
	tcase_add_test(tc, copies_survive_what_they_were_made_of);
	tcase_add_test(tc, call_and_account_live_until_it_is_delivered);
	tcase_add_test(tc, closing_drops_what_waits);
	tcase_add_test(tc, nobody_has_to_listen);
	tcase_add_test(tc, without_memory_an_event_is_lost_and_nothing_else);
	suite_add_tcase(s, tc);

	tcase_add_test(tt, another_thread_gets_them_in_order);
	tcase_add_test(tt, descriptor_is_readable_only_while_something_waits);
	suite_add_tcase(s, tt);

	return s;
}
