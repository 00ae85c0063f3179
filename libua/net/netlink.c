/* SPDX-License-Identifier: BSD-3-Clause */
/** @file netlink.c  What the kernel says when its network changes */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "net/netlink.h"


/* Walk the attributes behind a message's fixed part. */
static int attr_find(bool *found, uint16_t type, const uint8_t *buf,
		     size_t len)
{
	struct rtattr rta;
	size_t step;

	*found = false;

	while (len >= sizeof(rta)) {

		memcpy(&rta, buf, sizeof(rta));
		if (rta.rta_len < sizeof(rta) || rta.rta_len > len)
			return EBADMSG;

		if ((rta.rta_type & NLA_TYPE_MASK) == type)
			*found = true;

		/* The last one need not be padded. */
		step = RTA_ALIGN(rta.rta_len);
		if (step >= len)
			return 0;

		buf += step;
		len -= step;
	}

	return len ? EBADMSG : 0;
}


/* Wi-Fi tells of each scan as of a change of the link. */
static int link_parse(unsigned *whatp, const uint8_t *buf, size_t len)
{
	const size_t fixed = NLMSG_ALIGN(sizeof(struct ifinfomsg));
	bool wireless;
	int err;

	if (len < fixed)
		return EBADMSG;

	err = attr_find(&wireless, IFLA_WIRELESS, buf + fixed, len - fixed);
	if (!err && !wireless)
		*whatp |= UA_NETLINK_LINK;

	return err;
}


static int addr_parse(unsigned *whatp, size_t len)
{
	if (len < sizeof(struct ifaddrmsg))
		return EBADMSG;

	*whatp |= UA_NETLINK_ADDR;
	return 0;
}


static int route_parse(unsigned *whatp, const uint8_t *buf, size_t len)
{
	struct rtmsg rtm;

	if (len < sizeof(rtm))
		return EBADMSG;

	memcpy(&rtm, buf, sizeof(rtm));

	/* Each address of ours has routes of its own, told of as address. */
	if (rtm.rtm_table == RT_TABLE_LOCAL || rtm.rtm_flags & RTM_F_CLONED ||
	    rtm.rtm_type == RTN_LOCAL || rtm.rtm_type == RTN_BROADCAST ||
	    rtm.rtm_type == RTN_ANYCAST || rtm.rtm_type == RTN_MULTICAST)
		return 0;

	*whatp |= UA_NETLINK_ROUTE;
	return 0;
}


static int message_parse(unsigned *whatp, uint16_t type, const uint8_t *buf,
			 size_t len)
{
	switch (type) {

	case RTM_NEWLINK:
	case RTM_DELLINK:
		return link_parse(whatp, buf, len);

	case RTM_NEWADDR:
	case RTM_DELADDR:
		return addr_parse(whatp, len);

	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return route_parse(whatp, buf, len);

	case NLMSG_OVERRUN:
		*whatp |= UA_NETLINK_LOST;
		return 0;

	default:
		return 0;
	}
}


int ua_netlink_parse(unsigned *whatp, const uint8_t *buf, size_t len)
{
	struct nlmsghdr hdr;
	unsigned what = 0;
	size_t step;
	int err;

	while (len) {

		if (len < sizeof(hdr))
			return EBADMSG;

		memcpy(&hdr, buf, sizeof(hdr));
		if (hdr.nlmsg_len < sizeof(hdr) || hdr.nlmsg_len > len)
			return EBADMSG;

		err = message_parse(&what, hdr.nlmsg_type, buf + sizeof(hdr),
				    hdr.nlmsg_len - sizeof(hdr));
		if (err)
			return err;

		step = NLMSG_ALIGN((size_t)hdr.nlmsg_len);
		if (step >= len)
			break;

		buf += step;
		len -= step;
	}

	*whatp = what;
	return 0;
}
