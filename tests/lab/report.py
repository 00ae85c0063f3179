# SPDX-License-Identifier: BSD-3-Clause
"""What passed and what failed, printed as it happens, from any thread."""

import os
import shutil
import threading


def _no_files(folder, names):
    """Sockets and pipes: there is nothing in them."""
    return [name for name in names if not os.path.isdir(
        os.path.join(folder, name)) and not os.path.isfile(
            os.path.join(folder, name))]


class Report:
    def __init__(self, keep_logs=None):
        self.lock = threading.Lock()
        self.keep_logs = keep_logs
        self.passed = 0
        self.failed = 0
        self.failures = []
        self.muted = False

    def mute(self):
        """The run is being ended: what still comes in is no result."""
        with self.lock:
            self.muted = True

    def say(self, text):
        with self.lock:
            print(text, flush=True)

    def result(self, what, wrong, note="", tails=()):
        """One result; wrong: reasons why it failed, empty if it passed."""
        with self.lock:
            if self.muted:
                return
            if not wrong:
                self.passed += 1
                print("ok      %-26s %s" % (what, note), flush=True)
                return
            self.failed += 1
            self.failures.append("%s: %s" % (what, wrong[0].split("\n")[0]))
            print("FAILED  %-26s %s" % (what, note), flush=True)
            for reason in wrong:
                print("        %s" % reason, flush=True)
            for tail in tails:
                if tail:
                    print(tail.rstrip(), flush=True)

    def keep(self, folder):
        """Copies logs to where the user wants them kept."""
        if self.keep_logs:
            target = os.path.join(self.keep_logs, os.path.basename(folder))
            shutil.copytree(folder, target, dirs_exist_ok=True,
                            ignore=_no_files)

    def end(self):
        """Prints the last line; returns the exit status."""
        with self.lock:
            if self.failures:
                print("\nfailed:")
                for failure in self.failures:
                    print("  " + failure)
            print("%d passed, %d failed" % (self.passed, self.failed),
                  flush=True)
        return 1 if self.failed or not self.passed else 0
