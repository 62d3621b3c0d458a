"""A submitted form page: texts by control, to values and what is wrong with them.

The page names the controls it showed, so that an unticked box is told from one that was not
there, and fields that appear only now keep their defaults.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from urllib.parse import parse_qs
from urllib.parse import urlencode

from portal.kernel.json_text import Json
from portal.kernel.json_text import parse_json
from portal.scaffolder.forms.answers import parsed
from portal.scaffolder.forms.controls import Control
from portal.scaffolder.forms.controls import Widget
from portal.scaffolder.forms.controls import controls
from portal.scaffolder.forms.controls import flat
from portal.scaffolder.forms.controls import item_schema
from portal.scaffolder.forms.form import FormField
from portal.scaffolder.forms.parameters import page_errors

#: Texts of a submitted form by control.
Texts = Mapping[str, Sequence[str]]
#: The parts of a repository's address, in the order they are asked for.
REPO_PARTS = ("host", "owner", "organization", "workspace", "project", "repo")
#: The fields of Backstage whose value has to be a name of an entity.
_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_TAG = re.compile(r"[a-z0-9:+#]+(-[a-z0-9:+#]+)*")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a value.

    Attributes:
        key: The JSON Pointer of the value; empty for the page as a whole.
        rule: The keyword of JSON Schema, or ``name``, ``tags``, ``text``.
        message: The reason, in English.
        argument: The limit that the value exceeds, as text.
    """

    key: str
    rule: str
    message: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """The answers of a page.

    Attributes:
        values: All values of the form so far; secrets are masked by asterisks.
        secrets: All secrets of the form so far, by the name of their field.
        texts: What was typed where no value could be made of it, by control.
        faults: Texts that are no value of their type.
    """

    values: dict[str, Json]
    secrets: dict[str, str] = field(repr=False)
    texts: Mapping[str, str]
    faults: tuple[Fault, ...]


class _Texts:
    """Reads the texts of a page; collects those that are no values."""

    def __init__(self, given: Texts, was_shown: Sequence[str]) -> None:
        self._given = given
        self._shown = frozenset(was_shown)
        self.secrets: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self.faults: list[Fault] = []

    def was_shown(self, key: str) -> bool:
        return key in self._shown

    def all(self, key: str) -> list[str]:
        return [text.replace("\r\n", "\n") for text in self._given.get(key, ())]

    def one(self, key: str) -> str:
        found = self.all(key)
        return found[0] if found else ""

    def typed(self, key: str, schema: Mapping[str, Json], *, as_json: bool = False) -> Json:
        """Return the text of a control as its type; ``None`` when it is empty or no value."""
        text = self.one(key)
        if not text.strip():
            return None
        try:
            return parse_json(text) if as_json else parsed(schema, text)
        except ValueError as error:
            message = f"'{text[:60]}' is no JSON" if as_json else str(error)
            self.texts[key] = text
            self.faults.append(Fault(key, "text", message))
            return None


def submitted(
    page: Mapping[str, Json],
    values: Mapping[str, Json],
    secrets: Mapping[str, str],
    given: Texts,
    was_shown: Sequence[str],
) -> Submission:
    """Return the values of a form with those of a submitted page.

    Args:
        page: The schema of the page.
        values: The values so far.
        secrets: The secrets so far.
        given: The submitted texts by control.
        was_shown: The controls the page had.
    """
    texts = _Texts(given, was_shown)
    found = dict(values)
    # A field may show others: those that were shown for the values of the last round are read.
    for _ in range(3):
        read = _object(texts, controls(page, found), found)
        if read == found:
            break
        found = read
    return Submission(found, {**secrets, **texts.secrets}, texts.texts, tuple(_once(texts.faults)))


def _once(faults: Sequence[Fault]) -> Iterator[Fault]:
    yield from dict.fromkeys(faults)


def _object(texts: _Texts, found: Sequence[Control], values: Mapping[str, Json]) -> dict[str, Json]:
    answers = dict(values)
    for one in found:
        if not texts.was_shown(one.key) or one.is_locked:
            continue
        value = _value(texts, one)
        if value is None:
            answers.pop(one.field.name, None)
        else:
            answers[one.field.name] = value
    return answers


def _value(texts: _Texts, one: Control) -> Json:
    read = _READERS.get(one.widget)
    return texts.typed(one.key, one.field.schema) if read is None else read(texts, one)


def _checkbox(texts: _Texts, one: Control) -> Json:
    return bool(texts.all(one.key))


def _checkboxes(texts: _Texts, one: Control) -> Json:
    items = item_schema(one.field.schema)
    return [parsed(items, text) for text in texts.all(one.key)] or None


