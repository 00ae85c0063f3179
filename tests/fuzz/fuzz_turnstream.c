/* SPDX-License-Identifier: BSD-3-Clause */
/** @file fuzz_turnstream.c  A byte stream gives the same messages, however it
    is cut */

#include <stdlib.h>
#include <string.h>

#include "stun/turnstream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a stream gave: enough to compare */
struct sum {
	size_t nmsg;
	size_t bytes;
	uint32_t hash;
	int err;
};


static void must(bool ok)
{
	if (!ok)
		abort();
}


static void add(struct sum *sum, const uint8_t *msg, size_t len)
{
	size_t i;

	must(len >= 4 && len <= UA_TURNSTREAM_MAX);
	++sum->nmsg;
	sum->bytes += len;
	for (i = 0; i < len; i++)
		sum->hash = sum->hash * 31 + msg[i];
}


/* One read, in memory of its own */
static void feed(struct ua_turnstream *ts, struct sum *sum,
		 const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len + !len);
	const uint8_t *p = copy;
	const uint8_t *msg;
	size_t left = len;
	size_t n;

	must(copy != NULL);
	memcpy(copy, data, len);

	for (;;) {
		sum->err = ua_turnstream_next(ts, &p, &left, &msg, &n);
		must(ts->len <= UA_TURNSTREAM_MAX);
		if (sum->err || !n)
			break;

		add(sum, msg, n);
	}

	must(sum->err || !left);
	free(copy);
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ua_turnstream ts;
	struct sum whole, cut;
	size_t at = 0;
	size_t n;

	if (!size)
		return 0;

	memset(&ts, 0, sizeof(ts));
	memset(&whole, 0, sizeof(whole));
	feed(&ts, &whole, data, size);

	/* The same in pieces, whose sizes are in the data, too */
	memset(&ts, 0, sizeof(ts));
	memset(&cut, 0, sizeof(cut));
	while (at < size && !cut.err) {
		n = 1 + data[at] % 40;
		n = n > size - at ? size - at : n;
		feed(&ts, &cut, data + at, n);
		at += n;
	}

	must(whole.err == cut.err);
	must(whole.nmsg == cut.nmsg && whole.bytes == cut.bytes &&
	     whole.hash == cut.hash);
	return 0;
}
