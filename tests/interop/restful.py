"""A channel for grpcio's generated stubs that calls over REST.

What is called how stands in the `google.api.http` options of the protos, which the Python stubs carry. So every test
that is written with stubs can run over REST as well, and must find the same. On the way it is checked that the HTTP
status is the one that the table or the error's own annotation says.
"""

import base64
import http.client
import json
import re
import socket
import threading
import urllib.parse
from http import HTTPStatus

import grpc
import websockets.exceptions
import websockets.sync.client
from google.api import annotations_pb2
from google.protobuf import descriptor_pool, json_format, message_factory
from google.rpc import error_details_pb2, status_pb2

import rich
import support

# What `google.rpc.Code` says next to each code.
HTTP_STATUS = {
    grpc.StatusCode.CANCELLED: 499,
    grpc.StatusCode.UNKNOWN: 500,
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.INTERNAL: 500,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DATA_LOSS: 500,
    grpc.StatusCode.UNAUTHENTICATED: 401,
}
DETAILS = "grpc-status-details-bin"


def http_status(status):
    """What the HTTP status has to be: an error may have one of its own."""
    declared = {(error.domain, error.reason): error for error in rich.declared().values()}
    for detail in status.details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info) and (info.domain, info.reason) in declared:
            own = declared[info.domain, info.reason].options.http_status
            if own:
                return own
    return HTTP_STATUS[rich.grpc_code(status.code)]


class Failed(grpc.RpcError):
    """A call that failed, with what grpcio's errors have."""

    def __init__(self, status, initial=(), trailing=()):
        super().__init__(f"{status.code} {status.message}")
        self.status, self.initial, self.trailing = status, initial, trailing

    def code(self):
        return rich.grpc_code(self.status.code)

    def details(self):
        return self.status.message

    def initial_metadata(self):
        return self.initial

    def trailing_metadata(self):
        details = [(DETAILS, self.status.SerializeToString())] if self.status.details else []
        return [*self.trailing, *details]


def failed(code, text):
    return Failed(status_pb2.Status(code=code.value[0], message=text))


def status_of(value):
    """A `google.rpc.Status` out of JSON."""
    return json_format.ParseDict(value, status_pb2.Status())


def metadata(headers, prefix):
    """The metadata in the headers of an answer."""
    found = []
    for name, value in headers:
        name = name.lower()
        if name.startswith(prefix):
            key = name.removeprefix(prefix)
            found.append((key, base64.b64decode(value + "==") if key.endswith("-bin") else value))
    return found


def headers_of(metadata, timeout):
    """Metadata, as headers."""
    headers = {}
    for key, value in metadata or ():
        name = key if key == "authorization" else f"Grpc-Metadata-{key}"
        headers[name] = base64.b64encode(value).decode() if key.endswith("-bin") else value
    if timeout is not None:
        headers["X-Request-Timeout"] = f"{timeout}s"
    return headers


class Route:
    """How a method is called."""

    def __init__(self, path):
        service, name = path.lstrip("/").split("/")
        method = descriptor_pool.Default().FindServiceByName(service).methods_by_name[name]
        rule = method.GetOptions().Extensions[annotations_pb2.http]
        self.verb = rule.WhichOneof("pattern")
        self.template, self.body = getattr(rule, self.verb), rule.body
        self.answer = message_factory.GetMessageClass(method.output_type)

    def request(self, message):
        """The target and the body for a message."""
        fields = json_format.MessageToDict(message, preserving_proto_field_name=True)

        def variable(found):
            return urllib.parse.quote(str(fields.pop(found[1], "")), safe="")

        path = re.sub(r"\{(\w+)\}", variable, self.template)
        if self.body == "*":
            # By their JSON names this time.
            named = json_format.MessageToDict(message)
            by_name = {field.name: field.json_name for field in message.DESCRIPTOR.fields}
            return path, {by_name[name]: named[by_name[name]] for name in fields}
        body = fields.pop(self.body) if self.body else None
        query = urllib.parse.urlencode(list(parameters(fields)))
        return (f"{path}?{query}" if query else path), body


def parameters(value, prefix=""):
    """The parameters of a query for what is in a message."""
    for name, field in value.items():
        if isinstance(field, dict):
            yield from parameters(field, f"{prefix}{name}.")
        else:
            for one in field if isinstance(field, list) else [field]:
                yield prefix + name, str(one).lower() if isinstance(one, bool) else one


class Response(http.client.HTTPResponse):
    """Keeps the trailers, which the class of the library reads and forgets."""

    def _read_and_discard_trailer(self):
        self.trailers = http.client.parse_headers(self.fp).items()


