"""One starter in one language: generated, cloned, installed, checked, tested, run, and found."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import documented
import readme
from git_server import GitServer
from running_portal import PortalFault
from running_portal import RunningPortal

Json = Any
USE_CASES = (1, 2)
_USE_CASE_FILE = re.compile(r"(?:^|\.)test_use_case_([12])_\w+")
_FOUND_WITHIN = 90.0
#: Seconds a program has to put away what it started, before it is killed.
_GRACE = 10.0
#: What the portal's own surroundings must not tell a project.
_NOT_PASSED_ON = re.compile(
    r"PORTAL_.*|MAKE(FLAGS|LEVEL)|MFLAGS|PYTHON(DONTWRITEBYTECODE|HOME|PATH)|VIRTUAL_ENV"
)
_PROVENANCE = ".portal/provenance.yaml"
_NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


class ProjectFault(Exception):  # noqa: N818 - a row of the table, not an error of this program
    """A step did not go as it has to."""


@dataclass(frozen=True)
class Workplace:
    """Where all projects are made.

    Attributes:
        portal: What generates them.
        git: Where they are published.
        folder: Below it are clones, logs and results.
        tools: A folder with uv, and nothing else of the portal's environment.
        limit: Seconds a project may take after it was generated.
        running: The programs there are, each in a process group of its own.
        is_stopped: Whether no more may be started.
    """

    portal: RunningPortal
    git: GitServer
    folder: Path
    tools: Path
    limit: float
    running: set[subprocess.Popen[bytes]] = field(default_factory=set)
    is_stopped: threading.Event = field(default_factory=threading.Event)


@dataclass
class Proof:
    """What became of one starter in one language."""

    concept: str
    case: str
    fault: str = ""
    #: Use case to how many of its tests passed.
    passed: dict[int, int] = field(default_factory=dict)
    tests: int = 0
    #: Use case to what the demo measured.
    shown: dict[int, str] = field(default_factory=dict)
    is_linked: bool = False
    #: What the first call installed.
    megabytes: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    log: Path = Path()

    @property
    def is_good(self) -> bool:
        both = all(self.passed.get(n) and n in self.shown for n in USE_CASES)
        return not self.fault and both and self.is_linked

    @property
    def name(self) -> str:
        return f"{self.concept} ({self.case})"


def prove(
    place: Workplace, concept: str, case: str, values: dict[str, Json], say: Callable[[str], None]
) -> Proof:
    """Do everything, and stop at the first thing that does not go as it has to."""
    log = place.folder / "logs" / f"{concept}-{case}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    proof = Proof(concept, case, log=log)
    work = _Work(place, proof, values, time.monotonic() + place.limit)
    for step in _STEPS:
        began = time.monotonic()
        try:
            told = step(work)
        except Exception as error:  # noqa: BLE001 - one that fails must not end the others
            is_known = isinstance(error, (ProjectFault, PortalFault))
            reason = str(error) if is_known else f"{type(error).__name__}: {error}"
            proof.fault = f"{step.__name__.strip('_')}: {reason}"
            say(f"{proof.name}: {proof.fault.splitlines()[0]} -> {log}")
            _write(log, proof.fault)
            break
        proof.seconds[step.__name__.strip("_")] = time.monotonic() - began
        say(f"{proof.name}: {told} ({time.monotonic() - began:.1f} s)")
    return proof


@dataclass
class _Work:
    """A project while it is proved."""

    place: Workplace
    proof: Proof
    values: dict[str, Json]
    deadline: float
    #: The commands of the project's texts that were run, without the values of variables.
    ran: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        return str(self.values["name"])

    @property
    def clone(self) -> Path:
        """A folder with a blank and Hangul in its path: people have such folders."""
        return self.place.folder / "내 프로젝트" / f"{self.proof.concept}-{self.proof.case}"

    def command(
        self, *arguments: str, cwd: Path | None = None, variables: Mapping[str, str] = _NO_VARIABLES
    ) -> str:
        """Run a program as a user would and return what it printed.

        Args:
            arguments: The program, and what it is given.
            cwd: Where it runs, if not in the clone.
            variables: What its environment has besides.

        Raises:
            ProjectFault: When it fails, or there is no time left.
        """
        if self.place.is_stopped.is_set():
            raise ProjectFault("stopped")
        left = max(1.0, self.deadline - time.monotonic())
        _write(self.proof.log, f"$ {' '.join(arguments)}")
        environment = {**self.environment(), **variables}
        with _started(self, arguments, cwd or self.clone, environment) as process:
            try:
                output, _ = process.communicate(timeout=left)
            except subprocess.TimeoutExpired as error:
                _write(self.proof.log, (error.output or b"").decode(errors="replace"))
                raise ProjectFault(f"{arguments[-1]} did not end in time") from None
        text = output.decode(errors="replace")
        _write(self.proof.log, text)
        if process.returncode:
            raise ProjectFault(f"{' '.join(arguments[:2])} ended with {process.returncode}")
        self.ran.add(documented.form(" ".join(arguments)))
        return text

    def environment(self) -> dict[str, str]:
        return surroundings(self.place.tools)


def surroundings(tools: Path) -> dict[str, str]:
    """Return the environment of a user who has Python, git and what is in a folder of tools."""
    kept = {k: v for k, v in os.environ.items() if not _NOT_PASSED_ON.fullmatch(k)}
    kept["PATH"] = f"{tools}{os.pathsep}{_without_our_tools(kept['PATH'])}"
    python = getattr(sys, "_base_executable", "") or sys.executable
    return {**kept, "PYTHON": python, "OMP_NUM_THREADS": "1"}


def _without_our_tools(path: str) -> str:
    """Return a search path without the environment this runs in."""
    ours = str(Path(sys.prefix, "bin"))
    return os.pathsep.join(part for part in path.split(os.pathsep) if part != ours)


@contextlib.contextmanager
def _started(
    work: _Work, arguments: tuple[str, ...], cwd: Path, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program in a group of its own, which ends with the block."""
    process = subprocess.Popen(
        arguments,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    work.place.running.add(process)
    with process:
        try:
            yield process
        finally:
            _end(process)
            work.place.running.discard(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program and what it started: as Ctrl-C does, and if that is no use, for good."""
    if process.poll() is None:
        _signal(process, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
    _signal(process, signal.SIGKILL)


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def stop(place: Workplace) -> None:
    """End everything that still runs; whoever waits for it then goes on."""
    place.is_stopped.set()
    for process in list(place.running):
        _signal(process, signal.SIGINT)
    deadline = time.monotonic() + _GRACE
    while place.running and time.monotonic() < deadline:
        time.sleep(0.1)
    for process in list(place.running):
        _signal(process, signal.SIGKILL)


# --- the steps -----------------------------------------------------------------------


def _generate(work: _Work) -> str:
    remote = work.place.git.make("starters", work.name)
    output = work.place.portal.run(work.proof.concept, {**work.values, "remoteUrl": remote})
    links = output.get("links") or []
    if not any(link.get("url") == remote for link in links):
        raise ProjectFault(f"the output does not link to {remote}: {links}")
    if not any(str(link.get("entityRef", "")).endswith(f"/{work.name}") for link in links):
        raise ProjectFault(f"the output does not link to the component: {links}")
    work.clone.parent.mkdir(parents=True, exist_ok=True)
    work.command("git", "clone", "--quiet", remote, str(work.clone), cwd=work.clone.parent)
    if not (work.clone / _PROVENANCE).is_file():
        raise ProjectFault(f"there is no {_PROVENANCE} in the repository")
    count = len(work.command("git", "ls-files").splitlines())
    work.deadline = time.monotonic() + work.place.limit
    return f"generated, {count} files"


def _install(work: _Work) -> str:
    work.command("make", ".venv/.installed")
    return "installed from its lock"


def _check(work: _Work) -> str:
    work.command("make", "check")
    return "linted and typed"


def _test(work: _Work) -> str:
    report = work.place.folder / "results" / f"{work.proof.concept}-{work.proof.case}.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    work.command("make", "test", variables={"PYTEST_FLAGS": f"--junitxml={report}"})
    proof = work.proof
    for case in ET.parse(report).iter("testcase"):
        is_passed = not [part for part in case if part.tag in {"failure", "error", "skipped"}]
        proof.tests += is_passed
        found = _USE_CASE_FILE.search(case.get("classname", ""))
        if found and is_passed:
            number = int(found.group(1))
            proof.passed[number] = proof.passed.get(number, 0) + 1
    for number in USE_CASES:
        if not proof.passed.get(number):
            raise ProjectFault(f"no test of tests/test_use_case_{number}_*.py passed")
    return f"{proof.tests} tests passed"


def _run(work: _Work) -> str:
    lines = [line for line in work.command("make", "run").splitlines() if line.strip()]
    # What make itself says comes after what the demo says.
    closing = [line for line in lines if not line.startswith("make")][-2:]
    for number, line, title in zip(USE_CASES, closing, _titles(work), strict=False):
        begin = f"[{number}/2] OK {title}: "
        if not line.startswith(begin) or line == begin:
            raise ProjectFault(f"the demo's closing line {number} is {line!r}, not '{begin}…'")
        work.proof.shown[number] = line.removeprefix(begin)
    changed = work.command("git", "status", "--porcelain")
    if changed:
        raise ProjectFault(f"tests or demo leave files that git does not ignore:\n{changed}")
    return "demonstrated"


def _type(work: _Work) -> str:
    """Do what the texts tell people to type, as far as a proof can."""
    concept = work.proof.concept
    instead = documented.ALSO_RUN.get(concept, {})
    for told in map(documented.form, (one.text for one in documented.documented(work.clone))):
        if told in instead and told not in work.ran:
            work.command("sh", "-c", instead[told])
            work.ran.add(told)
    found = documented.faults(work.clone, concept, work.ran)
    if found:
        raise ProjectFault("\n".join(found))
    return "its documented commands are run, or excused"


def _measure(work: _Work) -> str:
    """See that the README is right about the size of what the first call installs."""
    proof = work.proof
    proof.megabytes = readme.measured_megabytes(work.clone)
    stated = readme.stated_megabytes((work.clone / "README.md").read_text("utf-8"), proof.case)
    if stated is None or not readme.is_near(stated, proof.megabytes):
        raise ProjectFault(f"{proof.megabytes} MB were installed; its README says {stated}")
    return f"{proof.megabytes} MB installed"


def _titles(work: _Work) -> list[str]:
    """Return what the glossary calls the use cases, in the project's language."""
    path = f"/api/glossary/concepts/{work.proof.concept}?lang={work.proof.case}"
    status, concept = work.place.portal.ask("GET", path)
    if status != 200:
        raise PortalFault(f"{path} answers {status}")
    return [one["title"] for one in concept["useCases"]]


def _link(work: _Work) -> str:
    """See that the portal found the repository, and the concept its implementation."""
    component = f"component:default/{work.name}"
    concept = f"concept:default/{work.proof.concept}"
    deadline = time.monotonic() + _FOUND_WITHIN
    while True:
        missing = [text for text, is_there in _links(work, component, concept) if not is_there]
        if not missing:
            _follow_links(work)
            work.proof.is_linked = True
            return "registered and linked from both sides"
        if time.monotonic() > deadline:
            raise ProjectFault(f"the portal does not have: {', '.join(missing)}")
        time.sleep(0.5)


def _links(work: _Work, component: str, concept: str) -> Iterator[tuple[str, bool]]:
    portal = work.place.portal
    own = portal.entity("component", work.name)
    yield component, own is not None
    yield f"{component} implementsConcept {concept}", _has(own, "implementsConcept", concept)
    other = portal.entity("concept", work.proof.concept)
    yield (
        f"{concept} conceptImplementedBy {component}",
        _has(other, "conceptImplementedBy", component),
    )
    status, answer = portal.ask("GET", f"/api/glossary/concepts/{work.proof.concept}")
    yield f"the glossary's answer naming {component}", status == 200 and component in str(answer)
    status, page = portal.ask("GET", f"/glossary/{work.proof.concept}?lang={work.proof.case}")
    yield f"the concept's page naming {work.name}", status == 200 and work.name in str(page)


def _follow_links(work: _Work) -> None:
    """See that what the project's texts say of the portal is there."""
    portal = work.place.portal
    pattern = re.compile(re.escape(portal.url) + r"[\w/.%?=&-]*[\w/]")
    files = [work.clone / "README.md", *sorted((work.clone / "docs").rglob("*.md"))]
    links = {link for file in files for link in pattern.findall(file.read_text("utf-8"))}
    if not links:
        raise ProjectFault("its README does not lead back to the portal")
    for link in sorted(links):
        status, _ = portal.ask("GET", link.removeprefix(portal.url) or "/")
        if status != 200:
            raise ProjectFault(f"its texts lead to {link}, which answers {status}")


def _has(entity: Json, kind: str, target: str) -> bool:
    relations = (entity or {}).get("relations", [])
    return any(one["type"] == kind and one["targetRef"] == target for one in relations)


_STEPS = (_generate, _install, _check, _test, _run, _measure, _type, _link)


def _write(log: Path, text: str) -> None:
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{text.rstrip()}\n" if text.strip() else "")
