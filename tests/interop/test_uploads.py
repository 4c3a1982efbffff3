"""UploadService, called by Python's grpcio: streams from the client."""

import contextlib
import hashlib
import sqlite3
import unittest
import uuid
import zlib

import grpc
from google.protobuf import any_pb2, duration_pb2, empty_pb2, struct_pb2, timestamp_pb2, wrappers_pb2

import support
from shop.v1 import order_pb2, upload_pb2, user_pb2
from support import ADA, MALLORY, Requests


def chunks(data, size, upload_id=None, **info):
    upload_id = upload_id or str(uuid.uuid4())
    info.setdefault("filename", "a file")
    for sequence, at in enumerate(range(0, max(len(data), 1), size)):
        piece = data[at : at + size]
        chunk = upload_pb2.Chunk(upload_id=upload_id, sequence=sequence, data=piece, crc32=zlib.crc32(piece))
        if sequence == 0:
            chunk.info.CopyFrom(upload_pb2.FileInfo(**info))
        yield chunk


class Uploads(support.ShopTest):
    def files(self):
        return sorted(path.name for path in (self.shop.data / "files").iterdir())

    def test_a_file_arrives_as_it_was_sent(self):
        data = bytes(range(256)) * 20_000  # 5 MB, more than one message may have
        digest = hashlib.sha256(data).digest()
        result = self.uploads.UploadChunks(
            chunks(
                data,
                100_000,
                filename="../../etc/passwd",
                content_type="application/octet-stream",
                expected_size=wrappers_pb2.Int64Value(value=len(data)),
                expected_sha256=wrappers_pb2.BytesValue(value=digest),
            )
        )
        self.assertEqual((result.size, result.sha256, result.chunk_count), (len(data), digest, 52))
        self.assertGreater(result.elapsed.ToNanoseconds(), 0)
        self.assertEqual((self.shop.data / "files" / result.file_id).read_bytes(), data)
        self.assertEqual(self.shop.partial_files(), [])

    def test_an_empty_file(self):
        result = self.uploads.UploadChunks(chunks(b"", 10))
        self.assertEqual((result.size, result.sha256), (0, hashlib.sha256(b"").digest()))

    def test_a_cancelled_upload_leaves_nothing(self):
        before = self.files()
        requests = Requests(*list(chunks(b"x" * 30_000, 10_000)))
        call = self.uploads.UploadChunks.future(iter(requests))
        self.eventually(lambda: len(self.shop.partial_files()) == 1, "the upload begins")
        call.cancel()
        requests.close()
        self.eventually(lambda: self.shop.partial_files() == [], "the partial file goes")
        self.assertEqual(call.code(), grpc.StatusCode.CANCELLED)
        self.assertEqual(self.files(), before)

    def test_an_upload_past_its_deadline_leaves_nothing(self):
        before = self.files()
        requests = Requests(*list(chunks(b"x" * 30_000, 10_000)))
        with self.fails(grpc.StatusCode.DEADLINE_EXCEEDED):
            self.uploads.UploadChunks(iter(requests), timeout=0.5)
        requests.close()
        self.eventually(lambda: self.shop.partial_files() == [], "the partial file goes")
        self.assertEqual(self.files(), before)

    def test_metadata_of_a_client_stream(self):
        result, call = self.uploads.UploadChunks.with_call(
            chunks(b"x", 1), metadata=[("x-request-id", "u-1"), ("x-client-context-bin", b"\x00\x01")]
        )
        self.assertEqual(result.size, 1)
        self.assertEqual(dict(call.initial_metadata())["x-request-id"], "u-1")
        self.assertEqual(dict(call.trailing_metadata())["x-client-context-bin"], b"\x00\x01")

    # Errors, each of its kind.

    def test_data_loss(self):
        damaged = list(chunks(b"0123456789", 4))
        damaged[1].data = b"45X7"
        with self.fails(grpc.StatusCode.DATA_LOSS, "chunk 1"):
            self.uploads.UploadChunks(iter(damaged))
        wrong = wrappers_pb2.BytesValue(value=bytes(32))
        with self.fails(grpc.StatusCode.DATA_LOSS, "checksum"):
            self.uploads.UploadChunks(chunks(b"x", 1, expected_sha256=wrong))
        with self.fails(grpc.StatusCode.DATA_LOSS, "1 bytes"):
            self.uploads.UploadChunks(chunks(b"x", 1, expected_size=wrappers_pb2.Int64Value(value=2)))
        self.assertEqual(self.shop.partial_files(), [])

    def test_out_of_range(self):
        gap = list(chunks(b"0123456789", 2))
        del gap[2]
        with self.fails(grpc.StatusCode.OUT_OF_RANGE, "chunk 3 came where chunk 2 belongs"):
            self.uploads.UploadChunks(iter(gap))
        self.assertEqual(self.shop.partial_files(), [])

    def test_already_exists(self):
        upload_id = str(uuid.uuid4())
        self.uploads.UploadChunks(chunks(b"first", 10, upload_id))
        before = self.files()
        with self.fails(grpc.StatusCode.ALREADY_EXISTS, upload_id):
            self.uploads.UploadChunks(chunks(b"second", 10, upload_id))
        self.assertEqual(self.files(), before)

    def test_of_uploads_at_once_one_wins(self):
        upload_id = str(uuid.uuid4())
        streams = [Requests(*list(chunks(bytes([n]) * 100, 10, upload_id))) for n in range(4)]
        calls = [self.uploads.UploadChunks.future(iter(stream)) for stream in streams]
        self.eventually(lambda: len(self.shop.partial_files()) == 4, "all of them begin")
        for stream in streams:
            stream.close()
        codes = sorted(call.code().name for call in calls)
        self.assertEqual(codes, ["ALREADY_EXISTS"] * 3 + ["OK"])
        self.assertEqual(self.shop.partial_files(), [])

    def test_invalid_argument(self):
        with self.fails(grpc.StatusCode.INVALID_ARGUMENT):
            self.uploads.UploadChunks(iter([]))
        mixed = list(chunks(b"0123", 2))
        mixed[1].upload_id = "another"
        with self.fails(grpc.StatusCode.INVALID_ARGUMENT, "upload_id"):
            self.uploads.UploadChunks(iter(mixed))

    def test_internal(self):
        """The shop loses its disk: the caller hears that much and nothing of the inside."""
        files, away = self.shop.data / "files", self.shop.data / "away"
        files.rename(away)
        try:
            with self.fails(grpc.StatusCode.INTERNAL, "^Internal error$"):
                self.uploads.UploadChunks(chunks(b"x", 1, "lost"))
        finally:
            away.rename(files)
        self.assertEqual(self.uploads.UploadChunks(chunks(b"x", 1, "lost")).size, 1)


