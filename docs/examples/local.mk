# SPDX-License-Identifier: BSD-3-Clause
check_PROGRAMS += docs/examples/embed_call docs/examples/embed_thread \
	docs/examples/embed_ice
TESTS += docs/examples/embed_call docs/examples/embed_thread \
	docs/examples/embed_ice

example_cppflags = -I$(top_srcdir)/libua/include
docs_examples_embed_call_SOURCES = docs/examples/embed_call.c
docs_examples_embed_call_CPPFLAGS = $(example_cppflags)
docs_examples_embed_call_LDADD = libua.la libuacodecs.la
docs_examples_embed_thread_SOURCES = docs/examples/embed_thread.c
docs_examples_embed_thread_CPPFLAGS = $(example_cppflags)
docs_examples_embed_thread_LDADD = libua.la libuacodecs.la
docs_examples_embed_ice_SOURCES = docs/examples/embed_ice.c
docs_examples_embed_ice_CPPFLAGS = $(example_cppflags)
docs_examples_embed_ice_LDADD = libua.la

EXTRA_DIST += docs/examples/test_call.sh
