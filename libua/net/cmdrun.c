/* SPDX-License-Identifier: BSD-3-Clause */
/** @file cmdrun.c  Run a command for what it prints */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>
#include <openssl/crypto.h>

#include "base/re_compat.h"
#include "net/cmdrun.h"

extern char **environ;

enum {
	REAP_MS = 10, /* How often we look whether it has ended, after it
			 closed its output; a library takes no SIGCHLD */
	FIRST_FREE = 3
};

struct ua_cmdrun {
	ua_cmdrun_h *h;
	void *arg;
	pid_t pid; /* 0: not running */
	int fd;
	struct ua_fd ufd;
	struct tmr tmr;  /* It takes too long */
	struct tmr reap; /* It is about to end */
	char out[UA_CMDRUN_MAX + 1];
	size_t len;
};


static void run_kill(struct ua_cmdrun *run)
{
	if (!run->pid)
		return;

	/* With its children: it leads a group of its own. */
	(void)kill(-run->pid, SIGKILL);
	while (waitpid(run->pid, NULL, 0) < 0 && errno == EINTR)
		;
	run->pid = 0;
}


static void run_destructor(void *arg)
{
	struct ua_cmdrun *run = arg;

	tmr_cancel(&run->tmr);
	tmr_cancel(&run->reap);
	ua_fd_close(&run->ufd);
	if (run->fd >= 0)
		(void)close(run->fd);
	run_kill(run);
	OPENSSL_cleanse(run->out, sizeof(run->out));
}


/* One word of cmd, unquoted in place; NULL: there is none, or it is bad. */
static char *word(char **pos, bool *bad)
{
	char *from = *pos + strspn(*pos, " \t");
	char *to = from;
	char *start = from;
	char quote = '\0';

	if (!*from)
		return NULL;

	for (; *from && (quote || !strchr(" \t", *from)); from++) {
		if (quote ? *from == quote : *from == '\'' || *from == '"')
			quote = quote ? '\0' : *from;
		else
			*to++ = *from;
	}

	*bad = quote != '\0';
	*pos = from + (*from != '\0');
	*to = '\0';
	return start;
}


static int words(char *argv[static UA_CMDRUN_ARGS + 1], char *cmd)
{
	bool bad = false;
	size_t n = 0;

	while (n < UA_CMDRUN_ARGS + 1) {
		argv[n] = word(&cmd, &bad);
		if (!argv[n] || bad)
			break;
		n++;
	}

	return n && n <= UA_CMDRUN_ARGS && !bad ? 0 : EINVAL;
}


static void ended(struct ua_cmdrun *run, int err, const char *why)
{
	tmr_cancel(&run->tmr);
	tmr_cancel(&run->reap);
	ua_fd_close(&run->ufd);
	run->out[run->len] = '\0';

	mem_ref(run);
	run->h(err, why, run->out, err ? 0 : run->len, run->arg);
	OPENSSL_cleanse(run->out, sizeof(run->out));
	mem_deref(run);
}


static void on_late(void *arg)
{
	struct ua_cmdrun *run = arg;

	run_kill(run);
	ended(run, ETIMEDOUT, "it took more than 5 s");
}


static void on_reap(void *arg)
{
	struct ua_cmdrun *run = arg;
	char why[64];
	int status = 0;
	pid_t pid;

	pid = waitpid(run->pid, &status, WNOHANG);
	if (!pid) {
		tmr_start(&run->reap, REAP_MS, on_reap, run);
		return;
	}

	/* Else the application reaps all children: then it had its end. */
	run->pid = 0;
	if (pid < 0 || (WIFEXITED(status) && !WEXITSTATUS(status))) {
		ended(run, 0, "");
		return;
	}

	if (WIFEXITED(status))
		(void)re_snprintf(why, sizeof(why), "it ended with status %d",
				  WEXITSTATUS(status));
	else
		(void)re_snprintf(why, sizeof(why), "signal %d ended it",
				  WTERMSIG(status));
	ended(run, EPROTO, why);
}


static void on_output(int flags, void *arg)
{
	struct ua_cmdrun *run = arg;
	ssize_t n;

	(void)flags;

	n = read(run->fd, run->out + run->len, sizeof(run->out) - run->len);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;

	if (n > 0) {
		run->len += (size_t)n;
		if (run->len <= UA_CMDRUN_MAX)
			return;

		run->len = UA_CMDRUN_MAX;
		run_kill(run);
		ended(run, EMSGSIZE, "it printed too much");
		return;
	}

	ua_fd_close(&run->ufd);
	on_reap(run);
}


/* Nothing of ours is left to it but its standard error. */
static int actions_set(posix_spawn_file_actions_t *actions, int out)
{
	int err;

	err = posix_spawn_file_actions_addopen(actions, STDIN_FILENO,
					       "/dev/null", O_RDONLY, 0);
	if (!err)
		err = posix_spawn_file_actions_adddup2(actions, out,
						       STDOUT_FILENO);
#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 34)
	if (!err)
		err = posix_spawn_file_actions_addclosefrom_np(actions,
							       FIRST_FREE);
#endif
#endif
	return err;
}


static int attr_set(posix_spawnattr_t *attr)
{
	sigset_t none, pipe;

	sigemptyset(&none);
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);

	/* Of these none can fail with good arguments. */
	(void)posix_spawnattr_setsigmask(attr, &none);
	(void)posix_spawnattr_setsigdefault(attr, &pipe);
	(void)posix_spawnattr_setpgroup(attr, 0);
	return posix_spawnattr_setflags(attr, POSIX_SPAWN_SETPGROUP |
						      POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
}


static int spawn(struct ua_cmdrun *run, char *const argv[])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int fds[2];
	int err;

	if (pipe2(fds, O_CLOEXEC))
		return errno;

	run->fd = fds[0];
	err = posix_spawn_file_actions_init(&actions);
	if (err)
		goto out;

	err = posix_spawnattr_init(&attr);
	if (!err) {
		err = actions_set(&actions, fds[1]);
		if (!err)
			err = attr_set(&attr);
		if (!err)
			err = posix_spawnp(&run->pid, argv[0], &actions, &attr,
					   argv, environ);
		(void)posix_spawnattr_destroy(&attr);
	}

	(void)posix_spawn_file_actions_destroy(&actions);

out:
	(void)close(fds[1]);
	if (err)
		run->pid = 0;
	return err;
}


int ua_cmdrun_start(struct ua_cmdrun **runp, const char *cmd, ua_cmdrun_h *h,
		    void *arg)
{
	char *argv[UA_CMDRUN_ARGS + 1];
	struct ua_cmdrun *run;
	char *copy = NULL;
	int err;

	run = mem_zalloc(sizeof(*run), run_destructor);
	if (!run)
		return ENOMEM;

	run->fd = -1;
	run->h = h;
	run->arg = arg;
	tmr_init(&run->tmr);
	tmr_init(&run->reap);

	err = str_dup(&copy, cmd);
	if (!err)
		err = words(argv, copy);
	if (!err)
		err = spawn(run, argv);
	if (!err)
		err = net_sockopt_blocking_set(run->fd, false);
	if (!err)
		err = ua_fd_listen(&run->ufd, run->fd, FD_READ, on_output,
				   run);
	if (err) {
		mem_deref(run);
	}
	else {
		tmr_start(&run->tmr, UA_CMDRUN_MS, on_late, run);
		*runp = run;
	}

	mem_deref(copy);
	return err;
}
