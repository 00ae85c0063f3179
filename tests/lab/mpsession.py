# SPDX-License-Identifier: BSD-3-Clause
"""MediaProxy's sessions: which offer and answer keeps, makes, closes what.

A message is told by its CSeq: (caller's, callee's) of the last one that came
in. A higher one than the session has is an offer, the same is an answer,
whatever the message was; a lower one is old and changes nothing.
"""

import itertools

from mprelay import Conf, Pool, Stream


class Media:
    """An m-line, as the module tells it."""

    def __init__(self, text):
        """text: audio:10.1.0.2:40000:sendrecv:ice=yes"""
        words = text.split(":")
        self.type, self.address, port, self.direction = words[:4]
        self.port = int(port)
        self.ice = dict(word.split("=") for word in words[4:]
                        if word).get("ice") == "yes"

    def of(self, stream, side):
        """Is the stream the one of this m-line?"""
        address, port = stream.sdp[side] or (None, None)
        return stream.alive and stream.media == self.type and (
            self.address, self.port) in (
                (address, port), ("0.0.0.0", port), (address, 0))


class Message:
    """An SDP that passed, as the module tells it; None where it is empty."""

    NEEDED = ("call_id", "from_tag", "from_uri", "to_uri", "cseq",
              "user_agent", "type", "signaling_ip")

    def __init__(self, headers):
        """May raise ValueError: a header is missing, or of no use."""
        for name in self.NEEDED:
            if name not in headers:
                raise ValueError("no %s" % name)
        self.call_id = headers["call_id"]
        self.from_tag = headers["from_tag"]
        self.to_tag = headers.get("to_tag")
        self.dialog_id = headers.get("dialog_id")
        self.cseq = int(headers["cseq"])
        if headers["type"] not in ("request", "reply"):
            raise ValueError("type: expected request or reply")
        self.request = headers["type"] == "request"
        try:
            self.media = [Media(text) for text in
                          headers.get("media", "").split(",") if text]
        except ValueError:
            self.media = []  # IPv6: its colons are too many


