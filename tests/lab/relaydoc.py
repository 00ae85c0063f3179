# SPDX-License-Identifier: BSD-3-Clause
"""The results of `lab relay` as tables for a terminal, and as a document."""

import os
import statistics
import sys
import time

import cell
import faults
import relayfaults
import relaynet
import relaysetups
from reachdoc import command_line, commit, version

HEAD = ("phones", "proxy", "own servers", "calls", "connected", "both ways",
        "one way", "silent", "direct", "needless relay", "path of the rest",
        "first ms", "worst ms", "let go")
CASE_HEAD = ("what", "proxy", "NATs", "wanted", "found", "verdict")
OWN = {"turn": "TURN", "stun": "STUN", "none": "-"}
__all__ = ["commit", "text", "write"]


def _groups(outcomes):
    """{(who, setup, reach): outcomes}, in the order of the setups."""
    found = {}
    for out in outcomes:
        found.setdefault(out.key(), []).append(out)
    return found


def _rest(group):
    """How the media of cells without a direct path went, and whose relay
    our phones say that it is."""
    names = {}
    for out in group:
        if out.path in ("direct", "nothing"):
            continue
        name = out.path
        if name != "turn" and out.origin in ("proxy", "implicit", "peer") \
                and out.setup.passes:
            name += " (%s)" % out.origin
        names[name] = names.get(name, 0) + 1
    return ", ".join("%s %d" % entry for entry in sorted(names.items())) \
        or "-"


def _row(key, group):
    possible = [out for out in group if out.possible == "direct"]
    direct = sum(out.path == "direct" and out.both() for out in possible)
    needless = sum(out.path not in ("direct", "nothing") for out in possible)
    firsts = [out.first for out in group if out.first is not None
              and out.both()]
    let_go = [out.released for out in group if out.released is not None]
    who, _, reach = key
    return [who, group[0].setup.title, OWN[reach], str(len(group)),
            str(sum(out.connected for out in group)),
            "%d/%d" % (sum(out.both() for out in group), len(group)),
            str(sum(sum(out.heard) == 1 for out in group)),
            str(sum(not any(out.heard) for out in group)),
            "%d/%d" % (direct, len(possible)) if possible else "-",
            str(needless) if possible else "-", _rest(group),
            "%.0f" % statistics.median(firsts) if firsts else "-",
            "%.0f" % max(firsts) if firsts else "-",
            "%d/%d" % (sum(let_go), len(let_go)) if let_go else "-"]


def _cell(out):
    """A cell of the matrix: the way and the ms, ! if it failed."""
    if out is None:
        return ""
    if not out.connected:
        got = "no call"
    elif not any(out.heard):
        got = "silent"
    elif not out.both():
        got = "one way, " + out.path
    else:
        got = out.path
    if out.both() and out.first is not None:
        got += " %.0f" % out.first
    return got + (" !" if out.wrong else "")


def _grid(outcomes, who):
    """(head, rows): a pair of NATs a row, a setup a column."""
    mine = [out for out in outcomes if out.who == who]
    groups = _groups(mine)
    keys = list(groups)
    place = {(out.key(), out.kinds): out for out in mine}
    head = ["caller:callee", "possible"] + [
        group[0].setup.title
        + {"turn": ", TURN", "stun": "", "none": ", no STUN"}[reach]
        for (_, _, reach), group in groups.items()]
    rows = []
    for kinds in cell.all_cells():
        found = [place.get((key, kinds)) for key in keys]
        if any(found):
            rows.append([":".join(kinds), cell.expect(*kinds)]
                        + [_cell(out) for out in found])
    return head, rows


def _case_row(case, run):
    return [case.what, case.setup, ":".join(case.kinds), case.wanted,
            run.found(), case.verdict(run)]


def _tables(relay):
    groups = _groups(relay.outcomes)
    order = {}
    for who in ("uaphone", "baresip", "linphone"):
        order.update({key: group for key, group in groups.items()
                      if key[0] == who})
    return [(HEAD, [_row(key, group) for key, group in order.items()]),
            (CASE_HEAD, [_case_row(*entry) for entry in sorted(
                relay.cases, key=lambda entry: entry[0].place)])]


def _table(head, rows):
    wide = [max(len(line[i]) for line in [head] + rows)
            for i in range(len(head))]
    return ["  ".join(field.ljust(wide[i])
                      for i, field in enumerate(line)).rstrip()
            for line in [head] + rows]


def text(relay):
    lines = []
    for head, rows in _tables(relay):
        if rows:
            lines += [""] + _table(head, rows)
    return "\n".join(lines)


# -- the document ----------------------------------------------------------

INTRO = """# Relays that a proxy reserves, measured

Does a call between two phones behind NATs find its way through a proxy that
reserves a media relay for it, and does it leave that relay where a direct
path is to be had? This page is made by one command:

    %(command)s

from commit %(commit)s, on %(date)s.
It ran for %(minutes)s and placed %(calls)d calls. Linux %(kernel)s; Kamailio
%(kamailio)s with its `mediaproxy` and `rtpengine` modules, rtpengine
%(rtpengine)s, coturn %(coturn)s; peers: %(peers)s.

What is behind Kamailio's `mediaproxy` module is no MediaProxy: Debian has
none. It is a relay made for these tests (`tests/lab/mediaproxy`) that speaks
the module's protocol and does to the packets what the real one does; each of
its habits has a test. Its `stream_timeout` is %(timeout)g s here, not 90 s,
and the kernel rule that it plays ends %(rule)g s behind its last packet.
rtpengine is Debian's, in user space. How the nets are made is in
`tests/lab/README.md`: each phone is behind a NAT of the Linux kernel, each
line costs 10 ms one way, the relays are in the public net.
"""

