"""The generated Rust client (`shop-client`) against a server in Python."""

import hashlib
import os
import pathlib
import socket
import subprocess
import tempfile
import unittest

import grpc

import python_server
from python_server import SLOW_ID, failing_id
from shop.v1 import order_pb2
from support import ADA, CLIENT, SEED_ORDERS


class RustClient(unittest.TestCase):
    # Of the client, for all of its calls.
    options = []

    @classmethod
    def setUpClass(cls):
        cls.server, cls.services, cls.port = python_server.serve()
        cls.addClassCleanup(lambda: cls.server.stop(None).wait())

    def setUp(self):
        self.services.calls.clear()

    def run_client(self, *arguments, fails=False):
        """What it prints; to standard error, if it is to fail."""
        command = [CLIENT, "--target", f"http://127.0.0.1:{self.port}", *self.options, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1 if fails else 0, f"{command}\n{done.stdout}{done.stderr}")
        return done.stderr if fails else done.stdout

    def seen(self, method):
        (call,) = self.services.calls
        self.assertEqual(call.method, method)
        return call

    # UserService

    def test_get_user(self):
        printed = self.run_client("get-user", ADA)
        for part in (
            f'id: "{ADA}"',
            'name: "Python 🐍"',
            "age: 35",
            "active: true",
            'roles: ["snake"]',
            '{"k": "v"}',
            "seconds: 667008000, nanos: 123456789",
            f"version: {2**64 - 1}",
            "nickname: None",
            "utc_offset_minutes: -300",
        ):
            self.assertIn(part, printed)
        self.assertEqual(self.seen("GetUser").requests[0].user_id, ADA)

    def test_create_user(self):
        printed = self.run_client("create-user", "Zoë", "zoe@shop.example", "--age", 150, "--nickname", "Z")
        for part in ('name: "Zoë"', 'email: "zoe@shop.example"', "age: 150", 'nickname: Some("Z")'):
            self.assertIn(part, printed)
        request = self.seen("CreateUser").requests[0]
        self.assertEqual((request.name, request.nickname, request.HasField("nickname")), ("Zoë", "Z", True))

    def test_update_user(self):
        printed = self.run_client("update-user", ADA, "--age", 0, "--if-version", 7)
        self.assertIn('roles: ["user_id", "age", "version"]', printed)
        request = self.seen("UpdateUser").requests[0]
        self.assertEqual((request.age, request.version), (0, 7))

    def test_update_preferences(self):
        printed = self.run_client("update-preferences", ADA, "--theme", "dark")
        self.assertIn('theme: Dark, newsletter: None, languages: ["theme"]', printed)
        request = self.seen("UpdatePreferences").requests[0]
        self.assertEqual((request.user_id, list(request.update_mask.paths)), (ADA, ["theme"]))

    def test_delete_user(self):
        self.run_client("--token", "t0ken", "delete-user", ADA)
        call = self.seen("DeleteUser")
        self.assertEqual(call.metadata["authorization"], "Bearer t0ken")
        self.assertEqual(call.requests[0].user_id, ADA)

    # OrderService

    def test_get_order(self):
        printed = self.run_client("get-order", SEED_ORDERS[0])
        money, days = f'currency_code: "JPY", minor_units: {-(2**63)}', "seconds: 86400"
        for part in (money, days, 'note: Some("")', "Points(true)"):
            self.assertIn(part, printed)

    def test_get_orders(self):
        lines = self.run_client("get-orders", ADA, "--limit", 3).splitlines()
        self.assertEqual(len(lines), 3)
        for number, line in enumerate(lines):
            self.assertIn(f'order_id: "order-{number}", user_id: "{ADA}"', line)

    def test_an_error_after_the_first_answers(self):
        error = self.run_client("get-orders", ADA, "--limit", 5, fails=True)
        self.assertIn("ResourceExhausted: no more after these", error)

    def test_watch_and_leave(self):
        lines = self.run_client("watch", "--after", 41, "--count", 3).splitlines()
        for sequence, line in zip((42, 43, 44), lines, strict=True):
            self.assertIn(f"sequence: {sequence},", line)
            self.assertIn(f"revenue_delta_minor_units: -{sequence} ", line)
        call = self.seen("StreamOrderUpdates")
        self.assertTrue(call.over.wait(20), "the server was not told")
        self.assertTrue(call.cancelled)

    def test_place_order(self):
        printed = self.run_client("place-order", ADA, "cable=3", "mouse", "--note", "ring")
        for part in ('product_id: "cable"', "quantity: 3", "Invoice { due_days: 14 }", 'note: Some("ring")'):
            self.assertIn(part, printed)
        request = self.seen("PlaceOrder").requests[0]
        self.assertEqual([(line.product_id, line.quantity) for line in request.lines], [("cable", 3), ("mouse", 1)])
        self.assertEqual(request.payment.WhichOneof("method"), "invoice")
        self.assertEqual(request.shipping_address.country_code, "GB")

    def test_update_order_status(self):
        printed = self.run_client("--token", "t0ken", "update-order-status", SEED_ORDERS[0], "delivered")
        self.assertIn("status: Delivered", printed)
        self.assertEqual(self.seen("UpdateOrderStatus").requests[0].status, order_pb2.ORDER_STATUS_DELIVERED)

    # UploadService

    def test_upload(self):
        content = bytes(range(256)) * 4096
        with tempfile.NamedTemporaryFile(suffix=".bin") as file:
            file.write(content)
            file.flush()
            printed = self.run_client("upload", "u-1", file.name, "--chunk-size", 100_000)
            name = pathlib.Path(file.name).name
        self.assertIn(f"size: {len(content)}", printed)
        self.assertIn(f"sha256: {list(hashlib.sha256(content).digest())}", printed)
        self.assertIn("chunk_count: 11", printed)
        requests = self.seen("UploadChunks").requests
        self.assertEqual([chunk.sequence for chunk in requests], list(range(11)))
        self.assertEqual(b"".join(chunk.data for chunk in requests), content)
        self.assertEqual((requests[0].info.filename, requests[0].info.expected_size.value), (name, len(content)))

    def test_an_error_before_the_last_chunk(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(bytes(5_000_000))
            file.flush()
            error = self.run_client("upload", "refused", file.name, fails=True)
        self.assertIn("DataLoss: before the end of the stream", error)

    def test_process_batch(self):
        printed = self.run_client("process-batch", "b-1", "A=a@shop.example", "B=b@shop.example")
        for part in ('process_id: "b-1"', "processed_count: 2", '{"create_user": 2}', 'message: "b@shop.example"'):
            self.assertIn(part, printed)

    # ChatService

    def test_chat(self):
        lines = self.run_client("chat", "room", ADA, "one", "two").splitlines()
        for text, line in zip(("", "one", "two"), lines, strict=True):
            self.assertIn(f'session_id: "room", user_id: "server", message: "Echo: {text}"', line)
            self.assertIn(f"message_id: {2**64 - 1}", line)
        call = self.seen("Chat")
        self.assertEqual([message.message for message in call.requests], ["", "one", "two"])
        self.assertFalse(call.cancelled)

    def test_leave_a_chat(self):
        lines = self.run_client("chat", "room", ADA, "one", "two", "--count", 2).splitlines()
        self.assertEqual(len(lines), 2)
        call = self.seen("Chat")
        self.assertTrue(call.over.wait(20), "the server was not told")
        self.assertTrue(call.cancelled)

    def test_an_error_in_the_middle_of_a_chat(self):
        error = self.run_client("chat", "room", ADA, "one", "fail", "--count", 9, fails=True)
        self.assertIn("FailedPrecondition: in the middle of a talk", error)

    def test_monitor(self):
        lines = self.run_client("monitor", "shop.v1.UserService", "--interval", 0.25, "--count", 3).splitlines()
        for number, line in enumerate(lines):
            self.assertIn(f"cpu_usage: Some({number / 4})", line)
            self.assertIn("load_average: Some(0.5)", line)
            self.assertIn("memory_usage: None", line)
        self.assertEqual(len(lines), 3)
        request = self.seen("Monitor").requests[0]
        self.assertEqual((request.service_id, request.interval.ToMilliseconds()), ("shop.v1.UserService", 250))

    # Around the messages.

    def test_metadata_goes_both_ways(self):
        for method, *command in (
            ("GetUser", "get-user", ADA),
            ("GetOrders", "get-orders", ADA, "--limit", 1),
            ("ProcessBatch", "process-batch", "b", "A=a@shop.example"),
            ("Chat", "chat", "room", ADA),
        ):
            around = ["--verbose", "-m", "x-request-id=r-7", "-m", "x-client-context-bin=00ff80"]
            printed = self.run_client(*around, *command)
            metadata = self.seen(method).metadata
            self.assertEqual((metadata["x-request-id"], metadata["x-client-context-bin"]), ("r-7", b"\x00\xff\x80"))
            self.assertIn("header x-request-id: r-7\n", printed, method)
            self.assertRegex(printed, r"trailer x-client-context-bin: AP\+A=*\n", method)
            self.services.calls.clear()

    def test_a_deadline_travels_and_ends_the_call(self):
        """The caller's, or that of the method if it comes first."""
        for timeout, expected in ((5, 5), (3600, 10)):
            self.run_client("--timeout", timeout, "get-user", ADA)
            remaining = self.seen("GetUser").remaining
            self.assertTrue(expected - 4 < remaining <= expected, remaining)
            self.services.calls.clear()
        self.assertIn("DeadlineExceeded", self.run_client("--timeout", 0.3, "get-user", SLOW_ID, fails=True))
        self.assertTrue(self.seen("GetUser").over.wait(20), "the server was not told")

    def test_every_code(self):
        for code in grpc.StatusCode:
            if code is grpc.StatusCode.OK:
                continue
            error = self.run_client("get-user", failing_id(code), fails=True)
            name = "".join(word.title() for word in code.name.split("_"))
            self.assertEqual(error, f"{name}: as asked: {code.name}, “{code.value[0]}”\n")

    def test_nobody_is_there(self):
        with socket.socket() as bound:  # Bound and not listening: nobody else can be there.
            bound.bind(("127.0.0.1", 0))
            target = f"127.0.0.1:{bound.getsockname()[1]}"
            command = [CLIENT, "--target", f"http://{target}", "get-user", ADA]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn(target, done.stderr)
        self.assertNotIn("panicked", done.stderr)


if __name__ == "__main__":
    unittest.main()
