"""Row 6: JSON as deep as it may be, into a field that protobuf has to read back."""

import json

import http1
from harness import Wrong, attack
from shop_calls import BATCH, Body, Method, field
from support import GRACE
from transports import call, codec_of, of_frames

# Not the user that the other client asks for: what cannot be read must not stop that one.
GET_USER = Method("shop.v1.UserService/GetUser", "GET", f"/v1/users/{GRACE}")
PREFERENCES = Method("shop.v1.UserService/UpdatePreferences", "PATCH", f"/v1/users/{GRACE}/preferences")
DEPTHS = [1, 10, *range(29, 37), *range(47, 53), *range(96, 103), 150]


def nested(kind, depth):
    """A `Struct` whose one value is so deep, as protobuf and as JSON: objects in objects, or arrays in arrays."""
    proto = b"\x11" + bytes(8)  # the number 0, in a Value
    if kind == "objects":
        for _ in range(depth - 1):
            proto = field(5, field(1, field(1, b"a") + field(2, proto)))
        text = b'{"a":' * depth + b"0" + b"}" * depth
    else:
        for _ in range(depth - 1):
            proto = field(6, field(1, proto))
        text = b'{"a":' + b"[" * (depth - 1) + b"0" + b"]" * (depth - 1) + b"}"
    return Body(field(1, field(1, b"a") + field(2, proto)), text)


def settings(kind, depth):
    """The preferences with that, as the call that writes them."""
    struct = nested(kind, depth)
    mask = field(3, field(1, b"client_settings"))
    proto = field(1, GRACE.encode()) + field(2, field(4, struct.proto)) + mask
    text = {"userId": GRACE, "updateMask": "clientSettings"}
    whole = json.dumps(text).encode()[:-1] + b',"preferences":{"clientSettings":' + struct.json + b"}}"
    return Body(proto, whole), b'{"clientSettings":' + struct.json + b"}"


def write(addr, transport, kind, depth):
    body, rest = settings(kind, depth)
    message = rest if transport == "rest-json" else body.form(codec_of(transport))
    return call(addr, transport, PREFERENCES, [message])


WRITERS = ["grpc", "grpc+json", "grpc-web", "connect-json", "rest-json"]


def accepted(victim, transport, kind):
    """The depths that are taken. What is taken can be read, in both forms."""
    taken = []
    for depth in DEPTHS:
        found = write(victim.addr, transport, kind, depth)
        if found.code == "OK":
            taken.append(depth)
            for reader in ("rest-json", "grpc"):
                request = [b"" if reader == "rest-json" else field(1, GRACE.encode())]
                read = call(victim.addr, reader, GET_USER, request)
                if read.code != "OK":
                    raise Wrong(f"{depth} {kind} are taken, and over {reader} {read} comes back")
        elif found.code not in ("INVALID_ARGUMENT", "INTERNAL"):
            raise Wrong(f"{depth} {kind}: {found}")
    return taken


@attack(6, *WRITERS, fast=("rest-json", "connect-json"))
def depth(victim, transport):
    """What is written can be read, and each form takes the depths that the other takes."""
    words = []
    for kind in ("objects", "arrays"):
        taken = accepted(victim, transport, kind)
        other = "rest-json" if codec_of(transport) == "proto" else "grpc"
        same = [depth for depth in DEPTHS if write(victim.addr, other, kind, depth).code == "OK"]
        if taken != same:
            raise Wrong(f"{kind}: {max(taken, default=0)} deep, and over {other} {max(same, default=0)}")
        words.append(f"{max(taken, default=0)} {kind}")
    return f"{' and '.join(words)}, like {other}"


@attack(6, "websocket", fast=True)
def depth_of_an_event(victim, transport):
    """The same for a value in the middle of a stream's message."""
    words = []
    for kind in ("objects", "arrays"):
        taken = {http1.TEXT: [], http1.BINARY: []}
        for depth in DEPTHS:
            struct = nested(kind, depth)
            # A map of values: the entry's value is the struct.
            proto = field(1, b"e") + field(8, field(1, b"k") + field(2, field(5, struct.proto)))
            proto = field(1, b"b") + field(2, field(3, proto))
            text = b'{"processId":"b","data":{"event":{"id":"e","attributes":{"k":' + struct.json + b"}}}}"
            for opcode, message in ((http1.TEXT, text), (http1.BINARY, proto)):
                socket = http1.WebSocket(victim.addr, BATCH.path)
                socket.send(opcode, message)
                socket.send(http1.TEXT)
                if of_frames(socket.until_close()).code == "OK":
                    taken[opcode].append(depth)
                socket.close()
        if taken[http1.TEXT] != taken[http1.BINARY]:
            most = [max(depths, default=0) for depths in taken.values()]
            raise Wrong(f"{kind}: {most[0]} deep as JSON, {most[1]} as protobuf")
        words.append(f"{max(taken[http1.TEXT], default=0)} {kind}")
    return " and ".join(words)
