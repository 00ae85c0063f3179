#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What cannot be done is told in one line, by a status that says whose fault
# it is.
set -u
. "$(dirname "$0")/lib.sh"

refused 64 "unknown command 'frob'" frob
refused 64 "unknown option '--frob'" --frob
refused 64 'did you mean --json' --jsno
refused 64 'call: expected URI' call
refused 64 "'c'" call sip:a@b c
refused 64 "'x': expected no more words" listen x
refused 64 "unknown command 'doctor'" doctor
refused 64 '--turn: no value' --turn
refused 64 "'maybe': expected full, relay-only or off" --ice maybe listen
refused 64 'not in this version' --srtp dtls listen
refused 64 "'sctp': expected udp, tcp or tls" --transport sctp listen
refused 64 "--tls-ca: tls-ca $tmp/none" --tls-ca "$tmp/none" listen --echo
refused 64 "--tls-cert: tls-cert $tmp/none" --tls-cert "$tmp/none" \
	listen --echo
refused 64 '--tls-key: tls-key /dev/null: tls-cert expected' \
	--tls-key /dev/null listen --echo
refused 64 'tls expected with sips:' --aor sips:a@localhost --transport udp \
	listen --echo
refused 64 'sips: aor' --aor sip:a@localhost --proxy sips:localhost \
	listen --echo
refused 64 'udp, tcp or tls expected' \
	call 'sips:a@127.0.0.1;transport=udp' --source null --sink null
refused 64 'auto, options, register, crlf or off' --keepalive stun listen
refused 64 "'0': expected a whole number from 1 to" --count 0 listen
refused 64 "'25': expected 10, 20, 30, 40, 50 or 60" --ptime 25 listen
refused 64 "'foo bar': expected a URI" call 'foo bar'
for port in 0 65536 70000 5060x ''; do
	refused 64 "port '$port': 1 to 65535 expected" call \
		"sip:a@b:$port" --source null --sink null
	refused 64 "port '$port': 1 to 65535 expected" listen \
		--aor "sip:a@localhost:$port"
	refused 64 "port '$port': 1 to 65535 expected" listen \
		--aor sip:a@localhost --proxy "sip:localhost:$port"
done
refused 64 "transport 'sctp': udp, tcp or tls expected" \
	call 'sip:a@b;transport=sctp' --source null --sink null
refused 64 "registrar sip:localhost;transport=sctp: transport 'sctp'" listen \
	--aor sip:a@localhost --registrar 'sip:localhost;transport=sctp'
for port in 65536 5060x; do
	refused 64 "'127.0.0.1:$port': expected a port from 1 to 65535" \
		--local "127.0.0.1:$port" listen
	refused 64 "'[::1]:$port': expected a port from 1 to 65535" \
		--local "[::1]:$port" listen
done
refused 64 "'19': expected a whole number from 20 to 86400" \
	--register-expires 19 listen
refused 64 "host '127.0.0.256': a name or a numeric address expected" \
	call sip:a@127.0.0.256 --source null --sink null
refused 64 "host 'a..b': a name or a numeric address expected" listen \
	--aor sip:a@localhost --registrar sip:a..b
refused 64 "$tmp/none/a.wav" call sip:a@b --source null --sink null \
	--record "$tmp/none/a.wav"
refused 64 'expected one of them' -4 -6 listen
refused 64 "'frob'" --codec frob listen
refused 64 "$tmp/none.wav" call sip:a@b --source "file:$tmp/none.wav"
refused 64 'password-file' listen --aor sip:a@localhost \
	--password-file "$tmp/none"
refused 69 'nosuch0' listen --interface nosuch0

# A file that is no WAV
echo hello >"$tmp/text.wav"
refused 64 'text.wav' call sip:a@b --source "file:$tmp/text.wav"

run --json frob
verdict 'a result after an error of usage' result_is "$tmp/out" 64
run --json call sip:a@b --source "file:$tmp/none.wav"
verdict 'a result after an error of a value' result_is "$tmp/out" 64

run --help
verdict '--help ends well' [ "$status" -eq 0 ]
verdict '--help has the commands' grep -q 'uaphone call URI' "$tmp/out"
verdict '--help does not promise what is not there' \
	[ -z "$(grep -e --srtp -e doctor "$tmp/out")" ]
run --version
verdict '--version' grep -Eq '^uaphone [0-9]+\.[0-9]+' "$tmp/out"
run codecs
verdict 'pcma is there' grep -q '^pcma ' "$tmp/out"
run codecs --json
verdict 'lists end with a result' result_is "$tmp/out" 0
run devices
verdict 'tone is there' grep -q '^tone:HZ ' "$tmp/out"

# Standard output that nobody reads any more ends the phone.
( "$uaphone" listen --json --local 127.0.0.1 --interface lo --timeout 5 \
	2>/dev/null </dev/null; echo $? >"$tmp/status" ) | :
verdict 'a reader that has gone is no crash' \
	grep -Eqx '130|2' "$tmp/status"

finish
