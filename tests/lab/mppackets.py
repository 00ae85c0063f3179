# SPDX-License-Identifier: BSD-3-Clause
"""What mediaproxy does with packets, and what becomes of it in time."""

from mpbed import B, DTLS, FIRST, RTP, Call, Case, check, media
from mprelay import Conf


class Packets(Case):
    def test_the_first_packet_of_any_kind_latches(self):
        for number, packet in enumerate((check(), RTP, DTLS, b"x", b"")):
            with self.subTest(packet=packet):
                self.call = Call(self.bed, str(number))
                self.two()
                stranger = self.bed.peer("127.0.0.9")
                stranger.send(self.bt, packet)
                self.a.send(self.at, RTP)
                stranger.got()
                self.stops(self.b, self.bt, self.a)
                self.passes(self.a, self.at, stranger)

    def test_other_sources_are_dropped(self):
        self.two()
        others = self.bed.peer(), self.bed.peer("127.0.0.9")
        self.a.send(self.at, check())
        self.b.send(self.bt, check())
        for _ in range(2):  # without a kernel's rule, and with it
            self.a.got(), self.b.got()
            for other in others:
                self.stops(other, self.bt, self.a)
                self.stops(other, self.bt, self.a, check())
            self.passes(self.b, self.bt, self.a, check())
            self.a.send(self.at, RTP)
            self.b.send(self.bt, RTP)
        self.assertEqual(1, len(self.bed.told("rule")))

    def test_stun_waits_without_a_bound(self):
        self.two()
        checks = [check(number) for number in range(300)]
        for one in checks:
            self.b.send(self.bt, one)
            self.bed.after(0.25)
        self.a.send(self.at, check())
        self.assertEqual([], self.a.got())
        self.b.send(self.bt, check(7))
        self.assertEqual(checks + [check(7)], self.a.got())

    def test_the_queue_waits_for_the_other_sides_next_packet(self):
        self.two()
        self.a.send(self.at, check(1), check(2), check(3))
        self.bed.after(4)
        self.b.send(self.bt, check(9))
        self.assertEqual([check(9)], self.a.got())  # at once, we sent before
        self.assertEqual([], self.b.got())
        self.bed.after(3)
        self.a.send(self.at, check(4))
        self.assertEqual([check(n) for n in (1, 2, 3, 4)], self.b.got())

    def test_media_that_empties_the_queue_is_lost_for_a_check(self):
        self.two()
        self.a.send(self.at, check(1), check(2))
        self.b.send(self.bt, check(9))
        self.a.send(self.at, RTP)
        self.assertEqual([check(1), check(2), check(2)], self.b.got())
        self.passes(self.a, self.at, self.b)

    def test_all_else_for_a_side_not_known_is_dropped(self):
        self.two()
        for packet in (RTP, DTLS, b"x", check()[:19], bytes(20)):
            self.a.send(self.at, packet)
        self.b.send(self.bt, RTP)
        self.a.send(self.at, RTP)
        self.assertEqual([RTP], self.b.got())

    def test_stun_is_what_has_the_cookie_and_20_bytes(self):
        self.two()
        old = b"\0\1\0\0" + bytes(16)  # RFC 3489
        for packet in (check()[:19], old, DTLS):
            self.a.send(self.at, packet)
        self.assertEqual([], self.bed.told("queued"))
        self.assertEqual(1, len(self.bed.told("media", side="caller")))
        self.b.send(self.bt, check(), check())
        self.assertEqual([], self.bed.told("media", side="callee"))
        self.b.send(self.bt, DTLS)
        self.assertEqual(1, len(self.bed.told("rule")))

    def test_rtp_and_rtcp_have_their_own_latch_queue_and_rule(self):
        self.two()
        self.talk()
        a, b = self.bed.peer(), self.bed.peer()
        a.send(self.at + 1, check(1))
        self.assertEqual([], self.b.got())
        b.send(self.bt + 1, RTP)
        self.assertEqual([RTP], a.got())
        self.assertEqual([], self.bed.told("rule", lane="rtcp"))
        a.send(self.at + 1, check(2))
        self.assertEqual([check(1), check(2)], b.got())
        self.passes(a, self.at + 1, b)
        self.assertEqual(1, len(self.bed.told("rule", lane="rtcp")))
        self.stops(self.a, self.at + 1, b)

    def test_silent_rtcp_forgets_both_latches_once(self):
        self.two()
        self.talk()
        a, b, c, d = (self.bed.peer() for _ in range(4))
        a.send(self.at + 1, RTP)
        b.send(self.bt + 1, check())  # STUN is none
        self.stops(c, self.at + 1, b)
        self.keep_rule(89)
        self.stops(c, self.at + 1, b)
        self.keep_rule(2)
        c.send(self.at + 1, RTP)
        self.passes(d, self.bt + 1, c)
        self.passes(c, self.at + 1, d)
        self.stops(a, self.at + 1, d)
        for _ in range(20):
            self.keep_rule(10)
            self.passes(c, self.at + 1, d)
        self.passes(d, self.bt + 1, c)
        self.assertEqual([], self.bed.why())

    def keep_rule(self, seconds):
        while seconds > 0:
            self.bed.after(min(seconds, 10))
            self.a.send(self.at, RTP)
            self.b.send(self.bt, RTP)
            seconds -= 10
        self.a.got(), self.b.got()

    def test_unroutable_addresses_are_never_sent_to_first(self):
        conf = Conf(routable_private_ranges=("192.0.2.0/24",))
        for address in ("0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1",
                        "169.254.1.1", "172.16.0.1", "192.168.1.1",
                        "198.18.0.1", "198.51.100.1", "203.0.113.1",
                        "224.0.0.1", "240.0.0.1", "host.example", "::1"):
            self.assertFalse(conf.routable(address), address)
        for address in ("8.8.8.8", "172.32.0.1", "192.0.2.7", "100.63.0.1"):
            self.assertTrue(conf.routable(address), address)
        self.assertFalse(Conf().routable("192.0.2.7"))


