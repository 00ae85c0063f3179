# SPDX-License-Identifier: BSD-3-Clause

# Examples are built and run: what a newcomer copies must work.
examples = docs/examples/embed_call docs/examples/embed_thread \
	docs/examples/embed_ice docs/examples/embed_sim
check_PROGRAMS += $(examples)
TESTS += $(examples)
docs_examples_embed_call_SOURCES = docs/examples/embed_call.c
docs_examples_embed_call_CPPFLAGS = -I$(top_srcdir)/libua/include
docs_examples_embed_call_LDADD = libua.la $(CODECS_LA)
docs_examples_embed_thread_SOURCES = docs/examples/embed_thread.c
docs_examples_embed_thread_CPPFLAGS = -I$(top_srcdir)/libua/include
docs_examples_embed_thread_LDADD = libua.la $(CODECS_LA)
docs_examples_embed_ice_SOURCES = docs/examples/embed_ice.c
docs_examples_embed_ice_CPPFLAGS = -I$(top_srcdir)/libua/include
docs_examples_embed_ice_LDADD = libua.la
docs_examples_embed_sim_SOURCES = docs/examples/embed_sim.c
docs_examples_embed_sim_CPPFLAGS = -I$(top_srcdir)/libua/include \
	-I$(top_srcdir)/tests/sim
docs_examples_embed_sim_LDADD = libuasim.a libua.la $(RE_LIBS)

EXTRA_DIST += docs/architecture.md docs/bench.md docs/style.md docs/guide \
	docs/reachability.md docs/relay.md docs/examples/test_call.sh
