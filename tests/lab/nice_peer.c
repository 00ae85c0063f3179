/* SPDX-License-Identifier: BSD-3-Clause */
/** @file nice_peer.c  A phone on libnice for the lab: SIP by libre, G.711
 *
 * Registers, then calls the URI that is given or answers one call after the
 * other.  Says a tone, keeps what it heard as WAV, and prints a line of JSON
 * for each event; the last one of a call is `result`.
 *
 * libre runs in the main thread, libnice's context in another one, which
 * hands over by libre's message queue.
 */

#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/re_compat.h"
#include "nice_end.h"
#include "nice_sound.h"

enum {
	RATE = NICE_SOUND_RATE,
	FRAME = NICE_SOUND_FRAME,
	FRAME_MS = 20,
	HEADER = 12,
	PCMU = 0,
	HEARD_MAX = RATE * 120, /* Two minutes of a call are kept     */
	EXPIRES_S = 300,
	GOODBYE_MS = 2000
};

enum message { GATHERED, CONNECTED, READY, FAILED };

/** A call; what comes from libnice's thread says so */
struct call {
	struct sipsess *sess;
	struct nice_end *end;
	struct mbuf *offer; /* Of the peer, until we have gathered */
	char ufrag[NICE_END_LINE];
	double known, connected, ready; /* [s] */
	char path[64];                  /* "srflx/host", theirs            */
	bool caller;
	bool talking;
	uint16_t seq;
	uint32_t ts;

	pthread_mutex_t lock; /* Of the rest: libnice's thread writes it */
	int16_t *heard;
	size_t nheard;
	uint32_t first_ts;
	unsigned packets;
};

static struct {
	const char *local, *server, *user, *password;
	const char *turn_user, *turn_password, *file, *uri;
	unsigned turn_port;
	double say, expect; /* Hz */
	bool relay_only, regular;
} opt = { .turn_port = 3478, .say = 440, .expect = 740 };

static struct sip *sip;
static struct sipsess_sock *sock;
static struct sipreg *reg;
static struct mqueue *queue;
static struct call call;
static struct tmr frame_tmr, bye_tmr;
static GMainContext *ctx;
static GMainLoop *loop;
static pthread_t thread;
static uintptr_t ends; /* So many were made */
static bool registered;
static bool ending;


static double now_s(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);

	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}


static void say(const char *event)
{
	(void)printf("{\"event\":\"%s\"}\n", event);
	(void)fflush(stdout);
}


/* ----------------------------- libnice's --------------------------- */


/* arg: the end's number, so that a call hears nothing of the one before */
static void post(enum message what, void *arg)
{
	(void)mqueue_push(queue, (int)what, arg);
}


static void on_gathered(void *arg)
{
	post(GATHERED, arg);
}


static void on_connected(const char *local, const char *remote, void *arg)
{
	pthread_mutex_lock(&call.lock);
	(void)snprintf(call.path, sizeof(call.path), "%s/%s", local, remote);
	pthread_mutex_unlock(&call.lock);
	post(CONNECTED, arg);
}


static void on_ready(void *arg)
{
	post(READY, arg);
}


static void on_failed(void *arg)
{
	post(FAILED, arg);
}


/* A gap stays one: each packet goes where its timestamp says. */
static void on_packet(const uint8_t *buf, size_t len, void *arg)
{
	uint32_t ts;
	size_t at;

	(void)arg;
	if (len <= HEADER || buf[0] != 0x80 || (buf[1] & 0x7f) != PCMU)
		return;

	ts = (uint32_t)buf[4] << 24 | (uint32_t)buf[5] << 16 |
	     (uint32_t)buf[6] << 8 | buf[7];
	len -= HEADER;
	pthread_mutex_lock(&call.lock);
	if (!call.packets++) {
		call.first_ts = ts;
		nice_sound_save(
			opt.file, call.heard,
			call.nheard); /* It is there: something was heard. */
	}

	at = ts - call.first_ts;
	if (at + len <= HEARD_MAX) {
		nice_sound_decode(call.heard + at, buf + HEADER, len);
		if (call.nheard < at + len)
			call.nheard = at + len;
	}
	pthread_mutex_unlock(&call.lock);
}


static void *nice_thread(void *arg)
{
	(void)arg;
	g_main_context_push_thread_default(ctx);
	g_main_loop_run(loop);
	g_main_context_pop_thread_default(ctx);

	return NULL;
}


