# SPDX-License-Identifier: BSD-3-Clause
"""MediaProxy's dispatcher: what Kamailio's module asks, on a Unix socket."""

import os
import socket

from mpsession import Message
from mprelay import Exhausted

READ = 65536


class Dispatcher:
    """Takes the module's requests, and hands them to a relay."""

    def __init__(self, relay, path):
        self.relay = relay
        self.path = path
        self.known = {}  # {call_id: its session is over on the relay}
        relay.on_expired = self._expired
        if os.path.exists(path):
            os.unlink(path)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.bind(path)
        self.sock.listen(64)
        self.clients = []
        relay.loop.watch(self.sock, self._accept)

    def _accept(self):
        try:
            sock, _ = self.sock.accept()
        except OSError:
            return
        self.clients.append(Client(self, sock))

    def close(self):
        for client in list(self.clients):
            client.close()
        self.relay.loop.forget(self.sock)
        os.unlink(self.path)

    def answer(self, lines):
        """The answer to a request."""
        headers = dict(line.split(": ", 1) for line in lines[1:]
                       if ": " in line)
        try:
            if "call_id" not in headers:
                raise ValueError("no call_id")
            if lines[0] == "update":
                return self._update(headers)
            if lines[0] == "remove":
                return self._remove(headers)
            raise ValueError("%s is no command" % lines[0])
        except (ValueError, Exhausted) as err:
            self.relay.tell("error", why=str(err) or "no port pair is left",
                            request=lines)
            return "error"

    def _update(self, headers):
        call_id = headers["call_id"]
        ports = self.relay.update(Message(headers))
        if self.known.get(call_id, True):
            self.known[call_id] = False
        if not ports:
            return "None"  # the real one says so
        return " ".join([self.relay.address]
                        + [str(port) for port in ports])

    def _remove(self, headers):
        call_id = headers["call_id"]
        if call_id not in self.known:
            raise ValueError("the call is not known")
        if not self.known[call_id] and not self.relay.remove(
                call_id, headers.get("from_tag"), headers.get("to_tag")):
            raise ValueError("the relay has no such session")
        del self.known[call_id]
        return "removed"

    def _expired(self, session):
        if self.known.get(session.call_id, True):
            return  # another session of the same call was its end
        if session.ends_dialog():
            self.relay.tell("end_dialog", call_id=session.call_id,
                            dialog_id=session.dialog_id)
            self.known[session.call_id] = True
        else:
            del self.known[session.call_id]


class Client:
    """One of Kamailio's processes."""

    def __init__(self, dispatcher, sock):
        self.dispatcher = dispatcher
        self.sock = sock
        self.rest = b""
        self.lines = []
        dispatcher.relay.loop.watch(sock, self._read)

    def close(self):
        self.dispatcher.clients.remove(self)
        self.dispatcher.relay.loop.forget(self.sock)

    def _read(self):
        try:
            data = self.sock.recv(READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        *lines, self.rest = (self.rest + data).split(b"\r\n")
        for line in lines:
            self._line(line.decode("utf-8", "replace"))

    def _line(self, line):
        if line and not line.endswith(": "):
            self.lines.append(line)
        if line or not self.lines:
            return
        lines, self.lines = self.lines, []
        answer = self.dispatcher.answer(lines)
        self.dispatcher.relay.tell("answered", command=lines[0],
                                   answer=answer)
        try:
            self.sock.sendall(answer.encode() + b"\r\n")
        except OSError:
            pass  # it has gone; so has what it asked for
