/* SPDX-License-Identifier: BSD-3-Clause */
/** @file caps.c  What this agent can do, for offers and for OPTIONS */

#include <string.h>

#include <ua/codec.h>
#include "base/wr.h"
#include "call/caps.h"

enum { CAPS_MAX = 4096 /**< Longest answer to OPTIONS [bytes] */ };


int ua_caps_offer(struct ua_offer **offerp, const struct ua_env *env)
{
	const struct ua_agent_conf *aconf = env->conf;
	struct ua_offer_codec codecs[UA_CODEC_MAX];
	struct ua_offer_conf conf;
	size_t i;

	memset(codecs, 0, sizeof(codecs));
	for (i = 0; i < aconf->ncodec; i++) {
		const struct ua_codec *codec = aconf->codecs[i];

		codecs[i].name = codec->sdp_name;
		codecs[i].clock_hz = codec->clock_hz;
		codecs[i].channels = codec->channels;
		codecs[i].fmtp = codec->fmtp;
		codecs[i].pt =
			codec->pt < 0 ? (int16_t)UA_SDP_PT_NONE : codec->pt;
	}

	ua_offer_conf_default(&conf);
	conf.codecv = codecs;
	conf.codecc = aconf->ncodec;
	conf.ptime = aconf->ptime_ms;
	conf.rand = env->rand;
	conf.log = env->log;

	return ua_offer_alloc(offerp, &conf);
}


int ua_caps_print(const struct ua_env *env, struct mbuf *mb)
{
	struct ua_offer_local local;
	struct ua_offer *offer;
	uint8_t buf[CAPS_MAX];
	struct ua_wr wr;
	int err;

	err = ua_caps_offer(&offer, env);
	if (err)
		return err;

	ua_offer_local_default(&local);
	ua_wr_init(&wr, buf, sizeof(buf));
	err = ua_offer_local_offer(offer, &local, &wr);
	if (!err)
		err = mbuf_write_mem(mb, wr.buf, wr.pos);

	mem_deref(offer);
	return err;
}
