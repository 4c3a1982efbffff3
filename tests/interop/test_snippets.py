"""The code in the shop's reference, in each of its languages, copied from the pages and run as a reader would.

Each language has a shop of its own, so that each finds the same data.
"""

import base64
import concurrent.futures
import html
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.request

from google.rpc import error_details_pb2

from support import PATIENCE, Shop

SERVICES = ["UserService", "OrderService", "UploadService", "ChatService"]
# The pages have this address; in a browser, a script of the page puts that of the server there.
SHOWN = "localhost:8080"
# Calls that run at the same time: most of their time goes into starting a program.
AT_ONCE = 3

CODES = {"INVALID_ARGUMENT": 3, "NOT_FOUND": 5, "OUT_OF_RANGE": 11, "DATA_LOSS": 15}


class Answers:
    """The call succeeds, and what it prints matches."""

    def __init__(self, pattern):
        self.pattern = pattern


class Fails:
    """The call ends in a typed error: its code, reason and text."""

    def __init__(self, code, reason, text):
        self.code, self.reason, self.text = code, reason, text


NO_USER = Fails("NOT_FOUND", "USER_NOT_FOUND", r'no user "[0-9a-f-]{36}"')
NO_ORDER = Fails("NOT_FOUND", "ORDER_NOT_FOUND", r'no order "[0-9a-f-]{36}"')

# What comes of each call. A sample is valid, and its ids are nobody's: who only reads or changes finds nothing.
OUTCOMES = {
    "GetUser": NO_USER,
    # What is new needs nothing that is there.
    "CreateUser": Answers("Ada Lovelace"),
    "UpdateUser": NO_USER,
    "UpdatePreferences": NO_USER,
    # The token is that of the staff: without it the code would be another one.
    "DeleteUser": NO_USER,
    "GetOrder": NO_ORDER,
    "GetOrders": NO_USER,
    "StreamOrderUpdates": NO_USER,
    "PlaceOrder": NO_USER,
    "UpdateOrderStatus": NO_ORDER,
    # Its first chunk has the number 42.
    "UploadChunks": Fails("OUT_OF_RANGE", "CHUNK_OUT_OF_ORDER", "chunk 42 came where chunk 0 belongs"),
    # It names the checksum of a file, and no content follows.
    "UploadFile": Fails("DATA_LOSS", "CORRUPT_UPLOAD", "the file does not have its checksum"),
    "GetPage": Answers("html"),
    # The person is new, or CreateUser was faster: the batch then says so, and is no error.
    "ProcessBatch": Answers("process-1"),
    "Chat": NO_USER,
    "Monitor": Fails("NOT_FOUND", "SERVICE_NOT_FOUND", 'no service "service-1"'),
}
# These say with a token who calls.
WITH_TOKEN = {"DeleteUser", "UpdateOrderStatus"}


def read(addr):
    """The code of all methods by language, out of the pages of a shop."""
    found = {}
    for service in SERVICES:
        with urllib.request.urlopen(f"http://{addr}/docs/services/shop.v1.{service}.html", timeout=PATIENCE) as page:
            text = page.read().decode()
        sections = re.split(r'<section class="rpc" id="(\w+)"', text)
        for method, section in zip(sections[1::2], sections[2::2]):
            snippets = re.findall(
                r'<section data-label="([^"]+)">\n<h3[^>]*>[^<]*</h3>\n<pre[^>]*><code[^>]*>(.*?)</code></pre>', section, re.S
            )
            for label, code in snippets:
                found.setdefault(label, {})[method] = html.unescape(code)
    return found


