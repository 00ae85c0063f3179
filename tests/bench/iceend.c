/* SPDX-License-Identifier: BSD-3-Clause */
/** @file iceend.c  Ends of ICE that a script drives, or a crowd of them
 *
 * Linked with one engine, see iceend.h: the signalling, the media and the
 * clock are the same for all.
 *
 *   call    one end after the other.  Commands on stdin, a line each: `new
 *           offer`, `new answer`, then `r LINE` for each line of the peer's
 *           description and `go`; `drop`; `quit`.  It prints our description
 *           (`l LINE`), and what happens with the time of CLOCK_MONOTONIC
 *           [s]: gathered, known, connected, heard, nominated, failed.
 *   crowd   N ends, each talking to another one over loopback: what they
 *           cost, as one line of JSON.
 */

#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "iceend.h"

enum {
	CALL_TICK_MS = 20, /* A packet of media */
	CROWD_TICK_MS = 50,
	CROWD_AT_ONCE = 20, /* Ends that connect at the same time */
	CROWD_WAIT_S = 120,
	SETTLE_S = 5,
	RTP_LEN = 172,
	INPUT_MAX = 65536,
	FDS_MAX = 8192
};

struct iceend {
	struct engine_end *ee;
	struct iceend *peer; /* In a crowd */
	struct iceend_desc *desc;
	bool gathered;
	bool connected;
	bool nominated;
	bool heard;
};

static struct iceend call;
static struct iceend *crowd;
static unsigned crowd_size;
static unsigned crowd_begun;
static unsigned crowd_done;
static unsigned crowd_failed;
static size_t heap_peak;
static double deadline_s;


static double now_s(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);

	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}


