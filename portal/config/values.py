"""The types of settings: each parses and validates a value.

A value is a YAML value from ``portal.yaml``, or text from an environment variable or an
option. Every type therefore also parses text: lists of texts are separated by commas,
mappings and lists of mappings are YAML.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from typing import Generic
from typing import TypeVar

from portal.kernel import yaml12

T = TypeVar("T")

_SWITCHES = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True, slots=True)
class ValueType(Generic[T]):
    """A type of settings; messages and documentation have the same description.

    Attributes:
        allowed: The description, as the rest of the sentence "It must be ...".
        read: Returns the parsed value; ``None`` when it is invalid.
    """

    allowed: str
    read: Callable[[Any], T | None]

    def __call__(self, value: Any) -> T:
        """Return the parsed value.

        Raises:
            ValueError: When it is invalid; the message is ``must be <allowed>``.
        """
        found = self.read(value)
        if found is None:
            msg = f"must be {self.allowed}"
            raise ValueError(msg)
        return found


def _read_folder(value: Any) -> Path | None:
    """Return the path of a folder that is there or can be made; ``None`` for a file's."""
    if not isinstance(value, str | Path):
        return None
    path = Path(value)
    nearest = next((each for each in (path, *path.parents) if each.exists()), Path())
    return path if nearest.is_dir() else None


def _read_text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def matching(pattern: str, allowed: str) -> ValueType[str]:
    """Return the type of texts that a regular expression matches from start to end."""

    def read(value: Any) -> str | None:
        return value if isinstance(value, str) and re.fullmatch(pattern, value) else None

    return ValueType(allowed, read)


def number(low: float, high: float) -> ValueType[float]:
    """Return the type of numbers from ``low`` to ``high``, both included."""

    def read(value: Any) -> float | None:
        try:
            found = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            return None
        return found if low <= found <= high else None

    return ValueType(f"a number from {low:.16g} to {high:.16g}", read)


def whole_number(low: int, high: int) -> ValueType[int]:
    """Return the type of whole numbers from ``low`` to ``high``, both included."""
    in_range = number(low, high)

    def read(value: Any) -> int | None:
        found = in_range.read(value)
        return int(found) if found is not None and found.is_integer() else None

    return ValueType(f"a whole {in_range.allowed.removeprefix('a ')}", read)


def _read_switch(value: Any) -> bool | None:
    if isinstance(value, str):
        return _SWITCHES.get(value.lower())
    return value if isinstance(value, bool) else None


def one_of(*choices: str) -> ValueType[str]:
    """Return the type whose only values are these texts."""
    return ValueType(
        f"one of {', '.join(choices)}", lambda value: value if value in choices else None
    )


def _read_texts(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, str):
        return tuple(item.strip() for item in value.split(",") if item.strip())
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return tuple(value)
    return None


def _read_networks(value: Any) -> tuple[str, ...] | None:
    texts = _read_texts(value)
    try:
        return texts and tuple(str(ipaddress.ip_network(text)) for text in texts)
    except ValueError:
        return None


def optional(value_type: ValueType[str]) -> ValueType[str]:
    """Return the same type with the empty text added."""
    return ValueType(
        value_type.allowed, lambda value: "" if value == "" else value_type.read(value)
    )


def adjusted(adjust: Callable[[str], str], value_type: ValueType[str]) -> ValueType[str]:
    """Return the same type, with ``adjust`` applied to a text before it is parsed."""

    def read(value: Any) -> str | None:
        return value_type.read(adjust(value)) if isinstance(value, str) else None

    return ValueType(value_type.allowed, read)


def parsed(value: Any) -> Any:
    """Return a value that may be text, as YAML."""
    return yaml12.read_one(value.encode()) if isinstance(value, str) else value


def variables(of: str, *keys: str) -> ValueType[Mapping[str, str]]:
    """Return the type of mappings from a key to the name of an environment variable.

    Args:
        of: A word for the keys, for the description: "hosts".
        keys: The allowed keys; without any, all are.
    """

    def read(value: Any) -> Mapping[str, str] | None:
        found = parsed(value)
        if not isinstance(found, Mapping) or (keys and not set(keys).issuperset(found)):
            return None
        return found if all(map(VARIABLE.read, found.values())) else None

    return ValueType(f"a mapping of {of} to names of variables, not to secrets", read)


def entries(
    make: Callable[..., T],
    one: str,
    keys: Mapping[str, ValueType[Any]],
    needed: Sequence[str],
    check: Callable[[Sequence[T]], None],
) -> ValueType[tuple[T, ...]]:
    """Return the type of lists of mappings.

    Args:
        make: The constructor of an entry, called with its members as keyword arguments.
        one: A word for an entry, with its article: "a source".
        keys: The type of each member.
        needed: The required members.
        check: Raises ``ValueError`` when entries are in conflict with each other.
    """
    needs = f"{', '.join(needed[:-1])} and {needed[-1]}"

    def entry(value: Any, index: int) -> T:
        if not isinstance(value, Mapping) or not set(needed) <= value.keys():
            msg = f"entry {index}: {one} needs {needs}"
            raise ValueError(msg)
        return make(**dict(_members(value, index, keys)))

    def read(value: Any) -> tuple[T, ...] | None:
        found = parsed(value)
        if not isinstance(found, list | tuple):
            return None
        made = tuple(entry(item, index) for index, item in enumerate(found))
        check(made)
        return made

    return ValueType(f"a list of {one.partition(' ')[2]}s, each with at least {needs}", read)


def _members(
    entry: Mapping[Any, Any], index: int, keys: Mapping[str, ValueType[Any]]
) -> Iterator[tuple[str, Any]]:
    for key, value in entry.items():
        if key not in keys:
            msg = f"entry {index}: unknown key '{key}'; known: {', '.join(keys)}"
            raise ValueError(msg)
        try:
            yield key, keys[key](value)
        except ValueError as error:
            msg = f"entry {index}: {key} {error}"
            raise ValueError(msg) from None


TEXT = ValueType("text", _read_text)
FOLDER = ValueType("the path of a folder, not of a file or of something below one", _read_folder)
TEXTS = ValueType("a list of texts", _read_texts)
NETWORKS = ValueType("a list of IP addresses or networks such as 10.0.0.0/24", _read_networks)
SWITCH = ValueType("true or false", _read_switch)
#: The name of the environment variable that holds a secret; the secret itself is refused.
VARIABLE = matching(r"[A-Za-z_][A-Za-z0-9_]*", "the name of a variable, not a token")
USER_REF = adjusted(
    str.lower,
    matching(
        r"user:[a-z0-9._-]{1,63}/[a-z0-9._-]{1,63}",
        "the full ref of a user, such as user:default/guest",
    ),
)
#: The portal's address for clients: an origin (scheme, host and port) without a path.
PUBLIC_ADDRESS = adjusted(
    lambda address: address.rstrip("/"),
    matching(
        r"https?://([A-Za-z0-9.-]+|\[[0-9a-f:]+\])(:\d{1,5})?",
        "http(s)://host or http(s)://host:port, nothing after it",
    ),
)
#: The base URL of an API.
WEB_ADDRESS = adjusted(
    lambda address: address.rstrip("/"),
    matching(
        r"https://[\w.-]+(:\d{1,5})?(/[\w.~-]+)*"
        r"|http://(127\.0\.0\.1|localhost)(:\d{1,5})?(/[\w.~-]+)*",
        "https://host[:port][/path] without credentials; "
        "plain http is accepted for this machine only",
    ),
)
