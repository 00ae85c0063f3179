# SPDX-License-Identifier: BSD-3-Clause
"""What SIPp saw, from its log of messages."""

import datetime
import hashlib
import re

HEAD = re.compile(
    r"^-{40,} (\d+-\d+-\d+)[ \t]+(\d+:\d+:\d+\.\d+)[^\n]*\n"
    r"(?:UDP|TCP) message (received|sent) [^\n]*:\r?\n\r?\n", re.M)
COMPACT = {"i": "call-id", "m": "contact", "f": "from", "t": "to",
           "v": "via", "k": "supported", "l": "content-length",
           "o": "event"}
HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}


class Message:
    """One message: `line`, `at` [s], headers by name."""

    def __init__(self, day, clock, received, text):
        self.at = datetime.datetime.fromisoformat(
            "%s %s" % (day, clock)).timestamp()
        self.received = received
        self.text = text
        head = re.sub(r"\r?\n[ \t]+", " ", re.split(
            r"\r?\n\r?\n", text, maxsplit=1)[0]).splitlines()
        self.line = head[0] if head else ""
        self.method = self.line.split(" ")[0]
        self.headers = []
        for line in head[1:]:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            self.headers.append((COMPACT.get(name, name), value.strip()))

    def all(self, name):
        return [value for key, value in self.headers if key == name.lower()]

    def get(self, name):
        values = self.all(name)
        return values[0] if values else ""

    def credentials(self, name="Authorization"):
        """The parameters of what the phone answers to a challenge."""
        return {key: quoted or bare for key, quoted, bare in re.findall(
            r'(\w+)=(?:"([^"]*)"|([^\s,]+))', self.get(name))}


def messages(text):
    heads = list(HEAD.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return [Message(head[1], head[2], head[3] == "received",
                    text[head.end():end])
            for head, end in zip(heads, ends)]


def digest(credentials, method, password):
    """The response that RFC 7616, 3.4.1 wants."""
    def hashed(*parts):
        return hashlib.new(
            HASHES[credentials.get("algorithm", "MD5")],
            ":".join(parts).encode()).hexdigest()

    secret = hashed(credentials["username"], credentials["realm"], password)
    place = hashed(method, credentials["uri"])
    if "qop" not in credentials:
        return hashed(secret, credentials["nonce"], place)
    return hashed(secret, credentials["nonce"], credentials["nc"],
                  credentials["cnonce"], credentials["qop"], place)
