"""The transports of a server: the same call in the form of each, and the same outcome out of each."""

import base64
import dataclasses
import json
import struct

import grpc
from google.rpc import error_details_pb2, status_pb2

import bombs
import http1
import http2

CODES = {code.value[0]: code.name for code in grpc.StatusCode}
JSON_CODES = {code.value[1].replace(" ", "_"): code.name for code in grpc.StatusCode}

# name: (media type, codec, HTTP version); all of them take calls to the method's own path.
CALLS = {
    "grpc": ("application/grpc+proto", "proto", 2),
    "grpc+json": ("application/grpc+json", "json", 2),
    "grpc-web": ("application/grpc-web+proto", "proto", 1),
    "grpc-web+json": ("application/grpc-web+json", "json", 1),
    "grpc-web-text": ("application/grpc-web-text+proto", "proto", 1),
    "connect-proto": ("application/proto", "proto", 1),
    "connect-json": ("application/json", "json", 1),
    "connect-stream-proto": ("application/connect+proto", "proto", 1),
    "connect-stream-json": ("application/connect+json", "json", 1),
}
# The same with the binding's path.
BINDINGS = {
    "rest-json": ("application/json", "json", 1),
    "rest-json-h2": ("application/json", "json", 2),
    "rest-proto": ("application/x-protobuf", "proto", 1),
    "ndjson": ("application/x-ndjson", "json", 1),
    "rest-array": ("application/json", "json", 1),
    "rest-stream-proto": ("application/x-protobuf", "proto", 1),
}
UNARY = ["grpc", "grpc+json", "grpc-web", "grpc-web-text", "connect-proto", "connect-json", "rest-json", "rest-proto"]
STREAMS = [
    "grpc",
    "grpc-web",
    "grpc-web-text",
    "connect-stream-proto",
    "connect-stream-json",
    "ndjson",
    "rest-array",
    "rest-stream-proto",
]
ENVELOPED = ("grpc", "grpc-web", "connect-stream")
# The media types of streams in answers.
STREAM_FORMS = {"ndjson": "application/x-ndjson", "sse": "text/event-stream", "rest-array": "application/json"}


@dataclasses.dataclass
class Request:
    """A call as it goes out."""

    verb: str
    path: str
    headers: dict
    body: bytes
    version: int


@dataclasses.dataclass
class Outcome:
    """How a call ended, whatever its transport."""

    code: str  # as gRPC names it; empty where an answer has none
    http: int
    size: int
    message: str = ""
    violations: int = 0
    last: str = ""  # the description of the last violation
    headers: dict = dataclasses.field(default_factory=dict)
    data: bytes = b""

    def __str__(self):
        violations = f", {self.violations} violations" if self.violations else ""
        return f"{self.code or 'no status'} ({self.http}), {amount(self.size)}{violations}"


def amount(size):
    for unit in ("B", "kB", "MB"):
        if size < 10_000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.0f} GB"


def form_of(transport):
    return CALLS.get(transport) or BINDINGS[transport]


def codec_of(transport):
    return form_of(transport)[1]


def envelope(data, flags=0):
    return struct.pack(">BI", flags, len(data)) + data


def frame(transport, message, encoding=None):
    """A message of a stream as it goes out, compressed by itself where the transport has that."""
    if transport.startswith(ENVELOPED):
        return envelope(bombs.pack(encoding, message), 1) if encoding else envelope(message)
    if transport == "rest-stream-proto":
        return stream_body(message)
    return message + b"\n"


def stream_body(message):
    size, length = len(message), bytearray()
    while size > 127:
        length.append(size & 127 | 128)
        size >>= 7
    return b"\x0a" + bytes(length) + bytes([size]) + message


def head(transport, method, encoding=None, headers=None):
    """A request without its body."""
    media, _, version = form_of(transport)
    sent = {"content-type": media}
    if transport in CALLS:
        verb, path = "POST", f"/{method.rpc}"
        if encoding:
            name = "connect-content-encoding" if transport.startswith("connect-stream") else "grpc-encoding"
            sent["content-encoding" if transport in ("connect-proto", "connect-json") else name] = encoding
        if transport.startswith("grpc") and version == 2:
            sent["te"] = "trailers"
        if transport in ("connect-proto", "connect-json"):
            sent["connect-protocol-version"] = "1"
    else:
        verb, path = method.verb, method.path
        if encoding:
            sent["content-encoding"] = encoding
        if transport in STREAM_FORMS and method.streams_responses:
            sent["accept"] = STREAM_FORMS[transport]
    return Request(verb, path, sent | (headers or {}), b"", version)


def prepare(transport, method, messages, encoding=None, headers=None):
    """A whole request. `messages` are in the transport's codec."""
    request = head(transport, method, encoding, headers)
    if transport.startswith(ENVELOPED):
        request.body = b"".join(frame(transport, message, encoding) for message in messages)
        if transport == "grpc-web-text":
            request.body = base64.b64encode(request.body)
        return request
    if method.is_unary or not method.streams_requests:
        request.body = messages[0]
    elif transport == "rest-array":
        request.body = b"[" + b",".join(messages) + b"]"
    else:
        request.body = b"".join(frame(transport, message) for message in messages)
    if encoding:
        request.body = bombs.pack(encoding, request.body)
    return request


