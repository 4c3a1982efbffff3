"""Every error that the shop can be brought to, over REST, is as its document says."""

import base64
import http.client
import json
import tempfile
import unittest
import uuid
import zlib

import grpc

import rest
import support
from answers import JSON, LINES, PROBLEM, Description
from rich import declared
from support import ADA, GRACE, MALLORY, NOBODY, SEED_ORDERS, Requests, Shop
from test_errors import UNTRIED, say

SETS = {name: f"{name.title()}Error" for name in ("user", "order", "upload", "chat")}


def order(product="cable", quantity=1, **fields):
    address = {"lines": ["1 Main St"], "city": "Arlington", "countryCode": "US"}
    lines = [{"productId": product, "quantity": quantity}]
    return {"lines": lines, "shippingAddress": address, "payment": {"points": True}} | fields


def chunk(upload_id, sequence=0, data=b"12345", **fields):
    return {"uploadId": upload_id, "sequence": sequence, "data": base64.b64encode(data).decode()} | fields


def talk(room, user_id, message=""):
    return {"sessionId": room, "userId": user_id, "message": message}


class Stream:
    """A call over HTTP/1.1 that goes on: the lines of its answer, while the request has not ended."""

    def __init__(self, addr, method, path, message=None):
        self.connection = http.client.HTTPConnection(addr, timeout=support.PATIENCE)
        self.connection.putrequest(method, path)
        self.connection.putheader("accept", LINES)
        if message is not None:
            self.connection.putheader("content-type", LINES)
            self.connection.putheader("transfer-encoding", "chunked")
        self.connection.endheaders()
        if message is not None:
            line = f"{json.dumps(message)}\n".encode()
            self.connection.send(b"%x\r\n%s\r\n" % (len(line), line))
        self.answer = self.connection.getresponse()

    def line(self):
        return self.answer.readline().rstrip(b"\n")

    def close(self):
        self.connection.close()


