# SPDX-License-Identifier: BSD-3-Clause
"""The cases of `lab relay` that are no pair of NATs."""

import faults
import relayfaults
from baresip import Baresip
from cell import TONES
from interop import PeerAnswers, PeerCalls
from relaycell import RelayCell, Taps, one, told
from relaynet import TIMEOUT
from relaysetups import SETUPS

PORT = ("port", "port")
SYM = ("symmetric", "symmetric")
MIXED = ("port", "symmetric")
MOVES = "behind its own re-INVITE it sends to c=, not to the pair"


class Case:
    """What is done, where, and what is wanted of it."""

    def __init__(self, name, setup, kinds, wanted, make, quick=False,
                 fault=""):
        """make: called with program, net, folder, kinds and the setup.
        fault: what the other phone does wrong; then it is not judged."""
        self.what = name
        self.name = "%s, %s, %s" % (name, setup, ":".join(kinds))
        self.setup = setup
        self.kinds = kinds
        self.wanted = wanted
        self._make = make
        self.quick = quick
        self.fault = fault
        self.place = 0

    def make(self, program, net, folder):
        return self._make(program, net, folder, self.kinds,
                          SETUPS[self.setup])


    def verdict(self, run):
        if not run.wrong:
            return "ok"
        if self.fault:
            return "not judged: " + self.fault
        return "FAILED: " + run.wrong[0]


class Call(RelayCell):
    """A cell with something about it."""

    more = {}
    want = None  # how its media must go, if not as theory says

    def __init__(self, program, net, kinds, folder, setup, **more):
        self.setup = setup
        super().__init__(program, net, kinds, folder, setup,
                         **dict(self.more, **more))

    def judge(self):
        super().judge()
        if self.want:
            self.expect("its packets", self.outcome.path, (self.want,))

    def found(self):
        out = self.outcome
        first = "-" if out.first is None else "%.0f ms" % out.first
        origin = out.origin
        return "heard by %d, %s%s, first audio %s" % (
            sum(out.heard), out.path, " (%s)" % origin if origin and
            out.path.startswith("relay") else "", first)


def call(name, setup, kinds, wanted, quick=False, base=Call, want=None,
         fault="", **more):
    made = type("Call", (base,), {"more": more, "want": want})
    return Case(name, setup, kinds, wanted, lambda program, net, folder,
                kinds, setup: made(program, net, kinds, folder, setup),
                quick, fault)


class Rings(Call):
    """It rings for longer than the relay waits for media. How long that is a
    phone cannot know of this one: ICE must have found nothing first."""

    ring = TIMEOUT + 2  # s
    back = 12  # s, from the answer to the voice

    def __init__(self, *args, **more):
        super().__init__(*args, talk=20, **more)
        self.answer = "--answer=%d" % self.ring
        self.patience = self.ring + 10

    def find(self):
        super().find()
        self.outcome.released = None  # it was, long before
        answered = self.a.event("answered")
        start = self.a.event("calling")
        if answered and start and self.outcome.first is not None:
            self.outcome.first -= 1000 * (answered["t"] - start["t"])

    def judge(self):
        super().judge()
        first = self.outcome.first
        if first is not None and first > 1000 * self.back:
            self.wrong.append("voice %.1f s behind the answer, expected "
                              "within %.1f s" % (first / 1000, self.back))


class RingsLonger(Rings):
    """Longer than the 90 s that all of them wait."""

    ring = 95
    back = faults.BACK


def fault(what, setup, kinds, sides, wanted, quick=False):
    names = {"a": "caller", "b": "callee", "ab": "both", "": ""}[sides]
    return Case(what.what + (", " + names if names else ""), setup, kinds,
                wanted, lambda program, net, folder, kinds, setup:
                what(program, net, folder, kinds, sides, setup), quick)


class WithPeer:
    """uaphone and baresip, with or without rtcp-mux."""

    mux = True
    ice = True

    def __init__(self, program, net, folder, kinds, setup):
        setup.use(net)
        self.kinds = kinds
        self.setup = setup
        super().__init__(program, net, folder)
        self.taps = Taps(net, folder, setup.relays)
        self.told = told("stun")

    def uaphone(self, side):
        phone = super().uaphone(side)
        ice = phone.ice
        phone.ice = lambda: ice(**self.told)
        return phone

    def make(self, side, user):
        peer = Baresip(self.net, side, user, TONES[side], self.folder,
                       self.ice, server="stun", mux=self.mux)
        self.others.append(peer)
        return peer

    def ways(self):
        return one(wire.went() for wire in self.taps.wires().values())

    def found(self):
        remote = self.phone.path().get("remote") if self.phone else None
        origin = remote.get("origin") if isinstance(remote, dict) else None
        heard = 2 - len({text.split(":")[0] for text in self.wrong
                         if "heard" in text})
        return "heard by %d, %s (%s)" % (heard, self.ways(),
                                         origin or "no ICE")


