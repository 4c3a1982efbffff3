"""OrderService, called by Python's grpcio: unary calls and server streams, one of them live."""

import time
import unittest
import uuid

import grpc
from google.protobuf import wrappers_pb2

import support
from shop.v1 import order_pb2
from support import ADA, GRACE, MALLORY, NOBODY, SEED_ORDERS, SEED_UPDATES


def place(user_id=GRACE, lines=(("cable", 1),), **fields):
    fields.setdefault("payment", order_pb2.Payment(invoice=order_pb2.Payment.Invoice(due_days=14)))
    fields.setdefault(
        "shipping_address",
        order_pb2.Address(lines=["1 Main St"], city="Arlington", postal_code="22201", country_code="US"),
    )
    lines = [order_pb2.PlaceOrderRequest.Line(product_id=product, quantity=n) for product, n in lines]
    return order_pb2.PlaceOrderRequest(user_id=user_id, lines=lines, **fields)


class Orders(support.ShopTest):
    def move(self, order_id, status, **fields):
        request = order_pb2.UpdateOrderStatusRequest(order_id=order_id, status=status, **fields)
        return self.orders.UpdateOrderStatus(request, metadata=self.staff)

    def newest(self):
        """The newest sequence, by the way that a caller is told of it."""
        with self.assertRaises(grpc.RpcError) as caught:
            list(self.orders.StreamOrderUpdates(order_pb2.StreamOrderUpdatesRequest(after_sequence=2**63)))
        return int(caught.exception.details().split("newest sequence is ")[1].split(",")[0])

    def test_the_seed_is_there(self):
        orders = list(self.orders.GetOrders(order_pb2.GetOrdersRequest(user_id=ADA)))
        self.assertEqual([order.order_id for order in orders], [SEED_ORDERS[1], SEED_ORDERS[0]])
        order = orders[0]
        self.assertEqual(order.status, order_pb2.ORDER_STATUS_PAID)
        self.assertEqual((order.total.currency_code, order.total.minor_units), ("EUR", 33898))
        items = [(item.product_id, item.quantity, item.price.minor_units, item.weight_grams) for item in order.items]
        self.assertEqual(items, [("monitor", 1, 31900, 5400), ("cable", 2, 999, 60)])
        self.assertEqual(order.note.value, "Ring twice")
        self.assertFalse(orders[1].HasField("note"))
        self.assertEqual(order.delivery_estimate.ToTimedelta().days, 3)

    def test_place_keeps_every_field(self):
        address = order_pb2.Address(
            lines=["Schloßallee 1", "Hinterhaus"],
            city="Köln",
            postal_code="50667",
            country_code="DE",
            location=order_pb2.Address.Location(latitude_e7=509375000, longitude_e7=-1),
        )
        card = order_pb2.Payment(card=order_pb2.Payment.Card(token="tok_1", last_four="4242"))
        order = self.orders.PlaceOrder(
            place(
                lines=[("mouse", 2), ("keyboard", 1)],
                shipping_address=address,
                payment=card,
                labels={"gift": "yes"},
                note=wrappers_pb2.StringValue(value=""),
            )
        )
        self.assertEqual(order.total.minor_units, 2 * 2499 + 8950)
        self.assertEqual([item.name for item in order.items], ["Optical mouse", "Mechanical keyboard"])
        self.assertEqual((order.shipping_address, order.payment), (address, card))
        self.assertEqual(order.payment.WhichOneof("method"), "card")
        self.assertEqual(dict(order.labels), {"gift": "yes"})
        self.assertTrue(order.HasField("note"))
        self.assertEqual((order.status, order.version), (order_pb2.ORDER_STATUS_PENDING, 1))
        self.assertEqual(self.orders.GetOrder(order_pb2.GetOrderRequest(order_id=order.order_id)), order)

    def test_every_way_to_pay(self):
        for payment in (
            order_pb2.Payment(voucher="SPRING2026"),
            order_pb2.Payment(points=True),
            order_pb2.Payment(invoice=order_pb2.Payment.Invoice(due_days=90)),
        ):
            order = self.orders.PlaceOrder(place(payment=payment))
            self.assertEqual(order.payment, payment)

    def test_the_same_request_places_one_order(self):
        request = place(request_id=str(uuid.uuid4()))
        self.assertEqual(self.orders.PlaceOrder(request), self.orders.PlaceOrder(request))
        request.user_id = ADA
        with self.fails(grpc.StatusCode.ALREADY_EXISTS, request.request_id):
            self.orders.PlaceOrder(request)

    def test_pages_join_without_a_seam(self):
        placed = [self.orders.PlaceOrder(place()).order_id for _ in range(150)]
        everything = [
            order.order_id for order in self.orders.GetOrders(order_pb2.GetOrdersRequest(user_id=GRACE, limit=1000))
        ]
        self.assertEqual([order_id for order_id in reversed(everything) if order_id in placed], placed)
        default = list(self.orders.GetOrders(order_pb2.GetOrdersRequest(user_id=GRACE)))
        self.assertEqual([order.order_id for order in default], everything[:100])
        joined, after = [], ""
        while True:
            request = order_pb2.GetOrdersRequest(user_id=GRACE, limit=70, after_order_id=after)
            page = [order.order_id for order in self.orders.GetOrders(request)]
            if not page:
                break
            self.assertLessEqual(len(page), 70)
            joined += page
            after = page[-1]
        self.assertEqual(joined, everything)

    def test_orders_by_status(self):
        order = self.orders.PlaceOrder(place())
        self.move(order.order_id, order_pb2.ORDER_STATUS_CANCELLED)
        request = order_pb2.GetOrdersRequest(user_id=GRACE, statuses=[order_pb2.ORDER_STATUS_CANCELLED])
        found = list(self.orders.GetOrders(request))
        self.assertIn(order.order_id, [found.order_id for found in found])
        self.assertEqual({found.status for found in found}, {order_pb2.ORDER_STATUS_CANCELLED})

    def test_metadata_of_a_server_stream(self):
        metadata = [("x-request-id", "o-1"), ("x-client-context-bin", b"\xfe\x00")]
        call = self.orders.GetOrders(order_pb2.GetOrdersRequest(user_id=ADA), metadata=metadata)
        self.assertEqual(dict(call.initial_metadata())["x-request-id"], "o-1")
        self.assertGreaterEqual(len(list(call)), 2)
        self.assertEqual(dict(call.trailing_metadata())["x-client-context-bin"], b"\xfe\x00")

    def test_a_stream_may_be_left_early(self):
        call = self.orders.GetOrders(order_pb2.GetOrdersRequest(user_id=ADA))
        next(call)
        call.cancel()
        with self.fails(grpc.StatusCode.CANCELLED):
            list(call)

    # Live updates.

    def test_updates_come_as_they_happen(self):
        call = self.orders.StreamOrderUpdates(
            order_pb2.StreamOrderUpdatesRequest(user_id=ADA), timeout=support.PATIENCE
        )
        call.initial_metadata()  # Now it listens.
        self.orders.PlaceOrder(place(GRACE))
        order = self.orders.PlaceOrder(place(ADA, [("mouse", 4)]))
        new = next(call)
        self.assertEqual((new.order_id, new.user_id, new.version), (order.order_id, ADA, 1))
        self.assertEqual(new.previous_status, order_pb2.ORDER_STATUS_UNSPECIFIED)
        self.assertEqual((new.status, new.revenue_delta_minor_units), (order_pb2.ORDER_STATUS_PENDING, 0))
        self.move(order.order_id, order_pb2.ORDER_STATUS_PAID)
        paid = next(call)
        self.assertEqual((paid.previous_status, paid.status), (new.status, order_pb2.ORDER_STATUS_PAID))
        self.assertEqual(paid.revenue_delta_minor_units, 4 * 2499)
        self.move(order.order_id, order_pb2.ORDER_STATUS_CANCELLED)
        self.assertEqual(next(call).revenue_delta_minor_units, -4 * 2499)
        call.cancel()

    def test_updates_resume_where_they_stopped(self):
        begin = self.newest()
        placed = [self.orders.PlaceOrder(place()).order_id for _ in range(100)]
        call = self.orders.StreamOrderUpdates(
            order_pb2.StreamOrderUpdatesRequest(after_sequence=begin), timeout=support.PATIENCE
        )
        seen = [next(call) for _ in range(60)]
        call.cancel()
        call = self.orders.StreamOrderUpdates(
            order_pb2.StreamOrderUpdatesRequest(after_sequence=seen[-1].sequence), timeout=support.PATIENCE
        )
        seen += [next(call) for _ in range(40)]
        last = self.orders.PlaceOrder(place()).order_id
        seen.append(next(call))
        call.cancel()
        self.assertEqual([update.order_id for update in seen], placed + [last])
        self.assertEqual([update.sequence for update in seen], list(range(begin + 1, begin + 102)))

    def test_a_reader_who_sleeps_misses_nothing(self):
        call = self.orders.StreamOrderUpdates(order_pb2.StreamOrderUpdatesRequest(user_id=GRACE), timeout=60)
        call.initial_metadata()
        # More than the shop keeps in memory for one stream.
        placed = [self.orders.PlaceOrder(place()).order_id for _ in range(600)]
        self.assertEqual([next(call).order_id for _ in placed], placed)
        call.cancel()

    def test_updates_of_one_order(self):
        request = order_pb2.StreamOrderUpdatesRequest(order_id=SEED_ORDERS[0], after_sequence=0)
        call = self.orders.StreamOrderUpdates(request, timeout=support.PATIENCE)
        self.assertEqual([next(call).version for _ in range(4)], [1, 2, 3, 4])
        call.cancel()

    def test_a_deadline_ends_a_live_stream(self):
        before = time.monotonic()
        call = self.orders.StreamOrderUpdates(
            order_pb2.StreamOrderUpdatesRequest(order_id=SEED_ORDERS[2]), timeout=0.3
        )
        with self.fails(grpc.StatusCode.DEADLINE_EXCEEDED):
            list(call)
        self.assertLess(time.monotonic() - before, support.PATIENCE)

    # Errors, each of its kind.

    def test_not_found(self):
        with self.fails(grpc.StatusCode.NOT_FOUND, NOBODY):
            list(self.orders.GetOrders(order_pb2.GetOrdersRequest(user_id=NOBODY)))
        with self.fails(grpc.StatusCode.NOT_FOUND, NOBODY):
            self.orders.GetOrder(order_pb2.GetOrderRequest(order_id=NOBODY))
        with self.fails(grpc.StatusCode.NOT_FOUND, NOBODY):
            list(self.orders.StreamOrderUpdates(order_pb2.StreamOrderUpdatesRequest(order_id=NOBODY)))
        with self.fails(grpc.StatusCode.NOT_FOUND, "unicorn"):
            self.orders.PlaceOrder(place(lines=[("cable", 1), ("unicorn", 1)]))
        with self.fails(grpc.StatusCode.NOT_FOUND, SEED_ORDERS[0]):
            request = order_pb2.GetOrdersRequest(user_id=GRACE, after_order_id=SEED_ORDERS[0])
            list(self.orders.GetOrders(request))

    def test_failed_precondition(self):
        self.orders.PlaceOrder(place(lines=[("teapot", 1)]))
        with self.fails(grpc.StatusCode.FAILED_PRECONDITION, "only 0 of product \"teapot\""):
            self.orders.PlaceOrder(place(lines=[("teapot", 1)]))
        with self.fails(grpc.StatusCode.FAILED_PRECONDITION, "from ORDER_STATUS_DELIVERED to ORDER_STATUS_PAID"):
            self.move(SEED_ORDERS[0], order_pb2.ORDER_STATUS_PAID)

    def test_permission_denied(self):
        with self.fails(grpc.StatusCode.PERMISSION_DENIED, MALLORY):
            self.orders.PlaceOrder(place(MALLORY))

    def test_unauthenticated(self):
        with self.fails(grpc.StatusCode.UNAUTHENTICATED):
            self.orders.UpdateOrderStatus(
                order_pb2.UpdateOrderStatusRequest(order_id=SEED_ORDERS[2], status=order_pb2.ORDER_STATUS_PAID)
            )

    def test_aborted(self):
        with self.fails(grpc.StatusCode.ABORTED, "version is 1, not 9"):
            self.move(SEED_ORDERS[2], order_pb2.ORDER_STATUS_PAID, version=9)

    def test_out_of_range(self):
        self.assertGreaterEqual(self.newest(), SEED_UPDATES)
        with self.fails(grpc.StatusCode.OUT_OF_RANGE, "ahead"):
            list(self.orders.StreamOrderUpdates(order_pb2.StreamOrderUpdatesRequest(after_sequence=10**12)))

    def test_invalid_argument(self):
        with self.fails(grpc.StatusCode.INVALID_ARGUMENT, "limit"):
            list(self.orders.GetOrders(order_pb2.GetOrdersRequest(user_id=ADA, limit=-1)))
        with self.fails(grpc.StatusCode.INVALID_ARGUMENT):
            self.orders.PlaceOrder(place(lines=[("cable", -5)]))


if __name__ == "__main__":
    unittest.main()
