/* SPDX-License-Identifier: BSD-3-Clause */
/** @file agent.c  The agent: owner of sockets, accounts and calls */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <ua/call.h>
#include <ua/ua.h>
#include "agent/impl.h"
#include "agent/netstore.h"
#include "base/clock.h"
#include "base/random.h"
#include "call/callcore.h"
#include "call/failover.h"
#include "call/flow.h"
#include "call/turnenv.h"

/** What ua_post() sends through the pipe */
enum { POST_RUN = 1, POST_STOP, POST_FREE };

struct post {
	struct le le;
	void (*h)(void *arg);
	void *arg;
};

static pthread_once_t libre_once = PTHREAD_ONCE_INIT;
static int libre_err;


/* libre's start is per process; it is never undone: others may use it too. */
static void start_libre(void)
{
	libre_err = libre_init();
	dbg_init(DBG_ERR, 0);
}


double ua_agent_time(const struct ua_agent *agent)
{
	return (double)(ua_clock_us() - agent->start_us) / 1e6;
}


static void env_emit(struct ua_env *env, struct ua_event *ev)
{
	struct ua_agent *agent = (struct ua_agent *)env;

	ev->agent = agent;
	ev->t_s = ua_agent_time(agent);

	if (ua_evqueue_push(&agent->evq, ev, ev->call, ev->account))
		ua_log(&agent->log, UA_LOG_ERROR, "agent",
		       "no memory for the event %s", ua_event_name(ev->type));
}


static struct post *post_take(struct ua_agent *agent)
{
	struct post *post;

	pthread_mutex_lock(&agent->mutex);
	post = list_ledata(list_head(&agent->posts));
	if (post)
		list_unlink(&post->le);
	pthread_mutex_unlock(&agent->mutex);

	return post;
}


static bool post_waits(struct ua_agent *agent)
{
	bool waits;

	pthread_mutex_lock(&agent->mutex);
	waits = agent->posts.head != NULL;
	pthread_mutex_unlock(&agent->mutex);

	return waits;
}


/* What was posted before still runs. */
static void post_end(struct ua_agent *agent)
{
	pthread_mutex_lock(&agent->mutex);
	agent->ending = true;
	pthread_mutex_unlock(&agent->mutex);
}


static void on_post(int id, void *data, void *arg)
{
	struct ua_agent *agent = arg;
	struct post *post;

	(void)data;

	/* Freed while it says goodbye: it may end that in peace. */
	if (id == POST_STOP || (id == POST_FREE && !agent->env.stopping)) {
		ua_agent_stop(agent);
		return;
	}
	if (id == POST_FREE)
		return;

	post = post_take(agent);
	if (!post)
		return;

	post->h(post->arg);
	free(post);
}


/* The servers' addresses in libre's way of saying it */
static int open_resolver(struct ua_agent *agent)
{
	struct ua_resolver_conf conf;

	ua_resolver_conf_default(&conf);
	conf.log = &agent->log;
	conf.rand = agent->env.rand;
	conf.dnsv[0] = agent->conf.dns;

	return ua_resolver_alloc(&agent->resolver, &conf);
}


static void agent_destructor(void *arg)
{
	struct ua_agent *agent = arg;
	struct post *post;
	size_t i;

	while ((post = post_take(agent)) != NULL)
		free(post);

	tmr_cancel(&agent->settle);
	ua_jump_stop(&agent->jump);
	ua_network_stop(agent);
	for (i = 0; i < UA_WATCH_MAX; i++) {
		if (agent->watch[i].fd >= 0)
			ua_fd_close(&agent->watch[i].ufd);
	}

	ua_evqueue_close(&agent->evq);
	list_flush(&agent->timers);
	list_flush(&agent->env.calls);
	list_flush(&agent->env.parting);
	list_flush(&agent->accounts);
	list_flush(&agent->leaving);
	list_flush(&agent->endpoints);
	mem_deref(agent->env.turn);
	mem_deref(agent->store);
	mem_deref(agent->env.creds);
	mem_deref(agent->resolver);
	mem_deref(agent->mq);
	list_flush(&agent->strings);
	pthread_mutex_destroy(&agent->mutex);
	sem_destroy(&agent->released);
}


static void env_init(struct ua_agent *agent)
{
	struct ua_env *env = &agent->env;

	env->conf = &agent->conf;
	env->log = &agent->log;
	env->rand = &ua_random_system;
	ua_pacer_init(&agent->pacer);
	env->pacer = &agent->pacer;
	ua_shun_flush(&env->shun);
	env->emit = env_emit;
	env->endpoint = ua_site_endpoint;
	env->again = ua_site_again;
	env->moved = ua_network_moved;
	env->identity = ua_account_identity;
}


