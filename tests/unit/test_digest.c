/* SPDX-License-Identifier: BSD-3-Clause */
/** @file test_digest.c  Digest authentication of a client */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/re_compat.h"
#include "dialog/digest.h"
#include "../vectors/rfc7616.h"
#include "oom.h"
#include "siptext.h"

Suite *ua_suite_digest(void);

static uint8_t seed;
static const struct ua_rand rnd = { .fill = siptext_fill, .arg = &seed };

static struct ua_digest *digest;
static struct ua_digest_round tries;


static void setup(void)
{
	const struct ua_cred cred = { .user = "alice", .password = "wonder" };

	seed = 1;
	memset(&tries, 0, sizeof(tries));
	ck_assert_int_eq(0, ua_digest_alloc(&digest, &cred, &rnd));
}


static void teardown(void)
{
	digest = mem_deref(digest);
}


#define HEAD(code, headers)                                                   \
	"SIP/2.0 " code " Whatever\n"                                         \
	"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\n"                        \
	"From: <sip:alice@example.com>;tag=a\n"                               \
	"To: <sip:alice@example.com>;tag=b\n"                                 \
	"Call-ID: c\n"                                                        \
	"CSeq: 1 REGISTER\n" headers "Content-Length: 0\n\n"


static int challenge(const char *text)
{
	struct sip_msg *msg = siptext("%s", text);
	int err;

	err = ua_digest_challenge(digest, &tries, msg);
	mem_deref(msg);

	return err;
}


static char *encoded(void)
{
	static char text[4096];
	struct mbuf *mb = mbuf_alloc(64);

	ck_assert_int_eq(0, ua_digest_encode(digest, mb, "REGISTER",
					     "sip:example.com"));
	memcpy(text, mb->buf, mb->end);
	text[mb->end] = '\0';
	mem_deref(mb);

	return text;
}


START_TEST(response_is_as_in_the_vectors)
{
	const struct rfc7616_vector *v = &rfc7616_vectors[_i];
	char hex[UA_DIGEST_HEX];

	ck_assert_int_eq(0, ua_digest_response(hex, &v->in));
	ck_assert_msg(!strcmp(v->response, hex), "%s: %s", v->origin, hex);
}
END_TEST


START_TEST(nothing_is_sent_before_a_challenge)
{
	ck_assert_str_eq("", encoded());
}
END_TEST


START_TEST(www_challenge_gives_authorization)
{
	const char *text;

	ck_assert_int_eq(
		0, challenge(HEAD("401", "WWW-Authenticate: Digest "
					 "realm=\"r\", nonce=\"n\", "
					 "qop=\"auth\", opaque=\"o\"\n")));
	text = encoded();

	ck_assert_ptr_eq(text, strstr(text, "Authorization: Digest "));
	ck_assert_ptr_nonnull(strstr(text, "username=\"alice\""));
	ck_assert_ptr_nonnull(strstr(text, "realm=\"r\""));
	ck_assert_ptr_nonnull(strstr(text, "uri=\"sip:example.com\""));
	ck_assert_ptr_nonnull(strstr(text, "algorithm=MD5,"));
	ck_assert_ptr_nonnull(strstr(text, "qop=auth"));
	ck_assert_ptr_nonnull(strstr(text, "opaque=\"o\""));
	ck_assert_ptr_null(strstr(text, "wonder"));
}
END_TEST


START_TEST(proxy_challenge_gives_proxy_authorization)
{
	ck_assert_int_eq(0,
			 challenge(HEAD("407", "Proxy-Authenticate: Digest "
					       "realm=\"r\", nonce=\"n\"\n")));
	ck_assert_ptr_eq(encoded(),
			 strstr(encoded(), "Proxy-Authorization: Digest "));
	ck_assert_ptr_null(strstr(encoded(), "qop"));
	ck_assert_ptr_null(strstr(encoded(), "cnonce"));
}
END_TEST


START_TEST(nonce_count_grows_with_each_use)
{
	ck_assert_int_eq(0, challenge(HEAD("401", "WWW-Authenticate: Digest "
						  "realm=\"r\", nonce=\"n\", "
						  "qop=\"auth-int,auth\"\n")));
	ck_assert_ptr_nonnull(strstr(encoded(), "nc=00000001"));
	ck_assert_ptr_nonnull(strstr(encoded(), "nc=00000002"));
}
END_TEST


