/* SPDX-License-Identifier: BSD-3-Clause */
/** @file log.h  Where the library's words go: it never prints by itself */
#ifndef UA_LOG_H
#define UA_LOG_H

#include <stdarg.h>

enum ua_level {
	UA_LOG_ERROR = 0, /**< Something asked for was not done         */
	UA_LOG_WARN,      /**< Something odd, the work goes on          */
	UA_LOG_INFO,      /**< What a user wants to see of a call       */
	UA_LOG_DEBUG,     /**< Every move of every machine              */
	UA_LOG_TRACE      /**< Every message                            */
};

/**
 * Takes one line without a line end.
 *
 * @param level  How bad
 * @param obj    What speaks, e.g. "ice", "turn", "reg" (borrowed)
 * @param line   Text (borrowed)
 * @param arg    Application's own
 *
 * Called on the thread that owns the speaking object; must not call libua.
 */
typedef void(ua_log_h)(enum ua_level level, const char *obj, const char *line,
		       void *arg);

/** A log: borrowed by every object that gets it, for that object's life */
struct ua_log {
	ua_log_h *h;         /**< NULL: silent                          */
	void *arg;           /**< Application's own                     */
	enum ua_level level; /**< Lines above this are not even written */
};


/**
 * Write one line.  A NULL log is silent.
 *
 * @param fmt  libre's format: beside printf's also %H, %r, %w, %j, %J
 */
void ua_log(const struct ua_log *log, enum ua_level level, const char *obj,
	    const char *fmt, ...);

void ua_vlog(const struct ua_log *log, enum ua_level level, const char *obj,
	     const char *fmt, va_list ap);

#endif
