#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Configure (once) and build in a folder: build.sh DIR [configure options].
# Says little; all that was printed is in DIR.log.
set -eu

dir=$1
shift
top=$(pwd)
log=$top/$dir.log
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)

fail() {
	grep -nE 'error|warning|No such|cannot' "$log" | tail -n 20 >&2
	echo "build of $dir failed: see $log" >&2
	exit 1
}

: >"$log"
if [ ! -x configure ] || [ configure.ac -nt configure ]; then
	echo "preparing the build"
	autoreconf -fi >>"$log" 2>&1 || fail
fi
mkdir -p "$dir"
# libcheck may have come since: the unit tests are wanted then.
if pkg-config --exists check &&
	grep -qs 'S\["WITH_CHECK_TRUE"\]="#"' "$dir/config.status"
then
	rm -f "$dir/Makefile"
fi
if [ ! -e "$dir/Makefile" ]; then
	echo "configuring $dir $*"
	(cd "$dir" && "$top/configure" "$@") >>"$log" 2>&1 || fail
fi
if ! make -C "$dir" -q all >/dev/null 2>&1; then
	echo "building $dir"
	make -C "$dir" -j"$jobs" all >>"$log" 2>&1 || fail
fi
