# SPDX-License-Identifier: BSD-3-Clause
"""One small internet: a public net, the servers, two phones, their NATs.

    a 10.1.0.2 - nata 198.51.100.21 -+
    | 10.3.0.2 - natc 198.51.100.23 -+- pub (bridge) - srv 198.51.100.10, .11
    b 10.2.0.2 - natb 198.51.100.22 -+

A phone of kind none has the public address itself; two phones behind the same
NAT are 10.1.0.2 and 10.1.0.3; natc is there if a phone has a second interface.
Each line of a phone or NAT to the public net goes through the delay program.
What goes anywhere else is sent to the gateway 198.51.100.1, which drops it
silently. IPv6 is routed by pub, and only where a phone is to have it.
"""

import json
import os
import zlib

import nat
from host import Host, Interrupted, LabError

SERVER = "198.51.100.10"
SERVER2 = "198.51.100.11"
GATEWAY = "198.51.100.1"
PUBLIC = {"a": "198.51.100.21", "b": "198.51.100.22", "c": "198.51.100.23"}
MOVED = {"a": "198.51.100.31", "b": "198.51.100.32"}  # a NAT's new address
INNER = {"a": "10.1.0", "b": "10.2.0", "c": "10.3.0"}
NET6 = "2001:db8:0:1"
SERVER6 = NET6 + "::10"
GATEWAY6 = NET6 + "::1"
PUBLIC6 = {"a": NET6 + "::21", "b": NET6 + "::22"}
INNER6 = {"a": "2001:db8:0:a", "b": "2001:db8:0:b"}
SIP_PORT = 5060
TURN_PORT = 3478
TURNS_PORT = 5349

# What a phone sends, but SIP: how it goes to a server, or straight. TCP's
# bare acknowledgements are none of it.
COUNT = """
table inet count {
    counter relay_udp { }
    counter relay_tcp { }
    counter relay_tls { }
    counter relay_first { }
    counter relay_second { }
    counter direct_v4 { }
    counter direct_v6 { }
    chain output {
        type filter hook output priority 0;
        oifname "lo" return
        udp dport %(sip)d return
        tcp dport %(sip)d return
        meta l4proto tcp meta length < 90 return
        ip daddr %(server)s counter name relay_first
        ip daddr %(server2)s counter name relay_second
        tcp dport %(turn)d counter name relay_tcp return
        tcp dport %(turns)d counter name relay_tls return
        meta l4proto != udp return
        ip daddr { %(server)s, %(server2)s } counter name relay_udp return
        ip6 daddr %(server6)s counter name relay_udp return
        meta nfproto ipv6 counter name direct_v6 return
        counter name direct_v4
    }
}
""" % {"sip": SIP_PORT, "turn": TURN_PORT, "turns": TURNS_PORT,
       "server": SERVER, "server2": SERVER2, "server6": SERVER6}
RELAYS = ("relay_udp", "relay_tcp", "relay_tls")


