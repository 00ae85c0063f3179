/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sdptext.c  Words, numbers and addresses in lines of an SDP */

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/re_compat.h"
#include "sdp/sdptext.h"


void ua_sdptext_error(struct ua_sdp_error *err, unsigned line,
		      enum ua_sdp_warning warning, const char *fmt, ...)
{
	va_list ap;
	unsigned char *p;

	if (!err)
		return;

	err->line = line;
	err->warning = (uint16_t)warning;

	/* A text that has to be cut ends where libre gave up. */
	memset(err->text, 0, sizeof(err->text));
	va_start(ap, fmt);
	(void)re_vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);

	for (p = (unsigned char *)err->text; *p; p++) {
		if (*p < 0x20 || *p > 0x7e || *p == '"' || *p == '\\')
			*p = '?';
	}
}


char *ua_sdptext_word(char **pos)
{
	char *word = *pos + strspn(*pos, " \t");
	char *end = word + strcspn(word, " \t");

	if (word == end) {
		*pos = end;
		return NULL;
	}

	*pos = end;
	if (*end) {
		*end = '\0';
		++*pos;
	}

	return word;
}


int ua_sdptext_u32(uint32_t *v, const char *str)
{
	uint64_t n = 0;

	if (!*str)
		return EBADMSG;

	for (; *str; str++) {
		if (*str < '0' || *str > '9')
			return EBADMSG;

		n = n * 10 + (uint64_t)(*str - '0');
		if (n > UINT32_MAX)
			return EBADMSG;
	}

	*v = (uint32_t)n;
	return 0;
}


int ua_sdptext_u16(uint16_t *v, const char *str)
{
	uint32_t n;

	if (ua_sdptext_u32(&n, str) || n > UINT16_MAX)
		return EBADMSG;

	*v = (uint16_t)n;
	return 0;
}


int ua_sdptext_addr(struct ua_addr *addr, const char *str)
{
	char ip[UA_ADDR_LEN];
	const size_t len = strcspn(str, "%");

	if (len >= sizeof(ip))
		return EBADMSG;

	memcpy(ip, str, len);
	ip[len] = '\0';

	return ua_addr_set(addr, ip, 0) ? EBADMSG : 0;
}


bool ua_sdptext_is_name(const char *str)
{
	bool alpha = false;
	bool dot = false;

	for (; *str; str++) {
		const char c = *str;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
			alpha = true;
		else if (c == '.')
			dot = true;
		else if (c != '-' && c != '_' && (c < '0' || c > '9'))
			return false;
	}

	return alpha && dot;
}


bool ua_sdptext_same(const char *a, const char *b)
{
	return a && b && !strcasecmp(a, b);
}


bool ua_sdptext_has(const char *list, const char *word)
{
	const size_t len = strlen(word);
	size_t n;

	if (!list)
		return false;

	for (;; list += n) {
		list += strspn(list, " \t");
		n = strcspn(list, " \t");
		if (!n)
			return false;

		if (n == len && !strncasecmp(list, word, len))
			return true;
	}
}


int ua_sdptext_copy(char *dst, size_t size, const char *src)
{
	const size_t len = strlen(src);

	if (len >= size) {
		dst[0] = '\0';
		return ENOSPC;
	}

	memcpy(dst, src, len + 1);
	return 0;
}
