# SPDX-License-Identifier: BSD-3-Clause
"""IPv4 and IPv6 side by side, and one without the other."""

from cell import Cell
from net import SERVER, SERVER6

SLOT = 50  # ms, Ta of a check (RFC 8445, 14.2)
ROOM = 50  # ms that a busy machine may cost


class Dual:
    """A call between phones of which some have IPv6."""

    kinds = ("port", "port")
    six = {"a": "open", "b": "open"}
    six_only = ""
    path = "direct"
    family = "v6"  # the one that the media must take, if it is direct

    def __init__(self, program, net, folder):
        self.net = net
        self.cell = Cell(program, net, *self.kinds, folder, six=self.six,
                         six_only=self.six_only)
        self.phone = self.cell.a
        self.wrong = self.cell.wrong
        for side, phone in self.cell.phones():
            if self.six.get(side):
                phone.family = ("-6",) if side in self.six_only else ()
            if side in self.six_only:
                phone.registrar = "[%s]" % SERVER6
                self.cell.told[side] = {"turn": ("udp v6",)}
            elif self.six.get(side):
                self.cell.told[side] = {"turn": ("udp", "udp v6")}

    def run(self):
        if not self.cell.call():
            return
        self.cell.contract()
        self.cell.judge_heard(self.path)
        for side, phone in self.cell.phones():
            packets = self.cell.packets[side]
            found = "v6" if packets["direct_v6"] > packets["direct_v4"] \
                else "v4"
            if self.family and found != self.family:
                self.wrong.append("%s: expected IP%s, its packets went by "
                                  "IP%s" % (phone.name, self.family, found))
        self.more()

    def more(self):
        """What else is to be judged."""

    def stop(self):
        self.cell.stop()

    def note(self):
        return self.cell.note()

    def tails(self):
        return self.cell.tails()


class V4(Dual):
    """To compare with."""

    six = {}
    family = "v4"


class Hole(Dual):
    """IPv6 is there, but leads nowhere: it may cost one slot."""

    six = {"a": "open", "b": "hole"}
    family = "v4"

    def __init__(self, program, net, folder):
        first = V4(program, net, folder + "-v4")
        try:
            first.run()
            self.without = self.took(first)
        finally:
            first.stop()
        super().__init__(program, net, folder)

    @staticmethod
    def took(call):
        """ms from both candidate sets to a valid pair, the later end's."""
        return max(call.cell.times()["connected"], default=0)

    def more(self):
        took = self.took(self)
        if took > self.without + SLOT + ROOM:
            self.wrong.append("connected after %d ms, without IPv6 after %d "
                              "ms: expected %d ms more at most" % (
                                  took, self.without, SLOT + ROOM))

    def note(self):
        return "%s  (IPv4 only %d ms)" % (self.cell.note(), self.without)


class Holes(Hole):
    six = {"a": "hole", "b": "hole"}


class Firewall(Dual):
    """Both families need a hole: either will do."""

    family = None
    six = {"a": "firewall", "b": "firewall"}


class Symmetric(Dual):
    kinds = ("symmetric", "symmetric")


class SixFour(Dual):
    """One has nothing but IPv6, the other nothing but IPv4."""

    six = {"a": "open"}
    six_only = "a"
    path = "relay"
    family = None


class FourSix(SixFour):
    six = {"b": "firewall"}
    six_only = "b"


class SixDual(Dual):
    six = {"a": "firewall", "b": "open"}
    six_only = "a"


class SixSix(Dual):
    six = {"a": "firewall", "b": "firewall"}
    six_only = "ab"


CASES = [
    ("IPv4 only", V4),
    ("IPv6 black hole, callee", Hole),
    ("IPv6 black hole, both", Holes),
    ("dual stack, IPv6 open", Dual),
    ("dual stack, IPv6 firewall", Firewall),
    ("dual stack, symmetric NATs", Symmetric),
    ("IPv6 only, IPv4 only", SixFour),
    ("IPv4 only, IPv6 only", FourSix),
    ("IPv6 only, dual stack", SixDual),
    ("IPv6 only, both", SixSix),
]
QUICK = ("IPv4 only", "IPv6 black hole, both", "dual stack, IPv6 open",
         "IPv6 only, IPv4 only")
