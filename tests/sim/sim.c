/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sim.c  Plays the calls of many seeds, and says what went wrong */

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "simscene.h"

enum {
	JOBS = 64,
	USAGE = 64,
	TWICE = 50 /* Each so manieth seed is played twice                 */
};

struct settings {
	uint64_t seeds;
	uint64_t from;
	uint64_t jobs;
	uint64_t twice;
	bool trace;
	bool masks;
};

/** What a job found, as it goes through its pipe */
struct tally {
	uint64_t passed;
	uint64_t failed;
	uint64_t masked; /* Of those that passed                          */
	uint64_t events;
	uint64_t packets;
	uint64_t virtual_us;
	uint64_t peak; /* Most memory of a call [bytes]                   */
};


static void print_line(uint64_t now_us, const char *line, void *arg)
{
	(void)fprintf(arg, "%5" PRIu64 ".%06" PRIu64 " %s\n",
		      now_us / UA_SIM_S, now_us % UA_SIM_S, line);
}


static void print_breaches(const struct ua_simscene *scene,
			   const struct ua_simplan *plan)
{
	size_t i;

	ua_simplan_print(plan, stdout);
	for (i = 0; i < scene->nbreach; i++) {
		const struct ua_simbreach *b = &scene->breachv[i];

		(void)printf("  rule %u at %.3f s, %s: %s%s%s\n", b->rule,
			     (double)b->at_us / (double)UA_SIM_S, b->who,
			     b->text, b->mask ? "; masked: " : "",
			     b->mask ? b->mask : "");
	}

	(void)printf("  again: sim --seeds 1 --from %" PRIu64 " --trace\n",
		     plan->seed);
	(void)fflush(stdout);
}


/* 10: same seed, same bytes. */
static void again(struct ua_simscene *scene, const struct ua_simplan *plan)
{
	struct ua_simscene *second = calloc(1, sizeof(*second));

	if (!second || ua_simscene_play(second, plan, NULL, NULL) ||
	    second->stat.hash != scene->stat.hash) {
		struct ua_simbreach *b = &scene->breachv[0];

		if (scene->nbreach < UA_SIM_BREACHES)
			b = &scene->breachv[scene->nbreach++];
		b->rule = UA_SIM_RULE_SEED;
		b->at_us = 0;
		b->who = "net";
		b->mask = NULL;
		(void)snprintf(b->text, sizeof(b->text),
			       "the same seed gave other bytes");
	}

	free(second);
}


static void play(const struct settings *set, uint64_t seed,
		 struct tally *tally)
{
	struct ua_simscene *scene = calloc(1, sizeof(*scene));
	struct ua_simplan plan;
	int err = ENOMEM;

	ua_simplan_make(&plan, seed);
	if (set->trace)
		ua_simplan_print(&plan, stdout);

	if (scene)
		err = ua_simscene_play(scene, &plan,
				       set->trace ? print_line : NULL, stdout);
	if (err) {
		(void)printf("seed %" PRIu64 ": not played: %s\n", seed,
			     strerror(err));
		++tally->failed;
		free(scene);
		return;
	}

	tally->events += scene->stat.events;
	tally->packets += scene->stat.packets;
	tally->virtual_us += scene->end_us;
	if (scene->peak > tally->peak)
		tally->peak = scene->peak;
	if (set->twice && seed % set->twice == 0)
		again(scene, &plan);

	if (scene->nbreach > (set->masks ? scene->nmasked : 0)) {
		++tally->failed;
		print_breaches(scene, &plan);
	}
	else {
		++tally->passed;
		tally->masked += scene->nbreach != 0;
	}

	free(scene);
}


/* What libraries make once and keep is not to be taken for a leak. */
static void warm_up(const struct settings *set)
{
	struct ua_simscene *scene = calloc(1, sizeof(*scene));
	struct ua_simplan plan;

	ua_simplan_make(&plan, set->from);
	if (scene && ua_simscene_play(scene, &plan, NULL, NULL))
		(void)printf("no memory to begin with\n");

	free(scene);
}


static void work(const struct settings *set, uint64_t job, struct tally *tally)
{
	uint64_t i;

	warm_up(set);

	for (i = job; i < set->seeds; i += set->jobs)
		play(set, set->from + i, tally);
}


