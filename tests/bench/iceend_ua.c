/* SPDX-License-Identifier: BSD-3-Clause */
/** @file iceend_ua.c  An end of ICE on libua: what its calls use */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ua/ua.h>
#include "agent/impl.h"
#include "base/wr.h"
#include "call/flow.h"
#include "iceend.h"

enum { FDS_MAX = 8192 };

struct engine_end {
	struct ua_flow *flow;
	struct iceend *end;
};

const char *const engine_name = "libua";
static struct ua_agent *agent;


int engine_open(const struct iceend_conf *conf)
{
	static char uri[128];
	static char why[UA_ERRSTR_MAX];
	struct ua_agent_conf ac;
	int err;

	err = libre_init();
	if (err)
		return err;

	(void)fd_setsize(FDS_MAX);
	ua_agent_conf_default(&ac);
	ac.ip6 = false;
	ac.codecs = ua_codec_table(&ac.ncodec);
	if (conf->loopback)
		ac.ifaces[0] = "lo";
	if (conf->relay_only)
		ac.ice = UA_ICE_RELAY_ONLY;
	if (conf->server) {
		(void)snprintf(uri, sizeof(uri), "turn:%s:%u?transport=udp",
			       conf->server, conf->port);
		ac.turn[0].uri = uri;
		ac.turn[0].user = conf->user;
		ac.turn[0].password = conf->password;
	}

	err = ua_agent_alloc(&agent, &ac, why);
	if (err)
		(void)fprintf(stderr, "iceend: %s\n", why);

	return err;
}


static void on_gathered(void *arg)
{
	struct engine_end *ee = arg;

	iceend_gathered(ee->end);
}


static void on_late(void *arg)
{
	(void)arg;
}


static void on_ice(const struct ua_ice_event *ev, void *arg)
{
	struct engine_end *ee = arg;
	const char *local = ua_ice_type_name(ev->local.type);
	const char *remote = ua_ice_type_name(ev->remote.type);

	switch (ev->type) {

	case UA_ICE_EVENT_MEDIA_PATH:
		iceend_connected(ee->end, local, remote);
		break;

	case UA_ICE_EVENT_NOMINATED:
		iceend_nominated(ee->end, local, remote);
		break;

	case UA_ICE_EVENT_FAILED:
		iceend_failed(ee->end);
		break;

	default:
		break;
	}
}


static void on_packet(enum ua_demux kind, const uint8_t *buf, size_t len,
		      void *arg)
{
	struct engine_end *ee = arg;

	(void)buf;
	(void)len;
	if (kind == UA_DEMUX_RTP)
		iceend_heard(ee->end);
}


int engine_end_alloc(struct engine_end **eep, struct iceend *end,
		     bool controlling)
{
	struct engine_end *ee = calloc(1, sizeof(*ee));
	const struct ua_flow_handlers handlers = {
		.gathered = on_gathered,
		.late = on_late,
		.ice = on_ice,
		.packet = on_packet,
		.arg = ee,
	};
	int err;

	if (!ee)
		return ENOMEM;

	ee->end = end;
	err = ua_flow_alloc(&ee->flow, &agent->env, controlling, &handlers);
	if (err)
		free(ee);
	else
		*eep = ee;

	return err;
}


void engine_end_close(struct engine_end *ee)
{
	ua_flow_close(ee->flow);
	free(ee);
}


void engine_describe(struct engine_end *ee, struct iceend_desc *desc)
{
	static const char head[] = "candidate:";
	static struct ua_flow_local local;
	struct ua_wr wr;
	size_t i;

	ua_flow_local(ee->flow, UA_AF_IP4, &local);
	str_ncpy(desc->ufrag, local.sdp.ufrag, sizeof(desc->ufrag));
	str_ncpy(desc->pwd, local.sdp.pwd, sizeof(desc->pwd));
	desc->candc = 0;
	for (i = 0; i < local.sdp.candc && i < ICEEND_CANDS; i++) {
		ua_wr_init(&wr, desc->candv[i], ICEEND_LINE);
		ua_wr_str(&wr, head);
		ua_sdpcand_encode(&wr, &local.candv[i]);
		ua_wr_u8(&wr, 0);
		desc->candc = i + 1;
	}
}


int engine_remote(struct engine_end *ee, const struct iceend_desc *desc)
{
	static struct ua_sdp_cand candv[ICEEND_CANDS];
	static char text[ICEEND_LINE];
	struct ua_sdp_facts facts;
	const char *why;
	size_t i;

	memset(&facts, 0, sizeof(facts));
	facts.ice = true;
	facts.ice2 = true;
	facts.candv = candv;
	str_ncpy(facts.ufrag, desc->ufrag, sizeof(facts.ufrag));
	str_ncpy(facts.pwd, desc->pwd, sizeof(facts.pwd));
	for (i = 0; i < desc->candc; i++) {
		str_ncpy(text, strchr(desc->candv[i], ':') + 1, sizeof(text));
		if (!ua_sdpcand_decode(&candv[facts.candc], text, &why))
			++facts.candc;
	}

	if (!facts.candc)
		return EBADMSG;

	/* The default is the one that works most often: the last. */
	facts.dest = UA_SDPFACTS_MATCH;
	facts.dest_cand = (int)facts.candc - 1;
	facts.rtcp_cand = facts.dest_cand;
	facts.rtp = candv[facts.dest_cand].addr;
	facts.rtcp = facts.rtp;

	return ua_flow_remote(ee->flow, &facts, true);
}


int engine_send(struct engine_end *ee, const uint8_t *buf, size_t len)
{
	return ua_flow_send(ee->flow, 1, buf, len);
}


/* ------------------------------ loop ------------------------------- */


static void (*on_readable)(void);
static void (*on_tick)(void);
static unsigned every_ms;
static struct tmr tick_tmr;


static void fd_handler(int flags, void *arg)
{
	(void)flags;
	(void)arg;
	on_readable();
}


static void tick_handler(void *arg)
{
	(void)arg;
	tmr_start(&tick_tmr, every_ms, tick_handler, NULL);
	on_tick();
}


int engine_run(void (*readable)(void), void (*tick)(void), unsigned tick_ms)
{
	struct ua_fd in;
	int err = 0;

	memset(&in, 0, sizeof(in));
	on_readable = readable;
	on_tick = tick;
	every_ms = tick_ms;
	tmr_init(&tick_tmr);
	tmr_start(&tick_tmr, tick_ms, tick_handler, NULL);
	if (readable)
		err = ua_fd_listen(&in, STDIN_FILENO, FD_READ, fd_handler,
				   NULL);
	if (!err)
		err = re_main(NULL);

	ua_fd_close(&in);
	tmr_cancel(&tick_tmr);

	return err;
}


void engine_cancel(void)
{
	re_cancel();
}