def _refs(texts: _Texts, one: Control) -> Json:
    parts = (part.strip() for text in texts.all(one.key) for part in re.split(r"[,\n]", text))
    return list(dict.fromkeys(filter(None, parts))) or None


def _members(texts: _Texts, one: Control) -> Json:
    value = one.value if isinstance(one.value, dict) else {}
    return _object(texts, one.items, value) or None


def _list(texts: _Texts, one: Control) -> Json:
    """Return the items of a list: as many as the page had, without empty ones of text."""
    schema = item_schema(one.field.schema)
    count = 0
    while texts.was_shown(f"{one.key}/{count}"):
        count += 1
    known = one.value if isinstance(one.value, list) else []
    items = []
    for at in range(min(count, 1_000)):
        named = FormField(str(at + 1), schema, is_required=True)
        before = known[at] if at < len(known) else None
        value = _value(texts, _control(f"{one.key}/{at}", named, before))
        items.append("" if value is None and schema.get("type") == "string" else value)
    return items or None


def _control(key: str, one: FormField, value: Json) -> Control:
    page = {"properties": {one.name: one.schema}}
    found = controls(page, {} if value is None else {one.name: value})
    if not found:
        return Control(key, one, Widget.JSON, value)
    return _moved(found[0], found[0].key, key)


def _moved(one: Control, old: str, new: str) -> Control:
    """Return a control, and those in it, with another beginning of its key."""
    items = tuple(_moved(item, old, new) for item in one.items)
    return Control(
        new + one.key.removeprefix(old), one.field, one.widget, one.value, one.choices, items
    )


def _secret(texts: _Texts, one: Control) -> Json:
    """Return asterisks; an empty text keeps the secret that was given before."""
    text = texts.one(one.key)
    if not text:
        return one.value
    texts.secrets[one.field.name] = text
    return "*" * len(text)


def _json(texts: _Texts, one: Control) -> Json:
    return texts.typed(one.key, one.field.schema, as_json=True)


def _repo_url(texts: _Texts, one: Control) -> Json:
    parts = {name: texts.one(f"{one.key}#{name}").strip() for name in REPO_PARTS}
    host = parts.pop("host")
    given = {name: text for name, text in parts.items() if text}
    return f"{host}?{urlencode(given)}" if host and given else None


_READERS = {
    Widget.CHECKBOX: _checkbox,
    Widget.CHECKBOXES: _checkboxes,
    Widget.ENTITIES: _refs,
    Widget.TAGS: _refs,
    Widget.OBJECT: _members,
    Widget.LIST: _list,
    Widget.SECRET: _secret,
    Widget.JSON: _json,
    Widget.REPO_URL: _repo_url,
}


def repo_url_parts(text: str) -> dict[str, str]:
    """Return the parts of ``host?owner=…&repo=…``, whichever there are."""
    host, _, query = text.partition("?")
    found = {name: values[0] for name, values in parse_qs(query).items()}
    return {"host": host, **{name: found[name] for name in REPO_PARTS if name in found}}


# --- faults ----------------------------------------------------------------------


def faults_of(
    page: Mapping[str, Json], values: Mapping[str, Json], secrets: Mapping[str, str]
) -> tuple[Fault, ...]:
    """Return what is wrong with the values of a page, by its schema and Backstage's fields."""
    found = [_fault(error) for error in page_errors(page, values, secrets)]
    for one in flat(controls(page, values)):
        found += _field_faults(one)
    return tuple(dict.fromkeys(found))


def _fault(error: Mapping[str, Json]) -> Fault:
    path = list(error["path"])
    argument = error.get("argument")
    if error["name"] == "required":
        path.append(argument)
    key = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)
    shown = ", ".join(map(str, argument)) if isinstance(argument, list) else str(argument or "")
    if argument == 0:
        shown = "0"
    return Fault(key, str(error["name"]), str(error["message"]), shown)


def _field_faults(one: Control) -> Iterator[Fault]:
    """Yield what Backstage's fields check beside the schema."""
    if one.ui_field == "EntityNamePicker" and one.text and not _NAME.fullmatch(one.text):
        message = "letters, digits and -_. between them, 63 at most"
        yield Fault(one.key, "name", message)
    if one.widget is Widget.TAGS and isinstance(one.value, list):
        for tag in one.value:
            if not _TAG.fullmatch(str(tag)) or len(str(tag)) > 63:
                yield Fault(one.key, "tags", f"'{tag}' is no tag", str(tag))
    if one.widget is Widget.REPO_URL and one.text:
        parts = repo_url_parts(one.text)
        if not (parts.get("repo") or parts.get("project")):
            yield Fault(one.key, "required", "the repository has no name")
