# SPDX-License-Identifier: BSD-3-Clause
"""The table of cases: who plays, what is done, what must have been seen."""

import dataclasses

from sippbed import LOOPBACK, LOOPBACK6
from sippchecks import (PASSWORD, apart, came_by, event, has, has_not,
                        in_a_row, larger, left, one_connection, packets,
                        pings, pings_apart, proves, ready, saw, says, told,
                        told_between, told_times, took, window)

LISTEN = ("listen",)
CALL = ("call", "sip:bob@127.0.0.1:@PORT@")
REALM = 'realm="sipp"'
MD5 = 'WWW-Authenticate: Digest %s, nonce="md5", qop="auth"' % REALM
SHA256 = ('WWW-Authenticate: Digest %s, nonce="sha", qop="auth", '
          'algorithm=SHA-256' % REALM)
UNKNOWN = ('WWW-Authenticate: Digest %s, nonce="odd", qop="auth", '
           'algorithm=ROT-13' % REALM)


@dataclasses.dataclass
class Server:
    """One SIPp: place 0 has @PORT@, 1 has @PORT2@."""
    scenario: str
    words: dict = dataclasses.field(default_factory=dict)
    tp: str = "udp"
    calls: int = 1
    place: int = 0
    endless: bool = False  # it is ended, its status says nothing


@dataclasses.dataclass
class Case:
    """needs: what uaphone has not yet; such a case runs by name only."""
    name: str
    servers: tuple
    checks: tuple = ()
    steps: tuple = ()
    phone: tuple = LISTEN
    status: int = 0
    ends: bool = False  # by itself; else it is told to quit
    password: str = PASSWORD
    config: str = ""
    wire: bool = False
    noise: bytes = b""
    host: str = LOOPBACK  # of the phone and its servers
    hosts: tuple = ()  # more addresses of the first server, with a wire
    patience: float = 8  # until it has ended [s]
    takes: float = 0  # about so long, if long [s]
    needs: str = ""


# -- how cases are made -----------------------------------------------------

REGISTERED = (event("registered"),)
BYE = (in_a_row, left)


def registers(name, scenario, *checks, words=None, tp="udp", steps=REGISTERED,
              phone=LISTEN, **more):
    """The phone gets registered, and unregisters at its end."""
    if tp == "tcp":
        phone += ("--transport", "tcp")
    return Case(name, (Server(scenario, words or {}, tp),),
                checks + BYE, steps, phone, **more)


def refused(name, status_line, status, *checks, why="Server: sipp",
            phone=LISTEN, **more):
    """Every REGISTER gets the same answer; the phone ends by itself."""
    return Case(name, (Server("refuse", {"STATUS": status_line, "WHY": why},
                              endless=True),),
                checks, phone=phone, status=status, ends=True, **more)


def calls(name, binding, *checks, tp="udp", phone=CALL, **more):
    """Registers, then calls: busy."""
    if tp == "tcp":
        phone += ("--transport", "tcp")
    return Case(name, (Server("call", {"BINDING": binding}, tp, calls=2),),
                checks + BYE + (told("registered"), told("closed", code=486)),
                phone=phone, status=1, ends=True, **more)


def hostile(name, server, *checks, seconds=6, phone=(), **more):
    """A server that keeps the phone busy: what it sends is counted."""
    server.endless = True
    return Case(name, (server,), checks, (window(seconds),), phone,
                wire=True, takes=seconds, **more)


ANSWER = LISTEN + ("--answer",)


def holds(name, address, hold, answer):
    """A peer that calls, holds and resumes."""
    return registers(
        name, "hold", told("hold", by="remote"), told("resumed", by="remote"),
        told_times("hold", 1, 1), told_times("resumed", 1, 1),
        told("closed", by="remote"), phone=ANSWER,
        steps=REGISTERED + (event("closed"),),
        words={"ADDRESS": address, "HOLD": hold, "ANSWER": answer})


RESUME = """<recv request="INVITE">
  <action>
    <ereg regexp="a=sendrecv" search_in="body" check_it="true"
          assign_to="resumed"/>
  </action>
</recv>
<Reference variables="resumed"/>
<send retrans="500">
  <![CDATA[
    SIP/2.0 200 OK
    [last_Via:]
    [last_From:]
    [last_To:]
    [last_Call-ID:]
    [last_CSeq:]
    Contact: <sip:server@[local_ip]:[local_port];transport=[transport]>
    Content-Type: application/sdp
    Content-Length: [len]

    v=0
    o=sipp 1 3 IN IP4 [local_ip]
    s=-
    c=IN IP4 [local_ip]
    t=0 0
    m=audio [media_port] RTP/AVP 0
  ]]>
</send>
<recv request="ACK"/>"""


