# SPDX-License-Identifier: BSD-3-Clause
"""The kinds of NAT, as nftables rules.

Which mapping: masquerade keeps the port, for all destinations, while no
other socket holds it; with fully-random each destination gets its own one.
Which filter: conntrack lets in only the address and port that a packet went
to. The open kinds learn their mappings after translation, into a map with a
timeout, and let others in by it: so they shut again as real ones do.
"""

from collections import namedtuple

# What a probe must find. mapping: "same" for all destinations, or "each" its
# own, or None = UDP does not pass. Filter: does a packet get in, from the
# contacted address at another port, and from another address?
Kind = namedtuple("Kind", "mapping other_port other_address")

KINDS = {
    "none": Kind("same", True, True),
    "full": Kind("same", True, True),
    "restricted": Kind("same", True, False),
    "port": Kind("same", False, False),
    "symmetric": Kind("each", False, False),
    "blocked": Kind(None, False, False),
}

UDP_TIMEOUT = 30  # s

BASE = """
table ip nat {
    chain post {
        type nat hook postrouting priority 100;
        oifname "out" masquerade %(random)s
    }
}
table ip wall {
    chain input {
        # before conntrack confirms it: else it takes the tuple, and the
        # next packet from inside must take another port
        type filter hook input priority 0;
        iifname "out" meta l4proto udp drop
    }
    chain forward {
        type filter hook forward priority 0;
        %(blocked)s
        iifname "out" ct state new ct status & dnat == 0 drop
    }
}
"""

OPEN = """
table ip nat {
    map open {
        type %(key)s : ipv4_addr . inet_service
        flags dynamic,timeout
        timeout %(timeout)ds
    }
    chain learn {
        type filter hook postrouting priority 110;
        oifname "out" meta l4proto udp ct direction original \
            update @open { %(out)s : ct original ip saddr . \
                           ct original proto-src }
        oifname "out" meta l4proto udp ct direction reply \
            update @open { %(out)s : ct reply ip saddr . \
                           ct reply proto-src }
    }
    chain pre {
        type nat hook prerouting priority -100;
        iifname "out" meta l4proto udp dnat ip to %(in)s map @open
    }
}
"""

# RFC 4787, REQ-6: a NAT must refresh a mapping by what comes from inside, and
# need not by what comes from outside. Conntrack does both; so this set holds
# what is refreshed from inside alone, and what is not in it does not get in.
OUTBOUND = """
table ip refresh {
    set alive {
        type ipv4_addr . inet_service . ipv4_addr . inet_service
        flags dynamic,timeout
        timeout %(timeout)ds
    }
    chain forward {
        type filter hook forward priority 10;
        iifname "in" oifname "out" meta l4proto udp \
            update @alive { ip saddr . udp sport . ip daddr . udp dport }
        iifname "out" meta l4proto udp \
            ip daddr . udp dport . ip saddr . udp sport != @alive drop
    }
}
"""

OPEN_BY = {
    "full": {"key": "inet_service",
             "out": "udp sport", "in": "udp dport"},
    "restricted": {"key": "ipv4_addr . inet_service",
                   "out": "ip daddr . udp sport",
                   "in": "ip saddr . udp dport"},
}


def rules(kind, timeout=UDP_TIMEOUT):
    """The rules of one kind, for `nft -f`; the outer interface is `out`."""
    text = BASE % {
        "random": "fully-random" if kind == "symmetric" else "",
        "blocked": "meta l4proto udp drop" if kind == "blocked" else "",
    }
    if kind in OPEN_BY:
        text += OPEN % dict(OPEN_BY[kind], timeout=timeout)
    if kind == "outbound":
        text += OUTBOUND % {"timeout": timeout}
    return text


def apply(host, kind, timeout=UDP_TIMEOUT, stream=None):
    """Makes a host with the interfaces `in` and `out` a NAT of a kind.

    A kind is one of KINDS, or `outbound`: `port`, whose mappings are
    refreshed from inside only. stream: the timeout of a flow that had
    packets both ways for more than two seconds, if it is another one.
    """
    host.sysctl("net.ipv4.ip_forward", 1)
    host.run(["nft", "-f", "-"], rules(kind, timeout))
    host.sysctl("net.netfilter.nf_conntrack_udp_timeout", timeout)
    host.sysctl("net.netfilter.nf_conntrack_udp_timeout_stream",
                stream or timeout)


# IPv6 is not translated. A hole takes every packet and says nothing.
KINDS6 = {
    "open": "",
    "firewall": 'iifname "out" ct state new drop',
    "hole": "drop",
}


def rules6(kind):
    return """
table ip6 wall {
    chain forward {
        type filter hook forward priority 0;
        %s
    }
}
""" % KINDS6[kind]


# -- what befalls a NAT in the middle of a call ----------------------------

def reboot(host):
    """It forgets all it knew."""
    if "map open" in host.run(["nft", "list", "table", "ip", "nat"]):
        host.run(["nft", "flush", "map", "ip", "nat", "open"])
    host.run(["conntrack", "-F"])


def renumber(host, old, new):
    """It gets another public address, and forgets."""
    host.ip("addr add %s/24 dev out" % new, "addr del %s/24 dev out" % old)
    reboot(host)


def new_ports(host):
    """It forgets, and gives each inner socket another port than before."""
    ports = sorted({int(words["sport"]) for words in _flows(host)})
    entries = ", ".join("%d : %d" % (port, port ^ 1 << 11)
                        for port in ports)
    host.run(["nft", "-f", "-"], """
table ip nat {
    chain moved {
        type nat hook postrouting priority 90;
        oifname "out" meta l4proto udp masquerade to : udp sport map { %s }
    }
}
""" % entries)
    reboot(host)


def _flows(host):
    """The UDP flows from inside: their first words, as conntrack has it."""
    for line in host.run(["conntrack", "-L", "-p", "udp"]).splitlines():
        words = dict(word.split("=", 1) for word in reversed(line.split())
                     if "=" in word)
        if words["src"].startswith("10."):
            yield words
