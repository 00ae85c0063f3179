# SPDX-License-Identifier: BSD-3-Clause
"""A phone that waits behind a NAT: is it called in vain, and what it costs."""

import random
import time

import ringer
import waiter
import wire
from net import SERVER
from waiter import OFFSET

# s before the next ping: where a mapping is oldest, and, as events tell whole
# seconds only, long enough for LATE
BEFORE = 1.1
# s: who rings later rang at the proxy's third INVITE (0, 0.5, 1.5 s) or a
# later one; the first ones found no mapping, and a ping came to their help
LATE = 1.2
QUIET = 3  # s without calls before anything else: all of them are over
SHORT_GAP = 5  # s, at least, between two calls
OVER = 4  # s that an idle time is longer than the NAT's timeout
# s beyond its interval: RFC 3261's Timer F; CRLFs that nobody answers are
# verified each 85 s
SEEN_WITHIN = {"register": 35, "crlf": 95}
MEASURES = 126  # s, the longest silence of one that learns what its NAT bears
REGISTER = 85  # s, the default interval of that method
DEAD = 15  # s, the same of every other method
EXAMPLES = 3  # of calls that were missed
INTERVAL = 14  # s, of one that has told none yet


class Call:
    """A call that was placed, and how it went."""

    def __init__(self, ring, start, idle, worst):
        self.at = ring.at - OFFSET - start
        self.idle = idle
        self.worst = worst
        self.after = ring.after
        self.codes = ring.codes

    def good(self):
        return self.after is not None and self.after < LATE

    def text(self):
        """When; `*`: just before a ping, `!`: did not ring, `?`: late."""
        return "%d%s%s" % (self.at, "*" if self.worst else "",
                           "" if self.good() else
                           "!" if self.after is None else "?")


