"""`gobs user`: accounts, for who has the machine and has lost the password."""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING
from urllib.parse import quote

from gobs_core.command import Command
from gobs_core.errors import UserError

if TYPE_CHECKING:  # the settings are loaded when the command runs
    from gobs_server.cli.rest import Rest

_ACTIONS = ("create", "list", "password", "enable", "disable", "remove")
_ROLES = ("viewer", "operator", "administrator")


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    from gobs_core.cli.common import add_common
    from gobs_server.cli.rest import add_server

    parser.add_argument("action", choices=_ACTIONS, metavar="ACTION", help="create: add an account; list: all of them; "
                        "password: give one another password; enable, disable: let one in or keep it out; remove: with "
                        "its logins and tokens")  # fmt: skip
    parser.add_argument("name", nargs="?", metavar="NAME", help="the account's name; the password is asked for, or "
                        "read as the first line of standard input")  # fmt: skip
    parser.add_argument("--role", choices=_ROLES, metavar="ROLE", default="viewer", help="create: viewer, operator or "
                        "administrator (default: viewer)")  # fmt: skip
    add_server(parser)
    add_common(parser)


def run(args: Namespace) -> int:
    """Do what the action says."""
    from gobs_core.cli.common import set_up
    from gobs_server.cli.rest import FLAGS, Rest
    from gobs_server.settings import ServerSettings

    settings = set_up(args, FLAGS, sections={"server": ServerSettings}, quiet=True).settings.section(ServerSettings)
    rest = Rest(settings, args)
    if args.action == "list":
        _list(rest)
    elif not args.name:
        raise UserError(f"gobs user {args.action}: expected the name of an account")
    else:
        _do(rest, args)
    return 0


def _list(rest: Rest) -> None:
    from gobs_core.cli.grid import grid
    from gobs_server.cli.token import moment

    rows = [
        (one["name"], one["role"], "disabled" if one["disabled"] else "enabled", one["source"],
         moment(one["last_login"], "never"))
        for one in rest.ask("GET", "/users")["users"]
    ]  # fmt: skip
    lines = grid(("NAME", "ROLE", "STATE", "FROM", "LAST LOGIN"), rows, keys=5) if rows else ["nobody has an account"]
    sys.stdout.write("\n".join(lines) + "\n")


def _do(rest: Rest, args: Namespace) -> None:
    path, name = f"/users/{quote(args.name, safe='')}", args.name
    if args.action == "create":
        rest.ask("POST", "/users", {"name": name, "role": args.role, "password": _password()})
        done = f"{name} is {args.role}"
    elif args.action == "password":
        rest.ask("PUT", f"{path}/password", {"password": _password()})
        done = f"{name} has another password, and is logged in nowhere"
    elif args.action == "remove":
        rest.ask("DELETE", path)
        done = f"{name} removed"
    else:
        rest.ask("PUT", path, {"disabled": args.action == "disable"})
        done = f"{name} is {args.action}d"
    sys.stdout.write(f"{done}\n")


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("password: ")
    if getpass.getpass("once more: ") != password:
        raise UserError("the two passwords differ")
    return password


command = Command(
    "user",
    "Add, list, change and remove accounts of people.",
    configure,
    run,
    (
        "gobs user create anna --role operator      # asks for the password",
        "gobs user password anna < file             # or takes it from a file",
        "gobs user list",
    ),
)
