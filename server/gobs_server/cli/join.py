"""`gobs join`: one-time tokens by which agents outside Kubernetes join, and what has become of them."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from gobs_core.command import Command
from gobs_core.errors import UserError

if TYPE_CHECKING:  # the database is loaded when the command runs
    from gobs_server.settings import ServerSettings

FLAGS = {"--data": "server.data", "--database": "server.database"}
_ACTIONS = ("create", "list", "revoke")
_LONGEST = 30 * 86400.0


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    from gobs_core.cli.common import add_common

    parser.add_argument("action", choices=_ACTIONS, metavar="ACTION", help="create: make a token and print it; list: "
                        "all tokens, and the agents that joined by them; revoke: end them")  # fmt: skip
    parser.add_argument("ids", nargs="*", metavar="ID", help="revoke: the ids that `gobs join list` shows")
    parser.add_argument("--node", metavar="NAME", help="create: the only node it is good for, whose credential, if it "
                        "has one, it replaces (default: whichever joins first)")  # fmt: skip
    parser.add_argument("--ttl", metavar="TIME", default="1h", help="create: how long it may be used (default: 1h)")
    parser.add_argument("--data", metavar="DIR", help="the server's data folder (default: the XDG state folder)")
    parser.add_argument("--database", metavar="URL", help="the server's database (default: a SQLite file in there)")
    add_common(parser)


def run(args: Namespace) -> int:
    """Do what the action says."""
    from gobs_core.cli.common import set_up
    from gobs_server.settings import ServerSettings

    if args.ids and args.action != "revoke":
        raise UserError(f"gobs join {args.action}: takes no id, got {args.ids[0]!r}")
    settings = set_up(args, FLAGS, sections={"server": ServerSettings}, quiet=True).settings.section(ServerSettings)
    {"create": _create, "list": _list, "revoke": _revoke}[args.action](settings, args)
    return 0


def _create(settings: ServerSettings, args: Namespace) -> None:
    from datetime import timedelta

    from gobs_core.values import parse_duration
    from gobs_server.certs.read import own_authority
    from gobs_server.cli.database import in_database
    from gobs_server.db.joins import make_join
    from gobs_server.ingest.doors.tokens import new_token
    from gobs_server.ingest.names import is_node_name
    from gobs_server.ingest.tls import Tls

    try:
        lasts = parse_duration(args.ttl)
    except ValueError as error:
        raise UserError(f"--ttl: expected {error}, got {args.ttl!r}") from None
    if not 0 < lasts <= _LONGEST:
        raise UserError(f"--ttl: expected at most 30d, got {args.ttl}")
    if args.node is not None and not is_node_name(args.node):
        raise UserError(f"--node: expected the name of a node, got {args.node!r:.100}")
    authority = Tls(settings).authority
    if authority is not None and not authority.is_file():
        raise UserError(f"{authority}: not there yet; start the server once, or make it with `gobs certs`")
    fingerprint = own_authority(authority.read_bytes()) if authority is not None else ""
    join_id, kept, token = new_token(fingerprint)
    in_database(settings, lambda: make_join(join_id, kept, args.node, timedelta(seconds=lasts)))
    sys.stdout.write(f"{token}\n")
    sys.stdout.flush()
    whose = f"the node {args.node}" if args.node is not None else "one node"
    sys.stderr.write(
        f"good for {whose}, once, within {args.ttl}; on that machine put it into a file and start the agent with\n"
        "  GOBS_SINKS__GRPC__JOIN_FILE=FILE gobs agent --server HOST:PORT\n"
    )


def _list(settings: ServerSettings, args: Namespace) -> None:
    from datetime import UTC, datetime

    from gobs_core.cli.grid import grid
    from gobs_server.cli.database import in_database
    from gobs_server.db.joins import read_joins

    now = datetime.now(UTC)
    rows = [
        (join.id, join.state(now), join.node or "any", _moment(join.created_at), _moment(join.expires_at),
         _moment(join.joined_at), _moment(join.used_at))
        for join in in_database(settings, read_joins)
    ]  # fmt: skip
    header = ("ID", "STATE", "NODE", "MADE", "EXPIRES", "JOINED", "LAST CAME")
    lines = grid(header, rows, keys=7) if rows else ["no join token was made yet; `gobs join create` makes one"]
    sys.stdout.write("\n".join(lines) + "\n")


def _revoke(settings: ServerSettings, args: Namespace) -> None:
    from gobs_server.cli.database import in_database
    from gobs_server.db.joins import read_joins, revoke_joins

    if not args.ids:
        raise UserError("gobs join revoke: expected the ids to revoke; `gobs join list` shows them")
    known = {join.id for join in in_database(settings, read_joins)}
    unknown = [one for one in args.ids if one not in known]
    if unknown:
        raise UserError(f"there is no join token {unknown[0]!r}; `gobs join list` shows all, and nothing was revoked")
    ended = in_database(settings, lambda: revoke_joins(args.ids))
    for one in args.ids:
        sys.stdout.write(f"{one} {'revoked' if one in ended else 'was revoked before'}\n")


def _moment(when: object) -> str:
    return f"{when:%Y-%m-%d %H:%M}Z" if when is not None else "-"


command = Command(
    "join",
    "Make, list and revoke the one-time tokens by which agents outside Kubernetes join.",
    configure,
    run,
    (
        "gobs join create --node rack7 > rack7.token      # one agent, one node, within the hour",
        "gobs join list",
        "gobs join revoke k3v9qz7w                        # its stream ends within seconds",
    ),
)
