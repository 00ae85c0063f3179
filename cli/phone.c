/* SPDX-License-Identifier: BSD-3-Clause */
/** @file phone.c  A run of the phone: what its commands share */

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ua/audio.h>

#include "jsoncmd.h"
#include "logline.h"
#include "phone.h"
#include "sigpipe.h"
#include "words.h"


/* Standard error has it at once, the result repeats it. */
static void report(struct phone *phone)
{
	char safe[OPT_ERR_MAX];

	if (phone->ui.hide)
		phone->ui.hide(phone->ui.arg);

	fprintf(stderr, "uaphone: %s\n",
		ui_safe(safe, sizeof(safe), phone->error, false));
}


static void stop(struct phone *phone)
{
	if (phone->ending)
		return;

	phone->ending = true;

	/* Gives the terminal back; the last events are plain lines. */
	phone->ui.hide = NULL;
	phone->ui.show = NULL;
	input_close(phone->input);
	phone->input = NULL;
	ua_agent_stop(phone->agent);
}


void phone_end(struct phone *phone, int status)
{
	if (phone->decided)
		return;

	phone->decided = true;
	phone->status = status;
	stop(phone);
}


void phone_quit(struct phone *phone)
{
	stop(phone);
}


void phone_fail(struct phone *phone, int status, const char *fmt, ...)
{
	va_list ap;

	if (phone->decided)
		return;

	va_start(ap, fmt);
	vsnprintf(phone->error, sizeof(phone->error), fmt, ap);
	va_end(ap);

	report(phone);
	phone_end(phone, status);
}


int phone_refuse(struct phone *phone, int status, const char *fmt, ...)
{
	struct outcome outcome = { .status = status, .error = phone->error };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(phone->error, sizeof(phone->error), fmt, ap);
	va_end(ap);

	report(phone);
	phone->ui.ops->result(&phone->ui, &outcome);
	return status;
}


int phone_timer_id(unsigned number, enum phone_timer timer)
{
	return PHONE_TIMER_CALLS + (int)(number * PHONE_NTIMER + timer);
}


struct ua_account *phone_account(const struct phone *phone)
{
	return phone->naccts ? phone->acct[0].account : NULL;
}


static struct phone_account *find_account(struct phone *phone,
					  const struct ua_account *account)
{
	unsigned i;

	for (i = 0; account && i < phone->naccts; ++i) {
		if (phone->acct[i].account == account)
			return &phone->acct[i];
	}

	return NULL;
}


struct leg *phone_leg(struct phone *phone, const struct ua_call *call)
{
	const unsigned number = ua_call_number(call);
	const struct phone_account *acct;
	struct leg *leg;

	for (leg = phone->legs; leg; leg = leg->next) {
		if (leg->number == number)
			return leg;
	}

	leg = calloc(1, sizeof(*leg));
	if (!leg)
		return NULL;

	acct = find_account(phone, ua_call_account(call));
	leg->number = number;
	leg->incoming = ua_call_incoming(call);
	leg->alive = acct && ua_account_registered(acct->account);
	leg->password = acct && acct->password;
	leg->next = phone->legs;
	phone->legs = leg;
	return leg;
}


void phone_leg_stats(struct leg *leg, const struct ua_call *call)
{
	ua_call_stats(call, &leg->stats);
	snprintf(leg->codec, sizeof(leg->codec), "%s",
		 leg->stats.codec ? leg->stats.codec : "");
	leg->stats.codec = NULL;
}


void phone_call_conf(const struct phone *phone, struct ua_call_conf *conf)
{
	const bool echo = optset_flag(phone->set, OPT_ECHO);

	ua_call_conf_default(conf);
	conf->source = echo ? "echo" : optset_str(phone->set, OPT_SOURCE);
	conf->sink = echo ? "echo" : optset_str(phone->set, OPT_SINK);
	conf->record = optset_str(phone->set, OPT_RECORD);
}


static void on_duration(int id, void *arg)
{
	struct phone *phone = arg;
	const unsigned number =
		(unsigned)(id - PHONE_TIMER_CALLS) / PHONE_NTIMER;
	struct ua_call *call = ua_call_find(phone->agent, number);

	if (call)
		ua_call_hangup(call, 0, NULL);
}


/* Digits wait for the first packet: before it there may be no path. */
static void send_dtmf(struct phone *phone, struct leg *leg,
		      struct ua_call *call)
{
	const char *digits = optset_str(phone->set, OPT_DTMF);
	int err;

	if (!digits || leg->dtmf_sent || !leg->answered || !leg->sent)
		return;

