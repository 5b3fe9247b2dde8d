"""The check's own process from outside: what it finds, what the plugins print in it, and where one hangs or ends it."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from gobs_core.errors import UserError
from gobs_core.kit.findings import Finding, Level, placed
from gobs_core.kit.printed import Printed
from gobs_core.plugins.places import Place, place_in
from gobs_core.workers.bounds import TELL
from gobs_core.workers.kin import MARK, end_all, mark_of

END = 10.0
"""Seconds it gets to end when it has cut off its line."""
MOST_LIVES = 100
_CODE = "from gobs_core.later import put_off; put_off(); from gobs_core.cli.checking import main; main()"
_DUMP = 0.2
"""Seconds it gets to say where it is."""


def check_apart(order: dict[str, Any], patience: float) -> Iterator[Finding]:
    """Yield what a check finds, tried in another process: in a new one after each plugin that ends it.

    `order` is the command's arguments. Raises UserError for what it says is a mistake of the user.
    """
    told: set[Finding] = set()
    skip: set[str] = set()
    for _ in range(MOST_LIVES):
        life = _Life({**order, "skip": sorted(skip)}, patience)
        for finding in life.run():
            if finding not in told:
                told.add(finding)
                yield finding
        skip |= life.begun
        if life.whole or not life.begun:
            return


class _Life:
    """One process of a check."""

    def __init__(self, order: dict[str, Any], patience: float) -> None:
        self._patience = patience
        self._mark = mark_of(os.getpid(), time.monotonic_ns())
        self._order = order
        self._pending = b""
        self._about, self._wanted, self._what = "", False, "it"
        self._seconds: float | None = None
        self._place: Place | None = None
        self._since = self._heard = 0.0
        self._printed = Printed()
        self._ack = -1
        self.begun: set[str] = set()
        """What it began, and so is not to be tried again."""
        self.whole = False
        """Whether it came to its end."""

    def run(self) -> Iterator[Finding]:
        """Start it, and hear what it says to its end."""
        messages, said = os.pipe()
        output, printed = os.pipe()
        heard, self._ack = os.pipe()
        os.set_blocking(messages, False)
        os.set_blocking(output, False)
        command = [sys.executable, "-P", "-u", "-c", _CODE, str(said), str(heard), json.dumps(self._order)]
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=printed,
            pass_fds=(said, heard),
            start_new_session=True,
            env={**os.environ, MARK: self._mark},
        )
        for theirs in (said, printed, heard):
            os.close(theirs)
        self._since = self._heard = time.monotonic()
        try:
            yield from self._hear(process, messages, output)
        finally:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for ours in (messages, output, self._ack):
                os.close(ours)
            with contextlib.suppress(OSError):
                end_all(process.pid, self._mark)

    def _hear(self, process: subprocess.Popen[bytes], messages: int, output: int) -> Iterator[Finding]:
        with selectors.DefaultSelector() as selector:
            selector.register(messages, selectors.EVENT_READ)
            selector.register(output, selectors.EVENT_READ)
            while not self.whole:
                ready = {key.fd for key, _ in selector.select(0.2)}
                if messages in ready:
                    lines = self._lines(messages)
                    self._take(output)  # all that was printed before these lines were written
                    if lines is None:
                        fault = self._died(process)
                        yield from self._printed.findings(self._about)
                        yield fault
                        return
                    for line in lines:
                        yield from self._message(line)
                elif output in ready and not self._take(output):
                    selector.unregister(output)
                if late := self._late():
                    yield from self._printed.findings(self._about)
                    yield self._fault(late, self._where(process, output))
                    return
        yield from self._printed.findings(self._about)

    def _lines(self, messages: int) -> list[bytes] | None:
        found = b""
        with contextlib.suppress(BlockingIOError):
            found = os.read(messages, 65536)
            if not found:
                return None
        *lines, self._pending = (self._pending + found).split(b"\n")
        return lines

    def _take(self, output: int) -> bool:
        with contextlib.suppress(BlockingIOError):
            while part := os.read(output, 65536):
                self._printed.take(part)
                if len(part) < 65536:
                    return True
            return False
        return True

    def _message(self, line: bytes) -> Iterator[Finding]:
        message: dict[str, Any] = json.loads(line)
        self._heard = time.monotonic()
        if "mistake" in message:
            raise UserError(message["mistake"])
        if "finding" in message:
            level, about, text = message["finding"]
            yield Finding(Level(level), about, text)
        elif "begin" in message:
            yield from self._printed.findings(self._about)
            if self._about.startswith("entry point "):  # it was imported, and so can be again
                self.begun.discard(self._about)
            self._about, self._wanted, self._what = message["begin"], message["wanted"], message["what"]
            self._seconds = min(message["seconds"], 3 * self._patience) if message["seconds"] else None
            self._since = self._heard
            self._place = None if message["place"] is None else (message["place"][0], message["place"][1])
            self.begun |= {self._about} - {""}
            with contextlib.suppress(OSError):  # what it prints from now on is about this; it waits for that
                os.write(self._ack, b".")
        elif "done" in message:
            self.whole = True

    def _late(self) -> str:
        now = time.monotonic()
        if self._seconds is not None and now - self._since > self._seconds:
            return f"{self._what} took longer than {self._seconds:g} s"
        if now - self._heard > 2 * self._patience:  # it gives signs of life all the while, so Python itself is stuck
            return f"{self._what} held up all of Python for longer than {2 * self._patience:g} s"
        return ""

    def _where(self, process: subprocess.Popen[bytes], output: int) -> Place | None:
        self._take(output)
        before = len(self._printed.last)
        with contextlib.suppress(OSError):
            os.kill(process.pid, TELL)
        time.sleep(_DUMP)
        self._take(output)
        return place_in(self._printed.last[before:].decode(errors="replace"), newest_first=True)

    def _died(self, process: subprocess.Popen[bytes]) -> Finding:
        try:
            code = process.wait(END)
        except subprocess.TimeoutExpired:
            return self._fault(f"{self._what} cut off the line to the check", None)
        how = f"with exit code {code}" if code >= 0 else f"by {signal.Signals(-code).name}"
        before, fatal, dump = self._printed.last.partition(b"Fatal Python error")
        self._printed.last = before
        place = place_in(dump.decode(errors="replace"), newest_first=True) if fatal else None
        return self._fault(f"{self._what} ended its process {how}", place)

    def _fault(self, text: str, place: Place | None) -> Finding:
        level = Level.WRONG if self._wanted or not self._about else Level.NOTE
        return Finding(level, self._about or "the check", placed(text, place or self._place))
