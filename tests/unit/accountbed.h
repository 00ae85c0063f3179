/* SPDX-License-Identifier: BSD-3-Clause */
/** @file accountbed.h  An account, and a registrar by the letter */
#ifndef UA_TEST_ACCOUNTBED_H
#define UA_TEST_ACCOUNTBED_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "agent/impl.h"
#include "rig.h"

enum {
	EXPIRES_S = 60,
	MAPPED_PORT = 40404,
	DEAD_MS = 9000 /* A ping's interval and the patience with it */
};

#define MAPPED_IP "192.0.2.9"

static struct rig a;
static struct sipbed_peer server;
static struct ua_account *alice;
static char aor[64];
static char domain[32];


static inline void open_all(void)
{
	rig_open(&a, NULL);
	sipbed_open(&server);
	(void)re_snprintf(domain, sizeof(domain), "%J", &server.local);
	(void)snprintf(aor, sizeof(aor), "sip:alice@%s", domain);
	alice = NULL;
}


static inline void close_all(void)
{
	rig_close(&a);
	sipbed_close(&server);
}


static inline struct ua_account_conf new_conf(void)
{
	struct ua_account_conf conf;

	ua_account_conf_default(&conf);
	conf.aor = aor;
	conf.password = "wonderland";
	conf.keepalive = UA_KEEPALIVE_OFF;

	return conf;
}


static inline void add(const struct ua_account_conf *conf)
{
	int err;

	API(err = ua_account_add(&alice, a.agent, conf, a.errstr));
	ck_assert_msg(!err, "no account: %s", a.errstr);
}


/* Answer as a server behind which we sit behind a NAT. */
static inline void reply(const struct sip_msg *msg, const char *line,
			 const char *headers)
{
	sipbed_send(&server, ua_agent_local(a.agent),
		    "SIP/2.0 %s\r\n"
		    "Via: SIP/2.0/UDP %r;branch=%r;received=" MAPPED_IP
		    ";rport=%u\r\n"
		    "From: %r\r\n"
		    "To: %r;tag=server\r\n"
		    "Call-ID: %r\r\n"
		    "CSeq: %u %r\r\n"
		    "%s"
		    "Content-Length: 0\r\n\r\n",
		    line, &msg->via.sentby, &msg->via.branch, MAPPED_PORT,
		    &msg->from.val, &msg->to.val, &msg->callid, msg->cseq.num,
		    &msg->cseq.met, headers ? headers : "");
}


/* Grant what a REGISTER asks for. */
static inline void grant(const struct sip_msg *msg, uint32_t expires_s)
{
	const char *asked = siptext_hdr(msg, "Contact");
	char contact[256];

	(void)re_snprintf(contact, sizeof(contact),
			  "Contact: %b>;expires=%u\r\n", asked,
			  strcspn(asked, ">"), expires_s);
	reply(msg, "200 OK", expires_s ? contact : NULL);
}


static inline void register_once(const struct ua_account_conf *conf)
{
	add(conf);
	grant(sipbed_request(&server, "REGISTER"), EXPIRES_S);
	(void)rig_expect(&a, UA_EVENT_REGISTERED);
}

#endif
