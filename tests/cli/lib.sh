# SPDX-License-Identifier: BSD-3-Clause
# What the black-box tests of uaphone share: sourced, with its path as $1.
# shellcheck shell=sh

if [ $# -lt 1 ] || [ ! -x "$1" ]; then
	echo "usage: $0 UAPHONE" >&2
	exit 64
fi

uaphone=$1
tmp=$(mktemp -d)
failed=0
pids=

# Nobody's own configuration or password may have a say.
XDG_CONFIG_HOME=$tmp/none
export XDG_CONFIG_HOME
unset UAPHONE_PASSWORD

tidy()
{
	# shellcheck disable=SC2086
	[ -z "$pids" ] || kill -KILL $pids 2>/dev/null
	rm -rf "$tmp"
}
trap tidy EXIT
trap 'exit 1' INT TERM

# verdict NAME CONDITION...: print ok or FAIL with what the phone said
verdict()
{
	name=$1
	shift
	if "$@"; then
		echo "ok $name"
	else
		echo "FAIL $name"
		failed=1
		for f in "$tmp"/out "$tmp"/err; do
			[ ! -s "$f" ] || sed 's/^/# /' "$f"
		done
	fi
}

# run ARGS...: the phone, to its end; sets status
run()
{
	status=0
	timeout --foreground 30 "$uaphone" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null ||
		status=$?
}

one_line()
{
	[ "$(wc -l <"$tmp/err")" -eq 1 ]
}

said()
{
	grep -qF -e "$1" "$tmp/err"
}

refused_so()
{
	[ "$status" -eq "$1" ] && one_line && said "$2"
}

# refused STATUS WORDS ARGS...: one line on standard error that has WORDS
refused()
{
	want=$1
	words=$2
	shift 2
	run "$@"
	verdict "status $want: $*" refused_so "$want" "$words"
}

# The last line of a file is the result, with an exit status
result_is()
{
	tail -n 1 "$1" | grep -q "\"event\":\"result\",\"exit\":$2[,}]"
}

# start NAME ARGS...: the phone in the background; its lines come in a FIFO
# that wait_event reads; sets pid
start()
{
	who=$1
	shift
	mkfifo "$tmp/$who.fifo"
	: >"$tmp/$who.log"
	timeout --foreground 30 "$uaphone" "$@" >"$tmp/$who.fifo" 2>"$tmp/$who.err" \
		</dev/null &
	pid=$!
	pids="$pids $pid"
}

# wait_event FD NAME EVENT: read lines until that event; sets line
wait_event()
{
	while read -r line <&"$1"; do
		printf '%s\n' "$line" >>"$tmp/$2.log"
		case $line in
		*"\"event\":\"$3\""*) return 0 ;;
		esac
	done
	echo "FAIL $2 ended without $3"
	sed 's/^/# /' "$tmp/$2.err"
	exit 1
}

# The value of a key of text in $line
value_of()
{
	printf '%s\n' "$line" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"
}

finish()
{
	exit $failed
}
