# SPDX-License-Identifier: BSD-3-Clause
# Sourced by the lint scripts: SRC and BUILD from the arguments, and a report
# that ends in one line of PASS, SKIP or FAIL.

name=lint/$(basename "$0")

if [ $# -ne 2 ] || [ ! -d "$1/libua" ] || [ ! -d "$2" ]; then
	echo "usage: $0 SOURCE-DIR BUILD-DIR" >&2
	exit 64
fi

SRC=$1
BUILD=$2
LC_ALL=C
export LC_ALL

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
bad=$tmp/bad
: >"$bad"

# Folders that do no I/O and read no clock
PURE="stun ice secure sdp dialog rtp media reach"

# Sources with these endings below a folder of the source tree, by path
sources() {
	(cd "$SRC" && find "$@" -name '*.[ch]' -type f 2>/dev/null | sort)
}

# The object of libua/FOLDER/FILE.c: libtool's, the position independent one
# first, or a plain one
object() {
	_dir=$BUILD/$(dirname "$1")
	_base=$(basename "$1" .c)
	for _o in "$_dir/.libs/la-$_base.o" "$_dir/la-$_base.o" \
		"$_dir/.libs/libua_la-$_base.o" "$_dir/libua_la-$_base.o" \
		"$_dir/.libs/$_base.o" "$_dir/$_base.o"; do
		if [ -f "$_o" ]; then
			echo "$_o"
			return 0
		fi
	done
	return 1
}

# Where a word is first used in a file, as FILE:LINE
where() {
	_line=$(grep -n -w -m1 -e "$2" "$SRC/$1" | cut -d: -f1)
	echo "$1:${_line:-1}"
}

skip() {
	echo "SKIP $name: $*"
	exit 77
}

finish() {
	if [ -s "$bad" ]; then
		cat "$bad"
		echo "FAIL $name: $(wc -l <"$bad") violations"
		exit 1
	fi
	echo "PASS $name"
}
