# SPDX-License-Identifier: BSD-3-Clause
"""The servers of a net: Kamailio (registrar, proxy) and coturn (STUN, TURN);
relays that Kamailio reserves: MediaProxy and rtpengine."""

import glob
import json
import os
import socket

from host import LabError, command
from net import (SERVER, SERVER2, SERVER6, SIP_PORT, TURN_PORT, TURNS_PORT)

HERE = os.path.dirname(os.path.abspath(__file__))
REALM = SERVER
PASSWORDS = {"alice": "wonder-4-land", "bob": "builds,it!7"}
TURN_REALM = "turn.lab"
TURN_USER = "phone"
TURN_PASSWORD = "relay-me-8"
TURN_URIS = {
    "any": "turn:%s:%d" % (SERVER, TURN_PORT),
    "udp": "turn:%s:%d?transport=udp" % (SERVER, TURN_PORT),
    "tcp": "turn:%s:%d?transport=tcp" % (SERVER, TURN_PORT),
    "tls": "turns:%s:%d?transport=tcp" % (SERVER, TURNS_PORT),
    "udp second": "turn:%s:%d?transport=udp" % (SERVER2, TURN_PORT),
    "udp v6": "turn:[%s]:%d?transport=udp" % (SERVER6, TURN_PORT),
}
TURN_URI = TURN_URIS["any"]
STUN_URI = "stun:%s:%d" % (SERVER, TURN_PORT)
RELAY_PORTS = (40000, 49999)
CONTROL_PORT = 2223  # of rtpengine
PUBLIC_NETS = ("198.51.100.0/24",)


def certify(folder, names=()):
    """A certificate of the server by an authority, and a stranger's one.

    names: more that it is for, as "DNS:reach.lab" or "IP:198.51.100.12".
    Leaves ca.pem, other.pem (the authorities), srv.pem and srv.key.
    """
    def path(name):
        return os.path.join(folder, name)

    def openssl(*argv):
        command(["openssl", *argv])

    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    for name in ("ca", "other"):
        openssl("req", "-x509", *new, "-days", "2", "-subj", "/CN=lab " + name,
                "-keyout", path(name + ".key"), "-out", path(name + ".pem"))
    openssl("req", *new, "-subj", "/CN=" + SERVER, "-keyout",
            path("srv.key"), "-out", path("srv.csr"))
    with open(path("srv.ext"), "w") as out:
        out.write("basicConstraints=CA:FALSE\nsubjectAltName=%s\n" % ",".join(
            ["IP:" + address for address in (SERVER, SERVER2, SERVER6)]
            + list(names)))
    openssl("x509", "-req", "-in", path("srv.csr"), "-days", "2", "-CA",
            path("ca.pem"), "-CAkey", path("ca.key"), "-CAcreateserial",
            "-extfile", path("srv.ext"), "-out", path("srv.pem"))
    for name in ("ca.key", "other.key", "srv.key"):
        os.chmod(path(name), 0o600)


def listening(srv, address, port, process):
    """Waits until a server takes TCP connections."""
    def takes():
        with srv.socket(socket.SOCK_STREAM) as sock:
            sock.settimeout(2)
            try:
                sock.connect((address, port))
                return True
            except OSError:
                return False

    if not process.looked(takes, 20, 0.02):
        raise LabError("%s does not serve\n%s" % (
            process.argv[3], process.tail()))


def modules():
    """The folder of Kamailio's modules."""
    found = glob.glob("/usr/lib/*/kamailio/modules") \
        + glob.glob("/usr/lib/kamailio/modules")
    if not found:
        raise LabError("no modules of Kamailio below /usr/lib")
    return found[0]


LISTEN = ("udp:%s:5060", "tcp:%s:5060")


def kamailio(net, name="kamailio", address=SERVER, listen=LISTEN,
             domain=None, define=(), relay=None, ice_candidate="none",
             flags="ICE=force-relay", other=""):
    """Kamailio at an address; define: the switches of kamailio.cfg.

    relay: the MediaProxy or Rtpengine that media goes through. Of the former
    is ice_candidate, "none", "low-priority" or "high-priority", and the
    switch ENGAGE; of the latter are flags, "ICE=remove" or "" and the like.
    other: where the other one is, HOST or HOST:PORT, of the switches FIRST
    and SECOND.
    """
    words = {"DISPATCHER": "", "ICE_CANDIDATE": ice_candidate,
             "RTPENGINE": "", "RTPENGINE_FLAGS": "", "OTHER": other,
             "OTHER_HOST": other.partition(":")[0]}
    if relay:
        define = (relay.switch, *define)
        words.update(relay.words(flags))
    return _kamailio(net, name, address, listen, domain, define, words)


def _kamailio(net, name, address, listen, domain, define, words):
    with open(os.path.join(HERE, "kamailio.cfg")) as template:
        text = template.read()
    passwords = "\n".join('\t$sht(password=>%s) = "%s";' % entry
                          for entry in PASSWORDS.items())
    lines = ["listen=" + entry % address for entry in listen]
    if address == SERVER:
        lines += ["listen=" + entry % ("[%s]" % SERVER6) for entry in LISTEN]
    if domain:
        lines.append("alias=" + domain)
    for word, value in (("LISTEN", "\n".join(lines)), ("REALM", REALM),
                        ("CERTIFICATES", net.certificates),
                        ("MODULES", modules() + "/"),
                        ("PASSWORDS", passwords), *words.items()):
        text = text.replace("@%s@" % word, value)
    config = os.path.join(net.folder, name + ".cfg")
    with open(config, "w") as out:
        out.write(text)
    state = os.path.join(net.folder, name)
    os.makedirs(state, exist_ok=True)
    argv = ["kamailio", "-DD", "-E", "-m", "32", "-M", "8", "-f", config,
            "-Y", state, "-w", state]
    for switch in define:
        argv += ["-A", switch]
    return net.hosts["srv"].spawn(argv, state)


