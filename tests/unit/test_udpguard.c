/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_udpguard.c  The socket whose datagrams are looked at */

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/re_compat.h"
#include "sip/endpoint.h"
#include "sipbed.h"

Suite *ua_suite_udpguard(void);

enum { WANTED = 1024 * 1024 };

/** As the kernel counts, twice what is asked for */
static int room;


static uint16_t on_invite(struct sip_msg *msg, void *arg)
{
	socklen_t len = sizeof(room);

	(void)arg;
	ck_assert_int_eq(0, getsockopt(udp_sock_fd(msg->sock, AF_INET),
				       SOL_SOCKET, SO_RCVBUF, &room, &len));

	return 486;
}


/* What the administrator allows */
static int room_max(void)
{
	FILE *f = fopen("/proc/sys/net/core/rmem_max", "re");
	int max = 0;

	/* A container may not show it: that is no less than usual. */
	if (!f)
		return 0;

	ck_assert_int_eq(1, fscanf(f, "%d", &max));
	(void)fclose(f);

	return max < WANTED ? max : WANTED;
}


START_TEST(socket_has_room_for_a_crowd_of_answers)
{
	struct ua_endpoint_conf conf = sipbed_conf();
	struct ua_endpoint *ep = NULL;
	struct sipbed_peer peer;

	room = 0;
	conf.invite_h = on_invite;
	ck_assert_int_eq(0, ua_endpoint_alloc(&ep, &conf));
	sipbed_open(&peer);
	sipbed_send(&peer, ua_endpoint_local(ep),
		    "INVITE sip:alice@127.0.0.1 SIP/2.0\r\n"
		    "Via: SIP/2.0/UDP %J;branch=z9hG4bK1;rport\r\n"
		    "From: <sip:bob@example.com>;tag=bob\r\n"
		    "To: <sip:alice@example.com>\r\n"
		    "Call-ID: call\r\n"
		    "CSeq: 1 INVITE\r\n"
		    "Contact: <sip:bob@%J>\r\n"
		    "Max-Forwards: 70\r\n"
		    "Content-Length: 0\r\n\r\n",
		    &peer.local, &peer.local);
	(void)sipbed_answer(&peer, 486);
	ck_assert_int_ge(room, 2 * room_max());
	ck_assert_int_gt(room, 0);

	mem_deref(ep);
	sipbed_close(&peer);
}
END_TEST


Suite *ua_suite_udpguard(void)
{
	Suite *s = suite_create("udpguard");
	TCase *tc = tcase_create("udpguard");

	tcase_add_test(tc, socket_has_room_for_a_crowd_of_answers);
	suite_add_tcase(s, tc);

	return s;
}
