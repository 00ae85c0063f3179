/* SPDX-License-Identifier: BSD-3-Clause */
/** @file ui_json.c  One JSON object a line, for machines */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ua/account.h>

#include "json.h"


enum { DIGITS = 15 /* Significant ones: a rounded double prints as typed */ };


json_t *json_text(const char *text)
{
	json_t *str;
	char *copy, *p;

	if (!text)
		return json_null();

	str = json_string(text);
	if (str)
		return str;

	copy = strdup(text);
	if (!copy)
		return NULL;

	for (p = copy; *p; ++p) {
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	}

	str = json_string(copy);
	free(copy);
	return str;
}


json_t *json_round(double num, int decimals)
{
	const double unit = pow(10, decimals);

	return json_real(isfinite(num) ? round(num * unit) / unit : 0);
}


json_t *json_addr(const struct ua_addr *addr)
{
	char buf[UA_ADDR_LEN];

	if (addr->af == UA_AF_NONE)
		return json_null();

	return json_string(ua_addr_str(addr, buf));
}


static json_t *cand_end(const struct ua_cand_info *cand, bool remote)
{
	json_t *obj =
		json_pack("{s:s, s:o}", "type", ua_event_cand_name(cand->type),
			  "addr", json_addr(&cand->addr));

	if (remote)
		json_object_set_new(
			obj, "origin",
			json_text(ua_event_origin_name(cand->origin)));

	return obj;
}


json_t *json_ice(const struct ua_ice_info *ice)
{
	return json_pack("{s:I, s:o, s:o, s:o, s:s, s:b}", "ms",
			 (json_int_t)ice->ms, "rtt_ms",
			 ice->rtt_ms > 0 ? json_round(ice->rtt_ms, 1)
					 : json_null(),
			 "local", cand_end(&ice->local, false), "remote",
			 cand_end(&ice->remote, true), "path",
			 ice->relay ? "relay" : "direct", "nominated",
			 (int)ice->nominated);
}


json_t *json_stats(const struct ua_call_stats *st)
{
	return json_pack(
		"{s:{s:I, s:I}, s:{s:I, s:I, s:I, s:I, s:o}, s:o, s:o}", "tx",
		"packets", (json_int_t)st->tx_packets, "bytes",
		(json_int_t)st->tx_bytes, "rx", "packets",
		(json_int_t)st->rx_packets, "bytes", (json_int_t)st->rx_bytes,
		"lost", (json_int_t)st->rx_lost, "late",
		(json_int_t)st->rx_late, "jitter_ms",
		json_round(st->jitter_ms, 1), "rtt_ms",
		st->rtt_ms > 0 ? json_round(st->rtt_ms, 1) : json_null(),
		"mos", st->mos > 0 ? json_round(st->mos, 1) : json_null());
}


json_t *json_line(const struct ui *ui, const char *event)
{
	return json_pack("{s:o, s:s}", "t",
			 json_round(ui_clock() - ui->t0_s, 3), "event", event);
}


void json_put(struct ui *ui, json_t *line)
{
	if (!line)
		return;

	if (json_dumpf(line, ui->out,
		       JSON_COMPACT | JSON_REAL_PRECISION(DIGITS)) ||
	    fputc('\n', ui->out) == EOF || fflush(ui->out))
		ui->broken = true;

	json_decref(line);
}


/* Add all keys of src, which is taken; memory that is out loses keys */
static void merge(json_t *line, json_t *src)
{
	if (src)
		json_object_update(line, src);

	json_decref(src);
}


static json_t *cands(const struct ua_event *ev, bool remote)
{
	json_t *arr = json_array();
	size_t i;

	for (i = 0; i < ev->ncand; ++i) {
		const struct ua_cand_info *cand = &ev->cands[i];
		json_t *obj = cand_end(cand, remote);

		json_object_set_new(obj, "component",
				    json_integer(cand->component));
		json_object_set_new(obj, "priority",
				    json_integer(cand->priority));
		json_array_append_new(arr, obj);
	}

	return arr;
}


