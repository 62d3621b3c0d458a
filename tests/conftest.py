"""What many tests begin with: real git repositories, and a whole portal on top of them.

Use ``make_repository`` where only content is needed, ``make_portal`` where the
road is walked to its end::

    repository = make_repository({"catalog-info.yaml": "kind: Component ..."})
    repository.commit({"catalog-info.yaml": None, "new.yaml": "..."}, "second commit")

    portal = make_portal({"catalog-info.yaml": "..."}, cors_origins=("https://*.test",))
    portal.client.get("/api/catalog/entities").json
    portal.repository.commit({...}); portal.sync()

``database`` (one per test) and ``shared_database`` (one per module) are those of
``tests/databases.py``; every test that asks for one runs on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from datetime import UTC
from datetime import datetime
from functools import cache
from functools import cached_property
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeVar
from urllib.parse import unquote

import hypothesis
import pytest
from flask.testing import FlaskClient

from portal.app import create_app
from portal.catalog.processing.run_report import RunReport
from portal.config.settings import Config
from portal.config.sources import Source
from portal.permission.policy import PermissionPolicy
from portal.roles.access import action_environment
from portal.roles.services import Services
from portal.scaffolder.actions.table import ACTIONS
from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.forms.json_schema import violations
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.running.action import TaskInfo
from portal.scaffolder.running.redaction import Redactor
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import check_tree
from tests.http_server import http_server
from tests.http_server import reply

if TYPE_CHECKING:
    from tests.databases import Databases

pytest_plugins = ("tests.compiled_once", "tests.databases", "tests.search_engines")


# How long an example takes says how busy the machine is. Properties are tried with few examples,
# and with many by "make test-slow".
hypothesis.settings.register_profile(
    "few",
    max_examples=25,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("few")
hypothesis.settings.register_profile("many", max_examples=300)

# A job in the background of a shell ignores Ctrl-C, and so would all that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

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
        return self._head()

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

    def _head(self) -> str:
        """Return the newest commit's id, without a process for it: commits are many."""
        head = (self.path / ".git/HEAD").read_text()
        ref = head.removeprefix("ref: ")
        return (head if ref == head else (self.path / ".git" / ref.strip()).read_text()).strip()

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
    def client(self) -> FlaskClient:
        """A client of the application, without a server between."""
        return create_app(self.services).test_client()

    @property
    def repository(self) -> Repository:
        """The content of the only (or first) source."""
        return next(iter(self.repositories.values()))

    def sync(self, *names: str, confirm: str = "") -> list[RunReport]:
        """Read sources, all of them by default; return the reports of their runs."""
        reports = self.services.source_sync.sync(names, confirm)
        return [report for report in reports if isinstance(report, RunReport)]

    def get(self, url: str, **options: Any) -> Any:
        """Return the JSON answer of a GET that must succeed."""
        response = self.client.get(url, **options)
        assert response.status_code == 200, response.text
        return response.json

    def guest_token(self) -> str:
        """Sign a guest in; return the token of its session."""
        session = self.get("/api/auth/guest/refresh")
        return str(session["backstageIdentity"]["token"])


MakeRepository = Callable[..., Repository]
MakePortal = Callable[..., Portal]


@pytest.fixture
def make_repository(tmp_path: Path) -> MakeRepository:
    """Return a function that makes a repository with one first commit.

    Its arguments: the files of the commit, and the repository's name when a test
    needs several.
    """

    def make(files: Files, name: str = "content") -> Repository:
        return repository_at(tmp_path / name, files)

    return make


@pytest.fixture
def make_portal(tmp_path: Path, databases: Databases) -> Iterator[MakePortal]:
    """Return a function that makes a synced portal; see ``new_portal``."""
    portals: list[Portal] = []
    with ExitStack() as stack:

        def make(files: Files | None = None, **options: Any) -> Portal:
            folder = tmp_path / f"portal{len(portals) or ''}"
            if options.get("search_engine") == "postgresql" and "database_url" not in options:
                options["database_url"] = stack.enter_context(databases.lend("postgresql", folder))
            portals.append(new_portal(folder, databases, files, **options))
            stack.callback(portals[-1].services.database.dispose)
            return portals[-1]

        yield make


