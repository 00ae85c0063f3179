/* SPDX-License-Identifier: BSD-3-Clause */
/** @file dnsreply.h  What a name server's reply says about one question */
#ifndef UA_DNSREPLY_H
#define UA_DNSREPLY_H

#include "net/dnscache.h"

struct dnshdr;
struct list;

/** Aliases followed; a longer chain is a loop */
enum { UA_DNSREPLY_ALIAS_MAX = 8 };


/**
 * Take from a reply what answers the question and nothing else: records of
 * other names, impossible ones and the additional section are not ours to
 * believe.
 *
 * @param ans    Set: records; or an alias to ask for; or ENOENT (there is no
 *               such thing), EPROTO (the server refused or failed)
 * @param hdr    Header of the reply (borrowed)
 * @param ansl   Answer section, as libre decoded it (borrowed)
 * @param authl  Authority section: how long a "no" lasts (RFC 2308, 5)
 * @param name   Name that was asked for
 * @param type   Type that was asked for
 */
void ua_dnsreply_decode(struct ua_dnsans *ans, const struct dnshdr *hdr,
			const struct list *ansl, const struct list *authl,
			const char *name, enum ua_rrtype type);

#endif
