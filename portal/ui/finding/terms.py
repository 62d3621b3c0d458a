"""Terms in the prose of a page become links to their concepts, the first mention of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from portal.glossary.service import Glossary
from portal.mentions.service import Mentions
from portal.ui.frame import prose
from portal.ui.frame.prose import Block
from portal.ui.frame.prose import Run
from portal.ui.frame.reader import Reader


class TermLinks:
    """The links of one page, in the order in which its template asks for its texts.

    Args:
        mentions: Finds terms.
        glossary: The concepts, for their definitions.
        reads: The reader.
        own: The name of the concept that the page is about; it has no links.
    """

    def __init__(self, mentions: Mentions, glossary: Glossary, reads: Reader, own: str) -> None:
        self._mentions = mentions
        self._glossary = glossary
        self._reads = reads
        self._linked = {own}

    def line(self, text: str) -> tuple[Run, ...]:
        """Return one line as runs, terms in plain text as links."""
        return self._with_links(prose.inline(text))

    def blocks(self, text: str) -> tuple[Block, ...]:
        """Return a text as paragraphs and lists, terms in plain text as links."""
        return tuple(
            replace(block, lines=tuple(map(self._with_links, block.lines)))
            for block in prose.blocks(text)
        )

    def _with_links(self, runs: tuple[Run, ...]) -> tuple[Run, ...]:
        return tuple(piece for run in runs for piece in self._pieces(run))

    def _pieces(self, run: Run) -> Iterator[Run]:
        if run.style != prose.PLAIN:
            yield run
            return
        at = 0
        for found in self._mentions.find(run.text, without=self._linked, once=True):
            name = found.term.ref.rpartition("/")[2]
            self._linked.add(name)
            if found.start > at:
                yield Run(run.text[at : found.start])
            summary = self._glossary.concept(name, [self._reads.language]).summary
            address = self._reads.url(f"/glossary/{name}")
            yield Run(run.text[found.start : found.end], prose.TERM, address, summary)
            at = found.end
        if at < len(run.text):
            yield Run(run.text[at:])
