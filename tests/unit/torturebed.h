/* SPDX-License-Identifier: BSD-3-Clause */
/** @file torturebed.h  The messages of RFC 4475 and RFC 5118 */
#ifndef UA_TEST_TORTUREBED_H
#define UA_TEST_TORTUREBED_H

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/sipaddr.h"
#include "dialog/sipmsg.h"
#include "sip/endpoint.h"
#include "sip/session.h"
#include "sipbed.h"

enum {
	UNREADABLE = -1, /* libre gives it up           */
	FILE_MAX = 4096, /* octets of a message         */
	GOT_MAX = 16     /* datagrams that came back    */
};

/** What becomes of a message */
struct row {
	const char *file;
	int check;       /* of ua_sipmsg_check(), or UNREADABLE         */
	uint16_t answer; /* what an endpoint says; 0: nothing           */
	bool call;       /* and whether that makes a call               */
	const char *why; /* where we choose among what the RFC leaves,
			    or do otherwise                             */
};

/* clang-format off */
static const struct row rows[] = {

	/* RFC 4475, 3.1.1: valid */
	{ "rfc4475/wsinv.dat", 0, 481, false,
	  "well-formed; its To-tag names a dialog that is none of ours" },
	{ "rfc4475/intmeth.dat", 0, 501, false, NULL },
	{ "rfc4475/esc01.dat", 0, 100, true, NULL },
	{ "rfc4475/escnull.dat", 0, 405, false, "no registrar" },
	{ "rfc4475/esc02.dat", 0, 501, false, NULL },
	{ "rfc4475/lwsdisp.dat", 0, 200, false, NULL },
	{ "rfc4475/longreq.dat", UNREADABLE, 400, false,
	  "the top Via has no branch, which RFC 3261, 8.1.1.7 demands; RFC "
	  "2543's way to tell transactions apart is not spoken" },
	{ "rfc4475/dblreq.dat", 0, 405, false, "no registrar" },
	{ "rfc4475/semiuri.dat", 0, 200, false, NULL },
	{ "rfc4475/transports.dat", 0, 200, false, NULL },
	{ "rfc4475/mpart01.dat", 0, 405, false, "MESSAGE is not spoken" },
	{ "rfc4475/unreason.dat", 0, 0, false, "no such request was sent" },
	{ "rfc4475/noreason.dat", 0, 0, false, "no such request was sent" },

	/* 3.1.2: invalid */
	{ "rfc4475/badinv01.dat", UNREADABLE, 400, false, NULL },
	{ "rfc4475/clerr.dat", EPROTO, 400, false, NULL },
	{ "rfc4475/ncl.dat", EPROTO, 400, false, NULL },
	{ "rfc4475/scalar02.dat", EPROTO, 400, false, NULL },
	{ "rfc4475/scalarlg.dat", EBADMSG, 0, false, NULL },
	{ "rfc4475/quotbal.dat", EPROTO, 400, false, NULL },
	{ "rfc4475/ltgtruri.dat", UNREADABLE, 400, false,
	  "refused, not read liberally" },
	{ "rfc4475/lwsruri.dat", UNREADABLE, 400, false, NULL },
	{ "rfc4475/lwsstart.dat", UNREADABLE, 400, false,
	  "refused, not read liberally" },
	{ "rfc4475/trws.dat", UNREADABLE, 400, false,
	  "refused, not read liberally" },
	{ "rfc4475/escruri.dat", 0, 100, true,
	  "read liberally: the headers of the Request-URI are ignored" },
	{ "rfc4475/baddate.dat", 0, 100, true,
	  "read liberally: Date is not looked at" },
	{ "rfc4475/regbadct.dat", 0, 405, false, "no registrar" },
	{ "rfc4475/badaspec.dat", 0, 200, false,
	  "read liberally: To of an OPTIONS is only repeated" },
	{ "rfc4475/baddn.dat", UNREADABLE, 400, false,
	  "the archive lacks the empty line too" },
	{ "rfc4475/badvers.dat", UNREADABLE, 505, false, NULL },
	{ "rfc4475/mismatch01.dat", EPROTO, 400, false, NULL },
	{ "rfc4475/mismatch02.dat", EPROTO, 501, false, NULL },
	{ "rfc4475/bigcode.dat", EBADMSG, 0, false, NULL },

	/* 3.2: transactions */
	{ "rfc4475/badbranch.dat", EPROTO, 400, false,
	  "refused, not matched as RFC 2543 did" },

	/* 3.3: applications */
	{ "rfc4475/insuf.dat", EPROTO, 400, false, NULL },
	{ "rfc4475/unkscm.dat", EPROTO, 416, false, NULL },
	{ "rfc4475/novelsc.dat", EPROTO, 416, false, NULL },
	{ "rfc4475/unksm2.dat", UNREADABLE, 400, false,
	  "libre reads no From that is an http URI; a registrar says 400" },
	{ "rfc4475/bext01.dat", EPROTO, 420, false, NULL },
	{ "rfc4475/invut.dat", EPROTO, 415, false, NULL },
	{ "rfc4475/regaut01.dat", 0, 405, false, NULL },
	{ "rfc4475/multi01.dat", EPROTO, 400, false, NULL },
	{ "rfc4475/mcl01.dat", EPROTO, 400, false, NULL },
	{ "rfc4475/bcast.dat", EBADMSG, 0, false, NULL },
	{ "rfc4475/zeromf.dat", 0, 200, false, NULL },
	{ "rfc4475/cparam01.dat", 0, 405, false, "no registrar" },
	{ "rfc4475/cparam02.dat", 0, 405, false, "no registrar" },
	{ "rfc4475/regescrt.dat", 0, 405, false, "no registrar" },
	{ "rfc4475/sdp01.dat", EPROTO, 406, false, NULL },

	/* 3.4: RFC 2543 */
	{ "rfc4475/inv2543.dat", UNREADABLE, 400, false,
	  "no branch: as longreq" },

	/* RFC 5118, 4 */
	{ "rfc5118/ipv6-good.dat", 0, 405, false, "no registrar" },
	{ "rfc5118/ipv6-bad.dat", EPROTO, 400, false, NULL },
	{ "rfc5118/port-ambiguous.dat", 0, 405, false, "no registrar" },
	{ "rfc5118/port-unambiguous.dat", 0, 405, false, "no registrar" },
	{ "rfc5118/via-received-param-with-delim.dat", 0, 481, false,
	  "of no dialog of ours" },
	{ "rfc5118/via-received-param-no-delim.dat", 0, 200, false, NULL },
	{ "rfc5118/ipv6-in-sdp.dat", EPROTO, 400, false,
	  "the text's Content-Length is 17 more than its body has" },
	{ "rfc5118/mult-ip-in-header.dat", 0, 481, false,
	  "of no dialog of ours" },
	{ "rfc5118/mult-ip-in-sdp.dat", 0, 100, true, NULL },
	{ "rfc5118/ipv4-mapped-ipv6.dat", 0, 100, true, NULL },
	{ "rfc5118/ipv6-bug-abnf-3-colons.dat", 0, 200, false, NULL },
	{ "rfc5118/ipv6-correct-abnf-2-colons.dat", 0, 200, false, NULL },
};
/* clang-format on */

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/** A message, as it stands in its file */
struct octets {
	uint8_t buf[FILE_MAX];
	size_t len;
};


