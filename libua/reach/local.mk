# SPDX-License-Identifier: BSD-3-Clause
libua_la_SOURCES += \
	libua/reach/ladder.c \
	libua/reach/ladder.h \
	libua/reach/lifetime.c \
	libua/reach/lifetime.h \
	libua/reach/pinger.c \
	libua/reach/pinger.h