class MediaProxy:
    """A dispatcher and relay, and what it has told so far."""

    switch = "MEDIAPROXY"

    def __init__(self, net, host, address, name, options):
        self.address = address
        self.events = []
        # as short as a Unix socket's name must be
        self.socket = os.path.join(net.folder, name)
        argv = [os.path.join(HERE, "mediaproxy"), "--socket", self.socket,
                "--address", address]
        for key, value in options.items():
            key = "--" + key.replace("_", "-")
            if value is False:
                argv.append(key.replace("--", "--no-"))
                continue
            for one in value if isinstance(value, (list, tuple)) \
                    else (value,):
                argv += [key, str(one)]
        self.process = host.spawn(argv, os.path.join(
            net.folder, "log-" + name), lines=self._line)
        if not self.wait("ready"):
            raise LabError("mediaproxy does not start\n"
                           + self.process.tail())

    def words(self, flags):
        return {"DISPATCHER": self.socket}

    def _line(self, line):
        self.events.append(json.loads(line))

    def told(self, event, since=0, **more):
        """The events of that name, with these values, from the since-th on;
        others are in events. Their "t" is time.monotonic()'s."""
        return [told for told in self.events[since:]
                if told["event"] == event and all(
                    told.get(key) == value for key, value in more.items())]

    def wait(self, event, timeout=10.0, since=0, **more):
        """Waits for such an event; the last one, or None."""
        found = self.process.until(
            lambda: self.told(event, since, **more), timeout)
        return found[-1] if found else None

    def stop(self):
        self.process.stop()


def mediaproxy(net, address, role="srv", name="mediaproxy",
               routable_private_ranges=PUBLIC_NETS, **options):
    """MediaProxy's double on a host that has the address, ready.

    options: those of `mediaproxy --help`, as stream_timeout=6. Its own idea
    of what is routable is that of the internet, where the lab's public net is
    a documentation's: so that has to be named.
    """
    return MediaProxy(net, net.hosts[role], address, name, {
        "routable_private_ranges": routable_private_ranges, **options})


class Rtpengine:
    """rtpengine in user space, asked over UDP."""

    switch = "RTPENGINE"

    def __init__(self, net, host, address, name):
        self.control = (address, CONTROL_PORT)
        log = os.path.join(net.folder, name)
        self.process = host.spawn(
            ["rtpengine", "--config-file=none", "--foreground", "--table=-1",
             "--log-stderr", "--no-log-timestamps", "--num-threads=2",
             "--interface=" + address, "--listen-ng=%s:%d" % self.control,
             "--port-min=%d" % RELAY_PORTS[0],
             "--port-max=%d" % RELAY_PORTS[1]], log)
        if not self.process.looked(lambda: self._pongs(host), 20, 0.02):
            raise LabError("rtpengine does not serve\n"
                           + self.process.tail())

    def _pongs(self, host):
        with host.socket(address=self.control[0]) as sock:
            sock.settimeout(1)
            try:
                sock.sendto(b"lab d7:command4:pinge", self.control)
                return b"pong" in sock.recv(1500)
            except OSError:
                return False

    def words(self, flags):
        return {"RTPENGINE": "udp:%s:%d" % self.control,
                "RTPENGINE_FLAGS": flags}

    def stop(self):
        self.process.stop()


def rtpengine(net, address, role="srv", name="rtpengine"):
    """rtpengine on a host that has the address, ready."""
    return Rtpengine(net, net.hosts[role], address, name)


def coturn(net, name="coturn", addresses=(SERVER, SERVER6)):
    """A TURN server, over UDP, TCP and TLS; returns when it serves."""
    log = os.path.join(net.folder, name)
    argv = ["turnserver", "-n", "--no-cli", "--no-dtls"]
    for address in addresses:
        argv += ["--listening-ip", address, "--relay-ip", address]
    process = net.hosts["srv"].spawn(
        argv + ["--listening-port", str(TURN_PORT),
                "--tls-listening-port", str(TURNS_PORT),
                "--cert", os.path.join(net.certificates, "srv.pem"),
                "--pkey", os.path.join(net.certificates, "srv.key"),
                "--min-port", str(RELAY_PORTS[0]),
                "--max-port", str(RELAY_PORTS[1]),
                "--lt-cred-mech", "--realm", TURN_REALM,
                "--user", "%s:%s" % (TURN_USER, TURN_PASSWORD),
                "--userdb", log + ".db", "--pidfile", log + ".pid",
                "--fingerprint", "--relay-threads", "1",
                "--log-file", "stdout", "--simple-log", "--verbose"], log,
        lines=lambda line: None)  # read by whom it concerns, when one comes
    listening(net.hosts["srv"], addresses[0], TURN_PORT, process)
    return process


def start(net):
    """Starts both and returns when they serve."""
    net.proxy = kamailio(net)
    net.turn = coturn(net)
    listening(net.hosts["srv"], SERVER, SIP_PORT, net.proxy)


def secret(folder, name, text):
    """A file for an option that wants a password out of argv."""
    path = os.path.join(folder, name)
    with open(path, "w") as out:
        out.write(text + "\n")
    os.chmod(path, 0o600)
    return path
