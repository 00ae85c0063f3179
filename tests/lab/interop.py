# SPDX-License-Identifier: BSD-3-Clause
"""Calls between uaphone and others: baresip, linphonec, SIPp."""

import os
import time

import linphone
import nat
import nice
import tone
from baresip import Baresip
from cell import TONES
from linphone import Linphone
from net import PUBLIC, RELAYS, SERVER, way
from phone import Phone

TALK = 3            # seconds of voice, both ways, to be judged
SLOW = 20  # s; baresip's ICE tries one pair after the other
SIPP_PORT = 5060
HERE = os.path.dirname(os.path.abspath(__file__))


class Interop:
    """One call with another phone; subclasses say with which."""

    kinds = ("none", "none")
    timeout = nat.UDP_TIMEOUT

    def __init__(self, program, net, folder):
        os.makedirs(folder)
        self.net = net
        self.folder = folder
        self.program = program
        self.wrong = []
        self.others = []
        self.phone = None
        net.set_phones(*self.kinds, timeout=self.timeout)

    def uaphone(self, side):
        self.phone = Phone(self.program, self.net, side,
                           "alice" if side == "a" else "bob", self.folder)
        return self.phone

    def end(self, phone, timeout):
        if phone.finish(timeout) is None:
            self.wrong.append("uaphone does not end within %.0f s" % timeout)
        self.wrong += phone.ended(0) + phone.contract()

    def stop(self):
        for process in [self.phone] + self.others:
            if process:
                process.stop()

    def tails(self):
        return [process.tail() for process in [self.phone] + self.others
                if process] + [process.tail(8) for process in
                               self.net.hosts["srv"].processes]

    def note(self):
        heard = self.phone.milliseconds("media_heard")
        codec = (self.phone.event("media_heard") or {}).get("codec", "-")
        return "first audio %s ms, %s, %s" % (
            "-" if heard is None else "%.0f" % heard, codec,
            self.phone.path().get("path", "no ICE"))


class PeerAnswers(Interop):
    """uaphone calls, a whole phone answers."""

    peer = Baresip
    ice = False
    talk = 3
    path = None  # direct or relay, if that is to be judged

    def make(self, side, user):
        peer = self.peer(self.net, side, user, TONES[side], self.folder,
                         self.ice)
        self.others.append(peer)
        return peer

    def run(self):
        peer = self.make("b", "bob")
        peer.start()
        if not peer.registered():
            self.wrong.append("the peer does not register")
            return
        phone = self.uaphone("a")
        phone.start("call", "sip:bob@" + SERVER, "--duration",
                    str(self.talk), "--timeout", "10", phone.account(),
                    phone.ice(), phone.voice(TONES["a"]))
        self.end(phone, self.talk + 15)
        if not peer.ended():
            self.wrong.append("the peer's call does not end")
        peer.stop()
        self.wrong += phone.heard(TONES["b"], TONES["a"])
        self.judge_peer(peer, TONES["a"], TONES["b"])
        self.judge_path("a")

    def judge_peer(self, peer, other, own):
        heard = peer.heard()
        for text in tone.judge(heard, other, own) if heard else \
                ["heard nothing"]:
            self.wrong.append("the peer: " + text)

    def judge_path(self, side):
        if not self.path:
            return
        found = way(self.net.counters(side))
        for what, where in (("says", self.phone.path().get("path")),
                            ("its packets say", "relay" if found in RELAYS
                             else found.split("_")[0])):
            if where != self.path:
                self.wrong.append("uaphone: expected %s, %s %s" % (
                    self.path, what, where))


