# SPDX-License-Identifier: BSD-3-Clause
"""What befalls a call whose proxy reserved a relay: hold, a dead path, a NAT
that rebinds. As in `faults`, voice must be back within a bound.
"""

import faults
from faults import Fault
from net import PUBLIC
from relaycell import ORIGINS, Taps, one, told
from relaynet import TIMEOUT

LENGTH = 12  # s that are watched behind it
ON_HOLD = 8  # s: longer than the relay waits for media


class RelayFault(Fault):
    """A call through a setup, and one thing that happens to it."""

    reach = "stun"
    after = None  # the path that there must be at the end, if any

    def __init__(self, program, net, folder, kinds, sides, setup):
        setup.use(net)
        self.setup = setup
        super().__init__(program, net, folder, kinds, sides,
                         LENGTH + self.down)

    def prepare(self):
        super().prepare()
        for side in "ab":
            self.told[side] = told(self.reach)
        self.taps = Taps(self.net, self.a.folder, self.setup.relays)

    def judge(self):
        self.setup.alive(self.net)
        super().judge()
        ways = self.ways()
        if self.after == "direct" and ways != "direct":
            self.wrong.append("after it: expected direct, got " + ways)
        elif self.after == "relay" and not ways.startswith(("relay",
                                                            "turn")):
            self.wrong.append("after it: expected a relay, got " + ways)

    def ways(self):
        return one(wire.went() for wire in self.taps.wires().values())

    def origin(self):
        remotes = [phone.path().get("remote") for _, phone in self.phones()]
        found = one(remote.get("origin") if isinstance(remote, dict) else None
                    for remote in remotes)
        return found if found in ORIGINS else "?"

    def found(self):
        def back(side):
            heard, after = self.result.get(side, (0, None))
            return "never" if after is None else "%.1f" % max(
                after - self.down, 0)

        if not self.result:
            return "ends"
        ways = self.ways()
        return "voice back %s / %s s, %s then %s%s" % (
            back("a"), back("b"), self.was, ways,
            " (%s)" % self.origin() if ways.startswith("relay") else "")

    def note(self):
        return self.found()


class Hold(RelayFault):
    """One side holds the call, or both do, and resumes."""

    what = "hold and resume"
    down = float(ON_HOLD)

    def act(self):
        self.tell("hold")

    def undo(self):
        self.tell("resume")

    def tell(self, word):
        for side, phone in self.phones():
            if side not in self.sides:
                continue
            replies = phone.count("reply")
            phone.say(cmd=word, id=word)
            phone.process.until(lambda: phone.count("reply") > replies, 5)
            reply = phone.event("reply") or {}
            if not reply.get("ok"):
                self.wrong.append("%s: %s: %s" % (
                    phone.name, word, reply.get("error", "no reply")))

    def judge(self):
        super().judge()
        for side, phone in self.phones():
            by = {event.get("by") for event in phone.events
                  if event["event"] == "hold"}
            want = "local" if side in self.sides else "remote"
            if want not in by:
                self.wrong.append("%s: no event hold by %s" % (phone.name,
                                                               want))


class HoldRelay(Hold):
    before = after = "relay"


class HoldDirect(Hold):
    before = after = "direct"


class DirectDies(RelayFault):
    """No packet passes between the phones any more, long after the relay
    that lost was let go."""

    what = "direct path dies"
    settle = TIMEOUT + 3
    before = "direct"
    after = "relay"

    def act(self):
        self.net.hosts["nata"].run(["nft", "-f", "-"], """
table ip apart {
    chain forward {
        type filter hook forward priority 0;
        ip daddr %(b)s drop
        ip saddr %(b)s drop
    }
}
""" % {"b": PUBLIC["b"]})


class Rebinds(RelayFault, faults.Reboot):
    """A NAT forgets all, and gives its phone's sockets other ports."""

    what = "NAT rebinds under the relay"
    before = after = "relay"


class NewPorts(RelayFault, faults.NewPorts):
    what = "NAT's new ports under the relay"
    before = after = "relay"
    moves = False


class NewAddress(RelayFault, faults.NewAddress):
    what = "NAT's new address under the relay"
    before = after = "relay"
    moves = False
