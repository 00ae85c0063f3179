# SPDX-License-Identifier: BSD-3-Clause
"""One small internet: a public net, the servers, two phones, their NATs.

    a 10.1.0.2 - nata 198.51.100.21 -+
                                     +- pub (bridge) - srv 198.51.100.10, .11
    b 10.2.0.2 - natb 198.51.100.22 -+

A phone of kind none has the public address itself; two phones behind the same
NAT are 10.1.0.2 and 10.1.0.3. Each line of a phone or NAT to the public net
goes through the delay program. What goes anywhere else is sent to the gateway
198.51.100.1, which drops it silently.
"""

import json
import os
import time

import nat
from host import Host, Interrupted, LabError

SERVER = "198.51.100.10"
SERVER2 = "198.51.100.11"
GATEWAY = "198.51.100.1"
PUBLIC = {"a": "198.51.100.21", "b": "198.51.100.22"}
INNER = {"a": "10.1.0", "b": "10.2.0"}
SIP_PORT = 5060
TURN_PORT = 3478

COUNT = """
table ip count {
    counter relay_out { }
    counter direct_out { }
    chain output {
        type filter hook output priority 0;
        meta l4proto != udp return
        udp dport %d return
        ip daddr %s counter name relay_out return
        counter name direct_out
    }
}
""" % (SIP_PORT, SERVER)


class Net:
    """The namespaces of one lab. Phones and NATs come and go, srv stays."""

    def __init__(self, tag, folder, delay_ms=10.0, delay_program=None,
                 loss=0.0, seed=1):
        self.tag = tag
        self.folder = folder
        self.delay_ms = delay_ms
        self.delay_program = delay_program
        self.loss = loss
        self.seed = seed
        self.hosts = {}
        self.lines = {}
        self.kinds = ()
        self.closed = False
        self.address = {}
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
        pub.sysctl("net.ipv4.conf.all.arp_ignore", 1)
        pub.ip("link add br0 type bridge stp_state 0 mcast_snooping 0",
               "addr add %s/24 dev br0" % GATEWAY,
               "link set br0 up")
        srv = self._host("srv")
        self._line(srv, "out", delay=False)
        srv.ip("addr add %s/24 dev out" % SERVER,
               "addr add %s/24 dev out" % SERVER2,
               "route add default via " + GATEWAY)

    def _line(self, host, interface, delay=True):
        """Joins a host's interface to the public bridge."""
        pub = self.hosts["pub"]
        role = host.name.rsplit("-", 1)[1]
        near, far, port = "n-" + role, "f-" + role, "p-" + role
        pub.ip("link add %s type veth peer name %s netns %s"
               % (near, interface, host.name), "link set %s up" % near)
        host.ip("link set %s up" % interface)
        host.offload_off(interface)
        if not delay or not self.delay_ms:
            pub.ip("link set %s master br0" % near)
            return
        pub.ip("link add %s type veth peer name %s" % (far, port),
               "link set %s master br0" % port,
               "link set %s up" % far, "link set %s up" % port)
        log = os.path.join(self.folder, "delay-%s-%d" % (role, len(
            os.listdir(self.folder))))
        process = pub.spawn([self.delay_program, near, far,
                             str(self.delay_ms), str(self.loss),
                             str(self.seed)], log)
        deadline = time.monotonic() + 10
        while not os.path.getsize(process.out):
            if not process.alive() or time.monotonic() > deadline:
                raise LabError("delay line: " + process.tail())
            time.sleep(0.005)
        self.lines[role] = (process, near, far)

    def set_phones(self, kind_a, kind_b, timeout=nat.UDP_TIMEOUT):
        """Builds both phones' sides; kind_a `same`: behind one NAT."""
        self.clear_phones()
        self.kinds = (kind_a, kind_b)
        if kind_a == "same":
            self._nat("a", kind_b, ("a", "b"), timeout)
        else:
            for side, kind in (("a", kind_a), ("b", kind_b)):
                if kind == "none":
                    self._open_phone(side)
                else:
                    self._nat(side, kind, (side,), timeout)
        for side in "ab":
            self.hosts[side].run(["nft", "-f", "-"], COUNT)

    def _open_phone(self, side):
        phone = self._host(side)
        self._line(phone, "eth0")
        phone.ip("addr add %s/24 dev eth0" % PUBLIC[side],
                 "route add default via " + GATEWAY)
        self.address[side] = PUBLIC[side]

    def _nat(self, side, kind, phones, timeout):
        box = self._host("nat" + side)
        inner = INNER[side]
        self._line(box, "out")
        box.ip("link add in type bridge stp_state 0 mcast_snooping 0",
               "addr add %s.1/24 dev in" % inner, "link set in up",
               "addr add %s/24 dev out" % PUBLIC[side],
               "route add default via " + GATEWAY)
        for number, role in enumerate(phones, 2):
            phone = self._host(role)
            box.ip("link add to-%s type veth peer name eth0 netns %s"
                   % (role, phone.name),
                   "link set to-%s master in" % role,
                   "link set to-%s up" % role)
            self.address[role] = "%s.%d" % (inner, number)
            phone.ip("addr add %s/24 dev eth0" % self.address[role],
                     "link set eth0 up",
                     "route add default via %s.1" % inner)
            phone.offload_off("eth0")
        nat.apply(box, kind, timeout)

    def clear_phones(self):
        for role in ("a", "b"):
            self._drop(role)
        for role in ("nata", "natb"):
            self._drop(role)
        self.address = {}

    def _drop(self, role):
        if role in self.lines:
            process, near, far = self.lines.pop(role)
            process.stop()
            self.hosts["pub"].processes.remove(process)
            # a namespace's own end comes late, and its interfaces' with it
            self.hosts["pub"].ip("link del " + far, "link del " + near)
        if role in self.hosts:
            self.hosts.pop(role).remove()

    def counters(self, side):
        """Packets a phone sent: {relay_out, direct_out}."""
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
