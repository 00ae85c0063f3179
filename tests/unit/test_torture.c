/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_torture.c  Torture messages, as they are read */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "oom.h"
#include "torturebed.h"

Suite *ua_suite_torture(void);

/** What stands in a message; octets where a string will not do */
struct value {
	const char *file;
	const char *field;
	const char *val;
	size_t len;
};

/* clang-format off */
#define V(file, field, val) { file, field, val, sizeof(val) - 1 }
#define NULL_VALUE "(none)"

static const struct value values[] = {
	V("rfc4475/wsinv.dat", "method", "INVITE"),
	V("rfc4475/wsinv.dat", "uri", "sip:vivekg@chair-dnrc.example.com;unknownparam"),
	V("rfc4475/wsinv.dat", "uri.params", ";unknownparam"),
	V("rfc4475/wsinv.dat", "to.uri", "sip:vivekg@chair-dnrc.example.com "),
	V("rfc4475/wsinv.dat", "to.tag", "1918181833n"),
	V("rfc4475/wsinv.dat", "from.name", "J Rosenberg \\\\\\\""),
	V("rfc4475/wsinv.dat", "from.uri", "sip:jdrosen@example.com"),
	V("rfc4475/wsinv.dat", "from.tag", "98asjd8"),
	V("rfc4475/wsinv.dat", "max-forwards", "68"),
	V("rfc4475/wsinv.dat", "call-id", "wsinv.ndaksdj@192.0.2.1"),
	V("rfc4475/wsinv.dat", "cseq", "9 INVITE"),
	V("rfc4475/wsinv.dat", "vias", "3"),
	V("rfc4475/wsinv.dat", "via.transport", "UDP"),
	V("rfc4475/wsinv.dat", "via.sentby", "192.0.2.2"),
	V("rfc4475/wsinv.dat", "via.branch", "390skdjuw"),
	V("rfc4475/wsinv.dat", "s", ""),
	V("rfc4475/wsinv.dat", "NewFangledHeader", "newfangled value\r\n continued newfangled value"),
	V("rfc4475/wsinv.dat", "UnknownHeaderWithUnusualValue", ";;,,;;,;"),
	V("rfc4475/wsinv.dat", "Route", "<sip:services.example.com;lr;unknownwith=value;unknown-no-value>"),
	V("rfc4475/wsinv.dat", "contacts", "1"),
	V("rfc4475/wsinv.dat", "contact.name", "Quoted string \\\"\\\""),
	V("rfc4475/wsinv.dat", "contact.uri", "sip:jdrosen@example.com"),
	V("rfc4475/wsinv.dat", "contact.newparam", "newvalue"),
	V("rfc4475/wsinv.dat", "contact.q", "0.33"),
	V("rfc4475/wsinv.dat", "content-type", "application/sdp"),
	V("rfc4475/wsinv.dat", "body.len", "150"),

	V("rfc4475/intmeth.dat", "method", "!interesting-Method0123456789_*+`.%indeed'~"),
	V("rfc4475/intmeth.dat", "uri.user", "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"),
	V("rfc4475/intmeth.dat", "uri.password", "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"),
	V("rfc4475/intmeth.dat", "uri.host", "example.com"),
	V("rfc4475/intmeth.dat", "via.transport", "TCP"),
	V("rfc4475/intmeth.dat", "via.branch", "z9hG4bK-.!%66*_+`'~"),
	V("rfc4475/intmeth.dat", "to.name", "BEL:\\\a NUL:\\\0 DEL:\\\x7f"),
	V("rfc4475/intmeth.dat", "to.uri", "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com"),
	/* libre tells the last token only; nobody here asks for it */
	V("rfc4475/intmeth.dat", "from.name", "token3*%!.-"),
	V("rfc4475/intmeth.dat", "from.uri", "sip:mundane@example.com"),
	V("rfc4475/intmeth.dat", "from.tag", "_token~1'+`*%!-."),
	V("rfc4475/intmeth.dat", "call-id", "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"),
	V("rfc4475/intmeth.dat", "cseq", "139122385 !interesting-Method0123456789_*+`.%indeed'~"),
	V("rfc4475/intmeth.dat", "max-forwards", "255"),
	V("rfc4475/intmeth.dat", "extensionHeader-!.%*+_`'~", "\xef\xbb\xbf\xe5\xa4\xa7\xe5\x81\x9c\xe9\x9b\xbb"),
	V("rfc4475/intmeth.dat", "body.len", "0"),

	V("rfc4475/esc01.dat", "method", "INVITE"),
	V("rfc4475/esc01.dat", "uri.user", "sips%3Auser%40example.com"),
	V("rfc4475/esc01.dat", "uri.host", "example.net"),
	V("rfc4475/esc01.dat", "to.uri", "sip:%75se%72@example.com"),
	V("rfc4475/esc01.dat", "from.uri", "sip:I%20have%20spaces@example.net"),
	V("rfc4475/esc01.dat", "from.tag", "938"),
	V("rfc4475/esc01.dat", "max-forwards", "87"),
	V("rfc4475/esc01.dat", "call-id", "esc01.239409asdfakjkn23onasd0-3234"),
	V("rfc4475/esc01.dat", "cseq", "234234 INVITE"),
	V("rfc4475/esc01.dat", "via.sentby", "host5.example.net"),
	V("rfc4475/esc01.dat", "contact.uri", "sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31"),
	V("rfc4475/esc01.dat", "content-type", "application/sdp"),
	V("rfc4475/esc01.dat", "body.len", "150"),

	V("rfc4475/escnull.dat", "method", "REGISTER"),
	V("rfc4475/escnull.dat", "to.uri", "sip:null-%00-null@example.com"),
	V("rfc4475/escnull.dat", "from.tag", "839923423"),
	V("rfc4475/escnull.dat", "cseq", "14398234 REGISTER"),
	V("rfc4475/escnull.dat", "contacts", "2"),
	V("rfc4475/escnull.dat", "contact.uri", "sip:%00@host5.example.com"),
	V("rfc4475/escnull.dat", "body.len", "0"),

	V("rfc4475/esc02.dat", "method", "RE%47IST%45R"),
	V("rfc4475/esc02.dat", "to.name", "%Z%45"),
	V("rfc4475/esc02.dat", "from.name", "%Z%45"),
	V("rfc4475/esc02.dat", "from.tag", "f232jadfj23"),
	V("rfc4475/esc02.dat", "via.branch", "z9hG4bK209%fzsnel234"),
	V("rfc4475/esc02.dat", "cseq", "29344 RE%47IST%45R"),
	V("rfc4475/esc02.dat", "contacts", "2"),
	V("rfc4475/esc02.dat", "C%6Fntact", "<sip:alias2@host2.example.com>"),

	V("rfc4475/lwsdisp.dat", "method", "OPTIONS"),
	V("rfc4475/lwsdisp.dat", "from.name", "caller"),
	V("rfc4475/lwsdisp.dat", "from.uri", "sip:caller@example.com"),
	V("rfc4475/lwsdisp.dat", "from.tag", "323"),
	V("rfc4475/lwsdisp.dat", "call-id", "lwsdisp.1234abcd@funky.example.com"),
	V("rfc4475/lwsdisp.dat", "cseq", "60 OPTIONS"),

	/* what looks like an INVITE is neither body nor a message */
	V("rfc4475/dblreq.dat", "method", "REGISTER"),
	V("rfc4475/dblreq.dat", "call-id", "dblreq.0ha0isndaksdj99sdfafnl3lk233412"),
	V("rfc4475/dblreq.dat", "cseq", "8 REGISTER"),
	V("rfc4475/dblreq.dat", "contact.uri", "sip:j.user@host.example.com"),
	V("rfc4475/dblreq.dat", "via.sentby", "192.0.2.125"),
	V("rfc4475/dblreq.dat", "from.tag", "43251j3j324"),
	V("rfc4475/dblreq.dat", "body.len", "0"),

	V("rfc4475/semiuri.dat", "uri.user", "user;par=u%40example.net"),
	V("rfc4475/semiuri.dat", "uri.host", "example.com"),
	V("rfc4475/semiuri.dat", "uri.params", ""),
	V("rfc4475/semiuri.dat", "from.tag", "33242"),
	V("rfc4475/semiuri.dat", "cseq", "8 OPTIONS"),
	V("rfc4475/semiuri.dat", "via.sentby", "192.0.2.1"),
	V("rfc4475/semiuri.dat", "accepts", "6"),

	V("rfc4475/transports.dat", "vias", "5"),
	V("rfc4475/transports.dat", "via.transport", "UDP"),
	V("rfc4475/transports.dat", "via.sentby", "t1.example.com"),
	V("rfc4475/transports.dat", "via.branch", "z9hG4bKkdjuw"),
	V("rfc4475/transports.dat", "call-id", "transports.kijh4akdnaqjkwendsasfdj"),
	V("rfc4475/transports.dat", "cseq", "60 OPTIONS"),

	V("rfc4475/mpart01.dat", "method", "MESSAGE"),
	V("rfc4475/mpart01.dat", "via.sentby", "127.0.0.1:5070"),
	V("rfc4475/mpart01.dat", "via.branch", "z9hG4bK-d87543-4dade06d0bdb11ee-1--d87543-"),
	V("rfc4475/mpart01.dat", "call-id", "3d9485ad0c49859b@Zmx1ZmZ5LW1hYy0xNi5sb2NhbA.."),
	V("rfc4475/mpart01.dat", "contact.uri", "sip:fluffy@127.0.0.1:5070"),
	V("rfc4475/mpart01.dat", "from.tag", "2fb0dcc9"),
	V("rfc4475/mpart01.dat", "content-type", "multipart/mixed"),
	V("rfc4475/mpart01.dat", "body.len", "553"),

	V("rfc4475/unreason.dat", "status", "200"),
	V("rfc4475/unreason.dat", "reason",
	  "= 2**3 * 5**2 \xd0\xbd\xd0\xbe \xd1\x81\xd1\x82\xd0\xbe "
	  "\xd0\xb4\xd0\xb5\xd0\xb2\xd1\x8f\xd0\xbd\xd0\xbe\xd1\x81\xd1\x82\xd0\xbe "
	  "\xd0\xb4\xd0\xb5\xd0\xb2\xd1\x8f\xd1\x82\xd1\x8c - "
	  "\xd0\xbf\xd1\x80\xd0\xbe\xd1\x81\xd1\x82\xd0\xbe\xd0\xb5"),
	V("rfc4475/unreason.dat", "to.tag", "2229"),
	V("rfc4475/unreason.dat", "cseq", "35 INVITE"),
	V("rfc4475/unreason.dat", "contact.uri", "sip:user@host198.example.com"),
	V("rfc4475/unreason.dat", "body.len", "154"),

	V("rfc4475/noreason.dat", "status", "100"),
	V("rfc4475/noreason.dat", "reason", ""),
	V("rfc4475/noreason.dat", "via.branch", "z9hG4bK2398ndaoe"),
	V("rfc4475/noreason.dat", "from.tag", "39ansfi3"),
	V("rfc4475/noreason.dat", "to.tag", "902jndnke3"),
	V("rfc4475/noreason.dat", "body.len", "0"),

	/* invalid ones that are read liberally */
	V("rfc4475/escruri.dat", "uri.user", "user"),
	V("rfc4475/escruri.dat", "uri.host", "example.com"),
	V("rfc4475/escruri.dat", "uri.headers", "?Route=%3Csip:example.com%3E"),
	V("rfc4475/escruri.dat", "Route", NULL_VALUE),
	V("rfc4475/escruri.dat", "cseq", "149209342 INVITE"),
	V("rfc4475/escruri.dat", "body.len", "150"),
	V("rfc4475/baddate.dat", "Date", "Fri, 01 Jan 2010 16:00:00 EST"),
	V("rfc4475/baddate.dat", "cseq", "1392934 INVITE"),
	V("rfc4475/baddate.dat", "call-id", "baddate.239423mnsadf3j23lj42--sedfnm234"),
	V("rfc4475/baddate.dat", "from.tag", "2234923"),
	V("rfc4475/baddate.dat", "contact.uri", "sip:caller@host5.example.net"),
	V("rfc4475/baddate.dat", "body.len", "150"),
	V("rfc4475/badaspec.dat", "to.name", "Watson, Thomas"),
	V("rfc4475/badaspec.dat", "from.name", "Bell, Alexander"),
	V("rfc4475/badaspec.dat", "from.uri", "sip:a.g.bell@example.com"),
	V("rfc4475/badaspec.dat", "from.tag", "433423"),
	V("rfc4475/badaspec.dat", "via.sentby", "host4.example.com:5060"),
	V("rfc4475/badaspec.dat", "cseq", "3923239 OPTIONS"),
	V("rfc4475/regbadct.dat", "method", "REGISTER"),
	V("rfc4475/regbadct.dat", "to.tag", ""),
	V("rfc4475/regbadct.dat", "from.tag", "998332"),
	V("rfc4475/regbadct.dat", "cseq", "1 REGISTER"),
	V("rfc4475/regbadct.dat", "via.sentby", "135.180.130.133:5060"),
	V("rfc4475/regbadct.dat", "contacts", "1"),

	V("rfc4475/regaut01.dat", "Authorization", "NoOneKnowsThisScheme opaque-data=here"),
	V("rfc4475/regaut01.dat", "method", "REGISTER"),
	V("rfc4475/regaut01.dat", "cseq", "9338 REGISTER"),
	V("rfc4475/regaut01.dat", "from.tag", "87321hj23128"),
	V("rfc4475/regaut01.dat", "max-forwards", "8"),
	V("rfc4475/regaut01.dat", "body.len", "0"),

	V("rfc4475/zeromf.dat", "max-forwards", "0"),
	V("rfc4475/zeromf.dat", "method", "OPTIONS"),
	V("rfc4475/zeromf.dat", "uri", "sip:user@example.com"),
	V("rfc4475/zeromf.dat", "cseq", "39234321 OPTIONS"),
	V("rfc4475/zeromf.dat", "via.branch", "z9hG4bKkdjuw2349i"),
	V("rfc4475/zeromf.dat", "from.tag", "3ghsd41"),

	/* a parameter of the header, and one of the URI */
	V("rfc4475/cparam01.dat", "contact.uri", "sip:+19725552222@gw1.example.net"),
	V("rfc4475/cparam01.dat", "contact.params", ";unknownparam"),
	V("rfc4475/cparam01.dat", "contact.uri.params", ""),
	V("rfc4475/cparam01.dat", "from.tag", "DkfVgjkrtMwaerKKpe"),
	V("rfc4475/cparam01.dat", "cseq", "2 REGISTER"),
	V("rfc4475/cparam01.dat", "via.sentby", "saturn.example.com:5060"),
	V("rfc4475/cparam02.dat", "contact.uri", "sip:+19725552222@gw1.example.net;unknownparam"),
	V("rfc4475/cparam02.dat", "contact.params", ""),
	V("rfc4475/cparam02.dat", "contact.uri.params", ";unknownparam"),
	V("rfc4475/cparam02.dat", "from.tag", "838293"),
	V("rfc4475/cparam02.dat", "cseq", "3 REGISTER"),
	V("rfc4475/cparam02.dat", "call-id", "cparam02.70710@saturn.example.com"),
	V("rfc4475/regescrt.dat", "contact.uri", "sip:user@example.com?Route=%3Csip:sip.example.com%3E"),
	V("rfc4475/regescrt.dat", "contact.uri.headers", "?Route=%3Csip:sip.example.com%3E"),
	V("rfc4475/regescrt.dat", "Route", NULL_VALUE),
	V("rfc4475/regescrt.dat", "from.tag", "8"),
	V("rfc4475/regescrt.dat", "cseq", "14398234 REGISTER"),
	V("rfc4475/regescrt.dat", "body.len", "0"),

	V("rfc5118/ipv6-good.dat", "uri.host", "2001:db8::10"),
	V("rfc5118/ipv6-good.dat", "uri.port", "0"),
	V("rfc5118/ipv6-good.dat", "via.sentby", "[2001:db8::9:1]"),
	V("rfc5118/ipv6-good.dat", "via.addr", "2001:db8::9:1"),
	V("rfc5118/ipv6-good.dat", "contact.uri", "sip:caller@[2001:db8::1]"),
	V("rfc5118/ipv6-good.dat", "cseq", "98176 REGISTER"),
	V("rfc5118/port-ambiguous.dat", "uri.host", "2001:db8::10:5070"),
	V("rfc5118/port-ambiguous.dat", "uri.port", "0"),
	V("rfc5118/port-ambiguous.dat", "via.addr", "2001:db8::9:1"),
	V("rfc5118/port-ambiguous.dat", "from.tag", "81x2"),
	V("rfc5118/port-ambiguous.dat", "call-id", "SSG9559905523997077@hlau_4100"),
	V("rfc5118/port-ambiguous.dat", "contact.name", "Caller"),
	V("rfc5118/port-unambiguous.dat", "uri.host", "2001:db8::10"),
	V("rfc5118/port-unambiguous.dat", "uri.port", "5070"),
	V("rfc5118/port-unambiguous.dat", "via.addr", "2001:db8::9:1"),
	V("rfc5118/port-unambiguous.dat", "contact.uri", "sip:caller@[2001:db8::1]"),
	V("rfc5118/port-unambiguous.dat", "max-forwards", "70"),
	V("rfc5118/port-unambiguous.dat", "cseq", "98176 REGISTER"),
	V("rfc5118/via-received-param-with-delim.dat", "via.addr", "2001:db8::9:1"),
	V("rfc5118/via-received-param-with-delim.dat", "via.branch", "z9hG4bKas3-111"),
	V("rfc5118/via-received-param-with-delim.dat", "via.mapped", "[2001:db8::9:255]:0"),
	V("rfc5118/via-received-param-with-delim.dat", "method", "BYE"),
	V("rfc5118/via-received-param-with-delim.dat", "to.tag", "bd76ya"),
	V("rfc5118/via-received-param-with-delim.dat", "cseq", "321 BYE"),
	V("rfc5118/via-received-param-no-delim.dat", "via.addr", "2001:db8::9:1"),
	V("rfc5118/via-received-param-no-delim.dat", "via.branch", "z9hG4bKas3"),
	V("rfc5118/via-received-param-no-delim.dat", "via.mapped", "[2001:db8::9:255]:0"),
	V("rfc5118/via-received-param-no-delim.dat", "contact.uri", "sip:caller@[2001:db8::9:1]"),
	V("rfc5118/via-received-param-no-delim.dat", "uri.host", "2001:db8::10"),
	V("rfc5118/via-received-param-no-delim.dat", "cseq", "921 OPTIONS"),
	V("rfc5118/mult-ip-in-header.dat", "vias", "3"),
	V("rfc5118/mult-ip-in-header.dat", "via.sentby", "[2001:db8::9:1]:6050"),
	V("rfc5118/mult-ip-in-header.dat", "via.addr", "2001:db8::9:1"),
	V("rfc5118/mult-ip-in-header.dat", "via.branch", "z9hG4bKas3-111"),
	V("rfc5118/mult-ip-in-header.dat", "to.tag", "9817--94"),
	V("rfc5118/mult-ip-in-header.dat", "cseq", "89187 BYE"),
	V("rfc5118/mult-ip-in-sdp.dat", "uri.user", "user"),
	V("rfc5118/mult-ip-in-sdp.dat", "uri.host", "2001:db8::10"),
	V("rfc5118/mult-ip-in-sdp.dat", "to.uri", "sip:user@[2001:db8::10]"),
	V("rfc5118/mult-ip-in-sdp.dat", "content-type", "application/sdp"),
	V("rfc5118/mult-ip-in-sdp.dat", "cseq", "8912 INVITE"),
	V("rfc5118/mult-ip-in-sdp.dat", "body.len", "181"),
	V("rfc5118/ipv4-mapped-ipv6.dat", "vias", "2"),
	V("rfc5118/ipv4-mapped-ipv6.dat", "via.sentby", "[::ffff:192.0.2.10]:19823"),
	V("rfc5118/ipv4-mapped-ipv6.dat", "via.branch", "z9hG4bKbh19"),
	V("rfc5118/ipv4-mapped-ipv6.dat", "contact.uri", "sip:ted@[::ffff:192.0.2.2]"),
	V("rfc5118/ipv4-mapped-ipv6.dat", "cseq", "612 INVITE"),
	V("rfc5118/ipv4-mapped-ipv6.dat", "body.len", "236"),
	V("rfc5118/ipv6-bug-abnf-3-colons.dat", "uri", "sip:user@[2001:db8:::192.0.2.1]"),
	V("rfc5118/ipv6-bug-abnf-3-colons.dat", "uri.user", "user"),
	V("rfc5118/ipv6-bug-abnf-3-colons.dat", "to.uri", "sip:user@[2001:db8:::192.0.2.1]"),
	V("rfc5118/ipv6-bug-abnf-3-colons.dat", "from.tag", "810x2"),
	V("rfc5118/ipv6-bug-abnf-3-colons.dat", "via.sentby", "lab1.east.example.com"),
	V("rfc5118/ipv6-bug-abnf-3-colons.dat", "cseq", "689 OPTIONS"),
	V("rfc5118/ipv6-correct-abnf-2-colons.dat", "uri", "sip:user@[2001:db8::192.0.2.1]"),
	V("rfc5118/ipv6-correct-abnf-2-colons.dat", "uri.user", "user"),
	V("rfc5118/ipv6-correct-abnf-2-colons.dat", "to.uri", "sip:user@[2001:db8::192.0.2.1]"),
	V("rfc5118/ipv6-correct-abnf-2-colons.dat", "from.tag", "810x2"),
	V("rfc5118/ipv6-correct-abnf-2-colons.dat", "call-id", "G9559905523997077@hlau_4100"),
	V("rfc5118/ipv6-correct-abnf-2-colons.dat", "cseq", "689 OPTIONS"),
};
/* clang-format on */

