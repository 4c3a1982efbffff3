"""Health and reflection, asked by Python and by buf."""

import json
import os
import re
import subprocess
import unittest

import grpc
from google.protobuf import descriptor_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2

import support
from shop.v1 import chat_pb2, order_pb2, upload_pb2, user_pb2
from support import ADA, SEED_ORDERS

MODULES = (user_pb2, order_pb2, upload_pb2, chat_pb2)
METHOD_OPTIONS = "google.protobuf.MethodOptions"
SERVICES = [f"shop.v1.{name}Service" for name in ("Chat", "Order", "Upload", "User")]
METHODS = {
    "shop.v1.ChatService": ["Chat", "Monitor"],
    "shop.v1.OrderService": ["GetOrder", "GetOrders", "PlaceOrder", "StreamOrderUpdates", "UpdateOrderStatus"],
    "shop.v1.UploadService": ["GetPage", "ProcessBatch", "UploadChunks", "UploadFile"],
    "shop.v1.UserService": ["CreateUser", "DeleteUser", "GetUser", "UpdatePreferences", "UpdateUser"],
}


class Health(support.ShopTest):
    def setUp(self):
        self.health = health_pb2_grpc.HealthStub(self.channel)

    def test_everything_serves(self):
        for name in ["", *SERVICES]:
            answer = self.health.Check(health_pb2.HealthCheckRequest(service=name))
            self.assertEqual(answer.status, health_pb2.HealthCheckResponse.SERVING, name)

    def test_unknown_services_are_not_found(self):
        with self.fails(grpc.StatusCode.NOT_FOUND):
            self.health.Check(health_pb2.HealthCheckRequest(service="shop.v1.NoService"))

    def test_list(self):
        answer = self.health.List(health_pb2.HealthListRequest())
        self.assertEqual({name for name in answer.statuses if name.startswith("shop.")}, set(SERVICES))
        self.assertEqual({found.status for found in answer.statuses.values()}, {health_pb2.HealthCheckResponse.SERVING})

    def test_watch(self):
        watch = self.health.Watch(health_pb2.HealthCheckRequest(service=SERVICES[0]), timeout=support.PATIENCE)
        self.assertEqual(next(watch).status, health_pb2.HealthCheckResponse.SERVING)
        watch.cancel()


