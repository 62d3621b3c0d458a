"""Entities to documents: ``software-catalog`` in Backstage's shape, ``glossary`` in ours."""

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
from portal.search.indexing.evidence import tools
from portal.search.indexing.owners import owner_name

SOFTWARE_CATALOG = "software-catalog"
GLOSSARY = "glossary"
#: The languages of a concept; results are shown in the first.
LANGUAGES = ("ko", "en")

#: Markdown's marks of headings, lists, quotes, code and links.
_BLOCK_MARKS = re.compile(r"^[ \t]*(?:(?:#{1,6}|[-*+>]|\d+\.)[ \t]+|`{3}\w*|~{3}\w*)", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
_INLINE_MARKS = re.compile(r"[*`]+|(?<!\w)_+|_+(?!\w)")
#: Characters that JavaScript's ``encodeURIComponent`` leaves as they are.
_NOT_ENCODED = "!'()*"


def collate(entity: Entity) -> Iterator[IndexableDocument]:
    """Yield the documents of an entity."""
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
        owner=owner_name(entity),
    )


def _location(ref: EntityRef) -> str:
    """Return the path of an entity's page in Backstage's frontend."""
    path = "/".join(map(_encoded, (ref.namespace, ref.kind, ref.name)))
    return f"/catalog/{path}"


def _describing(entity: Entity) -> Iterator[str]:
    """Yield the parts of a result's ``text``, as Backstage's collator joins them."""
    profile = (entity.get("spec") or {}).get("profile")
    profile = profile if isinstance(profile, Mapping) else {}
    yield _text(entity["metadata"].get("description"))
    if entity["kind"] in {"Group", "User"}:
        yield _text(profile.get("displayName"))
    if entity["kind"] == "User":
        yield _text(profile.get("email"))


def _extra(metadata: Mapping[str, Any]) -> Iterator[str]:
    """Yield further searched texts: tags, and titles of links."""
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
    return IndexableDocument(
        GLOSSARY,
        str(ref),
        fields,
        _distinct(names),
        (*prose, *_extra(metadata)),
        _tags(metadata),
        tuple(_symptoms(spec)),
        tuple(tools(spec)),
        owner_name(entity),
    )


def _tags(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    tags = metadata.get("tags")
    return tuple(map(str, tags)) if isinstance(tags, list) else ()


def _by_language(value: Any) -> dict[str, Mapping[str, Any]]:
    """Return a mapping by language, with the portal's ``LANGUAGES`` first."""
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


def _symptoms(spec: Mapping[str, Any]) -> Iterator[str]:
    symptoms = spec.get("symptoms")
    for several in symptoms.values() if isinstance(symptoms, Mapping) else ():
        yield from (one for one in several if isinstance(one, str))


def _prose(text: Mapping[str, Any]) -> Iterator[str]:
    """Yield the paragraphs of a concept in one language, as plain text."""
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
    """Return a text without Markdown's marks."""
    text = _LINK.sub(r"\1", _BLOCK_MARKS.sub("", markdown))
    return _INLINE_MARKS.sub("", text)


def _distinct(names: list[Name]) -> tuple[Name, ...]:
    """Return the non-empty names without duplicates; the first rank of a text counts."""
    kept: dict[str, Name] = {}
    for name in names:
        if name.text:
            kept.setdefault(name.text, name)
    return tuple(kept.values())


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _encoded(part: str) -> str:
    return quote(part.lower(), safe=_NOT_ENCODED)
