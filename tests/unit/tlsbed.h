/* SPDX-License-Identifier: BSD-3-Clause */
/** @file tlsbed.h  A TLS server without a network, with any certificate */
#ifndef UA_TEST_TLSBED_H
#define UA_TEST_TLSBED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <openssl/ssl.h>

struct ua_tlsclient;
struct ua_tlscreds;

/** What its certificate is like; zeros: valid, for turn.test and 127.0.0.1 */
struct tlsbed_how {
	bool expired;
	bool early;      /**< Not valid yet              */
	bool other_name; /**< For other.test             */
	bool stranger;   /**< Signed by who is not in ca */
	bool own;        /**< Signed by itself           */
	int max_version; /**< Of TLS; 0: any             */
	const char *san; /**< subjectAltName as OpenSSL writes it; "": none,
			      NULL: as above                            */
	const char *eku; /**< extendedKeyUsage, NULL: none              */
	bool ask;        /**< Wants a certificate of the client         */
};

/** Server and authority */
struct tlsbed {
	X509 *authority;
	EVP_PKEY *authority_key;
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in;
	BIO *out;
	char ca[128]; /**< File that is to be trusted */
};


void tlsbed_open(struct tlsbed *bed, const struct tlsbed_how *how);
void tlsbed_close(struct tlsbed *bed);

/** What a client trusts and is; files may be NULL */
struct ua_tlscreds *tlsbed_creds(const char *ca, const char *cert,
				 const char *key);

/** Write a certificate for a client, and its key, below rig_dir() */
void tlsbed_issue(struct tlsbed *bed, char cert[128], char key[128]);

/** A fresh connection; the one before is forgotten */
void tlsbed_accept(struct tlsbed *bed);

/** Carry bytes both ways until there are none; returns the client's error */
int tlsbed_carry(struct tlsbed *bed, struct ua_tlsclient *tls);

#endif
