"""TLS and mutual TLS with grpcio and grpc-js, certificates that change while calls run, and Unix sockets."""

import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

import grpc

from certificates import Authority, Secret
from cryptography import x509
from shop.v1 import user_pb2, user_pb2_grpc
from support import ADA, NOBODY, PATIENCE, Shop

NODE = os.environ["NODE_SCRIPTS"]
ROTATIONS = 5


def port_of(shop):
    return int(shop.addr.rsplit(":", 1)[1])


def get_user(channel, timeout=PATIENCE):
    return user_pb2_grpc.UserServiceStub(channel).GetUser(user_pb2.GetUserRequest(user_id=ADA), timeout=timeout)


class Tls(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="shop-tls-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "secret").mkdir()
        self.authority, self.clients = Authority(), Authority()
        self.secret = Secret(self.folder / "secret")
        self.serial = self.renew()
        for name, content in zip(("client.crt", "client.key"), self.clients.issue("client")[1:]):
            (self.folder / name).write_bytes(content)
        (self.folder / "ca.crt").write_bytes(self.authority.pem)

    def renew(self):
        """Gives the shop another certificate; its number."""
        certificate, chain, key = self.authority.issue("localhost")
        self.secret.set(tls_crt=chain, tls_key=key, ca_crt=self.clients.pem)
        return certificate.serial_number

    def start(self, *options):
        options = ["--tls-cert", self.secret["tls.crt"], "--tls-key", self.secret["tls.key"], *options]
        shop = Shop(self.folder / "data", *options)
        self.addCleanup(shop.stop)
        return shop

    def file(self, name):
        return (self.folder / name).read_bytes()

    def credentials(self, known=False):
        identity = (self.file("client.key"), self.file("client.crt")) if known else (None, None)
        return grpc.ssl_channel_credentials(self.authority.pem, *identity)

    def connect(self, shop, credentials):
        # Otherwise channels of one process share their connection.
        options = [("grpc.use_local_subchannel_pool", 1)]
        channel = grpc.secure_channel(f"localhost:{port_of(shop)}", credentials, options)
        self.addCleanup(channel.close)
        return channel

    def node(self, shop, *identity):
        """grpc-js, which calls until its input ends."""
        command = ["node", f"{NODE}/tls_client.mjs", f"localhost:{port_of(shop)}", str(self.folder / "ca.crt"), *identity]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        return process

    def outcome(self, node):
        text, _ = node.communicate(timeout=PATIENCE)
        return json.loads(text.splitlines()[-1])

    def shown(self, shop):
        """The number of the certificate that a new connection sees."""
        context = ssl.create_default_context(cadata=self.authority.pem.decode())
        context.load_cert_chain(self.folder / "client.crt", self.folder / "client.key")
        with socket.create_connection(("127.0.0.1", port_of(shop)), PATIENCE) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as secure:
                return x509.load_der_x509_certificate(secure.getpeercert(True)).serial_number

    def until_shown(self, shop, serial):
        end = time.monotonic() + PATIENCE
        while self.shown(shop) != serial:
            self.assertLess(time.monotonic(), end, "the new certificate is not shown")
            time.sleep(0.02)

    def test_it_is_known(self):
        shop = self.start()
        self.assertEqual(get_user(self.connect(shop, self.credentials())).name, "Ada Lovelace")
        with self.assertRaises(grpc.RpcError):
            get_user(self.connect(shop, grpc.ssl_channel_credentials(self.clients.pem)), timeout=5)
        with self.assertRaises(grpc.RpcError):
            get_user(grpc.insecure_channel(shop.addr), timeout=5)
        outcome = self.outcome(self.node(shop))
        self.assertGreater(outcome["calls"], 0)
        self.assertEqual(outcome["failed"], [])

    def test_both_know_each_other(self):
        shop = self.start("--client-ca", self.secret["ca.crt"])
        self.assertEqual(get_user(self.connect(shop, self.credentials(known=True))).name, "Ada Lovelace")
        with self.assertRaises(grpc.RpcError):
            get_user(self.connect(shop, self.credentials()), timeout=5)
        identity = [str(self.folder / name) for name in ("client.crt", "client.key")]
        self.assertEqual(self.outcome(self.node(shop, *identity))["failed"], [])
        self.assertNotEqual(self.outcome(self.node(shop))["failed"], [])

    def test_credentials_of_calls_go_with_those_of_the_channel(self):
        shop = self.start("--client-ca", self.secret["ca.crt"])
        users = user_pb2_grpc.UserServiceStub
        # Who may delete users hears that there is no such user.
        request = user_pb2.DeleteUserRequest(user_id=NOBODY)
        for token, expected in ((shop.token, "NOT_FOUND"), ("wrong", "UNAUTHENTICATED")):
            calls = grpc.access_token_call_credentials(token)
            credentials = grpc.composite_channel_credentials(self.credentials(known=True), calls)
            with self.assertRaises(grpc.RpcError) as caught:
                users(self.connect(shop, credentials)).DeleteUser(request, timeout=PATIENCE)
            self.assertEqual(caught.exception.code().name, expected)

    def test_no_call_is_lost_while_certificates_change(self):
        shop = self.start("--client-ca", self.secret["ca.crt"])
        over, failed = threading.Event(), []
        calls = [0, 0, 0]

        def call(index):
            """Calls on one connection; the last of them on one for each five calls."""
            channel = None
            while not over.is_set():
                if channel is None or (index == len(calls) - 1 and calls[index] % 5 == 0):
                    channel = self.connect(shop, self.credentials(known=True))
                try:
                    get_user(channel)
                    calls[index] += 1
                except grpc.RpcError as error:
                    failed.append(f"{error.code()}: {error.details()}")

        def until_each_has_called():
            before, end = list(calls), time.monotonic() + PATIENCE
            while any(now < then + 10 for now, then in zip(calls, before)):
                self.assertEqual(failed, [])
                self.assertLess(time.monotonic(), end, "nobody calls")
                time.sleep(0.01)

        threads = [threading.Thread(target=call, args=(index,)) for index in range(len(calls))]
        for thread in threads:
            thread.start()
        identity = [str(self.folder / name) for name in ("client.crt", "client.key")]
        node = self.node(shop, *identity)
        try:
            self.assertEqual(node.stdout.readline(), "calling\n")
            for _ in range(ROTATIONS):
                serial = self.renew()
                shop.process.send_signal(signal.SIGHUP)
                self.until_shown(shop, serial)
                until_each_has_called()
        finally:
            over.set()
            for thread in threads:
                thread.join(PATIENCE)
        outcome = self.outcome(node)
        self.assertEqual(failed, [])
        self.assertEqual(outcome["failed"], [])
        self.assertGreater(outcome["calls"], 2)

    def test_files_that_change_are_noticed_without_a_word(self):
        shop = self.start()
        self.assertEqual(self.shown(shop), self.serial)
        open_channel = self.connect(shop, self.credentials())
        get_user(open_channel)
        # What is no use changes nothing.
        self.secret.set(tls_crt=b"nonsense", tls_key=b"nonsense", ca_crt=b"")
        shop.process.send_signal(signal.SIGHUP)
        self.assertEqual(self.shown(shop), self.serial)
        self.until_shown(shop, self.renew())
        get_user(open_channel)


class Unix(unittest.TestCase):
    def test_a_unix_socket(self):
        with tempfile.TemporaryDirectory(prefix="shop-unix-") as folder:
            path = pathlib.Path(folder) / "shop.sock"
            shop = Shop(pathlib.Path(folder) / "data", "--unix", str(path))
            self.addCleanup(shop.stop)
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)
            # Without it grpcio names the path as the server, in a way that HTTP/2 does not allow.
            options = [("grpc.default_authority", "localhost")]
            for target in (f"unix:{path}", f"unix://{path}", shop.addr):
                with grpc.insecure_channel(target, options) as channel:
                    self.assertEqual(get_user(channel).name, "Ada Lovelace", target)
            if curl := shutil.which("curl"):
                command = [curl, "-sS", "--unix-socket", str(path), f"http://localhost/v1/users/{ADA}"]
                done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
                self.assertEqual(json.loads(done.stdout)["name"], "Ada Lovelace", done.stderr)
            self.assertEqual(shop.stop(), 0)
            self.assertFalse(path.exists())


if __name__ == "__main__":
    unittest.main()
