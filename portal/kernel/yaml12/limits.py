"""The limits of reading one file, and the budget that counts against them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.kernel.yaml12.faults import FaultError


def too_deep(depth: int) -> str:
    """Return the message for a document that is nested deeper than ``depth``."""
    return f"nested more than {depth} levels deep"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one file.

    Attributes:
        bytes: Size of the whole file, checked before it is parsed.
        depth: Depth of nested collections; libyaml itself crashes on 60 kB of ``[``.
        nodes: Scalars and collections of the whole file.
        alias_nodes: Nodes that aliases stand for: they are copied. A bomb of 428 bytes,
            aliases merged into one another, took PyYAML's own loader 8.9 s.
        alias_characters: Characters of text that aliases stand for.
        documents: Documents of the file.
    """

    bytes: int = 5 * 1024 * 1024
    depth: int = 64
    nodes: int = 500_000
    alias_nodes: int = 10_000
    alias_characters: int = 1_000_000
    documents: int = 5_000


DEFAULT_LIMITS = Limits()


class Budget:
    """What is left of the limits of one file.

    Every method raises ``FaultError`` when a limit is exceeded. ``exhausted`` ends the
    parsing of the file; otherwise it continues with the next document.
    """

    def __init__(self, limits: Limits) -> None:
        self.depth = limits.depth
        self.nodes = limits.nodes
        self.alias_nodes = limits.alias_nodes
        self.alias_characters = limits.alias_characters
        self.documents = limits.documents
        self.exhausted = False

    def spend_document(self, mark: Any) -> None:
        """Count a document that begins.

        Raises:
            FaultError: When the file has too many.
        """
        self.documents -= 1
        if self.documents < 0:
            self.exhausted = True
            raise FaultError("the file has too many documents", mark)

    def spend_alias(self, nodes: int, characters: int, mark: Any) -> None:
        """Count the nodes and characters of an alias, before it is expanded.

        Raises:
            FaultError: When the aliases of the file expand to too much.
        """
        self.alias_nodes -= nodes
        self.alias_characters -= characters
        if self.alias_nodes < 0 or self.alias_characters < 0:
            self.exhausted = True
            raise FaultError("aliases expand to too much", mark, "Write the values out.")

    def check_depth(self, depth: int, mark: Any) -> None:
        """Check the depth of a value.

        Raises:
            FaultError: When it is nested too deep.
        """
        if depth > self.depth:
            raise FaultError(too_deep(self.depth), mark)

    def check_nodes(self, nodes: int, mark: Any) -> None:
        """Check the number of nodes so far.

        Raises:
            FaultError: When there are too many.
        """
        if nodes > self.nodes:
            self.exhausted = True
            raise FaultError("the file has too many values", mark)
