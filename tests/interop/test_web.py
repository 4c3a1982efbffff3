"""The page of `examples/web` in headless Chromium, served by the shop as it was built."""

import os
import tempfile
import unittest

import pairs
from pairs import listed, node, with_tests
from support import Shop

CLIENT = node("web.mjs")

pairs.need_chromium()


class Page(with_tests(listed(CLIENT)), unittest.TestCase):
    @classmethod
    def start(cls):
        data = tempfile.TemporaryDirectory(prefix="shop-test-")
        cls.addClassCleanup(data.cleanup)
        shop = Shop(data.name, "--web", os.environ["WEB_DIST"])
        cls.addClassCleanup(shop.stop)
        cls.client = [*CLIENT, *(["--screenshots", os.environ["SCREENSHOTS"]] if "SCREENSHOTS" in os.environ else [])]
        return shop.addr, ["ADDR", shop.token]


del with_tests

if __name__ == "__main__":
    unittest.main()
