/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sigpipe.c  Ctrl-C and its like, on the agent's loop */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "options.h"
#include "sigpipe.h"


/*
 * timeout(1) sends its signal to the process and to its group, which is one
 * wish told twice; a person is slower.
 */
enum { ECHO_MS = 200 };

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

/* A signal handler gets no argument: this is what it needs. */
static struct {
	int fd[2];
	volatile sig_atomic_t n;
	struct timespec first; /* When it came                    */
	bool tty; /* term is what the terminal was like              */
	struct termios term;
	void (*h)(void *arg);
	void *arg;
} sp = { .fd = { -1, -1 } };


static void leave(void)
{
	if (sp.tty)
		tcsetattr(STDIN_FILENO, TCSANOW, &sp.term);

	_exit(EXIT_INTERRUPTED);
}


static bool is_echo(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);

	return (now.tv_sec - sp.first.tv_sec) * 1000 +
		       (now.tv_nsec - sp.first.tv_nsec) / 1000000 <
	       ECHO_MS;
}


static void on_signal(int sig)
{
	const int e = errno;

	(void)sig;
	if (!sp.n) {
		sp.n = 1;
		clock_gettime(CLOCK_MONOTONIC, &sp.first);
		if (write(sp.fd[1], "", 1) < 0)
			leave();
	}
	else if (!is_echo()) {
		leave();
	}

	errno = e;
}


static void on_readable(void *arg)
{
	char c;

	(void)arg;
	if (read(sp.fd[0], &c, 1) == 1)
		sp.h(sp.arg);
}


int sigpipe_open(struct ua_agent *agent, void (*h)(void *arg), void *arg)
{
	struct sigaction act;
	size_t i;
	int err;

	if (pipe2(sp.fd, O_CLOEXEC | O_NONBLOCK))
		return errno;

	sp.h = h;
	sp.arg = arg;
	sp.tty = !tcgetattr(STDIN_FILENO, &sp.term);
	err = ua_agent_watch(agent, sp.fd[0], on_readable, NULL);
	if (err)
		return err;

	memset(&act, 0, sizeof(act));
	sigfillset(&act.sa_mask);
	act.sa_flags = SA_RESTART;
	act.sa_handler = on_signal;
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); ++i)
		sigaction(signals[i], &act, NULL);

	return 0;
}


void sigpipe_close(struct ua_agent *agent)
{
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); ++i)
		signal(signals[i], SIG_DFL);

	ua_agent_unwatch(agent, sp.fd[0]);
	close(sp.fd[0]);
	close(sp.fd[1]);
	sp.fd[0] = sp.fd[1] = -1;
}
