# SPDX-License-Identifier: BSD-3-Clause
"""What befalls a call in its middle, and how long its voice is away."""

import signal
import time

import nat
import servers
import tone
from cell import TONES, Cell
from net import MOVED, PUBLIC, SERVER, SERVER2, SIP_PORT, since

SETTLE = 3  # s of talk before anything happens
LONG, SHORT = 40, 12  # s that are watched afterwards
MISSING = 3  # s of voice that may be missing in them
BACK = 2.5  # s until the voice must be back
GLARE = 2  # s more where both re-INVITE at once (RFC 3261, 14.1)
LOOK = 0.02  # s

NAMES = {"a": "caller", "b": "callee"}


class Fault(Cell):
    """A call, and one thing that happens to it; subclasses say what."""

    what = "nothing"
    before = None  # the path that there must be before, if any
    down = 0.0  # s that it lasts: the voice cannot be back sooner
    glare = 0.0  # s that the two may get in each other's way
    turn = ("any",)
    back = True  # is the time until the voice is back judged?
    moves = False  # is the phone's address in the dialog no longer true?
    settle = SETTLE  # s of talk before it happens

    def __init__(self, program, net, folder, kinds, sides, length):
        super().__init__(program, net, *kinds, folder)
        self.sides = sides
        self.length = length
        self.talk = length + self.settle + 3
        self.phone = self.a  # whose result is printed
        self.watches = {side: tone.Watch(phone.sink)
                        for side, phone in self.phones()}
        self.start = None  # of the fault, monotonic
        self.was = None  # the path before
        self.restarts = 0
        self.result = {}  # side: (heard, back)
        for side in "ab":
            self.told[side] = {"turn": self.turn}
        self.prepare()

    def prepare(self):
        """Before the phones start."""

    def act(self):
        """The fault itself."""

    def undo(self):
        """Its end, `down` seconds later."""

    def run(self):
        if self.call():
            self.contract()
            self.judge()

    def watch(self, seconds):
        """Lets time pass; False when a phone ends meanwhile."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for watch in self.watches.values():
                watch.look(time.monotonic())
            if not (self.a.process.alive() and self.b.process.alive()):
                return False
            time.sleep(LOOK)  # files grow without telling
        return True

    def during(self):
        for _, phone in self.phones():
            if not phone.wait("media_heard", "result", timeout=15):
                self.wrong.append(phone.name + " hears nothing at first")
                return
        if not self.watch(self.settle):
            self.wrong.append("a phone ends before anything happens")
            return
        self.was = self.got_now()
        if self.before and self.was != self.before:
            self.wrong.append("before: expected the path %s, got %s" % (
                self.before, self.was))
        before = time.monotonic()
        self.act()
        self.start = before
        up = self.watch(self.down)
        self.undo()
        up = up and self.watch(self.length - self.down + 0.5)
        if not up and not self.cut_off():
            self.wrong.append("a phone ends its call after %.1f s" % (
                time.monotonic() - before))

    def got_now(self):
        paths = {phone.path().get("path") for _, phone in self.phones()}
        return paths.pop() if len(paths) == 1 else "mixed"

    def cut_off(self):
        """Both moved: the proxy sends what either says to where the other
        was. They may end the call, each by itself, if both say why."""
        return self.moves and len(self.sides) == 2

    def gave_up(self, phone):
        closed = phone.event("closed") or {}
        return phone.status in (0, 4) and closed.get("code", 0) >= 400

    def judge(self):
        if self.start is None:
            return
        if self.cut_off() and self.gave_up(self.a) and self.gave_up(self.b):
            return
        for side, phone in self.phones():
            self.wrong += phone.ended(0)
            watch = self.watches[side]
            if watch.start is None:
                self.wrong.append(phone.name + " records nothing")
                continue
            other = TONES["b" if side == "a" else "a"]
            heard, back = tone.after(phone.sink, other,
                                     self.start - watch.start, self.length)
            self.result[side] = heard, back
            late = self.down + self.glare
            want = self.length - MISSING - late
            if heard < want:
                self.wrong.append("%s: hears %.1f s of the %d s after it, "
                                  "expected %.0f" % (phone.name, heard,
                                                     self.length, want))
            if self.back and (back is None or back > BACK + late):
                self.wrong.append("%s: the voice is back %s, expected within "
                                  "%.1f s" % (
                                      phone.name, "never" if back is None
                                      else "after %.1f s" % back,
                                      BACK + late))

    def where(self):
        return " and ".join(NAMES[side] for side in self.sides)

    def row(self):
        """Of the table: what, kinds, heard and back of both, the paths."""
        def side(which):
            if not self.result:
                return "ends      -"
            heard, back = self.result.get(which, (0.0, None))
            if not self.back:
                return "%5.1f     -" % heard
            return "%5.1f %5s" % (heard, "never" if back is None
                                  else "%.1f" % back)

        return "%-27s %-19s %s  %s  %-6s -> %-6s %2d/%d" % (
            self.what + (", " + self.where() if self.sides else ""),
            ":".join(self.kinds), side("a"), side("b"), self.was,
            self.got_now(), self.a.count("ice_restart"),
            self.b.count("ice_restart"))

    def note(self):
        return self.row()[48:]


TITLE = "%-27s %-19s %-11s  %-11s  %-16s %s" % (
    "fault", "NATs", "caller", "callee", "path", "restarts")
UNITS = "%-27s %-19s %-11s  %-11s" % ("", "", "heard back", "heard back")


class Reboot(Fault):
    what = "NAT reboots"

    def act(self):
        for side in self.sides:
            nat.reboot(self.net.hosts["nat" + side])


class NewAddress(Fault):
    what = "NAT's new address"
    moves = True

    def act(self):
        for side in self.sides:
            nat.renumber(self.net.hosts["nat" + side], PUBLIC[side],
                         MOVED[side])


class NewPorts(Fault):
    what = "NAT's new ports"
    moves = True

    def act(self):
        for side in self.sides:
            nat.new_ports(self.net.hosts["nat" + side])


class Gruu(Fault):
    """At a proxy that keeps flows and gives GRUUs: whoever registers anew is
    found by what the other knows of it."""

    moves = False

    def prepare(self):
        self.proxy = servers.kamailio(
            self.net, "kamailio-gruu", SERVER2, domain=SERVER,
            define=("OUTBOUND",))
        servers.listening(self.net.hosts["srv"], SERVER2, SIP_PORT,
                          self.proxy)
        for _, phone in self.phones():
            phone.registrar = SERVER2
        if len(self.sides) == 2:
            self.glare = GLARE

    def judge(self):
        super().judge()
        for _, phone in self.phones():
            found = phone.event("registered") or {}
            if not found.get("gruu") or not found.get("outbound"):
                self.wrong.append(phone.name + " gets no GRUU, or no outbound")

    def stop(self):
        super().stop()
        self.proxy.stop()
        self.net.hosts["srv"].processes.remove(self.proxy)


class GruuStays(Gruu):
    what = "nothing, GRUU"


class GruuReboot(Gruu, Reboot):
    what = "NAT reboots, GRUU"


class GruuNewAddress(Gruu, NewAddress):
    what = "new address, GRUU"


class GruuNewPorts(Gruu, NewPorts):
    what = "new ports, GRUU"


class NoProxy(NewAddress):
    """Meanwhile nobody can be told by signalling."""

    what = "new address, no proxy"
    down = 3.0

    def act(self):
        self.net.hosts["srv"].run(["nft", "-f", "-"], """