	leg->dtmf_sent = true;
	err = ua_call_dtmf(call, digits);
	if (err)
		fprintf(stderr, "uaphone: --dtmf: '%s': %s\n", digits,
			err == ENOTSUP ? "the other side takes no digits"
				       : strerror(err));
}


static void on_answered(struct phone *phone, struct leg *leg)
{
	const double sec = optset_num(phone->set, OPT_DURATION);

	leg->alive = true;
	leg->answered = true;
	if (sec <= 0)
		return;

	if (ua_agent_timer(phone->agent,
			   phone_timer_id(leg->number, PHONE_DURATION),
			   (uint64_t)(sec * 1000), on_duration, phone))
		phone_fail(phone, EXIT_UNAVAILABLE, "out of memory");
}


static void leg_note(struct phone *phone, struct leg *leg,
		     const struct ua_event *ev)
{
	switch (ev->type) {

	case UA_EVENT_PROGRESS:
		leg->alive = true;
		break;

	case UA_EVENT_ANSWERED:
		on_answered(phone, leg);
		break;

	case UA_EVENT_ICE_CONNECTED:
		leg->ice = ev->ice;
		leg->connected = true;
		leg->ice_failed = false;
		break;

	case UA_EVENT_ICE_FAILED:
		leg->ice_failed = true;
		break;

	case UA_EVENT_MEDIA_SENT:
		leg->sent = true;
		break;

	case UA_EVENT_MEDIA_HEARD:
		leg->heard = true;
		break;

	default:
		break;
	}

	send_dtmf(phone, leg, ev->call);
}


static void leg_unlink(struct phone *phone, struct leg *leg)
{
	struct leg **p;

	for (p = &phone->legs; *p; p = &(*p)->next) {
		if (*p == leg) {
			*p = leg->next;
			break;
		}
	}

	leg->next = NULL;
}


/* The worst call decides what the result shows; of equals the last one */
static void leg_judge(struct phone *phone, const struct leg *leg, int status)
{
	if (phone->worst.number && status < phone->worst_status)
		return;

	phone->worst = *leg;
	phone->worst_status = status;
}


static void leg_close(struct phone *phone, struct leg *leg,
		      const struct ua_event *ev)
{
	struct closed *closed = &leg->closed;
	unsigned i;
	int status;

	for (i = 0; i < PHONE_NTIMER; ++i)
		ua_agent_timer_stop(
			phone->agent,
			phone_timer_id(leg->number, (enum phone_timer)i));

	phone_leg_stats(leg, ev->call);
	leg->heard = leg->heard || leg->stats.heard_s > 0;
	closed->by = ev->by;
	closed->code = ev->code;
	closed->duration_s = ev->duration_s;
	snprintf(closed->reason, sizeof(closed->reason), "%s",
		 ev->reason ? ev->reason : "");
	snprintf(closed->why, sizeof(closed->why), "%s",
		 ev->why ? ev->why : "");

	if (leg->answered)
		phone->ui.ops->stats(&phone->ui, leg);

	phone->ui.ops->event(&phone->ui, ev);

	status = verdict_leg(leg);
	leg_unlink(phone, leg);
	if (!leg->surplus) {
		++phone->ncalls;
		leg_judge(phone, leg, status);
		if (phone->ops->closed)
			phone->ops->closed(phone, leg, status);
	}

	free(leg);
}


static void on_call(struct phone *phone, const struct ua_event *ev)
{
	struct leg *leg = phone_leg(phone, ev->call);

	if (!leg) {
		phone_fail(phone, EXIT_UNAVAILABLE, "out of memory");
		return;
	}

	if (ev->type == UA_EVENT_CLOSED) {
		leg_close(phone, leg, ev);
		return;
	}

	phone->ui.ops->event(&phone->ui, ev);
	leg_note(phone, leg, ev);
	if (ev->type == UA_EVENT_INCOMING && phone->ops->incoming)
		phone->ops->incoming(phone, ev->call);
}


static void on_account(struct phone *phone, const struct ua_event *ev)
{
	struct phone_account *acct = find_account(phone, ev->account);
	bool first;

	phone->ui.ops->event(&phone->ui, ev);
	if (!acct)
		return;

	first = !acct->tried;
	if (ev->type == UA_EVENT_REGISTERED) {
		acct->tried = true;
		acct->ok = true;
		if (first && phone->ops->registered)
			phone->ops->registered(phone, acct);
	}
	else if (ev->type == UA_EVENT_REGISTER_FAILED) {
		acct->tried = true;
		if (first && phone->ops->register_failed)
			phone->ops->register_failed(phone, acct, ev);
	}
}


