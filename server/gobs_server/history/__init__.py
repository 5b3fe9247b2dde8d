"""The recent past of every node: the frames themselves, compressed, within a memory budget."""

from gobs_server.history.history import History
from gobs_server.history.lines import Lines
from gobs_server.history.past import Past
from gobs_server.history.series import Wanted
from gobs_server.history.thinned import thinned
from gobs_server.history.track import TooMuch

__all__ = ["History", "Lines", "Past", "TooMuch", "Wanted", "thinned"]
