"""A start loads what every portal needs: the rest costs time and memory of all processes."""

from __future__ import annotations

import subprocess
import sys

#: What is loaded when it is needed first, and what for.
_LATER = {
    "alembic": "a database that is not up to date",
    "ast_grep_py": "rules of evidence about code",
    "boto3": "a store of files elsewhere",
    "mecab_ko": "a Korean dictionary",
    "opentelemetry": "traces",
    "procrastinate": "jobs of several machines",
    "prometheus_client": "metrics",
    "psycopg": "PostgreSQL",
    "sqlalchemy.dialects.postgresql": "PostgreSQL",
}


def test_what_few_portals_need_is_not_loaded_at_the_start() -> None:
    code = "import portal.cli, sys; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(found.stdout.split())
    assert {"portal.app", "sqlalchemy"} <= loaded
    assert sorted(loaded & _LATER.keys()) == []
