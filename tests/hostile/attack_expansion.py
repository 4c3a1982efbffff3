"""Rows 4, 8 and 9: small bytes that become large ones."""

import base64

import http1
import http2
from bombs import bomb, brotli_large_window, gzip, pieces, zstd_large_window
from harness import IS_DEBUG, MIB, Wrong, attack
from shop_calls import BATCH, CREATE_USER, MONITOR, UPLOAD, field
from transports import (
    envelope,
    head,
    outcome_h2,
    perform,
    stream_body,
)

# It would be a GiB as easily; this is enough to tell.
LARGE = (64 if IS_DEBUG else 256) * MIB
PING = b'{"processId":"b","data":{"ping":{}}}'
PING_PROTO = field(1, b"b") + field(2, field(5, b""))
TOO_MUCH = ("RESOURCE_EXHAUSTED", "OUT_OF_RANGE")


def exhausted(found, http=None):
    if found.code != "RESOURCE_EXHAUSTED" or (http and found.http != http):
        raise Wrong(str(found))
    return str(found)


# Row 4.


def streamed(transport, encoding):
    """The body of a stream of requests that has a lot of nothing between its messages."""
    if transport == "rest-stream-proto":
        return bomb(encoding, b"\x7a\x00", LARGE, before=stream_body(PING_PROTO))
    before = b"[" + PING if transport == "rest-array" else PING
    return bomb(encoding, b" ", LARGE, before=before)


@attack(
    4,
    *[
        f"{transport}/{encoding}"
        for transport in ("ndjson", "rest-array", "rest-stream-proto")
        for encoding in ("br", "gzip", "zstd")
    ],
    fast=("ndjson/br", "rest-stream-proto/gzip"),
    cpu=0.5,
)
def nothing_between_messages(victim, transport):
    transport, encoding = transport.split("/")
    request = head(transport, BATCH, encoding)
    request.body = streamed(transport, encoding)
    return f"{len(request.body)} bytes: " + exhausted(perform(victim.addr, transport, request), 413)


@attack(4, "ndjson/br", "rest-array/br", "rest-stream-proto/br", fast=("ndjson/br",), cpu=0.5)
def nothing_between_messages_with_a_deadline(victim, transport):
    """A deadline ends even what would be refused later; either may come first."""
    transport, encoding = transport.split("/")
    request = head(transport, BATCH, encoding, {"x-request-timeout": "0.3"})
    request.body = streamed(transport, encoding)
    found = perform(victim.addr, transport, request)
    if (found.code, found.http) not in (("RESOURCE_EXHAUSTED", 413), ("DEADLINE_EXCEEDED", 504)):
        raise Wrong(str(found))
    return str(found)


@attack(
    4,
    "rest-json/br",
    "rest-json/gzip",
    "rest-json/zstd",
    "rest-proto/br",
    "connect-json/br",
    "connect-proto/zstd",
    "grpc/gzip",
    "grpc/zstd",
    "grpc-web/gzip",
    "grpc-web-text/gzip",
    "connect-stream-json/br",
    fast=("rest-json/br", "grpc/gzip", "connect-json/br"),
    cpu=1.0,
)
def message_of_spaces(victim, transport):
    """One message that is a lot of spaces."""
    transport, encoding = transport.split("/")
    bytes_ = bomb(encoding, b" ", LARGE)
    method = BATCH if "stream" in transport else CREATE_USER
    request = head(transport, method, encoding)
    request.body = envelope(bytes_, 1) if transport.startswith(("grpc", "connect-stream")) else bytes_
    if transport == "grpc-web-text":
        request.body = base64.b64encode(request.body)
    return f"{len(request.body)} bytes: " + exhausted(perform(victim.addr, transport, request))


@attack(4, "grpc", "grpc-web", "connect-stream-proto", "rest-stream-proto/gzip", memory=32 * MIB, cpu=8.0)
def messages_without_content(victim, transport):
    """A million of them to a handler that takes every one of a batch: it refuses after a thousand."""
    transport, _, encoding = transport.partition("/")
    if encoding:
        request = head(transport, BATCH, encoding)
        request.body = gzip(pieces(stream_body(PING_PROTO), 16 * MIB))
    else:
        request = head(transport, BATCH)
        request.body = envelope(PING_PROTO) * 300_000
    found = perform(victim.addr, transport, request)
    if found.code not in TOO_MUCH and not found.code.startswith("reset"):
        raise Wrong(str(found))
    return str(found)


# Row 8.

STREAMS = 200