START_TEST(strongest_algorithm_wins_whatever_the_order)
{
	ck_assert_int_eq(0, challenge(HEAD("401", "WWW-Authenticate: Digest "
						  "realm=\"r\", nonce=\"n\"\n"
						  "WWW-Authenticate: Digest "
						  "realm=\"r\", nonce=\"n\", "
						  "algorithm=SHA-512-256\n"
						  "WWW-Authenticate: Digest "
						  "realm=\"r\", nonce=\"n\", "
						  "algorithm=SHA-256\n")));
	ck_assert_ptr_nonnull(strstr(encoded(), "algorithm=SHA-512-256"));
	ck_assert_ptr_null(strstr(encoded() + 10, "Authorization:"));
}
END_TEST


START_TEST(unknown_algorithm_and_scheme_are_skipped)
{
	ck_assert_int_eq(0,
			 challenge(HEAD("401", "WWW-Authenticate: Basic "
					       "realm=\"r\"\n"
					       "WWW-Authenticate: Digest "
					       "realm=\"r\", nonce=\"n\", "
					       "algorithm=AKAv1-MD5\n"
					       "WWW-Authenticate: Digest "
					       "realm=\"r\", nonce=\"m\", "
					       "algorithm=sha-256-sess\n")));
	ck_assert_ptr_nonnull(strstr(encoded(), "algorithm=SHA-256-sess"));
	ck_assert_ptr_nonnull(strstr(encoded(), "nonce=\"m\""));
}
END_TEST


START_TEST(nothing_known_is_enotsup)
{
	ck_assert_int_eq(
		ENOTSUP,
		challenge(HEAD("401", "WWW-Authenticate: Digest realm=\"r\","
				      "nonce=\"n\",qop=\"auth-int\"\n")));
	ck_assert_str_eq("", encoded());
}
END_TEST


START_TEST(two_realms_get_two_answers)
{
	const char *text;

	ck_assert_int_eq(
		0, challenge(HEAD("407", "WWW-Authenticate: Digest "
					 "realm=\"far\", nonce=\"n\"\n"
					 "Proxy-Authenticate: Digest "
					 "realm=\"near\", nonce=\"n\"\n")));
	text = encoded();
	ck_assert_ptr_nonnull(strstr(text, "realm=\"far\""));
	ck_assert_ptr_nonnull(strstr(text, "\nProxy-Authorization: "));
	ck_assert_ptr_nonnull(strstr(text, "realm=\"near\""));
}
END_TEST


START_TEST(wrong_password_is_tried_once)
{
	const char *text = HEAD("401", "WWW-Authenticate: Digest "
				       "realm=\"r\", nonce=\"n\"\n");

	ck_assert_int_eq(0, challenge(text));
	ck_assert_int_eq(EACCES, challenge(text));
}
END_TEST


START_TEST(a_new_request_may_be_challenged_again)
{
	const char *text = HEAD("401", "WWW-Authenticate: Digest "
				       "realm=\"r\", nonce=\"n\"\n");

	ck_assert_int_eq(0, challenge(text));
	memset(&tries, 0, sizeof(tries));
	ck_assert_int_eq(0, challenge(text));
}
END_TEST


START_TEST(stale_nonce_is_no_wrong_password)
{
	ck_assert_int_eq(
		0, challenge(HEAD("401", "WWW-Authenticate: Digest "
					 "realm=\"r\", nonce=\"old\"\n")));
	ck_assert_int_eq(
		0,
		challenge(HEAD("401", "WWW-Authenticate: Digest realm=\"r\", "
				      "nonce=\"new\", stale=TRUE\n")));
	ck_assert_ptr_nonnull(strstr(encoded(), "nonce=\"new\""));
}
END_TEST


START_TEST(stale_for_ever_ends)
{
	const char *text = HEAD("401", "WWW-Authenticate: Digest realm=\"r\", "
				       "nonce=\"n\", stale=true\n");
	int i;

	for (i = 0; i < UA_DIGEST_TRIES; i++)
		ck_assert_int_eq(0, challenge(text));

	ck_assert_int_eq(ELOOP, challenge(text));
}
END_TEST


START_TEST(broken_challenge_changes_nothing)
{
	static const char *const values[] = {
		"Digest",
		"Digest realm=\"r\"",
		"Digest nonce=\"n\"",
		"Digest realm=\"r, nonce=\"n\"",
		"Digest realm=\"r\" nonce=\"n\"",
		"Digest realm=\"r\", nonce=\"n",
		"Digest realm=\"r\", nonce=\"n\\",
		"Digest realm=\"r\", nonce=\"n\", =x",
		"\"",
		",",
	};
	struct sip_msg *msg;

	msg = siptext(HEAD("401", "WWW-Authenticate: %s\n"), values[_i]);
	ck_assert_int_eq(EBADMSG, ua_digest_challenge(digest, &tries, msg));
	ck_assert_uint_eq(0, tries.count);
	ck_assert_str_eq("", encoded());
	mem_deref(msg);
}
END_TEST


