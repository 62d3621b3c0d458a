"""Serves one service: python _serve.py orders/service.py. Says its port, then answers."""

import json
import runpy
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

answer = runpy.run_path(sys.argv[1])["answer"]


class Handler(BaseHTTPRequestHandler):
    """Sends what answer() says as JSON."""

    def do_GET(self) -> None:
        """Answer one request."""
        status, body = (200, {"status": "ok"}) if self.path == "/healthz" else answer(self.path)
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
sys.stdout.write(f"{server.server_port}\n")
sys.stdout.flush()
server.serve_forever()