static json_t *registered(const struct ua_reg_info *reg)
{
	char addr[UA_ADDR_LEN], server[UA_ADDR_LEN + 8];

	snprintf(server, sizeof(server), "%s:%s", ua_tp_name(reg->tp),
		 ua_addr_str(&reg->server, addr));

	return json_pack("{s:s, s:o, s:o, s:I, s:o, s:b, s:I, s:o}", "server",
			 server, "local", json_addr(&reg->local), "mapped",
			 json_addr(&reg->mapped), "expires",
			 (json_int_t)reg->expires_s, "rtt_ms",
			 json_round(reg->rtt_ms, 1), "outbound",
			 (int)reg->outbound, "flow", (json_int_t)reg->reg_id,
			 "gruu", json_text(reg->gruu));
}


static json_t *keepalive(const struct ua_keepalive_info *ka)
{
	return json_pack(
		"{s:o, s:o, s:o, s:I, s:I, s:I, s:o}", "method",
		json_text(ka->method), "rtt_ms", json_round(ka->rtt_ms, 1),
		"mapped", json_addr(&ka->mapped), "interval_s",
		(json_int_t)ka->interval_s, "next_s", (json_int_t)ka->next_s,
		"saved", (json_int_t)ka->saved, "learning",
		json_text(ka->learning));
}


static json_t *network(const struct ua_event *ev)
{
	json_t *arr = json_array();
	char ip[UA_ADDR_LEN];
	size_t i;

	for (i = 0; i < ev->naddr; ++i)
		json_array_append_new(
			arr, json_string(ua_addr_ip_str(&ev->addrs[i], ip)));

	return json_pack("{s:o, s:o}", "addresses", arr, "why",
			 json_text(ev->reason));
}


static const char *by_name(enum ua_by by)
{
	static const char *const names[] = { "local", "remote", "error" };

	return names[by];
}


static json_t *closed(enum ua_by by, unsigned code, const char *reason,
		      double duration_s, const char *why)
{
	return json_pack("{s:s, s:i, s:o, s:o, s:o}", "by", by_name(by),
			 "code", (int)code, "reason", json_text(reason),
			 "duration_s", json_round(duration_s, 1), "why",
			 json_text(why));
}


/* With a code it is what was before: a hold, or its end, was refused. */
static json_t *held(const struct ua_event *ev)
{
	const char *by = ev->remote ? "remote" : "local";

	return ev->code ? json_pack("{s:s, s:i, s:o}", "by", by, "code",
				    ev->code, "reason", json_text(ev->reason))
			: json_pack("{s:s}", "by", by);
}


/* The keys of an event behind t, event, aor and call */
static json_t *body(const struct ua_event *ev)
{
	const char digit[2] = { ev->digit, '\0' };

	switch (ev->type) {

	case UA_EVENT_NETWORK:
		return network(ev);

	case UA_EVENT_REGISTERED:
		return registered(&ev->reg);

	case UA_EVENT_REGISTER_FAILED:
		return json_pack("{s:i, s:o}", "code", ev->code, "reason",
				 json_text(ev->reason));

	case UA_EVENT_KEEPALIVE:
		return keepalive(&ev->keepalive);

	case UA_EVENT_FLOW_LOST:
	case UA_EVENT_ICE_FAILED:
	case UA_EVENT_ICE_RESTART:
		return json_pack("{s:o}", "why", json_text(ev->reason));

	case UA_EVENT_FLOW_RESTORED:
		return json_pack("{s:I}", "after_ms", (json_int_t)ev->ms);

	case UA_EVENT_CALLING:
		return json_pack("{s:o}", "to",
				 json_text(ua_call_peer(ev->call)));

	case UA_EVENT_INCOMING:
		return json_pack("{s:o, s:o}", "from",
				 json_text(ua_call_peer(ev->call)), "to",
				 json_text(ua_call_local_uri(ev->call)));

	case UA_EVENT_PROGRESS:
		return json_pack("{s:i, s:o, s:b}", "code", ev->code, "reason",
				 json_text(ev->reason), "early_media",
				 (int)ev->early_media);

	case UA_EVENT_ANSWERED:
		return json_pack("{s:i}", "code", ev->code);

	case UA_EVENT_ICE_GATHERED:
		return json_pack("{s:I, s:o}", "ms", (json_int_t)ev->ms,
				 "candidates", cands(ev, false));

	case UA_EVENT_ICE_REMOTE:
		return json_pack("{s:o}", "candidates", cands(ev, true));

	case UA_EVENT_ICE_CONNECTED:
		return json_ice(&ev->ice);

	case UA_EVENT_MEDIA_SENT:
	case UA_EVENT_MEDIA_HEARD:
		return json_pack("{s:o, s:I}", "codec", json_text(ev->codec),
				 "ms", (json_int_t)ev->ms);

	case UA_EVENT_DTMF:
		return json_pack("{s:s}", "digit", digit);

	case UA_EVENT_HOLD:
	case UA_EVENT_RESUMED:
		return held(ev);

	case UA_EVENT_CLOSED:
		return closed(ev->by, ev->code, ev->reason, ev->duration_s,
			      ev->why);

	case UA_EVENT_UNREGISTERED:
	case UA_EVENT_NONE:
		break;
	}

	return NULL;
}


