"""The published interop cases of gRPC: our client and server, and those on grpcio and @grpc/grpc-js, against each other.

Each case of each pair is a test. One that a client or a server has no way to do is skipped, with the reason. Cases that
need credentials of a cloud are not tests.
"""

import unittest

from pairs import RUST_CLIENT, RUST_SERVER, Pair, node, python


class RustClientRustServer(Pair, unittest.TestCase):
    server, client = RUST_SERVER, RUST_CLIENT


class PythonClientRustServer(Pair, unittest.TestCase):
    server, client = RUST_SERVER, python("interop_client.py", "ADDR")


class RustClientPythonServer(Pair, unittest.TestCase):
    server, client = python("interop_server.py"), RUST_CLIENT


class NodeClientRustServer(Pair, unittest.TestCase):
    server, client = RUST_SERVER, node("grpc_client.mjs", "ADDR")


class RustClientNodeServer(Pair, unittest.TestCase):
    server, client = node("grpc_server.mjs"), RUST_CLIENT


if __name__ == "__main__":
    unittest.main()
