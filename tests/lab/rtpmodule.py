# SPDX-License-Identifier: BSD-3-Clause
"""Kamailio's rtpengine module with rtpengine: what becomes of SDP."""

import re
import unittest

import servers
from mpproxied import ANSWER, ICE, SDP, Proxied

PORT = re.compile(r"^m=audio (\d+) ", re.M)
CANDIDATE = re.compile(r"^a=candidate:(.*)\n", re.M)


class Rtpengine(Proxied):
    needed = {"kamailio": "kamailio", "rtpengine-daemon": "rtpengine"}
    flags = ""

    @classmethod
    def start_relay(cls):
        return servers.rtpengine(cls.net, cls.relay)

    def port(self, text):
        return int(PORT.search(text).group(1))

    def candidates(self, text):
        """[(component, address, port, type)] in their order."""
        found = [line.split() for line in CANDIDATE.findall(text)]
        return [(int(words[1]), words[4], int(words[5]), words[7])
                for words in found]

    def own(self, port, kind):
        """The candidates that are the relay's."""
        return [(1, self.relay, port, kind), (2, self.relay, port + 1, kind)]


class Default(Rtpengine):
    """Without a flag it ends ICE where there is ICE."""

    more = {"flags": ""}

    def test_all_candidates_are_the_relays_and_the_password_too(self):
        for text in self.exchange():
            self.assertIn("c=IN IP4 %s\n" % self.relay, text)
            self.assertEqual(self.own(self.port(text), "host"),
                             self.candidates(text)[:2])
            self.assertEqual({"host"}, {found[3] for found in
                                        self.candidates(text)})
            self.assertNotIn("a=ice-ufrag:abcd\n", text)

    def test_without_ice_it_adds_none(self):
        for text in self.exchange(ICE.sub("", SDP), ICE.sub("", ANSWER)):
            self.assertIn("c=IN IP4 %s\n" % self.relay, text)
            self.assertEqual([], ICE.findall(text))


class Force(Rtpengine):
    more = {"flags": "ICE=force"}

    def test_the_offer_has_ice_with_the_relay_in_any_case(self):
        for offer in (SDP, ICE.sub("", SDP)):
            self.setUp()
            text, _ = self.exchange(offer)
            self.assertEqual(self.own(self.port(text), "host"),
                             self.candidates(text)[:2])
            self.assertNotIn("a=ice-ufrag:abcd\n", text)


class ForceRelay(Rtpengine):
    more = {"flags": "ICE=force-relay"}

    def test_relay_candidates_are_added_at_the_end_and_all_else_stays(self):
        # it writes these two lines in any case
        usual = "a=rtpmap:0 PCMU/8000\na=sendrecv\n"
        asked = SDP + usual, ANSWER + usual
        for was, text in zip(asked, self.exchange(*asked)):
            self.assertEqual(was.splitlines(), text.splitlines()[:-2])
            added = text.splitlines()[-2:]
            port = self.candidates(text)[-2][2]
            self.assertEqual(self.own(port, "relay"),
                             self.candidates(text)[-2:])
            self.assertIn(" 16777215 %s %d typ relay raddr %s rport %d" % (
                self.relay, port, self.relay, port), added[0])


    def test_rtcp_mux_does_not_spare_the_second_component(self):
        mux = "a=rtcp-mux\n"
        offer, answer = self.exchange(
            SDP.replace("a=rtcp:40001\n", mux),
            ANSWER.replace("a=rtcp:41001\n", mux))
        port = self.candidates(offer)[-2][2]
        self.assertEqual(self.own(port, "relay"), self.candidates(offer)[-2:])
        self.assertRegex(answer, r"a=rtcp:\d+\n")
        self.assertIn(mux, answer)


class Remove(Rtpengine):
    more = {"flags": "ICE=remove"}

    def test_no_ice_is_left(self):
        for text in self.exchange():
            self.assertIn("c=IN IP4 %s\n" % self.relay, text)
            self.assertEqual([], ICE.findall(text))


def load_tests(loader, _, __):
    return unittest.TestSuite(
        loader.loadTestsFromTestCase(case)
        for case in (Default, Force, ForceRelay, Remove))
