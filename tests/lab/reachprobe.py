# SPDX-License-Identifier: BSD-3-Clause
"""Are the NATs of `lab reach` what they claim? Their timeouts, by packets."""

import socket
import time

from net import SERVER
from probe import Differs, claim

SHORT = 3  # s, the timeout that is probed
BOTH = 8  # s, that of a flow of both ways
PATIENCE = 0.8  # s, for a packet
STEP = 0.4  # s between packets that are to refresh


class Flow:
    """A socket behind a NAT, and the server that it talked to."""

    def __init__(self, net, role, address=SERVER):
        self.server = net.hosts["srv"].socket(socket.SOCK_DGRAM, address)
        self.phone = net.hosts[role].socket(socket.SOCK_DGRAM)
        self.server.settimeout(3)
        self.open()

    def open(self):
        self.phone.sendto(b"out", self.server.getsockname())
        self.mapped = self.server.recvfrom(64)[1]

    def close(self):
        self.server.close()
        self.phone.close()

    def arrives(self):
        """Does a packet of the server get in?"""
        self.phone.settimeout(PATIENCE)
        self.server.sendto(b"in", self.mapped)
        try:
            self.phone.recv(64)
            return True
        except socket.timeout:
            return False


def _held(flow, inward, seconds):
    """Packets one way only, for some time; did the last one get in?"""
    last = True
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if inward:
            last = flow.arrives()
        else:
            flow.open()
        time.sleep(STEP)
    return last if inward else flow.arrives()


def twice(work, *args):
    """A machine that stood still for a second is no NAT's fault."""
    try:
        return work(*args)
    except (Differs, socket.timeout):
        return work(*args)


def probe(net, kind):
    """Probes a kind with short timeouts; raises Differs."""
    return twice(_probe, net, kind)


def probe_stream(net):
    """A NAT whose timeout is longer for a flow of both ways."""
    return twice(_probe_stream, net, SHORT, BOTH)


def _probe(net, kind):
    box = net.box(kind, SHORT)
    role = net.phone(box)
    flow = Flow(net, role)
    try:
        claim("an answer", True, flow.arrives())
        claim("after a silence shorter than the timeout", True,
              _after(flow, SHORT - 1.5))
        flow.open()
        claim("after a silence longer than the timeout", False,
              _after(flow, SHORT + 0.7))
        flow.open()
        claim("refreshed by packets from inside", True,
              _held(flow, False, 2 * SHORT))
        flow.open()
        claim("refreshed by packets from outside", kind != "outbound",
              _held(flow, True, 2 * SHORT))
        return "timeout %d s, refreshed from outside %s" % (
            SHORT, "no" if kind == "outbound" else "yes")
    finally:
        flow.close()


def _probe_stream(net, once, both):
    role = net.phone(net.box("port", once, both))
    young, old = Flow(net, role), Flow(net, role)
    try:
        claim("young flow, an answer", True, young.arrives())
        claim("young flow, after %d s and more" % once, False,
              _after(young, once + 0.7))
        # conntrack wants packets both ways two seconds after the first
        old.open()
        claim("old flow, an answer", True, old.arrives())
        time.sleep(1)
        old.open()
        time.sleep(1.5)
        old.open()
        claim("old flow, an answer", True, old.arrives())
        claim("old flow, after %d s and more" % once, True,
              _after(old, once + 0.7))
        return "timeout %d s, %d s of a flow of both ways" % (once, both)
    finally:
        young.close()
        old.close()


def _after(flow, seconds):
    time.sleep(seconds)
    return flow.arrives()


__all__ = ["Differs", "probe", "probe_stream"]
