# SPDX-License-Identifier: BSD-3-Clause
"""One cell of the matrix: a call between two phones behind two NATs."""

import os
import re

import nat
from net import RELAYS, SERVER, since, way
from phone import SEEN, Phone

TONES = {"a": 440, "b": 740}  # Hz
# A busy machine costs a frame now and then: room for a second without one
TALK = 4  # s
DIRECT_AGAIN = 15  # s, with loss
LOSSY_TALK = DIRECT_AGAIN + 3  # s

# What a call with a phone behind blocked UDP does: TURN takes TCP
BLOCKED = "relay"
# The TURN servers that a phone is told of, as servers.TURN_URIS names them
TURN = ("any",)


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
        self.net = net
        self.path = os.path.join(net.folder, "coturn.out")
        self.start = os.path.getsize(self.path)

    def left(self):
        """How many allocations were made and not given back."""
        # a last Refresh may be on its way
        self.net.turn.until(lambda: not self._left(), 1)
        return self._left()

    def _left(self):
        with open(self.path, errors="replace") as log:
            log.seek(self.start)
            text = log.read()
        made = re.findall(r"session (\d+): new, .*lifetime", text)
        gone = re.findall(r"session (\d+): refreshed, .*lifetime=0\b", text)
        return len(set(made) - set(gone))


class Cell:
    """A call from a to b, and what came of it."""

    answer = "--answer"  # how b answers
    patience = 10  # s that a waits for it

    def __init__(self, program, net, kind_a, kind_b, folder, ice="full",
                 **phones):
        """phones: more about them, as Net.set_phones() takes it."""
        self.net = net
        self.kinds = (kind_a, kind_b)
        self.ice = ice
        self.wrong = []
        self.talk = LOSSY_TALK if net.loss else TALK
        os.makedirs(folder)
        net.set_phones(kind_a, kind_b, **phones)
        self.coturn = TurnLog(net)
        self.a = Phone(program, net, "a", "alice", folder)
        self.b = Phone(program, net, "b", "bob", folder)
        # what each is told: TURN servers, and the rest of ice()'s arguments
        self.told = {side: {"turn": TURN} for side in "ab"}
        self.packets = {}
        self.before = {}  # those that do not count

    def phones(self):
        return ("a", self.a), ("b", self.b)

    def transport(self, side):
        if self.kinds[0] == "same":
            kind = self.kinds[1]
        else:
            kind = self.kinds["ab".index(side)]
        return "tcp" if kind == "blocked" else "udp"

    def call(self):
        """Runs both; True if both came as far as to be judged."""
        if not self.begin():
            return False
        self.during()
        return self.end()

    def begin(self):
        """b waits, a calls; False if b does not come so far."""
        transport = self.transport("b")
        self.b.start("listen", self.answer, "--count", "1",
                     self.b.account(transport),
                     self.b.ice(self.ice, **self.told["b"]),
                     self.b.voice(TONES["b"]))
        registered = self.b.wait("registered", "register_failed")
        if not registered or registered["event"] != "registered":
            self.wrong.append("b does not register")
            return False
        self.server_is(registered, transport)

        self.a.start("call", "sip:bob@" + SERVER,
                     "--duration", str(self.talk), "--timeout",
                     str(self.patience), self.a.account(self.transport("a")),
                     self.a.ice(self.ice, **self.told["a"]),
                     self.a.voice(TONES["a"]))
        return True

    def during(self):
        """While they talk: with loss, the path is judged by the end of it."""
        if self.net.loss and self.a.wait("answered", "result", timeout=10):
            self.a.wait("result", timeout=DIRECT_AGAIN)
            self.before = {side: self.net.counters(side) for side in "ab"}

    def end(self):
        """Waits for both ends; True if there is something to be judged."""
        longest = self.talk + self.patience + 5
        if self.a.finish(longest) is None:
            self.wrong.append("a does not end within %d s" % longest)
        # a lost BYE is sent again, for 32 s at most
        if self.b.finish(8 if self.net.loss else 5) is None:
            self.wrong.append("b does not end within 5 s of a's end")
        registered = self.a.event("registered")
        if registered:
            self.server_is(registered, self.transport("a"))
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
        lossy = bool(self.net.loss)
        return self.a.heard(TONES["b"], TONES["a"], lossy) \
            + self.b.heard(TONES["a"], TONES["b"], lossy)

    def contract(self):
        self.wrong += self.a.contract() + self.b.contract()

    def judge_heard(self, path):
        """Both heard each other, on the path that was to be expected."""
        for _, phone in self.phones():
            self.wrong += phone.ended(0)
        self.wrong += self.heard_wrong()
        for side, phone in self.phones():
            for what, found in (
                    ("says", phone.path().get("path")),
                    ("its packets say", self.path_by_packets(side))):
                if path and found != path:
                    self.wrong.append("%s: expected %s, %s %s" % (
                        phone.name, path, what, found))
        left = self.coturn.left()
        if left and not self.net.loss:
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
        went = way(since(self.packets.get(side, {}),
                         self.before.get(side, {})))
        if went in RELAYS:
            return "relay"
        return "direct" if went.startswith("direct") else went

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

        connected = [phone.connected() for phone in (self.a, self.b)]
        return "got %-7s first audio %4s %4s ms  ice %4s %4s nominated " \
            "%4s %4s ms  %s %s" % (
                self.got(), ms(self.a.milliseconds("media_heard")),
                ms(self.b.milliseconds("media_heard")),
                *(ms(times[0]) for times in connected),
                *(ms(times[1]) for times in connected),
                pair(self.a), pair(self.b))

    def times(self):
        """{what: its ms at both ends}, as far as they are known."""
        found = {"media_heard": [], "connected": [], "nominated": []}
        for _, phone in self.phones():
            values = (phone.milliseconds("media_heard"), *phone.connected())
            for name, value in zip(found, values):
                if value is not None:
                    found[name].append(value)
        ends = [phone.event("media_heard") for _, phone in self.phones()]
        start = self.a.event("calling")
        if start and all(ends):
            found["both"] = [1000 * (max(end[SEEN] for end in ends)
                                     - start[SEEN])]
        return found

    def tails(self):
        server = []
        for process in self.net.hosts["srv"].processes:
            server.append(process.tail(8))
        return [self.a.tail(), self.b.tail()] + server
