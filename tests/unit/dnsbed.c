/* SPDX-License-Identifier: BSD-3-Clause */
/** @file dnsbed.c  A name server of ours, on loopback with any port */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "dnsbed.h"
#include "oom.h"

struct dnsbed dnsbed;


static void u16_write(struct mbuf *mb, unsigned v)
{
	ck_assert_int_eq(0, mbuf_write_u16(mb, htons((uint16_t)v)));
}


static void name_write(struct mbuf *mb, const char *name)
{
	ck_assert_int_eq(0, dns_dname_encode(mb, name, NULL, 0, false));
}


static void str_write(struct mbuf *mb, const char *str)
{
	ck_assert_int_eq(0, mbuf_write_u8(mb, (uint8_t)strlen(str)));
	ck_assert_int_eq(0, mbuf_write_str(mb, str));
}


static void rdata_write(struct mbuf *mb, const struct dnsbed_row *row)
{
	char flags[8], service[32], host[256];
	unsigned a, b, c;
	struct ua_addr addr;

	switch (row->type) {

	case DNS_TYPE_A:
	case DNS_TYPE_AAAA:
		ck_assert_int_eq(0, ua_addr_set(&addr, row->value, 0));
		ck_assert_int_eq(
			0, mbuf_write_mem(mb, addr.ip,
					  row->type == DNS_TYPE_A ? 4 : 16));
		break;

	case DNS_TYPE_SRV:
		ck_assert_int_eq(4, sscanf(row->value, "%u %u %u %255s", &a,
					   &b, &c, host));
		u16_write(mb, a);
		u16_write(mb, b);
		u16_write(mb, c);
		name_write(mb, host);
		break;

	case DNS_TYPE_NAPTR:
		ck_assert_int_eq(5, sscanf(row->value, "%u %u %7s %31s %255s",
					   &a, &b, flags, service, host));
		u16_write(mb, a);
		u16_write(mb, b);
		str_write(mb, flags);
		str_write(mb, service);
		str_write(mb, "");
		name_write(mb, host);
		break;

	default:
		name_write(mb, row->value);
		break;
	}
}


static void row_write(struct mbuf *mb, const struct dnsbed_row *row)
{
	size_t at;

	name_write(mb, dnsbed.wrong_name ? "evil.example" : row->name);
	u16_write(mb, row->type);
	u16_write(mb, DNS_CLASS_IN);
	ck_assert_int_eq(0, mbuf_write_u32(mb, htonl(60)));

	at = mb->pos;
	u16_write(mb, 0);
	rdata_write(mb, row);

	mb->pos = at;
	u16_write(mb, (unsigned)(mb->end - at - 2));
	mb->pos = mb->end;
}


/* A row answers its own type, and an alias every type. */
static bool answers(const struct dnsbed_row *row, const char *name,
		    uint16_t type)
{
	return !str_casecmp(row->name, name) &&
	       (row->type == type || row->type == DNS_TYPE_CNAME);
}


static void tcp_write(struct mbuf *mb)
{
	struct mbuf *frame = mbuf_alloc(512);

	ck_assert_ptr_nonnull(frame);
	u16_write(frame, (unsigned)mb->end);
	ck_assert_int_eq(0, mbuf_write_mem(frame, mb->buf, mb->end));
	frame->pos = 0;
	ck_assert_int_eq(0, tcp_send(dnsbed.conn, frame));
	mem_deref(frame);
}


static void on_question(const struct ua_addr *src, uint8_t *buf, size_t len,
			void *arg)
{
	const struct dnsbed_row *row;
	struct dnshdr hdr;
	struct mbuf *mb;
	uint16_t type;
	char *name;

	/* It stands for another host: that has memory. */
	ua_oom_limit(-1);

	(void)arg;
	mb = mbuf_alloc(512);
	ck_assert_ptr_nonnull(mb);
	ck_assert_int_eq(0, mbuf_write_mem(mb, buf, len));
	mb->pos = 0;
	ck_assert_int_eq(0, dns_hdr_decode(mb, &hdr));
	ck_assert_int_eq(0, dns_dname_decode(mb, &name, 0));
	type = ntohs(mbuf_read_u16(mb));

	++dnsbed.nquery;

	if (dnsbed.silent || type == dnsbed.silent_type)
		goto out;

	hdr.qr = true;
	hdr.tc = dnsbed.cut;
	hdr.rcode = dnsbed.rcode;
	for (row = dnsbed.rows; !dnsbed.cut && row && row->name; row++)
		hdr.nans = (uint16_t)(hdr.nans + answers(row, name, type));

	mbuf_rewind(mb);
	ck_assert_int_eq(0, dns_hdr_encode(mb, &hdr));
	name_write(mb, name);
	u16_write(mb, type);
	u16_write(mb, DNS_CLASS_IN);

	for (row = dnsbed.rows; !dnsbed.cut && row && row->name; row++) {
		if (answers(row, name, type))
			row_write(mb, row);
	}

	if (dnsbed.conn)
		tcp_write(mb);
	else
		ck_assert_int_eq(
			0, ua_sock_send(dnsbed.sock, src, mb->buf, mb->end));

out:
	mem_deref(name);
	mem_deref(mb);
	ua_oom_limit(dnsbed.oom);
}


/* Questions by TCP are short: none comes in pieces. */
static void on_tcp(struct mbuf *mb, void *arg)
{
	const struct ua_addr none = { .af = UA_AF_NONE };
	uint16_t len;

	dnsbed.cut = false;
	while (mbuf_get_left(mb)) {
		ck_assert_uint_ge(mbuf_get_left(mb), 2);
		len = ntohs(mbuf_read_u16(mb));
		ck_assert_uint_le(len, mbuf_get_left(mb));
		on_question(&none, mbuf_buf(mb), len, arg);
		mbuf_advance(mb, len);
	}
}


static void on_connection(const struct sa *peer, void *arg)
{
	(void)peer;
	ck_assert_int_eq(0, tcp_accept(&dnsbed.conn, dnsbed.listener, NULL,
				       on_tcp, NULL, arg));
}


void dnsbed_open(void)
{
	struct ua_addr local;

	memset(&dnsbed, 0, sizeof(dnsbed));
	dnsbed.oom = -1;
	ck_assert_int_eq(0, ua_addr_set(&local, "127.0.0.1", 0));
	ck_assert_int_eq(0, ua_sock_open(&dnsbed.sock, &local, on_question,
					 NULL, NULL));
}


void dnsbed_close(void)
{
	dnsbed.conn = mem_deref(dnsbed.conn);
	dnsbed.listener = mem_deref(dnsbed.listener);
	dnsbed.sock = mem_deref(dnsbed.sock);
}


bool dnsbed_listen(void)
{
	struct sa local;

	ua_addr_to_sa(&local, ua_sock_local(dnsbed.sock));

	return !tcp_listen(&dnsbed.listener, &local, on_connection, NULL);
}
