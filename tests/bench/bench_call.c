/* SPDX-License-Identifier: BSD-3-Clause */
/** @file bench_call.c  What a call costs: time to INVITE, to sound, delay
 *
 * Two agents in one process and one thread, on loopback; a registrar that
 * grants everything.  Real time and real sockets, no servers, PCMA.  Nothing
 * is asserted: each row has a target or a bound that this run measured.
 */

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <ua/ua.h>
#include "base/addr.h"
#include "base/clock.h"
#include "base/re_compat.h"
#include "benchreg.h"

enum {
	SINGLE = 40,    /* Calls one after the other            */
	MANY = 50,      /* Calls that talk at once              */
	BURST = 25,     /* Calls dialled at once: the kernel's usual buffer of
			   a socket is full with the answers to 50  */
	TALK_MS = 3000, /* How long they talk                   */
	ACCOUNTS = 100,
	QUIET_MS = 6000, /* Transactions of SIP are forgotten    */
	WAIT_MS = 20000,
	PINGS = 20000,
	DELAYS = 5,    /* Calls for the delay                  */
	DATAGRAMS = 7, /* INVITE 100 180 200 ACK BYE 200       */

	SRATE_HZ = 8000,
	FRAME = 160,
	FRAME_MS = 20,
	CLICK_EVERY = 2000, /* Samples between two clicks           */
	CLICK_LEN = 8,
	CLICKS = 4,
	CLICK_LEVEL = 20000,
	WAV_HEADER = 44
};

/** One agent and what it told last of each kind [s] */
struct side {
	struct ua_agent *agent;
	double first[UA_EVENT_CLOSED + 1];
	double nominated;
	unsigned count[UA_EVENT_CLOSED + 1];
	struct ua_call_conf sound;
};

static struct side a, b;
static char dir[] = "/tmp/bench-call-XXXXXX";


static void die(const char *what, int err)
{
	(void)fprintf(stderr, "bench_call: %s: %s\n", what, strerror(err));
	exit(1);
}


static double cpu_s(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}


static double wall_s(void)
{
	return (double)ua_clock_us() / 1e6;
}


static double heap(void)
{
	return (double)mallinfo2().uordblks;
}


/* ------------------------------ loop ------------------------------- */


struct wait {
	struct tmr tick;
	struct tmr end;
	const unsigned *count;
	unsigned want;
	bool late;
};


static void on_tick(void *arg)
{
	struct wait *w = arg;

	if (*w->count >= w->want)
		re_cancel();
	else
		tmr_start(&w->tick, 1, on_tick, w);
}


static void on_end(void *arg)
{
	struct wait *w = arg;

	w->late = true;
	re_cancel();
}


/* Run until a count is reached; NULL: for a time, without a tick. */
static void run(const unsigned *count, unsigned want, uint64_t ms)
{
	struct wait w = { .count = count, .want = want };

	tmr_init(&w.tick);
	tmr_init(&w.end);
	tmr_start(&w.end, ms, on_end, &w);
	if (count)
		tmr_start(&w.tick, 0, on_tick, &w);
	(void)re_main(NULL);
	tmr_cancel(&w.tick);
	tmr_cancel(&w.end);

	if (count && w.late)
		die("what was waited for did not come", ETIMEDOUT);
}


static void answer(struct side *side, struct ua_call *call)
{
	const int err = ua_call_answer(call, &side->sound, NULL);

	if (err)
		die("no answer", err);
}


static void on_event(const struct ua_event *ev, void *arg)
{
	struct side *side = arg;

	if (!side->count[ev->type]++)
		side->first[ev->type] = ev->t_s;

	if (ev->type == UA_EVENT_ICE_CONNECTED && ev->ice.nominated &&
	    side->nominated < 0)
		side->nominated = ev->t_s;

	if (ev->type == UA_EVENT_INCOMING)
		answer(side, ev->call);
}


static void side_forget(struct side *side)
{
	memset(side->first, 0, sizeof(side->first));
	memset(side->count, 0, sizeof(side->count));
	side->nominated = -1;
}


static void side_open(struct side *side)
{
	static const struct ua_codec *codec;
	struct ua_agent_conf conf;
	char errstr[UA_ERRSTR_MAX];

	codec = ua_codec_find("pcma");
	ua_agent_conf_default(&conf);
	conf.ifaces[0] = "lo";
	conf.ip6 = false;
	conf.codecs = &codec;
	conf.ncodec = 1;
	conf.max_calls = 4 * MANY;
	conf.event_h = on_event;
	conf.arg = side;
	if (ua_agent_alloc(&side->agent, &conf, errstr))
		die(errstr, EINVAL);

	ua_call_conf_default(&side->sound);
	side_forget(side);
}


