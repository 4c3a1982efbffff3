"""Rows 13 and 16: heads of requests that are too long, malformed, or never whole."""

import signal
import subprocess
import time

import http1
import http2
from harness import MIB, Wrong, attack
from shop_calls import GET_USER
from support import ADA
from transports import call

GET_USER_PROTO = b"\x0a\x24" + ADA.encode()


def status_of(victim, text, verb="GET"):
    """The status that some bytes get, 0 if the connection just ends."""
    with http1.connect(victim.addr, timeout=5) as plug:
        try:
            plug.sendall(text)
        except ConnectionError:
            pass
        try:
            return http1.answer(plug, verb).status
        except TimeoutError:
            raise Wrong("no answer after 5 s") from None
        except (ConnectionError, http1.http.client.HTTPException):
            return 0


def must(found, *allowed):
    if found not in allowed:
        raise Wrong(f"{found}, not {' or '.join(map(str, allowed))}")
    return str(found)


LONG = {
    "one header": ({"x-long": "x" * 400_000}, GET_USER.path, 431),
    "400 headers": ({f"x-{number}": "x" * 1000 for number in range(400)}, GET_USER.path, 431),
    "80 headers": ({f"x-{number}": "x" * 1000 for number in range(80)}, GET_USER.path, 431),
    "a path": ({}, "/v1/users/" + "x" * 60_000, 414),
    "a query": ({}, GET_USER.path + "?x=" + "y" * 400_000, 414),
}


@attack(13, *LONG, fast=LONG, memory=16 * MIB)
def long_head_over_http1(victim, transport):
    headers, path, expected = LONG[transport]
    return must(status_of(victim, http1.head("GET", path, headers, victim.addr)), expected, 431)


@attack(13, "rest", "connect", "grpc-web", "websocket", memory=16 * MIB)
def long_head_of_each_protocol(victim, transport):
    """The limit holds whoever answers: 40 kB of headers."""
    headers = {f"x-{number}": "x" * 1000 for number in range(40)}
    verb, path = "POST", f"/{GET_USER.rpc}"
    if transport == "rest":
        verb, path = "GET", GET_USER.path
    elif transport == "websocket":
        verb, path = "GET", "/v1/monitor"
        headers |= {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}
        headers["sec-websocket-key"] = "AAAAAAAAAAAAAAAAAAAAAA=="
    else:
        headers |= {"content-type": f"application/{'grpc-web' if transport == 'grpc-web' else 'json'}"}
        headers["content-length"] = "0"
    return must(status_of(victim, http1.head(verb, path, headers, victim.addr), verb), 431)


@attack(13, "http1", memory=64 * MIB, cpu=4.0)
def heads_that_are_never_whole(victim, transport):
    """500 times 400 kB of headers, each without its end."""
    text = http1.head("GET", "/", {f"x-{number}": "x" * 1000 for number in range(400)})[:-2]
    plugs, refused = [], 0
    for _ in range(500):
        plug = http1.connect(victim.addr, timeout=1)
        try:
            plug.sendall(text)
        except (ConnectionError, TimeoutError):
            refused += 1
        plugs.append(plug)
    for plug in plugs:
        plug.close()
    return f"{refused} of 500 refused while they were sent"


@attack(13, "http1", memory=16 * MIB)
def trailers_that_are_long(victim, transport):
    body = b"2\r\n{}\r\n0\r\n" + b"".join(b"x-%d: %s\r\n" % (n, b"x" * 1000) for n in range(400)) + b"\r\n"
    head = http1.head("POST", "/v1/users", {"transfer-encoding": "chunked"}, victim.addr)
    return must(status_of(victim, head + body, "POST"), 400, 413, 431, 499, 0)


@attack(13, "http2", fast=True, memory=16 * MIB)
def continuation_without_end(victim, transport):
    """A head of HTTP/2 that goes on in frame after frame."""
    connection = http2.Http2(victim.addr)
    block = b"\x40\x03x-a\x7f\xe1\x7c" + b"a" * 16_000  # a header of 16,000 bytes, not kept in the table
    try:
        connection.raw((0).to_bytes(3, "big") + b"\x01\x00" + (1).to_bytes(4, "big"))
        for _ in range(2000):
            connection.raw(len(block).to_bytes(3, "big") + b"\x09\x00" + (1).to_bytes(4, "big") + block)
            connection.pump(0)
            if connection.closed or connection.goaway is not None:
                break
    except ConnectionError:
        connection.closed = True
    connection.wait(lambda: connection.goaway is not None, 2)
    connection.close()
    if not connection.closed and connection.goaway is None:
        raise Wrong("2000 frames taken")
    return f"GOAWAY {http2.reason(connection.goaway)}" if connection.goaway is not None else "closed"


