"""What persons said of links: ``links.yaml`` beside a concept, or a service's own descriptor.

::

    # links.yaml, in the folder of the concept's catalog-info.yaml
    links:
      - entity: component:default/payments
        status: refuted                  # or confirmed
        reason: The library only exports metrics of the gateway's breaker.
        by: user:default/ada
        date: "2026-11-30"
        commit: 3f2a9c1d5e7b             # of the service, that was looked at; optional
        rules: [python-library]          # the strong rules that matched then; optional

In a service's descriptor the list is ``spec.conceptLinks``, and each member has ``concept`` in
place of ``entity``. git is the record: who changed it and when, the repository tells.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from portal.catalog.ingestion.ingested import Defined
from portal.catalog.processing.problems import LINK_RULE
from portal.catalog.sources.registry import OpenLocation
from portal.kernel import yaml12
from portal.kernel.errors import PortalError
from portal.links.link import KINDS
from portal.links.link import Judgment
from portal.links.link import LinkStatus
from portal.links.scanning.services import JUDGMENTS
from portal.links.scanning.services import Placed
from portal.model.entity import JsonPath
from portal.model.entity import Position
from portal.model.entity import StatusItem
from portal.model.refs import parse_ref
from portal.scm.snapshot import FileTree

FILE = "links.yaml"
_STATUSES = (LinkStatus.CONFIRMED.value, LinkStatus.REFUTED.value)
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_LARGEST = 1_000_000
#: A member of an entry: its name, whether it is needed, what it must be, and the test for that.
_Member = tuple[str, bool, str, Callable[[Any], bool]]
_HINT = "Each entry has entity (or concept), status, reason, by and date; see docs/users/links.md."


@dataclass
class Judgments:
    """What persons said, and what is wrong with how they said it.

    Attributes:
        found: The judgments, by the refs of concept and service.
        problems: What is wrong, by source; an empty list for a source in which nothing is.
        commits: The commits that were read, by source.
    """

    found: dict[tuple[str, str], Judgment] = field(default_factory=dict)
    problems: dict[str, list[StatusItem]] = field(default_factory=dict)
    commits: dict[str, str] = field(default_factory=dict)

    def of(self, entity: str) -> dict[str, Judgment]:
        """Return what was said of a service, by concept."""
        return {concept: one for (concept, other), one in self.found.items() if other == entity}


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of a list of judgments.

    Attributes:
        value: The entry.
        own: The ref of the entity whose list it is in.
        member: What it names: ``entity`` or ``concept``.
        source: The name of the source.
        path: The file.
        line: The line at which the document begins.
        data: The content of the file.
        json_path: The entry's path in the document.
    """

    value: Any
    own: str
    member: str
    source: str
    path: str
    line: int
    data: bytes
    json_path: JsonPath

    def item(self, message: str, *inner: str | int) -> StatusItem:
        path = (*self.json_path, *inner)
        position = Position(self.path, *yaml12.position(self.data, self.line, path))
        return StatusItem(
            LINK_RULE, message, position, path, hint=_HINT, ref=self.own, level="warning"
        )


def read_judgments(
    concepts: Iterable[Placed],
    services: Iterable[Placed],
    openers: Mapping[str, OpenLocation],
) -> Judgments:
    """Read what persons said, at the commits of the catalog.

    Args:
        concepts: All concepts.
        services: All services.
        openers: How every source is opened, by name.
    """
    found = Judgments()
    for source, places in _by_source(concepts, services).items():
        found.commits[source] = places[0].commit
        found.problems[source] = []
        try:
            _read_source(source, places, openers, found)
        except (PortalError, OSError):
            # Reading the source itself tells why it fails.
            del found.problems[source]
    return found


def check_judgments(tree: FileTree, defined: Iterable[Defined]) -> list[StatusItem]:
    """Return what is wrong with what persons said in a tree that is not committed yet.

    Args:
        tree: The files.
        defined: The entities of the tree, with their places.
    """
    found = Judgments(problems={"": []})
    placed = (
        Placed(one.ref, one.entity, "", one.path, one.line, "") for one in defined if one.entity
    )
    by_ref = sorted(placed, key=lambda one: one.ref)
    concepts = [one for one in by_ref if one.document["kind"] == "Concept"]
    services = [one for one in by_ref if one.document["kind"] in KINDS]
    for one in _by_source(concepts, services).get("", ()):
        for entry in _entries(one, tree, found):
            _take(entry, found)
    return found.problems[""]


def _by_source(concepts: Iterable[Placed], services: Iterable[Placed]) -> dict[str, list[Placed]]:
    places: dict[str, list[Placed]] = {}
    for one in (*concepts, *(each for each in services if _own_list(each) is not None)):
        places.setdefault(one.source, []).append(one)
    return places


def _own_list(service: Placed) -> Any:
    return (service.document.get("spec") or {}).get(JUDGMENTS)


