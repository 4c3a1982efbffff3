"""Row 12: bodies and messages that begin, and do not go on."""

import time

import http1
import http2
from harness import Wrong, attack
from shop_calls import BATCH, CHAT, CREATE_USER, MONITOR
from transports import head, outcome, outcome_h2

# With the short limits of `victims.SHORT`, all is over by then.
OVER = 5
LATE = ("DEADLINE_EXCEEDED", "CANCELLED", "UNAVAILABLE", "ABORTED")

UNARY = ["grpc-web", "grpc-web-text", "connect-proto", "connect-json", "rest-json", "rest-proto"]
STREAMS = ["grpc-web", "connect-stream-proto", "ndjson", "rest-array", "rest-stream-proto"]


def beginning(transport):
    """The first byte of a body, as it could be."""
    if transport == "grpc-web-text":
        return b"A"
    if transport.startswith(("grpc", "connect-stream")):
        return b"\0"
    return b"\x0a" if "proto" in transport else b"[" if transport == "rest-array" else b"{"


def stalls(victim, transport, method, sent, length=b"100"):
    """Over HTTP/1.1: the answer that comes in time, or the end of the connection."""
    request = head(transport, method)
    plug = http1.connect(victim.addr, timeout=OVER)
    plug.sendall(http1.head(request.verb, request.path, request.headers | {"content-length": length.decode()}) + sent)
    start = time.monotonic()
    try:
        found = outcome(transport, http1.answer(plug))
    except TimeoutError:
        raise Wrong(f"open after {OVER} s") from None
    except (ConnectionError, http1.http.client.HTTPException):
        return f"closed after {time.monotonic() - start:.1f} s"
    finally:
        plug.close()
    if found.code not in LATE and found.http != 408:
        raise Wrong(str(found))
    return f"{found} after {time.monotonic() - start:.1f} s"


@attack(12, *UNARY, fast=("grpc-web", "rest-json"))
def one_byte_of_a_request(victim, transport):
    return stalls(victim, transport, CREATE_USER, beginning(transport))


@attack(12, *STREAMS, fast=("connect-stream-proto",))
def one_byte_of_a_stream(victim, transport):
    return stalls(victim, transport, BATCH, beginning(transport))


@attack(12, *STREAMS[:3])
def one_byte_of_a_chat(victim, transport):
    """A message that has begun, in a stream of both directions."""
    return stalls(victim, transport, CHAT, beginning(transport))


@attack(12, "grpc-web", "rest-json")
def nothing_of_a_request(victim, transport):
    return stalls(victim, transport, CREATE_USER, b"")


@attack(12, "grpc", "connect-json", "rest-json", fast=("grpc",))
def one_byte_over_http2(victim, transport):
    """Unary and streaming requests on one connection."""
    connection, numbers = http2.Http2(victim.addr), []
    for method in (CREATE_USER, BATCH, CHAT) if transport == "grpc" else (CREATE_USER,):
        request = head(transport, method)
        number = connection.open(request.path, request.headers, request.verb)
        connection.send(number, beginning(transport))
        numbers.append(number)
    start = time.monotonic()
    connection.wait(lambda: all(connection.streams[number].over for number in numbers), OVER)
    streams = [connection.streams[number] for number in numbers]
    connection.close()
    if left := sum(not stream.over for stream in streams):
        raise Wrong(f"{left} of {len(streams)} streams open after {OVER} s")
    seen = ", ".join(outcome_h2(transport, stream).code for stream in streams)
    return f"{seen} after {time.monotonic() - start:.1f} s"


@attack(12, "websocket", fast=("websocket",))
def one_byte_of_a_frame(victim, transport):
    """Half a header of a frame, and the first fragment of a message."""
    seen = []
    for sent in (b"\x81", http1.frame(http1.TEXT, b"{", fin=False), http1.frame(http1.TEXT, b"{" * 100)[:20]):
        socket = http1.WebSocket(victim.addr, MONITOR.path)
        socket.plug.sendall(sent)
        start = time.monotonic()
        try:
            frames = socket.until_close(OVER)
        except TimeoutError:
            raise Wrong(f"open after {OVER} s: {sent[:8]}") from None
        finally:
            socket.close()
        seen.append(f"{'close frame' if frames else 'end'} after {time.monotonic() - start:.1f} s")
    return ", ".join(seen)


@attack(12, "rest-json", "grpc-web", "connect-json", options={"--min-body-rate": "1000"})
def drip(victim, transport):
    """Two bytes a second: never idle, and never done."""
    request = head(transport, CREATE_USER)
    plug = http1.connect(victim.addr, timeout=0.5)
    plug.sendall(http1.head(request.verb, request.path, request.headers | {"content-length": "4000000"}))
    plug.sendall(beginning(transport) + b"\0\x3f\xff\xff" * transport.startswith("grpc"))
    start = time.monotonic()
    try:
        while time.monotonic() - start < 8:
            plug.sendall(b" ")
            try:
                plug.recv(1 << 16)  # an answer, or the end
                break
            except TimeoutError:
                pass
        else:
            raise Wrong("taken for 8 s")
    except ConnectionError:
        pass
    finally:
        plug.close()
    return f"over after {time.monotonic() - start:.1f} s"


@attack(12, "http1", "http2", "websocket", fast=("http1",))
def connection_that_says_nothing(victim, transport):
    """A connection that is open, after a call (HTTP/1.1), or without one. Pings are not answered."""
    plug = http1.connect(victim.addr)
    if transport == "http1":
        plug.sendall(http1.head("GET", "/nothing", {}, victim.addr))
        http1.answer(plug, "GET")
    elif transport == "http2":
        plug.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000"))
    else:
        plug = http1.WebSocket(victim.addr, MONITOR.path).plug
    start = time.monotonic()
    if not http1.ended_within(plug, OVER):
        raise Wrong(f"open after {OVER} s")
    return f"over after {time.monotonic() - start:.1f} s"