class Routable(Case):
    conf = {"routable_private_ranges": ("127.0.0.0/8",)}

    def test_a_routable_address_is_sent_to_at_once_until_latched(self):
        caller, callee, real = (self.bed.peer() for _ in range(3))
        (bt,) = self.call.offer(1, media(caller.address[1], "127.0.0.1"))
        stranger = self.bed.peer()
        stranger.send(bt, RTP, check(1))  # there is no answer yet
        self.assertEqual([RTP, check(1)], caller.got())
        (at,) = self.call.answer(1, media(callee.address[1], "127.0.0.1"))
        real.send(at, RTP, check(2))  # the caller's, behind a NAT
        stranger.got()
        stranger.send(bt, check(3), RTP)
        self.assertEqual([check(3), RTP], real.got())
        self.assertEqual([], caller.got())
        self.assertEqual([], callee.got())

    def test_the_queue_too_goes_there_with_the_answer(self):
        caller, callee = self.bed.peer(), self.bed.peer()
        self.call.offer(1, media(caller.address[1], "127.0.0.1"))
        caller.send(FIRST, check(1))
        self.call.answer(1, media(callee.address[1], "127.0.0.1"))
        self.assertEqual([], callee.got())
        caller.send(FIRST, check(2))
        self.assertEqual([check(1), check(2)], callee.got())

    def test_rtcps_port_never_does_this(self):
        named, other = self.bed.peer(), self.bed.peer()
        first = named.address[1]
        for number, port in enumerate((first, first - 1)):
            (bt,) = Call(self.bed, str(number)).offer(
                1, media(port, "127.0.0.1"))
            other.send(bt + 1, RTP, check())
            self.assertEqual([], named.got())


class Thinning(Case):
    conf = {"userspace_transmit_every": 5}

    def test_thinning_spares_stun_and_the_kernels_rule(self):
        self.two()
        self.b.send(self.bt, check())
        self.a.send(self.at, *[RTP] * 20)
        self.assertEqual([RTP] * 4, self.b.got())
        self.a.send(self.at, *[check()] * 20)
        self.assertEqual([check()] * 20, self.b.got())
        self.b.send(self.bt, RTP)
        self.a.send(self.at, *[RTP] * 20)
        self.assertEqual([RTP] * 20, self.b.got())


