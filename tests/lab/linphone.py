# SPDX-License-Identifier: BSD-3-Clause
"""linphonec as a peer, with its ICE: a tone as its voice, what it heard as WAV.
"""

import os
import shutil
import uuid

import servers
import tone
from net import SERVER, TURN_PORT

CONFIG = """
[sip]
default_proxy=0
register_only_when_network_is_up=0
sip_port=5070
sip_tcp_port=5070
sip_tls_port=0
use_ipv6=0
verify_server_certs=0
media_encryption=none

[net]
nat_policy_ref=lab

[nat_policy_0]
ref=lab
stun_server=%(server)s:%(port)d
stun_server_username=%(turn_user)s
protocols=%(protocols)s

[auth_info_0]
username=%(user)s
passwd=%(password)s
realm=%(server)s

[auth_info_1]
username=%(turn_user)s
passwd=%(turn_password)s
realm=%(turn_realm)s
domain=%(turn_realm)s

[proxy_0]
reg_proxy=<sip:%(server)s;transport=udp>
reg_identity=sip:%(user)s@%(server)s
reg_expires=300
reg_sendregister=1
publish=0
nat_policy_ref=lab

[sound]
echocancellation=0

[video]
enabled=0
capture=0
display=0

[misc]
uuid=%(uuid)s
"""
PROTOCOLS = {"turn": "stun,turn,ice", "stun": "stun,ice", "none": "ice"}
UUIDS = {"alice": "6f1d2e6a-0000-4000-8000-00000000000a",
         "bob": "6f1d2e6a-0000-4000-8000-00000000000b"}


def missing():
    """Why it cannot be run here, or None."""
    return None if shutil.which("linphonec") else \
        "linphonec is not here (package linphone-cli)"


class Linphone:
    """One instance in a host."""

    def __init__(self, net, side, user, hertz, folder, ice=True,
                 server="turn"):
        """server: what it has for its candidates, turn, stun or none."""
        self.host = net.hosts[side]
        self.folder = os.path.join(folder, "linphone-" + side)
        self.process = None
        self.debug = os.path.join(self.folder, "debug.log")
        os.makedirs(os.path.join(self.folder, ".local/share/linphone"))
        self.voice = os.path.join(self.folder, "voice.wav")
        self.sink = os.path.join(self.folder, "heard.wav")
        tone.write_wav(self.voice, hertz, 60)
        with open(os.path.join(self.folder, "rc"), "w") as out:
            out.write(CONFIG % {
                "server": SERVER, "port": TURN_PORT, "user": user,
                "password": servers.PASSWORDS[user],
                "uuid": UUIDS.get(user) or uuid.uuid5(uuid.NAMESPACE_OID,
                                                      user),
                "turn_user": servers.TURN_USER,
                "turn_password": servers.TURN_PASSWORD,
                "turn_realm": servers.TURN_REALM,
                "protocols": PROTOCOLS[server] if ice else "",
            })

    def start(self, call=None, answer=True):
        env = dict(os.environ, HOME=self.folder, TERM="dumb",
                   XDG_DATA_HOME=self.folder, XDG_CONFIG_HOME=self.folder)
        self.process = self.host.spawn(
            ["linphonec", "-c", os.path.join(self.folder, "rc"),
             *(["-a"] if answer else []), "-d", "6", "-l", self.debug],
            os.path.join(self.folder, "log"), env=env, stdin=True)
        for line in ("soundcard use files", "play " + self.voice,
                     "record " + self.sink):
            self.process.say(line)
        if call and self.registered():
            self.process.say("call " + call)

    def logged(self, words, timeout=10.0):
        """Waits until its log, a file, holds the words."""
        def find():
            try:
                with open(self.debug, errors="replace") as log:
                    return words in log.read()
            except OSError:
                return False

        return self.process.looked(find, timeout)

    def registered(self):
        return self.logged("to [LinphoneRegistrationOk]")

    def established(self):
        return self.logged("to LinphoneCallStreamsRunning")

    def ended(self):
        return self.logged("to LinphoneCallReleased", 5)

    def stop(self):
        if self.process:
            self.process.say("terminate")
            self.process.say("quit")
            self.process.wait(3)
            self.process.stop(4)

    def heard(self):
        """The recording of what came in, or None."""
        return self.sink if os.path.exists(self.sink) else None

    def tail(self):
        return self.process.tail() if self.process else ""
