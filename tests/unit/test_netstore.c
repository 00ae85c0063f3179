/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_netstore.c  What is remembered between two runs */

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/netstore.h"
#include "base/random.h"
#include "base/re_compat.h"
#include "oom.h"
#include "rig.h"
#include <ua/log.h>

Suite *ua_suite_netstore(void);

enum { LOG_MAX = 4096 };

#define UUID "urn:uuid:00112233-4455-4677-8899-aabbccddeeff"

static char logged[LOG_MAX];
static char dir[160];
static struct ua_netstore *store;


static void log_handler(enum ua_level level, const char *obj, const char *line,
			void *arg)
{
	const size_t len = strlen(logged);

	(void)obj;
	(void)arg;
	ck_assert_uint_ge(level, UA_LOG_WARN);
	(void)snprintf(logged + len, sizeof(logged) - len, "%s\n", line);
}


static const struct ua_log test_log = { .h = log_handler,
					.level = UA_LOG_INFO };


/* A folder of its own for each test, which is not there yet */
static void setup(void)
{
	static unsigned number;

	logged[0] = '\0';
	store = NULL;
	(void)snprintf(dir, sizeof(dir), "%s/above/state%d.%u", rig_dir(),
		       (int)getpid(), ++number);
}


static void teardown(void)
{
	store = mem_deref(store);
}


static void open_store(void)
{
	ck_assert_int_eq(0, ua_netstore_alloc(&store, dir, &test_log));
}


static void reopen(void)
{
	store = mem_deref(store);
	open_store();
}


static const char *file(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}


