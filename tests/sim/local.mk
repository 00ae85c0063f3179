# SPDX-License-Identifier: BSD-3-Clause

# A simulated internet: of our own tests, and installed for those of others
lib_LIBRARIES = libuasim.a
uainclude_HEADERS += tests/sim/ua/sim.h tests/sim/ua/simlatch.h
pkgconfig_DATA += libuasim.pc
libuasim_a_SOURCES = \
	tests/sim/simbeside.c \
	tests/sim/simbox.h \
	tests/sim/simcall.c \
	tests/sim/simcallcore.h \
	tests/sim/simcore.h \
	tests/sim/simgather.c \
	tests/sim/simheap.c \
	tests/sim/simhost.c \
	tests/sim/simhostile.c \
	tests/sim/simif.c \
	tests/sim/simlan.c \
	tests/sim/simlatch.c \
	tests/sim/simlatchcore.h \
	tests/sim/simlink.c \
	tests/sim/simmap.c \
	tests/sim/simnat.c \
	tests/sim/simnatcore.h \
	tests/sim/simnet.c \
	tests/sim/simorigin.c \
	tests/sim/simphone.c \
	tests/sim/simphonecore.h \
	tests/sim/simport.c \
	tests/sim/simproxy.c \
	tests/sim/simrand.c \
	tests/sim/simrelay.c \
	tests/sim/simrelayed.c \
	tests/sim/simroam.c \
	tests/sim/simsignal.c \
	tests/sim/simsock.c \
	tests/sim/simstream.c \
	tests/sim/simstun.c \
	tests/sim/simtalk.c \
	tests/sim/simtimer.c \
	tests/sim/simtrace.c \
	tests/sim/simturn.c \
	tests/sim/simwatch.c \
	tests/sim/simwatch.h
libuasim_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/sim
libuasim_a_CFLAGS = $(AM_CFLAGS)

# Calls of many seeds, judged
noinst_PROGRAMS += tests/sim/sim
tests_sim_sim_SOURCES = \
	tests/sim/sim.c \
	tests/sim/simalloc.c \
	tests/sim/simalloc.h \
	tests/sim/simboxes.c \
	tests/sim/simboxjudge.c \
	tests/sim/simfault.c \
	tests/sim/simjudge.c \
	tests/sim/simmask.c \
	tests/sim/simoracle.c \
	tests/sim/simplan.c \
	tests/sim/simscene.c \
	tests/sim/simscene.h \
	tests/sim/simworld.c
tests_sim_sim_CPPFLAGS = $(libuasim_a_CPPFLAGS)
tests_sim_sim_LDADD = libuasim.a libuacore.la $(RE_LIBS) $(CRYPTO_LIBS) -lpthread \
	-lm
