"""Languages of source code by the extension of a file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """One language.

    Attributes:
        name: The name in rules: ``java`` stands for every language of the JVM.
        syntax: The name of ast-grep's grammar; empty when there is none.
        comments: The family of its comments and strings.
    """

    name: str
    syntax: str
    comments: str


_PYTHON = Language("python", "python", "python")
_JAVASCRIPT = Language("javascript", "javascript", "javascript")
_TYPESCRIPT = Language("javascript", "typescript", "javascript")
_KOTLIN = Language("java", "kotlin", "c")

#: Languages by file extension, in lower case and without its dot.
BY_EXTENSION = {
    "py": _PYTHON,
    "js": _JAVASCRIPT,
    "jsx": _JAVASCRIPT,
    "mjs": _JAVASCRIPT,
    "cjs": _JAVASCRIPT,
    "ts": _TYPESCRIPT,
    "mts": _TYPESCRIPT,
    "cts": _TYPESCRIPT,
    "tsx": Language("javascript", "tsx", "javascript"),
    "java": Language("java", "java", "c"),
    "kt": _KOTLIN,
    "scala": Language("java", "scala", "c"),
    "groovy": Language("java", "", "c"),
    "go": Language("go", "go", "go"),
    "cs": Language("csharp", "csharp", "csharp"),
    "rs": Language("rust", "rust", "rust"),
    "rb": Language("ruby", "ruby", "hash"),
    "php": Language("php", "php", "php"),
}


def language_of(path: str) -> Language | None:
    """Return the language of a file; ``None`` when it is no source code we know."""
    return BY_EXTENSION.get(path.rpartition(".")[2].lower())
