"""HTTP caches and preconditions: curl, requests and Python's gRPC against the shop, and through the gateway."""

import json
import shutil
import subprocess
import tempfile
import unittest
import urllib.parse
import uuid

import grpc
import requests

import support
from shop.v1 import user_pb2
from support import ADA, NOBODY, SEED_ORDERS
from test_gateway import Behind

CURL = shutil.which("curl")


class Caches(support.ShopTest):
    def setUp(self):
        self.session = requests.Session()
        self.addCleanup(self.session.close)

    def call(self, method, path, status, headers=None, **options):
        url = f"http://{self.addr}{path}"
        answer = self.session.request(method, url, timeout=support.PATIENCE, headers=headers, **options)
        self.assertEqual(answer.status_code, status, answer.text)
        return answer

    def register(self):
        user = {"name": "Edith Clarke", "email": f"{uuid.uuid4()}@shop.example"}
        return self.call("POST", "/v1/users", 200, json=user).json()

    def test_a_user_is_sent_once(self):
        path = f"/v1/users/{ADA}"
        first = self.call("GET", path, 200)
        tag = first.headers["ETag"]
        self.assertEqual(tag, f'"{first.json()["version"]}"')
        self.assertEqual(first.headers["Cache-Control"], "no-cache")
        self.assertEqual(first.headers["Vary"], "accept")
        for method in ("GET", "HEAD"):
            again = self.call(method, path, 304, {"If-None-Match": tag})
            self.assertEqual(again.content, b"")
            self.assertEqual((again.headers["ETag"], again.headers["Cache-Control"]), (tag, "no-cache"))
            self.assertNotIn("Content-Type", again.headers)
        # The connection goes on after it.
        self.assertEqual(self.call("GET", path, 200, {"If-None-Match": '"0"'}).json(), first.json())
        # The other path is another resource of the same version.
        self.call("GET", f"/api{path}", 304, {"If-None-Match": tag})
        self.assertEqual(self.call("GET", f"/v1/users/{NOBODY}", 404).headers["Cache-Control"], "no-store")

    def test_each_form_has_a_tag_of_its_own(self):
        path = f"/v1/users/{ADA}"
        text = self.call("GET", path, 200).headers["ETag"]
        proto = {"Accept": "application/x-protobuf"}
        answer = self.call("GET", path, 200, proto | {"If-None-Match": text})
        self.assertEqual(str(user_pb2.User.FromString(answer.content).version), text.strip('"'))
        self.call("GET", path, 304, proto | {"If-None-Match": answer.headers["ETag"]})
        self.call("GET", path, 200, {"If-None-Match": answer.headers["ETag"]})

    def test_an_order_is_kept_for_some_seconds_by_its_reader(self):
        answer = self.call("GET", f"/v1/orders/{SEED_ORDERS[0]}", 200)
        self.assertEqual(answer.headers["Cache-Control"], "private, max-age=5")
        self.call("GET", f"/v1/orders/{SEED_ORDERS[0]}", 304, {"If-None-Match": answer.headers["ETag"]})

    def test_no_change_is_lost(self):
        path = f"/v1/users/{self.register()['id']}"
        seen = {"If-Match": self.call("GET", path, 200).headers["ETag"]}
        changed = self.call("PATCH", path, 200, seen, json={"age": 40})
        self.assertEqual(changed.headers["ETag"], '"2"')
        refused = self.call("PATCH", path, 412, seen, json={"age": 41})
        self.assertEqual(refused.json()["code"], grpc.StatusCode.FAILED_PRECONDITION.value[0])
        self.assertEqual(self.call("GET", path, 200).json()["age"], 40)
        self.call("PATCH", path, 200, {"If-Match": "*"}, json={"age": 42})
        self.call("PATCH", path, 400, {"If-Match": "3"}, json={"age": 43})
        staff = {"Authorization": f"Bearer {self.shop.token}"}
        self.call("DELETE", path, 412, staff | seen)
        self.call("DELETE", path, 200, staff | {"If-Match": '"3"'})

    def test_the_same_over_grpc(self):
        user = self.register()
        change = user_pb2.UpdateUserRequest(user_id=user["id"], age=40)
        self.assertEqual(self.users.UpdateUser(change, metadata=[("if-match", '"1"')]).version, 2)
        with self.fails(grpc.StatusCode.FAILED_PRECONDITION, "if-match"):
            self.users.UpdateUser(change, metadata=[("if-match", '"1"')])
        with self.fails(grpc.StatusCode.INVALID_ARGUMENT, "if-match"):
            self.users.UpdateUser(change, metadata=[("if-match", "1")])

    def test_get_of_connect(self):
        message = urllib.parse.quote(json.dumps({"userId": ADA}))
        path = f"/shop.v1.UserService/GetUser?connect=v1&encoding=json&message={message}"
        first = self.call("GET", path, 200)
        self.assertEqual((first.headers["Cache-Control"], first.headers["Vary"]), ("no-cache", "accept-encoding"))
        again = self.call("GET", path, 304, {"If-None-Match": first.headers["ETag"]})
        self.assertEqual((again.content, again.headers["ETag"]), (b"", first.headers["ETag"]))
        # A change by POST, with the same precondition.
        change = {"userId": self.register()["id"], "age": 40}
        path = "/shop.v1.UserService/UpdateUser"
        self.call("POST", path, 200, {"If-Match": '"1"'}, json=change)
        refused = self.call("POST", path, 400, {"If-Match": '"1"'}, json=change)
        self.assertEqual(refused.json()["code"], "failed_precondition")

    @unittest.skipUnless(CURL, "curl is not there")
    def test_curl_keeps_the_tag(self):
        url = f"http://{self.addr}/v1/users/{ADA}"
        with tempfile.TemporaryDirectory() as folder:
            kept = ["--etag-save", f"{folder}/tag", "--etag-compare", f"{folder}/tag"]
            status = lambda *more: subprocess.run(
                [CURL, "-sS", "-o", f"{folder}/out", "-w", "%{http_code}", *more, url],
                check=True, capture_output=True, text=True, timeout=support.PATIENCE,
            ).stdout
            self.assertEqual(status(*kept), "200")
            self.assertEqual(status(*kept), "304")
            self.assertEqual(status("-H", 'If-Match: "77"', "-X", "PATCH", "-d", '{"age": 37}'), "412")


class BehindTheGateway(Behind, Caches):
    """The gateway knows the same of the contract."""


if __name__ == "__main__":
    unittest.main()
