# SPDX-License-Identifier: BSD-3-Clause
lib_LTLIBRARIES += libua.la

uaincludedir = $(includedir)/ua
uainclude_HEADERS =
libua_la_SOURCES =
libua_la_CFLAGS = $(AM_CFLAGS) $(ALSA_CFLAGS)
libua_la_LIBADD = $(RE_LIBS) $(CRYPTO_LIBS) $(ALSA_LIBS) -lpthread -lm
# Our own calls stay inside: smaller, and nobody can get in between.
libua_la_LDFLAGS = -Wl,-Bsymbolic-functions -version-info $(UA_SOVERSION) -no-undefined \
	-export-symbols-regex '^ua_'

include libua/include/local.mk
include libua/base/local.mk
include libua/stun/local.mk
include libua/ice/local.mk
include libua/sdp/local.mk
include libua/dialog/local.mk
include libua/rtp/local.mk
include libua/media/local.mk
include libua/net/local.mk
include libua/audio/local.mk
include libua/sip/local.mk
include libua/call/local.mk
include libua/agent/local.mk
