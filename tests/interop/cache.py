"""A small cache of HTTP in front of a server: what `cacheable_unary` asks for."""

import http.client
import http.server
import re
import threading


class Cache:
    """It answers a `GET` from memory while the answer's `max-age` lasts: here, as long as it runs."""

    def __init__(self, server):
        kept = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                answer = kept.get(self.path) or self.fetch(server)
                if re.search(r"max-age=[1-9]", answer[1].get("cache-control", "")):
                    kept[self.path] = answer
                self.answer(*answer)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                self.answer(*self.fetch(server, body))

            def fetch(self, server, body=None):
                connection = http.client.HTTPConnection(server)
                connection.request(self.command, self.path, body, dict(self.headers))
                response = connection.getresponse()
                answer = response.status, dict(response.getheaders()), response.read()
                connection.close()
                return answer

            def answer(self, status, headers, body):
                self.send_response(status)
                for name, value in headers.items():
                    if name.lower() not in ("content-length", "transfer-encoding", "connection", "date"):
                        self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.kept = kept
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.addr = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
