"""What programs say to the tests that start them: searched for the mark of secrets, as all output of the suite is."""

from __future__ import annotations

import subprocess
from asyncio.subprocess import Process
from typing import Any, TypeVar

from tests.support.secrets import told_in

P = TypeVar("P", bound="subprocess.CompletedProcess[Any] | subprocess.Popen[Any] | Process")


def searched(program: P, *, shows: str = "") -> P:
    """Return the program, which has ended or runs; whatever is read of it from now on must bear no secret.

    `shows` is the reason why it may. Raises AssertionError as soon as one is read.
    """
    if shows:
        return program
    if isinstance(program, subprocess.CompletedProcess):
        _search("stdout", program.stdout)
        _search("stderr", program.stderr)
        return program
    for name in ("stdout", "stderr"):
        if (pipe := getattr(program, name)) is not None:
            setattr(program, name, _Pipe(name, pipe))
    if isinstance(program, subprocess.Popen):
        program.communicate = _Communicate(program.communicate)  # type: ignore[method-assign]  # reads past the pipes
    return program


class _Communicate:
    """Stands for `communicate`."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __call__(self, *args: Any, **more: Any) -> Any:
        out, err = self._real(*args, **more)
        _search("stdout", out)
        _search("stderr", err)
        return out, err


class _Pipe:
    """Stands for a pipe of a program that runs, and searches what is read of it, at once or later."""

    def __init__(self, name: str, real: Any) -> None:
        self._name = name
        self._real = real

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        return self._reading(found) if name in {"read", "readline", "readlines", "readexactly", "read1"} else found

    def __iter__(self) -> Any:
        while line := self.readline():
            yield line

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self._real.close()

    def _reading(self, read: Any) -> Any:
        def reading(*args: Any) -> Any:
            found = read(*args)
            return self._later(found) if hasattr(found, "__await__") else _search(self._name, found)

        return reading

    async def _later(self, found: Any) -> Any:
        return _search(self._name, await found)


def _search(name: str, said: Any) -> Any:
    """Return what was said; raises AssertionError where a secret is in it."""
    if said:
        text = b"".join(said) if isinstance(said, list) and isinstance(said[0], bytes) else said
        text = "".join(text) if isinstance(text, list) else text
        text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        found = told_in([(name, text)])
        assert not found, f"a secret is in what a program said: {found}"
    return said
