# SPDX-License-Identifier: BSD-3-Clause
"""The runs' own world: its folder, its nets, the workers that use them."""

import json
import os
import queue
import secrets
import shutil
import subprocess
import sys
import threading

import host
import servers
from host import Interrupted, LabError
from net import Net

STATE = "/tmp"
PREFIX = "ualab-"
HERE = os.path.dirname(os.path.abspath(__file__))
NEEDED = {"ip": "iproute2", "nft": "nftables", "nsenter": "util-linux",
          "cc": "gcc", "kamailio": "kamailio", "turnserver": "coturn",
          "rtpengine": "rtpengine-daemon",
          "baresip": "baresip-core", "sipp": "sip-tester",
          "conntrack": "conntrack", "tcpdump": "tcpdump",
          "openssl": "openssl"}


def unusable():
    """Why no lab can be made here, or None."""
    if os.geteuid():
        return "needs root (network namespaces)"
    missing = sorted(package for program, package in NEEDED.items()
                     if not shutil.which(program))
    if missing:
        return "needs the packages " + " ".join(missing)
    try:
        trial = host.Host(PREFIX + "%d-trial" % os.getpid())
    except (OSError, LabError) as err:
        return "no network namespaces here: %s" % err
    try:
        trial.run(["nft", "-f", "-"], "table ip t {\nchain c {\ntype nat "
                  "hook postrouting priority 100;\nmasquerade fully-random"
                  "\n}\n}\n")
        trial.ip("link add v0 type veth peer name v1",
                 "link add br0 type bridge")
        trial.offload_off("v0")
    except (OSError, LabError) as err:
        return "this kernel lacks a part: %s" % err
    finally:
        trial.remove()
    return None


