# SPDX-License-Identifier: BSD-3-Clause
"""Kamailio's real mediaproxy module on the double: what becomes of SDP."""

import re
import socket
import struct
import unittest

import servers
from mpproxied import ANSWER, ICE, PORT, SDP, Proxied, crlf

LOW, HIGH = (16777215, 16777214), (2197815295, 2197815294)


def foundation(address):
    """What the module makes of a relay's address."""
    return "R%x" % struct.unpack("=I", socket.inet_aton(address))


class Module(Proxied):
    """use_media_proxy() for each message."""

    engaged = False

    @classmethod
    def start_relay(cls):
        cls.mediaproxy = servers.mediaproxy(cls.net, cls.relay)
        return cls.mediaproxy

    def setUp(self):
        super().setUp()
        self.since = len(self.mediaproxy.events)

    def ports(self):
        """(caller's, callee's) of each stream since the call began."""
        return [(told["caller"][0], told["callee"][0]) for told in
                self.mediaproxy.told("stream", self.since)]

    def foundation(self):
        return foundation(self.relay)

    def listed(self, port, priorities):
        return "".join("a=candidate:%s %d UDP %d %s %d typ relay\n" % (
            self.foundation(), number + 1, priority, self.relay,
            port + number) for number, priority in enumerate(priorities))

    def rewritten(self, text, port, address="10.1.0.2", was=40000):
        """The SDP with the relay in c=, m= and a=rtcp."""
        return text.replace("c=IN IP4 " + address,
                            "c=IN IP4 " + self.relay).replace(
            "m=audio %d" % was, "m=audio %d" % port).replace(
            "a=rtcp:%d" % (was + 1), "a=rtcp:%d" % (port + 1))

    def with_candidates(self, text, lines):
        """The SDP with more lines before its first candidate."""
        head, found, tail = text.partition("a=candidate")
        return head + lines + found + tail

    # -- the table of what is rewritten ------------------------------------

    def test_none_rewrites_and_adds_no_candidate(self):
        offer, answer = self.exchange()
        ((caller, callee),) = self.ports()
        self.assertEqual(self.rewritten(SDP, callee), offer)
        self.assertEqual(self.rewritten(ANSWER, caller, "10.2.0.2", 41000),
                         answer)

    def test_a_priority_adds_candidates_before_the_first(self):
        for ice, priorities in (("low-priority", LOW),
                                ("high-priority", HIGH)):
            with self.subTest(ice=ice):
                self.setUp()
                offer, answer = self.exchange(ice=ice)
                ((caller, callee),) = self.ports()
                self.assertEqual(self.with_candidates(
                    self.rewritten(SDP, callee),
                    self.listed(callee, priorities)), offer)
                self.assertEqual(self.with_candidates(
                    self.rewritten(ANSWER, caller, "10.2.0.2", 41000),
                    self.listed(caller, priorities)), answer)

    def test_the_avp_holds_for_later_offers_too(self):
        self.exchange(ice="low-priority")
        for side, offer, answer in (("caller", SDP, ANSWER),
                                    ("callee", ANSWER, SDP)):
            for text in self.exchange(offer, answer, side=side):
                self.assertIn(self.foundation(), text)

    def test_all_streams_share_the_foundation(self):
        offer = SDP + SDP[SDP.index("m="):].replace(
            "audio", "video").replace("4000", "4200")
        for text in self.exchange(offer, offer, ice="low-priority"):
            self.assertEqual(4, text.count("candidate:%s " %
                                           self.foundation()))

    def listed_in(self, offer):
        """How many candidates are added to it."""
        self.setUp()
        return self.exchange(offer, ice="low-priority")[0].count(" UDP ")

    def test_ufrag_and_pwd_must_stand_together(self):
        ufrag, pwd = re.findall(r"a=ice.*\n", SDP)
        def both_at(text):
            return text.replace("t=0 0\n", "t=0 0\n" + ufrag + pwd)
        bare = SDP.replace(ufrag, "").replace(pwd, "")
        self.assertEqual(2, self.listed_in(both_at(bare)))
        self.assertEqual(0, self.listed_in(bare))
        self.assertEqual(0, self.listed_in(SDP.replace(pwd, "")))
        self.assertEqual(0, self.listed_in(SDP.replace(ufrag, "").replace(
            "t=0 0\n", "t=0 0\n" + ufrag)))

    def test_without_a_candidate_none_is_added(self):
        self.assertEqual(0, self.listed_in(re.sub(
            r"a=candidate.*\n", "", SDP)))

    def test_the_second_component_needs_one_of_the_peers(self):
        one = re.sub(r"a=candidate:1 2.*\n", "", SDP)
        self.assertEqual(1, self.listed_in(one))
        self.assertEqual(2, self.listed_in(SDP + "a=rtcp-mux\n"))

    def test_a_tcp_candidate_before_the_ufrag_is_the_first(self):
        tcp = "a=candidate:9 1 TCP 1 10.1.0.2 9 typ host tcptype active\n"
        offer = SDP.replace("a=ice-ufrag", tcp + "a=ice-ufrag")
        got, _ = self.exchange(offer, ice="low-priority")
        ((_, callee),) = self.ports()
        self.assertEqual(self.with_candidates(
            self.rewritten(offer, callee), self.listed(callee, LOW)), got)

    def test_offer_and_answer_are_judged_apart(self):
        offer, answer = self.exchange(answer=ICE.sub("", ANSWER),
                                      ice="low-priority")
        self.assertIn(self.foundation(), offer)
        self.assertNotIn(self.foundation(), answer)

    def test_rtcp_is_rewritten_beside_rtcp_mux_and_with_its_address(self):
        text = SDP.replace("a=rtcp:40001",
                           "a=rtcp-mux\na=rtcp:40000 IN IP4 10.1.0.2")
        offer, _ = self.exchange(text)
        ((_, callee),) = self.ports()
        self.assertIn("a=rtcp-mux\na=rtcp:%d IN IP4 %s\n" % (
            callee + 1, self.relay), offer)

    def test_no_rtcp_is_added(self):
        offer, _ = self.exchange(SDP.replace("a=rtcp:40001\n", ""))
        self.assertNotIn("a=rtcp", offer)

    def test_a_zero_address_stays_but_its_port_is_the_relays(self):
        for port in (40000, 9):
            with self.subTest(port=port):
                self.setUp()
                text = SDP.replace("c=IN IP4 10.1.0.2", "c=IN IP4 0.0.0.0") \
                    .replace("m=audio 40000", "m=audio %d" % port)
                offer, _ = self.exchange(text, ice="low-priority")
                ((_, callee),) = self.ports()
                self.assertIn("c=IN IP4 0.0.0.0\n", offer)
                self.assertIn("m=audio %d " % callee, offer)
                self.assertIn(self.listed(callee, LOW), offer)

    def test_port_0_stays(self):
        offer, _ = self.exchange(SDP.replace("audio 40000", "audio 0"))
        self.assertIn("m=audio 0 ", offer)

    def test_a_host_name_is_replaced(self):
        offer, _ = self.exchange(SDP.replace("c=IN IP4 10.1.0.2",
                                             "c=IN IP4 pc.example"))
        self.assertIn("c=IN IP4 %s\n" % self.relay, offer)

    def test_another_transport_gives_each_stream_its_own_address(self):
        text = SDP + "m=message 2855 TCP/MSRP *\na=path:msrp://x\n"
        offer, _ = self.exchange(text)
        ((_, callee),) = self.ports()
        head, audio, message = offer.split("m=")
        self.assertNotIn("c=", head)
        self.assertIn("audio %d RTP/AVP 0\nc=IN IP4 %s\n" % (
            callee, self.relay), audio)
        self.assertIn("message 2855 TCP/MSRP *\nc=IN IP4 10.1.0.2\n",
                      message)

    def test_an_ipv6_offer_passes_and_its_answer_says_none(self):
        six = SDP.replace("IP4 10.1.0.2", "IP6 2001:db8::1")
        reply = ANSWER.replace("IP4 10.2.0.2", "IP6 2001:db8::2")
        offer, answer = self.exchange(six, reply, ice="low-priority")
        self.assertEqual(six, offer)
        self.assertEqual(reply.replace("c=IN IP6 2001:db8::2",
                                       "c=IN IP6 None"), answer)

    def test_an_ipv6_answer_gets_an_ipv4_address(self):
        reply = ANSWER.replace("IP4 10.2.0.2", "IP6 2001:db8::2")
        _, answer = self.exchange(answer=reply, ice="low-priority")
        ((caller, _),) = self.ports()
        self.assertIn("c=IN IP6 %s\n" % self.relay, answer)
        self.assertIn("m=audio %d " % caller, answer)
        self.assertIn(self.listed(caller, LOW), answer)

    def test_what_an_answer_adds_is_untouched(self):
        more = "m=video 41100 RTP/AVP 31\n"
        _, answer = self.exchange(answer=ANSWER + more)
        self.assertTrue(answer.endswith(more))
        self.assertIn("c=IN IP4 %s\n" % self.relay, answer)

    def test_offer_in_the_200_and_answer_in_the_ack(self):
        asked = self.call.request("caller", "INVITE")
        offer = self.call.reply("callee", asked, 200, crlf(ANSWER)).body
        answer = self.call.ack("caller", crlf(SDP)).body
        ((caller, callee),) = self.ports()
        self.assertIn("m=audio %d " % caller, offer)
        self.assertIn("m=audio %d " % callee, answer)

    # -- later offers and answers ------------------------------------------

    def test_the_same_address_keeps_the_ports(self):
        first = self.exchange()
        self.assertEqual(first, self.exchange())
        self.assertEqual(first[::-1], self.exchange(ANSWER, SDP,
                                                    side="callee"))
        self.assertEqual(1, len(self.ports()))

    def test_a_changed_offer_gets_new_ports(self):
        self.exchange()
        offer, answer = self.exchange(SDP.replace("40000", "40100"))
        _, (caller, callee) = self.ports()
        self.assertIn("m=audio %d " % callee, offer)
        self.assertIn("m=audio %d " % caller, answer)

    def test_an_offer_of_ices_end_passes_untouched(self):
        self.exchange(ice="low-priority")
        text = SDP + "a=remote-candidates:1 10.2.0.2 41000\n"
        asked = self.call.request("caller", "INVITE", crlf(text))
        self.assertEqual(crlf(text), asked.body)
        ringing = self.call.reply("callee", asked, 183, crlf(ANSWER)).body
        final = self.call.reply("callee", asked, 200, crlf(ANSWER)).body
        ((caller, _),) = self.ports()
        self.assertEqual(not self.engaged, self.foundation() in ringing)
        self.assertIn("m=audio %d " % caller, final)
        self.assertIn(self.foundation(), final)

    def test_the_answer_to_it_alone(self):
        self.exchange(ice="low-priority")
        _, answer = self.exchange(
            SDP + "a=remote-candidates:1 10.2.0.2 41000\n")
        self.assertEqual(self.engaged, answer == ANSWER)

    def test_a_changed_answer_to_it_gets_a_new_port(self):
        self.exchange(ice="low-priority")
        _, answer = self.exchange(
            SDP + "a=remote-candidates:1 10.2.0.2 41000\n",
            self.rewritten(ANSWER, 40000, "10.2.0.2", 41000))
        self.assertEqual(1 if self.engaged else 2, len(self.ports()))
        self.assertEqual(not self.engaged, "m=audio %d " %
                         self.ports()[-1][0] in answer)

    def test_an_early_update_leaves_the_200_with_port_0(self):
        asked = self.call.request("caller", "INVITE", crlf(SDP))
        self.call.reply("callee", asked, 183, crlf(ANSWER))
        self.exchange(SDP.replace("40000", "40100"), method="UPDATE")
        answer = self.call.reply("callee", asked, 200, crlf(ANSWER)).body
        self.assertIn("m=audio 0 ", answer)
        self.call.ack("caller")

    def test_dropping_one_of_two_like_streams_drops_both(self):
        two = SDP + "m=audio 40002 RTP/AVP 8\n"
        reply = ANSWER + "m=audio 41002 RTP/AVP 8\n"
        self.exchange(two, reply)
        for text in self.exchange(
                two.replace("40002", "0"), reply.replace("41002", "0")):
            self.assertEqual(2, text.count("m=audio 0 "))

    def test_a_bye_and_a_refusal_end_the_session(self):
        self.exchange()
        self.call.bye()
        self.assertTrue(self.ended())
        self.setUp()
        asked = self.call.request("caller", "INVITE", crlf(SDP))
        self.call.reply("callee", asked, 486)
        self.assertTrue(self.ended())

    def ended(self):
        return self.mediaproxy.wait("session_ended", since=self.since,
                                    why="removed")


