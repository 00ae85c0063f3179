# SPDX-License-Identifier: BSD-3-Clause
"""Steps and checks that cases are made of; each takes a bed."""

import re
import time

from sippbed import Wrong, until
from sippseen import digest

PASSWORD = "wonder-4-land"


# -- steps: what is waited for before the phone is told to quit -------------

def event(name, number=1, patience=8):
    return lambda bed: bed.phone.wait(name, number, patience)


def ready(bed):
    """SIPp has come to the place in its scenario that says so."""
    until("sipp is ready", lambda: bed.sipps[0].said("ready"))


def says(command):
    """The phone is told to do something."""
    return lambda bed: bed.phone.say(command)


def window(seconds):
    """What comes within so long is counted by a check.

    Time itself is what is waited for: that nothing more comes is no event.
    """
    return lambda bed: time.sleep(seconds)


def pings(number, patience):
    return lambda bed: expect(
        "%d CRLF pings within %g s, not %d" % (
            number, patience, len(bed.wire.pings)),
        bed.wire.await_pings(number, patience))


# -- checks: what the phone told, and what SIPp saw -------------------------

def expect(what, is_so):
    if not is_so:
        raise Wrong("expected: " + what)


def told(name, **values):
    """The first event of that name has these values."""
    def check(bed):
        events = bed.phone.all(name)
        expect("an event " + name, events)
        for key, value in values.items():
            expect("%s of %s: %s, not %s" % (
                key, name, value, events[0].get(key)),
                events[0].get(key) == value)
    return check


def told_between(name, key, least, most):
    def check(bed):
        value = bed.phone.wait(name)[key]
        expect("%s of %s: %d to %d, not %s" % (key, name, least, most, value),
               least <= value <= most)
    return check


def told_times(name, least, most):
    def check(bed):
        number = len(bed.phone.all(name))
        expect("%d to %d events %s, not %d" % (least, most, name, number),
               least <= number <= most)
    return check


def saw(method, least, most=None):
    def check(bed):
        number = len(bed.received(method))
        expect("%d to %s %s, not %d" % (least, most or least, method, number),
               least <= number <= (most or least))
    return check


def lines(bed):
    """The REGISTERs of each account."""
    found = {}
    for message in bed.received("REGISTER"):
        found.setdefault(message.get("Call-ID"), []).append(message)
    expect("a REGISTER", found)
    return found.values()


def in_a_row(bed):
    """All REGISTERs of a line: one Call-ID, one From tag, CSeq by one."""
    for line in lines(bed):
        counts = [int(message.get("CSeq").split()[0]) for message in line]
        expect("CSeq one after the other, not %s" % counts, counts == list(
            range(counts[0], counts[0] + len(counts))))
        expect("one From", len({message.get("From")
                                for message in line}) == 1)


def left(bed):
    """The goodbye removes our Contact, and no other's with a `*'."""
    for line in lines(bed):
        contacts = line[-1].all("Contact")
        expect("Expires 0, not %s" % line[-1].get("Expires"),
               line[-1].get("Expires") == "0")
        expect("one Contact, ours, with expires=0, not %s" % contacts,
               [place(value) for value in contacts]
               == [place(line[0].get("Contact"))]
               and "expires=0" in contacts[0])
    told_times("unregistered", len(lines(bed)), len(lines(bed)))(bed)


def place(contact):
    return contact.partition(">")[0].lstrip("<")


def proves(number, nonce, count, name="Authorization", **values):
    """The so many-th REGISTER answers that challenge, rightly."""
    def check(bed):
        message = bed.received("REGISTER")[number - 1]
        cred = message.credentials(name)
        for key, value in {"nonce": nonce, "nc": "%08x" % count, "qop": "auth",
                           "username": "alice", "realm": "sipp",
                           "uri": message.line.split()[1], **values}.items():
            expect("%s=%s in %s" % (key, value, message.get(name)),
                   cred.get(key, "MD5" if key == "algorithm" else None)
                   == value)
        expect("the response that RFC 7616 wants", cred["response"] == digest(
            cred, "REGISTER", PASSWORD))
    return check


def has(method, header, pattern, number=1):
    """The so many-th request has a header like this."""
    def check(bed):
        messages = bed.received(method)
        expect("%d %s, not %d" % (number, method, len(messages)),
               len(messages) >= number)
        values = ", ".join(messages[number - 1].all(header))
        expect("%s of %s like %s, not %r" % (header, method, pattern, values),
               re.search(pattern, values))
    return check


def has_not(method, header, number=1):
    def check(bed):
        values = bed.received(method)[number - 1].all(header)
        expect("no %s in %s %d, not %s" % (header, method, number, values),
               not values)
    return check


def apart(least, most, first=1, second=2, method="REGISTER"):
    """So many seconds between two requests."""
    def check(bed):
        messages = bed.received(method)
        expect("%d of %s" % (second, method), len(messages) >= second)
        took = messages[second - 1].at - messages[first - 1].at
        expect("%s again after %g to %g s, not %.2f" % (
            method, least, most, took), least <= took <= most)
    return check


def came_by(method, tp):
    def check(bed):
        via = bed.received(method)[0].get("Via")
        expect("%s by %s, not %s" % (method, tp, via),
               via.startswith("SIP/2.0/%s " % tp.upper()))
    return check


def larger(method, size):
    """The datagram limit is what the case is about: it must be passed."""
    def check(bed):
        number = len(bed.received(method)[0].text.encode())
        expect("more than %d bytes of %s, not %d" % (size, method, number),
               number > size)
    return check


def one_connection(bed):
    expect("one connection, not %d" % bed.wire.connections,
           bed.wire.connections == 1)


def pings_apart(least, most):
    def check(bed):
        at = bed.wire.pings
        expect("two CRLFs at least, not %d" % len(at), len(at) > 1)
        expect("CRLF each %g to %g s, not %s" % (least, most, [
            round(b - a, 2) for a, b in zip(at, at[1:])]),
            all(least <= b - a <= most for a, b in zip(at, at[1:])))
    return check


def packets(least, most):
    """So many from the phone, all in all."""
    def check(bed):
        expect("%d to %d packets, not %d" % (least, most, bed.wire.packets),
               least <= bed.wire.packets <= most)
    return check


def took(least, most):
    """From the start of the phone to its result [s]."""
    def check(bed):
        seconds = bed.phone.all("result")[-1]["t"]
        expect("an end after %g to %g s, not %g" % (least, most, seconds),
               least <= seconds <= most)
    return check
