"""Text analysis of Korean and English: words, stems, keys of names, edit distance.

Pure functions without a dictionary, unless ``KOREAN`` uses one. Documents and queries are
analysed by the same functions, so a stem need not be a word, only equal on both sides.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

CutWord = Callable[[str], str]

_HANGUL = "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3\uffa1-\uffdc"
_UNSEEN_CHARACTERS = "\u00ad\u200b-\u200f\u2060\ufeff"
#: A word is of one script: ``Kafka를`` is two, ``Kafka`` and a particle.
_WORD = re.compile(
    rf"[{_HANGUL}][{_HANGUL}{_UNSEEN_CHARACTERS}]*"
    rf"|(?:[^\W_{_HANGUL}][\u0300-\u036f{_UNSEEN_CHARACTERS}]*)+"
)
_HANGUL_RUN = re.compile(r"[\uac00-\ud7a3]+")
_NOT_KEY = re.compile(r"[\W_]+")

_NOT_KEYBOARD_JAMO = re.compile("[^\u3131-\u318e]+")
#: Pasted along with a word: soft hyphen, zero-width characters, marks of direction, BOM.
_UNSEEN = dict.fromkeys((0xAD, *range(0x200B, 0x2010), 0x2060, 0xFEFF))
_NEEDS_FOLDING = re.compile(f"[\u1100-\u11ff{''.join(map(chr, _UNSEEN))}]")
#: Conjoining jamo of today (``U+1106``) to the letters that a keyboard types (``U+3141``).
_KEYBOARD_JAMO = {
    code: unicodedata.lookup(f"HANGUL LETTER {unicodedata.name(chr(code)).split(' ', 2)[2]}")
    for code in (*range(0x1100, 0x1113), *range(0x1161, 0x1176), *range(0x11A8, 0x11C3))
}

_FIRST_SYLLABLE = 0xAC00
_SYLLABLES = 11_172
INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS = "\0ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
#: Consonant clusters that an input method makes of two typed consonants, taken apart.
_CLUSTERS = dict(
    zip(
        "ㄳㄵㄶㄺㄻㄼㄽㄾㄿㅀㅄ",
        "ㄱㅅ ㄴㅈ ㄴㅎ ㄹㄱ ㄹㅁ ㄹㅂ ㄹㅅ ㄹㅌ ㄹㅍ ㄹㅎ ㅂㅅ".split(),
        strict=True,
    )
)
_KEYS = dict(
    zip(
        "ㄱㄲㄳㄴㄵㄶㄷㄸㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅃㅄㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ" + _VOWELS,
        (
            "r R rt s sw sg e E f fr fa fq ft fx fv fg a q Q qt t T d w W c z x v g "
            "k o i O j p u P h hk ho hl y n nj np nl b m ml l"
        ).split(),
        strict=True,
    )
)
_JAMO = {keys: jamo for jamo, keys in _KEYS.items()}


def _any_of(jamo: str) -> str:
    keys = (_KEYS[one] for one in jamo if one != "\0")
    return "|".join(sorted(keys, key=len, reverse=True))


#: One syllable as keystrokes; a consonant before a vowel begins the next syllable.
_TYPED_SYLLABLE = re.compile(
    rf"({_any_of(INITIALS)})({_any_of(_VOWELS)})"
    rf"(?:({_any_of(_FINALS)})(?!{_any_of(_VOWELS)}))?"
)
_LATIN_RUN = re.compile(r"[A-Za-z]+")
_SHIFTED = frozenset("QWERTOP")

#: Articles, pronouns, prepositions, conjunctions and auxiliaries: the list of lunr, which
#: Backstage's own search uses, and some more.
_ENGLISH_STOP_WORDS = frozenset(
    "a able about across after again all almost also always am among an and any anybody anyone "
    "anything are as at be because been before being but by can cannot could did do does doing "
    "done either else even ever every everybody everyone everything for from get gets getting "
    "going got had has have having he her hers here him his how however i if in into is "
    "it its just keep keeps least let like likely may me might more most much must my neither "
    "never no nobody none nor not nothing now of off often on once only or other our out over "
    "own rather really s said say says she should since so some somebody someone something "
    "still than that the their them then there these they thing things this those though to "
    "too under until up us very want wants was we were what when where whether which while "
    "who whom whose why will with without would yet you your".split()
)
_KOREAN_STOP_WORDS = frozenset(
    "것 거 걸 게 수 때 등 및 더 좀 그 이 저 왜 뭐 뭐야 무엇 무엇인가 무슨 어떤 어떻게 "
    "누가 누구 누군지 언제 어디 어느 얼마나 방법 이유 경우 정도 뜻 의미 차이 차이점 "
    "그리고 또는 같은 같이 대한 대해 위한 위해 통해 따라 때문 그런데 그냥 혹시 "
    "안 못 잘 또 다 꼭 두 세 한 번 번만 우리 저희 내 제 나 "
    "싶다 싶어 싶어요 싶은 싶은데 싶습니다 있다 있는 있어 있어요 있게 있나요 있는지 "
    "있을까 있을까요 없다 없는 없어 없어요 없이 없나요 하다 하려면 하나요 할까 한다 "
    "하고 하는 하면 해요 해야 되다 되는 되나요 될까 될까요 되게 된다 됩니다 된 "
    "않고 않는 않게 않으면 않으려면 않아요 않은 않다 말고 보고 보는 봐요 주는 주고 "
    "인가요 그런가요 그래요 괜찮은가요 좋은가요 좋은 뭔가요 뭐예요 뭐에요 뭔지 모르겠어요 "
    "알려줘 알려주세요 궁금해요 설명 설명해줘 "
    "자꾸 매번 너무 계속 지금 요즘 이제 아무 아무도 아무것도 모두 전부 그대로 갑자기 항상 늘 "
    "점점 이미 벌써 아직 정말 진짜 많이 제일 가장 하나 하나도 여러 누가 누구한테 어디서 어디에 "
    "있으면 있었으면 있는데 없는데 없고 없어서 없으니까 없네요 없습니다 있습니다 좋겠어요 좋겠다 "
    "했는데 하는데 해서 되는데 안돼요 됩니까 돼요 되어요 되지 된다고 같아요 같다 같은데 "
    "모르겠다 모르겠네요 모르겠는데 몰라요 몰라서 몰라 않아서 않네요 말이 건지 건가요 거예요 "
    "그런 이런 저런 이렇게 그렇게 이걸 이거 그거 뭘 뭐가 뭔 해도 하니까 하다가 하다 보니".split()
)
#: Particles cut off even if one syllable remains: ``키를``, ``값에서``.
_SAFE_SUFFIXES = frozenset(
    "을 를 은 에 에서 에게 에는 에도 으로 까지 부터 처럼 보다 마다 이나 이란 이라는 "
    "이라고 에서는 에서의 에서도 에게는 으로는 으로의 으로써 이라면 입니다".split()
)
#: Particles and endings cut off if two syllables remain: ``회의`` and ``평가`` are nouns.
_SUFFIXES = _SAFE_SUFFIXES | frozenset(
    "용 는 이 가 의 에 와 과 도 만 로 나 란 랑 께 들 들이 들은 들을 들의 들에 들과 들도 "
    "라는 라고 라면 이며 이고 이지만 인가 인지 일까 이다 이에요 예요 야 이야 로서 "
    "로써 로는 까지는 까지도 끼리 만을 만의 만이 "
    "한 할 해 함 된 될 돼 됨 하다 하기 하게 하고 하는 하면 하여 하며 하던 하지 하려면 "
    "해서 해요 해야 했다 한다 했을 하자 하세요 합니다 하도록 하였다 "
    "되다 되기 되게 되고 되는 되면 되어 되며 되지 돼서 됐다 된다 됩니다 되도록 "
    "시켜 시킨 시킬 시키는 시키기 시키고 시키면 적인 적으로 스럽게 스러운".split()
)
_LONGEST_SUFFIX = max(map(len, _SUFFIXES))


def normal(text: str) -> str:
    """Return the form in which equal texts are equal: NFKC, caseless, without what is unseen.

    Full-width letters, half-width kana and jamo, ``Ⅳ`` and ``①`` are what they stand for;
    single jamo are those of a keyboard (U+3131 to U+318E), however they came.
    """
    return text.lower() if text.isascii() else folded(folded(text).casefold())


def folded(text: str) -> str:
    """Return a text in NFKC, its letters as large as they were."""
    if unicodedata.is_normalized("NFKC", text) and not _NEEDS_FOLDING.search(text):
        return text
    # NFKC would make conjoining jamo of a keyboard's, and syllables of typed initials.
    parts = _NOT_KEYBOARD_JAMO.sub(_compatible, text.translate(_UNSEEN))
    return parts.translate(_KEYBOARD_JAMO)


def _compatible(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", match[0])


def words(text: str) -> list[str]:
    """Return the normalised words of a text, unstemmed."""
    return _WORD.findall(normal(text))


def terms(text: str) -> list[str]:
    """Return the stems of a text, without grammar words (articles, particles)."""
    return [term for term in map(stem, words(text)) if term]


class Span(NamedTuple):
    """A word of a text: its offsets in characters, and its stem."""

    start: int
    end: int
    term: str


def spans(text: str) -> Iterator[Span]:
    """Yield the words of a text with their offsets in the text as written."""
    for match in _WORD.finditer(text):
        term = stem_as_written(match[0])
        if term:
            yield Span(*match.span(), term)


def written(text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[re.Match[str]]:
    """Yield the words of a text, or of a part of it, as they are written."""
    return _WORD.finditer(text, start, end)


def written_words(text: str, start: int = 0, end: int | None = None) -> Iterator[Span]:
    """Yield the words of a part of a text with their offsets, normalised and unstemmed."""
    for match in _WORD.finditer(text, start, len(text) if end is None else end):
        yield Span(*match.span(), normal(match[0]))


@lru_cache(maxsize=16_384)
def stem_as_written(word: str) -> str:
    """Return the stem of a word that is not normalised; empty for a grammar word."""
    return stem(normal(word))


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """Return the stem of a normalised word; empty for a grammar word."""
    if "\uac00" <= word[0] <= "\ud7a3":
        return _korean_stem(word)
    return "" if word in _ENGLISH_STOP_WORDS else _english_stem(word)


def _korean_stem(word: str) -> str:
    if word in _KOREAN_STOP_WORDS or (len(word) == 1 and word in _SUFFIXES):
        return ""
    cut = KOREAN.cut(word)
    return "" if cut in _KOREAN_STOP_WORDS else cut


def without_suffixes(word: str) -> str:
    """Return a Korean word without the particles and endings of the suffix list."""
    once = _without_suffix(word)
    return _without_suffix(once) if once != word else word


def is_suffix(text: str) -> bool:
    """Return whether a text is a Korean particle or ending."""
    return text in _SUFFIXES


def _without_suffix(word: str) -> str:
    for size in range(min(_LONGEST_SUFFIX, len(word) - 1), 0, -1):
        suffix = word[-size:]
        if suffix in _SUFFIXES and (len(word) - size >= 2 or suffix in _SAFE_SUFFIXES):
            return word[:-size]
    return word


@dataclass(slots=True)
class KoreanWords:
    """The analyzer of Korean words.

    Attributes:
        name: Its value of the setting; stored in the index.
        cut: Returns a normalised word without particles and endings.
    """

    name: str
    cut: CutWord


#: The analyzer of this process: an index and its queries must use the same.
KOREAN = KoreanWords("suffixes", without_suffixes)


def _english_stem(word: str) -> str:
    """Cut plural endings, then ``-ing`` and ``-ed``, if enough letters remain."""
    word = singular(word)
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            word = word[: -len(ending)]
            doubled = word[-1] == word[-2] and word[-1] not in "lsz"
            return word[:-1] if doubled else word
    return word


def singular(word: str) -> str:
    """Return a normalised English word without its plural ending, if enough letters remain."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes", "zes")):
        return word[:-2]
    if len(word) > 3 and word[-1] == "s" and word[-2] not in "sui":
        return word[:-1]
    return word


