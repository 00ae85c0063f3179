/* SPDX-License-Identifier: BSD-3-Clause */
/** @file agent.c  The agent: owner of sockets, accounts and calls */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <ua/call.h>
#include <ua/codec.h>
#include <ua/ua.h>
#include "agent/impl.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/random.h"
#include "call/caps.h"
#include "call/flow.h"
#include "call/incoming.h"
#include "net/sock.h"

/** A place of ours in the network: an endpoint on one local address */
struct site {
	struct le le;
	struct ua_endpoint *ep;
};

/** A copied string, owned by the list it stands in */
struct copy {
	struct le le;
	char *str;
};

/** A timer of the application */
struct timer {
	struct le le;
	struct tmr tmr;
	int id;
	void (*h)(int id, void *arg);
	void *arg;
};

/** What ua_post() sends through the pipe */
enum { POST_RUN = 1, POST_STOP = 2 };

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


void ua_agent_errf(char *errstr, const char *fmt, ...)
{
	va_list ap;

	if (!errstr)
		return;

	va_start(ap, fmt);
	(void)re_vsnprintf(errstr, UA_ERRSTR_MAX, fmt, ap);
	va_end(ap);
}


void ua_agent_conf_default(struct ua_agent_conf *conf)
{
	memset(conf, 0, sizeof(*conf));
	conf->ip4 = true;
	conf->ip6 = true;
	conf->ptime_ms = 20;
	conf->ice = UA_ICE_FULL;
	conf->max_calls = 64;
}


static void copy_destructor(void *arg)
{
	struct copy *copy = arg;

	list_unlink(&copy->le);
	mem_deref(copy->str);
}


/* Replace a borrowed string by a copy that the agent owns. */
static int keep(struct ua_agent *agent, const char **strp)
{
	struct copy *copy;

	if (!*strp)
		return 0;

	copy = mem_zalloc(sizeof(*copy), copy_destructor);
	if (!copy)
		return ENOMEM;

	if (str_dup(&copy->str, *strp)) {
		mem_deref(copy);
		return ENOMEM;
	}

	list_append(&agent->strings, &copy->le, copy);
	*strp = copy->str;

	return 0;
}


static int keep_servers(struct ua_agent *agent, struct ua_server_conf *srv)
{
	size_t i;

	for (i = 0; i < UA_SERVER_MAX; i++) {
		if (keep(agent, &srv[i].uri) || keep(agent, &srv[i].user) ||
		    keep(agent, &srv[i].password))
			return ENOMEM;
	}

	return 0;
}


static int keep_conf(struct ua_agent *agent)
{
	struct ua_agent_conf *conf = &agent->conf;
	size_t i;

	if (!conf->user_agent)
		conf->user_agent = "libua/" PACKAGE_VERSION;

	if (keep(agent, &conf->user_agent))
		return ENOMEM;

	for (i = 0; i < UA_IFACE_MAX; i++) {
		if (keep(agent, &conf->ifaces[i]))
			return ENOMEM;
	}

	if (keep_servers(agent, conf->stun))
		return ENOMEM;

	return keep_servers(agent, conf->turn);
}


static int check_servers(const struct ua_server_conf *srv, bool turn,
			 char *errstr)
{
	struct ua_server srv_parsed;
	size_t i;

	for (i = 0; i < UA_SERVER_MAX && srv[i].uri; i++) {
		if (ua_server_decode(&srv_parsed, &srv[i], turn, errstr))
			return EINVAL;
	}

	return 0;
}


