"""Our REST adapter answers as a real Envoy does that turns the same calls into gRPC.

There are two shops with the same seed. One is behind Envoy, which knows nothing but the shop's own descriptors, and
gets gRPC; the other is called directly. The same calls go to both in the same order, and the answers are compared.
Where we differ on purpose, the case says what either does and why; all of these are printed in the end.
"""

import dataclasses
import re
import tempfile
import typing
import unittest

import rest
import transcoder
from support import ADA, GRACE, MALLORY, NOBODY, SEED_ORDERS, Shop

TOKEN = "the-token-of-the-staff"
STAFF = {"authorization": f"Bearer {TOKEN}"}
UNAVAILABLE = transcoder.why_not()

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
SEED = {ADA, GRACE, MALLORY, NOBODY, *SEED_ORDERS}
TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
SEED_TIME = re.compile(r"2026-01-0\d")
# What is different each time.
MEASURED = {"elapsed", "messageId", "uptime", "sampledAtUnixNanos", "cpuUsage", "memoryUsage", "loadAverage"}


@dataclasses.dataclass
class Differs:
    """A difference on purpose: the statuses of both, and why."""

    envoy: int
    ours: int
    why: str


@dataclasses.dataclass
class Case:
    method: str
    path: str
    body: typing.Any = None
    headers: dict | None = None
    # Of a stream without end: how many elements to read.
    elements: int | None = None
    # The status that both give, so that both cannot be wrong in the same way.
    status: int = 200
    # The body of an error that no service has seen is each adapter's own.
    own_body: bool = False
    differs: Differs | None = None
    # Keeps a field of the answer under a name, for `{name}` in later paths.
    keep: tuple[str, str] | None = None

    def __str__(self):
        return f"{self.method} {self.path} {self.body!r:.80}"


def get(path, **fields):
    return Case("GET", path, **fields)


def post(path, body, **fields):
    return Case("POST", path, body, **fields)


def patch(path, body, **fields):
    return Case("PATCH", path, body, **fields)


class Side:
    """One shop, called over one of the two."""

    def __init__(self, addr):
        self.addr, self.kept, self.ids = addr, {}, {}

    def call(self, case):
        path = case.path.format(**self.kept) if self.kept else case.path
        answer = rest.call(self.addr, case.method, path, case.body, case.headers, case.elements)
        if case.keep and answer.status == 200:
            name, field = case.keep
            self.kept[name] = answer.json()[field]
        return answer

    def normal(self, value, key=None):
        """The same for both shops: what they make up is replaced by its place in the order of things."""
        if isinstance(value, dict):
            return {name: self.normal(field, name) for name, field in value.items()}
        if isinstance(value, list):
            return [self.normal(element, key) for element in value]
        if key in MEASURED:
            return "measured"
        if isinstance(value, str):
            value = UUID.sub(lambda found: self.id(found[0]), value)
            return TIME.sub(lambda found: found[0] if SEED_TIME.match(found[0]) else "a time", value)
        return value

    def id(self, uuid):
        return uuid if uuid in SEED else self.ids.setdefault(uuid, f"id {len(self.ids)}")


