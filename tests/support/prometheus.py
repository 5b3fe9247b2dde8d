"""Prometheus itself, as its package has it: run over a configuration while a test lasts, and asked over HTTP."""

from __future__ import annotations

import asyncio
import json
import subprocess
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.support.ports import free_port
from tests.support.programs import searched
from tests.support.waiting import until

_TRIES = 3


class Prometheus:
    """One that runs. `address` is HOST:PORT."""

    def __init__(self, address: str, process: subprocess.Popen[bytes]) -> None:
        self.address = address
        self.process = process

    async def ready(self) -> bool:
        """Whether it answers; False where it has ended, as it does where its port was taken meanwhile."""
        answered: list[bool] = []

        def ends() -> bool:
            return self.process.poll() is not None or bool(answered)

        async def ask() -> None:
            while not answered:
                try:
                    await asyncio.to_thread(_read, f"http://{self.address}/-/ready")
                    answered.append(True)
                except OSError:
                    await asyncio.sleep(0.05)

        asking = asyncio.create_task(ask())
        try:
            await until(ends, 60)
        finally:
            asking.cancel()
        return bool(answered)

    async def ask(self, query: str) -> list[dict[str, Any]]:
        """The answer to an instant query: what is known of each series."""
        path = f"http://{self.address}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        answer = json.loads(await asyncio.to_thread(_read, path))
        assert answer["status"] == "success", answer
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    async def value(self, query: str) -> float | None:
        """The one value that is the answer; None where there is none."""
        found = await self.ask(query)
        return float(found[0]["value"][1]) if len(found) == 1 else None

    async def holds(self, query: str) -> list[dict[str, Any]]:
        """The answer, once there is one."""
        async with asyncio.timeout(60):
            while not (found := await self.ask(query)):  # noqa: ASYNC110  no event tells what it has scraped
                await asyncio.sleep(0.1)
        return found


def scraping(**jobs: tuple[str, str]) -> str:
    """A configuration that scrapes, every second, each job's address at its path."""
    configs = [
        {"job_name": job, "metrics_path": path, "static_configs": [{"targets": [address]}]}
        for job, (address, path) in jobs.items()
    ]
    return json.dumps({"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": configs})


@asynccontextmanager
async def prometheus(folder: Path, config: str, *more: str) -> AsyncIterator[Prometheus]:
    """Run it; JSON is YAML, so `config` may be either."""
    await asyncio.to_thread(_write, folder, config)
    made = await _begun(folder, more)
    try:
        yield made
    finally:
        made.process.terminate()
        await asyncio.to_thread(made.process.wait, 60)


def lint(text: str) -> str:
    """What promtool has to say of an exposition; nothing where it has no complaint."""
    done = searched(
        subprocess.run(
            ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False, timeout=60
        )
    )
    said = f"{done.stdout}{done.stderr}".strip()
    return said or (f"exit code {done.returncode}" if done.returncode else "")


async def _begun(folder: Path, more: Sequence[str]) -> Prometheus:
    for _ in range(_TRIES):
        address = f"127.0.0.1:{free_port()}"
        flags = [f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}"]
        with (folder / "prometheus.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: ASYNC220  it is ended by who began it
                ["prometheus", *flags, f"--web.listen-address={address}", *more],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        made = Prometheus(address, process)
        if await made.ready():
            return made
    raise AssertionError((folder / "prometheus.log").read_text(encoding="utf-8"))


def _write(folder: Path, config: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "prometheus.yml").write_text(config, encoding="utf-8")


def _read(path: str) -> bytes:
    with urllib.request.urlopen(path, timeout=10) as answer:
        found: bytes = answer.read()
    return found
