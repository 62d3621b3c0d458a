"""Documentation of a concept that has none of its own: made from its sections.

It is a file tree like that of a repository, with a page in each language, so that whatever
reads documentation reads it as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from portal.kernel.errors import NotFoundError
from portal.model.entity import Entity
from portal.scm.file_names import FileNames
from portal.scm.snapshot import Blob
from portal.scm.snapshot import Entry

#: The headings of a concept's sections, by language.
_HEADINGS: Mapping[str, Mapping[str, str]] = {
    "ko": {
        "overview": "세 줄 요약",
        "explanation": "심층 설명",
        "relevance": "Vibe Coder에게 왜 중요한가",
        "useCases": "실제 사용 용례",
        "symptoms": "이런 고민이 있다면",
        "names": "다른 이름",
        "links": "이어지는 개념",
        "implementers": "이 개념을 구현한 곳",
        "starter": "프로젝트 시작하기",
        "sources": "더 읽을거리",
        "language": "한국어",
    },
    "en": {
        "overview": "In three lines",
        "explanation": "In depth",
        "relevance": "Why it matters to a vibe coder",
        "useCases": "In practice",
        "symptoms": "You may be looking for this when…",
        "names": "Also called",
        "links": "Connected concepts",
        "implementers": "Who implements it",
        "starter": "Begin a project",
        "sources": "Read more",
        "language": "English",
    },
}
_LINKS = ("broader", "narrower", "partOf", "hasPart", "relatedTo", "contrastsWith", "replacedBy")


class GeneratedTree:
    """The pages made of a concept; implements ``FileTree``.

    Args:
        files: Content by path.
        commit: The commit that the concept was read at.
    """

    def __init__(self, files: Mapping[str, bytes], commit: str) -> None:
        self.commit = commit
        self._files = dict(files)
        self.entries = {path: Entry(_id(data), len(data)) for path, data in files.items()}
        self.names = FileNames(self.entries.keys())

    def read(self, path: str) -> Blob:
        """Return a file.

        Raises:
            NotFoundError: When there is none.
        """
        if path not in self._files:
            raise NotFoundError(f"file {path} does not exist")
        return Blob(path, self._files[path], self.entries[path].id)

    def glob(self, pattern: str) -> list[str]:
        """Return the paths a glob matches, sorted."""
        return self.names.matching(pattern)


def _id(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def concept_tree(
    entity: Entity, titles: Mapping[str, Mapping[str, str]], commit: str
) -> GeneratedTree:
    """Return the documentation of a concept: ``docs/index.md``, and ``docs/en/index.md``.

    Args:
        entity: The final entity of kind Concept.
        titles: The titles of related entities by ref and language (``""`` for any).
        commit: The commit that it was read at.
    """
    written = [language for language in _HEADINGS if language in entity["spec"].get("text", {})]
    files: dict[str, bytes] = {}
    nav: list[str] = []
    for at, language in enumerate(written):
        name = f"{language}/index.md" if at else "index.md"
        lines = list(_page(entity, language, titles))
        files[f"docs/{name}"] = "\n".join(lines).encode()
        nav.append(f'  - "{_HEADINGS[language]["language"]}": {name}')
    files["mkdocs.yml"] = "\n".join(["nav:", *nav, ""]).encode()
    return GeneratedTree(files, commit)


def _page(entity: Entity, language: str, titles: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    spec, words = entity["spec"], _HEADINGS[language]
    text = spec["text"][language]
    labels = spec.get("labels", {}).get(language, {})
    yield from (f"# {labels.get('preferred') or entity['metadata']['name']}", "")
    yield from (f"**{_line(text.get('summary'))}**", "")
    yield from (f"## {words['overview']}", "")
    yield from (f"1. {line.strip()}" for line in str(text.get("overview", "")).splitlines() if line)
    for key in ("explanation", "relevance"):
        yield from ("", f"## {words[key]}", "", str(text.get(key, "")), "")
    yield from (f"## {words['useCases']}", "")
    for case in text.get("useCases", ()):
        yield from (f"### {_line(case.get('title'))}", "", str(case.get("description", "")), "")
    symptoms = (spec.get("symptoms") or {}).get(language, ())
    yield from _list(words["symptoms"], [f"- {_line(one)}" for one in symptoms])
    names = [labels.get("abbreviation"), *labels.get("alternatives", ())]
    yield from _list(words["names"], [f"- {_line(name)}" for name in names if name])
    yield from _relations(entity, language, titles)
    links = entity["metadata"].get("links", ())
    pages = [f"- {_link(one.get('title') or one['url'], one['url'])}" for one in links]
    yield from _list(words["sources"], pages)


def _relations(
    entity: Entity, language: str, titles: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    groups = {
        "links": _LINKS,
        "implementers": ("conceptImplementedBy",),
        "starter": ("hasStarter",),
    }
    for key, types in groups.items():
        relations = [one for one in entity.get("relations", ()) if one["type"] in types]
        refs = dict.fromkeys(one["targetRef"] for one in relations)
        items = [_entity_link(ref, language, titles) for ref in refs]
        yield from _list(_HEADINGS[language][key], items)


def _entity_link(ref: str, language: str, titles: Mapping[str, Mapping[str, str]]) -> str:
    known = titles.get(ref, {})
    kind, _, rest = ref.partition(":")
    namespace, _, name = rest.partition("/")
    title = known.get(language) or known.get("") or name
    # The address of an entity's page is the same in this portal and in Backstage.
    return f"- {_link(title, f'/catalog/{namespace}/{kind}/{name}')}"


def _list(heading: str, items: list[str]) -> Iterator[str]:
    if items:
        yield from (f"## {heading}", "", *items, "")


def _line(value: Any) -> str:
    return " ".join(str(value or "").split())


def _link(title: str, url: str) -> str:
    text = _line(title).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return f"[{text}](<{_line(url).replace('<', '%3C').replace('>', '%3E')}>)"
