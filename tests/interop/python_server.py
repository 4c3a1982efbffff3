"""The shop's services in Python, as a server for clients of other languages.

It answers with what it was asked and writes down what it saw. Run as a program,
it serves until it is stopped: `python3 python_server.py [ADDR]`.
"""

import hashlib
import sys
import threading
from concurrent import futures

import grpc
from google.protobuf import empty_pb2

import rich
from shop.v1 import chat_pb2, chat_pb2_grpc, order_pb2, order_pb2_grpc, upload_pb2, upload_pb2_grpc, user_pb2
from shop.v1 import user_pb2_grpc

CODES = {code.value[0]: code for code in grpc.StatusCode}


def failing_id(code):
    """The id of the user whose calls fail with this code."""
    return f"00000009-0000-4000-8000-0000000000{code.value[0]:02}"


def fail_as_asked(context, service, text):
    """Ends the call in an error of the service, if `text` is a wish for one."""
    kind, number = rich.wished(text)
    for (of, _), error in rich.declared().items():
        if (of, error.number) == (service, number):
            reason = "FROM_THE_FUTURE" if kind == "newer" else None
            context.abort_with_status(error.status(error.sample(), with_payload=kind != "reason", reason=reason))


SLOW_ID = "00000000-0000-4000-8000-000000000099"


class Seen:
    """What the server saw of one call."""

    def __init__(self, method, context):
        self.method = method
        self.requests = []
        self.metadata = dict(context.invocation_metadata())
        self.remaining = context.time_remaining()
        self.over = threading.Event()
        self.cancelled = False
        self.finished = False
        context.add_callback(self.end)

    def finish(self):
        """All requests were read. grpcio says so also of a call that was reset, a moment before it ends it."""
        self.finished = not self.over.wait(0.3)

    def end(self):
        self.cancelled = not self.finished
        self.over.set()


