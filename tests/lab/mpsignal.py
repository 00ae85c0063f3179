# SPDX-License-Identifier: BSD-3-Clause
"""What mediaproxy makes of offers, answers and all else that it is told."""

import socket

from mpbed import A, B, FIRST, RTP, Call, Case, media


class Protocol(Case):
    def test_callers_pair_comes_first_and_is_in_the_answer(self):
        self.assertEqual([FIRST + 2], self.call.offer(1, media(40000)))
        self.assertEqual([FIRST], self.call.answer(1, media(41000, B)))

    def test_each_stream_has_two_pairs(self):
        medias = media(40000), media(40002, kind="video")
        self.assertEqual([FIRST + 2, FIRST + 6], self.call.offer(1, *medias))
        self.assertEqual([FIRST, FIRST + 4], self.call.answer(1, *medias))
        self.assertEqual([FIRST + 10], Call(self.bed, "next").offer(
            1, media(40000)))

    def test_ports_are_used_first_in_first_out(self):
        self.bed.relay.pool.free = self.bed.relay.pool.free[:3]
        self.call.offer(1, media(40000))
        self.call.bye()
        self.assertEqual([FIRST], Call(self.bed, "next").offer(
            1, media(40000)))

    def test_a_port_in_use_is_left_with_its_pair(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((self.bed.address, FIRST + 1))
            self.assertEqual([FIRST + 4], self.call.offer(1, media(40000)))

    def test_without_a_port_it_says_error(self):
        self.bed.relay.pool.free = self.bed.relay.pool.free[:1]
        self.assertEqual("error", self.call.offer(1, media(40000)))
        self.assertEqual(1, len(self.bed.relay.pool.free))

    def test_remove_says_removed(self):
        self.call.set_up()
        self.assertEqual("removed", self.call.bye("callee"))
        self.assertEqual("error", self.call.bye())

    def test_what_cannot_be_understood_is_an_error(self):
        for text in ("update\ncall_id: x\n\n", "nonsense\ncall_id: x\n\n",
                     "remove\n\n", "remove\ncall_id: x\nfrom_tag: y\n\n"):
            self.assertEqual("error", self.bed.ask(text))

    def test_an_empty_header_is_none(self):
        text = "update\ntype: request\ncall_id: c\ncseq: 1\nfrom_uri: a\n" \
            "to_uri: b\nfrom_tag: c\nuser_agent: %%s\nsignaling_ip: d\n" \
            "media: %s\n\n" % media(40000)
        self.assertEqual("error", self.bed.ask(text % ""))
        self.assertNotEqual("error", self.bed.ask(text % "d"))

    def test_requests_come_in_any_pieces(self):
        text = b"remove\r\ncall_id: x\r\n\r\n"
        for cut in range(1, len(text)):
            self.assertEqual("error", self.bed.raw(text[:cut], text[cut:]))

    def test_answers_are_compared_by_the_kind_of_media(self):
        self.call.offer(1, media(40000))
        self.assertEqual("error", self.call.answer(
            1, media(41000, kind="video")))

    def test_a_200_without_sdp_changes_nothing(self):
        caller, _ = self.call.set_up()
        self.assertEqual([caller], self.call.answer(1))
        self.assertEqual("None", Call(self.bed, "unknown").answer(1))


class Signalling(Case):
    def test_the_same_address_keeps_ports_latches_and_rule(self):
        self.two()
        self.talk()
        for cseq, by, offer, answer in (
                (2, "caller", media(40000), media(41000, B)),
                (3, "caller", media(40000, direction="sendonly"),
                 media(41000, B, direction="recvonly")),
                (4, "caller", media(40000, "0.0.0.0"),
                 media(41000, "0.0.0.0")),
                (5, "callee", media(41000, B), media(40000)),
                (6, "callee", media(41000, B, direction="inactive"),
                 media(40000, direction="inactive"))):
            own, other = (self.at, self.bt) if by == "caller" \
                else (self.bt, self.at)
            self.assertEqual([other], self.call.offer(cseq, offer, by=by))
            self.assertEqual([own], self.call.answer(cseq, answer, to=by))
            self.passes(self.a, self.at, self.b)
            self.passes(self.b, self.bt, self.a)
        self.assertEqual([], self.bed.told("rule_ended"))

    def test_a_changed_offer_gets_new_ports_for_both(self):
        for port, address in ((40100, A), (40000, "10.1.0.3"), (9, A)):
            with self.subTest(port=port, address=address):
                self.call = Call(self.bed, "%s:%d" % (address, port))
                self.two()
                (bt,) = self.call.offer(2, media(port, address))
                self.assertNotIn(bt, (self.at, self.bt))
                self.passes_by_the_old()
                (at,) = self.call.answer(2, media(41000, B))
                self.assertEqual(bt - 2, at)
                for old in (self.at, self.bt, self.at + 1, self.bt + 1):
                    self.assertTrue(self.a.refused(old))
                self.assertFalse(self.a.refused(at))

    def passes_by_the_old(self):
        self.a.send(self.at, RTP)
        self.passes(self.b, self.bt, self.a)
        self.passes(self.a, self.at, self.b)

    def test_after_a_refused_offer_the_next_gets_new_ports_again(self):
        self.two()
        (refused,) = self.call.offer(2, media(40100))
        self.passes_by_the_old()
        (bt,) = self.call.offer(3, media(40000))
        self.assertNotIn(bt, (self.bt, refused))
        (at,) = self.call.answer(3, media(41000, B))
        for old in (self.at, self.bt, refused):
            self.assertTrue(self.a.refused(old))
        self.a.send(at, RTP)
        self.passes(self.b, bt, self.a)

    def test_after_a_refused_offer_old_ports_end_with_the_next_offer(self):
        self.two()
        self.call.offer(2, media(40100))
        self.assertFalse(self.a.refused(self.at))
        self.call.offer(3, media(40000))
        self.assertTrue(self.a.refused(self.at))

    def test_a_changed_answer_locks_its_sender_out(self):
        self.two()
        self.talk()
        self.assertEqual([self.bt], self.call.offer(2, media(40000)))
        self.assertEqual([self.at], self.call.answer(2, media(41100, B)))
        self.assertEqual(1, len(self.bed.told("rule_ended")))
        self.stops(self.b, self.bt, self.a)
        self.passes(self.a, self.at, self.b)  # still to the old source
        moved = self.bed.peer()
        self.passes(moved, self.bt, self.a)
        self.passes(self.a, self.at, moved)
        self.stops(self.b, self.bt, self.a)

    def test_an_ice_restart_heals_no_lock_out_but_a_new_port_does(self):
        self.two()
        self.talk()
        self.call.offer(2, media(40000))
        self.call.answer(2, media(41100, B))
        self.call.offer(3, media(40000))
        self.call.answer(3, media(41100, B))
        self.stops(self.b, self.bt, self.a)
        (at,) = self.call.offer(4, media(41200, B), by="callee")
        (bt,) = self.call.answer(4, media(40000), to="callee")
        self.a.send(at, RTP)
        self.passes(self.b, bt, self.a)

    def test_port_0_in_the_answer_closes_the_stream(self):
        medias = media(40000), media(40002, kind="video")
        self.call.offer(1, *medias)
        self.assertEqual([FIRST, 0], self.call.answer(
            1, media(41000, B), media(0, B, kind="video")))
        peer = self.bed.peer()
        for port in (FIRST + 4, FIRST + 6):
            self.assertTrue(peer.refused(port))
        self.assertFalse(peer.refused(FIRST))
        first, again = self.call.offer(2, *medias)
        self.assertEqual(FIRST + 2, first)
        self.assertGreater(again, FIRST + 6)

    def test_hold_in_a_later_answer_shows_closed_ports_again(self):
        self.call.offer(1, media(40000), media(40002))
        self.call.answer(1, media(41000, B), media(0))
        held = media(41002, B, direction="sendonly")
        self.assertEqual("error", self.call.answer(
            1, media(41000, B), held))
        self.assertEqual([FIRST, FIRST + 4], self.call.answer(
            1, media(41000, B), held))
        self.assertTrue(self.bed.peer().refused(FIRST + 4))

    def test_what_is_missing_in_the_answer_is_closed(self):
        self.call.offer(1, media(40000), media(40002, kind="video"))
        self.assertEqual([FIRST, 0], self.call.answer(1, media(41000, B)))
        self.assertTrue(self.bed.peer().refused(FIRST + 6))

    def test_another_kind_of_media_gets_new_ports(self):
        self.call.set_up()
        (bt,) = self.call.offer(2, media(40000, kind="image"))
        self.assertEqual(FIRST + 6, bt)

    def test_a_reply_to_an_unseen_offer_keeps_ports_by_its_address(self):
        self.two()
        self.talk()
        self.assertEqual([self.at], self.call.answer(2, media(41000, B)))
        self.assertEqual([], self.bed.told("rule_ended"))

    def test_a_changed_reply_to_an_unseen_offer_leads_nowhere(self):
        self.two()
        self.talk()
        (at,) = self.call.answer(2, media(40000, self.bed.address))
        self.assertNotIn(at, (self.at, self.bt))
        self.stops(self.a, at, self.b)
        self.passes(self.a, self.at, self.b)
        self.passes(self.b, self.bt, self.a)
        (bt,) = self.call.offer(3, media(40000))
        self.assertNotIn(bt, (at, at + 2, self.bt))
        self.assertTrue(self.a.refused(self.at))

    def test_all_branches_of_a_fork_share_a_port(self):
        self.call.offer(1, media(40000))
        first = self.call.answer(1, media(41000, B), tag="t1")
        self.assertEqual(first, self.call.answer(
            1, media(42000, "10.3.0.2"), tag="t2"))

    def test_the_last_branch_shuts_out_one_that_has_sent(self):
        self.two()
        self.b.send(self.bt, RTP)
        self.call.answer(1, media(42000, "10.3.0.2"), tag="t2")
        self.a.send(self.at, RTP)
        self.a.got(), self.b.got()
        self.stops(self.b, self.bt, self.a)
        self.passes(self.bed.peer(), self.bt, self.a)

    def test_a_losing_branch_that_sends_late_locks_the_winner_out(self):
        self.two()
        winner = self.bed.peer()
        self.call.answer(1, media(42000, "10.3.0.2"), tag="t2")
        self.a.send(self.at, RTP)
        self.passes(self.b, self.bt, self.a)
        self.stops(winner, self.bt, self.a)
        self.call.offer(2, media(40000))
        self.call.answer(2, media(42000, "10.3.0.2"), tag="t2")
        self.stops(winner, self.bt, self.a)
        (bt,) = self.call.offer(3, media(40100))
        (at,) = self.call.answer(3, media(42000, "10.3.0.2"), tag="t2")
        self.a.send(at, RTP)
        self.passes(winner, bt, self.a)

    def test_an_early_update_leaves_the_invites_200_with_port_0(self):
        self.call.offer(1, media(40000))
        self.call.answer(1, media(41000, B))
        self.call.offer(2, media(40100))
        self.call.answer(2, media(41000, B))
        self.assertEqual([0], self.call.answer(1, media(41000, B)))

    def test_dropping_one_of_two_like_streams_closes_both(self):
        self.call.offer(1, media(40000), media(40002))
        self.call.answer(1, media(41000, B), media(41002, B))
        self.assertEqual([0, 0], self.call.offer(2, media(40000), media(0)))
        self.assertEqual([0, 0], self.call.answer(
            2, media(41000, B), media(0, B)))

    def test_a_bye_closes_all_ports_at_once(self):
        self.two()
        self.talk()
        self.call.bye()
        for port in (self.at, self.at + 1, self.bt, self.bt + 1):
            self.assertTrue(self.a.refused(port))
        self.assertEqual(["removed"], self.bed.why())

    def test_what_an_answer_adds_gets_no_port(self):
        self.call.offer(1, media(40000))
        self.assertEqual([FIRST], self.call.answer(
            1, media(41000, B), media(41002, B, kind="video")))

    def test_an_offer_in_the_200_and_its_answer_in_the_ack(self):
        self.assertEqual([FIRST], self.call.answer(1, media(41000, B)))
        self.assertEqual([FIRST + 2], self.call.offer(1, media(40000)))
        a, b = self.bed.peer(), self.bed.peer()
        a.send(FIRST, RTP)
        self.passes(b, FIRST + 2, a)

    def test_an_ipv6_offer_gets_none(self):
        six = media(40000, "2001:db8::1")
        self.assertEqual("None", self.call.offer(1, six))
        self.assertEqual("None", self.call.answer(1, six))

    def test_an_ipv6_answer_gets_the_port(self):
        self.call.offer(1, media(40000))
        self.assertEqual([FIRST], self.call.answer(
            1, media(41000, "2001:db8::1")))

    def test_two_calls_do_not_meet(self):
        self.two()
        first = self.a, self.at, self.b
        self.a.send(self.at, RTP)
        self.b.send(self.bt, RTP)
        self.call = Call(self.bed, "next")
        self.two()
        self.a.send(self.at, RTP)
        self.b.send(self.bt, RTP)
        first[0].got(), first[2].got(), self.a.got(), self.b.got()
        self.passes(*first)
        self.assertEqual([], self.b.got())
