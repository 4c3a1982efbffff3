"""The shop's reference and its explorer in headless Chromium."""

import os
import shutil
import tempfile
import unittest

import pairs
from pairs import listed, node, with_tests
from support import Shop

CLIENT = node("reference.mjs")

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
if not CHROMIUM:
    raise RuntimeError("the tests need Chromium; on Debian: apt-get install chromium")
pairs.ENVIRONMENT["CHROMIUM"] = CHROMIUM


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
