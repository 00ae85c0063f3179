# SPDX-License-Identifier: BSD-3-Clause
"""Proves that each NAT of a net is what its kind claims.

No probe waits for a packet that should not come: it lets one follow that must
come, on the same way, and looks what arrived before.
"""

import os
import socket
import time

import nat
from net import PUBLIC, SERVER, SERVER2, SERVER6

PATIENCE = 5.0  # s, for a packet that must come
SHORT_TIMEOUT = 1  # s, a NAT's UDP timeout where its end is probed


class Differs(Exception):
    """What a probe found is not what the kind claims."""


def claim(what, want, found):
    if want != found:
        raise Differs("%s: expected %s, found %s" % (what, want, found))


class Prober:
    """The probes of one phone's side of a net."""

    def __init__(self, net, side, kind):
        self.net = net
        self.kind = nat.KINDS[kind]
        self.phone = net.hosts[side]
        self.nat = kind != "none"
        self.public = PUBLIC["a" if net.kinds[0] == "same" else side]
        srv = net.hosts["srv"]
        self.points = [srv.socket(address=address)
                       for address in (SERVER, SERVER, SERVER2, SERVER2)]
        self.sockets = list(self.points)
        for point in self.points:
            point.settimeout(PATIENCE)

    def close(self):
        for sock in self.sockets:
            sock.close()

    def inner(self):
        sock = self.phone.socket()
        sock.settimeout(PATIENCE)
        self.sockets.append(sock)
        return sock

    def seen(self, inner, point):
        """Where the point sees a packet of the inner socket come from."""
        token = os.urandom(8)
        inner.sendto(token, point.getsockname())
        while True:
            try:
                data, source = point.recvfrom(64)
            except socket.timeout:
                raise Differs("a packet out to %s:%d: expected to pass, "
                              "lost" % point.getsockname()) from None
            if data == token:
                return source

    @staticmethod
    def arrives(point, mapped, inner, last, last_mapped, last_inner):
        """Does a packet from point to mapped get to the inner socket?

        The packet of the last three must get through, and is sent later.
        """
        token, end = os.urandom(8), os.urandom(8)
        point.sendto(token, mapped)
        last.sendto(end, last_mapped)
        arrived = False
        while True:
            try:
                data = last_inner.recv(64)
            except socket.timeout:
                raise Differs("an answer of the contacted address and port: "
                              "expected to pass, lost") from None
            if data == token:
                arrived = True
            if data == end:
                break
        if inner is not last_inner:
            inner.setblocking(False)
            try:
                while inner.recv(64) != token:
                    pass
                arrived = True
            except BlockingIOError:
                pass
            inner.settimeout(PATIENCE)
        return arrived

    def mapping(self):
        inner = self.inner()
        port = inner.getsockname()[1]
        found = [self.seen(inner, point) for point in self.points]
        claim("the mapped addresses", {self.public},
              {address for address, _ in found})
        if self.kind.mapping == "same":
            claim("the mapped port at four destinations", [port] * 4,
                  [mapped for _, mapped in found])
        elif len({mapped for _, mapped in found}) < 3:
            raise Differs("the mapped port at four destinations: expected "
                          "different ones, found %s" % found)

    def filter(self):
        inner = self.inner()
        home, other_port, other_address = self.points[:3]
        mapped = self.seen(inner, home)
        for what, point, want in (
                ("the contacted address's other port", other_port,
                 self.kind.other_port),
                ("another address", other_address,
                 self.kind.other_address)):
            claim("passes from " + what, want,
                  self.arrives(point, mapped, inner, home, mapped, inner))

    def unsolicited(self):
        """A packet that comes too early must not change the mapping."""
        home, other_port, other_address = self.points[:3]
        inner, witness = self.inner(), self.inner()
        port = inner.getsockname()[1]
        mapped = self.seen(witness, home)
        claim("passes before the first packet out", not self.nat,
              self.arrives(home, (self.public, port), inner,
                           home, mapped, witness))
        for point in (home, other_port, other_address):
            # it comes from where the phone sends to next
            self.arrives(point, (self.public, port), inner,
                         home, mapped, witness)
            found = self.seen(inner, point)
            if self.kind.mapping == "same":
                claim("the mapped port after an unsolicited packet", port,
                      found[1])
            claim("passes once contacted", True,
                  self.arrives(point, found, inner, point, found, inner))

    def forgets(self):
        """After its UDP timeout a NAT is shut again."""
        inner, witness, home = self.inner(), self.inner(), self.points[0]
        mapped = self.seen(inner, home)
        time.sleep(SHORT_TIMEOUT + 0.5)
        fresh = self.seen(witness, home)
        claim("passes after the UDP timeout", False,
              self.arrives(home, mapped, inner, home, fresh, witness))

    def tcp(self):
        """TCP passes; returns after a round trip of data."""
        with self.net.hosts["srv"].socket(socket.SOCK_STREAM, SERVER) as door:
            door.listen(1)
            door.settimeout(PATIENCE)
            with self.phone.socket(socket.SOCK_STREAM) as sock:
                sock.settimeout(PATIENCE)
                try:
                    sock.connect(door.getsockname())
                    peer, _ = door.accept()
                    with peer:
                        peer.sendall(b"lab")
                        claim("data over TCP", b"lab", sock.recv(3))
                except OSError as err:
                    raise Differs("TCP: expected to pass, found %s"
                                  % err) from None

    def blocked(self):
        inner = self.inner()
        for point in self.points:
            inner.sendto(b"lab", point.getsockname())
        self.tcp()
        for point in self.points:
            point.setblocking(False)
            try:
                found = point.recv(64)
            except BlockingIOError:
                continue
            raise Differs("UDP out: expected nothing, found %s" % found)

    def delay(self):
        inner, home = self.inner(), self.points[0]
        mapped = self.seen(inner, home)
        start = time.monotonic()
        self.seen(inner, home)
        home.sendto(b"back", mapped)
        inner.recv(64)
        took = (time.monotonic() - start) * 1000
        if took < 2 * self.net.delay_ms:
            raise Differs("the round trip: expected %.0f ms or more, found "
                          "%.1f ms" % (2 * self.net.delay_ms, took))
        return took

    def run(self):
        """All probes of the kind; returns the round trip in ms or None."""
        if self.kind.mapping is None:
            self.blocked()
            return None
        self.mapping()
        self.filter()
        self.unsolicited()
        self.tcp()
        return self.delay()


