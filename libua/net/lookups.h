/* SPDX-License-Identifier: BSD-3-Clause */
/** @file lookups.h  Records of names: from a cache, or asked for */
#ifndef UA_LOOKUPS_H
#define UA_LOOKUPS_H

#include "net/dnscache.h"
#include "net/nslist.h"

struct ua_finder_out;
struct ua_log;
struct ua_lookups;

/** On their way at a time */
enum { UA_LOOKUPS_MAX = 64 };


/**
 * Make an empty one that knows no name server.
 *
 * @param log  Borrowed for its life, may be NULL
 * @param ms   A question is given up after that
 *
 * @retval 0       Done; free it by mem_deref()
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_lookups_alloc(struct ua_lookups **lookupsp,
			      const struct ua_log *log, uint32_t ms);


/** Forget all that is known and asked; ask these servers from now on */
void ua_lookups_network(struct ua_lookups *lookups,
			const struct ua_addr *addrv, size_t n);


/** The name servers (borrowed) */
const struct ua_nslist *ua_lookups_servers(const struct ua_lookups *lookups);


/**
 * What is known of a name; aliases are followed.
 *
 * @param namep  Name; set to the one to ask for if it is an alias (borrowed,
 *               as the records are)
 * @param rrv    Set to the records (borrowed until an answer comes)
 * @param n      Set to their number
 *
 * @retval 0            Found
 * @retval EINPROGRESS  Nothing is known: ua_lookups_ask()
 * @retval ENOENT       There are none
 * @retval ELOOP        The aliases lead in a circle
 * @retval EPROTO       No server knew
 */
UA_CHECK int ua_lookups_get(struct ua_lookups *lookups, uint64_t now_ms,
			    const char **namep, enum ua_rrtype type,
			    const struct ua_rr **rrv, size_t *n);


/**
 * Ask for it, unless that is being done.
 *
 * @retval 0       An answer, or a failure, may come
 * @retval ENONET  There is no server, or none could be reached just now
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_lookups_ask(struct ua_lookups *lookups, uint64_t now_ms,
			    const char *name, enum ua_rrtype type);


/** As ua_finder_output(), ua_finder_wants(), ua_finder_cut() */
bool ua_lookups_output(struct ua_lookups *lookups, struct ua_finder_out *out);
bool ua_lookups_wants(const struct ua_lookups *lookups, uint32_t id);
void ua_lookups_cut(struct ua_lookups *lookups, uint32_t id);


/**
 * An answer came, or ans->err tells why it did not.
 *
 * @return True: something may be known now that was not before
 */
bool ua_lookups_answer(struct ua_lookups *lookups, uint64_t now_ms,
		       uint32_t id, const struct ua_dnsans *ans);


/** When tick has something to do; UA_NEVER: nothing is asked */
uint64_t ua_lookups_deadline(const struct ua_lookups *lookups);

/** The time is now_ms; true: a question was given up */
bool ua_lookups_tick(struct ua_lookups *lookups, uint64_t now_ms);

#endif
