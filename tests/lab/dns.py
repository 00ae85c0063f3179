# SPDX-License-Identifier: BSD-3-Clause
"""A small name server: A, AAAA, SRV and NAPTR, and it can be silent.

    python3 dns.py    asks itself, and says what it answers
"""

import ipaddress
import socket
import struct
import threading

A, AAAA, SRV, NAPTR = 1, 28, 33, 35
TYPES = {"A": A, "AAAA": AAAA, "SRV": SRV, "NAPTR": NAPTR}
NXDOMAIN, NOTIMP = 3, 4


def _name(text):
    """A domain name, not compressed (RFC 1035, 3.1)."""
    out = b""
    for label in text.strip(".").split("."):
        if label:
            out += bytes([len(label)]) + label.encode()
    return out + b"\0"


def _string(text):
    return bytes([len(text)]) + text.encode()


def _data(kind, value):
    """A record's RDATA of what the zone says."""
    if kind in (A, AAAA):
        return ipaddress.ip_address(value).packed
    if kind == SRV:  # RFC 2782
        priority, weight, port, target = value
        return struct.pack(">HHH", priority, weight, port) + _name(target)
    order, preference, flags, service, pattern, target = value  # RFC 3403
    return struct.pack(">HH", order, preference) + _string(flags) \
        + _string(service) + _string(pattern) + _name(target)


class Dns:
    """Serves a zone: {(name, type): (ttl, [value, ...])}.

    Values: an address; (priority, weight, port, target) of SRV; (order,
    preference, flags, service, pattern, target) of NAPTR.
    """

    def __init__(self, sock, zone):
        self.sock = sock
        self.zone = dict(zone)
        self.silent = False
        self.asked = []  # (name, type) of each question
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def close(self):
        """Ends; only then may the socket's host go."""
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # of a socket without a peer, and yet it wakes the reader
        self.sock.close()

    def _serve(self):
        while True:
            try:
                data, peer = self.sock.recvfrom(4096)
                if not data:
                    return
                answer = self.answer(data)
                if answer and not self.silent:
                    self.sock.sendto(answer, peer)
            except OSError:
                return

    def answer(self, query):
        """The answer to a query, or None if it is none."""
        if len(query) < 17 or query[2] & 0x80:
            return None
        place, labels = 12, []
        while query[place]:
            length = query[place]
            labels.append(query[place + 1:place + 1 + length].decode(
                "ascii", "replace"))
            place += 1 + length
            if place + 5 > len(query):
                return None
        question = query[12:place + 5]
        name = ".".join(labels).lower()
        kind = struct.unpack(">H", query[place + 1:place + 3])[0]
        self.asked.append((name, kind))
        code, records = 0, b""
        ttl, values = self.zone.get((name, kind), (0, []))
        if query[2] >> 3 & 15:
            code, values = NOTIMP, []
        elif not any(known == name for known, _ in self.zone):
            code = NXDOMAIN
        for value in values:
            data = _data(kind, value)
            records += b"\xc0\x0c" + struct.pack(
                ">HHIH", kind, 1, ttl, len(data)) + data
        return query[:2] + struct.pack(
            ">HHHHH", 0x8480 | (query[2] & 1) << 8 | code, 1, len(values),
            0, 0) + question + records


def _self_test():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    server = Dns(sock, {
        ("_sip._udp.lab", SRV): (30, [(1, 0, 5060, "one.lab")]),
        ("one.lab", A): (30, ["192.0.2.1"])})
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asks:
        asks.settimeout(2)
        for name, kind, records in (("_sip._udp.lab", SRV, 1),
                                    ("one.lab", A, 1), ("one.lab", AAAA, 0),
                                    ("no.lab", A, 0)):
            asks.sendto(b"\x12\x34\x01\0\0\1\0\0\0\0\0\0" + _name(name)
                        + struct.pack(">HH", kind, 1), sock.getsockname())
            data = asks.recv(4096)
            found = struct.unpack(">H", data[6:8])[0]
            print("%-16s %-3d %d records, rcode %d" % (
                name, kind, found, data[3] & 15))
            if found != records:
                raise SystemExit(1)
    server.close()


if __name__ == "__main__":
    _self_test()
