"""An issuer of tokens: `issuer.py NAME AUDIENCE` prints where it listens.

`GET /jwks` has its public keys, `POST /token` signs the claims of the body with the newest one that has been published for
`SETTLE` seconds, `POST /rotate` makes a new key and forgets the oldest of three, `POST /switch` makes one that signs at once.
"""

import http.server
import json
import sys
import threading
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

NAME, AUDIENCE = sys.argv[1:3]
# Longer than the shop of the test takes to fetch the keys again.
SETTLE = 1.0
KEPT = 3


class Key:
    """A key of one kind after the other."""

    def __init__(self, number, settled=False):
        self.id = f"key-{number}"
        self.private, self.algorithm = (
            lambda: (rsa.generate_private_key(public_exponent=65537, key_size=2048), "RS256"),
            lambda: (ec.generate_private_key(ec.SECP256R1()), "ES256"),
            lambda: (ed25519.Ed25519PrivateKey.generate(), "EdDSA"),
        )[number % 3]()
        self.signs_from = time.monotonic() + (0 if settled else SETTLE)

    def jwk(self):
        algorithm = jwt.get_algorithm_by_name(self.algorithm)
        key = algorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {"kty": key["kty"], **key, "kid": self.id, "alg": self.algorithm, "use": "sig"}


lock = threading.Lock()
keys = [Key(0, settled=True)]
made = 1


def add(settled):
    global made
    key = Key(made, settled)
    with lock:
        made += 1
        keys.append(key)
        del keys[:-KEPT]
    return key.id


def token(claims):
    now = time.time()
    claims = {"iss": NAME, "aud": AUDIENCE, "exp": now + 300, **claims}
    with lock:
        key = [key for key in keys if key.signs_from <= time.monotonic()][-1]
    return jwt.encode(claims, key.private, key.algorithm, headers={"kid": key.id})


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, body, content_type="text/plain"):
        body = body.encode()
        self.send_response(200)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        with lock:
            current = {"keys": [key.jwk() for key in keys]}
        self.answer(json.dumps(current), "application/jwk-set+json")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path == "/token":
            self.answer(token(json.loads(body)))
        else:
            self.answer(add(settled=self.path == "/switch"))

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
