"""From readings to requests: one sample for each series, and for a series that is no more the mark that ends it."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping

import cramjam

from gobs_core import Reading, Source
from gobs_core.exposition import Families
from gobs_core.exposition.rows import Labels, samples
from gobs_proto import remote_write_pb2 as pb

STALE: float = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
"""Not a number of the one kind that Prometheus takes for the end of a series."""


class Converter:
    """Makes requests for one agent. Remembers which series there were."""

    def __init__(self, source: Source, labels: Mapping[str, str], *, series: int, rows: int, per_request: int) -> None:
        self._source = source
        self._own = {"job": "gobservability", "instance": source.node, **labels}
        self._families = Families(source.tables)
        self._series = series
        self._rows = rows
        self._per_request = per_request
        self._known: frozenset[Labels] = frozenset()
        self.left_out = 0
        """Series that were not sent, for want of room."""

    def requests(self, readings: Iterable[Reading], wall_ns: int) -> Iterator[bytes]:
        """Everything in these readings, compressed."""
        at = wall_ns // 1_000_000
        found: dict[Labels, float] = {}
        for name, labels, value in samples(self._source.node, readings, self._families, rows=self._rows):
            if len(found) < self._series:
                found[self._labels(name, labels)] = float(value)
            else:
                self.left_out += 1
        ended = dict.fromkeys(self._known.difference(found), STALE)
        self._known = frozenset(found)
        waiting = [*found.items(), *ended.items()]
        for first in range(0, len(waiting), self._per_request):
            yield _request(waiting[first : first + self._per_request], at)

    def _labels(self, name: str, labels: Labels) -> Labels:
        """All labels of a series, in the order the protocol wants."""
        return tuple(sorted({**self._own, **dict(labels), "__name__": name}.items()))


def _request(series: Iterable[tuple[Labels, float]], at: int) -> bytes:
    made = pb.WriteRequest()
    for labels, value in series:
        one = made.timeseries.add()
        for name, text in labels:
            one.labels.add(name=name, value=text.encode("utf-8", "backslashreplace").decode())
        one.samples.add(value=value, timestamp=at)
    return bytes(cramjam.snappy.compress_raw(made.SerializeToString()))
