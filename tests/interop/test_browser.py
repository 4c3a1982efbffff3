"""connect-web in headless Chromium, against the shop and, as another origin, the interop service."""

import tempfile
import unittest

import pairs
from pairs import listed, node, with_tests
from support import Shop

CLIENT = node("browser.mjs")
WAYS = [(protocol, codec) for protocol in ("connect", "grpc-web") for codec in ("proto", "json")]

pairs.need_chromium()


class Browser(with_tests(listed(CLIENT))):
    way: tuple

    @classmethod
    def start(cls):
        data = tempfile.TemporaryDirectory(prefix="shop-test-")
        cls.addClassCleanup(data.cleanup)
        shop = Shop(data.name)
        cls.addClassCleanup(shop.stop)
        peer = pairs.Peer([*pairs.RUST_SERVER, "--any-origin"])
        cls.addClassCleanup(peer.stop)
        protocol, codec = cls.way
        cls.client = [*CLIENT, "--protocol", protocol, "--codec", codec]
        return shop.addr, ["ADDR", peer.addr, shop.token]


def load_tests(loader, tests, _pattern):
    """A class for each way."""
    for way in WAYS:
        browser = type(f"Chromium, {' in '.join(way)}", (Browser, unittest.TestCase), {"way": way})
        tests.addTests(loader.loadTestsFromTestCase(browser))
    return tests


if __name__ == "__main__":
    unittest.main()
