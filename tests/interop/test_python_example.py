"""The programs of `examples/python`, made as their README tells, type-checked and run against the shop."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from support import ADA, GRACE, NOBODY, PATIENCE, ROOT, Shop

EXAMPLE = ROOT / "examples/python"
PROTOS = [f"shop/v1/{name}.proto" for name in ("chat", "error", "order", "upload", "user")]
PROTOS += ["buf/validate/validate.proto", "rsvc/v1/rsvc.proto"]


class Example(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="python-example-")
        cls.addClassCleanup(folder.cleanup)
        cls.home = pathlib.Path(folder.name)
        for file in [*EXAMPLE.glob("*.py"), EXAMPLE / "mypy.ini"]:
            shutil.copy(file, cls.home)
        (cls.home / "gen").mkdir()
        # The programs beside this Python: protoc looks for its plugins, and the generator for what formats its output.
        beside = os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ["PATH"]])
        cls.environment = os.environ | {"PATH": beside, "PYTHONPATH": "gen"}
        outputs = [f"--{kind}_out=gen" for kind in ("python", "grpc_python", "mypy", "mypy_grpc")]
        includes = ["-I", ROOT / "examples/shop/proto", "-I", ROOT / "protoc-gen-rsvc/proto"]
        cls.python("-m", "grpc_tools.protoc", *includes, *outputs, *PROTOS, check=True)
        client = ["generate", "--meta", "none", "--path", os.environ["SHOP_DOCUMENT"], "--output-path", "gen/shop_client"]
        cls.python("-m", "openapi_python_client", *client, check=True)
        data = tempfile.TemporaryDirectory(prefix="shop-test-")
        cls.addClassCleanup(data.cleanup)
        cls.shop = Shop(data.name)
        cls.addClassCleanup(cls.shop.stop)

    @classmethod
    def python(cls, *arguments, check=False):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=cls.home,
            env=cls.environment,
            capture_output=True,
            text=True,
            check=check,
            timeout=10 * PATIENCE,
        )

    def grpc(self, *arguments):
        return self.python("shop_grpc.py", "--target", self.shop.addr, *arguments)

    def rest(self, *arguments):
        return self.python("shop_rest.py", "--url", f"http://{self.shop.addr}", "--token", self.shop.token, *arguments)

    def works(self, done, pattern):
        self.assertEqual(done.returncode, 0, done.stderr)
        found = re.search(pattern, done.stdout)
        self.assertIsNotNone(found, done.stdout)
        return found

    def fails(self, done, *texts):
        self.assertEqual(done.returncode, 1, done.stdout)
        for text in texts:
            self.assertIn(text, done.stderr)
        self.assertNotIn("Traceback", done.stderr)

    def test_types(self):
        done = self.python("-m", "mypy", "shop_grpc.py", "shop_rest.py")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_an_order_and_its_way(self):
        done = self.grpc("order", "cable", "--quantity", "2")
        order = self.works(done, r"placed (\S+): 1998 cents\nupdate \d+: ORDER_STATUS_PENDING\n")[1]
        self.works(self.rest("move", order, "ORDER_STATUS_PAID"), rf"^{order} ORDER_STATUS_PAID\n")
        self.fails(self.rest("move", order, "ORDER_STATUS_PENDING"), "not from here: an order cannot go from")
        self.works(self.rest("orders"), rf"Ada Lovelace <ada@shop.example>\n{order} ORDER_STATUS_PAID: 2 x USB-C cable, 2 m\n")
        self.works(self.rest("orders", "--user", GRACE, "--status", "ORDER_STATUS_PAID"), r"^Grace Hopper <.*>\n$")

    def test_errors_over_grpc(self):
        self.fails(self.grpc("order", "cable", "--quantity", "0"), "INVALID_ARGUMENT: ", "  lines[0].quantity: must be")
        self.fails(self.grpc("order", "teapot", "--quantity", "900"), "OUT_OF_STOCK of orders.shop.example", "'left': ")
        self.fails(self.grpc("--user", NOBODY, "order", "cable"), f'NOT_FOUND: no user "{NOBODY}"')

    def test_errors_over_rest(self):
        self.fails(self.rest("orders", "--user", NOBODY), f'nobody has this id: no user "{NOBODY}"')
        self.fails(self.rest("email", "grace@shop.example"), 'somebody else has it: "grace@shop.example" is taken')
        self.fails(self.rest("email", "no address"), "email")
        self.works(self.rest("email", "countess@shop.example"), r"^Ada Lovelace <countess@shop.example>\n$")
        self.works(self.rest("email", "ada@shop.example"), r"^Ada Lovelace <ada@shop.example>\n$")

    def test_the_chat(self):
        self.works(self.grpc("chat", "python", "hello"), rf"^{ADA}: hello\n$")


if __name__ == "__main__":
    unittest.main()
