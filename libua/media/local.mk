# SPDX-License-Identifier: BSD-3-Clause
libua_la_SOURCES += \
	libua/media/compare.c \
	libua/media/compare.h \
	libua/media/plc.c \
	libua/media/plc.h \
	libua/media/recv.c \
	libua/media/recv.h \
	libua/media/recvgap.c \
	libua/media/recvgap.h \
	libua/media/resample.c \
	libua/media/resample.h \
	libua/media/send.c \
	libua/media/send.h \
	libua/media/tonedet.c \
	libua/media/tonedet.h \
	libua/media/tonegen.c \
	libua/media/tonegen.h
