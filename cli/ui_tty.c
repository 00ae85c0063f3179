/* SPDX-License-Identifier: BSD-3-Clause */
/** @file ui_tty.c  A line for each thing that happens, for people */

#include <stdarg.h>
#include <string.h>

#include <ua/account.h>

#include "options.h"
#include "ui.h"


enum { TEXT_MAX = 512 /* Of a peer's text in a line */ };

enum colour { PLAIN = 0, RED = 31, GREEN = 32, YELLOW = 33 };


static void put(struct ui *ui, unsigned call, enum colour colour,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));


static void vput(struct ui *ui, unsigned call, enum colour colour,
		 const char *fmt, va_list ap)
{
	const bool paint = ui->colour && colour != PLAIN;

	if (ui->hide)
		ui->hide(ui->arg);

	if (paint)
		fprintf(ui->out, "\033[%dm", (int)colour);
	if (call && ui->numbers)
		fprintf(ui->out, "call %u: ", call);
	vfprintf(ui->out, fmt, ap);
	if (paint)
		fputs("\033[0m", ui->out);

	if (fputc('\n', ui->out) == EOF || fflush(ui->out))
		ui->broken = true;

	if (ui->show)
		ui->show(ui->arg);
}


static void put(struct ui *ui, unsigned call, enum colour colour,
		const char *fmt, ...)
{
	va_list ap;

	if (ui->quiet)
		return;

	va_start(ap, fmt);
	vput(ui, call, colour, fmt, ap);
	va_end(ap);
}


void ui_note(struct ui *ui, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vput(ui, 0, PLAIN, fmt, ap);
	va_end(ap);
}


/* ", why: ..." when there is more to say */
static const char *more(char *buf, const char *text)
{
	char safe[TEXT_MAX - 4];

	if (!text || !*text)
		return "";

	snprintf(buf, TEXT_MAX, ": %s",
		 ui_safe(safe, sizeof(safe), text, false));
	return buf;
}


static void put_account(struct ui *ui, const struct ua_event *ev)
{
	const char *aor = ev->account ? ua_account_aor(ev->account) : "";
	const struct ua_reg_info *reg = &ev->reg;
	char server[UA_ADDR_LEN], mapped[UA_ADDR_LEN], text[TEXT_MAX];

	switch (ev->type) {

	case UA_EVENT_REGISTERED:
		put(ui, 0, GREEN,
		    "registered %s at %s:%s for %u s, seen as %s, %.1f ms",
		    aor, ua_tp_name(reg->tp),
		    ua_addr_str(&reg->server, server), reg->expires_s,
		    reg->mapped.af ? ua_addr_str(&reg->mapped, mapped)
				   : "it does not say",
		    reg->rtt_ms);
		break;

	case UA_EVENT_REGISTER_FAILED:
		put(ui, 0, RED, "not registered %s, status %u%s", aor,
		    ev->code, more(text, ev->reason));
		break;

	case UA_EVENT_UNREGISTERED:
		put(ui, 0, PLAIN, "unregistered %s", aor);
		break;

	case UA_EVENT_FLOW_LOST:
		put(ui, 0, RED, "lost the way to the server of %s%s", aor,
		    more(text, ev->reason));
		break;

	case UA_EVENT_FLOW_RESTORED:
		put(ui, 0, GREEN, "found the server of %s again after %llu ms",
		    aor, (unsigned long long)ev->ms);
		break;

	default:
		break;
	}
}


static void put_path(struct ui *ui, unsigned call,
		     const struct ua_ice_info *ice)
{
	char local[UA_ADDR_LEN], remote[UA_ADDR_LEN], rtt[32] = "unknown";

	if (ice->rtt_ms > 0)
		snprintf(rtt, sizeof(rtt), "%.1f ms", ice->rtt_ms);

	if (ice->remote.origin != UA_ORIGIN_PEER) {
		put(ui, call, GREEN,
		    "path: relay %s (reserved by the proxy%s)"
		    ", rtt %s%s",
		    ua_addr_str(&ice->remote.addr, remote),
		    ice->remote.origin == UA_ORIGIN_IMPLICIT ? ", not listed"
							     : "",
		    rtt, ice->nominated ? ", nominated" : "");
		return;
	}

	put(ui, call, GREEN, "path: %s %s (%s) -> %s (%s), rtt %s%s",
	    ice->relay ? "relay" : "direct",
	    ua_addr_str(&ice->local.addr, local),
	    ua_event_cand_name(ice->local.type),
	    ua_addr_str(&ice->remote.addr, remote),
	    ua_event_cand_name(ice->remote.type), rtt,
	    ice->nominated ? ", nominated" : "");
}


