/* SPDX-License-Identifier: BSD-3-Clause */
/** @file stream.c  An m= line at work: sound to packets and back */

#include <errno.h>
#include <string.h>

#include <ua/audio.h>
#include <ua/codec.h>
#include "base/clock.h"
#include "call/stream.h"
#include "call/streamout.h"

enum {
	FRAME_MS = 20,
	FRAME_MAX = UA_CODEC_SRATE_MAX / 1000 * FRAME_MS,

	/* A loop that was held up makes up for so many frames, no more: what
	   is older nobody wants to hear. */
	BURST_MAX = 5
};

struct ua_stream {
	struct ua_env *env;
	struct ua_streamout out;
	struct ua_audio *audio;
	struct ua_audio *record; /**< NULL: none */
	enum ua_sdp_dir dir;
	uint32_t srate_hz;
	uint32_t frame_ms;
	size_t nsamp;
	struct tmr tmr;
	struct ua_fd ufd; /**< Of a device with a clock of its own */
	bool has_fd;
	bool running;
	bool talking;
	bool muted;
	bool held;         /**< By us                                     */
	double unplayed_s; /**< Sound that came all the same              */
	uint64_t due_us;   /**< Next frame, when the loop is the clock */
};


static void stream_destructor(void *arg)
{
	struct ua_stream *stream = arg;

	tmr_cancel(&stream->tmr);
	if (stream->has_fd)
		ua_fd_close(&stream->ufd);

	ua_audio_close(stream->audio);
	ua_audio_close(stream->record);
	mem_deref(stream->out.send);
	mem_deref(stream->out.recv);
	mem_deref(stream->out.rtcp);
}


static void tell_events(struct ua_stream *stream)
{
	struct ua_recv_event ev;
	char digit;

	while (ua_recv_event(stream->out.recv, &ev)) {
		switch (ev.type) {

		case UA_RECV_EVENT_HEARD:
			stream->out.handlers.heard(ev.codec,
						   stream->out.handlers.arg);
			break;

		case UA_RECV_EVENT_DTMF:
			digit = ev.digit;
			stream->out.handlers.digit(digit,
						   stream->out.handlers.arg);
			break;

		case UA_RECV_EVENT_CODEC:
			ua_log(stream->env->log, UA_LOG_INFO, "media",
			       "peer sends %s now", ev.codec->name);
			break;

		case UA_RECV_EVENT_SSRC:
			ua_log(stream->env->log, UA_LOG_INFO, "media",
			       "another source: %08x", ev.ssrc);
			break;

		default:
			break;
		}
	}
}


/* What a device says once: a call goes on without it. */
static void tell_device(struct ua_stream *stream, int err, const char *what)
{
	if (err && err != EAGAIN && err != ENODATA)
		ua_log(stream->env->log, UA_LOG_ERROR, "audio", "%s: %m", what,
		       err);
}


static void record(struct ua_stream *stream, const int16_t *in,
		   const int16_t *out)
{
	int16_t mix[FRAME_MAX];
	size_t i;
	int v;

	if (!stream->record)
		return;

	for (i = 0; i < stream->nsamp; i++) {
		v = in[i] + out[i];
		mix[i] = (int16_t)(v > INT16_MAX   ? INT16_MAX
				   : v < INT16_MIN ? INT16_MIN
						   : v);
	}

	tell_device(stream, ua_audio_write(stream->record, mix, stream->nsamp),
		    "recording");
}


/* What came; on hold it is taken, so that none of it waits, and not played. */
static void hear(struct ua_stream *stream, uint64_t now_ms, int16_t *in)
{
	const enum ua_recv_kind kind =
		ua_recv_frame(stream->out.recv, now_ms, in, stream->nsamp);

	if (!stream->held)
		return;

	memset(in, 0, stream->nsamp * sizeof(in[0]));
	if (kind == UA_RECV_HEARD)
		stream->unplayed_s += stream->frame_ms / 1e3;
}


