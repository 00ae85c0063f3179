# SPDX-License-Identifier: BSD-3-Clause
"""What befalls a phone that waits: its registrar, its NAT, its line.

Each case has a NAT and registrars of its own. It says how long it takes
until the phone knows, until requests reach it again, and whether it rings.
"""

import glob
import os
import signal
import time

import dns
import nat
import ringer
import servers
import waiter
import wire
from crowd import DNS, REGISTRARS
from net import SIP_PORT
from waiter import OFFSET

DOMAIN = "reach.lab"
SETTLE = 3  # s from its registration to the fault
RINGS = 3  # calls afterwards, one a second
SIPS_PORT = 5061
TLS_LISTEN = servers.LISTEN + ("tls:%%s:%d" % SIPS_PORT,)
# A host that says nothing more, not even that nobody listens
MUTE = """
table inet mute {
    chain input {
        type filter hook input priority -400;
        ip daddr %s drop
    }
    chain output {
        type filter hook output priority -400;
        ip saddr %s drop
    }
}
"""


def prepare(net):
    """A certificate that is good for every registrar and for the domain."""
    folder = os.path.join(net.folder, "certificates")
    os.makedirs(folder)
    servers.certify(folder, ["DNS:" + DOMAIN] + [
        "IP:" + address for address in REGISTRARS])
    net.certificates = folder