static inline void octets_read(struct octets *o, const char *file)
{
	char path[1024];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", TEST_VECTORS, file);
	f = fopen(path, "rb");
	ck_assert_msg(f != NULL, "%s cannot be read", path);
	o->len = fread(o->buf, 1, sizeof(o->buf), f);
	(void)fclose(f);
	ck_assert_uint_gt(o->len, 0);
	ck_assert_uint_lt(o->len, sizeof(o->buf));
}


/** A peer that reads datagrams whatever they are */
struct raw_peer {
	struct udp_sock *us;
	struct sa local;
	char gotv[GOT_MAX][FILE_MAX];
	size_t n;
	size_t read;
};

static struct ua_endpoint *ep;
static struct raw_peer peer;
static struct ua_session *calls[4];
static size_t ncall;


static inline void no_event(struct ua_session *sess,
			    const struct ua_invite_event *ev, void *arg)
{
	(void)sess;
	(void)ev;
	(void)arg;
}


static inline uint16_t invite_handler(struct sip_msg *msg, void *arg)
{
	const struct ua_session_conf conf = {
		.aor = "sip:user@example.com",
		.contact = "sip:user@127.0.0.1",
		.h = no_event,
	};
	(void)arg;

	ck_assert_uint_lt(ncall, sizeof(calls) / sizeof(calls[0]));
	if (ua_session_incoming(&calls[ncall], ep, &conf, msg))
		return 400;

	++ncall;
	return 0;
}


static inline void raw_recv(const struct sa *src, struct mbuf *mb, void *arg)
{
	struct raw_peer *p = arg;
	const size_t len = mbuf_get_left(mb);
	(void)src;

	ck_assert_uint_lt(len, FILE_MAX);
	if (p->n < GOT_MAX) {
		memcpy(p->gotv[p->n], mbuf_buf(mb), len);
		p->gotv[p->n++][len] = '\0';
	}
}


static inline void setup(void)
{
	struct ua_endpoint_conf conf = sipbed_conf();

	conf.invite_h = invite_handler;
	ncall = 0;
	ck_assert_int_eq(0, ua_endpoint_alloc(&ep, &conf));

	memset(&peer, 0, sizeof(peer));
	ck_assert_int_eq(0, sa_set_str(&peer.local, "127.0.0.1", 0));
	ck_assert_int_eq(0,
			 udp_listen(&peer.us, &peer.local, raw_recv, &peer));
	ck_assert_int_eq(0, udp_local_get(peer.us, &peer.local));
}


static inline void teardown(void)
{
	while (ncall)
		mem_deref(calls[--ncall]);
	ep = mem_deref(ep);
	peer.us = mem_deref(peer.us);
}

#endif
