"""Python's view of gRPC's interop test service.

Its files are below `grpc/`, as the package `grpc.testing` wants, and grpcio is a package of that name: the stubs become
a part of it.
"""

import os
import pathlib

import grpc

grpc.__path__.append(str(pathlib.Path(os.environ["STUBS"]) / "grpc"))

from grpc.testing import empty_pb2 as empty  # noqa: E402
from grpc.testing import messages_pb2 as messages  # noqa: E402
from grpc.testing import test_pb2_grpc as service  # noqa: E402

__all__ = ["ECHO_INITIAL", "ECHO_TRAILING", "empty", "messages", "service", "zeros"]

ECHO_INITIAL = "x-grpc-test-echo-initial"
ECHO_TRAILING = "x-grpc-test-echo-trailing-bin"


def zeros(size):
    return messages.Payload(body=bytes(size))
