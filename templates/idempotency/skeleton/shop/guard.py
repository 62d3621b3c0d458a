"""Does what a request asks for once, however often it is sent under the same key."""

import hashlib
from collections.abc import Callable
from http import HTTPStatus

from flask import Request, Response, request

from shop import messages
from shop.clock import Clock
from shop.idempotency import Answer, Begin, Refuse, Replay, Rules, claim, finish, give_up
from shop.keys import BadKeyError, read_key
from shop.stores import Store
from shop.web import problem

KEPT_HEADERS = ("Content-Type", "Location")
REFUSALS = {
    HTTPStatus.CONFLICT: messages.KEY_BUSY,
    HTTPStatus.UNPROCESSABLE_ENTITY: messages.KEY_REUSED,
}

# Does the work under a reference and returns the answer. It raises when it cannot tell what
# became of the work: then nothing is recorded, and the next request tries again.
Work = Callable[[str], Response]


class Guard:
    """Stands before work that must not be done twice."""

    def __init__(self, store: Store, rules: Rules, key_format: str, clock: Clock) -> None:
        self._store = store
        self._rules = rules
        self._key_format = key_format
        self._clock = clock

    def once(self, work: Work) -> Response:
        """Do the work of the current request, or say what came of it the first time."""
        try:
            key = read_key(request.headers.get("Idempotency-Key"), self._key_format)
        except BadKeyError:
            return problem(HTTPStatus.BAD_REQUEST, messages.KEY_MISSING[self._key_format])
        name, fingerprint = _name(request, key), _fingerprint(request)
        now = self._clock().timestamp()
        match self._store.change(name, lambda it: claim(it, fingerprint, self._rules, now)):
            case Refuse(status, retry_after):
                return problem(status, REFUSALS[status], retry_after)
            case Replay(answer):
                return _again(answer)
            case Begin() as begin:
                return self._do(name, begin, work)

    def _do(self, name: str, begin: Begin, work: Work) -> Response:
        try:
            response = work(begin.reference)
        except Exception:
            self._store.change(name, lambda it: (give_up(it, begin.attempt), None))
            raise
        answer = _kept(response)
        self._store.change(name, lambda it: (finish(it, begin.attempt, answer), None))
        return response


def _name(asked: Request, key: str) -> str:
    """Name the record: the same key from another client, or for another path, is another."""
    client = asked.headers.get("Authorization", "")
    return _digest(client, asked.method, asked.path, key)


def _fingerprint(asked: Request) -> str:
    return _digest(asked.query_string.decode(), asked.get_data(as_text=True))


def _digest(*parts: str) -> str:
    """Return a hash: no secret and no payload gets into the store."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _kept(response: Response) -> Answer:
    headers = tuple(
        (name, response.headers[name]) for name in KEPT_HEADERS if name in response.headers
    )
    return Answer(response.status_code, headers, response.get_data())


def _again(answer: Answer) -> Response:
    response = Response(answer.body, answer.status, dict(answer.headers))
    response.headers["Idempotency-Replayed"] = "true"
    return response
