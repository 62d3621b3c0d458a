"""``python -m tests.contract.drift [--recordings FOLDER] [--scratch FOLDER]``."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from tests.contract.drift.packages import install
from tests.contract.drift.scenes import compare

_RECORDINGS = Path(__file__).parents[4] / "shared" / "contract"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make drift", description=sys.modules[__package__].__doc__
    )
    parser.add_argument(
        "--recordings",
        type=Path,
        default=Path(os.environ.get("PORTAL_TEST_RECORDINGS", _RECORDINGS)),
        help="the folder with golden-1.57 and golden-fixtures (or PORTAL_TEST_RECORDINGS)",
    )
    parser.add_argument(
        "--scratch",
        type=Path,
        default=Path(os.environ.get("PORTAL_DRIFT_FOLDER", "/tmp/portal-drift")),
        help="where packages, content and answers are kept (or PORTAL_DRIFT_FOLDER)",
    )
    return parser.parse_args()


def main() -> int:
    """Install, replay and print; the status is 1 when anything differs, 2 when it cannot run."""
    given = _arguments()
    if not (given.recordings / "golden-1.57").is_dir():
        _say(f"no recordings in {given.recordings}: set PORTAL_TEST_RECORDINGS")
        return 2
    scratch = given.scratch.resolve()
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        _say("installing the newest packages from npm …")
        installed = install(scratch)
        for name, version in installed.versions.items():
            _say(f"  {name} {version}")
        shutil.rmtree(scratch / "answers", ignore_errors=True)
        result = compare(installed, given.recordings, scratch)
    except (OSError, RuntimeError) as error:
        _say(f"drift could not be measured: {error}")
        return 2
    for one in result.differences:
        _say(f"\n{one.recording}: {one.name}\n  {one.request}")
        for place in one.places:
            _say(f"    {place}")
    _say(f"\n{result.sent} requests sent, {len(result.differences)} answers differ")
    _say(f"the answers are in {scratch / 'answers'}, in the form of the recordings")
    return 1 if result.differences else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
