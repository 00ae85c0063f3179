/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sipprobe.c  A request from a second socket */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/dialog.h"
#include "dialog/sipmsg.h"
#include "sip/epcore.h"
#include "sip/optreq.h"
#include "sip/outreq.h"
#include "sip/sipprobe.h"

/*
 * libre is at work on the socket when an answer comes: the endpoint is closed
 * when it has finished, or with the one beside it.
 */
struct second {
	struct le le; /* Of those that wait to be closed */
	struct tmr tmr;
	struct ua_endpoint *ep;
};

struct ua_sipprobe {
	struct ua_endpoint *beside;
	struct second *second;
	struct ua_endpoint *ep; /* Of the second socket */
	struct ua_digest *digest;
	struct ua_digest_round round;
	struct ua_dialog *half;
	struct ua_outreq *req;
	struct ua_hop hop;
	char *aor;
	char *uri;
	ua_sipprobe_h *h;
	void *arg;
};


static void second_destructor(void *arg)
{
	struct second *second = arg;

	list_unlink(&second->le);
	tmr_cancel(&second->tmr);
	mem_deref(second->ep);
}


static void on_close(void *arg)
{
	mem_deref(arg);
}


static void destructor(void *arg)
{
	struct ua_sipprobe *probe = arg;

	mem_deref(probe->req);
	mem_deref(probe->half);
	mem_deref(probe->digest);
	mem_deref(probe->aor);
	mem_deref(probe->uri);

	if (!probe->second)
		return;

	list_append(&probe->beside->closing, &probe->second->le,
		    probe->second);
	tmr_start(&probe->second->tmr, 0, on_close, probe->second);
}


static int second_open(struct ua_sipprobe *probe)
{
	const struct ua_endpoint *beside = probe->beside;
	struct ua_endpoint_conf conf;
	int err;

	probe->second = mem_zalloc(sizeof(*probe->second), second_destructor);
	if (!probe->second)
		return ENOMEM;

	tmr_init(&probe->second->tmr);
	ua_endpoint_conf_default(&conf);
	conf.local = beside->local;
	conf.local.port = 0;
	conf.software = beside->software;
	conf.rand = beside->rand;
	conf.log = beside->log;
	conf.max_calls = 0;
	conf.trace_h = beside->trace_h;
	conf.arg = beside->arg;

	err = ua_endpoint_alloc(&probe->second->ep, &conf);
	probe->ep = probe->second->ep;

	return err;
}


int ua_sipprobe_alloc(struct ua_sipprobe **probep, struct ua_endpoint *ep,
		      const struct ua_sipprobe_conf *conf)
{
	struct ua_sipprobe *probe;
	int err;

	probe = mem_zalloc(sizeof(*probe), destructor);
	if (!probe)
		return ENOMEM;

	probe->beside = ep;
	probe->hop = conf->hop;
	probe->h = conf->h;
	probe->arg = conf->arg;

	err = str_dup(&probe->aor, conf->aor);
	if (!err)
		err = ua_digest_alloc(&probe->digest, &conf->cred, ep->rand);
	if (!err)
		err = second_open(probe);
	if (err)
		mem_deref(probe);
	else
		*probep = probe;

	return err;
}


static int ask(struct ua_sipprobe *probe);


static void response_handler(int err, struct sip_msg *msg, void *arg)
{
	struct ua_sipprobe *probe = arg;
	struct ua_addr mapped;

	if (!err && msg->scode < 200)
		return;

	probe->req = mem_deref(probe->req);
	memset(&mapped, 0, sizeof(mapped));

	if (!err) {
		ua_sipmsg_mapped(msg, &mapped);
		if ((msg->scode == 401 || msg->scode == 407) &&
		    !ua_digest_challenge(probe->digest, &probe->round, msg) &&
		    !ask(probe))
			return;
	}

	probe->h(err, err ? 0 : msg->scode, &mapped, probe->arg);
}


static int ask(struct ua_sipprobe *probe)
{
	struct ua_outreq_conf conf = {
		.met = "OPTIONS",
		.uri = probe->uri,
		.hop = probe->uri,
		.flow = probe->hop,
		.force = true,
	};
	char contact[UA_ENDPOINT_URI_MAX];
	int err;

	err = ua_endpoint_contact(probe->ep, contact, NULL, probe->hop.tp);
	if (!err)
		err = ua_optreq_encode(&conf.mb, probe->ep, probe->half,
				       contact, probe->digest, probe->uri);
	if (err)
		return err;

	err = ua_outreq_send(&probe->req, probe->ep, &conf, response_handler,
			     probe);
	mem_deref(conf.mb);

	return err;
}


int ua_sipprobe_ask(struct ua_sipprobe *probe, const char *uri)
{
	char *copy;
	int err;

	err = str_dup(&copy, uri);
	if (err)
		return err;

	probe->req = mem_deref(probe->req);
	mem_deref(probe->uri);
	probe->uri = copy;
	probe->half = mem_deref(probe->half);
	memset(&probe->round, 0, sizeof(probe->round));

	err = ua_dialog_alloc(&probe->half, probe->ep->rand, probe->aor, uri,
			      NULL);

	return err ? err : ask(probe);
}


const char *ua_sipprobe_callid(const struct ua_sipprobe *probe)
{
	return probe->half ? ua_dialog_callid(probe->half) : NULL;
}
