"""The shop over REST: its users and their orders. `python shop_rest.py --help` tells how it is called."""

import argparse

from shop_client import AuthenticatedClient, Client
from shop_client.api.order_service import order_service_get_orders, order_service_update_order_status
from shop_client.api.user_service import user_service_create_user, user_service_get_user
from shop_client.models import (
    CreateUserRequest,
    Order,
    OrderErrorWrongTransition,
    OrderStatus,
    User,
    UserErrorEmailTaken,
    UserErrorUserNotFound,
)
from shop_client.models import OrderServiceUpdateOrderStatusBody as NewStatus
from shop_client.types import UNSET

ADA = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001"


def orders(client: Client, user_id: str, status: OrderStatus | None) -> None:
    """Lists the orders of a user, all or those of a status."""
    user = user_service_get_user.sync(user_id, client=client)
    if isinstance(user, UserErrorUserNotFound):
        # Each error of the `.proto` is a type of its own.
        raise SystemExit(f"nobody has this id: {user.message}")
    if not isinstance(user, User):
        raise SystemExit(explain(user))
    print(f"{user.name} <{user.email}>")
    found = order_service_get_orders.sync(user_id, client=client, statuses=[status] if status else UNSET)
    if not isinstance(found, list):
        raise SystemExit(explain(found))
    for order in found:
        # The list is a stream, and may end in an error.
        if not isinstance(order, Order):
            raise SystemExit(explain(order.error))
        items = ", ".join(f"{item.quantity} x {item.name}" for item in order.items or [])
        print(f"{order.order_id} {order.status}: {items}")


def register(client: Client, name: str, email: str) -> None:
    """Registers a user."""
    user = user_service_create_user.sync(client=client, body=CreateUserRequest(name=name, email=email))
    if isinstance(user, UserErrorEmailTaken):
        raise SystemExit(f"sign in instead: {user.message}")
    if not isinstance(user, User):
        raise SystemExit(explain(user))
    print(f"registered {user.id}")


def move(client: AuthenticatedClient, order_id: str, status: OrderStatus) -> None:
    """Moves an order on, for the staff."""
    order = order_service_update_order_status.sync(order_id, client=client, body=NewStatus(status=status))
    if isinstance(order, OrderErrorWrongTransition):
        raise SystemExit(f"not from here: {order.message}")
    if not isinstance(order, Order):
        raise SystemExit(explain(order))
    print(f"{order.order_id} {order.status}")


def explain(error: object) -> str:
    """What the shop says of an error: each has a text."""
    return str(getattr(error, "message", "the shop gave no answer"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--token", default="", help="what the staff shows; the shop prints it")
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("orders", help="list the orders of a user")
    listing.add_argument("--user", default=ADA, metavar="ID")
    listing.add_argument("--status", type=OrderStatus, choices=list(OrderStatus))
    registering = commands.add_parser("register", help="register a user")
    registering.add_argument("name")
    registering.add_argument("email")
    moving = commands.add_parser("move", help="move an order on")
    moving.add_argument("order")
    moving.add_argument("status", type=OrderStatus, choices=list(OrderStatus))
    arguments = parser.parse_args()
    match arguments.command:
        case "orders":
            orders(Client(arguments.url), arguments.user, arguments.status)
        case "register":
            register(Client(arguments.url), arguments.name, arguments.email)
        case _:
            move(AuthenticatedClient(arguments.url, arguments.token), arguments.order, arguments.status)


if __name__ == "__main__":
    main()
