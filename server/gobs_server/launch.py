"""Running the server as a program: settings, folder, pid file, and for `gobs up` an agent beside it."""

from __future__ import annotations

import asyncio
import fcntl
import secrets
import sys
from argparse import Namespace
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TextIO

import msgspec

from gobs_core import Secret, UserError
from gobs_core.agent.machine import open_machine
from gobs_core.cli.common import set_up
from gobs_core.logs import get_logger
from gobs_core.pidfile import noted
from gobs_core.redact import Redactor
from gobs_core.running import run_until_signal
from gobs_server.agent_child import agent_command, agent_environment, keep_running
from gobs_server.alerts.holding import Extensions
from gobs_server.app import Server
from gobs_server.commands import FLAGS
from gobs_server.db import Address, address_of, check_file, sqlite_at
from gobs_server.garbage import settle
from gobs_server.serving import on_loopback, shown_url, split_address
from gobs_server.settings import ServerSettings

log = get_logger("gobs.server")
_AGENT_FLAGS = {"--node": "agent.node", "--interval": "agent.interval", "--proc-root": "agent.proc_root"}


def run_server(args: Namespace) -> int:
    """`gobs server`, until SIGINT or SIGTERM."""
    return _run(args, "server", "0.0.0.0", None)


def run_up(args: Namespace) -> int:
    """`gobs up`, until SIGINT or SIGTERM."""
    return _run(args, "up", "127.0.0.1", args)


def _run(args: Namespace, what: str, host: str, agent: Namespace | None) -> int:
    paths = {**FLAGS, **(_AGENT_FLAGS if agent else {})}
    setup = set_up(args, paths, sections={"server": ServerSettings})
    if agent is not None:
        open_machine(setup.settings.agent)
    settings = effective(setup.settings.section(ServerSettings), host)
    if agent is not None and not settings.token and not on_loopback(settings.grpc):
        settings = msgspec.structs.replace(settings, token=Secret(secrets.token_urlsafe(32)))  # for the agent beside it
    data = settings.folder()
    settings = msgspec.structs.replace(settings, data=str(data))
    with noted(data, what), _database(settings, data) as database:
        redact = Redactor(setup.settings.secrets())
        own = setup.settings
        named = frozenset(name for kind, name in own.named if kind == "notifier")
        extensions = Extensions(setup.plugins, own.configs, own.plugins.workers, own.unfit, named)
        make = partial(
            Server,
            settings,
            database,
            plugins=setup.plugins.states,
            folder=data,
            redact=redact,
            extensions=extensions,
        )
        return run_until_signal(lambda stop: _serve(stop, settings, make, agent))


def effective(settings: ServerSettings, host: str) -> ServerSettings:
    """The settings with the addresses that hold when none are set; raises UserError for one that cannot be."""
    settings = msgspec.structs.replace(
        settings, http=settings.http or f"{host}:8080", grpc=settings.grpc or f"{host}:9090"
    )
    split_address(settings.http, "--http")
    split_address(settings.grpc, "--grpc")
    return settings


async def _serve(
    stop: asyncio.Event, settings: ServerSettings, make: Callable[[], Server], agent: Namespace | None
) -> None:
    server = make()
    await server.start()
    settle()
    try:
        beside = _agent(agent, settings, server) if agent else nullcontext()
        async with beside:
            _tell(settings, server)
            await stop.wait()
    finally:
        await server.stop()


@asynccontextmanager
async def _agent(args: Namespace, settings: ServerSettings, server: Server) -> AsyncIterator[None]:
    port = server.grpc_port
    host, _ = split_address(settings.grpc, "--grpc")
    target = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    address = f"[{target}]:{port}" if ":" in target else f"{target}:{port}"
    child = asyncio.create_task(
        keep_running(agent_command(args, address), agent_environment(settings, server.authority))
    )
    try:
        yield
    finally:
        child.cancel()
        await asyncio.wait({child})


def _tell(settings: ServerSettings, server: Server) -> None:
    url = shown_url(server.http, encrypted=bool(settings.http_cert_file))
    sys.stdout.write(f"Gobservability is on {url}  (agents: port {server.grpc_port}; Ctrl-C ends it)\n")
    sys.stdout.flush()
    if not server.encrypted and not on_loopback(settings.grpc):
        log.warning("agents' connections are not encrypted", why="server.insecure is set", address=settings.grpc)


@contextmanager
def _database(settings: ServerSettings, data: Path) -> Iterator[Address]:
    address = address_of(settings.database) if settings.database else sqlite_at(data / "gobs.sqlite3")
    with _locked(Path(address.credentials["file_path"])) if address.dialect == "sqlite" else nullcontext():
        yield address


def _locked(path: Path) -> TextIO:
    """Hold the lock of a SQLite file, which is for one server alone; raises UserError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("ab"):
            pass
        file = Path(f"{path}.lock").open("w")  # noqa: SIM115  held for as long as the server runs
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UserError(
            f"{path}: another gobs server uses this database; end it with `gobs stop`, or choose another folder with "
            "--data DIR"
        ) from None
    except OSError as error:
        raise UserError(f"{error.filename or path}: {error.strerror}; choose another folder with --data DIR") from None
    check_file(path)
    return file
