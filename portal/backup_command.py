"""``portal backup``, ``portal restore`` and ``portal migrate``: the state, and its tables."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import click

from portal.backup.service import back_up
from portal.backup.service import restore
from portal.config.settings import Config
from portal.kernel.database import HEAD
from portal.roles.services import Services

#: Reads the settings of ``--config`` and ``--data-dir``.
ReadConfig = Callable[[Path | None, str | None], Config]


def backup_commands(
    settings: Callable[[Any], Any],
    read_config: ReadConfig,
    errors: Callable[[], AbstractContextManager[None]],
) -> tuple[click.Command, ...]:
    """Return the commands.

    Args:
        settings: Adds the options of commands that read settings.
        read_config: Reads the settings.
        errors: Prints what a person can act on, and exits.
    """

    @click.command("backup")
    @settings
    @click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
    def backup_command(config_file: Path | None, data_dir: str | None, file: Path) -> None:
        """Write what cannot be read from repositories again into FILE; the portal may run."""
        with errors():
            config = read_config(config_file, data_dir)
            made = back_up(Services(config).database, config.data_dir, file.absolute())
            click.echo(f"{file}: {made.rows:,} rows, tables {made.tables}")

    @click.command("restore")
    @settings
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--force", is_flag=True, help="Give up what is in the database now.")
    def restore_command(
        config_file: Path | None, data_dir: str | None, file: Path, force: bool
    ) -> None:
        """Replace the database of a stopped portal by a backup, of this or an older version."""
        with errors():
            config = read_config(config_file, data_dir)
            database = Services(config).database
            made = restore(database, config.data_dir, file.absolute(), is_forced=force)
            click.echo(f"{made.rows:,} rows of {made.made_at}, by portal {made.portal}")

    @click.command("migrate")
    @settings
    def migrate_command(config_file: Path | None, data_dir: str | None) -> None:
        """Bring the tables of the database up to date, which every start does as well."""
        with errors():
            Services(read_config(config_file, data_dir)).database.dispose()
            click.echo(f"the tables are at {HEAD}")

    return backup_command, restore_command, migrate_command
