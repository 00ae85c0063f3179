# SPDX-License-Identifier: BSD-3-Clause
libua_la_SOURCES += \
	libua/net/cmdrun.c \
	libua/net/cmdrun.h \
	libua/net/demux.c \
	libua/net/demux.h \
	libua/net/dnscache.c \
	libua/net/dnscache.h \
	libua/net/dnsreply.c \
	libua/net/dnsreply.h \
	libua/net/hosts.c \
	libua/net/hosts.h \
	libua/net/iflist.c \
	libua/net/iflist.h \
	libua/net/locate.c \
	libua/net/locate.h \
	libua/net/netlink.c \
	libua/net/netlink.h \
	libua/net/netmon.c \
	libua/net/netmon.h \
	libua/net/resolvconf.c \
	libua/net/resolvconf.h \
	libua/net/resolver.c \
	libua/net/resolver.h \
	libua/net/shun.c \
	libua/net/shun.h \
	libua/net/sock.c \
	libua/net/sock.h \
	libua/net/tcpconn.c \
	libua/net/tcpconn.h \
	libua/net/textfile.c \
	libua/net/textfile.h \
	libua/net/tlsclient.c \
	libua/net/tlsclient.h
