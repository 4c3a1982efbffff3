"""The shop over gRPC: an order, and its changes as they happen. `python shop_grpc.py --help` tells how it is called."""

import argparse
import uuid
from collections.abc import Iterator

import grpc
from buf.validate import validate_pb2
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from shop.v1 import chat_pb2, chat_pb2_grpc, order_pb2, order_pb2_grpc, user_pb2, user_pb2_grpc

ADA = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001"


def order(channel: grpc.Channel, user_id: str, product: str, quantity: int) -> None:
    """Places an order, and tells of the first change of it."""
    users = user_pb2_grpc.UserServiceStub(channel)
    orders = order_pb2_grpc.OrderServiceStub(channel)
    user = users.GetUser(user_pb2.GetUserRequest(user_id=user_id), timeout=10)
    print(f"{user.name} <{user.email}>")

    request = order_pb2.PlaceOrderRequest(user_id=user_id, request_id=str(uuid.uuid4()))
    request.lines.add(product_id=product, quantity=quantity)
    request.shipping_address.lines.append("12 St James Square")
    request.shipping_address.city = "London"
    request.shipping_address.country_code = "GB"
    request.payment.points = True
    # Twice with the same id is one order, so a call that was lost can be made again.
    placed = orders.PlaceOrder(request, timeout=10)
    print(f"placed {placed.order_id}: {placed.total.minor_units} cents")

    # From the beginning of the log, so nothing can be missed.
    watch = order_pb2.StreamOrderUpdatesRequest(order_id=placed.order_id, after_sequence=0)
    updates = orders.StreamOrderUpdates(watch, timeout=60)
    for update in updates:
        print(f"update {update.sequence}: {order_pb2.OrderStatus.Name(update.status)}")
        updates.cancel()
        break


def chat(channel: grpc.Channel, user_id: str, room: str, text: str) -> None:
    """Says something in a room, and prints what is said there until it comes back."""

    def said() -> Iterator[chat_pb2.ChatMessage]:
        yield chat_pb2.ChatMessage(session_id=room, user_id=user_id, message=text)

    for message in chat_pb2_grpc.ChatServiceStub(channel).Chat(said(), timeout=10):
        print(f"{message.user_id}: {message.message}")


def explain(error: grpc.RpcError) -> str:
    """What the shop says of an error: the rules that the request breaks, or which error of the `.proto` it is."""
    assert isinstance(error, grpc.Call), "each error of a call is one"
    status = rpc_status.from_call(error)
    if status is None:
        return f"{error.code().name}: {error.details()}"
    lines = [f"{error.code().name}: {status.message}"]
    violations, info = validate_pb2.Violations(), error_details_pb2.ErrorInfo()
    for detail in status.details:
        if detail.Unpack(violations):
            for violation in violations.violations:
                path = ".".join(part(element) for element in violation.field.elements)
                lines.append(f"  {path}: {violation.message}")
        elif detail.Unpack(info):
            lines.append(f"  {info.reason} of {info.domain}: {dict(info.metadata)}")
    return "\n".join(lines)


def part(element: validate_pb2.FieldPathElement) -> str:
    """A part of the path to a field, as `lines[0]`."""
    which = element.WhichOneof("subscript")
    return element.field_name if which is None else f"{element.field_name}[{getattr(element, which)}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", default="127.0.0.1:8080", metavar="HOST:PORT")
    parser.add_argument("--user", default=ADA, metavar="ID")
    commands = parser.add_subparsers(dest="command", required=True)
    ordering = commands.add_parser("order", help="place an order")
    ordering.add_argument("product")
    ordering.add_argument("--quantity", type=int, default=1)
    chatting = commands.add_parser("chat", help="say something in a room")
    chatting.add_argument("room")
    chatting.add_argument("text")
    arguments = parser.parse_args()
    with grpc.insecure_channel(arguments.target) as channel:
        try:
            if arguments.command == "order":
                order(channel, arguments.user, arguments.product, arguments.quantity)
            else:
                chat(channel, arguments.user, arguments.room, arguments.text)
        except grpc.RpcError as error:
            raise SystemExit(explain(error)) from None


if __name__ == "__main__":
    main()