static void end_open(bool controlling)
{
	void *number = (void *)++ends;
	const struct nice_end_conf conf = {
		.ctx = ctx,
		.controlling = controlling,
		.regular = opt.regular,
		.relay_only = opt.relay_only,
		.consent = true,
		.server = opt.turn_user ? opt.server : NULL,
		.port = opt.turn_port,
		.user = opt.turn_user,
		.password = opt.turn_password,
		.handlers = {
			.gathered = on_gathered,
			.connected = on_connected,
			.ready = on_ready,
			.failed = on_failed,
			.packet = on_packet,
			.arg = number,
		},
	};

	call.caller = controlling;
	call.end = nice_end_new(&conf);
	if (!call.end || !nice_end_gather(call.end))
		say("nice_failed");
}


/* -------------------------------- SDP ------------------------------ */


static void on_line(const char *line, void *arg)
{
	(void)mbuf_printf(arg, "a=%s\r\n", line);
}


static struct mbuf *sdp_of_us(void)
{
	struct mbuf *mb = mbuf_alloc(2048);
	char ip[NICE_END_LINE] = "0.0.0.0";
	unsigned port = 9;

	if (!mb)
		return NULL;

	(void)nice_end_default(call.end, ip, &port);
	(void)mbuf_printf(mb,
			  "v=0\r\no=- %u 1 IN IP4 %s\r\ns=-\r\n"
			  "c=IN IP4 %s\r\nt=0 0\r\n"
			  "m=audio %u RTP/AVP 0\r\n"
			  "a=rtpmap:0 PCMU/8000\r\na=rtcp-mux\r\n",
			  (unsigned)getpid(), ip, ip, port);
	nice_end_describe(call.end, on_line, mb);
	mb->pos = 0;

	return mb;
}


/* The value of a line "a=NAME..."; moves on; false: it is another line */
static bool value(char *line, const char *name, char **at)
{
	const size_t len = strlen(name);

	if (strncmp(line, "a=", 2) || strncmp(line + 2, name, len))
		return false;

	*at = line + 2 + len;

	return true;
}


static void sdp_of_peer(const uint8_t *buf, size_t len)
{
	char text[16384];
	char *candv[NICE_END_CANDS];
	char *line, *rest, *at;
	const char *ufrag = "";
	const char *pwd = "";
	size_t n = 0;

	if (len >= sizeof(text))
		return;

	memcpy(text, buf, len);
	text[len] = '\0';
	for (line = strtok_r(text, "\r\n", &rest); line;
	     line = strtok_r(NULL, "\r\n", &rest)) {
		if (value(line, "ice-ufrag:", &at))
			ufrag = at;
		else if (value(line, "ice-pwd:", &at))
			pwd = at;
		else if (value(line, "candidate:", &at) && n < NICE_END_CANDS)
			candv[n++] = line + 2;
	}

	if (call.ufrag[0] && strcmp(call.ufrag, ufrag))
		(void)nice_end_restart(call.end);
	else if (call.ufrag[0])
		return; /* Nothing of ICE is new. */

	(void)snprintf(call.ufrag, sizeof(call.ufrag), "%s", ufrag);
	call.known = now_s();
	if (!nice_end_remote(call.end, ufrag, pwd, candv, n))
		say("no_candidates");
}


/* -------------------------------- call ----------------------------- */


static void on_frame(void *arg)
{
	uint8_t buf[HEADER + FRAME] = { 0x80, PCMU };
	size_t i;

	tmr_start(&frame_tmr, FRAME_MS, on_frame, arg);
	buf[2] = (uint8_t)(call.seq >> 8);
	buf[3] = (uint8_t)call.seq++;
	for (i = 0; i < 4; i++) {
		buf[4 + i] = (uint8_t)(call.ts >> (24 - 8 * i));
		buf[8 + i] = (uint8_t)(0x6e696365u >> (24 - 8 * i));
	}
	nice_sound_tone(buf + HEADER, opt.say, call.ts);
	call.ts += FRAME;
	(void)nice_end_send(call.end, buf, sizeof(buf));
}


static double ms_of(double at)
{
	return at > 0 ? (at - call.known) * 1e3 : -1;
}


static void result(void)
{
	pthread_mutex_lock(&call.lock);
	(void)printf("{\"event\":\"result\",\"role\":\"%s\","
		     "\"connected_ms\":%.1f,\"ready_ms\":%.1f,"
		     "\"path\":\"%s\",\"packets\":%u,\"heard_s\":%.2f}\n",
		     call.caller ? "offer" : "answer", ms_of(call.connected),
		     ms_of(call.ready), call.path, call.packets,
		     nice_sound_seconds(call.heard, call.nheard, opt.expect));
	(void)fflush(stdout);
	if (call.packets)
		nice_sound_save(opt.file, call.heard, call.nheard);
	pthread_mutex_unlock(&call.lock);
}


