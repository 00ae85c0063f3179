# SPDX-License-Identifier: BSD-3-Clause
"""The servers of a net: Kamailio (registrar, proxy) and coturn (STUN, TURN)."""

import glob
import os
import socket
import time

from host import LabError
from net import SERVER, SIP_PORT, TURN_PORT

HERE = os.path.dirname(os.path.abspath(__file__))
REALM = SERVER
PASSWORDS = {"alice": "wonder-4-land", "bob": "builds,it!7"}
TURN_REALM = "turn.lab"
TURN_USER = "phone"
TURN_PASSWORD = "relay-me-8"
TURN_URI = "turn:%s:%d?transport=udp" % (SERVER, TURN_PORT)
RELAY_PORTS = (40000, 49999)


def _listening(srv, port, process):
    """Waits until a server takes TCP connections."""
    deadline = time.monotonic() + 20
    while True:
        with srv.socket(socket.SOCK_STREAM) as sock:
            sock.settimeout(2)
            try:
                sock.connect((SERVER, port))
                return
            except OSError:
                pass
        if not process.alive() or time.monotonic() > deadline:
            raise LabError("%s does not serve\n%s" % (
                process.argv[3], process.tail()))
        time.sleep(0.05)


def kamailio(net):
    modules = glob.glob("/usr/lib/*/kamailio/modules") \
        + glob.glob("/usr/lib/kamailio/modules")
    if not modules:
        raise LabError("no modules of Kamailio below /usr/lib")
    with open(os.path.join(HERE, "kamailio.cfg")) as template:
        text = template.read()
    passwords = "\n".join('\t$sht(password=>%s) = "%s";' % entry
                          for entry in PASSWORDS.items())
    for word, value in (("ADDRESS", SERVER), ("REALM", REALM),
                        ("MODULES", modules[0] + "/"),
                        ("PASSWORDS", passwords)):
        text = text.replace("@%s@" % word, value)
    config = os.path.join(net.folder, "kamailio.cfg")
    with open(config, "w") as out:
        out.write(text)
    state = os.path.join(net.folder, "kamailio")
    os.makedirs(state)
    return net.hosts["srv"].spawn(
        ["kamailio", "-DD", "-E", "-m", "32", "-M", "8", "-f", config,
         "-Y", state, "-w", state], os.path.join(net.folder, "kamailio"))


def coturn(net):
    log = os.path.join(net.folder, "coturn")
    return net.hosts["srv"].spawn(
        ["turnserver", "-n", "--no-cli", "--no-tls", "--no-dtls",
         "--listening-ip", SERVER, "--relay-ip", SERVER,
         "--listening-port", str(TURN_PORT),
         "--min-port", str(RELAY_PORTS[0]),
         "--max-port", str(RELAY_PORTS[1]),
         "--lt-cred-mech", "--realm", TURN_REALM,
         "--user", "%s:%s" % (TURN_USER, TURN_PASSWORD),
         "--userdb", log + ".db", "--pidfile", log + ".pid",
         "--fingerprint", "--relay-threads", "1",
         "--log-file", "stdout", "--simple-log", "--verbose"], log)


def start(net):
    """Starts both and returns when they serve."""
    started = [(SIP_PORT, kamailio(net)), (TURN_PORT, coturn(net))]
    for port, process in started:
        _listening(net.hosts["srv"], port, process)
    return [process for _, process in started]


def secret(folder, name, text):
    """A file for an option that wants a password out of argv."""
    path = os.path.join(folder, name)
    with open(path, "w") as out:
        out.write(text + "\n")
    os.chmod(path, 0o600)
    return path
