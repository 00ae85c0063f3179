# SPDX-License-Identifier: BSD-3-Clause
"""A bed for tests of mediaproxy's parts: real sockets, time by hand."""

import os
import socket
import tempfile
import unittest

import mprelay
from mpdispatch import Dispatcher
from mploop import Loop
from mpsession import Relay

PATIENCE = 10  # s, for a packet that must come
# The relay's first port: below those that the kernel gives to anybody
FIRST = 20000
TAGS = {"caller": "fa", "callee": "tb"}
OTHER = {"caller": "callee", "callee": "caller"}
A, B = "10.1.0.2", "10.2.0.2"  # where they say that they are
STUN = b"\0\1\0\0\x21\x12\xa4\x42" + bytes(11)
RTP = b"\x80\0" + bytes(170)
DTLS = b"\x16\xfe\xfd" + bytes(40)


def check(number=0):
    """A STUN request; different ones for different numbers."""
    return STUN + bytes([number % 256])


def media(port, address="10.1.0.2", kind="audio", direction="sendrecv",
          ice="yes"):
    return "%s:%s:%d:%s:ice=%s" % (kind, address, port, direction, ice)


class Peer:
    """A socket that sends to the relay, and what comes back."""

    def __init__(self, bed, address="127.0.0.1"):
        self.bed = bed
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.sock.bind((address, 0))
        self.sock.settimeout(PATIENCE)
        self.address = self.sock.getsockname()

    def send(self, port, *packets):
        """Each is one datagram; returns when the relay has taken them."""
        for packet in packets:
            taken = self.bed.taken
            self.sock.sendto(packet, (self.bed.address, port))
            while self.bed.taken == taken:
                assert self.bed.loop.step(PATIENCE), "the relay took nothing"

    def got(self):
        """All that has come since the last time."""
        end = os.urandom(8)
        self.bed.marker.sendto(end, self.address)
        found = []
        while True:
            data = self.sock.recv(2048)
            if data == end:
                return found
            found.append(data)

    def refused(self, port):
        """Does the port answer with ICMP port unreachable?"""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect((self.bed.address, port))
            sock.settimeout(PATIENCE)
            sock.send(b"anybody there?")
            # an open port would leave it in the relay's queue, unanswered
            taken = self.bed.taken
            while self.bed.taken == taken:
                try:
                    sock.setblocking(False)
                    sock.recv(1)
                except ConnectionRefusedError:
                    return True
                except BlockingIOError:
                    self.bed.loop.step(0.01)
            return False


class Bed:
    """A relay at an address of its own, with its dispatcher."""

    def __init__(self, **conf):
        self.time = 1000.0
        self.taken = 0  # datagrams
        self.events = []
        self.loop = Loop(lambda: self.time)
        # no other run's, nor another test's, that ran before
        self.address = "127.%d.%d.%d" % tuple(
            1 + octet % 250 for octet in os.urandom(3))
        conf.setdefault("ports", (FIRST, FIRST + 4000))
        self.relay = Relay(self.loop, self._tell, self.address,
                           mprelay.Conf(**conf))
        self.folder = tempfile.TemporaryDirectory()
        path = os.path.join(self.folder.name, "socket")
        self.dispatcher = Dispatcher(self.relay, path)
        self.client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.client.connect(path)
        self.client.setblocking(False)
        self.marker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.marker.bind(("127.0.0.1", 0))  # a port of no other address
        self.peers = []
        self.plain = mprelay.Leg.input

        def counted(leg, data, source):
            self.taken += 1
            self.plain(leg, data, source)
        mprelay.Leg.input = counted

    def close(self):
        mprelay.Leg.input = self.plain
        self.relay.close()
        self.dispatcher.close()
        for sock in [self.client, self.marker, self.loop.ready] + [
                peer.sock for peer in self.peers]:
            sock.close()
        self.folder.cleanup()

    def _tell(self, event, **more):
        self.events.append({"event": event, **more})

    def told(self, event, **more):
        """The events of that name with these values."""
        return [told for told in self.events if told["event"] == event
                and all(told.get(key) == value
                        for key, value in more.items())]

    def why(self):
        """Why streams were closed, one after the other."""
        return [told["why"] for told in self.told("closed")]

    def peer(self, address="127.0.0.1"):
        self.peers.append(Peer(self, address))
        return self.peers[-1]

    def ask(self, text):
        """The dispatcher's answer to a request."""
        return self.raw(text.replace("\n", "\r\n").encode())

    def raw(self, *pieces):
        for piece in pieces[:-1]:
            self.client.sendall(piece)
            self.loop.step(PATIENCE)
        self.client.sendall(pieces[-1])
        got = b""
        while not got.endswith(b"\r\n"):
            assert self.loop.step(PATIENCE), "no answer"
            try:
                got += self.client.recv(4096)
            except BlockingIOError:
                pass
        return got.decode().rstrip("\r\n")

    def after(self, seconds):
        """Lets time pass, and what is due meanwhile happen at its time."""
        end = self.time + seconds
        while self.loop.timers and self.loop.timers[0][0] <= end:
            self.time = max(self.time, self.loop.timers[0][0])
            self.loop.step(0)
        self.time = end


