"""``portal token``: the tokens of programs."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from portal.audit.events import AuditAction
from portal.auth.identity import Scope
from portal.auth.programs.tokens import ProgramToken
from portal.auth.programs.tokens import access_of
from portal.config.settings import Config
from portal.roles.services import Services

_DAY = 86_400
#: Reads the settings of ``--config`` and ``--data-dir``.
ReadConfig = Callable[[Path | None, str | None], Config]


def token_group(
    settings: Callable[[Any], Any],
    read_config: ReadConfig,
    errors: Callable[[], AbstractContextManager[None]],
) -> click.Group:
    """Return the group of commands.

    Args:
        settings: Adds the options of commands that read settings.
        read_config: Reads the settings.
        errors: Prints what a person can act on, and exits.
    """
    group = click.Group("token", help="Make, list and revoke the tokens of programs.")
    commands = _Commands(settings, read_config, errors)
    _add_create(group, commands)
    _add_list(group, commands)
    _add_revoke(group, commands)
    return group


@dataclass(frozen=True, slots=True)
class _Commands:
    """What all commands of the group use; see ``token_group``."""

    settings: Callable[[Any], Any]
    read_config: ReadConfig
    errors: Callable[[], AbstractContextManager[None]]

    def services(self, config_file: Path | None, data_dir: str | None) -> Services:
        return Services(self.read_config(config_file, data_dir))


def _add_create(group: click.Group, commands: _Commands) -> None:
    @group.command()
    @commands.settings
    @click.argument("name")
    @click.option(
        "--scope",
        "scopes",
        multiple=True,
        required=True,
        type=click.Choice([scope.value for scope in Scope]),
        help="What it is good for; may be repeated. admin includes the others.",
    )
    @click.option(
        "--restrict",
        "restrictions",
        multiple=True,
        metavar="PLUGIN[:NAME,...]",
        help="Only this plugin, or only these of its permissions or actions; may be repeated.",
    )
    @click.option("--days", type=click.IntRange(1, 3650), help="Ends after so many days.")
    def create(
        config_file: Path | None,
        data_dir: str | None,
        name: str,
        scopes: tuple[str, ...],
        restrictions: tuple[str, ...],
        days: int | None,
    ) -> None:
        """Make a token for the program NAME and print it: it cannot be shown again."""
        with commands.errors():
            services = commands.services(config_file, data_dir)
            access = access_of(scopes, restrictions)
            expires_at = int(time.time()) + days * _DAY if days else 0
            text = services.authentication.programs.create(name, access, expires_at)
            details = {"scopes": sorted(scopes), "restrictions": list(restrictions)}
            services.audit.record(AuditAction.TOKEN_CREATE, name, details=details)
            services.audit.flush()
            click.echo(text)


def _add_list(group: click.Group, commands: _Commands) -> None:
    @group.command("list")
    @commands.settings
    def list_tokens(config_file: Path | None, data_dir: str | None) -> None:
        """List the tokens: what they are good for, when they end, when they were used."""
        with commands.errors():
            found = commands.services(config_file, data_dir).authentication.programs.all()
            now = time.time()
            for one in found:
                click.echo(_line(one, now))
            if not found:
                click.echo("there are no tokens: make one with 'portal token create'")


def _add_revoke(group: click.Group, commands: _Commands) -> None:
    @group.command()
    @commands.settings
    @click.argument("name")
    def revoke(config_file: Path | None, data_dir: str | None, name: str) -> None:
        """Revoke the token NAME: from now on it is good for nothing."""
        with commands.errors():
            services = commands.services(config_file, data_dir)
            services.authentication.programs.revoke(name)
            services.audit.record(AuditAction.TOKEN_REVOKE, name)
            services.audit.flush()
            click.echo(f"{name} is revoked")


def _line(token: ProgramToken, now: float) -> str:
    scopes = ",".join(sorted(scope.value for scope in token.access.scopes))
    plugins = ",".join(sorted({one.plugin for one in token.access.restrictions})) or "all plugins"
    if token.revoked_at:
        state = f"revoked {_day(token.revoked_at)}"
    elif not token.is_good(now):
        state = f"ended {_day(token.expires_at)}"
    else:
        state = f"until {_day(token.expires_at)}" if token.expires_at else "without end"
    used = f"used {_day(token.used_at)}" if token.used_at else "never used"
    return f"{token.name}  {scopes}  {plugins}  made {_day(token.created_at)}  {used}  {state}"


def _day(seconds: int) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%d %H:%M")
