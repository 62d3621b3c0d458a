"""Every kind the catalog understands: one table, ``KINDS``."""

from __future__ import annotations

from portal.model.kinds.glossary import GLOSSARY
from portal.model.kinds.kind import Kind
from portal.model.kinds.organization import ORGANIZATION
from portal.model.kinds.platform import PLATFORM
from portal.model.kinds.software import SOFTWARE

#: Kinds by their exact name; their spelling is case-sensitive, as in Backstage.
KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (*SOFTWARE, *ORGANIZATION, *PLATFORM, *GLOSSARY)
}
