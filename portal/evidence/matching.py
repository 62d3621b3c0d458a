"""Which rules may match which file, before it is parsed: by its path, then by its bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from functools import lru_cache

from portal.evidence.analyses.table import is_report
from portal.evidence.languages.definitions import folded
from portal.evidence.languages.imports import SEPARATORS
from portal.evidence.languages.language import language_of
from portal.evidence.manifests.table import reader_of
from portal.evidence.rule import Rule
from portal.evidence.rule import RuleSet
from portal.scm import globs

#: Bytes in lower case, and those that names may have between their words.
_LOWER = bytes.maketrans(bytes(range(65, 91)), bytes(range(97, 123)))
_BETWEEN = b"_-.$ "
#: The extensions that a ``text`` rule without ``files`` looks at, beside source code.
_ALSO_CODE = (".sql", ".prisma", ".graphql", ".proto", ".ex", ".exs", ".clj", ".swift")
_LITERAL_END = re.compile(r"[^*?\[\]/]*$")


@dataclass(frozen=True, slots=True)
class Glob:
    """A glob over paths, with the literal text that its matches end in."""

    pattern: str
    end: str
    matches: Callable[[str], bool]

    @classmethod
    def of(cls, pattern: str) -> Glob:
        """Return a glob, compiled."""
        folded_pattern = pattern.casefold()
        end = _LITERAL_END.search(folded_pattern)
        return cls(pattern, end[0] if end else "", globs.matcher(folded_pattern))

    def has(self, path: str) -> bool:
        """Return whether a path, in lower case, matches: case does not matter."""
        return path.endswith(self.end) and self.matches(path)

    def may_have(self, extension: str) -> bool:
        """Return whether a file of an extension may match, in lower case and without its dot."""
        if "." in self.end:
            return self.end.rpartition(".")[2] == extension
        return not self.end or not extension or extension.endswith(self.end)


class Content:
    """The bytes of a file, in which words are looked for before anything is parsed.

    Args:
        data: The content, in UTF-8.
    """

    def __init__(self, data: bytes) -> None:
        self._text = data.translate(_LOWER, _BETWEEN)
        self._known: dict[bytes, bool] = {}

    def has(self, needle: bytes) -> bool:
        """Return whether the content has some bytes, in lower case and without separators."""
        found = self._known.get(needle)
        if found is None:
            found = self._known[needle] = needle in self._text
        return found

    def may_have(self, word: str) -> bool:
        """Return whether the content may have a word of a rule: it has its longest part."""
        return self.has(_needle_of(word))


@dataclass(frozen=True)
class Matchers:
    """The rules of a set, arranged for quick decisions.

    Attributes:
        rules: The rules; others refer to one by its position here.
    """

    rules: RuleSet

    def for_path(self, path: str, *, is_documentation: bool = False) -> tuple[int, ...]:
        """Return the rules that may match the content of a file, by its path.

        Documentation is for those rules only that ask for it.
        """
        if is_documentation and not self._of_documentation:
            return ()
        found = self._for_path(path)
        return tuple(n for n in found if not is_documentation or n in self._of_documentation)

    def _for_path(self, path: str) -> Iterator[int]:
        if reader_of(path):
            yield from self._by_form["dependency"]
        if is_report(path):
            yield from self._by_form["report"]
        language = language_of(path)
        if language:
            yield from self._by_language.get(language.name, ())
            yield from self._by_form["definition"]
        lower = path.casefold()
        if language is not None or lower.endswith(_ALSO_CODE):
            yield from self._over_code
        for number, several in self._globs_for(_extension(lower)):
            if any(one.has(lower) for one in several):
                yield number

    def for_content(self, numbers: Iterable[int], content: Content) -> tuple[int, ...]:
        """Return those of some rules that have, of each of their lists of words, one in a file."""
        needles = self._needles
        return tuple(
            number
            for number in numbers
            if all(any(map(content.has, words)) for words in needles[number])
        )

    def by_name(self) -> Iterator[tuple[int, tuple[Glob, ...]]]:
        """Yield the rules over names of files, with their globs."""
        for number in self._by_form["file"]:
            patterns = self.rules.rules[number].texts("paths")
            yield number, tuple(Glob.of(pattern) for pattern in patterns)

    @cached_property
    def _by_form(self) -> dict[str, tuple[int, ...]]:
        forms = ("dependency", "definition", "file", "report")
        numbered = list(enumerate(self.rules.rules))
        return {form: tuple(n for n, rule in numbered if rule.form == form) for form in forms}

    @cached_property
    def _of_documentation(self) -> frozenset[int]:
        """The rules that read documentation, too."""
        numbered = enumerate(self.rules.rules)
        return frozenset(n for n, rule in numbered if rule.body.get("documentation"))

    @cached_property
    def _by_language(self) -> dict[str, tuple[int, ...]]:
        found: dict[str, list[int]] = {}
        for number, rule in enumerate(self.rules.rules):
            if rule.form in {"import", "code"}:
                found.setdefault(str(rule.body["language"]), []).append(number)
        return {language: tuple(numbers) for language, numbers in found.items()}

    @cached_property
    def _over_code(self) -> tuple[int, ...]:
        """The rules that look at every file of source code."""
        rules = self.rules.rules
        return tuple(n for n in self._over_files if not rules[n].texts("files"))

    @cached_property
    def _over_files(self) -> tuple[int, ...]:
        numbered = enumerate(self.rules.rules)
        return tuple(n for n, rule in numbered if rule.form in {"text", "configuration"})

    @cached_property
    def _globs(self) -> tuple[tuple[int, tuple[Glob, ...]], ...]:
        return tuple(
            (number, tuple(Glob.of(pattern) for pattern in self.rules.rules[number].texts("files")))
            for number in self._over_files
        )

    @cached_property
    def _by_extension(self) -> dict[str, tuple[tuple[int, tuple[Glob, ...]], ...]]:
        return {}

    def _globs_for(self, extension: str) -> tuple[tuple[int, tuple[Glob, ...]], ...]:
        """Return the rules with the globs that may match a file of some extension."""
        found = self._by_extension.get(extension)
        if found is None:
            narrowed = (
                (number, tuple(one for one in several if one.may_have(extension)))
                for number, several in self._globs
            )
            found = tuple((number, several) for number, several in narrowed if several)
            self._by_extension[extension] = found
        return found

    @cached_property
    def _needles(self) -> tuple[tuple[tuple[bytes, ...], ...], ...]:
        return tuple(tuple(_lists_of(rule)) for rule in self.rules.rules)


def _extension(path: str) -> str:
    """Return what follows the last dot of a file's name; empty when there is none."""
    return path.rpartition("/")[2].rpartition(".")[2] if "." in path.rpartition("/")[2] else ""