table inet away {
    chain input {
        type filter hook input priority 0;
        meta l4proto { tcp, udp } th dport %d drop
    }
}
""" % SIP_PORT)
        super().act()

    def undo(self):
        self.net.hosts["srv"].run(["nft", "delete", "table", "inet", "away"])

    def stop(self):
        self.net.hosts["srv"].run(["nft", "delete", "table", "inet", "away"],
                                  check=False)
        super().stop()


class Unplugged(Fault):
    """Two interfaces; the better one goes."""

    what = "interface goes"

    def prepare(self):
        side = self.sides[0]
        self.net.second_interface(side, self.kinds["ab".index(side)])

    def act(self):
        phone = self.net.hosts[self.sides[0]]
        phone.ip("addr flush dev eth0", "link set eth0 down")


class Plugged(Unplugged):
    """A better interface comes, and the default route goes there."""

    what = "better interface comes"

    def prepare(self):
        super().prepare()
        super().act()

    def act(self):
        side = self.sides[0]
        address = self.net.address[side]
        self.net.hosts[side].ip(
            "link set eth0 up", "addr add %s/24 dev eth0" % address,
            "route add default via %s.1 dev eth0" % address.rsplit(".", 1)[0])


class TurnDies(Fault):
    """The TURN server in use goes; there is a second one."""

    what = "TURN killed, second one"
    before = "relay"
    turn = ("udp", "udp second")
    silent = False

    def prepare(self):
        self.second = servers.coturn(self.net, "coturn2", (SERVER2,))

    def busy(self):
        """Which of the servers the media goes to."""
        def count():
            return [self.net.counters(side) for side in "ab"]

        before = count()
        self.watch(0.3)
        first = second = 0
        for now, then in zip(count(), before):
            packets = since(now, then)
            first += packets["relay_first"]
            second += packets["relay_second"]
        return (SERVER, self.net.turn) if first >= second \
            else (SERVER2, self.second)

    def act(self):
        address, process = self.busy()
        self.start = time.monotonic()
        if self.silent:
            self.net.hosts["srv"].run(["nft", "-f", "-"], """
