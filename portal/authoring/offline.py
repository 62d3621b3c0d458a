"""A template rendered without a portal, by the same runner and as a dry run would."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from functools import cache
from typing import Any

from portal.authoring.folder import TemplateFolder
from portal.catalog.registered import RegisteredLocation
from portal.catalog.registrations import DryRun as LocationDryRun
from portal.kernel.config import Config
from portal.kernel.errors import NotAllowedError
from portal.scaffolder.action import Action
from portal.scaffolder.action import TaskInfo
from portal.scaffolder.actions.installed import installed_actions
from portal.scaffolder.journal import LogJournal
from portal.scaffolder.outside import Outside
from portal.scaffolder.provenance import public_parameters
from portal.scaffolder.runner import Run
from portal.scaffolder.runner import Runner
from portal.scaffolder.service import CatalogEntities
from portal.scaffolder.service import GivenFiles
from portal.scaffolder.step_run import Surroundings
from portal.scaffolder.tree import Tree
from portal.scaffolder.tree import check_tree

Json = Any


@dataclass(frozen=True, slots=True)
class Rendering:
    """What a template made: by which run, its files, its output, and what it told."""

    task: TaskInfo
    tree: Tree
    output: Mapping[str, Json]
    log: Sequence[Mapping[str, Json]]


@cache
def known_actions() -> Mapping[str, Action]:
    """Return the actions there are here, by id: built in, or of installed packages."""
    return installed_actions().actions


class _NoLocations:
    """Where nothing can be registered."""

    def add(self, *_what: object, **_how: object) -> RegisteredLocation:
        """Refuse."""
        raise NotAllowedError("nothing is registered while a template is rendered offline")

    def dry_run(self, *_what: object, **_how: object) -> LocationDryRun:
        """Refuse."""
        raise NotAllowedError("nothing is read while a template is rendered offline")


def render(
    template: TemplateFolder,
    values: Mapping[str, Json],
    secrets: Mapping[str, str],
    task: str = "",
) -> Rendering:
    """Return what a template makes of values that its form takes.

    Actions that reach outside of the folder are told in the log, and not done; the
    catalog is empty.

    Args:
        template: The template.
        values: The answers to its form.
        secrets: What only inputs may see.
        task: How the run is called; a name of its own when empty.

    Raises:
        PortalError: What a step could not do.
    """
    parameters = public_parameters(template.spec, values, secrets)
    info = _task(task, template, parameters)
    journal = LogJournal()
    run = Run(
        spec=template.spec,
        task=info,
        values=values,
        secrets=secrets,
        user={},
        files=GivenFiles(template.files),
    )
    outcome = Runner(run, _surroundings(), journal).outcome()
    if outcome.error is not None:
        raise outcome.error
    check_tree(outcome.tree)
    return Rendering(info, outcome.tree, outcome.output, journal.log)


def _task(name: str, template: TemplateFolder, parameters: Mapping[str, Json]) -> TaskInfo:
    return TaskInfo(
        name or f"render-{uuid.uuid4()}",
        datetime.now(UTC),
        f"template:default/{template.name}",
        parameters=parameters,
        is_dry_run=True,
    )


def _surroundings() -> Surroundings:
    outside = Outside(Config(), _NoLocations())
    return Surroundings(known_actions(), CatalogEntities(lambda _refs: {}), outside)