enum {
	VALUES = sizeof(values) / sizeof(values[0]),
	VALUES_MIN = 6 /* of each message that is read */
};


/* libre's errno; the buffer is the message's own */
static int octets_decode(struct sip_msg **msgp, const struct octets *o)
{
	struct mbuf *mb = mbuf_alloc(o->len);
	int err;

	if (!mb)
		return ENOMEM;

	err = mbuf_write_mem(mb, o->buf, o->len);
	mb->pos = 0;
	if (!err)
		err = sip_msg_decode(msgp, mb);
	mem_deref(mb);

	return err;
}


static int param_print(struct mbuf *mb, const struct pl *params,
		       const char *name)
{
	struct pl val;

	return msg_param_decode(params, name, &val)
		       ? mbuf_write_str(mb, NULL_VALUE)
		       : mbuf_printf(mb, "%r", &val);
}


static int uri_print(struct mbuf *mb, const struct uri *uri, const char *part)
{
	const struct {
		const char *name;
		const struct pl *pl;
	} parts[] = {
		{ ".scheme", &uri->scheme },   { ".user", &uri->user },
		{ ".host", &uri->host },       { ".params", &uri->params },
		{ ".headers", &uri->headers }, { ".password", &uri->password },
	};
	size_t i;

	if (!strcmp(part, ".port"))
		return mbuf_printf(mb, "%u", uri->port);

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!strcmp(part, parts[i].name))
			return mbuf_printf(mb, "%r", parts[i].pl);
	}

	return ENOENT;
}


