/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sdpconn.c  Connection address: what stands behind "c=" */

#include <string.h>

#include "base/re_compat.h"
#include "base/wr.h"
#include "sdp/sdpconn.h"
#include "sdp/sdptext.h"


void ua_sdpconn_decode(struct ua_sdp_conn *conn, char *value)
{
	const char *net = ua_sdptext_word(&value);
	const char *type = ua_sdptext_word(&value);
	char *text = ua_sdptext_word(&value);

	memset(conn, 0, sizeof(*conn));
	conn->kind = UA_SDPCONN_BROKEN;
	conn->af = ua_sdptext_same(type, "IP6") ? UA_AF_IP6 : UA_AF_IP4;
	conn->text = text ? text : "";

	if (!text || !ua_sdptext_same(net, "IN"))
		return;

	/* TTL and count of a multicast address (RFC 8866, 5.7) */
	text[strcspn(text, "/")] = '\0';

	if (!ua_sdptext_addr(&conn->addr, text)) {
		if (conn->addr.af != conn->af)
			conn->kind = UA_SDPCONN_FAMILY;
		else if (ua_addr_is_any(&conn->addr))
			conn->kind = UA_SDPCONN_ANY;
		else
			conn->kind = UA_SDPCONN_ADDR;
	}
	else if (ua_sdptext_is_name(text)) {
		conn->kind = UA_SDPCONN_NAME;
	}
}


void ua_sdpconn_set(struct ua_sdp_conn *conn, const struct ua_addr *addr)
{
	static const struct ua_addr any = { .af = UA_AF_IP4 };

	memset(conn, 0, sizeof(*conn));
	conn->addr = addr->af == UA_AF_NONE ? any : *addr;
	conn->addr.port = 0;
	conn->addr.scope = 0;
	conn->af = conn->addr.af;
	conn->kind =
		ua_addr_is_any(&conn->addr) ? UA_SDPCONN_ANY : UA_SDPCONN_ADDR;
}


void ua_sdpconn_encode(struct ua_wr *wr, const struct ua_sdp_conn *conn)
{
	char buf[UA_ADDR_LEN];

	ua_wr_fmt(wr, "IN %s ", conn->af == UA_AF_IP6 ? "IP6" : "IP4");

	if (conn->kind == UA_SDPCONN_ADDR || conn->kind == UA_SDPCONN_ANY)
		ua_wr_str(wr, ua_addr_ip_str(&conn->addr, buf));
	else
		ua_wr_str(wr, conn->text ? conn->text : "");
}


bool ua_sdpconn_eq(const struct ua_sdp_conn *a, const struct ua_sdp_conn *b)
{
	if (a->kind != b->kind || a->af != b->af ||
	    !ua_addr_ip_eq(&a->addr, &b->addr))
		return false;

	if (a->kind < UA_SDPCONN_NAME)
		return true;

	return a->text && b->text && !strcmp(a->text, b->text);
}
