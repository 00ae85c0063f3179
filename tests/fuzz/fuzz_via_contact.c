/* SPDX-License-Identifier: BSD-3-Clause */
/** @file fuzz_via_contact.c  Values of headers, in messages else well-formed
 */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/addr.h"
#include "dialog/binding.h"
#include "dialog/dialog.h"
#include "dialog/sipaddr.h"
#include "dialog/sipmsg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One a line of the input; what is missing is as in the table. */
enum { VIA, CONTACT, ROUTE, FROM, TO, CSEQ, EXPIRES, VALUES };

static const char *const usual[VALUES] = {
	[VIA] = "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx",
	[CONTACT] = "<sip:bob@192.0.2.2>",
	[ROUTE] = "<sip:192.0.2.3;lr>",
	[FROM] = "<sip:bob@example.com>;tag=1",
	[TO] = "<sip:alice@example.com>",
	[CSEQ] = "1",
	[EXPIRES] = "300",
};


static void require(int ok)
{
	if (!ok)
		abort();
}


static void fill(uint8_t *buf, size_t len, void *arg)
{
	(void)arg;
	memset(buf, 7, len);
}


static const struct ua_rand rnd = { .fill = fill };


static void values_split(struct pl *v, const uint8_t *data, size_t size)
{
	struct pl rest = { (const char *)data, size };
	size_t i;

	for (i = 0; i < VALUES; i++) {
		const char *end = rest.l ? pl_strchr(&rest, '\n') : NULL;

		if (!rest.l) {
			pl_set_str(&v[i], usual[i]);
			continue;
		}

		v[i].p = rest.p;
		v[i].l = end ? (size_t)(end - rest.p) : rest.l;
		pl_advance(&rest, (ssize_t)(v[i].l + (end != NULL)));
	}
}


static struct sip_msg *message(const struct pl *v, const char *line,
			       const char *met)
{
	struct mbuf *mb = mbuf_alloc(1024);
	struct sip_msg *msg = NULL;

	if (!mb)
		return NULL;

	(void)mbuf_printf(mb,
			  "%s\r\nVia: %r\r\nContact: %r\r\n"
			  "Record-Route: %r\r\nFrom: %r\r\nTo: %r\r\n"
			  "Call-ID: x\r\nCSeq: %r %s\r\nExpires: %r\r\n\r\n",
			  line, &v[VIA], &v[CONTACT], &v[ROUTE], &v[FROM],
			  &v[TO], &v[CSEQ], met, &v[EXPIRES]);
	mb->pos = 0;
	if (sip_msg_decode(&msg, mb))
		msg = NULL;
	mem_deref(mb);

	return msg;
}


/* What a dialog writes is a header block: no line of it is another's. */
static void dialog_write(const struct ua_dialog *dlg)
{
	struct mbuf *mb = mbuf_alloc(1024);
	struct uri uri;
	struct pl pl;

	if (!mb)
		return;

	require(!ua_dialog_encode(dlg, mb, "BYE", 2));
	require(!memchr(mb->buf, '\0', mb->end));
	mem_deref(mb);

	pl_set_str(&pl, ua_dialog_uri(dlg));
	require(!uri_decode(&uri, &pl));
	require(!strpbrk(ua_dialog_uri(dlg), " \t\r\n<>\""));
	pl_set_str(&pl, ua_dialog_hop(dlg));
	require(!uri_decode(&uri, &pl));
	(void)ua_dialog_peer(dlg);
}


static void request(struct sip_msg *msg)
{
	struct ua_dialog *dlg = NULL;
	struct ua_sipmsg_fault fault;
	const int err = ua_sipmsg_check(msg, &fault);

	require(!strchr(fault.headers, '\n') ||
		!strcmp(fault.headers + strlen(fault.headers) - 2, "\r\n"));
	if (err)
		return;

	require(ua_sipaddr_closed(&msg->from.val));
	require(ua_sipaddr_closed(&msg->to.val));
	if (ua_dialog_accept(&dlg, msg))
		return;

	dialog_write(dlg);
	(void)ua_dialog_is_request(dlg, msg);
	(void)!ua_dialog_order(dlg, msg);
	(void)!ua_dialog_refresh(dlg, msg);
	dialog_write(dlg);
	mem_deref(dlg);
}


static void response(struct sip_msg *msg)
{
	const struct ua_binding_key key = { .contact = "sip:bob@192.0.2.2",
					    .asked_s = 60,
					    .max_s = 86400 };
	struct ua_dialog *half = NULL, *dlg = NULL;
	struct ua_sipmsg_fault fault;
	struct ua_binding bind;
	struct ua_addr mapped;

	if (ua_sipmsg_check(msg, &fault))
		return;

	ua_sipmsg_mapped(msg, &mapped);
	require(mapped.af == UA_AF_NONE || mapped.af == UA_AF_IP4 ||
		mapped.af == UA_AF_IP6);
	ua_binding_find(&bind, &key, msg);
	require(bind.expires_s <= key.max_s);
	require(!bind.ours || bind.listed);

	if (ua_dialog_alloc(&half, &rnd, "sip:alice@example.com",
			    "sip:bob@example.com", NULL))
		return;

	if (!ua_dialog_fork(&dlg, half, msg)) {
		dialog_write(dlg);
		(void)ua_dialog_is_response(dlg, msg);
		(void)ua_dialog_is_peer(dlg, msg);
		(void)!ua_dialog_refresh(dlg, msg);
		dialog_write(dlg);
	}

	mem_deref(dlg);
	mem_deref(half);
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sip_msg *msg;
	struct pl v[VALUES];

	values_split(v, data, size);

	msg = message(v, "INVITE sip:alice@192.0.2.1 SIP/2.0", "INVITE");
	if (msg)
		request(msg);
	mem_deref(msg);

	msg = message(v, "SIP/2.0 200 OK", "INVITE");
	if (msg)
		response(msg);
	mem_deref(msg);

	return 0;
}