class Call:
    """The signalling of one call as the module tells it."""

    def __init__(self, bed, call_id="c17", dialog_id=""):
        self.bed = bed
        self.call_id = call_id
        self.dialog_id = dialog_id

    def tell(self, kind, by, cseq, medias, tag=None):
        """kind: request or reply; by: whose request it is."""
        lines = ["update", "type: " + kind, "dialog_id: " + self.dialog_id,
                 "call_id: " + self.call_id, "cseq: %d" % cseq,
                 "from_uri: alice@lab.test", "to_uri: bob@lab.test",
                 "from_tag: " + TAGS[by],
                 "to_tag: " + (tag or TAGS[OTHER[by]]),
                 "user_agent: test", "signaling_ip: 127.0.0.1",
                 "media_relay: "]
        if medias:
            lines.append("media: " + ",".join(medias))
        answer = self.bed.ask("\n".join(lines) + "\n\n")
        address, *ports = answer.split(" ")
        if address != self.bed.address:
            return answer  # error, None
        return [int(port) for port in ports]

    def offer(self, cseq, *medias, by="caller"):
        """The ports that the other side is told, or what else came."""
        return self.tell("request", by, cseq, medias)

    def answer(self, cseq, *medias, to="caller", tag=None):
        return self.tell("reply", to, cseq, medias, tag)

    def bye(self, by="caller"):
        return self.bed.ask("remove\ncall_id: %s\nfrom_tag: %s\nto_tag: %s"
                            "\n\n" % (self.call_id, TAGS[by],
                                      TAGS[OTHER[by]]))

    def set_up(self, ice="yes", **more):
        """Offer and answer; the RTP ports of (caller, callee)."""
        (callee,) = self.offer(1, media(40000, ice=ice, **more))
        (caller,) = self.answer(1, media(41000, "10.2.0.2", ice=ice))
        return caller, callee


class Case(unittest.TestCase):
    conf = {}

    def setUp(self):
        self.bed = Bed(**self.conf)
        self.addCleanup(self.bed.close)
        self.call = Call(self.bed)

    def two(self, **more):
        """A call, its two sides, and the ports that they send to."""
        self.a, self.b = self.bed.peer(), self.bed.peer()
        self.at, self.bt = self.call.set_up(**more)

    def talk(self):
        """Both send media, both ways: a kernel rule has begun."""
        self.a.send(self.at, RTP)
        self.b.send(self.bt, RTP)
        self.assertEqual(1, len(self.bed.told("rule", lane="rtp")))
        self.a.got(), self.b.got()

    def passes(self, sender, port, receiver, packet=None):
        packet = packet or RTP + os.urandom(4)
        sender.send(port, packet)
        self.assertEqual([packet], receiver.got())

    def stops(self, sender, port, receiver, packet=None):
        sender.send(port, packet or RTP + os.urandom(4))
        self.assertEqual([], receiver.got())