static void write_file(const char *name, const char *text)
{
	char cmd[256];
	FILE *f;

	(void)snprintf(cmd, sizeof(cmd), "mkdir -p '%s'", dir);
	ck_assert_int_eq(0, system(cmd));
	f = fopen(file(name), "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(0, fclose(f));
}


static const char *read_file(const char *name)
{
	static char text[64 * 1024];
	FILE *f = fopen(file(name), "r");
	size_t n;

	ck_assert_msg(f != NULL, "no file %s", file(name));
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	(void)fclose(f);

	return text;
}


static struct ua_addr address(const char *str)
{
	struct ua_addr addr;

	ck_assert_int_eq(0, ua_addr_decode(&addr, str));

	return addr;
}


static struct ua_hop hop_of(enum ua_tp tp, const char *server)
{
	const struct ua_hop hop = { .addr = address(server), .tp = tp };

	return hop;
}


static void put(const struct ua_hop *hop, const char *local,
		const char *mapped, uint32_t learnt_s, bool deaf)
{
	const struct ua_sipflow_memory memory = { .learnt_s = learnt_s,
						  .deaf = deaf };
	const struct ua_addr l = address(local), m = address(mapped);

	ua_netstore_put(store, hop, &l, &m, &memory);
}


static struct ua_sipflow_memory get(const struct ua_hop *hop,
				    const char *local, const char *mapped)
{
	struct ua_sipflow_memory memory = { .learnt_s = 99999 };
	const struct ua_addr l = address(local), m = address(mapped);

	ua_netstore_get(store, hop, &l, &m, &memory);

	return memory;
}


/* ----------------------------- networks ---------------------------- */


START_TEST(what_was_learnt_is_known_in_the_next_run)
{
	const struct ua_hop udp = hop_of(UA_TP_UDP, "198.51.100.10:5060");
	const struct ua_hop tls = hop_of(UA_TP_TLS, "[2001:db8::1]:5061");
	struct ua_sipflow_memory memory;

	open_store();
	put(&udp, "10.1.0.2:5060", "198.51.100.2:30303", 114, false);
	put(&tls, "[2001:db8::2]:1", "[2001:db8::2]:2", 0, true);
	reopen();

	/* Ports of ours may be others each time. */
	memory = get(&udp, "10.1.0.2:7000", "198.51.100.2:1");
	ck_assert_uint_eq(114, memory.learnt_s);
	ck_assert(!memory.deaf);
	memory = get(&tls, "[2001:db8::2]:9", "[2001:db8::2]:9");
	ck_assert_uint_eq(0, memory.learnt_s);
	ck_assert(memory.deaf);

	/* Another server, transport or NAT, or place behind it, is another. */
	ck_assert_uint_eq(0,
			  get(&tls, "10.1.0.2:1", "198.51.100.2:1").learnt_s);
	ck_assert_uint_eq(0,
			  get(&udp, "10.1.0.3:1", "198.51.100.2:1").learnt_s);
	ck_assert_uint_eq(0,
			  get(&udp, "10.1.0.2:1", "198.51.100.3:1").learnt_s);

	/* It is replaced, and the other one kept. */
	put(&udp, "10.1.0.2:1", "198.51.100.2:1", 44, true);
	reopen();
	memory = get(&udp, "10.1.0.2:1", "198.51.100.2:1");
	ck_assert_uint_eq(44, memory.learnt_s);
	ck_assert(memory.deaf);
	ck_assert(get(&tls, "[2001:db8::2]:9", "[2001:db8::2]:9").deaf);
	ck_assert_str_eq("", logged);
}
END_TEST


START_TEST(folder_is_for_its_user_alone)
{
	const struct ua_hop udp = hop_of(UA_TP_UDP, "198.51.100.10:5060");
	struct stat st;

	open_store();
	put(&udp, "10.1.0.2:1", "198.51.100.2:1", 44, true);
	ck_assert_int_eq(0, stat(dir, &st));
	ck_assert_uint_eq(0700, st.st_mode & 0777);
}
END_TEST


/* Nothing is known of a network of which the server does not tell. */
START_TEST(network_without_a_mapped_address_is_not_kept)
{
	const struct ua_hop udp = hop_of(UA_TP_UDP, "198.51.100.10:5060");
	const struct ua_sipflow_memory memory = { .learnt_s = 44 };
	const struct ua_addr local = address("10.1.0.2:5060");
	const struct ua_addr none = { .af = UA_AF_NONE };

	open_store();
	ua_netstore_put(store, &udp, &local, &none, &memory);
	ck_assert_int_ne(0, access(file("keepalive"), F_OK));
}
END_TEST


/* clang-format off */
static const char *const broken[] = {
	"sctp 198.51.100.10:5060 10.1.0.2 198.51.100.2 114 answered 1700000000",
	"udp 198.51.100.999:5060 10.1.0.2 198.51.100.2 114 answered 1700000000",
	"udp 198.51.100.10:5060 ten 198.51.100.2 114 answered 1700000000",
	"udp 198.51.100.10:5060 10.1.0.2 there 114 answered 1700000000",
	"udp 198.51.100.10:5060 10.1.0.2 198.51.100.2 121 answered 1700000000",
	"udp 198.51.100.10:5060 10.1.0.2 198.51.100.2 -1 answered 1700000000",
	"udp 198.51.100.10:5060 10.1.0.2 198.51.100.2 4294967310 answered 17",
	"udp 198.51.100.10:5060 10.1.0.2 198.51.100.2 114 maybe 1700000000",
	"udp 198.51.100.10:5060 10.1.0.2 198.51.100.2 114 answered",
	"udp 198.51.100.10:5060",
	"\x01\x02\x03",
	/* 300 characters, the last of which look like a line */
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"udp 198.51.100.10:5060 10.1.0.2 198.51.100.2 114 answered 1700000000",
};
/* clang-format on */


START_TEST(broken_line_is_named_and_skipped)
{
	const struct ua_hop udp = hop_of(UA_TP_UDP, "198.51.100.10:5060");
	char text[1024], named[300];

	(void)snprintf(text, sizeof(text),
		       "# a comment\n"
		       "udp 198.51.100.10:5060 10.7.0.2 198.51.100.2 7"
		       " answered 1700000000\n"
		       "\n%s\n"
		       "udp 198.51.100.10:5060 10.8.0.2 198.51.100.2 8"
		       " ignored 1700000000\n"
		       "and this\n",
		       broken[_i]);
	write_file("keepalive", text);
	open_store();

	ck_assert_uint_eq(7,
			  get(&udp, "10.7.0.2:1", "198.51.100.2:1").learnt_s);
	ck_assert_uint_eq(8,
			  get(&udp, "10.8.0.2:1", "198.51.100.2:1").learnt_s);
	ck_assert_uint_eq(0,
			  get(&udp, "10.1.0.2:1", "198.51.100.2:1").learnt_s);

	(void)snprintf(named, sizeof(named), "%s:4: ", file("keepalive"));
	ck_assert_msg(strstr(logged, named) != NULL, "%s", logged);
	ck_assert_msg(strstr(logged, "seconds, answered or ignored") != NULL,
		      "%s", logged);
	(void)snprintf(named, sizeof(named), "%s:6: ", file("keepalive"));
	ck_assert_msg(strstr(logged, named) != NULL, "%s", logged);
}
END_TEST


/* A file where the folder should be: not even root can write there. */
START_TEST(unwritable_folder_is_done_without)
{
	const struct ua_hop udp = hop_of(UA_TP_UDP, "198.51.100.10:5060");
	unsigned i;

	write_file("occupied", "");
	(void)snprintf(dir + strlen(dir), sizeof(dir) - strlen(dir),
		       "/occupied/state");
	open_store();
	put(&udp, "10.1.0.2:1", "198.51.100.2:1", 44, true);
	ck_assert_msg(strstr(logged, dir) != NULL, "%s", logged);
	ck_assert_msg(strstr(logged, "not written") != NULL, "%s", logged);
	put(&udp, "10.1.0.3:1", "198.51.100.2:1", 45, false);

	/* As long as it lives it knows both. */
	for (i = 0; i < 2; i++) {
		ck_assert_uint_eq(
			44,
			get(&udp, "10.1.0.2:1", "198.51.100.2:1").learnt_s);
		ck_assert_uint_eq(
			45,
			get(&udp, "10.1.0.3:1", "198.51.100.2:1").learnt_s);
		put(&udp, "10.1.0.4:1", "198.51.100.2:1", 46, false);
	}

	/* No name that would be another one each time either */
	logged[0] = '\0';
	for (i = 0; i < 2; i++) {
		ck_assert_ptr_null(
			ua_netstore_instance(store, &ua_random_system));
		ck_assert_msg(strstr(logged, "instance: not opened") != NULL,
			      "%s", logged);
	}
}
END_TEST


START_TEST(folder_with_too_long_a_name_is_done_without)
{
	const struct ua_hop udp = hop_of(UA_TP_UDP, "198.51.100.10:5060");
	char path[700];

	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	ck_assert_int_eq(0, ua_netstore_alloc(&store, path, &test_log));
	ck_assert_msg(strstr(logged, "xxx: not used: ") != NULL, "%s", logged);
	put(&udp, "10.1.0.2:1", "198.51.100.2:1", 44, true);
	ck_assert_uint_eq(44,
			  get(&udp, "10.1.0.2:1", "198.51.100.2:1").learnt_s);
	ck_assert_ptr_null(ua_netstore_instance(store, &ua_random_system));
}
END_TEST


START_TEST(without_a_folder_all_is_known_as_long_as_it_lives)
{
	const struct ua_hop udp = hop_of(UA_TP_UDP, "198.51.100.10:5060");

	ck_assert_int_eq(0, ua_netstore_alloc(&store, NULL, &test_log));
	put(&udp, "10.1.0.2:1", "198.51.100.2:1", 44, true);
	ck_assert_uint_eq(44,
			  get(&udp, "10.1.0.2:1", "198.51.100.2:1").learnt_s);
	ck_assert_ptr_null(ua_netstore_instance(store, &ua_random_system));
	ck_assert_str_eq("", logged);
}
END_TEST


static void fill(char *text, size_t size)
{
	size_t len = 0;
	unsigned i;

	for (i = 0; i < UA_NETSTORE_MAX; i++)
		len += (size_t)snprintf(
			text + len, size - len,
			"udp 198.51.100.10:5060 10.1.0.%u 198.51.100.2 44"
			" answered %u\n",
			i, 1700000000 + (i == 20 ? 0 : i + 1));
	ck_assert_uint_lt(len, size);
}


START_TEST(one_network_too_many_replaces_the_oldest)
{
	const struct ua_hop udp = hop_of(UA_TP_UDP, "198.51.100.10:5060");
	char text[8192], local[32];
	unsigned i;

	fill(text, sizeof(text));
	write_file("keepalive", text);
	open_store();
	put(&udp, "10.2.0.1:1", "198.51.100.2:1", 33, false);
	reopen();

	ck_assert_uint_eq(33,
			  get(&udp, "10.2.0.1:1", "198.51.100.2:1").learnt_s);
	for (i = 0; i < UA_NETSTORE_MAX; i++) {
		(void)snprintf(local, sizeof(local), "10.1.0.%u:1", i);
		ck_assert_uint_eq(i == 20 ? 0 : 44,
				  get(&udp, local, "198.51.100.2:1").learnt_s);
	}
	ck_assert_str_eq("", logged);
}
END_TEST


/* Whoever wrote it: of too many lines the newest ones are read, wherever. */
START_TEST(newest_of_too_many_lines_are_kept)
{
	const struct ua_hop udp = hop_of(UA_TP_UDP, "198.51.100.10:5060");
	char text[8192];
	size_t len;

	fill(text, sizeof(text));
	len = strlen(text);
	(void)snprintf(text + len, sizeof(text) - len,
		       "udp 198.51.100.10:5060 10.2.0.1 198.51.100.2 33"
		       " answered 1750000000\n"
		       "udp 198.51.100.10:5060 10.2.0.2 198.51.100.2 33"
		       " answered 1600000000\n");
	write_file("keepalive", text);
	open_store();
	ck_assert_uint_eq(33,
			  get(&udp, "10.2.0.1:1", "198.51.100.2:1").learnt_s);
	ck_assert_uint_eq(0,
			  get(&udp, "10.2.0.2:1", "198.51.100.2:1").learnt_s);
	ck_assert_uint_eq(0,
			  get(&udp, "10.1.0.20:1", "198.51.100.2:1").learnt_s);
}
END_TEST


/* A clock that was ahead: such a line is not the newest for ever. */
START_TEST(time_to_come_counts_as_now)
{
	open_store();
	store = mem_deref(store);
	write_file("keepalive",
		   "udp 198.51.100.10:5060 10.1.0.2 198.51.100.2 44"
		   " answered 9999999999\n");
	open_store();
	{
		const struct ua_hop udp =
			hop_of(UA_TP_UDP, "198.51.100.10:5060");

		put(&udp, "10.1.0.3:1", "198.51.100.2:1", 45, false);
		ck_assert_uint_eq(
			44,
			get(&udp, "10.1.0.2:1", "198.51.100.2:1").learnt_s);
	}
	ck_assert_ptr_null(strstr(read_file("keepalive"), "9999999999"));
}
END_TEST


START_TEST(two_programs_keep_what_each_has_learnt)
{
	const struct ua_hop udp = hop_of(UA_TP_UDP, "198.51.100.10:5060");
	struct ua_netstore *first, *second;

	open_store();
	first = store;
	open_store();
	second = store;
	put(&udp, "10.1.0.2:1", "198.51.100.2:1", 44, false);
	store = first;
	put(&udp, "10.1.0.3:1", "198.51.100.2:1", 45, false);
	mem_deref(second);
	reopen();
	ck_assert_uint_eq(44,
			  get(&udp, "10.1.0.2:1", "198.51.100.2:1").learnt_s);
	ck_assert_uint_eq(45,
			  get(&udp, "10.1.0.3:1", "198.51.100.2:1").learnt_s);
}
END_TEST


/* ----------------------------- instance ---------------------------- */


static void is_made_once(void)
{
	const char *name = ua_netstore_instance(store, &ua_random_system);
	char kept[64];

	ck_assert_ptr_nonnull(name);
	ck_assert_uint_eq(strlen(UUID), strlen(name));
	ck_assert_int_eq(0, strncmp(name, "urn:uuid:", 9));
	/* A random one (RFC 4122, 4.4): version 4, variant 10 */
	ck_assert_int_eq('4', name[23]);
	ck_assert_ptr_nonnull(strchr("89ab", name[28]));
	ck_assert_ptr_eq(name, ua_netstore_instance(store, &ua_random_system));

	str_ncpy(kept, name, sizeof(kept));
	reopen();
	ck_assert_str_eq(kept, ua_netstore_instance(store, &ua_random_system));
}


START_TEST(instance_is_made_once_and_kept)
{
	struct stat st;

	open_store();
	is_made_once();
	ck_assert_int_eq(0, stat(file("instance"), &st));
	ck_assert_uint_eq(0600, st.st_mode & 0777);
	ck_assert_str_eq("", logged);
}
END_TEST


START_TEST(instances_of_two_folders_differ)
{
	char kept[64];

	open_store();
	str_ncpy(kept, ua_netstore_instance(store, &ua_random_system),
		 sizeof(kept));
	teardown();
	setup();
	open_store();
	ck_assert_str_ne(kept, ua_netstore_instance(store, &ua_random_system));
}
END_TEST


START_TEST(instance_that_was_written_by_hand_is_taken)
{
	write_file("instance", UUID "\r\nand more\n");
	open_store();
	ck_assert_str_eq(UUID, ua_netstore_instance(store, &ua_random_system));
	ck_assert_str_eq("", logged);
}
END_TEST


/* clang-format off */
static const char *const garbage[] = {
	"",
	"\n",
	"urn:uuid:00112233-4455-4677-8899-aabbccddeef\n",
	"urn:uuid:00112233-4455-4677-8899-aabbccddeefff\n",
	"urn:uuid:00112233-4455-4677-8899-AABBCCDDEEFF\n",
	"urn:uuid:00112233+4455-4677-8899-aabbccddeeff\n",
	"urn:uuid:00112233-4455-4677-8899-aabbccddeefg\n",
	"00112233-4455-4677-8899-aabbccddeeff\n",
	"urn:uuid:00112233-4455-4677-8899-aabbccddee\"\r\n",
};
/* clang-format on */


START_TEST(garbage_instead_of_an_instance_is_replaced)
{
	write_file("instance", garbage[_i]);
	open_store();
	is_made_once();
	if (garbage[_i][0])
		ck_assert_msg(strstr(logged, "instance: urn:uuid: and a") !=
				      NULL,
			      "%s", logged);
	ck_assert_uint_eq(strlen(UUID) + 1, strlen(read_file("instance")));
}
END_TEST


/* Another process, which has the instance until `until` is closed */
static pid_t hold_instance(const int told[2], const int until[2])
{
	const pid_t pid = fork();
	char c;

	ck_assert_int_ge(pid, 0);
	if (pid)
		return pid;

	(void)close(until[1]);
	c = !ua_netstore_alloc(&store, dir, NULL) &&
			    ua_netstore_instance(store, &ua_random_system)
		    ? 'y'
		    : 'n';
	if (write(told[1], &c, 1) == 1)
		(void)read(until[0], &c, 1);
	_exit(0);
}


START_TEST(instance_of_another_process_is_not_shared)
{
	int told[2], until[2], status;
	char c = 0;
	pid_t pid;

	ck_assert_int_eq(0, pipe(told));
	ck_assert_int_eq(0, pipe(until));
	pid = hold_instance(told, until);
	ck_assert_int_eq(1, (int)read(told[0], &c, 1));
	ck_assert_int_eq('y', c);

	open_store();
	ck_assert_ptr_null(ua_netstore_instance(store, &ua_random_system));
	ck_assert_msg(strstr(logged, "in use by another program") != NULL,
		      "%s", logged);

	/* It is his, and the next one's. */
	(void)close(until[1]);
	ck_assert_int_eq(pid, waitpid(pid, &status, 0));
	ck_assert_ptr_nonnull(ua_netstore_instance(store, &ua_random_system));
	(void)close(until[0]);
	(void)close(told[0]);
	(void)close(told[1]);
}
END_TEST


/* A disk that is full: no name, and no lock on it that stays. */
START_TEST(instance_that_cannot_be_kept_is_none)
{
	char path[256];

	write_file("keepalive", "");
	(void)snprintf(path, sizeof(path), "%s", file("instance"));
	ck_assert_int_eq(0, symlink("/dev/full", path));
	open_store();
	ck_assert_ptr_null(ua_netstore_instance(store, &ua_random_system));
	ck_assert_msg(strstr(logged, "instance: not written") != NULL, "%s",
		      logged);

	ck_assert_int_eq(0, unlink(path));
	ck_assert_ptr_nonnull(ua_netstore_instance(store, &ua_random_system));
}
END_TEST


/* ------------------------------ memory ----------------------------- */


enum { OOM_TRIES = 40 }; /* More than a run of it allocates */


/* A file that cannot be opened costs what is kept in it, and no more. */
START_TEST(without_memory_no_store_and_no_leak)
{
	const struct ua_hop udp = hop_of(UA_TP_UDP, "198.51.100.10:5060");
	const struct ua_addr l = address("10.1.0.2:1");
	const struct ua_addr m = address("198.51.100.2:1");
	struct ua_sipflow_memory in = { .learnt_s = 44 }, out;
	const char *name;
	char kept[64] = "";
	unsigned names = 0;
	long i, live;
	int err;

	/* The first run pays for what libraries keep for ever. */
	for (i = -1; i < OOM_TRIES; i++) {
		live = ua_oom_live();
		ua_oom_limit(i);
		name = NULL;
		err = ua_netstore_alloc(&store, dir, NULL);
		if (!err) {
			ua_netstore_put(store, &udp, &l, &m, &in);
			ua_netstore_get(store, &udp, &l, &m, &out);
			name = ua_netstore_instance(store, &ua_random_system);
		}
		ua_oom_limit(-1);

		ck_assert(!err || err == ENOMEM);
		if (!err)
			ck_assert_uint_eq(44, out.learnt_s);
		if (name && names++)
			ck_assert_str_eq(kept, name);
		else if (name)
			str_ncpy(kept, name, sizeof(kept));
		store = mem_deref(store);
		if (i >= 0)
			ck_assert_int_eq(live, ua_oom_live());
	}

	ck_assert(names);
	open_store();
	ck_assert_uint_eq(44,
			  get(&udp, "10.1.0.2:1", "198.51.100.2:1").learnt_s);
}
END_TEST


Suite *ua_suite_netstore(void)
{
	Suite *s = suite_create("netstore");
	TCase *tc = tcase_create("networks");
	TCase *ti = tcase_create("instance");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_was_learnt_is_known_in_the_next_run);
	tcase_add_test(tc, folder_is_for_its_user_alone);
	tcase_add_test(tc, network_without_a_mapped_address_is_not_kept);
	tcase_add_loop_test(tc, broken_line_is_named_and_skipped, 0,
			    sizeof(broken) / sizeof(broken[0]));
	tcase_add_test(tc, unwritable_folder_is_done_without);
	tcase_add_test(tc, folder_with_too_long_a_name_is_done_without);
	tcase_add_test(tc, without_a_folder_all_is_known_as_long_as_it_lives);
	tcase_add_test(tc, one_network_too_many_replaces_the_oldest);
	tcase_add_test(tc, newest_of_too_many_lines_are_kept);
	tcase_add_test(tc, time_to_come_counts_as_now);
	tcase_add_test(tc, two_programs_keep_what_each_has_learnt);
	suite_add_tcase(s, tc);

	tcase_add_checked_fixture(ti, setup, teardown);
	tcase_add_test(ti, instance_is_made_once_and_kept);
	tcase_add_test(ti, instances_of_two_folders_differ);
	tcase_add_test(ti, instance_that_was_written_by_hand_is_taken);
	tcase_add_loop_test(ti, garbage_instead_of_an_instance_is_replaced, 0,
			    sizeof(garbage) / sizeof(garbage[0]));
	tcase_add_test(ti, instance_of_another_process_is_not_shared);
	tcase_add_test(ti, instance_that_cannot_be_kept_is_none);
	tcase_add_test(ti, without_memory_no_store_and_no_leak);
	suite_add_tcase(s, ti);

	return s;
}
