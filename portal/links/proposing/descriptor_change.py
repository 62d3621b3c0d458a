"""Adds a concept to what a descriptor claims, and leaves comments and formatting as they are.

The file is changed as text, line by line; then both are parsed, and must differ in that claim
only. What cannot be changed so is refused rather than written anew.
"""

from __future__ import annotations

import copy
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from portal.kernel import yaml12
from portal.kernel.errors import InputError

_MEMBER = "implementsConcepts"
_SPEC = re.compile(r"spec\s*:\s*(?:#.*)?")
_FLOW = re.compile(r"(?P<head>\s*\[)(?P<items>[^\[\]{}#]*?)(?P<tail>\s*\]\s*(?:#.*)?)")
_FLOW_SPEC = re.compile(r"(?P<head>spec\s*:\s*\{.*?)(?P<tail>,?\s*\}\s*(?:#.*)?)")
_ITEM = re.compile(r"\s*-(?:\s|$)")
_UNUSUAL = (
    "the descriptor is written in a way that is not changed by a program: add the concept to "
    f"spec.{_MEMBER} yourself"
)
_NO_NEWLINE = "\\ No newline at end of file\n"


@dataclass(frozen=True, slots=True)
class _Block:
    """The members of ``spec``: the index of the first line, that after the last, the indentation."""

    start: int
    end: int
    indent: str


def declare(data: bytes, kind: str, name: str, concept: str) -> bytes:
    """Return a descriptor file in which an entity claims a concept.

    Args:
        data: The file.
        kind: The kind of the entity.
        name: Its name.
        concept: The name, or the ref, of the concept.

    Raises:
        InputError: When it claims it already, or is written in a way that cannot be changed.
    """
    documents = _documents(data)
    index = next((at for at, one in enumerate(documents) if _is(one.value, kind, name)), None)
    if index is None:
        raise InputError(f"the descriptor has no {kind} named {name} any more")
    wanted = copy.deepcopy(documents[index].value)
    claims = wanted["spec"].setdefault(_MEMBER, [])
    if not isinstance(claims, list) or concept in claims:
        raise InputError(f"spec.{_MEMBER} of {name} claims {concept} already, or is no list")
    claims.append(concept)
    lines = data.decode("utf-8").splitlines(keepends=True)
    end = documents[index + 1].line - 1 if index + 1 < len(documents) else len(lines)
    changed = "".join(_changed(lines, documents[index].line - 1, end, concept)).encode()
    found = [one.value for one in _documents(changed)]
    if found != [*(one.value for one in documents[:index]), wanted, *_values(documents, index)]:
        raise InputError(_UNUSUAL)
    return changed


def _values(documents: list[yaml12.Document], index: int) -> list[Any]:
    return [one.value for one in documents[index + 1 :]]


def _documents(data: bytes) -> list[yaml12.Document]:
    found = list(yaml12.read(data))
    documents = [one for one in found if isinstance(one, yaml12.Document)]
    if len(documents) != len(found):
        raise InputError("the descriptor is no YAML")
    return documents


def _is(value: Any, kind: str, name: str) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("spec"), dict):
        return False
    metadata = value.get("metadata")
    named = metadata.get("name") if isinstance(metadata, dict) else None
    same_kind = str(value.get("kind")).lower() == kind.lower()
    return same_kind and str(named).lower() == name.lower()


def _changed(lines: list[str], start: int, end: int, concept: str) -> list[str]:
    for at in range(start, end):
        flow = _FLOW_SPEC.fullmatch(lines[at].rstrip("\r\n"))
        if flow:
            rest = lines[at][flow.end() :]
            line = f"{flow['head']}, {_MEMBER}: [{concept}]{flow['tail']}{rest}"
            return [*lines[:at], line, *lines[at + 1 :]]
    block = _block(lines, start, end)
    newline = "\r\n" if lines[block.start].endswith("\r\n") else "\n"
    member = re.compile(rf"{block.indent}{_MEMBER}\s*:(?P<rest>.*?)\r?\n?")
    for at in range(block.start, block.end):
        match = member.fullmatch(lines[at])
        if match:
            return _appended(lines, at, match["rest"], block, concept, newline)
    new = f"{block.indent}{_MEMBER}: [{concept}]"
    return _inserted(lines, block.end, new, newline)


def _block(lines: list[str], start: int, end: int) -> _Block:
    """Return the members of ``spec``, written as a block.

    Raises:
        InputError: When they are not.
    """
    for at in range(start, end):
        if _SPEC.fullmatch(lines[at].rstrip("\r\n")):
            inner = [n for n in range(at + 1, end) if _is_content(lines[n])]
            if not inner or not _indent(lines[inner[0]]):
                break
            indent = _indent(lines[inner[0]])
            last = at
            for number in inner:
                if not lines[number].startswith(indent):
                    break
                last = number
            return _Block(at + 1, last + 1, indent)
    raise InputError(_UNUSUAL)


def _is_content(line: str) -> bool:
    text = line.strip()
    return bool(text) and not text.startswith("#")


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" "))]


def _appended(
    lines: list[str], at: int, rest: str, block: _Block, concept: str, newline: str
) -> list[str]:
    """Return the lines with one more item in the list that begins at one of them.

    Raises:
        InputError: When it is no list that can be changed.
    """
    flow = _FLOW.fullmatch(rest)
    if flow:
        items = f"{flow['items']}, {concept}" if flow["items"].strip() else concept
        line = f"{block.indent}{_MEMBER}:{flow['head']}{items}{flow['tail']}{newline}"
        return [*lines[:at], line, *lines[at + 1 :]]
    if rest.strip() and not rest.strip().startswith("#"):
        raise InputError(_UNUSUAL)
    items_at = []
    for number in range(at + 1, block.end):
        if _is_content(lines[number]):
            if not _ITEM.match(lines[number]):
                break
            items_at.append(number)
    if not items_at:
        raise InputError(_UNUSUAL)
    return _inserted(lines, items_at[-1] + 1, f"{_indent(lines[items_at[-1]])}- {concept}", newline)


def _inserted(lines: list[str], at: int, text: str, newline: str) -> list[str]:
    before = lines[:at]
    if not before[-1].endswith("\n"):
        return [*before[:-1], before[-1] + newline, text]
    return [*before, text + newline, *lines[at:]]


def unified_diff(path: str, before: bytes, after: bytes) -> str:
    """Return a change of a file as a patch that ``git apply`` takes."""
    old, new = (one.decode("utf-8").splitlines(keepends=True) for one in (before, after))
    head = f"diff --git a/{path} b/{path}\n"
    return head + "".join(_terminated(difflib.unified_diff(old, new, f"a/{path}", f"b/{path}")))


def _terminated(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}"
