/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sdpfacts.c  What a remote m-line tells about where to send */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "sdp/sdpfacts.h"

enum {
	PORT_DISCARD = 9, /* Port of who has none yet (RFC 8839, 4.3.1) */
	COMP_RTP = 1,
	COMP_RTCP = 2
};

static const char *const dest_names[] = {
	[UA_SDPFACTS_NONE] = "none",     [UA_SDPFACTS_MATCH] = "match",
	[UA_SDPFACTS_OTHER] = "other",   [UA_SDPFACTS_ANY] = "any",
	[UA_SDPFACTS_NAME] = "name",     [UA_SDPFACTS_FAMILY] = "family",
	[UA_SDPFACTS_BROKEN] = "broken",
};


static int find_cand(const struct ua_sdp_media *media, uint16_t comp,
		     const struct ua_addr *addr)
{
	size_t i;

	if (addr->af == UA_AF_NONE)
		return -1;

	for (i = 0; i < media->candc; i++) {
		const struct ua_sdp_cand *cand = &media->candv[i];

		if (cand->comp == comp && ua_sdpcand_is_udp(cand) &&
		    ua_addr_eq(&cand->addr, addr))
			return (int)i;
	}

	return -1;
}


/* Nobody listens there: 224/4, ff00::/8, 255.255.255.255. */
static bool is_unusable(const struct ua_addr *addr)
{
	static const uint8_t all[4] = { 255, 255, 255, 255 };

	return ua_addr_is_multicast(addr) ||
	       (addr->af == UA_AF_IP4 && !memcmp(addr->ip, all, sizeof(all)));
}


static void read_dest(struct ua_sdp_facts *facts,
		      const struct ua_sdp_media *media)
{
	const struct ua_sdp_conn *conn = &media->conn;
	static const enum ua_sdpfacts_dest dests[] = {
		[UA_SDPCONN_NONE] = UA_SDPFACTS_NONE,
		[UA_SDPCONN_ADDR] = UA_SDPFACTS_OTHER,
		[UA_SDPCONN_ANY] = UA_SDPFACTS_ANY,
		[UA_SDPCONN_NAME] = UA_SDPFACTS_NAME,
		[UA_SDPCONN_FAMILY] = UA_SDPFACTS_FAMILY,
		[UA_SDPCONN_BROKEN] = UA_SDPFACTS_BROKEN,
	};

	facts->dest = dests[conn->kind];
	if (facts->dest == UA_SDPFACTS_NAME &&
	    ua_sdptext_copy(facts->host, sizeof(facts->host), conn->text))
		facts->dest = UA_SDPFACTS_BROKEN;

	if (is_unusable(&conn->addr))
		facts->dest = UA_SDPFACTS_BROKEN;
	else
		facts->rtp = conn->addr;

	facts->rtp.port = media->port;
	facts->dest_cand = find_cand(media, COMP_RTP, &facts->rtp);

	if (facts->dest != UA_SDPFACTS_OTHER)
		return;

	if (facts->dest_cand >= 0)
		facts->dest = UA_SDPFACTS_MATCH;
	else if (facts->ice && media->port == PORT_DISCARD)
		facts->dest = UA_SDPFACTS_ANY;
}


/*
 * Proxies put their own port into a=rtcp without a look at rtcp-mux; then
 * what both sides agreed on counts.
 */
static void read_rtcp(struct ua_sdp_facts *facts,
		      const struct ua_sdp_media *media, bool mux)
{
	facts->rtcp = facts->rtp;

	if (mux) {
		facts->rtcp_odd =
			media->has_rtcp && media->rtcp_port != media->port;
	}
	else if (media->has_rtcp) {
		if (media->rtcp_conn.kind == UA_SDPCONN_ADDR)
			facts->rtcp = media->rtcp_conn.addr;
		facts->rtcp.port = media->rtcp_port;
	}
	else if (media->port < UINT16_MAX) {
		++facts->rtcp.port;
	}
	else {
		memset(&facts->rtcp, 0, sizeof(facts->rtcp));
	}

	facts->rtcp_cand =
		find_cand(media, mux ? COMP_RTP : COMP_RTCP, &facts->rtcp);
}


static void bad_cands(struct ua_sdp_facts *facts,
		      const struct ua_sdp_media *media)
{
	unsigned i;

	for (i = 0; i < media->cand_bad; i++) {
		if (i < UA_SDP_BADCAND_MAX &&
		    facts->cand_bad < UA_SDP_BADCAND_MAX)
			facts->badv[facts->cand_bad] = media->badv[i];
		++facts->cand_bad;
	}
}


