"""Where the files of tasks are: both stores keep them alike, and both carry tasks."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest
import sqlalchemy as sa
from moto.server import ThreadedMotoServer

from portal.kernel.errors import ConflictError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import ServiceUnavailableError
from portal.roles.doctor import check_files
from portal.roles.doctor import examine
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.tasks.model import tables as t
from portal.scaffolder.tasks.model.file_store import FileStore
from portal.scaffolder.tasks.model.file_store import RowStore
from portal.scaffolder.tasks.model.file_store import StoredFiles
from portal.scaffolder.tasks.model.object_store import ObjectStore
from portal.scaffolder.tasks.model.task import now
from portal.scaffolder.tasks.running.retention import Retention
from portal.scaffolder.workspace.tree import File
from tests.conftest import MakePortal
from tests.task_bench import Bench
from tests.task_bench import action
from tests.task_bench import template

_WRITE = "[{id: one, name: One, action: write}, {id: two, name: Two, action: write}]"
_FAIL = "[{id: one, name: One, action: write}, {id: two, name: Two, action: fail}]"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Return the address of a server that speaks S3."""
    started = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    started.start()
    _, port = started.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    started.stop()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return an empty bucket, as the client of another program sees it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cr3t-of-the-test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    # A session of its own would read the descriptions of all services again.
    session = boto3.DEFAULT_SESSION or boto3.session.Session()
    boto3.DEFAULT_SESSION = session
    monkeypatch.setattr(boto3.session, "Session", lambda: session)
    name = f"portal-{secrets.token_hex(4)}"
    return boto3.resource("s3", endpoint_url=server).create_bucket(Bucket=name)


@pytest.fixture(params=["rows", "objects"])
def store(request: pytest.FixtureRequest) -> FileStore:
    if request.param == "rows":
        return RowStore()
    bucket, server = (request.getfixturevalue(name) for name in ("bucket", "server"))
    return ObjectStore(bucket.name, server, "portal/files")


def names(bucket: Any) -> list[str]:
    return [found.key for found in bucket.objects.all()]


# --- the contract of both ----------------------------------------------------------


def test_what_is_kept_is_read(store: FileStore) -> None:
    content = secrets.token_bytes(100_000)
    stored = store.keep("a-task", content)
    assert store.read(stored) == content
    store.check()


def test_what_follows_leaves_the_former_as_it_is(store: FileStore) -> None:
    first, second = store.keep("a-task", b"first"), store.keep("a-task", b"second")
    assert (store.read(first), store.read(second)) == (b"first", b"second")
    store.forget(first)
    assert store.read(second) == b"second"


def test_nothing_is_forgotten_twice_or_of_others(store: FileStore) -> None:
    own, other = store.keep("a-task", b"own"), store.keep("another", b"other")
    store.forget(own)
    store.forget(own)
    store.forget_task("a-task")
    store.forget_task("a-task")
    assert store.read(other) == b"other"


# --- tasks on both -----------------------------------------------------------------


def write(context: ActionContext) -> ActionResult:
    """Add a file."""
    return ActionResult({**context.tree, f"file-{len(context.tree)}": File(b"made")}, {})


def fail(context: ActionContext) -> None:
    """Fail, and say how many files there are."""
    raise ConflictError(f"has {len(context.tree)} files")


def bench_of(database: sa.Engine, folder: Path, store: FileStore) -> Bench:
    actions = {"write": action("write", write), "fail": action("fail", fail)}
    templates = [template("two", _WRITE), template("failing", _FAIL)]
    return Bench(database, folder, templates, actions, files_in=store)


@pytest.fixture
def bench(database: sa.Engine, tmp_path: Path, store: FileStore) -> Bench:
    return bench_of(database, tmp_path, store)


def rows(bench: Bench) -> list[StoredFiles]:
    w = t.workspaces.c
    with bench.database.connect() as connection:
        found = connection.execute(sa.select(w.content, w.object, w.size)).all()
    return [StoredFiles(row.content, row.object or "", row.size or 0) for row in found]


def test_the_files_of_a_task_are_downloaded(bench: Bench) -> None:
    task = bench.run("two")
    assert bench.status(task) == "completed"
    assert {"file-0", "file-1"} <= bench.tasks.files(task).keys()
    (row,) = rows(bench)
    assert bool(row.content) is not bool(row.object)
    assert bench.tasks.totals().file_bytes == len(row.content) + row.size > 0


def test_a_step_that_is_tried_again_has_the_files_of_those_before(bench: Bench) -> None:
    task = bench.run("failing")
    assert bench.status(task) == "failed"
    bench.tasks.retry(task, {})
    bench.go_on()
    assert any("has 1 files" in each for each in bench.messages(task))