class PeerCalls(PeerAnswers):
    """A whole phone calls, uaphone answers."""

    def run(self):
        phone = self.uaphone("b")
        phone.start("listen", "--answer", "--count", "1", phone.account(),
                    phone.ice(), phone.voice(TONES["b"]))
        found = phone.wait("registered", "register_failed")
        if not found or found["event"] != "registered":
            self.wrong.append("uaphone does not register")
            return
        peer = self.make("a", "alice")
        peer.start("sip:bob@" + SERVER)
        if not peer.established():
            self.wrong.append("the peer's call is not established")
        slow = SLOW if self.ice else 3
        if not phone.wait("media_heard", timeout=slow):
            self.wrong.append("uaphone hears nothing within %d s" % slow)
        if not peer.process.looked(peer.heard, slow):
            self.wrong.append("the peer records nothing within %d s" % slow)
        time.sleep(TALK)  # of what is judged
        peer.stop()
        self.end(phone, 5)
        self.wrong += phone.heard(TONES["a"], TONES["b"])
        self.judge_peer(peer, TONES["b"], TONES["a"])
        self.judge_path("b")


class Holds(PeerAnswers):
    """uaphone holds and resumes, then the peer does."""

    pause = 3  # s of silence, to be judged

    def run(self):
        peer = self.make("b", "bob")
        peer.start()
        if not peer.registered():
            self.wrong.append("the peer does not register")
            return
        phone = self.uaphone("a")
        phone.start("call", "sip:bob@" + SERVER, "--timeout", "10",
                    phone.account(), phone.ice(), phone.voice(TONES["a"]))
        if not phone.wait("media_heard", timeout=SLOW) \
                or not peer.process.looked(peer.heard, SLOW):
            self.wrong.append("no voice both ways within %d s" % SLOW)
            return
        time.sleep(TALK)  # of what is judged
        self.pause_of("local", lambda word: phone.say(cmd=word), peer)
        self.pause_of("remote", peer.say, peer)
        phone.say(cmd="hangup")
        self.end(phone, 5)
        if not peer.ended():
            self.wrong.append("the peer's call does not end")
        peer.stop()
        self.wrong += phone.heard(TONES["b"], TONES["a"])
        self.judge_peer(peer, TONES["a"], TONES["b"])
        self.judge_pauses(phone)
        self.judge_path("a")

    def told(self, name, by):
        """Whether uaphone tells of a hold, or its end, once and so."""
        found = [event for event in self.phone.events
                 if event["event"] == name and event.get("by") == by]
        return len(found) == 1

    def pause_of(self, by, say, peer):
        say("hold")
        if not self.phone.process.until(lambda: self.told("hold", by), 5):
            self.wrong.append("uaphone does not tell of a hold by " + by)
        # its jitter buffer tells nobody that it has run empty
        time.sleep(0.5)
        before = os.path.getsize(peer.heard())
        time.sleep(self.pause)
        if os.path.getsize(peer.heard()) != before:
            self.wrong.append("the peer hears on, held by " + by)
        say("resume")
        if not self.phone.process.until(lambda: self.told("resumed", by), 5):
            self.wrong.append("uaphone does not tell of a resume by " + by)
        time.sleep(TALK)

    def judge_pauses(self, phone):
        """What it heard: voice, three times, with two pauses."""
        gap = round((self.pause - 0.5) / tone.BLOCK)
        found = tone.runs(tone.marks(phone.sink, TONES["b"]), gap)
        times = ["%.1f to %.1f" % (start * tone.BLOCK, end * tone.BLOCK)
                 for start, end in found]
        if len(found) != 3 or any(
                after[0] - before[1] > (self.pause + 2) / tone.BLOCK
                for before, after in zip(found, found[1:])):
            self.wrong.append("uaphone: expected voice, thrice, with pauses "
                              "of %d s, not at %s" % (self.pause, times))


class HoldsIce(Holds):
    kinds = ("port", "port")
    ice = True
    path = "direct"


class BaresipAnswersIce(PeerAnswers):
    kinds = ("port", "port")
    ice = True
    talk = SLOW
    path = "direct"


class BaresipCallsIce(PeerCalls):
    kinds = ("port", "port")
    ice = True
    path = "direct"


class LinphoneAnswers(PeerAnswers):
    peer = Linphone
    kinds = ("port", "port")
    ice = True
    talk = 5
    path = "direct"


