# SPDX-License-Identifier: BSD-3-Clause
libua_la_SOURCES += \
	libua/rtp/jitter.c \
	libua/rtp/jitter.h \
	libua/rtp/playdelay.c \
	libua/rtp/playdelay.h \
	libua/rtp/rtcp.c \
	libua/rtp/rtcp.h \
	libua/rtp/rtcpses.c \
	libua/rtp/rtcpses.h \
	libua/rtp/rtpalive.c \
	libua/rtp/rtpalive.h \
	libua/rtp/rtppkt.c \
	libua/rtp/rtppkt.h \
	libua/rtp/rtpstat.c \
	libua/rtp/rtpstat.h \
	libua/rtp/telev.c \
	libua/rtp/telev.h
