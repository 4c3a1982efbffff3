"""The shop and the interop service, called by `buf curl` over each of its protocols."""

import base64
import json
import os
import re
import subprocess
import unittest
import zlib

from google.rpc import error_details_pb2

import pairs
import support
from shop.v1 import error_pb2, upload_pb2
from support import ADA, NOBODY, PATIENCE

WAYS = {
    "grpc over HTTP/2": ["--protocol", "grpc", "--http2-prior-knowledge"],
    "grpcweb over HTTP/1.1": ["--protocol", "grpcweb"],
    "grpcweb over HTTP/2": ["--protocol", "grpcweb", "--http2-prior-knowledge"],
    "connect over HTTP/1.1": ["--protocol", "connect"],
    "connect over HTTP/2": ["--protocol", "connect", "--http2-prior-knowledge"],
}
SCHEMA = ["--schema", f"{os.environ['STUBS']}/descriptors.binpb"]
CONTENT_TYPES = {"grpc": "application/grpc", "grpcweb": "application/grpc-web", "connect": "application/(connect\\+)?proto"}
# For these, buf takes HTTP/2 in any case.
BIDI = ("/Monitor", "/FullDuplexCall", "/HalfDuplexCall")
# A failed call ends with its code times eight.
CODES = {"invalid_argument": 3, "not_found": 5, "out_of_range": 11, "unimplemented": 12, "unauthenticated": 16}


class Curl:
    """Calls by a way, and what comes of them."""

    way: list
    addr: str

    def curl(self, *arguments):
        command = [os.environ["BUF"], "curl", *self.way, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)

    def call(self, method, *requests, headers=()):
        data = "\n".join(json.dumps(request) for request in requests)
        headers = [argument for header in headers for argument in ("-H", header)]
        return self.curl(*SCHEMA, "-v", *headers, "-d", data, f"http://{self.addr}/{method}")

    def answers(self, method, *requests, headers=()):
        """All responses to a call that has to succeed."""
        done = self.call(method, *requests, headers=headers)
        self.assertEqual(done.returncode, 0, done.stderr)
        # As it was told, so that no other protocol stands in.
        protocol = CONTENT_TYPES[self.way[1]]
        self.assertRegex(done.stderr, f"(?m)^buf: < .*Content-Type: {protocol}")
        version = "HTTP/2" if len(self.way) > 2 or method.endswith(BIDI) else "HTTP/1.1"
        self.assertIn(f"buf: < (#1) {version}", done.stderr)
        self.said = done.stderr
        return list(documents(done.stdout))

    def answer(self, method, *requests, headers=()):
        (answer,) = self.answers(method, *requests, headers=headers)
        return answer

    def fails(self, code, method, *requests, headers=()):
        """The error of a call that has to fail with this code."""
        done = self.call(method, *requests, headers=headers)
        self.assertEqual(done.returncode, 8 * CODES[code], done.stderr)
        error = json.loads(done.stderr[re.search("^{", done.stderr, re.M).start() :])
        self.assertEqual(error["code"], code)
        return error

    def detail(self, error, message):
        """The one detail of this type."""
        name = message.DESCRIPTOR.full_name
        (found,) = [detail["value"] for detail in error["details"] if detail["type"] == name]
        return message.FromString(base64.b64decode(found + "=" * (-len(found) % 4)))


def documents(text):
    """The JSON documents that stand behind each other."""
    decoder = json.JSONDecoder()
    while text := text.strip():
        document, end = decoder.raw_decode(text)
        yield document
        text = text[end:]


