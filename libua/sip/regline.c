/* SPDX-License-Identifier: BSD-3-Clause */
/** @file regline.c  A registration on an endpoint */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/re_compat.h"
#include "base/addr.h"
#include "base/clock.h"
#include "sip/epcore.h"
#include "sip/outreq.h"
#include "sip/regline.h"
#include "sip/regturn.h"
#include "sip/wake.h"

/* libre sees within this that a connection was shut down, and forgets it. */
enum { SHUT_MS = 10 };

struct ua_regline {
	struct ua_endpoint *ep;
	struct ua_reg *reg;
	struct ua_outreq *req;
	struct sip_msg *last; /* last answer: knows the connection */
	struct ua_hop hop;
	struct ua_addr local; /* our end of the flow */
	struct tmr tmr;
	struct ua_regturn turn; /* until it is answered */
	uint64_t sent_ms;       /* the last REGISTER, 0: none */
	struct tmr shut;        /* the old connection is gone by then */
	ua_regline_h *h;
	void *arg;
};


static void destructor(void *arg)
{
	struct ua_regline *line = arg;

	tmr_cancel(&line->tmr);
	tmr_cancel(&line->shut);
	ua_regturn_leave(&line->turn);
	mem_deref(line->req);
	mem_deref(line->last);
	mem_deref(line->reg);
}


static void flush(struct ua_regline *line);


/* Tell the owner; only from the loop.  The owner may free the line in it. */
static void pump(struct ua_regline *line)
{
	struct ua_reg_event ev;

	mem_ref(line);

	flush(line);

	while (mem_nrefs(line) > 1 && ua_reg_event(line->reg, &ev))
		line->h(line, &ev, &line->local, line->arg);

	if (mem_nrefs(line) > 1)
		flush(line);

	mem_deref(line);
}


static void local_learn(struct ua_regline *line, const struct sip_msg *msg)
{
	struct tcp_conn *tc = sip_msg_tcpconn(msg);
	struct sa sa;

	line->local = *ua_endpoint_local(line->ep);
	if (tc && !tcp_conn_local_get(tc, &sa))
		ua_addr_from_sa(&line->local, &sa);

	mem_deref(line->last);
	line->last = tc ? mem_ref((void *)msg) : NULL;
}


/* True: there was one; libre would find it yet. */
static bool conn_shut(struct ua_regline *line)
{
	struct tcp_conn *tc = line->last ? sip_msg_tcpconn(line->last) : NULL;
	const int fd = tc ? ua_tcp_fd(tc) : -1;

	if (fd >= 0)
		(void)shutdown(fd, SHUT_RDWR);
	line->last = mem_deref(line->last);

	return fd >= 0;
}


static void response_handler(int err, struct sip_msg *msg, void *arg)
{
	struct ua_regline *line = arg;
	const uint64_t now_ms = ua_clock_ms();

	if (!err && msg->scode < 200)
		return;

	line->req = mem_deref(line->req);

	if (err) {
		ua_reg_failed(line->reg, now_ms, err);
	}
	else {
		local_learn(line, msg);
		ua_reg_response(line->reg, now_ms, msg);
	}

	pump(line);
}


static void wake_handler(void *arg)
{
	struct ua_regline *line = arg;

	ua_reg_tick(line->reg, ua_clock_ms());
	pump(line);
}


static void on_turn(void *arg)
{
	struct ua_regline *line = arg;

	tmr_start(&line->tmr, 0, wake_handler, line);
}


static int reg_send(struct ua_regline *line, const struct ua_reg_out *out)
{
	const struct ua_outreq_conf conf = {
		.met = "REGISTER",
		.uri = out->uri,
		.hop = out->hop,
		.flow = line->hop,
		.force = true,
		.mb = out->mb,
	};

	/* The one before was given up, or it would not send again. */
	line->req = mem_deref(line->req);
	line->sent_ms = ua_clock_ms();

	return ua_outreq_send(&line->req, line->ep, &conf, response_handler,
			      line);
}


static void output(struct ua_regline *line)
{
	struct ua_reg_out out;
	int err;

	if (!ua_reg_output(line->reg, ua_clock_ms(), &out))
		return;

	err = reg_send(line, &out);
	if (err)
		ua_reg_failed(line->reg, ua_clock_ms(), err);

	mem_deref(out.uri);
	mem_deref(out.hop);
	mem_deref(out.mb);
}


