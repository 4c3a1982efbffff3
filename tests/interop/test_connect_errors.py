"""The generated Rust client against a server on connect-node that sends typed errors: each becomes its variant."""

import unittest

import test_rust_errors
from pairs import Peer, node


class ConnectNode:
    """The tests of typed errors, over a protocol."""

    @classmethod
    def setUpClass(cls):
        peer = Peer(node("shop_server.mjs", *cls.options))
        cls.addClassCleanup(peer.stop)
        cls.port = peer.addr.rpartition(":")[2]

    def setUp(self):
        pass


class Connect(ConnectNode, test_rust_errors.RustErrors):
    options = ["--protocol", "connect"]


class GrpcWeb(ConnectNode, test_rust_errors.RustErrors):
    options = ["--protocol", "grpc-web"]


class Grpc(ConnectNode, test_rust_errors.RustErrors):
    options = ["--protocol", "grpc"]


if __name__ == "__main__":
    unittest.main()