class Answers(support.ShopTest):
    """Each test ends with lines that say what was tried."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.description = Description()
        cls.authorization = {"authorization": f"Bearer {cls.shop.token}"}

    def answers(self, status, method, template, body=None, addr=None, headers=(), query="", **path):
        """A call, whose answer is of this status and as the document says, in each form that it names for an error."""
        headers, where = dict(headers), template.format(**path) + query
        for media_type in (JSON, PROBLEM):
            answer = rest.call(addr or self.addr, method, where, body, headers | {"accept": media_type})
            self.assertEqual(answer.status, status, answer)
            self.assertEqual(answer.headers["content-type"], media_type)
            self.description.check(method, template, status, answer.body, media_type)
            first = first if media_type == PROBLEM else answer
        return first

    def brings(self, service, error, *call, **settings):
        """A call is answered by this error."""
        with self.subTest(service=service, error=error, call=call[:3]):
            answer = self.answers(*call, **settings)
            self.is_typed(service, error, answer.json())
            self.tried.setdefault((service, error), []).append(f"{call[1]} {call[2]} {call[0]}")

    def is_typed(self, service, error, body):
        """The body is this error, and no other one of its set."""
        own = f"{SETS[service]}.{error}"
        self.description.fits(body, self.description.schema(own))
        for name in self.description.document["components"]["schemas"]:
            if name.startswith(f"{SETS[service]}.") and name != own:
                self.assertTrue(self.description.errors(body, self.description.schema(name)), f"{body} is {name}, too")

    def ends(self, service, error, method, template, text):
        """The lines of a stream end in this error."""
        with self.subTest(service=service, error=error, call=template):
            self.description.check(method, template, 200, text, LINES)
            last = json.loads(text.splitlines()[-1])
            self.is_typed(service, error, last["error"])
            self.tried.setdefault((service, error), []).append(f"{method} {template}, in the stream")

    def test_typed_errors(self):
        self.declared, self.tried = declared(), {}
        self.of_users()
        self.of_orders()
        self.of_uploads()
        self.of_chats()
        self.beyond_limits()
        self.at_the_end()
        print(f"typed errors: {len(self.tried)} of {len(self.declared)} in {sum(map(len, self.tried.values()))} ways")
        for service, error in sorted(self.declared):
            ways = self.tried.get((service, error))
            print(f"  {service} {error}: {'; '.join(ways) if ways else 'not tried: ' + UNTRIED.get((service, error), '?')}")
        self.assertEqual(set(self.declared) - set(self.tried), set(UNTRIED))

    def of_users(self):
        path = "/v1/users/{user_id}"
        mine = dict(headers=self.authorization)
        self.brings("user", "user_not_found", 404, "GET", path, user_id=NOBODY)
        self.brings("user", "user_not_found", 404, "GET", f"/api{path}", user_id=NOBODY)
        self.brings("user", "user_not_found", 404, "PATCH", path, {"age": 1}, user_id=NOBODY)
        self.brings("user", "user_not_found", 404, "DELETE", path, user_id=NOBODY, **mine)
        theme = {"theme": "THEME_DARK"}
        self.brings("user", "user_not_found", 404, "PATCH", f"{path}/preferences", theme, user_id=NOBODY)
        taken = {"name": "A", "email": "ADA@shop.example"}
        self.brings("user", "email_taken", 409, "POST", "/v1/users", taken)
        self.brings("user", "email_taken", 409, "PATCH", path, {"email": "ada@shop.example"}, user_id=GRACE)
        self.brings("user", "user_has_orders", 400, "DELETE", path, user_id=ADA, **mine)
        self.brings("user", "stale_version", 409, "PATCH", path, {"age": 1, "version": "77"}, user_id=ADA)
        self.brings("user", "stale_version", 409, "DELETE", path, user_id=ADA, query="?version=77", **mine)

    def of_orders(self):
        path, own = "/v1/orders/{order_id}", "/v1/users/{user_id}/orders"
        mine = dict(headers=self.authorization)
        self.brings("order", "order_not_found", 404, "GET", path, order_id=NOBODY)
        self.brings("order", "order_not_found", 404, "GET", f"{path}:watch", order_id=NOBODY)
        paid = {"status": "ORDER_STATUS_PAID"}
        self.brings("order", "order_not_found", 404, "POST", f"{path}:updateStatus", paid, order_id=NOBODY, **mine)
        after = f"?afterOrderId={NOBODY}"
        self.brings("order", "order_not_found", 404, "GET", own, user_id=ADA, query=after)
        self.brings("order", "user_not_found", 404, "GET", own, user_id=NOBODY)
        self.brings("order", "user_not_found", 404, "GET", f"{own}:watch", user_id=NOBODY)
        self.brings("order", "user_not_found", 404, "POST", own, order(), user_id=NOBODY)
        self.brings("order", "user_not_active", 403, "POST", own, order(), user_id=MALLORY)
        self.brings("order", "product_not_found", 404, "POST", own, order("nothing"), user_id=GRACE)
        self.brings("order", "out_of_stock", 409, "POST", own, order("teapot", 1000), user_id=GRACE)
        request_id = str(uuid.uuid4())
        placed = rest.call(self.addr, "POST", own.format(user_id=GRACE), order(requestId=request_id))
        self.description.check("POST", own, placed.status, placed.body)
        self.brings("order", "request_id_reused", 409, "POST", own, order(requestId=request_id), user_id=ADA)
        update = dict(order_id=SEED_ORDERS[0], **mine)
        self.brings("order", "wrong_transition", 400, "POST", f"{path}:updateStatus", paid, **update)
        self.brings("order", "stale_version", 409, "POST", f"{path}:updateStatus", paid | {"version": "77"}, **update)
        ahead = f"?afterSequence={2**63}"
        self.brings("order", "sequence_ahead", 400, "GET", "/v1/orders:watch", query=ahead)
        self.brings("order", "sequence_ahead", 400, "GET", f"{own}:watch", user_id=ADA, query=ahead)

    def of_uploads(self):
        def upload(error, status, *chunks, **settings):
            self.brings("upload", error, status, "POST", "/v1/uploads", list(chunks), **settings)

        once = rest.call(self.addr, "POST", "/v1/uploads", [chunk("once")])
        self.description.check("POST", "/v1/uploads", once.status, once.body)
        upload("upload_exists", 409, chunk("once"))
        upload("chunk_out_of_order", 400, chunk("gap"), chunk("gap", 2))
        upload("corrupt_upload", 500, chunk("bad", crc32=zlib.crc32(b"12345") ^ 1))
        upload("invalid_request", 400, chunk("one"), chunk("two", 1))
        file = [{"uploadId": "once", "info": {"filename": "a"}}, {"content": "MTIzNDU="}]
        self.brings("upload", "upload_exists", 409, "POST", "/v1/files", file)
        wrong = [{"info": {"filename": "a", "expectedSize": "1"}}, {"content": "MTIzNDU="}]
        self.brings("upload", "corrupt_upload", 500, "POST", "/v1/files", wrong)
        pings = [{"processId": "p", "data": {"ping": {}}}] * 1001
        self.brings("upload", "batch_too_long", 429, "POST", "/v1/batches", pings)

    def of_chats(self):
        room = f"room-{uuid.uuid4()}"
        self.brings("chat", "user_not_found", 404, "POST", "/v1/chat", [talk(room, NOBODY)])
        self.brings("chat", "user_not_active", 403, "POST", "/v1/chat", [talk(room, MALLORY)])
        self.brings("chat", "service_not_found", 404, "POST", "/v1/monitor", [{"serviceId": "nothing"}])
        said = [talk(room, ADA, "me"), talk(room, GRACE, "no, me")]
        answer = rest.call(self.addr, "POST", "/v1/chat", said, {"accept": LINES})
        self.ends("chat", "invalid_request", "POST", "/v1/chat", answer.body)

    def beyond_limits(self):
        """In a shop where everything is small."""
        with tempfile.TemporaryDirectory(prefix="shop-test-") as data:
            shop = Shop(data, "--max-upload", "9", "--max-rooms", "1", "--backlog", "4")
            try:
                large = [chunk("large"), chunk("large", 1)]
                self.brings("upload", "upload_too_large", 413, "POST", "/v1/uploads", large, addr=shop.addr)
                self.too_slow(shop)
            finally:
                shop.stop()

    def too_slow(self, shop):
        deaf = rest.Http2(shop.addr, "/v1/chat", **{"content-type": LINES, "accept": LINES})
        deaf.send(f"{json.dumps(talk('one', GRACE, 'ready'))}\n".encode())
        heard = [deaf.line()]
        self.brings("chat", "too_many_rooms", 429, "POST", "/v1/chat", [talk("two", ADA)], addr=shop.addr)
        with grpc.insecure_channel(shop.addr) as channel:
            speech = Requests()
            speaker = support.chat_pb2_grpc.ChatServiceStub(channel).Chat(iter(speech), timeout=support.PATIENCE)
            # A part at a time: a speaker that does not hear itself would be deaf as well.
            for _ in range(60):
                for _ in range(50):
                    speech.send(say("one", ADA, "x" * 4096))
                for _ in range(50):
                    next(speaker)
            speech.close()
        while line := deaf.line():
            heard.append(line)
        deaf.close()
        self.ends("chat", "too_slow", "POST", "/v1/chat", b"\n".join(heard))

    def at_the_end(self):
        """The shop closes while streams are open."""
        with tempfile.TemporaryDirectory(prefix="shop-test-") as data:
            shop = Shop(data)
            updates = Stream(shop.addr, "GET", "/v1/orders:watch?afterSequence=0")
            chat = Stream(shop.addr, "POST", "/v1/chat", talk("room", ADA, "here"))
            streams = {"order": (updates, "GET", "/v1/orders:watch"), "chat": (chat, "POST", "/v1/chat")}
            heard = {service: [stream.line()] for service, (stream, _, _) in streams.items()}
            shop.stop()
            for service, (stream, method, template) in streams.items():
                while line := stream.line():
                    heard[service].append(line)
                stream.close()
                self.ends(service, "shop_unavailable", method, template, b"\n".join(heard[service]))

    def test_what_every_method_may_answer(self):
        """Errors that no proto declares: those of rules, JSON, access, preconditions and limits."""
        user, orders = "/v1/users/{user_id}", "/v1/users/{user_id}/orders"
        order_path = "/v1/orders/{order_id}"
        mine = dict(headers=self.authorization)
        calls = {
            "a rule of a field": (400, "POST", "/v1/users", {"name": "", "email": "none"}),
            "a rule of a path": (400, "GET", user, None, dict(user_id="nobody")),
            "a rule of a query": (400, "GET", orders, None, dict(user_id=ADA, query="?limit=-1")),
            "a rule of a message": (400, "PATCH", user, {}, dict(user_id=ADA)),
            "a rule of a stream": (400, "POST", "/v1/chat", [talk("", ADA)]),
            "no JSON": (400, "POST", "/v1/users", "{"),
            "another type": (400, "POST", "/v1/users", {"age": "old"}),
            "no number in a query": (400, "GET", orders, None, dict(user_id=ADA, query="?limit=many")),
            "nobody known": (401, "DELETE", user, None, dict(user_id=ADA)),
            "a wrong token": (401, "DELETE", user, None, dict(user_id=ADA, headers={"authorization": "Bearer no"})),
            "a condition": (401, "POST", f"{order_path}:updateStatus", {"status": "ORDER_STATUS_PAID"}, dict(order_id=NOBODY)),
            "another version": (412, "PATCH", user, {"age": 1}, dict(user_id=ADA, headers={"if-match": '"77"'})),
            "another version to delete": (
                412, "DELETE", user, None, dict(user_id=ADA, headers=self.authorization | {"if-match": '"77"'})
            ),
            # It is refused by its length: nothing of it is sent.
            "too long": (413, "POST", "/v1/users", None, dict(headers={"content-length": str(1 << 30)})),
            "an unknown coding": (415, "POST", "/v1/users", {}, dict(headers={"content-encoding": "zz"})),
            "a deadline": (504, "GET", user, None, dict(user_id=ADA, headers={"x-request-timeout": "0"})),
        }
        for name, (status, method, template, body, *settings) in calls.items():
            with self.subTest(name):
                self.answers(status, method, template, body, **(settings[0] if settings else {}))
        with self.subTest("not modified"):
            etag = rest.call(self.addr, "GET", user.format(user_id=ADA)).headers["etag"]
            answer = rest.call(self.addr, "GET", user.format(user_id=ADA), headers={"if-none-match": etag})
            response, _ = self.description.response("GET", user, answer.status)
            self.assertEqual((answer.status, answer.body, "content" in response), (304, b"", False))
        print(f"other errors: {len(calls) + 1}: {', '.join(calls)}, not modified")

    def test_what_goes_well(self):
        """Answers without an error, one of each method that has one."""
        user = rest.call(self.addr, "POST", "/v1/users", {"name": "Zoë", "email": f"{uuid.uuid4()}@shop.example", "age": 3})
        path, own = "/v1/users/{user_id}", "/v1/users/{user_id}/orders"
        self.description.check("POST", "/v1/users", user.status, user.body)
        mine = user.json()["id"]
        settings = {"theme": "THEME_DARK", "clientSettings": {"zoom": 1.5, "tabs": [None, {}]}, "newsletter": False}
        calls = [
            ("GET", path, None, dict(user_id=ADA)),
            ("PATCH", path, {"nickname": "Z", "metadata": {"a": "b"}}, dict(user_id=mine)),
            ("PATCH", f"{path}/preferences", settings, dict(user_id=mine)),
            ("GET", "/v1/orders/{order_id}", None, dict(order_id=SEED_ORDERS[1])),
            ("GET", own, None, dict(user_id=ADA)),
            ("POST", own, order(note="Ring twice", labels={"a": "b"}), dict(user_id=ADA)),
            ("POST", "/v1/uploads", [chunk(str(uuid.uuid4()))], {}),
            ("POST", "/v1/files", [{"info": {"filename": "a"}}, {"content": "MTIzNDU="}], {}),
            ("POST", "/v1/batches", [{"processId": "p", "data": {"ping": {}}}], {}),
            ("POST", "/v1/chat", [talk("well", ADA, "hello")], {}),
            ("POST", "/v1/monitor", [{"serviceId": "shop"}], {}),
            ("DELETE", path, None, dict(user_id=mine)),
        ]
        for method, template, body, names in calls:
            with self.subTest(f"{method} {template}"):
                answer = rest.call(self.addr, method, template.format(**names), body, self.authorization)
                self.assertEqual(answer.status, 200, answer)
                self.description.check(method, template, 200, answer.body)
        print(f"good answers: {len(calls) + 1}")


if __name__ == "__main__":
    unittest.main()
