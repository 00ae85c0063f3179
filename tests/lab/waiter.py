# SPDX-License-Identifier: BSD-3-Clause
"""Phones that wait to be called: uaphone and its peers, seen alike."""

import os
import time

import linphone
from baresip import Baresip
from net import SERVER
from phone import SEEN, Phone

PEERS = ("baresip", "linphone")
METHODS = ("auto", "options", "register", "crlf", "off") + PEERS
PROBE = "probe"  # of a keepalive that is no ping: a request came in
LOST = ("flow_lost", "register_failed")
OFFSET = time.time() - time.monotonic()  # packets have the wall's clock


class Waiter:
    """uaphone, registered; it rings and is not answered."""

    def __init__(self, program, net, role, method, folder):
        self.phone = Phone(program, net, role, role, folder)
        self.method = method
        self.server = SERVER
        self.aor = SERVER
        self.more = []
        self.registered_at = None
        self.missing = None  # why this one cannot be run, if it cannot

    def start(self):
        """Returns a reason if it does not register."""
        phone = self.phone
        phone.registrar = self.server
        account = phone.account()
        account[account.index("--aor") + 1] = "sip:%s@%s" % (phone.user,
                                                             self.aor)
        transport = account.index("--transport")
        if not self.transport:
            del account[transport:transport + 2]
        else:
            account[transport + 1] = self.transport
        phone.start("listen", account, "--keepalive", self.method,
                    "--ice", "off", "--source", "silence", "--sink", "null",
                    self.more)
        found = phone.wait("registered")
        if found:
            self.registered_at = found[SEEN]
            return None
        if not phone.process.alive():
            return "ends by itself (status %s)" % phone.finish(1)
        failed = phone.event("register_failed") or {}
        return "does not register: %s %s" % (
            failed.get("code", ""), failed.get("reason", "no answer"))

    transport = "udp"

    def pings(self, until=None):
        """What it told of them, before a moment (monotonic)."""
        return [event for event in list(self.phone.events)
                if event["event"] == "keepalive"
                and (until is None or event[SEEN] < until)]

    def interval(self, until=None):
        pings = self.pings(until)
        return pings[-1].get("interval_s") if pings else None

    def learns(self):
        """Does it measure, and is silent for longer than it says?"""
        pings = self.pings()
        return bool(pings) and pings[-1].get("learning") in (
            "waiting", "learning")

    def ways(self):
        """The methods that it says it used, in the order of their use."""
        found = []
        for ping in self.pings():
            if ping.get("method") not in found + [PROBE]:
                found.append(ping.get("method"))
        return found

    def due(self):
        """When it will ping next (monotonic), or None if untold."""
        pings = self.pings()
        if not pings or not isinstance(pings[-1].get("next_s"),
                                       (int, float)):
            return None
        return pings[-1][SEEN] + pings[-1]["next_s"]

    def steady(self, until):
        """Since when its interval is what it is at a moment (monotonic)."""
        since, last = self.registered_at, None
        for ping in self.pings(until):
            if last is not None and ping.get("interval_s") != last:
                since = ping[SEEN]
            last = ping.get("interval_s")
        return since

    def first(self, names, since):
        """s from a moment to the first such event after it, or None."""
        for event in list(self.phone.events):
            if event["event"] in names and event[SEEN] >= since:
                return event[SEEN] - since
        return None

    def count(self, name):
        return self.phone.count(name)

    def alive(self):
        return self.phone.process and self.phone.process.alive()

    def rang(self):
        return self.count("incoming")

    def tail(self):
        return self.phone.tail()


class Peer(Waiter):
    """Another phone, of which only the wire tells."""

    def __init__(self, net, role, method, folder):
        self.method = method
        self.missing = linphone.missing() if method == "linphone" else None
        self.registered_at = None
        self.phone = None
        if self.missing:
            return
        os.makedirs(folder)
        if method == "linphone":
            self.phone = linphone.Linphone(net, role, role, 440, folder,
                                           False)
        else:
            self.phone = Baresip(net, role, role, 440, folder, False, "")

    def start(self):
        if self.missing:
            return self.missing
        if self.method == "linphone":
            self.phone.start(answer=False)
        else:
            self.phone.start()
        if not self.phone.registered():
            return "does not register"
        self.registered_at = time.monotonic()
        return None

    def pings(self, until=None):
        return []

    def first(self, names, since):
        return None

    def count(self, name):
        return 0

    def rang(self):
        return None


def make(program, net, role, method, folder):
    if method in PEERS:
        return Peer(net, role, method, folder)
    return Waiter(program, net, role, method, folder)
