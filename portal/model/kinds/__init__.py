"""Every kind the catalog understands: the table ``KINDS``, and one without the ai-model.

::

    kind -> software -> organization, platform, glossary, ai_model
    evidence -> checks -> glossary
"""

from __future__ import annotations

from collections.abc import Mapping

from portal.model.kinds.ai_model import AI_MODEL
from portal.model.kinds.glossary import GLOSSARY
from portal.model.kinds.kind import Kind
from portal.model.kinds.organization import ORGANIZATION
from portal.model.kinds.platform import PLATFORM
from portal.model.kinds.software import SOFTWARE

#: Kinds by their exact name; their spelling is case-sensitive, as in Backstage.
Kinds = Mapping[str, Kind]
KINDS_WITHOUT_AI_MODEL: Kinds = {
    kind.name: kind for kind in (*SOFTWARE, *ORGANIZATION, *PLATFORM, *GLOSSARY)
}
KINDS: Kinds = {**KINDS_WITHOUT_AI_MODEL, **{kind.name: kind for kind in AI_MODEL}}
