"""Renders a template without a portal: a dry run by the server's own runner."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from functools import cache

from portal.authoring.folder import TemplateFolder
from portal.catalog.registering.service import DryRun as LocationDryRun
from portal.catalog.sources.location_store import RegisteredLocation
from portal.config.settings import Config
from portal.kernel.errors import NotAllowedError
from portal.kernel.json_text import Json
from portal.roles.access import action_environment
from portal.scaffolder.actions.installed import installed_actions
from portal.scaffolder.publishing.provenance import public_parameters
from portal.scaffolder.running.action import Action
from portal.scaffolder.running.action import TaskInfo
from portal.scaffolder.running.journal import LogJournal
from portal.scaffolder.running.runner import Run
from portal.scaffolder.running.runner import Runner
from portal.scaffolder.running.step_run import RunnerServices
from portal.scaffolder.service import CatalogEntities
from portal.scaffolder.service import GivenFiles
from portal.scaffolder.updating import rendering
from portal.scaffolder.updating.rendering import TemplateAt
from portal.scaffolder.workspace.tree import Tree
from portal.scaffolder.workspace.tree import check_tree


@dataclass(frozen=True, slots=True)
class Rendering:
    """The result of an offline run: its description, files, output and log."""

    task: TaskInfo
    tree: Tree
    output: Mapping[str, Json]
    log: Sequence[Mapping[str, Json]]


@cache
def known_actions() -> Mapping[str, Action]:
    """Return the built-in actions and those of installed packages, by id."""
    return installed_actions().actions


class _NoLocations:
    """The locations of an offline run: nothing can be registered."""

    def add(self, *_what: object, **_how: object) -> RegisteredLocation:
        """Refuse to register a location.

        Raises:
            NotAllowedError: Always.
        """
        raise NotAllowedError("nothing is registered while a template is rendered offline")

    def dry_run(self, *_what: object, **_how: object) -> LocationDryRun:
        """Refuse to read a location.

        Raises:
            NotAllowedError: Always.
        """
        raise NotAllowedError("nothing is read while a template is rendered offline")


def render(
    template: TemplateFolder,
    values: Mapping[str, Json],
    secrets: Mapping[str, str],
    task: str = "",
) -> Rendering:
    """Return the result of a template for valid values.

    Actions with effects outside of the file tree are skipped and logged; the catalog is
    empty.

    Args:
        template: The template.
        values: The values of its form.
        secrets: Secrets by name; visible in inputs only.
        task: The id of the run; a random one when empty.

    Raises:
        PortalError: When a step fails.
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
        files=GivenFiles(template.files, template.left_out),
    )
    outcome = Runner(run, _runner_services(), journal).outcome()
    if outcome.error is not None:
        raise outcome.error
    check_tree(outcome.tree)
    return Rendering(info, outcome.tree, outcome.output, journal.log)


def published(
    template: TemplateFolder,
    values: Mapping[str, Json],
    task: TaskInfo,
    secrets: Mapping[str, str],
) -> Tree:
    """Return the files that a template hands to its first publishing step, as updates make them.

    Args:
        template: The template.
        values: Valid values of its form.
        task: The run; the same one gives the same files.
        secrets: Secrets by name; an update knows none.

    Raises:
        PortalError: When a step fails.
    """
    files = GivenFiles(template.files, template.left_out)
    at = TemplateAt(template.spec, files, task.template_commit)
    return rendering.render(at, values, task, _runner_services(), secrets)


def _task(name: str, template: TemplateFolder, parameters: Mapping[str, Json]) -> TaskInfo:
    return TaskInfo(
        name or f"render-{uuid.uuid4()}",
        datetime.now(UTC),
        f"template:default/{template.name}",
        parameters=parameters,
        is_dry_run=True,
        template_version=template.spec.version,
    )


def _runner_services() -> RunnerServices:
    environment = action_environment(Config(), _NoLocations())
    return RunnerServices(known_actions(), CatalogEntities(lambda _refs: {}), environment)
