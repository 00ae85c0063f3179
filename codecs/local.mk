# SPDX-License-Identifier: BSD-3-Clause
CODECS_LA = libuacodecs.la

lib_LTLIBRARIES += libuacodecs.la

libuacodecs_la_CFLAGS = $(AM_CFLAGS) $(OPUS_CFLAGS) $(SPANDSP_CFLAGS)
libuacodecs_la_LIBADD = $(OPUS_LIBS) $(SPANDSP_LIBS) -lm
libuacodecs_la_LDFLAGS = -version-info $(UA_SOVERSION) -no-undefined \
	-export-symbols-regex '^ua_'
libuacodecs_la_SOURCES = \
	codecs/codecs.h \
	codecs/g711.c \
	codecs/l16.c \
	codecs/table.c
if WITH_OPUS
libuacodecs_la_SOURCES += codecs/opus.c
endif
if WITH_G722
libuacodecs_la_SOURCES += codecs/g722.c
endif