static bool anything_left(struct ua_agent *agent)
{
	const struct le *le;

	if (agent->env.calls.head || agent->env.parting.head ||
	    agent->leaving.head || post_waits(agent))
		return true;

	for (le = agent->accounts.head; le; le = le->next) {
		if (ua_account_busy(le->data))
			return true;
	}

	for (le = agent->endpoints.head; le; le = le->next) {
		const struct ua_site *site = le->data;

		if (ua_endpoint_busy(site->ep))
			return true;
	}

	return ua_evqueue_busy(&agent->evq);
}


static void on_settle(void *arg)
{
	struct ua_agent *agent = arg;

	if (anything_left(agent) && ua_clock_ms() < agent->stop_ms) {
		tmr_start(&agent->settle, UA_SETTLE_MS, on_settle, agent);
		return;
	}

	if (agent->running)
		re_cancel();
	agent->running = false;
}


/*
 * libre's timers stand still, or have all run off: set them by our clock.
 * After a sleep they may be right, but none of them fits the time of now.
 */
static void on_jump(int64_t step_ms, uint64_t slept_ms, void *arg)
{
	struct ua_agent *agent = arg;
	struct le *le;

	if (step_ms)
		ua_log(&agent->log, UA_LOG_WARN, "agent",
		       "the wall clock was set by %lli ms",
		       (long long)step_ms);
	if (slept_ms)
		ua_log(&agent->log, UA_LOG_INFO, "agent",
		       "nothing ran for %llu ms",
		       (unsigned long long)slept_ms);

	for (le = agent->endpoints.head; le; le = le->next)
		ua_endpoint_rearm(((struct ua_site *)le->data)->ep);

	for (le = agent->accounts.head; le; le = le->next) {
		if (slept_ms)
			ua_accountmove_woke(le->data);
		else
			ua_account_rearm(le->data);
	}

	for (le = agent->env.calls.head; le; le = le->next) {
		ua_callmedia_rearm(le->data);
		ua_failover_rearm(le->data);
	}

	for (le = agent->env.parting.head; le; le = le->next)
		ua_flow_rearm(le->data);

	ua_network_rearm(agent);
	ua_resolver_rearm(agent->resolver);
	ua_evqueue_rearm(&agent->evq);
	if (tmr_isrunning(&agent->settle))
		tmr_start(&agent->settle, 0, on_settle, agent);
}


static int open_store(struct ua_agent *agent)
{
	struct ua_agent_conf *conf = &agent->conf;
	int err;

	err = ua_netstore_alloc(&agent->store, conf->state_dir, &agent->log);
	if (!err && !conf->instance)
		conf->instance =
			ua_netstore_instance(agent->store, agent->env.rand);

	return err;
}


/* A mistake in these files is better told now than by the first call. */
static int check_creds(struct ua_agent *agent, char *errstr)
{
	const struct ua_agent_conf *conf = &agent->conf;
	struct ua_tlscreds *creds;

	if (!conf->tls_ca && !conf->tls_cert && !conf->tls_key)
		return 0;

	return ua_env_creds(&agent->env, &creds, errstr);
}


static int agent_make(struct ua_agent **agentp,
		      const struct ua_agent_conf *conf, bool threaded,
		      char *errstr)
{
	struct ua_agent *agent;
	size_t i;
	int err;

	(void)pthread_once(&libre_once, start_libre);
	if (libre_err)
		return libre_err;

	err = ua_settings_check(conf, errstr);
	if (err)
		return err;

	agent = mem_zalloc(sizeof(*agent), agent_destructor);
	if (!agent)
		return ENOMEM;

	/* With glibc and musl these two cannot fail. */
	(void)pthread_mutex_init(&agent->mutex, NULL);
	(void)sem_init(&agent->released, 0, 0);

	agent->conf = *conf;
	agent->log = conf->log;
	agent->start_us = ua_clock_us();
	agent->threaded = threaded;
	for (i = 0; i < UA_WATCH_MAX; i++)
		agent->watch[i].fd = -1;
	agent->jump.fd = -1;
	env_init(agent);

	err = ua_evqueue_init(&agent->evq, agent, threaded, conf->event_h,
			      conf->arg);
	if (err)
		goto out;

	err = ua_settings_keep(agent);
	if (err)
		goto out;

	err = open_store(agent);
	if (err)
		goto out;

	err = mqueue_alloc(&agent->mq, on_post, agent);
	if (err)
		goto out;

	err = open_resolver(agent);
	if (err)
		goto out;
	agent->env.resolver = agent->resolver;

	err = check_creds(agent, errstr);
	if (err)
		goto out;

	err = ua_turnenv_alloc(&agent->env);
	if (err)
		goto out;

	err = ua_site_open(agent, errstr);
	if (err)
		goto out;

	err = ua_network_start(agent);
	if (err)
		goto out;

	err = ua_jump_start(&agent->jump, on_jump, agent);

out:
	if (err)
		mem_deref(agent);
	else
		*agentp = agent;

	return err;
}


int ua_agent_alloc(struct ua_agent **agentp, const struct ua_agent_conf *conf,
		   char *errstr)
{
	ua_settings_errf(errstr, "");

	return agent_make(agentp, conf, false, errstr);
}


