"""The interop cases of gRPC, with Python's grpcio as client: `python3 interop_client.py ADDR CASE...`.

It prints what `interop-client` prints: a line for each case.
"""

import sys

import grpc

from interop_stubs import ECHO_INITIAL, ECHO_TRAILING, empty, messages, service, zeros
from support import PATIENCE, Requests

SOAK = 10
REQUESTS = [27_182, 8, 1_828, 45_904]
RESPONSES = [31_415, 9, 2_653, 58_979]
METADATA = [(ECHO_INITIAL, "test_initial_metadata_value"), (ECHO_TRAILING, b"\xab\xab\xab")]

NOT_APPLICABLE = {
    "cacheable_unary": "gRPC calls with POST alone, which no cache answers",
    "client_compressed_streaming": "grpcio compresses all requests of a call or none",
    "orca_per_rpc": "grpcio's API for Python has no load reports (ORCA)",
    "orca_oob": "grpcio's API for Python has no load reports (ORCA)",
    "max_concurrent_streams_connection_scaling": "grpcio's API for Python does not show connections",
}


class NotApplicable(Exception):
    """The peer has no way to do it."""


def same(what, found, expected):
    if found != expected:
        raise AssertionError(f"{what}: {expected!r:.200} expected, found {found!r:.200}")


def check_payload(payload, size):
    same("the size of the payload", len(payload.body), size)
    same("the payload", payload.body, bytes(size))


def fails(code, call):
    """Runs what has to fail with this code, and returns its text."""
    try:
        answer = call()
    except grpc.RpcError as error:
        same("the code", error.code(), code)
        return error.details()
    raise AssertionError(f"{code} expected, answered {answer!r:.200}")


def bool_value(value):
    return messages.BoolValue(value=value)


def large(**fields):
    return messages.SimpleRequest(response_size=314_159, payload=zeros(271_828), **fields)


def exchange(request, response):
    return messages.StreamingOutputCallRequest(
        response_parameters=[messages.ResponseParameters(size=response)], payload=zeros(request)
    )


