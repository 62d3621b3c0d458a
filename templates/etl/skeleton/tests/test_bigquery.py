"""What BigQuery would be asked.

The service cannot run here: a server on loopback takes the real client's requests and keeps them.
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from shopdata.bigquery import SCHEMAS, BigQueryWarehouse
from shopdata.warehouse import COLUMNS
from tests.conftest import DAY

REFERENCE = {"projectId": "shop", "datasetId": "dwh", "tableId": "t"}


class Jobs(BaseHTTPRequestHandler):
    """Takes one load job after the other: its configuration first, then the rows."""

    def do_POST(self):
        self.server.job = json.loads(self._body())
        self._answer({}, Location=f"http://127.0.0.1:{self.server.server_port}/rows")

    def do_PUT(self):
        self.server.loads.append((self.server.job["configuration"]["load"], self._body()))
        self._answer({**self.server.job, "status": {"state": "DONE"}})

    def do_GET(self):
        rows = self.server.rows.get(self.path.partition("?")[0].rpartition("/")[2])
        if rows is None:
            self.send_error(404)
            return
        self._answer({"tableReference": REFERENCE, "numRows": str(rows)})

    def _body(self) -> str:
        return self.rfile.read(int(self.headers["Content-Length"])).decode()

    def _answer(self, content: dict, **headers: str) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Jobs)
    server.loads = []
    server.rows = {}
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(server):
    return bigquery.Client(
        project="shop",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": f"http://127.0.0.1:{server.server_port}"},
    )


def test_the_orders_of_a_day_are_counted_by_the_rows_of_its_partitions(server, client):
    warehouse = BigQueryWarehouse(client, "reports")
    assert warehouse.orders(DAY) == 0  # before the first load there is no table
    server.rows = {"sales$20261102": 70, "quarantine$20261102": 5}
    assert warehouse.orders(DAY) == 75


def test_a_day_overwrites_its_partition(server, client, tmp_path):
    row = '{"day": "2026-11-02", "order_id": 1, "reason": "bad_price"}\n'
    (tmp_path / "quarantine.jsonl").write_text(row)
    warehouse = BigQueryWarehouse(client, "reports")
    warehouse.replace_days({DAY: {"quarantine": tmp_path / "quarantine.jsonl"}})
    ((load, rows),) = server.loads
    assert load["destinationTable"] == {
        "projectId": "shop",
        "datasetId": "reports",
        "tableId": "quarantine$20261102",
    }
    assert load["writeDisposition"] == "WRITE_TRUNCATE"
    assert load["sourceFormat"] == "NEWLINE_DELIMITED_JSON"
    assert load["timePartitioning"] == {"type": "DAY", "field": "day"}
    assert rows == row


@pytest.mark.parametrize("table", COLUMNS)
def test_both_warehouses_have_the_same_columns(table):
    assert [field.name for field in SCHEMAS[table]] == list(COLUMNS[table])