SUMMARY = """
## Each proxy, each phone

One line is one set of calls, over pairs of NAT kinds: all 29 without blocked
UDP (all 41 where a phone has a TURN server), or 11 telling ones.

- *proxy*: `plain` reserves nothing; `mp none`, `mp low`, `mp high` are the
  `mediaproxy` module with `use_media_proxy` on each message and
  `ice_candidate` none (its default), low-priority and high-priority;
  `engage` is `engage_media_proxy`; `force-relay`, `force` and `remove` are
  rtpengine with that `ICE=`, `rtpengine` without one.
- *own servers*: what both phones have for candidates of their own: `TURN` a
  TURN server by UDP, TCP and TLS, `STUN` the same server's STUN alone, `-`
  nothing.
- *both ways*: each recording holds a second of the *other's* tone without a
  gap; *one way*, *silent*: one has it, none has it.
- *direct*: calls whose media goes straight between the phones at both ends,
  out of those where theory allows it. With a proxy that ends ICE none is.
- *needless relay*: a relay was taken where a direct path is possible, by one
  end or by both.
- *path of the rest*: how the media of the others went, by the packets, in
  the last seconds; in brackets whose candidate our phones say that it is:
  `proxy` it was listed, `implicit` it was not, `peer` the phone took it for
  the other's own. `turn` is the phones' TURN server; `mixed`: the two ends
  send different ways.
- *first*, *worst*: ms from the caller's INVITE to media at both ends, on the
  wire; the median and the slowest of the calls with voice both ways.
- *let go*: of the calls with a direct path, how many relays were closed as
  unused (`unselected ICE candidate`) while the call went on. Asked of those
  relays that tell.

baresip and linphone are Debian's; they are measured and not judged. For them
the relay's clocks are the real ones, as the ICE of one takes longer than the
short ones.
"""

GRID = """
## %(who)s: each pair of NATs

The way the media went and the ms to first audio; `possible` is theory for
phones with a STUN server. %(more)s
"""

CASES = """
## What befalls a call with such a relay

`voice back` is the time until a second of voice begins again behind the
hole, caller / callee, 0 if there is no hole; %(back)g s are granted. A relay
path is told with its origin. `rings` counts the first audio from the answer:
of a relay that waits for 90 s a phone knows that it has ended, of one that
waits for 6 s it finds out.
On hold a call is %(hold)g s. A proxy with `90 s` has a relay with the real
clocks; `1 near` and `2 near` are two proxies, the other one's relay is %(far)g
ms away one way, as is the relay of `mp far`. What another phone does wrong is
told and not judged.
"""


def _markdown(head, rows):
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)] + [
        "| " + " | ".join(line) + " |" for line in rows]


def _failures(relay):
    lines = ["- %s, %s, %s, %s: %s" % (
        *out.key(), ":".join(out.kinds), "; ".join(out.wrong))
        for out in relay.outcomes if out.wrong]
    lines += ["- %s: %s" % (case.name, "; ".join(run.wrong))
              for case, run in relay.cases if run.wrong and not case.fault]
    return ["", "## What failed", ""] + (lines or ["Nothing did."])


def write(relay, path):
    """Writes the document."""
    took = time.monotonic() - relay.start
    peers = ["%s %s" % (name, version(package)) for name, package in
             (("baresip", "baresip-core"), ("linphone", "linphone-cli"))
             if any(out.who == name for out in relay.outcomes)]
    lines = [INTRO % {
        "command": command_line(sys.argv[1:]), "commit": relay.commit,
        "date": time.strftime("%Y-%m-%d"),
        "kernel": os.uname().release.split("-")[0],
        "kamailio": version("kamailio"),
        "rtpengine": version("rtpengine-daemon"),
        "coturn": version("coturn"), "peers": ", ".join(peers) or "none",
        "minutes": "%.0f minutes" % (took / 60),
        "calls": len(relay.outcomes) + len(relay.cases),
        "timeout": relaynet.TIMEOUT, "rule": relaynet.RULE}]
    tables = _tables(relay)
    if tables[0][1]:
        lines += [SUMMARY] + _markdown(*tables[0])
    for who in ("uaphone", "baresip", "linphone"):
        head, rows = _grid(relay.outcomes, who)
        if rows:
            lines += [GRID % {"who": who, "more": "A `!` marks what failed."
                              if who == "uaphone" else ""}]
            lines += _markdown(head, rows)
    if tables[1][1]:
        lines += [CASES % {"back": faults.BACK, "hold": relayfaults.ON_HOLD,
                           "far": relaysetups.FAR}] + _markdown(*tables[1])
    lines += _failures(relay)
    with open(path, "w") as out:
        out.write("\n".join(lines).replace("\n\n\n", "\n\n") + "\n")
    relay.report.say("wrote " + path)
