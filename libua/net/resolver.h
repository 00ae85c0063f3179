/* SPDX-License-Identifier: BSD-3-Clause */
/** @file resolver.h  From a host name to addresses to try (RFC 3263) */
#ifndef UA_RESOLVER_H
#define UA_RESOLVER_H

#include "net/locate.h"
#include "net/nslist.h"

struct dnsc;
struct ua_log;
struct ua_resolver;
struct ua_query;

/** Everything that a resolver is made of */
struct ua_resolver_conf {
	const struct ua_log *log;   /**< Borrowed for its life, may be NULL  */
	const struct ua_rand *rand; /**< Borrowed for its life               */
	struct ua_addr dnsv[UA_NSLIST_MAX]; /**< Servers up to one of af NONE,
						 port 0 means 53; none: the
						 system's                    */
	const char *hosts_path;  /**< Copied                              */
	const char *resolv_path; /**< Copied                              */
	uint32_t deadline_ms;    /**< A query ends by then                */
};

/**
 * A query has ended.
 *
 * Called by the loop, never from inside a call of this file, once.  The
 * query is gone (its pointer is NULL); the handler may free the resolver.
 *
 * @param err      0        At least one target
 *                 ENOENT   No such name, or no address of a family that is
 *                          wanted: tell the user
 *                 ENONET   No name server is configured, or no route leads
 *                          there: wait for the network.  Also where the
 *                          kernel has no IPv6 at all: libre 1.1.0's client
 *                          wants it
 *                 ETIMEDOUT  No name server answered in time: try later
 *                 EPROTO   A name server refused, or answered nonsense
 *                 ENOMEM   Try later
 * @param text     NULL, or one line that says what went wrong (borrowed)
 * @param targetv  Best first (borrowed)
 * @param n        Number of them
 * @param arg      As given
 */
typedef void(ua_query_h)(int err, const char *text,
			 const struct ua_target *targetv, size_t n, void *arg);


/** Silent, the system's randomness, servers and hosts file, 3 s */
void ua_resolver_conf_default(struct ua_resolver_conf *conf);


/**
 * Make a resolver; it belongs to the loop of the calling thread.  That there
 * is no name server is no error: numeric addresses and hosts go on.
 *
 * libre 1.1.0's DNS client does not look at who answers: an attacker who
 * guesses 16 bits of id and a port can answer instead of the server.  What
 * must be trusted needs TLS on top, as always with DNS.
 *
 * @param resp  Set on success; free it by mem_deref(): its queries are never
 *              answered then
 *
 * @retval 0       Done
 * @retval EINVAL  No rand or path
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_resolver_alloc(struct ua_resolver **resp,
			       const struct ua_resolver_conf *conf);


/**
 * libre's own client, for libre's own SIP transactions (borrowed).
 *
 * @return NULL: no name server is configured
 */
struct dnsc *ua_resolver_dnsc(struct ua_resolver *res);


/**
 * The network has changed: forget all answers, read the servers anew, and
 * whoever waits is looked up there.
 */
void ua_resolver_reload(struct ua_resolver *res);


/** The wall clock was set: arm the timer anew */
void ua_resolver_rearm(struct ua_resolver *res);


/**
 * Ask where to send for a host name.
 *
 * Numeric addresses, localhost and the hosts file come first and need no name
 * server.  With a port: addresses.  Without: NAPTR (SIP, when more than one
 * transport is wanted), SRV, and addresses with the default port
 * (RFC 3263, 4.1 and 4.2).  Targets that no local address leads to come last.
 *
 * Several name servers are asked one after the other, a quarter of a second
 * apart, and the one that answered is asked first the next time.
 *
 * @param qp    Set on success; cancel by mem_deref(*qp), set to NULL by the
 *              resolver before the handler is called; it must live as long
 *              as the query
 * @param res   Resolver
 * @param conf  What is asked (copied)
 * @param h     Called when it has ended
 * @param arg   Of the handler
 *
 * @retval 0       Handler will be called
 * @retval EINVAL  Not a host name, no transport or no family wanted: tell
 *                 the user
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_resolver_query(struct ua_query **qp, struct ua_resolver *res,
			       const struct ua_locate_conf *conf,
			       ua_query_h *h, void *arg);

#endif
