# SPDX-License-Identifier: BSD-3-Clause
"""What went over a wire, from a file of tcpdump: whose work was it?

Counted is what a phone does to stay reachable: its requests but calls', the
answers to them, empty lines and STUN, each way. What others ask of it, and
calls, are not its doing. Over TCP and TLS packets are counted, all of them:
whose they are is not to be seen.
"""

import os
import re
import struct
from collections import namedtuple

Packet = namedtuple("Packet", "at out size what")

OF_CALLS = (b"INVITE", b"ACK", b"BYE", b"CANCEL", b"PRACK", b"UPDATE",
            b"INFO", b"NOTIFY", b"REFER")
COOKIE = b"\x21\x12\xa4\x42"  # of STUN, RFC 8489, 5
STREAM = "tcp"


def _kind(payload, out):
    """What a UDP packet does to keep its sender reachable, or None."""
    if len(payload) <= 4:  # a server's own pings are four zeros
        return "crlf" if out or payload.strip(b"\r\n") == b"" else None
    if payload[4:8] == COOKIE:
        return "stun"
    method = re.search(rb"^CSeq\s*:\s*\d+\s+([A-Z]+)", payload, re.M | re.I)
    if not method or method.group(1) in OF_CALLS:
        return None
    request = not payload.startswith(b"SIP/2.0")
    if request != out:
        return None  # the server asks, or is answered
    return method.group(1).decode().lower()


def read(path, address):
    """The packets that kept the phone with this address reachable."""
    found = []
    if not os.path.exists(path):
        return found
    inner = bytes(int(part) for part in address.split("."))
    with open(path, "rb") as source:
        data = source.read()
    place = 24
    while place + 16 <= len(data):
        sec, usec, size, _ = struct.unpack_from("<IIII", data, place)
        frame = data[place + 16:place + 16 + size]
        place += 16 + size
        packet = _packet(frame, inner, sec + usec / 1e6)
        if packet:
            found.append(packet)
    return found


def _packet(frame, inner, at):
    if frame[12:14] != b"\x08\x00":
        return None
    ip = frame[14:]
    source, target = ip[12:16], ip[16:20]
    if inner not in (source, target):
        return None
    out = source == inner
    size = int.from_bytes(ip[2:4], "big")
    rest = ip[(ip[0] & 15) * 4:size]
    if ip[9] == 6:
        return Packet(at, out, size, STREAM)
    if ip[9] != 17 or rest[2:4] == b"\0\x35" or rest[:2] == b"\0\x35":
        return None
    what = _kind(rest[8:], out)
    return Packet(at, out, size, what) if what else None


class Rate:
    """What packets come to in an hour."""

    def __init__(self, packets, start, end, without=()):
        """without: (from, to) of times that do not count."""
        def counts(at):
            return start < at <= end and not any(
                low <= at <= high for low, high in without)

        self.packets = [packet for packet in packets if counts(packet.at)]
        self.length = max(end - start, 0.0) - sum(
            max(min(high, end) - max(low, start), 0.0)
            for low, high in without)
        self.messages = self.bytes = None
        if self.length > 0:
            hour = 3600 / self.length
            self.messages = len(self.packets) * hour
            self.bytes = sum(packet.size for packet in self.packets) * hour

    def kinds(self):
        """{what: how many}"""
        names = [packet.what for packet in self.packets]
        return {name: names.count(name) for name in sorted(set(names))}