static void put_cands(struct ui *ui, unsigned call, const char *whose,
		      const struct ua_event *ev)
{
	char list[TEXT_MAX] = "none";
	size_t i, len = 0;

	for (i = 0; i < ev->ncand && len < sizeof(list); ++i) {
		char addr[UA_ADDR_LEN];

		if (ev->cands[i].component != 1)
			continue;

		len += (size_t)snprintf(list + len, sizeof(list) - len,
					"%s%s %s", len ? ", " : "",
					ua_event_cand_name(ev->cands[i].type),
					ua_addr_str(&ev->cands[i].addr, addr));
	}

	put(ui, call, PLAIN, "%s candidates: %s", whose, list);
}


static void put_closed(struct ui *ui, unsigned call, const struct ua_event *ev)
{
	static const char *const by[] = { "by us", "by the other side",
					  "by an error" };
	const bool same =
		ev->why && ev->reason && !strcmp(ev->why, ev->reason);
	char reason[TEXT_MAX], why[TEXT_MAX], code[16] = "";

	if (ev->code)
		snprintf(code, sizeof(code), ", status %u", ev->code);

	put(ui, call, ev->by == UA_BY_ERROR ? RED : PLAIN,
	    "ended %s after %.1f s%s%s%s", by[ev->by], ev->duration_s, code,
	    more(reason, ev->reason), same ? "" : more(why, ev->why));
}


static void put_hold(struct ui *ui, unsigned call, const struct ua_event *ev)
{
	const bool on = ev->type == UA_EVENT_HOLD;
	char text[TEXT_MAX];

	if (ev->code)
		put(ui, call, RED, "%s, status %u%s",
		    on ? "still on hold, resume was refused"
		       : "not on hold, it was refused",
		    ev->code, more(text, ev->reason));
	else
		put(ui, call, on ? YELLOW : GREEN, "%s %s",
		    on ? "on hold" : "taken off hold",
		    ev->remote ? "by the other side" : "by us");
}


static void put_call(struct ui *ui, const struct ua_event *ev)
{
	const unsigned call = ua_call_number(ev->call);
	const unsigned long long ms = ev->ms;
	char text[TEXT_MAX], to[TEXT_MAX];

	switch (ev->type) {

	case UA_EVENT_CALLING:
		put(ui, call, PLAIN, "calling %s",
		    ui_safe(text, sizeof(text), ua_call_peer(ev->call),
			    false));
		break;

	case UA_EVENT_INCOMING:
		put(ui, call, YELLOW, "incoming call from %s for %s",
		    ui_safe(text, sizeof(text), ua_call_peer(ev->call), false),
		    ui_safe(to, sizeof(to), ua_call_local_uri(ev->call),
			    false));
		break;

	case UA_EVENT_PROGRESS:
		put(ui, call, PLAIN, "progress: %u%s%s", ev->code,
		    more(text, ev->reason),
		    ev->early_media ? ", with sound" : "");
		break;

	case UA_EVENT_ANSWERED:
		put(ui, call, GREEN, "answered");
		break;

	case UA_EVENT_ICE_GATHERED:
		put_cands(ui, call, "our", ev);
		break;

	case UA_EVENT_ICE_REMOTE:
		put_cands(ui, call, "their", ev);
		break;

	case UA_EVENT_ICE_CONNECTED:
		put_path(ui, call, &ev->ice);
		break;

	case UA_EVENT_ICE_FAILED:
		put(ui, call, RED, "no path for media%s",
		    more(text, ev->reason));
		break;

	case UA_EVENT_ICE_RESTART:
		put(ui, call, PLAIN, "looking for a new path%s",
		    more(text, ev->reason));
		break;

	case UA_EVENT_MEDIA_SENT:
		put(ui, call, PLAIN, "sending %s after %llu ms",
		    ui_safe(text, sizeof(text), ev->codec, false), ms);
		break;

	case UA_EVENT_MEDIA_HEARD:
		put(ui, call, GREEN, "hearing %s after %llu ms",
		    ui_safe(text, sizeof(text), ev->codec, false), ms);
		break;

	case UA_EVENT_DTMF:
		put(ui, call, PLAIN, "digit %c", ev->digit);
		break;

	case UA_EVENT_HOLD:
	case UA_EVENT_RESUMED:
		put_hold(ui, call, ev);
		break;

	case UA_EVENT_CLOSED:
		put_closed(ui, call, ev);
		break;

	default:
		break;
	}
}


