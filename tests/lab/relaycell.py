# SPDX-License-Identifier: BSD-3-Clause
"""One cell of the relays' matrix: a call whose proxy reserves a relay.

What came of it is an Outcome, of our phones and of others alike.
"""

import os
import time

import cell
import mediawire
import tone
from baresip import Baresip
from cell import TONES, Cell
from linphone import Linphone
from net import SERVER

# The servers that both phones have for their candidates: a TURN server, its
# STUN alone, or none at all
REACHES = ("turn", "stun", "none")
ORIGINS = ("peer", "proxy", "implicit")
PEERS = {"baresip": Baresip, "linphone": Linphone}
PEER_TALK = {"baresip": 26, "linphone": 8}  # s; baresip's ICE takes 17


def theory(kinds, reach):
    """direct, or relay where a direct path is not to be had."""
    if kinds[0] == "same":
        return "direct"
    if reach == "none":
        # nobody knows a mapped address of a phone behind a NAT
        return "direct" if "none" in kinds else "relay"
    return cell.expect(*kinds)


def cells(reach):
    """All pairs of kinds: without own TURN a phone needs UDP."""
    return [kinds for kinds in cell.all_cells()
            if reach == "turn" or "blocked" not in kinds]


FEW = [("none", "none"), ("none", "port"), ("none", "symmetric"),
       ("port", "none"), ("port", "port"), ("port", "symmetric"),
       ("symmetric", "none"), ("symmetric", "port"),
       ("symmetric", "symmetric"), ("same", "port"), ("same", "symmetric")]


class Outcome:
    """What came of a call."""

    def __init__(self, who, setup, reach, kinds):
        self.who = who
        self.setup = setup
        self.reach = reach
        self.kinds = kinds
        self.theory = theory(kinds, reach)
        self.possible = self.theory if setup.passes else "relay"
        if self.possible == "relay" and not setup.delays \
                and reach != "turn":
            self.possible = "none"
        self.connected = False
        self.heard = (False, False)
        self.path = "nothing"  # by the packets: direct, turn, relay 1, mixed
        self.says = None       # by the phones: direct, relay, mixed
        self.origin = None     # whose the remote end is, as they say
        self.first = None      # ms from the INVITE to media at both ends
        self.released = None   # was the unused relay let go? None: not known
        self.wrong = []

    def both(self):
        return all(self.heard)

    def relayed(self):
        """Does the media go through a proxy's relay?"""
        return self.path.startswith("relay")

    def key(self):
        return self.who, self.setup.name, self.reach


class Taps:
    """What both phones send and get, on their wires."""

    def __init__(self, net, folder, relays):
        self.net = net
        self.relays = relays
        self.paths = {}
        self.own = {}
        for side in "ab":
            self.paths[side] = os.path.join(folder, "wire-" + side)
            mediawire.capture(net.hosts[side], self.paths[side])
            self.own[side] = {net.address.get(side),
                              net.address6.get(side)}

    def wires(self):
        return {side: mediawire.Wire(path + ".pcap", self.own[side],
                                     self.relays)
                for side, path in self.paths.items()}


def one(values):
    """What all say, else mixed; each its own relay is said so."""
    found = sorted(set(values), key=str)
    if len(found) == 1:
        return found[0]
    if all(str(value).startswith("relay ") for value in found):
        return " + ".join(found)
    return "mixed"