class Exchange:
    """A call over HTTP/1.1."""

    def __init__(self, addr, route, requests, streams, headers):
        self.route, self.cancelled, self.accept = route, False, headers["Accept"]
        self.connection = http.client.HTTPConnection(addr, timeout=60)
        self.connection.response_class = Response
        self.response = None
        if streams:
            self.post(route.template, lines(requests), headers | {"Content-Type": "application/x-ndjson"})
        else:
            target, body = route.request(requests)
            body = None if body is None else json.dumps(body).encode()
            self.connection.request(route.verb.upper(), target, body, headers)

    def post(self, target, body, headers):
        """Sends a stream of requests while the answer may come already."""
        self.connection.putrequest("POST", target)
        for name, value in (headers | {"Transfer-Encoding": "chunked"}).items():
            self.connection.putheader(name, value)
        self.connection.endheaders()

        def send():
            try:
                for line in body:
                    self.connection.send(b"%x\r\n%b\r\n" % (len(line), line))
                self.connection.send(b"0\r\n\r\n")
            except (OSError, AttributeError):
                pass  # The answer came before the end, or nobody wants it any more.

        threading.Thread(target=send, daemon=True).start()

    def start(self):
        """Waits for the headers of the answer."""
        if self.response is None:
            try:
                self.response = self.connection.getresponse()
            except (OSError, http.client.HTTPException, AttributeError, ValueError) as error:
                raise self.broken(error) from None
            if self.response.status != 200:
                status = self.failure(json.loads(self.read()))
                expected = http_status(status)
                assert self.response.status == expected, f"{self.response.status}, not {expected}: {status}"
                raise Failed(status, self.initial_metadata(), self.trailing_metadata())
        return self.response

    def failure(self, value):
        """The status in the body of an error."""
        kind = self.response.headers["Content-Type"]
        if "application/problem+json" not in self.accept:
            assert kind == "application/json", kind
            return status_of(value)
        assert kind == "application/problem+json", kind
        # Python 3.11 has an old name for this one.
        title = "Payload Too Large" if self.response.status == 413 else HTTPStatus(self.response.status).phrase
        told = value["type"], value["title"], value["status"]
        assert told == ("about:blank", title, self.response.status), told
        code = next(code for code in grpc.StatusCode if code.name == value["code"])
        return status_of({"code": code.value[0], "message": value["detail"], "details": value.get("details", [])})

    def read(self):
        try:
            return self.response.read()
        except (OSError, http.client.HTTPException, AttributeError, ValueError) as error:
            raise self.broken(error) from None
        finally:
            self.connection.close()

    def messages(self):
        """The messages of a streamed answer as they arrive."""
        self.start()
        while True:
            try:
                line = self.response.readline()
            except (OSError, http.client.HTTPException, AttributeError, ValueError) as error:
                raise self.broken(error) from None
            if self.cancelled:
                raise self.broken("cancelled")
            if not line:
                self.connection.close()
                return
            value = json.loads(line)
            if set(value) == {"error"} and "error" not in self.route.answer.DESCRIPTOR.fields_by_name:
                raise Failed(status_of(value["error"]), self.initial_metadata(), self.trailing_metadata())
            yield json_format.ParseDict(value, self.route.answer())

    def single(self):
        self.start()
        return json_format.Parse(self.read(), self.route.answer())

    def broken(self, error):
        code = grpc.StatusCode.CANCELLED if self.cancelled else grpc.StatusCode.UNAVAILABLE
        return failed(code, f"over HTTP: {error!r}")

    def initial_metadata(self):
        return metadata(self.start_headers(), "grpc-metadata-")

    def trailing_metadata(self):
        headers = self.start_headers()
        return metadata([*headers, *getattr(self.response, "trailers", ())], "grpc-trailer-")

    def start_headers(self):
        return (self.response or self.start()).getheaders()

    def cancel(self):
        self.cancelled = True
        if self.connection.sock:
            # Ends a read that waits in another thread as well.
            with_shutdown(self.connection.sock)
        self.connection.close()


def with_shutdown(sock):
    try:
        sock.shutdown(2)
    except OSError:
        pass


def lines(requests):
    for request in requests:
        yield json.dumps(json_format.MessageToDict(request)).encode() + b"\n"


