#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Install what is missing of Debian's packages: "build" to build and run,
# "test" for the whole test suite, "peers" for the lab's calls with phones
# that are large.  Says which; uses sudo when not root.
set -eu

build="gcc make autoconf automake libtool pkg-config libre-dev libssl-dev
zlib1g-dev libasound2-dev libopus-dev libspandsp-dev libjansson-dev
libedit-dev libinih-dev"
test="check clang clang-format libclang-rt-14-dev kamailio
kamailio-tls-modules kamailio-outbound-modules coturn rtpengine-daemon
sip-tester baresip-core libnice-dev nftables conntrack iproute2 ethtool tcpdump
openssl python3-minimal libpython3-stdlib man-db groff-base binutils xz-utils"

case "${1:-build}" in
build) want=$build ;;
test) want="$build $test" ;;
peers) want=linphone-cli ;;
*)
	echo "usage: $0 build|test|peers" >&2
	exit 64
	;;
esac

missing=
for pkg in $want; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$pkg" 2>/dev/null) ||
		state=none
	[ "$state" = installed ] || missing="$missing $pkg"
done
[ -n "$missing" ] || exit 0

echo "installing:$missing"
sudo=
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "not root and no sudo: please install:$missing" >&2
		exit 69
	fi
	sudo=sudo
fi

# No service may start by itself: the tests start their own, on own ports.
policy=/usr/sbin/policy-rc.d
made=
if [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
	$sudo chmod 755 $policy
	made=yes
fi

log=$(mktemp)
status=0
# shellcheck disable=SC2086
if ! { $sudo apt-get update && $sudo env DEBIAN_FRONTEND=noninteractive \
	apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1
then
	tail -n 20 "$log" >&2
	echo "could not install:$missing" >&2
	status=69
fi
rm -f "$log"
[ -z "$made" ] || $sudo rm -f $policy
exit $status
