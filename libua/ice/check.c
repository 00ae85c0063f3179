/* SPDX-License-Identifier: BSD-3-Clause */
/** @file check.c  Messages of a connectivity check */

#include <string.h>

#include "base/re_compat.h"
#include "base/wr.h"
#include "ice/check.h"

enum { USERNAME_MAX = 2 * UA_ICE_CRED_MAX + 1 };


static void put_user(struct ua_wr *wr, const char *user, const char *from)
{
	char buf[USERNAME_MAX + 1];

	(void)re_snprintf(buf, sizeof(buf), "%s:%s", user, from);
	ua_stun_put(wr, UA_STUN_USERNAME, buf, strlen(buf));
}


int ua_check_request(struct ua_dgram *dg, const struct ua_check_req *req)
{
	struct ua_wr wr;
	int err;

	ua_wr_init(&wr, dg->buf, sizeof(dg->buf));
	ua_stun_begin(&wr, UA_STUN_REQUEST, UA_STUN_BINDING, req->tid);
	put_user(&wr, req->user, req->from);
	ua_stun_put_u32(&wr, UA_STUN_PRIORITY, req->prio);
	ua_stun_put_u64(&wr,
			req->controlling ? UA_STUN_ICE_CONTROLLING
					 : UA_STUN_ICE_CONTROLLED,
			req->tie_breaker);
	if (req->nominate)
		ua_stun_put(&wr, UA_STUN_USE_CANDIDATE, NULL, 0);
	if (req->nomination)
		ua_stun_put_u32(&wr, UA_STUN_NOMINATION, req->nomination);

	err = ua_stun_end(&wr, (const uint8_t *)req->key, strlen(req->key),
			  true);
	dg->len = wr.pos;

	return err;
}


static const char *reason_of(uint16_t code)
{
	switch (code) {

	case 420:
		return "Unknown Attribute";
	case 487:
		return "Role Conflict";
	default:
		return "Bad Request";
	}
}


static void put_unknown(struct ua_wr *wr, const struct ua_check_reply *reply)
{
	uint8_t buf[2 * UA_CHECK_UNKNOWN_MAX];
	unsigned i;

	for (i = 0; i < reply->nunknown; i++) {
		buf[2 * i] = (uint8_t)(reply->unknownv[i] >> 8);
		buf[2 * i + 1] = (uint8_t)reply->unknownv[i];
	}

	ua_stun_put(wr, UA_STUN_UNKNOWN_ATTRIBUTES, buf, 2U * i);
}


int ua_check_answer(struct ua_dgram *dg, const struct ua_check_reply *reply,
		    const char *key)
{
	struct ua_wr wr;
	int err;

	ua_wr_init(&wr, dg->buf, sizeof(dg->buf));
	ua_stun_begin(&wr, reply->code ? UA_STUN_ERROR : UA_STUN_SUCCESS,
		      UA_STUN_BINDING, reply->tid);

	if (reply->code)
		ua_stun_put_error(&wr, reply->code, reason_of(reply->code));
	else
		ua_stun_put_addr(&wr, UA_STUN_XOR_MAPPED_ADDRESS, &reply->to);

	if (reply->code == 420)
		put_unknown(&wr, reply);

	err = ua_stun_end(&wr, (const uint8_t *)key, strlen(key), true);
	dg->len = wr.pos;

	return err;
}


bool ua_check_user(const struct ua_stun *msg, const char *ours,
		   const char **theirs, size_t *theirs_len)
{
	const size_t n = strlen(ours);
	const char *user;
	size_t len;

	user = (const char *)ua_stun_attr(msg, UA_STUN_USERNAME, &len);
	if (!user || len < n + 1 || len > USERNAME_MAX ||
	    memcmp(user, ours, n) || user[n] != ':')
		return false;

	*theirs = user + n + 1;
	*theirs_len = len - n - 1;

	return true;
}
