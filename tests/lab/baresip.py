# SPDX-License-Identifier: BSD-3-Clause
"""baresip as a peer: one call, a tone as its voice, what it heard as WAV."""

import glob
import os

import servers
import tone
from net import SERVER, TURN_PORT

CONFIG = """
poll_method epoll
sip_trans_def udp
audio_source aufile,%(tone)s
audio_player aubridge,nil
audio_alert aubridge,nil
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
audio_buffer 20-160
rtp_ports 20000-29999
rtcp_mux %(mux)s
statmode_default off
snd_path %(folder)s
module_path %(modules)s
module stdio.so
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module stun.so
module turn.so
module ice.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
"""


class Baresip:
    """One instance in a host."""

    def __init__(self, net, side, user, hertz, folder, ice=True,
                 how=";answermode=auto;regint=300", server="turn", mux=True):
        """how: the account's parameters that are no defaults. server: what
        it has for its candidates, turn, stun or none."""
        self.host = net.hosts[side]
        self.name = "baresip-" + side
        self.folder = os.path.join(folder, self.name)
        self.process = None
        self.log = []
        os.makedirs(self.folder)
        voice = os.path.join(self.folder, "voice.wav")
        tone.write_wav(voice, hertz, 30)
        found = glob.glob("/usr/lib/baresip/modules") \
            + glob.glob("/usr/lib/*/baresip/modules") + ["/nowhere"]
        self._write("config", CONFIG % {
            "tone": voice, "folder": self.folder, "modules": found[0],
            "mux": "yes" if mux else "no"})
        account = "<sip:%s@%s;transport=udp>;auth_user=%s;auth_pass=%s" \
            "%s;audio_codecs=pcmu/8000/1" % (
                user, SERVER, user, servers.PASSWORDS[user], how)
        if ice:
            account += ";medianat=ice"
        if ice and server != "none":
            account += ";stunserver=%s:%s:%d" % (server, SERVER, TURN_PORT)
        if ice and server == "turn":
            account += ";stunuser=%s;stunpass=%s" % (servers.TURN_USER,
                                                     servers.TURN_PASSWORD)
        self._write("accounts", account + "\n")
        self._write("contacts", "")

    def _write(self, name, text):
        with open(os.path.join(self.folder, name), "w") as out:
            out.write(text)

    def start(self, call=None):
        argv = ["baresip", "-4", "-f", self.folder]
        if call:
            argv += ["-e", "/dial " + call]
        env = dict(os.environ, HOME=self.folder, TERM="dumb")
        self.process = self.host.spawn(
            argv, os.path.join(self.folder, "log"), env=env, stdin=True,
            lines=self.log.append)

    def said(self, *words, timeout=10.0):
        """Waits until one of its lines holds one of the words."""
        return self.process.until(lambda: next(
            (word for line in self.log for word in words if word in line),
            None), timeout)

    def say(self, command):
        """One of its long commands: "hold", "resume"."""
        self.process.say("/" + command)

    def registered(self):
        return self.said("1 binding")

    def established(self):
        return self.said("Call established")

    def ended(self):
        return self.said("terminated", "session closed", timeout=3)

    def stop(self):
        if self.process:
            self.process.stop(4)

    def heard(self):
        """The recording of what came in, or None."""
        found = sorted(glob.glob(os.path.join(self.folder, "dump-*-dec.wav")))
        return found[-1] if found else None

    def tail(self):
        return self.process.tail() if self.process else ""
