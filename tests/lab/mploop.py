# SPDX-License-Identifier: BSD-3-Clause
"""A loop of sockets and timers; its clock may be a test's variable."""

import heapq
import itertools
import selectors
import time


class Timer:
    """Work that is due at a time, until it is cancelled."""

    def __init__(self, work):
        self.work = work

    def cancel(self):
        self.work = None


class Loop:
    def __init__(self, clock=time.monotonic):
        self.now = clock
        self.over = False
        self.ready = selectors.DefaultSelector()
        self.timers = []
        self.order = itertools.count()  # of timers that are due together

    def watch(self, sock, work):
        """Calls work() whenever the socket has something to read."""
        sock.setblocking(False)
        self.ready.register(sock, selectors.EVENT_READ, work)

    def forget(self, sock):
        """Ends that, and closes the socket."""
        self.ready.unregister(sock)
        sock.close()

    def later(self, seconds, work):
        """Calls work() once, so many seconds from now."""
        timer = Timer(work)
        heapq.heappush(self.timers,
                       (self.now() + seconds, next(self.order), timer))
        return timer

    def step(self, patience=None):
        """Waits for what comes next, no longer than that; False: nothing."""
        while self.timers and self.timers[0][2].work is None:
            heapq.heappop(self.timers)
        if self.timers:
            left = max(self.timers[0][0] - self.now(), 0)
            patience = left if patience is None else min(left, patience)
        done = False
        for key, _ in self.ready.select(patience):
            # what came before may have closed it
            if key.fileobj.fileno() >= 0 \
                    and self.ready.get_map().get(key.fileobj) is key:
                key.data()
                done = True
        while self.timers and self.timers[0][0] <= self.now():
            timer = heapq.heappop(self.timers)[2]
            work, timer.work = timer.work, None
            if work:
                work()
                done = True
        return done

    def run(self):
        while not self.over:
            self.step()

    def stop(self):
        self.over = True
