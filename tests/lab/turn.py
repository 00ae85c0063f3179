# SPDX-License-Identifier: BSD-3-Clause
"""Relayed calls over each transport that TURN has (RFC 8656)."""

from cell import Cell
from net import since, way

COUNTER = {"udp": "relay_udp", "tcp": "relay_tcp", "tls": "relay_tls"}


class Turn:
    """A call whose media must go through coturn, and how."""

    kinds = ("port", "port")
    mode = "relay-only"
    turn = {"a": ("udp",), "b": ("udp",)}
    path = "relay"
    # how the media of a phone goes; None: by whatever
    via = {"a": "udp", "b": "udp"}
    only = True  # nothing but SIP goes any other way

    def __init__(self, program, net, folder):
        self.net = net
        self.cell = Cell(program, net, *self.kinds, folder, self.mode)
        self.cell.during = self.during
        self.phone = self.cell.a
        self.wrong = self.cell.wrong
        for side in "ab":
            self.cell.told[side] = self.tell(side)

    def tell(self, side):
        return {"turn": self.turn[side]}

    def during(self):
        """Both nominated: what comes now is media."""
        for _, phone in self.cell.phones():
            phone.wait("media_heard", "result", timeout=8)
        self.cell.before = {side: self.net.counters(side) for side in "ab"}

    def run(self):
        if self.cell.call():
            self.cell.contract()
            self.judge()

    def judge(self):
        self.cell.judge_heard(self.path)
        for side, phone in self.cell.phones():
            want = COUNTER.get(self.via[side])
            if not want:
                continue
            packets = self.cell.packets[side]
            found = way(since(packets, self.cell.before.get(side, {})))
            if found != want:
                self.wrong.append("%s: expected its media to go by %s, "
                                  "went by %s" % (phone.name, want, found))
            others = {name: number for name, number in packets.items()
                      if name.startswith(("relay_t", "relay_u", "direct"))
                      and name != want and number}
            if self.only and others:
                self.wrong.append("%s: sent packets another way: %s" % (
                    phone.name, others))

    def stop(self):
        self.cell.stop()

    def note(self):
        return self.cell.note()

    def tails(self):
        return self.cell.tails()


class Refused(Turn):
    """A server that must not be used: both ends say so, with status 4."""

    words = ""  # of what their logs say

    def judge(self):
        self.cell.judge_fails()
        for _, phone in self.cell.phones():
            if not self.said(phone):
                self.wrong.append("%s: its log says nothing of \"%s\"" % (
                    phone.name, self.words))

    def said(self, phone):
        """The first line of its log with the words, without its time."""
        with open(phone.process.err, errors="replace") as log:
            return next((line.strip().split(" ", 1)[-1] for line in log
                         if self.words in line.lower()), "")

    def note(self):
        return "says: %s" % self.said(self.phone)


class OtherAuthority(Refused):
    """The server's certificate is not by the authority that is trusted."""

    turn = {"a": ("tls",), "b": ("tls",)}
    words = "certificate"

    def tell(self, side):
        return {"turn": self.turn[side], "ca": "other"}


class WrongPassword(Refused):
    words = "unauthorized"

    def tell(self, side):
        self.cell.a.turn_password = self.cell.b.turn_password = "not-it"
        return Turn.tell(self, side)


def case(name, kinds, a, b, via_a, via_b, mode="relay-only", only=True):
    """A cell: what each phone is told, and how its media must go."""
    made = type("Turn", (Turn,), {
        "kinds": kinds, "mode": mode, "only": only,
        "turn": {"a": a, "b": b}, "via": {"a": via_a, "b": via_b}})
    return name, made


UDP, TCP, TLS = ("udp",), ("tcp",), ("tls",)
EACH = UDP + TCP + TLS
HOME = ("port", "port")

CASES = [
    case("TURN by udp", HOME, UDP, UDP, "udp", "udp"),
    case("TURN by tcp", HOME, TCP, TCP, "tcp", "tcp"),
    case("TURN by tls", HOME, TLS, TLS, "tls", "tls"),
    case("TURN by tls, udp", HOME, TLS, UDP, "tls", "udp"),
    case("TURN by udp, tcp", HOME, UDP, TCP, "udp", "tcp"),
    case("TURN by tcp, tls", HOME, TCP, TLS, "tcp", "tls"),
    case("TURN, udp is best of all", HOME, EACH, EACH, "udp", "udp",
         only=False),
    case("TURN by tcp, blocked", ("blocked", "port"), UDP + TCP, UDP,
         "tcp", None, "full", False),
    case("TURN by tls, blocked", ("port", "blocked"), UDP, TLS,
         None, "tls", "full", False),
    case("TURN by tcp, both blocked", ("blocked", "blocked"), TCP, TCP,
         "tcp", "tcp", "full", False),
    case("TURN by tls, tcp, blocked", ("blocked", "blocked"), TLS,
         UDP + TCP, "tls", "tcp", "full", False),
    ("TURN, other authority", OtherAuthority),
    ("TURN, wrong password", WrongPassword),
]
QUICK = ("TURN by udp", "TURN by tcp", "TURN by tls, udp",
         "TURN by tls, blocked", "TURN by tls, tcp, blocked",
         "TURN, other authority")
