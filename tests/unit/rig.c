/* SPDX-License-Identifier: BSD-3-Clause */
/** @file rig.c  Agents in one loop on loopback, and all that they told */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "call/callcore.h"
#include "media/tonedet.h"
#include "rig.h"

enum { WAV_HEADER = 44, WAV_RATE_AT = 24 };

static int depth; /* Of API calls under way */
static char dir[64];


void rig_enter(void)
{
	++depth;
}


void rig_leave(void)
{
	--depth;
}


/* All of it, for the failure's text. */
static const char *story(const struct rig *rig)
{
	static char buf[4096];
	size_t len = 0;
	size_t i;
	int n;

	buf[0] = '\0';
	for (i = 0; i < rig->n && len < sizeof(buf); i++) {
		const struct rig_event *e = &rig->evv[i];

		n = snprintf(buf + len, sizeof(buf) - len,
			     "\n  %.3f %s %u %s %s", e->ev.t_s,
			     ua_event_name(e->ev.type), e->ev.code, e->reason,
			     e->why);
		len += n > 0 ? (size_t)n : 0;
	}

	return buf;
}


static const char *keep(char *buf, size_t size, const char *str)
{
	if (!str)
		return NULL;

	str_ncpy(buf, str, size);
	return buf;
}


static void event_handler(const struct ua_event *ev, void *arg)
{
	struct rig *rig = arg;
	struct rig_event *e = &rig->evv[rig->n];
	const int outer = depth;

	ck_assert_msg(!depth, "told of %s inside an API call",
		      ua_event_name(ev->type));
	ck_assert_ptr_nonnull(ev->agent);
	ck_assert_uint_lt(rig->n, RIG_EVENTS);

	e->ev = *ev;
	e->ev.reason = keep(e->reason, sizeof(e->reason), ev->reason);
	e->ev.why = keep(e->why, sizeof(e->why), ev->why);
	e->ev.codec = keep(e->codec, sizeof(e->codec), ev->codec);
	e->ev.keepalive.method =
		keep(e->method, sizeof(e->method), ev->keepalive.method);
	e->ev.cands = NULL;
	e->number = ev->call ? ua_call_number(ev->call) : 0;
	rig->n++;

	if (ev->call && ev->type == UA_EVENT_INCOMING)
		rig->call = ev->call;

	if (rig->hook)
		rig->hook(rig, ev);

	if (ev->type == UA_EVENT_CLOSED && rig->call == ev->call)
		rig->call = NULL;
	ck_assert_int_eq(outer, depth);
}


void rig_conf(struct ua_agent_conf *conf)
{
	ua_agent_conf_default(conf);
	conf->ifaces[0] = "lo";
	conf->ip6 = false;
	conf->codecs = ua_codec_table(&conf->ncodec);
}


void rig_handler(struct rig *rig, struct ua_agent_conf *conf)
{
	conf->event_h = event_handler;
	conf->arg = rig;
}


int rig_try(struct rig *rig, const struct ua_agent_conf *given)
{
	struct ua_agent_conf conf = *given;
	int err;

	memset(rig, 0, sizeof(*rig));
	rig_handler(rig, &conf);
	API(err = ua_agent_alloc(&rig->agent, &conf, rig->errstr));

	return err;
}


void rig_open(struct rig *rig, const struct ua_agent_conf *given)
{
	struct ua_agent_conf conf;
	int err;

	rig_conf(&conf);
	err = rig_try(rig, given ? given : &conf);
	ck_assert_msg(!err, "no agent: %s", rig->errstr);
	ck_assert_str_eq("", rig->errstr);
}


void rig_close(struct rig *rig)
{
	API(ua_agent_free(rig->agent));
	rig->agent = NULL;
}


const char *rig_uri(const struct rig *rig, const char *user)
{
	static char buf[128];
	char addr[UA_ADDR_LEN];

	(void)re_snprintf(buf, sizeof(buf), "sip:%s%s%s", user ? user : "",
			  user ? "@" : "",
			  ua_addr_str(ua_agent_local(rig->agent), addr));
	return buf;
}


struct wanted {
	struct rig *rig;
	enum ua_event_type type;
	const struct rig_event *found;
};


static bool has_come(void *arg)
{
	struct wanted *w = arg;
	struct rig *rig = w->rig;

	while (rig->read < rig->n) {
		const struct rig_event *e = &rig->evv[rig->read++];

		if (e->ev.type == w->type) {
			w->found = e;
			return true;
		}
	}

	return false;
}


const struct rig_event *rig_expect(struct rig *rig, enum ua_event_type type)
{
	struct wanted w = { .rig = rig, .type = type };

	if (!has_come(&w) && !sipbed_run(has_come, &w, RIG_MS))
		ck_abort_msg("%s did not come:%s", ua_event_name(type),
			     story(rig));

	return w.found;
}


const struct rig_event *rig_find(const struct rig *rig,
				 enum ua_event_type type)
{
	size_t i;

	for (i = 0; i < rig->n; i++) {
		if (rig->evv[i].ev.type == type)
			return &rig->evv[i];
	}

	return NULL;
}


unsigned rig_count(const struct rig *rig, enum ua_event_type type)
{
	unsigned count = 0;
	size_t i;

	for (i = 0; i < rig->n; i++)
		count += rig->evv[i].ev.type == type;

	return count;
}


