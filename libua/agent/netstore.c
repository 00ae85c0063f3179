/* SPDX-License-Identifier: BSD-3-Clause */
/** @file netstore.c  What is remembered of networks between two runs */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/netstore.h"
#include "base/random.h"
#include "base/re_compat.h"
#include "reach/lifetime.h"
#include <ua/event.h>
#include <ua/log.h>

enum {
	LINE = 256,
	DIR_MAX = 2 * LINE - 32, /* "/keepalive.4194304" comes behind it */
	DIR_MODE = 0700,
	UUID_LEN = 45 /* "urn:uuid:" and 36 more */
};

struct network {
	enum ua_tp tp;
	struct ua_addr server;
	struct ua_addr local;  /* Without port: it may be another one  */
	struct ua_addr mapped; /* Likewise                             */
	struct ua_sipflow_memory memory;
	uint64_t when_s; /* Wall clock: the oldest one is forgotten    */
};

struct ua_netstore {
	const struct ua_log *log;
	char *dir; /* NULL: none */
	struct network v[UA_NETSTORE_MAX];
	size_t n;
	char instance[UUID_LEN + 1];
	int fd; /* Its file, locked; -1: none */
};


static void destructor(void *arg)
{
	struct ua_netstore *store = arg;

	if (store->fd >= 0)
		(void)close(store->fd);
	mem_deref(store->dir);
}


static int path_print(const struct ua_netstore *store, char *path, size_t size,
		      const char *name)
{
	return re_snprintf(path, size, "%s/%s", store->dir, name) < 0
		       ? ENAMETOOLONG
		       : 0;
}


static void complain(const struct ua_netstore *store, const char *what,
		     const char *path, int err)
{
	ua_log(store->log, UA_LOG_WARN, "store", "%s: %s: %m", path, what,
	       err);
}


/* A folder that is too long for its files is none. */
static int keep_dir(struct ua_netstore *store, const char *dir)
{
	if (strlen(dir) <= DIR_MAX)
		return str_dup(&store->dir, dir);

	complain(store, "not used", dir, ENAMETOOLONG);
	return 0;
}


/* Make a folder and those above it; what is there already is no error. */
static void make_dirs(const char *dir)
{
	char path[LINE * 2];
	char *p;

	str_ncpy(path, dir, sizeof(path));
	for (p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		(void)mkdir(path, DIR_MODE);
		*p = '/';
	}

	(void)mkdir(path, DIR_MODE);
}


static bool tp_decode(enum ua_tp *tp, const char *word)
{
	int i;

	for (i = UA_TP_UDP; i <= UA_TP_TLS; i++) {
		if (!strcmp(word, ua_tp_name((enum ua_tp)i))) {
			*tp = (enum ua_tp)i;
			return true;
		}
	}

	return false;
}


static bool network_decode(struct network *net, const char *line)
{
	char tp[8], server[UA_ADDR_LEN], local[UA_ADDR_LEN];
	char mapped[UA_ADDR_LEN], options[16];
	unsigned learnt;
	unsigned long long when;

	memset(net, 0, sizeof(*net));
	if (sscanf(line, "%7s %63s %63s %63s %3u %15s %19llu", tp, server,
		   local, mapped, &learnt, options, &when) != 7)
		return false;

	if (!tp_decode(&net->tp, tp) || ua_addr_decode(&net->server, server) ||
	    ua_addr_set(&net->local, local, 0) ||
	    ua_addr_set(&net->mapped, mapped, 0) || learnt > UA_LIFETIME_MAX_S)
		return false;

	net->memory.deaf = !strcmp(options, "ignored");
	net->memory.learnt_s = learnt;
	net->when_s = when;

	return net->memory.deaf || !strcmp(options, "answered");
}


static void network_print(FILE *f, const struct network *net)
{
	char server[UA_ADDR_LEN], local[UA_ADDR_LEN], mapped[UA_ADDR_LEN];

	fprintf(f, "%s %s %s %s %u %s %llu\n", ua_tp_name(net->tp),
		ua_addr_str(&net->server, server),
		ua_addr_ip_str(&net->local, local),
		ua_addr_ip_str(&net->mapped, mapped), net->memory.learnt_s,
		net->memory.deaf ? "ignored" : "answered",
		(unsigned long long)net->when_s);
}