class Pool:
    """Several nets; each runs one task at a time."""

    def __init__(self, report, jobs, delay_ms, loss, seed, trace=False):
        self.report = report
        self.jobs = jobs
        self.line = {"delay_ms": delay_ms, "loss": loss, "seed": seed,
                     "trace": trace}
        self.tag = "%d.%s" % (os.getpid(), secrets.token_hex(2))
        self.folder = os.path.join(STATE, PREFIX + self.tag)
        self.nets = []
        self.kept = None
        self.stopping = threading.Event()
        os.makedirs(self.folder, mode=0o700)
        self.note_owner()

    def note_owner(self):
        with open(os.path.join(self.folder, "owner"), "w") as out:
            json.dump({"pid": os.getpid(),
                       "kept": self.kept.tag if self.kept else None}, out)

    def build(self):
        """Compiles the delay line, makes the TURN server's certificate."""
        program = os.path.join(self.folder, "delay")
        done = subprocess.run(
            ["cc", "-std=gnu11", "-D_GNU_SOURCE", "-O2", "-o", program,
             os.path.join(HERE, "delay.c")],
            stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise LabError("delay.c: " + done.stderr)
        self.line["delay_program"] = program
        servers.certify(self.folder)
        self.line["certificates"] = self.folder

    def net(self, with_servers):
        """A new net with its own names and folder."""
        tag = "%s.%d" % (self.tag, len(self.nets))
        folder = os.path.join(self.folder, "net%d" % len(self.nets))
        os.makedirs(folder)
        net = Net(tag, folder, **self.line)
        self.nets.append(net)
        if with_servers:
            servers.start(net)
        return net

    def crowd(self, kind):
        """A new net of another class, without servers."""
        tag = "%s.%d" % (self.tag, len(self.nets))
        folder = os.path.join(self.folder, "net%d" % len(self.nets))
        os.makedirs(folder)
        net = kind(tag, folder, **self.line)
        self.nets.append(net)
        return net

    def run(self, tasks, with_servers=True, keep=False):
        """Runs tasks, each a (name, work(net, folder)); waits for all."""
        work = queue.Queue()
        for number, task in enumerate(tasks):
            work.put((number, *task))
        nets = []
        threads = []
        try:
            for _ in range(min(self.jobs, len(tasks))):
                nets.append(self.net(with_servers))
            for net in nets:
                threads.append(threading.Thread(
                    target=self._worker, args=(net, work), daemon=True))
                threads[-1].start()
            for thread in threads:
                while thread.is_alive():
                    thread.join(0.2)
        except BaseException:
            self.report.mute()
            self.stopping.set()
            for net in nets:
                net.close()
            for thread in threads:
                thread.join(1)  # one that waits for a packet ends with us
            raise
        if keep and nets:
            self.kept = nets.pop(0)
            self.note_owner()
        for net in nets:
            self.report.keep(net.folder)
            net.remove()

    def _worker(self, net, work):
        while not self.stopping.is_set():
            try:
                number, name, task = work.get_nowait()
            except queue.Empty:
                return
            folder = os.path.join(net.folder, "%02d-%s" % (
                number, name.replace(" ", "-").replace(",", "")))
            try:
                task(net, folder)
            except Interrupted:
                return
            except Exception as err:  # a fault of the lab fails the run
                if self.stopping.is_set():
                    return
                self.report.result(name, ["the lab: %s: %s" % (
                    type(err).__name__, err)])

    def end(self):
        """Leaves nothing behind, but a net that is to be kept."""
        self.stopping.set()
        try:
            for net in self.nets:
                if net is not self.kept:
                    net.remove()
        finally:
            if not self.kept:
                sweep(self.tag)


def sweep(tag):
    """Removes the namespaces and the folder of a run."""
    for name in host.names(PREFIX + tag):
        if name[len(PREFIX + tag):][:1] not in (".", ""):
            continue
        try:
            host.kill_all(name)
        finally:
            host.command(["ip", "netns", "del", name], check=False)
    shutil.rmtree(os.path.join(STATE, PREFIX + tag), ignore_errors=True)


def runs():
    """The runs that left something: {tag: (kept net's tag, is alive)}."""
    found = {}
    for name in host.names(PREFIX):
        found[".".join(name[len(PREFIX):].split(".")[:2])] = None
    for name in os.listdir(STATE):
        if name.startswith(PREFIX):
            found[name[len(PREFIX):]] = None
    for tag in found:
        kept = None
        try:
            with open(os.path.join(STATE, PREFIX + tag, "owner")) as owner:
                kept = json.load(owner)["kept"]
        except (OSError, ValueError, KeyError):
            pass
        pid = tag.split(".")[0].split("-")[0]
        alive = pid.isdigit() and os.path.exists("/proc/" + pid)
        found[tag] = (kept, alive)
    return found


def clean(kept_too):
    """Removes what dead runs left, and kept nets if asked."""
    for tag, (kept, alive) in runs().items():
        if alive and not (kept_too and kept) or kept and not kept_too:
            continue
        sweep(tag)
        print("removed the lab " + tag)


def newest_kept():
    """(net's tag, folder) of the lab that was kept last, or None."""
    kept = [(os.path.getmtime(os.path.join(STATE, PREFIX + tag)), tag, net)
            for tag, (net, _) in runs().items() if net]
    if not kept:
        return None
    _, tag, net = max(kept)
    return net, os.path.join(STATE, PREFIX + tag)


def shell(role, argv):
    """Becomes a shell, or a command, inside a host of a kept lab."""
    found = newest_kept()
    if not found:
        sys.exit("lab: nothing is kept; start one with --keep or `lab up`")
    name = "%s%s-%s" % (PREFIX, found[0], role)
    if name not in host.names(PREFIX):
        sys.exit("lab: no host %s; there are: %s" % (role, " ".join(
            sorted(other.rsplit("-", 1)[1] for other in
                   host.names(PREFIX + found[0])))))
    if not argv:
        print(HINT % {"role": role, "folder": found[1],
                      "server": servers.SERVER, "turn": servers.TURN_URI,
                      "user": "bob" if role == "b" else "alice",
                      "turn_user": servers.TURN_USER}, flush=True)
        argv = [os.environ.get("SHELL", "/bin/sh")]
    os.execvp("nsenter", ["nsenter", "--net=/run/netns/" + name, "--"]
              + argv)


HINT = """You are in the lab's host %(role)s. To register from here:
uaphone listen --aor sip:%(user)s@%(server)s --user %(user)s \\
  --password-file %(folder)s/%(user)s --registrar sip:%(server)s \\
  --turn '%(turn)s' --turn-user %(turn_user)s \\
  --turn-password-file %(folder)s/turn"""


def write_secrets(folder):
    for user, password in servers.PASSWORDS.items():
        servers.secret(folder, user, password)
    servers.secret(folder, "turn", servers.TURN_PASSWORD)
