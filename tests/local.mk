# SPDX-License-Identifier: BSD-3-Clause
if WITH_CHECK
check_PROGRAMS += tests/unit/unit
TESTS += tests/unit/unit
endif

tests_unit_unit_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit \
	-I$(top_srcdir)/cli
tests_unit_unit_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS) \
	-Wno-missing-prototypes
tests_unit_unit_LDADD = libua.la libuacodecs.la $(CHECK_LIBS) $(RE_LIBS) \
	$(CRYPTO_LIBS) $(JANSSON_LIBS) -lpthread -lm
include tests/unit/local.mk

EXTRA_DIST += tests/build.sh tests/fuzz tests/lab tests/lint tests/cli \
	tests/call tests/bench
