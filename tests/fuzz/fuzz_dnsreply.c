/* SPDX-License-Identifier: BSD-3-Clause */
/** @file fuzz_dnsreply.c  Replies of a name server, by libre and by us */

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/re_compat.h"
#include "net/dnsreply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void require(int ok)
{
	if (!ok)
		abort();
}


static void rr_free(struct list *rrl)
{
	struct dnsrr *rr;

	while ((rr = list_ledata(list_head(rrl)))) {
		list_unlink(&rr->le);
		mem_deref(rr);
	}
}


/* One section, as libre's client reads it */
static int section_decode(struct list *rrl, struct mbuf *mb, unsigned n)
{
	struct dnsrr *rr;
	int err;

	while (n--) {
		err = dns_rr_decode(mb, &rr, 0);
		if (err)
			return err;

		list_append(rrl, &rr->le, rr);
	}

	return 0;
}


/* What may be kept: names that are names, addresses of the type */
static void answer_check(const struct ua_dnsans *ans, enum ua_rrtype type)
{
	size_t i;

	require(ans->err == 0 || ans->err == ENOENT || ans->err == EPROTO);
	require(!ans->err || !ans->n);
	require(ans->err || ans->n || ans->alias[0]);
	require(ans->n <= UA_DNS_RR_MAX);
	require(ans->ttl_s <= UA_DNSCACHE_TTL_MAX);
	require(!ans->alias[0] || ua_locate_is_name(ans->alias));

	for (i = 0; i < ans->n; i++) {
		const struct ua_rr *rr = &ans->rrv[i];

		if (type == UA_RR_A)
			require(rr->addr.af == UA_AF_IP4);
		else if (type == UA_RR_AAAA)
			require(rr->addr.af == UA_AF_IP6);
		else
			require(!rr->name[0] || ua_locate_is_name(rr->name));
	}
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum ua_rrtype types[] = { UA_RR_A, UA_RR_AAAA, UA_RR_SRV,
						UA_RR_NAPTR };
	struct list ansl = LIST_INIT, authl = LIST_INIT;
	struct ua_dnsans ans;
	struct dnshdr hdr;
	struct mbuf *mb;
	char *name = NULL;
	size_t i;

	mb = mbuf_alloc(size + 1);
	if (!mb)
		return 0;

	(void)mbuf_write_mem(mb, data, size);
	mb->pos = 0;

	if (dns_hdr_decode(mb, &hdr) || dns_dname_decode(mb, &name, 0) ||
	    mbuf_get_left(mb) < 4)
		goto out;

	mb->pos += 4; /* type and class of the question */

	if (section_decode(&ansl, mb, hdr.nans) ||
	    section_decode(&authl, mb, hdr.nauth))
		goto out;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		ua_dnsreply_decode(&ans, &hdr, &ansl, &authl, name, types[i]);
		answer_check(&ans, types[i]);
	}

out:
	rr_free(&ansl);
	rr_free(&authl);
	mem_deref(name);
	mem_deref(mb);

	return 0;
}
