/* SPDX-License-Identifier: BSD-3-Clause */
/** @file embed_thread.c  An agent in a private thread, events in our own poll
 *
 *	embed_thread sip:bob@192.0.2.1
 *
 * calls somebody; without a URI a second agent, in a thread of its own too,
 * answers over loopback.  This thread never runs libua's loop: it polls the
 * agents' descriptors, as it could in the loop of any toolkit, and asks for
 * things by ua_post().
 */

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include <ua/ua.h>


enum { PATIENCE_MS = 20000 };

struct app {
	struct ua_agent *agent;
	const char *uri;
	bool echo; /* Answers instead of calling                    */
	bool heard;
	bool closed;
	unsigned number; /* Of the call that is to be answered or ended   */
};


/*
 * These three run on the agent's own thread.  A call is named by its number:
 * by the time that they run it may be gone.
 */
static void do_call(void *arg)
{
	const struct app *app = arg;
	struct ua_call_conf conf;
	struct ua_call *call;
	char errstr[UA_ERRSTR_MAX] = "";

	ua_call_conf_default(&conf);
	conf.source = "tone:440";
	if (ua_call_connect(&call, app->agent, NULL, app->uri, &conf, errstr))
		fprintf(stderr, "no call: %s\n", errstr);
}


static void do_answer(void *arg)
{
	const struct app *app = arg;
	struct ua_call *call = ua_call_find(app->agent, app->number);
	struct ua_call_conf conf;
	char errstr[UA_ERRSTR_MAX] = "";

	ua_call_conf_default(&conf);
	conf.source = "echo";
	conf.sink = "echo";
	if (call && ua_call_answer(call, &conf, errstr))
		fprintf(stderr, "no answer: %s\n", errstr);
}


static void do_hangup(void *arg)
{
	const struct app *app = arg;
	struct ua_call *call = ua_call_find(app->agent, app->number);

	if (call)
		ua_call_hangup(call, 0, NULL);
}


/* Called by ua_dispatch(), so on the thread of main() */
static void on_event(const struct ua_event *ev, void *arg)
{
	struct app *app = arg;
	int err = 0;

	printf("%s %7.3f %s\n", app->echo ? "echo" : "call", ev->t_s,
	       ua_event_name(ev->type));

	switch (ev->type) {

	case UA_EVENT_INCOMING:
		app->number = ua_call_number(ev->call);
		err = ua_post(app->agent, do_answer, app);
		break;

	case UA_EVENT_MEDIA_HEARD:
		app->heard = true;
		app->number = ua_call_number(ev->call);
		if (!app->echo)
			err = ua_post(app->agent, do_hangup, app);
		break;

	case UA_EVENT_CLOSED:
		app->closed = true;
		break;

	default:
		break;
	}

	if (err)
		app->closed = true;
}


static int start(struct app *app, bool loopback)
{
	struct ua_agent_conf conf;
	char errstr[UA_ERRSTR_MAX] = "";
	int err;

	ua_agent_conf_default(&conf);
	conf.codecs = ua_codec_table(&conf.ncodec);
	conf.event_h = on_event;
	conf.arg = app;
	if (loopback) {
		conf.ifaces[0] = "lo";
		err = ua_addr_set(&conf.local, "127.0.0.1", 0);
		if (err)
			return err;
	}

	err = ua_agent_thread(&app->agent, &conf, errstr);
	if (err)
		fprintf(stderr, "no agent: %s\n", errstr);

	return err;
}


/* Somebody else's loop: here the smallest there is */
static void loop(struct app *caller, struct app *echo)
{
	struct pollfd fds[2] = {
		{ .fd = ua_agent_fd(caller->agent), .events = POLLIN },
		{ .fd = -1, .events = POLLIN },
	};

	if (echo->agent)
		fds[1].fd = ua_agent_fd(echo->agent);

	while (!caller->closed && poll(fds, 2, PATIENCE_MS) > 0) {
		if (fds[0].revents)
			ua_dispatch(caller->agent);

		if (fds[1].revents)
			ua_dispatch(echo->agent);
	}
}


int main(int argc, char *argv[])
{
	struct app caller = { 0 }, echo = { .echo = true };
	char addr[UA_ADDR_LEN], uri[UA_ADDR_LEN + 16];

	if (start(&caller, argc < 2))
		return EXIT_FAILURE;

	caller.uri = argv[1];
	if (argc < 2) {
		if (start(&echo, true))
			goto out;

		/* It does not change, so any thread may look. */
		snprintf(uri, sizeof(uri), "sip:echo@%s",
			 ua_addr_str(ua_agent_local(echo.agent), addr));
		caller.uri = uri;
	}

	if (!ua_post(caller.agent, do_call, &caller))
		loop(&caller, &echo);

out:
	/* Ends the calls that are left, then the threads. */
	ua_agent_free(caller.agent);
	ua_agent_free(echo.agent);

	return caller.heard ? EXIT_SUCCESS : EXIT_FAILURE;
}
