/* SPDX-License-Identifier: BSD-3-Clause */
/** @file certcheck.c  Is a certificate that of a host, and if not, why not */

#include <errno.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/re_compat.h"
#include "base/addr.h"
#include "base/certcheck.h"

/* What there is to say of a verdict */
struct words {
	long verdict;
	const char *text;
};

/* clang-format off */
static const struct words verdicts[] = {
	{ X509_V_ERR_CERT_HAS_EXPIRED,   "its certificate has expired" },
	{ X509_V_ERR_CERT_NOT_YET_VALID, "its certificate is not valid yet" },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
	  "its certificate is signed by itself alone" },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
	  "the issuer of its certificate is unknown" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
	  "the issuer of its certificate is unknown" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
	  "the issuer of its certificate is unknown" },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
	  "the issuer of its certificate is unknown" },
	{ X509_V_ERR_INVALID_PURPOSE,
	  "its certificate is not one for servers" },
	{ X509_V_ERR_INVALID_CA,
	  "the issuer of its certificate is no authority" },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE,
	  "the signature of its certificate is wrong" },
	{ X509_V_ERR_CERT_REVOKED,       "its certificate was revoked" },
	{ X509_V_ERR_EE_KEY_TOO_SMALL,   "the key of its certificate is weak" },
	{ X509_V_ERR_CA_KEY_TOO_SMALL,   "the key of its issuer is weak" },
	{ X509_V_ERR_CA_MD_TOO_WEAK,
	  "the signature of its certificate is weak" },
};

static const struct words reasons[] = {
	{ SSL_R_WRONG_VERSION_NUMBER, "it does not speak TLS" },
	{ SSL_R_UNSUPPORTED_PROTOCOL, "it speaks no TLS from 1.2 on" },
	{ SSL_R_UNEXPECTED_EOF_WHILE_READING,
	  "it closed the connection in the handshake" },
};

static const struct words alerts[] = {
	{ SSL_AD_CLOSE_NOTIFY,       "it closed the connection" },
	{ SSL_AD_HANDSHAKE_FAILURE,
	  "it found no cipher in common, or wants a certificate of us" },
	{ SSL_AD_BAD_CERTIFICATE,    "it refuses our certificate as bad" },
	{ SSL_AD_CERTIFICATE_EXPIRED,
	  "it refuses our certificate as expired" },
	{ SSL_AD_CERTIFICATE_REVOKED,
	  "it refuses our certificate as revoked" },
	{ SSL_AD_UNKNOWN_CA,
	  "it does not know the issuer of our certificate" },
	{ SSL_AD_PROTOCOL_VERSION,   "it speaks no TLS from 1.2 on" },
	{ SSL_AD_UNRECOGNIZED_NAME,  "it does not know itself by this name" },
	{ TLS13_AD_CERTIFICATE_REQUIRED, "it wants a certificate of us" },
};
/* clang-format on */


static const char *words_find(const struct words *v, size_t n, long verdict)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (v[i].verdict == verdict)
			return v[i].text;
	}

	return NULL;
}


int ua_certcheck_init(struct ua_certcheck *chk, const char *host)
{
	memset(chk, 0, sizeof(*chk));
	if (!*host || strlen(host) >= sizeof(chk->host))
		return EINVAL;

	str_ncpy(chk->host, host, sizeof(chk->host));
	if (ua_addr_set(&chk->addr, host, 0))
		memset(&chk->addr, 0, sizeof(chk->addr));

	return 0;
}


int ua_certcheck_sni(const struct ua_certcheck *chk, SSL *ssl)
{
	if (chk->addr.af)
		return 0;

	return SSL_set_tlsext_host_name(ssl, chk->host) ? 0 : ENOMEM;
}


/* The host of "sip:example.com", which is all that it says; or unset */
static struct uri sip_host(const GENERAL_NAME *name)
{
	struct uri uri;
	struct pl pl;

	memset(&uri, 0, sizeof(uri));
	if (name->type != GEN_URI)
		return uri;

	pl.p = (const char *)ASN1_STRING_get0_data(
		name->d.uniformResourceIdentifier);
	pl.l = (size_t)ASN1_STRING_length(name->d.uniformResourceIdentifier);

	if (uri_decode(&uri, &pl) || pl_strcasecmp(&uri.scheme, "sip") ||
	    pl_isset(&uri.user))
		memset(&uri, 0, sizeof(uri));

	return uri;
}


