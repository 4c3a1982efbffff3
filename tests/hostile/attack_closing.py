"""Row 14: the end of a WebSocket."""

import json

import websockets.sync.client

import http1
import http2
from attack_floods import websocket_h2
from harness import Wrong, attack
from shop_calls import CHAT, MONITOR
from support import ADA

OPEN = 3  # seconds
# What is sent, and the code that comes back: a close frame is answered with its own.
CLOSES = {
    b"\x03\xe8": 1000,
    b"\x03\xe8bye": 1000,
    b"\x03\xe9": 1001,
    b"\x0b\xb8": 3000,
    b"\x0f\xa0custom": 4000,
    b"": None,
}
# Close frames that the protocol does not have: its own complaint comes back.
BAD_CLOSES = [b"\x03", b"\x03\xed", b"\x00\x00", b"\x03\xe8\xff\xfe"]


def close_code(frames):
    for opcode, payload in frames:
        if opcode == http1.CLOSE:
            return int.from_bytes(payload[:2], "big") if payload else None
    raise Wrong(f"no close frame, but {frames}")


def answer_to_close(victim, method, payload, before=()):
    socket = http1.WebSocket(victim.addr, method.path)
    try:
        for text in before:
            socket.send(http1.TEXT, text)
            socket.receive(OPEN)
        socket.send(http1.CLOSE, payload)
        code = close_code(socket.until_close(OPEN))
        if not http1.ended_within(socket.plug, OPEN):
            raise Wrong("the connection stays open")
    except TimeoutError:
        raise Wrong(f"no answer to a close frame within {OPEN} s") from None
    finally:
        socket.close()
    return code


TALK = {
    "monitor": (MONITOR, ()),
    "monitor-running": (MONITOR, (b'{"serviceId":"shop","interval":"0.5s"}',)),
    "chat": (CHAT, (json.dumps({"sessionId": "r", "userId": ADA, "message": "x"}).encode(),)),
}


@attack(14, *TALK, fast=TALK)
def close_is_answered(victim, transport):
    method, before = TALK[transport]
    for payload, expected in CLOSES.items():
        code = answer_to_close(victim, method, payload, before)
        if code not in (expected, 1000):
            raise Wrong(f"{code} for {payload}")
    return f"{len(CLOSES)} close frames, each answered"


@attack(14, "monitor", fast=True)
def malformed_close_is_answered(victim, transport):
    codes = [answer_to_close(victim, MONITOR, payload) for payload in BAD_CLOSES]
    if not set(codes) <= {1002, 1007, 4003}:
        raise Wrong(str(codes))
    return f"answered with {codes}"


@attack(14, "http2", fast=True)
def close_is_answered_over_http2(victim, transport):
    connection = http2.Http2(victim.addr)
    number = websocket_h2(connection, MONITOR.path)
    connection.send(number, http1.frame(http1.CLOSE, b"\x03\xe8"))
    stream = connection.finish(number, OPEN)
    connection.close()
    frames, _ = http1.parse_frames(stream.data)
    code = close_code(frames)
    if not stream.over:
        raise Wrong("the stream stays open")
    return f"answered with {code}"


@attack(14, "websockets", fast=True)
def close_of_a_library(victim, transport):
    """As Python's `websockets` sees it."""
    with websockets.sync.client.connect(f"ws://{victim.addr}{MONITOR.path}", close_timeout=OPEN) as socket:
        socket.send('{"serviceId":"shop"}')
        socket.recv(OPEN)
        socket.close(1000, "done")
        if socket.protocol.close_rcvd is None:
            raise Wrong("no close frame came back")
        return f"answered with {socket.protocol.close_rcvd.code}"
