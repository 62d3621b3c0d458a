"""Two warehouses: a tiny one whose answers are worked out by hand, and the sample shop."""

from pathlib import Path

import pytest

from retail.build import build
from retail.engine import RAW, DuckDB, Engine
from retail.sample import TODAY, make_shop
from retail.settings import Settings, read_settings

SETTINGS = read_settings()

# Fiscal years that begin in April. Ann (1) was a basic customer until the night of 2025-02-10.
BY_HAND = Settings(
    fiscal_year_start_month=4, retention_days=14, conversion_days=7, confidence_percent=95
)
BEFORE = {
    "customers": """
        1,KR,basic,ads,2024-04-05,2024-04-05 09:00:00
        2,KR,basic,referral,2024-05-01,2024-05-01 09:00:00
        3,KR,basic,ads,2025-01-15,2025-01-15 09:00:00
    """,
    "products": """
        1,tea,drinks,40
        2,pan,kitchen,500
    """,
    "order_lines": """
        100,1,1,1,s,2024-04-10 10:00:00,2,100
    """,
    "marketing_spend": "",
    "events": "",
}
AFTER = {
    "customers": """
        1,KR,pro,ads,2024-04-05,2025-02-10 00:00:00
        2,KR,basic,referral,2024-05-01,2024-05-01 09:00:00
        3,KR,basic,ads,2025-01-15,2025-01-15 09:00:00
        4,KR,basic,referral,2025-07-01,2025-07-01 09:00:00
        10,KR,basic,ads,2026-03-01,2026-03-01 09:00:00
        11,KR,basic,ads,2026-03-01,2026-03-01 09:00:00
        12,KR,basic,ads,2026-03-01,2026-03-01 09:00:00
        13,KR,basic,ads,2026-03-05,2026-03-05 09:00:00
        14,KR,basic,ads,2026-03-04,2026-03-04 09:00:00
        15,KR,basic,ads,2026-02-28,2026-02-28 09:00:00
    """,
    "products": BEFORE["products"],
    "order_lines": """
        100,1,1,1,s,2024-04-10 10:00:00,2,100
        101,1,2,2,s,2024-05-20 10:00:00,1,1000
        102,1,1,1,s,2025-02-01 10:00:00,5,100
        103,1,1,1,s,2025-02-10 00:00:00,1,100
        104,1,1,1,s,2025-02-20 10:00:00,10,100
        105,1,2,2,s,2025-03-31 23:59:59,1,1000
        106,1,1,1,s,2025-04-01 00:00:00,2,100
        106,2,1,1,s,2025-04-01 00:00:00,1,100
        107,1,2,2,s,2025-06-30 10:00:00,2,1000
        108,1,2,1,s,2025-07-01 10:00:00,1,100
    """,
    "marketing_spend": """
        2024-03-01,ads,999
        2024-04-01,ads,300
        2024-05-01,referral,100
        2025-01-01,ads,300
        2025-07-01,ads,999
    """,
    # 10 uses the wishlist at once, comes back on day 14 and buys on day 3. 11 comes back a day too
    # early and a day too late, and buys on day 0 only. 12 uses it later, comes back on day 20 and
    # buys a day too late. 13 cannot be judged yet, 14 does nothing, 15 came before the release.
    "events": """
        1,10,use wishlist,2026-03-01 10:00:00
        1,10,use wishlist,2026-03-01 10:00:00
        2,10,visit,2026-03-15 10:00:00
        3,10,purchase,2026-03-04 10:00:00
        4,11,visit,2026-03-14 10:00:00
        5,11,visit,2026-03-22 10:00:00
        6,11,purchase,2026-03-01 10:00:00
        7,12,use wishlist,2026-03-03 10:00:00
        8,12,visit,2026-03-21 23:59:59
        9,12,purchase,2026-03-08 10:00:00
        10,13,visit,2026-03-19 10:00:00
        11,15,use wishlist,2026-02-28 10:00:00
        12,15,visit,2026-03-24 10:00:00
    """,
}


def land(folder: Path, tables: dict[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in tables.items():
        lines = [",".join(RAW[table]), *(line.strip() for line in rows.splitlines())]
        text = "".join(f"{line}\n" for line in lines if line)
        (folder / f"{table}.csv").write_text(text, encoding="utf-8")
    return folder


def build_by_hand(engine: Engine, folder: Path) -> None:
    for tables in (BEFORE, AFTER):
        engine.load(land(folder / "landing", tables))
        build(engine, BY_HAND, folder / "dbt")


@pytest.fixture(scope="session")
def by_hand(tmp_path_factory) -> DuckDB:
    folder = tmp_path_factory.mktemp("by hand")
    engine = DuckDB(folder / "warehouse.duckdb")
    build_by_hand(engine, folder)
    return engine


@pytest.fixture(scope="session")
def sample(tmp_path_factory) -> DuckDB:
    folder = tmp_path_factory.mktemp("sample")
    engine = DuckDB(folder / "warehouse.duckdb")
    make_shop().land(folder / "landing", TODAY)
    engine.load(folder / "landing")
    build(engine, SETTINGS, folder / "dbt")
    return engine