class ReachCell:
    """A method behind a NAT of one kind and timeout."""

    def __init__(self, net, box, timeout, method, seed, program, folder):
        self.net = net
        self.box = box
        self.timeout = timeout  # the one that counts when it is idle
        self.method = method
        self.role = net.phone(box)
        self.random = random.Random("%d %s" % (seed, folder))
        self.waiter = waiter.make(program, net, self.role, method, folder)
        self.calls = []
        self.wrong = []
        self.start = None  # of the calls, monotonic
        self.end = None
        self.seen = self.back = self.again = None
        self.cut_at = None
        self.waited = 0  # s, at most, for what befell it
        self.looked = set()  # what was tried: "reboot", "cut"
        self.steady_rate = self.learning = None
        self.control = None  # of `off`: True if it missed what it must

    def usable(self):
        return not self.waiter.missing

    def judged(self):
        return self.method not in waiter.PEERS and self.method != "off"

    def up(self):
        reason = self.waiter.start()
        if reason and not self.waiter.missing:
            self.wrong.append(reason)
        return not reason

    # -- calls --------------------------------------------------------------

    def wait(self, pause, until):
        """False if the run ends or the phone has gone."""
        while time.monotonic() < until:
            if pause(min(0.5, max(until - time.monotonic(), 0.01))):
                return False
            if not self.waiter.alive():
                self.wrong.append("the phone ended by itself")
                return False
        return True

    def ring(self, worst=False):
        last = self.calls[-1].at if self.calls else 0
        ring = ringer.ring(self.net, SERVER, self.role)
        idle = ring.at - OFFSET - self.start - last
        self.calls.append(Call(ring, self.start, idle, worst))
        return ring.rang()

    def place(self, pause, start, seconds):
        """Calls at random and at the worst moments for so many seconds."""
        self.start, self.end = start, start + seconds
        last = self.end - QUIET
        if self.method == "off":
            self.place_off(pause, seconds)
            return
        # early enough for one more after an idle time that is too long
        first = min(2.5 * SHORT_GAP, last - start - self.timeout - OVER - 2)
        at = start + self.random.uniform(SHORT_GAP, max(SHORT_GAP, first))
        number = 0
        while at < last and self.wait(pause, at):
            worst = self.random.random() < 0.5 or number == 1
            worst = worst and self.worst(pause)
            if time.monotonic() >= last:
                break
            self.ring(worst)
            at = time.monotonic() + self.gap(number)
            number += 1
        self.wait(pause, self.end)

    def gap(self, number):
        """s to the next call: longer than the timeout, shorter, longer, .."""
        left = self.end - QUIET - time.monotonic()
        longer = self.timeout + OVER
        if number % 2 == 0 and longer < left:
            return self.random.uniform(longer, max(longer, min(
                1.7 * self.timeout, left - 1)))
        return self.random.uniform(SHORT_GAP, max(
            SHORT_GAP + 1, 0.9 * self.timeout))

    def worst(self, pause):
        """Waits until just before the next ping; False if it is untold."""
        due = self.waiter.due()
        if due is not None and due - BEFORE < time.monotonic():
            # it is on its way: the one after it
            self.wait(pause, due + 1)
            due = self.waiter.due()
        if due is None or due - BEFORE <= time.monotonic() \
                or due > self.end - QUIET:
            return False
        return self.wait(pause, due - BEFORE)

    def place_off(self, pause, seconds):
        """A call that must ring, an idle time too long, one that must not."""
        self.start = time.monotonic()  # it has nothing to learn
        at = self.start + SHORT_GAP
        while at < self.end - QUIET and self.wait(pause, at):
            self.ring()
            at = time.monotonic() + self.timeout + OVER
            at += self.random.uniform(0, min(2, max(
                0, self.end - QUIET - 0.5 - at)))
        self.wait(pause, self.end)
        for call in self.calls:
            if call.idle > self.timeout + 1:
                self.control = call.after is None
                break

    def rang(self):
        return sum(call.after is not None for call in self.calls)

    def late(self):
        return self.rang() - sum(call.good() for call in self.calls)

    # -- what befalls it ----------------------------------------------------

    def bound(self):
        """s within which a dead flow must be seen."""
        interval = self.waiter.interval() or INTERVAL
        if self.waiter.learns():
            interval = MEASURES
        return interval + SEEN_WITHIN.get(self.method, DEAD)

    def short(self):
        """Calls may be missed: the method does not ping so often."""
        return self.method == "register" and self.timeout < REGISTER

    def patience(self, longest):
        self.waited = min(self.bound() if self.judged() else 20, longest)
        return self.waited

    def after_reboot(self, longest):
        """How long until requests reach it again?"""
        self.looked.add("reboot")
        self.back = ringer.back(self.net, [SERVER], self.role,
                                self.patience(longest))

    def after_cut(self, pause, longest):
        """Its line is cut: when does it say so?"""
        self.looked.add("cut")
        self.cut_at = time.monotonic()
        if self.method in waiter.PEERS or self.method == "off":
            return
        until = self.cut_at + self.patience(longest)
        while time.monotonic() < until and self.seen is None:
            if pause(0.2):
                return
            self.seen = self.waiter.first(waiter.LOST, self.cut_at)

    def after_mend(self, longest):
        self.again = ringer.back(self.net, [SERVER], self.role, longest)

    # -- the result ---------------------------------------------------------

    def count(self, path):
        """What it sent and got to stay reachable, while it was called."""
        packets = wire.read(path, self.net.address[self.role])
        if not packets and self.usable():
            self.wrong.append("nothing of it was captured")
        since = self.waiter.registered_at
        if since is None or self.end is None:
            return
        steady = max(self.waiter.steady(self.end) or since,
                     since + 0.5) + OFFSET
        end = self.end + OFFSET
        mine = [packet.at for packet in packets
                if packet.out and steady < packet.at < end]
        self.learning = wire.Rate(packets, since + OFFSET + 0.5, steady)
        if len(mine) >= 3:  # whole periods, from ping to ping
            self.steady_rate = wire.Rate(packets, mine[0] - 1e-3,
                                         mine[-1] - 1e-3)
        else:
            self.steady_rate = wire.Rate(packets, steady, end)

    def judge(self):
        if self.wrong or not self.usable():
            return
        if self.method == "off":
            self.judge_control()
            return
        if not self.judged():
            return
        missed = [call for call in self.calls if not call.good()]
        if missed and not self.short():
            self.wrong.append(
                "%d of %d calls did not ring, or late: after %s%s" % (
                    len(missed), len(self.calls), ", ".join(
                        "%.0f s idle%s (%s)" % (
                            call.idle, " just before a ping" if call.worst
                            else "", "%.1f s" % call.after
                            if call.after is not None else "no answer"
                            if not call.codes else "/".join(
                                str(code) for code in call.codes))
                        for call in missed[:EXAMPLES]),
                    ", ..." if len(missed) > EXAMPLES else ""))
        if all(call.idle < self.timeout for call in self.calls):
            self.wrong.append("no call came after an idle time longer than "
                              "the NAT's timeout: nothing was tested")
        # where a run was too short for it nothing is proven
        if "reboot" in self.looked and self.back is None \
                and self.waited >= self.bound():
            self.wrong.append("not reachable %.0f s after its NAT's reboot"
                              % self.waited)
        if "cut" in self.looked:
            if self.seen is None and self.waited >= self.bound():
                self.wrong.append("does not see within %.0f s that its flow "
                                  "is dead" % self.waited)
            if self.again is None:
                self.wrong.append("not reachable after the line is mended")

    def judge_control(self):
        """Without keepalive calls must be missed, else this tests nothing."""
        if self.calls and self.calls[0].after is None:
            self.wrong.append("misses a call at once: a NAT that passes "
                              "nothing tests nothing")
        if self.control is None:
            self.wrong.append("no call came after an idle time longer than "
                              "the NAT's timeout: this controls nothing")
        if self.control is False:
            self.wrong.append("rings after an idle time longer than the "
                              "NAT's timeout, without keepalive: the test "
                              "tests nothing")

    def note(self):
        if not self.usable():
            return self.waiter.missing
        text = "%d of %d rang" % (self.rang(), len(self.calls))
        if self.method == "off":
            text += {True: ", missed when idle too long: as it must"}.get(
                self.control, "")
        if self.short() and self.rang() < len(self.calls):
            text += ", its interval is longer than the NAT's timeout"
        late = [call.after for call in self.calls if call.after]
        if late:
            text += ", in %.2f s at most" % max(late)
        return text + ", called at " + " ".join(
            call.text() for call in self.calls)