class PeerAnswersRelay(WithPeer, PeerAnswers):
    talk = 20


class PeerCallsRelay(WithPeer, PeerCalls):
    pass


def peer(what, setup, kinds, calls, mux=True, ice=True, fault=""):
    made = type("WithPeer", (PeerCallsRelay if calls else PeerAnswersRelay,),
                {"mux": mux, "ice": ice})
    return Case("baresip %s, %s" % ("calls" if calls else "answers", what),
                setup, kinds, "heard both ways", made, fault=fault)


class Dual(Call):
    """IPv6 makes a direct path where IPv4 has none."""

    def judge(self):
        self.outcome.possible = "direct"
        super().judge()


def _cases():
    for side, who in (("b", "callee"), ("a", "caller")):
        yield call("%s without ICE" % who, "force-relay", PORT,
                   "heard both ways, by the relay", ice={side: "off"},
                   fault="ICE=force-relay leaves c= as it is")
    for setup in ("mp none", "mp high", "engage none", "force", "rtpengine"):
        for kinds in (PORT, SYM, ("symmetric", "none")):
            for side, who in (("b", "callee"), ("a", "caller")):
                yield call("%s without ICE" % who, setup, kinds,
                           "heard both ways, by the relay",
                           (setup, side, kinds) == ("mp none", "b", SYM),
                           ice={side: "off"})
    for setup in ("mp none", "mp high", "engage none"):
        for sides in ("a", "b", "ab"):
            yield fault(relayfaults.HoldRelay, setup, SYM, sides,
                        "voice back, by the relay",
                        (setup, sides) == ("mp none", "b"))
        yield fault(relayfaults.HoldDirect, setup, PORT, "a",
                    "voice back, direct")
    yield fault(relayfaults.HoldRelay, "force-relay", SYM, "a",
                "voice back, by the relay")
    for setup in ("mp none", "mp high"):
        yield call("rings for 8 s", setup, SYM, "heard both ways", base=Rings)
        yield call("rings for 8 s", setup, PORT, "direct", base=Rings)
        for kinds, wanted in ((SYM, "heard both ways"), (PORT, "direct")):
            yield call("rings for 95 s", setup + ", 90 s", kinds, wanted,
                       base=RingsLonger)
    for setup in ("mp none", "mp high", "force-relay"):
        yield fault(relayfaults.DirectDies, setup, PORT, "",
                    "voice back, by the relay", setup == "mp none")
        for sides in "ab":
            yield fault(relayfaults.Rebinds, setup, SYM, sides,
                        "voice back, by the relay",
                        (setup, sides) == ("mp high", "a"))
        yield fault(relayfaults.NewPorts, setup, MIXED, "a",
                    "voice back, by the relay")
        yield fault(relayfaults.NewAddress, setup, MIXED, "a",
                    "voice back, by the relay")
    open6 = {"a": "open", "b": "open"}
    for setup in ("mp none", "mp high", "force-relay"):
        yield call("dual stack", setup, SYM, "direct, by IPv6", six=open6,
                   want="direct", base=Dual)
        yield call("dual stack, IPv6 black hole", setup, SYM,
                   "heard both ways, by the relay",
                   six={"a": "open", "b": "hole"})
        yield call("caller dual stack", setup, SYM,
                   "heard both ways, by the relay", six={"a": "open"})
        yield call("callee dual stack", setup, SYM,
                   "heard both ways, by the relay", six={"b": "open"})
    for setup in ("mp high, 90 s", "mp low, 90 s", "force-relay"):
        for mux in (True, False):
            for calls in (True, False):
                yield peer("mux" if mux else "no mux", setup, MIXED, calls,
                           mux, fault=MOVES if calls and
                           setup == "force-relay" else "")
    for setup, near in (("chain high, 1 near", "relay 1"),
                        ("chain high, 2 near", "relay 2"),
                        ("chain low, 1 near", "relay 1"),
                        ("chain low, 2 near", "relay 2")):
        yield call("two proxies", setup, SYM, "by " + near,
                   (setup, near) == ("chain high, 2 near", "relay 2"),
                   want=near)
        yield call("two proxies", setup, PORT, "direct")
    for kinds in (SYM, MIXED):
        yield call("two proxies", "chain none", kinds, "heard both ways")
    yield call("two proxies", "chain none", PORT, "direct")
    yield call("own TURN is nearer", "mp far", SYM, "by TURN", want="turn",
               reach="turn")
    for kinds, wanted in ((PORT, "direct"), (SYM, "by the relay")):
        yield call("far relay", "mp far", kinds, wanted)
    for calls in (True, False):
        yield peer("no ICE", "mp none", SYM, calls, ice=False)


CASES = list(_cases())
for _number, _case in enumerate(CASES):
    _case.place = _number
