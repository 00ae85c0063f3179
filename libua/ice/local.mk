# SPDX-License-Identifier: BSD-3-Clause
libua_la_SOURCES += \
	libua/ice/bindreq.c \
	libua/ice/bindreq.h \
	libua/ice/bindres.c \
	libua/ice/bindres.h \
	libua/ice/cand.c \
	libua/ice/cand.h \
	libua/ice/check.c \
	libua/ice/check.h \
	libua/ice/checklist.c \
	libua/ice/checklist.h \
	libua/ice/conclude.c \
	libua/ice/conclude.h \
	libua/ice/describe.c \
	libua/ice/describe.h \
	libua/ice/ice.c \
	libua/ice/iceagent.h \
	libua/ice/match.c \
	libua/ice/match.h \
	libua/ice/nominate.c \
	libua/ice/nominate.h \
	libua/ice/pacer.c \
	libua/ice/pacer.h \
	libua/ice/pair.c \
	libua/ice/pair.h \
	libua/ice/role.c \
	libua/ice/role.h \
	libua/ice/schedule.c \
	libua/ice/schedule.h \
	libua/ice/tell.c
