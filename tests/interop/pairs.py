"""Clients and servers of gRPC's interop test service, each a program, and a test for each case of each pair."""

import os
import re
import signal
import subprocess
import sys

import support
from support import PATIENCE, ROOT

NODE = os.environ["NODE_SCRIPTS"]
ENVIRONMENT = os.environ | {"PROTOS": str(ROOT / "tests/interop/proto")}


def python(script, *arguments):
    return [sys.executable, str(ROOT / "tests/interop" / script), *arguments]


def node(script, *arguments):
    return ["node", f"{NODE}/{script}", *arguments]


RUST_SERVER = [os.environ["INTEROP_SERVER"]]
RUST_CLIENT = [os.environ["INTEROP_CLIENT"], "--target", "http://ADDR"]


def listed():
    """The names of all cases that need no cloud."""
    command = [RUST_CLIENT[0], "--list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)
    return [line for line in listed.stdout.splitlines() if not line.endswith("(needs a cloud)")]


CASES = listed()


class Peer:
    """A program that says where it listens, and serves until it is stopped."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
        line = self.process.stdout.readline()
        found = re.match(r"listening on http://(127\.0\.0\.1:\d+)$", line)
        if not found:
            self.process.kill()
            raise AssertionError(f"{command} did not say where it listens: {line!r}")
        self.addr = found[1]

    stop = support.Shop.stop


def run(command, addr):
    """Runs a client to its end, with `ADDR` as the address that it is given."""
    command = [argument.replace("ADDR", addr) for argument in command]
    return subprocess.run(command, capture_output=True, text=True, timeout=10 * PATIENCE, env=ENVIRONMENT)


class Pair:
    """A client against a server. All cases run before the first test, in one process."""

    server: list
    client: list

    @classmethod
    def setUpClass(cls):
        peer = Peer(cls.server)
        cls.addClassCleanup(peer.stop)
        done = run([*cls.client, *cls.more(peer.addr), *CASES], peer.addr)
        found = re.findall(r"^case (\w+): (ok|not applicable|failed)(?:: (.*))?$", done.stdout, re.M)
        cls.outcomes = {name: (outcome, reason) for name, outcome, reason in found}
        cls.errors = done.stderr

    @classmethod
    def more(cls, addr):
        """Further options of the client, for a server at `addr`."""
        return []

    def check(self, name):
        self.assertIn(name, self.outcomes, f"the client said nothing: {self.errors}")
        outcome, reason = self.outcomes[name]
        if outcome == "not applicable":
            self.skipTest(reason)
        self.assertEqual(outcome, "ok", reason)


for case in CASES:
    setattr(Pair, f"test_{case}", lambda self, name=case: self.check(name))
