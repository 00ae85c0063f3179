#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Build the phone and run every test.
#   ./test.sh           all: unit tests, sanitizers, lint, a call, the lab
#   ./test.sh --quick   the same with a lab of a few telling cells
# The last line is "N passed, N failed"; the status says the same.
set -u
cd "$(dirname "$0")" || exit 69

quick=
case "${1:-}" in
'') ;;
--quick) quick=--quick ;;
*)
	echo "usage: $0 [--quick]" >&2
	exit 64
	;;
esac

passed=0
failed=0
skipped=0
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# Count one check: its name, then the command.
check() {
	name=$1
	shift
	if "$@" >"$out/log" 2>&1; then
		passed=$((passed + 1))
		echo "ok      $name"
	else
		failed=$((failed + 1))
		echo "FAILED  $name"
		tail -n 60 "$out/log"
	fi
}

# Count what a test program counted itself, by its closing line.
counted() {
	name=$1
	shift
	"$@" >"$out/log" 2>&1
	status=$?
	line=$(grep -E '^([a-z]+: )?[0-9]+ passed, [0-9]+ failed' "$out/log" |
		tail -n 1 | sed 's/^[a-z]*: //')
	checks=$(sed -n \
		's/^[0-9]*%: Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\)$/\1 \2 \3/p' \
		"$out/log" | tail -n 1)
	# A machine for tests has all that they need.
	if [ $status = 77 ] && [ -z "${CI:-}" ]; then
		skipped=$((skipped + 1))
		echo "SKIPPED $name: $(tail -n 1 "$out/log")"
		return
	fi
	if [ -n "$line" ]; then
		p=${line%% *}
		f=$(echo "$line" | awk '{ print $3 }')
	elif [ -n "$checks" ]; then
		f=$(echo "$checks" | awk '{ print $2 + $3 }')
		p=$(echo "$checks" | awk '{ print $1 - $2 - $3 }')
	else
		p=0
		f=1
	fi
	# A run that failed without counting it did fail.
	[ $status = 0 ] || [ "$f" != 0 ] || f=1
	passed=$((passed + p))
	failed=$((failed + f))
	if [ "$f" = 0 ]; then
		echo "ok      $name ($p)"
	else
		echo "FAILED  $name ($f of $((p + f)))"
		grep -vE ':[PS]:' "$out/log" | tail -n 120
	fi
}

./tests/deps.sh test || exit 69
./tests/build.sh build || {
	echo "0 passed, 1 failed"
	exit 1
}

check "build: unit tests" make -C build tests/unit/unit
counted "unit" tests/unit/run build/tests/unit/unit
check "examples" make -C build check TESTS="$(make -s -C build print-examples)"
check "example of a call test" docs/examples/test_call.sh build/cli/uaphone
counted "phone, black box" tests/cli/run build
check "a call" ./tests/call/try build
counted "registrars, by SIPp" tests/interop/sipp/run --uaphone build/cli/uaphone
counted "MediaProxy's double" tests/lab/mediaproxytest
counted "simulator" build/tests/sim/sim --seeds 10000 --jobs 2
counted "lint" tests/lint/lint . build

check "build: clang, warnings are errors" \
	./tests/build.sh build-clang CC=clang --enable-werror
check "build: sanitizers" \
	./tests/build.sh build-asan --enable-sanitize --enable-werror
check "build: sanitizers, unit tests" make -C build-asan tests/unit/unit
# Without a fork for each test: that of a sanitized one is slow.
counted "unit, sanitizers" env CK_FORK=no \
	tests/unit/run build-asan/tests/unit/unit
check "a call, sanitizers" ./tests/call/try build-asan
counted "fuzz" tests/fuzz/run build-asan 5

counted "lab" tests/lab/lab $quick --uaphone build/cli/uaphone
# Servers 80 ms away: candidates come later than an INVITE waits for them.
counted "lab, far servers" tests/lab/lab matrix --delay 40 \
	--cells port:port,symmetric:symmetric --uaphone build/cli/uaphone

if [ $skipped != 0 ]; then
	echo "$passed passed, $failed failed, $skipped skipped"
else
	echo "$passed passed, $failed failed"
fi
[ $failed = 0 ]
