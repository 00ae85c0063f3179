/* SPDX-License-Identifier: BSD-3-Clause */
/** @file netstore.h  What is remembered of networks between two runs */
#ifndef UA_NETSTORE_H
#define UA_NETSTORE_H

#include "sip/sipflow.h"

struct ua_log;
struct ua_netstore;

/** Networks that are remembered: the oldest one is forgotten */
enum { UA_NETSTORE_MAX = 64 };

/**
 * A network is known by the way a server is reached from it: our address
 * there, the one that the server sees, and the server.
 *
 *     # uaphone's NATs: server, local, mapped, learnt [s], OPTIONS, when
 *     udp 198.51.100.10:5060 10.1.0.2 198.51.100.2 114 answered 1764061234
 */


/**
 * Open the store in a folder, which is made if it is not there.
 *
 * @param storep  Set on success; mem_deref() it
 * @param dir     Copied; NULL: nothing is kept longer than the store lives
 *
 * A file that cannot be read or written is logged, and done without; a line
 * that is none is named and skipped.
 *
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_netstore_alloc(struct ua_netstore **storep, const char *dir,
			       const struct ua_log *log);

/**
 * What is known of a flow.
 *
 * @param memory  Set; all zero if nothing is
 */
void ua_netstore_get(const struct ua_netstore *store, const struct ua_hop *hop,
		     const struct ua_addr *local, const struct ua_addr *mapped,
		     struct ua_sipflow_memory *memory);

/** Keep it; replaces what was known of that flow */
void ua_netstore_put(struct ua_netstore *store, const struct ua_hop *hop,
		     const struct ua_addr *local, const struct ua_addr *mapped,
		     const struct ua_sipflow_memory *memory);

/**
 * The name of this instance for ever: "urn:uuid:..." (RFC 5626, 4.1), made
 * anew and kept in the folder where there was none.
 *
 * @return NULL: there is no folder, or it cannot be kept there, or another
 *         program of this user has it
 */
const char *ua_netstore_instance(struct ua_netstore *store,
				 const struct ua_rand *rand);

#endif