static int addr_print(struct mbuf *mb, const struct sip_addr *addr,
		      const char *part)
{
	if (!strcmp(part, "name"))
		return mbuf_printf(mb, "%r", &addr->dname);
	if (!strcmp(part, "uri"))
		return mbuf_printf(mb, "%r", &addr->auri);
	if (!strncmp(part, "uri.", 4))
		return uri_print(mb, &addr->uri, part + 3);
	if (!strcmp(part, "params"))
		return mbuf_printf(mb, "%r", &addr->params);

	return param_print(mb, &addr->params, part);
}


static int taddr_print(struct mbuf *mb, const struct sip_taddr *taddr,
		       const char *part)
{
	struct sip_addr addr;

	if (!strcmp(part, "tag"))
		return mbuf_printf(mb, "%r", &taddr->tag);

	ck_assert_int_eq(0, sip_addr_decode(&addr, &taddr->val));

	return addr_print(mb, &addr, part);
}


static int contact_print(struct mbuf *mb, const struct sip_msg *msg,
			 const char *part)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_CONTACT);
	struct sip_addr addr;

	ck_assert_ptr_nonnull(hdr);
	ck_assert_int_eq(0, sip_addr_decode(&addr, &hdr->val));

	return addr_print(mb, &addr, part);
}


static const char *transport_of(enum sip_transp tp)
{
	return tp == SIP_TRANSP_UDP   ? "UDP"
	       : tp == SIP_TRANSP_TCP ? "TCP"
	       : tp == SIP_TRANSP_TLS ? "TLS"
				      : "other";
}


