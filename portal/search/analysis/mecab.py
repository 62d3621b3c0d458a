"""The analyzer made of mecab-ko and its dictionary: an extra, imported only if configured."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from collections.abc import Iterator
from functools import lru_cache
from threading import Lock

from portal.kernel.errors import ConfigError

_MISSING = (
    "the setting search_analyzer is 'mecab', which is not installed; "
    "install glossary-portal[mecab] or choose 'suffixes'"
)
#: Prefixes of the tags of content words: nouns, verbs and adjectives, roots, adverbs,
#: numerals, prefixes, foreign words. The rest are particles and endings.
_CONTENT = ("N", "VV", "VA", "XR", "XP", "MAG", "S")
#: The index, among the features of a word, of the morphemes of a contracted one.
_PARTS = 7
#: The number of cached words; more than a catalog uses often.
_CACHED = 65_536


def mecab_cut() -> Callable[[str], str]:
    """Return a function that cuts a Korean word after its last content morpheme.

    Raises:
        ConfigError: When mecab-ko is not installed.
    """
    try:
        parse = importlib.import_module("mecab_ko").Tagger().parse
    except (ImportError, RuntimeError) as error:
        raise ConfigError(_MISSING) from error
    # A tagger must not be used by two threads at a time.
    turn = Lock()

    @lru_cache(maxsize=_CACHED)
    def cut(word: str) -> str:
        with turn:
            text = parse(word)
        morphemes = list(_morphemes(text))
        content = [at for at, (_, tag) in enumerate(morphemes) if tag.startswith(_CONTENT)]
        return "".join(part for part, _ in morphemes[: content[-1] + 1]) if content else ""

    return cut


def _morphemes(text: str) -> Iterator[tuple[str, str]]:
    """Yield form and tag of each morpheme; a contracted word (``만든``) gives its verb's."""
    for line in text.splitlines():
        form, _, rest = line.partition("\t")
        features = rest.split(",")
        if not rest:
            continue
        tag = features[0]
        if "+" in tag and len(features) > _PARTS and "/" in features[_PARTS]:
            form = features[_PARTS].partition("/")[0]
        yield form, tag
