# SPDX-License-Identifier: BSD-3-Clause
libua_la_SOURCES += \
	libua/sip/conns.c \
	libua/sip/conns.h \
	libua/sip/connwatch.c \
	libua/sip/connwatch.h \
	libua/sip/endpoint.c \
	libua/sip/endpoint.h \
	libua/sip/epcore.h \
	libua/sip/optreq.c \
	libua/sip/optreq.h \
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
	libua/sip/sipflow.c \
	libua/sip/sipflow.h \
	libua/sip/sipflowcore.h \
	libua/sip/siplearn.c \
	libua/sip/sipping.c \
	libua/sip/sipprobe.c \
	libua/sip/sipprobe.h \
	libua/sip/sipseen.c \
	libua/sip/sipseen.h \
	libua/sip/sipself.c \
	libua/sip/siptls.c \
	libua/sip/siptls.h \
	libua/sip/udpguard.c \
	libua/sip/udpguard.h \
	libua/sip/wake.c \
	libua/sip/wake.h
