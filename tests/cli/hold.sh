#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Two phones on loopback, one of which holds the call and resumes it: nothing
# is heard in between, by the recordings of both; by commands and by words.
set -u
. "$(dirname "$0")/lib.sh"

here='--local 127.0.0.1 --interface lo --codec pcma'

# drive NAME ARGS...: the phone in the background, its input a FIFO; sets pid
drive()
{
	who=$1
	shift
	mkfifo "$tmp/$who.in" "$tmp/$who.fifo"
	: >"$tmp/$who.log"
	timeout --foreground 60 "$uaphone" "$@" <"$tmp/$who.in" \
		>"$tmp/$who.fifo" 2>"$tmp/$who.err" &
	pid=$!
	pids="$pids $pid"
}

# Of the sides of this call, caller is 3 and 4, callee 5 and 6.
caller()
{
	echo "$1" >&4
}

callee()
{
	echo "$1" >&6
}

# number_of KEY: the first of that name in $line
number_of()
{
	printf '%s\n' "$line" | sed "s/.*\"$1\":{\"packets\":\([0-9]*\).*/\1/"
}

# packets SIDE FD: sets sent and got
packets()
{
	"$1" '{"cmd":"stats"}'
	wait_event "$2" "$1" stats
	sent=$(number_of tx)
	got=$(number_of rx)
	wait_event "$2" "$1" reply
}

# Each has got so many more packets: one is 20 ms
talk_on()
{
	for side in caller:3 callee:5; do
		packets "${side%:*}" "${side#*:}"
		until_got=$((got + $1))
		while [ "$got" -lt "$until_got" ]; do
			packets "${side%:*}" "${side#*:}"
		done
	done
}

silent()
{
	for side in caller:3 callee:5; do
		packets "${side%:*}" "${side#*:}"
		printf '%s %s ' "$sent" "$got"
	done
}

# ok SIDE FD COMMAND: it is answered with true
ok()
{
	"$1" "$3"
	wait_event "$2" "$1" reply
	verdict "$1: $3" [ -z "${line##*\"ok\":true*}" ]
}

held_by()
{
	"$1" '{"cmd":"calls"}'
	wait_event "$2" "$1" reply
	verdict "the $1's calls tell that $3 holds" \
		[ -z "${line##*\"hold\":\"$3\"*}" ]
}

# Tenths of a second of a recording at 8 kHz: # is sound, . is silence
picture()
{
	od -An -v -t d2 -w1600 -j 44 "$1" | awk '{
		loud = 0
		for (i = 1; i <= NF; i++)
			if ($i > 200 || $i < -200)
				loud++
		printf "%s", (loud > NF / 10 ? "#" : ".")
	}'
}

# Sound, silence of a second or more, sound: each in one piece
paused()
{
	picture "$1" >"$tmp/out"
	grep -Eqx '\.*#{5,}\.{10,}#{5,}\.*' "$tmp/out"
}

# shellcheck disable=SC2086
drive callee --json $here --answer --source tone:440 \
	--sink "file:$tmp/callee.wav"
callee_pid=$pid
exec 6>"$tmp/callee.in" 5<"$tmp/callee.fifo"
wait_event 5 callee listening
addr=$(value_of local)
# shellcheck disable=SC2086
drive caller --json $here --source tone:700 --sink "file:$tmp/caller.wav"
caller_pid=$pid
exec 4>"$tmp/caller.in" 3<"$tmp/caller.fifo"
wait_event 3 caller listening

caller '{"cmd":"hold"}'
wait_event 3 caller reply
verdict 'without a call there is nothing to hold' \
	[ -z "${line##*\"ok\":false,\"error\":\"no such call\"*}" ]
ok caller 3 "{\"cmd\":\"call\",\"uri\":\"sip:$addr\"}"
wait_event 3 caller media_heard
wait_event 5 callee media_heard
talk_on 40
held_by caller 3 none

ok caller 3 '{"cmd":"hold","call":1}'
wait_event 3 caller hold
verdict 'who holds tells it' [ -z "${line##*\"by\":\"local\"*}" ]
wait_event 5 callee hold
verdict 'who is held tells it' [ -z "${line##*\"by\":\"remote\"*}" ]
held_by caller 3 local
held_by callee 5 remote
caller '{"cmd":"hold"}'
wait_event 3 caller reply
verdict 'held it is not held again' \
	[ -z "${line##*\"ok\":false,\"error\":\"this call is on hold*}" ]

# Nothing happens in this time, once what was on its way has come.
sleep 0.3
before=$(silent)
sleep 1.2
verdict 'on hold no sound is sent' [ "$before" = "$(silent)" ]

ok callee 5 '{"cmd":"hold"}'
wait_event 5 callee hold
held_by callee 5 both
ok callee 5 '{"cmd":"resume"}'
wait_event 5 callee resumed
held_by callee 5 remote
ok caller 3 '{"cmd":"resume"}'
wait_event 3 caller resumed
verdict 'who resumes tells it' [ -z "${line##*\"by\":\"local\"*}" ]
wait_event 5 callee resumed
verdict 'who is resumed tells it' [ -z "${line##*\"by\":\"remote\"*}" ]
talk_on 40
caller '{"cmd":"resume"}'
wait_event 3 caller reply
verdict 'what is not held is not resumed' \
	[ -z "${line##*\"ok\":false,\"error\":\"this call is not on*}" ]

ok caller 3 '{"cmd":"hangup"}'
wait_event 3 caller closed
wait_event 5 callee closed
verdict 'the caller heard a pause' paused "$tmp/caller.wav"
verdict 'the callee heard a pause' paused "$tmp/callee.wav"
caller '{"cmd":"quit"}'
wait_event 3 caller result
verdict 'the call was a good one' [ -z "${line##*\"exit\":0*}" ]
wait "$caller_pid"
exec 3<&- 4>&-

# By words: the same callee, a phone that is typed at
# shellcheck disable=SC2086
drive typist $here --source tone:700 --sink null
typist_pid=$pid
exec 4>"$tmp/typist.in" 3<"$tmp/typist.fifo"

# says WORDS: the typist's phone does, in time
says()
{
	while read -r line <&3; do
		printf '%s\n' "$line" >>"$tmp/typist.log"
		case $line in
		*"$1"*)
			verdict "typed at, it says: $1" true
			return
			;;
		esac
	done
	verdict "typed at, it says: $1" false
}

says 'listening on'
caller h
says 'several words begin so'
caller hold
says 'no such call'
caller "call sip:$addr"
says 'hearing'
caller 'hold x'
says 'expected the number of a call'
caller h
says 'on hold by us'
caller calls
says 'UP, on hold by us'
caller h
says 'on hold by us already'
callee '{"cmd":"hold"}'
says 'on hold by the other side'
caller calls
says 'UP, on hold by us, on hold by the other side'
callee '{"cmd":"resume"}'
says 'taken off hold by the other side'
caller 'resume 1'
says 'taken off hold by us'
caller help
says 'resume [CALL]'
caller quit
wait "$typist_pid"
callee '{"cmd":"quit"}'
wait_event 5 callee result
wait "$callee_pid"

finish
