"""What a file imports, and whether it uses what it imports."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass

from portal.evidence.languages.source import Source
from portal.evidence.languages.statements import Statement
from portal.evidence.languages.statements import statements
from portal.evidence.languages.syntax import can_parse
from portal.evidence.languages.syntax import parsed_statements


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module or name.

    Attributes:
        module: Its full name, in the notation of the language, with the imported name after
            the language's separator where that may be a module: ``google.cloud.bigquery``.
        line: The line of the statement, from 1.
        is_used: Whether the file uses a name the statement binds, or hands it on.
        is_relative: Whether it names a file of the same repository.
    """

    module: str
    line: int
    is_used: bool
    is_relative: bool = False


#: A module, and the names its import binds; no names when importing is itself the use.
_Bound = tuple[str, tuple[str, ...]]
_Parse = Callable[[str, str], Iterator[_Bound]]


def imports_of(source: Source) -> tuple[Import, ...]:
    """Return what a file imports."""
    found = list(parsed_statements(source) if can_parse(source) else statements(source))
    rest = _without(source.bare, found)
    parse = _PARSERS[source.language.name]
    named = _named_crates(source, rest) if source.language.name == "rust" else ()
    return (*named, *_imports(source, found, rest, parse))


def _imports(
    source: Source, found: list[Statement], rest: str, parse: _Parse
) -> tuple[Import, ...]:
    used = frozenset(_NAME.findall(rest))
    return tuple(
        Import(
            module,
            source.line(_first_visible(statement)),
            not names or not used.isdisjoint(names),
            module.startswith("."),
        )
        for statement in found
        for module, names in parse(statement.text, source.path)
    )


_NAME = re.compile(r"[\w$]+")
_CRATE = re.compile(r"(?<![\w:])([a-z_]\w*)::")


def _named_crates(source: Source, rest: str) -> Iterator[Import]:
    """Yield the crates that Rust names in a path, which needs no statement."""
    for name in dict.fromkeys(_CRATE.findall(rest)):
        if name not in {"self", "super", "crate", "std", "core"}:
            yield Import(name, source.line(source.bare.find(f"{name}::")), is_used=True)


def _first_visible(statement: Statement) -> int:
    return statement.start + len(statement.text) - len(statement.text.lstrip())


def _without(text: str, found: list[Statement]) -> str:
    """Return code without its import statements."""
    pieces, at = [], 0
    for statement in sorted(found, key=lambda one: one.start):
        pieces.append(text[at : max(at, statement.start)])
        at = max(at, statement.end)
    return " ".join((*pieces, text[at:]))


# --- by language -----------------------------------------------------------------

_FROM = re.compile(r"\s*from\s+([.\w]+)\s+import\s*\(?([^)]*)")


def _python(text: str, path: str) -> Iterator[_Bound]:
    hands_on = path.endswith("__init__.py")
    text = text.replace("\\\n", " ")
    if match := _FROM.match(text):
        for module in match[2].split(","):
            name, _, bound = module.strip().partition(" as ")
            name, bound = name.strip(), (bound or name).strip()
            if name == "*":
                yield match[1], ()
            elif name:
                dot = "" if match[1].endswith(".") else "."
                yield f"{match[1]}{dot}{name}", () if hands_on else (bound,)
        return
    for module in text.replace("import", "", 1).split(","):
        name, _, bound = module.strip().partition(" as ")
        name, bound = name.strip(), bound.strip() or name.strip().split(".")[0]
        if name:
            yield name, () if hands_on else (bound,)


_JS_MODULE = re.compile(
    r"(?:\bfrom\s*|\brequire\s*\(\s*|\bimport\s*\(?\s*)(?:\"([^\"]*)\"|'([^']*)'|`([^`]*)`)"
)
_JS_NAMES = re.compile(r"[A-Za-z_$][\w$]*")
_JS_WORDS = frozenset(
    "import export from as const let var type default require await typeof".split()
)


def _javascript(text: str, _path: str) -> Iterator[_Bound]:
    for match in _JS_MODULE.finditer(text):
        module = match[1] or match[2] or match[3] or ""
        head = text[: match.start()].strip()
        if re.match(r"import\s+type\b(?!\s*,|\s+from)", head):
            continue
        if not head or (head.startswith("export") and "=" not in head):
            yield module, ()
            continue
        bound = re.sub(r"[\w$]+\s*(?:\bas\b|:)", " ", head.split("=")[0])
        names = tuple(name for name in _JS_NAMES.findall(bound) if name not in _JS_WORDS)
        yield module, names


def _java(text: str, _path: str) -> Iterator[_Bound]:
    words = text.strip().rstrip(";").split()[1:]
    if words and words[0] == "static":
        words = words[1:]
    if not words:
        return
    module = words[0].replace("`", "")
    if "{" in text:  # Scala: import a.b.{C, D => E}
        module = text.strip()[len("import") :].split("{")[0].strip().rstrip(".")
        for name in re.split(r",", text.split("{")[1].split("}", maxsplit=1)[0]):
            inner, _, bound = name.strip().partition("=>")
            yield f"{module}.{inner.strip()}", (bound.strip() or inner.strip(),)
        return
    if module.endswith((".*", "._")):
        yield module[:-2], ()
        return
    bound = words[2] if len(words) > 2 and words[1] == "as" else module.rpartition(".")[2]
    yield module, (bound,)


_QUOTED = re.compile(r"[\"'`]([^\"'`\n]+)[\"'`]")


def _go(text: str, _path: str) -> Iterator[_Bound]:
    for line in text.splitlines():
        if match := _QUOTED.search(line):
            yield match[1], ()  # what is not used does not compile


def _csharp(text: str, _path: str) -> Iterator[_Bound]:
    words = text.strip().rstrip(";").replace("=", " ").split()
    yield words[-1], ()


def _rust(text: str, _path: str) -> Iterator[_Bound]:
    path = re.sub(r"^\s*(?:pub(?:\([^)]*\))?\s+)?(?:use|extern\s+crate)\s+", "", text)
    base, _, inner = path.rstrip(";").strip().partition("::{")
    yield base, ()
    for name in re.split(r"[{},]", inner):
        if one := name.strip():
            yield f"{base}::{one}", ()


def _quoted(text: str, _path: str) -> Iterator[_Bound]:
    for match in _QUOTED.finditer(text):
        prefix = "./" if "require_relative" in text else ""
        yield prefix + match[1], ()


def _php(text: str, _path: str) -> Iterator[_Bound]:
    path = re.sub(r"^\s*use\s+(?:function\s+|const\s+)?", "", text).rstrip(";")
    for one in path.split(","):
        name, _, bound = one.strip().partition(" as ")
        yield name.strip("\\ "), (bound.strip() or name.rpartition("\\")[2].strip(),)


_PARSERS: dict[str, _Parse] = {
    "python": _python,
    "javascript": _javascript,
    "java": _java,
    "go": _go,
    "csharp": _csharp,
    "rust": _rust,
    "ruby": _quoted,
    "php": _php,
}
#: What stands between the segments of a module's name.
SEPARATORS = {
    "python": ".",
    "javascript": "/",
    "java": ".",
    "go": "/",
    "csharp": ".",
    "rust": "::",
    "ruby": "/",
    "php": "\\",
}


def is_below(module: str, name: str, language: str) -> bool:
    """Return whether a module is the named one, or inside of it."""
    if language == "php":  # names of PHP have no case
        module, name = module.casefold(), name.casefold()
    return module == name or module.startswith(name + SEPARATORS[language])
