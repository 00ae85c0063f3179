/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sdptext.h  Words, numbers and addresses in lines of an SDP */
#ifndef UA_SDPTEXT_H
#define UA_SDPTEXT_H

#include <ua/types.h>

enum {
	UA_SDP_ERROR_MAX = 192 /**< Room for the text of an error [bytes] */
};

/** Warning codes of a refusal (RFC 3261, 20.43) */
enum ua_sdp_warning {
	UA_SDP_WARN_TRANSPORT = 302, /**< Incompatible transport protocol */
	UA_SDP_WARN_MEDIA = 304,     /**< Media type not available */
	UA_SDP_WARN_FORMAT = 305,    /**< Incompatible media format */
	UA_SDP_WARN_MISC = 399
};

/** What was wrong; the text fits between the quotes of a Warning header */
struct ua_sdp_error {
	unsigned line;    /**< Counted from 1, 0: the SDP as a whole */
	uint16_t warning; /**< enum ua_sdp_warning */
	char text[UA_SDP_ERROR_MAX]; /**< Names the field and the expected */
};


/**
 * Fill in an error.
 *
 * Quotes, backslashes, control and 8-bit characters become '?', because the
 * text quotes what a stranger sent.
 *
 * @param err  May be NULL
 * @param fmt  libre's format; the text is cut if need be
 */
void ua_sdptext_error(struct ua_sdp_error *err, unsigned line,
		      enum ua_sdp_warning warning, const char *fmt, ...);


/**
 * Cut off the next word; words are parted by blanks and tabs.
 *
 * @param pos  Moved behind the word; the blank behind it becomes a zero
 *
 * @return The word, NULL if there is none left
 */
char *ua_sdptext_word(char **pos);


/** Whole string is a decimal number up to UINT32_MAX; else EBADMSG, v as is */
int ua_sdptext_u32(uint32_t *v, const char *str);


/** Whole string is a decimal number up to UINT16_MAX; else EBADMSG, v as is */
int ua_sdptext_u16(uint16_t *v, const char *str);


/**
 * Numeric IP address; the port is set to 0.  A zone ("%eth0") is dropped: it
 * means something only on the host that wrote it.
 *
 * @retval 0        Done
 * @retval EBADMSG  No numeric address; addr is unchanged
 */
int ua_sdptext_addr(struct ua_addr *addr, const char *str);


/** A host name with at least one dot ("None" is no name, "a.local" is) */
bool ua_sdptext_is_name(const char *str);


/** Same text, whatever the case of its ASCII letters; NULL equals nothing */
bool ua_sdptext_same(const char *a, const char *b);


/** Is the word in a list parted by blanks?  A NULL list has none */
bool ua_sdptext_has(const char *list, const char *word);


/**
 * Copy a whole string.
 *
 * @retval 0       Done
 * @retval ENOSPC  Too long: dst is the empty string
 */
int ua_sdptext_copy(char *dst, size_t size, const char *src);

#endif
