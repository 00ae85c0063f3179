# SPDX-License-Identifier: BSD-3-Clause
"""One cell of the matrix: a call between two phones behind two NATs."""

import os
import re
import time

import nat
from net import SERVER
from phone import Phone

TONES = {"a": 440, "b": 740}  # Hz
# A busy machine costs a frame now and then: room for a second without one
TALK = 4  # s
PATIENCE = 15  # s, for an end that should come sooner

# What a call with a phone behind blocked UDP does: "fails" as long as there
# is no TURN over TCP (both ends with status 4), then "relay".
BLOCKED = "fails"


def expect(kind_a, kind_b):
    """direct, relay or fails: what theory says of two kinds."""
    if kind_a == "same":
        return "direct"
    kinds = {kind_a, kind_b}
    if "blocked" in kinds:
        return BLOCKED
    if kinds in ({"symmetric"}, {"symmetric", "port"}):
        return "relay"
    return "direct"


def all_cells():
    cells = [(a, b) for a in nat.KINDS for b in nat.KINDS]
    return cells + [("same", kind) for kind in nat.KINDS if kind != "none"]


QUICK = [("none", "port"), ("port", "port"), ("restricted", "symmetric"),
         ("symmetric", "port"), ("port", "blocked"), ("same", "port")]

CONTROL = [("none", "none", True), ("full", "full", False),
           ("restricted", "restricted", False), ("port", "port", False),
           ("symmetric", "port", False), ("symmetric", "symmetric", False)]


class TurnLog:
    """What coturn did since a moment."""

    def __init__(self, net):
        self.path = os.path.join(net.folder, "coturn.out")
        self.start = os.path.getsize(self.path)

    def left(self):
        """How many allocations were made and not given back."""
        deadline = time.monotonic() + 1  # a last Refresh may be on its way
        while True:
            with open(self.path, errors="replace") as log:
                log.seek(self.start)
                text = log.read()
            made = re.findall(r"session (\d+): new, .*lifetime", text)
            gone = re.findall(r"session (\d+): refreshed, .*lifetime=0\b",
                              text)
            left = len(set(made) - set(gone))
            if not left or time.monotonic() > deadline:
                return left
            time.sleep(0.1)


class Cell:
    """A call from a to b, and what came of it."""

    def __init__(self, program, net, kind_a, kind_b, folder, ice="full"):
        self.net = net
        self.kinds = (kind_a, kind_b)
        self.ice = ice
        self.wrong = []
        os.makedirs(folder)
        net.set_phones(kind_a, kind_b)
        self.turn = TurnLog(net)
        self.a = Phone(program, net, "a", "alice", folder)
        self.b = Phone(program, net, "b", "bob", folder)
        self.packets = {}

    def transport(self, side):
        if self.kinds[0] == "same":
            kind = self.kinds[1]
        else:
            kind = self.kinds["ab".index(side)]
        return "tcp" if kind == "blocked" else "udp"

    def call(self):
        """Runs both; True if both came as far as to be judged."""
        transport = self.transport("b")
        self.b.start("listen", "--answer", "--count", "1",
                     self.b.account(transport), self.b.ice(self.ice),
                     self.b.voice(TONES["b"]))
        registered = self.b.wait("registered", "register_failed")
        if not registered or registered["event"] != "registered":
            self.wrong.append("b does not register")
            return False
        self.server_is(registered, transport)

        transport = self.transport("a")
        self.a.start("call", "sip:bob@" + SERVER,
                     "--duration", str(TALK), "--timeout", "10",
                     self.a.account(transport), self.a.ice(self.ice),
                     self.a.voice(TONES["a"]))
        if self.a.finish(TALK + PATIENCE) is None:
            self.wrong.append("a does not end within %d s"
                              % (TALK + PATIENCE))
        if self.b.finish(5) is None:
            self.wrong.append("b does not end within 5 s of a's end")
        registered = self.a.event("registered")
        if registered:
            self.server_is(registered, transport)
        else:
            self.wrong.append("a does not register")
        self.packets = {side: self.net.counters(side) for side in "ab"}
        return True

    def server_is(self, registered, transport):
        server = str(registered.get("server"))
        if not server.startswith(transport + ":"):
            self.wrong.append("registered at %s, expected %s"
                              % (server, transport))

    def stop(self):
        for phone in (self.a, self.b):
            phone.stop()

    def heard_wrong(self):
        return self.a.heard(TONES["b"], TONES["a"]) \
            + self.b.heard(TONES["a"], TONES["b"])

    def contract(self):
        self.wrong += self.a.contract() + self.b.contract()

    def judge_heard(self, path):
        """Both heard each other, on the path that was to be expected."""
        for phone in (self.a, self.b):
            self.wrong += phone.ended(0)
        self.wrong += self.heard_wrong()
        for side, phone in (("a", self.a), ("b", self.b)):
            for what, found in (
                    ("says", phone.path().get("path")),
                    ("its packets say", self.path_by_packets(side))):
                if path and found != path:
                    self.wrong.append("%s: expected %s, %s %s" % (
                        phone.name, path, what, found))
        left = self.turn.left()
        if left:
            self.wrong.append("%d TURN allocations were not given back"
                              % left)

    def judge_fails(self):
        """Nobody heard anything; both end with 4 and say why."""
        for phone in (self.a, self.b):
            self.wrong += phone.ended(4)
            if phone.status == 4 and not phone.why():
                self.wrong.append(phone.name + " does not say why")

    def judge_silent(self):
        """The control run: they must not hear each other."""
        for side, phone, hertz in (("a", self.a, TONES["b"]),
                                   ("b", self.b, TONES["a"])):
            if not phone.heard(hertz, TONES[side]):
                self.wrong.append(phone.name + " hears the other although "
                                  "it cannot without ICE")
        self.judge_fails()

    def path_by_packets(self, side):
        packets = self.packets.get(side)
        if not packets or not sum(packets.values()):
            return "nothing"
        relay, direct = packets["relay_out"], packets["direct_out"]
        return "direct" if direct > relay else "relay"

    def got(self):
        """direct, relay, fails or mixed, as the phones say."""
        paths = [phone.path().get("path") for phone in (self.a, self.b)]
        if {self.a.status, self.b.status} == {4}:
            return "fails"
        if self.a.status != 0 or self.b.status != 0:
            return "error"
        if paths[0] == paths[1]:
            return paths[0] or "plain"
        return "mixed"

    def note(self):
        """The times and what was nominated, one line."""
        def ms(value):
            return "-" if value is None else "%.0f" % value

        def pair(phone):
            ice = phone.path()
            ends = [ice.get(end) if isinstance(ice.get(end), dict) else {}
                    for end in ("local", "remote")]
            return "/".join(end.get("type", "-") for end in ends)

        return "got %-7s first audio %4s %4s ms  ice %4s %4s ms  %s %s" % (
            self.got(), ms(self.a.milliseconds("media_heard")),
            ms(self.b.milliseconds("media_heard")),
            ms(self.a.milliseconds("ice_connected")),
            ms(self.b.milliseconds("ice_connected")),
            pair(self.a), pair(self.b))

    def times(self):
        return {name: [value for phone in (self.a, self.b) for value in
                       [phone.milliseconds(name)] if value is not None]
                for name in ("media_heard", "ice_connected")}

    def tails(self):
        server = []
        for process in self.net.hosts["srv"].processes:
            server.append(process.tail(8))
        return [self.a.tail(), self.b.tail()] + server
