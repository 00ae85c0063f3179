# SPDX-License-Identifier: BSD-3-Clause
libua_la_SOURCES += \
	libua/dialog/binding.c \
	libua/dialog/binding.h \
	libua/dialog/challenge.c \
	libua/dialog/challenge.h \
	libua/dialog/dialog.c \
	libua/dialog/dialog.h \
	libua/dialog/digest.c \
	libua/dialog/digest.h \
	libua/dialog/invcore.c \
	libua/dialog/invcore.h \
	libua/dialog/invfork.c \
	libua/dialog/invfork.h \
	libua/dialog/invinfo.c \
	libua/dialog/invinfo.h \
	libua/dialog/invite.c \
	libua/dialog/invite.h \
	libua/dialog/invmove.c \
	libua/dialog/invmove.h \
	libua/dialog/invuac.c \
	libua/dialog/invuac.h \
	libua/dialog/invuas.c \
	libua/dialog/invuas.h \
	libua/dialog/reg.c \
	libua/dialog/reg.h \
	libua/dialog/sipmsg.c \
	libua/dialog/sipmsg.h
