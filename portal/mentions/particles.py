"""What may follow a term in the same word: Korean particles, English plurals and compounds."""

from __future__ import annotations

from portal.search.analysis.words import is_suffix

#: Particles and endings that search does not cut, since they do no harm there.
_FURTHER = frozenset(
    "인데 이라도 라도 이라서 라서 이라면서 라면서 이었다 였다 이었던 였던 이었고 였고 이니까 니까 "
    "이든 든 이든지 든지 이랑 하고 한테 한테서 에선 에겐 으론 론 엔 조차 밖에 만큼 뿐 뿐만 대로 "
    "이야말로 야말로 이나마 나마 이면 면 이자 자 여서 이어서 임 임을 님 님이 님을 인가요 일까요 "
    "이죠 죠 이네요 네요 이군요 군요 이라니 라니 커녕 같은 같이 별 간 내 외 식 형".split()
)
#: The greatest length of all that follows a term, and of how many parts it may be.
_LONGEST, _MOST = 8, 3
#: Second parts of English compounds that begin with a term: ``Kafka-based``.
_COMPOUNDS = frozenset(
    "as aware backed based centric compatible driven enabled first free friendly like native "
    "only oriented powered protected ready related specific style to".split()
)


def are_particles(text: str, most: int = _MOST) -> bool:
    """Return whether a normalised text consists of a few Korean particles or endings."""
    if len(text) > _LONGEST:
        return False
    return _is_particle(text) or (
        most > 1
        and any(
            _is_particle(text[:at]) and are_particles(text[at:], most - 1)
            for at in range(1, len(text))
        )
    )


def _is_particle(text: str) -> bool:
    return is_suffix(text) or text in _FURTHER


def is_compound(word: str) -> bool:
    """Return whether a word makes a compound with the term that stands before its hyphen."""
    return word in _COMPOUNDS