class Cases:
    """A method for each case that can be run."""

    def __init__(self, addr):
        self.addr = addr
        self.channel = grpc.insecure_channel(addr)
        self.stub = service.TestServiceStub(self.channel)

    def empty_unary(self):
        same("the response", self.stub.EmptyCall(empty.Empty(), timeout=PATIENCE), empty.Empty())

    def large_unary(self):
        self.large_call(self.stub)

    def large_call(self, stub):
        check_payload(stub.UnaryCall(large(), timeout=PATIENCE).payload, 314_159)

    def client_compressed_unary(self):
        def call(says, compression):
            request = large(expect_compressed=bool_value(says))
            return self.stub.UnaryCall(request, timeout=PATIENCE, compression=compression)

        plain, gzip = grpc.Compression.NoCompression, grpc.Compression.Gzip
        fails(grpc.StatusCode.INVALID_ARGUMENT, lambda: call(True, plain))
        check_payload(call(True, gzip).payload, 314_159)
        check_payload(call(False, plain).payload, 314_159)

    # Of responses grpcio does not tell whether they were compressed.

    def server_compressed_unary(self):
        for compressed in (True, False):
            request = large(response_compressed=bool_value(compressed))
            check_payload(chosen(lambda: self.stub.UnaryCall(request, timeout=PATIENCE)).payload, 314_159)

    def server_compressed_streaming(self):
        sizes = {31_415: True, 92_653: False}
        wanted = [messages.ResponseParameters(size=s, compressed=bool_value(c)) for s, c in sizes.items()]
        request = messages.StreamingOutputCallRequest(response_parameters=wanted)
        responses = chosen(lambda: list(self.stub.StreamingOutputCall(request, timeout=PATIENCE)))
        for response, size in zip(responses, sizes, strict=True):
            check_payload(response.payload, size)

    def client_streaming(self):
        requests = (messages.StreamingInputCallRequest(payload=zeros(size)) for size in REQUESTS)
        response = self.stub.StreamingInputCall(requests, timeout=PATIENCE)
        same("the sum", response.aggregated_payload_size, 74_922)

    def server_streaming(self):
        wanted = [messages.ResponseParameters(size=size) for size in RESPONSES]
        request = messages.StreamingOutputCallRequest(response_parameters=wanted)
        responses = list(self.stub.StreamingOutputCall(request, timeout=PATIENCE))
        for response, size in zip(responses, RESPONSES, strict=True):
            check_payload(response.payload, size)

    def ping_pong(self):
        requests = Requests()
        responses = self.stub.FullDuplexCall(iter(requests), timeout=PATIENCE)
        for request, response in zip(REQUESTS, RESPONSES, strict=True):
            requests.send(exchange(request, response))
            check_payload(next(responses).payload, response)
        requests.close()
        same("the end of the stream", list(responses), [])

    def empty_stream(self):
        same("the end of the stream", list(self.stub.FullDuplexCall(iter([]), timeout=PATIENCE)), [])

    def custom_metadata(self):
        response, call = self.stub.UnaryCall.with_call(large(), timeout=PATIENCE, metadata=METADATA)
        check_payload(response.payload, 314_159)
        check_echo(call)
        requests = iter([exchange(271_828, 314_159)])
        call = self.stub.FullDuplexCall(iter(requests), timeout=PATIENCE, metadata=METADATA)
        (response,) = call
        check_payload(response.payload, 314_159)
        check_echo(call)

    def status_code_and_message(self):
        self.echo_status("test status message")
        request = messages.StreamingOutputCallRequest(
            response_status=messages.EchoStatus(code=2, message="test status message")
        )
        call = self.stub.FullDuplexCall(iter([request]), timeout=PATIENCE)
        same("the text", fails(grpc.StatusCode.UNKNOWN, lambda: list(call)), "test status message")

    def special_status_message(self):
        self.echo_status("\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n")

    def echo_status(self, message):
        request = messages.SimpleRequest(response_status=messages.EchoStatus(code=2, message=message))
        found = fails(grpc.StatusCode.UNKNOWN, lambda: self.stub.UnaryCall(request, timeout=PATIENCE))
        same("the text", found, message)

    def unimplemented_method(self):
        call = self.stub.UnimplementedCall
        fails(grpc.StatusCode.UNIMPLEMENTED, lambda: call(empty.Empty(), timeout=PATIENCE))

    def unimplemented_service(self):
        call = service.UnimplementedServiceStub(self.channel).UnimplementedCall
        fails(grpc.StatusCode.UNIMPLEMENTED, lambda: call(empty.Empty(), timeout=PATIENCE))

    def cancel_after_begin(self):
        requests = Requests()
        call = self.stub.StreamingInputCall.future(iter(requests), timeout=PATIENCE)
        call.cancel()
        requests.close()
        same("whether it was cancelled", call.cancelled(), True)
        same("the code", call.code(), grpc.StatusCode.CANCELLED)

    def cancel_after_first_response(self):
        requests = Requests()
        call = self.stub.FullDuplexCall(iter(requests), timeout=PATIENCE)
        requests.send(exchange(REQUESTS[0], RESPONSES[0]))
        check_payload(next(call).payload, RESPONSES[0])
        call.cancel()
        requests.close()
        fails(grpc.StatusCode.CANCELLED, lambda: next(call))

    def timeout_on_sleeping_server(self):
        requests = Requests()
        requests.send(messages.StreamingOutputCallRequest(payload=zeros(REQUESTS[0])))
        call = self.stub.FullDuplexCall(iter(requests), timeout=0.001)
        fails(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: next(call))
        requests.close()

    def rpc_soak(self):
        for _ in range(SOAK):
            self.large_call(self.stub)

    def channel_soak(self):
        for _ in range(SOAK):
            with grpc.insecure_channel(self.addr) as channel:
                self.large_call(service.TestServiceStub(channel))


def chosen(call):
    """A server that cannot choose the compression of a message says so by its status."""
    try:
        return call()
    except grpc.RpcError as error:
        if error.code() is grpc.StatusCode.UNIMPLEMENTED:
            raise NotApplicable(f"the server: {error.details()}") from error
        raise


def check_echo(call):
    expected = dict(METADATA)
    same("the header", dict(call.initial_metadata()).get(ECHO_INITIAL), expected[ECHO_INITIAL])
    same("the trailer", dict(call.trailing_metadata()).get(ECHO_TRAILING), expected[ECHO_TRAILING])


def main(addr, *names):
    cases, failed = Cases(addr), False
    for name in names:
        try:
            if name in NOT_APPLICABLE:
                raise NotApplicable(NOT_APPLICABLE[name])
            getattr(cases, name)()
            outcome = "ok"
        except NotApplicable as reason:
            outcome = f"not applicable: {reason}"
        except Exception as error:  # each is the outcome of its case
            failed, outcome = True, f"failed: {error!r}"
        print(f"case {name}: {outcome}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
