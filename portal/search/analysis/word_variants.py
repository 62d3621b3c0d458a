"""Word variants: keys (roots and sounds) shared by different forms of one word.

``만든`` and ``만들고`` share the root ``만ㄷ``, ``owner`` and ``owns`` the root
``own``, ``타임아웃`` and ``timeout`` a sound. Such keys are coarse, so they are looked
up only for words of a query that no document contains, and score less.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from portal.search.analysis.words import initial
from portal.search.analysis.words import jamo
from portal.search.analysis.words import stem

#: Endings of verbs and particles of nouns, one or two syllables at a time.
_ENDINGS = re.compile(
    r"(?:는데|도록|려고|려면|느라|니까|고|면|서|요|지|게|기|는|며|니|다|까|나|자|러|려|라"
    r"|도|어|아|여|었|았|였|으|던|네|죠|주|줘|준|줄|이|가|의|와|과|만|로)$"
)
_MOST_ENDINGS = 4
#: Final consonants that belong to the ending, not to the verb: ``만든``, ``만들``, ``만듭니다``.
_LOOSE_FINALS = frozenset("ㄴㄹㅁㅂㅆ")
_SOUND_LENGTH = 4
#: The prefix of the sound of a Korean word, and of an English one.
SOUND = "<>"
#: Stands between the roots of neighbouring words.
PAIR = "+"
#: Begin the keys of words that tell a tool, and of words that only a symptom has.
_TOOL = "@"
_SYMPTOM = "@>"
#: Begins a sound that starts with a vowel.
_OPEN = "@"
#: Ends a sound that starts with two consonants, which Korean separates by ``ㅡ``.
_CLUSTER = "+"
_VOWEL_FOLLOWS = re.compile(r"(?:[cpstw]h|qu|.)[aeiouy]")
#: Endings of predicates; nouns seldom end so.
_PREDICATE = re.compile(
    r"(?:[요다까죠네]|[으하]?려면|려고|면|아서|어서|해서|[가-힣]고|지만|는데|도록|[가-힣]게|느라"
    r"|[라러려커져겨켜쳐]서|[아어여]도|[써와가]도|[만쓰하되]는|[가-힣]든|[되하]던|나요|가요)$"
)

_LATIN_SUFFIX = re.compile(
    r"(?:ations?|ators?|ating|ated?|ments?|ness|ships?|e?rs?|ors?|ions?|ing|ed|es|s"
    r"|ly|al|ity|ive|able|ance|ence|ancy|ency|ant|ent|e|y)$"
)
_SHORTEST_ROOT = 3

#: Sounds of Korean consonants; those that English does not distinguish are merged.
_KOREAN_SOUNDS = dict(
    zip("ㄱㄲㅋㄷㄸㅌㅂㅃㅍㅅㅆㅈㅉㅊㄹㅁㄴㅎ", "kkktttpppsscccLmnh", strict=True)
)
#: Sounds of English letters; ``r`` sounds before a vowel only.
_ENGLISH_SOUNDS = (
    (re.compile(r"(?:ck|q|c(?![eiyh]))"), "k"),
    (re.compile(r"x"), "ks"),
    (re.compile(r"ph|[fvb]"), "p"),
    (re.compile(r"[tcs]ion"), "sn"),
    (re.compile(r"sh|th|z|c(?=[eiy])"), "s"),
    (re.compile(r"ng(?![aeiouy])"), "n"),
    (re.compile(r"t?ch|dge|j"), "c"),
    (re.compile(r"g(?=e)"), "c"),
    (re.compile(r"g"), "k"),
    (re.compile(r"d"), "t"),
    (re.compile(r"r(?![aeiouy])"), ""),
    (re.compile(r"[rl]+"), "L"),
    (re.compile(r"[^ksptcLmnh]"), ""),
)
_TWICE = re.compile(r"(.)\1+")


@lru_cache(maxsize=16_384)
def variants(word: str, *, asked: bool = False) -> tuple[str, ...]:
    """Return the variant keys of a normalised word.

    The sound has the prefix of the word's own script; with ``asked`` (a word of a query)
    it has that of the other script, because it is looked up there.
    """
    if "\uac00" <= word[0] <= "\ud7a3":
        root, sound = _korean_root(stem(word) or word), _korean_sound(stem(word))
    elif word.isascii() and word.isalpha():
        root, sound = _english_root(stem(word) or word), _english_sound(word)
    else:
        return ()
    if len(sound.rstrip(_CLUSTER)) < _SOUND_LENGTH:
        return (root,)
    return root, f"{SOUND[word.isascii() != asked]}{sound}"


def tool_key(word: str) -> str:
    """Return the key of a stem that tells a tool."""
    return f"{_TOOL}{word}"


def symptom_key(word: str) -> str:
    """Return the key of a stem that a document has in its symptoms only."""
    return f"{_SYMPTOM}{word}"


def pairs(words: Iterable[str]) -> Iterator[str]:
    """Yield the keys of neighbouring words: their roots, in either order the same."""
    for left, right in pairwise(filter(None, map(_root, words))):
        if left != right:
            yield PAIR.join(sorted((left, right)))


def _root(word: str) -> str:
    if not stem(word):
        return ""
    return next(iter(variants(word)), word)


def is_predicate(word: str) -> bool:
    """Return whether a word looks like a conjugated Korean verb or adjective."""
    return bool(_PREDICATE.search(word))


def _korean_root(word: str) -> str:
    for _ in range(_MOST_ENDINGS):
        shorter = _ENDINGS.sub("", word)
        if not shorter or shorter == word:
            break
        word = shorter
    if len(word) == 1:
        return word
    final = jamo(word[-1])[2]
    return word[:-1] + (initial(word[-1]) if final in _LOOSE_FINALS or not final else word[-1])


def _korean_sound(word: str) -> str:
    heard: list[str] = []
    for syllable in word:
        first, _, final = jamo(syllable)
        heard.append(_KOREAN_SOUNDS.get(first, "" if heard else _OPEN))
        # Finals are heard as one of seven: ``타임아웃`` ends like ``timeout``.
        heard.append({"ㅅ": "t", "ㅇ": "n"}.get(final, _KOREAN_SOUNDS.get(final, "")))
    cluster = _CLUSTER if word and jamo(word[0])[1] == "ㅡ" else ""
    return _TWICE.sub(r"\1", "".join(heard)) + cluster


def _english_root(word: str) -> str:
    for _ in range(2):
        shorter = _LATIN_SUFFIX.sub("", word)
        if len(shorter) < _SHORTEST_ROOT:
            break
        word = shorter
    return word


def _english_sound(word: str) -> str:
    begins = _OPEN if word[0] in "aeiouwy" else ""
    cluster = "" if begins or _VOWEL_FOLLOWS.match(word) else _CLUSTER
    for letters, sound in _ENGLISH_SOUNDS:
        word = letters.sub(sound, word)
    return begins + _TWICE.sub(r"\1", word) + cluster