#: What stands before the whole name of a module where it is imported, by language; blanks,
#: dots and hyphens are left out on both sides. Other languages may take a name apart.
_BEFORE_IMPORT = {
    "python": ("import", "from", ",", "\\\n"),
    "javascript": ('"', "'", "`"),
    "go": ('"', "`"),
    "ruby": ('"', "'"),
}


def _import_words(rule: Rule) -> Iterator[str]:
    language = str(rule.body["language"])
    separator = SEPARATORS[language]
    for name in rule.texts("names"):
        if language in _BEFORE_IMPORT and not (language == "python" and separator in name):
            yield from (f"{before}{name}" for before in _BEFORE_IMPORT[language])
        else:
            yield max(name.split(separator), key=len)


def _code_words(rule: Rule) -> Iterator[str]:
    for pattern in patterns_of(rule):
        words = re.findall(r"(?<![$\w])[A-Za-z_]\w*", pattern)
        yield max(words, key=len, default="")


def _parts_of(member: str, separators: str) -> Callable[[Rule], Iterator[str]]:
    """Return a function that yields the longest part of each text of a member."""
    expression = re.compile(separators)
    return lambda rule: (max(expression.split(text), key=len) for text in rule.texts(member))


def _package_words(rule: Rule) -> Iterator[str]:
    # In Maven and Gradle a name may be put together from properties and catalogs.
    for name in rule.texts("names") if rule.body["ecosystem"] != "maven" else ():
        yield max(re.split(r"[*/]", name), key=len)


#: By form: words of which a file that a rule matches has at least one; none for any file.
_WORDS: dict[str, Callable[[Rule], Iterator[str]]] = {
    "import": _import_words,
    "code": _code_words,
    "configuration": _parts_of("keys", r"[.*]"),
    "definition": _parts_of("names", r"[*?]"),
    "text": _parts_of("words", r"[*]"),
    "dependency": _package_words,
    "report": _parts_of("results", r"[*]"),
}


def _lists_of(rule: Rule) -> Iterator[tuple[bytes, ...]]:
    """Yield lists of needles, the shortest first: a file has one of each, or does not match."""
    lists = [_WORDS[rule.form](rule)] if rule.form in _WORDS else []
    member = {"text": "also", "import": "words", "definition": "words"}.get(rule.form, "")
    lists += [_longest(words) for words in rule.body.get(member) or ()]
    found = (tuple({_needle(word) for word in words}) for words in lists)
    yield from sorted((needles for needles in found if needles), key=len)


def _longest(words: Iterable[str]) -> Iterator[str]:
    return (max(word.split("*"), key=len) for word in words)


def _needle(word: str) -> bytes:
    return folded(word).encode()


@lru_cache(maxsize=8192)
def _needle_of(word: str) -> bytes:
    return _needle(max(word.split("*"), key=len))


def patterns_of(rule: Rule) -> tuple[str, ...]:
    """Return the patterns of a ``code`` rule."""
    single = rule.body.get("pattern")
    return (*((single,) if single else ()), *rule.texts("patterns"))


@lru_cache(maxsize=4096)
def words_expression(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return the expression of some words of a rule, of which one has to match.

    Case does not matter; ``-`` stands for any one of ``-``, ``_``, a blank or nothing, and
    ``*`` for any letters and digits: ``idempotency-key`` is ``idempotencyKey``.
    """
    return re.compile("|".join(map(_word, words)), re.IGNORECASE)


def _word(word: str) -> str:
    parts = {"-": r"[-_ ]?", "*": r"\w{0,60}"}
    # A star at an end only lifts the boundary there: what it stands for need not be read.
    body = "".join(parts.get(char) or re.escape(char) for char in word.strip("*"))
    before = "" if not re.match(r"\w", word) else r"(?<![A-Za-z0-9])"
    after = "" if not re.search(r"\w$", word) else r"(?![A-Za-z0-9])"
    return f"{before}{body}{after}"
