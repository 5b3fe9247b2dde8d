"""`gobs token`: API tokens for programs, made, listed and revoked."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from gobs_core.command import Command
from gobs_core.errors import UserError

if TYPE_CHECKING:  # the settings are loaded when the command runs
    from gobs_server.cli.rest import Rest

_ACTIONS = ("create", "list", "revoke")


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    from gobs_core.cli.common import add_common
    from gobs_server.cli.rest import add_server

    parser.add_argument("action", choices=_ACTIONS, metavar="ACTION", help="create: make a token and print it; list: "
                        "all tokens, without themselves; revoke: end them")  # fmt: skip
    parser.add_argument("names", nargs="*", metavar="NAME", help="create: what the token is for; revoke: the numbers "
                        "that `gobs token list` shows")  # fmt: skip
    parser.add_argument("--scope", action="append", default=[], metavar="SCOPE", help="create: read, operate or admin, "
                        "or one for an area, e.g. read:metrics; may come several times")  # fmt: skip
    parser.add_argument("--lasts", default="90d", metavar="TIME", help="create: how long it is good, or `ever` "
                        "(default: 90d)")  # fmt: skip
    add_server(parser)
    add_common(parser)


def run(args: Namespace) -> int:
    """Do what the action says."""
    from gobs_core.cli.common import set_up
    from gobs_server.cli.rest import FLAGS, Rest
    from gobs_server.settings import ServerSettings

    settings = set_up(args, FLAGS, sections={"server": ServerSettings}, quiet=True).settings.section(ServerSettings)
    {"create": _create, "list": _list, "revoke": _revoke}[args.action](Rest(settings, args), args)
    return 0


def _create(rest: Rest, args: Namespace) -> None:
    if len(args.names) != 1:
        raise UserError("gobs token create: expected one name, of what the token is for")
    if not args.scope:
        raise UserError("gobs token create: expected --scope SCOPE, e.g. --scope read")
    body = {"name": args.names[0], "scopes": args.scope, "lasts": _lasts(args.lasts)}
    made = rest.ask("POST", "/tokens", body)
    sys.stdout.write(f"{made['token']}\n")
    sys.stdout.flush()
    sys.stderr.write(f"token {made['info']['id']}, shown this once; show it in the header Authorization: Bearer …\n")


def _list(rest: Rest, args: Namespace) -> None:
    from gobs_core.cli.grid import grid

    if args.names:
        raise UserError(f"gobs token list: takes no name, got {args.names[0]!r}")
    rows = [
        (str(one["id"]), one["state"], one["name"], one["owner"] or "-", one["hint"], " ".join(one["scopes"]),
         moment(one["expires"], "never"), moment(one["used"], "never"))
        for one in rest.ask("GET", "/tokens")["tokens"]
    ]  # fmt: skip
    header = ("NUMBER", "STATE", "NAME", "OF", "TOKEN", "SCOPES", "EXPIRES", "LAST USED")
    lines = grid(header, rows, keys=8) if rows else ["there is no token; `gobs token create` makes one"]
    sys.stdout.write("\n".join(lines) + "\n")


def _revoke(rest: Rest, args: Namespace) -> None:
    if not args.names:
        raise UserError("gobs token revoke: expected numbers; `gobs token list` shows them")
    for number in args.names:
        if not (number.isascii() and number.isdigit()):
            raise UserError(f"gobs token revoke: expected a number that `gobs token list` shows, got {number!r:.60}")
    for number in args.names:
        rest.ask("DELETE", f"/tokens/{number}")
        sys.stdout.write(f"token {number} revoked\n")


def _lasts(text: str) -> float | None:
    from gobs_core.values import parse_duration

    if text == "ever":
        return None
    try:
        return parse_duration(text)
    except ValueError as error:
        raise UserError(f"--lasts: expected {error}, or `ever`; got {text!r:.60}") from None


def moment(wall: float | None, otherwise: str) -> str:
    """Return a moment as commands show it."""
    from datetime import UTC, datetime

    return otherwise if wall is None else f"{datetime.fromtimestamp(wall, UTC):%Y-%m-%d %H:%M}Z"


command = Command(
    "token",
    "Make, list and revoke API tokens, for programs.",
    configure,
    run,
    (
        "gobs token create prometheus --scope read:metrics --lasts ever",
        "gobs token create ci --scope operate:profiles --url https://gobs.example.org --token-file admin.token",
        "gobs token list",
        "gobs token revoke 7",
    ),
)
