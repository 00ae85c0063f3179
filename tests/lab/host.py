# SPDX-License-Identifier: BSD-3-Clause
"""A host of the lab: one network namespace, its processes and sockets."""

import ctypes
import fcntl
import os
import select
import signal
import socket
import struct
import subprocess
import threading
import time

CLONE_NEWNET = 0x40000000
SIOCETHTOOL = 0x8946
ETHTOOL_OFF = (0x17, 0x19, 0x1f, 0x21, 0x24, 0x2c)  # tx csum, sg, tso, ...
libc = ctypes.CDLL(None, use_errno=True)


class LabError(Exception):
    """The lab itself is at fault, not what it tests."""


def command(argv, stdin=None, check=True):
    """Runs a short command to its end; returns what it printed."""
    done = subprocess.run(argv, input=stdin, text=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if check and done.returncode:
        raise LabError("%s: %s" % (" ".join(argv), done.stderr.strip()
                                   or "status %d" % done.returncode))
    return done.stdout


class Interrupted(Exception):
    """The run is being ended; nothing new is started."""


class Process:
    """A process in a host: its log files, its end by its own pid."""

    def __init__(self, argv, log, env=None, stdin=False, lines=None):
        """lines: called with each line of stdout, from a thread."""
        self.argv = argv
        self.changed = threading.Condition()  # held while a line is taken
        self.over = False  # no line comes any more
        self.err = log + ".err"
        self.out = log + ".out"
        self.started = time.monotonic()
        with open(self.err, "ab") as err, open(self.out, "ab") as out:
            self.popen = subprocess.Popen(
                argv, stderr=err, env=env, start_new_session=True,
                stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                stdout=subprocess.PIPE if lines else out)
        self.pid = self.popen.pid
        self.reader = None
        if lines:
            self.reader = threading.Thread(target=self._read, args=(lines,),
                                           daemon=True)
            self.reader.start()

    def _read(self, lines):
        try:
            with open(self.out, "ab") as out:
                for line in self.popen.stdout:
                    out.write(line)
                    out.flush()
                    with self.changed:
                        lines(line.decode("utf-8", "replace"))
                        self.changed.notify_all()
        finally:
            with self.changed:
                self.over = True
                self.changed.notify_all()

    def until(self, find, timeout):
        """What find() is once a line has made it true; else what it is when
        the lines, or the seconds, are over."""
        with self.changed:
            self.changed.wait_for(lambda: find() or self.over, timeout)
            return find()

    def looked(self, find, timeout, step=0.05):
        """The same for what no line tells: looks again and again."""
        deadline = time.monotonic() + timeout
        while True:
            found = find()
            if found or time.monotonic() > deadline:
                return found
            if self.wait(step) is not None:
                return find()

    def alive(self):
        return self.popen.poll() is None

    def say(self, line):
        """Writes a line to its stdin."""
        try:
            self.popen.stdin.write(line.encode() + b"\n")
            self.popen.stdin.flush()
        except (OSError, ValueError):
            pass  # its end is seen elsewhere

    def wait(self, timeout):
        """The exit status, or None when it still runs."""
        try:
            status = self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        if self.reader:
            self.reader.join(2)
        return status

    def signal(self, number):
        if self.alive():
            self.popen.send_signal(number)

    def stop(self, grace=2.0):
        """Asks it to end, then makes it end; returns the exit status."""
        self.signal(signal.SIGTERM)
        if self.wait(grace) is None:
            self.signal(signal.SIGKILL)
            self.wait(5)
        if self.popen.stdin:
            try:
                self.popen.stdin.close()
            except OSError:
                pass
        return self.popen.returncode

    def tail(self, lines=25):
        """The last lines of both of its logs, for a person."""
        text = ""
        for path in (self.out, self.err):
            with open(path, "r", errors="replace") as log:
                last = [line for line in log.read().splitlines()
                        if line.strip()][-lines:]
            if last:
                text += "--- %s\n%s\n" % (path, "\n".join(last))
        return text


class Host:
    """One network namespace."""

    def __init__(self, name):
        self.name = name
        self.path = "/run/netns/" + name
        self.processes = []
        self.closed = False
        command(["ip", "netns", "add", name])
        self.sysctl("net.ipv6.conf.all.disable_ipv6", 1)
        self.sysctl("net.ipv6.conf.default.disable_ipv6", 1)
        self.ip("link set lo up")

    def enter(self, work):
        """Calls work() with this thread inside the namespace."""
        with open("/proc/thread-self/ns/net") as home, \
                open(self.path) as there:
            if libc.setns(there.fileno(), CLONE_NEWNET):
                raise LabError("cannot enter " + self.name)
            try:
                return work()
            finally:
                if libc.setns(home.fileno(), CLONE_NEWNET):
                    os._exit(70)

    def sysctl(self, key, value):
        def write():
            with open("/proc/sys/" + key.replace(".", "/"), "w") as entry:
                entry.write(str(value))
        self.enter(write)

    def six(self):
        """Lets it have IPv6, with addresses that work at once."""
        conf = "/proc/sys/net/ipv6/conf"
        for which in self.enter(lambda: os.listdir(conf)):
            for key in ("accept_dad", "dad_transmits", "accept_ra",
                        "router_solicitations", "accept_redirects"):
                self.sysctl("net/ipv6/conf/%s/%s" % (which, key), 0)
        self.sysctl("net.ipv6.conf.default.disable_ipv6", 0)
        self.sysctl("net.ipv6.conf.all.disable_ipv6", 0)

    def ip(self, *lines):
        """Runs commands of ip, all in one batch."""
        command(["ip", "-n", self.name, "-batch", "-"], "\n".join(lines))

    def inside(self, argv):
        return ["nsenter", "--net=" + self.path, "--"] + list(argv)

    def run(self, argv, stdin=None, check=True):
        return command(self.inside(argv), stdin, check)

    def spawn(self, argv, log, **more):
        if self.closed:
            raise Interrupted
        process = Process(self.inside(argv), log, **more)
        self.processes.append(process)
        return process

    def socket(self, kind=socket.SOCK_DGRAM, address="", port=0):
        """A socket bound inside; kind and address as in socket(2)."""
        def make():
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            sock = socket.socket(family, kind)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((address, port))
            return sock
        return self.enter(make)

    def offload_off(self, interface):
        """No checksum or segmentation is left to a card that is none."""
        def switch():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                for number in ETHTOOL_OFF:
                    value = ctypes.create_string_buffer(
                        struct.pack("II", number, 0))
                    request = struct.pack("16sP8x", interface.encode(),
                                          ctypes.addressof(value))
                    try:
                        fcntl.ioctl(sock, SIOCETHTOOL, request)
                    except OSError:
                        if number == 0x17:
                            raise
        self.enter(switch)

    def close(self):
        """From another thread: ends what runs, starts nothing more."""
        self.closed = True
        for process in list(self.processes):
            process.signal(signal.SIGTERM)

    def stop(self):
        for process in reversed(self.processes):
            process.stop()
        self.processes = []

    def remove(self):
        self.stop()
        try:
            kill_all(self.name)
        finally:
            command(["ip", "netns", "del", self.name], check=False)


def names(prefix):
    """The namespaces whose name starts so."""
    listed = command(["ip", "netns", "list"]).splitlines()
    return [line.split()[0] for line in listed if line.startswith(prefix)]


def pids(name):
    """The processes in a namespace."""
    listed = command(["ip", "netns", "pids", name], check=False)
    return [int(pid) for pid in listed.split()]


def kill_all(name):
    """Ends what still runs in a namespace, each process by its pid."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        left = pids(name)
        if not left:
            return
        _kill(left, number, 2)
    left = pids(name)
    if left:
        raise LabError("%s: does not end: %s" % (name, left))


def _kill(those, number, seconds):
    """Sends a signal to processes, and waits until all have ended."""
    ends, left = select.poll(), []
    try:
        for pid in those:
            try:
                left.append(os.pidfd_open(pid))
                ends.register(left[-1], select.POLLIN)
                signal.pidfd_send_signal(left[-1], number)
            except ProcessLookupError:
                pass  # it has ended meanwhile
        deadline = time.monotonic() + seconds
        while left and time.monotonic() < deadline:
            for fd, _ in ends.poll(1000 * (deadline - time.monotonic())):
                ends.unregister(fd)
                left.remove(fd)
                os.close(fd)
    finally:
        for fd in left:
            os.close(fd)
