# SPDX-License-Identifier: BSD-3-Clause
"""`lab relay`: setups of the proxy x pairs of NATs, ours and other phones.

The cells of one setup follow each other, so that a net seldom changes it.
"""

import fnmatch
import os
import time

import linphone
import relaycases
import relaydoc
import relaysetups
from host import LabError
from relaycell import FEW, PeerCell, RelayCell, cells

# Setup, what the phones have themselves, and all pairs of NATs or the few
MATRIX = [
    ("plain", "turn", True), ("plain", "stun", False),
    ("mp none", "stun", True), ("mp low", "stun", True),
    ("mp high", "stun", True), ("mp none", "turn", True),
    ("mp low", "turn", False), ("mp high", "turn", False),
    ("mp none", "none", False), ("mp high", "none", False),
    ("engage none", "stun", False), ("engage high", "stun", False),
    ("force-relay", "stun", True), ("force-relay", "turn", False),
    ("force", "stun", True), ("rtpengine", "stun", False),
    ("remove", "stun", False),
]
PEERS = [
    ("plain", "turn", True), ("plain", "stun", False),
    ("mp none, 90 s", "stun", True), ("mp low, 90 s", "stun", False),
    ("mp high, 90 s", "stun", True), ("force-relay", "stun", True),
    ("force", "stun", False), ("remove", "stun", False),
]
QUICK = ["uaphone/mp none/stun/port:port",
         "uaphone/mp none/stun/symmetric:port",
         "uaphone/mp none/turn/symmetric:symmetric",
         "uaphone/mp high/stun/port:symmetric",
         "uaphone/mp high/stun/port:port",
         "uaphone/mp low/stun/restricted:symmetric",
         "uaphone/force-relay/stun/port:port",
         "uaphone/force-relay/stun/symmetric:symmetric",
         "uaphone/force/stun/port:symmetric"]


def short(folder):
    """A folder's name that is: baresip cuts those of its recordings."""
    parent, name = os.path.split(folder)
    return os.path.join(parent, name[:24])


class Relay:
    """One run of `lab relay`."""

    def __init__(self, lab):
        self.lab = lab
        self.options = lab.options
        self.report = lab.report
        self.pool = lab.pool
        # within `all`, --cells are those of calls, --write is another's
        alone = self.options.command == "relay"
        self.file = self.options.write if alone else None
        self.words = self.options.cells if alone else None
        self.quick = self.options.quick or not alone
        self.outcomes = []
        self.cases = []
        self.start = None
        self.commit = ""

    # -- what is to be run --------------------------------------------------

    def wanted(self, name):
        if self.words:
            return any(fnmatch.fnmatch(name, word.strip())
                       for word in self.words.split(","))
        return name in QUICK if self.quick else True

    def tasks(self):
        """[(setup's name, name, work)]"""
        found = []
        for setup, reach, whole in MATRIX:
            every = whole or self.words
            for kinds in cells(reach) if every else FEW:
                self.add(found, "uaphone", setup, reach, kinds)
        for who in ("baresip", "linphone"):
            if who == "linphone" and linphone.missing():
                continue
            for setup, reach, whole in PEERS:
                every = who == "baresip" and whole or self.words
                for kinds in cells(reach) if every else FEW:
                    self.add(found, who, setup, reach, kinds)
        for case in relaycases.CASES:
            name = "case/" + case.name
            if self.wanted(name) or self.quick and not self.words \
                    and case.quick:
                found.append((case.setup, name, self.case(case)))
        missing = relaysetups.missing()
        for name in sorted({setup for setup, _, _ in found
                            if setup in missing}):
            self.report.say("SKIPPED %s: %s" % (name, missing[name]))
        order = list(relaysetups.SETUPS)
        return sorted((task for task in found if task[0] not in missing),
                      key=lambda task: order.index(task[0]))

    def add(self, found, who, setup, reach, kinds):
        name = "%s/%s/%s/%s" % (who, setup, reach, ":".join(kinds))
        if self.wanted(name):
            found.append((setup, name, self.cell(name, who, setup, reach,
                                                 kinds)))

    def cell(self, name, who, setup, reach, kinds):
        setup = relaysetups.SETUPS[setup]

        def work(net, folder):
            run = self.make(net, short(folder), who, setup, reach, kinds)
            try:
                run.run()
            finally:
                run.stop()
            self.outcomes.append(run.outcome)
            wrong = run.outcome.wrong
            self.report.result(name, wrong, run.note(),
                               run.tails() if wrong and self.options.trace
                               else ())
        return work

    def make(self, net, folder, who, setup, reach, kinds):
        if who == "uaphone":
            return RelayCell(self.lab.program, net, kinds, folder, setup,
                             reach)
        return PeerCell(net, kinds, folder, setup, reach, who)

    def case(self, case):
        def work(net, folder):
            run = case.make(self.lab.program, net, short(folder))
            try:
                run.run()
            finally:
                run.stop()
            self.cases.append((case, run))
            wrong = [] if case.fault else run.wrong
            self.report.result("case/" + case.name, wrong, run.note(),
                               run.tails() if wrong and self.options.trace
                               else ())
        return work

    # -- the run ------------------------------------------------------------

    def run(self):
        """Returns when all is measured; results are in the report."""
        self.start = time.monotonic()
        self.commit = relaydoc.commit()  # later it may be another one
        tasks = self.tasks()
        if not tasks:
            raise LabError("--cells %s: expected PHONE/SETUP/SERVERS/KIND:"
                           "KIND or case/NAME, as uaphone/mp none/stun/"
                           "port:port; wildcards match, but here none does"
                           % self.words)
        self.pool.run([(name.replace("/", " "), work)
                       for _, name, work in tasks], keep=self.options.keep)
        self.report.say(relaydoc.text(self))
        if self.file:
            relaydoc.write(self, self.file)