@unittest.skipIf(UNAVAILABLE, UNAVAILABLE or "")
class Transcoding(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shops = [cls.start_shop() for _ in range(2)]
        cls.envoy = transcoder.Envoy(shops[0].addr)
        cls.addClassCleanup(cls.envoy.stop)
        cls.sides = Side(cls.envoy.addr), Side(shops[1].addr)
        cls.equal, cls.status_only, cls.differences = 0, 0, []

    @classmethod
    def start_shop(cls):
        data = tempfile.TemporaryDirectory(prefix="shop-test-")
        cls.addClassCleanup(data.cleanup)
        shop = Shop(data.name, "--token", TOKEN)
        cls.addClassCleanup(shop.stop)
        return shop

    @classmethod
    def tearDownClass(cls):
        print(f"compared with Envoy {transcoder.VERSION}: {cls.equal} answers equal,")
        print(f"  {cls.status_only} equal in status, where the body is each adapter's own,")
        print(f"  {len(cls.differences)} different on purpose:")
        for case, differs in cls.differences:
            print(f"  - {case}: Envoy {differs.envoy}, we {differs.ours}: {differs.why}")
        print(f"  {len(NOT_SENT)} not sent:")
        for what, why in NOT_SENT.items():
            print(f"  - {what}: {why}")

    def compare(self, *cases):
        for case in cases:
            with self.subTest(str(case)):
                theirs, ours = (side.call(case) for side in self.sides)
                said = f"\nEnvoy: {theirs}\nours:  {ours}"
                if case.differs:
                    statuses = case.differs.envoy, case.differs.ours
                    self.assertEqual((theirs.status, ours.status), statuses, said)
                    if theirs.status == ours.status:
                        self.assertNotEqual(*self.bodies(theirs, ours), said)
                    self.differences.append((case, case.differs))
                    continue
                self.assertEqual((theirs.status, ours.status), (case.status, case.status), said)
                if case.own_body:
                    self.assertIn("code", ours.json(), said)
                    type(self).status_only += 1
                    continue
                self.assertEqual(*self.bodies(theirs, ours), said)
                self.assertEqual(theirs.headers["content-type"], ours.headers["content-type"], said)
                type(self).equal += 1

    def bodies(self, *answers):
        return [side.normal(answer.json() if answer.body else None) for side, answer in zip(self.sides, answers)]

    # UserService

    def test_get_user(self):
        self.compare(
            get(f"/v1/users/{ADA}"),
            get(f"/api/v1/users/{ADA}"),
            get(f"/v1/users/{ADA.replace('-', '%2D')}"),
            get(f"/v1/users/{ADA}?"),
            get(f"/v1/users/{NOBODY}", status=404),
            get(f"/api/v1/users/{NOBODY}", status=404),
            get("/v1/users/ada", status=400),
            get(
                f"/v1/users/{ADA}?shoeSize=44",
                differs=Differs(404, 200, "an unknown parameter is ignored, as an unknown field of a body is"),
            ),
            Case("PUT", f"/v1/users/{ADA}", {}, **NOT_ALLOWED),
            Case("HEAD", f"/v1/users/{ADA}", differs=Differs(404, 200, "what GET answers, HEAD answers without a body")),
            Case("OPTIONS", f"/v1/users/{ADA}", differs=Differs(404, 204, "`Allow` names the methods of the path")),
            get("/v1/users/%C3%A4%20%2F%3F", status=400),
            get("/v1/users/", status=404, own_body=True),
            get("/v1/nothing", status=404, own_body=True),
            get(
                f"/v1/users/{ADA}?user_id={NOBODY}",
                differs=Differs(404, 200, "a field that the path binds is not a query parameter"),
            ),
        )

    def test_create_user(self):
        full = {
            "name": "Zoë 🦀",
            "email": "zoe@shop.example",
            "age": "150",
            "roles": ["writer", "admin"],
            "metadata": {"k": "v", "ключ": "\u0000\u2028\"\\"},
            "nickname": "z",
            "utcOffsetMinutes": -720,
            "preferences": {
                "theme": "THEME_DARK",
                "newsletter": False,
                "languages": ["de", "en-GB"],
                "clientSettings": {"zoom": 1.5, "tabs": ["a", None, True], "deep": {"er": {}}, "big": 1e300},
            },
        }
        mallory = {"name": "M", "email": "m@shop.example"}
        self.compare(
            post("/v1/users", full, keep=("zoe", "id")),
            get("/v1/users/{zoe}"),
            post("/v1/users", mallory | {"utc_offset_minutes": 60}),
            post("/api/v1/users", mallory | {"email": "m2@shop.example", "preferences": {"newsletter": None}}),
            post("/v1/users", mallory, status=409),
            post("/v1/users", {"name": "A", "email": "ADA@shop.example"}, status=409),
            post("/v1/users", mallory, status=409, headers={"accept-language": "de-AT, en;q=0.5"}),
            post("/v1/users", {"name": "", "email": "x", "age": -1, "roles": ["A", "a", "a"]}, status=400),
            post("/v1/users", {}, status=400),
            post("/v1/users", None, status=400),
            post("/v1/users", '{"name": "x"', status=400, own_body=True),
            post("/v1/users", "{name: 1}", status=400, own_body=True),
            post("/v1/users", "[]", status=400, own_body=True),
            post("/v1/users", {"name": 5}, status=400, own_body=True),
            post("/v1/users", {"age": 1.5}, status=400, own_body=True),
            post("/v1/users", {"age": 2**31}, status=400, own_body=True),
            post("/v1/users", {"preferences": {"theme": "THEME_PINK"}}, status=400, own_body=True),
            post("/v1/users", mallory | {"email": "m3@shop.example", "age": 1.0}),
            # Unknown fields of a body are ignored, as both peers of the conformance cases do.
            post("/v1/users", mallory | {"email": "m4@shop.example", "shoeSize": {"eu": [44]}}),
        )

    def test_update_user(self):
        self.compare(
            post("/v1/users", {"name": "U", "email": "u@shop.example", "nickname": "u"}, keep=("u", "id")),
            patch("/v1/users/{u}", {"age": 41}),
            patch("/v1/users/{u}", {"age": 42, "updateMask": "age,nickname"}),
            patch("/api/v1/users/{u}", {"utcOffsetMinutes": -60, "updateMask": "utcOffsetMinutes"}),
            patch("/v1/users/{u}", {"age": 1, "version": "77"}, status=409),
            patch("/v1/users/{u}", {"updateMask": "createdAt"}, status=400),
            patch(
                "/v1/users/{u}",
                {"updateMask": "a b"},
                differs=Differs(400, 400, "it is not a field mask; Envoy takes any text, and it is the field's rule that fails"),
            ),
            patch("/v1/users/{u}", {}, status=400),
            patch("/v1/users/{u}", {"email": "ada@shop.example"}, status=409),
            patch(f"/v1/users/{NOBODY}", {"age": 1}, status=404),
            # The path wins over the body.
            patch("/v1/users/{u}", {"userId": ADA, "age": 43}),
        )

    def test_update_preferences(self):
        chosen = {"theme": "THEME_DARK", "languages": ["de", "en"]}
        self.compare(
            post("/v1/users", {"name": "P", "email": "pref@shop.example", "preferences": chosen}, keep=("p", "id")),
            patch("/v1/users/{p}/preferences?updateMask=newsletter", {"newsletter": False, "theme": "THEME_LIGHT"}),
            patch("/v1/users/{p}/preferences?update_mask=theme,clientSettings", {"clientSettings": {"a": [1]}}),
            patch("/v1/users/{p}/preferences?updateMask=nothing", {"theme": 1}, status=400),
            patch(f"/v1/users/{NOBODY}/preferences?updateMask=theme", {"theme": 1}, status=404),
            patch(
                "/v1/users/{p}/preferences",
                {"languages": ["fr"]},
                differs=Differs(200, 200, "`fill_update_mask` of the method, which Envoy does not know"),
            ),
        )

    def test_delete_user(self):
        self.compare(
            post("/v1/users", {"name": "D", "email": "d@shop.example"}, keep=("d", "id")),
            Case("DELETE", "/v1/users/{d}", status=401),
            Case("DELETE", "/v1/users/{d}", headers={"authorization": "Bearer of bad news"}, status=401),
            Case("DELETE", "/v1/users/{d}?version=77", headers=STAFF, status=409),
            Case("DELETE", "/v1/users/{d}?version=-1", headers=STAFF, status=400, own_body=True),
            Case("DELETE", "/v1/users/{d}?version=1", headers=STAFF),
            Case("DELETE", "/v1/users/{d}", headers=STAFF, status=404),
            Case("DELETE", f"/api/v1/users/{ADA}", headers=STAFF, status=400),
        )

    # OrderService

    def test_get_order(self):
        self.compare(
            *(get(f"/v1/orders/{order_id}") for order_id in SEED_ORDERS),
            get(f"/v1/orders/{NOBODY}", status=404),
            get("/v1/orders/1", status=400),
        )

    def test_get_orders(self):
        orders = f"/v1/users/{ADA}/orders"
        self.compare(
            get(orders),
            get(f"{orders}?limit=1"),
            get(f"{orders}?limit=1&statuses=ORDER_STATUS_PAID&statuses=3"),
            get(f"{orders}?statuses=ORDER_STATUS_CANCELLED"),
            get(f"{orders}?afterOrderId={SEED_ORDERS[1]}"),
            get(f"{orders}?after_order_id={SEED_ORDERS[1]}"),
            get(f"{orders}?limit=-1", status=400),
            get(f"{orders}?limit=x", status=400, own_body=True),
            get(f"{orders}?limit=2147483648", status=400, own_body=True),
            get(f"{orders}?statuses=ORDER_STATUS_EATEN", status=400, own_body=True),
            get(f"{orders}?statuses=0", status=400),
            get(f"/v1/users/{NOBODY}/orders", status=404),
        )

    def test_place_order(self):
        order = {
            "lines": [{"productId": "cable", "quantity": 2}, {"product_id": "mouse", "quantity": 1}],
            "shippingAddress": {
                "lines": ["1 Main St"],
                "city": "Arlington",
                "countryCode": "US",
                "location": {"latitudeE7": -1, "longitudeE7": "1800000000"},
            },
            "payment": {"card": {"token": "t", "lastFour": "4242"}},
            "labels": {"a": "1"},
            "note": "",
        }
        request_id = "0d0c3a4e-6f0f-4a0a-8c39-93a0e4e2c001"
        orders = f"/v1/users/{GRACE}/orders"
        self.compare(
            post(orders, order, keep=("order", "orderId")),
            get("/v1/orders/{order}"),
            post(orders, order | {"requestId": request_id, "payment": {"points": True}}),
            post(orders, order | {"requestId": request_id, "payment": {"points": True}}),
            post(f"/v1/users/{ADA}/orders", order | {"requestId": request_id}, status=409),
            post(orders, order | {"lines": [{"productId": "nothing", "quantity": 1}]}, status=404),
            post(orders, order | {"lines": [{"productId": "cable", "quantity": 0}]}, status=400),
            post(orders, order | {"lines": [{"productId": "mouse", "quantity": 1}] * 2}, status=400),
            post(orders, order | {"payment": {}}, status=400),
            post(f"/v1/users/{MALLORY}/orders", order, status=403),
            post(f"/v1/users/{NOBODY}/orders", order, status=404),
            post(orders, order | {"payment": {"points": True, "voucher": "ABCDEFGH"}}, status=400, own_body=True),
            post(
                orders,
                order | {"lines": [{"productId": "teapot", "quantity": 1000}]},
                differs=Differs(400, 409, "`http_status` of the error's annotation, which Envoy does not know"),
            ),
        )

    def test_update_order_status(self):
        line = {"productId": "cable", "quantity": 1}
        order = {
            "lines": [line],
            "shippingAddress": {"lines": ["1"], "city": "c", "countryCode": "DE"},
            "payment": {"invoice": {"dueDays": 14}},
        }
        update = "/v1/orders/{moved}:updateStatus"
        paid = {"status": "ORDER_STATUS_PAID"}
        self.compare(
            post(f"/v1/users/{ADA}/orders", order, keep=("moved", "orderId")),
            post(update, paid, status=401),
            post(update, paid, headers=STAFF),
            post(update, paid, headers=STAFF, status=400),
            post(update, {"status": 3, "version": 77}, headers=STAFF, status=409),
            post(update, {"status": 3, "version": "2"}, headers=STAFF),
            post(update, {"status": "ORDER_STATUS_UNSPECIFIED"}, headers=STAFF, status=400),
            post(update, {"status": 99}, headers=STAFF, status=400),
            post(f"/v1/orders/{NOBODY}:updateStatus", paid, headers=STAFF, status=404),
            post("/v1/orders/{moved}:eat", paid, headers=STAFF, **NOT_ALLOWED),
            post("/v1/orders/{moved}%3AupdateStatus", paid, headers=STAFF, **NOT_ALLOWED),
        )

    def test_stream_order_updates(self):
        self.compare(
            get("/v1/orders:watch?afterSequence=0", elements=7),
            get("/v1/orders:watch?after_sequence=3", elements=4),
            get(f"/v1/users/{ADA}/orders:watch?afterSequence=0", elements=4),
            get(f"/v1/orders/{SEED_ORDERS[0]}:watch?afterSequence=0", elements=4),
            get("/v1/orders:watch?afterSequence=18446744073709551615", status=400),
            get("/v1/orders:watch?afterSequence=18446744073709551616", status=400, own_body=True),
            get(f"/v1/users/{NOBODY}/orders:watch", status=404),
            get(f"/v1/orders/{NOBODY}:watch", status=404),
            get("/v1/orders/x:watch", status=400),
        )

    # UploadService

    def test_upload_chunks(self):
        def chunk(upload_id, sequence=0, **fields):
            return {"uploadId": upload_id, "sequence": sequence, "data": "aGVsbG8=", **fields}

        info = {"filename": "hello", "contentType": "text/plain", "expectedSize": "10"}
        sha256 = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="
        self.compare(
            post("/v1/uploads", [chunk("one", info=info), chunk("one", 1)]),
            post("/v1/uploads", [chunk("sum", crc32=907060870, info={"filename": "h", "expectedSha256": sha256})]),
            post("/v1/uploads", [chunk("url", data="-_-_")]),
            post("/v1/uploads", [chunk("one")], status=409),
            post("/v1/uploads", [chunk("gap"), chunk("gap", 2)], status=400),
            post("/v1/uploads", [chunk("bad", crc32=1)], status=500),
            post("/v1/uploads", [chunk("a"), chunk("b", 1)], status=400),
            post("/v1/uploads", [chunk("../etc/passwd")], status=400),
            post("/v1/uploads", [], status=400),
            post("/v1/uploads", "[{", status=400, own_body=True),
            post("/v1/uploads", [{"uploadId": "x", "data": "!"}], status=400, own_body=True),
            post(
                "/v1/uploads",
                "".join('{"uploadId": "lines", "sequence": %d, "data": "aA=="}\n' % n for n in range(3)),
                headers={"content-type": "application/x-ndjson"},
                differs=Differs(400, 200, "NDJSON is a form of a stream with us, Envoy takes arrays alone"),
            ),
        )

    def test_process_batch(self):
        def batch(*data, process_id="b"):
            return [{"processId": process_id, "data": one} for one in data]

        event = {
            "id": "e-1",
            "createdAt": "1969-12-31T23:59:59.999999999Z",
            "duration": "1.000000001s",
            "name": "",
            "count": 0,
            "status": {},
            "measurements": {"seconds": 1.5, "confidence": 0.25, "bytes": str(2**64 - 1), "attempts": 2**32 - 1},
            "attributes": {"text": "x", "list": [1, "two", None, [True]], "map": {"a": {"b": {}}}},
            "trail": [1, "two", None, [True]],
        }
        packed = {"@type": "type.googleapis.com/shop.v1.CreateUserRequest", "name": "P", "email": "p@shop.example"}
        known = {"@type": "type.googleapis.com/google.protobuf.Timestamp", "value": "2026-01-01T00:00:00Z"}
        self.compare(
            post("/v1/batches", batch({"ping": {}}, {"event": event}, {"packed": packed}, {"packed": packed})),
            post("/v1/batches", batch({"packed": known}, {"createUser": {"name": "B", "email": "b@shop.example"}})),
            post("/v1/batches", batch({"ping": {}}) + batch({"ping": {}}, process_id="c"), status=400),
            post("/v1/batches", batch({}), status=400),
            post("/v1/batches", batch({"ping": {}}, {"createUser": {"name": ""}}), status=400),
            post("/v1/batches", [], status=400),
            post("/v1/batches", batch(*[{"ping": {}}] * 1001), status=429),
            post("/v1/batches", batch({"ping": {}, "event": event}), status=400, own_body=True),
            post("/v1/batches", batch({"packed": {"@type": "type.googleapis.com/x.Y"}}), status=400, own_body=True),
            post("/v1/batches", batch({"event": {"createdAt": "yesterday"}}), status=400, own_body=True),
        )

    # ChatService

    def test_chat(self):
        def say(text, user_id=ADA, room="room"):
            return {"sessionId": room, "userId": user_id, "message": text}

        self.compare(
            post("/v1/chat", [say("one"), say("two")]),
            post("/v1/chat", [say("three", GRACE) | {"replyTo": str(2**64 - 1)}]),
            post("/v1/chat", []),
        )

    def test_monitor(self):
        self.compare(
            post("/v1/monitor", [{"serviceId": "shop", "metric": "METRIC_TYPE_MEMORY"}]),
            post("/v1/monitor", [{"serviceId": "shop.v1.UserService", "metric": "METRIC_TYPE_CPU"}] * 3),
        )


# What cannot be compared, and why.
NOT_SENT = {
    "an answer with a map that has a default value, such as a count of 0": (
        "prost leaves the value out of the entry, as protobuf allows, and Envoy 1.40 dies of it"
    ),
}

# A path that is there, without the method that is asked for.
NOT_ALLOWED = {"differs": Differs(404, 405, "the path is there with other methods, and `Allow` names them")}


if __name__ == "__main__":
    unittest.main()
