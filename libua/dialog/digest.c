/* SPDX-License-Identifier: BSD-3-Clause */
/** @file digest.c  Digest authentication of a client (RFC 3261, 22; 8760) */

#include <errno.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/re_compat.h"
#include "base/random.h"
#include "dialog/challenge.h"

enum { CNONCE_LEN = 22 /* 132 bits of randomness */ };

/** The last challenge of a realm */
struct slot {
	char *realm; /* NULL: slot is free */
	char *nonce;
	char *opaque;
	char cnonce[CNONCE_LEN + 1];
	enum ua_digest_alg alg;
	bool proxy;
	bool sess;
	bool qop;
	uint32_t nc;
};

struct ua_digest {
	char *user;
	char *password;
	char *realm;
	const struct ua_rand *rand;
	struct slot slotv[UA_DIGEST_REALMS];
	uint8_t victim; /* slot that is given away next */
};

/** What a set of challenges was good for, to tell why none was taken */
struct survey {
	struct ua_challenge bestv[UA_DIGEST_REALMS];
	size_t n;
	bool unknown;
	bool foreign;
};

static const EVP_MD *(*const mds[])(void) = {
	[UA_DIGEST_SHA512_256] = EVP_sha512_256,
	[UA_DIGEST_SHA256] = EVP_sha256,
	[UA_DIGEST_MD5] = EVP_md5,
};


static void slot_reset(struct slot *slot)
{
	mem_deref(slot->realm);
	mem_deref(slot->nonce);
	mem_deref(slot->opaque);
	memset(slot, 0, sizeof(*slot));
}


static void destructor(void *arg)
{
	struct ua_digest *digest = arg;
	size_t i;

	if (digest->password)
		OPENSSL_cleanse(digest->password, strlen(digest->password));

	for (i = 0; i < UA_DIGEST_REALMS; i++)
		slot_reset(&digest->slotv[i]);

	mem_deref(digest->user);
	mem_deref(digest->password);
	mem_deref(digest->realm);
}


static bool user_ok(const char *user)
{
	for (; *user; ++user) {
		if ((uint8_t)*user < 0x20 || *user == 0x7f || *user == '"' ||
		    *user == '\\')
			return false;
	}

	return true;
}


/*
 * An algorithm that the system does not have says so in the first error of
 * the pile (OpenSSL 3, FIPS); all else is a lack of memory.
 */
static int openssl_error(void)
{
	const int reason = ERR_GET_REASON(ERR_peek_error());

	ERR_clear_error();

	return reason == ERR_R_UNSUPPORTED ? ENOSYS : ENOMEM;
}


