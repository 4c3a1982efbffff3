"""Row 3: frames that must be answered, and whose answers nobody reads."""

import time


import http1
import http2
from harness import MIB, Wrong, attack
from shop_calls import CHAT, GET_USER, MONITOR

# What an attack sends at most, and for how long.
BYTES, SECONDS = 128 * MIB, 5
# A server that takes nothing more for so long has shut the tap.
BLOCKED = 1.5


def pour(plug, data):
    """Sends the same bytes again and again until the server stops taking them; how many, and what stopped it."""
    sent, stop = 0, time.monotonic() + SECONDS
    plug.settimeout(BLOCKED)
    try:
        while sent < BYTES and time.monotonic() < stop:
            sent += plug.send(data)
    except TimeoutError:
        return sent, "then it takes no more"
    except ConnectionError:
        return sent, "then it ends the connection"
    return sent, "and it takes all"


def told(sent, how):
    return f"{sent / 1e6:.0f} MB taken, {how}"


@attack(3, "websocket", "websocket-h2", fast=("websocket",), memory=16 * MIB, cpu=6.0)
def pings_whose_answers_are_not_read(victim, transport):
    pings = http1.frame(http1.PING, b"p" * 125) * 500
    if transport == "websocket":
        socket = http1.WebSocket(victim.addr, CHAT.path, receive_buffer=4096)
        found = told(*pour(socket.plug, pings))
        socket.close()
        return found
    connection = http2.Http2(victim.addr, window=0, reads=False)
    number = websocket_h2(connection, CHAT.path)
    sent, stop = 0, time.monotonic() + SECONDS
    while sent < BYTES and time.monotonic() < stop:
        if not connection.send(number, pings, patience=BLOCKED):
            break
        sent += len(pings)
    connection.close()
    return told(sent, "then it takes no more" if sent < BYTES else "and it takes all")


@attack(3, "websocket", front="gateway", memory=16 * MIB, cpu=6.0)
def pings_through_the_gateway(victim, transport):
    return pings_whose_answers_are_not_read(victim, transport)


def websocket_h2(connection, path):
    connection.wait(lambda: connection.connection.remote_settings.enable_connect_protocol, 5)
    headers = {":protocol": "websocket", "sec-websocket-version": "13"}
    number = connection.open(path, headers, verb="CONNECT")
    connection.wait(lambda: connection.streams[number].status, 5)
    if connection.streams[number].status != 200:
        raise Wrong(f"no WebSocket over HTTP/2: {connection.streams[number].status}")
    return number


@attack(3, "websocket", memory=16 * MIB, cpu=6.0)
def fragments_without_end(victim, transport):
    """Empty fragments of one message: they count for no size, and a message of them never ends."""
    socket = http1.WebSocket(victim.addr, CHAT.path)
    socket.send(http1.TEXT, b"{", fin=False)
    found = told(*pour(socket.plug, http1.frame(http1.CONTINUATION, b"", fin=False) * 4000))
    socket.close()
    if "all" in found:
        raise Wrong(found)
    return found


@attack(3, "http2", fast=True, memory=16 * MIB, cpu=4.0)
def http2_pings(victim, transport):
    """Ten thousand, all answers read: whoever asks so often is sent away."""
    return ends_the_connection(victim, bytes.fromhex("0000080600000000000000000000000000"), 10_000)


@attack(3, "http2", fast=True, memory=16 * MIB, cpu=4.0)
def http2_settings(victim, transport):
    return ends_the_connection(victim, bytes.fromhex("000000040000000000"), 10_000)


@attack(3, "http2", memory=16 * MIB, cpu=4.0)
def http2_empty_data(victim, transport):
    """Frames without content on a stream that stays open."""
    connection = http2.Http2(victim.addr)
    number = connection.open(f"/{MONITOR.rpc}", {"content-type": "application/grpc", "te": "trailers"})
    frame = bytes.fromhex("000000000000000000")[:5] + number.to_bytes(4, "big")
    return ends_the_connection(victim, frame, 100_000, connection)


@attack(3, "http2", fast=True, memory=32 * MIB, cpu=4.0)
def rapid_reset(victim, transport):
    """Calls that are begun and reset at once."""
    connection = http2.Http2(victim.addr)
    try:
        for _ in range(5000):
            number = connection.open(GET_USER.path, {}, "GET", end=True)
            connection.connection.reset_stream(number, 8)
            connection.flush()
            connection.pump(0)
            if connection.goaway is not None or connection.closed:
                break
    except Exception as error:  # h2 refuses to go on once the other side has gone
        if connection.goaway is None:
            raise Wrong(repr(error)) from error
    connection.wait(lambda: connection.goaway is not None, 2)
    return ending(connection)


def ends_the_connection(victim, frame, count, connection=None):
    connection = connection or http2.Http2(victim.addr)
    try:
        for _ in range(count // 100):
            connection.raw(frame * 100)
            connection.pump(0)
            if connection.goaway is not None or connection.closed:
                break
    except ConnectionError:
        connection.closed = True
    connection.wait(lambda: connection.goaway is not None, 2)
    return ending(connection)


def ending(connection):
    if connection.goaway is None and not connection.closed:
        connection.close()
        raise Wrong("the connection stays open")
    found = f"GOAWAY {http2.reason(connection.goaway)}" if connection.goaway is not None else "closed"
    connection.close()
    if connection.goaway not in (None, 11):
        raise Wrong(found)
    return found


@attack(3, "http2", fast=True, memory=16 * MIB, cpu=2.0)
def http2_pings_whose_answers_are_not_read(victim, transport):
    connection = http2.Http2(victim.addr, receive_buffer=4096)
    found = told(*pour(connection.plug, bytes.fromhex("0000080600000000000000000000000000") * 1000))
    connection.close()
    if "all" in found:
        raise Wrong(found)
    return found


@attack(3, "http2", fast=True)
def streams_that_a_connection_may_have(victim, transport):
    connection = http2.Http2(victim.addr)
    connection.wait(lambda: connection.connection.remote_settings.max_concurrent_streams < 1 << 31, 3)
    streams = connection.connection.remote_settings.max_concurrent_streams
    connection.close()
    if streams > 200:
        raise Wrong(f"{streams} streams")
    return f"{streams} streams"
