"""Whether what a file defines is used: a class that nothing names proves nothing.

A file runs by itself when a framework or a shell starts it: it has a main function, statements
of its own, or annotations. Any other file must be named by a second one.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import PurePosixPath

from portal.evidence.languages.imports import imports_of
from portal.evidence.languages.source import Source

#: What makes a file run by itself, by the name of its language; searched without strings.
_RUNS = {
    "python": re.compile(
        r"""(?xm) ^\s*@(?!staticmethod|classmethod|property|dataclass|dataclasses|abstractmethod
            |abc\.|functools|contextmanager|contextlib|asynccontextmanager|overload|override
            |lru_cache|cache\b|wraps|\w+\.setter|total_ordering|typing|final\b)
        | __name__\s*== | ^(?:[a-z_][\w.]*)\( | ^(?:with|for|while|async\s+with)\b
        | ^[a-z_]\w*\s*=\s*(?:[\w.]*\b(?:DAG|FastAPI|Flask|App|Typer|Blueprint|APIRouter|Celery|
            Definitions|Consumer|Producer|KafkaConsumer|KafkaProducer)\() """
    ),
    "javascript": re.compile(
        r"""(?xm) ^\s*@[A-Z] | ^(?:await\s+)?[a-z$_][\w$]*(?:\.[\w$]+)*\( | ^new\s | ^\(\s*(?:async|function)
        | ^export\s+(?:default|(?:async\s+)?function\s+(?:GET|POST|PUT|PATCH|DELETE|handler|loader|action|main))\b
        | ^export\s+const\s+(?:GET|POST|PUT|PATCH|DELETE|handler|loader|action|main)\b
        | ^(?:module\.)?exports\.handler | ^void\s """
    ),
    "java": re.compile(
        r"""(?x) (?<![\w.])@(?!Override|SuppressWarnings|Slf4j|Data|Getter|Setter|Builder|Value\b
            |NoArgsConstructor|AllArgsConstructor|RequiredArgsConstructor|Nullable|NonNull|NotNull
            |Deprecated|FunctionalInterface|JvmStatic|SafeVarargs|file:)[A-Z]
        | \b(?:implements|extends)\s | \bfun\s+main\s*\( | \bstatic\s+void\s+main\s*\(
        | \bclass\s+\w+[^{;]*\)?\s*:\s*[A-Z] """
    ),
    "go": re.compile(r"(?m)^func\s+(?:main|init)\s*\("),
    "csharp": re.compile(
        r"(?m)^\s*\[(?!assembly)[A-Z]|\bclass\s+\w+[^{;]*:\s*[A-Z]|\bstatic\b[^;{\n]*\bMain\s*\("
        r"|^(?:var|await|builder|app)\b|\bthis\s+I\w+"
    ),
}
#: Names of files with which an application begins; a repository without any is a library.
_ENTRY = re.compile(
    r"""(?xi) (?:^|/) (?: dockerfile[^/]* | procfile | (?:docker-)?compose[^/]*\.ya?ml
    | main\.(?:py|go|rs|ts|js|kt|java|tsx|jsx|php|rb) | manage\.py | (?:wsgi|asgi|app|server|run|cli)\.(?:py|[cm]?[jt]sx?)
    | index\.html | program\.cs | startup\.cs | \w*application\.(?:java|kt) | next\.config\.\w+ | serverless\.ya?ml
    | chart\.yaml | template\.ya?ml | wrangler\.toml | app\.module\.ts | artisan | config\.ru | mix\.exs ) $
    | (?:^|/)cmd/[^/]+/[^/]+\.go$"""
)


#: What the name of a file has in front, among names of classes and functions.
AS_FILE = "/"


def runs_by_itself(source: Source) -> bool:
    """Return whether a file takes effect without another file that names it."""
    expression = _RUNS.get(source.language.name)
    return expression is None or bool(expression.search(source.bare))


def is_beginning(path: str) -> bool:
    """Return whether an application begins with a file; one without any is a library."""
    return bool(_ENTRY.search(path))


def mentions(source: Source, names: Collection[str], stems: Collection[str]) -> frozenset[str]:
    """Return which of some names a file uses, and which of some modules it imports and uses.

    Args:
        source: The file.
        names: Names of classes and functions.
        stems: Names of files without extension, for languages that import files; those that
            it mentions are returned with ``AS_FILE`` in front.
    """
    found: set[str] = set()
    imported = imports_of(source)
    for one in imported:
        words = set(re.split(r"[./:\\]+", one.module))
        if one.is_used:
            last = PurePosixPath(one.module).name
            found |= {AS_FILE + stem for stem in stems if stem in words or stem == last}
    code = _without_imports(source)
    found |= {
        name
        for name in names
        if name in code and re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", code)
    }
    return frozenset(found)


_IMPORT_LINE = re.compile(r"(?m)^\s*(?:import|from|use|using|require|export\s*[{*])\b.*$")


def _without_imports(source: Source) -> str:
    return _IMPORT_LINE.sub("", source.bare)


def stem_of(path: str) -> str:
    """Return the name under which other files import a file."""
    name = PurePosixPath(path).name
    stem = re.sub(r"\.(?:d\.ts|[a-z]+)$", "", name)
    if stem in {"index", "__init__", "mod"}:
        return PurePosixPath(path).parent.name
    return stem
