/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sdp.c  Session description: model, parser, writer */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "base/wr.h"
#include "sdp/sdp.h"
#include "sdp/sdpattr.h"
#include "sdp/sdpwrite.h"

/** A line that the parser knows */
struct line_row {
	char type;
	int (*read)(struct ua_sdpattr_reader *rd, char *value);
};

static const char *const dir_names[] = {
	[UA_SDP_INACTIVE] = "inactive",
	[UA_SDP_SENDONLY] = "sendonly",
	[UA_SDP_RECVONLY] = "recvonly",
	[UA_SDP_SENDRECV] = "sendrecv",
};


static void destructor(void *arg)
{
	struct ua_sdp *sdp = arg;

	mem_deref(sdp->pool);
	mem_deref(sdp->text);
}


static int line_a(struct ua_sdpattr_reader *rd, char *value)
{
	ua_sdpattr_read(rd, value);
	return 0;
}


static int line_o(struct ua_sdpattr_reader *rd, char *value)
{
	struct ua_sdp *sdp = rd->sdp;

	sdp->origin.user = ua_sdptext_word(&value);
	sdp->origin.id = ua_sdptext_word(&value);
	sdp->origin.version = ua_sdptext_word(&value);
	if (sdp->origin.version)
		ua_sdpconn_decode(&sdp->origin.conn, value);
	else
		ua_sdpattr_warn(rd, "o=", "six words expected");

	return 0;
}


static int line_s(struct ua_sdpattr_reader *rd, char *value)
{
	if (!rd->media)
		rd->sdp->name = value;

	return 0;
}


static int line_t(struct ua_sdpattr_reader *rd, char *value)
{
	if (!rd->media && !rd->sdp->timing)
		rd->sdp->timing = value;

	return 0;
}


static int line_c(struct ua_sdpattr_reader *rd, char *value)
{
	struct ua_sdp_conn *conn =
		rd->media ? &rd->media->conn : &rd->sdp->conn;

	/* Several of them are layers of multicast (RFC 8866, 5.7). */
	if (conn->kind != UA_SDPCONN_NONE)
		return 0;

	ua_sdpconn_decode(conn, value);
	if (conn->kind == UA_SDPCONN_FAMILY || conn->kind == UA_SDPCONN_BROKEN)
		ua_sdpattr_warn(
			rd, "c=", "address of the family it names expected");

	return 0;
}


static void add_fmt(struct ua_sdpattr_reader *rd, const char *id)
{
	struct ua_sdp_media *media = rd->media;
	struct ua_sdp_fmt *fmt = &media->fmtv[media->fmtc];
	uint16_t pt;

	if (media->fmtc >= UA_SDP_FMT_MAX ||
	    ua_sdpfmt_find(media->fmtv, media->fmtc, id)) {
		ua_sdpattr_warn(rd, "m=", "too many formats, or one twice");
		return;
	}

	fmt->id = id;
	fmt->pt = UA_SDP_PT_NONE;
	fmt->channels = 1;
	if (strstr(media->proto, "RTP/") && !ua_sdptext_u16(&pt, id) &&
	    pt <= UA_SDP_PT_MAX)
		fmt->pt = (int16_t)pt;

	++media->fmtc;
}


static int line_m(struct ua_sdpattr_reader *rd, char *value)
{
	struct ua_sdp *sdp = rd->sdp;
	struct ua_sdp_media *media;
	const char *type = ua_sdptext_word(&value);
	char *port = ua_sdptext_word(&value);
	const char *proto = ua_sdptext_word(&value);
	const char *id;

	if (rd->frag) {
		ua_sdpattr_section(rd);
		return 0;
	}

	if (sdp->mediac >= UA_SDP_MEDIA_MAX) {
		ua_sdptext_error(rd->err, rd->line, UA_SDP_WARN_MISC,
				 "m=: at most %u of them expected",
				 UA_SDP_MEDIA_MAX);
		return EBADMSG;
	}

	media = &sdp->mediav[sdp->mediac];
	if (port)
		port[strcspn(port, "/")] = '\0';

	if (!proto || ua_sdptext_u16(&media->port, port)) {
		ua_sdptext_error(rd->err, rd->line, UA_SDP_WARN_MISC,
				 "m=: type, port up to 65535, protocol and "
				 "formats expected");
		return EBADMSG;
	}

	media->type = type;
	media->proto = proto;
	rd->media = media;
	++sdp->mediac;

	while ((id = ua_sdptext_word(&value)) != NULL)
		add_fmt(rd, id);

	/* Some leave them away when they refuse. */
	if (!media->fmtc && media->port) {
		ua_sdptext_error(rd->err, rd->line, UA_SDP_WARN_FORMAT,
				 "m=%s: at least one format expected", type);
		return EBADMSG;
	}

	return 0;
}


static const struct line_row lines[] = {
	{ 'o', line_o }, { 's', line_s }, { 't', line_t },
	{ 'c', line_c }, { 'm', line_m }, { 'a', line_a },
};


static int read_line(struct ua_sdpattr_reader *rd, char *line)
{
	const size_t len = strlen(line);
	size_t i;

	if (len < 2 || line[1] != '=' || line[0] < 'a' || line[0] > 'z') {
		if (rd->frag) {
			ua_sdpattr_warn(rd, "", "a letter and '=' expected");
			return 0;
		}

		ua_sdptext_error(rd->err, rd->line, UA_SDP_WARN_MISC,
				 "a letter and '=' expected, not '%s'", line);
		return EBADMSG;
	}

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (lines[i].type == line[0])
			return lines[i].read(rd, line + 2);
	}

	return 0;
}


