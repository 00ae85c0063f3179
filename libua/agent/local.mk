# SPDX-License-Identifier: BSD-3-Clause
libua_la_SOURCES += \
	libua/agent/account.c \
	libua/agent/accountconf.c \
	libua/agent/accountcore.h \
	libua/agent/accountleg.c \
	libua/agent/accountmove.c \
	libua/agent/accounttarget.c \
	libua/agent/agent.c \
	libua/agent/apploop.c \
	libua/agent/event.c \
	libua/agent/evqueue.c \
	libua/agent/evqueue.h \
	libua/agent/impl.h \
	libua/agent/jump.c \
	libua/agent/jump.h \
	libua/agent/netstore.c \
	libua/agent/netstore.h \
	libua/agent/network.c \
	libua/agent/settings.c \
	libua/agent/site.c \
	libua/agent/ways.c \
	libua/agent/ways.h
