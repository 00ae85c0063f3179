/* SPDX-License-Identifier: BSD-3-Clause */
/** @file delay.c  A line with delay and loss between two network interfaces */

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>


/*
 * Every frame that arrives at one interface leaves at the other one a fixed
 * time later; so the frames stand in one queue per direction, oldest first,
 * and one timer serves the head of both. Nothing but the wanted loss drops a
 * frame: queues grow as needed, a full socket is tried again. Address
 * resolution is spared: it belongs to the lab, and its own timer of a second
 * would be measured instead of the phones'. A line "loss PERCENT" on stdin
 * changes the loss; 100 cuts the line, address resolution and all.
 */


enum {
	FRAME_MAX = 65536,       /**< longest frame, octets                */
	RCVBUF = 16 << 20,       /**< socket buffer, octets                */
	RETRY_US = 500,          /**< wait for room in a sending socket, us */
	IP6_NEXT = ETH_HLEN + 6, /**< next header of IPv6                  */
	IP6_END = ETH_HLEN + 40, /**< end of its fixed header              */
	ND_FIRST = 133,          /**< neighbour discovery (RFC 4861, 4)    */
	ND_LAST = 137,
};


#define LOSS_ALL (1ULL << 32)


struct frame {
	struct frame *next;
	uint64_t due; /**< when it leaves, us */
	size_t len;
	uint8_t data[];
};


struct way {
	int in;
	int out;
	struct frame *head;
	struct frame **tail;
	uint64_t retry; /**< not before, us; 0 = sending has room */
};


struct line {
	struct way way[2];
	uint64_t delay;   /**< one way, us               */
	uint64_t loss;    /**< of 2^32, lost if below it */
	uint64_t seed;    /**< state of the randomness   */
	uint64_t nframes; /**< seen                      */
	char word[32];    /**< command that is coming in */
	size_t nword;
};


static uint64_t now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);

	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}


/* xorshift64*: the same seed loses the same frames */
static uint32_t line_random(struct line *line)
{
	line->seed ^= line->seed >> 12;
	line->seed ^= line->seed << 25;
	line->seed ^= line->seed >> 27;

	return (uint32_t)((line->seed * 0x2545f4914f6cdd1dULL) >> 32);
}


static int line_socket(const char *name)
{
	struct sockaddr_ll sll;
	int on = 1, size = RCVBUF;
	int fd;

	memset(&sll, 0, sizeof(sll));
	sll.sll_family = AF_PACKET;
	sll.sll_protocol = htons(ETH_P_ALL);
	sll.sll_ifindex = (int)if_nametoindex(name);
	if (!sll.sll_ifindex) {
		fprintf(stderr, "delay: no interface %s\n", name);
		return -1;
	}

	fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		goto fail;

	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on,
		       sizeof(on)))
		goto fail;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		goto fail;

	if (bind(fd, (struct sockaddr *)&sll, sizeof(sll)))
		goto fail;

	return fd;

fail:
	fprintf(stderr, "delay: %s: %s\n", name, strerror(errno));
	if (fd >= 0)
		close(fd);

	return -1;
}


static bool resolves(const uint8_t *frame, size_t len)
{
	unsigned type;

	if (len < ETH_HLEN)
		return false;

	type = (unsigned)frame[ETH_HLEN - 2] << 8 | frame[ETH_HLEN - 1];
	if (type == ETH_P_ARP)
		return true;

	return type == ETH_P_IPV6 && len > IP6_END &&
	       frame[IP6_NEXT] == IPPROTO_ICMPV6 &&
	       frame[IP6_END] >= ND_FIRST && frame[IP6_END] <= ND_LAST;
}


static bool loses(struct line *line, const uint8_t *frame, size_t len)
{
	if (!line->loss || line_random(line) >= line->loss)
		return false;

	return line->loss == LOSS_ALL || !resolves(frame, len);
}


/** Takes all frames that wait at the way's entrance; 0 or errno */
static int way_read(struct line *line, struct way *way)
{
	static uint8_t buf[FRAME_MAX];
	struct frame *frame;
	ssize_t n;

	for (;;) {
		n = recv(way->in, buf, sizeof(buf), 0);
		if (n < 0) {
			if (errno == EAGAIN)
				return 0;
			if (errno == EINTR)
				continue;
			return errno;
		}

		++line->nframes;
		if (loses(line, buf, (size_t)n))
			continue;

		frame = malloc(sizeof(*frame) + (size_t)n);
		if (!frame)
			return ENOMEM;

		frame->next = NULL;
		frame->due = now_us() + line->delay;
		frame->len = (size_t)n;
		memcpy(frame->data, buf, (size_t)n);
		*way->tail = frame;
		way->tail = &frame->next;
	}
}


