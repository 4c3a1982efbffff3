"""Everything that the stubs of grpcio find in the shop, found once more over REST.

Chat and Monitor run over WebSocket, the other streams as NDJSON over HTTP/1.1.
"""

import unittest

import restful
import test_chat
import test_errors
import test_gateway
import test_orders
import test_uploads
import test_users
from shop.v1 import user_pb2


class OverRest:
    """Stubs call over REST."""

    @classmethod
    def connect(cls, addr, options=()):
        return restful.Channel(addr)


class Users(OverRest, test_users.Users):
    # These are about gRPC alone.
    test_compressed_requests = test_unimplemented = test_bytes_that_are_no_message = None
    # The mask is filled with what is in the JSON.
    without_mask = (user_pb2.Preferences.THEME_LIGHT, True, ["fr"])


class Orders(OverRest, test_orders.Orders):
    pass


class Uploads(OverRest, test_uploads.Uploads):
    pass


class Batches(OverRest, test_uploads.Batches):
    # What is damaged has no JSON.
    test_what_is_packed_has_to_be_known_and_valid = None


class Chat(OverRest, test_chat.Chat):
    # A WebSocket has no place for trailers.
    test_metadata_of_streams = None


class Monitor(OverRest, test_chat.Monitor):
    pass


class Errors(OverRest, test_errors.Errors):
    pass


class Problems(Errors):
    """The same errors as problem documents."""

    @classmethod
    def connect(cls, addr, options=()):
        return restful.Channel(addr, accept="application/problem+json, application/x-ndjson;q=0.9")


class UsersBehindGateway(test_gateway.Behind, Users):
    pass


class OrdersBehindGateway(test_gateway.Behind, Orders):
    # The gateway learns of it at the end, and HTTP/1.1 has no place there for names that it was not told before.
    test_metadata_of_a_server_stream = None


class UploadsBehindGateway(test_gateway.Behind, Uploads):
    pass


class BatchesBehindGateway(test_gateway.Behind, Batches):
    pass


class ChatBehindGateway(test_gateway.Behind, Chat):
    pass


class MonitorBehindGateway(test_gateway.Behind, Monitor):
    pass


class ErrorsBehindGateway(test_gateway.Behind, Errors):
    pass


if __name__ == "__main__":
    unittest.main()
