"""Keys and values of configuration files: YAML, JSON, TOML, properties, XML."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from portal.evidence.manifests.maven import parse_xml
from portal.kernel import yaml12

#: How many keys of one file are looked at.
_MOST_KEYS = 20_000
_NAME = re.compile(r"[-_]")


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of a file: its path with dots, its value as text, and its line.

    The value of a key that holds further keys is empty.
    """

    key: str
    value: str
    line: int


def settings_of(path: str, text: str) -> Iterator[Setting]:
    """Yield the keys of a file by its extension; none when it is of no known format.

    Raises:
        ValueError: When the file is not well-formed.
    """
    name = path.rpartition("/")[2].lower()
    extension = name.rpartition(".")[2]
    read = _READERS.get(extension) or (_properties if name.startswith(".env") else None)
    if read is None:
        return
    for count, setting in enumerate(read(text)):
        if count >= _MOST_KEYS:
            return
        yield setting


def folded_key(key: str) -> str:
    """Return a key as rules compare it: ``bootstrapServers`` is ``bootstrap-servers``."""
    return _NAME.sub("", key).casefold()


def is_at(key: str, wanted: str) -> bool:
    """Return whether a folded key is a wanted one or below it; ``*`` is any one segment."""
    if "*" not in wanted:
        return key == wanted or key.startswith(f"{wanted}.")
    parts, names = wanted.split("."), key.split(".")
    return len(names) >= len(parts) and all(
        part in ("*", name) for part, name in zip(parts, names, strict=False)
    )


def _yaml(text: str) -> Iterator[Setting]:
    data = text.encode()
    for item in yaml12.read(data, ignore_tags=True):
        if isinstance(item, yaml12.Fault):
            yield from _lines(text)
            return
        lines = _Lines(text, item.line)
        yield from _flattened(item.value, "", lines)


class _Lines:
    """Finds the line of each key by looking for it behind the one before."""

    def __init__(self, text: str, line: int = 1) -> None:
        self._lines = text.split("\n")
        self._at = line - 1

    def of(self, key: str) -> int:
        """Return the line of a key, from 1; that of the key before when it is not found."""
        for at in range(self._at, min(self._at + 400, len(self._lines))):
            if key in self._lines[at]:
                self._at = at
                return at + 1
        return self._at + 1


def _flattened(value: Any, base: str, lines: _Lines) -> Iterator[Setting]:
    """Yield all keys below a value; the items of a list are at the list's own key."""
    if isinstance(value, dict):
        for name, inner in value.items():
            key = f"{base}.{name}" if base else str(name)
            line = lines.of(str(name))
            yield Setting(key, _scalar(inner), line)
            yield from _flattened(inner, key, lines)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, str):
                name, found, given = inner.partition("=")
                line = lines.of(name)
                yield Setting(f"{base}.{name}" if found else base, given or inner, line)
            else:
                yield from _flattened(inner, base, lines)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or isinstance(value, dict | list) else str(value)


_LINE = re.compile(r"^( *)(?:- +)?([\w.\-/]+):(?:[ \t]+(.*?))?[ \t]*$")


def _lines(text: str) -> Iterator[Setting]:
    """Read the lines of a YAML file with templates in it, by their indentation alone."""
    stack: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("---"):
            stack = []
        if not (match := _LINE.match(line.split(" #")[0])):
            continue
        indent = match.start(2)
        while stack and stack[-1][0] >= indent:
            stack.pop()
        stack.append((indent, match[2]))
        key = ".".join(name for _, name in stack)
        yield Setting(key, (match[3] or "").strip("\"'"), number)


def _json(text: str) -> Iterator[Setting]:
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    yield from _flattened(document, "", _Lines(text))


def _toml(text: str) -> Iterator[Setting]:
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ValueError(str(error)) from None
    yield from _flattened(document, "", _Lines(text))


_PROPERTY = re.compile(r"^\s*(?:export\s+)?([\w.\-\[\]]+)\s*[=:]\s*(.*?)\s*$")


def _properties(text: str) -> Iterator[Setting]:
    for number, line in enumerate(text.split("\n"), 1):
        if match := _PROPERTY.match(line):
            yield Setting(match[1], match[2], number)


def _xml(text: str) -> Iterator[Setting]:
    yield from _elements(parse_xml(text), "", _Lines(text))


def _elements(element: Any, base: str, lines: _Lines) -> Iterator[Setting]:
    key = f"{base}.{element.tag}" if base else str(element.tag)
    line = lines.of(f"<{element.tag}")
    yield Setting(key, (element.text or "").strip(), line)
    for name, value in element.items():
        yield Setting(f"{key}.{name}", value, line)
    for inner in element:
        yield from _elements(inner, key, lines)


_READERS: dict[str, Callable[[str], Iterator[Setting]]] = {
    "yaml": _yaml,
    "yml": _yaml,
    "json": _json,
    "toml": _toml,
    "properties": _properties,
    "env": _properties,
    "conf": _properties,
    "ini": _properties,
    "cfg": _properties,
    "xml": _xml,
    "config": _xml,
}
