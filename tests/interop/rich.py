"""Errors with details: what the protos declare of them, as grpcio-status reads and writes it."""

import re

import grpc
from google.protobuf import message_factory
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from rsvc.v1 import rsvc_pb2
from shop.v1 import chat_pb2, order_pb2, upload_pb2, user_pb2

SETS = {
    "user": user_pb2.UserError,
    "order": order_pb2.OrderError,
    "upload": upload_pb2.UploadError,
    "chat": chat_pb2.ChatError,
}


# What a server can be asked to send: an error with all that belongs to it, without its payload, or one that is newer
# than whoever gets it.
WISHES = ("error", "reason", "newer")


def wish(kind, number):
    """A wish as an id that passes the rules of every request: a UUID."""
    return f"{WISHES.index(kind):08}-0000-4000-8000-{number:012}"


def wished(text):
    """The kind and the number of a wish, `None` twice for another text."""
    found = re.fullmatch(r"0000000(\d)-0000-4000-8000-(\d{12})", text)
    return (WISHES[int(found[1])], int(found[2])) if found and int(found[1]) < len(WISHES) else (None, None)


class Declared:
    """One error of a set, as its proto declares it."""

    def __init__(self, error_set, name):
        field = error_set.DESCRIPTOR.fields_by_name[name]
        self.options = field.GetOptions().Extensions[rsvc_pb2.error]
        self.domain = error_set.DESCRIPTOR.GetOptions().Extensions[rsvc_pb2.error_set].domain
        self.reason = name.upper()
        self.number = field.number
        self.payload_class = message_factory.GetMessageClass(field.message_type)
        self.variant = "".join(word.title() for word in name.split("_"))

    def message(self, payload):
        return re.sub(r"\{(\w+)\}", lambda found: texts(payload)[found[1]], self.options.message)

    def sample(self):
        """A payload of which no field has its default."""
        payload = self.payload_class()
        for number, field in enumerate(payload.DESCRIPTOR.fields, 2):
            text = field.cpp_type == field.CPPTYPE_STRING
            setattr(payload, field.name, f'the "{field.name}"' if text else number)
        return payload

    def status(self, payload, with_payload=True, reason=None):
        """The status that a server sends for it; each part of it can be left out or changed."""
        message = self.message(payload)
        status = status_pb2.Status(code=self.options.code, message=message)
        info = error_details_pb2.ErrorInfo(reason=reason or self.reason, domain=self.domain, metadata=texts(payload))
        for detail in [info, payload] if with_payload else [info]:
            status.details.add().Pack(detail)
        return rpc_status.to_status(status)


def declared():
    """All errors of all sets, by the set's name and their own."""
    return {
        (name, field.name): Declared(error_set, field.name)
        for name, error_set in SETS.items()
        for field in error_set.DESCRIPTOR.fields
    }


def texts(payload):
    """The scalar fields of a payload as text, as they are in the metadata."""
    found = {}
    for field in payload.DESCRIPTOR.fields:
        value = getattr(payload, field.name)
        if field.enum_type:
            value = field.enum_type.values_by_number[value].name
        found[field.name] = str(value)
    return found


class Received:
    """What grpcio-status makes of a call that failed."""

    def __init__(self, error):
        self.status = rpc_status.from_call(error)
        self.details = list(self.status.details) if self.status else []

    def get(self, message_class):
        """The detail of a type; there may be one at most."""
        found = [detail for detail in self.details if detail.Is(message_class.DESCRIPTOR)]
        assert len(found) <= 1, found
        if not found:
            return None
        message = message_class()
        assert found[0].Unpack(message)
        return message


def grpc_code(number):
    return next(code for code in grpc.StatusCode if code.value[0] == number)