/* One frame: first what came, so that an echo answers in the same frame. */
static void frame(struct ua_stream *stream)
{
	const uint64_t now_ms = ua_clock_ms();
	int16_t in[FRAME_MAX];
	int16_t out[FRAME_MAX];

	hear(stream, now_ms, in);
	tell_device(stream, ua_audio_write(stream->audio, in, stream->nsamp),
		    "sink");

	memset(out, 0, stream->nsamp * sizeof(out[0]));

	/* A file waits for the answer; a device runs, so what it says before
	   that is read all the same, and dropped. */
	if (stream->talking || stream->has_fd)
		tell_device(stream,
			    ua_audio_read(stream->audio, out, stream->nsamp),
			    "source");

	if (!stream->talking || stream->held)
		memset(out, 0, stream->nsamp * sizeof(out[0]));
	else if (stream->dir & UA_SDP_SENDONLY) {
		(void)ua_send_input(stream->out.send, out, stream->nsamp);
		ua_streamout_sound(&stream->out, now_ms);
	}

	record(stream, in, out);
	ua_streamout_rtcp(&stream->out, now_ms);
	ua_streamout_keep(&stream->out, now_ms);
	tell_events(stream);
}


static void on_tick(void *arg)
{
	struct ua_stream *stream = arg;
	const uint64_t step_us = (uint64_t)stream->frame_ms * 1000;
	const uint64_t now_us = ua_clock_us();
	uint64_t wait_us;

	if (now_us > stream->due_us + BURST_MAX * step_us)
		stream->due_us = now_us;

	while (stream->due_us <= now_us) {
		stream->due_us += step_us;
		frame(stream);
	}

	wait_us = stream->due_us - now_us;
	tmr_start(&stream->tmr, (wait_us + 999) / 1000, on_tick, stream);
}


static void on_device(int flags, void *arg)
{
	struct ua_stream *stream = arg;

	(void)flags;
	frame(stream);
}


static int open_record(struct ua_stream *stream, const char *path,
		       unsigned number, char *errstr)
{
	struct ua_audio_conf conf = { .source = "silence",
				      .srate_hz = stream->srate_hz,
				      .nsamp = (uint32_t)stream->nsamp,
				      .number = number };
	char *sink;
	int err;

	err = re_sdprintf(&sink, "file:%s", path);
	if (err)
		return err;

	conf.sink = sink;
	err = ua_audio_open(&stream->record, &conf, errstr);
	mem_deref(sink);

	return err;
}


int ua_stream_alloc(struct ua_stream **streamp, struct ua_env *env,
		    const struct ua_call_conf *conf, unsigned number,
		    const struct ua_codec *codec,
		    const struct ua_stream_handlers *handlers, char *errstr)
{
	struct ua_audio_conf aconf = { .source = conf->source,
				       .sink = conf->sink,
				       .source_once = conf->source_once,
				       .number = number };
	char words[UA_AUDIO_ERRSTR] = "";
	struct ua_stream *stream;
	int err;

	stream = mem_zalloc(sizeof(*stream), stream_destructor);
	if (!stream)
		return ENOMEM;

	stream->env = env;
	ua_streamout_init(&stream->out, handlers);
	stream->dir = UA_SDP_INACTIVE;
	stream->srate_hz = codec->srate_hz;
	stream->frame_ms =
		env->conf->ptime_ms % FRAME_MS ? FRAME_MS / 2 : FRAME_MS;
	stream->nsamp = stream->srate_hz / 1000 * stream->frame_ms;
	tmr_init(&stream->tmr);

	aconf.srate_hz = stream->srate_hz;
	aconf.nsamp = (uint32_t)stream->nsamp;
	err = ua_audio_open(&stream->audio, &aconf, words);
	if (!err && conf->record)
		err = open_record(stream, conf->record, number, words);

	if (err) {
		if (errstr)
			(void)re_snprintf(errstr, UA_ERRSTR_MAX, "%s", words);
		mem_deref(stream);
		return err;
	}

	*streamp = stream;
	return 0;
}