class Call:
    """The result of a call that streams its answers."""

    def __init__(self, exchange):
        self.exchange, self.answers, self.ended = exchange, exchange.messages(), None

    def __iter__(self):
        return self

    def __next__(self):
        if self.ended is not None and not isinstance(self.ended, StopIteration):
            raise self.ended
        try:
            if self.exchange.cancelled:
                raise self.exchange.broken("cancelled")
            return next(self.answers)
        except (StopIteration, grpc.RpcError) as end:
            self.ended = end
            raise

    def code(self):
        return self.ended.code() if isinstance(self.ended, grpc.RpcError) else grpc.StatusCode.OK

    def __getattr__(self, name):
        return getattr(self.exchange, name)


class Future:
    """A call with one answer, under way in a thread."""

    def __init__(self, exchange):
        self.exchange, self.outcome = exchange, None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            self.outcome = self.exchange.single(), None
        except grpc.RpcError as error:
            self.outcome = None, error

    def result(self, timeout=None):
        self.thread.join(timeout or support.PATIENCE)
        answer, error = self.outcome
        if error:
            raise error
        return answer

    def code(self):
        self.thread.join(support.PATIENCE)
        return self.outcome[1].code() if self.outcome[1] else grpc.StatusCode.OK

    def cancel(self):
        self.exchange.cancel()


class One:
    """A method with one answer, as a stub has it."""

    def __init__(self, channel, path, streams):
        self.channel, self.streams = channel, streams
        self.route = Route(path)

    def begin(self, requests, metadata=None, timeout=None):
        headers = headers_of(metadata, timeout) | {"Accept": self.channel.accept}
        return Exchange(self.channel.addr, self.route, requests, self.streams, headers)

    def __call__(self, requests, **options):
        return self.with_call(requests, **options)[0]

    def with_call(self, requests, **options):
        exchange = self.begin(requests, **options)
        return exchange.single(), exchange

    def future(self, requests, **options):
        return Future(self.begin(requests, **options))


class Many(One):
    """A method with a stream of answers."""

    def __call__(self, requests, **options):
        return Call(self.begin(requests, **options))


class Talk:
    """A call over WebSocket: a JSON message a frame, an empty one when there are no more requests."""

    def __init__(self, addr, route, requests, headers):
        self.route, self.cancelled = route, False
        host, port = addr.rsplit(":", 1)
        connection = socket.socket()
        # A buffer that grows by itself may take all that a deaf caller is told.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        connection.connect((host, int(port)))
        self.socket = websockets.sync.client.connect(
            f"ws://{addr}{route.template}",
            sock=connection,
            additional_headers=headers,
            close_timeout=1,
            max_size=None,
        )

        def send():
            try:
                for line in lines(requests):
                    self.socket.send(line.decode().rstrip())
                self.socket.send("")
            except websockets.exceptions.ConnectionClosed:
                pass  # The call is over.

        threading.Thread(target=send, daemon=True).start()

    def messages(self):
        status = None
        while True:
            try:
                value = json.loads(self.socket.recv(timeout=60))
            except websockets.exceptions.ConnectionClosed as closed:
                if self.cancelled:
                    raise self.broken(closed) from None
                code = closed.rcvd.code if closed.rcvd else None
                if status:
                    assert code == 4000 + status.code, f"{closed}, and {status}"
                    raise Failed(status, self.initial_metadata()) from None
                if code != 1000:
                    raise failed(grpc.StatusCode.UNAVAILABLE, f"over WebSocket: {closed}") from None
                return
            if set(value) == {"error"}:
                status = status_of(value["error"])
            else:
                yield json_format.ParseDict(value, self.route.answer())

    def broken(self, error):
        return failed(grpc.StatusCode.CANCELLED, f"over WebSocket: {error}")

    def initial_metadata(self):
        return metadata(self.socket.response.headers.raw_items(), "grpc-metadata-")

    def cancel(self):
        self.cancelled = True
        self.socket.close()


class Talking(One):
    """A method with streams in both directions."""

    def __call__(self, requests, metadata=None, timeout=None):
        return Call(Talk(self.channel.addr, self.route, requests, headers_of(metadata, timeout)))


class Channel:
    """What stubs need of a channel."""

    def __init__(self, addr, accept="application/x-ndjson, application/json;q=0.5"):
        self.addr, self.accept = addr, accept

    def close(self):
        pass

    __enter__ = lambda self: self
    __exit__ = lambda self, *_: None

    def unary_unary(self, path, **_):
        return One(self, path, False)

    def stream_unary(self, path, **_):
        return One(self, path, True)

    def unary_stream(self, path, **_):
        return Many(self, path, False)

    def stream_stream(self, path, **_):
        return self.both(path)

    def both(self, path):
        return Talking(self, path, True)
