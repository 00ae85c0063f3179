/* SPDX-License-Identifier: BSD-3-Clause */
/** @file turncred.c  User and password at a TURN server, where they are kept
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <openssl/crypto.h>

#include "base/re_compat.h"
#include "call/turncred.h"
#include "net/cmdrun.h"

enum { WHY_MAX = 400, NLINE = 2 };

static const char file_prefix[] = "file:";
static const char command_prefix[] = "command:";

struct ua_turncred {
	const char *source;
	ua_turncred_h *h;
	void *arg;
	struct tmr tmr; /* A file is read by the loop, too */
	struct ua_cmdrun *run;
};


static void cred_destructor(void *data)
{
	struct ua_turncred *tc = data;

	tmr_cancel(&tc->tmr);
	mem_deref(tc->run);
}


static const char *after(const char *source, const char *prefix)
{
	const size_t len = strlen(prefix);

	return strncmp(source, prefix, len) || !source[len] ? NULL
							    : source + len;
}


bool ua_turncred_check(const char *source)
{
	return after(source, file_prefix) || after(source, command_prefix);
}


static void failed(struct ua_turncred *tc, int err, const char *what,
		   const char *why)
{
	char text[WHY_MAX];

	(void)re_snprintf(text, sizeof(text), "%s: %s", what, why);
	tc->h(err, text, NULL, NULL, tc->arg);
}


/* Two lines; what: whose they are, for the error */
static void lines(struct ua_turncred *tc, const char *what, char *text)
{
	static const char *const names[NLINE] = { "user", "password" };
	char *linev[NLINE];
	char why[64];
	size_t i, len;

	for (i = 0; i < NLINE; i++) {
		linev[i] = text;
		len = strcspn(text, "\n");
		text += len + (text[len] == '\n');
		linev[i][len] = '\0';
		if (len && linev[i][len - 1] == '\r')
			linev[i][--len] = '\0';

		if (!len) {
			(void)re_snprintf(why, sizeof(why), "line %zu: no %s",
					  i + 1, names[i]);
			failed(tc, ENODATA, what, why);
			return;
		}
	}

	tc->h(0, "", linev[0], linev[1], tc->arg);
}


static void on_run(int err, const char *why, const char *out, size_t len,
		   void *arg)
{
	struct ua_turncred *tc = arg;
	const char *cmd = after(tc->source, command_prefix);
	char text[UA_CMDRUN_MAX + 1];

	tc->run = mem_deref(tc->run);
	if (err) {
		failed(tc, err, cmd, why);
		return;
	}

	memcpy(text, out, len);
	text[len] = '\0';
	lines(tc, cmd, text);
	OPENSSL_cleanse(text, sizeof(text));
}


static int file_read(const char *path, char *text, size_t size)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n;
	int err = 0;

	if (fd < 0)
		return errno;

	n = read(fd, text, size - 1);
	if (n < 0)
		err = errno;
	else
		text[n] = '\0';

	(void)close(fd);
	return err;
}


static void from_file(struct ua_turncred *tc, const char *path)
{
	char text[UA_CMDRUN_MAX + 1];
	const int err = file_read(path, text, sizeof(text));

	if (err)
		failed(tc, err, path, strerror(err));
	else
		lines(tc, path, text);

	OPENSSL_cleanse(text, sizeof(text));
}


static void on_time(void *arg)
{
	struct ua_turncred *tc = arg;
	const char *path = after(tc->source, file_prefix);
	const char *cmd = after(tc->source, command_prefix);
	int err;

	if (path) {
		from_file(tc, path);
		return;
	}

	err = ua_cmdrun_start(&tc->run, cmd, on_run, tc);
	if (err)
		failed(tc, err, cmd,
		       err == EINVAL ? "not a command" : strerror(err));
}


int ua_turncred_get(struct ua_turncred **tcp, const char *source,
		    ua_turncred_h *h, void *arg)
{
	struct ua_turncred *tc;

	tc = mem_zalloc(sizeof(*tc), cred_destructor);
	if (!tc)
		return ENOMEM;

	tc->source = source;
	tc->h = h;
	tc->arg = arg;
	tmr_init(&tc->tmr);
	tmr_start(&tc->tmr, 0, on_time, tc);

	*tcp = tc;
	return 0;
}
