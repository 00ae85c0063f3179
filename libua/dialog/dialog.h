/* SPDX-License-Identifier: BSD-3-Clause */
/** @file dialog.h  State of a dialog (RFC 3261, 12) */
#ifndef UA_DIALOG_H
#define UA_DIALOG_H

#include <ua/types.h>

struct mbuf;
struct sip_msg;
struct ua_dialog;

enum {
	UA_DIALOG_ROUTES = 16 /**< Longest route set: more is refused */
};


/**
 * Half a dialog, of a request that is to be sent outside of any.
 *
 * @param dlgp   Set on success; mem_deref() it
 * @param local  From: "Alice" <sip:alice@example.com>, or the URI alone
 * @param uri    Request-URI and To
 * @param route  One URI that becomes the Route header, NULL: none
 *
 * @retval 0       Done
 * @retval EINVAL  An URI is none
 * @retval ENOMEM  Try later
 */
UA_CHECK int ua_dialog_alloc(struct ua_dialog **dlgp,
			     const struct ua_rand *rand, const char *local,
			     const char *uri, const char *route);


/**
 * Half of the same request at the next server (RFC 3263, 4.3): it differs in
 * the branch alone, so that who gets both knows them for one (RFC 3261,
 * 8.2.2.2).  From, Call-ID and CSeq become those of the first try.
 *
 * @param dlg    Half a dialog in which nothing was sent yet
 * @param first  The half that failed
 *
 * @retval ENOMEM  dlg is spoilt
 */
UA_CHECK int ua_dialog_repeat(struct ua_dialog *dlg,
			      const struct ua_dialog *first);


/**
 * Of an INVITE that came in (RFC 3261, 12.1.1).  Our tag is the one that
 * libre writes into the answers to it.
 *
 * @retval EBADMSG  No usable Contact, or too many routes: answer 400
 * @retval ENOMEM   Answer 500
 */
UA_CHECK int ua_dialog_accept(struct ua_dialog **dlgp,
			      const struct sip_msg *msg);


/**
 * Of an answer with a To-tag (RFC 3261, 12.1.2): what half becomes with this
 * peer.  Early or not: the route set is taken anew from each answer given.
 *
 * @retval EBADMSG  No To-tag, or too many routes: drop the answer
 */
UA_CHECK int ua_dialog_fork(struct ua_dialog **dlgp,
			    const struct ua_dialog *half,
			    const struct sip_msg *msg);


/**
 * Target refresh: the Contact of a re-INVITE or of its 2xx (RFC 3261,
 * 12.2.1.2, 12.2.2).  Without a usable one the target stays.
 */
UA_CHECK int ua_dialog_refresh(struct ua_dialog *dlg,
			       const struct sip_msg *msg);


/**
 * More routes for the requests of a half dialog: a Service-Route, behind the
 * outbound proxy (RFC 3608, 6.1).
 *
 * @param routes  Value of a Route header: "<sip:a;lr>, <sip:b;lr>"
 *
 * @retval EBADMSG  No such list, or too many: the dialog is of no use
 * @retval ENOMEM   Likewise
 */
UA_CHECK int ua_dialog_preload(struct ua_dialog *half, const char *routes);


/** A request that came is of this dialog */
bool ua_dialog_is_request(const struct ua_dialog *dlg,
			  const struct sip_msg *msg);

/** A request that came is a copy, by another way, of the one that made this
    dialog (RFC 3261, 8.2.2.2): 482 is its answer */
bool ua_dialog_is_copy(const struct ua_dialog *dlg, const struct sip_msg *msg);

/** An answer that came is to a request of this dialog or of its half */
bool ua_dialog_is_response(const struct ua_dialog *dlg,
			   const struct sip_msg *msg);

/** ... and its To-tag is this dialog's peer */
bool ua_dialog_is_peer(const struct ua_dialog *dlg, const struct sip_msg *msg);


/**
 * Check and take the CSeq of a request that came (not of an ACK).
 *
 * @retval EPROTO  Not higher than the last one: answer 500
 */
UA_CHECK int ua_dialog_order(struct ua_dialog *dlg, const struct sip_msg *msg);


/**
 * It takes the place of an early one of the same peer: CSeqs go on where
 * those of that one are (RFC 3261, 12.2.1.1).
 */
void ua_dialog_succeed(struct ua_dialog *dlg, const struct ua_dialog *early);


/** Count up and get the CSeq of the next request of ours */
uint32_t ua_dialog_cseq_next(struct ua_dialog *dlg);
uint32_t ua_dialog_cseq(const struct ua_dialog *dlg);


/** Append Route, From, To, Call-ID and CSeq */
UA_CHECK int ua_dialog_encode(const struct ua_dialog *dlg, struct mbuf *mb,
			      const char *met, uint32_t cseq);

/** Request-URI of what is sent in it, with a strict router its URI */
const char *ua_dialog_uri(const struct ua_dialog *dlg);

/** URI of the next hop: the first route, else the remote target */
const char *ua_dialog_hop(const struct ua_dialog *dlg);

const char *ua_dialog_callid(const struct ua_dialog *dlg);

/** URI of To (or From, when called) without parameters of the header */
const char *ua_dialog_peer(const struct ua_dialog *dlg);

/** We made the Call-ID: decides who waits longer on glare */
bool ua_dialog_owner(const struct ua_dialog *dlg);

#endif
