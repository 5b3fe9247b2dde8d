"""One list and then a watch of the pods of this node, in a thread that ends only when it is told to.

A watch ends every few minutes and goes on from where it was; bookmarks keep that place young where nothing happens.
When the place is too old (410) everything is listed again, and what is missing then has been deleted. Whatever fails is
said and tried again after a pause that grows: the pods known so far stay known.
"""

from __future__ import annotations

import ctypes
import gc
import math
import random
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import quote

import msgspec

from gobs_collectors.kubernetes.backoff import Backoff
from gobs_collectors.kubernetes.connection import Api
from gobs_collectors.kubernetes.known import Known
from gobs_collectors.kubernetes.lines import Lines
from gobs_collectors.kubernetes.objects import Event, Page, Raw, Status
from gobs_collectors.kubernetes.pace import Pace
from gobs_collectors.kubernetes.settings import KubernetesConfig
from gobs_collectors.kubernetes.trouble import Gone, Missing, TooLarge, Trouble, no_such_node, refused
from gobs_core import Report

PODS = "/api/v1/pods"
_MOST, _MOST_OF_LINE = 16 << 20, 8 << 20
"""Bytes of one page and of one event. No object of a cluster has more than 2 MiB."""
_page = msgspec.json.Decoder(Page).decode
_event = msgspec.json.Decoder(Event).decode
_status = msgspec.json.Decoder(Status).decode


def watch(api: Api, config: KubernetesConfig, node: str, report: Report, pace: Pace, stop: threading.Event) -> None:
    """List and watch until `stop` is set, whatever happens."""
    Watch(api, Known(node, config.labels), node, report, pace, stop, random.SystemRandom()).run()


class Watch:
    """The list and the watch; `run` it in a thread of its own, until `stop` is set."""

    def __init__(
        self, api: Api, known: Known, node: str, report: Report, pace: Pace, stop: threading.Event, dice: random.Random
    ) -> None:
        self._api = api
        self._known = known
        self._node = node
        self._report = report
        self._pace = pace
        self._stop = stop
        self._dice = dice
        self._backoff = Backoff(dice, pace.first_pause, pace.longest_pause)
        self._version = ""
        self._first = True
        """Whether nothing was listed yet: then a list that is a little old will do, and costs the server little."""
        self._page = pace.page
        self._in_trouble = False
        self._no_node = ""

    def run(self) -> None:
        """Go on until told to stop, whatever happens."""
        while not self._stop.is_set():
            self._stop.wait(self._turn())

    def _turn(self) -> float:
        """List where that is due, and watch; returns how long to pause before the next turn."""
        try:
            if not self._version:
                self._list()
                _give_memory_back()
            return 0.0 if self._stop.is_set() or self._watch() else self._backoff.pause()
        except Gone:
            self._version = ""
            return self._backoff.pause()
        except TooLarge as error:
            self._version, self._first = "", False
            self._page = max(1, self._page // 2)
            return self._failed(str(error))
        except Trouble as error:
            self._api.forget()
            return max(self._failed(str(error)), error.pause)
        except Exception as error:  # noqa: BLE001  names must come again, whatever it was
            self._version = ""
            self._api.forget()
            return self._failed(f"the Kubernetes inventory failed: {type(error).__name__}: {error}")

    def _failed(self, why: str) -> float:
        self._in_trouble = True
        if not self._stop.is_set():
            self._report.trouble(f"{why}; pods are shown as last known, new ones by id")
        return self._backoff.pause()

    def _tell(self) -> None:
        self._in_trouble = False
        infos = self._known.infos()
        if not self._stop.is_set():
            self._report.workloads(infos, self._known.lacking or ("" if infos else self._no_node))

    def _list(self) -> None:
        """Take every page; raises what asking raises."""
        items: list[Raw] = []
        query = {"fieldSelector": f"spec.nodeName={self._node}", "limit": str(self._page)}
        if self._first:
            query["resourceVersion"] = "0"
        while True:
            page = self._read_page(query)
            items += page.items or ()
            if not page.metadata.continue_:
                break
            query = {**query, "continue": page.metadata.continue_}
            query.pop("resourceVersion", None)
        self._no_node = "" if items else self._is_there_such_a_node()
        self._known.replace(items)
        self._version, self._first = page.metadata.resource_version, False
        self._tell()

    def _read_page(self, query: Mapping[str, str]) -> Page:
        body = self._api.read(PODS, query, patience=self._pace.patience, most=_MOST)
        try:
            return _page(body)
        except msgspec.MsgspecError as error:
            raise Trouble(f"what answers is no list of pods: {error}") from None

    def _is_there_such_a_node(self) -> str:
        """Without any pod, find out whether there is a node of our name; where we may not ask, believe it."""
        try:
            self._api.read(f"/api/v1/nodes/{quote(self._node, safe='')}", {}, patience=self._pace.patience, most=_MOST)
        except Missing:
            return no_such_node(self._node)
        except (Trouble, TooLarge):
            pass
        return ""

    def _watch(self) -> bool:
        """Take events until the server ends it; returns whether it was of any use. Raises what asking raises."""
        seconds = self._pace.watch * self._dice.uniform(1.0, 2.0)
        query = {
            "fieldSelector": f"spec.nodeName={self._node}",
            "watch": "true",
            "resourceVersion": self._version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(max(1, round(seconds))),
        }
        lines, taken, opened = Lines(_MOST_OF_LINE), 0, math.inf
        try:
            with self._api.get(PODS, query, patience=seconds + self._pace.patience) as chunks:
                opened = time.monotonic()
                if self._in_trouble:
                    self._tell()
                for found in lines.of(chunks):
                    if self._stop.is_set():
                        break
                    if lines.left_out:
                        raise TooLarge(f"an event of the Kubernetes API is larger than {_MOST_OF_LINE >> 20} MiB")
                    if sum(map(self._take, found)):
                        self._tell()
                    taken += len(found)
        finally:
            useful = taken > 0 or time.monotonic() - opened >= self._pace.brief
            if useful:
                self._backoff.reset()
        return useful

    def _take(self, line: bytes) -> bool:
        """Take one event; returns whether pods may have changed. Raises Gone and Trouble."""
        try:
            event = _event(line)
            if event.type == "ERROR":
                status = _status(event.object)
                raise refused(status.code or 500, bytes(event.object), None, "our credentials")
            self._version = self._known.take(event) or self._version
        except msgspec.MsgspecError as error:
            self._version = ""
            raise Trouble(f"what answers is no watch of pods: {error}") from None
        return event.type != "BOOKMARK"


def _give_memory_back() -> None:
    """Give what a list took for a moment back to the system, where its allocator can."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
