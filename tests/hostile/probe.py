"""The other client: calls the server all the time, in a process of its own, and tells how long it had to wait.

`python probe.py ADDR PATH`: any line on standard input ends it, and it prints one JSON object.
"""

import json
import os
import socket
import sys
import threading
import time

PAUSE = 0.005
# Of so many calls, one is the first on its connection.
RENEW = 8


class Probe:
    def __init__(self, addr, path):
        self.host, port = addr.split(":")
        self.port = int(port)
        self.request = f"GET {path} HTTP/1.1\r\nhost: {addr}\r\n\r\n".encode()
        self.plug, self.calls, self.longest, self.errors = None, 0, 0.0, []
        self.since = None

    def run(self):
        while True:
            self.since = time.monotonic()
            try:
                self.call()
            except (OSError, ValueError) as error:
                self.errors.append(repr(error))
                self.plug = None
                time.sleep(0.05)
            waited, self.since = time.monotonic() - self.since, None
            self.longest = max(self.longest, waited)
            time.sleep(PAUSE)

    def call(self):
        self.calls += 1
        fresh = self.plug is None or self.calls % RENEW == 0
        if fresh:
            if self.plug:
                self.plug.close()
            self.connect()
        try:
            self.exchange()
        except ConnectionError:
            if fresh:
                raise
            # A server may end a connection between two calls.
            self.connect()
            self.exchange()

    def connect(self):
        self.plug = socket.create_connection((self.host, self.port), timeout=60)

    def exchange(self):
        self.plug.sendall(self.request)
        text = b""
        while b"\r\n\r\n" not in text:
            text += self.read()
        head, _, body = text.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        if status.split(" ")[1] != "200":
            raise ValueError(status)
        headers = dict(line.lower().split(": ", 1) for line in lines)
        while len(body) < int(headers["content-length"]):
            body += self.read()

    def read(self):
        piece = self.plug.recv(1 << 16)
        if not piece:
            raise ConnectionResetError("the server ended the connection")
        return piece

    def report(self):
        since = self.since
        pending = time.monotonic() - since if since else 0.0
        return {"calls": self.calls, "longest": max(self.longest, pending), "errors": self.errors}


if __name__ == "__main__":
    probe = Probe(*sys.argv[1:])
    threading.Thread(target=probe.run, daemon=True).start()
    sys.stdin.readline()
    print(json.dumps(probe.report()), flush=True)
    os._exit(0)
