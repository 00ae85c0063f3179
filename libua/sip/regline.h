/* SPDX-License-Identifier: BSD-3-Clause */
/** @file regline.h  A registration on an endpoint */
#ifndef UA_REGLINE_H
#define UA_REGLINE_H

#include "dialog/reg.h"
#include "sip/endpoint.h"

struct ua_regline;

/**
 * What happened.  Called from the loop, never from inside a function of this
 * file; may free the line.
 *
 * @param ev     Borrowed for the run
 * @param local  Our end of the flow that the last REGISTER took: with TCP its
 *               port is the connection's.  af NONE: no answer came
 */
typedef void(ua_regline_h)(struct ua_regline *line,
			   const struct ua_reg_event *ev,
			   const struct ua_addr *local, void *arg);

/** All strings are copied */
struct ua_regline_conf {
	const char *registrar; /**< Request-URI: "sip:example.com"          */
	const char *aor;       /**< "sip:alice@example.com"                 */
	const char *contact;   /**< From ua_endpoint_contact()              */
	const char *route;     /**< Route header, NULL: none                */
	const char *params;    /**< Of the Contact header, NULL: none       */
	struct ua_cred cred;
	struct ua_hop hop;    /**< The server: the flow                    */
	uint32_t expires_s;   /**< To ask for, 0: UA_REG_EXPIRES_S         */
	uint32_t refresh_s;   /**< Keepalive by REGISTER, 0: none          */
	const char *instance; /**< As in struct ua_reg_conf, NULL: none  */
	uint32_t reg_id;      /**< The same, 0: no outbound              */
	ua_regline_h *h;
	void *arg;
};


/**
 * Register, and stay registered.  Of many lines of an endpoint to one server
 * some wait for the others, see regturn.h; but for their goodbye.
 *
 * @param linep  Set on success; mem_deref() it at any time (it does not
 *               unregister: ua_regline_stop() does)
 * @param ep     Endpoint, must live longer
 *
 * @retval 0       Under way, events follow
 * @retval EINVAL  As ua_reg_alloc() has it
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_regline_alloc(struct ua_regline **linep,
			      struct ua_endpoint *ep,
			      const struct ua_regline_conf *conf);

/** Register again now: the flow died, the machine woke up */
void ua_regline_refresh(struct ua_regline *line);

/**
 * The same, and what is in flight is forgotten: its answer cannot come.  A
 * connection is closed, for it may be dead without knowing, and another one
 * opened.
 */
void ua_regline_restart(struct ua_regline *line);

/**
 * Register from elsewhere, at once: a new binding, and the old one removed
 * with it (ua_reg_move()).
 *
 * @param ep       Endpoint, must live longer; the former one is not needed
 *                 any more
 * @param hop      The server: the flow
 * @param contact  From ua_endpoint_contact(), copied
 *
 * @retval EINVAL  contact is no URI; nothing changed
 * @retval ENOMEM  Nothing changed
 */
UA_CHECK int ua_regline_move(struct ua_regline *line, struct ua_endpoint *ep,
			     const struct ua_hop *hop, const char *contact);

/** No network: silent until one of those three is called */
void ua_regline_hold(struct ua_regline *line);

/** Unregister; UA_REG_UNREGISTERED follows within UA_REG_BYE_MS */
void ua_regline_stop(struct ua_regline *line);

/** What the registrar asked so far, for calls on its flow (borrowed) */
const struct ua_digest *ua_regline_digest(const struct ua_regline *line);

/**
 * URI to look up after UA_REG_REDIRECTED, see ua_reg_hop(): go on with
 * ua_regline_move(), or say ua_regline_failed().
 */
const char *ua_regline_hop(const struct ua_regline *line);

/** The look-up failed; UA_REG_FAILED follows from the loop */
void ua_regline_failed(struct ua_regline *line, int err);

/** See ua_reg_gruu(): borrowed until the line is heard of again */
const char *ua_regline_gruu(const struct ua_regline *line, bool temporary);

/** See ua_reg_service_route(): borrowed likewise */
const char *ua_regline_service_route(const struct ua_regline *line);

/** For how long its last REGISTER has been out; 0: the next one waits for its
    turn, so the server was not asked */
uint64_t ua_regline_silent_ms(const struct ua_regline *line);

enum ua_reg_state ua_regline_state(const struct ua_regline *line);

#endif
