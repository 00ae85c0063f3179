/* SPDX-License-Identifier: BSD-3-Clause */
/** @file rig.h  Agents in one loop on loopback, and all that they told */
#ifndef UA_TEST_RIG_H
#define UA_TEST_RIG_H

#include <check.h>

#include <ua/ua.h>
#include "sipbed.h"

enum {
	RIG_EVENTS = 200,
	RIG_MS = 5000, /* Patience with anything that is expected */
	RIG_TEST_S = 10
};

/** An event that outlives its handler */
struct rig_event {
	struct ua_event ev; /* Strings are those below, or NULL */
	unsigned number;    /* Of its call, 0: none             */
	char reason[160];
	char why[160];
	char codec[32];
	char method[16]; /* Of a keepalive */
};

/** An agent with a memory */
struct rig {
	struct ua_agent *agent;
	struct rig_event evv[RIG_EVENTS];
	size_t n;
	size_t read;          /* Looked at by rig_expect()             */
	struct ua_call *call; /* The last one made or told of; NULL: closed */
	char errstr[UA_ERRSTR_MAX];

	/** Runs inside the agent's handler, NULL: nothing does */
	void (*hook)(struct rig *rig, const struct ua_event *ev);
	void *arg;
};

/** No handler may run inside of what is called here */
#define API(...)                                                              \
	do {                                                                  \
		rig_enter();                                                  \
		__VA_ARGS__;                                                  \
		rig_leave();                                                  \
	} while (0)


void rig_enter(void);
void rig_leave(void);

/** On loopback, IPv4, with every codec of the build */
void rig_conf(struct ua_agent_conf *conf);

/** Forget all, make the agent; NULL: as rig_conf() says */
void rig_open(struct rig *rig, const struct ua_agent_conf *conf);

/** Only what ua_agent_alloc() returns; errstr is the rig's */
int rig_try(struct rig *rig, const struct ua_agent_conf *conf);

/** Fill a configuration's handler, for those who make the agent */
void rig_handler(struct rig *rig, struct ua_agent_conf *conf);

void rig_close(struct rig *rig);

/** "sip:USER@127.0.0.1:PORT" or without a user; static, for one use */
const char *rig_uri(const struct rig *rig, const char *user);

/** The next event of a type, which must come in time */
const struct rig_event *rig_expect(struct rig *rig, enum ua_event_type type);

/** How many of a type came so far */
unsigned rig_count(const struct rig *rig, enum ua_event_type type);

/** Place of the first event of a type; fails if there is none */
size_t rig_at(const struct rig *rig, enum ua_event_type type);

/** The first event of a type so far, NULL: none */
const struct rig_event *rig_find(const struct rig *rig,
				 enum ua_event_type type);

/** Run until it is true; fails when that takes too long */
void rig_wait(bool (*done)(void *arg), void *arg);

/** Run until its call may make an offer */
void rig_may_offer(struct rig *rig);

/** Run the loop for a while in which something must not happen */
void rig_linger(uint32_t ms);

/** One calls the other; source and sink of the caller, NULL: none */
void rig_call(struct rig *from, struct rig *to, const char *source,
	      const char *sink);

/** The call that rings there is answered; both are told */
void rig_answer(struct rig *from, struct rig *to, const char *source,
		const char *sink);

/** Both hear the other for that many ms */
void rig_talk(struct rig *a, struct rig *b, unsigned ms);

/** Hang up at one side; the other is told too */
void rig_bye(struct rig *from, struct rig *to);

/** A place for files of this test; static */
const char *rig_dir(void);

/** Seconds of a tone in a recording */
double rig_tone_s(const char *path, double hz);

/** Seconds of a recording that are not silence */
double rig_loud_s(const char *path);

/** Seconds of a recording */
double rig_file_s(const char *path);

#endif
