"""What the tests share: a shop that runs, and ways to look at what a call does."""

import contextlib
import os
import pathlib
import queue
import re
import signal
import subprocess
import tempfile
import threading
import time
import unittest

import grpc

from shop.v1 import chat_pb2_grpc, order_pb2_grpc, upload_pb2_grpc, user_pb2_grpc

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLIENT = os.environ.get("SHOP_CLIENT") or str(pathlib.Path(os.environ["SHOP_BIN"]).with_name("shop-client"))
GATEWAY = os.environ.get("GATEWAY_BIN") or str(pathlib.Path(os.environ["SHOP_BIN"]).with_name("gateway"))

# The seed.
ADA = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001"
GRACE = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a002"
MALLORY = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a003"  # suspended
NOBODY = "00000000-0000-4000-8000-000000000000"
SEED_ORDERS = [f"3f8e2c1a-0b7d-4e59-8c46-2d90f1a7b00{n}" for n in (1, 2, 3)]
SEED_UPDATES = 7

# Long enough for a slow machine: only a test that fails waits so long.
PATIENCE = 60


class Shop:
    """The program itself, on a port that the system picks."""

    def __init__(self, data, *options, listen="127.0.0.1:0"):
        self.data = pathlib.Path(data)
        self.process = subprocess.Popen(
            [os.environ["SHOP_BIN"], "--listen", listen, "--data", str(data), *options],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.lines = []
        # A line that never comes is a failure, not a wait without end.
        patience = threading.Timer(60, self.process.kill)
        patience.start()
        for line in self.process.stdout:
            self.lines.append(line)
            if line.startswith(("From Python: ", "  curl --cacert ")):  # the last one
                break
        patience.cancel()
        text = "".join(self.lines)
        found = re.search(r"^listening on https?://(127\.0\.0\.1:\d+)\n", text, re.M)
        if not found:
            self.process.kill()
            raise AssertionError(f"the shop did not say where it listens: {text!r}")
        self.addr = found[1]
        self.token = re.search(r"^staff token (\S+)$", text, re.M)[1]

    def partial_files(self):
        return sorted((self.data / "partial").iterdir())

    def stop(self):
        """Ends it as a user does; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self.process.stdout.close()


class Gateway:
    """The program of `examples/gateway` in front of a server."""

    def __init__(self, backend):
        self.process = subprocess.Popen(
            [GATEWAY, "--listen", "127.0.0.1:0", "--backend", f"http://{backend}"], stdout=subprocess.PIPE, text=True
        )
        line = self.process.stdout.readline()
        found = re.match(r"listening on http://(127\.0\.0\.1:\d+) for ", line)
        if not found:
            self.process.kill()
            raise AssertionError(f"the gateway did not say where it listens: {line!r}")
        self.addr = found[1]

    stop = Shop.stop


class ShopTest(unittest.TestCase):
    """One shop for all tests of a class, with stubs for its services."""

    @classmethod
    def setUpClass(cls):
        data = tempfile.TemporaryDirectory(prefix="shop-test-")
        cls.addClassCleanup(data.cleanup)
        cls.shop = Shop(data.name)
        cls.addClassCleanup(cls.shop.stop)
        cls.addr = cls.front(cls.shop.addr)
        cls.channel = cls.connect(cls.addr)
        cls.addClassCleanup(cls.channel.close)
        cls.users = user_pb2_grpc.UserServiceStub(cls.channel)
        cls.orders = order_pb2_grpc.OrderServiceStub(cls.channel)
        cls.uploads = upload_pb2_grpc.UploadServiceStub(cls.channel)
        cls.chats = chat_pb2_grpc.ChatServiceStub(cls.channel)
        cls.staff = [("authorization", f"Bearer {cls.shop.token}")]

    @classmethod
    def front(cls, addr):
        """Where to call the server at `addr`."""
        return addr

    @classmethod
    def connect(cls, addr, options=()):
        """How to call it."""
        return grpc.insecure_channel(addr, options=options)

    @contextlib.contextmanager
    def fails(self, code, details=None):
        """The block ends in this status; `details` is a regular expression for its text."""
        with self.assertRaises(grpc.RpcError) as caught:
            yield
        self.assertEqual(caught.exception.code(), code, caught.exception.details())
        if details is not None:
            self.assertRegex(caught.exception.details(), details)

    def eventually(self, condition, what):
        """Waits for something that follows from a call without being its answer."""
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                self.fail(f"never happened: {what}")
            time.sleep(0.01)


class Requests:
    """The sending side of a stream, fed while the call runs."""

    END = object()

    def __init__(self, *messages):
        self.queue = queue.Queue()
        for message in messages:
            self.send(message)

    def send(self, message):
        self.queue.put(message)

    def close(self):
        self.queue.put(self.END)

    def __iter__(self):
        return iter(self.queue.get, self.END)
