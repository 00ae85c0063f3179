# SPDX-License-Identifier: BSD-3-Clause
"""A Kamailio on the loopback whose calls go through a relay, for tests."""

import atexit
import os
import re
import shutil
import socket
import tempfile
import unittest

import servers
from host import Process
from mpsip import SipCall, sock

PORT = 25060  # none that a test of another kind has on every address
LISTEN = tuple("%s:%%s:%d" % (transport, PORT) for transport in
               ("udp", "tcp"))
SDP = """v=0
o=- 1 1 IN IP4 10.1.0.2
s=-
c=IN IP4 10.1.0.2
t=0 0
m=audio 40000 RTP/AVP 0
a=rtcp:40001
a=ice-ufrag:abcd
a=ice-pwd:0123456789012345678901
a=candidate:1 1 udp 2130706431 10.1.0.2 40000 typ host
a=candidate:1 2 udp 2130706430 10.1.0.2 40001 typ host
"""
ANSWER = SDP.replace("10.1.0.2", "10.2.0.2").replace("4000", "4100")
ICE = re.compile(r"a=(ice|candidate).*\n")


def crlf(text):
    return text.replace("\n", "\r\n")


class Here:
    """What servers.py wants of a net, on the loopback and without root."""

    def __init__(self, folder):
        self.folder = self.certificates = folder
        self.hosts = {"srv": self}
        self.processes = []

    def spawn(self, argv, log, **more):
        self.processes.append(Process(argv, log, **more))
        return self.processes[-1]

    @staticmethod
    def socket(kind=socket.SOCK_DGRAM, address="", port=0):
        made = socket.socket(socket.AF_INET, kind)
        made.bind((address, port))
        return made

    def stop(self):
        for process in self.processes[::-1]:
            process.stop()


def missing(package, program):
    """What a program needs that is not here, or None."""
    # of a user who is not root it is not in the path
    os.environ["PATH"] = os.environ.get("PATH", "") + ":/usr/sbin"
    return None if shutil.which(program) else "needs the package " + package


class Proxied(unittest.TestCase):
    """A Kamailio whose calls go through a relay, and both ends."""

    needed = {"kamailio": "kamailio"}  # {package: program}
    define = ("FIRST",)
    more = {}  # of servers.kamailio()

    @classmethod
    def setUpClass(cls):
        for package, program in cls.needed.items():
            reason = missing(package, program)
            if reason:
                raise unittest.SkipTest(reason)
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.net = Here(cls.folder.name)
        cls.addClassCleanup(cls.net.stop)
        atexit.register(cls.net.stop)  # of a run that is interrupted
        cls.base = "127.%d.%d." % tuple(1 + octet % 250
                                        for octet in os.urandom(2))
        cls.relay = cls.base + "12"
        cls.caller, cls.callee = sock(cls.base + "21"), sock(cls.base + "22")
        for made in (cls.caller, cls.callee):
            cls.addClassCleanup(made.close)
        cls.proxy = (cls.base + "10", PORT)
        cls.start()

    @classmethod
    def start(cls):
        cls.kamailio(cls.proxy, cls.start_relay(), cls.callee.getsockname())

    @classmethod
    def kamailio(cls, address, relay, other, **more):
        """A proxy; what comes from elsewhere goes to the other address."""
        process = servers.kamailio(
            cls.net, "kamailio-" + address[0], address[0], relay=relay,
            define=cls.define, listen=LISTEN, other="%s:%d" % other,
            **cls.more, **more)
        servers.listening(cls.net, *address, process)

    @classmethod
    def start_relay(cls):
        """One at the address cls.relay, of servers.py."""
        raise NotImplementedError

    def setUp(self):
        self.call = SipCall(self.proxy, self.caller, self.callee)

    def exchange(self, offer=SDP, answer=ANSWER, ice=None, side="caller",
                 **more):
        """What the callee is told, and the caller, with \\n."""
        if ice:
            more["parameter"] = ";ice=" + ice
        return [text.replace("\r\n", "\n") for text in self.call.exchange(
            side, crlf(offer), crlf(answer), **more)]