/* A goodbye has little time, and waits for nobody. */
static bool has_turn(struct ua_regline *line)
{
	if (ua_reg_state(line->reg) != UA_REG_LEAVING)
		return ua_regturn_take(&line->turn, line->ep, &line->hop);

	ua_regturn_leave(&line->turn);
	return true;
}


static void flush(struct ua_regline *line)
{
	bool ready;

	while ((ready = ua_reg_ready(line->reg, ua_clock_ms())) &&
	       has_turn(line))
		output(line);

	if (!ready && !line->req)
		ua_regturn_leave(&line->turn);

	/* Events that wait for the loop wake it at once; who waits for its
	   turn is called. */
	ua_wake_at(&line->tmr,
		   ua_reg_pending(line->reg) ? 0
		   : ready                   ? UA_NEVER
					     : ua_reg_deadline(line->reg),
		   wake_handler, line);
}


int ua_regline_alloc(struct ua_regline **linep, struct ua_endpoint *ep,
		     const struct ua_regline_conf *conf)
{
	const struct ua_reg_conf rconf = {
		.registrar = conf->registrar,
		.aor = conf->aor,
		.contact = conf->contact,
		.route = conf->route,
		.params = conf->params,
		.software = ep->software,
		.cred = conf->cred,
		.expires_s = conf->expires_s,
		.refresh_s = conf->refresh_s,
		.instance = conf->instance,
		.reg_id = conf->reg_id,
		.rand = ep->rand,
		.log = ep->log,
	};
	struct ua_regline *line;
	int err;

	line = mem_zalloc(sizeof(*line), destructor);
	if (!line)
		return ENOMEM;

	tmr_init(&line->tmr);
	tmr_init(&line->shut);
	ua_regturn_init(&line->turn, on_turn, line);
	line->ep = ep;
	line->hop = conf->hop;
	line->h = conf->h;
	line->arg = conf->arg;

	err = ua_reg_alloc(&line->reg, &rconf);
	if (err) {
		mem_deref(line);
		return err;
	}

	ua_regline_refresh(line);
	*linep = line;

	return 0;
}


void ua_regline_refresh(struct ua_regline *line)
{
	ua_reg_start(line->reg, ua_clock_ms());
	flush(line);
}


static void on_shut(void *arg)
{
	struct ua_regline *line = arg;

	ua_reg_restart(line->reg, ua_clock_ms());
	flush(line);
}


void ua_regline_restart(struct ua_regline *line)
{
	line->req = mem_deref(line->req);
	ua_regturn_leave(&line->turn);
	if (conn_shut(line))
		tmr_start(&line->shut, SHUT_MS, on_shut, line);
	else if (!tmr_isrunning(&line->shut))
		on_shut(line);
}


int ua_regline_move(struct ua_regline *line, struct ua_endpoint *ep,
		    const struct ua_hop *hop, const char *contact)
{
	int err;

	err = ua_reg_move(line->reg, contact);
	if (err)
		return err;

	/* The transaction lives in its endpoint: away before that is. */
	line->req = mem_deref(line->req);
	ua_regturn_leave(&line->turn);
	line->ep = ep;
	line->hop = *hop;
	ua_regline_restart(line);

	return 0;
}


void ua_regline_hold(struct ua_regline *line)
{
	/* The connection is closed when there is a network to say so: before,
	   the kernel would look for its neighbour in vain, and wait then. */
	line->req = mem_deref(line->req);
	tmr_cancel(&line->shut);
	ua_reg_hold(line->reg);
	flush(line);
}


void ua_regline_stop(struct ua_regline *line)
{
	tmr_cancel(&line->shut);
	ua_reg_stop(line->reg, ua_clock_ms());
	flush(line);
}


const struct ua_digest *ua_regline_digest(const struct ua_regline *line)
{
	return ua_reg_digest(line->reg);
}


const char *ua_regline_hop(const struct ua_regline *line)
{
	return ua_reg_hop(line->reg);
}


void ua_regline_failed(struct ua_regline *line, int err)
{
	ua_reg_failed(line->reg, ua_clock_ms(), err);
	flush(line);
}


const char *ua_regline_gruu(const struct ua_regline *line, bool temporary)
{
	return ua_reg_gruu(line->reg, temporary);
}


const char *ua_regline_service_route(const struct ua_regline *line)
{
	return ua_reg_service_route(line->reg);
}


uint64_t ua_regline_silent_ms(const struct ua_regline *line)
{
	return ua_regturn_waits(&line->turn) ? 0
					     : ua_clock_ms() - line->sent_ms;
}


enum ua_reg_state ua_regline_state(const struct ua_regline *line)
{
	return ua_reg_state(line->reg);
}
