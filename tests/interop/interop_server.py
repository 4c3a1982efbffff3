"""gRPC's interop test service in Python: `python3 interop_server.py`, until it is stopped."""

import time
from concurrent import futures

import grpc

from interop_stubs import ECHO_INITIAL, ECHO_TRAILING, empty, messages, service, zeros

CODES = {code.value[0]: code for code in grpc.StatusCode}


class Interop(service.TestServiceServicer):
    """What is not here is unimplemented, `UnimplementedCall` among it.

    grpcio does not tell whether a request was compressed, so that `expect_compressed` is not looked at.
    """

    def EmptyCall(self, request, context):
        echo(context)
        return empty.Empty()

    def UnaryCall(self, request, context):
        echo(context)
        fail_as_asked(request, context)
        if request.HasField("response_compressed"):
            context.set_compression(compression(request.response_compressed))
        return messages.SimpleResponse(payload=zeros(request.response_size))

    def CacheableUnaryCall(self, request, context):
        echo(context)
        now = str(time.time_ns()).encode()
        return messages.SimpleResponse(payload=messages.Payload(body=now))

    def StreamingOutputCall(self, request, context):
        echo(context)
        if any(wanted.HasField("compressed") for wanted in request.response_parameters):
            # Said for the whole call, and taken back for single messages.
            context.set_compression(grpc.Compression.Gzip)
        yield from self.answers(request, context)

    def StreamingInputCall(self, requests, context):
        echo(context)
        size = sum(len(request.payload.body) for request in requests)
        return messages.StreamingInputCallResponse(aggregated_payload_size=size)

    def FullDuplexCall(self, requests, context):
        echo(context)
        for request in requests:
            yield from self.answers(request, context)

    def HalfDuplexCall(self, requests, context):
        echo(context)
        for request in list(requests):
            yield from self.answers(request, context)

    def answers(self, request, context):
        fail_as_asked(request, context)
        for wanted in request.response_parameters:
            time.sleep(wanted.interval_us / 1e6)
            if wanted.HasField("compressed") and not wanted.compressed.value:
                context.disable_next_message_compression()
            yield messages.StreamingOutputCallResponse(payload=zeros(wanted.size))


def compression(wanted):
    return grpc.Compression.Gzip if wanted.value else grpc.Compression.NoCompression


def echo(context):
    metadata = dict(context.invocation_metadata())
    if ECHO_INITIAL in metadata:
        context.send_initial_metadata([(ECHO_INITIAL, metadata[ECHO_INITIAL])])
    if ECHO_TRAILING in metadata:
        context.set_trailing_metadata([(ECHO_TRAILING, metadata[ECHO_TRAILING])])


def fail_as_asked(request, context):
    if request.response_status.code:
        context.abort(CODES[request.response_status.code], request.response_status.message)


if __name__ == "__main__":
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    service.add_TestServiceServicer_to_server(Interop(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"listening on http://127.0.0.1:{port}", flush=True)
    server.wait_for_termination()
