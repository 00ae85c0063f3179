# SPDX-License-Identifier: BSD-3-Clause
libua_la_SOURCES += \
	libua/call/bound.c \
	libua/call/call.c \
	libua/call/callbase.c \
	libua/call/callcore.h \
	libua/call/callmedia.c \
	libua/call/callnet.c \
	libua/call/callnet.h \
	libua/call/callsig.c \
	libua/call/calltrickle.c \
	libua/call/caps.c \
	libua/call/caps.h \
	libua/call/dial.c \
	libua/call/env.c \
	libua/call/env.h \
	libua/call/flow.c \
	libua/call/flow.h \
	libua/call/flowcore.h \
	libua/call/gather.c \
	libua/call/incoming.c \
	libua/call/incoming.h \
	libua/call/leg.c \
	libua/call/plain.c \
	libua/call/reoffer.c \
	libua/call/relayconn.c \
	libua/call/relays.c \
	libua/call/roam.c \
	libua/call/server.c \
	libua/call/server.h \
	libua/call/stream.c \
	libua/call/stream.h \
	libua/call/target.c \
	libua/call/target.h \
	libua/call/trickle.c \
	libua/call/trickle.h \
	libua/call/turnenv.c \
	libua/call/turnenv.h
