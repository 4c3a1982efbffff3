"""The spans of calls, as a collector of OpenTelemetry gets them from the shop, and its metrics, as Prometheus does."""

import concurrent.futures
import re
import tempfile
import unittest

import grpc
import requests
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1 import trace_pb2
from prometheus_client.parser import text_string_to_metric_families
from shop.v1 import order_pb2, order_pb2_grpc, user_pb2, user_pb2_grpc

from support import ADA, NOBODY, Shop

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Keeps the spans that it gets."""

    def __init__(self):
        self.spans = []
        self.services = set()
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(self, self.server)
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def Export(self, request, context):
        for resource in request.resource_spans:
            self.services.add(attributes(resource.resource.attributes)["service.name"])
            for scope in resource.scope_spans:
                self.spans.extend(scope.spans)
        return trace_service_pb2.ExportTraceServiceResponse()


def attributes(pairs):
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


class Telemetry(unittest.TestCase):
    def collect(self, calls):
        """The spans of what `calls` does with a shop."""
        collector = Collector()
        self.addCleanup(collector.server.stop, None)
        with tempfile.TemporaryDirectory(prefix="shop-test-") as data:
            shop = Shop(data, "--otlp", f"http://127.0.0.1:{collector.port}")
            try:
                with grpc.insecure_channel(shop.addr) as channel:
                    calls(shop, channel)
            finally:
                # What is left is sent at the end.
                self.assertEqual(shop.stop(), 0)
        self.assertEqual(collector.services, {"shop"})
        return collector.spans

    def test_a_call_belongs_to_the_trace_of_its_caller(self):
        def calls(shop, channel):
            stub = user_pb2_grpc.UserServiceStub(channel)
            metadata = [("traceparent", TRACEPARENT), ("tracestate", "a=1")]
            stub.GetUser(user_pb2.GetUserRequest(user_id=ADA), metadata=metadata)

        (span,) = self.collect(calls)
        self.assertEqual(span.trace_id.hex(), TRACE)
        self.assertEqual(span.parent_span_id.hex(), PARENT)
        self.assertEqual(span.trace_state, "a=1")
        self.assertEqual(span.kind, trace_pb2.Span.SPAN_KIND_SERVER)
        self.assertEqual(span.name, "shop.v1.UserService/GetUser")
        self.assertGreater(span.end_time_unix_nano, span.start_time_unix_nano)
        known = attributes(span.attributes)
        self.assertEqual(known["rpc.system.name"], "grpc")
        self.assertEqual(known["rpc.method"], "shop.v1.UserService/GetUser")
        self.assertEqual(known["rpc.response.status_code"], "OK")
        self.assertEqual(known["network.peer.address"], "127.0.0.1")
        self.assertEqual(span.status.code, trace_pb2.Status.STATUS_CODE_UNSET)

    def test_rest_and_a_trace_of_its_own(self):
        def calls(shop, _):
            headers = {"traceparent": "00-malformed"}
            self.assertEqual(requests.get(f"http://{shop.addr}/v1/users/{NOBODY}", headers=headers).status_code, 404)

        (span,) = self.collect(calls)
        self.assertNotEqual(span.trace_id.hex(), TRACE)
        self.assertEqual(span.parent_span_id, b"")
        self.assertEqual(span.name, "GET /v1/users/{user_id}")
        known = attributes(span.attributes)
        self.assertEqual(known["http.route"], "/v1/users/{user_id}")
        self.assertEqual(known["http.request.method"], "GET")
        self.assertEqual(known["http.response.status_code"], 404)
        self.assertEqual(known["rpc.response.status_code"], "NOT_FOUND")
        # What a caller does wrong is no error of the server.
        self.assertEqual(span.status.code, trace_pb2.Status.STATUS_CODE_UNSET)

    def test_a_stream_has_an_event_for_each_message(self):
        def calls(_, channel):
            stub = order_pb2_grpc.OrderServiceStub(channel)
            self.assertGreater(len(list(stub.GetOrders(order_pb2.GetOrdersRequest(user_id=ADA)))), 0)

        (span,) = self.collect(calls)
        numbers = [attributes(event.attributes)["number"] for event in span.events]
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)))
        self.assertGreater(len(numbers), 0)

    def test_prometheus_reads_the_metrics(self):
        with tempfile.TemporaryDirectory(prefix="shop-test-") as data:
            shop = Shop(data, "--admin", "127.0.0.1:0")
            try:
                for user in (ADA, ADA, NOBODY):
                    requests.get(f"http://{shop.addr}/v1/users/{user}")
                admin = re.search(r"^admin on http://(\S+)$", "".join(shop.lines), re.M)[1]
                answer = requests.get(f"http://{admin}/metrics")
                self.assertEqual(answer.status_code, 200)
            finally:
                self.assertEqual(shop.stop(), 0)
        families = {family.name: family for family in text_string_to_metric_families(answer.text)}
        durations = families["rpc_server_call_duration_seconds"]
        self.assertEqual(durations.type, "histogram")
        counts = {
            sample.labels["rpc_response_status_code"]: sample.value
            for sample in durations.samples
            if sample.name.endswith("_count")
        }
        self.assertEqual(counts, {"OK": 2, "NOT_FOUND": 1})
        (active,) = families["rpc_server_active_calls"].samples
        self.assertEqual(active.value, 0)
        self.assertEqual(active.labels, {"rpc_method": "shop.v1.UserService/GetUser", "rpc_system_name": "rest"})


if __name__ == "__main__":
    unittest.main()