def test_what_is_old_is_removed(bench: Bench) -> None:
    files, whole = bench.run("two"), bench.run("failing")
    end(bench, 2)
    end(bench, now(), files)
    bench.retention = Retention(tasks=0.001)
    bench.janitor.remove_some()
    with pytest.raises(NotFoundError):
        bench.tasks.get(whole)
    assert "file-1" in bench.tasks.files(files)
    end(bench, 2)
    bench.retention = Retention(files=0.001)
    bench.janitor.remove_some()
    with pytest.raises(NotFoundError, match="gone"):
        bench.tasks.files(files)


def end(bench: Bench, moment: int, task: str = "%") -> None:
    """Let tasks have been made long ago, and have ended at a moment (microseconds)."""
    query = sa.update(t.tasks).where(t.tasks.c.id.like(task))
    with bench.database.begin() as connection:
        connection.execute(query.values(created_at=1, ended_at=moment))


# --- objects -----------------------------------------------------------------------


def test_an_object_is_named_by_its_task(bucket: Any, server: str) -> None:
    store = ObjectStore(bucket.name, server, "/portal/")
    first = store.keep("a-task", b"first")
    assert names(bucket) == [first.object]
    assert first.object.startswith("portal/tasks/a-task/")
    assert first == StoredFiles(b"", first.object, 5)
    # What a transaction did not come to goes with the task.
    store.keep("a-task", b"second")
    store.forget_task("a-task")
    assert names(bucket) == []


def test_files_from_before_there_was_a_bucket_are_read(bucket: Any, server: str) -> None:
    assert ObjectStore(bucket.name, server).read(StoredFiles(b"in the row")) == b"in the row"
    with pytest.raises(ServiceUnavailableError, match="files_bucket"):
        RowStore().read(StoredFiles(object="portal/x"))


def test_an_object_that_somebody_deleted_is_told(bucket: Any, server: str) -> None:
    store = ObjectStore(bucket.name, server)
    stored = store.keep("a-task", b"first")
    bucket.objects.all().delete()
    with pytest.raises(NotFoundError, match="gone from the object store"):
        store.read(stored)


@pytest.mark.usefixtures("bucket")
def test_a_store_that_does_not_answer_is_told_without_its_address(server: str) -> None:
    missing = ObjectStore("no-such-bucket", server)
    away = ObjectStore("files", "http://127.0.0.1:1")
    for store, reason in ((missing, "NoSuchBucket"), (away, "EndpointConnectionError")):
        with pytest.raises(ServiceUnavailableError, match=reason) as told:
            store.keep("a-task", b"first")
        assert "127.0.0.1" not in told.value.message
        (diagnosis,) = examine({"task files": partial(check_files, store)})
        assert (diagnosis.what, diagnosis.is_good) == ("task files", False)
        assert reason in diagnosis.detail
        store.forget_task("a-task")


def test_objects_go_with_the_files_and_with_the_task(
    database: sa.Engine, tmp_path: Path, bucket: Any, server: str
) -> None:
    bench = bench_of(database, tmp_path, ObjectStore(bucket.name, server))
    files, whole = bench.run("two"), bench.run("failing")
    assert sorted(name.split("/")[1] for name in names(bucket)) == sorted([files, whole])
    bench.tasks.retry(whole, {})
    bench.go_on()
    end(bench, 2)
    end(bench, now(), files)
    bench.retention = Retention(tasks=0.001)
    bench.janitor.remove_some()
    assert [name.split("/")[1] for name in names(bucket)] == [files]
    end(bench, 2)
    bench.retention = Retention(files=0.001)
    bench.janitor.remove_some()
    assert names(bucket) == []


@pytest.mark.usefixtures("bucket")
def test_a_task_whose_files_cannot_be_stored_fails_and_says_why(
    database: sa.Engine, tmp_path: Path, server: str
) -> None:
    bench = bench_of(database, tmp_path, ObjectStore("no-such-bucket", server))
    task = bench.run("two")
    assert bench.status(task) == "failed"
    assert any("NoSuchBucket" in str(each) for each in bench.events(task))


def test_the_settings_choose(make_portal: MakePortal, bucket: Any, server: str) -> None:
    portal = make_portal({"catalog-info.yaml": ""}, sync=False)
    assert isinstance(portal.services.task_files, RowStore)
    assert check_files(portal.services.task_files).is_good
    config = replace(portal.config, files_bucket=bucket.name, files_endpoint=server)
    other = type(portal.services)(config)
    assert isinstance(other.task_files, ObjectStore)
    assert check_files(other.task_files).is_good