class Services(
    user_pb2_grpc.UserServiceServicer,
    order_pb2_grpc.OrderServiceServicer,
    upload_pb2_grpc.UploadServiceServicer,
    chat_pb2_grpc.ChatServiceServicer,
):
    def __init__(self):
        self.calls = []

    def see(self, method, context):
        seen = Seen(method, context)
        self.calls.append(seen)
        mark = seen.metadata.get("x-request-id")
        if mark:
            context.send_initial_metadata([("x-request-id", mark)])
        blob = seen.metadata.get("x-client-context-bin")
        if blob is not None:
            context.set_trailing_metadata([("x-client-context-bin", blob)])
        return seen

    def one(self, method, request, context):
        seen = self.see(method, context)
        seen.requests.append(request)
        user_id = getattr(request, "user_id", "")
        if user_id == SLOW_ID:
            seen.over.wait(30)
        for code in CODES.values():
            if user_id == failing_id(code):
                context.abort(code, f"as asked: {code.name}, “{code.value[0]}”")
        seen.finished = True
        return seen

    # UserService

    def GetUser(self, request, context):
        self.one("GetUser", request, context)
        fail_as_asked(context, "user", request.user_id)
        user = user_pb2.User(
            id=request.user_id, name="Python 🐍", age=35, active=True, roles=["snake"], version=2**64 - 1
        )
        user.metadata["k"] = "v"
        user.created_at.FromJsonString("1991-02-20T00:00:00.123456789Z")
        user.utc_offset_minutes = -300
        return user

    def CreateUser(self, request, context):
        self.one("CreateUser", request, context)
        user = user_pb2.User(id="new", name=request.name, email=request.email, age=request.age)
        if request.HasField("nickname"):
            user.nickname = request.nickname
        return user

    def UpdateUser(self, request, context):
        self.one("UpdateUser", request, context)
        present = [field.name for field, _ in request.ListFields()]
        return user_pb2.User(id=request.user_id, roles=present)

    def UpdatePreferences(self, request, context):
        self.one("UpdatePreferences", request, context)
        preferences = user_pb2.Preferences(languages=request.update_mask.paths)
        preferences.theme = request.preferences.theme
        return preferences

    def DeleteUser(self, request, context):
        self.one("DeleteUser", request, context)
        return empty_pb2.Empty()

    # OrderService

    def GetOrder(self, request, context):
        self.one("GetOrder", request, context)
        fail_as_asked(context, "order", request.order_id)
        order = order_pb2.Order(order_id=request.order_id, status=order_pb2.ORDER_STATUS_SHIPPED)
        order.total.currency_code, order.total.minor_units = "JPY", -(2**63)
        order.note.value = ""
        order.payment.points = True
        order.delivery_estimate.FromSeconds(86400)
        return order

    def GetOrders(self, request, context):
        seen = self.one("GetOrders", request, context)
        seen.finished = False
        for number in range(request.limit):
            yield order_pb2.Order(order_id=f"order-{number}", user_id=request.user_id)
        if request.limit > 3:
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "no more after these")
        seen.finished = True

    def StreamOrderUpdates(self, request, context):
        seen = self.one("StreamOrderUpdates", request, context)
        seen.finished = False
        sequence = request.after_sequence if request.HasField("after_sequence") else 100
        while not seen.over.wait(0.01):
            sequence += 1
            yield order_pb2.OrderUpdate(sequence=sequence, revenue_delta_minor_units=-sequence)

    def PlaceOrder(self, request, context):
        self.one("PlaceOrder", request, context)
        items = [order_pb2.OrderItem(product_id=line.product_id, quantity=line.quantity) for line in request.lines]
        order = order_pb2.Order(order_id="placed", items=items, payment=request.payment)
        order.shipping_address.CopyFrom(request.shipping_address)
        if request.HasField("note"):
            order.note.CopyFrom(request.note)
        return order

    def UpdateOrderStatus(self, request, context):
        self.one("UpdateOrderStatus", request, context)
        return order_pb2.Order(order_id=request.order_id, status=request.status)

    # UploadService

    def UploadChunks(self, requests, context):
        seen = self.see("UploadChunks", context)
        content = hashlib.sha256()
        for chunk in requests:
            if chunk.upload_id == "refused":
                context.abort(grpc.StatusCode.DATA_LOSS, "before the end of the stream")
            fail_as_asked(context, "upload", chunk.upload_id)
            seen.requests.append(chunk)
            content.update(chunk.data)
        seen.finished = True
        size = sum(len(chunk.data) for chunk in seen.requests)
        return upload_pb2.UploadResult(
            file_id="stored", size=size, sha256=content.digest(), chunk_count=len(seen.requests)
        )

    def ProcessBatch(self, requests, context):
        seen = self.see("ProcessBatch", context)
        seen.requests += requests
        seen.finished = True
        response = upload_pb2.ProcessResponse(processed_count=len(seen.requests))
        for index, request in enumerate(seen.requests):
            response.process_id = request.process_id
            kind = request.data.WhichOneof("kind")
            response.counts[kind] += 1
            response.responses.add(error=upload_pb2.Error(index=index, message=request.data.create_user.email))
        return response

    # ChatService

    def Chat(self, requests, context):
        seen = self.see("Chat", context)
        for message in requests:
            seen.requests.append(message)
            if message.message == "fail":
                context.abort(grpc.StatusCode.FAILED_PRECONDITION, "in the middle of a talk")
            answer = chat_pb2.ChatMessage(user_id="server", message=f"Echo: {message.message}", message_id=2**64 - 1)
            answer.session_id = message.session_id
            yield answer
        seen.finish()

    def Monitor(self, requests, context):
        seen = self.see("Monitor", context)
        for request in requests:
            seen.requests.append(request)
            for number in range(3):
                yield chat_pb2.MonitorResponse(
                    service_id=request.service_id,
                    cpu_usage=number / 4,
                    load_average=0.5,
                    sampled_at_unix_nanos=-number,
                    request_count_by_method={"Monitor": number},
                )
                fail_as_asked(context, "chat", request.service_id)
        seen.finish()


def serve(addr="127.0.0.1:0"):
    """A server that has started, its services, and its port."""
    services = Services()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    user_pb2_grpc.add_UserServiceServicer_to_server(services, server)
    order_pb2_grpc.add_OrderServiceServicer_to_server(services, server)
    upload_pb2_grpc.add_UploadServiceServicer_to_server(services, server)
    chat_pb2_grpc.add_ChatServiceServicer_to_server(services, server)
    port = server.add_insecure_port(addr)
    server.start()
    return server, services, port


if __name__ == "__main__":
    running, _, bound = serve(*sys.argv[1:])
    print(f"listening on port {bound}", flush=True)
    running.wait_for_termination()
