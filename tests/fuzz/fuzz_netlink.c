/* SPDX-License-Identifier: BSD-3-Clause */
/** @file fuzz_netlink.c  Messages of the kernel */

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/netlink.h"

enum {
	ALL = UA_NETLINK_LINK | UA_NETLINK_ADDR | UA_NETLINK_ROUTE |
	      UA_NETLINK_LOST
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void require(int ok)
{
	if (!ok)
		abort();
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned what = ALL + 1;
	unsigned twice = ALL + 1;
	uint8_t *odd;
	int err;

	err = ua_netlink_parse(&what, data, size);
	require(err == 0 || err == EBADMSG);
	require(err ? what == ALL + 1 : !(what & ~(unsigned)ALL));

	/* Wherever it lies */
	odd = malloc(size + 1);
	if (!odd)
		return 0;

	memcpy(odd + 1, data, size);
	require(ua_netlink_parse(&twice, odd + 1, size) == err);
	require(what == twice);
	free(odd);

	return 0;
}
