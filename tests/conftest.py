"""What many tests begin with: real git repositories, and a whole portal on top of them.

Use ``make_repository`` where only content is needed, ``make_portal`` where the
road is walked to its end::

    repository = make_repository({"catalog-info.yaml": "kind: Component ..."})
    repository.commit({"catalog-info.yaml": None, "new.yaml": "..."}, "second commit")

    portal = make_portal({"catalog-info.yaml": "..."}, cors_origins=("https://*.test",))
    portal.client.get("/api/catalog/entities").json
    portal.repository.commit({...}); portal.sync()

``database`` (one per test) and ``shared_database`` (one per module) are migrated
databases; every test that asks for one runs on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from portal.app import create_app
from portal.catalog.engine import RunReport
from portal.kernel.config import Config
from portal.kernel.config import Source
from portal.kernel.database import open_database
from portal.wiring import Services
from portal.worker import Worker

#: Files of a commit by path; ``None`` removes the file.
Files = Mapping[str, str | bytes | None]
#: Commits are dated one minute apart from here, so that their ids are the same every time.
_EPOCH = 1_735_689_600


@dataclass
class Repository:
    """A git repository with a working tree, on branch ``main``."""

    path: Path
    _commits: int = 0

    def commit(self, files: Files = {}, message: str = "A commit") -> str:  # noqa: B006
        """Write and remove files, commit, and return the commit's id."""
        for name, content in files.items():
            self._write(self.path / name, content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        self._commits += 1
        return self.git("rev-parse", "HEAD").strip()

    def git(self, *arguments: str) -> str:
        """Run git here and return what it printed."""
        done = subprocess.run(
            ("git", *arguments),
            cwd=self.path,
            env=self._environment(),
            check=True,
            capture_output=True,
        )
        return done.stdout.decode()

    def _write(self, path: Path, content: str | bytes | None) -> None:
        if content is None:
            path.unlink()
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def _environment(self) -> dict[str, str]:
        date = f"{_EPOCH + 60 * self._commits} +0000"
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.path.parent),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ada Author",
            "GIT_AUTHOR_EMAIL": "ada@example.org",
            "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_NAME": "Ada Author",
            "GIT_COMMITTER_EMAIL": "ada@example.org",
            "GIT_COMMITTER_DATE": date,
        }


@dataclass
class Portal:
    """A portal on real repositories: nothing of it is faked, it only has no socket.

    Attributes:
        config: The settings in force.
        services: What the doors are built on.
        repositories: The content, by the name of its source.
    """

    config: Config
    services: Services
    repositories: dict[str, Repository]

    @cached_property
    def worker(self) -> Worker:
        """The only writer."""
        return Worker(self.services)

    @cached_property
    def client(self) -> FlaskClient:
        """A client of the application, without a server between."""
        return create_app(self.services).test_client()

    @property
    def repository(self) -> Repository:
        """The content of the only (or first) source."""
        return next(iter(self.repositories.values()))

    def sync(self, *names: str, confirm: str = "") -> list[RunReport]:
        """Read sources, all of them by default."""
        return list(self.worker.sync(names, confirm))

    def get(self, url: str, **options: Any) -> Any:
        """Return the JSON answer of a GET that must succeed."""
        response = self.client.get(url, **options)
        assert response.status_code == 200, response.text
        return response.json


MakeRepository = Callable[..., Repository]
MakePortal = Callable[..., Portal]


@pytest.fixture
def make_repository(tmp_path: Path) -> MakeRepository:
    """Return a function that makes a repository with one first commit.

    Its arguments: the files of the commit, and the repository's name when a test
    needs several.
    """

    def make(files: Files, name: str = "content") -> Repository:
        return _repository(tmp_path / name, files)

    return make


@pytest.fixture
def make_portal(tmp_path: Path) -> Iterator[MakePortal]:
    """Return a function that makes a synced portal; see ``new_portal``."""
    portals: list[Portal] = []

    def make(files: Files | None = None, **options: Any) -> Portal:
        portals.append(new_portal(tmp_path / f"portal{len(portals) or ''}", files, **options))
        return portals[-1]

    yield make
    for portal in portals:
        portal.services.database.dispose()


@pytest.fixture(scope="session")
def make_shared_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakePortal]:
    """Return what ``make_portal`` returns, for portals that many tests only read."""
    portals: list[Portal] = []

    def make(files: Files | None = None, **options: Any) -> Portal:
        portals.append(new_portal(tmp_path_factory.mktemp("portal"), files, **options))
        return portals[-1]

    yield make
    for portal in portals:
        portal.services.database.dispose()


def new_portal(
    folder: Path,
    files: Files | None = None,
    *,
    sources: Iterable[tuple[Source, Files]] = (),
    targets: tuple[str, ...] = ("catalog-info.yaml",),
    location: str = "",
    sync: bool = True,
    **settings: Any,
) -> Portal:
    """Make a portal.

    Args:
        folder: Where everything of it is put.
        files: The content of a single source called ``content``.
        sources: Several sources and their content, instead of ``files``; their
            urls are filled in.
        targets: What is read of ``files``.
        location: The address of ``files``.
        sync: Whether to read the sources right away.
        settings: Fields of ``Config``.
    """
    if files is not None:
        sources = [(Source("content", "", targets=targets, location=location), files)]
    repositories: dict[str, Repository] = {}
    configured = []
    for source, content in sources:
        repository = _repository(folder / source.name, content)
        repositories[source.name] = repository
        configured.append(replace(source, url=str(repository.path)))
    config = Config(data_dir=folder / "data", sources=tuple(configured), **settings)
    portal = Portal(config, Services(config), repositories)
    if sync:
        portal.sync()
    return portal


def _repository(path: Path, files: Files) -> Repository:
    path.mkdir(parents=True)
    repository = Repository(path)
    repository.git("init", "--quiet", "--initial-branch", "main")
    repository.commit(files, "First commit")
    return repository


# --- databases --------------------------------------------------------------

DIALECTS = ("sqlite", "postgresql")
#: Where throw-away databases may be made.
POSTGRESQL = os.environ.get(
    "PORTAL_TEST_POSTGRESQL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
)


@contextlib.contextmanager
def database_url(dialect: str, folder: Path) -> Iterator[str]:
    """Give the url of an empty database that is gone afterwards.

    Without a PostgreSQL server the test is skipped; where ``CI`` is set it fails.
    """
    if dialect == "sqlite":
        yield f"sqlite:///{folder / 'test.db'}"
        return
    name = f"portal_test_{secrets.token_hex(6)}"
    server = sa.create_engine(POSTGRESQL, isolation_level="AUTOCOMMIT")
    try:
        connection = server.connect()
    except sa.exc.OperationalError:
        if os.environ.get("CI"):
            raise
        pytest.skip("no PostgreSQL server: set PORTAL_TEST_POSTGRESQL to its url")
    with connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        try:
            url = sa.make_url(POSTGRESQL).set(database=name)
            yield url.render_as_string(hide_password=False)
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
            server.dispose()


@contextlib.contextmanager
def _opened(dialect: str, folder: Path) -> Iterator[sa.Engine]:
    with database_url(dialect, folder) as url:
        engine = open_database(url)
        try:
            yield engine
        finally:
            engine.dispose()


@pytest.fixture(params=DIALECTS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """Return a migrated, empty database."""
    with _opened(request.param, tmp_path) as engine:
        yield engine


@pytest.fixture(scope="module", params=DIALECTS)
def shared_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[sa.Engine]:
    """Return a migrated database for many tests; each leaves it as it found it."""
    with _opened(request.param, tmp_path_factory.mktemp("database")) as engine:
        yield engine