static int via_print(struct mbuf *mb, const struct sip_msg *msg,
		     const char *part)
{
	struct ua_addr mapped;
	char str[UA_ADDR_LEN];

	if (!strcmp(part, "sentby"))
		return mbuf_printf(mb, "%r", &msg->via.sentby);
	if (!strcmp(part, "branch"))
		return mbuf_printf(mb, "%r", &msg->via.branch);
	if (!strcmp(part, "addr"))
		return mbuf_printf(mb, "%j", &msg->via.addr);
	if (!strcmp(part, "transport"))
		return mbuf_write_str(mb, transport_of(msg->via.tp));
	if (strcmp(part, "mapped"))
		return ENOENT;

	ua_sipmsg_mapped(msg, &mapped);

	return mbuf_write_str(mb, ua_addr_str(&mapped, str));
}


static int header_print(struct mbuf *mb, const struct sip_msg *msg,
			const char *name)
{
	const struct sip_hdr *hdr = sip_msg_xhdr(msg, name);

	return hdr ? mbuf_printf(mb, "%r", &hdr->val)
		   : mbuf_write_str(mb, NULL_VALUE);
}


static int whole_print(struct mbuf *mb, const struct sip_msg *msg,
		       const char *field)
{
	uint32_t n = 0;

	if (!strcmp(field, "method"))
		return mbuf_printf(mb, "%r", &msg->met);
	if (!strcmp(field, "uri"))
		return mbuf_printf(mb, "%r", &msg->ruri);
	if (!strcmp(field, "status"))
		return mbuf_printf(mb, "%u", msg->scode);
	if (!strcmp(field, "reason"))
		return mbuf_printf(mb, "%r", &msg->reason);
	if (!strcmp(field, "call-id"))
		return mbuf_printf(mb, "%r", &msg->callid);
	if (!strcmp(field, "cseq"))
		return mbuf_printf(mb, "%u %r", msg->cseq.num, &msg->cseq.met);
	if (!strcmp(field, "content-type"))
		return mbuf_printf(mb, "%r/%r", &msg->ctyp.type,
				   &msg->ctyp.subtype);
	if (!strcmp(field, "body.len"))
		return mbuf_printf(mb, "%zu", ua_sipmsg_body(msg).l);
	if (strcmp(field, "max-forwards"))
		return ENOENT;

	return ua_sipmsg_u32(&msg->maxfwd, &n) ? mbuf_printf(mb, "%u", n)
					       : ENOENT;
}


