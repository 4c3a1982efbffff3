"""The published interop cases of gRPC: our client and server, and those on grpcio and @grpc/grpc-js, against each other.

Each case of each pair is a test. One that a client or a server has no way to do is skipped, with the reason. Cases that
need credentials of a cloud are no tests.
"""

import os
import re
import signal
import subprocess
import sys
import unittest

from support import PATIENCE, ROOT

CLIENT = os.environ["INTEROP_CLIENT"]
SERVER = os.environ["INTEROP_SERVER"]
NODE = os.environ["NODE_SCRIPTS"]


def listed():
    """The names of all cases that need no cloud."""
    listed = subprocess.run([CLIENT, "--list"], capture_output=True, text=True, check=True, timeout=PATIENCE)
    return [line for line in listed.stdout.splitlines() if not line.endswith("(needs a cloud)")]


CASES = listed()


class Peer:
    """A program that serves until it is stopped."""

    def __init__(self, command):
        # In the folder of this file, where Python has its modules; scripts of Node have their path.
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment())
        line = self.process.stdout.readline()
        found = re.match(r"listening on http://(127\.0\.0\.1:\d+)$", line)
        if not found:
            self.process.kill()
            raise AssertionError(f"{command} did not say where it listens: {line!r}")
        self.addr = found[1]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self.process.stdout.close()


def environment():
    return os.environ | {"PROTOS": str(ROOT / "tests/interop/proto")}


class Pair:
    """A client against a server. All cases run before the first test, in one process."""

    server: list
    client: list

    @classmethod
    def setUpClass(cls):
        peer = Peer(cls.server)
        cls.addClassCleanup(peer.stop)
        command = [argument.replace("ADDR", peer.addr) for argument in cls.client] + CASES
        done = subprocess.run(command, capture_output=True, text=True, timeout=10 * PATIENCE, env=environment())
        found = re.findall(r"^case (\w+): (ok|not applicable|failed)(?:: (.*))?$", done.stdout, re.M)
        cls.outcomes = {name: (outcome, reason) for name, outcome, reason in found}
        cls.errors = done.stderr

    def check(self, name):
        self.assertIn(name, self.outcomes, f"the client said nothing: {self.errors}")
        outcome, reason = self.outcomes[name]
        if outcome == "not applicable":
            self.skipTest(reason)
        self.assertEqual(outcome, "ok", reason)


for case in CASES:
    setattr(Pair, f"test_{case}", lambda self, name=case: self.check(name))


class RustClientRustServer(Pair, unittest.TestCase):
    server = [SERVER]
    client = [CLIENT, "--target", "http://ADDR"]


class PythonClientRustServer(Pair, unittest.TestCase):
    server = [SERVER]
    client = [sys.executable, "interop_client.py", "ADDR"]


class RustClientPythonServer(Pair, unittest.TestCase):
    server = [sys.executable, "interop_server.py"]
    client = [CLIENT, "--target", "http://ADDR"]


class NodeClientRustServer(Pair, unittest.TestCase):
    server = [SERVER]
    client = ["node", f"{NODE}/interop_client.mjs", "ADDR"]


class RustClientNodeServer(Pair, unittest.TestCase):
    server = ["node", f"{NODE}/interop_server.mjs"]
    client = [CLIENT, "--target", "http://ADDR"]


if __name__ == "__main__":
    unittest.main()
