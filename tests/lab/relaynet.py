# SPDX-License-Identifier: BSD-3-Clause
"""What a proxy does to the media of a call: relays, and a Kamailio that asks
them.

A setup takes the place of the net's plain Kamailio; the phones see nothing of
that. Each relay is a host of its own, with a delay of its own.
"""

import servers
from host import LabError
from net import SERVER, SIP_PORT

RELAYS = ("198.51.100.12", "198.51.100.13")
NAMES = ("relay 1", "relay 2")
# The relays' clocks, short ones: what a real one has costs the lab hours. A
# phone checks each 4 to 6 s whether its peer still consents (RFC 7675, 5.1):
# what is in use must outlive that.
TIMEOUT = 6  # s, stream_timeout
RULE = 7  # s, of a kernel rule behind its last packet
LET_GO = "unselected ICE candidate"


class Setup:
    """No relay: the plain Kamailio."""

    passes = True  # does STUN pass, so that a direct path may be found?
    origins = ()  # what a phone may say of a remote end that is the proxy's
    timeout = None  # s, by when a relay that nobody uses is let go
    delays = ()  # ms, of each relay
    chained = False  # does every path with a relay lead through all of them?

    def __init__(self, name, title=None):
        """title: of tables, where that is not the name."""
        self.name = name
        self.title = title or name

    @property
    def relays(self):
        return dict(zip(RELAYS, NAMES[:len(self.delays)]))

    def use(self, net):
        """Makes it the net's setup."""
        if net.setup is self:
            return
        if net.setup:
            net.setup.leave(net)
        self.end(net, net.proxy)
        net.proxy, net.relays, net.setup = None, (), self
        try:
            for number, delay in enumerate(self.delays):
                net.relay("rel%d" % (number + 1), RELAYS[number], delay)
            self.start(net)
        except LabError:
            self.leave(net)
            raise

    def start(self, net):
        net.proxy = self.kamailio(net)

    def kamailio(self, net, address=SERVER, name=None, **more):
        """One that serves."""
        process = servers.kamailio(net, "kamailio-" + (name or self.name)
                                   .replace(" ", "-").replace(",", ""),
                                   address, **more)
        servers.listening(net.hosts["srv"], address, SIP_PORT, process)
        return process

    def registrar(self, side):
        """Where a phone registers."""
        return SERVER

    def leave(self, net):
        for role in ("rel1", "rel2"):
            net.drop(role)
        net.setup = None

    @staticmethod
    def end(net, process):
        if process:
            process.stop()
            net.hosts["srv"].processes.remove(process)

    @staticmethod
    def alive(net):
        """Raises LabError if a relay has died: what was measured is void."""
        for relay in net.relays:
            if not relay.process.alive():
                raise LabError("a relay died\n" + relay.process.tail())

    def mark(self, net):
        """Of now, for released()."""
        return None

    def released(self, net, mark):
        """Was a relay let go since because nobody used it? None: it does not
        tell."""
        return None
