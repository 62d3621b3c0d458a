"""What there is, for how long it is kept, and how large the database is: for ``doctor``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.config.settings import Config
from portal.retention.rules import DAY
from portal.retention.rules import RULES
from portal.retention.rules import Rule


@dataclass(frozen=True, slots=True)
class Kept:
    """The rows of one rule.

    Attributes:
        name: What they are.
        count: How many there are.
        oldest: When the oldest was written, ISO 8601; empty without any.
        days: For how many days they are kept; 0 for good.
        setting: The setting that says so; empty for none.
    """

    name: str
    count: int
    oldest: str
    days: float
    setting: str

    def __str__(self) -> str:
        """Return a line for people."""
        since = f" since {self.oldest[:10]}" if self.oldest else ""
        unit = "day" if self.days == 1 else "days"
        long = f"for {self.days:g} {unit}" if self.days else "for good"
        by = f" ({self.setting})" if self.setting else ""
        return f"{self.count:,}{since}, kept {long}{by}"


def account_of(database: Database, config: Config) -> Iterator[Kept]:
    """Yield what there is, by rule."""
    with database.connect() as connection:
        for rule in RULES:
            yield _kept(connection, rule, config)


def _kept(connection: Connection, rule: Rule, config: Config) -> Kept:
    query = sa.select(sa.func.count(), sa.func.min(rule.time)).select_from(rule.table)
    count, oldest = connection.execute(query).one()
    days = rule.seconds(config) / DAY
    return Kept(rule.name, count, rule.unit.iso(oldest), days, rule.setting)