def held(name, answer, both=1):
    """A peer that calls, and is held and resumed; both=2: it holds, too."""
    by = "local" if both == 1 else "remote"  # the first of these events
    return registers(
        name, "held", told("hold", by=by), told("resumed", by=by),
        told_times("hold", both, both), told_times("resumed", both, both),
        saw("INVITE", 2), told("closed", by="remote"), phone=ANSWER,
        steps=REGISTERED + (ready, says("hold"), event("hold", both),
                            says("resume"), event("resumed", both),
                            event("closed")),
        words={"STATUS": "200 OK", "ANSWER": answer, "RESUME": RESUME})


SERVICE_ROUTE = """[last_Contact:]
Path: <sip:edge@[local_ip]:[local_port];lr>
Service-Route: <sip:home@[local_ip]:[local_port];lr;sr=1>
Service-Route: <sip:core@[local_ip]:[local_port];lr;sr=2>"""
GRUU = ("Contact: <[$contact]>;expires=300"
        ';pub-gruu="sip:alice@[local_ip]:[local_port];gr=urn:x"'
        ';temp-gruu="sip:tgruu.x@[local_ip]:[local_port];gr"')
OUTBOUND = """[last_Contact:]
Require: outbound
Flow-Timer: 10"""
FOREIGN = "<sip:alice@192.0.2.1:5060>;expires=3600"
FOREIGN2 = '"Desk" <sip:alice@192.0.2.2;transport=tcp>;expires=20'
HOSTS = tuple("127.0.1.%d" % number for number in range(1, 41))
LONG = "sip:" + "bob" * 300 + "@127.0.0.1:@PORT@"
ACCOUNTS = "".join("""[account %s]
aor = sip:%s@127.0.0.1:@PORT@
register-expires = %d
keepalive = off
""" % (name, name, expires) for name, expires in (
    ("anna", 120), ("ben", 180), ("carl", 240)))

