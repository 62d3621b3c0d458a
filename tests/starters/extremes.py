"""What a form allows, taken at its word: each starter at the ends of its parameters.

Of every template of ``templates/``: each number at its minimum and at its maximum (one at a
time and all at once), each choice of a list, and texts that try to break out of the files they
are put into. Everything is rendered as the server does it, and what came out is read: every
YAML, TOML, JSON and Python file has to be valid, the texts have to arrive as they were typed.

With ``--run`` the projects of numbers and choices are installed (once for a template), tested and
demonstrated as well.

    python tests/starters/extremes.py                       # renders only: two minutes
    python tests/starters/extremes.py --run                 # all: hours
    python tests/starters/extremes.py --run --only feature-store --together
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from typing import Any

from project import surroundings
from prove import CONCEPTS
from prove import tools_for
from running_portal import ROOT

from portal.authoring.folder import read_folder
from portal.authoring.offline import render
from portal.kernel import yaml12
from portal.kernel.errors import PortalError
from portal.kernel.files import write_files
from portal.scaffolder.forms.answers import check_answers
from portal.scaffolder.publishing.provenance import PATH
from portal.scaffolder.publishing.provenance import with_provenance

Json = Any
TEMPLATES = ROOT / "templates"
#: What is filled in by everybody, and is no parameter of the concept.
_GENERAL = frozenset({"name", "owner", "description", "language", "remoteUrl"})
_HOSTILE = {
    "quotes": "He said \"no\", she said 'yes', `who` \\ knows",
    "yaml": "a: b # no comment, - no item, {no: map}, &x *x !x %x @x",
    "lines": "one\u2028two\u2029three",
    "template": "${{ 7 * 7 }} {{ 7 * 7 }} {% raw %} <%= 7 %> $HOME $(id)",
    "html": "</title><script>alert(1)</script><!-- --> &amp;",
    "signs": "가나다 \U0001f469\u200d\U0001f4bb e\u0301 \u202e\u200b %s {0} ${x}",
    "triple": '"""; raise SystemExit #',
}


@dataclass(frozen=True)
class Variant:
    """One way to fill in a form.

    Attributes:
        concept: Of the template.
        name: What is special about it.
        values: All answers.
        is_run: Whether the project is to be installed, tested and demonstrated, too.
    """

    concept: str
    name: str
    values: dict[str, Json]
    is_run: bool


def variants(concept: str, *, together: bool = False) -> Iterator[Variant]:
    """Yield what is tried of a template.

    Args:
        concept: Its name.
        together: Only all minima at once and all maxima at once, no parameter alone.
    """
    case = TEMPLATES / concept / "cases" / "en.yaml"
    values: dict[str, Json] = yaml12.read_one(case.read_bytes())["values"]
    ends = {name: _ends(field) for name, field in _fields(concept) if name not in _GENERAL}
    for position, which in enumerate(("minimum", "maximum")):
        all_of_them = {name: found[position] for name, found in ends.items() if found}
        yield Variant(concept, f"all at {which}", {**values, **all_of_them}, is_run=True)
        for name, value in all_of_them.items() if not together else ():
            variant = {**values, name: value}
            yield Variant(concept, f"{name} at {which}", variant, is_run=True)
    for name, field in _fields(concept):
        for choice in field.get("enum", ()) if name not in _GENERAL and not together else ():
            yield Variant(concept, f"{name}: {choice}", {**values, name: choice}, is_run=True)
    for kind, text in _HOSTILE.items():
        hostile = {**values, "description": text}
        for language in ("ko", "en"):
            label = f"{kind} in the description ({language})"
            yield Variant(concept, label, {**hostile, "language": language}, is_run=False)


def _fields(concept: str) -> Iterator[tuple[str, Json]]:
    template = yaml12.read_one((TEMPLATES / concept / "template.yaml").read_bytes())
    for page in template["spec"]["parameters"]:
        yield from page["properties"].items()


def _ends(field: Json) -> tuple[Json, Json] | None:
    if "minimum" in field and "maximum" in field:
        return field["minimum"], field["maximum"]
    return None