static void put_event(struct ui *ui, const struct ua_event *ev)
{
	json_t *line = json_line(ui, ua_event_name(ev->type));

	if (ev->account && !ev->call)
		json_object_set_new(line, "aor",
				    json_text(ua_account_aor(ev->account)));
	if (ev->call)
		json_object_set_new(line, "call",
				    json_integer(ua_call_number(ev->call)));

	merge(line, body(ev));
	json_put(ui, line);
}


static void put_listening(struct ui *ui, const struct ua_addr *addr)
{
	json_t *line = json_line(ui, "listening");

	json_object_set_new(line, "local", json_addr(addr));
	json_put(ui, line);
}


static void put_stats(struct ui *ui, const struct leg *leg)
{
	json_t *line = json_line(ui, "stats");

	json_object_set_new(line, "call", json_integer(leg->number));
	merge(line, json_stats(&leg->stats));
	json_put(ui, line);
}


static void put_item(struct ui *ui, const char *kind, const char *name,
		     const char *value, const char *origin)
{
	json_t *line = json_line(ui, kind);

	json_object_set_new(line, "name", json_text(name));
	json_object_set_new(line, "value", json_text(value));
	if (origin)
		json_object_set_new(line, "origin", json_text(origin));

	json_put(ui, line);
}


static json_t *result_call(const struct leg *leg)
{
	const struct closed *cl = &leg->closed;
	json_t *obj = json_pack("{s:i}", "call", (int)leg->number);

	merge(obj, closed(cl->by, cl->code, cl->reason, cl->duration_s,
			  *cl->why ? cl->why : NULL));
	return obj;
}


static json_t *result_media(const struct leg *leg)
{
	const struct ua_call_stats *st = &leg->stats;

	return json_pack("{s:o, s:I, s:I, s:o, s:o}", "codec",
			 *leg->codec ? json_text(leg->codec) : json_null(),
			 "tx_packets", (json_int_t)st->tx_packets,
			 "rx_packets", (json_int_t)st->rx_packets, "heard_s",
			 json_round(st->heard_s, 2), "mos",
			 st->mos > 0 ? json_round(st->mos, 1) : json_null());
}


static void put_result(struct ui *ui, const struct outcome *outcome)
{
	const struct leg *leg = outcome->leg;
	json_t *line = json_line(ui, "result");

	json_object_set_new(line, "exit", json_integer(outcome->status));
	json_object_set_new(line, "call",
			    leg ? result_call(leg) : json_null());
	json_object_set_new(line, "ice",
			    leg && leg->connected ? json_ice(&leg->ice)
						  : json_null());
	json_object_set_new(line, "media",
			    leg && leg->answered ? result_media(leg)
						 : json_null());
	if (outcome->error)
		json_object_set_new(line, "error", json_text(outcome->error));

	json_put(ui, line);
}


const struct ui_ops ui_json = {
	.event = put_event,
	.listening = put_listening,
	.stats = put_stats,
	.item = put_item,
	.result = put_result,
};
