/* SPDX-License-Identifier: BSD-3-Clause */
/** @file edit.h  A prompt with editing and history; libedit's, if built in */
#ifndef CLI_EDIT_H
#define CLI_EDIT_H

#include <stdbool.h>

struct edit;


/** Can this terminal be edited on?  Not without libedit, not if it is dumb */
bool edit_works(void);

/**
 * Put the terminal into editing.
 *
 * @return NULL: not possible, read plain lines instead
 */
struct edit *edit_open(const char *prompt);

/** Give the terminal back; NULL is no error */
void edit_close(struct edit *edit);


/**
 * Take what was typed, after the terminal became readable.
 *
 * @param eof   Set when the user closed the input
 *
 * @return The line without its end, good until the next call; NULL: not yet
 */
const char *edit_read(struct edit *edit, bool *eof);

/** Take the prompt off the screen before something else is printed */
void edit_hide(struct edit *edit);

/** Put it and what was typed back */
void edit_show(struct edit *edit);

#endif