def large_request():
    """As large as a message may be, compresses well, in a field that MonitorRequest does not have."""
    return field(1, b"shop") + field(100, bytes((MIB // 2 if IS_DEBUG else 4 * MIB) - 100))


@attack(8, "grpc", fast=True, memory=64 * MIB, cpu=6.0)
def large_message_on_each_open_stream(victim, transport):
    """Each stream has had its message and stays open: nothing of the message may stay with it."""
    message = envelope(gzip([large_request()]), 1)
    connection, opened = http2.Http2(victim.addr), []
    most = min(STREAMS, connection_streams(connection))
    for _ in range(most):
        number = connection.open(f"/{MONITOR.rpc}", head("grpc", MONITOR, "gzip").headers)
        connection.send(number, message)
        opened.append(number)
    connection.wait(lambda: all(connection.streams[number].data for number in opened), 15)
    answered = sum(bool(connection.streams[number].data) for number in opened)
    held = victim.resident()
    connection.close()
    return (
        f"{answered} of {most} streams answered, {len(message) * most / 1e3:.0f} kB sent, {held / 1e6:.0f} MB resident"
    )


@attack(8, "grpc-web", "connect-stream-proto", memory=64 * MIB, cpu=6.0)
def large_message_on_each_open_call(victim, transport):
    """The same over HTTP/1.1, on a connection for each."""
    message = envelope(gzip([large_request()]), 1)
    request, plugs = head(transport, MONITOR, "gzip"), []
    for _ in range(60):
        plug = http1.connect(victim.addr)
        headers = request.headers | {"transfer-encoding": "chunked"}
        plug.sendall(http1.head("POST", request.path, headers) + b"%x\r\n%b\r\n" % (len(message), message))
        plugs.append(plug)
    for plug in plugs:
        plug.recv(1)
    for plug in plugs:
        plug.close()
    return f"{len(plugs)} answered"


@attack(8, "websocket", memory=64 * MIB, cpu=4.0)
def large_message_on_each_socket(victim, transport):
    sockets = []
    for _ in range(40):
        socket = http1.WebSocket(victim.addr, MONITOR.path, "rsvc.protobuf")
        socket.send(http1.BINARY, large_request())
        sockets.append(socket)
    answered = sum(bool(socket.receive()) for socket in sockets)
    for socket in sockets:
        socket.close()
    return f"{answered} of {len(sockets)} answered"


@attack(8, "grpc", "connect-stream-proto", fast=("grpc",), memory=32 * MIB)
def message_that_is_announced_and_never_comes(victim, transport):
    """Five bytes say that four MiB follow, on every stream that there is."""
    announced = b"\0" + (4 * MIB - 1).to_bytes(4, "big")
    request, connection = head(transport, UPLOAD), http2.Http2(victim.addr)
    most = min(STREAMS, connection_streams(connection))
    for _ in range(most):
        connection.send(connection.open(request.path, request.headers), announced)
    connection.wait(lambda: False, 1)
    connection.close()
    return f"{most} streams open"


def connection_streams(connection):
    connection.wait(lambda: connection.connection.remote_settings.max_concurrent_streams < 1 << 31, 3)
    return connection.connection.remote_settings.max_concurrent_streams


# Row 9.

OPEN = 60
WINDOWS = {"br": brotli_large_window(), "zstd": zstd_large_window()}


@attack(
    9,
    "rest-json/br",
    "rest-json/zstd",
    "ndjson/br",
    "ndjson/zstd",
    "rest-stream-proto/br",
    "connect-json/br",
    "connect-json/zstd",
    fast=("rest-json/br", "ndjson/br", "connect-json/br"),
    memory=32 * MIB,
)
def large_window(victim, transport):
    """A few bytes that promise a window of 16 MiB (zstd: 128 MiB), and a body that does not go on."""
    transport, encoding = transport.split("/")
    start = WINDOWS[encoding]
    method = BATCH if "json" not in transport or transport == "ndjson" else CREATE_USER
    request, plugs = head(transport, method, encoding), []
    for _ in range(OPEN):
        plug = http1.connect(victim.addr)
        plug.sendall(http1.head(request.verb, request.path, request.headers | {"content-length": "1000"}) + start)
        plugs.append(plug)
    http1.ended_within(plugs[-1], 0.5)
    for plug in plugs:
        plug.close()
    return f"{OPEN} requests of {len(start)} bytes"


@attack(
    9,
    "ndjson/br",
    "ndjson/zstd",
    "rest-array/br",
    "rest-stream-proto/br",
    memory=96 * MIB,
    cpu=4.0,
)
def large_window_that_is_used(victim, transport):
    """Less than a hundred bytes whose window has 3 MiB in it, between two messages. It is kept: 64 MiB for all."""
    transport, encoding = transport.split("/")
    before = stream_body(PING_PROTO) if transport == "rest-stream-proto" else PING
    before = b"[" + before if transport == "rest-array" else before
    nothing = b"\x7a\x00" if transport == "rest-stream-proto" else b" "
    start = bomb(encoding, nothing, 3 * MIB, before=before, whole=False)
    request, plugs = head(transport, BATCH, encoding), []
    for _ in range(OPEN):
        plug = http1.connect(victim.addr)
        plug.sendall(http1.head(request.verb, request.path, request.headers | {"content-length": "100000"}) + start)
        plugs.append(plug)
    http1.ended_within(plugs[-1], 1)
    for plug in plugs:
        plug.close()
    return f"{OPEN} requests of {len(start)} bytes"


@attack(9, "grpc/zstd", "connect-stream-proto/br", "connect-stream-proto/zstd", memory=32 * MIB)
def large_window_of_a_message(victim, transport):
    """The same in a message of its own: it is whole, and refused or nothing but its one byte."""
    transport, encoding = transport.split("/")
    request = head(transport, MONITOR, encoding)
    connection, numbers = http2.Http2(victim.addr), []
    for _ in range(OPEN):
        number = connection.open(request.path, request.headers)
        connection.send(number, envelope(WINDOWS[encoding], 1))
        numbers.append(number)
    connection.wait(lambda: all(connection.streams[number].over for number in numbers), 5)
    codes = {outcome_h2(transport, connection.streams[number]).code for number in numbers}
    connection.close()
    if not codes <= {"INTERNAL", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"}:
        raise Wrong(str(codes))
    return f"{OPEN} streams: {', '.join(codes)}"
