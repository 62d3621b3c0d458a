"""A shop, an empty warehouse and an empty lake for each test; Airflow once for all of them."""

from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from shopdata import scheduler
from shopdata.sample import Shop, fill
from shopdata.settings import Places, read_places, read_settings

SETTINGS = read_settings()
DAY = date(2026, 11, 2)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return read_places({"DATA_HOME": str(tmp_path)})


@pytest.fixture
def shop(places: Places) -> Shop:
    shop = Shop()
    for back in range(SETTINGS.lookback_days + 1, -2, -1):
        shop.open_day(DAY - timedelta(days=back), SETTINGS.timezone)
    fill(places.source, shop)
    return shop


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("airflow")
    scheduler.prepare(home)
    return home


@pytest.fixture
def environment(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_HOME", str(places.lake.parent))
    for name in ("SOURCE_URL", "WAREHOUSE_URL", "LOG_ENGINE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def warehouse(places: Places):
    """Ask the warehouse a question."""

    def ask(question: str, *values: object) -> list[tuple]:
        path = places.warehouse.removeprefix("duckdb:///")
        with closing(duckdb.connect(path, read_only=True)) as connection:
            return connection.execute(question, list(values)).fetchall()

    return ask
