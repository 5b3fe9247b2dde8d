"""Tables as they come over the wire: decoding, validating and evaluating them, for the present and for the past."""

from gobs_server.tables.counted import Chosen, Counted
from gobs_server.tables.errors import BadFrame
from gobs_server.tables.run import RunState
from gobs_server.tables.schema import Schemas, schemas_from
from gobs_server.tables.state import TableState
from gobs_server.tables.together import totals_together
from gobs_server.tables.totals import Totals
from gobs_server.tables.view import View

__all__ = [
    "BadFrame",
    "Chosen",
    "Counted",
    "RunState",
    "Schemas",
    "TableState",
    "Totals",
    "View",
    "schemas_from",
    "totals_together",
]
