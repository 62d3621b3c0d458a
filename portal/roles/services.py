"""All services of the portal as one object; what each area adds stands in ``composition``."""

from __future__ import annotations

from portal.roles.composition.links import LinkServices
from portal.roles.composition.scaffolder import ScaffolderServices
from portal.roles.composition.sync import SyncServices


class Services(LinkServices, ScaffolderServices, SyncServices):
    """The services of the portal; each is created on first use.

    Its arguments are those of ``portal.roles.composition.foundation.Foundation``.
    """
