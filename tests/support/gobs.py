"""`gobs` started as a program of its own, in the time that its work takes: forked from one that has imported it all."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any

from tests.support import forked
from tests.support.house import ROOT
from tests.support.programs import searched

INTERPRETED = [sys.executable, "-c", "import sys; from gobs_core.cli import main; sys.exit(main())"]
"""The same with an interpreter of its own, for a test that is about the start."""
START = 60.0
"""Seconds until a program has begun, on a busy machine."""


class Program:
    """A running `gobs`, used as one used a subprocess.Popen."""

    def __init__(self, words: Sequence[str], pid: int, end: socket.socket) -> None:
        self.args = ["gobs", *words]
        self.pid = pid
        self.returncode: int | None = None
        self._end = end

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code, negative for a signal, as soon as it has ended; raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self._end.settimeout(timeout)
            try:
                self.returncode = _number(self._end)
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0) from None
            self._end.close()
        return self.returncode

    def poll(self) -> int | None:
        """Return the exit code if it has ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0.0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash would."""
        self.send_signal(signal.SIGKILL)


def start(
    *words: str,
    stdout: IO[Any] | int | None = None,
    stderr: IO[Any] | int | None = None,
    stdin: IO[Any] | int | None = None,
    environ: Mapping[str, str] | None = None,
    folder: Path = ROOT,
) -> Program:
    """Start `gobs` with these words and streams; what is not given is /dev/null, and this process's environment."""
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    environment = dict(os.environ if environ is None else environ)
    asked = json.dumps({"words": words, "folder": str(folder), "environment": environment}).encode()
    with open(os.devnull, "r+b", buffering=0) as null, theirs:
        streams = [null if stream is None else stream for stream in (stdin, stdout, stderr)]
        given = [stream if isinstance(stream, int) else stream.fileno() for stream in streams]
        socket.send_fds(_forks(), [asked], [*given, theirs.fileno()])
    mine.settimeout(START)
    return Program(words, _number(mine), mine)


def run(
    *words: str,
    given: str = "",
    environ: Mapping[str, str] | None = None,
    folder: Path = ROOT,
    timeout: float = 60.0,
) -> subprocess.CompletedProcess[str]:
    """Run `gobs` to its end; it reads what is given from stdin."""
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        stdin.write(given.encode())
        stdin.seek(0)
        program = start(*words, stdin=stdin, stdout=out, stderr=err, environ=environ, folder=folder)
        try:
            code = program.wait(timeout)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait(10)
            raise
        said = [stream.read().decode() for stream in (out, err) if stream.seek(0) == 0]
    return searched(subprocess.CompletedProcess(program.args, code, *said))


@cache
def _forks() -> socket.socket:
    """Return the way to the process that forks, which ends with this one."""
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    mine.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, forked.LONGEST)
    command = [sys.executable, "-P", str(Path(forked.__file__)), str(theirs.fileno())]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    null = subprocess.DEVNULL
    with theirs:
        process = subprocess.Popen(
            command, stdin=null, stdout=null, cwd=ROOT, env=environment, pass_fds=[theirs.fileno()]
        )

    def end() -> None:
        mine.close()
        process.wait(10)

    atexit.register(end)
    return mine


def _number(end: socket.socket) -> int:
    told = end.recv(64)
    if not told:
        raise RuntimeError("the process that programs are forked from has ended")
    return int(told)
