"""`examples/gateway` loses nothing of a call: every test of the shop once more, with the gateway in front of it.

And every test of the Rust client against a server in Python, with the gateway between the two.
"""

import contextlib
import socket
import tempfile
import unittest

import grpc

import support
import test_chat
import test_errors
import test_orders
import test_rust_client
import test_rust_errors
import test_uploads
import test_users
from shop.v1 import user_pb2, user_pb2_grpc
from support import ADA, Gateway, Shop


class Behind:
    """Calls go through a gateway."""

    @classmethod
    def front(cls, addr):
        gateway = Gateway(addr)
        cls.addClassCleanup(gateway.stop)
        return gateway.addr


class Users(Behind, test_users.Users):
    pass


class Orders(Behind, test_orders.Orders):
    pass


class Uploads(Behind, test_uploads.Uploads):
    pass


class Batches(Behind, test_uploads.Batches):
    pass


class Chat(Behind, test_chat.Chat):
    pass


class Monitor(Behind, test_chat.Monitor):
    pass


class Errors(Behind, test_errors.Errors):
    pass


class BehindPython(Behind):
    """The gateway in front of grpcio, called by the Rust client."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.port = cls.front(f"127.0.0.1:{cls.port}").rpartition(":")[2]


class RustClient(BehindPython, test_rust_client.RustClient):
    pass


class RustErrors(BehindPython, test_rust_errors.RustErrors):
    pass


class Alone(unittest.TestCase):
    """The shop comes and goes."""

    def test_the_shop_may_come_later_and_come_back(self):
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            addr = "%s:%d" % bound.getsockname()
        gateway = Gateway(addr)
        self.addCleanup(gateway.stop)
        channel = grpc.insecure_channel(gateway.addr)
        self.addCleanup(channel.close)
        users = user_pb2_grpc.UserServiceStub(channel)
        for _ in range(2):
            with self.assertRaises(grpc.RpcError) as caught:
                users.GetUser(user_pb2.GetUserRequest(user_id=ADA))
            self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)
            with tempfile.TemporaryDirectory(prefix="shop-test-") as data, self.shop(data, addr):
                self.assertEqual(self.patiently(users).name, "Ada Lovelace")

    @contextlib.contextmanager
    def shop(self, data, addr):
        shop = Shop(data, listen=addr)
        try:
            yield shop
        finally:
            shop.stop()

    def patiently(self, users):
        """The gateway needs a moment to find the shop again."""
        found = []

        def answered():
            with contextlib.suppress(grpc.RpcError):
                found.append(users.GetUser(user_pb2.GetUserRequest(user_id=ADA), timeout=support.PATIENCE))
            return found

        support.ShopTest.eventually(self, answered, "the gateway finds the shop")
        return found[0]


if __name__ == "__main__":
    unittest.main()