class LinphoneCalls(PeerCalls):
    peer = Linphone
    kinds = ("port", "port")
    ice = True
    path = "direct"


class LinphoneAnswersRelay(LinphoneAnswers):
    kinds = ("port", "symmetric")
    path = "relay"


class LinphoneCallsRelay(LinphoneCalls):
    kinds = ("symmetric", "port")
    path = "relay"


class Sipp(Interop):
    """What both SIPp scenarios share."""

    def sipp(self, side, scenario, *more):
        """Starts SIPp with one scenario for one call."""
        address = PUBLIC[side]
        with open(os.path.join(HERE, "sipp", scenario + ".xml")) as source:
            text = source.read()
        voice = os.path.join(self.folder, "voice.ul")
        tone.write_ulaw(voice, TONES[side], 10)
        path = os.path.join(self.folder, scenario + ".xml")
        with open(path, "w") as out:
            out.write(text.replace("@VOICE@", voice))
        process = self.net.hosts[side].spawn(
            ["sipp", "-sf", path, "-i", address, "-p", str(SIPP_PORT),
             "-mi", address, "-m", "1", "-nostdin", "-timeout", "20",
             "-timeout_error", "-trace_err", "-error_file",
             os.path.join(self.folder, "sipp.err"), *more],
            os.path.join(self.folder, "sipp"),
            env=dict(os.environ, TERM="dumb"))
        self.others.append(process)
        return process

    def sipp_ends(self, process):
        status = process.wait(10)
        if status != 0:
            self.wrong.append("SIPp: expected status 0, got %s" % status)


class SippCalls(Sipp):
    """SIPp calls, uaphone answers without a registrar."""

    def run(self):
        phone = self.uaphone("b")
        local = "%s:%d" % (PUBLIC["b"], SIPP_PORT)
        phone.start("listen", "--answer", "--count", "1", "--no-register",
                    "--local", local, phone.voice(TONES["b"]))
        if not phone.wait("listening"):
            self.wrong.append("uaphone does not listen at its --local port")
        self.sipp_ends(self.sipp("a", "uac", local, "-s", "bob"))
        self.end(phone, 5)
        self.wrong += phone.heard(TONES["a"], TONES["b"])


class SippAnswers(Sipp):
    """uaphone calls, SIPp answers and sends the voice back."""

    def run(self):
        process = self.sipp("b", "uas", "-rtp_echo", "-mp", "30000")
        if not process.looked(lambda: ":%d" % SIPP_PORT in self.net.hosts[
                "b"].run(["ss", "-Hlun"]), 10):
            self.wrong.append("SIPp does not listen")
            return
        phone = self.uaphone("a")
        phone.start("call", "sip:bob@%s:%d" % (PUBLIC["b"], SIPP_PORT),
                    "--no-register", "--duration", "3", "--timeout", "10",
                    phone.voice(TONES["a"]))
        self.end(phone, 15)
        self.sipp_ends(process)
        self.wrong += phone.heard(TONES["a"], TONES["b"])


def missing(name):
    """Why a case cannot be run here, or None."""
    for peer in (linphone, nice):
        if name.startswith(peer.__name__) or name.startswith(
                "lib" + peer.__name__):
            return peer.missing()
    return None


CASES = [
    ("baresip answers, ICE", BaresipAnswersIce),
    ("baresip calls, ICE", BaresipCallsIce),
    ("baresip answers, no ICE", PeerAnswers),
    ("baresip calls, no ICE", PeerCalls),
    ("baresip, hold, ICE", HoldsIce),
    ("baresip, hold, no ICE", Holds),
    ("SIPp calls", SippCalls),
    ("SIPp answers", SippAnswers),
    ("linphone answers", LinphoneAnswers),
    ("linphone calls", LinphoneCalls),
    ("linphone answers, relay", LinphoneAnswersRelay),
    ("linphone calls, relay", LinphoneCallsRelay),
] + nice.cases(PeerAnswers, PeerCalls)