/* KD and H of RFC 7616, 3.3: the parts with colons between, in hex. */
static int hash(char *hex, enum ua_digest_alg alg, const char *const partv[],
		size_t n)
{
	uint8_t md[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	EVP_MD_CTX *ctx;
	size_t i;
	int ok;

	ctx = EVP_MD_CTX_new();
	if (!ctx)
		return ENOMEM;

	ERR_clear_error();
	ok = EVP_DigestInit_ex(ctx, mds[alg](), NULL);

	for (i = 0; ok && i < n; i++) {
		if (i)
			ok = EVP_DigestUpdate(ctx, ":", 1);
		if (ok)
			ok = EVP_DigestUpdate(ctx, partv[i], strlen(partv[i]));
	}

	if (ok)
		ok = EVP_DigestFinal_ex(ctx, md, &len);

	EVP_MD_CTX_free(ctx);

	if (!ok)
		return openssl_error();

	for (i = 0; i < len; i++)
		(void)re_snprintf(hex + 2 * i, 3, "%02x", md[i]);

	OPENSSL_cleanse(md, sizeof(md));

	return 0;
}


int ua_digest_response(char *hex, const struct ua_digest_input *in)
{
	char a1[UA_DIGEST_HEX], a2[UA_DIGEST_HEX], nc[9];
	int err;

	const char *const userv[] = { in->user, in->realm, in->password };
	const char *const sessv[] = { a1, in->nonce, in->cnonce };
	const char *const reqv[] = { in->met, in->uri };
	const char *const qopv[] = {
		a1, in->nonce, nc, in->cnonce, "auth", a2
	};
	const char *const oldv[] = { a1, in->nonce, a2 };

	err = hash(a1, in->alg, userv, 3);
	if (!err && in->sess)
		err = hash(a1, in->alg, sessv, 3);
	if (!err)
		err = hash(a2, in->alg, reqv, 2);
	if (err)
		goto out;

	(void)re_snprintf(nc, sizeof(nc), "%08x", in->nc);

	if (in->qop)
		err = hash(hex, in->alg, qopv, 6);
	else
		err = hash(hex, in->alg, oldv, 3);

out:
	OPENSSL_cleanse(a1, sizeof(a1));

	return err;
}


static void survey_add(struct survey *sv, const struct ua_challenge *ch)
{
	size_t i;

	for (i = 0; i < sv->n; i++) {
		struct ua_challenge *best = &sv->bestv[i];

		if (best->proxy != ch->proxy ||
		    pl_cmp(&best->realm, &ch->realm))
			continue;

		if (ch->alg < best->alg)
			*best = *ch;
		return;
	}

	if (sv->n < UA_DIGEST_REALMS)
		sv->bestv[sv->n++] = *ch;
}


struct survey_arg {
	const struct ua_digest *digest;
	struct survey *sv;
	bool proxy;
};


static bool survey_handler(const struct sip_hdr *hdr,
			   const struct sip_msg *msg, void *arg)
{
	const struct survey_arg *sa = arg;
	const struct ua_digest *digest = sa->digest;
	struct ua_challenge ch;
	int err;
	(void)msg;

	err = ua_challenge_decode(&ch, &hdr->val);
	if (err == ENOTSUP)
		sa->sv->unknown = true;
	if (err)
		return false;

	if (!digest->user ||
	    (digest->realm && pl_strcmp(&ch.realm, digest->realm))) {
		sa->sv->foreign = true;
		return false;
	}

	ch.proxy = sa->proxy;
	survey_add(sa->sv, &ch);

	return false;
}


static struct slot *slot_find(struct ua_digest *digest,
			      const struct ua_challenge *ch)
{
	size_t i;

	for (i = 0; i < UA_DIGEST_REALMS; i++) {
		struct slot *slot = &digest->slotv[i];

		if (slot->realm && slot->proxy == ch->proxy &&
		    !pl_strcmp(&ch->realm, slot->realm))
			return slot;
	}

	return NULL;
}


static bool refused(struct ua_digest *digest,
		    const struct ua_digest_round *round,
		    const struct survey *sv)
{
	size_t i;

	for (i = 0; i < sv->n; i++) {
		const struct slot *slot = slot_find(digest, &sv->bestv[i]);
		const unsigned bit = slot ? 1U << (slot - digest->slotv) : 0;

		/* The same realm asks again, and not for its nonce's age. */
		if ((round->answered & bit) && !sv->bestv[i].stale)
			return true;
	}

	return false;
}


static int slot_make(struct slot *slot, const struct ua_challenge *ch,
		     const struct ua_rand *rand)
{
	int err;

	memset(slot, 0, sizeof(*slot));
	slot->alg = ch->alg;
	slot->proxy = ch->proxy;
	slot->sess = ch->sess;
	slot->qop = ch->qop;
	ua_random_str(rand, slot->cnonce, CNONCE_LEN);

	err = pl_strdup(&slot->realm, &ch->realm);
	if (!err)
		err = pl_strdup(&slot->nonce, &ch->nonce);
	if (!err && ch->opaque.p)
		err = pl_strdup(&slot->opaque, &ch->opaque);
	if (err)
		slot_reset(slot);

	return err;
}


static void slot_put(struct ua_digest *digest, struct ua_digest_round *round,
		     const struct ua_challenge *ch, const struct slot *fresh)
{
	struct slot *slot = slot_find(digest, ch);
	size_t i;

	for (i = 0; !slot && i < UA_DIGEST_REALMS; i++) {
		if (!digest->slotv[i].realm)
			slot = &digest->slotv[i];
	}

	if (!slot) {
		slot = &digest->slotv[digest->victim];
		digest->victim =
			(uint8_t)((digest->victim + 1U) % UA_DIGEST_REALMS);
	}

	slot_reset(slot);
	*slot = *fresh;
	round->answered |= (uint8_t)(1U << (slot - digest->slotv));
}


int ua_digest_alloc(struct ua_digest **digestp, const struct ua_cred *cred,
		    const struct ua_rand *rand)
{
	struct ua_digest *digest;
	int err = 0;

	if (cred->user && !user_ok(cred->user))
		return EINVAL;

	digest = mem_zalloc(sizeof(*digest), destructor);
	if (!digest)
		return ENOMEM;

	digest->rand = rand;

	if (cred->user) {
		err = str_dup(&digest->user, cred->user);
		if (!err)
			err = str_dup(&digest->password,
				      cred->password ? cred->password : "");
	}
	if (!err && cred->realm)
		err = str_dup(&digest->realm, cred->realm);

	if (err)
		mem_deref(digest);
	else
		*digestp = digest;

	return err;
}


static int slot_copy(struct ua_digest *digest, size_t *n,
		     const struct slot *known, bool proxy)
{
	struct slot *slot = &digest->slotv[*n];
	int err;

	if (*n == UA_DIGEST_REALMS)
		return 0;

	slot->alg = known->alg;
	slot->sess = known->sess;
	slot->qop = known->qop;
	slot->proxy = proxy;
	ua_random_str(digest->rand, slot->cnonce, CNONCE_LEN);

	err = str_dup(&slot->realm, known->realm);
	if (!err)
		err = str_dup(&slot->nonce, known->nonce);
	if (!err && known->opaque)
		err = str_dup(&slot->opaque, known->opaque);
	if (err)
		slot_reset(slot);
	else
		++*n;

	return err;
}


static bool knows(const struct ua_digest *digest, const char *realm,
		  bool proxy)
{
	size_t i;

	for (i = 0; i < UA_DIGEST_REALMS; i++) {
		const struct slot *slot = &digest->slotv[i];

		if (slot->realm && slot->proxy == proxy &&
		    !strcmp(slot->realm, realm))
			return true;
	}

	return false;
}


int ua_digest_learn(struct ua_digest *digest, const struct ua_digest *known)
{
	size_t i, n = 0;
	int err = 0;

	for (i = 0; known && !err && i < UA_DIGEST_REALMS; i++) {
		const struct slot *slot = &known->slotv[i];

		if (!slot->realm)
			continue;

		err = slot_copy(digest, &n, slot, slot->proxy);
		if (!err && !slot->proxy && !knows(known, slot->realm, true))
			err = slot_copy(digest, &n, slot, true);
	}

	return err;
}


int ua_digest_challenge(struct ua_digest *digest,
			struct ua_digest_round *round,
			const struct sip_msg *msg)
{
	struct slot freshv[UA_DIGEST_REALMS];
	struct survey sv;
	struct survey_arg arg = { .digest = digest, .sv = &sv };
	size_t i, n = 0;
	int err = 0;

	memset(&sv, 0, sizeof(sv));

	/* A forking proxy puts both kinds into one answer (RFC 3261, 22.3). */
	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_WWW_AUTHENTICATE,
				survey_handler, &arg);
	arg.proxy = true;
	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_PROXY_AUTHENTICATE,
				survey_handler, &arg);

	if (!sv.n) {
		if (sv.foreign)
			return ENOENT;

		return sv.unknown ? ENOTSUP : EBADMSG;
	}

	if (refused(digest, round, &sv))
		return EACCES;

	if (round->count >= UA_DIGEST_TRIES)
		return ELOOP;

	for (n = 0; n < sv.n; n++) {
		err = slot_make(&freshv[n], &sv.bestv[n], digest->rand);
		if (err)
			break;
	}

	for (i = 0; i < n; i++) {
		if (err)
			slot_reset(&freshv[i]);
		else
			slot_put(digest, round, &sv.bestv[i], &freshv[i]);
	}

	if (!err)
		++round->count;

	return err;
}


