"""The methods of the shop that are attacked, and messages for them in both forms."""

import dataclasses

from google.protobuf import json_format

from support import ADA


@dataclasses.dataclass(frozen=True)
class Method:
    """A method, and its first binding to REST."""

    rpc: str
    verb: str
    path: str
    streams_requests: bool = False
    streams_responses: bool = False

    @property
    def is_unary(self):
        return not (self.streams_requests or self.streams_responses)


GET_USER = Method("shop.v1.UserService/GetUser", "GET", f"/v1/users/{ADA}")
CREATE_USER = Method("shop.v1.UserService/CreateUser", "POST", "/v1/users")
PREFERENCES = Method("shop.v1.UserService/UpdatePreferences", "PATCH", f"/v1/users/{ADA}/preferences")
PLACE_ORDER = Method("shop.v1.OrderService/PlaceOrder", "POST", f"/v1/users/{ADA}/orders")
GET_ORDERS = Method("shop.v1.OrderService/GetOrders", "GET", f"/v1/users/{ADA}/orders", streams_responses=True)
WATCH = Method("shop.v1.OrderService/StreamOrderUpdates", "GET", "/v1/orders:watch", streams_responses=True)
UPLOAD = Method("shop.v1.UploadService/UploadChunks", "POST", "/v1/uploads", streams_requests=True)
BATCH = Method("shop.v1.UploadService/ProcessBatch", "POST", "/v1/batches", streams_requests=True)
CHAT = Method("shop.v1.ChatService/Chat", "POST", "/v1/chat", streams_requests=True, streams_responses=True)
MONITOR = Method("shop.v1.ChatService/Monitor", "POST", "/v1/monitor", streams_requests=True, streams_responses=True)


@dataclasses.dataclass(frozen=True)
class Body:
    """A message as protobuf and as JSON, each made by hand if it need be."""

    proto: bytes = b""
    json: bytes = b"{}"

    @classmethod
    def of(cls, message):
        return cls(message.SerializeToString(), json_format.MessageToJson(message, indent=None).encode())

    def form(self, codec):
        return self.proto if codec == "proto" else self.json


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, content):
    """A field whose value has a length."""
    return varint(number << 3 | 2) + varint(len(content)) + content
