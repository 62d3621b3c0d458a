"""Files without content: they keep a folder or make it a package, and prove nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.evidence.proof import matches
from portal.evidence.rule import Example
from portal.evidence.rule import rule_of

STEPS = {"file": {"paths": ["**/extract/*.*"], "beside": [["transform"], ["load"]]}}
AIRFLOW = {"import": {"language": "python", "names": ["airflow"]}}
DAG = """from airflow import DAG

with DAG("orders"):
    pass
"""


def found(document: Mapping[str, Any], files: Mapping[str, str]) -> bool:
    rule = rule_of("etl", document, "rule")
    return matches(rule, Example(found=True, files=files))


def test_the_name_of_an_empty_file_is_no_evidence() -> None:
    names = ("extract", "transform", "load")

    assert not found(STEPS, {f"{name}/__init__.py": "" for name in names})
    assert found(STEPS, {f"{name}/orders.py": "rows = []\n" for name in names})


def test_an_empty_package_is_not_the_library_of_its_name() -> None:
    empty = {"airflow/__init__.py": "", "airflow/dags/orders.py": DAG}

    assert found(AIRFLOW, empty)
    assert not found(AIRFLOW, empty | {"airflow/__init__.py": "class DAG: ...\n"})
    assert not found(AIRFLOW, empty | {"airflow/DAG.py": "x = 1\n"})


def test_a_file_of_an_empty_package_is_its_own() -> None:
    files = {"kafka/__init__.py": "", "kafka/orders.py": "def read(): ...\n"}
    kafka = {"import": {"language": "python", "names": ["kafka"]}}

    assert not found(kafka, files | {"app.py": "from kafka.orders import read\n\nread()\n"})
    assert found(kafka, files | {"app.py": "from kafka.client import read\n\nread()\n"})