static int count_print(struct mbuf *mb, const struct sip_msg *msg,
		       const char *field)
{
	const enum sip_hdrid id = !strcmp(field, "vias") ? SIP_HDR_VIA
				  : !strcmp(field, "contacts")
					  ? SIP_HDR_CONTACT
				  : !strcmp(field, "accepts") ? SIP_HDR_ACCEPT
							      : SIP_HDR_NONE;

	return id == SIP_HDR_NONE
		       ? ENOENT
		       : mbuf_printf(mb, "%u", sip_msg_hdr_count(msg, id));
}


static int field_print(struct mbuf *mb, const struct sip_msg *msg,
		       const char *field)
{
	int err;

	if (!strncmp(field, "uri.", 4))
		return uri_print(mb, &msg->uri, field + 3);
	if (!strncmp(field, "to.", 3))
		return taddr_print(mb, &msg->to, field + 3);
	if (!strncmp(field, "from.", 5))
		return taddr_print(mb, &msg->from, field + 5);
	if (!strncmp(field, "via.", 4))
		return via_print(mb, msg, field + 4);
	if (!strncmp(field, "contact.", 8))
		return contact_print(mb, msg, field + 8);

	err = whole_print(mb, msg, field);
	if (err == ENOENT)
		err = count_print(mb, msg, field);

	return err == ENOENT ? header_print(mb, msg, field) : err;
}


