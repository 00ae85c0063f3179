/* SPDX-License-Identifier: BSD-3-Clause */
/** @file embed_call.c  A call in a hundred lines: tone out, events printed
 *
 *	embed_call sip:bob@192.0.2.1
 *
 * calls somebody.  Without a URI it calls an echo that a second agent of the
 * same process is, over loopback: one loop serves both of them.
 */

#include <stdio.h>

#include <ua/ua.h>


enum { TIMER_BYE = 1, TIMER_PATIENCE, TALK_MS = 1500, PATIENCE_MS = 20000 };

struct app {
	struct ua_agent *agent;
	struct ua_call *call; /* NULL: none, or none any more              */
	bool heard;
};


/* The other side of a test: it answers and says what it hears. */
static void on_echo_event(const struct ua_event *ev, void *arg)
{
	struct ua_call_conf conf;
	char errstr[UA_ERRSTR_MAX];

	(void)arg;
	if (ev->type != UA_EVENT_INCOMING)
		return;

	ua_call_conf_default(&conf);
	conf.source = "echo";
	conf.sink = "echo";
	if (ua_call_answer(ev->call, &conf, errstr))
		fprintf(stderr, "echo: %s\n", errstr);
}


static void on_bye(int id, void *arg)
{
	struct app *app = arg;

	(void)id;
	if (app->call)
		ua_call_hangup(app->call, 0, NULL);
}


static void on_patience(int id, void *arg)
{
	struct app *app = arg;

	(void)id;
	ua_agent_stop(app->agent);
}


static void on_event(const struct ua_event *ev, void *arg)
{
	struct app *app = arg;
	char local[UA_ADDR_LEN], remote[UA_ADDR_LEN];

	printf("%7.3f %s", ev->t_s, ua_event_name(ev->type));
	switch (ev->type) {

	case UA_EVENT_ICE_CONNECTED:
		printf(" %s -> %s", ua_addr_str(&ev->ice.local.addr, local),
		       ua_addr_str(&ev->ice.remote.addr, remote));
		break;

	case UA_EVENT_MEDIA_HEARD:
		printf(" %s after %llu ms", ev->codec,
		       (unsigned long long)ev->ms);
		app->heard = true;
		if (ua_agent_timer(app->agent, TIMER_BYE, TALK_MS, on_bye,
				   app))
			ua_agent_stop(app->agent);
		break;

	case UA_EVENT_CLOSED:
		printf(" after %.1f s: %s", ev->duration_s,
		       ev->reason ? ev->reason : "");
		app->call = NULL;
		ua_agent_stop(app->agent);
		break;

	default:
		break;
	}

	putchar('\n');
}


/* An agent on loopback, or on whatever leads out of this machine */
static struct ua_agent *make_agent(bool loopback, ua_event_h *h, void *arg)
{
	struct ua_agent_conf conf;
	struct ua_agent *agent = NULL;
	char errstr[UA_ERRSTR_MAX] = "";

	ua_agent_conf_default(&conf);
	conf.codecs = ua_codec_table(&conf.ncodec);
	conf.event_h = h;
	conf.arg = arg;
	if (loopback) {
		conf.ifaces[0] = "lo";
		if (ua_addr_set(&conf.local, "127.0.0.1", 0))
			return NULL;
	}

	if (ua_agent_alloc(&agent, &conf, errstr))
		fprintf(stderr, "no agent: %s\n", errstr);

	return agent;
}


static int call(struct app *app, const char *uri)
{
	struct ua_call_conf conf;
	char errstr[UA_ERRSTR_MAX] = "";
	int err;

	ua_call_conf_default(&conf);
	conf.source = "tone:440";

	err = ua_call_connect(&app->call, app->agent, NULL, uri, &conf,
			      errstr);
	if (err) {
		fprintf(stderr, "no call: %s\n", errstr);
		return err;
	}

	err = ua_agent_timer(app->agent, TIMER_PATIENCE, PATIENCE_MS,
			     on_patience, app);
	if (err)
		return err;

	/* Returns when the call has ended and everybody was told. */
	return ua_run(app->agent);
}


int main(int argc, char *argv[])
{
	struct app app = { 0 };
	struct ua_agent *echo = NULL;
	char addr[UA_ADDR_LEN], uri[UA_ADDR_LEN + 16];
	int err = 1;

	app.agent = make_agent(argc < 2, on_event, &app);
	if (!app.agent)
		goto out;

	if (argc < 2) {
		echo = make_agent(true, on_echo_event, NULL);
		if (!echo)
			goto out;

		snprintf(uri, sizeof(uri), "sip:echo@%s",
			 ua_addr_str(ua_agent_local(echo), addr));
	}

	err = call(&app, argc < 2 ? uri : argv[1]);

out:
	ua_agent_free(echo);
	ua_agent_free(app.agent);

	return err || !app.heard;
}
