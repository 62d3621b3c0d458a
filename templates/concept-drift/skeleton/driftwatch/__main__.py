"""The commands: python -m driftwatch COMMAND. `python -m driftwatch --help` lists them."""

import argparse
import os
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from driftwatch import messages
from driftwatch.alerts import Outbox, UnreachableError, receiver_from_environment
from driftwatch.demand import DemandError, watch_all
from driftwatch.files import write_whole
from driftwatch.housing import Archive, MissingDataError, close_month, review
from driftwatch.report import render
from driftwatch.settings import Settings, load_settings


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when it did what it says."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options, load_settings())
    except (MissingDataError, DemandError, UnreachableError) as error:
        print(messages.REFUSED.format(reason=error), file=sys.stderr)
        return 1
    return 0


def _monthly(options: argparse.Namespace, settings: Settings) -> None:
    archive = Archive(options.home)
    month = options.month or _last_month()
    close_month(archive, month, settings)
    measured = review(archive, settings).get(month)
    if measured is None:
        print(messages.GATHERING.format(month=month, needed=settings.window_months))
        return
    text = messages.MONTH_DRIFT if measured.is_drift else messages.MONTH
    print(text.format(it=measured))


def _daily(options: argparse.Namespace, settings: Settings) -> None:
    outbox = Outbox(options.home / "alerts")
    new = outbox.put(watch_all(options.home / "demand.csv", settings))
    receiver = receiver_from_environment()
    if receiver is None:
        print(messages.NO_RECEIVER.format(new=new))
        return
    print(messages.DELIVERED.format(new=new, taken=outbox.deliver(receiver)))


def _report(options: argparse.Namespace, settings: Settings) -> None:
    months = review(Archive(options.home), settings)
    path = options.home / "report.html"
    alerts = Outbox(options.home / "alerts").entries()
    write_whole(path, render(settings.project, months, alerts))
    print(messages.REPORTED.format(path=path))


def _last_month() -> str:
    first = datetime.now(UTC).astimezone().date().replace(day=1)
    return f"{first - timedelta(days=1):%Y-%m}"


def _month(text: str) -> str:
    return f"{date.fromisoformat(f'{text}-01'):%Y-%m}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="driftwatch", description=messages.HELP)
    home = Path(os.environ.get("DRIFTWATCH_HOME", "var"))
    parser.add_argument("--home", type=Path, default=home, help=messages.HELP_HOME)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("monthly", help=messages.HELP_MONTHLY)
    command.add_argument("--month", type=_month, metavar="YYYY-MM")
    command.set_defaults(command=_monthly)
    command = commands.add_parser("daily", help=messages.HELP_DAILY)
    command.set_defaults(command=_daily)
    command = commands.add_parser("report", help=messages.HELP_REPORT)
    command.set_defaults(command=_report)
    return parser


if __name__ == "__main__":
    sys.exit(main())
