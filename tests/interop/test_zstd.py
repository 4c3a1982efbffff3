"""zstd over gRPC, gRPC-Web and Connect, with the library of Facebook at the other end."""

import pathlib
import socket
import struct
import tempfile
import unittest

import h2.connection
import h2.events
import requests
import zstandard

from shop.v1 import user_pb2
from support import ADA, PATIENCE, Shop

GET_USER = "/shop.v1.UserService/GetUser"
REQUEST = user_pb2.GetUserRequest(user_id=ADA).SerializeToString()


def packed(data):
    return zstandard.ZstdCompressor().compress(data)


def unpacked(data):
    return zstandard.ZstdDecompressor().decompressobj().decompress(data)


def frame(data, flags=0):
    return struct.pack(">BI", flags, len(data)) + data


def message(body):
    """The first frame of a body: whether it is compressed, and what is in it."""
    flags, length = struct.unpack(">BI", body[:5])
    return flags, body[5 : 5 + length]


def grpc_call(addr, headers, body):
    """A call over HTTP/2: the headers of its response, its body and its trailers."""
    host, port = addr.split(":")
    connection = h2.connection.H2Connection()
    connection.initiate_connection()
    head = {":method": "POST", ":scheme": "http", ":authority": addr, ":path": GET_USER}
    head |= {"content-type": "application/grpc", "te": "trailers", **headers}
    connection.send_headers(1, list(head.items()))
    connection.send_data(1, body, end_stream=True)
    found, data, trailers = {}, b"", {}
    with socket.create_connection((host, int(port)), PATIENCE) as plug:
        while True:
            plug.sendall(connection.data_to_send())
            received = plug.recv(65536)
            if not received:
                raise AssertionError("the connection ended before the call")
            for event in connection.receive_data(received):
                if isinstance(event, h2.events.ResponseReceived):
                    found = {name.decode(): value.decode() for name, value in event.headers}
                elif isinstance(event, h2.events.DataReceived):
                    data += event.data
                elif isinstance(event, h2.events.TrailersReceived):
                    trailers = {name.decode(): value.decode() for name, value in event.headers}
                elif isinstance(event, h2.events.StreamEnded):
                    return found, data, trailers


class Zstd(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        data = tempfile.TemporaryDirectory(prefix="shop-zstd-")
        cls.addClassCleanup(data.cleanup)
        cls.shop = Shop(pathlib.Path(data.name), "--compress-from", "0")
        cls.addClassCleanup(cls.shop.stop)

    def check(self, data):
        self.assertEqual(user_pb2.User.FromString(data).name, "Ada Lovelace")

    def test_grpc(self):
        headers = {"grpc-encoding": "zstd", "grpc-accept-encoding": "br, zstd, gzip"}
        found, body, trailers = grpc_call(self.shop.addr, headers, frame(packed(REQUEST), 1))
        self.assertEqual(trailers["grpc-status"], "0", trailers)
        self.assertEqual(found["grpc-encoding"], "zstd")
        flags, content = message(body)
        self.assertEqual(flags, 1)
        self.check(unpacked(content))

    def test_the_caller_chooses(self):
        """What it offers first and what the server knows."""
        for offered, expected in (("gzip, zstd", "gzip"), ("snappy, zstd", "zstd"), ("identity", None), ("", None)):
            found, body, trailers = grpc_call(self.shop.addr, {"grpc-accept-encoding": offered}, frame(REQUEST))
            self.assertEqual(trailers["grpc-status"], "0", trailers)
            self.assertEqual(found.get("grpc-encoding"), expected, offered)
            self.assertEqual(message(body)[0], int(expected is not None), offered)
        # It tells what it takes.
        found, _, trailers = grpc_call(self.shop.addr, {"grpc-encoding": "snappy"}, frame(REQUEST, 1))
        self.assertEqual((found | trailers)["grpc-status"], "12")
        self.assertEqual(found["grpc-accept-encoding"], "gzip,zstd")

    def test_what_is_not_zstd_is_refused(self):
        for data in (b"nonsense", packed(REQUEST)[:-1], packed(b"x" * (64 << 20))):
            found, _, trailers = grpc_call(self.shop.addr, {"grpc-encoding": "zstd"}, frame(data, 1))
            self.assertIn((found | trailers)["grpc-status"], ("8", "13"), data[:20])

    def test_grpc_web(self):
        headers = {
            "content-type": "application/grpc-web+proto",
            "grpc-encoding": "zstd",
            "grpc-accept-encoding": "zstd",
        }
        url = f"http://{self.shop.addr}{GET_USER}"
        answer = requests.post(url, frame(packed(REQUEST), 1), headers=headers, timeout=PATIENCE)
        self.assertEqual(answer.headers["grpc-encoding"], "zstd")
        flags, content = message(answer.content)
        self.assertEqual(flags, 1)
        self.check(unpacked(content))

    def test_connect(self):
        headers = {
            "content-type": "application/proto",
            "connect-protocol-version": "1",
            "content-encoding": "zstd",
            "accept-encoding": "zstd",
        }
        url = f"http://{self.shop.addr}{GET_USER}"
        with requests.post(url, packed(REQUEST), headers=headers, timeout=PATIENCE, stream=True) as answer:
            self.assertEqual(answer.status_code, 200)
            self.assertEqual(answer.headers["content-encoding"], "zstd")
            self.check(unpacked(answer.raw.read(decode_content=False)))


if __name__ == "__main__":
    unittest.main()
