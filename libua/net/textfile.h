/* SPDX-License-Identifier: BSD-3-Clause */
/** @file textfile.h  A small system file, read anew when it has changed */
#ifndef UA_TEXTFILE_H
#define UA_TEXTFILE_H

#include <ua/types.h>

/** Longer files are read up to here [bytes] */
enum { UA_TEXTFILE_MAX = 1 << 20 };

struct ua_textfile;


/**
 * Make one; nothing is read yet.
 *
 * @param tfp   Set on success; free it by mem_deref()
 * @param path  Copied; the file need not exist
 *
 * @retval 0       Done
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_textfile_alloc(struct ua_textfile **tfp, const char *path);


/**
 * Read the file, if it was changed since the last time.  Without memory the
 * old text stays, and the next call tries again.
 *
 * @return True if the text is another one now
 */
bool ua_textfile_refresh(struct ua_textfile *tf);


/** Text as last read, "" if there is no such file (borrowed) */
const char *ua_textfile_text(const struct ua_textfile *tf);

#endif
