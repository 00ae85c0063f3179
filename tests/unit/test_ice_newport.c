/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_ice_newport.c  A proxy's relay in mid-call: ports come and go */

#include <check.h>

#include "icenet.h"

Suite *ua_suite_ice_newport(void);


Suite *ua_suite_ice_newport(void)
{
	return suite_create("ice_newport");
}
