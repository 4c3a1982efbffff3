"""REST as its own callers see it: what is in HTTP and not in the messages."""

import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import uuid

import grpc
import requests

import rest
import support
from shop.v1 import chat_pb2, chat_pb2_grpc, user_pb2
from support import ADA, GRACE, NOBODY, SEED_ORDERS

CURL = shutil.which("curl")
ORDER = {
    "lines": [{"productId": "cable", "quantity": 1}],
    "shippingAddress": {"lines": ["1 Main St"], "city": "Arlington", "countryCode": "US"},
    "payment": {"points": True},
}


class Rest(support.ShopTest):
    def setUp(self):
        self.session = requests.Session()
        self.addCleanup(self.session.close)

    def call(self, method, path, status=200, **options):
        answer = self.session.request(method, f"http://{self.addr}{path}", timeout=support.PATIENCE, **options)
        if answer.status_code != status:
            self.fail(f"{answer.status_code}, not {status}: {answer.text}")
        return answer

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def register(self, path="/v1/users", **fields):
        user = {"name": "Edith Clarke", "email": f"{uuid.uuid4()}@shop.example"} | fields
        return self.call("POST", path, json=user).json()

    # The path of the interface that came before.

    def test_the_callers_of_old_stay(self):
        user = self.register("/api/v1/users", nickname="E")
        old = f"/api/v1/users/{user['id']}"
        self.assertEqual(self.get(old).json(), user)
        self.assertEqual(self.get(old).text, self.get(f"/v1/users/{user['id']}").text)
        changed = self.call("PATCH", old, json={"age": 41}).json()
        self.assertEqual((changed["age"], changed["nickname"], changed["version"]), (41, "E", "2"))
        # Callers over gRPC see the same user.
        seen = self.users.GetUser(user_pb2.GetUserRequest(user_id=user["id"]))
        self.assertEqual((seen.age, seen.version), (41, 2))
        staff = {"Authorization": f"Bearer {self.shop.token}"}
        self.assertEqual(self.call("DELETE", old, headers=staff).json(), {})
        self.get(old, status=404)

    # Methods.

    def test_head_is_get_without_the_body(self):
        path = f"/v1/users/{ADA}"
        head, get = self.call("HEAD", path), self.get(path)
        self.assertEqual(head.content, b"")
        self.assertEqual(head.headers["Content-Type"], get.headers["Content-Type"])
        self.assertEqual(self.call("HEAD", f"/v1/users/{NOBODY}", status=404).content, b"")

    def test_options_and_other_methods_are_told_what_there_is(self):
        for path, allowed in (
            (f"/v1/users/{ADA}", {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH"}),
            ("/v1/users", {"OPTIONS", "POST"}),
            (f"/v1/users/{ADA}/orders", {"GET", "HEAD", "OPTIONS", "POST"}),
            (f"/v1/orders/{SEED_ORDERS[0]}:updateStatus", {"OPTIONS", "POST"}),
        ):
            options, put = self.call("OPTIONS", path, status=204), self.call("PUT", path, status=405)
            for answer in (options, put):
                self.assertEqual(set(answer.headers["Allow"].split(", ")), allowed, path)
            self.assertEqual(options.content, b"")
            self.assertEqual(put.json()["code"], 12)

    def test_what_nothing_has(self):
        for path in ("/v2", "/v1", "/v1/users/", "/v1/user", f"/v1/users/{ADA}/", f"/V1/users/{ADA}"):
            self.assertEqual(self.get(path, status=404).json()["code"], 5, path)

    # Bodies.

    def test_a_wrong_body_says_where(self):
        def wrong(body):
            error = self.call("POST", "/v1/users", status=400, data=body).json()
            (detail,) = error["details"]
            return error["message"], detail["@type"].rpartition(".")[2], detail["fieldViolations"][0]["field"]

        body = '{"name": "x", "preferences": {"languages": ["de", 5]}}'
        message, kind, field = wrong(body)
        self.assertEqual((kind, field), ("BadRequest", "preferences.languages[1]"))
        self.assertIn(f"`preferences.languages[1]` (offset {body.index('5')})", message)
        self.assertRegex(wrong('{"name": "x"')[0], "offset 12")
        self.assertRegex(wrong(b'{"name": "\xff"}')[0], "offset")

    def test_protobuf_both_ways(self):
        kind = "application/x-protobuf"
        request = user_pb2.CreateUserRequest(name="P", email=f"{uuid.uuid4()}@shop.example", age=7)
        answer = self.call(
            "POST", "/v1/users", data=request.SerializeToString(), headers={"Content-Type": kind, "Accept": kind}
        )
        self.assertEqual(answer.headers["Content-Type"], kind)
        user = user_pb2.User.FromString(answer.content)
        self.assertEqual((user.name, user.age, user.version), ("P", 7, 1))
        # Each way for itself.
        self.assertEqual(self.get(f"/v1/users/{user.id}").json()["name"], "P")
        seen = user_pb2.User.FromString(self.get(f"/v1/users/{user.id}", headers={"Accept": kind}).content)
        self.assertEqual(seen, user)

    def test_compression(self):
        body = gzip.compress(json.dumps({"name": "Z", "email": f"{uuid.uuid4()}@shop.example"}).encode())
        user = self.call("POST", "/v1/users", data=body, headers={"Content-Encoding": "gzip"}).json()
        self.assertEqual(user["name"], "Z")
        path = f"/v1/users/{ADA}/orders"
        plain = self.get(path, headers={"Accept-Encoding": "identity"})
        self.assertNotIn("Content-Encoding", plain.headers)
        zipped = self.get(path, headers={"Accept-Encoding": "gzip"})
        self.assertEqual(zipped.headers["Content-Encoding"], "gzip")
        self.assertEqual(zipped.json(), plain.json())

    def test_a_patch_changes_what_is_in_the_body(self):
        path = f"/v1/users/{self.register(preferences={'theme': 'THEME_DARK', 'languages': ['de']})['id']}/preferences"

        def patch(body, query=""):
            return self.call("PATCH", path + query, json=body).json()

        self.assertEqual(patch({"newsletter": True}), {"theme": "THEME_DARK", "newsletter": True, "languages": ["de"]})
        # An empty list is in the body, too, and so is a null.
        self.assertEqual(patch({"languages": [], "newsletter": None}), {"theme": "THEME_DARK"})
        settings = {"zoom": 1.5, "deep": {"er": []}}
        self.assertEqual(patch({"clientSettings": settings})["clientSettings"], settings)
        # A mask that is there counts, whatever is in the body.
        self.assertEqual(patch({"theme": "THEME_LIGHT"}, "?updateMask=clientSettings"), {"theme": "THEME_DARK"})
        self.assertEqual(patch({"theme": "THEME_UNSPECIFIED"}), {})

    def test_a_patch_is_validated_by_what_is_in_the_body(self):
        path = f"/v1/users/{self.register()['id']}/preferences"

        def patch(body, status=200, query=""):
            return self.call("PATCH", path + query, status=status, json=body).json()

        self.assertIn("`colour`", patch({"theme": "THEME_DARK"}, 400, "?updateMask=colour")["message"])
        both = {"quietFrom": 1320, "quietUntil": 360}
        self.assertEqual(patch(both), both)
        # Half of them would break the rule of both, but the other half is stored.
        self.assertEqual(patch({"quietUntil": 420}), both | {"quietUntil": 420})
        error = patch({"quietUntil": None}, 400)
        self.assertEqual(error["message"], "quiet hours have a beginning and an end")
        error = patch({"quietUntil": 1440, "theme": "THEME_LIGHT"}, 400)
        self.assertEqual([v["field"] for v in error["details"][0]["fieldViolations"]], ["preferences.quiet_until"])
        self.assertEqual(patch({"quietFrom": None, "quietUntil": None, "theme": "THEME_DARK"}), {"theme": "THEME_DARK"})

    # Headers.

    # Where the metadata of a failed call is that its handler sent as a header.
    id_of_an_error = "Grpc-Metadata-X-Request-Id"

    def test_metadata_goes_both_ways(self):
        for name in ("X-Request-Id", "Grpc-Metadata-X-Request-Id"):
            sent = {name: "r-1", "X-Client-Context-Bin": "AP+A"}
            received = self.get(f"/v1/users/{ADA}", headers=sent).headers
            self.assertEqual(received["Grpc-Metadata-X-Request-Id"], "r-1")
            self.assertEqual(received["Grpc-Trailer-X-Client-Context-Bin"].rstrip("="), "AP+A")
            received = self.get(f"/v1/users/{NOBODY}", status=404, headers=sent).headers
            self.assertEqual(received[self.id_of_an_error], "r-1")
            self.assertEqual(received["Grpc-Trailer-X-Client-Context-Bin"].rstrip("="), "AP+A")

    def test_deadlines(self):
        for header in ({"X-Request-Timeout": "0"}, {"Grpc-Timeout": "1n"}):
            error = self.get(f"/v1/users/{ADA}", status=504, headers=header).json()
            self.assertEqual(error["code"], 4)
        self.get(f"/v1/users/{ADA}", headers={"X-Request-Timeout": "20"})
        self.get(f"/v1/users/{ADA}", status=400, headers={"X-Request-Timeout": "soon"})

    def test_who_may(self):
        path = f"/v1/users/{self.register()['id']}"
        answer = self.call("DELETE", path, status=401)
        self.assertEqual(answer.headers["WWW-Authenticate"], "Bearer")
        answer = self.call("DELETE", path, status=401, headers={"Authorization": "Bearer of bad news"})
        self.assertIn('error="invalid_token"', answer.headers["WWW-Authenticate"])
        self.call("DELETE", path, headers={"Authorization": f"Bearer {self.shop.token}"})

    def test_retry_after(self):
        """What the error's annotation says, in the header that HTTP has for it."""
        with tempfile.TemporaryDirectory(prefix="shop-test-") as data:
            shop = support.Shop(data, "--max-rooms", "1")
            try:
                front = self.front(shop.addr)
                with grpc.insecure_channel(front) as channel:
                    here = support.Requests(chat_pb2.ChatMessage(session_id="one", user_id=ADA, message="here"))
                    heard = chat_pb2_grpc.ChatServiceStub(channel).Chat(iter(here), timeout=support.PATIENCE)
                    self.assertEqual(next(heard).message, "here")
                    body = [{"sessionId": "two", "userId": GRACE, "message": "there"}]
                    refused = rest.call(front, "POST", "/v1/chat", body)
                    self.assertEqual((refused.status, refused.headers["retry-after"]), (429, "60"))
                    here.close()
            finally:
                shop.stop()

    # Limits.

    def test_limits(self):
        self.call("POST", "/v1/users", status=413, data=b'{"name": "' + b"x" * (5 << 20) + b'"}')
        self.get(f"/v1/users/{ADA}?x={'x' * (17 << 10)}", status=414)
        self.get(f"/v1/users/{ADA}", status=431, headers={f"x-{number}": "x" * 1000 for number in range(20)})
        self.get(f"/v1/users/{ADA}?{'&'.join(['a=1'] * 2001)}", status=400)
        self.call("POST", "/v1/users", status=400, data='{"x":' * 101 + "1" + "}" * 101)

    # Streams.

    def test_forms_of_a_stream(self):
        path = f"/v1/users/{ADA}/orders"
        array = self.get(path)
        self.assertEqual(array.headers["Content-Type"], "application/json")
        orders = array.json()
        self.assertEqual([order["orderId"] for order in orders], [SEED_ORDERS[1], SEED_ORDERS[0]])
        lines = self.get(path, headers={"Accept": "application/x-ndjson"})
        self.assertEqual(lines.headers["Content-Type"], "application/x-ndjson")
        self.assertEqual([json.loads(line) for line in lines.text.splitlines()], orders)
        events = self.get(path, headers={"Accept": "text/event-stream"})
        self.assertEqual(events.headers["Content-Type"].partition(";")[0], "text/event-stream")
        self.assertEqual(events.headers["Cache-Control"], "no-cache")
        self.assertEqual([json.loads(event["data"]) for event in parse(events.text) if "event" not in event], orders)
        empty = self.get(f"{path}?statuses=ORDER_STATUS_CANCELLED")
        self.assertEqual(empty.text, "[]")

    def test_updates_come_as_they_happen(self):
        """In each of the forms, and before the stream ends."""
        for accept in ("application/json", "application/x-ndjson", "text/event-stream"):
            with self.subTest(accept):
                # The log has everything since, whenever the stream begins to listen.
                error = self.get(f"/v1/orders:watch?afterSequence={2**63}", status=400).json()
                newest = error["details"][0]["metadata"]["newest"]
                path = f"/v1/users/{GRACE}/orders:watch?afterSequence={newest}"
                headers = {"Accept": accept, "Accept-Encoding": "identity"}
                placed = self.call("POST", f"/v1/users/{GRACE}/orders", json=ORDER).json()
                with self.get(path, headers=headers, stream=True) as watch:
                    pieces = watch.iter_content(None)
                    for _ in range(3):
                        text = b""
                        while placed["orderId"].encode() not in text:
                            text += next(pieces)
                        placed = requests.post(f"http://{self.addr}/v1/users/{GRACE}/orders", json=ORDER).json()

    def test_an_error_in_a_stream(self):
        """After the first answers: in the stream's own form, with all that belongs to it."""
        body = [{"serviceId": "shop", "metric": "METRIC_TYPE_MEMORY"}, {"serviceId": "nothing"}]

        def monitor(accept):
            return self.call("POST", "/v1/monitor", json=body, headers={"Accept": accept})

        first, last = monitor("application/json").json()
        self.assertIn("memoryUsage", first)
        self.check_error(last["error"])
        first, last = monitor("application/x-ndjson").text.splitlines()
        self.check_error(json.loads(last)["error"])
        events = parse(monitor("text/event-stream").text)
        self.check_error(json.loads(events[-1]["data"]))
        self.assertEqual(events[-1]["event"], "error")

    def check_error(self, error):
        self.assertEqual((error["code"], error["message"]), (5, 'no service "nothing"'))
        self.assertEqual(error["details"][0]["reason"], "SERVICE_NOT_FOUND")
        self.assertEqual(error["details"][1]["serviceId"], "nothing")

    def test_an_upload_is_read_as_it_arrives(self):
        """As an array, too: the first chunk is on the disk before the second is sent."""
        arrived = []

        def chunks():
            yield b'[{"uploadId": "array", "data": "aGVs"}'
            self.eventually(lambda: arrived.append(len(self.shop.partial_files())) or arrived[-1] == 1, "it begins")
            yield b', {"uploadId": "array", "sequence": 1, "data": "bG8="} ]'

        result = self.call("POST", "/v1/uploads", data=chunks()).json()
        self.assertEqual((result["size"], result["chunkCount"], arrived[-1]), ("5", 2, 1))

    def test_a_talk_over_http2(self):
        """Both sides speak in turn, in one request."""
        room = f"room-{uuid.uuid4()}"
        talk = rest.Http2(self.addr, "/v1/chat", **{"content-type": "application/x-ndjson"})
        self.addCleanup(talk.close)
        for text in ("one", "two", "three"):
            message = {"sessionId": room, "userId": ADA, "message": text}
            talk.send(json.dumps(message).encode() + b"\n")
            self.assertEqual(json.loads(talk.line())["message"], text)
        self.assertEqual((talk.headers[":status"], talk.ended), ("200", False))
        talk.send(b"", end=True)
        self.assertEqual(talk.line(), b"")
        self.assertEqual(talk.headers.get("grpc-status"), "0")

    def test_trailing_metadata_of_a_stream(self):
        """In trailers, if it is not known before; HTTP/2 has some without an announcement."""
        names = {"accept": "application/x-ndjson", "te": "trailers", "x-client-context-bin": "AP+A"}
        stream = rest.Http2(self.addr, f"/v1/users/{ADA}/orders", "GET", **names)
        self.addCleanup(stream.close)
        while stream.line():
            pass
        self.assertEqual(stream.headers["grpc-status"], "0")
        self.assertEqual(stream.headers["grpc-trailer-x-client-context-bin"].rstrip("="), "AP+A")

    def test_a_broken_upload_leaves_nothing(self):
        for body in (
            b'[{"uploadId": "b", "data": "aGVs"}, {"uploadId": "b"',
            b'[{"uploadId": "b", "data": "aGVs"}, 5]',
            b'[{"uploadId": "b", "data": "aGVs"}] x',
        ):
            error = self.call("POST", "/v1/uploads", status=400, data=body).json()
            self.assertEqual(error["code"], 3)
            self.assertRegex(error["message"], "offset|message 1")
        self.eventually(lambda: self.shop.partial_files() == [], "the partial files go")


def parse(events):
    """Server-sent events as dicts."""
    return [
        dict(line.split(": ", 1) for line in event.splitlines() if not line.startswith(":"))
        for event in events.strip().split("\n\n")
    ]


@unittest.skipUnless(CURL, "there is no curl")
class Curl(support.ShopTest):
    def run_curl(self, *arguments):
        done = subprocess.run([CURL, "-sS", "--max-time", "30", *arguments], capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_what_the_documentation_shows(self):
        """Commands and answers in the READMEs, word for word."""
        gateway = support.Gateway(self.addr)
        self.addCleanup(gateway.stop)
        shown = 0
        for page in ("README.md", "examples/shop/README.md", "examples/gateway/README.md"):
            text = (support.ROOT / page).read_text()
            for command, expected in re.findall(r"^\$ (curl .*)\n((?:(?!\$ |```).*\n)*)", text, re.M):
                command = command.replace("127.0.0.1:8080", self.addr).replace("127.0.0.1:8081", gateway.addr)
                done = subprocess.run(
                    command.replace("curl ", f"{CURL} -sS --max-time 30 ", 1),
                    shell=True,
                    capture_output=True,
                    text=True,
                    timeout=60,
                )
                self.assertEqual(done.stdout.rstrip("\n"), expected.rstrip("\n"), f"{page}: {command}\n{done.stderr}")
                shown += 1
        self.assertGreaterEqual(shown, 5)

    def test_what_the_documentation_shows_of_python(self):
        """The lines of the shop's README, but for the one that installs what the tests have already."""
        text = (support.ROOT / "examples/shop/README.md").read_text()
        install, script = re.search(r"^(python3 -m venv .*)\n((?:(?!```).*\n)+)", text, re.M).groups()
        self.assertIn("pip install", install)
        self.assertIn("127.0.0.1:8080", script)
        script = script.replace("venv/bin/python", sys.executable).replace("127.0.0.1:8080", self.addr)
        with tempfile.TemporaryDirectory() as folder:
            for name in ("examples", "protoc-gen-rsvc"):
                (pathlib.Path(folder) / name).symlink_to(support.ROOT / name)
            # The modules of the tests must not stand in for those that the script makes.
            env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
            done = subprocess.run(
                ["bash", "-euc", script], cwd=folder, env=env, capture_output=True, text=True, timeout=60
            )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("ada@shop.example", done.stdout)

    def test_every_compression_that_it_knows(self):
        version = self.run_curl("--version").decode()
        url = f"http://{self.addr}/v1/users/{ADA}/orders"
        plain = self.run_curl(url)
        for name, feature in (("gzip", "libz"), ("br", "brotli"), ("zstd", "zstd")):
            if feature not in version:
                continue
            headers = self.run_curl("-D", "-", "-o", "/dev/null", "-H", f"Accept-Encoding: {name}", url).decode().lower()
            self.assertIn(f"content-encoding: {name}", headers)
            self.assertEqual(self.run_curl("--compressed", "-H", f"Accept-Encoding: {name}", url), plain, name)


class BehindGateway(Rest):
    # A call that fails at once over gRPC has headers and trailers in one.
    id_of_an_error = "Grpc-Trailer-X-Request-Id"

    @classmethod
    def front(cls, addr):
        gateway = support.Gateway(addr)
        cls.addClassCleanup(gateway.stop)
        return gateway.addr


if __name__ == "__main__":
    unittest.main()
