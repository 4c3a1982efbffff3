"""The interop cases of gRPC between rsvc and connect-node, both ways, over each protocol, version of HTTP and codec."""

import unittest

from cache import Cache
from pairs import RUST_CLIENT, RUST_SERVER, Pair, node

# gRPC needs HTTP/2.
WAYS = [
    ("connect", "1.1", "proto"),
    ("connect", "1.1", "json"),
    ("connect", "2", "proto"),
    ("connect", "2", "json"),
    ("grpc-web", "1.1", "proto"),
    ("grpc-web", "2", "proto"),
    ("grpc-web", "2", "json"),
    ("grpc", "2", "proto"),
    ("grpc", "2", "json"),
]


class Connect(Pair):
    """A pair whose client is told the way."""

    way: tuple

    @classmethod
    def more(cls, addr):
        protocol, version, codec = cls.way
        options = ["--protocol", protocol, "--http", version, "--codec", codec]
        # The cache speaks HTTP/1.1.
        if (protocol, version) == ("connect", "1.1"):
            cache = Cache(addr)
            cls.addClassCleanup(cache.stop)
            options += ["--cache", cls.cache.format(cache.addr)]
        return options


def load_tests(loader, tests, _pattern):
    """A class for each way and direction."""
    for way in WAYS:
        protocol, version, codec = way
        name = f"{protocol} over {version} in {codec}"
        server = node("connect_server.mjs", "--http", version)
        pairs = {
            "connect-node client": (RUST_SERVER, node("connect_client.mjs", "ADDR"), "{}"),
            "connect-node server": (server, RUST_CLIENT, "http://{}"),
        }
        for peer, (server, client, cache) in pairs.items():
            members = {"server": server, "client": client, "cache": cache, "way": way}
            pair = type(f"{peer}, {name}", (Connect, unittest.TestCase), members)
            tests.addTests(loader.loadTestsFromTestCase(pair))
    return tests


if __name__ == "__main__":
    unittest.main()
