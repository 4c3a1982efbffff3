"""HTTP/1.1 and WebSocket over sockets that send whatever an attack wants."""

import base64
import dataclasses
import http.client
import os
import socket
import struct

# Longer than any answer should take; only an attack that fails waits so long.
PATIENCE = 8
# Of an answer no more is read; its head may say how much there would be.
ENOUGH = 8 << 20

TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION = 1, 2, 8, 9, 10, 0


@dataclasses.dataclass
class Answer:
    """An HTTP response, of either version."""

    status: int
    headers: dict
    data: bytes = b""
    size: int = 0
    trailers: dict = dataclasses.field(default_factory=dict)


def connect(addr, timeout=PATIENCE, receive_buffer=None):
    """`receive_buffer` keeps the network from holding the answers that an attack does not read."""
    host, port = addr.split(":")
    plug = socket.socket()
    if receive_buffer:
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    plug.settimeout(timeout)
    plug.connect((host, int(port)))
    plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return plug


def head(verb, path, headers, host="shop.example"):
    lines = [f"{verb} {path} HTTP/1.1", f"host: {host}"] + [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def answer(plug, verb="POST"):
    """Reads a response. A server that refuses a request early may end the connection before the rest of its text."""
    response = http.client.HTTPResponse(plug, method=verb)
    response.begin()
    size = response.length or 0
    try:
        data = response.read(ENOUGH)
    except http.client.IncompleteRead as error:
        data = error.partial
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, data, max(size, len(data)))


def call(addr, verb, path, headers, body=b"", host=None):
    """One request and its answer."""
    with connect(addr) as plug:
        sent = {"content-length": len(body), "connection": "close"} | headers
        try:
            plug.sendall(head(verb, path, sent, host or addr) + body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before it was read, and the answer is there
        return answer(plug, verb)


def ended_within(plug, seconds):
    """Whether the other side ends the connection. What it still says is passed over."""
    plug.settimeout(seconds)
    try:
        while plug.recv(1 << 16):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


def frame(opcode, payload=b"", fin=True, masked=True):
    """A frame from a client. A mask of zeros is a mask."""
    out = bytes([opcode | (0x80 if fin else 0)])
    mask = 0x80 if masked else 0
    if len(payload) < 126:
        out += bytes([mask | len(payload)])
    elif len(payload) < 1 << 16:
        out += bytes([mask | 126]) + struct.pack(">H", len(payload))
    else:
        out += bytes([mask | 127]) + struct.pack(">Q", len(payload))
    return out + (b"\0\0\0\0" if masked else b"") + payload


def parse_frames(data):
    """The whole frames at the beginning, and what is left."""
    frames = []
    while len(data) >= 2:
        length, start = data[1] & 127, 2
        if length == 126:
            length, start = int.from_bytes(data[2:4], "big"), 4
        elif length == 127:
            length, start = int.from_bytes(data[2:10], "big"), 10
        if len(data) < start + length:
            break
        frames.append((data[0] & 15, data[start : start + length]))
        data = data[start + length :]
    return frames, data


class WebSocket:
    """A WebSocket whose frames are made by hand."""

    def __init__(self, addr, path, protocol=None, receive_buffer=None, **headers):
        self.plug = connect(addr, receive_buffer=receive_buffer)
        self.rest, self.ended = b"", False
        sent = {
            "connection": "Upgrade",
            "upgrade": "websocket",
            "sec-websocket-version": "13",
            "sec-websocket-key": base64.b64encode(os.urandom(16)).decode(),
        } | headers
        if protocol:
            sent["sec-websocket-protocol"] = protocol
        self.plug.sendall(head("GET", path, sent, addr))
        text = b""
        while b"\r\n\r\n" not in text:
            piece = self.plug.recv(1)
            if not piece:
                raise ConnectionError(f"no WebSocket: {text!r}")
            text += piece
        self.status = int(text.split(b" ")[1])

    def send(self, opcode, payload=b"", fin=True):
        self.plug.sendall(frame(opcode, payload, fin))

    def receive(self, timeout=PATIENCE):
        """The next frames; none at the end of the connection."""
        self.plug.settimeout(timeout)
        while not self.ended:
            frames, self.rest = parse_frames(self.rest)
            if frames:
                return frames
            try:
                piece = self.plug.recv(1 << 16)
            except ConnectionError:
                piece = b""
            self.ended = not piece
            self.rest += piece
        return []

    def until_close(self, timeout=PATIENCE):
        """All frames up to and with the close frame, or the end."""
        found = []
        while frames := self.receive(timeout):
            found += frames
            if any(opcode == CLOSE for opcode, _ in frames):
                break
        return found

    def close(self):
        self.plug.close()
