"""How a shop begins and ends."""

import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import unittest

import grpc

import support
from shop.v1 import chat_pb2, chat_pb2_grpc, order_pb2, order_pb2_grpc, upload_pb2, upload_pb2_grpc, user_pb2
from shop.v1 import user_pb2_grpc
from support import ADA, CLIENT, Requests, Shop


class Lifecycle(unittest.TestCase):
    fails = support.ShopTest.fails
    eventually = support.ShopTest.eventually

    def setUp(self):
        data = tempfile.TemporaryDirectory(prefix="shop-test-")
        self.addCleanup(data.cleanup)
        self.data = pathlib.Path(data.name) / "made" / "on first start"

    def start(self):
        shop = Shop(self.data)
        self.addCleanup(shop.stop)
        channel = grpc.insecure_channel(shop.addr)
        self.addCleanup(channel.close)
        return shop, channel

    def test_what_was_written_is_there_after_a_new_start(self):
        shop, channel = self.start()
        request = user_pb2.CreateUserRequest(name="Kept", email="kept@shop.example")
        user = user_pb2_grpc.UserServiceStub(channel).CreateUser(request)
        self.assertEqual(shop.stop(), 0)
        _, channel = self.start()
        users = user_pb2_grpc.UserServiceStub(channel)
        self.assertEqual(users.GetUser(user_pb2.GetUserRequest(user_id=user.id)), user)
        self.assertEqual(users.GetUser(user_pb2.GetUserRequest(user_id=ADA)).version, 1)

    def test_what_it_prints_can_be_called(self):
        shop, _ = self.start()
        client = "cargo run -p shop --bin shop-client --"
        programs = {"buf": [os.environ["BUF"]], client: [CLIENT]}
        if curl := shutil.which("curl"):
            programs["curl"] = [curl, "-sS"]
        tried = 0
        for line in shop.lines:
            for name, program in programs.items():
                if line.startswith(f"  {name} ") and not re.search("[ :]watch$", line):
                    command = [*program, *shlex.split(line.removeprefix(f"  {name} "))]
                    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
                    self.assertEqual(done.returncode, 0, line + done.stderr)
                    self.assertRegex(done.stdout, "Ada Lovelace|27-inch monitor", line)
                    tried += 1
        self.assertEqual(tried, 6 if curl else 2, shop.lines)

    def test_live_streams_end_as_unavailable(self):
        shop, channel = self.start()
        updates = order_pb2_grpc.OrderServiceStub(channel).StreamOrderUpdates(order_pb2.StreamOrderUpdatesRequest())
        updates.initial_metadata()
        requests = Requests(chat_pb2.ChatMessage(session_id="r", user_id=ADA, message="still here"))
        self.addCleanup(requests.close)
        heard = chat_pb2_grpc.ChatServiceStub(channel).Chat(iter(requests))
        self.assertEqual(next(heard).message, "still here")
        self.assertEqual(shop.stop(), 0)
        for stream in (updates, heard):
            with self.fails(grpc.StatusCode.UNAVAILABLE, "closes"):
                next(stream)

    def test_calls_under_way_come_to_their_end(self):
        shop, channel = self.start()
        requests = Requests(upload_pb2.Chunk(upload_id="u", sequence=0, data=b"first half, "))
        call = upload_pb2_grpc.UploadServiceStub(channel).UploadChunks.future(iter(requests))
        self.eventually(lambda: len(shop.partial_files()) == 1, "the upload begins")
        shop.process.send_signal(signal.SIGTERM)
        requests.send(upload_pb2.Chunk(upload_id="u", sequence=1, data=b"second half"))
        requests.close()
        result = call.result(support.PATIENCE)
        self.assertEqual(shop.process.wait(support.PATIENCE), 0)
        self.assertEqual((self.data / "files" / result.file_id).read_bytes(), b"first half, second half")

    def test_partial_files_of_a_killed_shop_go_away(self):
        shop, channel = self.start()
        requests = Requests(upload_pb2.Chunk(upload_id="u", sequence=0, data=b"x"))
        self.addCleanup(requests.close)
        # Kept, since grpcio cancels a call that nobody holds.
        call = upload_pb2_grpc.UploadServiceStub(channel).UploadChunks.future(iter(requests))
        self.eventually(lambda: len(shop.partial_files()) == 1, "the upload begins")
        shop.process.kill()
        shop.process.wait()
        self.assertIs(call.code(), grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(len(shop.partial_files()), 1)
        shop, _ = self.start()
        self.assertEqual(shop.partial_files(), [])

    def test_a_directory_belongs_to_one_shop(self):
        self.start()
        second = self.run_shop("--data", str(self.data))
        self.assertNotEqual(second.returncode, 0)
        self.assertIn("another shop uses", second.stderr)

    def test_a_wrong_address_is_an_error(self):
        for arguments in (["--listen", "nowhere"], ["--listen", "192.0.2.1:1"]):
            done = self.run_shop(*arguments)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(arguments[1], done.stderr)
            self.assertNotIn("panicked", done.stderr)

    def run_shop(self, *arguments):
        command = [os.environ["SHOP_BIN"], "--listen", "127.0.0.1:0", *arguments]
        if "--listen" in arguments:
            command = [os.environ["SHOP_BIN"], *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=support.PATIENCE)

    def test_without_data_nothing_stays(self):
        process = subprocess.Popen(
            [os.environ["SHOP_BIN"], "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True
        )
        try:
            text = "".join(iter(process.stdout.readline, "\n"))
            place = pathlib.Path(re.search(r"^data in (.+)$", text, re.M)[1])
            self.assertTrue((place / "shop.sqlite3").exists())
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(support.PATIENCE)
            process.stdout.close()
        self.assertEqual(code, 0)
        self.assertFalse(place.exists())


if __name__ == "__main__":
    unittest.main()
