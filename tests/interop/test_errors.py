"""Typed errors: each error of each service, read by grpcio-status with reason, domain, metadata and payload."""

import tempfile
import unittest
import uuid
import zlib

import grpc
from google.protobuf import empty_pb2
from google.rpc import error_details_pb2

import support
from rich import Received, declared, grpc_code, texts
from shop.v1 import chat_pb2, order_pb2, upload_pb2, user_pb2
from support import ADA, GRACE, MALLORY, NOBODY, SEED_ORDERS, Requests, Shop

# What no caller can bring about, and why.
UNTRIED = {
    ("user", "shop_unavailable"): "takes a database that hangs",
    ("upload", "shop_unavailable"): "takes a database that hangs",
    ("user", "invalid_request"): "the rules of the protos refuse everything before",
    ("order", "invalid_request"): "the rules of the protos refuse everything before",
}


def order(user_id=GRACE, product_id="cable", quantity=1, **fields):
    return order_pb2.PlaceOrderRequest(
        user_id=user_id,
        lines=[order_pb2.PlaceOrderRequest.Line(product_id=product_id, quantity=quantity)],
        payment=order_pb2.Payment(points=True),
        shipping_address=order_pb2.Address(lines=["1 Main St"], city="Arlington", country_code="US"),
        **fields,
    )


def chunk(upload_id, sequence=0, data=b"12345", **fields):
    return upload_pb2.Chunk(upload_id=upload_id, sequence=sequence, data=data, **fields)


def say(room, user_id, message=""):
    return chat_pb2.ChatMessage(session_id=room, user_id=user_id, message=message)


