"""The analyzers of Korean words, by the values of the setting ``search_analyzer``."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping

from portal.search.analysis.mecab import mecab_cut
from portal.search.analysis.word_variants import variants
from portal.search.analysis.words import KOREAN
from portal.search.analysis.words import CutWord
from portal.search.analysis.words import stem
from portal.search.analysis.words import stem_as_written
from portal.search.analysis.words import without_suffixes


def _with_mecab() -> CutWord:
    """Return a function that cuts by the dictionary, and by the suffix list where it cuts nothing.

    The dictionary does not know ``카프카``, so it takes ``카프카의`` for one name.
    """
    cut = mecab_cut()

    def cut_by_both(word: str) -> str:
        shorter = cut(word)
        return without_suffixes(word) if shorter == word else shorter

    return cut_by_both


#: Each returns a function that cuts a word.
ANALYZERS: Mapping[str, Callable[[], CutWord]] = {
    "suffixes": lambda: without_suffixes,
    "mecab": _with_mecab,
}


def choose_analyzer(name: str) -> None:
    """Set the analyzer of Korean words for the whole process.

    An index that was built with another analyzer counts as missing.

    Raises:
        ConfigError: When its package is not installed.
    """
    if name != KOREAN.name:
        KOREAN.cut, KOREAN.name = ANALYZERS[name](), name
        stem.cache_clear()
        stem_as_written.cache_clear()
        variants.cache_clear()
