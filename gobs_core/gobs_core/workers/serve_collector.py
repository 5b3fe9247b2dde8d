"""A collector in its worker: called as in a thread, its rows checked, and sent where they are other than before."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

import msgspec

from gobs_core.collector import Collector, Context, Inspector
from gobs_core.described import WorkloadInfo
from gobs_core.errors import NoData
from gobs_core.proc import Proc
from gobs_core.rowcheck import RowCheck
from gobs_core.table import RowValues
from gobs_core.workers.bounds import spend
from gobs_core.workers.child import answer, failure_of
from gobs_core.workers.wire import MAX_FRAME, Ask, Failure, Line, pack
from gobs_core.workloads import Workloads

MAX_UNKNOWN = 500
_MANY = 500
"""Rows that are sent at once, where they are not too long for that."""


class Told(msgspec.Struct, frozen=True, array_like=True):
    """What a reading begins with."""

    seconds: float
    """Its deadline."""
    workloads: list[WorkloadInfo] | None = None
    """What is known of them by name; None: as before."""
    unnamed: str = ""
    """Why names are missing, or may be old."""


class Collected(msgspec.Struct, frozen=True, array_like=True):
    """How a reading ended."""

    cpu: float
    """Seconds of CPU time this process has used since the one before."""
    unknown: dict[str, str]


class Asked(msgspec.Struct, frozen=True, array_like=True):
    """What an inspection is about."""

    seconds: float
    key: dict[str, str]
    sections: list[str]


class ServedCollector:
    """Holds one collector."""

    def __init__(self, cls: type[Collector], config: Any, about: Mapping[str, Any]) -> None:
        self._proc = Proc(about["proc"], about["sys"])
        self._workloads = Workloads()
        self._collector = cls(config, Context(node=about["node"], workloads=self._workloads))
        self._check = RowCheck(cls.tables)
        self._sent: dict[int, tuple[RowValues, ...]] = {}
        self._opened = False
        self._cpu = time.process_time()

    def serve(self, line: Line) -> None:
        """Answer until nobody asks."""
        methods: dict[str, Any] = {
            "collect": partial(self._collect, line),
            "inspect": self._inspect,
            "close": lambda _: self._collector.close(),
        }
        while (ask := line.read()) is not None:
            answer(line, ask, methods[ask.method])

    def _collect(self, line: Line, ask: Ask) -> Collected | Failure:
        told = msgspec.msgpack.decode(ask.body, type=Told)
        spend(told.seconds)
        if told.workloads is not None:
            self._workloads.told("agent", told.workloads, told.unnamed)
        try:
            self._open()
            self._send_rows(line, ask.id)
            before, self._cpu = self._cpu, time.process_time()
            return Collected(self._cpu - before, _plain(self._collector.unknown()))
        except NoData as reason:
            self._sent.clear()
            failure = failure_of(reason)
            return msgspec.structs.replace(failure, unknown=_plain(self._collector.unknown()))
        except BaseException:
            self._sent.clear()  # what was sent of this reading is not kept there
            raise

    def _send_rows(self, line: Line, ask: int) -> None:
        rows = self._check.check(self._collector.collect(self._proc))
        for place, (_, found) in enumerate(rows):
            if self._sent.get(place) == found:
                line.say(ask, "part", (place, None))
                continue
            for first in range(0, len(found), _MANY):
                _send(line, ask, place, found[first : first + _MANY])
            self._sent[place] = found

    def _inspect(self, ask: Ask) -> Mapping[str, object]:
        asked = msgspec.msgpack.decode(ask.body, type=Asked)
        spend(asked.seconds)
        if not isinstance(self._collector, Inspector):
            raise NoData(f"collector {self._collector.name!r} tells no more of a row")
        self._open()
        found = self._collector.inspect(self._proc, asked.key, tuple(asked.sections or self._collector.sections))
        return dict(found)

    def _open(self) -> None:
        if not self._opened:
            self._collector.open(self._proc)
            self._opened = True


def _plain(unknown: Mapping[str, str]) -> dict[str, str]:
    return {str(name)[:200]: str(reason)[:1000] for name, reason in islice(unknown.items(), MAX_UNKNOWN)}


def _send(line: Line, ask: int, place: int, rows: Sequence[RowValues]) -> None:
    body = pack((place, rows))
    if len(bytes(body)) > MAX_FRAME // 2 and len(rows) > 1:
        _send(line, ask, place, rows[: len(rows) // 2])
        _send(line, ask, place, rows[len(rows) // 2 :])
    else:
        line.say(ask, "part", body)