class Case:
    """A phone, and one thing that happens; subclasses say what."""

    name = ""
    quick = False  # does it belong to the quick run?
    kind = "port"
    timeout = 60  # s, of the NAT
    method = "auto"
    transport = "udp"
    listen = servers.LISTEN
    define = ()
    more = ()  # options of uaphone
    within = 30  # s until it must be reachable
    index = 0  # its own registrars and box

    def __init__(self):
        self.wrong = []
        self.missing = None
        self.waiter = None
        self.registrars = []
        self.calls = self.rings = 0
        self.lost = self.back = None
        self.spent = None  # wire.Rate: until it was back, or of a Hold
        self.busy = []

    def attach(self, reach):
        self.reach = reach
        self.net = reach.net
        self.pause = reach.pause
        self.address = REGISTRARS[self.index]

    # -- parts --------------------------------------------------------------

    def start_registrar(self, number=0):
        name = "kamailio-%d-%d-%d" % (self.index, number,
                                      len(self.registrars))
        process = self.net.registrar(
            REGISTRARS[self.index + number], name, listen=self.listen,
            define=self.define, domain=DOMAIN)
        self.registrars.append(process)

    @staticmethod
    def kill(process):
        """Ends a Kamailio at once, all its processes: they are a group."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(5)

    def lacks(self):
        """What this machine lacks for it, or None."""

    def begin(self):
        """All is up and the phone registered; False if it does not."""
        self.missing = self.lacks()
        if self.missing:
            return False
        self.start_registrar()
        self.box = self.net.box(self.kind, self.timeout)
        role = self.role = self.net.phone(self.box)
        folder = os.path.join(self.reach.folder, "fault-" + self.name
                              .replace(" ", "-").replace(",", "")
                              .replace(":", ""))
        self.capture = folder
        self.net.capture(self.box, self.capture)
        self.waiter = waiter.Waiter(self.reach.program, self.net, role,
                                    self.method, folder)
        self.waiter.server = self.waiter.aor = self.address
        self.waiter.transport = self.transport
        self.waiter.more = list(self.more)
        self.dress()
        reason = self.waiter.start()
        if reason:
            self.wrong.append(reason)
        return not reason

    def dress(self):
        """More about the phone, before it starts."""

    def servers(self):
        """Where a caller may find it, in this order."""
        return [self.address]

    def call(self, patience=ringer.PATIENCE):
        """Calls it by the server that has it; True if it rings."""
        began = time.time()
        rang = any(ringer.ring(self.net, server, self.role, patience).rang()
                   for server in self.servers())
        self.busy.append((began - 0.2, time.time() + 1.5))
        self.calls += 1
        self.rings += rang
        return rang

    def run(self):
        if not self.begin():
            return
        self.pause(SETTLE)
        if not self.call():
            self.wrong.append("does not ring before anything happens")
            return
        self.calls = self.rings = 0
        self.pause(1)  # an ACK that is lost would have the answer repeated
        since = time.monotonic()
        self.fault()
        at = time.monotonic()
        self.back = ringer.back(self.net, self.servers(), self.role,
                                self.within)
        if self.back is not None:
            self.back += at - self.since(since, at)
            reached = time.monotonic()
            for _ in range(RINGS):
                self.call()
                self.pause(1)
            self.spent = self.rate(since, reached)
        self.lost = self.waiter.first(waiter.LOST, since)
        self.judge()

    def fault(self):
        """It happens; returns when it has."""

    def since(self, start, end):
        """From when the time counts until it is reachable."""
        return start

    def judge(self):
        if self.back is None:
            self.wrong.append("not reachable within %d s" % self.within)
            return
        if not any(packet.out for packet in self.spent.packets):
            self.wrong.append("reachable before it has sent anything: "
                              "nothing befell it")
        if self.rings < self.calls:
            self.wrong.append("%d of %d calls afterwards did not ring" % (
                self.calls - self.rings, self.calls))

    def rate(self, start, end):
        """What it sent and got to stay reachable, but for times of calls."""
        packets = wire.read(self.capture + ".pcap",
                            self.net.address[self.role])
        return wire.Rate(packets, start + OFFSET, end + OFFSET, self.busy)

    def note(self):
        def seconds(value):
            return "-" if value is None else "%.1f s" % value

        return "lost seen %s, reachable %s, %d of %d rang" % (
            seconds(self.lost), seconds(self.back), self.rings, self.calls)

    def stop(self):
        """Ends what it started and the net does not know."""

    def tail(self):
        return self.waiter.tail() if self.waiter else ""


class RegistrarShort(Case):
    """Nobody notices, but the bindings are gone."""

    name = "registrar restarts in 2 s, registration for 60 s"
    more = ("--register-expires", "60")
    within = 70
    down = 2

    def fault(self):
        self.kill(self.registrars[-1])
        self.pause(self.down)
        self.start_registrar()

    def since(self, start, end):
        return end  # from when it is there again


class RegistrarLong(RegistrarShort):
    name = "registrar away for 25 s"
    more = ()
    within = 30
    down = 25


class RegistrarMute(RegistrarLong):
    """Its host says nothing for a while; it loses its bindings too."""

    name = "registrar silent for 25 s, then restarted"

    def fault(self):
        srv = self.net.hosts["srv"]
        table = "mute%d" % self.index
        srv.run(["nft", "-f", "-"], MUTE.replace("mute", table) % (
            self.address, self.address))
        self.kill(self.registrars[-1])
        self.pause(self.down)
        srv.run(["nft", "delete", "table", "inet", table])
        self.start_registrar()


class Reboot(Case):
    name = "NAT reboots"
    quick = True

    def fault(self):
        nat.reboot(self.box.host)


class RebootSymmetric(Reboot):
    name = "symmetric NAT reboots"
    quick = False
    kind = "symmetric"


class NewAddress(Case):
    name = "NAT gets another address"

    def fault(self):
        nat.renumber(self.box.host, self.box.address, self.box.moved)


class Tcp(Reboot):
    """No packet of the old connection passes any more; no reset either."""

    name = "TCP: NAT reboots"
    quick = False
    transport = "tcp"
    within = 45


class TcpRegistrar(RegistrarShort):
    quick = True
    name = "TCP: registrar restarts in 2 s"
    transport = "tcp"
    more = ()
    within = 45


class Tls(Tcp):
    name = "TLS: NAT reboots"
    transport = "tls"
    listen = TLS_LISTEN
    define = ("TLS",)

    def lacks(self):
        found = glob.glob(os.path.join(servers.modules(), "tls.so"))
        return None if found else "needs the package kamailio-tls-modules"

    def dress(self):
        self.waiter.server = "%s:%d" % (self.address, SIPS_PORT)
        self.waiter.more += ["--tls-ca", os.path.join(
            self.net.certificates, "ca.pem")]


class TlsRegistrar(Tls):
    name = "TLS: registrar restarts in 2 s"
    down = 2
    fault = RegistrarShort.fault
    since = RegistrarShort.since


class Srv(Case):
    """Two proxies by SRV; the first one's host says nothing any more."""

    quick = True
    name = "SRV: first proxy silent"
    transport = None  # DNS tells
    within = 60
    dns = None
    silent = False  # is the name server silent from then on?

    def dress(self):
        self.start_registrar(1)
        zone = {
            (DOMAIN, dns.NAPTR): (20, [
                (10, 50, "s", "SIP+D2U", "", "_sip._udp." + DOMAIN)]),
            ("_sip._udp." + DOMAIN, dns.SRV): (20, [
                (10, 100, SIP_PORT, "one." + DOMAIN),
                (20, 100, SIP_PORT, "two." + DOMAIN)]),
            ("one." + DOMAIN, dns.A): (20, [REGISTRARS[self.index]]),
            ("two." + DOMAIN, dns.A): (20, [REGISTRARS[self.index + 1]]),
        }
        self.dns = dns.Dns(self.net.hosts["srv"].socket(
            address=DNS, port=53 + 1000 * self.index), zone)
        self.waiter.server = self.waiter.aor = DOMAIN
        self.waiter.more += ["--dns", "%s:%d" % (DNS,
                                                 53 + 1000 * self.index)]

    def servers(self):
        return [REGISTRARS[self.index + number] for number in (0, 1)]

    def fault(self):
        self.net.hosts["srv"].run(
            ["nft", "-f", "-"], MUTE.replace("mute", "mute%d" % self.index)
            % (self.address, self.address))
        self.dns.silent = self.silent
        self.servers = lambda: [REGISTRARS[self.index + 1]]

    def stop(self):
        if self.dns:
            self.dns.close()


