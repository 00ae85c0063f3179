/* SPDX-License-Identifier: BSD-3-Clause */
/** @file nice_end.c  One end of a call's media on libnice */

#include "nice_end.h"

enum { COMPONENT = 1 }; /* RTP and RTCP share it */

struct nice_end {
	NiceAgent *agent;
	guint stream;
	GMainContext *ctx;
	struct nice_end_handlers h;
};


static const char *type_name(const NiceCandidate *cand)
{
	switch (cand->type) {

	case NICE_CANDIDATE_TYPE_HOST:
		return "host";

	case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE:
		return "srflx";

	case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE:
		return "prflx";

	case NICE_CANDIDATE_TYPE_RELAYED:
		return "relay";
	}

	return "unknown";
}


static void on_gathered(NiceAgent *agent, guint stream, gpointer arg)
{
	struct nice_end *end = arg;

	(void)agent;
	(void)stream;
	end->h.gathered(end->h.arg);
}


static void on_state(NiceAgent *agent, guint stream, guint component,
		     guint state, gpointer arg)
{
	struct nice_end *end = arg;

	(void)agent;
	(void)stream;
	(void)component;
	if (state == NICE_COMPONENT_STATE_READY)
		end->h.ready(end->h.arg);
	else if (state == NICE_COMPONENT_STATE_FAILED)
		end->h.failed(end->h.arg);
}


static void on_pair(NiceAgent *agent, guint stream, guint component,
		    NiceCandidate *local, NiceCandidate *remote, gpointer arg)
{
	struct nice_end *end = arg;

	(void)agent;
	(void)stream;
	(void)component;
	end->h.connected(type_name(local), type_name(remote), end->h.arg);
}


static void on_packet(NiceAgent *agent, guint stream, guint component,
		      guint len, gchar *buf, gpointer arg)
{
	struct nice_end *end = arg;

	(void)agent;
	(void)stream;
	(void)component;
	end->h.packet((const uint8_t *)buf, len, end->h.arg);
}


static void set_up(struct nice_end *end, const struct nice_end_conf *conf)
{
	NiceAddress addr;

	g_object_set(end->agent, "controlling-mode", conf->controlling, "upnp",
		     FALSE, "ice-tcp", FALSE, "force-relay", conf->relay_only,
		     NULL);

	/* TURN tells the server-reflexive address as well; and some servers
	   answer an old STUN request in a way that libnice does not take. */
	if (conf->server && !conf->user)
		g_object_set(end->agent, "stun-server", conf->server,
			     "stun-server-port", conf->port, NULL);

	nice_address_init(&addr);
	if (conf->local && nice_address_set_from_string(&addr, conf->local))
		(void)nice_agent_add_local_address(end->agent, &addr);

	g_signal_connect(end->agent, "candidate-gathering-done",
			 G_CALLBACK(on_gathered), end);
	g_signal_connect(end->agent, "component-state-changed",
			 G_CALLBACK(on_state), end);
	g_signal_connect(end->agent, "new-selected-pair-full",
			 G_CALLBACK(on_pair), end);
}


struct nice_end *nice_end_new(const struct nice_end_conf *conf)
{
	struct nice_end *end = g_new0(struct nice_end, 1);
	NiceAgentOption options = NICE_AGENT_OPTION_NONE;

	if (conf->regular)
		options |= NICE_AGENT_OPTION_REGULAR_NOMINATION;
	if (conf->consent)
		options |= NICE_AGENT_OPTION_CONSENT_FRESHNESS;

	end->h = conf->handlers;
	end->ctx = conf->ctx ? conf->ctx : g_main_context_default();
	end->agent = nice_agent_new_full(end->ctx, NICE_COMPATIBILITY_RFC5245,
					 options);
	set_up(end, conf);

	end->stream = nice_agent_add_stream(end->agent, 1);
	if (!end->stream)
		goto fail;

