"""Forms: those of the shop's page, sent by headless Chromium, and what other programs send, also through the gateway."""

import gzip
import hashlib
import json
import pathlib
import subprocess
import tempfile
import unittest
import uuid

import requests

import support
from pairs import ENVIRONMENT, need_chromium, node
from support import PATIENCE

need_chromium()

# More than a message may have.
CONTENT = bytes(range(256)) * 40_000


class Page(support.ShopTest):
    """What somebody sees who fills in the forms of `http://SHOP/`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory(prefix="form-test-")
        cls.addClassCleanup(folder.cleanup)
        file = pathlib.Path(folder.name) / 'a "file" é.png'
        file.write_bytes(CONTENT)
        done = subprocess.run(
            node("forms.mjs", cls.addr, str(file)), capture_output=True, text=True, timeout=10 * PATIENCE, env=ENVIRONMENT
        )
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        cls.shown = json.loads(done.stdout)

    def see(self, form, status):
        shown = self.shown[form]
        self.assertEqual(shown["status"], status, shown["text"])
        return json.loads(shown["text"])

    def test_a_file(self):
        result = self.see("file", 200)
        self.assertEqual(int(result["size"]), len(CONTENT))
        stored = (self.shop.data / "files" / result["fileId"]).read_bytes()
        self.assertEqual(hashlib.sha256(stored).digest(), hashlib.sha256(CONTENT).digest())
        # It was never one message.
        self.assertGreater(result["chunkCount"], 100)
        self.assertEqual(self.see("again", 409)["details"][0]["metadata"], {"upload_id": "from-a-page"})
        self.see("wrong_size", 500)
        self.assertEqual(self.shop.partial_files(), [])

    def test_a_user(self):
        user = self.see("user", 200)
        self.assertEqual((user["name"], user["roles"]), ("Zoë & Ann", ["buyer", "reviewer"]))
        # An input that was not filled in.
        self.assertNotIn("age", user)
        self.assertEqual(self.see("taken", 409)["details"][0]["reason"], "EMAIL_TAKEN")

    def test_a_page_of_another_origin(self):
        self.assertEqual(self.see("foreign", 403)["message"], "pages of this origin may not call")


class Programs(support.ShopTest):
    def post(self, path, status=200, **options):
        answer = requests.post(f"http://{self.addr}{path}", timeout=PATIENCE, **options)
        self.assertEqual(answer.status_code, status, answer.text)
        return answer.json()

    def names(self):
        return sorted(path.name for path in (self.shop.data / "files").iterdir())

    def test_a_file_with_fields(self):
        upload_id = str(uuid.uuid4())
        fields = {"upload_id": upload_id, "info.expected_size": len(CONTENT)}
        result = self.post("/v1/files", data=fields, files={"content": ("../é.bin", CONTENT, "image/png")})
        self.assertEqual((self.shop.data / "files" / result["fileId"]).read_bytes(), CONTENT)
        self.post("/v1/files", 409, data=fields, files={"content": ("a", b"x")})

    def test_an_empty_file(self):
        self.assertEqual(self.post("/v1/files", files={"content": ("empty", b"")}).get("size", "0"), "0")

    def test_what_is_wrong_is_told(self):
        before = self.names()
        for fields, files, field in (
            ({"info.expected_size": "many"}, {"content": ("a", b"x")}, "info.expected_size"),
            ({"upload_id": "not/an/id"}, {"content": ("a", b"x")}, "upload_id"),
            ({}, {"content": ("a" * 300, b"x")}, "info.filename"),
            ({}, {"upload_id": ("a", b"x")}, "upload_id"),
            ({}, [("content", ("a", b"x")), ("content", ("b", b"y"))], "info"),
            ({"info.filename": "a"}, {"content": ("a", b"x")}, "info.filename"),
        ):
            with self.subTest(field=field, fields=fields):
                error = self.post("/v1/files", 400, data=fields, files=files)
                described = json.dumps(error)
                self.assertIn(f'"{field}"', described)
        self.eventually(lambda: self.shop.partial_files() == [], "the beginnings of the files go away")
        self.assertEqual(self.names(), before)

    def test_a_compressed_form(self):
        body = b'--x\r\nContent-Disposition: form-data; name="content"; filename="a"\r\n\r\n' + CONTENT + b"\r\n--x--"
        headers = {"content-type": "multipart/form-data; boundary=x", "content-encoding": "gzip"}
        result = self.post("/v1/files", data=gzip.compress(body), headers=headers)
        self.assertEqual((self.shop.data / "files" / result["fileId"]).read_bytes(), CONTENT)

    def test_a_form_that_breaks_off_leaves_nothing(self):
        before = self.names()
        head = b'--x\r\nContent-Disposition: form-data; name="content"; filename="a"\r\n\r\n'
        headers = {"content-type": "multipart/form-data; boundary=x"}
        error = self.post("/v1/files", 400, data=head + CONTENT, headers=headers)
        self.assertEqual(error["details"][0]["fieldViolations"][0]["description"], "the form breaks off in it")
        self.eventually(lambda: self.shop.partial_files() == [], "the beginning of the file goes away")
        self.assertEqual(self.names(), before)

    def test_a_user(self):
        email = f"{uuid.uuid4()}@shop.example"
        user = self.post("/v1/users", data={"name": "A B", "email": email, "age": "", "roles": ["a", "b"], "preferences.theme": "THEME_DARK"})
        self.assertEqual((user["name"], user["roles"]), ("A B", ["a", "b"]))
        error = self.post("/v1/users", 400, data={"name": "A", "email": "nowhere", "age": "1"})
        self.assertEqual(error["details"][0]["fieldViolations"][0]["field"], "email")
        # Another method takes JSON alone, and this one still takes it.
        error = self.post("/v1/batches", 400, data={"processId": "x"})
        self.assertEqual(error["message"], "the body: it is a form, not JSON")
        self.post("/v1/users", json={"name": "A", "email": f"{uuid.uuid4()}@shop.example"})


class BehindGateway:
    """The page, too, is a call that passes."""

    @classmethod
    def front(cls, addr):
        gateway = support.Gateway(addr)
        cls.addClassCleanup(gateway.stop)
        return gateway.addr


class PageBehindGateway(BehindGateway, Page):
    pass


class ProgramsBehindGateway(BehindGateway, Programs):
    pass


if __name__ == "__main__":
    unittest.main()
