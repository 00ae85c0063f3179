/* SPDX-License-Identifier: BSD-3-Clause */
/** @file tp.c  Names of transports */

#include <ua/event.h>


const char *ua_tp_name(enum ua_tp tp)
{
	static const char *const names[] = {
		[UA_TP_UDP] = "udp",
		[UA_TP_TCP] = "tcp",
		[UA_TP_TLS] = "tls",
	};

	return (unsigned)tp <= UA_TP_TLS ? names[tp] : "?";
}