@pytest.fixture(scope="session")
def make_shared_portal(
    tmp_path_factory: pytest.TempPathFactory, databases: Databases
) -> Iterator[MakePortal]:
    """Return what ``make_portal`` returns, for portals that many tests only read."""
    portals: list[Portal] = []

    def make(files: Files | None = None, **options: Any) -> Portal:
        folder = tmp_path_factory.mktemp("portal")
        portals.append(new_portal(folder, databases, files, **options))
        return portals[-1]

    yield make
    for portal in portals:
        portal.services.database.dispose()


def new_portal(
    folder: Path,
    databases: Databases,
    files: Files | None = None,
    *,
    sources: Iterable[tuple[Source, Files]] = (),
    targets: tuple[str, ...] = ("catalog-info.yaml",),
    location: str = "",
    sync: bool = True,
    permission_policy: PermissionPolicy | None = None,
    **settings: Any,
) -> Portal:
    """Make a portal.

    Args:
        folder: Where everything of it is put.
        databases: Where its database is from, when the settings name none.
        files: The content of a single source called ``content``.
        sources: Several sources and their content, instead of ``files``; their
            urls are filled in.
        targets: What is read of ``files``.
        location: The address of ``files``.
        sync: Whether to read the sources right away.
        permission_policy: Decides who may do what, instead of that of the settings.
        settings: Fields of ``Config``.
    """
    if files is not None:
        sources = [(Source("content", "", targets=targets, location=location), files)]
    repositories: dict[str, Repository] = {}
    configured = []
    for source, content in sources:
        repository = repository_at(folder / source.name, content)
        repositories[source.name] = repository
        configured.append(replace(source, url=str(repository.path)))
    config = Config(data_dir=folder / "data", sources=tuple(configured), **settings)
    if not config.database_url:
        databases.sqlite(config.data_dir)
    services = Services(config)
    if permission_policy is not None:
        services.policy = permission_policy
    portal = Portal(config, services, repositories)
    if sync:
        portal.sync()
    return portal


def repository_at(path: Path, files: Files) -> Repository:
    shutil.copytree(_repository_of(tuple(files.items())), path, copy_function=shutil.copyfile)
    return Repository(path, 1)


@cache
def _repository_of(files: tuple[tuple[str, str | bytes | None], ...]) -> Path:
    """Make a repository to copy: its first commit takes longer, and is often the same."""
    path = Path(tempfile.mkdtemp(dir=_empty_repository().parent))
    shutil.copytree(_empty_repository(), path, dirs_exist_ok=True)
    Repository(path).commit(dict(files), "First commit")
    return path


@cache
def _empty_repository() -> Path:
    """Make a repository to copy: that takes a fraction of the time of ``git init``."""
    folder = Path(tempfile.mkdtemp(prefix="portal-test-repositories-"))
    atexit.register(shutil.rmtree, folder)
    path = folder / "empty"
    path.mkdir()
    repository = Repository(path)
    repository.git("init", "--quiet", "--template=", "--initial-branch", "main")
    # Each commit would start one more process, to see whether there is something to pack.
    repository.git("config", "maintenance.auto", "false")
    return path


def bare_copy(path: Path, bare: Path) -> Path:
    """Copy a repository into a bare one, to which can be pushed over HTTP; return its folder."""
    shutil.copytree(path / ".git", bare)
    with (bare / "config").open("a") as config:
        config.write("[core]\n\tbare = true\n[http]\n\treceivepack = true\n")
    return bare


# --- repositories over HTTP ----------------------------------------------------

BACKEND = "/usr/lib/git-core/git-http-backend"


