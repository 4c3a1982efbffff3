"""The shop, called by connect-node over each protocol, version of HTTP and codec."""

import tempfile
import unittest

from pairs import WAYS, listed, node, with_tests
from support import Shop

CLIENT = node("shop_client.mjs")


class ConnectShop(with_tests(listed(CLIENT))):
    way: list

    @classmethod
    def start(cls):
        data = tempfile.TemporaryDirectory(prefix="shop-test-")
        cls.addClassCleanup(data.cleanup)
        shop = Shop(data.name)
        cls.addClassCleanup(shop.stop)
        cls.client = [*CLIENT, *cls.way]
        return shop.addr, ["ADDR", shop.token]


def load_tests(loader, tests, _pattern):
    """A class for each way."""
    for name, way in WAYS.items():
        shop = type(f"connect-node client, {name}", (ConnectShop, unittest.TestCase), {"way": way})
        tests.addTests(loader.loadTestsFromTestCase(shop))
    return tests


if __name__ == "__main__":
    unittest.main()