def call(addr, transport, method, messages, encoding=None, headers=None):
    """A call from its beginning to its end."""
    return perform(addr, transport, prepare(transport, method, messages, encoding, headers))


def perform(addr, transport, request):
    if request.version == 1:
        answer = http1.call(addr, request.verb, request.path, request.headers, request.body)
        return outcome(transport, answer)
    connection = http2.Http2(addr)
    try:
        number = connection.open(request.path, request.headers, request.verb, end=not request.body)
        if request.body:
            connection.send(number, request.body, end=True)
        return outcome_h2(transport, connection.finish(number))
    finally:
        connection.close()


def outcome_h2(transport, stream):
    if stream.status is None:
        how = http2.reason(stream.reset) if stream.reset is not None else "nothing came"
        return Outcome(f"reset {how}" if stream.reset is not None else how, 0, 0)
    found = outcome(transport, stream.answer())
    if stream.reset not in (None, 0) and not found.code:
        found.code = f"reset {http2.reason(stream.reset)}"
    return found


def outcome(transport, answer):
    """What an answer says of its call."""
    found = Outcome("", answer.status, answer.size, headers=answer.headers, data=answer.data)
    try:
        if transport.startswith("grpc"):
            of_grpc(transport, answer, found)
        elif transport.startswith("connect-stream"):
            flags, last = last_envelope(answer.data)
            error = json.loads(last).get("error") if flags & 2 else None
            of_json(found, error, flags & 2)
        elif codec_of_answer(answer) == "proto" and answer.status >= 400:
            status = status_pb2.Status.FromString(answer.data)
            of_status(found, status)
        else:
            of_json(found, error_in(answer), answer.status == 200)
    except (ValueError, KeyError, IndexError, struct.error) as error:
        found.message = f"cannot be read: {error!r}"
    return found


def codec_of_answer(answer):
    return "proto" if "protobuf" in answer.headers.get("content-type", "") else "json"


def last_envelope(data):
    flags, last = 0, b""
    while data:
        flags, length = struct.unpack(">BI", data[:5])
        last, data = data[5 : 5 + length], data[5 + length :]
    return flags, last


def of_grpc(transport, answer, found):
    trailers = {**answer.headers, **answer.trailers}
    if transport.startswith("grpc-web") and answer.data and "grpc-status" not in trailers:
        data = answer.data
        if transport == "grpc-web-text":
            # Each part may have been padded by itself.
            data = b"".join(base64.b64decode(data[at : at + 4]) for at in range(0, len(data), 4))
        flags, last = last_envelope(data)
        if flags & 128:
            trailers |= dict(line.split(": ", 1) for line in last.decode().splitlines() if ": " in line)
    if "grpc-status" not in trailers:
        return
    found.code, found.message = CODES[int(trailers["grpc-status"])], trailers.get("grpc-message", "")
    found.size += sum(len(name) + len(value) for name, value in answer.trailers.items())
    if details := trailers.get("grpc-status-details-bin"):
        of_status(found, status_pb2.Status.FromString(base64.b64decode(details + "===")))


def of_status(found, status):
    found.code, found.message = CODES[status.code], status.message
    for detail in status.details:
        request = error_details_pb2.BadRequest()
        if detail.Unpack(request):
            found.violations = len(request.field_violations)
            found.last = request.field_violations[-1].description


def error_in(answer):
    """The error in an answer's JSON, or in the last message of a stream."""
    if not answer.data:
        return None
    try:
        content = json.loads(answer.data)
    except ValueError:
        content = json.loads(answer.data.splitlines()[-1])
    if isinstance(content, list):
        content = content[-1] if content else {}
    if isinstance(content, dict) and "error" in content:
        content = content["error"]
    return content if isinstance(content, dict) and "code" in content and "message" in content else None


def of_json(found, error, good):
    if error is None:
        found.code = "OK" if good else ""
        return
    code = error["code"]
    found.code = JSON_CODES.get(code, code) if isinstance(code, str) else CODES[code]
    found.message = error.get("message", "")
    for detail in error.get("details", []):
        if violations := detail.get("fieldViolations"):
            found.violations, found.last = len(violations), violations[-1].get("description", "")
        elif detail.get("type", "").endswith("BadRequest"):
            request = error_details_pb2.BadRequest.FromString(base64.b64decode(detail["value"] + "==="))
            found.violations = len(request.field_violations)
            found.last = request.field_violations[-1].description


def of_frames(frames):
    """How a call over WebSocket ended, by its frames."""
    found = Outcome("", 101, sum(len(payload) for _, payload in frames))
    for opcode, payload in frames:
        if opcode == http1.CLOSE:
            code = int.from_bytes(payload[:2], "big") if payload else 0
            found.code = "OK" if code == 1000 else CODES.get(code - 4000, f"closed with {code}")
            found.message = payload[2:].decode("utf-8", "replace")
        elif opcode == http1.TEXT and b'"fieldViolations"' in payload:
            error = json.loads(payload)["error"]
            of_json(found, error, False)
    return found
