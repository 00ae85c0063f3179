/* SPDX-License-Identifier: BSD-3-Clause */
/** @file sdpattr.c  Attributes that the model has a field for */

#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "sdp/sdpattr.h"

/** An attribute that the parser knows; the value may be NULL */
struct attr_row {
	const char *name;
	void (*read)(struct ua_sdpattr_reader *rd, char *value);
};


/* Something odd that costs nothing but itself. */
void ua_sdpattr_warn(struct ua_sdpattr_reader *rd, const char *field,
		     const char *why)
{
	struct ua_sdp *sdp = rd->sdp;

	if (!sdp->warnc++)
		ua_sdptext_error(&sdp->warn, rd->line, UA_SDP_WARN_MISC,
				 "%s: %s", field, why);
}


void ua_sdpattr_section(struct ua_sdpattr_reader *rd)
{
	struct ua_sdp *sdp = rd->sdp;

	rd->skip = sdp->mediac >= UA_SDP_MEDIA_MAX;
	if (rd->skip) {
		ua_sdpattr_warn(rd, "m=", "too many");
		return;
	}

	rd->media = &sdp->mediav[sdp->mediac++];
	rd->media->type = "audio";
	rd->media->proto = "RTP/AVP";
}


/* Some send the lines of one m-line without it. */
static struct ua_sdp_media *section(struct ua_sdpattr_reader *rd)
{
	if (!rd->media && rd->frag)
		ua_sdpattr_section(rd);

	return rd->media;
}


static void read_ufrag(struct ua_sdpattr_reader *rd, char *value)
{
	struct ua_sdp_ice *ice = rd->media ? &rd->media->ice : &rd->sdp->ice;
	const size_t len = value ? strlen(value) : 0;

	if (len < UA_SDP_UFRAG_MIN || len > UA_SDP_CRED_MAX)
		ua_sdpattr_warn(rd, "a=ice-ufrag",
				"4 to 256 characters expected");
	else
		ice->ufrag = value;
}


static void read_pwd(struct ua_sdpattr_reader *rd, char *value)
{
	struct ua_sdp_ice *ice = rd->media ? &rd->media->ice : &rd->sdp->ice;
	const size_t len = value ? strlen(value) : 0;

	/* Shorter ones could be guessed by who sits not on the path. */
	if (len < UA_SDP_PWD_MIN || len > UA_SDP_CRED_MAX)
		ua_sdpattr_warn(rd, "a=ice-pwd",
				"22 to 256 characters expected");
	else
		ice->pwd = value;
}


static void read_options(struct ua_sdpattr_reader *rd, char *value)
{
	struct ua_sdp_ice *ice = rd->media ? &rd->media->ice : &rd->sdp->ice;

	ice->options = value;
}


static void read_end(struct ua_sdpattr_reader *rd, char *value)
{
	struct ua_sdp_ice *ice = rd->media ? &rd->media->ice : &rd->sdp->ice;

	(void)value;
	ice->end = true;
}


static void read_lite(struct ua_sdpattr_reader *rd, char *value)
{
	(void)value;
	rd->sdp->ice_lite = true;
}


static void read_pacing(struct ua_sdpattr_reader *rd, char *value)
{
	if (!value || ua_sdptext_u32(&rd->sdp->ice_pacing, value))
		ua_sdpattr_warn(rd, "a=ice-pacing", "milliseconds expected");
}


static void read_mismatch(struct ua_sdpattr_reader *rd, char *value)
{
	(void)value;

	if (rd->media)
		rd->media->ice_mismatch = true;
}


static void read_candidate(struct ua_sdpattr_reader *rd, char *value)
{
	struct ua_sdp_media *media = section(rd);
	const char *why;

	/* Without an m-line there is nothing that it could be one of. */
	if (!media) {
		ua_sdpattr_warn(rd, "a=candidate", "expected below an m-line");
		return;
	}

	if (media->candc >= UA_SDP_CAND_MAX || !rd->room)
		why = "too many";
	else if (!value)
		why = "value expected";
	else if (!ua_sdpcand_decode(rd->cand, value, &why))
		why = NULL;

	if (why) {
		if (media->cand_bad < UA_SDP_BADCAND_MAX)
			media->badv[media->cand_bad] =
				(struct ua_sdp_badcand){ rd->line, why };
		++media->cand_bad;
		ua_sdpattr_warn(rd, "a=candidate", why);
		return;
	}

	if (!media->candc)
		media->candv = rd->cand;

	++media->candc;
	++rd->cand;
	--rd->room;
}


static void read_remote(struct ua_sdpattr_reader *rd, char *value)
{
	struct ua_sdp_media *media = rd->media;
	struct ua_sdp_remcand rem;
	int err = value && media ? 0 : EBADMSG;

	while (!err) {
		err = ua_sdpcand_remote(&rem, &value);
		if (!err && media->remc < UA_SDP_REMCAND_MAX)
			media->remv[media->remc++] = rem;
	}

	if (err != ENODATA)
		ua_sdpattr_warn(rd, "a=remote-candidates",
				"component, IP address and port expected");
}


