# SPDX-License-Identifier: BSD-3-Clause
libua_la_SOURCES += \
	libua/sip/conns.c \
	libua/sip/conns.h \
	libua/sip/endpoint.c \
	libua/sip/endpoint.h \
	libua/sip/epcore.h \
	libua/sip/keepalive.c \
	libua/sip/keepalive.h \
	libua/sip/outreq.c \
	libua/sip/outreq.h \
	libua/sip/regline.c \
	libua/sip/regline.h \
	libua/sip/sesmove.c \
	libua/sip/sesmove.h \
	libua/sip/sesscore.c \
	libua/sip/sesscore.h \
	libua/sip/session.c \
	libua/sip/session.h \
	libua/sip/udpguard.c \
	libua/sip/udpguard.h \
	libua/sip/wake.c \
	libua/sip/wake.h