static bool is_other_thread(const struct ua_agent *agent)
{
	return agent->threaded &&
	       !pthread_equal(agent->thread, pthread_self());
}


void ua_agent_stop(struct ua_agent *agent)
{
	struct le *le;

	if (is_other_thread(agent)) {
		(void)mqueue_push(agent->mq, POST_STOP, NULL);
		return;
	}

	if (agent->env.stopping) {
		agent->stop_ms = 0;
	}
	else {
		post_end(agent);
		agent->env.stopping = true;
		agent->stop_ms = ua_clock_ms() + UA_STOP_MS;

		/* A call without a session is closed, and gone, at once. */
		le = agent->env.calls.head;
		while (le) {
			struct ua_call *call = le->data;

			le = le->next;
			ua_call_hangup(call, 0, NULL);
		}

		for (le = agent->accounts.head; le; le = le->next)
			ua_account_stop(le->data);
	}

	tmr_start(&agent->settle, 0, on_settle, agent);
}


int ua_run(struct ua_agent *agent)
{
	int err;

	if (agent->env.stopping && !tmr_isrunning(&agent->settle))
		return 0;

	agent->running = true;
	err = re_main(NULL);
	agent->running = false;

	return err;
}


int ua_post(struct ua_agent *agent, void (*h)(void *arg), void *arg)
{
	struct post *post;
	int err = EPIPE;

	/* Not libre's allocator: its counts are not for several threads. */
	post = calloc(1, sizeof(*post));
	if (!post)
		return ENOMEM;

	post->h = h;
	post->arg = arg;

	pthread_mutex_lock(&agent->mutex);
	if (!agent->ending)
		err = mqueue_push(agent->mq, POST_RUN, NULL);
	if (!err)
		list_append(&agent->posts, &post->le, post);
	pthread_mutex_unlock(&agent->mutex);

	if (err)
		free(post);

	return err == EAGAIN ? ENOMEM : err;
}


/** What a starting thread and its maker share */
struct start {
	struct ua_agent *agent;
	const struct ua_agent_conf *conf;
	char *errstr;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	bool done;
	int err;
};


static void *thread_main(void *arg)
{
	struct start *start = arg;
	struct ua_agent *agent = NULL;
	int err;

	err = re_thread_init();
	if (!err)
		err = agent_make(&agent, start->conf, true, start->errstr);
	if (!err) {
		agent->thread = pthread_self();
		agent->fd = agent->evq.fd;
	}

	pthread_mutex_lock(&start->mutex);
	start->agent = agent;
	start->err = err;
	start->done = true;
	pthread_cond_signal(&start->cond);
	pthread_mutex_unlock(&start->mutex);

	/* The maker may be gone from here on: start is no more. */
	if (err)
		goto out;

	if (ua_run(agent))
		ua_log(&agent->log, UA_LOG_ERROR, "agent", "the loop failed");

	/* Its owner still reads events, and posts in vain. */
	while (sem_wait(&agent->released) && errno == EINTR)
		;
	mem_deref(agent);

out:
	re_thread_close();
	return NULL;
}


int ua_agent_thread(struct ua_agent **agentp, const struct ua_agent_conf *conf,
		    char *errstr)
{
	struct start start = { .conf = conf,
			       .errstr = errstr,
			       .mutex = PTHREAD_MUTEX_INITIALIZER,
			       .cond = PTHREAD_COND_INITIALIZER };
	pthread_t thread;
	int err;

	ua_settings_errf(errstr, "");

	/* Before the thread is: it must not race with others over libre. */
	(void)pthread_once(&libre_once, start_libre);

	err = pthread_create(&thread, NULL, thread_main, &start);
	if (err)
		return err;

	pthread_mutex_lock(&start.mutex);
	while (!start.done)
		pthread_cond_wait(&start.cond, &start.mutex);
	pthread_mutex_unlock(&start.mutex);

	if (start.err) {
		(void)pthread_join(thread, NULL);
		return start.err;
	}

	*agentp = start.agent;
	return 0;
}


void ua_agent_free(struct ua_agent *agent)
{
	pthread_t thread;

	if (!agent)
		return;

	if (!is_other_thread(agent)) {
		/* From inside its handler: no more events, then it goes. */
		ua_evqueue_mute(&agent->evq);
		mem_deref(agent);
		return;
	}

	/* The loop's thread frees what it made. */
	thread = agent->thread;
	(void)mqueue_push(agent->mq, POST_FREE, NULL);
	sem_post(&agent->released);
	(void)pthread_join(thread, NULL);
}


int ua_agent_fd(const struct ua_agent *agent)
{
	return agent->threaded ? agent->fd : -1;
}


void ua_dispatch(struct ua_agent *agent)
{
	ua_evqueue_dispatch(&agent->evq);
}


const struct ua_addr *ua_agent_local(const struct ua_agent *agent)
{
	return ua_endpoint_local(ua_site_first(agent));
}


const char *ua_version(void)
{
	return PACKAGE_VERSION;
}
