/* SPDX-License-Identifier: BSD-3-Clause */
/** @file target.h  From a SIP URI to what is asked of the resolver */
#ifndef UA_TARGET_H
#define UA_TARGET_H

#include <ua/agent.h>
#include "net/locate.h"


/**
 * What to look up for a SIP URI (RFC 3263, 4).  "sips:" is by TLS alone,
 * whatever reliable transport it names (RFC 3261, 26.2.2).
 *
 * @param conf    Set on success; borrows host
 * @param host    Room for the host's name
 * @param size    Of host [bytes]
 * @param uri     "sip:bob@example.com:5060;transport=tcp"
 * @param tp_set  tp rules, whatever the URI says
 * @param agent   For the families that are allowed
 *
 * @retval 0       Done
 * @retval EINVAL  No SIP URI, a transport that is not udp, tcp or tls, or
 *                 sips: by another one than TLS
 */
UA_CHECK int ua_target_conf(struct ua_locate_conf *conf, char *host,
			    size_t size, const char *uri, bool tp_set,
			    enum ua_tp tp, const struct ua_agent_conf *agent);

/** Does a URI begin with "sips:"? */
bool ua_target_is_sips(const char *uri);


/**
 * Whose certificate is wanted at a target of a URI.
 *
 * @param host  Room for UA_DNS_NAME_LEN
 * @param uri   As ua_target_conf() takes it
 * @param tp    Of the target
 *
 * @return The URI's host, in host; NULL: nobody's, it is not TLS
 */
const char *ua_target_tls_host(char *host, const char *uri, enum ua_tp tp);

#endif