class Net:
    """The namespaces of one lab. Phones and NATs come and go, srv stays."""

    def __init__(self, tag, folder, delay_ms=10.0, delay_program=None,
                 loss=0.0, seed=1, certificates=None, trace=False):
        self.tag = tag
        self.folder = folder
        self.certificates = certificates
        self.trace = trace  # phones log more, and their packets are kept
        self.turn = None  # the TURN server's process
        self.proxy = None  # that of the registrar and proxy
        self.second = None  # that of another proxy, of b
        self.setup = None  # what the proxy does to media, of relaynet.py
        self.relays = ()  # those that it reserves, of servers.py
        self.delay_ms = delay_ms
        self.delay_program = delay_program
        self.loss = loss
        self.seed = seed
        self.hosts = {}
        self.lines = {}
        self.straight = {}  # lines without a delay: pub's end of each
        self.kinds = ()
        self.closed = False
        self.address = {}
        self.address6 = {}
        try:
            self._backbone()
        except BaseException:
            self.remove()
            raise

    def close(self):
        """From another thread: ends what runs, starts nothing more."""
        self.closed = True
        for host in list(self.hosts.values()):
            host.close()

    def _host(self, role):
        if self.closed:
            raise Interrupted
        host = Host("ualab-%s-%s" % (self.tag, role))
        self.hosts[role] = host
        if os.path.exists("/proc/sys/net/bridge"):
            host.sysctl("net.bridge.bridge-nf-call-iptables", 0)
        return host

    def _backbone(self):
        pub = self._host("pub")
        pub.six()
        pub.sysctl("net.ipv4.conf.all.arp_ignore", 1)
        pub.sysctl("net.ipv6.conf.all.forwarding", 1)
        pub.ip("link add br0 type bridge stp_state 0 mcast_snooping 0",
               "addr add %s/24 dev br0" % GATEWAY,
               "addr add %s/64 dev br0 nodad" % GATEWAY6,
               "link set br0 up",
               *("route add %s::/64 via %s" % (INNER6[side], PUBLIC6[side])
                 for side in INNER6))
        srv = self._host("srv")
        srv.six()
        self._line(srv, "out", delay=False)
        srv.ip("addr add %s/24 dev out" % SERVER,
               "addr add %s/24 dev out" % SERVER2,
               "route add default via " + GATEWAY,
               "addr add %s/64 dev out nodad" % SERVER6,
               "route add default via " + GATEWAY6)

    def _line(self, host, interface, delay=True, delay_ms=None):
        """Joins a host's interface to the public bridge."""
        delay_ms = self.delay_ms if delay_ms is None else delay_ms
        pub = self.hosts["pub"]
        role = host.name.rsplit("-", 1)[1]
        near, far, port = "n-" + role, "f-" + role, "p-" + role
        pub.ip("link add %s type veth peer name %s netns %s"
               % (near, interface, host.name), "link set %s up" % near)
        host.ip("link set %s up" % interface)
        host.offload_off(interface)
        if not delay or not delay_ms:
            pub.ip("link set %s master br0" % near)
            self.straight[role] = near
            return
        pub.ip("link add %s type veth peer name %s" % (far, port),
               "link set %s master br0" % port,
               "link set %s up" % far, "link set %s up" % port)
        log = os.path.join(self.folder, "delay-%s-%d" % (role, len(
            os.listdir(self.folder))))
        seed = zlib.crc32(("%s %d" % (role, self.seed)).encode())
        said = []
        process = pub.spawn([self.delay_program, near, far,
                             str(delay_ms), str(self.loss), str(seed)],
                            log, stdin=True, lines=said.append)
        if not process.until(lambda: said, 10):
            raise LabError("delay line: " + process.tail())
        self.lines[role] = (process, near, far)

    def lose(self, percent, *roles):
        """Changes the loss of these lines, of all if none is named."""
        for role in roles or list(self.lines):
            self.lines[role][0].say("loss %g" % percent)

    def set_phones(self, kind_a, kind_b, timeout=nat.UDP_TIMEOUT, six=None,
                   six_only=""):
        """Builds both phones' sides; kind_a `same`: behind one NAT.

        six: {side: kind of its IPv6}, of nat.KINDS6; a side in six_only has
        no IPv4.
        """
        self.clear_phones()
        self.kinds = (kind_a, kind_b)
        six = six or {}
        if kind_a == "same":
            self._nat("a", kind_b, ("a", "b"), timeout)
        else:
            for side, kind in (("a", kind_a), ("b", kind_b)):
                if kind == "none":
                    self._open_phone(side)
                else:
                    self._nat(side, kind, (side,), timeout, six.get(side),
                              side not in six_only)
        for side in "ab":
            self.hosts[side].run(["nft", "-f", "-"], COUNT)

    def _open_phone(self, side):
        phone = self._host(side)
        self._line(phone, "eth0")
        phone.ip("addr add %s/24 dev eth0" % PUBLIC[side],
                 "route add default via " + GATEWAY)
        self.address[side] = PUBLIC[side]

    def _box(self, side, kind, timeout):
        """The NAT of a side, with nobody behind it."""
        box = self._host("nat" + side)
        self._line(box, "out")
        box.sysctl("net.ipv4.conf.out.promote_secondaries", 1)
        box.ip("link add in type bridge stp_state 0 mcast_snooping 0",
               "addr add %s.1/24 dev in" % INNER[side], "link set in up",
               "addr add %s/24 dev out" % PUBLIC[side],
               "route add default via " + GATEWAY)
        nat.apply(box, kind, timeout)
        return box

    def _nat(self, side, kind, phones, timeout, six=None, four=True):
        box = self._box(side, kind, timeout)
        inner = INNER[side]
        for number, role in enumerate(phones, 2):
            phone = self._host(role)
            self._plug(box, phone, role, "eth0")
            self.address[role] = "%s.%d" % (inner, number)
            if four:
                phone.ip("addr add %s/24 dev eth0" % self.address[role],
                         "route add default via %s.1" % inner)
            if six:
                self._six(box, phone, side, six)

    @staticmethod
    def _plug(box, phone, role, interface):
        box.ip("link add to-%s type veth peer name %s netns %s"
               % (role, interface, phone.name),
               "link set to-%s master in" % role,
               "link set to-%s up" % role)
        phone.ip("link set %s up" % interface)
        phone.offload_off(interface)

    def _six(self, box, phone, side, kind):
        """IPv6 for a phone behind a router, which does not translate."""
        self.address6[side] = INNER6[side] + "::2"
        for host in (box, phone):
            host.six()
        box.sysctl("net.ipv6.conf.all.forwarding", 1)
        box.ip("addr add %s/64 dev out nodad" % PUBLIC6[side],
               "addr add %s::1/64 dev in nodad" % INNER6[side],
               "route add default via " + GATEWAY6)
        phone.ip("addr add %s/64 dev eth0 nodad" % self.address6[side],
                 "route add default via %s::1" % INNER6[side])
        box.run(["nft", "-f", "-"], nat.rules6(kind))

    def second_interface(self, side, kind, metric=200):
        """Gives a phone eth1, behind the NAT natc."""
        box, phone = self._box("c", kind, nat.UDP_TIMEOUT), self.hosts[side]
        self._plug(box, phone, side, "eth1")
        phone.ip("addr add %s.2/24 dev eth1" % INNER["c"],
                 "route add default via %s.1 dev eth1 metric %d" % (
                     INNER["c"], metric))

    def relay(self, role, address, delay_ms=0):
        """A public host for a relay, which is so far away one way."""
        host = self._host(role)
        self._line(host, "out", delay_ms=delay_ms)
        host.ip("addr add %s/24 dev out" % address,
                "route add default via " + GATEWAY)
        return host

    def clear_phones(self):
        for role in ("a", "b"):
            self.drop(role)
        for role in ("nata", "natb", "natc"):
            self.drop(role)
        for role, interface in (("pub", "br0"), ("srv", "out")):
            self.hosts[role].ip("neigh flush dev " + interface)
        self.address = {}
        self.address6 = {}

    def drop(self, role):
        """Removes a host, its line and its processes, if it is there."""
        if role in self.lines:
            process, near, far = self.lines.pop(role)
            process.stop()
            self.hosts["pub"].processes.remove(process)
            # a namespace's own end comes late, and its interfaces' with it
            self.hosts["pub"].ip("link del " + far, "link del " + near)
        elif role in self.straight:
            self.hosts["pub"].ip("link del " + self.straight.pop(role))
        if role in self.hosts:
            self.hosts.pop(role).remove()

    def counters(self, side):
        """Packets that a phone sent, by the names of COUNT."""
        listed = json.loads(self.hosts[side].run(
            ["nft", "-j", "list", "counters"]))
        return {entry["counter"]["name"]: entry["counter"]["packets"]
                for entry in listed["nftables"] if "counter" in entry}

    def remove(self):
        for role in list(self.hosts):
            if role != "pub":
                self.hosts[role].stop()
        if "pub" in self.hosts:
            self.hosts["pub"].stop()
        for role in list(self.hosts):
            self.hosts.pop(role).remove()


def way(packets):
    """What most of some packets, counted so, went by: a counter's name."""
    sent = {name: number for name, number in packets.items()
            if name in RELAYS or name.startswith("direct")}
    best = max(sent, key=sent.get, default=None)
    return best if best and sent[best] else "nothing"


def since(packets, before):
    """What was counted since then."""
    return {name: number - before.get(name, 0)
            for name, number in packets.items()}