START_TEST(value_is_what_the_rfc_says)
{
	const struct value *v = &values[_i];
	struct mbuf *mb = mbuf_alloc(64);
	struct sip_msg *msg = NULL;
	struct octets o;

	octets_read(&o, v->file);
	ck_assert_int_eq(0, octets_decode(&msg, &o));
	ck_assert_int_eq(0, field_print(mb, msg, v->field));
	ck_assert_msg(mb->end == v->len && !memcmp(mb->buf, v->val, v->len),
		      "%s: %s is \"%.*s\" (%zu), not \"%s\" (%zu)", v->file,
		      v->field, (int)mb->end, (const char *)mb->buf, mb->end,
		      v->val, v->len);
	mem_deref(mb);
	mem_deref(msg);
}
END_TEST


START_TEST(values_of_each_message_that_is_read_are_known)
{
	const struct row *row = &rows[_i];
	size_t i, n = 0;

	for (i = 0; i < VALUES; i++)
		n += !strcmp(values[i].file, row->file);

	if (!row->check)
		ck_assert_msg(n >= VALUES_MIN, "%s: %zu values", row->file, n);
}
END_TEST


/* Of the message alone, without a phone */
START_TEST(message_is_judged_by_the_rfc)
{
	const struct row *row = &rows[_i];
	struct ua_sipmsg_fault fault;
	struct sip_msg *msg = NULL;
	struct octets o;
	int err;

	octets_read(&o, row->file);
	err = octets_decode(&msg, &o);
	if (row->check == UNREADABLE) {
		ck_assert_int_ne(0, err);
		ck_assert_ptr_null(msg);
		return;
	}

	ck_assert_int_eq(0, err);
	ck_assert_int_eq(row->check, ua_sipmsg_check(msg, &fault));
	if (row->check == EPROTO)
		ck_assert_uint_eq(row->answer, fault.code);
	mem_deref(msg);
}
END_TEST


