/* SPDX-License-Identifier: BSD-3-Clause */
/** @file iceend_nice.c  An end of ICE on libnice */

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <glib-unix.h>

#include "../lab/nice_end.h"
#include "iceend.h"

struct engine_end {
	struct nice_end *nice;
	struct iceend *end;
	bool controlling;
};

const char *const engine_name = "libnice";
static struct iceend_conf conf;
static GMainLoop *loop;


int engine_open(const struct iceend_conf *given)
{
	conf = *given;
	loop = g_main_loop_new(NULL, FALSE);

	return 0;
}


static void on_gathered(void *arg)
{
	struct engine_end *ee = arg;

	iceend_gathered(ee->end);
}


/* A selected pair is a nominated one here. */
static void on_connected(const char *local, const char *remote, void *arg)
{
	struct engine_end *ee = arg;

	iceend_connected(ee->end, local, remote);
	iceend_nominated(ee->end, local, remote);
}


static void on_ready(void *arg)
{
	(void)arg;
}


static void on_failed(void *arg)
{
	struct engine_end *ee = arg;

	iceend_failed(ee->end);
}


static void on_packet(const uint8_t *buf, size_t len, void *arg)
{
	struct engine_end *ee = arg;

	(void)buf;
	(void)len;
	iceend_heard(ee->end);
}


int engine_end_alloc(struct engine_end **eep, struct iceend *end,
		     bool controlling)
{
	struct engine_end *ee = g_new0(struct engine_end, 1);
	const struct nice_end_conf nc = {
		.controlling = controlling,
		.regular = conf.regular,
		.relay_only = conf.relay_only,
		.consent = true,
		.local = conf.loopback ? "127.0.0.1" : NULL,
		.server = conf.server,
		.port = conf.port,
		.user = conf.user,
		.password = conf.password,
		.handlers = {
			.gathered = on_gathered,
			.connected = on_connected,
			.ready = on_ready,
			.failed = on_failed,
			.packet = on_packet,
			.arg = ee,
		},
	};

	ee->end = end;
	ee->controlling = controlling;
	ee->nice = nice_end_new(&nc);
	if (!ee->nice) {
		g_free(ee);
		return EIO;
	}

	*eep = ee;

	return nice_end_gather(ee->nice) ? 0 : EIO;
}


void engine_end_close(struct engine_end *ee)
{
	nice_end_free(ee->nice);
	g_free(ee);
}


static void on_line(const char *line, void *arg)
{
	struct iceend_desc *desc = arg;

	if (g_str_has_prefix(line, "ice-ufrag:"))
		(void)g_strlcpy(desc->ufrag, strchr(line, ':') + 1,
				sizeof(desc->ufrag));
	else if (g_str_has_prefix(line, "ice-pwd:"))
		(void)g_strlcpy(desc->pwd, strchr(line, ':') + 1,
				sizeof(desc->pwd));
	else if (desc->candc < ICEEND_CANDS)
		(void)g_strlcpy(desc->candv[desc->candc++], line, ICEEND_LINE);
}


void engine_describe(struct engine_end *ee, struct iceend_desc *desc)
{
	desc->candc = 0;
	nice_end_describe(ee->nice, on_line, desc);
}


int engine_remote(struct engine_end *ee, const struct iceend_desc *desc)
{
	char *candv[ICEEND_CANDS];
	size_t i;

	for (i = 0; i < desc->candc; i++)
		candv[i] = (char *)(uintptr_t)desc->candv[i];

	return nice_end_remote(ee->nice, desc->ufrag, desc->pwd, candv,
			       desc->candc)
		       ? 0
		       : EBADMSG;
}


int engine_send(struct engine_end *ee, const uint8_t *buf, size_t len)
{
	return nice_end_send(ee->nice, buf, len) ? 0 : ENOTCONN;
}


/* ------------------------------ loop ------------------------------- */


static void (*on_readable)(void);
static void (*on_tick)(void);


static gboolean fd_handler(gint fd, GIOCondition what, gpointer arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	on_readable();

	return G_SOURCE_CONTINUE;
}


static gboolean tick_handler(gpointer arg)
{
	(void)arg;
	on_tick();

	return G_SOURCE_CONTINUE;
}


int engine_run(void (*readable)(void), void (*tick)(void), unsigned tick_ms)
{
	guint in = 0;
	guint timer;

	on_readable = readable;
	on_tick = tick;
	timer = g_timeout_add(tick_ms, tick_handler, NULL);
	if (readable)
		in = g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP,
				   fd_handler, NULL);

	g_main_loop_run(loop);
	(void)g_source_remove(timer);
	if (in)
		(void)g_source_remove(in);

	return 0;
}


void engine_cancel(void)
{
	g_main_loop_quit(loop);
}