class Reflection(support.ShopTest):
    def ask(self, version, *requests):
        """The answers to requests on one stream. v1 has the messages of v1alpha; only the service's name differs."""
        method = f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo"
        call = self.channel.stream_stream(
            method,
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )
        requests = [reflection_pb2.ServerReflectionRequest(host="shop.example", **request) for request in requests]
        answers = list(call(iter(requests), timeout=support.PATIENCE))
        self.assertEqual([answer.original_request for answer in answers], requests)
        self.assertEqual({answer.valid_host for answer in answers}, {"shop.example"})
        return answers

    def files(self, answer):
        encoded = answer.file_descriptor_response.file_descriptor_proto
        return [descriptor_pb2.FileDescriptorProto.FromString(file) for file in encoded]

    def test_services_are_listed(self):
        for version in ("v1", "v1alpha"):
            (answer,) = self.ask(version, {"list_services": ""})
            names = [service.name for service in answer.list_services_response.service]
            self.assertEqual([name for name in names if name.startswith("shop.")], SERVICES, version)
            self.assertIn("grpc.health.v1.Health", names)

    def test_descriptors_are_what_the_files_say(self):
        """With their options: rules, bindings and policies travel, too."""
        for version in ("v1", "v1alpha"):
            for module in MODULES:
                name = module.DESCRIPTOR.name
                (answer,) = self.ask(version, {"file_by_filename": name})
                found = self.files(answer)[0]
                self.assertEqual(found.name, name)
                expected = descriptor_pb2.FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb)
                self.assertEqual(normal(found), normal(expected), name)

    def test_symbols_are_found(self):
        symbols = [
            "shop.v1.OrderService",
            "shop.v1.OrderService.PlaceOrder",
            "shop.v1.Order.total",
            "shop.v1.Address.Location",
        ]
        answers = self.ask("v1", *({"file_containing_symbol": symbol} for symbol in symbols))
        for symbol, answer in zip(symbols, answers):
            self.assertEqual(self.files(answer)[0].name, "shop/v1/order.proto", symbol)

    def test_imports_go_along_once(self):
        asked = {"file_by_filename": "shop/v1/order.proto"}
        first, second = (self.files(answer) for answer in self.ask("v1", asked, asked))
        names = {file.name for file in first}
        self.assertEqual({name for file in first for name in file.dependency} - names, set())
        self.assertEqual([file.name for file in second], ["shop/v1/order.proto"])

    def test_what_is_unknown_does_not_end_the_stream(self):
        for version in ("v1", "v1alpha"):
            *errors, last = self.ask(
                version,
                {"file_containing_symbol": "shop.v1.Nothing"},
                {"file_by_filename": "nothing.proto"},
                {"file_containing_extension": {"containing_type": METHOD_OPTIONS, "extension_number": 1}},
                {"all_extension_numbers_of_type": "shop.v1.Nothing"},
                {},
                {"file_containing_symbol": "shop.v1.User"},
            )
            codes = [answer.error_response.error_code for answer in errors]
            not_found = grpc.StatusCode.NOT_FOUND.value[0]
            self.assertEqual(codes, [not_found] * 4 + [grpc.StatusCode.UNIMPLEMENTED.value[0]], version)
            self.assertEqual(self.files(last)[0].name, "shop/v1/user.proto")

    def test_extensions(self):
        extensions = {7782001: "rsvc/v1/rsvc.proto", 72295728: "google/api/annotations.proto"}
        for version in ("v1", "v1alpha"):
            numbers, none, *files = self.ask(
                version,
                {"all_extension_numbers_of_type": METHOD_OPTIONS},
                {"all_extension_numbers_of_type": "shop.v1.User"},
                *(
                    {"file_containing_extension": {"containing_type": METHOD_OPTIONS, "extension_number": number}}
                    for number in extensions
                ),
            )
            self.assertEqual(list(numbers.all_extension_numbers_response.extension_number), list(extensions), version)
            self.assertEqual(numbers.all_extension_numbers_response.base_type_name, METHOD_OPTIONS)
            self.assertEqual(none.WhichOneof("message_response"), "all_extension_numbers_response")
            self.assertEqual(list(none.all_extension_numbers_response.extension_number), [])
            self.assertEqual([self.files(answer)[0].name for answer in files], list(extensions.values()))

    def test_the_library_of_grpc_reads_it(self):
        from google.protobuf.descriptor_pool import DescriptorPool
        from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

        pool = DescriptorPool(ProtoReflectionDescriptorDatabase(self.channel))
        for service, methods in METHODS.items():
            self.assertEqual(sorted(pool.FindServiceByName(service).methods_by_name), methods)
        self.assertEqual(pool.FindMessageTypeByName("shop.v1.Order").fields_by_name["total"].number, 4)
        options = pool.FindMessageTypeByName(METHOD_OPTIONS)
        self.assertEqual({extension.number for extension in pool.FindAllExtensions(options)}, {7782001, 72295728})
        with self.assertRaises(KeyError):
            pool.FindServiceByName("shop.v1.Nothing")
        self.assertTrue(pool.FindServiceByName("grpc.health.v1.Health").methods_by_name["List"])


class Coverage(unittest.TestCase):
    """The shop's protos use everything there is, so that the tests beside this one try it."""

    def test_every_type_has_a_job(self):
        fields = [field for module in MODULES for message in messages(module.DESCRIPTOR) for field in message.fields]
        kind = descriptor_pb2.FieldDescriptorProto.Type
        scalars = {kind.Name(field.type) for field in fields}
        self.assertEqual(set(kind.keys()) - scalars, {"TYPE_GROUP"})
        well_known = {field.message_type.full_name for field in fields if field.message_type}
        names = "Any Duration Empty FieldMask ListValue Struct Timestamp Value BoolValue BytesValue DoubleValue"
        names += " FloatValue Int32Value Int64Value StringValue UInt32Value UInt64Value"
        self.assertEqual({f"google.protobuf.{name}" for name in names.split()} - well_known, set())
        oneofs = [field.containing_oneof for field in fields if field.containing_oneof]
        shapes = {
            "oneof": any(len(oneof.fields) > 1 for oneof in oneofs),
            "optional": any(oneof.name == f"_{oneof.fields[0].name}" for oneof in oneofs),
            "map": any(field.message_type and field.message_type.GetOptions().map_entry for field in fields),
            "nested enum": any(field.enum_type and field.enum_type.containing_type for field in fields),
        }
        self.assertEqual([shape for shape, used in shapes.items() if not used], [])


