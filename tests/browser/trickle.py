"""A slow network: a proxy that hands on each page in pieces."""

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError
from urllib.request import Request, urlopen

PIECES = 12
PAUSE = 0.03
"""Seconds between two pieces: time for the browser to paint what is there."""


@contextmanager
def trickling(site: str):
    """Yield the address of a proxy before a site."""

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self):
            wanted = {name: self.headers[name] for name in ("Accept", "Accept-Language")}
            try:
                answer = urlopen(Request(site + self.path, headers=wanted))
            except HTTPError as error:
                answer = error
            with answer:
                body = answer.read()
            self.send_response(answer.status)
            for name in ("Content-Type", "Content-Security-Policy"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.end_headers()
            is_page = answer.headers.get_content_type() == "text/html"
            size = len(body) // PIECES + 1 if is_page else len(body) + 1
            for start in range(0, len(body), size):
                time.sleep(PAUSE if is_page else 0)
                self.wfile.write(body[start : start + size])

        def log_message(self, *ignored):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
