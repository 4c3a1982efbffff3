"""Swagger UI, as the shop serves it with `--swagger-ui`, in headless Chromium."""

import tempfile
import unittest

import pairs
from pairs import listed, node, with_tests
from support import Shop

CLIENT = node("swagger_ui.mjs")

pairs.need_chromium()


class SwaggerUi(with_tests(listed(CLIENT)), unittest.TestCase):
    client = CLIENT

    @classmethod
    def start(cls):
        data = tempfile.TemporaryDirectory(prefix="shop-test-")
        cls.addClassCleanup(data.cleanup)
        shop = Shop(data.name, "--swagger-ui")
        cls.addClassCleanup(shop.stop)
        return shop.addr, ["ADDR", shop.token]


if __name__ == "__main__":
    unittest.main()