def messages(parent):
    """All messages of a file, nested ones included."""
    nested = parent.message_types_by_name if hasattr(parent, "message_types_by_name") else parent.nested_types_by_name
    for message in nested.values():
        yield message
        yield from messages(message)


def normal(file):
    """Compilers may leave out what follows from the rest (JSON names, packing in proto3), and places."""
    file.ClearField("source_code_info")

    def messages(message):
        for field in message.field:
            field.ClearField("json_name")
            if field.options.packed:
                field.options.ClearField("packed")
        for nested in message.nested_type:
            messages(nested)

    for message in file.message_type:
        messages(message)
    return file


class Buf(support.ShopTest):
    """`buf curl` knows nothing of the protos but what reflection tells it."""

    def curl(self, *arguments, path="", status=0):
        command = [os.environ["BUF"], "curl", "--http2-prior-knowledge", "--protocol", "grpc"]
        command += [*arguments, f"http://{self.shop.addr}{path}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout if status == 0 else done.stderr

    def call(self, method, *messages, headers=(), status=0):
        data = "\n".join(json.dumps(message) for message in messages)
        arguments = [argument for header in headers for argument in ("-H", header)]
        out = self.curl("-d", data, *arguments, path=f"/{method}", status=status)
        return [json.loads(document) for document in re.split(r"(?<=^})\n(?={)", out, flags=re.M)]

    def test_lists(self):
        listed = self.curl("--list-services").split()
        self.assertEqual([name for name in listed if name.startswith("shop.")], SERVICES)
        methods = self.curl("--list-methods").split()
        expected = [f"{service}/{method}" for service, methods in METHODS.items() for method in methods]
        self.assertEqual(sorted(name for name in methods if name.startswith("shop.")), sorted(expected))

    def test_unary(self):
        (user,) = self.call("shop.v1.UserService/GetUser", {"userId": ADA})
        self.assertEqual((user["name"], user["age"], user["version"]), ("Ada Lovelace", 36, "1"))
        (created,) = self.call("shop.v1.UserService/CreateUser", {"name": "Buf", "email": "buf@shop.example"})
        self.assertEqual(created["email"], "buf@shop.example")

    def test_server_stream(self):
        orders = self.call("shop.v1.OrderService/GetOrders", {"userId": ADA})
        self.assertEqual([order["orderId"] for order in orders], [SEED_ORDERS[1], SEED_ORDERS[0]])

    def test_client_stream(self):
        requests = [{"processId": "b", "data": {"ping": {}}}, {"processId": "b", "data": {"event": {"id": "e"}}}]
        (response,) = self.call("shop.v1.UploadService/ProcessBatch", *requests)
        self.assertEqual((response["processedCount"], response["counts"]), (2, {"event": 1, "ping": 1}))

    def test_bidirectional_stream(self):
        messages = [{"sessionId": "buf", "userId": ADA, "message": text} for text in ("one", "two")]
        heard = self.call("shop.v1.ChatService/Chat", *messages)
        self.assertEqual([message["message"] for message in heard], ["one", "two"])

    def test_errors(self):
        missing = {"userId": "00000000-0000-4000-8000-000000000000"}
        # buf ends with 8 times the code of the status.
        (error,) = self.call("shop.v1.UserService/GetUser", missing, status=8 * grpc.StatusCode.NOT_FOUND.value[0])
        self.assertEqual(error["code"], "not_found")
        self.assertIn(missing["userId"], error["message"])
        unauthenticated = 8 * grpc.StatusCode.UNAUTHENTICATED.value[0]
        (error,) = self.call("shop.v1.UserService/DeleteUser", missing, status=unauthenticated)
        self.assertEqual(error["code"], "unauthenticated")
        staff = [f"Authorization: Bearer {self.shop.token}"]
        status = 8 * grpc.StatusCode.NOT_FOUND.value[0]
        (error,) = self.call("shop.v1.UserService/DeleteUser", missing, headers=staff, status=status)
        self.assertEqual(error["code"], "not_found")


if __name__ == "__main__":
    unittest.main()
