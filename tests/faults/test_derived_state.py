"""What is derived is made again by itself: data folder, index and mirror are damaged."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MakeRepository
from tests.faults.running import CONTENT
from tests.faults.running import Running
from tests.faults.running import running

pytestmark = [pytest.mark.slow, pytest.mark.alone]
ENGINES = ("whoosh", "sqlite")


def check_whole(portal: Running) -> None:
    """Wait until entities and pages are found, and nothing is said to be stale."""
    portal.wait_for("site", "site")
    portal.wait_for("wombat", "Welcome")
    readiness = "/.backstage/health/v1/readiness"
    portal.wait(lambda: portal.get(readiness) == (200, '{"status":"ok"}'))


def remove(folder: Path) -> None:
    """Remove a folder into which somebody may be writing."""
    deadline = time.monotonic() + 10
    while True:
        try:
            shutil.rmtree(folder)
        except OSError:
            if time.monotonic() > deadline:
                raise
        else:
            return


@pytest.mark.parametrize("engine", ENGINES)
def test_a_data_folder_that_is_lost_is_made_anew(
    tmp_path: Path, make_repository: MakeRepository, database_url: str, engine: str
) -> None:
    repository = make_repository(CONTENT)
    settings: dict[str, Any] = {"database_url": database_url, "search_engine": engine}
    with running(tmp_path / "portal", repository, **settings) as portal:
        check_whole(portal)
    remove(tmp_path / "portal/data")
    with running(tmp_path / "portal", repository, **settings) as portal:
        check_whole(portal)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_data_folder_that_is_deleted_meanwhile_is_made_anew(
    tmp_path: Path, make_repository: MakeRepository, database_url: str, engine: str
) -> None:
    settings: dict[str, Any] = {"database_url": database_url, "search_engine": engine}
    with running(tmp_path / "portal", make_repository(CONTENT), **settings) as portal:
        check_whole(portal)
        remove(tmp_path / "portal/data")
        # What is open is searched; a process that has opened nothing says that there is nothing.
        assert portal.found("site") in (["site"], 503)
        portal.wait((tmp_path / "portal/data/index/lock").exists)
        check_whole(portal)


def _entities(path: Path) -> set[str]:
    """Return the refs of the entities in a file of SQLite, as a new connection sees it."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return {ref for (ref,) in connection.execute("SELECT ref FROM entities")}


@pytest.mark.parametrize("is_put_back", [False, True])
def test_a_database_that_is_deleted_or_replaced_is_not_written_in_the_dark(
    tmp_path: Path, make_repository: MakeRepository, is_put_back: bool
) -> None:
    data = tmp_path / "portal/data"
    repository = make_repository(CONTENT)
    with running(tmp_path / "portal", repository, web_processes=2) as portal:
        check_whole(portal)
        copied = tmp_path / "copy.db"
        with (
            contextlib.closing(sqlite3.connect(data / "portal.db")) as source,
            contextlib.closing(sqlite3.connect(copied)) as target,
        ):
            source.backup(target)
        remove(data)
        if is_put_back:
            data.mkdir(mode=0o700)
            shutil.copy(copied, data / "portal.db")
        said = "deleted or replaced"
        # Two web processes and the worker; this portal runs no tasks.
        portal.wait(lambda: portal.log.read_text().count(said) == 3)
        name = CONTENT["catalog-info.yaml"].replace("site", "shop")
        repository.commit({"catalog-info.yaml": name})
        portal.wait_for("shop", "shop")
        portal.wait_for("wombat", "Welcome")
        portal.wait(lambda: portal.get("/.backstage/health/v1/readiness")[1] == '{"status":"ok"}')
        assert "component:default/shop" in _entities(data / "portal.db")
        assert "Traceback" not in portal.log.read_text()


@pytest.mark.parametrize("engine", ENGINES)
def test_the_index_of_another_database_is_not_taken_for_current(
    tmp_path: Path, make_repository: MakeRepository, engine: str
) -> None:
    one = make_repository(CONTENT, "one")
    name = CONTENT["catalog-info.yaml"].replace("site", "shop")
    other = make_repository({"catalog-info.yaml": name}, "other")
    with running(tmp_path / "portal", one, search_engine=engine) as portal:
        check_whole(portal)
    for file in (tmp_path / "portal/data").glob("portal.db*"):
        file.unlink()
    with running(tmp_path / "portal", other, search_engine=engine) as portal:
        portal.wait_for("shop", "shop")
        assert portal.found("site") == []
        assert portal.found("wombat") == []


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _empty(path: Path) -> None:
    os.truncate(path, 0)


def _overwrite(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.write(b"\x5a" * size)


@pytest.mark.parametrize("damage", [_cut, _empty, _overwrite, Path.unlink])
@pytest.mark.parametrize("engine", ENGINES)
def test_an_index_that_is_damaged_under_a_running_portal_is_built_anew(
    tmp_path: Path,
    make_repository: MakeRepository,
    engine: str,
    damage: Callable[[Path], None],
) -> None:
    repository = make_repository(CONTENT)
    with running(tmp_path / "portal", repository, search_engine=engine, web_processes=3) as portal:
        check_whole(portal)
        for path in (tmp_path / "portal/data/index").rglob("*"):
            if path.is_file() and path.name != "lock":
                damage(path)
        for _ in range(40):
            assert portal.found("site") in (["site"], 503)
            assert portal.found("wombat") in (["Welcome"], 503)
        name = CONTENT["catalog-info.yaml"].replace("site", "shop")
        repository.commit({"catalog-info.yaml": name})
        portal.wait_for("shop", "shop")
        portal.wait_for("wombat", "Welcome")
        assert portal.found("site") == []


@pytest.mark.parametrize("engine", ENGINES)
def test_no_search_answers_before_there_is_an_index(
    tmp_path: Path, make_repository: MakeRepository, engine: str
) -> None:
    with running(tmp_path / "portal", make_repository(CONTENT), search_engine=engine) as portal:
        answers = []
        while (answer := portal.found("site")) != ["site"]:
            answers.append(answer)
        assert set(answers) <= {503}
        page = portal.get("/search?term=site")
        assert page[0] == 200


def test_a_mirror_that_is_damaged_under_a_running_portal_is_cloned_anew(
    tmp_path: Path, make_repository: MakeRepository
) -> None:
    repository = make_repository(CONTENT)
    with running(tmp_path / "portal", repository) as portal:
        check_whole(portal)
        for path in (tmp_path / "portal/data/git/mirrors").rglob("*"):
            if path.is_file() and path.name != "portal.lock":
                path.chmod(0o600)
                _overwrite(path)
        name = CONTENT["catalog-info.yaml"].replace("site", "shop")
        repository.commit({"catalog-info.yaml": name})
        portal.wait_for("shop", "shop")
        portal.wait_for("wombat", "Welcome")
