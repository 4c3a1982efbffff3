"""The interop cases of gRPC between rsvc and connect-node, both ways, over each protocol, version of HTTP and codec."""

import unittest

from cache import Cache
from pairs import RUST_CLIENT, RUST_SERVER, WAYS, Pair, node


class Connect(Pair):
    """A pair whose client is told the way."""

    way: list
    cache: str

    @classmethod
    def start(cls):
        addr, _ = super().start()
        options = [*cls.way]
        # The cache speaks HTTP/1.1.
        if {"connect", "1.1"} <= set(cls.way):
            cache = Cache(addr)
            cls.addClassCleanup(cache.stop)
            options += ["--cache", cls.cache.format(cache.addr)]
        return addr, options


def load_tests(loader, tests, _pattern):
    """A class for each way and direction."""
    for name, way in WAYS.items():
        pairs = {
            "connect-node client": (RUST_SERVER, node("connect_client.mjs", "ADDR"), "{}"),
            "connect-node server": (node("connect_server.mjs", *way), RUST_CLIENT, "http://{}"),
        }
        for peer, (server, client, cache) in pairs.items():
            members = {"server": server, "client": client, "cache": cache, "way": way}
            pair = type(f"{peer}, {name}", (Connect, unittest.TestCase), members)
            tests.addTests(loader.loadTestsFromTestCase(pair))
    return tests


if __name__ == "__main__":
    unittest.main()