static void on_event(const struct ua_event *ev, void *arg)
{
	struct phone *phone = arg;

	if (ev->call)
		on_call(phone, ev);
	else
		on_account(phone, ev);

	if (phone->ui.broken)
		phone_end(phone, EXIT_INTERRUPTED);
}


void phone_value_error(struct phone *phone, int err, const char *errstr)
{
	const bool sound = strstr(errstr, "alsa") &&
			   !optset_given(phone->set, OPT_SOURCE);
	char text[OPT_ERR_MAX];
	const int status =
		conf_blame(phone->set, *errstr ? errstr : strerror(err), text);

	phone_fail(phone, err == EINVAL ? status : EXIT_UNAVAILABLE, "%s%s",
		   text, sound ? "; give another --source and --sink" : "");
}


void phone_register_error(struct phone *phone,
			  const struct phone_account *acct,
			  const struct ua_event *ev)
{
	const int status = verdict_register(ev->code, acct->password);
	const char *aor = ua_account_aor(acct->account);
	const char *reason = ev->reason ? ev->reason : "";

	if (status == EXIT_CONFIG)
		phone_fail(phone, status,
			   "%s: the server asks for a password, expected "
			   "--password-file, --password-command or "
			   "UAPHONE_PASSWORD",
			   aor);
	else if (status == EXIT_UNAVAILABLE)
		phone_fail(phone, status,
			   "%s: %s, expected a registrar that answers", aor,
			   *reason ? reason : "no answer");
	else
		phone_fail(phone, status, "%s: not registered: %u %s", aor,
			   ev->code, reason);
}


static void on_signal(void *arg)
{
	struct phone *phone = arg;

	phone->decided = false;
	phone_end(phone, EXIT_INTERRUPTED);
}


static void on_input(const char *line, bool too_long, void *arg)
{
	struct phone *phone = arg;

	if (!line) {
		phone->ui.hide = NULL;
		phone->ui.show = NULL;
		if (phone->ops->ends_at_eof)
			phone_quit(phone);
	}
	else if (phone->ui.ops == &ui_json) {
		jsoncmd_line(phone, line, too_long);
	}
	else {
		words_line(phone, too_long ? "" : line);
	}

	if (phone->ui.broken)
		phone_end(phone, EXIT_INTERRUPTED);
}


/* Who never types must not be waited for; a script's input is not ours. */
static void open_input(struct phone *phone)
{
	const bool json = phone->ui.ops == &ui_json;
	const bool user = input_is_user();

	if (phone->ending || (!user && !json && !phone->ops->reads_pipe))
		return;

	if (!user && isatty(STDIN_FILENO))
		return;

	phone->input = input_open(phone->agent, json ? NULL : "uaphone> ",
				  on_input, phone);
	if (!phone->input) {
		on_input(NULL, false, phone);
		return;
	}

	phone->ui.hide = input_hide;
	phone->ui.show = input_show;
	phone->ui.arg = phone->input;
}


/* A text of the library about a value */
static void fail_value(struct phone *phone, const struct optset *set, int err,
		       const char *errstr)
{
	const int status = conf_blame(set, *errstr ? errstr : strerror(err),
				      phone->error);

	report(phone);
	phone->status = err == EINVAL ? status : EXIT_UNAVAILABLE;
}


/* Open a sound card and close it: that it is named right is not enough. */
static int probe(const char *spec, enum ua_audio_dir dir, char *errstr)
{
	const struct ua_audio_conf conf = { .srate_hz = 48000, .nsamp = 960 };
	const size_t len = strcspn(spec, ":");
	const char *arg = spec[len] ? spec + len + 1 : "";
	const struct ua_audio_driver *const *drivers;
	struct ua_audio_dev *dev;
	size_t i, n;
	int err;

	drivers = ua_audio_drivers(&n);
	for (i = 0; i < n; ++i) {
		if (strlen(drivers[i]->name) != len ||
		    strncmp(drivers[i]->name, spec, len))
			continue;

		err = drivers[i]->open(&dev, dir, arg, &conf, errstr);
		if (!err)
			drivers[i]->close(dev);

		return err;
	}

	return 0;
}


/* Whoever gave no SPEC may not know that there are some. */
static void fail_default(struct phone *phone, enum ua_audio_dir dir,
			 const char *errstr)
{
	const enum opt_id id = dir == UA_AUDIO_SOURCE ? OPT_SOURCE : OPT_SINK;

	snprintf(phone->error, sizeof(phone->error),
		 "--%s: %s, or another SPEC, see uaphone --help",
		 opt_row(id)->name, errstr);
	report(phone);
	phone->status = EXIT_UNAVAILABLE;
}