def grams(text: str) -> list[str]:
    """Return the bigrams of syllables of the Hangul words of a text."""
    return [
        run[at : at + 2] for run in _HANGUL_RUN.findall(normal(text)) for at in range(len(run) - 1)
    ]


def name_key(text: str) -> str:
    """Return the key of a name: without letter case, blanks and punctuation."""
    return _NOT_KEY.sub("", normal(text))


def is_initials(text: str) -> bool:
    """Return whether a text consists of Korean initial consonants, at least two."""
    letters = initials_key(text)
    return len(letters) > 1 and all(letter in INITIALS for letter in letters)


def initials_key(text: str) -> str:
    """Return typed initial consonants without blanks, clusters taken apart."""
    return "".join(_CLUSTERS.get(one, one) for one in name_key(text))


def apart(final: str) -> str:
    """Return the consonants that a final consonant was typed as: ``ㄱㅅ`` for ``ㄳ``."""
    return _CLUSTERS.get(final, final)


def with_final(syllable: str, final: str) -> str:
    """Return an open syllable with a final consonant."""
    return chr(ord(syllable) + _FINALS.index(final))


def initials(text: str) -> str:
    """Return the initial consonants of a name, ``ㅍㅊㅅㅌㅇ`` for ``피처 스토어``."""
    return "".join(map(initial, name_key(text)))


