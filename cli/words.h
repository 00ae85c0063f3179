/* SPDX-License-Identifier: BSD-3-Clause */
/** @file words.h  What a user types */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

struct phone;


/**
 * Do what a line says: a word or a beginning of it that is no other's, `a'
 * and `b' to answer and to end, digits as DTMF while a call is up.
 */
void words_line(struct phone *phone, const char *line);

#endif
