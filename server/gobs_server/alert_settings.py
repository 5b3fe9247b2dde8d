"""What may be set for alerts: `[server.alerts]`."""

from __future__ import annotations

from typing import Annotated

import msgspec

from gobs_core.settings import Section
from gobs_core.values import Duration


class AlertSettings(Section, frozen=True, kw_only=True):
    """Alerts: where rules and the journal are, and how long the past is kept."""

    rules: str = ""
    """Folder of rules in TOML files, such as one that GitOps writes; looked at again as it changes. They are read-only
    everywhere else."""
    journal: str = ""
    """File of what must not be lost, which needs a volume of its own; alerts.sqlite3 in the server's folder unless
    set."""
    keep: Annotated[Duration, msgspec.Meta(gt=0)] = 90 * 86400.0
    """How long alerts that are over stay in the database."""
    grace: Annotated[Duration, msgspec.Meta(ge=0)] = 60.0
    """How long after its start the server says nothing of nodes that it has not heard of yet."""
    starter: bool = True
    """Whether a new server begins with the starter rules."""
