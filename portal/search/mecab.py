"""Korean words cut with mecab-ko and its dictionary: an extra, loaded only when chosen."""

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
#: The beginnings of tags that stand for something: nouns, verbs and adjectives, roots,
#: adverbs, numerals, prefixes, foreign words; the rest is particles and endings.
_CONTENT = ("N", "VV", "VA", "XR", "XP", "MAG", "S")
#: Where the features of a word tell what a contracted one is made of.
_PARTS = 7
#: More words than a catalog uses often.
_KEPT = 65_536


def mecab_cut() -> Callable[[str], str]:
    """Return what cuts a Korean word: its morphemes up to the last that means something.

    Raises:
        ConfigError: When mecab-ko is not installed.
    """
    try:
        parse = importlib.import_module("mecab_ko").Tagger().parse
    except (ImportError, RuntimeError) as error:
        raise ConfigError(_MISSING) from error
    # One tagger is for one thread at a time.
    turn = Lock()

    @lru_cache(maxsize=_KEPT)
    def cut(word: str) -> str:
        with turn:
            text = parse(word)
        morphemes = list(_morphemes(text))
        content = [at for at, (_, tag) in enumerate(morphemes) if tag.startswith(_CONTENT)]
        return "".join(part for part, _ in morphemes[: content[-1] + 1]) if content else ""

    return cut


def _morphemes(text: str) -> Iterator[tuple[str, str]]:
    """Yield form and tag of each morpheme; of a contracted one (``만든``) the verb's own."""
    for line in text.splitlines():
        form, _, rest = line.partition("\t")
        features = rest.split(",")
        if not rest:
            continue
        tag = features[0]
        if "+" in tag and len(features) > _PARTS and "/" in features[_PARTS]:
            form = features[_PARTS].partition("/")[0]
        yield form, tag
