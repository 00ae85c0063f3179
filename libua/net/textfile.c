/* SPDX-License-Identifier: BSD-3-Clause */
/** @file textfile.c  A small system file, read anew when it has changed */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/re_compat.h"
#include "net/textfile.h"

struct ua_textfile {
	char *path;
	char *text;     /* NULL: no such file              */
	struct stat st; /* of the file that text came from */
};


static void textfile_destructor(void *data)
{
	struct ua_textfile *tf = data;

	mem_deref(tf->path);
	mem_deref(tf->text);
}


int ua_textfile_alloc(struct ua_textfile **tfp, const char *path)
{
	struct ua_textfile *tf;
	int err;

	tf = mem_zalloc(sizeof(*tf), textfile_destructor);
	if (!tf)
		return ENOMEM;

	err = str_dup(&tf->path, path);
	if (err)
		mem_deref(tf);
	else
		*tfp = tf;

	return err;
}


static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}


/* The whole file as one string; NULL if that did not work */
static char *file_read(FILE *f, const struct stat *st)
{
	size_t size = UA_TEXTFILE_MAX;
	char *text;
	size_t n;

	if (st->st_size < UA_TEXTFILE_MAX)
		size = (size_t)st->st_size;

	text = mem_alloc(size + 1, NULL);
	if (!text)
		return NULL;

	n = fread(text, 1, size, f);
	text[n] = '\0';

	return text;
}


bool ua_textfile_refresh(struct ua_textfile *tf)
{
	struct stat st;
	char *text;
	FILE *f;

	if (stat(tf->path, &st) == 0 && tf->text && is_same(&st, &tf->st))
		return false;

	f = fopen(tf->path, "re");
	if (!f || fstat(fileno(f), &st) < 0) {
		const bool had = tf->text != NULL;

		if (f)
			(void)fclose(f);
		tf->text = mem_deref(tf->text);
		return had;
	}

	text = file_read(f, &st);
	(void)fclose(f);
	if (!text)
		return false;

	mem_deref(tf->text);
	tf->text = text;
	tf->st = st;

	return true;
}


const char *ua_textfile_text(const struct ua_textfile *tf)
{
	return tf->text ? tf->text : "";
}
