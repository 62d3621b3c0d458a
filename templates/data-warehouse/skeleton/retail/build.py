"""Build the warehouse from its raw tables: snapshots, models and their checks, by dbt."""

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from retail.engine import Engine
from retail.settings import ROOT, Settings


class BuildError(Exception):
    """dbt did not build everything, or a check of the data failed; the message tells which."""


@dataclass(frozen=True)
class Built:
    """What dbt did.

    Attributes:
        models: tables and views that were made.
        checks: checks of the data that passed.
    """

    models: int
    checks: int


def build(engine: Engine, settings: Settings, folder: Path, *selection: str) -> Built:
    """Run `dbt build`; its log and its notes go to the folder.

    Args:
        engine: where the raw tables are and the models go.
        settings: what the models depend on.
        folder: for dbt's own files; two builds at a time need two of them.
        selection: arguments like "--select", "+feature_adoption"; nothing means everything.

    Raises:
        BuildError: when something could not be built or is not as it should be.
    """
    command = [sys.executable, "-m", "dbt.cli.main", "--quiet", "build", *selection]
    folders = {"DBT_PROJECT_DIR": ROOT, "DBT_PROFILES_DIR": ROOT, "DBT_TARGET_PATH": folder}
    variables = {
        "fiscal_year_start_month": settings.fiscal_year_start_month,
        "retention_days": settings.retention_days,
        "conversion_days": settings.conversion_days,
    }
    done = subprocess.run(
        [*command, "--log-path", str(folder), "--vars", json.dumps(variables)],
        env=os.environ | engine.variables() | {key: str(value) for key, value in folders.items()},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildError(done.stdout + done.stderr)
    return _built(folder / "run_results.json")


def _built(results: Path) -> Built:
    document = json.loads(results.read_text(encoding="utf-8"))
    kinds = Counter(result["unique_id"].partition(".")[0] for result in document["results"])
    return Built(models=kinds["model"] + kinds["snapshot"], checks=kinds["test"])
