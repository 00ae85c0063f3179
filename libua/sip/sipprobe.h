/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sipprobe.h  A request from a second socket */
#ifndef UA_SIPPROBE_H
#define UA_SIPPROBE_H

#include "dialog/digest.h"
#include "sip/endpoint.h"

struct ua_sipprobe;

/**
 * It is answered, or was not.  From the loop; may free the probe.
 *
 * @param err     0, ETIMEDOUT, ...
 * @param code    Final answer
 * @param mapped  How the server sees that socket, af NONE: untold
 */
typedef void(ua_sipprobe_h)(int err, uint16_t code,
			    const struct ua_addr *mapped, void *arg);

/** All strings are copied */
struct ua_sipprobe_conf {
	const char *aor; /**< From                                         */
	struct ua_hop hop;
	struct ua_cred cred;
	ua_sipprobe_h *h;
	void *arg;
};


/**
 * Open a socket beside that of an endpoint, on the same local address.
 *
 * @param probep  Set on success; mem_deref() it at any time: the socket is
 *                closed a moment later
 * @param ep      Must live longer
 *
 * @retval 0      Done
 * @retval ENOMEM, EMFILE, EADDRNOTAVAIL  Not to be had now
 */
UA_CHECK int ua_sipprobe_alloc(struct ua_sipprobe **probep,
			       struct ua_endpoint *ep,
			       const struct ua_sipprobe_conf *conf);

/**
 * Send an OPTIONS from there, once more if a challenge can be answered.
 *
 * @param uri  Request-URI and To
 *
 * @retval EINVAL  That is none
 */
UA_CHECK int ua_sipprobe_ask(struct ua_sipprobe *probe, const char *uri);

/** Call-ID of what was asked last, NULL: nothing was */
const char *ua_sipprobe_callid(const struct ua_sipprobe *probe);

#endif