static int slot_encode(const struct ua_digest *digest, struct slot *slot,
		       struct mbuf *mb, const char *met, const char *uri)
{
	const struct ua_digest_input in = {
		.alg = slot->alg,
		.sess = slot->sess,
		.user = digest->user,
		.realm = slot->realm,
		.password = digest->password,
		.nonce = slot->nonce,
		.cnonce = slot->cnonce,
		.qop = slot->qop,
		.nc = ++slot->nc,
		.met = met,
		.uri = uri,
	};
	char response[UA_DIGEST_HEX];
	int err;

	err = ua_digest_response(response, &in);
	if (err)
		return err;

	err = mbuf_printf(
		mb,
		"%s: Digest username=\"%s\", realm=\"%s\", "
		"nonce=\"%s\", uri=\"%s\", response=\"%s\", "
		"algorithm=%s%s",
		slot->proxy ? "Proxy-Authorization" : "Authorization",
		digest->user, slot->realm, slot->nonce, uri, response,
		ua_challenge_alg_name(slot->alg), slot->sess ? "-sess" : "");
	if (!err && (slot->qop || slot->sess))
		err = mbuf_printf(mb, ", cnonce=\"%s\"", slot->cnonce);
	if (!err && slot->qop)
		err = mbuf_printf(mb, ", qop=auth, nc=%08x", slot->nc);
	if (!err && slot->opaque)
		err = mbuf_printf(mb, ", opaque=\"%s\"", slot->opaque);
	if (!err)
		err = mbuf_write_str(mb, "\r\n");