static int set_send(struct ua_stream *stream,
		    const struct ua_offer_result *result)
{
	const struct ua_codec *codec =
		stream->env->conf->codecs[result->codec];
	const struct ua_send_conf conf = {
		.codec = codec,
		.pt = result->send_pt,
		.fmtp = result->fmtp[0] ? result->fmtp : NULL,
		.telev_pt = result->telev_pt >= 0 &&
					    result->telev_hz == codec->clock_hz
				    ? result->telev_pt
				    : -1,
		.ptime_ms = result->ptime,
		.srate_hz = stream->srate_hz,
		.rand = stream->env->rand,
	};
	int err;

	if (stream->out.send)
		return ua_send_set(stream->out.send, &conf);

	err = ua_send_alloc(&stream->out.send, &conf);
	if (!err)
		ua_send_mute(stream->out.send, stream->muted);

	return err;
}


static int set_recv(struct ua_stream *stream,
		    const struct ua_offer_result *result)
{
	struct ua_recv_conf conf;
	size_t i;

	ua_recv_conf_default(&conf);
	conf.srate_hz = stream->srate_hz;

	for (i = 0; i < result->recvc && conf.nfmt < UA_RECV_NFMT; i++) {
		const struct ua_offer_pt *pt = &result->recvv[i];
		struct ua_recv_fmt *fmt = &conf.fmts[conf.nfmt++];

		fmt->pt = pt->pt;
		fmt->clock_hz = pt->clock_hz;
		fmt->codec = pt->codec == UA_OFFER_TELEV
				     ? NULL
				     : stream->env->conf->codecs[pt->codec];
	}

	if (stream->out.recv) {
		ua_recv_set(stream->out.recv, conf.fmts, conf.nfmt);
		return 0;
	}

	return ua_recv_alloc(&stream->out.recv, &conf);
}


int ua_stream_set(struct ua_stream *stream,
		  const struct ua_offer_result *result)
{
	struct ua_rtcpses_conf conf = { .rand = stream->env->rand };
	const uint64_t now_ms = ua_clock_ms();
	int err;

	err = set_recv(stream, result);
	if (!err)
		err = set_send(stream, result);
	if (!err && !stream->out.rtcp) {
		/* NTP time that belongs to now_ms 0 */
		conf.ntp0 = ua_clock_ntp() - ((now_ms << 32) / 1000);
		err = ua_rtcpses_alloc(&stream->out.rtcp, now_ms, &conf);
	}
	if (err)
		return err;

	stream->dir = result->dir;
	ua_streamout_set(&stream->out, now_ms, result);

	return 0;
}


void ua_stream_path(struct ua_stream *stream, unsigned comp)
{
	ua_rtpalive_path(&stream->out.alive, ua_clock_ms(), comp);
}


void ua_stream_hold(struct ua_stream *stream, bool on)
{
	stream->held = on;
}


void ua_stream_run(struct ua_stream *stream)
{
	int fd;

	if (stream->running || !stream->out.send || !stream->out.recv)
		return;

	stream->running = true;
	fd = ua_audio_fd(stream->audio);
	if (fd >= 0 &&
	    !ua_fd_listen(&stream->ufd, fd, FD_READ, on_device, stream)) {
		stream->has_fd = true;
		return;
	}

	stream->due_us = ua_clock_us();
	tmr_start(&stream->tmr, 0, on_tick, stream);
}


void ua_stream_rearm(struct ua_stream *stream)
{
	if (tmr_isrunning(&stream->tmr))
		tmr_start(&stream->tmr, 0, on_tick, stream);
}


void ua_stream_talk(struct ua_stream *stream)
{
	stream->talking = true;
}