/* By libnice's thread: none of its handlers runs meanwhile. */
static gboolean end_close(gpointer arg)
{
	nice_end_free(arg);

	return G_SOURCE_REMOVE;
}


static void call_close(void)
{
	tmr_cancel(&frame_tmr);
	call.talking = false;
	if (call.end) {
		g_main_context_invoke(ctx, end_close, call.end);
		call.end = NULL;
		result();
	}

	call.sess = mem_deref(call.sess);
	call.offer = mem_deref(call.offer);
	call.ufrag[0] = '\0';
	call.known = call.connected = call.ready = 0;
	pthread_mutex_lock(&call.lock);
	call.packets = 0;
	call.nheard = 0;
	memset(call.heard, 0, HEARD_MAX * sizeof(*call.heard));
	pthread_mutex_unlock(&call.lock);
}


static int auth_handler(char **user, char **password, const char *realm,
			void *arg)
{
	(void)realm;
	(void)arg;

	return str_dup(user, opt.user) || str_dup(password, opt.password);
}


/* A re-INVITE */
static int offer_handler(struct mbuf **descp, const struct sip_msg *msg,
			 void *arg)
{
	(void)arg;
	if (mbuf_get_left(msg->mb))
		sdp_of_peer(mbuf_buf(msg->mb), mbuf_get_left(msg->mb));
	*descp = sdp_of_us();

	return *descp ? 0 : ENOMEM;
}


static int answer_handler(const struct sip_msg *msg, void *arg)
{
	(void)arg;
	if (msg->scode >= 200)
		sdp_of_peer(mbuf_buf(msg->mb), mbuf_get_left(msg->mb));

	return 0;
}


static void estab_handler(const struct sip_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	say("established");
}


static void close_handler(int err, const struct sip_msg *msg, void *arg)
{
	(void)arg;
	(void)printf("{\"event\":\"closed\",\"code\":%u,\"error\":%d}\n",
		     msg ? msg->scode : 0, err);
	call_close();
}


static void conn_handler(const struct sip_msg *msg, void *arg)
{
	int err;

	(void)arg;
	if (call.sess) {
		(void)sip_treply(NULL, sip, msg, 486, "Busy Here");
		return;
	}

	say("incoming");
	call.offer = mbuf_alloc(mbuf_get_left(msg->mb) + 1);
	if (!call.offer)
		return;

	(void)mbuf_write_mem(call.offer, mbuf_buf(msg->mb),
			     mbuf_get_left(msg->mb));
	err = sipsess_accept(&call.sess, sock, msg, 180, "Ringing", opt.user,
			     "application/sdp", NULL, auth_handler, NULL,
			     false, offer_handler, answer_handler,
			     estab_handler, NULL, NULL, close_handler, NULL,
			     NULL);
	if (err)
		say("refused");
	else
		end_open(false);
}


static void invite(void)
{
	char from[256];
	struct mbuf *mb = sdp_of_us();
	int err;

	(void)snprintf(from, sizeof(from), "sip:%s@%s", opt.user, opt.server);
	err = sipsess_connect(&call.sess, sock, opt.uri, NULL, from, opt.user,
			      NULL, 0, "application/sdp", mb, auth_handler,
			      NULL, false, offer_handler, answer_handler, NULL,
			      estab_handler, NULL, NULL, close_handler, NULL,
			      NULL);
	mem_deref(mb);
	say(err ? "no_call" : "calling");
}


static void answer(void)
{
	struct mbuf *mb;

	sdp_of_peer(call.offer->buf, call.offer->end);
	mb = sdp_of_us();
	if (sipsess_answer(call.sess, 200, "OK", mb, NULL))
		say("no_answer");
	mem_deref(mb);
}


static void on_message(int id, void *data, void *arg)
{
	(void)arg;
	if (!call.end || (uintptr_t)data != ends)
		return;

	switch (id) {

	case GATHERED:
		if (call.offer)
			answer();
		else
			invite();
		break;

	case CONNECTED:
		if (call.connected <= 0)
			call.connected = now_s();
		if (!call.talking) {
			call.talking = true;
			say("connected");
			on_frame(NULL);
		}
		break;

	case READY:
		if (call.ready <= 0)
			call.ready = now_s();
		break;

	case FAILED:
		say("ice_failed");
		break;
	}
}


