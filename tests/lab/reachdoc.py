# SPDX-License-Identifier: BSD-3-Clause
"""The results of `lab reach` as a table for a terminal, and as a document."""

import os
import shlex
import subprocess
import sys
import time

import reachcell
import reachfaults
import ringer

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
HEAD = ("NAT", "method", "calls", "rang", "late", "ring s", "dead seen s",
        "back s", "mended s", "messages/h", "bytes/h", "interval s",
        "learning s")
FAULT_HEAD = ("what happens", "lost seen s", "reachable s", "messages",
              "calls", "rang")
HOLD_HEAD = ("where it waits", "method", "calls", "rang", "flows lost",
             "messages/h", "bytes/h")


def _number(value, form="%.0f"):
    return "-" if value is None else form % value


def _row(row, cell):
    if not cell.usable():
        return [row.name, cell.method] + ["-"] * 11
    late = [call.after for call in cell.calls if call.after is not None]
    rate = cell.steady_rate
    ways = "/".join(str(way) for way in cell.waiter.ways())
    method = cell.method
    if ways and ways != method:
        method += " (%s)" % ways
    begun = cell.waiter.registered_at
    learning = None
    if cell.learning and cell.waiter.steady(cell.end) != begun:
        learning = "%d (%d)" % (cell.learning.length,
                                len(cell.learning.packets))

    def after(value, tried):
        if value is not None:
            return "%.1f" % value
        return "> %.0f" % cell.waited if tried in cell.looked else "-"

    return [row.name, method, str(len(cell.calls)), str(cell.rang()),
            str(cell.late()), _number(max(late, default=None), "%.2f"),
            after(cell.seen, "cut") if cell.judged() else "-",
            after(cell.back, "reboot"), _number(cell.again, "%.1f"),
            _number(rate.messages if rate else None),
            _number(rate.bytes if rate else None),
            _number(cell.waiter.interval(cell.end)), learning or "-"]


def _fault_row(case):
    spent = case.spent
    return [case.name, _number(case.lost, "%.1f"),
            _number(case.back, "%.1f"),
            str(len(spent.packets)) if spent else "-",
            str(case.calls), str(case.rings)]


def _hold_row(case):
    spent = case.spent
    return [case.name, case.method, str(case.calls), str(case.rings),
            str(case.waiter.count("flow_lost")) if case.waiter else "-",
            _number(spent.messages if spent else None),
            _number(spent.bytes if spent else None)]


def _table(head, rows):
    """Columns that fit: the first left, the rest right."""
    wide = [max(len(line[i]) for line in [head] + rows)
            for i in range(len(head))]
    words = _words(head)
    return ["  ".join(field.ljust(wide[i]) if i < words
                      else field.rjust(wide[i])
                      for i, field in enumerate(line)).rstrip()
            for line in [head] + rows]


def _tables(reach):
    """(head, rows, which of them failed) of each table that has rows."""
    cells = [(row, cell) for row in reach.rows for cell in row.cells
             if cell.usable()]
    cases = [case for case in reach.cases if not case.missing]
    faults = [case for case in cases
              if not isinstance(case, reachfaults.Hold)]
    holds = [case for case in cases if isinstance(case, reachfaults.Hold)]
    return [
        (HEAD, [_row(*entry) for entry in cells],
         [bool(cell.wrong) for _, cell in cells]),
        (FAULT_HEAD, [_fault_row(case) for case in faults],
         [bool(case.wrong) for case in faults]),
        (HOLD_HEAD, [_hold_row(case) for case in holds],
         [bool(case.wrong) for case in holds])]


def text(reach):
    lines = []
    for head, rows, failed in _tables(reach):
        if not rows:
            continue
        table = _table(head, rows)
        lines += [""] + table[:1] + [
            line + ("  FAILED" if bad else "")
            for line, bad in zip(table[1:], failed)]
    return "\n".join(lines)


# -- the document ----------------------------------------------------------

INTRO = """# Reachability behind NATs, measured

How long does a phone that only waits stay reachable, and what does it send
for it? This page is made by one command:

    %(command)s

from commit %(commit)s, on %(date)s.
It ran for %(minutes)s and placed %(calls)d calls; seed %(seed)d. Linux
%(kernel)s; Kamailio %(kamailio)s; peers: %(peers)s.
How the nets are made is in `tests/lab/README.md`.

Each phone is alone with its account behind a NAT of the Linux kernel, 10 ms
from the registrar. NATs are named by kind and timeout: `port` maps all
destinations alike and lets in who was sent to, `symmetric` gives each
destination another port, `outbound` is `port` with mappings that only packets
from inside refresh (RFC 4787, REQ-6). The number is for how many seconds a
mapping lives that nothing refreshes; `30/120` is Linux' own: 30 s, and 120 s
once packets went both ways for two seconds.

%(settle)sCalls come for %(length)g minutes at random moments and
at those just before the next ping is due; a phone that does not ring within
%(patience)g s missed the call. Calls refresh a mapping themselves; so every
second one comes after an idle time longer than the NAT's timeout. `off` is
the control: it must miss calls.
"""

