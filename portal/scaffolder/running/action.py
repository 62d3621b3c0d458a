"""The type of actions: an id, two schemas, and a function from a tree to a tree."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from typing import Protocol

from portal.integrations.lending import Borrower
from portal.kernel.errors import RenderingError
from portal.kernel.json_text import Json
from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.running.environment import ActionEnvironment
from portal.scaffolder.running.redaction import Redactor
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import Tree


class ActionError(RenderingError):
    """An action failed, though its input is valid against its schema."""


class NotAFolderError(ActionError):
    """A file was read as a folder; the message is that of Backstage's ``fetch:template``."""

    def __init__(self) -> None:
        super().__init__("The `cwd` option must be a path to a directory")


@dataclass(frozen=True, slots=True)
class FetchedFolder:
    """A folder that was read.

    Attributes:
        files: Its regular files, by path inside of it.
        left_out: What is not copied, by path, and why: symbolic links, for example.
    """

    files: Tree
    left_out: Mapping[str, str] = field(default_factory=dict)


class TemplateFiles(Protocol):
    """The folder of a template's descriptor, at one commit."""

    def folder(self, path: str) -> FetchedFolder:
        """Return what is in a folder.

        Raises:
            NotAllowedError: When the path is outside of the template's repository.
            ActionError: When the folder does not exist.
            NotAFolderError: When it is a file.
        """

    def file(self, path: str) -> File:
        """Return a file; raises as ``folder`` does."""


class Entities(Protocol):
    """The part of the catalog that actions use."""

    def find(self, refs: Sequence[str]) -> list[Json]:
        """Return the entities in the order of ``refs``, ``None`` for missing ones."""


@dataclass(frozen=True, slots=True)
class TaskInfo:
    """The run an action is part of; contains no secrets.

    Args:
        id: The id of the task or dry run.
        created_at: When the task was created; commits have this time, so a task that
            is resumed after a crash makes the same commit id.
        template_ref: The template's entity ref.
        template_commit: The commit the template was read at; empty in a dry run.
        template_repository: The web address of its repository, or the source's name.
        parameters: The values of the form, without secret ones.
        user_ref: The entity ref of the user; empty for a service.
        is_dry_run: Whether nothing outside of the tree may be changed.
        template_version: The template's annotation ``backstage.io/template-version``.
        is_operated: Whether the template is from a repository that the operator chose.
    """

    id: str
    created_at: datetime
    template_ref: str
    template_commit: str = ""
    template_repository: str = ""
    parameters: Mapping[str, Json] = field(default_factory=dict)
    user_ref: str = ""
    is_dry_run: bool = False
    template_version: str = ""
    is_operated: bool = False

    @property
    def borrower(self) -> Borrower:
        """The template, as the operator's tokens are lent to it."""
        return Borrower(self.template_ref, self.is_operated)


#: Runs a function once in the life of a task and stores its result under a key of the
#: step: if the step is run again, because the process died, the stored result is returned.
Checkpoint = Callable[[str, Callable[[], Json]], Json]


INFO, WARN = "info", "warn"
#: Prefixes of log lines by level, in the colours of Backstage's logger.
LEVELS: Mapping[str, str] = {INFO: "\x1b[32minfo\x1b[39m: ", WARN: "\x1b[33mwarn\x1b[39m: "}


@dataclass(frozen=True, slots=True)
class ActionContext:
    """The argument of an action.

    Args:
        input: The step's input, rendered and valid against the action's schema.
        tree: The files of the workspace so far.
        files: The template's own folder.
        entities: The catalog.
        task: The run the action is part of.
        environment: Everything outside of the tree.
        write_log: Logs a message, with values as JSON after it, at a level (``LEVELS``).
        budget: The limits of rendering, for the whole run.
        checkpoint: Runs what must not be done twice.
        is_cancelled: Whether the task was cancelled; long actions poll it.
        redactor: Knows the run's secrets. What an action registers there, such as a token
            that it got, is shown by no log from then on.
    """

    input: Mapping[str, Json]
    tree: Tree
    files: TemplateFiles
    entities: Entities
    task: TaskInfo
    environment: ActionEnvironment
    write_log: Callable[[str, Mapping[str, Json] | None, str], None]
    budget: Budget
    checkpoint: Checkpoint
    is_cancelled: Callable[[], bool]
    redactor: Redactor = field(default_factory=lambda: Redactor({}))

    def log(self, message: str, values: Mapping[str, Json] | None = None) -> None:
        """Append a line to the task's log."""
        self.write_log(message, values, INFO)

    def warn(self, message: str) -> None:
        """Append a warning to the task's log; ``portal template render`` prints it."""
        self.write_log(message, None, WARN)


@dataclass(frozen=True, slots=True)
class ActionResult:
    """The result of an action: the new file tree, and its output."""

    tree: Tree
    output: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Example:
    """An example of an action: a description, and the steps as YAML."""

    description: str
    example: str


@dataclass(frozen=True, slots=True)
class Action:
    """An action that steps of templates can use.

    Args:
        id: Its name in templates, such as ``fetch:template``.
        description: What it does, for people.
        run: The implementation.
        input: The JSON Schema of its input.
        output: The JSON Schema of its output, if it has one.
        supports_dry_run: Whether it is run in dry runs.
        examples: Uses of it, for its documentation.
    """

    id: str
    description: str
    run: Callable[[ActionContext], ActionResult]
    input: Mapping[str, Json]
    output: Mapping[str, Json] | None = None
    supports_dry_run: bool = True
    examples: tuple[Example, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """Return the action as an item of ``GET /v2/actions``."""
        schema = {"input": self.input, **({"output": self.output} if self.output else {})}
        examples = [{"description": e.description, "example": e.example} for e in self.examples]
        return {
            "id": self.id,
            "description": self.description,
            **({"examples": examples} if examples else {}),
            "schema": schema,
        }

    def example_output(self) -> dict[str, Json]:
        """Return an output made from the schema, for dry runs that skip the action."""
        found: dict[str, Json] = _example(self.output) if self.output else {}
        return found


_EXAMPLES = {"string": "<example>", "number": 0, "integer": 0, "boolean": False}


def _example(schema: Mapping[str, Json]) -> Json:
    if schema.get("examples"):
        return schema["examples"][0]
    kind = schema.get("type")
    if kind == "object":
        return {name: _example(one) for name, one in schema.get("properties", {}).items()}
    if kind == "array":
        return [_example(schema["items"])] if schema.get("items") else []
    return _EXAMPLES.get(str(kind), "<unknown>")


def an_object(required: Sequence[str] = (), **members: Mapping[str, Json]) -> dict[str, Json]:
    """Return the schema of an object with these properties and no others."""
    return {
        "type": "object",
        "properties": members,
        **({"required": list(required)} if required else {}),
        "additionalProperties": False,
        "$schema": "http://json-schema.org/draft-07/schema#",
    }


def members(
    properties: Mapping[str, Json], required: Sequence[str] = (), **more: Json
) -> dict[str, Json]:
    """Return the schema of a nested object with these properties and no others."""
    return {
        "type": "object",
        "properties": properties,
        **({"required": list(required)} if required else {}),
        "additionalProperties": False,
        **more,
    }


def text(description: str, **more: Json) -> dict[str, Json]:
    """Return the schema of a text."""
    return {"type": "string", **more, "description": description}


def flag(description: str) -> dict[str, Json]:
    """Return the schema of a boolean."""
    return {"type": "boolean", "description": description}


def a_list(items: Mapping[str, Json], description: str) -> dict[str, Json]:
    """Return the schema of an array."""
    return {"type": "array", "items": items, "description": description}
