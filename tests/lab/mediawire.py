# SPDX-License-Identifier: BSD-3-Clause
"""Which way a call's media went, from a file of tcpdump at the phone.

A packet of media is RTP (RFC 3550), bare or within what TURN wraps around it
over UDP (RFC 8656, 12): ChannelData or a Send or Data indication. Over TCP
and TLS every packet with something in it counts as media. RTCP and STUN are
none of it.
"""

import os
import socket
import struct
from collections import namedtuple

from net import SERVER, SERVER6, TURN_PORT, TURNS_PORT
from servers import RELAY_PORTS

Packet = namedtuple("Packet", "at out way")

COOKIE = b"\x21\x12\xa4\x42"  # of STUN, RFC 8489, 5
DATA = 0x0013  # attribute of Send and Data indications
LAST = 1.5  # s at the end of the media that tell which way it went
ETHERNET = 14
SNAP = 256  # octets of each packet that are kept


def capture(host, path, interface="eth0"):
    """Keeps what passes a host's interface; the process, once it does."""
    process = host.spawn(
        ["tcpdump", "-Z", "root", "-Unni", interface, "-s", str(SNAP), "-w",
         path + ".pcap", "udp or tcp"], path)
    process.looked(lambda: "listening on" in process.tail(), 10)
    return process


def is_rtp(data):
    """RTP, and not RTCP (RFC 5761, 4)."""
    return len(data) >= 12 and data[0] >> 6 == 2 and not 192 <= data[1] <= 223


def unwrapped(data):
    """What TURN carries in a packet, or None if it is none of TURN's."""
    if len(data) >= 4 and data[0] >> 4 == 4:
        return data[4:]
    if data[:2] not in (b"\x00\x16", b"\x00\x17") or data[4:8] != COOKIE:
        return None
    at = 20
    while at + 4 <= len(data):
        kind, size = struct.unpack_from(">HH", data, at)
        if kind == DATA:
            return data[at + 4:at + 4 + size]
        at += 4 + (size + 3) // 4 * 4
    return None


class Wire:
    """What one phone sent and got: its media, and its first INVITE."""

    def __init__(self, path, addresses, relays):
        """addresses: the phone's own. relays: the proxies', by address the
        name of each."""
        self.own = addresses
        self.relays = relays
        self.media = []
        self.invite = None  # when it sent its first one
        if os.path.exists(path):
            with open(path, "rb") as source:
                self._read(source.read())

    def _read(self, data):
        place = 24
        while place + 16 <= len(data):
            sec, usec, size, _ = struct.unpack_from("<IIII", data, place)
            self._frame(sec + usec / 1e6, data[place + 16:place + 16 + size])
            place += 16 + size

    def _frame(self, at, frame):
        kind, ip = frame[12:14], frame[ETHERNET:]
        if kind == b"\x08\x00":
            if int.from_bytes(ip[6:8], "big") & 0x1fff:
                return  # a fragment that is not the first
            ends = [".".join(map(str, ip[low:low + 4])) for low in (12, 16)]
            protocol, length = ip[9], int.from_bytes(ip[2:4], "big")
            head = (ip[0] & 15) * 4
        elif kind == b"\x86\xdd":
            ends = [socket.inet_ntop(socket.AF_INET6, ip[low:low + 16])
                    for low in (8, 24)]
            protocol, head = ip[6], 40
            length = 40 + int.from_bytes(ip[4:6], "big")
        else:
            return
        out = ends[0] in self.own
        far, ports = ends[out], struct.unpack_from(">HH", ip, head)
        if protocol == 17:
            self._udp(at, out, far, ports[out], ip[head + 8:length])
        elif protocol == 6:
            self._tcp(at, out, ports[out],
                      ip[head + (ip[head + 12] >> 4) * 4:length])

    def _udp(self, at, out, far, port, data):
        if out and data.startswith(b"INVITE ") and self.invite is None:
            self.invite = at
        inner = unwrapped(data) if port == TURN_PORT else None
        if is_rtp(data if inner is None else inner):
            self.media.append(Packet(at, out, self.way(far, port)))

    def _tcp(self, at, out, port, data):
        if out and data.startswith(b"INVITE ") and self.invite is None:
            self.invite = at
        # consent checks and refreshes are rare, voice comes each 20 ms
        if port in (TURN_PORT, TURNS_PORT) and len(data) > 40:
            self.media.append(Packet(at, out, "turn"))

    def way(self, far, port):
        """turn, the name of a proxy's relay, or direct."""
        if far in self.relays:
            return self.relays[far]
        if far in (SERVER, SERVER6) and (
                port in (TURN_PORT, TURNS_PORT)
                or RELAY_PORTS[0] <= port <= RELAY_PORTS[1]):
            return "turn"
        return "direct"

    def first_in(self):
        """When the first packet of media came, or None."""
        return next((packet.at for packet in self.media if not packet.out),
                    None)

    def ways(self, until=None):
        """{way: packets sent} in the last of the media, before a moment."""
        sent = [packet for packet in self.media if packet.out
                and (until is None or packet.at < until)]
        found = {}
        for packet in sent:
            if packet.at > sent[-1].at - LAST:
                found[packet.way] = found.get(packet.way, 0) + 1
        return found

    def went(self, until=None):
        """The way of most of them; `nothing` if none was sent."""
        found = self.ways(until)
        return max(found, key=found.get, default="nothing")


def first_audio(caller, callee):
    """ms from the INVITE's departure to media at both ends, or None."""
    ends = [caller.first_in(), callee.first_in()]
    if caller.invite is None or None in ends:
        return None
    return 1000 * (max(ends) - caller.invite)