def rendered(variant: Variant, folder: Path) -> list[str]:
    """Render into a folder; return what is wrong with the result."""
    template = read_folder(TEMPLATES / variant.concept)
    try:
        values = check_answers(template.spec.pages, variant.values)
        rendering = render(template, values, {}, task="extremes")
    except PortalError as error:
        return [f"is not rendered: {error.message}"]
    tree = with_provenance(rendering.tree, rendering.task)
    files = {path: (file.data, file.is_executable) for path, file in tree.items()}
    write_files(folder, files, force=False)
    found = {path: file.data for path, file in tree.items()}
    return [*_faults(found), *_lost(found, variant.values["description"])]


def _faults(files: Mapping[str, bytes]) -> Iterator[str]:
    for path, data in sorted(files.items()):
        # The skeleton of a template within the project is no such file yet.
        is_template = "skeleton" in Path(path).parts
        reader = None if is_template else _READERS.get(Path(path).suffix)
        try:
            if reader is not None:
                reader(data)
        except (ValueError, SyntaxError) as error:
            yield f"{path}: {str(error)[:200]}"


def _lost(files: Mapping[str, bytes], typed: str) -> Iterator[str]:
    """Yield where a description did not arrive as it was typed."""
    places: tuple[tuple[str, Callable[[Json], Json]], ...] = (
        ("catalog-info.yaml", lambda found: found["metadata"]["description"]),
        (PATH, lambda found: found["parameters"]["description"]),
    )
    for path, place in places:
        try:
            told = place(yaml12.read_one(files[path]))
        except ValueError:
            continue  # told as a fault already
        if told != typed:
            yield f"{path}: the description is {told!r}"


def _read_yaml(data: bytes) -> None:
    for document in yaml12.read(data, ignore_tags=True):
        if isinstance(document, yaml12.Fault):
            raise ValueError(f"line {document.line}: {document.message}")


_READERS: Mapping[str, Callable[[bytes], object]] = {
    ".yaml": _read_yaml,
    ".yml": _read_yaml,
    ".json": json.loads,
    ".toml": lambda data: tomllib.loads(data.decode()),
    ".py": lambda data: compile(data, "it", "exec", ast.PyCF_ONLY_AST),
}


def ran(folder: Path, limit: float) -> str:
    """Install, test and demonstrate a project; return what did not end well.

    Args:
        folder: The project; ``.venv`` may be there already, from one with the same lock.
        limit: Seconds for each of the three.
    """
    for target in (".venv/.installed", "test", "run"):
        log = folder.with_name(f"{folder.name}.{Path(target).name.strip('.')}.log")
        with log.open("wb") as output, _started(folder, target, output) as process:
            try:
                code = process.wait(limit)
            except subprocess.TimeoutExpired:
                return f"make {target} did not end in {limit:.0f} s: {log}"
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        if code:
            return f"make {target} ended with {code}: {log}"
    return ""


def _started(folder: Path, target: str, output: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["make", target],
        cwd=folder,
        env=surroundings(folder.parents[1] / "tools"),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def main() -> int:
    given = _arguments()
    began = time.monotonic()
    folder = Path(given.work or tempfile.mkdtemp(prefix="extremes-")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    tools_for(folder)
    faults = count = 0
    for concept in sorted(given.only or CONCEPTS):
        environment: Path | None = None
        for number, variant in enumerate(variants(concept, together=given.together)):
            project = folder / concept / f"{number:02}"
            found = rendered(variant, project)
            if given.run and variant.is_run and not found:
                if environment:
                    (project / ".venv").symlink_to(environment, target_is_directory=True)
                    # Its lock was rendered later, and is the same.
                    (environment / ".installed").touch()
                fault = ran(project, given.limit)
                found = [fault] if fault else []
                if environment is None and (project / ".venv" / ".installed").exists():
                    environment = project / ".venv"
            count += 1
            faults += bool(found)
            for fault in found:
                _say(f"{concept}, {variant.name}: {fault}")
        _say(f"[{(time.monotonic() - began) / 60:.1f} min] {concept}: done")
    _say(f"{count - faults} of {count} ways to fill in a form are good")
    if not (given.work or faults):
        shutil.rmtree(folder)
    return 1 if faults else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", action="append", choices=sorted(CONCEPTS), metavar="CONCEPT")
    parser.add_argument("--run", action="store_true", help="install, test and demonstrate, too")
    parser.add_argument(
        "--together", action="store_true", help="only all minima at once and all maxima at once"
    )
    parser.add_argument("--limit", type=float, default=600, metavar="SECONDS", help="per command")
    parser.add_argument(
        "--work", metavar="FOLDER", help="where to work, an empty folder; it is kept"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
