"""The shop's reference and its explorer in headless Chromium."""

import tempfile
import unittest

import pairs
from pairs import listed, node, with_tests
from support import Shop

CLIENT = node("reference.mjs")

pairs.need_chromium()


class Reference(with_tests(listed(CLIENT)), unittest.TestCase):
    client = CLIENT

    @classmethod
    def start(cls):
        data = tempfile.TemporaryDirectory(prefix="shop-test-")
        cls.addClassCleanup(data.cleanup)
        shop = Shop(data.name)
        cls.addClassCleanup(shop.stop)
        return shop.addr, ["ADDR", shop.token]


if __name__ == "__main__":
    unittest.main()
