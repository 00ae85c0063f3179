# SPDX-License-Identifier: BSD-3-Clause
"""Calls whose media goes through a relay that the proxy reserves: phones
without ICE, behind NATs that let nothing in, hear each other by it alone."""

import os
import subprocess

import servers
from cell import Cell
from net import PUBLIC, SERVER, SERVER2, SIP_PORT

HERE = os.path.dirname(os.path.abspath(__file__))
RELAYS = {"rel1": "198.51.100.12", "rel2": "198.51.100.13"}
PROXIES = ("198.51.100.14", SERVER2)  # the net's own one stays


class Relayed:
    kinds = ("port", "port")
    mode = "off"
    relays = ("rel1",)

    def __init__(self, program, net, folder):
        self.net = net
        self.cell = Cell(program, net, *self.kinds, folder, self.mode)
        self.cell.told = {side: {"turn": ()} for side in "ab"}
        self.phone = self.cell.a
        self.wrong = self.cell.wrong
        self.proxies = []
        for role in self.relays:
            net.relay(role, RELAYS[role])
        self.made = [self.relay(role, RELAYS[role]) for role in self.relays]
        self.start()

    def relay(self, role, address):
        return servers.mediaproxy(self.net, address, role)

    def start(self):
        self.proxy(SERVER2, self.made[0])

    def proxy(self, address, relay, **more):
        process = servers.kamailio(
            self.net, "kamailio-" + address, address, domain=SERVER,
            relay=relay, **self.more(), **more)
        self.proxies.append(process)
        servers.listening(self.net.hosts["srv"], address, SIP_PORT, process)
        for phone in (self.cell.a, self.cell.b):
            phone.registrar = address

    def more(self):
        return {}

    def run(self):
        if self.cell.call():
            self.cell.contract()
            self.cell.judge_heard(None)
            self.judge()

    def judge(self):
        """Both came from their NATs, and the call's end closed the ports."""
        for relay in self.made:
            if not relay.wait("session_ended", why="removed"):
                self.wrong.append("the session is not removed")
            rules = relay.told("rule", lane="rtp")
            found = [{side: rule[side].split(":")[0] for side in
                      ("caller", "callee")} for rule in rules]
            if found != [self.sides(relay)]:
                self.wrong.append("expected one rule between %s, got %s" % (
                    self.sides(relay), found))

    def sides(self, relay):
        return {"caller": PUBLIC["a"], "callee": PUBLIC["b"]}

    def stop(self):
        self.cell.stop()
        for process in self.proxies:
            process.stop()
            self.net.hosts["srv"].processes.remove(process)
        for role in self.relays:
            self.net.drop(role)

    def note(self):
        return self.cell.note()

    def tails(self):
        return self.cell.tails()


class Engaged(Relayed):
    def more(self):
        return {"define": ("ENGAGE",)}


class Chained(Relayed):
    """a's proxy, b's proxy, and a relay of each."""

    relays = ("rel1", "rel2")

    def relay(self, role, address):
        return servers.mediaproxy(self.net, address, role, "mp-" + role)

    def start(self):
        first, second = PROXIES
        self.net.hosts["srv"].ip("addr add %s/24 dev out" % first)
        self.proxy(first, self.made[0], define=("FIRST",), other=second)
        self.proxy(second, self.made[1], define=("SECOND",), other=first)
        self.cell.a.registrar = first

    def sides(self, relay):
        first, second = RELAYS.values()
        return {"caller": PUBLIC["a"], "callee": second} \
            if relay is self.made[0] else \
            {"caller": first, "callee": PUBLIC["b"]}

    def stop(self):
        super().stop()
        self.net.hosts["srv"].ip("addr del %s/24 dev out" % PROXIES[0])


class ChainedUnroutable(Chained):
    """Each waits for the other one's first packet, so nothing passes."""

    def relay(self, role, address):
        return servers.mediaproxy(self.net, address, role, "mp-" + role,
                                  routable_private_ranges=())

    def run(self):
        if self.cell.call():
            self.cell.contract()
            self.cell.judge_silent()


class Rtpengine(Relayed):
    flags = "ICE=remove"

    def relay(self, role, address):
        return servers.rtpengine(self.net, address, role)

    def more(self):
        return {"flags": self.flags}

    def judge(self):
        """The control runs say that there is no other way."""


class RtpengineEndsIce(Rtpengine):
    """It answers the checks of both."""

    mode = "full"
    flags = "ICE=force"

    def judge(self):
        for _, phone in self.cell.phones():
            address = phone.path().get("remote", {}).get("addr", "")
            if address.split(":")[0] != RELAYS["rel1"]:
                self.wrong.append("%s: expected media to go to %s, says %s"
                                  % (phone.name, RELAYS["rel1"], address))


class Double:
    """The double by itself, and what the modules make of SDP."""

    kinds = ("port", "port")
    phone = True  # it has something to note

    def __init__(self, program, net, folder):
        self.wrong = []
        self.said = ""

    def run(self):
        done = subprocess.run([os.path.join(HERE, "mediaproxytest")],
                              text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        self.said = done.stdout
        if done.returncode:
            self.wrong.append(self.said.splitlines()[-1])

    def stop(self):
        pass

    def note(self):
        return self.said.splitlines()[-1]

    def tails(self):
        return [self.said]


CASES = [("mediaproxytest", Double), ("MediaProxy", Relayed),
         ("MediaProxy, engaged", Engaged),
         ("MediaProxy, two of them chained", Chained),
         ("MediaProxy, chained, unroutable", ChainedUnroutable),
         ("rtpengine", Rtpengine), ("rtpengine ends ICE", RtpengineEndsIce)]
QUICK = ("MediaProxy", "rtpengine")
