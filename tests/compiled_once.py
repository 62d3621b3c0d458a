"""What all applications of the tests have alike, made once in a process; and less looking for garbage.

A portal makes each of these once, and the tests make hundreds of portals.
"""

from __future__ import annotations

import gc
import sys
from functools import cache
from importlib.metadata import EntryPoints
from importlib.metadata import entry_points
from types import CodeType

from flask import Flask
from jinja2.bccache import Bucket
from jinja2.bccache import FileSystemBytecodeCache

from portal.scaffolder.actions import installed


def _remember_packages() -> None:
    """Look through the installed packages for actions once, unless the path has changed."""

    @cache
    def found(_path: tuple[str, ...], group: str) -> EntryPoints:
        return entry_points(group=group)

    def remembered(*, group: str) -> EntryPoints:
        return found(tuple(sys.path), group)

    vars(installed)["entry_points"] = remembered


class _Templates(FileSystemBytecodeCache):
    """The code of templates, by name and source: compiling those of a page takes 60 ms.

    In memory for this process, in Jinja's own folder for the others.
    """

    def __init__(self) -> None:
        super().__init__()
        self._codes: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))
        if bucket.code is None:
            super().load_bytecode(bucket)
            self._codes[bucket.key, bucket.checksum] = bucket.code

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[bucket.key, bucket.checksum] = bucket.code
        super().dump_bytecode(bucket)


_remember_packages()
Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _Templates()}


# What is imported and collected stays until the process ends: looking for garbage in ten thousand
# tests over and over takes longer than many of them.
def pytest_collection() -> None:
    gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


# The process ends: nothing has to be looked through, or freed, before.
def pytest_unconfigure() -> None:
    gc.freeze()
    gc.disable()
