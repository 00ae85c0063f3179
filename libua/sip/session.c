/* SPDX-License-Identifier: BSD-3-Clause */
/** @file session.c  One call's signalling on an endpoint: the owner's handle
 */

#include <errno.h>

#include "base/re_compat.h"
#include "base/clock.h"
#include "dialog/sipmsg.h"
#include "sip/epcore.h"
#include "sip/sesscore.h"

struct ua_session {
	struct ua_sesscore *core; /* referenced: it may outlive its endpoint */
};


static void destructor(void *arg)
{
	struct ua_session *sess = arg;

	if (!sess->core)
		return;

	ua_sesscore_orphan(sess->core);
	mem_deref(sess->core);
}


static int session_alloc(struct ua_session **sessp, struct ua_endpoint *ep,
			 const struct ua_session_conf *conf)
{
	struct ua_session *sess;
	int err;

	sess = mem_zalloc(sizeof(*sess), destructor);
	if (!sess)
		return ENOMEM;

	err = ua_sesscore_alloc(&sess->core, ep, conf);
	if (err)
		mem_deref(sess);
	else
		*sessp = sess;

	return err;
}


/* The endpoint takes its reference: from now on the session is alive. */
static void session_start(struct ua_session *sess, struct ua_endpoint *ep)
{
	struct ua_sesscore *core = mem_ref(sess->core);

	core->sess = sess;
	list_append(&ep->sessionl, &core->le, core);
	ua_sesscore_flush(core);
}


int ua_session_connect(struct ua_session **sessp, struct ua_endpoint *ep,
		       const struct ua_session_conf *conf, const char *uri,
		       const char *sdp, size_t len)
{
	struct ua_session *sess;
	int err;

	err = session_alloc(&sess, ep, conf);
	if (err)
		return err;

	if (conf->again)
		err = ua_invite_repeat(sess->core->inv,
				       conf->again->core->inv);
	if (!err)
		err = ua_invite_connect(sess->core->inv, ua_clock_ms(), uri,
					sdp, len);
	if (err) {
		sess->core = mem_deref(sess->core);
		mem_deref(sess);
		return err;
	}

	session_start(sess, ep);
	*sessp = sess;

	return 0;
}


int ua_session_incoming(struct ua_session **sessp, struct ua_endpoint *ep,
			const struct ua_session_conf *conf,
			struct sip_msg *msg)
{
	struct ua_session *sess;
	int err;

	err = session_alloc(&sess, ep, conf);
	if (err)
		return err;

	err = ua_invite_accept_call(sess->core->inv, ua_clock_ms(), msg);
	if (err) {
		sess->core = mem_deref(sess->core);
		mem_deref(sess);
		return err;
	}

	sess->core->offer = mem_ref(msg);
	session_start(sess, ep);
	*sessp = sess;

	return 0;
}


/* What a command left to do is done at once. */
static int done(struct ua_session *sess, int err)
{
	ua_sesscore_flush(sess->core);

	return err;
}


int ua_session_progress(struct ua_session *sess, uint16_t code,
			const char *reason, const char *sdp, size_t len)
{
	return done(sess, ua_invite_progress(sess->core->inv, ua_clock_ms(),
					     code, reason, sdp, len));
}


int ua_session_accept(struct ua_session *sess, const char *sdp, size_t len)
{
	return done(sess, ua_invite_accept(sess->core->inv, ua_clock_ms(), sdp,
					   len));
}


int ua_session_reject(struct ua_session *sess, uint16_t code,
		      const char *reason, const char *headers)
{
	return done(sess, ua_invite_reject(sess->core->inv, ua_clock_ms(),
					   code, reason, headers));
}


int ua_session_ack(struct ua_session *sess, const char *sdp, size_t len)
{
	return done(sess,
		    ua_invite_ack(sess->core->inv, ua_clock_ms(), sdp, len));
}


int ua_session_modify(struct ua_session *sess, const char *sdp, size_t len)
{
	return done(sess, ua_invite_modify(sess->core->inv, ua_clock_ms(), sdp,
					   len));
}


int ua_session_info(struct ua_session *sess, uint8_t fork, const char *body,
		    size_t len)
{
	return done(sess, ua_invite_info(sess->core->inv, ua_clock_ms(), fork,
					 body, len));
}


bool ua_session_can_modify(const struct ua_session *sess)
{
	return ua_invite_can_modify(sess->core->inv);
}


bool ua_session_takes_info(const struct ua_session *sess, uint8_t fork)
{
	return ua_invite_takes_info(sess->core->inv, fork);
}


bool ua_session_can_info(const struct ua_session *sess, uint8_t fork)
{
	return ua_invite_can_info(sess->core->inv, fork);
}


int ua_session_withdraw(struct ua_session *sess)
{
	return ua_invite_withdraw(sess->core->inv);
}


void ua_session_hangup(struct ua_session *sess, const char *reason)
{
	ua_invite_hangup(sess->core->inv, ua_clock_ms(), reason);
	ua_sesscore_flush(sess->core);
}


enum ua_invite_state ua_session_state(const struct ua_session *sess)
{
	return ua_invite_state(sess->core->inv);
}


const char *ua_session_callid(const struct ua_session *sess)
{
	return ua_invite_callid(sess->core->inv);
}


bool ua_session_is_copy(const struct ua_session *sess,
			const struct sip_msg *msg)
{
	return ua_invite_is_copy(sess->core->inv, msg);
}


const char *ua_session_peer(const struct ua_session *sess)
{
	return ua_invite_peer(sess->core->inv);
}


const char *ua_session_offer(const struct ua_session *sess, size_t *len)
{
	struct pl sdp;

	if (!sess->core->offer)
		return NULL;

	sdp = ua_sipmsg_sdp(sess->core->offer);
	*len = sdp.l;

	return sdp.l ? sdp.p : NULL;
}
