"""The commands: python -m modelops COMMAND. `python -m modelops --help` lists them."""

import argparse
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from waitress import create_server

from modelops import fraud, messages, nightly, schedule
from modelops.recommender import MissingDataError
from modelops.registry import NoSuchVersionError, Registry
from modelops.serving import create_app
from modelops.settings import Settings, load_settings


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when it did what it says."""
    options = _parser().parse_args(arguments)
    settings = load_settings()
    registry = Registry(settings.project, options.home, os.environ.get("MLFLOW_TRACKING_URI"))
    try:
        options.command(options, settings, registry)
    except (MissingDataError, NoSuchVersionError, fraud.PaymentsError) as error:
        print(messages.REFUSED.format(reason=error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


def _nightly(options: argparse.Namespace, settings: Settings, registry: Registry) -> None:
    night = options.night or str(datetime.now(UTC).astimezone().date() - timedelta(days=1))
    _work_on(night, options, settings, registry)


def _work_on(
    night: str, options: argparse.Namespace, settings: Settings, registry: Registry
) -> None:
    outcomes = nightly.Outcomes(options.home / "outcomes")
    conclusion = nightly.conclude(registry, settings, outcomes)
    if conclusion:
        print(messages.VERDICTS[conclusion.verdict].format(it=conclusion))
    done = nightly.retrain(registry, night, options.home / "events" / f"{night}.jsonl")
    text = messages.RETRAINED if done.is_new else messages.KNOWN
    print(text.format(night=night, version=done.version, hit_rate=done.hit_rate))


def _schedule(options: argparse.Namespace, settings: Settings, registry: Registry) -> None:
    def work(night: str) -> None:
        _work_on(night, options, settings, registry)

    schedule.keep(settings.retrain_hour, work, schedule.WallClock(), Console())


class Console:
    """Tells on the terminal how the schedule goes."""

    def next_start(self, start: datetime) -> None:
        """Tell when the next night is worked on."""
        print(messages.NEXT_NIGHT.format(start=start), flush=True)

    def failed(self, night: str, error: Exception, again: datetime | None) -> None:
        """Tell why a night failed, and what comes next."""
        text = messages.NIGHT_FAILED if again else messages.NIGHT_GIVEN_UP
        told = text.format(night=night, reason=error or type(error).__name__, again=again)
        print(told, file=sys.stderr, flush=True)


def _sweep(options: argparse.Namespace, settings: Settings, registry: Registry) -> None:
    found = fraud.sweep(registry, fraud.read_payments(options.payments), settings.sweep_runs)
    print(messages.SWEPT.format(found=found))


def _deploy(options: argparse.Namespace, _settings: Settings, registry: Registry) -> None:
    registry.deploy(options.model, options.version)
    print(messages.DEPLOYED.format(model=options.model, version=options.version))


def _rollback(options: argparse.Namespace, _settings: Settings, registry: Registry) -> None:
    version = registry.rollback(options.model)
    print(messages.DEPLOYED.format(model=options.model, version=version))


# A registry that is down must cost a request two seconds, not MLflow's patient minutes.
_IMPATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_HTTP_REQUEST_TIMEOUT": "2"}


def _serve(options: argparse.Namespace, settings: Settings, registry: Registry) -> None:
    os.environ.update(_IMPATIENCE | os.environ)
    app = create_app(registry, settings, nightly.Outcomes(options.home / "outcomes"))
    server = create_server(app, host=options.host, port=options.port)
    print(f"http://{options.host}:{server.effective_port}", flush=True)
    server.run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="modelops", description=messages.HELP)
    home = Path(os.environ.get("MODELOPS_HOME", "var"))
    parser.add_argument("--home", type=Path, default=home, help=messages.HELP_HOME)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    models = (nightly.MODEL, fraud.MODEL)

    command = commands.add_parser("nightly", help=messages.HELP_NIGHTLY)
    command.add_argument("--night", type=_date, help="YYYY-MM-DD")
    command.set_defaults(command=_nightly)
    command = commands.add_parser("schedule", help=messages.HELP_SCHEDULE)
    command.set_defaults(command=_schedule)
    command = commands.add_parser("sweep", help=messages.HELP_SWEEP)
    command.add_argument("payments", type=Path)
    command.set_defaults(command=_sweep)
    command = commands.add_parser("deploy", help=messages.HELP_DEPLOY)
    command.add_argument("model", choices=models)
    command.add_argument("version")
    command.set_defaults(command=_deploy)
    command = commands.add_parser("rollback", help=messages.HELP_ROLLBACK)
    command.add_argument("model", choices=models)
    command.set_defaults(command=_rollback)
    command = commands.add_parser("serve", help=messages.HELP_SERVE)
    command.add_argument("--host", default="127.0.0.1")
    command.add_argument("--port", type=int, default=8080)
    command.set_defaults(command=_serve)
    return parser


def _date(text: str) -> str:
    return str(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date())


if __name__ == "__main__":
    sys.exit(main())
