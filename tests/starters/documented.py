"""What the texts of a starter tell people to type.

A command of a ``sh`` or ``console`` block in the README or in ``docs/`` is one that the proof runs,
or one that is not run for a reason: in the table ``NOT_RUN``, or in its own comment in the text.
Whatever is told, the make target, module, file, service or program it names has to be there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from portal.kernel import yaml12

#: What the proof runs of every starter; ``project.py`` does, and remembers what it ran.
PROVED = frozenset({"make run", "make test", "make check"})


def _as_told(*commands: str) -> dict[str, str]:
    return {command: command for command in commands}


#: What the proof runs of one starter after its demo: a command, as ``form`` writes it, and what is
#: typed for it. The two differ where a text has an example of the reader's own.
ALSO_RUN: Mapping[str, Mapping[str, str]] = {
    "concept-drift": {
        f".venv/bin/python -m driftwatch {told}": f".venv/bin/python -m driftwatch {typed}"
        for told, typed in {
            "monthly --month 2026-01": "--home var/demo monthly --month 2025-08",
            "daily": "--home var/demo daily",
            "report": "--home var/demo report",
        }.items()
    },
    "etl": _as_told("make sample"),
    "mlops": _as_told(
        ".venv/bin/python -m modelops --home var/demo deploy fraud 2",
        ".venv/bin/python -m modelops --home var/demo rollback fraud",
    ),
    "tech-lead": {
        **_as_told(
            ".venv/bin/python -m leading decide decisions/order-events.yaml"
            " > docs/decisions/0002-order-events.md",
            "make lint",
        ),
        "make hotspots REPOSITORY=…": "make hotspots REPOSITORY=.",
        "make plan REPOSITORY=…": "make plan REPOSITORY=.",
    },
}

_DOCKER = "It needs Docker, and downloads images."
_REDIS = "It needs a Redis server of one's own; the tests start an embedded one."
_POSTGRES = "It needs a PostgreSQL server of one's own."
_SERVER = "It serves until it is ended; the tests start and ask the same server."
_KAFKA = "It needs a Kafka cluster; the embedded broker speaks the same protocol."
_MLFLOW = "It needs an MLflow server; the same command works on the SQLite file in the demo."

#: What is not run of a starter, and why.
NOT_RUN: Mapping[str, Mapping[str, str]] = {
    "apache-kafka": {
        "docker compose up -d": _DOCKER,
        "docker compose up -d kafka": _DOCKER,
        "docker compose up -d postgres": _DOCKER,
        "KAFKA_BOOTSTRAP_SERVERS=… make test": _KAFKA,
        "KAFKA_BOOTSTRAP_SERVERS=… make run": _KAFKA,
        "SHOP_POSTGRES=… make debezium": "It needs Java 17 and a PostgreSQL server.",
    },
    "circuit-breaker": {
        "make redis CIRCUIT_STORE=…": _REDIS,
        "CIRCUIT_STORE=… INVENTORY_URL=… .venv/bin/gunicorn --workers 4 --threads 8"
        " 'shop.wsgi:orders()'": "It serves until it is ended, and needs a Redis server.",
        "make up": _DOCKER,
    },
    "concept-drift": {
        "make up": _DOCKER,
        "ALERTMANAGER_URL=… .venv/bin/python -m driftwatch --home var/demo daily": (
            "It needs an Alertmanager; without the variable, the proof runs the same command."
        ),
        "DRIFT_TEST_ALERTMANAGER_URL=… make test": "It needs an Alertmanager.",
    },
    "data-warehouse": {
        "make postgres POSTGRES=…": _POSTGRES,
        "WAREHOUSE_URL=… make load LANDING=…": _POSTGRES,
        "make up": _DOCKER,
    },
    "etl": {
        "make airflow": "It serves until it is ended; the demo runs the same DAGs in Airflow.",
        "make postgres POSTGRES=…": _POSTGRES,
        "make up": _DOCKER,
    },
    "feature-store": {
        "docker compose up -d redis": _DOCKER,
        "ONLINE_STORE=… make run": _REDIS,
        "ONLINE_STORE=… make test": _REDIS,
    },
    "idempotency": {
        "make engines DATABASE_URL=… IDEMPOTENCY_STORE=…": (
            "It needs servers of one's own; the tests start an embedded PostgreSQL and a Valkey."
        ),
        "make up": _DOCKER,
    },
    "mlops": {
        "make serve": _SERVER,
        "make up": _DOCKER,
        "export MLFLOW_TRACKING_URI=…": "It only says where the next commands find their server.",
        ".venv/bin/python -m modelops sweep var/demo/payments-1.csv": _MLFLOW,
        ".venv/bin/python -m modelops deploy fraud 1": _MLFLOW,
        "MLOPS_TEST_TRACKING_URI=… make test": "It needs an MLflow server.",
    },
    "tech-lead": {
        "FORGE_TOKEN=… .venv/bin/python -m leading issues --repository ../service"
        " --api https://api.github.com --to owner/name": (
            "It opens issues in a forge; the tests do so on a local server."
        ),
    },
}

_BLOCK = re.compile(r"^```(sh|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`((?:[A-Z_]+=\S+ )*(?:make|\S*python) [^`\n]+)`")
_COMMENT = re.compile(r"\s+#\s+(.*)$")
_ASSIGNED = re.compile(r"([A-Za-z_]\w*)=.*")
_TARGETS = re.compile(r"^([a-z][a-z -]*):(?!=)", re.MULTILINE)
_FILE = re.compile(r"[\w-][\w/.-]*\.(?:csv|in|json|md|mjs|py|rego|sh|sql|toml|txt|ya?ml)")
#: A comment that says so excuses its command.
_REMARK = re.compile(r"\bnot run here, because\b|여기서는 실행하지 않습니다")
#: What is made by a project, or is the reader's own.
_NOT_IN_THE_PROJECT = ("var/", ".venv/", "../")
_NOBODY = "is run by nobody: let the proof run it, or say why not, in tests/starters/documented.py"
#: Modules of Python itself.
_OF_PYTHON = frozenset({"pip", "unittest", "venv"})


@dataclass(frozen=True)
class Command:
    """One command of a text.

    Attributes:
        place: The file, relative to the project, and the line.
        text: What is to be typed, without prompt and comment.
        comment: What the text says behind it.
    """

    place: str
    text: str
    comment: str = ""

    @property
    def is_excused(self) -> bool:
        """Whether its own comment says why it is not run."""
        return bool(_REMARK.search(self.comment))


def form(text: str) -> str:
    """Return a command with ``…`` for every value of a variable: those are examples."""
    return " ".join(_ASSIGNED.sub(r"\1=…", word) for word in text.split())


def documented(project: Path) -> Iterator[Command]:
    """Yield the commands of every block of commands in a project's texts."""
    for path, text in _texts(project):
        for block in _BLOCK.finditer(text):
            line = text.count("\n", 0, block.start(2)) + 1
            for number, typed in _typed(block.group(2), is_console=block.group(1) == "console"):
                bare = _COMMENT.sub("", typed)
                comment = _COMMENT.search(typed)
                told = comment.group(1) if comment else ""
                yield Command(f"{path}:{line + number}", bare, told)


