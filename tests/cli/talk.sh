#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Two phones on loopback: a call that is heard, one that is refused, one that
# nobody answers, one that is interrupted; a phone that a program drives.
set -u
. "$(dirname "$0")/lib.sh"

here='--json --local 127.0.0.1 --interface lo'

# The listener's address, from its first event
address()
{
	wait_event "$1" "$2" listening
	addr=$(value_of local)
}

# Read a listener to its end; sets status
drain()
{
	while read -r line <&"$1"; do
		printf '%s\n' "$line" >>"$tmp/$2.log"
	done
	status=0
	wait "$3" || status=$?
}

# shellcheck disable=SC2086
call()
{
	run call "sip:echo@$addr" $here --source tone:440 --sink null "$@"
}

# A call that is heard
# shellcheck disable=SC2086
start echo listen $here --echo --answer --count 1
echo_pid=$pid
exec 3<"$tmp/echo.fifo"
address 3 echo
call --duration 2.5 --dtmf 12
verdict 'an answered call that is heard is a success' [ "$status" -eq 0 ]
verdict 'the result is the last line' result_is "$tmp/out" 0
for event in calling answered ice_connected media_sent media_heard stats \
	closed; do
	verdict "the caller tells $event" \
		grep -q "\"event\":\"$event\",\"call\":1" "$tmp/out"
done
drain 3 echo "$echo_pid"
verdict 'the listener ends with the call' [ "$status" -eq 0 ]
verdict 'the result is its last line' result_is "$tmp/echo.log" 0
verdict 'the listener hears the digits' \
	[ "$(grep -c '"event":"dtmf","call":1' "$tmp/echo.log")" -eq 2 ]

# One codec of all
# shellcheck disable=SC2086
start one listen $here --echo --answer --count 1
one_pid=$pid
exec 3<"$tmp/one.fifo"
address 3 one
call --duration 1 --codec pcma
verdict 'a call with one codec is a success' [ "$status" -eq 0 ]
verdict 'the codec asked for is spoken' \
	grep -q '"event":"media_sent".*"codec":"pcma/8000"' "$tmp/out"
drain 3 one "$one_pid"

# Refused
# shellcheck disable=SC2086
start busy listen $here --reject 486 --count 1
busy_pid=$pid
exec 3<"$tmp/busy.fifo"
address 3 busy
call
verdict 'a refusal has its status' [ "$status" -eq 1 ]
verdict 'and its code' grep -q '"event":"closed".*"code":486' "$tmp/out"
drain 3 busy "$busy_pid"
verdict 'refusing was what was asked for' [ "$status" -eq 0 ]

# Not answered
# shellcheck disable=SC2086
start ring listen $here --count 1
ring_pid=$pid
exec 3<"$tmp/ring.fifo"
address 3 ring
call --timeout 1
verdict 'no answer has its status' [ "$status" -eq 2 ]
drain 3 ring "$ring_pid"
verdict 'the listener saw it go unanswered' [ "$status" -eq 2 ]

# Nobody there: the port was free a moment ago
call --timeout 3
verdict 'nobody there has its status' [ "$status" -eq 69 ]
verdict 'and one line' one_line

# A taken port
# shellcheck disable=SC2086
start port listen $here
port_pid=$pid
exec 3<"$tmp/port.fifo"
address 3 port
refused 69 "$addr" listen --local "$addr" --interface lo --timeout 1
kill -TERM "$port_pid"
drain 3 port "$port_pid"
verdict 'an interrupted listener has its status' [ "$status" -eq 130 ]
verdict 'and a result' result_is "$tmp/port.log" 130

# Ctrl-C in a call
# shellcheck disable=SC2086
start echo2 listen $here --echo --answer --count 1
echo_pid=$pid
exec 3<"$tmp/echo2.fifo"
address 3 echo2
# shellcheck disable=SC2086
start caller call "sip:echo@$addr" $here --source tone:440 --sink null
caller_pid=$pid
exec 4<"$tmp/caller.fifo"
wait_event 4 caller media_heard
kill -INT "$caller_pid"
drain 4 caller "$caller_pid"
verdict 'Ctrl-C has its status' [ "$status" -eq 130 ]
verdict 'and a result' result_is "$tmp/caller.log" 130
verdict 'the call was closed' grep -q '"event":"closed"' "$tmp/caller.log"
drain 3 echo2 "$echo_pid"
verdict 'the other side was told' \
	grep -q '"event":"closed","call":1,"by":"remote"' "$tmp/echo2.log"

# A phone that a program drives: commands in, events out, the end at quit
mkfifo "$tmp/in" "$tmp/driven.fifo"
: >"$tmp/driven.log"
# shellcheck disable=SC2086
timeout --foreground 30 "$uaphone" $here --answer --echo <"$tmp/in" \
	>"$tmp/driven.fifo" 2>"$tmp/driven.err" &
driven_pid=$!
pids="$pids $driven_pid"
exec 5>"$tmp/in" 3<"$tmp/driven.fifo"
address 3 driven
echo 'what?' >&5
wait_event 3 driven reply
verdict 'what is no command is told so' [ -z "${line##*\"ok\":false*}" ]
echo '{"cmd":"why","id":"w"}' >&5
wait_event 3 driven reply
verdict 'what comes later is told so' \
	[ -z "${line##*\"id\":\"w\",\"ok\":false,\"error\":\"not in this*}" ]
echo '{"cmd":"calls","id":7}' >&5
wait_event 3 driven reply
verdict 'there are no calls yet' \
	[ -z "${line##*\"id\":7,\"calls\":[],\"ok\":true*}" ]
call --duration 1
verdict 'it answers by itself' [ "$status" -eq 0 ]
echo '{"cmd":"quit","id":8}' >&5
wait_event 3 driven result
drain 3 driven "$driven_pid"
verdict 'quit ends it' [ "$status" -eq 0 ]
verdict 'the result is the last line' result_is "$tmp/driven.log" 0
exec 5>&-

# Words in a pipe
printf 'codecs\nfrob\nquit\n' |
	timeout --foreground 30 "$uaphone" --local 127.0.0.1 --interface lo \
		--source null --sink null >"$tmp/out" 2>"$tmp/err"
verdict 'words are taken from a pipe' grep -q '^pcma ' "$tmp/out"
verdict 'an unknown word is told' grep -q 'unknown word' "$tmp/out"

finish
