"""Row 7: a disk that is full for a while."""

import concurrent.futures
import json
import pathlib
import time
import uuid

import http1
from harness import MIB, Wrong, attack
from shop.v1 import order_pb2
from shop_calls import CREATE_USER, GET_USER, PLACE_ORDER, UPLOAD, Body, field
from support import ADA
from transports import call, codec_of, perform, prepare

SOON = 5  # seconds until what has changed is noticed
REFUSED = ("UNAVAILABLE", "RESOURCE_EXHAUSTED")


class Disk:
    """The file system of a shop: all that its folder has for it."""

    def __init__(self, victim):
        # The mount is seen by the shop alone, and through its entry in /proc.
        folder = pathlib.Path(victim.folder.name).absolute().relative_to("/")
        self.filling = pathlib.Path(f"/proc/{victim.shop.process.pid}/root") / folder / "filling"

    def fill(self):
        with open(self.filling, "wb", buffering=0) as file:
            for size in (1 << 16, 1 << 12, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    pass

    def free(self):
        self.filling.unlink()


def register(victim, transport):
    email = f"{uuid.uuid4()}@shop.example".encode()
    body = Body(field(1, b"x") + field(2, email), b'{"name":"x","email":"%s"}' % email)
    return call(victim.addr, transport, CREATE_USER, [body.form(codec_of(transport))])


def order(victim, transport):
    found = order_pb2.PlaceOrderRequest(
        user_id=ADA,
        lines=[order_pb2.PlaceOrderRequest.Line(product_id="cable", quantity=1)],
        payment=order_pb2.Payment(points=True),
        shipping_address=order_pb2.Address(lines=["1 Main St"], city="Arlington", country_code="US"),
    )
    return call(victim.addr, transport, PLACE_ORDER, [Body.of(found).form(codec_of(transport))])


def health(victim):
    body = http1.call(
        victim.addr, "POST", "/grpc.health.v1.Health/Check", {"content-type": "application/json"}, b"{}"
    ).data
    return json.loads(body).get("status")


def eventually(condition):
    """Whether it comes true in time."""
    stop = time.monotonic() + SOON
    while not condition():
        if time.monotonic() > stop:
            return False
        time.sleep(0.1)
    return True


@attack(7, "rest-json", "grpc", front="small disk", fast=("rest-json",), cpu=4.0)
def full_disk(victim, transport):
    """While the disk is full writes are refused, reads go on, and health says so; afterwards all is as before."""
    disk = Disk(victim)
    if register(victim, transport).code != "OK":
        raise Wrong("no write on an empty disk")
    disk.fill()
    refused = None
    for _ in range(200):  # what the database has of room already may take some
        refused = register(victim, transport)
        if refused.code != "OK":
            break
    else:
        raise Wrong("a full disk takes writes")
    # Writes of each kind fail on every connection to the database that the shop has.
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: (order if number % 2 else register)(victim, transport), range(40)))
    faults = []
    if refused.code not in REFUSED:
        faults.append(f"{refused.code} on a full disk")
    read = call(victim.addr, transport, GET_USER, [b"" if transport == "rest-json" else field(1, ADA.encode())])
    if read.code != "OK":
        faults.append(f"{read.code} for a read")
    if not eventually(lambda: health(victim) != "SERVING"):
        faults.append("SERVING while it is full")
    disk.free()
    for write in (register, order):
        if not eventually(lambda: all(write(victim, transport).code == "OK" for _ in range(10))):
            faults.append(f"{write(victim, transport).code} for a write once there is room")
    if not eventually(lambda: health(victim) == "SERVING"):
        faults.append("not SERVING once there is room")
    if faults:
        raise Wrong("; ".join(faults))
    return f"{refused.code}, and OK again"


@attack(7, "ndjson", front="small disk", memory=64 * MIB)
def uploads_that_fill_the_disk(victim, transport):
    """The caller fills it itself; what was uploaded of a file that failed goes away."""
    chunks = [
        json.dumps({"uploadId": "u", "sequence": number, "data": "A" * 400_000}).encode() for number in range(100)
    ]
    found = perform(victim.addr, transport, prepare(transport, UPLOAD, chunks))
    if found.code not in REFUSED:
        raise Wrong(f"{found.code} on a full disk")
    if not eventually(lambda: register(victim, "rest-json").code == "OK"):
        raise Wrong("no write succeeds after an upload that failed")
    return f"{found.code}, and OK again"
