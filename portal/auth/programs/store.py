"""The named tokens there are: made, recognised, listed, revoked."""

from __future__ import annotations

import logging
import threading

import sqlalchemy as sa
from sqlalchemy.engine import Engine as Database
from sqlalchemy.exc import SQLAlchemyError

from portal.auth import tables as t
from portal.auth.identity import SERVICE
from portal.auth.identity import Method
from portal.auth.identity import Principal
from portal.auth.identity import ProgramAccess
from portal.auth.keys import Clock
from portal.auth.programs.tokens import ProgramToken
from portal.auth.programs.tokens import access_from_rows
from portal.auth.programs.tokens import check_name
from portal.auth.programs.tokens import hash_of
from portal.auth.programs.tokens import is_secret
from portal.auth.programs.tokens import new_token
from portal.auth.programs.tokens import parse
from portal.auth.programs.tokens import restrictions_to_json
from portal.auth.programs.tokens import text_of
from portal.kernel.errors import ConflictError
from portal.kernel.errors import NotFoundError

_LOG = logging.getLogger(__name__)
#: Seconds in which further uses of a token are not written down.
_USE_SECONDS = 60
#: Prefix of the subjects of programs, as in Backstage.
_SUBJECT = "external:"


class ProgramTokens:
    """Stores the tokens of programs, as hashes.

    Args:
        database: Where they are.
        clock: Returns the seconds since the epoch.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._uses: dict[str, int] = {}
        self._lock = threading.Lock()

    def create(self, name: str, access: ProgramAccess, expires_at: int = 0) -> str:
        """Store a new token and return it; it cannot be shown again.

        Args:
            name: Whose it is.
            access: What it is good for.
            expires_at: When it ends, in seconds since the epoch; 0 for never.

        Raises:
            InputError: When the name is none.
            ConflictError: When there is a token of that name.
        """
        token, table = new_token(), t.program_tokens
        row = {
            "id": token.id,
            "name": check_name(name),
            "hash": hash_of(token.secret),
            "scopes": " ".join(sorted(str(scope.value) for scope in access.scopes)),
            "restrictions": restrictions_to_json(access),
            "created_at": int(self._clock()),
            "expires_at": expires_at,
            "used_at": 0,
            "revoked_at": 0,
        }
        try:
            with self._database.begin() as connection:
                connection.execute(sa.insert(table).values(row))
        except sa.exc.IntegrityError:
            msg = f"there is a token '{name}', maybe a revoked one: choose another name"
            raise ConflictError(msg) from None
        return text_of(token)

    def all(self) -> list[ProgramToken]:
        """Return every token, sorted by name."""
        query = sa.select(t.program_tokens).order_by(t.program_tokens.c.name)
        with self._database.connect() as connection:
            return [_token(row) for row in connection.execute(query).mappings()]

    def revoke(self, name: str) -> None:
        """Make a token good for nothing, at once and for good.

        Raises:
            NotFoundError: When there is none of that name that is not revoked.
        """
        table = t.program_tokens
        query = sa.update(table).where(table.c.name == name, table.c.revoked_at == 0)
        with self._database.begin() as connection:
            done = connection.execute(query.values(revoked_at=int(self._clock())))
        if not done.rowcount:
            msg = f"there is no token '{name}' to revoke"
            raise NotFoundError(msg)

    def find(self, text: str) -> Principal | None:
        """Return the program whose token somebody shows; ``None`` when it is not good."""
        shown = parse(text)
        if shown is None:
            return None
        query = sa.select(t.program_tokens).where(t.program_tokens.c.id == shown.id)
        with self._database.connect() as connection:
            row = connection.execute(query).mappings().first()
        if row is None or not is_secret(shown.secret, row["hash"]):
            return None
        token, now = _token(row), self._clock()
        if not token.is_good(now):
            return None
        self._note_use(token, int(now))
        return _principal(token)

    def named(self, subject: str) -> Principal | None:
        """Return a program by its principal's subject; ``None`` when its token is not good."""
        table = t.program_tokens
        query = sa.select(table).where(table.c.name == subject.removeprefix(_SUBJECT))
        with self._database.connect() as connection:
            row = connection.execute(query).mappings().first()
        token = _token(row) if row is not None else None
        return _principal(token) if token is not None and token.is_good(self._clock()) else None

    def _note_use(self, token: ProgramToken, now: int) -> None:
        """Write down that a token is used, without making its request wait for it."""
        with self._lock:
            known = max(token.used_at, self._uses.get(token.id, 0))
            if now < known + _USE_SECONDS:
                return
            self._uses[token.id] = now
        writing = threading.Thread(
            target=self._write_use, args=(token.id, now), name="token-use", daemon=True
        )
        writing.start()

    def _write_use(self, token_id: str, now: int) -> None:
        table = t.program_tokens
        query = sa.update(table).where(table.c.id == token_id, table.c.used_at < now)
        try:
            with self._database.begin() as connection:
                connection.execute(query.values(used_at=now))
        except SQLAlchemyError as error:
            _LOG.warning("the last use of a token could not be written: %s", error.__class__)


def _token(row: sa.RowMapping) -> ProgramToken:
    return ProgramToken(
        row["id"],
        row["name"],
        access_from_rows(row["scopes"], row["restrictions"]),
        row["created_at"],
        row["expires_at"],
        row["used_at"],
        row["revoked_at"],
    )


def _principal(token: ProgramToken) -> Principal:
    subject = f"{_SUBJECT}{token.name}"
    return Principal(SERVICE, subject, method=Method.NAMED_TOKEN, access=token.access)
