# SPDX-License-Identifier: BSD-3-Clause
"""A caller that only wants to know whether the phone rings.

It sends an INVITE to the proxy, waits for ringing, and takes the call back
(RFC 3261, 9); or asks by OPTIONS whether requests reach the phone at all.
"""

import os
import re
import socket
import time

from crowd import UAC
from net import SIP_PORT

PATIENCE = 4.0  # s; who does not ring within it has missed the call
SDP = ("v=0\r\no=- 1 1 IN IP4 %(uac)s\r\ns=-\r\nc=IN IP4 %(uac)s\r\n"
       "t=0 0\r\nm=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
       % {"uac": UAC})
REQUEST = """%(method)s %(uri)s SIP/2.0\r
Via: SIP/2.0/UDP %(uac)s:%(port)d;rport;branch=z9hG4bK%(branch)s\r
Max-Forwards: 70\r
From: <sip:caller@%(server)s>;tag=%(token)s\r
To: <sip:%(user)s@%(server)s>%(tag)s\r
Call-ID: %(token)s\r
CSeq: %(cseq)d %(method)s\r
Contact: <sip:caller@%(uac)s:%(port)d>\r
%(route)s"""


class Answer:
    """A response, as far as a caller needs it."""

    def __init__(self, data):
        head = data.decode("utf-8", "replace").split("\r\n\r\n", 1)[0]
        self.code = int(re.match(r"SIP/2.0 (\d{3})", head).group(1))

        def field(name):
            found = re.search(r"^%s\s*:\s*(.*)$" % name, head,
                              re.M | re.I)
            return found.group(1).strip() if found else ""

        self.method = field("CSeq").split()[-1]
        self.call = field("(?:Call-ID|i)")
        tag = re.search(r";\s*tag=([^;>\s]+)", field("(?:To|t)"))
        self.tag = ";tag=" + tag.group(1) if tag else ""
        contact = re.search(r"<([^>]+)>", field("(?:Contact|m)"))
        self.contact = contact.group(1) if contact else None
        # what the proxy says itself is none of the phone's
        self.proxys = "kamailio" in field("Server").lower() or self.code in (
            404, 408, 476, 477, 478, 480) or 500 <= self.code < 600
        # what must be in the way of later requests (RFC 3261, 12.1.2)
        self.route = "".join("Route: %s\r\n" % value.strip() for value in
                             reversed(re.findall(
                                 r"^Record-Route\s*:\s*(.*)$", head,
                                 re.M | re.I)))


class Ringer:
    """One call to a user of a proxy."""

    def __init__(self, net, server, user):
        self.sock = net.knock()
        self.server = server
        self.user = user
        self.token = os.urandom(8).hex()
        self.branch = os.urandom(8).hex()
        self.at = time.time()  # when it was placed
        self.after = None  # s until it rang; None: it did not
        self.codes = []
        self.tag = ""
        self.uri = "sip:%s@%s" % (user, server)
        self.route = ""

    def rang(self):
        return self.after is not None

    def send(self, method, body="", cseq=1, branch=None):
        text = REQUEST % {
            "method": method, "uri": self.uri, "user": self.user,
            "route": self.route, "server": self.server, "uac": UAC,
            "token": self.token,
            "port": self.sock.getsockname()[1], "cseq": cseq,
            "branch": branch or self.branch, "tag": self.tag}
        if body:
            text += "Content-Type: application/sdp\r\n"
        text += "Content-Length: %d\r\n\r\n%s" % (len(body), body)
        self.sock.sendto(text.encode(), (self.server, SIP_PORT))

    def receive(self, until):
        """The next response to the call, or None."""
        while True:
            left = until - time.monotonic()
            if left <= 0:
                return None
            self.sock.settimeout(left)
            try:
                data = self.sock.recv(8192)
            except socket.timeout:
                return None
            if not data.startswith(b"SIP/2.0"):
                continue
            answer = Answer(data)
            if answer.call == self.token:
                if answer.method == "INVITE":
                    self.codes.append(answer.code)
                return answer

    def call(self, patience=PATIENCE):
        """Calls; returns itself when the call is over."""
        with self.sock:
            final = self._invite(patience)
            if not final:
                final = self._cancel()
            if final:
                self._over(final)
        return self

    def _invite(self, patience):
        """Until it rings or patience ends; a final answer, or None."""
        start = time.monotonic()
        again, wait = start, 0.5
        while time.monotonic() - start < patience:
            if not self.codes and time.monotonic() >= again:
                self.send("INVITE", body=SDP)
                again, wait = time.monotonic() + wait, wait * 2
            until = start + patience
            if not self.codes:
                until = min(until, again)
            answer = self.receive(until)
            if not answer or answer.method != "INVITE":
                continue
            if answer.code in (180, 183) or 200 <= answer.code < 300:
                self.after = time.monotonic() - start
            if answer.code >= 200:
                return answer
            if self.rang():
                return None
        return None

    def _cancel(self):
        for _ in range(3):
            self.send("CANCEL")
            until = time.monotonic() + 0.7
            while True:
                answer = self.receive(until)
                if not answer:
                    break
                if answer.method == "INVITE" and answer.code >= 200:
                    return answer
        return None

    def _over(self, final):
        self.tag = final.tag
        if final.code >= 300:
            self.send("ACK")
            return
        self.uri, self.route = final.contact or self.uri, final.route
        other = os.urandom(8).hex()
        self.send("ACK", branch=other)
        self.send("BYE", cseq=2, branch=os.urandom(8).hex())
        self.receive(time.monotonic() + 1)


def ring(net, server, user, patience=PATIENCE):
    return Ringer(net, server, user).call(patience)


def reaches(net, server, user, timeout=0.8):
    """Does an OPTIONS through the proxy get an answer of the phone?"""
    asks = Ringer(net, server, user)
    with asks.sock:
        asks.send("OPTIONS")
        until = time.monotonic() + timeout
        while True:
            answer = asks.receive(until)
            if not answer:
                return False
            if answer.code >= 200 and not answer.proxys:
                return True
            if answer.code >= 200:
                time.sleep(max(0, until - time.monotonic()))
                return False


def back(net, servers, user, limit):
    """s until requests reach a phone by one of the proxies, or None."""
    start = time.monotonic()
    while time.monotonic() - start < limit:
        for server in servers:
            if reaches(net, server, user):
                return time.monotonic() - start
    return None