def _read_source(
    source: str, places: list[Placed], openers: Mapping[str, OpenLocation], into: Judgments
) -> None:
    if source not in openers:
        return
    mirror = openers[source]().mirror
    try:
        tree = mirror.snapshot(places[0].commit)
        entries = [entry for one in places for entry in _entries(one, tree, into)]
    finally:
        mirror.close()
    for entry in entries:
        _take(entry, into)


def _entries(place: Placed, tree: FileTree, into: Judgments) -> Iterator[_Entry]:
    if place.document["kind"] == "Concept":
        yield from _entries_of_file(place, tree, into)
        return
    listed = _own_list(place)
    data = tree.read(place.path).data
    base: JsonPath = ("spec", JUDGMENTS)
    where = (place.ref, "concept", place.source, place.path, place.line, data)
    if not isinstance(listed, list):
        whole = _Entry(listed, *where, base)
        into.problems[place.source].append(whole.item(f"spec.{JUDGMENTS} must be a list"))
        return
    for index, value in enumerate(listed):
        yield _Entry(value, *where, (*base, index))


def _entries_of_file(place: Placed, tree: FileTree, into: Judgments) -> Iterator[_Entry]:
    path = f"{place.folder}/{FILE}".lstrip("/")
    entry = tree.entries.get(path)
    if entry is None or entry.why_left_out or entry.size > _LARGEST:
        return
    data = tree.read(path).data
    where = (place.ref, "entity", place.source, path, 1, data)
    document: Any = None
    for one in yaml12.read(data):
        if isinstance(one, yaml12.Fault):
            into.problems[place.source].append(_fault(place.ref, path, one))
            return
        document = document or one.value
    listed = document.get("links") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        item = _Entry(document, *where, ()).item(f"{FILE} must be a mapping with a list 'links'")
        into.problems[place.source].append(item)
        return
    for index, value in enumerate(listed):
        yield _Entry(value, *where, ("links", index))


def _fault(ref: str, path: str, fault: yaml12.Fault) -> StatusItem:
    position = Position(path, fault.line, fault.column)
    message = f"{FILE}: {fault.message}"
    return StatusItem(LINK_RULE, message, position, hint=_HINT, ref=ref, level="warning")


def _take(entry: _Entry, into: Judgments) -> None:
    """Add an entry to what was said, or to what is wrong."""
    problems = list(_problems(entry))
    into.problems[entry.source] += problems
    if problems:
        return
    value = entry.value
    named = _ref(value[entry.member], entry.member)
    key = (entry.own, named) if entry.member == "entity" else (named, entry.own)
    line, _ = yaml12.position(entry.data, entry.line, entry.json_path)
    judgment = Judgment(
        LinkStatus(value["status"]),
        value["reason"].strip(),
        value["by"].strip(),
        value["date"],
        value.get("commit") or "",
        tuple(value.get("rules") or ()),
        entry.path,
        line,
    )
    known = into.found.get(key)
    if known is not None and (known.path, known.date) == (judgment.path, judgment.date):
        message = f"{named} stands twice, with the same date"
        into.problems[entry.source].append(entry.item(message, entry.member))
    elif known is None or known.date <= judgment.date:
        into.found[key] = judgment


def _problems(entry: _Entry) -> Iterator[StatusItem]:
    value = entry.value
    if not isinstance(value, dict):
        yield entry.item("an entry must be a mapping")
        return
    for name, is_needed, what, is_valid in (_reference(entry.member), *_MEMBERS):
        if value.get(name) is None:
            if is_needed:
                yield entry.item(f"{name} is missing: expected is {what}")
        elif not is_valid(value[name]):
            yield entry.item(f"{name} must be {what}", name)
    known = {entry.member, *(name for name, *_ in _MEMBERS)}
    for name in sorted(value.keys() - known):
        yield entry.item(f"'{name}' is not known", name)


def _reference(member: str) -> _Member:
    return member, True, "a ref", lambda value: bool(_ref(value, member))


def _ref(value: Any, member: str) -> str:
    try:
        return str(
            parse_ref(str(value), "Component" if member == "entity" else "Concept", "default")
        )
    except ValueError:
        return ""


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(dt.date.fromisoformat(value))
    except ValueError:
        return False


def _is_commit(value: Any) -> bool:
    return isinstance(value, str) and bool(_COMMIT.fullmatch(value))


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


#: The members of every entry.
_MEMBERS: tuple[_Member, ...] = (
    ("status", True, " or ".join(_STATUSES), _STATUSES.__contains__),
    ("reason", True, "a sentence", _is_text),
    ("by", True, "the ref of a user, or a name", _is_text),
    ("date", True, "a date such as 2026-11-30", _is_date),
    (
        "commit",
        False,
        "seven or more digits of a commit's id",
        _is_commit,
    ),
    (
        "rules",
        False,
        "a list of ids of rules",
        _is_list_of_texts,
    ),
)