size_t rig_at(const struct rig *rig, enum ua_event_type type)
{
	const struct rig_event *e = rig_find(rig, type);

	ck_assert_msg(e != NULL, "no %s:%s", ua_event_name(type), story(rig));

	return (size_t)(e - rig->evv);
}


void rig_wait(bool (*done)(void *arg), void *arg)
{
	ck_assert_msg(sipbed_run(done, arg, RIG_MS),
		      "what was waited for did not come");
}


static bool may_offer(void *arg)
{
	const struct rig *rig = arg;

	return rig->call && ua_session_can_modify(rig->call->sess);
}


void rig_may_offer(struct rig *rig)
{
	rig_wait(may_offer, rig);
}


void rig_linger(uint32_t ms)
{
	(void)sipbed_run(NULL, NULL, ms);
}


void rig_call(struct rig *from, struct rig *to, const char *source,
	      const char *sink)
{
	struct ua_call_conf conf;
	int err;

	ua_call_conf_default(&conf);
	conf.source = source;
	conf.sink = sink;
	API(err = ua_call_connect(&from->call, from->agent, NULL,
				  rig_uri(to, NULL), &conf, from->errstr));
	ck_assert_msg(!err, "no call: %s", from->errstr);

	(void)rig_expect(to, UA_EVENT_INCOMING);
}


void rig_answer(struct rig *from, struct rig *to, const char *source,
		const char *sink)
{
	struct ua_call_conf conf;
	int err;

	ua_call_conf_default(&conf);
	conf.source = source;
	conf.sink = sink;
	API(err = ua_call_answer(to->call, &conf, to->errstr));
	ck_assert_msg(!err, "no answer: %s", to->errstr);

	(void)rig_expect(to, UA_EVENT_ANSWERED);
	(void)rig_expect(from, UA_EVENT_ANSWERED);
}


struct talk {
	struct rig *a;
	struct rig *b;
	double s;
};


static bool has_heard(const struct rig *rig, double s)
{
	struct ua_call_stats stats;

	ck_assert_msg(rig->call != NULL, "the call is over:%s", story(rig));
	ua_call_stats(rig->call, &stats);

	return stats.heard_s >= s;
}


static bool has_talked(void *arg)
{
	const struct talk *talk = arg;

	return has_heard(talk->a, talk->s) && has_heard(talk->b, talk->s);
}


void rig_talk(struct rig *a, struct rig *b, unsigned ms)
{
	struct talk talk = { .a = a, .b = b, .s = ms / 1e3 };

	if (!sipbed_run(has_talked, &talk, RIG_MS))
		ck_abort_msg("no sound both ways:%s", story(a));
}


void rig_bye(struct rig *from, struct rig *to)
{
	API(ua_call_hangup(from->call, 0, NULL));
	(void)rig_expect(from, UA_EVENT_CLOSED);
	(void)rig_expect(to, UA_EVENT_CLOSED);
}


static void remove_dir(void)
{
	char cmd[96];

	(void)snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	if (system(cmd))
		(void)fprintf(stderr, "%s was not removed\n", dir);
}


const char *rig_dir(void)
{
	const char *tmp = getenv("TMPDIR");

	if (dir[0])
		return dir;

	(void)snprintf(dir, sizeof(dir), "%.40s/libua-XXXXXX",
		       tmp ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)atexit(remove_dir);

	return dir;
}


/* Samples of a 16 bit mono WAV file as the phone writes it; free() them */
static int16_t *load(const char *path, size_t *nsamp, uint32_t *srate_hz)
{
	uint8_t hdr[WAV_HEADER];
	int16_t *pcm;
	FILE *f = fopen(path, "rb");
	long size;

	ck_assert_msg(f != NULL, "no file %s", path);
	ck_assert_int_eq(0, fseek(f, 0, SEEK_END));
	size = ftell(f);
	ck_assert_int_ge(size, WAV_HEADER);
	rewind(f);

	ck_assert_uint_eq(sizeof(hdr), fread(hdr, 1, sizeof(hdr), f));
	memcpy(srate_hz, hdr + WAV_RATE_AT, sizeof(*srate_hz));
	*nsamp = (size_t)(size - WAV_HEADER) / sizeof(*pcm);

	pcm = malloc(*nsamp * sizeof(*pcm) + 1);
	ck_assert_ptr_nonnull(pcm);
	ck_assert_uint_eq(*nsamp, fread(pcm, sizeof(*pcm), *nsamp, f));
	(void)fclose(f);

	return pcm;
}


double rig_tone_s(const char *path, double hz)
{
	uint32_t srate_hz;
	size_t nsamp;
	int16_t *pcm = load(path, &nsamp, &srate_hz);
	const double s = ua_tonedet_heard_s(pcm, nsamp, srate_hz, hz);

	free(pcm);

	return s;
}


double rig_loud_s(const char *path)
{
	enum { QUIET = 100, STEP_MS = 10 };
	uint32_t srate_hz;
	size_t nsamp;
	int16_t *pcm = load(path, &nsamp, &srate_hz);
	const size_t step = srate_hz * STEP_MS / 1000;
	unsigned loud = 0;
	size_t i, k;

	for (i = 0; i + step <= nsamp; i += step) {
		for (k = 0; k < step && abs(pcm[i + k]) < QUIET; k++)
			;
		loud += k < step;
	}

	free(pcm);

	return loud * STEP_MS / 1e3;
}


double rig_file_s(const char *path)
{
	uint32_t srate_hz;
	size_t nsamp;

	free(load(path, &nsamp, &srate_hz));

	return (double)nsamp / srate_hz;
}