def _texts(project: Path) -> Iterator[tuple[str, str]]:
    for path in (project / "README.md", *sorted((project / "docs").rglob("*.md"))):
        yield path.relative_to(project).as_posix(), path.read_text("utf-8")


def _typed(block: str, *, is_console: bool) -> Iterator[tuple[int, str]]:
    """Yield what is to be typed, with the number of its first line in the block."""
    begun, first = "", 0
    for number, line in enumerate(block.splitlines()):
        text = line.removeprefix("$ ").strip()
        is_output = is_console and not begun and not line.startswith("$ ")
        if is_output or not text or text.startswith("#"):
            continue
        first = first if begun else number
        begun = f"{begun} {text}".strip()
        if begun.endswith("\\"):
            begun = begun[:-1].rstrip()
            continue
        yield first, begun
        begun = ""


def faults(project: Path, concept: str, run: Iterable[str] | None = None) -> list[str]:
    """Return what is wrong with the commands of a project's texts.

    Args:
        project: A rendered project.
        concept: That of its template.
        run: The forms of what was run; left out, what the proof says it runs.
    """
    known = set(PROVED | ALSO_RUN.get(concept, {}).keys() if run is None else run)
    known |= NOT_RUN.get(concept, {}).keys()
    told = list(documented(project))
    not_run = [one for one in told if form(one.text) not in known and not one.is_excused]
    return [
        *(f"{one.place}: '{one.text}' {_NOBODY}" for one in not_run),
        *(
            f"{one.place}: {lack}"
            for one in (*told, *_inline(project))
            for lack in _lacks(one.text, project)
        ),
    ]


