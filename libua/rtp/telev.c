/* SPDX-License-Identifier: BSD-3-Clause */
/** @file telev.c  Telephone events: digits beside the voice (RFC 4733) */

#include <errno.h>
#include <string.h>

#include "rtp/telev.h"

enum {
	END = 0x80,
	VOLUME = 10, /* Usual level of a key [-dBm0]                    */
	NENDS = 3,   /* So often the final packet goes (2.5.1.4)        */
	DUR_MAX = 0xffff,
	MS_MIN = 40,   /* ITU-T Q.24: shorter ones need not be recognised */
	PAUSE_MS = 60, /* Likewise between two digits                     */
	MS_PER_S = 1000
};

/* In the order of their numbers (RFC 4733, 3.2) */
static const char digits[] = "0123456789*#ABCD";


int ua_telev_event(char digit)
{
	const char *p;

	if (digit >= 'a' && digit <= 'd')
		digit = (char)(digit - 'a' + 'A');

	p = digit ? strchr(digits, digit) : NULL;
	return p ? (int)(p - digits) : -1;
}


char ua_telev_digit(uint8_t event)
{
	return event < sizeof(digits) - 1 ? digits[event] : 0;
}


int ua_telev_put(struct ua_telev_send *tv, char digit, unsigned ms)
{
	const size_t at = (tv->head + (size_t)tv->n) % UA_TELEV_QUEUE;

	if (digit != ',' && ua_telev_event(digit) < 0)
		return EINVAL;
	if (tv->n == UA_TELEV_QUEUE)
		return ENOSPC;

	if (ms < MS_MIN)
		ms = MS_MIN;
	if (ms > UA_TELEV_DUR_MS_MAX)
		ms = UA_TELEV_DUR_MS_MAX;

	tv->queue[at].digit = digit;
	tv->queue[at].ms = (uint16_t)ms;
	tv->n++;
	return 0;
}


static uint32_t ms_to_clock(const struct ua_telev_send *tv, unsigned ms)
{
	return (uint32_t)((uint64_t)ms * tv->clock_hz / MS_PER_S);
}


/* The next of the queue begins. */
static void next(struct ua_telev_send *tv, uint32_t ts)
{
	const char digit = tv->queue[tv->head].digit;
	const unsigned ms = tv->queue[tv->head].ms;

	tv->head = (uint8_t)((tv->head + 1) % UA_TELEV_QUEUE);
	tv->n--;

	if (digit == ',') {
		tv->pause = ms_to_clock(tv, ms);
		return;
	}

	tv->event = (uint8_t)ua_telev_event(digit);
	tv->active = true;
	tv->ts = ts;
	tv->left = ms_to_clock(tv, ms);
	tv->dur = 0;
	tv->first = true;
	tv->ends = 0;
}


static void event_step(struct ua_telev_send *tv, uint32_t dur,
		       struct ua_telev_out *out)
{
	const uint32_t n = dur < tv->left ? dur : tv->left;
	uint32_t told;
	bool end = false;

	tv->dur += n;
	tv->left -= n;
	told = tv->dur < DUR_MAX ? tv->dur : DUR_MAX;

	/* What does not fit goes on in a new segment (2.5.1.3). */
	out->ts = tv->ts;
	if (tv->dur > DUR_MAX) {
		tv->ts += DUR_MAX;
		tv->dur -= DUR_MAX;
	}
	else if (!tv->left) {
		end = true;
		tv->ends++;
	}

	out->marker = tv->first;
	tv->first = false;
	out->payload[0] = tv->event;
	out->payload[1] = (uint8_t)((end ? END : 0) | VOLUME);
	out->payload[2] = (uint8_t)(told >> 8);
	out->payload[3] = (uint8_t)told;

	if (tv->ends == NENDS) {
		tv->active = false;
		tv->pause = ms_to_clock(tv, PAUSE_MS);
	}
}


bool ua_telev_step(struct ua_telev_send *tv, uint32_t ts, uint32_t dur,
		   struct ua_telev_out *out)
{
	if (!tv->active && !tv->pause && tv->n)
		next(tv, ts);

	if (tv->active) {
		event_step(tv, dur, out);
		return true;
	}

	tv->pause -= dur < tv->pause ? dur : tv->pause;
	return false;
}


/*
 * Is it the event that was told already?  A long one goes on in a segment
 * that begins where the last one ended (2.5.2.3); whether the report of that
 * end came does not matter.
 */
static bool known(const struct ua_telev_recv *tv, uint8_t event, uint32_t ts)
{
	if (!tv->seen)
		return false;

	return ts == tv->ts || (event == tv->event && ts == tv->ts + DUR_MAX);
}


/* A packet that went astray; still older ones are a clock that restarted. */
static bool stray(const struct ua_telev_recv *tv, uint32_t ts)
{
	return tv->seen && tv->ts - ts - 1 < DUR_MAX;
}


int ua_telev_input(struct ua_telev_recv *tv, uint32_t ts, const uint8_t *buf,
		   size_t len, char *digit)
{
	unsigned dur;

	*digit = 0;

	/* Several contiguous events may share a packet (2.5.1.5): of keys
	   pressed by people the first is the only one. */
	if (len < UA_TELEV_LEN)
		return EBADMSG;

	dur = (unsigned)buf[2] << 8 | buf[3];
	if (!dur || !ua_telev_digit(buf[0]) || stray(tv, ts))
		return 0;

	if (!known(tv, buf[0], ts))
		*digit = ua_telev_digit(buf[0]);

	tv->seen = true;
	tv->ts = ts;
	tv->event = buf[0];
	return 0;
}
