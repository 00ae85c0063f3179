/* SPDX-License-Identifier: BSD-3-Clause */
/** @file dnsbed.h  A name server of ours, on loopback with any port */
#ifndef UA_TEST_DNSBED_H
#define UA_TEST_DNSBED_H

#include "base/re_compat.h"
#include "net/sock.h"

/** One record that it knows; a table ends with a name of NULL */
struct dnsbed_row {
	const char *name;
	uint16_t type;
	const char *value; /**< "192.0.2.1", "10 20 5060 host.",
				"50 60 s SIP+D2U host." or "host."  */
};

/** It answers from rows, or misbehaves */
struct dnsbed {
	struct ua_sock *sock;
	const struct dnsbed_row *rows;
	uint16_t silent_type; /**< Never answered                       */
	bool silent;          /**< Nor anything else                    */
	uint8_t rcode;        /**< Answers all with that                */
	bool wrong_name;      /**< Answers for another name             */
	bool cut;             /**< Says by UDP that more was cut off    */
	size_t nquery;
	struct tcp_sock *listener; /**< On the same port, NULL: none    */
	struct tcp_conn *conn;     /**< That takes the questions        */
	long oom; /**< Limit of memory once it has answered, -1: none */
};

extern struct dnsbed dnsbed;


/** Open it, without a record; also forgets how it has to misbehave */
void dnsbed_open(void);
void dnsbed_close(void);

/** Listen by TCP too; false: the port is somebody else's */
bool dnsbed_listen(void);

#endif