static void call_start(void)
{
	char errstr[UA_ERRSTR_MAX];
	char addr[UA_ADDR_LEN];
	char uri[UA_ADDR_LEN + 8];

	(void)snprintf(uri, sizeof(uri), "sip:%s",
		       ua_addr_str(ua_agent_local(b.agent), addr));
	if (ua_call_connect(NULL, a.agent, NULL, uri, &a.sound, errstr))
		die(errstr, EINVAL);
}


static void hangup_all(void)
{
	struct ua_call *call = NULL;
	const unsigned n = a.count[UA_EVENT_CALLING];

	while ((call = ua_call_next(a.agent, call)) != NULL)
		ua_call_hangup(call, 0, NULL);

	run(&a.count[UA_EVENT_CLOSED], n, WAIT_MS);
	run(&b.count[UA_EVENT_CLOSED], n, WAIT_MS);
}


static int cmp(const void *p, const void *q)
{
	const double x = *(const double *)p;
	const double y = *(const double *)q;

	return (x > y) - (x < y);
}


/* "median 1.2, worst 3.4 ms; target 5 ms (0.24)": the ratio is of the
   median */
static void row(const char *name, double *v, size_t n, double target_ms)
{
	qsort(v, n, sizeof(*v), cmp);
	(void)printf("call  %-34s median %6.2f, worst %6.2f ms; target %.0f "
		     "ms (%.2f)\n",
		     name, v[n / 2] * 1e3, v[n - 1] * 1e3, target_ms,
		     v[n / 2] * 1e3 / target_ms);
}


/* ------------------------------ bounds ----------------------------- */


/* What the kernel takes for one datagram, sent and received [s of CPU] */
static double datagram_s(size_t len)
{
	struct sockaddr_storage ss;
	socklen_t sslen = sizeof(ss);
	struct ua_addr lo;
	struct sa sa;
	uint8_t buf[2048] = { 0 };
	double at;
	int fd, i;

	if (ua_addr_set(&lo, "127.0.0.1", 0))
		die("address", EINVAL);

	ua_addr_to_sa(&sa, &lo);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, &sa.u.sa, sa.len) ||
	    getsockname(fd, (struct sockaddr *)&ss, &sslen))
		die("socket", errno);

	at = cpu_s();
	for (i = 0; i < PINGS; i++) {
		if (sendto(fd, buf, len, 0, (struct sockaddr *)&ss, sslen) <
			    0 ||
		    recv(fd, buf, sizeof(buf), 0) < 0)
			die("ping", errno);
	}
	at = cpu_s() - at;
	(void)close(fd);

	return at / PINGS;
}


/* ------------------------------ rows ------------------------------- */


static void bench_single(void)
{
	double invite[SINGLE], valid[SINGLE], nominated[SINGLE];
	double sent[SINGLE], heard[SINGLE];
	double known;
	size_t i;

	for (i = 0; i < SINGLE; i++) {
		side_forget(&a);
		side_forget(&b);
		invite[i] = ua_agent_time(a.agent);
		call_start();
		run(&a.count[UA_EVENT_MEDIA_HEARD], 1, WAIT_MS);
		while (a.nominated < 0)
			run(NULL, 0, 1);

		known = a.first[UA_EVENT_ICE_REMOTE];
		invite[i] = a.first[UA_EVENT_CALLING] - invite[i];
		valid[i] = a.first[UA_EVENT_ICE_CONNECTED] - known;
		nominated[i] = a.nominated - known;
		sent[i] = a.first[UA_EVENT_MEDIA_SENT] - known;
		heard[i] = a.first[UA_EVENT_MEDIA_HEARD] - known;
		hangup_all();
	}

	row("asked for to INVITE on the wire", invite, SINGLE, 5);
	row("both sets known to a path", valid, SINGLE, 20);
	row("both sets known to first packet", sent, SINGLE, 20);
	row("both sets known to nominated", nominated, SINGLE, 50);
	row("both sets known to first sound", heard, SINGLE, 20 + 45);
}


