"""What the tests of the documentation run commands against: a shell, and a server that is up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from tests.support.programs import searched

BIN = Path(sys.executable).parent
CURL = f"""#!{sys.executable}
import sys, urllib.request
sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[-1]).read())
"""


def quiet() -> dict[str, str]:
    """Return an environment without the settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GOBS_")}
    return {**kept, "GOBS_CONFIG": os.devnull}


@dataclass(frozen=True)
class Shell:
    """Runs blocks of commands as they stand, in a folder, with addresses and paths put in."""

    folder: Path
    put_in: Mapping[str, str] = field(default_factory=dict)

    def run(self, commands: str) -> str:
        """Return what they print; raises AssertionError when one fails."""
        for old, new in self.put_in.items():
            commands = commands.replace(old, new)
        done = searched(
            subprocess.run(
                ["sh", "-e"],
                input=commands,
                cwd=self.folder,
                env={**quiet(), "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"},
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}{done.stderr}"
        return done.stdout


@dataclass(frozen=True)
class Up:
    """A `gobs up` that runs."""

    url: str

    def get(self, path: str) -> bytes:
        """Return what it answers."""
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            body: bytes = answer.read()
            return body

    def node(self) -> str:
        """Return the name of the one node it shows."""
        [node] = json.loads(self.get("/api/v1/nodes"))["nodes"]
        return quote(node["name"], safe="")


@contextmanager
def started(command: str, *arguments: str | Path) -> Iterator[Callable[[], str]]:
    """Run a subcommand of `gobs` for as long as the block takes; gives what reads the next line it prints."""
    process = searched(
        subprocess.Popen(
            [BIN / "gobs", command, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=quiet(),
        )
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline
    finally:
        process.terminate()
        process.communicate(timeout=20)


def until(next_line: Callable[[], str], text: str) -> str:
    """Return the line that holds the text; raises AssertionError with all that was said instead."""
    said = []
    while line := next_line():
        said.append(line)
        if text in line:
            return line
    raise AssertionError("".join(said))


def wait_for(up: Up, text: bytes, seconds: float = 30) -> bool:
    """Whether the list of nodes says that before the time is over."""
    end = time.monotonic() + seconds
    while text not in up.get("/api/v1/nodes"):
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
