# SPDX-License-Identifier: BSD-3-Clause
"""nice_peer.c as a peer, a phone on libnice: its tone, what it heard as WAV."""

import json
import os
import subprocess
import threading

import servers
from host import LabError
from net import SERVER, TURN_PORT

HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARIES = ["nice", "libre"]
SOURCES = ("nice_peer.c", "nice_end.c", "nice_sound.c")
TONES = (440, 740)  # Hz, one of each end
building = threading.Lock()


def missing():
    """Why it cannot be built here, or None."""
    found = subprocess.run(["pkg-config", "--exists"] + LIBRARIES)
    return "libnice is not here (package libnice-dev)" if found.returncode \
        else None


def build(folder):
    """Compiles it, once a folder; returns the program."""
    program = os.path.join(folder, "nice_peer")
    with building:
        if not os.path.exists(program):
            flags = subprocess.run(
                ["pkg-config", "--cflags", "--libs"] + LIBRARIES,
                stdout=subprocess.PIPE, text=True, check=True)
            done = subprocess.run(
                ["cc", "-std=gnu11", "-D_GNU_SOURCE", "-O2", "-w",
                 "-I", os.path.join(HERE, "..", "..", "libua"),
                 "-o", program] + [os.path.join(HERE, name) for name in
                                   SOURCES]
                + flags.stdout.split() + ["-lre", "-lpthread", "-lm"],
                stderr=subprocess.PIPE, text=True)
            if done.returncode:
                raise LabError("nice_peer.c: " + done.stderr)
    return program


class Nice:
    """One instance in a host."""

    def __init__(self, net, side, user, hertz, folder, ice=True,
                 relay_only=False, regular=False):
        self.host = net.hosts[side]
        self.folder = os.path.join(folder, "nice-" + side)
        self.sink = os.path.join(self.folder, "heard.wav")
        self.process = None
        self.events = []
        os.makedirs(self.folder)
        self.argv = [build(os.path.dirname(net.folder)),
                     "-a", net.address[side], "-s", SERVER, "-u", user,
                     "-w", servers.PASSWORDS[user], "-o", self.sink,
                     "-f", str(hertz),
                     "-F", str(TONES[hertz == TONES[0]])]
        if ice:
            self.argv += ["-p", str(TURN_PORT), "-t", servers.TURN_USER,
                          "-T", servers.TURN_PASSWORD]
        if relay_only:
            self.argv.append("-r")
        if regular:
            self.argv.append("-R")

    def start(self, call=None):
        self.process = self.host.spawn(
            self.argv + ([call] if call else []),
            os.path.join(self.folder, "log"), lines=self._line)

    def _line(self, line):
        try:
            self.events.append(json.loads(line))
        except ValueError:
            pass

    def event(self, name, timeout=10.0):
        """Waits for an event of a name; None: it did not come."""
        return self.process.until(lambda: next(
            (event for event in self.events if event.get("event") == name),
            None), timeout)

    def registered(self):
        return self.event("registered") is not None

    def established(self):
        return self.event("established") is not None

    def ended(self):
        return self.event("closed", 5) is not None

    def result(self):
        """Its view of the call when that is over: a dict, or None."""
        return self.event("result", 1)

    def stop(self):
        if self.process:
            self.process.stop(4)

    def heard(self):
        """The recording of what came in, or None."""
        return self.sink if os.path.exists(self.sink) else None

    def tail(self):
        return self.process.tail() if self.process else ""


def cases(answers, calls):
    """[(name, case)] for interop.CASES, from its PeerAnswers, PeerCalls."""
    found = []
    for name, kinds, path in (
            ("", ("port", "port"), "direct"),
            (", prflx", ("symmetric", "restricted"), "direct"),
            (", relay", ("symmetric", "symmetric"), "relay")):
        for what, base in (("answers", answers), ("calls", calls)):
            case = type("Nice" + what.title(), (base,), {
                "peer": Nice, "kinds": kinds, "ice": True, "path": path})
            found.append(("libnice %s%s" % (what, name), case))
    return found
