"""A service that answers requests, says whether it is ready, and counts what it does.

Nothing but the standard library; replace `answer` by what the service is for.
"""

import json
import logging
import os
import signal
import threading
import time
from collections import Counter
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = os.environ.get("SERVICE_NAME", "service")
BUCKETS = (0.005, 0.025, 0.1, 0.5, 2.5, float("inf"))
PROBES = {"/healthz", "/readyz"}


def answer(path: str) -> tuple[int, dict[str, str]]:
    """Answer a request: a status and what is sent as JSON."""
    if path == "/":
        return 200, {"service": NAME}
    if path in PROBES:
        return 200, {"status": "ok"}
    return 404, {"error": f"nothing at {path}"}


class Metrics:
    """How many requests there were, and how long they took, for Prometheus to read."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, int]] = Counter()
        self._buckets: Counter[float] = Counter()
        self._seconds = 0.0
        self._lock = threading.Lock()

    def observe(self, path: str, status: int, seconds: float) -> None:
        """Count one request; paths that are not known count as one, so that labels stay few."""
        with self._lock:
            self._requests[path if status != HTTPStatus.NOT_FOUND else "other", status] += 1
            self._seconds += seconds
            self._buckets.update(bound for bound in BUCKETS if seconds <= bound)

    def exposition(self) -> str:
        """Give the text format of Prometheus."""
        service = f'service="{NAME}"'
        histogram = "http_request_duration_seconds"
        with self._lock:
            lines = ["# TYPE http_requests_total counter"]
            lines += [
                f'http_requests_total{{{service},path="{path}",status="{status}"}} {count}'
                for (path, status), count in sorted(self._requests.items())
            ]
            lines += [f"# TYPE {histogram} histogram"]
            lines += [
                f'{histogram}_bucket{{{service},le="{str(bound).replace("inf", "+Inf")}"}} '
                f"{self._buckets[bound]}"
                for bound in BUCKETS
            ]
            lines += [f"{histogram}_sum{{{service}}} {self._seconds}"]
            lines += [f"{histogram}_count{{{service}}} {self._requests.total()}"]
        return "\n".join(lines) + "\n"


class Handler(BaseHTTPRequestHandler):
    """Answers one request after another, each connection in a thread of its own."""

    metrics = Metrics()

    def do_GET(self) -> None:
        """Answer, and count unless it is a probe or Prometheus itself."""
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._send(200, "text/plain; version=0.0.4", self.metrics.exposition())
            return
        begun = time.perf_counter()
        try:
            status, body = answer(path)
        except Exception:
            logging.exception("cannot answer %s", path)
            status, body = 500, {"error": "internal"}
        self._send(status, "application/json", json.dumps(body))
        if path not in PROBES:
            self.metrics.observe(path, status, time.perf_counter() - begun)

    def _send(self, status: int, kind: str, body: str) -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def main() -> None:
    """Serve until Kubernetes, or somebody at the keyboard, says stop."""
    server = ThreadingHTTPServer(("", int(os.environ.get("PORT", "8080"))), Handler)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main()