class Batches(support.ShopTest):
    def process(self, *data, process_id="b-1"):
        requests = [upload_pb2.ProcessRequest(process_id=process_id, data=data) for data in data]
        return self.uploads.ProcessBatch(iter(requests))

    def test_a_batch_of_everything(self):
        packed = any_pb2.Any()
        packed.Pack(user_pb2.CreateUserRequest(name="Packed", email="packed@shop.example"))
        line = order_pb2.PlaceOrderRequest.Line(product_id="cable", quantity=2)
        place = order_pb2.PlaceOrderRequest(
            user_id=ADA,
            lines=[line],
            payment=order_pb2.Payment(points=True),
            shipping_address=order_pb2.Address(lines=["1"], city="c", country_code="DE"),
        )
        response = self.process(
            upload_pb2.RequestData(create_user=user_pb2.CreateUserRequest(name="B", email="b@shop.example")),
            upload_pb2.RequestData(create_user=user_pb2.CreateUserRequest(name="B", email="b@shop.example")),
            upload_pb2.RequestData(place_order=place),
            upload_pb2.RequestData(packed=packed),
            upload_pb2.RequestData(event=event()),
            upload_pb2.RequestData(ping=empty_pb2.Empty()),
            upload_pb2.RequestData(place_order=order_pb2.PlaceOrderRequest(user_id=MALLORY, lines=[line],
                payment=place.payment, shipping_address=place.shipping_address)),
        )
        self.assertEqual((response.process_id, response.processed_count), ("b-1", 5))
        self.assertEqual(dict(response.counts), {"create_user": 2, "event": 1, "ping": 1, "place_order": 1})
        results = [result.WhichOneof("result") for result in response.responses]
        self.assertEqual(results, ["user", "error", "order", "user", "event_id", "pong", "error"])
        self.assertEqual(response.responses[2].order.total.minor_units, 2 * 999)
        self.assertEqual(response.responses[3].user.name, "Packed")
        errors = [(error.index, error.code) for error in response.errors]
        self.assertEqual(
            errors, [(1, grpc.StatusCode.ALREADY_EXISTS.value[0]), (6, grpc.StatusCode.PERMISSION_DENIED.value[0])]
        )
        self.assertIn("b@shop.example", response.errors[0].message)
        self.assertEqual(response.responses[1].error, response.errors[0])

    def test_an_event_is_kept_as_it_was_sent(self):
        """What Python wrote went through Rust into the database, and Python reads it there."""
        sent = event(id="kept")
        self.assertEqual(self.process(upload_pb2.RequestData(event=sent)).responses[0].event_id, "kept")
        with contextlib.closing(sqlite3.connect(self.shop.data / "shop.sqlite3")) as database:
            ((kept,),) = database.execute("SELECT event FROM events WHERE event_id = 'kept'")
        self.assertEqual(upload_pb2.Event.FromString(kept), sent)

    def test_what_is_packed_has_to_be_known_and_valid(self):
        unknown, damaged = any_pb2.Any(), any_pb2.Any()
        unknown.Pack(timestamp_pb2.Timestamp())
        damaged.type_url, damaged.value = "type.googleapis.com/shop.v1.Event", b"\x0a\xff"
        broken = any_pb2.Any()
        broken.Pack(user_pb2.CreateUserRequest(name="", email="b@shop.example"))
        response = self.process(*(upload_pb2.RequestData(packed=packed) for packed in (unknown, damaged, broken)))
        self.assertEqual([error.code for error in response.errors], [grpc.StatusCode.INVALID_ARGUMENT.value[0]] * 3)
        self.assertIn("google.protobuf.Timestamp", response.errors[0].message)
        self.assertIn("name: must be at least 1 characters", response.errors[2].message)

    def test_resource_exhausted(self):
        pings = [upload_pb2.RequestData(ping=empty_pb2.Empty())] * 1001
        with self.fails(grpc.StatusCode.RESOURCE_EXHAUSTED, "1000"):
            self.process(*pings)
        self.assertEqual(self.process(*pings[:1000]).processed_count, 1000)

    def test_a_batch_has_one_name(self):
        ping = upload_pb2.RequestData(ping=empty_pb2.Empty())
        requests = [upload_pb2.ProcessRequest(process_id=name, data=ping) for name in ("a", "b")]
        with self.fails(grpc.StatusCode.INVALID_ARGUMENT, "process_id"):
            self.uploads.ProcessBatch(iter(requests))


def event(id="e-1"):
    """With every field set, so that nothing of it stays untried on the wire."""
    message = upload_pb2.Event(
        id=id,
        created_at=timestamp_pb2.Timestamp(seconds=-1, nanos=999_999_999),
        duration=duration_pb2.Duration(seconds=1, nanos=1),
        name=wrappers_pb2.StringValue(value=""),
        count=wrappers_pb2.Int32Value(value=-0),
        status=empty_pb2.Empty(),
        measurements=upload_pb2.Event.Measurements(
            seconds=wrappers_pb2.DoubleValue(value=1.5),
            confidence=wrappers_pb2.FloatValue(value=0.25),
            bytes=wrappers_pb2.UInt64Value(value=2**64 - 1),
            attempts=wrappers_pb2.UInt32Value(value=2**32 - 1),
        ),
        attributes={"null": struct_pb2.Value(null_value=0), "text": struct_pb2.Value(string_value="x")},
    )
    message.trail.extend([1, "two", None, [True]])
    return message


if __name__ == "__main__":
    unittest.main()
