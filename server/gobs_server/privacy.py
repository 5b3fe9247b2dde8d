"""What of a table is shown to whom: who has not said who they are is shown no private column, anywhere.

Whatever shows rows, or finds them by what they hold, takes them from here.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from gobs_core import Kind, Table
from gobs_server.actor import current_actor
from gobs_server.alerts.records import Alert
from gobs_server.live import LiveTable
from gobs_server.tables import View

HIDDEN = "shown to those who have logged in"
"""Why a value of a private column is not known to others."""


def hidden(table: Table) -> list[str]:
    """Return the columns of a table that who asks is not shown."""
    return [] if current_actor().known else [column.name for column in table.columns if column.private]


def seen(view: View) -> View:
    """Return a table as who asks may see it."""
    return view if current_actor().known else view.public


def seen_alert(alert: Alert) -> Alert:
    """Return an alert as who asks may see it: others are not shown the command lines of those who had a part in it."""
    if current_actor().known or not alert.contributors:
        return alert
    bare = [msgspec.structs.replace(one, command="") for one in alert.contributors]
    return msgspec.structs.replace(alert, contributors=bare)


def seen_text_ids(table: LiveTable) -> NDArray[np.integer]:
    """Return the ids of the texts of every row, 0 in place of those that who asks is not shown."""
    ids, names = table.text_ids(), hidden(table.table)
    if names:
        infos = [column.name for column in table.table.cells if column.kind is Kind.INFO]
        ids[:, [len(table.table.keys) + infos.index(name) for name in names]] = 0
    return ids
