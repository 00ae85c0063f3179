# SPDX-License-Identifier: BSD-3-Clause
"""A net of many phones behind many NATs, and of several registrars.

Users, phones and NATs are named by numbers: the user `w3` has the phone `w3`
behind a NAT `t1`. A phone is 10.64.<NAT>.<number>, its NAT
198.51.100.<40 + NAT>; callers sit in the host `uac`, without a delay.
"""

import socket
import threading

import nat
import servers
from host import LabError
from net import GATEWAY, SIP_PORT, Net

UAC = "198.51.100.9"
DNS = "198.51.100.8"
FARM = "203.0.113.0/24"  # where the registrars of cases are
REGISTRARS = ["203.0.113.%d" % number for number in range(1, 61)]
MAX_BOXES = 70
# What a NAT forgot it does not pick up in the middle, nor does it say so
SILENT = """
table ip silent {
    chain input {
        type filter hook input priority 1;
        iifname "out" ct state invalid drop
    }
    chain forward {
        type filter hook forward priority 1;
        ct state invalid drop
    }
}
"""
MAX_USERS = 200

for _number in range(1, MAX_USERS + 1):
    servers.PASSWORDS["w%d" % _number] = "waits-%d-here" % _number


class Box:
    """A NAT and who is behind it."""

    def __init__(self, number, role, host, kind):
        self.number = number
        self.role = role
        self.host = host
        self.kind = kind
        self.address = "198.51.100.%d" % (40 + number)
        self.moved = "198.51.100.%d" % (150 + number)
        self.inner = "10.64.%d" % number
        self.phones = 0


class Crowd(Net):
    """Net with as many NATs and phones as are asked for."""

    def __init__(self, *args, **more):
        self.lock = threading.Lock()
        self.boxes = 0
        self.users = 0
        super().__init__(*args, **more)
        uac = self._host("uac")
        self._line(uac, "out", delay=False)
        uac.ip("addr add %s/24 dev out" % UAC,
               "route add %s dev out" % FARM,
               "route add default via " + GATEWAY)
        srv = self.hosts["srv"]
        srv.ip("addr add %s/24 dev out" % DNS,
               *("addr add %s/24 dev out" % address
                 for address in REGISTRARS))

    def box(self, kind, timeout, stream=None):
        """A NAT of nat.apply()'s kinds, with nobody behind it."""
        with self.lock:
            self.boxes += 1
            number = self.boxes
        if number > MAX_BOXES:
            raise LabError("more than %d NATs" % MAX_BOXES)
        role = "t%d" % number
        box = Box(number, role, self._host(role), kind)
        self._line(box.host, "out")
        box.host.sysctl("net.ipv4.conf.out.promote_secondaries", 1)
        box.host.ip("link add in type bridge stp_state 0 mcast_snooping 0",
                    "addr add %s.1/24 dev in" % box.inner, "link set in up",
                    "addr add %s/24 dev out" % box.address,
                    "route add %s dev out" % FARM,
                    "route add default via " + GATEWAY)
        nat.apply(box.host, kind, timeout, stream)
        box.host.run(["nft", "-f", "-"], SILENT)
        box.host.sysctl("net.netfilter.nf_conntrack_tcp_loose", 0)
        return box

    def phone(self, box):
        """A host behind it; returns its role, which is its user too."""
        with self.lock:
            self.users += 1
            role = "w%d" % self.users
            box.phones += 1
            last = box.phones + 1
        if self.users > MAX_USERS:
            raise LabError("more than %d phones" % MAX_USERS)
        host = self._host(role)
        self._plug(box.host, host, role, "eth0")
        self.address[role] = "%s.%d" % (box.inner, last)
        host.ip("addr add %s/24 dev eth0" % self.address[role],
                "route add default via %s.1" % box.inner)
        return role

    def registrar(self, address, name, **more):
        """Starts a Kamailio; returns when it serves."""
        process = servers.kamailio(self, name, address, **more)
        servers.listening(self.hosts["srv"], address, SIP_PORT, process)
        return process

    @staticmethod
    def capture(box, path):
        """Keeps what passes inside of a NAT; returns when it does."""
        process = box.host.spawn(
            ["tcpdump", "-Z", "root", "-Unni", "in", "-w", path + ".pcap",
             "udp or tcp"], path)
        if not process.looked(lambda: "listening on" in process.tail(), 10):
            raise LabError("tcpdump: " + process.tail())

    def remove(self):
        """Phones first, all at a time: they unregister while they can."""
        phones = [host for role, host in list(self.hosts.items())
                  if role.startswith("w")]
        for host in phones:
            host.close()
        for host in phones:
            host.stop()
        for host in list(self.hosts.values()):
            host.close()
        super().remove()

    def knock(self):
        """A UDP socket of a caller."""
        return self.hosts["uac"].socket(socket.SOCK_DGRAM, UAC)
