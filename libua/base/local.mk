# SPDX-License-Identifier: BSD-3-Clause
libua_la_SOURCES += \
	libua/base/addr.c \
	libua/base/addr.h \
	libua/base/certcheck.c \
	libua/base/certcheck.h \
	libua/base/clock.c \
	libua/base/clock.h \
	libua/base/log.c \
	libua/base/random.c \
	libua/base/random.h \
	libua/base/re_compat.h \
	libua/base/ring.c \
	libua/base/ring.h \
	libua/base/tlscreds.c \
	libua/base/tlscreds.h \
	libua/base/tp.c \
	libua/base/wr.c \
	libua/base/wr.h