CASES = [
    # -- granted
    registers("200", "bind", saw("REGISTER", 2),
              told("registered", expires=300),
              has("REGISTER", "Contact", r"^<sip:alice@127\.0\.0\.1:\d+>"),
              has("REGISTER", "Max-Forwards", "^70$"),
              has_not("REGISTER", "Authorization")),
    registers("expires, ours among foreign ones", "bind",
              told("registered", expires=120), saw("REGISTER", 2),
              words={"BINDING": "Contact: %s, <[$contact]>;expires=120\n"
                     "Contact: %s" % (FOREIGN, FOREIGN2)}),
    registers("expires, in its own header", "bind",
              told("registered", expires=90), saw("REGISTER", 2),
              words={"BINDING": "Contact: <[$contact]>\nExpires: 90"}),
    registers("expires 4294967296", "bind",
              told_between("registered", "expires", 60, 86400),
              saw("REGISTER", 2),
              words={"BINDING": "Contact: <[$contact]>;expires=4294967296"}),
    refused("expires 0", "200 OK", 3, saw("REGISTER", 1),
            told("register_failed", code=200), told_times("registered", 0, 0),
            why="Contact: <sip:alice@127.0.0.1>;expires=0"),
    refused("200 without our Contact", "200 OK", 3, saw("REGISTER", 1),
            told("register_failed"), told_times("registered", 0, 0),
            why="Contact: %s, %s" % (FOREIGN, FOREIGN2)),
    registers("200 without any Contact", "bind", saw("REGISTER", 2),
              told("registered", expires=60),
              words={"BINDING": "Expires: 60"}),
    registers("refresh before expiry", "refresh", saw("REGISTER", 3),
              told("registered", expires=10), apart(5, 9.5),
              steps=(event("registered", 2, 12),), takes=10),
    registers("tcp, one connection", "bind", one_connection,
              came_by("REGISTER", "tcp"), saw("REGISTER", 2), tp="tcp",
              wire=True),
    registers("ipv6, udp", "bind", saw("REGISTER", 2),
              came_by("REGISTER", "udp"), told("registered", expires=300),
              has("REGISTER", "To", r"^<sip:alice@\[::1\]:\d+>"),
              has("REGISTER", "Via", r"^SIP/2.0/UDP \[::1\]:\d+;"),
              has("REGISTER", "Contact", r"^<sip:alice@\[::1\]:\d+>"),
              host=LOOPBACK6),
    registers("ipv6, tcp", "bind", saw("REGISTER", 2),
              came_by("REGISTER", "tcp"), told("registered", expires=300),
              has("REGISTER", "Via", r"^SIP/2.0/TCP \[::1\]:\d+;"),
              tp="tcp", host=LOOPBACK6),
    Case("three accounts", (Server("bind", calls=3),),
         (saw("REGISTER", 6), told_times("registered", 3, 3)) + BYE,
         (event("registered", 3),), config=ACCOUNTS),

    # -- challenged
    registers("401 MD5", "challenge", saw("REGISTER", 3),
              has_not("REGISTER", "Authorization"), proves(2, "md5", 1),
              proves(3, "md5", 2), words={"CHALLENGE": MD5}),
    registers("401 SHA-256 before MD5", "challenge", saw("REGISTER", 3),
              proves(2, "sha", 1, algorithm="SHA-256"),
              words={"CHALLENGE": SHA256 + "\n" + MD5}),
    registers("401 MD5 before SHA-256", "challenge", saw("REGISTER", 3),
              proves(2, "sha", 1, algorithm="SHA-256"),
              words={"CHALLENGE": MD5 + "\n" + SHA256}),
    registers("401 one of two unknown", "challenge", saw("REGISTER", 3),
              proves(2, "md5", 1, algorithm="MD5"),
              words={"CHALLENGE": UNKNOWN + "\n" + MD5}),
    registers("401 another scheme besides", "challenge", saw("REGISTER", 3),
              proves(2, "md5", 1),
              words={"CHALLENGE": 'WWW-Authenticate: Basic realm="x"\n'
                     + MD5}),
    refused("401 unknown alone", "401 Unauthorized", 3, saw("REGISTER", 1),
            told("register_failed", code=401), why=UNKNOWN),
    registers("407", "challenge", saw("REGISTER", 3),
              proves(2, "md5", 1, "Proxy-Authorization"),
              has_not("REGISTER", "Authorization", 2),
              words={"STATUS": "407 Proxy Authentication Required",
                     "CHALLENGE": MD5.replace("WWW-", "Proxy-")}),
    registers("stale nonce", "stale", saw("REGISTER", 4), proves(2, "old", 1),
              proves(3, "new", 1), proves(4, "new", 2),
              told_times("register_failed", 0, 0)),
    registers("nextnonce", "challenge", saw("REGISTER", 3),
              proves(2, "md5", 1), proves(3, "fresh", 1),
              words={"CHALLENGE": MD5, "BINDING": "[last_Contact:]\n"
                     'Authentication-Info: nextnonce="fresh"'}),
    refused("wrong password", "401 Unauthorized", 3, saw("REGISTER", 2),
            proves(2, "md5", 1), told("register_failed", code=401),
            told_times("registered", 0, 0), why=MD5),
    refused("no password", "401 Unauthorized", 78, saw("REGISTER", 1, 2),
            told("register_failed", code=401), why=MD5, password=""),

    # -- refused, or not answered
    registers("423", "brief", saw("REGISTER", 3),
              told("registered", expires=1800),
              told_times("register_failed", 0, 0)),
    registers("503, later", "retry", saw("REGISTER", 3), apart(1.9, 4),
              phone=(),
              steps=(event("register_failed"), event("registered"))),
    refused("503", "503 Service Unavailable", 69, saw("REGISTER", 1),
            told("register_failed", code=503), why="Retry-After: 2"),
    refused("403", "403 Forbidden", 3, saw("REGISTER", 1),
            told("register_failed", code=403)),
    refused("302 to itself", "302 Moved Temporarily", 3, saw("REGISTER", 1, 2),
            told("register_failed", code=302), took(0, 3),
            why="Contact: <sip:[local_ip]:[local_port]>"),
    Case("302 elsewhere",
         (Server("refuse", {"STATUS": "302 Moved Temporarily",
                            "WHY": "Contact: <sip:[local_ip]:@PORT2@>"},
                 endless=True),
          Server("bind", place=1)),
         (told("registered", expires=300), left), REGISTERED),
    Case("silence, listen", (Server("silence", endless=True),),
         (told_times("registered", 0, 0), took(2.9, 8), saw("REGISTER", 2, 5)),
         phone=LISTEN + ("--timeout", "3"), status=69, ends=True),
    Case("silence, call", (Server("silence", endless=True),),
         (told_times("registered", 0, 0), took(2.9, 8), saw("REGISTER", 2, 5)),
         phone=CALL + ("--timeout", "3"), status=69, ends=True),
    # RFC 3261, 17.1.2.2: at 0, 0.5, 1.5, 3.5, 7.5 ... 31.5 s
    Case("silence, to its end", (Server("silence", endless=True),),
         (told("register_failed", code=0), took(31, 34),
          saw("REGISTER", 11)), status=69, ends=True, patience=40, takes=32),

    # -- routes and addresses
    calls("service route", SERVICE_ROUTE,
          has("REGISTER", "Supported", r"\bpath\b"),
          has("INVITE", "Route", "^<sip:home@.*;lr;sr=1>, *"
              "<sip:core@.*;lr;sr=2>$")),
    calls("gruu", GRUU, has("REGISTER", "Supported", r"\bgruu\b"),
          has("REGISTER", "Contact", r';\+sip\.instance="<urn:uuid:'),
          has("INVITE", "Contact", "^<sip:alice@.*;gr=urn:x>")),
    calls("no gruu asked, none used", "[last_Contact:]",
          has("INVITE", "Contact", r"^<sip:alice@127\.0\.0\.1:\d+>"),
          has_not("INVITE", "Route")),
    registers("outbound", "bind",
              has("REGISTER", "Supported", r"\boutbound\b"),
              has("REGISTER", "Contact", r";reg-id=1\b"),
              has("REGISTER", "Contact", r';\+sip\.instance="<urn:uuid:'),
              pings_apart(8, 10.2), one_connection, tp="tcp", wire=True,
              words={"BINDING": OUTBOUND}, takes=22,
              phone=LISTEN + ("--keepalive", "auto"),
              steps=REGISTERED + (pings(2, 25),)),

    # -- is the other one there
    registers("ping, OPTIONS", "ping", steps=(ready,),
              words={"METHOD": "OPTIONS", "EVENT": "Accept: application/sdp"}),
    registers("ping, NOTIFY", "ping", steps=(ready,),
              words={"METHOD": "NOTIFY", "EVENT": "Event: keep-alive"}),
    registers("ping, CRLF by udp", "ping", told_times("flow_lost", 0, 0),
              saw("REGISTER", 2), packets(3, 3), steps=(ready,), wire=True,
              noise=b"\r\n\r\n",
              words={"METHOD": "OPTIONS", "EVENT": "Accept: application/sdp"}),
    registers("ping, CRLF by tcp", "ping", told_times("flow_lost", 0, 0),
              saw("REGISTER", 2), one_connection, steps=(ready,), wire=True,
              noise=b"\r\n\r\n", tp="tcp",
              words={"METHOD": "OPTIONS", "EVENT": "Accept: application/sdp"}),
    registers("keepalive crlf by tcp", "bind", one_connection,
              pings_apart(4, 5.2), told_times("flow_lost", 0, 0),
              steps=REGISTERED + (pings(2, 12),), tp="tcp", wire=True,
              phone=LISTEN + ("--keepalive", "crlf", "--keepalive-interval",
                              "5"), takes=10),
    registers("keepalive crlf by udp", "bind", pings_apart(0.4, 5.2),
              told_times("flow_lost", 0, 0),
              steps=REGISTERED + (pings(2, 12),), wire=True,
              phone=LISTEN + ("--keepalive", "crlf", "--keepalive-interval",
                              "5"), takes=10),
    # The server is told from a dead one by a REGISTER, and by auto not asked
    # again: CRLFs hold the binding from then on.
    Case("OPTIONS not answered", (Server("deaf", endless=True),),
         (told_times("flow_lost", 0, 0), told("keepalive", method="register"),
          saw("OPTIONS", 1, 12), saw("REGISTER", 2, 4)),
         (event("keepalive", 1, 15),),
         LISTEN + ("--keepalive", "options", "--keepalive-interval", "5"),
         takes=13),
    Case("OPTIONS not answered, by auto", (Server("deaf", endless=True),),
         (told_times("flow_lost", 0, 0), told("keepalive", method="register"),
          saw("OPTIONS", 1, 12), saw("REGISTER", 2, 4)),
         (event("keepalive", 1, 15), pings(2, 15)),
         LISTEN + ("--keepalive", "auto", "--keepalive-interval", "5"),
         takes=22, wire=True),
    Case("keepalive options", (Server("answer", endless=True),),
         (told("keepalive", method="options"), apart(4, 5.2, 1, 2, "OPTIONS"),
          told_times("flow_lost", 0, 0), saw("REGISTER", 2)),
         (event("keepalive", 2, 12),),
         LISTEN + ("--keepalive", "options", "--keepalive-interval", "5"),
         takes=10),
    Case("keepalive register", (Server("answer", endless=True),),
         (told("keepalive", method="register"), saw("OPTIONS", 0),
          saw("REGISTER", 3), apart(4, 5.5)),
         (event("keepalive", 1, 12),),
         LISTEN + ("--keepalive", "register", "--keepalive-interval", "5"),
         takes=6),
    registers("tcp, called by the same connection", "invite", one_connection,
              told("incoming"), told("closed", code=603), tp="tcp", wire=True,
              phone=LISTEN + ("--reject", "603"),
              steps=REGISTERED + (event("incoming"), event("closed"), ready)),
    registers("called by udp", "invite", told("incoming"),
              told("closed", code=603), phone=LISTEN + ("--reject", "603"),
              steps=REGISTERED + (event("incoming"), event("closed"), ready)),

    # -- hold, by phones of all ages
    holds("holds by sendonly", "[local_ip]", "sendonly", "recvonly"),
    holds("holds by inactive", "[local_ip]", "inactive", "inactive"),
    holds("holds by 0.0.0.0", "0.0.0.0", "sendrecv", "recvonly"),
    holds("holds by 0.0.0.0 and sendonly", "0.0.0.0", "sendonly", "recvonly"),
    holds("holds by 0.0.0.0 and inactive", "0.0.0.0", "inactive", "inactive"),
    held("held, recvonly", "recvonly"),
    held("held, inactive", "inactive", both=2),
    held("held, without a direction", "ptime:20"),
    registers("held, refused", "held", told_times("hold", 0, 0),
              told("resumed", by="local", code=488, reason="Not Here"),
              told("closed", by="remote"), phone=ANSWER,
              steps=REGISTERED + (ready, says("hold"), event("resumed"),
                                  event("closed")),
              words={"STATUS": "488 Not Here", "ANSWER": "sendrecv",
                     "RESUME": ""}),

    # -- a registrar that means no good: packets within 6 s, from 10 at once
    # to 60 a minute
    hostile("hostile, 423 without end", Server("longer"), packets(2, 16)),
    hostile("hostile, always stale", Server("refuse", {
        "STATUS": "401 Unauthorized", "WHY": MD5 + ", stale=true"}),
        packets(2, 16)),
    hostile("hostile, a second to live", Server("answer", {
        "BINDING": "Contact: <[$contact]>;expires=1"}), packets(2, 16)),
    hostile("hostile, 500", Server("refuse", {
        "STATUS": "500 Server Internal Error", "WHY": "Server: sipp"}),
        packets(2, 16)),
    hostile("hostile, Retry-After 0", Server("refuse", {
        "STATUS": "503 Service Unavailable", "WHY": "Retry-After: 0"}),
        packets(2, 16)),
    hostile("hostile, 302 without end", Server("refuse", {
        "STATUS": "302 Moved Temporarily",
        "WHY": "Contact: " + ", ".join(
            "<sip:%s:@PORT@>" % host for host in HOSTS)}),
        packets(3, 16), hosts=HOSTS),
    hostile("hostile, 200 and no binding", Server("refuse", {
        "STATUS": "200 OK", "WHY": "Contact: <sip:a@192.0.2.1>;expires=0"}),
        packets(1, 16)),
]

# What two SIPps share is the number of a port: one by UDP, the other by TCP.
LARGE = (Server("bind"), Server("call", tp="tcp"))
CASES += [
    Case("large, by tcp", LARGE,
         (came_by("INVITE", "tcp"), larger("INVITE", 1300),
          told("closed", code=486)) + BYE,
         phone=("call", LONG), status=1, ends=True),
    Case("large, by udp where there is no tcp",
         (Server("call", calls=2),),
         (came_by("INVITE", "udp"), larger("INVITE", 1300),
          told("closed", code=486)) + BYE,
         phone=("call", LONG), status=1, ends=True),
]
