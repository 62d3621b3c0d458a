"""Spans of OpenTelemetry, as a collector receives them."""

from __future__ import annotations

import gzip
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import sqlalchemy as sa
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from sqlalchemy.exc import DBAPIError

from portal.kernel.database import open_database
from portal.kernel.errors import ConfigError
from portal.kernel.errors import SourceError
from portal.kernel.telemetry import spans
from tests.attacks.running import running_portal
from tests.conftest import MakeRepository
from tests.kernel.test_telemetry import PARENT
from tests.kernel.test_telemetry import TRACE_ID
from tests.waiting import until

SECRET = "s3cret-value"


class Collector:
    """Receives spans over HTTP, as a collector of OpenTelemetry does."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.services: set[str] = set()

    def take(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.services |= {
                attribute.value.string_value
                for attribute in resource.resource.attributes
                if attribute.key == "service.name"
            }
            for scope in resource.scope_spans:
                self.spans += scope.spans

    def names(self) -> set[str]:
        return {span.name for span in self.spans}

    def one(self, name: str) -> Span:
        (found,) = [span for span in self.spans if span.name == name]
        return found


def attributes(span: Span) -> dict[str, str]:
    return {one.key: one.value.string_value or str(one.value.int_value) for one in span.attributes}


@contextmanager
def collecting() -> Iterator[tuple[Collector, str]]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            is_zipped = self.headers.get("Content-Encoding") == "gzip"
            collector.take(gzip.decompress(body) if is_zipped else body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield collector, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collecting() as (collector, url):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        monkeypatch.setenv("OTEL_SERVICE_NAME", "portal-of-the-test")
        spans.use("otlp")
        yield collector
        spans.stop()


class TestSpans:
    def test_one_lies_in_the_other(self, collector: Collector) -> None:
        with spans.span("sync", source="main"), spans.span("git fetch"):
            pass
        spans.stop()
        outer, inner = collector.one("sync"), collector.one("git fetch")
        assert inner.parent_span_id == outer.span_id
        assert inner.trace_id == outer.trace_id
        assert attributes(outer) == {"source": "main"}
        assert collector.services == {"portal-of-the-test"}

    def test_a_failure_is_told_without_its_message(self, collector: Collector) -> None:
        with pytest.raises(SourceError), spans.span("git fetch"):
            raise SourceError(SECRET)
        spans.stop()
        span = collector.one("git fetch")
        assert span.status.code == Status.STATUS_CODE_ERROR
        assert attributes(span) == {"error.type": "SourceError"}
        assert SECRET.encode() not in span.SerializeToString()

    def test_a_request_is_a_part_of_its_clients_trace(self, collector: Collector) -> None:
        span = spans.RequestSpan("GET", "/api/catalog/entities", PARENT)
        assert span.trace_id == TRACE_ID
        with span.active(), spans.span("git fetch"):
            assert spans.trace_id() == TRACE_ID
        span.end("/api/catalog/entities", 503)
        spans.stop()
        request = collector.one("GET /api/catalog/entities")
        assert request.trace_id.hex() == TRACE_ID
        assert request.parent_span_id.hex() == "00f067aa0ba902b7"
        assert request.kind == Span.SPAN_KIND_SERVER
        assert request.status.code == Status.STATUS_CODE_ERROR
        assert attributes(request)["http.response.status_code"] == "503"
        assert collector.one("git fetch").parent_span_id == request.span_id

    def test_what_another_process_does_for_a_request_is_in_its_trace(
        self, collector: Collector
    ) -> None:
        request = spans.RequestSpan("POST", "/api/catalog/refresh", PARENT)
        with request.active():
            stored = spans.traceparent()
        request.end("/api/catalog/refresh", 200)
        with spans.span("sync", stored, source="main"):
            assert spans.trace_id() == TRACE_ID
        spans.stop()
        sync = collector.one("sync")
        assert sync.trace_id.hex() == TRACE_ID
        assert sync.parent_span_id == collector.one("POST /api/catalog/refresh").span_id

    @pytest.mark.parametrize("stored", ["", None, "no traceparent"])
    def test_what_nobody_asked_for_begins_a_trace(
        self, collector: Collector, stored: str | None
    ) -> None:
        assert spans.traceparent() == ""
        with spans.span("sync", stored):
            pass
        spans.stop()
        assert collector.one("sync").parent_span_id == b""

    def test_statements_of_the_database_are_told_without_text_and_values(
        self, collector: Collector, database_url: str
    ) -> None:
        database = open_database(database_url)
        with database.begin() as connection:
            connection.execute(sa.text("SELECT 1"))  # of no span: whoever polls tells nothing
            with spans.span("sync"):
                values = {"name": SECRET}
                query = "SELECT name FROM sources WHERE name = :name"
                connection.execute(sa.text(query), values)
        with spans.span("task"), pytest.raises(DBAPIError), database.begin() as connection:
            connection.exec_driver_sql("DELETE FROM nothing")
        database.dispose()
        spans.stop()
        statement, failed = collector.one("SELECT sources"), collector.one("DELETE nothing")
        assert statement.parent_span_id == collector.one("sync").span_id
        assert statement.kind == Span.SPAN_KIND_CLIENT
        assert attributes(statement) == {
            "db.system.name": sa.make_url(database_url).get_backend_name(),
            "db.operation.name": "SELECT",
            "db.collection.name": "sources",
        }
        assert failed.status.code == Status.STATUS_CODE_ERROR
        assert attributes(failed)["error.type"] in {"OperationalError", "UndefinedTable"}
        assert collector.names() == {"sync", "SELECT sources", "task", "DELETE nothing"}
        sent = b"".join(span.SerializeToString() for span in collector.spans)
        assert SECRET.encode() not in sent

    def test_a_request_that_is_in_no_trace_begins_one(self, collector: Collector) -> None:
        span = spans.RequestSpan("GET", "/nowhere", "")
        assert len(span.trace_id) == 32
        span.end("", 404)
        spans.stop()
        request = collector.one("GET")
        assert request.parent_span_id == b""
        assert request.status.code == Status.STATUS_CODE_UNSET

    def test_none_are_made_when_they_are_off(self, collector: Collector) -> None:
        spans.use("off")
        with spans.span("sync"):
            assert spans.trace_id() == ""
        request = spans.RequestSpan("GET", "/", PARENT)
        with request.active():
            assert request.trace_id == ""
        request.end("/", 200)
        spans.use("otlp")
        with spans.span("last"):
            pass
        spans.stop()
        assert collector.names() == {"last"}


def test_packages_that_are_missing_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(spans, "_NEEDED", ("package_that_nobody_has.sdk",))
        with pytest.raises(ConfigError, match=r"glossary-portal\[tracing\]"):
            spans.use("otlp")
        assert spans.RequestSpan("GET", "/", "").trace_id == ""


@pytest.mark.slow
def test_all_processes_of_a_portal_send_theirs(tmp_path: Path) -> None:
    repository = tmp_path / "content"
    subprocess.run(["git", "init", "-q", repository], check=True)
    commit = ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x", "--allow-empty"]
    subprocess.run(["git", "-C", repository, *commit], check=True)
    with collecting() as (collector, url):
        sources = [{"name": "main", "url": str(repository)}]
        told = {"tracing": "otlp", "access_log": True, "log_format": "json", "sources": sources}
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": url}
        with running_portal(tmp_path / "portal", env, **told) as portal:
            path = f"/api/catalog/entities?filter=kind={SECRET}"
            assert portal.ask("GET", path, headers={"traceparent": PARENT}).status == 200
        until(lambda: {"GET /api/catalog/entities", "sync", "sync fetch"} <= collector.names())
        request = collector.one("GET /api/catalog/entities")
        assert request.trace_id.hex() == TRACE_ID
        assert attributes(request)["url.path"] == "/api/catalog/entities"
        sent = b"".join(span.SerializeToString() for span in collector.spans)
        assert SECRET.encode() not in sent
        fetch, sync = collector.one("sync fetch"), collector.one("sync")
        assert fetch.parent_span_id == sync.span_id
        assert attributes(sync) == {"source": "main"}
        assert any(span.name.startswith("git ") for span in collector.spans)
        assert collector.services == {"glossary-portal"}
        lines = map(json.loads, filter(lambda line: line[0] == "{", portal.log.splitlines()))
        logged = [line for line in lines if line["logger"] == "portal.access"]
        assert TRACE_ID in {line.get("trace_id") for line in logged}
        assert all(len(line["trace_id"]) == 32 for line in logged)


_SAY = """
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: say}
spec:
  owner: guests
  type: service
  steps: [{id: say, name: Say, action: debug:log, input: {message: hello}}]
