# SPDX-License-Identifier: BSD-3-Clause
"""Is a phone that waits behind a NAT called in vain? NATs x methods, faults.

All cells run at the same time: they mostly sleep.
"""

import fnmatch
import os
import threading
import time

import nat
import reachdoc
import reachfaults
import reachprobe
import waiter
from crowd import Crowd
from host import Interrupted, LabError
from net import SERVER
from reachcell import ReachCell

KINDS = ("port", "symmetric", "outbound")
TIMEOUTS = (20, 30, 60, 180)
# Linux' own: 30 s for a flow of one way or a young one, 120 s for another
NATS = [(kind, timeout, None) for timeout in TIMEOUTS for kind in KINDS] + [
    ("port", 30, 120)]
MINUTES = 4
QUICK_MINUTES = 0.75
QUICK = ("port:20:auto", "port:20:off", "port:20:baresip",
         "symmetric:20:auto", "outbound:20:auto", "outbound:20:off",
         "port:30:auto", "port:30:off")
AFTER = 30  # s, for a phone to be back behind a line that is mended


def name_of(kind, timeout, stream):
    return "%s:%d%s" % (kind, timeout, "/%d" % stream if stream else "")


class Row:
    """A NAT and the phones behind it."""

    def __init__(self, kind, timeout, stream):
        self.kind, self.timeout, self.stream = kind, timeout, stream
        self.name = name_of(kind, timeout, stream)
        self.methods = []
        self.cells = []
        self.box = None
        self.capture = None

    def build(self, net, seed, program, folder):
        self.box = net.box(self.kind, self.timeout, self.stream)
        self.capture = os.path.join(folder, self.name.replace(
            ":", "-").replace("/", "-"))
        net.capture(self.box, self.capture)
        for method in self.methods:
            self.cells.append(ReachCell(
                net, self.box, self.stream or self.timeout, method, seed,
                program, self.capture + "-" + method))

    def cell_name(self, cell):
        return "%s:%s" % (self.name, cell.method)

    def live(self):
        return [cell for cell in self.cells
                if cell.usable() and not cell.wrong]


