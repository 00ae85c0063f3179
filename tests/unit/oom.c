/* SPDX-License-Identifier: BSD-3-Clause */
/** @file oom.c  A malloc that fails when it is told to */

#include <check.h>
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "oom.h"

enum { WALK_MAX = 20000 };

static _Thread_local long limit = -1;
static atomic_long live;


#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OWNED_BY_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWNED_BY_SANITIZER 1
#endif

#if defined(__GLIBC__) && !defined(OWNED_BY_SANITIZER)

/* glibc's own names of its allocator: ours reach inside shared libraries */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void __libc_free(void *p);

void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t size);
void free(void *p);


static bool refused(void)
{
	if (limit < 0)
		return false;

	if (!limit) {
		errno = ENOMEM;
		return true;
	}

	--limit;
	return false;
}


static void *counted(void *p)
{
	if (p)
		atomic_fetch_add(&live, 1);

	return p;
}


void *malloc(size_t size)
{
	return refused() ? NULL : counted(__libc_malloc(size));
}


void *calloc(size_t n, size_t size)
{
	return refused() ? NULL : counted(__libc_calloc(n, size));
}


void *realloc(void *p, size_t size)
{
	void *q;

	if (refused())
		return NULL;

	q = __libc_realloc(p, size);
	return p ? q : counted(q);
}


void free(void *p)
{
	if (p)
		atomic_fetch_sub(&live, 1);

	__libc_free(p);
}


bool ua_oom_works(void)
{
	return true;
}

#else

bool ua_oom_works(void)
{
	return false;
}

#endif


void ua_oom_limit(long n)
{
	limit = n;
}


long ua_oom_live(void)
{
	return atomic_load(&live);
}


void ua_oom_walk(int (*scenario)(void *arg), void *arg)
{
	long before;
	long n;
	int err;

	/* The first run pays for what libraries keep for ever. */
	ck_assert_int_eq(0, scenario(arg));

	if (!ua_oom_works())
		return;

	for (n = 0; n < WALK_MAX; n++) {
		before = ua_oom_live();
		ua_oom_limit(n);
		err = scenario(arg);
		ua_oom_limit(-1);

		ck_assert_msg(ua_oom_live() == before,
			      "%ld allocations leak when number %ld fails",
			      ua_oom_live() - before, n);
		if (!err)
			return;

		ck_assert_msg(
			err == ENOMEM,
			"error %d, not ENOMEM, when allocation %ld fails", err,
			n);
	}

	ck_abort_msg("scenario never succeeds");
}
