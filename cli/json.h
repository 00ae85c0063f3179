/* SPDX-License-Identifier: BSD-3-Clause */
/** @file json.h  JSON that both the renderer and the commands write */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <jansson.h>

#include "ui.h"


/** A string; NULL gives null, bytes that are no UTF-8 become '?' */
json_t *json_text(const char *text);

/** Rounded to so many decimals */
json_t *json_round(double num, int decimals);

/** "192.0.2.1:5060", null if there is none */
json_t *json_addr(const struct ua_addr *addr);

/** The keys of ice_connected */
json_t *json_ice(const struct ua_ice_info *ice);

/** The keys of the event stats, without "call" */
json_t *json_stats(const struct ua_call_stats *stats);

/** {"t":..,"event":name}; NULL when memory is out */
json_t *json_line(const struct ui *ui, const char *event);

/** Write a line and free it; NULL is an error that was made before */
void json_put(struct ui *ui, json_t *line);

#endif