static bool is_at(const struct network *net, const struct ua_hop *hop,
		  const struct ua_addr *local, const struct ua_addr *mapped)
{
	return net->tp == hop->tp && ua_addr_eq(&net->server, &hop->addr) &&
	       ua_addr_ip_eq(&net->local, local) &&
	       ua_addr_ip_eq(&net->mapped, mapped);
}


/* Its place, or a free one, or that of the oldest */
static struct network *place(struct ua_netstore *store,
			     const struct ua_hop *hop,
			     const struct ua_addr *local,
			     const struct ua_addr *mapped)
{
	size_t i, old = 0;

	for (i = 0; i < store->n; i++) {
		if (is_at(&store->v[i], hop, local, mapped))
			return &store->v[i];
		if (store->v[i].when_s < store->v[old].when_s)
			old = i;
	}

	return &store->v[store->n < UA_NETSTORE_MAX ? store->n++ : old];
}


/* What is newer stands.  A clock that was ahead makes nobody immortal. */
static void merge(struct ua_netstore *store, struct network *net)
{
	const struct ua_hop hop = { .addr = net->server, .tp = net->tp };
	const uint64_t now_s = (uint64_t)time(NULL);
	struct network *old;

	if (net->when_s > now_s)
		net->when_s = now_s;

	old = place(store, &hop, &net->local, &net->mapped);
	if (net->when_s >= old->when_s)
		*old = *net;
}


/* False: the rest of a line that is too long was left out. */
static bool line_read(FILE *f, char *line, size_t size)
{
	int c;

	if (strchr(line, '\n') || strlen(line) + 1 < size)
		return true;

	do
		c = fgetc(f);
	while (c != EOF && c != '\n');

	return false;
}


static void load(struct ua_netstore *store)
{
	char path[LINE * 2], line[LINE];
	struct network net;
	unsigned number = 0;
	bool whole;
	FILE *f;

	if (path_print(store, path, sizeof(path), "keepalive"))
		return;

	f = fopen(path, "r");
	if (!f) {
		if (errno != ENOENT)
			complain(store, "not read", path, errno);
		return;
	}

	while (fgets(line, sizeof(line), f)) {
		++number;
		whole = line_read(f, line, sizeof(line));
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (whole && network_decode(&net, line))
			merge(store, &net);
		else
			ua_log(store->log, UA_LOG_WARN, "store",
			       "%s:%u: server, addresses, seconds, answered or"
			       " ignored, and a time expected",
			       path, number);
	}

	if (ferror(f))
		complain(store, "not read", path, errno);
	(void)fclose(f);
}


/* A file is replaced as a whole: what is there stays until then. */
static FILE *replace_open(const struct ua_netstore *store, char *tmp,
			  size_t size, const char *name)
{
	FILE *f;

	make_dirs(store->dir);
	if (re_snprintf(tmp, size, "%s/%s.%d", store->dir, name,
			(int)getpid()) < 0)
		return NULL;

	f = fopen(tmp, "w");
	if (!f)
		complain(store, "not written", tmp, errno);

	return f;
}


static int replace_close(const struct ua_netstore *store, FILE *f,
			 const char *tmp, const char *name)
{
	char path[LINE * 2];
	int err = ferror(f) ? EIO : 0;

	if (fclose(f))
		err = errno;
	if (!err)
		err = path_print(store, path, sizeof(path), name);
	if (!err && rename(tmp, path))
		err = errno;
	if (err) {
		complain(store, "not written", tmp, err);
		(void)unlink(tmp);
	}

	return err;
}


static void save(struct ua_netstore *store)
{
	char tmp[LINE * 2];
	size_t i;
	FILE *f;

	if (!store->dir)
		return;

	f = replace_open(store, tmp, sizeof(tmp), "keepalive");
	if (!f)
		return;

	fputs("# What NATs bear: transport and server, our address, the one"
	      " that is seen,\n# silence in seconds, OPTIONS, when\n",
	      f);
	for (i = 0; i < store->n; i++)
		network_print(f, &store->v[i]);

	(void)replace_close(store, f, tmp, "keepalive");
}


int ua_netstore_alloc(struct ua_netstore **storep, const char *dir,
		      const struct ua_log *log)
{
	struct ua_netstore *store;
	int err;

	store = mem_zalloc(sizeof(*store), destructor);
	if (!store)
		return ENOMEM;

	store->log = log;
	store->fd = -1;
	if (dir) {
		err = keep_dir(store, dir);
		if (err) {
			mem_deref(store);
			return err;
		}
	}
	if (store->dir)
		load(store);

	*storep = store;
	return 0;
}


