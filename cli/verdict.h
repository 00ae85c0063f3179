/* SPDX-License-Identifier: BSD-3-Clause */
/** @file verdict.h  What became of a call, and the exit status it deserves */
#ifndef CLI_VERDICT_H
#define CLI_VERDICT_H

#include <ua/call.h>

/** How a call ended; text is copied */
struct closed {
	enum ua_by by;
	uint16_t code;
	char reason[128];
	char why[256];
	double duration_s;
};

/** What the phone knows of a call, while it lasts and after */
struct leg {
	struct leg *next;
	unsigned number; /**< 0: there was no call                      */
	bool incoming;
	bool alive;    /**< Something answered: server or peer        */
	bool password; /**< The account has one                       */
	bool answered;
	bool sent;      /**< First packet is out                       */
	bool heard;     /**< First sound came                          */
	bool connected; /**< ice is set                                */
	bool ice_failed;
	bool timed_out; /**< --timeout came before an answer           */
	bool asked;     /**< The user refused it, as was the plan      */
	bool surplus;   /**< Refused because --count was reached      */
	bool dtmf_sent; /**< --dtmf is on its way                      */
	struct ua_ice_info ice;
	struct ua_call_stats stats; /**< Its codec points at codec       */
	char codec[32];
	struct closed closed; /**< Set by the end                        */
};


/**
 * Exit status of a call that has ended, by the table of uaphone(1).
 *
 * @return EXIT_OK, EXIT_REFUSED, EXIT_NO_ANSWER, EXIT_AUTH, EXIT_MEDIA,
 *         EXIT_UNAVAILABLE or EXIT_CONFIG
 */
int verdict_leg(const struct leg *leg);


/**
 * Exit status of a registration that failed.
 *
 * @param code      SIP status, 0: no answer at all
 * @param password  There is one to answer a challenge with
 */
int verdict_register(unsigned code, bool password);

#endif