class SrvSilent(Srv):
    quick = False
    name = "SRV: first proxy silent, DNS too"
    silent = True


class Hold(Case):
    """It is called after idle times longer than the NAT's timeout."""

    timeout = 20
    idle = 23
    number = 4  # calls, with time for them
    must = True  # ring; False: none may but the first; None: only printed
    patience = ringer.PATIENCE

    def run(self):
        if not self.begin():
            return
        self.pause(2)
        self.call(self.patience)
        if self.rings < 1 and self.must is not None:
            self.wrong.append("does not ring at first")
        self.calls = self.rings = 0
        since = time.monotonic()
        for _ in range(2 if self.reach.quick else self.number):
            if self.pause(self.idle):
                return
            self.call(self.patience)
        self.spent = self.rate(since, time.monotonic())
        if self.must and self.rings < self.calls:
            self.wrong.append("%d of %d calls did not ring" % (
                self.calls - self.rings, self.calls))
        if self.must is False and self.rings:
            self.wrong.append("%d of %d calls rang, and none could" % (
                self.rings, self.calls))

    def note(self):
        return "%d of %d calls rang after %d s idle, %d flows called lost" \
            % (self.rings, self.calls, self.idle,
               self.waiter.count("flow_lost") if self.waiter else 0)


class Deaf(Hold):
    name = "registrar never answers OPTIONS"
    define = ("DEAF",)

    def run(self):
        super().run()
        if self.waiter and "options" in self.waiter.ways():
            self.wrong.append("an OPTIONS was answered: it is not deaf")


class Loss(Hold):
    """A packet in ten is lost each way."""

    name = "loss of 10 %"
    patience = 8
    percent = 10
    number = 6
    timeout = 30
    idle = 33

    def call(self, patience=ringer.PATIENCE):
        """The ringing that it answers may be lost, and nobody repeats it."""
        before, rings = self.waiter.rang(), self.rings
        rang = super().call(patience) or self.waiter.rang() > before
        self.rings = rings + rang
        return rang

    def begin(self):
        if not super().begin():
            return False
        self.net.lose(self.percent, self.box.role)
        return True


class Ping4(Hold):
    name = "4-byte pings of the server, off"
    define = ("PING4",)
    method = "off"


class Ping4Outbound(Ping4):
    """The control: they do not refresh such a NAT."""

    quick = True
    name = "4-byte pings of the server, off, outbound"
    kind = "outbound"
    must = False


class Ping4Auto(Ping4Outbound):
    quick = False
    name = "4-byte pings of the server, auto, outbound"
    method = "auto"
    must = True


class PingSip(Hold):
    quick = True
    name = "OPTIONS of the server, off, outbound"
    define = ("PINGSIP",)
    kind = "outbound"
    method = "off"


class PingSipAuto(PingSip):
    quick = False
    name = "OPTIONS of the server, auto, outbound"
    method = "auto"


CLASSES = (RegistrarShort, RegistrarLong, RegistrarMute, Reboot,
           RebootSymmetric, NewAddress, Tcp, TcpRegistrar, Tls, TlsRegistrar,
           Srv, SrvSilent, Deaf, Loss, Ping4, Ping4Outbound, Ping4Auto,
           PingSip, PingSipAuto)


def all_cases():
    """One of each; a case has two registrars' addresses to itself."""
    cases = []
    for number, kind in enumerate(CLASSES):
        case = kind()
        case.index = 2 * number
        cases.append(case)
    return cases
