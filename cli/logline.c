/* SPDX-License-Identifier: BSD-3-Clause */
/** @file logline.c  The library's log on standard error */

#include <string.h>

#include "logline.h"


enum { TRACE_SIP, TRACE_ICE, TRACE_RTP, TRACE_ALL };

/* Who speaks about what; a name covers all that begin with it */
/* clang-format off */
static const struct {
	const char *obj;
	unsigned trace;
} speakers[] = {
	{ "sip",       TRACE_SIP },
	{ "reg",       TRACE_SIP },
	{ "dialog",    TRACE_SIP },
	{ "invite",    TRACE_SIP },
	{ "session",   TRACE_SIP },
	{ "digest",    TRACE_SIP },
	{ "keepalive", TRACE_SIP },
	{ "sdp",       TRACE_SIP },
	{ "ice",       TRACE_ICE },
	{ "pair",      TRACE_ICE },
	{ "cand",      TRACE_ICE },
	{ "gather",    TRACE_ICE },
	{ "flow",      TRACE_ICE },
	{ "stun",      TRACE_ICE },
	{ "turn",      TRACE_ICE },
	{ "rtp",       TRACE_RTP },
	{ "rtcp",      TRACE_RTP },
	{ "jitter",    TRACE_RTP },
	{ "media",     TRACE_RTP },
	{ "stream",    TRACE_RTP },
};
/* clang-format on */


static bool is_traced(const struct logline *ll, const char *obj)
{
	size_t i;

	if (ll->trace & 1U << TRACE_ALL)
		return true;

	for (i = 0; i < sizeof(speakers) / sizeof(speakers[0]); ++i) {
		if (!strncmp(obj, speakers[i].obj, strlen(speakers[i].obj)))
			return ll->trace & 1U << speakers[i].trace;
	}

	return false;
}


static const char *level_name(enum ua_level level)
{
	static const char *const names[] = { "error", "warning", "info",
					     "debug", "trace" };

	return names[level];
}


static void on_line(enum ua_level level, const char *obj, const char *line,
		    void *arg)
{
	const struct logline *ll = arg;
	char safe[4096];

	if (level > ll->level && !is_traced(ll, obj))
		return;

	if (ll->ui->hide)
		ll->ui->hide(ll->ui->arg);

	fprintf(stderr, "%.3f %s %s: %s\n", ui_clock() - ll->ui->t0_s,
		level_name(level), obj,
		ui_safe(safe, sizeof(safe), line, true));

	if (ll->ui->show)
		ll->ui->show(ll->ui->arg);
}


void logline_init(struct logline *ll, struct ui *ui, const struct optset *set)
{
	static const enum ua_level levels[] = { UA_LOG_WARN, UA_LOG_INFO,
						UA_LOG_DEBUG, UA_LOG_TRACE };
	const struct optval *trace = &set->val[OPT_TRACE];
	const char *words = opt_row(OPT_TRACE)->words;
	unsigned i;

	memset(ll, 0, sizeof(*ll));
	ll->ui = ui;
	ll->level = levels[(unsigned)optset_num(set, OPT_VERBOSE)];
	if (optset_flag(set, OPT_QUIET))
		ll->level = UA_LOG_ERROR;

	for (i = 0; i < trace->n; ++i) {
		const int word = opt_word(words, trace->value[i]);

		if (word >= 0)
			ll->trace |= 1U << word;
	}
}


void logline_conf(struct ua_log *log, struct logline *ll)
{
	log->h = on_line;
	log->arg = ll;
	log->level = ll->trace ? UA_LOG_TRACE : ll->level;
}