class ShopCalls(Curl):
    @classmethod
    def setUpClass(cls):
        support.ShopTest.setUpClass.__func__(cls)

    front = support.ShopTest.front
    connect = support.ShopTest.connect

    def test_unary(self):
        user = self.answer("shop.v1.UserService/GetUser", {"userId": ADA}, headers=["x-request-id: b-1"])
        self.assertEqual((user["name"], user["metadata"], user["version"]), ("Ada Lovelace", {"tier": "gold"}, "1"))
        self.assertRegex(self.said, "X-Request-Id: b-1")

    def test_server_stream(self):
        orders = self.answers("shop.v1.OrderService/GetOrders", {"userId": ADA})
        self.assertEqual({order["userId"] for order in orders}, {ADA})

    def test_client_stream(self):
        parts = [b"first half, ", b"second half"]
        chunks = [self.chunk(number, part) for number, part in enumerate(parts)]
        result = self.answer("shop.v1.UploadService/UploadChunks", *chunks)
        self.assertEqual((result["size"], result["chunkCount"]), ("23", 2))

    def chunk(self, number, data):
        upload = re.sub(r"\W", "-", self.id())[-64:].strip("-")
        data, crc32 = base64.b64encode(data).decode(), zlib.crc32(data)
        return {"uploadId": upload, "sequence": number, "data": data, "crc32": crc32}

    def test_bidi_stream(self):
        services = ["shop", "shop.v1.UserService"]
        answers = self.answers("shop.v1.ChatService/Monitor", *({"serviceId": service} for service in services))
        self.assertEqual([answer["serviceId"] for answer in answers], services)

    def test_typed_errors(self):
        error = self.fails("not_found", "shop.v1.UserService/GetUser", {"userId": NOBODY})
        self.assertEqual(error["message"], f'no user "{NOBODY}"')
        self.assertEqual(self.detail(error, error_pb2.UserNotFound).user_id, NOBODY)
        info = self.detail(error, error_details_pb2.ErrorInfo)
        self.assertEqual((info.reason, info.domain), ("USER_NOT_FOUND", "users.shop.example"))
        error = self.fails("not_found", "shop.v1.OrderService/GetOrders", {"userId": NOBODY})
        self.assertEqual(self.detail(error, error_pb2.UserNotFound).user_id, NOBODY)
        error = self.fails("out_of_range", "shop.v1.UploadService/UploadChunks", self.chunk(7, b""))
        self.assertEqual(self.detail(error, upload_pb2.ChunkOutOfOrder).got, 7)
        error = self.fails("not_found", "shop.v1.ChatService/Monitor", {"serviceId": "shop"}, {"serviceId": "nothing"})
        self.assertEqual(self.detail(error, error_details_pb2.ErrorInfo).reason, "SERVICE_NOT_FOUND")

    def test_violations(self):
        error = self.fails("invalid_argument", "shop.v1.UserService/GetUser", {"userId": "ada"})
        (violation,) = self.detail(error, error_details_pb2.BadRequest).field_violations
        self.assertEqual((violation.field, violation.reason), ("user_id", "string.uuid"))

    def test_access(self):
        self.fails("unauthenticated", "shop.v1.UserService/DeleteUser", {"userId": NOBODY})
        staff = [f"authorization: Bearer {self.shop.token}"]
        self.fails("not_found", "shop.v1.UserService/DeleteUser", {"userId": NOBODY}, headers=staff)

    def test_reflection(self):
        done = self.curl("--list-services", f"http://{self.addr}")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("shop.v1.UserService", done.stdout.split())
        done = self.curl("-d", json.dumps({"userId": ADA}), f"http://{self.addr}/shop.v1.UserService/GetUser")
        self.assertEqual(json.loads(done.stdout)["name"], "Ada Lovelace", done.stderr)


class InteropCalls(Curl):
    @classmethod
    def setUpClass(cls):
        peer = pairs.Peer(pairs.RUST_SERVER)
        cls.addClassCleanup(peer.stop)
        cls.addr = peer.addr

    def sizes(self, answers):
        return [len(base64.b64decode(answer["payload"]["body"])) for answer in answers]

    def test_unary(self):
        self.assertEqual(self.answer("grpc.testing.TestService/EmptyCall", {}), {})
        answer = self.answer("grpc.testing.TestService/UnaryCall", {"responseSize": 314_159})
        self.assertEqual(self.sizes([answer]), [314_159])

    def test_streams(self):
        wanted = {"responseParameters": [{"size": size} for size in (31_415, 9, 2_653)]}
        answers = self.answers("grpc.testing.TestService/StreamingOutputCall", wanted)
        self.assertEqual(self.sizes(answers), [31_415, 9, 2_653])
        payloads = [{"payload": {"body": base64.b64encode(bytes(size)).decode()}} for size in (27_182, 8)]
        answer = self.answer("grpc.testing.TestService/StreamingInputCall", *payloads)
        self.assertEqual(answer, {"aggregatedPayloadSize": 27_190})
        for method in ("FullDuplexCall", "HalfDuplexCall"):
            answers = self.answers(f"grpc.testing.TestService/{method}", wanted, wanted)
            self.assertEqual(self.sizes(answers), 2 * [31_415, 9, 2_653])

    def test_status(self):
        message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
        wanted = {"responseStatus": {"code": 5, "message": message}}
        for method in ("UnaryCall", "StreamingOutputCall"):
            error = self.fails("not_found", f"grpc.testing.TestService/{method}", wanted)
            self.assertEqual(error["message"], message)

    def test_unimplemented(self):
        self.fails("unimplemented", "grpc.testing.TestService/UnimplementedCall", {})
        self.fails("unimplemented", "grpc.testing.UnimplementedService/UnimplementedCall", {})


def load_tests(loader, tests, _pattern):
    """A class for each server and way."""
    for name, way in WAYS.items():
        for server in (ShopCalls, InteropCalls):
            calls = type(f"{server.__name__}, {name}", (server, unittest.TestCase), {"way": way})
            tests.addTests(loader.loadTestsFromTestCase(calls))
    return tests


if __name__ == "__main__":
    unittest.main()