/* 1: a URI names it, 0: others are named, -1: there is no such URI */
static int check_uris(const struct ua_certcheck *chk, X509 *cert)
{
	GENERAL_NAMES *names =
		X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	int found = -1;
	int i;

	for (i = 0; i < sk_GENERAL_NAME_num(names) && found < 1; i++) {
		const struct uri uri =
			sip_host(sk_GENERAL_NAME_value(names, i));

		if (pl_isset(&uri.host))
			found = !pl_strcasecmp(&uri.host, chk->host);
	}

	GENERAL_NAMES_free(names);
	return found;
}


static bool is_host(const struct ua_certcheck *chk, X509 *cert)
{
	const unsigned flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
			       X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
	int found;

	if (chk->addr.af)
		return X509_check_ip(cert, chk->addr.ip,
				     chk->addr.af == UA_AF_IP4 ? 4 : 16,
				     0) == 1;

	found = check_uris(chk, cert);
	if (found >= 0)
		return found;

	return X509_check_host(cert, chk->host, 0, flags, NULL) == 1;
}


/* A name that can be shown: printable, and all of it */
static bool name_copy(char *name, size_t size, const ASN1_STRING *str)
{
	const unsigned char *p = ASN1_STRING_get0_data(str);
	const size_t len = (size_t)ASN1_STRING_length(str);
	size_t i;

	if (!len || len >= size)
		return false;

	for (i = 0; i < len; i++) {
		if (p[i] <= ' ' || p[i] > '~')
			return false;
	}

	memcpy(name, p, len);
	name[len] = '\0';
	return true;
}


/* The first name of a certificate that can be shown */
static bool name_of(char *name, size_t size, X509 *cert)
{
	GENERAL_NAMES *names =
		X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	bool found = false;
	int i;

	for (i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
		const GENERAL_NAME *gen = sk_GENERAL_NAME_value(names, i);

		if (gen->type == GEN_DNS)
			found = name_copy(name, size, gen->d.dNSName);
		else if (gen->type == GEN_URI)
			found = name_copy(name, size,
					  gen->d.uniformResourceIdentifier);
	}

	GENERAL_NAMES_free(names);
	return found;
}


static void why_host(struct ua_certcheck *chk, X509 *cert)
{
	char other[128];

	if (name_of(other, sizeof(other), cert))
		(void)re_snprintf(chk->why, sizeof(chk->why),
				  "its certificate is for %s, not for %s",
				  other, chk->host);
	else
		(void)re_snprintf(chk->why, sizeof(chk->why),
				  "its certificate names no host that it is"
				  " for, not %s",
				  chk->host);
}


static void why_chain(struct ua_certcheck *chk, long verdict)
{
	const char *text = words_find(verdicts, ARRAY_SIZE(verdicts), verdict);

	str_ncpy(chk->why,
		 text ? text : X509_verify_cert_error_string(verdict),
		 sizeof(chk->why));
}


int ua_certcheck_verify(struct ua_certcheck *chk, X509_STORE_CTX *store)
{
	X509 *cert = X509_STORE_CTX_get0_cert(store);

	if (X509_verify_cert(store) <= 0) {
		why_chain(chk, X509_STORE_CTX_get_error(store));
		return 0;
	}

	if (is_host(chk, cert))
		return 1;

	why_host(chk, cert);
	X509_STORE_CTX_set_error(store,
				 chk->addr.af ? X509_V_ERR_IP_ADDRESS_MISMATCH
					      : X509_V_ERR_HOSTNAME_MISMATCH);
	return 0;
}


void ua_certcheck_failed(struct ua_certcheck *chk)
{
	const unsigned long code = ERR_peek_error();
	const char *text =
		words_find(reasons, ARRAY_SIZE(reasons), ERR_GET_REASON(code));

	if (*chk->why)
		return;

	if (text) {
		str_ncpy(chk->why, text, sizeof(chk->why));
		return;
	}

	text = ERR_reason_error_string(code);
	(void)re_snprintf(chk->why, sizeof(chk->why), "TLS failed: %s",
			  text ? text : "unknown reason");
}


void ua_certcheck_alert(struct ua_certcheck *chk, int alert)
{
	const char *text = words_find(alerts, ARRAY_SIZE(alerts), alert);

	if (*chk->why)
		return;

	if (text)
		str_ncpy(chk->why, text, sizeof(chk->why));
	else
		(void)re_snprintf(chk->why, sizeof(chk->why),
				  "it refuses us (%s)",
				  SSL_alert_desc_string_long(alert));
}
