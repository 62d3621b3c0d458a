"""Schemas that the inputs and outputs of several publishing actions share."""

from __future__ import annotations

from portal.kernel.json_text import Json
from portal.scaffolder.running.action import a_list
from portal.scaffolder.running.action import text

REPO_URL = text("The repository, as a repository picker writes it: host?owner=…&repo=…")
TOKEN = text("The token to work with; the operator's one for the host if not given")
SOURCE_PATH = text("The folder of the workspace to publish; all of it if not given")
TARGET_PATH = text("The folder of the repository that the files go to; its root if not given")
SIGN_COMMIT = {
    "type": "boolean",
    "description": "Taken for compatibility; commits are not signed, and the log says so",
}
#: Why such inputs have no effect.
UNSIGNED = {"signCommit": "the portal has no key to sign commits with"}

REMOTE_URL = text("The address to clone the repository from")
CONTENTS_URL = text("The address of its files, for catalog:register")
COMMIT = text("The commit's id")


def texts(description: str) -> dict[str, Json]:
    """Return the schema of a list of texts."""
    return a_list({"type": "string"}, description)


def choice(description: str, *choices: str, **more: Json) -> dict[str, Json]:
    """Return the schema of one of a few texts."""
    return {"type": "string", "enum": list(choices), **more, "description": description}


def number(description: str) -> dict[str, Json]:
    """Return the schema of a number."""
    return {"type": "number", "description": description}


def switch(description: str, default: bool) -> dict[str, Json]:
    """Return the schema of a boolean with a default."""
    return {"type": "boolean", "default": default, "description": description}