static void bench_rate(void)
{
	const double bound = DATAGRAMS * datagram_s(1000);
	double wall, cpu, set_up;
	unsigned i;

	side_forget(&a);
	side_forget(&b);
	wall = wall_s();
	cpu = cpu_s();
	for (i = 0; i < BURST; i++)
		call_start();
	run(&a.count[UA_EVENT_ANSWERED], BURST, WAIT_MS);
	set_up = wall_s() - wall;
	hangup_all();
	cpu = cpu_s() - cpu;

	(void)printf("call  %u at once, both ends: all answered in %.0f ms, "
		     "%.0f a second\n",
		     BURST, set_up * 1e3, BURST / set_up);
	(void)printf("call  processor from dial to gone, both ends: %.2f ms a "
		     "call; the kernel alone for %u datagrams %.3f ms (%.0f "
		     "times)\n",
		     cpu / BURST * 1e3, DATAGRAMS, bound * 1e3,
		     cpu / BURST / bound);
}


static void bench_talk(void)
{
	const double packet = datagram_s(12 + FRAME);
	double at, cpu, used, bound;
	unsigned i;

	run(NULL, 0, QUIET_MS);
	side_forget(&a);
	side_forget(&b);
	a.sound.source = "tone:700";
	b.sound.source = "tone:440";
	used = heap();
	for (i = 0; i < MANY; i++)
		call_start();
	run(&a.count[UA_EVENT_MEDIA_HEARD], MANY, WAIT_MS);
	run(&b.count[UA_EVENT_MEDIA_HEARD], MANY, WAIT_MS);
	run(NULL, 0, FRAME_MS * 10);

	at = wall_s();
	cpu = cpu_s();
	run(NULL, 0, TALK_MS);
	cpu = (cpu_s() - cpu) / (wall_s() - at) / (2 * MANY);
	used = (heap() - used) / (2 * MANY);

	/* An end sends 50 packets a second, which somebody receives. */
	bound = 1000.0 / FRAME_MS * packet;
	(void)printf("call  memory of an end that talks: %.1f KiB of heap; "
		     "target 96 KiB (%.2f)\n",
		     used / 1024, used / 1024 / 96);
	(void)printf("call  processor of an end that talks: %.2f ms a second, "
		     "%.0f on a core; target 1000 (%.2f); the kernel alone "
		     "for its packets %.2f ms (%.1f times)\n",
		     cpu * 1e3, 1 / cpu, 1 / cpu / 1000, bound * 1e3,
		     cpu / bound);

	hangup_all();
	a.sound.source = NULL;
	b.sound.source = NULL;
}


/* ------------------------------ delay ------------------------------ */


static void put(uint8_t *at, uint32_t v, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		at[i] = (uint8_t)(v >> (8 * i));
}


/* Clicks in silence, the first one after one distance */
static void clicks_write(const char *path)
{
	static int16_t pcm[CLICK_EVERY * (CLICKS + 1)];
	uint8_t hdr[WAV_HEADER] = "RIFF____WAVEfmt ";
	FILE *f = fopen(path, "wb");
	size_t i, k;

	for (i = 1; i <= CLICKS; i++) {
		for (k = 0; k < CLICK_LEN; k++)
			pcm[i * CLICK_EVERY + k] = CLICK_LEVEL;
	}

	put(hdr + 4, WAV_HEADER - 8 + sizeof(pcm), 4);
	put(hdr + 16, 16, 4);
	put(hdr + 20, 1, 2);
	put(hdr + 22, 1, 2);
	put(hdr + 24, SRATE_HZ, 4);
	put(hdr + 28, SRATE_HZ * 2, 4);
	put(hdr + 32, 2, 2);
	put(hdr + 34, 16, 2);
	memcpy(hdr + 36, "data", 4);
	put(hdr + 40, sizeof(pcm), 4);

	if (!f || fwrite(hdr, sizeof(hdr), 1, f) != 1 ||
	    fwrite(pcm, sizeof(pcm), 1, f) != 1 || fclose(f))
		die(path, errno);
}


/* Where the clicks are [samples]; returns how many there are. */
static size_t clicks_read(const char *path, size_t *atv)
{
	static int16_t pcm[CLICK_EVERY * (CLICKS + 8)];
	FILE *f = fopen(path, "rb");
	size_t n, i;
	size_t found = 0;

	if (!f || fseek(f, WAV_HEADER, SEEK_SET))
		die(path, errno);

	n = fread(pcm, sizeof(pcm[0]), sizeof(pcm) / sizeof(pcm[0]), f);
	(void)fclose(f);

	for (i = 0; i < n && found < CLICKS; i++) {
		if (pcm[i] < CLICK_LEVEL / 2)
			continue;

		atv[found++] = i;
		i += CLICK_EVERY / 2;
	}

	return found;
}