static void read_rtpmap(struct ua_sdpattr_reader *rd, char *value)
{
	struct ua_sdp_fmt *fmt;
	char *map;

	if (!rd->media || !value)
		return;

	fmt = ua_sdpfmt_find(rd->media->fmtv, rd->media->fmtc,
			     ua_sdptext_word(&value));
	if (!fmt)
		return;

	map = ua_sdptext_word(&value);
	if (!map || ua_sdpfmt_rtpmap(fmt, map))
		ua_sdpattr_warn(rd, "a=rtpmap", "name/clock rate expected");
}


static void read_fmtp(struct ua_sdpattr_reader *rd, char *value)
{
	struct ua_sdp_fmt *fmt;

	if (!rd->media || !value)
		return;

	fmt = ua_sdpfmt_find(rd->media->fmtv, rd->media->fmtc,
			     ua_sdptext_word(&value));
	if (fmt && !fmt->fmtp && *value)
		fmt->fmtp = value;
}


/* RFC 8866 allows a real number; the fraction has no meaning for a frame. */
static uint32_t ms_decode(char *value)
{
	uint32_t ms;

	if (!value)
		return 0;

	value[strcspn(value, ". \t")] = '\0';
	return ua_sdptext_u32(&ms, value) ? 0 : ms;
}


static void read_ptime(struct ua_sdpattr_reader *rd, char *value)
{
	if (rd->media)
		rd->media->ptime = ms_decode(value);
}


static void read_maxptime(struct ua_sdpattr_reader *rd, char *value)
{
	if (rd->media)
		rd->media->maxptime = ms_decode(value);
}


static void read_rtcp(struct ua_sdpattr_reader *rd, char *value)
{
	struct ua_sdp_media *media = rd->media;
	const char *port = value ? ua_sdptext_word(&value) : NULL;
	uint16_t n = 0;

	if (!media)
		return;

	if (!port || ua_sdptext_u16(&n, port) || !n) {
		ua_sdpattr_warn(rd, "a=rtcp", "port expected");
		return;
	}

	media->has_rtcp = true;
	media->rtcp_port = n;
	if (*value)
		ua_sdpconn_decode(&media->rtcp_conn, value);
}


static void read_rtcp_mux(struct ua_sdpattr_reader *rd, char *value)
{
	(void)value;

	if (rd->media)
		rd->media->rtcp_mux = true;
}


static void read_mid(struct ua_sdpattr_reader *rd, char *value)
{
	struct ua_sdp_media *media = section(rd);

	if (media)
		media->mid = value;
}


static void set_dir(struct ua_sdpattr_reader *rd, enum ua_sdp_dir dir)
{
	if (!rd->media) {
		rd->dir = dir;
		return;
	}

	rd->media->dir = (uint8_t)dir;
	rd->dir_set[rd->media - rd->sdp->mediav] = true;
}


static void read_sendrecv(struct ua_sdpattr_reader *rd, char *value)
{
	(void)value;
	set_dir(rd, UA_SDP_SENDRECV);
}


static void read_sendonly(struct ua_sdpattr_reader *rd, char *value)
{
	(void)value;
	set_dir(rd, UA_SDP_SENDONLY);
}


static void read_recvonly(struct ua_sdpattr_reader *rd, char *value)
{
	(void)value;
	set_dir(rd, UA_SDP_RECVONLY);
}


static void read_inactive(struct ua_sdpattr_reader *rd, char *value)
{
	(void)value;
	set_dir(rd, UA_SDP_INACTIVE);
}


/* clang-format off */
static const struct attr_row attrs[] = {
	{ "candidate",         read_candidate },
	{ "end-of-candidates", read_end       },
	{ "fmtp",              read_fmtp      },
	{ "ice-lite",          read_lite      },
	{ "ice-mismatch",      read_mismatch  },
	{ "ice-options",       read_options   },
	{ "ice-pacing",        read_pacing    },
	{ "ice-pwd",           read_pwd       },
	{ "ice-ufrag",         read_ufrag     },
	{ "inactive",          read_inactive  },
	{ "maxptime",          read_maxptime  },
	{ "mid",               read_mid       },
	{ "ptime",             read_ptime     },
	{ "recvonly",          read_recvonly  },
	{ "remote-candidates", read_remote    },
	{ "rtcp",              read_rtcp      },
	{ "rtcp-mux",          read_rtcp_mux  },
	{ "rtpmap",            read_rtpmap    },
	{ "sendonly",          read_sendonly  },
	{ "sendrecv",          read_sendrecv  },
};
/* clang-format on */


static void keep(struct ua_sdpattr_reader *rd, const char *name,
		 const char *value)
{
	struct ua_sdp_media *media = rd->media;
	struct ua_sdp_attr *attrv = media ? media->attrv : rd->sdp->attrv;
	size_t *attrc = media ? &media->attrc : &rd->sdp->attrc;

	if (!*name || *attrc >= UA_SDP_ATTR_MAX) {
		ua_sdpattr_warn(rd,
				"a=", *name ? "too many" : "name expected");
		return;
	}

	attrv[*attrc].name = name;
	attrv[*attrc].value = value;
	++*attrc;
}


void ua_sdpattr_read(struct ua_sdpattr_reader *rd, char *text)
{
	char *value = strchr(text, ':');
	size_t i;

	if (rd->skip)
		return;

	if (value) {
		*value++ = '\0';
		value += strspn(value, " \t");
	}

	for (i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++) {
		if (ua_sdptext_same(attrs[i].name, text)) {
			attrs[i].read(rd, value && *value ? value : NULL);
			return;
		}
	}

	keep(rd, text, value);
}