class Reach:
    """One run of `lab reach`."""

    def __init__(self, lab):
        self.lab = lab
        self.options = lab.options
        self.report = lab.report
        self.pool = lab.pool
        self.program = lab.program
        # within `all`, --cells are those of calls
        alone = self.options.command == "reach"
        self.words = self.options.cells if alone else None
        self.quick = self.options.quick or not alone
        self.minutes = self.options.minutes or (
            QUICK_MINUTES if self.quick else MINUTES)
        # long enough for a learnt interval only if there is time for one
        long = self.minutes + self.options.settle > 8
        self.longest = 180 if long else 25 if self.quick else 60
        self.rows = []
        self.cases = []
        self.net = None
        self.folder = None
        self.start = None
        self.commit = ""

    # -- what is to be run --------------------------------------------------

    def wanted(self, name):
        if not self.words:
            return not self.quick or name in QUICK
        return any(fnmatch.fnmatch(name, word.strip())
                   for word in self.words.split(","))

    def select(self):
        for entry in NATS:
            row = Row(*entry)
            row.methods = [method for method in waiter.METHODS
                           if self.wanted("%s:%s" % (row.name, method))]
            if row.methods:
                self.rows.append(row)
        for case in reachfaults.all_cases():
            if self.wanted("fault:" + case.name) or self.quick \
                    and not self.words and case.quick:
                self.cases.append(case)
        if not self.rows and not self.cases:
            raise LabError("--cells %s: expected KIND:TIMEOUT:METHOD or "
                           "fault:NAME, as port:20:auto; wildcards match, "
                           "but here none does" % self.words)

    # -- threads ------------------------------------------------------------

    def pause(self, seconds):
        """Sleeps; True if the run is being ended."""
        return self.pool.stopping.wait(max(seconds, 0))

    def together(self, works):
        """Runs them all at the same time, each (name, function)."""
        threads = []
        for name, work in works:
            def safe(name=name, work=work):
                try:
                    work()
                except Interrupted:
                    pass
                except Exception as err:  # a fault of the lab fails it
                    if not self.pool.stopping.is_set():
                        self.report.result(name, ["the lab: %s: %s" % (
                            type(err).__name__, err)])
            threads.append(threading.Thread(target=safe, daemon=True))
            threads[-1].start()
        for thread in threads:
            while thread.is_alive():
                thread.join(0.2)

    # -- the run ------------------------------------------------------------

    def run(self):
        """Returns when all is measured; results are in the report."""
        self.start = time.monotonic()
        self.commit = reachdoc.commit()  # later it may be another one
        self.select()
        self.net = self.pool.crowd(Crowd)
        try:
            self.measure()
        except BaseException:
            self.report.mute()
            self.pool.stopping.set()
            self.net.close()
            raise
        self.report.keep(self.net.folder)
        self.net.remove()

    def measure(self):
        self.build()
        self.report.say("reach: %d cells behind %d NATs, %d faults, calls "
                        "for %.3g minutes, seed %d" % (
                            sum(len(row.methods) for row in self.rows),
                            len(self.rows), len(self.cases), self.minutes,
                            self.options.seed))
        failed = self.report.failed
        self.probe()
        if self.report.failed != failed:
            self.report.say("A NAT is not what it claims: nobody is called.")
            return
        works = [("reach " + row.name, lambda row=row: self.row(row))
                 for row in self.rows]
        works += [("fault " + case.name, lambda case=case: self.case(case))
                  for case in self.cases]
        self.together(works)
        self.report.say(reachdoc.text(self))
        if self.options.write:
            reachdoc.write(self, self.options.write)

    def build(self):
        net = self.net
        self.folder = os.path.join(net.folder, "cells")
        os.makedirs(self.folder)
        net.registrar(SERVER, "kamailio")
        reachfaults.prepare(net)

    def probe(self):
        kinds = []
        for row in self.rows:
            if row.kind not in kinds:
                kinds.append(row.kind)
        works = [(kind, lambda kind=kind: reachprobe.probe(self.net, kind))
                 for kind in kinds]
        if any(row.stream for row in self.rows):
            works.append(("port, both ways", lambda:
                          reachprobe.probe_stream(self.net)))

        def claims(name, work):
            wrong, note = [], ""
            try:
                note = work()
            except reachprobe.Differs as differs:
                wrong = ["the NAT kind %s: %s" % (name, differs)]
            self.report.result("probe refresh " + name, wrong, note)

        self.together([(name, lambda name=name, work=work:
                        claims(name, work)) for name, work in works])

    def row(self, row):
        row.build(self.net, self.options.seed, self.program, self.folder)
        for cell in row.cells:
            cell.up()
        start = time.monotonic() + self.options.settle * 60
        seconds = self.minutes * 60
        self.together([(row.cell_name(cell), lambda cell=cell: cell.place(
            self.pause, start, seconds)) for cell in row.live()])
        self.reboot(row)
        if not self.quick:
            self.cut(row)
        for cell in row.cells:
            cell.count(row.capture + ".pcap")
            cell.judge()
            self.tell(row, cell)

    def tell(self, row, cell):
        name = row.cell_name(cell)
        if not cell.usable():
            self.skip(name, cell.waiter.missing)
            return
        self.report.result(name, cell.wrong, cell.note(), [
            cell.waiter.tail()] if cell.wrong and self.options.trace else ())

    def skip(self, name, reason):
        """A machine for tests has all that they need."""
        if os.environ.get("CI"):
            self.report.result(name, [reason])
        else:
            self.report.say("SKIPPED %s: %s" % (name, reason))

    def reboot(self, row):
        nat.reboot(row.box.host)
        self.together([(row.cell_name(cell), lambda cell=cell:
                        cell.after_reboot(self.longest))
                       for cell in row.live()])

    def cut(self, row):
        """The line is dead for as long as somebody does not know it."""
        if self.pool.stopping.is_set():
            return
        self.net.lose(100, row.box.role)
        self.together([(row.cell_name(cell), lambda cell=cell:
                        cell.after_cut(self.pause, self.longest))
                       for cell in row.live()])
        self.net.lose(self.net.loss, row.box.role)
        self.together([(row.cell_name(cell), lambda cell=cell:
                        cell.after_mend(AFTER))
                       for cell in row.live() if cell.judged()])

    def case(self, case):
        case.attach(self)
        try:
            case.run()
        finally:
            case.stop()
        if case.missing:
            self.skip("fault " + case.name, case.missing)
        else:
            self.report.result("fault " + case.name, case.wrong,
                               case.note(), [case.tail()] if case.wrong
                               and self.options.trace else ())
