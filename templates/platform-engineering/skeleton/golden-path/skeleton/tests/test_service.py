"""What the pipeline checks before anything is deployed."""

import threading
import unittest
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer

from service import Handler


class ServiceTest(unittest.TestCase):
    def setUp(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def get(self, path: str) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.server.server_port, timeout=5)
        self.addCleanup(connection.close)
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()

    def test_answers(self) -> None:
        self.assertEqual(self.get("/")[0], 200)

    def test_answers_the_probes_of_kubernetes(self) -> None:
        self.assertEqual([self.get(path)[0] for path in ("/healthz", "/readyz")], [200, 200])

    def test_says_when_there_is_nothing(self) -> None:
        self.assertEqual(self.get("/nothing")[0], 404)

    def test_counts_requests_and_not_probes(self) -> None:
        self.get("/")
        self.get("/readyz")
        metrics = self.get("/metrics")[1]
        self.assertIn('path="/",status="200"', metrics)
        self.assertNotIn("readyz", metrics)


if __name__ == "__main__":
    unittest.main()
