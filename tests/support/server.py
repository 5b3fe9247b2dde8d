"""`gobs server` as a process of its own, for tests that kill it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.gobs import Program, start
from tests.support.secrets import told_in


class Served:
    """A server that runs somewhere. `http` and `grpc` are HOST:PORT."""

    def __init__(self, http: str, grpc: str) -> None:
        self.http = http
        self.grpc = grpc

    def get(self, path: str) -> Any:
        """The JSON of a resource."""
        with urllib.request.urlopen(f"http://{self.http}{path}", timeout=10) as answer:
            return json.load(answer)

    def post(self, path: str, content: object) -> Any:
        """The JSON that is answered to some."""
        asked = urllib.request.Request(
            f"http://{self.http}{path}", json.dumps(content).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return json.load(answer)

    def text(self, path: str) -> str:
        """The text of a resource."""
        with urllib.request.urlopen(f"http://{self.http}{path}", timeout=10) as answer:
            return str(answer.read().decode())


class ServerProcess(Served):
    """One that a test may end."""

    def __init__(self, process: Program, http: str, grpc: str) -> None:
        super().__init__(http, grpc)
        self.process = process

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def terminate(self) -> int:
        """End it as an operator would; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@contextlib.contextmanager
def gobs_server(
    data: Path, *more: str, http: str = "127.0.0.1:0", grpc: str = "127.0.0.1:0"
) -> Iterator[ServerProcess]:
    """Run a server for as long as the `with` lasts; begins once it listens."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GOBS_", "POSTGRES_"))}
    words = ("server", "--http", http, "--grpc", grpc, "--data", str(data), *more)
    reading, writing = os.pipe()
    with open(reading, encoding="utf-8") as said:
        with open(writing, "wb") as stdout, (data.parent / f"{data.name}.log").open("a") as log:
            process = start(*words, stdout=stdout, stderr=log, environ={**environment, "GOBS_CONFIG": os.devnull})
        try:
            line = said.readline()
            assert not told_in([("stdout", line)])
            told = line.split()
            assert told, (data.parent / f"{data.name}.log").read_text()[-3000:]
            url = next(word for word in told if word.startswith("http://"))
            port = told[told.index("port") + 1].rstrip(";")
            yield ServerProcess(process, url.removeprefix("http://"), f"127.0.0.1:{port}")
        finally:
            process.kill()
            process.wait(10)