/** Sends all frames that are due; 0 or errno */
static int way_write(struct way *way)
{
	uint64_t now = now_us();
	struct frame *frame;

	while ((frame = way->head) && frame->due <= now) {

		if (send(way->out, frame->data, frame->len, 0) < 0) {
			if (errno == EINTR)
				continue;
			if (errno == EAGAIN || errno == ENOBUFS) {
				way->retry = now + RETRY_US;
				return 0;
			}
			if (errno != EMSGSIZE)
				return errno;
		}

		way->head = frame->next;
		if (!way->head)
			way->tail = &way->head;
		free(frame);
	}

	way->retry = 0;

	return 0;
}


static int line_arm(const struct line *line, int timer)
{
	struct itimerspec its;
	uint64_t due = UINT64_MAX;
	size_t i;

	for (i = 0; i < 2; i++) {
		const struct way *way = &line->way[i];
		uint64_t t;

		if (!way->head)
			continue;

		t = way->retry ? way->retry : way->head->due;
		if (t < due)
			due = t;
	}

	memset(&its, 0, sizeof(its));
	if (due != UINT64_MAX) {
		its.it_value.tv_sec = (time_t)(due / 1000000);
		its.it_value.tv_nsec = (long)(due % 1000000) * 1000;
	}

	return timerfd_settime(timer, TFD_TIMER_ABSTIME, &its, NULL) ? errno
								     : 0;
}


static bool set_loss(struct line *line, double percent)
{
	if (percent < 0 || percent > 100)
		return false;

	line->loss = (uint64_t)(percent / 100 * (double)LOSS_ALL);

	return true;
}


/** Reads what stdin has; false at its end */
static bool line_command(struct line *line)
{
	double percent;
	ssize_t n;
	char c;

	while ((n = read(STDIN_FILENO, &c, 1)) == 1) {

		if (c != '\n') {
			if (line->nword < sizeof(line->word) - 1)
				line->word[line->nword++] = c;
			continue;
		}

		line->word[line->nword] = '\0';
		line->nword = 0;
		if (sscanf(line->word, "loss %lf", &percent) != 1 ||
		    !set_loss(line, percent))
			fprintf(stderr, "delay: what is \"%s\"?\n",
				line->word);
	}

	return n < 0 && (errno == EAGAIN || errno == EINTR);
}


static int line_run(struct line *line)
{
	struct epoll_event ev[4];
	int poll, timer, err = 0;
	uint64_t ticks;
	int i, n;

	poll = epoll_create1(EPOLL_CLOEXEC);
	timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (poll < 0 || timer < 0)
		return errno;

	for (i = 0; i < 3; i++) {
		ev[0].events = EPOLLIN;
		ev[0].data.u32 = (uint32_t)i;
		if (epoll_ctl(poll, EPOLL_CTL_ADD,
			      i < 2 ? line->way[i].in : timer, &ev[0]))
			return errno;
	}

	/* A stdin that cannot be waited for says nothing. */
	ev[0].data.u32 = 3;
	(void)fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
	(void)epoll_ctl(poll, EPOLL_CTL_ADD, STDIN_FILENO, &ev[0]);

	while (!err) {
		n = epoll_wait(poll, ev, 4, -1);
		if (n < 0 && errno != EINTR)
			return errno;

		for (i = 0; i < n && !err; i++) {
			if (ev[i].data.u32 < 2)
				err = way_read(line,
					       &line->way[ev[i].data.u32]);
			else if (ev[i].data.u32 == 3) {
				if (!line_command(line))
					(void)epoll_ctl(poll, EPOLL_CTL_DEL,
							STDIN_FILENO, NULL);
			}
			else if (read(timer, &ticks, sizeof(ticks)) < 0 &&
				 errno != EAGAIN)
				err = errno;
		}

		for (i = 0; i < 2 && !err; i++)
			err = way_write(&line->way[i]);

		if (!err)
			err = line_arm(line, timer);
	}

	return err;
}


int main(int argc, char **argv)
{
	static struct line line;
	double ms, loss = 0;
	int err, i;

	if (argc != 4 && argc != 6) {
		fprintf(stderr, "usage: delay IF IF MS [LOSS-PERCENT SEED]\n");
		return 64;
	}

	ms = atof(argv[3]);
	if (argc == 6) {
		loss = atof(argv[4]);
		line.seed = strtoull(argv[5], NULL, 0);
	}
	if (ms < 0 || ms > 60000 || !set_loss(&line, loss)) {
		fprintf(stderr, "delay: 0-60000 ms and 0-100 %%\n");
		return 64;
	}

	line.delay = (uint64_t)(ms * 1000);
	line.seed = line.seed * 2 + 1;

	for (i = 0; i < 2; i++) {
		line.way[i].tail = &line.way[i].head;
		line.way[i].in = line_socket(argv[1 + i]);
		if (line.way[i].in < 0)
			return 69;
	}
	line.way[0].out = line.way[1].in;
	line.way[1].out = line.way[0].in;

	printf("ready\n");
	fflush(stdout);

	err = line_run(&line);
	fprintf(stderr, "delay: %s after %llu frames\n", strerror(err),
		(unsigned long long)line.nframes);

	return 70;
}
