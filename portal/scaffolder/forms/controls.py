"""The fields of a form page as controls: what a person sees and fills in.

A control is named by the JSON Pointer of its value (``/owner``, ``/ports/0/number``), whatever
shows it: the web pages render controls, and read them back with ``submitted``.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from portal.kernel.json_text import Json
from portal.scaffolder.forms.answers import shown
from portal.scaffolder.forms.form import FormField
from portal.scaffolder.forms.form import fields


class Widget(StrEnum):
    """The ways to fill in a field."""

    TEXT = "text"
    TEXTAREA = "textarea"
    NUMBER = "number"
    CHECKBOX = "checkbox"
    SELECT = "select"
    RADIO = "radio"
    CHECKBOXES = "checkboxes"
    LIST = "list"
    OBJECT = "object"
    JSON = "json"
    SECRET = "secret"
    HIDDEN = "hidden"
    ENTITY = "entity"
    ENTITIES = "entities"
    TAGS = "tags"
    REPO_URL = "repo-url"


#: Backstage's ``ui:field`` to the widget that fills it in.
_BY_FIELD: Mapping[str, Widget] = {
    "EntityPicker": Widget.ENTITY,
    "OwnerPicker": Widget.ENTITY,
    "OwnedEntityPicker": Widget.ENTITY,
    "MyGroupsPicker": Widget.ENTITY,
    "MultiEntityPicker": Widget.ENTITIES,
    "EntityNamePicker": Widget.TEXT,
    "EntityTagsPicker": Widget.TAGS,
    "RepoUrlPicker": Widget.REPO_URL,
    "RepoBranchPicker": Widget.TEXT,
    "RepoOwnerPicker": Widget.TEXT,
    "Secret": Widget.SECRET,
}
_BY_WIDGET: Mapping[str, Widget] = {
    "textarea": Widget.TEXTAREA,
    "hidden": Widget.HIDDEN,
    "radio": Widget.RADIO,
    "checkboxes": Widget.CHECKBOXES,
    "select": Widget.SELECT,
}
_BY_TYPE: Mapping[str, Widget] = {
    "boolean": Widget.CHECKBOX,
    "integer": Widget.NUMBER,
    "number": Widget.NUMBER,
    "string": Widget.TEXT,
}
#: Limits that a browser checks, too: the schema's keyword and HTML's attribute.
_LIMITS = (
    ("minimum", "min"),
    ("maximum", "max"),
    ("minLength", "minlength"),
    ("maxLength", "maxlength"),
)
#: The ``type`` of an ``<input>`` by the schema's ``format``.
_INPUTS = {"email": "email", "date": "date", "uri": "url", "time": "time", "color": "color"}
#: The deepest nesting of lists and objects that has controls; deeper ones are JSON.
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that may be chosen, as text, and its name."""

    value: str
    label: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Control:
    """A field as a person fills it in.

    Attributes:
        key: The JSON Pointer of its value.
        field: The field: its name, schema, and whether it is required.
        widget: How it is filled in.
        value: Its value; ``None`` without one.
        choices: The values to choose from.
        items: The controls of a list's items, or of an object's members.
    """

    key: str
    field: FormField
    widget: Widget
    value: Json = None
    choices: tuple[Choice, ...] = ()
    items: tuple[Control, ...] = ()

    @property
    def title(self) -> str:
        """The label."""
        return str(self.field.schema.get("ui:title") or self.field.title)

    @property
    def description(self) -> str:
        """What stands below the label."""
        schema = self.field.schema
        return str(schema.get("ui:description") or schema.get("description") or "")

    @property
    def hint(self) -> str:
        """Help that the template's author wrote (``ui:help``)."""
        return str(self.field.schema.get("ui:help") or "")

    @property
    def text(self) -> str:
        """The value as text."""
        return "" if self.value is None else shown(self.value)

    @property
    def ui_field(self) -> str:
        """Backstage's ``ui:field``."""
        return str(self.field.schema.get("ui:field") or "")

    @property
    def options(self) -> Mapping[str, Json]:
        """The ``ui:options``."""
        found = self.field.schema.get("ui:options")
        return found if isinstance(found, dict) else {}

    @property
    def is_locked(self) -> bool:
        """Whether it is only shown."""
        schema = self.field.schema
        return schema.get("readOnly") is True or schema.get("ui:disabled") is True

    @property
    def input_type(self) -> str:
        """The ``type`` of its ``<input>``."""
        if self.widget is Widget.NUMBER:
            return "number"
        return _INPUTS.get(str(self.field.schema.get("format")), "text")

    @property
    def attributes(self) -> dict[str, str]:
        """Further attributes of its ``<input>``: limits, placeholder, focus."""
        schema = self.field.schema
        found = {name: str(schema[key]) for key, name in _LIMITS if _is_number(schema.get(key))}
        placeholder = schema.get("ui:placeholder") or self.options.get("placeholder")
        if placeholder:
            found["placeholder"] = str(placeholder)
        if self.widget is Widget.NUMBER:
            found["step"] = "1" if schema.get("type") == "integer" else "any"
        if schema.get("ui:autofocus") is True:
            found["autofocus"] = ""
        return found


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def pointer(*parts: str | int) -> str:
    """Return the JSON Pointer (RFC 6901) of a path."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def controls(
    page: Mapping[str, Json], values: Mapping[str, Json], above: str = "", depth: int = 0
) -> tuple[Control, ...]:
    """Return the controls of a page, or of an object in it, for the values so far.

    Args:
        page: The schema of the page or the object.
        values: Its values.
        above: The JSON Pointer of the object; empty for the page.
        depth: How many lists and objects it is in.
    """
    found = (
        control(f"{above}{pointer(one.name)}", one, values.get(one.name), depth)
        for one in _ordered(page, fields(page, values))
        if _is_shown(one)
    )
    return tuple(found)


def _is_shown(one: FormField) -> bool:
    return "const" not in one.schema and one.schema.get("type") != "null"


def _ordered(page: Mapping[str, Json], found: Sequence[FormField]) -> list[FormField]:
    """Return fields in the order of ``ui:order``; ``*`` stands for all others."""
    order = page.get("ui:order")
    if not isinstance(order, list):
        return list(found)
    rest = order.index("*") if "*" in order else len(order)
    places = {name: at for at, name in enumerate(order)}
    return sorted(found, key=lambda one: places.get(one.name, rest))


def control(key: str, one: FormField, value: Json, depth: int = 0) -> Control:
    """Return the control of a field."""
    widget = _widget(one, depth)
    return Control(key, one, widget, value, _choices(one, value), _items(key, one, value, depth))


def _items(key: str, one: FormField, value: Json, depth: int) -> tuple[Control, ...]:
    widget = _widget(one, depth)
    if widget is Widget.OBJECT:
        return controls(one.schema, value if isinstance(value, dict) else {}, key, depth + 1)
    if widget is not Widget.LIST or not isinstance(value, list):
        return ()
    schema = item_schema(one.schema)
    return tuple(
        control(f"{key}/{at}", FormField(str(at + 1), schema, is_required=True), item, depth + 1)
        for at, item in enumerate(value)
    )


def item_schema(schema: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return the schema of a list's items."""
    found = schema.get("items")
    return found if isinstance(found, dict) else {}