def neighbours(net):
    """Two phones behind one NAT reach each other directly."""
    a, b = (net.hosts[side].socket() for side in "ab")
    with a, b:
        for sender, receiver, side in ((a, b, "b"), (b, a, "a")):
            receiver.settimeout(PATIENCE)
            sender.sendto(b"lab", (net.address[side],
                                   receiver.getsockname()[1]))
            try:
                receiver.recv(64)
            except socket.timeout:
                raise Differs("a packet to the other phone behind the NAT: "
                              "expected to pass, lost") from None


def _sides(net, kind, work):
    result = None
    for side in "ab":
        prober = Prober(net, side, kind)
        try:
            result = work(prober)
        except Differs as differs:
            raise Differs("side %s: %s" % (side, differs)) from None
        finally:
            prober.close()
    return result


def probe(net, kind, same=False):
    """Probes one kind at both sides; raises Differs. Returns a summary."""
    first = "same" if same else kind
    net.set_phones(first, kind, timeout=SHORT_TIMEOUT)
    if kind not in ("none", "blocked"):
        _sides(net, kind, Prober.forgets)
    net.set_phones(first, kind)
    took = _sides(net, kind, Prober.run)
    if same:
        neighbours(net)
    expect = nat.KINDS[kind]
    if expect.mapping is None:
        return "no UDP passes, TCP does"
    return ("mapping %s, lets in other port %s, other address %s, "
            "round trip %.1f ms" % (
                expect.mapping, "yes" if expect.other_port else "no",
                "yes" if expect.other_address else "no", took))


def probe6(net, kind):
    """Probes one kind of IPv6; raises Differs. Returns a summary."""
    net.set_phones("port", "port", six={side: kind for side in "ab"})
    def sock(role, address):
        made = net.hosts[role].socket(address=address)
        made.settimeout(PATIENCE)
        return made

    def point(of):
        return of.getsockname()[:2]

    with sock("srv", SERVER6) as srv, sock("a", net.address6["a"]) as a, \
            sock("b", net.address6["b"]) as b, \
            sock("b", net.address6["b"]) as witness:
        a.sendto(b"to server", point(srv))
        if kind == "hole":
            # IPv4 goes the same line, behind it
            with sock("a", "") as home, sock("srv", SERVER) as four:
                home.sendto(b"behind", point(four))
                claim("IPv4", b"behind", _next(four, "IPv4"))
            _nothing(srv, "IPv6 to the server")
            return "no packet passes"
        claim("to the server", b"to server", _next(srv, "IPv6 to the server"))
        srv.sendto(b"back", point(a))
        claim("the answer", b"back", _next(a, "IPv6 from the server"))
        a.sendto(b"opens", point(witness))
        witness.sendto(b"asked", point(a))
        claim("a contacted phone", b"asked", _next(a, "IPv6 to a"))
        a.sendto(b"unasked", point(b))
        a.sendto(b"end", point(witness))
        while _next(witness, "IPv6 to b") != b"end":
            pass
        if kind == "open":
            claim("unasked", b"unasked", _next(b, "unasked IPv6"))
        else:
            _nothing(b, "IPv6 unasked")
    return "lets in unasked %s" % ("yes" if kind == "open" else "no")


def _next(sock, what):
    try:
        return sock.recv(64)
    except socket.timeout:
        raise Differs("%s: expected to pass, lost" % what) from None


def _nothing(sock, what):
    sock.setblocking(False)
    try:
        found = sock.recv(64)
    except BlockingIOError:
        return
    raise Differs("%s: expected nothing, found %s" % (what, found))
