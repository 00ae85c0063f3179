# SPDX-License-Identifier: BSD-3-Clause
"""Both ends of a call through a proxy, by hand: what comes out of each SDP?"""

import os
import re
import socket

PATIENCE = 5  # s, for a message that must come
OTHER = {"caller": "callee", "callee": "caller"}


class Message:
    """A SIP message as it came in."""

    def __init__(self, data):
        head, _, self.body = data.decode().partition("\r\n\r\n")
        self.start, *self.lines = head.split("\r\n")
        # of a request 0
        self.code = int(self.start.split()[1]) \
            if self.start.startswith("SIP/2.0 ") else 0

    def fields(self, name):
        """All header lines of a name, as they are."""
        return [line for line in self.lines
                if line.lower().startswith(name.lower() + ":")]

    def value(self, name):
        return self.fields(name)[0].split(":", 1)[1].strip()

    def contact(self):
        return re.search(r"<([^>]+)>", self.value("Contact")).group(1)


class SipCall:
    """A call from sip:caller@PROXY; the proxy sends what comes from there
    to the callee's socket."""

    def __init__(self, proxy, caller, callee):
        """proxy: an address and port; the others: bound sockets, borrowed."""
        self.proxies = {"caller": proxy}  # the one that is next to it
        self.socks = {"caller": caller, "callee": callee}
        self.call_id = os.urandom(8).hex()
        self.tags = {side: os.urandom(4).hex() for side in self.socks}
        self.cseq = {side: 0 for side in self.socks}
        self.route = {side: [] for side in self.socks}
        self.target = {"caller": "sip:bob@%s:%d" % proxy}
        self.in_dialog = False
        for sock in self.socks.values():
            sock.settimeout(PATIENCE)

    def _address(self, side):
        return "%s:%d" % self.socks[side].getsockname()

    def _party(self, name, side, tagged=True):
        # whom the proxy asks for no password
        return "%s: <sip:%s@lab.test>%s" % (
            name, side, ";tag=" + self.tags[side] if tagged else "")

    def request(self, side, method, body="", parameter="", cseq=None):
        """Sends one; as it came to the other side, a Message.

        parameter: of the request URI; cseq: None, the next one's.
        """
        if cseq is None:
            self.cseq[side] += 1
            cseq = self.cseq[side]
        lines = ["%s %s%s SIP/2.0" % (method, self.target[side], parameter),
                 "Via: SIP/2.0/UDP %s;rport;branch=z9hG4bK%s" % (
                     self._address(side), os.urandom(6).hex()),
                 "Max-Forwards: 70", self._party("From", side),
                 self._party("To", OTHER[side], self.in_dialog),
                 "Call-ID: " + self.call_id, "CSeq: %d %s" % (cseq, method),
                 "Contact: <sip:%s@%s>" % (side, self._address(side)),
                 "User-Agent: test", *self.route[side]]
        self._send(side, lines, body)
        return self.receive(OTHER[side], 0, "%d %s" % (cseq, method))

    def _send(self, side, lines, body):
        if body:
            lines = lines + ["Content-Type: application/sdp"]
        lines = lines + ["Content-Length: %d" % len(body), "", body]
        self.socks[side].sendto("\r\n".join(lines).encode(),
                                self.proxies[side])

    def receive(self, side, code, cseq):
        """The request (code 0) or reply that is waited for."""
        while True:
            data, source = self.socks[side].recvfrom(65536)
            got = Message(data)
            if (got.value("Call-ID"), got.code, got.value("CSeq")) == (
                    self.call_id, code, cseq):
                self.proxies[side] = source
                return got

    def reply(self, side, request, code, body=""):
        """Answers a request that came; as it came to who had sent it."""
        tag = self.tags[side]
        to = request.fields("To")[0]
        lines = ["SIP/2.0 %d Test" % code, *request.fields("Via"),
                 *request.fields("Record-Route"), *request.fields("From"),
                 to if ";tag=" in to else to + ";tag=" + tag,
                 *request.fields("Call-ID"), *request.fields("CSeq"),
                 "Contact: <sip:%s@%s>" % (side, self._address(side))]
        self._send(side, lines, body)
        got = self.receive(OTHER[side], code, request.value("CSeq"))
        if not self.in_dialog and 200 <= code < 300 or code in (180, 183):
            self._dialog(side, request, got)
        return got

    def _dialog(self, callee, request, reply):
        """The routes of what follows (RFC 3261, 12.1)."""
        self.in_dialog = True
        caller = OTHER[callee]
        self.target = {caller: reply.contact(), callee: request.contact()}
        for side, message, step in ((callee, request, 1),
                                    (caller, reply, -1)):
            self.route[side] = [
                "Route:" + line.split(":", 1)[1] for line in
                message.fields("Record-Route")[::step]]

    def ack(self, side, body=""):
        return self.request(side, "ACK", body, cseq=self.cseq[side])

    def exchange(self, side, offer, answer, method="INVITE", parameter=""):
        """Offer, answer and ACK; the SDP as (who answers, who offers) saw
        the other's."""
        asked = self.request(side, method, offer, parameter)
        told = self.reply(OTHER[side], asked, 200, answer)
        if method == "INVITE":
            self.ack(side)
        return asked.body, told.body

    def bye(self, side="caller"):
        self.reply(OTHER[side], self.request(side, "BYE"), 200)


def sock(address):
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((address, 0))
    return made
