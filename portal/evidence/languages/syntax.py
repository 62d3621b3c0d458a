"""Syntax trees, by ast-grep: the only module that uses it.

ast-grep is the extra ``evidence``. Without it ``AVAILABLE`` is false, and ``statements`` and
``patterns`` of this room read lines and tokens.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from portal.evidence.languages.source import Source
from portal.evidence.languages.statements import Statement

if TYPE_CHECKING:
    from ast_grep_py import SgNode

#: Whether the extra ``evidence`` is installed.
AVAILABLE = find_spec("ast_grep_py") is not None
#: Node kinds of import statements, by grammar.
_KINDS = {
    "python": ("import_statement", "import_from_statement"),
    "javascript": ("import_statement", "export_statement", "call_expression"),
    "typescript": ("import_statement", "export_statement", "call_expression"),
    "tsx": ("import_statement", "export_statement", "call_expression"),
    "java": ("import_declaration",),
    "kotlin": ("import_header",),
    "scala": ("import_declaration",),
    "go": ("import_spec",),
    "csharp": ("using_directive",),
    "rust": ("use_declaration", "extern_crate_declaration"),
    "ruby": ("call",),
    "php": ("namespace_use_declaration",),
}
#: What statements of kinds that are not only imports begin with.
_CALLS = ("require", "import")
#: The largest file that is parsed, in characters.
_LARGEST = 1_000_000


def can_parse(source: Source) -> bool:
    """Return whether there is a parser for a file."""
    return AVAILABLE and source.language.syntax in _KINDS and len(source.written) <= _LARGEST


@lru_cache(maxsize=2)
def _root(source: Source) -> SgNode:
    from ast_grep_py import SgRoot

    return SgRoot(source.written, source.language.syntax).root()


def parsed_statements(source: Source) -> Iterator[Statement]:
    """Yield the import statements of a file, as its syntax tree has them."""
    for kind in _KINDS[source.language.syntax]:
        for node in _root(source).find_all(kind=kind):
            if (found := _import_node(kind, node)) is not None:
                start, end = found.range().start.index, found.range().end.index
                yield Statement(source.text[start:end], start, end)


def _import_node(kind: str, node: SgNode) -> SgNode | None:
    """Return the node of an import; for a call its declaration, which has the names it binds."""
    if kind == "export_statement":
        return node if node.field("source") else None
    if kind not in {"call_expression", "call"}:
        return node
    called = node.field("function") or node.field("method")
    if called is None or not called.text().startswith(_CALLS):
        return None
    for parent in node.ancestors()[:4]:
        if parent.kind() in {"lexical_declaration", "variable_declaration"}:
            return parent if _is_short(parent) else node
    return node


def _is_short(node: SgNode) -> bool:
    found = node.range()
    return found.end.line - found.start.line < 40


def places(source: Source, pattern: str) -> Iterator[int]:
    """Yield the offsets at which a pattern of ast-grep matches."""
    try:
        found = _root(source).find_all(pattern=pattern)
    except RuntimeError:  # the pattern is no code of this grammar
        return
    for node in found:
        yield node.range().start.index