def _widget(one: FormField, depth: int) -> Widget:
    schema = one.schema
    named = _BY_FIELD.get(str(schema.get("ui:field")))
    if one.is_secret or named is not None:
        return Widget.SECRET if one.is_secret else named or Widget.TEXT
    if schema.get("type") == "array":
        return _widget_of_list(schema, depth)
    wanted = _BY_WIDGET.get(str(schema.get("ui:widget")))
    if _alternatives(schema):
        return wanted if wanted in {Widget.RADIO, Widget.HIDDEN} else Widget.SELECT
    if wanted in {Widget.TEXTAREA, Widget.HIDDEN}:
        return wanted
    return _widget_of_type(schema, depth)


def _widget_of_type(schema: Mapping[str, Json], depth: int) -> Widget:
    if schema.get("type") == "object" or "properties" in schema:
        is_simple = isinstance(schema.get("properties"), dict) and depth < _DEEPEST
        return Widget.OBJECT if is_simple else Widget.JSON
    if _is_long(schema):
        return Widget.TEXTAREA
    return _BY_TYPE.get(str(schema.get("type") or "string"), Widget.JSON)


def _widget_of_list(schema: Mapping[str, Json], depth: int) -> Widget:
    if _alternatives(item_schema(schema)):
        return Widget.CHECKBOXES
    return (
        Widget.LIST if isinstance(schema.get("items"), dict) and depth < _DEEPEST else Widget.JSON
    )


def _is_long(schema: Mapping[str, Json]) -> bool:
    options = schema.get("ui:options")
    return isinstance(options, dict) and bool(options.get("multiline") or options.get("rows"))


def _choices(one: FormField, value: Json) -> tuple[Choice, ...]:
    is_list = one.schema.get("type") == "array"
    source = item_schema(one.schema) if is_list else one.schema
    chosen = {shown(item) for item in value} if is_list and isinstance(value, list) else set()
    if not is_list and value is not None:
        chosen = {shown(value)}
    return tuple(
        Choice(shown(item), label, shown(item) in chosen) for item, label in _alternatives(source)
    )


def _alternatives(schema: Mapping[str, Json]) -> list[tuple[Json, str]]:
    """Return the allowed values of a schema (``enum``, or ``const``s) with their names."""
    values = schema.get("enum")
    if isinstance(values, list):
        names = schema.get("enumNames") or schema.get("ui:enumNames") or []
        return [
            (value, str(names[at]) if at < len(names) else shown(value))
            for at, value in enumerate(values)
        ]
    return list(_consts(schema))


def _consts(schema: Mapping[str, Json]) -> Iterator[tuple[Json, str]]:
    for keyword in ("oneOf", "anyOf"):
        options = schema.get(keyword)
        if isinstance(options, list) and options and all(_has_const(one) for one in options):
            for one in options:
                yield one["const"], str(one.get("title") or shown(one["const"]))
            return


def _has_const(schema: Json) -> bool:
    return isinstance(schema, dict) and "const" in schema


def flat(found: Sequence[Control]) -> Iterator[Control]:
    """Yield controls, and those in lists and objects."""
    for one in found:
        yield one
        yield from flat(one.items)
