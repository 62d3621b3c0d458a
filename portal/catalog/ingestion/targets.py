"""The targets of a source and of Location entities.

A target is a path, a glob or an address. Relative ones are resolved against the file they
are in: ``./services/*.yaml`` in ``teams/a/catalog-info.yaml`` becomes
``teams/a/services/*.yaml``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from pathlib import PurePosixPath

from portal.catalog.ingestion.limits import MetadataLimits
from portal.catalog.ingestion.placeholders import ReadFile
from portal.catalog.ingestion.placeholders import refuse_elsewhere
from portal.catalog.ingestion.processor import DescriptorOrigin
from portal.catalog.ingestion.processor import complete
from portal.forges import PUBLIC_HOSTS
from portal.kernel.errors import InputError
from portal.kernel.files import relative_path
from portal.model.entity import Entity
from portal.model.entity import JsonPath
from portal.model.entity import Position
from portal.model.entity import StatusItem
from portal.model.kinds import KINDS
from portal.model.kinds import Kinds
from portal.model.refs import LocationRef
from portal.model.refs import file_address
from portal.model.refs import path_of_address


@dataclass(frozen=True, slots=True)
class Roots:
    """The configured targets of a source, and the kinds it may define.

    Attributes:
        address: The location ref of the repository's root folder; where a file's path is
            not at the end of its address, the target has ``{path}`` in its place.
        targets: Globs relative to the root folder.
        allow: The allowed kinds, in lower case; empty allows all.
        origin: The location ref of the generated Location, if not that of the target.
        is_optional: Whether a target may match nothing; then it has no Location either.
        entity_name: The name of the generated Location; empty derives it from the target.
        elsewhere: Reads targets of placeholders outside of the repository.
        forges: The hosts of forges, which ``elsewhere`` is not asked for.
        limits: How much the metadata of its entities may hold.
        kinds: The kinds there are.
    """

    address: LocationRef
    targets: tuple[str, ...]
    allow: frozenset[str] = frozenset()
    origin: LocationRef | None = None
    is_optional: bool = False
    entity_name: str = ""
    elsewhere: ReadFile = refuse_elsewhere
    forges: frozenset[str] = frozenset(PUBLIC_HOSTS)
    limits: MetadataLimits = field(default_factory=MetadataLimits)
    kinds: Kinds = field(default_factory=lambda: KINDS)

    def location(self, path: str) -> LocationRef:
        """Return the location ref of a path of the repository."""
        return LocationRef(self.address.type, file_address(self.address.target, path))

    def resolve(self, path: str, target: str) -> str:
        """Return a target of a file as path or glob inside the repository.

        Raises:
            InputError: When it is outside of the repository.
        """
        is_absolute = "://" in target or target.startswith("/")
        inside = path_of_address(self.address.target, target)
        if is_absolute and inside is not None:
            return relative_path("", inside)
        if "://" in target:
            msg = "it is not in this repository; add its repository as a source"
            raise InputError(msg)
        return relative_path(str(PurePosixPath(path).parent), target)

    def target_ref(self, path: str, target: str) -> LocationRef:
        """Return the location ref of a file's target; as written when it is outside."""
        try:
            return self.location(self.resolve(path, target))
        except InputError:
            return LocationRef(self.address.type, target)


def targets_of(entity: Entity) -> Iterator[tuple[JsonPath, str]]:
    """Yield the targets of a Location entity, each with its path in the entity."""
    spec = entity["spec"]
    if spec.get("target"):
        yield ("spec", "target"), spec["target"]
    for index, target in enumerate(spec.get("targets") or ()):
        yield ("spec", "targets", index), target


def generated_location(root: LocationRef, name: str) -> Entity:
    """Return the Location entity that Backstage makes of a configured target."""
    entity = {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Location",
        "metadata": {"name": name},
        "spec": {"type": root.type, "target": root.target},
    }
    return complete(entity, DescriptorOrigin(root, root))


def missing_target(
    target: LocationRef, where: Position | None, ref: str, path: JsonPath = ()
) -> StatusItem:
    """Return the item for a target that matches no file, with Backstage's message."""
    if target.type == "file":
        message = f"file {target.target} does not exist"
    else:
        message = f"Unable to read url, no matching files found for {target.target}"
    return StatusItem(
        "target",
        message,
        where,
        path,
        "Correct the target, or set presence: optional.",
        error="NotFoundError",
        ref=ref,
    )
