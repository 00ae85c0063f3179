# SPDX-License-Identifier: BSD-3-Clause
if WITH_CLI
bin_PROGRAMS += cli/uaphone

# All of the phone but main(): the unit tests link it, too
noinst_LTLIBRARIES += cli/libphone.la
cli_libphone_la_CPPFLAGS = -I$(top_srcdir)/libua/include \
	-I$(top_srcdir)/cli $(JANSSON_CFLAGS) $(INIH_CFLAGS) \
	$(LIBEDIT_CFLAGS)
cli_libphone_la_LIBADD = $(JANSSON_LIBS) $(INIH_LIBS) $(LIBEDIT_LIBS) -lm
cli_libphone_la_SOURCES = \
	cli/act.c \
	cli/act.h \
	cli/cmd_call.c \
	cli/cmd_listen.c \
	cli/cmd_misc.c \
	cli/cmd_phone.c \
	cli/conf.c \
	cli/conf.h \
	cli/conffill.c \
	cli/edit.c \
	cli/edit.h \
	cli/help.c \
	cli/input.c \
	cli/input.h \
	cli/json.h \
	cli/jsoncmd.c \
	cli/jsoncmd.h \
	cli/jsonparse.c \
	cli/logline.c \
	cli/logline.h \
	cli/optcheck.c \
	cli/options.c \
	cli/options.h \
	cli/opttable.c \
	cli/phone.c \
	cli/phone.h \
	cli/sigpipe.c \
	cli/sigpipe.h \
	cli/ui.c \
	cli/ui.h \
	cli/ui_json.c \
	cli/ui_tty.c \
	cli/verdict.c \
	cli/verdict.h \
	cli/words.c \
	cli/words.h

cli_uaphone_CPPFLAGS = $(cli_libphone_la_CPPFLAGS)
cli_uaphone_SOURCES = cli/main.c
cli_uaphone_LDADD = cli/libphone.la libua.la libuacodecs.la

# The option sections come from the table of options in the phone itself.
man1_MANS += docs/man/uaphone.1
docs/man/uaphone.1: docs/man/uaphone.1.in cli/uaphone$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) docs/man && \
	cli/uaphone$(EXEEXT) --help=man >$@.options && \
	sed -e '/^@OPTIONS@$$/{' -e 'r $@.options' -e d -e '}' \
		-e 's/@VERSION@/$(PACKAGE_VERSION)/' \
		$(srcdir)/docs/man/uaphone.1.in >$@.tmp && \
	mv $@.tmp $@ && rm -f $@.options

completionsdir = $(datadir)/bash-completion/completions
completions_DATA = cli/completions/uaphone
cli/completions/uaphone: cli/uaphone$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) cli/completions && \
	cli/uaphone$(EXEEXT) --help=bash >$@.tmp && mv $@.tmp $@

CLEANFILES += docs/man/uaphone.1 docs/man/uaphone.1.options \
	docs/man/uaphone.1.tmp cli/completions/uaphone \
	cli/completions/uaphone.tmp
endif

EXTRA_DIST += docs/man/uaphone.1.in
