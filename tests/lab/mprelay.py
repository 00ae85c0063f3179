# SPDX-License-Identifier: BSD-3-Clause
"""MediaProxy's relay: what it does with the packets of a stream, and when.

    caller -> caller's ports ==stream== callee's ports <- callee

A stream has two lanes, RTP and RTCP, and each lane two legs, one for each
side: a socket, whom it has heard there (its latch), and the STUN that waits
for that side. All is as the real one does it, faults included.
"""

import errno
import ipaddress
import socket

SIDES = ("caller", "callee")
LANES = ("rtp", "rtcp")
COOKIE = b"\x21\x12\xa4\x42"
STUN_MIN = 20
DATAGRAM_MAX = 65536
BURST = 64  # datagrams that a socket may hand over before the next one's turn
# RFC 6890's, as the real relay has them
UNROUTABLE = [ipaddress.ip_network(text) for text in (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8",
    "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
    "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4")]


class Conf:
    """What the relay's configuration file has, and the kernel's clocks."""

    stream_timeout = 90.0  # s, until each side must have sent media
    on_hold_timeout = 7200.0
    rule_first = 60.0  # s, of a kernel rule: as it begins,
    rule_one_way = 30.0  # while packets of one side alone came,
    rule_both_ways = 120.0  # once both sides' did
    conntrack = True  # connection tracking is active on the relay's host
    userspace_transmit_every = 1
    routable_private_ranges = ()
    ports = (40000, 60000)

    def __init__(self, **values):
        for name, value in values.items():
            if not hasattr(Conf, name):
                raise TypeError("no such setting: " + name)
            setattr(self, name, value)

    def routable(self, address):
        """May packets be sent there before any has come from there?"""
        try:
            address = ipaddress.IPv4Address(address)
        except ValueError:
            return False
        if any(address in ipaddress.ip_network(net)
               for net in self.routable_private_ranges):
            return True
        return not any(address in net for net in UNROUTABLE)


def is_stun(data):
    return len(data) >= STUN_MIN and data[4:8] == COOKIE


def written(address):
    return "%s:%d" % address if address else None


class Rule:
    """A kernel's rule: it forwards until nothing has come for too long."""

    def __init__(self, lane):
        self.lane = lane
        self.loop = lane.stream.loop
        self.conf = lane.stream.conf
        self.seen = set()
        self.timer = None
        self._last(self.conf.rule_first)

    def _last(self, seconds):
        """It ends so many seconds from now."""
        self.end = self.loop.now() + seconds
        # a timer that comes too early looks again
        if not self.timer or self.due > self.end:
            self.cancel()
            self._look()

    def _look(self):
        self.due = self.end
        self.timer = self.loop.later(self.end - self.loop.now(), self._due)

    def refresh(self, side):
        self.seen.add(side)
        self._last(self.conf.rule_both_ways if len(self.seen) == len(SIDES)
                   else self.conf.rule_one_way)

    def _due(self):
        if self.loop.now() < self.end:
            self._look()
        else:
            self.lane.expired("conntrack timeout")

    def cancel(self):
        if self.timer:
            self.timer.cancel()