START_TEST(no_challenge_at_all_is_ebadmsg)
{
	ck_assert_int_eq(EBADMSG, challenge(HEAD("401", "")));
}
END_TEST


START_TEST(only_the_realm_of_the_credentials_is_answered)
{
	const struct ua_cred cred = { .user = "alice",
				      .password = "wonder",
				      .realm = "home" };

	mem_deref(digest);
	ck_assert_int_eq(0, ua_digest_alloc(&digest, &cred, &rnd));
	ck_assert_int_eq(
		ENOENT,
		challenge(HEAD("401", "WWW-Authenticate: Digest "
				      "realm=\"away\", nonce=\"n\"\n")));
	ck_assert_int_eq(
		0, challenge(HEAD("401", "WWW-Authenticate: Digest "
					 "realm=\"home\", nonce=\"n\"\n")));
}
END_TEST


START_TEST(without_user_there_is_no_answer)
{
	const struct ua_cred none = { .user = NULL };

	mem_deref(digest);
	ck_assert_int_eq(0, ua_digest_alloc(&digest, &none, &rnd));
	ck_assert_int_eq(ENOENT,
			 challenge(HEAD("401", "WWW-Authenticate: Digest "
					       "realm=\"r\", nonce=\"n\"\n")));
}
END_TEST


START_TEST(user_that_breaks_the_header_is_refused)
{
	const struct ua_cred cred = { .user = "a\"b" };
	struct ua_digest *d = NULL;

	ck_assert_int_eq(EINVAL, ua_digest_alloc(&d, &cred, &rnd));
	ck_assert_ptr_null(d);
}
END_TEST


START_TEST(next_nonce_is_taken_and_counted_anew)
{
	struct sip_msg *msg;

	ck_assert_int_eq(0, challenge(HEAD("401", "WWW-Authenticate: Digest "
						  "realm=\"r\", nonce=\"n\", "
						  "qop=\"auth\"\n")));
	(void)encoded();

	msg = siptext("%s",
		      HEAD("200", "Authentication-Info: qop=auth, "
				  "nextnonce=\"fresh\", rspauth=\"1\"\n"));
	ua_digest_info(digest, msg);
	mem_deref(msg);

	ck_assert_ptr_nonnull(strstr(encoded(), "nonce=\"fresh\""));
	ck_assert_ptr_nonnull(strstr(encoded(), "nc=00000002"));
}
END_TEST


START_TEST(more_realms_than_places_push_out_the_oldest)
{
	struct sip_msg *msg;
	int i;

	for (i = 0; i < UA_DIGEST_REALMS + 1; i++) {
		msg = siptext(HEAD("401", "WWW-Authenticate: Digest "
					  "realm=\"r%d\", nonce=\"n\"\n"),
			      i);
		memset(&tries, 0, sizeof(tries));
		ck_assert_int_eq(0, ua_digest_challenge(digest, &tries, msg));
		mem_deref(msg);
	}

	ck_assert_ptr_null(strstr(encoded(), "\"r0\""));
	ck_assert_ptr_nonnull(strstr(encoded(), "\"r1\""));
	ck_assert_ptr_nonnull(strstr(encoded(), "\"r4\""));
}
END_TEST


/* Swap in a client that has learnt from the one before. */
static void learn(void)
{
	const struct ua_cred cred = { .user = "alice", .password = "wonder" };
	struct ua_digest *fresh;

	ck_assert_int_eq(0, ua_digest_alloc(&fresh, &cred, &rnd));
	ck_assert_int_eq(0, ua_digest_learn(fresh, digest));
	mem_deref(digest);
	digest = fresh;
	memset(&tries, 0, sizeof(tries));
}


START_TEST(learnt_challenge_is_answered_to_both_kinds)
{
	const char *text;

	ck_assert_int_eq(
		0, challenge(HEAD("401", "WWW-Authenticate: Digest "
					 "realm=\"r\", nonce=\"n\", "
					 "qop=\"auth\", opaque=\"o\"\n")));
	learn();
	text = encoded();
	ck_assert_ptr_eq(text, strstr(text, "Authorization: Digest "));
	ck_assert_ptr_nonnull(
		strstr(text, "\r\nProxy-Authorization: Digest "));
	ck_assert_ptr_nonnull(strstr(text, "nonce=\"n\""));
	ck_assert_ptr_nonnull(strstr(text, "opaque=\"o\""));
}
END_TEST


