# SPDX-License-Identifier: BSD-3-Clause
"""The setups that `lab relay` knows, in the order in which they are run."""

import os
import shutil

import servers
from net import SERVER, SERVER2
from relaynet import LET_GO, RELAYS, RULE, TIMEOUT, Setup

NEAR, FAR = 0, 40  # ms one way, of a relay's line


class Mediaproxy(Setup):
    """Kamailio's mediaproxy module, and the double of a relay."""

    def __init__(self, name, ice_candidate, define=(), delays=(NEAR,),
                 short=True, title=None):
        """short: its clocks are; else they are the real ones."""
        super().__init__(name, title)
        self.ice_candidate = ice_candidate
        self.define = define
        self.delays = delays
        self.origins = ("implicit",) if ice_candidate == "none" \
            else ("proxy",)
        self.clocks = {}
        if short:
            self.clocks = {"stream_timeout": TIMEOUT, "rule_first": RULE,
                           "rule_one_way": RULE, "rule_both_ways": RULE}
            # the first media may go through it
            self.timeout = RULE + 0.5

    def relay(self, net, number):
        return servers.mediaproxy(
            net, RELAYS[number], "rel%d" % (number + 1),
            "%s-%d" % (self.name.replace(" ", "-").replace(",", ""),
                       number + 1), **self.clocks)

    def start(self, net):
        net.relays = [self.relay(net, 0)]
        net.proxy = self.kamailio(net, relay=net.relays[0],
                                  ice_candidate=self.ice_candidate,
                                  define=self.define)

    def mark(self, net):
        return [len(relay.events) for relay in net.relays]

    def released(self, net, mark):
        """Each of them, while the call went on."""
        return all(relay.told("closed", since, why=LET_GO)
                   for relay, since in zip(net.relays, mark))


class Chain(Mediaproxy):
    """Two proxies, one of each phone, each with a relay of its own."""

    def __init__(self, name, ice_candidate, delays):
        super().__init__(name, ice_candidate, delays=delays)
        # without candidates nobody sees but one end of the whole chain
        self.chained = ice_candidate == "none"

    def start(self, net):
        net.relays = [self.relay(net, number) for number in range(2)]
        more = {"ice_candidate": self.ice_candidate}
        net.proxy = self.kamailio(net, relay=net.relays[0],
                                  define=("FIRST",), other=SERVER2, **more)
        net.second = self.kamailio(net, SERVER2, self.name + " second",
                                   domain=SERVER, relay=net.relays[1],
                                   define=("SECOND",), other=SERVER, **more)

    def registrar(self, side):
        return SERVER if side == "a" else SERVER2

    def leave(self, net):
        self.end(net, net.second)
        net.second = None
        super().leave(net)


class Rtpengine(Setup):
    """Kamailio's rtpengine module, and Debian's rtpengine."""

    delays = (NEAR,)

    def __init__(self, name, flags, passes=False):
        super().__init__(name)
        self.flags = flags
        self.passes = passes
        self.origins = ("proxy",)

    def start(self, net):
        net.relays = [servers.Rtpengine(
            net, net.hosts["rel1"], RELAYS[0],
            self.name.replace(" ", "-") + "-1")]
        net.proxy = self.kamailio(net, relay=net.relays[0], flags=self.flags)


_ALL = [
    Setup("plain"),
    Mediaproxy("mp none", "none"),
    Mediaproxy("mp low", "low-priority"),
    Mediaproxy("mp high", "high-priority"),
    # baresip's ICE takes longer than short clocks let it
    Mediaproxy("mp none, 90 s", "none", short=False, title="mp none"),
    Mediaproxy("mp low, 90 s", "low-priority", short=False, title="mp low"),
    Mediaproxy("mp high, 90 s", "high-priority", short=False,
               title="mp high"),
    Mediaproxy("mp far", "high-priority", delays=(FAR,)),
    Mediaproxy("engage none", "none", ("ENGAGE",)),
    Mediaproxy("engage high", "high-priority", ("ENGAGE",)),
    Chain("chain high, 1 near", "high-priority", (NEAR, FAR)),
    Chain("chain high, 2 near", "high-priority", (FAR, NEAR)),
    Chain("chain low, 1 near", "low-priority", (NEAR, FAR)),
    Chain("chain low, 2 near", "low-priority", (FAR, NEAR)),
    Chain("chain none", "none", (NEAR, NEAR)),
    Rtpengine("force-relay", "ICE=force-relay", True),
    Rtpengine("force", "ICE=force"),
    Rtpengine("rtpengine", ""),
    Rtpengine("remove", "ICE=remove"),
]
SETUPS = {setup.name: setup for setup in _ALL}


def missing():
    """{setup: why it cannot be run here}"""
    found = {}
    if not shutil.which("rtpengine"):
        found.update((name, "needs the package rtpengine-daemon")
                     for name, setup in SETUPS.items()
                     if isinstance(setup, Rtpengine))
    if not os.path.exists(os.path.join(servers.modules(), "mediaproxy.so")):
        found.update((name, "this Kamailio has no mediaproxy module")
                     for name, setup in SETUPS.items()
                     if isinstance(setup, Mediaproxy))
    return found
