"""Row 5: callers that do not read what they have asked for."""

import json
import pathlib
import random
import time

import http1
import http2
from harness import MIB, Wrong, attack
from shop_calls import CHAT, CREATE_USER, GET_ORDERS, PLACE_ORDER, Body, Method, field
from support import ADA
from transports import CALLS, call, prepare

# The attack's own deadline, and how much later the server must have let go.
DEADLINE, GRACE = 2, 2.5
LARGE = 3_500_000
TINY = 4096  # of a receive buffer


def timeout(transport, seconds=DEADLINE):
    """The header with a deadline."""
    if transport.startswith("grpc"):
        return {"grpc-timeout": f"{seconds}S"}
    if transport.startswith("connect"):
        return {"connect-timeout-ms": str(seconds * 1000)}
    return {"x-request-timeout": str(seconds)}


def large_user(victim, text="x" * LARGE):
    """A user whose answer has 3.5 MB, as calls of its id."""
    user = {"name": "L", "email": "large@shop.example", "preferences": {"clientSettings": {"s": text}}}
    found = call(victim.addr, "rest-json", CREATE_USER, [json.dumps(user).encode()])
    if found.code != "OK":
        raise Wrong(f"no large user: {found}")
    user_id = json.loads(found.data)["id"]
    method = Method("shop.v1.UserService/GetUser", "GET", f"/v1/users/{user_id}")
    return method, Body(field(1, user_id.encode()), json.dumps({"userId": user_id}).encode())


def holds(victim, plug):
    """Whether the server still has its end of a connection. To read would tell as well, but help the server."""
    try:
        here, there = plug.getsockname()[1], plug.getpeername()[1]
    except OSError:
        return False  # the server has reset it
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        ports = [int(fields[column].rpartition(":")[2], 16) for column in (1, 2)]
        if ports == [there, here] and fields[9] != "0":
            return True
    return False


def let_go(victim, plugs, seconds):
    """How long it takes until the server has let go of all connections."""
    start = time.monotonic()
    while left := sum(holds(victim, plug) for plug in plugs):
        if time.monotonic() - start > seconds:
            raise Wrong(f"{left} of {len(plugs)} connections are still held after {seconds:.0f} s")
        time.sleep(0.05)
    return f"{len(plugs)} connections let go after {time.monotonic() - start:.1f} s"


# HTTP/2 with windows that stay shut.

SHUT = ["grpc", "grpc-web", "connect-json", "connect-proto", "rest-json", "rest-proto"]


# Not in every test run: how long the handlers of a debug build take says nothing. Without a limit it would be 700 MB.
@attack(5, *SHUT, memory=192 * MIB, cpu=6.0)
def many_answers_for_one_connection(victim, transport):
    """200 answers of 3.5 MB each are asked for, and no byte of them is taken. The deadline ends each call."""
    return ask_for_many(victim, transport, {})


