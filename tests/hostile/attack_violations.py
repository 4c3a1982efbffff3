"""Row 2: messages that break more rules than anybody wants to read about."""

import functools
import re

import http1
from harness import IS_DEBUG, MIB, Wrong, attack
from shop_calls import BATCH, CREATE_USER, GET_ORDERS, PLACE_ORDER, Body, field
from support import ADA
from transports import STREAMS, UNARY, call, codec_of, of_frames

# As large as a message may be.
LARGEST = MIB // 2 if IS_DEBUG else 4 * MIB
# A message may have 4 MiB, what it becomes 32 times as much; the message itself is there beside it.
DECODED = (4 * 32 + 24) * MIB
# Of bytes of an answer that says what is wrong.
ANSWER = 64 << 10
REFUSED = ("INVALID_ARGUMENT", "RESOURCE_EXHAUSTED")


@functools.cache
def roles():
    """As many empty roles as a message holds: each breaks the rule of an item, and together that of the list."""
    count = (LARGEST - 100) // 3
    json = b'{"name":"x","email":"x@shop.example","roles":[' + b",".join([b'""'] * count) + b"]}"
    head = field(1, b"x") + field(2, b"x@shop.example")
    return Body(head + b"\x22\x00" * ((LARGEST - 100) // 2), json)


@functools.cache
def lines():
    """Empty submessages: two bytes each in protobuf, three in JSON, and each of them breaks two rules."""
    json = b'{"lines":[' + b",".join([b"{}"] * ((LARGEST - 100) // 3)) + b"]}"
    return Body(field(1, ADA.encode()) + b"\x12\x00" * ((LARGEST - 100) // 2), json)


@functools.cache
def metadata():
    """Pairs with an empty key cannot be many in a map; these have a key each, too long, and a value too long."""
    pairs = [(b"%065d" % number, b"v" * 1025) for number in range(64)]
    json = b'{"name":"","email":"","metadata":{' + b",".join(b'"%s":"%s"' % pair for pair in pairs) + b"}}"
    return Body(b"".join(field(5, field(1, key) + field(2, value)) for key, value in pairs), json)


def in_a_batch(body):
    """The same as the request of a batch."""
    return Body(
        field(1, b"b") + field(2, field(1, body.proto)),
        b'{"processId":"b","data":{"createUser":' + body.json + b"}}",
    )


def refused(outcome):
    if outcome.code not in REFUSED or outcome.size > ANSWER or outcome.violations > 101:
        raise Wrong(str(outcome))
    return str(outcome)


def compression(transport):
    return "gzip" if transport.startswith("grpc") else "br"


@attack(2, *UNARY, fast=("grpc", "rest-json", "connect-json"), memory=DECODED, cpu=2.0)
def list_of_bad_items(victim, transport):
    """Kilobytes become a list of 1.4 or 2 million items that break a rule, where 16 are allowed."""
    message = roles().form(codec_of(transport))
    return refused(call(victim.addr, transport, CREATE_USER, [message], compression(transport)))


@attack(2, *UNARY, fast=("grpc", "rest-json"), memory=DECODED, cpu=2.0)
def list_of_empty_messages(victim, transport):
    message = lines().form(codec_of(transport))
    return refused(call(victim.addr, transport, PLACE_ORDER, [message], compression(transport)))


@attack(2, *STREAMS, "websocket", "websocket-proto", fast=("ndjson",), memory=DECODED, cpu=2.0)
def list_of_bad_items_in_a_stream(victim, transport):
    body = in_a_batch(Body(roles().proto[: LARGEST - 201], roles().json.replace(b'"",', b"", 100)))
    if transport.startswith("websocket"):
        return refused(by_websocket(victim, transport, body))
    message = body.form(codec_of(transport))
    return refused(call(victim.addr, transport, BATCH, [message], compression(transport)))


def by_websocket(victim, transport, body):
    socket = http1.WebSocket(victim.addr, BATCH.path)
    if transport == "websocket":
        socket.send(http1.TEXT, body.json)
    else:
        socket.send(http1.BINARY, body.proto)
    outcome = of_frames(socket.until_close())
    socket.close()
    return outcome


@attack(2, "grpc", "rest-json", front="gateway", memory=DECODED, cpu=2.0)
def list_of_bad_items_through_the_gateway(victim, transport):
    """The gateway knows the rules, too: it is what has to hold."""
    message = roles().form(codec_of(transport))
    return refused(call(victim.addr, transport, CREATE_USER, [message], compression(transport)))


@attack(2, "grpc", "ndjson", "rest-stream-proto", "websocket", fast=("grpc", "ndjson"), memory=DECODED, cpu=2.0)
def list_of_empty_values(victim, transport):
    """A list without rules, of messages that are two bytes each: what it becomes is bounded, taken or not."""
    count = (LARGEST - 200) // 5
    event = field(1, b"e") + field(9, b"\x0a\x00" * ((LARGEST - 200) // 2))
    trail = b"[" + b",".join([b"null"] * count) + b"]"
    body = Body(
        field(1, b"b") + field(2, field(3, event)),
        b'{"processId":"b","data":{"event":{"id":"e","trail":' + trail + b"}}}",
    )
    if transport == "websocket":
        socket = http1.WebSocket(victim.addr, BATCH.path)
        socket.send(http1.TEXT, body.json)
        socket.send(http1.TEXT)
        found = of_frames(socket.until_close())
        socket.close()
    else:
        found = call(victim.addr, transport, BATCH, [body.form(codec_of(transport))], compression(transport))
    if found.code not in ("OK", "RESOURCE_EXHAUSTED"):
        raise Wrong(str(found))
    return str(found)


@attack(2, "grpc", "grpc-web", "connect-proto", fast=("grpc",), memory=DECODED, cpu=2.0)
def packed_list_of_bad_items(victim, transport):
    """Four million values of an enum in one field. GetOrders streams: Connect has another media type for it."""
    transport = {"connect-proto": "connect-stream-proto"}.get(transport, transport)
    message = field(1, ADA.encode()) + field(3, bytes(LARGEST - 100))
    return refused(call(victim.addr, transport, GET_ORDERS, [message], "gzip"))


@attack(2, *UNARY, "websocket", fast=UNARY + ["websocket"], memory=16 * MIB)
def more_violations_than_are_reported(victim, transport):
    """130 rules broken: 100 are told, and a last line counts the rest. Where an error travels in headers there is room
    for fewer."""
    if transport == "websocket":
        outcome = by_websocket(victim, transport, in_a_batch(metadata()))
    else:
        outcome = call(victim.addr, transport, CREATE_USER, [metadata().form(codec_of(transport))])
    whole = transport.startswith(("rest", "websocket"))
    told = outcome.violations == 101 and re.search(r"\d", outcome.last) if whole else 1 < outcome.violations <= 101
    if outcome.code != "INVALID_ARGUMENT" or not told:
        raise Wrong(f"{outcome}, the last: {outcome.last!r}")
    return f"{outcome}, the last: {outcome.last!r}"
