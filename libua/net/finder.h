/* SPDX-License-Identifier: BSD-3-Clause */
/** @file finder.h  Looking up servers: what is asked, known and waited for */
#ifndef UA_FINDER_H
#define UA_FINDER_H

#include "net/dnscache.h"
#include "net/locate.h"

struct ua_finder;
struct ua_finding;
struct ua_log;

/** Room for what went wrong */
enum { UA_FINDER_TEXT = 1024 };

struct ua_finder_conf {
	const struct ua_log *log;   /**< Borrowed for its life, may be NULL */
	const struct ua_rand *rand; /**< Borrowed for its life              */
	uint32_t deadline_ms;       /**< A finding ends by then             */
};

/** A question to send */
struct ua_finder_out {
	uint32_t id;
	struct ua_addr server;
	bool tcp; /**< By UDP its answer was cut off */
	enum ua_rrtype type;
	char name[UA_DNS_NAME_LEN];
};

/** A finding has ended */
struct ua_finder_event {
	void *arg; /**< Of the finding, which is gone                     */
	int err;   /**< 0: there are targets; as ua_query_h in resolver.h */
	char text[UA_FINDER_TEXT]; /**< What went wrong, "" if nothing    */
	struct ua_target targetv[UA_TARGET_MAX];
	size_t n;
};


/**
 * Make the machine under the resolver: names in, questions and targets out.
 * It has neither socket nor clock.  No name server is known at first.
 *
 * @retval 0       Done; free it by mem_deref(): findings that are left never
 *                 end then
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_finder_alloc(struct ua_finder **fp,
			     const struct ua_finder_conf *conf);


/**
 * The text of a hosts file that overrules the name servers.
 *
 * @param text  Borrowed until the next call
 */
void ua_finder_hosts(struct ua_finder *f, const char *text);


/**
 * The network, or the list of its name servers, has changed: all that is
 * known is forgotten, and what was asked is asked anew of these servers.
 * Answers that are on their way are not taken any more.
 *
 * Who waits has the whole time again, but not more than three times in all;
 * and for a network that has no name server yet, that is what it is for.
 *
 * @param addrv  Servers, port included (copied)
 * @param n      Number of them, more than UA_NSLIST_MAX are left out
 */
void ua_finder_network(struct ua_finder *f, uint64_t now_ms,
		       const struct ua_addr *addrv, size_t n);


/**
 * Ask where to send for a host name.
 *
 * @param fgp   Set on success; cancel by mem_deref() until it has ended
 * @param conf  As ua_locate_check() accepts it (copied)
 * @param arg   For the event
 *
 * @retval 0       An event follows
 * @retval EINVAL  As ua_locate_check()
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_finder_ask(struct ua_finding **fgp, struct ua_finder *f,
			   uint64_t now_ms, const struct ua_locate_conf *conf,
			   void *arg);


/** Next question to send; false: none */
bool ua_finder_output(struct ua_finder *f, struct ua_finder_out *out);


/** Would an answer to this question be of use?  If not, forget it */
bool ua_finder_wants(const struct ua_finder *f, uint32_t id);


/** An answer came, whole; of what is not wanted any more it is ignored */
void ua_finder_answer(struct ua_finder *f, uint64_t now_ms, uint32_t id,
		      const struct ua_dnsans *ans);


/** An answer came that was cut off (RFC 1035, 4.1.1, TC) */
void ua_finder_cut(struct ua_finder *f, uint32_t id);


/** The question could not be sent, or its connection broke */
void ua_finder_failed(struct ua_finder *f, uint64_t now_ms, uint32_t id,
		      int err);


/** Next event; false: none.  Its finding is gone: never free it after that */
bool ua_finder_event(struct ua_finder *f, struct ua_finder_event *ev);


/** Does anybody wait? */
bool ua_finder_busy(const struct ua_finder *f);


/** When tick has something to do; UA_NEVER: nobody waits */
uint64_t ua_finder_deadline(const struct ua_finder *f);
void ua_finder_tick(struct ua_finder *f, uint64_t now_ms);

#endif
