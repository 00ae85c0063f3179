/* SPDX-License-Identifier: BSD-3-Clause */
/** @file regmsg.c  A REGISTER as it is sent (RFC 3261, 10.2) */

#include <errno.h>

#include "base/re_compat.h"
#include "dialog/dialog.h"
#include "dialog/digest.h"
#include "dialog/regcontact.h"
#include "dialog/regmsg.h"
#include "dialog/sipmsg.h"


static int headers(const struct ua_regmsg *rm, struct mbuf *mb)
{
	const uint32_t cseq = ua_dialog_cseq_next(rm->half);
	int err;

	err = mbuf_write_str(mb, "Max-Forwards: 70\r\n");
	if (!err)
		err = ua_dialog_encode(rm->half, mb, "REGISTER", cseq);
	if (!err)
		err = ua_regcontact_encode(rm->contact, mb, rm->expires_s,
					   rm->stale);
	if (!err)
		err = mbuf_printf(mb,
				  "Expires: %u\r\n"
				  "Allow: " UA_SIPMSG_ALLOW "\r\n",
				  rm->expires_s);
	if (!err && rm->software)
		err = mbuf_printf(mb, "User-Agent: %s\r\n", rm->software);
	if (!err)
		err = ua_digest_encode(rm->digest, mb, "REGISTER",
				       rm->registrar);
	if (!err)
		err = mbuf_write_str(mb, "Content-Length: 0\r\n\r\n");

	return err;
}


int ua_regmsg_encode(const struct ua_regmsg *rm, struct mbuf **mbp)
{
	struct mbuf *mb = mbuf_alloc(1024);
	int err;

	if (!mb)
		return ENOMEM;

	err = headers(rm, mb);
	mb->pos = 0;

	if (err)
		mem_deref(mb);
	else
		*mbp = mb;

	return err;
}