class Clocks(Case):
    def test_each_side_must_send_media_in_time_from_the_offer(self):
        for silent in "ab":
            with self.subTest(silent=silent):
                self.bed.events.clear()
                self.call = Call(self.bed, silent)
                self.call.offer(1, media(40000))
                self.bed.after(30)  # it rings
                self.answered()
                for _ in range(59):
                    self.a.send(self.at, check() if silent == "a" else RTP)
                    self.b.send(self.bt, check() if silent == "b" else RTP)
                    self.bed.after(1)
                self.assertEqual([], self.bed.why())
                self.bed.after(1)
                self.assertEqual(["unselected ICE candidate"],
                                 self.bed.why())
                self.assertTrue(self.a.refused(self.at))

    def answered(self):
        self.a, self.b = self.bed.peer(), self.bed.peer()
        (self.at,) = self.call.answer(1, media(41000, B))
        self.bt = self.at + 2

    def test_one_streams_end_leaves_the_others(self):
        self.a, self.b = self.bed.peer(), self.bed.peer()
        medias = media(40000), media(40002, kind="video")
        self.bt, _ = self.call.offer(1, *medias)
        self.at, _ = self.call.answer(1, *medias)
        self.talk()
        self.bed.after(59)
        self.a.send(self.at, RTP)
        self.b.send(self.bt, RTP)
        self.bed.after(32)
        self.assertEqual(1, len(self.bed.why()))
        self.assertEqual([], self.bed.told("session_ended"))
        self.b.got()
        self.passes(self.a, self.at, self.b)

    def test_after_the_last_ones_end_any_offer_gets_new_ports(self):
        for by, cseq in (("caller", 2), ("callee", 1)):
            with self.subTest(by=by):
                self.call = Call(self.bed, by)
                self.two()
                self.bed.after(91)
                mine, other = media(40000), media(41000, B)
                if by == "callee":
                    mine, other = other, mine
                (bt,) = self.call.offer(cseq, mine, by=by)
                (at,) = self.call.answer(cseq, other, to=by)
                self.assertGreater(at, self.bt)
                a, b = self.bed.peer(), self.bed.peer()
                a.send(at, RTP)
                self.passes(b, bt, a)

    def test_after_a_long_ring_the_answers_port_leads_nowhere(self):
        (bt,) = self.call.offer(1, media(40000))
        self.bed.after(91)
        (at,) = self.call.answer(1, media(41000, B))
        a, b = self.bed.peer(), self.bed.peer()
        self.assertGreater(at, bt)
        self.assertTrue(b.refused(bt))
        a.send(at, RTP)
        (bt2,) = self.call.offer(2, media(40000))
        (at2,) = self.call.answer(2, media(41000, B))
        a.send(at2, RTP)
        self.passes(b, bt2, a)

    def test_on_hold_the_limit_is_longer_but_holds_for_all(self):
        for number, (offer, answer) in enumerate((
                (media(40000, direction="sendonly"), media(41000, B)),
                (media(40000, direction="inactive"), media(41000, B)),
                (media(40000, "0.0.0.0"), media(41000, B)),
                (media(40000), media(41000, B, direction="sendonly")))):
            with self.subTest(offer=offer, answer=answer):
                self.bed.events.clear()
                self.call = Call(self.bed, str(number))
                self.two()
                self.talk()
                self.bed.after(20)
                self.call.offer(2, offer)
                self.call.answer(2, answer)
                for _ in range(239):  # media flows all the time
                    self.bed.after(30)
                    self.a.send(self.at, RTP)
                    self.b.send(self.bt, RTP)
                self.assertEqual([], self.bed.why())
                self.bed.after(31)
                self.assertEqual(["unselected ICE candidate"],
                                 self.bed.why())

    def test_recvonly_is_no_hold(self):
        self.two()
        self.call.offer(2, media(40000, direction="recvonly"))
        self.bed.after(91)
        self.assertEqual(1, len(self.bed.why()))

    def test_resuming_gives_a_side_never_heard_its_time_again(self):
        self.two()
        self.a.send(self.at, RTP)
        self.bed.after(60)
        self.call.offer(2, media(40000, direction="sendonly"))
        self.call.answer(2, media(41000, B, direction="recvonly"))
        self.bed.after(1000)
        self.call.offer(3, media(40000))
        self.call.answer(3, media(41000, B))
        self.bed.after(89)
        self.assertEqual([], self.bed.why())
        self.bed.after(2)
        self.assertEqual("callee", self.bed.told("closed")[0]["by"])

    def test_a_rule_ends_60_s_after_it_began_without_packets(self):
        self.rule_lasts(60)

    def test_one_sides_packets_keep_a_rule_for_30_s(self):
        self.two()
        self.talk()
        for _ in range(12):
            self.bed.after(15)
            self.passes(self.a, self.at, self.b, check())
        self.lasts(30)

    def test_both_sides_packets_keep_a_rule_for_120_s(self):
        self.two()
        self.talk()
        self.passes(self.a, self.at, self.b, check())
        self.passes(self.b, self.bt, self.a, check())
        self.lasts(120)

    def test_a_rules_end_closes_the_stream_on_hold_too(self):
        self.two()
        self.talk()
        self.call.offer(2, media(40000, direction="inactive"))
        self.call.answer(2, media(41000, B, direction="inactive"))
        self.lasts(60)

    def rule_lasts(self, seconds):
        self.two()
        self.talk()
        self.lasts(seconds)

    def lasts(self, seconds):
        self.bed.after(seconds - 1)
        self.assertEqual([], self.bed.why())
        self.bed.after(2)
        self.assertEqual(1, len(self.bed.why()))
        self.assertTrue(self.a.refused(self.at))