@attack(13, "http2", fast=True, memory=16 * MIB)
def hpack_bomb(victim, transport):
    """One long header in the table, named a thousand times in each of many heads."""
    connection = http2.Http2(victim.addr)
    connection.open(GET_USER.path, {"x-bomb": "x" * 4000}, "GET", end=True)
    seen = set()
    for _ in range(20):
        number = connection.connection.get_next_available_stream_id()
        connection.streams[number] = http2.Stream()
        bomb = {":method": "GET", ":scheme": "http", ":authority": victim.addr, ":path": GET_USER.path}
        connection.connection.send_headers(number, [*bomb.items(), *[("x-bomb", "x" * 4000)] * 1000], end_stream=True)
        connection.flush()
        stream = connection.finish(number, 5)
        if connection.closed or connection.goaway is not None:
            seen.add("the connection ends")
            break
        seen.add(str(stream.status or http2.reason(stream.reset)))
    connection.close()
    if "200" in seen:
        raise Wrong(", ".join(seen))
    return ", ".join(seen)


# Row 16.


@attack(16, "rest-json", "grpc", "connect-json", "grpc-web", fast=True)
def tab_in_an_echoed_header(victim, transport):
    """A value that HTTP allows, and gRPC's metadata does not: it is echoed or refused, and no fault of the server's."""
    request = [b"" if transport == "rest-json" else b"{}" if "json" in transport else GET_USER_PROTO]
    if transport == "connect-json":
        request = [b'{"userId":"%s"}' % ADA.encode()]
    seen = []
    for value in ("a\tb", "caf\u00e9", "\u0080\u00ff"):
        found = call(victim.addr, transport, GET_USER, request, headers={"x-request-id": value})
        seen.append(found.code)
        if found.code not in ("OK", "INVALID_ARGUMENT"):
            raise Wrong(f"{value!r}: {found} {found.message}")
    return ", ".join(seen)


@attack(16, "rest-json", "grpc", "connect-json", front="gateway", fast=True)
def long_headers_through_the_gateway(victim, transport):
    """A head that the gateway takes can be more than what the shop takes: that is not an internal error of anybody."""
    request = [b"" if transport == "rest-json" else GET_USER_PROTO]
    if transport == "connect-json":
        request = [b'{"userId":"%s"}' % ADA.encode()]
    seen = []
    for size in (1000, 8000, 15_000, 16_000, 16_200, 17_000, 40_000):
        found = call(victim.addr, transport, GET_USER, request, headers={"x-long": "x" * size})
        seen.append(found.code or str(found.http))
        if found.code not in ("OK", "RESOURCE_EXHAUSTED", "INVALID_ARGUMENT") and found.http != 431:
            raise Wrong(f"{size} bytes: {found} {found.message}")
    return ", ".join(seen)


@attack(16, "http1", fast=True)
def second_host(victim, transport):
    path, addr = GET_USER.path, victim.addr
    for lines in (
        f"GET {path} HTTP/1.1\r\nhost: {addr}\r\nhost: evil.example\r\n\r\n",
        f"GET {path} HTTP/1.1\r\nhost: {addr}\r\nhost: {addr}\r\n\r\n",
        f"GET {path} HTTP/1.1\r\n\r\n",
        f"GET {path} HTTP/1.1\r\nhost: a b\r\n\r\n",
        f"GET {path} HTTP/1.1\r\nhost: a,b\r\n\r\n",
    ):
        found = status_of(victim, lines.encode())
        if found != 400:
            raise Wrong(f"{found} for {lines!r}")
    return "400 each"


@attack(16, "http1", fast=True)
def two_lengths(victim, transport):
    """Two readings of where a request ends (smuggling)."""
    for headers in (
        "content-length: 2\r\ntransfer-encoding: chunked",
        "content-length: 2\r\ncontent-length: 3",
        "transfer-encoding: xchunked",
        "transfer-encoding: chunked, identity",
        "content-length: +2",
        "content-length : 2",
    ):
        text = f"POST /v1/users HTTP/1.1\r\nhost: x\r\n{headers}\r\n\r\n{{}}\r\n\r\nGET / HTTP/1.1\r\n\r\n"
        found = status_of(victim, text.encode(), "POST")
        # By the rules, `chunked` wins over a length; this body is not chunked, and breaks off (499).
        if found not in (400, 499, 501, 0):
            raise Wrong(f"{found} for {headers!r}")
    return "400 each"


# The end of the server has to come before any other.
PATIENT = {"--idle-timeout": "60", "--header-timeout": "60"}


@attack(16, "http1", "http1-used", "http2", "websocket", fast=("http1", "http2"), options=PATIENT, survives=False)
def half_a_head_at_shutdown(victim, transport):
    """Who has not finished asking when the server stops is not waited for."""
    plug = http1.connect(victim.addr)
    if transport == "http1":
        plug.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nx-half")
    elif transport == "http1-used":
        plug.sendall(http1.head("GET", GET_USER.path, {}, victim.addr))
        http1.answer(plug, "GET")  # a connection that was used, and waits
    elif transport == "http2":
        plug.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000"))
    else:
        plug.sendall(b"GET /v1/chat HTTP/1.1\r\nupgrade: websocket\r\n")
    time.sleep(0.2)
    start = time.monotonic()
    victim.process.send_signal(signal.SIGTERM)
    try:
        code = victim.process.wait(10)
    except subprocess.TimeoutExpired:
        raise Wrong("it runs after 10 s") from None
    finally:
        plug.close()
    seconds = time.monotonic() - start
    if seconds > 3 or code != 0:
        raise Wrong(f"ended with {code} after {seconds:.1f} s")
    return f"ended after {seconds:.1f} s"
