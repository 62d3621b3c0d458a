"""YAML 1.2, read safely: the only package that uses PyYAML, and its public interface.

::

    faults -> limits, scalars -> values -> reading
    text -> values, positions
    writing

The parser's events are turned into JSON values in one pass, iteratively and
under limits, so that depth bombs, alias bombs and tags end in a ``Fault`` with a
line instead of a crash. Scalars follow the YAML 1.2 core schema, as npm's
``yaml`` (the one Backstage uses) does: ``yes`` and ``2024-01-01`` are strings,
``<<`` is an ordinary key.
"""

from portal.kernel.yaml12.faults import Fault
from portal.kernel.yaml12.limits import Limits
from portal.kernel.yaml12.positions import position
from portal.kernel.yaml12.reading import Document
from portal.kernel.yaml12.reading import read
from portal.kernel.yaml12.reading import read_one
from portal.kernel.yaml12.writing import write

__all__ = ["Document", "Fault", "Limits", "position", "read", "read_one", "write"]
