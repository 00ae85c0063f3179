# SPDX-License-Identifier: BSD-3-Clause
"""Calls that must not succeed: does uaphone's exit status say so?"""

import os
import signal

from cell import TONES, TurnLog
from interop import Interop
from net import SERVER

NOWHERE = "198.51.100.99"  # an address that nobody has


class Verdict(Interop):
    """A caller behind a NAT, perhaps a callee behind another one."""

    kinds = ("port", "port")
    callee = None  # how the callee listens; None: there is none
    target = "bob"
    options = ()  # more of the caller's
    want = 0
    code = None  # the SIP code that its result must hold

    def run(self):
        if self.callee is not None:
            callee = self.uaphone("b")
            self.others.append(callee)
            callee.start("listen", list(self.callee), callee.account(),
                         callee.ice(), callee.voice(TONES["b"]))
            found = callee.wait("registered", "register_failed")
            if not found or found["event"] != "registered":
                self.wrong.append("the callee does not register")
                return
        phone = self.uaphone("a")
        self.prepare(phone)
        phone.start("call", "sip:%s@%s" % (self.target, SERVER),
                    phone.account(), phone.ice(), phone.voice(TONES["a"]),
                    list(self.options))
        self.during(phone)
        if phone.finish(12) is None:
            self.wrong.append("uaphone does not end within 12 s")
        self.wrong += phone.ended(self.want) + phone.contract()
        self.judge(phone)

    def prepare(self, phone):
        """Before the caller starts."""

    def during(self, phone):
        """While it runs."""

    def judge(self, phone):
        """After its end."""
        call = (phone.event("result") or {}).get("call")
        code = call.get("code") if isinstance(call, dict) else None
        if self.code and code != self.code:
            self.wrong.append("result: expected code %s, got %s" % (
                self.code, code))

    def registers(self):
        """How many REGISTERs of alice the registrar saw in this net."""
        with open(os.path.join(self.net.folder, "kamailio.err"),
                  errors="replace") as log:
            return sum("lab: REGISTER" in line and " by alice " in line
                       for line in log)

    def note(self):
        return "status %s, says: %s" % (self.phone.status, self.phone.why())


class WrongPassword(Verdict):
    want = 3

    def prepare(self, phone):
        self.before = self.registers()
        phone.password = "not-the-password"

    def judge(self, phone):
        tries = self.registers() - self.before
        if tries > 2:
            self.wrong.append("sends REGISTER %d times: expected one "
                              "without and one with the password" % tries)


class ServerUnreachable(Verdict):
    want = 69
    options = ("--timeout", "4")

    def prepare(self, phone):
        phone.registrar = NOWHERE


class UnknownCallee(Verdict):
    target = "nobody"
    want = 1
    code = 404


class Refused(Verdict):
    callee = ("--reject", "486", "--count", "1")
    want = 1
    code = 486


class NobodyAnswers(Verdict):
    callee = ("--count", "1")
    want = 2
    options = ("--timeout", "3")

    def judge(self, phone):
        if not self.others[0].wait("closed", timeout=3):
            self.wrong.append("the callee's call does not end")


class Interrupt(Verdict):
    """Ctrl-C in a call: BYE, unregister, TURN given back."""

    callee = ("--answer", "--count", "1")
    want = 130
    options = ("--duration", "30")

    def prepare(self, phone):
        self.turn = TurnLog(self.net)

    def during(self, phone):
        if not phone.wait("media_heard"):
            self.wrong.append("the call hears nothing")
        self.before = self.registers()
        phone.process.signal(signal.SIGINT)

    def judge(self, phone):
        callee = self.others[0]
        if callee.finish(5) is None:
            self.wrong.append("the callee does not see the call end")
        if self.registers() == self.before:
            self.wrong.append("it does not unregister")
        left = self.turn.left()
        if left:
            self.wrong.append("%d TURN allocations were not given back"
                              % left)


CASES = [
    ("wrong password", WrongPassword),
    ("server unreachable", ServerUnreachable),
    ("unknown callee", UnknownCallee),
    ("callee refuses", Refused),
    ("nobody answers", NobodyAnswers),
    ("Ctrl-C in a call", Interrupt),
]