def initial(character: str) -> str:
    """Return the initial consonant of a syllable; other characters as they are."""
    return jamo(character)[0]


def jamo(character: str) -> tuple[str, str, str]:
    """Return initial, vowel and final of a syllable; the last two may be empty."""
    index = ord(character) - _FIRST_SYLLABLE
    if not 0 <= index < _SYLLABLES:
        return character, "", ""
    final = _FINALS[index % 28].strip("\0")
    return INITIALS[index // 588], _VOWELS[index % 588 // 28], final


def other_keyboard(text: str) -> str:
    """Return the text that the same keys type in the other layout; empty if none is valid.

    ``zkvmzk`` is ``카프카`` typed on a Latin keyboard, ``ㅡㅣㅐㅔㄴ`` is ``mlops``
    typed on a Korean one (dubeolsik).
    """
    text = folded(text)
    if re.search(f"[{_HANGUL}]", text):
        return "".join(map(_keystrokes, text))
    runs = _LATIN_RUN.findall(text)
    typed = {run: _typed_hangul(run) for run in runs}
    if not runs or not all(typed.values()):
        return ""
    return _LATIN_RUN.sub(lambda match: typed[match[0]], text)


def _typed_hangul(keys: str) -> str:
    """Return the syllables that ``keys`` type; empty when they make no whole ones."""
    keys = "".join(key if key in _SHIFTED else key.lower() for key in keys)
    syllables, end = [], 0
    while match := _TYPED_SYLLABLE.match(keys, end):
        syllables.append(_syllable(*match.groups()))
        end = match.end()
    return "".join(syllables) if end == len(keys) else ""


def _syllable(initial: str, vowel: str, final: str | None) -> str:
    index = INITIALS.index(_JAMO[initial]) * 21 + _VOWELS.index(_JAMO[vowel])
    tail = _FINALS.index(_JAMO[final]) if final else 0
    return chr(_FIRST_SYLLABLE + index * 28 + tail)


def _keystrokes(character: str) -> str:
    index = ord(character) - _FIRST_SYLLABLE
    if not 0 <= index < _SYLLABLES:
        return _KEYS.get(character, character)
    rest, final = divmod(index, 28)
    initial, vowel = divmod(rest, 21)
    tail = _KEYS[_FINALS[final]] if final else ""
    return _KEYS[INITIALS[initial]] + _KEYS[_VOWELS[vowel]] + tail


def letters(text: str) -> str:
    """Return a key with Hangul decomposed into jamo."""
    return unicodedata.normalize("NFD", text)


def slips_allowed(text: str) -> int:
    """Return the edit distance up to which a key of this length counts as misspelt."""
    return 0 if len(text) < 5 else 1 if len(text) < 9 else 2


def distance(left: str, right: str, limit: int) -> int:
    """Return the Damerau-Levenshtein distance of two texts; ``limit + 1`` when it is greater.

    An edit inserts, deletes or replaces a letter, or swaps two neighbours.
    """
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, letter in enumerate(left, start=1):
        before, above, row = row, before, [i] + [limit + 1] * len(right)
        for j in range(max(1, i - limit), min(len(right), i + limit) + 1):
            other = right[j - 1]
            best = min(before[j - 1] + (letter != other), before[j] + 1, row[j - 1] + 1)
            if i > 1 and j > 1 and letter == right[j - 2] and left[i - 2] == other:
                best = min(best, above[j - 2] + 1)
            row[j] = best
        if min(row) > limit:
            return limit + 1
    return min(row[-1], limit + 1)
