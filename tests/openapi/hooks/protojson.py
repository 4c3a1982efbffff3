"""Requests as protobuf's own JSON reads and writes them. It reads more than it writes: `null` for what is absent, numbers for text and
text for numbers, numbers for the names of enums, fields that it does not know. A document describes what is written."""

import json

from google.api import annotations_pb2
from google.protobuf import json_format, message_factory

from answers import Description, escape
from shop.v1 import chat_pb2, order_pb2, upload_pb2, user_pb2

DESCRIPTION = Description()
JSON = "application/json"


def bindings():
    """For each path and verb the request's message class, the field that is the body, and whether it is a stream."""
    found = {}
    for module in (chat_pb2, order_pb2, upload_pb2, user_pb2):
        for service in module.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                rule = method.GetOptions().Extensions[annotations_pb2.http]
                for binding in (rule, *rule.additional_bindings):
                    verb = binding.WhichOneof("pattern")
                    found[getattr(binding, verb), verb.upper()] = (method.input_type, binding.body, method.client_streaming)
    return found


BINDINGS = bindings()


def is_allowed_as_written(case):
    """Whether the body, written as protobuf writes it, is one that the document allows."""
    message, body, is_stream = BINDINGS[case.path, case.method.upper()]
    if body not in ("", "*"):
        message = message.fields_by_name[body].message_type
    if not body or case.media_type != JSON:
        return False
    try:
        # As it is sent: what Python holds may have no JSON.
        sent = json.loads(json.dumps(case.body))
        written = [rewritten(message, part) for part in sent] if is_stream else rewritten(message, sent)
    except (TypeError, ValueError, json_format.ParseError):
        return False
    schema = f"#/paths/{escape(case.path)}/{case.method.lower()}/requestBody/content/{escape(JSON)}/schema"
    return not DESCRIPTION.errors(written, schema)


def rewritten(descriptor, value):
    message = message_factory.GetMessageClass(descriptor)()
    json_format.ParseDict(value, message, ignore_unknown_fields=True)
    return json_format.MessageToDict(message)