def unused(project: Path, concept: str) -> set[str]:
    """Return the rows of the tables that no text of a project names."""
    told = {form(command.text) for command in documented(project)}
    return {*ALSO_RUN.get(concept, {}), *NOT_RUN.get(concept, {})} - told


def _inline(project: Path) -> Iterator[Command]:
    """Yield the commands in running text; what they name has to be there, too."""
    for path, text in _texts(project):
        for found in _INLINE.finditer(text):
            yield Command(f"{path}:{text.count(chr(10), 0, found.start()) + 1}", found.group(1))


def _lacks(text: str, project: Path) -> Iterator[str]:
    """Yield what a command names and a project does not have."""
    words = [word for word in text.split() if not _ASSIGNED.fullmatch(word)]
    program = Path(words[0]).name if words else ""
    for names, lack in _NAMED.items():
        if program == names:
            yield from lack(words[1:], project)
    if words and words[0].startswith(".venv/bin/") and program != "python":
        yield from _no_package(program, project)
    for before, word in zip(["", *words], words, strict=False):
        is_own = not word.startswith(_NOT_IN_THE_PROJECT) and before != ">"
        if is_own and _FILE.fullmatch(word) and not (project / word).exists():
            yield f"'{text}' names {word}, which is not there"


def _no_target(words: list[str], project: Path) -> Iterator[str]:
    makefiles = (project / "Makefile", project / "project.mk")
    rules = "\n".join(path.read_text("utf-8") for path in makefiles if path.exists())
    targets = {name for rule in _TARGETS.findall(rules) for name in rule.split()}
    for word in words:
        if not word.startswith("-") and word not in targets:
            yield f"there is no target '{word}' in Makefile or project.mk"


def _no_module(words: list[str], project: Path) -> Iterator[str]:
    if words[:1] != ["-m"] or len(words) == 1 or words[1] in _OF_PYTHON:
        return
    path = project.joinpath(*words[1].split("."))
    if not (path.with_suffix(".py").exists() or (path / "__main__.py").exists()):
        yield f"'python -m {words[1]}' has no such module to run"


def _no_service(words: list[str], project: Path) -> Iterator[str]:
    if words[:2] != ["compose", "up"]:
        return
    services = yaml12.read_one((project / "compose.yaml").read_bytes())["services"]
    for word in words[2:]:
        if not word.startswith("-") and word not in services:
            yield f"there is no service '{word}' in compose.yaml"


def _no_package(program: str, project: Path) -> Iterator[str]:
    if f"\n{program}==" not in f"\n{(project / 'requirements.txt').read_text('utf-8')}":
        yield f"requirements.txt does not install '{program}'"


_NAMED: Mapping[str, Callable[[list[str], Path], Iterator[str]]] = {
    "make": _no_target,
    "python": _no_module,
    "docker": _no_service,
}