"""


@pytest.mark.slow
def test_a_sync_and_a_task_are_in_the_trace_of_the_request_that_asked(
    tmp_path: Path, make_repository: MakeRepository
) -> None:
    repository = make_repository({"catalog-info.yaml": _SAY})
    with collecting() as (collector, url):
        sources = [{"name": "main", "url": str(repository.path)}]
        told = {"tracing": "otlp", "sources": sources, "sync_interval": 3600}
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        with running_portal(tmp_path / "portal", env, **told) as portal:
            repository.commit({"catalog-info.yaml": _SAY.replace("hello", "again")})
            sent = {"traceparent": PARENT}
            refresh = {"entityRef": "template:default/say"}
            assert portal.ask("POST", "/api/catalog/refresh", refresh, sent).status == 200
            task = {"templateRef": "template:default/say", "values": {}}
            assert portal.ask("POST", "/api/scaffolder/v2/tasks", task, sent).status == 201
            until(lambda: {"sync", "sync write", "task", "task step"} <= of_trace(collector))
        syncs = [span for span in collector.spans if span.name == "sync"]
        (asked,) = [span for span in syncs if span.trace_id.hex() == TRACE_ID]
        assert asked.parent_span_id == collector.one("POST /api/catalog/refresh").span_id
        asking = collector.one("POST /api/scaffolder/v2/tasks")
        assert collector.one("task").parent_span_id == asking.span_id
        # The statements of requests and of what they ask for, each in its span.
        assert {"INSERT refresh_requests", "INSERT tasks", "UPDATE tasks"} <= of_trace(collector)


def of_trace(collector: Collector) -> set[str]:
    """Return the names of the spans that are in the client's trace."""
    return {span.name for span in collector.spans if span.trace_id.hex() == TRACE_ID}
