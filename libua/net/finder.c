/* SPDX-License-Identifier: BSD-3-Clause */
/** @file finder.c  Looking up servers: what is asked, known and waited for */

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "net/finder.h"
#include "net/findtext.h"
#include "net/hostrr.h"
#include "net/lookups.h"
#include <ua/log.h>

enum {
	PATIENCE_TENTHS = 6, /* of the deadline: what is not answered was
				sent three times by then                    */
	RESTART_TIMES = 3    /* of the deadline: networks that change without
				 end do not make anybody wait without end    */
};

/* How far a finding's time has run */
enum stage {
	STAGE_ASKING,
	STAGE_IMPATIENT, /* silence about SRV and NAPTR counts as "no" */
	STAGE_LATE       /* all silence does                           */
};

struct ua_finder {
	const struct ua_log *log;
	const struct ua_rand *rand;
	uint32_t deadline_ms;
	uint64_t now_ms; /* of the call that runs */
	const char *hosts;
	struct ua_lookups *lookups;
	struct list waiting;                 /* owned by who asked        */
	struct list ended;                   /* ... and owed an event     */
	struct ua_rr hostrrv[UA_DNS_RR_MAX]; /* lent out by on_locate()   */
};

struct ua_finding {
	struct le le;
	struct ua_finder *f; /* NULL: it is gone */
	struct ua_locate_conf conf;
	char host[UA_DNS_NAME_LEN];
	enum stage stage;
	bool homeless;       /* The network has changed under it       */
	uint64_t since_ms;   /* Time runs since then                   */
	uint64_t give_up_ms; /* ... but not any longer                */
	uint64_t next_ms;    /* The next stage begins                  */
	int err;
	struct ua_located res;
	void *arg;
};


static void finding_destructor(void *data)
{
	struct ua_finding *fg = data;

	list_unlink(&fg->le);
}


static void orphan_all(struct list *list)
{
	struct le *le;

	while ((le = list_head(list))) {
		struct ua_finding *fg = le->data;

		list_unlink(le);
		fg->f = NULL;
	}
}


static void finder_destructor(void *data)
{
	struct ua_finder *f = data;

	orphan_all(&f->waiting);
	orphan_all(&f->ended);
	mem_deref(f->lookups);
}


int ua_finder_alloc(struct ua_finder **fp, const struct ua_finder_conf *conf)
{
	struct ua_finder *f;
	int err;

	f = mem_zalloc(sizeof(*f), finder_destructor);
	if (!f)
		return ENOMEM;

	list_init(&f->waiting);
	list_init(&f->ended);
	f->log = conf->log;
	f->rand = conf->rand;
	f->deadline_ms = conf->deadline_ms;
	f->hosts = "";

	err = ua_lookups_alloc(&f->lookups, conf->log, conf->deadline_ms);
	if (err)
		mem_deref(f);
	else
		*fp = f;

	return err;
}


void ua_finder_hosts(struct ua_finder *f, const char *text)
{
	f->hosts = text;
}


static bool is_optional(enum ua_rrtype type)
{
	return type == UA_RR_SRV || type == UA_RR_NAPTR;
}


static bool has_servers(const struct ua_finder *f)
{
	return ua_lookups_servers(f->lookups)->n > 0;
}


/* A new network may get its name servers a moment later. */
static int ask(const struct ua_finding *fg, const char *name,
	       enum ua_rrtype type)
{
	const struct ua_finder *f = fg->f;

	if (fg->homeless && !has_servers(f))
		return 0;

	return ua_lookups_ask(f->lookups, f->now_ms, name, type);
}


static int on_locate(const char *name, enum ua_rrtype type,
		     const struct ua_rr **rrv, size_t *n, void *arg)
{
	struct ua_finding *fg = arg;
	struct ua_finder *f = fg->f;
	int err;

	if (ua_hostrr_find(f->hosts, name, type, f->hostrrv, n)) {
		*rrv = f->hostrrv;
		return *n ? 0 : ENOENT;
	}

	err = ua_lookups_get(f->lookups, f->now_ms, &name, type, rrv, n);
	if (err != EINPROGRESS)
		return err;

	if (fg->stage == STAGE_LATE)
		return has_servers(f) ? ETIMEDOUT : ENONET;

	err = ask(fg, name, type);
	if (err)
		return err;

	return fg->stage == STAGE_IMPATIENT && is_optional(type) ? ETIMEDOUT
								 : EINPROGRESS;
}


static void finding_run(struct ua_finding *fg)
{
	struct ua_finder *f = fg->f;
	int err;

	err = ua_locate(&fg->res, &fg->conf, f->rand, on_locate, fg);

	/* Impatient, but with nothing in hand: the rest of the time is left.
	 */
	if (err == ETIMEDOUT && fg->stage == STAGE_IMPATIENT) {
		fg->stage = STAGE_ASKING;
		return;
	}

	if (err == EINPROGRESS)
		return;

	fg->err = err;
	list_unlink(&fg->le);
	list_append(&f->ended, &fg->le, fg);
}


static void run_all(struct ua_finder *f)
{
	struct le *le = list_head(&f->waiting);

	while (le) {
		struct ua_finding *fg = le->data;

		le = le->next;
		finding_run(fg);
	}
}


static void time_start(struct ua_finding *fg)
{
	const uint32_t ms = fg->f->deadline_ms;

	fg->stage = STAGE_ASKING;
	fg->since_ms = fg->f->now_ms;
	fg->next_ms = fg->since_ms + ms * PATIENCE_TENTHS / 10;
}


