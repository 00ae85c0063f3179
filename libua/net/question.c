/* SPDX-License-Identifier: BSD-3-Clause */
/** @file question.c  One question to the name servers, until one answers */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net/question.h"


static struct ua_question_try *try_find(struct ua_question *q, uint32_t id)
{
	size_t i;

	for (i = 0; i < q->n; i++) {
		if (id && q->tryv[i].id == id)
			return &q->tryv[i];
	}

	return NULL;
}


static void next_ask(struct ua_question *q, uint64_t now_ms)
{
	if (q->asked < q->n)
		q->tryv[q->asked++].due = true;

	q->next_ms = q->asked < q->n ? now_ms + UA_QUESTION_NEXT_MS : UA_NEVER;
}


void ua_question_init(struct ua_question *q, uint64_t now_ms, const char *name,
		      enum ua_rrtype type, const struct ua_addr *addrv,
		      size_t n, uint32_t ms)
{
	size_t i;

	memset(q, 0, sizeof(*q));
	(void)snprintf(q->name, sizeof(q->name), "%s", name);
	q->type = type;
	q->end_ms = now_ms + ms;
	q->n = n;
	for (i = 0; i < n; i++)
		q->tryv[i].server = addrv[i];

	next_ask(q, now_ms);
}


const struct ua_question_try *ua_question_output(struct ua_question *q,
						 uint32_t *next_id)
{
	size_t i;

	for (i = 0; i < q->n; i++) {

		if (!q->tryv[i].due)
			continue;

		q->tryv[i].due = false;
		q->tryv[i].id = (*next_id)++;
		if (!*next_id)
			*next_id = 1;
		return &q->tryv[i];
	}

	return NULL;
}


const struct ua_question_try *ua_question_find(const struct ua_question *q,
					       uint32_t id)
{
	return try_find((struct ua_question *)q, id);
}


static bool anybody_left(const struct ua_question *q)
{
	size_t i;

	for (i = 0; i < q->n; i++) {
		if (!q->tryv[i].failed)
			return true;
	}

	return false;
}


int ua_question_answer(struct ua_question *q, uint64_t now_ms, uint32_t id,
		       int err)
{
	struct ua_question_try *try = try_find(q, id);

	if (!try)
		return EINPROGRESS;

	try->id = 0;
	if (!err || err == ENOENT)
		return 0;

	/* A server that is there but does not help says more than a network
	 * that does not lead to another one. */
	try->failed = true;
	if (!q->err || err == EPROTO)
		q->err = err;

	if (q->asked < q->n)
		next_ask(q, now_ms);

	return anybody_left(q) ? EINPROGRESS : q->err;
}


void ua_question_cut(struct ua_question *q, uint32_t id)
{
	struct ua_question_try *try = try_find(q, id);

	if (!try)
		return;

	try->id = 0;
	try->tcp = true;
	try->due = true;
}


uint64_t ua_question_deadline(const struct ua_question *q)
{
	return q->next_ms < q->end_ms ? q->next_ms : q->end_ms;
}


bool ua_question_tick(struct ua_question *q, uint64_t now_ms)
{
	if (now_ms >= q->end_ms)
		return false;

	if (now_ms >= q->next_ms)
		next_ask(q, now_ms);

	return true;
}
