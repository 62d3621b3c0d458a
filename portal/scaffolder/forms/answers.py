"""Answers to a form: parsed from options and files, validated field by field."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

from portal.kernel import yaml12
from portal.kernel.errors import InputError
from portal.kernel.json_text import Json
from portal.kernel.json_text import parse_json
from portal.scaffolder.forms.form import FormField
from portal.scaffolder.forms.form import fields
from portal.scaffolder.forms.form import names
from portal.scaffolder.forms.json_schema import violations
from portal.scaffolder.forms.visible_pages import visible_pages

Pages = Sequence[Mapping[str, Json]]
_LONGEST_SHOWN = 60
_BOOLEANS = {
    **dict.fromkeys(("true", "yes", "y", "on", "예", "네"), True),
    **dict.fromkeys(("false", "no", "n", "off", "아니오", "아니요"), False),
}


class AnswersError(InputError):
    """Some answers are invalid; the message has one line for each."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = list(faults)


def read_values(path: Path) -> dict[str, Json]:
    """Return the values of a YAML or JSON file: the document itself, or its ``values``.

    Raises:
        InputError: When the file cannot be read, or is no mapping.
    """
    try:
        content = yaml12.read_one(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None
    if isinstance(content, dict) and isinstance(content.get("values"), dict):
        content = content["values"]
    if not isinstance(content, dict):
        raise InputError(f"{path}: a mapping of parameters to values is expected")
    return content


def from_options(
    pages: Pages, options: Iterable[str], given: Mapping[str, Json]
) -> dict[str, Json]:
    """Return ``given`` with the values of ``key=value`` options, typed by the form's schema.

    Raises:
        AnswersError: When an option has no ``=``, or its text does not parse as its type.
    """
    values, faults = dict(given), []
    for option in options:
        name, equals, text = option.partition("=")
        if not equals or not name:
            faults.append(f"-p {option}: write it as key=value")
            continue
        try:
            values[name] = parsed(_schema_of(pages, name, values), text)
        except ValueError as error:
            faults.append(f"{name}: {error}")
    if faults:
        raise AnswersError(faults)
    return values


def _schema_of(pages: Pages, name: str, values: Mapping[str, Json]) -> Mapping[str, Json]:
    found = (field for page in pages for field in fields(page, values) if field.name == name)
    return next((field.schema for field in found), {})


# --- text to values ------------------------------------------------------------


def _boolean(text: str) -> bool:
    try:
        return _BOOLEANS[text.strip().lower()]
    except KeyError:
        msg = f"'{text}' is neither yes nor no (write true or false)"
        raise ValueError(msg) from None


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        msg = f"'{text}' is no whole number"
        raise ValueError(msg) from None


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        msg = f"'{text}' is no number"
        raise ValueError(msg) from None
    return int(number) if number.is_integer() else number


def _json(text: str) -> Json:
    try:
        return parse_json(text)
    except ValueError:
        msg = f"'{text[:_LONGEST_SHOWN]}' is no JSON"
        raise ValueError(msg) from None


_TYPES: Mapping[str, Callable[[str], Json]] = {
    "boolean": _boolean,
    "integer": _whole,
    "number": _number,
    "object": _json,
    "null": _json,
}


def parsed(schema: Mapping[str, Json], text: str) -> Json:
    """Return a text parsed as the schema's type; items of arrays are separated by commas.

    Raises:
        ValueError: When the text is no value of that type.
    """
    for choice in schema.get("enum") or ():
        if shown(choice) == text:
            return choice
    kind = schema.get("type")
    if kind == "array":
        if text.lstrip().startswith("["):
            return _json(text)
        items = schema.get("items") if isinstance(schema.get("items"), dict) else {}
        return [parsed(items or {}, part.strip()) for part in text.split(",") if part.strip()]
    if isinstance(kind, str) and kind in _TYPES:
        return _TYPES[kind](text)
    return text


def shown(value: Json) -> str:
    """Return a value as the text that ``parsed`` accepts."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)


# --- validation ----------------------------------------------------------------


def check_answers(pages: Pages, values: Mapping[str, Json]) -> dict[str, Json]:
    """Validate values against the form's pages; return them without those of hidden pages.

    Raises:
        AnswersError: When some are invalid; one line for each.
    """
    faults = list(dict.fromkeys(_faults(pages, values)))
    if faults:
        raise AnswersError(faults)
    return visible_pages(pages, values).values


def missing(pages: Pages, values: Mapping[str, Json]) -> list[str]:
    """Return a line for every required field without a value."""
    lacking = (
        field
        for page in visible_pages(pages, values).pages.values()
        for field in fields(page, values)
        if field.is_required and field.name not in values
    )
    return [f"{field.name}: is required ({field.title})" for field in lacking]


def _faults(pages: Pages, values: Mapping[str, Json]) -> Iterator[str]:
    known = {name for page in pages for name in names(page)}
    for name in values:
        if name not in known and not any("patternProperties" in page for page in pages):
            yield _unknown(name, known)
    for page in visible_pages(pages, values).pages.values():
        yield from (fault_text(error) for error in violations(page, dict(values)))


def _unknown(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    if near:
        return f"{name}: there is no such parameter; did you mean '{near[0]}'?"
    listed = ", ".join(sorted(known)) or "none"
    return f"{name}: there is no such parameter; there are: {listed}"


def fault_text(error: Mapping[str, Json]) -> str:
    """Return a validation error as one line: the field, the reason, the value."""
    where = str(error["property"]).removeprefix("instance").lstrip(".")
    if error["name"] == "required":
        where = f"{where}.{error['argument']}".lstrip(".")
        return f"{where}: is required"
    schema = error["schema"] if isinstance(error["schema"], dict) else {}
    if FormField(where, schema, is_required=False).is_secret:
        return f"{where}: {error['message']}"
    given = shown(error["instance"])
    if len(given) > _LONGEST_SHOWN:
        given = given[:_LONGEST_SHOWN] + "…"
    return f"{where or 'values'}: {error['message']} (given: {given})"
