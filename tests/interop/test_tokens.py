"""Tokens of an issuer in a process of its own, as credentials of calls, while its keys change."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

import grpc

from certificates import Authority
from shop.v1 import order_pb2, order_pb2_grpc, user_pb2, user_pb2_grpc
from support import NOBODY, PATIENCE, ROOT, Shop

NODE = os.environ["NODE_SCRIPTS"]
NAME, AUDIENCE = "https://issuer.example", "shop"
ROTATIONS = 4
# How often the shop fetches the keys, in seconds; the issuer waits for a second before it signs with a new one.
REFRESH = "0.2"


class Issuer:
    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests/interop/issuer.py"), NAME, AUDIENCE], stdout=subprocess.PIPE, text=True
        )
        self.url = re.match(r"listening on (\S+)\n", self.process.stdout.readline())[1]

    def post(self, path, body=None):
        request = urllib.request.Request(self.url + path, data=json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.read().decode()

    def token(self, **claims):
        return self.post("/token", {"sub": "ann", "scope": "users.delete", **claims})

    def stop(self):
        self.process.kill()
        self.process.wait(PATIENCE)
        self.process.stdout.close()


class Tokens(unittest.TestCase):
    def setUp(self):
        self.issuer = Issuer()
        self.addCleanup(self.issuer.stop)
        folder = tempfile.TemporaryDirectory(prefix="shop-tokens-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.authority = Authority()
        _, chain, key = self.authority.issue("localhost")
        for name, content in (("tls.crt", chain), ("tls.key", key), ("ca.crt", self.authority.pem)):
            (self.folder / name).write_bytes(content)
        options = ["--jwks", f"{self.issuer.url}/jwks", "--issuer", NAME, "--audience", AUDIENCE]
        options += ["--jwks-refresh", REFRESH]
        options += ["--tls-cert", str(self.folder / "tls.crt"), "--tls-key", str(self.folder / "tls.key")]
        self.shop = Shop(self.folder / "data", *options)
        self.addCleanup(self.shop.stop)
        self.target = f"localhost:{self.shop.addr.rsplit(':', 1)[1]}"

    def delete(self, channel, **options):
        """Who may delete users hears that there is no such user."""
        request = user_pb2.DeleteUserRequest(user_id=NOBODY)
        try:
            user_pb2_grpc.UserServiceStub(channel).DeleteUser(request, timeout=PATIENCE, **options)
        except grpc.RpcError as error:
            return error
        self.fail("there is nobody of that name")

    def channel(self, calls=None):
        credentials = grpc.ssl_channel_credentials(self.authority.pem)
        if calls is not None:
            credentials = grpc.composite_channel_credentials(credentials, calls)
        channel = grpc.secure_channel(self.target, credentials, [("grpc.use_local_subchannel_pool", 1)])
        self.addCleanup(channel.close)
        return channel

    def outcome(self, token):
        error = self.delete(self.channel(grpc.access_token_call_credentials(token)))
        challenge = [value for key, value in error.trailing_metadata() if key == "www-authenticate"]
        return error.code().name, challenge

    def test_what_a_token_says_decides(self):
        wrong = ("UNAUTHENTICATED", ['Bearer error="invalid_token"'])
        now = time.time()
        for claims, expected in (
            ({}, ("NOT_FOUND", [])),
            ({"scope": "users.read"}, ("PERMISSION_DENIED", ['Bearer error="insufficient_scope", scope="users.delete"'])),
            ({"exp": now - 600}, wrong),
            ({"nbf": now + 600}, wrong),
            ({"aud": "other"}, wrong),
            ({"iss": "other"}, wrong),
        ):
            self.assertEqual(self.outcome(self.issuer.token(**claims)), expected, claims)
        self.assertEqual(self.outcome("nonsense"), wrong)
        # The staff works on.
        self.assertEqual(self.outcome(self.shop.token), ("NOT_FOUND", []))
        error = self.delete(self.channel())
        self.assertEqual(error.code().name, "UNAUTHENTICATED")
        self.assertIn(("www-authenticate", "Bearer"), error.trailing_metadata())
        # A condition over the request: whoever is known may cancel, and nothing else without the scope.
        for scope, status, expected in (
            ("", order_pb2.ORDER_STATUS_PAID, "PERMISSION_DENIED"),
            ("", order_pb2.ORDER_STATUS_CANCELLED, "NOT_FOUND"),
            ("orders.write", order_pb2.ORDER_STATUS_PAID, "NOT_FOUND"),
        ):
            update = order_pb2.UpdateOrderStatusRequest(order_id=NOBODY, status=status)
            calls = grpc.access_token_call_credentials(self.issuer.token(scope=scope))
            with self.assertRaises(grpc.RpcError) as caught:
                order_pb2_grpc.OrderServiceStub(self.channel(calls)).UpdateOrderStatus(update, timeout=PATIENCE)
            self.assertEqual(caught.exception.code().name, expected, (scope, status))
            if expected == "PERMISSION_DENIED":
                self.assertNotIn("scope", caught.exception.details())

    def test_a_key_that_signs_at_once_is_fetched_for_the_call(self):
        self.assertEqual(self.outcome(self.issuer.token())[0], "NOT_FOUND")
        for _ in range(3):
            # Unknown keys cause a fetch again after that time.
            time.sleep(2 * float(REFRESH))
            self.issuer.post("/switch")
            self.assertEqual(self.outcome(self.issuer.token())[0], "NOT_FOUND")

    def test_no_call_is_lost_while_keys_change(self):
        over, failed, calls = threading.Event(), [], [0, 0]

        class Fresh(grpc.AuthMetadataPlugin):
            """A token of its own for each call."""

            def __call__(plugin, context, callback):
                callback([("authorization", f"Bearer {self.issuer.token()}")], None)

        def call(index):
            channel = self.channel(grpc.metadata_call_credentials(Fresh()))
            while not over.is_set():
                error = self.delete(channel)
                if error.code() is grpc.StatusCode.NOT_FOUND:
                    calls[index] += 1
                else:
                    failed.append(f"{error.code()}: {error.details()}")

        node = subprocess.Popen(
            ["node", f"{NODE}/token_client.mjs", self.target, str(self.folder / "ca.crt"), f"{self.issuer.url}/token"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(node.kill)
        self.assertEqual(node.stdout.readline(), "calling\n")
        threads = [threading.Thread(target=call, args=(index,)) for index in range(len(calls))]
        for thread in threads:
            thread.start()
        for _ in range(ROTATIONS):
            time.sleep(1.5)
            self.issuer.post("/rotate")
        time.sleep(1.5)
        over.set()
        for thread in threads:
            thread.join(PATIENCE)
        text, _ = node.communicate(timeout=PATIENCE)
        outcome = json.loads(text.splitlines()[-1])
        self.assertEqual(failed, [])
        self.assertEqual(outcome["failed"], [])
        self.assertTrue(all(calls) and outcome["calls"], (calls, outcome))
        print(f"grpcio: {sum(calls)} calls, grpc-js: {outcome['calls']}, {ROTATIONS} changes of keys, none lost", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
