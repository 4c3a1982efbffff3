"""The generated Rust client against a server in Python that sends typed errors: each becomes its variant."""

import json
import tempfile
import unittest

import test_rust_client
from rich import declared, wish
from shop.v1 import order_pb2


def as_rust(error):
    """The variant with its sample payload, as `{:?}` prints it."""
    fields = []
    for field in error.sample().DESCRIPTOR.fields:
        value = getattr(error.sample(), field.name)
        if field.enum_type:
            value = {order_pb2.ORDER_STATUS_PAID: "Paid", order_pb2.ORDER_STATUS_SHIPPED: "Shipped"}[value]
        fields.append(f"{field.name}: {json.dumps(value) if isinstance(value, str) and not field.enum_type else value}")
    return f"{error.variant}({error.payload_class.DESCRIPTOR.name} {{ {', '.join(fields)} }})"


class RustErrors(unittest.TestCase):
    options = []
    run_client = test_rust_client.RustClient.run_client
    setUpClass = classmethod(test_rust_client.RustClient.setUpClass.__func__)
    setUp = test_rust_client.RustClient.setUp

    def failed(self, service, asked):
        """What the client says of a call that fails so."""
        if service == "user":
            return self.run_client("get-user", asked, fails=True)
        if service == "order":
            return self.run_client("get-order", asked, fails=True)
        if service == "chat":
            # After an answer.
            return self.run_client("monitor", asked, "--interval", 1, "--count", 9, fails=True)
        with tempfile.NamedTemporaryFile() as file:
            return self.run_client("upload", asked, file.name, fails=True)

    def test_every_error_becomes_its_variant(self):
        for (service, name), error in declared().items():
            with self.subTest(service=service, error=name):
                said = self.failed(service, wish("error", error.number))
                message = error.message(error.sample())
                self.assertTrue(said.endswith(f": {message} ({as_rust(error)})\n"), said)

    def test_a_reason_alone_becomes_the_variant_with_its_scalars(self):
        for (service, name), error in declared().items():
            with self.subTest(service=service, error=name):
                self.assertIn(f" ({as_rust(error)})\n", self.failed(service, wish("reason", error.number)))

    def test_an_error_of_a_newer_server_stays_a_status(self):
        for (service, name), error in declared().items():
            with self.subTest(service=service, error=name):
                said = self.failed(service, wish("newer", error.number))
                self.assertTrue(said.endswith(f": {error.message(error.sample())}\n"), said)


if __name__ == "__main__":
    unittest.main()