void ua_stream_stop(struct ua_stream *stream)
{
	const uint64_t now_ms = ua_clock_ms();

	tmr_cancel(&stream->tmr);
	if (stream->has_fd)
		ua_fd_close(&stream->ufd);
	stream->has_fd = false;
	stream->running = false;

	if (stream->out.rtcp && stream->out.send)
		ua_rtcpses_bye(stream->out.rtcp, now_ms,
			       ua_send_tx(stream->out.send));
	ua_streamout_rtcp(&stream->out, now_ms);

	ua_audio_close(stream->audio);
	ua_audio_close(stream->record);
	stream->audio = NULL;
	stream->record = NULL;
}


static void rtcp_packet(struct ua_stream *stream, uint64_t now_ms,
			const uint8_t *buf, size_t len)
{
	struct ua_rtcpses_stats stats;
	int err;

	err = ua_rtcpses_input(stream->out.rtcp, now_ms,
			       ua_send_tx(stream->out.send), buf, len);
	if (err) {
		ua_log(stream->env->log, UA_LOG_DEBUG, "media",
		       "RTCP packet dropped: %m", err);
		return;
	}

	ua_rtcpses_stats(stream->out.rtcp, &stats);
	ua_send_loss(stream->out.send, stats.loss);
}


void ua_stream_packet(struct ua_stream *stream, enum ua_demux kind,
		      const uint8_t *buf, size_t len)
{
	const uint64_t now_ms = ua_clock_ms();
	int err;

	if (!stream->out.send || !stream->out.recv || !stream->out.rtcp)
		return;

	if (kind == UA_DEMUX_RTCP) {
		rtcp_packet(stream, now_ms, buf, len);
		return;
	}

	err = ua_recv_packet(stream->out.recv, now_ms, buf, len);
	if (err)
		ua_log(stream->env->log, UA_LOG_DEBUG, "media",
		       "RTP packet dropped: %m", err);
}


int ua_stream_dtmf(struct ua_stream *stream, const char *digits)
{
	const size_t len = strlen(digits);
	size_t i;
	int err;

	if (!stream->out.send)
		return EPROTO;

	/* All or nothing: one bad character spoils the rest. */
	if (strspn(digits, "0123456789*#ABCDabcd,") != len)
		return EINVAL;

	if (len > UA_STREAM_DIGITS)
		return ENOSPC;

	for (i = 0; i < len; i++) {
		err = ua_send_dtmf(stream->out.send, digits[i],
				   digits[i] == ',' ? UA_STREAM_PAUSE_MS
						    : UA_STREAM_DIGIT_MS);
		if (err)
			return err;
	}

	return 0;
}


void ua_stream_mute(struct ua_stream *stream, bool on)
{
	stream->muted = on;
	if (stream->out.send)
		ua_send_mute(stream->out.send, on);
}


void ua_stream_stats(const struct ua_stream *stream,
		     struct ua_call_stats *stats)
{
	struct ua_rtcpses_stats rtcp = { .rtt_ms = 0 };
	struct ua_recv_stats recv;
	const struct ua_rtcpses_tx *tx;

	memset(stats, 0, sizeof(*stats));
	if (!stream->out.send || !stream->out.recv)
		return;

	if (stream->out.rtcp)
		ua_rtcpses_stats(stream->out.rtcp, &rtcp);
	ua_recv_stats(stream->out.recv, &recv);
	tx = ua_send_tx(stream->out.send);

	stats->tx_packets = tx->packets;
	stats->tx_bytes = tx->bytes;
	stats->rx_packets = recv.packets;
	stats->rx_bytes = recv.bytes;
	stats->rx_lost = recv.lost;
	stats->rx_late = recv.late;
	stats->jitter_ms = recv.jitter_ms;
	stats->rtt_ms = rtcp.rtt_ms;
	stats->mos = ua_recv_mos(stream->out.recv, rtcp.rtt_ms);
	stats->heard_s = recv.heard_s > stream->unplayed_s
				 ? recv.heard_s - stream->unplayed_s
				 : 0;
	stats->delay_ms = (uint32_t)recv.delay_ms;
}
