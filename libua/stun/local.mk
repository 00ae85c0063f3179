# SPDX-License-Identifier: BSD-3-Clause
libua_la_SOURCES += \
	libua/stun/bind.c \
	libua/stun/bind.h \
	libua/stun/chan.c \
	libua/stun/chan.h \
	libua/stun/cred.c \
	libua/stun/cred.h \
	libua/stun/perm.c \
	libua/stun/perm.h \
	libua/stun/relay.c \
	libua/stun/relay.h \
	libua/stun/stun.c \
	libua/stun/stun.h \
	libua/stun/treq.c \
	libua/stun/treq.h \
	libua/stun/turn.c \
	libua/stun/turn.h \
	libua/stun/turnans.c \
	libua/stun/turncore.h \
	libua/stun/turnst.c \
	libua/stun/turnstream.c \
	libua/stun/turnstream.h \
	libua/stun/txn.c \
	libua/stun/txn.h
