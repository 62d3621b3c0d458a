"""The filters for texts; semantics of Nunjucks 3.2."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable
from urllib.parse import quote

from portal.scaffolder.expressions.filter_call import FilterCall
from portal.scaffolder.expressions.filter_call import FilterError
from portal.scaffolder.expressions.filter_call import alike
from portal.scaffolder.expressions.filter_call import as_text
from portal.scaffolder.expressions.filter_call import required_text
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import WHITESPACE
from portal.scaffolder.expressions.javascript import SafeText
from portal.scaffolder.expressions.javascript import Value
from portal.scaffolder.expressions.javascript import keys_of
from portal.scaffolder.expressions.javascript import narrow
from portal.scaffolder.expressions.javascript import printed
from portal.scaffolder.expressions.javascript import to_integer
from portal.scaffolder.expressions.javascript import to_number
from portal.scaffolder.expressions.javascript import to_text
from portal.scaffolder.expressions.javascript import truthy
from portal.scaffolder.expressions.javascript import widen
from portal.scaffolder.expressions.regex import Regex
from portal.scaffolder.expressions.text_methods import replace as replace_pattern

Filter = Callable[[Value, FilterCall], Value]

_TAGS = re.compile(r"</?([a-z][a-z0-9]*)\b[^>]*>|<!--[\s\S]*?-->", re.IGNORECASE)
_WORDS = re.compile(r"[A-Za-z0-9_]+")
_PUNCTUATION = re.compile(r"^(?:\(|<|&lt;)?(.*?)(?:\.|,|\)|\n|&gt;)?$")
_MAIL = re.compile(r"^[\w.!#$%&'*+\-/=?^`{|}~]+@[a-z\d\-]+(\.[a-z\d\-]+)+$", re.IGNORECASE)
_HTTP = re.compile(r"^https?://.*$")
_WWW = re.compile(r"^www\.")
_DOMAIN = re.compile(r"\.(?:org|net|com)(?::|/|$)")
_UNESCAPED = "!'()*~"


def _capitalize(value: Value, _call: FilterCall) -> Value:
    text = as_text(value).lower()
    return alike(value, text[:1].upper() + text[1:])


def _center(value: Value, call: FilterCall) -> Value:
    text = "" if value is False else printed(value)
    width = to_integer(call.at(0), 80)
    length = len(value) if isinstance(value, list) else len(widen(text))
    missing = width - length
    if missing <= 0 or isinstance(value, (dict, Regex, float)) or type(value) in (bool, int):
        return alike(value, text)
    call.budget.text(width)
    before = math.ceil(missing / 2 - missing % 2)
    return alike(value, " " * before + text + " " * math.ceil(missing / 2))


def escaped(value: Value) -> SafeText:
    """Return a value's text, escaped for HTML."""
    text = "" if value is None or value is UNDEFINED else to_text(value)
    return SafeText(html.escape(text, quote=True).replace("&#x27;", "&#39;"))


def _escape(value: Value, call: FilterCall) -> Value:
    if isinstance(value, SafeText):
        return value
    call.budget.text(len(printed(value)) * 6)
    return escaped(value)


def _force_escape(value: Value, call: FilterCall) -> Value:
    call.budget.text(len(printed(value)) * 6)
    return escaped(value)


def _safe(value: Value, _call: FilterCall) -> Value:
    return SafeText(printed(value))


def _indent(value: Value, call: FilterCall) -> Value:
    text = as_text(value)
    if not text:
        return ""
    width = max(0, to_integer(call.at(0), 4))
    lines = text.split("\n")
    call.budget.text(len(text) + width * len(lines))
    mark, first = " " * width, truthy(call.at(1, False))
    indented = [mark + line if index or first else line for index, line in enumerate(lines)]
    return alike(value, "\n".join(indented))


def _lower(value: Value, _call: FilterCall) -> Value:
    return as_text(value).lower()


def _upper(value: Value, _call: FilterCall) -> Value:
    return as_text(value).upper()


def _new_lines(value: Value, call: FilterCall) -> Value:
    if value is None or value is UNDEFINED:
        return ""
    text = required_text(value)
    call.budget.text(len(text) * 7)
    return alike(value, re.sub(r"\r\n|\n", "<br />\n", text))


def _replace(value: Value, call: FilterCall) -> Value:
    old, new, most = call.at(0), call.at(1), call.at(2, -1)
    if isinstance(old, Regex):
        text = widen(required_text(value))
        return narrow(replace_pattern(text, call.budget, old, new))
    if isinstance(old, (int, float)) and not isinstance(old, bool):
        old = to_text(old)
    if not isinstance(old, str) or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        value = to_text(value)
    if not isinstance(value, str):
        return value
    count = to_integer(most)
    places = len(value) + 1 if not old else value.count(old)
    places = min(places, count) if count >= 0 else places
    text = to_text(new)
    call.budget.text(len(value) + places * len(text))
    if not value and not old:
        return text * 2
    return alike(value, value.replace(old, text, places))


