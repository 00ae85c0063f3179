# SPDX-License-Identifier: BSD-3-Clause

# Tells a person what a call was; try.sh uses it.
if WITH_CLI
noinst_PROGRAMS += tests/call/verdict
endif
tests_call_verdict_SOURCES = tests/call/verdict.c
tests_call_verdict_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_call_verdict_LDADD = libuacore.la $(RE_LIBS) $(JANSSON_LIBS) -lm

include tests/sim/local.mk
include tests/unit/local.mk
if WITH_CHECK
check_PROGRAMS += tests/unit/unit
TESTS += tests/unit/unit
endif
if WITH_CLI
tests_unit_unit_SOURCES += $(unit_cli)
LIBPHONE = cli/libphone.la
endif
nodist_EXTRA_tests_unit_unit_SOURCES = tests/unit/suites.def
tests_unit_unit_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit \
	-I$(top_srcdir)/cli -I$(top_srcdir)/tests/sim \
	-DTEST_VECTORS='"$(abs_top_srcdir)/tests/vectors"'
tests_unit_unit_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS) \
	$(INIH_CFLAGS) $(LIBEDIT_CFLAGS) $(ALSA_CFLAGS)
tests_unit_unit_LDADD = libuasim.a $(LIBPHONE) libuacore.la $(CODECS_LA) $(CHECK_LIBS) $(RE_LIBS) \
	$(CRYPTO_LIBS) $(JANSSON_LIBS) $(INIH_LIBS) $(LIBEDIT_LIBS) \
	-lssl -lpthread -lm

# Measured, never asserted: make bench
bench_programs = tests/bench/bench_call tests/bench/bench_ice \
	tests/bench/bench_media tests/bench/bench_reach
EXTRA_PROGRAMS = $(bench_programs) tests/bench/iceend_ua
tests_bench_bench_call_SOURCES = tests/bench/bench_call.c tests/bench/benchreg.h
tests_bench_bench_call_LDADD = $(bench_libs)
tests_bench_bench_ice_SOURCES = tests/bench/bench_ice.c
tests_bench_bench_ice_LDADD = $(bench_libs)
tests_bench_bench_media_SOURCES = tests/bench/bench_media.c
tests_bench_bench_media_LDADD = $(bench_libs)
tests_bench_bench_reach_SOURCES = tests/bench/bench_reach.c tests/bench/benchreg.h
tests_bench_bench_reach_LDADD = $(bench_libs)
tests_bench_iceend_ua_SOURCES = tests/bench/iceend.c tests/bench/iceend.h \
	tests/bench/iceend_ua.c
tests_bench_iceend_ua_LDADD = $(bench_libs)
bench_libs = libuacore.la $(CODECS_LA) $(RE_LIBS) $(CRYPTO_LIBS) -lssl \
	-lpthread -lm

# The scripts say by 77 that they skipped what is not there: root's namespaces,
# a registrar.
bench: $(bench_programs) tests/bench/iceend_ua size
	@for b in $(bench_programs); do echo "== $$b"; ./$$b || exit 1; done
	@echo "== tests/bench/ice"; \
		$(srcdir)/tests/bench/ice --quick --build . || test $$? = 77
	@echo "== tests/bench/reach"; \
		$(srcdir)/tests/bench/reach --quick --build . || test $$? = 77
.PHONY: bench

EXTRA_DIST += tests/build.sh tests/fuzz tests/interop tests/lab tests/lint \
	tests/cli tests/call/try tests/bench/README.md tests/bench/ice \
	tests/bench/iceend_nice.c tests/bench/reach tests/unit/run \
	tests/vectors/rfc4475 tests/vectors/rfc5118
