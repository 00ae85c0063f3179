# SPDX-License-Identifier: BSD-3-Clause
cli_tests = tests/cli/usage.sh tests/cli/config.sh tests/cli/talk.sh
EXTRA_DIST += tests/cli/lib.sh $(cli_tests)

if WITH_CLI
# Each takes the phone as its argument.
.PHONY: check-cli
check-cli: cli/uaphone$(EXEEXT)
	@status=0; for t in $(cli_tests) docs/examples/test_call.sh; do \
		echo "$$t"; \
		$(srcdir)/$$t cli/uaphone$(EXEEXT) || status=1; \
	done; exit $$status
check-local: check-cli
endif