static int check_conf(const struct ua_agent_conf *conf, char *errstr)
{
	if (!conf->ip4 && !conf->ip6) {
		ua_agent_errf(errstr, "neither IPv4 nor IPv6 is allowed:"
				      " one of them is needed");
		return EINVAL;
	}

	if (!conf->codecs || !conf->ncodec || conf->ncodec > UA_CODEC_MAX) {
		ua_agent_errf(errstr, "%zu codecs: 1 to %d are needed",
			      conf->codecs ? conf->ncodec : 0, UA_CODEC_MAX);
		return EINVAL;
	}

	if (conf->ptime_ms < 10 || conf->ptime_ms > 60 ||
	    conf->ptime_ms % 10) {
		ua_agent_errf(errstr,
			      "ptime %u: 10, 20, 30, 40, 50 or 60 expected",
			      conf->ptime_ms);
		return EINVAL;
	}

	if (check_servers(conf->stun, false, errstr))
		return EINVAL;

	return check_servers(conf->turn, true, errstr);
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


static void site_destructor(void *arg)
{
	struct site *site = arg;

	list_unlink(&site->le);
	mem_deref(site->ep);
}


static bool is_user(const struct pl *user, void *arg)
{
	const struct ua_agent *agent = arg;

	return list_isempty(&agent->accounts) ||
	       ua_account_of_user(agent, user);
}


static int on_options(struct mbuf *mb, void *arg)
{
	const struct ua_agent *agent = arg;

	return ua_caps_print(&agent->env, mb);
}


static void trace(bool tx, enum ua_tp tp, const struct ua_addr *src,
		  const struct ua_addr *dst, const uint8_t *buf, size_t len,
		  void *arg)
{
	const struct ua_agent *agent = arg;
	char s[UA_ADDR_LEN];
	char d[UA_ADDR_LEN];

	ua_log(&agent->log, UA_LOG_TRACE, "sip", "%s %s %s -> %s\n%b",
	       tx ? "sent" : "got", ua_tp_name(tp), ua_addr_str(src, s),
	       ua_addr_str(dst, d), buf, len);
}


/* An INVITE: whose is it, and is there room? */
static uint16_t on_invite(struct sip_msg *msg, void *arg)
{
	struct ua_agent *agent = arg;
	struct ua_account *account;
	struct ua_endpoint *ep = NULL;
	struct ua_addr local;
	struct le *le;

	if (agent->env.stopping)
		return 480;

	if (list_count(&agent->env.calls) >= agent->conf.max_calls)
		return 486;

	ua_addr_from_sa(&local, &msg->dst);
	for (le = agent->endpoints.head; le; le = le->next) {
		const struct site *site = le->data;

		if (!ep || ua_addr_ip_eq(ua_endpoint_local(site->ep), &local))
			ep = site->ep;
	}

	account = ua_account_of_user(agent, &msg->uri.user);

	return ua_incoming(&agent->env, account, ep, msg);
}


static int site_add(struct ua_agent *agent, const struct ua_addr *local,
		    struct site **sitep)
{
	struct ua_endpoint_conf conf;
	struct site *site;
	int err;

	site = mem_zalloc(sizeof(*site), site_destructor);
	if (!site)
		return ENOMEM;

	ua_endpoint_conf_default(&conf);
	conf.local = *local;
	conf.software = agent->conf.user_agent;
	conf.dnsc = ua_resolver_dnsc(agent->resolver);
	conf.max_calls = agent->conf.max_calls;
	conf.rand = agent->env.rand;
	conf.log = &agent->log;
	conf.invite_h = on_invite;
	conf.user_h = is_user;
	conf.options_h = on_options;
	conf.trace_h = agent->log.level >= UA_LOG_TRACE ? trace : NULL;
	conf.arg = agent;

	err = ua_endpoint_alloc(&site->ep, &conf);
	if (err) {
		mem_deref(site);
		return err;
	}

	list_append(&agent->endpoints, &site->le, site);
	if (sitep)
		*sitep = site;

	return 0;
}


static bool in_list(const struct ua_iflist *list, const struct ua_addr *addr)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (ua_addr_ip_eq(&list->v[i].addr, addr))
			return true;
	}

	return false;
}


/*
 * The local address for a destination: what was named, else what the kernel
 * would take, else the best of the interfaces that were named.
 */
static int local_for(const struct ua_agent *agent, const struct ua_addr *dst,
		     struct ua_addr *local)
{
	const struct ua_agent_conf *conf = &agent->conf;
	struct ua_iflist list;
	size_t i;
	int err;

	if (conf->local.af) {
		*local = conf->local;
		return local->af == dst->af ? 0 : EAFNOSUPPORT;
	}

	err = ua_iflist_source(dst, local);
	if (!conf->ifaces[0])
		return err;

	err = ua_env_addresses(&agent->env, &list);
	if (err || in_list(&list, local))
		return err;

	for (i = 0; i < list.n; i++) {
		if (list.v[i].addr.af == dst->af) {
			*local = list.v[i].addr;
			return 0;
		}
	}

	return EAFNOSUPPORT;
}


static int env_endpoint(struct ua_env *env, const struct ua_addr *dst,
			struct ua_endpoint **epp)
{
	struct ua_agent *agent = (struct ua_agent *)env;
	struct site *site;
	struct ua_addr local;
	struct le *le;
	int err;

	err = local_for(agent, dst, &local);
	if (err)
		return err;

	for (le = agent->endpoints.head; le; le = le->next) {
		site = le->data;
		if (ua_addr_ip_eq(ua_endpoint_local(site->ep), &local)) {
			*epp = site->ep;
			return 0;
		}
	}

	err = site_add(agent, &local, &site);
	if (err)
		return err;

	*epp = site->ep;
	return 0;
}


