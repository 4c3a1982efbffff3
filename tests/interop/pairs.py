"""Clients and servers of gRPC's interop test service, each a program, and a test for each case of each pair."""

import os
import re
import shutil
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


def need_chromium():
    """Tells the scripts that drive a browser where it is."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        raise RuntimeError("the tests need Chromium; on Debian: apt-get install chromium")
    ENVIRONMENT["CHROMIUM"] = chromium


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

# The ways to speak, as options of clients and servers; gRPC needs HTTP/2.
WAYS = {
    f"{protocol} over {version} in {codec}": ["--protocol", protocol, "--http", version, "--codec", codec]
    for protocol, version in [("connect", "1.1"), ("connect", "2"), ("grpc-web", "1.1"), ("grpc-web", "2"), ("grpc", "2")]
    for codec in ("proto", "json")
}


def listed(command):
    """The names of all cases of a client that need no cloud."""
    command = [*command, "--list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE, env=ENVIRONMENT)
    return [line for line in listed.stdout.splitlines() if not line.endswith("(needs a cloud)")]


class Outcomes:
    """What a client says of its cases, with a test for each. All run before the first test, in one process."""

    names: list
    client: list

    @classmethod
    def setUpClass(cls):
        addr, options = cls.start()
        done = run([*cls.client, *options, *cls.names], addr)
        found = re.findall(r"^case (\w+): (ok|not applicable|failed)(?:: (.*))?$", done.stdout, re.M)
        cls.outcomes = {name: (outcome, reason) for name, outcome, reason in found}
        cls.errors = done.stderr

    @classmethod
    def start(cls):
        """Starts the server: its address, and further options of the client."""
        raise NotImplementedError

    def check(self, name):
        self.assertIn(name, self.outcomes, f"the client said nothing: {self.errors}")
        outcome, reason = self.outcomes[name]
        if outcome == "not applicable":
            self.skipTest(reason)
        self.assertEqual(outcome, "ok", reason)


def with_tests(names):
    """The class of outcomes for cases of these names."""
    tests = {f"test_{name}": lambda self, name=name: self.check(name) for name in names}
    return type("Outcomes", (Outcomes,), {"names": names, **tests})


class Pair(with_tests(listed([os.environ["INTEROP_CLIENT"]]))):
    """A client against a server, which run the interop cases of gRPC."""

    server: list

    @classmethod
    def start(cls):
        peer = Peer(cls.server)
        cls.addClassCleanup(peer.stop)
        return peer.addr, []
