"""The input and output of a walk: values between git and the store."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

from portal.model.entity import Entity
from portal.model.entity import Relation
from portal.model.entity import StatusItem


@dataclass(frozen=True, slots=True)
class KnownFile:
    """The state of a file in an earlier run.

    Attributes:
        blob_id: The id of its content.
        dependencies: What else its entities depend on: files by path with their blob ids,
            empty for missing ones; folders, with a trailing ``/``, with a text if they
            have documentation pages.
        refs: The entities it defines.
        root: The configured target that led to it.
    """

    blob_id: str
    dependencies: Mapping[str, str]
    refs: tuple[str, ...]
    root: str


@dataclass(frozen=True, slots=True)
class Known:
    """The state of the catalog before a run.

    Attributes:
        source: The name of the source.
        files: The files of the source without problems, by path.
        owners: Source and path of every ref of the catalog.
        locations: The Location entities of the source by ref.
        place_of: Returns the location ref of the file that defines a ref; empty without one.
    """

    source: str
    files: Mapping[str, KnownFile] = field(default_factory=dict)
    owners: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    locations: Mapping[str, Entity] = field(default_factory=dict)
    place_of: Callable[[str], str] = lambda _ref: ""


@dataclass(frozen=True, slots=True)
class Defined:
    """An entity that a commit defines.

    Attributes:
        ref: Its ref.
        path: The file; empty for the generated Location of a configured target.
        line: The line of its document, from 1.
        entity: Its data; ``None`` when the file is known and unchanged.
        relations: Its relations, both directions; empty when unchanged.
    """

    ref: str
    path: str
    line: int = 1
    entity: Entity | None = None
    relations: tuple[Relation, ...] = ()


@dataclass(frozen=True, slots=True)
class Ingested:
    """Everything a commit defines.

    Attributes:
        entities: The entities by ref, in the order they were found.
        files: The state of every file, for the next run.
        parents: Pairs of a ref and the ref of a Location that leads to it.
        items: The problems.
        broken_paths: Files with an error: they are parsed again in the next run.
        leading: The refs of the Locations that lead to each of them.
        kept_paths: Files that could not be read to their end: entities they used to define
            are kept, since it is unknown whether they still do.
        kept_refs: Entities with an invalid descriptor: their last valid version is kept.
    """

    entities: Mapping[str, Defined]
    files: Mapping[str, KnownFile]
    parents: frozenset[tuple[str, str]]
    items: tuple[StatusItem, ...]
    broken_paths: frozenset[str]
    leading: Mapping[str, frozenset[str]] = field(default_factory=dict)
    kept_paths: frozenset[str] = frozenset()
    kept_refs: frozenset[str] = frozenset()


#: Rules over many entities at once; yields items with a ``ref``.
CheckTogether = Callable[[Iterable[Entity]], Iterable[StatusItem]]
