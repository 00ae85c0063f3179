/* SPDX-License-Identifier: BSD-3-Clause */
/** @file addr.h  Addresses: to and from libre's, for the floors that use it */
#ifndef UA_BASE_ADDR_H
#define UA_BASE_ADDR_H

#include <ua/types.h>

struct sa;


/** From libre's address; an unset one gives UA_AF_NONE */
void ua_addr_from_sa(struct ua_addr *addr, const struct sa *sa);


/** To libre's address; UA_AF_NONE gives an unset one */
void ua_addr_to_sa(struct sa *sa, const struct ua_addr *addr);

#endif
