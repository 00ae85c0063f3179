/* SPDX-License-Identifier: BSD-3-Clause */
/** @file fuzz_stun.c  Any bytes as a STUN message, through every getter */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/wr.h"
#include "stun/stun.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void must(bool ok)
{
	if (!ok)
		abort();
}


/* What a value claims to span must be inside the message */
static void values_get(const struct ua_stun *msg, uint16_t type)
{
	char reason[UA_STUN_REASON_MAX];
	struct ua_addr addr;
	const uint8_t *p;
	uint64_t v64;
	uint32_t v32;
	uint16_t code;
	size_t len;

	for (p = ua_stun_attr(msg, type, &len); p;
	     p = ua_stun_attr_next(msg, p, &len)) {
		must(p >= msg->buf + UA_STUN_HDR_LEN + 4);
		must(len <= (size_t)(msg->buf + msg->len - p));
		(void)!ua_stun_addr_at(msg, p, &addr);
	}

	(void)!ua_stun_u32(msg, type, &v32);
	(void)!ua_stun_u64(msg, type, &v64);
	(void)!ua_stun_addr(msg, type, &addr);
	if (!ua_stun_error(msg, &code, reason))
		must(code >= 300 && code < 700 && strlen(reason) < 128);
}


/* Written again attribute by attribute, it must be read the same */
static void rewrite(const struct ua_stun *msg)
{
	static uint8_t buf[65536 + 64];
	struct ua_stun again;
	const uint8_t *p;
	struct ua_wr wr;
	size_t len;

	ua_wr_init(&wr, buf, sizeof(buf));
	ua_stun_begin(&wr, msg->cls, msg->method, msg->tid);
	p = ua_stun_attr(msg, UA_STUN_USERNAME, &len);
	if (p)
		ua_stun_put(&wr, UA_STUN_USERNAME, p, len);
	if (ua_stun_end(&wr, (const uint8_t *)"key", 3, true))
		return;

	must(!ua_stun_decode(&again, buf, wr.pos));
	must(again.cls == msg->cls && again.method == msg->method);
	must(again.fingerprint);
	must(!ua_stun_check(&again, (const uint8_t *)"key", 3));
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint16_t typev[UA_STUN_UNKNOWN_MAX];
	struct ua_stun msg;
	size_t pos;
	int err;

	if (ua_stun_decode(&msg, data, size))
		return 0;

	must(ua_stun_is(data, size));
	must(msg.len == size);
	must(ua_stun_unknown(&msg, typev) <= UA_STUN_UNKNOWN_MAX);
	err = ua_stun_check(&msg, data, size < 20 ? size : 20);
	must(msg.integrity ? err == EACCES || !err : err == ENOENT);

	for (pos = UA_STUN_HDR_LEN; pos + 4 <= size; pos += 4)
		values_get(&msg, (uint16_t)(data[pos] << 8 | data[pos + 1]));

	rewrite(&msg);
	return 0;
}