class RelayCell(Cell):
    """A call between two uaphones, judged."""

    def __init__(self, program, net, kinds, folder, setup, reach="stun",
                 ice=None, talk=None, **phones):
        """ice: {side: how}, if it is not full."""
        setup.use(net)
        super().__init__(program, net, *kinds, folder, **phones)
        self.setup = setup
        self.outcome = Outcome("uaphone", setup, reach, kinds)
        self.modes = ice or {}
        self.talk = talk or (setup.timeout + 2 if setup.timeout
                             else cell.TALK)
        self.taps = Taps(net, folder, setup.relays)
        self.mark = setup.mark(net)
        for side in "ab":
            self.told[side] = told(reach)
        for side, phone in self.phones():
            phone.registrar = setup.registrar(side)
            if phone.family == ("-4",) and phones.get("six", {}).get(side):
                phone.family = ()
            if self.modes.get(side) == "off":
                phone.ice = lambda *_, **__: ["--ice", "off"]

    def run(self):
        if self.call():
            self.contract()
            self.find()
            self.judge()
        self.outcome.wrong = self.wrong

    def find(self):
        """Fills in the outcome."""
        self.setup.alive(self.net)
        out = self.outcome
        wires = self.taps.wires()
        out.connected = bool(self.a.event("answered"))
        out.heard = tuple(not phone.heard(TONES[other], TONES[side])
                          for (side, phone), other in zip(self.phones(),
                                                          "ba"))
        out.path = one(wire.went() for wire in wires.values())
        out.says = one(phone.path().get("path") for _, phone in self.phones())
        out.origin = self.origins()
        out.first = mediawire.first_audio(wires["a"], wires["b"])
        if out.first is None and out.both():
            out.first = self.times().get("both", [None])[0]
        if out.path == "direct" and self.setup.timeout:
            out.released = self.setup.released(self.net, self.mark)

    def origins(self):
        """Whose the remote ends of both pairs are, by ice_connected."""
        found = []
        for _, phone in self.phones():
            remote = phone.path().get("remote")
            found.append(remote.get("origin") if isinstance(remote, dict)
                         else None)
        return one(found)

    def judge(self):
        out = self.outcome
        if self.modes:
            return self.judge_half()
        if out.possible == "none":
            return self.judge_fails()
        for _, phone in self.phones():
            self.wrong += phone.ended(0)
        self.wrong += self.heard_wrong()
        if out.possible == "direct":
            self.expect("its packets", out.path, ("direct",))
            self.expect("the phones say", out.says, ("direct",))
            if out.released is False:
                self.wrong.append("the relay was not let go unused")
        elif not self.setup.passes:
            # ICE, if any, is with the relay: it is the peer
            self.expect("its packets", out.path, self.setup.relays.values())
        else:
            ways = list(self.setup.relays.values())
            if out.reach == "turn":
                ways.append("turn")
            if self.setup.chained:
                ways = [" + ".join(self.setup.relays.values())]
            self.expect("its packets", out.path, ways)
            self.expect("the phones say", out.says, ("relay",))
            if out.relayed():
                self.expect("origin", out.origin, self.setup.origins)
        left = self.coturn.left()
        if left:
            self.wrong.append("%d TURN allocations were not given back"
                              % left)
        return None

    def judge_half(self):
        """One has no ICE: nothing but the relay leads to it."""
        for _, phone in self.phones():
            self.wrong += phone.ended(0)
        self.wrong += self.heard_wrong()
        self.expect("its packets", self.outcome.path,
                    self.setup.relays.values())

    def expect(self, what, found, wanted):
        if found not in list(wanted):
            self.wrong.append("expected %s, %s %s" % (
                " or ".join(map(str, wanted)), what, found))

    def note(self):
        out = self.outcome
        return "possible %-6s got %-8s says %-6s of %-8s first %4s ms%s" % (
            out.possible, out.path, out.says, out.origin,
            "-" if out.first is None else "%.0f" % out.first,
            {None: "", True: "  released", False: "  NOT released"}[
                out.released])


def told(reach):
    """The arguments of Phone.ice()."""
    if reach == "turn":
        return {"turn": ("any",)}
    return {"turn": (), "stun": reach == "stun"}


class PeerCell:
    """The same call between two phones of another kind: measured only."""

    def __init__(self, net, kinds, folder, setup, reach, who):
        setup.use(net)
        os.makedirs(folder)
        net.set_phones(*kinds)
        self.net = net
        self.setup = setup
        self.outcome = Outcome(who, setup, reach, kinds)
        self.talk = PEER_TALK[who]
        self.taps = Taps(net, folder, setup.relays)
        self.mark = setup.mark(net)
        self.ends = {}
        for side, user in (("a", "alice"), ("b", "bob")):
            self.ends[side] = PEERS[who](net, side, user, TONES[side],
                                         folder, server=reach)

    def run(self):
        b, a = self.ends["b"], self.ends["a"]
        b.start()
        if not b.registered():
            return
        if self.outcome.who == "linphone":
            a.start("sip:bob@" + SERVER, answer=False)
        else:
            a.start("sip:bob@" + SERVER)
        self.outcome.connected = bool(a.established())
        if self.outcome.connected:
            self.wait()
        self.stop()
        self.find()

    def wait(self):
        """Until both have heard enough, as the packets say, or a time."""
        end = time.monotonic() + self.talk
        least = time.monotonic() + (self.setup.timeout or 0) + 2
        while time.monotonic() < end:
            time.sleep(1)
            if time.monotonic() < least:
                continue
            firsts = [wire.first_in() for wire in self.taps.wires().values()]
            if None not in firsts and time.time() - max(firsts) > 5:
                break

    def find(self):
        self.setup.alive(self.net)
        out = self.outcome
        wires = self.taps.wires()
        heard = []
        for side, other in ("ab", "ba"):
            record = self.ends[side].heard()
            heard.append(bool(record) and tone.longest(
                record, TONES[other]) >= tone.HEARD)
        out.heard = tuple(heard)
        out.path = one(wire.went() for wire in wires.values())
        out.first = mediawire.first_audio(wires["a"], wires["b"])
        if out.path == "direct" and self.setup.timeout:
            out.released = self.setup.released(self.net, self.mark)

    def stop(self):
        for end in self.ends.values():
            end.stop()

    def note(self):
        out = self.outcome
        return "possible %-6s got %-8s %s, heard by %d, first %s ms" % (
            out.possible, out.path,
            "connected" if out.connected else "no call", sum(out.heard),
            "-" if out.first is None else "%.0f" % out.first)