table ip dead {
    chain input {
        type filter hook input priority 0;
        ip daddr %(address)s th dport != %(sip)d drop
    }
    chain output {
        type filter hook output priority 0;
        ip saddr %(address)s th sport != %(sip)d drop
    }
}
""" % {"address": address, "sip": SIP_PORT})
        else:
            process.signal(signal.SIGKILL)

    def stop(self):
        super().stop()
        srv = self.net.hosts["srv"]
        srv.run(["nft", "delete", "table", "ip", "dead"], check=False)
        self.end_of(self.second)
        if not self.net.turn.alive():
            self.end_of(self.net.turn)
            self.net.turn = servers.coturn(self.net)

    def end_of(self, process):
        if process:
            process.stop()
            self.net.hosts["srv"].processes.remove(process)


class TurnSilent(TurnDies):
    what = "TURN silent, second one"
    silent = True


class TurnDiesDirect(TurnDies):
    """A direct path has come up meanwhile."""

    what = "TURN killed, direct works"
    turn = ("any",)

    def prepare(self):
        self.second = None
        self.net.hosts["nata"].run(["nft", "-f", "-"], """
table ip apart {
    chain forward {
        type filter hook forward priority 0;
        ip daddr %(b)s drop
        ip saddr %(b)s drop
    }
}
""" % {"b": PUBLIC["b"]})

    def act(self):
        self.net.hosts["nata"].run(["nft", "delete", "table", "ip", "apart"])
        self.net.turn.signal(signal.SIGKILL)


class TurnRestarts(TurnDies):
    """The only one, which has forgotten all allocations."""

    what = "TURN restarts"
    turn = ("any",)
    down = 1.0

    def prepare(self):
        self.second = None

    def act(self):
        self.net.turn.signal(signal.SIGKILL)

    def undo(self):
        self.end_of(self.net.turn)
        self.net.turn = servers.coturn(self.net)


class NewAddressTcp(NewAddress):
    """A phone without UDP: all its TCP connections die."""

    what = "new address, no UDP"
    before = "relay"
    turn = ("any",)


class Loss(Fault):
    what = "5 % loss begins"
    back = False

    def act(self):
        self.net.lose(5)


class Cut(Fault):
    """Nothing passes for a while."""

    what = "line is cut"
    down = 2.0

    def act(self):
        self.net.lose(100, *("nat" + side for side in self.sides))

    def undo(self):
        self.net.lose(0)


PORT = ("port", "port")
SYM = ("symmetric", "symmetric")

FAULTS = [
    (Reboot, PORT, "a"), (Reboot, PORT, "b"), (Reboot, PORT, "ab"),
    (Reboot, ("symmetric", "full"), "a"), (Reboot, ("full", "symmetric"), "b"),
    (Reboot, SYM, "a"), (Reboot, SYM, "b"),
    (Reboot, ("full", "restricted"), "a"),
    (Reboot, ("none", "symmetric"), "b"),
    (NewAddress, PORT, "a"), (NewAddress, PORT, "b"), (NewAddress, PORT, "ab"),
    (NewAddress, SYM, "a"), (NewAddress, SYM, "b"),
    (NewAddress, ("none", "full"), "b"), (NewAddress, ("full", "none"), "a"),
    (NewAddress, ("symmetric", "port"), "b"),
    (NewPorts, PORT, "a"), (NewPorts, PORT, "b"), (NewPorts, PORT, "ab"),
    (NewPorts, ("full", "full"), "b"), (NewPorts, ("symmetric", "port"), "b"),
    (GruuStays, PORT, ""), (GruuReboot, PORT, "ab"),
    (GruuNewAddress, PORT, "b"), (GruuNewAddress, PORT, "ab"),
    (GruuNewAddress, SYM, "ab"), (GruuNewPorts, PORT, "ab"),
    (NoProxy, PORT, "b"), (NoProxy, SYM, "b"),
    (Unplugged, PORT, "a"), (Unplugged, PORT, "b"), (Unplugged, SYM, "a"),
    (Plugged, PORT, "a"), (Plugged, PORT, "b"), (Plugged, SYM, "b"),
    (TurnDies, SYM, ""), (TurnSilent, SYM, ""), (TurnDiesDirect, PORT, ""),
    (TurnRestarts, SYM, ""),
    (NewAddressTcp, ("port", "blocked"), "b"),
    (Loss, PORT, ""), (Loss, SYM, ""),
    (Cut, PORT, "a"), (Cut, SYM, "b"),
]

QUICK = [
    (Reboot, PORT, "b"), (Reboot, SYM, "a"), (NewAddress, PORT, "a"),
    (NewAddress, SYM, "b"), (NewPorts, PORT, "b"), (Unplugged, PORT, "a"),
    (Plugged, PORT, "b"), (TurnDies, SYM, ""), (Loss, PORT, ""),
]


def name(fault, kinds, sides):
    return "%s%s, %s" % (fault.what, ", " + " and ".join(
        NAMES[side] for side in sides) if sides else "", ":".join(kinds))
