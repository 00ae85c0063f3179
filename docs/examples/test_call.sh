#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A call test for CI: is a tone that is sent heard again?  One phone echoes,
# the other calls it, and the exit status tells.  Usage: test_call.sh [UAPHONE]
set -eu
phone="${1:-uaphone} --json --local 127.0.0.1 --interface lo"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

mkfifo "$dir/echo"
$phone listen --echo --answer --count 1 --timeout 20 >"$dir/echo" </dev/null &
exec 3<"$dir/echo"
read -r line <&3 # {"t":0.01,"event":"listening","local":"127.0.0.1:40404"}
addr=$(expr "$line" : '.*"local":"\([^"]*\)"')
cat <&3 >"$dir/echo.json" &

$phone call "sip:echo@$addr" --source tone:440 --sink "file:$dir/heard.wav" \
	--duration 3 </dev/null | tee "$dir/call.json"

tail -n 1 "$dir/call.json" | grep -q '"event":"result","exit":0,'
grep -q '"event":"ice_connected".*"path":"direct"' "$dir/call.json"
echo 'ok: the tone went out, and sound came back'
