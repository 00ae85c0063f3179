/* SPDX-License-Identifier: BSD-3-Clause */
/** @file siplearn.c  What a flow's NAT is asked about, from a second socket */

#include <string.h>

#include "base/clock.h"
#include "sip/epcore.h"
#include "sip/sipflowcore.h"

/* After a silence that nobody else would have dared. */
static void probe_tell(struct ua_sipflow *flow, uint64_t now_ms, uint16_t code)
{
	struct ua_sipflow_event ev = {
		.type = UA_SIPFLOW_ANSWERED,
		.probe = true,
		.code = code,
		.rtt_ms = (uint32_t)(now_ms - flow->probe_ms),
		.mapped = flow->mapped,
	};

	ua_sipflowcore_pace(flow, now_ms, &ev);
	ua_sipflowcore_tell(flow, &ev, true);
}


static void probe_handler(int err, uint16_t code, const struct ua_addr *mapped,
			  void *arg)
{
	struct ua_sipflow *flow = arg;
	const uint64_t now_ms = ua_clock_ms();
	const bool arrived = flow->life.arrived;

	/* It knew us before: now it does not. */
	const bool gone =
		!err && (code == 404 || code == 410 || code == 480) &&
		ua_lifetime_state(&flow->life) == UA_LIFETIME_PROBE &&
		!arrived;

	(void)mapped;
	flow->probe = mem_deref(flow->probe);
	ua_lifetime_probed(&flow->life, now_ms, err);
	ua_sipflowcore_wake(flow);
	if (gone)
		ua_sipself_forgotten(flow, code);
	else if (!err && arrived)
		probe_tell(flow, now_ms, code);
}


static void spare_handler(int err, uint16_t code, const struct ua_addr *mapped,
			  void *arg)
{
	struct ua_sipflow *flow = arg;

	(void)code;
	ua_lifetime_spare(&flow->life, ua_clock_ms(), err ? NULL : mapped);
	ua_sipflowcore_wake(flow);
}


static int second_open(struct ua_sipprobe **probep, struct ua_sipflow *flow,
		       ua_sipprobe_h *h)
{
	const struct ua_sipflow_user *user = ua_sipflowcore_first(flow);
	const struct ua_sipprobe_conf conf = {
		.aor = user->aor,
		.hop = flow->hop,
		.cred = { .user = user->cred_user,
			  .password = user->password },
		.h = h,
		.arg = flow,
	};

	*probep = mem_deref(*probep);

	return ua_sipprobe_alloc(probep, flow->ep, &conf);
}


static void probe_send(struct ua_sipflow *flow, uint64_t now_ms)
{
	const struct ua_sipflow_user *user = ua_sipflowcore_first(flow);
	int err;

	flow->probe_ms = now_ms;
	err = second_open(&flow->probe, flow, probe_handler);
	if (!err)
		err = ua_sipprobe_ask(flow->probe,
				      user->gruu ? user->gruu : user->aor);
	if (err) {
		flow->probe = mem_deref(flow->probe);
		ua_lifetime_probed(&flow->life, now_ms, err);
	}
}


static void spare_send(struct ua_sipflow *flow, uint64_t now_ms, bool open)
{
	int err = 0;

	if (open)
		err = second_open(&flow->spare, flow, spare_handler);
	if (!err && flow->spare)
		err = ua_sipprobe_ask(flow->spare,
				      ua_sipflowcore_first(flow)->uri);
	if (err)
		ua_lifetime_spare(&flow->life, now_ms, NULL);
}


void ua_siplearn_tell(struct ua_sipflow *flow)
{
	struct ua_sipflow_event ev = { .type = UA_SIPFLOW_LEARNT };

	flow->memory.learnt_s = ua_lifetime_good_s(&flow->life);
	ev.memory = flow->memory;
	ev.mapped = flow->mapped;
	ua_sipflowcore_tell(flow, &ev, false);
}


void ua_siplearn_act(struct ua_sipflow *flow, uint64_t now_ms,
		     enum ua_lifetime_act what)
{
	switch (what) {

	case UA_LIFETIME_ACT_PROBE:
		probe_send(flow, now_ms);
		break;

	case UA_LIFETIME_ACT_OPEN:
	case UA_LIFETIME_ACT_AGAIN:
		spare_send(flow, now_ms, what == UA_LIFETIME_ACT_OPEN);
		break;

	case UA_LIFETIME_ACT_CLOSE:
		flow->spare = mem_deref(flow->spare);
		break;

	case UA_LIFETIME_ACT_PING:
		ua_pinger_kick(&flow->pinger, now_ms);
		break;

	case UA_LIFETIME_ACT_LEARNT:
		ua_siplearn_tell(flow);
		break;

	default:
		break;
	}
}
