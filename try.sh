#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Build the phone and place a real call on this machine.
#   ./try.sh         a spoken sentence, there and back, compared with itself
#   ./try.sh --mic   the same with the sound card: speak, and hear yourself
set -eu
cd "$(dirname "$0")"

./tests/deps.sh build
./tests/build.sh build
exec ./tests/call/try build "$@"