/* A file whose name has the call's number cannot be looked at before. */
static bool check_spec(struct phone *phone, const char *spec,
		       enum ua_audio_dir dir)
{
	char errstr[UA_AUDIO_ERRSTR] = "";
	int err;

	if (!strncmp(spec, "file:", 5) && strchr(spec, '%'))
		return true;

	err = ua_audio_spec(spec, dir, errstr);
	if (!err && phone->ops->probes_sound && !strncmp(spec, "alsa", 4))
		err = probe(spec, dir, errstr);

	if (err && !strcmp(spec, opt_row(OPT_SOURCE)->def))
		fail_default(phone, dir, errstr);
	else if (err)
		fail_value(phone, phone->set, err, errstr);

	return !err;
}


static bool check_record(struct phone *phone, const char *name)
{
	char spec[PATH_MAX];

	snprintf(spec, sizeof(spec), "file:%s", name);
	return check_spec(phone, spec, UA_AUDIO_SINK);
}


static bool check_sound(struct phone *phone)
{
	struct ua_call_conf conf;

	if (optset_given(phone->set, OPT_REJECT))
		return true;

	phone_call_conf(phone, &conf);
	if (!check_spec(phone, conf.source, UA_AUDIO_SOURCE) ||
	    !check_spec(phone, conf.sink, UA_AUDIO_SINK))
		return false;

	return !conf.record || check_record(phone, conf.record);
}


static bool make_agent(struct phone *phone, struct logline *ll)
{
	struct conf_agent *conf = &phone->agent_conf;
	char errstr[UA_ERRSTR_MAX] = "";
	int err, status;

	status = conf_agent_fill(phone->conf, conf, phone->error);
	if (status) {
		report(phone);
		phone->status = status;
		return false;
	}

	logline_init(ll, &phone->ui, phone->set);
	logline_conf(&conf->agent.log, ll);
	conf->agent.event_h = on_event;
	conf->agent.arg = phone;

	err = ua_agent_alloc(&phone->agent, &conf->agent, errstr);
	conf_agent_reset(conf);
	if (err)
		fail_value(phone, phone->set, err, errstr);

	return !err;
}


static bool add_account(struct phone *phone, const struct optset *set)
{
	struct phone_account *acct = &phone->acct[phone->naccts];
	struct ua_account_conf conf;
	char secret[CONF_SECRET_MAX];
	char errstr[UA_ERRSTR_MAX] = "";
	int err, status;

	status = conf_account_fill(phone->conf, set, &conf, secret,
				   phone->error);
	if (status) {
		report(phone);
		phone->status = status;
		return false;
	}

	acct->registers = conf.reg;
	acct->password = *secret;
	err = ua_account_add(&acct->account, phone->agent, &conf, errstr);
	explicit_bzero(secret, sizeof(secret));
	if (err) {
		fail_value(phone, set, err, errstr);
		return false;
	}

	++phone->naccts;
	return true;
}


static bool add_accounts(struct phone *phone)
{
	unsigned i, n = conf_naccts(phone->conf);

	if (phone->ops->first_only && n > 1)
		n = 1;

	for (i = 0; i < n; ++i) {
		if (!add_account(phone, conf_account_set(phone->conf, i)))
			return false;
	}

	return true;
}


static void run(struct phone *phone)
{
	int err;

	if (sigpipe_open(phone->agent, on_signal, phone)) {
		phone_fail(phone, EXIT_UNAVAILABLE, "no pipe for signals");
		return;
	}

	if (phone->ops->start)
		phone->ops->start(phone);

	open_input(phone);
	err = ua_run(phone->agent);
	if (err)
		phone_fail(phone, EXIT_UNAVAILABLE, "the loop failed: %s",
			   strerror(err));

	sigpipe_close(phone->agent);
}


int phone_run(struct phone *phone)
{
	struct outcome outcome = { 0 };
	struct logline ll;

	if (check_sound(phone) && make_agent(phone, &ll) &&
	    add_accounts(phone))
		run(phone);

	input_close(phone->input);
	phone->ui.hide = NULL;
	phone->ui.show = NULL;

	outcome.status = phone->status;
	outcome.error = *phone->error ? phone->error : NULL;
	outcome.leg = phone->worst.number ? &phone->worst : NULL;
	phone->ui.ops->result(&phone->ui, &outcome);

	ua_agent_free(phone->agent);
	while (phone->legs) {
		struct leg *leg = phone->legs;

		leg_unlink(phone, leg);
		free(leg);
	}

	return phone->status;
}
