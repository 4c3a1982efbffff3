"""The shop over REST: its users and their orders. `python shop_rest.py --help` tells how it is called."""

import argparse
from uuid import UUID

from shop_client import AuthenticatedClient, Client
from shop_client.api.order_service import order_service_get_orders, order_service_update_order_status
from shop_client.api.user_service import user_service_get_user, user_service_update_user
from shop_client.models import (
    Order,
    OrderErrorWrongTransition,
    User,
    UserErrorEmailTaken,
    UserErrorUserNotFound,
)
from shop_client.models import OrderServiceGetOrdersStatusesItem as Status
from shop_client.models import OrderServiceUpdateOrderStatusBody as NextStatus
from shop_client.models import OrderServiceUpdateOrderStatusBodyStatus as Next
from shop_client.models import UserServiceUpdateUserBody as Changes
from shop_client.types import UNSET

ADA = UUID("7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001")


def orders(client: Client, user_id: UUID, status: Status | None) -> None:
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


def change(client: Client, user_id: UUID, email: str) -> None:
    """Gives a user another e-mail address."""
    user = user_service_update_user.sync(user_id, client=client, body=Changes(email=email))
    if isinstance(user, UserErrorEmailTaken):
        raise SystemExit(f"somebody else has it: {user.message}")
    if not isinstance(user, User):
        raise SystemExit(explain(user))
    print(f"{user.name} <{user.email}>")


def move(client: AuthenticatedClient, order_id: UUID, status: Next) -> None:
    """Moves an order on, for the staff."""
    order = order_service_update_order_status.sync(order_id, client=client, body=NextStatus(status=status))
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
    listing.add_argument("--user", type=UUID, default=ADA, metavar="ID")
    listing.add_argument("--status", type=Status, choices=list(Status))
    changing = commands.add_parser("email", help="change the e-mail address of a user")
    changing.add_argument("email")
    changing.add_argument("--user", type=UUID, default=ADA, metavar="ID")
    moving = commands.add_parser("move", help="move an order on")
    moving.add_argument("order", type=UUID)
    moving.add_argument("status", type=Next, choices=list(Next))
    arguments = parser.parse_args()
    match arguments.command:
        case "orders":
            orders(Client(arguments.url), arguments.user, arguments.status)
        case "email":
            change(Client(arguments.url), arguments.user, arguments.email)
        case _:
            move(AuthenticatedClient(arguments.url, arguments.token), arguments.order, arguments.status)


if __name__ == "__main__":
    main()