class Session:
    """One call on the relay."""

    def __init__(self, relay, message):
        self.relay = relay
        self.address = relay.address
        self.call_id = message.call_id
        self.from_tag = message.from_tag
        self.dialog_id = message.dialog_id
        self.cseq = None
        self.previous = None
        self.streams = {}  # of each CSeq
        self.tell("session", from_tag=self.from_tag,
                  dialog_id=self.dialog_id)

    def tell(self, event, **more):
        self.relay.tell(event, call_id=self.call_id, **more)

    def update(self, message, downstream, callers_cseq):
        """Takes a message over; the ports for who gets it, or None.

        May raise ValueError.
        """
        old = self.cseq or (0, 0)
        cseq = (message.cseq, old[1]) if callers_cseq \
            else (old[0], message.cseq)
        side = "caller" if downstream else "callee"
        if self.cseq is None or cseq > self.cseq:
            if message.media:
                self._offer(cseq, side, message.media)
        elif cseq == self.cseq:
            self._answer(cseq, side, message)
        else:
            self.tell("old", side=side, cseq=message.cseq)
        return self._ports("callee" if downstream else "caller",
                           0 if callers_cseq else 1, message.cseq)

    def _ports(self, side, which, number):
        known = [cseq for cseq in self.streams if cseq[which] == number]
        return [stream.port(side) for stream in self.streams[max(known)]] \
            if known else None

    def _stream(self, side, media):
        """The stream for an m-line of an offer."""
        for stream in self.streams.get(self.cseq, ()):
            if media.of(stream, side):
                stream.check_hold(side, media.direction, media.address)
                return stream
        stream = Stream(next(self.relay.numbers), self, media.type)
        stream.tell("stream", media=media.type, **{
            side: list(pair) for side, pair in stream.pairs.items()})
        stream.described(side, media.address, media.port)
        stream.ice[side] = media.ice
        stream.check_hold(side, media.direction, media.address)
        return stream

    def _offer(self, cseq, side, medias):
        new = []
        for media in medias:
            new.append(self._stream(side, media))
            if media.port == 0:
                new[-1].close("disabled")
        kept = self.streams.get(self.cseq, []) + new
        self.streams[cseq] = new
        self._close_previous(kept, "left by the next offer")
        self.previous, self.cseq = self.cseq, cseq
        self._told("offer", side)

    def _answer(self, cseq, side, message):
        current = self.streams[cseq]
        for stream in current:
            stream.answered = True
        if message.to_tag and not message.media:
            return
        for stream in current[len(message.media):]:
            stream.close("rejected")
        for stream, media in zip(current, message.media):
            if stream.media != media.type:
                raise ValueError("%s is answered by %s" % (stream.media,
                                                           media.type))
            self._answered(stream, side, media)
        self._close_previous(current, "left by the answer")
        self._told("answer", side)

    @staticmethod
    def _answered(stream, side, media):
        if media.port == 0:
            stream.close("rejected")
            return
        stream.check_hold(side, media.direction, media.address)
        stream.ice[side] = media.ice
        address, port = stream.sdp[side] or ("0.0.0.0", None)
        if address == "0.0.0.0":
            stream.described(side, media.address, media.port)
        elif port != media.port or (
                media.address not in (address, "0.0.0.0")):
            stream.reset(side, media.address, media.port)

    def _close_previous(self, kept, why):
        for stream in self.streams.get(self.previous, ()):
            if stream not in kept:
                stream.close(why)

    def _told(self, event, side):
        self.tell(event, side=side, cseq=list(self.cseq), streams=[
            stream.number for stream in self.streams[self.cseq]])

    def living(self):
        return [stream for cseq in (self.previous, self.cseq)
                for stream in self.streams.get(cseq, ()) if stream.alive]

    def ends_dialog(self):
        """Is its expiry the call's end? Not if ICE chose none of its streams;
        but one that a new offer replaced was closed in another way."""
        return self.dialog_id and not all(
            stream.why == "unselected ICE candidate"
            for streams in self.streams.values()
            for stream in streams if stream.answered)

    def expired(self):
        """One stream's end leaves the others; after the last all is over."""
        if not self.living():
            self.relay.expired(self)

    def close(self, why):
        for stream in self.living():
            stream.close(why)
        self.tell("session_ended", why=why)


class Relay:
    """The sessions, by Call-ID and the tag of who began."""

    def __init__(self, loop, tell, address, conf=None):
        """tell(event, **more): takes the log."""
        self.loop = loop
        self.address = address
        self.conf = conf or Conf()
        self.pool = Pool(*self.conf.ports)
        self.sessions = {}
        self.numbers = itertools.count(1)
        self.told = tell
        self.on_expired = lambda session: None

    def tell(self, event, **more):
        self.told(event, t=round(self.loop.now(), 6), **more)

    def _find(self, call_id, from_tag, to_tag):
        for tag in (from_tag, to_tag):
            if tag and (call_id, tag) in self.sessions:
                return self.sessions[call_id, tag]
        return None

    def update(self, message):
        """The ports, or None where there is no answer to give.

        May raise ValueError or Exhausted.
        """
        session = self._find(message.call_id, message.from_tag,
                             message.to_tag)
        if session:
            callers = session.from_tag == message.from_tag
            downstream = callers == message.request
        else:
            if not message.request and not message.media:
                return None
            session = Session(self, message)
            self.sessions[message.call_id, message.from_tag] = session
            callers, downstream = True, message.request
        return session.update(message, downstream, callers)

    def remove(self, call_id, from_tag, to_tag):
        """True if there was such a session."""
        session = self._find(call_id, from_tag, to_tag)
        if session:
            self._end(session, "removed")
        return bool(session)

    def expired(self, session):
        self._end(session, "expired")
        self.on_expired(session)

    def _end(self, session, why):
        session.close(why)
        del self.sessions[session.call_id, session.from_tag]

    def close(self):
        for session in list(self.sessions.values()):
            self._end(session, "the relay ends")
