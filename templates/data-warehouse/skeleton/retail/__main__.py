"""Load a folder of landed files into WAREHOUSE_URL and build: `python -m retail FOLDER`.

The word "sample" in the place of the folder means the sample shop. What was in the raw tables is
replaced.
"""

import os
import sys
from pathlib import Path

from retail.build import BuildError, build
from retail.engine import open_engine
from retail.sample import TODAY, make_shop
from retail.settings import ROOT, read_settings


def main(arguments: list[str]) -> None:
    """Load, build, and say what was built.

    Raises:
        SystemExit: when the arguments are wrong or something could not be built.
    """
    if len(arguments) != 1:
        raise SystemExit("usage: python -m retail FOLDER|sample")
    home = ROOT / "var" / "data"
    landing = Path(arguments[0])
    if arguments == ["sample"]:
        landing = home / "landing"
        make_shop().land(landing, TODAY)
    if not landing.is_dir():
        raise SystemExit(f"{landing} is no folder")
    url = os.environ.get("WAREHOUSE_URL", f"duckdb:///{home / 'warehouse.duckdb'}")
    try:
        engine = open_engine(url)
        engine.load(landing)
        print(build(engine, read_settings(), home / "dbt"))  # noqa: T201 - a command
    except (BuildError, ValueError) as problem:
        raise SystemExit(str(problem)) from None


if __name__ == "__main__":
    main(sys.argv[1:])