CELLS = """
## Each NAT, each method

- *late*: of those that rang, how many only after %(late)g s: the proxy had to
  ask three times, a mapping was dead and a ping revived it.
- *ring*: s until it rang, the slowest of the calls.
- *dead seen*: the line goes dead; s until the phone says so.
- *back*: the NAT forgets all; s until requests reach the phone again.
- *mended*: the line works again; s until requests reach it.
- *messages, bytes*: an hour, on the wire, both ways, what the phone does to
  stay reachable (IP packets, their headers counted). Calls are none of it.
  Without packets in the time measured it is 0; a registration that is
  refreshed less often than that is then not seen.
- *interval*: s between two pings at most, as the phone says in its last event
  before the line dies; *learning*: s until it no longer changed, and the
  messages in them.
- baresip and linphone are Debian's, with their defaults. They tell nothing of
  flows that die: *dead seen* is not known of them.
"""

FAULTS = """
## What befalls a phone that waits

Behind a NAT of the kind `port` and a timeout of 60 s if no other is named,
with `--keepalive auto`. *lost seen*: s from the fault until the phone says
that its flow is dead or its registration failed, `-` if it noticed nothing;
*reachable*: s until requests reach it again, after a restart of the registrar
from when that serves again; then it is called. *messages*: what it sent and
got from the fault until then.
"""

HOLDS = """
## Servers that ping, are deaf, and a line that loses

NATs of 20 s, of 30 s with loss, `port` if no other is named; the phone is
called after idle times of 23 and 33 s. Some servers ping the phone, every
10 s. `off` and 4 bytes behind `outbound` is a control: no call may ring. With
loss a call counts if the phone says that it came: the answer that it rings is
sent once, and may be lost.
"""


def _command(argv):
    try:
        return subprocess.run(argv, cwd=ROOT, text=True, timeout=20,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout.strip()
    except OSError:
        return ""


def commit():
    """What is being tested, in words."""
    name = _command(["git", "rev-parse", "--short=12", "HEAD"])
    if not name:
        return "unknown"
    dirty = _command(["git", "status", "--porcelain", "-uno", "--", "libua",
                      "cli", "tests/lab"])
    return "`%s`%s" % (name, " with changes" if dirty else "")


def version(package):
    return _command(["dpkg-query", "-W", "-f", "${Version}", package]) or "?"


def command_line(argv):
    """The command that this is, without what is of one machine."""
    argv, words = list(argv), []
    while argv:
        word = argv.pop(0)
        if word in ("--uaphone", "--keep-logs"):
            argv = argv[1:]
        elif word == "--write" and argv:
            words += [word, os.path.relpath(argv.pop(0), ROOT)]
        elif not word.startswith(("--uaphone=", "--keep-logs=", "--trace")):
            words.append(shlex.quote(word))
    return "tests/lab/lab " + " ".join(words)


def _words(head):
    """How many columns of it are no numbers."""
    return 1 if head is FAULT_HEAD else 2


def _markdown(head, rows):
    words = _words(head)
    lines = ["| " + " | ".join(head) + " |",
             "|" + "---|" * words + "--:|" * (len(head) - words)]
    for line in rows:
        lines.append("| " + " | ".join(line) + " |")
    return lines


def _not_there(reach):
    names = sorted({cell.method for row in reach.rows for cell in row.cells
                    if not cell.usable()}
                   | {"fault: " + case.name for case in reach.cases
                      if case.missing})
    if not names:
        return []
    return ["", "Not in this version, and so not measured: %s." %
            ", ".join(names)]


def _failures(reach):
    lines = ["- %s: %s" % (row.cell_name(cell), cell.wrong[0])
             for row in reach.rows for cell in row.cells if cell.wrong]
    lines += ["- %s: %s" % (case.name, case.wrong[0])
              for case in reach.cases if case.wrong]
    return ["", "## What failed", ""] + lines if lines else []


def write(reach, path):
    """Writes the document."""
    took = time.monotonic() - reach.start
    peers = ["%s %s" % (name, version(package)) for name, package in
             (("baresip", "baresip-core"), ("linphone", "linphone-cli"))
             if any(cell.method == name and cell.usable()
                    for row in reach.rows for cell in row.cells)]
    lines = [INTRO % {
        "command": command_line(sys.argv[1:]),
        "commit": reach.commit, "date": time.strftime("%Y-%m-%d"),
        "kernel": os.uname().release.split("-")[0],
        "kamailio": version("kamailio"),
        "peers": ", ".join(peers) or "none",
        "minutes": "%.0f minutes" % (took / 60), "seed": reach.options.seed,
        "calls": sum(len(cell.calls) for row in reach.rows
                     for cell in row.cells)
        + sum(case.calls for case in reach.cases),
        "settle": "For %g minutes nobody calls. " % reach.options.settle
        if reach.options.settle else "", "length": reach.minutes,
        "patience": ringer.PATIENCE}]
    for words, (head, rows, _) in zip((CELLS, FAULTS, HOLDS),
                                      _tables(reach)):
        if rows:
            lines.append(words.replace("%(late)g", "%g" % reachcell.LATE))
            lines += _markdown(head, rows)
    lines += _failures(reach) + _not_there(reach)
    with open(path, "w") as out:
        out.write("\n".join(lines).replace("\n\n\n", "\n\n") + "\n")
    reach.report.say("wrote " + path)
