# SPDX-License-Identifier: BSD-3-Clause
libua_la_SOURCES += \
	libua/sdp/draft.c \
	libua/sdp/draft.h \
	libua/sdp/nego.c \
	libua/sdp/nego.h \
	libua/sdp/offer.c \
	libua/sdp/offer.h \
	libua/sdp/offercaps.c \
	libua/sdp/offercaps.h \
	libua/sdp/ptmap.c \
	libua/sdp/ptmap.h \
	libua/sdp/sdp.c \
	libua/sdp/sdp.h \
	libua/sdp/sdpattr.c \
	libua/sdp/sdpattr.h \
	libua/sdp/sdpcand.c \
	libua/sdp/sdpcand.h \
	libua/sdp/sdpconn.c \
	libua/sdp/sdpconn.h \
	libua/sdp/sdpfacts.c \
	libua/sdp/sdpfacts.h \
	libua/sdp/sdpfmt.c \
	libua/sdp/sdpfmt.h \
	libua/sdp/sdpfrag.c \
	libua/sdp/sdpfrag.h \
	libua/sdp/sdporigin.c \
	libua/sdp/sdporigin.h \
	libua/sdp/sdptext.c \
	libua/sdp/sdptext.h \
	libua/sdp/sdpwrite.c \
	libua/sdp/sdpwrite.h