/*
 * Some home routers swallow questions for SRV and NAPTR.  When an address is
 * known but they stay silent, they are taken as "no" before the time is up.
 */
static void time_pass(struct ua_finding *fg)
{
	const uint64_t now_ms = fg->f->now_ms;
	const uint64_t end_ms = fg->since_ms + fg->f->deadline_ms;

	if (now_ms >= end_ms || now_ms >= fg->give_up_ms)
		fg->stage = STAGE_LATE;
	else if (now_ms >= fg->next_ms)
		fg->stage = STAGE_IMPATIENT;
	else
		return;

	fg->next_ms = end_ms;
	finding_run(fg);
}


void ua_finder_network(struct ua_finder *f, uint64_t now_ms,
		       const struct ua_addr *addrv, size_t n)
{
	struct le *le;

	f->now_ms = now_ms;
	ua_lookups_network(f->lookups, addrv, n);

	for (le = list_head(&f->waiting); le; le = le->next) {
		struct ua_finding *fg = le->data;

		fg->homeless = true;
		time_start(fg);
	}

	run_all(f);
}


/* Lower case, no dot at the end: one spelling for caches and files */
static void host_copy(char dst[UA_DNS_NAME_LEN], const char *host)
{
	size_t i;

	for (i = 0; host[i] && i < UA_DNS_NAME_LEN - 1; i++)
		dst[i] = (char)tolower((unsigned char)host[i]);

	if (i && dst[i - 1] == '.')
		--i;
	dst[i] = '\0';
}


int ua_finder_ask(struct ua_finding **fgp, struct ua_finder *f,
		  uint64_t now_ms, const struct ua_locate_conf *conf,
		  void *arg)
{
	struct ua_finding *fg;
	int err;

	err = ua_locate_check(conf);
	if (err)
		return err;

	fg = mem_zalloc(sizeof(*fg), finding_destructor);
	if (!fg)
		return ENOMEM;

	f->now_ms = now_ms;
	fg->f = f;
	fg->conf = *conf;
	host_copy(fg->host, conf->host);
	fg->conf.host = fg->host;
	fg->give_up_ms = now_ms + (uint64_t)f->deadline_ms * RESTART_TIMES;
	fg->arg = arg;
	time_start(fg);
	list_append(&f->waiting, &fg->le, fg);
	finding_run(fg);

	*fgp = fg;
	return 0;
}


bool ua_finder_output(struct ua_finder *f, struct ua_finder_out *out)
{
	return ua_lookups_output(f->lookups, out);
}


bool ua_finder_wants(const struct ua_finder *f, uint32_t id)
{
	return ua_lookups_wants(f->lookups, id);
}


void ua_finder_answer(struct ua_finder *f, uint64_t now_ms, uint32_t id,
		      const struct ua_dnsans *ans)
{
	f->now_ms = now_ms;
	if (ua_lookups_answer(f->lookups, now_ms, id, ans))
		run_all(f);
}


void ua_finder_cut(struct ua_finder *f, uint32_t id)
{
	ua_lookups_cut(f->lookups, id);
}


void ua_finder_failed(struct ua_finder *f, uint64_t now_ms, uint32_t id,
		      int err)
{
	struct ua_dnsans ans;

	memset(&ans, 0, sizeof(ans));
	ans.err = err == ENOMEM ? ENOMEM : ENONET;
	ua_finder_answer(f, now_ms, id, &ans);
}


bool ua_finder_event(struct ua_finder *f, struct ua_finder_event *ev)
{
	struct ua_finding *fg = list_ledata(list_head(&f->ended));
	struct ua_findtext_conf conf;

	if (!fg)
		return false;

	conf = (struct ua_findtext_conf){ .locate = &fg->conf,
					  .fault = &fg->res.fault,
					  .servers = ua_lookups_servers(
						  f->lookups),
					  .ms = f->deadline_ms };
	ua_findtext_print(ev->text, sizeof(ev->text), fg->err, &conf);
	ua_log(f->log, UA_LOG_DEBUG, "dns", "%s: %s", fg->host,
	       fg->err ? ev->text : "found");

	ev->arg = fg->arg;
	ev->err = fg->err == ELOOP ? ENOENT : fg->err;
	ev->n = fg->res.n;
	memcpy(ev->targetv, fg->res.targetv, ev->n * sizeof(ev->targetv[0]));
	mem_deref(fg);

	return true;
}


bool ua_finder_busy(const struct ua_finder *f)
{
	return list_head(&f->waiting) || list_head(&f->ended);
}


static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}


uint64_t ua_finder_deadline(const struct ua_finder *f)
{
	uint64_t at = ua_lookups_deadline(f->lookups);
	struct le *le;

	for (le = list_head(&f->waiting); le; le = le->next) {
		const struct ua_finding *fg = le->data;

		at = earlier(at, earlier(fg->next_ms, fg->give_up_ms));
	}

	return at;
}


void ua_finder_tick(struct ua_finder *f, uint64_t now_ms)
{
	struct le *le = list_head(&f->waiting);
	bool late;

	f->now_ms = now_ms;
	late = ua_lookups_tick(f->lookups, now_ms);

	while (le) {
		struct ua_finding *fg = le->data;

		le = le->next;
		time_pass(fg);
	}

	/* Who came later than the question has time left to ask again. */
	if (late)
		run_all(f);
}
