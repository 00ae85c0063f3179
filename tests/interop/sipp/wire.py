# SPDX-License-Identifier: BSD-3-Clause
"""An edge between the phone and SIPp: counts, and speaks CRLF (RFC 5626).

SIPp can neither say CRLF nor answer it, and has no count of what it drops.
"""

import selectors
import socket
import threading
import time

LOOPBACK = "127.0.0.1"
PING = b"\r\n\r\n"
PONG = b"\r\n"


class Wire:
    """Carries UDP, or TCP, from one port to another."""

    def __init__(self, tp, port, server_port, noise=b"", hosts=()):
        """noise: sent to the phone ahead of whatever the server says;
        hosts: more addresses of the server, by UDP."""
        self.server = (LOOPBACK, server_port)
        self.noise = noise
        self.pings = []  # when each CRLF ping came from the phone [s]
        self.pinged = threading.Condition()
        self.packets = 0  # from the phone, pings included
        self.connections = 0
        self.selector = selectors.DefaultSelector()
        self.ends = {}  # a socket and the one that it goes on to
        self.phone = None  # where datagrams of the server go
        self.tp = tp
        self.front = self._socket(tp, port)
        self.asked = self.front  # ... from the one that was asked last
        if tp == "udp":
            self.back = self._socket(tp, 0)
            self.back.connect(self.server)
            self._watch(self.back, self._server_datagram)
            for sock in [self.front] + [
                    self._socket(tp, port, host) for host in hosts]:
                self._watch(sock, self._phone_datagram)
        else:
            self.front.listen()
            self._watch(self.front, self._accept)
        self.wake, far = socket.socketpair()
        self._watch(far, None)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    @staticmethod
    def _socket(tp, port, host=LOOPBACK):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if tp == "udp"
                             else socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        return sock

    def _watch(self, sock, work):
        self.selector.register(sock, selectors.EVENT_READ, work)

    def _run(self):
        while True:
            for key, _ in self.selector.select():
                if not key.data:
                    return
                try:
                    key.data(key.fileobj)
                except ConnectionError:
                    pass  # nobody is there: as a lost packet

    def _from_phone(self, data):
        """True: a ping, which goes no further."""
        self.packets += 1
        if data != PING:
            return False
        with self.pinged:
            self.pings.append(time.monotonic())
            self.pinged.notify_all()
        return True

    def await_pings(self, number, patience):
        """Whether so many came in time."""
        with self.pinged:
            return self.pinged.wait_for(
                lambda: len(self.pings) >= number, patience)

    def _phone_datagram(self, sock):
        data, self.phone = sock.recvfrom(65536)
        self.asked = sock
        if not self._from_phone(data):
            self.back.send(data)

    def _server_datagram(self, sock):
        data = sock.recv(65536)
        if self.noise:
            self.asked.sendto(self.noise, self.phone)
        self.asked.sendto(data, self.phone)

    def _accept(self, sock):
        near, _ = sock.accept()
        self.connections += 1
        far = socket.create_connection(self.server)
        for sock in (near, far):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ends[near], self.ends[far] = far, near
        self._watch(near, self._phone_bytes)
        self._watch(far, self._server_bytes)

    def _close(self, sock):
        for end in (sock, self.ends.pop(sock)):
            self.selector.unregister(end)
            self.ends.pop(end, None)
            end.close()

    def _phone_bytes(self, sock):
        data = sock.recv(65536)
        if not data:
            self._close(sock)
        elif self._from_phone(data):
            sock.sendall(PONG)
        else:
            self.ends[sock].sendall(data)

    def _server_bytes(self, sock):
        data = sock.recv(65536)
        if data:
            self.ends[sock].sendall(self.noise + data)
        else:
            self._close(sock)

    def close(self):
        self.wake.send(b"x")
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()
        self.wake.close()
