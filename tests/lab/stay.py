# SPDX-License-Identifier: BSD-3-Clause
"""Is a phone that waits behind a NAT still reachable?"""

import os
import re
import socket
import time

import nat
from cell import TONES
from interop import Interop
from net import SERVER, SERVER2, SIP_PORT

FORGETS = 20  # s, the NAT's UDP timeout
OPTIONS = """OPTIONS sip:bob@%(server)s SIP/2.0\r
Via: SIP/2.0/UDP %(address)s:%(port)d;rport;branch=z9hG4bK%(token)s\r
Max-Forwards: 70\r
From: <sip:lab@%(address)s>;tag=%(token)s\r
To: <sip:bob@%(server)s>\r
Call-ID: %(token)s\r
CSeq: 1 OPTIONS\r
Content-Length: 0\r
\r
"""


class Waits(Interop):
    """A phone that has been registered for a while."""

    kinds = ("port", "port")
    timeout = FORGETS

    def run(self):
        phone = self.uaphone("b")
        phone.start("listen", "--answer", "--count", "1", phone.account(),
                    phone.ice(), phone.voice(TONES["b"]))
        found = phone.wait("registered", "register_failed")
        if not found or found["event"] != "registered":
            self.wrong.append("does not register")
            return
        self.judge(phone)

    def judge(self, phone):
        """What it must still be able to do."""


class Idle(Waits):
    """Nothing happens for some time, then a call comes."""

    idle = 0

    def judge(self, phone):
        time.sleep(self.idle)
        caller = self.uaphone("a")
        self.others.append(phone)
        caller.start("call", "sip:bob@" + SERVER, "--duration", "3",
                     "--timeout", "10", caller.account(), caller.ice(),
                     caller.voice(TONES["a"]))
        self.end(caller, 15)
        self.wrong += caller.heard(TONES["b"], TONES["a"])


class Reboot(Waits):
    """Its NAT reboots; how long until requests reach it again?"""

    within = 12  # s: a ping each 14 s, and 3 s of them have passed
    note_text = ""

    def judge(self, phone):
        time.sleep(3)
        nat.reboot(self.net.hosts["natb"])
        start = time.monotonic()
        while time.monotonic() - start < self.within + 20:
            if self.reaches():
                break
        took = time.monotonic() - start
        self.note_text = "reachable after %.1f s" % took
        if took > self.within:
            self.wrong.append("reachable after %.1f s, expected %d" % (
                took, self.within))

    def reaches(self):
        """Asks through the proxy, once a half second."""
        with self.net.hosts["srv"].socket(address=SERVER2) as sock:
            sock.settimeout(0.5)
            token = os.urandom(6).hex()
            sock.sendto((OPTIONS % {
                "server": SERVER, "address": SERVER2, "token": token,
                "port": sock.getsockname()[1]}).encode(), (SERVER, SIP_PORT))
            deadline = time.monotonic() + 0.5
            while time.monotonic() < deadline:
                try:
                    line = sock.recv(4096).split(b"\r\n", 1)[0].decode()
                except socket.timeout:
                    return False
                if re.match(r"SIP/2.0 (?!100|408|5)\d", line):
                    return True
        return False

    def note(self):
        return self.note_text


class RebootSymmetric(Reboot):
    kinds = ("port", "symmetric")
    within = 30


def idle(seconds):
    return "call after %d s" % seconds, type("Idle", (Idle,),
                                             {"idle": seconds})


CASES = [idle(120), idle(60), idle(30), idle(10),
         ("NAT reboots", Reboot), ("symmetric NAT reboots", RebootSymmetric)]