@attack(5, "connect-json", "connect-proto", "rest-json", "rest-proto", memory=192 * MIB, cpu=8.0)
def compressed_answers_for_one_connection(victim, transport):
    """The same, compressed: what is random stays large."""
    text = random.Random(5).randbytes(LARGE // 2).hex()
    return ask_for_many(victim, transport, {"accept-encoding": "gzip"}, text)


def ask_for_many(victim, transport, headers, *text):
    method, body = large_user(victim, *text)
    victim.forget_peak()
    request = prepare(transport, method, [body.form("json" if "json" in transport else "proto")])
    if transport.startswith("rest"):
        request.body = b""
    connection, numbers = http2.Http2(victim.addr, window=0), []
    connection.wait(lambda: connection.connection.remote_settings.max_concurrent_streams < 1 << 31, 3)
    for _ in range(min(200, connection.connection.remote_settings.max_concurrent_streams)):
        sent = request.headers | timeout(transport) | headers
        number = connection.open(request.path, sent, request.verb, not request.body)
        if request.body:
            connection.send(number, request.body, end=True)
        numbers.append(number)
    start = time.monotonic()
    connection.wait(lambda: all(connection.streams[number].over for number in numbers), DEADLINE + GRACE)
    over, seconds = sum(connection.streams[number].over for number in numbers), time.monotonic() - start
    closed = connection.closed or connection.goaway is not None
    connection.close()
    if over < len(numbers) and not closed:
        raise Wrong(f"{over} of {len(numbers)} streams over after {seconds:.1f} s")
    return f"{len(numbers)} streams, all over after {seconds:.1f} s"


@attack(5, "connect-json", "connect-proto", "rest-json", "rest-proto", memory=192 * MIB, cpu=8.0)
def many_answers_that_are_compressed(victim, transport):
    """40 of them, compressed, by a caller that reads them: each takes a while to write."""
    method, body = large_user(victim)
    victim.forget_peak()
    request = prepare(transport, method, [body.form("json" if "json" in transport else "proto")])
    if transport.startswith("rest"):
        request.body = b""
    connection, numbers = http2.Http2(victim.addr), []
    for _ in range(40):
        headers = request.headers | {"accept-encoding": "gzip"}
        number = connection.open(request.path, headers, request.verb, not request.body)
        if request.body:
            connection.send(number, request.body, end=True)
        numbers.append(number)
    connection.wait(lambda: all(connection.streams[number].over for number in numbers), 20)
    answers = [connection.streams[number] for number in numbers]
    connection.close()
    # What is beyond the limit for one connection is refused.
    refused = sum(answer.status == 429 for answer in answers)
    if wrong := [answer.status for answer in answers if answer.status not in (200, 429) or not answer.over]:
        raise Wrong(f"{len(wrong)} of {len(numbers)} are not answered: {wrong[:5]}")
    if refused > len(numbers) // 2:
        raise Wrong(f"{refused} of {len(numbers)} are refused, by a server whose answers are read")
    return f"{len(numbers) - refused} answers, {refused} refused"


@attack(5, "grpc", "rest-json", memory=64 * MIB, cpu=6.0)
def window_of_one_byte(victim, transport):
    """The window opens by a byte at a time: each is progress, and all the same nobody waits for that."""
    method, body = large_user(victim)
    request = prepare(transport, method, [body.proto])
    if transport == "rest-json":
        request.body = b""
    connection = http2.Http2(victim.addr, window=1)
    number = connection.open(request.path, request.headers | timeout(transport), request.verb, not request.body)
    if request.body:
        connection.send(number, request.body, end=True)
    start = time.monotonic()
    while not connection.streams[number].over and not connection.closed:
        if time.monotonic() - start > DEADLINE + GRACE:
            raise Wrong(f"the stream goes on after {DEADLINE + GRACE} s")
        connection.pump(0.1)
    connection.close()
    return f"over after {time.monotonic() - start:.1f} s"


# HTTP/1.1.


# Four answers under way: each is there as the shop has it, as a message, and as bytes.
@attack(5, "rest-json", "connect-json", "grpc-web", fast=("rest-json",), memory=96 * MIB, cpu=2.0)
def answers_over_http1(victim, transport):
    """Five calls one behind the other on each of four connections, none of whose answers is read."""
    method, body = large_user(victim)
    victim.forget_peak()
    request = prepare(transport, method, [body.form("json" if "json" in transport else "proto")])
    if transport == "rest-json":
        request.body = b""
    headers = request.headers | timeout(transport) | {"content-length": len(request.body)}
    plugs = [http1.connect(victim.addr, receive_buffer=TINY) for _ in range(4)]
    for plug in plugs:
        plug.sendall((http1.head(request.verb, request.path, headers) + request.body) * 5)
    return let_go(victim, plugs, DEADLINE + GRACE)


@attack(5, "rest-json", memory=96 * MIB, cpu=2.0, options={"--send-timeout": "2"})
def answers_over_http1_without_a_deadline(victim, transport):
    """The watch has no deadline of its own: what ends it is the time to send."""
    method, _ = large_user(victim)
    plugs = [http1.connect(victim.addr, receive_buffer=TINY) for _ in range(4)]
    for plug in plugs:
        plug.sendall(http1.head("GET", method.path, {}) * 5)
    return let_go(victim, plugs, 6)


# Streams.


def fill_orders(victim, count=60):
    """Orders of Ada's with 64 kB of labels each."""
    labels = {f"{number:064d}": "v" * 1000 for number in range(64)}
    order = {
        "lines": [{"productId": "cable", "quantity": 1}],
        "shippingAddress": {"lines": ["1 Main St"], "city": "Arlington", "countryCode": "US"},
        "payment": {"points": True},
        "labels": labels,
    }
    text = json.dumps(order).encode()
    for _ in range(count):
        found = call(victim.addr, "rest-json", PLACE_ORDER, [text])
        if found.code != "OK":
            raise Wrong(f"no order: {found}")


def orders(transport, deadline=True):
    """A call for many orders."""
    body = Body(field(1, ADA.encode()) + b"\x10\xe8\x07", json.dumps({"userId": ADA, "limit": 1000}).encode())
    request = prepare(transport, GET_ORDERS, [body.form("json" if "json" in transport else "proto")])
    if transport not in CALLS:
        request.body, request.path = b"", f"{GET_ORDERS.path}?limit=1000"
    if deadline:
        request.headers |= timeout(transport)
    return request


@attack(5, "grpc-web", "connect-stream-json", "ndjson", "sse", "rest-array", fast=("sse",), memory=64 * MIB, cpu=4.0)
def streams_over_http1(victim, transport):
    fill_orders(victim)
    request = orders("ndjson" if transport == "sse" else transport)
    if transport == "sse":
        request.headers["accept"] = "text/event-stream"
    headers = request.headers | {"content-length": len(request.body)}
    plugs = [http1.connect(victim.addr, receive_buffer=TINY) for _ in range(4)]
    for plug in plugs:
        plug.sendall(http1.head(request.verb, request.path, headers) + request.body)
    return let_go(victim, plugs, DEADLINE + GRACE)


@attack(5, "grpc", "ndjson", memory=64 * MIB, cpu=4.0)
def streams_over_http2(victim, transport):
    """Streams of answers to a connection whose windows are shut."""
    fill_orders(victim)
    request = orders(transport)
    connection, numbers = http2.Http2(victim.addr, window=0), []
    for _ in range(100):
        number = connection.open(request.path, request.headers, request.verb, not request.body)
        if request.body:
            connection.send(number, request.body, end=True)
        numbers.append(number)
    start = time.monotonic()
    connection.wait(lambda: all(connection.streams[number].over for number in numbers), DEADLINE + GRACE)
    over = sum(connection.streams[number].over for number in numbers)
    closed = connection.closed
    connection.close()
    if over < len(numbers) and not closed:
        raise Wrong(f"{over} of {len(numbers)} streams over after {DEADLINE + GRACE} s")
    return f"{len(numbers)} streams, all over after {time.monotonic() - start:.1f} s"


@attack(5, "websocket", fast=("websocket",), memory=64 * MIB, cpu=4.0)
def stream_over_websocket(victim, transport):
    fill_orders(victim)
    path, headers = f"{GET_ORDERS.path}?limit=1000", timeout("websocket")
    sockets = [http1.WebSocket(victim.addr, path, receive_buffer=TINY, **headers) for _ in range(4)]
    found = let_go(victim, [socket.plug for socket in sockets], DEADLINE + GRACE)
    return found


@attack(5, "websocket", memory=64 * MIB, cpu=4.0)
def chat_that_is_not_listened_to(victim, transport):
    """A caller that talks without end, and hears nothing of what it says itself."""
    socket = http1.WebSocket(victim.addr, CHAT.path, receive_buffer=TINY, **timeout("websocket"))
    say = {"sessionId": "r", "userId": ADA, "message": "x" * 4000}
    frames = http1.frame(http1.TEXT, json.dumps(say).encode()) * 10
    socket.plug.settimeout(1)
    try:
        for _ in range(500):
            socket.plug.sendall(frames)
    except (TimeoutError, ConnectionError):
        pass
    return let_go(victim, [socket.plug], DEADLINE + GRACE)


@attack(5, "websocket", options={"--send-timeout": "2"}, memory=64 * MIB, cpu=4.0)
def websocket_without_a_deadline(victim, transport):
    fill_orders(victim)
    path = f"{GET_ORDERS.path}?limit=1000"
    sockets = [http1.WebSocket(victim.addr, path, receive_buffer=TINY) for _ in range(4)]
    return let_go(victim, [socket.plug for socket in sockets], 6)