/* ------------------------------- phone ----------------------------- */


static void register_handler(int err, const struct sip_msg *msg, void *arg)
{
	(void)arg;
	if (err || !msg || msg->scode < 200 || registered)
		return;

	if (msg->scode >= 300) {
		say("register_failed");
		return;
	}

	registered = true;
	say("registered");
	if (opt.uri)
		end_open(true);
}


static void exit_handler(void *arg)
{
	(void)arg;
	re_cancel();
}


static void signal_handler(int sig)
{
	(void)sig;
	if (ending) {
		re_cancel();
		return;
	}

	ending = true;
	call_close();
	sipsess_close_all(sock);
	reg = mem_deref(reg);
	sip_close(sip, false);
	tmr_start(&bye_tmr, GOODBYE_MS, exit_handler, NULL);
}


static int start(void)
{
	char registrar[256], aor[256];
	struct sa laddr;
	int err;

	err = sa_set_str(&laddr, opt.local, 0);
	if (!err)
		err = sip_alloc(&sip, NULL, 32, 32, 32, "nice_peer",
				exit_handler, NULL);
	if (!err)
		err = sip_transp_add(sip, SIP_TRANSP_UDP, &laddr);
	if (!err)
		err = sipsess_listen(&sock, sip, 32, conn_handler, NULL);
	if (!err)
		err = mqueue_alloc(&queue, on_message, NULL);
	if (err)
		return err;

	(void)snprintf(registrar, sizeof(registrar), "sip:%s", opt.server);
	(void)snprintf(aor, sizeof(aor), "sip:%s@%s", opt.user, opt.server);

	return sipreg_register(&reg, sip, registrar, aor, NULL, aor, EXPIRES_S,
			       opt.user, NULL, 0, 0, auth_handler, NULL, false,
			       register_handler, NULL, NULL, NULL);
}


static int usage(void)
{
	(void)fprintf(stderr,
		      "usage: nice_peer -a ADDRESS -s SERVER -u USER "
		      "-w PASSWORD -o FILE.wav [-p TURN-PORT] [-t TURN-USER "
		      "-T TURN-PASSWORD] [-f HZ] [-F HZ] [-r] [-R] [URI]\n"
		      "  -f our tone, -F the other's, -r relay only, -R "
		      "regular nomination\n");
	return 64;
}


static bool options(int argc, char *argv[])
{
	int c;

	while ((c = getopt(argc, argv, "a:s:u:w:o:p:t:T:f:F:rR")) != -1) {
		switch (c) {

		case 'a':
			opt.local = optarg;
			break;

		case 's':
			opt.server = optarg;
			break;

		case 'u':
			opt.user = optarg;
			break;

		case 'w':
			opt.password = optarg;
			break;

		case 'o':
			opt.file = optarg;
			break;

		case 'p':
			opt.turn_port = (unsigned)atoi(optarg);
			break;

		case 't':
			opt.turn_user = optarg;
			break;

		case 'T':
			opt.turn_password = optarg;
			break;

		case 'f':
			opt.say = atof(optarg);
			break;

		case 'F':
			opt.expect = atof(optarg);
			break;

		case 'r':
			opt.relay_only = true;
			break;

		case 'R':
			opt.regular = true;
			break;

		default:
			return false;
		}
	}

	opt.uri = optind < argc ? argv[optind] : NULL;

	return opt.local && opt.server && opt.user && opt.password && opt.file;
}


int main(int argc, char *argv[])
{
	int err;

	if (!options(argc, argv))
		return usage();

	call.heard = calloc(HEARD_MAX, sizeof(*call.heard));
	if (!call.heard || libre_init())
		return 1;

	pthread_mutex_init(&call.lock, NULL);
	ctx = g_main_context_new();
	loop = g_main_loop_new(ctx, FALSE);
	err = start();
	if (!err)
		err = pthread_create(&thread, NULL, nice_thread, NULL);
	if (err) {
		(void)fprintf(stderr, "nice_peer: %s\n", strerror(err));
		return 1;
	}

	err = re_main(signal_handler);

	/* libnice has released its relay meanwhile. */
	g_main_loop_quit(loop);
	(void)pthread_join(thread, NULL);
	tmr_cancel(&bye_tmr);
	tmr_cancel(&frame_tmr);
	mem_deref(reg);
	mem_deref(sock);
	mem_deref(sip);
	mem_deref(queue);
	g_main_loop_unref(loop);
	g_main_context_unref(ctx);
	libre_close();
	free(call.heard);

	return err;
}
