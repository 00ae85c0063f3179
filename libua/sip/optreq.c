/* SPDX-License-Identifier: BSD-3-Clause */
/** @file optreq.c  An OPTIONS of ours: asks whether anybody is there */

#include <errno.h>

#include "dialog/dialog.h"
#include "dialog/digest.h"
#include "sip/epcore.h"
#include "sip/optreq.h"

enum { ROOM = 512 };


static int headers_encode(struct mbuf *mb, const struct ua_endpoint *ep,
			  struct ua_dialog *half, const char *contact,
			  struct ua_digest *digest, const char *uri)
{
	int err;

	err = mbuf_write_str(mb, "Max-Forwards: 70\r\n");
	if (!err)
		err = ua_dialog_encode(half, mb, "OPTIONS",
				       ua_dialog_cseq_next(half));
	if (!err)
		err = mbuf_printf(mb,
				  "Contact: <%s>\r\n"
				  "Accept: application/sdp\r\n",
				  contact);
	if (!err && ep->software)
		err = mbuf_printf(mb, "User-Agent: %s\r\n", ep->software);
	if (!err && digest)
		err = ua_digest_encode(digest, mb, "OPTIONS", uri);
	if (!err)
		err = mbuf_write_str(mb, "Content-Length: 0\r\n\r\n");

	return err;
}


int ua_optreq_encode(struct mbuf **mbp, const struct ua_endpoint *ep,
		     struct ua_dialog *half, const char *contact,
		     struct ua_digest *digest, const char *uri)
{
	struct mbuf *mb = mbuf_alloc(ROOM);
	int err;

	if (!mb)
		return ENOMEM;

	err = headers_encode(mb, ep, half, contact, digest, uri);
	if (err) {
		mem_deref(mb);
		return err;
	}

	mb->pos = 0;
	*mbp = mb;

	return 0;
}