class Leg:
    """One side of a lane: its socket and what is known of who is there."""

    def __init__(self, lane, side, sock):
        self.lane = lane
        self.side = side
        self.sock = sock
        self.stream = lane.stream
        self.conf = lane.stream.conf
        self.other = None
        self.latch = None  # whom it has heard,
        self.in_use = False  # and who is that side still
        self.got_media = False
        self.sdp = None  # where to send before anybody was heard
        self.queue = []  # of STUN for it
        self.sent = 0  # media packets for it, in user space
        self.told = set()  # drops that were told
        self.dropped = 0
        self.timer = None
        self._expect(self.conf.stream_timeout, "no-traffic timeout")
        self.stream.loop.watch(sock, self.read)

    def tell(self, event, **more):
        self.stream.tell(event, lane=self.lane.name, side=self.side, **more)

    def _expect(self, seconds, why):
        if not self.stream.alive:
            raise ValueError("stream %d is closed" % self.stream.number)
        self._rest()
        self.timer = self.stream.loop.later(
            seconds, lambda: self.lane.expired(why, self.side))

    def _rest(self):
        if self.timer:
            self.timer.cancel()
            self.timer = None

    # -- the signalling's part ---------------------------------------------

    def reset(self):
        """The side's address has changed in an answer."""
        self._expect(self.conf.stream_timeout, "no-traffic timeout")
        self.in_use = self.got_media = False
        self.sent = 0

    def hold(self):
        self._expect(self.conf.on_hold_timeout, "on hold timeout")

    def resume(self):
        self._rest()
        if not self.in_use:
            self._expect(self.conf.stream_timeout, "no-traffic timeout")

    def forget(self):
        self.latch = None
        self.in_use = self.got_media = False
        self.sent = 0

    def close(self):
        self._rest()
        self.stream.loop.forget(self.sock)

    # -- the packets' ------------------------------------------------------

    def read(self):
        for _ in range(BURST):
            try:
                data, source = self.sock.recvfrom(DATAGRAM_MAX)
            except BlockingIOError:
                return
            except OSError:
                continue  # an error that an earlier packet of ours caused
            self.input(data, source)
            if not self.stream.alive:
                return

    def drop(self, source, why):
        self.dropped += 1
        if (source, why) not in self.told:
            self.told.add((source, why))
            self.tell("dropped", source=written(source), why=why)

    def input(self, data, source):
        """A packet has come to this side's port."""
        if source == self.latch:
            if not self.in_use:
                self.drop(source, "the source before the changed answer")
                return
        elif self.in_use:
            self.drop(source, "not the latched source")
            return
        stun = is_stun(data)
        if source != self.latch:
            self.latch = source
            self.in_use = True
            self.tell("latched", source=written(source),
                      by="stun" if stun else "media")
        if self.lane.rule and self.conf.conntrack:
            self.lane.rule.refresh(self.side)
            self.other.write(data, self.other.latch)
            return
        self.other.output(data, stun, source)
        if not stun and not self.got_media:
            self.got_media = True
            self._rest()
            self.tell("media", source=written(source))
            self.lane.both()

    def output(self, data, stun, source):
        """Sends to this side, through user space, what the other one sent."""
        if stun:
            self.queue.append(data)
        to = self.latch or self.sdp
        if not to:
            if not stun:
                self.other.drop(source, "nobody is known to send it to")
            elif len(self.queue) == 1:
                self.tell("queued")
            return
        if self.queue:
            waiting, self.queue = self.queue, []
            for check in waiting:
                self.write(check, to)
            if len(waiting) > stun:
                self.tell("released", count=len(waiting) - stun,
                          to=written(to))
            if not stun:
                # the real one has lost what came, and sends this again
                data = waiting[-1]
                self.tell("doubled", to=written(to))
        if not stun:
            if self.sent % self.conf.userspace_transmit_every == 0:
                self.write(data, to)
            self.sent += 1

    def write(self, data, to):
        try:
            self.sock.sendto(data, to)
        except OSError as err:
            self.tell("unsent", to=written(to),
                      why=errno.errorcode.get(err.errno, str(err)))


class Lane:
    """RTP or RTCP of a stream."""

    def __init__(self, stream, name, socks):
        """socks: {side: socket}, given."""
        self.stream = stream
        self.name = name
        self.rule = None
        self.legs = {side: Leg(self, side, socks[side]) for side in SIDES}
        caller, callee = (self.legs[side] for side in SIDES)
        caller.other, callee.other = callee, caller

    def both(self):
        """Begins a kernel rule, if both sides have sent media."""
        if all(leg.in_use and leg.got_media for leg in self.legs.values()):
            self.rule = Rule(self)
            self.stream.tell("rule", lane=self.name, **{
                side: written(leg.latch) for side, leg in self.legs.items()})

    def end_rule(self, why):
        if self.rule:
            self.rule.cancel()
            self.rule = None
            self.stream.tell("rule_ended", lane=self.name, why=why)

    def expired(self, why, side=None):
        self.end_rule(why)
        if self.name == "rtp":
            if self.stream.uses_ice():
                why = "unselected ICE candidate"
            self.stream.expired(why, side)
            return
        for leg in self.legs.values():
            leg.forget()
        self.stream.tell("forgotten", lane=self.name, why=why, by=side)

    def reset(self, side):
        self.legs[side].reset()
        self.end_rule("changed answer")

    def close(self):
        self.end_rule("closed")
        for leg in self.legs.values():
            leg.close()


