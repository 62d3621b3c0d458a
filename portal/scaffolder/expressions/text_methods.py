"""The methods of texts; offsets and lengths are in UTF-16 code units (``javascript.widen``)."""

from __future__ import annotations

import math
import re

from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import WHITESPACE
from portal.scaffolder.expressions.javascript import Value
from portal.scaffolder.expressions.javascript import to_integer
from portal.scaffolder.expressions.javascript import to_number
from portal.scaffolder.expressions.javascript import to_text
from portal.scaffolder.expressions.javascript import widen
from portal.scaffolder.expressions.method import Method
from portal.scaffolder.expressions.method import clamped
from portal.scaffolder.expressions.method import optional
from portal.scaffolder.expressions.regex import Match
from portal.scaffolder.expressions.regex import Regex

_REFERENCE = re.compile(r"\$(?:\$|&|`|'|<([^>]*)>|([0-9]{1,2}))")


def _char_at(text: str, _budget: Budget, *arguments: Value) -> Value:
    index = to_integer(optional(arguments, 0))
    return text[index] if 0 <= index < len(text) else ""


def _char_code_at(text: str, _budget: Budget, *arguments: Value) -> Value:
    index = to_integer(optional(arguments, 0))
    return ord(text[index]) if 0 <= index < len(text) else math.nan


def _concat(text: str, budget: Budget, *arguments: Value) -> Value:
    parts = [to_text(argument) for argument in arguments]
    budget.text(len(text) + sum(map(len, parts)))
    return text + "".join(parts)


def _ends_with(text: str, _budget: Budget, *arguments: Value) -> Value:
    end = max(0, min(to_integer(optional(arguments, 1), len(text)), len(text)))
    return text[:end].endswith(_wide(arguments[0]))


def _starts_with(text: str, _budget: Budget, *arguments: Value) -> Value:
    start = max(0, min(to_integer(optional(arguments, 1)), len(text)))
    return text[start:].startswith(_wide(arguments[0]))


def _wide(value: Value) -> str:
    return widen(to_text(value))


def _includes(text: str, budget: Budget, *arguments: Value) -> Value:
    return _index_of(text, budget, *arguments) >= 0


def _index_of(text: str, _budget: Budget, *arguments: Value) -> int:
    start = max(0, min(to_integer(optional(arguments, 1)), len(text)))
    return text.find(_wide(arguments[0]), start)


def _last_index_of(text: str, _budget: Budget, *arguments: Value) -> int:
    sought, given = _wide(arguments[0]), to_number(optional(arguments, 1))
    last = len(text) if math.isnan(given) else max(0, to_integer(given))
    return text.rfind(sought, 0, last + len(sought))


def _slice(text: str, _budget: Budget, *arguments: Value) -> Value:
    size = len(text)
    start = clamped(optional(arguments, 0), size, 0)
    return text[start : clamped(optional(arguments, 1), size, size)]


def _substring(text: str, _budget: Budget, *arguments: Value) -> Value:
    size = len(text)
    start = max(0, min(to_integer(optional(arguments, 0)), size))
    end = max(0, min(to_integer(optional(arguments, 1), size), size))
    return text[min(start, end) : max(start, end)]


def _split(text: str, budget: Budget, *arguments: Value) -> Value:
    separator, limit = optional(arguments, 0), optional(arguments, 1)
    most = 2**32 - 1 if limit is UNDEFINED else to_integer(limit) % 2**32
    if separator is UNDEFINED:
        return [text][:most]
    if isinstance(separator, Regex):
        return _split_by(text, separator, budget)[:most]
    mark = _wide(separator)
    parts = text.split(mark) if mark else list(text)
    budget.take(len(parts))
    return parts[:most]


def _split_by(text: str, regex: Regex, budget: Budget) -> list[Value]:
    if not text:
        return [] if regex.search(text, 0, budget.take) else [""]
    parts: list[Value] = []
    last = at = 0
    while found := regex.search(text, at, budget.take):
        if found.start >= len(text):
            break
        if found.end == last or (found.end == found.start == last):
            at = max(at, found.start) + 1
            continue
        parts.append(text[last : found.start])
        parts += [UNDEFINED if group is None else group for group in found.groups[1:]]
        last = found.end
        at = last + (found.end == found.start)
    return [*parts, text[last:]]


def replace(text: str, budget: Budget, sought: Value, new: Value) -> Value:
    """Replace the first match, or all matches of a pattern with the flag ``g``."""
    template = to_text(new)
    if not isinstance(sought, Regex):
        mark = to_text(sought)
        at = text.find(widen(mark))
        if at < 0:
            return text
        found = Match(at, at + len(widen(mark)), (mark,))
        return _replaced(text, [found], template, budget)
    matches: list[Match] = []
    at = 0
    while match := regex_search(sought, text, at, budget):
        matches.append(match)
        if "g" not in sought.flags:
            break
        at = match.end + (match.end == match.start)
    return _replaced(text, matches, template, budget)


def regex_search(regex: Regex, text: str, at: int, budget: Budget) -> Match | None:
    """Return the first match at or after ``at``; ``None`` beyond the end."""
    return regex.search(text, at, budget.take) if at <= len(text) else None


def _replaced(text: str, matches: list[Match], template: str, budget: Budget) -> str:
    parts, last = [], 0
    for match in matches:
        new = _expanded(template, match, text)
        budget.text(len(new))
        parts += [text[last : match.start], new]
        last = match.end
    budget.text(sum(map(len, parts)) + len(text) - last)
    return "".join(parts) + text[last:]


def _expanded(template: str, match: Match, text: str) -> str:
    names = dict(match.names)

    def meaning(found: re.Match[str]) -> str:
        kind = found[0][1]
        simple = {"$": "$", "&": match.groups[0], "`": text[: match.start], "'": text[match.end :]}
        if kind in simple:
            return simple[kind] or ""
        if kind == "<":
            return (match.groups[names[found[1]]] or "") if found[1] in names else found[0]
        return _numbered(match, found[2], found[0])

    return _REFERENCE.sub(meaning, template) if "$" in template else template


def _numbered(match: Match, digits: str, otherwise: str) -> str:
    for used in (len(digits), 1):
        number = int(digits[:used])
        if 0 < number < len(match.groups):
            return (match.groups[number] or "") + digits[used:]
    return otherwise


TEXT: dict[str, Method] = {
    "charAt": Method(_char_at, 0, 1),
    "charCodeAt": Method(_char_code_at, 0, 1),
    "concat": Method(_concat, 0, math.inf),
    "endsWith": Method(_ends_with, 1, 2),
    "includes": Method(_includes, 1, 2),
    "indexOf": Method(_index_of, 1, 2),
    "lastIndexOf": Method(_last_index_of, 1, 2),
    "replace": Method(replace, 2, 2),
    "slice": Method(_slice, 0, 2),
    "split": Method(_split, 0, 2),
    "startsWith": Method(_starts_with, 1, 2),
    "substring": Method(_substring, 0, 2),
    "toLowerCase": Method(lambda text, _budget: text.lower(), 0, 0),
    "toUpperCase": Method(lambda text, _budget: text.upper(), 0, 0),
    "trim": Method(lambda text, _budget: text.strip(WHITESPACE), 0, 0),
    "trimEnd": Method(lambda text, _budget: text.rstrip(WHITESPACE), 0, 0),
    "trimStart": Method(lambda text, _budget: text.lstrip(WHITESPACE), 0, 0),
}