	if (conf->server && conf->user &&
	    !nice_agent_set_relay_info(end->agent, end->stream, COMPONENT,
				       conf->server, conf->port, conf->user,
				       conf->password,
				       NICE_RELAY_TYPE_TURN_UDP))
		goto fail;

	if (!nice_agent_attach_recv(end->agent, end->stream, COMPONENT,
				    end->ctx, on_packet, end))
		goto fail;

	return end;

fail:
	nice_end_free(end);
	return NULL;
}


bool nice_end_gather(struct nice_end *end)
{
	return nice_agent_gather_candidates(end->agent, end->stream);
}


static void on_closed(GObject *object, GAsyncResult *result, gpointer arg)
{
	(void)result;
	(void)arg;
	g_object_unref(object);
}


void nice_end_free(struct nice_end *end)
{
	g_signal_handlers_disconnect_by_data(end->agent, end);
	if (end->stream)
		(void)nice_agent_attach_recv(end->agent, end->stream,
					     COMPONENT, end->ctx, NULL, NULL);
	nice_agent_close_async(end->agent, on_closed, NULL);
	g_free(end);
}


void nice_end_describe(struct nice_end *end,
		       void (*line)(const char *line, void *arg), void *arg)
{
	GSList *candidates;
	GSList *it;
	gchar *ufrag = NULL;
	gchar *pwd = NULL;
	gchar *text;

	if (nice_agent_get_local_credentials(end->agent, end->stream, &ufrag,
					     &pwd)) {
		text = g_strconcat("ice-ufrag:", ufrag, NULL);
		line(text, arg);
		g_free(text);
		text = g_strconcat("ice-pwd:", pwd, NULL);
		line(text, arg);
		g_free(text);
	}
	g_free(ufrag);
	g_free(pwd);

	candidates = nice_agent_get_local_candidates(end->agent, end->stream,
						     COMPONENT);
	for (it = candidates; it; it = it->next) {
		text = nice_agent_generate_local_candidate_sdp(end->agent,
							       it->data);
		line(text + strlen("a="), arg);
		g_free(text);
	}
	g_slist_free_full(candidates, (GDestroyNotify)nice_candidate_free);
}


bool nice_end_default(struct nice_end *end, char ip[static NICE_END_LINE],
		      unsigned *port)
{
	NiceCandidate *cand = nice_agent_get_default_local_candidate(
		end->agent, end->stream, COMPONENT);

	if (!cand)
		return false;

	nice_address_to_string(&cand->addr, ip);
	*port = nice_address_get_port(&cand->addr);
	nice_candidate_free(cand);

	return true;
}


bool nice_end_remote(struct nice_end *end, const char *ufrag, const char *pwd,
		     char *const *candv, size_t candc)
{
	NiceCandidate *cand;
	GSList *list = NULL;
	gchar *text;
	size_t i;
	int n = 0;

	if (!nice_agent_set_remote_credentials(end->agent, end->stream, ufrag,
					       pwd))
		return false;

	for (i = 0; i < candc; i++) {
		text = g_strconcat("a=", candv[i], NULL);
		cand = nice_agent_parse_remote_candidate_sdp(
			end->agent, end->stream, text);
		g_free(text);
		if (cand && cand->component_id == COMPONENT)
			list = g_slist_append(list, cand);
		else if (cand)
			nice_candidate_free(cand);
	}

	if (list)
		n = nice_agent_set_remote_candidates(end->agent, end->stream,
						     COMPONENT, list);
	g_slist_free_full(list, (GDestroyNotify)nice_candidate_free);
	(void)nice_agent_peer_candidate_gathering_done(end->agent,
						       end->stream);

	return n > 0;
}


bool nice_end_restart(struct nice_end *end)
{
	return nice_agent_restart(end->agent);
}


bool nice_end_send(struct nice_end *end, const uint8_t *buf, size_t len)
{
	return nice_agent_send(end->agent, end->stream, COMPONENT, (guint)len,
			       (const gchar *)buf) == (gint)len;
}
