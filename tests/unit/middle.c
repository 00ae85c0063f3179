/* SPDX-License-Identifier: BSD-3-Clause */
/** @file middle.c  A proxy between two agents that a test may let misbehave */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "middle.h"


bool middle_edit(char *text, size_t size, const char *old, const char *fresh,
		 bool all)
{
	const size_t olen = strlen(old);
	const size_t flen = strlen(fresh);
	bool found = false;
	char *pos = text;

	while ((pos = strstr(pos, old)) != NULL) {
		ck_assert_uint_lt(strlen(text) + flen - olen, size);
		memmove(pos + flen, pos + olen, strlen(pos + olen) + 1);
		memcpy(pos, fresh, flen);
		pos += flen;
		found = true;
		if (!all)
			break;
	}

	return found;
}


static void mend_length(char *text, size_t size)
{
	const char *body = strstr(text, "\r\n\r\n");
	char *old = strstr(text, "Content-Length:");
	char line[64];
	char was[64];

	if (!body || !old || old > body)
		return;

	(void)snprintf(was, sizeof(was), "%.*s", (int)strcspn(old, "\r"), old);
	(void)snprintf(line, sizeof(line), "Content-Length: %zu",
		       strlen(body + 4));
	(void)middle_edit(text, size, was, line, false);
}


static void name_it(char *what, size_t size, bool from_b, const char *text)
{
	const char *cseq = strstr(text, "CSeq: ");
	char met[16] = "";

	if (cseq)
		(void)sscanf(cseq, "CSeq: %*u %15s", met);

	if (!strncmp(text, "SIP/2.0 ", 8))
		(void)snprintf(what, size, "%c %.3s %s", from_b ? 'b' : 'a',
			       text + 8, met);
	else
		(void)snprintf(what, size, "%c %.*s", from_b ? 'b' : 'a',
			       (int)strcspn(text, " "), text);
}


/* Their Contacts lead here. */
static void contact(struct middle *m, bool from_b, char *text, size_t size)
{
	char *start = strstr(text, "\r\nContact:");
	char own[64];
	char ours[64];

	if (!start)
		return;

	(void)snprintf(own, sizeof(own), ":%u",
		       sa_port(&m->endv[from_b ? 1 : 0]));
	(void)snprintf(ours, sizeof(ours), ":%u", sa_port(&m->local));
	(void)middle_edit(start, size - (size_t)(start - text), own, ours,
			  false);
}


void middle_send(struct middle *m, unsigned end, const char *text)
{
	struct mbuf *mb = mbuf_alloc(MIDDLE_TEXT);

	ck_assert_ptr_nonnull(mb);
	ck_assert_int_eq(0, mbuf_write_str(mb, text));
	mb->pos = 0;
	ck_assert_int_eq(0, udp_send(m->us, &m->endv[end], mb));
	mem_deref(mb);
}


static void recv_handler(const struct sa *src, struct mbuf *mb, void *arg)
{
	struct middle *m = arg;
	const bool from_b = sa_port(src) == sa_port(&m->endv[1]);
	const size_t len = mbuf_get_left(mb);
	char text[MIDDLE_TEXT];
	struct middle_msg *msg;

	/* Keepalives, and the knocks of an agent at itself */
	if (len < 16 || len >= sizeof(text))
		return;

	memcpy(text, mbuf_buf(mb), len);
	text[len] = '\0';
	contact(m, from_b, text, sizeof(text));

	ck_assert_uint_lt(m->n, MIDDLE_LOG);
	msg = &m->msgv[m->n++];
	name_it(msg->what, sizeof(msg->what), from_b, text);
	if (m->hook)
		msg->lost = !m->hook(m, msg->what, text, sizeof(text));

	mend_length(text, sizeof(text));
	msg->text = strdup(text);
	ck_assert_ptr_nonnull(msg->text);
	if (!msg->lost)
		middle_send(m, from_b ? 0 : 1, text);
}


void middle_open(struct middle *m, struct rig *a, struct rig *b)
{
	memset(m, 0, sizeof(*m));
	ck_assert_int_eq(0, sa_set_str(&m->local, "127.0.0.1", 0));
	ck_assert_int_eq(0, udp_listen(&m->us, &m->local, recv_handler, m));
	ck_assert_int_eq(0, udp_local_get(m->us, &m->local));
	ua_addr_to_sa(&m->endv[0], ua_agent_local(a->agent));
	ua_addr_to_sa(&m->endv[1], ua_agent_local(b->agent));
}


void middle_close(struct middle *m)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		free(m->msgv[i].text);

	mem_deref(m->us);
	memset(m, 0, sizeof(*m));
}


const char *middle_uri(const struct middle *m)
{
	static char buf[64];

	(void)re_snprintf(buf, sizeof(buf), "sip:%J", &m->local);
	return buf;
}


unsigned middle_count(const struct middle *m, const char *what)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < m->n; i++)
		n += !strcmp(m->msgv[i].what, what);

	return n;
}


const char *middle_text(const struct middle *m, const char *what, unsigned n)
{
	size_t i;

	for (i = 0; i < m->n; i++) {
		if (!strcmp(m->msgv[i].what, what) && !n--)
			return m->msgv[i].text;
	}

	return NULL;
}


/* The lines of a request that its answer repeats */
void middle_reply(struct middle *m, const char *what, const char *request,
		  const char *line)
{
	static const char *const names[] = { "Via:", "From:", "To:",
					     "Call-ID:", "CSeq:" };
	char text[MIDDLE_TEXT];
	size_t n;
	size_t i;

	n = (size_t)snprintf(text, sizeof(text), "SIP/2.0 %s\r\n", line);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *at = strstr(request, names[i]);

		ck_assert_ptr_nonnull(at);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%.*s\r\n",
				      (int)strcspn(at, "\r"), at);
	}
	(void)snprintf(text + n, sizeof(text) - n,
		       "Content-Length: 0\r\n\r\n");
	middle_send(m, what[0] == 'b', text);
}


struct wanted {
	struct middle *m;
	const char *what;
	unsigned n;
};


static bool has_come(void *arg)
{
	const struct wanted *w = arg;

	return middle_count(w->m, w->what) >= w->n;
}


void middle_wait(struct middle *m, const char *what, unsigned n)
{
	struct wanted w = { .m = m, .what = what, .n = n };
	char story[2048];
	size_t len = 0;
	size_t i;

	if (sipbed_run(has_come, &w, RIG_MS))
		return;

	story[0] = '\0';
	for (i = 0; i < m->n && len < sizeof(story); i++)
		len += (size_t)snprintf(story + len, sizeof(story) - len,
					"\n  %s%s", m->msgv[i].what,
					m->msgv[i].lost ? " (lost)" : "");
	ck_abort_msg("%u %s did not come:%s", n, what, story);
}

void middle_call(struct middle *m, struct rig *a, struct rig *b)
{
	struct ua_call_conf conf;

	rig_open(a, NULL);
	rig_open(b, NULL);
	middle_open(m, a, b);
	ua_call_conf_default(&conf);
	conf.source = "tone:700";
	API(ck_assert_int_eq(0, ua_call_connect(&a->call, a->agent, NULL,
						middle_uri(m), &conf,
						a->errstr)));
	(void)rig_expect(b, UA_EVENT_INCOMING);
	rig_answer(a, b, "tone:440", NULL);
	rig_talk(a, b, 100);
	middle_wait(m, "a ACK", 1);
	rig_linger(100);
}
