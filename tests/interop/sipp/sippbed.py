# SPDX-License-Identifier: BSD-3-Clause
"""What a case runs on: ports, SIPp as a server, the phone."""

import json
import os
import random
import socket
import subprocess
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LOOPBACK = "127.0.0.1"
LOOPBACK6 = "::1"
# How the kernel writes them in its tables
WRITTEN = {LOOPBACK: "0100007F", LOOPBACK6: "0" * 24 + "01000000"}
PORTS = range(20000, 32000)  # below those that the kernel gives to anybody
MEDIA_PORTS = 8  # sipp opens some near the one of -mp
PATIENCE = 8  # s until a process must have done what it was asked to

# What scenarios share: headers that an answer copies, where the phone is,
# a word to the runner, and how a phone says goodbye.
COPIED = """[last_Via:]
[last_From:]
[last_To:];tag=[pid]-[call_number]
[last_Call-ID:]
[last_CSeq:]"""
CONTACT = """<action>
  <ereg regexp="sip:[^>;]+" search_in="hdr" header="Contact:"
        check_it="true" assign_to="contact"/>
</action>"""
READY = '<nop><action><log message="ready"/></action></nop>'
GOODBYE = """<recv request="REGISTER">
  <action>
    <ereg regexp="^ *0 *$" search_in="hdr" header="Expires:"
          check_it="true" assign_to="zero"/>
  </action>
</recv>
<Reference variables="zero,contact"/>
<send>
  <![CDATA[
    SIP/2.0 200 OK
    """ + COPIED + """
    Content-Length: 0

  ]]>
</send>"""
WORDS = {"COPIED": COPIED, "CONTACT": CONTACT, "READY": READY,
         "GOODBYE": GOODBYE, "BINDING": "[last_Contact:]",
         "STATUS": "401 Unauthorized"}


class Wrong(Exception):
    """The phone, or SIPp, did not do what the case expects."""


class Ports:
    """Ports that are free for UDP and TCP, each given once."""

    def __init__(self):
        self.lock = threading.Lock()
        self.next = random.choice(PORTS)

    def take(self, number=1):
        """The first of so many in a row."""
        with self.lock:
            for _ in PORTS:
                first = self.next
                if first + number > PORTS[-1]:
                    first = PORTS[0]
                self.next = first + number
                if all(map(self._free, range(first, first + number))):
                    return first
        raise Wrong("no port is free")

    @staticmethod
    def _free(port):
        try:
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                with socket.socket(socket.AF_INET, kind) as sock:
                    sock.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def bound(tp, host, port):
    """Whether somebody has a socket there."""
    want = "%s:%04X" % (WRITTEN[host], port)
    with open("/proc/net/" + tp + ("6" if host == LOOPBACK6 else "")) \
            as table:
        for line in table:
            words = line.split()
            if words[1] == want and (tp == "udp" or words[3] == "0A"):
                return True
    return False


def until(what, condition, patience=PATIENCE):
    """Looks until the condition is true; its value.

    For what SIPp does: it tells nobody that it listens, and what it logs it
    logs to a file.  So one has to look, and time only ends it.
    """
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Wrong("%s: not within %g s" % (what, patience))
        time.sleep(0.01)


def read(path):
    try:
        with open(path, errors="replace", newline="") as text:
            return text.read()
    except FileNotFoundError:
        return ""


class Sipp:
    """One SIPp with a scenario, whose words are filled in."""

    def __init__(self, folder, ports, server, words, host, port):
        self.server = server
        self.host = host
        self.port = port
        self.base = os.path.join(folder, "%s-%s" % (
            server.scenario, server.tp))
        with open(os.path.join(HERE, server.scenario + ".xml")) as text:
            scenario = text.read()
        for word, value in {**WORDS, **server.words, **words}.items():
            scenario = scenario.replace("@%s@" % word, value)
        with open(self.base + ".xml", "w") as text:
            text.write(scenario)
        argv = ["sipp", "-sf", self.base + ".xml", "-i", host,
                "-p", str(port), "-t", {"udp": "u1", "tcp": "t1"}[server.tp],
                "-mp", str(ports.take(MEDIA_PORTS)), "-cp", str(ports.take()),
                "-nostdin", "-timeout", "60s", "-timeout_error"]
        if not server.endless:
            argv += ["-m", str(server.calls)]
        for kind in ("msg", "err", "logs"):
            argv += ["-trace_" + kind, "-%s_file" % {
                "msg": "message", "err": "error", "logs": "log"}[kind],
                "%s.%s" % (self.base, kind)]
        with open(self.base + ".out", "wb") as out:
            self.popen = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                cwd=folder, start_new_session=True)
        until("sipp listens", self._listens)

    def _listens(self):
        if self.popen.poll() is not None:
            raise Wrong("sipp %s: %s" % (self.server.scenario,
                                         read(self.base + ".err")))
        return bound(self.server.tp, self.host, self.port)

    def said(self, word):
        return word in read(self.base + ".logs")

    def close(self):
        """Ends one that goes on for ever; the status of any other."""
        if self.server.endless:
            self.popen.kill()
            self.popen.wait()
            return
        try:
            status = self.popen.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Wrong("sipp %s waits for more\n%s" % (
                self.server.scenario, read(self.base + ".err")))
        if status:
            raise Wrong("sipp %s: status %d\n%s" % (
                self.server.scenario, status, read(self.base + ".err")
                or read(self.base + ".out")))

    def kill(self):
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()


class Phone:
    """The real uaphone; its events as they come."""

    def __init__(self, program, argv, folder, password):
        env = {"PATH": os.environ.get("PATH", ""), "HOME": folder,
               "XDG_CONFIG_HOME": os.path.join(folder, "none")}
        if password:
            env["UAPHONE_PASSWORD"] = password
        self.err = os.path.join(folder, "uaphone.err")
        self.events = []
        self.changed = threading.Condition()
        with open(self.err, "wb") as err:
            self.popen = subprocess.Popen(
                [program, "--json"] + argv, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=err, env=env,
                start_new_session=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.popen.stdout:
            with self.changed:
                self.events.append(json.loads(line))
                self.changed.notify_all()

    def all(self, name):
        with self.changed:
            return [ev for ev in self.events if ev["event"] == name]

    def wait(self, name, number=1, patience=PATIENCE):
        """The so many-th event of that name."""
        deadline = time.monotonic() + patience
        with self.changed:
            while True:
                events = [ev for ev in self.events if ev["event"] == name]
                if len(events) >= number:
                    return events[number - 1]
                left = deadline - time.monotonic()
                if left <= 0 or not self.reader.is_alive():
                    raise Wrong("no event %s (%d of %d)" % (
                        name, len(events), number))
                self.changed.wait(min(left, 0.2))

    def say(self, command):
        self.popen.stdin.write(b'{"cmd":"%s"}\n' % command.encode())
        self.popen.stdin.flush()

    def quit(self):
        try:
            self.popen.stdin.write(b'{"cmd":"quit"}\n')
            self.popen.stdin.close()
        except OSError:
            pass  # it has ended by itself: its status tells

    def end(self, patience=PATIENCE):
        """Its exit status."""
        try:
            status = self.popen.wait(patience)
        except subprocess.TimeoutExpired:
            raise Wrong("uaphone does not end")
        self.reader.join(2)
        return status

    def kill(self):
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()
        self.reader.join(2)
        self.popen.stdout.close()