static double cpu_s(void)
{
	struct rusage ru;

	(void)getrusage(RUSAGE_SELF, &ru);

	return (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) +
	       (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6;
}


static size_t heap(void)
{
	const struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}


static void die(const char *what, int err)
{
	(void)fprintf(stderr, "iceend: %s: %s\n", what, strerror(err));
	exit(1);
}


static void say(const char *what)
{
	(void)printf("%s %.6f\n", what, now_s());
	(void)fflush(stdout);
}


static void talk(struct iceend *end)
{
	const uint8_t buf[RTP_LEN] = { 0x80 };

	(void)engine_send(end->ee, buf, sizeof(buf));
}


/* ----------------------- what the engine tells --------------------- */


static void look_at_heap(void)
{
	const size_t now = heap();

	if (now > heap_peak)
		heap_peak = now;
}


static void exchange(struct iceend *a, struct iceend *b)
{
	int err;

	engine_describe(a->ee, a->desc);
	engine_describe(b->ee, b->desc);
	err = engine_remote(b->ee, a->desc);
	if (!err)
		err = engine_remote(a->ee, b->desc);
	if (err)
		die("description", err);
}


void iceend_gathered(struct iceend *end)
{
	size_t i;

	end->gathered = true;
	if (end->peer)
		return;

	engine_describe(end->ee, end->desc);
	(void)printf("l ice-ufrag:%s\nl ice-pwd:%s\n", end->desc->ufrag,
		     end->desc->pwd);
	for (i = 0; i < end->desc->candc; i++)
		(void)printf("l %s\n", end->desc->candv[i]);
	say("gathered");
}


void iceend_connected(struct iceend *end, const char *local,
		      const char *remote)
{
	const bool first = !end->connected;
	char what[64];

	look_at_heap();
	end->connected = true;
	if (end->peer)
		return;

	(void)snprintf(what, sizeof(what), "connected %s %s", local, remote);
	say(what);
	if (first)
		talk(end);
}


void iceend_nominated(struct iceend *end, const char *local,
		      const char *remote)
{
	char what[64];

	look_at_heap();
	if (!end->nominated)
		++crowd_done;

	end->nominated = true;
	if (end->peer)
		return;

	(void)snprintf(what, sizeof(what), "nominated %s %s", local, remote);
	say(what);
}


void iceend_failed(struct iceend *end)
{
	if (end->peer)
		++crowd_failed;
	else
		say("failed");
}


void iceend_heard(struct iceend *end)
{
	if (end->heard)
		return;

	end->heard = true;
	if (!end->peer)
		say("heard");
}


/* ------------------------------- call ------------------------------ */


static void call_drop(void)
{
	if (call.ee)
		engine_end_close(call.ee);

	call.ee = NULL;
	call.gathered = call.connected = call.nominated = call.heard = false;
}


static void call_new(bool offer)
{
	int err;

	call_drop();
	say("new");
	err = engine_end_alloc(&call.ee, &call, offer);
	if (err)
		die("new end", err);

	call.desc->candc = 0;
}


static void call_line(const char *line)
{
	struct iceend_desc *desc = call.desc;

	if (!strncmp(line, "ice-ufrag:", 10))
		(void)snprintf(desc->ufrag, ICEEND_LINE, "%s", line + 10);
	else if (!strncmp(line, "ice-pwd:", 8))
		(void)snprintf(desc->pwd, ICEEND_LINE, "%s", line + 8);
	else if (desc->candc < ICEEND_CANDS)
		(void)snprintf(desc->candv[desc->candc++], ICEEND_LINE, "%s",
			       line);
}


static void call_go(void)
{
	int err;

	say("known");
	err = engine_remote(call.ee, call.desc);
	if (err)
		die("remote description", err);
}


static void command(const char *line)
{
	if (!strcmp(line, "new offer"))
		call_new(true);
	else if (!strcmp(line, "new answer"))
		call_new(false);
	else if (!strncmp(line, "r ", 2) && call.ee) {
		/* Ours was told already: the room is free for theirs. */
		if (!strncmp(line + 2, "ice-ufrag:", 10))
			call.desc->candc = 0;
		call_line(line + 2);
	}
	else if (!strcmp(line, "go") && call.ee)
		call_go();
	else if (!strcmp(line, "drop"))
		call_drop();
	else if (!strcmp(line, "quit"))
		engine_cancel();
	else
		die(line, EINVAL);
}


static void on_stdin(void)
{
	static char buf[INPUT_MAX];
	static size_t len;
	char *line = buf;
	char *end;
	ssize_t n;

	n = read(STDIN_FILENO, buf + len, sizeof(buf) - 1 - len);
	if (n <= 0) {
		engine_cancel();
		return;
	}

	len += (size_t)n;
	buf[len] = '\0';
	while ((end = strchr(line, '\n')) != NULL) {
		*end = '\0';
		command(line);
		line = end + 1;
	}

	len -= (size_t)(line - buf);
	memmove(buf, line, len);
}


static void on_call_tick(void)
{
	if (call.ee && call.connected)
		talk(&call);
}


/* ------------------------------- crowd ----------------------------- */


static void crowd_begin(unsigned n)
{
	int err;

	crowd[n].peer = &crowd[n ^ 1];
	crowd[n].desc = call.desc + (n & 1);
	err = engine_end_alloc(&crowd[n].ee, &crowd[n], !(n & 1));
	if (err)
		die("new end", err);
}


static void on_crowd_tick(void)
{
	unsigned i;

	look_at_heap();
	for (i = 0; i < crowd_begun; i += 2) {
		struct iceend *a = &crowd[i];
		struct iceend *b = &crowd[i + 1];

		if (!a->gathered || !b->gathered)
			continue;

		a->gathered = false;
		exchange(a, b);
	}

	while (crowd_begun < crowd_size &&
	       crowd_begun < crowd_done + CROWD_AT_ONCE) {
		crowd_begin(crowd_begun++);
		crowd_begin(crowd_begun++);
	}

	if (crowd_done == crowd_size || crowd_failed || now_s() > deadline_s)
		engine_cancel();
}


static void on_quiet_tick(void)
{
	if (now_s() > deadline_s)
		engine_cancel();
}


static void quiet(double seconds)
{
	int err;

	deadline_s = now_s() + seconds;
	err = engine_run(NULL, on_quiet_tick, 200);
	if (err)
		die("loop", err);
}


/* Memory and processor of an end that is connected and says nothing */
static void run_crowd(unsigned size, unsigned seconds)
{
	const struct rlimit limit = { FDS_MAX, FDS_MAX };
	double t, setup_cpu, cpu;
	size_t before, alive;
	unsigned i;
	int err;

	(void)setrlimit(RLIMIT_NOFILE, &limit);
	crowd_size = size & ~1u;
	crowd = calloc(crowd_size, sizeof(*crowd));
	if (!crowd)
		die("crowd", ENOMEM);

	quiet(0.1);
	before = heap();
	setup_cpu = cpu_s();
	deadline_s = now_s() + CROWD_WAIT_S;
	err = engine_run(NULL, on_crowd_tick, CROWD_TICK_MS);
	if (err)
		die("loop", err);
	if (crowd_done != crowd_size)
		die("ends that did not connect", ETIMEDOUT);

	setup_cpu = cpu_s() - setup_cpu;
	quiet(SETTLE_S);
	alive = heap();
	t = now_s();
	cpu = cpu_s();
	quiet(seconds);
	cpu = (cpu_s() - cpu) / (now_s() - t);

	(void)printf("{\"engine\":\"%s\",\"ends\":%u,\"heap\":%.0f,"
		     "\"heap_peak\":%.0f,\"setup_cpu_us\":%.1f,"
		     "\"idle_cpu_us\":%.2f}\n",
		     engine_name, crowd_size,
		     (double)(alive - before) / crowd_size,
		     (double)(heap_peak - before) / crowd_size,
		     setup_cpu / crowd_size * 1e6, cpu / crowd_size * 1e6);
	for (i = 0; i < crowd_size; i++)
		engine_end_close(crowd[i].ee);
	quiet(0.5);
	free(crowd);
}


static int usage(void)
{
	(void)fprintf(stderr,
		      "usage: iceend call|crowd [-s SERVER -p PORT -u USER "
		      "-w PASSWORD] [-r] [-R] [ENDS SECONDS]\n"
		      "  -r relay only, -R regular nomination\n");
	return 64;
}


int main(int argc, char *argv[])
{
	struct iceend_conf conf = { .port = 3478 };
	bool is_crowd;
	int opt;
	int err;

	/* GLib's own pools would hide from malloc what is used. */
	(void)setenv("G_SLICE", "always-malloc", 1);

	while ((opt = getopt(argc, argv, "s:p:u:w:rR")) != -1) {
		switch (opt) {

		case 's':
			conf.server = optarg;
			break;

		case 'p':
			conf.port = (uint16_t)atoi(optarg);
			break;

		case 'u':
			conf.user = optarg;
			break;

		case 'w':
			conf.password = optarg;
			break;

		case 'r':
			conf.relay_only = true;
			break;

		case 'R':
			conf.regular = true;
			break;

		default:
			return usage();
		}
	}

	if (optind >= argc)
		return usage();

	is_crowd = !strcmp(argv[optind], "crowd");
	if (is_crowd ? argc - optind != 3
		     : strcmp(argv[optind], "call") || argc - optind != 1)
		return usage();

	call.desc = calloc(2, sizeof(*call.desc));
	if (!call.desc)
		die("start", ENOMEM);

	conf.loopback = is_crowd;
	err = engine_open(&conf);
	if (err)
		die("engine", err);

	if (is_crowd) {
		run_crowd((unsigned)atoi(argv[optind + 1]),
			  (unsigned)atoi(argv[optind + 2]));
	}
	else {
		err = engine_run(on_stdin, on_call_tick, CALL_TICK_MS);
		if (err)
			die("loop", err);
		call_drop();
	}

	free(call.desc);

	return 0;
}
