/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_sdporigin.c  Who put a relay into a description */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/re_compat.h"
#include "sdp/sdporigin.h"

Suite *ua_suite_sdporigin(void);

#define ICE "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n"
#define HOST "a=candidate:1 1 UDP 2130706431 10.2.0.2 41000 typ host\r\n"
#define SRFLX                                                                 \
	"a=candidate:2 1 UDP 1694498815 203.0.113.2 41000 typ srflx "         \
	"raddr 10.2.0.2 rport 41000\r\n"
#define TURN                                                                  \
	"a=candidate:3 1 UDP 16777215 198.51.100.10 52000 typ relay "         \
	"raddr 203.0.113.2 rport 41000\r\n"
#define LOW "a=candidate:R200007f 1 UDP 16777215 127.0.0.2 50002 typ relay\r\n"
#define LOW2                                                                  \
	"a=candidate:R200007f 2 UDP 16777214 127.0.0.2 50003 typ relay\r\n"
#define HIGH                                                                  \
	"a=candidate:R200007f 1 UDP 2197815295 127.0.0.2 50002 typ relay\r\n"
#define ENGINE                                                                \
	"a=candidate:US8wW2gTlEtFmcxS 1 UDP 16777215 127.0.0.2 50000 typ "    \
	"relay raddr 127.0.0.2 rport 50000\r\n"

/** A description behind its o=, and what is to be said of it: a letter for
    each candidate (P: of the proxy, .: of the peer), and the implicit ones */
struct row {
	const char *name;
	const char *conn; /* IN IP4 ... */
	uint16_t port;
	const char *attrs;
	const char *origins;
	const char *rtp;  /* NULL: none */
	const char *rtcp; /* NULL: none */
};

static const struct row rows[] = {
	/* Nobody rewrote it. */
	{ "host", "IP4 10.2.0.2", 41000, ICE HOST SRFLX TURN, "...", NULL,
	  NULL },
	{ "srflx", "IP4 203.0.113.2", 41000, ICE HOST SRFLX TURN, "...", NULL,
	  NULL },
	{ "own relay", "IP4 198.51.100.10", 52000, ICE HOST SRFLX TURN, "...",
	  NULL, NULL },

	/* MediaProxy listed it, low and high; beside a relay of the peer */
	{ "low", "IP4 127.0.0.2", 50002, ICE LOW HOST TURN, "P..", NULL,
	  NULL },
	{ "low, RTCP", "IP4 127.0.0.2", 50002,
	  "a=rtcp:50003\r\n" ICE LOW LOW2 HOST, "PP.", NULL, NULL },
	{ "high", "IP4 127.0.0.2", 50002, ICE HIGH HOST SRFLX TURN, "P...",
	  NULL, NULL },
	{ "held or trickled", "IP4 0.0.0.0", 50002, ICE LOW HOST, "P.", NULL,
	  NULL },

	/* In a chain each proxy adds its own; c= is of the last one. */
	{ "chain", "IP4 127.0.0.2", 50002,
	  ICE LOW "a=candidate:R300007f 1 UDP 16777215 127.0.0.3 50006 typ "
		  "relay\r\n" HOST,
	  "PP.", NULL, NULL },

	/* rtpengine, force-relay: c= is the peer's */
	{ "rtpengine", "IP4 10.2.0.2", 41000, ICE HOST ENGINE, ".P", NULL,
	  NULL },

	/* Without raddr, and in c= or by an odd place */
	{ "in c=", "IP4 127.0.0.2", 50002,
	  ICE HOST "a=candidate:x 1 UDP 16777215 127.0.0.2 50002 typ "
		   "relay\r\n",
	  ".P", NULL, NULL },
	{ "first and lowest", "IP4 10.2.0.2", 41000,
	  ICE "a=candidate:x 1 UDP 100 127.0.0.2 50002 typ relay\r\n" HOST,
	  "P.", NULL, NULL },
	{ "first and above the range", "IP4 10.2.0.2", 41000,
	  ICE "a=candidate:x 1 UDP 4294967295 127.0.0.2 50002 typ "
	      "relay\r\n" HOST,
	  "P.", NULL, NULL },

	/* Without raddr, but nothing else is odd: an old peer */
	{ "last, no raddr", "IP4 10.2.0.2", 41000,
	  ICE HOST "a=candidate:x 1 UDP 100 127.0.0.2 50002 typ relay\r\n",
	  "..", NULL, NULL },
	{ "alone, no raddr", "IP4 0.0.0.0", 9,
	  ICE "a=candidate:x 1 UDP 100 127.0.0.2 50002 typ relay\r\n", ".",
	  NULL, NULL },
	{ "a foundation that begins so", "IP4 10.2.0.2", 41000,
	  ICE HOST "a=candidate:Relay 1 UDP 100 127.0.0.2 50002 typ "
		   "relay\r\n",
	  "..", NULL, NULL },

	/* Not listed */
	{ "none", "IP4 127.0.0.2", 50002, ICE HOST SRFLX TURN, "...",
	  "127.0.0.2:50002", "127.0.0.2:50003" },
	{ "none, a=rtcp", "IP4 127.0.0.2", 50002, "a=rtcp:50009\r\n" ICE HOST,
	  ".", "127.0.0.2:50002", "127.0.0.2:50009" },
	{ "none, rtcp-mux", "IP4 127.0.0.2", 50002,
	  "a=rtcp-mux\r\na=rtcp:50003\r\n" ICE HOST, ".", "127.0.0.2:50002",
	  NULL },
	{ "none, and no candidate", "IP4 127.0.0.2", 50002, ICE, "",
	  "127.0.0.2:50002", "127.0.0.2:50003" },
	{ "candidate of another component", "IP4 127.0.0.2", 50003,
	  ICE LOW2 HOST, "P.", "127.0.0.2:50003", "127.0.0.2:50004" },

	/* A proxy that knows IPv4 only */
	{ "IPv6, an IPv4 address", "IP6 127.0.0.2", 50002, ICE HOST, ".",
	  "127.0.0.2:50002", "127.0.0.2:50003" },
	{ "IPv6, listed", "IP6 127.0.0.2", 50002, ICE LOW HOST, "P.", NULL,
	  NULL },
	{ "IPv6, None", "IP6 None", 50002, ICE HOST, ".", NULL, NULL },

	/* No default destination, and no mismatch (RFC 8839, 4.2.5) */
	{ "0.0.0.0", "IP4 0.0.0.0", 50002, ICE HOST, ".", NULL, NULL },
	{ "port 9", "IP4 127.0.0.2", 9, ICE HOST, ".", NULL, NULL },
	{ "a name", "IP4 phone.local", 50002, ICE HOST, ".", NULL, NULL },
	{ "multicast", "IP4 224.0.0.1", 50002, ICE HOST, ".", NULL, NULL },

	/* Nobody does ICE. */
	{ "without ICE", "IP4 127.0.0.2", 50002, "", "", NULL, NULL },
};