def _string(value: Value, _call: FilterCall) -> Value:
    if value is None or value is UNDEFINED:
        raise FilterError("string requires a value")
    return value if isinstance(value, SafeText) else to_text(value)


def _strip_tags(value: Value, call: FilterCall) -> Value:
    text = _TAGS.sub("", as_text(value)).strip(WHITESPACE)
    call.budget.take(len(text) // 8)
    if truthy(call.at(0, False)):
        lines = [line.strip(" \t\r\f\v") for line in text.split("\n")]
        text = "\n".join(re.sub(r"[ \t\r\f\v]+", " ", line) for line in lines)
        return alike(value, re.sub(r"\n{3,}", "\n\n", text))
    return alike(value, re.sub(rf"[{re.escape(WHITESPACE)}]+", " ", text))


def _title(value: Value, _call: FilterCall) -> Value:
    words = as_text(value).split(" ")
    return alike(value, " ".join(word[:1].upper() + word[1:].lower() for word in words))


def _trim(value: Value, _call: FilterCall) -> Value:
    return alike(value, required_text(value).strip(WHITESPACE))


def _truncate(value: Value, call: FilterCall) -> Value:
    length = to_integer(call.at(0), 255)
    if isinstance(value, list) and len(value) <= length:
        return value
    text = as_text(value)
    wide = widen(text)
    if len(wide) <= length:
        return value if isinstance(value, str) else text
    cut = wide[: max(0, length)]
    if not truthy(call.at(1, False)):
        space = wide.rfind(" ", 0, max(0, length) + 1)
        cut = wide[: space if space >= 0 else max(0, length)]
    end = call.at(2)
    return alike(value, narrow(cut) + ("..." if end in (UNDEFINED, None) else to_text(end)))


def quoted(value: Value) -> str:
    """Return what ``encodeURIComponent`` gives."""
    return quote(to_text(value), safe=_UNESCAPED, errors="replace")


def _pair(item: Value) -> tuple[Value, Value]:
    if item is None or item is UNDEFINED:
        raise FilterError("Cannot read a pair out of nothing")
    parts = [*item, UNDEFINED, UNDEFINED] if isinstance(item, (str, list)) else [UNDEFINED] * 2
    return parts[0], parts[1]


def _url_encode(value: Value, call: FilterCall) -> Value:
    call.budget.text(len(printed(value)) * 3)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        pairs = [_pair(item) for item in value]
    elif isinstance(value, dict):
        pairs = [(key, value[key]) for key in keys_of(value)]
    else:
        pairs = []
    return "&".join(f"{quoted(key)}={quoted(item)}" for key, item in pairs)


def _url_link(value: Value, call: FilterCall) -> Value:
    length = to_number(call.at(0, math.inf))
    rel = ' rel="nofollow"' if call.at(1, False) is True else ""
    words = [word for word in re.split(r"(\s+)", required_text(value)) if word]
    call.budget.text(sum(map(len, words)) * 3)
    return "".join(_linked(word, length, rel) for word in words)


def _linked(word: str, length: float, rel: str) -> str:
    found = _PUNCTUATION.match(word)
    address = found[1] if found else word
    shown = address if math.isnan(length) else address[: int(min(length, len(address)))]
    if _HTTP.search(address):
        return f'<a href="{address}"{rel}>{shown}</a>'
    if _WWW.search(address):
        return f'<a href="http://{address}"{rel}>{shown}</a>'
    if _MAIL.search(address):
        return f'<a href="mailto:{address}">{address}</a>'
    if _DOMAIN.search(address):
        return f'<a href="http://{address}"{rel}>{shown}</a>'
    return word


def _word_count(value: Value, _call: FilterCall) -> Value:
    return len(_WORDS.findall(as_text(value))) or None


TEXT_FILTERS: dict[str, Filter] = {
    "capitalize": _capitalize,
    "center": _center,
    "e": _escape,
    "escape": _escape,
    "forceescape": _force_escape,
    "indent": _indent,
    "lower": _lower,
    "nl2br": _new_lines,
    "replace": _replace,
    "safe": _safe,
    "string": _string,
    "striptags": _strip_tags,
    "title": _title,
    "trim": _trim,
    "truncate": _truncate,
    "upper": _upper,
    "urlencode": _url_encode,
    "urlize": _url_link,
    "wordcount": _word_count,
}
