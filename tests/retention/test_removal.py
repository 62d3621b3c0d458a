"""What is old is removed, a part at a time; what the present needs stays, on both databases."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from portal.catalog import removals
from portal.catalog import tables as catalog
from portal.catalog.processing import history
from portal.catalog.reading.failure_log import FailureLog
from portal.config.settings import Config
from portal.kernel.clock import iso_of
from portal.kernel.errors import NotFoundError
from portal.links import tables as links
from portal.links.link import LinkStatus
from portal.links.reading.moments import cells_then
from portal.links.reading.moments import moment_of
from portal.notifications import tables as notifications
from portal.retention.account import account_of
from portal.retention.job import Housekeeping
from portal.retention.removal import BATCH
from portal.retention.rules import DAY
from portal.retention.rules import RULES
from portal.retention.rules import Rule
from portal.retention.rules import periods_of

#: Now, in all of these tests: so many days since the epoch.
TODAY = 20_000.0
KEPT_FOREVER: dict[str, Any] = {rule.setting: 0.0 for rule in RULES if rule.setting}


@pytest.fixture
def db(shared_database: sa.Engine) -> Iterator[sa.Engine]:
    yield shared_database
    with shared_database.begin() as connection:
        for rule in RULES:
            connection.execute(sa.delete(rule.table))
        connection.execute(sa.delete(notifications.marks))
        connection.execute(sa.delete(catalog.removals))


def rule_of(name: str) -> Rule:
    (found,) = (rule for rule in RULES if rule.name == name)
    return found


def put(db: sa.Engine, table: sa.Table, *rows: dict[str, Any]) -> None:
    """Write rows; what is not given is empty."""
    with db.begin() as connection:
        for row in rows:
            empty = {
                column.name: _empty(column)
                for column in table.columns
                if not column.nullable and not (column.primary_key and column.name not in row)
            }
            connection.execute(sa.insert(table).values({**empty, **row}))


def _empty(column: sa.Column[Any]) -> Any:
    kind = column.type.as_generic()
    if isinstance(kind, sa.LargeBinary):
        return b""
    return "" if isinstance(kind, sa.String) else 0


def keep_house(db: sa.Engine, today: float = TODAY, **settings: Any) -> int:
    """Work until there is nothing to do; return how many steps that took."""
    config = replace(Config(), **{**KEPT_FOREVER, **settings})
    log = FailureLog(db, 60, list)
    job = Housekeeping(db, periods_of(config), log, lambda: today * DAY)
    steps = 1
    while job.do_some():
        steps += 1
    assert log.current() == []
    return steps


def values(db: sa.Engine, column: sa.Column[Any]) -> list[Any]:
    with db.connect() as connection:
        return list(connection.scalars(sa.select(column).order_by(column)))


def time_of(day: float) -> str:
    return iso_of(day * DAY)


def changed(day: int, ref: str, operation: str, **more: Any) -> dict[str, Any]:
    return {
        "id": day,
        "generation": day,
        "ref": ref,
        "operation": operation,
        "recorded_at": time_of(day),
        "diff": "",
        **more,
    }


class TestTheHistory:
    def history(self, db: sa.Engine) -> None:
        step = json.dumps([{"op": "replace", "path": "/n", "from": 1, "to": 2}])
        put(
            db,
            catalog.changes,
            changed(10, "a", "added"),
            changed(11, "gone", "added"),
            changed(12, "a", "changed"),
            changed(13, "gone", "removed", document='{"last": "version"}'),
            changed(19_990, "a", "changed", diff=step),
        )

    def test_the_newest_of_each_entity_stays_and_so_does_the_tombstone(self, db: sa.Engine) -> None:
        self.history(db)
        keep_house(db, history_retention=100)
        assert values(db, catalog.changes.c.id) == [13, 19_990]
        with db.connect() as connection:
            assert history.load(connection, "gone")[0]["tombstone"] == {"last": "version"}
            assert removals.load(connection, removals.HISTORY).entries == 3

    def test_the_past_is_told_right_or_not_at_all(self, db: sa.Engine) -> None:
        self.history(db)
        keep_house(db, history_retention=100)
        with db.connect() as connection:
            assert history.generation_at(connection, time_of(19_950)) == 13
            assert history.generation_at(connection, time_of(19_995)) == 19_990
            with pytest.raises(NotFoundError, match=f"since {time_of(19_900)[:10]}.* only"):
                history.generation_at(connection, time_of(11))

    def test_without_a_limit_nothing_is_removed(self, db: sa.Engine) -> None:
        self.history(db)
        keep_house(db)
        assert len(values(db, catalog.changes.c.id)) == 5
        with db.connect() as connection:
            assert history.generation_at(connection, time_of(11)) == 11

    def test_what_an_index_has_not_read_yet_it_still_hears_of(self, db: sa.Engine) -> None:
        self.history(db)
        with db.connect() as connection:
            before = history.since(connection, 9)
        keep_house(db, history_retention=100)
        with db.connect() as connection:
            assert sorted(history.since(connection, 9)[1]) == sorted(before[1])


def test_links_are_told_for_every_time_within_the_limit(db: sa.Engine) -> None:
    def row(day: int, link: str, after: str) -> dict[str, Any]:
        shown = {"link_id": link, "after": after, "checks": "{}", "recorded_at": time_of(day)}
        return {"id": day, "concept_ref": f"concept:{link}", "entity_ref": "c", **shown}

    rows = [row(10, "a", "declared"), row(11, "a", "suggested"), row(12, "b", "declared")]
    put(db, links.changes, *rows, row(19_990, "a", "verified"))

    def told(day: float) -> dict[str, LinkStatus]:
        with db.connect() as connection:
            until, _ = moment_of(connection, time_of(day))
            return {cell.link: cell.status for cell in cells_then(connection, until)}

    times = (19_901, 19_989, 19_991)
    before = [told(day) for day in times]
    keep_house(db, link_history_retention=100)
    assert values(db, links.changes.c.id) == [11, 12, 19_990]
    assert [told(day) for day in times] == before
    with pytest.raises(NotFoundError, match="link_history_retention"):
        told(11)


def test_the_last_run_of_each_source_stays(db: sa.Engine) -> None:
    rows = [(1, "a"), (2, "b"), (3, "a"), (19_999, "c")]
    put(
        db,
        catalog.runs,
        *({"id": day, "source": name, "started_at": time_of(day)} for day, name in rows),
    )
    keep_house(db, run_retention=90)
    assert values(db, catalog.runs.c.id) == [2, 3, 19_999]


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if rule.newest_of is None], ids=lambda rule: rule.name
)
def test_all_others_go_when_they_are_old(db: sa.Engine, rule: Rule) -> None:
    days = rule.days or 30
    column = {"notifications": "created_at"}.get(rule.table.name) or rule.time.key
    assert column
    keys = [key for key in rule.table.primary_key.columns if key.autoincrement is not True]
    for number, age in enumerate((days + 2, days + 1, days - 0.5, 0)):
        row: dict[str, Any] = {column: rule.unit.value_of((TODAY - age) * DAY)}
        for key in keys:
            row[key.name] = number + 1 if isinstance(key.type, sa.Integer) else str(number + 1)
        put(db, rule.table, row)
    settings = {rule.setting: days} if rule.setting else {}
    keep_house(db, **settings)
    (first, *_) = rule.table.primary_key.columns
    assert [int(value) for value in values(db, first)] == [3, 4]


def test_what_was_marked_of_a_notification_goes_with_it(db: sa.Engine) -> None:
    put(
        db,
        notifications.notifications,
        {"id": "old", "created_at": time_of(1)},
        {"id": "again", "created_at": time_of(1), "updated_at": time_of(TODAY)},
    )
    put(
        db,
        notifications.marks,
        *({"notification_id": each, "user_ref": "u"} for each in ("old", "again")),
    )
    keep_house(db, notification_retention=30)
    assert values(db, notifications.notifications.c.id) == ["again"]
    assert values(db, notifications.marks.c.notification_id) == ["again"]


def test_many_rows_are_removed_in_small_parts(db: sa.Engine) -> None:
    rule = rule_of("deliveries of webhooks")
    with db.begin() as connection:
        rows = [{"id": str(number), "received_at": 1} for number in range(2 * BATCH + 1)]
        connection.execute(sa.insert(rule.table), rows)
    assert keep_house(db, delivery_retention=30) >= 4
    assert values(db, rule.table.c.received_at) == []


def test_what_cannot_be_removed_is_told_and_does_not_stop_the_rest(db: sa.Engine) -> None:
    put(db, rule_of("deliveries of webhooks").table, {"id": "old", "received_at": 1})
    key = sa.Column("id", sa.Integer, primary_key=True)
    missing = sa.Table("missing", sa.MetaData(), key, sa.Column("started_at", sa.Text))
    broken = replace(
        rule_of("runs of sources"), table=missing, time=missing.c.started_at, newest_of=None
    )
    log = FailureLog(db, 60, list)
    periods = {broken: 1.0, rule_of("deliveries of webhooks"): 1.0}
    Housekeeping(db, periods, log, lambda: TODAY * DAY).do_some()
    assert values(db, rule_of("deliveries of webhooks").table.c.id) == []
    assert [(one.stage, one.name) for one in log.current()] == [("retention", "runs of sources")]
    log.clear(log.current()[0].stage, "runs of sources")


def test_doctor_tells_what_there_is_and_how_long_it_stays(db: sa.Engine) -> None:
    put(db, catalog.runs, {"id": 1, "source": "a", "started_at": time_of(TODAY)})
    told = {kept.name: str(kept) for kept in account_of(db, replace(Config(), run_retention=3))}
    day = dt.datetime.fromtimestamp(TODAY * DAY, dt.UTC).date().isoformat()
    assert told["runs of sources"] == f"1 since {day}, kept for 3 days (run_retention)"
    assert told["idempotency keys"] == "0, kept for 1 day"