void ua_netstore_get(const struct ua_netstore *store, const struct ua_hop *hop,
		     const struct ua_addr *local, const struct ua_addr *mapped,
		     struct ua_sipflow_memory *memory)
{
	size_t i;

	memset(memory, 0, sizeof(*memory));
	for (i = 0; i < store->n; i++) {
		if (is_at(&store->v[i], hop, local, mapped)) {
			*memory = store->v[i].memory;
			return;
		}
	}
}


void ua_netstore_put(struct ua_netstore *store, const struct ua_hop *hop,
		     const struct ua_addr *local, const struct ua_addr *mapped,
		     const struct ua_sipflow_memory *memory)
{
	struct network *net;

	if (!mapped->af)
		return;

	/* Another program may have learnt something meanwhile. */
	if (store->dir)
		load(store);

	net = place(store, hop, local, mapped);
	net->tp = hop->tp;
	net->server = hop->addr;
	net->local = *local;
	net->mapped = *mapped;
	net->memory = *memory;
	net->when_s = (uint64_t)time(NULL);
	save(store);
}


/* -- the instance --------------------------------------------------------- */

static bool is_uuid(const char *str)
{
	static const char form[] =
		"urn:uuid:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	size_t i;

	if (strlen(str) != UUID_LEN)
		return false;

	for (i = 0; i < UUID_LEN; i++) {
		const bool hex = form[i] == 'x' && i > 8;

		if (hex ? !strchr("0123456789abcdef", str[i])
			: str[i] != form[i])
			return false;
	}

	return true;
}


/*
 * The file, locked: two programs with one name would take each other's
 * binding away, so the second one goes without.
 */
static int instance_open(struct ua_netstore *store, const char *path)
{
	int fd;

	make_dirs(store->dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		complain(store, "not opened", path, errno);
		return -1;
	}

	if (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno == EWOULDBLOCK)
			ua_log(store->log, UA_LOG_INFO, "store",
			       "%s: in use by another program: no outbound,"
			       " no GRUU",
			       path);
		else
			complain(store, "not locked", path, errno);
		(void)close(fd);
		return -1;
	}

	return fd;
}


static bool instance_read(struct ua_netstore *store, const char *path)
{
	char line[LINE];
	const ssize_t n = pread(store->fd, line, sizeof(line) - 1, 0);

	if (n <= 0)
		return false;

	line[n] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	if (!is_uuid(line)) {
		ua_log(store->log, UA_LOG_WARN, "store",
		       "%s: urn:uuid: and a lower-case UUID expected, made"
		       " anew",
		       path);
		return false;
	}

	str_ncpy(store->instance, line, sizeof(store->instance));
	return true;
}


/* A random one (RFC 4122, 4.4) */
static void instance_make(char *buf, size_t size, const struct ua_rand *rand)
{
	const uint64_t a = ua_random_u64(rand);
	const uint64_t b = ua_random_u64(rand);

	(void)snprintf(buf, size, "urn:uuid:%08x-%04x-4%03x-%04x-%012llx",
		       (unsigned)(a >> 32), (unsigned)(a >> 16 & 0xffff),
		       (unsigned)(a & 0xfff),
		       (unsigned)(0x8000 | (b >> 48 & 0x3fff)),
		       (unsigned long long)(b & 0xffffffffffffULL));
}


static int instance_write(struct ua_netstore *store)
{
	char line[UUID_LEN + 2];
	const int n = snprintf(line, sizeof(line), "%s\n", store->instance);

	if (ftruncate(store->fd, 0) ||
	    pwrite(store->fd, line, (size_t)n, 0) != n)
		return errno ? errno : EIO;

	return 0;
}


const char *ua_netstore_instance(struct ua_netstore *store,
				 const struct ua_rand *rand)
{
	char path[LINE * 2];
	int err;

	if (store->instance[0])
		return store->instance;

	if (!store->dir || path_print(store, path, sizeof(path), "instance"))
		return NULL;

	store->fd = instance_open(store, path);
	if (store->fd < 0)
		return NULL;

	if (instance_read(store, path))
		return store->instance;

	instance_make(store->instance, sizeof(store->instance), rand);
	err = instance_write(store);
	if (!err)
		return store->instance;

	complain(store, "not written", path, err);
	store->instance[0] = '\0';
	(void)close(store->fd);
	store->fd = -1;

	return NULL;
}