static void put_event(struct ui *ui, const struct ua_event *ev)
{
	char text[TEXT_MAX];

	if (ev->type == UA_EVENT_NETWORK)
		put(ui, 0, YELLOW, "the network changed%s",
		    more(text, ev->reason));
	else if (ev->call)
		put_call(ui, ev);
	else
		put_account(ui, ev);
}


static void put_listening(struct ui *ui, const struct ua_addr *addr)
{
	char buf[UA_ADDR_LEN];

	put(ui, 0, PLAIN, "listening on %s", ua_addr_str(addr, buf));
}


static void put_stats(struct ui *ui, const struct leg *leg)
{
	const struct ua_call_stats *st = &leg->stats;
	char codec[sizeof(leg->codec)], mos[32], rtt[32] = "";

	snprintf(mos, sizeof(mos), "%.1f", st->mos);
	if (st->rtt_ms > 0)
		snprintf(rtt, sizeof(rtt), ", rtt %.1f ms", st->rtt_ms);

	put(ui, leg->number, PLAIN,
	    "sound: %s, sent %llu packets, got %llu (lost %llu, late %llu), "
	    "heard %.1f s, jitter %.1f ms%s, mos %s",
	    *leg->codec ? ui_safe(codec, sizeof(codec), leg->codec, false)
			: "no codec",
	    (unsigned long long)st->tx_packets,
	    (unsigned long long)st->rx_packets,
	    (unsigned long long)st->rx_lost, (unsigned long long)st->rx_late,
	    st->heard_s, st->jitter_ms, rtt, st->mos > 0 ? mos : "unknown");
}


/* What was asked for is told even when quiet */
static void put_item(struct ui *ui, const char *kind, const char *name,
		     const char *value, const char *origin)
{
	char safe[TEXT_MAX];

	(void)kind;
	ui_safe(safe, sizeof(safe), value, false);
	if (origin)
		ui_note(ui, "%-20s %-30s %s", name, safe, origin);
	else
		ui_note(ui, "%-20s %s", name, safe);
}


static const char *meaning(int status)
{
	switch (status) {

	case EXIT_OK:
		return "done";

	case EXIT_REFUSED:
		return "refused";

	case EXIT_NO_ANSWER:
		return "no answer";

	case EXIT_AUTH:
		return "registration or authentication failed";

	case EXIT_MEDIA:
		return "no path for media, or nothing heard";

	case EXIT_UNAVAILABLE:
		return "could not reach the other side";

	case EXIT_CONFIG:
		return "bad configuration";

	case EXIT_INTERRUPTED:
		return "interrupted";

	default:
		return "failed";
	}
}


static void put_result(struct ui *ui, const struct outcome *outcome)
{
	/* An error has been told on standard error already. */
	if (outcome->error)
		return;

	put(ui, 0, outcome->status ? RED : GREEN, "%s (exit status %d)",
	    meaning(outcome->status), outcome->status);
}


const struct ui_ops ui_tty = {
	.event = put_event,
	.listening = put_listening,
	.stats = put_stats,
	.item = put_item,
	.result = put_result,
};
