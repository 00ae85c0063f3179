#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The configuration file: errors by file and line, origins, precedence.
set -u
. "$(dirname "$0")/lib.sh"

conf=$tmp/conf

# bad LINE-OF-ERROR WORDS LINE...: a file of those lines is refused so
bad()
{
	at=$1
	words=$2
	shift 2
	printf '%s\n' "$@" >"$conf"
	refused 78 "$conf:$at: $words" --config "$conf" config
}

bad 2 "unknown option 'frob'" 'ice = off' 'frob = 1'
bad 1 "ice: 'maybe': expected full" 'ice = maybe'
bad 3 'srtp: not in this version' '# one' '' 'srtp = dtls'
bad 1 'expected NAME = VALUE' 'nonsense'
bad 2 "section 'phone'" 'ice = off' '[phone]' 'aor = sip:a@b'
refused 78 "'$tmp/nothing'" --config "$tmp/nothing" config

# Values that only their use shows to be wrong
printf '%s\n' 'aor = sip:a@localhost' "password-file = $tmp/nothing" >"$conf"
refused 78 "$conf:2: password-file" --config "$conf" listen --echo
printf '%s\n' 'ice = off' "tls-ca = $tmp/nothing" >"$conf"
refused 78 "$conf:2: tls-ca: tls-ca $tmp/nothing" --config "$conf" \
	listen --echo
printf '%s\n' "tls-cert = $tmp/nothing" >"$conf"
refused 78 "$conf:1: tls-cert" --config "$conf" listen --echo
printf '%s\n' "source = file:$tmp/nothing.wav" >"$conf"
refused 78 "$conf:1: source" --config "$conf" call sip:a@b

# shows NAME VALUE ORIGIN
shows()
{
	verdict "config shows $1 = $2 ($3)" \
		grep -Eq "^$1 +$2 +$3\$" "$tmp/out"
}

printf '%s\n' 'ice = off' 'ptime = 40' '[account work]' \
	'aor = sip:a@example.com' 'register-expires = 90' >"$conf"
run --config "$conf" config --ptime 20
verdict 'config ends well' [ "$status" -eq 0 ]
shows ice off "$conf:1"
shows ptime 20 'command line'
shows keepalive auto default
shows register-expires 90 "$conf:5"

UAPHONE_PASSWORD=secret
export UAPHONE_PASSWORD
run config
shows UAPHONE_PASSWORD '\(hidden\)' environment
verdict 'a password is not shown' [ -z "$(grep secret "$tmp/out")" ]
unset UAPHONE_PASSWORD

# The file of XDG; and no file at all
mkdir -p "$tmp/xdg/uaphone"
echo 'ice = relay-only' >"$tmp/xdg/uaphone/config"
XDG_CONFIG_HOME=$tmp/xdg
run config
shows ice relay-only "$tmp/xdg/uaphone/config:1"
XDG_CONFIG_HOME=$tmp/none
run config
shows ice full default

finish