/* A sample's own time in frames that are handed over each FRAME_MS */
static double sample_s(size_t n)
{
	return (double)n / SRATE_HZ;
}


/*
 * Both streams start with a frame at once, and MEDIA_SENT tells when: the
 * caller's frame is complete then, so its first sample was spoken a frame
 * earlier; the callee's sink gets its first frame then, which is heard from
 * then on.  What a sound card adds is not in it.
 *
 * Both clocks start when the path is found, within microseconds here: a
 * packet just misses a frame of the sink, so this is the worst phase.
 */
static size_t delay_of_call(const char *heard, double *v)
{
	size_t atv[CLICKS];
	double spoken, played;
	size_t i, n;

	call_start();
	run(&b.count[UA_EVENT_MEDIA_SENT], 1, WAIT_MS);
	run(NULL, 0, (CLICKS + 1) * CLICK_EVERY / (SRATE_HZ / 1000));
	hangup_all();

	spoken = wall_s() - ua_agent_time(a.agent) +
		 a.first[UA_EVENT_MEDIA_SENT] - FRAME_MS / 1e3;
	played = wall_s() - ua_agent_time(b.agent) +
		 b.first[UA_EVENT_MEDIA_SENT];

	n = clicks_read(heard, atv);
	for (i = 0; i < n; i++)
		v[i] = played + sample_s(atv[i]) - spoken -
		       sample_s((i + 1) * CLICK_EVERY);

	return n;
}


static void bench_delay(void)
{
	char said[64], heard[64], source[80], sink[80];
	double v[DELAYS * CLICKS];
	size_t n = 0;
	size_t i;

	if (!mkdtemp(dir))
		die(dir, errno);
	(void)snprintf(said, sizeof(said), "%s/said.wav", dir);
	(void)snprintf(heard, sizeof(heard), "%s/heard.wav", dir);
	(void)snprintf(source, sizeof(source), "file:%s", said);
	(void)snprintf(sink, sizeof(sink), "file:%s", heard);
	clicks_write(said);
	a.sound.source = source;
	b.sound.sink = sink;

	for (i = 0; i < DELAYS; i++) {
		side_forget(&a);
		side_forget(&b);
		n += delay_of_call(heard, v + n);
	}

	if (n)
		row("mouth to ear, one way", v, n, 45);
	(void)printf("call  clicks heard: %zu of %u\n", n, DELAYS * CLICKS);

	a.sound.source = NULL;
	b.sound.sink = NULL;
	(void)unlink(said);
	(void)unlink(heard);
	(void)rmdir(dir);
}


/* ----------------------------- accounts ---------------------------- */


static void bench_accounts(void)
{
	static struct udp_sock *us;
	struct ua_account_conf conf;
	char errstr[UA_ERRSTR_MAX];
	struct sa local;
	char aor[64];
	double used;
	unsigned i;

	if (sa_set_str(&local, "127.0.0.1", 0) ||
	    udp_listen(&us, &local, benchreg_recv, &us) ||
	    udp_local_get(us, &local))
		die("registrar", errno);

	side_forget(&a);
	ua_account_conf_default(&conf);
	conf.aor = aor;
	conf.password = "secret";
	used = heap();
	for (i = 0; i < ACCOUNTS; i++) {
		(void)re_snprintf(aor, sizeof(aor), "sip:user%u@%J", i,
				  &local);
		if (ua_account_add(NULL, a.agent, &conf, errstr))
			die(errstr, EINVAL);
	}
	run(&a.count[UA_EVENT_REGISTERED], ACCOUNTS, WAIT_MS);
	run(NULL, 0, QUIET_MS);
	used = (heap() - used) / ACCOUNTS;

	(void)printf("call  memory of a registered account: %.1f KiB of heap; "
		     "target 16 KiB (%.2f)\n",
		     used / 1024, used / 1024 / 16);

	ua_agent_stop(a.agent);
	if (ua_run(a.agent))
		die("loop", errno);
	mem_deref(us);
}


int main(void)
{
	side_open(&a);
	side_open(&b);

	bench_single();
	bench_rate();
	bench_talk();
	bench_delay();
	bench_accounts();

	ua_agent_free(a.agent);
	ua_agent_free(b.agent);

	return 0;
}
