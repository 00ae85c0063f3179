/* SPDX-License-Identifier: BSD-3-Clause */
/** @file simalloc.c  malloc and free of this program, counted
 *
 * They are the C library's own, entered by its other names.  A process of the
 * simulator has one thread.
 */

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "simalloc.h"

#if defined(__SANITIZE_ADDRESS__) || !defined(__GLIBC__)
#define COUNTED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COUNTED 0
#endif
#endif
#ifndef COUNTED
#define COUNTED 1
#endif

static size_t blocks, bytes, peak;


bool ua_simalloc_works(void)
{
	return COUNTED;
}


size_t ua_simalloc_blocks(void)
{
	return blocks;
}


size_t ua_simalloc_bytes(void)
{
	return bytes;
}


size_t ua_simalloc_peak(void)
{
	const size_t n = peak;

	peak = bytes;
	return n;
}


#if COUNTED

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void __libc_free(void *p);


static void *count(void *p)
{
	if (!p)
		return NULL;

	blocks++;
	bytes += malloc_usable_size(p);
	if (bytes > peak)
		peak = bytes;

	return p;
}


static void uncount(void *p)
{
	if (!p)
		return;

	blocks--;
	bytes -= malloc_usable_size(p);
}


void *malloc(size_t size)
{
	return count(__libc_malloc(size));
}


void *calloc(size_t n, size_t size)
{
	return count(__libc_calloc(n, size));
}


void *realloc(void *p, size_t size)
{
	void *q;

	uncount(p);
	q = __libc_realloc(p, size);
	if (!q && size) {
		(void)count(p);
		return NULL;
	}

	return count(q);
}


void free(void *p)
{
	uncount(p);
	__libc_free(p);
}

#endif
