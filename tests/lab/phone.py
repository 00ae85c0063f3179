# SPDX-License-Identifier: BSD-3-Clause
"""uaphone as the lab runs it: a command, its JSON lines, its exit status."""

import json
import os
import time

import servers
import tone
from net import SERVER

SEEN = "seen"  # key that is added to an event: when, by our clock
STATUS = {0: "done", 1: "refused", 2: "no answer", 3: "not registered",
          4: "media failed", 64: "usage", 69: "unreachable",
          78: "bad configuration", 130: "interrupted"}


class Phone:
    """One uaphone in a host."""

    def __init__(self, program, net, side, user, folder):
        self.program = program
        self.host = net.hosts[side]
        self.user = user
        self.password = servers.PASSWORDS[user]
        self.turn_password = servers.TURN_PASSWORD
        self.registrar = SERVER
        self.certificates = net.certificates
        self.name = "uaphone-" + side
        self.folder = os.path.join(folder, self.name)
        os.makedirs(self.folder)
        self.sink = os.path.join(self.folder, "heard.wav")
        self.family = ("-4",)
        self.log_more = ("-vv", "--trace", "ice") if net.trace else ()
        self.events = []
        self.strange = []
        self.process = None
        self.status = None

    def account(self, transport="udp"):
        return ["--aor", "sip:%s@%s" % (self.user, SERVER),
                "--user", self.user,
                "--password-file", servers.secret(
                    self.folder, "password", self.password),
                "--registrar", "sip:" + self.registrar,
                "--transport", transport]

    def ice(self, mode="full", turn=("any",), ca="ca", stun=False):
        """turn: names of servers.TURN_URIS; stun: that of the same server."""
        if mode == "off":
            return ["--ice", "off"]
        line = ["--ice", mode]
        if stun:
            line += ["--stun", servers.STUN_URI]
        if not turn:
            return line
        for name in turn:
            line += ["--turn", servers.TURN_URIS[name]]
        if "tls" in turn or "any" in turn:
            line += ["--tls-ca", os.path.join(self.certificates, ca + ".pem")]
        return line + ["--turn-user", servers.TURN_USER,
                       "--turn-password-file", servers.secret(
                           self.folder, "turn-password", self.turn_password)]

    def voice(self, hertz):
        return ["--source", "tone:%d" % hertz, "--sink", "file:" + self.sink]

    def start(self, *argv):
        """Starts it; the lists of options are joined."""
        line = [self.program]
        for part in argv:
            line += [part] if isinstance(part, str) else part
        line += ["--json", *self.family, *self.log_more]
        env = {key: value for key, value in os.environ.items()
               if not key.startswith(("XDG_", "UAPHONE"))}
        env.update(HOME=self.folder, XDG_CONFIG_HOME=self.folder,
                   XDG_STATE_HOME=self.folder, NO_COLOR="1")
        with open(os.path.join(self.folder, "command"), "w") as out:
            out.write(" ".join(line) + "\n")
        if self.log_more:
            self.host.spawn(["tcpdump", "-Uni", "any", "-w", os.path.join(
                self.folder, "packets.pcap")],
                os.path.join(self.folder, "tcpdump"))
        # stdin stays open: its end would be a command
        self.process = self.host.spawn(
            line, os.path.join(self.folder, "log"), env=env, stdin=True,
            lines=self._line)

    def _line(self, line):
        try:
            event = json.loads(line)
            if not isinstance(event["event"], str):
                raise ValueError
            event[SEEN] = time.monotonic()
            self.events.append(event)
        except (ValueError, KeyError, TypeError):
            self.strange.append(line.rstrip())

    def event(self, *names):
        """The last event of one of these names, or None."""
        for event in reversed(self.events):
            if event["event"] in names:
                return event
        return None

    def wait(self, *names, timeout=10.0):
        """Waits for such an event; None when the process ends before."""
        return self.process.until(lambda: self.event(*names), timeout)

    def finish(self, timeout):
        """Waits for its own end; the exit status, or None if it hangs."""
        self.status = self.process.wait(timeout)
        return self.status

    def stop(self):
        if self.process:
            self.process.stop(4)

    def say(self, **command):
        """Gives it a command."""
        self.process.say(json.dumps(command))

    def path(self):
        """What it says of its ICE: the last pair's keys, or {}."""
        event = self.event("result") or {}
        ice = event.get("ice") or self.event("ice_connected")
        return ice if isinstance(ice, dict) else {}

    def milliseconds(self, name):
        event = self.event(name)
        value = event.get("ms") if event else None
        return value if isinstance(value, (int, float)) else None

    def count(self, name):
        return sum(event["event"] == name for event in self.events)

    def connected(self):
        """ms from both candidate sets to a valid pair, and to nomination.

        By the events' own times: the first of each.
        """
        def first(name, nominated=False):
            for event in self.events:
                if event["event"] == name and (event.get("nominated")
                                               or not nominated):
                    return event.get("t")
            return None

        sets = [first("ice_gathered"), first("ice_remote")]
        ends = [first("ice_connected"), first("ice_connected", True)]
        return [None if end is None or None in sets
                else max((end - max(sets)) * 1000, 0) for end in ends]

    def why(self):
        """The reason it gives for the end of its call, or ''."""
        result = self.event("result") or {}
        call = result.get("call")
        for holder in (call if isinstance(call, dict) else {}, result,
                       self.event("closed") or {},
                       self.event("ice_failed") or {},
                       self.event("register_failed") or {}):
            for key in ("why", "reason"):
                if isinstance(holder.get(key), str) and holder[key]:
                    return holder[key]
        return ""

    def contract(self):
        """What is wrong with its output as such: a list of reasons."""
        wrong = ["prints a line that is no event: %.60r" % line
                 for line in self.strange[:2]]
        if not self.events or self.events[-1]["event"] != "result":
            wrong.append("the last line is no result")
        elif self.events[-1].get("exit") != self.status:
            wrong.append("result says exit %s, its status is %s" % (
                self.events[-1].get("exit"), self.status))
        last = 0.0
        for event in self.events:
            now = event.get("t")
            if not isinstance(now, (int, float)) or now < last:
                wrong.append("\"t\" of %s is %r after %s" % (
                    event["event"], now, last))
                break
            last = now
        return ["%s %s" % (self.name, text) for text in wrong]

    def ended(self, want):
        """Compares the exit status: a list of reasons."""
        if self.status == want:
            return []
        def words(status):
            if status is None:
                return "no end"
            return "%d (%s)" % (status, STATUS.get(status, "?"))
        return ["%s: expected status %s, got %s%s" % (
            self.name, words(want), words(self.status),
            ", says: " + self.why() if self.why() else "")]

    def heard(self, other, own, lossy=False):
        return ["%s: %s" % (self.name, text)
                for text in tone.judge(self.sink, other, own, lossy)]

    def tail(self):
        return self.process.tail() if self.process else ""