/* What must be on both sides of each pair: no file without its row */
START_TEST(each_file_has_a_row)
{
	static const char *const folders[] = { "rfc4475", "rfc5118" };
	static const size_t counts[] = { 49, 12 };
	size_t n = 0, i;

	for (i = 0; i < ROWS; i++)
		n += !strncmp(rows[i].file, folders[_i], 7);

	ck_assert_uint_eq(counts[_i], n);
	for (i = 0; i + 1 < ROWS; i++)
		ck_assert_str_ne(rows[i].file, rows[i + 1].file);
}
END_TEST


static int judge(void *arg)
{
	struct ua_sipmsg_fault fault;
	struct sip_msg *msg = NULL;
	int err;

	err = octets_decode(&msg, arg);
	if (!err && ua_sipmsg_check(msg, &fault) == ENOMEM)
		err = ENOMEM;
	mem_deref(msg);

	return err;
}


START_TEST(no_memory_is_enomem_and_no_leak)
{
	struct octets o;

	octets_read(&o, "rfc4475/wsinv.dat");
	ua_oom_walk(judge, &o);
}
END_TEST


Suite *ua_suite_torture(void)
{
	Suite *s = suite_create("torture");
	TCase *tc = tcase_create("message");

	tcase_add_loop_test(tc, each_file_has_a_row, 0, 2);
	tcase_add_loop_test(tc, values_of_each_message_that_is_read_are_known,
			    0, ROWS);
	tcase_add_loop_test(tc, value_is_what_the_rfc_says, 0, VALUES);
	tcase_add_loop_test(tc, message_is_judged_by_the_rfc, 0, ROWS);
	tcase_add_test(tc, no_memory_is_enomem_and_no_leak);
	suite_add_tcase(s, tc);

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s, tc);

	return s;
}
