"""Row 1: media types that are nearly those of a protocol."""

import http1
import http2
from harness import Wrong, attack
from shop_calls import CREATE_USER, GET_USER

# What each must get on the path of a method: 200 is the answer of the protocol itself, whatever its status.
FORMS = {
    "grpc-web": {
        "application/grpc-web+json": 200,
        "application/grpc-web; charset=utf-8": 200,
        "application/grpc-web-text+json": 200,
        "application/grpc-web-text;x=y": 200,
        "application/grpc-web+proto;": 200,
        "application/grpc-web+thrift": 415,
        "application/grpc-web-": 415,
        "application/grpc-webx": 415,
        "application/grpc-web-text+proto+json": 415,
        "application/grpc-web\t+proto": 415,
        "APPLICATION/GRPC-WEB\xe4": 415,
    },
    "connect": {
        "application/connect": 415,
        "application/connect+": 415,
        "application/connect+proto; charset=utf-8": 415,
        "application/connect+thrift": 415,
        "application/proto; charset=utf-8": 415,
    },
    "grpc": {
        "application/grpc+json": 200,
        "application/grpc; charset=utf-8": 200,
        "application/grpc+thrift": 415,
        "application/grpcx": 415,
        "application/grpc+": 415,
    },
}
PATHS = [f"/{CREATE_USER.rpc}", "/shop.v1.UserService/Nothing", "/nothing.at.All/Here", "/", GET_USER.path]


@attack(1, *FORMS, fast=FORMS)
def nearly_a_media_type(victim, transport):
    """On the path of a method the answer is exact; on every other path there is one at all."""
    answers = 0
    for media, expected in FORMS[transport].items():
        for path in PATHS:
            if transport == "grpc":
                connection = http2.Http2(victim.addr)
                number = connection.open(path, {"content-type": media, "te": "trailers"})
                connection.send(number, b"\0\0\0\0\0", end=True)
                status = connection.finish(number).status
                connection.close()
            else:
                status = http1.call(victim.addr, "POST", path, {"content-type": media}, b"\0\0\0\0\0").status
            answers += 1
            if status is None or status >= 500 or (path == PATHS[0] and status != expected):
                raise Wrong(f"{status} for {media!r} on {path}, not {expected}")
    return f"{answers} answers, 200 or 415 each"
