"""The engines there are, by the name a setting calls them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from pathlib import Path

from portal.search.documents import SearchEngine
from portal.search.sqlite_engine import SqliteEngine
from portal.search.whoosh_engine import WhooshEngine

#: Each makes an engine of the folder its index lives in.
ENGINES: Mapping[str, Callable[[Path], SearchEngine]] = {
    "whoosh": WhooshEngine,
    "sqlite": SqliteEngine,
}