/* One job in a process of its own */
static int start(const struct settings *set, uint64_t job, int *fd)
{
	struct tally tally = { 0 };
	int fdv[2];
	pid_t pid;

	if (pipe(fdv))
		return errno;

	(void)fflush(stdout);
	pid = fork();
	if (pid < 0)
		return errno;

	if (!pid) {
		(void)close(fdv[0]);
		work(set, job, &tally);
		(void)fflush(stdout);
		_exit(write(fdv[1], &tally, sizeof(tally)) != sizeof(tally));
	}

	(void)close(fdv[1]);
	*fd = fdv[0];
	return 0;
}


static int run_jobs(const struct settings *set, struct tally *sum)
{
	int fdv[JOBS];
	uint64_t i;
	int err = 0;

	for (i = 0; i < set->jobs && !err; i++)
		err = start(set, i, &fdv[i]);
	if (err)
		return err;

	for (i = 0; i < set->jobs; i++) {
		struct tally t;

		/* A job that died did not pass. */
		if (read(fdv[i], &t, sizeof(t)) != sizeof(t)) {
			(void)printf("job %" PRIu64 " died\n", i);
			++sum->failed;
			continue;
		}

		sum->passed += t.passed;
		sum->failed += t.failed;
		sum->masked += t.masked;
		sum->events += t.events;
		sum->packets += t.packets;
		sum->virtual_us += t.virtual_us;
		if (t.peak > sum->peak)
			sum->peak = t.peak;
	}

	while (wait(NULL) > 0)
		;

	return 0;
}


static double seconds(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}


static void usage(FILE *f)
{
	(void)fprintf(f, "usage: sim [--seeds N] [--from K] [--jobs J] "
			 "[--twice M] [--trace] [--no-masks]\n"
			 "  --seeds N  play so many calls (1000)\n"
			 "  --from K   the first seed (1)\n"
			 "  --jobs J   in so many processes (1)\n"
			 "  --twice M  each Mth seed twice, 0: none (50)\n"
			 "  --trace    say all that happens\n"
			 "  --no-masks known faults count, too\n"
			 "A seed that fails prints itself. Status: 0 all "
			 "passed, 1 not, 64 usage.\n");
}


static int number(uint64_t *n, const char *str)
{
	char *end;

	errno = 0;
	*n = strtoull(str, &end, 10);

	return errno || *end || end == str ? EINVAL : 0;
}


static int options(struct settings *set, int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "seeds", required_argument, NULL, 's' },
		{ "from", required_argument, NULL, 'f' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "twice", required_argument, NULL, 'w' },
		{ "trace", no_argument, NULL, 't' },
		{ "no-masks", no_argument, NULL, 'm' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int err = 0;
	int c;

	while (!err && (c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {

		case 's':
			err = number(&set->seeds, optarg);
			break;
		case 'f':
			err = number(&set->from, optarg);
			break;
		case 'j':
			err = number(&set->jobs, optarg);
			break;
		case 'w':
			err = number(&set->twice, optarg);
			break;
		case 't':
			set->trace = true;
			break;
		case 'm':
			set->masks = false;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		default:
			err = EINVAL;
			break;
		}
	}

	if (optind < argc || !set->jobs || set->jobs > JOBS)
		err = EINVAL;

	return err;
}


int main(int argc, char *argv[])
{
	struct settings set = {
		.seeds = 1000,
		.from = 1,
		.jobs = 1,
		.twice = TWICE,
		.masks = true,
	};
	struct tally sum = { 0 };
	double start_s, s;

	if (options(&set, argc, argv)) {
		usage(stderr);
		return USAGE;
	}

	start_s = seconds();
	if (set.jobs > 1) {
		if (run_jobs(&set, &sum))
			return 1;
	}
	else {
		work(&set, 0, &sum);
	}

	s = seconds() - start_s;
	(void)printf("%.1f s: %.0f seeds/s, %.0f events/s, %.0f packets/s, "
		     "%.0f virtual s/s\n",
		     s, (double)set.seeds / s, (double)sum.events / s,
		     (double)sum.packets / s,
		     (double)sum.virtual_us / (double)UA_SIM_S / s);
	(void)printf("at most %" PRIu64 " KiB of memory in a call\n",
		     sum.peak / 1024);
	if (sum.masked)
		(void)printf("masked: %" PRIu64 " seeds\n", sum.masked);
	(void)printf("%" PRIu64 " passed, %" PRIu64 " failed\n", sum.passed,
		     sum.failed);

	return sum.failed ? 1 : 0;
}