static int read_ice(struct ua_sdp_facts *facts, const struct ua_sdp *sdp,
		    const struct ua_sdp_media *media)
{
	facts->mismatch = media->ice_mismatch;
	facts->ice = ua_sdp_has_ice(media);
	if (!facts->ice)
		return 0;

	/* The parser has checked their lengths. */
	(void)ua_sdptext_copy(facts->ufrag, sizeof(facts->ufrag),
			      media->ice.ufrag);
	(void)ua_sdptext_copy(facts->pwd, sizeof(facts->pwd), media->ice.pwd);

	facts->lite = sdp->ice_lite;
	facts->ice2 = ua_sdptext_has(media->ice.options, "ice2");
	facts->trickle = ua_sdptext_has(media->ice.options, "trickle");
	facts->renom = ua_sdptext_has(media->ice.options, "renomination");
	facts->end = media->ice.end;
	facts->pacing = sdp->ice_pacing;
	bad_cands(facts, media);
	facts->remc = media->remc;
	memcpy(facts->remv, media->remv, sizeof(facts->remv));

	if (media->candc) {
		const size_t size = media->candc * sizeof(*media->candv);

		facts->candv = mem_alloc(size, NULL);
		if (!facts->candv)
			return ENOMEM;

		memcpy(facts->candv, media->candv, size);
		facts->candc = media->candc;
	}

	return 0;
}


int ua_sdpfacts_read(struct ua_sdp_facts *facts, const struct ua_sdp *sdp,
		     const struct ua_sdp_media *media, bool mux)
{
	struct ua_sdp_facts f;
	int err;

	memset(&f, 0, sizeof(f));

	err = read_ice(&f, sdp, media);
	if (err)
		return err;

	read_dest(&f, media);
	read_rtcp(&f, media, mux);

	*facts = f;
	return 0;
}


static bool is_ours(const struct ua_sdp_media *media, const char *mid)
{
	return !mid || !media->mid || !strcmp(media->mid, mid);
}


/* The lengths of what the parser took are fine. */
static void frag_cred(struct ua_sdp_facts *facts, const struct ua_sdp_ice *ice)
{
	if (ice->ufrag)
		(void)ua_sdptext_copy(facts->ufrag, sizeof(facts->ufrag),
				      ice->ufrag);
	if (ice->pwd)
		(void)ua_sdptext_copy(facts->pwd, sizeof(facts->pwd),
				      ice->pwd);
}


static void frag_section(struct ua_sdp_facts *facts,
			 const struct ua_sdp_media *media)
{
	size_t i;

	frag_cred(facts, &media->ice);
	bad_cands(facts, media);
	if (media->ice.end)
		facts->end = true;

	for (i = 0; i < media->candc; i++) {
		if (facts->candc < UA_SDP_CAND_MAX)
			facts->candv[facts->candc++] = media->candv[i];
		else
			++facts->cand_bad;
	}
}


int ua_sdpfacts_frag(struct ua_sdp_facts *facts, const struct ua_sdp *frag,
		     const char *mid)
{
	struct ua_sdp_facts f;
	size_t n = 0;
	size_t i;

	memset(&f, 0, sizeof(f));
	f.dest_cand = -1;
	f.rtcp_cand = -1;
	frag_cred(&f, &frag->ice);
	f.end = frag->ice.end;

	for (i = 0; i < frag->mediac; i++) {
		if (is_ours(&frag->mediav[i], mid))
			n += frag->mediav[i].candc;
	}

	if (n > UA_SDP_CAND_MAX)
		n = UA_SDP_CAND_MAX;
	if (n) {
		f.candv = mem_alloc(n * sizeof(*f.candv), NULL);
		if (!f.candv)
			return ENOMEM;
	}

	for (i = 0; i < frag->mediac; i++) {
		if (is_ours(&frag->mediav[i], mid))
			frag_section(&f, &frag->mediav[i]);
	}

	f.ice = f.ufrag[0] && f.pwd[0];
	*facts = f;
	return 0;
}


void ua_sdpfacts_copy(struct ua_sdp_facts *dst, const struct ua_sdp_facts *src)
{
	*dst = *src;
	dst->candv = mem_ref(src->candv);
}


void ua_sdpfacts_reset(struct ua_sdp_facts *facts)
{
	mem_deref(facts->candv);
	memset(facts, 0, sizeof(*facts));
}


const char *ua_sdpfacts_dest_name(enum ua_sdpfacts_dest dest)
{
	return (unsigned)dest <= UA_SDPFACTS_BROKEN ? dest_names[dest] : "?";
}
