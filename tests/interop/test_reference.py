"""The references of the shop and of a server of files, and their explorers, in headless Chromium."""

import os
import pathlib
import tempfile
import unittest

import pairs
from pairs import listed, node, with_tests
from support import Shop

CLIENT = node("reference.mjs")
FILES = str(pathlib.Path(os.environ["INTEROP_SERVER"]).with_name("files-server"))

pairs.need_chromium()


class Reference(with_tests(listed(CLIENT)), unittest.TestCase):
    client = CLIENT

    @classmethod
    def start(cls):
        data = tempfile.TemporaryDirectory(prefix="shop-test-")
        cls.addClassCleanup(data.cleanup)
        shop = Shop(data.name)
        cls.addClassCleanup(shop.stop)
        files = pairs.Peer([FILES])
        cls.addClassCleanup(files.stop)
        return shop.addr, ["--files", files.addr, "ADDR", shop.token]


if __name__ == "__main__":
    unittest.main()