class Errors(support.ShopTest):
    def brings(self, service, name, call, **payload):
        """The call ends in this error; `payload` are fields of it that are known beforehand."""
        self.tried.add((service, name))
        expected = self.declared[service, name]
        with self.subTest(service=service, error=name):
            with self.assertRaises(grpc.RpcError) as caught:
                call()
            error, received = caught.exception, Received(caught.exception)
            self.assertEqual(error.code(), grpc_code(expected.options.code), error.details())
            self.assertEqual((received.status.code, received.status.message), (expected.options.code, error.details()))
            info = received.get(error_details_pb2.ErrorInfo)
            self.assertEqual((info.reason, info.domain), (expected.reason, expected.domain))
            message = received.get(expected.payload_class)
            for field, value in payload.items():
                self.assertEqual(getattr(message, field), value, field)
            self.assertEqual(dict(info.metadata), texts(message))
            self.assertEqual(error.details(), expected.message(message))
            retry = received.get(error_details_pb2.RetryInfo)
            delay = expected.options.retry_after if expected.options.HasField("retry_after") else None
            self.assertEqual(retry.retry_delay if retry else None, delay)
            help_links = received.get(error_details_pb2.Help)
            links = [(link.description, link.url) for link in help_links.links] if help_links else []
            self.assertEqual(links, [(link.description, link.url) for link in expected.options.help])
            localized = received.get(error_details_pb2.LocalizedMessage)
            self.assertEqual(localized is not None, len(expected.options.localized) > 0)

    def test_every_error(self):
        self.declared, self.tried = declared(), set()
        self.of_users()
        self.of_orders()
        self.of_uploads()
        self.of_chats()
        self.beyond_limits()
        self.at_the_end()
        self.assertEqual(self.tried & set(UNTRIED), set(), "tried after all")
        self.assertEqual(set(self.declared) - self.tried - set(UNTRIED), set(), "nobody has tried these")

    def of_users(self):
        users = self.users
        get = user_pb2.GetUserRequest(user_id=NOBODY)
        self.brings("user", "user_not_found", lambda: users.GetUser(get), user_id=NOBODY)
        taken = user_pb2.CreateUserRequest(name="A", email="ADA@shop.example")
        self.brings("user", "email_taken", lambda: users.CreateUser(taken), email="ADA@shop.example")
        delete = user_pb2.DeleteUserRequest(user_id=ADA)
        staff = {"metadata": self.staff}
        self.brings("user", "user_has_orders", lambda: users.DeleteUser(delete, **staff), user_id=ADA)
        stale = user_pb2.UpdateUserRequest(user_id=ADA, age=1, version=77)
        self.brings("user", "stale_version", lambda: users.UpdateUser(stale), expected=77, actual=1)

    def of_orders(self):
        orders = self.orders
        get = order_pb2.GetOrderRequest(order_id=NOBODY)
        self.brings("order", "order_not_found", lambda: orders.GetOrder(get), order_id=NOBODY)
        of_nobody = order_pb2.GetOrdersRequest(user_id=NOBODY)
        self.brings("order", "user_not_found", lambda: list(orders.GetOrders(of_nobody)), user_id=NOBODY)
        self.brings("order", "user_not_active", lambda: orders.PlaceOrder(order(MALLORY)), user_id=MALLORY)
        unknown = order(product_id="nothing")
        self.brings("order", "product_not_found", lambda: orders.PlaceOrder(unknown), product_id="nothing")
        orders.PlaceOrder(order(product_id="teapot"))
        last = order(product_id="teapot")
        self.brings("order", "out_of_stock", lambda: orders.PlaceOrder(last), product_id="teapot", left=0)
        request_id = str(uuid.uuid4())
        orders.PlaceOrder(order(request_id=request_id))
        again = order(ADA, request_id=request_id)
        self.brings("order", "request_id_reused", lambda: orders.PlaceOrder(again), request_id=request_id)

        def move(status, **fields):
            request = order_pb2.UpdateOrderStatusRequest(order_id=SEED_ORDERS[0], status=status, **fields)
            return lambda: orders.UpdateOrderStatus(request, metadata=self.staff)

        delivered, paid = order_pb2.ORDER_STATUS_DELIVERED, order_pb2.ORDER_STATUS_PAID
        self.brings("order", "wrong_transition", move(paid), **{"from": delivered, "to": paid})
        self.brings("order", "stale_version", move(paid, version=77), expected=77)
        ahead = order_pb2.StreamOrderUpdatesRequest(after_sequence=2**63)
        self.brings("order", "sequence_ahead", lambda: next(orders.StreamOrderUpdates(ahead)), asked=2**63)

    def of_uploads(self):
        def upload(*chunks):
            return lambda: self.uploads.UploadChunks(iter(chunks))

        upload(chunk("once"))()
        self.brings("upload", "upload_exists", upload(chunk("once")), upload_id="once")
        gap = upload(chunk("gap"), chunk("gap", 2))
        self.brings("upload", "chunk_out_of_order", gap, expected=1, got=2)
        self.brings("upload", "corrupt_upload", upload(chunk("bad", crc32=zlib.crc32(b"12345") ^ 1)))
        self.brings("upload", "invalid_request", upload(chunk("one"), chunk("two", 1)), field="upload_id")
        ping = upload_pb2.RequestData(ping=empty_pb2.Empty())
        pings = [upload_pb2.ProcessRequest(process_id="p", data=ping)] * 1001
        self.brings("upload", "batch_too_long", lambda: self.uploads.ProcessBatch(iter(pings)), limit=1000)

    def of_chats(self):
        def talk(*messages):
            return lambda: list(self.chats.Chat(iter(messages), timeout=support.PATIENCE))

        room = f"room-{uuid.uuid4()}"
        self.brings("chat", "user_not_found", talk(say(room, NOBODY)), user_id=NOBODY)
        self.brings("chat", "user_not_active", talk(say(room, MALLORY)), user_id=MALLORY)
        # After the first answers, and still with everything.
        self.brings("chat", "invalid_request", talk(say(room, ADA, "me"), say(room, GRACE, "no, me")))
        answers = self.chats.Monitor(
            iter([chat_pb2.MonitorRequest(service_id=name) for name in ("shop", "nothing")]), timeout=support.PATIENCE
        )
        self.assertEqual(next(answers).service_id, "shop")
        self.brings("chat", "service_not_found", lambda: next(answers), service_id="nothing")

    def beyond_limits(self):
        """In a shop where everything is small."""
        with tempfile.TemporaryDirectory(prefix="shop-test-") as data:
            shop = Shop(data, "--max-upload", "9", "--max-rooms", "1", "--backlog", "4")
            try:
                # A window that grows by itself may take all that a deaf caller is told.
                with self.connect(self.front(shop.addr), [("grpc.http2.bdp_probe", 0)]) as channel:
                    self.too_much(channel)
            finally:
                shop.stop()

    def too_much(self, channel):
        uploads = support.upload_pb2_grpc.UploadServiceStub(channel)
        chats = support.chat_pb2_grpc.ChatServiceStub(channel)
        large = lambda: uploads.UploadChunks(iter([chunk("large"), chunk("large", 1)]))
        self.brings("upload", "upload_too_large", large, limit=9)
        requests = Requests(say("one", GRACE), say("one", GRACE, "ready"))
        deaf = chats.Chat(iter(requests), timeout=support.PATIENCE)
        self.assertEqual(next(deaf).message, "ready")
        two = lambda: list(chats.Chat(iter([say("two", ADA, "there")]), timeout=support.PATIENCE))
        self.brings("chat", "too_many_rooms", two, limit=1)
        speech = Requests()
        heard = chats.Chat(iter(speech), timeout=support.PATIENCE)
        # A part at a time: a speaker that does not hear itself would be deaf as well.
        for _ in range(60):
            for _ in range(50):
                speech.send(say("one", ADA, "x" * 4096))
            for _ in range(50):
                next(heard)
        speech.close()
        self.brings("chat", "too_slow", lambda: list(deaf))
        requests.close()

    def at_the_end(self):
        """The shop closes while streams are open."""
        with tempfile.TemporaryDirectory(prefix="shop-test-") as data:
            shop = Shop(data)
            with self.connect(self.front(shop.addr)) as channel:
                orders = support.order_pb2_grpc.OrderServiceStub(channel)
                chats = support.chat_pb2_grpc.ChatServiceStub(channel)
                watch = order_pb2.StreamOrderUpdatesRequest(after_sequence=0)
                updates = orders.StreamOrderUpdates(watch, timeout=support.PATIENCE)
                requests = Requests(say("room", ADA, "here"))
                heard = chats.Chat(iter(requests), timeout=support.PATIENCE)
                self.assertEqual((next(updates).sequence, next(heard).message), (1, "here"))
                shop.stop()
                self.brings("order", "shop_unavailable", lambda: list(updates), reason="the shop closes")
                self.brings("chat", "shop_unavailable", lambda: list(heard), reason="the shop closes")
                requests.close()

    def test_the_caller_chooses_the_language(self):
        taken = user_pb2.CreateUserRequest(name="A", email="ada@shop.example")
        for wish, locale, text in (
            ("de-AT, en;q=0.5", "de", "ada@shop.example ist schon registriert."),
            ("fr", "en", "Somebody has registered ada@shop.example already."),
            (None, "en", "Somebody has registered ada@shop.example already."),
        ):
            with self.assertRaises(grpc.RpcError) as caught:
                self.users.CreateUser(taken, metadata=[("accept-language", wish)] if wish else [])
            message = Received(caught.exception).get(error_details_pb2.LocalizedMessage)
            self.assertEqual((message.locale, message.message), (locale, text))
            self.assertEqual(caught.exception.details(), '"ada@shop.example" is taken')

    def test_a_fault_of_the_shop_says_nothing(self):
        files, away = self.shop.data / "files", self.shop.data / "away"
        files.rename(away)
        try:
            with self.assertRaises(grpc.RpcError) as caught:
                self.uploads.UploadChunks(iter([chunk("lost")]))
        finally:
            away.rename(files)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INTERNAL)
        self.assertEqual(caught.exception.details(), "Internal error")
        self.assertEqual(Received(caught.exception).details, [])


if __name__ == "__main__":
    unittest.main()