class Language:
    """The code of one language against a shop."""

    label: str

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="snippets-")
        cls.addClassCleanup(folder.cleanup)
        cls.home = pathlib.Path(folder.name)
        cls.shop = Shop(cls.home / "data")
        cls.addClassCleanup(cls.shop.stop)
        shown = read(cls.shop.addr)[cls.label]
        cls.shown = shown
        cls.code = {
            method: code.replace(SHOWN, cls.shop.addr).replace("Bearer TOKEN", f"Bearer {cls.shop.token}")
            for method, code in shown.items()
        }
        cls.prepare()
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            cls.done = dict(zip(cls.code, pool.map(cls.run_one, cls.code)))

    @classmethod
    def prepare(cls):
        """What a reader has made before."""

    @classmethod
    def command(cls, method):
        """The command that runs the code of a method."""
        raise NotImplementedError

    @classmethod
    def run_one(cls, method):
        return cls.run_command(cls.command(method))

    @classmethod
    def run_command(cls, command, **more):
        return subprocess.run(
            command, capture_output=True, cwd=cls.home, stdin=subprocess.DEVNULL, text=True, timeout=PATIENCE, **more
        )

    def check(self, method):
        outcome, done = OUTCOMES[method], self.done[method]
        said = f"{self.code[method]}\n{done.stdout}\n{done.stderr}"
        if isinstance(outcome, Answers):
            self.assertEqual(done.returncode, 0, said)
            self.assertTrue(self.succeeds(done), said)
            self.assertRegex(done.stdout, outcome.pattern, said)
        else:
            self.assertTrue(self.fails_with(done, outcome), said)

    @classmethod
    def succeeds(cls, done):
        return True

    @classmethod
    def fails_with(cls, done, outcome):
        """Whether a program has ended with this error, as it shows errors that nobody catches."""
        return done.returncode != 0 and cls.shows(done.stderr, outcome)

    @classmethod
    def shows(cls, text, outcome):
        """The text of an error, with its code as the language names it."""
        return re.search(cls.name_of(outcome.code), text) and re.search(outcome.text, text)

    @classmethod
    def name_of(cls, code):
        return code

    def test_tokens(self):
        self.assertEqual({method for method, code in self.shown.items() if "TOKEN" in code}, WITH_TOKEN)

    @classmethod
    def tearDownClass(cls):
        print(f"\n{cls.label}: the code of {len(cls.done)} methods has run", file=sys.stderr)


for name in OUTCOMES:
    setattr(Language, f"test_{name}", lambda self, name=name: self.check(name))


def has_reason(status, outcome):
    """Whether a status in JSON is this error, with the details that tell it from others."""
    reasons = [detail.get("reason") for detail in status.get("details", []) if "reason" in detail]
    return outcome.reason in reasons and re.search(outcome.text, status["message"])


class Curl(Language, unittest.TestCase):
    label = "curl"

    @classmethod
    def command(cls, method):
        return ["bash", "-euo", "pipefail", "-c", cls.code[method]]

    @classmethod
    def status(cls, done):
        """The error that the server has sent, alone or as the last message of a stream."""
        try:
            last = json.loads(done.stdout.strip().splitlines()[-1]) if done.stdout.strip() else {}
        except json.JSONDecodeError:
            return None
        if not isinstance(last, dict):
            return None
        return last.get("error", last if "code" in last and "message" in last else None)

    @classmethod
    def succeeds(cls, done):
        return cls.status(done) is None

    @classmethod
    def fails_with(cls, done, outcome):
        # Without `--fail`, curl shows the error and is content.
        status = cls.status(done)
        return done.returncode == 0 and status and status["code"] == CODES[outcome.code] and has_reason(status, outcome)


class BufCurl(Language, unittest.TestCase):
    label = "buf curl"

    @classmethod
    def prepare(cls):
        cls.path = os.pathsep.join([str(pathlib.Path(os.environ["BUF"]).parent), os.environ["PATH"]])

    @classmethod
    def command(cls, method):
        return ["bash", "-euo", "pipefail", "-c", cls.code[method]]

    @classmethod
    def run_one(cls, method):
        return cls.run_command(cls.command(method), env=os.environ | {"PATH": cls.path})

    @classmethod
    def fails_with(cls, done, outcome):
        if done.returncode != 8 * CODES[outcome.code]:
            return False
        status = json.loads(done.stderr[re.search("^{", done.stderr, re.M).start() :])
        (info,) = [detail["value"] for detail in status["details"] if detail["type"] == "google.rpc.ErrorInfo"]
        info = error_details_pb2.ErrorInfo.FromString(base64.b64decode(info + "=" * (-len(info) % 4)))
        is_told = info.reason == outcome.reason and re.search(outcome.text, status["message"])
        return status["code"] == outcome.code.lower() and is_told


