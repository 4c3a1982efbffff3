"""REST calls, as the tests make them, and their answers."""

import http.client
import json
import socket

import h2.connection
import h2.events

import support


class Answer:
    """What came back: the status, the headers, and the body as it was and as JSON, if it is some."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            raise AssertionError(f"no JSON: {self.status} {self.headers} {self.body!r}") from None

    def __repr__(self):
        return f"{self.status} {self.body.decode('utf-8', 'replace')}"


def call(addr, method, path, body=None, headers=None, elements=None):
    """One call over HTTP/1.1. Of a stream without end, `elements` of its JSON array are read, and no more."""
    connection = http.client.HTTPConnection(addr, timeout=support.PATIENCE)
    try:
        if isinstance(body, (dict, list)):
            body = json.dumps(body, ensure_ascii=False)
        if isinstance(body, str):
            body = body.encode()
        sent = {"content-type": "application/json"} if body is not None else {}
        connection.request(method, path, body, sent | (headers or {}))
        response = connection.getresponse()
        received = {name.lower(): value for name, value in response.getheaders()}
        content = response.read() if elements is None else some(response, elements)
        return Answer(response.status, received, content)
    finally:
        connection.close()


def some(response, elements):
    """The first elements of an array that goes on, as an array."""
    text = b""
    while piece := response.read1():
        text += piece
        found = parse_some(text)
        if len(found) >= elements:
            return json.dumps(found[:elements]).encode()
    return text


def parse_some(text):
    """The whole elements of the beginning of an array."""
    decoder, found = json.JSONDecoder(), []
    text = text.decode("utf-8", "ignore").lstrip()
    if not text.startswith("["):
        return found
    text = text[1:]
    while True:
        text = text.lstrip().removeprefix(",").lstrip()
        try:
            element, end = decoder.raw_decode(text)
        except ValueError:
            return found
        found.append(element)
        text = text[end:]


class Http2:
    """One request over HTTP/2 whose body is sent and whose answer is read in turn."""

    def __init__(self, addr, path, method="POST", **headers):
        host, port = addr.split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=support.PATIENCE)
        self.connection = h2.connection.H2Connection()
        self.connection.initiate_connection()
        names = {":method": method, ":scheme": "http", ":authority": addr, ":path": path, **headers}
        self.connection.send_headers(1, list(names.items()), end_stream=method == "GET")
        self.headers, self.text, self.ended = {}, b"", False
        self.flush()

    def flush(self):
        self.socket.sendall(self.connection.data_to_send())

    def send(self, text, end=False):
        self.connection.send_data(1, text, end_stream=end)
        self.flush()

    def receive(self):
        """Waits for more to arrive."""
        data = self.socket.recv(65536)
        assert data, "the connection was closed"
        for event in self.connection.receive_data(data):
            if isinstance(event, (h2.events.ResponseReceived, h2.events.TrailersReceived)):
                self.headers |= {name.decode(): value.decode() for name, value in event.headers}
            elif isinstance(event, h2.events.DataReceived):
                self.text += event.data
                self.connection.acknowledge_received_data(event.flow_controlled_length, 1)
            elif isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset)):
                self.ended = True
        self.flush()

    def line(self):
        """The next line of the answer, empty at its end."""
        while b"\n" not in self.text and not self.ended:
            self.receive()
        line, _, self.text = self.text.partition(b"\n")
        return line

    def close(self):
        self.socket.close()