class Stream:
    """What is relayed for one m-line."""

    def __init__(self, number, session, media):
        self.number = number
        self.session = session
        self.address = session.address
        self.conf = session.relay.conf
        self.loop = session.relay.loop
        self.media = media
        self.alive = True
        self.sdp = dict.fromkeys(SIDES)  # (address, port) of the last SDP
        self.held = dict.fromkeys(SIDES, False)
        self.ice = dict.fromkeys(SIDES, False)
        self.shown = True  # its ports are told, not 0
        self.why = None  # it was closed
        self.answered = False
        self.pairs, socks = session.relay.pool.take_each(self.address)
        self.lanes = {name: Lane(self, name, {
            side: socks[side][number] for side in SIDES})
            for number, name in enumerate(LANES)}

    def tell(self, event, **more):
        self.session.tell(event, stream=self.number, **more)

    def port(self, side):
        """What that side is told; 0 of a stream that is closed."""
        return self.pairs[side][0] if self.shown else 0

    def uses_ice(self):
        return all(self.ice.values())

    def described(self, side, address, port):
        """This is now where the side's SDP says that it is."""
        self.sdp[side] = (address, port)
        self.lanes["rtp"].legs[side].sdp = self.sdp[side] \
            if self.conf.routable(address) else None

    def check_hold(self, side, direction, address):
        """What the SDP says of hold. May raise ValueError."""
        before = any(self.held.values())
        self.held[side] = direction in ("sendonly", "inactive") \
            or address == "0.0.0.0"
        after = any(self.held.values())
        if before == after:
            return
        self.tell("held" if after else "resumed", side=side)
        self.shown = True  # also one that is closed: the real one does so
        for lane in self.lanes.values():
            for leg in lane.legs.values():
                if after:
                    leg.hold()
                else:
                    leg.resume()

    def reset(self, side, address, port):
        """An answer has moved the side: forget who was there, nearly.

        May raise ValueError.
        """
        self.tell("reset", side=side)
        for lane in self.lanes.values():
            lane.reset(side)
        self.described(side, address, port)

    def expired(self, why, side):
        session = self.session
        self.close(why, side)
        session.expired()

    def close(self, why, side=None):
        if not self.alive:
            return
        self.alive = self.shown = False
        self.why = why
        for lane in self.lanes.values():
            lane.close()
        for side_ in SIDES:
            self.session.relay.pool.give(self.pairs[side_])
        dropped = {"%s %s" % (lane.name, leg.side): leg.dropped
                   for lane in self.lanes.values()
                   for leg in lane.legs.values() if leg.dropped}
        self.tell("closed", why=why, **({"by": side} if side else {}),
                  **({"dropped": dropped} if dropped else {}))


class Exhausted(Exception):
    """No port pair is left."""


class Pool:
    """The port pairs: first in, first out."""

    def __init__(self, first, end):
        self.free = [(port, port + 1) for port in range(first, end, 2)]

    def take_each(self, address):
        """({side: (RTP port, RTCP port)}, {side: their sockets}), given.

        May raise Exhausted.
        """
        pairs, socks = {}, {}
        try:
            for side in SIDES:  # the caller's comes first
                pairs[side], socks[side] = self._take(address)
        except Exhausted:
            for side in pairs:
                self.give(pairs[side])
                for sock in socks[side]:
                    sock.close()
            raise
        return pairs, socks

    def _take(self, address):
        """One of them; a pair in use is left for later."""
        for _ in range(len(self.free)):
            pair = self.free.pop(0)
            socks = self._bind(address, pair)
            if socks:
                return pair, socks
            self.free.append(pair)
        raise Exhausted

    @staticmethod
    def _bind(address, pair):
        socks = []
        try:
            for port in pair:
                socks.append(socket.socket(socket.AF_INET,
                                           socket.SOCK_DGRAM))
                socks[-1].bind((address, port))
            return socks
        except OSError as err:
            for sock in socks:
                sock.close()
            if err.errno != errno.EADDRINUSE:
                raise
            return None

    def give(self, pair):
        self.free.append(pair)
