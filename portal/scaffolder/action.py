"""What an action is: a name, two schemas, and a function from a tree to a tree."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from typing import Any
from typing import Protocol

from portal.kernel.errors import RenderingError
from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.outside import Outside
from portal.scaffolder.tree import File
from portal.scaffolder.tree import Tree

Json = Any


class ActionError(RenderingError):
    """An action cannot do what it was asked to; the fault is not the request's form."""


class TemplateFiles(Protocol):
    """The folder a template lives in, at one commit."""

    def folder(self, path: str) -> Tree:
        """Return the files of a folder.

        Raises:
            NotAllowedError: When it is outside of the template's folder.
            ActionError: When there is none.
        """

    def file(self, path: str) -> File:
        """Return a file, or raise as ``folder`` does."""


class Entities(Protocol):
    """The catalog, as far as actions ask it."""

    def find(self, refs: Sequence[str]) -> list[Json]:
        """Return the entities, ``None`` for those that are not there."""


@dataclass(frozen=True, slots=True)
class TaskInfo:
    """The run an action is part of; nothing in it is secret.

    Args:
        id: The task, or how the dry run is called.
        created_at: When it was asked for; a commit made by a task that is run
            again after a crash has this time, and so the same id.
        template_ref: The template, as an entity ref.
        template_commit: The commit the template was read at; empty in a dry run.
        template_repository: The address of that repository's files, or its source's.
        parameters: The answers to its form that anybody may see.
        user_ref: Who asked; empty for a service.
        is_dry_run: Whether nothing may be changed outside of the tree.
    """

    id: str
    created_at: datetime
    template_ref: str
    template_commit: str = ""
    template_repository: str = ""
    parameters: Mapping[str, Json] = field(default_factory=dict)
    user_ref: str = ""
    is_dry_run: bool = False


#: Does something once in the life of a task, under a key of its step: when the step
#: is run again, because the process died, the stored value is returned instead.
Checkpoint = Callable[[str, Callable[[], Json]], Json]


@dataclass(frozen=True, slots=True)
class ActionContext:
    """What an action may see and tell.

    Args:
        input: Its input, rendered and judged.
        tree: The files there are so far.
        files: The template's own folder.
        entities: The catalog.
        task: The run it is part of.
        outside: What it may reach beyond the tree.
        log: Takes a message, and values to be shown behind it.
        budget: What rendering may take, in the whole run.
        checkpoint: For what must not be done twice.
        is_cancelled: Whether somebody asked the task to end; long actions look now and then.
    """

    input: Mapping[str, Json]
    tree: Tree
    files: TemplateFiles
    entities: Entities
    task: TaskInfo
    outside: Outside
    log: Callable[[str, Mapping[str, Json] | None], None]
    budget: Budget
    checkpoint: Checkpoint
    is_cancelled: Callable[[], bool]

    def say(self, message: str) -> None:
        """Write a line into the task's log."""
        self.log(message, None)


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What an action leaves: the files there are now, and its output."""

    tree: Tree
    output: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Example:
    """A use of an action: what it is for, and the steps as YAML."""

    description: str
    example: str


@dataclass(frozen=True, slots=True)
class Action:
    """One row of the table of actions.

    Args:
        id: How templates call it.
        description: What it does.
        run: Does it.
        input: What its input has to look like.
        output: What its output looks like.
        supports_dry_run: Whether trying it out is harmless.
    """

    id: str
    description: str
    run: Callable[[ActionContext], ActionResult]
    input: Mapping[str, Json]
    output: Mapping[str, Json] | None = None
    supports_dry_run: bool = True
    examples: tuple[Example, ...] = ()

    def document(self) -> dict[str, Json]:
        """Return the action as clients see it."""
        schema = {"input": self.input, **({"output": self.output} if self.output else {})}
        examples = [{"description": e.description, "example": e.example} for e in self.examples]
        return {
            "id": self.id,
            "description": self.description,
            **({"examples": examples} if examples else {}),
            "schema": schema,
        }

    def example_output(self) -> dict[str, Json]:
        """Return what stands for the output where the action is not run: a dry run."""
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
    """Return the schema of an object that has these members and no others."""
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
    """Return the schema of an object inside of another schema, without other members."""
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