class Rust(Language, unittest.TestCase):
    """The code is compiled as functions of a program, and run by it."""

    label = "Rust"

    @classmethod
    def command(cls, method):
        return [os.environ["SNIPPETS_BIN"], method, f"http://{cls.shop.addr}", cls.shop.token]

    @classmethod
    def shows(cls, text, outcome):
        # The error of the service is a variant with this name.
        variant = "".join(part.title() for part in outcome.reason.split("_"))
        return re.search(rf"^{variant}\(", text) and re.search(outcome.text, text)

    def test_it_is_what_the_pages_show(self):
        done = self.run_command([os.environ["SNIPPETS_BIN"]])
        self.assertEqual(json.loads(done.stdout), self.shown)


class Python(Language, unittest.TestCase):
    label = "Python"

    @classmethod
    def prepare(cls):
        for method, code in cls.code.items():
            (cls.home / f"{method}.py").write_text(code)

    @classmethod
    def command(cls, method):
        return [sys.executable, f"{method}.py"]

    @classmethod
    def name_of(cls, code):
        return rf"status = StatusCode\.{code}\b"

    @classmethod
    def shows(cls, text, outcome):
        return super().shows(text.replace('\\"', '"'), outcome)


class TypeScript(Language, unittest.TestCase):
    """The packages of the tests and the generated code of the shop are beside the code, as it names them."""

    label = "TypeScript"

    @classmethod
    def prepare(cls):
        packages = pathlib.Path(os.environ["NODE_SCRIPTS"]).parents[3] / "node_modules"
        tools = pathlib.Path(os.environ["WEB_DIST"]).parent / "node_modules"
        (cls.home / "node_modules").symlink_to(packages)
        (cls.home / "package.json").write_text('{"type": "module"}')
        plugin = {"local": str(tools / ".bin/protoc-gen-es"), "out": "gen", "opt": ["target=js+dts", "import_extension=js"], "include_imports": True}
        template = json.dumps({"version": "v2", "plugins": [plugin]})
        descriptors = f"{os.environ['STUBS']}/descriptors.binpb"
        generate = ["generate", descriptors, "--template", template, "--path", "shop/v1"]
        cls.prepared(os.environ["BUF"], *generate)
        for method, code in cls.code.items():
            (cls.home / f"{method}.ts").write_text(code)
        options = {
            "target": "es2022",
            "module": "esnext",
            "moduleResolution": "bundler",
            "moduleDetection": "force",
            "lib": ["es2022", "dom", "esnext.asynciterable"],
            "types": [],
            "strict": True,
            "noUnusedLocals": True,
            "skipLibCheck": True,
            "outDir": "built",
        }
        (cls.home / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "include": ["*.ts"]}))
        # It checks the types, and writes what Node can run.
        cls.prepared(tools / ".bin/tsc")
        (cls.home / "built/gen").symlink_to(cls.home / "gen")

    @classmethod
    def prepared(cls, *command):
        done = cls.run_command(command)
        if done.returncode != 0:
            raise AssertionError(f"{command}: {done.stdout}\n{done.stderr}")

    @classmethod
    def command(cls, method):
        return ["node", f"built/{method}.js"]

    @classmethod
    def name_of(cls, code):
        return rf"ConnectError: \[{code.lower()}\]"


class Pages(unittest.TestCase):
    """Which code there is."""

    def test_each_method_has_each_language(self):
        with tempfile.TemporaryDirectory(prefix="snippets-") as data:
            shop = Shop(data)
            self.addCleanup(shop.stop)
            found = read(shop.addr)
        languages = [Curl, BufCurl, Rust, Python, TypeScript]
        self.assertEqual(set(found), {language.label for language in languages})
        for label, snippets in found.items():
            self.assertEqual(set(snippets), set(OUTCOMES), label)


if __name__ == "__main__":
    unittest.main()
