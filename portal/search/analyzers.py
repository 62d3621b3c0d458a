"""The ways to cut Korean words, by the name a setting calls them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping

from portal.search.analysis import KOREAN
from portal.search.analysis import CutWord
from portal.search.analysis import stem
from portal.search.analysis import without_suffixes
from portal.search.kinship import kin
from portal.search.mecab import mecab_cut


def _with_mecab() -> CutWord:
    """Return a cut by the dictionary, and by the list where that knows no better.

    ``카프카의`` as a whole is a name to it, for it does not know ``카프카``.
    """
    cut = mecab_cut()

    def cut_by_both(word: str) -> str:
        shorter = cut(word)
        return without_suffixes(word) if shorter == word else shorter

    return cut_by_both


#: Each makes what cuts a word.
ANALYZERS: Mapping[str, Callable[[], CutWord]] = {
    "suffixes": lambda: without_suffixes,
    "mecab": _with_mecab,
}


def choose_analyzer(name: str) -> None:
    """Cut Korean words in another way from here on, in all of this process.

    An index that was made in another way counts as missing.

    Raises:
        ConfigError: When what it needs is not installed.
    """
    if name != KOREAN.name:
        KOREAN.cut, KOREAN.name = ANALYZERS[name](), name
        stem.cache_clear()
        kin.cache_clear()
