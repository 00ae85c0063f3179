#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Make the spoken sentence that calls are tried with: speech.sh [FILE]
# Needs espeak-ng and sox; the result is kept beside this script.
set -eu

out=${1:-$(dirname "$0")/speech.wav}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

espeak-ng -v en-gb -s 165 -w "$tmp/raw.wav" \
	"Hello. This call found its own way through two address translators."

# -R: the same bytes each time.
sox -R "$tmp/raw.wav" -b 16 -c 1 -r 16000 "$out" \
	gain -n -6 pad 0.2 0.4
