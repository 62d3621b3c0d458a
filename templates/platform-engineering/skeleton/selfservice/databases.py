"""Databases: a request goes in; a database that keeps the standard, and credentials, come out."""

import re
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from selfservice import policy
from selfservice.credentials import Credentials, new_passwords, scram_verifier
from selfservice.server import Server
from selfservice.settings import Settings
from selfservice.terraform import Terraform, TerraformError, changes

CREDENTIALS = "module.database.terraform_data.credentials"
# What create.sql says of a name that is not ours.
REFUSAL = "the name is taken"
OWNER = re.compile(r"((group|user):)?([A-Za-z0-9._-]+/)?[A-Za-z0-9._-]+")
NAME = re.compile(r"[a-z][a-z0-9_]{2,39}")
EXTENSION = re.compile(r"[a-z][a-z0-9_]*")

FIELDS: Mapping[str, Callable[[Any], bool]] = {
    "name": lambda value: isinstance(value, str) and bool(NAME.fullmatch(value)),
    "owner": lambda value: isinstance(value, str) and bool(OWNER.fullmatch(value)),
    "environment": lambda value: value in ("dev", "prod"),
    "connections": lambda value: type(value) is int and value >= 1,
    "extensions": lambda value: (
        isinstance(value, list)
        and all(isinstance(name, str) and EXTENSION.fullmatch(name) for name in value)
    ),
}


class Invalid(Exception):  # noqa: N818 - it is an answer, not an accident
    """A field of a request is missing or has a form that cannot be."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class Unknown(Exception):  # noqa: N818 - it is an answer, not an accident
    """The platform has made no database of this name."""


class NameTaken(Exception):  # noqa: N818 - it is an answer, not an accident
    """The server has a database or roles of this name that are somebody else's."""


@dataclass(frozen=True)
class Request:
    """What a developer asks for."""

    name: str
    owner: str
    environment: str
    connections: int
    extensions: list[str]


def read_request(asked: Mapping[str, Any], settings: Settings) -> Request:
    """Read a request; what is not said is as the standard has it.

    Raises:
        Invalid: Names the first field that cannot be.
    """
    values = {"connections": settings.connections, "extensions": [], **asked}
    for field, is_valid in FIELDS.items():
        if not is_valid(values.get(field)):
            raise Invalid(field)
    unknown = sorted(values.keys() - FIELDS.keys())
    if unknown:
        raise Invalid(unknown[0])
    return Request(**values)


@dataclass(frozen=True)
class Outcome:
    """What was done: the resources that changed, and credentials when there are new ones."""

    changed: list[str]
    credentials: Credentials | None


class Databases:
    """All databases the platform has made, each with a Terraform state of its own."""

    def __init__(self, server: Server, settings: Settings) -> None:
        """Take the server they are made on, and the standard."""
        self._server = server
        self._settings = settings
        self._one_at_a_time = threading.Lock()

    def provision(self, request: Request) -> Outcome:
        """Make a database, or bring one to what is asked for. Asking twice changes nothing.

        Raises:
            Refused: A policy forbids it; nothing was changed.
            NameTaken: The name is somebody else's; nothing was changed.
            TerraformError: The module or the server did not take it.
        """
        with self._one_at_a_time:
            state = self._state(request.name)
            return self._apply(state, request, state.outputs().get("password_version", 1))

    def rotate(self, name: str) -> Outcome:
        """Give a database new passwords; the old ones stop working.

        Raises:
            Unknown: There is no such database.
        """
        with self._one_at_a_time:
            known = self._known(name)
            request = Request(**known["request"])
            return self._apply(self._state(name), request, known["password_version"] + 1)

    def drop(self, name: str) -> None:
        """Remove a database and its roles.

        Raises:
            Unknown: There is no such database.
            Refused: It is in production.
        """
        with self._one_at_a_time:
            variables = {**self._known(name), "verifiers": _verifiers(new_passwords())}
            state = self._state(name)
            plan = state.plan(variables, destroy=True)
            policy.enforce("database", plan, self._settings.standard())
            state.apply(variables)
            shutil.rmtree(state.folder)

    def _apply(self, state: Terraform, request: Request, password_version: int) -> Outcome:
        passwords = new_passwords()
        variables = {
            "request": asdict(request),
            "password_version": password_version,
            "verifiers": _verifiers(passwords),
        }
        plan = state.plan(variables)
        policy.enforce("database", plan, self._settings.standard())
        planned = changes(plan)
        if planned:
            _apply_or_say_why(state, variables, request.name)
        handed = self._credentials(request.name, passwords) if CREDENTIALS in planned else None
        return Outcome(sorted(planned), handed)

    def _credentials(self, name: str, passwords: Mapping[str, str]) -> Credentials:
        return Credentials(
            name,
            {
                role: self._server.conninfo(dbname=name, user=f"{name}_{role}", password=password)
                for role, password in passwords.items()
            },
        )

    def _known(self, name: str) -> dict[str, Any]:
        outputs = self._state(name).outputs()
        if not outputs:
            raise Unknown(name)
        return outputs

    def _state(self, name: str) -> Terraform:
        if not NAME.fullmatch(name):
            raise Unknown(name)
        return Terraform(self._server.states / name, self._server.environment())


def _apply_or_say_why(state: Terraform, variables: Mapping[str, Any], name: str) -> None:
    try:
        state.apply(variables)
    except TerraformError as error:
        # Terraform breaks long lines of what it passes on.
        if REFUSAL in " ".join(str(error).split()):
            raise NameTaken(name) from error
        raise


def _verifiers(passwords: Mapping[str, str]) -> dict[str, str]:
    return {role: scram_verifier(password) for role, password in passwords.items()}