@dataclass
class Serving:
    """How the HTTP server answers: as git, or as the test wants it to."""

    root: Path
    user: str = "x-access-token"
    password: str = ""
    redirect: str = ""
    truncate: int = 0
    status: int = 0
    seen: list[tuple[str, str]] = field(default_factory=list)
    port: int = 0

    def url(self, name: str = "content") -> str:
        """Return the remote of a repository made by ``make_repository``."""
        return f"http://127.0.0.1:{self.port}/{name}/.git"

    @property
    def host(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    def repository(self, name: str, files: Files) -> Repository:
        """Make a repository below the root."""
        return repository_at(self.root / name, files)

    def make_empty(self, name: str) -> Path:
        """Make a bare repository without commits, and return its folder."""
        bare = self.root / f"{name}.git"
        return bare_copy(_empty_repository(), bare)

    def publish(self, repository: Repository, path: str) -> str:
        """Serve a repository under a path such as ``acme/shop.git``; return its remote."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(repository.path / ".git")
        return f"http://{self.host}/{path}"


ServingT = TypeVar("ServingT", bound=Serving)


class _Handler(BaseHTTPRequestHandler):
    serving: Serving

    def log_message(self, *_args: Any) -> None: ...

    def do_GET(self) -> None:
        authorization = self.headers.get("Authorization", "")
        self.serving.seen.append((self.path, authorization))
        if self.serving.redirect:
            reply(self, 302, {"Location": self.serving.redirect + self.path})
        elif self.serving.status:
            reply(self, self.serving.status)
        elif self.serving.password and not self._is_welcome(authorization):
            reply(self, 401, {"WWW-Authenticate": 'Basic realm="git"'})
        else:
            self._serve_git()

    do_POST = do_GET

    def _is_welcome(self, authorization: str) -> bool:
        given = base64.b64decode(authorization.removeprefix("Basic "))
        return given == f"{self.serving.user}:{self.serving.password}".encode()

    def _body(self) -> Iterator[bytes]:
        """Yield what was sent; git sends what is large in chunks."""
        if self.headers.get("Transfer-Encoding", "") != "chunked":
            yield self.rfile.read(int(self.headers.get("Content-Length") or 0))
            return
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _serve_git(self) -> None:
        path, _, query = self.path.partition("?")
        body = b"".join(self._body())
        env = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.serving.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "HOME": str(self.serving.root),
            "PATH_INFO": unquote(path),
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run([BACKEND], env=env, input=body, capture_output=True, check=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        if self.serving.truncate and self.command == "POST" and len(content) > 500:
            content = content[: self.serving.truncate]
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)


@contextlib.contextmanager
def _running(state: ServingT, handler: type[_Handler]) -> Iterator[ServingT]:
    if not Path(BACKEND).exists():
        pytest.skip("git http-backend is not installed")
    with http_server(type("Handler", (handler,), {"serving": state})) as state.port:
        yield state


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    """Return a server that serves every repository below ``tmp_path`` over HTTP."""
    with _running(Serving(tmp_path), _Handler) as state:
        yield state


@pytest.fixture(scope="session")
def make_shared_serving() -> Iterator[Callable[[Path], Serving]]:
    """Return a function that starts such a server on a folder, for many tests."""
    with contextlib.ExitStack() as stack:
        yield lambda folder: stack.enter_context(_running(Serving(folder), _Handler))


# --- steps of templates ------------------------------------------------------

#: When the tasks of tests were asked for.
ASKED_AT = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
TASK = TaskInfo("task-1", ASKED_AT, "template:default/shop", parameters={"n": 1}, is_operated=True)


#: What a step begins with, by path.
Workspace = Mapping[str, str | bytes | File]


@dataclass
class Steps:
    """Runs single actions as a task does, with its checkpoints; nothing is faked.

    Attributes:
        config: The settings in force.
        registrations: Where ``catalog:register`` registers.
        entities: What the catalog knows, by ref.
        files: The template's own folder.
        kept: The checkpoints; another step or task begins with none.
        said: The lines of the log.
    """

    config: Config
    registrations: Any = None
    entities: Mapping[str, Any] = field(default_factory=dict)
    files: Any = None
    env: dict[str, str] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    task: TaskInfo = TASK
    is_cancelled: Callable[[], bool] = lambda: False
    issue_token: Callable[[str], str] | None = None
    redactor: Redactor = field(default_factory=lambda: Redactor({}))

    def find(self, refs: Iterable[str]) -> list[Any]:
        """Return entities, as the catalog does."""
        return [self.entities.get(ref) for ref in refs]

    def _checkpoint(self, key: str, make: Callable[[], Any]) -> Any:
        if key not in self.kept:
            self.kept[key] = json.loads(json.dumps(make()))
        return self.kept[key]

    def run(self, name: str, tree: Workspace, /, **given: Any) -> ActionResult:
        """Run an action on files."""
        action = ACTIONS[name]
        errors = violations(action.input, given)
        assert not errors, errors
        files = {path: _file_of(content) for path, content in tree.items()}
        context = ActionContext(
            input=given,
            tree=files,
            files=self.files,
            entities=self,
            task=self.task,
            environment=action_environment(
                self.config, self.registrations, self.env, self.issue_token
            ),
            write_log=lambda message, _values, _level: self.said.append(message),
            budget=Budget(),
            checkpoint=self._checkpoint,
            is_cancelled=self.is_cancelled,
            redactor=self.redactor,
        )
        result = action.run(context)
        check_tree(result.tree)
        return result


def _file_of(content: str | bytes | File) -> File:
    if isinstance(content, File):
        return content
    return File(content.encode() if isinstance(content, str) else content)


MakeSteps = Callable[..., Steps]


@pytest.fixture
def make_steps(tmp_path: Path) -> MakeSteps:
    """Return a function that makes ``Steps``, given settings."""

    def make(**settings: Any) -> Steps:
        return Steps(Config(data_dir=tmp_path / "data", **settings))

    return make


# --- a forge ----------------------------------------------------------------

#: A status, headers and a body.
ForgeAnswer = tuple[int, dict[str, str], bytes]


@dataclass
class Forge(Serving):
    """A web server with bare repositories, and whatever API a test wants beside them.

    Attributes:
        api: Answers ``GET`` below ``/api/``, given path and headers.
        change: Answers the other methods below ``/api/``, given method, path, headers and body.
        asked: Path and headers of each request below ``/api/``; ``seen`` has the others.
        places: What the paths of the API begin with.
    """

    api: Callable[[str, Mapping[str, str]], ForgeAnswer] = lambda _path, _headers: (404, {}, b"")
    change: Callable[[str, str, Mapping[str, str], bytes], ForgeAnswer] = (
        lambda _method, _path, _headers, _body: (404, {}, b"")
    )
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    places: tuple[str, ...] = ("/api/",)

    def make(self, name: str, files: Files) -> Repository:
        """Make a bare repository ``name``, and return a clone of it to commit in."""
        bare = self.root / f"{name}.git"
        clone = repository_at(self.root.parent / "clones" / name, files)
        bare_copy(clone.path, bare)
        clone.git("remote", "add", "origin", f"http://{self.host}/{name}.git")
        return clone


class _ForgeHandler(_Handler):
    serving: Forge

    def do_GET(self) -> None:
        if not self.path.startswith(self.serving.places):
            super().do_GET()
            return
        reply(self, *self.serving.api(self.path, self._asked()))

    def do_POST(self) -> None:
        if not self.path.startswith(self.serving.places):
            super().do_GET()
            return
        body = b"".join(self._body())
        reply(self, *self.serving.change(self.command, self.path, self._asked(), body))

    do_PUT = do_PATCH = do_DELETE = do_POST

    def _asked(self) -> dict[str, str]:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.serving.asked.append((self.path, headers))
        return headers


@pytest.fixture
def forge(tmp_path: Path) -> Iterator[Forge]:
    """Return a running forge without repositories."""
    (tmp_path / "forge").mkdir()
    with _running(Forge(tmp_path / "forge"), _ForgeHandler) as state:
        yield state
