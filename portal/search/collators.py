"""Entities to documents: Backstage's shape for software, the glossary's for terms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from portal.model.entity import Entity
from portal.model.entity import ref_of
from portal.model.refs import EntityRef
from portal.search.documents import IndexableDocument
from portal.search.documents import Name

SOFTWARE_CATALOG = "software-catalog"
GLOSSARY = "glossary"
#: The languages of a concept; the first is the one its results are shown in.
LANGUAGES = ("ko", "en")

#: What Markdown adds to a text: marks of headings, lists, quotes, code, links.
_BLOCK_MARKS = re.compile(r"^[ \t]*(?:(?:#{1,6}|[-*+>]|\d+\.)[ \t]+|`{3}\w*|~{3}\w*)", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
_INLINE_MARKS = re.compile(r"[*`]+|(?<!\w)_+|_+(?!\w)")
#: As JavaScript's ``encodeURIComponent``.
_NOT_ENCODED = "!'()*"


def collate(entity: Entity) -> Iterator[IndexableDocument]:
    """Yield the documents an entity is found by."""
    if entity["kind"] == "Concept":
        yield _concept(entity)
    else:
        yield _software(entity)


def _software(entity: Entity) -> IndexableDocument:
    metadata, spec = entity["metadata"], entity.get("spec") or {}
    ref = ref_of(entity)
    kind_of_it = _text(spec.get("type")) or "other"
    title = _text(metadata.get("title")) or ref.name
    fields: dict[str, Any] = {
        "title": title,
        "text": " : ".join(filter(None, _describing(entity))),
        "componentType": kind_of_it,
        "type": kind_of_it,
        "namespace": ref.namespace,
        "kind": ref.kind,
        "lifecycle": _text(spec.get("lifecycle")),
        "owner": _text(spec.get("owner")),
        "location": _location(ref),
        "authorization": {"resourceRef": str(ref)},
    }
    names = [Name(title, "preferred"), Name(ref.name, "id")]
    return IndexableDocument(
        SOFTWARE_CATALOG,
        str(ref),
        fields,
        _distinct(names),
        tuple(_extra(metadata)),
        _tags(metadata),
    )


def _location(ref: EntityRef) -> str:
    """Return where a frontend shows an entity; Backstage's has no other page for one."""
    path = "/".join(map(_encoded, (ref.namespace, ref.kind, ref.name)))
    return f"/catalog/{path}"


def _describing(entity: Entity) -> Iterator[str]:
    """Yield what the text of a result is joined from."""
    profile = (entity.get("spec") or {}).get("profile")
    profile = profile if isinstance(profile, Mapping) else {}
    yield _text(entity["metadata"].get("description"))
    if entity["kind"] in {"Group", "User"}:
        yield _text(profile.get("displayName"))
    if entity["kind"] == "User":
        yield _text(profile.get("email"))


def _extra(metadata: Mapping[str, Any]) -> Iterator[str]:
    """Yield what an entity is also found by: its tags and the titles of its links."""
    if tags := _tags(metadata):
        yield " ".join(tags)
    for link in metadata.get("links") or ():
        if isinstance(link, Mapping) and _text(link.get("title")):
            yield link["title"]


def _concept(entity: Entity) -> IndexableDocument:
    metadata, spec = entity["metadata"], entity.get("spec") or {}
    ref = ref_of(entity)
    labels, texts = _by_language(spec.get("labels")), _by_language(spec.get("text"))
    titles = {key: _text(value.get("preferred")) for key, value in labels.items()}
    summaries = {key: _text(value.get("summary")) for key, value in texts.items()}
    first = LANGUAGES[0]
    kind_of_it = _text(spec.get("type")) or "other"
    fields = {
        "title": titles.get(first) or _text(metadata.get("title")) or ref.name,
        "text": summaries.get(first) or _text(metadata.get("description")),
        "titles": titles,
        "summaries": summaries,
        "kind": ref.kind,
        "namespace": ref.namespace,
        "name": ref.name,
        "type": kind_of_it,
        "componentType": kind_of_it,
        "lifecycle": _text(spec.get("status")),
        "owner": _text(spec.get("owner")),
        "tags": list(_tags(metadata)),
        "location": _location(ref),
        "authorization": {"resourceRef": str(ref)},
    }
    names = [name for label in labels.values() for name in _labels(label)]
    names += [Name(_text(metadata.get("title")), "preferred"), Name(ref.name, "id")]
    prose = [text for one in texts.values() for text in _prose(one)]
    body = (*prose, *_extra(metadata))
    return IndexableDocument(GLOSSARY, str(ref), fields, _distinct(names), body, _tags(metadata))


def _tags(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    tags = metadata.get("tags")
    return tuple(map(str, tags)) if isinstance(tags, list) else ()


def _by_language(value: Any) -> dict[str, Mapping[str, Any]]:
    """Return the languages of a mapping, those of the glossary first."""
    if not isinstance(value, Mapping):
        return {}
    order = [*(key for key in LANGUAGES if key in value), *value]
    return {key: value[key] for key in order if isinstance(value[key], Mapping)}


def _labels(label: Mapping[str, Any]) -> Iterator[Name]:
    yield Name(_text(label.get("preferred")), "preferred")
    yield Name(_text(label.get("abbreviation")), "abbreviation")
    for member, rank in (("alternatives", "alternative"), ("hidden", "hidden")):
        for text in label.get(member) or ():
            yield Name(_text(text), rank)


def _prose(text: Mapping[str, Any]) -> Iterator[str]:
    """Yield the paragraphs of a concept in one language, without Markdown."""
    for member in ("summary", "overview", "explanation", "relevance"):
        yield from _paragraphs(_text(text.get(member)))
    for case in text.get("useCases") or ():
        if isinstance(case, Mapping):
            yield from _paragraphs(_text(case.get("title")))
            yield from _paragraphs(_text(case.get("description")))


def _paragraphs(text: str) -> Iterator[str]:
    for line in plain(text).split("\n"):
        if line.strip():
            yield line.strip()


def plain(markdown: str) -> str:
    """Return a text without the marks of Markdown."""
    text = _LINK.sub(r"\1", _BLOCK_MARKS.sub("", markdown))
    return _INLINE_MARKS.sub("", text)


def _distinct(names: list[Name]) -> tuple[Name, ...]:
    """Return the names that are there, each text once, in its first rank."""
    kept: dict[str, Name] = {}
    for name in names:
        if name.text:
            kept.setdefault(name.text, name)
    return tuple(kept.values())


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _encoded(part: str) -> str:
    return quote(part.lower(), safe=_NOT_ENCODED)
