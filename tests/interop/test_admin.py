"""The admin port of the shop, asked as probes and operators do."""

import pathlib
import re
import tempfile
import unittest

import requests

from support import PATIENCE, Shop


class Admin(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        data = tempfile.TemporaryDirectory(prefix="shop-admin-")
        cls.addClassCleanup(data.cleanup)
        cls.shop = Shop(pathlib.Path(data.name), "--admin", "127.0.0.1:0")
        cls.addClassCleanup(cls.shop.stop)
        cls.url = re.search(r"^admin on (http://127\.0\.0\.1:\d+)$", "".join(cls.shop.lines), re.M)[1]

    def ask(self, path, method="GET", **more):
        return requests.request(method, self.url + path, timeout=PATIENCE, **more)

    def json(self, path):
        answer = self.ask(path, headers={"accept": "application/json"})
        self.assertEqual(answer.headers["content-type"], "application/json")
        return answer.json()

    def test_it_is_alive_and_ready(self):
        self.assertEqual(self.ask("/healthz").text, "ok\n")
        answer = self.ask("/readyz")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["cache-control"], "no-store")
        self.assertTrue(answer.text.startswith("ready\n"), answer.text)
        self.assertIn("check database: ok\n", answer.text)
        ready = self.json("/readyz")
        self.assertEqual(ready["checks"], {"database": "ok"})
        self.assertEqual(ready["services"]["shop.v1.UserService"], "serving")

    def test_it_lists_the_methods(self):
        methods = {method["path"]: method for method in self.json("/routes")["methods"]}
        user = methods["/shop.v1.UserService/GetUser"]
        self.assertEqual(user["access"]["needs"], "public")
        self.assertIn({"method": "GET", "path": "/v1/users/{user_id}"}, user["bindings"])
        self.assertNotEqual(methods["/shop.v1.UserService/DeleteUser"]["access"]["needs"], "public")
        self.assertEqual(methods["/shop.v1.ChatService/Chat"]["kind"], "bidirectional streaming")
        self.assertIn("  GET /v1/users/{user_id}\n", self.ask("/routes").text)

    def test_it_tells_versions(self):
        version = self.json("/version")
        self.assertEqual(version["name"], "shop")
        self.assertRegex(version["rsvc"], r"^\d+\.\d+\.\d+$")

    def test_the_filter_of_the_log_changes(self):
        before = self.ask("/log").text.strip()
        answer = self.ask("/log", "PUT", data="debug,hyper=warn")
        self.assertEqual(answer.status_code, 200, answer.text)
        self.assertEqual(set(self.ask("/log").text.strip().split(",")), {"debug", "hyper=warn"})
        self.assertEqual(self.ask("/log", "PUT", data="shop=loud").status_code, 400)
        self.assertEqual(self.ask("/log", "PUT", data=before).text.strip(), before)

    def test_what_it_is_not_for_is_refused(self):
        self.assertEqual(self.ask("/readyz", "POST").status_code, 405)
        self.assertEqual(self.ask("/routes", headers={"host": "attacker.example"}).status_code, 421)
        self.assertEqual(self.ask("/routes", headers={"origin": "http://attacker.example"}).status_code, 421)
        # Neither port has what the other has.
        self.assertEqual(self.ask("/v1/users").status_code, 404)
        self.assertEqual(requests.get(f"http://{self.shop.addr}/readyz", timeout=PATIENCE).status_code, 404)


class Stopped(unittest.TestCase):
    def test_it_ends_with_the_shop(self):
        with tempfile.TemporaryDirectory(prefix="shop-admin-") as data:
            shop = Shop(pathlib.Path(data), "--admin", "127.0.0.1:0")
            url = re.search(r"^admin on (\S+)$", "".join(shop.lines), re.M)[1]
            self.assertEqual(requests.get(f"{url}/readyz", timeout=PATIENCE).status_code, 200)
            self.assertEqual(shop.stop(), 0)
            with self.assertRaises(requests.ConnectionError):
                requests.get(f"{url}/readyz", timeout=PATIENCE)


if __name__ == "__main__":
    unittest.main()