class EngagedModule(Module):
    """engage_media_proxy() once."""

    define = ("FIRST", "ENGAGE")
    engaged = True

    def test_the_relay_knows_the_dialog(self):
        self.exchange()
        session = [found for found in self.mediaproxy.told(
            "session", self.since)]
        self.assertRegex(session[0]["dialog_id"], r"^\d+:\d+$")


class Chain(Proxied):
    """Two proxies, each with a relay of its own."""

    more = {"ice_candidate": "low-priority"}

    @classmethod
    def start(cls):
        cls.relays = cls.base + "12", cls.base + "13"
        first, second = (servers.mediaproxy(
            cls.net, address, name="mp-" + address) for address in cls.relays)
        further = cls.base + "11", PORT
        cls.kamailio(cls.proxy, first, further)
        cls.kamailio(further, second, cls.callee.getsockname(),
                     domain=cls.proxy[0])

    def test_the_nearest_relay_comes_first_and_is_in_c(self):
        texts = self.exchange()
        for text, relays in zip(texts, (self.relays[::-1], self.relays)):
            self.assertIn("c=IN IP4 %s\n" % relays[0], text)
            self.assertEqual(
                [foundation(address) for address in relays for _ in (1, 2)],
                re.findall(r"a=candidate:(R\S+)", text))


class NoDispatcher(Module):
    """Kamailio without a dispatcher."""

    def test_without_a_dispatcher_sdp_passes_at_once(self):
        self.mediaproxy.stop()
        self.assertEqual([SDP, ANSWER], self.exchange(ice="low-priority"))


def load_tests(loader, _, __):
    suite = unittest.TestSuite()
    for case in (Module, EngagedModule, Chain):
        suite.addTests(loader.loadTestsFromTestCase(case))
    suite.addTest(NoDispatcher("test_without_a_dispatcher_sdp_passes_at_once"))
    return suite