static void read_facts(struct ua_sdp_facts *facts, const struct row *row)
{
	struct ua_sdp_error err;
	struct ua_sdp *sdp;
	char text[1024];
	int n;

	n = snprintf(text, sizeof(text),
		     "v=0\r\no=- 1 1 IN IP4 10.2.0.2\r\ns=-\r\nc=IN %s\r\n"
		     "t=0 0\r\nm=audio %u RTP/AVP 8\r\n%s",
		     row->conn, row->port, row->attrs);
	ck_assert_int_eq(0, ua_sdp_decode(&sdp, (const uint8_t *)text,
					  (size_t)n, &err));
	memset(facts, 0, sizeof(*facts));
	ck_assert_int_eq(0, ua_sdpfacts_read(facts, sdp, &sdp->mediav[0],
					     sdp->mediav[0].rtcp_mux));
	mem_deref(sdp);
}


static void expect_implicit(const struct ua_sdp_facts *facts, unsigned comp,
			    bool mux, const char *addr)
{
	struct ua_sdp_cand cand;
	char str[UA_ADDR_LEN];
	int err = ua_sdporigin_implicit(facts, comp, mux, &cand);

	if (!addr) {
		ck_assert_int_eq(ENOENT, err);
		return;
	}

	ck_assert_int_eq(0, err);
	ck_assert_str_eq(addr, ua_addr_str(&cand.addr, str));
	ck_assert_uint_eq(comp, cand.comp);
	ck_assert_uint_eq(UA_SDPCAND_RELAY, cand.type);
	ck_assert_uint_eq(256 - comp, cand.prio);
	ck_assert(ua_sdpcand_is_udp(&cand));
}


START_TEST(relay_is_told_by_its_writer)
{
	const struct row *row = &rows[_i];
	const bool mux = strstr(row->attrs, "rtcp-mux") != NULL;
	struct ua_sdp_facts facts;
	char origins[8] = "";
	size_t i;

	read_facts(&facts, row);
	ck_assert_uint_eq(strlen(row->origins), facts.candc);
	for (i = 0; i < facts.candc; i++)
		origins[i] = ua_sdporigin_cand(&facts, i) == UA_ORIGIN_PROXY
				     ? 'P'
				     : '.';
	ck_assert_msg(!strcmp(row->origins, origins), "%s: %s", row->name,
		      origins);
	expect_implicit(&facts, 1, mux, row->rtp);
	expect_implicit(&facts, 2, mux, row->rtcp);
	ua_sdpfacts_reset(&facts);
}
END_TEST


