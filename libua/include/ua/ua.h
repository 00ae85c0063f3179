/* SPDX-License-Identifier: BSD-3-Clause */
/** @file ua.h  All of libua */
#ifndef UA_UA_H
#define UA_UA_H

#include <ua/types.h>
#include <ua/log.h>
#include <ua/event.h>
#include <ua/codec.h>
#include <ua/audio.h>
#include <ua/ice.h>
#include <ua/agent.h>
#include <ua/account.h>
#include <ua/call.h>


/** Version of the library that runs, "0.1.0" */
const char *ua_version(void);

#endif