	return err;
}


int ua_digest_encode(struct ua_digest *digest, struct mbuf *mb,
		     const char *met, const char *uri)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < UA_DIGEST_REALMS; i++) {
		if (digest->slotv[i].realm)
			err = slot_encode(digest, &digest->slotv[i], mb, met,
					  uri);
	}

	return err;
}


/* libre cuts the header at its commas: one parameter at a time. */
static bool info_handler(const struct sip_hdr *hdr, const struct sip_msg *msg,
			 void *arg)
{
	struct slot *slot = arg;
	struct pl pl = hdr->val, name, val;
	char *nonce;
	(void)msg;

	if (ua_challenge_param(&pl, &name, &val) ||
	    pl_strcasecmp(&name, "nextnonce") || !val.l ||
	    val.l > UA_CHALLENGE_VALUE_MAX)
		return false;

	/* Without memory the old nonce goes on until it is stale. */
	if (!pl_strdup(&nonce, &val)) {
		mem_deref(slot->nonce);
		slot->nonce = nonce;
		slot->nc = 0;
	}

	return true;
}


void ua_digest_info(struct ua_digest *digest, const struct sip_msg *msg)
{
	struct slot *slot = NULL;
	size_t i;

	/* The header names no realm: it must be the only one that asked. */
	for (i = 0; i < UA_DIGEST_REALMS; i++) {
		if (!digest->slotv[i].realm || digest->slotv[i].proxy)
			continue;
		if (slot)
			return;
		slot = &digest->slotv[i];
	}

	if (slot)
		(void)sip_msg_hdr_apply(msg, true, SIP_HDR_AUTHENTICATION_INFO,
					info_handler, slot);
}
