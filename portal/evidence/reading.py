"""One file becomes facts: every rule that may match it is applied."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from fnmatch import fnmatchcase
from functools import cached_property

from portal.evidence.analyses.table import results_of
from portal.evidence.configuration import folded_key
from portal.evidence.configuration import is_at
from portal.evidence.configuration import settings_of
from portal.evidence.facts import Facts
from portal.evidence.facts import Hit
from portal.evidence.languages.code import matching_lines
from portal.evidence.languages.definitions import Definition
from portal.evidence.languages.definitions import definitions_of
from portal.evidence.languages.definitions import folded
from portal.evidence.languages.imports import Import
from portal.evidence.languages.imports import imports_of
from portal.evidence.languages.imports import is_below
from portal.evidence.languages.language import language_of
from portal.evidence.languages.source import Source
from portal.evidence.languages.source import without_comments
from portal.evidence.manifests.dependency import Dependency
from portal.evidence.manifests.dependency import ReadOther
from portal.evidence.manifests.dependency import decoded
from portal.evidence.manifests.dependency import in_utf_8
from portal.evidence.manifests.dependency import rule_name
from portal.evidence.manifests.table import reader_of
from portal.evidence.matching import Content
from portal.evidence.matching import Matchers
from portal.evidence.matching import patterns_of
from portal.evidence.matching import words_expression
from portal.evidence.rule import Rule
from portal.evidence.scopes import is_generated
from portal.evidence.wiring import runs_by_itself

#: How many places of one file a rule reports.
_MOST_PLACES = 3
#: The best score of a check of Scorecard.
_WHOLE_SCORE = 10
#: Families of comments of files that are no source code of a known language.
_COMMENTS = {
    "sql": "sql",
    "yaml": "hash",
    "yml": "hash",
    "toml": "hash",
    "properties": "hash",
    "tf": "hcl",
    "xml": "xml",
    "prisma": "c",
    "graphql": "hash",
    "proto": "c",
    "swift": "c",
    "ex": "hash",
    "exs": "hash",
}


@dataclass(frozen=True)
class File:
    """A file that is being read.

    Attributes:
        path: Its path, from the root of the repository.
        data: Its content.
        read_other: Reads another file of the repository.
        is_local: Whether a module of Python of that name is the component's own.
    """

    path: str
    data: bytes
    read_other: ReadOther
    is_local: Callable[[str, str], bool] = field(default=lambda _module, _path: False)

    @cached_property
    def content(self) -> Content:
        """The content in UTF-8, to look for words in."""
        return Content(in_utf_8(self.data))

    @cached_property
    def text(self) -> str:
        """The content as text."""
        return decoded(self.data)

    @cached_property
    def source(self) -> Source | None:
        """The content as source code, if it is that."""
        language = language_of(self.path)
        return Source(self.path, self.text, language) if language else None

    @cached_property
    def code(self) -> str:
        """The content without its comments."""
        if self.source:
            return self.source.text
        family = _COMMENTS.get(self.path.rpartition(".")[2].lower(), "none")
        return without_comments(self.text, family)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.code))]

    def line(self, offset: int) -> int:
        """Return the line of an offset in ``code``, from 1."""
        return bisect_right(self._starts, offset)

    def lines(self, first: int, last: int) -> str:
        """Return some lines of ``code``, counted from 1, both included, as far as there are any."""
        starts = self._starts
        end = starts[last] if last < len(starts) else len(self.code)
        return self.code[starts[max(first, 1) - 1] : end]

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """What it imports."""
        return imports_of(self.source) if self.source else ()

    @cached_property
    def dependencies(self) -> tuple[Dependency, ...]:
        """What it declares, when it is a manifest or a lock."""
        read = reader_of(self.path)
        return tuple(read(self.text, self.path, self.read_other)) if read else ()

    @cached_property
    def definitions(self) -> tuple[Definition, ...]:
        """What it defines."""
        return tuple(definitions_of(self.source)) if self.source else ()


def facts_of(file: File, matchers: Matchers, numbers: Iterable[int]) -> Facts:
    """Return what a file shows for some rules."""
    if is_generated(file.data):
        return Facts()
    found: list[Hit] = []
    gap = ""
    for number in matchers.for_content(numbers, file.content):
        rule = matchers.rules.rules[number]
        try:
            found += _first(_APPLY[rule.form](file, rule, number))
        except ValueError as error:
            gap = str(error).splitlines()[0] if str(error) else "cannot be read"
    return Facts(tuple(found), gap)


def _first(hits: Iterator[Hit]) -> list[Hit]:
    """Return the most telling of the hits of one rule in one file."""
    found = []
    for hit in hits:
        found.append(hit)
        if len(found) >= 20 * _MOST_PLACES:
            break
    found.sort(key=lambda hit: (bool(hit.weakened), hit.line))
    return found[:_MOST_PLACES]


# --- by form ---------------------------------------------------------------------


def _by_dependency(file: File, rule: Rule, number: int) -> Iterator[Hit]:
    ecosystem = str(rule.body["ecosystem"])
    names = [rule_name(ecosystem, name) for name in rule.texts("names")]
    for one in file.dependencies:
        if one.purl.type != ecosystem:
            continue
        name = rule_name(ecosystem, one.name)
        if any(_is_named(name, wanted, ecosystem) for wanted in names):
            weakened = "" if one.is_direct else "indirect"
            yield Hit(number, one.line, one.purl.to_string(), one.scope, weakened)


def _is_named(name: str, wanted: str, ecosystem: str) -> bool:
    if "*" in wanted:
        return fnmatchcase(name, wanted)
    if ecosystem == "golang":  # a major version is part of a module's path
        return name == wanted or bool(re.fullmatch(re.escape(wanted) + r"/v\d+", name))
    if ecosystem == "maven":  # and Scala's version is part of a module's name
        return name == wanted or bool(re.fullmatch(re.escape(wanted) + r"_\d[\d.]*", name))
    return name == wanted


def _by_import(file: File, rule: Rule, number: int) -> Iterator[Hit]:
    language = str(rule.body["language"])
    found = [
        (one, name)
        for one in file.imports
        for name in rule.texts("names")
        if is_below(one.module, name, language) and not _is_own(file, one, language)
    ]
    if not found or not _has_words(file, rule, "words"):
        return
    needs = _needs_use(file)
    for one, _name in found:
        weakened = "" if one.is_used else "unused"
        yield Hit(number, one.line, one.module, weakened=weakened, needs_use=needs)


def _is_own(file: File, one: Import, language: str) -> bool:
    """Return whether an import names a module of the component itself."""
    if one.is_relative:
        return True
    return language == "python" and file.is_local(one.module, file.path)


def _has_words(file: File, rule: Rule, member: str) -> bool:
    """Return whether a file has a word of every list of a member of a rule."""
    return all(_has_one(file, words) for words in rule.body.get(member) or ())


def _has_one(file: File, words: Iterable[str]) -> bool:
    some = tuple(filter(file.content.may_have, words))
    return bool(some and words_expression(some).search(file.code))


def _needs_use(file: File) -> tuple[str, ...]:
    """Return the names of which one must be used elsewhere; none for a file that runs."""
    if file.source is None or runs_by_itself(file.source):
        return ()
    return tuple(dict.fromkeys(one.name for one in file.definitions))[:40]


def _by_code(file: File, rule: Rule, number: int) -> Iterator[Hit]:
    if file.source is None or not _imports_one(file, rule):
        return
    needs = _needs_use(file)
    for line, pattern in matching_lines(file.source, patterns_of(rule)):
        yield Hit(number, line, pattern, needs_use=needs)


def _imports_one(file: File, rule: Rule) -> bool:
    names = rule.texts("imports")
    language = str(rule.body["language"])
    return not names or any(
        is_below(one.module, name, language) for one in file.imports for name in names
    )


def _by_definition(file: File, rule: Rule, number: int) -> Iterator[Hit]:
    if file.source is None or not _has_words(file, rule, "words"):
        return
    names = [folded(name) for name in rule.texts("names")]
    for one in file.definitions:
        if any(fnmatchcase(folded(one.name), name) for name in names):
            is_used_here = _is_used_outside(file.source, one)
            needs = () if is_used_here else tuple({one.name, *_around(file, one)})
            yield Hit(number, one.line, one.name, needs_use=needs)


def _around(file: File, inner: Definition) -> Iterator[str]:
    """Yield what a definition stands in: a method is used through its class."""
    for one in file.definitions:
        if one.start < inner.start and inner.end <= one.end:
            yield one.name


def _is_used_outside(source: Source, one: Definition) -> bool:
    """Return whether a file calls or makes what it defines, outside of the definition."""
    expression = re.compile(rf"(?<![\w$]){re.escape(one.name)}\s*(?:<[^>\n]*>\s*)?[({{]")
    return any(
        not one.start <= match.start() < one.end for match in expression.finditer(source.bare)
    )


def _by_text(file: File, rule: Rule, number: int) -> Iterator[Hit]:
    if not _has_words(file, rule, "also"):
        return
    words = tuple(filter(file.content.may_have, rule.texts("words")))
    for match in words_expression(words).finditer(file.code) if words else ():
        line = file.line(match.start())
        if _has_near(file, rule, line):
            yield Hit(number, line, match[0][:80])


def _has_near(file: File, rule: Rule, line: int) -> bool:
    """Return whether the words of ``also`` stand within the lines that a rule allows."""
    near = rule.body.get("near")
    if near is None:
        return True
    around = file.lines(line - near, line + near)
    also = rule.body.get("also") or ()
    return all(words_expression(tuple(words)).search(around) for words in also)


def _by_configuration(file: File, rule: Rule, number: int) -> Iterator[Hit]:
    keys = [folded_key(key) for key in rule.texts("keys")]
    for setting in settings_of(file.path, file.text):
        key = folded_key(setting.key)
        if any(is_at(key, wanted) for wanted in keys) and _has_value(rule, setting.value):
            yield Hit(number, setting.line, setting.key)
            if not rule.texts("values"):
                return


def _has_value(rule: Rule, value: str) -> bool:
    value = value.casefold()
    allowed, refused = rule.texts("values"), rule.texts("without")
    if any(fnmatchcase(value, one.casefold()) for one in refused):
        return False
    return not allowed or any(fnmatchcase(value, one.casefold()) for one in allowed)


def _by_report(file: File, rule: Rule, number: int) -> Iterator[Hit]:
    least = rule.body.get("least", _WHOLE_SCORE)
    for one in results_of(file.path, file.text):
        if not _is_one_of(one.id, rule.texts("results")):
            continue
        if not _is_one_of(one.tool, rule.texts("tools") or ("*",)):
            continue
        if one.score is None or one.score >= least:
            yield Hit(number, one.line if one.path else one.at(), one.id, place=one.path)


def _is_one_of(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name.casefold(), one.casefold()) for one in patterns)


_APPLY: dict[str, Callable[[File, Rule, int], Iterator[Hit]]] = {
    "dependency": _by_dependency,
    "import": _by_import,
    "code": _by_code,
    "definition": _by_definition,
    "text": _by_text,
    "configuration": _by_configuration,
    "report": _by_report,
}
