/* SPDX-License-Identifier: BSD-3-Clause */
/** @file phone.h  A run of the phone: what its commands share */
#ifndef CLI_PHONE_H
#define CLI_PHONE_H

#include <ua/account.h>
#include <ua/agent.h>
#include <ua/call.h>

#include "conf.h"
#include "input.h"
#include "ui.h"
#include "verdict.h"

struct phone;

/** Timers of the phone; those of a call are above, see phone_timer_id() */
enum { PHONE_TIMER_TIMEOUT = INPUT_TIMER + 1, PHONE_TIMER_CALLS = 16 };

/** Of one call */
enum phone_timer { PHONE_DURATION = 0, PHONE_ANSWER, PHONE_NTIMER };

/** An account that was added */
struct phone_account {
	struct ua_account *account;
	bool registers;
	bool password; /**< It has one                                  */
	bool tried;    /**< Its first try is over                       */
	bool ok;       /**< It was registered once                      */
};

/** What a command does at its moments; each may be NULL */
struct phone_ops {
	/** The loop is about to run */
	void (*start)(struct phone *phone);

	/** An account is registered for the first time */
	void (*registered)(struct phone *phone,
			   const struct phone_account *acct);

	/** The first try of an account failed */
	void (*register_failed)(struct phone *phone,
				const struct phone_account *acct,
				const struct ua_event *ev);
	void (*incoming)(struct phone *phone, struct ua_call *call);

	/** A call is over; leg is complete, its verdict is status */
	void (*closed)(struct phone *phone, const struct leg *leg, int status);

	bool ends_at_eof;  /**< When standard input ends                */
	bool first_only;   /**< Use the first account alone             */
	bool reads_pipe;   /**< Takes words also when nobody types      */
	bool probes_sound; /**< A sound card must open before all else */
};

struct phone {
	const struct conf *conf;
	const struct optset *set; /**< Of conf                          */
	const struct phone_ops *ops;
	const char *operand; /**< What stood behind the command, or NULL */
	struct ui ui;
	struct conf_agent agent_conf; /**< The agent borrows its codecs */
	struct ua_agent *agent;
	struct input *input;
	struct phone_account acct[CONF_ACCOUNTS_MAX + 1];
	unsigned naccts;
	struct leg *legs; /**< Calls that last                          */
	struct leg worst; /**< The call that decides; number 0: none    */
	int worst_status; /**< Its verdict                              */
	int status;       /**< Exit status                              */
	bool decided;     /**< status is not to change any more         */
	bool ending;
	unsigned ncalls; /**< Calls that are over                      */
	char error[OPT_ERR_MAX];    /**< Why it ended, "": as it should     */
	char answer[UA_ERRSTR_MAX]; /**< Words of act.c                 */
	unsigned number; /**< Of the call that cmd_call() made          */
};


/**
 * Run a command from its start to its end.
 *
 * @param phone  conf, ops, operand and ui are set
 *
 * @return Exit status; the result has been shown
 */
int phone_run(struct phone *phone);


/** Do not even start, because of a value; returns status */
int phone_refuse(struct phone *phone, int status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** End with a status: calls are hung up, accounts unregistered */
void phone_end(struct phone *phone, int status);

/** End as the user asked; calls that end now still decide the status */
void phone_quit(struct phone *phone);

/** End because of an error, which is told on standard error */
void phone_fail(struct phone *phone, int status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));


/** End because the library refused a value, or the sound it means */
void phone_value_error(struct phone *phone, int err, const char *errstr);

/** End because an account could not be registered */
void phone_register_error(struct phone *phone,
			  const struct phone_account *acct,
			  const struct ua_event *ev);


/** What is known of a call; NULL: memory is out */
struct leg *phone_leg(struct phone *phone, const struct ua_call *call);


/** Copy a call's numbers as they are now */
void phone_leg_stats(struct leg *leg, const struct ua_call *call);

/** Sound of the calls, as configured; borrows from the options */
void phone_call_conf(const struct phone *phone, struct ua_call_conf *conf);

/** Id of a call's timer */
int phone_timer_id(unsigned number, enum phone_timer timer);

/** The account that calls use when none is named, NULL: none */
struct ua_account *phone_account(const struct phone *phone);


/** What cmd_listen() and cmd_phone() do with a call that comes in */
void phone_incoming(struct phone *phone, struct ua_call *call);

/** Tell where we listen, unless an account's registration will */
void phone_start(struct phone *phone);

/** Show what this build has */
void list_codecs(struct ui *ui);
void list_devices(struct ui *ui);


/** Commands, each with its exit status */
int cmd_call(struct phone *phone);
int cmd_listen(struct phone *phone);
int cmd_phone(struct phone *phone);
int cmd_devices(struct phone *phone);
int cmd_codecs(struct phone *phone);
int cmd_config(struct phone *phone);

#endif
