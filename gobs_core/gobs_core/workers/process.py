"""One life of a worker, from the program's side: started with an environment without secrets, and ended for certain."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping

import msgspec

from gobs_core.workers import scratch
from gobs_core.workers.bounds import HURRY, TELL
from gobs_core.workers.kin import MARK, Figures, end_all, end_orphans, figures, mark_of, stat_of
from gobs_core.workers.output import Output
from gobs_core.workers.wire import HEAD, MAX_FRAME, Answer, Ask, framed

_CODE = "from gobs_core.later import put_off; put_off(); from gobs_core.workers.child import main; main()"
_KEPT = frozenset(
    (
        "HOME", "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "PATH", "PYTHONHASHSEED", "PYTHONHOME", "PYTHONPATH",
        "SSL_CERT_DIR", "SSL_CERT_FILE", "TMPDIR", "TZ", "VIRTUAL_ENV",
    )
)  # fmt: skip
"""Variables that a worker has as well, besides those that begin with LC_."""
_PATIENCE = 0.1
"""Seconds a worker gets to say where it is."""


class Garbage(Exception):
    """A worker said what is no answer."""


class Process:
    """A worker that runs. A Nursery makes one, from the loop's own thread; `end` it."""

    def __init__(self, popen: subprocess.Popen[bytes], mark: str, output: Output, folder: str) -> None:
        self._popen = popen
        self._mark = mark
        self._folder = folder
        stat = stat_of(popen.pid)
        self._since = stat.start if stat is not None else 0
        self.output = output
        self._answers = msgspec.msgpack.Decoder(Answer)
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter
        self._ended = False

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._popen.pid

    @property
    def gone(self) -> bool:
        """Whether it has ended, by itself or not."""
        return self._ended or self._popen.poll() is not None

    async def say(self, ask: Ask) -> None:
        """Ask it; raises OSError where it is gone."""
        self._writer.write(framed(ask))
        await self._writer.drain()

    async def hear(self) -> Answer:
        """The next it says; raises EOFError where it is gone, Garbage for what is no answer."""
        try:
            [size] = HEAD.unpack(await self._reader.readexactly(HEAD.size))
            if size > MAX_FRAME:
                raise Garbage(f"a frame of {size} bytes")
            return self._answers.decode(await self._reader.readexactly(size))
        except (asyncio.IncompleteReadError, OSError) as error:
            raise EOFError from error
        except msgspec.DecodeError as error:
            raise Garbage(str(error)) from None

    def figures(self) -> Figures | None:
        """What it and its children use; None: it is gone."""
        return None if self._ended else figures(self.pid)

    def kill(self) -> None:
        """Kill it now; `end` does the rest."""
        with contextlib.suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)

    def hurry(self) -> None:
        """Bid it end what it does before its time."""
        if not self.gone:
            self._popen.send_signal(HURRY)

    async def where(self) -> str:
        """What it prints when it is asked where it is: each thread's stack, the newest call first."""
        self.output.hear(None)  # what comes now is our own question's answer
        with contextlib.suppress(OSError):
            os.kill(self.pid, TELL)
        await asyncio.sleep(_PATIENCE)
        self.output.take_rest()
        return self.output.text()

    async def end(self) -> str:
        """Kill it and what it has started, remove its folder; returns in words how it had ended. Safe twice."""
        how = "" if self._ended else await self._how()
        if not self._ended:
            self._ended = True
            self._writer.close()
            self.kill()
            while self._popen.poll() is None:  # noqa: ASYNC110  no event tells it without a thread for each
                await asyncio.sleep(0.002)
            self.output.take_rest()
            self.output.close()
            await asyncio.to_thread(self._clear)
        return how

    def _clear(self) -> None:
        end_all(self.pid, self._mark, self._since)
        scratch.remove(self._folder)

    async def _how(self) -> str:
        for _ in range(20):  # its line is cut off a moment before it is gone
            if self._popen.poll() is not None:
                break
            await asyncio.sleep(0.002)
        code = self._popen.returncode
        if code is None:
            return ""
        if code >= 0:
            return f"it ended itself with exit code {code}"
        if -code == signal.SIGXCPU:
            return "it used up its CPU time"
        try:
            return f"it was ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"it was ended by signal {-code}"


class Nursery:
    """Starts workers, one after the other. Lives as long as the agent or server whose workers they are."""

    def __init__(self) -> None:
        self._gate = asyncio.Lock()
        self._swept = False
        """Whether what programs that were killed before have left behind was looked for."""

    async def begin(self, more: Iterable[str] = (), environ: Mapping[str, str] = os.environ) -> Process:
        """Start a worker that knows nothing yet; `more` are variables it is to have besides. Raises OSError.

        The loop can do something else between one start and the next, however many are wanted at once.
        """
        async with self._gate:
            if not self._swept:
                self._swept = True
                await asyncio.to_thread(_sweep, environ)
            made, ours = _start(scrubbed(environ, more))
            made._reader, made._writer = await asyncio.open_connection(sock=ours, limit=MAX_FRAME)  # noqa: SLF001  made here
            await asyncio.sleep(0)
        return made


def _sweep(environ: Mapping[str, str]) -> None:
    end_orphans()
    scratch.sweep(environ)


def _start(environment: Mapping[str, str]) -> tuple[Process, socket.socket]:
    mark = mark_of(os.getpid(), int.from_bytes(os.urandom(7)))
    folder = scratch.make(environment, mark)
    place = {"TMPDIR": folder} if folder else {}
    ours, theirs = socket.socketpair()
    read, write = os.pipe()
    try:
        command = [sys.executable, "-P", "-u", "-c", _CODE, str(theirs.fileno()), str(os.getpid())]
        # Not in a thread: the kernel takes the thread that started it for its parent, with which it ends.
        popen = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=write,
            stderr=write,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
            env={**environment, **place, MARK: mark},
        )
    except OSError:
        ours.close()
        os.close(read)
        scratch.remove(folder)
        raise
    finally:
        theirs.close()
        os.close(write)
    ours.setblocking(False)
    return Process(popen, mark, Output(read), folder), ours


def scrubbed(environ: Mapping[str, str], more: Iterable[str] = ()) -> dict[str, str]:
    """What a worker may have of an environment: no variable that could hold a secret, but those that are named."""
    named = {*_KEPT, *more}
    return {name: value for name, value in environ.items() if name in named or name.startswith("LC_")}
