/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sdpwrite.c  Lines of a session description, in their order */

#include <errno.h>
#include <string.h>

#include "base/wr.h"
#include "sdp/sdpwrite.h"


/* A line end inside a string would start a line that nobody meant. */
static void put(struct ua_wr *wr, const char *before, const char *text)
{
	if (strpbrk(text, "\r\n")) {
		if (!wr->err)
			wr->err = EINVAL;
		return;
	}

	ua_wr_str(wr, before);
	ua_wr_str(wr, text);
}


void ua_sdpwrite_line(struct ua_wr *wr, const char *before, const char *text)
{
	if (!text)
		return;

	put(wr, before, text);
	ua_wr_str(wr, "\r\n");
}


void ua_sdpwrite_cand(struct ua_wr *wr, const struct ua_sdp_cand *cand)
{
	ua_wr_str(wr, "a=candidate:");
	ua_sdpcand_encode(wr, cand);
	ua_wr_str(wr, "\r\n");
}


static void put_conn(struct ua_wr *wr, const struct ua_sdp_conn *conn)
{
	if (conn->kind == UA_SDPCONN_NONE ||
	    (conn->kind == UA_SDPCONN_BROKEN && !*conn->text))
		return;

	ua_wr_str(wr, "c=");
	ua_sdpconn_encode(wr, conn);
	ua_wr_str(wr, "\r\n");
}


static void put_attrs(struct ua_wr *wr, const struct ua_sdp_attr *attrv,
		      size_t attrc)
{
	size_t i;

	for (i = 0; i < attrc; i++) {
		put(wr, "a=", attrv[i].name);
		if (attrv[i].value)
			put(wr, ":", attrv[i].value);
		ua_wr_str(wr, "\r\n");
	}
}


static void put_ice(struct ua_wr *wr, const struct ua_sdp_ice *ice)
{
	ua_sdpwrite_line(wr, "a=ice-options:", ice->options);
	ua_sdpwrite_line(wr, "a=ice-ufrag:", ice->ufrag);
	ua_sdpwrite_line(wr, "a=ice-pwd:", ice->pwd);
}


void ua_sdpwrite_session(struct ua_wr *wr, const struct ua_sdp *sdp)
{
	static const struct ua_addr none = { .af = UA_AF_NONE };
	struct ua_sdp_conn conn = sdp->origin.conn;

	if (conn.kind == UA_SDPCONN_NONE ||
	    (conn.kind == UA_SDPCONN_BROKEN && !*conn.text))
		ua_sdpconn_set(&conn, &none);

	put(wr, "v=0\r\no=", sdp->origin.user ? sdp->origin.user : "-");
	put(wr, " ", sdp->origin.id ? sdp->origin.id : "0");
	put(wr, " ", sdp->origin.version ? sdp->origin.version : "0");
	ua_wr_str(wr, " ");
	ua_sdpconn_encode(wr, &conn);

	/* A name must not be empty (RFC 8866, 5.3). */
	put(wr, "\r\ns=", sdp->name && *sdp->name ? sdp->name : "-");
	ua_wr_str(wr, "\r\n");
	put_conn(wr, &sdp->conn);
	ua_sdpwrite_line(
		wr, "t=", sdp->timing && *sdp->timing ? sdp->timing : "0 0");

	if (sdp->ice_lite)
		ua_wr_str(wr, "a=ice-lite\r\n");
	if (sdp->ice_pacing)
		ua_wr_fmt(wr, "a=ice-pacing:%u\r\n", sdp->ice_pacing);
	put_ice(wr, &sdp->ice);
	put_attrs(wr, sdp->attrv, sdp->attrc);
}


static void put_formats(struct ua_wr *wr, const struct ua_sdp_media *media)
{
	size_t i;

	put(wr, "m=", media->type);
	ua_wr_fmt(wr, " %u ", media->port);
	put(wr, "", media->proto);
	for (i = 0; i < media->fmtc; i++)
		put(wr, " ", media->fmtv[i].id);

	/* Without any the line would not be one. */
	ua_wr_str(wr, media->fmtc ? "\r\n" : " 0\r\n");
}


static void put_maps(struct ua_wr *wr, const struct ua_sdp_media *media)
{
	size_t i;

	for (i = 0; i < media->fmtc; i++) {
		const struct ua_sdp_fmt *fmt = &media->fmtv[i];

		if (fmt->name) {
			put(wr, "a=rtpmap:", fmt->id);
			put(wr, " ", fmt->name);
			ua_wr_fmt(wr, "/%u", fmt->clock_hz);
			if (fmt->channels > 1)
				ua_wr_fmt(wr, "/%u", fmt->channels);
			ua_wr_str(wr, "\r\n");
		}

		if (fmt->fmtp) {
			put(wr, "a=fmtp:", fmt->id);
			put(wr, " ", fmt->fmtp);
			ua_wr_str(wr, "\r\n");
		}
	}
}


static void put_rtcp(struct ua_wr *wr, const struct ua_sdp_media *media)
{
	if (media->has_rtcp) {
		ua_wr_fmt(wr, "a=rtcp:%u", media->rtcp_port);
		if (media->rtcp_conn.kind != UA_SDPCONN_NONE) {
			ua_wr_str(wr, " ");
			ua_sdpconn_encode(wr, &media->rtcp_conn);
		}
		ua_wr_str(wr, "\r\n");
	}

	if (media->rtcp_mux)
		ua_wr_str(wr, "a=rtcp-mux\r\n");
}


/* Credentials before candidates: some peers read them in that order. */
static void put_candidates(struct ua_wr *wr, const struct ua_sdp_media *media)
{
	char ip[UA_ADDR_LEN];
	size_t i;

	put_ice(wr, &media->ice);
	if (media->ice_mismatch)
		ua_wr_str(wr, "a=ice-mismatch\r\n");

	for (i = 0; i < media->candc; i++)
		ua_sdpwrite_cand(wr, &media->candv[i]);

	for (i = 0; i < media->remc; i++) {
		const struct ua_sdp_remcand *rem = &media->remv[i];

		ua_wr_fmt(wr, "%s%u %s %u",
			  i ? " " : "a=remote-candidates:", rem->comp,
			  ua_addr_ip_str(&rem->addr, ip), rem->addr.port);
	}

	if (media->remc)
		ua_wr_str(wr, "\r\n");
	if (media->ice.end)
		ua_wr_str(wr, "a=end-of-candidates\r\n");
}


void ua_sdpwrite_media(struct ua_wr *wr, const struct ua_sdp *sdp,
		       const struct ua_sdp_media *media)
{
	put_formats(wr, media);
	if (!ua_sdpconn_eq(&media->conn, &sdp->conn))
		put_conn(wr, &media->conn);

	ua_sdpwrite_line(wr, "a=mid:", media->mid);
	put_maps(wr, media);
	if (media->ptime)
		ua_wr_fmt(wr, "a=ptime:%u\r\n", media->ptime);
	if (media->maxptime)
		ua_wr_fmt(wr, "a=maxptime:%u\r\n", media->maxptime);

	/* Of a stream that is refused nothing has a direction. */
	if (media->port)
		ua_wr_fmt(wr, "a=%s\r\n", ua_sdp_dir_name(media->dir));

	put_rtcp(wr, media);
	put_candidates(wr, media);
	put_attrs(wr, media->attrv, media->attrc);
}