static int open_first(struct ua_agent *agent, char *errstr)
{
	struct ua_agent_conf *conf = &agent->conf;
	struct ua_addr local = conf->local;
	struct ua_iflist list;
	char buf[UA_ADDR_LEN];
	int err;

	err = ua_env_addresses(&agent->env, &list);
	if (err == ENOENT || err == ENODEV) {
		ua_agent_errf(errstr, "interface %s: %s",
			      conf->ifaces[0] ? conf->ifaces[0] : "any",
			      err == ENOENT
				      ? "there is none of that name"
				      : "no address that is fit for calls");
		return ENODEV;
	}
	if (err) {
		ua_agent_errf(errstr, "list of interfaces: %m", err);
		return err;
	}

	if (!local.af) {
		local = list.v[0].addr;
		local.port = conf->local.port;
	}

	err = site_add(agent, &local, NULL);
	if (err)
		ua_agent_errf(
			errstr, "local address %s: %s",
			ua_addr_str(&local, buf),
			err == EADDRINUSE
				? "the port is taken, choose another or 0"
			: err == EADDRNOTAVAIL
				? "not an address of this machine"
				: strerror(err));

	return err;
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

	if (id == POST_STOP) {
		ua_agent_stop(agent);
		return;
	}

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
	conf.dns = agent->conf.dns;

	return ua_resolver_alloc(&agent->resolver, &conf);
}


static void timer_destructor(void *arg)
{
	struct timer *timer = arg;

	tmr_cancel(&timer->tmr);
	list_unlink(&timer->le);
}


static void agent_destructor(void *arg)
{
	struct ua_agent *agent = arg;
	struct post *post;
	size_t i;

	while ((post = post_take(agent)) != NULL)
		free(post);

	tmr_cancel(&agent->settle);
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
	env->emit = env_emit;
	env->endpoint = env_endpoint;
	env->identity = ua_account_identity;
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

	err = check_conf(conf, errstr);
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
	env_init(agent);

	err = ua_evqueue_init(&agent->evq, threaded, conf->event_h, conf->arg);
	if (err)
		goto out;

	err = keep_conf(agent);
	if (err)
		goto out;

	err = mqueue_alloc(&agent->mq, on_post, agent);
	if (err)
		goto out;

	err = open_resolver(agent);
	if (err)
		goto out;
	agent->env.resolver = agent->resolver;

	err = open_first(agent, errstr);

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
	ua_agent_errf(errstr, "");

	return agent_make(agentp, conf, false, errstr);
}


static bool is_other_thread(const struct ua_agent *agent)
{
	return agent->threaded &&
	       !pthread_equal(agent->thread, pthread_self());
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
		const struct site *site = le->data;

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

	ua_agent_errf(errstr, "");

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
		mem_deref(agent);
		return;
	}

	/* The loop's thread frees what it made. */
	thread = agent->thread;
	ua_agent_stop(agent);
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


static void on_watch(int flags, void *arg)
{
	struct ua_watch *watch = arg;

	(void)flags;
	watch->h(watch->arg);
}


int ua_agent_watch(struct ua_agent *agent, int fd, void (*h)(void *arg),
		   void *arg)
{
	struct ua_watch *watch = NULL;
	size_t i;
	int err;

	for (i = 0; i < UA_WATCH_MAX && !watch; i++) {
		if (agent->watch[i].fd < 0)
			watch = &agent->watch[i];
	}

	if (!watch)
		return EMFILE;

	watch->h = h;
	watch->arg = arg;
	err = ua_fd_listen(&watch->ufd, fd, FD_READ, on_watch, watch);
	if (!err)
		watch->fd = fd;

	return err;
}


void ua_agent_unwatch(struct ua_agent *agent, int fd)
{
	size_t i;

	for (i = 0; i < UA_WATCH_MAX; i++) {
		if (agent->watch[i].fd != fd)
			continue;

		ua_fd_close(&agent->watch[i].ufd);
		agent->watch[i].fd = -1;
	}
}


static void on_timer(void *arg)
{
	struct timer *timer = arg;
	void (*h)(int id, void *arg) = timer->h;
	void *harg = timer->arg;
	const int id = timer->id;

	/* Gone before the handler runs: it may start it again. */
	mem_deref(timer);
	h(id, harg);
}


void ua_agent_timer_stop(struct ua_agent *agent, int id)
{
	struct le *le;

	for (le = agent->timers.head; le; le = le->next) {
		struct timer *timer = le->data;

		if (timer->id == id) {
			mem_deref(timer);
			return;
		}
	}
}


int ua_agent_timer(struct ua_agent *agent, int id, uint64_t delay_ms,
		   void (*h)(int id, void *arg), void *arg)
{
	struct timer *timer = mem_zalloc(sizeof(*timer), timer_destructor);

	if (!timer)
		return ENOMEM;

	ua_agent_timer_stop(agent, id);

	timer->id = id;
	timer->h = h;
	timer->arg = arg;
	list_append(&agent->timers, &timer->le, timer);
	tmr_start(&timer->tmr, delay_ms, on_timer, timer);

	return 0;
}


const struct ua_addr *ua_agent_local(const struct ua_agent *agent)
{
	const struct site *site = list_ledata(agent->endpoints.head);

	return ua_endpoint_local(site->ep);
}


const char *ua_version(void)
{
	return PACKAGE_VERSION;
}