class NoConntrack(Case):
    conf = {"conntrack": False}

    def test_without_connection_tracking_the_stream_ends_in_talk(self):
        self.two()
        self.talk()
        for _ in range(59):
            self.bed.after(1)
            self.passes(self.a, self.at, self.b)
            self.passes(self.b, self.bt, self.a)
        self.bed.after(1)
        self.assertEqual(1, len(self.bed.why()))


class Ends(Case):
    """What a closed stream means for the call."""

    def setUp(self):
        super().setUp()
        self.call.dialog_id = "12:34"

    def ended(self):
        return [told["dialog_id"] for told in self.bed.told("end_dialog")]

    def test_with_ice_on_both_sides_the_call_lives_on(self):
        self.call.set_up()
        self.bed.after(91)
        self.assertEqual(["unselected ICE candidate"], self.bed.why())
        self.assertEqual([], self.ended())

    def test_without_ice_the_dialog_is_to_end(self):
        self.call.set_up(ice="no")
        self.bed.after(91)
        self.assertEqual(["no-traffic timeout"], self.bed.why())
        self.assertEqual(["12:34"], self.ended())
        self.assertEqual("removed", self.call.bye())

    def test_a_rules_end_without_ice_ends_it_too(self):
        self.two(ice="no")
        self.talk()
        self.bed.after(61)
        self.assertEqual(["conntrack timeout"], self.bed.why())
        self.assertEqual(["12:34"], self.ended())

    def test_holding_too_long_without_ice_ends_it_too(self):
        self.call.offer(1, media(40000, ice="no", direction="sendonly"))
        self.call.answer(1, media(41000, B, ice="no"))
        self.bed.after(7201)
        self.assertEqual(["on hold timeout"], self.bed.why())
        self.assertEqual(["12:34"], self.ended())

    def test_who_has_not_engaged_it_is_told_nothing(self):
        self.call.dialog_id = ""
        self.call.set_up(ice="no")
        self.bed.after(91)
        self.assertEqual([], self.ended())

    def test_a_call_not_answered_is_not_to_end(self):
        self.call.offer(1, media(40000, ice="no"))
        self.bed.after(91)
        self.assertEqual([], self.ended())

    def test_what_was_refused_does_not_count(self):
        self.call.set_up()
        self.call.offer(2, media(40100))
        self.bed.after(91)
        self.assertEqual({"unselected ICE candidate", "no-traffic timeout"},
                         set(self.bed.why()))
        self.assertEqual([], self.ended())

    def test_an_ipv6_answer_counts_as_without_ice(self):
        self.call.offer(1, media(40000))
        self.call.answer(1, media(41000, "2001:db8::1"))
        self.bed.after(91)
        self.assertEqual(["no-traffic timeout"], self.bed.why())
        self.assertEqual(["12:34"], self.ended())

    def test_ice_does_not_save_a_call_whose_ports_were_new_once(self):
        self.call.set_up()
        self.call.offer(2, media(40100))
        self.call.answer(2, media(41000, B))
        self.bed.after(91)
        self.assertEqual(["left by the answer", "unselected ICE candidate"],
                         self.bed.why())
        self.assertEqual(["12:34"], self.ended())
