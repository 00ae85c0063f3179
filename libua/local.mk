# SPDX-License-Identifier: BSD-3-Clause
lib_LTLIBRARIES += libua.la

uaincludedir = $(includedir)/ua
uainclude_HEADERS =
libua_la_SOURCES =
libua_la_CFLAGS = $(AM_CFLAGS) $(ALSA_CFLAGS)
libua_la_LIBADD = $(RE_LIBS) $(CRYPTO_LIBS) $(ALSA_LIBS) -lpthread -lm
# Our own calls stay inside: smaller, and nobody can get in between.
libua_la_LDFLAGS = -Wl,-Bsymbolic-functions -version-info $(UA_SOVERSION) \
	-no-undefined -export-symbols libua.sym
EXTRA_libua_la_DEPENDENCIES = libua.sym

# What the public headers declare, and what libuasim needs besides
libua.sym: $(uainclude_HEADERS) libua/internal.sym
	$(AM_V_GEN)for f in $(uainclude_HEADERS) libua/internal.sym; do \
		if test -f $$f; then cat $$f; else cat $(srcdir)/$$f; fi; \
	done | sed 's/^ua_[a-z0-9_]*$$/&(/' | grep -oE 'ua_[a-z0-9_]+\(' | \
		tr -d '(' | LC_ALL=C sort -u > $@
CLEANFILES += libua.sym
EXTRA_DIST += libua/internal.sym

# The same objects with all their names, for tests
noinst_LTLIBRARIES += libuacore.la
libuacore_la_SOURCES =
libuacore_la_LIBADD = $(libua_la_OBJECTS) $(libua_la_LIBADD)

include libua/include/local.mk
include libua/base/local.mk
include libua/stun/local.mk
include libua/ice/local.mk
include libua/sdp/local.mk
include libua/dialog/local.mk
include libua/rtp/local.mk
include libua/media/local.mk
include libua/reach/local.mk
include libua/net/local.mk
include libua/audio/local.mk
include libua/sip/local.mk
include libua/call/local.mk
include libua/agent/local.mk