/* RFC 8839, 4.2.5: an address and port that are no candidate, nothing else */
START_TEST(mismatch_is_an_address_that_is_no_candidate)
{
	const struct row *row = &rows[_i];
	struct ua_sdp_facts facts;

	read_facts(&facts, row);
	ck_assert_msg((row->rtp && !strstr(row->conn, "IP6")) ==
			      ua_sdporigin_mismatch(&facts),
		      "%s", row->name);
	ua_sdpfacts_reset(&facts);
}
END_TEST


/* One by one, by line and reason: the others are as good as before. */
START_TEST(candidates_of_no_use_are_named)
{
	static const char bad[] = ICE
		"a=candidate:R200007f 1 UDP 21978152950 127.0.0.2 50002 "
		"typ relay\r\n" HOST
		"a=candidate:R200007f 1 UDP 1 127.0.0.2:50002 typ relay\r\n"
		"a=candidate:R200007f 0 UDP 1 127.0.0.2 50002 typ relay\r\n"
		"a=candidate:R200007f 1 UDP 1 127.0.0.2 70000 typ relay\r\n"
		"a=candidate\r\n" LOW;
	static const struct row row = {
		"bad", "IP4 127.0.0.2", 50002, bad, ".P", NULL, NULL
	};
	static const unsigned lines[] = { 9, 11, 12, 13 };
	static const char *const whys[] = { "priority of 32 bits", "address",
					    "component", "port" };
	struct ua_sdp_facts facts;
	unsigned i;

	read_facts(&facts, &row);
	ck_assert_uint_eq(2, facts.candc);
	ck_assert_uint_eq(5, facts.cand_bad);
	for (i = 0; i < UA_SDP_BADCAND_MAX; i++) {
		ck_assert_uint_eq(lines[i], facts.badv[i].line);
		ck_assert_msg(strstr(facts.badv[i].why, whys[i]) != NULL, "%s",
			      facts.badv[i].why);
	}
	ck_assert_int_eq(UA_ORIGIN_PEER, ua_sdporigin_cand(&facts, 0));
	ck_assert_int_eq(UA_ORIGIN_PROXY, ua_sdporigin_cand(&facts, 1));
	ua_sdpfacts_reset(&facts);
}
END_TEST


/* A fragment has no default destination: only its form tells. */
START_TEST(trickled_relay_is_told_by_its_form)
{
	static const char text[] =
		ICE "m=audio 9 RTP/AVP 0\r\n" TURN LOW ENGINE
		    "a=candidate:x 1 UDP 9 127.0.0.2 50002 "
		    "typ relay\r\n";
	static const char origins[] = ".PP.";
	struct ua_sdp_facts facts;
	struct ua_sdp_cand cand;
	struct ua_sdp *frag;
	size_t i;

	memset(&facts, 0, sizeof(facts));
	ck_assert_int_eq(0, ua_sdp_decode_frag(&frag, (const uint8_t *)text,
					       strlen(text)));
	ck_assert_int_eq(0, ua_sdpfacts_frag(&facts, frag, NULL));
	ck_assert_uint_eq(4, facts.candc);
	for (i = 0; i < facts.candc; i++)
		ck_assert_int_eq(origins[i] == 'P' ? UA_ORIGIN_PROXY
						   : UA_ORIGIN_PEER,
				 ua_sdporigin_cand(&facts, i));
	ck_assert_int_eq(ENOENT,
			 ua_sdporigin_implicit(&facts, 1, false, &cand));
	ua_sdpfacts_reset(&facts);
	mem_deref(frag);
}
END_TEST


Suite *ua_suite_sdporigin(void)
{
	const int n = sizeof(rows) / sizeof(rows[0]);
	Suite *s = suite_create("sdporigin");
	TCase *tc = tcase_create("origin");

	tcase_add_loop_test(tc, relay_is_told_by_its_writer, 0, n);
	tcase_add_loop_test(tc, mismatch_is_an_address_that_is_no_candidate, 0,
			    n);
	tcase_add_test(tc, candidates_of_no_use_are_named);
	tcase_add_test(tc, trickled_relay_is_told_by_its_form);
	suite_add_tcase(s, tc);

	return s;
}
