/* SPDX-License-Identifier: BSD-3-Clause */
/** @file turnbed.h  A TURN client and its scripted server, in virtual time */
#ifndef UA_TEST_TURNBED_H
#define UA_TEST_TURNBED_H

#include <check.h>

#include "base/wr.h"
#include "stun/chan.h"
#include "stun/cred.h"
#include "stun/perm.h"
#include "stun/turn.h"

#define TURNBED_USER "user"
#define TURNBED_REALM "example.org"
#define TURNBED_PASSWORD "pass"
#define TURNBED_PEER "198.51.100.7:7000"

enum { TURNBED_T0 = 1000000 };

/* Client and server of one test */
struct turnbed {
	struct ua_turn *turn;
	uint64_t now_ms;
	uint8_t seed;
	struct ua_addr server; /* Who answers                     */
	char nonce[64];        /* The server's present one        */
	uint8_t key[16];
	struct ua_dgram out;       /* Last payload wrapped */
	struct ua_dgram dg;        /* Last request                    */
	struct ua_stun msg;        /* View of it                      */
	uint8_t buf[UA_DGRAM_MAX]; /* Answer being written        */
	struct ua_wr wr;
	struct ua_turn_data data;
	struct ua_turn_event ev;
	uint32_t lifetime_s; /* Granted                         */
	size_t nsend;        /* Requests seen by turnbed_run()          */
	size_t nmethod[16];  /* By method                       */
	uint16_t error;      /* turnbed_run() answers so to all         */
	bool deaf;           /* turnbed_run() answers nothing           */
};

extern struct ua_rand turnbed_rand;

void turnbed_fill(uint8_t *buf, size_t len, void *arg);
struct ua_addr turnbed_addr(const char *str);

/** A client that is not started yet */
void turnbed_setup_conf(struct turnbed *f, const struct ua_turn_conf *conf);
struct ua_turn_conf turnbed_conf_default(void);
void turnbed_setup(struct turnbed *f);
void turnbed_teardown(struct turnbed *f);

/** The next datagram is a request of this method, to the right server */
void turnbed_take(struct turnbed *f, uint16_t method);
void turnbed_attr_is(const struct turnbed *f, uint16_t type, const char *want);

/** The same, signed with what the server wants */
void turnbed_take_signed(struct turnbed *f, uint16_t method);

/** Nothing is sent */
void turnbed_quiet(struct turnbed *f);
void turnbed_no_event(struct turnbed *f);
void turnbed_event(struct turnbed *f, enum ua_turn_event_type type);
void turnbed_event_peer(struct turnbed *f, enum ua_turn_event_type type,
			const char *ip);

/** It has ended, tells why, and rests */
void turnbed_dead(struct turnbed *f, uint16_t code, int err);

/** Begin the answer to the request that was taken last */
void turnbed_begin(struct turnbed *f, enum ua_stun_class cls);
int turnbed_input_from(struct turnbed *f, const struct ua_addr *src,
		       const uint8_t *buf, size_t len);

/** Send it, signed if the request was; returns what input says */
int turnbed_finish(struct turnbed *f);
void turnbed_error_begin(struct turnbed *f, uint16_t code);
void turnbed_error(struct turnbed *f, uint16_t code);

/** 401 or 438 with a nonce; never signed */
int turnbed_challenge(struct turnbed *f, uint16_t code, const char *nonce);

/** The attributes of a success, but for LIFETIME */
void turnbed_granted_put(struct turnbed *f);

/** Success to the request that was taken last */
void turnbed_grant(struct turnbed *f);

/** Start it, until it has an allocation */
void turnbed_ready(struct turnbed *f);
void turnbed_setup_ready(struct turnbed *f);

/** Time goes on from deadline to deadline; the server serves */
void turnbed_run(struct turnbed *f, uint64_t ms);
void turnbed_permitted(struct turnbed *f, const char *ip);

/** Wrap a payload; it is in out then */
void turnbed_send_to(struct turnbed *f, const char *peer, size_t len,
		     int want);

/** Ask for a channel; returns the number in the request */
uint16_t turnbed_channel_ask(struct turnbed *f, const char *str);

#endif
