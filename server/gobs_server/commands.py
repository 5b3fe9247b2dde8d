"""`gobs server` and `gobs up`: their arguments; what they do is imported only when they run."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from gobs_core.command import Command
from gobs_core.later import hidden, put_off_calls

FLAGS = {"--http": "server.http", "--grpc": "server.grpc", "--data": "server.data", "--database": "server.database"}
"""Options and the settings they are."""
_UNUSED = ("pydantic",)
"""Tortoise loads it where the client of Kubernetes has brought it, for fields we have none of: 5 MiB."""
_ANOTHER = "hypercorn.asyncio"
"""Quart brings a web server that is not ours, and imports of it what serves: 2 MiB."""


def _configure(parser: ArgumentParser, host: str) -> None:
    from gobs_core.cli.common import add_common

    parser.add_argument("--http", metavar="HOST:PORT", help=f"where pages and REST are served (default: {host}:8080)")
    parser.add_argument("--grpc", metavar="HOST:PORT", help=f"where agents connect (default: {host}:9090)")
    parser.add_argument("--data", metavar="DIR", help="folder for what outlives it (default: the XDG state folder)")
    parser.add_argument("--database", metavar="URL", help="postgres://… (default: a SQLite file in the data folder)")
    add_common(parser)


def _configure_server(parser: ArgumentParser) -> None:
    _configure(parser, "0.0.0.0")


def _configure_up(parser: ArgumentParser) -> None:
    _configure(parser, "127.0.0.1")
    parser.add_argument("--node", metavar="NAME", help="the name of this machine (default: its host name)")
    parser.add_argument("--interval", metavar="TIME", help="time between two readings, e.g. 1s (default: 5s)")
    parser.add_argument("--proc-root", metavar="DIR", help="where the machine's /proc is (default: /proc)")


def _run_server(args: Namespace) -> int:
    put_off_calls(_ANOTHER, "serve")
    with hidden(*_UNUSED):
        from gobs_server.launch import run_server

    return run_server(args)


def _run_up(args: Namespace) -> int:
    put_off_calls(_ANOTHER, "serve")
    with hidden(*_UNUSED):
        from gobs_server.launch import run_up

    return run_up(args)


server = Command(
    "server",
    "Take what agents send, keep the recent past, and show it all on pages and over REST.",
    _configure_server,
    _run_server,
    (
        "gobs server                                      # pages on port 8080, agents on port 9090",
        "gobs server --http 127.0.0.1:8000 --data /srv/gobs",
        "gobs server --database postgres://gobs@db/gobs   # the password in GOBS_SERVER__DATABASE_FILE",
    ),
)
up = Command(
    "up",
    "Show this machine: a server and an agent here.",
    _configure_up,
    _run_up,
    ("gobs up                          # then open http://127.0.0.1:8080", "gobs up --interval 1s"),
)
