"""How a setting is declared: a field of ``Config`` with a type, a default and a meaning."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import TypeVar

from portal.config.values import ValueType

#: The prefix of the settings' environment variables.
PREFIX = "PORTAL_"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Setting:
    """The declaration of a setting.

    Attributes:
        name: The name in ``portal.yaml``, and of the field of ``Config``.
        parse: The type; parses and validates a value.
        default: The value when none is given.
        meaning: The documentation, as Markdown; links are relative to ``docs/operators``.
    """

    name: str
    parse: ValueType[Any]
    default: Any
    meaning: str

    @property
    def variable(self) -> str:
        """The environment variable it is read from."""
        return f"{PREFIX}{self.name.upper()}"


def setting(default: T, parse: ValueType[T], meaning: str, *, secret: bool = False) -> T:
    """Declare a setting as a field of ``Config``; see ``Setting`` for the arguments.

    A secret one is left out of ``repr``. For type checkers the result is the default, as
    with ``dataclasses.field``.
    """
    declared = {"parse": parse, "default": default, "meaning": meaning}
    return field(default_factory=lambda: default, repr=not secret, metadata=declared)
