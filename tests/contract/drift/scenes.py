"""What is replayed: backends with some content each, and the recordings made of them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import time
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.model.refs import LocationRef
from tests.contract.drift.backend import CONTENT_PORT
from tests.contract.drift.backend import WORKING_DIRECTORY
from tests.contract.drift.backend import running
from tests.contract.drift.backend import serving
from tests.contract.drift.backend import settings
from tests.contract.drift.comparison import Difference
from tests.contract.drift.comparison import differences
from tests.contract.drift.comparison import in_order
from tests.contract.drift.comparison import places
from tests.contract.drift.packages import Installed
from tests.contract.drift.replay import Replay
from tests.contract.drift.replay import give_recorded_uids
from tests.scaffolder.test_dry_run import CATALOG

GOLDEN = "golden-1.57"
_CONTENT = "golden-fixtures"
_DRY_RUNS = Path(__file__).parents[2] / "scaffolder" / "data" / "dry-runs.jsonl"
#: Where the recorded backend had its content.
_RECORDED_HOME = "/srv/peer/fixtures"
_SERVED = f"http://127.0.0.1:{CONTENT_PORT}/url-loc.yaml"
#: How long a backend takes to read changed content and to index it, in seconds.
_SETTLING = 15.0
#: Dry runs of actions that are in packages of other publishers.
_FOREIGN = re.compile("roadie/|jsonata")
_RUN = re.compile(r"<workspace>|dry-run-<uuid>|dry-run-[0-9a-f-]{36}")
#: Where a dry run has its files and its content.
_HERE = re.compile(
    f"{WORKING_DIRECTORY}/(?=<run>)|<contents>/|[^\\s'\"]*/dry-run-content-[0-9a-f-]{{36}}/"
)
_COLOURS = re.compile("\x1b\\[[0-9;]*m")
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scene:
    """A backend and what is asked of it.

    Attributes:
        name: What it is called.
        descriptors: The files of the recorded content it reads, beside the served one.
        recordings: What is replayed, in this order.
        has_dry_runs: Whether the recorded dry runs are replayed, too.
        guest: The user that guests are; empty for Backstage's own choice.
    """

    name: str
    descriptors: tuple[str, ...]
    recordings: tuple[str, ...]
    has_dry_runs: bool = False
    guest: str = ""


_FIXTURES = ("all.yaml", "missing-req.yaml", "widget.yaml", "tmpl/template.yaml")
SCENES = (
    Scene(
        "catalog",
        _FIXTURES,
        ("catalog-read", "search", "auth-and-core", "catalog-write", "catalog-status-orphan"),
    ),
    Scene("tasks", _FIXTURES, ("scaffolder",)),
    Scene("failures", (*_FIXTURES, "tmpl/fail.yaml"), ("scaffolder-failures",)),
    Scene("dry-runs", ("dry-runs.yaml",), (), has_dry_runs=True, guest="user:default/guest"),
)


@dataclass(frozen=True, slots=True)
class Result:
    """How many requests were sent, and which answers are not as recorded."""

    sent: int
    differences: tuple[Difference, ...]


def compare(installed: Installed, recordings: Path, scratch: Path) -> Result:
    """Replay every scene.

    Args:
        installed: The packages.
        recordings: The folder of the recordings and of the recorded content.
        scratch: Gets the content, the databases and the answers.

    Raises:
        RuntimeError: When a backend does not start.
    """
    sent = 0
    found: list[Difference] = []
    for scene in SCENES:
        home = scratch / scene.name
        shutil.rmtree(home, ignore_errors=True)
        content = home / "fixtures"
        shutil.copytree(recordings / _CONTENT, content)
        (content / "dry-runs.yaml").write_text(CATALOG)
        for path in content.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        locations = [str(content / name) for name in scene.descriptors]
        config = settings([*locations, _SERVED], home, scene.guest)
        with serving(content), running(installed, config, home):
            time.sleep(_SETTLING)
            replay = _Run(Replay(_renames(content, locations)), recordings, scratch, home)
            for name in scene.recordings:
                sent += replay.recording(name)
                found += differences(recordings, scratch / "answers", name)
            if scene.has_dry_runs:
                asked, differing = replay.dry_runs()
                sent, found = sent + asked, found + differing
    return Result(sent, tuple(found))


def _renames(content: Path, locations: list[str]) -> dict[str, str]:
    """Return what to write as the recorded backend wrote it, whose content was elsewhere."""
    names = {}
    for target in locations:
        recorded = target.replace(str(content), _RECORDED_HOME)
        names[LocationRef("file", target).entity_name] = LocationRef("file", recorded).entity_name
    return {**names, str(content): _RECORDED_HOME}


@dataclass(frozen=True, slots=True)
class _Run:
    """The replay of one scene."""

    client: Replay
    recordings: Path
    scratch: Path
    home: Path

    def recording(self, name: str) -> int:
        """Replay a recording and keep the answers; return how many requests were sent."""
        rows = json.loads((self.recordings / GOLDEN / f"{name}.json").read_bytes())
        give_recorded_uids(self.client, rows, self.home / "databases")
        if name == "search":
            time.sleep(_SETTLING)
        answers = []
        for row in rows:
            change = _CHANGES.get((name, row["name"]))
            if change:
                change(self.home / "fixtures" / "url-loc.yaml")
                time.sleep(_SETTLING)
            answers.append(self.client.replay(row))
        folder = self.scratch / "answers" / GOLDEN
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(answers, ensure_ascii=False, indent=1))
        return len(answers)

    def dry_runs(self) -> tuple[int, list[Difference]]:
        """Replay the dry runs; return how many there are, and which differ."""
        lines = _DRY_RUNS.read_text(encoding="utf-8").splitlines()
        cases = [case for case in map(json.loads, lines) if not _FOREIGN.match(case["name"])]
        return len(cases), [found for case in cases for found in self._dry_run(case)]

    def _dry_run(self, case: Record) -> Iterator[Difference]:
        names = ("template", "values", "secrets", "directoryContents")
        body = case.get("raw_body") or {name: case[name] for name in names}
        answer = self.client.dry_run(body, is_user=bool(case.get("auth")))
        before = _plain(_recorded_dry_run(case))
        after = _plain(_dry_run_of(answer))
        if in_order(before) != in_order(after):
            yield Difference("dry-runs", case["name"], "dry-run", places(before, after))


def _break(path: Path) -> None:
    path.write_text(path.read_text().replace("lifecycle: production, ", ""))


def _remove(path: Path) -> None:
    text = path.read_text()
    path.write_text(text[: text.index("---\n")])


#: What happened to the served descriptor before a request.
_CHANGES: dict[tuple[str, str], Callable[[Path], None]] = {
    ("catalog-status-orphan", "status on error"): _break,
    ("catalog-status-orphan", "orphan filter"): _remove,
}


def _recorded_dry_run(case: Record) -> Record:
    wanted = case["response"]
    files = wanted["files"] and [(one["path"], one["sha256"]) for one in wanted["files"]]
    error = wanted["error"] or {}
    return {
        "status": case["response_status"],
        "error": error.get("errors") or [error.get("name"), error.get("message")],
        "output": wanted["output"],
        "files": files,
        "log": wanted["log"],
    }


def _dry_run_of(answer: Record) -> Record:
    body = answer["body"]
    files = body.get("directoryContents")
    error = body.get("error") or {}
    return {
        "status": answer["status"],
        "error": body.get("errors") or [error.get("name"), error.get("message")],
        "output": body.get("output"),
        "files": files and [(one["path"], _digest(one["base64Content"])) for one in files],
        "log": body.get("log") and [one["body"] for one in body["log"]],
    }


def _digest(text: str) -> str:
    return hashlib.sha256(base64.b64decode(text)).hexdigest()


def _plain(value: Record) -> Any:
    """Return an answer of a dry run without colours, ids and the host's folders."""
    text = json.dumps(value, ensure_ascii=False).replace("\\u001b", "\x1b")
    text = _RUN.sub("<run>", _COLOURS.sub("", text))
    return json.loads(_HERE.sub("", text))