START_TEST(learnt_proxy_challenge_is_none_of_a_registrar)
{
	ck_assert_int_eq(0,
			 challenge(HEAD("407", "Proxy-Authenticate: Digest "
					       "realm=\"r\", nonce=\"n\"\n")));
	learn();
	ck_assert_ptr_eq(encoded(),
			 strstr(encoded(), "Proxy-Authorization: Digest "));
	ck_assert_ptr_null(strstr(encoded(), "\r\nAuthorization"));
}
END_TEST


/* What was learnt is no try: a server that wants its own nonce is obeyed. */
START_TEST(learnt_challenge_may_be_asked_anew)
{
	static const char *const again =
		HEAD("407", "Proxy-Authenticate: Digest "
			    "realm=\"r\", nonce=\"m\"\n");

	ck_assert_int_eq(0, challenge(HEAD("401", "WWW-Authenticate: Digest "
						  "realm=\"r\", "
						  "nonce=\"n\"\n")));
	learn();
	ck_assert_int_eq(0, challenge(again));
	ck_assert_ptr_nonnull(strstr(encoded(), "nonce=\"m\""));
	ck_assert_int_eq(EACCES, challenge(again));
}
END_TEST


START_TEST(nothing_is_learnt_of_nothing)
{
	learn();
	ck_assert_str_eq("", encoded());
	ck_assert_int_eq(0, ua_digest_learn(digest, NULL));
	ck_assert_str_eq("", encoded());
}
END_TEST


static int whole_story(void *arg)
{
	struct ua_digest *other = NULL;
	const struct ua_cred cred = { .user = "u", .password = "p" };
	struct ua_digest_round round = { 0, 0 };
	struct ua_digest *d = NULL;
	struct mbuf *mb = NULL;
	int err;

	err = ua_digest_alloc(&d, &cred, &rnd);
	if (!err)
		err = ua_digest_challenge(d, &round, arg);
	if (!err) {
		mb = mbuf_alloc(16);
		err = mb ? ua_digest_encode(d, mb, "INVITE", "sip:x") : ENOMEM;
	}
	if (!err)
		err = ua_digest_alloc(&other, &cred, &rnd);
	if (!err)
		err = ua_digest_learn(other, d);

	mem_deref(mb);
	mem_deref(d);
	mem_deref(other);

	return err;
}


START_TEST(no_memory_is_enomem_and_no_leak)
{
	struct sip_msg *msg =
		siptext("%s", HEAD("401", "WWW-Authenticate: Digest "
					  "realm=\"r\", nonce=\"n\", "
					  "qop=\"auth\", opaque=\"o\"\n"));

	ua_oom_walk(whole_story, msg);
	mem_deref(msg);
}
END_TEST


Suite *ua_suite_digest(void)
{
	Suite *s = suite_create("digest");
	TCase *tc = tcase_create("digest");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, response_is_as_in_the_vectors, 0,
			    sizeof(rfc7616_vectors) /
				    sizeof(rfc7616_vectors[0]));
	tcase_add_test(tc, nothing_is_sent_before_a_challenge);
	tcase_add_test(tc, www_challenge_gives_authorization);
	tcase_add_test(tc, proxy_challenge_gives_proxy_authorization);
	tcase_add_test(tc, nonce_count_grows_with_each_use);
	tcase_add_test(tc, strongest_algorithm_wins_whatever_the_order);
	tcase_add_test(tc, unknown_algorithm_and_scheme_are_skipped);
	tcase_add_test(tc, nothing_known_is_enotsup);
	tcase_add_test(tc, two_realms_get_two_answers);
	tcase_add_test(tc, wrong_password_is_tried_once);
	tcase_add_test(tc, a_new_request_may_be_challenged_again);
	tcase_add_test(tc, stale_nonce_is_no_wrong_password);
	tcase_add_test(tc, stale_for_ever_ends);
	tcase_add_loop_test(tc, broken_challenge_changes_nothing, 0, 10);
	tcase_add_test(tc, no_challenge_at_all_is_ebadmsg);
	tcase_add_test(tc, only_the_realm_of_the_credentials_is_answered);
	tcase_add_test(tc, without_user_there_is_no_answer);
	tcase_add_test(tc, user_that_breaks_the_header_is_refused);
	tcase_add_test(tc, next_nonce_is_taken_and_counted_anew);
	tcase_add_test(tc, more_realms_than_places_push_out_the_oldest);
	tcase_add_test(tc, learnt_challenge_is_answered_to_both_kinds);
	tcase_add_test(tc, learnt_proxy_challenge_is_none_of_a_registrar);
	tcase_add_test(tc, learnt_challenge_may_be_asked_anew);
	tcase_add_test(tc, nothing_is_learnt_of_nothing);
	tcase_add_test(tc, no_memory_is_enomem_and_no_leak);
	suite_add_tcase(s, tc);

	return s;
}
