"""What a request under an idempotency key may do: the rules, without any store or HTTP.

One record is kept for each key. A request first claims the key, then works, then records its
answer. These functions take the record as it is and say what it becomes; that reading and
writing are one step is the store's part (`shop/stores.py`).
"""

import math
import uuid
from dataclasses import dataclass, replace
from http import HTTPStatus


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, to be given again byte for byte."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True)
class Record:
    """What is kept for a key.

    Attributes:
        fingerprint: of the payload that the key was first sent with.
        reference: names the work towards others, the same in every attempt at it.
        attempt: names the request that is under way; only this one may record an answer.
        lease_ends: when that request is taken for dead, in seconds since 1970.
        expires: when the key is forgotten, in seconds since 1970.
        answer: what to say from now on; None while there is none.

    """

    fingerprint: str
    reference: str
    attempt: str
    lease_ends: float
    expires: float
    answer: Answer | None = None


@dataclass(frozen=True)
class Rules:
    """How long a key is kept, and how long a request may be under way, in seconds."""

    ttl_seconds: float
    lease_seconds: float


@dataclass(frozen=True)
class Begin:
    """Do the work, as this attempt, under this reference."""

    attempt: str
    reference: str


@dataclass(frozen=True)
class Replay:
    """The work is done: give this answer again."""

    answer: Answer


@dataclass(frozen=True)
class Refuse:
    """Do nothing; tell the client why, and when to come back if that makes sense."""

    status: HTTPStatus
    retry_after: int | None = None


Verdict = Begin | Replay | Refuse


def claim(
    record: Record | None, fingerprint: str, rules: Rules, now: float
) -> tuple[Record | None, Verdict]:
    """Say what a request with this fingerprint may do; return the record as it is from now on."""
    if record is None or record.expires <= now:
        return _begin(record=None, fingerprint=fingerprint, rules=rules, now=now)
    if record.fingerprint != fingerprint:
        return record, Refuse(HTTPStatus.UNPROCESSABLE_ENTITY)
    if record.answer:
        return record, Replay(record.answer)
    if record.lease_ends > now:
        return record, Refuse(HTTPStatus.CONFLICT, math.ceil(record.lease_ends - now))
    # The attempt before died, or gave up without knowing what became of it. Others may have done
    # their part already: the reference stays, so that they see it is the same work.
    return _begin(record, fingerprint, rules, now)


def _begin(
    record: Record | None, fingerprint: str, rules: Rules, now: float
) -> tuple[Record, Begin]:
    begin = Begin(uuid.uuid4().hex, record.reference if record else uuid.uuid4().hex)
    expires = record.expires if record else now + rules.ttl_seconds
    lease_ends = now + rules.lease_seconds
    return Record(fingerprint, begin.reference, begin.attempt, lease_ends, expires), begin


def finish(record: Record | None, attempt: str, answer: Answer) -> Record | None:
    """Record the answer, unless another attempt has taken over."""
    if record is None or record.attempt != attempt:
        return record
    return replace(record, answer=answer)


def give_up(record: Record | None, attempt: str) -> Record | None:
    """Let the next request try again at once, unless another attempt has taken over."""
    if record is None or record.attempt != attempt:
        return record
    return replace(record, lease_ends=0.0)