/* Cut off one line; CRLF, LF and CR all end one. */
static char *next_line(char **pos)
{
	char *line = *pos;
	size_t n = strcspn(line, "\r\n");
	char *end = line + n;

	*pos = end + (*end == '\r' && end[1] == '\n' ? 2 : *end ? 1 : 0);
	*end = '\0';

	while (n && (line[n - 1] == ' ' || line[n - 1] == '\t'))
		line[--n] = '\0';

	return line;
}


/* What an m-line does not say, the session says for it. */
static void inherit(struct ua_sdpattr_reader *rd)
{
	const struct ua_sdp *sdp = rd->sdp;
	size_t i;
	size_t k;

	for (i = 0; i < sdp->mediac; i++) {
		struct ua_sdp_media *media = &rd->sdp->mediav[i];

		if (!rd->dir_set[i])
			media->dir = (uint8_t)rd->dir;
		if (media->conn.kind == UA_SDPCONN_NONE)
			media->conn = sdp->conn;
		if (!media->ice.ufrag)
			media->ice.ufrag = sdp->ice.ufrag;
		if (!media->ice.pwd)
			media->ice.pwd = sdp->ice.pwd;
		if (!media->ice.options)
			media->ice.options = sdp->ice.options;
		if (sdp->ice.end)
			media->ice.end = true;

		for (k = 0; k < media->fmtc; k++)
			ua_sdpfmt_static(&media->fmtv[k]);
	}
}


static size_t count_cands(const char *text)
{
	static const char start[] = "a=candidate";
	size_t n = 0;

	while ((text = strstr(text, start)) != NULL && n < UA_SDP_POOL_MAX) {
		text += sizeof(start) - 1;
		++n;
	}

	return n;
}


static int read_all(struct ua_sdpattr_reader *rd)
{
	char *pos = rd->sdp->text;
	int err = 0;

	while (*pos && !err) {
		char *line = next_line(&pos);

		++rd->line;
		if (!*line)
			continue;

		if (rd->line == 1 && !rd->frag && strcmp(line, "v=0")) {
			ua_sdptext_error(rd->err, 1, UA_SDP_WARN_MISC,
					 "v=: v=0 expected first");
			return EBADMSG;
		}

		err = read_line(rd, line);
	}

	return err;
}


struct ua_sdp *ua_sdp_alloc(void)
{
	return mem_zalloc(sizeof(struct ua_sdp), destructor);
}


static int decode(struct ua_sdp **sdpp, const uint8_t *buf, size_t len,
		  bool frag, struct ua_sdp_error *why)
{
	struct ua_sdpattr_reader rd = {
		.err = why,
		.dir = UA_SDP_SENDRECV,
		.frag = frag,
	};
	int err = 0;

	rd.sdp = ua_sdp_alloc();
	if (!rd.sdp)
		return ENOMEM;

	rd.sdp->text = mem_alloc(len + 1, NULL);
	if (!rd.sdp->text) {
		err = ENOMEM;
		goto out;
	}

	memcpy(rd.sdp->text, buf, len);
	rd.sdp->text[len] = '\0';

	rd.room = count_cands(rd.sdp->text);
	if (rd.room) {
		rd.sdp->pool = mem_zalloc(rd.room * sizeof(*rd.cand), NULL);
		if (!rd.sdp->pool) {
			err = ENOMEM;
			goto out;
		}
	}

	rd.cand = rd.sdp->pool;
	err = read_all(&rd);
	if (err)
		goto out;

	inherit(&rd);
	*sdpp = rd.sdp;

out:
	if (err)
		mem_deref(rd.sdp);

	return err;
}


int ua_sdp_decode(struct ua_sdp **sdpp, const uint8_t *buf, size_t len,
		  struct ua_sdp_error *why)
{
	if (!len || len > UA_SDP_LEN_MAX || memchr(buf, 0, len) ||
	    buf[0] != 'v') {
		ua_sdptext_error(why, 0, UA_SDP_WARN_MISC,
				 "v=: v=0 first and a text of at most %u "
				 "bytes expected",
				 UA_SDP_LEN_MAX);
		return EBADMSG;
	}

	return decode(sdpp, buf, len, false, why);
}


int ua_sdp_decode_frag(struct ua_sdp **sdpp, const uint8_t *buf, size_t len)
{
	if (!len || len > UA_SDP_LEN_MAX || memchr(buf, 0, len))
		return EBADMSG;

	return decode(sdpp, buf, len, true, NULL);
}


int ua_sdp_encode(const struct ua_sdp *sdp, struct ua_wr *wr)
{
	size_t i;

	ua_sdpwrite_session(wr, sdp);
	for (i = 0; i < sdp->mediac; i++)
		ua_sdpwrite_media(wr, sdp, &sdp->mediav[i]);

	return wr->err;
}


const struct ua_sdp_attr *ua_sdp_attr(const struct ua_sdp *sdp,
				      const struct ua_sdp_media *media,
				      const char *name)
{
	size_t i;

	for (i = 0; media && i < media->attrc; i++) {
		if (!strcmp(media->attrv[i].name, name))
			return &media->attrv[i];
	}

	for (i = 0; i < sdp->attrc; i++) {
		if (!strcmp(sdp->attrv[i].name, name))
			return &sdp->attrv[i];
	}

	return NULL;
}


bool ua_sdp_has_ice(const struct ua_sdp_media *media)
{
	return media->ice.ufrag && media->ice.pwd;
}


enum ua_sdp_dir ua_sdp_dir_turn(enum ua_sdp_dir dir)
{
	return (enum ua_sdp_dir)((dir & UA_SDP_SENDONLY) << 1 |
				 (dir & UA_SDP_RECVONLY) >> 1);
}


const char *ua_sdp_dir_name(enum ua_sdp_dir dir)
{
	return dir_names[dir & UA_SDP_SENDRECV];
}
