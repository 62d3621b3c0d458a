"""Evidently's report on the house prices: python evidently_report.py HOME FILE.

Needs requirements-evidently.txt, which is large; `make evidently` installs it beside the project.
"""

import sys
from pathlib import Path

import pandas as pd
from evidently import DataDefinition, Dataset, Regression, Report
from evidently.presets import DataDriftPreset, RegressionPreset

from driftwatch.housing import FEATURES, PRICE, Archive, Model


def table(archive: Archive, model: Model, months: list[str]) -> Dataset:
    """Return the sales of some months with the model's estimates, as Evidently takes them."""
    sales = archive.sales(months)
    frame = pd.DataFrame(sales.features, columns=list(FEATURES))
    frame[PRICE] = sales.prices
    frame["estimate"] = model.predict(sales.features)
    roles = DataDefinition(
        numerical_columns=[*FEATURES, PRICE, "estimate"],
        regression=[Regression(target=PRICE, prediction="estimate")],
    )
    return Dataset.from_pandas(frame, data_definition=roles)


def write_report(home: Path, path: Path) -> None:
    """Compare the frozen model's training months with the latest ones."""
    archive = Archive(home)
    models = archive.models()
    frozen, latest = models[0], models[-1]
    now, then = (table(archive, frozen, list(model.months)) for model in (latest, frozen))
    Report([DataDriftPreset(), RegressionPreset()]).run(now, then).save_html(str(path))


if __name__ == "__main__":
    write_report(Path(sys.argv[1]), Path(sys.argv[2]))
